"""A scene: everything of one stack or volume that a picture can be taken of."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from dicomview.pixels import VoiTable, Window, automatic, presets
from dicomview.render.shot import thinned
from dicomview.render.state import ViewState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from dicomview.objects import Stroke
    from dicomview.pixels import FrameTags, Voi
    from dicomview.render.look import Layer
    from dicomview.render.shot import Shot, View
    from dicomview.space import Volume
    from dicomview.space.planes import Plane, Where

__all__ = [
    "ACQUIRED",
    "NO_AXES",
    "PLAIN",
    "SAMPLED_SLICES",
    "Axis",
    "Cine",
    "Cover",
    "Lines",
    "Marks",
    "Scene",
    "title_of",
]

ACQUIRED = "acquired"  # the name of the only plane of pictures that do not say how they lie
PLAIN = "slice"  # and of an array, which nobody acquired
NO_AXES: Mapping[str, int] = MappingProxyType({})
SAMPLED_SLICES = 8  # for the automatic window; enough for percentiles, few enough to decode at once
_WINDOW_VALUES = 1 << 18  # of these slices, for the same reason


@dataclass(frozen=True, slots=True)
class Axis:
    """An extra axis of a stack.

    Parameters
    ----------
    name : str
        "echo", "time", "diffusion" …
    labels : tuple of str
        Its values in words, with their unit.
    numbers : tuple of float
        The same as numbers, where all of them are.
    unit : str
        Of the numbers.
    """

    name: str
    labels: tuple[str, ...]
    numbers: tuple[float, ...] = ()
    unit: str = ""


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


class Cover(Protocol):
    """Masks that lie over a scene; `dicomview.render.masks` has them."""

    @property
    def layers(self) -> Collection[str]:
        """The names of their layers."""

    def over(self, shot: Shot, plane: Plane, index: int, step: int) -> Iterable[tuple[str, NDArray[np.bool_]]]:
        """Yield the layers that are on a shot: the `plane` of the scene at `index`, every step-th sample of it."""


class Lines(Protocol):
    """Contours that lie over a scene; `dicomview.render.outlines` has them."""

    @property
    def layers(self) -> Collection[str]:
        """The names of their layers."""

    def on(self, scene: Scene, plane: str, index: int) -> Iterable[tuple[str, tuple[Stroke, ...]]]:
        """Yield the layers that are on a plane, with what is drawn of them."""


class Marks(Protocol):
    """What there is to draw on some images, or to say of them; `dicomview.render.beside` has them."""

    def strokes(self, image: tuple[str, int]) -> Iterable[tuple[str, tuple[Stroke, ...]]]:
        """Yield the layers that are drawn on an image (SOPInstanceUID, frame), with what is drawn of them."""

    def words(self, image: tuple[str, int]) -> str:
        """Return what must be said of an image; "" for nothing."""

    def veiled(self) -> Marks:
        """Return the same without a word of the file in what is said."""


class Scene:
    """What there is to show of a stack or a volume; `StackScene` and `VolumeScene` say how it is fetched.

    Attributes
    ----------
    affine : (4, 4) array, optional
        From (k, j, i, 1) to LPS mm; None where there is no regular grid in the patient.
    cuts : mapping of str to Plane
        How each plane is cut from the (k, j, i) grid.
    layers : tuple of Layer
        All that may be drawn over the pictures.
    covers : tuple of Cover
        Masks that were laid over them.
    lines : tuple of Lines
        Contours that were laid over them.
    marks : tuple of Marks
        What is drawn on some images, or said of them.
    presented : tuple of Window and VoiTable
        Of presentation states; they come before those of the file.
    begun : mapping of str to value
        What a view begins with unless it is wished otherwise, as for `resolve`.
    frame_of_reference : str
        FrameOfReferenceUID: places in mm of scenes with the same one can be compared. Empty when nothing says it.
    index_name : str
        What the index along the first plane counts: slices, or places in time.
    gaps : tuple of int
        Index along the first plane of each picture after which some are missing.
    of_distances : tuple of str
        What must be said of a distance that is measured here: where its millimetres are from, or that there are none.
    """

    title: str = ""
    modality: str = ""
    index_name: str = "slice"
    unit: str = ""
    frame_of_reference: str = ""
    colour: bool = False
    layers: tuple[Layer, ...] = ()
    covers: tuple[Cover, ...] = ()
    lines: tuple[Lines, ...] = ()
    marks: tuple[Marks, ...] = ()
    presented: tuple[Voi, ...] = ()
    begun: Mapping[str, Any] = NO_AXES
    gaps: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    of_distances: tuple[str, ...] = ()
    axes: tuple[Axis, ...] = ()
    cine: Cine | None = None
    affine: NDArray[np.float64] | None = None
    views: Mapping[str, View]
    cuts: Mapping[str, Plane]
    refused: Mapping[str, str]

    def shot(self, plane: str, index: int, axes: Mapping[str, int] = NO_AXES, *, step: int = 1) -> Shot:
        """Return one plane at one index, and at one place along each extra axis, with all layers on it.

        A `step` above 1 leaves all samples away but every step-th of every step-th row; see `thinned`.
        """
        bare = self.bare(plane, index, axes, step)
        known = {layer.name for layer in self.layers}
        laid = (pair for cover in self.covers for pair in cover.over(bare, self.cuts[plane], index, step))
        layers = (*bare.layers, *(pair for pair in laid if pair[0] in known))
        drawn = [pair for lines in self.lines for pair in lines.on(self, plane, index)]
        said = list(bare.notes)
        if (image := bare.image) is not None:
            for mark in self.marks:
                drawn += mark.strokes(image)
                said += filter(None, [mark.words(image)])
        strokes = tuple(pair for pair in drawn if pair[0] in known)
        return replace(bare, layers=layers, strokes=strokes, notes=tuple(said))

    def bare(self, plane: str, index: int, axes: Mapping[str, int] = NO_AXES, step: int = 1) -> Shot:
        """Return a shot without what was laid over it."""
        raise NotImplementedError

    def as_volume(self, axes: Mapping[str, int] = NO_AXES) -> Volume:
        """Return the values at one place of the extra axes as one volume, in the unit that is shown, or refuse."""
        raise NotImplementedError

    def where(self, plane: str, index: int, axes: Mapping[str, int] = NO_AXES) -> Where | None:
        """Return (origin, row step, column step) of a plane in LPS mm, without reading it; None when unknown."""
        raise NotImplementedError

    def exact(
        self, plane: str, index: int, axes: Mapping[str, int] = NO_AXES
    ) -> tuple[NDArray[np.floating], tuple[str, ...]]:
        """Return the modality values of a plane as they are, (rows, columns), NaN for none, and what to say of them."""
        raise NotImplementedError

    def instance_at(self, plane: str, index: int, axes: Mapping[str, int] = NO_AXES) -> tuple[str, int | None]:
        """Return SOPInstanceUID and zero-based frame of an acquired plane; nothing of what was made of several."""
        return "", None

    def forget(self) -> None:
        """Let go of what was kept for the next shot."""

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
        planes = self.sampled_values()
        step = math.ceil(math.sqrt(sum(plane.size for plane in planes) / _WINDOW_VALUES))
        return automatic([thinned(plane, step) for plane in planes], padding=self.padding)

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
        return [*self.presented, *stored, *(presets().values() if self.unit == "HU" else ())]

    def begin(self, window: Voi | None = None) -> ViewState:
        """Return the state a view begins with: the first plane, its middle, `window` or else the first of the file."""
        if self.colour:
            window = Window(127.5, 255, "LINEAR_EXACT")
        elif window is None:
            window = next(iter((*self.presented, *self.file_voi())), None) or self.automatic_window()
        # What moves in time begins at its beginning, a stack in its middle.
        timed = self.cine is not None and self.cine.along == "index"
        positions = tuple((name, 0 if timed else view.count // 2) for name, view in self.views.items())
        places = tuple((axis.name, 0) for axis in self.axes)
        layers = tuple((layer.name, layer.look) for layer in self.layers)
        return ViewState(next(iter(self.views)), positions, window, places, layers)

    def unit_along(self, name: str) -> str:
        """Return the unit of the places along an extra axis, or along the index."""
        return next((axis.unit for axis in self.axes if axis.name == name), "mm" if name == "index" else "")

    def words_of(self, axes: Mapping[str, int]) -> str:
        """Return the place along the extra axes in words: "echo 10 ms (1/2)"."""
        return " · ".join(
            f"{axis.name} {axis.labels[axes.get(axis.name, 0)]} ({axes.get(axis.name, 0) + 1}/{len(axis.labels)})"
            for axis in self.axes
        )


def title_of(tags: FrameTags) -> str:
    """Return the title of a series: its modality and what the file calls it."""
    described = tags.text("SeriesDescription") or tags.text("ProtocolName")
    return " · ".join(word for word in (tags.text("Modality"), described) if word)
