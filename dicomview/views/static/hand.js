// @ts-check
/** What hand and keys do: each gesture makes a new state, which the view draws at once. */
import { KEYS, SHOVES, TOOLS, dragSteps, wheelSteps, wheelZoom } from "./gestures.js";
import { zoomToPixels, zoomedAt } from "./pose.js";
import { SHAPES } from "./shapes.js";
import { dragWindow, lineOf } from "./window.js";

/**
 * @typedef {import("./view.js").View} View @typedef {import("./view.js").State} State
 * @typedef {{tool: string, x: number, y: number, state: State, index: number, window: import("./window.js").VoiWindow}} Drag
 */

const CLICK = 3; // CSS pixels that a hand may move during a click
const TAP = 8; // and a finger, which is never still, during a tap

export class Hand {
  tool = "window"; // what a drag of the mouse does
  chosen = false; // whether that was asked for; else one finger scrolls
  touched = matchMedia("(pointer: coarse)").matches; // whether it is a finger that is laid on the picture
  picked = false; // whether here, and not on a view that moves together with this one
  wheelRest = 0;
  drag = /** @type {Drag | null} */ (null);
  pointers = /** @type {Map<number, PointerEvent>} */ (new Map()); // those that are down
  tap = /** @type {PointerEvent | null} */ (null); // how the only finger came that has not moved yet
  clicks = [true, true]; // whether each of the last two presses met the picture and left it where it was
  /** @param {View} view @param {HTMLElement} stage @param {AbortSignal} signal */
  constructor(view, stage, signal) {
    this.view = view;
    this.stage = stage;
    /** @type {(name: string, handler: (event: any) => void) => void} */
    const on = (name, handler) => stage.addEventListener(name, handler, { signal, passive: false });
    on("wheel", this.onWheel);
    on("pointerdown", this.onDown);
    on("pointermove", this.onMove);
    for (const name of ["pointerup", "pointercancel"]) on(name, this.onUp);
    on("pointerleave", ({ pointerType }) => pointerType !== "touch" && view.words.hover(null));
    on("dblclick", () => this.clicks.every(Boolean) && view.goHome());
  }
  get frame() {
    return this.stage.getBoundingClientRect();
  }
  /** What a drag does. */
  get drags() {
    return this.touched && !this.chosen ? "scroll" : this.tool;
  }
  /** It is a finger that comes to the picture, or no finger: the toolbar shows what that one does. @param {PointerEvent} event */
  meet({ pointerType }) {
    if (this.touched === (pointerType === "touch")) return;
    this.touched = !this.touched;
    this.view.tools.showHand(this.drags);
  }
  /** A point of the page as one of the frame. @param {{clientX: number, clientY: number}} event */
  point({ clientX, clientY }) {
    const { left, top, width, height } = this.frame;
    return [(clientX - left) / width - 0.5, ((clientY - top) / height - 0.5) * (height / width)];
  }
  /** A drag does something else from now on, on all views that move together. @param {string} tool */
  choose(tool) {
    for (const { hand } of new Set([this.view, ...this.view.link.together])) hand.take(tool);
    this.picked = true;
  }
  /** @param {string} tool */
  take(tool) {
    if (tool === "window" && this.view.scene.colour) return;
    if ([...SHAPES.values()].includes(tool) && !this.view.measures.able) return;
    if (tool === "cross" && !this.view.link.told?.cross) return;
    this.view.measures.leave(tool);
    this.tool = tool;
    this.chosen = true;
    this.picked = false;
    this.view.tools.showHand(this.drags);
  }
  onWheel = (/** @type {WheelEvent} */ event) => {
    const pixels = event.deltaY * [1, 40, 400][event.deltaMode];
    if (!pixels || this.view.tools.helping) return; // sideways it is not meant for us
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault(); // a pinch on a trackpad comes like this
      this.view.drift(zoomedAt(this.view.state, wheelZoom(pixels), this.point(event)));
      return;
    }
    if (!this.view.wish.last) return;
    event.preventDefault(); // at the ends too: the page must not start to scroll under the hand
    const [steps, rest] = wheelSteps(this.wheelRest, pixels);
    this.wheelRest = rest;
    if (steps) this.view.moveAlong(0, this.view.wish.at[0] + steps);
  };
  onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { view } = this;
    const { pan } = view.state;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key; // Caps Lock changes nothing
    if (view.tools.helping && !["?", "Escape"].includes(key)) return; // the others move the help page
    const [shove, steps, tool, shape] = [SHOVES.get(key), KEYS.get(key), TOOLS.get(key), SHAPES.get(key)];
    if (!view.tools.helping && view.measures.onKey(key, event.shiftKey)) event.preventDefault();
    else if (event.shiftKey && shove) view.change({ pan: pan.map((offset, axis) => offset + shove[axis]) });
    else if (steps) view.moveAlong(0, view.wish.at[0] + steps);
    else if (tool) this.choose(tool);
    else if (shape && shape === this.tool && this.picked) view.measures.put(shape);
    else if (shape) this.choose(shape);
    else if (key === "Escape" && !view.tools.helping && !view.film.running) return;
    else if (!this.deeds[key]) return;
    else this.deeds[key]();
    event.preventDefault();
  };
  /** @type {Record<string, () => void>} */
  deeds = {
    " ": () => this.view.togglePlay(),
    "+": () => this.view.change(zoomedAt(this.view.state, 1.25)),
    "=": () => this.view.change(zoomedAt(this.view.state, 1.25)),
    "-": () => this.view.change(zoomedAt(this.view.state, 0.8)),
    0: () => this.view.change({ zoom: 1, pan: [0, 0] }),
    1: () => this.toPixels(),
    r: () => this.view.change({ rotation: (this.view.state.rotation + 90) % 360 }),
    f: () => this.view.change({ flip: !this.view.state.flip }),
    i: () => this.view.change({ invert: !this.view.state.invert }),
    v: () => this.view.words.pin(),
    "?": () => this.view.tools.toggleHelp(),
    Escape: () => (this.view.tools.helping ? this.view.tools.toggleHelp() : this.view.togglePlay()),
  };
  /** One pixel of the picture for each of the screen. */
  toPixels() {
    const width = this.frame.width * (globalThis.devicePixelRatio || 1);
    this.view.change(zoomedAt({ ...this.view.state, zoom: 1, pan: [0, 0] }, zoomToPixels(this.view.sheet, width)));
  }
  onDown = (/** @type {PointerEvent} */ event) => {
    this.meet(event);
    this.clicks = [this.clicks[1], !this.view.tools.helping];
    if (this.view.tools.helping || event.button > 1) return;
    this.stage.focus({ preventScroll: true });
    if (event.button === 1) event.preventDefault(); // else the page begins to scroll by itself
    this.stage.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, event);
    this.tap = this.touched && this.pointers.size === 1 ? event : null;
    if (this.touched) this.view.words.hover(event);
    if (this.pointers.size > 1) this.view.measures.cancel();
    else if (!event.shiftKey && event.button === 0 && this.view.measures.begin(this.drags, event)) {
      this.clicks[1] = false;
      return;
    }
    this.begin(event.shiftKey || event.button === 1 ? "pan" : this.drags, event);
  };
  /** A drag begins here, with what is seen now. @param {string} tool @param {PointerEvent} event */
  begin(tool, event) {
    const { window, state, wish } = this.view;
    const line = "levels" in window ? lineOf(window) : window;
    this.drag = { tool, x: event.clientX, y: event.clientY, state, index: wish.at[0], window: line };
    if (tool === "cross") this.view.aim(this.point(event));
  }
  onMove = (/** @type {PointerEvent} */ event) => {
    this.meet(event);
    const before = this.pointers.get(event.pointerId);
    if (before && !event.buttons) this.onUp(event); // it was let go where nobody told us
    else if (before) this.pointers.set(event.pointerId, event);
    if (this.tap && Math.hypot(event.clientX - this.tap.clientX, event.clientY - this.tap.clientY) > TAP) this.tap = null;
    if (before && this.pointers.size > 1) this.pinch(before, event);
    else if (this.view.measures.follow(event)) this.clicks[1] = false;
    else if (this.drag && (event.clientX !== this.drag.x || event.clientY !== this.drag.y)) this.pull(this.drag, event);
    this.view.words.hover(event);
  };
  /** @param {Drag} drag @param {PointerEvent} event */
  pull({ tool, x, y, state, index, window }, event) {
    const { view } = this;
    const [dx, dy] = [event.clientX - x, event.clientY - y];
    if (Math.hypot(dx, dy) > CLICK) this.clicks[1] = false;
    const { width } = this.frame;
    if (tool === "scroll") view.moveAlong(0, index + dragSteps(dy, view.wish.last + 1));
    else if (tool === "cross") view.aim(this.point(event));
    else if (tool === "pan") view.drift({ pan: [state.pan[0] + dx / width, state.pan[1] + dy / width] });
    else if (tool === "zoom") view.drift(zoomedAt(state, Math.exp(-dy / 150), this.point({ clientX: x, clientY: y })));
    else if (!view.scene.colour) view.drift({ window: dragWindow(window, dx, dy, view.slope) });
  }
  /** Two fingers: what is under them stays under them. @param {PointerEvent} before @param {PointerEvent} now */
  pinch(before, now) {
    const [other] = [...this.pointers.values()].filter(({ pointerId }) => pointerId !== now.pointerId);
    const apart = (/** @type {PointerEvent} */ one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    const [from, to] = [before, now].map((one) => this.point({ clientX: (one.clientX + other.clientX) / 2, clientY: (one.clientY + other.clientY) / 2 }));
    const { zoom, pan } = zoomedAt(this.view.state, apart(now) / Math.max(1, apart(before)), from);
    this.view.drift({ zoom, pan: pan.map((offset, axis) => offset + to[axis] - from[axis]) });
  }
  onUp = (/** @type {PointerEvent} */ event) => {
    this.pointers.delete(event.pointerId);
    this.drag = null;
    if (this.touched && !(this.tap && event.type === "pointerup")) this.view.words.hover(null); // what a tap tells stays
    if (this.view.measures.release(event)) this.clicks[1] = true;
    this.view.settle();
  };
}
