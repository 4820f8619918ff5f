"""Measurements as a table: one row each, out and back.

What a row holds beside its points follows from them and from the picture, so a table that is given back is measured
anew: nobody can write a mean into it that is not there.
"""

from __future__ import annotations

import ast
import io
import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dicomview.errors import NothingFound, UnknownChoice
from dicomview.render.shapes import shape_of, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from dicomview.render.measure import Measure, Measured
    from dicomview.render.shapes import Shape
    from dicomview.render.state import ViewState

__all__ = ["read_table", "shapes_in", "table_of", "text_of"]

_FORMULA = tuple("=+-@")  # what a spreadsheet would run; units and notes may be text of a file
_SAME_MM = 0.01
_WORDS = ("unit", "note")
_COLUMNS: dict[str, Any] = {
    **{"kind": "str", "value": "float64", "unit": "str", "mean": "float64", "SD": "float64", "min": "float64"},
    **{"max": "float64", "area mm²": "float64", "n": "Int64", "plane": "str", "index": "Int64", "axes": "str"},
    **{"SOPInstanceUID": "str", "frame": "Int64", "points": "object", "LPS mm": "object"},
    **{"beside mm": "float64", "note": "str"},
}


def table_of(results: Iterable[Measured]) -> pd.DataFrame:
    """Return a DataFrame of measurements.

    Returns
    -------
    pandas.DataFrame
        A row each, numbered from 0: kind; value with its unit (mm or px, °, of a region the mean); mean, SD, min and
        max of the modality values in a region; area mm²; n, the pixels with a value; plane, index and, as JSON, the
        places along extra axes; SOPInstanceUID and zero-based frame of an acquired slice; points, (column, row) each;
        LPS mm, (x, y, z) each; beside mm, how far at most the points that were given lay beside the slice; a note. What
        does not exist is NaN, <NA>, empty text or an empty tuple. No name or number of a patient.
    """
    rows = [_row(one) for one in results]
    # Column by column: a hand that moves a region waits for this.
    return pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=kind) for name, kind in _COLUMNS.items()})


def _row(one: Measured) -> dict[str, Any]:
    shape, statistics = one.shape, one.statistics
    return {
        "kind": shape.kind,
        "value": one.value,
        "unit": one.unit,
        "mean": statistics.mean if statistics else math.nan,
        "SD": statistics.sd if statistics else math.nan,
        "min": statistics.least if statistics else math.nan,
        "max": statistics.most if statistics else math.nan,
        "area mm²": one.area,
        "n": statistics.count if statistics else one.pixels if shape.region else pd.NA,
        "plane": shape.plane,
        "index": shape.index,
        "axes": json.dumps(dict(shape.places)) if shape.places else "",
        "SOPInstanceUID": one.uid,
        "frame": pd.NA if one.frame is None else one.frame,
        "points": shape.points,
        "LPS mm": one.points,
        "beside mm": shape.beside,
        "note": "; ".join(one.notes),
    }


def shapes_in(table: object, measure: Measure, now: ViewState) -> list[Shape]:
    """Return the shapes that the rows of a table describe, on a scene.

    Parameters
    ----------
    table : pandas.DataFrame or None
        As `table_of` gives it, also after it has been through CSV or JSON; of the columns `kind` and one of `points`
        and `LPS mm` are enough. Without a plane, an index or axes those of `now` are meant.
    measure : Measure
        Of the scene.
    now : ViewState

    Raises
    ------
    UnknownChoice
        It is no such table, or a row of it does not fit the scene.
    """
    if table is None:
        return []
    if not isinstance(table, pd.DataFrame) or not {"points", "LPS mm"} & {*table.columns} or "kind" not in table:
        what = f"a {type(table).__name__}"
        if isinstance(table, pd.DataFrame):
            what += f" of {', '.join(map(str, table.columns)):.100}"
        raise UnknownChoice(
            "measurements are a DataFrame with the columns kind and points, (column, row) each, or kind and LPS mm, "
            f"(x, y, z) each, as view.measurements is one; this is {what}"
        )
    shapes = []
    for number, row in zip(table.index, table.to_dict("records"), strict=True):
        try:
            shapes.append(_shape(row, measure, now))
        except UnknownChoice as error:
            raise UnknownChoice(f"row {number} of the measurements: {error}") from None
    return shapes


def _shape(row: Mapping[Any, Any], measure: Measure, now: ViewState) -> Shape:
    scene = measure.scene
    plane = str(_cell(row, "plane", now.plane))
    places = dict.fromkeys(scene.lengths, 0) | _places(row, now)
    points, placed = _literal(row, "points", ()), _literal(row, "LPS mm", ())
    if not points:
        return measure.laid(row["kind"], placed, plane, places)
    index = _cell(row, "index", dict(now.positions).get(plane, 0))
    beside = float(_cell(row, "beside mm", 0.0))
    shape = replace(shape_of(row["kind"], points, plane, index, tuple(places.items())), beside=beside)
    measure.known(shape)
    here = measure(shape)
    uid = _cell(row, "SOPInstanceUID", "")
    if uid and here.uid and uid != here.uid:
        raise UnknownChoice(f"it was made on another instance than {plane} {shape.index} shows here")
    if placed and here.points:
        off = float(np.abs(np.array(placed, float) - here.points).max()) if len(placed) == len(here.points) else np.inf
        if not off <= _SAME_MM:
            raise UnknownChoice(
                f"its points lie {off:.3g} mm away from where {plane} {shape.index} has them here; drop the column "
                '"points" to lay it where it lies in the patient'
            )
    return shape


def _cell(row: Mapping[Any, Any], name: str, missing: Any) -> Any:
    """Return a cell, or `missing` where there is none."""
    value = row.get(name)
    return missing if value is None or value is pd.NA or value == "" or value != value else value


def _places(row: Mapping[Any, Any], now: ViewState) -> dict[str, int]:
    """Return the places along extra axes in a row, those of `now` where it says none."""
    said = _literal(row, "axes", {})
    if not isinstance(said, dict):
        raise UnknownChoice(f"axes {said!r:.100} are no places by the name of their axis")
    return {str(name): whole(at, f"the place along {name}") for name, at in said.items()} or dict(now.axes)


def _literal(row: Mapping[Any, Any], name: str, missing: Any) -> Any:
    """Return what a cell holds that may have been written as text: tuples, lists, numbers; nothing is run."""
    value = row.get(name)
    if isinstance(value, str) and value:
        try:
            return ast.literal_eval(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            raise UnknownChoice(f"{name} {value[:100]!r} are no numbers in brackets") from None
    return value if isinstance(value, list | tuple | dict | np.ndarray) and len(value) else missing


def text_of(table: pd.DataFrame, suffix: str) -> str:
    """Return a table of measurements as the text of a ".csv" or ".json" file, every number with all of its digits."""
    if suffix == ".json":
        whole = table.astype(object).where(table.notna(), None)
        rows = whole.to_dict("records")
        return json.dumps(rows, indent=1, ensure_ascii=False)
    if suffix != ".csv":
        raise UnknownChoice(f"measurements are written as .csv or .json, not as {suffix or 'a file without a suffix'}")
    words = {name: table[name].map(lambda text: f"'{text}" if text.startswith(_FORMULA) else text) for name in _WORDS}
    safe = table.assign(**words)
    return safe.to_csv(index=False)


def read_table(path: Path) -> pd.DataFrame:
    """Return the table of measurements in a ".csv" or ".json" file."""
    if not path.is_file():
        raise NothingFound(f"there is no file {str(path)!r} with measurements")
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".json":
            return pd.DataFrame(json.loads(text))
        return pd.read_csv(io.StringIO(text), keep_default_na=False, na_values=[""])
    except (ValueError, TypeError) as error:
        raise UnknownChoice(f"{path.name} holds no table of measurements: {type(error).__name__}") from None
