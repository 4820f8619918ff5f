"""Masks over the pictures: segmentations and arrays become layers of a scene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomview.errors import UnknownChoice
from dicomview.objects import read_segmentations
from dicomview.render.look import Look
from dicomview.render.scene import Layer, thinned
from dicomview.render.volume_scene import VolumeScene
from dicomview.space import Volume

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from dicomview.objects import Segmentation
    from dicomview.render.scene import Cover, Scene, Shot
    from dicomview.space.planes import Plane

__all__ = ["lay", "scene_of_segments"]

_OPACITY = 0.4
_PALETTE = ("#e6194b", "#3cb44b", "#4e79ff", "#f58231", "#46f0f0", "#f032e6", "#bcf60c", "#fabebe")
_MOST_LABELS = 1000  # in one array; a picture given for a mask has more


@dataclass(frozen=True, slots=True, eq=False)
class _Segments:
    """Segments, cut where a shot lies; `names` gives the layer of each number."""

    segmentation: Segmentation
    names: dict[int, str]

    def over(self, shot: Shot, plane: Plane, index: int, step: int) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        if shot.origin is None or shot.row_step is None or shot.column_step is None:
            return
        rows, columns = shot.raster.samples.shape[:2]
        masks = self.segmentation.cut((shot.origin, shot.row_step, shot.column_step), (rows, columns))
        yield from ((name, masks[number]) for number, name in self.names.items() if number in masks)


@dataclass(frozen=True, slots=True, eq=False)
class _Labels:
    """A (k, j, i) array on the grid of the scene; `names` gives the layer of each label."""

    array: NDArray[Any]
    names: dict[int, str]

    def over(self, shot: Shot, plane: Plane, index: int, step: int) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        cut = thinned(plane.cut(self.array, index), step)
        for label, name in self.names.items():
            mask = cut == label
            if mask.any():
                yield name, mask


def lay(scene: Scene, masks: Any) -> Scene:
    """Lay masks over a scene and return it.

    Parameters
    ----------
    scene : Scene
    masks : path, pydicom.Dataset, Series or list of them; mapping of str to array; or array
        Segmentations, or bool or whole numbers (k, j, i) on the grid of the scene.

    Raises
    ------
    UnknownChoice
        They do not lie over the scene: another frame of reference, another shape, no place.
    NothingFound, NotAnImage
        As `read_segmentations`.
    """
    if isinstance(masks, Mapping | np.ndarray):
        _lay_arrays(scene, masks)
    else:
        _lay_segments(scene, read_segmentations(masks))
    return scene


def scene_of_segments(found: Sequence[Segmentation], title: str) -> Scene:
    """Return the scene of segmentations whose images are not there: their segments over black, on the first's grid."""
    affine, shape = found[0].grid
    nothing = np.broadcast_to(np.float32(np.nan), shape)
    scene = VolumeScene(Volume(nothing, affine))
    scene.title, scene.notes = title, ("segmentation without its images", *scene.notes)
    _lay_segments(scene, found, opacity=1.0, reference=found[0].frame_of_reference)
    return scene


def _lay_segments(
    scene: Scene, found: Sequence[Segmentation], *, opacity: float = _OPACITY, reference: str = ""
) -> None:
    first = next(iter(scene.views))
    view = scene.views[first]
    places = [scene.where(first, index) for index in range(view.count)]
    known = [place for place in places if place is not None]
    if len(known) < len(places):
        raise UnknownChoice(
            "a segmentation lies in the patient, and these pictures do not say where they lie; give masks as arrays, "
            'masks={"name": array}, on the grid of the pictures'
        )
    reference = scene.frame_of_reference or reference
    for one in found:
        if reference and one.frame_of_reference and one.frame_of_reference != reference:
            raise UnknownChoice(
                "the segmentation has another FrameOfReferenceUID than the pictures, so nothing says how it lies over "
                "them; choose the series it was made on (ReferencedSeriesSequence in dv.tags of the segmentation)"
            )
        notes = {"exact": (), "resampled": ("mask resampled",), "beside": ("mask beside the pictures",)}
        names = {}
        for segment in one.segments:
            color = segment.color or _next_color(scene)
            names[segment.number] = _add(scene, segment.label, Look(True, color, opacity))
        _cover(scene, _Segments(one, names), *notes[one.fit(known, (view.rows, view.columns))], *one.notes)


def _lay_arrays(scene: Scene, masks: Mapping[str, Any] | NDArray[Any]) -> None:
    view = next(iter(scene.views.values()))
    shape = view.count, view.rows, view.columns
    for name, given in masks.items() if isinstance(masks, Mapping) else [("", masks)]:
        array = np.asarray(given)
        array = array[np.newaxis] if array.ndim == 2 else array
        if array.shape != shape or array.dtype.kind not in "biu":
            raise UnknownChoice(
                f"a mask is an array of bool or whole numbers on the grid of the pictures, {shape}, and this one has "
                f"shape {array.shape} and dtype {array.dtype}"
            )
        labels = [1] if array.dtype.kind == "b" else [x for x in np.unique(array).tolist() if x] or [1]
        if len(labels) > _MOST_LABELS:
            raise UnknownChoice(f"a mask has a label for each segment, and this array has {len(labels)} of them")
        numbered = array.dtype.kind != "b" and (len(labels) > 1 or not name)
        names = {}
        for label in labels:
            words = f"{name} {label}".strip() if numbered else str(name) or "mask"
            names[label] = _add(scene, words, Look(True, _next_color(scene), _OPACITY))
        _cover(scene, _Labels(array, names))


def _add(scene: Scene, name: str, look: Look) -> str:
    """Add a layer and return its name, with a number behind it where another has the same."""
    taken, unique, count = {layer.name for layer in scene.layers}, name, 1
    while unique in taken:
        count += 1
        unique = f"{name} ({count})"
    scene.layers = (*scene.layers, Layer(unique, look))
    return unique


def _next_color(scene: Scene) -> str:
    return _PALETTE[len(scene.layers) % len(_PALETTE)]


def _cover(scene: Scene, cover: Cover, *notes: str) -> None:
    scene.covers = (*scene.covers, cover)
    scene.notes = (*scene.notes, *(note for note in notes if note not in scene.notes))
