"""A glance says what pydicom says: of every bundled file, odd ones, and damaged ones."""

from __future__ import annotations

import datetime
import os
import random
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest
from pydicom.data import DATA_ROOT
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
)
from test_files_headers import one, written

from dicomview.demo.synthetic import instances, write
from dicomview.files import glance as glances
from dicomview.files import templates
from dicomview.files.attributes import ATTRIBUTES, values_in
from dicomview.files.glance import Glance, Glancer
from dicomview.files.headers import read_header
from dicomview.files.layout import walk
from dicomview.files.locate import Location, locate

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLES = Path(__file__).parents[1] / "sample_data"


def values(glance: Glance) -> list[object]:
    found = list(glance.facts.values)
    for column, value in zip(glance.facts.varying, glance.values, strict=True):
        found[column] = value
    return found


def difference(glancer: Glancer, path: Path) -> list[object]:
    """Return what a glance says otherwise than pydicom, in value or type."""
    glance, header = glancer.file(os.fspath(path)), read_header(Location(path.name, str(path)))
    wanted = [None] * len(ATTRIBUTES) if header.dataset is None else values_in(header.dataset)
    found: list[object] = [
        (attribute.keyword, ours, theirs)
        for attribute, ours, theirs in zip(ATTRIBUTES, values(glance), wanted, strict=True)
        if (type(ours), repr(ours)) != (type(theirs), repr(theirs))
    ]
    return found + ([(glance.status, header.status)] if glance.status != header.status else [])


def glance_at(content: bytes, folder: Path, glancer: Glancer | None = None) -> Glance:
    path = folder / "one.dcm"
    path.write_bytes(content)
    return (glancer or Glancer()).file(os.fspath(path))


def series(count: int = 6, **tags: object) -> list[Dataset]:
    return instances(np.zeros((count, 8, 8), np.int16), seed="glance", window=(40, 400), tags=tags)


def growing(folder: Path, number: int, syntax: str, undefined: bool) -> Iterator[Path]:
    """Write a series in which much grows or shrinks from file to file, and from one series to the next."""
    for place, ds in enumerate(series(5, SeriesDescription="abc" * (1 + number % 2))):
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = "1.2." + "3" * (1 + 4 * number + place)
        ds.SeriesInstanceUID, ds.PatientID = f"1.2.{number}", "P" * (9 - 2 * number)
        ds.ImageComments = str(10 ** (place + number))  # nobody asks for it, and the size of the image comes after it
        item = Dataset()
        item.ReferencedSOPInstanceUID = "1.2.3" + "3" * (place + number)
        ds.SourceImageSequence = [item] * (1 + (place + number) % 3)
        ds["SourceImageSequence"].is_undefined_length = undefined
        path = folder / f"{number}-{place}.dcm"
        path.write_bytes(written(ds, syntax))
        yield path


def value(glance: Glance, keyword: str) -> object:
    return values(glance)[[attribute.keyword for attribute in ATTRIBUTES].index(keyword)]


# --- the judge --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("root", [DATA_ROOT, SAMPLES])
def test_every_file_says_what_pydicom_says(root):
    glancer = Glancer()
    paths = [one.path for one in locate(root) if one.path is not None and one.member is None]
    assert len(paths) > 100
    for path in [*paths, *paths]:  # again, with all that was learnt
        assert difference(glancer, path) == [], path.name


def test_values_are_those_of_the_standard(tmp_path):
    """Not by our own reading of pydicom's values, but written down."""
    (ds,) = series(1, StudyTime="101530.25", PatientName="Phantom^Fictitious", PatientAge="054Y", KVP="120 ")
    glance = glance_at(written(ds), tmp_path)
    assert glance.status == "dicom"
    assert value(glance, "StudyDate") == datetime.date(2026, 1, 1)
    assert value(glance, "StudyTime") == datetime.timedelta(hours=10, minutes=15, seconds=30.25)
    assert value(glance, "ImageType") == "DERIVED\\PRIMARY\\AXIAL"
    assert value(glance, "ImageOrientationPatient") == (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    assert (value(glance, "Rows"), value(glance, "InstanceNumber"), value(glance, "KVP")) == (8, 1, 120.0)
    assert (value(glance, "PatientName"), value(glance, "WindowCenter")) == ("Phantom^Fictitious", (40.0,))
    assert value(glance, "TransferSyntaxUID") == ExplicitVRLittleEndian
    assert value(glance, "AccessionNumber") is value(glance, "RepetitionTime") is None


# --- what is read fast, and what pydicom has to read ----------------------------------------------------------------


@pytest.mark.parametrize(
    "tags",
    [
        {"PatientName": "Müller^Jörg", "SpecificCharacterSet": "ISO_IR 100"},
        {"PatientName": "Yamada^Tarou=山田^太郎=やまだ^たろう", "SpecificCharacterSet": ["", "ISO 2022 IR 87"]},
        {"PatientName": "Wang^XiaoDong=王^小东", "SpecificCharacterSet": "GB18030"},
        {"SeriesDescription": "  padded  ", "ProtocolName": "a\\b \\ c", "PatientSex": ""},
        {"WindowCenter": ["40", "-600"], "WindowWidth": ["400", "1500"], "PixelSpacing": ""},
        {"StudyDate": "2026.01.02", "StudyTime": "10:15:30", "SeriesDate": "20261399", "SeriesTime": "25"},
        {"AcquisitionTime": "1015", "AcquisitionDate": "20260101-20260103", "SeriesNumber": ["1", "2"]},
    ],
)
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_odd_values(tmp_path, tags, syntax):
    glancer = Glancer()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom's, about what is written here
        datasets = series(4, **tags)
    for place, ds in enumerate(datasets):
        path = tmp_path / f"{place}.dcm"
        path.write_bytes(written(ds, syntax))
        assert difference(glancer, path) == []
    assert glancer.handed_over == 0


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_sequences_and_private_blocks_that_vary(tmp_path, syntax, undefined):
    glancer = Glancer()
    for place, ds in enumerate(series(12)):
        inner, item = Dataset(), Dataset()
        inner.CodeMeaning = "x" * (2 + place % 3)
        item.ReferencedSOPInstanceUID = f"1.2.{place}"
        item.PurposeOfReferenceCodeSequence = [inner] * (place % 4)
        ds.SourceImageSequence = [item] * (1 + place % 2)
        ds["SourceImageSequence"].is_undefined_length = undefined
        item.is_undefined_length_sequence_item = undefined
        block = ds.private_block(0x0019, "FICTITIOUS", create=True)
        block.add_new(1, "DS", str(place))
        block.add_new(2, "OB", bytes(range(place * 2)))
        block.add_new(3, "SQ", [inner])
        if place % 5 == 4:
            del ds.SliceThickness, ds.KVP
        path = tmp_path / f"{place}.dcm"
        path.write_bytes(written(ds, syntax))
        assert difference(glancer, path) == []
    assert glancer.handed_over == 0


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_one_series_says_where_all_is_in_the_others(tmp_path, monkeypatch, syntax, undefined):
    walks = []
    monkeypatch.setattr(templates, "walk", lambda *given: walks.append(1) or walk(*given))
    glancer = Glancer()
    for number in range(4):
        before = len(walks)
        for path in growing(tmp_path, number, syntax, undefined):
            assert difference(glancer, path) == []
    assert len(walks) == before
    assert glancer.handed_over == 0


def test_headers_longer_than_the_first_read(tmp_path):
    glancer = Glancer()
    for place, ds in enumerate(series(8)):
        ds.private_block(0x0011, "FICTITIOUS", create=True).add_new(1, "OB", bytes(9_000 * (1 + place % 3) * 2))
        path = tmp_path / f"{place}.dcm"
        path.write_bytes(written(ds))
        assert difference(glancer, path) == []
    assert glancer.handed_over == 0


def test_what_is_not_followed_goes_to_pydicom(tmp_path):
    (ds,) = series(1)
    for syntax in (DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian):
        glancer = Glancer()
        glance = glance_at(written(ds, syntax), tmp_path, glancer)
        assert glancer.handed_over == 1
        assert (glance.status, value(glance, "Rows")) == ("dicom", 8)


def test_every_status_is_that_of_the_header(tmp_path):
    content = written(one())
    for name, bytes_ in {
        "bare": content[132:],
        "cut": content[:-10],
        "cut header": content[:900],
        "empty": b"",
        "text": b"a few words",
        "png": b"\x89PNG" + bytes(300),
        "meta alone": content[: content.index(b"\x08\x00\x05\x00")],
    }.items():
        (tmp_path / name).write_bytes(bytes_)
        assert difference(Glancer(), tmp_path / name) == []
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name, status in {"pipe": "unreadable", "dangling": "missing", ".": "unreadable"}.items():
        glance = Glancer().file(os.fspath(tmp_path / name))
        assert (glance.status, bool(glance.detail)) == (status, True)


def test_missing_fragments_and_short_pixels_are_truncated(tmp_path):
    ds = one()
    ds.PixelData = encapsulate([bytes(100)])
    ds["PixelData"].is_undefined_length = True
    whole = written(ds, JPEG2000Lossless)
    assert glance_at(whole, tmp_path).status == "dicom"
    for content in (whole[:-8], whole[:-40], written(one(NumberOfFrames=2)), written(one(Rows=2000))):
        path = tmp_path / "short.dcm"
        path.write_bytes(content)
        glancer = Glancer()
        for _ in range(4):
            assert difference(glancer, path) == []
        assert glancer.handed_over == 4


# --- damage -----------------------------------------------------------------------------------------------------------


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Return the content with a few bytes changed, cut, inserted, removed or copied, most of them in its header."""
    result, end = bytearray(content), min(len(content), 5000)
    at, way = rng.randrange(132, end - 40), rng.random()
    if way < 0.55:
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(132, end)
            result[place] = rng.choice([0, 255, rng.randrange(256), result[place] ^ 1 << rng.randrange(8)])
    elif way < 0.7:
        del result[at:]
    elif way < 0.8:
        del result[at : at + rng.choice([1, 2, 4, 8, 12])]
    elif way < 0.9:
        result[at:at] = rng.randbytes(rng.choice([1, 2, 8]))
    else:
        source, length = rng.randrange(132, end - 40), rng.choice([4, 8, 16, 30])
        result[at : at + length] = result[source : source + length]
    return bytes(result)


def test_damage_never_passes_silently(tmp_path):
    """Each damaged header reads as pydicom reads it, or is given to pydicom."""
    rng, glancer, accepted = random.Random(20260101), Glancer(), 0
    paths = write(series(6), tmp_path / "explicit")
    for ds in series(6):
        ds.RequestAttributesSequence = [Dataset()]
        ds["RequestAttributesSequence"].is_undefined_length = True
        path = tmp_path / f"{ds.InstanceNumber}.dcm"
        path.write_bytes(written(ds, ImplicitVRLittleEndian))
        paths.append(path)
    paths += [Path(DATA_ROOT) / "test_files" / name for name in ("CT_small.dcm", "MR_small_RLE.dcm", "reportsi.dcm")]
    for path in paths:
        for _ in range(3):
            glancer.file(os.fspath(path))
    victim = tmp_path / "damaged.dcm"
    for _ in range(800):
        victim.write_bytes(damaged(rng.choice(paths).read_bytes(), rng))
        before = glancer.handed_over
        assert difference(glancer, victim) == []
        accepted += glancer.handed_over == before
    assert accepted > 200


def test_files_are_read_only_and_closed(tmp_path):
    path = write(series(1), tmp_path)[0]
    path.chmod(0o444)
    before = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0
    for _ in range(20):
        assert Glancer().file(os.fspath(path)).status == "dicom"
    if before:
        assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert pydicom.dcmread(path).Rows == 8


@pytest.mark.parametrize(("begins", "asked"), [((4000, 4000), {4096}), ((4040, 4140), {4040 + 256, 4140 + 256})])
def test_one_read_is_enough_and_takes_no_further_page_than_it_must(
    begins: tuple[int, int], asked: set[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Headers that end near the end of a page: of the same length all, or shorter and longer ones by turns."""
    (ds,) = series(1)
    paths = []
    for number in range(12):
        ds.InstanceNumber = str(number % 10)
        ds.ImageComments = ""
        for _ in range(2):  # the second time as long as it must be
            path = tmp_path / f"{number:02}.dcm"
            ds.save_as(path, enforce_file_format=True)
            short = begins[number % 2] - read_header(Location("", os.fspath(path))).pixels.offset
            ds.ImageComments += "x" * short
        paths.append(path)
    lengths: list[int] = []
    monkeypatch.setattr(glances, "_read_at", lambda *of: lengths.append(of[1]) or os.pread(*of))
    glancer = Glancer()
    assert [glancer.file(os.fspath(path)).status for path in paths] == ["dicom"] * 12
    assert len(lengths) <= 12 + 2  # the first ones, of which nothing is known
    assert set(lengths[-6:]) == asked
