"""Tables of tags as files: CSV and Parquet, out and back with the same values and types.

How a value is written: numbers as numbers; dates, times and durations in ISO 8601; bytes as 0x and hexadecimal; tuples
as JSON. Text is written as it is, except that text which a spreadsheet would take for a formula (after blanks it begins
with = + - @ or their full-width forms), or which begins with a tab, a line break, [ or a quotation mark, has an
apostrophe in front, and text with a zero byte in it is a JSON string. Every cell that begins with an apostrophe got it
here, so taking one away gives back what was there.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dicomview.catalog.columns import ALIKE, INSTANCE, STATE, column, row_table, vr_of_many
from dicomview.catalog.keys import key_or_none
from dicomview.elements import COLUMNS, HIDDEN, dtype_of
from dicomview.errors import MissingExtra, NothingFound
from dicomview.files import new_file

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable

__all__ = ["csv_text", "read_tags", "to_csv", "to_parquet"]

_FORMULA = tuple("=+-@＝＋－＠")
_FIRST = tuple("'\"[\t\r\n")
_ENCODING = "utf-8-sig"  # without the mark in front Excel takes the file for the code page of its country


def to_csv(table: pd.DataFrame, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Write `table` as CSV (RFC 4180, UTF-8) and return its path."""
    with new_file(path, overwrite=overwrite) as target:
        target.write_text(csv_text(table), encoding=_ENCODING, errors="backslashreplace", newline="")
    return Path(path)


def csv_text(table: pd.DataFrame, end: str = "\r\n") -> str:
    """Return `table` as CSV, each line with `end` at its end; text that a spreadsheet would run is guarded."""
    # As objects first: pandas would hand over whole numbers as floats where some are missing.
    text = _flat(table).astype(object).map(_text)
    text.columns = [_guarded(str(name)) for name in text.columns]
    # A line break that is not that of the table is not quoted by itself, and would begin a row for whoever reads it.
    broken = any("\r" in cell for name in text for cell in text[name])
    return str(text.to_csv(index=False, lineterminator=end, quoting=csv.QUOTE_ALL if broken else csv.QUOTE_MINIMAL))


def to_parquet(table: pd.DataFrame, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Write `table` as Parquet and return its path; columns of one type keep it, those of objects are text."""
    _parquet()
    flat = _flat(table)
    for name in flat.columns[flat.dtypes == "object"]:  # of any kind, for which Parquet has no type
        cells = [None if cell is None else _text(cell) for cell in flat[name]]
        flat[name] = pd.Series(cells, dtype="string", index=flat.index)
    with new_file(path, overwrite=overwrite) as target:
        flat.to_parquet(target, engine="pyarrow", index=False)
    return Path(path)


def read_tags(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a table that ``table.dicom.to_csv`` or ``table.dicom.to_parquet`` has written.

    Parameters
    ----------
    path : path
        Parquet when its name ends in ".parquet", else CSV.

    Returns
    -------
    pandas.DataFrame
        With the values and dtypes of the table that was written. Columns of your own come back as text from CSV.

    Raises
    ------
    NothingFound
        There is no such file.
    MissingExtra
        Parquet needs pyarrow.
    """
    source = Path(path)
    if not source.is_file():
        raise NothingFound(f"there is no file {source}; give the path that to_csv or to_parquet has returned")
    if source.suffix == ".parquet":
        _parquet()
        table = pd.read_parquet(source, engine="pyarrow")
    else:
        table = pd.read_csv(source, dtype=str, keep_default_na=False, encoding=_ENCODING)
        table.columns = pd.Index([_unguarded(name) for name in table.columns])
        if set(COLUMNS) <= set(table.columns):
            text: Iterable[str] = table.columns.difference(["value"])
        else:
            text = (*ALIKE, STATE) if _is_comparison(table) else [n for n in table.columns if _kind(n) is None]
        for name in text:
            table[name] = table[name].map(_unguarded)
    if set(COLUMNS) <= set(table.columns):
        return _rows_back(table)
    return _comparison_back(table) if _is_comparison(table) else _columns_back(table)


def _rows_back(table: pd.DataFrame) -> pd.DataFrame:
    cells = {name: [_plain(cell) for cell in table[name]] for name in COLUMNS}
    cells["value"] = [_value(cell, vr) for cell, vr in zip(table["value"], cells["vr"], strict=True)]
    for name, number in (("vm", int), ("length", int)):
        cells[name] = [None if cell is None else number(cell) for cell in cells[name]]
    instances = [int(cell) for cell in table[INSTANCE]] if INSTANCE in table else None
    back = row_table(zip(*cells.values(), strict=True), instances=instances)
    for name in table.columns.difference(back.columns, sort=False):
        back[name] = table[name]
    return back[list(table.columns)]


def _is_comparison(table: pd.DataFrame) -> bool:
    return {*ALIKE, STATE} <= set(table.columns)


def _comparison_back(table: pd.DataFrame) -> pd.DataFrame:
    for name in table.columns:
        if name in (*ALIKE, STATE):
            table[name] = pd.Series([_plain(cell) for cell in table[name]], dtype="string")
        else:
            cells = [_told(cell, vr) for cell, vr in zip(table[name], table["vr"], strict=True)]
            table[name] = pd.Series(cells, dtype="object")
    return table


def _told(cell: Any, vr: str) -> Any:
    """Return a value, or the raw text that stands where a value has no type: it is not what would be written of one."""
    try:
        value = _value(cell, vr)
    except ValueError:
        return cell
    return value if not isinstance(cell, str) or _text(value) == cell else _unguarded(cell)


def _columns_back(table: pd.DataFrame) -> pd.DataFrame:
    columns = []
    for place, name in enumerate(table.columns):
        cells = table.iloc[:, place]
        if name == INSTANCE:
            columns.append(cells.astype("int64"))
            continue
        kind = _kind(str(name))
        if kind is None:
            columns.append(cells)
            continue
        vr, many = kind
        if cells.dtype == "object" or dtype_of(vr, many=many) != str(cells.dtype):
            cells = column([_value(cell, vr) for cell in cells], vr, many=many).rename(name)
        columns.append(cells)
    back = pd.concat(columns, axis=1) if columns else table
    return back.set_index(INSTANCE) if INSTANCE in back else back


def _kind(name: str) -> tuple[str, bool] | None:
    """Return VR and whether there are tuples, of a column that is named after an element; None of any other."""
    for word in (name, name.rsplit(".", 1)[-1]):
        key = key_or_none(word)
        if key is not None:
            vr, many = vr_of_many(key.tag, ())
            return None if vr == "UN" else (vr, many)
    return ("LO", False) if name.endswith((".family", ".given")) else None


def _flat(table: pd.DataFrame) -> pd.DataFrame:
    """Return a copy with the number of the instance as a column where it is the index, and no NaN for missing text."""
    flat = table.reset_index() if table.index.name is not None else table.copy()
    for name, dtype in flat.dtypes.items():
        if isinstance(dtype, pd.CategoricalDtype) and not all(isinstance(word, str) for word in dtype.categories):
            flat[name] = flat[name].astype(object).where(flat[name].notna(), None)
        elif isinstance(dtype, pd.CategoricalDtype | pd.StringDtype):
            flat[name] = flat[name].astype("string")
    return flat


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        return _guarded(cell)
    if isinstance(cell, bytes):
        return f"0x{cell.hex()}"
    if isinstance(cell, tuple):
        return json.dumps([one.isoformat() if hasattr(one, "isoformat") else one for one in cell], ensure_ascii=False)
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return ""
    return str(cell.isoformat()) if hasattr(cell, "isoformat") else repr(cell.item() if hasattr(cell, "item") else cell)


def _guarded(text: str) -> str:
    if "\0" in text:
        return json.dumps(text)
    return f"'{text}" if text.startswith(_FIRST) or text.lstrip().startswith(_FORMULA) else text


def _unguarded(text: str) -> str:
    if text.startswith('"'):
        return str(json.loads(text))
    return text[1:] if text.startswith("'") else text


def _plain(cell: Any) -> Any:
    return None if cell is None or cell is pd.NA or cell == "" else cell


def _value(cell: Any, vr: str) -> Any:
    if cell is None or cell is pd.NA or not isinstance(cell, str):
        return None if cell is pd.NA else cell
    if cell.startswith(("'", '"')):
        return _unguarded(cell)
    if cell.startswith("["):
        return tuple(_one(part, vr) for part in json.loads(cell))
    return _one(cell, vr) if cell else None


def _one(text: Any, vr: str) -> Any:
    if text is None or text == HIDDEN:
        return text
    read = _READERS.get(_DTYPE_OF_OTHERS.get(vr) or dtype_of(vr, many=False))
    if read is not None:
        return read(text)
    return bytes.fromhex(text[2:]) if text.startswith("0x") else text


_DTYPE_OF_OTHERS = {"DT": "datetime64[us]"}  # with and without a timezone in one column
_READERS: dict[str, Callable[[Any], Any]] = {
    "Int64": int,
    "UInt64": int,
    "Float64": float,
    "string": str,
    "datetime64[s]": lambda text: pd.Timestamp(text).as_unit("s"),
    "datetime64[us]": lambda text: pd.Timestamp(text).as_unit("us"),
    "timedelta64[us]": lambda text: pd.Timedelta(text).as_unit("us"),
}


def _parquet() -> None:
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise MissingExtra('Parquet needs pyarrow: python -m pip install "dicomview[parquet]"') from error
