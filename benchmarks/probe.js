// @ts-check
/**
 * In the page: hands that turn and drag, and a probe that knows from the pixels what is on the screen.
 *
 * After each animation frame three rows of the picture (barcode, ramp, noise) are drawn, as the screen has them, into a
 * small canvas of the probe's own, and read there: reading the contender's own canvas could change how it is kept.
 *
 * @typedef {{surface: string, margin: number, size: number, rows: number[], words: Record<string, number>}} Setup
 * @typedef {{begin?: (output: Element) => void, step: (output: Element, direction: number, count: number) => void,
 *   end?: (output: Element) => void}} Hand
 * @typedef {{code: number | null, level: number, print: number, data: Uint8ClampedArray}} Reading
 */
(() => {
  /** @type {any} */ const page = window;
  /** @type {Setup} */ let setup;
  /** @type {CanvasRenderingContext2D} */ let own;
  const clock = () => performance.timeOrigin + performance.now(); // ms since the epoch, as the proxy has it

  const panel = () => page.jupyterapp.shell.currentWidget;
  const cellNode = () => panel().content.activeCell?.node;
  const output = () => cellNode()?.querySelector(".jp-Cell-outputArea") ?? null;

  /** Read what is on the screen now. @returns {Reading | null} null where there is no picture */
  function read(root = output()) {
    const surface = root?.querySelector(setup.surface);
    if (!surface || ("complete" in surface && !surface.complete)) return null;
    const [width, height] = [surface.naturalWidth ?? surface.width, surface.naturalHeight ?? surface.height];
    if (!width || !height) return null;
    const { size, margin, rows } = setup;
    const [left, top] = [margin, margin];
    const [across, down] = [width - 2 * margin, height - 2 * margin];
    own.clearRect(0, 0, size, rows.length); // or an empty surface would pass for the one before
    rows.forEach((row, i) => own.drawImage(surface, left, top + Math.floor(row * down), across, 1, 0, i, size, 1));
    const { data } = own.getImageData(0, 0, size, rows.length);
    const cells = Array.from({ length: 32 }, (_, i) => data[4 * Math.floor(((i + 0.5) * size) / 32)]);
    const middle = (Math.min(...cells) + Math.max(...cells)) / 2;
    const code = setup.words[cells.map((cell) => (cell > middle ? "1" : "0")).join("")] ?? null;
    let [level, print] = [0, 0];
    for (let i = 0; i < size; i++) level += data[4 * (size + i)];
    for (let i = 0; i < size; i++) print = (31 * print + data[4 * (2 * size + i)]) | 0;
    return { code, level, print, data };
  }

  let marked = false; // by a viewer that says when what it shows is at full resolution
  function blurred() {
    const mark = output()?.querySelector("[data-sharp]");
    marked ||= Boolean(mark);
    return marked && mark?.getAttribute("data-sharp") !== "true";
  }

  /** @type {Record<string, (selector: string, place?: number) => Hand>} */
  const hands = {
    /** One notch of the wheel. */
    wheel: (selector) => ({
      step(root, direction) {
        const to = root.querySelector(selector);
        const { left, top, width, height } = /** @type {Element} */ (to).getBoundingClientRect();
        const at = { clientX: left + width / 2, clientY: top + height / 2 };
        to?.dispatchEvent(new WheelEvent("wheel", { deltaY: 100 * direction, bubbles: true, cancelable: true, ...at }));
      },
    }),
    /** An arrow key on a slider of ipywidgets. */
    slider: (selector, place = 0) => ({
      step(root, direction) {
        const key = direction > 0 ? "ArrowRight" : "ArrowLeft";
        const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
        root.querySelectorAll(selector)[place].dispatchEvent(event);
      },
    }),
    /** The pointer pressed and moved down by three pixels. */
    pointer: (selector) => {
      const send = (/** @type {Element} */ root, /** @type {string} */ name, /** @type {number} */ far) => {
        const to = /** @type {Element} */ (root.querySelector(selector));
        const { left, top, width } = to.getBoundingClientRect();
        const at = { clientX: left + width / 2, clientY: top + 100 + 3 * far };
        const mouse = { pointerId: 1, pointerType: "mouse", isPrimary: true, button: 0, buttons: 1 };
        to.dispatchEvent(new PointerEvent(name, { bubbles: true, cancelable: true, ...mouse, ...at }));
      };
      let far = 0;
      return {
        begin: (root) => send(root, "pointerdown", 0),
        step: (root, _, count) => send(root, "pointermove", (far = count + 1)),
        end: (root) => send(root, "pointerup", far),
      };
    },
  };

  /**
   * Give one input a frame and write down what is on the screen after each frame, until it rests.
   * @param {{hand: [string, string, number?], direction: number, count: number, goal: number | null, quiet: number,
   *   limit: number}} task where `quiet` and `limit` are ms: without change, and after the last input
   */
  function drive({ hand, direction, count, goal, quiet, limit }) {
    const [name, selector, place] = hand;
    const { begin, step, end } = hands[name](selector, place);
    const root = /** @type {Element} */ (output());
    const before = read();
    const sent = /** @type {number[]} */ ([]);
    const frames = /** @type {[number, number | null, number, number][]} */ ([]);
    let changed = clock();
    let last = "";
    let ended = false;
    return new Promise((resolve) => {
      const channel = new MessageChannel(); // its message is the first task after the frame has been painted
      channel.port1.onmessage = () => {
        if (ended) return;
        const now = read();
        const when = clock();
        if (now) {
          frames.push([when, now.code, now.level, now.print]);
          const look = `${now.code} ${now.level} ${now.print}`;
          if (look !== last) changed = when;
          last = look;
        }
        if (sent.length < count) return;
        const there = !blurred() && (goal === null || now?.code === goal);
        const since = when - Math.max(changed, sent[count - 1]);
        if ((there && since > quiet) || when - sent[count - 1] > limit) {
          ended = true;
          end?.(root);
          const noise = now && Array.from({ length: setup.size }, (_, i) => now.data[4 * (2 * setup.size + i)]);
          resolve({ sent, frames, before: before?.level ?? 0, noise });
        }
      };
      const frame = () => {
        if (ended) return;
        requestAnimationFrame(frame);
        if (sent.length < count) {
          sent.push(clock());
          step(root, direction, sent.length - 1);
        }
        channel.port2.postMessage(null);
      };
      begin?.(root);
      requestAnimationFrame(frame);
    });
  }

  /** Make a cell the active one. @param {number} index */
  function turnTo(index) {
    const notebook = panel().content;
    notebook.deselectAll();
    notebook.activeCellIndex = index;
    cellNode().scrollIntoView();
  }

  /** Make a cell the active one and take away its output. @param {number} index */
  async function clear(index) {
    turnTo(index);
    await page.jupyterapp.commands.execute("notebook:clear-cell-output");
  }

  /** Let a cell begin to run; return when it is running. @param {number} index */
  async function begin(index) {
    turnTo(index);
    const { kernel } = panel().sessionContext.session;
    page.benchmarkBusy = page.jupyterapp.commands.execute("notebook:run-cell");
    while (kernel.status !== "busy") await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** Run the active cell; return when that was and when the first slice was on the screen. @param {number} limit ms */
  function first(limit) {
    const begun = clock();
    page.jupyterapp.commands.execute("notebook:run-cell");
    return new Promise((resolve) => {
      const look = () => {
        const code = read()?.code ?? null;
        const now = clock();
        if (code !== null || now - begun > limit) resolve({ begun, seen: code === null ? null : now, code });
        else requestAnimationFrame(after);
      };
      const channel = new MessageChannel();
      channel.port1.onmessage = look;
      const after = () => channel.port2.postMessage(null);
      requestAnimationFrame(after);
    });
  }

  page.probe = {
    /** @param {Setup} given */
    set(given) {
      setup = given;
      const canvas = Object.assign(document.createElement("canvas"), { width: setup.size, height: setup.rows.length });
      own = /** @type {any} */ (canvas.getContext("2d", { willReadFrequently: true }));
      own.imageSmoothingEnabled = false;
    },
    read,
    drive,
    turnTo,
    clear,
    begin,
    first,
  };
})();
