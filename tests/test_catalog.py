"""`dv.tags`: what the header says, as tables."""

from __future__ import annotations

import time
import warnings

import pandas as pd
import phantoms
import pydicom
import pytest
from oracles import PYDICOM_FILES, bundled_data_sets
from phantoms import item
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless
from test_files_headers import written

import dicomview as dv
from dicomview.demo.synthetic import write
from dicomview.elements import COLUMNS
from dicomview.errors import DicomviewError, NothingFound, UnknownChoice
from dicomview.quiet import quiet
from dicomview.space import read_series

HOSTILE = "<script>alert(1)</script>"


def damaged(tag, vr, value):
    return RawDataElement(Tag(tag), vr, len(value), value, 0, False, True)


# One instance, every element


def test_one_row_for_each_element():
    (ds,) = phantoms.regular(phantoms.voxels(1))
    ds.RequestAttributesSequence = [item(CodeValue="1")]
    table = dv.tags(ds)
    assert tuple(table.columns) == COLUMNS
    assert len(table) == len(list(ds.iterall()))
    row = table.set_index("path").loc["RequestAttributesSequence[0].CodeValue"]
    assert (row["tag"], row["vr"], row["vm"], row["value"]) == ("(0008,0100)", "SH", 1, "1")
    assert table.set_index("path").loc["ImagePositionPatient", "value"] == phantoms.ORIGIN


def test_every_source_of_one_instance(tmp_path):
    pile = phantoms.regular(phantoms.voxels(3))
    paths = write(pile, tmp_path)
    series = read_series(tmp_path)
    for source in (paths[0], str(paths[0]), [paths[0]], pile[0], pile[:1], series[0]):
        table = dv.tags(source)
        assert tuple(table.columns) == COLUMNS
        meta = 0 if isinstance(source, Dataset) or source == pile[:1] else len(pydicom.dcmread(paths[0]).file_meta)
        assert len(table) == len(list(pile[0].iterall())) + meta
        assert table.dicom["SOPInstanceUID"] == pile[0].SOPInstanceUID
        assert table.dicom["PixelData"] == "160 bytes of pixel data"


def test_every_source_of_several_instances(tmp_path):
    pile = phantoms.regular(phantoms.voxels(3))
    paths = write(pile, tmp_path)
    series = read_series(tmp_path)
    for source in (tmp_path, str(tmp_path), paths, pile, series, series.stack):
        table = dv.tags(source)
        assert tuple(table.columns) == ("instance", *COLUMNS)
        assert table["instance"].unique().tolist() == [0, 1, 2]
        assert table.dicom["InstanceNumber"].tolist() == [1, 2, 3]
        meta = 0 if source is pile else len(pydicom.dcmread(paths[0]).file_meta)
        assert len(table) == 3 * (len(list(pile[0].iterall())) + meta)


def test_every_bundled_file_is_a_table():
    rows = 0
    for name, read in bundled_data_sets():
        ds = read()
        with quiet():
            expected = len(list(read().iterall()))
        table = dv.tags(ds) if len(ds) else []
        assert len(table) == expected, name
        rows += expected
    assert rows > 10_000


def test_files_that_pydicom_ships_are_tables_with_their_pixel_data():
    for path in sorted(PYDICOM_FILES.glob("*.dcm")):
        try:
            table = dv.tags(path)
        except NothingFound:
            continue
        with quiet():
            ds = pydicom.dcmread(path, force=True)
            every = [*ds.file_meta, *ds.iterall()]
            expected = [f"({e.tag.group:04X},{e.tag.element:04X})" for e in every]
        if "instance" not in table and "truncated" not in path.name:
            assert [tag for tag in table["tag"] if ds.file_meta or tag[1:5] != "0002"] == expected, path.name


@pytest.mark.parametrize(
    ("name", "path", "problem"),
    [
        ("rtplan_truncated.dcm", "BeamSequence[0]", "element (300A,00B0) should be 976 bytes long, and 711"),
        ("MR_truncated.dcm", "PixelData", "the pixel data should be 8,192 bytes long, and 8,130 are there"),
    ],
)
def test_the_last_row_of_a_file_that_ends_too_early_says_so(name, path, problem):
    table = dv.tags(PYDICOM_FILES / name)
    assert table["path"].iloc[-1].startswith(path)
    assert problem in table["problem"].iloc[-1]
    assert table["problem"].iloc[:-1].isna().all()


def test_what_stands_behind_the_pixel_data_has_rows_too(tmp_path):
    for syntax in (ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless):
        ds = phantoms.regular(phantoms.voxels(1))[0]
        ds.add_new(0xFFFCFFFC, "OB", bytes(6))
        ds.add_new(0x7FE10010, "LO", "FICTITIOUS")
        ds.add_new(0x7FE11001, "LO", "behind")
        if syntax == RLELossless:
            ds.compress(syntax)
        path = tmp_path / f"{syntax}.dcm"
        path.write_bytes(written(ds, syntax))
        table = dv.tags(path)
        assert table["tag"].tolist()[-4:] == ["(7FE0,0010)", "(7FE1,0010)", "(7FE1,1001)", "(FFFC,FFFC)"]
        said = b"behind" if syntax == ImplicitVRLittleEndian else "behind"  # nobody knows the VR of a private element
        assert table.dicom["(7FE1,1001)"] == said
        assert dv.tags([path], [(0x7FE1, 0x0010)]).iloc[0, 0] == "FICTITIOUS"
        assert dv.tags(path, identity="hide").dicom["(7FE1,1001)"] == "(hidden)"
        path.write_bytes(path.read_bytes()[:-3])  # damaged behind them: what is before is there all the same
        assert dv.tags(path)["tag"].tolist()[-1] in ("(7FE0,0010)", "(7FE1,1001)", "(FFFC,FFFC)")


def test_columns_have_one_dtype_each_whatever_is_in_them():
    for source in (phantoms.regular(phantoms.voxels(1))[0], phantoms.report()):
        dtypes = dv.tags(source).dtypes.astype(str).to_dict()
        assert dtypes.pop("value") == "object"
        assert (dtypes.pop("vm"), dtypes.pop("length")) == ("int64", "Int64")
        assert set(dtypes.values()) == {"string"}


def test_a_data_set_without_elements_is_a_table_without_rows():
    empty, full = dv.tags(pydicom.dataset.Dataset()), dv.tags(phantoms.regular(phantoms.voxels(1))[0])
    assert empty.columns.tolist() == full.columns.tolist()
    assert empty.dtypes.equals(full.dtypes)
    assert len(empty) == 0
    assert set(full.dicom.diff(empty)["state"]) == {"only A"}
    assert pd.isna(empty.dicom["KVP"])


def test_a_table_is_plain_pandas():
    table = dv.tags(phantoms.regular(phantoms.voxels(1))[0])
    assert type(table) is pd.DataFrame
    assert table[table["value"] == "CT"]["keyword"].tolist() == ["Modality"]
    assert table[table["keyword"] == "Modality"]["value"].tolist() == ["CT"]
    assert table.groupby("vr").size()["CS"] > 1


def test_html_is_escaped():
    (ds,) = phantoms.regular(phantoms.voxels(1), description=HOSTILE)
    ds.private_block(0x0011, HOSTILE, create=True).add_new(1, "LO", HOSTILE)
    ds.RequestAttributesSequence = [item(CodeMeaning=HOSTILE)]
    for table in (dv.tags(ds), dv.tags(ds, ["SeriesDescription", "PixelSpacing"])):
        html = table._repr_html_()
        assert "<script" not in html
    with pd.option_context("display.max_rows", 100):
        assert dv.tags(ds)._repr_html_().count("&lt;script&gt;") >= 4
    assert HOSTILE in dv.tags(ds)["value"].tolist()


def test_nothing_is_written_to_the_data_set():
    (ds,) = phantoms.regular(phantoms.voxels(1))
    table = dv.tags(ds)
    table["value"] = "changed"
    assert ds.Modality == "CT"


# Many slices, some elements


def test_one_row_for_each_slice_in_the_order_of_the_series():
    pile = phantoms.regular()
    table = dv.tags(read_series(phantoms.shuffled(pile)), ["InstanceNumber", "SliceThickness", "ImagePositionPatient"])
    assert table["InstanceNumber"].tolist() == list(range(1, 13))
    assert table["InstanceNumber"].dtype.kind == "i"
    assert table["SliceThickness"].tolist() == [2.0] * 12
    assert [place[2] for place in table["ImagePositionPatient"]] == [100.0 - 2 * k for k in range(12)]


def test_one_row_for_each_instance_in_the_order_given(tmp_path):
    pile = phantoms.shuffled(phantoms.regular())
    numbers = [int(ds.InstanceNumber) for ds in pile]
    assert dv.tags(pile, ["InstanceNumber"])["InstanceNumber"].tolist() == numbers
    assert dv.tags(write(pile, tmp_path), ["InstanceNumber"])["InstanceNumber"].tolist() == numbers


def test_columns_stand_in_the_order_asked_for():
    words = ["Modality", "KVP", "InstanceNumber"]
    assert list(dv.tags(phantoms.regular(), words).columns) == words
    assert list(dv.tags(phantoms.regular(), (word for word in words)).columns) == words
    assert list(dv.tags(phantoms.regular(), ["KVP", "KVP"]).columns) == ["KVP", "KVP"]
    assert dv.tags(phantoms.regular(), []).shape == (12, 0)


def test_what_is_absent_empty_or_damaged_is_missing():
    pile = phantoms.regular(phantoms.voxels(4))
    del pile[0].KVP, pile[0].SeriesDescription, pile[0].InstanceNumber
    pile[1].KVP, pile[1].SeriesDescription, pile[1].InstanceNumber = None, "", None
    pile[2][Tag(0x00280106)] = damaged(0x00280106, "US", b"\1\2\3")
    table = dv.tags(pile, ["KVP", "SeriesDescription", "InstanceNumber", "SmallestImagePixelValue", "StationName"])
    assert table["KVP"].isna().tolist() == [True, True, False, False]
    assert table["SeriesDescription"].isna().tolist() == [True, True, False, False]
    assert table["InstanceNumber"].isna().tolist() == [True, True, False, False]
    assert table["InstanceNumber"][3] == 4
    assert table["SmallestImagePixelValue"].isna().all()
    assert table["StationName"].isna().all()


def test_functional_groups_are_looked_into():
    (ds,) = phantoms.enhanced(phantoms.shuffled(phantoms.regular()))
    words = ["InStackPositionNumber", "ImagePositionPatient", "RescaleSlope", "Modality"]
    table = dv.tags(read_series(ds), words)
    assert len(table) == 12
    assert [place[2] for place in table["ImagePositionPatient"]] == [100.0 - 2 * k for k in range(12)]
    assert set(table["RescaleSlope"]) == {1.0}
    assert sorted(table["InStackPositionNumber"]) == list(range(1, 13))


def test_a_slice_of_a_multi_frame_object_is_one_row():
    (ds,) = phantoms.enhanced(phantoms.regular())
    table = dv.tags(read_series(ds)[3], ["ImagePositionPatient"])
    assert table["ImagePositionPatient"].tolist() == [(-20.0, -30.0, 94.0)]


def test_values_that_are_no_plain_ones():
    (ds,) = phantoms.regular(phantoms.voxels(1))
    ds.RequestAttributesSequence = [item(CodeValue="1"), item()]
    table = dv.tags(ds, ["RequestAttributesSequence", "PixelData", "PatientName", "ImageType"])
    assert table.loc[0].to_dict() == {
        "RequestAttributesSequence": "2 items",
        "PixelData": "160 bytes of pixel data",
        "PatientName": "Phantom^Fictitious",
        "PatientName.family": "Phantom",
        "PatientName.given": "Fictitious",
        "ImageType": ("DERIVED", "PRIMARY", "AXIAL"),
    }


def test_damaged_values_neither_raise_nor_warn():
    (ds,) = phantoms.regular(phantoms.voxels(1))
    inner = item()
    inner[Tag(0x00280010)] = damaged(0x00280010, "US", b"\1\2\3")
    ds.RequestAttributesSequence = [inner]
    for tag, vr, value in (
        (0x00100010, "PN", b"\xff\xfe^\x81a"),
        (0x00080005, "CS", b"ISO_IR 9999"),
        (0x00080018, "UI", b"1.2.x\0"),
        (0x00200013, "IS", b"1x3 "),
        (0x00280011, "ZZ", b"abcdef"),
        (0x00180060, "DS", b"12,5"),
    ):
        ds[Tag(tag)] = damaged(tag, vr, value)
    words = ["PatientName", "SOPInstanceUID", "InstanceNumber", "Columns", "KVP", "RequestAttributesSequence"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dv.tags(ds)
        table = dv.tags(ds, words)
    assert table["RequestAttributesSequence"][0] == "1 item"
    assert table["Columns"].isna().all()


def test_a_report_has_tags_though_no_picture():
    report = phantoms.report()
    assert dv.tags(read_series(report), ["Modality"])["Modality"].tolist() == ["SR"]
    assert len(dv.tags(report)) == len(list(report.iterall()))


def test_real_files():
    ds = pydicom.dcmread(pydicom.data.get_testdata_file("CT_small.dcm"))
    row = dv.tags(ds, ["Manufacturer", "KVP", "SliceThickness", "PixelSpacing"]).loc[0]
    assert row.tolist() == ["GE MEDICAL SYSTEMS", 120.0, 5.0, (0.661468, 0.661468)]


# Columns have the dtype of their VR


def test_columns_are_typed_by_vr_and_dictionary():
    pile = phantoms.regular(phantoms.voxels(3))
    for number, ds in enumerate(pile):
        ds.StudyDate, ds.StudyTime, ds.PatientAge = "20240229", "101112.5", "042Y"
        ds.Exposure, ds.AcquisitionDateTime = number, "20240229101112+0100"
    del pile[1].StudyDate, pile[1].StudyTime, pile[1].Exposure, pile[1].PatientAge, pile[1].AcquisitionDateTime
    words = ["StudyDate", "StudyTime", "PatientAge", "Exposure", "KVP", "Rows", "Modality", "SoftwareVersions"]
    table = dv.tags(pile, [*words, "AcquisitionDateTime"])
    assert table.dtypes.astype(str).to_dict() == {
        "StudyDate": "datetime64[s]",
        "StudyTime": "timedelta64[us]",
        "PatientAge": "Float64",
        "Exposure": "Int64",
        "KVP": "Float64",
        "Rows": "Int64",
        "Modality": "string",
        "SoftwareVersions": "object",
        "AcquisitionDateTime": "object",
    }
    assert table["Exposure"].tolist() == [0, pd.NA, 2]
    assert table["StudyTime"][0] == pd.Timedelta("10:11:12.5")
    assert table["AcquisitionDateTime"][0].utcoffset() == pd.Timedelta(hours=1)
    assert table["StudyDate"].isna().tolist() == [False, True, False]


def test_the_dtype_does_not_depend_on_the_values():
    pile = phantoms.regular(phantoms.voxels(2))
    words = ["InstanceCreationDate", "Exposure", "PatientAge", "PatientComments", "LossyImageCompressionRatio"]
    table = dv.tags(pile, words)
    assert table.isna().all().all()
    assert table.dtypes.astype(str).tolist() == ["datetime64[s]", "Int64", "Float64", "string", "object"]


def test_a_file_with_another_vr_than_the_dictionary_is_read_as_the_latter():
    pile = phantoms.regular(phantoms.voxels(3))
    for ds, value in zip(pile, (b"120 ", b"fast", b"100 "), strict=True):
        ds[Tag(0x00180060)] = damaged(0x00180060, "LO", value)
    table = dv.tags(pile, ["KVP"])
    assert table["KVP"].tolist() == [120.0, pd.NA, 100.0]
    assert table["KVP"].dtype == "Float64"


def test_numbers_that_do_not_fit_the_column_are_missing():
    pile = phantoms.regular(phantoms.voxels(4))
    for ds, (vr, value) in zip(
        pile, [("FL", b"\0\0\xc0\x7f"), ("UL", b"\5\0\0\0"), ("SH", b"7 "), ("US", b"\5\0")], strict=True
    ):
        ds[Tag(0x00280106)] = damaged(0x00280106, vr, value)
    assert dv.tags(pile, ["SmallestImagePixelValue"])["SmallestImagePixelValue"].tolist() == [pd.NA, 5, pd.NA, 5]


def test_the_largest_numbers_keep_every_digit():
    pile = phantoms.regular(phantoms.voxels(2))
    pile[0].add_new(Tag(0x00081234), "UV", 2**64 - 1)
    assert dv.tags(pile, [(0x0008, 0x1234)])["(0008,1234)"].tolist() == [2**64 - 1, pd.NA]


def test_functional_groups_that_are_none():
    (ds,) = phantoms.regular(phantoms.voxels(1))
    ds[Tag(0x52009230)] = damaged(0x52009230, "LO", b"nonsense")
    assert dv.tags(ds, ["Modality"])["Modality"].tolist() == ["CT"]


# An element by any of its names


def test_keyword_name_tag_and_path_name_the_same():
    pile = phantoms.regular(phantoms.voxels(2))
    for ds in pile:
        ds.RequestAttributesSequence = [item(), item(CodeValue="7")]
        ds.private_block(0x0011, "ACME", create=True).add_new(1, "DS", "1.5")
    words = ["SliceThickness", "Slice Thickness", (0x0018, 0x0050), 0x00180050, "(0018,0050)", Tag(0x00180050)]
    table = dv.tags(pile, words)
    assert list(table.columns) == ["SliceThickness", "Slice Thickness", *["SliceThickness"] * 4]
    assert table.to_numpy().tolist() == [[2.0] * 6] * 2
    deep = dv.tags(pile, ["RequestAttributesSequence[1].CodeValue", "RequestAttributesSequence[2].CodeValue"])
    assert deep.iloc[:, 0].tolist() == ["7", "7"]
    assert deep.iloc[:, 1].isna().all()
    assert dv.tags(pile, [(0x0011, 0x1001)])["(0011,1001)"].tolist() == [1.5, 1.5]
    assert dv.tags(pile[0], ["(0011,1001)"]).shape == (1, 1)


def test_file_meta_information_can_be_asked_for(tmp_path):
    paths = write(phantoms.regular(phantoms.voxels(2)), tmp_path)
    assert dv.tags(paths, ["TransferSyntaxUID"])["TransferSyntaxUID"].tolist() == ["1.2.840.10008.1.2.1"] * 2
    assert dv.tags(pydicom.dataset.Dataset(), ["TransferSyntaxUID"]).isna().all().all()


# Identity


def test_hidden_in_every_table(monkeypatch):
    pile = phantoms.regular(phantoms.voxels(2), tags={"PatientBirthDate": "19700101", "OperatorsName": "Op^Erator"})
    words = ["PatientName", "PatientBirthDate", "OperatorsName", "StudyDate", "Modality"]
    monkeypatch.setenv("DICOMVIEW_IDENTITY", "hide")
    for table in (dv.tags(pile), dv.tags(pile[0]), dv.tags(pile, words), dv.tags(pile, words, identity="show")):
        text = table.to_csv() + table._repr_html_() + repr(table)
        for secret in ("Phantom", "Fictitious", "1970", "Erator"):
            assert secret not in text
    table = dv.tags(pile, words)
    assert table.loc[0, ["PatientName", "PatientName.family", "PatientBirthDate"]].tolist() == ["(hidden)"] * 3
    assert table["Modality"].tolist() == ["CT", "CT"]
    monkeypatch.delenv("DICOMVIEW_IDENTITY")
    assert dv.tags(pile, words)["PatientName"][0] == "Phantom^Fictitious"
    assert dv.tags(pile, words, identity="hide")["PatientName"][0] == "(hidden)"


def test_in_a_column_what_does_not_fit_its_vr_is_hidden_and_the_rest_is_not():
    pile = phantoms.regular(phantoms.voxels(2))
    with pytest.warns(UserWarning, match="Invalid value"):
        pile[1].ImageType, pile[1].Modality = ["DERIVED", "of Mr Secret"], "CT, of Mr Secret"
        pile[1].add_new(0x00180050, "CS", "2.5")  # a number tells nothing, whatever it is stored as
    table = dv.tags(pile, ["ImageType", "Modality", "SliceThickness"], identity="hide")
    assert table["ImageType"].tolist() == [tuple(pile[0].ImageType), "(hidden)"]
    assert table["Modality"].tolist() == ["CT", "(hidden)"]
    assert table["SliceThickness"][1] == 2.5
    assert "Secret" not in dv.tags(pile, identity="hide").to_csv()


def test_what_is_below_a_hidden_sequence_is_hidden_by_keyword_too():
    (ds,) = phantoms.regular(phantoms.voxels(1))
    ds.RequestAttributesSequence = [item(CodeValue="SECRET")]
    table = dv.tags(ds, ["RequestAttributesSequence[0].CodeValue"], identity="hide")
    assert table.iloc[0, 0] == "(hidden)"


def test_a_sequence_in_which_the_file_ends_is_listed_as_far_as_it_goes(tmp_path):
    path = pydicom.data.get_testdata_file("rtplan_truncated.dcm")
    table, whole = dv.tags(path), dv.tags(pydicom.dcmread(path))
    listed = table[~table["tag"].str.startswith("(0002")]
    assert listed["path"].tolist() == whole["path"].tolist()
    assert listed["value"].tolist()[:-1] == whole["value"].tolist()[:-1]
    assert listed["value"].iloc[-1] is None  # it may be half a value
    assert listed["raw"].iloc[-1] == whole["raw"].iloc[-1]
    assert "the file ends within its header" in listed["problem"].iloc[-1]
    assert dv.tags([path], ["BeamSequence[0].BeamName"]).isna().all(axis=None)  # nobody counts on half of it
    (ds,) = phantoms.regular(phantoms.voxels(1))
    del ds.PixelData
    ds.BeamSequence = [item(BeamName="one")]
    ds.save_as(tmp_path / "whole.dcm", enforce_file_format=True)
    content = (tmp_path / "whole.dcm").read_bytes()
    begins = content.index(b"\x0a\x30\xb0\x00")
    for size in range(12, len(content) - begins):
        (tmp_path / "cut.dcm").write_bytes(content[: begins + size])
        found = dv.tags(tmp_path / "cut.dcm")
        assert ("BeamSequence" in found["keyword"].tolist()) == (size >= 20), size  # its first item begins
        assert "the file ends within its header" in found["problem"].iloc[-1]


def test_every_name_of_a_person_is_hidden_by_keyword_too():
    (ds,) = phantoms.regular(phantoms.voxels(1))
    ds.add_new(0x00080070, "PN", "Secret^One")  # the dictionary says LO
    ds.add_new(0x00189999, "PN", "Secret^Two")  # of this it knows nothing
    table = dv.tags([ds], ["Manufacturer", 0x00189999, "Modality"], identity="hide")
    assert table.loc[0, ["Manufacturer", "(0018,9999)", "Modality"]].tolist() == ["(hidden)", "(hidden)", "CT"]
    assert "ecret" not in table.to_csv()


# Speed, with room for a machine that is busy: it is the order that counts


def test_a_header_is_a_table_in_no_time():
    path = pydicom.data.get_testdata_file("CT_small.dcm")  # 262 elements
    times = []
    for _ in range(5):
        ds = pydicom.dcmread(path)
        begin = time.perf_counter()
        dv.tags(ds)
        times.append(time.perf_counter() - begin)
    assert min(times) < 0.1


# Errors


def test_one_word_instead_of_a_list():
    with pytest.raises(UnknownChoice, match=r"write dv.tags\(source, \['KVP'\]\)"):
        dv.tags(phantoms.regular(), "KVP")


def test_a_misspelt_keyword_is_no_column_of_nothing():
    with pytest.raises(
        UnknownChoice, match=r"'InstanceNumbr' is no DICOM keyword, name, tag or path; did you mean Inst"
    ):
        dv.tags(phantoms.regular(), ["Modality", "InstanceNumbr"])


@pytest.mark.parametrize(
    "word", ["", "xyzzy", "(0010,001)", -1, 1 << 32, None, "kvp", True, (1, 2, 3), "Rows[0]", "Rows.x"]
)
def test_what_is_no_keyword(word):
    with pytest.raises(UnknownChoice, match="is no DICOM keyword"):
        dv.tags(phantoms.regular(), [word])


@pytest.mark.parametrize("source", ["/no/such/folder", []])
def test_nothing_there(source):
    with pytest.raises(NothingFound):
        dv.tags(source)


def test_errors_name_no_patient():
    for wish in (["PatientNam"], "PatientName"):
        with pytest.raises(DicomviewError) as caught:
            dv.tags(phantoms.regular(), wish)
        assert "Fictitious" not in str(caught.value)


def test_a_damaged_number_of_rows_does_not_lose_the_instance():
    pile = phantoms.regular(phantoms.voxels(3))
    pile[1][Tag(0x00280010)] = damaged(0x00280010, "US", b"\1\2\3")
    assert dv.tags(pile, ["InstanceNumber"])["InstanceNumber"].tolist() == [1, 2, 3]


def test_the_path_of_a_frame_is_a_column():
    pile = phantoms.regular(phantoms.voxels(4))
    series = read_series(phantoms.enhanced(pile))
    path = "PerFrameFunctionalGroupsSequence[frame].PlanePositionSequence[0].ImagePositionPatient"
    assert path in set(dv.tags(series)["path"])
    column = dv.tags(series, [path])[path]
    assert column.tolist() == [tuple(one.place.position) for one in series]
    assert len(set(column)) == 4
