// @ts-check
/** The slices of one model, and the asking for them. */
import { Line } from "./line.js";
import { inflate } from "./packing.js";
import { MEGABYTE, SliceCache, bytesOf, keyOf, readSlices, sizeOf } from "./slices.js";
import { Flow, plan } from "./wants.js";

/**
 * @typedef {import("./slices.js").Slice} Slice @typedef {import("./slices.js").Plane} Plane
 * @typedef {import("./line.js").Model} Model
 * @typedef {{paint: () => void}} Painted
 */

const WHOLE_BYTES = 256 * MEGABYTE; // of whole slices in the browser; linked views share this and what follows
const PREVIEW_BYTES = 48 * MEGABYTE; // of previews beside them
const NEAR_BYTES = 48 * MEGABYTE; // how far around the shown slice whole ones are asked for ahead
const FAR_BYTES = 24 * MEGABYTE; // and previews
const STILL_MS = 100; // a hand that has not moved for so long rests
const KEEPS_UP_MS = 60; // whole slices that come in this time are asked for under a moving hand too
const LATE_MS = 21; // unless frames come later than this after the hand: whole slices take much of a page's time
const LATEST_MS = 50; // what comes later still has another reason

const FOLLOWING = ["_near", "_around"]; // the previews that follow a widget: those for the hand, and those of its copy

/** When a hand moved a view last, or one came. Each view has a module of its own, so what they share lies in the page. */
export const hand = (/** @type {any} */ (globalThis)[Symbol.for("dicomview.hand")] ??= { moved: -Infinity });

/**
 * Every want says all that is wished for now, so that Python need not know what went before; how many answers have
 * come goes with it, so that nothing under way is sent twice.
 */
export class Store {
  views = /** @type {Set<Painted>} */ (new Set());
  part = 1; // of the memory that one view may take
  whole = /** @type {SliceCache<Slice>} */ (new SliceCache(WHOLE_BYTES));
  previews = /** @type {SliceCache<Slice>} */ (new SliceCache(PREVIEW_BYTES));
  page = Math.random().toString(36).slice(2); // tells this page from others of the same kernel
  pending = /** @type {Map<string, {since: number, bytes: number}>} */ (new Map()); // asked for and not here yet
  /** What is wished for, and which of its coordinates moves: 0 the index, 1 the first extra axis … */
  shown = { plane: "", at: [0], along: 0, direction: 1 };
  moved = -Infinity; // when the hand moved last
  wholeTook = Infinity; // ms, of the last whole slice
  frameTook = 0; // ms from a move to the next frame, about: it rises soon and falls slowly
  awaited = false; // a frame
  seen = 0; // the number of the last answer
  taking = Promise.resolve(); // the unpacking of what has come
  coming = /** @type {Set<string>} */ (new Set()); // what is in it
  flow = new Flow();
  resting = /** @type {any} */ (0); // timer of the hand
  dragging = false; // a hand sets the window or moves the picture: nothing may come between
  revision = -1; // of the scene that is shown
  /** @param {Model} model */
  constructor(model) {
    this.model = model;
    this.line = new Line(model, this.onLate, this.onSilence);
    model.on("msg:custom", this.receive);
    model.on("change:_scene", this.renew);
    model.on("change:_near", this.surround); // with `_around` comes nothing that a kernel would not give when asked
  }
  get scene() {
    return /** @type {{planes: Record<string, Plane>, axes: {labels: string[]}[], colour: boolean, revision: number}} */ (
      this.model.get("_scene")
    );
  }
  /** What to say beside the picture of a copy, and of a view that nobody answers. */
  get note() {
    return this.model.get("_note") ?? (this.line.alone ? "no kernel answers: this is a part; run the cell for all of it" : "");
  }
  clear = () => {
    this.line.drop();
    clearTimeout(this.resting);
    this.resting = 0;
    this.whole.clear();
    this.previews.clear();
    this.pending.clear();
    this.coming.clear();
  };
  /** Where something was laid over the pictures, or taken away, what is here is out of date. */
  renew = () => {
    if (this.revision === this.scene.revision) return;
    this.revision = this.scene.revision;
    this.clear();
    this.surround();
    this.ask();
  };
  close() {
    this.model.off("msg:custom", this.receive);
    this.model.off("change:_scene", this.renew);
    this.model.off("change:_near", this.surround);
    this.views.clear();
    this.clear();
  }
  /** So many models share the memory that one may take. @param {number} models */
  share(models) {
    this.part = 1 / models;
    this.whole.limit = WHOLE_BYTES / models;
    this.previews.limit = PREVIEW_BYTES / models;
  }
  /** A view that comes; the first finds the slices that came with the model itself. @param {Painted} view */
  join(view) {
    this.views.add(view);
    if (this.views.size > 1) return;
    this.revision = this.scene.revision;
    // The first piece is not packed, so it is painted at once; what lies around waits until all views are on the screen.
    hand.moved = performance.now();
    for (const { message, buffers } of this.model.get("_opening") ?? []) this.take(message, buffers);
    this.surround();
    this.ask();
    if (!this.seen) this.line.meet(() => this.pending.size > 0);
  }
  /** Take the previews that follow the widget, or have come before its first view. */
  surround = () => {
    for (const name of FOLLOWING) for (const { message, buffers } of this.model.get(name) ?? []) this.take(message, buffers);
  };
  /** @param {Painted} view */
  leave(view) {
    this.views.delete(view);
    if (this.views.size) return;
    this.clear();
    this.send({ kind: "left", page: this.page });
  }
  /** @param {any} message @returns {boolean} whether somebody may have got it */
  send(message) {
    const sent = this.line.send(message);
    if (!sent) this.surround();
    return sent;
  }
  /** Tell Python a state. @param {any} state */
  tell(state) {
    this.line.tell({ ...state, page: this.page });
  }
  /** @type {(message: any, buffers: DataView[]) => Promise<void>} */
  receive = async (message, buffers) => {
    if (!this.views.size || (message.kind !== "slices" && message.kind !== "busy") || this.outdated(message)) return;
    const silent = this.line.heard();
    if (message.kind === "busy") {
      if (silent) this.wait(); // not as long as for one who had gone
      this.paint();
      return;
    }
    const key = wishKey(message.plane, message.slices[0].at, message.step);
    const asked = this.pending.get(key);
    if (asked) {
      const bytes = buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
      this.flow.answered(asked.since, bytes, this.pending.size > 1);
      if (message.step === 1) this.wholeTook = performance.now() - asked.since;
    }
    // One after another: what has come and is not yet unpacked would else be taken for lost, and asked for again.
    await (this.taking = this.taking.then(() => this.take(message, buffers)));
    this.seen = message.n;
    this.pending.delete(key);
    if (this.pending.size) this.wait();
    else this.line.rest();
    this.ask();
  };
  /** Whether a message was made before the last change of the scene. @param {any} message */
  outdated({ revision }) {
    return revision !== undefined && revision !== this.scene.revision;
  }
  /**
   * Keep the slices of a message, at once where nothing is packed; those that cannot be unpacked say so in their places.
   * @param {any} message @param {DataView[]} buffers
   */
  async take(message, buffers) {
    if (this.outdated(message)) return;
    const { plane, step } = message;
    const [samples, ...masks] = buffers.map(bytesOf);
    const keys = message.slices.map((/** @type {any} */ { at }) => keyOf(plane, at));
    let slices = /** @type {Slice[]} */ ([]);
    if (step > 1) keys.forEach((/** @type {string} */ key) => this.coming.add(key));
    try {
      slices = readSlices(message, message.packed ? await inflate(samples) : samples, masks);
    } catch (/** @type {any} */ error) {
      const text = `This slice came damaged (${error.name}).`;
      slices = message.slices.map((/** @type {any} */ { at }) => ({ plane, step, at, data: null, layers: [], masks: [], strokes: {}, notes: [], text }));
    }
    keys.forEach((/** @type {string} */ key) => this.coming.delete(key));
    if (!this.views.size || this.outdated(message)) return;
    for (const slice of slices) {
      slice.revision = this.scene.revision;
      const cache = slice.step === 1 ? this.whole : this.previews;
      const key = keyOf(slice.plane, slice.at);
      const held = cache.get(key);
      if (held?.data && held.step <= slice.step && held.revision === slice.revision) continue; // one as fine is here
      cache.set(key, slice, sizeOf(slice));
    }
    this.paint();
  }
  paint() {
    for (const view of this.views) view.paint();
  }
  /** Start to wait for what is pending. */
  wait() {
    this.line.wait([...this.pending.values()].reduce((sum, { bytes }) => sum + bytes, 0), this.flow.rate);
  }
  onLate = () => {
    this.pending.clear();
    this.paint();
    this.ask();
  };
  /** From now on what came with the widget is all there is. */
  onSilence = () => {
    this.surround();
    this.paint();
  };
  /** How many places there are along a coordinate. @param {string} plane @param {number} along */
  count(plane, along) {
    return along ? this.scene.axes[along - 1].labels.length : this.scene.planes[plane].count;
  }
  /** Show another place from now on. @param {Store["shown"]} shown */
  show(shown) {
    const before = this.shown;
    this.shown = shown;
    if (before.plane) {
      if (keyOf(before.plane, before.at) === keyOf(shown.plane, shown.at)) return; // nothing else is wished for
      this.moved = hand.moved = performance.now();
      this.time();
    }
    this.ask();
  }
  /** Ask again when the hand rests. */
  later() {
    if (this.resting) return;
    const moved = performance.now() - hand.moved; // this one's hand or another's
    this.resting = setTimeout(() => {
      this.resting = 0;
      this.ask();
    }, Math.max(1, STILL_MS - moved));
    this.resting.unref?.();
  }
  /** See how long the page takes until its next frame. */
  time() {
    if (this.awaited || !globalThis.requestAnimationFrame) return;
    this.awaited = true;
    const since = this.moved;
    requestAnimationFrame(() => {
      const more = Math.min(performance.now() - since, LATEST_MS) - this.frameTook;
      this.frameTook += more * (more > 0 ? 0.2 : 0.03);
      this.awaited = false;
    });
  }
  get travel() {
    if (this.dragging) return "drag";
    const still = performance.now() - (STILL_MS - 1);
    if (this.moved <= still) return hand.moved <= still ? "rest" : "aside";
    // One whole slice at a time: those that the hand has left behind must not hold up the previews ahead of it.
    const own = wishKey(this.shown.plane, this.shown.at, 1);
    const busy = [...this.pending.keys()].some((key) => key.endsWith(":1") && key !== own);
    return this.wholeTook < KEEPS_UP_MS && this.frameTook < LATE_MS && !busy ? "slow" : "fast";
  }
  /** What is wished for now, most urgent first, as it is written in a want. */
  wishes() {
    const { plane, at, along, direction } = this.shown;
    const { rows, columns, step, block } = this.scene.planes[plane];
    const bytes = Math.max(1, rows * columns * (this.scene.colour ? 3 : 2));
    const small = bytes / step ** 2;
    const room = Math.max(0, 3 * Math.floor((this.whole.limit / bytes - 1) / 3)); // else each one that comes drives out another
    const near = Math.min((this.part * NEAR_BYTES) / bytes, room);
    const layout = { count: this.count(plane, along), step, block, near, far: (this.part * FAR_BYTES) / small };
    const held = (/** @type {number} */ i, /** @type {number} */ each) => {
      const key = keyOf(plane, at.with(along, i));
      return this.whole.has(key) || (each > 1 && (this.previews.has(key) || this.coming.has(key)));
    };
    return plan(at[along], direction, layout, held, this.travel).map(({ place, count, step: each }) => ({
      at: at.with(along, place), along, count, step: each, bytes: each > 1 ? small * count : bytes * count,
    }));
  }
  /** A drag begins or ends. @param {boolean} dragging */
  drag(dragging) {
    this.dragging = dragging;
    if (!dragging) this.ask();
  }
  ask() {
    const { plane } = this.shown;
    if (this.line.lost || !this.views.size || !(plane in this.scene.planes)) return;
    if (!["rest", "drag"].includes(this.travel)) this.later();
    const chosen = new Map();
    let [bytes, fresh] = [0, 0];
    for (const wish of this.wishes()) {
      if (bytes && bytes + wish.bytes > this.flow.budget) break;
      const key = wishKey(plane, wish.at, wish.step);
      chosen.set(key, wish);
      bytes += wish.bytes;
      if (!this.pending.has(key)) fresh += wish.bytes;
    }
    const [first] = chosen.keys();
    // Not a message for every slice that comes: some room must be free, or the most urgent wish be new.
    if (!fresh || (this.pending.has(first) && fresh < this.flow.budget / 4 && fresh < bytes / 2)) return;
    const now = performance.now();
    this.pending = new Map(
      [...chosen].map(([key, wish]) => [key, this.pending.get(key) ?? { since: now, bytes: wish.bytes }]),
    );
    const items = [...chosen.values()].map(({ at, along, count, step }) => ({ at, along, count, step }));
    this.wait();
    const { anew, overdue } = this.line;
    this.line.anew = false;
    if (!this.send({ kind: "want", plane, items, seen: this.seen, anew, late: overdue > 0, pack: this.flow.pack })) this.paint();
  }
  /** The slice (or its fault) if it is here, else a preview, else the nearest along what moves: while another time is not
   * here yet, the slice that is looked at stays. Else the nearest along the index.
   * @param {string} plane @param {number[]} at @param {number} [moved] what moves @param {number[]} [from] what is looked at */
  best(plane, at, moved = 0, from = at) {
    for (const along of new Set([moved, 0])) {
      const count = this.count(plane, along);
      const back = along > 0 && from[along] < at[along]; // of two that are equally near
      for (let far = 0; far < count; far++) {
        const around = [at[along] + far, at[along] - far];
        for (const place of !far ? [at[along]] : back ? around.reverse() : around) {
          const key = keyOf(plane, at.with(along, place));
          for (const cache of [this.whole, this.previews]) {
            const slice = cache.has(key) && cache.get(key);
            if (slice && (slice.data || !far)) return slice;
          }
        }
      }
    }
    return null;
  }
}

/** @param {string} plane @param {number[]} at @param {number} step */
const wishKey = (plane, at, step) => `${keyOf(plane, at)}:${step}`;
