"""What is the same and what is not: over the instances of a table, and between tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from dicomview.catalog.columns import ALIKE, INSTANCE, STATE, column
from dicomview.elements import COLUMNS, HIDDEN
from dicomview.errors import UnknownChoice

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["constant", "difference", "instances_of", "over_instances", "same", "varying"]


def same(one: Any, other: Any, *, rtol: float = 0.0, atol: float = 0.0) -> bool:
    """Return True when two values are equal; numbers, and numbers in tuples, within ``atol + rtol * the larger``."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(same(a, b, rtol=rtol, atol=atol) for a, b in zip(one, other, strict=True))
    if isinstance(one, int | float) and isinstance(other, int | float):
        both_nan = math.isnan(one) and math.isnan(other)
        return one == other or both_nan or abs(one - other) <= atol + rtol * max(abs(one), abs(other))
    # A time with a zone and one without cannot be compared, and are not the same.
    return type(one) is type(other) and bool(one == other)


def varying(table: pd.DataFrame) -> pd.DataFrame:
    """Return the elements that vary: a row for each instance, a column for each path."""
    numbers = instances_of(table)
    columns = {}
    for path, group in _paths(table):
        if not _is_constant(group, len(numbers)):
            columns[path] = over_instances(group, numbers)
    return pd.DataFrame(columns, index=numbers)


def over_instances(rows: pd.DataFrame, numbers: pd.Index[Any]) -> pd.Series[Any]:
    """Return the values of one element over the instances `numbers`, with the dtype of its VR."""
    cells = dict(zip(rows[INSTANCE], rows["value"], strict=True))
    values = [cells.get(number) for number in numbers]
    vrs = rows["vr"].unique()
    many = any(isinstance(value, tuple) for value in values)
    return column(values, vrs[0] if len(vrs) == 1 else "UN", many=many, index=numbers)


def constant(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the elements that are the same in every instance, once each."""
    number = table[INSTANCE].nunique()
    rows = [group.index[0] for _, group in _paths(table) if _is_constant(group, number)]
    return table.loc[rows, [name for name in table.columns if name != INSTANCE]].reset_index(drop=True)


def difference(
    tables: Sequence[pd.DataFrame], names: Sequence[str], *, rtol: float = 0.0, atol: float = 0.0
) -> pd.DataFrame:
    """Return every path of the tables, what each says there, and whether that is the same.

    Parameters
    ----------
    tables : sequence of DataFrame
        Each of one instance.
    names : sequence of str
        Their names, for the columns.
    rtol, atol : float
        As in `same`.
    """
    for table in tables:
        if not set(COLUMNS[:8]) <= set(table.columns):
            raise UnknownChoice("diff compares tables of dv.tags(source) without keywords; this is another table")
        if table["path"].duplicated().any():
            raise UnknownChoice(
                "diff compares one instance with another, and this table has several; choose one, as in "
                "table[table.instance == 0], or what all have in common, as in table.dicom.constant()"
            )
    if len(set(names)) != len(tables) or set(names) & {*ALIKE, STATE}:
        raise UnknownChoice(f"names must be {len(tables)} different words, none of them a heading of the table")
    records = [{row["path"]: row for row in table.to_dict("records")} for table in tables]
    rows = []
    for path in _merged([list(one) for one in records]):
        found = [one.get(path) for one in records]
        there = [name for name, row in zip(names, found, strict=True) if row is not None]
        told = [None if row is None else _told(row) for row in found]
        first = next(row for row in found if row is not None)
        rows.append([*(first[name] for name in ALIKE), *told, _state(told, there, len(names), rtol, atol)])
    headings = [*ALIKE, *names, STATE]
    cells = list(zip(*rows, strict=True)) or [()] * len(headings)
    return pd.DataFrame(
        {
            name: pd.Series(list(values), dtype="object" if name in names else "string")
            for name, values in zip(headings, cells, strict=True)
        }
    )


def _state(told: list[Any], there: list[str], number: int, rtol: float, atol: float) -> str:
    if len(there) < number:
        return f"only {', '.join(there)}"
    if any(isinstance(value, str) and value == HIDDEN for value in told):
        return "hidden"
    return "same" if all(same(told[0], other, rtol=rtol, atol=atol) for other in told[1:]) else "different"


def _told(row: dict[Any, Any]) -> Any:
    """Return the value, or the raw text where that has no type."""
    raw = row.get("raw")
    return (None if raw is None or raw is pd.NA else raw) if row["value"] is None else row["value"]


def instances_of(table: pd.DataFrame) -> pd.Index[Any]:
    """Return the numbers of the instances that have rows in `table`."""
    numbers: pd.Index[Any] = pd.Index(table[INSTANCE].unique(), name=INSTANCE)
    return numbers


def _paths(table: pd.DataFrame) -> Any:
    return table.groupby("path", sort=False)


def _is_constant(group: pd.DataFrame, number: int) -> bool:
    if len(group) != number:
        return False
    told = [_told(row) for row in group[["value", "raw"]].to_dict("records")]
    return all(same(told[0], other) for other in told[1:])


def _merged(orders: list[list[str]]) -> list[str]:
    """Return all paths, each that is new in a later table behind the one it follows there."""
    after: dict[str | None, str | None] = {None: None}
    for order in orders:
        last: str | None = None
        for path in order:
            if path not in after:
                after[path], after[last] = after[last], path
            last = path
    merged: list[str] = []
    following = after[None]
    while following is not None:
        merged.append(following)
        following = after[following]
    return merged
