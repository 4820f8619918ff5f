"""From typed values to plain pandas objects: every column has the dtype of its VR, whatever its values are."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from dicomview.elements import COLUMNS, HIDDEN, dtype_of, entry_of, name_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dicomview.elements import Row

__all__ = ["ALIKE", "INSTANCE", "STATE", "boxed", "column", "persons", "row_table", "vr_of_many"]

INSTANCE = "instance"
ALIKE = ("path", "tag", "keyword", "name", "vr")
"""The columns of a comparison that say what is compared; in front of those of the values, and of STATE."""
STATE = "state"
_RANGES = {"Int64": range(-(2**63), 2**63), "UInt64": range(2**64)}
_KINDS: dict[str, Any] = {
    "Float64": int | float,
    "string": str,
    "datetime64[s]": pd.Timestamp,
    "timedelta64[us]": pd.Timedelta,
}
_AS_THEY_ARE = frozenset({float, int, str, type(None)})
_DTYPES = {"vm": "int64", "length": "Int64", "value": "object", INSTANCE: "int64"}


def row_table(rows: Iterable[Row], *, instances: Sequence[int] | None = None) -> pd.DataFrame:
    """Return rows of elements as a table, with the number of the instance in front where there are several.

    Missing values are None in ``value``, which holds objects of all kinds, so that ``table["value"] == "CT"`` works;
    elsewhere they are ``pandas.NA``.
    """
    columns: dict[str, Any] = dict.fromkeys(COLUMNS, ())  # of no rows
    columns |= zip(COLUMNS, zip(*rows, strict=True), strict=False)
    columns["value"] = [boxed(value) for value in columns["value"]]
    if instances is not None:
        columns = {INSTANCE: instances} | columns
    return pd.DataFrame(
        {name: pd.Series(list(cells), dtype=_DTYPES.get(name, "string")) for name, cells in columns.items()}
    )


def boxed(value: Any) -> Any:
    """Return dates and times, and those in tuples, as pandas has them; all else as it is."""
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, tuple):
        return tuple(map(boxed, value))
    if isinstance(value, date):
        return pd.Timestamp(value).as_unit("us" if isinstance(value, datetime) else "s")
    return pd.Timedelta(value).as_unit("us") if isinstance(value, timedelta) else value


def vr_of_many(tag: int, found: Iterable[tuple[str, bool]]) -> tuple[str, bool]:
    """Return VR of a column and whether its cells are tuples: by the dictionary, of unknown elements by what was found.

    Parameters
    ----------
    tag : int
    found : iterable of (VR, many)
        Of the elements there are.
    """
    entry = entry_of(tag)
    if entry.vr:
        vr = "US" if entry.vr == "US or SS" else entry.vr
        one = vr in ("LT", "ST", "UR", "UT", "SQ", "OB", "OD", "OF", "OL", "OV", "OW", "UN")
        return vr, entry.vm != "1" and not one
    kinds = set(found)
    vrs = {vr for vr, _ in kinds}
    return (vrs.pop() if len(vrs) == 1 else "UN"), any(many for _, many in kinds)


def column(values: Sequence[Any], vr: str, *, many: bool, index: pd.Index[Any] | None = None) -> pd.Series[Any]:
    """Return values of one element in several instances with the dtype of its VR.

    A value that is not of this type (the file has another VR than the dictionary) is missing.
    """
    dtype = dtype_of(vr, many=many)
    if any(isinstance(value, str) and value == HIDDEN for value in values) and tuple not in set(map(type, values)):
        dtype = "string"
    fitting = values if dtype == "object" else [value if _fits(value, dtype) else None for value in values]
    return pd.Series(fitting, dtype=dtype, index=index)


def persons(label: str, names: pd.Series[Any]) -> Mapping[str, pd.Series[Any]]:
    """Return the columns of family and given names beside a column of PN values."""
    parts = [(HIDDEN, HIDDEN) if name == HIDDEN else name_parts(name) for name in names.fillna("")]
    return {
        f"{label}.{part}": pd.Series([both[place] for both in parts], dtype="string", index=names.index)
        for place, part in enumerate(("family", "given"))
    }


def _fits(value: Any, dtype: str) -> bool:
    if dtype in _RANGES:
        return isinstance(value, int) and value in _RANGES[dtype]
    return isinstance(value, _KINDS[dtype])
