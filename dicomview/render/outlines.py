"""Contours over the pictures: lines in the patient, or on one slice, become layers of a scene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomview.errors import UnknownChoice
from dicomview.objects import Contour, Outline, Stroke
from dicomview.render.look import Look, as_color
from dicomview.render.masks import add_layer, next_color, same_reference

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from dicomview.render.scene import Scene

__all__ = ["lay_lines", "lay_outlines", "outlines_of"]


@dataclass(frozen=True, slots=True, eq=False)
class _InPatient:
    """Outlines by the name of their layer."""

    outlines: Mapping[str, Outline]
    steps: dict[str, float] = field(default_factory=dict)  # mm from slice to slice, by plane

    @property
    def layers(self) -> Collection[str]:
        return self.outlines.keys()

    def on(self, scene: Scene, plane: str, index: int) -> Iterator[tuple[str, tuple[Stroke, ...]]]:
        where = scene.where(plane, index)
        assert where is not None
        if plane not in self.steps:
            self.steps[plane] = _step(scene, plane)
        for name, outline in self.outlines.items():
            if strokes := outline.cut(where, self.steps[plane]):
                yield name, tuple(strokes)


@dataclass(frozen=True, slots=True, eq=False)
class _OnSlice:
    """Lines on one slice, in its columns and rows."""

    plane: str
    index: int
    strokes: Mapping[str, tuple[Stroke, ...]]

    @property
    def layers(self) -> Collection[str]:
        return self.strokes.keys()

    def on(self, scene: Scene, plane: str, index: int) -> Iterator[tuple[str, tuple[Stroke, ...]]]:
        if (plane, index) == (self.plane, self.index):
            yield from self.strokes.items()


def lay_outlines(scene: Scene, outlines: Sequence[Outline]) -> Scene:
    """Lay contours of the patient over a scene and return it: a layer for each outline.

    Raises
    ------
    UnknownChoice
        The pictures do not say where they lie, or lie in another frame of reference.
    """
    first = next(iter(scene.views))
    if any(scene.where(first, index) is None for index in range(scene.views[first].count)):
        raise UnknownChoice(
            "contours in mm lie in the patient, and these pictures do not say where they lie; give contours of "
            "(column, row) points, and the index of the slice that they are on"
        )
    named = {}
    for one in outlines:
        if not same_reference(scene, one.frame_of_reference):
            raise UnknownChoice(
                "the contours have another FrameOfReferenceUID than the pictures, so nothing says how they lie over "
                "them; choose the series they were drawn on"
            )
        named[_add(scene, one.name, one.color)] = one
    scene.lines = (*scene.lines, _InPatient(named))
    return scene


def lay_lines(
    scene: Scene, given: Any, *, name: str, closed: bool = True, plane: str | None = None, index: int | None = None
) -> Scene:
    """Lay lines over a scene and return it.

    Parameters
    ----------
    scene : Scene
    given : array, list of arrays, Contour, Outline, list of either, or mapping of str to any of these
        (n, 3) arrays are points in the patient, LPS mm; with an `index` (n, 2) arrays are (column, row) on one slice.
    name, closed
        Of what does not say so itself.
    plane, index
        The slice that columns and rows count on.

    Raises
    ------
    UnknownChoice
        The points are no such points, nothing says how they lie over the pictures, or all of them lie beside these.
    """
    named = given if isinstance(given, Mapping) else {name: given}
    if plane is None or index is None:
        outlines = [one for key in named for one in outlines_of(named[key], str(key), closed=closed)]
        lay_outlines(scene, outlines)
        _refuse_outside(scene, [one.points for outline in outlines for one in outline.contours])
        return scene
    drawn = {key: tuple(Stroke(points, closed) for points in _arrays(value, 2)) for key, value in named.items()}
    ends = np.array([scene.views[plane].columns, scene.views[plane].rows]) - 0.5
    boxes = [_box(one.points) for strokes in drawn.values() for one in strokes]
    if boxes and all((low > ends).any() or (high < -0.5).any() for low, high in boxes):
        raise UnknownChoice(
            f"the contours lie wholly outside of the picture: they reach from {_words(*boxes)}, (column, row), and the "
            f"picture from (0, 0) to {tuple((ends - 0.5).astype(int).tolist())}"
        )
    found = {_add(scene, str(key), None): strokes for key, strokes in drawn.items()}
    scene.lines = (*scene.lines, _OnSlice(plane, index, found))
    return scene


def _add(scene: Scene, name: str, color: str | None) -> str:
    """Add a layer of lines and return its name."""
    return add_layer(scene, name, Look(True, next_color(scene) if color is None else as_color(color)))


def outlines_of(given: Any, name: str, *, closed: bool = True) -> list[Outline]:
    """Return what is meant by contours in the patient; see `lay_lines`."""
    parts = given if isinstance(given, list | tuple) else [given]
    if parts and all(isinstance(one, Outline) for one in parts):
        return list(parts)
    if parts and all(isinstance(one, Contour) for one in parts):
        return [Outline(name, tuple(parts))]
    return [Outline(name, tuple(Contour(points, closed) for points in _arrays(given, 3)))]


def _arrays(given: Any, numbers: int) -> list[NDArray[np.float64]]:
    """Return the (n, numbers) arrays that `given` is or holds."""
    if not isinstance(given, np.ndarray) or given.ndim != 2:
        try:
            parts = [np.array(one, np.float64) for one in given]
        except (TypeError, ValueError):
            parts = []
        if parts and all(one.ndim == 1 and len(one) == len(parts[0]) for one in parts):
            parts = [np.array(parts)]
    else:
        parts = [np.array(given, np.float64)]
    wrong = [one.shape for one in parts if one.shape[1:] != (numbers,) or not len(one) or not np.isfinite(one).all()]
    if wrong or not parts:
        words = "(x, y, z) in LPS mm" if numbers == 3 else "(column, row) on a slice"
        other = "with an index they are (column, row)" if numbers == 3 else "without an index they are (x, y, z) in mm"
        shape = f"shape {wrong[0]}" if wrong else f"a {type(given).__name__}"
        raise UnknownChoice(f"contours are arrays of finite points {words}, not of {shape}; {other}")
    if all(len(one) == 1 for one in parts):
        raise UnknownChoice(
            'a contour of one point is no line; give more of them, or mark a place with view.measure("point", [...])'
        )
    return parts


def _refuse_outside(scene: Scene, lines: Sequence[NDArray[np.float64]]) -> None:
    """Raise UnknownChoice when none of some lines in the patient lies anywhere within the pictures."""
    plane = next(iter(scene.views))
    view, half = scene.views[plane], _step(scene, plane) / 2
    places = [place for index in range(view.count) if (place := scene.where(plane, index))]
    for points in lines:
        across, before, behind = False, True, True
        for origin, down, right in places:
            normal = np.cross(right, down)
            steps = np.stack([right, down, normal / np.linalg.norm(normal)], axis=1)
            low, high = _box(np.linalg.solve(steps, (points - origin).T).T)
            across |= bool((high[:2] >= -0.5).all() and (low[:2] <= (view.columns - 0.5, view.rows - 0.5)).all())
            before, behind = before and high[2] < -half, behind and low[2] > half
            if across and not (before or behind):
                return
    if not lines:
        return
    edges = [
        origin + row * down + column * right
        for origin, down, right in places
        for row in (0, view.rows - 1)
        for column in (0, view.columns - 1)
    ]
    raise UnknownChoice(
        f"the contours lie wholly outside of these pictures: they reach from {_words(*map(_box, lines))} mm, and the "
        f"pictures from {_words(_box(np.array(edges)))} mm; points are LPS, so those of a RAS program have x and y of "
        "the other sign"
    )


def _box(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return points.min(axis=0), points.max(axis=0)


def _words(*boxes: tuple[NDArray[np.float64], NDArray[np.float64]]) -> str:
    """Return from where to where some boxes reach together."""
    lows, highs = (np.array(ends) for ends in zip(*boxes, strict=True))
    corners = lows.min(axis=0), highs.max(axis=0)
    return " to ".join(f"({', '.join(f'{part + 0:.4g}' for part in corner)})" for corner in corners)


def _step(scene: Scene, plane: str) -> float:
    """Return mm from one slice of a plane to the next: the usual one where they differ, of one alone its thickness."""
    count = scene.views[plane].count
    if count == 1:
        return 1.0 if scene.affine is None else float(np.linalg.norm(scene.affine[:3, scene.cuts[plane].axis]))
    # Only the acquired slices may lie unevenly.
    count = count if plane == next(iter(scene.views)) else 2
    places = [place for index in range(count) if (place := scene.where(plane, index))]
    origin, row_step, column_step = places[0]
    normal = np.cross(column_step, row_step)
    depths = np.array([place[0] - origin for place in places]) @ (normal / np.linalg.norm(normal))
    return float(np.median(np.abs(np.diff(np.sort(depths)))))
