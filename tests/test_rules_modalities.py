"""Family M of the audit: each check on an object with that fault, and on one without."""

from __future__ import annotations

from typing import Any

import phantoms
import pytest
from faults import change, found, table, undecided
from oracles import put_raw
from pydicom import uid
from test_space_suv import pet

from dicomview.demo.synthetic import demo_uid


def of_class(sop_class: str, modality: str, **elements: Any) -> list[Any]:
    return change(phantoms.regular(), SOPClassUID=uid.UID(sop_class), Modality=modality, **elements)


def two_patients(**elements: Any) -> list[Any]:
    """Return MR series of one protocol of two patients; `elements` are set in the second."""
    first = phantoms.regular(modality="MR", tags={"ProtocolName": "T1", "RepetitionTime": "500"})
    second = phantoms.regular(
        modality="MR",
        seed="other/series",
        tags={"ProtocolName": "T1", "RepetitionTime": "500", "PatientID": "FICTITIOUS-0002"} | elements,
    )
    return [*first, *second]


def philips(slope: str) -> list[Any]:
    pile = phantoms.regular(modality="MR", slope=2.0)
    for one in pile:
        put_raw(one, 0x20050010, "LO", b"Philips MR Imaging DD 001 ")
        put_raw(one, 0x2005100E, "DS", slope.encode())
    return pile


def uncalibrated() -> list[Any]:
    return change(phantoms.ultrasound(), SequenceOfUltrasoundRegions=None)


def tomo(length: int) -> list[Any]:
    return change(phantoms.reconstructed_tomo(), SliceVector=list(range(1, length + 1)))


def plan_for(reference: str) -> list[Any]:
    dose = phantoms.dose()
    dose[0].ReferencedRTPlanSequence = [phantoms.item(ReferencedSOPInstanceUID=reference)]
    plan = phantoms.report()
    plan.SOPClassUID = plan.file_meta.MediaStorageSOPClassUID = uid.RTPlanStorage
    plan.Modality, plan.SOPInstanceUID, plan.SeriesInstanceUID = "RTPLAN", "1.2.3.4", demo_uid("plan")
    return [*dose, plan]


def segmented(frame_of_reference: str) -> list[Any]:
    pile = phantoms.regular()
    seg = phantoms.report()
    seg.SOPClassUID = seg.file_meta.MediaStorageSOPClassUID = uid.SegmentationStorage
    seg.Modality, seg.SeriesInstanceUID = "SEG", demo_uid("segmented")
    seg.FrameOfReferenceUID = frame_of_reference
    seg.ReferencedSeriesSequence = [phantoms.item(SeriesInstanceUID=pile[0].SeriesInstanceUID)]
    return [*pile, seg]


FRAME = str(phantoms.regular()[0].FrameOfReferenceUID)
MG = uid.DigitalMammographyXRayImageStorageForPresentation
FAULTS = {
    "no dose": ("M01", lambda: pet(RadionuclideTotalDose=None)),
    "no weight": ("M01", lambda: pet(PatientWeight=None)),
    "no attenuation correction": ("M02", lambda: pet(CorrectedImage=["DECY", "SCAT"])),
    "injected after the scan": ("M03", lambda: pet(RadiopharmaceuticalStartDateTime="20260101103000")),
    "injected the day before": ("M03", lambda: pet(RadiopharmaceuticalStartDateTime="20251231190000")),
    "another repetition time": ("M05", lambda: two_patients(RepetitionTime="700")),
    "two scales": ("M06", lambda: philips("0.25")),
    "no calibration": ("M07", uncalibrated),
    "a short vector": ("M08", lambda: tomo(5)),
    "too few offsets": ("M09", lambda: change(phantoms.dose(), GridFrameOffsetVector=["0", "3", "6", "9"])),
    "offsets to and fro": ("M09", lambda: phantoms.dose(offsets=(0, 3, 2, 6, 9))),
    "uneven offsets": ("M09", lambda: phantoms.dose(offsets=(0, 3, 6, 9, 13))),
    "the plan is not here": ("M10", lambda: plan_for("1.2.3.5")),
    "another frame of reference": ("M11", lambda: segmented("1.2.3")),
    "no laterality": ("M12", lambda: of_class(MG, "MG", ViewPosition="CC")),
    "no view": ("M12", lambda: of_class(MG, "MG", ImageLaterality="L")),
}
SOUND = {
    "PET": pet,
    "one protocol": two_patients,
    "one scale": lambda: philips("0.5"),
    "a calibration": phantoms.ultrasound,
    "a whole vector": phantoms.reconstructed_tomo,
    "even offsets": phantoms.dose,
    "offsets from the head": lambda: phantoms.dose(offsets=(0, -3, -6, -9, -12)),
    "the plan is here": lambda: plan_for("1.2.3.4"),
    "one frame of reference": lambda: segmented(FRAME),
    "a mammogram": lambda: of_class(MG, "MG", ImageLaterality="L", ViewPosition="CC"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_and_nothing_else(fault: str) -> None:
    check, make = FAULTS[fault]
    follows = {"M01"} if check == "M02" else set()  # values that are not corrected are no activity
    assert found(make(), checks="M") - follows == {check}


@pytest.mark.parametrize("case", SOUND)
def test_what_is_allowed_is_no_finding(case: str) -> None:
    assert found(SOUND[case](), checks="M") == set()


def test_without_a_list_of_corrections_nothing_can_be_told() -> None:
    assert "M02" in undecided(pet(CorrectedImage=None), checks="M02")


def test_structures_whose_images_are_not_here_are_told() -> None:
    ds = phantoms.report()
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = uid.RTStructureSetStorage
    series = phantoms.item(SeriesInstanceUID="1.2.3")
    study = phantoms.item(RTReferencedSeriesSequence=[series])
    ds.ReferencedFrameOfReferenceSequence = [phantoms.item(RTReferencedStudySequence=[study])]
    assert found([ds], checks="M10") == {"M10"}
    series.SeriesInstanceUID = phantoms.regular()[0].SeriesInstanceUID
    ds.SeriesInstanceUID = demo_uid("structures")
    assert found([ds, *phantoms.regular()], checks="M10") == set()


def test_the_reason_why_there_is_no_suv_is_told() -> None:
    (row,) = table(pet(PatientWeight=None), checks="M01").itertuples()
    assert "PatientWeight" in row.value
