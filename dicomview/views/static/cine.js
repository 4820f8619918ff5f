// @ts-check
/** Cine: one picture after another, at the rate of the file. */

/**
 * The place a cine shows after some time: round and round, or once to the end.
 * @param {number} start @param {number} count @param {number} seconds since the start @param {number} rate places/s
 * @param {boolean} loop
 * @returns {{place: number, ended: boolean}}
 */
export function cinePlace(start, count, seconds, rate, loop) {
  const steps = start + Math.floor(seconds * rate + 1e-6);
  return loop ? { place: steps % count, ended: false } : { place: Math.min(steps, count - 1), ended: steps >= count - 1 };
}

/** A clock that calls `show` with a place whenever that changes. Pictures that come late are skipped, not delayed. */
export class Cine {
  running = 0;
  /** @param {(place: number) => void} show @param {() => void} ended */
  constructor(show, ended) {
    this.show = show;
    this.ended = ended;
  }
  /** @param {number} start @param {number} count @param {number} rate @param {boolean} loop */
  play(start, count, rate, loop) {
    this.stop();
    const begun = performance.now();
    const from = !loop && start === count - 1 ? 0 : start;
    let last = start;
    const tick = () => {
      const { place, ended } = cinePlace(from, count, (performance.now() - begun) / 1000, rate, loop);
      if (place !== last) this.show((last = place));
      if (ended) {
        this.stop();
        this.ended();
      } else this.running = requestAnimationFrame(tick);
    };
    this.running = requestAnimationFrame(tick);
  }
  stop() {
    cancelAnimationFrame(this.running);
    this.running = 0;
  }
}
