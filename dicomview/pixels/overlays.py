"""Overlay planes: bits that lie over a picture (PS3.3 C.9.2, repeating groups 60xx)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dicomview.pixels.decode import transfer_syntax
from dicomview.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

    from dicomview.pixels.frames import FrameTags

__all__ = ["Overlay", "overlays_of"]

_ROWS, _COLUMNS, _FRAMES, _DESCRIPTION = 0x10, 0x11, 0x15, 0x22
_ORIGIN, _FIRST_FRAME, _BIT_POSITION, _LABEL, _DATA = 0x50, 0x51, 0x102, 0x1500, 0x3000


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """One overlay plane of one frame.

    Parameters
    ----------
    name : str
        OverlayLabel, else OverlayDescription, else the group: text of the file.
    mask : (rows, columns) bool array
        Where the overlay is set, on the grid of the image.
    """

    name: str
    mask: NDArray[np.bool_]


def overlays_of(
    tags: FrameTags, size: tuple[int, int], samples: Callable[[], NDArray[np.generic]]
) -> tuple[Overlay, ...]:
    """Return the overlay planes of one frame, those within the pixel cells included.

    Parameters
    ----------
    tags : FrameTags
    size : (rows, columns)
        Of the image.
    samples : callable
        Gives the pixel cells of the frame with all their bits; called only when an overlay is embedded in them
        (retired, PS3.3-2004 C.9.2: no OverlayData, OverlayBitPosition above the bits of the image).

    Returns
    -------
    tuple of Overlay
        In the order of the groups; one that does not cover this frame, or is malformed, is left out.
    """
    found = []
    for group in _groups(tags.dataset):
        with quiet():
            mask = _mask(tags, group, size, samples)
        if mask is not None:
            name = _text(tags.dataset, group, _LABEL) or _text(tags.dataset, group, _DESCRIPTION)
            found.append(Overlay(name or f"overlay {group:04X}", mask))
    return tuple(found)


def _groups(dataset: Dataset) -> Iterator[int]:
    """Yield the overlay groups that a data set has; odd ones are private."""
    for group in range(0x6000, 0x6020, 2):
        if (group, _ROWS) in dataset and (group, _COLUMNS) in dataset:
            yield group


def _mask(
    tags: FrameTags, group: int, size: tuple[int, int], samples: Callable[[], NDArray[np.generic]]
) -> NDArray[np.bool_] | None:
    rows, columns = _numbers(tags.dataset, group, _ROWS, 0)[0], _numbers(tags.dataset, group, _COLUMNS, 0)[0]
    if rows <= 0 or columns <= 0:
        return None
    if (group, _DATA) in tags.dataset:
        bits = _own_bits(tags, group, rows, columns)
    else:
        position = _numbers(tags.dataset, group, _BIT_POSITION, 0)[0]
        high = tags.integer("HighBit", 15)
        lowest = high + 1 - tags.integer("BitsStored", 16)
        if lowest <= position <= high or not 0 <= position < tags.integer("BitsAllocated", 16):
            return None  # a bit of the image itself is no overlay
        bits = (np.right_shift(samples().astype(np.int64), position) & 1).astype(bool)
    return None if bits is None else _laid(bits, _numbers(tags.dataset, group, _ORIGIN, 1), size)


def _own_bits(tags: FrameTags, group: int, rows: int, columns: int) -> NDArray[np.bool_] | None:
    """Return the bits of OverlayData that belong to this frame, (rows, columns)."""
    count = _numbers(tags.dataset, group, _FRAMES, 1)[0]
    # ImageFrameOrigin is the image frame, from 1, that the first overlay frame belongs to (PS3.3 C.9.2.1.3).
    frame = tags.frame + 1 - _numbers(tags.dataset, group, _FIRST_FRAME, 1)[0]
    if count == 1 and (group, _FRAMES) not in tags.dataset:
        frame = 0  # one plane for all frames
    data = tags.dataset[group, _DATA].value
    if not 0 <= frame < max(count, 1) or not isinstance(data, bytes):
        return None
    if not transfer_syntax(tags.dataset).is_little_endian and tags.dataset[group, _DATA].VR == "OW":
        data = np.frombuffer(data[: len(data) // 2 * 2], ">u2").astype("<u2").tobytes()
    start = frame * rows * columns
    needed = data[start // 8 : (start + rows * columns + 7) // 8]
    bits = np.unpackbits(np.frombuffer(needed, np.uint8), bitorder="little")[start % 8 :][: rows * columns]
    return bits.reshape(rows, columns).astype(bool) if bits.size == rows * columns else None


def _laid(bits: NDArray[np.bool_], origin: tuple[int, ...], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Lay overlay bits on the grid of the image; OverlayOrigin counts from (1, 1) and may lie outside."""
    mask = np.zeros(size, bool)
    top, left = (origin[0] - 1, origin[1] - 1) if len(origin) == 2 else (0, 0)
    rows = slice(max(top, 0), max(min(top + bits.shape[0], size[0]), 0))
    columns = slice(max(left, 0), max(min(left + bits.shape[1], size[1]), 0))
    if rows.start < rows.stop and columns.start < columns.stop:
        mask[rows, columns] = bits[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    return mask


def _numbers(dataset: Dataset, group: int, element: int, default: int) -> tuple[int, ...]:
    """Return the whole numbers of an element, or the default where it is absent or malformed."""
    try:
        value = dataset[group, element].value
        found = tuple(int(x) for x in (value if hasattr(value, "__iter__") and not isinstance(value, str) else [value]))
    except Exception:  # noqa: BLE001  pydicom converts on access and raises whatever a damaged value leads to
        return (default,)
    return found or (default,)


def _text(dataset: Dataset, group: int, element: int) -> str:
    return str(dataset[group, element].value or "").strip() if (group, element) in dataset else ""
