"""Masks over the pictures: segmentations and arrays become layers of a scene."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomview.errors import NotASource, UnknownChoice
from dicomview.objects import elsewhere, read_segmentations
from dicomview.render.look import Layer, Look
from dicomview.render.shot import thinned
from dicomview.render.volume_scene import VolumeScene
from dicomview.space import Volume

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from dicomview.objects import Segmentation, Segmented
    from dicomview.render.scene import Cover, Scene
    from dicomview.render.shot import Shot
    from dicomview.space.planes import Plane, Where

__all__ = [
    "add_layer", "cover", "lay", "lay_segments", "next_color", "placed_planes", "same_reference", "scene_of_segments",
    "without",
]  # fmt: skip

_OPACITY = 0.4
_PALETTE = ("#e6194b", "#3cb44b", "#4e79ff", "#f58231", "#46f0f0", "#f032e6", "#bcf60c", "#fabebe")
_MOST_LABELS = 1000  # in one array; a picture given for a mask has more


@dataclass(frozen=True, slots=True, eq=False)
class _Segments:
    """Segments, cut where a shot lies; `names` gives the layer of each number."""

    segmentation: Segmented
    names: dict[int, str]

    @property
    def layers(self) -> Collection[str]:
        return self.names.values()

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

    @property
    def layers(self) -> Collection[str]:
        return self.names.values()

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
        try:
            found = read_segmentations(masks)
        except NotASource:
            of = f" of {type(masks[0]).__name__}" if isinstance(masks, list | tuple) and masks else ""
            raise UnknownChoice(
                f"a mask is a NumPy array of bool or whole numbers on the grid of the pictures, {_grid(scene)}, or a "
                f"DICOM Segmentation (its path, Dataset or Series), not of type {type(masks).__name__}{of}"
            ) from None
        lay_segments(scene, found)
    return scene


def scene_of_segments(found: Sequence[Segmentation], title: str) -> Scene:
    """Return the scene of segmentations whose images are not there: their segments over black, on the first's grid."""
    affine, shape = found[0].grid
    nothing = np.broadcast_to(np.float32(np.nan), shape)
    scene = VolumeScene(Volume(nothing, affine))
    scene.title, scene.notes = title, ("segmentation without its images", *scene.notes)
    lay_segments(scene, found, opacity=1.0, reference=found[0].frame_of_reference)
    return scene


def lay_segments(scene: Scene, found: Sequence[Segmented], *, opacity: float = _OPACITY, reference: str = "") -> None:
    """Lay segments and regions over a scene, each as a layer; for errors see `lay`."""
    view = next(iter(scene.views.values()))
    for one in found:
        known = placed_planes(scene, "a segmentation or structure set", one.frame_of_reference, reference)
        notes = {"exact": (), "resampled": ("mask resampled",), "beside": ("mask beside the pictures",)}
        names = {}
        for segment in one.segments:
            color = segment.color or next_color(scene)
            names[segment.number] = add_layer(scene, segment.label, Look(True, color, opacity))
        cover(scene, _Segments(one, names), *notes[one.fit(known, (view.rows, view.columns))], *one.notes)


def placed_planes(scene: Scene, what: str, theirs: str, reference: str = "") -> list[Where]:
    """Return where the first plane of a scene lies, for what lies in the frame of reference `theirs`.

    Raises
    ------
    UnknownChoice
        The pictures have no place in the patient, or lie in another frame of reference.
    """
    first = next(iter(scene.views))
    places = [scene.where(first, index) for index in range(scene.counts[first])]
    known = [place for place in places if place is not None]
    if len(known) < len(places):
        raise UnknownChoice(
            f"{what} lies in the patient, and these pictures do not say where they lie; give masks as arrays, "
            'masks={"name": array}, on the grid of the pictures'
        )
    if not same_reference(scene, theirs, reference):
        raise UnknownChoice(elsewhere(what))
    return known


def same_reference(scene: Scene, uid: str, reference: str = "") -> bool:
    """Return False when a FrameOfReferenceUID is another than that of the scene; `reference` where it has none."""
    reference = scene.frame_of_reference or reference
    return not (reference and uid) or uid == reference


def _lay_arrays(scene: Scene, masks: Mapping[str, Any] | NDArray[Any]) -> None:
    shape = _grid(scene)
    for name, given in masks.items() if isinstance(masks, Mapping) else [("", masks)]:
        array = np.asarray(given)
        array = array[np.newaxis] if array.ndim == 2 else array
        if array.shape != shape or array.dtype.kind not in "biu":
            raise UnknownChoice(
                f"a mask is an array of bool or whole numbers on the grid of the pictures, {shape}, and this one has "
                f"shape {np.shape(given)} and dtype {array.dtype}"
            )
        labels = [1] if array.dtype.kind == "b" else [x for x in np.unique(array).tolist() if x] or [1]
        if len(labels) > _MOST_LABELS:
            raise UnknownChoice(f"a mask has a label for each segment, and this array has {len(labels)} of them")
        numbered = array.dtype.kind != "b" and (len(labels) > 1 or not name)
        names = {}
        for label in labels:
            words = f"{name} {label}".strip() if numbered else str(name) or "mask"
            names[label] = add_layer(scene, words, Look(True, next_color(scene), _OPACITY))
        cover(scene, _Labels(array, names))


def _grid(scene: Scene) -> tuple[int, int, int]:
    """Return the shape of the arrays that lie on a scene."""
    view = next(iter(scene.views.values()))
    return view.count, view.rows, view.columns


def add_layer(scene: Scene, name: str, look: Look, *, coloured: bool = True) -> str:
    """Add a layer and return its name, with a number behind it where another has the same."""
    taken, unique, count = {layer.name for layer in scene.layers}, name, 1
    while unique in taken:
        count += 1
        unique = f"{name} ({count})"
    scene.layers = (*scene.layers, Layer(unique, look, coloured))
    return unique


def without(scene: Scene, names: Collection[str]) -> Scene:
    """Return a copy of a scene without some of its layers, and without what only they need."""
    bare = copy.copy(scene)
    bare.layers = tuple(layer for layer in scene.layers if layer.name not in names)
    bare.covers = tuple(one for one in scene.covers if not set(one.layers) <= set(names))
    bare.lines = tuple(one for one in scene.lines if not set(one.layers) <= set(names))
    return bare


def next_color(scene: Scene) -> str:
    """Return the colour of a layer that has none of its own."""
    return _PALETTE[len(scene.layers) % len(_PALETTE)]


def cover(scene: Scene, over: Cover, *notes: str) -> None:
    """Lay a cover over a scene, with notes that are not there yet."""
    scene.covers = (*scene.covers, over)
    scene.notes = (*scene.notes, *(note for note in notes if note not in scene.notes))
