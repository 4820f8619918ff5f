"""The window against the formulas of PS3.3 C.11.2, written as the standard writes them, and against DCMTK."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from oracles import described, read_pgm, run
from pydicom import dcmwrite

from dicomview.errors import UnknownChoice
from dicomview.pixels import FrameTags, Window, as_window, presets, rescale_of

if TYPE_CHECKING:
    from pathlib import Path

WINDOWS = [(40, 400), (40, 401), (50, 350), (0, 2), (127.5, 255), (-600.25, 1500), (0.5, 3), (300, 4095.5), (0, 1e5)]
VALUES = [*range(-1100, 1100, 7), -0.5, 0.5, 1.25, 39.5, 40, 240, -159, -160, -161, 30000, -30000]


def half_up(y: Fraction) -> int:
    return math.floor(y + Fraction(1, 2))


def linear(x: Fraction, c: Fraction, w: Fraction, y_min: int = 0, y_max: int = 255) -> Fraction:
    """PS3.3 C.11.2.1.2.1."""
    if x <= c - Fraction(1, 2) - (w - 1) / 2:
        return Fraction(y_min)
    if x > c - Fraction(1, 2) + (w - 1) / 2:
        return Fraction(y_max)
    return ((x - (c - Fraction(1, 2))) / (w - 1) + Fraction(1, 2)) * (y_max - y_min) + y_min


def linear_exact(x: Fraction, c: Fraction, w: Fraction, y_min: int = 0, y_max: int = 255) -> Fraction:
    """PS3.3 C.11.2.1.3.2."""
    if x <= c - w / 2:
        return Fraction(y_min)
    if x > c + w / 2:
        return Fraction(y_max)
    return ((x - c) / w + Fraction(1, 2)) * (y_max - y_min) + y_min


def sigmoid(x: float, c: float, w: float, y_min: int = 0, y_max: int = 255) -> float:
    """PS3.3 C.11.2.1.3.1."""
    return (y_max - y_min) / (1 + math.exp(-4 * (x - c) / w)) + y_min


# --- the three functions ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("center", "width"), [*WINDOWS, (10, 1)])
@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT"])
def test_linear_functions_as_the_standard_writes_them(function: Any, center: float, width: float) -> None:
    formula = linear if function == "LINEAR" else linear_exact
    exact = [formula(Fraction(x), Fraction(center), Fraction(width)) for x in VALUES]
    ours = Window(center, width, function).apply(np.array(VALUES, float))
    assert ours.dtype == np.uint8
    for x, y, level in zip(VALUES, exact, ours.tolist(), strict=True):
        # An exact half may come out of floating point a little smaller.
        allowed = {half_up(y), math.floor(y)} if y % 1 == Fraction(1, 2) else {half_up(y)}
        assert level in allowed, (x, y)


@pytest.mark.parametrize(("center", "width"), WINDOWS)
def test_sigmoid_as_the_standard_writes_it(center: float, width: float) -> None:
    near = [x for x in VALUES if abs(x - center) / width < 100]
    expected = [math.floor(sigmoid(x, center, width) + 0.5) for x in near]
    assert Window(center, width, "SIGMOID").apply(np.array(near, float)).tolist() == expected


@pytest.mark.parametrize(
    ("window", "value", "level"),
    [
        # LINEAR of center 40 and width 400: c - 0.5 - (w-1)/2 = -160 is the last black, 239 the first white.
        (Window(40, 400), -160, 0),
        (Window(40, 400), 239, 255),
        (Window(40, 400), 39.5, 128),  # y = 127.5
        (Window(40, 400), -159, 1),  # y = 255/399 = 0.64
        # The worked example of C.11.2.1.2.1: center 2048, width 4096 maps 0..4095; center 2^(n-1).
        (Window(2048, 4096), 0, 0),
        (Window(2048, 4096), 4095, 255),
        (Window(0, 100), -50, 0),
        (Window(0, 100), 49, 255),
        (Window(0, 2), -1, 0),
        (Window(0, 2), 0, 255),
        (Window(1, 2, "LINEAR_EXACT"), 0, 0),
        (Window(1, 2, "LINEAR_EXACT"), 1, 128),
        (Window(1, 2, "LINEAR_EXACT"), 2, 255),
        (Window(0, 400, "SIGMOID"), 0, 128),
        (Window(0, 400, "SIGMOID"), 100, 186),  # 255/(1+e^-1) = 186.42
        (Window(0, 400, "SIGMOID"), -100, 69),  # 68.58
    ],
)
def test_values_computed_by_hand(window: Window, value: float, level: int) -> None:
    assert window.apply(np.array([value], float)).tolist() == [level]


def test_linear_and_linear_exact_differ_by_a_grey_level_at_width_400_and_by_85_at_width_3() -> None:
    x = np.arange(-2000, 2000, 0.25)
    for width, most in ((400, 1), (3, 85)):
        exact = Window(40, width, "LINEAR_EXACT").apply(x).astype(int)
        assert np.abs(exact - Window(40, width).apply(x)).max() == most


@pytest.mark.parametrize("window", [Window(0, 256, "LINEAR_EXACT"), Window(0.5, 257), Window(0, 9, "SIGMOID")])
def test_a_half_is_rounded_up(window: Window) -> None:
    # y = 127.5 exactly; the inverse is that of the rounded level.
    assert window.apply(np.array([0.0])).tolist() == [128]
    assert window.apply(np.array([0.0]), invert=True).tolist() == [127]


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize("invert", [False, True])
def test_bright_values_do_not_wrap(function: Any, invert: bool) -> None:
    x = np.array([-1e300, -70000, -32768, -1024, 3071, 32767, 65535, 70000, 1e300])
    levels = Window(40, 40, function).apply(x, invert=invert).tolist()
    assert levels == ([255] * 4 + [0] * 5 if invert else [0] * 4 + [255] * 5)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize("width", [1e-300, 1e-5, 0.5, 1, 1.0000001, 2, 1e300])
@pytest.mark.parametrize("center", [-1e300, 0, 1e300])
def test_far_values_and_odd_widths_never_warn(function: Any, width: float, center: float) -> None:
    x = np.array([-np.inf, -1.7e308, -1e300, 0, 1e300, 1.7e308, np.inf])
    levels = Window(center, width, function).apply(x).astype(int)
    assert (np.diff(levels) >= 0).all()
    assert (levels[0], levels[-1]) == (0, 255)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("width", [0.5, 1, 400])
def test_nan_is_black_in_either_polarity(function: Any, invert: bool, width: float) -> None:
    assert Window(0, width, function).apply(np.array([[np.nan]]), invert=invert).tolist() == [[0]]


@pytest.mark.parametrize(("center", "width", "function"), [(0, 1, "LINEAR"), (0, 0.3, "LINEAR"), (7, 9, "SIGMOID")])
def test_inverted_is_255_minus_level(center: float, width: float, function: Any) -> None:
    x, window = np.linspace(-20, 20, 999), Window(center, width, function)
    np.testing.assert_array_equal(window.apply(x, invert=True), 255 - window.apply(x))


def test_width_one_is_a_threshold_below_the_center() -> None:
    assert Window(100, 1).apply(np.array([99, 99.5, 99.50001, 100])).tolist() == [0, 0, 255, 255]


@pytest.mark.parametrize("width", [0.999, 0.5, 1e-9])
def test_a_linear_width_below_one_is_the_same_threshold(width: float) -> None:
    x = np.linspace(98, 102, 41)
    np.testing.assert_array_equal(Window(100, width).apply(x), Window(100, 1).apply(x))


def test_the_shape_is_kept_and_the_values_are_not_changed() -> None:
    x = np.arange(24.0).reshape(2, 3, 4)
    assert Window(12, 10).apply(x).shape == x.shape
    np.testing.assert_array_equal(x.ravel(), np.arange(24.0))
    assert Window(12, 10).apply(np.float64(3.0)).shape == ()  # type: ignore[arg-type]
    assert Window(12, 10).apply(np.arange(3, dtype=np.uint8)).tolist() == [0, 0, 0]  # type: ignore[arg-type]


# --- what a window is ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("center", "width"),
    [
        *((0, 0), (0, -5), (math.nan, 5), (0, math.nan), (math.inf, 5), (0, math.inf)),
        *(("x", 5), (None, 5), (0, None), (10**400, 5), (0, 10**400)),
    ],
)
def test_an_invalid_window_is_refused_in_words(center: Any, width: Any) -> None:
    with pytest.raises(UnknownChoice, match="window"):
        Window(center, width)


def test_an_unknown_function_is_refused_with_the_choices() -> None:
    with pytest.raises(UnknownChoice, match="LINEAR, LINEAR_EXACT, SIGMOID"):
        Window(0, 1, "GAMMA")  # type: ignore[arg-type]


def test_presets_can_be_had_by_name_and_an_unknown_one_lists_them() -> None:
    for name, window in presets().items():
        assert Window.preset(name.upper()) == window == as_window(name)
        assert window.explanation == name
    assert (Window.preset("lung").center, Window.preset("lung").width) == (-600, 1500)
    with pytest.raises(UnknownChoice, match=r"lung, mediastinum, .*brain"):
        Window.preset("spleen")


def test_presets_are_a_new_dict_each_time() -> None:
    presets().clear()
    assert presets()


@pytest.mark.parametrize("wish", [(40, 400), [40, 400], (40, 400, "LINEAR"), Window(40, 400), ("40", "400"), "abdomen"])
def test_as_window(wish: object) -> None:
    assert as_window(wish) == Window(40, 400)


@pytest.mark.parametrize("wish", [None, 40, (40,), (1, 2, "LINEAR", "x"), {"center": 40}, (1, 2, "sinus"), "nothing"])
def test_what_is_no_window_is_refused(wish: object) -> None:
    with pytest.raises(UnknownChoice):
        as_window(wish)


def test_the_explanation_is_no_part_of_the_comparison() -> None:
    assert Window(1, 2, explanation="a") == Window(1, 2, explanation="b")
    assert len({Window(1, 2, explanation="a"), Window(1.0, 2.0)}) == 1
    assert Window(1, 2) != Window(1, 2, "SIGMOID")
    assert Window(1, 2) != (1, 2)


# --- DCMTK -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("polarity", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize(
    ("slope", "intercept", "windows"),
    [
        ("1", "-1024", [(40, 400), (40, 401), (50, 1), (50, 2), (0.5, 3), (300.5, 4095.5), (40, 1e5), (-600, 1500)]),
        ("2.5", "0", [(1000, 400), (5000, 10000)]),
        # DCMTK rounds modality values to whole numbers, so that fractions of a narrow window are not comparable.
        ("0.5", "-100.25", [(40, 400), (300.5, 4095.5)]),
    ],
)
def test_dcmtk_draws_the_same_to_within_one_grey_level(
    polarity: str, slope: str, intercept: str, windows: list[tuple[float, float]], tmp_path: Path
) -> None:
    stored = np.arange(4096, dtype=np.uint16).reshape(64, 64)
    dataset = described(stored, stored=12, PhotometricInterpretation=polarity, Modality="CT")
    dataset.RescaleSlope, dataset.RescaleIntercept = slope, intercept
    dcmwrite(tmp_path / "in.dcm", dataset, enforce_file_format=True)
    values = rescale_of(FrameTags(dataset)).apply(stored)
    for center, width in windows:
        run("dcm2pnm", "--write-raw-pnm", "+Ww", str(center), str(width), tmp_path / "in.dcm", tmp_path / "out.pgm")
        theirs = read_pgm(tmp_path / "out.pgm").astype(int)
        ours = Window(center, width).apply(values, invert=polarity == "MONOCHROME1").astype(int)
        # DCMTK drops the fraction where dicomview rounds: never brighter, and darker by one at most.
        assert set(np.unique(ours - theirs)) <= {0, 1}
        x = values.ravel()
        if width > 1 and slope != "0.5":
            exact = np.clip(((x - (center - 0.5)) / (width - 1) + 0.5) * 255, 0, 255)
            exact = 255 - exact if polarity == "MONOCHROME1" else exact
            dropped = np.floor(exact)
            assert (dropped != theirs.ravel()).mean() < 0.01, "DCMTK does something other than drop the fraction"


def test_dcmtk_draws_the_same_sigmoid_to_within_one_grey_level(tmp_path: Path) -> None:
    stored = np.arange(4096, dtype=np.uint16).reshape(64, 64)
    dcmwrite(tmp_path / "in.dcm", described(stored, stored=12), enforce_file_format=True)
    for center, width in itertools.product((1000, 2000), (100, 4000)):
        arguments = ("--write-raw-pnm", "+Wfs", "+Ww", str(center), str(width))
        run("dcm2pnm", *arguments, tmp_path / "in.dcm", tmp_path / "out.pgm")
        ours = Window(center, width, "SIGMOID").apply(stored.astype(float)).astype(int)
        assert np.abs(ours - read_pgm(tmp_path / "out.pgm")).max() <= 1
