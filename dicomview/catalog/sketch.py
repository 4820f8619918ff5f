"""Series from the columns of a scan, without a second look at the files.

The rows of a plain series, CT, MR or PET with one image a file, say all that its stacks and verdicts are made of: they
are given to the judge of `space` as slices. Where that is not enough, the files are read again.
"""

from __future__ import annotations

import datetime
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.dataset import Dataset

from dicomview.catalog.packed import NO_INTEGER, POSITION, Coded
from dicomview.errors import NotAnImage
from dicomview.files import Header
from dicomview.files.attributes import written
from dicomview.pixels import FrameTags
from dicomview.space import Series, Slice
from dicomview.space.groups import says_localizer
from dicomview.space.places import place_of, spacing_of
from dicomview.space.sorting import stacks_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from dicomview.catalog.packed import Packed
    from dicomview.files import Location

__all__ = ["main_row", "sketched"]

# CT, MR, PET: their slices are single frames, and nothing in a sequence changes where they lie.
_PLAIN = {"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.128"}
_UIDS = ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID")
_NOTHING = Dataset()
_POSITION = "ImagePositionPatient"
_MOST_FRAMES = 1 << 31  # whatever a file claims


class _RowTags(FrameTags):
    """The elements of a row, as those of a frame: what is in no column is absent."""

    __slots__ = ("_packed", "_row")

    def __init__(self, packed: Packed, row: int) -> None:
        super().__init__(_NOTHING)
        self._packed, self._row = packed, row

    def of_frame(self, frame: int) -> FrameTags:
        """Return the row itself: it is of a single frame."""
        return self

    def get(self, keyword: str, default: Any = None) -> Any:
        """Return a value of the row, as a file has it: dates and times are text."""
        if keyword == _POSITION:
            place = tuple(float(self._packed[axis][self._row]) for axis in POSITION)  # type: ignore[arg-type]
            return default if place[0] != place[0] else place
        column = self._packed.get(keyword)
        if column is None:
            return default
        value = column.words[column.codes[self._row]] if isinstance(column, Coded) else column[self._row].item()
        if value is None or value == NO_INTEGER or value != value:  # NaN is not itself
            return default
        if isinstance(value, str):
            return value.split("\\") if "\\" in value else value
        return written(value) if isinstance(value, datetime.date | datetime.timedelta) else value


def sketched(places: Sequence[Location], packed: Packed, rows: Iterable[int]) -> Series | None:
    """Return a series, or None when its files must be read to tell what is in it.

    Parameters
    ----------
    places : sequence of Location
        Of all rows.
    packed : Packed
    rows : iterable of int
        Those of the series.

    Returns
    -------
    Series or None
        Its headers have no data set and no place of the pixels, though each of the files has an image.
    """
    slices: list[Slice] = []
    known: set[str] = set()
    statuses, pixels = packed["status"], np.asarray(packed["pixels"])
    assert isinstance(statuses, Coded)
    for row in rows:
        tags = _RowTags(packed, row)
        if not pixels[row] or not _is_plain(tags):
            return None
        known.add(tags.text("SOPInstanceUID"))
        if len(known) == len(slices):  # of one that was met before, copies have to be compared
            return None
        place, fault = place_of(tags)
        spacing, kind = spacing_of(tags)
        if place is None or kind != "patient":
            return None
        header = Header(places[row], statuses.words[statuses.codes[row]])
        slices.append(Slice(header, tags, place, spacing, kind, fault))
    try:
        stacks = stacks_of(slices, progress=False)
    except NotAnImage:  # pixels would have to be compared, and a row has none
        return None
    # Several images at one position, or a faulty grid, are told apart by attributes that are no columns.
    told = all(stack.verdict.regular and len(stack.dims) == 3 for stack in stacks)
    return Series(tuple(one.source for one in slices), stacks) if told else None


def _is_plain(tags: FrameTags) -> bool:
    return (
        all(len(tags.texts(keyword)) == 1 for keyword in _UIDS)
        and tags.text("SOPClassUID") in _PLAIN
        and tags.get("NumberOfFrames") in (None, 1)
        and "MOSAIC" not in "\\".join(tags.texts("ImageType"))
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
