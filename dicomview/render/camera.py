"""How a picture is held: zoomed, moved, turned, mirrored. Letters and spacing follow; values do not change."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomview.errors import UnknownChoice

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "MOST_ZOOM", "as_pan", "as_point", "as_rotation", "as_switch", "as_zoom",
    "framed", "held", "letters_held", "points_held",
]  # fmt: skip

Letters = tuple[str, str, str, str]
MOST_ZOOM = 64.0


def held(pixels: NDArray[Any], rotation: int, flip: bool) -> NDArray[Any]:
    """Return a picture mirrored left to right, if `flip`, and then turned clockwise.

    Parameters
    ----------
    pixels : (rows, columns, …) array
    rotation : 0, 90, 180 or 270 degrees
    flip : bool
    """
    return np.ascontiguousarray(np.rot90(pixels[:, ::-1] if flip else pixels, -(rotation // 90)))


def points_held(points: NDArray[np.float64], size: tuple[int, int], rotation: int, flip: bool) -> NDArray[np.float64]:
    """Return where points of a picture are when it is held so.

    Parameters
    ----------
    points : (n, 2) array
        Columns and rows, whole numbers in the middle of a pixel.
    size : (rows, columns)
        Of the picture before.
    rotation, flip
        As for `held`.
    """
    (column, row), (rows, columns) = points.T, size
    if flip:
        column = columns - 1 - column
    for _ in range(rotation // 90):
        column, row, rows, columns = rows - 1 - row, column, columns, rows
    return np.stack([column, row], axis=1)


def letters_held(letters: Letters | None, rotation: int, flip: bool) -> Letters | None:
    """Return the patient letters (left, right, top, bottom) of a picture held so."""
    if letters is None:
        return None
    left, right, top, bottom = letters
    if flip:
        left, right = right, left
    for _ in range(rotation // 90):
        left, right, top, bottom = bottom, top, left, right
    return left, right, top, bottom


def framed(
    part: tuple[float, float, float, float], sheet: tuple[float, float], rotation: int, flip: bool
) -> tuple[float, tuple[float, float]]:
    """Return the zoom and pan at which a part of a picture just fits into its frame, which is a square.

    Parameters
    ----------
    part : (left, top, right, bottom)
        Fractions of the picture before it was turned: 0 at its left and top, 1 at its other ends.
    sheet : (width, height)
        Of the picture, in any unit that is the same for both.
    rotation, flip
        As for `held`.
    """
    left, top, right, bottom = part
    fitted = np.array(sheet) / max(sheet)
    zoom = 1 / max((right - left) * fitted[0], (bottom - top) * fitted[1])
    zoom = min(max(float(zoom), 1 / MOST_ZOOM), MOST_ZOOM)
    x, y = (np.array([left + right, top + bottom]) / 2 - 0.5) * fitted
    x = -x if flip else x
    for _ in range(rotation // 90):
        x, y = -y, x
    return zoom, (-zoom * float(x) + 0.0, -zoom * float(y) + 0.0)


def as_zoom(wish: object) -> float:
    """Return a wish for the zoom, 1 for a picture that just fits; or raise UnknownChoice."""
    if not _number(wish) or not 1 / MOST_ZOOM <= float(wish) <= MOST_ZOOM:  # type: ignore[arg-type]
        raise UnknownChoice(f"a zoom is a number from 1/{MOST_ZOOM:g} to {MOST_ZOOM:g}, 1 fits, not {wish!r}")
    return float(wish)  # type: ignore[arg-type]


def as_pan(wish: Any) -> tuple[float, float]:
    """Return a wish for the place of the picture, in parts of the width of its frame; or raise UnknownChoice."""
    try:
        right, down = wish
    except (TypeError, ValueError):
        right = down = None
    if not all(_number(part) and abs(part) <= MOST_ZOOM for part in (right, down)):
        raise UnknownChoice(
            f"a pan is (right, down) in widths of the frame, from {-MOST_ZOOM:g} to {MOST_ZOOM:g}, not {wish!r}"
        )
    return float(right), float(down)


def as_point(wish: Any) -> tuple[float, float, float] | None:
    """Return a wish for the point that linked views show, (x, y, z), None for no such point; or raise UnknownChoice."""
    if wish is None:
        return None
    try:
        x, y, z = wish
    except (TypeError, ValueError):
        x = y = z = None
    if not all(_number(one) and math.isfinite(one) for one in (x, y, z)):
        raise UnknownChoice(f"a point is (x, y, z), LPS mm, not {wish!r}")
    return float(x), float(y), float(z)


def as_rotation(wish: object) -> int:
    """Return a wish for the rotation, clockwise; or raise UnknownChoice."""
    if not _number(wish) or float(wish) % 90:  # type: ignore[arg-type]
        raise UnknownChoice(f"a rotation is 0, 90, 180 or 270 degrees, clockwise, not {wish!r}")
    return int(float(wish)) % 360  # type: ignore[arg-type]


def as_switch(wish: object) -> bool:
    """Return a wish that is True or False; or raise UnknownChoice."""
    if not isinstance(wish, bool | np.bool_):
        raise UnknownChoice(f"choose True or False, not {wish!r}")
    return bool(wish)


def _number(wish: object) -> bool:
    return isinstance(wish, int | float | np.number) and not isinstance(wish, bool)
