// @ts-check
/**
 * What is drawn over the picture: lines, dots and words, as SVG that follows how the picture is held.
 *
 * Points are [column, row] of the plane with all of its samples. Whole numbers are the middles of pixels, as in PS3.3
 * C.7.6.2.1.1, so the picture goes from -0.5 to columns - 0.5. Widths of lines and dots are pixels of the screen at any
 * zoom, and words stay upright.
 *
 * Whoever draws adds a layer of his own, with a function that gives its marks on a slice; it is asked again when another
 * slice is painted, and by `renew` when something else has changed. It must be quick: scrolling waits for it.
 *
 * @typedef {import("./pose.js").Pose} Pose @typedef {import("./pose.js").Sheet} Sheet
 * @typedef {import("./slices.js").Slice} Slice
 * @typedef {{path?: string, lines?: string, dots?: number[][], words?: string, at?: number[], around?: number[][], color?: string, width?: number,
 *   dashed?: boolean, fill?: number, opacity?: number, rim?: boolean, image?: string}} Mark a path of SVG, or one in hundredths of a pixel (`lines`), with its `width`,
 *   the opacity of what it holds (`fill`, 0 for nothing) and a dark `rim` for bright pictures; dots; words beside the
 *   point `at`, or beside all of some points and then not over other such words; the address of an image that covers the whole picture
 * @typedef {{marks: Element, words: Element, marksOf: (slice: Slice) => Mark[], placed: {text: Element, around: number[][], free: boolean}[]}} Layer
 * @typedef {{left: number, width: number, top: number, bottom: number}} Room that words take, in parts of the frame
 */
import { SVG } from "./icons.js";
import { matrixOf, onFrame } from "./pose.js";

const ROOM = 0.2; // from the middle of the frame: words that begin further to the right may not fit
const EDGE = 0.47;
const LINE = 0.032; // height of a line of words, and width of a letter, at most, in a frame of usual size
const LETTER = 0.014;

/** The path through points, and back to the first of them if it is `closed`. @param {number[][]} points */
export const pathOf = (points, closed = false) => `M${points.map((point) => point.join()).join("L")}${closed ? "Z" : ""}`;

/** The path of an ellipse. @param {number[]} middle @param {number} across half of its width @param {number} down */
export const ellipseOf = ([column, row], across, down) =>
  `M${column - across},${row}a${across},${down} 0 1 0 ${2 * across},0a${across},${down} 0 1 0 ${-2 * across},0Z`;

/** @param {string} tag @param {Element} parent @param {Record<string, string | number>} [attributes] @param {string} [text] */
function draw(tag, parent, attributes = {}, text = "") {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.textContent = text;
  parent.append(element);
  return element;
}

export class Drawing {
  /** @type {Map<string, Layer>} */
  layers = new Map();
  slice = /** @type {Slice | null} */ (null);
  pose = /** @type {Pose | null} */ (null);
  sheet = /** @type {Sheet | null} */ (null);
  matrix = "";
  /** @param {HTMLElement} picture what is drawn on; the elements come right after it, under the words of the page */
  constructor(picture) {
    const root = document.createElementNS(SVG, "svg");
    root.setAttribute("class", "dicomview-drawing");
    root.ariaHidden = "true"; // who draws says it in words
    picture.after(root);
    const frame = draw("svg", root, { viewBox: "-0.5 -0.5 1 1", overflow: "visible" });
    this.held = draw("g", frame);
    this.words = draw("g", root);
  }
  /** Draw more, over what is drawn already. @param {string} name @param {(slice: Slice) => Mark[]} marksOf */
  add(name, marksOf) {
    this.layers.set(name, { marks: draw("g", this.held, { "data-layer": name, fill: "none" }), words: draw("g", this.words), marksOf, placed: [] });
    this.renew(name);
  }
  /** Draw a layer again. @param {string} name */
  renew(name) {
    const layer = this.layers.get(name);
    if (!layer || !this.slice) return;
    const marks = layer.marksOf(this.slice);
    if (!marks.length && !layer.marks.childNodes.length && !layer.placed.length) return;
    layer.marks.replaceChildren();
    layer.words.replaceChildren();
    layer.placed = [];
    for (const mark of marks) drawMark(layer, mark, this.sheet);
    this.place(layer);
  }
  /** Another slice is painted. @param {Slice} slice */
  show(slice) {
    if (slice === this.slice) return;
    this.slice = slice;
    for (const name of this.layers.keys()) this.renew(name);
  }
  /** The picture is held so. @param {Pose} pose @param {Sheet} sheet */
  hold(pose, sheet) {
    this.pose = pose;
    this.sheet = sheet;
    const matrix = `matrix(${matrixOf(pose, sheet).join()})`;
    if (matrix === this.matrix) return;
    this.matrix = matrix;
    this.held.setAttribute("transform", matrix);
    for (const layer of this.layers.values()) this.place(layer);
  }
  /** Put the words of a layer where their points are. @param {Layer} layer */
  place({ placed }) {
    const { pose, sheet } = this;
    if (!pose || !sheet) return;
    /** @type {Room[]} */
    const taken = [];
    for (const { text, around, free } of placed) {
      const places = around.map((point) => onFrame(pose, sheet, point)).sort(([right], [other]) => right - other);
      const [first, last] = [places[0], places[places.length - 1]];
      const width = widthOf(text);
      const before = last[0] > ROOM || (last[0] + width > 0.5 && first[0] - width > -0.5); // no room behind
      const beside = before && first[0] > -ROOM ? first : last;
      const [at, down] = beside.map((part) => Math.min(EDGE, Math.max(-EDGE, part)));
      const right = before ? Math.max(at, Math.min(EDGE, width - EDGE)) : Math.min(at, Math.max(-EDGE, EDGE - width));
      const inside = [right, free ? settle(taken, text, right, down, before) : down].map((part) => `${100 * (part + 0.5)}%`);
      text.setAttribute("text-anchor", before ? "end" : "start");
      text.setAttribute("class", before ? "dicomview-before" : "");
      text.setAttribute("y", inside[1]);
      for (const element of [text, ...text.children]) element.setAttribute("x", inside[0]);
    }
  }
}

/** How much of the frame's width words take, about. @param {Element} text */
const widthOf = (text) => LETTER * Math.max(...[...text.children].map(({ textContent }) => textContent?.length ?? 0));

/** Find words a place, no higher than they would like, where no others are, and return its height; there may be none.
 * @param {Room[]} taken @param {Element} text @param {number} right @param {number} down @param {boolean} before */
function settle(taken, text, right, down, before) {
  const width = widthOf(text);
  const left = before ? right - width : right;
  const height = LINE * text.children.length;
  const meets = (/** @type {number} */ top) =>
    taken.find((one) => left < one.left + one.width && one.left < left + width && top < one.bottom && one.top < top + height);
  let top = down;
  for (let other = meets(top); other; other = meets(top)) top = other.bottom;
  if (top + height > 0.5 + LINE) top = down;
  taken.push({ left, width, top, bottom: top + height });
  return top;
}

/** @param {Layer} layer @param {Mark} mark @param {Sheet | null} sheet */
function drawMark(layer, { path, lines, dots = [], words, at, around, color = "#ffd54f", width = 1.5, dashed, fill = 0, opacity = 1, rim, image }, sheet) {
  if (image && sheet) draw("image", layer.marks, { href: image, x: -0.5, y: -0.5, width: sheet.columns, height: sheet.rows, opacity, preserveAspectRatio: "none" });
  const stroke = { stroke: color, "stroke-opacity": opacity };
  const dark = { stroke: "#000", "stroke-opacity": opacity / 2 };
  if (lines) draw("path", layer.marks, { ...stroke, d: lines, transform: "scale(0.01)", "stroke-width": width });
  if (path) {
    if (rim) draw("path", layer.marks, { ...dark, d: path, "stroke-width": width + 2 });
    /** @type {Record<string, string | number>} */
    const inside = fill ? { fill: color, "fill-opacity": fill } : {};
    draw("path", layer.marks, { ...stroke, ...inside, ...(dashed ? { "stroke-dasharray": "5 4" } : {}), d: path, "stroke-width": width });
  }
  if (dots.length) {
    const round = { d: dots.map((dot) => `M${dot.join()}h0`).join(""), "stroke-linecap": "round" }; // a line of no length
    if (rim) draw("path", layer.marks, { ...dark, ...round, "stroke-width": width + 8 });
    draw("path", layer.marks, { ...stroke, ...round, "stroke-width": width + 5 });
  }
  const beside = around ?? (at ? [at] : []);
  if (!words || !beside.length) return;
  const text = draw("text", layer.words, { fill: color, "fill-opacity": opacity });
  for (const [number, line] of words.split("\n").entries()) draw("tspan", text, { dy: number ? "1.25em" : 0 }, line);
  layer.placed.push({ text, around: beside, free: Boolean(around) });
}
