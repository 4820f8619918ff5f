"""Files behind URLs: the same rows, series and pixels, and only the bytes that are needed."""

from __future__ import annotations

import builtins
import io
import zipfile

import fsspec
import numpy as np
import pyarrow.parquet as pq
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from test_files_headers import written

import dicomview as dv
from dicomview.demo.synthetic import instances, write
from dicomview.errors import MissingExtra, NothingFound
from dicomview.files import locate

KEPT = ["status", "size", "pixels", "SOPInstanceUID", "InstanceNumber", "z", "Rows"]


@pytest.fixture
def pile():
    noise = np.random.default_rng(0).integers(-1000, 1000, (4, 64, 64)).astype(np.int16)
    return instances(noise, seed="remote")


@pytest.fixture
def bucket(pile):
    """A series, a text and an empty file behind a URL."""
    store = fsspec.filesystem("memory")
    for place, ds in enumerate(pile):
        store.pipe(f"/bucket/ct/{place}.dcm", written(ds))
    store.pipe("/bucket/notes.txt", b"a few words")
    store.pipe("/bucket/nothing", b"")
    yield "memory://bucket"
    store.rm("/bucket", recursive=True)


def test_rows_series_and_pixels_are_those_of_the_same_files_on_the_disk(bucket, pile, tmp_path):
    write(pile, tmp_path / "ct", name="{:d}.dcm")
    (tmp_path / "notes.txt").write_text("a few words")
    (tmp_path / "nothing").touch()
    catalog, local = dv.scan(bucket), dv.scan(tmp_path)
    ours, theirs = (one.files.sort_values("InstanceNumber")[KEPT].reset_index(drop=True) for one in (catalog, local))
    assert ours.astype(object).equals(theirs.astype(object))
    assert catalog.files["path"].tolist()[0] == "memory:///bucket/ct/0.dcm"
    assert repr(catalog).splitlines()[1:] == repr(local).splitlines()[1:]
    for found in (catalog[0], dv.read_series(bucket)):
        np.testing.assert_array_equal(found.volume().array, local[0].volume().array)
    one = dv.read_series([f"{bucket}/ct/2.dcm", f"{bucket}/ct/3.dcm"])
    assert [part.instance_number for part in one] in ([3, 4], [4, 3])


def test_only_the_beginning_of_a_file_is_fetched(bucket, monkeypatch):
    fetched = []
    fetch = MemoryFileSystem.cat_file

    def counted(self, path, start=None, end=None, **options):
        content = fetch(self, path, start=start, end=end, **options)
        fetched.append((path, len(content)))
        return content

    monkeypatch.setattr(MemoryFileSystem, "cat_file", counted)
    monkeypatch.setattr(MemoryFileSystem, "_open", lambda *a, **k: pytest.fail("opened whole"))
    dv.scan(f"{bucket}/ct")
    assert [path for path, _ in fetched] == [f"/bucket/ct/{place}.dcm" for place in range(4)]
    assert all(length <= 8192 for _, length in fetched)


def test_unchanged_files_are_not_fetched_again(bucket, tmp_path, monkeypatch):
    cache = tmp_path / "index.parquet"
    first = dv.scan(f"{bucket}/ct", cache=cache)
    monkeypatch.setattr(MemoryFileSystem, "cat_file", lambda *a, **k: pytest.fail("fetched again"))
    assert dv.scan(f"{bucket}/ct", cache=cache).files["SOPInstanceUID"].equals(first.files["SOPInstanceUID"])


def test_a_file_system_that_fails_is_a_row(bucket, monkeypatch):
    def refuse(self, *a, **k):
        raise RuntimeError("token 1234 has expired")

    monkeypatch.setattr(MemoryFileSystem, "cat_file", refuse)
    monkeypatch.setattr(MemoryFileSystem, "_open", refuse)
    files = dv.scan(f"{bucket}/ct").files
    assert files["status"].tolist() == ["unreadable"] * 4
    assert not files["detail"].str.contains("1234").any()


def test_archives_behind_urls(tmp_path, pile, bucket, monkeypatch):
    for name in ("a.zip", "b.zip"):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for place, ds in enumerate(pile):
                archive.writestr(f"ct/{place}", written(ds))
    path = tmp_path / "a.zip"
    fsspec.filesystem("memory").pipe("/bucket/a.zip", path.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    here = path.as_uri()
    for url, behind in (
        (f"zip://ct::file://{path}", here),
        (f"zip://::{path}", here),
        ("zip://::a.zip", here),
        ("zip://::~/a.zip", here),
        (f"simplecache::zip://::{here}", here),
        ("zip://::memory://bucket/a.zip", "memory:///bucket/a.zip"),
    ):
        catalog = dv.scan(url)
        assert catalog.files["path"].tolist() == [f"zip://ct/{place}::{behind}" for place in range(4)]
        assert len(catalog[0]) == len(dv.read_series(url)) == 4
        assert len(dv.read_series(catalog.files["path"][1])) == 1
    both = dv.scan(["zip://::a.zip", "zip://::b.zip"]).files["path"]
    assert both.nunique() == 8


class Vault(MemoryFileSystem):
    """Keeps what it needs to know of who asks out of its paths, as file systems with passwords do."""

    protocol = "vault"

    @classmethod
    def _strip_protocol(cls, path):
        return MemoryFileSystem._strip_protocol(path.rpartition("@")[2].removeprefix("vault://"))


def test_what_is_secret_in_a_url_is_in_no_table(tmp_path, pile):
    fsspec.register_implementation("vault", Vault, clobber=True)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("one", written(pile[0]))
    Vault().pipe("/bucket/a.zip", content.getvalue())
    cache = tmp_path / "index.parquet"
    catalog = dv.scan("zip://::vault://user:PASSWORD@bucket/a.zip", cache=cache)
    assert catalog.files["path"].tolist() == ["zip://one::vault:///bucket/a.zip"]
    assert pq.read_table(cache)["path"].to_pylist() == ["zip://one::vault:///bucket/a.zip"]


def test_an_archive_is_read_when_it_is_asked_for(bucket):
    fsspec.filesystem("memory").pipe("/bucket/a.zip", b"PK\x03\x04" + bytes(100))
    (detail,) = dv.scan("memory://bucket/a.zip").files["detail"]
    assert detail.endswith("give it by name, or its URL behind zip://::, to read what is in it")
    with pytest.raises(NothingFound, match=r"named behind two colons, as in zip://::https"):
        dv.scan("zip:///a.zip")


def test_what_is_not_there_is_said_in_a_sentence(bucket, monkeypatch):
    for url in ("memory://nowhere", "nonsense://bucket"):
        with pytest.raises(NothingFound, match=f"nothing can be listed at {url} "):
            dv.scan(url)
    actual = builtins.__import__

    def missing(name, *rest):
        if name == "fsspec":
            raise ImportError(name)
        return actual(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(MissingExtra, match=r"dicomview\[remote\]"):
        dv.scan(bucket)


@pytest.mark.parametrize(
    ("url", "install"),
    [
        ("https://somewhere.example/scan", r'install "dicomview\[remote\]"$'),
        ("zip://a.dcm::s3://bucket/scan.zip", "install s3fs$"),
        ("sftp://somewhere.example/scan", "install paramiko$"),
    ],
)
def test_a_package_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, url: str, install: str) -> None:
    def refuse(url: str) -> None:
        raise ImportError("HTTPFileSystem requires something")

    monkeypatch.setattr("fsspec.core.url_to_fs", refuse)
    with pytest.raises(MissingExtra, match=install):
        list(locate(url))
