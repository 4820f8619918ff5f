"""Objects about a series over its pictures: doses as bands of colour, what is drawn on them, which are marked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomview.errors import UnknownChoice
from dicomview.objects import Segmentation, StructureSet, filled_in, strokes_of
from dicomview.render.camera import framed
from dicomview.render.look import Look
from dicomview.render.masks import add_layer, cover, lay_segments, placed_planes
from dicomview.render.outlines import lay_outlines
from dicomview.render.shot import thinned
from dicomview.render.stack_scene import StackScene

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from numpy.typing import NDArray

    from dicomview.objects import Dose, Drawn, Found, KeyObjects, Presentation, Stroke
    from dicomview.render.scene import Scene
    from dicomview.render.shot import Shot, View
    from dicomview.space.planes import Plane

__all__ = ["lay_objects"]

_WASH = 0.35
# From this part of the largest dose on, this colour, up to the next.
_BANDS = (
    (0.1, "#2b3fbf"),
    (0.3, "#1f9bde"),
    (0.5, "#22c7a9"),
    (0.7, "#63d13e"),
    (0.8, "#d9e021"),
    (0.9, "#f7931e"),
    (0.95, "#e8312a"),
)


@dataclass(frozen=True, slots=True, eq=False)
class _Wash:
    """A dose, in bands (layer, from, below)."""

    dose: Dose
    bands: tuple[tuple[str, float, float], ...]

    @property
    def layers(self) -> Collection[str]:
        return [name for name, _, _ in self.bands]

    def over(self, shot: Shot, plane: Plane, index: int, step: int) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        if shot.origin is None or shot.row_step is None or shot.column_step is None:
            return
        rows, columns = shot.raster.samples.shape[:2]
        values = self.dose.cut((shot.origin, shot.row_step, shot.column_step), (rows, columns))
        for name, low, high in self.bands:
            mask = (values >= low) & (values < high)
            if mask.any():
                yield name, mask


@dataclass(frozen=True, slots=True, eq=False)
class _Annotated:
    """What a presentation state draws on images as they were acquired; `names` gives the layer of each of its own."""

    state: Presentation
    names: dict[str, str]
    size: tuple[int, int]

    @property
    def layers(self) -> Collection[str]:
        return self.names.values()

    def over(self, shot: Shot, plane: Plane, index: int, step: int) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        for name, drawn in self._drawn(shot.image):
            mask = filled_in(drawn, self.size)
            if mask.any():
                yield name, thinned(mask, step)

    def strokes(self, image: tuple[str, int]) -> Iterator[tuple[str, tuple[Stroke, ...]]]:
        for name, drawn in self._drawn(image):
            if strokes := strokes_of(drawn):
                yield name, strokes

    def words(self, image: tuple[str, int]) -> str:
        return ""

    def veiled(self) -> _Annotated:
        return self

    def _drawn(self, image: tuple[str, int] | None) -> Iterator[tuple[str, list[Drawn]]]:
        if image is not None and self.state.covers(*image):
            drawn = list(self.state.drawn(*image))
            yield from ((name, [one for one in drawn if one.layer == layer]) for layer, name in self.names.items())


@dataclass(frozen=True, slots=True, eq=False)
class _Marked:
    """Images that key objects mark; what they are marked as is a word of the file, and may be anything."""

    keys: KeyObjects
    told: bool = True

    def strokes(self, image: tuple[str, int]) -> Iterator[tuple[str, tuple[Stroke, ...]]]:
        return iter(())

    def words(self, image: tuple[str, int]) -> str:
        if not self.keys.marks(*image):
            return ""
        return f"key image: {self.keys.title}" if self.told else "key image"

    def veiled(self) -> _Marked:
        return replace(self, told=False)


def lay_objects(scene: Scene, found: Found) -> Scene:
    """Lay all that was found over a scene, and return it.

    Doses lie lowest, then segments and regions, then what is drawn. The first presentation state that is for these
    images decides how the scene begins, the first image that is marked or presented where.

    Raises
    ------
    UnknownChoice
        An object lies in another frame of reference, or the pictures have no place in the patient.
    """
    notes = list(found.faults)
    plans = [dose for dose in found.doses if dose.summation == "PLAN"] or found.doses
    for dose in plans:
        _lay_dose(scene, dose)
    lay_segments(scene, [one for one in found.segmented if isinstance(one, Segmentation)])
    for one in found.segmented:
        if isinstance(one, StructureSet):
            lay_outlines(scene, one.outlines)
            notes.extend(one.notes)
    if isinstance(scene, StackScene):
        for state in found.presentations:
            _lay_presentation(scene, state)
        for keys in found.keys:
            _mark(scene, keys)
    if left := len(found.doses) - len(plans):
        notes.append(f"{left} doses of parts of a plan not shown")
    scene.notes = (*scene.notes, *notes)
    return scene


def _lay_dose(scene: Scene, dose: Dose) -> None:
    placed_planes(scene, "a dose", dose.frame_of_reference)
    edges = [*(part * dose.largest for part, _ in _BANDS), np.inf]
    bands = []
    for (_, color), low, high in zip(_BANDS, edges[:-1], edges[1:], strict=True):
        ends = f"{low:.1f}–{min(high, dose.largest):.1f}"
        name = add_layer(scene, f"dose {ends} {dose.unit}".strip(), Look(True, color, _WASH))
        bands.append((name, low, high))
    cover(scene, _Wash(dose, tuple(bands)))


def _lay_presentation(scene: StackScene, state: Presentation) -> None:
    view = next(iter(scene.views.values()))
    pile = scene.stack.pile()
    meant = [k for k, one in enumerate(pile) if state.covers(one.sop_instance_uid, one.frame)]
    if not meant:
        raise UnknownChoice(
            "the presentation state is for none of these pictures; choose the series it names "
            "(ReferencedSeriesSequence in dv.tags of it)"
        )
    drawn_on = [k for k in meant if any(state.drawn(pile[k].sop_instance_uid, pile[k].frame))]
    image = pile[meant[0]].sop_instance_uid, pile[meant[0]].frame
    names = {
        layer: add_layer(
            scene, f"{state.label}: {layer}".rstrip(": "), Look(color=state.colors.get(layer, Look().color))
        )
        for layer in state.layers
    }
    annotated = _Annotated(state, names, (view.rows, view.columns))
    cover(scene, annotated)
    scene.marks = (*scene.marks, annotated)
    scene.presented = (*scene.presented, *(() if scene.colour else state.voi(*image)))
    if "flip" not in scene.begun:  # else another one has said how to begin
        scene.begun = {
            **scene.begun,
            "rotation": state.rotation,
            "flip": state.flip,
            "invert": state.inverted != scene.inverted and not scene.colour,
            **_camera(view, state, image),
        }
    _begin_at(scene, drawn_on or meant)


def _camera(view: View, state: Presentation, image: tuple[str, int]) -> dict[str, Any]:
    """Return the zoom and pan that show the displayed area; nothing for the whole picture or one of a fixed size."""
    area = state.area(*image)
    if area is None or not area.fitted:
        return {}
    part = area.part(view.rows, view.columns)
    if part == (0, 0, 1, 1) or part[0] >= part[2] or part[1] >= part[3]:
        return {}
    zoom, pan = framed(part, (view.columns, view.rows * view.aspect), state.rotation, state.flip)
    return {"zoom": zoom, "pan": pan}


def _mark(scene: StackScene, keys: KeyObjects) -> None:
    scene.marks = (*scene.marks, _Marked(keys))
    _begin_at(scene, [k for k, one in enumerate(scene.stack.pile()) if keys.marks(one.sop_instance_uid, one.frame)])


def _begin_at(scene: StackScene, meant: list[int]) -> None:
    """Let the scene begin at the first picture that is meant, unless that is all of them or another one was before."""
    if meant and len(meant) < len(scene.stack.pile()) and "index" not in scene.begun:
        scene.begun = {**scene.begun, "index": meant[0]}
