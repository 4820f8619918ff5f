"""A Siemens mosaic: all slices of one moment as tiles of one picture, taken apart again.

How many tiles there are, and which way they follow each other, only a private element says: the CSA image header.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dicomview.space.geometry import normal_of
from dicomview.space.places import place_of, places_along, spacing_of
from dicomview.space.private import private_value

if TYPE_CHECKING:
    from dicomview.pixels import FrameTags
    from dicomview.space.places import Place

__all__ = ["Tile", "csa_numbers", "is_mosaic", "tiles_of"]

_IMAGE_HEADER = ("SIEMENS CSA HEADER", 0x0029, 0x10)
_MARKS = (77, 205)  # the fixed number that ends the head of every entry and stands in that of every value
_ENTRY, _VALUE = struct.Struct("<64si4s3i"), struct.Struct("<4i")
_MOST_TILES = 1024
_PARALLEL = 1e-5  # as 1 - cosine: both normals are written with eight decimals


@dataclass(frozen=True, slots=True)
class Tile:
    """The part of a frame that is one slice.

    Parameters
    ----------
    number : int
        Zero-based, row by row.
    top, left : int
        First row and column of the frame.
    rows, columns : int
        Size.
    """

    number: int
    top: int
    left: int
    rows: int
    columns: int

    @property
    def cut(self) -> tuple[slice, slice]:
        """The index that takes the tile out of the frame."""
        return slice(self.top, self.top + self.rows), slice(self.left, self.left + self.columns)


def is_mosaic(tags: FrameTags) -> bool:
    """Return True when ImageType says that the picture is a mosaic."""
    return "MOSAIC" in tags.texts("ImageType")


def tiles_of(tags: FrameTags) -> tuple[list[tuple[Tile, Place]], str]:
    """Return the tiles of a mosaic with their places; or none, and the reason code and words.

    Parameters
    ----------
    tags : FrameTags
        Of a single-frame instance.
    """
    header = private_value(tags.dataset, *_IMAGE_HEADER)
    names = ("NumberOfImagesInMosaic", "SliceNormalVector")
    numbers = csa_numbers(header, names) if isinstance(header, bytes) else {}
    counted, direction = numbers.get("NumberOfImagesInMosaic", ()), numbers.get("SliceNormalVector", ())
    if not counted or len(direction) != 3:
        return [], _refusal("has no readable CSA image header that says how many there are and how they follow")
    count, side = int(counted[0]), math.isqrt(max(0, math.ceil(counted[0]) - 1)) + 1
    rows, columns = tags.integer("Rows"), tags.integer("Columns")
    if (
        count != counted[0]
        or not 1 <= count <= _MOST_TILES
        or min(rows, columns) < side
        or rows % side
        or columns % side
    ):
        return [], _refusal(f"does not divide into the {counted[0]:g} slices that its CSA image header names")
    first, fault = place_of(tags)
    spacing, _ = spacing_of(tags)
    if first is None or spacing is None:
        return [], fault or "BAD_GEOMETRY: PixelSpacing is not two numbers above 0"
    step = tags.number("SpacingBetweenSlices")
    if step is None or step <= 0:
        return (
            [],
            "NO_GEOMETRY: SpacingBetweenSlices, the distance of the slices of a mosaic, is missing or not above 0",
        )
    normal = np.array(direction, float)
    cosine = float(normal @ normal_of(first.orientation))
    if abs(abs(cosine) - 1) > _PARALLEL or abs(float(normal @ normal) - 1) > 2 * _PARALLEL:
        return [], "BAD_GEOMETRY: SliceNormalVector of the CSA image header is not perpendicular to the slices"
    size = rows // side, columns // side
    # The position in the file is that of a first pixel if the whole mosaic were one slice about the same centre.
    shift = np.array([(rows - size[0]) / 2 * spacing[0], (columns - size[1]) / 2 * spacing[1]])
    places = places_along(tags, [math.copysign(step, cosine) * k for k in range(count)], shift=shift)
    tiles = [Tile(k, k // side * size[0], k % side * size[1], *size) for k in range(count)]
    return [(tile, place) for tile, (place, _) in zip(tiles, places, strict=True) if place is not None], ""


def csa_numbers(raw: bytes, names: tuple[str, ...]) -> dict[str, tuple[float, ...]]:
    """Return the numbers that a CSA header keeps under `names`.

    Parameters
    ----------
    raw : bytes
        The whole element, of the older format or of "SV10"; of damaged bytes, what comes before the damage is not
        trusted either.
    names : tuple of str
        Entries without a value, or with one that is no number, are left out.
    """
    if raw[:4] == b"SV10":
        return _entries(raw, 8, names, 0) or {}
    # Writers of the older format disagree: the second number of a value's head is its length, or the first is its
    # length plus how many values the first entry has room for. The marks show which.
    room = _ENTRY.unpack_from(raw, 8)[4] if len(raw) >= 8 + _ENTRY.size else 0
    return _entries(raw, 0, names, 0) or _entries(raw, 0, names, room) or {}


def _entries(raw: bytes, at: int, names: tuple[str, ...], room: int) -> dict[str, tuple[float, ...]] | None:
    """Return the entries called `names`; None when the bytes are not a CSA header read that way.

    Every turn of both loops goes on by at least the size of a head, so that no count in the bytes makes them long.
    """
    found: dict[str, tuple[float, ...]] = {}
    try:
        count, mark = struct.unpack_from("<2I", raw, at)
        at += 8
        if mark not in _MARKS:
            return None
        for _ in range(count):
            name, multiplicity, _, _, values, mark = _ENTRY.unpack_from(raw, at)
            at += _ENTRY.size
            if mark not in _MARKS:
                return None
            texts: list[bytes] = []
            for _ in range(values):
                head = _VALUE.unpack_from(raw, at)
                at += _VALUE.size
                length = head[0] - room if room else head[1]
                if head[2] not in _MARKS or not 0 <= length <= len(raw) - at:
                    return None
                texts.append(raw[at : at + length])
                at += (length + 3) // 4 * 4
            word = name.split(b"\0")[0].decode("latin-1")
            if word in names:
                numbers = _numbers(texts[: multiplicity if multiplicity > 0 else None])
                if numbers:
                    found.setdefault(word, numbers)
    except struct.error:
        return None
    return found


def _numbers(texts: list[bytes]) -> tuple[float, ...]:
    """Return the values up to the first empty one as finite numbers, none when one of them is no number."""
    words = [text.split(b"\0")[0].strip() for text in texts]
    try:
        numbers = tuple(float(word) for word in words[: words.index(b"") if b"" in words else None])
    except ValueError:
        return ()
    return numbers if all(math.isfinite(x) for x in numbers) else ()


def _refusal(words: str) -> str:
    return f"MOSAIC_WITHOUT_CSA: a mosaic of many slices in one picture, which {words}"
