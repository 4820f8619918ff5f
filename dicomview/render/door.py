"""The friendly door: the scene of whatever a user may want to look at."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.dataset import Dataset

from dicomview.elements import fitting, hides
from dicomview.errors import UnknownChoice
from dicomview.objects import read_objects, segmentations_of
from dicomview.render.beside import lay_objects
from dicomview.render.masks import lay, scene_of_segments
from dicomview.render.scene import title_of
from dicomview.render.slab import slab_of
from dicomview.render.stack_scene import StackScene
from dicomview.render.state import ViewState, resolve, voi_of
from dicomview.render.volume_scene import VolumeScene, array_scene
from dicomview.space import Series, Slice, Stack, Volume, read_series
from dicomview.space.sorting import stacks_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from dicomview.files import Source
    from dicomview.render.scene import Scene

__all__ = ["opened", "refuse", "scene_of", "scenes_of", "series_in", "veil"]

_NAMED_BY_PEOPLE = ("contrast",)  # ContrastBolusAgent: PS3.15 Table E.1-1 lets no option keep it


def series_in(source: object, uid: str | None = None) -> Series | None:
    """Return the series that `source` is or names, None where it is neither: an array, a volume, a stack, slices.

    Raises
    ------
    NothingFound, SeveralSeries, UnknownSeries
        As `read_series`.
    """
    if isinstance(source, list | tuple) and source and all(isinstance(one, Slice) for one in source):
        return None
    if isinstance(source, Series | str | os.PathLike | Dataset | list | tuple):
        return read_series(source, uid)
    return None


def scene_of(
    source: Source | Series | Stack | Slice | Volume | NDArray[Any],
    *,
    uid: str | None = None,
    units: str | None = None,
    spacing: Sequence[float] | None = None,
    masks: object = None,
    objects: object = None,
) -> Scene:
    """Return the scene of whatever a user may want to look at, without words that are to be hidden.

    Parameters
    ----------
    source : path, pydicom.Dataset, list of either, Series, Stack, Slice, Volume, or (k, j, i) or (j, i) array
    uid : str, optional
        SeriesInstanceUID, or the beginning of one, where `source` holds several series.
    units : str, optional
        For PET: "SUVbw", "SUVlbm", "SUVlbmj", "SUVbsa", or "stored" for the units of the file.
    spacing : floats, mm, optional
        For an array: distance along each of its axes.
    masks : Segmentation source, dict or array, optional
        What lies over the pictures; see `dicomview.picture`.
    objects : path, pydicom.Dataset, Series, list of them, or True, optional
        Objects about the pictures, True for those found beside them; see `dicomview.picture`.

    Raises
    ------
    NothingFound, SeveralSeries, NotAnImage
        As `read_series`.
    UnknownChoice
        A source that cannot be shown, an option that does not go with it, or masks that do not lie over it.
    NotSuv
        `units` cannot be had; the message says what is missing.
    """
    series = series_in(source, uid)
    scene = _bare_scene(source if series is None else series, None if series else uid, units, spacing)
    if objects is not None and objects is not False:
        lay_objects(scene, read_objects(objects, series))  # type: ignore[arg-type]  # refused in words
    if masks is not None:
        scene = lay(scene, masks)
    if hides(source=source):
        veil(scene)
    return scene


def scenes_of(sources: Sequence[Any], **options: Any) -> list[Scene]:
    """Return the scenes of what is shown together, see `scene_of`; where one is to hide who the patient is, all do."""
    scenes = [scene_of(source, **options) for source in sources]
    if hides(source=list(sources)):
        for scene in scenes:
            veil(scene)
    return scenes


def _bare_scene(
    source: Source | Series | Stack | Slice | Volume | NDArray[Any],
    uid: str | None,
    units: str | None,
    spacing: Sequence[float] | None,
) -> Scene:
    if isinstance(source, np.ndarray):
        refuse("an array", uid=uid, units=units)
        return array_scene(source, spacing)
    refuse("anything but an array", spacing=spacing)
    if isinstance(source, Volume):
        refuse("a Volume (stack.volume() takes units)", uid=uid, units=units)
        return VolumeScene(source)
    if isinstance(source, Slice | Stack):
        refuse("a single stack or slice", uid=uid)
    if isinstance(source, Slice):
        return StackScene(stacks_of([source])[0], units=units)
    if isinstance(source, Stack):
        return StackScene(source, units=units)
    series = series_in(source, uid)
    if series is not None:
        if not series.stacks and (found := segmentations_of(series.headers)):
            refuse("a segmentation", units=units)
            return scene_of_segments(found, title_of(series.tags))
        return StackScene(series.stack, units=units, of=(1, len(series.stacks)))
    if isinstance(source, list | tuple):  # of slices
        stacks = stacks_of(source)
        return StackScene(stacks[0], units=units, of=(1, len(stacks)))
    raise UnknownChoice(
        f"{type(source).__name__} is nothing to show; give a path, a pydicom Dataset, a list of either, a Series, a "
        "Stack, a Volume or a NumPy array"
    )


def opened(
    source: Source | Series | Stack | Slice | Volume | NDArray[Any],
    *,
    uid: str | None,
    units: str | None,
    spacing: Sequence[float] | None,
    masks: object,
    window: object,
    slab: object = None,
    objects: object = None,
    axes: Mapping[str, int] | None = None,
    **wishes: Any,
) -> tuple[Scene, ViewState]:
    """Return the scene of `source`, or of its slabs, and the state that answers the wishes one begins with.

    See `resolve`.
    """
    scene = scene_of(source, uid=uid, units=units, spacing=spacing, masks=masks, objects=objects)
    for name, begun in scene.begun.items():
        if wishes.get(name) is None or wishes[name] is False or (name == "rotation" and not wishes[name]):
            wishes[name] = begun
    if slab is not None:
        scene, axes = slab_of(scene, slab, axes or {}), None
    # Whoever gives a window need not wait for the automatic one, for which slices are decoded.
    return scene, resolve(scene, scene.begin(None if window is None else voi_of(scene, window)), axes=axes, **wishes)


def refuse(what: str, /, **options: object) -> None:
    """Raise `UnknownChoice` for an option that is given and says nothing about `what`."""
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise UnknownChoice(f"{given[0]!r} is no option for {what}")


def veil(scene: Scene) -> None:
    """Take away the words of a scene that may tell who the patient is: PS3.15 Table E.1-1 counts descriptions to them.

    The title keeps the modality, places along an axis that people have named keep their numbers.
    """
    scene.title = fitting("CS", scene.modality, hide=True)
    scene.marks = tuple(one.veiled() for one in scene.marks)
    scene.axes = tuple(
        replace(axis, labels=tuple(str(place + 1) for place in range(len(axis.labels))))
        if axis.name in _NAMED_BY_PEOPLE
        else axis
        for axis in scene.axes
    )
