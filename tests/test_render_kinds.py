"""One picture of every kind of image; the expected greys are computed here from the stored values."""

from __future__ import annotations

import numpy as np
import phantoms
import pytest
from pydicom import uid as uids

import dicomview as dv
from dicomview.demo.synthetic import write
from dicomview.errors import DamagedPixels, NoDecoder, UnknownChoice
from dicomview.render import scene_of
from dicomview.space import read_series

WIDE = (500, 1300, "LINEAR_EXACT")


def grey(values, window=WIDE):
    """PS3.3 C.11.2.1.3.2, LINEAR_EXACT."""
    center, width = window[:2]
    return np.floor(np.clip(((np.asarray(values, float) - center) / width + 0.5) * 255, 0, 255) + 0.5).astype(np.uint8)


def colour(stored, **tags):
    (ds,) = phantoms.without_position(phantoms.regular(phantoms.voxels(1)))
    for keyword in ("RescaleSlope", "RescaleIntercept", "RescaleType", "PixelSpacing"):
        del ds[keyword]
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = uids.SecondaryCaptureImageStorage
    ds.Modality, ds.SamplesPerPixel, ds.PlanarConfiguration = "OT", 3, 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    ds.PhotometricInterpretation = "RGB"
    ds.Rows, ds.Columns = stored.shape[:2]
    ds.PixelData = stored.tobytes()
    for keyword, value in tags.items():
        setattr(ds, keyword, value)
    return [ds]


def test_colour_is_shown_as_it_is():
    stored = np.random.default_rng(1).integers(0, 256, (4, 6, 3), np.uint8)
    (ds,) = colour(stored)
    for window in (None, "auto", "bone", (1, 2)):
        shown = dv.picture(ds, window=window)
        np.testing.assert_array_equal(shown.pixels, stored)
        assert shown.window is None
    assert shown.notes == ("pixel size unknown",)
    assert (shown.plane, shown.letters, shown.aspect) == ("acquired", None, 1.0)
    with pytest.raises(UnknownChoice, match="colour"):
        dv.picture(ds, plane="axial")


def test_ultrasound_runs_in_time():
    (ds,) = phantoms.ultrasound()
    for frame in range(5):
        shown = dv.picture(ds, index=frame, window=(200, 400, "LINEAR_EXACT"))
        expected = phantoms.voxels(5).astype(np.uint8)[frame]
        np.testing.assert_array_equal(shown.pixels, grey(expected, (200, 400)))
        assert shown.place == f"t {40 * frame} ms"
    assert (shown.plane, shown.count, shown.letters) == ("acquired", 5, None)
    assert shown.aspect == pytest.approx(0.5 / 0.4)
    with pytest.raises(UnknownChoice, match="'axial'"):
        dv.picture(ds, plane="axial")


def test_projection_measures_at_the_detector():
    shown = dv.picture(phantoms.projection())
    assert "mm at the detector" in shown.notes
    assert (shown.spacing, shown.letters, shown.plane, shown.place) == ((0.2, 0.2), None, "acquired", "")


def test_picture_without_a_pixel_size():
    (ds,) = phantoms.without_position(phantoms.regular(phantoms.voxels(1)))
    del ds.PixelSpacing
    shown = dv.picture(ds)
    assert (shown.spacing, shown.aspect) == (None, 1.0)
    assert "pixel size unknown" in shown.notes


def test_lossy_compression_is_told():
    assert dv.picture(phantoms.regular(tags={"LossyImageCompression": "01"})).notes == ("lossy compression",)
    assert dv.picture(phantoms.regular(tags={"LossyImageCompression": "00"})).notes == ()


def test_extra_axes():
    series = read_series(phantoms.echoes())
    stack_echoes = series.stack.coords["echo"]
    for echo in (0, 1):
        shown = dv.picture(series, echo=echo, index=2, window=(2500, 5000, "LINEAR_EXACT"))
        np.testing.assert_array_equal(
            shown.pixels, grey(phantoms.voxels()[2] + float(phantoms.BLOCK * echo), (2500, 5000))
        )
        assert shown.place.endswith(f"echo {stack_echoes[echo]:g} ms ({echo + 1}/2)")
        across = dv.picture(series, echo=echo, plane="coronal", index=3, window=(2500, 5000, "LINEAR_EXACT"))
        np.testing.assert_array_equal(
            across.pixels, grey(phantoms.voxels()[:, 3] + float(phantoms.BLOCK * echo), (2500, 5000))
        )
    np.testing.assert_array_equal(dv.picture(series).pixels, dv.picture(series, echo=0).pixels)
    for wish in ({"echo": 2}, {"echo": -3}, {"time": 0}):
        with pytest.raises(UnknownChoice, match=next(iter(wish))):
            dv.picture(series, **wish)


def test_two_extra_axes():
    series = read_series(phantoms.echoes_and_components())
    shown = dv.picture(series, echo=1, component=1, index=0, window=(4000, 8000, "LINEAR_EXACT"))
    np.testing.assert_array_equal(shown.pixels, grey(phantoms.voxels()[0] + float(phantoms.BLOCK * 3), (4000, 8000)))


def test_enhanced_multi_frame_is_the_same_picture():
    pile = phantoms.regular(window=(600, 1200))
    (ds,) = phantoms.enhanced(phantoms.shuffled(pile))
    for plane in ("axial", "coronal", "sagittal"):
        one, other = dv.picture(ds, plane=plane, window=WIDE), dv.picture(pile, plane=plane, window=WIDE)
        np.testing.assert_array_equal(one.pixels, other.pixels)
        assert (one.letters, one.place, one.spacing) == (other.letters, other.place, other.spacing)


@pytest.mark.parametrize(("keyword", "dtype"), [("FloatPixelData", "<f4"), ("DoubleFloatPixelData", "<f8")])
def test_float_pixels(keyword, dtype):
    values = (phantoms.voxels() / 7 - 20).astype(dtype)
    pile = phantoms.regular(modality="MR")
    for k, ds in enumerate(pile):
        for gone in ("PixelData", "BitsStored", "HighBit", "PixelRepresentation"):
            del ds[gone]
        ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = uids.ParametricMapStorage
        ds.BitsAllocated = 8 * values.dtype.itemsize
        setattr(ds, keyword, values[k].tobytes())
    window = (80, 300, "LINEAR_EXACT")
    for plane, expected in (("axial", values[4]), ("coronal", values[:, 4]), ("sagittal", values[:, :, 4])):
        shown = dv.picture(pile, plane=plane, index=4, window=window)
        np.testing.assert_allclose(shown.pixels.astype(int), grey(expected, window), atol=1)


def test_dose():
    (ds,) = phantoms.dose()
    shown = dv.picture(ds, index=0, window=(0.15, 0.3, "LINEAR_EXACT"))
    # Frame 0 of the file lies lowest; index 0 of the stack is next to the head.
    expected = grey(phantoms.voxels(5)[4] * 0.00025, (0.15, 0.3))
    np.testing.assert_allclose(shown.pixels.astype(int), expected, atol=1)
    assert (shown.unit, shown.letters) == ("Gy", ("R", "L", "A", "P"))
    across = dv.picture(ds, plane="coronal", index=2, window=(0.15, 0.3, "LINEAR_EXACT"))
    np.testing.assert_allclose(
        across.pixels.astype(int), grey(phantoms.voxels(5)[::-1, 2] * 0.00025, (0.15, 0.3)), atol=1
    )


def test_presentation_lut_shape_wins_over_the_photometric_interpretation():
    for photometric, shape, inverted in (
        ("MONOCHROME1", "IDENTITY", False), ("MONOCHROME2", "INVERSE", True), ("MONOCHROME1", "INVERSE", True)
    ):  # fmt: skip
        tags = {"PhotometricInterpretation": photometric, "PresentationLUTShape": shape}
        pixels = dv.picture(phantoms.regular(tags=tags), index=2, window=WIDE).pixels
        np.testing.assert_array_equal(
            pixels, (255 - grey(phantoms.voxels()[2])) if inverted else grey(phantoms.voxels()[2])
        )


# What cannot be decoded


def test_a_truncated_file_fails_alone(tmp_path):
    paths = write(phantoms.regular(), tmp_path)
    paths[4].write_bytes(paths[4].read_bytes()[:-30])
    series = read_series(tmp_path)
    for index in (3, 5):
        np.testing.assert_array_equal(
            dv.picture(series, index=index, window=WIDE).pixels, grey(phantoms.voxels()[index])
        )
    with pytest.raises(DamagedPixels, match="InstanceNumber 5"):
        dv.picture(series, index=4)


def test_no_decoder():
    pile = phantoms.regular()
    for ds in pile:
        ds.file_meta.TransferSyntaxUID = uids.MPEG2MPML
    with pytest.raises(NoDecoder, match="MPEG2"):
        dv.picture(pile)


# Known faults, whose cure lies in other rooms


def test_a_volume_of_monochrome1_is_as_white_as_its_stack():
    series = read_series(phantoms.regular(tags={"PhotometricInterpretation": "MONOCHROME1"}))
    np.testing.assert_allclose(
        dv.picture(series.volume(), index=3, window=WIDE).pixels.astype(int),
        dv.picture(series, index=3, window=WIDE).pixels,
        atol=1,
    )


@pytest.mark.parametrize("place", ["x", 1.0, None])
def test_a_place_along_an_axis_that_is_no_whole_number(place):
    with pytest.raises(UnknownChoice, match="echo"):
        dv.picture(read_series(phantoms.echoes()), echo=place)


def test_a_slice_that_is_missing_has_no_values():
    volume = read_series(phantoms.missing()).volume(on_missing="nan")
    raster = scene_of(volume).shot("axial", 5).raster
    assert raster.blank is not None
    assert (raster.samples == raster.blank).all()
    assert scene_of(volume).shot("axial", 4).raster.blank is None
