"""Curves: a point or a region through time, through the slices of a stack, or through several series."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dicomview.errors import UnknownChoice
from dicomview.render.door import scene_of
from dicomview.render.measure import Measure, Statistics
from dicomview.render.shapes import shape_of
from dicomview.space import Series, Stack, Volume

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dicomview.render.scene import Scene
    from dicomview.render.shapes import Shape

__all__ = ["SERIES", "curve", "curve_of", "through_series", "way_of"]

_INDEX = "index"
SERIES = "series"


def curve(
    source: Any,
    points: Sequence[Any],
    *,
    kind: str = "",
    along: str | None = None,
    plane: str | None = None,
    index: int | None = None,
    uid: str | None = None,
    units: str | None = None,
    spacing: Sequence[float] | None = None,
    **axes: int,
) -> pd.DataFrame:
    """Return the values at a point or in a region along an axis, as a table.

    Parameters
    ----------
    source : as for `dicomview.view`; or a list of Series, Stack and Volume
        Of a list, the curve goes from series to series at one place in the patient.
    points : (x, y, z) or (column, row), or a sequence of them
        LPS mm, or on the picture; see ``view.measure``. A single one is a point.
    kind : "rectangle", "ellipse", "freehand" or "point"
        What the points are; a single one is a point, three and more are the corners of a freehand region.
    along : str, optional
        An extra axis of the stack ("time", "echo" …) or "index" for its slices. The first extra axis when not given,
        the index where there is none.
    plane, index, **axes : optional
        The picture that the points are on; the middle of the first plane when not given.
    uid, units, spacing : optional
        As for `dicomview.view`.

    Returns
    -------
    pandas.DataFrame
        Its index are the places along the axis, from 0, under its name. Columns: `at`, the place as a number (ms of an
        echo, mm along the slices …; NaN where it is none); label, the same in words; mean, SD, min, max of the modality
        values; n, the pixels with a value; unit; note.

    Raises
    ------
    UnknownChoice
        There is no such axis, or no pixel in the region, or the points lie nowhere here; the series have no common
        frame of reference.

    Examples
    --------
    >>> dv.curve(perfusion, (12.0, -30.0, 55.0))  # doctest: +SKIP
    """
    wanted = np.array(points, float) if _numbers(points) else np.empty(0)
    several = hasattr(points, "__len__") and not (wanted.ndim == 1 and wanted.size)
    places = points if several else [points]
    if not kind and wanted.ndim == 2 and len(wanted) == 2:
        raise UnknownChoice('two points make no region; give one point, or kind="rectangle" or "ellipse"')
    kind = kind or ("point" if len(places) == 1 else "freehand")
    if isinstance(source, list | tuple) and source and all(isinstance(one, Series | Stack | Volume) for one in source):
        scenes = [scene_of(one, units=None if isinstance(one, Volume) else units) for one in source]
        return through_series([Measure(scene) for scene in scenes], kind, places)
    scene = scene_of(source, uid=uid, units=units, spacing=spacing)
    state = scene.begin()
    measure = Measure(scene)
    wish = state.plane if plane is None else plane
    where = dict.fromkeys(scene.lengths, 0) | axes
    if wanted.shape[-1:] == (3,):
        shape = measure.laid(kind, places, wish, where)
    else:
        at = dict(state.positions).get(wish, 0) if index is None else index
        shape = shape_of(kind, places, wish, at, tuple(where.items()))
    measure.known(shape)
    return curve_of(measure, shape, along)


def curve_of(measure: Measure, shape: Shape, along: str | None = None) -> pd.DataFrame:
    """Return the values in a region along an axis of its scene; see `curve`."""
    along, shapes = way_of(measure, shape, along)
    scene = measure.scene
    note = ""
    if along == _INDEX:
        # Where they make no volume, neither is the way from one to the next what it seems.
        note = next(iter(scene.refused.values()), "") if len(shapes) > 1 else ""
        labels = [_place(scene, one) for one in shapes]
        numbers = _depths(scene, shapes)
    else:
        axis = next(axis for axis in scene.axes if axis.name == along)
        labels, numbers = list(axis.labels), list(axis.numbers or [math.nan] * len(shapes))
    held = [measure.statistics(one) for one in shapes]
    if not any(one.count + one.without for one in held):
        raise UnknownChoice(f"the {shape.kind} holds the centre of no pixel, so there is no curve of it")
    rows = [(at, label, one, scene.unit, note) for at, label, one in zip(numbers, labels, held, strict=True)]
    return _table(along, rows)


def way_of(measure: Measure, shape: Shape, along: str | None) -> tuple[str, list[Shape]]:
    """Return the axis that a curve goes along and the shape at each of its places, or raise UnknownChoice."""
    scene = measure.scene
    if not shape.region:
        raise UnknownChoice(f"a curve is of a point or a region, not of a {shape.kind}")
    if scene.colour:
        raise UnknownChoice("colours have no modality values, so there is no curve of them")
    names = [*scene.lengths, _INDEX]
    along = names[0] if along is None else along
    if along not in names:
        raise UnknownChoice(f"there is no axis {along!r} for a curve to go along; there is {', '.join(names)}")
    if along == _INDEX:
        return along, [replace(shape, index=index) for index in range(scene.counts[shape.plane])]
    others = dict(shape.places)
    moved = [tuple((others | {along: place}).items()) for place in range(scene.lengths[along])]
    return along, [replace(shape, places=places) for places in moved]


def through_series(measures: Sequence[Measure], kind: str, points: Sequence[Any]) -> pd.DataFrame:
    """Return the values at one place of the patient in several scenes, whose measures these are; see `curve`."""
    frames = {measure.scene.frame_of_reference for measure in measures} - {""}
    if len(frames) > 1:
        raise UnknownChoice(
            "the series have no common frame of reference (FrameOfReferenceUID), so the same mm are not the same place "
            "in them; ask for the curve of each"
        )
    rows = []
    for measure in measures:
        scene, note = measure.scene, ""
        statistics = Statistics(math.nan, math.nan, math.nan, math.nan, 0)
        try:
            shape = measure.laid(kind, points, scene.begin().plane, dict.fromkeys(scene.lengths, 0))
            way_of(measure, shape, None)
            statistics = measure.statistics(shape)
            note = "" if statistics.count else "no value there" if statistics.without else "no pixel inside"
        except UnknownChoice as why:
            note = str(why)
        rows.append((math.nan, scene.title, statistics, scene.unit, note))
    if not any(one.count for _, _, one, _, _ in rows):
        raise UnknownChoice(f"none of the {len(rows)} series has a value there: {rows[0][-1]}")
    return _table(SERIES, rows)


def _table(along: str, rows: Iterable[tuple[float, str, Statistics, str, str]]) -> pd.DataFrame:
    cells = [
        (float(at), label, one.mean, one.sd, one.least, one.most, one.count, unit, note)
        for at, label, one, unit, note in rows
    ]
    table = pd.DataFrame(cells, columns=["at", "label", "mean", "SD", "min", "max", "n", "unit", "note"])
    return table.rename_axis(along)


def _place(scene: Scene, shape: Shape) -> str:
    return f"{shape.plane} {shape.index + 1}/{scene.counts[shape.plane]}"


def _depths(scene: Scene, shapes: Sequence[Shape]) -> list[float]:
    """Return how far each slice is from the first along the normal, mm; NaN where that is unknown."""
    where = [scene.where(one.plane, one.index, dict(one.places)) for one in shapes]
    if where[0] is None:
        return [math.nan] * len(shapes)
    first, row_step, column_step = where[0]
    normal = np.cross(row_step, column_step)
    return [math.nan if one is None else float((one[0] - first) @ normal / np.linalg.norm(normal)) for one in where]


def _numbers(points: Any) -> bool:
    try:
        np.array(points, float)
    except (TypeError, ValueError):
        return False
    return True
