"""A scene: everything of one stack or volume that a picture can be taken of."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from dicomview.pixels import VoiTable, Window, automatic, presets
from dicomview.render.state import ViewState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from dicomview.pixels import Voi
    from dicomview.render.raster import Raster
    from dicomview.space.planes import Plane

__all__ = ["ACQUIRED", "NO_AXES", "SAMPLED_SLICES", "Axis", "Cine", "Scene", "Shot", "View", "placed", "view_of"]

ACQUIRED = "acquired"  # the name of the only plane of pictures that do not say how they lie
NO_AXES: Mapping[str, int] = MappingProxyType({})
SAMPLED_SLICES = 8  # for the automatic window; enough for percentiles, few enough to decode at once


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
    ratio : float, optional
        Height of a pixel divided by its width, where only that is known (PixelAspectRatio).
    """

    count: int
    rows: int
    columns: int
    spacing: tuple[float, float] | None
    letters: tuple[str, str, str, str] | None
    ratio: float | None = None

    @property
    def aspect(self) -> float:
        """Height of a pixel divided by its width."""
        return self.spacing[0] / self.spacing[1] if self.spacing else (self.ratio or 1.0)


@dataclass(frozen=True, slots=True)
class Axis:
    """An extra axis of a stack.

    Parameters
    ----------
    name : str
        "echo", "time", "diffusion" …
    labels : tuple of str
        Its values in words, with their unit.
    """

    name: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cine:
    """What moves in time.

    Parameters
    ----------
    along : str
        The name of an extra axis, or "index".
    rate : float
        Pictures per second, the file's own where it says one.
    """

    along: str
    rate: float


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One plane at one place: the samples, and where they lie.

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
    layers : tuple of (rows, columns) bool arrays
        Overlay planes.
    notes : tuple of str
        What must be said of this picture, beside what the scene says of all.
    """

    raster: Raster
    place: str = ""
    origin: NDArray[np.float64] | None = None
    row_step: NDArray[np.float64] | None = None
    column_step: NDArray[np.float64] | None = None
    instance: int | None = None
    inverted: bool = False
    layers: tuple[NDArray[np.bool_], ...] = ()
    notes: tuple[str, ...] = ()


class Scene:
    """What there is to show of a stack or a volume; `StackScene` and `VolumeScene` say how it is fetched."""

    title: str = ""
    unit: str = ""
    colour: bool = False
    layered: bool = False
    notes: tuple[str, ...] = ()
    axes: tuple[Axis, ...] = ()
    cine: Cine | None = None
    views: Mapping[str, View]
    refused: Mapping[str, str]

    def shot(self, plane: str, index: int, axes: Mapping[str, int] = NO_AXES) -> Shot:
        """Return one plane at one index, and at one place along each extra axis."""
        raise NotImplementedError

    def sampled_values(self) -> Sequence[NDArray[np.floating]]:
        """Return modality values of a few planes spread over the whole."""
        raise NotImplementedError

    def file_voi(self) -> tuple[Voi, ...]:
        """Return the windows and VOI tables stored in the file."""
        return ()

    @property
    def padding(self) -> tuple[float, float] | None:
        """Modality values (low, high) that mark no image."""
        return None

    @property
    def counts(self) -> dict[str, int]:
        """How many pictures there are in each plane."""
        return {name: view.count for name, view in self.views.items()}

    @property
    def lengths(self) -> dict[str, int]:
        """How many places there are along each extra axis."""
        return {axis.name: len(axis.labels) for axis in self.axes}

    def automatic_window(self) -> Window:
        """Return one window over the bulk of all values, padding left out."""
        return self._automatic

    @functools.cached_property
    def _automatic(self) -> Window:
        return automatic(self.sampled_values(), padding=self.padding)

    def presets(self) -> list[Voi]:
        """Return what a menu offers: windows and tables of the file, then the usual windows where values are in HU."""
        return self._presets

    @functools.cached_property
    def _presets(self) -> list[Voi]:
        # Every gesture asks for them, and tables are long.
        stored: list[Voi] = [
            voi if isinstance(voi, VoiTable) else replace(voi, explanation=f"{voi.explanation or f'window {n}'} (file)")
            for n, voi in enumerate(self.file_voi(), start=1)
        ]
        return stored + (list(presets().values()) if self.unit == "HU" else [])

    @property
    def home(self) -> ViewState:
        """The state a view begins with: the first plane, its middle, the first window of the file."""
        if self.colour:
            window: Voi = Window(127.5, 255, "LINEAR_EXACT")
        else:
            window = next(iter(self.file_voi()), None) or self.automatic_window()
        positions = tuple((name, view.count // 2) for name, view in self.views.items())
        places = tuple((axis.name, 0) for axis in self.axes)
        return ViewState(next(iter(self.views)), positions, window, places)

    def words_of(self, axes: Mapping[str, int]) -> str:
        """Return the place along the extra axes in words: "echo 10 ms (1/2)"."""
        return " · ".join(
            f"{axis.name} {axis.labels[axes.get(axis.name, 0)]} ({axes.get(axis.name, 0) + 1}/{len(axis.labels)})"
            for axis in self.axes
        )


def view_of(
    plane: Plane,
    affine: NDArray[np.float64],
    shape: tuple[int, int, int],
    *,
    letters: bool = True,
    measured: bool = True,
) -> View:
    """Return how a plane of a (k, j, i) grid lies on the screen."""
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    return View(
        shape[plane.axis],
        shape[plane.rows],
        shape[plane.columns],
        (float(steps[plane.rows]), float(steps[plane.columns])) if measured else None,
        plane.letters(affine) if letters else None,
    )


def placed(shot: Shot, place: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]) -> Shot:
    """Return a shot with its place, also in words: the coordinate its plane is perpendicular to, at its middle."""
    origin, row_step, column_step = place
    rows, columns = shot.raster.samples.shape[:2]
    middle = origin + (rows - 1) / 2 * row_step + (columns - 1) / 2 * column_step
    axis = int(np.argmax(np.abs(np.cross(column_step, row_step))))
    words = f"{'xyz'[axis]} {middle[axis]:z.1f} mm".replace("-", "−")
    return replace(shot, place=words, origin=origin, row_step=row_step, column_step=column_step)
