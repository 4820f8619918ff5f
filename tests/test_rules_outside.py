"""Family X of the audit: dciodvfy and dcentvfy in the same table."""

from __future__ import annotations

import shutil
from pathlib import Path

import phantoms
import pytest
from faults import change, table, undecided
from oracles import put_raw
from pydicom.data import DATA_ROOT

import dicomview as dv
from dicomview.demo.synthetic import write
from dicomview.errors import MissingExtra
from dicomview.rules import outside
from dicomview.rules.check import UNDECIDED

DATA = Path(DATA_ROOT) / "test_files"
try:
    outside.program("dciodvfy")
    MISSING = False
except MissingExtra:
    MISSING = True
needs_tools = pytest.mark.skipif(MISSING, reason="needs dicom3tools")


@needs_tools
def test_what_they_say_is_in_the_table_without_their_quotes(tmp_path: Path) -> None:
    pile = change(phantoms.regular()[:3], Manufacturer=None)
    put_raw(pile[1], 0x00180015, "CS", b"Fictitious name ")
    write(pile, tmp_path)
    rows = table(tmp_path, dicom3tools=True)
    said = rows[rows["check"] == "X01"]
    missing = said[said["path"] == "Manufacturer"]
    assert missing["n"].tolist() == [3]
    assert missing["severity"].tolist() == ["error"]
    assert set(said["files"].explode()) <= {"0001.dcm", "0002.dcm", "0003.dcm"}
    assert "BodyPartExamined" in set(said["path"])
    assert "V02" in set(rows["check"])  # ours says the same


FILES = (
    "CT_small.dcm", "MR_small.dcm", "rtplan.dcm", "rtdose_1frame.dcm", "reportsi.dcm", "liver_1frame.dcm",
    "SC_rgb_rle.dcm", "no_meta.dcm", "ExplVR_BigEnd.dcm", "examples_palette.dcm", "JPEGLSNearLossless_08.dcm",
)  # fmt: skip
STRICTER = {"Modality", "OperatorsName"}  # of secondary captures and RT series: PS3.3 C.7.3.1, C.8.8.1


@needs_tools
def test_what_an_object_must_have_is_what_dciodvfy_says() -> None:
    compared = 0
    for name in FILES:
        path = DATA / name
        rows = table(path, checks=["U", "V01", "V02", "P05", "P07", "G01", "G17", "X01"])
        said = rows["message"]
        lacking = said.str.contains("Missing attribute") & ~said.str.contains("Conditional|DICOMDIR")
        theirs = {path for path in rows["path"][lacking] if "." not in path}
        ours = set(rows["path"][rows["check"].isin(["V01", "V02"]) & ~said.str.startswith(UNDECIDED)])
        assert theirs <= set(rows["path"][rows["check"] != "X01"]), name
        assert ours <= theirs | STRICTER, name
        compared += len(theirs)
    assert compared > 10


@needs_tools
def test_what_differs_between_files_is_told(tmp_path: Path) -> None:
    pile = phantoms.regular()[:3]
    pile[1].PatientSex = "M"
    write(pile, tmp_path)
    assert "X02" in set(table(tmp_path, dicom3tools=True)["check"])
    write(phantoms.regular()[:3], tmp_path / "sound")
    assert "X02" not in set(table(tmp_path / "sound", dicom3tools=True)["check"])


@needs_tools
def test_what_is_no_file_cannot_be_judged() -> None:
    assert "X01" in undecided(phantoms.regular()[:1], dicom3tools=True)


def test_without_the_programs_the_pip_line_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *args, **options: None)
    with pytest.raises(MissingExtra, match="dicomview\\[dicom3tools\\]"):
        dv.audit(phantoms.regular(), dicom3tools=True, progress=False)
    assert dv.audit(phantoms.regular(), progress=False).empty
