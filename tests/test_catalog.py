"""`dv.tags`: what the header says, as tables."""

from __future__ import annotations

import warnings

import pandas as pd
import phantoms
import pydicom
import pytest
from phantoms import item
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag

import dicomview as dv
from dicomview.demo.synthetic import write
from dicomview.elements import COLUMNS
from dicomview.errors import DicomviewError, NothingFound, UnknownChoice
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


def test_every_source_tells_of_the_first_instance(tmp_path):
    pile = phantoms.regular(phantoms.voxels(3))
    paths = write(pile, tmp_path)
    series = read_series(tmp_path)
    for source in (tmp_path, str(tmp_path), paths, paths[0], pile, pile[0], series, series.stack, series[0]):
        values = dv.tags(source).set_index("keyword")["value"]
        assert values["SOPInstanceUID"] == pile[0].SOPInstanceUID
        assert values["InstanceNumber"] == 1


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
    assert table.loc[0].tolist() == ["2 items", "160 bytes", "Phantom^Fictitious", ("DERIVED", "PRIMARY", "AXIAL")]


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


# Errors


def test_one_word_instead_of_a_list():
    with pytest.raises(UnknownChoice, match=r"write dv.tags\(source, \['KVP'\]\)"):
        dv.tags(phantoms.regular(), "KVP")


def test_a_misspelt_keyword_is_no_column_of_nothing():
    with pytest.raises(UnknownChoice, match=r"'InstanceNumbr' is no DICOM keyword; did you mean InstanceNumber"):
        dv.tags(phantoms.regular(), ["Modality", "InstanceNumbr"])


@pytest.mark.parametrize("word", ["", "xyzzy", "(0010,0010)", 0x00100010, None, "kvp"])
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
