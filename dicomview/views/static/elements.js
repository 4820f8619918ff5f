// @ts-check
/** One element of a page after the other. */
import { putIcon } from "./icons.js";

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

/** A button with words on it or an icon; `words` tell what it does. @param {Element} parent @param {string} name
 * @param {string} words @param {{icon?: string, text?: string}} face @returns {any} */
export function addButton(parent, name, words, { icon, text = "" }) {
  const button = Object.assign(add("button", icon ? `button ${name}` : name, parent, text), { type: "button", title: words, ariaLabel: words });
  if (icon) putIcon(button, icon);
  return button;
}

/**
 * Keep keys for an element from the notebook. JupyterLab hears them after the page and Notebook 7 before it, so there it
 * must be said on the very element that has the focus (an attribute of Lumino's).
 * @param {Element} root @param {(event: KeyboardEvent) => boolean} left whether a key is the notebook's all the same
 * @param {AbortSignal} signal
 */
export function keepKeys(root, left, signal) {
  const say = (/** @type {KeyboardEvent} */ event) => {
    const path = event.composedPath();
    if (path.includes(root)) /** @type {Element} */ (path[0]).toggleAttribute("data-lm-suppress-shortcuts", !left(event));
  };
  window.addEventListener("keydown", say, { capture: true, signal });
}
