"""From stored to modality values: rescale, Modality LUT, units, padding."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
from oracles import bundled, header, put_raw, tags
from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import apply_rescale
from pydicom.uid import CTImageStorage, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from dicomview.pixels import FrameTags, padding_range, rescale_of

# --- rescale ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slope", "intercept"), [("1", "-1024"), ("0.000123456789", "-3.5"), ("-2.5", "1e3"), ("1", "")]
)
def test_rescale_is_exact_to_a_millionth_in_float32(slope: str, intercept: str) -> None:
    stored = np.arange(-32768, 32768, dtype=np.int16)
    values = rescale_of(tags(RescaleSlope=slope, RescaleIntercept=intercept or None)).apply(stored)
    expected = float(slope) * stored.astype(np.float64) + float(intercept or 0)
    assert values.dtype == np.float64
    np.testing.assert_allclose(values.astype(np.float32), expected, rtol=1e-6, atol=0)


def test_rescale_agrees_with_pydicom() -> None:
    dataset = bundled("CT_small.dcm")
    stored = dataset.pixel_array
    np.testing.assert_array_equal(rescale_of(FrameTags(dataset)).apply(stored), apply_rescale(stored, dataset))


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8"])
def test_no_stored_type_overflows(dtype: str) -> None:
    largest = np.iinfo(dtype).max if np.dtype(dtype).kind in "iu" else 1e30
    values = rescale_of(tags(RescaleSlope="4", RescaleIntercept="-1")).apply(np.array([0, largest], dtype))
    np.testing.assert_allclose(values, [-1, 4 * float(largest) - 1], rtol=1e-6)


@pytest.mark.parametrize("slope", [b"", b"0", b"0.0", b"abc", b"1,5", b"1.#QNAN", b"nan", b"inf", b"1e999", b"\xff"])
def test_a_malformed_slope_reads_as_one(slope: bytes) -> None:
    rescale = rescale_of(FrameTags(put_raw(header(RescaleIntercept="-5"), 0x00281053, "DS", slope)))
    assert (rescale.slope, rescale.intercept) == (1, -5)


def test_without_rescale_the_values_are_the_stored_ones() -> None:
    rescale = rescale_of(tags())
    assert rescale.linear
    assert rescale.apply(np.array([3, -4])).tolist() == [3, -4]


def test_rt_dose_has_its_own_scaling() -> None:
    dose = rescale_of(tags(Modality="RTDOSE", DoseGridScaling="0.0001", DoseUnits="GY", RescaleSlope="7"))
    assert dose.apply(np.array([4_000_000_000], np.uint32)).tolist() == [400_000]
    assert dose.unit == "Gy"


# --- Modality LUT ----------------------------------------------------------------------------------------------------


def lut(
    descriptor: Any, data: Any, *, vr: str = "OW", descriptor_vr: str = "US", kind: str | None = "OD", **elements: Any
) -> FrameTags:
    item = Dataset()
    item.add_new("LUTDescriptor", descriptor_vr, descriptor)
    item.add_new("LUTData", vr, data)
    if kind is not None:
        item.ModalityLUTType = kind
    return tags(ModalityLUTSequence=[item], **elements)


@pytest.mark.parametrize("vr", ["US", "OW"])
def test_a_modality_lut_wins_over_slope_and_holds_its_ends(vr: str) -> None:
    entries = [10, 20, 40, 65535]
    data = entries if vr == "US" else struct.pack("<4H", *entries)
    rescale = rescale_of(lut([4, 100, 16], data, vr=vr, RescaleSlope="9", RescaleIntercept="9"))
    assert not rescale.linear
    assert rescale.apply(np.array([[0, 99, 100], [101, 103, 4095]], np.uint16)).tolist() == [
        [10, 10, 10],
        [20, 65535, 65535],
    ]


@pytest.mark.parametrize(("first", "vr"), [(-3, "SS"), (65533, "US")])
def test_a_first_mapped_value_below_zero(first: int, vr: str) -> None:
    rescale = rescale_of(lut([4, first, 16], struct.pack("<4H", 1, 2, 3, 4), descriptor_vr=vr, PixelRepresentation=1))
    assert rescale.apply(np.array([-9, -3, -2, -1, 0, 9], np.int16)).tolist() == [1, 1, 2, 3, 4, 4]


def test_a_first_mapped_value_above_32767_of_unsigned_pixels() -> None:
    rescale = rescale_of(lut([2, 65000, 16], struct.pack("<2H", 1, 2), PixelRepresentation=0))
    assert rescale.apply(np.array([0, 65000, 65001], np.uint16)).tolist() == [1, 1, 2]


@pytest.mark.parametrize("data", [b"\1\2\3\4", struct.pack("<4H", 1, 2, 3, 4)])
def test_eight_bit_entries_in_bytes_and_in_words(data: bytes) -> None:
    assert rescale_of(lut([4, 0, 8], data)).apply(np.arange(4, dtype=np.uint8)).tolist() == [1, 2, 3, 4]


def test_an_odd_number_of_eight_bit_entries_is_padded() -> None:
    assert rescale_of(lut([3, 0, 8], b"\1\2\3\0")).apply(np.arange(6, dtype=np.uint8)).tolist() == [1, 2, 3, 3, 3, 3]


def test_entries_written_as_signed_are_unsigned() -> None:
    assert rescale_of(lut([2, 0, 16], [5, -1], vr="SS")).apply(np.array([0, 1])).tolist() == [5, 65535]


@pytest.mark.parametrize(("descriptor_vr", "entries"), [("US", 65536), ("SS", 65535)])
def test_the_number_of_entries_when_it_does_not_fit(descriptor_vr: str, entries: int) -> None:
    item = put_raw(Dataset(), 0x00283002, descriptor_vr, struct.pack("<3H", entries % 65536, 0, 16))  # as SS it is -1
    item.add_new("LUTData", "OW", np.arange(65536, dtype="<u2")[:entries].tobytes())
    rescale = rescale_of(tags(ModalityLUTSequence=[item]))
    assert rescale.apply(np.array([0, 65534, 65535], np.uint16)).tolist() == [0, 65534, entries - 1]


def test_a_big_endian_lut_is_read_big_endian() -> None:
    dataset = lut([2, 0, 16], struct.pack(">2H", 1, 256)).dataset
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    assert rescale_of(FrameTags(dataset)).apply(np.array([0, 1])).tolist() == [1, 256]


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
@pytest.mark.parametrize("signed", [0, 1])
def test_a_modality_lut_through_a_file(syntax: Any, signed: int) -> None:
    kind = "SS" if signed else "US"
    first = -2 if signed else 2
    dataset = lut([3, first, 16], [7, 8, 40000], vr="US", descriptor_vr=kind, PixelRepresentation=signed).dataset
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, "2.25.1"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    buffer = io.BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    buffer.seek(0)
    rescale = rescale_of(FrameTags(dcmread(buffer)))
    assert rescale.apply(np.array([first - 1, first, first + 1, first + 2])).tolist() == [7, 7, 8, 40000]


@pytest.mark.parametrize(
    ("descriptor", "data", "vr"),
    [
        ([4, 0], [1, 2, 3, 4], "US"),
        (None, [1, 2, 3, 4], "US"),
        ([4, 0, 16], None, "OW"),
        ([4, 0, 16], b"", "OW"),
        ([4, 0, 16], b"\1", "OW"),
    ],
)
def test_a_malformed_lut_gives_way_to_the_slope(descriptor: Any, data: Any, vr: str) -> None:
    rescale = rescale_of(lut(descriptor, data, vr=vr, RescaleSlope="2", RescaleIntercept="1"))
    if data == b"\1":  # DICOM lengths are even, so this one is no entry at all
        assert rescale.linear
    assert rescale.apply(np.array([3])).tolist() == [7]


@pytest.mark.parametrize(
    ("descriptor", "data", "vr"),
    [([4, 0, 300], [1, 2, 3, 4], "US"), ([4, 0, 16], b"\1\0\2\0\3", "OW"), ([4096, 0, 16], b"\1\0" * 100, "OW")],
)
def test_an_odd_lut_never_raises(descriptor: Any, data: Any, vr: str) -> None:
    assert rescale_of(lut(descriptor, data, vr=vr)).apply(np.array([0, 5000])).tolist()[0] == 1


# --- units -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "elements"),
    [
        ("HU", {"Modality": "CT", "RescaleIntercept": "-1024"}),
        ("HU", {"Modality": "CT", "RescaleIntercept": "-1024", "RescaleType": "HU"}),
        ("", {"Modality": "CT", "RescaleIntercept": "0", "RescaleType": "US"}),
        ("HU_MOD", {"Modality": "CT", "RescaleIntercept": "0", "RescaleType": "HU_MOD"}),
        ("", {"Modality": "CT"}),
        ("", {"Modality": "MR", "RescaleIntercept": "0"}),
        ("", {"Modality": "MR", "RescaleIntercept": "0", "RescaleType": "normalized"}),
        ("Bq/ml", {"Modality": "PT", "Units": "BQML"}),
        ("counts", {"Modality": "PT", "Units": "CNTS"}),
        ("g/ml", {"Modality": "PT", "Units": "GML"}),
        ("CM2ML", {"Modality": "PT", "Units": "CM2ML"}),
        ("", {"Modality": "PT"}),
        ("Gy", {"Modality": "RTDOSE", "DoseUnits": "GY"}),
        ("relative", {"Modality": "RTDOSE", "DoseUnits": "RELATIVE"}),
        ("", {"Modality": "RTDOSE"}),
        ("", {}),
    ],
)
def test_units(unit: str, elements: dict[str, Any]) -> None:
    assert rescale_of(tags(**elements)).unit == unit


def test_the_unit_of_a_modality_lut_is_its_type() -> None:
    assert rescale_of(lut([1, 0, 16], [5], vr="US", kind="HU", Modality="CT")).unit == "HU"
    assert rescale_of(lut([1, 0, 16], [5], vr="US", kind="US", Modality="CR")).unit == ""
    assert rescale_of(lut([1, 0, 16], [5], vr="US", kind=None, Modality="CR")).unit == ""


# --- padding ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "limit", "signed", "bits", "expected"),
    [
        (-2000, None, 1, 16, (-2000, -2000)),
        (0, None, 0, 16, (0, 0)),
        (63536, None, 0, 16, (63536, 63536)),
        # The same bits, written with the other VR.
        (63536, None, 1, 16, (-2000, -2000)),
        (-2000, None, 0, 16, (63536, 63536)),
        (63536, None, 1, 12, (-2000, -2000)),
        (2096, None, 1, 12, (-2000, -2000)),
        (2047, None, 1, 12, (2047, 2047)),
        (-2048, None, 1, 12, (-2048, -2048)),
        # A range, in either order.
        (-2000, -1900, 1, 16, (-2000, -1900)),
        (-1900, -2000, 1, 16, (-2000, -1900)),
        (63536, 63636, 1, 16, (-2000, -1900)),
        (63536, 100, 1, 16, (-2000, 100)),
        (0, 10, 0, 12, (0, 10)),
    ],
)
def test_padding_range(value: int, limit: int | None, signed: int, bits: int, expected: tuple[int, int]) -> None:
    dataset = header(PixelRepresentation=signed, BitsStored=bits)
    dataset.add_new("PixelPaddingValue", "SS" if value < 0 else "US", value)
    if limit is not None:
        dataset.add_new("PixelPaddingRangeLimit", "SS" if limit < 0 else "US", limit)
    assert padding_range(FrameTags(dataset)) == expected


def test_no_padding() -> None:
    assert padding_range(tags()) is None
    assert padding_range(FrameTags(put_raw(header(), 0x00280120, "US", b""))) is None
    assert padding_range(tags(PixelPaddingRangeLimit=5)) is None
