"""Colour on the screen: RGB of any depth, and palettes against hand-made values and pydicom."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest
from oracles import bundled, decoded
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import apply_color_lut
from pydicom.uid import ExplicitVRBigEndian

from dicomview.errors import DamagedPixels
from dicomview.pixels import FrameTags, has_colour, to_rgb

COLOURS = ("Red", "Green", "Blue")


def palette(
    descriptor: Any, tables: Any, *, segmented: bool = False, vr: str = "US", big_endian: bool = False, **elements: Any
) -> FrameTags:
    dataset = Dataset()
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "PALETTE COLOR"
    dataset.PixelRepresentation, dataset.BitsStored = 0, 8
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    for colour, table in zip(COLOURS, tables, strict=True):
        dataset.add_new(f"{colour}PaletteColorLookupTableDescriptor", vr, descriptor)
        dataset.add_new(f"{'Segmented' * segmented}{colour}PaletteColorLookupTableData", "OW", table)
    if big_endian:
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    return FrameTags(dataset)


def words(*entries: int, order: str = "<") -> bytes:
    return struct.pack(f"{order}{len(entries)}H", *entries)


def indices(*values: int, dtype: Any = np.uint8) -> np.ndarray[Any, Any]:
    return np.array([values], dtype)


# --- RGB -------------------------------------------------------------------------------------------------------------


def test_rgb_of_8_bits_is_as_decoded() -> None:
    pixels = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    np.testing.assert_array_equal(to_rgb(pixels, FrameTags(Dataset())), pixels)


@pytest.mark.parametrize(
    ("dtype", "stored", "value", "level"),
    [
        (np.uint16, 16, 0xABCD, 0xAB),
        (np.uint16, 12, 0xABC, 0xAB),
        (np.uint16, 8, 0xAB, 0xAB),
        (np.uint16, 12, 0x1FFF, 0xFF),  # junk above BitsStored neither wraps nor darkens
        (np.uint16, None, 0xABCD, 0xAB),
        (np.uint32, 32, 0xABCDEF01, 0xAB),
    ],
)
def test_deeper_rgb_keeps_its_upper_eight_bits(dtype: Any, stored: int | None, value: int, level: int) -> None:
    dataset = Dataset()
    if stored:
        dataset.BitsStored = stored
    assert to_rgb(np.full((1, 1, 3), value, dtype), FrameTags(dataset)).tolist() == [[[level] * 3]]


@pytest.mark.parametrize("name", ["SC_rgb_rle_16bit.dcm", "SC_rgb_rle_32bit.dcm"])
def test_deep_rgb_of_pydicom_looks_like_its_8_bit_sister(name: str) -> None:
    dataset, sister = bundled(name), bundled("SC_rgb_rle.dcm")
    ours = to_rgb(decoded(dataset), FrameTags(dataset))
    np.testing.assert_array_equal(ours, sister.pixel_array)


def test_has_colour() -> None:
    assert has_colour(palette([2, 0, 16], [words(1, 2)] * 3))
    assert has_colour(FrameTags(bundled("SC_rgb_rle.dcm")))
    assert not has_colour(FrameTags(bundled("CT_small.dcm")))
    assert not has_colour(FrameTags(Dataset()))


# --- palettes --------------------------------------------------------------------------------------------------------


def test_a_tiny_palette_by_hand() -> None:
    one = palette([3, 0, 16], [words(0xFF00, 0x8000, 0), words(0, 0x1234, 0xFFFF), words(0x0100, 0x0200, 0x0300)])
    assert to_rgb(indices(0, 1, 2, 200), one).tolist() == [[[255, 0, 1], [128, 0x12, 2], [0, 255, 3], [0, 255, 3]]]


def test_the_first_mapped_value_is_an_offset() -> None:
    one = palette([3, 10, 16], [words(0x1000, 0x2000, 0x3000)] * 3)
    assert to_rgb(indices(0, 9, 10, 11, 12, 13), one)[0, :, 0].tolist() == [0x10, 0x10, 0x10, 0x20, 0x30, 0x30]


@pytest.mark.parametrize(("first", "vr"), [(-1, "SS"), (65535, "US")])
def test_a_first_mapped_value_below_zero(first: int, vr: str) -> None:
    one = palette([3, first, 16], [words(0x1000, 0x2000, 0x3000)] * 3, vr=vr, PixelRepresentation=1)
    assert to_rgb(indices(-9, -1, 0, 1, 9, dtype=np.int16), one)[0, :, 0].tolist() == [0x10, 0x10, 0x20, 0x30, 0x30]


@pytest.mark.parametrize("count", [3, 4])
@pytest.mark.parametrize("bits", [8, 16])
def test_8_bit_entries_in_bytes(count: int, bits: int) -> None:
    # "The value length … should be equal to the number of table entries if bits allocated is 8" (C.7.6.3.1.6)
    one = palette([count, 0, bits], [bytes([200, 100, 50, 25])] * 3)
    assert to_rgb(indices(0, 1, 2), one)[0, :, 0].tolist() == [200, 100, 50]


def test_8_bit_entries_in_words() -> None:
    one = palette([3, 0, 8], [words(200, 100, 50)] * 3)
    assert to_rgb(indices(0, 1, 2), one)[0, :, 0].tolist() == [200, 100, 50]


def test_16_bit_indices_into_8_bit_entries_do_not_wrap() -> None:
    table = bytes(k % 251 for k in range(1024))
    stored = np.arange(1024, dtype=np.uint16).reshape(32, 32)
    one = palette([1024, 0, 8], [table] * 3, BitsStored=16)
    assert to_rgb(stored, one)[..., 0].ravel().tolist() == list(table)


def test_a_table_of_65536_entries() -> None:
    table = np.arange(65536, dtype="<u2").tobytes()
    one = palette([0, 0, 16], [table] * 3, BitsStored=16)
    assert to_rgb(indices(0, 0x1234, 0xFFFF, dtype=np.uint16), one)[0, :, 0].tolist() == [0, 0x12, 0xFF]


def test_a_big_endian_palette() -> None:
    one = palette([2, 0, 16], [words(0x1200, 0x3400, order=">")] * 3, big_endian=True)
    assert to_rgb(indices(0, 1), one)[0, :, 0].tolist() == [0x12, 0x34]
    packed = palette([4, 0, 8], [bytes([2, 1, 4, 3])] * 3, big_endian=True)
    assert to_rgb(indices(0, 1, 2, 3), packed)[0, :, 0].tolist() == [1, 2, 3, 4]


def test_pydicom_gives_the_same_for_its_palette_file() -> None:
    dataset = bundled("examples_palette.dcm")
    stored = decoded(dataset)
    theirs = apply_color_lut(stored, dataset)
    assert theirs.dtype == np.uint16
    np.testing.assert_array_equal(to_rgb(stored, FrameTags(dataset)), (theirs >> 8).astype(np.uint8))


# --- segmented palettes (C.7.9.2) ------------------------------------------------------------------------------------


@pytest.mark.parametrize("bits", [8, 16])
def test_discrete_and_linear_segments(bits: int) -> None:
    scale = 1 if bits == 8 else 257
    # 3 entries 10, 20, 30; then 5 that run up to 80; then 2 that stay.
    data = [0, 3, 10 * scale, 20 * scale, 30 * scale, 1, 5, 80 * scale, 1, 2, 80 * scale]
    raw = bytes([*data, 0]) if bits == 8 else words(*data)
    one = palette([10, 0, bits], [raw] * 3, segmented=True)
    assert to_rgb(indices(*range(10)), one)[0, :, 0].tolist() == [10, 20, 30, 40, 50, 60, 70, 80, 80, 80]


def test_an_indirect_segment_repeats_earlier_ones() -> None:
    # Segments: discrete of 2, linear of 2 up to 0x4000; then both again, from byte offset 0.
    first = [0, 2, 0x1000, 0x2000, 1, 2, 0x4000]
    one = palette([8, 0, 16], [words(*first, 2, 2, 0, 0)] * 3, segmented=True)
    assert to_rgb(indices(*range(8)), one)[0, :, 0].tolist() == [0x10, 0x20, 0x30, 0x40] * 2


def test_an_indirect_segment_with_an_offset() -> None:
    first = [0, 1, 0x0100, 0, 2, 0x1000, 0x2000]
    one = palette([5, 0, 16], [words(*first, 2, 1, 6, 0)] * 3, segmented=True)
    assert to_rgb(indices(*range(5)), one)[0, :, 0].tolist() == [1, 0x10, 0x20, 0x10, 0x20]


@pytest.mark.parametrize("seed", range(5))
def test_pydicom_expands_segments_the_same(seed: int) -> None:
    chance = np.random.default_rng(seed)
    tables, length = [], 0
    for _ in COLOURS:
        data = [0, 4, *chance.integers(0, 65536, 4).tolist()]
        for _ in range(6):
            data += [1, 10, int(chance.integers(0, 65536))]
        tables.append(words(*data))
        length = 64
    one = palette([length, 0, 16], tables, segmented=True)
    one.dataset.file_meta = FileMetaDataset()
    one.dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    stored = np.arange(64, dtype=np.uint8).reshape(8, 8)
    theirs = (apply_color_lut(stored, one.dataset) >> 8).astype(int)
    assert np.abs(to_rgb(stored, one) - theirs).max() <= 1  # halves: pydicom rounds them to even


# --- damaged palettes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "one",
    [
        FrameTags(Dataset()),
        palette([3, 0], [words(1, 2, 3)] * 3),
        palette(None, [words(1, 2, 3)] * 3),
        palette([3, 0, 16], [b""] * 3),
        palette([3, 0, 16], [None] * 3),
        palette([3, 0, 16], [b"\1"] * 3),
        palette([3, 0, 16], [words(1, 5, 9)] * 3, segmented=True),  # begins with a linear segment
        palette([3, 0, 16], [words(0, 9, 1)] * 3, segmented=True),  # breaks off
        palette([3, 0, 16], [words(7, 1, 1)] * 3, segmented=True),  # no such segment
        palette([3, 0, 16], [words(0, 1, 5, 2, 1, 6, 0)] * 3, segmented=True),  # points at itself
        palette([3, 0, 16], [words(0, 1, 5, 2, 1, 0xFFFF, 0xFFFF)] * 3, segmented=True),  # points outside
        palette([3, 0, 16], [words(0, 0, 0)] * 3, segmented=True),
    ],
    ids=lambda _: "",
)
def test_a_damaged_palette_is_refused_or_clipped_but_never_raises_anything_else(one: FrameTags) -> None:
    try:
        assert to_rgb(indices(0, 1, 2), one).shape == (1, 3, 3)
    except DamagedPixels as error:
        assert "palette" in str(error)


def test_a_missing_palette_is_said() -> None:
    with pytest.raises(DamagedPixels, match="red palette is missing"):
        to_rgb(indices(0), FrameTags(Dataset()))


def test_a_table_shorter_than_announced_ends_with_its_last_entry() -> None:
    one = palette([100, 0, 16], [words(0x1000, 0x2000)] * 3)
    assert to_rgb(indices(0, 1, 50), one)[0, :, 0].tolist() == [0x10, 0x20, 0x20]


def test_the_indices_are_not_changed() -> None:
    stored = indices(0, 1, 2)
    to_rgb(stored, palette([3, 1, 16], [words(1, 2, 3)] * 3))
    assert stored.tolist() == [[0, 1, 2]]
