// @ts-check
/**
 * The browser half of the canvas: it keeps slices of stored values, paints them through a lookup table and reports
 * gestures. A gesture is drawn inside its own event handler from what the browser holds, then told to Python; a state
 * set from Python is drawn and never told back. Text from files reaches the page through `textContent` alone.
 *
 * The parts, each knowing only those before it: window.js (grey levels), packing.js (bytes on the line), slices.js (what
 * came), wants.js (what to ask for), store.js (the asking), links.js (the views that move together), painter.js (pixels),
 * pose.js (how the picture is held), cine.js (time), gestures.js (how far a hand moves), icons.js, elements.js, drawing.js (what
 * is drawn over the picture), page.js (the elements), shapes.js and measures.js (what one measures with), tools.js (the
 * toolbar), hand.js (what gestures do), view.js (one output). canvas.py joins them to one module.
 */
import { Link } from "./links.js";
import { Store } from "./store.js";
import { View } from "./view.js";

/** anywidget calls this once a model: the slices belong to the model, its views share them. */
const canvas = () => {
  /** @type {Store} */
  let store;
  /** @type {Link} */
  let link;
  return {
    initialize(/** @type {{model: import("./store.js").Model}} */ { model }) {
      store = new Store(model);
      link = new Link(model, store);
      return () => {
        link.close();
        store.close();
      };
    },
    render(/** @type {{model: import("./store.js").Model, el: HTMLElement}} */ { model, el }) {
      const view = new View(model, store, el, link);
      return () => view.close();
    },
  };
};
export default canvas;
