// @ts-check
/** What is told of a picture in words: around it, to a screen reader, and what went wrong. */
import { add } from "./elements.js";
import { describePixel } from "./painter.js";
import { poseWords, sampleAt } from "./pose.js";
import { windowWords } from "./window.js";

/** @typedef {import("./view.js").View} View @typedef {import("./slices.js").Slice} Slice */

const TOLD = 4; // errors that are told at once
const SAID_MS = 500; // what rests this long is said to a screen reader

export class Words {
  saying = /** @type {any} */ (0); // timer of what a screen reader says
  said = /** @type {string[]} */ ([]); // of the painted slice
  saidLast = "";
  troubles = /** @type {string[]} */ ([]); // what went wrong and has not been read
  pointed = /** @type {number[] | null} */ (null); // the point of the frame that is told of; a page may be scrolled under a tap
  pinned = false; // to the middle of the frame
  /** @param {View} view @param {any} parts the elements, by what they say @param {AbortSignal} signal */
  constructor(view, parts, signal) {
    this.view = view;
    this.parts = parts;
    parts.trouble.addEventListener("click", this.forget, { signal });
    parts.title.textContent = view.scene.title;
  }
  close() {
    clearTimeout(this.saying);
  }
  /** Say what is painted, where, and how its values are shown. @param {Slice} slice */
  label(slice) {
    const { scene, window } = this.view;
    const { count } = scene.planes[slice.plane];
    const axes = scene.axes.map(({ name, labels }, axis) => `${name} ${labels[slice.at[axis + 1]]}`);
    const parts = [`${slice.plane} ${slice.at[0] + 1}/${count}`, slice.place, ...axes];
    this.parts.place.textContent = parts.filter(Boolean).join(" · ");
    this.parts.window.textContent = !this.view.isGrey(slice) ? "" : "levels" in window ? window.name : windowWords(window);
    this.said = [parts[0].replace("/", " of "), ...parts.slice(1), this.parts.window.textContent, slice.text];
  }
  /** Write the letters of the patient's sides. @param {(string | null)[]} letters left, right, top, bottom */
  letter(letters) {
    this.parts.letters.forEach((/** @type {any} */ letter, /** @type {number} */ i) => (letter.textContent = letters[i] ?? ""));
  }
  /** Let a screen reader say what is seen, once it rests. */
  say() {
    const { state, measures, picture } = this.view;
    const pinned = this.pinned ? [...this.parts.readout.children].map(({ textContent }) => textContent) : [];
    const words = [...this.said, ...pinned, ...poseWords(state), ...measures.said].filter(Boolean).join(", ");
    if (words === this.saidLast) return;
    this.saidLast = words;
    clearTimeout(this.saying);
    this.saying = setTimeout(() => (picture.ariaLabel = this.parts.live.textContent = words), SAID_MS);
  }
  /** Say what a reader must know, and that nobody answers: in a corner, or in the middle of an empty frame. @param {Slice | null} slice */
  note(slice) {
    const { scene, link, state, store } = this.view;
    const alone = slice ? store.note : ""; // else it stands in the middle
    const notes = [...scene.notes, ...(slice?.notes ?? []), ...link.notes(state), alone].filter(Boolean).join("\n");
    if (this.parts.notes.textContent !== notes) this.parts.notes.textContent = notes;
    if (slice) this.parts.fault.textContent = slice.text;
    else if (store.note) this.parts.fault.textContent = "No kernel answers: run the cell again.";
  }
  /** Tell what is under a pointer, from now on. @param {{clientX: number, clientY: number} | null} pointer */
  hover(pointer) {
    this.pinned = false;
    this.pointed = pointer && this.view.hand.point(pointer);
    this.readOut();
  }
  /** Tell what is in the middle of the frame, for those who have no mouse, or no more. */
  pin() {
    this.pinned = !this.pinned;
    this.pointed = this.pinned ? [0, 0] : null;
    this.readOut();
    this.say();
  }
  readOut() {
    const { state, scene, sheet: whole, painted } = this.view;
    const { slice } = painted;
    this.parts.readout.replaceChildren();
    if (!this.pointed || !slice?.data) return;
    const aspect = (whole.aspect * whole.rows * slice.columns) / (whole.columns * slice.rows);
    const sample = sampleAt(state, { ...whole, rows: slice.rows, columns: slice.columns, aspect }, this.pointed);
    if (!sample) return;
    for (const line of describePixel(slice, scene.unit, ...sample)) {
      add("div", "line", this.parts.readout, line.replaceAll("-", "−"));
    }
  }
  /** Say what went wrong, until it has been read. @param {string} text */
  sayTrouble(text) {
    this.tellTroubles([...this.troubles.filter((one) => one !== text), text].slice(-TOLD));
  }
  /** What went wrong has been set right. @param {string} text */
  unsayTrouble(text) {
    this.tellTroubles(this.troubles.filter((one) => one !== text));
  }
  /** @param {string[]} troubles */
  tellTroubles(troubles) {
    this.troubles = troubles;
    this.parts.trouble.hidden = !troubles.length;
    if (troubles.length) this.parts.said.textContent = troubles.join("\n");
  }
  /** The trouble has been read, unless some of it is being copied. */
  forget = () => {
    const chosen = getSelection();
    if (chosen && !chosen.isCollapsed && chosen.containsNode(this.parts.said, true)) return;
    this.tellTroubles([]);
    this.view.stage.focus({ preventScroll: true });
  };
}
