"""Axial, coronal, sagittal: which array axis each runs along, and how it lies on the screen.

Read from the affine, never assumed. The acquired plane is shown as stored; the two others as radiologists hold them:
the patient's right on the left of the screen, anterior up or left, head up.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from dicomview.space.geometry import axis_letters

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["PLANES", "Plane", "Where", "acquired_plane", "planes_of"]

# Of a plane as it lies on the screen, LPS mm: its first pixel, one step down, one step across.
Where: TypeAlias = "tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]"

PLANES = ("sagittal", "coronal", "axial")  # those that x, y and z are perpendicular to

# Directions of increasing column and row on the screen, LPS.
_ON_SCREEN = {
    "axial": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    "coronal": ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0)),
    "sagittal": ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0)),
}


@dataclass(frozen=True, slots=True)
class Plane:
    """How one plane is cut from a (k, j, i) array.

    Parameters
    ----------
    name : "axial", "coronal" or "sagittal"
    axis : int
        The array axis that `index` runs along.
    rows, columns : int
        The array axes that lie down and across the screen.
    flip_rows, flip_columns : bool
        True when the array axis runs against the screen.
    """

    name: str
    axis: int
    rows: int
    columns: int
    flip_rows: bool = False
    flip_columns: bool = False

    def cut(self, array: NDArray[np.generic], index: int) -> NDArray[np.generic]:
        """Return the plane at `index` of a (k, j, i) array, (rows, columns), as it lies on the screen; a view."""
        plane: NDArray[np.generic] = np.moveaxis(array, self.axis, 0)[index]
        if self.rows > self.columns:
            plane = plane.T
        return plane[:: -1 if self.flip_rows else 1, :: -1 if self.flip_columns else 1]

    def place(self, affine: NDArray[np.float64], shape: tuple[int, int, int], index: int) -> Where:
        """Return (origin, row step, column step) in LPS mm of the plane at `index`, as it lies on the screen."""
        start = np.array([0.0, 0.0, 0.0, 1.0])
        start[self.axis] = index
        row_step, column_step = affine[:3, self.rows].copy(), affine[:3, self.columns].copy()
        if self.flip_rows:
            start[self.rows], row_step = shape[self.rows] - 1, -row_step
        if self.flip_columns:
            start[self.columns], column_step = shape[self.columns] - 1, -column_step
        return affine[:3] @ start, row_step, column_step

    def letters(self, affine: NDArray[np.float64]) -> tuple[str, str, str, str]:
        """Return the patient letters (left, right, top, bottom) of the screen."""
        column, row = affine[:3, self.columns], affine[:3, self.rows]
        left, right = axis_letters(-column if self.flip_columns else column)
        top, bottom = axis_letters(-row if self.flip_rows else row)
        return left, right, top, bottom


def acquired_plane(orientation: NDArray[np.float64]) -> str:
    """Return the name of the plane an ImageOrientationPatient lies closest to."""
    return PLANES[int(np.argmax(np.abs(np.cross(orientation[:3], orientation[3:]))))]


def planes_of(affine: NDArray[np.float64]) -> dict[str, Plane]:
    """Return the three planes of a volume by name, the acquired one first.

    Parameters
    ----------
    affine : (4, 4) array
        From (k, j, i, 1) to LPS mm.
    """
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    # The acquired plane is named after the normal of its rows and columns, not after a step that may be sheared.
    normal = np.cross(directions[:, 1], directions[:, 2])
    directions[:, 0] = normal if normal @ directions[:, 0] >= 0 else -normal
    first = int(np.argmax(np.abs(directions[:, 0])))
    others = [axis for axis in range(3) if axis != first]
    # Oblique directions: the assignment with the largest cosines in sum gives every plane exactly one axis.
    best = max(permutations(others), key=lambda xyz: abs(directions[xyz[0], 1]) + abs(directions[xyz[1], 2]))
    planes = {PLANES[first]: Plane(PLANES[first], 0, 1, 2)}
    for axis, patient_axis in sorted(zip((1, 2), best, strict=True), key=lambda pair: -pair[1]):
        name = PLANES[patient_axis]
        across, down = (np.array(direction) for direction in _ON_SCREEN[name])
        rest = [a for a in range(3) if a != axis]
        columns = max(rest, key=lambda a: abs(float(directions[:, a] @ across)))
        rows = rest[0] if rest[1] == columns else rest[1]
        planes[name] = Plane(
            name,
            axis,
            rows,
            columns,
            flip_rows=bool(directions[:, rows] @ down < 0),
            flip_columns=bool(directions[:, columns] @ across < 0),
        )
    return planes
