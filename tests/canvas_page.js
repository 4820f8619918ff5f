// @ts-check
/**
 * A front end of widgets without JupyterLab, for the tests: models on one side, a WebSocket to Python on the other.
 *
 * What a widget's module can tell from the real one is kept: the names of anywidget's model, buffers as DataViews where
 * they happen to lie in a message, all traits of an update set before the first of them is told, at most one update
 * of a model unanswered and the newest values in the next, and echoes that do not undo what was set since.
 *
 * A frame is the length of its head (4 bytes), the head (JSON), then the buffers, whose lengths the head has in `sizes`.
 */

/** @type {Map<string, Model>} */
const models = new Map();
const seen = { frames: 0, wheels: 0 }; // frames of Python's handled, wheel events of the whole page
/** @type {Set<() => void>} */
const waiting = new Set(); // until something of it is more
let sent = 0; // messages to Python, which answers each of a model with "idle"
const link = new WebSocket(`ws://${location.host}/link`);
link.binaryType = "arraybuffer";
const heard = { capture: true, passive: true };
addEventListener("wheel", () => setTimeout(() => count("wheels")), heard); // when all listeners have had it

/** @param {"frames" | "wheels"} what */
function count(what) {
  seen[what] += 1;
  for (const look of waiting) look();
}

/** @param {any} head @param {ArrayBufferView[]} buffers */
function post(head, buffers = []) {
  const text = new TextEncoder().encode(JSON.stringify({ ...head, sizes: buffers.map((one) => one.byteLength) }));
  link.send(new Blob([new Uint32Array([text.length]), text, ...buffers]));
}

link.onmessage = ({ data: frame }) => {
  const length = new DataView(frame).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(frame, 4, length)));
  let at = 4 + length;
  const buffers = head.sizes.map((/** @type {number} */ size) => new DataView(frame, (at += size) - size, size));
  try {
    receive(head, buffers);
  } finally {
    count("frames");
  }
};

/** @param {any} head @param {DataView[]} buffers */
function receive({ comm, type, data, parent }, buffers) {
  const model = models.get(comm);
  if (type === "comm_open") models.set(comm, new Model(comm, joined(data.state, data.buffer_paths, buffers)));
  else if (type === "comm_close") model?.close();
  else if (type === "idle") model?.idle(parent);
  else if (data.method === "custom") model?.emit("msg:custom", data.content, buffers);
  else if (data.method === "update") model?.assign(joined(data.state, data.buffer_paths, buffers));
  else if (data.method === "echo_update") model?.echo(joined(data.state, data.buffer_paths, buffers), parent);
  else throw new Error(`no front end knows the method ${data.method}`);
}

/** Put buffers back into the state they were taken from. @param {any} state @param {any[][]} paths @param {any[]} buffers */
function joined(state, paths = [], buffers = []) {
  paths.forEach((path, i) => (path.slice(0, -1).reduce((inner, key) => inner[key], state)[path.at(-1)] = buffers[i]));
  return state;
}

/** Take buffers out of a value. @param {any} value @param {any[]} path @param {any[][]} paths @param {any[]} buffers @returns {any} */
function parted(value, path, paths, buffers) {
  if (ArrayBuffer.isView(value)) {
    paths.push(path);
    buffers.push(value);
    return undefined; // JSON leaves it out of an object, and has null in a list
  }
  if (Array.isArray(value)) return value.map((one, i) => parted(one, [...path, i], paths, buffers));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, parted(one, [...path, key], paths, buffers)]));
}

/** @param {any} a @param {any} b @returns {boolean} */
function same(a, b) {
  if (a === b || typeof a !== "object" || typeof b !== "object" || !a || !b) return a === b;
  if (ArrayBuffer.isView(a) || ArrayBuffer.isView(b)) return false; // as the real one has it: never looked into
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && same(a[key], b[key]));
}

class Model {
  listeners = /** @type {{name: string, callback: Function, owner: any}[]} */ ([]);
  unsaved = /** @type {Record<string, any>} */ ({}); // set, not yet saved
  waiting = /** @type {Record<string, any> | null} */ (null); // saved, not yet sent
  unanswered = 0; // the update that Python has not done with
  open = 0; // messages of any kind that Python has not done with
  expected = /** @type {Map<string, number>} */ (new Map()); // the message whose echo is waited for, by trait
  ends = new AbortController();
  /** @param {string} id @param {Record<string, any>} state */
  constructor(id, state) {
    this.id = id;
    this.state = state;
    this.definition = this.load();
  }
  async load() {
    const url = URL.createObjectURL(new Blob([this.state._esm], { type: "text/javascript" }));
    const { default: given } = await import(url);
    URL.revokeObjectURL(url);
    const definition = typeof given === "function" ? await given() : given;
    const style = document.head.appendChild(document.createElement("style"));
    style.textContent = this.state._css ?? "";
    const cleanup = await definition.initialize?.({ model: this.proxy(this), signal: this.ends.signal, experimental: {} });
    this.ends.signal.addEventListener("abort", () => {
      style.remove();
      cleanup?.();
    });
    return definition;
  }
  /** One more output of this model. @param {string} name */
  async render(name) {
    const el = document.body.appendChild(Object.assign(document.createElement("div"), { id: name, className: "output" }));
    const { render } = await this.definition;
    const view = {};
    const cleanup = await render({ model: this.proxy(view), el, signal: this.ends.signal, experimental: {} });
    this.ends.signal.addEventListener("abort", () => {
      this.listeners = this.listeners.filter(({ owner }) => owner !== view);
      cleanup?.();
      el.remove();
    });
  }
  /** What a module gets to see of the model. @param {any} owner whose listeners `off` takes away */
  proxy(owner) {
    return {
      get: (/** @type {string} */ name) => this.state[name],
      set: (/** @type {any} */ name, /** @type {any} */ value) => this.set(typeof name === "string" ? { [name]: value } : name),
      save_changes: () => this.save(),
      send: (/** @type {any} */ content, /** @type {any} */ _, /** @type {any} */ buffers = []) =>
        this.post({ method: "custom", content }, buffers.map((/** @type {any} */ b) => (ArrayBuffer.isView(b) ? b : new Uint8Array(b)))),
      on: (/** @type {string} */ names, /** @type {Function} */ callback) =>
        names.split(/\s+/).forEach((name) => this.listeners.push({ name, callback, owner })),
      off: (/** @type {string | null} */ name = null, /** @type {Function | null} */ callback = null) => {
        this.listeners = this.listeners.filter(
          (one) => one.owner !== owner || (name && one.name !== name) || (callback && one.callback !== callback),
        );
      },
    };
  }
  /** @param {string} name @param {any[]} values */
  emit(name, ...values) {
    for (const one of [...this.listeners]) if (one.name === name) one.callback(...values);
  }
  /** Take values over and tell of those that are new. @param {Record<string, any>} values */
  assign(values) {
    const changed = Object.fromEntries(Object.entries(values).filter(([name, value]) => !same(this.state[name], value)));
    Object.assign(this.state, changed);
    for (const [name, value] of Object.entries(changed)) this.emit(`change:${name}`, this, value);
    if (Object.keys(changed).length) this.emit("change", this);
  }
  /** Values of the module's. @param {Record<string, any>} values */
  set(values) {
    const fresh = Object.entries(values).filter(([name, value]) => !same(this.state[name], value));
    Object.assign(this.unsaved, Object.fromEntries(fresh)); // before the listeners, who may save at once
    this.assign(values);
  }
  save() {
    if (Object.keys(this.unsaved).length) this.waiting = { ...this.waiting, ...this.unsaved };
    this.unsaved = {};
    if (this.unanswered || !this.waiting) return;
    const [paths, buffers] = [/** @type {any[]} */ ([]), /** @type {any[]} */ ([])];
    const state = parted(this.waiting, [], paths, buffers);
    const id = this.post({ method: "update", state, buffer_paths: paths }, buffers);
    for (const name of Object.keys(this.waiting)) this.expected.set(name, id);
    this.waiting = null;
    this.unanswered = id;
  }
  /** @param {any} data @param {ArrayBufferView[]} buffers */
  post(data, buffers) {
    sent += 1;
    this.open += 1;
    post({ comm: this.id, id: sent, data }, buffers);
    return sent;
  }
  /** Python has done with a message. @param {number} id */
  idle(id) {
    this.open -= 1;
    if (id !== this.unanswered) return;
    this.unanswered = 0;
    this.save();
  }
  /** @param {Record<string, any>} state @param {number | null} parent */
  echo(state, parent) {
    const known = Object.entries(state).filter(([name]) => {
      const id = this.expected.get(name);
      if (id === parent) this.expected.delete(name);
      return id === undefined || (id === parent && !(this.waiting && name in this.waiting));
    });
    this.assign(Object.fromEntries(known));
  }
  close() {
    models.delete(this.id);
    this.ends.abort();
  }
}

Object.assign(window, {
  harness: {
    seen,
    connected: () => link.readyState === WebSocket.OPEN,
    render: (/** @type {string} */ id, /** @type {string} */ name) => /** @type {Model} */ (models.get(id)).render(name),
    /** What the page shows when the next frame is drawn. @param {string} selector */
    async look(selector) {
      await new Promise(requestAnimationFrame);
      const root = /** @type {HTMLElement | null} */ (document.querySelector(selector));
      const fault = root?.querySelector(".dicomview-fault")?.textContent ?? "";
      const open = [...models.values()].reduce((sum, model) => sum + model.open, 0);
      return { frames: seen.frames, open, marks: { ...root?.dataset }, fault };
    },
    /** Wait until so many frames or wheel events have been seen. @param {"frames" | "wheels"} what @param {number} least */
    until: (what, least) =>
      new Promise((resolve) => {
        const look = () => {
          if (seen[what] < least) return;
          waiting.delete(look);
          resolve(seen[what]);
        };
        waiting.add(look);
        look();
      }),
    /** Bring an element into sight and return where it is. @param {string} selector */
    box(selector) {
      const element = /** @type {HTMLCanvasElement} */ (document.querySelector(selector));
      element.scrollIntoView({ block: "nearest", inline: "nearest" });
      const { left, top, width, height } = element.getBoundingClientRect();
      return [left, top, width, height, element.width, element.height];
    },
    /** Send each so-manyth row and column of a canvas's backing store. @param {string} selector @param {number} every */
    pixels(selector, every) {
      const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector(selector));
      const { width, height } = canvas;
      const copy = /** @type {OffscreenCanvasRenderingContext2D} */ (new OffscreenCanvas(width, height).getContext("2d"));
      copy.drawImage(canvas, 0, 0);
      const all = new Uint32Array(copy.getImageData(0, 0, width, height).data.buffer);
      const [rows, columns] = [Math.ceil(height / every), Math.ceil(width / every)];
      const some = every === 1 ? all : new Uint32Array(rows * columns);
      if (every > 1) some.forEach((_, i) => (some[i] = all[every * (Math.floor(i / columns) * width + (i % columns))]));
      post({ rows, columns }, [some]);
    },
  },
});
