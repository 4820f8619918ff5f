"""Family F, how the data set and its pixels are written: what comes behind them, in which pieces, and in what code."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO

from pydicom import uid

from dicomview.errors import NoDecoder
from dicomview.pixels.codecs import decoder_of
from dicomview.rules.check import Finding, check, undecided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomview.rules.material import Instance

__all__: list[str] = []

_ITEM, _END, _PADDING = (0xFFFE, 0xE000), (0xFFFE, 0xE0DD), (0xFFFC, 0xFFFC)
_PIXELS = 0x7FE0
_MOST_FRAGMENTS = 1_000_000
_UNDEFINED = 0xFFFFFFFF
_JPEG_XL = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (110, 111, 112))


@check(
    "F06",
    "warning",
    "file",
    "instance",
    rule="Bytes behind the last element of the file, or the element DataSetTrailingPadding.",
    why="Something was added that DICOM software does not look at: a block of a tape, or what somebody wanted to hide.",
    todo="Look at the end of the file before sharing it; writing it anew takes the bytes away.",
    standard="PS3.10 7.2",
)
def _trailing_bytes(one: Instance) -> Iterator[Finding]:
    span = one.header.pixels
    if span is None or one.header.status == "truncated" or one.header.location.dataset is not None:
        return
    with one.header.open_pixels() as stream:
        if span.size is None:
            fragments = _fragments(stream)
            if fragments is None:
                return  # F05 tells of it
        else:
            stream.seek(span.size, 1)
        begin = stream.tell()
        size = stream.seek(0, 2)
        stream.seek(begin)
        rest, padded = _behind(stream, size, implicit=one.syntax == uid.ImplicitVRLittleEndian)
    if padded:
        yield Finding("padding behind the data set", "DataSetTrailingPadding", f"{padded:,}", "none")
    if rest:
        yield Finding("bytes behind the last element", "", f"{rest:,}", "none")


@check(
    "F08",
    "error",
    "file",
    "instance",
    rule="The compressed pixel data hold another number of frames than NumberOfFrames says.",
    why="Frames are missing, or are shown under the wrong number.",
    todo="Ask the sender for the file again.",
    standard="PS3.5 A.4, PS3.3 C.7.6.6",
)
def _frames_in_encapsulation(one: Instance) -> Iterator[Finding]:
    span = one.header.pixels
    if span is None or span.size is not None or one.header.status == "truncated":
        return
    with one.header.open_pixels() as stream:
        found = _fragments(stream)
    if found is None:
        return
    announced = max(1, one.tags.integer("NumberOfFrames", 1))
    listed, fragments = found
    if one.syntax in _VIDEOS:
        return  # one stream in any number of pieces
    if listed and listed != announced:
        message = "the table of offsets lists another number of frames than the header"
        yield Finding(message, "NumberOfFrames", str(listed), f"{announced} as in the header")
    elif fragments < announced:
        message = "fewer pieces of compressed pixel data than frames"
        yield Finding(message, "NumberOfFrames", str(fragments), f"{announced} as in the header")
    elif fragments > announced > 1 and not listed and "ExtendedOffsetTable" not in one.dataset:
        yield undecided("there are more pieces of pixel data than frames, and no table says which belong together")


@check(
    "F09",
    "error",
    "file",
    "instance",
    rule="The transfer syntax of the pixel data is unknown, or no decoder for it is installed.",
    why="The picture cannot be shown here.",
    todo="Install the package that dv.view names, or convert the file with the software that made it.",
    standard="PS3.5 10",
    columns=True,
)
def _undecodable_transfer_syntax(one: Instance) -> Iterator[Finding]:
    syntax = one.syntax
    if not one.image or syntax in _JPEG_XL:
        return
    try:
        decoder_of(syntax)
    except NoDecoder:
        known = syntax.name if syntax.is_transfer_syntax and syntax.name != syntax else "unknown"
        yield Finding("no decoder for the transfer syntax", "TransferSyntaxUID", known[:64])


@check(
    "F13",
    "info",
    "file",
    "instance",
    rule="Big endian, or a SOP class that the standard has retired.",
    why="New software need not read it.",
    todo="Keep a converted copy.",
    standard="PS3.5 A.3, PS3.4 B.6",
    columns=True,
)
def _retired_or_big_endian(one: Instance) -> Iterator[Finding]:
    if one.syntax == uid.ExplicitVRBigEndian:
        yield Finding("written in big endian", "TransferSyntaxUID", "Explicit VR Big Endian")
    sop_class = uid.UID(one.tags.text("SOPClassUID"))
    if sop_class.type == "SOP Class" and sop_class.is_retired:
        yield Finding("a retired SOP class", "SOPClassUID", sop_class.name)


_VIDEOS = frozenset(uid.MPEGTransferSyntaxes)


def _fragments(stream: BinaryIO) -> tuple[int, int] | None:
    """Walk over encapsulated pixel data: frames in the table of offsets, number of fragments; None when they break off.

    Only the heads of the items are read.
    """
    count, listed = -1, 0
    while count < _MOST_FRAGMENTS:
        head = stream.read(8)
        if len(head) < 8:
            return None
        group, element, length = struct.unpack("<HHL", head)
        if (group, element) == _END:
            return listed, max(count, 0)
        if (group, element) != _ITEM or length == _UNDEFINED:
            return None
        listed = length // 4 if count < 0 else listed
        stream.seek(length, 1)
        count += 1
    return None


def _behind(stream: BinaryIO, size: int, *, implicit: bool) -> tuple[int, int]:
    """Return how many bytes behind the pixel data are no elements, and how many are trailing padding."""
    while (place := stream.tell()) < size:
        head = stream.read(12)
        if len(head) < 8:
            return size - place, 0
        group, element = struct.unpack("<HH", head[:4])
        if (group, element) == _PADDING:
            return 0, size - place
        if group < _PIXELS:
            return size - place, 0
        if implicit:
            (length,) = struct.unpack("<L", head[4:8])
            stream.seek(place + 8)
        elif not head[4:6].isalpha() or not head[4:6].isupper():
            return size - place, 0
        elif head[4:6] in (b"OB", b"OW", b"SQ", b"UN", b"OF", b"OD", b"OL", b"OV", b"UC", b"UT", b"UR", b"SV", b"UV"):
            length = struct.unpack("<L", head[8:12])[0] if len(head) == 12 else size
        else:
            (length,) = struct.unpack("<H", head[6:8])
            stream.seek(place + 8)
        if length == _UNDEFINED:
            return 0, 0  # a sequence, such as that of digital signatures: it ends where it ends
        if stream.tell() + length > size:
            return size - place, 0
        stream.seek(length, 1)
    return 0, 0
