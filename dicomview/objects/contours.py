"""Contours: lines in the patient with a name and a colour, and what of them lies in a plane."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dicomview.errors import UnknownChoice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dicomview.space.planes import Where

__all__ = ["Contour", "Outline", "Stroke"]

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

    @property
    def plane(self) -> tuple[float, ...]:
        """The plane it lies in, rounded: a unit normal, and how far along it, mm."""
        x = self.points
        normal = np.cross(x - x[0], np.roll(x, -1, axis=0) - x[0]).sum(axis=0)
        length = float(np.linalg.norm(normal))
        normal = normal / length if length else normal
        normal = normal * (np.sign(normal[np.argmax(np.abs(normal))]) or 1.0)
        return (*np.round(normal, 2).tolist(), round(float((x @ normal).mean()), 1))


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
        normal = np.cross(column_step, row_step)
        normal = normal / np.linalg.norm(normal)
        points, starts = self._points
        flat = points - origin
        depth = flat @ normal
        cells = np.stack([flat @ column_step / (column_step @ column_step), flat @ row_step / (row_step @ row_step)], 1)
        ends = np.append(starts[1:], len(points))
        low, high = np.minimum.reduceat(depth, starts), np.maximum.reduceat(depth, starts)
        most = step * (0.5 + _ROUNDING)
        on = (low >= -most) & (high <= most)
        strokes = [Stroke(cells[starts[n] : ends[n]], self.contours[n].closed) for n in np.flatnonzero(on)]
        crossings: dict[tuple[float, ...], list[NDArray[np.float64]]] = {}
        for n in np.flatnonzero(~on & (low < 0) & (high >= 0)):
            part = slice(starts[n], ends[n])
            closed = self.contours[n].closed
            found = _crossings(cells[part], depth[part], closed=closed)
            if closed:
                crossings.setdefault(self.contours[n].plane, []).append(found)
            else:
                strokes += [Stroke(one[np.newaxis], False) for one in found]
        return strokes + [one for found in crossings.values() for one in _chords(np.concatenate(found))]

    @functools.cached_property
    def _points(self) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """All points one after another, and where each contour begins."""
        lengths = [len(one.points) for one in self.contours]
        return np.concatenate([one.points for one in self.contours]), np.cumsum([0, *lengths[:-1]], dtype=np.intp)


def _crossings(cells: NDArray[np.float64], depth: NDArray[np.float64], *, closed: bool) -> NDArray[np.float64]:
    """Return where a line passes through depth 0, (n, 2)."""
    after, below = np.roll(cells, -1, axis=0), depth < 0
    through = below != np.roll(below, -1)
    if not closed:
        through[-1] = False
    part = (depth / (depth - np.roll(depth, -1) + ~through))[through, np.newaxis]
    return np.asarray(cells[through] + part * (after[through] - cells[through]))


def _chords(found: NDArray[np.float64]) -> Iterator[Stroke]:
    """Join points on a line two by two."""
    along = np.ptp(found, axis=0).argmax()
    inside = found[np.argsort(found[:, along], kind="stable")]
    for first in range(0, len(inside) - 1, 2):
        yield Stroke(inside[first : first + 2], False)
