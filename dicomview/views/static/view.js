// @ts-check
/** One output: what it shows, and what it has painted. */
import { Cine } from "./cine.js";
import { Drawing } from "./drawing.js";
import { keepKeys } from "./elements.js";
import { keepsKey, leftKey } from "./gestures.js";
import { Hand } from "./hand.js";
import { Link } from "./links.js";
import { Measures } from "./measures.js";
import { buildPage } from "./page.js";
import { Painter } from "./painter.js";
import { fitted, lettersHeld, onPicture, transformOf } from "./pose.js";
import { keyOf } from "./slices.js";
import { Tools } from "./tools.js";
import { Words } from "./words.js";

/**
 * @typedef {import("./window.js").VoiWindow} VoiWindow @typedef {import("./window.js").VoiTable} VoiTable
 * @typedef {import("./slices.js").Slice} Slice @typedef {import("./slices.js").Plane} Plane
 * @typedef {import("./store.js").Model} Model @typedef {import("./store.js").Store} Store
 * @typedef {{plane: string, positions: Record<string, number>, axes: Record<string, number>,
 *   window: VoiWindow | {table: string} | null, layers: Record<string, import("./painter.js").Look>, invert: boolean,
 *   colormap: string, rotation: number, flip: boolean, zoom: number, pan: number[], point: number[] | null, stamp?: number,
 *   page?: string}} State the stamp is that of the last state of Python's which this one was made from
 * @typedef {{title: string, index_name: string, planes: Record<string, Plane>, refused: Record<string, string>, colour: boolean,
 *   axes: import("./page.js").Axis[], unit: string, notes: string[], layers: string[], colourless: string[], revision: number, colormaps: string[], home: State,
 *   controls: boolean, presets: (VoiWindow & {name: string, table?: {first: number, levels: DataView}})[],
 *   cine: {along: string, rate: number} | null}} Scene
 */

const REST_MS = 150; // a drag that rests this long is told to Python
const COARSE = 8; // CSS pixels of a pixel from which on it is drawn as a square
/** @type {VoiWindow} */
const NO_WINDOW = { center: 128, width: 256, function: "LINEAR" };

/** The bytes of a buffer of a trait. @param {DataView} view */
const octets = (view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

export class View {
  along = 0; // the coordinate that moved last: 0 the index, 1 the first extra axis …
  direction = 1; // of travel
  resting = /** @type {any} */ (0); // timer of a drag not yet told to Python
  drifted = /** @type {Partial<State>} */ ({}); // what that drag has changed; it is newer than what comes meanwhile
  painted = { slice: /** @type {Slice | null} */ (null), look: "", drawn: "", count: 0 };
  crossed = /** @type {number[] | null} */ (null); // the point that the lines go through
  held = ""; // how the picture is held
  width = 0; // of the frame, in CSS pixels; to ask for it at each step would lay the whole page out
  telling = false; // Python is being told what is on the screen already
  filming = false; // it is the film that moves
  stamp = 0; // of the last state of Python's that is on the screen
  listeners = new AbortController();
  /** @param {Model} model @param {Store} store @param {HTMLElement} el */
  constructor(model, store, el, link = new Link(model, store)) {
    this.model = model;
    this.store = store;
    this.link = link;
    this.state = /** @type {State} */ (model.get("_state"));
    const page = buildPage(el);
    const { root } = page;
    /** @type {HTMLElement} */ this.root = root;
    /** @type {HTMLElement} */ this.stage = page.stage;
    /** @type {HTMLCanvasElement} */ this.picture = page.picture;
    this.painter = new Painter(this.picture);
    this.drawing = new Drawing(this.picture);
    this.drawing.add("cross", (slice) => link.marks(slice, this.state));
    this.film = new Cine(this.onFilm, () => this.tools.showFilm(false));
    const { signal } = this.listeners;
    this.words = new Words(this, page.words, signal);
    this.measures = new Measures(this);
    this.hand = new Hand(this, this.stage, signal);
    this.tools = new Tools(this, page, signal);
    root.addEventListener("keydown", this.keepKey, { signal });
    keepKeys(root, leftKey, signal);
    model.on("change:_state", this.onState);
    model.on("change:_colours", this.onState);
    this.sizes = new ResizeObserver(this.onSize);
    this.sizes.observe(this.stage);
    model.on("change:_scene", this.onScene);
    model.on("msg:custom", this.onMessage);
    this.stage.ariaLabel = `${this.scene.title || "picture"}: arrow keys move through the slices, ? tells more`;
    this.tools.open(this.scene);
    this.drawing.add("layers", (slice) => this.marksOf(slice));
    this.onState();
    store.join(this);
  }
  get scene() {
    return /** @type {Scene} */ (this.model.get("_scene"));
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
    return preset?.table ? { name: preset.name, first: preset.table.first, levels: octets(preset.table.levels) } : NO_WINDOW;
  }
  /** The picture as a sheet of paper: that of the plane, with all of its samples. */
  get sheet() {
    return this.scene.planes[this.painted.slice?.plane ?? this.wish.plane];
  }
  /** Modality units for one stored value. */
  get slope() {
    return this.painted.slice?.slope ?? 1;
  }
  get cineAlong() {
    return 1 + this.scene.axes.findIndex(({ name }) => name === this.scene.cine?.along);
  }
  /** Whether there is more than one picture to play. */
  get plays() {
    return this.store.count(this.wish.plane, this.cineAlong) > 1;
  }
  close() {
    this.settle();
    this.words.close();
    this.film.stop();
    this.measures.close();
    this.listeners.abort();
    this.sizes.disconnect();
    this.model.off("change:_state", this.onState);
    this.model.off("change:_colours", this.onState);
    this.model.off("change:_scene", this.onScene);
    this.model.off("msg:custom", this.onMessage);
    this.store.leave(this);
    this.root.remove();
  }

  /** A new state by a gesture: draw it, then tell Python. @param {Partial<State>} change */
  change(change) {
    this.draw({ ...this.state, ...this.link.lead(this.state, change) });
    this.tell();
  }
  /** A new state by a gesture that goes on: Python hears of it when it rests. @param {Partial<State>} change */
  drift(change) {
    if (!change.point) this.store.drag(true);
    this.rest(this.link.lead(this.state, change));
  }
  /** A new state that is told to Python when it rests. @param {Partial<State>} change */
  rest(change) {
    clearTimeout(this.resting);
    this.resting = setTimeout(this.tell, REST_MS);
    this.drifted = { ...this.drifted, ...change };
    this.draw({ ...this.state, ...change });
  }
  /** A gesture has ended. */
  settle() {
    if (this.resting) this.tell();
  }
  tell = () => {
    clearTimeout(this.resting);
    this.resting = 0;
    this.drifted = {};
    this.telling = true;
    try {
      this.store.tell({ ...this.state, stamp: this.stamp });
    } finally {
      this.telling = false;
    }
    this.store.drag(false);
  };
  onSize = () => {
    this.width = this.hand.frame.width;
    const within = this.stage.clientWidth; // as it is laid out, whatever a slide show makes of it; none while it is hidden
    if (within) this.stage.style.setProperty("--hundredth", `${within / 100}px`);
    if (this.painted.slice) this.hold(this.painted.slice);
  };
  onState = () => {
    if (this.telling) return;
    const state = /** @type {State} */ (this.model.get("_state"));
    this.stamp = state.stamp ?? 0;
    this.draw({ ...state, ...this.drifted });
  };
  /** There are other layers. */
  onScene = () => {
    this.tools.openLayers(this.scene);
    this.onState();
  };
  onMessage = (/** @type {any} */ { kind, text }) => {
    if (kind === "trouble") this.sayTrouble(text);
  };
  /** @param {string} text */
  sayTrouble(text) {
    this.words.sayTrouble(text);
  }
  /** @param {State} state */
  draw(state) {
    const before = this.wish;
    this.state = state;
    const { plane, at } = this.wish;
    const moved = at.findIndex((place, along) => place !== before.at[along]);
    if (plane === before.plane && moved >= 0) {
      this.along = moved;
      this.direction = Math.sign(at[moved] - before.at[moved]);
    }
    this.tools.show(state);
    this.paint();
    const jumped = at[this.cineAlong] !== before.at[this.cineAlong] && !this.filming;
    if (this.film.running && (plane !== before.plane || jumped)) this.play(); // from there
  }
  /** Show what there is; what goes wrong is said, and keeps neither a gesture nor another view from going on. */
  paint() {
    try {
      this.repaint();
    } catch (error) {
      this.sayTrouble(`The picture cannot be painted: ${error}`);
    }
  }
  /** Put the best that is here on the screen, where the old picture stays until then, and ask for what is not here. */
  repaint() {
    const { plane, at } = this.wish;
    let slice = this.store.best(plane, at, this.along, this.painted.slice?.at);
    const [wanted, { slice: old }] = [keyOf(plane, at), this.painted];
    // Out of date, for something lies over it now; but another place would be worse.
    if (slice && old && keyOf(old.plane, old.at) === wanted && keyOf(slice.plane, slice.at) !== wanted) slice = old;
    const { window, layers: looks, invert, colormap } = this.state;
    const look = JSON.stringify([window, looks, invert, colormap]);
    if (slice && (slice !== this.painted.slice || look !== this.painted.look)) {
      const colours = this.model.get("_colours")?.[colormap];
      const style = { looks, invert, colormap, colours: colours ? octets(colours) : null };
      this.painter.paint(slice, this.window, style, slice.data ? slice : this.scene.planes[slice.plane]);
      const drawn = JSON.stringify(looks);
      if (slice === this.painted.slice && drawn !== this.painted.drawn) this.drawing.renew("layers");
      this.painted = { slice, look, drawn, count: this.painted.count + 1 };
      this.mark(slice);
      this.measures.leave();
      this.words.label(slice);
    }
    if (slice) this.hold(slice);
    else if (old && this.store.line.alone) return this.turnBack(old.plane);
    if (slice && slice !== this.drawing.slice) this.drawing.show(slice);
    else if (this.state.point !== this.crossed) this.drawing.renew("cross");
    this.crossed = this.state.point;
    this.words.note(slice);
    this.store.show({ plane, at, along: Math.min(this.along, at.length - 1), direction: this.direction });
  }
  /** Nobody has the plane that is wished for. @param {string} plane the one that is here */
  turnBack(plane) {
    this.sayTrouble(`No kernel answers, and the ${this.state.plane} plane is not in this copy: run the cell again.`);
    this.change({ plane });
  }
  /** What is drawn of the layers that are no masks: thin lines, which hide little and are drawn in half the time. @param {Slice} slice @returns {import("./drawing.js").Mark[]} */
  marksOf({ strokes }) {
    const shown = Object.entries(strokes).filter(([name]) => this.state.layers[name]?.shown);
    return shown.flatMap(([name, { written = [], ...lines }]) =>
      [lines, ...written].map((mark) => ({ ...mark, width: 1, color: this.state.layers[name].color, opacity: this.state.layers[name].opacity })),
    );
  }
  /** Hold the picture as the state says, with its letters at its sides. @param {Slice} slice */
  hold(slice) {
    const { zoom, rotation, flip, pan } = this.state;
    const pose = [slice.plane, slice.step === 1, zoom, rotation, flip, pan, this.width, globalThis.devicePixelRatio].join();
    if (pose !== this.held) this.turn(slice);
    this.held = pose;
    this.words.readOut();
    this.words.say();
  }
  /** @param {Slice} slice */
  turn(slice) {
    const { state } = this;
    const [across, down] = fitted(this.sheet);
    Object.assign(this.picture.style, { width: `${100 * across}%`, height: `${100 * down}%`, transform: transformOf(state) });
    const width = (this.width * across * state.zoom) / this.sheet.columns;
    const exact = Math.abs(width * (globalThis.devicePixelRatio || 1) - 1) < 1e-3; // one to one, wherever the frame lies
    this.picture.style.imageRendering = slice.step === 1 && (exact || width >= COARSE) ? "pixelated" : "auto";
    this.drawing.hold(state, this.sheet);
    this.words.letter(lettersHeld(this.sheet.letters ?? ["", "", "", ""], state));
    const { zoom, rotation, flip } = state;
    Object.assign(this.root.dataset, { zoom, rotation, flip, pan: state.pan.join() });
  }
  /** Whether the values of a slice have a window. @param {Slice} slice */
  isGrey(slice) {
    return !this.scene.colour && slice.sample !== "rgb8";
  }
  /** The marks on the root: what is painted. @param {Slice} slice */
  mark(slice) {
    const { window } = this;
    const marks = { plane: slice.plane, index: slice.at[0], at: slice.at.join("/"), painted: this.painted.count, sharp: slice.step === 1, revision: slice.revision };
    const line = "levels" in window ? { center: "", width: "" } : { center: window.center, width: window.width };
    Object.assign(this.root.dataset, marks, this.isGrey(slice) ? line : {});
  }

  /** Move to a place along the index (0) or an extra axis (1 …). @param {number} along @param {number} place */
  moveAlong(along, place) {
    const { plane, at } = this.wish;
    const to = Math.min(this.store.count(plane, along) - 1, Math.max(0, place));
    if (to === at[along]) return;
    if (along) this.change({ axes: { ...this.state.axes, [this.scene.axes[along - 1].name]: to } });
    else this.change({ plane, positions: { ...this.state.positions, [plane]: to } });
  }
  /** Put the linked point under a point of the frame, or as near to it as the picture reaches. @param {number[]} place */
  aim(place) {
    const { slice } = this.painted;
    const { columns, rows } = this.sheet;
    const [across, down] = onPicture(this.state, this.sheet, place);
    const within = (/** @type {number} */ part, /** @type {number} */ count) => Math.min(count - 1, Math.max(0, part * count - 0.5));
    const point = slice && this.link.at(slice, [within(across, columns), within(down, rows)]);
    if (point) this.drift({ point });
  }
  /** Draw a layer otherwise. @param {string} name @param {Partial<import("./painter.js").Look>} change */
  look(name, change) {
    const { layers } = this.state;
    this.change({ layers: { ...layers, [name]: { ...layers[name], ...change } } });
  }
  goHome() {
    if (this.film.running) this.togglePlay();
    this.words.tellTroubles([]);
    this.change(this.scene.home);
  }
  togglePlay() {
    if (!this.plays) return;
    if (this.film.running) this.film.stop();
    else this.play();
    this.tools.showFilm(Boolean(this.film.running));
  }
  onFilm = (/** @type {number} */ place) => {
    this.filming = true;
    try {
      this.moveAlong(this.cineAlong, place);
    } finally {
      this.filming = false;
    }
  };
  play() {
    const { plane, at } = this.wish;
    const along = this.cineAlong;
    this.film.play(at[along], this.store.count(plane, along), this.tools.rate, this.tools.looping);
  }
  /**
   * Keys mean the picture wherever in the output the focus is. In JupyterLab's command mode plain keys edit the notebook
   * (d d deletes the cell), so what is not left to it stops here.
   */
  keepKey = (/** @type {KeyboardEvent} */ event) => {
    const [target, { key }] = [/** @type {Element} */ (event.target), event];
    if (!keepsKey(target, key)) this.hand.onKey(event);
    if (!leftKey(event) || (key === "Escape" && event.defaultPrevented)) event.stopPropagation();
  };
}
