// @ts-check
/**
 * A view without a kernel: the model has what came with the page, and nobody to send to. This part is in pages and saved
 * outputs alone.
 */
import canvas from "./canvas.js";

/** What was written as text, with its bytes in place of their base64. @param {any} value @returns {any} */
export function revived(value) {
  if (typeof value?.base64 === "string") return new DataView(Uint8Array.from(atob(value.base64), (c) => c.charCodeAt(0)).buffer);
  if (Array.isArray(value)) return value.map(revived);
  if (!value || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, revived(part)]));
}

/** Show a copy in an element, in place of its picture. @param {string} id @param {Record<string, any>} written */
export function openCopy(id, written) {
  const values = revived(written);
  const model = {
    get: (/** @type {string} */ name) => values[name],
    set: (/** @type {string} */ name, /** @type {any} */ value) => void (values[name] = value),
    save_changes() {},
    send() {
      throw new Error("there is no kernel behind a copy");
    },
    on() {},
    off() {},
  };
  const el = /** @type {HTMLElement} */ (document.getElementById(id));
  const parts = canvas();
  parts.initialize({ model });
  el.replaceChildren();
  parts.render({ model, el });
}
