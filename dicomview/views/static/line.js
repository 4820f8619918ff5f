// @ts-check
/** The line of one model to Python: what is sent, how long an answer is waited for, and whether anybody is there. */
import { MEGABYTE } from "./slices.js";

/** @typedef {{get: Function, set: Function, save_changes: Function, send: Function, on: Function, off: Function}} Model */

const PATIENCE_MS = 700; // beside the time that the line takes; what comes to a kernel that computes may lie there unseen
const SILENCE_MS = 6000; // without an answer, asked again meanwhile, until it is said
const NOBODY_MS = 4000; // the same where nobody has ever answered: the cell has not been run
const RESIGNED_MS = 10_000; // and from then on: a kernel that computes for an hour finds them all
const SLOWEST = MEGABYTE / 8; // bytes per second

export class Line {
  lost = false; // there is nobody to send to
  silent = false; // nobody has answered for too long
  overdue = 0; // ms for which an answer has been waited for in vain, and nobody has said that it will come
  anew = true; // whatever was under way before the next want is lost
  waiting = /** @type {any} */ (0); // timer of what is under way
  first = /** @type {any} */ (0); // timer until the first answer
  /** @param {Model} model @param {() => void} late when nothing comes @param {() => void} silenced when nobody is there */
  constructor(model, late, silenced) {
    this.model = model;
    this.late = late;
    this.silenced = silenced;
  }
  /** Whether there is nobody to ask. */
  get alone() {
    return this.lost || this.silent;
  }
  /** @param {any} message @returns {boolean} whether somebody may have got it */
  send(message) {
    try {
      this.model.send(message);
    } catch {
      this.lost = true; // the kernel has gone, or has forgotten the widget
    }
    return !this.lost;
  }
  /** Tell Python a state. @param {any} state */
  tell(state) {
    this.model.set("_state", state);
    try {
      this.model.save_changes();
    } catch {
      this.lost = true; // a saved notebook without its kernel: all that is here still works
    }
  }
  /** Somebody answers. @returns {boolean} whether that was not hoped for any more */
  heard() {
    clearTimeout(this.first);
    const { silent } = this;
    this.silent = false;
    this.overdue = 0;
    return silent;
  }
  /** Wait for the first answer. @param {() => boolean} hopes whether there will still be something to wait for */
  meet(hopes) {
    this.first = setTimeout(() => {
      if (!hopes()) return;
      this.silent = true;
      this.silenced();
    }, NOBODY_MS);
    this.first.unref?.(); // outside a browser no timer keeps the process alive
  }
  /** Wait for so much. When nothing comes it is asked for again, in case another page has overtaken the wish or the kernel
   * is busy with it; when that is not heard many times, nobody answers, and all is asked anew.
   * @param {number} bytes @param {number} rate bytes per second */
  wait(bytes, rate) {
    clearTimeout(this.waiting);
    const patience = (this.silent ? RESIGNED_MS : PATIENCE_MS) + (1000 * bytes) / Math.max(rate, SLOWEST);
    this.waiting = setTimeout(() => {
      this.overdue += patience;
      const before = this.silent;
      this.silent ||= this.overdue >= SILENCE_MS && this.overdue > patience; // only an answer ends it
      this.anew = this.silent;
      if (this.silent && !before) this.silenced();
      this.late();
    }, patience);
    this.waiting.unref?.();
  }
  /** Nothing is waited for. */
  rest() {
    clearTimeout(this.waiting);
  }
  /** What was under way does not matter any more. */
  drop() {
    this.rest();
    clearTimeout(this.first);
    this.anew = true;
  }
}
