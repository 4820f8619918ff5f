"""Who the patient is: what is hidden, at every depth, and what is shown."""

from __future__ import annotations

import pydicom.datadict
import pytest
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from dicomview.elements import COLUMNS, HIDDEN, fits, hides, identifies, rows_of
from dicomview.elements.identity import VARIABLE
from dicomview.errors import UnknownChoice
from dicomview.quiet import quiet

SECRET = "ZEBRA7SECRET"
# PS3.15 Table E.1-1 as read by people: rows that every profile takes away, and rows that an option keeps.
HIDDEN_ONES = [
    "PatientName", "PatientID", "PatientBirthDate", "PatientBirthTime", "OtherPatientIDs", "PatientAddress",
    "PatientTelephoneNumbers", "AccessionNumber", "ReferringPhysicianName", "OperatorsName", "StudyID",
    "SeriesDescription", "PatientComments", "ContentSequence", "RequestAttributesSequence", "IconImageSequence",
]  # fmt: skip
SHOWN_ONES = [
    "StudyDate", "StudyInstanceUID", "InstitutionName", "StationName", "PatientSex", "PatientAge", "PatientWeight",
    "Modality", "SliceThickness", "InstanceNumber", "Rows", "ImageType",
]  # fmt: skip


@pytest.mark.parametrize("keyword", HIDDEN_ONES)
def test_identifiers(keyword):
    tag = tag_for_keyword(keyword)
    assert identifies(tag, pydicom.datadict.dictionary_VR(tag))


@pytest.mark.parametrize("keyword", SHOWN_ONES)
def test_what_an_option_keeps_is_shown(keyword):
    tag = tag_for_keyword(keyword)
    assert not identifies(tag, pydicom.datadict.dictionary_VR(tag))


@pytest.mark.parametrize("stored", [b"SECRET IN A SEQUENCE", b"\0\1"])
def test_a_sequence_without_items_has_a_problem_and_is_hidden(stored):
    ds = Dataset()
    tag = Tag(0x54000100)
    ds._dict[tag] = RawDataElement(tag, "SQ", len(stored), stored, 0, False, True)
    (shown,), (hidden,) = rows_of(ds), rows_of(ds, hide=True)
    assert shown[COLUMNS.index("value")] is None
    assert shown[COLUMNS.index("problem")] == "the bytes are no items of a sequence"
    assert hidden[COLUMNS.index("raw")] == HIDDEN


def test_private_values_curves_overlays_and_all_names_are_hidden():
    assert identifies(0x00091001, "LO")
    assert not identifies(0x00090010, "LO")  # who has reserved the block
    assert identifies(0x50021234, "US")
    assert identifies(0x60023000, "OW")
    assert not identifies(0x60020010, "US")
    assert identifies(0x00181234, "PN")


def secrets(depth):
    ds = Dataset()
    ds.PatientName, ds.PatientID, ds.PatientComments = SECRET, SECRET, SECRET
    ds.Modality = "CT"
    ds.private_block(0x0011, "ACME", create=True).add_new(1, "LO", SECRET)
    code = Dataset()
    code.CodeMeaning, code.Modality = SECRET, SECRET  # harmless, but below a sequence that is not
    ds.RequestAttributesSequence = [code]
    if depth:
        ds.ReferencedStudySequence = [secrets(depth - 1)]
    return ds


def test_nothing_hidden_is_left_at_any_depth():
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in rows_of(secrets(3), hide=True)]
    assert SECRET not in repr(rows)
    assert sum(row["value"] == HIDDEN for row in rows) == 4 * 7
    assert [row["value"] for row in rows if row["keyword"] == "Modality"].count("CT") == 4
    assert [row["creator"] for row in rows if row["tag"] == "(0011,1001)"] == ["ACME"] * 4
    assert repr([dict(zip(COLUMNS, row, strict=True)) for row in rows_of(secrets(3))]).count(SECRET) > 28


def test_a_hidden_value_has_no_length_and_no_problem_and_an_empty_one_is_empty():
    ds = Dataset()
    ds.PatientName = ""
    with quiet():
        ds.PatientBirthDate = "2024"
    name, birth = (dict(zip(COLUMNS, row, strict=True)) for row in rows_of(ds, hide=True))
    assert (name["value"], name["raw"]) == (None, None)
    assert (birth["value"], birth["raw"], birth["problem"], birth["length"]) == (HIDDEN, HIDDEN, None, None)


@pytest.mark.parametrize(
    ("argument", "variable", "expected"),
    [
        (None, None, False),
        ("show", None, False),
        ("hide", None, True),
        (None, "hide", True),
        (None, "show", False),
        (None, "", False),
        ("hide", "show", True),
        ("show", "hide", True),  # a lab hides for every notebook
    ],
)
def test_who_decides(argument, variable, expected, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    if variable is not None:
        monkeypatch.setenv(VARIABLE, variable)
    assert hides(argument) is expected


def test_another_word_is_an_error(monkeypatch):
    with pytest.raises(UnknownChoice, match="identity is 'mask'"):
        hides("mask")
    monkeypatch.setenv(VARIABLE, "yes")
    with pytest.raises(UnknownChoice, match="environment variable DICOMVIEW_IDENTITY is 'yes'"):
        hides()


@pytest.mark.parametrize(
    ("vr", "text", "expected"),
    [
        ("CS", "ORIGINAL\\PRIMARY \\AXIAL", True),
        ("CS", "SecretSex", False),
        ("CS", "doe john", False),  # typed by somebody: a code has no lower-case letters
        ("CS", "A" * 17, False),
        ("UI", "1.2.840.10008.1.2\0", True),
        ("UI", "1.2.Secret", False),
        ("LO", "Mâcher\\" + "x" * 64, True),
        ("LO", "x" * 65, False),
        ("LO", "CT\x10\0\x10\0PNSecret", False),
        ("SH", "x" * 17, False),
        ("LT", "two\r\nlines\\of text", True),
        ("AS", "056Y", True),
        ("AS", "56", False),
        ("DS", " 1.25e-3\\-7 ", True),
        ("DS", "2 \x18\0Secret", False),
        ("OB", "anything\0", True),
        ("Ch", "words", False),
    ],
)
def test_what_its_vr_does_not_allow_does_not_fit(vr, text, expected):
    assert fits(vr, text) is expected
