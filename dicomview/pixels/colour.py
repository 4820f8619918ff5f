"""Colour: RGB as decoded, palettes looked up, always 8 bits a sample for the screen (PS3.3 C.7.6.3.1.2, C.7.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dicomview.errors import DamagedPixels
from dicomview.pixels.lut import lut_entries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dicomview.pixels.frames import FrameTags

__all__ = ["has_colour", "srgb_of_cielab", "to_rgb"]

_WHITE_D50 = np.array([0.96422, 1.0, 0.82521])
# From XYZ under D50 to linear sRGB under D65, adapted after Bradford: the inverse of the sRGB profile's matrix.
_SRGB_D50 = np.array(
    [
        [3.1338561, -1.6168667, -0.4906146],
        [-0.9787684, 1.9161415, 0.0334540],
        [0.0719453, -0.2289914, 1.4052427],
    ]
)

_DISCRETE, _LINEAR, _INDIRECT = 0, 1, 2


def has_colour(tags: FrameTags) -> bool:
    """Return True when the frame is shown in colour: three samples a pixel, or a palette."""
    return tags.integer("SamplesPerPixel", 1) == 3 or tags.text("PhotometricInterpretation") == "PALETTE COLOR"


def to_rgb(stored: NDArray[np.generic], tags: FrameTags) -> NDArray[np.uint8]:
    """Return the colours of a frame.

    Parameters
    ----------
    stored : (rows, columns) integer or (rows, columns, 3) array
        As `stored_values` gives them: palette indices, or RGB.
    tags : FrameTags
        BitsStored and, for a palette, the Palette Color Lookup Tables.

    Returns
    -------
    (rows, columns, 3) uint8 array
        RGB; deeper samples keep their upper eight bits.

    Raises
    ------
    DamagedPixels
        The palette is missing or malformed.
    """
    if stored.ndim == 2:
        return np.stack([_looked_up(stored, tags, colour) for colour in ("Red", "Green", "Blue")], axis=-1)
    if stored.dtype == np.uint8:
        return stored.astype(np.uint8, copy=False)
    # What is above BitsStored is not image, and must not wrap around to a dark colour.
    shift = max(0, tags.integer("BitsStored", 8 * stored.dtype.itemsize) - 8)
    return (np.right_shift(stored.astype(np.uint32), shift) & 0xFF).astype(np.uint8)


def srgb_of_cielab(stored: Sequence[float]) -> str:
    """Return the colour "#rrggbb" of a CIELab value as DICOM stores it; what sRGB cannot show is clipped.

    Parameters
    ----------
    stored : 3 numbers, 0 to 65535
        RecommendedDisplayCIELabValue: L* from 0 to 100, a* and b* from -128 to 127, white of D50 (PS3.3 C.10.7.1.1).
    """
    scaled = np.asarray(stored, np.float64) / 65535
    light, a, b = scaled[0] * 100, scaled[1] * 255 - 128, scaled[2] * 255 - 128
    y = (light + 16) / 116
    f = np.array([y + a / 500, y, y - b / 200])
    xyz = _WHITE_D50 * np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29))
    linear = np.clip(_SRGB_D50 @ xyz, 0, 1)
    levels = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return "#" + bytes(int(255 * level + 0.5) for level in levels).hex()


def _looked_up(stored: NDArray[np.generic], tags: FrameTags, colour: str) -> NDArray[np.uint8]:
    """Return one of the three colours; values below and above the table take its first and last entry."""
    descriptor = tags.numbers(f"{colour}PaletteColorLookupTableDescriptor")
    plain = tags.get(f"{colour}PaletteColorLookupTableData")
    segmented = tags.get(f"Segmented{colour}PaletteColorLookupTableData")
    if len(descriptor) != 3 or not isinstance(plain if plain else segmented, bytes):
        raise DamagedPixels(f"the {colour.lower()} palette is missing or malformed; ask the sender for the file again")
    count, first, bits = (int(x) for x in descriptor)
    count = count & 0xFFFF or 65536  # 65,536 does not fit
    signed = tags.integer("PixelRepresentation") == 1
    first = (first + 32768) % 65536 - 32768 if signed else first % 65536
    if plain:
        table = lut_entries(plain, count, little_endian=tags.little_endian)
    else:
        table = _expanded(segmented, bits, colour, little_endian=tags.little_endian)
    if not table.size:
        raise DamagedPixels(f"the {colour.lower()} palette is empty; ask the sender for the file again")
    places = np.clip(stored.astype(np.int64) - first, 0, min(count, len(table)) - 1)
    # Entries of 8 bits may come in words of 16; those of 16 keep their upper half.
    return (table[places] >> (8 if bits > 8 and table.dtype.itemsize > 1 else 0)).astype(np.uint8)


def _expanded(data: bytes, bits: int, colour: str, *, little_endian: bool) -> NDArray[np.unsignedinteger[Any]]:
    """Return the entries of a segmented palette (PS3.3 C.7.9.2)."""
    words = np.frombuffer(data[: len(data) // 2 * 2], "<u2" if little_endian else ">u2").astype("<u2")
    size = 1 if bits <= 8 else 2
    values = [int(x) for x in (words.view(np.uint8) if size == 1 else words)]
    table: list[int] = []

    def read(place: int, segments: int, *, nested: bool) -> None:
        """Append `segments` segments that begin at `place`."""
        while segments > 0 and place + 2 < len(values):
            kind, length = values[place : place + 2]
            place, segments = place + 2, segments - 1
            if kind == _DISCRETE and place + length <= len(values):
                table.extend(values[place : place + length])
                place += length
            elif kind == _LINEAR and table:
                ramp = np.linspace(table[-1], values[place], length + 1)[1:]
                table.extend(int(x) for x in np.floor(ramp + 0.5))
                place += 1
            elif kind == _INDIRECT and not nested and place + 4 // size <= len(values):
                offset = sum(x << (8 * size * k) for k, x in enumerate(values[place : place + 4 // size]))
                read(offset // size, length, nested=True)
                place += 4 // size
            else:
                raise DamagedPixels(
                    f"the segmented {colour.lower()} palette is malformed; ask the sender for the file again"
                )

    read(0, len(values), nested=False)
    return np.array(table, np.uint8 if size == 1 else np.uint16)
