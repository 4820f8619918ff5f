// @ts-check
/**
 * The list of stacks: a picture, what it is, its verdict. Pictures are asked for when their row comes into sight. Text
 * from files reaches the page through `textContent` alone.
 */
import { callPython } from "./call.js";
import { add, keepKeys } from "./elements.js";

/** @typedef {{title: string, size: string, verdict: string, sound: boolean, picture: boolean}} Entry
 * @typedef {{send: (content: any) => void, on: Function, off: Function}} Line */

/** @type {Record<string, (at: number) => number>} */
const MOVES = { ArrowUp: (at) => at - 1, ArrowDown: (at) => at + 1, Home: () => 0, End: () => Infinity };

class SeriesList {
  options = /** @type {any[]} */ ([]);
  addresses = /** @type {string[]} */ ([]);
  at = 0;
  listeners = new AbortController();
  /** @param {Line} model @param {HTMLElement} el */
  constructor(model, el) {
    this.model = model;
    el.classList.add("dicomview-host");
    const { signal } = this.listeners;
    this.root = Object.assign(add("div", "list", el), { tabIndex: 0, role: "listbox", ariaLabel: "series" });
    this.beside = add("div", "beside", el);
    const wanted = new Set();
    this.sight = new IntersectionObserver((seen) => {
      for (const { target, isIntersecting } of seen) {
        const number = Number(/** @type {HTMLElement} */ (target).dataset.number);
        if (isIntersecting) wanted.add(number);
        else wanted.delete(number);
      }
      const numbers = [...wanted].filter((number) => this.options[number]?.waits);
      if (numbers.length) model.send({ kind: "pictures", numbers });
    });
    this.root.addEventListener("click", (/** @type {MouseEvent} */ event) => {
      const option = /** @type {HTMLElement} */ (event.target).closest("[data-number]");
      if (option) this.choose(Number(/** @type {HTMLElement} */ (option).dataset.number));
    }, { signal });
    const left = (/** @type {KeyboardEvent} */ { key, ctrlKey, metaKey, altKey }) => !MOVES[key] || ctrlKey || metaKey || altKey;
    keepKeys(this.root, left, signal);
    this.root.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (left(event)) return;
      event.preventDefault();
      event.stopPropagation();
      this.choose(Math.min(this.options.length - 1, Math.max(0, MOVES[event.key](this.at))));
    }, { signal });
    model.on("msg:custom", this.onMessage);
    callPython(model, this.beside, signal);
  }
  close() {
    this.sight.disconnect();
    this.listeners.abort();
    this.model.off("msg:custom", this.onMessage);
    for (const address of this.addresses) URL.revokeObjectURL(address);
  }
  /** @param {any} message @param {DataView<ArrayBuffer>[]} buffers */
  onMessage = (message, buffers) => {
    if (message.kind === "list") this.fill(message);
    else if (message.kind === "chosen") this.show(message.number);
    else if (message.kind === "picture" && this.options[message.number]?.waits) {
      const option = this.options[message.number];
      option.waits = false;
      if (!buffers.length) return void (option.frame.textContent = "?");
      const address = URL.createObjectURL(new Blob([buffers[0]], { type: "image/png" }));
      this.addresses.push(address);
      option.frame.replaceChildren(Object.assign(document.createElement("img"), { src: address, alt: "" }));
    }
  };
  /** @param {{entries: Entry[], beside: string, number: number}} message */
  fill({ entries, beside, number }) {
    this.sight.disconnect();
    this.root.replaceChildren();
    this.options = entries.map((entry, i) => {
      const row = Object.assign(add("div", "option", this.root), { role: "option", id: `dicomview-option-${crypto.getRandomValues(new Uint32Array(2)).join("-")}` });
      row.dataset.number = String(i);
      const frame = add("span", "thumbnail", row);
      const words = add("span", "entry", row);
      add("span", "entry-title", words, entry.title);
      add("span", "entry-size", words, entry.size);
      add("span", entry.sound ? "verdict" : "verdict unsound", words, entry.verdict);
      row.title = [entry.title, entry.size, entry.verdict].join("\n");
      if (entry.picture) this.sight.observe(row);
      return { row, frame, waits: entry.picture };
    });
    this.beside.textContent = beside;
    this.show(number);
  }
  /** @param {number} number */
  show(number) {
    this.at = number;
    this.options.forEach(({ row }, i) => (row.ariaSelected = String(i === number)));
    const row = this.options[number]?.row;
    if (!row) return;
    this.root.setAttribute("aria-activedescendant", row.id);
    const [top, bottom] = [row.offsetTop, row.offsetTop + row.offsetHeight - this.root.clientHeight];
    this.root.scrollTop = Math.min(Math.max(this.root.scrollTop, bottom), top);
  }
  /** @param {number} number */
  choose(number) {
    if (number === this.at) return;
    this.show(number);
    this.model.send({ kind: "choose", number });
  }
}

export default {
  render(/** @type {{model: Line, el: HTMLElement}} */ { model, el }) {
    const list = new SeriesList(model, el);
    return () => list.close();
  },
};
