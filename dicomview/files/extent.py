"""Where the pixel data of an instance lie, and whether all of them are there."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from dicomview.files.syntax import meta_uid

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["KEYWORDS", "UNDEFINED", "PixelSpan", "encapsulated", "native_length", "shortfall"]

UNDEFINED = 0xFFFFFFFF
KEYWORDS = {0x7FE00008: "FloatPixelData", 0x7FE00009: "DoubleFloatPixelData", 0x7FE00010: "PixelData"}
_ITEM, _END = 0xFFFEE000, 0xFFFEE0DD


@dataclass(frozen=True, slots=True)
class PixelSpan:
    """Where the value of the pixel data element is.

    Attributes
    ----------
    keyword : str
        "PixelData", "FloatPixelData" or "DoubleFloatPixelData".
    offset : int, bytes
        Of the first byte of the value in the file; in a deflated file, in the file as it would be inflated.
    length : int, bytes
        As declared; 0xFFFFFFFF when the value is encapsulated (PS3.5 A.4).
    vr : str
        Of the element; "OW" when the file does not say.
    """

    keyword: str
    offset: int
    length: int
    vr: str = "OW"

    @property
    def size(self) -> int | None:
        """Length of the value in bytes; None when it is encapsulated."""
        return None if self.length == UNDEFINED else self.length


def encapsulated(dataset: Dataset) -> bool:
    """Return True when the transfer syntax of `dataset` packs its pixel data into fragments."""
    syntax = meta_uid(dataset, "TransferSyntaxUID")
    try:
        return bool(syntax) and syntax.is_encapsulated
    except ValueError:  # not one of the standard's transfer syntaxes: private or damaged
        return False


def native_length(dataset: Dataset) -> int | None:
    """Return how many bytes the uncompressed pixel data take (PS3.5 8.1.1), None when the header does not say.

    Rows × Columns × SamplesPerPixel × BitsAllocated / 8 × NumberOfFrames; a third less for YBR_FULL_422, where two
    pixels share their colour.
    """
    try:
        rows, columns, allocated = (int(dataset[key].value) for key in ("Rows", "Columns", "BitsAllocated"))
        samples, frames = (int(dataset.get(key) or 1) for key in ("SamplesPerPixel", "NumberOfFrames"))
    except Exception:  # noqa: BLE001  pydicom converts on access and raises whatever a damaged value leads to
        return None
    bits = rows * columns * samples * allocated * frames
    if samples == 3 and str(dataset.get("PhotometricInterpretation", "")).startswith("YBR_FULL_422"):
        bits = bits * 2 // 3
    return (bits + 7) // 8 if bits > 0 else None


def shortfall(dataset: Dataset, span: PixelSpan, stream: BinaryIO | None, size: int) -> str:
    """Return a sentence saying how much of the pixel data is missing; empty when all is there.

    Parameters
    ----------
    dataset : pydicom.Dataset
        The header.
    span : PixelSpan
    stream : binary file or None
        None for a data set in memory.
    size : int, bytes
        Of the stream.
    """
    if span.length == UNDEFINED:
        return _missing_fragments(dataset, span, stream, size) if stream is not None else ""
    found = size - span.offset
    if stream is not None and found < span.length:
        return f"the pixel data should be {span.length:,} bytes long, and {max(found, 0):,} are there"
    if encapsulated(dataset):
        return ""
    needed = native_length(dataset)
    if needed is not None and span.length < needed:
        return f"rows, columns and frames need {needed:,} bytes of pixel data, and {span.length:,} are there"
    return ""


def _missing_fragments(dataset: Dataset, span: PixelSpan, stream: BinaryIO, size: int) -> str:
    stream.seek(max(size - 8, span.offset))
    if stream.read(8) == struct.pack("<HHL", 0xFFFE, 0xE0DD, 0):
        return ""  # nearly every file ends so; the others are walked
    position, fragments = span.offset, -1  # the first item is the table of offsets
    while position < size:
        stream.seek(position)
        head = stream.read(8)
        if len(head) < 8:
            return f"the file ends within its compressed pixel data, after {max(fragments, 0)} fragments"
        group, element, length = struct.unpack("<HHL", head)
        tag = group << 16 | element
        if tag == _END:
            return ""
        if tag != _ITEM:
            return f"the compressed pixel data break off after {max(fragments, 0)} fragments"
        if position + 8 + length > size:
            found = size - position - 8
            return (
                f"the file ends within its compressed pixel data: fragment {fragments + 1} should be {length:,} bytes "
                f"long, and {found:,} are there"
            )
        position, fragments = position + 8 + length, fragments + 1
    try:
        frames = int(dataset.get("NumberOfFrames") or 1)
    except Exception:  # noqa: BLE001
        frames = 1
    # Without its end mark a file with all its frames can be shown; some old writers leave the mark out.
    if fragments < frames:
        return f"the file has {max(fragments, 0)} of {frames} compressed frames"
    return ""
