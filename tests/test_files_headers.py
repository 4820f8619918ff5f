from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import DATA_ROOT
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.errors import InvalidDicomError
from pydicom.pixels import get_decoder
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from dicomview.demo.synthetic import instances
from dicomview.errors import NotAnImage
from dicomview.files import Header, Location, read_header

BUNDLED = sorted(path for path in (Path(DATA_ROOT) / "test_files").rglob("*") if path.is_file())
FLOATS = {"FloatPixelData": np.dtype("<f4"), "DoubleFloatPixelData": np.dtype("<f8")}


def bundled(name: str) -> Header:
    path = Path(DATA_ROOT) / "test_files" / name
    return read_header(Location(name, str(path)))


def one(**tags: object) -> Dataset:
    return instances(np.arange(-300, 300, dtype=np.int16).reshape(1, 20, 30), seed="headers", tags=tags)[0]


def written(dataset: Dataset, syntax: str = ExplicitVRLittleEndian) -> bytes:
    if syntax == ExplicitVRBigEndian:
        dataset.PixelData = np.frombuffer(dataset.PixelData, "<i2").astype(">i2").tobytes()
    dataset.file_meta.TransferSyntaxUID = syntax
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def header_of(content: bytes, tmp_path: Path) -> Header:
    path = tmp_path / "file"
    path.write_bytes(content)
    return read_header(Location("file", str(path)))


def value_of(header: Header) -> bytes:
    assert header.pixels is not None
    with header.open_pixels() as stream:
        return stream.read(header.pixels.length)


@pytest.mark.parametrize("path", BUNDLED, ids=lambda path: path.name)
def test_every_file_of_pydicom_gives_the_header_pydicom_reads(path: Path) -> None:
    header = read_header(Location(path.name, str(path)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            whole = pydicom.dcmread(path)
            before = pydicom.dcmread(path, stop_before_pixels=True)
        except InvalidDicomError:
            assert header.status in {"no_preamble", "not_dicom", "empty"}
            return
        assert header.status in {"dicom", "dicomdir", "truncated"}
        assert header.dataset is not None
        if header.status == "truncated":
            assert all(before[tag] == header.dataset[tag] for tag in list(header.dataset.keys()))
        else:
            assert header.dataset == before
            assert header.dataset.original_encoding == before.original_encoding
        keyword = next((word for word in ("PixelData", *FLOATS) if word in whole), None)
    assert (header.pixels.keyword if header.pixels else None) == keyword
    if header.pixels is not None and header.status == "dicom":
        assert header.pixels.vr in {whole[header.pixels.keyword].VR, "OW"}
        with header.open_pixels() as stream:
            if header.pixels.length == 0xFFFFFFFF:
                assert stream.read(4) == b"\xfe\xff\x00\xe0"
            else:
                assert stream.read(header.pixels.length) == whole[header.pixels.keyword].value


def test_what_is_wrong_with_pydicoms_files() -> None:
    assert bundled("MR_truncated.dcm").detail == "the pixel data should be 8,192 bytes long, and 8,130 are there"
    cut = bundled("rtplan_truncated.dcm")
    assert (cut.status, "(300A,00B0) should be 976 bytes long" in cut.detail) == ("truncated", True)
    assert cut.dataset is not None
    assert cut.dataset.Modality == "RTPLAN"


@pytest.mark.parametrize(
    ("name", "syntax"),
    [
        ("ExplVR_BigEndNoMeta.dcm", ExplicitVRBigEndian),
        ("ExplVR_LitEndNoMeta.dcm", ExplicitVRLittleEndian),
        ("rtstruct.dcm", ImplicitVRLittleEndian),
    ],
)
def test_a_file_without_preamble_is_read_and_its_syntax_named(name: str, syntax: str) -> None:
    header = bundled(name)
    assert header.status == "no_preamble"
    assert header.dataset is not None
    assert header.dataset.file_meta.TransferSyntaxUID == syntax
    assert header.dataset.SOPClassUID
    assert header.dataset == pydicom.dcmread(Path(DATA_ROOT) / "test_files" / name, force=True)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian])
@pytest.mark.parametrize("meta", [True, False])
def test_pixels_of_a_file_without_preamble(tmp_path: Path, syntax: str, meta: bool) -> None:
    content = written(one(), syntax)
    stored = pydicom.dcmread(io.BytesIO(content))
    start = 132 if meta else 132 + 12 + stored.file_meta.FileMetaInformationGroupLength
    header = header_of(content[start:], tmp_path)
    assert header.status == "no_preamble"
    assert header.dataset is not None
    assert header.dataset.file_meta.TransferSyntaxUID == syntax
    assert value_of(header) == stored.PixelData


def test_the_codec_of_a_compressed_file_without_meta_is_told_from_its_bytes(tmp_path: Path) -> None:
    names = ("MR_small_jp2klossless.dcm", "MR_small_RLE.dcm", "SC_rgb_jpeg_dcmtk.dcm", "JPGExtended.dcm")
    for name in names:
        path = Path(DATA_ROOT) / "test_files" / name
        whole = pydicom.dcmread(path)
        start = 132 + 12 + whole.file_meta.FileMetaInformationGroupLength
        header = header_of(path.read_bytes()[start:], tmp_path)
        assert header.dataset is not None
        guessed = header.dataset.file_meta.TransferSyntaxUID
        assert guessed.name.split(" ")[:2] == whole.file_meta.TransferSyntaxUID.name.split(" ")[:2], name


def test_a_missing_transfer_syntax_is_filled_in() -> None:
    header = bundled("meta_missing_tsyntax.dcm")
    assert header.status == "dicom"
    assert header.dataset is not None
    assert header.dataset.file_meta.TransferSyntaxUID == ImplicitVRLittleEndian


@pytest.mark.parametrize(
    "syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
)
def test_pixels_are_opened_at_their_value(tmp_path: Path, syntax: str) -> None:
    header = header_of(written(one(), syntax), tmp_path)
    assert header.status == "dicom"
    assert header.pixels is not None
    assert header.dataset is not None
    assert "PixelData" not in header.dataset
    assert header.pixels.length == 1200
    with header.open_pixels() as stream:
        values = np.frombuffer(stream.read(1200), ">i2" if syntax == ExplicitVRBigEndian else "<i2")
    np.testing.assert_array_equal(values, np.arange(-300, 300))


def test_encapsulated_pixels_are_what_pydicoms_decoder_wants(tmp_path: Path) -> None:
    dataset = one()
    dataset.compress(RLELossless, generate_instance_uid=False)
    header = header_of(written(dataset, RLELossless), tmp_path)
    assert header.pixels is not None
    assert header.pixels.length == 0xFFFFFFFF
    options = {
        "rows": 20, "columns": 30, "number_of_frames": 1, "samples_per_pixel": 1, "bits_allocated": 16,
        "bits_stored": 16, "pixel_representation": 1, "photometric_interpretation": "MONOCHROME2",
        "pixel_keyword": "PixelData",
    }  # fmt: skip
    with header.open_pixels() as stream:
        array, _ = get_decoder(RLELossless).as_array(stream, **options)
    np.testing.assert_array_equal(array.ravel(), np.arange(-300, 300))


@pytest.mark.parametrize("keyword", ["FloatPixelData", "DoubleFloatPixelData"])
@pytest.mark.parametrize("in_memory", [True, False])
def test_float_pixels(tmp_path: Path, keyword: str, in_memory: bool) -> None:
    values = np.linspace(0, 1, 600, dtype=FLOATS[keyword])
    dataset = one(**{keyword: values.tobytes(), "BitsAllocated": values.itemsize * 8})
    del dataset.PixelData, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation
    location = Location("dataset 0", None, dataset=dataset)
    header = read_header(location) if in_memory else header_of(written(dataset), tmp_path)
    assert header.status == "dicom"
    assert header.pixels is not None
    assert header.pixels.keyword == keyword
    assert value_of(header) == values.tobytes()


@pytest.mark.parametrize(
    ("content", "status", "word"),
    [
        (b"", "empty", "no bytes"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "not_dicom", "PNG"),
        (b"%PDF-1.7 " + bytes(300), "not_dicom", "PDF"),
        (b"PatientName,PatientID\n" * 20, "not_dicom", "text"),
        (bytes(4000), "not_dicom", "zeros"),
        (b"\x08", "not_dicom", ""),
        (b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 100", "not_dicom", "no data set"),
        (b"\x08\x00\x00\x00" + bytes(range(256)) * 4, "not_dicom", ""),
        (bytes(128) + b"DICM", "truncated", "before its data set"),
        (np.random.default_rng(1).bytes(5000), "not_dicom", ""),
    ],
)
def test_what_is_not_dicom(tmp_path: Path, content: bytes, status: str, word: str) -> None:
    header = header_of(content, tmp_path)
    assert (header.status, header.pixels) == (status, None)
    assert word in header.detail


def test_a_data_set_in_memory_is_itself() -> None:
    dataset = one()
    del dataset.file_meta
    header = read_header(Location("dataset 0", None, dataset=dataset))
    assert header.dataset is dataset
    assert header.pixels is not None
    assert header.pixels.offset == 0
    assert value_of(header) == dataset.PixelData
    assert not hasattr(dataset, "file_meta")


def test_data_sets_in_memory_of_every_kind() -> None:
    short, directory, plain = one(Rows=40), one(), one()
    directory.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    del plain.PixelData
    packed = one()
    packed.compress(RLELossless, generate_instance_uid=False)
    headers = [read_header(Location("d", None, dataset=ds)) for ds in (Dataset(), short, directory, plain, packed)]
    assert [header.status for header in headers] == ["empty", "truncated", "dicomdir", "dicom", "dicom"]
    assert headers[3].pixels is None
    assert headers[4].pixels is not None
    assert headers[4].pixels.length == 0xFFFFFFFF
    with pytest.raises(NotAnImage, match="d holds no pixel data"):
        headers[3].open_pixels()


def test_pixel_data_that_are_an_open_file() -> None:
    dataset = one()
    content = dataset.PixelData
    dataset.PixelData = io.BytesIO(content)
    header = read_header(Location("d", None, dataset=dataset))
    assert value_of(header) == value_of(header) == content


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x")

    def refuse(self: Location) -> object:
        raise PermissionError(13, "Permission denied", "file")

    monkeypatch.setattr(Location, "open", refuse)
    header = read_header(Location("file", str(path)))
    assert (header.status, header.detail) == ("unreadable", "cannot be read: Permission denied")


def test_a_file_that_has_gone(tmp_path: Path) -> None:
    assert read_header(Location("gone", str(tmp_path / "gone"))).status == "missing"


def test_control_c_is_not_swallowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object, **options: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr("dicomview.files.walk.read_partial", interrupt)
    with pytest.raises(KeyboardInterrupt):
        header_of(written(one()), tmp_path)


def test_file_meta_is_there_when_a_file_was_read(tmp_path: Path) -> None:
    header = header_of(written(one())[132:], tmp_path)
    assert header.dataset is not None
    assert isinstance(header.dataset.file_meta, FileMetaDataset)
