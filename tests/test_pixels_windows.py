"""Which windows there are to choose from: those of the file, and the automatic one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from oracles import put_raw
from pydicom.dataset import Dataset

from dicomview.pixels import FrameTags, Window, automatic, file_windows

# --- the automatic window --------------------------------------------------------------------------------------------


def test_automatic_window_spans_the_1st_to_the_99th_percentile() -> None:
    window = automatic([np.arange(1001, dtype=np.float32)])
    assert (window.center - window.width / 2, window.center + window.width / 2) == (10, 990)
    assert window.function == "LINEAR_EXACT"


def test_automatic_window_is_one_for_the_stack() -> None:
    planes = [np.full((10, 10), value, np.float32) for value in (0, 100, 1000)]
    window = automatic(planes)
    assert (window.center, window.width) == (500, 1000)
    assert automatic(iter(planes)) == window


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("slope", "intercept"), [(1, 0), (0.1, -204.7), (1 / 3, 1e-3)])
def test_automatic_window_leaves_padding_out(dtype: Any, slope: float, intercept: float) -> None:
    stored = np.array([-2000, -2000, -1990, *range(100, 200)])
    values = (stored * slope + intercept).astype(dtype)
    ends = sorted((-2000 * slope + intercept, -1990 * slope + intercept))
    with_padding = automatic([values], padding=(ends[0], ends[1]))
    assert with_padding == automatic([values[3:]])


def test_a_plane_of_nothing_but_padding_does_not_darken_the_others() -> None:
    image = np.arange(100, 200, dtype=np.float32)
    padding = np.full(100, -2000, np.float32)
    assert automatic([padding, image], padding=(-2000, -2000)) == automatic([image])
    assert automatic([padding], padding=(-2000, -2000)).center == -2000


@pytest.mark.parametrize(
    "values",
    [
        [],
        [np.empty((0, 0))],
        [np.full((3, 3), np.nan)],
        [np.full((3, 3), 7.0)],
        [np.array([np.inf, -np.inf])],
        [np.array([-1.797e308, 1.797e308])],
        [np.array([-1e300, 1e300])],
        [np.array([3.4e38, -3.4e38], np.float32)],
        [np.array([0, 5e-324])],
    ],
)
def test_automatic_window_always_is_a_window(values: Any) -> None:
    window = automatic(values)
    assert window.width > 0
    assert np.isfinite([window.center, window.width]).all()


def test_one_bright_dot_is_shown() -> None:
    dot = np.zeros(10000)
    dot[77] = 500
    assert automatic([dot]).apply(dot)[[0, 77]].tolist() == [0, 255]


def test_not_a_number_does_not_count() -> None:
    assert automatic([np.array([np.nan, 1, 2, 3, np.inf])]) == automatic([np.array([1.0, 2, 3])])


# --- windows of the file ---------------------------------------------------------------------------------------------


def raw(**values: bytes) -> FrameTags:
    """A header as it comes from a file: the bytes are not looked at before they are asked for."""
    numbers = {"WindowCenter": 0x00281050, "WindowWidth": 0x00281051, "VOILUTFunction": 0x00281056}
    dataset = Dataset()
    for keyword, value in values.items():
        put_raw(dataset, numbers[keyword], "CS" if keyword == "VOILUTFunction" else "DS", value)
    return FrameTags(dataset)


def test_several_windows_in_the_order_of_the_file_with_their_explanations() -> None:
    dataset = Dataset()
    dataset.WindowCenter, dataset.WindowWidth = ["40", "-600.5"], ["400", "1500"]
    dataset.WindowCenterWidthExplanation = ["soft tissue", "lung"]
    dataset.VOILUTFunction = "LINEAR_EXACT"
    found = file_windows(FrameTags(dataset))
    assert found == (Window(40, 400, "LINEAR_EXACT"), Window(-600.5, 1500, "LINEAR_EXACT"))
    assert [w.explanation for w in found] == ["soft tissue", "lung"]


@pytest.mark.parametrize(
    ("center", "width", "expected"),
    [
        (b"40", b"400 ", [(40, 400)]),
        (b" 40\\50", b"400\\ 80", [(40, 400), (50, 80)]),
        (b"40\\50", b"400", [(40, 400)]),
        (b"1.#QNAN", b"400", []),
        (b"40", b"-1.#IND", []),
        (b"40,5", b"400", []),
        (b"", b"", []),
        (b"  ", b"400", []),
        (b"40", b"0", []),
        (b"40", b"-400", []),
        (b"nan", b"400", []),
        (b"1e400", b"400", []),
        (b"\xff\xfe", b"400", []),
        (b"1.#QNAN\\50", b"400\\80", [(50, 80)]),
        (b"40\\50", b"\\80", [(50, 80)]),
        (b"40\\50\\60", b"0\\80\\x", [(50, 80)]),
    ],
)
def test_malformed_windows_are_passed_over(center: bytes, width: bytes, expected: Any) -> None:
    found = file_windows(raw(WindowCenter=center, WindowWidth=width))
    assert [(w.center, w.width) for w in found] == expected


def test_an_explanation_stays_with_its_window_when_the_one_before_is_malformed() -> None:
    dataset = Dataset()
    dataset.WindowCenter, dataset.WindowWidth = ["40", "50"], ["0", "80"]
    dataset.WindowCenterWidthExplanation = ["broken", "brain"]
    assert [w.explanation for w in file_windows(FrameTags(dataset))] == ["brain"]


@pytest.mark.parametrize(
    ("written", "function"),
    [(b"SIGMOID ", "SIGMOID"), (b"sigmoid", "SIGMOID"), (b"", "LINEAR"), (b"GAMMA", "LINEAR"), (b"LINEAR_EXACT", None)],
)
def test_the_function_of_the_file(written: bytes, function: str | None) -> None:
    found = file_windows(raw(WindowCenter=b"1", WindowWidth=b"2", VOILUTFunction=written))
    assert found[0].function == (function or "LINEAR_EXACT")


@pytest.mark.parametrize("absent", ["WindowCenter", "WindowWidth"])
def test_half_a_window_is_none(absent: str) -> None:
    dataset = Dataset()
    dataset.WindowCenter, dataset.WindowWidth = "40", "400"
    delattr(dataset, absent)
    assert file_windows(FrameTags(dataset)) == ()
