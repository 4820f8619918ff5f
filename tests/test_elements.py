"""Every element is a row; pydicom's own walk is the oracle."""

from __future__ import annotations

import io
import warnings
import zlib
from copy import deepcopy

import phantoms
import pydicom
import pytest
from oracles import PYDICOM_FILES, bundled_data_sets, dumped
from phantoms import item
from pydicom.data import get_testdata_file
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.filewriter import dcmwrite
from pydicom.tag import Tag

from dicomview.elements import COLUMNS, rows_of
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


def rows(dataset):
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows_of(dataset)]


def by_path(dataset):
    found = {row["path"]: row for row in rows(dataset)}
    assert len(found) == len(rows(dataset)), "a path names one element"
    return found


@pytest.mark.parametrize("name", every_file())
def test_rows_are_those_of_pydicom(name):
    ds = pydicom.dcmread(get_testdata_file(name, download=False))
    with quiet():
        expected = [(f"({e.tag.group:04X},{e.tag.element:04X})", e.keyword, e.VR, e.name) for e in ds.iterall()]
    found = [(row["tag"], row["keyword"] or "", row["vr"], row["name"]) for row in by_path(ds).values()]
    assert found == expected


@pytest.mark.parametrize("name", every_file())
def test_paths_lead_back_to_the_elements(name):
    ds = pydicom.dcmread(get_testdata_file(name, download=False))
    found = by_path(ds)
    with quiet():
        list(ds.iterall())
    for path, row in found.items():
        at, steps = ds, path.replace("]", "").split(".")
        for step in steps[:-1]:
            word, _, place = step.partition("[")
            at = at[_tag(word)].value[int(place)]
        element = at[_tag(steps[-1])]
        assert f"({element.tag.group:04X},{element.tag.element:04X})" == row["tag"]
        assert row["vm"] == (1 if element.VR == "SQ" else element.VM)
        if element.VR in ("DS", "FD", "FL") and element.VM:
            value = element.value if element.VM > 1 else [element.value]
            numbers = tuple(float(x) for x in value)
            assert row["value"] in (numbers, numbers[0] if len(numbers) == 1 else None)
        if element.VR in ("LO", "SH", "CS", "UI", "PN", "LT") and element.VM == 1:
            text = str(element.value).strip() or None
            assert row["value"] in (text, (text,))


def _tag(word):
    return Tag(word) if not word.startswith("(") else Tag(*(int(part, 16) for part in word.strip("()").split(",")))


def test_nested_paths_and_private_creators():
    found = by_path(nested())
    assert found["(0011,1001)"]["creator"] == "ACME 1.0"
    assert found["(0011,1001)"]["value"] == "secret"
    assert found["(0011,1002)"]["value"] == "2 items"
    assert found["(0011,1002)[0].PixelSpacing"]["value"] == (1.0, 2.0)
    assert found["(0011,1002)[0].PixelSpacing"]["creator"] is None
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
    assert (by_path(ds)["(0011,2001)"]["creator"], by_path(ds)["(0011,2001)"]["value"]) == (None, "orphan")


def test_the_data_set_is_left_as_it_was():
    ds = nested()
    before = deepcopy(ds)
    rows_of(ds)
    assert ds == before
    assert list(ds.keys()) == list(before.keys())


def test_long_binaries_are_told_by_their_length():
    (ds,) = phantoms.regular(phantoms.voxels(1))
    ds.add_new(Tag(0x00091001), "OB", bytes(1000))
    ds.add_new(Tag(0x00091002), "UN", b"\1\2")
    found = by_path(ds)
    assert found["(0009,1001)"]["value"] == f"1,000 bytes, CRC-32 {zlib.crc32(bytes(1000)):08X}"
    assert found["(0009,1002)"]["value"] == b"\1\2"
    assert found["PixelData"]["value"] == "160 bytes of pixel data"
    ds.PixelData = None
    assert (by_path(ds)["PixelData"]["value"], by_path(ds)["PixelData"]["vm"]) == (None, 0)


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


@pytest.mark.parametrize("name", ["US", "FD", "AT"])
def test_what_cannot_be_converted_is_the_bytes_of_the_file(name):
    tag, vr, value = DAMAGED[name]
    ds = Dataset()
    ds[Tag(tag)] = raw(tag, vr, value)
    (row,) = by_path(ds).values()
    assert (row["value"], row["vr"], row["raw"], row["length"]) == (None, vr, value.hex(" "), len(value))
    assert row["problem"] == f"{len(value)} bytes are no whole number of {vr} values"


def test_a_value_left_in_a_file_that_has_gone(tmp_path):
    path = tmp_path / "gone.dcm"
    (ds,) = phantoms.regular(phantoms.voxels(1), tags={"PatientComments": "x" * 500})
    ds.save_as(path, enforce_file_format=True)
    ds = pydicom.dcmread(path, defer_size=100)
    path.unlink()
    assert by_path(ds)["PatientComments"]["problem"] == "cannot be read (OSError)"


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


# Completeness, and what is stored: pydicom's walk and DCMTK's dump of every file pydicom ships


def test_every_bundled_file_has_one_row_for_each_element():
    compared = 0
    for name, read in bundled_data_sets():
        with quiet():
            expected = [(f"({e.tag.group:04X},{e.tag.element:04X})", e.VR, e.VM) for e in read().iterall()]
        found = [(row["tag"], row["vr"], row["vm"]) for row in rows(read())]
        assert found == expected, name
        compared += len(found)
    assert compared > 10_000


def test_reading_converts_nothing():
    for name, read in bundled_data_sets():
        ds = read()
        before = dict(ds.items())
        rows_of(ds)
        assert all(element is before[tag] for tag, element in ds.items()), name


def test_converted_elements_have_the_same_values():
    for name, read in bundled_data_sets():
        fresh, converted = read(), read()
        with quiet():
            list(converted.iterall())
        pairs = zip(rows(fresh), rows(converted), strict=True)
        for one, other in pairs:
            if "no whole number" not in (one["problem"] or ""):
                assert str(one["value"]) == str(other["value"]), (name, one["path"])


@pytest.mark.parametrize(
    "name",
    [
        "CT_small.dcm",
        "MR_small.dcm",
        "MR_small_implicit.dcm",
        "MR_small_bigendian.dcm",
        "rtplan.dcm",
        "rtdose_1frame.dcm",
        "liver_1frame.dcm",
        "reportsi.dcm",
        "JPEG2000.dcm",
        "badVR.dcm",
        "test-SR.dcm",
        "waveform_ecg.dcm",
        "chrKoreanMulti.dcm",
        "chrX2.dcm",
        "chrRuss.dcm",
        "chrFrenMulti.dcm",
        "chrI2.dcm",
    ],
)
def test_what_is_stored_is_what_dcmtk_dumps(name):
    folder = "charset_files" if name.startswith("chr") else "test_files"
    path = PYDICOM_FILES.parent / folder / name
    ours = rows(pydicom.dcmread(path))
    # DCMTK turns text to UTF-8 when asked to, and then says that it is.
    recoded = name.startswith("chr") or name == "test-SR.dcm"
    theirs = dumped(path, *(["+U8"] if recoded else []))
    assert [row["tag"] for row in ours] == [element.tag for element in theirs]
    for row, element in zip(ours, theirs, strict=True):
        if recoded and row["keyword"] == "SpecificCharacterSet":
            continue
        if None not in (row["length"], element.length) and (element.text or "").isascii():
            assert row["length"] == element.length, row["path"]
        if element.vr == row["vr"] and element.text is not None:
            assert (row["raw"] or "") == element.text.rstrip(" \0"), row["path"]
            assert row["vm"] == element.vm or row["vr"] in ("LT", "ST", "UT"), row["path"]


def test_sequences_that_were_taken_apart_before_are_those_of_this_data_set():
    """The same bytes under another character set, creator or wish to hide are other rows."""

    def rows(charset="ISO_IR 100", creator="FICTITIOUS", hide=False):
        inner, ds = Dataset(), Dataset()
        inner.CodeMeaning, inner.PatientName = "Gr\u00fc\u00dfe", "Phantom"
        ds.SpecificCharacterSet = "ISO_IR 100"
        ds.RequestAttributesSequence = [inner]
        ds.private_block(0x0011, creator, create=True).add_new(1, "SQ", [inner])
        stream = io.BytesIO()
        ds.save_as(stream, implicit_vr=False, little_endian=True)
        content = stream.getvalue().replace(b"ISO_IR 100", charset.encode().ljust(10))
        read = pydicom.dcmread(io.BytesIO(content), force=True)
        return [tuple(row) for row in rows_of(read, hide=hide)]

    first = rows()
    assert rows() == first
    assert all(one is again for one, again in zip(rows()[-3:], rows()[-3:], strict=True))  # not made twice
    for other in (rows(charset="ISO_IR 144"), rows(creator="INVENTED"), rows(hide=True)):
        assert len(other) == len(first)
        assert other != first
    assert not any("Phantom" in str(row) for row in rows(hide=True))
    assert rows() == first
