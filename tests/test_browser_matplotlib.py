"""ipympl in a real JupyterLab: the span of the histogram, the sliders and the wheel of the living figure."""

from __future__ import annotations

import ast
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import OpenNotebook
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser

CELLS = [
    "%matplotlib widget\nimport dicomview as dv\nimport numpy as np\n"
    "values = np.arange(8 * 16 * 16, dtype=np.int16).reshape(8, 16, 16)",
    "beside = dv.histogram(values, window=(1000, 1000, 'LINEAR_EXACT'))\nbeside",
    "beside.figure.draw_without_rendering()\n"
    "x = beside.ax.transData.transform([(value, 30) for value in (*beside.view.window.ends, 1000)])[:, 0]\n"
    "(x / beside.figure.bbox.width).tolist()",
    "beside.view.window.ends",
    "beside.view.window = (600, 400, 'LINEAR_EXACT')\nnp.array(beside._span.extents).tolist()",
    "shown = dv.plot(values, index=3, window=(1000, 1000, 'LINEAR_EXACT'))\nshown",
    "x, y = (shown.ax.transData.transform([(4, 2), (9, 13)]) / shown.figure.bbox.size).T\n"
    "shown.index, shown.picture().pixels[[2, 13], [4, 9]].tolist(), np.stack([x, 1 - y], axis=1).tolist()",
    "shown.window.center, shown.window.width",
]


def canvas_in(output: Locator) -> Locator:
    """The upper of ipympl's two canvases, which hears of the mouse."""
    canvas = output.locator(".jupyter-matplotlib-canvas-div canvas").last
    canvas.scroll_into_view_if_needed()
    return canvas


def test_span_sliders_and_wheel(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook("matplotlib.ipynb", CELLS)
    page = notebook.page
    notebook.run(0)

    def told(index: int, wanted: Callable[[Any], bool] = lambda _: True) -> Any:
        """The value of a cell, once the hand's last move has come there."""
        for _ in range(200):
            value = ast.literal_eval(notebook.value(index))
            if wanted(value):
                return value
            page.wait_for_timeout(50)
        raise AssertionError(value)

    output = notebook.run(1)
    low, high, middle = told(2)
    canvas = canvas_in(output)
    root = output.locator(".dicomview-canvas").element_handle()
    shown = """([{ dataset }, low, high]) => Math.abs(dataset.center - (low + high) / 2) < 20
        && Math.abs(dataset.width - (high - low)) < 40"""
    for begin, end, ends in [
        (high, middle, (500, 1000)),  # the right edge
        (low, (low + middle) / 2, (750, 1000)),  # the left
        ((low + 3 * middle) / 4, middle, (875, 1125)),  # all of it, taken between
    ]:
        box = canvas.bounding_box()
        assert box is not None
        y = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + begin * box["width"], y)
        page.mouse.down()
        page.mouse.move(box["x"] + end * box["width"], y, steps=3)
        # The picture beside it follows; ipympl forgets moves that are just under way when the hand lets go.
        page.wait_for_function(shown, arg=[root, *ends])
        page.mouse.up()
    np.testing.assert_allclose(told(3), ends, atol=20)
    assert told(4) == [400, 800]

    output = notebook.run(5)
    canvas = canvas_in(output)
    for step in range(3):  # as it came, after the wheel, after a key on the slider
        if step == 1:
            canvas.hover()
            page.mouse.wheel(0, 100)
        elif step == 2:
            notebook.output(5).locator(".widget-slider .noUi-handle").first.press("ArrowRight")
        index, levels, points = told(6, lambda value, wanted=(3, 4, 5)[step]: value[0] == wanted)
        output = notebook.output(5)
        picture = output.locator(".jupyter-matplotlib-canvas-div canvas").first
        for _ in range(200):
            shot = np.asarray(Image.open(io.BytesIO(picture.screenshot())).convert("L")).astype(int)
            seen = [int(shot[int(y * shot.shape[0]), int(x * shot.shape[1])]) for x, y in points]
            if np.abs(np.subtract(seen, levels)).max() <= 1:
                break
            page.wait_for_timeout(50)
        else:
            raise AssertionError((index, seen, levels))
    notebook.output(5).locator(".widget-slider .noUi-handle").last.press("ArrowRight")
    center, width = told(7, lambda window: window != (1000, 1000))
    assert center > 1000
    assert width > 1000
    assert notebook.problems == []
