// @ts-check
/**
 * The window: from stored values to grey levels, and what a drag makes of it.
 *
 * @typedef {{center: number, width: number, function: "LINEAR" | "LINEAR_EXACT" | "SIGMOID"}} VoiWindow
 * @typedef {{name: string, first: number, levels: Uint8Array}} VoiTable grey levels of the values from `first` on
 */

/**
 * Grey levels of the stored values first .. first + count - 1 (PS3.3 C.11.2.1.2.1 and C.11.2.1.3). The order of the
 * operations is that of `dicomview.pixels.window`, so that both sides agree for every value.
 * @param {number} first @param {number} count @param {number} slope @param {number} intercept
 * @param {VoiWindow | VoiTable} window @param {boolean} invert
 */
export function windowTable(first, count, slope, intercept, window, invert) {
  const grey = greyOf(window);
  const table = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const level = grey(slope * (first + i) + intercept);
    table[i] = invert ? 255 - level : level;
  }
  return table;
}

/** The grey level of one modality value. @param {VoiWindow | VoiTable} window @returns {(x: number) => number} */
function greyOf(window) {
  if ("levels" in window) {
    const { first, levels } = window;
    return (x) => levels[Math.min(levels.length - 1, Math.max(0, Math.floor(x + 0.5) - first))];
  }
  const { center: c, width: w, function: shape } = window;
  const level = (/** @type {number} */ y) => Math.floor(Math.min(255, Math.max(0, y)) + 0.5);
  if (shape === "SIGMOID") return (x) => level(255 / (1 + Math.exp((-4 * (x - c)) / w)));
  if (shape === "LINEAR_EXACT") return (x) => level(((x - c) / w + 0.5) * 255);
  if (w <= 1) return (x) => (x <= c - 0.5 ? 0 : 255);
  return (x) => level(((x - (c - 0.5)) / (w - 1) + 0.5) * 255);
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
  const width = dx ? Math.max(least, tidy(start.width + (start.width * dx) / 256)) : start.width;
  return { ...start, center: dy ? tidy(start.center + (start.width * dy) / 256) : start.center, width };
}

/** The line that comes nearest to a table: from its first to its last value. @param {VoiTable} table @returns {VoiWindow} */
export function lineOf({ first, levels }) {
  return { center: first + levels.length / 2, width: levels.length, function: "LINEAR_EXACT" };
}

/** The window as it stands in a corner, with as many digits as its width can tell. @param {VoiWindow} window */
export function windowWords({ center, width }) {
  const digits = Math.min(20, Math.max(0, 2 - Math.floor(Math.log10(width))));
  const number = (/** @type {number} */ x) => String(Number(x.toFixed(digits))).replace("-", "−");
  return `C ${number(center)} W ${number(width)}`;
}

/** A number with at most six digits. @param {number} value */
export const brief = (value) => String(Number(value.toPrecision(6)));

/** A value with all the digits that a step of the stored values can tell. @param {number} value @param {number} step */
export function exactly(value, step) {
  const digits = step % 1 ? Math.min(12, Math.max(2, 2 - Math.floor(Math.log10(Math.abs(step))))) : 2;
  return String(Number(value.toFixed(digits)));
}
