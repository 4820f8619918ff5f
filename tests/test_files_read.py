from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dicomview.demo.synthetic import instances, write
from dicomview.errors import NothingFound
from dicomview.files import Header, Headers, Location, read_headers

if TYPE_CHECKING:
    from pathlib import Path

    from pydicom.dataset import Dataset


@pytest.fixture
def slices() -> list[Dataset]:
    return instances(np.arange(5 * 6, dtype=np.uint16).reshape(5, 2, 3), seed="read")


def test_a_folder_gives_its_headers(tmp_path: Path, slices: list[Dataset]) -> None:
    write(slices, tmp_path / "series")
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "zero").touch()
    headers = read_headers(tmp_path, progress=False)
    assert repr(headers) == "Headers: 7 files · 5 dicom · 1 not_dicom · 1 empty"
    assert list(headers.counts) == ["dicom", "not_dicom", "empty"]
    assert [header.dataset.InstanceNumber for header in headers.images] == [1, 2, 3, 4, 5]
    assert isinstance(headers[1:3], Headers)
    assert [header.location.label for header in headers[1:3]] == ["zero", "series/0001.dcm"]
    assert headers[2] in headers
    assert len(headers.instances) == 5


def test_one_data_set_is_enough(slices: list[Dataset]) -> None:
    assert repr(read_headers(slices[0])) == "Headers: 1 file · 1 dicom"
    assert len(read_headers(slices)) == len(read_headers(tuple(slices))) == 5


def test_a_list_of_paths_equals_the_folder(tmp_path: Path, slices: list[Dataset]) -> None:
    paths = write(slices, tmp_path)
    assert list(read_headers(paths, progress=False)) == list(read_headers(tmp_path, progress=False))


def test_a_report_is_found_though_it_is_no_image(slices: list[Dataset]) -> None:
    del slices[0].PixelData
    headers = read_headers(slices[0])
    assert (len(headers.instances), len(headers.images)) == (1, 0)


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(NothingFound, match="is empty: no file in it or in any folder under it"):
        read_headers(tmp_path)


def test_a_folder_of_pictures(tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f"{number}.PNG").write_bytes(b"\x89PNG" + bytes(200))
    (tmp_path / "empty.dcm").touch()
    with pytest.raises(
        NothingFound, match=r"^13 files in '.*', none of them DICOM \(12 \.png, 1 empty\); give the fold"
    ):
        read_headers(tmp_path, progress=False)


def test_a_folder_with_one_text_file(tmp_path: Path) -> None:
    (tmp_path / "README").write_text("hello")
    with pytest.raises(NothingFound, match=r"^1 file in '.*', none of them DICOM \(1 without suffix\)"):
        read_headers(tmp_path, progress=False)


def test_a_picture_instead_of_dicom(tmp_path: Path) -> None:
    (tmp_path / "scan.png").write_bytes(b"\x89PNG" + bytes(200))
    with pytest.raises(
        NothingFound, match=r"scan\.png' is not a DICOM file that can be read \(looks like a PNG picture"
    ):
        read_headers(tmp_path / "scan.png")


def test_a_list_with_nothing_in_it_is_not_printed(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text("hello")
    with pytest.raises(NothingFound, match=r"^2 files in the data set or list given, none of them DICOM"):
        read_headers([tmp_path / "a", tmp_path / "b"], progress=False)
    with pytest.raises(NothingFound, match=r"^2 files in the data set or list given, none of them DICOM"):
        read_headers(tmp_path.glob("*"), progress=False)


class Clock:
    """A clock for the progress bar that is two seconds further at every look."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 2.0
        return self.now


@pytest.mark.parametrize(
    ("slow", "progress", "shown"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_a_bar_appears_when_it_takes_longer_than_a_second(
    slices: list[Dataset],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    slow: bool,
    progress: bool,
    shown: bool,
) -> None:
    if slow:
        monkeypatch.setattr("dicomview.progress.monotonic", Clock())
    read_headers(slices, progress=progress)
    output = capsys.readouterr()
    assert output.out == ""
    assert ("Reading headers" in output.err) == shown


def test_control_c_stops_reading(slices: list[Dataset], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(location: Location) -> Header:
        raise KeyboardInterrupt

    monkeypatch.setattr("dicomview.files.glance.read_header", interrupt)
    with pytest.raises(KeyboardInterrupt):
        read_headers(slices, progress=False)


def test_no_pixel_is_read_for_a_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = instances(np.zeros((1, 2000, 2000), np.int16), seed="large")
    (path,) = write(large, tmp_path)
    read = 0

    class Counting(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            nonlocal read
            content = super().read(size)
            read += len(content)
            return content

    monkeypatch.setattr(Location, "open", lambda self: Counting(path.read_bytes()))
    (header,) = read_headers(path, progress=False)
    assert header.pixels is not None
    assert header.pixels.length == 8_000_000
    assert read < 20_000
