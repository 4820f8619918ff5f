"""Typed values: by VR and dictionary, with the reason where there is none. pydicom is the oracle on sound files."""

from __future__ import annotations

import datetime
import math
import re

import pandas as pd
import pytest
from oracles import bundled_data_sets
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.valuerep import DSfloat, PersonName

from dicomview.catalog.columns import boxed
from dicomview.elements import COLUMNS, rows_of
from dicomview.elements.types import name_parts
from dicomview.quiet import quiet

# One element of each VR that the dictionary gives one value, and one that it gives several.
ONE = {
    "AE": 0x00080054, "AS": 0x00101010, "AT": 0x00720026, "CS": 0x00080060, "DA": 0x00080020, "DS": 0x00180050,
    "DT": 0x0008002A, "FD": 0x00189073, "FL": 0x00186020, "IS": 0x00200013, "LO": 0x0008103E, "LT": 0x00104000,
    "PN": 0x00100010, "SH": 0x00080050, "SL": 0x00186020, "SS": 0x00189219, "ST": 0x00080081, "TM": 0x00080030,
    "UI": 0x00080016, "UL": 0x0008040C, "UR": 0x00081190, "US": 0x00280010, "UT": 0x0040A160, "UC": 0x00080119,
}  # fmt: skip
MANY = {"DS": 0x00280030, "CS": 0x00080008, "IS": 0x00081160, "TM": 0x00080031, "LO": 0x00181020, "US": 0x00280034}


def row(vr, value, tag=None, charset=None):
    ds = Dataset()
    if charset:
        ds.SpecificCharacterSet = charset
    ds[Tag(tag or ONE[vr])] = RawDataElement(Tag(tag or ONE[vr]), vr, len(value), value, 0, False, True)
    return next(found for found in rows(ds) if found["keyword"] != "SpecificCharacterSet" or not charset)


def rows(ds):
    found = [dict(zip(COLUMNS, one, strict=True)) for one in rows_of(ds)]
    return [one | {"value": boxed(one["value"])} for one in found]


def zone(hours, minutes=0):
    return datetime.timezone(datetime.timedelta(hours=hours, minutes=minutes))


@pytest.mark.parametrize(
    ("vr", "stored", "expected"),
    [
        ("DA", b"20240229", pd.Timestamp("2024-02-29")),
        ("DA", b"2024.02.29", pd.Timestamp("2024-02-29")),  # as before DICOM 3.0
        ("DA", b"00010101", pd.Timestamp("0001-01-01")),
        ("TM", b"235960", pd.Timedelta(hours=24)),
        ("TM", b"07", pd.Timedelta(hours=7)),
        ("TM", b"0727", pd.Timedelta(hours=7, minutes=27)),
        ("TM", b"072731.5 ", pd.Timedelta(hours=7, minutes=27, seconds=31.5)),
        ("TM", b"07:27:31", pd.Timedelta(hours=7, minutes=27, seconds=31)),
        ("DT", b"20240229101112.123456", pd.Timestamp("2024-02-29 10:11:12.123456")),
        ("DT", b"20240229101112-0530", pd.Timestamp(2024, 2, 29, 10, 11, 12, tz=zone(-5, -30))),
        ("DT", b"20240229101112+0000", pd.Timestamp(2024, 2, 29, 10, 11, 12, tz=zone(0))),
        ("DT", b"20161231235960", pd.Timestamp("2017-01-01")),
        ("AS", b"042Y", 42.0),
        ("AS", b"006M", 0.5),
        ("AS", b"003W", 21 / 365.25),
        ("AS", b"010D", 10 / 365.25),
        ("IS", b" 12 ", 12),
        ("IS", b"-3", -3),
        ("IS", b"+0007 ", 7),
        ("DS", b"1.50", 1.5),
        ("DS", b" -1.5E-3", -0.0015),
        ("DS", b".5", 0.5),
        ("US", b"\xff\xff", 65535),
        ("SS", b"\xff\xff", -1),
        ("UL", b"\1\0\0\0", 1),
        ("FD", b"\0\0\0\0\0\0\xf8\x3f", 1.5),
        ("AT", b"\x10\x00\x10\x00", "(0010,0010)"),
        ("LO", b"  head ", "head"),
        ("LT", b"  head\\neck ", "  head\\neck"),
        ("UT", b"a\\b", "a\\b"),
        ("UI", b"1.2.3\0", "1.2.3"),
        ("PN", b"Yamada^Tarou= ", "Yamada^Tarou"),
        ("CS", b"CT", "CT"),
    ],
)
def test_values_have_the_type_of_their_vr(vr, stored, expected):
    found = row(vr, stored)
    assert found["value"] == expected
    assert type(found["value"]) is type(expected)
    assert found["problem"] is None
    if isinstance(expected, pd.Timestamp):
        assert str(found["value"].tz) == str(expected.tz)


@pytest.mark.parametrize(
    ("vr", "stored", "problem"),
    [
        ("DA", b"20230229", "is no date of the calendar"),
        ("DA", b"20240101-20240131", r"is no date \(DA\)"),
        ("DA", b"today", r"is no date \(DA\)"),
        ("TM", b"2460", "is no time of the day"),
        ("TM", b"noon", r"is no time \(TM\)"),
        ("DT", b"20240229101112+1", r"is no date and time \(DT\)"),
        ("DT", b"20240229101112+2500", "has no such offset"),
        ("DT", b"20230229", "of the calendar"),
        ("AS", b"42", r"is no age \(AS\)"),
        ("IS", b"1.5", r"is no whole number \(IS\)"),
        ("IS", b"1_0", r"is no whole number \(IS\)"),
        ("IS", "\u0663".encode(), r"is no whole number \(IS\)"),
        ("DS", b"12,5", r"is no decimal number \(DS\)"),
        ("DS", b"1.#QNAN", r"is no decimal number \(DS\)"),
        ("DS", b"nan", r"is no decimal number \(DS\)"),
        ("DS", b"1e999", "too large"),
        ("DS", b"1\\2", "2 values where the dictionary allows one"),
        ("LO", b"a\\b", "2 values where the dictionary allows one"),
        ("US", b"\1\0\2\0", "2 values where the dictionary allows one"),
    ],
)
def test_what_cannot_be_typed_is_missing_with_the_raw_text_and_the_reason(vr, stored, problem):
    found = row(vr, stored)
    assert found["value"] is None
    text = stored.decode("latin-1") if vr != "US" else "1\\2"
    assert found["raw"] == text
    assert re.search(problem, found["problem"])
    assert not any(word in found["problem"] for word in ("noon", "today", "12,5", "QNAN"))


@pytest.mark.parametrize(
    ("stored", "first", "what"),
    [
        (b"2024", "2024-01-01", "the year"),
        (b"202402", "2024-02-01", "the month"),
        (b"20240229", "2024-02-29", "the day"),
        (b"2024022910", "2024-02-29 10:00", "the hour"),
        (b"202402291011", "2024-02-29 10:11", "the minute"),
    ],
)
def test_a_datetime_that_says_less_is_its_beginning_and_says_so(stored, first, what):
    found = row("DT", stored)
    assert found["value"] == pd.Timestamp(first)
    assert what in found["problem"]


def test_a_value_outside_the_range_of_its_vr_is_told():
    found = row("IS", b"3000000000")
    assert (found["value"], found["problem"]) == (3_000_000_000, "is outside the range of IS")
    assert math.isnan(row("FD", b"\0\0\0\0\0\0\xf8\x7f")["value"])
    assert row("FD", b"\0\0\0\0\0\0\xf8\x7f")["problem"] == "is no finite number"


def test_several_values_are_a_tuple_even_when_there_is_one():
    assert row("DS", b"1\\2", MANY["DS"])["value"] == (1.0, 2.0)
    assert row("CS", b"ORIGINAL", MANY["CS"])["value"] == ("ORIGINAL",)
    assert row("CS", b"A\\\\C ", MANY["CS"])["value"] == ("A", None, "C")
    assert row("US", b"\1\0\1\0", MANY["US"])["value"] == (1, 1)
    assert (row("DS", b"", MANY["DS"])["value"], row("DS", b"", MANY["DS"])["vm"]) == (None, 0)
    half = row("DS", b"1\\x", MANY["DS"])
    assert (half["value"], half["problem"], half["vm"]) == ((1.0, None), "value 2: is no decimal number (DS)", 2)


def test_uids_and_tags_say_what_they_mean():
    assert row("UI", b"1.2.840.10008.5.1.4.1.1.2\0")["meaning"] == "CT Image Storage"
    assert row("UI", b"1.2.3\0")["meaning"] is None
    assert row("AT", b"\x10\x00\x10\x00")["meaning"] == "PatientName"


def test_private_elements_with_more_values_than_their_dictionary_says_keep_them():
    ds = Dataset()
    ds.add_new(Tag(0x00430010), "LO", "GEMS_PARM_01")
    ds.add_new(Tag(0x0043101B), "SS", [0, 1, 2])
    ds.add_new(Tag(0x00431FFF), "SS", 7)
    assert [found["value"] for found in rows(ds)][1:] == [(0, 1, 2), 7]


def test_bytes_outside_the_character_set_are_told():
    found = row("LO", b"\xff\xfe\xfd", charset="ISO_IR 192")
    assert found["problem"] == "has bytes that are none of its character set"
    assert row("CS", b"ISO_IR 9999", 0x00080005)["problem"] == "names no character set of the standard"
    assert row("LO", "Übersicht".encode("latin-1"), charset="ISO_IR 100")["value"] == "Übersicht"


def test_items_inherit_the_character_set():
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 144"
    inner = Dataset()
    inner[Tag(0x00081030)] = RawDataElement(Tag(0x00081030), "LO", 5, "Привет".encode("iso8859_5"), 0, False, True)
    ds.RequestAttributesSequence = [inner]
    assert rows(ds)[-1]["raw"] == "Привет"


def test_the_sign_of_the_pixels_decides_what_is_us_or_ss():
    for signed, expected in ((0, 65535), (1, -1)):
        ds = Dataset()
        ds.PixelRepresentation = signed
        inner = Dataset()
        inner[Tag(0x00280106)] = RawDataElement(Tag(0x00280106), None, 2, b"\xff\xff", 0, True, True)
        ds.RequestAttributesSequence = [inner]
        assert rows(ds)[-1]["value"] == expected


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Doe^Jane^M^Dr", ("Doe", "Jane")),
        ("Doe", ("Doe", None)),
        ("^Jane", (None, "Jane")),
        ("=山田^太郎=", ("山田", "太郎")),
        ("Yamada^Tarou=山田^太郎", ("Yamada", "Tarou")),
        ("", (None, None)),
        ("^^=", (None, None)),
    ],
)
def test_names_of_persons(name, parts):
    assert name_parts(name) == parts
    person = PersonName(name)
    if parts[0] and not name.startswith("="):
        assert parts == (person.family_name, person.given_name or None)


def test_elements_set_in_memory_are_typed_like_those_of_a_file():
    ds = Dataset()
    ds.KVP, ds.SliceThickness, ds.PixelSpacing = 120, DSfloat("1.50"), [1, "2.0"]
    ds.StudyDate, ds.PatientName, ds.Rows, ds.SeriesNumber = datetime.date(2024, 2, 29), "Doe^Jane", 4, 3
    found = {one["keyword"]: (one["value"], one["raw"]) for one in rows(ds)}
    assert found == {
        "KVP": (120.0, "120.0"),
        "SliceThickness": (1.5, "1.50"),
        "PixelSpacing": ((1.0, 2.0), "1.0\\2.0"),
        "StudyDate": (pd.Timestamp("2024-02-29"), "20240229"),
        "PatientName": ("Doe^Jane", "Doe^Jane"),
        "Rows": (4, "4"),
        "SeriesNumber": (3, "3"),
    }


def test_nonsense_set_in_memory_is_a_problem_and_no_error():
    ds = Dataset()
    with quiet():
        ds.Rows = object()
    assert rows(ds)[0]["problem"] == "the value is no US (TypeError)"


def test_values_are_those_of_pydicom_on_its_own_files():
    """Of every element that pydicom converts without complaint; text without its blanks, as PS3.5 6.2 has it."""
    compared = 0
    for name, read in bundled_data_sets():
        found, ds = rows(read()), read()
        with quiet():
            elements = list(ds.iterall())
        for one, element in zip(found, elements, strict=True):
            if one["value"] is None or element.VR in ("SQ", "OB", "OW", "UN", "AT", "AS", "DA", "TM", "DT"):
                continue
            ours = one["value"] if isinstance(one["value"], tuple) else (one["value"],)
            with quiet():
                theirs = element.value if element.VM > 1 else [element.value]
                if element.VR in ("IS", "DS", "US", "SS", "UL", "SL", "FL", "FD"):
                    expected = tuple(float(value) for value in theirs)
                else:
                    expected = tuple(str(value).strip().strip("\0 ").rstrip("=") or None for value in theirs)
            same = [a if isinstance(a, int | float) or a is None else a.strip() for a in ours]
            assert tuple(same) == expected, (name, one["path"])
            compared += 1
    assert compared > 8_000


NASTY = [
    b"", b"\0", b" ", b"\\", b"\\\\", b"-", b"+", b".", b"e", b"1e", b"=", b"^", b"=^=", b"\x1b", b"\x1b$B",
    b"\x1b$B\\\x1b(B", b"\xff\xfe", b"99991231235960", b"00000000", b"999Y", b"240000", b"9" * 30, b"1e-999",
    b"\0" * 7, b"x" * 3000, b"00010101000000+1400", b"99991231235959-1200",
]  # fmt: skip
VRS = [
    "AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "OB", "OD", "OF", "OL", "OV", "OW", "PN",
    "SH", "SL", "SQ", "SS", "ST", "SV", "TM", "UC", "UI", "UL", "UN", "UR", "US", "UT", "UV", "ZZ",
]  # fmt: skip


@pytest.mark.parametrize("vr", [*VRS, None])
@pytest.mark.parametrize("charset", ["", "ISO 2022 IR 87", "nonsense"])
def test_no_bytes_under_any_vr_are_an_error(vr, charset):
    for tag in (*ONE.values(), *MANY.values(), 0x00081140, 0x00431010, 0x00180001):
        ds = Dataset()
        ds[Tag(0x00080005)] = RawDataElement(Tag(0x00080005), "CS", len(charset), charset.encode(), 0, False, True)
        for place, value in enumerate(NASTY):
            inner = Dataset()
            inner[Tag(tag)] = RawDataElement(Tag(tag), vr, len(value), value, 0, vr is None, True)
            ds[Tag(0x00400275 + place * 0x10000)] = DataElement(0x00400275 + place * 0x10000, "SQ", [inner])
        assert len([row for row in rows(ds) if "[0]" in row["path"] and row["path"].count(".") == 1]) == len(NASTY)


def test_the_last_second_of_the_calendar():
    assert row("DT", b"99991231235960")["problem"] == "is no date and time of the calendar"


def test_sequences_without_end_are_cut_off():
    ds = Dataset()
    ds.PatientID = "deepest"
    for _ in range(400):
        outer = Dataset()
        outer.ReferencedStudySequence = [ds]
        ds = outer
    found = rows(ds)
    assert len(found) == 101
    assert found[-1]["problem"] == "nested 100 deep; what is below is not listed"
