"""Every element is a row; pydicom's own walk is the oracle."""

from __future__ import annotations

import io
import warnings
from copy import deepcopy

import phantoms
import pydicom
import pytest
from phantoms import item
from pydicom.data import get_testdata_file
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.valuerep import IS, DSdecimal, DSfloat, PersonName

from dicomview.elements import COLUMNS, plain, rows_of
from dicomview.quiet import quiet


def nested():
    (ds,) = phantoms.regular(phantoms.voxels(1))
    block = ds.private_block(0x0011, "ACME 1.0", create=True)
    block.add_new(1, "LO", "secret")
    inner = item(PatientComments="<script>alert(1)</script>", PixelSpacing=["1", "2"])
    block.add_new(2, "SQ", [inner, item()])
    ds.ReferencedStudySequence = []
    ds.RequestAttributesSequence = [
        item(ScheduledProtocolCodeSequence=[item(CodeValue="1"), item(CodeValue="2")], ScheduledProcedureStepID="x")
    ]
    return ds


def every_file():
    names = [
        "CT_small.dcm",
        "MR_small.dcm",
        "rtplan.dcm",
        "rtdose.dcm",
        "reportsi.dcm",
        "test-SR.dcm",
        "liver_1frame.dcm",
    ]
    return [pytest.param(name, id=name) for name in names if get_testdata_file(name, download=False)]


def raw(tag, vr, value):
    return RawDataElement(Tag(tag), vr, 0 if value is None else len(value), value, 0, False, True)


def by_path(dataset):
    rows = list(rows_of(dataset))
    assert all(tuple(row) == COLUMNS for row in rows)
    found = {row["path"]: row for row in rows}
    assert len(found) == len(rows), "a path names one element"
    return found


@pytest.mark.parametrize("name", every_file())
def test_rows_are_those_of_pydicom(name):
    ds = pydicom.dcmread(get_testdata_file(name, download=False))
    with quiet():
        expected = [(f"({e.tag.group:04X},{e.tag.element:04X})", e.keyword, e.VR, e.name) for e in ds.iterall()]
    found = [(row["tag"], row["keyword"], row["vr"], row["name"]) for row in rows_of(ds)]
    assert found == expected


@pytest.mark.parametrize("name", every_file())
def test_paths_lead_back_to_the_elements(name):
    ds = pydicom.dcmread(get_testdata_file(name, download=False))
    for path, row in by_path(ds).items():
        at, steps = ds, path.replace("]", "").split(".")
        for step in steps[:-1]:
            word, _, place = step.partition("[")
            at = at[_tag(word)].value[int(place)]
        element = at[_tag(steps[-1])]
        assert f"({element.tag.group:04X},{element.tag.element:04X})" == row["tag"]
        assert row["vm"] == (1 if element.VR == "SQ" else element.VM)
        if element.VR in ("DS", "FD", "FL") and element.VM:
            value = element.value if element.VM > 1 else [element.value]
            assert row["value"] == (tuple(float(x) for x in value) if element.VM > 1 else float(value[0]))
        if element.VR in ("LO", "SH", "CS", "UI", "PN", "LT") and element.VM == 1:
            assert row["value"] == (str(element.value) or None)


def _tag(word):
    return Tag(word) if not word.startswith("(") else Tag(*(int(part, 16) for part in word.strip("()").split(",")))


def test_nested_paths_and_private_creators():
    found = by_path(nested())
    assert found["(0011,1001)"]["creator"] == "ACME 1.0"
    assert found["(0011,1001)"]["value"] == "secret"
    assert found["(0011,1002)"]["value"] == "2 items"
    assert found["(0011,1002)[0].PixelSpacing"]["value"] == (1.0, 2.0)
    assert found["(0011,1002)[0].PixelSpacing"]["creator"] == ""
    assert found["ReferencedStudySequence"]["value"] == "0 items"
    assert found["RequestAttributesSequence[0].ScheduledProtocolCodeSequence[1].CodeValue"]["value"] == "2"
    assert found["RequestAttributesSequence"]["vr"] == "SQ"


def test_private_creators_of_a_file(tmp_path):
    path = tmp_path / "private.dcm"
    nested().save_as(path, enforce_file_format=True)
    found = by_path(pydicom.dcmread(path))
    assert found["(0011,1001)"]["creator"] == "ACME 1.0"
    assert found["(0011,1002)[0].PatientComments"]["value"] == "<script>alert(1)</script>"


def test_a_private_element_without_creator():
    (ds,) = phantoms.regular(phantoms.voxels(1))
    ds.add_new(Tag(0x00112001), "LO", "orphan")
    assert (by_path(ds)["(0011,2001)"]["creator"], by_path(ds)["(0011,2001)"]["value"]) == ("", "orphan")


def test_the_data_set_is_left_as_it_was():
    ds = nested()
    before = deepcopy(ds)
    list(rows_of(ds))
    assert ds == before
    assert list(ds.keys()) == list(before.keys())


def test_long_binaries_are_told_by_their_length():
    (ds,) = phantoms.regular(phantoms.voxels(1))
    ds.add_new(Tag(0x00091001), "OB", bytes(1000))
    ds.add_new(Tag(0x00091002), "UN", b"\1\2")
    found = by_path(ds)
    assert found["(0009,1001)"]["value"] == "1,000 bytes"
    assert found["(0009,1002)"]["value"] == b"\1\2"
    assert found["PixelData"]["value"] == "160 bytes of pixel data"
    ds.PixelData = None
    assert by_path(ds)["PixelData"]["value"] == "0 bytes of pixel data"


DAMAGED = {
    "IS": (0x00200013, "IS", b"1x3 "),
    "DS": (0x00180050, "DS", b"ab,c"),
    "DS nan": (0x00201041, "DS", b"nan\\1 "),
    "US": (0x00280010, "US", b"\1\2\3"),
    "FD": (0x00189087, "FD", b"\1\2\3"),
    "AT": (0x00280009, "AT", b"\1\2\3"),
    "DA": (0x00080020, "DA", b"2026ab"),
    "TM": (0x00080030, "TM", b"noon"),
    "PN": (0x00100010, "PN", b"\xff\xfe^\x81a"),
    "LO": (0x00081030, "LO", b"\xff\xfe^\x81a"),
    "UI": (0x00080018, "UI", b"1.2.x\0"),
    "UI blank": (0x00080018, "UI", b"1.2.3\0\0 "),
    "CS": (0x00080060, "CS", b"lower case and far too long for a code string"),
    "AS": (0x00101010, "AS", b"old"),
    "no such VR": (0x00280011, "ZZ", b"abcdef"),
    "SQ of nonsense": (0x00081140, "SQ", b"nonsense"),
    "character set": (0x00080005, "CS", b"ISO_IR 9999"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_values_are_rows_too(name):
    tag, vr, value = DAMAGED[name]
    (ds,) = phantoms.regular(phantoms.voxels(1))
    for place in (ds, phantoms.item()):
        if place is not ds:
            ds.RequestAttributesSequence = [place]
        place[Tag(tag)] = raw(tag, vr, value)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = by_path(ds)
    keyword = pydicom.datadict.keyword_for_tag(tag)
    for path in (keyword, f"RequestAttributesSequence[0].{keyword}"):
        assert found[path]["keyword"] == keyword
        assert found[path]["name"] == pydicom.datadict.dictionary_description(tag)
    assert found["Modality"]["vr"] == "CS"


@pytest.mark.parametrize("name", ["US", "FD", "no such VR"])
def test_what_cannot_be_converted_is_the_bytes_of_the_file(name):
    tag, vr, value = DAMAGED[name]
    ds = Dataset()
    ds[Tag(tag)] = raw(tag, vr, value)
    (row,) = rows_of(ds)
    assert (row["value"], row["vr"], row["vm"]) == (value, vr, 0)


def test_a_value_left_in_a_file_that_has_gone(tmp_path):
    path = tmp_path / "gone.dcm"
    (ds,) = phantoms.regular(phantoms.voxels(1), tags={"PatientComments": "x" * 500})
    ds.save_as(path, enforce_file_format=True)
    ds = pydicom.dcmread(path, defer_size=100)
    path.unlink()
    assert "cannot be read" in by_path(ds)["PatientComments"]["value"]


def test_multi_frame_objects():
    (ds,) = phantoms.enhanced(phantoms.regular())
    found = by_path(ds)
    path = "PerFrameFunctionalGroupsSequence[11].PlanePositionSequence[0].ImagePositionPatient"
    assert found[path]["value"] == (-20.0, -30.0, 78.0)


def test_a_truncated_file_has_the_rows_before_its_end():
    buffer = io.BytesIO()
    (ds,) = phantoms.regular(phantoms.voxels(1))
    dcmwrite(buffer, ds, enforce_file_format=True)
    half = pydicom.dcmread(io.BytesIO(buffer.getvalue()[:900]), force=True)
    assert "SOPClassUID" in by_path(half)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        (b"", None),
        ("a", "a"),
        (3, 3),
        (2.5, 2.5),
        (IS("7"), 7),
        (DSfloat("1.50"), 1.5),
        (DSdecimal("1.50"), 1.5),
        (PersonName("A^B"), "A^B"),
        (PersonName(""), None),
        ([IS("1"), IS("2")], (1, 2)),
        ([], ()),
        (b"\0\1", b"\0\1"),
        (bytes(65), "65 bytes"),
        (Sequence([Dataset()]), "1 item"),
        (Sequence(), "0 items"),
    ],
)
def test_plain(value, expected):
    found = plain(value)
    assert found == expected
    assert type(found) is type(expected)
