"""Thick slabs: each picture is the maximum, minimum or mean of some slices beside each other."""

from __future__ import annotations

import copy
import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomview.errors import NotAVolume, UnknownChoice
from dicomview.render.shot import thinned
from dicomview.render.volume_scene import VolumeScene, skewed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from dicomview.pixels import Voi
    from dicomview.render.scene import Scene
    from dicomview.space import Volume

__all__ = ["SlabScene", "slab_of", "slabbed"]

_LAID = "layers of the middle slice"
_WORDS = {"mip": "MIP", "minip": "MinIP", "mean": "mean"}


class SlabScene(VolumeScene):
    """A volume whose pictures are slabs; nothing but the volume is kept, so any thickness takes the same memory.

    Parameters
    ----------
    volume : Volume
    kind : "mip", "minip" or "mean"
    thickness : float
        mm; the whole number of slices that comes nearest to it is taken, and the picture says how thick that is.
    measured, placed : bool
        As for `VolumeScene`.
    """

    def __init__(
        self, volume: Volume, kind: str, thickness: float, *, placed: bool = True, measured: bool = True
    ) -> None:
        super().__init__(volume, placed=placed, measured=measured)
        self.kind, self.thickness, self.fine = kind, thickness, kind == "mean"
        self.stored_voi: tuple[Voi, ...] = ()
        self.base: Scene | None = None  # of the slices

    def file_voi(self) -> tuple[Voi, ...]:
        """Return the windows of the file that the volume comes from."""
        return self.stored_voi

    def span(self, plane: str, index: int) -> range:
        """Return the slices of a slab: as many before `index` as after, or one more after; fewer at the ends."""
        spacing = self.volume.spacing[self.cuts[plane].axis]
        count = max(1, round(self.thickness / spacing))
        first = index - (count - 1) // 2
        return range(max(0, first), min(self.views[plane].count, first + count))

    def values(
        self, plane: str, index: int, axes: Mapping[str, int], step: int
    ) -> tuple[NDArray[Any], tuple[str, ...]]:
        """Return one slab, and how thick it is in words. Empty voxels count for nothing."""
        cut, span = self.cuts[plane], self.span(plane, index)
        slices: list[Any] = [thinned(cut.cut(self.volume.array, one), step) for one in span]
        words = (f"{_WORDS[self.kind]} {len(span) * self.volume.spacing[cut.axis]:.4g} mm",)
        if self.kind == "mean":
            return _mean(slices), words
        return functools.reduce(np.fmax if self.kind == "mip" else np.fmin, slices), words


def slab_of(scene: Scene, wish: Any, axes: Mapping[str, int]) -> SlabScene:
    """Return the slabs of a scene.

    Parameters
    ----------
    scene : Scene
    wish : (kind, mm)
        ``("mip", 10)``, ``("minip", 10)`` or ``("mean", 10)``.
    axes : mapping
        Place along each extra axis; a slab scene has none.

    Raises
    ------
    NotAVolume
        The slices are no regular grid in mm: a gap, a shear, a spacing that nobody knows.
    UnknownChoice
        There is no such slab.
    """
    kind, thickness = "", math.nan
    if isinstance(wish, tuple | list) and len(wish) == 2 and isinstance(wish[1], int | float | np.number):
        kind, thickness = str(wish[0]).lower(), float(wish[1])
    if kind not in _WORDS or not 0 < thickness < math.inf:
        raise UnknownChoice(f'a slab is (kind, mm), such as ("mip", 10), ("minip", 10) or ("mean", 10), not {wish!r}')
    placed = measured = True
    if isinstance(scene, VolumeScene):
        placed, measured = scene.placed, scene.measured
    if not measured:
        raise NotAVolume("a slab is so many mm thick, and nothing says how far apart these slices are; give spacing=")
    volume = scene.as_volume(axes)
    if skewed(volume):
        raise NotAVolume(
            "a slab of a skewed volume would be thinner than its mm say; straighten it first, "
            'with stack.volume(on_shear="resample")'
        )
    slab = SlabScene(volume, kind, thickness, placed=placed, measured=measured)
    slab.base = scene.base if isinstance(scene, SlabScene) else scene
    slab.title, slab.modality, slab.stored_voi = scene.title, scene.modality, scene.file_voi()
    slab.frame_of_reference, slab.presented = scene.frame_of_reference, scene.presented
    slab.covers, slab.lines = scene.covers, scene.lines
    slab.layers = tuple(layer for layer in scene.layers if layer.name != "overlays")
    notes = tuple(note for note in scene.notes if note != _LAID)
    slab.notes = (*notes, *((_LAID,) if slab.layers else ()))
    return slab


def slabbed(scene: Scene, wish: Any) -> Scene:
    """Return other slabs of a scene, or its slices again where `wish` is None; what lies over them stays.

    Raises
    ------
    NotAVolume
        As `slab_of`.
    UnknownChoice
        There is no such slab, or the series has further axes, of which a slab shows one place.
    """
    base = scene.base if isinstance(scene, SlabScene) and scene.base is not None else scene
    if base.axes:
        names = ", ".join(axis.name for axis in base.axes)
        raise UnknownChoice(
            f"slabs of one place along {names} are made in the beginning: dv.view(..., slab=..., {base.axes[0].name}=0)"
        )
    if wish is not None:
        return slab_of(scene, wish, {})
    plain = copy.copy(base)
    plain.covers, plain.lines = scene.covers, scene.lines
    own = [layer for layer in base.layers if layer.name == "overlays" and layer not in scene.layers]
    plain.layers = (*own, *scene.layers)
    plain.notes = tuple(note for note in scene.notes if note != _LAID)
    return plain


def _mean(slices: Iterable[NDArray[np.floating]]) -> NDArray[np.float64]:
    """Return the mean of what is known, NaN where nothing is."""
    total: Any = 0.0
    count: Any = 0
    for one in slices:
        known = ~np.isnan(one)
        total = total + np.where(known, one, 0.0).astype(np.float64)
        count = count + known
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))
