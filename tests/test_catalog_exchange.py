"""Tables as CSV and Parquet: out, and back the same; nothing in them that a spreadsheet would run."""

from __future__ import annotations

import builtins
import csv

import pandas as pd
import phantoms
import pydicom
import pytest
from oracles import bundled_data_sets
from phantoms import item
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

import dicomview as dv
from dicomview.demo.synthetic import write
from dicomview.errors import AlreadyThere, MissingExtra, NothingFound
from dicomview.space import read_series

HOSTILE = [
    '=HYPERLINK("http://x","y")', "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "'quoted", "''",
    "[1, 2]", "[", '"', ",", ";=1", "0x41", "nan", "NA", "null", "None", "(hidden)", "1.0", "007",
    "a\r\nb", "a\rb", "a\nb",
    "<script>alert(1)</script>", "Ünïcödé 山田",
    "a\0b",
    "a\x1b[31mb", "a\\b",
]  # fmt: skip
FORMATS = ["csv", "parquet"]
each_format = pytest.mark.parametrize("suffix", FORMATS)


def round_trip(table, folder, suffix):
    if suffix == "parquet":
        pytest.importorskip("pyarrow")
    path = getattr(table.dicom, f"to_{suffix}")(folder / f"table.{suffix}")
    back = dv.read_tags(path)
    pd.testing.assert_frame_equal(back, table)
    if "value" in table:  # what the comparison of frames forgives
        for one, other in zip(table["value"], back["value"], strict=True):
            assert type(one) is type(other)
            assert repr(one) == repr(other)
    return path


def odd():
    (ds,) = phantoms.regular(phantoms.voxels(1))
    ds.AcquisitionDateTime = "20240229101112.123456-0530"
    ds.StudyTime, ds.PatientAge = "101112.5", "011M"
    ds.FrameIncrementPointer = 0x00181063
    ds.add_new(Tag(0x00091001), "OB", b"\0\1=")
    ds.add_new(Tag(0x00091002), "FD", [float("nan"), float("inf"), -0.1])
    ds.add_new(Tag(0x00091003), "UV", 2**64 - 1)
    ds.RequestAttributesSequence = [item(CodeMeaning="+49 170")]
    return ds


@each_format
def test_every_kind_of_value_comes_back(tmp_path, suffix):
    round_trip(dv.tags(odd()), tmp_path, suffix)


@each_format
@pytest.mark.parametrize("name", ["CT_small.dcm", "rtplan.dcm", "test-SR.dcm", "badVR.dcm", "JPEG2000.dcm"])
def test_real_files_come_back(tmp_path, suffix, name):
    round_trip(dv.tags(pydicom.data.get_testdata_file(name)), tmp_path, suffix)


def test_bundled_files_come_back_from_csv(tmp_path):
    # Every fifth, to be quick.
    tables = [dv.tags(read()) for _, read in list(bundled_data_sets())[::5] if len(read())]
    whole = pd.concat(tables, ignore_index=True)
    assert len(whole) > 2_000
    round_trip(whole, tmp_path, "csv")


@each_format
def test_tables_of_several_come_back(tmp_path, suffix):
    pile = phantoms.regular(phantoms.voxels(4))
    pile[1].StudyDate, pile[2].KVP = "20240229", None
    series = read_series(pile)
    words = ["InstanceNumber", "KVP", "PatientName", "StudyDate", "StudyTime", "ImagePositionPatient", "SOPClassUID"]
    for number, table in enumerate(
        [
            dv.tags(series),
            dv.tags(series).dicom.varying(),
            dv.tags(series).dicom.constant(),
            dv.tags(series, words),
            dv.tags(series, words, identity="hide"),
            dv.tags(series, ["Slice Thickness", (0x0020, 0x0013)]),
            dv.tags(series, identity="hide"),
        ]
    ):
        (tmp_path / str(number)).mkdir()
        round_trip(table, tmp_path / str(number), suffix)


@each_format
def test_comparisons_come_back(tmp_path, suffix):
    untyped = odd()
    for tag, vr, raw in (
        (0x00200013, "IS", b"1_0 "),
        (0x00080020, "DA", b"2024"),
        (0x00080030, "TM", b"25"),
        (0x00180050, "DS", b"1_5 "),
    ):
        untyped[tag] = RawDataElement(Tag(tag), vr, 4, raw, 0, False, True)
    one, other = dv.tags(odd()), dv.tags(untyped)
    for number, table in enumerate([one.dicom.diff(other), other.dicom.diff(one, one, names=["=1", "new", "old"])]):
        (tmp_path / str(number)).mkdir()
        round_trip(table, tmp_path / str(number), suffix)


def hostile_data_set():
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    block = ds.private_block(0x0011, "=ACME", create=True)
    for place, text in enumerate(HOSTILE):
        block.add_new(place, "UT", text)
    block.add_new(0xF0, "LO", HOSTILE[:4])
    ds.PatientComments = HOSTILE[0]
    return ds


@each_format
def test_hostile_text_comes_back(tmp_path, suffix):
    table = dv.tags(hostile_data_set())
    assert set(HOSTILE) - {" =1", "a\\b"} <= {*table["value"].map(str)} | {"\t=1"}
    round_trip(table, tmp_path, suffix)
    (tmp_path / "wide").mkdir()
    round_trip(dv.tags([hostile_data_set()], ["PatientComments"]), tmp_path / "wide", suffix)


def test_no_cell_of_a_csv_is_a_formula(tmp_path):
    path = round_trip(dv.tags([hostile_data_set(), odd()]), tmp_path, "csv")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        cells = [cell for row in csv.reader(stream) for cell in row]
    assert len(cells) > 500
    for cell in cells:
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝")), cell
    assert '\'=HYPERLINK("http://x","y")' in cells


def test_negative_numbers_of_a_csv_stay_numbers(tmp_path):
    ds = phantoms.regular(phantoms.voxels(1), tags={"RescaleIntercept": "-1024"})
    path = dv.tags(ds, ["RescaleIntercept"]).dicom.to_csv(tmp_path / "numbers.csv")
    assert pd.read_csv(path)["RescaleIntercept"].tolist() == [-1024.0]


def test_columns_and_rows_of_the_users_own(tmp_path):
    table = dv.tags(odd())
    table["remark"] = "=mine"
    chosen = table[["path", "value", "vr", *table.columns.difference(["path", "value", "vr"], sort=False)]].iloc[5:9]
    back = dv.read_tags(chosen.dicom.to_csv(tmp_path / "own.csv"))
    assert back.columns.tolist() == chosen.columns.tolist()
    assert back["remark"].tolist() == ["=mine"] * 4
    assert back["value"].tolist() == chosen["value"].tolist()


@each_format
def test_what_a_catalogue_misses_is_missing_in_its_file(tmp_path, suffix):
    if suffix == "parquet":
        pytest.importorskip("pyarrow")
    write(phantoms.regular(phantoms.voxels(1), tags={"StudyDescription": "=1+1"}), tmp_path / "pile")
    (tmp_path / "pile" / "notes.txt").write_text("none")
    files = dv.scan(tmp_path / "pile").files.sort_values("status")
    path = getattr(files.dicom, f"to_{suffix}")(tmp_path / f"files.{suffix}")
    back = dv.read_tags(path)
    for name in ("Modality", "SOPInstanceUID", "PixelSpacing", "StudyDescription", "PatientBirthDate"):
        assert back[name].isna().tolist() == [files[name].isna().iloc[0], True], name
    assert back.loc[0, ["Modality", "PixelSpacing", "StudyDescription"]].tolist() == ["CT", (0.8, 0.7), "=1+1"]


def test_html_shows_hostile_text_as_text():
    table = dv.tags(hostile_data_set())
    with pd.option_context("display.max_rows", 100):
        html = table._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "=HYPERLINK" in html


@each_format
def test_nothing_is_overwritten_unless_told(tmp_path, suffix):
    if suffix == "parquet":
        pytest.importorskip("pyarrow")
    table = dv.tags(odd())
    write = getattr(table.dicom, f"to_{suffix}")
    path = tmp_path / f"there.{suffix}"
    path.write_bytes(b"mine")
    with pytest.raises(AlreadyThere, match=r"there\.\w+ is there already"):
        write(path)
    assert path.read_bytes() == b"mine"
    assert write(str(path), overwrite=True) == path
    assert path.read_bytes() != b"mine"


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(NothingFound, match=r"there is no file .*none\.csv"):
        dv.read_tags(tmp_path / "none.csv")


def test_parquet_without_pyarrow_names_the_line_that_installs_it(tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=r'python -m pip install "dicomview\[parquet\]"'):
        dv.tags(odd()).dicom.to_parquet(tmp_path / "x.parquet")
