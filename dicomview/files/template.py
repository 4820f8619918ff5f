"""One header as a template: cut at the few elements that vary.

Each block between them is compared in one go, and what it says is known already; only what varies is parsed. Equal
bytes from the beginning of an element to the beginning of another, under the same transfer syntax and character set,
parse equally, so this is exact.
"""

from __future__ import annotations

from itertools import accumulate, count
from struct import Struct, error
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from dicomview.files.attributes import ATTRIBUTES, usual, value_of
from dicomview.files.extent import UNDEFINED
from dicomview.files.layout import Layout, Odd, Short, after_items

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from dicomview.files.attributes import Value

__all__ = ["SIZES", "UNMOVED", "Common", "Facts", "Memory", "Moves", "Reading", "Template", "needed_of"]

_COLUMNS = {attribute.tag: column for column, attribute in enumerate(ATTRIBUTES)}
_VRS = tuple(attribute.vr.encode() for attribute in ATTRIBUTES)
_SYNTAX, _INSTANCE = _COLUMNS[0x00020010], _COLUMNS[0x00080018]
SIZES = tuple(_COLUMNS[tag] for tag in (0x00280010, 0x00280011, 0x00280100, 0x00280002, 0x00280008, 0x00280004))
"""The columns of Rows, Columns, BitsAllocated, SamplesPerPixel, NumberOfFrames, PhotometricInterpretation."""
_UNLIKE = {_INSTANCE, _COLUMNS[0x00200032]}
"""Of these no two are alike, or few: they are not remembered."""
_STRICT = {_SYNTAX, *SIZES}
"""Of these nothing unusual is taken: the length of the pixel data is checked by them."""

# Never taken as varying: what follows is read by them. (The class in the meta information tells a DICOMDIR.)
_FIXED = {0x00020002, 0x00020010, 0x00080005}
_GROUP_LENGTH = 0x00020000

_LONGEST_VALUE = 4096
_MEMORY = 1 << 15  # values remembered a column

_length = Struct("<L").unpack_from


class Facts(NamedTuple):
    """What a group of files has in common.

    Attributes
    ----------
    values : tuple
        One for each of `ATTRIBUTES`; None where they vary.
    varying : tuple of int
        The columns that vary.
    """

    values: tuple[Value, ...]
    varying: tuple[int, ...]


Reading: TypeAlias = "tuple[Facts, tuple[Value, ...], int, int]"
"""What was read of one header: the facts, one value for each of ``facts.varying``, where the value of the pixel data
begins (0 when there are none; its length is in the four bytes before), and how many bytes uncompressed pixel data must
at least hold (0 when the header does not say, or they are encapsulated)."""


Moves: TypeAlias = "tuple[tuple[int, ...], tuple[int, ...]]"
"""How one header differs from a layout: behind each of these places, all elements stand so many bytes further on."""
UNMOVED: Moves = (), ()


class Common:
    """What headers of one layout have in common, as far as it was asked for.

    Parameters
    ----------
    layout : Layout
    varying : collection of int
        Tags of the elements that may say something else in the next header.
    """

    __slots__ = ("layout", "numbers", "places", "raws", "texts", "varying")

    def __init__(self, layout: Layout, varying: Collection[int]) -> None:
        self.layout, self.varying = layout, varying
        self.places = dict(zip(layout.tags, count()))
        self.raws: dict[int, tuple[str, bytes]] = {}
        self.numbers: dict[int, tuple[float, ...] | None] = {}
        self.texts: dict[int, tuple[str, ...] | None] = {}


_Segment: TypeAlias = "tuple[bytes | tuple[()], int, int, Callable[[bytes], Value] | None, bytes, int, int]"
"""A block of constant bytes, then an element that varies: the block, which ends with the length of the element's value,
mostly that of the last file (an empty tuple, which no bytes start with, where it never is); its size; that size with
the value; the values met before, None when nobody asks for them; the block without the length; how the length is
written (`_NARROW` …); the place of the element in the layout."""

_UNCHANGING, _NARROW, _WIDE, _NESTED = range(4)


class Template:
    """The header of one file, cut at the elements that vary.

    Parameters
    ----------
    header : bytes
        From the preamble to the length of the pixel data.
    layout : Layout
    varying : set of int
        Tags that are expected to vary.
    values : list
        Of the columns, for this file.
    memory : Memory
        Of its transfer syntax and character set.
    """

    __slots__ = (
        "changes",
        "end",
        "facts",
        "header",
        "known",
        "layout",
        "length",
        "needed",
        "segments",
        "sizes",
        "tail",
    )

    def __init__(self, header: bytes, layout: Layout, varying: set[int], values: list[Value], memory: Memory) -> None:
        self.header, self.layout = header, layout
        self.known: Common | None = None
        self.length = layout.starts[-1] + 12
        self.segments: list[_Segment] = []
        self.changes: list[tuple[int, int]] = []  # of the last header: which element, by how many bytes it is longer
        columns = []
        cut = 128  # the preamble may hold anything
        for place, tag in enumerate(layout.tags):
            # By the first element of an implicit data set pydicom tells that it is one.
            first = layout.implicit and tag >> 16 > 2 >= layout.tags[place - 1] >> 16
            if tag not in varying or tag in _FIXED or first:
                continue
            value, following = layout.values[place], layout.starts[place + 1]
            width = _NARROW if value - layout.starts[place] == 8 and not (layout.implicit and tag >> 16 > 2) else _WIDE
            delimited = width == _WIDE and _length(header, value - 4)[0] == UNDEFINED
            if delimited or layout.vrs[place] == b"SQ":
                width = _NESTED
            elif tag == _GROUP_LENGTH:
                width = _UNCHANGING
            column = _COLUMNS.get(tag)
            read = None if column is None else memory.values[column].reader()
            expected = () if delimited else header[cut:value]
            block = header[cut : value - (2 if width == _NARROW else 4)]
            self.segments.append((expected, value - cut, following - cut, read, block, width, place))
            if column is not None:
                columns.append(column)
            cut = following
        # Up to the length of the pixel data: the tag, and with an explicit VR that and two reserved bytes.
        self.end = (4 if layout.implicit else 8) if layout.pixels else 0
        self.tail = header[cut : layout.starts[-1] + self.end]
        constants = [None if column in columns else value for column, value in enumerate(values)]
        self.facts = Facts(tuple(constants), tuple(columns))
        self.sizes = [columns.index(column) if column in columns else -1 for column in SIZES]
        self.needed = -1 if max(self.sizes) >= 0 else needed_of(layout.encapsulated, *(values[c] for c in SIZES))

    def match(self, data: bytes, size: int) -> Reading | None:
        """Return what is read of a header like this one; None when it is not.

        Raises
        ------
        Odd
            pydicom has to read this file.
        """
        position, values, matches, changes = 128, [], data.startswith, []
        try:
            for expected, skip, advance, read, block, width, place in self.segments:
                if matches(expected, position):
                    if read is not None:
                        values.append(read(data[position + skip : position + advance]))
                    position += advance
                elif not matches(block, position):
                    return None
                else:
                    start = position + skip
                    if width == _NARROW:
                        position = start + (data[start - 2] | data[start - 1] << 8)
                    else:
                        position = self._after(width, data, start, size)
                        if position < 0:
                            return None
                    changes.append((place, position - start - advance + skip))
                    if read is not None:
                        values.append(read(data[start:position]))
        except (IndexError, error, Short):  # the header goes on beyond the bytes given
            return None
        if not matches(self.tail, position):
            return None
        position += len(self.tail)
        self.changes = changes
        if not self.end:
            return (self.facts, tuple(values), 0, 0) if position == size else None
        needed = self.needed
        if needed < 0:
            constants = self.facts.values
            sizes = [constants[c] if at < 0 else values[at] for c, at in zip(SIZES, self.sizes, strict=True)]
            needed = needed_of(self.layout.encapsulated, *sizes)
        return self.facts, tuple(values), position + 4, needed

    @property
    def common(self) -> Common:
        """What the headers that match have in common."""
        if self.known is None:
            self.known = Common(self.layout, {self.layout.tags[place] for *_, place in self.segments})
        return self.known

    @property
    def moves(self) -> Moves:
        """Where the elements of the header that `match` has taken last stand otherwise than in the layout."""
        changed = [(place, change) for place, change in self.changes if change]
        if not changed:
            return UNMOVED
        places, changes = zip(*changed, strict=True)
        return places, tuple(accumulate(changes))  # the collector does not go through tuples of numbers

    def _after(self, width: int, data: bytes, start: int, size: int) -> int:
        """Return where a value ends whose length in four bytes is not that of the last file; -1 when it may not be."""
        (length,) = _length(data, start - 4)
        if length != UNDEFINED:
            return -1 if width == _UNCHANGING else int(start + length)
        return after_items(data, start, self.layout.implicit, size) if width == _NESTED else -1


def needed_of(
    encapsulated: bool, rows: Value, columns: Value, allocated: Value, samples: Value, frames: Value, colours: Value
) -> int:
    """Return how many bytes uncompressed pixel data take, as `extent.native_length` does; 0 when that is unknown."""
    if encapsulated or not (isinstance(rows, int) and isinstance(columns, int) and isinstance(allocated, int)):
        return 0
    samples = samples if isinstance(samples, int) and samples else 1
    frames = frames if isinstance(frames, int) and frames else 1
    bits = rows * columns * samples * allocated * frames
    if samples == 3 and isinstance(colours, str) and colours.startswith("YBR_FULL_422"):
        bits = bits * 2 // 3
    return max((bits + 7) // 8, 0)


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
            column = _COLUMNS.get(tag)
            if column is None:
                continue
            vr = layout.vrs[place]
            if vr and vr != _VRS[column]:
                raise Odd
            values[column] = self.values[column][data[layout.values[place] : layout.starts[place + 1]]]
        return values
