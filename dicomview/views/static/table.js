// @ts-check
/**
 * The table of the elements of one slice: of thousands of rows those in sight are on the page. Python sends all rows
 * once and then what is new in them. Text from files reaches the page through `textContent` alone.
 */
import { callPython } from "./call.js";
import { add, addButton, keepKeys } from "./elements.js";

/** @typedef {[path: string, tag: string, name: string, vr: string, value: string, problem: string]} Row
 * @typedef {{get: (name: string) => any, send: (content: any) => void, on: Function, off: Function}} Messages */

const ROW = 22; // CSS pixels, as in browser.css
const SPARE = 6; // rows above and below what is in sight
const REST_MS = 150; // so long a row rests under the arrow keys before it is plotted
/** @type {Record<string, (at: number, page: number) => number>} */
const STEPS = {
  ArrowUp: (at) => at - 1,
  ArrowDown: (at) => at + 1,
  PageUp: (at, page) => at - page,
  PageDown: (at, page) => at + page,
  Home: () => 0,
  End: () => Infinity,
};

/** Whether a key is the notebook's. @param {KeyboardEvent} event */
const leftKey = ({ key, ctrlKey, metaKey, altKey, shiftKey }) => key === "Escape" || ctrlKey || metaKey || altKey || (key === "Enter" && shiftKey);

/** The last step of a path, with the item it is in: "[2].GantryAngle". @param {string} path */
export const stepOf = (path) => path.slice(Math.max(0, path.lastIndexOf("[")));

/** Rows in which every word occurs, in whatever case. @param {string[]} texts lower case @param {string} wish
 * @param {Set<number> | null} among no others, if given @returns {number[]} */
export function found(texts, wish, among = null) {
  const words = wish.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = [];
  for (let i = 0; i < texts.length; i++) {
    if ((!among || among.has(i)) && words.every((word) => texts[i].includes(word))) rows.push(i);
  }
  return rows;
}

/** What is searched of a row; the tag with and without punctuation. @param {Row} row */
export const searched = ([path, tag, name, vr, value]) => `${path}\n${tag}\n${tag.replace(/\W/g, "")}\n${name}\n${vr}\n${value}`.toLowerCase();

class TagTable {
  rows = /** @type {Row[]} */ ([]);
  texts = /** @type {string[]} */ ([]);
  marked = new Set();
  shown = /** @type {number[]} */ ([]); // numbers of rows, after the search
  chosen = ""; // path
  lines = /** @type {any[]} */ ([]); // elements of rows, used again and again
  resting = /** @type {any} */ (0);
  plot = { left: 0, right: 1, count: 1 };
  address = "";
  listeners = new AbortController();
  /** @param {Messages} model @param {HTMLElement} el */
  constructor(model, el) {
    this.model = model;
    el.classList.add("dicomview-host");
    const { signal } = this.listeners;
    const root = add("div", "tags", el);
    this.root = root;
    const head = add("div", "tools", root);
    this.search = Object.assign(add("input", "search", head), { type: "search", placeholder: "search", ariaLabel: "search the elements: words in path, tag, name or value", spellcheck: false });
    this.only = Object.assign(addButton(head, "only", "only what differs from the slice before", { text: "≠" }), { ariaPressed: "false" });
    this.count = Object.assign(add("span", "count", head), { role: "status" });
    this.grid = Object.assign(add("div", "grid", root), { tabIndex: 0, role: "grid", ariaLabel: "elements", ariaColCount: "5" });
    const titles = Object.assign(add("div", "attribute titles", this.grid), { role: "row", ariaRowIndex: "1" });
    for (const title of ["≠", "tag", "element", "VR", "value"]) Object.assign(add("span", "cell", titles, title), { role: "columnheader" });
    this.paper = Object.assign(add("div", "paper", this.grid), { role: "presentation" });
    this.detail = add("div", "detail", root);
    const line = add("div", "tools", this.detail);
    this.path = add("code", "path", line);
    this.copy = addButton(line, "copy", "copy the path (Ctrl C)", { text: "copy path" });
    this.about = add("div", "about", this.detail);
    this.figure = Object.assign(add("div", "figure", root), { hidden: true });
    this.image = add("img", "plot", this.figure);
    this.mark = add("div", "now", this.figure);
    this.words = add("div", "words", root);
    /** @type {(target: EventTarget, name: string, handler: (event: any) => void) => void} */
    const on = (target, name, handler) => target.addEventListener(name, handler, { signal });
    on(this.search, "input", () => this.filter());
    on(this.only, "click", () => {
      this.only.ariaPressed = String(this.only.ariaPressed !== "true");
      this.filter();
    });
    on(this.grid, "scroll", () => this.draw());
    on(this.paper, "click", (event) => {
      const row = event.target.closest("[data-row]");
      if (row) this.choose(this.rows[Number(row.dataset.row)][0], 0);
    });
    on(this.grid, "keydown", this.onKey);
    on(root, "keydown", this.keepKey);
    keepKeys(root, leftKey, signal);
    on(this.copy, "click", () => this.toClipboard());
    this.size = new ResizeObserver(() => this.draw());
    this.size.observe(this.grid);
    model.on("msg:custom", this.onMessage);
    this.showChosen();
    callPython(model, this.count, signal);
  }
  close() {
    clearTimeout(this.resting);
    this.size.disconnect();
    this.listeners.abort();
    this.model.off("msg:custom", this.onMessage);
    URL.revokeObjectURL(this.address);
  }
  /** @param {any} message @param {DataView<ArrayBuffer>[]} buffers */
  onMessage = (message, buffers) => {
    if (message.kind === "rows") {
      this.rows = message.rows;
      this.texts = this.rows.map(searched);
    } else if (message.kind === "step") {
      for (const [number, value, problem] of message.values) {
        const row = this.rows[number];
        [row[4], row[5]] = [value, problem];
        this.texts[number] = searched(row);
      }
    } else if (message.kind === "chosen") {
      this.chosen = message.path;
      this.showChosen();
      this.draw();
      return;
    } else if (message.kind === "plot") return this.showPlot(message, buffers);
    else return;
    this.place = message.place;
    this.at = message.at;
    this.marked = new Set(message.marked);
    this.filter();
    this.showChosen();
    this.showNow();
  };
  filter() {
    const some = this.only.ariaPressed === "true";
    this.shown = found(this.texts, this.search.value, some ? this.marked : null);
    const all = this.rows.length;
    const number = (/** @type {number} */ n) => n.toLocaleString("en");
    this.count.textContent = `${this.shown.length === all ? "" : `${number(this.shown.length)} of `}${number(all)} elements${this.place ? ` · ${this.place}` : ""}`;
    this.root.dataset.shown = String(this.shown.length);
    this.paper.style.height = `${ROW * this.shown.length}px`;
    this.grid.ariaRowCount = String(this.shown.length + 1);
    this.draw();
  }
  /** Put the rows in sight on the page. */
  draw() {
    const first = Math.max(0, Math.floor(this.grid.scrollTop / ROW) - SPARE);
    const last = Math.min(this.shown.length, first + Math.ceil(this.grid.clientHeight / ROW) + 2 * SPARE);
    let active = "";
    for (let at = first; at < last; at++) {
      const line = (this.lines[at - first] ??= this.newLine());
      const number = this.shown[at];
      const [path, tag, name, vr, value, problem] = this.rows[number];
      const differs = this.marked.has(number);
      line.row.hidden = false;
      line.row.style.transform = `translateY(${ROW * at}px)`;
      Object.assign(line.row.dataset, { row: String(number), path });
      line.row.ariaRowIndex = String(at + 2);
      line.row.title = `${path}\n${name}${problem ? `\n${problem}` : ""}`;
      line.row.classList.toggle("dicomview-differs", differs);
      line.row.classList.toggle("dicomview-faulty", problem !== "");
      const chosen = path === this.chosen;
      line.row.ariaSelected = String(chosen);
      if (chosen) active = line.row.id;
      // Where rows are left out, those above a nested one may be among them.
      const outer = this.shown.length < this.rows.length ? path.slice(0, Math.max(0, path.lastIndexOf("."))) : "";
      const depth = path.split(".").length - 1;
      line.cells[2].style.paddingLeft = outer ? "" : `${Math.min(depth, 8) * 10}px`;
      const step = outer ? `${path.slice(outer.length + 1)} in ${outer}` : stepOf(path);
      const word = step.replace(tag, () => name || tag); // a private element has no keyword
      [differs ? "≠" : "", tag, word, vr, value].forEach((text, i) => {
        if (line.cells[i].textContent !== text) line.cells[i].textContent = text;
      });
    }
    for (const line of this.lines.slice(Math.max(0, last - first))) line.row.hidden = true;
    if (active) this.grid.setAttribute("aria-activedescendant", active);
    else this.grid.removeAttribute("aria-activedescendant");
  }
  newLine() {
    const row = Object.assign(add("div", "attribute", this.paper), { role: "row", id: `dicomview-row-${crypto.getRandomValues(new Uint32Array(2)).join("-")}` });
    const cells = ["differs", "tag", "element", "vr", "value"].map((name) => Object.assign(add("span", `cell ${name}`, row), { role: "gridcell" }));
    return { row, cells };
  }
  /** Choose a row; Python hears of it when it has rested. @param {string} path @param {number} rest ms */
  choose(path, rest) {
    this.chosen = path;
    this.showChosen();
    this.draw();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.model.send({ kind: "choose", path }), rest);
  }
  showChosen() {
    const row = this.rows.find(([path]) => path === this.chosen);
    this.detail.hidden = !this.chosen;
    this.path.textContent = this.chosen;
    const [, tag, name, vr, value, problem] = row ?? ["", "", "not in this slice", "", "", ""];
    this.about.textContent = [[name, tag, vr].filter(Boolean).join(" · "), value, problem].filter(Boolean).join("\n");
  }
  /** @param {any} message @param {DataView<ArrayBuffer>[]} buffers */
  showPlot(message, buffers) {
    URL.revokeObjectURL(this.address);
    this.figure.hidden = !buffers.length;
    this.words.textContent = message.words === this.chosen ? "" : message.words; // the path stands above
    if (!buffers.length) return;
    this.address = URL.createObjectURL(new Blob([buffers[0]], { type: "image/png" }));
    this.image.src = this.address;
    this.image.alt = message.words;
    this.plot = message;
    this.showNow();
  }
  /** Where the shown slice is in the plot. */
  showNow() {
    const { left, right, count } = this.plot;
    this.mark.style.left = `${100 * (left + ((right - left) * (this.at ?? 0)) / Math.max(1, count - 1))}%`;
    this.root.dataset.at = String(this.at ?? "");
  }
  onKey = (/** @type {KeyboardEvent} */ event) => {
    const step = STEPS[event.key];
    if (event.key.toLowerCase() === "c" && (event.ctrlKey || event.metaKey) && this.chosen && !String(getSelection())) this.toClipboard();
    else if (step && !event.ctrlKey && !event.metaKey && !event.altKey && this.shown.length) {
      const page = Math.max(1, Math.floor(this.grid.clientHeight / ROW) - 2);
      const now = this.shown.findIndex((number) => this.rows[number][0] === this.chosen);
      const at = Math.min(this.shown.length - 1, Math.max(0, step(now, page)));
      const [top, bottom] = [ROW * at, ROW * (at + 2) - this.grid.clientHeight]; // the titles take a row
      this.grid.scrollTop = Math.min(Math.max(this.grid.scrollTop, bottom), top);
      this.choose(this.rows[this.shown[at]][0], REST_MS);
    } else return;
    event.preventDefault();
  };
  /** In a notebook a letter is a command: what is typed here stops here. */
  keepKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape" && this.search.value) {
      this.search.value = "";
      this.filter();
    } else if (leftKey(event)) return;
    event.stopPropagation();
  };
  async toClipboard() {
    let words = "copied";
    try {
      await navigator.clipboard.writeText(this.chosen);
    } catch {
      // Not allowed, or a page of an unsafe address: what is selected can be copied all the same.
      const range = document.createRange();
      range.selectNodeContents(this.path);
      getSelection()?.removeAllRanges();
      getSelection()?.addRange(range);
      if (!document.execCommand("copy")) words = "selected";
    }
    this.copy.textContent = words;
    setTimeout(() => (this.copy.textContent = "copy path"), 1000);
  }
}

export default {
  render(/** @type {{model: Messages, el: HTMLElement}} */ { model, el }) {
    const table = new TagTable(model, el);
    return () => table.close();
  },
};
