from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from pydicom.data import DATA_ROOT
from pydicom.dataset import Dataset

from dicomview.demo.synthetic import instances, write
from dicomview.errors import NotASource, NothingFound
from dicomview.files import Location, locate, read_header, read_headers

DISC = Path(DATA_ROOT) / "test_files" / "dicomdirtests" / "TINY_ALPHA"


def labels(source: object) -> list[str]:
    return [location.label for location in locate(source)]


@pytest.fixture
def slices() -> list[Dataset]:
    return instances(np.arange(24, dtype=np.int16).reshape(2, 3, 4), seed="files")


def touch(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_places_in_memory_are_told_apart_without_a_look_at_their_elements() -> None:
    one, other = (Location("dataset 0", None, dataset=Dataset()) for _ in range(2))
    assert len({one, other}) == 1
    assert one != Location("dataset 1", None)
    assert one != ("dataset 0", None, None, None, None)
    with pytest.raises(NotASource):
        list(locate(one))  # type: ignore[arg-type]


def test_a_folder_is_walked_in_order_hidden_and_suffixless_files_included(tmp_path: Path) -> None:
    for name in ("b/2", "b/10.dcm", "a/c/1.IMA", ".DS_Store", "z.txt", ".hidden/1"):
        touch(tmp_path / name)
    assert (
        labels(tmp_path) == labels(str(tmp_path)) == [".DS_Store", "z.txt", ".hidden/1", "a/c/1.IMA", "b/10.dcm", "b/2"]
    )


def test_a_file_is_named_by_its_name(tmp_path: Path) -> None:
    path = touch(tmp_path / "deep" / "one.dcm")
    assert list(locate(path)) == [Location("one.dcm", str(path))]


def test_a_list_mixes_everything_and_names_files_by_what_they_have_in_common(
    tmp_path: Path, slices: list[Dataset]
) -> None:
    for name in ("a/1", "a/2", "b/1"):
        touch(tmp_path / name)
    found = list(locate([tmp_path / "a", str(tmp_path / "b" / "1"), slices[1]]))
    assert [location.label for location in found] == ["a/1", "a/2", "b/1", "dataset 2"]
    assert found[3].dataset is slices[1]


def test_a_file_met_twice_is_one_row(tmp_path: Path) -> None:
    path = touch(tmp_path / "1")
    assert labels([tmp_path, path, path]) == labels((path,)) == ["1"]


def test_a_generator_is_a_list(tmp_path: Path) -> None:
    touch(tmp_path / "1")
    assert labels(tmp_path.glob("*")) == ["1"]


def test_circles_of_links_end(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    touch(outside / "far")
    inside = tmp_path / "inside"
    touch(inside / "sub" / "near")
    (inside / "sub" / "up").symlink_to(inside)
    (inside / "away").symlink_to(outside)
    (outside / "back").symlink_to(inside)
    (inside / "self").symlink_to(inside / "self")
    (inside / "gone").symlink_to(tmp_path / "nowhere")
    (inside / "same").symlink_to(inside / "sub")  # no circle: what is in it is met under its own name
    headers = {location.label: read_header(location) for location in locate(inside)}
    assert {label: header.status for label, header in headers.items()} == {
        "gone": "missing",
        "self": "unreadable",
        "away/back": "unreadable",
        "away/far": "not_dicom",
        "sub/near": "not_dicom",
        "sub/up": "unreadable",
    }
    assert headers["sub/up"].detail == headers["away/back"].detail == "a link that leads back to a folder above it"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes are for POSIX")
def test_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (header,) = (read_header(location) for location in locate(tmp_path))
    assert header.status == "unreadable"
    assert "pipe" in header.detail


def test_a_folder_that_may_not_be_listed_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "open" / "1")
    (tmp_path / "shut").mkdir()
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("shut"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert labels(tmp_path) == ["open/1", "shut/"]
    assert [read_header(location).status for location in locate(tmp_path)] == ["not_dicom", "unreadable"]


def test_a_wrong_path_names_what_is_close(tmp_path: Path) -> None:
    touch(tmp_path / "ct_chest" / "1")
    with pytest.raises(
        NothingFound, match=r"no file or folder .*ct_chst.*check the spelling.*Did you mean .*ct_chest'"
    ):
        list(locate(tmp_path / "ct_chst"))
    with pytest.raises(NothingFound, match=r"no folder .*nowhere.* either"):
        list(locate(tmp_path / "nowhere" / "1.dcm"))
    with pytest.raises(FileNotFoundError):
        list(locate([tmp_path, tmp_path / "xyz"]))


@pytest.mark.parametrize("source", [[], ()])
def test_an_empty_list_is_said(source: object) -> None:
    with pytest.raises(NothingFound, match="empty"):
        list(locate(source))


@pytest.mark.parametrize("source", [None, 3, b"path", [1], np.zeros((2, 2))])
def test_what_is_no_source_is_a_type_error(source: object) -> None:
    with pytest.raises(TypeError, match="give a path, a pydicom Dataset"):
        list(locate(source))


def test_tilde_is_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    touch(tmp_path / "1")
    assert labels("~/1") == ["1"]


def test_a_name_that_is_no_text_can_be_printed(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe")).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system has only names in UTF-8")
    assert labels(tmp_path)[0].encode("utf-8") == b"??"


def test_dicomdir_as_source_gives_the_files_it_names() -> None:
    headers = read_headers(DISC / "DICOMDIR", progress=False)
    assert headers.counts == {"dicom": 50, "dicomdir": 1}
    assert headers[0].location.label == "DICOMDIR"
    assert headers[1].location.label.startswith("PT000000/ST000000/SE000000/IM")


def test_dicomdir_names_are_compared_without_case_and_version(tmp_path: Path) -> None:
    shutil.copy(DISC / "DICOMDIR", tmp_path / "dicomdir")
    series = tmp_path / "pt000000" / "St000000" / "SE000000"
    series.mkdir(parents=True)
    original = DISC / "PT000000" / "ST000000" / "SE000000"
    shutil.copy(original / "IM000000", series / "im000000")
    shutil.copy(original / "IM000001", series / "IM000001;1")
    headers = read_headers(tmp_path / "dicomdir", progress=False)
    assert headers.counts == {"dicom": 2, "dicomdir": 1, "missing": 48}
    missing = next(header for header in headers if header.status == "missing")
    assert missing.location.path is not None
    assert missing.location.path.parent == series
    assert missing.detail


def test_dicomdir_met_in_a_folder_is_a_row_of_its_own() -> None:
    assert read_headers(DISC, progress=False).counts == {"dicom": 50, "dicomdir": 1, "not_dicom": 1}


def test_dicomdir_without_its_files_is_explained(tmp_path: Path) -> None:
    shutil.copy(DISC / "DICOMDIR", tmp_path / "DICOMDIR")
    with pytest.raises(NothingFound, match="copy the files it names beside it"):
        read_headers(tmp_path / "DICOMDIR", progress=False)


def test_dicomdir_cannot_lead_out_of_its_folder(tmp_path: Path) -> None:
    content = (DISC / "DICOMDIR").read_bytes()
    name = b"PT000000\\ST000000\\SE000000\\IM000000"
    assert name in content
    evil = b"..\\..\\..\\etc\\passwd".ljust(len(name))
    (tmp_path / "DICOMDIR").write_bytes(content.replace(name, evil))
    found = [location for location in locate(tmp_path / "DICOMDIR") if "passwd" in location.label]
    assert [(location.path, read_header(location).status) for location in found] == [(None, "missing")]


def test_nothing_is_written(tmp_path: Path, slices: list[Dataset]) -> None:
    for path in write(slices, tmp_path):
        path.chmod(0o444)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()}
    read_headers(tmp_path, progress=False)
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()} == before
