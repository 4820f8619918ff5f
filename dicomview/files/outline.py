"""What the bytes of a header say as they are: numbers and words of the usual form, and which elements there are."""

from __future__ import annotations

import io
from bisect import bisect_left
from functools import lru_cache
from struct import unpack
from typing import TYPE_CHECKING

from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.tag import BaseTag

from dicomview.files.walk import read_elements
from dicomview.quiet import quiet
from dicomview.unread import Unread

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

    from dicomview.files.template import Common, Moves

__all__ = ["Outlined", "unread", "vr_of"]

_TEXT = frozenset(["CS", "LO", "SH", "AE", "AS", "UI", "DA", "TM", "DT"])  # several values between backslashes
_BINARY = {"US": ("H", 2), "SS": ("h", 2), "UL": ("L", 4), "SL": ("l", 4), "FL": ("f", 4), "FD": ("d", 8)}
_LONGEST = 1024
_EXACT = 2**53
# What is kept within them belongs to single frames, and there may be thousands.
_FUNCTIONAL_GROUPS = (0x52009229, 0x52009230)


class Outlined:
    """The outline of one header, see `dicomview.unread.Outline`.

    Parameters
    ----------
    header : bytes
        The beginning of the file.
    end : int
        Where the header ends in it: behind the length of the pixel data, or at the end of a file without.
    common : Common
    moves : Moves
        How this header differs from the layout.
    size : int, bytes
        Of the whole file.
    name : str
        Of the file; empty when it is not on the disk.
    """

    __slots__ = ("_end", "_name", "_size", "common", "header", "moves")

    def __init__(self, header: bytes, end: int, common: Common, moves: Moves, size: int, name: str) -> None:
        self.header, self.common, self.moves = header, common, moves
        self._end, self._size, self._name = end, size, name

    @property
    def tags(self) -> list[int]:
        """The elements at the top, ascending; without those of the file meta information."""
        tags = self.common.layout.tags
        return tags[bisect_left(tags, 3 << 16) :]

    def has(self, tag: int) -> bool:
        """Return True when the element is there, at the top or in the file meta information."""
        return tag in self.common.places

    def numbers(self, tag: int) -> tuple[float, ...] | None:
        """Return all values as numbers, none for an absent or empty element; None unless all of them are plain."""
        common = self.common
        if tag in common.numbers:
            return common.numbers[tag]
        raw = self.raw(tag)
        found = () if raw is None else _numbers(*raw) if len(raw[1]) <= _LONGEST else None
        if tag not in common.varying:
            common.numbers[tag] = found
        return found

    def texts(self, tag: int) -> tuple[str, ...] | None:
        """Return all values as text, stripped, none for an absent or blank element; None unless all are plain."""
        common = self.common
        if tag in common.texts:
            return common.texts[tag]
        raw = self.raw(tag)
        found = () if raw is None else _texts(*raw) if len(raw[1]) <= _LONGEST else None
        if tag not in common.varying:
            common.texts[tag] = found
        return found

    def element(self, tag: int) -> RawDataElement | None:
        """Return an element as pydicom takes it from the file; None of a sequence, which it may read at once."""
        found = self._place(tag)
        if found is None:
            return None
        place, begin, end = found
        layout = self.common.layout
        said = str(layout.vrs[place], "ascii") or None
        if (said or vr_of(tag)) in ("SQ", "UN"):  # what is of unknown VR may be a sequence too
            return None
        implicit = layout.implicit and tag >> 16 > 2
        return RawDataElement(BaseTag(tag), said, end - begin, self.header[begin:end], begin, implicit, True)

    def raw(self, tag: int) -> tuple[str, bytes] | None:
        """Return VR, by the dictionary where the file has none, and bytes of an element; None when it is absent."""
        common = self.common
        if tag in common.raws:
            return common.raws[tag]
        found = self._place(tag)
        if found is None:
            return None
        place, begin, end = found
        vr = common.layout.vrs[place]
        raw = str(vr, "ascii") if vr else vr_of(tag), self.header[begin:end]
        if tag not in common.varying:
            common.raws[tag] = raw
        return raw

    def dataset(self) -> FileDataset:
        """Return the same data set as pydicom reads it."""
        with quiet():
            dataset, _ = read_elements(_Named(self.header[: self._end], self._name), self._size, None, bare=False)
        assert dataset is not None  # the walk over its bytes takes only what pydicom reads
        if self._name:
            dataset.fileobj_type = open
        return dataset

    def _place(self, tag: int) -> tuple[int, int, int] | None:
        """Return the place of an element in the layout, and where its value begins and ends; None when it is absent."""
        place = self.common.places.get(tag)
        if place is None:
            return None
        layout, (moved, shifts) = self.common.layout, self.moves
        begin, end = layout.values[place], layout.starts[place + 1]
        if moved and place >= moved[0]:
            behind = bisect_left(moved, place)  # how many moves lie before this place
            if behind:
                begin += shifts[behind - 1]
            behind += behind < len(moved) and moved[behind] == place
            end += shifts[behind - 1]
        return place, begin, end


@lru_cache(maxsize=4096)
def vr_of(tag: int) -> str:
    """Return the VR that the dictionary gives an element; "UN" where it knows none."""
    return dictionary_VR(tag) if dictionary_has_tag(tag) else "UN"


@lru_cache(maxsize=1 << 14)
def _numbers(vr: str, raw: bytes) -> tuple[float, ...] | None:
    if not raw:
        return ()
    try:
        if vr == "DS":
            return tuple(map(float, raw.split(b"\\")))
        if vr == "IS":
            whole = tuple(map(int, raw.split(b"\\")))
            return tuple(map(float, whole)) if max(map(abs, whole)) < _EXACT else None
    except ValueError:
        return None
    letter, size = _BINARY.get(vr, ("", 1))
    number, rest = divmod(len(raw), size)
    return None if not letter or rest else tuple(map(float, unpack(f"<{number}{letter}", raw)))


@lru_cache(maxsize=1 << 14)
def _texts(vr: str, raw: bytes) -> tuple[str, ...] | None:
    raw = raw.removesuffix(b"\0")
    if vr not in _TEXT or not raw.isascii() or not (text := str(raw, "ascii")).isprintable():
        return None
    return tuple(part.strip(" ") for part in text.split("\\")) if text.strip(" ") else ()


def unread(outline: Outlined) -> Unread | None:
    """Return the data set of a header that pydicom has not read yet; None where that would gain nothing."""
    return Unread(outline) if outline.common.places.keys().isdisjoint(_FUNCTIONAL_GROUPS) else None


class _Named(io.BytesIO):
    """The beginning of a file, under its name."""

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__(content)
        self.name = name
