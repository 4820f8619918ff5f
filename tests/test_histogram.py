"""The histogram beside a view: its counts, and the span that is the window, both ways."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import phantoms
import pytest
from matplotlib.patches import StepPatch
from oracles import PYDICOM_FILES

import dicomview as dv
from dicomview.errors import DamagedPixels, NotAnImage, UnknownChoice


@pytest.fixture
def made():
    shown: list[Any] = []

    def make(*arguments: Any, **options: Any) -> Any:
        shown.append(dv.histogram(*arguments, **options))
        return shown[-1]

    yield make
    for one in shown:
        one.close()
        one.view.close()


def hand(histogram: Any, kind: str, value: float) -> None:
    """What ipympl's front end says of a mouse at a modality value."""
    x, y = histogram.ax.transData.transform((value, histogram.ax.get_ylim()[1] * 0.5))
    canvas = histogram._canvas
    down = {"x": x, "y": canvas.figure.bbox.height - y, "button": 0, "buttons": 1, "modifiers": [], "guiEvent": {}}
    canvas._handle_message(canvas, {"type": kind, **down}, [])


def drag(histogram: Any, *values: float) -> None:
    histogram.figure.draw_without_rendering()
    hand(histogram, "motion_notify", values[0])
    hand(histogram, "button_press", values[0])
    for value in values[1:]:
        hand(histogram, "motion_notify", value)
    hand(histogram, "button_release", values[-1])


def test_counts_are_those_of_the_stack(made):
    shown = made(phantoms.regular(), window=(500, 400))
    volume = dv.read_series(phantoms.regular()).volume().array
    np.testing.assert_array_equal(shown.counts, np.histogram(volume, shown.edges)[0])
    assert shown.counts.sum() == volume.size
    assert shown.children == (shown.view, shown._canvas)
    assert shown.log
    shown.log = False
    assert not shown.log
    (steps,) = shown.ax.patches[:1]
    np.testing.assert_array_equal(steps.get_data().values, shown.counts)
    assert shown.ax.get_xlabel() == "HU"


def test_slabs_are_counted_when_slabs_are_shown(made):
    stored = np.random.default_rng(2).integers(0, 900, (9, 12, 10)).astype(np.int16)
    shown = made(phantoms.regular(stored=stored), window=(500, 400), embed=False)
    volume, before = shown.view.scene.as_volume().array, shown.counts
    shown.view.add_mask(volume > 500)
    assert shown.counts is before
    shown.view.slab = ("mip", 6)
    slabs = np.array([shown.view.scene.exact("axial", index)[0] for index in range(9)])
    assert (slabs > volume).any()
    np.testing.assert_array_equal(shown.counts, np.histogram(slabs, shown.edges)[0])
    (steps,) = [one for one in shown.ax.patches if isinstance(one, StepPatch)]
    np.testing.assert_array_equal(steps.get_data().values, shown.counts)
    assert shown.log
    assert all(steps.zorder < artist.zorder for artist in shown._span.artists)
    assert shown.counts.max() <= shown.ax.get_ylim()[1] <= 4 * shown.counts.max()
    shown.view.slab = None
    np.testing.assert_array_equal(shown.counts, before)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_the_span_is_the_window_both_ways(made, function):
    shown = made(phantoms.regular(), window=(500, 401, function))
    view = shown.view
    low, high = (299.5, 699.5) if function == "LINEAR" else (299.5, 700.5)
    assert shown._span.extents == (low, high)
    heard: list[Any] = []
    view.observe(lambda change: heard.append(change.new), "window")

    drag(shown, high, 750, 800)  # the right edge
    assert view.window.function == function
    np.testing.assert_allclose(view.window.ends, (low, 800), atol=1)
    drag(shown, low, 250, 200)  # the left one
    np.testing.assert_allclose(view.window.ends, (200, 800), atol=1)
    drag(shown, 500, 550, 600)  # all of it
    np.testing.assert_allclose(view.window.ends, (300, 900), atol=1.5)
    np.testing.assert_allclose(shown._span.extents, view.window.ends, atol=1.5)
    assert len(heard) == len(set(heard)) <= 6  # one for each step of the hand, and no echo

    before = len(heard)
    view.window = (100, 50, function)
    assert len(heard) == before + 1
    assert shown._span.extents == view.window.ends
    view.reset()
    assert shown._span.extents == (low, high)
    drag(shown, 1100, 1150)  # beside the span: nothing
    assert view.window.ends == (low, high)
    drag(shown, high, low)  # no window is without width
    assert view.window.width > 0


def test_ends_are_the_last_black_and_the_first_white():
    for function in ("LINEAR", "LINEAR_EXACT"):
        window = dv.Window(40, 400, function)
        low, high = window.ends
        levels = window.apply(np.array([low, low + 2, high - 2, high]))
        assert levels[0] == 0 < levels[1]
        assert levels[2] < 255 == levels[3]
        assert dv.Window.between(low, high, like=window) == window
    assert dv.Window(10, 1).ends == (9.5, 9.5)
    assert dv.Window.between(-1, 3) == dv.Window(1, 4, "LINEAR_EXACT")


def test_a_wide_window_is_on_the_axis(made):
    shown = made(phantoms.regular(), window=(0, 5000))
    low, high = shown.ax.get_xlim()
    assert low < -2500
    assert high > 2499


def test_a_view_is_shown_once_more_and_outlives_its_histogram(made):
    view = dv.view(phantoms.regular(), window=(500, 400))
    shown = made(view)
    assert shown.view is view
    shown.close()
    view.window = (1, 2)
    assert shown._span.extents != view.window.ends
    with pytest.raises(UnknownChoice, match="'window' is no option for a view"):
        dv.histogram(view, window="bone")


def test_every_place_of_every_axis_counts(made):
    pile = phantoms.echoes()
    values = np.array([ds.pixel_array for ds in pile])
    shown = made(pile)
    np.testing.assert_array_equal(shown.counts, np.histogram(values, shown.edges)[0])
    assert shown.counts.sum() == values.size


def test_padding_and_nothing_at_all(made):
    values = np.full((2, 4, 5), np.nan)
    with pytest.raises(UnknownChoice, match="no value in this stack to be counted"):
        dv.histogram(values)
    values[0, 0, 0] = 3
    assert made(values).counts.sum() == 1


def test_what_has_no_window_says_so():
    with pytest.raises(UnknownChoice, match="colour pictures have no window"):
        dv.histogram(PYDICOM_FILES / "examples_ybr_color.dcm")
    with pytest.raises(UnknownChoice, match="bins are a whole number"):
        dv.histogram(phantoms.regular(), bins=0)
    with pytest.raises(UnknownChoice, match="'layout' is no option for a histogram"):
        dv.histogram(phantoms.regular(), layout="ortho")
    with pytest.raises(UnknownChoice, match=r"one view beside it; give one of these, \['axial'\]"):
        dv.histogram(dv.view(phantoms.regular(), layout="ortho"))
    with pytest.raises(NotAnImage, match="no picture in this"):
        dv.histogram(PYDICOM_FILES / "rtplan.dcm")


def test_slices_that_cannot_be_decoded_are_told(made, monkeypatch):
    view = dv.view(phantoms.regular())
    bare = view.scene.bare

    def damaged(plane: str, index: int, *rest: Any) -> Any:
        if index == 4:
            raise DamagedPixels("cut short")
        return bare(plane, index, *rest)

    monkeypatch.setattr(view.scene, "bare", damaged)
    shown = made(view)
    assert shown.counts.sum() == 11 * 80
    assert shown.ax.get_title() == "without 1 that cannot be decoded"


def test_an_interrupt_ends_the_counting(monkeypatch):
    view = dv.view(phantoms.regular())

    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(view.scene, "bare", interrupted)
    with pytest.raises(KeyboardInterrupt):
        dv.histogram(view)
    assert view.has_trait("window")
    view.window = (1, 2)


def test_pyplot_keeps_its_backend():
    code = (
        "import sys, numpy, dicomview, matplotlib as mpl\nuse = mpl.use\n"
        "assert dicomview.histogram(numpy.arange(24).reshape(2, 3, 4))._canvas\n"
        "print(mpl.get_backend(auto_select=False), 'matplotlib.pyplot' in sys.modules, mpl.use is use)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["None", "False", "True"]


def test_without_ipympl_it_is_a_picture_that_follows(made, monkeypatch):
    monkeypatch.setitem(sys.modules, "ipympl.backend_nbagg", None)
    shown = made(phantoms.regular(), window=(500, 400))
    shown._follower.rest()
    first = bytes(shown.children[1].value)
    assert first.startswith(b"\x89PNG")
    shown.view.window = (100, 50)
    shown._follower.rest()
    assert shown.children[1].value != first
