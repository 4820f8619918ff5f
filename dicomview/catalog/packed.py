"""Rows as columns: what many glances say, in little memory and in a form that travels between processes.

Text and tuples are coded, each different one kept once; numbers, dates and times are arrays of their own type.
"""

from __future__ import annotations

from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from dicomview.elements import HIDDEN, fits, identifies
from dicomview.files import ATTRIBUTES, STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from dicomview.files import Glance
    from dicomview.files.attributes import Attribute

__all__ = [
    "NO_INTEGER",
    "POSITION",
    "Coded",
    "Column",
    "Packed",
    "empty",
    "joined",
    "pack",
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
    """Return glances as columns, in their order; a value that all of them have stands once, see `joined`."""
    statuses, details, sizes, times, facts, values, pixels = zip(*glances, strict=True) if glances else ((),) * 7
    known = {id(fact): fact for fact in facts}
    place = dict(zip(known, range(len(known)), strict=True))
    of_row = np.fromiter(map(place.__getitem__, map(id, facts)), np.intp, len(facts))
    order = np.argsort(of_row, kind="stable")  # rows with the same facts together
    of_order, rows = of_row[order], order.tolist()
    varies = np.zeros((len(ATTRIBUTES), len(known)), np.bool_)
    cells: list[list[Any]] = [[] for _ in ATTRIBUTES]  # of the rows in which a column varies, in that order
    end = 0
    for number, (fact, count) in enumerate(zip(known.values(), np.bincount(of_row).tolist(), strict=True)):
        start, end = end, end + count
        varies[list(fact.varying), number] = True
        for column, more in zip(fact.varying, zip(*[values[row] for row in rows[start:end]], strict=True), strict=True):
            cells[column] += more
    packed: dict[str, Column] = {
        "status": _coded(statuses),
        "detail": _coded([detail or None for detail in details]),
        "size": np.array(sizes, np.int64),  # for all rows, which tells how many there are
        "mtime_ns": _once(np.array(times, np.int64)),
        "pixels": _once(np.array(pixels, np.bool_)),
    }
    constants = zip(*[common for common, _ in known.values()], strict=True) if known else ((),) * len(ATTRIBUTES)
    for attribute, common, where, told in zip(ATTRIBUTES, constants, varies, cells, strict=True):
        packed |= _column(attribute, common, of_row, order[where[of_order]], told)
    return packed


def _column(
    attribute: Attribute, common: Sequence[Any], of_row: NDArray[np.intp], rows: NDArray[np.intp], told: list[Any]
) -> dict[str, Column]:
    """Return the column of an attribute: for each row what it has in common with others, or in `rows` what it tells."""
    name, kind = attribute.keyword, attribute.kind
    if common and not told and all(word == common[0] for word in common[1:]):
        common, of_row = common[:1], _ONE
    if name == _POSITION or kind in _MANIFOLD:
        read = _points if name == _POSITION else _ARRAYS[kind]
        column = read(common)[of_row]
        if told:
            column[rows] = read(told)
        return {name: _once(column)} if name != _POSITION else dict(zip(POSITION, map(_once, column.T), strict=True))
    book: dict[Any, int] = {None: 0}
    codes = np.array([book.setdefault(word, len(book)) for word in common], np.intp)[of_row]
    if told:
        codes[rows] = [book.setdefault(word, len(book)) for word in told]
    words = list(book)
    column = _small(codes, len(words)) if kind in _CODED else _ARRAYS[kind](words)[codes]
    return {name: Coded(_once(column), words) if kind in _CODED else _once(column)}


def _coded(values: Sequence[Any]) -> Coded:
    book: dict[Any, int] = {None: 0}
    codes = np.array([book.setdefault(value, len(book)) for value in values], np.intp)
    return Coded(_once(_small(codes, len(book))), list(book))


def _small(codes: NDArray[Any], words: int) -> NDArray[Any]:
    return codes.astype(np.min_scalar_type(words))


def _once(column: NDArray[Any]) -> NDArray[Any]:
    """Return the first value alone where all are the same, a missing one included."""
    if len(column) > 1:
        bits = column.view(f"u{column.itemsize}")
        column = column[:1].copy() if (bits == bits[0]).all() else np.ascontiguousarray(column)
    return column


def _points(words: Sequence[Any]) -> NDArray[np.float64]:
    found = [word if word is not None and len(word) == 3 else (np.nan,) * 3 for word in words]
    return np.fromiter(chain.from_iterable(found), np.float64, 3 * len(found)).reshape(-1, 3)


_CODED = ("text", "numbers")
_ONE = np.zeros(1, np.intp)  # row, of the first facts
_MANIFOLD = ("short", "integer", "number")  # of these so many are different that a book would be larger
_ARRAYS: dict[str, Callable[[Sequence[Any]], NDArray[Any]]] = {
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


def joined(parts: Sequence[Packed]) -> Packed:
    """Return the rows of several, one after the other, with a value for each row in every column."""
    if not parts:
        return empty()
    if len(parts) == 1 and not isinstance(parts[0], dict):
        return parts[0]  # remembered, to be read when it is asked for
    counts = [len(np.asarray(part["size"])) for part in parts]
    return {name: _joined([part[name] for part in parts], counts) for name in parts[0]}


def _joined(columns: list[Any], counts: list[int]) -> Column:
    return _recoded(columns, counts) if isinstance(columns[0], Coded) else _stacked(columns, counts)


def _stacked(columns: list[NDArray[Any]], counts: list[int]) -> NDArray[Any]:
    if all(len(column) == 1 for column in columns):
        return np.concatenate(columns).repeat(counts)
    pairs = zip(columns, counts, strict=True)
    return np.concatenate([column if len(column) == count else column.repeat(count) for column, count in pairs])


def _recoded(columns: Sequence[Coded], counts: list[int]) -> Coded:
    words, codes = columns[0].words, [column.codes for column in columns]
    if any(column.words != words for column in columns):
        words, places = _merged([column.words for column in columns])
        codes = [place[column.codes] for place, column in zip(places, columns, strict=True)]
    return Coded(_small(_stacked(codes, counts), len(words)), words)


def _merged(books: Sequence[list[Any]]) -> tuple[list[Any], list[NDArray[np.intp]]]:
    """Return the words of several columns, each different one once, and where those of each column are among them."""
    words = list(dict.fromkeys(chain.from_iterable(books)))
    own = [len(book) - 1 for book in books]
    if len(words) < 1 + sum(own):
        place = dict(zip(words, range(len(words)), strict=True)).__getitem__
        return words, [np.fromiter(map(place, book), np.intp) for book in books]
    places = [np.arange(end - count, end + 1) for count, end in zip(own, accumulate(own), strict=True)]  # as of UIDs
    for one in places:
        one[0] = 0
    return words, places


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
    if words == column.words:
        return column
    words, (places,) = _merged([words])
    return Coded(_small(places[column.codes], len(words)), words)


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
