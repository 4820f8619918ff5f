"""`dv.scan`: every path a row, what it says as typed columns, the stacks of the judge, and a memory of it."""

from __future__ import annotations

import gc
import io
import itertools
import os
import pickle
import shutil
import sys
import zipfile
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import phantoms
import pyarrow.parquet as pq
import pydicom
import pytest
from matplotlib.text import Text
from phantoms import item
from pydicom.data import DATA_ROOT
from test_files_headers import one, written

import dicomview as dv
from dicomview import progress
from dicomview.catalog.index import Index
from dicomview.demo.synthetic import instances, write
from dicomview.errors import AlreadyThere, NothingFound, WorkerLost
from dicomview.files import ATTRIBUTES, Glancer, Location, locate, read_headers
from dicomview.space import all_series
from dicomview.views.catalog_list import listed

SAMPLES = Path(__file__).parents[1] / "sample_data"
HOSTILE = "<script>alert(1)</script>"


def series(seed="scan", count=4, **tags):
    return instances(np.zeros((count, 8, 8), np.int16), seed=seed, window=(40, 400), tags=tags)


def same(left, right):
    """Compare tables but for the order of categories."""
    for table in (left, right):
        assert len(table.columns) == len(set(table.columns))
    pd.testing.assert_frame_equal(left, right, check_categorical=False)


# --- rows -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("root", [DATA_ROOT, SAMPLES])
def test_every_path_is_a_row_with_the_status_of_its_header(root):
    files, headers = dv.scan(root).files, read_headers(root)
    assert files["status"].tolist() == [header.status for header in headers]
    assert files["detail"].tolist() == [header.detail for header in headers]
    assert files["pixels"].tolist() == [header.pixels is not None for header in headers]
    here = files["path"].map(os.path.isfile)
    assert files["size"][here].tolist() == [Path(path).stat().st_size for path in files["path"][here]]
    for keyword in ("SOPInstanceUID", "Rows", "SeriesNumber"):
        for value, header in zip(files[keyword], headers, strict=True):
            if header.dataset is not None:
                assert (None if pd.isna(value) else value) == header.dataset.get(keyword)


def test_columns_have_the_types_of_their_vrs(tmp_path):
    write(series(StudyTime="101530.25", PatientName=HOSTILE, SeriesNumber=None, PixelSpacing=[0.5, 0.25]), tmp_path)
    (tmp_path / "notes.txt").write_text("no DICOM")
    files = dv.scan(tmp_path).files
    assert len(files) == 5
    assert files["status"].tolist() == ["dicom"] * 4 + ["not_dicom"]
    row = files.iloc[1]
    assert (row["StudyDate"], row["StudyTime"]) == (pd.Timestamp("2026-01-01"), pd.Timedelta("10:15:30.25"))
    assert (row["StudyDate"] + row["StudyTime"]).hour == 10
    assert (row["x"], row["y"], row["z"]) == (0, 0, 2)
    assert (row["PixelSpacing"], row["ImageOrientationPatient"]) == ((0.5, 0.25), (1, 0, 0, 0, 1, 0))
    assert files["InstanceNumber"].tolist()[:4] == [1, 2, 3, 4]
    assert files["SeriesNumber"].isna().all()
    assert (files["detail"][0], files["detail"][4]) == ("", "looks like text")
    assert files.iloc[4, 5:].isna().all()
    kinds = {one.keyword: one for one in ATTRIBUTES}
    expected = {"DA": "datetime64[s]", "TM": "timedelta64[us]", "IS": "Int64", "US": "UInt16", "CS": "category"}
    for name in set(files.columns) & set(kinds):
        wanted = expected.get(kinds[name].vr)
        assert wanted is None or str(files[name].dtype) == wanted
    assert "<script" not in files._repr_html_()


def test_nothing_is_written_to_a_data_set_in_memory():
    pile = series()
    before = [ds.to_json() for ds in pile]
    catalog = dv.scan(pile)
    assert catalog.files["path"].tolist() == [f"dataset {k}" for k in range(4)]
    assert catalog[0].volume().array.shape == (4, 8, 8)
    assert [ds.to_json() for ds in pile] == before


def test_a_zip_is_looked_into(tmp_path):
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as archive:
        for place, ds in enumerate(series()):
            archive.writestr(f"a/{place}", written(ds))
    catalog = dv.scan(tmp_path)
    assert catalog.files["path"].tolist() == [f"{tmp_path / 'one.zip'}::a/{place}" for place in range(4)]
    assert len(catalog[0]) == 4


def test_an_empty_folder_is_a_catalogue_and_a_missing_one_an_error(tmp_path):
    catalog = dv.scan(tmp_path)
    assert (len(catalog), len(catalog.files), len(catalog.stacks), len(catalog.studies)) == (0, 0, 0, 0)
    assert repr(catalog) == "Catalog: 0 files · 0 studies · 0 series"
    with pytest.raises(NothingFound):
        dv.scan(tmp_path / "nowhere")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_that_are_no_text_and_links_in_circles(tmp_path):
    root = tmp_path / "data"
    root.mkdir()
    content = written(one())
    for name in (b"\xff.dcm", b"\xfe.dcm", "ü.dcm".encode(), b"a\nb.dcm"):
        Path(os.fsdecode(os.fsencode(root) + b"/" + name)).write_bytes(content)
    (root / "loop").symlink_to(root)
    (root / "nowhere").symlink_to("x")
    for _ in range(2):
        catalog = dv.scan(root, cache=tmp_path / "index.parquet")
        names = [Path(path).name for path in catalog.files["path"]]
        assert names == ["a\nb.dcm", "loop", "nowhere", "ü.dcm", "\\udcfe.dcm", "\\udcff.dcm"]
        assert catalog.files["status"].tolist() == ["dicom", "unreadable", "missing", "dicom", "dicom", "dicom"]
        assert len(catalog[0].headers) == 4


def test_a_file_that_goes_while_it_is_looked_at_is_missing(tmp_path, monkeypatch):
    paths = write(series(), tmp_path)
    look = Glancer.file

    def file(self, path, label=""):
        paths[3].unlink(missing_ok=True)
        return look(self, path, label)

    monkeypatch.setattr(Glancer, "file", file)
    assert dv.scan(tmp_path).files["status"].tolist() == ["dicom"] * 3 + ["missing"]


def test_nesting_a_thousand_deep_is_a_row(tmp_path):
    deep = b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0" * 1000
    head = b"\x40\x00\x75\x02SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 1000
    content = written(one())
    at = content.index(b"\xe0\x7f\x10\x00")
    (tmp_path / "deep.dcm").write_bytes(content[:at] + head + deep + content[at:])
    (row,), series = dv.scan(tmp_path).files.itertuples(), dv.read_series(tmp_path)
    assert row.status == "truncated"
    assert row.detail.startswith("the header cannot be read past element (0040,0275), at byte ")
    assert row.detail.endswith(": sequences are nested deeper in it than can be followed")
    assert "cannot be read to the end" in repr(series)


# --- series, stacks, studies ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("root", [DATA_ROOT, SAMPLES])
def test_stacks_are_those_of_the_files_read_in_full(root):
    catalog = dv.scan(root)
    told = {}
    for index in range(len(catalog)):
        uid = catalog.series["SeriesInstanceUID"].astype(object)[index]
        told[uid if isinstance(uid, str) else ""] = [
            (stack.summary(), stack.verdict.reason, stack.verdict.files) for stack in catalog.stacks_of(index)
        ]
    read = {one.uid: [(s.summary(), s.verdict.reason, s.verdict.files) for s in one.stacks] for one in all_series(root)}
    assert len(told) == len(read)
    assert told == read


def test_plain_series_are_judged_without_opening_them_again(tmp_path):
    paths = write(series(count=6), tmp_path)
    catalog = dv.scan(tmp_path)
    for path in paths:
        path.unlink()
    assert repr(catalog).splitlines()[1] == "  0  CT · 6 × 8 × 8 · 2.00 × 1.00 × 1.00 mm · regular · Synthetic series"
    (row,) = catalog.stacks.to_dict("records")
    assert (row["verdict"], row["shape"], row["slices"], row["dims"]) == ("OK", (6, 8, 8), 6, "slice row column")
    with pytest.raises(NothingFound, match="scan again"):
        catalog[0]


def test_series_and_studies_count_their_files(tmp_path):
    write(series("study/a", 3), tmp_path / "a")
    write(series("study/b", 5, Modality="PT"), tmp_path / "b")
    write(series("other", 2), tmp_path / "c")
    catalog = dv.scan(tmp_path)
    assert catalog.series["files"].tolist() == [5, 3, 2]
    assert catalog.series["Modality"].tolist() == ["PT", "CT", "CT"]
    studies = catalog.studies
    assert studies[["files", "series", "modalities"]].values.tolist() == [[8, 2, "CT PT"], [2, 1, "CT"]]  # noqa: PD011
    assert studies["size"].sum() == sum(path.stat().st_size for path in tmp_path.rglob("*.dcm"))
    assert [len(one) for one in catalog] == [5, 3, 2]
    assert catalog[-1].uid == catalog.series["SeriesInstanceUID"][2]
    with pytest.raises(IndexError):
        catalog[3]


def test_a_series_is_described_by_its_main_stack():
    scout = {"ImageType": ["DERIVED", "SECONDARY", "LOCALIZER"], "SliceThickness": "240", "PixelSpacing": [1.8, 4.8]}
    pile, views = series(count=4, SliceThickness="2"), series("views", 6, **scout)
    report = series("report", 1, Modality="SR")[0]
    del report.PixelData
    for ds in (report, *views):
        ds.SeriesInstanceUID, ds.StudyInstanceUID = pile[0].SeriesInstanceUID, pile[0].StudyInstanceUID
    for source in ([report, *views[:3], *pile], [report, *views, *pile], [*pile, *views, report]):
        catalog = dv.scan(source)
        (row,) = catalog.series.to_dict("records")
        assert (row["files"], row["Modality"], row["SliceThickness"]) == (len(source), "CT", 2)
        assert row["PixelSpacing"] == catalog.stacks["spacing"][0][1:]
        assert catalog.title_of(0).startswith("CT")
    assert dv.scan(views).series["SliceThickness"].tolist() == [240]
    larger = series("larger", 5, PixelSpacing=[0.5, 0.5])
    for place, ds in enumerate(larger):
        ds.SeriesInstanceUID, ds.StudyInstanceUID = pile[0].SeriesInstanceUID, pile[0].StudyInstanceUID
        ds.SliceThickness = f"{7 + place / 1000}"  # one stack all the same
        ds.ImageOrientationPatient = [1, (-1) ** place * 1e-4, 0, 0, 1, 0]
    assert dv.scan([*pile, *larger]).series["SliceThickness"].tolist() == [7]


def test_what_shares_a_place_is_read_again_and_gets_its_axis(tmp_path):
    first, second = series(count=3, EchoTime="5"), series(count=3, EchoTime="80")
    for place, ds in enumerate(second):
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{place}"
    for ds in (*first, *second):
        ds.EchoTime = ds.EchoTime
    write([*first, *second], tmp_path)
    (stack,) = dv.scan(tmp_path).stacks_of(0)
    assert stack.dims == ("echo", "slice", "row", "column")


def test_doors_take_a_series_of_a_catalogue(tmp_path):
    write(series(), tmp_path)
    found = dv.scan(tmp_path)[0]
    assert dv.read_series(found) is found
    assert dv.picture(found, index=1).count == 4
    assert len(dv.tags(found, ["InstanceNumber"])) == 4
    assert dv.audit(found)["check"].tolist() == dv.audit(tmp_path)["check"].tolist()


def test_an_audit_of_a_catalogue_is_that_of_its_source():
    pd.testing.assert_frame_equal(dv.audit(dv.scan(SAMPLES / "broken")), dv.audit(SAMPLES / "broken"))


def test_identity_is_not_in_the_repr(tmp_path):
    write(series(PatientName="Secret^Name", PatientID="SECRET-1", SeriesDescription="a\x1b[31m" + "b" * 55), tmp_path)
    text = repr(dv.scan(tmp_path))
    assert "ecret" not in text.casefold()
    assert "\x1b" not in text
    assert "b" * 50 not in text


def test_what_is_no_executor_is_said(tmp_path):
    with pytest.raises(dv.errors.UnknownChoice, match=r"executor is 4; give .*ProcessPoolExecutor\(4\)"):
        dv.scan(tmp_path, executor=4)


@pytest.mark.parametrize("road", ["argument", "environment"])
def test_a_catalogue_can_hide_who_the_patient_is(tmp_path, monkeypatch, road):
    words = {"PatientName": "Secret^Name", "PatientID": "SECRET-1", "SeriesDescription": "of Mr Secret"}
    write(series(PatientBirthDate="19560412", **words), tmp_path)
    if road == "environment":
        monkeypatch.setenv("DICOMVIEW_IDENTITY", "hide")
    catalog = dv.scan(tmp_path, identity="hide" if road == "argument" else None)
    assert catalog.identity == "hide"
    with pytest.raises(dv.errors.UnknownChoice, match="identity is 'hid'"):
        dv.scan(tmp_path, identity="hid")
    for table in (catalog.files, catalog.series, catalog.studies, catalog.stacks):
        assert "ecret" not in table.drop(columns="path", errors="ignore").to_csv().casefold()
    for name in ("PatientName", "PatientBirthDate"):
        assert catalog.files[name].tolist() == ["(hidden)"] * 4
    assert catalog.files["StudyDate"].notna().all()
    assert "ecret" not in repr(catalog)


def test_a_hidden_catalogue_leaves_no_name_on_the_disk(tmp_path):
    words = {"PatientName": "Secret^Name", "PatientID": "SECRET-1", "PatientBirthDate": "19560412"}
    write(series(**words), tmp_path / "source")
    cache = tmp_path / "index.parquet"
    for number in range(3):  # made, then renewed
        hidden = dv.scan(tmp_path / "source", identity="hide", cache=cache)
        for kept in (pq.read_table(cache).to_pandas().to_csv(), hidden.files.to_csv(), str(pickle.dumps(hidden))):
            assert "secret" not in kept.casefold()
            assert "1956" not in kept
        assert set(hidden.files["PatientBirthDate"]) == {"(hidden)"}
        write(series(count=1, seed=str(number), **words), tmp_path / "source" / str(number))
    shown = dv.scan(tmp_path / "source", cache=cache)
    assert set(shown.files["PatientName"]) == {"Secret^Name"}  # what had been hidden is read again
    same(shown.files, dv.scan(tmp_path / "source").files)
    assert "Secret" in pq.read_table(cache).to_pandas().to_csv()
    hidden = dv.scan(tmp_path / "source", identity="hide").files
    same(dv.scan(tmp_path / "source", identity="hide", cache=cache).files, hidden)
    assert "Secret" not in pq.read_table(cache).to_pandas().to_csv()


def test_what_a_wrong_length_has_swallowed_is_cut_and_hidden(tmp_path):
    content = (SAMPLES / "ct_chest" / "0001.dcm").read_bytes()
    at = content.index(b"\x08\x00\x60\x00CS") + 6  # Modality says that it goes on for 65,535 bytes
    path = tmp_path / "lying.dcm"
    path.write_bytes(content[:at] + b"\xff\xff" + content[at + 2 :])
    for catalog in (dv.scan(path), dv.scan([pydicom.dcmread(path, stop_before_pixels=True)])):
        (modality,) = catalog.files["Modality"]
        assert "Phantom" in modality
        assert (len(modality), modality[-1]) == (1024, "…")
        for line in (*repr(catalog).splitlines(), repr(catalog[0])):
            assert len(line) < 200
            assert line.isprintable()
    hidden = dv.scan(path, identity="hide")
    dv.export.table(dv.scan(path), tmp_path / "files.csv", identity="hide")
    shown = [hidden.files.to_csv(), hidden.series.to_csv(), repr(hidden), repr(hidden[0])]
    shown += [dv.tags(path, identity="hide").to_csv(), dv.tags(path, ["Modality"], identity="hide").to_csv()]
    shown += [(tmp_path / "files.csv").read_text(), dv.report(path, tmp_path / "page.html").read_text()]
    for text in shown:
        assert "hantom" not in text
        assert "Synthetic" not in text


def test_text_that_is_no_value_of_its_vr_is_hidden(tmp_path):
    with pytest.warns(UserWarning, match="Invalid value"):
        written = series(
            PatientSex="SecretSex", BodyPartExamined="CHEST", Manufacturer="Maker\nSecret", PatientAge="Secret"
        )
    write(written, tmp_path / "source")
    names = ["PatientSex", "BodyPartExamined", "Manufacturer", "PatientAge"]
    catalog = dv.scan(tmp_path / "source", identity="hide")
    assert catalog.files[names].iloc[0].tolist() == ["(hidden)", "CHEST", "(hidden)", "(hidden)"]
    page = dv.report(tmp_path / "source", tmp_path / "page.html").read_text()
    assert "CHEST" in page
    assert "Secret" not in page
    assert "SecretSex" in dv.report(tmp_path / "source", tmp_path / "all.html", identity="show").read_text()
    assert "Secret" not in dv.tags(tmp_path / "source", ["PatientSex"], identity="hide").to_csv()


def test_a_line_says_that_its_files_were_not_judged_until_they_are(tmp_path):
    (only,) = write(series(count=1), tmp_path)
    for number in range(200):  # whether they are copies their pixels tell, which a line does not look at
        (tmp_path / f"copy{number}.dcm").write_bytes(only.read_bytes())
    catalog = dv.scan(tmp_path)
    assert "201 files · not judged yet: catalog.stacks" in repr(catalog)
    assert catalog.stacks["verdict"].tolist() == ["SINGLE_SLICE"]
    assert "1 × 8 × 8" in repr(catalog)


def test_no_picture_says_what_is_hidden(tmp_path, monkeypatch):
    write(series(SeriesDescription="of Mr Secret"), tmp_path)
    hidden = dv.scan(tmp_path, identity="hide")[0]
    monkeypatch.setenv("MPLBACKEND", "agg")

    def titles(source):
        shown = dv.plot(source)
        yield dv.picture(source).title
        yield from (text.get_text() for text in dv.figure(source).findobj(Text))
        yield from (text.get_text() for text in shown.figure.findobj(Text))
        for view in (dv.view(source), *dv.compare(source, source).views.values()):
            yield str(view._scene)
            view.close()

    assert any("of Mr Secret" in text for text in titles(dv.read_series(tmp_path)))
    assert not any("Secret" in text for text in titles(hidden))
    monkeypatch.setenv("DICOMVIEW_IDENTITY", "hide")
    assert not any("Secret" in text for text in titles(dv.read_series(tmp_path)))


def test_a_name_under_another_attribute_is_no_value_of_a_catalogue(tmp_path):
    (ds,) = series(count=1)
    ds.add_new(0x00080070, "PN", "Secret^Name")  # the dictionary says LO
    write([ds], tmp_path)
    for catalog in (dv.scan(tmp_path), dv.scan([ds], identity="hide")):
        assert catalog.files["Manufacturer"].isna().all()
        assert "ecret" not in catalog.files.drop(columns="path").to_csv() + catalog.series.to_csv() + repr(catalog)


def test_what_is_taken_out_of_a_hidden_catalogue_hides_it_too(tmp_path):
    write(series(PatientName="Secret^Name", PatientID="SECRET-1"), tmp_path / "source")
    hidden, shown = (dv.scan(tmp_path / "source", identity=word)[0] for word in ("hide", "show"))
    assert "Secret^Name" in dv.tags(shown).to_csv()
    for source in (hidden, hidden.stack, [shown, hidden]):
        browser = dv.browse(source)
        assert browser.identity == "hide"
        browser.close()
    assert "ecret" not in dv.tags(hidden.stack.slices[0]).to_csv().casefold()
    assert dv.view(hidden)._scene["title"] == "CT"
    for source in (hidden, hidden.stack):
        assert "ecret" not in dv.tags(source).to_csv().casefold()
        assert set(dv.tags(source, ["PatientName"], identity="show")["PatientName"]) == {"(hidden)"}
        path = dv.export.json(source, tmp_path / "model.json", overwrite=True)
        assert "ecret" not in path.read_text().casefold()
        assert dv.export.xarray(source, tags=["PatientName"]).attrs["PatientName"] == "(hidden)"
    assert dv.export.xarray(shown, tags=["PatientName"]).attrs["PatientName"] == "Secret^Name"
    (sample,) = dv.samples(dv.scan(tmp_path / "source", identity="hide"), tags=["PatientName"])
    assert sample["tags"]["PatientName"] == "(hidden)"


def test_an_archive_is_as_large_as_it_is(tmp_path):
    paths = write(series(), tmp_path)
    with zipfile.ZipFile(tmp_path / "pile.zip", "w") as archive:
        for path in paths:
            archive.write(path, path.name)
    packed = dv.scan(tmp_path / "pile.zip")
    assert packed.series["size"].tolist() == packed.studies["size"].tolist() == [(tmp_path / "pile.zip").stat().st_size]
    assert dv.scan(paths).series["size"].tolist() == [sum(path.stat().st_size for path in paths)]
    assert dv.scan(paths[:1]).series["size"].tolist() == [paths[0].stat().st_size]


# --- memory -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def opened(monkeypatch):
    """The paths that are looked at."""
    seen = []
    look = Glancer.file

    def file(self, path, label=""):
        seen.append(Path(path).name)
        return look(self, path, label)

    monkeypatch.setattr(Glancer, "file", file)
    return seen


def test_unchanged_files_are_not_opened_again(tmp_path, opened):
    root, cache = tmp_path / "data", tmp_path / "index.parquet"
    paths = write(series(RequestAttributesSequence=[item(CodeValue="1")], PatientName="Müller^Jörg"), root)
    (root / "notes.txt").write_text("no DICOM")
    first = dv.scan(root, cache=cache)
    assert len(opened) == 5
    same(first.files, dv.scan(root).files)
    opened.clear()
    again = dv.scan(root, cache=cache)
    assert opened == []
    same(again.files, first.files)
    same(again.stacks, first.stacks)
    # One written again, one gone, one new.
    written_at = paths[1].stat().st_mtime_ns
    ds = pydicom.dcmread(paths[1])
    ds.SeriesDescription = "changed"
    ds.save_as(paths[1])
    os.utime(paths[1], ns=(written_at, written_at + 1_000_000))
    paths[2].unlink()
    (root / "0005.dcm").write_bytes(written(one()))
    files = dv.scan(root, cache=cache).files
    assert sorted(opened) == ["0002.dcm", "0005.dcm"]
    same(files, dv.scan(root).files)
    assert len(Index.opened(cache, hide=False)) == len(files) == 5


def test_a_memory_is_for_one_source(tmp_path, opened):
    cache = tmp_path / "index.parquet"
    write(series(), tmp_path / "one")
    write(series(seed="other"), tmp_path / "other")
    for name in ("one", "other", "one"):
        opened.clear()
        dv.scan(tmp_path / name, cache=cache)
        assert len(opened) == 4  # what another scan has left there is forgotten


def test_a_memory_says_the_rest_when_it_is_asked_for(tmp_path):
    root, cache = tmp_path / "data", tmp_path / "index.parquet"
    write(series(), root)
    first, again = (dv.scan(root, cache=cache) for _ in range(2))
    content = cache.read_bytes()
    cache.write_bytes(b"written anew")
    same(again.files, first.files)
    group = pq.ParquetFile(io.BytesIO(content)).metadata.row_group(0)
    chunks = (group.column(number) for number in range(group.num_columns))
    start = next(one.dictionary_page_offset for one in chunks if one.path_in_schema == "Modality")
    cache.write_bytes(content[:start] + bytes(8) + content[start + 8 :])
    damaged = dv.scan(root, cache=cache)  # by path, size and time nothing has changed
    with pytest.raises(AlreadyThere, match=r"index\.parquet"):
        damaged.files  # noqa: B018


def test_every_kind_of_file_comes_back_from_the_memory(tmp_path):
    first = dv.scan(DATA_ROOT, cache=tmp_path / "index.parquet")
    again = dv.scan(DATA_ROOT, cache=tmp_path / "index.parquet")
    same(first.files, again.files)
    assert [one.label for one in first._places] == [one.label for one in again._places]


def test_a_file_that_is_no_memory_is_left_alone(tmp_path):
    write(series(), tmp_path / "data")
    (tmp_path / "notes.txt").write_text("mine")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "table.parquet")
    for name in ("notes.txt", "table.parquet"):
        before = (tmp_path / name).read_bytes()
        with pytest.raises(AlreadyThere, match=name):
            dv.scan(tmp_path / "data", cache=tmp_path / name)
        assert (tmp_path / name).read_bytes() == before


# --- interrupts and executors -----------------------------------------------------------------------------------------


def interrupt_after(monkeypatch, count):
    look, seen = Glancer.file, []

    def file(self, path, label=""):
        if len(seen) == count:
            raise KeyboardInterrupt
        seen.append(path)
        return look(self, path, label)

    monkeypatch.setattr(Glancer, "file", file)
    return seen


def test_an_interrupt_keeps_what_was_read_and_a_memory_goes_on_from_there(tmp_path, monkeypatch, opened):
    root, cache = tmp_path / "data", tmp_path / "index.parquet"
    write(series(count=9), root)
    with monkeypatch.context() as patch:
        interrupt_after(patch, 5)
        catalog = dv.scan(root, cache=cache)
    assert (len(catalog.files), catalog.complete) == (5, False)
    assert "interrupted" in repr(catalog).splitlines()[0]
    opened.clear()
    catalog = dv.scan(root, cache=cache)
    assert (len(opened), len(catalog.files), catalog.complete) == (4, 9, True)


class Backwards(ThreadPoolExecutor):
    """Runs tasks at once, the last first, as far as anybody can see."""

    def submit(self, fn, /, *args):
        task = Future()
        task.set_result(fn(*args))
        return task


@pytest.mark.parametrize("kind", ["threads", "processes", "now"])
def test_an_executor_gives_the_same(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(sys.modules[dv.scan.__module__], "_CHUNK", 20)
    executor = {
        "threads": lambda: ThreadPoolExecutor(2),
        "processes": lambda: ProcessPoolExecutor(2, mp_context=get_context("spawn")),
        "now": lambda: Backwards(1),
    }[kind]()
    with executor:
        catalog = dv.scan([SAMPLES, *series()], executor=executor)
    alone = dv.scan([SAMPLES, *series()])
    same(catalog.files, alone.files)
    assert repr(catalog) == repr(alone)


def test_an_interrupt_while_others_look_keeps_what_they_have_read(tmp_path, monkeypatch, opened):
    root, cache, room = tmp_path / "data", tmp_path / "index.parquet", sys.modules[dv.scan.__module__]
    write(series(count=8), root)
    monkeypatch.setattr(room, "_CHUNK", 2)

    def one_then_the_hand(tasks):
        yield next(iter(tasks))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, ThreadPoolExecutor(1) as executor:
        patch.setattr(room, "as_completed", one_then_the_hand)
        patch.setattr(executor, "submit", lambda fn, *args: Backwards(1).submit(fn, *args) if not opened else Future())
        catalog = dv.scan(root, cache=cache, executor=executor)
    assert (len(catalog.files), catalog.complete) == (2, False)
    opened.clear()
    with ThreadPoolExecutor(2) as executor:
        catalog = dv.scan(root, cache=cache, executor=executor)
    assert (len(opened), len(catalog.files), catalog.complete) == (6, 8, True)


class Ending(ThreadPoolExecutor):
    """Runs the first task; then its process has ended."""

    def submit(self, fn, /, *args):
        task = Future()
        if self.__dict__.setdefault("ended", False):
            task.set_exception(BrokenExecutor("terminated abruptly"))
        else:
            task.set_result(fn(*args))
        self.ended = True
        return task


def test_a_process_that_has_ended_is_an_error_in_words(tmp_path, monkeypatch, opened):
    root, room = tmp_path / "data", sys.modules[dv.scan.__module__]
    write(series(count=4), root)
    monkeypatch.setattr(room, "_CHUNK", 2)
    with (
        Ending(1) as executor,
        pytest.raises(WorkerLost, match=r" 2 files .* fewer workers, with more memory, or without an executor"),
    ):
        dv.scan(root, executor=executor, cache=tmp_path / "index.parquet")
    opened.clear()
    assert dv.scan(root, cache=tmp_path / "index.parquet").complete
    assert len(opened) == 2, "what had been read is in the cache"
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        with pytest.raises(BrokenExecutor):
            pool.submit(os._exit, 1).result()
        with pytest.raises(WorkerLost, match=" 0 files"):
            dv.scan(root, executor=pool)


def collecting():
    """Return whether Python collects rings within a task, and after it."""
    with sys.modules[dv.scan.__module__]._uncollected():
        within = gc.isenabled()
    return within, gc.isenabled()


def test_the_collector_rests_in_workers_alone():
    assert collecting() == (True, True)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(collecting).result() == (False, True)
        pool.submit(gc.disable).result()
        assert pool.submit(collecting).result() == (False, False)


def test_an_interrupt_that_ends_the_workers_keeps_what_they_have_read(tmp_path, monkeypatch):
    room = sys.modules[dv.scan.__module__]
    write(series(count=4), tmp_path)
    monkeypatch.setattr(room, "_CHUNK", 2)

    def interrupted(tasks):
        raise KeyboardInterrupt

    monkeypatch.setattr(room, "as_completed", interrupted)
    with Ending(1) as executor:
        catalog = dv.scan(tmp_path, executor=executor)
    assert (len(catalog.files), catalog.complete) == (2, False)


def test_processes_begin_before_all_is_listed(tmp_path, monkeypatch):
    """And an interrupt of the listing keeps what they have looked at."""
    room = sys.modules[dv.scan.__module__]
    write(series(count=9), tmp_path)
    monkeypatch.setattr(room, "_STEP", 2)
    listed = []

    def slowly(source, *, rows):
        for place in locate(source, rows=rows):
            listed.append(place)
            if len(listed) == 7:
                raise KeyboardInterrupt
            yield place

    class Told(ProcessPoolExecutor):
        def submit(self, fn, /, *args):
            given.append(len(listed))
            task = Future()
            task.set_result(fn(*args))
            return task

    given = []
    monkeypatch.setattr(room, "locate", slowly)
    with Told(1) as executor:
        catalog = dv.scan(tmp_path, executor=executor)
    assert given == [2, 4, 6]
    assert list(catalog.files["path"]) == [place.file for place in listed[:6]]
    assert not catalog.complete


def test_an_interrupt_of_the_listing_alone_is_one(tmp_path, monkeypatch):
    def listed(source, *, rows):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(sys.modules[dv.scan.__module__], "locate", listed)
    with pytest.raises(KeyboardInterrupt):
        dv.scan(tmp_path)
    with ThreadPoolExecutor(1) as executor, pytest.raises(KeyboardInterrupt):
        dv.scan(tmp_path, executor=executor)


class Asleep(ProcessPoolExecutor):
    """Takes tasks, and does none."""

    def submit(self, fn, /, *args):
        self.__dict__.setdefault("tasks", {})[Future()] = args
        return next(reversed(self.tasks))


def test_a_fault_of_the_list_leaves_no_work_to_an_executor(tmp_path, monkeypatch):
    write(series(count=9), tmp_path)
    room = sys.modules[dv.scan.__module__]
    monkeypatch.setattr(room, "_STEP", 2)

    def broken(source, *, rows):
        yield from islice(locate(source, rows=rows), 7)
        raise NothingFound("the rest has gone")

    monkeypatch.setattr(room, "locate", broken)
    with Asleep(1) as executor:
        with pytest.raises(NothingFound):
            dv.scan(tmp_path, executor=executor)
        assert executor.tasks
        assert all(task.cancelled() for task in executor.tasks)


@pytest.mark.parametrize(("files", "workers"), [(100, 1), (1000, 2), (1000, 16), (400, 64), (7, 4)])
def test_shares_keep_all_workers_busy_to_the_end(files, workers):
    room = sys.modules[dv.scan.__module__]
    places = [Location(str(n), str(n)) for n in range(files)]
    for pool in (ProcessPoolExecutor, ThreadPoolExecutor):
        with pool(workers) as executor:
            rows = list(room._shares(room._Listing(iter(places)), executor, {}))
        np.testing.assert_array_equal(np.concatenate(rows), np.arange(files))
        ends = np.zeros(workers)  # each share goes to the worker that is done first
        for share in rows:
            ends[ends.argmin()] += len(share)
        assert ends.max() <= max(8, 1.15 * files / workers + 8)


def test_an_executor_is_not_asked_for_what_is_in_memory():
    with ThreadPoolExecutor(1) as executor:
        assert list(dv.scan(series(count=2), executor=executor).files["status"]) == ["dicom", "dicom"]


def test_one_bar_counts_files_whoever_looks(tmp_path, monkeypatch):
    write(series(count=20), tmp_path)
    seen = []

    class Counted(progress._Bar):
        def close(self):
            if not self.disable:
                seen.append((self.desc, self.unit, self.n, self.total))
            super().close()

    monkeypatch.setattr(progress, "_Bar", Counted)
    monkeypatch.setattr(progress, "monotonic", itertools.count(0, 2).__next__)  # each look is two seconds later
    dv.scan(tmp_path)
    with ThreadPoolExecutor(2) as executor:
        dv.scan(tmp_path, executor=executor)
    assert [one for one in seen if one[2]] == [("Scanning", "file", 20, 20)] * 2


@pytest.mark.filterwarnings("ignore")  # of dask's own: ports, unclosed sockets
def test_a_cluster_gives_the_same(monkeypatch):
    distributed = pytest.importorskip("dask.distributed", reason='needs python -m pip install "dicomview[dask]"')
    monkeypatch.setattr(sys.modules[dv.scan.__module__], "_CHUNK", 40)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        catalog = dv.scan(SAMPLES, executor=client.get_executor())
        assert len(client.scheduler_info()["workers"]) == 2
    same(catalog.files, dv.scan(SAMPLES).files)


def test_tags_of_a_catalogue_are_those_of_its_series(tmp_path):
    for number in range(2):
        write(instances(np.zeros((3, 4, 4), np.int16), seed=f"{number}"), tmp_path / str(number))
    catalog = dv.scan(tmp_path)
    asked = ["SeriesInstanceUID", "InstanceNumber", "PatientName"]
    expected = pd.concat([dv.tags(one, asked) for one in catalog], ignore_index=True)
    pd.testing.assert_frame_equal(dv.tags(catalog, asked), expected)
    assert len(expected) == 6
    hidden = dv.tags(dv.scan(tmp_path, identity="hide"), asked)
    assert set(hidden["PatientName"]) == {"(hidden)"}


@pytest.mark.parametrize("step", ["pack", "joined", "taken"])
def test_an_interrupt_while_rows_are_put_together_loses_none(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(phantoms.regular(), tmp_path / "pile")
    room = sys.modules[dv.scan.__module__]
    true, calls = getattr(room, step), []

    def interrupted(*of: Any) -> Any:
        calls.append(of)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return true(*of)

    whole = dv.scan(tmp_path / "pile", progress=False)
    monkeypatch.setattr(room, step, interrupted)
    catalog = dv.scan(tmp_path / "pile", cache=tmp_path / "index.parquet", progress=False)
    assert catalog.files.equals(whole.files)
    assert catalog.complete
    assert len(calls) > 1
    assert (tmp_path / "index.parquet").exists()


def test_a_series_whose_files_have_gone_is_a_line_that_says_so(tmp_path: Path) -> None:
    write(phantoms.missing(), tmp_path / "gap")
    write(phantoms.regular(seed="another", modality="MR"), tmp_path / "whole")
    catalog = dv.scan(tmp_path, progress=False)
    shutil.rmtree(tmp_path / "gap")
    first, second = repr(catalog).splitlines()[1:]
    assert {"gone" in first, "gone" in second} == {True, False}
    assert "regular" in first + second
    stacks = catalog.stacks
    assert sorted(stacks["slices"]) == [0, 12]
    assert stacks["reason"].str.contains("gone").sum() == 1
    assert "gone" in str(listed(catalog).entries)
