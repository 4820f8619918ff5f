// @ts-check
/**
 * Slices in the browser: read from messages, kept within a bound of bytes, asked for ahead of the hand.
 *
 * A slice lies `at` [index along the plane, place along each extra axis of the stack].
 *
 * @typedef {{plane: string, at: number[], rows: number, columns: number, sample: "int16" | "uint16" | "rgb8",
 *   slope: number, intercept: number, stored: boolean, invert: boolean, origin: number[] | null,
 *   row_step: number[] | null, column_step: number[] | null, place: string, instance: number | null, notes: string[],
 *   blank: number | null, data: Uint16Array | Uint8Array | null, layers: Uint8Array[], text: string}} Slice where `data` is null, `text` says
 *   why; `layers` are masks, one bit a pixel, rows end on a byte
 * @typedef {{count: number, rows: number, columns: number, aspect: number, letters: (string | null)[] | null}} Plane
 * @typedef {{get: Function, set: Function, save_changes: Function, send: Function, on: Function, off: Function}} Model
 */

const MEGABYTE = 1 << 20;
const CACHE_BYTES = 256 * MEGABYTE;
const REACH_BYTES = 48 * MEGABYTE; // how far around the shown slice the browser asks ahead
const PATIENCE_MS = 3000; // what has not come by then was lost, or overtaken by another page's wish
const BATCH_BYTES = { least: MEGABYTE, most: 4 * MEGABYTE }; // of one want

/**
 * The places to ask for: the shown one, then its neighbours, two in the direction of travel for one behind.
 * @param {number} place @param {number} direction sign of the last move @param {number} count places there are
 * @param {(place: number) => boolean} held those that need no asking @param {number} reach neighbours considered
 * @param {number} limit most places in one want
 */
export function planWant(place, direction, count, held, reach, limit) {
  const ahead = direction < 0 ? -1 : 1;
  const candidates = [place];
  for (let step = 1; step <= Math.ceil(reach / 3); step++) {
    candidates.push(place + ahead * (2 * step - 1), place + ahead * 2 * step, place - ahead * step);
  }
  return candidates.filter((i) => i >= 0 && i < count && !held(i)).slice(0, limit);
}

/** @param {string} plane @param {number[]} at */
export const keyOf = (plane, at) => `${plane}/${at.join("/")}`;

/**
 * A message and its buffers as a slice. The samples are copied: views of 16 bits need an even offset, which the
 * buffer of a message does not promise, and the rest of the message need not be kept.
 * @param {any} message @param {DataView[]} buffers @returns {Slice}
 */
export function readSlice(message, buffers) {
  if (message.kind === "fault") return { ...message, data: null, layers: [], notes: [] };
  const [bytes, ...layers] = buffers.map((view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice());
  const expected = message.rows * message.columns * (message.sample === "rgb8" ? 3 : 2);
  if (bytes.length !== expected) {
    const text = `This slice came with ${bytes.length} bytes instead of ${expected}.`;
    return { ...message, data: null, layers: [], text };
  }
  return { ...message, text: "", layers, data: message.sample === "rgb8" ? bytes : new Uint16Array(bytes.buffer) };
}

/** Values by key, bounded in bytes: the least recently used go first, the newest always stays. @template T */
export class SliceCache {
  entries = /** @type {Map<string, {value: T, bytes: number}>} */ (new Map()); // in order of last use
  bytes = 0;
  constructor(/** @type {number} */ limit) {
    this.limit = limit;
  }
  has(/** @type {string} */ key) {
    return this.entries.has(key);
  }
  get(/** @type {string} */ key) {
    const entry = this.entries.get(key);
    if (entry) {
      this.entries.delete(key);
      this.entries.set(key, entry);
    }
    return entry?.value;
  }
  set(/** @type {string} */ key, /** @type {T} */ value, /** @type {number} */ bytes) {
    this.delete(key);
    this.entries.set(key, { value, bytes });
    this.bytes += bytes;
    for (const oldest of this.entries.keys()) {
      if (this.bytes <= this.limit || oldest === key) break;
      this.delete(oldest);
    }
  }
  delete(/** @type {string} */ key) {
    this.bytes -= this.entries.get(key)?.bytes ?? 0;
    this.entries.delete(key);
  }
  clear() {
    this.entries.clear();
    this.bytes = 0;
  }
}

/** The slices of one model and the asking for them: the newest wish first, at most one want unanswered. */
export class Store {
  cache = /** @type {SliceCache<Slice>} */ (new SliceCache(CACHE_BYTES));
  views = /** @type {Set<{paint: () => void}>} */ (new Set());
  pending = /** @type {Set<string>} */ (new Set()); // asked for, not here yet
  /** What is wished for, and which of its coordinates moves: 0 the index, 1 the first extra axis … */
  shown = { plane: "", at: [0], along: 0, direction: 1 };
  waiting = /** @type {any} */ (0); // timer of what is pending
  lost = false; // nobody answers any more
  batch = BATCH_BYTES.least;
  askedAt = 0;
  /** @param {Model} model */
  constructor(model) {
    this.model = model;
    model.on("msg:custom", this.receive);
    model.on("change:scene", this.clear);
  }
  get scene() {
    return /** @type {{planes: Record<string, Plane>, axes: {labels: string[]}[], colour: boolean}} */ (
      this.model.get("scene")
    );
  }
  clear = () => {
    clearTimeout(this.waiting);
    this.cache.clear();
    this.pending.clear();
  };
  close() {
    this.model.off("msg:custom", this.receive);
    this.model.off("change:scene", this.clear);
    this.clear();
  }
  /** @param {{paint: () => void}} view */
  leave(view) {
    this.views.delete(view);
    if (!this.views.size) this.clear();
  }
  /** @type {(message: any, buffers: DataView[]) => void} */
  receive = (message, buffers) => {
    if (!this.views.size || (message.kind !== "slice" && message.kind !== "fault")) return;
    const slice = readSlice(message, buffers);
    const key = keyOf(slice.plane, slice.at);
    this.cache.set(key, slice, (slice.data?.byteLength ?? 0) + slice.layers.reduce((sum, bits) => sum + bits.length, 0));
    const awaited = this.pending.delete(key);
    if (awaited && !this.pending.size) this.pace(performance.now() - this.askedAt);
    if (this.pending.size) this.wait();
    else clearTimeout(this.waiting);
    for (const view of this.views) view.paint();
    this.ask();
  };
  /** Start to wait for what is pending; when nothing comes for a while, ask anew. */
  wait() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => {
      this.pending.clear();
      this.ask();
    }, PATIENCE_MS);
    this.waiting.unref?.(); // outside a browser no timer keeps the process alive
  }
  /** Larger wants while answers come quickly, smaller ones on a slow line. @param {number} ms */
  pace(ms) {
    if (ms < 250) this.batch = Math.min(2 * this.batch, BATCH_BYTES.most);
    else if (ms > 600) this.batch = Math.max(this.batch / 2, BATCH_BYTES.least);
  }
  /** How many places there are along a coordinate. @param {string} plane @param {number} along */
  count(plane, along) {
    return along ? this.scene.axes[along - 1].labels.length : this.scene.planes[plane].count;
  }
  ask() {
    const { plane, at, along, direction } = this.shown;
    const { planes, colour } = this.scene;
    const place = (/** @type {number} */ i) => at.with(along, i);
    const under = (/** @type {number[]} */ there) => this.pending.has(keyOf(plane, there));
    const held = (/** @type {number} */ i) => this.cache.has(keyOf(plane, place(i))) || under(place(i));
    if (this.lost || !this.views.size || !(plane in planes) || (this.pending.size && held(at[along]))) return;
    const bytes = planes[plane].rows * planes[plane].columns * (colour ? 3 : 2);
    const limit = Math.max(1, Math.min(Math.floor(this.batch / bytes), (4 * this.batch) / MEGABYTE));
    const wanted = planWant(at[along], direction, this.count(plane, along), held, REACH_BYTES / bytes, limit).map(place);
    if (!wanted.length) return;
    this.pending = new Set(wanted.map((there) => keyOf(plane, there)));
    this.askedAt = performance.now();
    this.wait();
    try {
      this.model.send({ kind: "want", plane, places: wanted });
    } catch {
      this.lost = true; // the kernel has gone, or has forgotten the widget
      for (const view of this.views) view.paint();
    }
  }
  /** The slice (or its fault) if it is here, else the nearest along the index. @param {string} plane @param {number[]} at */
  best(plane, at) {
    const { count } = this.scene.planes[plane];
    for (let far = 0; far < count; far++) {
      for (const index of [at[0] + far, at[0] - far]) {
        const key = keyOf(plane, at.with(0, index));
        const slice = this.cache.has(key) && this.cache.get(key);
        if (slice && (slice.data || !far)) return slice;
      }
    }
    return null;
  }
}
