"""From stored to modality values: Modality LUT, rescale, dose scaling, and their unit (PS3.3 C.11.1, C.8.8.3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from dicomview.pixels.frames import FrameTags
from dicomview.pixels.lut import lookup_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Rescale", "padding_range", "rescale_of"]

_EXACT = 1 << 24  # up to here float32 holds every whole number
_PET_UNITS = {"BQML": "Bq/ml", "CNTS": "counts", "GML": "g/ml", "PROPCNTS": "proportional counts"}


@dataclass(frozen=True, slots=True)
class Rescale:
    """How stored values of one frame become modality values.

    Parameters
    ----------
    slope, intercept : float
        ``modality = slope * stored + intercept``.
    unit : str
        For example "HU", "Bq/ml", "Gy"; empty when the file names none.
    first : int
        The stored value that the first entry of `table` belongs to.
    table : (entries,) float64 array, optional
        Modality LUT; values below and above it take its first and last entry (PS3.3 C.11.1.1.1).
    """

    slope: float = 1.0
    intercept: float = 0.0
    unit: str = ""
    first: int = 0
    table: NDArray[np.float64] | None = field(default=None, compare=False)

    @property
    def linear(self) -> bool:
        """True when slope and intercept say it all."""
        return self.table is None

    def apply(self, stored: NDArray[np.generic]) -> NDArray[np.float64]:
        """Return modality values, float64, of the same shape as `stored`."""
        if self.table is not None:
            places = np.clip(stored.astype(np.int64) - self.first, 0, len(self.table) - 1)
            return self.table[places]
        return np.asarray(stored.astype(np.float64) * self.slope + self.intercept, np.float64)

    def into(self, stored: NDArray[np.generic], values: NDArray[np.float32]) -> None:
        """Write the modality values of `stored` into an array of the same shape, rounded to float32."""
        small = stored.dtype.kind in "iu" and stored.dtype.itemsize <= 2
        whole = self.linear and self.slope.is_integer() and self.intercept.is_integer()
        if not (small and whole and abs(self.slope) * (1 << 16) + abs(self.intercept) <= _EXACT):
            values[...] = self.apply(stored)
            return
        # Whole numbers that float32 holds exactly: nothing is rounded, so the detour over float64 changes nothing.
        # In one pass where one will do: threads that fill a volume take turns after each.
        if self.slope == 1:
            np.add(stored, np.float32(self.intercept), out=values, dtype=np.float32)
            return
        np.multiply(stored, np.float32(self.slope), out=values, dtype=np.float32)
        if self.intercept:
            values += np.float32(self.intercept)


def rescale_of(tags: FrameTags) -> Rescale:
    """Return the rescale of one frame.

    A Modality LUT Sequence wins over RescaleSlope and RescaleIntercept (the standard allows only one of them);
    RT Dose has DoseGridScaling instead. A malformed or zero slope reads as 1.
    """
    unit = _unit(tags)
    luts = tags.get("ModalityLUTSequence")
    if luts:
        item = FrameTags(luts[0])
        table = lookup_table(item, signed=tags.integer("PixelRepresentation") == 1, little_endian=tags.little_endian)
        if table is not None:
            declared = _declared(item.text("ModalityLUTType"))
            return Rescale(unit=declared or unit, first=table.first, table=table.entries)
    if tags.text("Modality") == "RTDOSE":
        return Rescale(tags.number("DoseGridScaling") or 1.0, 0.0, unit)
    return Rescale(tags.number("RescaleSlope") or 1.0, tags.number("RescaleIntercept") or 0.0, unit)


def padding_range(tags: FrameTags) -> tuple[int, int] | None:
    """Return the stored values (low, high) that PixelPaddingValue and PixelPaddingRangeLimit mark as no image."""
    value = tags.number("PixelPaddingValue")
    if value is None:
        return None
    limit = tags.number("PixelPaddingRangeLimit", value)
    bits = max(1, min(16, tags.integer("BitsStored", 16)))  # the two elements have 16 bits
    signed = tags.integer("PixelRepresentation") == 1
    ends = (_as_pixel(int(x), bits, signed=signed) for x in (value, value if limit is None else limit))
    low, high = sorted(ends)
    return low, high


def _as_pixel(value: int, bits: int, *, signed: bool) -> int:
    """Return a value written as US although the pixels are signed, or the reverse: the same bits, read anew."""
    if signed and value >= 1 << (bits - 1):
        value &= (1 << bits) - 1
        return value - (1 << bits) if value >> (bits - 1) else value
    return value + 65536 if value < 0 and not signed else value


def _unit(tags: FrameTags) -> str:
    modality = tags.text("Modality")
    if modality == "PT":
        units = tags.text("Units")
        return _PET_UNITS.get(units, units)
    if modality == "RTDOSE":
        return {"GY": "Gy", "RELATIVE": "relative"}.get(tags.text("DoseUnits"), "")
    if tags.text("RescaleType"):
        return _declared(tags.text("RescaleType"))
    # Before 2009 CT images had no RescaleType; C.8.2.1.1.4 says HU for the ordinary ones.
    return "HU" if modality == "CT" and tags.number("RescaleIntercept") is not None else ""


def _declared(unit: str) -> str:
    return "" if unit in ("US", "UNSPECIFIED", "normalized") else unit
