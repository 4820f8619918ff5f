"""What the bytes of a header say by themselves is what pydicom says of them, and pydicom is asked for nothing else."""

from __future__ import annotations

import copy
import os
import pickle
import random
import threading
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import DATA_ROOT
from pydicom.datadict import keyword_for_tag, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from test_files_glance import SAMPLES, damaged, growing, series
from test_files_headers import written

import dicomview as dv
from dicomview.demo.synthetic import instances, write
from dicomview.files import Glancer, Location, locate, read_header, read_headers
from dicomview.pixels import FrameTags, Rescale
from dicomview.quiet import quiet
from dicomview.unread import Unread, outline_of

ABSENT = ("StackID", "RescaleType", "PixelPaddingValue", "NumberOfFrames", "FrameIncrementPointer", "RescaleSlope")


def header_of(path, glancer=None):
    return (glancer or Glancer()).header(Location(path.name, os.fspath(path)))


def difference(header, path) -> list[object]:
    """Return what a header says otherwise than the one pydicom reads; asks for every element and a few absent ones."""
    read = read_header(Location(header.location.label, os.fspath(path)))
    found = [
        (name, getattr(header, name), getattr(read, name))
        for name in ("location", "status", "pixels", "detail")
        if getattr(header, name) != getattr(read, name)
    ]
    if type(header.dataset) is not Unread:
        return found
    outline, truth = outline_of(header.dataset), FrameTags(read.dataset)
    assert len(header.dataset) == len(read.dataset)
    assert list(outline.tags) == [int(tag) for tag in read.dataset.keys()]  # noqa: SIM118
    for keyword in {*ABSENT, *filter(None, map(keyword_for_tag, outline.tags))}:
        tag = tag_for_keyword(keyword)
        if tag is None:  # of a repeating group
            continue
        numbers, texts = outline.numbers(tag), outline.texts(tag)
        if numbers is not None and repr(numbers) != repr(truth.numbers(keyword)):
            found.append((keyword, numbers, truth.numbers(keyword)))
        if texts is not None and texts != truth.texts(keyword):
            found.append((keyword, texts, truth.texts(keyword)))
        if (keyword in header.dataset) is not (keyword in read.dataset):
            found.append((keyword, "in"))
    assert type(header.dataset) is Unread
    with quiet():
        fresh = pydicom.dcmread(path, stop_before_pixels=True)
        found += [tag for tag in outline.tags if not alike(header.dataset.get_item(tag), fresh.get_item(tag))]
        if header.dataset.file_meta != fresh.file_meta:
            found.append("file meta information")
    return found


def alike(ours, theirs) -> bool:
    """As read, not as converted: damaged values have no conversion."""
    return ours == theirs if isinstance(ours, RawDataElement) else str(ours) == str(theirs)


# --- the judge --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("root", [DATA_ROOT, SAMPLES])
def test_every_file_says_what_pydicom_says(root):
    glancer, unread = Glancer(), 0
    places = [one for one in locate(root) if one.member is None]
    for one in [*places, *places[:100]]:  # again, with all that was learnt
        header = glancer.header(one)
        unread += type(header.dataset) is Unread
        assert difference(header, Path(one.path)) == [], one.label
    assert unread > len(places)


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_one_series_says_where_all_is_in_the_others(tmp_path, syntax, undefined):
    glancer = Glancer()
    for number in range(4):
        for path in growing(tmp_path, number, syntax, undefined):
            header = header_of(path, glancer)
            assert type(header.dataset) is Unread
            assert difference(header, path) == []


def test_damage_never_passes_silently(tmp_path):
    rng, glancer, unread = random.Random(20261127), Glancer(), 0
    paths = write(series(6), tmp_path / "explicit")
    for ds in series(6, InstanceNumber="100", PixelSpacing=["0.5", "0.5"]):
        path = tmp_path / f"{ds.SOPInstanceUID}.dcm"
        path.write_bytes(written(ds, ImplicitVRLittleEndian))
        paths.append(path)
    victim = tmp_path / "damaged.dcm"
    for number in range(300):
        if number % 10 == 0:
            for path in paths:
                header_of(path, glancer)
        victim.write_bytes(damaged(rng.choice(paths).read_bytes(), rng))
        header = header_of(victim, glancer)
        unread += type(header.dataset) is Unread
        assert difference(header, victim) == []
    assert unread > 50


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_elements_that_move_are_found(tmp_path, syntax):
    """Files of one series whose values have other lengths, with sequences of both kinds in between."""
    glancer = Glancer()
    for place, ds in enumerate(series(12)):
        item = Dataset()
        item.ReferencedSOPInstanceUID = f"1.2.{10**place}"
        ds.SourceImageSequence = [item] * (1 + place % 3)
        ds["SourceImageSequence"].is_undefined_length = place % 2 == 0
        ds.InstanceNumber, ds.ImagePositionPatient = str(10 ** (place % 4)), [-0.5, 10.25, 10 ** (place % 3) + 0.125]
        ds.SliceLocation, ds.ImageComments = "1" * (1 + place % 5), "x" * place
        path = tmp_path / f"{place}.dcm"
        path.write_bytes(written(ds, syntax))
        assert difference(header_of(path, glancer), path) == []
    assert glancer.handed_over == 0


# --- as a data set ----------------------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path):
    return write(series(1, PatientID="1"), tmp_path)[0]


def test_it_is_a_file_data_set_of_its_file(path):
    (header,) = read_headers(path)
    dataset, same = header.dataset, pydicom.dcmread(path, stop_before_pixels=True)
    assert type(dataset) is Unread and isinstance(dataset, FileDataset)
    assert dataset.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert type(dataset) is FileDataset
    assert dataset == same
    names = ("filename", "timestamp", "fileobj_type", "preamble", "original_encoding", "original_character_set")
    assert [getattr(dataset, name) for name in names] == [getattr(same, name) for name in names]


def test_whatever_is_done_first_works(path):
    same = pydicom.dcmread(path, stop_before_pixels=True)
    copies = (copy.copy, copy.deepcopy, lambda dataset: pickle.loads(pickle.dumps(dataset)))
    for first in (str, list, dict, repr, dir, Dataset.to_json, lambda dataset: dataset["Rows"].value, *copies):
        expected, found = first(same), first(read_headers(path)[0].dataset)
        assert found == expected
    dataset = read_headers(path)[0].dataset
    dataset.PatientID = "2"
    assert (dataset.PatientID, dataset.Rows) == ("2", 8)
    dataset = read_headers(path)[0].dataset
    del dataset.PatientID
    assert "PatientID" not in dataset
    assert (0x0028, 0x0010) in dataset
    assert 0x00280010 in dataset
    assert "TransferSyntaxUID" not in dataset
    assert read_headers(path)[0].dataset == same


def test_it_needs_its_file_no_more(path):
    (header,) = read_headers(path)
    path.unlink()
    assert header.dataset.PatientID == "1"


def test_threads_may_ask_at_once(tmp_path):
    datasets = [header.dataset for header in read_headers([*write(series(20), tmp_path)])]
    gate, found = threading.Barrier(4), []

    def ask():
        gate.wait()
        found.append([dataset.SOPInstanceUID for dataset in datasets])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 4
    assert all(uids == found[0] and len(set(uids)) == 20 for uids in found)


# --- what it is for ---------------------------------------------------------------------------------------------------


def test_a_regular_series_becomes_a_volume_without_pydicom(tmp_path, monkeypatch):
    volume = np.random.default_rng(1).integers(-1000, 3000, (6, 12, 10), np.int16)
    write(instances(volume, seed="volume", intercept=-1024.0, spacing=(0.7, 0.8)), tmp_path)

    def refuse(*_, **__):
        raise AssertionError("pydicom was asked")

    monkeypatch.setattr("dicomview.files.outline.read_elements", refuse)
    monkeypatch.setattr("pydicom.pixels.decoders.base.Decoder.as_array", refuse)
    found = dv.read_series(tmp_path)
    assert repr(found).endswith("regular")
    array = found.volume().array
    assert array.dtype == np.float32
    # Slices run against the normal: from the head down.
    np.testing.assert_array_equal(array, volume[::-1].astype(np.float32) - 1024)
    assert all(type(one.header) is Unread for one in found)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint16, np.int32])
@pytest.mark.parametrize("line", [(1.0, 0.0), (1.0, -1024.0), (2.0, 1e7), (0.1, -3.7), (-3.0, 5.0), (1e-3, 1e6)])
def test_values_are_rounded_once(dtype, line):
    info = np.iinfo(dtype)
    stored = np.random.default_rng(2).integers(info.min, info.max, (40, 50), dtype, endpoint=True)
    values = np.empty(stored.shape, np.float32)
    Rescale(*line).into(stored, values)
    np.testing.assert_array_equal(values, (stored.astype(np.float64) * line[0] + line[1]).astype(np.float32))


def test_many_files_at_once_give_the_same_volume(tmp_path, monkeypatch):
    volume = np.random.default_rng(3).integers(0, 4000, (9, 8, 8), np.uint16)
    paths = write(instances(volume, seed="at once"), tmp_path)
    alone = dv.read_series(tmp_path).volume().array
    monkeypatch.setattr("dicomview.space.volume._WORTH_WORKERS", 0)
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    together = dv.read_series(tmp_path)
    np.testing.assert_array_equal(together.volume().array, alone)
    for number in (7, 3):  # as they are read: the first of them in the order of the slices is told
        paths[number].unlink()
    with pytest.raises(dv.DicomviewError, match="file of a slice cannot be read"):
        together.volume()
