// @ts-check
/**
 * How the picture is held: fitted into a square frame, then mirrored, turned clockwise, zoomed and moved.
 *
 * Points of the frame are [right, down] from its middle, in parts of its width.
 *
 * @typedef {{zoom: number, pan: number[], rotation: number, flip: boolean}} Pose
 * @typedef {{columns: number, rows: number, aspect: number}} Sheet aspect is the height of a pixel over its width
 */

export const MOST_ZOOM = 64;

/** The part of the frame's width and height that the picture takes at zoom 1. @param {Sheet} sheet @returns {[number, number]} */
export function fitted({ columns, rows, aspect }) {
  const ratio = columns / (rows * aspect);
  return [Math.min(1, ratio), Math.min(1, 1 / ratio)];
}

/** The zoom at which a column of pixels is as wide as a pixel of the screen. @param {Sheet} sheet @param {number} width of the frame, in those */
export const zoomToPixels = (sheet, width) => sheet.columns / (fitted(sheet)[0] * width);

/** @param {Pose} pose @returns {string} the CSS transform; --hundredth is one of the frame's width */
export function transformOf({ zoom, pan: [right, down], rotation, flip }) {
  return `translate(calc(${100 * right} * var(--hundredth)), calc(${100 * down} * var(--hundredth))) rotate(${rotation}deg) scale(${flip ? -zoom : zoom}, ${zoom})`;
}

/**
 * Column and row under a point of the frame, as fractions of the picture's: 0 at its left and top, 1 at its other ends.
 * @param {Pose} pose @param {Sheet} sheet @param {number[]} point @returns {[number, number]}
 */
export function onPicture({ zoom, pan, rotation, flip }, sheet, [right, down]) {
  const turn = (rotation * Math.PI) / 180;
  const [cos, sin] = [Math.round(Math.cos(turn)), Math.round(Math.sin(turn))];
  const [x, y] = [(right - pan[0]) / zoom, (down - pan[1]) / zoom];
  const across = (cos * x + sin * y) * (flip ? -1 : 1);
  const [width, height] = fitted(sheet);
  return [across / width + 0.5, (cos * y - sin * x) / height + 0.5];
}

/**
 * How points [column, row] of the picture, whole numbers at the middles of pixels, come to lie on the frame: a matrix as
 * SVG writes it, `right = a * column + c * row + e` and `down = b * column + d * row + f`. The inverse of `onPicture`.
 * @param {Pose} pose @param {Sheet} sheet @returns {number[]} [a, b, c, d, e, f]
 */
export function matrixOf({ zoom, pan, rotation, flip }, sheet) {
  const turn = (rotation * Math.PI) / 180;
  const [cos, sin] = [Math.round(Math.cos(turn)), Math.round(Math.sin(turn))];
  const { columns, rows } = sheet;
  const [width, height] = fitted(sheet);
  const [across, down] = [((flip ? -zoom : zoom) * width) / columns, (zoom * height) / rows];
  const [a, b, c, d] = [cos * across, sin * across, -sin * down, cos * down];
  const [column, row] = [(columns - 1) / 2, (rows - 1) / 2];
  return [a, b, c, d, pan[0] - a * column - c * row, pan[1] - b * column - d * row];
}

/** Where a point [column, row] of the picture lies on the frame. @param {Pose} pose @param {Sheet} sheet @param {number[]} point */
export function onFrame(pose, sheet, [column, row]) {
  const [a, b, c, d, e, f] = matrixOf(pose, sheet);
  return [a * column + c * row + e, b * column + d * row + f];
}

/** Column and row of the sample under a point of the frame, or null beside the picture.
 * @param {Pose} pose @param {Sheet} sheet @param {number[]} point @returns {[number, number] | null} */
export function sampleAt(pose, sheet, point) {
  const [across, down] = onPicture(pose, sheet, point);
  const [column, row] = [Math.floor(across * sheet.columns), Math.floor(down * sheet.rows)];
  return column >= 0 && row >= 0 && column < sheet.columns && row < sheet.rows ? [column, row] : null;
}

/** The pose zoomed by a factor, what is under a point staying there. @param {Pose} pose @param {number} factor @param {number[]} point */
export function zoomedAt({ zoom, pan }, factor, point = [0, 0]) {
  const wanted = Math.min(MOST_ZOOM, Math.max(1 / MOST_ZOOM, zoom * factor));
  return { zoom: wanted, pan: pan.map((offset, axis) => point[axis] + ((offset - point[axis]) * wanted) / zoom) };
}

/** What must be said to somebody who does not see how the picture is held. @param {import("./view.js").State} state */
export function poseWords({ zoom, rotation, flip, invert, colormap }) {
  const colours = colormap && colormap !== "gray" && `colours ${colormap}`;
  return [invert && "black for white", colours, flip && "mirrored", rotation && `turned ${rotation}°`, zoom !== 1 && `zoom ${Number(zoom.toFixed(2))}`];
}

/** The letters (left, right, top, bottom) of a picture held so. @template T @param {T[]} letters @param {Pose} pose */
export function lettersHeld([left, right, top, bottom], { rotation, flip }) {
  if (flip) [left, right] = [right, left];
  for (let turn = 0; turn < rotation; turn += 90) [left, right, top, bottom] = [bottom, top, left, right];
  return [left, right, top, bottom];
}
