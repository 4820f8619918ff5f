from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dicomview.catalog import scan
from dicomview.demo.synthetic import instances, write
from dicomview.errors import NothingFound, UnsafeArchive
from dicomview.files import archive, locate, read_header, read_headers

if TYPE_CHECKING:
    from pathlib import Path

CENTRAL, LOCAL = b"PK\x01\x02", b"PK\x03\x04"


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    values = np.arange(3 * 20 * 20, dtype=np.int16).reshape(3, 20, 20)
    return write(instances(values, seed="zip"), tmp_path / "plain", name="{:04d}")


def packed(path: Path, files: list[Path], folder: str = "a/", method: int = zipfile.ZIP_DEFLATED) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", method) as target:
        target.writestr("a/", b"")
        for file in files:
            target.write(file, folder + file.name)
        target.writestr("readme.txt", "hello")
    return path


def set_flag(path: Path, name: bytes, flag: int = 1) -> None:
    """Mark a member as encrypted, in its local header and in the table of contents."""
    content = bytearray(path.read_bytes())
    for magic, flags, names in ((LOCAL, 6, 30), (CENTRAL, 8, 46)):
        at = content.find(magic)
        while at >= 0:
            if content[at + names :].startswith(name):
                content[at + flags] |= flag
            at = content.find(magic, at + 4)
    path.write_bytes(content)


def declare(path: Path, size: int) -> None:
    """Let the table of contents declare another size for the last member."""
    content = bytearray(path.read_bytes())
    at = content.rfind(CENTRAL)
    content[at + 24 : at + 28] = size.to_bytes(4, "little")
    path.write_bytes(content)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_are_read_in_place(tmp_path: Path, files: list[Path], method: int) -> None:
    path = packed(tmp_path / "zips" / "scan.zip", files, method=method)
    headers = read_headers(path, progress=False)
    assert [header.location.label for header in headers] == [
        "scan.zip::a/0001",
        "scan.zip::a/0002",
        "scan.zip::a/0003",
        "scan.zip::readme.txt",
    ]
    assert headers.counts == {"dicom": 3, "not_dicom": 1}
    for header, plain in zip(headers.images, read_headers(files, progress=False), strict=True):
        assert header.dataset == plain.dataset
        with header.open_pixels() as ours, plain.open_pixels() as theirs:
            assert ours.read() == theirs.read()
    assert [entry.name for entry in path.parent.iterdir()] == ["scan.zip"]


def test_a_zip_in_a_folder_is_read_too(tmp_path: Path, files: list[Path]) -> None:
    packed(tmp_path / "all" / "sub" / "scan.ZIP", files)
    packed(tmp_path / "all" / "report.docx", [])
    found = [location.label for location in locate(tmp_path / "all")]
    assert found[:2] == ["report.docx", "sub/scan.ZIP::a/0001"]
    assert len(found) == 5


def test_a_header_does_not_keep_the_whole_member_in_memory(tmp_path: Path, files: list[Path]) -> None:
    for header in read_headers(packed(tmp_path / "scan.zip", files), progress=False).images:
        assert header.dataset is not None
        assert header.dataset.buffer is None


def test_an_archive_that_changed_is_read_anew(tmp_path: Path, files: list[Path]) -> None:
    path = packed(tmp_path / "scan.zip", files)
    assert len(archive.members(path)) == 4
    packed(path, files[:1])
    assert len(archive.members(path)) == 2


def test_some_encrypted_members_are_rows(tmp_path: Path, files: list[Path]) -> None:
    path = packed(tmp_path / "scan.zip", files)
    set_flag(path, b"a/0002")
    headers = read_headers(path, progress=False)
    assert headers.counts == {"dicom": 2, "not_dicom": 1, "encrypted": 1}
    assert "password" in next(header.detail for header in headers if header.status == "encrypted")


def test_an_encrypted_archive_is_refused_by_name_and_is_a_row_in_a_folder(tmp_path: Path, files: list[Path]) -> None:
    path = packed(tmp_path / "secret.zip", files)
    set_flag(path, b"")
    with pytest.raises(UnsafeArchive, match=r"secret\.zip is encrypted: all its \d members need a password"):
        read_headers(path, progress=False)
    headers = read_headers(tmp_path, progress=False)
    assert headers.counts == {"dicom": 3, "encrypted": 1}


def test_a_bomb_is_refused_before_it_is_inflated(tmp_path: Path, files: list[Path]) -> None:
    path = packed(tmp_path / "bomb.zip", files)
    declare(path, 4_000_000_000)
    with pytest.raises(UnsafeArchive, match=r"bomb\.zip would unpack from .* to 4,000,.* zip bomb"):
        read_headers(path, progress=False)
    (row,) = (read_header(one) for one in locate(tmp_path) if one.label == "bomb.zip")
    assert row.status == "unreadable"
    assert "zip bomb" in row.detail


def test_members_that_share_their_bytes_are_a_bomb(tmp_path: Path) -> None:
    path = tmp_path / "overlap.zip"
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("one", bytes(1000))
        for number in range(50):
            twin = zipfile.ZipInfo(f"twin{number}")
            twin.header_offset, twin.file_size, twin.compress_size = 0, 1000, 1000
            twin.CRC, twin.external_attr = 0, 0
            target.filelist.append(twin)
    with pytest.raises(UnsafeArchive, match="zip bomb"):
        list(locate(path))


def test_black_images_are_no_bomb(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "black.zip", "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("black", bytes(10_000_000))
    assert archive.members(tmp_path / "black.zip") == ("black",)


def test_a_lying_member_is_read_no_further_than_it_declares(tmp_path: Path) -> None:
    path = tmp_path / "lie.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("big", bytes(50_000_000))
    declare(path, 1000)
    (header,) = (read_header(location) for location in locate(path))
    assert header.status == "unreadable"
    assert "damaged inside the archive" in header.detail


def test_a_damaged_member_is_a_row(tmp_path: Path, files: list[Path]) -> None:
    path = packed(tmp_path / "scan.zip", files)
    content = bytearray(path.read_bytes())
    at = content.find(b"a/0002") + 40
    content[at : at + 60] = bytes(60)
    path.write_bytes(content)
    assert read_headers(path, progress=False).counts == {"dicom": 2, "not_dicom": 1, "unreadable": 1}


def test_a_damaged_archive_is_refused_by_name_and_is_a_row_in_a_folder(tmp_path: Path, files: list[Path]) -> None:
    path = packed(tmp_path / "half.zip", files)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UnsafeArchive, match=r"half\.zip is a damaged archive"):
        read_headers(path, progress=False)
    assert read_headers(tmp_path, progress=False).counts == {"dicom": 3, "unreadable": 1}


def test_a_zip_in_a_zip_is_not_opened(tmp_path: Path, files: list[Path]) -> None:
    inner = packed(tmp_path / "inner.zip", files)
    outer = packed(tmp_path / "outer.zip", [inner, files[0]])
    headers = read_headers(outer, progress=False)
    assert headers.counts == {"dicom": 1, "not_dicom": 2}
    assert "zip archive" in next(h.detail for h in headers if h.location.label.endswith("inner.zip"))


def test_a_dicom_file_whose_preamble_looks_like_a_zip_is_dicom(tmp_path: Path, files: list[Path]) -> None:
    path = tmp_path / "both"
    path.write_bytes(LOCAL + files[0].read_bytes()[4:])
    assert read_headers(path, progress=False).counts == {"dicom": 1}


def test_a_member_that_is_not_there(tmp_path: Path, files: list[Path]) -> None:
    with pytest.raises(FileNotFoundError):
        archive.read_member(packed(tmp_path / "scan.zip", files), "nothing")


def test_only_zip_magic_is_a_zip() -> None:
    stream = io.BytesIO()
    zipfile.ZipFile(stream, "w").close()
    assert archive.is_zip(stream.getvalue())
    assert not archive.is_zip(b"PK nothing")


def test_a_scan_makes_a_row_of_what_is_refused(tmp_path: Path, files: list[Path]) -> None:
    secret, bomb, half = (packed(tmp_path / "zips" / f"{name}.zip", files) for name in ("secret", "bomb", "half"))
    set_flag(secret, b"")
    declare(bomb, 4_000_000_000)
    half.write_bytes(half.read_bytes()[:-100])
    listed = scan([*files, secret, bomb, half, tmp_path / "nowhere.dcm"]).files[["status", "detail"]]
    assert listed["status"].tolist() == ["dicom"] * len(files) + ["encrypted", "unreadable", "unreadable", "missing"]
    inside = scan(tmp_path / "zips").files.set_index("path")[["status", "detail"]]
    for place, path in enumerate((secret, bomb, half), len(files)):
        assert scan(path).files[["status", "detail"]].iloc[0].tolist() == listed.iloc[place].tolist()
        assert listed.iloc[place].tolist() == inside.loc[str(path)].tolist()
    with pytest.raises(NothingFound, match="check the spelling"):
        scan(tmp_path / "nowhere.dcm")


def test_archives_behind_urls_are_refused_as_those_by_name(tmp_path: Path, files: list[Path]) -> None:
    secret, bomb, half, part = (packed(tmp_path / f"{name}.zip", files) for name in ("secret", "bomb", "half", "part"))
    set_flag(secret, b"")
    declare(bomb, 4_000_000_000)
    half.write_bytes(half.read_bytes()[:-100])
    set_flag(part, f"a/{files[0].name}".encode())
    urls = [f"zip://::{path}" for path in (secret, bomb, half)]
    nowhere = "memory://user:PASSWORD@nowhere/scan?token=SECRET"
    found = scan([*urls, nowhere, str(files[0])]).files
    assert found["status"].tolist() == ["encrypted", "unreadable", "unreadable", "missing", "dicom"]
    for url, detail, why in zip(urls, found["detail"], ("a password", "zip bomb", "damaged archive"), strict=False):
        assert detail.startswith(url)
        assert why in detail
        assert scan(url).files["detail"].tolist() == [detail]
        with pytest.raises(UnsafeArchive):
            list(locate(url))
    assert found["path"][3] == "memory://nowhere/scan"
    assert "nothing can be listed at memory://nowhere/scan (" in found["detail"][3]
    inside = scan(f"zip://::{part}").files.set_index("path")[["status", "detail"]]
    (locked,) = inside[inside["status"] == "encrypted"]["detail"]
    assert "password" in locked
