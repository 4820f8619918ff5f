// @ts-check
/**
 * Shapes that one measures with: their outlines, and what a hand does to them.
 *
 * Points are [column, row], whole numbers at the middles of pixels; what they are by kind says `render/shapes.py`.
 *
 * @typedef {{name: string, kind: string, plane: string, index: number, axes: Record<string, number>, points: number[][],
 *   words: string, note: string}} Shape
 */
import { ellipseOf, pathOf } from "./drawing.js";

/** @type {Map<string, string>} the kind of shape that a letter draws */
export const SHAPES = new Map([["l", "line"], ["a", "angle"], ["b", "rectangle"], ["e", "ellipse"], ["d", "freehand"]]);

const MOST_CORNERS = 500; // of a region drawn freehand

/** The four corners of the box between two of them. @param {number[][]} points */
const cornersOf = ([[left, top], [right, bottom]]) => [[left, top], [right, top], [right, bottom], [left, bottom]];

/** The outline of a shape as a path of SVG. @param {string} kind @param {number[][]} points */
export function outlineOf(kind, points) {
  if (kind === "point") return "";
  if (kind === "rectangle") return pathOf(cornersOf(points), true);
  if (kind !== "ellipse") return pathOf(points, kind === "freehand" && points.length > 2);
  const [[left, top], [right, bottom]] = points;
  return ellipseOf([(left + right) / 2, (top + bottom) / 2], Math.abs(right - left) / 2, Math.abs(bottom - top) / 2);
}

/** Where a hand takes hold of a shape. @param {string} kind @param {number[][]} points */
export function handlesOf(kind, points) {
  if (kind === "rectangle" || kind === "ellipse") return cornersOf(points);
  return kind === "freehand" ? [] : points;
}

/** Points along the outline, near enough to each other to be met between them. @param {string} kind @param {number[][]} points */
function rimOf(kind, points) {
  if (kind === "rectangle") return [...cornersOf(points), points[0]];
  if (kind !== "ellipse") return kind === "freehand" ? [...points, points[0]] : points;
  const [[left, top], [right, bottom]] = points;
  return Array.from({ length: 65 }, (_, i) => {
    const [cos, sin] = [Math.cos((i * Math.PI) / 32), Math.sin((i * Math.PI) / 32)];
    return [(left + right + (right - left) * cos) / 2, (top + bottom + (bottom - top) * sin) / 2];
  });
}

/** How far a point is from a stretch. @param {number[]} point @param {number[]} from @param {number[]} to */
function apart([x, y], [x0, y0], [x1, y1]) {
  const square = (x1 - x0) ** 2 + (y1 - y0) ** 2;
  const along = square ? Math.min(1, Math.max(0, ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / square)) : 0;
  return Math.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0));
}

/**
 * What of a shape lies under a hand: the number of a handle, "whole" for its outline, or null.
 * @param {string} kind @param {number[][]} points @param {(point: number[]) => number[]} onScreen in pixels of the screen
 * @param {number[]} hand @param {number} reach in the same @returns {number | "whole" | null}
 */
export function heldPart(kind, points, onScreen, hand, reach) {
  const near = handlesOf(kind, points).map((handle) => apart(hand, onScreen(handle), onScreen(handle)));
  const nearest = near.indexOf(Math.min(...near));
  if (nearest >= 0 && near[nearest] <= reach) return nearest;
  const rim = rimOf(kind, points).map(onScreen);
  return rim.slice(1).some((end, i) => apart(hand, rim[i], end) <= reach / 2) ? "whole" : null;
}

/** The points after a hand has moved a part of a shape. @param {string} kind @param {number[][]} points @param {number | "whole"} part
 * @param {number[]} by [columns, rows] @returns {number[][]} */
export function moved(kind, points, part, [right, down]) {
  if (part === "whole") return points.map(([column, row]) => [column + right, row + down]);
  if (kind !== "rectangle" && kind !== "ellipse") {
    return points.map(([column, row], i) => (i === part ? [column + right, row + down] : [column, row]));
  }
  const [[x0, y0], [x1, y1]] = points; // the corner that is moved has its column from one of them, its row from the other
  const [first, upper] = [part === 0 || part === 3, part < 2];
  return [[first ? x0 + right : x0, upper ? y0 + down : y0], [first ? x1 : x1 + right, upper ? y1 : y1 + down]];
}

/** A corner more for a region drawn freehand, unless the hand has hardly moved; of too many every second is let go.
 * @param {number[][]} points @param {number[]} corner @param {number} least how far, in pixels of the picture */
export function withCorner(points, corner, least) {
  const last = points[points.length - 1];
  if (Math.hypot(corner[0] - last[0], corner[1] - last[1]) < least) return points;
  return [...(points.length < MOST_CORNERS ? points : points.filter((_, i) => i % 2 === 0)), corner];
}
