"""Shapes on one plane of a scene: which pixels they hold, how long and how large they are.

Points are (column, row) of the plane as it lies on the screen; whole numbers are the middles of pixels (PS3.3
C.7.6.2.1.1), so a picture goes from -0.5 to columns - 0.5.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np

from dicomview.errors import UnknownChoice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["KINDS", "Kind", "Point", "Shape", "shape_of", "whole"]

Kind = Literal["line", "angle", "rectangle", "ellipse", "freehand", "point"]
Point: TypeAlias = tuple[float, float]
KINDS: tuple[Kind, ...] = get_args(Kind)
# How many points each is made of, and what these are; "freehand" has as many as were drawn.
_POINTS = {
    "line": (2, "its two ends"),
    "angle": (3, "the end of one arm, the vertex, the end of the other arm"),
    "rectangle": (2, "two opposite corners"),
    "ellipse": (2, "two opposite corners of the rectangle around it"),
    "point": (1, "where it is"),
}
_MOST_POINTS = 10_000
_EXACT = 1e-9  # of a pixel: nearer to a border than rounding can tell
_TOGETHER = 256  # sides of a polygon that are held against all others at once


@dataclass(frozen=True, slots=True)
class Shape:
    """A line, an angle or a region, on one plane; made by `shape_of`, which checks it.

    Parameters
    ----------
    kind : "line", "angle", "rectangle", "ellipse", "freehand" or "point"
        Rectangle and ellipse lie along the rows and columns.
    points : tuple of (column, row)
        Ends of a line; end, vertex and end of an angle; opposite corners of a rectangle or around an ellipse; the
        corners of a polygon; the one point.
    plane : str
    index : int
        Zero-based along the plane.
    places : tuple of (axis, place) pairs
        Zero-based place along each extra axis of the stack.
    beside : float
        How many mm at most the points that were given lie beside the slice on which they are laid.
    """

    kind: Kind
    points: tuple[Point, ...]
    plane: str
    index: int
    places: tuple[tuple[str, int], ...] = ()
    beside: float = 0.0

    @property
    def region(self) -> bool:
        """True for what holds pixels."""
        return self.kind not in ("line", "angle")

    @property
    def crossed(self) -> bool:
        """True for a polygon that crosses or touches itself."""
        if self.kind != "freehand":
            return False
        corners = np.array(self.points)
        moved = (corners != np.roll(corners, 1, axis=0)).any(axis=1)  # a corner said twice is one
        return bool(_crossings(corners[moved]).size) if moved.any() else False

    def mask(self, rows: int, columns: int) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
        """Return where in a picture of (rows, columns) the pixels of a region are.

        Returns
        -------
        window : (slice of rows, slice of columns)
            Around the region, inside the picture; empty where it lies beside.
        mask : bool array of the size of `window`

        Notes
        -----
        A pixel is in a region when its centre is, on the border as well. Of a polygon that crosses itself those parts
        are in which an odd number of turns go around (even-odd rule). A point is in the pixel around it.
        """
        corners = np.array(self.points)
        if self.kind == "point":
            corners = np.floor(corners + 0.5)
        low, high = corners.min(axis=0), corners.max(axis=0)
        first = np.clip(np.ceil(low), 0, (columns, rows)).astype(int)
        end = np.clip(np.floor(high) + 1, first, np.maximum(first, (columns, rows))).astype(int)
        window = slice(int(first[1]), int(end[1])), slice(int(first[0]), int(end[0]))
        row, column = np.ogrid[window]
        if self.kind == "freehand":
            return window, _inside(corners, first, (end - first)[::-1])
        inside = np.ones((row.shape[0], column.shape[1]), bool)
        if self.kind == "ellipse":
            middle, half = (low + high) / 2, (high - low) / 2
            if not half.all():
                return window, np.zeros_like(inside)
            inside = ((column - middle[0]) / half[0]) ** 2 + ((row - middle[1]) / half[1]) ** 2 <= 1 + _EXACT
        return window, inside

    def length(self, row_step: NDArray[np.float64], column_step: NDArray[np.float64]) -> float:
        """Return how long a line is; `row_step` and `column_step` are (3,) vectors of one step down and across."""
        (way,) = self._ways((0, 1), row_step=row_step, column_step=column_step)
        return float(np.linalg.norm(way))

    def degrees(self, row_step: NDArray[np.float64], column_step: NDArray[np.float64]) -> float:
        """Return an angle, 0 to 180 degrees; NaN when one of its arms has no length."""
        one, other = self._ways((1, 0), (1, 2), row_step=row_step, column_step=column_step)
        if not (one.any() and other.any()):
            return math.nan
        # Exact near 0 and 180 degrees as well, where the cosine is flat.
        return math.degrees(math.atan2(float(np.linalg.norm(np.cross(one, other))), float(one @ other)))

    def area(self, row_step: NDArray[np.float64], column_step: NDArray[np.float64]) -> float:
        """Return the area within the outline of a region, in the square of the unit of the steps; 0 for a point.

        Of a polygon that crosses itself the parts count that `mask` holds.
        """
        cell = float(np.linalg.norm(np.cross(row_step, column_step)))
        x, y = np.array(self.points).T
        if self.kind == "freehand":
            return cell * _enclosed(np.array(self.points))
        box = float(np.ptp(x) * np.ptp(y))
        return cell * box * (math.pi / 4 if self.kind == "ellipse" else 1)

    def _ways(
        self, *pairs: tuple[int, int], row_step: NDArray[np.float64], column_step: NDArray[np.float64]
    ) -> list[NDArray[np.float64]]:
        ways = [np.subtract(self.points[end], self.points[start]) for start, end in pairs]
        return [across * column_step + down * row_step for across, down in ways]


def shape_of(kind: object, points: Any, plane: str, index: Any, places: Sequence[tuple[str, int]] = ()) -> Shape:
    """Return the shape of these (column, row) points, or raise UnknownChoice."""
    if kind not in KINDS:
        raise UnknownChoice(f"there is no measurement {kind!r}; choose one of {', '.join(KINDS)}")
    try:
        pairs = np.array(points, float)
    except (TypeError, ValueError):
        pairs = np.empty(0)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not np.isfinite(pairs).all():
        raise UnknownChoice(f"the points of a {kind} are pairs (column, row) of numbers, not {points!r:.200}")
    if kind == "freehand":
        wrong = "at least three points, its corners" if not 3 <= len(pairs) <= _MOST_POINTS else ""
    else:
        count, what = _POINTS[str(kind)]
        wrong = f"{count} point{'s' * (count > 1)}, {what}" if len(pairs) != count else ""
    if wrong:
        raise UnknownChoice(f"a {kind} is made of {wrong}; {len(pairs)} were given")
    return Shape(kind, tuple((x, y) for x, y in pairs.tolist()), plane, whole(index, "index"), tuple(places))


def whole(value: Any, name: str) -> int:
    """Return a whole number, which may have become a float or text in a table, or raise UnknownChoice."""
    try:
        number = int(value)
        if number == float(value):
            return number
    except (TypeError, ValueError, OverflowError):
        pass
    raise UnknownChoice(f"{name} {value!r:.100} is no whole number")


def _enclosed(corners: NDArray[np.float64]) -> float:
    """Return the area that an odd number of turns of a polygon go around."""
    x, y = corners.T
    to_x, to_y = np.roll(corners, -1, axis=0).T
    heights = _crossings(corners)
    if not heights.size:
        return abs(float(x @ to_y - y @ to_x)) / 2
    # Between two heights at which nothing ends and nothing crosses there are trapezoids side by side.
    levels = np.unique(np.concatenate([y, heights]))
    area = 0.0
    for low, high in pairwise(levels.tolist()):
        middle = (low + high) / 2
        cut = (y <= middle) != (to_y <= middle)
        at = np.sort(x[cut] + (middle - y[cut]) * (to_x - x)[cut] / (to_y - y)[cut])
        area += (high - low) * float((at[1::2] - at[::2]).sum())
    return area


def _crossings(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the heights at which sides of a polygon that are no neighbours cross or touch each other."""
    ends = np.roll(corners, -1, axis=0)
    order = np.minimum(corners, ends)[:, 1].argsort()
    (x, y), (u, v) = corners[order].T, (ends - corners)[order].T
    lowest, highest = np.minimum(y, y + v), np.maximum(y, y + v)
    found = []
    for first in range(0, len(corners), _TOGETHER):
        some = np.arange(first, min(first + _TOGETHER, len(corners)))
        # Only those can cross a side that begin no higher than it ends.
        counts = np.maximum(0, lowest.searchsorted(highest[some], "right") - some - 1)
        one = some.repeat(counts)
        other = one + 1 + np.arange(len(one)) - (counts.cumsum() - counts).repeat(counts)
        across, down, turn = x[other] - x[one], y[other] - y[one], u[one] * v[other] - v[one] * u[other]
        here, there = across * v[other] - down * u[other], across * v[one] - down * u[one]
        within = [np.where(turn > 0, part, -part) for part in (here, there)]
        crossed = (turn != 0) & np.logical_and.reduce([(part >= 0) & (part <= abs(turn)) for part in within])
        crossed &= ~np.isin(abs(order[one] - order[other]), (1, len(corners) - 1))  # neighbours have a corner in common
        found.append(y[one[crossed]] + here[crossed] / turn[crossed] * v[one[crossed]])
    return np.concatenate(found)


def _inside(corners: NDArray[np.float64], first: NDArray[np.int_], size: NDArray[np.int_]) -> NDArray[np.bool_]:
    """Return which pixels of a window, from `first` (column, row) on and of (rows, columns) `size`, a polygon holds."""
    rows, columns = (int(n) for n in size)
    turns, border = np.zeros((rows, columns + 1), np.int64), np.zeros((rows, columns), bool)
    for (x0, y0), (x1, y1) in zip(corners - first, np.roll(corners, -1, axis=0) - first, strict=True):
        low, high = sorted((y0, y1))
        met = np.arange(max(0, math.ceil(low)), min(rows, math.floor(high) + 1))  # centres in [low, high]
        if low == high:
            border[met, max(0, math.ceil(min(x0, x1))) : max(0, math.floor(max(x0, x1)) + 1)] = True
            continue
        at = x0 + (met - y0) * (x1 - x0) / (y1 - y0)
        column = np.round(at)
        on = (abs(at - column) <= _EXACT) & (column >= 0) & (column < columns)
        border[met[on], column[on].astype(int)] = True
        crossed = met < high
        np.add.at(turns, (met[crossed], np.clip(np.ceil(at[crossed]), 0, columns).astype(int)), 1)
    odd: NDArray[np.bool_] = turns.cumsum(axis=1)[:, :-1] % 2 == 1
    return odd | border
