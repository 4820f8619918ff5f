// @ts-check
/** Icons of the toolbar: lines in a square of 24, in the colour of the text around them. */

/** @type {Record<string, string>} SVG paths by name */
const LINES = {
  window: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  scroll: "M12 3v18M8 7l4-4 4 4M8 17l4 4 4-4M4 12h4M16 12h4",
  pan: "M12 3v18M3 12h18M9 6l3-3 3 3M9 18l3 3 3-3M6 9l-3 3 3 3M18 9l3 3-3 3",
  zoom: "M10 4a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM14.5 14.5L20 20M10 7.5v5M7.5 10h5",
  cross: "M12 3v6M12 15v6M3 12h6M15 12h6",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  pixels: "M5 8l3-2v12M16 8l3-2v12M12 10v.5M12 14v.5",
  rotate: "M19 12a7 7 0 1 1-2.5-5.4M16 2v5h-5",
  flip: "M12 3v18M9 7L4 17h5zM15 7l5 10h-5z",
  invert: "M5 5h14v14H5zM5 5v14h7V5z",
  reset: "M4 12a8 8 0 1 0 3-6.2M4 4v5h5M12 8v4l3 2",
  line: "M5 19L19 5M3.5 17.5l3 3M17.5 3.5l3 3",
  angle: "M19 19H4L14 5M11 19a7 7 0 0 0-3-5.5",
  rectangle: "M4 7h16v10H4z",
  ellipse: "M12 6a8.5 6 0 1 0 0 12a8.5 6 0 1 0 0-12z",
  freehand: "M5 15c-2-5 3-10 7-8 3 1 2-2 5-1 4 2 3 7 1 9-3 3-4 1-6 3-2 1-6 0-7-3z",
  remove: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 10.5v6M13.5 10.5v6",
  help: "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 17.5v.5",
  play: "M8 5l11 7-11 7z",
  stop: "M7 7h10v10H7z",
  loop: "M6 9a6 5 0 0 1 10-2l2 2M18 4v5h-5M18 15a6 5 0 0 1-10 2l-2-2M6 20v-5h5",
  close: "M7 7l10 10M17 7L7 17",
  overlays: "M4 4h11v11H4zM9 9h11v11H9z",
};
export const SVG = "http://www.w3.org/2000/svg"; // the name of a language; nothing is fetched from there

/** Put an icon into an element, in place of what is in it. @param {Element} element @param {string} name */
export function putIcon(element, name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  const look = { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "1.8", "stroke-linejoin": "round", "stroke-linecap": "round", "aria-hidden": "true" };
  for (const [key, value] of Object.entries(look)) svg.setAttribute(key, value);
  path.setAttribute("d", LINES[name]);
  svg.append(path);
  element.replaceChildren(svg);
}
