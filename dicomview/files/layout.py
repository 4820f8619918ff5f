"""Where each element of a header begins, found by walking over its bytes in plain Python.

Only what is written as the standard says is followed; at anything else the walk gives up, and pydicom, which forgives
much, reads the file. So whatever is accepted here is what pydicom reads (PS3.5 7.1 to 7.5, PS3.10 7.1).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from struct import Struct
from typing import TYPE_CHECKING

from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.uid import (
    UID,
    AllTransferSyntaxes,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
)

from dicomview.files.attributes import CHARSETS
from dicomview.files.extent import KEYWORDS, UNDEFINED, PixelSpan

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ITEM", "Layout", "Odd", "Short", "after_items", "encoding_of", "walk"]

_SHORT_VRS = frozenset(b"AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split())
_LONG_VRS = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_PIXEL_VRS = frozenset({b"OB", b"OW", b"OF", b"OD"})
_CHARSET = 0x00080005
ITEM, _ITEM_END, _END = b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0", b"\xfe\xff\xdd\xe0"
_DIRECTORY = b"1.2.840.10008.1.3.10"
_DEEPEST = 32

_explicit = Struct("<HH2sH").unpack_from
_implicit = Struct("<HHL").unpack_from
_length = Struct("<L").unpack_from


class Odd(Exception):  # no error: pydicom reads the file
    """Not written as the standard says, or in a way that is not followed here."""


class Short(Exception):  # no error: more is read
    """The header goes on beyond the bytes given; so many are needed at least, as far as is known."""

    def __init__(self, needed: int = 0) -> None:
        self.needed = needed


@dataclass(frozen=True, slots=True)
class Layout:
    """The elements at the top of a header.

    Attributes
    ----------
    tags : list of int
        Ascending.
    starts, values : lists of int, bytes
        Where each element and its value begin; `starts` has one more, where the header ends.
    vrs : list of bytes
        As in the file; empty for implicit VR.
    implicit, encapsulated : bool
        Of the transfer syntax.
    charset : bytes
        The value of SpecificCharacterSet.
    pixels : bool
        True when the header ends at the pixel data, False when it ends with the file.
    """

    tags: list[int]
    starts: list[int]
    values: list[int]
    vrs: list[bytes]
    implicit: bool
    encapsulated: bool
    charset: bytes
    pixels: bool

    def moved(self, changes: Iterable[tuple[int, int]]) -> Layout:
        """Return the layout of a header where some of these elements are longer.

        Parameters
        ----------
        changes : iterable of (int, int)
            The place of such an element, and by how many bytes it is longer; in their order.
        """
        starts: list[int] = []
        values: list[int] = []
        first = shift = 0
        for place, longer in (*changes, (len(self.tags), 0)):
            starts += [start + shift for start in self.starts[first : place + 1]]
            values += [value + shift for value in self.values[first : place + 1]]
            first, shift = place + 1, shift + longer
        return replace(self, starts=starts, values=values)

    def span(self, data: bytes, value: int) -> PixelSpan:
        """Return where the pixel data are, of a file that begins with `data`; their value begins at `value`."""
        keyword, vr = _pixel_element(data[value - (8 if self.implicit else 12) : value - 4], self.implicit)
        return PixelSpan(keyword, value, _length(data, value - 4)[0], vr)


@lru_cache(maxsize=16)
def _pixel_element(head: bytes, implicit: bool) -> tuple[str, str]:
    """Return keyword and VR of the pixel data, of the bytes before their length."""
    group, element = (int.from_bytes(head[start : start + 2], "little") for start in (0, 2))
    return KEYWORDS[group << 16 | element], "OW" if implicit else str(head[4:6], "ascii")


@lru_cache(maxsize=256)
def encoding_of(uid: bytes) -> tuple[bool, bool]:
    """Return whether a transfer syntax is implicit and whether it is encapsulated.

    Raises
    ------
    Odd
        It is deflated, big endian, or none of the standard's.
    """
    text = uid.rstrip(b"\0").decode("ascii", "replace")
    if text not in AllTransferSyntaxes or text in (ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian):
        raise Odd
    syntax = UID(text)
    return syntax == ImplicitVRLittleEndian, syntax.is_encapsulated


def walk(data: bytes, size: int) -> Layout:
    """Return the layout of a file that begins with `data`.

    Parameters
    ----------
    data : bytes
        The first bytes of the file, preamble included.
    size : int, bytes
        Of the whole file.

    Raises
    ------
    Short
        `data` ends before the header does.
    Odd
        pydicom has to read this file.
    """
    tags: list[int] = []
    starts: list[int] = []
    values: list[int] = []
    vrs: list[bytes] = []
    have = len(data)
    position, tag, charset = 132, 0, b""
    implicit = encapsulated = False
    in_meta, syntax = True, b""
    if data[128:132] != b"DICM":
        raise Odd
    while True:
        if position + 12 > have:
            if have < size:
                raise Short
            if position == size and not in_meta:
                break
            # An element of eight bytes may be the last; one of twelve does not fit.
            if position + 8 > size:
                raise Odd
        if in_meta and data[position] | data[position + 1] << 8 != 2:
            in_meta = False
            if not tags or not syntax:
                raise Odd
            implicit, encapsulated = encoding_of(syntax)
            # pydicom changes its mind when the first length looks like a VR.
            if implicit and data[position + 4 : position + 6].isupper():
                raise Odd
        start, last = position, tag
        if implicit and not in_meta:
            group, element, length = _implicit(data, position)
            vr, position = b"", position + 8
        else:
            group, element, vr, length = _explicit(data, position)
            if vr in _SHORT_VRS:
                position += 8
            elif vr in _LONG_VRS and position + 12 <= have:
                length, position = _length(data, position + 8)[0], position + 12
            else:
                raise Odd
        tag = group << 16 | element
        if tag <= last or (group < 8 and not in_meta) or group == 0xFFFE:
            raise Odd
        if tag in KEYWORDS:
            if (vr and vr not in _PIXEL_VRS) or not last >> 16 > 2:
                raise Odd
            starts.append(start)
            return Layout(tags, starts, values, vrs, implicit, encapsulated, charset, True)
        tags.append(tag)
        starts.append(start)
        values.append(position)
        vrs.append(vr)
        if length == UNDEFINED:
            if in_meta or (vr != b"SQ" if vr else not _is_sequence(data, position, tag)):
                raise Odd
            position = after_items(data, position, implicit, size)
            continue
        value, position = position, position + length
        if position > have:
            if position > size:
                raise Odd
            raise Short(position)
        if tag == _CHARSET:
            if vr not in (b"CS", b""):
                raise Odd
            charset = _checked_charset(data[value:position])
        elif in_meta:
            _check_meta(tag, vr, data[value:position])
            if tag == 0x00020010:
                syntax = data[value:position]
    if not tag >> 16 > 2:
        raise Odd
    starts.append(position)
    return Layout(tags, starts, values, vrs, implicit, encapsulated, charset, False)


def _check_meta(tag: int, vr: bytes, value: bytes) -> None:
    """Raise Odd at what makes pydicom read the file meta information otherwise, or makes the file a DICOMDIR."""
    if (tag == 0x00020000 and (vr != b"UL" or len(value) != 4)) or (tag == 0x00020002 and _DIRECTORY in value):
        raise Odd
    if tag in (0x00020002, 0x00020010) and vr != b"UI":
        raise Odd


def _checked_charset(value: bytes) -> bytes:
    stripped = value.rstrip(b" \0")
    if any(part.strip(b" ") not in CHARSETS for part in stripped.split(b"\\")):
        raise Odd
    return value


def _is_sequence(data: bytes, position: int, tag: int) -> bool:
    """Return whether pydicom takes an element of undefined length in implicit VR for a sequence."""
    if dictionary_has_tag(tag):
        return dictionary_VR(tag) == "SQ"
    if position + 4 > len(data):
        raise Short
    return data[position : position + 4] == ITEM


def after_items(data: bytes, position: int, implicit: bool, size: int, depth: int = 0) -> int:
    """Return where the items of a sequence of undefined length end, behind its delimiter.

    Raises
    ------
    Short, Odd
        As `walk`.
    """
    if depth > _DEEPEST:
        raise Odd
    have = len(data)
    while True:
        if position + 8 > have:
            raise Short if have < size else Odd
        mark, (length,) = data[position : position + 4], _length(data, position + 4)
        position += 8
        if mark == _END:
            if length:
                raise Odd
            return position
        if mark != ITEM:
            raise Odd
        position = _after_elements(
            data, position, None if length == UNDEFINED else position + length, implicit, size, depth
        )


def _after_elements(data: bytes, position: int, end: int | None, implicit: bool, size: int, depth: int) -> int:
    """Return where the elements of one item end: at `end`, or behind the delimiter of the item."""
    have = len(data)
    if end is not None and end > have:
        raise Short if end <= size and have < size else Odd
    while position != end:
        if position + 12 > have:
            if have < size:
                raise Short
            if position + 8 > have:
                raise Odd
        if data[position : position + 4] == _ITEM_END:
            if end is not None or data[position + 4 : position + 8] != b"\0\0\0\0":
                raise Odd
            return position + 8
        if implicit:
            group, element, length = _implicit(data, position)
            vr, position = b"", position + 8
        else:
            group, element, vr, length = _explicit(data, position)
            if vr in _SHORT_VRS:
                position += 8
            elif vr in _LONG_VRS and position + 12 <= have:
                length, position = _length(data, position + 8)[0], position + 12
            else:
                raise Odd
        tag = group << 16 | element
        if group == 0xFFFE or (tag == _CHARSET and length > 64):
            raise Odd
        if length == UNDEFINED:
            if vr != b"SQ" if vr else not _is_sequence(data, position, tag):
                raise Odd
            position = after_items(data, position, implicit, size, depth + 1)
        else:
            if tag == _CHARSET:
                _checked_charset(data[position : position + length])
            position += length
        if position > have:
            raise Short if have < size and position <= size else Odd
        if end is not None and position > end:
            raise Odd
    return position
