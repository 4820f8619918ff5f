// @ts-check
/** How far a hand moves: keys and the wheel. */

export const KEYS = new Map([["ArrowUp", -1], ["ArrowLeft", -1], ["ArrowDown", 1], ["ArrowRight", 1],
  ["PageUp", -10], ["PageDown", 10], ["Home", -Infinity], ["End", Infinity]]);

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
