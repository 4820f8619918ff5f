"""What no program is prepared for: each is a row of scan and audit, none a crash, a hang or a full memory."""

from __future__ import annotations

import os
import random
import shutil
import struct
import tempfile
import tracemalloc
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import phantoms
import pyarrow.parquet
import pytest
from pydicom.data import DATA_ROOT
from test_files_glance import damaged
from test_files_locate import DISC

import dicomview as dv
from dicomview.demo.synthetic import write

if TYPE_CHECKING:
    from collections.abc import Iterator

posix = pytest.mark.skipif(os.name != "posix", reason="links, owners and names are others on Windows")
MEGABYTE = 1 << 20


def rows_of(source: Any) -> dict[str, str]:
    """Scan, audit and report: return the status of each path by its name; none of the three may raise."""
    catalog = dv.scan(source, progress=False)
    assert repr(catalog)
    findings = dv.audit(source, sharing=True, pixels=True, progress=False)
    assert repr(findings)
    with tempfile.TemporaryDirectory() as folder:
        page = dv.report(source, Path(folder, "page.html"), progress=False)
        assert page.stat().st_size > 1000
    return {
        Path(path).name: status for path, status in zip(catalog.files["path"], catalog.files["status"], strict=True)
    }


def checks_of(source: Any, label: str) -> set[str]:
    findings = dv.audit(source, progress=False)
    return {row.check for row in findings.itertuples() if any(label in one for one in row.files)}


@contextmanager
def little_memory(megabytes: float) -> Iterator[None]:
    """Fail when more than so much is held at one time."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < megabytes * MEGABYTE
    finally:
        tracemalloc.stop()


def test_a_zip_bomb(tmp_path: Path) -> None:
    write(phantoms.regular()[:2], tmp_path)
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("huge.dcm", bytes(150 * MEGABYTE))
    with little_memory(80):
        assert rows_of(tmp_path)["bomb.zip"] == "unreadable"
    assert checks_of(tmp_path, "bomb.zip") == {"F18"}


def test_a_dicomdir_that_leads_out_of_its_folder(tmp_path: Path) -> None:
    secret = tmp_path / "secret.dcm"
    phantoms.regular()[0].save_as(secret, enforce_file_format=True)
    media = tmp_path / "media"
    media.mkdir()
    name = b"PT000000\\ST000000\\SE000000\\IM000000"
    content = (DISC / "DICOMDIR").read_bytes()
    assert name in content
    (media / "DICOMDIR").write_bytes(content.replace(name, b"..\\secret.dcm".ljust(len(name))))
    findings = dv.audit(media / "DICOMDIR", progress=False)
    outside = findings[findings["message"].str.contains("outside")]
    assert outside["check"].tolist() == ["F16"]
    assert "secret.dcm" in outside["files"].iloc[0][0]
    assert phantoms.regular()[0].SeriesInstanceUID not in set(findings["where"])  # it was not read


@posix
def test_links_in_circles_and_to_nowhere(tmp_path: Path) -> None:
    write(phantoms.regular()[:2], tmp_path / "files")
    (tmp_path / "files" / "up").symlink_to(tmp_path)
    (tmp_path / "files" / "self").symlink_to("self")
    (tmp_path / "files" / "nowhere").symlink_to("gone.dcm")
    statuses = rows_of(tmp_path)
    images = {"0001.dcm": "dicom", "0002.dcm": "dicom"}
    assert statuses == images | {"self": "unreadable", "up": "unreadable", "nowhere": "missing"}
    assert "F16" in checks_of(tmp_path, "nowhere")


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """A folder of everybody's, while this process may no more than anybody."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    privileged = os.geteuid() == 0
    try:
        if privileged:
            os.seteuid(65534)
        yield folder
    finally:
        if privileged:
            os.seteuid(0)
        for path in folder.iterdir():
            path.chmod(0o700)
        shutil.rmtree(folder)


@posix
def test_folders_and_files_that_may_not_be_read(as_nobody: Path) -> None:
    closed = write(phantoms.regular()[:2], as_nobody / "closed")[0].parent
    write(phantoms.regular()[2:4], as_nobody / "open")[0].chmod(0)
    closed.chmod(0)
    catalog = dv.scan(as_nobody, progress=False)
    found = {Path(path).name: status for path, status in catalog.files[["path", "status"]].itertuples(index=False)}
    assert found == {"closed": "unreadable", "0001.dcm": "unreadable", "0002.dcm": "dicom"}
    findings = dv.audit(as_nobody, progress=False)
    refused = findings[findings["check"] == "F19"]["files"].explode()
    assert {one.strip("/").split("/")[-1] for one in refused} == {"closed", "0001.dcm"}


_ = dv.scan, dv.report, dv.view, pyarrow.parquet  # are there before one is nobody, who may not import them


@posix
@pytest.mark.parametrize("deeper", ["", "closed"])
def test_folders_into_which_may_not_be_written(as_nobody: Path, deeper: str) -> None:
    source, folder = phantoms.regular(), as_nobody / "closed"
    view = dv.view(source)
    (folder / "closed").mkdir(parents=True)
    folder.chmod(0 if deeper else 0o500)
    for write_one, name in (
        (lambda path: dv.scan(source, cache=path, progress=False), "index.parquet"),
        (lambda path: dv.report(source, path, progress=False), "page.html"),
        (lambda path: view.to_html(path), "view.html"),
    ):
        with pytest.raises(dv.DicomviewError, match=rf"{name} cannot be written \(Permission denied\); name a file in"):
            write_one(folder / deeper / name)


def test_files_that_vanish_shrink_or_change_after_the_scan(tmp_path: Path) -> None:
    paths = write(phantoms.regular(), tmp_path)
    catalog = dv.scan(tmp_path, progress=False)
    paths[0].unlink()
    paths[1].write_bytes(paths[1].read_bytes()[:300])
    paths[2].write_bytes(b"something else")
    findings = dv.audit(catalog, progress=False)
    assert "F16" in {row.check for row in findings.itertuples() if "0001.dcm" in row.files}
    assert {row.check for row in findings.itertuples() if "0002.dcm" in row.files} & {"F03", "F04"}
    assert "F01" in {row.check for row in findings.itertuples() if "0003.dcm" in row.files}


def test_files_that_vanish_after_their_headers_were_read(tmp_path: Path) -> None:
    paths = write(phantoms.regular(), tmp_path / "files")
    series = dv.read_series(tmp_path / "files")
    for path in paths[3:]:
        path.write_bytes(path.read_bytes()[:-60]) if path is paths[5] else path.unlink()
    findings = dv.audit(series, pixels=True, progress=False)
    blank = findings[findings["check"] == "P03"]
    assert blank["message"].str.startswith("not decided").all()
    assert len(blank["files"].explode()) == 9
    page = dv.report(series, tmp_path / "page.html", progress=False).read_text(encoding="utf-8")
    assert "no picture" in page


@posix
def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    (path,) = write(phantoms.regular()[:1], tmp_path)
    try:
        path.rename(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe<b>.dcm"))
    except OSError:
        pytest.skip("this file system has only names in UTF-8")
    (status,) = rows_of(tmp_path).values()
    assert status == "dicom"
    findings = dv.audit(tmp_path, progress=False)
    findings.to_csv(tmp_path / "findings.csv", encoding="utf-8")
    page = dv.report(tmp_path, tmp_path / "page.html", identity="show", progress=False)
    assert "<b>.dcm" not in page.read_text(encoding="utf-8")


def test_ten_thousand_tiny_files(tmp_path: Path) -> None:
    for k in range(10_000):
        (tmp_path / f"{k:05d}").write_bytes(b"" if k % 3 == 0 else bytes([k % 256]) * (k % 90))
    with little_memory(60):
        findings = dv.audit(tmp_path, progress=False)
    assert findings["check"].unique().tolist() == ["F01"]
    assert findings["n"].sum() == 10_000
    assert len(repr(findings)) < 5000


@pytest.mark.parametrize("status", ["dicom", "not_dicom", "unreadable"])
def test_a_file_of_four_gigabytes_is_never_read_whole(tmp_path: Path, status: str) -> None:
    side = 46_340  # 2 × side² is just below 2³², which is the most that an element can declare
    one = phantoms.regular()[0]
    one.Rows = one.Columns = side
    (path,) = write([one], tmp_path)
    content = path.read_bytes()
    head = content[: content.rindex(b"\xe0\x7f\x10\x00OW") + 8]
    if status == "not_dicom":
        head = b"not DICOM"
    with path.open("wb") as file:
        file.write(head + struct.pack("<L", 2 * side * side))
        file.truncate(len(head) + 4 + 2 * side * side)
    if status == "unreadable":
        path.rename(tmp_path / "large.zip")
        with (tmp_path / "large.zip").open("r+b") as file:
            file.write(b"PK\x03\x04")
            file.seek(128)
            file.write(b"none")  # no mark of DICOM
    with little_memory(20):
        assert list(rows_of(tmp_path).values()) == [status]


def test_a_header_that_announces_more_than_there_is(tmp_path: Path) -> None:
    one = phantoms.regular()[0]
    one.Rows = one.Columns = 65_535
    one.NumberOfFrames = 2_000_000_000
    write([one], tmp_path)
    with little_memory(50):
        assert list(rows_of(tmp_path).values()) == ["truncated"]


def nested(depth: int, *, undefined: bool) -> bytes:
    """Return one sequence in the other, a file without the mark in front of it: explicit little endian."""
    head = b"\x08\x00\x16\x00UI\x1a\x00" + b"1.2.840.10008.5.1.4.1.1.7\0"
    tag, item, end, last = (
        b"\x08\x00\x10\x11SQ\0\0",
        b"\xfe\xff\x00\xe0",
        b"\xfe\xff\x0d\xe0\0\0\0\0",
        b"\xfe\xff\xdd\xe0\0\0\0\0",
    )
    if undefined:
        return head + (tag + b"\xff" * 4 + item + b"\xff" * 4) * depth + (end + last) * depth
    inner = b""
    for _ in range(depth):
        inner = tag + struct.pack("<L", len(inner) + 8) + item + struct.pack("<L", len(inner)) + inner
    return head + inner


@pytest.mark.parametrize("depth", [1000, 20_000])
@pytest.mark.parametrize("undefined", [True, False])
def test_sequences_nested_a_thousand_deep(tmp_path: Path, depth: int, undefined: bool) -> None:
    (tmp_path / "deep.dcm").write_bytes(bytes(128) + b"DICM" + nested(depth, undefined=undefined))
    (tmp_path / "bare.dcm").write_bytes(nested(depth, undefined=undefined)[:400_000])
    assert rows_of(tmp_path).keys() == {"deep.dcm", "bare.dcm"}
    if not undefined and depth > 10_000:
        assert "F20" in checks_of(tmp_path, "deep.dcm")


def test_lengths_that_lie(tmp_path: Path) -> None:
    (path,) = write(phantoms.regular()[:1], tmp_path)
    content = path.read_bytes()
    for name, mark, size in (
        ("text", b"\x08\x00\x60\x00CS", "<H"),
        ("numbers", b"\x28\x00\x30\x00DS", "<H"),
        ("pixels", b"\xe0\x7f\x10\x00OW\0\0", "<L"),
        ("meta", b"\x02\x00\x00\x00UL", "<H"),
    ):
        place = content.index(mark) + len(mark)
        for lie in (0, 1, 0xFFFF, 0x7FFF, 7):
            told = struct.pack(size, lie if size == "<H" else lie * 65_537)
            (tmp_path / f"{name}_{lie}.dcm").write_bytes(content[:place] + told + content[place + len(told) :])
    with little_memory(60):
        statuses = rows_of(tmp_path)
    assert len(statuses) == 21
    assert statuses["0001.dcm"] == "dicom"
    assert statuses["pixels_65535.dcm"] == "truncated"


def test_damaged_files_by_the_dozen_are_rows(tmp_path: Path) -> None:
    """The same, for as long as one likes: ``python tests/fuzz_audit.py 5000``."""
    fuzz(tmp_path, random.Random(7), 100)


def fuzz(folder: Path, rng: random.Random, count: int) -> None:
    """Damage files of all kinds, and look at all of them at once."""
    whole = [path for path in (Path(DATA_ROOT) / "test_files").glob("*.dcm") if 1000 < path.stat().st_size < 60_000]
    for number in range(count):
        (folder / f"{number:05d}.dcm").write_bytes(damaged(rng.choice(whole).read_bytes(), rng))
    assert len(rows_of(folder)) == count
