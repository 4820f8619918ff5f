// @ts-check
/**
 * The browser half of the canvas: it keeps slices of stored values, paints them through a lookup table and reports
 * gestures. A gesture is drawn inside its own event handler from what the browser holds, then told to Python; a state
 * set from Python is drawn and never told back. Text from files reaches the page through `textContent` alone.
 *
 * From top to bottom: types, pure functions, SliceCache, Store (one a model: slices and wants), Painter (pixels),
 * View (one an output: page elements and gestures), and the default export that anywidget calls.
 *
 * @typedef {{center: number, width: number, function: "LINEAR" | "LINEAR_EXACT" | "SIGMOID"}} VoiWindow
 * @typedef {{plane: string, positions: Record<string, number>, window?: VoiWindow | null}} State
 * @typedef {{count: number, rows: number, columns: number, aspect: number, letters: (string | null)[] | null}} Plane
 * @typedef {{title: string, planes: Record<string, Plane>, refused: Record<string, string>, colour: boolean,
 *   unit: string, presets: (VoiWindow & {name: string})[], notes: string[], home: State}} Scene
 * @typedef {{plane: string, index: number, rows: number, columns: number, sample: "int16" | "uint16" | "rgb8",
 *   slope: number, intercept: number, stored: boolean, invert: boolean, origin: number[] | null,
 *   row_step: number[] | null, column_step: number[] | null, place: string, instance: number | null,
 *   data: Uint16Array | Uint8Array | null, text: string}} Slice where `data` is null, `text` says why
 * @typedef {{get: Function, set: Function, save_changes: Function, send: Function, on: Function, off: Function}} Model
 */

const MEGABYTE = 1 << 20;
const CACHE_BYTES = 256 * MEGABYTE;
const REACH_BYTES = 48 * MEGABYTE; // how far around the shown slice the browser asks ahead
const BATCH_BYTES = { least: MEGABYTE, most: 4 * MEGABYTE }; // of one want
const REST_MS = 150; // a drag that rests this long is told to Python
/** @type {VoiWindow} */
const NO_WINDOW = { center: 128, width: 256, function: "LINEAR" };
const KEYS = new Map([["ArrowUp", -1], ["ArrowLeft", -1], ["ArrowDown", 1], ["ArrowRight", 1],
  ["PageUp", -10], ["PageDown", 10], ["Home", -Infinity], ["End", Infinity]]);

/**
 * Grey levels of the stored values first .. first + count - 1 (PS3.3 C.11.2.1.2.1 and C.11.2.1.3). The order of the
 * operations is that of `dicomview.pixels.window`, so that both sides agree for every value.
 * @param {number} first @param {number} count @param {number} slope @param {number} intercept
 * @param {VoiWindow} window @param {boolean} invert
 */
export function windowTable(first, count, slope, intercept, window, invert) {
  const { center: c, width: w, function: shape } = window;
  const table = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const x = slope * (first + i) + intercept;
    let y;
    if (shape === "SIGMOID") y = 255 / (1 + Math.exp((-4 * (x - c)) / w));
    else if (shape === "LINEAR_EXACT") y = ((x - c) / w + 0.5) * 255;
    else if (w <= 1) y = x <= c - 0.5 ? 0 : 255;
    else y = ((x - (c - 0.5)) / (w - 1) + 0.5) * 255;
    const grey = Math.floor(Math.min(255, Math.max(0, y)) + 0.5);
    table[i] = invert ? 255 - grey : grey;
  }
  return table;
}

/**
 * The indices to ask for: the shown slice, then its neighbours, two in the direction of travel for one behind.
 * @param {number} index @param {number} direction sign of the last move @param {number} count slices of the plane
 * @param {(index: number) => boolean} held those that need no asking @param {number} reach neighbours considered
 * @param {number} limit most indices in one want
 */
export function planWant(index, direction, count, held, reach, limit) {
  const ahead = direction < 0 ? -1 : 1;
  const candidates = [index];
  for (let step = 1; step <= Math.ceil(reach / 3); step++) {
    candidates.push(index + ahead * (2 * step - 1), index + ahead * 2 * step, index - ahead * step);
  }
  return candidates.filter((i) => i >= 0 && i < count && !held(i)).slice(0, limit);
}

/**
 * Slices to move for one wheel event, and the pixels left over: one slice per 100 pixels, at least one for a notch.
 * @param {number} rest pixels left over from earlier events @param {number} delta pixels of this event
 * @returns {[steps: number, rest: number]}
 */
export function wheelSteps(rest, delta) {
  if (Math.abs(delta) >= 50) return [Math.sign(delta) * Math.max(1, Math.round(Math.abs(delta) / 100)), 0];
  const sum = rest * delta < 0 ? delta : rest + delta;
  const steps = Math.trunc(sum / 100);
  return [steps, sum - 100 * steps];
}

/**
 * The window after a drag of dx, dy CSS pixels: to the right is wider, downwards is a higher centre (a darker picture).
 * 256 pixels are as much as the width the drag began with, so that narrow windows move finely.
 * @param {VoiWindow} start @param {number} dx @param {number} dy @param {number} slope modality units per stored value
 * @returns {VoiWindow}
 */
export function dragWindow(start, dx, dy, slope) {
  // PS3.3 C.11.2.1.2.1 wants a LINEAR width of at least 1; no window need be finer than one stored value.
  const least = Math.min(start.width, Math.max(start.function === "LINEAR" ? 1 : 0, Math.abs(slope)));
  const digit = Math.min(1, 10 ** (Math.floor(Math.log10(start.width)) - 2)); // no finer than the eye can tell
  const tidy = (/** @type {number} */ value) => Number((Math.round(value / digit) * digit).toPrecision(12));
  const width = Math.max(least, tidy(start.width + (start.width * dx) / 256));
  return { ...start, center: tidy(start.center + (start.width * dy) / 256), width };
}

/**
 * Column and row of the pixel under a point of the page, or null beside the picture.
 * @param {{left: number, top: number, width: number, height: number}} box where the picture is on the page
 * @param {number} columns @param {number} rows @param {number} x @param {number} y
 * @returns {[column: number, row: number] | null}
 */
export function pixelAt(box, columns, rows, x, y) {
  const column = Math.floor(((x - box.left) / box.width) * columns);
  const row = Math.floor(((y - box.top) / box.height) * rows);
  return column >= 0 && row >= 0 && column < columns && row < rows ? [column, row] : null;
}

/**
 * The centre of a pixel in the patient, LPS millimetres (PS3.3 C.7.6.2.1.1), or null without geometry.
 * @param {Pick<Slice, "origin" | "row_step" | "column_step">} slice @param {number} column @param {number} row
 */
export function patientPoint({ origin, row_step: down, column_step: right }, column, row) {
  return origin && down && right ? origin.map((o, axis) => o + row * down[axis] + column * right[axis]) : null;
}

/** A number with at most six digits. @param {number} value */
const brief = (value) => String(Number(value.toPrecision(6)));

/**
 * What the hover says of one pixel, in parts: stored value, modality value with its unit, place in the patient.
 * @param {Slice} slice @param {string} unit @param {number} column @param {number} row
 */
export function describePixel(slice, unit, column, row) {
  const parts = [];
  const at = row * slice.columns + column;
  if (slice.data && slice.sample === "rgb8") {
    parts.push(Array.from(slice.data.subarray(3 * at, 3 * at + 3)).join(" "));
  } else if (slice.data) {
    const stored = slice.sample === "int16" ? (slice.data[at] << 16) >> 16 : slice.data[at];
    if (slice.stored) parts.push(`stored ${stored}`);
    parts.push(`${brief(slice.slope * stored + slice.intercept)} ${unit}`.trim());
  }
  const point = patientPoint(slice, column, row);
  parts.push(point ? `(${point.map((mm) => mm.toFixed(1)).join(", ")}) mm` : `column ${column}, row ${row}`);
  return parts;
}

/**
 * A message and its buffer as a slice. The samples are copied: views of 16 bits need an even offset, which the
 * buffer of a message does not promise, and the rest of the message need not be kept.
 * @param {any} message @param {DataView[]} buffers @returns {Slice}
 */
export function readSlice(message, buffers) {
  if (message.kind === "fault") return { ...message, data: null };
  const { buffer, byteOffset, byteLength } = buffers[0];
  const bytes = buffer.slice(byteOffset, byteOffset + byteLength);
  const expected = message.rows * message.columns * (message.sample === "rgb8" ? 3 : 2);
  if (byteLength !== expected) {
    return { ...message, data: null, text: `This slice came with ${byteLength} bytes instead of ${expected}.` };
  }
  return { ...message, text: "", data: message.sample === "rgb8" ? new Uint8Array(bytes) : new Uint16Array(bytes) };
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
  shown = { plane: "", index: 0, direction: 1 };
  batch = BATCH_BYTES.least;
  askedAt = 0;
  /** @param {Model} model */
  constructor(model) {
    this.model = model;
    model.on("msg:custom", this.receive);
    model.on("change:scene", this.clear);
  }
  clear = () => {
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
    const key = `${slice.plane}/${slice.index}`;
    this.cache.set(key, slice, slice.data?.byteLength ?? 0);
    if (this.pending.delete(key) && !this.pending.size) this.pace(performance.now() - this.askedAt);
    for (const view of this.views) view.paint();
    this.ask();
  };
  /** Larger wants while answers come quickly, smaller ones on a slow line. @param {number} ms */
  pace(ms) {
    if (ms < 250) this.batch = Math.min(2 * this.batch, BATCH_BYTES.most);
    else if (ms > 600) this.batch = Math.max(this.batch / 2, BATCH_BYTES.least);
  }
  ask() {
    const { plane, index, direction } = this.shown;
    const { planes, colour } = /** @type {Scene} */ (this.model.get("scene"));
    const held = (/** @type {number} */ i) => this.cache.has(`${plane}/${i}`) || this.pending.has(`${plane}/${i}`);
    if (!this.views.size || !(plane in planes) || (this.pending.size && held(index))) return;
    const bytes = planes[plane].rows * planes[plane].columns * (colour ? 3 : 2);
    const limit = Math.max(1, Math.min(Math.floor(this.batch / bytes), (4 * this.batch) / MEGABYTE));
    const indices = planWant(index, direction, planes[plane].count, held, REACH_BYTES / bytes, limit);
    if (!indices.length) return;
    this.pending = new Set(indices.map((i) => `${plane}/${i}`));
    this.askedAt = performance.now();
    this.model.send({ kind: "want", plane, indices });
  }
  /** The slice (or its fault) if it is here, else the nearest picture that is. */
  best(/** @type {string} */ plane, /** @type {number} */ index) {
    const { count } = /** @type {Scene} */ (this.model.get("scene")).planes[plane];
    for (let far = 0; far < count; far++) {
      for (const key of [`${plane}/${index + far}`, `${plane}/${index - far}`]) {
        const slice = this.cache.has(key) && this.cache.get(key);
        if (slice && (slice.data || !far)) return slice;
      }
    }
    return null;
  }
}

/** Stored values to pixels: the canvas has one pixel per sample, and the page scales it. */
class Painter {
  image = new ImageData(1, 1);
  table = new Uint32Array(65536); // RGBA by the 16 bits of a sample, signed or not
  tableKey = "";
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
  }
  /** @param {Slice} slice @param {VoiWindow} window @param {{rows: number, columns: number}} size */
  paint(slice, window, { rows, columns }) {
    if (this.image.width !== columns || this.image.height !== rows) {
      Object.assign(this.canvas, { width: columns, height: rows });
      this.image = new ImageData(columns, rows);
    }
    const { data, sample } = slice;
    const pixels = new Uint32Array(this.image.data.buffer);
    if (!data) pixels.fill(0xff000000);
    else if (sample === "rgb8") {
      for (let i = 0, j = 0; i < pixels.length; i++, j += 3) {
        pixels[i] = 0xff000000 | (data[j + 2] << 16) | (data[j + 1] << 8) | data[j];
      }
    } else {
      this.prepare(slice, window);
      for (let i = 0; i < pixels.length; i++) pixels[i] = this.table[data[i]];
    }
    this.context.putImageData(this.image, 0, 0);
  }
  /** @param {Slice} slice @param {VoiWindow} window */
  prepare({ sample, slope, intercept, invert }, window) {
    const key = [sample, slope, intercept, invert, window.center, window.width, window.function].join();
    if (key === this.tableKey) return;
    this.tableKey = key;
    const first = sample === "int16" ? -32768 : 0;
    const grey = windowTable(first, 65536, slope, intercept, window, invert);
    for (let i = 0; i < 65536; i++) this.table[(first + i) & 0xffff] = 0xff000000 | (grey[i] * 0x010101);
  }
}

/**
 * A new page element with a class of ours.
 * @param {string} tag @param {string} name @param {Element} parent @param {string} [text] @returns {any}
 */
function add(tag, name, parent, text = "") {
  const element = document.createElement(tag);
  element.className = name.replace(/\S+/g, "dicomview-$&");
  element.textContent = text;
  parent.append(element);
  return element;
}

/** One output: its page elements, its gestures, and what it has painted. */
class View {
  direction = 1; // of travel
  wheelRest = 0;
  resting = 0; // timer of a drag not yet told to Python
  drag = /** @type {{x: number, y: number, start: VoiWindow} | null} */ (null);
  pointer = /** @type {[number, number] | null} */ (null);
  painted = { slice: /** @type {Slice | null} */ (null), window: NO_WINDOW, count: 0 };
  listeners = new AbortController();
  /** @param {Model} model @param {Store} store @param {HTMLElement} el */
  constructor(model, store, el) {
    this.model = model;
    this.store = store;
    this.state = /** @type {State} */ (model.get("state"));
    this.build(el);
    this.painter = new Painter(this.picture);
    this.listen();
    store.views.add(this);
    this.onScene();
  }
  get scene() {
    return /** @type {Scene} */ (this.model.get("scene"));
  }
  /** The plane and index wished for, inside what the scene has. */
  get wish() {
    const { planes } = this.scene;
    const plane = this.state.plane in planes ? this.state.plane : Object.keys(planes)[0];
    const last = planes[plane].count - 1;
    return { plane, last, index: Math.min(last, Math.max(0, this.state.positions?.[plane] ?? 0)) };
  }
  close() {
    clearTimeout(this.resting);
    this.listeners.abort();
    this.model.off("change:state", this.onState);
    this.model.off("change:scene", this.onScene);
    this.store.leave(this);
    this.root.remove();
  }

  /** @param {HTMLElement} el */
  build(el) {
    el.classList.add("dicomview-host");
    this.root = add("div", "canvas", el);
    this.stage = add("div", "stage", this.root);
    Object.assign(this.stage, { tabIndex: 0, role: "application" });
    this.picture = add("canvas", "picture", this.stage);
    const top = add("div", "corner top-left", this.stage);
    this.title = add("div", "title", top);
    this.place = add("div", "place", top);
    this.place.ariaLive = "polite";
    this.readout = add("div", "corner top-right", this.stage);
    this.windowText = add("div", "corner bottom-left", this.stage);
    this.notes = add("div", "corner bottom-right", this.stage);
    this.letters = ["left", "right", "top", "bottom"].map((side) => add("div", `letter ${side}`, this.stage));
    this.fault = add("div", "fault", this.stage);
    const toolbar = add("div", "toolbar", this.root);
    this.slider = add("input", "slider", toolbar);
    Object.assign(this.slider, { type: "range", min: "0", step: "1", title: "slice", ariaLabel: "slice" });
    this.planes = add("select", "planes", toolbar);
    this.presets = add("select", "presets", toolbar);
    Object.assign(this.presets, { title: "window: centre/width", ariaLabel: "window" });
    this.reset = add("button", "reset", toolbar, "Reset");
    Object.assign(this.reset, { type: "button", title: "back to the first view (or double click the picture)" });
  }
  listen() {
    /** @type {(target: HTMLElement, name: string, handler: (event: any) => void) => void} */
    const on = (target, name, handler) =>
      target.addEventListener(name, handler, { signal: this.listeners.signal, passive: false });
    on(this.stage, "wheel", this.onWheel);
    on(this.stage, "keydown", this.onKey);
    on(this.root, "keydown", this.keepKey);
    on(this.stage, "pointerdown", this.onDown);
    on(this.stage, "pointermove", this.onMove);
    on(this.stage, "pointerup", this.onUp);
    on(this.stage, "pointercancel", this.onUp);
    on(this.stage, "pointerleave", () => this.hover(null));
    on(this.stage, "dblclick", this.onHome);
    on(this.reset, "click", this.onHome);
    on(this.slider, "input", () => this.moveTo(Number(this.slider.value)));
    on(this.planes, "change", () => this.become({ ...this.state, plane: this.planes.value }));
    on(this.presets, "change", () => {
      const { center, width, function: shape } = this.scene.presets[Number(this.presets.value)];
      this.become({ ...this.state, window: { center, width, function: shape } });
    });
    this.model.on("change:state", this.onState);
    this.model.on("change:scene", this.onScene);
  }

  /** A new state by a gesture: draw it, then tell Python. @param {State} state */
  become(state) {
    this.draw(state);
    this.tell();
  }
  tell = () => {
    clearTimeout(this.resting);
    this.resting = 0;
    this.model.set("state", this.state);
    this.model.save_changes();
  };
  onState = () => {
    const state = /** @type {State} */ (this.model.get("state"));
    // A drag that is not yet told has a newer window than the one that comes along with another slice.
    this.draw(this.resting ? { ...state, window: this.state.window } : state);
  };
  onScene = () => {
    const { title, notes, planes, refused, presets, colour } = this.scene;
    this.painted.slice = null;
    this.stage.ariaLabel = `${title}: arrow keys move through the slices, a drag sets the window`;
    this.title.textContent = title;
    this.notes.textContent = notes.join("\n");
    const reasons = Object.entries(refused);
    this.planes.replaceChildren(
      ...Object.keys(planes).map((plane) => new Option(plane, plane)),
      ...reasons.map(([plane, title]) => Object.assign(new Option(plane, plane), { disabled: true, title })),
    );
    this.planes.title = ["plane", ...reasons.map(([plane, reason]) => `no ${plane}: ${reason}`)].join("\n");
    this.planes.ariaLabel = this.planes.title;
    this.planes.hidden = this.planes.length < 2;
    this.presets.replaceChildren(
      Object.assign(new Option("window …", ""), { disabled: true }),
      ...presets.map((p, i) => new Option(`${p.name}  ${brief(p.center)}/${brief(p.width)}`, String(i))),
    );
    this.presets.hidden = colour || !presets.length;
    this.onState();
  };
  /** @param {State} state */
  draw(state) {
    const before = this.wish;
    this.state = state;
    const { plane, index, last } = this.wish;
    if (plane === before.plane) this.direction = Math.sign(index - before.index) || this.direction;
    Object.assign(this.slider, { max: String(last), value: String(index), disabled: last === 0 });
    this.slider.ariaValueText = `${plane} ${index + 1} of ${last + 1}`;
    this.planes.value = plane;
    const { center, width, function: shape } = state.window ?? NO_WINDOW;
    const at = this.scene.presets.findIndex((p) => p.center === center && p.width === width && p.function === shape);
    this.presets.value = at < 0 ? "" : String(at);
    this.paint();
  }
  /** Put the best that is here on the screen, where the old picture stays until then, and ask for what is not here. */
  paint() {
    const { plane, index } = this.wish;
    const slice = this.store.best(plane, index);
    const window = this.state.window ?? NO_WINDOW;
    if (slice && (slice !== this.painted.slice || JSON.stringify(window) !== JSON.stringify(this.painted.window))) {
      this.painter.paint(slice, window, slice.data ? slice : this.scene.planes[slice.plane]);
      this.painted = { slice, window, count: this.painted.count + 1 };
      this.label(slice, window);
      this.hover(this.pointer);
    }
    this.store.shown = { plane, index, direction: this.direction };
    this.store.ask();
  }
  /** The words around the picture and the marks on the root: all speak of what is painted. */
  label(/** @type {Slice} */ slice, /** @type {VoiWindow} */ { center, width }) {
    const { count, aspect, letters } = this.scene.planes[slice.plane];
    const { width: columns, height: rows } = this.picture;
    const ratio = columns / (rows * aspect);
    const [across, down] = [100 * Math.min(1, ratio), 100 * Math.min(1, 1 / ratio)]; // the stage is square
    Object.assign(this.picture.style, { width: `${across}%`, height: `${down}%` });
    this.place.textContent = [`${slice.plane} ${slice.index + 1}/${count}`, slice.place].filter(Boolean).join(" · ");
    this.letters?.forEach((element, side) => (element.textContent = letters?.[side] ?? ""));
    this.fault.textContent = slice.data ? "" : slice.text;
    const grey = !this.scene.colour && slice.sample !== "rgb8";
    this.windowText.textContent = grey ? `C ${brief(center)} W ${brief(width)}` : "";
    const marks = { plane: slice.plane, index: slice.index, painted: this.painted.count };
    Object.assign(this.root.dataset, marks, grey ? { center, width } : {});
  }
  /** @param {[number, number] | null} pointer a point of the page */
  hover(pointer) {
    this.pointer = pointer;
    const { slice } = this.painted;
    this.readout.replaceChildren();
    if (!pointer || !slice?.data) return;
    const pixel = pixelAt(this.picture.getBoundingClientRect(), slice.columns, slice.rows, ...pointer);
    if (!pixel) return;
    describePixel(slice, this.scene.unit, ...pixel).forEach((part, i) => {
      if (i) this.readout.append(" · ");
      add("span", "part", this.readout, part);
    });
  }

  /** @param {number} index */
  moveTo(index) {
    const { plane, index: from, last } = this.wish;
    const to = Math.min(last, Math.max(0, index));
    if (to !== from) this.become({ ...this.state, plane, positions: { ...this.state.positions, [plane]: to } });
  }
  onHome = () => this.become(this.scene.home);
  onWheel = (/** @type {WheelEvent} */ event) => {
    if (event.ctrlKey || event.metaKey || !event.deltaY) return; // zooms the page, or goes sideways
    event.preventDefault(); // at the ends too: the page must not start to scroll under the hand
    const [steps, rest] = wheelSteps(this.wheelRest, event.deltaY * [1, 40, 400][event.deltaMode]);
    this.wheelRest = rest;
    if (steps) this.moveTo(this.wish.index + steps);
  };
  onKey = (/** @type {KeyboardEvent} */ event) => {
    const steps = KEYS.get(event.key);
    if (!steps || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.moveTo(this.wish.index + steps);
  };
  /** In JupyterLab's command mode plain keys edit the notebook (d d deletes the cell), so they stop here. */
  keepKey = (/** @type {KeyboardEvent} */ event) => {
    const meant = event.ctrlKey || event.metaKey || event.altKey || ["Enter", "Escape"].includes(event.key);
    if (!meant) event.stopPropagation();
  };
  onDown = (/** @type {PointerEvent} */ event) => {
    this.stage.focus({ preventScroll: true });
    if (event.button !== 0 || !event.isPrimary || this.scene.colour) return;
    this.stage.setPointerCapture(event.pointerId);
    this.drag = { x: event.clientX, y: event.clientY, start: this.state.window ?? NO_WINDOW };
  };
  onMove = (/** @type {PointerEvent} */ { clientX, clientY }) => {
    if (this.drag) {
      const { x, y, start } = this.drag;
      clearTimeout(this.resting);
      this.resting = setTimeout(this.tell, REST_MS);
      const window = dragWindow(start, clientX - x, clientY - y, this.painted.slice?.slope ?? 1);
      this.draw({ ...this.state, window });
    }
    this.hover([clientX, clientY]);
  };
  onUp = () => {
    this.drag = null;
    if (this.resting) this.tell();
  };
}

/** anywidget calls this once a model: the slices belong to the model, its views share them. */
export default () => {
  /** @type {Store} */
  let store;
  return {
    initialize(/** @type {{model: Model}} */ { model }) {
      store = new Store(model);
      return () => store.close();
    },
    render(/** @type {{model: Model, el: HTMLElement}} */ { model, el }) {
      const view = new View(model, store, el);
      return () => view.close();
    },
  };
};
