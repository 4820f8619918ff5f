"""Directions, affines and residuals: pure numbers, no DICOM objects.

Arrays are (slice k, row j, column i); patient space is DICOM's LPS in mm (+x left, +y posterior, +z head); an affine
is 4×4 and maps ``(k, j, i, 1)`` to ``(x, y, z, 1)``. An orientation is ImageOrientationPatient: the direction of
increasing column index R, then of increasing row index C (PS3.3 C.7.6.2.1.1).
"""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["affine_of", "axis_letters", "corner_residuals", "fit_line", "gap_between", "mean_orientation", "normal_of"]

_LETTERS = (("R", "L"), ("A", "P"), ("F", "H"))  # negative and positive end of x, y, z


def normal_of(orientation: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the unit normal R × C of an orientation, shape (3,)."""
    n = np.cross(orientation[:3], orientation[3:])
    return np.asarray(n / np.linalg.norm(n))


def mean_orientation(orientations: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of (slices, 6) orientations with both directions of unit length again, shape (6,)."""
    mean = orientations.mean(axis=0).reshape(2, 3)
    return np.asarray((mean / np.linalg.norm(mean, axis=1, keepdims=True)).ravel())


def fit_line(positions: NDArray[np.float64], places: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Fit ``positions ≈ origin + places · step`` by least squares.

    Parameters
    ----------
    positions : (slices, 3) float64 array
        ImagePositionPatient, mm.
    places : (slices,) float64 array
        Index of each slice on the grid, from 0, possibly with gaps.

    Returns
    -------
    origin, step : (3,) float64 arrays
        In mm. Unlike a step taken from the first gap or from the ends, this one is not moved by the jitter of one
        slice.
    """
    design = np.stack([np.ones(len(places)), places], axis=1)
    # Rounded to 1e-9 mm: the rest is the noise of the solver, and an exact grid should look like one.
    origin, step = np.round(np.linalg.lstsq(design, positions, rcond=None)[0], 9) + 0.0
    return origin, step


def affine_of(
    origin: NDArray[np.float64],
    step: NDArray[np.float64],
    orientation: NDArray[np.float64],
    spacing: tuple[float, float],
) -> NDArray[np.float64]:
    """Return the 4×4 affine from (k, j, i, 1) to LPS mm.

    Parameters
    ----------
    origin, step : (3,) arrays, mm
        Centre of the first pixel of slice 0; the way from one slice to the next.
    orientation : (6,) array
    spacing : (row, column) mm
        PixelSpacing: between rows, then between columns.
    """
    affine = np.eye(4)
    affine[:3, 0] = step
    affine[:3, 1] = np.asarray(orientation[3:]) * spacing[0]
    affine[:3, 2] = np.asarray(orientation[:3]) * spacing[1]
    affine[:3, 3] = origin
    return affine


def corner_residuals(
    affine: NDArray[np.float64],
    places: NDArray[np.float64],
    positions: NDArray[np.float64],
    orientations: NDArray[np.float64],
    spacings: NDArray[np.float64],
    size: tuple[int, int],
) -> NDArray[np.float64]:
    """Return, for each slice, how far its corners lie from where the common affine puts them.

    Parameters
    ----------
    affine : (4, 4) array
    places : (slices,) array
        Index of each slice on the grid.
    positions, orientations, spacings : (slices, 3), (slices, 6), (slices, 2) arrays
        The slices' own attributes.
    size : (rows, columns)

    Returns
    -------
    (slices,) float64 array
        The largest distance of the four corner pixel centres, mm. One number that sees jitter of position and of
        orientation, drift in the plane and a change of pixel spacing alike.
    """
    worst = np.zeros(len(places))
    for j, i in product((0, size[0] - 1), (0, size[1] - 1)):
        own = positions + i * spacings[:, 1:2] * orientations[:, :3] + j * spacings[:, 0:1] * orientations[:, 3:]
        grid = np.stack([places, np.full(len(places), j), np.full(len(places), i), np.ones(len(places))], axis=1)
        worst = np.maximum(worst, np.linalg.norm(grid @ affine[:3].T - own, axis=1))
    return worst


def axis_letters(direction: NDArray[np.float64]) -> tuple[str, str]:
    """Return the patient letters (where it comes from, where it goes to) of a direction in LPS.

    Examples
    --------
    >>> axis_letters(np.array([0.0, 0.1, -0.99]))
    ('H', 'F')
    """
    axis = int(np.argmax(np.abs(direction)))
    low, high = _LETTERS[axis]
    return (low, high) if direction[axis] >= 0 else (high, low)


def gap_between(*grids: tuple[NDArray[np.float64], tuple[int, ...]]) -> float:
    """Return how far two grids lie apart, mm; 0 or less where they meet.

    Parameters
    ----------
    *grids : (affine, shape)
        Two of them, whose voxels reach half a voxel beyond their centres.

    Returns
    -------
    float
        The widest gap between two parallel planes that have all of the one before and all of the other behind them.
    """
    middles = [affine[:3, 3] + affine[:3, :3] @ ((np.array(shape) - 1) / 2) for affine, shape in grids]
    edges = [(affine[:3, :3] * (np.array(shape) / 2)).T for affine, shape in grids]  # half of each, as rows
    pairs = [*(pair for own in edges for pair in combinations(own, 2)), *product(*edges)]
    normals = np.array([np.cross(*pair) for pair in pairs])
    lengths = np.linalg.norm(normals, axis=1)
    sizes = np.array([np.linalg.norm(one) * np.linalg.norm(other) for one, other in pairs])
    turned = lengths > 1e-6 * sizes  # parallel edges have no normal
    units = normals[turned] / lengths[turned, np.newaxis]
    reach = np.abs(np.concatenate(edges) @ units.T).sum(axis=0)
    return float((np.abs(units @ (middles[1] - middles[0])) - reach).max())
