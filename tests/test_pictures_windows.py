"""The correct picture, from values to grey: P5, P7 to P11, P13 and P25 of CONFORMANCE.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import phantoms
import pytest
from oracles import put_raw
from pydicom.dataset import Dataset
from test_pictures import assert_like_dcmtk, dcmtk, greys, image, ramp, roads, see

import dicomview as dv
from dicomview.space import read_series

if TYPE_CHECKING:
    from pathlib import Path

WINDOWS = {
    "WindowCenter": ["40", "-600", "300"],
    "WindowWidth": ["400", "1500", "1600"],
    "WindowCenterWidthExplanation": ["ABDOMEN", "AIR", "HARD"],
}


def voi_table(first: int, entries: list[int], explanation: str = "", bits: int = 16) -> Dataset:
    item = Dataset()
    item.add_new("LUTDescriptor", "SS" if first < 0 else "US", [len(entries), first, bits])
    item.LUTExplanation = explanation
    item.add_new("LUTData", "US", entries)
    return item


def by_table(values: Any, first: int, entries: list[int], bits: int = 16) -> Any:
    """The grey levels of a table, by hand: entries of `bits` bits spread over 0 to 255, halves up."""
    places = np.clip(np.asarray(values) - first, 0, len(entries) - 1)
    return np.floor(np.array(entries)[places] / (2**bits - 1) * 255 + 0.5)


# --- P5 --------------------------------------------------------------------------------------------------------------


def padded(value: int, limit: int | None = None, **tags: Any) -> tuple[Dataset, Any, Any]:
    """Return an image of 100 to 900 with padding around it, its stored values, and where the padding is."""
    stored, outside = ramp(100, 900), np.zeros((16, 16), bool)
    outside[:, :3] = outside[:2] = True
    stored[outside] = value if limit is None else np.linspace(value, limit, int(outside.sum())).astype(int)
    one = image(stored, **tags)
    one.add_new("PixelPaddingValue", "SS", value)
    if limit is not None:
        one.add_new("PixelPaddingRangeLimit", "SS", limit)
    return one, stored, outside


@roads
@pytest.mark.parametrize(("value", "limit"), [(-2000, None), (-2000, -1900), (5000, None), (5000, 6000)])
@pytest.mark.parametrize("photometric", ["MONOCHROME2", "MONOCHROME1"])
def test_p05_padding_is_left_out_of_the_window_and_shown_as_background(
    road: Any, tmp_path: Path, value: int, limit: int | None, photometric: str
) -> None:
    one, stored, outside = padded(value, limit, PhotometricInterpretation=photometric)
    seen = see(road, one, tmp_path)
    low, high = np.percentile(stored[~outside], (1, 99))
    window = seen.picture.window
    assert (window.center, window.width) == pytest.approx(((low + high) / 2, high - low))
    assert (seen.pixels[outside] == 0).all()
    expected = greys(stored, window.center, window.width, "LINEAR_EXACT")
    inside = (255 - expected if photometric == "MONOCHROME1" else expected)[~outside]
    np.testing.assert_array_equal(seen.pixels[~outside], inside)
    np.testing.assert_array_equal(seen.values, stored)


@roads
@pytest.mark.parametrize("slopes", [("1", "1", "1", "1"), ("1", "2", "1", "2")])
def test_p05_padding_is_background_in_every_plane(road: Any, tmp_path: Path, slopes: tuple[str, ...]) -> None:
    stored = phantoms.voxels(4)
    stored[:, :2] = 3000
    pile = phantoms.regular(stored, tags={"PhotometricInterpretation": "MONOCHROME2"})
    for one, slope in zip(pile, slopes, strict=True):
        one.add_new("PixelPaddingValue", "SS", 3000)
        one.RescaleSlope = slope
    source = road(pile, tmp_path)
    for plane, padding in (("axial", np.s_[:2]), ("sagittal", np.s_[:, :2])):
        pixels = dv.picture(source, plane=plane, window=(-500, 100)).pixels
        assert (pixels[padding] == 0).all()
        assert (np.delete(pixels, [0, 1], axis=0 if plane == "axial" else 1) == 255).all()
    assert (dv.picture(source, plane="coronal", index=0, window=(-500, 100)).pixels == 0).all()


# --- P7 and P8 -------------------------------------------------------------------------------------------------------

RISING, FALLING = [(k * k) % 65536 for k in range(256)], list(range(65280, -1, -256))


@roads
@pytest.mark.parametrize("first", [0, -100])
def test_p07_the_first_voi_lut_is_used_and_the_others_have_names(road: Any, tmp_path: Path, first: int) -> None:
    stored = ramp(first - 30, first + 300)
    tables = [voi_table(first, RISING, "soft"), voi_table(first, FALLING, "hard")]
    one = image(stored, VOILUTSequence=tables)
    seen = see(road, one, tmp_path)
    np.testing.assert_array_equal(seen.pixels, by_table(stored, first, RISING))
    assert_like_dcmtk(seen.pixels, dcmtk(one, tmp_path, "+Wl", "1"), either=True)
    assert [preset["name"] for preset in seen.scene["presets"]] == ["soft", "hard"]
    other = see(road, one, tmp_path / "other", window="hard")
    np.testing.assert_array_equal(other.pixels, by_table(stored, first, FALLING))
    assert_like_dcmtk(other.pixels, dcmtk(one, tmp_path, "+Wl", "2"), either=True)
    np.testing.assert_array_equal(seen.values, stored)


@roads
def test_p07_a_window_comes_before_a_voi_lut_until_the_user_picks_it(road: Any, tmp_path: Path) -> None:
    stored = ramp(0, 255)
    one = image(stored, VOILUTSequence=[voi_table(0, RISING, "soft")], WindowCenter="90", WindowWidth="120")
    np.testing.assert_array_equal(see(road, one, tmp_path).pixels, greys(stored, 90, 120))
    picked = see(road, one, tmp_path / "picked", window="soft")
    np.testing.assert_array_equal(picked.pixels, by_table(stored, 0, RISING))
    assert [preset["name"] for preset in picked.scene["presets"]] == ["window 1 (file)", "soft"]


@roads
def test_p07_a_voi_lut_of_monochrome1_with_12_bits(road: Any, tmp_path: Path) -> None:
    stored, entries = ramp(0, 255), [16 * k + 15 for k in range(256)]
    one = image(stored, VOILUTSequence=[voi_table(0, entries, "film", 12)], PhotometricInterpretation="MONOCHROME1")
    seen = see(road, one, tmp_path)
    np.testing.assert_array_equal(seen.pixels, 255 - by_table(stored, 0, entries, 12))
    assert_like_dcmtk(seen.pixels, dcmtk(one, tmp_path, "+Wl", "1"), either=True)


@roads
def test_p08_of_several_windows_the_first_is_used_and_all_are_offered(road: Any, tmp_path: Path) -> None:
    stored = ramp(-1000, 1400)
    one = image(stored, **WINDOWS)
    first = see(road, one, tmp_path)
    np.testing.assert_array_equal(first.pixels, greys(stored, 40, 400))
    assert [preset["name"] for preset in first.scene["presets"]] == ["ABDOMEN (file)", "AIR (file)", "HARD (file)"]
    for number, (center, width, name) in enumerate(zip(*WINDOWS.values(), strict=True)):
        seen = see(road, one, tmp_path / name, window=name)
        np.testing.assert_array_equal(seen.pixels, greys(stored, float(center), float(width)))
        assert_like_dcmtk(seen.pixels, dcmtk(one, tmp_path, "+Wi", str(number + 1)))


# --- P9 to P11 -------------------------------------------------------------------------------------------------------


@roads
@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize(("center", "width"), [(40, 400), (100, 3), (0, 2500.5)])
def test_p09_the_function_of_the_file_is_followed(
    road: Any, tmp_path: Path, function: str, center: float, width: float
) -> None:
    stored = ramp(-1200, 1200, shape=(40, 60))
    stored.flat[:21] = np.arange(90, 111)
    one = image(stored, VOILUTFunction=function, WindowCenter=str(center), WindowWidth=str(width))
    seen = see(road, one, tmp_path)
    np.testing.assert_array_equal(seen.pixels, greys(stored, center, width, function))
    if function == "LINEAR":
        assert_like_dcmtk(seen.pixels, dcmtk(one, tmp_path, "+Wi", "1"))
    elif function == "SIGMOID":
        assert_like_dcmtk(seen.pixels, dcmtk(one, tmp_path, "+Wi", "1", "+Wfs"))


def test_p09_linear_and_linear_exact_differ_as_the_formulas_say() -> None:
    values = np.arange(-1000.0, 1000.0, 0.5)
    for center, width, most in ((40, 400, 1), (100, 3, 85)):
        linear, exact = (
            dv.Window(center, width, name).apply(values).astype(int) for name in ("LINEAR", "LINEAR_EXACT")
        )
        assert np.abs(linear - exact).max() == most


@roads
@pytest.mark.parametrize("width", ["1", "0.5", "0.001"])
def test_p10_a_linear_width_of_one_or_less_is_a_threshold(road: Any, tmp_path: Path, width: str) -> None:
    stored = ramp(-50, 205)
    one = image(stored, WindowCenter="100", WindowWidth=width)
    seen = see(road, one, tmp_path)
    np.testing.assert_array_equal(seen.pixels, np.where(stored > 99.5, 255, 0))
    if width == "1":
        assert_like_dcmtk(seen.pixels, dcmtk(one, tmp_path, "+Wi", "1"))


@roads
@pytest.mark.parametrize("width", ["0", "-5"])
def test_p10_a_width_of_zero_or_less_is_no_window(road: Any, tmp_path: Path, width: str) -> None:
    seen = see(road, image(ramp(-50, 205), WindowCenter="100", WindowWidth=width), tmp_path)
    assert seen.picture.window.explanation == "automatic"


@roads
@pytest.mark.parametrize(
    ("center", "width"), [(40, 2), (0, 100_000), (40.25, 399.5), (-1000, 1.5), (30_000, 10), (-1e6, 3)]
)
def test_p11_nothing_wraps_far_outside_the_window(road: Any, tmp_path: Path, center: float, width: float) -> None:
    stored = np.concatenate([[-32768, -3024, 32767, 0, 39, 40, 41], np.linspace(-32768, 32767, 249)])
    stored = stored.astype(np.int16).reshape(16, 16)
    one = image(stored)
    seen = see(road, one, tmp_path, window=(center, width))
    np.testing.assert_array_equal(seen.pixels, greys(stored, center, width))
    ordered = seen.pixels.ravel()[np.argsort(stored.ravel(), kind="stable")].astype(int)
    assert (np.diff(ordered) >= 0).all()
    assert_like_dcmtk(seen.pixels, dcmtk(one, tmp_path, "+Ww", str(center), str(width)))


# --- P13 -------------------------------------------------------------------------------------------------------------


@roads
def test_p13_one_automatic_window_for_the_whole_stack(road: Any, tmp_path: Path) -> None:
    pile = phantoms.regular(phantoms.voxels(6))
    pooled = np.percentile(phantoms.voxels(6), (1, 99))
    levels: dict[int, set[int]] = {}
    for index in range(6):
        seen = see(road, pile, tmp_path / str(index), index=index)
        window = seen.picture.window
        assert (window.center - window.width / 2, window.center + window.width / 2) == pytest.approx(tuple(pooled))
        for value, level in zip(seen.values.ravel().tolist(), seen.pixels.ravel().tolist(), strict=True):
            levels.setdefault(int(value), set()).add(level)
    assert all(len(found) == 1 for found in levels.values())


@roads
def test_p13_a_few_bright_dots_do_not_darken_the_picture(road: Any, tmp_path: Path) -> None:
    stored = ramp(0, 1000, shape=(32, 32))
    stored[0, :5] = 30_000
    seen = see(road, image(stored), tmp_path)
    assert seen.picture.window.width < 1100
    assert (seen.pixels[0, :5] == 255).all()


# --- P25 -------------------------------------------------------------------------------------------------------------


@roads
@pytest.mark.parametrize("bad", [b"1.#QNAN ", b"1,5 ", b"", b"abc ", b"1e400 ", b"nan "])
def test_p25_a_malformed_window_falls_back_to_the_automatic_one(road: Any, tmp_path: Path, bad: bytes) -> None:
    stored = ramp(0, 1000)
    one = image(stored)
    put_raw(one, 0x00281050, "DS", bad)
    put_raw(one, 0x00281051, "DS", b"400 ")
    seen = see(road, one, tmp_path)
    assert seen.picture.window.explanation == "automatic"
    np.testing.assert_array_equal(seen.values, stored)


@roads
def test_p25_of_two_windows_the_sound_one_is_used(road: Any, tmp_path: Path) -> None:
    stored = ramp(0, 1000)
    one = image(stored)
    put_raw(one, 0x00281050, "DS", b"1.#QNAN\\500 ")
    put_raw(one, 0x00281051, "DS", b"400\\800 ")
    np.testing.assert_array_equal(see(road, one, tmp_path).pixels, greys(stored, 500, 800))


@roads
@pytest.mark.parametrize("bad", [b"1.#QNAN ", b"1,5 ", b"", b"0 "])
def test_p25_a_malformed_slope_reads_as_one(road: Any, tmp_path: Path, bad: bytes) -> None:
    stored = ramp(0, 1000)
    one = image(stored, RescaleIntercept="-24")
    put_raw(one, 0x00281053, "DS", bad)
    seen = see(road, one, tmp_path)
    np.testing.assert_array_equal(seen.values, stored - 24)


def test_p25_the_files_own_strings_are_not_changed() -> None:
    one = image(ramp(0, 1000))
    put_raw(one, 0x00281050, "DS", b"1.#QNAN ")
    read_series(one)
    assert one.get_item(0x00281050).value == b"1.#QNAN "
