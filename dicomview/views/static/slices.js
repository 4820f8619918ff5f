// @ts-check
/**
 * Slices in the browser: read from messages, kept within a bound of bytes.
 *
 * A slice lies `at` [index along the plane, place along each extra axis of the stack]. `step` is 1 for a slice with all
 * of its samples; else it has every step-th of them, to be shown until the whole comes. Where `data` is null, `text`
 * says why; `layers` name the masks, which have one bit a pixel, rows ending on a byte; `strokes` are what is drawn of the
 * other layers, by their names.
 *
 * @typedef {{plane: string, at: number[], step: number, rows: number, columns: number,
 *   sample: "int16" | "uint16" | "rgb8", slope: number, intercept: number, stored: boolean, invert: boolean,
 *   origin: number[] | null, row_step: number[] | null, column_step: number[] | null, place: string,
 *   blank: number | null, data: Uint16Array | Uint8Array | null, layers: string[], masks: Uint8Array[],
 *   strokes: Record<string, {lines?: string, dots?: number[][], image?: string, written?: {words: string, at: number[]}[]}>, revision: number,
 *   notes: string[], text: string}} Slice
 * @typedef {{count: number, rows: number, columns: number, aspect: number, letters: (string | null)[] | null,
 *   step: number, block: number, gaps: number[]}} Plane a view asks first for `block` slices at once, with every
 *   `step`-th sample; slices are missing after each of the `gaps`
 */
import { joined16, joined8 } from "./packing.js";

export const MEGABYTE = 1 << 20;

/** @param {string} plane @param {number[]} at */
export const keyOf = (plane, at) => `${plane}/${at.join("/")}`;

/** The bytes of a slice. @param {Slice} slice */
export const sizeOf = (slice) => (slice.data?.byteLength ?? 0) + slice.masks.reduce((sum, bits) => sum + bits.length, 0);

/** A view of a buffer of a message, which need not begin at its start. @param {DataView} view */
export const bytesOf = ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength);

/**
 * A message as slices. Samples are copied: a view of 16 bits needs an even offset, which the buffer of a message does not
 * promise, and the rest of the message need not be kept.
 * @param {any} message @param {Uint8Array} all the samples of all, one after another, inflated where they were packed
 * @param {Uint8Array[]} masks @returns {Slice[]}
 */
export function readSlices(message, all, masks) {
  let start = 0;
  return message.slices.map((/** @type {any} */ head) => {
    const slice = { plane: message.plane, step: message.step, layers: [], strokes: {}, notes: [], text: "", data: null, ...head };
    slice.masks = masks.splice(0, slice.layers.length).map((bits) => bits.slice());
    if (slice.text) return slice;
    const end = start + slice.rows * slice.columns * (slice.sample === "rgb8" ? 3 : 2);
    if (end > all.length) return { ...slice, text: `This slice came with ${all.length - start} bytes instead of ${end - start}.` };
    const own = message.packed ? all.subarray(start, end) : all.slice(start, end);
    start = end;
    if (slice.sample === "rgb8") slice.data = message.packed ? joined8(own) : own;
    else slice.data = message.packed ? joined16(own) : new Uint16Array(own.buffer);
    return slice;
  });
}

/** Values by key, bounded in bytes: the least recently used go first, the newest always stays. @template T */
export class SliceCache {
  entries = /** @type {Map<string, {value: T, bytes: number}>} */ (new Map()); // in order of last use
  bytes = 0;
  constructor(/** @type {number} */ limit) {
    this.limit = limit;
  }
  has(/** @type {string} */ key) {
    return this.entries.has(key);
  }
  get(/** @type {string} */ key) {
    const entry = this.entries.get(key);
    if (entry) {
      this.entries.delete(key);
      this.entries.set(key, entry);
    }
    return entry?.value;
  }
  set(/** @type {string} */ key, /** @type {T} */ value, /** @type {number} */ bytes) {
    this.delete(key);
    this.entries.set(key, { value, bytes });
    this.bytes += bytes;
    for (const oldest of this.entries.keys()) {
      if (this.bytes <= this.limit || oldest === key) break;
      this.delete(oldest);
    }
  }
  delete(/** @type {string} */ key) {
    this.bytes -= this.entries.get(key)?.bytes ?? 0;
    this.entries.delete(key);
  }
  clear() {
    this.entries.clear();
    this.bytes = 0;
  }
}
