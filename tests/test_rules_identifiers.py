"""Families U and N of the audit: each check on a series with that fault, and on one without."""

from __future__ import annotations

from typing import Any

import phantoms
import pytest
from faults import changed, found, table
from oracles import put_raw
from pydicom import uid

from dicomview.demo.synthetic import demo_uid


def second(**elements: Any) -> list[Any]:
    """Return a second series of the same study; `elements` are set in all of it."""
    return phantoms.regular(seed="phantom/second", tags={"SeriesNumber": "2"} | elements)


def beside(**elements: Any) -> Any:
    return lambda: [*phantoms.regular(), *second(**elements)]


def written(tag: int, value: bytes) -> Any:
    def make() -> Any:
        pile = phantoms.regular()
        for one in pile:
            put_raw(one, tag, "UI", value)
        return pile

    return make


def same_instance() -> Any:
    pile, others = phantoms.regular(), second()
    others[0].SOPInstanceUID = pile[0].SOPInstanceUID
    return [*pile, *others]


def scrambled() -> Any:
    pile = phantoms.regular()
    for k, one in enumerate(pile):
        one.SeriesInstanceUID = demo_uid("scrambled", str(k))
    return pile


def contours(reference: str) -> Any:
    """Return the series and a structure set that refers to one of its instances, or to one that is not there."""
    pile = phantoms.regular()
    ds = phantoms.report()
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = uid.RTStructureSetStorage
    ds.Modality, ds.SeriesInstanceUID = "RTSTRUCT", demo_uid("contours")
    image = phantoms.item(ReferencedSOPClassUID=pile[0].SOPClassUID, ReferencedSOPInstanceUID=reference)
    series = phantoms.item(SeriesInstanceUID=pile[0].SeriesInstanceUID, ContourImageSequence=[image])
    study = phantoms.item(RTReferencedSeriesSequence=[series])
    ds.ReferencedFrameOfReferenceSequence = [phantoms.item(RTReferencedStudySequence=[study])]
    return [*pile, ds]


def report_of(sop_class: str, modality: str = "OT") -> Any:
    def make() -> Any:
        ds = phantoms.report()
        ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = uid.UID(sop_class)
        ds.Modality, ds.SeriesInstanceUID = modality, demo_uid("report")
        return [*phantoms.regular(), ds]

    return make


FAULTS = {
    "leading zero": ({"U01"}, written(0x0020000D, b"1.2.03.4")),
    "letters": ({"U01"}, written(0x00200052, b"1.2.a\0")),
    "too long": ({"U01"}, written(0x00200052, b"1." + b"2" * 64)),
    "no study": ({"U02"}, changed(StudyInstanceUID="")),
    "no instance": ({"U02"}, changed(3, SOPInstanceUID="")),
    "two contents of one instance": (
        {"U03", "G07", "G17"},
        lambda: phantoms.duplicate_uid(other_pixels=True),
    ),
    "one instance in two series": ({"U04"}, same_instance),
    "two studies": ({"U05"}, beside(SeriesInstanceUID=phantoms.regular()[0].SeriesInstanceUID, StudyInstanceUID="1.2")),
    "two patients": ({"U06"}, beside(PatientID="FICTITIOUS-0002")),
    "two names": ({"U07"}, beside(PatientName="Phantom^Other")),
    "two sexes": ({"U07"}, beside(PatientSex="F")),
    "two descriptions": ({"U08"}, beside(StudyDescription="Something else")),
    "two manufacturers": ({"U09"}, changed(0, 1, Manufacturer="another")),
    "two classes": ({"U10", "N01"}, lambda: [*phantoms.regular(), phantoms.report()]),
    "a UID for every file": ({"U11", "G18"}, scrambled),
    "no patient": ({"U12"}, changed(PatientID="")),
    "a reference to nothing": ({"U13", "N01"}, lambda: contours("1.2.3.4")),
    "two frames of reference": ({"U14", "G08"}, phantoms.other_frame_of_reference),
    "no frame of reference": ({"U14"}, changed(FrameOfReferenceUID=None)),
    "a report": ({"N01"}, report_of(uid.BasicTextSRStorage, "SR")),
    "raw data": ({"N01", "N02"}, report_of(uid.RawDataStorage)),
    "a maker's own class": ({"N01", "N02"}, report_of("1.3.12.2.1107.5.9.1")),
    "a document": ({"N01", "N03"}, report_of(uid.EncapsulatedPDFStorage, "DOC")),
    "secondary capture": (
        {"N04"},
        changed(SOPClassUID=uid.SecondaryCaptureImageStorage, Modality="OT"),
    ),
    "a dose report": ({"N05"}, changed(SeriesDescription="Dose Report")),
    "a saved screen": ({"N05"}, changed(ImageType=["DERIVED", "SECONDARY", "SCREEN SAVE"])),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_and_nothing_else(fault: str) -> None:
    checks, make = FAULTS[fault]
    # A phantom whose UIDs are changed has its old ones in the file meta; SeriesNumber stays what it was.
    follows = {"F10", "U09"} if checks & {"U02", "U04", "U05", "N04", "U10"} else set()
    assert found(make()) - (follows - checks) == checks


@pytest.mark.parametrize(
    "sound",
    [beside(), lambda: contours(phantoms.regular()[2].SOPInstanceUID)],
    ids=["two series", "a sound reference"],
)
def test_what_is_allowed_is_no_finding(sound: Any) -> None:
    assert found(sound()) <= {"N01", "G17"}


def test_how_many_values_are_told_and_never_which() -> None:
    (row,) = table(beside(PatientName="Phantom^Other")()).itertuples()
    assert (row.check, row.level, row.value, row.path) == ("U07", "patient", "2 values", "PatientName")
    assert row.where == phantoms.regular()[0].StudyInstanceUID
    assert "Other" not in repr(row)
