"""Tables and the DICOM JSON model as files: pandas, pydicom and DCMTK read the same out of them."""

from __future__ import annotations

import json
import math
import subprocess
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import phantoms
import pytest
from conftest import CLONE
from oracles import PYDICOM_FILES, bundled, put_raw, tool
from pydicom.dataset import Dataset

import dicomview as dv
from dicomview import errors, export
from dicomview.quiet import quiet

SECRETS = ("Fictitious", "FICTITIOUS")


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_tables_of_tags_come_back_the_same(ending, tmp_path):
    path = export.table(CLONE / "sample_data" / "mr_head" / "0001.dcm", tmp_path / f"tags{ending}")
    pd.testing.assert_frame_equal(dv.read_tags(path), dv.tags(CLONE / "sample_data" / "mr_head" / "0001.dcm"))
    path = export.table(phantoms.regular(), tmp_path / f"kvp{ending}", keywords=["InstanceNumber", "KVP", "StudyDate"])
    assert dv.read_tags(path)["InstanceNumber"].tolist() == list(range(1, 13))
    with pytest.raises(errors.AlreadyThere):
        export.table(phantoms.regular(), path)


def test_every_table_of_a_catalogue_in_every_format(tmp_path):
    catalog = dv.scan(phantoms.regular())
    for name in ("files", "series", "stacks", "studies"):
        frame = getattr(catalog, name)
        for ending, read in ((".csv", dv.read_tags), (".parquet", pd.read_parquet), (".json", pd.read_json)):
            path = export.table(frame, tmp_path / f"{name}{ending}")
            back = read(path)
            assert list(back.columns) == list(frame.columns)
            assert len(back) == len(frame)
    records = json.loads(export.table(catalog, tmp_path / "all.json").read_text(encoding="utf-8"))
    assert records[3]["InstanceNumber"] == 4
    assert records[3]["PixelSpacing"] == [0.8, 0.7]
    assert records[3]["StudyDate"] == "2026-01-01T00:00:00"
    assert records[3]["EchoTime"] is None
    stack = json.loads((tmp_path / "stacks.json").read_text())[0]
    assert (stack["shape"], stack["verdict"]) == ([12, 10, 8], "OK")


def test_who_the_patient_is_can_be_left_out(tmp_path, monkeypatch):
    pile = phantoms.regular()
    for source in (pile, dv.scan(pile)):
        for ending in (".csv", ".json"):
            kind = type(source).__name__
            open_, hidden = tmp_path / f"{kind}-open{ending}", tmp_path / f"{kind}-hidden{ending}"
            assert "FICTITIOUS" in export.table(source, open_).read_text(encoding="utf-8")
            text = export.table(source, hidden, identity="hide").read_text(encoding="utf-8")
            assert not any(secret in text for secret in SECRETS)
            assert "(hidden)" in text
            assert pile[0].StudyInstanceUID in text
    assert "FICTITIOUS" in export.json(pile, tmp_path / "open.json").read_text()
    monkeypatch.setenv("DICOMVIEW_IDENTITY", "hide")
    text = export.json(pile, tmp_path / "hidden.json").read_text()
    assert not any(secret in text for secret in SECRETS)
    with pytest.raises(errors.UnknownChoice, match="identity"):
        export.table(dv.tags(pile), tmp_path / "no.csv", identity="hide")
    with pytest.raises(errors.UnknownChoice, match=r"\.csv or \.parquet or \.json"):
        export.table(pile, tmp_path / "no.xlsx")


FILES = (
    "CT_small.dcm", "MR_small_bigendian.dcm", "rtplan.dcm", "rtstruct.dcm", "test-SR.dcm", "reportsi.dcm",
    "nested_priv_SQ.dcm", "liver_1frame.dcm", "examples_overlay.dcm", "UN_sequence.dcm",
)  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_pydicom_reads_the_header_out_of_the_model(name, tmp_path):
    (found,) = json.loads(export.json(PYDICOM_FILES / name, tmp_path / "out.json").read_text(encoding="utf-8"))
    with quiet():
        back, expected = Dataset.from_json(found), bundled(name)
        for tag in [tag for tag in expected.keys() if tag.group >= 0x7FE0 or tag.element == 0]:  # noqa: SIM118
            del expected[tag]
        assert [element.tag for element in back] == [element.tag for element in expected]
        _same(back, expected)


def _same(back: Dataset, expected: Dataset) -> None:
    for element in expected:
        if element.tag.element == 0:  # group lengths are of the file, not of what is in it
            continue
        ours = back[element.tag]
        if element.keyword == "SpecificCharacterSet":
            assert ours.value == "ISO_IR 192"
        elif element.VR == "SQ":
            assert len(ours.value) == len(element.value)
            for one, other in zip(ours.value, element.value, strict=True):
                _same(one, other)
        elif element.VR in ("OW", "OF", "OD", "OL") and expected.original_encoding[1] is False:
            assert ours.value == np.frombuffer(element.value, ">u2").astype("<u2").tobytes()
        elif element.VR in ("DS", "FL", "FD"):
            assert np.allclose(np.array(ours.value or 0, float), np.array(element.value or 0, float))
        else:
            assert ours.value == element.value or (ours.is_empty and not str(element.value).strip()), element.tag


@pytest.mark.parametrize("name", ["CT_small.dcm", "rtplan.dcm", "test-SR.dcm"])
def test_the_model_is_that_of_dcmtk(name, tmp_path):
    (ours,) = json.loads(export.json(PYDICOM_FILES / name, tmp_path / "ours.json").read_text(encoding="utf-8"))
    done = subprocess.run(
        [tool("dcm2json"), "-q", PYDICOM_FILES / name], capture_output=True, timeout=60, check=True
    )  # fmt: skip
    theirs = json.loads(done.stdout.decode("utf-8"))
    without = [tag for tag in theirs if tag >= "7FE0" or tag.endswith("0000") or tag.startswith("0002")]
    for tag in without:
        del theirs[tag]
    assert set(ours) == set(theirs)
    for tag, element in theirs.items():
        if int(tag[:4], 16) % 2 == 0:  # DCMTK knows other private elements
            assert _trimmed(ours[tag]) == _trimmed(element), tag


def _trimmed(node: Any) -> Any:
    """Without blanks around text and without nulls, of which DCMTK has its own way."""
    if isinstance(node, dict):
        return {name: _trimmed(one) for name, one in node.items() if _trimmed(one) not in ([], None, {})}
    if isinstance(node, list):
        return [one for one in map(_trimmed, node) if one is not None]
    return node.strip() if isinstance(node, str) else node


def test_damaged_values_are_kept_and_the_data_set_stays_as_it_is(tmp_path):
    dataset = phantoms.regular()[0]
    put_raw(dataset, 0x00180050, "DS", b"2 mm")
    put_raw(dataset, 0x00081030, "LO", b"Caf\xe9")
    put_raw(dataset, 0x00280011, "US", b"\x08")
    dataset.add_new(0x00189087, "FD", math.nan)
    dataset.PatientName = "Yamada^Tarou=\u5c71\u7530^\u592a\u90ce"
    before = dict(dataset.items())
    (found,) = json.loads(export.json(dataset, tmp_path / "out.json").read_text(encoding="utf-8"))
    assert dict(dataset.items()) == before
    assert found["00180050"] == {"vr": "DS", "Value": ["2 mm"]}
    assert found["00280011"]["vr"] == "UN"
    assert found["00189087"] == {"vr": "FD", "Value": ["NaN"]}
    assert found["00100010"]["Value"] == [{"Alphabetic": "Yamada^Tarou", "Ideographic": "\u5c71\u7530^\u592a\u90ce"}]
    assert found["00280010"] == {"vr": "US", "Value": [10]}
    assert "7FE00010" not in found
    assert date.fromisoformat(found["00080020"]["Value"][0]) == date(2026, 1, 1)
