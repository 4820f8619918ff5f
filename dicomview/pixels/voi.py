"""VOI lookup tables: grey levels by table instead of by window (PS3.3 C.11.2.1.1)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from dicomview.pixels.frames import FrameTags
from dicomview.pixels.lut import lookup_table
from dicomview.pixels.window import Window, file_windows

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Voi", "VoiTable", "file_voi"]


@dataclass(frozen=True, slots=True)
class VoiTable:
    """A VOI lookup table, with its output as grey levels.

    Parameters
    ----------
    first : int
        The modality value that the first level belongs to; what lies below and above takes the first and last level.
    levels : bytes
        One grey level for each modality value from `first` on, 0 black to 255 white.
    explanation : str
        LUTExplanation: text of the file.
    """

    first: int
    levels: bytes
    explanation: str = ""

    @property
    def ends(self) -> tuple[float, float]:
        """The first value of the table and the end of its last one."""
        return float(self.first), float(self.first + len(self.levels))

    def __repr__(self) -> str:
        return f"VoiTable({self.explanation!r}, {len(self.levels)} values from {self.first})"

    def apply(self, values: NDArray[np.float64], *, invert: bool = False) -> NDArray[np.uint8]:
        """Return the grey levels of modality values; see `Window.apply`.

        A value between two whole ones takes the level of the nearer, halves that of the larger; NaN is black.
        """
        x = np.asarray(values, np.float64)
        table = np.frombuffer(self.levels, np.uint8)
        last = self.first + len(table) - 1
        known = np.nan_to_num(x, nan=self.first, posinf=last, neginf=self.first)
        levels = table[(np.floor(np.clip(known, self.first, last) + 0.5) - self.first).astype(np.int64)]
        if invert:
            levels = np.subtract(np.uint8(255), levels)
        return np.where(np.isnan(x), np.uint8(0), levels)


Voi = Window | VoiTable


def file_voi(tags: FrameTags) -> tuple[Voi, ...]:
    """Return the windows a frame carries and then its VOI lookup tables, in the order of the file.

    The standard leaves the choice between them to the user; a window comes first, because a hand can move it.

    Parameters
    ----------
    tags : FrameTags
        VOILUTSequence is read beside what `file_windows` reads; malformed tables are passed over.
    """
    signed = tags.integer("PixelRepresentation") == 1 or (tags.number("RescaleIntercept") or 0.0) < 0
    tables: list[Voi] = []
    for item in tags.get("VOILUTSequence") or ():
        inner = FrameTags(item)
        table = lookup_table(inner, signed=signed, little_endian=tags.little_endian)
        if table is None:
            continue
        # The entries use the bits they are said to have; files that say too few are known, so more are believed.
        bits = max(table.bits, int(table.entries.max()).bit_length(), 1)
        levels = np.floor(table.entries / ((1 << bits) - 1) * 255 + 0.5).astype(np.uint8).tobytes()
        # The name is how a table is chosen and told to the browser, so each has its own.
        wished = inner.text("LUTExplanation") or "table"
        names = (wished if n == 1 else f"{wished} ({n})" for n in count(1))
        name = next(name for name in names if name not in {one.explanation for one in tables})
        tables.append(VoiTable(table.first, levels, name))
    return (*file_windows(tags), *tables)
