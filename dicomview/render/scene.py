"""A scene: everything of one stack or volume that a picture can be taken of."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.dataset import Dataset

from dicomview.errors import UnknownChoice
from dicomview.pixels import Window, automatic, presets, to_rgb
from dicomview.render.raster import Raster, from_stored, from_values
from dicomview.render.state import ViewState
from dicomview.space import Series, Slice, Stack, Volume, read_series
from dicomview.space.planes import Plane, acquired_plane, planes_of
from dicomview.space.sorting import stacks_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from dicomview.files import Source

__all__ = ["ACQUIRED", "Scene", "StackScene", "View", "VolumeScene", "scene_of"]

ACQUIRED = "acquired"  # the name of the only plane of pictures that do not say how they lie

_SAMPLED_SLICES = 8  # for the automatic window; enough for percentiles, few enough to decode at once

_VOLUME_WORDS = {"FILLED": "missing slices left empty", "RESAMPLED": "resampled"}
_SKEWED = 1e-3  # cosine between two axes

_VERDICT_WORDS = {
    "MISSING_SLICES": "slices missing",
    "NONUNIFORM_SPACING": "uneven distances between slices",
    "SHEAR": "slices shifted by a tilt",
    "AMBIGUOUS_POSITIONS": "several images at one position",
}


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
    """

    count: int
    rows: int
    columns: int
    spacing: tuple[float, float] | None
    letters: tuple[str, str, str, str] | None

    @property
    def aspect(self) -> float:
        """Height of a pixel divided by its width."""
        return self.spacing[0] / self.spacing[1] if self.spacing else 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One plane at one index: the samples, and where they lie.

    Parameters
    ----------
    raster : Raster
    place : str
        Where along the plane, in words: "z −40.0 mm"; empty when unknown.
    origin, row_step, column_step : (3,) float64 arrays, optional
        LPS mm of the first pixel, and of one step down and across the screen.
    instance : int, optional
        InstanceNumber of an acquired slice.
    inverted : bool
        True when small values are white.
    """

    raster: Raster
    place: str = ""
    origin: NDArray[np.float64] | None = None
    row_step: NDArray[np.float64] | None = None
    column_step: NDArray[np.float64] | None = None
    instance: int | None = None
    inverted: bool = False


class Scene:
    """What there is to show of a stack or a volume; `StackScene` and `VolumeScene` say how it is fetched."""

    title: str = ""
    unit: str = ""
    colour: bool = False
    notes: tuple[str, ...] = ()
    views: Mapping[str, View]
    refused: Mapping[str, str]

    def shot(self, plane: str, index: int) -> Shot:
        """Return one plane at one index."""
        raise NotImplementedError

    def sampled_values(self) -> list[NDArray[np.floating]]:
        """Return modality values of a few planes spread over the whole."""
        raise NotImplementedError

    def file_windows(self) -> tuple[Any, ...]:
        """Return the windows stored in the file."""
        return ()

    @property
    def padding(self) -> tuple[float, float] | None:
        """Modality values (low, high) that mark no image."""
        return None

    @property
    def counts(self) -> dict[str, int]:
        """How many pictures there are in each plane."""
        return {name: view.count for name, view in self.views.items()}

    def automatic_window(self) -> Window:
        """Return one window over the bulk of all values, padding left out."""
        return self._automatic

    @functools.cached_property
    def _automatic(self) -> Window:
        return automatic(self.sampled_values(), padding=self.padding)

    def presets(self) -> list[Window]:
        """Return the windows a menu offers: those of the file, then the usual ones where the values are in HU."""
        stored = [
            Window(w.center, w.width, w.function, f"{w.explanation or f'window {n}'} (file)")
            for n, w in enumerate(self.file_windows(), start=1)
        ]
        return stored + (list(presets().values()) if self.unit == "HU" else [])

    @property
    def home(self) -> ViewState:
        """The state a view begins with: the first plane, its middle, the first window of the file."""
        windows = () if self.colour else self.file_windows()
        window = windows[0] if windows else (Window(127.5, 255, "LINEAR_EXACT") if self.colour else None)
        positions = tuple((name, view.count // 2) for name, view in self.views.items())
        return ViewState(next(iter(self.views)), positions, window or self.automatic_window())


class StackScene(Scene):
    """A scene of slices, fetched from their files when they are asked for.

    Parameters
    ----------
    stack : Stack
    **axes : int
        Which pile of a stack with extra axes; 0 when not given.
    """

    def __init__(self, stack: Stack, **axes: int) -> None:
        self.stack = stack
        self.slices = stack.pile(**axes)
        first = self.slices[0]
        self.colour, self.unit = first.colour, first.unit
        tags = first.tags
        described = tags.text("SeriesDescription") or tags.text("ProtocolName")
        self.title = " · ".join(word for word in (tags.text("Modality"), described) if word)
        self.affine = stack.affine
        self.notes = _notes(stack, axes)
        why, letters = self._why_flat(), None
        plane = ACQUIRED if first.orientation is None else acquired_plane(first.orientation)
        if self.affine is not None and not why:
            # At 45° one slice alone may be named otherwise than the whole stack.
            self._planes = planes_of(self.affine)
            plane = next(iter(self._planes))
        if first.orientation is not None:
            tilted = np.eye(4)
            tilted[:3, 1], tilted[:3, 2] = first.orientation[3:], first.orientation[:3]
            letters = Plane(plane, 0, 1, 2).letters(tilted)
        self.views = {plane: View(len(self.slices), first.rows, first.columns, first.spacing, letters)}
        self.refused = {}
        if self.affine is not None and not why:
            shape = len(self.slices), first.rows, first.columns
            for name, other in list(self._planes.items())[1:]:
                self.views[name] = _view(other, self.affine, shape)
        else:
            self.refused = {name: why for name in ("axial", "coronal", "sagittal") if name not in self.views}

    def _why_flat(self) -> str:
        """Return why only the acquired plane can be shown, or nothing."""
        if self.colour:
            return "colour slices are shown as they were acquired"
        if len(self.slices) == 1:
            return "a single slice has no other planes"
        return "" if self.stack.verdict.regular else self.stack.verdict.reason

    def file_windows(self) -> tuple[Any, ...]:
        """Return the windows of the middle slice: one set for the stack, so that a tissue keeps its grey."""
        return self.slices[len(self.slices) // 2].windows

    @property
    def padding(self) -> tuple[float, float] | None:
        """Modality values (low, high) of PixelPaddingValue."""
        middle = self.slices[len(self.slices) // 2]
        if middle.padding is None:
            return None
        low, high = sorted(middle.rescale.apply(np.array(middle.padding)).tolist())
        return low, high

    def sampled_values(self) -> list[NDArray[np.floating]]:
        """Return modality values of a few slices; those that cannot be decoded are left to the picture to report."""
        count = len(self.slices)
        values: list[NDArray[np.floating]] = []
        for index in sorted({round(x) for x in np.linspace(0, count - 1, min(count, _SAMPLED_SLICES))}):
            try:
                values.append(self.slices[index].values())
            except (ValueError, ImportError):
                continue
        return values

    def shot(self, plane: str, index: int) -> Shot:
        """Return one plane at one index; the acquired plane is read from its file, the others from the whole stack."""
        if plane == next(iter(self.views)):
            return self._acquired(index)
        assert self.affine is not None
        cut = self._planes[plane].cut(self._whole.samples, index)
        raster = Raster(np.ascontiguousarray(cut), self._whole.slope, self._whole.intercept, self._whole.stored)
        shape = len(self.slices), self.slices[0].rows, self.slices[0].columns
        return _placed(raster, self._planes[plane].place(self.affine, shape, index), inverted=self.slices[0].inverted)

    def _acquired(self, index: int) -> Shot:
        one = self.slices[index]
        stored = one.stored()
        raster = Raster(to_rgb(stored, one.tags)) if one.colour else from_stored(stored, one.rescale)
        if one.place is None or one.spacing is None:
            times = one.frame_times
            moment = f"t {times[one.frame]:.0f} ms" if times and len(times) > 1 else ""
            return Shot(raster, moment, instance=one.instance_number, inverted=one.inverted)
        position, orientation = one.place.position, one.place.orientation
        row_step, column_step = orientation[3:] * one.spacing[0], orientation[:3] * one.spacing[1]
        return _placed(raster, (position, row_step, column_step), instance=one.instance_number, inverted=one.inverted)

    @functools.cached_property
    def _whole(self) -> Raster:
        """The whole stack as samples (k, j, i), read once when a plane across the slices is asked for."""
        linear = {one.rescale if one.rescale.linear else None for one in self.slices}
        stored = [one.stored() for one in self.slices]
        if len(linear) == 1 and None not in linear and all(s.dtype.itemsize <= 2 for s in stored):
            return from_stored(np.stack(stored), self.slices[0].rescale)
        return from_values(np.stack([one.rescale.apply(s) for one, s in zip(self.slices, stored, strict=True)]))


class VolumeScene(Scene):
    """A scene of values that are in memory already.

    Parameters
    ----------
    volume : Volume
    placed : bool
        False for an array whose place in the patient is unknown: no letters, one plane only.
    measured : bool
        False for an array whose pixel size is unknown: no millimetres.
    """

    def __init__(self, volume: Volume, *, placed: bool = True, measured: bool = True) -> None:
        self.volume, self.unit, self.placed = volume, volume.units, placed
        self.title, self.refused = "", {}
        shape = volume.array.shape
        if placed:
            self._planes = planes_of(volume.affine)
            self.notes = _volume_notes(volume)
        else:
            self.notes = ("array without a place in the patient", *(() if measured else ("pixel size unknown",)))
            self._planes = {ACQUIRED: Plane(ACQUIRED, 0, 1, 2)}
        self.views = {
            name: _view(plane, volume.affine, (shape[0], shape[1], shape[2]), letters=placed, measured=measured)
            for name, plane in self._planes.items()
        }
        finite = volume.array[np.isfinite(volume.array)]
        self._range = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)

    def sampled_values(self) -> list[NDArray[np.floating]]:
        """Return some planes of the volume."""
        count = len(self.volume.array)
        return [self.volume.array[k] for k in range(0, count, max(1, count // _SAMPLED_SLICES))]

    def shot(self, plane: str, index: int) -> Shot:
        """Return one plane at one index, fitted into 16 bits over the range of the whole volume."""
        cut = self._planes[plane].cut(self.volume.array, index).astype(np.float64)
        raster = from_values(cut, low=self._range[0], high=self._range[1])
        if not self.placed:
            return Shot(raster)
        shape = self.volume.array.shape
        return _placed(raster, self._planes[plane].place(self.volume.affine, (shape[0], shape[1], shape[2]), index))


def scene_of(source: Source | Series | Stack | Slice | Volume | NDArray[Any], **axes: Any) -> Scene:
    """Return the scene of whatever a user may want to look at.

    Parameters
    ----------
    source : path, pydicom.Dataset, list of either, Series, Stack, Slice, Volume, or (k, j, i) or (j, i) array
    **axes : int
        Place along each extra axis of a stack; for an array, ``spacing=(k, j, i)`` in mm.

    Raises
    ------
    NothingFound, SeveralSeries, NotAnImage
        As `read_series`.
    UnknownChoice
        An axis or a source that cannot be shown.
    """
    if isinstance(source, np.ndarray):
        return _array_scene(source, axes.pop("spacing", None), axes)
    if isinstance(source, Volume):
        if axes:
            raise UnknownChoice(f"{_listed(axes)} is neither an option nor an axis of a Volume; it has no extra axes")
        return VolumeScene(source)
    if isinstance(source, Slice):
        return StackScene(stacks_of([source])[0], **axes)
    if isinstance(source, list | tuple) and source and all(isinstance(one, Slice) for one in source):
        return StackScene(stacks_of(source)[0], **axes)
    if isinstance(source, Stack):
        return StackScene(source, **axes)
    if isinstance(source, Series | str | os.PathLike | Dataset | list | tuple):
        return StackScene(read_series(source).stack, **axes)
    raise UnknownChoice(
        f"{type(source).__name__} is nothing to show; give a path, a pydicom Dataset, a list of either, a Series, a "
        "Stack, a Volume or a NumPy array"
    )


def _array_scene(array: NDArray[Any], spacing: Sequence[float] | None, axes: Mapping[str, Any]) -> Scene:
    if axes:
        raise UnknownChoice(f"{_listed(axes)} is no option for an array, which has spacing=(k, j, i) only")
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
    volume = Volume(np.atleast_3d(array.T).T.astype(np.float32), affine)
    return VolumeScene(volume, placed=False, measured=spacing is not None)


def _listed(axes: Mapping[str, Any]) -> str:
    return ", ".join(repr(name) for name in axes)


def _view(
    plane: Plane,
    affine: NDArray[np.float64],
    shape: tuple[int, int, int],
    *,
    letters: bool = True,
    measured: bool = True,
) -> View:
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    return View(
        shape[plane.axis],
        shape[plane.rows],
        shape[plane.columns],
        (float(steps[plane.rows]), float(steps[plane.columns])) if measured else None,
        plane.letters(affine) if letters else None,
    )


def _placed(
    raster: Raster,
    place: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
    *,
    instance: int | None = None,
    inverted: bool = False,
) -> Shot:
    """Return a shot with its place in words: the coordinate its plane is perpendicular to, at its middle."""
    origin, row_step, column_step = place
    rows, columns = raster.samples.shape[:2]
    middle = origin + (rows - 1) / 2 * row_step + (columns - 1) / 2 * column_step
    axis = int(np.argmax(np.abs(np.cross(column_step, row_step))))
    words = f"{'xyz'[axis]} {middle[axis]:z.1f} mm".replace("-", "−")
    return Shot(raster, words, origin, row_step, column_step, instance, inverted)


def _volume_notes(volume: Volume) -> tuple[str, ...]:
    """Return what was done to the slices on the way, in a few words each."""
    codes = {note.split()[0] for note in volume.notes if note}
    directions = volume.affine[:3, :3] / np.linalg.norm(volume.affine[:3, :3], axis=0)
    notes = [words for code, words in _VOLUME_WORDS.items() if code in codes]
    if np.abs(directions.T @ directions - np.eye(3)).max() > _SKEWED:
        notes.append("skewed: the axes are not perpendicular")
    return tuple(notes)


def _notes(stack: Stack, axes: Mapping[str, int]) -> tuple[str, ...]:
    """Return what must be said on the picture, in a few words each."""
    first, notes = stack.slices[0], []
    if stack.verdict.code in _VERDICT_WORDS:
        notes.append(_VERDICT_WORDS[stack.verdict.code])
    for name, count in zip(stack.dims[:-3], stack.shape[:-3], strict=True):
        notes.append(f"{name} {axes.get(name, 0) + 1} of {count}")
    if first.spacing is None:
        notes.append("pixel size unknown")
    elif first.spacing_kind == "detector":
        notes.append("mm at the detector")
    if first.tags.text("LossyImageCompression") == "01":
        notes.append("lossy compression")
    return tuple(notes)
