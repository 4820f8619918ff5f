"""What the bytes of an element meant before, so that the same bytes are not parsed again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomview.files.attributes import ATTRIBUTES, usual, value_of
from dicomview.files.layout import Odd

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomview.files.attributes import Value
    from dicomview.files.layout import Layout

__all__ = ["COLUMNS", "SIZES", "Memory"]

COLUMNS = {attribute.tag: column for column, attribute in enumerate(ATTRIBUTES)}
"""The column of each tag."""
SIZES = tuple(COLUMNS[tag] for tag in (0x00280010, 0x00280011, 0x00280100, 0x00280002, 0x00280008, 0x00280004))
"""The columns of Rows, Columns, BitsAllocated, SamplesPerPixel, NumberOfFrames, PhotometricInterpretation."""

_VRS = tuple(attribute.vr.encode() for attribute in ATTRIBUTES)
# Of these (SOPInstanceUID, position, SliceLocation) no two are alike, or few: they are not remembered.
_UNLIKE = {COLUMNS[tag] for tag in (0x00080018, 0x00200032, 0x00201041)}
# Of these nothing unusual is taken: the length of the pixel data is checked by them.
_STRICT = {COLUMNS[0x00020010], *SIZES}

_LONGEST_VALUE = 4096
_MEMORY = 1 << 15  # values remembered a column


class _Known(dict[bytes, "Value"]):
    """What bytes of one column meant before; others are read when they are asked for, and mostly remembered."""

    __slots__ = ("attribute", "charset", "column", "implicit", "usual")

    def __init__(self, column: int, implicit: bool, charset: bytes) -> None:
        super().__init__({b"": None})
        self.column, self.implicit, self.charset = column, implicit, charset
        self.attribute, self.usual = ATTRIBUTES[column], usual(ATTRIBUTES[column])

    def reader(self) -> Callable[[bytes], Value]:
        """Return what gives the value of bytes: from memory, but where no two are alike."""
        usual = self.usual

        def read(raw: bytes) -> Value:
            value = usual(raw)
            return self[raw] if value is None else value

        return read if self.column in _UNLIKE else self.__getitem__

    def __missing__(self, raw: bytes) -> Value:
        """Return the value of bytes that were not met before.

        Raises
        ------
        Odd
            It is too long, or one by which the pixel data are judged, and unusual.
        """
        if len(raw) > _LONGEST_VALUE:
            raise Odd
        value = self.usual(raw)
        if value is None:
            if self.column in _STRICT:
                raise Odd
            value = value_of(self.attribute, raw, implicit=self.implicit, charset=self.charset)
        elif self.column in _UNLIKE:
            return value
        if len(self) >= _MEMORY:
            self.clear()
            self[b""] = None
        self[raw] = value
        return value


class Memory:
    """What bytes meant before, for one transfer syntax and character set: a column each.

    Parameters
    ----------
    implicit : bool
    charset : bytes
        The value of SpecificCharacterSet.
    """

    __slots__ = ("values",)

    def __init__(self, implicit: bool, charset: bytes) -> None:
        self.values = [_Known(column, implicit, charset) for column in range(len(ATTRIBUTES))]

    def all(self, data: bytes, layout: Layout) -> list[Value]:
        """Return the values of every column.

        Raises
        ------
        Odd
            An element has another VR than the dictionary says.
        """
        values: list[Value] = [None] * len(ATTRIBUTES)
        for place, tag in enumerate(layout.tags):
            column = COLUMNS.get(tag)
            if column is None:
                continue
            vr = layout.vrs[place]
            if vr and vr != _VRS[column]:
                raise Odd
            values[column] = self.values[column][data[layout.values[place] : layout.starts[place + 1]]]
        return values
