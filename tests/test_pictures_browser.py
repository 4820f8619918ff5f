"""Every row of CONFORMANCE.md once more, with the pixels that a real Chromium has painted.

The tests are those of ``test_pictures*.py``, with their oracles; what is put in is how they look. `see` gives them the
backing store of the canvas instead of the array of `dicomview.picture`, after it has dragged the window with the mouse
and held what came out against the formula. `scroll` turns the wheel over each slice, and reads the values by hovering.
Files, folders and data sets in memory take turns.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import test_pictures
import test_pictures_colour
import test_pictures_geometry
import test_pictures_limits
import test_pictures_series
import test_pictures_values
import test_pictures_windows
from test_pictures import greys, roads
from test_pictures_limits import large_radiograph, long_cine
from test_pictures_series import WIDE, grey

import dicomview as dv
from dicomview.errors import DamagedPixels
from dicomview.pixels import VoiTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from canvas_page import CanvasPage, Desk, Show
    from numpy.typing import NDArray
    from test_pictures import Datasets, Road, Seen

pytestmark = pytest.mark.browser
OF_ONE_IMAGE = (
    test_pictures,
    test_pictures_colour,
    test_pictures_geometry,
    test_pictures_limits,
    test_pictures_values,
    test_pictures_windows,
)
LOOKS: list[CanvasPage] = []
"""The pages that the running test has looked at."""
RIGHT, DOWN = 64, -32  # CSS pixels of the drag: 256 are as much as the width


def _looking() -> Iterator[tuple[str, Callable[..., None]]]:
    """Yield the tests that look at a picture, those of one image on one of the roads each."""
    _, each = roads.mark.args
    turns = itertools.cycle(zip(each, roads.mark.kwargs["ids"], strict=True))
    for module in (*OF_ONE_IMAGE, test_pictures_series):
        for name, test in vars(module).items():
            looks = ("see(", "assert_colours(", "scroll(", "assert_whole(")
            if not name.startswith("test_") or not any(look in inspect.getsource(test) for look in looks):
                continue
            again = _looking_here(test)
            marks = getattr(test, "pytestmark", [])
            if roads.mark in marks:
                road, word = next(turns)
                marks = [mark for mark in marks if mark != roads.mark]
                marks.append(pytest.mark.parametrize("road", [road], ids=[word]).mark)
            again.pytestmark = marks  # type: ignore[attr-defined]
            yield name, again


def _looking_here(test: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(test)
    def again(**arguments: Any) -> None:
        LOOKS.clear()
        test(**arguments)
        assert LOOKS, "this test has looked past Chromium"

    return again


globals().update(_looking())


@pytest.fixture(autouse=True)
def _chromium_paints(monkeypatch: pytest.MonkeyPatch, desk: Desk, show: Show) -> None:
    """Put eyes of another kind into the tests."""

    def see(road: Road, datasets: Datasets, folder: Path, **wish: Any) -> Seen:
        sources = []

        def once(datasets: Datasets, folder: Path) -> Any:
            sources.append(road(datasets, folder))
            return sources[0]

        seen = by_messages(once, datasets, folder, **wish)
        painted = on_screen(show(dv.view(sources[0], controls=False, **wish)), seen)
        assert desk.clear() == []
        return replace(seen, picture=replace(seen.picture, pixels=painted))

    def scroll(source: Any, *, plane: str | None = None, **axes: int) -> list[Any]:
        stack = source if isinstance(source, dv.Stack) else dv.read_series(source)
        values = by_wheel(show(dv.view(stack, index=0, plane=plane, window=WIDE, controls=False, **axes)), stack)
        assert desk.clear() == []
        return values

    by_messages = test_pictures.see
    for module in OF_ONE_IMAGE:
        monkeypatch.setattr(module, "see", see)
    monkeypatch.setattr(test_pictures_series, "scroll", scroll)


def on_screen(page: CanvasPage, seen: Seen) -> NDArray[np.uint8]:
    """Return the pixels in the shape of the picture, having dragged the window and looked at what became of it."""
    LOOKS.append(page)
    before, begin = page.pixels(), seen.picture.window
    flat = seen.pixels.ndim == 2
    page.drag(RIGHT, DOWN)
    after = page.settled().pixels()
    if begin is None:  # colours have no window
        np.testing.assert_array_equal(after, before)
    else:
        assert_dragged(page.view.window, begin)
        np.testing.assert_array_equal(after, in_three(by_formula(seen, page.view.window, before)))
        np.testing.assert_array_equal(after, in_three(page.view.picture().pixels))
    assert not flat or (before == before[..., :1]).all()
    return before[..., 0] if flat else before


def assert_dragged(window: Any, begin: Any) -> None:
    """To the right is wider, upwards is a lower center; both are rounded to a thousandth of the width or better."""
    if isinstance(begin, VoiTable):
        count = len(begin.levels)
        begin = dv.Window(begin.first + count / 2, count, "LINEAR_EXACT")
    digit = min(1.0, 10.0 ** (math.floor(math.log10(begin.width)) - 2))
    assert window.center == pytest.approx(begin.center + begin.width * DOWN / 256, abs=0.51 * digit)
    assert window.width == pytest.approx(begin.width * (1 + RIGHT / 256), abs=0.51 * digit)
    assert window.function == begin.function


def by_formula(seen: Seen, window: dv.Window, before: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The grey levels of the values under a window, value by value; overlays keep their colour and padding is black."""
    levels = greys(seen.probe, window.center, window.width, window.function)
    if seen.message["invert"]:
        levels = 255 - levels
    if (blank := seen.message["blank"]) is not None:
        levels[seen.probe == blank * np.float64(seen.message["slope"]) + seen.message["intercept"]] = 0
    coloured = (before != before[..., :1]).any(axis=-1)
    return np.where(coloured[..., None], before, in_three(levels))


def in_three(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return pixels if pixels.ndim == 3 else np.stack([pixels] * 3, axis=-1)


def by_wheel(page: CanvasPage, stack: dv.Stack) -> list[Any]:
    """Return the first value of each slice, or what stands in its place; the last slice's window is dragged."""
    LOOKS.append(page)
    view, values = page.view, list[Any]()
    for index in range(view.scene.counts[view.plane]):
        if index:
            page.wheel(1)
        page.settled()
        assert (view.index, page.mark("index")) == (index, str(index))
        pixels = page.pixels()
        if fault := page.words("fault"):
            assert not pixels.any()
            with pytest.raises(DamagedPixels):
                view.picture()
            values.append(fault)
            continue
        values.append(hovered(page))
        np.testing.assert_array_equal(pixels, in_three(view.picture().pixels))
        assert (pixels[0, 0] == grey(values[-1])).all()
    page.wheel(1)  # there is no further one
    page.drag(RIGHT, DOWN)
    page.settled()
    assert view.index == index
    assert_dragged(view.window, dv.Window(*WIDE))
    np.testing.assert_array_equal(page.pixels(), in_three(view.picture().pixels))
    assert page.pixels()[0, 0, 0] == greys(np.array([values[-1]]), view.window.center, view.window.width, WIDE[2])
    return values


def hovered(page: CanvasPage) -> float:
    """The modality value that the hover tells of the first pixel."""
    line = page.hover(0, 0)[0].replace("−", "-")
    return float(line.split(" · ")[-1].split()[0])


def test_every_row_is_looked_at() -> None:
    here = {name[5:8].upper() for name in globals() if name.startswith("test_")}
    assert {f"P{n:02d}" for n in range(1, 29)} | {f"S{n:02d}" for n in range(1, 16)} <= here


def test_p28_a_large_radiograph_is_painted_whole(show: Show) -> None:
    one, stored = large_radiograph()
    page = show(dv.view(one, controls=False))
    for window in ((8192, 16384), None):
        pixels = page.pixels(every=200)
        now = page.view.window
        assert window is None or (now.center, now.width) == window
        np.testing.assert_array_equal(pixels, in_three(greys(stored[::200, ::200], now.center, now.width)))
        page.drag(RIGHT, DOWN)
        page.settled()


def test_p28_the_last_of_ten_thousand_frames_is_painted(show: Show, tmp_path: Path) -> None:
    page = show(dv.view(long_cine(tmp_path, 10_000, 16), index=0, window=(5000, 10_001), controls=False))
    for key, frame in (("End", 9_999), ("PageUp", 9_989), ("Home", 0)):
        page.key(key)
        page.settled()
        assert page.mark("index") == str(frame)
        assert (page.pixels() == greys(np.array([frame]), 5000, 10_001)).all()
