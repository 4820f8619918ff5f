"""Headers that are nearly alike: a series is read by what its files have in common.

The header of the last file is cut at the few elements that vary. Each block between them is compared in one go, and
what it says is known already; only what varies is parsed. Equal bytes from the beginning of an element to the
beginning of another, under the same transfer syntax and character set, parse equally, so this is exact. What misses
is walked through, and learnt from.
"""

from __future__ import annotations

from struct import Struct, error
from typing import TYPE_CHECKING, NamedTuple

from dicomview.files.attributes import ATTRIBUTES, usual, value_of
from dicomview.files.layout import Layout, Odd, Short, after_items, walk

if TYPE_CHECKING:
    from dicomview.files.attributes import Value

__all__ = ["Facts", "Reading", "Templates"]

_COLUMNS = {attribute.tag: column for column, attribute in enumerate(ATTRIBUTES)}
_SYNTAX, _INSTANCE = _COLUMNS[0x00020010], _COLUMNS[0x00080018]
_SIZES = tuple(_COLUMNS[tag] for tag in (0x00280010, 0x00280011, 0x00280100, 0x00280002, 0x00280008, 0x00280004))
"""Rows, Columns, BitsAllocated, SamplesPerPixel, NumberOfFrames, PhotometricInterpretation."""
_STRICT = {_SYNTAX, *_SIZES}
"""Of these nothing unusual is taken: the length of the pixel data is checked by them."""

# Expected to vary within a series before anything is known of it: UIDs, times, number and place of the instance.
_VARYING = {0x00020000, 0x00020003, 0x00080013, 0x00080018, 0x00080032, 0x00080033}
_VARYING |= {0x00200013, 0x00200032, 0x00201041}
# Never taken as varying: what follows is read by them. (The class in the meta information tells a DICOMDIR.)
_FIXED = {0x00020002, 0x00020010, 0x00080005}
_GROUP_LENGTH = 0x00020000

_LONGEST_VALUE = 4096
_MEMORY = 1 << 15  # values remembered a column
_SERIES = 1024  # whose templates are kept
_SHAPES = 4  # that are tried for a new series
_SERIES_UID = b"\x20\x00\x0e\x00"

_length = Struct("<L").unpack_from
_UNDEFINED = 0xFFFFFFFF


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


class Reading(NamedTuple):
    """What was read of one header.

    Attributes
    ----------
    facts : Facts
    values : tuple
        One for each of ``facts.varying``.
    pixels : int, bytes
        Where the value of the pixel data begins; 0 when the file has none. Its length is in the four bytes before.
    needed : int, bytes
        What uncompressed pixel data must at least hold; 0 when the header does not say, or they are encapsulated.
    """

    facts: Facts
    values: tuple[Value, ...]
    pixels: int
    needed: int


_NOTHING_IN_COMMON = Facts((None,) * len(ATTRIBUTES), tuple(range(len(ATTRIBUTES))))


class _Segment(NamedTuple):
    """A block of constant bytes, then an element that varies."""

    block: bytes
    length: int  # of the block
    kind: int  # _NARROW, _WIDE, _NESTED or, above those, how long the value always is
    column: int  # -1 when nobody asks for the value
    known: dict[bytes, Value]  # values met before


_NARROW, _WIDE, _NESTED = 0, 1, 2


class _Template:
    """The header of one file, cut at the elements that vary."""

    __slots__ = ("end", "facts", "header", "layout", "length", "memory", "needed", "segments", "sizes", "tail")

    def __init__(self, header: bytes, layout: Layout, varying: set[int], values: list[Value], memory: _Memory) -> None:
        self.header, self.layout, self.memory = header, layout, memory
        self.length = layout.starts[-1] + 12
        self.segments: list[_Segment] = []
        columns = []
        cut = 128  # the preamble may hold anything
        for place, tag in enumerate(layout.tags):
            if (
                tag not in varying
                or tag in _FIXED
                or (layout.implicit and tag >> 16 > 2 >= layout.tags[place - 1] >> 16)
            ):
                continue
            vr, value = layout.vrs[place], layout.values[place]
            if tag == _GROUP_LENGTH:
                kind, stop = 4, value
            elif vr and value - layout.starts[place] == 8:
                kind, stop = _NARROW, value - 2
            else:
                nested = header[value - 4 : value] == b"\xff\xff\xff\xff"
                kind, stop = _NESTED if nested or vr == b"SQ" else _WIDE, value - 4
            column = _COLUMNS.get(tag, -1)
            known = memory.values[column] if column >= 0 else {}
            self.segments.append(_Segment(header[cut:stop], stop - cut, kind, column, known))
            if column >= 0:
                columns.append(column)
            cut = layout.starts[place + 1]
        # Up to the length of the pixel data: the tag, and with an explicit VR that and two reserved bytes.
        stop = layout.starts[-1]
        self.end = (4 if layout.implicit else 8) if layout.pixels else 0
        self.tail = header[cut : stop + self.end]
        constants = list(values)
        for column in columns:
            constants[column] = None
        self.facts = Facts(tuple(constants), tuple(columns))
        self.sizes = [columns.index(column) if column in columns else -1 for column in _SIZES]
        self.needed = -1 if max(self.sizes) >= 0 else _needed(layout.encapsulated, *(values[c] for c in _SIZES))

    def match(self, data: bytes, size: int) -> Reading | None:
        """Return what is read of a header like this one; None when it is not."""
        position, values, column = 128, [], 0
        starts_with, learn = data.startswith, self.memory.learn
        try:
            for block, length, kind, column, known in self.segments:
                if not starts_with(block, position):
                    return None
                position += length
                if kind == _NARROW:
                    start = position + 2
                    position = start + (data[position] | data[position + 1] << 8)
                elif kind <= _NESTED:
                    (length,) = _length(data, position)
                    start = position + 4
                    if length != _UNDEFINED:
                        position = start + length
                    elif kind == _NESTED:
                        position = after_items(data, start, self.layout.implicit, size)
                    else:
                        return None
                else:
                    start, position = position, position + kind
                if column >= 0:
                    raw = data[start:position]
                    values.append(known[raw] if raw in known else learn(column, raw))
        except (IndexError, error, Short):  # the header goes on beyond the bytes given
            return None
        if not starts_with(self.tail, position):
            return None
        position += len(self.tail)
        if not self.end:
            return Reading(self.facts, tuple(values), 0, 0) if position == size else None
        needed = self.needed
        if needed < 0:
            constants = self.facts.values
            needed = _needed(
                self.layout.encapsulated,
                *(constants[c] if at < 0 else values[at] for c, at in zip(_SIZES, self.sizes, strict=True)),
            )
        return Reading(self.facts, tuple(values), position + 4, needed)


def _needed(
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


class _Memory:
    """What bytes meant before, for one way of writing: a column each."""

    __slots__ = ("charset", "implicit", "usual", "values")

    def __init__(self, implicit: bool, charset: bytes) -> None:
        self.implicit, self.charset = implicit, charset
        self.values: list[dict[bytes, Value]] = [{b"": None} for _ in ATTRIBUTES]
        self.usual = [usual(attribute) for attribute in ATTRIBUTES]

    def learn(self, column: int, raw: bytes) -> Value:
        """Return the value of bytes that were not met before, and remember it where it may come again.

        Raises
        ------
        Odd
            It is too long, or one by which the pixel data are judged, and unusual.
        """
        value = self.usual[column](raw) if len(raw) <= _LONGEST_VALUE else None
        if column == _INSTANCE and value is not None:
            return value
        if value is None:
            if column in _STRICT or len(raw) > _LONGEST_VALUE:
                raise Odd
            value = value_of(ATTRIBUTES[column], raw, implicit=self.implicit, charset=self.charset)
        known = self.values[column]
        if len(known) >= _MEMORY:
            known.clear()
            known[b""] = None
        known[raw] = value
        return value

    def all(self, data: bytes, layout: Layout) -> list[Value]:
        """Return the values of every column.

        Raises
        ------
        Odd
            An element has another VR than the dictionary says.
        """
        values: list[Value] = [None] * len(ATTRIBUTES)
        for place, tag in enumerate(layout.tags):
            column = _COLUMNS.get(tag, -1)
            if column < 0:
                continue
            attribute, known = ATTRIBUTES[column], self.values[column]
            vr = layout.vrs[place]
            if vr and vr != attribute.vr.encode():
                raise Odd
            raw = data[layout.values[place] : layout.starts[place + 1]]
            values[column] = known[raw] if raw in known else self.learn(column, raw)
        return values


class _Shape:
    """Headers with the same elements in the same order, whatever they say."""

    __slots__ = ("across", "series", "template", "within")

    def __init__(self) -> None:
        self.within = set(_VARYING)  # tags that vary from file to file of a series
        self.across = set(_VARYING)  # … from series to series
        self.template: _Template | None = None
        self.series: _Series | None = None  # that of the template


class _Series:
    """What is known of the files of one series."""

    __slots__ = ("hits", "misses", "templates")

    def __init__(self) -> None:
        self.templates: dict[int, _Template] = {}  # by shape
        self.hits = self.misses = 0


class Templates:
    """Reads headers and remembers what they have in common; one for each thread or process."""

    def __init__(self) -> None:
        self._memories: dict[tuple[bool, bytes], _Memory] = {}
        self._series: dict[bytes, _Series] = {}
        self._shapes: dict[tuple[tuple[int, ...], tuple[bytes, ...]], _Shape] = {}
        self._recent: list[_Shape] = []

    def read(self, data: bytes, size: int) -> Reading:
        """Return what the header at the beginning of a file says.

        Parameters
        ----------
        data : bytes
            The first bytes of the file.
        size : int, bytes
            Of the whole file.

        Raises
        ------
        Short
            `data` ends before the header does.
        Odd
            pydicom has to read this file.
        """
        series = self._series_of(data)
        for template in series.templates.values():
            if len(data) < template.length and len(data) < size:
                raise Short(template.length + 512)
            found = template.match(data, size)
            if found is not None:
                series.hits += 1
                return found
        if not series.templates and series.misses < 2:
            for shape in self._recent:
                found = shape.template.match(data, size) if shape.template is not None else None
                if found is not None:
                    series.misses += 1
                    return found
        return self._learn(series, data, size)

    def _series_of(self, data: bytes) -> _Series:
        """Return the series of a file by where its SeriesInstanceUID seems to be: a hint, nothing more."""
        at = data.find(_SERIES_UID, 132)
        key = data[at + 8 : at + 8 + (data[at + 6] or data[at + 4])] if 0 < at < len(data) - 8 else b""
        series = self._series.get(key)
        if series is None:
            if len(self._series) >= _SERIES:
                for old in list(self._series)[: _SERIES // 2]:
                    del self._series[old]
            series = self._series[key] = _Series()
        return series

    def _memory(self, layout: Layout) -> _Memory:
        key = layout.implicit, layout.charset
        memory = self._memories.get(key)
        if memory is None:
            memory = self._memories[key] = _Memory(*key)
        return memory

    def _learn(self, series: _Series, data: bytes, size: int) -> Reading:
        layout = walk(data, size)
        memory = self._memory(layout)
        values = memory.all(data, layout)
        series.misses += 1
        if series.misses < 32 + series.hits:  # else its headers have little in common
            self._keep(series, data, layout, values, memory)
        position = layout.starts[-1] + (8 if layout.implicit else 12) if layout.pixels else 0
        needed = _needed(layout.encapsulated, *(values[column] for column in _SIZES))
        return Reading(_NOTHING_IN_COMMON, tuple(values), position, needed)

    def _keep(self, series: _Series, data: bytes, layout: Layout, values: list[Value], memory: _Memory) -> None:
        header = data[: layout.starts[-1] + 12]
        key = tuple(layout.tags), tuple(layout.vrs)
        shape = self._shapes.get(key)
        if shape is None:
            if len(self._shapes) >= _SERIES:
                self._shapes.clear()
            shape = self._shapes[key] = _Shape()
        previous = series.templates.get(id(shape))
        if previous is not None:
            shape.within |= _differing(previous, header, layout)
        elif shape.template is not None:
            differing = _differing(shape.template, header, layout)
            if shape.series is series:
                shape.within |= differing
            shape.across |= differing | shape.within
        if previous is None:
            shape.template, shape.series = _Template(header, layout, shape.across, values, memory), series
            self._recent = [shape, *(one for one in self._recent if one is not shape)][:_SHAPES]
        if series.misses > 1:  # most series have more than one file, but for one alone this would be in vain
            # The last one first: files of one kind follow each other.
            others = {one: template for one, template in series.templates.items() if one != id(shape)}
            series.templates = {id(shape): _Template(header, layout, shape.within, values, memory), **others}
            if len(series.templates) > _SHAPES:
                series.templates.popitem()


def _differing(template: _Template, header: bytes, layout: Layout) -> set[int]:
    """Return the tags whose elements differ from those of a header of the same shape."""
    other, theirs = template.header, template.layout.starts
    ours = layout.starts
    return {
        tag
        for place, tag in enumerate(layout.tags)
        if header[ours[place] : ours[place + 1]] != other[theirs[place] : theirs[place + 1]]
    }
