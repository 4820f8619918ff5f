"""Lines and words of presentation states as masks of the image they were drawn on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from dicomview.objects import Drawn, Graphic

__all__ = ["mask_of"]

_ROUND = 64  # points along a circle or an ellipse
_CURVED = 8  # points from one point of a curve to the next
_LETTERS = 40  # lines of text that would fill an image
_SMALLEST = 10  # pixels of a line of text
_CROSS = 3.0  # pixels from the middle of a point to the ends of its cross


def mask_of(drawn: Iterable[Drawn], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return where something is drawn.

    Parameters
    ----------
    drawn : iterable of Drawn
    size : (rows, columns)

    Returns
    -------
    (rows, columns) bool array
    """
    rows, columns = size
    sheet = Image.new("1", (columns, rows))
    pen = ImageDraw.Draw(sheet)
    width = max(1, round(min(size) / 512))
    font = ImageFont.load_default(max(_SMALLEST, rows / _LETTERS))
    for one in drawn:
        for graphic in one.graphics:
            for line in _lines_of(graphic):
                points = [(float(x), float(y)) for x, y in line]
                if graphic.filled and len(points) > 2:
                    pen.polygon(points, fill=1)
                pen.line(points, fill=1, width=width)
        for words in one.words:
            pen.multiline_text(words.at, words.text, fill=1, font=font)
    return np.array(sheet, bool)


def _lines_of(graphic: Graphic) -> list[NDArray[np.float64]]:
    """Return a graphic as lines of points (column, row); PS3.3 C.10.5.1.2."""
    points = graphic.points
    turn = np.linspace(0, 2 * np.pi, _ROUND + 1)
    if graphic.kind == "POINT":
        arms = np.array([[-_CROSS, 0.0], [_CROSS, 0.0], [0.0, -_CROSS], [0.0, _CROSS]])
        return [points[0] + arms[:2], points[0] + arms[2:]]
    if graphic.kind == "CIRCLE" and len(points) == 2:
        radius = np.hypot(*(points[1] - points[0]))
        return [points[0] + radius * np.column_stack([np.cos(turn), np.sin(turn)])]
    if graphic.kind == "ELLIPSE" and len(points) == 4:
        long, short = (points[1] - points[0]) / 2, (points[3] - points[2]) / 2
        return [(points[0] + points[1]) / 2 + np.outer(np.cos(turn), long) + np.outer(np.sin(turn), short)]
    if graphic.kind == "INTERPOLATED" and len(points) > 2:
        return [_curve(points)]
    return [points] if len(points) > 1 else []


def _curve(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a smooth curve through points (Catmull and Rom); closed where the last one is the first."""
    closed = bool((points[0] == points[-1]).all())
    before, after = (points[-2], points[1]) if closed else (points[0], points[-1])
    p = np.vstack([before, points, after])
    t = np.linspace(0, 1, _CURVED, endpoint=False)[:, np.newaxis]
    parts = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False)
    ]
    return np.vstack([*parts, points[-1:]])
