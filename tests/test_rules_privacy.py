"""Family A of the audit: a de-identified series has no finding; each fault added to it is found, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import phantoms
import pydicom
import pytest
from faults import change, found, table, undecided
from oracles import put_raw
from pydicom import uid
from test_files_locate import DISC

import dicomview as dv
from dicomview.demo.synthetic import write

if TYPE_CHECKING:
    from pathlib import Path

    from pydicom.dataset import Dataset


def clean(**elements: Any) -> list[Dataset]:
    """Return the regular series without identity, with `elements` set in all of it; None takes one away."""
    pile = phantoms.regular()
    for one in pile:
        for keyword in ("PatientName", "PatientID", "ReferringPhysicianName", "StudyID", "SeriesDescription"):
            setattr(one, keyword, "")
        one.StudyDescription = ""
        one.PatientIdentityRemoved, one.DeidentificationMethod = "YES", "phantom"
        one.LongitudinalTemporalInformationModified = "REMOVED"
        one.BodyPartExamined = "CHEST"
        del one.file_meta.ImplementationVersionName
    return change(pile, **elements) if elements else pile


def private() -> list[Dataset]:
    pile = clean()
    put_raw(pile[2], 0x00290010, "LO", b"PHANTOM ")
    put_raw(pile[2], 0x00291001, "LO", b"something ")
    return pile


def nested(**elements: Any) -> list[Dataset]:
    return clean(DerivationCodeSequence=[phantoms.item(CodeValue="1", **elements)])


def overlay_in_pixels() -> list[Dataset]:
    pile = clean()
    for one in pile:
        put_raw(one, 0x60000010, "US", b"\x0a\0")
        put_raw(one, 0x60000102, "US", b"\x0f\0")
    return pile


def meta(keyword: str, value: Any) -> list[Dataset]:
    pile = clean()
    for one in pile:
        setattr(one.file_meta, keyword, value)
    return pile


def coded(code: str, **elements: Any) -> Any:
    item = phantoms.item(CodeValue=code, CodingSchemeDesignator="DCM", CodeMeaning="what was done")
    return clean(DeidentificationMethodCodeSequence=[item], **elements)


def surface(kind: str) -> list[Dataset]:
    (one,) = clean(Modality="RTSTRUCT")[:1]
    one.RTROIObservationsSequence = [phantoms.item(ObservationNumber=1, RTROIInterpretedType=kind)]
    return [one]


NAMED = {"PatientName": "Fictitious^Somebody", "PatientID": ""}
FAULTS = {
    "an institution": ("A01", lambda: clean(InstitutionName="Hospital")),
    "a birth date": ("A01", lambda: clean(PatientBirthDate="19700101")),
    "a physician": ("A01", lambda: clean(ReferringPhysicianName="Somebody^Else")),
    "a name in a sequence": ("A02", lambda: nested(PersonName="Somebody^Else")),
    "the study's number": ("A02", lambda: clean(StudyID="17")),
    "private elements": ("A03", private),
    "a description": ("A04", lambda: clean(SeriesDescription="Chest")),
    "a comment": ("A04", lambda: clean(ImageComments="as before")),
    "the study's date in a UID": ("A06", lambda: clean(FrameOfReferenceUID="1.2.3.20260101.4")),
    "a scanner's UID": ("A07", lambda: clean(FrameOfReferenceUID="1.3.12.2.1107.5.1.4")),
    "burnt in": ("A08", lambda: clean(BurnedInAnnotation="YES")),
    "secondary capture": ("A09", lambda: clean(SOPClassUID=uid.SecondaryCaptureImageStorage)),
    "a converted picture": ("A09", lambda: clean(ConversionType="WSD")),
    "an overlay in the pixels": ("A09", overlay_in_pixels),
    "a head": ("A10", lambda: clean(BodyPartExamined="HEAD", SliceThickness="1")),
    "the body's surface": ("A10", lambda: surface("EXTERNAL")),
    "recognizable": ("A11", lambda: clean(RecognizableVisualFeatures="YES")),
    "not marked": ("A12", lambda: clean(PatientIdentityRemoved="NO")),
    "no method": ("A12", lambda: clean(DeidentificationMethod=None)),
    "nothing about dates": ("A13", lambda: clean(LongitudinalTemporalInformationModified=None)),
    "dates that contradict": ("A13", lambda: coded("113106", LongitudinalTemporalInformationModified="MODIFIED")),
    "the sender": ("A14", lambda: meta("SourceApplicationEntityTitle", "STATION")),
    "the software": ("A14", lambda: meta("ImplementationVersionName", "SOMETHING_1")),
    "an age of 95": ("A15", lambda: clean(PatientAge="095Y")),
    "an icon": ("A16", lambda: clean(IconImageSequence=[phantoms.item(Rows=1, Columns=1)])),
    "a signature": ("A19", lambda: clean(DigitalSignaturesSequence=[phantoms.item(MACIDNumber=1)])),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_and_nothing_else(fault: str) -> None:
    check, make = FAULTS[fault]
    assert found(make(), checks="A") == {check}
    assert found(make()) & {"A01", check} == set()  # a name is no fault at home


SOUND = {
    "a clean series": clean,
    "empty ones": lambda: clean(PatientName="", PatientBirthDate="", InstitutionName=""),
    "a thick head": lambda: clean(BodyPartExamined="HEAD", SliceThickness="5"),
    "no text burnt in": lambda: clean(BurnedInAnnotation="NO"),
    "UIDs kept on purpose": lambda: coded("113110", FrameOfReferenceUID="1.3.12.2.1107.5.1.4"),
    "dates kept on purpose": lambda: coded("113106", LongitudinalTemporalInformationModified="UNMODIFIED"),
    "pixels that were cleaned": lambda: coded("113101", ConversionType="WSD"),
    "an organ": lambda: surface("ORGAN"),
    "90 for all who are older": lambda: clean(PatientAge="090Y"),
    "a code": lambda: nested(CodeMeaning="resampled"),
}


@pytest.mark.parametrize("case", SOUND)
def test_what_is_allowed_is_no_finding(case: str) -> None:
    assert found(SOUND[case](), checks="A") == set()


def test_a_pseudonym_cannot_be_told_from_a_name() -> None:
    pile = clean(PatientName="Fictitious^Somebody", PatientID="0001x")
    assert found(pile, checks="A") == set()
    assert undecided(pile, checks="A") == {"A01"}
    assert undecided(clean(BodyPartExamined=None), checks="A") == {"A10"}


@pytest.mark.parametrize("keyword", ["StudyComments", "DeviceSerialNumber", "StationName"])
def test_a_name_in_another_element_is_found_wherever_it_is(keyword: str) -> None:
    pile = clean(PatientName="Fictitious^Somebody", **{keyword: "of SOMEBODY 2"})
    rows = table(pile, checks="A05")
    expected = [keyword] if keyword != "StudyComments" else []  # an identifier itself, of which A02 tells
    assert rows["path"].tolist() in (expected, [keyword])
    assert "omebody" not in rows.drop(columns="files").to_csv()


def test_a_name_in_a_path_is_found(tmp_path: Path) -> None:
    write(clean(PatientName="Fictitious^Somebody")[:2], tmp_path / "somebody_2026")
    assert "A05" in found(tmp_path, checks="A05")
    write(clean(PatientName="Fictitious^Anybody")[:2], tmp_path / "elsewhere")
    assert found(tmp_path / "elsewhere", checks="A05") == set()


def test_a_dicomdir_with_names_is_found(tmp_path: Path) -> None:
    path = tmp_path / "DICOMDIR"
    media = pydicom.dcmread(DISC / "DICOMDIR")
    media.save_as(path)
    assert set(table(tmp_path, checks="A20")["path"]) == {
        "DirectoryRecordSequence.PatientName",
        "DirectoryRecordSequence.PatientID",
    }
    for record in media.DirectoryRecordSequence:
        for keyword in ("PatientName", "PatientID"):
            if keyword in record:
                record[keyword].value = ""
    media.save_as(path, overwrite=True)
    assert found(tmp_path, checks="A20") == set()


def test_family_a_is_asked_for() -> None:
    pile = phantoms.regular()
    assert found(pile) == set()
    assert {"A01", "A04", "A12"} <= found(pile, sharing=True)
    assert any("sharing=True" in one for one in dv.audit(pile, progress=False).attrs["not_looked_at"])


def test_no_value_is_told() -> None:
    findings = table(phantoms.regular(), sharing=True)
    assert "FICTITIOUS" not in findings.drop(columns="files").to_csv().upper()
