"""Linked views: ``python -m benchmarks.planes``.

In a real JupyterLab and a real browser, on this machine: how long one view, three planes, two series, slabs, a view
with a living figure beside it, and one with labels and contours over it, of volumes that are in memory, take until all
pictures are on the screen; and how many slices a second each view shows while one of them is scrolled, a notch of the
wheel for each animation frame. It begins with the frame after the first picture, through slices that nothing has asked
for yet.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from conftest import Notebook, running_chromium, running_lab, write_notebook

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from conftest import Lab
    from playwright.sync_api import Browser

_CELLS = (
    """
%matplotlib widget
import numpy as np, ipywidgets, dicomview as dv
from benchmarks.layers import labels_of, outlines_of
from benchmarks.phantom import noise_volume
affine = np.array([[0, 0, 0.7, 0], [0, 0.7, 0, 0], [-1.0, 0, 0, 0], [0, 0, 0, 1]])
volume = dv.Volume(noise_volume({slices}, {size}).astype(np.float32), affine, "HU")
other = np.array([[0, 0, 0.7, 0], [0, 0.7, 0, 0], [-1.5, 0, 0, 3], [0, 0, 0, 1]])
pair = [dv.Volume(volume.array[:{pair}], affine, "HU"), dv.Volume(volume.array[:{pair}].copy(), other, "HU")]
labels, outlines = labels_of(volume.array.shape), outlines_of(volume.array.shape, affine)
dv.view, dv.compare
ipywidgets.IntSlider()
""",
    "dv.view(volume, window=(40, 400))",
    'dv.view(volume, layout="ortho", window=(40, 400))',
    'dv.compare(*pair, link="position", window=(40, 400))',
    'dv.view(volume, layout="ortho", slab=("mip", 10), window=(40, 400))',
    "dv.histogram(dv.view(volume, window=(40, 400)))",
    """
view = dv.view(volume, window=(40, 400))
view.measure("ellipse", [({size} / 4, {size} / 4), ({size} / 2, {size} / 2)])
view.curve(along="index")
""",
    """
view = dv.view(volume, window=(40, 400), masks={{"label": labels}})
view.add_contours(outlines)
view
""",
)

_SHOWN = (  # what each further cell shows; one view is there to compare with
    ("one view", ("axial",)),
    ("three planes", ("axial", "coronal", "sagittal")),
    ("two series", ("a", "b")),
    ("slabs of 10 mm", ("axial", "coronal", "sagittal")),
    ("a histogram beside", ("axial",)),
    ("a curve beside", ("axial",)),
    ("layers over it", ("axial",)),
)

_FIRST = """async (count) => {
  const panel = window.jupyterapp.shell.currentWidget;
  const begun = performance.now();
  window.jupyterapp.commands.execute("notebook:run-cell");
  for (;;) {
    await new Promise(requestAnimationFrame);
    const roots = [...panel.content.activeCell.node.querySelectorAll(".dicomview-canvas")];
    const seen = roots.filter(({ dataset }) => Number(dataset.painted) > 0);
    if (seen.length === count) return performance.now() - begun;
    if (performance.now() - begun > 60000) throw new Error(`${seen.length} of ${count} views are seen`);
  }
}"""

SCROLL = """async ([place, direction, count]) => {
  const node = window.jupyterapp.shell.currentWidget.content.activeCell.node;
  const roots = [...node.querySelectorAll(".dicomview-canvas")];
  const stage = roots[place].querySelector(".dicomview-stage");
  const { left, top, width, height } = stage.getBoundingClientRect();
  const at = { clientX: left + width / 2, clientY: top + height / 2 };
  const wheel = { deltaY: 100 * direction, bubbles: true, cancelable: true, ...at };
  const changes = roots.map(() => 0);
  let last = roots.map(({ dataset }) => dataset.index);
  const begun = performance.now();
  for (let sent = 0; sent < count; sent++) {
    stage.dispatchEvent(new WheelEvent("wheel", wheel));
    await new Promise(requestAnimationFrame);
    roots.forEach(({ dataset }, i) => (changes[i] += Number(dataset.index !== last[i])));
    last = roots.map(({ dataset }) => dataset.index);
  }
  const seconds = (performance.now() - begun) / 1000;
  const begin = performance.now();
  while (roots.some(({ dataset }) => dataset.sharp !== "true")) {
    await new Promise(requestAnimationFrame);
    if (performance.now() - begin > 60000) throw new Error("not all views get sharp");
  }
  return { rates: changes.map((many) => many / seconds), sharp: performance.now() - begin };
}"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planes", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=3, metavar="N", help="medians of so many; 3 by default")
    parser.add_argument("--slices", type=int, default=300)
    parser.add_argument("--size", type=int, default=512)
    options = parser.parse_args(arguments)
    with lab_and_browser() as (lab, browser):
        for line in _measured(lab, browser, options):
            print(line, flush=True)
    return 0


@contextmanager
def lab_and_browser() -> Iterator[tuple[Lab, Browser]]:
    """Run a JupyterLab of its own folder and a browser."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dicomview-bench-")))
        (home := folder / "home").mkdir()
        lab = stack.enter_context(running_lab(home, "--folder", "lab", private=folder / "jupyter"))
        yield lab, stack.enter_context(running_chromium())


def opened(lab: Lab, browser: Browser, cells: Sequence[str]) -> Notebook:
    """Return a notebook of these cells, open in JupyterLab with a kernel that has nothing to do."""
    write_notebook(lab.folder / "bench.ipynb", cells)
    page = browser.new_context(viewport={"width": 1500, "height": 1100}).new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{lab.address}/lab/workspaces/bench/tree/{quote('bench.ipynb')}?reset&token={lab.token}")
    page.wait_for_function(
        """() => {
            const panel = window.jupyterapp?.shell.currentWidget;
            return panel?.context?.isReady && panel.sessionContext.session?.kernel?.status === "idle";
        }"""
    )
    return Notebook(page)


def _measured(lab: Lab, browser: Browser, options: argparse.Namespace) -> Iterator[str]:
    pair = min(200, options.slices)
    cells = [cell.format(slices=options.slices, size=options.size, pair=pair) for cell in _CELLS]
    notebook = opened(lab, browser, cells)
    page = notebook.page
    notebook.run(0)
    yield f"| {options.slices} × {options.size}² | | |\n|---|---|---|"
    for cell, (name, views) in enumerate(_SHOWN, 1):
        first: list[float] = []
        sharp: list[float] = []
        rates: dict[tuple[str, str], list[list[float]]] = {}
        for _ in range(options.repetitions):
            clear(notebook, cell)
            first.append(page.evaluate(_FIRST, len(views)))
            for place, view in enumerate(views):
                for way, direction in (("cold", 1), ("back", -1)):
                    found: dict[str, Any] = page.evaluate(SCROLL, [place, direction, min(90, pair // 2 - 2)])
                    rates.setdefault((view, way), []).append(found["rates"])
                    sharp.append(found["sharp"])
        yield f"| {name} on the screen | {statistics.median(first):.0f} ms | |"
        for (view, way), runs in rates.items():
            middle = [f"{statistics.median(many):.0f}" for many in zip(*runs, strict=True)]
            yield f"| scroll {view}, {way}: slices a second in {', '.join(views)} | {' · '.join(middle)} | |"
        yield f"| all sharp after the wheel rests | {statistics.median(sharp):.0f} ms | at most {max(sharp):.0f} ms |"


def clear(notebook: Notebook, cell: int) -> None:
    """Make a cell the active one and take its output and that of the others away."""
    notebook.page.evaluate(
        """async (cell) => {
            const notebook = window.jupyterapp.shell.currentWidget.content;
            await window.jupyterapp.commands.execute("notebook:clear-all-cell-outputs");
            notebook.deselectAll();
            notebook.activeCellIndex = cell;
            notebook.activeCell.node.scrollIntoView();
        }""",
        cell,
    )


if __name__ == "__main__":
    sys.exit(main())
