"""Stacks from the columns of a scan, without a second look at the files.

The rows of a plain series, CT, MR or PET with one image a file, say all that its stacks and verdicts are made of: they
are given to the judge of `space` as slices. Where that is not enough, the files are read again.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.dataset import Dataset

from dicomview.catalog.packed import Coded
from dicomview.errors import NotAnImage
from dicomview.files import Header
from dicomview.pixels import FrameTags
from dicomview.space import Slice
from dicomview.space.groups import says_localizer
from dicomview.space.places import place_of, spacing_of
from dicomview.space.sorting import stacks_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from dicomview.catalog.packed import Packed
    from dicomview.files import Location
    from dicomview.space import Stack

__all__ = ["KEYWORDS", "main_row", "sketched"]

KEYWORDS = (
    "SOPClassUID", "SOPInstanceUID", "ImageType", "Modality", "StudyInstanceUID", "SeriesInstanceUID", "InstanceNumber",
    "FrameOfReferenceUID", "ImageOrientationPatient", "PixelSpacing", "Rows", "Columns", "SamplesPerPixel",
    "PhotometricInterpretation", "NumberOfFrames", "BitsAllocated", "PixelRepresentation", "SliceThickness",
    "SpacingBetweenSlices", "SeriesNumber",
)  # fmt: skip
"""What a row must have, beside ``status``, ``pixels`` and ``ImagePositionPatient``."""

# CT, MR, PET: their slices are single frames, and nothing in a sequence changes where they lie.
_PLAIN = {"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.128"}
_NOTHING = Dataset()
_MOST_FRAMES = 1 << 31  # whatever a file claims


class _RowTags(FrameTags):
    """The elements of a row, as those of a frame."""

    __slots__ = ("_row",)

    def __init__(self, row: dict[str, Any]) -> None:
        super().__init__(_NOTHING)
        self._row = row

    def get(self, keyword: str, default: Any = None) -> Any:
        """Return a value of the row."""
        value = self._row.get(keyword)
        if value is None:
            return default
        return value.split("\\") if isinstance(value, str) and "\\" in value else value


def sketched(places: Sequence[Location], rows: Sequence[dict[str, Any]]) -> tuple[Stack, ...] | None:
    """Return the stacks of one series, or None when its files must be read to tell.

    Parameters
    ----------
    places : sequence of Location
    rows : sequence of dict
        For each place, the values of `KEYWORDS`, of ImagePositionPatient, status and pixels.
    """
    if not all(_is_plain(row) for row in rows) or len({row["SOPInstanceUID"] for row in rows}) < len(rows):
        return None
    slices = []
    for one, row in zip(places, rows, strict=True):
        tags = _RowTags(row)
        place, fault = place_of(tags)
        spacing, kind = spacing_of(tags)
        if place is None or kind != "patient":
            return None
        slices.append(Slice(Header(one, row["status"]), tags, place, spacing, kind, fault))
    try:
        stacks = stacks_of(slices, progress=False)
    except NotAnImage:  # pixels would have to be compared, and a row has none
        return None
    # Several images at one position, or a faulty grid, are told apart by attributes that are no columns.
    return stacks if all(stack.verdict.regular and len(stack.dims) == 3 for stack in stacks) else None


def _is_plain(row: dict[str, Any]) -> bool:
    return (
        row["pixels"]
        and row["SOPClassUID"] in _PLAIN
        and row["SOPInstanceUID"] is not None
        and row["NumberOfFrames"] in (None, 1)
        and "MOSAIC" not in (row["ImageType"] or "")
    )


def main_row(packed: Packed, rows: NDArray[np.intp]) -> int:
    """Return which row speaks for a series: the first of its main stack, the largest that is no localizer.

    Told by what slices look like, not by where they lie, for a judgement of every series would take too long.
    """
    pictures = rows[np.asarray(packed["pixels"])[rows]]
    if len(pictures) < 2:
        return int(rows[0] if not len(pictures) else pictures[0])

    def told(name: str, of: Callable[[Any], Any] = lambda word: word) -> list[Any]:
        column = packed[name]
        if not isinstance(column, Coded):
            return list(column[pictures].tolist())
        codes = column.codes[pictures].tolist()
        known = {code: of(column.words[code]) for code in set(codes)}
        return [known[code] for code in codes]

    looks = zip(
        told("ImageType", lambda word: says_localizer(tuple((word or "").split("\\")))),
        *map(told, ("Modality", "Rows", "Columns")),
        told("ImageOrientationPatient", lambda numbers: tuple(round(x, 2) for x in numbers or ())),
        told("PixelSpacing", lambda numbers: tuple(round(x, 3) for x in numbers or ())),
        strict=True,
    )
    firsts: dict[Any, int] = {}
    slices: Counter[Any] = Counter()
    for place, (look, frames) in enumerate(zip(looks, told("NumberOfFrames"), strict=True)):
        firsts.setdefault(look, place)
        slices[look] += min(max(frames, 1), _MOST_FRAMES)
    main = min(firsts, key=lambda look: (look[0], -slices[look], firsts[look]))
    return int(pictures[firsts[main]])
