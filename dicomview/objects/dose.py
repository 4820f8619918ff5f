"""Radiotherapy dose: a grid of Gy that lies in the patient, read wherever a plane runs through it; PS3.3 C.8.8.3."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dicomview.errors import NotAnImage
from dicomview.pixels import FrameTags
from dicomview.space import series_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dicomview.files import Header
    from dicomview.space import Volume
    from dicomview.space.planes import Where

__all__ = ["Dose", "sampled"]

_EDGE = 1e-6  # of a voxel beyond the outermost centres: rounding, not outside


class Dose:
    """One dose grid; it is decoded when it is first asked for.

    Parameters
    ----------
    source : Header
        Of an RT Dose with pixel data.

    Attributes
    ----------
    frame_of_reference : str
        FrameOfReferenceUID.
    summation : str
        DoseSummationType: "PLAN", "BEAM" …

    Raises
    ------
    NotAnImage
        It is no grid of dose with a place in the patient.
    """

    def __init__(self, source: Header) -> None:
        assert source.dataset is not None
        tags = FrameTags(source.dataset)
        self.frame_of_reference = tags.text("FrameOfReferenceUID")
        self.summation = tags.text("DoseSummationType")
        (self._series,) = series_of([source], progress=False)
        if not self._series.stacks or self._series.stack.affine is None:
            raise NotAnImage("this dose has no grid with a place in the patient; dv.view shows what is in it")

    @property
    def unit(self) -> str:
        """Gy, or what the file has instead."""
        return self._series.stack.slices[0].unit

    @cached_property
    def volume(self) -> Volume:
        """The grid: values in `unit`, voxel centres by its affine."""
        return self._series.volume()

    @cached_property
    def largest(self) -> float:
        """The largest dose of the grid, in `unit`."""
        return float(np.nanmax(self.volume.array))

    def cut(self, where: Where, size: tuple[int, int]) -> NDArray[np.float32]:
        """Return the dose on a plane, in `unit`.

        Parameters
        ----------
        where : (origin, row step, column step), LPS mm
            The plane may lie in any direction.
        size : (rows, columns)

        Returns
        -------
        (rows, columns) float32 array
            Interpolated linearly between the eight nearest voxel centres; NaN beyond the outermost ones.
        """
        return sampled(self.volume, where, size)


def sampled(volume: Volume, where: Where, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return the values of a volume on a plane; see `Dose.cut`."""
    origin, down, across = where
    to_voxels = np.linalg.inv(volume.affine)
    first = to_voxels[:3] @ np.append(origin, 1.0)
    rows, columns = (np.arange(count, dtype=np.float64) for count in size)
    places = [
        first[axis] + np.add.outer(rows * (to_voxels[axis, :3] @ down), columns * (to_voxels[axis, :3] @ across))
        for axis in range(3)
    ]
    shape = volume.array.shape
    held = [(place >= -_EDGE) & (place <= count - 1 + _EDGE) for place, count in zip(places, shape, strict=True)]
    known = np.logical_and.reduce(held)
    points = [place[known] for place in places]
    before = [
        np.clip(np.floor(point), 0, max(0, count - 2)).astype(np.intp)
        for point, count in zip(points, shape, strict=True)
    ]
    parts = [np.clip(point - low, 0.0, 1.0) for point, low in zip(points, before, strict=True)]
    found = np.zeros(len(points[0]))
    for corner in np.ndindex(2, 2, 2):
        weight = np.prod([part if up else 1 - part for part, up in zip(parts, corner, strict=True)], axis=0)
        at = tuple(np.minimum(low + up, count - 1) for low, up, count in zip(before, corner, shape, strict=True))
        found += np.where(weight > 0, weight * volume.array[at], 0.0)
    plane = np.full(size, np.nan, np.float32)
    plane[known] = found
    return plane
