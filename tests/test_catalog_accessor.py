"""`table.dicom`: looking up, finding, comparing, what varies."""

from __future__ import annotations

import pandas as pd
import phantoms
import pytest
from phantoms import item
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag

import dicomview as dv
from dicomview.errors import UnknownChoice
from dicomview.space import read_series


def one(**elements):
    (ds,) = phantoms.regular(phantoms.voxels(1), tags=elements)
    return ds


def planned():
    ds = one(PatientComments="Position checked")
    ds.RequestAttributesSequence = [item(CodeValue="POS-1", CodeMeaning="a.b")]
    ds.private_block(0x0011, "ACME POS", create=True).add_new(1, "LO", "x")
    return ds


# Looking up


@pytest.mark.parametrize(
    "key",
    ["SliceThickness", "Slice Thickness", "slice thickness", (0x18, 0x50), 0x00180050, "(0018,0050)", "00180050"],
)
def test_one_value_by_any_name(key):
    assert dv.tags(planned()).dicom[key] == 2.0


def test_a_path_and_a_private_element():
    table = dv.tags(planned())
    assert table.dicom["RequestAttributesSequence[0].CodeValue"] == "POS-1"
    assert table.dicom["(0011,1001)"] == table.dicom[0x0011, 0x1001] == "x"


@pytest.mark.parametrize(
    "key", ["CodeValue", "gantry angle", (0x18, 0x51), 7, "RequestAttributesSequence[9].CodeValue", "(0011,1099)"]
)
def test_a_missing_element_is_na(key):
    assert dv.tags(planned()).dicom[key] is pd.NA
    several = dv.tags([planned(), planned()]).dicom[key]
    assert several.isna().tolist() == [True, True]


@pytest.mark.parametrize(
    ("key", "hint"),
    [("KVPP", "KVP"), ("slicethikness", "SliceThickness"), ("Slice Thicknes", "Slice Thickness"), ("", ""), (None, "")],
)
def test_a_misspelt_element_is_an_error_that_names_the_nearest(key, hint):
    for table in (dv.tags(planned()), dv.tags([planned(), planned()])):
        with pytest.raises(dv.errors.UnknownChoice, match=f"is no DICOM keyword.*{hint}"):
            table.dicom[key]


def test_an_empty_or_damaged_value_is_na():
    ds = one(PatientComments="")
    ds[Tag(0x00180060)] = RawDataElement(Tag(0x00180060), "DS", 4, b"12,5", 0, False, True)
    table = dv.tags(ds)
    assert table.dicom["PatientComments"] is pd.NA
    assert table.dicom["KVP"] is pd.NA
    assert table.set_index("path").loc["KVP", ["raw", "problem"]].tolist() == ["12,5", "is no decimal number (DS)"]


def test_one_value_of_each_instance():
    pile = phantoms.regular(phantoms.voxels(3))
    del pile[1].SliceThickness
    found = dv.tags(pile).dicom["SliceThickness"]
    assert (found.index.tolist(), found.isna().tolist()) == ([0, 1, 2], [False, True, False])
    assert found.dtype == "Float64"


# Finding


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        ("pos-1", ["RequestAttributesSequence[0].CodeValue"]),
        ("^position ch", ["PatientComments"]),
        ("position checked$", ["PatientComments"]),
        ("0018,0050", ["SliceThickness"]),
        ("00180050", ["SliceThickness"]),
        ("Slice Thick", ["SliceThickness"]),
        ("ACME", ["(0011,0010)", "(0011,1001)"]),
        ("CT Image Storage", ["SOPClassUID"]),
        ("no such thing", []),
    ],
)
def test_find(pattern, paths):
    assert dv.tags(planned()).dicom.find(pattern)["path"].tolist() == paths


def test_find_looks_for_a_word_in_every_column():
    found = dv.tags(planned()).dicom.find("pos")["path"].tolist()
    assert {"ImagePositionPatient", "PatientComments", "(0011,0010)", "RequestAttributesSequence[0].CodeValue"} <= {
        *found
    }


def test_find_with_case_and_with_what_is_no_expression():
    table = dv.tags(planned())
    assert table.dicom.find("POS-1", case=True)["path"].tolist() == ["RequestAttributesSequence[0].CodeValue"]
    assert table.dicom.find("pos-1", case=True).empty
    assert table.dicom.find("[0].CodeV")["path"].tolist() == ["RequestAttributesSequence[0].CodeValue"]
    assert table.dicom.find("(((").empty
    nested = [path for path in table["path"] if "[" in path]
    assert table.dicom.find("[")["path"].tolist() == nested == table.dicom.find(r"\[")["path"].tolist()


def test_find_takes_text():
    with pytest.raises(dv.errors.UnknownChoice, match="find takes text, not 3"):
        dv.tags(planned()).dicom.find(3)


def test_find_keeps_columns_index_and_the_users_own_selection():
    table = dv.tags([planned(), planned()])
    found = table[table["instance"] == 1].dicom.find("thickness")
    assert found.columns.tolist() == table.columns.tolist()
    assert table.loc[found.index, "path"].tolist() == ["SliceThickness"]
    assert found["instance"].tolist() == [1]


def test_what_is_hidden_cannot_be_found():
    assert dv.tags(one(), identity="hide").dicom.find("Fictitious").empty


# Comparing


def by_path(table):
    return table.set_index("path")["state"].to_dict()


def test_same_different_and_only_here():
    here, there = one(KVP="120", PatientComments="a"), one(KVP="100", StationName="b")
    diff = dv.tags(here).dicom.diff(dv.tags(there))
    states = by_path(diff)
    assert (states["KVP"], states["Modality"]) == ("different", "same")
    assert (states["PatientComments"], states["StationName"]) == ("only A", "only B")
    row = diff.set_index("path").loc["KVP"]
    assert (row["A"], row["B"]) == (120.0, 100.0)
    assert diff["path"].is_unique
    assert len(diff) == len({*dv.tags(here)["path"]} | {*dv.tags(there)["path"]})


def test_paths_stay_in_their_order():
    here, there = one(PatientComments="a"), one(StationName="b")
    paths = dv.tags(here).dicom.diff(dv.tags(there))["path"].tolist()
    assert (
        paths.index("StationName") < paths.index("PatientName") < paths.index("PatientComments") < paths.index("Rows")
    )


@pytest.mark.parametrize(
    ("here", "there", "tolerance", "state"),
    [
        (["1", "1"], ["1", "1.001"], {}, "different"),
        (["1", "1"], ["1", "1.001"], {"atol": 0.01}, "same"),
        (["1", "1"], ["1", "1.001"], {"rtol": 0.01}, "same"),
        (["1", "1"], ["1", "1.1"], {"rtol": 0.01}, "different"),
    ],
)
def test_numbers_within_a_tolerance(here, there, tolerance, state):
    diff = dv.tags(one(PixelSpacing=here)).dicom.diff(dv.tags(one(PixelSpacing=there)), **tolerance)
    assert by_path(diff)["PixelSpacing"] == state


def test_more_than_two_with_names():
    tables = [dv.tags(one(KVP=kvp)) for kvp in ("120", "120", "100")]
    diff = tables[0].dicom.diff(*tables[1:], names=["jan", "feb", "mar"])
    assert diff.columns.tolist() == ["path", "tag", "keyword", "name", "vr", "jan", "feb", "mar", "state"]
    assert by_path(diff)["KVP"] == "different"
    del (ds := one()).KVP
    assert by_path(dv.tags(ds).dicom.diff(*tables))["KVP"] == "only B, C, D"


def test_values_without_a_type_are_compared_by_their_text():
    pile = [one(), one(), one()]
    for ds, text in zip(pile, (b"12,5", b"12,5", b"12,6"), strict=True):
        ds[Tag(0x00180060)] = RawDataElement(Tag(0x00180060), "DS", 4, text, 0, False, True)
    first, second, third = map(dv.tags, pile)
    assert by_path(first.dicom.diff(second))["KVP"] == "same"
    assert by_path(first.dicom.diff(third))["KVP"] == "different"


def test_long_binaries_of_one_length_are_told_apart():
    here, there = one(), one()
    for ds, byte in ((here, b"a"), (there, b"b")):
        ds.add_new(Tag(0x00091001), "OB", byte * 100)
    assert by_path(dv.tags(here).dicom.diff(dv.tags(there)))["(0009,1001)"] == "different"


def test_what_is_hidden_is_not_compared():
    here, there = (dv.tags(ds, identity="hide") for ds in (one(PatientID="1"), one(PatientID="2")))
    assert by_path(here.dicom.diff(there))["PatientID"] == "hidden"


def test_times_with_and_without_a_zone():
    here, there = one(AcquisitionDateTime="20240229101112"), one(AcquisitionDateTime="20240229101112+0000")
    assert by_path(dv.tags(here).dicom.diff(dv.tags(there)))["AcquisitionDateTime"] == "different"


def test_what_cannot_be_compared():
    table = dv.tags(one())
    with pytest.raises(UnknownChoice, match="this table has several"):
        table.dicom.diff(dv.tags([one(), one()]))
    with pytest.raises(UnknownChoice, match=r"write table.dicom.diff\(dv.tags\(other\)\)"):
        table.dicom.diff(one())
    with pytest.raises(UnknownChoice, match="without keywords"):
        table.dicom.diff(dv.tags(one(), ["KVP"]))
    with pytest.raises(UnknownChoice, match="2 different words"):
        table.dicom.diff(table, names=["x", "x"])


# What varies


def test_varying_and_constant_share_all_paths():
    pile = phantoms.regular(phantoms.voxels(4))
    pile[2].PatientComments = "only here"
    table = dv.tags(read_series(pile))
    varying, constant = table.dicom.varying(), table.dicom.constant()
    assert set(varying.columns) | set(constant["path"]) == set(table["path"])
    assert not set(varying.columns) & set(constant["path"])
    assert {"InstanceNumber", "ImagePositionPatient", "SOPInstanceUID", "PatientComments"} == {*varying.columns}
    assert varying["InstanceNumber"].tolist() == [1, 2, 3, 4]
    assert varying["InstanceNumber"].dtype == "Int64"
    assert varying["PatientComments"].isna().tolist() == [True, True, False, True]
    assert varying.index.name == "instance"
    assert constant.dicom["Modality"] == "CT"
    assert constant.columns.tolist() == dv.tags(pile[0]).columns.tolist()


def test_frames_of_an_enhanced_object_vary_like_slices():
    (ds,) = phantoms.enhanced(phantoms.regular())
    table = dv.tags(read_series(ds))
    assert table["instance"].nunique() == 12
    varying = table.dicom.varying()
    path = "PerFrameFunctionalGroupsSequence[frame].PlanePositionSequence[0].ImagePositionPatient"
    assert [place[2] for place in varying[path]] == [100.0 - 2 * k for k in range(12)]
    assert "Rows" in set(table.dicom.constant()["path"])
    assert not table["path"].str.contains(r"PerFrameFunctionalGroupsSequence\[\d", regex=True).any()


def test_constants_of_two_series_are_compared():
    here, there = (dv.tags(phantoms.regular(phantoms.voxels(3), tags={"KVP": kvp})) for kvp in ("120", "100"))
    states = by_path(here.dicom.constant().dicom.diff(there.dicom.constant()))
    assert (states["KVP"], states["Rows"]) == ("different", "same")


def test_other_tables_say_what_is_missing():
    with pytest.raises(UnknownChoice, match="of one instance"):
        dv.tags(one()).dicom.varying()
    for ask in (lambda t: t.dicom.find("x"), lambda t: t.dicom.constant(), lambda t: t.dicom["KVP"]):
        with pytest.raises(UnknownChoice, match="does not list elements"):
            ask(pd.DataFrame({"a": [1]}))
