"""Every data element of a data set as a row, at any depth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicomview.elements.entries import entry_of
from dicomview.elements.identity import HIDDEN, tells
from dicomview.elements.stored import Level
from dicomview.elements.types import raw_text, typed
from dicomview.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from pydicom.dataset import Dataset
    from pydicom.tag import BaseTag

    from dicomview.elements.stored import Stored

__all__ = ["COLUMNS", "Row", "row_of", "rows_of"]

COLUMNS = (
    "path", "tag", "keyword", "name", "creator", "vr", "vm", "value", "meaning", "raw", "length", "problem"
)  # fmt: skip

Row = tuple[Any, ...]

_MOST_SEQUENCES, _LONGEST_SEQUENCE = 16, 1 << 20
_sequences: dict[Hashable, list[Row]] = {}  # the rows of those that were taken apart last
_DEEPEST = 100  # real objects nest some ten sequences; a hostile one would nest until its paths fill the memory


def rows_of(dataset: Dataset, *, hide: bool = False) -> list[Row]:
    """Return one row for each element, those of sequence items after their sequence.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Read, neither written nor converted.
    hide : bool
        Put "(hidden)" where an element may tell who the patient is, and everywhere below such a sequence; also where
        text does not fit its VR, for then it may be anything.

    Returns
    -------
    list of tuple
        With `COLUMNS`: path ("BeamSequence[0].BeamName"), tag ("(300A,00C2)"), keyword and name of the dictionary,
        creator of a private element, VR, number of values, typed value, its meaning (the name of a registered UID, the
        keyword of a tag), the text as stored, its length in bytes, what is wrong. None where there is nothing to say.
        The value of an element whose VR or VM it does not fit is None, and its raw text stands beside it.
    """
    with quiet():
        return list(_rows(Level(dataset), "", hide, False))


def row_of(stored: Stored, path: str, *, hidden: bool = False) -> Row:
    """Return the row of one element; `hidden` puts "(hidden)" in place of what it says."""
    entry = entry_of(stored.tag, stored.creator)
    value, meaning, problem, count = typed(stored)
    raw, length = raw_text(stored), stored.length
    if hidden and (value is not None or raw is not None):
        value, raw, meaning, problem, length = HIDDEN, HIDDEN, "", "", None
    texts = (entry.keyword or None, entry.name or None, stored.creator or None)
    return (path, entry.address, *texts, stored.vr, count, value, meaning or None, raw, length, problem or None)


def _rows(level: Level, before: str, hide: bool, hidden: bool) -> Iterator[Row]:
    for tag in level.tags:
        said = level.unparsed(tag) if level.above is None else None
        if said is None or said[0] > _LONGEST_SEQUENCE:
            yield from _rows_below(level, tag, before, hide, hidden)
            continue
        # Most slices of a series have the same sequences, and taking them apart is what takes long.
        key = tag, before, hide, hidden, *said
        rows = _sequences.get(key)
        if rows is None:
            rows = list(_rows_below(level, tag, before, hide, hidden))
            while len(_sequences) >= _MOST_SEQUENCES:
                _sequences.pop(next(iter(_sequences)), None)
            _sequences[key] = rows
        yield from rows


def _rows_below(level: Level, tag: BaseTag, before: str, hide: bool, hidden: bool) -> Iterator[Row]:
    """Yield the row of an element, and those of its items."""
    stored = level.get(tag)
    assert stored is not None
    path = before + entry_of(stored.tag).step
    # Of a sequence whose items cannot be told apart nobody knows what it says.
    damaged = stored.vr == "SQ" and isinstance(stored.content, bytes)
    covered = hidden or (hide and (damaged or tells(stored)))
    items = stored.content if stored.vr == "SQ" and isinstance(stored.content, tuple) else ()
    if items and path.count("[") >= _DEEPEST:
        stored, items = stored._replace(problem=f"nested {_DEEPEST} deep; what is below is not listed"), ()
    yield row_of(stored, path, hidden=covered)
    for place, item in enumerate(items):
        yield from _rows(item, f"{path}[{place}].", hide, covered)
