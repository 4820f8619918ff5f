// The parts of the canvas that need no page. Run: node --test tests/canvas.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";

import { cinePlace } from "../dicomview/views/static/cine.js";
import { describePixel, paintMask, patientPoint } from "../dicomview/views/static/painter.js";
import { fitted, lettersHeld, onFrame, onPicture, sampleAt, transformOf, zoomToPixels, zoomedAt } from "../dicomview/views/static/pose.js";
import { ellipseOf, pathOf } from "../dicomview/views/static/drawing.js";
import { handlesOf, heldPart, moved, outlineOf, withCorner } from "../dicomview/views/static/shapes.js";
import { inflate, joined16, joined8 } from "../dicomview/views/static/packing.js";
import { SliceCache, bytesOf, readSlices } from "../dicomview/views/static/slices.js";
import { Store, hand } from "../dicomview/views/static/store.js";
import { Flow, around, plan } from "../dicomview/views/static/wants.js";
import { dragSteps, wheelSteps, wheelZoom } from "../dicomview/views/static/gestures.js";
import { dragWindow, exactly, lineOf, windowTable, windowWords } from "../dicomview/views/static/window.js";

const window = (center, width, shape = "LINEAR") => ({ center, width, function: shape });
const none = () => false;

// ---- the window

test("LINEAR: the example of PS3.3 C.11.2.1.2.1, centre 2048 and width 4096", () => {
  const table = windowTable(0, 4096, 1, 0, window(2048, 4096), false);
  assert.equal(table[0], 0);
  assert.equal(table[4095], 255);
  assert.equal(table[2047], 127); // ((2047 - 2047.5) / 4095 + 0.5) * 255 = 127.47
  assert.equal(table[2048], 128);
});

test("LINEAR: width 1 is a threshold at centre - 0.5", () => {
  assert.deepEqual([...windowTable(98, 5, 1, 0, window(100, 1), false)], [0, 0, 255, 255, 255]);
  assert.deepEqual([...windowTable(98, 5, 1, 0, window(100.5, 1), false)], [0, 0, 0, 255, 255]);
});

test("LINEAR and LINEAR_EXACT differ by half a value", () => {
  assert.deepEqual([...windowTable(0, 3, 1, 0, window(1, 2), false)], [0, 255, 255]);
  assert.deepEqual([...windowTable(0, 3, 1, 0, window(1, 2, "LINEAR_EXACT"), false)], [0, 128, 255]);
});

test("SIGMOID: half way at the centre, never beyond its ends", () => {
  const table = windowTable(-32768, 65536, 1, 0, window(0, 100, "SIGMOID"), false);
  assert.equal(table[32768], 128);
  assert.equal(table[0], 0);
  assert.equal(table[65535], 255);
  assert.equal(table[32768 + 25], Math.floor(255 / (1 + Math.exp(-1)) + 0.5));
});

test("slope and intercept come before the window", () => {
  const rescaled = windowTable(0, 4096, 2, -1024, window(40, 400), false);
  const direct = windowTable(-1024, 8192, 1, 0, window(40, 400), false);
  for (let s = 0; s < 4096; s++) assert.equal(rescaled[s], direct[2 * s]);
});

test("inverted grey is 255 minus grey, after the rounding", () => {
  const plain = windowTable(-2000, 4000, 1, 0, window(40, 401), false);
  const inverted = windowTable(-2000, 4000, 1, 0, window(40, 401), true);
  plain.forEach((grey, i) => assert.equal(inverted[i], 255 - grey));
});

test("bright values do not wrap", () => {
  for (const shape of ["LINEAR", "LINEAR_EXACT", "SIGMOID"]) {
    const table = windowTable(-32768, 65536, 1, 0, window(40, 400, shape), false);
    for (let i = 1; i < table.length; i++) assert.ok(table[i] >= table[i - 1], `${shape} falls at ${i - 32768}`);
  }
});

// ---- the cache

test("the cache drops what was not used for longest, by bytes", () => {
  const cache = new SliceCache(100);
  cache.set("a", 1, 40);
  cache.set("b", 2, 40);
  assert.equal(cache.get("a"), 1);
  cache.set("c", 3, 40);
  assert.deepEqual([cache.has("a"), cache.has("b"), cache.has("c")], [true, false, true]);
  assert.equal(cache.bytes, 80);
});

test("the cache counts a replaced value once and keeps one that is larger than itself", () => {
  const cache = new SliceCache(100);
  cache.set("a", 1, 60);
  cache.set("a", 2, 70);
  assert.equal(cache.bytes, 70);
  cache.set("huge", 3, 1000);
  assert.deepEqual([cache.has("a"), cache.get("huge")], [false, 3]);
  cache.clear();
  assert.deepEqual([cache.bytes, cache.has("huge"), cache.get("huge")], [0, false, undefined]);
});

test("looking whether a slice is there does not make it young", () => {
  const cache = new SliceCache(2);
  cache.set("a", 1, 1);
  cache.set("b", 2, 1);
  cache.has("a");
  cache.set("c", 3, 1);
  assert.equal(cache.has("a"), false);
});

// ---- the wants

const layout = { count: 60, step: 4, block: 8, near: 3, far: 150 };
const words = (wishes) => wishes.map(({ place, count, step }) => `${place}+${count}/${step}`);

test("neighbours: two in the direction of travel for one behind, inside the plane", () => {
  assert.deepEqual(around(10, 1, 60, 9), [10, 11, 12, 9, 13, 14, 8, 15, 16, 7]);
  assert.deepEqual(around(10, -1, 60, 6), [10, 9, 8, 11, 7, 6, 12]);
  assert.deepEqual(around(0, -1, 3, 30), [0, 1, 2]);
  assert.deepEqual(around(59, 1, 60, 6), [59, 58, 57]);
});

test("a hand at rest: a preview, the whole slice, all previews, whole neighbours", () => {
  const wishes = words(plan(10, 1, layout, none, "rest"));
  assert.deepEqual(wishes.slice(0, 4), ["8+8/4", "10+1/1", "16+8/4", "0+8/4"]);
  assert.deepEqual(wishes.slice(-3), ["11+1/1", "12+1/1", "9+1/1"]);
  assert.equal(wishes.filter((wish) => wish.endsWith("/4")).length, 8);
  assert.ok(wishes.includes("56+4/4")); // the last block ends with the plane
});

test("a moving hand: previews ahead come before the whole slice, or instead of it", () => {
  assert.deepEqual(words(plan(10, 1, layout, none, "slow")).slice(0, 5), ["8+8/4", "16+8/4", "0+8/4", "24+8/4", "10+1/1"]);
  assert.ok(words(plan(10, 1, layout, none, "fast")).every((wish) => wish.endsWith("/4")));
});

test("while another time is not here, the slice that is looked at stays; an index takes the nearest", () => {
  const scene = { planes: { axial: { count: 9, rows: 2, columns: 2, step: 2, block: 4 } }, axes: [{ name: "time", labels: ["1", "2", "3"] }], colour: false, revision: 0 };
  const store = new Store({ get: (name) => ({ _scene: scene })[name], on() {}, off() {}, send() {} });
  const put = (...at) => store.previews.set(`axial/${at.join("/")}`, { at, data: [], step: 2 }, 8);
  put(4, 0);
  put(7, 2);
  assert.deepEqual(store.best("axial", [4, 2], 1, [4, 0]).at, [4, 0]);
  assert.deepEqual(store.best("axial", [4, 2], 0, [4, 0]).at, [7, 2]);
  put(4, 2);
  assert.deepEqual(store.best("axial", [4, 1], 1, [4, 0]).at, [4, 0]);
  assert.deepEqual(store.best("axial", [4, 1], 1, [4, 2]).at, [4, 2]);
});

test("a moving hand asks for what is next, and for the rest of a long stack once it rests", () => {
  const long = { ...layout, count: 600, far: 600 };
  const starts = (travel) => plan(300, 1, long, none, travel).filter(({ step }) => step === 4).map(({ place }) => place);
  assert.deepEqual([Math.min(...starts("fast")), Math.max(...starts("fast"))], [280, 328]); // 6 blocks of 8, two thirds ahead
  assert.deepEqual([Math.min(...starts("rest")), Math.max(...starts("rest"))], [96, 592]);
});

test("while the hand sets a window nothing is asked for but what is not here at all", () => {
  assert.deepEqual(words(plan(10, 1, layout, none, "drag")), ["8+8/4"]);
  assert.deepEqual(plan(10, 1, layout, (i, step) => step === 4, "drag"), []);
});

test("what is held is not wished for; small slices come whole in blocks", () => {
  assert.deepEqual(words(plan(10, 1, { ...layout, near: 0 }, (i, step) => step === 4, "rest")), ["10+1/1"]);
  assert.deepEqual(plan(10, 1, layout, () => true, "rest"), []);
  assert.deepEqual(words(plan(3, 1, { ...layout, count: 9, step: 1 }, none, "rest")), ["0+8/1", "8+1/1"]);
});

test("more is under way on a long line, less on a narrow one; a fast one needs no packing", () => {
  const long = new Flow();
  for (let k = 0; k < 9; k++) long.answered(1000 * k, 5e5, true, 1000 * k + 150);
  assert.equal(long.budget, 6 << 20);
  const narrow = new Flow();
  narrow.answered(0, 1e5, true, 20);
  for (let k = 1; k < 30; k++) narrow.answered(1000 * k, 1e6, true, 1000 * k + 500);
  assert.equal(narrow.budget, 1 << 17);
  assert.equal(narrow.pack, true);
  const near = new Flow();
  for (let k = 0; k < 9; k++) near.answered(10 * k, 5e5, false, 10 * k + 6);
  assert.equal(near.pack, false);
});

/** A store over a model that writes down what is sent; a slice has 512 kB, so that two make the first budget. */
function makeStore(count = 60, step = 1, block = 1, traits = {}) {
  const sent = [];
  const plane = { count, rows: 512, columns: 512, aspect: 1, letters: null, step, block };
  const scene = { planes: { axial: plane }, axes: [{ labels: ["1 ms", "2 ms", "3 ms"] }], colour: false };
  const handlers = {};
  const model = {
    get: (name) => ({ _scene: scene, _opening: [], ...traits })[name],
    send: (message) => sent.push(message),
    on: (name, handler) => (handlers[name] = handler),
    off: (name) => delete handlers[name],
  };
  const store = new Store(model);
  const view = { paint() {} };
  store.join(view);
  hand.moved = -Infinity; // no other view is in the way
  let n = 0;
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const answer = async (index, { text = "", echo = 0, step: each = 1, many = 1 } = {}) => {
    const head = (i) => ({ at: [index + i, echo], rows: 1, columns: 1, sample: "uint16", layers: [], text });
    const slices = Array.from({ length: many }, (_, i) => head(i));
    store.receive({ kind: "slices", plane: "axial", step: each, n: ++n, slices }, [new DataView(new ArrayBuffer(2 * many))]);
    await settle();
  };
  const show = (index, direction = 1, along = 0, echo = 0) => store.show({ plane: "axial", at: [index, echo], along, direction });
  const asked = () => sent.filter(({ kind }) => kind === "want").map(({ items }) => items.map(({ at }) => at.join("/")));
  return { store, view, sent, asked, answer, show, handlers };
}

test("no more than the budget is under way; each answer makes room for the next", async () => {
  const { asked, sent, answer, show } = makeStore();
  show(10);
  assert.deepEqual(asked(), [["10/0", "11/0"]]);
  assert.deepEqual([sent[0].seen, sent[0].anew], [0, true]);
  await answer(10);
  assert.deepEqual(asked()[1], ["11/0", "12/0"]); // what is under way is said again, so that it is not dropped
  assert.deepEqual([sent[1].seen, sent[1].anew], [1, false]);
});

test("a shown slice that is not under way is asked for at once, in place of what was wished for before", async () => {
  const { asked, answer, show } = makeStore();
  show(10);
  show(11);
  assert.equal(asked().length, 2);
  show(30);
  assert.deepEqual(asked()[2].slice(0, 1), ["30/0"]);
  assert.ok(!asked()[2].includes("10/0"));
});

test("what has come and is not yet unpacked is not taken for lost", async () => {
  const { sent, answer, show } = makeStore();
  show(10);
  const coming = answer(10);
  show(11); // before the samples are there
  assert.deepEqual(sent.map(({ seen, anew }) => [seen, anew]), [[0, true], [0, false]]);
  await coming;
  show(30);
  assert.equal(sent.at(-1).seen, 1);
});

/** A trait of previews, as they follow a widget. */
function previews(from, count, packed) {
  const slices = Array.from({ length: count }, (_, i) => ({ at: [from + i, 0], rows: 1, columns: 1, sample: "uint16", layers: [] }));
  const bytes = new Uint8Array(2 * count);
  return [{ message: { plane: "axial", step: 4, packed, slices }, buffers: [new DataView(new Uint8Array(packed ? deflateSync(bytes) : bytes).buffer)] }];
}

test("previews that are being unpacked are not asked for", () => {
  const { asked, show } = makeStore(60, 4, 8, { _near: previews(8, 8, true) });
  show(10);
  assert.equal(asked()[0][0], "10/0"); // all of it, not its block
  assert.ok(!asked()[0].includes("8/0"));
});

test("the rest of a copy is unpacked where no kernel answers", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const traits = { _around: [] };
  const { store, handlers, show } = makeStore(60, 4, 8, traits);
  show(10);
  traits._around = previews(40, 1, false);
  handlers["change:_around"]?.();
  assert.ok(!store.previews.has("axial/40/0"));
  t.mock.timers.tick(4000);
  assert.ok(store.previews.has("axial/40/0"));
});

test("a drag of the window asks for nothing, and its end for the rest", async () => {
  const { store, asked, answer, show } = makeStore();
  show(10);
  store.drag(true);
  await answer(10);
  assert.equal(asked().length, 1);
  store.drag(false);
  assert.equal(asked().length, 2);
});

test("a view beside the one under the hand asks for its own picture alone until the hand rests", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let clock = 1000;
  t.mock.method(performance, "now", () => clock);
  const [moved, other] = [makeStore(), makeStore()];
  moved.show(10);
  moved.show(11);
  other.show(20);
  assert.deepEqual(other.asked(), [["20/0"]]);
  clock += 99;
  moved.show(12);
  clock += 1;
  t.mock.timers.tick(100); // another view's hand has moved meanwhile
  assert.equal(other.asked().length, 1);
  clock += 100;
  t.mock.timers.tick(100);
  assert.equal(other.asked().length, 2);
  assert.ok(other.asked()[1].length > 1);
});

test("however long a cine runs beside it, a view gets its own slice whole", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let clock = 1000;
  t.mock.method(performance, "now", () => clock);
  const { sent, show } = makeStore(60, 4, 8);
  for (let tick = 0; tick < 20; tick++) {
    hand.moved = clock; // by another view
    if (!tick) show(10);
    clock += 50;
    t.mock.timers.tick(50);
  }
  const items = sent.filter(({ kind }) => kind === "want").flatMap((want) => want.items.map(({ at, step }) => `${at[0]}:${step}`));
  assert.deepEqual([...new Set(items)].sort(), ["10:1", "8:4"]);
});

test("a coarser preview does not take the place of a finer one", async () => {
  const { store, answer, show } = makeStore(60, 4, 8);
  show(10);
  await answer(10, { step: 2 });
  await answer(8, { step: 4, many: 8 });
  assert.deepEqual([store.best("axial", [10, 0]).step, store.best("axial", [11, 0]).step], [2, 4]);
});

test("a change of the scene under a moving hand does not keep the whole slice away", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let clock = 1000;
  t.mock.method(performance, "now", () => clock);
  const { store, sent, answer, show } = makeStore(60, 4, 8);
  show(10);
  show(11);
  store.scene.revision = 1;
  store.renew();
  await answer(8, { step: 4, many: 8 });
  clock += 200;
  t.mock.timers.tick(200);
  assert.ok(sent.at(-1).items.some(({ at, step }) => at[0] === 11 && step === 1));
});

test("what is said otherwise of the same pictures throws none away", async () => {
  const { store, sent, answer, show } = makeStore(60, 4, 8);
  show(10);
  await answer(10);
  const before = sent.length;
  store.renew(); // another beginning, say
  assert.deepEqual([store.whole.has("axial/10/0"), sent.length], [true, before]);
  store.scene.revision = 1;
  store.renew();
  assert.deepEqual([store.whole.bytes, sent.length], [0, before + 1]);
});

test("what lies around is asked for when all views are on the screen", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let clock = 1000;
  t.mock.method(performance, "now", () => clock);
  const { store, view, asked, show } = makeStore();
  store.leave(view);
  store.join(view);
  show(10);
  assert.deepEqual(asked(), [["10/0"]]);
  clock += 100;
  t.mock.timers.tick(100);
  assert.ok(asked()[1].length > 1);
});

test("where frames come late, whole slices wait until the hand rests", (t) => {
  let clock = 1000;
  t.mock.method(performance, "now", () => clock);
  const frames = [];
  globalThis.requestAnimationFrame = (frame) => frames.push(frame);
  t.after(() => delete globalThis.requestAnimationFrame);
  const { store, show } = makeStore(60, 4, 8);
  store.wholeTook = 10;
  const step = (index, late) => {
    show(index);
    clock += late;
    frames.splice(0).forEach((frame) => frame());
    return store.travel;
  };
  show(1);
  assert.equal(step(2, 16), "slow");
  const travels = Array.from({ length: 20 }, (_, i) => step(3 + i, 30));
  assert.equal(travels.at(-1), "fast");
  assert.equal(step(30, 16), "fast", "one frame in time is not enough");
  for (let i = 0; i < 100; i++) step(i % 60, 16);
  assert.equal(store.travel, "slow");
});

test("three linked models keep together what one may keep, and ask ahead for as much", () => {
  const { store, show } = makeStore(600);
  show(300);
  const [alone, limit] = [store.wishes().length, store.whole.limit];
  store.share(3);
  assert.equal(store.whole.limit, limit / 3);
  assert.ok(Math.abs(store.wishes().length - alone / 3) <= 3);
  store.share(1);
  assert.deepEqual([store.wishes().length, store.whole.limit], [alone, limit]);
});

test("a preview is shown until the whole slice comes, and is not taken for it", async () => {
  const { store, answer, show } = makeStore(60, 4, 8);
  show(10);
  await answer(8, { step: 4, many: 8 });
  assert.deepEqual([store.best("axial", [10, 0]).step, store.best("axial", [15, 0]).at[0]], [4, 15]);
  await answer(10);
  assert.equal(store.best("axial", [10, 0]).step, 1);
});

test("a fault counts as an answer and is shown only in its own place", async () => {
  const { store, asked, answer, show } = makeStore(2);
  show(0);
  await answer(0, { text: "damaged" });
  await answer(1);
  assert.equal(asked().length, 1);
  assert.equal(store.best("axial", [0, 0]).text, "damaged");
  store.whole.delete("axial/0/0");
  assert.equal(store.best("axial", [0, 0]).at[0], 1);
  store.whole.clear();
  await answer(0, { text: "damaged" });
  assert.equal(store.best("axial", [1, 0]), null);
});

test("along an extra axis the neighbours of the shown place are asked for", () => {
  const { asked, sent, show } = makeStore();
  show(10, 1, 1, 0);
  assert.deepEqual(asked(), [["10/0", "10/1"]]);
  assert.equal(sent[0].items[0].along, 1);
});

test("a kernel that has gone is not asked again, and the view is told", () => {
  const { store, view, show } = makeStore();
  let told = 0;
  view.paint = () => (told += 1);
  store.model.send = () => {
    throw new Error("Cannot send");
  };
  show(10);
  assert.deepEqual([store.line.lost, told], [true, 1]);
  show(20);
  assert.equal(told, 1);
});

test("until the slice comes the nearest one is the best", async () => {
  const { store, answer } = makeStore();
  await answer(5);
  await answer(20);
  assert.equal(store.best("axial", [6, 0]).at[0], 5);
  assert.equal(store.best("axial", [19, 0]).at[0], 20);
  assert.equal(store.best("axial", [20, 0]).at[0], 20);
});

test("the last view that leaves frees the slices and says so", async () => {
  const { store, view, sent, answer } = makeStore();
  await answer(1);
  store.leave(view);
  assert.equal(store.whole.bytes, 0);
  assert.deepEqual(sent.at(-1), { kind: "left", page: store.page });
  await answer(2);
  assert.equal(store.whole.bytes, 0);
});

// ---- messages

test("samples are read from where they lie in the message, even at an odd offset", () => {
  const bytes = new Uint8Array([9, 0x34, 0x12, 0xff, 0xff, 9]);
  const message = { plane: "axial", step: 1, slices: [{ at: [0], rows: 1, columns: 2, sample: "int16", layers: [] }] };
  const [slice] = readSlices(message, bytesOf(new DataView(bytes.buffer, 1, 4)), []);
  assert.deepEqual([...slice.data], [0x1234, 0xffff]);
});

test("a slice of the wrong length is a fault, not a wrong picture", () => {
  const message = { plane: "axial", step: 1, slices: [{ at: [0], rows: 2, columns: 2, sample: "rgb8", layers: [] }] };
  const [slice] = readSlices(message, new Uint8Array(8), []);
  assert.equal(slice.data, null);
  assert.match(slice.text, /8 bytes instead of 12/);
});

// ---- gestures and places

test("the wheel: one slice a notch, one per hundred pixels of a trackpad", () => {
  assert.deepEqual(wheelSteps(0, 100), [1, 0]);
  assert.deepEqual(wheelSteps(0, -120), [-1, 0]);
  assert.deepEqual(wheelSteps(0, 53), [1, 0]);
  assert.deepEqual(wheelSteps(0, 400), [4, 0]);
  let rest = 0;
  let moved = 0;
  for (let i = 0; i < 30; i++) {
    const [steps, left] = wheelSteps(rest, 10);
    [moved, rest] = [moved + steps, left];
  }
  assert.equal(moved, 3);
  assert.equal(wheelSteps(90, -20)[1], -20); // turning round starts afresh
});

test("a drag: right is wider, down is a higher centre, in proportion to the width", () => {
  assert.deepEqual(dragWindow(window(40, 400), 64, 0, 1), window(40, 500));
  assert.deepEqual(dragWindow(window(40, 400), 0, 64, 1), window(140, 400));
  assert.deepEqual(dragWindow(window(0.5, 2, "LINEAR_EXACT"), 128, -128, 0.001), window(-0.5, 3, "LINEAR_EXACT"));
});

test("a drag never makes an impossible window", () => {
  assert.equal(dragWindow(window(40, 400), -9999, 0, 1).width, 1);
  assert.equal(dragWindow(window(40, 400), -9999, 0, 0.01).width, 1);
  assert.equal(dragWindow(window(1, 2, "LINEAR_EXACT"), -9999, 0, 0.001).width, 0.001);
  assert.equal(dragWindow(window(0.5, 0.5), -9999, 0, 1).width, 0.5);
});

// ---- how the picture is held

const sheet = { columns: 4, rows: 2, aspect: 1 };
const straight = { zoom: 1, pan: [0, 0], rotation: 0, flip: false };

test("a picture is fitted into a square frame in its true shape", () => {
  assert.deepEqual(fitted(sheet), [1, 0.5]);
  assert.deepEqual(fitted({ columns: 4, rows: 2, aspect: 4 }), [0.5, 1]);
});

test("the sample under a point of the frame", () => {
  assert.deepEqual(sampleAt(straight, sheet, [-0.499, -0.249]), [0, 0]);
  assert.deepEqual(sampleAt(straight, sheet, [0.499, 0.249]), [3, 1]);
  assert.equal(sampleAt(straight, sheet, [0, 0.26]), null);
  assert.deepEqual(sampleAt({ ...straight, pan: [0.25, 0] }, sheet, [-0.249, -0.1]), [0, 0]);
  assert.deepEqual(sampleAt({ ...straight, zoom: 2 }, sheet, [0.4, 0.4]), [2, 1]);
});

/** A point of the picture, as fractions of it, brought on the screen as CSS does, one transform after another. */
function onScreen({ zoom, pan, rotation, flip }, [across, down]) {
  const [width, height] = fitted(sheet);
  const [x, y] = [(across - 0.5) * width * zoom * (flip ? -1 : 1), (down - 0.5) * height * zoom];
  const turn = (rotation * Math.PI) / 180;
  return [x * Math.cos(turn) - y * Math.sin(turn) + pan[0], x * Math.sin(turn) + y * Math.cos(turn) + pan[1]];
}

test("a point goes to the screen and back, however the picture is held", () => {
  for (const rotation of [0, 90, 180, 270]) {
    for (const flip of [false, true]) {
      const pose = { zoom: 1.7, pan: [0.1, -0.3], rotation, flip };
      onPicture(pose, sheet, onScreen(pose, [0.3, 0.9])).forEach((part, axis) => {
        assert.ok(Math.abs(part - [0.3, 0.9][axis]) < 1e-9);
      });
    }
  }
  assert.equal(transformOf({ zoom: 2, pan: [0.5, 0], rotation: 90, flip: true }), "translate(calc(50 * var(--hundredth)), calc(0 * var(--hundredth))) rotate(90deg) scale(-2, 2)");
});

test("what is drawn lies where the pixels are, however the picture is held", () => {
  for (const rotation of [0, 90, 180, 270]) {
    for (const flip of [false, true]) {
      const pose = { zoom: 1.7, pan: [0.1, -0.3], rotation, flip };
      const middle = onScreen(pose, [(3 + 0.5) / sheet.columns, (1 + 0.5) / sheet.rows]); // of the last pixel
      onFrame(pose, sheet, [3, 1]).forEach((part, axis) => assert.ok(Math.abs(part - middle[axis]) < 1e-9));
    }
  }
});

test("paths as SVG writes them", () => {
  assert.equal(pathOf([[0, 1], [2.5, -3]]), "M0,1L2.5,-3");
  assert.equal(pathOf([[0, 1], [2, 3]], true), "M0,1L2,3Z");
  assert.equal(ellipseOf([10, 20], 4, 3), "M6,20a4,3 0 1 0 8,0a4,3 0 1 0 -8,0Z");
});

test("a hand takes hold of handles before outlines, and of nothing else", () => {
  const box = [[10, 10], [30, 20]];
  const part = (kind, points, hand) => heldPart(kind, points, ([x, y]) => [2 * x, 2 * y], hand, 8);
  assert.deepEqual([part("rectangle", box, [20, 22]), part("rectangle", box, [62, 38]), part("rectangle", box, [40, 22])], [0, 2, "whole"]);
  assert.equal(part("rectangle", box, [40, 30]), null); // its inside
  assert.equal(part("ellipse", box, [40, 20]), "whole");
  assert.equal(part("line", box, [40, 30]), "whole");
  assert.equal(part("line", box, [60, 43]), 1);
  assert.equal(part("freehand", [[0, 0], [20, 0], [0, 20]], [0, 21]), "whole"); // its last side leads back
  assert.deepEqual([part("point", [[5, 5]], [12, 12]), part("point", [[5, 5]], [22, 12])], [0, null]);
});

test("a corner is moved and the one across from it stays", () => {
  const box = [[30, 10], [10, 20]]; // drawn to the left
  for (const corner of [0, 1, 2, 3]) {
    const [before, after] = [handlesOf("ellipse", box), handlesOf("ellipse", moved("ellipse", box, corner, [3, -2]))];
    assert.deepEqual(after[corner], [before[corner][0] + 3, before[corner][1] - 2]);
    assert.deepEqual(after[(corner + 2) % 4], before[(corner + 2) % 4]);
  }
  assert.deepEqual(moved("angle", [[0, 0], [1, 1], [2, 2]], 1, [5, 6]), [[0, 0], [6, 7], [2, 2]]);
  assert.deepEqual(moved("freehand", [[0, 0], [1, 1]], "whole", [5, 6]), [[5, 6], [6, 7]]);
  assert.equal(outlineOf("rectangle", box), "M30,10L10,10L10,20L30,20Z");
  assert.equal(outlineOf("ellipse", box), "M10,15a10,5 0 1 0 20,0a10,5 0 1 0 -20,0Z");
  assert.deepEqual(withCorner([[0, 0]], [0.5, 0], 1), [[0, 0]]);
  assert.deepEqual(withCorner([[0, 0]], [1.5, 0], 1), [[0, 0], [1.5, 0]]);
  let long = [[0, 0]]; // a hand that goes on is followed on
  for (let step = 1; step <= 1200; step += 1) long = withCorner(long, [step, 0], 1);
  assert.deepEqual([long[0], long.at(-1)], [[0, 0], [1200, 0]]);
  assert.ok(long.length <= 500 && long.every(([x], i) => !i || (x > long[i - 1][0] && x - long[i - 1][0] <= 8)));
});

test("what is under the cursor stays there when one zooms", () => {
  const before = { ...straight, zoom: 1.5, pan: [0.2, -0.1] };
  const point = [0.3, 0.15];
  const after = { ...before, ...zoomedAt(before, 1.3, point) };
  const [was, is] = [before, after].map((pose) => onPicture(pose, sheet, point));
  was.forEach((part, axis) => assert.ok(Math.abs(part - is[axis]) < 1e-9));
  assert.equal(zoomedAt(straight, 1e9).zoom, 64);
  assert.equal(zoomToPixels({ columns: 1024, rows: 512, aspect: 1 }, 512), 2);
});

test("the letters go round with the picture", () => {
  const letters = ["R", "L", "A", "P"];
  const held = (rotation, flip = false) => lettersHeld(letters, { ...straight, rotation, flip }).join("");
  assert.deepEqual([held(0), held(90), held(180), held(270)], ["RLAP", "PARL", "LRPA", "APLR"]);
  assert.deepEqual([held(0, true), held(90, true)], ["LRAP", "PALR"]);
});

test("a notch of the wheel zooms by a fifth, a drag goes through the stack", () => {
  assert.ok(Math.abs(wheelZoom(-100) - 1.2) < 0.01);
  assert.ok(Math.abs(wheelZoom(100) * wheelZoom(-100) - 1) < 1e-12);
  assert.deepEqual([dragSteps(400, 200), dragSteps(-41, 10), dragSteps(3, 500)], [100, -1, 0]);
});

const ct = {
  rows: 2, columns: 2, sample: "int16", data: new Uint16Array([0, 1034, 0xffff, 7]), slope: 1, intercept: -1024,
  stored: true, origin: [-100, -50, 12.34], row_step: [0, 1.5, 0], column_step: [0.5, 0, 0],
};

test("the place of a pixel is origin + row * row_step + column * column_step", () => {
  assert.deepEqual(patientPoint(ct, 1, 0), [-99.5, -50, 12.34]);
  assert.deepEqual(patientPoint(ct, 0, 1), [-100, -48.5, 12.34]);
  assert.equal(patientPoint({ ...ct, origin: null }, 0, 0), null);
});

test("the words of the hover", () => {
  const words = (slice, column, row, unit = "HU") => describePixel({ blank: null, step: 1, ...slice }, unit, column, row).join(" | ");
  assert.equal(words(ct, 1, 0), "stored 1034 · 10 HU | (-99.5, -50.0, 12.3) mm");
  assert.equal(words(ct, 0, 1), "stored -1 · -1025 HU | (-100.0, -48.5, 12.3) mm");
  assert.equal(words({ ...ct, sample: "uint16" }, 0, 1), "stored 65535 · 64511 HU | (-100.0, -48.5, 12.3) mm");
  assert.equal(words({ ...ct, stored: false, origin: null }, 1, 0), "10 HU | column 1, row 0");
  assert.equal(words({ ...ct, stored: false, origin: null, step: 3 }, 1, 0), "10 HU | column 4, row 1"); // of the whole picture
  assert.equal(words({ ...ct, slope: 0.1, intercept: 0, origin: null }, 1, 0, ""), "stored 1034 · 103.4 | column 1, row 0");
  assert.equal(words({ ...ct, intercept: 0, origin: null }, 1, 0, ""), "1034 | column 1, row 0"); // said once
  assert.equal(words({ ...ct, stored: false, blank: 0, origin: null }, 0, 0), "no value | column 0, row 0");
  const photo = { ...ct, sample: "rgb8", data: new Uint8Array([1, 2, 3, 40, 50, 60, 0, 0, 0, 0, 0, 0]), origin: null };
  assert.equal(words(photo, 1, 0), "40 50 60 | column 1, row 0");
});

test("the words of the window have the digits its width can tell", () => {
  assert.equal(windowWords(window(40, 400)), "C 40 W 400");
  assert.equal(windowWords(window(-84.755000001, 1523.17)), "C −85 W 1523");
  assert.equal(windowWords(window(0.00123456, 0.02)), "C 0.0012 W 0.02");
  assert.equal(windowWords(window(-1.9e-6, 400)), "C 0 W 400");
});

// ---- tables, masks, cine

test("a VOI table gives its own levels, and its ends beyond them", () => {
  const levels = new Uint8Array([10, 20, 200]);
  assert.deepEqual([...windowTable(-3, 6, 1, 0, { name: "t", first: -1, levels }, false)], [10, 10, 10, 20, 200, 200]);
  assert.deepEqual([...windowTable(0, 3, 1, -1, { name: "t", first: -1, levels }, true)], [245, 235, 55]);
  assert.deepEqual(lineOf({ name: "t", first: -1, levels }), window(0.5, 3, "LINEAR_EXACT"));
});

test("a mask is painted bit by bit, every row on a byte of its own", () => {
  const pixels = new Uint32Array(18);
  paintMask(pixels, 9, new Uint8Array([0b10000001, 0b10000000, 0b01000000, 0]), { color: "#ff8000", opacity: 1 });
  const set = [...pixels.keys()].filter((i) => pixels[i]);
  assert.deepEqual(set, [0, 7, 8, 10]);
  assert.equal(pixels[0], 0xff0080ff);
});

test("cine goes round, or once to the end, and skips what is late", () => {
  assert.deepEqual(cinePlace(3, 5, 0, 10, true), { place: 3, ended: false });
  assert.deepEqual(cinePlace(3, 5, 0.25, 10, true), { place: 0, ended: false });
  assert.deepEqual(cinePlace(3, 5, 0.1, 10, false), { place: 4, ended: true });
  assert.deepEqual(cinePlace(0, 5, 9, 10, false), { place: 4, ended: true });
});

test("what does not come is asked for again; when nobody says a word, anew and with a note", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { store, asked, sent, show } = makeStore();
  show(10);
  t.mock.timers.tick(3999);
  assert.deepEqual([asked().length, store.note], [1, ""]);
  t.mock.timers.tick(1); // nobody has ever answered
  assert.match(store.note, /no kernel answers/);
  const patience = 700 + (1000 * (1 << 20)) / (1 << 17); // 1 MB on the slowest line
  t.mock.timers.tick(patience - 4000);
  assert.deepEqual([asked().length, sent.at(-1).late, sent.at(-1).anew], [2, true, true]);
  assert.match(store.note, /no kernel answers/); // it stays until somebody does
  store.receive({ kind: "busy" }, []); // it takes long
  assert.equal(store.note, "");
  t.mock.timers.tick(patience);
  assert.deepEqual([asked().length, sent.at(-1).late, sent.at(-1).anew, store.note], [3, true, false, ""]);
  t.mock.timers.tick(patience); // and now not even that
  assert.deepEqual([asked().length, sent.at(-1).anew], [4, true]);
  assert.match(store.note, /no kernel answers/);
});

test("a slice that comes damaged says so, and the next one is none the worse", async () => {
  const { store } = makeStore();
  const head = (index) => ({ at: [index, 0], rows: 1, columns: 1, sample: "uint16", layers: [] });
  const rubbish = new DataView(new Uint8Array([1, 2, 3, 4]).buffer);
  const sound = new DataView(new Uint8Array([7, 0]).buffer);
  store.receive({ kind: "slices", plane: "axial", step: 1, n: 1, packed: true, slices: [head(3)] }, [rubbish]);
  await store.receive({ kind: "slices", plane: "axial", step: 1, n: 2, packed: false, slices: [head(4)] }, [sound]);
  assert.match(store.best("axial", [3, 0]).text, /came damaged/);
  assert.equal(store.best("axial", [4, 0]).data[0], 7);
});

test("at rest no more whole slices are asked for than the memory holds", async () => {
  for (const [rows, models, whole] of [[6000, 1, 1], [4096, 1, 4], [4096, 8, 1], [512, 1, 60]]) {
    const { store, sent, answer, show } = makeStore(60, 16);
    Object.assign(store.scene.planes.axial, { rows, columns: rows });
    store.share(models);
    show(30);
    hand.moved = store.moved = -Infinity;
    store.flow.budget = Infinity;
    store.ask();
    const wanted = sent.at(-1).items.filter(({ step }) => step === 1).length;
    assert.ok(wanted <= whole, `${wanted} of ${rows}²`);
    assert.ok(wanted * rows * rows * 2 <= Math.max(store.whole.limit, rows * rows * 2));
  }
});

test("tiny pictures and those without a size are asked for without delay", () => {
  assert.equal(around(3, 1, 10, Infinity).length, 10);
  for (const [rows, columns] of [[1, 1], [0, 5]]) {
    const { store, asked, show } = makeStore();
    Object.assign(store.scene.planes.axial, { rows, columns });
    const begun = performance.now();
    show(10);
    assert.ok(performance.now() - begun < 100);
    assert.equal(asked()[0][0], "10/0");
  }
});

// ---- packed samples

test("samples are the sums of their differences, modulo what they can hold", async () => {
  const samples = [5, 65535, 0, 40000, 39999];
  const steps = samples.map((sample, i) => (sample - (samples[i - 1] ?? 0)) & 0xffff);
  const split = [...steps.map((step) => step & 0xff), ...steps.map((step) => step >> 8)];
  assert.deepEqual([...joined16(new Uint8Array(split))], samples);
  const rgb = [1, 2, 3, 250, 0, 255]; // two pixels
  const planes = [1, 249, 2, 254, 3, 252];
  assert.deepEqual([...joined8(new Uint8Array(planes))], rgb);
  const stream = deflateSync(new Uint8Array(split));
  assert.deepEqual([...(await inflate(stream))], split);
});

test("a value is told with all its digits", () => {
  assert.equal(exactly(137 * 12345, 137), "1691265");
  assert.equal(exactly(1234567, 1), "1234567");
  assert.equal(exactly(0.1 * 1034, 0.1), "103.4");
  assert.equal(exactly(0.000123 * 7, 0.000123), "0.000861");
  assert.equal(exactly(-1023.5, 1), "-1023.5");
});
