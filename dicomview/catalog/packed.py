"""Rows as columns: what many glances say, in little memory and in a form that travels between processes.

Text and tuples are coded, each different one kept once; numbers, dates and times are arrays of their own type.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from dicomview.elements import HIDDEN, fits, identifies
from dicomview.files import ATTRIBUTES, STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from dicomview.files import Facts, Glance

__all__ = [
    "NO_INTEGER",
    "POSITION",
    "Coded",
    "Column",
    "Packed",
    "empty",
    "joined",
    "pack",
    "spread",
    "table",
    "taken",
    "veiled",
]

NO_INTEGER = np.iinfo(np.int64).min
"""Stands for a missing whole number, as NaN and NaT do for others."""
POSITION = ("x", "y", "z")
"""The columns of ImagePositionPatient, LPS mm."""

_IDENTIFYING = {one.keyword for one in ATTRIBUTES if identifies(one.tag, one.vr)}
_TEXTS = {one.keyword: one.vr for one in ATTRIBUTES if one.kind == "text" and one.keyword not in _IDENTIFYING}
_POSITION, _UNIQUE = "ImagePositionPatient", "SOPInstanceUID"


class Coded(NamedTuple):
    """A column of which each different value is kept once.

    Attributes
    ----------
    codes : (rows,) unsigned array
        Places in `words`.
    words : list
        The values; the first is None, which stands for a missing one.
    """

    codes: NDArray[Any]
    words: list[Any]


Column: TypeAlias = "Coded | NDArray[Any]"
Packed: TypeAlias = "Mapping[str, Column]"
"""Columns by name, all of one length: ``status detail size mtime_ns pixels``, then those of `ATTRIBUTES`."""


def empty() -> Packed:
    """Return the columns of no rows."""
    return pack([])


def pack(glances: Sequence[Glance]) -> Packed:
    """Return glances as columns, in their order; a value that all of them have stands once (see `spread`)."""
    places: dict[int, int] = {}  # of each Facts
    facts: list[Facts] = []
    groups: list[tuple[list[int], list[tuple[Any, ...]]]] = []
    of_row = np.empty(len(glances), np.intp)
    for row, glance in enumerate(glances):
        place = places.setdefault(id(glance.facts), len(facts))
        if place == len(facts):
            facts.append(glance.facts)
            groups.append(([], []))
        of_row[row] = place
        rows, values = groups[place]
        rows.append(row)
        values.append(glance.values)
    varying: list[list[tuple[list[int], tuple[Any, ...]]]] = [[] for _ in ATTRIBUTES]
    for fact, (rows, values) in zip(facts, groups, strict=True):
        for column, cells in zip(fact.varying, zip(*values, strict=True), strict=True):
            varying[column].append((rows, cells))
    packed: dict[str, Column] = {
        "status": _coded([glance.status for glance in glances]),
        "detail": _coded([glance.detail or None for glance in glances]),
        "size": np.fromiter((glance.size for glance in glances), np.int64, len(glances)),
        "mtime_ns": np.fromiter((glance.mtime_ns for glance in glances), np.int64, len(glances)),
        "pixels": np.fromiter((glance.pixels for glance in glances), np.bool_, len(glances)),
    }
    for column, attribute in enumerate(ATTRIBUTES):
        book: dict[Any, int] = {None: 0}
        constant = np.array([book.setdefault(common[column], len(book)) for common, _ in facts], np.intp)
        alike = not varying[column] and bool(facts) and (constant == constant[0]).all()
        codes = constant[:1] if alike else constant[of_row]
        for rows, cells in varying[column]:
            codes[rows] = [book.setdefault(cell, len(book)) for cell in cells]
        packed |= _typed(attribute.keyword, attribute.kind, codes, list(book))
    return packed


def _coded(values: Sequence[Any]) -> Coded:
    book: dict[Any, int] = {None: 0}
    codes = np.fromiter((book.setdefault(value, len(book)) for value in values), np.intp, len(values))
    return Coded(_small(codes, len(book)), list(book))


def _small(codes: NDArray[Any], words: int) -> NDArray[Any]:
    return codes.astype(np.min_scalar_type(words))


def _typed(keyword: str, kind: str, codes: NDArray[Any], words: list[Any]) -> dict[str, Column]:
    if keyword == _POSITION:
        found = [word if word is not None and len(word) == 3 else (np.nan,) * 3 for word in words]
        across = np.array(found, np.float64)[codes]
        return {name: across[:, axis].copy() for axis, name in enumerate(POSITION)}
    if kind in ("text", "numbers"):
        return {keyword: Coded(_small(codes, len(words)), words)}
    return {keyword: _ARRAYS[kind](words)[codes]}


_ARRAYS: dict[str, Callable[[list[Any]], NDArray[Any]]] = {
    "short": lambda words: _ARRAYS["integer"](words),
    "integer": lambda words: np.array([NO_INTEGER if word is None else word for word in words], np.int64),
    "number": lambda words: np.array([np.nan if word is None else word for word in words], np.float64),
    "date": lambda words: np.array(words, "datetime64[s]"),
    "time": lambda words: np.array(words, "timedelta64[us]"),
}


def taken(packed: Packed, rows: NDArray[np.intp]) -> Packed:
    """Return some rows, in the order given."""
    if np.array_equal(rows, np.arange(len(np.asarray(packed["size"])))):
        return packed  # all of them
    return {
        name: Coded(column.codes[rows], column.words) if isinstance(column, Coded) else column[rows]
        for name, column in packed.items()
    }


def spread(packed: Packed) -> Packed:
    """Return what `pack` gave with a value for each row in every column."""
    count = len(np.asarray(packed["size"]))
    return {name: _spread(column, count) for name, column in packed.items()}


def _spread(column: Column, count: int) -> Column:
    if isinstance(column, Coded):
        return column if len(column.codes) == count else Coded(np.repeat(column.codes, count), column.words)
    return column if len(column) == count else np.repeat(column, count)


def joined(parts: Sequence[Packed]) -> Packed:
    """Return the rows of several, one after the other."""
    if len(parts) == 1:
        return parts[0]
    return {name: _joined([part[name] for part in parts]) for name in parts[0]} if parts else empty()


def _joined(columns: list[Any]) -> Column:
    return _recoded(columns) if isinstance(columns[0], Coded) else np.concatenate(columns)


def _recoded(columns: Sequence[Coded]) -> Coded:
    words = list(dict.fromkeys(chain.from_iterable(column.words for column in columns)))  # each different one once
    place = dict(zip(words, range(len(words)), strict=True)).__getitem__
    codes = [np.fromiter(map(place, column.words), np.intp)[column.codes] for column in columns]
    return Coded(_small(np.concatenate(codes), len(words)), words)


def table(packed: Packed, paths: Sequence[str], *, hide: bool) -> pd.DataFrame:
    """Return the columns as a DataFrame: text as categories, numbers nullable, dates and times of their own types.

    With `hide`, what may tell who the patient is says "(hidden)".
    """
    columns: dict[str, Any] = {"path": np.array(paths, object)}
    kinds = {attribute.keyword: attribute.kind for attribute in ATTRIBUTES}
    for name, column in (veiled(packed) if hide else packed).items():
        if isinstance(column, Coded):
            columns[name] = _words(name, column)
        elif name == "mtime_ns":
            continue  # for the index
        elif kinds.get(name) in ("short", "integer"):
            small = np.uint16 if kinds[name] == "short" else np.int64
            columns[name] = pd.arrays.IntegerArray(column.astype(small), column == NO_INTEGER)
        elif column.dtype == np.float64:
            columns[name] = pd.arrays.FloatingArray(column, np.isnan(column))
        else:
            columns[name] = column
    return pd.DataFrame(columns)


def veiled(packed: Packed) -> Packed:
    """Return the same with "(hidden)" in place of what may tell who the patient is, and of text that is no valid value.

    For where a length is wrong, a word holds what the elements behind it say.
    """
    return {name: _hidden(column) if name in _IDENTIFYING else _valid(name, column) for name, column in packed.items()}


def _valid(name: str, column: Column) -> Column:
    vr = _TEXTS.get(name)
    if vr is None or not isinstance(column, Coded):
        return column
    words = [None, *(word if fits(vr, word) else HIDDEN for word in column.words[1:])]
    return column if words == column.words else _recoded([Coded(column.codes, words)])


def _hidden(column: Column) -> Coded:
    there = column.codes > 0 if isinstance(column, Coded) else ~np.isnat(column)  # text, or the date of birth
    return Coded(there.astype(np.uint8), [None, HIDDEN])


def _words(name: str, column: Coded) -> Any:
    if name == "status":
        order = {word: place for place, word in enumerate(STATUSES)}
        codes = np.array([order.get(word, -1) for word in column.words])[column.codes]
        return pd.Categorical.from_codes(codes, categories=pd.Index(STATUSES))
    words = np.empty(len(column.words), object)
    words[:] = column.words
    if name == "detail":
        words[0] = ""
    if name in (_UNIQUE, "detail"):
        return words[column.codes]
    categories = pd.Index(words[1:], dtype=object, tupleize_cols=False)
    return pd.Categorical.from_codes(column.codes.astype(np.int64) - 1, categories=categories)
