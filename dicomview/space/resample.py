"""Linear interpolation: along the normal or within each plane onto a straight grid, or on any plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dicomview.space.planes import Where

__all__ = ["sampled", "shifted", "stepped"]

_EXACT = 1e-6  # of a voxel: nearer to a centre than rounding can tell


def stepped(planes: Sequence[NDArray[np.float32]], depths: NDArray[np.float64], step: float) -> NDArray[np.float32]:
    """Interpolate planes at `depths` to equal steps.

    Parameters
    ----------
    planes : sequence of (rows, columns) float32 arrays
    depths : (planes,) float64 array
        Increasing from 0, mm.
    step : float
        Wanted distance, mm.

    Returns
    -------
    (slices, rows, columns) float32 array
        From the first depth to the last that a whole step reaches.
    """
    count = int(np.floor(depths[-1] / step + 1e-6)) + 1
    result = np.empty((count, *planes[0].shape), np.float32)
    for k in range(count):
        depth = min(k * step, float(depths[-1]))
        after = int(np.clip(np.searchsorted(depths, depth), 1, len(planes) - 1))
        before = after - 1
        part = (depth - depths[before]) / (depths[after] - depths[before])
        result[k] = (1 - part) * planes[before] + part * planes[after]
    return result


def shifted(array: NDArray[np.float32], affine: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Straighten a sheared pile: shift each slice within its plane.

    Parameters
    ----------
    array : (slices, rows, columns) float32 array
    affine : (4, 4) float64 array
        With a first column that is not perpendicular to the two others.

    Returns
    -------
    array, affine
        Of the same shape, NaN where no slice reaches; the first column is perpendicular now.
    """
    row, column = affine[:3, 1], affine[:3, 2]
    normal = np.cross(row, column)
    normal /= np.linalg.norm(normal)
    across = affine[:3, 0] - (affine[:3, 0] @ normal) * normal
    per_slice = float(across @ row / (row @ row)), float(across @ column / (column @ column))
    result = np.empty_like(array)
    for k, plane in enumerate(array):
        result[k] = _moved(_moved(plane, k * per_slice[0]).T, k * per_slice[1]).T
    straight = affine.copy()
    straight[:3, 0] = (affine[:3, 0] @ normal) * normal
    return result, straight


def _moved(plane: NDArray[np.float32], rows: float) -> NDArray[np.float32]:
    """Return `plane` moved by a fraction of rows towards larger index, NaN where nothing comes in."""
    whole = int(np.floor(rows))
    part = np.float32(rows - whole)
    size = len(plane)
    source = np.arange(size) - whole
    padded = np.concatenate([plane, np.full((1, plane.shape[1]), np.nan, np.float32)])

    def at(places: NDArray[np.int_]) -> NDArray[np.float32]:
        return padded[np.where((places >= 0) & (places < size), places, size)]

    if part < 1e-6:
        return at(source)
    return np.asarray((1 - part) * at(source) + part * at(source - 1), np.float32)


def sampled(
    array: NDArray[np.float32], affine: NDArray[np.float64], place: Where, size: tuple[int, int]
) -> NDArray[np.float32]:
    """Interpolate a volume linearly on the pixels of a plane that may lie anywhere.

    Parameters
    ----------
    array : (slices, rows, columns) float32 array
    affine : (4, 4) float64 array
        From (k, j, i, 1) to LPS mm.
    place : (origin, row step, column step)
        Of the plane, LPS mm.
    size : (rows, columns)
        Of the plane.

    Returns
    -------
    size float32 array
        NaN outside the volume, whose voxels reach half a voxel beyond their centres, and beside voxels that are NaN.
    """
    inverse = np.linalg.inv(affine)
    origin, down, across = (inverse[:3, :3] @ vector for vector in place)
    origin = origin + inverse[:3, 3]
    rows, columns = np.arange(size[0])[:, np.newaxis], np.arange(size[1])
    inside = np.ones(size, bool)
    corners, parts = [], []
    for axis, count in enumerate(array.shape):
        at = origin[axis] + rows * down[axis] + columns * across[axis]
        at = np.where(np.abs(at - np.round(at)) < _EXACT, np.round(at), at)
        inside &= (at >= -0.5) & (at <= count - 0.5)
        at = np.clip(at, 0, count - 1)
        below = np.floor(at).astype(np.intp)
        part = (at - below).astype(np.float32)
        corners.append((below, below + (part > 0)))  # a neighbour of no weight is none, were it NaN
        parts.append(part)
    (k, kk), (j, jj), (i, ii) = corners

    def along_i(k: NDArray[np.intp], j: NDArray[np.intp]) -> NDArray[np.float32]:
        return _between(array[k, j, i], array[k, j, ii], parts[2])

    first = _between(along_i(k, j), along_i(k, jj), parts[1])
    last = _between(along_i(kk, j), along_i(kk, jj), parts[1])
    return np.where(inside, _between(first, last, parts[0]), np.float32(np.nan))


def _between(low: NDArray[np.float32], high: NDArray[np.float32], part: NDArray[np.float32]) -> NDArray[np.float32]:
    return low + part * (high - low)
