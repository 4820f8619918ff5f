"""Headers that are nearly alike: a series is read by what its files have in common.

Kept is, for each series, the header of the last file as a `Template`. What misses it is tried against the headers of
the same shape met last, and else walked through and learnt from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomview.files.attributes import ATTRIBUTES
from dicomview.files.layout import Layout, Short, walk
from dicomview.files.memory import SIZES, Memory
from dicomview.files.template import UNMOVED, Common, Facts, Template, needed_of

if TYPE_CHECKING:
    from dicomview.files.attributes import Value
    from dicomview.files.template import Moves, Reading

__all__ = ["Templates"]

# Expected to vary within a series before anything is known of it: UIDs, times, number and place of the instance.
_VARYING = {0x00020003, 0x00080013, 0x00080018, 0x00080032, 0x00080033}
_VARYING |= {0x00200013, 0x00200032, 0x00201041}

_SERIES = 1024  # whose templates are kept
_SHAPES = 4  # that are tried for a new series
_SERIES_UID = b"\x20\x00\x0e\x00"
_NEAR = 64  # bytes around the last place that are searched first

_NOTHING_IN_COMMON = Facts((None,) * len(ATTRIBUTES), tuple(range(len(ATTRIBUTES))))


class _Shape:
    """Headers with the same elements in the same order, whatever they say."""

    __slots__ = ("across", "series", "template", "within")

    def __init__(self) -> None:
        self.within = set(_VARYING)  # tags that vary from file to file of a series
        self.across = set(_VARYING)  # … from series to series
        self.template: Template | None = None
        self.series: _Series | None = None  # that of the template

    def covers(self, series: _Series, differing: set[int]) -> bool:
        """Take note of tags that were seen to vary; False when that is news for the template."""
        if self.series is series:
            self.within |= differing
        known = len(self.across)
        self.across |= differing | self.within
        return len(self.across) == known


class _Series:
    """What is known of the files of one series."""

    __slots__ = ("hits", "misses", "templates")

    def __init__(self) -> None:
        self.templates: dict[_Shape, Template] = {}
        self.hits = self.misses = 0


class Templates:
    """Reads headers and remembers what they have in common; one for each thread or process."""

    def __init__(self) -> None:
        self._memories: dict[tuple[bool, bytes], Memory] = {}
        self._series: dict[bytes, _Series] = {}
        self._shapes: dict[tuple[tuple[int, ...], tuple[bytes, ...]], _Shape] = {}
        self._recent: list[_Shape] = []
        self._near = 132
        self._previous = _Series()  # of the last file
        self._last: Template | None = None  # what the last files have matched, one after the other
        self._read: Template | Layout | None = None  # by what the last file was read

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
        last = self._last
        if last is not None:  # files of one series mostly follow each other
            found = last.match(data, size)
            if found is not None:
                self._previous.hits += 1
                self._read = last
                return found
            self._last = None
        series = self._series_of(data)
        for template in series.templates.values():
            found = _tried(template, data, size)
            if found is not None:
                series.hits += 1
                self._last = template if series is self._previous else None
                self._previous, self._read = series, template
                return found
        if not series.templates:
            for shape in self._recent:
                found = shape.template.match(data, size) if shape.template is not None else None
                if found is not None:
                    series.misses += 1
                    self._read = shape.template
                    if series.misses > 1:  # for the only file of a series this would be in vain
                        self._derive(series, shape, data, found)
                    return found
        return self._learn(series, data, size)

    @property
    def layout(self) -> tuple[Common, Moves]:
        """Where the elements of the header are that was read last, by a layout that others may share."""
        read = self._read
        assert read is not None
        return (Common(read, read.tags), UNMOVED) if isinstance(read, Layout) else (read.common, read.moves)

    def _series_of(self, data: bytes) -> _Series:
        """Return the series of a file by where its SeriesInstanceUID seems to be: a hint, nothing more."""
        at = data.find(_SERIES_UID, self._near, self._near + 2 * _NEAR)
        if at < 0:
            at = data.find(_SERIES_UID, 132)
        self._near = max(at - _NEAR, 132)
        key = data[at + 8 : at + 8 + (data[at + 6] or data[at + 4])] if 0 < at < len(data) - 8 else b""
        series = self._series.get(key)
        if series is None:
            if len(self._series) >= _SERIES:
                for old in list(self._series)[: _SERIES // 2]:
                    del self._series[old]
            series = self._series[key] = _Series()
        return series

    def _memory(self, layout: Layout) -> Memory:
        key = layout.implicit, layout.charset
        memory = self._memories.get(key)
        if memory is None:
            memory = self._memories[key] = Memory(*key)
        return memory

    def _learn(self, series: _Series, data: bytes, size: int) -> Reading:
        layout = self._read = walk(data, size)
        memory = self._memory(layout)
        values = memory.all(data, layout)
        series.misses += 1
        if series.misses < 32 + series.hits:  # else its headers have little in common
            self._keep(series, data, layout, values, memory)
        position = layout.starts[-1] + (8 if layout.implicit else 12) if layout.pixels else 0
        needed = needed_of(layout.encapsulated, *(values[column] for column in SIZES))
        return _NOTHING_IN_COMMON, tuple(values), position, needed

    def _derive(self, series: _Series, shape: _Shape, data: bytes, found: Reading) -> None:
        """Keep for a series what its file has shown that the shape's template has just read."""
        assert shape.template is not None
        facts, varying, _, _ = found
        values = list(facts.values)
        for column, value in zip(facts.varying, varying, strict=True):
            values[column] = value
        layout = shape.template.layout.moved(shape.template.changes)
        header = data[: layout.starts[-1] + 12]
        series.templates = {shape: Template(header, layout, shape.within, values, self._memory(layout))}

    def _keep(self, series: _Series, data: bytes, layout: Layout, values: list[Value], memory: Memory) -> None:
        header = data[: layout.starts[-1] + 12]
        key = tuple(layout.tags), tuple(layout.vrs)
        shape = self._shapes.get(key)
        if shape is None:
            if len(self._shapes) >= _SERIES:
                self._shapes.clear()
            shape = self._shapes[key] = _Shape()
        previous = series.templates.get(shape)
        if previous is not None:
            shape.within |= _differing(previous, header, layout)
        elif shape.template is None or not shape.covers(series, _differing(shape.template, header, layout)):
            shape.template, shape.series = Template(header, layout, shape.across, values, memory), series
            self._recent = [shape, *(one for one in self._recent if one is not shape)][:_SHAPES]
        if series.misses > 1:
            # The last one first: files of one kind follow each other.
            others = {one: template for one, template in series.templates.items() if one is not shape}
            series.templates = {shape: Template(header, layout, shape.within, values, memory), **others}
            if len(series.templates) > _SHAPES:
                series.templates.popitem()


def _tried(template: Template, data: bytes, size: int) -> Reading | None:
    """Return what a template reads; more bytes are asked for at once where its own file had a longer header."""
    if len(data) < template.length and len(data) < size:
        raise Short(template.length + 512)
    return template.match(data, size)


def _differing(template: Template, header: bytes, layout: Layout) -> set[int]:
    """Return the tags whose elements differ from those of a header of the same shape."""
    other, theirs = template.header, template.layout.starts
    ours = layout.starts
    return {
        tag
        for place, tag in enumerate(layout.tags)
        if header[ours[place] : ours[place + 1]] != other[theirs[place] : theirs[place + 1]]
    }
