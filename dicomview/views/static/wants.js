// @ts-check
/** What to ask Python for, in which order, and how much of it at once. */
import { MEGABYTE } from "./slices.js";

/**
 * @typedef {{place: number, count: number, step: number}} Wish `count` slices from `place` on, every step-th sample
 * @typedef {{count: number, step: number, block: number, near: number, far: number}} Layout places there are; how
 *   previews come; how many places around are wanted whole, and as previews
 * @typedef {"rest" | "slow" | "fast" | "drag" | "aside"} Travel the hand rests; it moves and whole slices keep up; it moves
 *   too fast for them; it moves something else than slices; it moves another view
 */

const NEXT = 6; // blocks around a hand that moves: more than a second ahead of it

/**
 * The places around one, the nearest first, two in the direction of travel for one behind; the place itself is first.
 * @param {number} place @param {number} direction @param {number} count @param {number} reach how many neighbours
 */
export function around(place, direction, count, reach) {
  const ahead = direction < 0 ? -1 : 1;
  const places = [place];
  for (let step = 1; step <= Math.ceil(Math.min(reach, 3 * count) / 3); step++) {
    places.push(place + ahead * (2 * step - 1), place + ahead * 2 * step, place - ahead * step);
  }
  return places.filter((i) => i >= 0 && i < count);
}

/**
 * What is wished for, most urgent first: something for the shown place and where the next step leads, all of it, previews
 * around, whole slices around.
 * A preview is a small thing, so it comes with its block of neighbours.
 * @param {number} place @param {number} direction sign of the last move @param {Layout} layout
 * @param {(place: number, step: number) => boolean} held whether that much of a place is here
 * @param {Travel} travel @returns {Wish[]}
 */
export function plan(place, direction, { count, step, block, near, far }, held, travel) {
  /** @type {Map<string, Wish>} */
  const wishes = new Map();
  const wish = (/** @type {number} */ from, /** @type {number} */ many, /** @type {number} */ each) => {
    const key = `${from}/${each}`;
    if (!wishes.has(key)) wishes.set(key, { place: from, count: many, step: each });
  };
  const coarse = (/** @type {number} */ i) => {
    const first = i - (i % block);
    if (!held(i, step)) wish(first, Math.min(block, count - first), step);
  };
  const whole = (/** @type {number} */ i) => {
    if (step > 1 && !held(i, 1)) wish(i, 1, 1);
  };
  coarse(place);
  if (travel === "drag") return [...wishes.values()];
  if (travel === "aside") {
    whole(place); // and no more, however long a cine runs there
    return [...wishes.values()];
  }
  if (travel !== "fast") around(place, direction, count, travel === "slow" ? 3 * block : 3).forEach(coarse);
  if (travel !== "fast") whole(place);
  // A hand that moves needs what is next; all of the stack at once would only take the time that painting needs.
  around(place, direction, count, travel === "rest" ? far : Math.min(far, NEXT * block)).forEach(coarse);
  if (travel === "rest") around(place, direction, count, near).forEach(whole);
  return [...wishes.values()];
}

const BUDGET = { least: MEGABYTE / 8, first: MEGABYTE, most: 6 * MEGABYTE };
const QUEUEING_MS = 100; // what answers may wait for each other on the line
const FAST_LINE = 15 * MEGABYTE; // bytes per second above which packing takes longer than it saves
const SLOW_LINE = 10 * MEGABYTE;

/** How much may be under way at once, learnt from how long answers take. */
export class Flow {
  budget = BUDGET.first; // bytes
  trip = Infinity; // ms, the shortest an answer took
  rate = 0; // bytes per second
  pack = true; // whether whole slices should come packed
  last = 0; // when the last answer came
  /** @param {number} asked when, in ms @param {number} bytes of the answer @param {boolean} busy more is under way */
  answered(asked, bytes, busy, now = performance.now()) {
    const took = now - asked;
    this.trip = Math.min(this.trip, took);
    const transfer = Math.max(1, Math.min(took - this.trip, now - this.last));
    const rate = Math.min(1e9, (1000 * bytes) / transfer);
    this.rate = this.rate ? 0.7 * this.rate + 0.3 * rate : rate;
    this.pack = this.rate < (this.pack ? FAST_LINE : SLOW_LINE);
    if (took > this.trip + 2 * QUEUEING_MS) this.budget = Math.max(BUDGET.least, 0.7 * this.budget);
    else if (busy && took < this.trip + QUEUEING_MS) this.budget = Math.min(BUDGET.most, 1.4 * this.budget);
    this.last = now;
  }
}
