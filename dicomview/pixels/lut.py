"""Lookup tables as DICOM writes them (PS3.3 C.11.1.1): a descriptor of three numbers, and the entries."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dicomview.pixels.frames import FrameTags

__all__ = ["LookupTable", "lookup_table", "lut_entries"]


@dataclass(frozen=True, slots=True, eq=False)
class LookupTable:
    """The table of a LUT item.

    Parameters
    ----------
    first : int
        The value that the first entry belongs to; what lies below and above takes the first and the last entry.
    entries : (entries,) float64 array
    bits : int
        Of an entry, as the descriptor says.
    """

    first: int
    entries: NDArray[np.float64]
    bits: int


def lookup_table(item: FrameTags, *, signed: bool, little_endian: bool) -> LookupTable | None:
    """Return the table of a LUT item, or None when it is malformed.

    Parameters
    ----------
    item : FrameTags
        LUTDescriptor and LUTData are read (PS3.3 C.11.1.1, C.11.2.1.1).
    signed : bool
        True where what the table maps may be below 0; a first value above 32767 is then one written as unsigned.
    little_endian : bool
        Byte order of LUTData where it comes as bytes.
    """
    descriptor, data = item.numbers("LUTDescriptor"), item.get("LUTData")
    if len(descriptor) != 3 or not all(math.isfinite(x) for x in descriptor) or data is None:
        return None
    count, first, bits = (int(x) for x in descriptor)
    count = count & 0xFFFF or 65536  # 65,536 does not fit, and as SS 65,535 is -1
    if signed and first >= 32768:
        first -= 65536
    if isinstance(data, bytes):
        entries = lut_entries(data, count, little_endian=little_endian)
    else:
        mask = (1 << bits) - 1 if 8 <= bits <= 16 else 0xFFFF
        entries = np.array([int(x) & mask for x in item.numbers("LUTData") if math.isfinite(x)], np.uint16)
    return LookupTable(first, entries[:count].astype(np.float64), bits) if entries.size else None


def lut_entries(data: bytes, count: int, *, little_endian: bool) -> NDArray[np.unsignedinteger[Any]]:
    """Return the entries of a lookup table kept as OW.

    The length tells entries of 8 bits from those of 16, whatever the descriptor says (PS3.3 C.7.6.3.1.5).
    """
    word = "<u2" if little_endian else ">u2"
    if count <= len(data) <= count + count % 2 and len(data) < 2 * count:
        packed = np.frombuffer(data[: len(data) // 2 * 2], word).astype("<u2").view(np.uint8)
        return packed if packed.size >= count else np.frombuffer(data, np.uint8)
    return np.frombuffer(data[: len(data) // 2 * 2], word)
