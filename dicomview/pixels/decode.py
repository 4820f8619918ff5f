"""From the file's bytes to stored values: decode, then keep the bits that count (PS3.5 8.1.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from dicomview.errors import DamagedPixels
from dicomview.pixels.codecs import decoder_of
from dicomview.pixels.frames import FrameTags
from dicomview.quiet import quiet

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

__all__ = ["frame_count", "stored_values", "transfer_syntax"]


def transfer_syntax(header: Dataset) -> UID:
    """Return the transfer syntax UID of a header; a data set made in memory without one is native little endian."""
    meta = getattr(header, "file_meta", None)
    syntax = meta.get("TransferSyntaxUID") if meta is not None else None
    if syntax:
        return UID(syntax)
    return ImplicitVRLittleEndian if header.original_encoding[0] else ExplicitVRLittleEndian


def frame_count(header: Dataset) -> int:
    """Return NumberOfFrames, at least 1; a malformed one reads as 1."""
    return max(1, FrameTags(header).integer("NumberOfFrames", 1))


def stored_values(header: Dataset, stream: BinaryIO, frame: int = 0, *, vr: str = "OW") -> NDArray[np.generic]:
    """Return the stored values of one frame.

    Parameters
    ----------
    header : pydicom.Dataset
        Without pixel data, or with; only the image description is read from it.
    stream : binary file
        At the first byte of the value of the pixel data element. Only the frame asked for is read.
    frame : int
        Zero-based.
    vr : "OB" or "OW"
        Of the pixel data element; it decides the byte order of 8-bit samples in big endian files (PS3.5 A.3).

    Returns
    -------
    (rows, columns) array
        int8 to uint32 as BitsAllocated and PixelRepresentation say, only the BitsStored bits below HighBit kept and
        the sign extended; float32 or float64 for Float and Double Float Pixel Data.
    (rows, columns, 3) uint8 or uint16 array
        For colour, as RGB (YBR converted once).

    Raises
    ------
    NoDecoder
        No installed package reads the transfer syntax.
    DamagedPixels
        The bytes cannot be decoded, or are fewer than the header announces.
    """
    decoder = decoder_of(transfer_syntax(header))
    options = _image_description(header) | {"pixel_vr": vr, "transfer_syntax_uid": transfer_syntax(header)}
    try:
        with quiet():
            array, _ = decoder.as_array(stream, index=frame, raw=False, **options)
    except Exception as error:
        raise DamagedPixels(f"the pixel data cannot be decoded: {_first_sentence(error)}") from error
    if array.ndim == 3 or array.dtype.kind == "f":
        return np.asarray(array)
    return _significant_bits(array, header, options["bits_stored"])


def _image_description(header: Dataset) -> dict[str, Any]:
    """Return what a decoder must know of the image; what is absent gets the value the standard implies."""
    tags = FrameTags(header)
    keyword = next((k for k in ("FloatPixelData", "DoubleFloatPixelData") if k in header), "PixelData")
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
    if "ExtendedOffsetTable" in header and "ExtendedOffsetTableLengths" in header:
        options["extended_offsets"] = (header.ExtendedOffsetTable, header.ExtendedOffsetTableLengths)
    return options


def _significant_bits(array: NDArray[np.generic], header: Dataset, bits_stored: int) -> NDArray[np.generic]:
    """Keep the BitsStored bits that end at HighBit and extend the sign: whatever else is in the cell is not image."""
    cell = 8 * array.dtype.itemsize
    if bits_stored >= cell:
        return array
    high = header.get("HighBit")
    shift = int(high) + 1 - bits_stored if isinstance(high, int) and bits_stored <= int(high) + 1 <= cell else 0
    up, down = cell - bits_stored - shift, cell - bits_stored
    # Up to the top of the cell and down again; on a signed dtype the way down copies the sign bit.
    kept: NDArray[np.generic] = np.right_shift(np.left_shift(array, up), down)
    return kept


def _first_sentence(error: Exception) -> str:
    """Return the first line of an error of the decoder, for a message of one sentence."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[1] if len(lines) > 1 and lines[0].endswith(":") else (lines[0] if lines else type(error).__name__)
    return text[:200]
