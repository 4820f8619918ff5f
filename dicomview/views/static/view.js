// @ts-check
/** One output: what it shows, its gestures, and what it has painted. */
import { Cine } from "./cine.js";
import { KEYS, wheelSteps } from "./gestures.js";
import { add, buildAxes, buildLayers, buildPage } from "./page.js";
import { Painter, describePixel, pixelAt } from "./painter.js";
import { brief, dragWindow, lineOf, windowWords } from "./window.js";

/**
 * @typedef {import("./window.js").VoiWindow} VoiWindow @typedef {import("./window.js").VoiTable} VoiTable
 * @typedef {import("./slices.js").Slice} Slice @typedef {import("./slices.js").Plane} Plane
 * @typedef {import("./store.js").Model} Model @typedef {import("./store.js").Store} Store
 * @typedef {{plane: string, positions: Record<string, number>, axes: Record<string, number>,
 *   window: VoiWindow | {table: string} | null, layers: Record<string, import("./painter.js").Look>}} State
 * @typedef {{title: string, planes: Record<string, Plane>, refused: Record<string, string>, colour: boolean,
 *   axes: import("./page.js").Axis[], unit: string, notes: string[], layers: string[], home: State,
 *   presets: (VoiWindow & {name: string, table?: {first: number, levels: DataView}})[],
 *   cine: {along: string, rate: number} | null}} Scene
 */

const REST_MS = 150; // a drag that rests this long is told to Python
/** @type {VoiWindow} */
const NO_WINDOW = { center: 128, width: 256, function: "LINEAR" };
export class View {
  along = 0; // the coordinate that moved last: 0 the index, 1 the first extra axis …
  direction = 1; // of travel
  wheelRest = 0;
  resting = 0; // timer of a drag not yet told to Python
  drag = /** @type {{x: number, y: number, start: VoiWindow} | null} */ (null);
  pointer = /** @type {[number, number] | null} */ (null);
  painted = { slice: /** @type {Slice | null} */ (null), look: "", count: 0 };
  axes = /** @type {{slider: any, label: any}[]} */ ([]);
  layers = /** @type {{name: string, button: any, color: any, opacity: any}[]} */ ([]);
  stamp = 0; // of the last state of Python's that is on the screen
  listeners = new AbortController();
  /** @param {Model} model @param {Store} store @param {HTMLElement} el */
  constructor(model, store, el) {
    this.model = model;
    this.store = store;
    this.state = /** @type {State} */ (model.get("state"));
    const { root, stage, picture, words, tools, cine } = buildPage(el);
    this.root = root;
    this.stage = stage;
    this.picture = picture;
    this.words = words;
    this.tools = tools;
    this.cine = cine;
    this.painter = new Painter(picture);
    this.film = new Cine((place) => this.moveAlong(this.cineAlong, place), () => this.showFilm());
    this.listen();
    store.join(this);
    this.onScene();
  }
  get scene() {
    return /** @type {Scene} */ (this.model.get("scene"));
  }
  /** The plane and place wished for, inside what the scene has. */
  get wish() {
    const { planes, axes } = this.scene;
    const plane = this.state.plane in planes ? this.state.plane : Object.keys(planes)[0];
    const within = (/** @type {number} */ count, place = 0) => Math.min(count - 1, Math.max(0, place));
    const index = within(planes[plane].count, this.state.positions?.[plane]);
    const at = [index, ...axes.map(({ name, labels }) => within(labels.length, this.state.axes?.[name]))];
    return { plane, at, last: planes[plane].count - 1 };
  }
  /** The window of the state, with its table where it is one. @returns {VoiWindow | VoiTable} */
  get window() {
    const { window } = this.state;
    if (!window || !("table" in window)) return window ?? NO_WINDOW;
    const preset = this.scene.presets.find(({ name, table }) => table && name === window.table);
    if (!preset?.table) return NO_WINDOW;
    const { first, levels } = preset.table;
    return { name: preset.name, first, levels: new Uint8Array(levels.buffer, levels.byteOffset, levels.byteLength) };
  }
  get cineAlong() {
    return 1 + this.scene.axes.findIndex(({ name }) => name === this.scene.cine?.along);
  }
  close() {
    clearTimeout(this.resting);
    this.film.stop();
    this.listeners.abort();
    this.model.off("change:state", this.onState);
    this.model.off("change:scene", this.onScene);
    this.store.leave(this);
    this.root.remove();
  }
  listen() {
    /** @type {(target: HTMLElement, name: string, handler: (event: any) => void) => void} */
    const on = (target, name, handler) =>
      target.addEventListener(name, handler, { signal: this.listeners.signal, passive: false });
    on(this.root, "keydown", this.keepKey);
    on(this.stage, "wheel", this.onWheel);
    on(this.stage, "keydown", this.onKey);
    on(this.stage, "pointerdown", this.onDown);
    on(this.stage, "pointermove", this.onMove);
    on(this.stage, "pointerup", this.onUp);
    on(this.stage, "pointercancel", this.onUp);
    on(this.stage, "pointerleave", () => this.hover(null));
    on(this.stage, "dblclick", this.onHome);
    on(this.tools.reset, "click", this.onHome);
    on(this.tools.slider, "input", () => this.moveAlong(0, Number(this.tools.slider.value)));
    on(this.tools.planes, "change", () => this.become({ ...this.state, plane: this.tools.planes.value }));
    on(this.tools.presets, "change", () => {
      const { name, table, center, width, function: shape } = this.scene.presets[Number(this.tools.presets.value)];
      this.become({ ...this.state, window: table ? { table: name } : { center, width, function: shape } });
    });
    on(this.cine.play, "click", this.onPlay);
    on(this.cine.rate, "change", () => this.film.running && this.play());
    on(this.cine.loop, "click", () => {
      this.cine.loop.ariaPressed = String(this.cine.loop.ariaPressed !== "true");
      if (this.film.running) this.play();
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
    this.model.set("stamp", this.stamp);
    this.model.set("state", this.state);
    this.model.save_changes();
  };
  onState = () => {
    if (!this.resting) this.stamp = this.model.get("stamp");
    const state = /** @type {State} */ (this.model.get("state"));
    // A drag that is not yet told has a newer window than the one that comes along with another slice.
    this.draw(this.resting ? { ...state, window: this.state.window } : state);
  };
  onScene = () => {
    const { title, planes, refused, presets, colour, axes, layers, cine } = this.scene;
    this.film.stop();
    this.painted.slice = null;
    this.stage.ariaLabel = `${title}: arrow keys move through the slices, a drag sets the window`;
    this.words.title.textContent = title;
    const reasons = Object.entries(refused);
    this.tools.planes.replaceChildren(
      ...Object.keys(planes).map((plane) => new Option(plane, plane)),
      ...reasons.map(([plane, title]) => Object.assign(new Option(plane, plane), { disabled: true, title })),
    );
    this.tools.planes.title = ["plane", ...reasons.map(([plane, reason]) => `no ${plane}: ${reason}`)].join("\n");
    this.tools.planes.ariaLabel = this.tools.planes.title;
    this.tools.planes.hidden = this.tools.planes.length < 2;
    this.tools.presets.replaceChildren(
      Object.assign(new Option("window …", ""), { disabled: true }),
      ...presets.map((p, i) => new Option(p.table ? p.name : `${p.name}  ${brief(p.center)}/${brief(p.width)}`, String(i))),
    );
    this.tools.presets.hidden = colour || !presets.length;
    this.tools.layers.hidden = !layers.length;
    this.layers = buildLayers(this.tools.layers, layers);
    for (const { name, button, color, opacity } of this.layers) {
      button.addEventListener("click", () => this.look(name, { shown: !this.state.layers[name].shown }));
      color.addEventListener("input", () => this.look(name, { color: color.value }));
      opacity.addEventListener("input", () => this.look(name, { opacity: Number(opacity.value) }));
    }
    this.axes = buildAxes(this.tools.axes, axes);
    this.axes.forEach(({ slider }, axis) => {
      slider.addEventListener("input", () => this.moveAlong(axis + 1, Number(slider.value)));
    });
    this.cine.film.hidden = !cine;
    if (cine) this.cine.rate.value = brief(cine.rate);
    this.showFilm();
    this.onState();
  };
  /** @param {State} state */
  draw(state) {
    const before = this.wish;
    this.state = state;
    const { plane, at, last } = this.wish;
    const moved = at.findIndex((place, along) => place !== before.at[along]);
    if (plane === before.plane && moved >= 0) {
      this.along = moved;
      this.direction = Math.sign(at[moved] - before.at[moved]);
    }
    const { slider, planes, presets } = this.tools;
    Object.assign(slider, { max: String(last), value: String(at[0]), disabled: last === 0 });
    slider.ariaValueText = `${plane} ${at[0] + 1} of ${last + 1}`;
    this.axes.forEach(({ slider: other, label }, axis) => {
      const { labels } = this.scene.axes[axis];
      other.value = String(at[axis + 1]);
      label.textContent = `${labels[at[axis + 1]]} (${at[axis + 1] + 1}/${labels.length})`;
      other.ariaValueText = label.textContent;
    });
    planes.value = plane;
    for (const { name, button, color, opacity } of this.layers) {
      const look = state.layers[name];
      button.ariaPressed = String(look.shown);
      button.style.color = color.value = look.color;
      opacity.value = String(look.opacity);
    }
    const window = state.window ?? NO_WINDOW;
    const same = (/** @type {any} */ p) =>
      "table" in window
        ? p.table && p.name === window.table
        : !p.table && p.center === window.center && p.width === window.width && p.function === window.function;
    const chosen = this.scene.presets.findIndex(same);
    presets.value = chosen < 0 ? "" : String(chosen);
    this.paint();
  }
  /** Put the best that is here on the screen, where the old picture stays until then, and ask for what is not here. */
  paint() {
    const { plane, at } = this.wish;
    const slice = this.store.best(plane, at);
    const { layers } = this.state;
    const look = JSON.stringify([this.state.window, layers]);
    if (slice && (slice !== this.painted.slice || look !== this.painted.look)) {
      this.painter.paint(slice, this.window, layers, slice.data ? slice : this.scene.planes[slice.plane]);
      this.painted = { slice, look, count: this.painted.count + 1 };
      this.label(slice);
      this.hover(this.pointer);
    }
    if (this.store.lost) this.words.fault.textContent = "No kernel answers any more: run the cell again.";
    this.store.show({ plane, at, along: Math.min(this.along, at.length - 1), direction: this.direction });
  }
  /** The words around the picture and the marks on the root: all speak of what is painted. @param {Slice} slice */
  label(slice) {
    const { count, aspect, letters } = this.scene.planes[slice.plane];
    const { width: columns, height: rows } = this.picture;
    const ratio = columns / (rows * aspect);
    const [across, down] = [100 * Math.min(1, ratio), 100 * Math.min(1, 1 / ratio)]; // the stage is square
    Object.assign(this.picture.style, { width: `${across}%`, height: `${down}%` });
    const axes = this.scene.axes.map(({ name, labels }, axis) => `${name} ${labels[slice.at[axis + 1]]}`);
    const parts = [`${slice.plane} ${slice.at[0] + 1}/${count}`, slice.place, ...axes];
    this.words.place.textContent = parts.filter(Boolean).join(" · ");
    this.words.letters.forEach((/** @type {any} */ letter, /** @type {number} */ i) => (letter.textContent = letters?.[i] ?? ""));
    this.words.notes.textContent = [...this.scene.notes, ...slice.notes].join("\n");
    this.words.fault.textContent = slice.data ? "" : slice.text;
    const grey = !this.scene.colour && slice.sample !== "rgb8";
    const window = this.window;
    const words = "levels" in window ? window.name : windowWords(window);
    this.words.window.textContent = grey ? words : "";
    const marks = { plane: slice.plane, index: slice.at[0], at: slice.at.join("/"), painted: this.painted.count, sharp: slice.step === 1 };
    const line = "levels" in window ? { center: "", width: "" } : { center: window.center, width: window.width };
    Object.assign(this.root.dataset, marks, grey ? line : {});
  }
  /** @param {[number, number] | null} pointer a point of the page */
  hover(pointer) {
    this.pointer = pointer;
    const { slice } = this.painted;
    this.words.readout.replaceChildren();
    if (!pointer || !slice?.data) return;
    const pixel = pixelAt(this.picture.getBoundingClientRect(), slice.columns, slice.rows, ...pointer);
    if (!pixel) return;
    for (const line of describePixel(slice, this.scene.unit, ...pixel)) {
      add("div", "line", this.words.readout, line.replaceAll("-", "−"));
    }
  }

  /** Move to a place along the index (0) or an extra axis (1 …). @param {number} along @param {number} place */
  moveAlong(along, place) {
    const { plane, at } = this.wish;
    const to = Math.min(this.store.count(plane, along) - 1, Math.max(0, place));
    if (to === at[along]) return;
    if (along) this.become({ ...this.state, axes: { ...this.state.axes, [this.scene.axes[along - 1].name]: to } });
    else this.become({ ...this.state, plane, positions: { ...this.state.positions, [plane]: to } });
  }
  /** Draw a layer otherwise. @param {string} name @param {Partial<import("./painter.js").Look>} change */
  look(name, change) {
    const { layers } = this.state;
    this.become({ ...this.state, layers: { ...layers, [name]: { ...layers[name], ...change } } });
  }
  onHome = () => this.become(this.scene.home);
  onWheel = (/** @type {WheelEvent} */ event) => {
    // With ctrl it zooms the page; sideways, or over a single picture, it is not meant for us.
    if (event.ctrlKey || event.metaKey || !event.deltaY || !this.wish.last) return;
    event.preventDefault(); // at the ends too: the page must not start to scroll under the hand
    const [steps, rest] = wheelSteps(this.wheelRest, event.deltaY * [1, 40, 400][event.deltaMode]);
    this.wheelRest = rest;
    if (steps) this.moveAlong(0, this.wish.at[0] + steps);
  };
  onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = KEYS.get(event.key);
    if (steps) this.moveAlong(0, this.wish.at[0] + steps);
    else if (event.key !== " ") return;
    else if (this.scene.cine) this.onPlay();
    event.preventDefault();
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
    const window = this.window;
    this.drag = { x: event.clientX, y: event.clientY, start: "levels" in window ? lineOf(window) : window };
  };
  onMove = (/** @type {PointerEvent} */ { clientX, clientY }) => {
    if (this.drag && (clientX !== this.drag.x || clientY !== this.drag.y)) {
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
  onPlay = () => {
    if (this.film.running) this.film.stop();
    else this.play();
    this.showFilm();
  };
  play() {
    const { plane, at } = this.wish;
    const rate = Math.min(120, Math.max(0.1, Number(this.cine.rate.value) || 10));
    const along = this.cineAlong;
    this.film.play(at[along], this.store.count(plane, along), rate, this.cine.loop.ariaPressed === "true");
  }
  showFilm() {
    this.cine.play.textContent = this.film.running ? "■" : "▶";
    this.cine.play.ariaPressed = String(Boolean(this.film.running));
  }
}
