// @ts-check
/**
 * What one measures on a view: drawn and moved here at once, measured in the kernel, which is asked for the latest and has at
 * most two questions unanswered: one is on its way while the other is answered.
 */
import { onFrame, onPicture } from "./pose.js";
import { handlesOf, heldPart, moved, outlineOf, withCorner } from "./shapes.js";

/** @typedef {import("./shapes.js").Shape} Shape @typedef {import("./view.js").View} View @typedef {import("./slices.js").Slice} Slice */
/** @typedef {{shape: Shape, part: number | "whole", from: number[], begun: number[][], fresh: boolean}} Held what a hand has hold of */

const REACH = 8; // CSS pixels around a handle
const SMALLEST = 3; // CSS pixels that a shape must measure, or it was a click
const UNANSWERED = 2;
const ANSWER_MS = 5000; // a kernel that has not answered by then is asked again
const PLAIN = ["#ffd54f", "#81c784", "#ff8a65", "#ce93d8", "#90caf9", "#e6ee9c"]; // so that words and shape are seen to belong together
const CHOSEN = "#4dd0e1";

/** Whether a shape has all the points that it is made of. @param {Shape | null} shape */
const whole = (shape) => !shape || shape.points.length > 2 || !["angle", "freehand"].includes(shape.kind);

export class Measures {
  /** @type {Map<string, Shape | null>} drawn here and not yet measured, null for what was deleted */
  own = new Map();
  /** @type {Set<string>} those of them that the kernel does not know of */
  untold = new Set();
  asked = /** @type {{n: number, at: number, names: string[]}[]} */ ([]); // questions that are unanswered, the oldest first
  count = 0; // of questions
  made = 0; // shapes
  chosen = ""; // the shape that keys mean
  part = /** @type {number | "whole"} */ ("whole"); // and what of it they move
  held = /** @type {Held | null} */ (null);
  page = Math.random().toString(36).slice(2); // tells this output from others of the same view
  /** @param {View} view */
  constructor(view) {
    this.view = view;
    view.model.on("change:_measures", this.onHeard);
    view.drawing.add("measures", (slice) => {
      const { all } = this;
      const names = all.map(({ name }) => name);
      return this.on(slice, all).map((shape) => this.markOf(shape, PLAIN[names.indexOf(shape.name) % PLAIN.length]));
    });
  }
  close() {
    this.view.model.off("change:_measures", this.onHeard);
  }
  /** @returns {{all: Shape[], heard: Record<string, number> | null}} heard by output: its last question that was answered */
  get told() {
    return this.view.model.get("_measures") ?? { all: [], heard: null };
  }
  /** Whether there is somebody who measures: a copy only shows what was measured. */
  get able() {
    return Boolean(this.told.heard);
  }
  /** All shapes, as they are seen. @returns {Shape[]} */
  get all() {
    const { all } = this.told;
    const known = all.map((shape) => {
      const own = this.own.get(shape.name);
      return own ? { ...own, words: shape.words, note: shape.note } : own === null ? null : shape;
    });
    const fresh = [...this.own.values()].filter((own) => own && !all.some(({ name }) => name === own.name));
    return /** @type {Shape[]} */ ([...known, ...fresh].filter(Boolean));
  }
  /** Those on a slice. @param {Slice | null} slice */
  on(slice, all = this.all) {
    if (!slice) return [];
    const { axes } = this.view.scene;
    const lies = (/** @type {Shape} */ shape) => axes.every(({ name }, i) => shape.axes[name] === slice.at[i + 1]);
    return all.filter((shape) => shape.plane === slice.plane && shape.index === slice.at[0] && lies(shape));
  }
  get here() {
    return this.on(this.view.painted.slice);
  }
  /** What a screen reader is told of the chosen shape. */
  get said() {
    const shape = this.chosen && this.here.find(({ name }) => name === this.chosen); // asked for at each picture
    const part = this.part === "whole" ? "" : `point ${this.part + 1}`;
    return shape ? [`${shape.kind} ${shape.words.replaceAll("\n", ", ")}`, shape.note, part] : [];
  }
  /** @param {Shape} shape @param {string} color @returns {import("./drawing.js").Mark} */
  markOf({ name, kind, points, words, note }, color) {
    const chosen = name === this.chosen;
    const handles = handlesOf(kind, points);
    return {
      path: outlineOf(kind, points),
      dots: chosen && this.part !== "whole" ? [handles[this.part]] : chosen || kind === "point" ? handles : [],
      words: [words || "…", note].filter(Boolean).join("\n"),
      around: handles.length ? handles : points,
      color: chosen ? CHOSEN : color,
      rim: true,
    };
  }
  show() {
    this.view.drawing.renew("measures");
    this.view.words.say();
  }

  /** A shape is new or different; null deletes it. @param {string} name @param {Shape | null} shape */
  edit(name, shape) {
    this.own.set(name, shape);
    this.untold.add(name);
    this.show();
    this.ask();
  }
  /** Ask the kernel about all that it has not heard of, unless it owes answers. */
  ask() {
    const { asked, own, untold } = this;
    const late = asked.length > 0 && performance.now() - asked[0].at > ANSWER_MS;
    if (asked.length >= UNANSWERED && !late) return;
    if (late) for (const { names } of asked.splice(0)) for (const name of names) untold.add(name);
    const names = [...untold].filter((name) => whole(own.get(name) ?? null));
    if (!names.length) return;
    for (const name of names) untold.delete(name);
    this.count += 1;
    asked.push({ n: this.count, at: performance.now(), names });
    const edits = names.map((name) => [name, own.get(name) ?? null]);
    this.view.store.send({ kind: "measure", page: this.page, n: this.count, edits });
  }
  /** The kernel has answered, or Python has set something. */
  onHeard = () => {
    const { untold, own } = this;
    const heard = this.told.heard?.[this.page] ?? 0;
    const answered = this.asked.filter(({ n }) => n <= heard);
    this.asked = this.asked.filter(({ n }) => n > heard);
    const open = new Set([...untold, ...this.asked.flatMap(({ names }) => names)]);
    for (const { names } of answered) for (const name of names) if (!open.has(name)) own.delete(name);
    if (this.chosen && !this.all.some(({ name }) => name === this.chosen)) this.chosen = "";
    this.show();
    this.ask();
  };

  /** The point of the picture under a pointer. @param {{clientX: number, clientY: number}} event @param {boolean} [inside] not beyond its border */
  pointOf(event, inside = false) {
    const { state, sheet, hand } = this.view;
    const [across, down] = onPicture(state, sheet, hand.point(event)).map((part) => (inside ? Math.min(1, Math.max(0, part)) : part));
    return [across * sheet.columns - 0.5, down * sheet.rows - 0.5];
  }
  /** A point of the picture in CSS pixels of the frame. @param {number[]} point */
  onScreen = (point) => onFrame(this.view.state, this.view.sheet, point).map((part) => part * this.view.hand.frame.width);

  /** A hand is laid on the picture. @param {string} tool @param {PointerEvent} event @returns {boolean} whether it holds a shape now */
  begin(tool, event) {
    if (!this.able || !this.view.painted.slice) return false;
    if (this.held) return true; // the second arm of an angle is laid down
    const from = this.pointOf(event);
    const pixels = this.view.hand.point(event).map((part) => part * this.view.hand.frame.width);
    for (const shape of [...this.here].reverse()) {
      const part = heldPart(shape.kind, shape.points, this.onScreen, pixels, REACH);
      if (part !== null) {
        this.take(shape, part, from, false);
        return true;
      }
    }
    if (!(tool in PUT)) {
      this.choose("");
      return false;
    }
    const start = this.pointOf(event, true);
    const box = tool === "rectangle" || tool === "ellipse";
    this.take(this.blank(tool, tool === "freehand" ? [start] : [start, start]), box ? 2 : 1, start, true);
    return true;
  }
  /** A new shape on the painted slice. @param {string} kind @param {number[][]} points @returns {Shape} */
  blank(kind, points) {
    const { plane, at } = /** @type {Slice} */ (this.view.painted.slice);
    const axes = Object.fromEntries(this.view.scene.axes.map(({ name }, i) => [name, at[i + 1]]));
    this.made += 1;
    return { name: `${this.page}-${this.made}`, kind, plane, index: at[0], axes, points, words: "", note: "" };
  }
  /** @param {Shape} shape @param {number | "whole"} part @param {number[]} from @param {boolean} fresh */
  take(shape, part, from, fresh) {
    this.chosen = shape.name;
    this.part = "whole";
    this.held = { shape, part, from, begun: shape.points, fresh };
    this.show();
  }
  /** The hand moves. @param {PointerEvent} event @returns {boolean} whether that moved a shape */
  follow(event) {
    const { held } = this;
    if (!held) return false;
    const { shape, part, from, begun } = held;
    const to = this.pointOf(event, part !== "whole");
    if (held.fresh && shape.kind === "freehand") {
      shape.points = withCorner(shape.points, to, (2 * this.view.sheet.columns) / (this.view.hand.frame.width * this.view.state.zoom));
    } else shape.points = moved(shape.kind, begun, part, [to[0] - from[0], to[1] - from[1]]);
    this.edit(shape.name, { ...shape });
    return true;
  }
  /** The hand lets go. @param {PointerEvent} event @returns {boolean} whether it was a click that has left no shape */
  release(event) {
    const { held } = this;
    if (!held) return false;
    const { shape, fresh } = held;
    if (fresh && shape.kind === "angle" && shape.points.length === 2 && this.size(shape) >= SMALLEST) {
      const vertex = this.pointOf(event, true);
      const points = [shape.points[0], vertex, vertex];
      Object.assign(held, { shape: { ...shape, points }, begun: points, part: 2, from: vertex });
      return false; // its second arm follows the pointer until that is pressed again
    }
    this.held = null;
    const nothing = fresh && (this.size(shape) < SMALLEST || !whole(shape));
    if (nothing) this.edit(shape.name, null);
    return nothing;
  }
  /** How large a shape is on the screen, CSS pixels. @param {Shape} shape */
  size({ points }) {
    const places = points.map(this.onScreen);
    return Math.max(...[0, 1].map((axis) => Math.max(...places.map((place) => place[axis])) - Math.min(...places.map((place) => place[axis]))));
  }
  /** An angle whose second arm is not laid down yet is none, once its slice or its tool is left. @param {string} [tool] */
  leave(tool) {
    const { held } = this;
    const begun = held?.fresh && held.shape.kind === "angle" && held.part === 2;
    if (begun && (tool ? tool !== "angle" : !this.here.some(({ name }) => name === held.shape.name))) this.cancel();
  }
  /** Let go of what is being drawn or moved, as if nothing had been. @returns {boolean} whether there was any */
  drop() {
    const { held } = this;
    this.held = null;
    if (held?.fresh) this.edit(held.shape.name, null);
    else if (held) this.edit(held.shape.name, { ...held.shape, points: held.begun });
    return Boolean(held);
  }
  /** Let go of what is being drawn or moved, or else of what is chosen. @returns {boolean} whether there was any */
  cancel() {
    const any = this.drop() || Boolean(this.chosen);
    this.choose("");
    return any;
  }
  /** @param {string} name */
  choose(name) {
    if (name === this.chosen && this.part === "whole") return;
    this.chosen = name;
    this.part = "whole";
    this.show();
  }
  /** A key that means a shape. @param {string} key @param {boolean} shift @returns {boolean} whether it did */
  onKey(key, shift) {
    const { here } = this;
    const at = here.findIndex(({ name }) => name === this.chosen);
    if (key === "m" && here.length) this.choose(here[(at + 1) % here.length].name);
    else if (key === "Escape") return this.cancel();
    else if (at < 0 || !this.able) return false;
    else if (key === "Delete" || key === "Backspace") this.edit(here[at].name, null);
    else if (key === "n") {
      const next = this.part === "whole" ? 0 : this.part + 1;
      this.part = next < handlesOf(here[at].kind, here[at].points).length ? next : "whole";
      this.show();
    } else if (shift && NUDGES.has(key)) {
      const { name, kind, points } = here[at];
      this.edit(name, { ...here[at], points: moved(kind, points, this.part, this.onScreenStep(/** @type {number[]} */ (NUDGES.get(key)))) });
    } else return false;
    return true;
  }
  /** A step of one pixel of the picture towards a side of the screen. @param {number[]} towards [right, down] */
  onScreenStep([right, down]) {
    const { state, sheet } = this.view;
    const [from, to] = [[0, 0], [right, down]].map((point) => onPicture(state, sheet, point.map((part) => part / 1000)));
    const [column, row] = [(to[0] - from[0]) * sheet.columns, (to[1] - from[1]) * sheet.rows];
    return Math.abs(column) > Math.abs(row) ? [Math.sign(column), 0] : [0, Math.sign(row)];
  }
  /** Put a shape into the middle of what is seen, for those who have no mouse. @param {string} kind */
  put(kind) {
    if (!this.able || !this.view.painted.slice) return;
    const { state, sheet } = this.view;
    const points = PUT[kind].map((point) => onPicture(state, sheet, point)).map(([across, down]) => [across * sheet.columns - 0.5, down * sheet.rows - 0.5]);
    const shape = this.blank(kind, points);
    this.chosen = shape.name;
    this.part = "whole";
    this.edit(shape.name, shape);
  }
}

/** @type {Map<string, number[]>} */
const NUDGES = new Map([["ArrowUp", [0, -1]], ["ArrowDown", [0, 1]], ["ArrowLeft", [-1, 0]], ["ArrowRight", [1, 0]]]);

/** @type {Record<string, number[][]>} points of the frame */
const PUT = {
  line: [[-0.1, 0], [0.1, 0]],
  angle: [[0, -0.1], [0, 0], [0.1, 0]],
  rectangle: [[-0.1, -0.1], [0.1, 0.1]],
  ellipse: [[-0.1, -0.1], [0.1, 0.1]],
  freehand: [[-0.1, 0], [0, -0.1], [0.1, 0], [0, 0.1]],
};
