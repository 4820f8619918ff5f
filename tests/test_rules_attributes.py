"""Family V of the audit: each check on a series with that fault, and on one without."""

from __future__ import annotations

import datetime
from typing import Any

import phantoms
import pytest
from faults import changed, found, table
from oracles import put_raw


def raw(tag: int, vr: str, value: bytes) -> Any:
    def make() -> Any:
        pile = phantoms.regular()
        put_raw(pile[2], tag, vr, value)
        return pile

    return make


def private(group: int, *, creator: bool) -> Any:
    def make() -> Any:
        pile = phantoms.regular()
        if creator:
            put_raw(pile[2], group << 16 | 0x10, "LO", b"PHANTOM ")
        put_raw(pile[2], group << 16 | 0x1001, "LO", b"something ")
        return pile

    return make


TOMORROW = (datetime.date.today() + datetime.timedelta(days=40)).strftime("%Y%m%d")

FAULTS = {
    "CS in small letters": ("V05", raw(0x00180015, "CS", b"chest ")),
    "CS too long": ("V05", raw(0x00180015, "CS", b"ABCDEFGHIJKLMNOPQR")),
    "DS too long": ("V05", raw(0x00281050, "DS", b"40.00000000000000000 ")),
    "date with points": ("V05", raw(0x00080022, "DA", b"2026.01.01")),
    "time with colons": ("V05", raw(0x00080032, "TM", b"12:00:00")),
    "age without a unit": ("V05", raw(0x00101010, "AS", b"042 ")),
    "SH too long": ("V05", raw(0x00081010, "SH", b"A STATION OF MORE LETTERS THAN ALLOWED")),
    "30 February": ("V06", raw(0x00080022, "DA", b"20200230")),
    "the year 1053": ("V06", raw(0x00080022, "DA", b"10530101")),
    "the future": ("V06", raw(0x00080022, "DA", TOMORROW.encode())),
    "a moment in no calendar": ("V06", raw(0x0008002A, "DT", b"20210229120000")),
    "position of two numbers": ("V08", raw(0x00200032, "DS", b"1\\2 ")),
    "three dates": ("V08", raw(0x00080021, "DA", b"20260101\\20260101\\20260101")),
    "no character set": ("V10", lambda: undeclared()),
    "wrong character set": ("V10", raw(0x0008103E, "LO", b"Sch\xe4del")),
    "no creator": ("V11", private(0x0029, creator=False)),
    "decimal comma": ("V14", raw(0x00281050, "DS", b"1,5 ")),
    "centimetres": ("V16", changed(PatientSize="178")),
    "another's age": ("V15", changed(PatientAge="030Y", PatientBirthDate="19700401")),
    "grams": ("V16", changed(PatientWeight="70000")),
    "born after the study": ("V17", changed(PatientBirthDate="20260301")),
    "series before the study": ("V17", changed(SeriesDate="20251201")),
}  # fmt: skip


def undeclared() -> Any:
    pile = phantoms.regular()
    for one in pile:
        del one.SpecificCharacterSet
    put_raw(pile[2], 0x0008103E, "LO", b"Sch\xe4del")
    return pile


def without_others(check: str, checks: set[str]) -> set[str]:
    # A position that is none is missing to the judge, and what differs in one slice differs within the series.
    return checks - ({"G01", "G08", "G18", "U09"} if check in ("V08", "V17") else set())


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_and_nothing_else(fault: str) -> None:
    check, make = FAULTS[fault]
    assert without_others(check, found(make())) == {check}


@pytest.mark.parametrize(
    ("tag", "vr", "value"),
    [
        (0x00080032, "TM", b"250000"),
        (0x00080032, "TM", b"126000"),
        (0x0008002A, "DT", b"20260101240000"),
    ],
)
def test_an_impossible_time_is_found(tag: int, vr: str, value: bytes) -> None:
    assert "V07" in found(raw(tag, vr, value)())


SOUND = {
    "a leap day": raw(0x00080022, "DA", b"20240229"),
    "a leap second": raw(0x00080032, "TM", b"235960"),
    "an hour": raw(0x00080032, "TM", b"12"),
    "fractions": raw(0x00080032, "TM", b"120000.123456 "),
    "a moment": raw(0x0008002A, "DT", b"20260101120000.5+0100 "),
    "text in UTF-8": raw(0x0008103E, "LO", "Schädel".encode()),
    "64 letters of two bytes": raw(0x0008103E, "LO", ("ä" * 64).encode()),
    "an owned private element": private(0x0029, creator=True),
    "an age": raw(0x00101010, "AS", b"042Y"),
    "1.0 for a whole number": raw(0x00200012, "IS", b"1.0 "),
    "before the birthday": changed(PatientAge="055Y", PatientBirthDate="19701231"),
    "on the birthday": changed(PatientAge="056Y", PatientBirthDate="19700101"),
    "a baby": changed(PatientSize="0.5", PatientWeight="0.9"),
    "a study past midnight": changed(SeriesDate="20251231"),
    "padding": raw(0x00180015, "CS", b" CHEST  "),
}


@pytest.mark.parametrize("case", SOUND)
def test_what_is_allowed_is_no_finding(case: str) -> None:
    assert found(SOUND[case]()) - {"V05"} == set()
    if case != "1.0 for a whole number":  # strictly it is none; every reader takes it
        assert found(SOUND[case]()) == set()


def test_values_of_the_patient_and_written_text_are_not_quoted() -> None:
    pile = phantoms.regular()
    put_raw(pile[0], 0x00100030, "DA", b"19700230")
    put_raw(pile[0], 0x00081010, "SH", b"DR. SOMEBODY'S SCANNER ROOM")
    put_raw(pile[0], 0x00080022, "DA", b"20260230")
    put_raw(pile[0], 0x00180015, "CS", b"somebody's knee ")
    put_raw(pile[0], 0x00281050, "DS", b"Somebody")
    findings = table(pile)
    assert dict(zip(findings["path"], findings["value"], strict=True)) == {
        "PatientBirthDate": "(not shown)",
        "StationName": "(not shown)",
        "AcquisitionDate": "20260230",
        "BodyPartExamined": "(not shown)",
        "WindowCenter": "(not shown)",
    }


def test_elements_of_nested_items_are_looked_at() -> None:
    pile = phantoms.regular()
    item = phantoms.item(StudyDate="20260101")
    put_raw(item, 0x00080020, "DA", b"20260230")
    pile[0].RequestAttributesSequence = [phantoms.item(ReferencedStudySequence=[item])]
    findings = table(pile)
    assert findings["path"].tolist() == ["RequestAttributesSequence.ReferencedStudySequence.StudyDate"]


def test_items_may_be_nested_a_thousand_deep() -> None:
    pile = phantoms.regular()
    item = phantoms.item()
    put_raw(item, 0x00080020, "DA", b"20260230")
    for _ in range(1000):
        item = phantoms.item(ReferencedStudySequence=[item])
    pile[0].ReferencedStudySequence = [item]
    findings = table(pile)
    assert findings["check"].tolist() == ["V06"]
