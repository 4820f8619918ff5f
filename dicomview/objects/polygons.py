"""Where a grid of points lies inside polygons: the even-odd rule, which makes a polygon inside another one a hole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["inside", "newell"]


def newell(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the area vector of a closed polygon in space, by Newell's formula.

    Parameters
    ----------
    points : (n, 3) float64 array, mm
        Its corners; the last is joined to the first.

    Returns
    -------
    (3,) float64 array, mm²
        Perpendicular to the polygon, as long as its area is large.
    """
    middle = points - points.mean(axis=0)
    return np.asarray(np.cross(middle, np.roll(middle, -1, axis=0)).sum(axis=0) / 2)


def inside(
    polygons: Sequence[NDArray[np.float64]],
    rows: NDArray[np.float64],
    starts: NDArray[np.float64],
    step: float,
    columns: int,
) -> NDArray[np.bool_]:
    """Return which points of a grid lie inside an odd number of polygons.

    Parameters
    ----------
    polygons : sequence of (n, 2) float64 arrays, mm
        Corners (along the rows of points, across them); the last is joined to the first.
    rows : (rows,) float64 array, mm
        Where each row of points lies across.
    starts : (rows,) float64 array, mm
        Where the first point of each row lies along it.
    step : float, mm
        From one point of a row to the next, greater than 0.
    columns : int

    Returns
    -------
    (rows, columns) bool array

    Notes
    -----
    A point counts as inside when it is a pixel's centre that is: the rule of the pixel centre. Of points on the very
    edge, those at its lower end along and across are inside and those at its upper end are not, so that polygons that
    share an edge neither overlap nor leave a gap. An edge that is there twice, as the cut of a keyhole, does nothing.
    """
    corners = [(polygon, np.roll(polygon, -1, axis=0)) for polygon in polygons if len(polygon) > 2]
    if not corners or not len(rows):
        return np.zeros((len(rows), columns), bool)
    (u0, v0), (u1, v1) = (np.concatenate(ends).T for ends in zip(*corners, strict=True))
    order = np.argsort(rows, kind="stable")
    # Each edge with the rows it crosses: lower end <= row < upper end.
    first = np.searchsorted(rows[order], np.minimum(v0, v1), "left")
    count = np.searchsorted(rows[order], np.maximum(v0, v1), "left") - first
    edge = np.repeat(np.arange(len(count)), count)
    within = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    row = order[first[edge] + within]
    part = (rows[row] - v0[edge]) / (v1 - v0)[edge]
    crossed = u0[edge] + part * (u1 - u0)[edge]
    column = np.clip(np.ceil((crossed - starts[row]) / step), 0, columns).astype(np.int64)
    turns = np.bincount(row * (columns + 1) + column, minlength=len(rows) * (columns + 1))
    turned: NDArray[np.bool_] = np.cumsum(turns.reshape(len(rows), columns + 1)[:, :columns], axis=1) % 2 == 1
    return turned
