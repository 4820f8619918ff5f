// @ts-check
/** The first word of a widget that has nothing to show by itself. */

const NOBODY_MS = 4000;

/**
 * Ask Python for what is to be shown, and say in its place when nobody answers: a saved notebook, an hour of computing.
 * @param {{send: (content: any) => void, on: Function, off: Function}} model @param {Element} place @param {AbortSignal} signal
 */
export function callPython(model, place, signal) {
  const nobody = setTimeout(() => (place.textContent = "No kernel answers yet: run the cell again if it has gone."), NOBODY_MS);
  const heard = () => {
    clearTimeout(nobody);
    model.off("msg:custom", heard);
  };
  model.on("msg:custom", heard);
  signal.addEventListener("abort", heard);
  try {
    model.send({ kind: "open" });
  } catch {
    // The kernel has gone, which is what will be said.
  }
}
