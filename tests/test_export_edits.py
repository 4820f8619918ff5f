"""Checked copies and new files: what pydicom and DCMTK read is what was said, and sources stay as they are."""

from __future__ import annotations

import hashlib
import shutil
from copy import deepcopy
from datetime import date, time
from typing import Any

import numpy as np
import phantoms
import pytest
from conftest import CLONE
from oracles import PYDICOM_FILES, bundled, dumped
from pydicom import dcmread
from pydicom.uid import PYDICOM_IMPLEMENTATION_UID, generate_uid

import dicomview as dv
from dicomview import errors
from dicomview.quiet import quiet

FIRST = CLONE / "sample_data" / "ct_chest" / "0001.dcm"


def test_a_copy_has_the_new_values_and_the_source_its_own(tmp_path):
    digest = hashlib.sha256(FIRST.read_bytes()).hexdigest()
    uid = generate_uid()
    copy = dv.edited(
        FIRST,
        SeriesDescription="Taught",
        SliceThickness=1 / 3,
        StudyDate=date(2026, 2, 3),
        StudyTime=time(4, 5, 6),
        WindowCenter=[40, -600.5],
        WindowWidth=[400, 1500],
        ImageType=["DERIVED", "SECONDARY", "AXIAL"],
        SOPInstanceUID=uid,
        KVP=None,
        AccessionNumber="",
    )
    path = dv.save(copy, tmp_path / "copy.dcm")
    told = {one.tag: one.text for one in dumped(path)}
    assert told["(0008,103E)"] == "Taught"
    assert float(told["(0018,0050)"] or "") == pytest.approx(1 / 3, abs=1e-12)
    assert (told["(0008,0020)"], told["(0008,0030)"]) == ("20260203", "040506")
    assert (told["(0028,1050)"], told["(0008,0008)"]) == ("40.0\\-600.5", "DERIVED\\SECONDARY\\AXIAL")
    assert "(0018,0060)" not in told
    assert told["(0008,0050)"] == ""
    back = dcmread(path)
    assert back.file_meta.MediaStorageSOPInstanceUID == back.SOPInstanceUID == uid
    assert back.PixelData == dcmread(FIRST).PixelData
    assert hashlib.sha256(FIRST.read_bytes()).hexdigest() == digest


def test_data_sets_and_slices_are_copied_whole(tmp_path):
    dataset = phantoms.regular()[0]
    dataset.RequestAttributesSequence = [phantoms.item(ScheduledProcedureStepID="1")]
    dataset.file_meta.SourceApplicationEntityTitle, dataset.file_meta.ImplementationClassUID = "SENDER", "1.2.3"
    before = deepcopy(dataset)
    copy = dv.edited(dataset, Rows=5)
    copy.RequestAttributesSequence[0].ScheduledProcedureStepID = "2"
    dv.save(copy, tmp_path / "copy.dcm")
    dv.save(dataset, tmp_path / "itself.dcm")
    assert dataset == before
    assert dataset.file_meta == before.file_meta
    assert dcmread(tmp_path / "copy.dcm").Rows == 5
    meta = dcmread(tmp_path / "itself.dcm").file_meta
    assert "SourceApplicationEntityTitle" not in meta
    assert meta.ImplementationClassUID == PYDICOM_IMPLEMENTATION_UID
    chest = dv.read_series(FIRST)
    assert dv.edited(chest[0], KVP=80).PixelData == dcmread(FIRST).PixelData
    with pytest.raises(errors.NotAnImage, match="instead of its header"):
        dv.save(dv.edited(chest[0].header, KVP=80), tmp_path / "header.dcm")
    with pytest.raises(errors.NothingFound, match="60 files"):
        dv.edited(FIRST.parent, KVP=80)


def test_a_misspelt_keyword_is_told_the_nearest():
    with pytest.raises(errors.UnknownChoice, match=r"'PatientsName' is no DICOM keyword; did you mean .*PatientName"):
        dv.edited(FIRST, PatientsName="A")
    for keyword in ("PixelData", "TransferSyntaxUID"):
        with pytest.raises(errors.UnknownChoice, match="cannot be changed"):
            dv.edited(FIRST, **{keyword: "1"})


@pytest.mark.parametrize(
    ("keyword", "value", "words"),
    [
        ("Modality", "this is far too long for it", "CS is up to 16"),
        ("Modality", "ct!", "CS is up to 16"),
        ("Modality", 5, "CS is up to 16"),
        ("StudyDate", "secret", "DA is YYYYMMDD"),
        ("StudyTime", "25 o'clock", "TM is HHMMSS"),
        ("StudyInstanceUID", "secret.1", "UI is a UID"),
        ("PatientAge", "secret", "AS is three digits"),
        ("SliceThickness", "secret", "DS is a decimal"),
        ("SliceThickness", True, "DS is a decimal"),
        ("InstanceNumber", 1 << 40, "IS is a whole number"),
        ("InstanceNumber", 1.5, "IS is a whole number"),
        ("BitsStored", 70000, "US is a whole number"),
        ("BitsStored", "12", "US is a whole number"),
        ("AccessionNumber", "secret" * 4, "SH is up to 16"),
        ("PatientID", "secret\\other", "takes 1 value, not 2"),
        ("RequestAttributesSequence", ["secret"], "SQ is a list of data sets"),
        ("ImagePositionPatient", [1, 2], "takes 3 values, not 2"),
        ("ImagePositionPatient", "1\\2", "takes 3 values, not 2"),
        ("PatientID", ["secret", "other"], "takes 1 value, not 2"),
        ("PixelSpacing", 1.0, "takes 2 values, not 1"),
    ],
)
def test_a_value_that_is_none_of_its_vr_is_refused_and_not_quoted(keyword: str, value: Any, words: str):
    with pytest.raises(errors.UnknownChoice, match=words) as caught:
        dv.edited(FIRST, **{keyword: value})
    assert keyword in str(caught.value)
    assert "secret" not in str(caught.value)


def test_values_of_other_data_sets_and_of_numpy_are_accepted():
    other = phantoms.regular()[0]
    other.RequestAttributesSequence = [phantoms.item(ScheduledProcedureStepID="1")]
    other.PatientName, other.OtherPatientNames = "Yamada^Tarou=山田^太郎", ["Doe^Jane", "Roe^Jane"]
    other.SpecificCharacterSet = "ISO_IR 192"
    keywords = ("SpecificCharacterSet", "PatientName", "OtherPatientNames", "PixelSpacing", "ImageType")
    taken = {keyword: other[keyword].value for keyword in (*keywords, "InstanceNumber", "RequestAttributesSequence")}
    copy = dv.edited(FIRST, **taken)
    for keyword in taken:
        assert copy[keyword].value == other[keyword].value, keyword
    assert copy.RequestAttributesSequence[0] is not other.RequestAttributesSequence[0]
    measured = dv.edited(
        FIRST, PixelSpacing=np.array([0.5, 0.25]), SliceThickness=np.float32(2.5), SmallestImagePixelValue=np.int64(3)
    )
    assert (measured.PixelSpacing, measured.SliceThickness, measured.SmallestImagePixelValue) == ([0.5, 0.25], 2.5, 3)


def test_values_of_every_kind_are_accepted(tmp_path):
    item = phantoms.item(CodeValue="1", CodingSchemeDesignator="DCM", CodeMeaning="one")
    copy = dv.edited(
        phantoms.regular()[0],
        PatientName="Doe^Jane",
        ImagePositionPatient=[1, 2.5, -3],
        PixelPaddingValue=-2000,
        AnatomicRegionSequence=[item],
        DiffusionBValue=1000,
        FrameIncrementPointer=0x00181063,
        SpectroscopyData=b"",
        ReferencedFrameNumber="1\\2\\3",
    )
    back = dcmread(dv.save(copy, tmp_path / "all.dcm"))
    assert back.PatientName.family_name == "Doe"
    assert list(back.ImagePositionPatient) == [1, 2.5, -3]
    assert (back.PixelPaddingValue, back["PixelPaddingValue"].VR) == (-2000, "SS")
    assert back.AnatomicRegionSequence[0].CodeMeaning == "one"
    assert (back.DiffusionBValue, int(back.FrameIncrementPointer)) == (1000.0, 0x00181063)
    assert list(back.ReferencedFrameNumber) == [1, 2, 3]


def test_letters_of_another_character_set(tmp_path):
    ascii_only = phantoms.regular()[0]
    del ascii_only.SpecificCharacterSet
    with pytest.raises(errors.UnknownChoice, match="no letters for the value of PatientName") as caught:
        dv.edited(ascii_only, PatientName="M\u00fcller")
    assert "ller" not in str(caught.value)
    copy = dv.edited(ascii_only, SpecificCharacterSet="ISO_IR 192", PatientName="M\u00fcller")
    assert dcmread(dv.save(copy, tmp_path / "utf8.dcm")).PatientName == "M\u00fcller"
    # All text is written anew: what was Latin-1 is UTF-8 now, and must have letters in the new set.
    latin = phantoms.regular()[0]
    latin.SpecificCharacterSet, latin.StudyDescription = "ISO_IR 100", "H\u00fcfte"
    read = dcmread(dv.save(latin, tmp_path / "latin.dcm"))
    moved = dcmread(dv.save(dv.edited(read, SpecificCharacterSet="ISO_IR 192"), tmp_path / "moved.dcm"))
    assert moved.StudyDescription == "H\u00fcfte"
    assert "H\u00fcfte".encode() in (tmp_path / "moved.dcm").read_bytes()
    with pytest.raises(errors.UnknownChoice, match="StudyDescription"):
        dv.edited(read, SpecificCharacterSet="ISO_IR 144")


def test_a_description_that_no_longer_fits_the_pixels_is_refused():
    with pytest.raises(errors.UnknownChoice, match="more pixels than it has"):
        dv.edited(phantoms.regular()[0], Rows=2000)


def test_neither_the_source_nor_another_file_is_overwritten(tmp_path):
    source = tmp_path / "source.dcm"
    shutil.copy(FIRST, source)
    bytes_before = source.read_bytes()
    for made in (dv.edited(source, KVP=80), dv.edited(dcmread(source), KVP=80), dv.edited(dv.read_series(source)[0])):
        for overwrite in (False, True):
            with pytest.raises(errors.AlreadyThere, match="read from"):
                dv.save(made, tmp_path / ".." / tmp_path.name / "source.dcm", overwrite=overwrite)
    other = tmp_path / "other.dcm"
    other.write_bytes(b"mine")
    with pytest.raises(errors.AlreadyThere, match="overwrite=True"):
        dv.save(made, other)
    assert other.read_bytes() == b"mine"
    dv.save(dv.edited(source, KVP=80), other, overwrite=True)
    assert dcmread(other).KVP == 80
    assert source.read_bytes() == bytes_before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["other.dcm", "source.dcm"]


@pytest.mark.parametrize("name", ["MR_small_bigendian.dcm", "MR_small_implicit.dcm", "693_J2KI.dcm", "SC_rgb_jpeg.dcm"])
def test_transfer_syntaxes_stay_as_they_are(name, tmp_path):
    path = dv.save(dv.edited(PYDICOM_FILES / name, PatientID="A1"), tmp_path / "out.dcm")
    with quiet():
        back, before = dcmread(path), bundled(name)
    assert back.PatientID == "A1"
    assert back.PixelData == before.PixelData
    if name.startswith("693"):
        assert back.file_meta.TransferSyntaxUID.is_compressed
    assert dv.read_series(path)[0].stored().tobytes() == dv.read_series(PYDICOM_FILES / name)[0].stored().tobytes()


def test_a_file_needs_its_class_and_its_name(tmp_path):
    nameless = phantoms.regular()[0]
    del nameless.SOPInstanceUID, nameless.file_meta
    with pytest.raises(errors.UnknownChoice, match="needs SOPInstanceUID"):
        dv.save(nameless, tmp_path / "out.dcm")
    path = dv.save(dv.edited(nameless, SOPInstanceUID="1.2.3"), tmp_path / "out.dcm")
    assert dcmread(path).file_meta.MediaStorageSOPInstanceUID == "1.2.3"


def test_what_is_no_instance_is_no_source(tmp_path):
    with pytest.raises(errors.NothingFound, match="looks like text"):
        dv.edited(PYDICOM_FILES / "README.txt", PatientID="A1")
    bare = PYDICOM_FILES.parent / "charset_files" / "chrKoreanMulti.dcm"  # an image without pixel data from the start
    path = dv.save(dv.edited(bare, PatientID="A1"), tmp_path / "bare.dcm")
    assert dcmread(path).PatientName == dcmread(bare).PatientName
