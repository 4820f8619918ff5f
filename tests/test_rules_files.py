"""Family F of the audit: each check on a folder with that fault, and on one without."""

from __future__ import annotations

import shutil
import zipfile
from typing import TYPE_CHECKING, Any

import phantoms
import pytest
from faults import found, table
from test_bad_input import nested

from dicomview.demo.synthetic import write
from dicomview.rules.element import DEEPEST

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydicom.dataset import Dataset


def files(folder: Path, change: Callable[[Dataset], Any] | None = None) -> list[Path]:
    """Write the regular series; `change` is made to the fourth slice before."""
    pile = phantoms.regular()
    if change is not None:
        change(pile[3])
    return write(pile, folder)


def test_a_sound_folder_has_no_findings(tmp_path: Path) -> None:
    files(tmp_path)
    assert found(tmp_path) == set()


def rewritten(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        path = files(folder)[3]
        path.write_bytes(change(path.read_bytes()))

    return make


def beside(name: str, content: bytes) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        files(folder)
        (folder / name).write_bytes(content)

    return make


def dataset_changed(**elements: Any) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        def change(one: Dataset) -> None:
            for keyword, value in elements.items():
                setattr(one, keyword, value)

        files(folder, change)

    return make


def unchecked(change: Callable[[Dataset], None]) -> Callable[[Path], None]:
    """Write the fourth slice as it is after `change`: pydicom would put the file meta right."""

    def make(folder: Path) -> None:
        path = files(folder)[3]
        one = phantoms.regular()[3]
        change(one)
        one.preamble = b"\0" * 128
        one.save_as(path, enforce_file_format=False, overwrite=True)

    return make


def other_meta(one: Dataset) -> None:
    one.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"


def no_class(one: Dataset) -> None:
    del one.SOPClassUID


def no_implementation(one: Dataset) -> None:
    del one.file_meta.ImplementationClassUID
    one.file_meta.FileMetaInformationVersion = b"\0\1"


def endless(folder: Path) -> None:
    files(folder)
    (folder / "deep.dcm").write_bytes(bytes(128) + b"DICM" + nested(DEEPEST + 1, undefined=False))


def missing_link(folder: Path) -> None:
    files(folder)
    (folder / "0099.dcm").symlink_to(folder / "nowhere.dcm")


# What follows from the fault: a slice that is not read is missing, and its number with it.
LOST = {"G08", "G17"}
FAULTS: dict[str, tuple[str, Callable[[Path], Any], set[str]]] = {
    "text": ("F01", beside("readme.txt", b"about these files"), set()),
    "empty": ("F01", beside("empty.dcm", b""), set()),
    "no preamble": ("F02", rewritten(lambda content: content[132:]), set()),
    "garbage": ("F03", beside("garbage.dcm", b"\0" * 128 + b"DICM" + b"\xff" * 300), {"F11"}),
    "no SOP class": ("F03", unchecked(no_class), {"F11", "G08"}),
    "header cut": ("F04", rewritten(lambda content: content[:700]), LOST),
    "pixels cut": ("F05", rewritten(lambda content: content[:-100]), set()),
    "two planes of pixels": ("F07", dataset_changed(PixelData=b"\1" * 320), set()),
    "meta of another": ("F10", unchecked(other_meta), {"F11"}),
    "meta incomplete": ("F11", unchecked(no_implementation), set()),
    "a copy": ("F14", lambda folder: shutil.copy(files(folder)[3], folder / "again.dcm"), {"G17"}),
    "a program": ("F12", rewritten(lambda content: b"MZ" + content[2:]), set()),
    "a TIFF": ("F12", rewritten(lambda content: b"II*\0" + content[4:]), set()),
    "a dead link": ("F16", missing_link, set()),
    "an endless nesting": ("F20", endless, {"F11", "N01", "N04", "U02", "U12"}),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_and_nothing_else(fault: str, tmp_path: Path) -> None:
    check, make, follows = FAULTS[fault]
    make(tmp_path)
    ids = found(tmp_path)
    assert check in ids
    assert ids - {check} <= follows


def test_copies_are_one_row_with_how_many_there_are(tmp_path: Path) -> None:
    first, *_ = files(tmp_path)
    for number in range(3):
        shutil.copy(first, tmp_path / f"copy{number}.dcm")
    (row,) = table(tmp_path).query("check == 'F14'").itertuples()
    assert (row.severity, row.level, row.n, row.value) == ("warning", "series", 3, "3 further")
    assert row.where == phantoms.regular()[0].SeriesInstanceUID
    assert row.files == ("copy0.dcm", "copy1.dcm", "copy2.dcm")


def test_copies_of_what_is_no_image_are_the_same_bytes(tmp_path: Path) -> None:
    (path,) = write([phantoms.report()], tmp_path)
    assert "F14" not in found(tmp_path)
    (tmp_path / "other.dcm").write_bytes(b"\1" + path.read_bytes()[1:])
    assert "F14" not in found(tmp_path)
    shutil.copy(path, tmp_path / "zcopy.dcm")
    (row,) = table(tmp_path).query("check == 'F14'").itertuples()
    assert row.files == ("zcopy.dcm",)


def test_the_severity_of_a_preamble_depends_on_what_it_is(tmp_path: Path) -> None:
    severities = {}
    for name, magic in (("program", b"MZ\x90\0"), ("tiff", b"MM\0*"), ("letters", b"abcd")):
        rewritten(lambda content, magic=magic: magic + content[4:])(tmp_path / name)
        (row,) = table(tmp_path / name).itertuples()
        assert row.check == "F12"
        severities[name] = row.severity
    assert severities == {"program": "error", "tiff": "info", "letters": "warning"}


def test_what_cannot_be_opened_is_a_row(tmp_path: Path) -> None:
    path = files(tmp_path)[3]
    path.unlink()
    path.symlink_to("/dev/null")
    findings = table(tmp_path)
    assert "F19" in set(findings["check"])
    assert findings.query("check == 'F19'")["files"].tolist() == [("0004.dcm",)]


def test_an_encrypted_member_is_a_row(tmp_path: Path) -> None:
    paths = files(tmp_path / "files")
    archive = tmp_path / "scan.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in paths:
            packed.write(path, path.name)
    content = bytearray(archive.read_bytes())
    # The flag of encryption of the last member, in its own header and in the table of contents.
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.rfind(mark) + place] |= 1
    archive.write_bytes(content)
    assert found(archive) == {"F18"}
