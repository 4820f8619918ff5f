"""How a file begins, and in which transfer syntax its data set is written (PS3.5 A, PS3.10 7)."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, BinaryIO, Literal

from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.filereader import read_dataset
from pydicom.uid import (
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSNearLossless,
    RLELossless,
)
from pydicom.valuerep import VR

from dicomview.errors import UnsafeArchive

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydicom.dataset import Dataset
    from pydicom.tag import BaseTag

__all__ = ["Inflated", "begins", "guess", "inflate", "looks_like", "meta_uid"]

_VRS = {vr.value.encode() for vr in VR if len(vr.value) == 2}
_KINDS = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"BM", "a BMP picture"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip file; unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"PK\x03\x04", "a zip archive; give it by name, or its URL behind zip://::, to read what is in it"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x5c\x01\x00\x00", "a NIfTI volume"),
    (b"NRRD", "an NRRD volume"),
    (b"MZ", "a program"),
    (b"\x7fELF", "a program"),
)


def begins(head: bytes, size: int) -> Literal["preamble", "data set", "other"]:
    """Say how a file begins: with the DICOM preamble, straight with a data set, or otherwise.

    Parameters
    ----------
    head : bytes
        The first 132 bytes or more.
    size : int, bytes
        Of the whole file.
    """
    if head[128:132] == b"DICM":
        return "preamble"
    if len(head) < 8:
        return "other"
    group, element = struct.unpack("<HH", head[:4])
    explicit = head[4:6] in _VRS
    if group in {0x0002, 0x0008} and element < 0x3100:
        (length,) = struct.unpack("<L", head[4:8])
        return "data set" if explicit or length <= size - 8 else "other"
    # Big endian is always explicit.
    return "data set" if explicit and (group, element & 0xFF) == (0x0800, 0x00) else "other"


def looks_like(head: bytes) -> str:
    """Return what a file that is not DICOM seems to be, in words; empty when that cannot be told."""
    for magic, kind in _KINDS:
        if head.startswith(magic):
            return kind
    if head and not any(byte < 9 or 13 < byte < 32 for byte in head):
        return "text"
    return ""


def meta_uid(dataset: Dataset, keyword: str) -> UID:
    """Return a UID of the file meta information; an empty one when it is absent, damaged or no UID."""
    try:
        uid = UID(str((getattr(dataset, "file_meta", None) or {}).get(keyword) or ""))
    except (NotImplementedError, ValueError, TypeError, AttributeError, KeyError):  # pydicom cannot convert it
        return UID("")
    return uid if uid.is_valid else UID("")


def guess(dataset: FileDataset, fragment: bytes) -> UID:
    """Return the transfer syntax of a file that does not name it.

    Parameters
    ----------
    dataset : pydicom.FileDataset
        As read; its original encoding is known.
    fragment : bytes
        The beginning of the pixel data value when that is encapsulated, else empty.
    """
    implicit, little = dataset.original_encoding
    if implicit:
        return ImplicitVRLittleEndian
    if not little:
        return ExplicitVRBigEndian
    return _codec(fragment) if fragment else ExplicitVRLittleEndian


def _codec(value: bytes) -> UID:
    """Tell the codec from the first bytes of encapsulated pixel data: the offset table, then a fragment."""
    if len(value) < 24:
        return ExplicitVRLittleEndian
    (table,) = struct.unpack("<L", value[4:8])
    stream = value[16 + table :]
    if stream.startswith((b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP")):
        return JPEG2000
    if not stream.startswith(b"\xff\xd8"):
        return RLELossless
    position = 2
    while position + 4 <= len(stream) and stream[position] == 0xFF:
        marker = stream[position + 1]
        found = {0xC0: JPEGBaseline8Bit, 0xC1: JPEGExtended12Bit, 0xC3: JPEGLosslessSV1, 0xF7: JPEGLSNearLossless}
        if marker in found:
            return found[marker]
        position += 2 + int.from_bytes(stream[position + 2 : position + 4], "big")
    return JPEGBaseline8Bit


class Inflated:
    """A deflated file as it would be without compression: `stream` holds preamble, meta information, data set."""

    __slots__ = ("complete", "meta", "start", "stream")

    def __init__(self, stream: io.BytesIO, start: int, meta: FileMetaDataset, complete: bool) -> None:
        self.stream, self.start, self.meta, self.complete = stream, start, meta, complete

    def read(self, stop_when: Callable[[BaseTag, str | None, int], bool]) -> FileDataset:
        """Return the data set up to the element where `stop_when` says so."""
        self.stream.seek(self.start)
        dataset = read_dataset(self.stream, is_implicit_VR=False, is_little_endian=True, stop_when=stop_when)
        preamble = self.stream.getvalue()[:128]
        result = FileDataset(self.stream, dataset, preamble, self.meta, False, True)
        result.set_original_encoding(False, True, dataset._character_set)
        return result


def inflate(stream: BinaryIO, head: bytes) -> Inflated | None:
    """Return the file inflated when its transfer syntax is Deflated Explicit VR Little Endian (PS3.5 A.5), else None.

    Raises
    ------
    UnsafeArchive
        It would inflate to far more than any image.
    """
    if DeflatedExplicitVRLittleEndian.encode() not in head:
        return None
    stream.seek(132)
    meta = FileMetaDataset(
        read_dataset(
            stream, is_implicit_VR=False, is_little_endian=True, stop_when=lambda tag, vr, length: tag >> 16 != 2
        )
    )
    if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return None
    meta.set_original_encoding(is_implicit_vr=False, is_little_endian=True, character_encoding="iso8859")
    start = stream.tell()
    packed = stream.read()
    stream.seek(0)
    limit = max(100_000_000, min(1000 * len(packed), 2 * 1024**3), 100 * len(packed))  # as for members of archives
    inflater, out, data = zlib.decompressobj(-zlib.MAX_WBITS), io.BytesIO(), packed
    out.write(stream.read(start))
    try:
        # In pieces, so that what comes before a damaged place is kept.
        while not inflater.eof:
            piece = inflater.decompress(data, 1 << 20)
            data = inflater.unconsumed_tail
            if not piece and not data:
                break
            out.write(piece)
            if out.tell() > limit:
                raise UnsafeArchive("its deflated data set inflates to far more than any image holds")
    except zlib.error:
        pass
    return Inflated(out, start, meta, inflater.eof)
