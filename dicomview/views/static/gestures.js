// @ts-check
/** How far a hand moves, and what it may do. */

export const KEYS = new Map([["ArrowUp", -1], ["ArrowLeft", -1], ["ArrowDown", 1], ["ArrowRight", 1],
  ["PageUp", -10], ["PageDown", 10], ["Home", -Infinity], ["End", Infinity]]);

/** Whether a control of the toolbar has a key for itself; the slider of the slices has not, it goes the way of the picture. @param {Element} control @param {string} key */
export function keepsKey(control, key) {
  if (control.matches("button")) return key === " " || key === "Enter";
  if (control.matches("input[type=range]")) return KEYS.has(key) && !control.matches(".dicomview-track > *");
  return control.matches("input, select") && key !== "Escape";
}

/** Whether a key is the notebook's. @param {KeyboardEvent} event */
export const leftKey = ({ key, target, ctrlKey, metaKey, altKey, shiftKey }) =>
  ctrlKey || metaKey || altKey || key === "Escape" || (key === "Enter" && (shiftKey || !keepsKey(/** @type {Element} */ (target), key)));

/** @type {Map<string, number[]>} shift and an arrow move the picture */
export const SHOVES = new Map([["ArrowUp", [0, -0.05]], ["ArrowDown", [0, 0.05]], ["ArrowLeft", [-0.05, 0]], ["ArrowRight", [0.05, 0]]]);

/** @type {Map<string, string>} the tool that a letter chooses */
export const TOOLS = new Map([["w", "window"], ["s", "scroll"], ["p", "pan"], ["z", "zoom"], ["c", "cross"]]);

export const WINDOWING = "right is wider, down is a higher center"; // what a drag of the window does

/** @type {[string, string][]} what stands on the help page */
export const HELP = [
  ["wheel, ↑ ↓, Page, Home, End", "through the slices"],
  ["drag", `window: ${WINDOWING}`],
  ["w  s  p  z  c", "a drag windows, scrolls, moves, zooms, links"],
  ["l  a  b  e  d", "measure: line, angle, box, ellipse, drawn; again: one in the middle"],
  ["m  n  Del  Esc", "next measurement, point; delete"],
  ["shift + drag or arrows, middle button", "move the picture"],
  ["ctrl + wheel, pinch, + −", "zoom to the cursor"],
  ["0   1", "the whole picture; one pixel for one of the screen"],
  ["r   f   i", "turn clockwise; mirror; black for white"],
  ["space", "play what moves in time, or slices"],
  ["hover, tap, v", "values and place"],
  ["double click", "back to the first view"],
  ["one finger, two fingers", "slices, or the chosen drag; zoom and move"],
  ["?   Esc", "this page; close it"],
];

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

/** The zoom of one wheel event: a notch is a fifth, a pinch on a trackpad follows the fingers. @param {number} delta pixels */
export const wheelZoom = (delta) => Math.exp(-Math.sign(delta) * Math.min(Math.abs(delta), 50) * 0.0037);

/** Slices that a drag of dy CSS pixels moves through: the whole stack in about 400 pixels, at most one for 4. @param {number} dy @param {number} count */
export const dragSteps = (dy, count) => Math.trunc(dy / Math.min(40, Math.max(4, 400 / count)));
