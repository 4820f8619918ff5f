"""Measuring: ``python -m benchmarks.measure``.

In a real JupyterLab and a real browser, on this machine: how often the statistics of a region are renewed while the
pointer moves it, and how many slices a second a view shows with and without measurements on every slice.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from typing import TYPE_CHECKING

from benchmarks.planes import SCROLL, clear, lab_and_browser, opened

if TYPE_CHECKING:
    from collections.abc import Sequence

_CELLS = (
    """
import numpy as np, dicomview as dv
from benchmarks.phantom import noise_volume
affine = np.array([[0, 0, 0.7, 0], [0, 0.7, 0, 0], [-1.0, 0, 0, 0], [0, 0, 0, 1]])
volume = dv.Volume(noise_volume({slices}, {size}).astype(np.float32), affine, "HU")
quarter = [({size} / 4, {size} / 4), ({size} / 2, {size} / 2)]
dv.view
""",
    """
view = dv.view(volume, window=(40, 400))
view.measure("ellipse", quarter)
view
""",
    "dv.view(volume, window=(40, 400))",
    """
view = dv.view(volume, window=(40, 400))
ends = [(quarter[0][0], 9.0), (quarter[1][0], 99.0)]
kinds = {{"line": ends, "rectangle": quarter, "ellipse": quarter}}
rows = [(kind, points, index) for index in range({slices}) for kind, points in kinds.items()]
import pandas as pd
view.measurements = pd.DataFrame(rows, columns=["kind", "points", "index"])
view
""",
)

# The left end of the ellipse's outline is not a handle: all of it moves.
_MOVE = """async (moves) => {
  const node = window.jupyterapp.shell.currentWidget.content.activeCell.node;
  const stage = node.querySelector(".dicomview-stage");
  const words = () => node.querySelector(".dicomview-drawing text")?.textContent;
  const { left, top, width, height } = stage.getBoundingClientRect();
  const common = { button: 0, pointerId: 1, bubbles: true };
  const send = (name, x, y, buttons) =>
    stage.dispatchEvent(new PointerEvent(name, { clientX: left + x, clientY: top + y, buttons, ...common }));
  stage.setPointerCapture = () => {}; // there is no pointer of this number
  const [x, y] = [0.25 * width, 0.375 * height];
  let [last, changes] = [words(), 0];
  const begun = performance.now();
  send("pointerdown", x, y, 1);
  for (let sent = 1; sent <= moves; sent++) {
    send("pointermove", x + sent % 97, y + sent % 89, 1);
    await new Promise(requestAnimationFrame);
    changes += Number(words() !== last);
    last = words();
  }
  const seconds = (performance.now() - begun) / 1000;
  send("pointerup", x, y, 0);
  return { rate: changes / seconds, moves: moves / seconds };
}"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.measure", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=3, metavar="N", help="medians of so many; 3 by default")
    parser.add_argument("--slices", type=int, default=200)
    parser.add_argument("--size", type=int, default=512)
    options = parser.parse_args(arguments)
    with lab_and_browser() as (lab, browser):
        cells = [cell.format(slices=options.slices, size=options.size) for cell in _CELLS]
        notebook = opened(lab, browser, cells)
        notebook.run(0)
        print(f"| {options.slices} × {options.size}² | |\n|---|---|", flush=True)
        clear(notebook, 1)
        notebook.run(1)
        notebook.page.locator(".dicomview-drawing text").wait_for()
        notebook.page.wait_for_timeout(4000)  # the slices around the first have come
        moved = [notebook.page.evaluate(_MOVE, 180) for _ in range(options.repetitions)]
        rate, moves = (statistics.median(one[name] for one in moved) for name in ("rate", "moves"))
        print(
            f"| an ellipse moved {moves:.0f} times a second: its statistics renewed | {rate:.0f} times a second |",
            flush=True,
        )
        for cell, name in ((2, "nothing measured"), (3, "three measurements on every slice")):
            clear(notebook, cell)
            notebook.run(cell)
            notebook.page.locator(".dicomview-canvas[data-sharp=true]").wait_for()
            count = min(60, options.slices // 2 - 2)
            runs = [
                notebook.page.evaluate(SCROLL, [0, way, count])["rates"][0] for way in (1, -1) * options.repetitions
            ]
            print(f"| scroll, {name} | {statistics.median(runs):.0f} slices a second |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
