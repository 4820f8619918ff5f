// The parts of the canvas that need no page. Run: node --test tests/canvas.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";

import { cinePlace } from "../dicomview/views/static/cine.js";
import { describePixel, paintMask, patientPoint, pixelAt } from "../dicomview/views/static/painter.js";
import { SliceCache, Store, planWant, readSlice } from "../dicomview/views/static/slices.js";
import { wheelSteps } from "../dicomview/views/static/gestures.js";
import { dragWindow, lineOf, windowTable, windowWords } from "../dicomview/views/static/window.js";

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

test("the shown slice comes first, then two ahead for one behind", () => {
  assert.deepEqual(planWant(10, 1, 60, none, 9, 99), [10, 11, 12, 9, 13, 14, 8, 15, 16, 7]);
  assert.deepEqual(planWant(10, -1, 60, none, 6, 99), [10, 9, 8, 11, 7, 6, 12]);
});

test("a want stays inside the plane, skips what is held, and is no longer than its limit", () => {
  assert.deepEqual(planWant(0, -1, 3, none, 30, 99), [0, 1, 2]);
  assert.deepEqual(planWant(59, 1, 60, none, 6, 99), [59, 58, 57]);
  assert.deepEqual(planWant(10, 1, 60, (i) => i < 13, 9, 2), [13, 14]);
  assert.deepEqual(planWant(10, 1, 60, none, 0.3, 4), [10, 11, 12, 9]);
  assert.deepEqual(planWant(10, 1, 60, () => true, 9, 4), []);
});

/** A store over a model that writes down what is sent; slices of 512 kB, so two make the first want's megabyte. */
function makeStore(count = 60) {
  const sent = [];
  const scene = { planes: { axial: { count, rows: 512, columns: 512, aspect: 1, letters: null } }, axes: [{ labels: ["1 ms", "2 ms", "3 ms"] }], colour: false };
  const handlers = {};
  const model = {
    get: () => scene,
    send: (message) => sent.push(message.places.map((at) => at.join("/"))),
    on: (name, handler) => (handlers[name] = handler),
    off: (name) => delete handlers[name],
  };
  const store = new Store(model);
  const view = { paint() {} };
  store.views.add(view);
  const answer = (index, kind = "slice", echo = 0) => {
    const message = { kind, plane: "axial", at: [index, echo], rows: 1, columns: 1, sample: "uint16", text: "damaged" };
    store.receive(message, [new DataView(new ArrayBuffer(2))]);
  };
  const show = (index, direction = 1, along = 0, echo = 0) => {
    store.shown = { plane: "axial", at: [index, echo], along, direction };
    store.ask();
  };
  return { store, view, sent, answer, show, handlers };
}

test("one want at a time; the next when all slices came, larger when they came quickly", () => {
  const { sent, answer, show } = makeStore();
  show(10);
  assert.deepEqual(sent, [["10/0", "11/0"]]);
  show(11);
  answer(10);
  assert.equal(sent.length, 1);
  answer(11);
  assert.deepEqual(sent[1], ["12/0", "13/0", "14/0", "15/0"]);
});

test("a shown slice that is not under way is asked for at once, without those that are", () => {
  const { sent, answer, show } = makeStore();
  show(10);
  show(12);
  assert.deepEqual(sent, [["10/0", "11/0"], ["12/0", "13/0"]]);
  answer(10); // late, from the want that was overtaken
  assert.equal(sent.length, 2);
});

test("a fault counts as an answer and is shown only in its own place", () => {
  const { store, sent, answer, show } = makeStore(2);
  show(0);
  answer(0, "fault");
  answer(1);
  assert.equal(sent.length, 1);
  assert.equal(store.best("axial", [0, 0]).text, "damaged");
  store.cache.delete("axial/0/0");
  assert.equal(store.best("axial", [0, 0]).at[0], 1);
  store.cache.clear();
  answer(0, "fault");
  assert.equal(store.best("axial", [1, 0]), null);
});

test("along an extra axis the neighbours of the shown place are asked for", () => {
  const { sent, show } = makeStore();
  show(10, 1, 1, 0);
  assert.deepEqual(sent, [["10/0", "10/1"]]);
});

test("a kernel that has gone is not asked again, and the view is told", () => {
  const { store, view, show } = makeStore();
  let told = 0;
  view.paint = () => (told += 1);
  store.model.send = () => {
    throw new Error("Cannot send");
  };
  show(10);
  assert.deepEqual([store.lost, told], [true, 1]);
  show(20);
  assert.equal(told, 1);
});

test("until the slice comes the nearest one is the best", () => {
  const { store, answer } = makeStore();
  answer(5);
  answer(20);
  assert.equal(store.best("axial", [6, 0]).at[0], 5);
  assert.equal(store.best("axial", [19, 0]).at[0], 20);
  assert.equal(store.best("axial", [20, 0]).at[0], 20);
});

test("the last view that leaves frees the slices; a new scene forgets them", () => {
  const { store, view, answer, handlers } = makeStore();
  answer(1);
  handlers["change:scene"]();
  assert.equal(store.cache.bytes, 0);
  answer(1);
  store.leave(view);
  assert.equal(store.cache.bytes, 0);
  answer(2);
  assert.equal(store.cache.bytes, 0);
});

// ---- messages

test("samples are read from where they lie in the message, even at an odd offset", () => {
  const bytes = new Uint8Array([9, 0x34, 0x12, 0xff, 0xff, 9]);
  const slice = readSlice({ kind: "slice", rows: 1, columns: 2, sample: "int16" }, [new DataView(bytes.buffer, 1, 4)]);
  assert.deepEqual([...slice.data], [0x1234, 0xffff]);
});

test("a slice of the wrong length is a fault, not a wrong picture", () => {
  const slice = readSlice({ kind: "slice", rows: 2, columns: 2, sample: "rgb8" }, [new DataView(new ArrayBuffer(8))]);
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

test("the pixel under a point of a stretched picture", () => {
  const box = { left: 10, top: 20, width: 400, height: 100 };
  assert.deepEqual(pixelAt(box, 4, 2, 10, 20), [0, 0]);
  assert.deepEqual(pixelAt(box, 4, 2, 409.9, 119.9), [3, 1]);
  assert.deepEqual(pixelAt(box, 4, 2, 210, 69.9), [2, 0]);
  assert.equal(pixelAt(box, 4, 2, 410, 60), null);
  assert.equal(pixelAt(box, 4, 2, 9.9, 60), null);
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
  const words = (slice, column, row, unit = "HU") => describePixel({ blank: null, ...slice }, unit, column, row).join(" | ");
  assert.equal(words(ct, 1, 0), "stored 1034 · 10 HU | (-99.5, -50.0, 12.3) mm");
  assert.equal(words(ct, 0, 1), "stored -1 · -1025 HU | (-100.0, -48.5, 12.3) mm");
  assert.equal(words({ ...ct, sample: "uint16" }, 0, 1), "stored 65535 · 64511 HU | (-100.0, -48.5, 12.3) mm");
  assert.equal(words({ ...ct, stored: false, origin: null }, 1, 0), "10 HU | column 1, row 0");
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

test("what does not come for a while was lost, and is asked for anew", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { sent, answer, show } = makeStore();
  show(10);
  t.mock.timers.tick(2999);
  assert.equal(sent.length, 1);
  answer(10); // something came: the wait begins again
  t.mock.timers.tick(2999);
  assert.equal(sent.length, 1);
  t.mock.timers.tick(1);
  assert.equal(sent.length, 2);
  assert.equal(sent[1].includes("11/0"), true);
});
