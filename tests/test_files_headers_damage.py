from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pydicom.data import DATA_ROOT
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from test_files_headers import bundled, header_of, one, written

from dicomview.demo.synthetic import instances
from dicomview.files.extent import native_length

if TYPE_CHECKING:
    from collections.abc import Iterable


def test_random_bytes_are_never_taken_for_dicom(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    for _ in range(100):
        start = bytes([rng.choice([2, 8]), 0, *rng.bytes(2)]) + rng.choice([b"CS", b"UI", b"\0\0"])
        assert header_of(start + rng.bytes(int(rng.integers(0, 2000))), tmp_path).status == "not_dicom"


def test_pixel_data_shorter_than_rows_and_columns_need(tmp_path: Path) -> None:
    header = header_of(written(one(NumberOfFrames=2)), tmp_path)
    assert header.status == "truncated"
    assert header.detail == "rows, columns and frames need 2,400 bytes of pixel data, and 1,200 are there"
    assert header.dataset is not None


def test_colour_that_two_pixels_share_is_not_missing() -> None:
    dataset = one(SamplesPerPixel=3, BitsAllocated=8, PhotometricInterpretation="YBR_FULL_422")
    assert native_length(dataset) == 1200
    assert native_length(one(BitsAllocated=1)) == 75
    assert bundled("SC_ybr_full_422_uncompressed.dcm").status == "dicom"


def test_every_cut_of_a_file_is_told(tmp_path: Path) -> None:
    content = written(one())
    pixels = len(content) - 1200
    for length in (*range(133, pixels, 37), pixels, pixels + 1, len(content) - 1):
        header = header_of(content[:length], tmp_path)
        assert header.status == "truncated" or length < pixels - 8, length
        assert header.status in {"truncated", "dicom"}
        assert bool(header.detail) == (header.status == "truncated")
        if length > 1000:
            assert header.dataset is not None
            assert header.dataset.Modality == "CT"


def test_a_header_cut_within_a_sequence_keeps_what_comes_before(tmp_path: Path) -> None:
    inner = Dataset()
    inner.CodeMeaning = "x" * 60
    dataset = one(AnatomicRegionSequence=[inner])
    dataset["AnatomicRegionSequence"].is_undefined_length = True
    inner.is_undefined_length_sequence_item = True
    content = written(dataset)
    header = header_of(content[: content.index(b"x" * 60) + 20], tmp_path)
    assert header.status == "truncated"
    assert "(0008,2218)" in header.detail
    assert header.dataset is not None
    assert header.dataset.Modality == "CT"


@pytest.mark.parametrize(("frames", "end", "status"), [(2, 30, "truncated"), (2, 8, "dicom"), (3, 8, "truncated")])
def test_missing_fragments_are_told(tmp_path: Path, frames: int, end: int, status: str) -> None:
    dataset = one(NumberOfFrames=frames)
    dataset.PixelData = encapsulate([b"\xff\xd8" + bytes(100), b"\xff\xd8" + bytes(100)])
    dataset["PixelData"].is_undefined_length = True
    content = written(dataset, "1.2.840.10008.1.2.4.50")
    assert header_of(content + b"\xfc\xff\xfc\xffOB\0\0\0\0\0\0", tmp_path).status == "dicom"
    assert header_of(content[:-end], tmp_path).status == status


def test_a_deflated_file_that_breaks_off(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(-9, 9, (1, 64, 64)).astype(np.int16)
    content = written(instances(noise, seed="deflated")[0], DeflatedExplicitVRLittleEndian)
    header = header_of(content[:-500], tmp_path)
    assert header.status == "truncated"
    assert header.dataset is not None
    assert header.dataset.Rows == 64


def test_a_deflated_bomb_is_not_inflated(tmp_path: Path) -> None:
    content = written(one(PixelData=bytes(120_000_000)), DeflatedExplicitVRLittleEndian)
    header = header_of(content, tmp_path)
    assert len(content) < 200_000
    assert header.status == "unreadable"
    assert "far more than any image" in header.detail


def seeds() -> Iterable[bytes]:
    nested = Dataset()
    nested.CodeMeaning = "nested"
    for syntax in (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian):
        content = written(one(AnatomicRegionSequence=[nested]), syntax)
        yield content
        yield content[132:]
    for name in ("MR_small_RLE.dcm", "UN_sequence.dcm", "reportsi.dcm", "dicomdirtests/DICOMDIR-empty.dcm"):
        yield (Path(DATA_ROOT) / "test_files" / name).read_bytes()[:20_000]


def test_damaged_bytes_never_raise_nor_warn_nor_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rng, identity = np.random.default_rng(20260101), "Fictitious"
    for content in seeds():
        for _ in range(40):
            damaged = bytearray(content)
            for place in rng.integers(0, min(len(damaged), 2500), rng.integers(1, 12)):
                damaged[place] = rng.choice([0, 255, rng.integers(256)])
            if rng.random() < 0.4:
                del damaged[rng.integers(len(damaged)) :]
            header = header_of(bytes(damaged), tmp_path)
            assert header.detail or header.status in {"dicom", "dicomdir"}
            assert identity not in header.detail
            if header.pixels is not None:
                header.open_pixels().close()
    assert not caplog.records  # pydicom's words would quote the patient


def test_a_damaged_transfer_syntax_is_read_from_the_bytes(tmp_path: Path) -> None:
    content = written(one())
    at = content.index(b"\x02\x00\x10\x00UI")
    for place, byte in ((at + 9, b"x"), (at + 9, b"\\")):
        header = header_of(content[:place] + byte + content[place + 1 :], tmp_path)
        assert header.status == "dicom"
        assert header.dataset is not None
        assert header.dataset.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"\xff" * 300, "garbage"),
        (np.random.default_rng(0).bytes(5000), "garbage"),
        (b"", "truncated"),
        (b"\x02\x00\x00\x00UL\x04\x00", "truncated"),
    ],
)
def test_what_follows_the_mark_and_is_no_data_set_is_garbage(tmp_path: Path, content: bytes, status: str) -> None:
    header = header_of(bytes(128) + b"DICM" + content, tmp_path)
    assert header.status == status
    assert status == "truncated" or header.detail == "has the DICOM mark, and what follows is no data set"
