"""Two volumes in one picture, the second resampled onto the grid of the first: mixed, or cell by cell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomview.errors import NotAVolume
from dicomview.render.scene import NO_AXES, Axis
from dicomview.render.shot import thinned
from dicomview.render.volume_scene import VolumeScene
from dicomview.space.geometry import gap_between
from dicomview.space.resample import sampled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from dicomview.pixels import Voi, Window
    from dicomview.render.scene import Scene
    from dicomview.space import Volume

__all__ = ["BlendScene", "blend_of"]

_STEPS = 10  # of the share of the second volume
_CELLS = 8  # of a checkerboard along the longer side of a picture


class BlendScene(VolumeScene):
    """Two volumes in one picture.

    The pictures have the grid of the first. Of the second just what a picture needs is interpolated, so no resampled
    volume lies in memory.

    Parameters
    ----------
    first, second : Volume
        In one space.
    line : (slope, intercept)
        Applied to the second's values, so that one window suits both.
    checkered : bool
        Cells of the one and the other by turns; else mixed, by an extra axis "blend" that is the share of the second.
    voi : tuple of Window or VoiTable
        Windows of the first's file.
    """

    fine = True

    def __init__(
        self, first: Volume, second: Volume, line: tuple[float, float], *, checkered: bool, voi: tuple[Voi, ...]
    ) -> None:
        super().__init__(first)
        self.second, self.line, self.checkered, self.stored_voi = second, line, checkered, voi
        if not checkered:
            self.axes = (Axis("blend", tuple(f"{100 * n // _STEPS} %" for n in range(_STEPS + 1))),)

    def file_voi(self) -> tuple[Voi, ...]:
        """Return the windows of the first's file."""
        return self.stored_voi

    def spanned(self) -> Iterable[NDArray[np.floating]]:
        """Yield values that are the range of all pictures."""

        def both() -> Iterator[NDArray[np.floating]]:
            yield from self.volume.array
            slope, intercept = self.line
            for plane in self.second.array:
                yield plane * np.float32(slope) + np.float32(intercept)

        return both()

    def values(
        self, plane: str, index: int, axes: Mapping[str, int], step: int
    ) -> tuple[NDArray[Any], tuple[str, ...]]:
        """Return both in one; where only one of them has a value, it is that."""
        one: Any = thinned(self.cuts[plane].cut(self.volume.array, index), step)
        place = self.where(plane, index)
        assert place is not None
        origin, down, across = place
        place = origin + step // 2 * (down + across), step * down, step * across
        slope, intercept = self.line
        other = slope * sampled(self.second.array, self.second.affine, place, one.shape) + intercept
        if self.checkered:
            mixed = np.where(self._cells(plane, one.shape, step), other, one)
        else:
            share = axes.get("blend", 0) / _STEPS
            mixed = (1 - share) * one + share * other
        return np.where(np.isnan(one), other, np.where(np.isnan(other), one, mixed)), ()

    def exact(
        self, plane: str, index: int, axes: Mapping[str, int] = NO_AXES
    ) -> tuple[NDArray[np.floating], tuple[str, ...]]:
        """Return one plane as it is seen, which is neither volume's alone."""
        values, words = super().exact(plane, index, axes)
        return values, (*words, "values of two volumes, mixed as they are seen")

    def _cells(self, plane: str, size: tuple[int, int], step: int) -> NDArray[np.bool_]:
        """Return where a thinned picture is the second's; cells are squares in mm, the same at every step."""
        view = self.views[plane]
        assert view.spacing is not None
        side = max(view.rows * view.spacing[0], view.columns * view.spacing[1]) / _CELLS
        rows, columns = (
            ((step // 2 + step * np.arange(count)) * spacing // side).astype(int)
            for count, spacing in zip(size, view.spacing, strict=True)
        )
        return np.asarray((rows[:, np.newaxis] + columns) % 2 == 1)


def blend_of(
    first: Scene,
    second: Scene,
    windows: tuple[Window, Window],
    *,
    checkered: bool,
    offset: NDArray[np.float64],
    doubt: str = "",
) -> BlendScene:
    """Return two scenes as one.

    Parameters
    ----------
    first, second : Scene
    windows : (Window, Window)
        Where the units differ, the second's values are stretched so that its window becomes the first's.
    checkered : bool
    offset : (3,) float64 array
        mm to add to a point of the first's space for that of the second's.
    doubt : str
        What must be said of their lying in one space.

    Raises
    ------
    NotAVolume
        The slices of one are no regular grid.
    """
    for scene in (first, second):
        if isinstance(scene, VolumeScene) and not scene.placed:
            raise NotAVolume("an array has no place in the patient; give dv.Volume(array, affine)")
    one, other = first.as_volume(), second.as_volume()
    affine = other.affine.copy()
    affine[:3, 3] -= offset
    line = 1.0, 0.0
    alike = first.unit == second.unit != ""
    if not alike:
        slope = windows[0].width / windows[1].width
        line = slope, windows[0].center - slope * windows[1].center
    blend = BlendScene(one, replace(other, affine=affine), line, checkered=checkered, voi=first.file_voi())
    blend.title = " | ".join(title for title in (first.title, second.title) if title)
    blend.modality = first.modality
    notes = [*first.notes, *second.notes, "second series resampled linearly onto the grid of the first"]
    if doubt:
        notes.append(doubt)
    if (gap := gap_between((one.affine, one.array.shape), (affine, other.array.shape))) > 0:
        notes.append(f"the two do not meet: the second lies {gap:.1f} mm beside the first")
    if np.any(offset):
        x, y, z = (f"{float(part):g}" for part in offset)
        notes.append(f"second series placed by hand, by ({x}, {y}, {z}) mm")
    if not alike:
        blend.unit = ""
        notes.append("values of the second stretched to the window of the first")
    blend.notes = tuple(dict.fromkeys(notes))
    return blend
