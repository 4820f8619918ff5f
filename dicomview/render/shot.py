"""One picture of a scene: how its plane lies on the screen, its samples, and where they are in the patient."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dicomview.objects import Stroke
    from dicomview.render.raster import Raster
    from dicomview.space.planes import Plane, Where

__all__ = ["Shot", "View", "placed", "thinned", "view_of"]


@dataclass(frozen=True, slots=True)
class View:
    """One plane of a scene, as it lies on the screen.

    Parameters
    ----------
    count, rows, columns : int
    spacing : (row, column) mm, optional
        None when unknown.
    letters : (left, right, top, bottom), optional
        Patient letters; None when the file does not say.
    ratio : float, optional
        Height of a pixel divided by its width, where only that is known (PixelAspectRatio).
    """

    count: int
    rows: int
    columns: int
    spacing: tuple[float, float] | None
    letters: tuple[str, str, str, str] | None
    ratio: float | None = None

    @property
    def aspect(self) -> float:
        """Height of a pixel divided by its width."""
        return self.spacing[0] / self.spacing[1] if self.spacing else (self.ratio or 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One plane at one place: the samples, and where they lie.

    Parameters
    ----------
    raster : Raster
    place : str
        Where along the plane, in words: "z −40.0 mm"; empty when unknown.
    origin, row_step, column_step : (3,) float64 arrays, optional
        LPS mm of the first pixel, and of one step down and across the screen.
    instance : int, optional
        InstanceNumber of an acquired slice.
    image : (SOPInstanceUID, zero-based frame), optional
        Of an acquired slice.
    inverted : bool
        True when small values are white.
    layers : tuple of (name, (rows, columns) bool array) pairs
        Where each layer that is on this plane is set.
    strokes : tuple of (name, tuple of Stroke) pairs
        What is drawn of each layer of lines, in columns and rows of the whole plane, whatever is left away of it.
    notes : tuple of str
        What must be said of this picture, beside what the scene says of all.
    """

    raster: Raster
    place: str = ""
    origin: NDArray[np.float64] | None = None
    row_step: NDArray[np.float64] | None = None
    column_step: NDArray[np.float64] | None = None
    instance: int | None = None
    image: tuple[str, int] | None = None
    inverted: bool = False
    layers: tuple[tuple[str, NDArray[np.bool_]], ...] = ()
    strokes: tuple[tuple[str, tuple[Stroke, ...]], ...] = ()
    notes: tuple[str, ...] = ()


def view_of(
    plane: Plane,
    affine: NDArray[np.float64],
    shape: tuple[int, int, int],
    *,
    letters: bool = True,
    measured: bool = True,
) -> View:
    """Return how a plane of a (k, j, i) grid lies on the screen."""
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    return View(
        shape[plane.axis],
        shape[plane.rows],
        shape[plane.columns],
        (float(steps[plane.rows]), float(steps[plane.columns])) if measured else None,
        plane.letters(affine) if letters else None,
    )


def thinned(samples: NDArray[Any], step: int) -> NDArray[Any]:
    """Return a view of every step-th sample of every step-th row of (rows, columns, …), beginning at step // 2."""
    return samples[step // 2 :: step, step // 2 :: step] if step > 1 else samples


def placed(shot: Shot, place: Where, size: tuple[int, int], step: int = 1) -> Shot:
    """Return a shot with its place, also in words: the coordinate its plane is perpendicular to, at its middle.

    Parameters
    ----------
    shot : Shot
    place : (origin, row_step, column_step)
        LPS mm, of the plane with all of its samples.
    size : (rows, columns)
        Of the plane with all of its samples.
    step : int
        As for `thinned`.
    """
    origin, row_step, column_step = place
    rows, columns = size
    middle = origin + (rows - 1) / 2 * row_step + (columns - 1) / 2 * column_step
    axis = int(np.argmax(np.abs(np.cross(column_step, row_step))))
    words = f"{'xyz'[axis]} {middle[axis]:z.1f} mm".replace("-", "−")
    first = origin + step // 2 * (row_step + column_step)
    return replace(shot, place=words, origin=first, row_step=step * row_step, column_step=step * column_step)
