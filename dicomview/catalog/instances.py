"""What a row of a table is about: an instance or one frame of it, and the elements that hold for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pydicom.dataset import Dataset

from dicomview.catalog.keys import FRAME, key_of
from dicomview.elements import COLUMNS, HIDDEN, Level, entry_of, rows_of
from dicomview.errors import NothingFound
from dicomview.files import broken_sequence, elements_behind, read_headers
from dicomview.pixels import FrameTags
from dicomview.space import Series, Slice, Stack
from dicomview.unread import outline_of

if TYPE_CHECKING:
    from dicomview.catalog.keys import Key
    from dicomview.elements import Row, Stored
    from dicomview.files import Header, PixelSpan

__all__ = ["Instance", "instances_in", "of_frame", "rows_in", "stored_in"]

_SYNTAX, _PIXEL_DATA = 0x00020010, 0x7FE00010
_VALUE = COLUMNS.index("value")
_PROBLEM = COLUMNS.index("problem")  # the last
_PER_FRAME = "PerFrameFunctionalGroupsSequence"


class Instance(NamedTuple):
    """What a row is of: an instance, or one frame of it."""

    tags: FrameTags
    source: Header | None = None

    @property
    def pixels(self) -> PixelSpan | None:
        """Where the pixel data are that its data set leaves out."""
        return None if self.source is None else self.source.pixels

    @property
    def dataset(self) -> Dataset:
        """The data set it is, or is in."""
        return self.tags.dataset


def instances_in(source: Any) -> list[Instance]:
    """Return the instances, of a stack the slices, that a table of `source` is about.

    Raises
    ------
    NothingFound
        There is no header that can be read.
    """
    if isinstance(source, Slice):
        return [Instance(source.tags, source.source)]
    headers = None
    if isinstance(source, Series):
        headers, source = source.headers, source.stack if source.stacks else None
    if isinstance(source, Stack):
        return [Instance(one.tags, one.source) for one in source.slices]
    if isinstance(source, Dataset):
        return [Instance(FrameTags(source))]
    found = [
        Instance(FrameTags(header.dataset), header)
        for header in (read_headers(source) if headers is None else headers)
        if header.dataset is not None
    ]
    if not found:
        raise NothingFound("none of the files has a header that can be read; there are no tags to show")
    return found


def rows_in(instance: Instance, hide: bool) -> list[Row]:
    """Return one row for each element, as `dicomview.elements.rows_of`.

    Of a file also those of the file meta information, in front, the pixel data, and what stands behind them; where it
    ends too early, the last row says so.
    """
    rows, span = rows_of(instance.dataset, hide=hide), instance.pixels
    if instance.source is None or instance.source.location.dataset is not None:
        meta, behind = None, None
    else:
        meta, behind = getattr(instance.dataset, "file_meta", None), elements_behind(instance.source)
    if meta is not None:
        # Where a file names no transfer syntax, its header has the one its bytes are written in.
        named = getattr(meta.get_item(_SYNTAX), "file_tell", 0) is not None
        rows = [*(row for row in rows_of(meta, hide=hide) if named or row[0] != "TransferSyntaxUID"), *rows]
    if span is not None and span.keyword not in instance.dataset:
        # The pixel data stay in the file, and are an element of it all the same.
        key = key_of(span.keyword)
        entry, length = entry_of(key.tag), None if span.length == 0xFFFFFFFF else span.length
        told = "encapsulated pixel data" if length is None else f"{length:,} bytes of pixel data"
        names = (entry.keyword, entry.address, entry.keyword, entry.name, None)
        rows.append((*names, span.vr, 1, told, None, None, length, None))
    rows = rows if behind is None else [*rows, *rows_of(behind, hide=hide)]
    if rows and instance.source is not None and instance.source.status == "truncated":
        broken = broken_sequence(instance.source)
        if broken is not None:
            rows = [*rows, *rows_of(broken, hide=hide)]
        *rows, last = rows
        if broken is not None and last[_VALUE] != HIDDEN:
            last = (*last[:_VALUE], None, *last[_VALUE + 1 :])  # it may be half a value
        # Behind the last there would be more.
        rows.append((*last[:_PROBLEM], "; ".join(filter(None, (last[_PROBLEM], instance.source.detail)))))
    return rows


def of_frame(rows: list[Row], instance: Instance) -> list[Row]:
    """Return the rows that hold for a frame, under a path that is the same for all frames."""
    if not instance.tags.multiframe:
        return rows
    own = f"{_PER_FRAME}[{instance.tags.frame}]"
    return [
        (f"{_PER_FRAME}[frame]{row[0].removeprefix(own)}", *row[1:]) if row[0].startswith(own + ".") else row
        for row in rows
        if row[0].startswith(own + ".") or not row[0].startswith(f"{_PER_FRAME}[")
    ]


def stored_in(instance: Instance, level: Level, key: Key) -> Stored | None:
    """Return the element of this instance or frame: in the functional groups, the data set, or along the path."""
    first, _ = key.steps[0]
    if len(key.steps) == 1 and first <= _PIXEL_DATA and level.unread:
        return level.get(first)  # it has no functional groups, and those of the file meta information as well
    if first >> 16 == 2 and outline_of(instance.dataset) is None:
        meta = getattr(instance.dataset, "file_meta", None)
        return None if meta is None else Level(meta).get(first)
    if first > _PIXEL_DATA and instance.source is not None:
        behind = elements_behind(instance.source)
        return None if behind is None else Level(behind).get(first)
    if len(key.steps) == 1:
        element = instance.tags.in_groups(first)
        return level.get(first) if element is None else level.of(element)
    for tag, place in key.steps[:-1]:
        outer = level.get(tag)
        items = outer.content if outer is not None and outer.vr == "SQ" and isinstance(outer.content, tuple) else ()
        place = instance.tags.frame if place == FRAME else place
        if place is None or place >= len(items):
            return None
        level = items[place]
    return level.get(key.tag)
