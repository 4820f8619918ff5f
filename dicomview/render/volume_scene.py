"""A scene of values that are in memory already."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomview.errors import UnknownChoice
from dicomview.render.raster import Raster, Scale16, from_values
from dicomview.render.scene import NO_AXES, PLAIN, SAMPLED_SLICES, Scene
from dicomview.render.shot import Shot, placed, thinned, view_of
from dicomview.space import Volume
from dicomview.space.planes import Plane, planes_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from dicomview.space.planes import Where

__all__ = ["VolumeScene", "array_scene", "skewed"]

_VOLUME_WORDS = {"FILLED": "missing slices left empty", "RESAMPLED": "resampled"}
_SKEWED = 1e-3  # cosine between two axes


def skewed(volume: Volume) -> bool:
    """Return whether the axes of a volume are not perpendicular to each other."""
    directions = volume.affine[:3, :3] / np.linalg.norm(volume.affine[:3, :3], axis=0)
    return bool(np.abs(directions.T @ directions - np.eye(3)).max() > _SKEWED)


class VolumeScene(Scene):
    """A scene of a volume.

    Parameters
    ----------
    volume : Volume
    placed : bool
        False for an array whose place in the patient is unknown: no letters, one plane only.
    measured : bool
        False for an array whose pixel size is unknown: no millimetres.
    """

    fine = False  # whether pictures have values between those of the volume

    def __init__(self, volume: Volume, *, placed: bool = True, measured: bool = True) -> None:
        self.volume, self.unit = volume, volume.units
        self.placed, self.measured = placed, measured
        self.refused = {}
        shape = volume.array.shape
        if placed:
            self.affine = volume.affine
            self.cuts = planes_of(volume.affine)
            self.notes = self.of_distances = _notes(volume)
        else:
            self.of_distances = () if measured else ("pixel size unknown",)
            self.notes = ("array without a place in the patient", *self.of_distances)
            self.cuts = {PLAIN: Plane(PLAIN, 0, 1, 2)}
        self.views = {
            name: view_of(plane, volume.affine, (shape[0], shape[1], shape[2]), letters=placed, measured=measured)
            for name, plane in self.cuts.items()
        }

    def sampled_values(self) -> Sequence[NDArray[np.floating]]:
        """Return some planes of the volume."""
        count = len(self.volume.array)
        return [self.volume.array[k] for k in range(0, count, max(1, count // SAMPLED_SLICES))]

    def where(self, plane: str, index: int, axes: Mapping[str, int] = NO_AXES) -> Where | None:
        """Return where a plane lies on the grid of the volume."""
        if not self.placed:
            return None
        k, j, i = self.volume.array.shape
        return self.cuts[plane].place(self.volume.affine, (k, j, i), index)

    def exact(
        self, plane: str, index: int, axes: Mapping[str, int] = NO_AXES
    ) -> tuple[NDArray[np.floating], tuple[str, ...]]:
        """Return one plane at one index, and what was made of it on the way."""
        values, words = self.values(plane, index, axes, 1)
        return values.astype(np.float64), words

    def as_volume(self, axes: Mapping[str, int] = NO_AXES) -> Volume:
        """Return the volume."""
        return self.volume

    def bare(self, plane: str, index: int, axes: Mapping[str, int] = NO_AXES, step: int = 1) -> Shot:
        """Return one plane at one index, fitted into 16 bits over the range of the whole volume."""
        values, notes = self.values(plane, index, axes, step)
        shot = Shot(self._fitted(values), inverted=self.volume.inverted, notes=notes)
        where, view = self.where(plane, index), self.views[plane]
        return shot if where is None else placed(shot, where, (view.rows, view.columns), step)

    def values(
        self, plane: str, index: int, axes: Mapping[str, int], step: int
    ) -> tuple[NDArray[Any], tuple[str, ...]]:
        """Return the values of one plane, thinned, and what must be said of them."""
        return thinned(self.cuts[plane].cut(self.volume.array, index), step), ()

    def spanned(self) -> Iterable[NDArray[np.floating]]:
        """Yield values that are the range of all pictures."""
        return self.volume.array

    def _fitted(self, values: NDArray[Any]) -> Raster:
        if values.dtype.kind in "iub" and values.dtype.itemsize <= 2:
            samples: Any = values.astype(np.int16 if values.dtype.kind == "i" else np.uint16, copy=False)
            return Raster(samples)
        return from_values(values, self._scale)

    @functools.cached_property
    def _scale(self) -> Scale16:
        return Scale16.over(self.spanned(), fine=self.fine)


def array_scene(array: NDArray[Any], spacing: Sequence[float] | None) -> Scene:
    """Return the scene of a NumPy array.

    Parameters
    ----------
    array : (k, j, i) or (j, i) array of numbers
    spacing : floats, mm, one for each axis, optional

    Raises
    ------
    UnknownChoice
        The array is no stack of grey pictures, or `spacing` does not fit it.
    """
    if array.ndim not in (2, 3) or array.dtype.kind not in "iufb" or not array.size:
        raise UnknownChoice(
            f"an array of shape {array.shape} and dtype {array.dtype} is no stack of grey pictures; give (rows, "
            "columns) or (slices, rows, columns) numbers"
        )
    try:
        steps = np.ones(array.ndim) if spacing is None else np.array(spacing, float)
    except (TypeError, ValueError):
        steps = np.empty(0)
    if steps.shape != (array.ndim,) or not (np.isfinite(steps).all() and steps.min() > 0):
        raise UnknownChoice(f"spacing {spacing!r} does not fit an array of {array.ndim} axes; give mm for each of them")
    affine = np.diag([*np.ones(3 - array.ndim), *steps, 1.0])
    affine = affine[[2, 1, 0, 3]]  # rows of an affine are x, y, z; the array axes are k, j, i
    whole = np.atleast_3d(array.T).T
    if array.dtype.kind == "f" or array.dtype.itemsize > 2:  # whole numbers of 16 bits are shown as they are
        whole = whole.astype(np.float32)
    volume = Volume(whole, affine)
    return VolumeScene(volume, placed=False, measured=spacing is not None)


def _notes(volume: Volume) -> tuple[str, ...]:
    """Return what was done to the slices on the way, in a few words each."""
    codes = {note.split()[0] for note in volume.notes if note}
    notes = [words for code, words in _VOLUME_WORDS.items() if code in codes]
    if skewed(volume):
        notes.append("skewed: the axes are not perpendicular")
    return tuple(notes)
