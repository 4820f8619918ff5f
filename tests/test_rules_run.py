"""The audit as a whole: what it takes, what it gives back, and that sound data have no findings."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import pandas as pd
import phantoms
import pytest
from faults import found, from_columns, table
from oracles import put_raw
from pydicom import config
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement

import dicomview as dv
from dicomview.demo.synthetic import write
from dicomview.errors import NothingFound, UnknownChoice
from dicomview.files import Location
from dicomview.rules.check import CHECKS

SAMPLES = Path(__file__).parent.parent / "sample_data"
COLUMNS = [
    "check", "name", "severity", "level", "where", "tag", "path", "value", "expected", "message", "n", "files",
    "standard",
]  # fmt: skip


@pytest.mark.parametrize("name", ["ct_chest", "mr_head"])
def test_the_sound_sample_data_have_no_findings(name: str) -> None:
    assert table(SAMPLES / name).empty
    assert table(SAMPLES / name).columns.tolist() == COLUMNS


@pytest.mark.parametrize(
    ("name", "check"), [("missing_slice", "G08"), ("gantry_tilt", "G11"), ("mixed_localizer", "G06")]
)
def test_the_broken_sample_data_have_theirs(name: str, check: str) -> None:
    assert table(SAMPLES / "broken" / name).loc[0, "check"] == check


def test_several_series_are_one_table_the_worst_first() -> None:
    findings = table(SAMPLES / "broken")
    assert {"G06", "G08", "G11"} <= set(findings["check"])
    assert findings["severity"].is_monotonic_decreasing
    assert (findings["severity"] >= "warning").sum() == 3
    assert findings.index.tolist() == list(range(len(findings)))


def test_it_takes_what_read_series_takes_and_what_that_gives(tmp_path: Path) -> None:
    pile = phantoms.missing()
    series = dv.read_series(pile)
    sources = [pile, series, series.stack, [series], [series.stack, *phantoms.regular()[:0]]]
    assert {frozenset(found(source)) for source in sources} == {frozenset({"G08", "G17"})}
    assert found(write(pile, tmp_path)) == found(tmp_path) == {"G08", "G17"}
    assert found([series, dv.read_series(phantoms.regular(modality="MR", seed="another"))]) == {"G08", "G17"}
    assert found(series[0]) == {"G18"}
    with pytest.raises(NothingFound):
        dv.audit(tmp_path / "nowhere")


def test_checks_are_chosen_by_id_and_family() -> None:
    pile = phantoms.missing()
    assert set(table(pile, checks="G08")["check"]) == {"G08"}
    assert set(table(pile, checks="G")["check"]) == {"G08", "G17"}
    assert set(table(pile, checks=["G17", "P"])["check"]) == {"G17"}
    for wrong in ("G99", "missing", ["G08", "Q"]):
        with pytest.raises(UnknownChoice, match="families are F, U, V, G, P, M, N, A, D, X"):
            dv.audit(pile, checks=wrong)


def test_most_checks_open_no_file_of_a_catalogue_again(monkeypatch: pytest.MonkeyPatch) -> None:
    catalogs = [dv.scan(SAMPLES / name, progress=False) for name in ("ct_chest", "mr_head")]
    overview = dv.checks()
    ordinary = overview[~overview.index.str.startswith(("A", "X")) & ~overview.index.isin(["P02", "P03", "P04", "P09"])]
    assert ordinary["columns"].mean() > 0.6
    assert not overview.drop(ordinary.index)["columns"].any()

    opened: list[object] = []
    for owner, name in ((os, "open"), (Location, "open")):
        true = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda *of, true=true, **more: opened.append(of) or true(*of, **more))
    for catalog in catalogs:
        for number in overview.index[overview["columns"]]:
            assert dv.audit(catalog, checks=number, progress=False).empty
        told = dv.audit(catalog, checks="columns", progress=False)
        assert "need whole headers" in str(told.attrs["not_looked_at"])
        assert told.attrs["checks"] == tuple(overview.index[overview["columns"]])
        assert not opened
        dv.audit(catalog, checks=["columns", "V01"], progress=False)
        assert len(opened) >= len(catalog.files)
        opened.clear()


@pytest.mark.parametrize("name", ["ct_chest", "mr_head", "broken", "."])
def test_a_folder_is_scanned_for_the_checks_of_columns(name: str, tmp_path: Path) -> None:
    told, full = dv.audit(SAMPLES / name, checks="columns", progress=False), dv.audit(SAMPLES / name, progress=False)
    enough = dv.checks()["columns"]
    assert told.to_numpy().tolist() == full[full["check"].map(enough)].to_numpy().tolist()


def test_a_catalogue_that_hides_who_it_is_is_audited_as_the_files_are(tmp_path: Path) -> None:
    """Where all names are hidden they are alike, and two patients look like one."""
    pile = phantoms.regular()
    pile[3].PatientID = "another"
    write(pile, folder := tmp_path / "pile")
    for identity in ("show", "hide"):
        catalog = dv.scan(folder, cache=tmp_path / f"{identity}.parquet", identity=identity, progress=False)
        again = dv.scan(folder, cache=tmp_path / f"{identity}.parquet", identity=identity, progress=False)
        for one in (catalog, again):
            findings = dv.audit(one, checks="columns", progress=False)
            assert set(findings["check"]) == {"U06"}
            assert (findings.loc[0, "files"] == ("(hidden)",)) == (identity == "hide")


def test_an_audit_says_that_a_scan_was_interrupted() -> None:
    catalog = dv.scan(phantoms.regular(), progress=False)
    assert "interrupted" not in str(dv.audit(catalog, progress=False).attrs["not_looked_at"])
    catalog.complete = False
    for source, checks in ((catalog, None), (catalog, "columns"), ([catalog], "G")):
        findings = dv.audit(source, checks=checks, progress=False)
        assert "interrupted" in str(findings.attrs["not_looked_at"])


@pytest.mark.parametrize(
    ("keyword", "values", "others"),
    [
        ("SOPClassUID", ("1.2.840.10008.5.1.4.1.1.2", ["1.2.840.10008.5.1.4.1.1.2", "1.2"]), {}),
        ("RescaleSlope", ("1", None), {"Modality": "OT"}),
        ("RescaleSlope", ("1", "0"), {}),
        ("StudyTime", ("12", "13"), {}),
        ("StudyTime", ("12", "120000.00"), {}),
        ("StudyTime", ("235960", "000000"), {}),
        ("StudyTime", ("noon", "120000"), {}),
        ("StudyDate", ("20200101", "2020.01.01"), {}),
        ("StudyDate", ("00200101", "00200102"), {"PatientBirthDate": "00100101", "PatientAge": "099Y"}),
        ("SeriesNumber", ("1", "01"), {}),
        ("InstanceNumber", ("1", "2"), {}),
        ("InstanceNumber", ("1", "9" * 20), {}),
        ("PatientID", ("A" * 1030, "A" * 1029 + "B"), {}),
        ("PatientID", ("A", None), {}),
        ("Modality", ("CT", "ct"), {}),
    ],
)
def test_odd_values_are_told_by_a_catalogue_as_by_the_files(
    keyword: str, values: tuple[Any, Any], others: dict[str, str]
) -> None:
    pile = phantoms.regular()
    for k, ds in enumerate(pile):
        for word, value in {**others, keyword: values[k % 2]}.items():
            if value is None:
                del ds[word]
            else:
                ds[word] = DataElement(word, dictionary_VR(word), value, validation_mode=config.IGNORE)
    from_columns(pile, dv.audit(pile, progress=False))


def test_a_file_that_goes_or_changes_after_the_scan_is_told(tmp_path: Path) -> None:
    pile = phantoms.regular()
    for one in pile:
        one.PhotometricInterpretation = "PALETTE COLOR"  # their files are opened again
    write(pile, tmp_path)
    catalog = dv.scan(tmp_path, progress=False)
    gone, junk, *_ = sorted(tmp_path.rglob("*.dcm"))
    gone.unlink()
    junk.write_bytes(b"no DICOM")
    assert {"F01", "F16"} <= set(dv.audit(catalog, checks="columns", progress=False)["check"])


def test_a_fault_of_many_files_is_one_row_and_its_values_are_few() -> None:
    pile = phantoms.regular()
    for k, one in enumerate(pile):
        one.WindowCenter, one.WindowWidth = "40", f"0.{k}"
    (row,) = table(pile).itertuples()
    assert row.n == len(row.files) == len(pile)
    assert row.value == "0.0, 0.1, 0.2 and 9 more"


def test_every_check_is_explained() -> None:
    overview = dv.explain()
    assert isinstance(overview, pd.DataFrame)
    assert overview.index.tolist() == sorted(CHECKS)
    assert not (overview[["name", "rule", "why", "todo"]] == "").any(axis=None)
    assert overview["name"].is_unique
    assert set(overview["severity"]) == {"error", "warning", "info"}
    assert set(overview["level"]) <= {"file", "series", "study", "patient", "dataset"}
    text = repr(dv.explain("G08"))
    assert text.startswith("G08 missing_slices (error")
    assert repr(dv.explain("g08")) == text
    for wrong in ("G", "missing_slices", 8):
        with pytest.raises(UnknownChoice):
            dv.explain(wrong)


def test_every_check_has_a_fault_in_the_tests() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_rules_*.py"))
    assert [number for number in CHECKS if f'"{number}"' not in tests] == []


def test_the_display_fits_a_screen_and_escapes_what_is_in_it() -> None:
    pile = phantoms.missing()
    put_raw(pile[2], 0x00280004, "CS", b"<script>x")
    findings = table(pile)
    page = findings._repr_html_()
    assert page is not None
    assert "<script>" not in page
    assert "&lt;script&gt;x" in page
    assert "P05" in page
    assert "sharing=True" in page
    assert max(map(len, repr(findings).splitlines())) < 260
    assert repr(findings).splitlines()[0].startswith(f"{len(findings)} findings: ")
    assert repr(table(phantoms.regular())).startswith("No findings\nNot looked at")


@pytest.mark.parametrize("road", ["argument", "environment", "catalogue"])
def test_where_identity_is_hidden_no_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, road: str) -> None:
    folder = tmp_path / "Fictitious_Phantom"
    write(phantoms.missing(), folder)
    (folder / "Fictitious_Phantom.zip").write_bytes(b"PK\3\4 and no archive")
    source: Any = dv.scan(folder, identity="hide") if road == "catalogue" else folder
    if road == "environment":
        monkeypatch.setenv("DICOMVIEW_IDENTITY", "hide")
    options: dict[str, Any] = {"identity": "hide"} if road == "argument" else {}
    findings = table(source, sharing=True, **options)
    for text in (findings.to_csv(), findings.to_json(), repr(findings), findings._repr_html_()):
        assert "Fictitious" not in text
        assert "0001.dcm" not in text
    gap = findings.set_index("check").loc["G08"]
    assert (gap["files"], gap["n"]) == (("(hidden)",), 2)
    assert {"A05", "F03"} <= set(findings["check"])
    with pytest.raises(UnknownChoice, match="identity is 'hid'"):
        dv.audit(folder, identity="hid")  # type: ignore[arg-type]


def test_the_table_is_a_data_frame_in_all_it_does(tmp_path: Path) -> None:
    findings = table(phantoms.missing())
    assert isinstance(findings, pd.DataFrame)
    worst = findings[findings["severity"] >= "error"]
    assert worst["check"].tolist() == ["G08"]
    assert "1 finding: 1 error" in repr(worst)
    assert repr(findings[["check", "n"]]) == repr(pd.DataFrame(findings)[["check", "n"]])
    assert findings.groupby("check", observed=True).size().to_dict() == {"G08": 1, "G17": 1}
    findings.drop(columns="files").to_csv(tmp_path / "findings.csv", index=False)
    back = pd.read_csv(tmp_path / "findings.csv", keep_default_na=False)
    assert back["message"].tolist() == findings["message"].tolist()
    assert pd.concat([findings, findings])["check"].tolist() == ["G08", "G17"] * 2


def test_a_check_that_stumbles_over_the_data_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumbles(one: Any) -> Any:
        raise ZeroDivisionError(one.tags.text("PatientName"))
        yield

    monkeypatch.setitem(CHECKS, "P01", dataclasses.replace(CHECKS["P01"], run=stumbles))
    (row,) = dv.audit(phantoms.regular(), progress=False).itertuples()
    assert (row.check, row.severity, row.n) == ("P01", "info", 12)
    assert row.message == "not decided: what is in the file stopped the check (ZeroDivisionError)"


def test_all_checks_are_listed_with_their_sentences() -> None:
    listed = dv.checks()
    pd.testing.assert_frame_equal(listed, dv.explain())
    assert len(listed) >= 77
    assert listed["rule"].str.endswith((".", ")", "…")).all()


def test_a_folder_without_dicom_is_told_not_raised(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing here")
    assert found(tmp_path) == {"F01"}
