// @ts-check
/** The elements of one output: the picture, the words over it, the toolbar under it. */

/** @typedef {{name: string, labels: string[]}} Axis */

/**
 * A new page element with a class of ours.
 * @param {string} tag @param {string} name @param {Element} parent @param {string} [text] @returns {any}
 */
export function add(tag, name, parent, text = "") {
  const element = document.createElement(tag);
  element.className = name.replace(/\S+/g, "dicomview-$&");
  element.textContent = text;
  parent.append(element);
  return element;
}

/** A range input with a name. @param {Element} parent @param {string} name @returns {any} */
export function addSlider(parent, name) {
  return Object.assign(add("input", "slider", parent), { type: "range", min: "0", step: "1", title: name, ariaLabel: name });
}

/** A button with a symbol and words. @param {Element} parent @param {string} name @param {string} symbol @param {string} words */
export function addButton(parent, name, symbol, words) {
  return Object.assign(add("button", name, parent, symbol), { type: "button", title: words, ariaLabel: words });
}

/** All elements of a view. @param {HTMLElement} el */
export function buildPage(el) {
  el.classList.add("dicomview-host");
  const root = add("div", "canvas", el);
  const stage = Object.assign(add("div", "stage", root), { tabIndex: 0, role: "application" });
  const picture = add("canvas", "picture", stage);
  const top = add("div", "corner top-left", stage);
  const words = {
    title: add("div", "title", top),
    place: add("div", "place", top),
    readout: add("div", "corner top-right", stage),
    window: add("div", "corner bottom-left", stage),
    notes: add("div", "corner bottom-right", stage),
    fault: add("div", "fault", stage),
    letters: ["left", "right", "top", "bottom"].map((side) => add("div", `letter ${side}`, stage)),
  };
  words.place.ariaLive = "polite";
  const toolbar = add("div", "toolbar", root);
  const tools = {
    slider: addSlider(toolbar, "slice"),
    planes: add("select", "planes", toolbar),
    presets: add("select", "presets", toolbar),
    layers: add("div", "layers", toolbar),
    reset: addButton(toolbar, "reset", "Reset", "back to the first view (or double click the picture)"),
    axes: add("div", "axes", root),
  };
  Object.assign(tools.presets, { title: "window: center/width", ariaLabel: "window" });
  const film = add("div", "film", root);
  const cine = {
    film,
    play: addButton(film, "play", "▶", "play or stop (space bar)"),
    rate: Object.assign(add("input", "rate", film), { type: "number", min: "0.1", max: "120", step: "any", title: "pictures per second" }),
    unit: add("span", "unit", film, "pictures/s"),
    loop: addButton(film, "loop", "⟳", "round and round, or once"),
  };
  cine.rate.ariaLabel = cine.rate.title;
  cine.loop.ariaPressed = "true";
  return { root, stage, picture, words, tools, cine };
}

/** A switch, a colour and an opacity for each layer; one that stands alone has no name on it.
 * @param {Element} parent @param {string[]} names @returns {any[]} */
export function buildLayers(parent, names) {
  parent.replaceChildren();
  return names.map((name) => {
    const row = Object.assign(add("span", "layer", parent), { role: "group", ariaLabel: name });
    const words = `${name}: show or hide`;
    const button = addButton(row, "switch", names.length > 1 || name !== "overlays" ? name : "◩", words);
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
