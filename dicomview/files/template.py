"""One header as a template: cut at the few elements that vary.

Each block between them is compared in one go, and what it says is known already; only what varies is parsed. Equal
bytes from the beginning of an element to the beginning of another, under the same transfer syntax and character set,
parse equally, so this is exact.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate, count
from struct import Struct, error
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from dicomview.files.extent import UNDEFINED
from dicomview.files.layout import ITEM, Layout, Short, after_items
from dicomview.files.memory import COLUMNS, SIZES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from dicomview.files.attributes import Value
    from dicomview.files.memory import Memory

__all__ = ["UNMOVED", "Common", "Facts", "Moves", "Reading", "Template", "needed_of"]

# Never taken as varying: what follows is read by them. (The class in the meta information tells a DICOMDIR.)
_FIXED = {0x00020002, 0x00020010, 0x00080005}
_GROUP_LENGTH = 0x00020000

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
"""A block of constant bytes, then an element that varies: the block, which ends with the length of the element's value
in the last header (an empty tuple, which no bytes start with, where that is not said); its size; that size with the
value; what reads the value, None when nobody asks for it; the block without the length; how the length is written
(`_NARROW` …); which segment it is."""

_DELIMITED = UNDEFINED.to_bytes(4, "little")
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
        "end",
        "facts",
        "header",
        "known",
        "layout",
        "length",
        "needed",
        "places",
        "segments",
        "sizes",
        "tail",
    )

    def __init__(self, header: bytes, layout: Layout, varying: set[int], values: list[Value], memory: Memory) -> None:
        self.header, self.layout = header, layout
        self.known: Common | None = None
        self.length = layout.starts[-1] + 12
        self.segments: list[_Segment] = []  # of the last header
        self.places: list[int] = []  # of their elements in the layout
        columns = []
        cut = 128  # the preamble may hold anything
        for tag in sorted(varying - _FIXED):
            place = bisect_left(layout.tags, tag)
            if layout.tags[place : place + 1] != [tag]:
                continue
            if layout.implicit and tag >> 16 > 2 >= layout.tags[place - 1] >> 16:
                continue  # by the first element of an implicit data set pydicom tells that it is one
            value, following = layout.values[place], layout.starts[place + 1]
            width = _NARROW if value - layout.starts[place] == 8 and not (layout.implicit and tag >> 16 > 2) else _WIDE
            delimited = width == _WIDE and _length(header, value - 4)[0] == UNDEFINED
            if delimited or layout.vrs[place] == b"SQ":
                width = _NESTED
            elif tag == _GROUP_LENGTH:
                width = _UNCHANGING
            column = COLUMNS.get(tag)
            read = None if column is None else memory.values[column].reader()
            expected = () if delimited else header[cut:value]
            block = header[cut : value - (2 if width == _NARROW else 4)]
            self.segments.append((expected, value - cut, following - cut, read, block, width, len(self.places)))
            self.places.append(place)
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
        position, values, matches, segments = 128, [], data.startswith, self.segments
        try:
            for expected, skip, advance, read, block, width, which in segments:
                start = position + skip
                if data[position:start] == expected:
                    position += advance
                    if read is not None:
                        values.append(read(data[start:position]))
                elif not matches(block, position):
                    return None
                else:
                    if width == _NARROW:
                        end = start + (data[start - 2] | data[start - 1] << 8)
                    else:
                        end = self._after(width, data, start, size)
                        if end < 0:
                            return None
                    expected = () if data[start - 4 : start] == _DELIMITED else data[position:start]
                    segments[which] = expected, skip, end - position, read, block, width, which
                    if read is not None:
                        values.append(read(data[start:end]))
                    position = end
        except (IndexError, error, Short):  # the header goes on beyond the bytes given
            return None
        if not matches(self.tail, position):
            return None
        position += len(self.tail)
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
            self.known = Common(self.layout, {self.layout.tags[place] for place in self.places})
        return self.known

    @property
    def changes(self) -> Iterator[tuple[int, int]]:
        """What `Layout.moved` takes to give the layout of the header that `match` has taken last."""
        starts, values = self.layout.starts, self.layout.values
        for place, (_, skip, advance, *_) in zip(self.places, self.segments, strict=True):
            longer = advance - skip - (starts[place + 1] - values[place])
            if longer:
                yield place, longer

    @property
    def moves(self) -> Moves:
        """Where the elements of the header that `match` has taken last stand otherwise than in the layout."""
        changed = list(self.changes)
        if not changed:
            return UNMOVED
        places, changes = zip(*changed, strict=True)
        return places, tuple(accumulate(changes))  # the collector does not go through tuples of numbers

    def _after(self, width: int, data: bytes, start: int, size: int) -> int:
        """Return where a value ends whose length in four bytes is not that of the last file; -1 when it may not be."""
        (length,) = _length(data, start - 4)
        if length != UNDEFINED:
            return -1 if width == _UNCHANGING else int(start + length)
        implicit = self.layout.implicit
        # Without a VR an empty sequence is none to pydicom where its tag says nothing: the walk knows.
        if width != _NESTED or (implicit and data[start : start + 4] != ITEM):
            return -1
        return after_items(data, start, implicit, size)


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
