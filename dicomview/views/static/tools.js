// @ts-check
/** The toolbar: what it offers of a scene, what it shows of a state, and what is chosen there. */
import { putIcon } from "./icons.js";
import { buildAxes, buildLayers, markGaps } from "./page.js";
import { brief } from "./window.js";

/** @typedef {import("./view.js").View} View @typedef {import("./view.js").State} State @typedef {import("./view.js").Scene} Scene */

const RATE = 10; // pictures per second, where the file says none
const NO_WINDOW_TYPED = "A window needs a number as center and a number above 0 as width; it stays as it was.";

export class Tools {
  axes = /** @type {{slider: any, label: any}[]} */ ([]);
  layers = /** @type {any[]} */ ([]);
  numbers = ["", ""]; // of the window
  gapsOf = ""; // the plane whose gaps are marked
  opener = /** @type {HTMLElement | null} */ (null); // what had the focus before the help page
  /** @param {View} view @param {ReturnType<typeof import("./page.js").buildPage>} page @param {AbortSignal} signal */
  constructor(view, { tools, cine, help, stage }, signal) {
    this.view = view;
    this.parts = tools;
    this.cine = cine;
    this.help = help;
    this.stage = stage;
    /** @type {(target: HTMLElement, name: string, handler: (event: any) => void) => void} */
    const on = (target, name, handler) => target.addEventListener(name, handler, { signal });
    for (const hand of [...tools.hands, ...tools.rulers]) on(hand, "click", () => view.hand.choose(hand.value));
    on(tools.slider, "input", () => view.moveAlong(0, Number(tools.slider.value)));
    on(tools.planes, "change", () => view.change({ plane: tools.planes.value }));
    on(tools.colormaps, "change", () => view.change({ colormap: tools.colormaps.value }));
    on(tools.presets, "change", () => {
      const { name, table, center, width, function: shape } = view.scene.presets[Number(tools.presets.value)];
      view.change({ window: table ? { table: name } : { center, width, function: shape } });
    });
    for (const field of [tools.center, tools.width]) on(field, "change", this.onNumber);
    const keys = { fit: "0", pixels: "1", rotate: "r", flip: "f", invert: "i", help: "?" };
    for (const [name, key] of Object.entries(keys)) on(/** @type {any} */ (tools)[name], "click", () => view.hand.deeds[key]());
    on(tools.reset, "click", () => view.goHome());
    on(help, "click", () => this.toggleHelp());
    on(cine.play, "click", () => view.togglePlay());
    on(cine.rate, "change", () => {
      cine.rate.value = brief(this.rate);
      if (view.film.running) view.play();
    });
    on(cine.loop, "click", () => {
      cine.loop.ariaPressed = String(!this.looping);
      if (view.film.running) view.play();
    });
  }
  get looping() {
    return this.cine.loop.ariaPressed === "true";
  }
  get rate() {
    return Math.min(120, Math.max(0.1, Number(this.cine.rate.value) || RATE));
  }
  get helping() {
    return !this.help.hidden;
  }
  toggleHelp() {
    const { activeElement } = /** @type {Document | ShadowRoot} */ (this.help.getRootNode());
    if (!this.helping) this.opener = activeElement === this.parts.help ? this.parts.help : this.stage;
    this.help.hidden = this.helping;
    this.parts.help.ariaExpanded = String(this.helping);
    (this.helping ? this.help : this.opener).focus({ preventScroll: true });
  }
  /** A number typed into a field; half a number is none. Where a table stood, nothing happens until both are there. */
  onNumber = () => {
    const { window } = this.view;
    const held = "levels" in window ? [NaN, NaN] : [window.center, window.width]; // with more digits than the field shows
    const [center, width] = [this.parts.center, this.parts.width].map(({ value }, i) =>
      value === "" ? NaN : value === this.numbers[i] ? held[i] : Number(value),
    );
    const wrong = this.parts.width.value !== "" && !(Number(this.parts.width.value) > 0);
    const missing = "levels" in window && !wrong && [this.parts.center, this.parts.width].some(({ value, validity }) => value === "" && !validity.badInput);
    if (Number.isFinite(center) && width > 0) {
      this.view.words.unsayTrouble(NO_WINDOW_TYPED);
      this.view.change({ window: { center, width, function: "levels" in window ? "LINEAR" : window.function } });
    } else if (!missing) {
      this.view.words.sayTrouble(NO_WINDOW_TYPED);
      this.showNumbers();
    }
  };
  /** What there is to choose from. @param {Scene} scene */
  open({ index_name: counted, planes, refused, presets, colour, axes, cine, colormaps, controls }) {
    const { parts } = this;
    parts.bar.hidden = !controls;
    parts.slider.title = parts.slider.ariaLabel = counted;
    const reasons = Object.entries(refused);
    parts.planes.replaceChildren(
      ...Object.keys(planes).map((plane) => new Option(plane, plane)),
      ...reasons.map(([plane, title]) => Object.assign(new Option(plane, plane), { disabled: true, title })),
    );
    parts.planes.title = ["plane", ...reasons.map(([plane, reason]) => `no ${plane}: ${reason}`)].join("\n");
    parts.planes.hidden = parts.planes.length < 2;
    parts.presets.replaceChildren(
      Object.assign(new Option("window …", ""), { disabled: true }),
      ...presets.map((p, i) => new Option(p.table ? p.name : `${p.name}  ${brief(p.center)}/${brief(p.width)}`, String(i))),
    );
    parts.presets.hidden = !presets.length;
    parts.colormaps.replaceChildren(...colormaps.map((name) => new Option(name, name)));
    for (const part of [parts.presets, parts.numbers, parts.colormaps, parts.hands[0]]) part.hidden ||= colour;
    for (const ruler of parts.rulers) ruler.hidden = !this.view.measures.able;
    this.view.hand.tool = this.view.link.told?.hand ?? this.view.hand.tool;
    this.openLink();
    this.openLayers(this.view.scene);
    this.axes = buildAxes(parts.axes, axes);
    this.axes.forEach(({ slider }, axis) => {
      slider.addEventListener("input", () => this.view.moveAlong(axis + 1, Number(slider.value)));
    });
    this.cine.film.hidden = !this.view.plays;
    this.cine.rate.value = brief(cine?.rate ?? RATE);
    this.gapsOf = "";
    this.showFilm(false);
  }
  /** Whether there is a crosshair, and what a drag does where there is none. */
  openLink() {
    const { hand, link, scene } = this.view;
    const cross = Boolean(link.told?.cross);
    this.parts.hands[4].hidden = !cross;
    if (!cross && hand.tool === "cross") hand.tool = "window";
    if (scene.colour && hand.tool === "window") hand.tool = "pan"; // colours have no window
    this.showHand(hand.drags);
  }
  /** What there is over the pictures; where that has not changed, a hand or the focus may be on it. @param {Scene} scene */
  openLayers({ layers, colourless }) {
    const { parts } = this;
    const [old, now] = [this.layers.map(({ name, color }) => [name, color.hidden]), layers.map((name) => [name, colourless.includes(name)])];
    parts.layers.hidden = !layers.length;
    if (JSON.stringify(old) === JSON.stringify(now)) return;
    this.layers = buildLayers(parts.layers, layers);
    for (const { name, button, color, opacity } of this.layers) {
      color.hidden = colourless.includes(name);
      button.addEventListener("click", () => this.view.look(name, { shown: !this.view.state.layers[name].shown }));
      color.addEventListener("input", () => this.view.look(name, { color: color.value }));
      opacity.addEventListener("input", () => this.view.look(name, { opacity: Number(opacity.value) }));
    }
  }
  /** @param {State} state */
  show(state) {
    const { parts, view } = this;
    const { plane, at, last } = view.wish;
    Object.assign(parts.slider, { max: String(last), value: String(at[0]), disabled: last === 0 });
    parts.slider.ariaValueText = `${plane} ${at[0] + 1} of ${last + 1}`;
    if (this.gapsOf !== plane) markGaps(parts, view.scene.planes[plane].gaps, last + 1);
    this.gapsOf = plane;
    this.axes.forEach(({ slider: other, label }, axis) => {
      const { labels } = view.scene.axes[axis];
      other.value = String(at[axis + 1]);
      label.textContent = `${labels[at[axis + 1]]} (${at[axis + 1] + 1}/${labels.length})`;
      other.ariaValueText = label.textContent;
    });
    parts.planes.value = plane;
    for (const { name, button, color, opacity } of this.layers) {
      const look = state.layers[name];
      if (!look) continue; // it has just been taken away
      button.ariaPressed = String(look.shown);
      color.value = look.color;
      button.style.borderLeftColor = color.hidden ? "gray" : look.color;
      opacity.value = String(look.opacity);
    }
    parts.flip.ariaPressed = String(state.flip);
    parts.invert.ariaPressed = String(state.invert);
    if (![...parts.colormaps.options].some(({ value }) => value === state.colormap)) parts.colormaps.append(new Option(state.colormap));
    parts.colormaps.value = state.colormap;
    this.showWindow(state);
  }
  /** @param {State} state */
  showWindow({ window }) {
    const { parts, view } = this;
    if (!window) return;
    const same = (/** @type {any} */ p) =>
      "table" in window
        ? p.table && p.name === window.table
        : !p.table && p.center === window.center && p.width === window.width && p.function === window.function;
    const chosen = view.scene.presets.findIndex(same);
    parts.presets.value = chosen < 0 ? "" : String(chosen);
    const numbers = "table" in window ? ["", ""] : [window.center, window.width].map((x) => String(Number(x.toPrecision(7))));
    if (numbers.join() === this.numbers.join()) return; // a number that is being typed stays
    view.words.unsayTrouble(NO_WINDOW_TYPED); // it did not stay as it was
    this.numbers = numbers;
    this.showNumbers();
  }
  showNumbers() {
    [this.parts.center.value, this.parts.width.value] = this.numbers;
  }
  /** @param {string} tool */
  showHand(tool) {
    this.stage.dataset.tool = tool;
    for (const hand of [...this.parts.hands, ...this.parts.rulers]) hand.ariaPressed = String(hand.value === tool);
  }
  /** @param {boolean} running */
  showFilm(running) {
    putIcon(this.cine.play, running ? "stop" : "play");
    this.cine.play.ariaPressed = String(running);
  }
}
