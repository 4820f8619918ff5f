"""The correct picture, values and where they come from: P6, P12, P19 and P21 to P24 of CONFORMANCE.md."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import phantoms
import pytest
from oracles import GREY, LOSSLESS, LOSSY
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from test_pictures import assert_like_dcmtk, dcmtk, greys, image, ramp, roads, see

import dicomview as dv
from dicomview.errors import NoDecoder

if TYPE_CHECKING:
    from pathlib import Path


# --- P6 -------------------------------------------------------------------------------------------------------------


@roads
@pytest.mark.parametrize("first", [0, -100])
def test_p06_a_modality_lut_is_applied(road: Any, tmp_path: Path, first: int) -> None:
    stored = ramp(first - 20, first + 220, np.int16)
    entries = [(7 * k * k) % 5000 for k in range(200)]
    lut = Dataset()
    lut.add_new("LUTDescriptor", "SS" if first < 0 else "US", [200, first, 16])
    lut.ModalityLUTType = "OD"
    lut.add_new("LUTData", "US", entries)
    one = image(stored, ModalityLUTSequence=[lut], RescaleSlope="9", RescaleIntercept="9")
    seen = see(road, one, tmp_path, window=(2500, 5200))
    expected = np.array(entries)[np.clip(stored - first, 0, 199)]
    np.testing.assert_array_equal(seen.values, expected)
    np.testing.assert_allclose(seen.probe, expected, atol=0.5 * seen.message["slope"])
    np.testing.assert_allclose(seen.pixels.astype(int), greys(expected, 2500, 5200), atol=1)
    assert seen.picture.unit == "OD"
    del one.RescaleSlope, one.RescaleIntercept
    assert_like_dcmtk(seen.pixels, dcmtk(one, tmp_path, "+Ww", "2500", "5200"))


# --- P12 -------------------------------------------------------------------------------------------------------------


@roads
@pytest.mark.parametrize(
    ("slope", "intercept"),
    [("0.5", "-1024"), ("0.000123456789", "0"), ("1.7", "-8192.25"), ("-1", "4095"), ("3.0517578125e-5", "-1e-3")],
)
def test_p12_fractional_rescale_is_exact(road: Any, tmp_path: Path, slope: str, intercept: str) -> None:
    stored = ramp(-2000, 30000)
    one = image(stored, RescaleSlope=slope, RescaleIntercept=intercept)
    exact = [Decimal(int(x)) * Decimal(slope) + Decimal(intercept) for x in stored.ravel()]
    expected = np.array([float(x) for x in exact]).reshape(stored.shape)
    center, width = float(np.median(expected)), float(np.ptp(expected)) * 0.7
    seen = see(road, one, tmp_path, window=(center, width, "LINEAR_EXACT"))
    np.testing.assert_allclose(seen.values, expected, rtol=1e-6)
    np.testing.assert_allclose(seen.probe, expected, rtol=1e-12, atol=1e-12 * np.ptp(expected))
    np.testing.assert_allclose(seen.pixels.astype(int), greys(expected, center, width, "LINEAR_EXACT"), atol=1)


@roads
def test_p12_a_fractional_slope_is_as_grey_as_in_dcmtk(road: Any, tmp_path: Path) -> None:
    one = image(ramp(0, 4000), RescaleSlope="0.25", RescaleIntercept="-100.5")
    seen = see(road, one, tmp_path, window=(300, 700))
    assert_like_dcmtk(seen.pixels, dcmtk(one, tmp_path, "+Ww", "300", "700"))


# --- P19 -------------------------------------------------------------------------------------------------------------


def enhanced(*, shared: bool) -> Dataset:
    """Return four frames whose rescale, window, position and spacing are in functional groups alone.

    With `shared`, rescale and window are the same for all and shared; else each frame has its own.
    """
    pile = phantoms.regular(phantoms.voxels(4), modality="MR")
    for k, ds in enumerate(pile):
        ds.RescaleSlope, ds.RescaleIntercept = ("2", "-10") if shared else (f"{k + 1}", f"{-10 * k}")
        ds.RescaleType = "US"
    (one,) = phantoms.enhanced(pile)
    windows = [phantoms.item(WindowCenter="400", WindowWidth="900")]
    groups = one.SharedFunctionalGroupsSequence if shared else one.PerFrameFunctionalGroupsSequence
    for group in groups:
        group.FrameVOILUTSequence = windows
    # What the top level says of these has no meaning in an enhanced object.
    one.RescaleSlope, one.RescaleIntercept, one.WindowCenter, one.WindowWidth = "77", "77", "7777", "1"
    return one


@roads
@pytest.mark.parametrize("shared", [True, False])
def test_p19_functional_groups_come_before_the_top_level(road: Any, tmp_path: Path, shared: bool) -> None:
    for k in range(4):
        seen = see(road, enhanced(shared=shared), tmp_path / str(k), index=k)
        stored = phantoms.voxels(4)[k].astype(float)
        expected = 2 * stored - 10 if shared else (k + 1) * stored - 10 * k
        np.testing.assert_array_equal(seen.values, expected)
        np.testing.assert_array_equal(seen.probe, expected)
        np.testing.assert_array_equal(seen.pixels, greys(expected, 400, 900))
        assert seen.picture.spacing == phantoms.SPACING
        assert seen.message["origin"] == [*phantoms.ORIGIN[:2], phantoms.ORIGIN[2] - k * phantoms.STEP]
        assert seen.picture.letters == ("R", "L", "A", "P")


@roads
def test_p19_the_top_level_is_used_where_the_groups_say_nothing(road: Any, tmp_path: Path) -> None:
    one = enhanced(shared=True)
    (groups,) = one.SharedFunctionalGroupsSequence
    del groups.FrameVOILUTSequence, groups.PixelValueTransformationSequence
    one.RescaleSlope, one.RescaleIntercept, one.WindowCenter, one.WindowWidth = "3", "5", "500", "1000"
    seen = see(road, one, tmp_path, index=2)
    expected = 3.0 * phantoms.voxels(4)[2] + 5
    np.testing.assert_array_equal(seen.values, expected)
    np.testing.assert_array_equal(seen.pixels, greys(expected, 500, 1000))


# --- P21 -------------------------------------------------------------------------------------------------------------


@roads
@pytest.mark.parametrize(("rows", "columns"), [(7, 13), (5, 3), (8, 16), (1, 9)])
@pytest.mark.parametrize("frames", [1, 3])
def test_p21_bits_are_unpacked_across_rows_and_frames(
    road: Any, tmp_path: Path, rows: int, columns: int, frames: int
) -> None:
    bits = np.random.default_rng(rows).integers(0, 2, (frames, rows, columns), np.uint8)
    packed = np.packbits(bits.ravel(), bitorder="little").tobytes()
    one = image(bits[0], NumberOfFrames=frames, BitsAllocated=1, BitsStored=1, HighBit=0)
    one.PixelData = packed + b"\0" * (len(packed) % 2)
    np.testing.assert_array_equal(one.pixel_array.reshape(bits.shape), bits)
    for frame in range(frames):
        seen = see(road, one, tmp_path / str(frame), index=frame, window=(0.5, 1, "LINEAR_EXACT"))
        np.testing.assert_array_equal(seen.values, bits[frame])
        np.testing.assert_array_equal(seen.pixels, 255 * bits[frame])


# --- P22 and P23 -----------------------------------------------------------------------------------------------------


@roads
@pytest.mark.parametrize(("keyword", "dtype"), [("FloatPixelData", "<f4"), ("DoubleFloatPixelData", "<f8")])
def test_p22_float_pixels_are_shown_windowed_and_probed(road: Any, tmp_path: Path, keyword: str, dtype: str) -> None:
    values = np.linspace(-1.5, 2.25, 240).astype(dtype).reshape(15, 16)
    one = image(ramp(0, 1, np.uint16, (15, 16)), BitsAllocated=8 * values.dtype.itemsize)
    del one.PixelData, one.BitsStored, one.HighBit, one.PixelRepresentation
    setattr(one, keyword, values.tobytes())
    np.testing.assert_array_equal(one.pixel_array, values)
    seen = see(road, one, tmp_path, window=(0.25, 2, "LINEAR_EXACT"))
    np.testing.assert_array_equal(seen.values, values.astype(np.float32))
    np.testing.assert_allclose(seen.probe, values, atol=0.51 * seen.message["slope"])
    np.testing.assert_allclose(seen.pixels.astype(int), greys(values, 0.25, 2, "LINEAR_EXACT"), atol=1)


@roads
def test_p23_dose_is_in_gray(road: Any, tmp_path: Path) -> None:
    stored = np.linspace(0, 4_000_000_000, 160).astype(np.uint32).reshape(2, 10, 8)
    (one,) = phantoms.dose(offsets=(0.0, 3.0))
    phantoms.with_pixels(one, stored)
    one.DoseGridScaling = "1.75e-8"
    for index, frame in ((0, 1), (1, 0)):  # index 0 is next to the head, and the file counts from the feet
        expected = stored[frame] * 1.75e-8
        seen = see(road, one, tmp_path / str(index), index=index, window=(35, 70, "LINEAR_EXACT"))
        np.testing.assert_allclose(seen.values, expected, rtol=1e-6)
        np.testing.assert_allclose(seen.probe, expected, atol=0.51 * seen.message["slope"])
        np.testing.assert_allclose(seen.pixels.astype(int), greys(expected, 35, 70, "LINEAR_EXACT"), atol=1)
        assert (seen.picture.unit, seen.scene["unit"]) == ("Gy", "Gy")


# --- P24 -------------------------------------------------------------------------------------------------------------


def packed(name: str, pixels: Any, stored: int, syntax: str, stream: bytes) -> Dataset:
    one = image(pixels, stored=stored, SeriesDescription=name)
    one.file_meta.TransferSyntaxUID = uid.UID(syntax)
    one.add_new("PixelData", "OB", encapsulate([stream]))
    one["PixelData"].is_undefined_length = True
    return one


@roads
@pytest.mark.parametrize("codec", LOSSLESS)
def test_p24_lossless_codecs_give_back_every_value(road: Any, tmp_path: Path, codec: str) -> None:
    syntax, encode = LOSSLESS[codec]
    for name in ("8 bits", "12 of 16 bits"):
        pixels, stored = GREY[name]
        one = packed(name, pixels, stored, syntax, encode(pixels, stored))
        seen = see(road, one, tmp_path / name)
        np.testing.assert_array_equal(seen.values, pixels)
        assert "lossy compression" not in seen.picture.notes


@roads
@pytest.mark.parametrize("codec", LOSSY)
def test_p24_lossy_codecs_are_near_and_said_on_the_picture(road: Any, tmp_path: Path, codec: str) -> None:
    syntax, encode, most = LOSSY[codec]
    pixels, stored = GREY["8 bits"]
    one = packed(codec, pixels, stored, syntax, encode(pixels))
    one.LossyImageCompression = "01"
    seen = see(road, one, tmp_path)
    assert np.abs(seen.values - pixels).max() <= most
    assert "lossy compression" in seen.picture.notes
    assert "lossy compression" in seen.scene["notes"]


def test_p24_codecs_that_are_always_lossy_are_said_without_the_tag() -> None:
    pixels, stored = GREY["8 bits"]
    for codec in ("JPEG baseline", "JPEG extended, 8 bits", "JPEG-LS near-lossless"):
        syntax, encode, _ = LOSSY[codec]
        assert "lossy compression" in dv.picture(packed(codec, pixels, stored, syntax, encode(pixels))).notes


@roads
@pytest.mark.parametrize("name", ["12 of 16 bits", "16 bits signed", "8 bits"])
def test_p24_deflated_and_big_endian(road: Any, tmp_path: Path, name: str) -> None:
    pixels, stored = GREY[name]
    deflated = image(pixels, stored=stored)
    deflated.file_meta.TransferSyntaxUID = uid.DeflatedExplicitVRLittleEndian
    big = image(pixels, stored=stored)
    big.file_meta.TransferSyntaxUID = uid.ExplicitVRBigEndian
    big.PixelData = pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()
    for word, one in (("deflated", deflated), ("big endian", big)):
        np.testing.assert_array_equal(see(road, one, tmp_path / word).values, pixels)


def test_p24_a_codec_nobody_reads_is_an_error_that_says_so() -> None:
    one = packed("film", *GREY["8 bits"], uid.MPEG2MPML, b"\0\0\1\xb3")
    with pytest.raises(NoDecoder, match="MPEG2"):
        dv.picture(one)


def test_p24_a_codec_that_is_not_installed_is_an_error_that_names_the_package(monkeypatch: Any) -> None:
    from dicomview.pixels import codecs

    monkeypatch.setattr(codecs.importlib.util, "find_spec", lambda name, package=None: None)
    pixels, stored = GREY["8 bits"]
    syntax, encode = LOSSLESS["JPEG XL"]
    with pytest.raises(NoDecoder, match="pip install imagecodecs"):
        dv.picture(packed("JPEG XL", pixels, stored, syntax, encode(pixels, stored)))
