// @ts-check
/**
 * Views that show the same point. The views of a page find each other by the name of their group, whatever module they
 * come from; a gesture moves the others in the same event, without the kernel. What a view must know of space comes with
 * `_link`: where the slices of each plane lie. `dicomview.render.places` has the same formulas.
 *
 * @typedef {{origins: number[][], down: number[], across: number[], step: number}} Places in the space of the group:
 *   first pixel of each slice, one step to the next row and column, the usual distance of two slices
 * @typedef {{group?: string, planes: Record<string, Places>, shared: (keyof State)[], cross: boolean, views: number,
 *   hand?: string, note?: string}} Told `shared` are the parts of the state that all have alike; `cross` says whether the point is
 *   drawn; `hand` is the tool to begin with, `note` what must be said of the link
 * @typedef {import("./view.js").State} State @typedef {import("./view.js").View} View
 * @typedef {import("./store.js").Model} Model @typedef {import("./store.js").Store} Store
 */

const NAME = Symbol.for("dicomview.links");
/** @type {Map<string, Set<Link>>} the one of the page, for each widget comes with a module of its own */
const groups = (/** @type {any} */ (globalThis)[NAME] ??= new Map());

/** @param {number[]} a @param {number[]} b */
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
/** @param {number[]} a @param {number[]} b */
const minus = (a, b) => a.map((part, axis) => part - b[axis]);

/** Unit vector perpendicular to the slices. @param {Places} places */
function normalOf({ down: [a, b, c], across: [d, e, f] }) {
  const normal = [b * f - c * e, c * d - a * f, a * e - b * d];
  const length = Math.hypot(...normal);
  return normal.map((part) => part / length);
}

/** The slice that is nearest to a point, and how far away that is. @param {Places} places @param {number[]} point */
export function nearest(places, point) {
  const normal = normalOf(places);
  let [index, least] = [0, Infinity];
  places.origins.forEach((origin, i) => {
    const far = Math.abs(dot(minus(origin, point), normal));
    if (far < least) [index, least] = [i, far];
  });
  return { index, far: least };
}

/** The point of a slice that is nearest to another. @param {Places} places @param {number} index @param {number[]} point */
export function onto(places, index, point) {
  const normal = normalOf(places);
  const depth = dot(minus(places.origins[index], point), normal);
  return point.map((part, axis) => part + depth * normal[axis]);
}

/** The point under a [column, row] of a slice. @param {Places} places @param {number} index @param {number[]} pixel */
export const pointAt = ({ origins, down, across }, index, [column, row]) =>
  origins[index].map((part, axis) => part + column * across[axis] + row * down[axis]);

/** [column, row] of a slice that a point lies over. @param {Places} places @param {number} index @param {number[]} point */
export function pixelAt({ origins, down, across }, index, point) {
  const from = minus(point, origins[index]);
  const [aa, ad, dd, a, d] = [dot(across, across), dot(across, down), dot(down, down), dot(from, across), dot(from, down)];
  const whole = aa * dd - ad * ad; // the two need not be perpendicular
  return [(a * dd - d * ad) / whole, (d * aa - a * ad) / whole];
}

/** One model among those it is linked with. */
export class Link {
  group = /** @type {Set<Link>} */ (new Set());
  /** @param {Model} model @param {Store} store */
  constructor(model, store) {
    this.model = model;
    this.store = store;
    this.join();
    model.on("change:_link", this.join);
  }
  /** @returns {Told | null} what Python says, of a view that is linked with others */
  get told() {
    const told = this.model.get("_link");
    return told?.group ? told : null;
  }
  /** @returns {View[]} */
  get views() {
    return /** @type {any[]} */ ([...this.store.views]);
  }
  /** The views of the page that move together with this one. */
  get together() {
    return [...this.group].flatMap(({ views }) => views);
  }
  join = () => {
    this.group.delete(this);
    const name = this.told?.group;
    if (name) {
      this.group = groups.get(name) ?? new Set();
      groups.set(name, this.group.add(this));
    }
    this.store.share(this.told?.views ?? 1);
    for (const view of this.views) {
      view.tools.openLink();
      view.drawing.renew("cross");
      view.paint();
    }
  };
  close() {
    this.model.off("change:_link", this.join);
    this.group.delete(this);
    const name = this.told?.group;
    if (name && !this.group.size) groups.delete(name);
  }
  /** What becomes of a change by a gesture; the others follow it. @param {State} state @param {Partial<State>} change */
  lead(state, change) {
    const { told } = this;
    if (!told) return change;
    const led = { ...change };
    const { plane, positions, point } = { ...state, ...change };
    const places = told.planes[plane];
    const moved = positions[plane] !== state.positions[plane];
    if (places && point) {
      if (change.point || (plane !== state.plane && !moved)) led.positions = { ...positions, [plane]: nearest(places, point).index };
      else if (moved) led.point = onto(places, positions[plane], point);
    }
    const shared = Object.fromEntries(told.shared.filter((name) => name in change).map((name) => [name, change[name]]));
    if (led.point) shared.point = led.point;
    if (Object.keys(shared).length) for (const other of this.group) if (other !== this) other.follow(shared);
    return led;
  }
  /** Another leads. @param {Partial<State>} change */
  follow(change) {
    const [first] = this.views;
    const state = first?.state ?? this.model.get("_state");
    const places = this.told?.planes[state.plane];
    const led = { ...change };
    if (change.point && places) led.positions = { ...state.positions, [state.plane]: nearest(places, change.point).index };
    if (led.window && "table" in led.window && !knows(this.model.get("_scene"), led.window.table)) delete led.window;
    for (const view of this.views) view.rest(led);
    if (first) return;
    this.store.tell({ ...state, ...led }); // shown nowhere, it is Python's all the same
  }
  /** The point under a [column, row] of a slice, or none. @param {import("./slices.js").Slice} slice @param {number[]} pixel */
  at({ plane, at }, pixel) {
    const places = this.told?.cross && this.told.planes[plane];
    return places && at[0] < places.origins.length ? pointAt(places, at[0], pixel) : null;
  }
  /** The lines through the point, for a slice that is painted. @param {import("./slices.js").Slice} slice @param {State} state */
  marks({ plane, at }, { point }) {
    const { told } = this;
    const places = told?.cross && told.planes[plane];
    if (!places || !point || at[0] >= places.origins.length) return [];
    const [column, row] = pixelAt(places, at[0], point);
    const { columns, rows } = this.model.get("_scene").planes[plane];
    if (column < -0.5 || row < -0.5 || column > columns - 0.5 || row > rows - 0.5) return [];
    const gap = Math.max(columns, rows) / 40; // so that one sees what the point is on
    const lines = [[-0.5, row, column - gap, row], [column + gap, row, columns - 0.5, row],
      [column, -0.5, column, row - gap], [column, row + gap, column, rows - 0.5]];
    // Each line by itself: what surrounds one has to be painted again when it moves, and together they surround all.
    const paths = lines.filter(([a, b, c, d]) => c > a || d > b).map(([a, b, c, d]) => `M${a},${b}L${c},${d}`);
    return paths.map((path) => ({ path, color: "#4fc3f7", width: 1, opacity: 0.85 }));
  }
  /** What must be said of the link, and when no slice lies where the point is. @param {State} state */
  notes({ plane, point }) {
    const { told } = this;
    const places = told?.planes[plane];
    const { far } = places && point ? nearest(places, point) : { far: 0 };
    const there = !places || far <= Math.max(places.step / 2, places.step ? 0 : 0.5) + 0.01;
    const away = told?.cross ? `no slice at the linked point: ${far.toFixed(1)} mm away` : "no slice of this index";
    return [told?.note ?? "", there ? "" : away];
  }
}

/** Whether a scene has a VOI table. @param {import("./view.js").Scene} scene @param {string} table */
const knows = ({ presets }, table) => presets.some((preset) => preset.table && preset.name === table);
