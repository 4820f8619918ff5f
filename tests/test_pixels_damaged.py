"""Pixel data that are cut short, damaged or described wrongly: refused in words, and never drawn as if whole."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from oracles import GREY, LOSSLESS, LOSSY, bundled, compressed, decoded, described, jpeg2k, jpeg_slices
from PIL import Image
from pydicom import uid
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels.decoders.base import _PIXEL_DATA_DECODERS

import dicomview as dv
from dicomview.errors import DamagedPixels
from dicomview.files import locate, read_header
from dicomview.pixels import codecs
from dicomview.space import read_series

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("missing", [1, 2, 100, 1318, 1320])
def test_truncated_native_pixels_are_refused(missing: int) -> None:
    dataset = described(GREY["16 bits"][0])
    with pytest.raises(DamagedPixels, match=r"needs 1,320 bytes, and [\d,]+ are there"):
        decoded(dataset, value=dataset.PixelData[:-missing])


@pytest.mark.parametrize("part", [0.05, 0.5, 0.9])
@pytest.mark.parametrize("cut", ["file", "codestream"])
@pytest.mark.parametrize("codec", [*LOSSLESS, *(f"lossy {name}" for name in LOSSY)])
def test_truncated_compressed_pixels_are_refused(codec: str, cut: str, part: float) -> None:
    pixels, stored = GREY["8 bits"]
    if codec.startswith("lossy "):
        syntax, encode_lossy, _ = LOSSY[codec.removeprefix("lossy ")]
        codestream = encode_lossy(pixels)
    else:
        syntax, encode = LOSSLESS[codec]
        codestream = encode(pixels, stored)
    dataset = compressed(pixels, syntax, [codestream])
    if cut == "file":
        value = dataset.PixelData[: int(len(dataset.PixelData) * part)]
    else:
        value = encapsulate([codestream[: int(len(codestream) * part)]])
    with pytest.raises(DamagedPixels) as caught:
        decoded(dataset, value=value)
    assert "\n" not in str(caught.value)
    assert "NoneType" not in str(caught.value)


@pytest.mark.parametrize("codec", LOSSLESS)
@pytest.mark.parametrize("value", [b"", b"\0" * 7, encapsulate([b"\0\1" * 50]), b"\xfe\xff\x00\xe0\0\0\0\0"])
def test_junk_in_place_of_compressed_pixels_is_refused(codec: str, value: bytes) -> None:
    with pytest.raises(DamagedPixels):
        decoded(compressed(GREY["8 bits"][0], LOSSLESS[codec][0], [b"\0\0"]), value=value)


@pytest.mark.parametrize("codec", [name for name in LOSSLESS if name != "RLE"])
def test_a_codestream_of_another_size_than_the_header_says_is_refused(codec: str) -> None:
    syntax, encode = LOSSLESS[codec]
    dataset = compressed(GREY["8 bits"][0], syntax, [encode(GREY["8 bits"][0], 8)], Rows=10, Columns=11)
    with pytest.raises(DamagedPixels):
        decoded(dataset)


# Not JPEG-LS: CharLS may look through a damaged frame for seconds.
@pytest.mark.parametrize("codec", ["JPEG baseline", "JPEG lossless SV1", "JPEG 2000", "HTJ2K", "JPEG XL", "RLE"])
@pytest.mark.parametrize("seed", range(8))
def test_damaged_bytes_end_in_a_picture_or_a_refusal_never_in_the_end_of_the_process(codec: str, seed: int) -> None:
    pixels, stored = GREY["8 bits"]
    if codec in LOSSLESS:
        syntax, encode = LOSSLESS[codec]
        codestream = bytearray(encode(pixels, stored))
    else:
        syntax, encode_lossy, _ = LOSSY[codec]
        codestream = bytearray(encode_lossy(pixels))
    chance = np.random.default_rng(seed)
    for place in chance.integers(2, len(codestream), 5):
        codestream[place] = chance.integers(256)
    try:
        ours = decoded(compressed(pixels, syntax, [bytes(codestream)]))
    except DamagedPixels:
        return
    assert ours.shape == pixels.shape


def test_gdcm_which_ends_the_process_on_damaged_bytes_is_not_used() -> None:
    for syntax in _PIXEL_DATA_DECODERS:
        assert "gdcm" not in codecs.decoder_of(syntax).available_plugins


@pytest.mark.parametrize("frame", [-1, 1, 1000])
@pytest.mark.parametrize("syntax", [uid.ExplicitVRLittleEndian, uid.JPEG2000Lossless])
def test_a_frame_that_is_not_there_is_refused(frame: int, syntax: str) -> None:
    pixels = GREY["8 bits"][0]
    dataset = compressed(pixels, syntax, [jpeg2k(pixels, 8)]) if syntax == uid.JPEG2000Lossless else described(pixels)
    with pytest.raises(DamagedPixels):
        decoded(dataset, frame)


@pytest.mark.parametrize(
    "wrong",
    [
        {"Rows": None},
        {"Rows": 0},
        {"Columns": 0},
        {"BitsAllocated": None},
        {"BitsAllocated": 12},
        {"BitsStored": 0},
        {"BitsStored": 40},
        {"PixelRepresentation": 7},
        {"SamplesPerPixel": 4},
        {"PhotometricInterpretation": "SEPIA"},
    ],
)
def test_an_impossible_description_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(DamagedPixels):
        decoded(described(GREY["16 bits"][0], **wrong))


ABSENT = ["BitsStored", "HighBit", "PixelRepresentation", "SamplesPerPixel", "NumberOfFrames"]


@pytest.mark.parametrize("absent", ABSENT)
def test_what_is_absent_gets_the_value_the_standard_implies(absent: str) -> None:
    dataset = described(GREY["16 bits"][0], NumberOfFrames=1)
    delattr(dataset, absent)
    np.testing.assert_array_equal(decoded(dataset), GREY["16 bits"][0])


def test_a_decoder_that_panics_is_damage_like_any_other():
    """A panic of a decoder written in Rust is no Exception, and would pass by every except."""
    dataset = bundled("MR_small_RLE.dcm")
    value = bytearray(dataset.PixelData)
    middle = len(value) // 2
    value[middle : middle + 400] = bytes(range(200)) * 2
    with pytest.raises(DamagedPixels, match="cannot be decoded"):
        decoded(dataset, value=bytes(value))


def test_what_follows_short_pixel_data_is_never_drawn(tmp_path: Path) -> None:
    """The file is long enough for the picture, but its end belongs to another element."""
    pixels = np.arange(64, dtype=np.uint16).reshape(8, 8)
    dataset = described(pixels, PatientName="Phantom^Fictitious")
    dataset.PixelData = dataset.PixelData[:100]
    dataset.DataSetTrailingPadding = b"\x7f" * 200
    path = tmp_path / "short.dcm"
    dataset.save_as(path, enforce_file_format=True)
    header = read_header(next(locate(path)))
    assert header.status == "truncated"
    (one,) = read_series(path)
    with pytest.raises(DamagedPixels, match="100 are there"):
        one.stored()


def test_pillow_refuses_what_the_next_decoder_reads() -> None:
    codestream = next(generate_frames(jpeg_slices(1, cut=0)[0].PixelData, number_of_frames=1))
    with pytest.raises(OSError, match="truncated"):
        Image.open(io.BytesIO(codestream)).load()


def test_a_decoder_that_refuses_12_bits_is_stood_in_for() -> None:
    """Pillow reads JPEG of 8 bits alone."""
    assert "decoded by imagecodecs, not by pillow" in dv.picture(bundled("JPGExtended.dcm")).notes


def test_a_stand_in_is_said_of_its_own_slice_and_of_every_plane_through_it() -> None:
    sound = jpeg_slices(3)
    notes = [dv.picture(sound, index=k).notes for k in range(3)]
    assert notes[0] == notes[1] == notes[2]
    broken = jpeg_slices(3, cut=1)
    said = "decoded by imagecodecs, not by pillow"
    assert [said in dv.picture(broken, index=k).notes for k in range(3)] == [False, True, False]
    assert said in dv.picture(broken, plane="coronal").notes
    assert said not in dv.picture(sound, plane="coronal").notes
