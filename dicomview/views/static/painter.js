// @ts-check
/** Stored values to pixels, and pixels to words. */
import { exactly, windowTable } from "./window.js";

/** @typedef {import("./window.js").VoiWindow} VoiWindow @typedef {import("./window.js").VoiTable} VoiTable */
/** @typedef {import("./slices.js").Slice} Slice @typedef {{shown: boolean, color: string, opacity: number}} Look */

/** The canvas has one pixel per sample, and the page scales it. */
export class Painter {
  image = new ImageData(1, 1);
  table = new Uint32Array(65536); // RGBA by the 16 bits of a sample, signed or not
  tableKey = "";
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
  }
  /**
   * @param {Slice} slice @param {VoiWindow | VoiTable} window
   * @param {{looks: Record<string, Look>, invert: boolean, colormap: string, colours: Uint8Array | null}} style looks of
   *   the layers by name; RGB of the 256 grey levels and how that is called, null for grey itself
   * @param {{rows: number, columns: number}} size
   */
  paint(slice, window, { looks, invert, colormap, colours }, { rows, columns }) {
    if (this.image.width !== columns || this.image.height !== rows) {
      Object.assign(this.canvas, { width: columns, height: rows });
      this.image = new ImageData(columns, rows);
    }
    const { data, sample } = slice;
    const pixels = new Uint32Array(this.image.data.buffer);
    if (!data) pixels.fill(0xff000000);
    else if (sample === "rgb8") {
      const turned = invert ? 0xffffff : 0;
      for (let i = 0, j = 0; i < pixels.length; i++, j += 3) {
        pixels[i] = 0xff000000 | (((data[j + 2] << 16) | (data[j + 1] << 8) | data[j]) ^ turned);
      }
    } else {
      this.prepare(slice, window, slice.invert !== invert, colormap, colours);
      const { table } = this;
      for (let i = 0; i < pixels.length; i++) pixels[i] = table[data[i]];
    }
    slice.layers.forEach((name, at) => looks[name]?.shown && paintMask(pixels, columns, slice.masks[at], looks[name]));
    this.context.putImageData(this.image, 0, 0);
  }
  /**
   * @param {Slice} slice @param {VoiWindow | VoiTable} window @param {boolean} invert @param {string} colormap
   * @param {Uint8Array | null} colours
   */
  prepare({ sample, slope, intercept, blank }, window, invert, colormap, colours) {
    const curve = "levels" in window ? window.name : [window.center, window.width, window.function].join();
    const key = [sample, slope, intercept, invert, blank, colours && colormap, curve].join();
    if (key === this.tableKey) return;
    this.tableKey = key;
    const first = sample === "int16" ? -32768 : 0;
    const grey = windowTable(first, 65536, slope, intercept, window, invert);
    const shade = Uint32Array.from({ length: 256 }, (_, level) => {
      const [red, green, blue] = colours ? colours.subarray(3 * level, 3 * level + 3) : [level, level, level];
      return 0xff000000 | (blue << 16) | (green << 8) | red;
    });
    for (let i = 0; i < 65536; i++) this.table[(first + i) & 0xffff] = shade[grey[i]];
    if (blank !== null) this.table[blank & 0xffff] = 0xff000000;
  }
}

/** What becomes of each level of a channel under a layer; the same formula as in `dicomview.render.raster`.
 * @param {number} channel @param {number} opacity */
const mixed = (channel, opacity) => Uint8Array.from({ length: 256 }, (_, under) => Math.floor(under + (channel - under) * opacity + 0.5));

/**
 * Mix the colour of a layer into the pixels of its mask, one bit each from the highest of a byte, every row on a byte
 * of its own.
 * @param {Uint32Array} pixels @param {number} columns @param {Uint8Array} bits @param {Omit<Look, "shown">} look
 */
export function paintMask(pixels, columns, bits, { color, opacity }) {
  const rgb = Number.parseInt(color.slice(1), 16);
  const [red, green, blue] = [rgb >> 16, (rgb >> 8) & 0xff, rgb & 0xff].map((channel) => mixed(channel, opacity));
  const over = (/** @type {number} */ p) =>
    0xff000000 | (blue[(p >> 16) & 0xff] << 16) | (green[(p >> 8) & 0xff] << 8) | red[p & 0xff];
  const stride = Math.ceil(columns / 8);
  for (let byte = 0; byte < bits.length; byte++) {
    if (!bits[byte]) continue;
    const start = Math.floor(byte / stride) * columns;
    const column = (byte % stride) * 8;
    for (let bit = 0; bit < 8; bit++) {
      if (bits[byte] & (0x80 >> bit)) pixels[start + column + bit] = over(pixels[start + column + bit]);
    }
  }
}

/**
 * The centre of a pixel in the patient, LPS millimetres (PS3.3 C.7.6.2.1.1), or null without geometry.
 * @param {Pick<Slice, "origin" | "row_step" | "column_step">} slice @param {number} column @param {number} row
 */
export function patientPoint({ origin, row_step: down, column_step: right }, column, row) {
  return origin && down && right ? origin.map((o, axis) => o + row * down[axis] + column * right[axis]) : null;
}

/**
 * What the hover says of one pixel, in lines: stored and modality value with its unit, then the place in the patient.
 * @param {Slice} slice @param {string} unit @param {number} column @param {number} row
 */
export function describePixel(slice, unit, column, row) {
  const at = row * slice.columns + column;
  const point = patientPoint(slice, column, row);
  const [x, y] = [column, row].map((i) => i * slice.step + (slice.step >> 1)); // of a preview, which has every so manieth
  const place = point ? `(${point.map((mm) => mm.toFixed(1)).join(", ")}) mm` : `column ${x}, row ${y}`;
  if (!slice.data) return [place];
  if (slice.sample === "rgb8") return [Array.from(slice.data.subarray(3 * at, 3 * at + 3)).join(" "), place];
  const stored = slice.sample === "int16" ? (slice.data[at] << 16) >> 16 : slice.data[at];
  if (slice.blank !== null && stored === slice.blank) return ["no value", place];
  const value = `${exactly(slice.slope * stored + slice.intercept, slice.slope)} ${unit}`.trim();
  return [slice.stored && value !== String(stored) ? `stored ${stored} · ${value}` : value, place];
}
