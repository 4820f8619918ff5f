"""Copies go into a new folder, whole or not at all; the source stays as it is, and odd files are told."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import warnings
from importlib.resources import files
from pathlib import Path

import pandas as pd
import phantoms
import pydicom
import pytest
import seeded
from pydicom import dcmread, dcmwrite, uid
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

import dicomview as dv
from dicomview.errors import AlreadyThere, NotASource, NothingFound, UnknownChoice


def manifest(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def source(tmp_path):
    for number in range(3):
        seeded.write(seeded.base(number), tmp_path / "source" / f"{seeded.NAME} {number}.dcm")
    return tmp_path / "source"


def test_the_source_stays_byte_for_byte_and_copies_are_the_same_each_time(source, tmp_path):
    before = manifest(source)
    for name in ("one", "two"):
        dv.privacy.apply(dv.privacy.plan(source, key=seeded.KEY), tmp_path / name)
    assert manifest(source) == before
    assert manifest(tmp_path / "one") == manifest(tmp_path / "two")
    assert len(manifest(tmp_path / "one")) == 3
    dv.privacy.apply(dv.privacy.plan(source), tmp_path / "three")  # a key of its own
    assert not set(manifest(tmp_path / "three").values()) & set(manifest(tmp_path / "one").values())


def test_paths_are_made_of_replacements_alone(source, tmp_path):
    copies = dv.privacy.apply(dv.privacy.plan(source), tmp_path / "out")
    for name in manifest(tmp_path / "out"):
        patient, study, series, instance = name.split("/")
        assert len(patient) == 13
        assert {len(study), len(series), len(instance)} == {16, 20}
        assert seeded.NAME not in name
    assert seeded.NAME not in repr(copies) + repr(copies.plan) + copies.plan.table.to_csv()


def test_the_folder_is_new_and_outside_of_the_source(source, tmp_path):
    plan = dv.privacy.plan(source)
    with pytest.raises(UnknownChoice, match="lies in the source"):
        dv.privacy.apply(plan, source / "out")
    (tmp_path / "link").symlink_to(source)
    with pytest.raises(UnknownChoice, match="lies in the source"):
        dv.privacy.apply(plan, tmp_path / "link" / "out")
    with pytest.raises(UnknownChoice, match="holds the source"):
        dv.privacy.apply(plan, tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("x")
    with pytest.raises(AlreadyThere, match="not an empty folder"):
        dv.privacy.apply(plan, tmp_path / "full")
    (tmp_path / "empty").mkdir()
    assert len(dv.privacy.apply(plan, tmp_path / "empty").files) == 3


def test_an_interrupt_leaves_whole_copies_and_no_others(source, tmp_path, monkeypatch):
    writes = []

    def interrupted(path, *args, **kwargs):
        writes.append(path)
        if len(writes) == 2:
            Path(path).write_bytes(b"half")
            raise KeyboardInterrupt
        return dcmwrite(path, *args, **kwargs)

    monkeypatch.setattr("dicomview.privacy.write.dcmwrite", interrupted)
    plan = dv.privacy.plan(source)
    with pytest.raises(KeyboardInterrupt):
        dv.privacy.apply(plan, tmp_path / "out")
    (left,) = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert dcmread(left).PatientIdentityRemoved == "YES"
    assert set(dv.privacy.verify(plan, tmp_path / "out").open["kind"]) == {"missing"}


def test_planning_and_writing_show_a_bar(source, tmp_path, monkeypatch):
    shown = []

    def bar(items, doing, unit, *, show):
        shown.append((doing, show))
        return items

    for name in ("plan", "apply", "verify"):  # the rooms; the functions have their names
        monkeypatch.setattr(sys.modules[f"dicomview.privacy.{name}"], "bar", bar)
    plan = dv.privacy.plan(source)
    dv.privacy.verify(dv.privacy.apply(plan, tmp_path / "out", progress=False), progress=False)
    assert shown == [("Planning", True), ("Writing copies", False), ("Verifying", False)]


def odd(folder):
    """Write files of every odd kind, and return what each has to become."""
    plain = {number: seeded.base(number) for number in range(10)}

    def plainly(number, name):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dcmwrite(folder / name, plain[number], enforce_file_format=True)

    folder.mkdir()
    plainly(0, "no_preamble")
    bare = (folder / "no_preamble").read_bytes()
    start = bare.index(b"\x08\x00\x05\x00CS")
    (folder / "no_preamble").write_bytes(bare[start:])
    for number, syntax in ((1, uid.DeflatedExplicitVRLittleEndian), (2, uid.ImplicitVRLittleEndian)):
        plain[number].file_meta.TransferSyntaxUID = syntax
        plainly(number, f"syntax_{number}")
    plain[3].add_new(0x00111001, "UN", f"{seeded.NAME} without creator".encode())
    item = Dataset()
    item.PatientName = f"{seeded.NAME}^Inside"
    plain[3].private_block(0x0013, "ACME", create=True).add_new(1, "SQ", [item])
    plain[3][0x00131001].is_undefined_length = True
    plainly(3, "private")
    # A sequence that some archive has passed on as UN: implicit VR inside, of undefined length (PS3.5 6.2.2).
    inside = b"\x10\x00\x10\x00" + (16).to_bytes(4, "little") + f"{seeded.NAME}^Unseen".encode()
    packed = b"\xfe\xff\x00\xe0\xff\xff\xff\xff" + inside + b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"
    plainly(4, "unknown_vr")
    data = (folder / "unknown_vr").read_bytes()
    pixels = data.index(b"\xe0\x7f\x10\x00")
    sequence = b"\x08\x00\x15\x11UN\0\0\xff\xff\xff\xff" + packed  # ReferencedSeriesSequence
    private = b"\x99\x00\x01\x10UN\0\0\xff\xff\xff\xff" + packed
    place = data.index(b"\x10\x00\x10\x00PN")
    (folder / "unknown_vr").write_bytes(data[:place] + sequence + data[place:pixels] + private + data[pixels:])
    plainly(5, "twice_a")
    plainly(5, "twice_b")
    (folder / "truncated").write_bytes(bare[:-100])
    (folder / "notes.txt").write_text(f"call {seeded.NAME}")
    (folder / "empty").write_bytes(b"")
    seeded.write(phantoms.report(), folder / "report")
    plain[6].SOPClassUID = plain[6].file_meta.MediaStorageSOPClassUID = "1.2.752.24.3.7.6"
    plainly(6, "private_class")
    plain[7].EncapsulatedDocument = b"%PDF"
    plainly(7, "document")
    del plain[8].SOPInstanceUID
    plainly(8, "no_uid")
    return {
        "no_preamble": None,
        "syntax_1": None,
        "syntax_2": None,
        "private": None,
        "unknown_vr": None,
        "twice_a": None,
        "twice_b": "the same SOPInstanceUID",
        "truncated": "ends too early",
        "notes.txt": "not DICOM",
        "empty": "empty",
        "report": "a report or key object",
        "private_class": "a kind that the standard does not know",
        "document": "an embedded document",
        "no_uid": "an identifier of the instance is missing",
    }


def test_odd_files_are_copied_clean_or_told(tmp_path):
    expected = odd(tmp_path / "source")
    before = manifest(tmp_path / "source")
    copies = dv.privacy.apply(dv.privacy.plan(tmp_path / "source", key=seeded.KEY), tmp_path / "out")
    table = copies.files.set_index("file")
    assert set(table.index) == set(expected)
    for name, why in expected.items():
        told = table.loc[name, "aside"]
        assert (not isinstance(told, str)) if why is None else (why in told), (name, told)
    for path in (tmp_path / "out").rglob("*.dcm"):
        data = path.read_bytes()
        assert seeded.NAME.encode() not in data
        copy = dcmread(path)
        assert copy.file_meta.TransferSyntaxUID != uid.DeflatedExplicitVRLittleEndian
        assert copy.pixel_array.shape == (10, 8)
    assert len(manifest(tmp_path / "out")) == sum(why is None for why in expected.values())
    assert dv.privacy.verify(copies).releasable
    assert manifest(tmp_path / "source") == before


# What pydicom brings along: written by many vendors, compressed in many ways, some of it damaged.
BUNDLED = [
    "CT_small.dcm", "MR_small_bigendian.dcm", "JPEG2000.dcm", "MR_small_RLE.dcm", "rtplan.dcm", "rtstruct.dcm",
    "rtdose.dcm", "liver_1frame.dcm", "waveform_ecg.dcm", "badVR.dcm", "image_dfl.dcm", "color3d_jpeg_baseline.dcm",
]  # fmt: skip


def needed(dataset):
    """Return what the mandatory modules want at the top: Type 1 with a value, Type 2 at all (by highdicom's list)."""
    iods, modules, attributes = (
        json.loads(files("highdicom").joinpath("_standard", f"{name}.json").read_bytes())
        for name in ("sop_class_iod_map", "iod_module_map", "module_attribute_map")
    )
    found = set()
    for module in modules[iods[dataset.SOPClassUID]]:
        for entry in attributes.get(module["key"], ()) if module["usage"] == "M" else ():
            value = dataset.get(entry["keyword"]) if not entry["path"] else None
            present = entry["keyword"] in dataset and (entry["type"] == "2" or value not in (None, "", []))
            if not entry["path"] and entry["type"] in ("1", "2") and present:
                found.add(entry["keyword"])
    return found


def test_files_of_vendors_come_out_verified(tmp_path):
    (tmp_path / "source").mkdir()
    for name in BUNDLED:
        path = get_testdata_file(name, download=False)
        if path is not None:
            (tmp_path / "source" / name).write_bytes(Path(path).read_bytes())
    plan = dv.privacy.plan(tmp_path / "source", key=seeded.KEY, options="retain_modified_dates")
    copies = dv.privacy.apply(plan, tmp_path / "out")
    proof = dv.privacy.verify(copies)
    assert set(proof.open["kind"]) <= {"burned in"}
    assert proof.files >= 9
    for copy, entry in ((tmp_path / "out" / entry.target, entry) for entry in plan.copied):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            one, other = dcmread(copy), dcmread(entry.location.path, force=True)
            assert one.get("PixelData") == other.get("PixelData")
            assert one.get("Rows") == other.get("Rows")
            assert not needed(other) - needed(one)
        if shutil.which("dcmdump"):
            run = subprocess.run(["dcmdump", "+E", str(copy)], capture_output=True, check=False)
            assert run.returncode == 0, run.stderr


def test_a_file_that_changes_after_the_plan_is_not_copied(source, tmp_path):
    plan = dv.privacy.plan(source)
    path = next(source.iterdir())
    path.write_bytes(path.read_bytes() + b"\0\0")
    copies = dv.privacy.apply(plan, tmp_path / "out")
    assert copies.files["aside"].dropna().tolist() == ["the file has changed since the plan was made"]


def test_data_sets_in_memory_are_copied_and_not_written_to(tmp_path):
    datasets = [seeded.base(number) for number in range(2)]
    before = [dataset.to_json() for dataset in datasets]
    copies = dv.privacy.apply(dv.privacy.plan(datasets), tmp_path / "out")
    assert dv.privacy.verify(copies).releasable
    assert [dataset.to_json() for dataset in datasets] == before


def test_what_was_read_already_is_a_source_too(source, tmp_path):
    catalog, series = dv.scan(source), dv.read_series(source)
    asked = {"key": seeded.KEY}
    expected = dv.privacy.plan(source, **asked)
    for number, one in enumerate((catalog, series, series.stack, [catalog, series, source])):
        planned = dv.privacy.plan(one, **asked)
        assert planned.digest == expected.digest
        pd.testing.assert_frame_equal(planned.table, expected.table)
        with pytest.raises(UnknownChoice, match="lies in the source"):
            dv.privacy.apply(planned, source / "out")
        copies = dv.privacy.apply(planned, tmp_path / str(number))
        assert dv.privacy.verify(copies).releasable
        assert dv.privacy.verify(one, tmp_path / str(number), **asked).releasable
        assert dv.privacy.risks(one)["files"].tolist() == [3]
        assert dv.privacy.inventory(one)["count"].tolist() == dv.privacy.inventory(source)["count"].tolist()
    with pytest.raises(NotASource):
        dv.privacy.risks(5)
    assert len(dv.privacy.plan([catalog, str(source.resolve()), str(source / ".." / source.name)], **asked).files) == 3
    (source / "deeper").mkdir()
    with pytest.raises(UnknownChoice, match="lies in the source"):  # the folder that was scanned is the source
        dv.privacy.apply(dv.privacy.plan(catalog, **asked), source / "deeper" / "out")
    assert all(manifest(tmp_path / "0") == manifest(tmp_path / str(number)) for number in range(4))


def test_nothing_to_copy_is_said(tmp_path):
    (tmp_path / "notes.txt").write_text("hm")
    with pytest.raises(NothingFound, match=r"none of the 1 files can be copied .1 × not DICOM"):
        dv.privacy.plan(tmp_path)


def test_the_plan_is_a_table_that_quotes_no_value(source):
    plan = dv.privacy.plan(source, key=seeded.KEY, options=["retain_uids", "retain_modified_dates"])
    table = plan.table.set_index("path")
    assert table.loc["PatientID", "action"] == "pseudonym"
    assert table.loc["StudyDate", "action"] == "move date"
    assert table.loc["StudyInstanceUID", ["action", "rule"]].tolist() == ["keep", "K, uids"]
    assert table.loc["StudyDate", ["elements", "files"]].tolist() == [3, 3]
    assert plan.edition == "2026d"
    assert "edition 2026d" in repr(plan)
    for text in (plan.table.to_csv(), repr(plan), plan._repr_html_()):
        assert seeded.NAME not in text
        assert "447193" not in text
        assert seeded.KEY not in text
    again = dv.privacy.plan(source, key=seeded.KEY, options=["retain_uids", "retain_modified_dates"])
    assert again.digest == plan.digest
    assert dv.privacy.plan(source, key=seeded.KEY).digest != plan.digest


def test_the_inventory_lists_each_value_once_with_its_risk(source):
    table = dv.privacy.inventory(source)
    names = table[table["path"] == "PatientName"]
    assert names[["value", "count", "risk"]].to_numpy().tolist() == [[f"{seeded.NAME}^Quentin", 3, "identifies"]]
    assert names["example"].str.endswith(".dcm").all()
    assert set(table[table["path"] == "StudyDate"]["risk"]) == {"option"}
    assert set(table[table["path"] == "Rows"]["risk"]) == {""}
    assert len(table[table["path"] == "SOPInstanceUID"]) == 3
    few = dv.privacy.inventory(source, most=2)
    assert few[few["path"] == "SOPInstanceUID"]["count"].tolist() == [1, 1, 1]
    assert few[few["path"] == "SOPInstanceUID"]["value"].tolist()[2] == "(further values)"
    assert not table.duplicated(["path", "value"]).any()
    assert pydicom.config.settings.reading_validation_mode == pydicom.config.WARN
