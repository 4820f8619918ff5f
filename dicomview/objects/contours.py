"""Contours: lines in the patient with a name and a colour, and what of them lies in a plane."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomview.errors import UnknownChoice

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dicomview.space.planes import Where

__all__ = ["Contour", "Outline", "Stroke"]

_DIRECTIONS = 8  # kept for one outline
_ROUNDING = 1e-6  # of a slice; a contour half-way between two lies on both


@dataclass(frozen=True, slots=True, eq=False)
class Contour:
    """A line in the patient.

    Parameters
    ----------
    points : (n, 3) array of numbers
        LPS mm; kept as float64.
    closed : bool
        Whether the last point is joined to the first, as CLOSED_PLANAR of PS3.3 C.8.8.6.3 has it. A single point is no
        line, and is drawn as a dot.

    Raises
    ------
    UnknownChoice
        The points are not (n, 3) finite numbers.
    """

    points: NDArray[np.float64]
    closed: bool = True

    def __post_init__(self) -> None:
        try:
            points = np.array(self.points, np.float64)
        except (TypeError, ValueError):
            points = np.empty(0)
        if points.ndim != 2 or points.shape[1:] != (3,) or not len(points) or not np.isfinite(points).all():
            raise UnknownChoice(
                f"a contour is made of points (x, y, z) in the patient, LPS mm, an (n, 3) array of finite numbers; "
                f"this one has shape {points.shape}"
            )
        points.setflags(write=False)
        object.__setattr__(self, "points", points)


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """What of a contour is drawn on a slice.

    Parameters
    ----------
    points : (n, 2) float64 array
        Columns and rows, whole numbers in the middle of a pixel.
    closed : bool
    words : str
        What is written at the only point, instead of a dot; text of a file.
    """

    points: NDArray[np.float64]
    closed: bool
    words: str = ""


@dataclass(frozen=True, eq=False)
class Outline:
    """Contours that are one thing: a structure of a plan, an organ.

    Parameters
    ----------
    name : str
        Text of a file perhaps, to be escaped where it is shown.
    contours : tuple of Contour
    color : str, optional
        "#rrggbb"; None for any.
    frame_of_reference : str
        FrameOfReferenceUID; empty when unknown.
    """

    name: str
    contours: tuple[Contour, ...]
    color: str | None = None
    frame_of_reference: str = ""

    def cut(self, where: Where, step: float) -> list[Stroke]:
        """Return what is drawn of the contours on a slice.

        Parameters
        ----------
        where : (origin, row step, column step), LPS mm
            Of the slice.
        step : float
            mm from one slice to the next.

        Notes
        -----
        A contour of which every point is within half a slice of the plane lies on the slice, and is drawn whole, seen
        along the normal. Of one that crosses the plane there are the points where it does: of a closed one joined two
        by two, which is where the area within it meets the plane; contours in one plane count together, so that a hole
        stays one. What only touches the slice is not drawn.
        """
        if not self.contours:
            return []
        origin, row_step, column_step = where
        normal, to_cells = _frame(np.float64(column_step).tobytes(), np.float64(row_step).tobytes())
        points, _, after, owner = self._points
        along, low, high = self._along(normal)
        depth, most = float(origin @ normal), step * (0.5 + _ROUNDING)

        def cells_of(some: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.asarray((some - origin) @ to_cells)

        on = (low >= depth - most) & (high <= depth + most)
        whole = [self.contours[n] for n in np.flatnonzero(on)]
        strokes = [Stroke(cells_of(one.points), one.closed) for one in whole]
        if not (~on & (low < depth) & (high >= depth)).any():
            return strokes
        below = along < depth
        before = np.flatnonzero((below != below[after]) & ~on[owner])
        part = (depth - along[before]) / (along[after[before]] - along[before])
        met = cells_of(points[before] + part[:, np.newaxis] * (points[after[before]] - points[before]))
        closed = np.array([one.closed for one in self.contours])[owner[before]]
        dots = [Stroke(one[np.newaxis], False) for one in met[~closed]]
        return [*strokes, *dots, *_chords(met[closed], self._planes[owner[before[closed]]])]

    def _along(self, normal: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
        """Return how far along a normal each point is, mm, and the least and most of each contour."""
        key = normal.tobytes()
        if key not in self._directions:
            points, starts, *_ = self._points
            along = points @ normal
            if len(self._directions) >= _DIRECTIONS:
                self._directions.clear()
            self._directions[key] = along, np.minimum.reduceat(along, starts), np.maximum.reduceat(along, starts)
        return self._directions[key]

    @functools.cached_property
    def _points(self) -> tuple[NDArray[Any], ...]:
        """All points one after another; where each contour begins; of each point the next, and its contour."""
        lengths = np.array([len(one.points) for one in self.contours])
        ends = np.cumsum(lengths)
        after = np.arange(1, ends[-1] + 1)
        after[ends - 1] = [
            end - size * one.closed - (not one.closed)
            for end, size, one in zip(ends, lengths, self.contours, strict=True)
        ]
        owner = np.repeat(np.arange(len(lengths)), lengths)
        return np.concatenate([one.points for one in self.contours]), ends - lengths, after, owner

    @functools.cached_property
    def _planes(self) -> NDArray[np.intp]:
        """A number for each contour, the same for those in one plane: a normal, and how far along it, mm, rounded."""
        points, starts, after, owner = self._points
        from_first = points - points[starts[owner]]
        normals = np.add.reduceat(np.cross(from_first, from_first[after]), starts)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), np.finfo(float).tiny)
        largest = np.take_along_axis(normals, np.abs(normals).argmax(axis=1)[:, np.newaxis], axis=1)
        normals *= np.where(largest < 0, -1.0, 1.0)
        middles = np.add.reduceat(points, starts) / np.bincount(owner)[:, np.newaxis]
        depths = np.einsum("ij,ij->i", middles, normals)
        planes = np.column_stack([normals.round(2), depths.round(1)]) + 0.0  # no minus before a zero
        return np.unique(planes, axis=0, return_inverse=True)[1].ravel()

    @functools.cached_property
    def _directions(self) -> dict[bytes, tuple[NDArray[np.float64], ...]]:
        """What was asked for last: scrolling asks for the same direction again and again."""
        return {}


@functools.lru_cache(maxsize=16)
def _frame(across: bytes, down: bytes) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the unit vector perpendicular to two steps, (3,) float64 as bytes, and what makes cells of mm, (3, 2).

    All outlines are cut in the same direction, slice after slice.
    """
    column_step, row_step = np.frombuffer(across), np.frombuffer(down)
    normal = np.cross(column_step, row_step)
    return normal / np.linalg.norm(normal), np.array([one / (one @ one) for one in (column_step, row_step)]).T


def _chords(met: NDArray[np.float64], planes: NDArray[np.intp]) -> list[Stroke]:
    """Join points two by two: those of one plane, (n,), are on one line, and as many as go in come out again."""
    if not len(met):
        return []
    order = np.argsort(planes, kind="stable")
    begins = np.flatnonzero(np.diff(planes[order], prepend=-1))
    spread = np.maximum.reduceat(met[order], begins) - np.minimum.reduceat(met[order], begins)
    order = np.lexsort((met[:, spread.max(axis=0).argmax()], planes))
    return [Stroke(pair, False) for pair in met[order].reshape(-1, 2, 2)]
