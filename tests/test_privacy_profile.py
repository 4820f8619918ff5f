"""What the Basic Profile and its options do, to every attribute, at every depth; the oracle searches bytes."""

from __future__ import annotations

import io
import warnings

import pytest
import seeded
from PIL import ImageCms
from pydicom import dcmread, dcmwrite, uid
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

import dicomview as dv
from dicomview.elements import rules
from dicomview.errors import UnknownChoice
from dicomview.privacy.dates import shifted
from dicomview.privacy.types import type_of
from dicomview.privacy.uids import new_uid


def everywhere():
    """Return an instance with every attribute of the table at the top, nested once and nested three deep."""
    seeds, dataset = seeded.Seeds(), seeded.base()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom finds the seeds odd
        for where in ("top", "once", "deep"):
            level = dataset if where == "top" else Dataset()
            seeded.unlisted(seeds.private(seeds.fill(level, where), where))
            if where == "once":
                dataset.ReferencedSeriesSequence = [level]
            if where == "deep":
                inner, outer = Dataset(), Dataset()
                inner.RTReferencedSeriesSequence = [level]
                outer.RTReferencedStudySequence = [inner]
                dataset.ReferencedFrameOfReferenceSequence = [outer]
    dataset.PatientName = f"{seeded.NAME}^Quentin"
    for keyword in ("ContentSequence", "EncapsulatedDocument"):  # an instance with these is not copied at all
        del dataset[keyword]
    return seeds, dataset


@pytest.mark.parametrize(
    "syntax",
    [uid.ExplicitVRLittleEndian, uid.ImplicitVRLittleEndian, uid.ExplicitVRBigEndian],
    ids=lambda syntax: syntax.name,
)
def test_no_secret_of_any_attribute_survives_at_any_depth(syntax, tmp_path):
    seeds, dataset = everywhere()
    dataset.file_meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    seeded.write(dataset, tmp_path / "plain.dcm")  # in which the oracle finds every secret
    plain = (tmp_path / "plain.dcm").read_bytes()
    secrets = {secret: where for secret, where in seeds.secrets.items() if secret in plain}
    assert len(rules()) == 656
    assert len(secrets) > 3 * 640
    if syntax != uid.ExplicitVRLittleEndian:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            other = dcmread(tmp_path / "plain.dcm")
            other.remove_private_tags() if syntax == uid.ExplicitVRBigEndian else None  # UN bytes of it have no order
            for element in other.iterall():
                str(element.value)
            other.file_meta.TransferSyntaxUID = syntax
            order, implicit = syntax != uid.ExplicitVRBigEndian, syntax == uid.ImplicitVRLittleEndian
            dcmwrite(tmp_path / "plain.dcm", other, enforce_file_format=True, little_endian=order, implicit_vr=implicit)
    source = tmp_path / "source"
    source.mkdir()
    (tmp_path / "plain.dcm").rename(source / "1.dcm")
    copies = dv.privacy.apply(dv.privacy.plan(source, key=seeded.KEY), tmp_path / "out")
    (path,) = (tmp_path / "out").rglob("*.dcm")
    written = path.read_bytes().upper()
    assert [where for secret, where in secrets.items() if secret in written] == []
    for codec in ("ascii", "utf-16-le", "utf-16-be"):
        assert seeded.NAME.encode(codec) not in written
    assert dv.privacy.verify(copies).releasable
    assert dcmread(path).PixelData == dataset.PixelData


def copied(tmp_path, dataset, **options):
    source = seeded.write(dataset, tmp_path / "source" / "1.dcm").parent
    copies = dv.privacy.apply(dv.privacy.plan(source, key=seeded.KEY, **options), tmp_path / "out")
    (path,) = (tmp_path / "out").rglob("*.dcm")
    proof = dv.privacy.verify(copies)
    assert proof.releasable, proof.open.to_string()
    return dcmread(path)


def full():
    dataset = seeded.base()
    dataset.update({"PatientSex": "O", "PatientAge": "057Y", "PatientWeight": "81.5", "StationName": "CT-GANTRY-9"})
    dataset.update({"InstitutionName": "St. Elsewhere", "SeriesDescription": "T1 axial", "StudyTime": "101112"})
    dataset.AcquisitionDateTime = "20190318101112.5+0100"
    dataset.DeviceSerialNumber, dataset.AcquisitionDate = "SN-55519", "20190318"
    item = Dataset()
    item.AcquisitionDateTime = "20190320"
    dataset.MRTimingAndRelatedParametersSequence = [item]
    dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0C, "IS", "1000")
    dataset.private_block(0x0019, "SIEMENS MR HEADER").add_new(0x08, "CS", "IMAGE NUM 4")
    dataset.private_block(0x0021, "HOUSE", create=True).add_new(0x01, "LO", "harmless words")
    return dataset


def test_the_basic_profile_alone(tmp_path):
    copy = copied(tmp_path, full())
    assert copy.PatientName == copy.PatientID != ""
    assert (copy.StudyDate, copy.StudyTime, copy.AccessionNumber, copy.PatientSex) == ("", "", "", "")
    for keyword in ("PatientAge", "PatientWeight", "StationName", "InstitutionName", "SeriesDescription"):
        assert keyword not in copy
    assert copy.StudyInstanceUID == new_uid(seeded.KEY.encode(), full().StudyInstanceUID)
    assert copy.StudyInstanceUID.startswith("2.25.")
    assert copy.SOPClassUID == full().SOPClassUID
    assert copy.LongitudinalTemporalInformationModified == "REMOVED"
    assert [item.CodeValue for item in copy.DeidentificationMethodCodeSequence] == ["113100"]
    assert copy.PatientIdentityRemoved == "YES"
    assert copy.DeidentificationMethod == "PS3.15 2026d Basic Profile"
    assert copy.BurnedInAnnotation == "NO"  # as in the source
    assert not any(tag >> 16 & 1 for tag in sorted(copy.keys()))
    assert copy.preamble == bytes(128)
    assert copy.file_meta.MediaStorageSOPInstanceUID == copy.SOPInstanceUID


KEPT = {
    "retain_uids": ({"StudyInstanceUID": None, "SOPInstanceUID": None}, "113110"),
    "retain_device_identity": ({"StationName": None, "DeviceSerialNumber": None}, "113109"),
    "retain_institution_identity": ({"InstitutionName": None}, "113112"),
    "retain_patient_characteristics": ({"PatientSex": None, "PatientAge": None, "PatientWeight": None}, "113108"),
    "retain_full_dates": ({"StudyDate": None, "StudyTime": None, "AcquisitionDateTime": None}, "113106"),
}


@pytest.mark.parametrize("option", KEPT)
def test_an_option_keeps_its_own_and_is_claimed(option, tmp_path):
    keywords, code = KEPT[option]
    source, copy = full(), copied(tmp_path, full(), options=option)
    for keyword in keywords:
        assert copy[keyword].value == source[keyword].value
    others = {keyword for name, (words, _) in KEPT.items() if name != option for keyword in words}
    for keyword in others - set(keywords):
        assert keyword not in copy or copy[keyword].value != source[keyword].value
    assert [item.CodeValue for item in copy.DeidentificationMethodCodeSequence] == ["113100", code]


def test_dates_of_a_patient_move_together_at_any_depth(tmp_path):
    copy = copied(tmp_path, full(), options="retain_modified_dates")
    (days,) = {one.days for one in dv.privacy.plan(tmp_path / "source", key=seeded.KEY).subjects.values()}
    assert -3653 < days < 0
    assert copy.StudyDate == copy.AcquisitionDate == shifted("20190318", days, "DA")
    assert copy.AcquisitionDateTime == f"{shifted('20190318', days, 'DT')}101112.5+0100"
    inner = copy.MRTimingAndRelatedParametersSequence[0].AcquisitionDateTime
    assert inner == shifted("20190320", days, "DA")
    assert copy.StudyTime == "101112"
    assert copy.PatientBirthDate == ""
    assert copy.LongitudinalTemporalInformationModified == "MODIFIED"


@pytest.mark.parametrize(
    ("value", "moved"),
    [
        ("20200301", "20200229"),
        ("20200301235959.5-0500", "20200229235959.5-0500"),
        ("202003", "202002"),
        ("2020", "2019"),
        ("2020.03.01", "20200229"),
        ("20201399", None),
        ("SMITH", None),
        ("20200301 SMITH", None),
        ("00010101", None),
        ("2020030198765432", None),
        ("20200301101112.123456789", None),
        ("20200301101112-12345678", None),
        ("20200301٠١", None),
    ],
)
def test_a_date_stays_as_exact_as_it_was(value, moved):
    assert shifted(value, -1, "DT") == moved
    assert shifted(value, -1, "DA") == (None if len(value) > 10 else moved)


@pytest.mark.parametrize("option", ["retain_modified_dates", "retain_full_dates"])
def test_a_number_behind_a_date_or_in_place_of_a_time_goes(option, tmp_path):
    dataset, number = full(), b"98765432"
    given = (("StudyDate", "DA", b"20190318"), ("StudyTime", "TM", b""), ("AcquisitionTime", "TM", b"10"))
    for keyword, vr, value in given:
        tag = BaseTag(tag_for_keyword(keyword))
        dataset[tag] = RawDataElement(tag, vr, len(value + number), value + number, 0, False, True)
    copied(tmp_path, dataset, options=option)
    (path,) = (tmp_path / "out").rglob("*.dcm")
    assert number not in path.read_bytes()


def test_reviewed_words_stay_and_others_go(tmp_path):
    words = {"T1 axial": "T1 transversal"}
    copy = copied(tmp_path, full(), options="clean_descriptors", vocabulary=words)
    assert copy.SeriesDescription == "T1 transversal"
    assert [item.CodeValue for item in copy.DeidentificationMethodCodeSequence] == ["113100", "113105"]
    bare = copied(tmp_path / "2", full(), options="clean_descriptors", vocabulary=["T2 axial"])
    assert "SeriesDescription" not in bare
    dataset = full()
    dataset.StudyDescription, dataset.StationAETitle = "axial", "CTGANTRY"
    options = ["clean_descriptors", "retain_device_identity"]
    for number, given in enumerate(("T1 axial", ["T1 axial", "CTGANTRY"])):
        kept = copied(tmp_path / f"kept{number}", dataset, options=options, vocabulary=given)
        assert kept.SeriesDescription == "T1 axial"
        assert "StudyDescription" not in kept


def test_private_elements_are_kept_by_their_creator(tmp_path):
    copy = copied(tmp_path, full(), options="retain_safe_private")
    assert copy.private_block(0x0019, "SIEMENS MR HEADER")[0x0C].value == 1000  # B value, PS3.15 Table E.3.10-1
    assert 0x00191008 not in copy
    assert not any(tag >> 16 == 0x0021 for tag in sorted(copy.keys()))
    more = copied(tmp_path / "2", full(), options="retain_safe_private", creators="HOUSE")
    assert more.private_block(0x0021, "HOUSE")[0x01].value == "harmless words"


def test_what_is_kept_may_not_repeat_who_it_is(tmp_path):
    dataset = full()
    dataset.ManufacturerModelName = f"reserved for {seeded.NAME.title()}"
    dataset.private_block(0x0021, "HOUSE").add_new(0x02, "LO", "QX-447193")
    dataset.ICCProfile = profile(f"{seeded.NAME} by its own words")
    dataset.RedPaletteColorLookupTableData = seeded.NAME.encode() + bytes(7)
    copy = copied(tmp_path, dataset, options="retain_safe_private", creators=["HOUSE"])
    assert copy.ManufacturerModelName == "REMOVED"
    assert copy.private_block(0x0021, "HOUSE")[0x02].value == "REMOVED"
    assert "RedPaletteColorLookupTableData" not in copy
    assert copy.ICCProfile[:40] == dataset.ICCProfile[:40]
    assert ImageCms.getProfileDescription(io.BytesIO(copy.ICCProfile)).strip("\0\n") == ""
    assert ImageCms.ImageCmsProfile(io.BytesIO(copy.ICCProfile)).profile.red_primary is not None


def profile(words):
    """Return the profile of sRGB, as PIL has it, with other words of the same length in it."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert "sRGB built-in".encode("utf-16-be") in data
    return data.replace("sRGB built-in".encode("utf-16-be"), words[:13].encode("utf-16-be"))


def test_a_profile_that_is_none_goes(tmp_path):
    dataset = full()
    dataset.ICCProfile = b"no profile at all, but words"
    assert "ICCProfile" not in copied(tmp_path, dataset)


def test_nothing_hides_behind_the_last_pixel_or_in_a_picture_in_a_sequence(tmp_path):
    dataset, pixels = full(), full().PixelData
    dataset.PixelData = pixels + b"secret words"
    item = Dataset()
    item.add_new(0x7FE00010, "OW", b"secret words")
    dataset.ReferencedSeriesSequence = [item]
    copy = copied(tmp_path, dataset)
    assert copy.PixelData == pixels
    assert "PixelData" not in copy.ReferencedSeriesSequence[0]


def test_names_in_ideographs_are_not_repeated(tmp_path):
    dataset = full()
    dataset.SpecificCharacterSet = ["", "ISO 2022 IR 87"]
    dataset.ReferringPhysicianName = ""
    dataset.PatientName = "Yamada^Tarou=山田^太郎=やまだ^たろう"
    dataset.ManufacturerModelName = "for 山田 alone"
    copy = copied(tmp_path, dataset)
    assert copy.ManufacturerModelName == "REMOVED"


@pytest.mark.parametrize(
    ("sop_class", "keyword", "expected"),
    [
        # By hand from PS3.3 and Table E.1-1: X/Z/D of types 3, 1 and 2, Z/D of 2C and 1, X/Z of 2 and 3.
        (uid.CTImageStorage, "DeviceSerialNumber", None),
        (uid.EnhancedCTImageStorage, "DeviceSerialNumber", "REMOVED"),
        (uid.RTDoseStorage, "OperatorsName", ""),
        (uid.CTImageStorage, "OperatorsName", None),
        (uid.CTImageStorage, "ContentDate", ""),
        (uid.EnhancedMRImageStorage, "ContentDate", "19000101"),
        (uid.PositronEmissionTomographyImageStorage, "AcquisitionDate", ""),
        (uid.CTImageStorage, "AcquisitionDate", None),
        (uid.PositronEmissionTomographyImageStorage, "SeriesDate", "19000101"),
    ],
)
def test_a_compound_code_is_resolved_by_the_type(sop_class, keyword, expected, tmp_path):
    dataset = seeded.base()
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = sop_class
    setattr(dataset, keyword, "20190318" if "Date" in keyword else "Somebody")
    copy = copied(tmp_path, dataset)
    assert (keyword in copy) == (expected is not None)
    assert expected is None or str(copy[keyword].value) == expected


def test_types_of_what_the_standard_does_not_place():
    assert type_of(uid.CTImageStorage, "", "TreatmentMachineName") == 3
    assert type_of("1.2.3", "", "ContentDate") == 3


def test_references_within_and_between_files_still_resolve(tmp_path):
    first, second = seeded.base(0), seeded.base(1)
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = first.SOPClassUID, first.SOPInstanceUID
    series = Dataset()
    series.SeriesInstanceUID, series.ReferencedInstanceSequence = first.SeriesInstanceUID, [item]
    second.ReferencedSeriesSequence = [series]
    for number, dataset in enumerate((first, second)):
        seeded.write(dataset, tmp_path / "source" / str(number))
    copies = dv.privacy.apply(dv.privacy.plan(tmp_path / "source", key=seeded.KEY), tmp_path / "out")
    assert dv.privacy.verify(copies).releasable
    made = {len(copy): copy for copy in map(dcmread, (tmp_path / "out").rglob("*.dcm"))}
    one, other = made[min(made)], made[max(made)]
    found = other.ReferencedSeriesSequence[0]
    assert found.SeriesInstanceUID == one.SeriesInstanceUID == other.SeriesInstanceUID
    assert found.ReferencedInstanceSequence[0].ReferencedSOPInstanceUID == one.SOPInstanceUID
    assert found.ReferencedInstanceSequence[0].ReferencedSOPClassUID == uid.CTImageStorage


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"profile": "full"}, "no profile 'full'"),
        ({"options": "retain_dates"}, "no option 'retain_dates'; there are retain_uids"),
        ({"options": ["retain_full_dates", "retain_modified_dates"]}, "exclude each other"),
        ({"key": ""}, "the key has 0 bytes"),
        ({"key": "short"}, "at least 16"),
        ({"vocabulary": ["T1"]}, "clean_descriptors"),
        ({"creators": ["ACME"]}, "retain_safe_private"),
        ({"rectangles": {"1.2": [(0, 0, 0, 5)]}}, "is empty"),
        ({"rectangles": {"1.2": []}}, "without a rectangle"),
        ({"rectangles": {"1.2": (0, 0, 3, 5)}}, "four whole numbers"),
        ({"rectangles": {"1.2": [(0, 0, 3.5, 5)]}}, "four whole numbers"),
        ({"rectangles": [(0, 0, 3, 5)]}, "are a dict"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments, words, tmp_path):
    seeded.write(seeded.base(), tmp_path / "1.dcm")
    with pytest.raises(UnknownChoice, match=words):
        dv.privacy.plan(tmp_path, **arguments)


def test_a_uid_that_is_none_is_replaced_like_any_other(tmp_path):
    dataset = full()
    tag = BaseTag(0x00200052)
    dataset[tag] = RawDataElement(tag, "UI", 10, b"1.2.FRAME\0", 0, False, True)
    copy = copied(tmp_path, dataset)
    assert copy.FrameOfReferenceUID == new_uid(seeded.KEY.encode(), "1.2.FRAME")


def test_a_date_that_goes_may_equal_one_that_is_kept(tmp_path):
    dataset = full()
    dataset.private_block(0x0021, "HOUSE").add_new(0x03, "DA", dataset.AcquisitionDate)
    assert copied(tmp_path, dataset, options="retain_full_dates").AcquisitionDate == "20190318"


def test_a_uid_below_the_root_of_the_standard_that_it_does_not_know_is_replaced(tmp_path):
    dataset = full()
    dataset.StudyInstanceUID, dataset.FrameOfReferenceUID = "1.2.840.10008.5.447193.19610704", "1.2.840.10008.1.4.1.1"
    copy = copied(tmp_path, dataset)
    assert copy.StudyInstanceUID.startswith("2.25.")
    assert copy.FrameOfReferenceUID == "1.2.840.10008.1.4.1.1"  # Talairach Brain Atlas, of everybody


def test_words_where_numbers_belong_go(tmp_path):
    dataset = full()
    for tag, vr in ((0x00180050, "DS"), (0x00200013, "IS"), (0x00080030, "TM")):
        dataset[tag] = RawDataElement(BaseTag(tag), vr, 8, b"SOMEBODY", 0, False, True)
    copy = copied(tmp_path, dataset, options="retain_full_dates")
    assert not {"SliceThickness", "InstanceNumber", "StudyTime"} & set(copy.dir())


def test_attributes_of_another_vr_than_theirs_go_all_the_same(tmp_path):
    dataset = full()
    name = f"{seeded.NAME}^Q ".encode()
    for tag, vr in (
        (0x00200052, "IS"),  # FrameOfReferenceUID
        (0x00080020, "LO"),  # StudyDate
        (0x00100030, "UI"),  # PatientBirthDate
        (0x00081030, "DS"),  # StudyDescription
        (0x00080090, "UN"),  # ReferringPhysicianName
        (0x00181000, "OB"),  # DeviceSerialNumber
        (0x0018700A, "AS"),  # DetectorID
        (0x00400555, "LO"),  # AcquisitionContextSequence
    ):
        dataset[tag] = RawDataElement(BaseTag(tag), vr, len(name), name, 0, False, True)
    options = ["retain_device_identity", "retain_modified_dates", "clean_descriptors"]
    copy = copied(tmp_path, dataset, options=options)
    (path,) = (tmp_path / "out").rglob("*.dcm")
    assert copy.PatientIdentityRemoved == "YES"
    assert seeded.NAME.encode() not in path.read_bytes()
