// @ts-check
/** The elements of one output: the picture, the words over it, the toolbar under it. */
import { add, addButton } from "./elements.js";
import { HELP, WINDOWING } from "./gestures.js";

/** @typedef {{name: string, labels: string[]}} Axis */

/** A range input with a name. @param {Element} parent @param {string} name @returns {any} */
export function addSlider(parent, name) {
  return Object.assign(add("input", "slider", parent), { type: "range", min: "0", step: "1", title: name, ariaLabel: name });
}

/** A field for a number. @param {Element} parent @param {string} name @param {string} words @returns {any} */
function addNumber(parent, name, words) {
  return Object.assign(add("input", name, parent), { type: "number", step: "any", title: words, ariaLabel: words });
}

/** A menu that takes the arrow keys for itself. @param {Element} parent @param {string} name @param {string} words @returns {any} */
const addMenu = (parent, name, words) => Object.assign(add("select", name, parent), { title: words, ariaLabel: words });

/** All elements of a view. @param {HTMLElement} el */
export function buildPage(el) {
  el.classList.add("dicomview-host");
  const root = add("div", "canvas", el);
  const stage = Object.assign(add("div", "stage", root), { tabIndex: 0, role: "application" });
  const picture = Object.assign(add("canvas", "picture", stage), { role: "img" });
  const top = add("div", "corner top-left", stage);
  const words = {
    title: add("div", "title", top),
    place: add("div", "place", top),
    readout: add("div", "corner top-right", stage),
    window: add("div", "corner bottom-left", stage),
    notes: add("div", "corner bottom-right", stage),
    fault: add("div", "fault", stage),
    letters: ["left", "right", "top", "bottom"].map((side) => add("div", `letter ${side}`, stage)),
    live: Object.assign(add("div", "live", root), { role: "status", ariaLive: "polite" }),
    ...buildTrouble(root),
  };
  const help = buildHelp(stage);
  const bar = add("div", "bar", root);
  const line = add("div", "row", bar);
  const track = add("div", "track", line);
  const menus = add("div", "row", bar);
  const planes = addMenu(menus, "planes", "plane");
  const presets = addMenu(menus, "presets", "window: center/width");
  const numbers = add("span", "numbers", menus);
  const number = (/** @type {string} */ name, /** @type {string} */ letter) => {
    const label = add("label", "pair", numbers, letter);
    return addNumber(label, `${name} number`, `window ${name}`);
  };
  const buttons = Object.assign(add("div", "row buttons", bar), { role: "toolbar", ariaLabel: "picture" });
  const button = (/** @type {string} */ name, /** @type {string} */ say) => addButton(buttons, name, say, { icon: name });
  const hands = ["window", "scroll", "pan", "zoom", "cross"].map((name) => Object.assign(button(name, `a drag ${HANDS[name]}`), { value: name }));
  const rulers = Object.entries(RULERS).map(([name, words]) => Object.assign(button(name, `a drag measures ${words}`), { value: name }));
  add("span", "gap", buttons);
  const tools = {
    bar, hands, rulers, planes, presets, numbers,
    slider: addSlider(track, "slice"),
    ticks: add("div", "ticks", track),
    center: number("center", "C"),
    width: Object.assign(number("width", "W"), { min: "0" }),
    fit: button("fit", "the whole picture (0)"),
    pixels: button("pixels", "one pixel of the picture for each of the screen (1)"),
    rotate: button("rotate", "turn clockwise (r)"),
    flip: button("flip", "mirror left to right (f)"),
    invert: button("invert", "black for white (i)"),
    reset: button("reset", "back to the first view (double click)"),
    help: Object.assign(button("help", "what hand and keys do (?)"), { ariaExpanded: "false" }),
    colormaps: addMenu(buttons, "colormaps", "colours"),
    layers: add("div", "layers", bar),
    axes: add("div", "axes", bar),
  };
  const film = add("span", "film", buttons);
  const cine = {
    film,
    play: addButton(film, "play", "play or stop (space bar)", { icon: "play" }),
    rate: Object.assign(addNumber(film, "rate number", "pictures per second"), { min: "0.1", max: "120" }),
    unit: add("span", "unit", film, "pictures/s"),
    loop: Object.assign(addButton(film, "loop", "round and round, or once", { icon: "loop" }), { ariaPressed: "true" }),
  };
  return { root, stage, picture, words, help, tools, cine };
}

/** @type {Record<string, string>} what a drag does by the tool that is chosen */
const HANDS = { window: `sets the window: ${WINDOWING} (w)`, scroll: "moves through the slices (s)", pan: "moves the picture (p)", zoom: "zooms (z)", cross: "puts all linked views on a point (c)" };

/** @type {Record<string, string>} what a drag measures */
const RULERS = { line: "a line (l)", angle: "an angle (a)", rectangle: "in a box (b)", ellipse: "in an ellipse (e)", freehand: "in what it draws (d)" };

/** What an observer raised, until it is clicked away. @param {Element} root */
function buildTrouble(root) {
  const trouble = Object.assign(add("div", "trouble", root), { hidden: true });
  const said = Object.assign(add("div", "said", trouble), { role: "alert" });
  addButton(trouble, "close", "close this message", { icon: "close" });
  return { trouble, said };
}

/** @param {Element} stage */
function buildHelp(stage) {
  const help = Object.assign(add("div", "help-page", stage), { role: "dialog", ariaLabel: "what hand and keys do", tabIndex: -1, hidden: true });
  // No list of terms: JupyterLab has a style for those of its outputs.
  const table = Object.assign(add("div", "keys", help), { role: "list" });
  for (const [keys, words] of HELP) {
    const line = Object.assign(add("div", "help-line", table), { role: "listitem" });
    add("span", "key", line, keys);
    add("span", "does", line, words);
  }
  return help;
}

/** A switch, a colour and an opacity for each layer; one that stands alone has no name on it.
 * @param {Element} parent @param {string[]} names @returns {any[]} */
export function buildLayers(parent, names) {
  parent.replaceChildren();
  return names.map((name) => {
    const row = Object.assign(add("span", "layer", parent), { role: "group", ariaLabel: name });
    const words = `${name}: show or hide`;
    const alone = names.length === 1 && name === "overlays";
    const button = addButton(row, "switch", words, alone ? { icon: "overlays" } : { text: name });
    const color = Object.assign(add("input", "color", row), { type: "color", title: `${name}: colour` });
    const opacity = Object.assign(addSlider(row, `${name}: opacity`), { max: "1", step: "0.05" });
    color.ariaLabel = color.title;
    return { name, button, color, opacity };
  });
}

/** A slider with a label for each extra axis. @param {Element} parent @param {Axis[]} axes @returns {any[]} */
export function buildAxes(parent, axes) {
  parent.replaceChildren();
  return axes.map(({ name, labels }) => {
    const row = add("label", "axis", parent);
    add("span", "axis-name", row, name);
    const slider = Object.assign(addSlider(row, name), { max: String(labels.length - 1) });
    return { slider, label: add("span", "axis-label", row) };
  });
}

/** A mark on the slider after each slice that a gap follows. @param {{slider: any, ticks: any}} parts @param {number[]} gaps @param {number} count */
export function markGaps({ slider, ticks }, gaps, count) {
  ticks.replaceChildren();
  slider.title = gaps.length ? `slice; some are missing after ${gaps.map((gap) => gap + 1).join(", ")}` : "slice";
  for (const gap of gaps) {
    const tick = add("span", "tick", ticks);
    tick.style.left = `${(100 * (gap + 0.5)) / Math.max(1, count - 1)}%`;
  }
}
