"""A volume on a grid of another spacing: the same directions and field of view, linear interpolation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["respaced"]

_WHOLE = 1e-6  # of a voxel; nearer, a place is that of a voxel


def respaced(
    array: NDArray[np.float32], affine: NDArray[np.float64], spacing: Sequence[float]
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """Interpolate a volume to another spacing.

    Parameters
    ----------
    array : (slices k, rows j, columns i) float32 array
    affine : (4, 4) float64 array
        From (k, j, i, 1) to LPS mm.
    spacing : 3 floats, mm
        Along (k, j, i), above 0.

    Returns
    -------
    array, affine
        About the same middle, with as many voxels as the field of view, edges of voxels included, has room for: along
        each axis size × spacing / new spacing, rounded. Beyond the outermost centres the outermost value holds; NaN
        stays where it takes part. Nothing is smoothed beforehand, so what is finer than the new grid may alias.
    """
    wanted, result = affine.copy(), array
    start = np.array([0.0, 0.0, 0.0, 1.0])
    for axis, (count, mm) in enumerate(zip(array.shape, spacing, strict=True)):
        step = mm / float(np.linalg.norm(affine[:3, axis]))
        new = max(1, int(np.floor(count / step + 0.5)))
        places = (np.arange(new) - (new - 1) / 2) * step + (count - 1) / 2
        start[axis] = places[0]
        wanted[:3, axis] = affine[:3, axis] * step
        result = _along(result, axis, places)
    wanted[:3, 3] = affine[:3] @ start
    return result, wanted


def _along(array: NDArray[np.float32], axis: int, places: NDArray[np.float64]) -> NDArray[np.float32]:
    places = np.clip(np.where(np.abs(places - np.round(places)) < _WHOLE, np.round(places), places), 0, None)
    places = np.minimum(places, array.shape[axis] - 1)
    below = np.floor(places).astype(np.intp)
    part = np.float32(places - below).reshape([-1 if one == axis else 1 for one in range(array.ndim)])
    above = below + (part.ravel() > 0)  # a neighbour of no weight is none, were it NaN
    low = np.take(array, below, axis)
    return low + part * (np.take(array, above, axis) - low)
