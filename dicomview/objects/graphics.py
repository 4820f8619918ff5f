"""What presentation states draw, as lines, words and areas in the columns and rows of an image; PS3.3 C.10.5."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dicomview.objects.contours import Stroke
from dicomview.objects.polygons import inside

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from dicomview.objects.softcopy import Drawn, Graphic

__all__ = ["filled_in", "strokes_of"]

_ROUND = 64  # points along a circle or an ellipse
_CURVED = 8  # points from one point of a curve to the next


def strokes_of(drawn: Iterable[Drawn]) -> tuple[Stroke, ...]:
    """Return the lines, dots and words that are drawn."""
    strokes = []
    for one in drawn:
        strokes += [Stroke(line, False) for graphic in one.graphics if len(line := _line_of(graphic))]
        strokes += [Stroke(np.array([words.at]), False, words.text) for words in one.words]
    return tuple(strokes)


def filled_in(drawn: Iterable[Drawn], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return which pixels, (rows, columns), lie in a graphic that is to be filled."""
    rows, columns = size
    mask = np.zeros(size, bool)
    for graphic in (graphic for one in drawn for graphic in one.graphics if graphic.filled):
        mask |= inside([_line_of(graphic)], np.arange(rows, dtype=np.float64), np.zeros(rows), 1.0, columns)
    return mask


def _line_of(graphic: Graphic) -> NDArray[np.float64]:
    """Return a graphic as a line of points (column, row), (n, 2); a dot is one point, what is malformed none."""
    points = graphic.points
    turn = np.linspace(0, 2 * np.pi, _ROUND + 1)
    if graphic.kind == "POINT":
        return points[:1]
    if graphic.kind == "CIRCLE" and len(points) == 2:
        radius = np.hypot(*(points[1] - points[0]))
        return np.asarray(points[0] + radius * np.column_stack([np.cos(turn), np.sin(turn)]))
    if graphic.kind == "ELLIPSE" and len(points) == 4:
        long, short = (points[1] - points[0]) / 2, (points[3] - points[2]) / 2
        return np.asarray((points[0] + points[1]) / 2 + np.outer(np.cos(turn), long) + np.outer(np.sin(turn), short))
    if graphic.kind == "INTERPOLATED" and len(points) > 2:
        return _curve(points)
    return points if graphic.kind in ("POLYLINE", "INTERPOLATED") and len(points) > 1 else points[:0]


def _curve(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a smooth curve through points (Catmull and Rom); closed where the last one is the first."""
    closed = bool((points[0] == points[-1]).all())
    before, after = (points[-2], points[1]) if closed else (points[0], points[-1])
    p = np.vstack([before, points, after])
    t = np.linspace(0, 1, _CURVED, endpoint=False)[:, np.newaxis]
    parts = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(p[:-3], p[1:-2], p[2:-1], p[3:], strict=True)
    ]
    return np.vstack([*parts, points[-1:]])
