"""Family V of the audit, types 1 and 2: what an object of its class must have, and what is no fault."""

from __future__ import annotations

from pathlib import Path

import phantoms
import pydicom
import pytest
from faults import changed, found_in_full, table, undecided
from pydicom import uid

from dicomview.rules.required import needed_by

SAMPLES = Path(__file__).parent.parent / "sample_data"

FAULTS = {
    "type 1 absent": ({"V01"}, changed(ImageType=None)),
    "type 1 of a sign": ({"V01"}, changed(PixelRepresentation=None)),
    "type 1 of a whole number": ({"V01"}, changed(3, SamplesPerPixel=None)),
    "type 1 empty": ({"V01"}, changed(ImageType="")),
    "type 2 absent": ({"V02"}, changed(AccessionNumber=None)),
    "type 2 of CT": ({"V02"}, changed(KVP=None)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_and_nothing_else(fault: str) -> None:
    checks, make = FAULTS[fault]
    assert found_in_full(make()) == checks


def test_a_finding_names_the_attribute_and_its_type() -> None:
    (row,) = table(changed(3, 5, SamplesPerPixel=None)()).itertuples()
    assert (row.check, row.severity, row.path, row.tag, row.n) == ("V01", "error", "SamplesPerPixel", "(0028,0002)", 2)
    assert "type 1" in row.expected


def test_type_2_may_be_empty_and_the_sample_data_are_whole() -> None:
    assert found_in_full(changed(PatientSex="", KVP="", StudyID="", SliceThickness="")(), checks="V") == set()
    assert found_in_full(phantoms.regular(), checks="V") == set()
    assert found_in_full(SAMPLES / "mr_head", checks="V") == set()


def test_what_is_in_functional_groups_is_there() -> None:
    (one,) = phantoms.enhanced(phantoms.regular())
    assert not {"SliceThickness", "PixelSpacing"} & set(table(one, checks=["V01", "V02"])["path"])


def test_what_other_checks_tell_of_is_told_once() -> None:
    lacking = changed(PhotometricInterpretation=None, RescaleSlope=None, InstanceNumber=None, PatientID=None)()
    assert found_in_full(lacking) == {"P05", "P07", "G17", "U12"}


def test_a_class_of_which_nothing_is_known_cannot_be_judged() -> None:
    pile = phantoms.regular()
    for one in pile:
        one.SOPClassUID = one.file_meta.MediaStorageSOPClassUID = uid.UID("1.2.840.113619.4.26")
    assert undecided(pile, checks="V") == {"V01"}
    assert found_in_full(pile, checks="V") == set()


def test_the_table_agrees_with_the_standard_where_one_knows_it_by_heart() -> None:
    ct = needed_by(uid.CTImageStorage)
    assert ct is not None
    assert {"Rows", "Columns", "RescaleSlope", "ImageType", "PixelSpacing", "FrameOfReferenceUID", "Modality"} <= ct[0]
    assert {"PatientName", "PatientID", "StudyDate", "AccessionNumber", "KVP", "SliceThickness"} <= ct[1]
    assert not ct[0] & ct[1]
    enhanced = needed_by(uid.EnhancedMRImageStorage)
    assert enhanced is not None
    assert {"SharedFunctionalGroupsSequence", "NumberOfFrames", "InstanceNumber"} <= enhanced[0]
    assert needed_by("1.2.3") is None


def test_a_report_needs_what_a_container_does_and_not_what_other_content_items_do() -> None:
    """As the objects about the sample chest: none of them lacks anything."""
    folder = SAMPLES / "chest_objects"
    assert not {"V01", "V02"} & set(table(folder)["check"])
    ds = pydicom.dcmread(folder / "ko.dcm")
    del ds.ContinuityOfContent
    assert "ContinuityOfContent is missing" in set(table([ds], checks="V01")["message"])
