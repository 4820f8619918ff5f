"""From the file's bytes to stored values: decode, then keep the bits that count (PS3.5 8.1.1)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from dicomview.errors import DamagedPixels, DicomviewError
from dicomview.pixels.codecs import decode
from dicomview.pixels.frames import FrameTags
from dicomview.unread import outline_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

__all__ = ["frame_count", "pixel_cells", "stored_frame", "stored_values", "transfer_syntax"]


def transfer_syntax(header: Dataset) -> UID:
    """Return the transfer syntax UID of a header.

    Without file meta information it is the native one that the data set was read from; one made in memory is little
    endian.
    """
    outline = outline_of(header)
    named = outline.texts(0x00020010) if outline is not None else None
    if named:
        return _uid(named[0])
    meta = getattr(header, "file_meta", None)
    syntax = meta.get("TransferSyntaxUID") if meta is not None else None
    if syntax:
        return UID(syntax)
    implicit, little = header.original_encoding
    if little is False:
        return ExplicitVRBigEndian
    return ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian


_uid = lru_cache(maxsize=64)(UID)  # which checks every text anew


def frame_count(header: Dataset | FrameTags) -> int:
    """Return NumberOfFrames, at least 1; a malformed one reads as 1."""
    tags = header if isinstance(header, FrameTags) else FrameTags(header)
    return max(1, tags.integer("NumberOfFrames", 1))


def stored_values(
    header: Dataset, stream: BinaryIO, frame: int = 0, *, vr: str = "OW", length: int | None = None
) -> NDArray[np.generic]:
    """Return the stored values of one frame, as the first of what `stored_frame` gives."""
    return stored_frame(header, stream, frame, vr=vr, length=length)[0]


def stored_frame(
    header: Dataset, stream: BinaryIO, frame: int = 0, *, vr: str = "OW", length: int | None = None
) -> tuple[NDArray[np.generic], str]:
    """Return the stored values of one frame, and what is to be said of how they were decoded.

    Parameters
    ----------
    header : pydicom.Dataset
        Without pixel data, or with; only the image description is read from it.
    stream : binary file
        At the first byte of the value of the pixel data element. Only the frame asked for is read; it is left anywhere.
    frame : int
        Zero-based.
    vr : "OB", "OW", "OF" or "OD"
        Of the pixel data element. It decides the byte order of 8-bit samples in big endian files (PS3.5 A.3), and
        "OF" and "OD" are Float and Double Float Pixel Data.
    length : int, optional
        Bytes of the value, where it has a length: what follows it in the stream is never taken for pixels.

    Returns
    -------
    stored : (rows, columns) array
        int8 to uint32 as BitsAllocated and PixelRepresentation say, only the BitsStored bits below HighBit kept and
        the sign extended; float32 or float64 for Float and Double Float Pixel Data.
        For colour (rows, columns, 3) uint8 or uint16, as RGB (YBR converted once).
    note : str
        "decoded by imagecodecs, not by pillow" when one decoder refused the frame and another did not; otherwise
        empty.

    Raises
    ------
    NoDecoder
        No installed package reads the transfer syntax.
    DamagedPixels
        The bytes cannot be decoded, or are fewer than the header announces.
    """
    array, note = pixel_cells(header, stream, frame, vr=vr, length=length)
    if array.ndim == 3 or array.dtype.kind == "f":
        return array, note
    tags = FrameTags(header)
    high_bit, bits_stored = tags.integer("HighBit", -1), tags.integer("BitsStored", 8 * array.dtype.itemsize)
    return _significant_bits(array, high_bit, bits_stored), note


def pixel_cells(
    header: Dataset, stream: BinaryIO, frame: int = 0, *, vr: str = "OW", length: int | None = None
) -> tuple[NDArray[np.generic], str]:
    """Return a frame as `stored_frame` does, but with all bits of each cell: old overlays hide in unused ones."""
    syntax = transfer_syntax(header)
    options = _image_description(header, vr) | {"pixel_vr": vr, "transfer_syntax_uid": syntax}
    try:
        array, note = decode(stream, syntax, frame, options, length)
    except (DicomviewError, KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except BaseException as error:  # a panic of a decoder written in Rust is no Exception
        raise DamagedPixels(f"the pixel data cannot be decoded: {_first_sentence(error)}") from error
    return array.astype(array.dtype.newbyteorder("="), copy=False), note


def _pixel_keyword(header: Dataset, vr: str) -> str:
    """Return which of the three pixel data elements the stream is the value of."""
    for keyword, float_vr, bits in (("FloatPixelData", "OF", 32), ("DoubleFloatPixelData", "OD", 64)):
        if vr == float_vr or keyword in header:
            return keyword
        # A header read without its pixel data, of a file that names no VR: only floats have no sign and no BitsStored.
        undescribed = "PixelRepresentation" not in header and "BitsStored" not in header and "PixelData" not in header
        if undescribed and FrameTags(header).integer("BitsAllocated") == bits:
            return keyword
    return "PixelData"


def _image_description(header: Dataset, vr: str) -> dict[str, Any]:
    """Return what a decoder must know of the image; what is absent gets the value the standard implies."""
    tags = FrameTags(header)
    keyword = _pixel_keyword(header, vr)
    bits = tags.integer("BitsAllocated", {"FloatPixelData": 32, "DoubleFloatPixelData": 64}.get(keyword, 0))
    rows, columns = tags.integer("Rows"), tags.integer("Columns")
    if not (rows > 0 and columns > 0 and bits > 0):
        raise DamagedPixels(
            f"the header says {rows} rows, {columns} columns and {bits} bits a sample, from which no picture can be "
            "decoded; ask the sender for the file again"
        )
    options: dict[str, Any] = {
        "pixel_keyword": keyword,
        "rows": rows,
        "columns": columns,
        "bits_allocated": bits,
        "bits_stored": tags.integer("BitsStored", bits),
        "number_of_frames": frame_count(header),
        "photometric_interpretation": tags.text("PhotometricInterpretation", "MONOCHROME2"),
        "pixel_representation": tags.integer("PixelRepresentation"),
        "samples_per_pixel": tags.integer("SamplesPerPixel", 1),
        "correct_unused_bits": False,  # done here, HighBit included
    }
    if options["samples_per_pixel"] > 1:
        options["planar_configuration"] = tags.integer("PlanarConfiguration")
    offsets, lengths = tags.get("ExtendedOffsetTable"), tags.get("ExtendedOffsetTableLengths")
    if offsets and lengths and len(offsets) == len(lengths):
        options["extended_offsets"] = (offsets, lengths)
    return options


def _significant_bits(array: NDArray[np.generic], high_bit: int, bits_stored: int) -> NDArray[np.generic]:
    """Keep the BitsStored bits that end at HighBit and extend the sign: whatever else is in the cell is not image."""
    cell = 8 * array.dtype.itemsize
    if bits_stored >= cell:
        return array
    shift = high_bit + 1 - bits_stored if bits_stored <= high_bit + 1 <= cell else 0
    up, down = cell - bits_stored - shift, cell - bits_stored
    # Up to the top of the cell and down again; on a signed dtype the way down copies the sign bit.
    kept: NDArray[np.generic] = np.right_shift(np.left_shift(array, up), down)
    return kept


def _first_sentence(error: BaseException) -> str:
    """Return what an error of the decoder says, for a message of one sentence."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].endswith(":"):
        # Each decoder in turn has refused; the last one, imagecodecs, says best why.
        return lines[-1][:200]
    return (lines[0] if lines else type(error).__name__)[:200]
