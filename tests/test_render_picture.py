"""One picture of every kind of source; the expected greys are computed here from the stored values."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import phantoms
import pytest
from pydicom import uid as uids

import dicomview as dv
from dicomview.demo.synthetic import write
from dicomview.errors import DicomviewError, UnknownChoice
from dicomview.space import read_series

WIDE = (500, 1300, "LINEAR_EXACT")


def grey(values, window=WIDE):
    """PS3.3 C.11.2.1.3.2, LINEAR_EXACT."""
    center, width = window[:2]
    return np.floor(np.clip(((np.asarray(values, float) - center) / width + 0.5) * 255, 0, 255) + 0.5).astype(np.uint8)


# What is shown when nothing is said


def test_the_middle_of_the_acquired_plane_in_the_first_window_of_the_file():
    pile = phantoms.regular(tags={"WindowCenter": ["600", "40"], "WindowWidth": ["1201", "400"]})
    shown = dv.picture(pile)
    assert (shown.plane, shown.index, shown.count) == ("axial", 6, 12)
    assert shown.window == dv.Window(600, 1201)
    values = phantoms.voxels()[6].astype(float)
    np.testing.assert_array_equal(shown.pixels, np.floor(((values - 599.5) / 1200 + 0.5) * 255 + 0.5))
    assert (shown.unit, shown.spacing, shown.letters) == ("HU", pytest.approx((0.8, 0.7)), ("R", "L", "A", "P"))
    assert shown.aspect == pytest.approx(0.8 / 0.7)


def test_one_window_for_the_whole_stack():
    """A tissue keeps its grey from slice to slice, whatever window each file brings."""
    pile = phantoms.regular()
    for k, ds in enumerate(pile):
        ds.WindowCenter, ds.WindowWidth = str(100 * k), "50"
    series = read_series(pile)
    assert {dv.picture(series, index=k).window for k in range(12)} == {dv.Window(600, 50)}


def test_automatic_window_is_that_of_the_stack_too():
    series = read_series(phantoms.regular())
    assert len({dv.picture(series, index=k).window for k in range(12)}) == 1


def test_padding_does_not_widen_the_automatic_window():
    stored = phantoms.voxels()
    stored[:, :3] = -2000
    padded = dv.picture(phantoms.regular(stored, tags={"PixelPaddingValue": -2000}), window="auto").window
    assert padded.center - padded.width / 2 >= 30
    assert dv.picture(phantoms.regular(stored), window="auto").window.width > padded.width + 1000


@pytest.mark.parametrize(("rows_mm", "columns_mm"), [(2.0, 0.5), (0.5, 2.0), (1.0, 1.0)])
def test_true_aspect(rows_mm, columns_mm):
    pile = phantoms.regular(spacing=(rows_mm, columns_mm))
    assert dv.picture(pile).aspect == pytest.approx(rows_mm / columns_mm)
    assert dv.picture(pile, plane="coronal").aspect == pytest.approx(phantoms.STEP / columns_mm)
    assert dv.picture(pile, plane="sagittal").aspect == pytest.approx(phantoms.STEP / rows_mm)


def test_index_counts_from_the_end():
    pile = phantoms.regular()
    np.testing.assert_array_equal(dv.picture(pile, index=-1, window=WIDE).pixels, grey(phantoms.voxels()[11]))


# Sources


def test_every_source_gives_the_same_picture(tmp_path):
    pile = phantoms.regular(window=(600, 1200), description="Same")
    paths = write(pile, tmp_path)
    series = read_series(tmp_path)
    sources = [tmp_path, str(tmp_path), paths, [str(path) for path in paths], pile, series, series.stack]
    one = dv.picture(pile, index=3)
    for shown in [
        *(dv.picture(source, index=3) for source in sources),
        *(map(dv.picture, (paths[3], pile[3], series[3]))),
    ]:
        np.testing.assert_array_equal(shown.pixels, one.pixels)
        assert (shown.title, shown.place, shown.letters, shown.spacing, shown.window, shown.unit) == (
            "CT · Same", one.place, one.letters, one.spacing, one.window, "HU"
        )  # fmt: skip


def test_compressed_files_show_the_same(tmp_path):
    pile = phantoms.regular()
    expected = dv.picture(pile, index=3, window=WIDE).pixels
    for ds in pile:
        ds.compress(uids.RLELossless)
    write(pile, tmp_path)
    np.testing.assert_array_equal(dv.picture(tmp_path, index=3, window=WIDE).pixels, expected)
    np.testing.assert_array_equal(dv.picture(pile, index=3, window=WIDE).pixels, expected)


def test_the_source_is_left_as_it_was(tmp_path):
    pile = phantoms.slope_per_slice(tags={"PhotometricInterpretation": "MONOCHROME1", "PixelPaddingValue": 5})
    path = write(pile, tmp_path)[3]
    before, written = deepcopy(pile), path.read_bytes()
    for plane in ("axial", "coronal", "sagittal"):
        dv.picture(pile, plane=plane, window="auto")
        dv.picture(tmp_path, plane=plane)
    dv.tags(pile)
    for ds, old in zip(pile, before, strict=True):
        assert ds == old
        assert ds.file_meta == old.file_meta
        assert list(ds.keys()) == list(old.keys())
        assert vars(ds).keys() == vars(old).keys()
    assert path.read_bytes() == written


def test_a_picture_is_its_own_array():
    """Painting into it changes neither the data set nor the next picture."""
    (ds,) = phantoms.without_position(phantoms.regular(phantoms.voxels(1)))
    ds.SamplesPerPixel, ds.PlanarConfiguration, ds.PhotometricInterpretation = 3, 0, "RGB"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    ds.Rows, ds.Columns, ds.PixelData = 4, 4, bytes([7]) * 48
    shown = dv.picture(ds)
    shown.pixels[:] = 99
    assert (dv.picture(ds).pixels == 7).all()


@pytest.mark.parametrize("nothing", [None, 3, 2.5, b"bytes", {"a": 1}, object()])
def test_what_cannot_be_shown_is_told_in_words(nothing):
    with pytest.raises(DicomviewError, match="is nothing to show; give a path"):
        dv.picture(nothing)


# Arrays and volumes


def test_array():
    array = phantoms.voxels().astype(float)
    shown = dv.picture(array, index=4, window=WIDE, spacing=(3.0, 2.0, 0.5))
    np.testing.assert_allclose(shown.pixels.astype(int), grey(array[4]), atol=1)
    assert (shown.spacing, shown.aspect, shown.letters, shown.place) == ((2.0, 0.5), 4.0, None, "")


def test_flat_array():
    array = phantoms.voxels()[4]
    shown = dv.picture(array, window=WIDE, spacing=(2.0, 0.5))
    np.testing.assert_allclose(shown.pixels.astype(int), grey(array), atol=1)
    assert (shown.spacing, shown.aspect, shown.count) == ((2.0, 0.5), 4.0, 1)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float16, np.float64, ">i2"])
def test_array_of_any_numbers(dtype):
    array = np.arange(2 * 3 * 4).reshape(2, 3, 4).astype(dtype)
    before = array.copy()
    assert dv.picture(array).pixels.shape == (3, 4)
    np.testing.assert_array_equal(array, before)


def test_array_that_does_not_lie_in_order():
    array = phantoms.voxels().astype(np.float32)
    np.testing.assert_array_equal(
        dv.picture(np.asfortranarray(array), index=2).pixels, dv.picture(array, index=2).pixels
    )
    turned = array.transpose(2, 1, 0)[::-1]
    np.testing.assert_array_equal(dv.picture(turned, index=2).pixels, dv.picture(turned.copy(), index=2).pixels)


def test_array_without_spacing_has_no_millimetres():
    shown = dv.picture(np.zeros((4, 6)))
    assert (shown.spacing, shown.aspect) == (None, 1.0)
    assert "pixel size unknown" in shown.notes
    assert "pixel size unknown" not in dv.picture(np.zeros((4, 6)), spacing=(1, 1)).notes


def test_spacing_of_an_array_may_be_an_array():
    assert dv.picture(np.zeros((3, 4, 6)), spacing=np.array([3.0, 2.0, 0.5])).aspect == 4.0


@pytest.mark.parametrize(
    "spacing", [2.0, (1, 1), (1, 1, 1, 1), (1, 0, 1), (1, -1, 1), (1, np.nan, 1), "abc", [[1, 1, 1]]]
)
def test_spacing_that_does_not_fit(spacing):
    with pytest.raises(UnknownChoice, match="does not fit an array of 3 axes"):
        dv.picture(np.zeros((3, 4, 6)), spacing=spacing)


@pytest.mark.parametrize("array", [np.zeros(3), np.zeros((1, 2, 3, 4)), np.zeros((0, 3)), np.zeros((2, 2), complex)])
def test_array_that_is_no_picture(array):
    with pytest.raises(UnknownChoice, match="no stack of grey pictures"):
        dv.picture(array)


@pytest.mark.parametrize("values", [np.nan, np.inf, -np.inf, 0.0, 3.4e38])
def test_arrays_of_one_odd_value(values):
    array = np.full((3, 4), values)
    assert dv.picture(array).pixels.shape == (3, 4)
    array[1, 1] = 7
    assert dv.picture(array, window=(5, 4)).pixels[1, 1] == 255


def test_nothing_is_as_dark_as_the_darkest():
    array = np.array([[np.nan, 0.0, 50.0, 100.0]])
    assert dv.picture(array, window=(50, 100, "LINEAR_EXACT")).pixels.tolist() == [[0, 0, 128, 255]]


def test_volume_tells_what_was_done_to_it():
    missing = read_series(phantoms.missing())
    assert "missing slices left empty" in dv.picture(missing.volume(on_missing="nan")).notes
    assert not dv.picture(missing.volume(on_missing="nan"), plane="axial", index=5).pixels.any()
    tilted = read_series(phantoms.tilted())
    assert "resampled" in dv.picture(tilted.volume(on_shear="resample")).notes
    (skewed,) = dv.picture(tilted.volume(on_shear="affine")).notes
    assert skewed.startswith("skewed")
    assert dv.picture(read_series(phantoms.regular()).volume()).notes == ()


@pytest.mark.parametrize("wish", [{"echo": 0}, {"spacing": (1, 1, 1)}, {"windw": "lung"}])
def test_a_volume_takes_no_axes(wish):
    with pytest.raises(UnknownChoice, match=next(iter(wish))):
        dv.picture(read_series(phantoms.regular()).volume(), **wish)
