"""Family F of the audit, how data set and pixels are written: each check on a file with that fault, one without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import phantoms
import pytest
from faults import found, table, undecided
from oracles import jpeg_slices
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from dicomview.demo.synthetic import write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PADDING = b"\xfc\xff\xfc\xffOB\0\0" + (10).to_bytes(4, "little") + bytes(10)
FRAGMENTS = [b"\xff\xd8" + bytes(100), b"\xff\xd8" + bytes(60)]


def with_end(end: bytes) -> Callable[[Path], None]:
    """Write the regular series, with `end` behind the fourth file."""

    def make(folder: Path) -> None:
        path = write(phantoms.regular(), folder)[3]
        path.write_bytes(path.read_bytes() + end)

    return make


def compressed(frames: int, pieces: list[bytes] = FRAGMENTS, *, listed: bool = True) -> Callable[[Path], None]:
    """Write one file of `frames` frames whose pixel data are `pieces`."""

    def make(folder: Path) -> None:
        one = jpeg_slices(1)[0]
        if frames > 1:
            one.NumberOfFrames = frames
        one.PixelData = encapsulate(pieces, has_bot=listed)
        one["PixelData"].is_undefined_length = True
        write([one], folder)

    return make


def in_syntax(syntax: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        one = jpeg_slices(1)[0]
        one.file_meta.TransferSyntaxUID = uid.UID(syntax)
        one.PixelData = encapsulate(FRAGMENTS[:1])
        one["PixelData"].is_undefined_length = True
        one.preamble = bytes(128)
        folder.mkdir(exist_ok=True)
        one.save_as(folder / "odd", implicit_vr=False, little_endian=True, enforce_file_format=False)

    return make


def big_endian(folder: Path) -> None:
    one = phantoms.regular()[0]
    one.file_meta.TransferSyntaxUID = uid.ExplicitVRBigEndian
    one["PixelData"].VR = "OW"
    folder.mkdir(exist_ok=True)
    one.save_as(folder / "big", implicit_vr=False, little_endian=False, enforce_file_format=True)


def signed(folder: Path) -> None:
    one = phantoms.regular()[0]
    signature = Dataset()
    signature.MACIDNumber = 1
    one.DigitalSignaturesSequence = [signature]
    write([one], folder)


FAULTS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "a tape's block": ("F06", with_end(bytes(512))),
    "text": ("F06", with_end(b"and who the patient is")),
    "padding": ("F06", with_end(PADDING)),
    "behind compressed pixels": ("F06", lambda folder: (compressed(2)(folder), _append(folder, b"junk" * 8))[0]),
    "three frames of two": ("F08", compressed(3, [*FRAGMENTS, b""][:2], listed=False)),
    "a table of two for three": ("F08", compressed(3)),
    "a maker's transfer syntax": ("F09", in_syntax("1.2.840.113619.5.2")),
    "a stream from elsewhere": ("F09", in_syntax(uid.JPIPHTJ2KReferenced)),
    "big endian": ("F13", big_endian),
}


def _append(folder: Path, end: bytes) -> None:
    (path,) = folder.iterdir()
    path.write_bytes(path.read_bytes() + end)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_and_nothing_else(fault: str, tmp_path: Path) -> None:
    check, make = FAULTS[fault]
    make(tmp_path)
    ids = found(tmp_path)
    assert check in ids
    # Fewer pieces are cut pixel data, too; one file of frames has no positions and is too few slices; JPEG is lossy.
    assert ids - {check} <= ({"F05"} if check == "F08" else set()) | {"G01", "G18", "P06", "F11"}


@pytest.mark.parametrize(
    "sound", [with_end(b""), compressed(2), compressed(1, listed=False), signed, compressed(2, listed=False)]
)
def test_what_is_allowed_is_no_finding(sound: Any, tmp_path: Path) -> None:
    sound(tmp_path)
    assert found(tmp_path, checks="F") == set()


def test_pieces_that_no_table_assigns_cannot_be_judged(tmp_path: Path) -> None:
    compressed(2, [*FRAGMENTS, FRAGMENTS[0]], listed=False)(tmp_path)
    assert undecided(tmp_path, checks="F08") == {"F08"}
    assert found(tmp_path, checks="F08") == set()


def test_a_retired_class_is_told() -> None:
    one = phantoms.regular()[0]
    one.SOPClassUID = one.file_meta.MediaStorageSOPClassUID = uid.UID("1.2.840.10008.5.1.4.1.1.5")
    (row,) = table(one, checks="F13").itertuples()
    assert (row.message, row.value) == ("a retired SOP class", "Nuclear Medicine Image Storage")
