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

/**
 * Show a copy in an element, in place of its picture.
 * @param {string} id @param {Record<string, any>} written what the model says
 * @param {any[]} pieces slices as they were written, one in each; of a whole stack they are unpacked when they are asked
 *   for, for the browser keeps only so many; of a reduced one all are shown at once, and nothing else can be had
 * @param {boolean} whole
 */
export function openCopy(id, written, pieces, whole) {
  const values = { ...revived(written), _opening: whole ? [] : revived(pieces) };
  const places = new Map(pieces.map(({ message }, piece) => [message.slices[0].at.join(), piece]));
  const heard = new Set();
  const coming = new Set();
  let n = 0;
  const model = {
    get: (/** @type {string} */ name) => values[name],
    set: (/** @type {string} */ name, /** @type {any} */ value) => void (values[name] = value),
    save_changes() {},
    /** @param {any} wish */
    send({ kind, items }) {
      if (!whole) throw new Error("there is no kernel behind a copy");
      if (kind !== "want") return;
      for (const { at } of items) {
        const piece = places.get(at.join());
        if (piece === undefined || coming.has(piece)) continue;
        coming.add(piece);
        setTimeout(() => {
          coming.delete(piece);
          const { message, buffers } = revived(pieces[piece]);
          n += 1;
          for (const hear of heard) hear({ ...message, n }, buffers);
        });
      }
    },
    on: (/** @type {string} */ name, /** @type {Function} */ hear) => void (name === "msg:custom" && heard.add(hear)),
    off: (/** @type {string} */ _, /** @type {Function} */ hear) => void heard.delete(hear),
  };
  const el = /** @type {HTMLElement} */ (document.getElementById(id));
  const parts = canvas();
  parts.initialize({ model });
  el.replaceChildren();
  parts.render({ model, el });
}
