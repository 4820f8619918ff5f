"""Files that are asked for before it is their turn."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from dicomview.files import Location, ahead

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="the system takes no advice")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, int]]:
    """What the system was asked for: inode, offset, length."""
    found: list[tuple[int, int, int]] = []
    advise = os.posix_fadvise

    def noted(descriptor: int, offset: int, length: int, advice: int) -> None:
        assert advice == os.POSIX_FADV_WILLNEED
        found.append((os.fstat(descriptor).st_ino, offset, length))
        advise(descriptor, offset, length, advice)

    monkeypatch.setattr(os, "posix_fadvise", noted)
    return found


def piled(folder: Path, count: int) -> list[Location]:
    paths = [folder / f"{number:04}.dcm" for number in range(count)]
    for path in paths:
        path.write_bytes(b"DICM")
    return [Location(path.name, str(path)) for path in paths]


def test_what_keeps_waiting_is_asked_for_before_its_turn(tmp_path: Path, asked: list[tuple[int, int, int]]) -> None:
    places = piled(tmp_path, 600)
    taken = []
    for number, one in enumerate(ahead(places)):
        if number % 256 < 4 and number < 512:
            time.sleep(0.001)  # as a disk that has to look for the file
        elif number % 256 >= 4 and number < 512:
            assert os.stat(str(one.file)).st_ino in {inode for inode, _, _ in asked}  # noqa: PTH116
        taken.append(one)
    assert taken == places
    assert {length for _, _, length in asked} == {8192}
    assert len(asked) >= 2 * 252, "each but those by which the waiting is seen"


def test_where_nothing_is_waited_for_nothing_is_asked(tmp_path: Path, asked: list[tuple[int, int, int]]) -> None:
    places = piled(tmp_path, 300)
    for _ in range(20):  # the machine may be busy, and who is not given a core waits
        asked.clear()
        assert list(ahead(places)) == places
        if not asked:
            return
    raise AssertionError("files were asked for although nobody waited")


def test_what_cannot_be_asked_for_is_yielded_all_the_same(tmp_path: Path, asked: list[tuple[int, int, int]]) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    odd = [
        Location("gone", str(tmp_path / "gone")),
        Location("folder", str(tmp_path / "folder")),
        Location("pipe", str(tmp_path / "pipe")),
        Location("nul", f"{tmp_path}/n\0ul"),
        Location("member", str(tmp_path / "archive.zip"), "one.dcm"),
        Location("memory", None),
    ]
    places = [*piled(tmp_path, 4), *odd]
    taken = []
    for one in ahead(places):
        time.sleep(0.001)
        taken.append(one)
    assert taken == places
    assert list(ahead([])) == []
