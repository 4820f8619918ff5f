"""One path, one header: what the file is, its data set without the pixel data, and where those are.

Nothing that is in a file makes `read_header` raise: every path is a row, and its status says what it is.
"""

from __future__ import annotations

import io
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal, get_args

import numpy as np
from pydicom.uid import MediaStorageDirectoryStorage

from dicomview.errors import NotAnImage, NothingFound, UnsafeArchive
from dicomview.files import archive, syntax
from dicomview.files.extent import KEYWORDS, UNDEFINED, PixelSpan, encapsulated, shortfall
from dicomview.files.walk import read_elements
from dicomview.quiet import quiet
from dicomview.unread import outline_of

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from dicomview.files.locate import Location

__all__ = ["STATUSES", "Header", "PixelSpan", "Status", "read_header"]

Status = Literal[
    "dicom",
    "no_preamble",
    "truncated",
    "dicomdir",
    "garbage",
    "not_dicom",
    "empty",
    "encrypted",
    "unreadable",
    "missing",
]
STATUSES: tuple[Status, ...] = get_args(Status)

# A data set without preamble is believed when it has one of: SOPClassUID, SOPInstanceUID, Modality, StudyInstanceUID.
_IDENTIFYING = (0x00080016, 0x00080018, 0x00080060, 0x0020000D)
_DIRECTORY_RECORDS = 0x00041220
_META_GROUP = b"\x02\x00"  # file meta information, PS3.10 7.1
_GARBAGE = "has the DICOM mark, and what follows is no data set"
_NO_FILE = "a folder that may not be listed, or stands where a file should be"


@dataclass(frozen=True, slots=True)
class Header:
    """What is known of one path before its pixels are read.

    Attributes
    ----------
    location : Location
        Where it is.
    status : Status
        ``"dicom"``; ``"no_preamble"``: a data set without the 128 bytes in front; ``"truncated"``: the file ends too
        early, or its header cannot be read to its end; ``"dicomdir"``: a table of contents; ``"garbage"``: the DICOM
        mark, and behind it no data set; ``"not_dicom"``; ``"empty"``: no bytes; ``"encrypted"``: a member of an
        archive that needs a password; ``"unreadable"``: not permitted or damaged; ``"missing"``: named
        by a DICOMDIR or a link, or asked for, and not there.
    dataset : pydicom.Dataset or None
        Without pixel data; for a data set given in memory, that very data set, which is never written to. A truncated
        file has the elements that could be read.
    pixels : PixelSpan or None
        Where the pixel data are; None when there are none.
    detail : str
        A sentence about what is unusual; empty when nothing is.
    """

    location: Location
    status: Status
    dataset: Dataset | None = None
    pixels: PixelSpan | None = None
    detail: str = ""

    def open_pixels(self) -> BinaryIO:
        """Open the pixel data: a binary file positioned at the first byte of their value.

        The bytes are those of the file, in its byte order; encapsulated ones begin with the item of the offset table.
        The caller closes it.

        Raises
        ------
        NotAnImage
            There are no pixel data.
        OSError
            The file has gone, or may no longer be read.
        """
        if self.pixels is None:
            raise NotAnImage(f"{self.location.label} holds no pixel data")
        if self.location.dataset is not None:
            return io.BytesIO(_value(self.location.dataset, self.pixels.keyword))
        stream = self.location.open()
        try:
            if self.dataset is not None and outline_of(self.dataset) is None:  # else it is not deflated
                with quiet():
                    inflated = syntax.inflate(stream, stream.read(1024))
                if inflated is not None:
                    stream.close()
                    stream = inflated.stream
            stream.seek(self.pixels.offset)
        except BaseException:
            stream.close()
            raise
        return stream


def read_header(location: Location) -> Header:
    """Return the header at `location`, with the status of the file; never raises for what is in the file.

    Parameters
    ----------
    location : Location
        From `locate`. Files are opened for reading only.

    Returns
    -------
    Header
        Its data set has a TransferSyntaxUID in its file meta information whenever it was read from a file: where the
        file names none, the one its bytes are written in.
    """
    with quiet():
        try:
            return _in_memory(location) if location.dataset is not None else _on_disk(location)
        except archive.EncryptedMember as error:
            return Header(location, "encrypted", detail=str(error))
        except UnsafeArchive as error:
            return Header(location, "unreadable", detail=str(error))
        except NothingFound as error:
            return Header(location, "missing", detail=str(error))
        except FileNotFoundError:
            return Header(location, "missing", detail="the file is not there")
        except OSError as error:
            return Header(
                location, "unreadable", detail=f"cannot be read: {error.strerror or 'the disk gave an error'}"
            )
        except MemoryError:
            return Header(location, "unreadable", detail="needs more memory than there is")
        except Exception as error:  # noqa: BLE001
            # pydicom's parser raises whatever the damaged bytes lead it to; its text may quote them, so it is not kept.
            return Header(location, "unreadable", detail=f"is damaged and cannot be read ({type(error).__name__})")


def _in_memory(location: Location) -> Header:
    dataset = location.dataset
    assert dataset is not None
    if not len(dataset):
        return Header(location, "empty", dataset, detail="the data set has no elements")
    if _is_directory(dataset):
        return Header(location, "dicomdir", dataset)
    keyword = next((keyword for tag, keyword in KEYWORDS.items() if tag in dataset), None)
    if keyword is None:
        return Header(location, "dicom", dataset)
    length = len(_value(dataset, keyword))
    vr = dataset.get_item(keyword).VR or "OW"
    span = PixelSpan(keyword, 0, UNDEFINED if encapsulated(dataset) else length, vr)
    missing = shortfall(dataset, span, None, length)
    return Header(location, "truncated" if missing else "dicom", dataset, span, missing)


def _value(dataset: Dataset, keyword: str) -> bytes:
    value = dataset.get_item(keyword).value
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if value is None:
        return b""
    if hasattr(value, "read"):  # pydicom lets a data set hold an open file as its pixel data
        place = value.tell()
        value.seek(0)
        content = bytes(value.read())
        value.seek(place)
        return content
    return np.asarray(value, {"FloatPixelData": "<f4", "DoubleFloatPixelData": "<f8"}.get(keyword)).tobytes()


def _on_disk(location: Location) -> Header:
    if location.path is None and location.remote is None:
        return Header(location, "missing", detail="lies outside the folder of the DICOMDIR that names it")
    if location.member is None and location.path is not None:
        mode = location.path.stat().st_mode
        if not stat.S_ISREG(mode):
            kind = "a device or pipe, not a file"
            if stat.S_ISDIR(mode):
                above = {folder.resolve() for folder in location.path.parents}
                circle = location.path.is_symlink() and location.path.resolve() in above
                kind = "a link that leads back to a folder above it" if circle else _NO_FILE
            return Header(location, "unreadable", detail=kind)
    with location.open() as stream:
        size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        head = stream.read(1024)
        if not size:
            return Header(location, "empty", detail="the file has no bytes")
        start = syntax.begins(head, size)
        if start == "other":
            return _other(location, head)
        return _parsed(location, stream, size, head, bare=start == "data set")


def _other(location: Location, head: bytes) -> Header:
    if archive.is_zip(head) and location.member is None and location.path is not None:
        archive.members(location.path)  # raises when that is why it was not looked into
    if head.rstrip(b"\0") == b"":
        return Header(location, "not_dicom", detail="begins with zeros and no DICOM mark")
    kind = syntax.looks_like(head)
    return Header(location, "not_dicom", detail=f"looks like {kind}" if kind else "has no DICOM mark")


def _parsed(location: Location, stream: BinaryIO, size: int, head: bytes, *, bare: bool) -> Header:
    inflated = syntax.inflate(stream, head)
    if inflated is not None:
        stream, size = inflated.stream, inflated.stream.getbuffer().nbytes
    dataset, walk = read_elements(stream, size, inflated, bare=bare)
    if dataset is None or (bare and not any(tag in dataset for tag in _IDENTIFYING)):
        if bare:
            return Header(location, "not_dicom", detail="has no DICOM mark, and no data set can be read")
        return Header(location, "garbage", detail=_GARBAGE)
    if _is_directory(dataset):
        return Header(location, "dicomdir", dataset, detail=walk.trouble)
    begun = head.startswith(_META_GROUP, 132) or any(tag in dataset for tag in _IDENTIFYING)
    if walk.trouble and not bare and not begun:
        return Header(location, "garbage", detail=_GARBAGE)
    span = walk.span
    if not syntax.meta_uid(dataset, "TransferSyntaxUID"):
        fragment = b""
        if span is not None and span.length == UNDEFINED:
            stream.seek(span.offset)
            fragment = stream.read(4096)
        dataset.file_meta.TransferSyntaxUID = syntax.guess(dataset, fragment)
    trouble = walk.trouble
    if not trouble and span is not None:
        trouble = shortfall(dataset, span, stream, size)
    if not trouble and not len(dataset):
        trouble = "the file ends before its data set begins"
    if not trouble and inflated is not None and not inflated.complete:
        trouble = "the compressed data set breaks off"
    if trouble:
        return Header(location, "truncated", dataset, span, trouble)
    if bare:
        return Header(location, "no_preamble", dataset, span, "has no preamble; it was read all the same")
    return Header(location, "dicom", dataset, span)


def _is_directory(dataset: Dataset) -> bool:
    storage = syntax.meta_uid(dataset, "MediaStorageSOPClassUID")
    return storage == MediaStorageDirectoryStorage or _DIRECTORY_RECORDS in dataset
