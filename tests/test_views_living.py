"""A living figure on a page: whatever happens in between, what stays on the screen is the last drawing."""

from __future__ import annotations

import io
import json
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import phantoms
from matplotlib.figure import Figure
from PIL import Image

import dicomview as dv
from dicomview.views.living import canvas_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


class Page:
    """What ipympl's front end does: it asks for one drawing at a time, and shows a picture when it is decoded."""

    def __init__(self, canvas: Any) -> None:
        self._canvas, self._waits, self._heard = canvas, False, list[tuple[dict[str, Any], Any]]()
        self._decoding: bytes | None = None
        self.shown: Any = None
        canvas.send = lambda content, buffers=None: self._heard.append((json.loads(content["data"]), buffers))
        canvas._handle_message(canvas, {"type": "initialized"}, [])

    def hear(self) -> None:
        """Take all that has come, in its order, and ask for drawings."""
        while self._heard:
            message, buffers = self._heard.pop(0)
            if message["type"] == "binary":
                self._waits, self._decoding = False, bytes(buffers[0])  # what was being decoded is dropped
            elif message["type"] == "draw" and not self._waits:
                self._waits = True
                self._canvas._handle_message(self._canvas, {"type": "draw"}, [])

    def rest(self) -> NDArray[Any]:
        """Return what is on the screen when nothing more comes."""
        self.hear()
        if self._decoding is not None:
            image = Image.open(io.BytesIO(self._decoding)).convert("RGBA")
            if self._canvas._image_mode == "diff":
                image = Image.alpha_composite(self.shown, image)
            self.shown, self._decoding = image, None
        return np.array(self.shown)[..., :3].astype(int)


def wanted(canvas: Any) -> NDArray[Any]:
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3].astype(int)


def during(canvas: Any, page: Page, work: Callable[[], object]) -> None:
    """Have another thread work while the page's drawing is under way, as long as that lets it."""
    other = threading.Thread(target=work)

    def begin(_: Any) -> None:
        canvas.mpl_disconnect(heard)
        other.start()
        other.join(0.3)

    heard = canvas.mpl_connect("draw_event", begin)  # all artists are drawn, and nothing is sent yet
    canvas.draw_idle()
    page.hear()
    other.join(30)


def test_a_wish_that_comes_during_a_drawing_comes_true() -> None:
    figure = Figure()
    (line,) = figure.add_subplot().plot([1, 2, 3])
    canvas = canvas_of(figure)
    page = Page(canvas)

    def change() -> None:
        line.set_ydata([3, 1, 2])
        canvas.draw_idle()

    during(canvas, page, change)
    np.testing.assert_array_equal(page.rest(), wanted(canvas))


def test_a_picture_that_the_page_drops_leaves_nothing_old() -> None:
    figure = Figure()
    (line,) = figure.add_subplot().plot([1, 2, 3])
    canvas = canvas_of(figure)
    page = Page(canvas)
    canvas.draw()
    page.rest()
    line.set_ydata([3, 1, 2])
    canvas.draw()
    line.set_linestyle(":")
    canvas.draw()  # the one before is not decoded yet
    np.testing.assert_array_equal(page.rest(), wanted(canvas))


def test_a_curve_that_follows_during_a_drawing_is_on_the_page() -> None:
    view = dv.view(phantoms.echoes(), index=4, embed=False)
    view.measure("rectangle", [(2, 3), (6, 8)])
    plot = view.curve()
    page = Page(plot._canvas)

    def drag() -> None:
        view.measurements = view.measurements.assign(points=[((0, 0), (3, 3))], **{"LPS mm": [()]})
        plot.rest()

    during(plot._canvas, page, drag)
    assert plot.data["n"].tolist() == [16, 16]
    np.testing.assert_allclose(page.rest(), wanted(plot._canvas), atol=2)  # the layout settles in two drawings
    plot.close()
    view.close()


def test_no_artist_changes_while_it_is_drawn() -> None:
    view = dv.view(phantoms.echoes(), index=4, embed=False)
    view.measure("rectangle", [(2, 3), (6, 8)])
    plot = view.curve()
    lines = [*plot.ax.lines]
    seen: list[bool] = []

    def drag() -> None:
        view.measurements = view.measurements.assign(points=[((0, 0), (3, 3))], **{"LPS mm": [()]})
        plot.rest()

    other = threading.Thread(target=drag)

    def drawn(_: Any) -> None:
        if not seen:
            other.start()
            other.join(0.3)
            seen.append([*plot.ax.lines] == lines)

    plot._canvas.mpl_connect("draw_event", drawn)
    plot._canvas.draw()
    other.join(30)
    assert seen == [True]
    assert [*plot.ax.lines] != lines
    plot.close()
    view.close()
