"""A scene of slices, fetched from their files when they are asked for."""

from __future__ import annotations

import threading
from bisect import bisect_left
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from dicomview.errors import DicomviewError, NotSuv
from dicomview.pixels import VoiTable, Window, to_rgb, transfer_syntax
from dicomview.recent import Recent
from dicomview.render.look import Layer
from dicomview.render.raster import Raster, Scale16, from_stored, padded
from dicomview.render.scene import ACQUIRED, NO_AXES, SAMPLED_SLICES, Axis, Cine, Scene, title_of
from dicomview.render.shot import Shot, View, placed, thinned, view_of
from dicomview.render.words import labels_of, notes_of, of_distances
from dicomview.space import suv_scale
from dicomview.space.planes import Plane, acquired_plane, planes_of
from dicomview.space.suv import kind_of
from dicomview.unread import outline_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from dicomview.pixels import Rescale, Voi
    from dicomview.space import Slice, Stack, Volume
    from dicomview.space.planes import Where

__all__ = ["StackScene"]

_IN_TIME = (
    "time",
    "time_slot",
    "phase",
    "rr_interval",
    "repetition",
    "acquisition",
    "frame",
    "rotation",
    "angular_view",
)
_RATE = 10.0  # pictures per second where the file says none
_STORED = "stored"
_NATIVE = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian)
_RECENT_BYTES = 128 << 20  # of slices that were stored compressed: a preview is followed by the whole, and by a figure
_OVERLAYS = "overlays"  # the one layer of all overlay planes
# Terms of PatientOrientation for animals (PS3.3 C.7.6.1.1.1); the axes lie alike, with y to the back.
_QUADRUPED = {"R": "RT", "L": "LE", "A": "V", "P": "D", "H": "CR", "F": "CD"}


class StackScene(Scene):
    """A scene of slices.

    Parameters
    ----------
    stack : Stack
    units : str, optional
        "SUVbw" and its kin for PET, "stored" for those of the file; by default SUVbw where the file allows it.
    of : (place, count), optional
        Which stack of how many of its series this is.
    """

    def __init__(self, stack: Stack, *, units: str | None = None, of: tuple[int, int] = (1, 1)) -> None:
        self.stack = stack
        first = stack.slices[0]
        self.colour, self.unit, self.inverted = first.colour, first.unit, first.inverted
        self._factor, suv_note = self._in_suv(units)
        self.title, self.modality = title_of(first.tags), first.tags.text("Modality")
        self.frame_of_reference = first.tags.text("FrameOfReferenceUID")
        extra = stack.dims[:-3]
        self.axes = tuple(_axis(n, stack.coords[n], stack.units.get(n, "")) for n in extra)
        self.cine = _cine(stack)
        overlaid = any(map(_may_overlay, {id(one.header): one for one in stack.slices}.values()))
        self.layers = (Layer(_OVERLAYS),) if overlaid else ()
        self._overlaid = overlaid
        self.affine = stack.affine
        self.index_name = stack.dims[-3] if stack.dims[-3] in _IN_TIME else "slice"
        if stack.verdict.code == "MISSING_SLICES":
            self.gaps = tuple(np.flatnonzero(np.diff(stack.grid.places) > 1.5).tolist())
        self.notes = (*notes_of(stack, of), *suv_note)
        self.of_distances = of_distances(first)
        self.views, self.refused = self._views()
        if first.tags.text("AnatomicalOrientationType") == "QUADRUPED":
            self.views = {name: _of_animal(one) for name, one in self.views.items()}
        self._recent, self._age = Recent(_RECENT_BYTES), 0
        self._stacking = threading.Lock()  # three planes ask at once, and one stacks for all
        self._last_whole: tuple[object, Raster, int, tuple[str, ...]] | None = None

    def _in_suv(self, units: str | None) -> tuple[float, tuple[str, ...]]:
        """Return the factor from modality values to those shown, and what to say about it."""
        if units == _STORED or (units is None and self.stack.slices[0].tags.text("Modality") != "PT"):
            return 1.0, ()
        try:
            scale = suv_scale(self.stack.slices, "bw" if units is None else kind_of(units))
        except NotSuv as why:
            if units is not None:
                raise
            return 1.0, (str(why),)
        self.unit = scale.unit
        return scale.factor, ()

    def _views(self) -> tuple[dict[str, View], dict[str, str]]:
        first, count = self.stack.slices[0], self.stack.shape[-3]
        plane, letters, why = ACQUIRED, None, self._why_flat()
        if self.affine is not None and not why:
            # At 45° one slice alone may be named otherwise than the whole stack.
            self.cuts = planes_of(self.affine)
            plane = next(iter(self.cuts))
        elif first.orientation is not None:
            plane = acquired_plane(first.orientation)
        if self.affine is None or why:
            self.cuts = {plane: Plane(plane, 0, 1, 2)}
        if first.orientation is not None:
            tilted = np.eye(4)
            tilted[:3, 1], tilted[:3, 2] = first.orientation[3:], first.orientation[:3]
            letters = Plane(plane, 0, 1, 2).letters(tilted)
        ratio = first.tags.numbers("PixelAspectRatio")
        known = ratio[0] / ratio[1] if len(ratio) == 2 and min(ratio) > 0 else None
        views = {plane: View(count, first.rows, first.columns, first.spacing, letters, known)}
        if self.affine is None or why:
            return views, {name: why for name in ("axial", "coronal", "sagittal") if name not in views}
        shape = count, first.rows, first.columns
        for name, other in list(self.cuts.items())[1:]:
            views[name] = view_of(other, self.affine, shape)
        return views, {}

    def _why_flat(self) -> str:
        """Return why only the acquired plane can be shown, or nothing."""
        if self.colour:
            return "colour slices are shown as they were acquired"
        if self.stack.shape[-3] == 1:
            return "a single slice has no other planes"
        return "" if self.stack.verdict.regular else self.stack.verdict.reason

    def _rescale(self, one: Slice) -> Rescale:
        plain = one.rescale
        if self._factor == 1.0:
            return plain
        table = None if plain.table is None else plain.table * self._factor
        slope, intercept = plain.slope * self._factor, plain.intercept * self._factor
        return replace(plain, slope=slope, intercept=intercept, table=table, unit=self.unit)

    @property
    def _middle(self) -> Slice:
        return self.stack.slices[len(self.stack.slices) // 2]

    def file_voi(self) -> tuple[Voi, ...]:
        """Return windows and tables of the middle slice: one set for the stack, so that a tissue keeps its grey."""
        if self._factor == 1.0:
            return self._middle.windows
        f = self._factor  # a table counts in the file's own unit and has no meaning in another
        return tuple(
            Window(w.center * f, w.width * f, "LINEAR_EXACT" if w.function == "LINEAR" else w.function, w.explanation)
            for w in self._middle.windows
            if not isinstance(w, VoiTable)
        )

    @property
    def padding(self) -> tuple[float, float] | None:
        """Modality values (low, high) of PixelPaddingValue."""
        if self._middle.padding is None:
            return None
        low, high = sorted(self._rescale(self._middle).apply(np.array(self._middle.padding)).tolist())
        return low, high

    def sampled_values(self) -> Sequence[NDArray[np.floating]]:
        """Return modality values of a few slices; those that cannot be decoded are left to the picture to report."""
        values: list[NDArray[np.floating]] = []
        for one in _spread(self.stack.slices, SAMPLED_SLICES):
            try:
                values.append(self._rescale(one).apply(self._decoded(one)[0]))
            except DicomviewError:
                continue
        return values

    def where(self, plane: str, index: int, axes: Mapping[str, int] = NO_AXES) -> Where | None:
        """Return where a plane lies: the acquired one by its own slice, the others by the common grid."""
        pile = self.stack.pile(**axes)
        if plane != next(iter(self.views)):
            assert self.affine is not None
            shape = len(pile), pile[0].rows, pile[0].columns
            return self.cuts[plane].place(self.affine, shape, index)
        one = pile[index]
        if one.place is None or one.spacing is None:
            return None
        position, orientation = one.place.position, one.place.orientation
        return position, orientation[3:] * one.spacing[0], orientation[:3] * one.spacing[1]

    def as_volume(self, axes: Mapping[str, int] = NO_AXES) -> Volume:
        """Return one pile as a volume, or refuse; padding is no value."""
        named: dict[str, Any] = {**axes}
        volume = self.stack.volume(**named)
        array = volume.array * np.float32(self._factor) if self._factor != 1.0 else volume.array
        outside = padded(array, self.padding)
        return replace(volume, array=array if outside is None else np.where(outside, np.nan, array), units=self.unit)

    def bare(self, plane: str, index: int, axes: Mapping[str, int] = NO_AXES, step: int = 1) -> Shot:
        """Return one plane; the acquired one is read from its file, the others from the whole pile."""
        pile = self.stack.pile(**axes)
        where = self.where(plane, index, axes)
        if plane == next(iter(self.views)):
            return self._acquired(pile[index], where, step)
        assert where is not None
        whole, failed, notes = self._whole(pile)
        cut: Any = self.cuts[plane].cut(whole.samples, index)
        samples = np.ascontiguousarray(thinned(cut, step))
        shot = Shot(replace(whole, samples=samples), inverted=self.inverted, notes=notes)
        shot = placed(shot, where, cut.shape, step)
        return replace(shot, place=f"{shot.place} · blank: {failed} not decodable") if failed else shot

    def exact(
        self, plane: str, index: int, axes: Mapping[str, int] = NO_AXES
    ) -> tuple[NDArray[np.floating], tuple[str, ...]]:
        """Return one plane, of which no value has been fitted into 16 bits; a slice that is not decodable has none."""
        pile = self.stack.pile(**axes)
        if plane == next(iter(self.views)):
            return _valued(pile[index], self._decoded(pile[index])[0], self._rescale(pile[index])), ()
        cut = self.cuts[plane]
        whole = self._whole(pile)[0]
        if whole.stored:
            samples: Any = cut.cut(whole.samples, index)
            values = whole.slope * samples + whole.intercept
            return values if whole.blank is None else np.where(samples == whole.blank, np.nan, values), ()
        lines = np.full((len(pile), *np.delete(whole.samples.shape[1:], cut.axis - 1)), np.nan)
        for line, one in zip(lines, pile, strict=True):
            with suppress(DicomviewError):
                values = _valued(one, self._decoded(one)[0], self._rescale(one))
                line[:] = np.take(values, index, axis=cut.axis - 1)
        straight: Any = cut.cut(np.expand_dims(lines, cut.axis), 0)
        return straight, ()

    def instance_at(self, plane: str, index: int, axes: Mapping[str, int] = NO_AXES) -> tuple[str, int | None]:
        """Return SOPInstanceUID and frame of the slice that the acquired plane shows."""
        if plane != next(iter(self.views)):
            return "", None
        one = self.stack.pile(**axes)[index]
        return one.sop_instance_uid, one.frame

    def forget(self) -> None:
        """Let go of the pile that the last plane was cut from, and of what was decoded."""
        self._age += 1
        self._last_whole = None
        self._recent.clear()

    def _decoded(self, one: Slice) -> tuple[NDArray[np.generic], str]:
        """Return stored values, those that take long to decode from memory where they were asked for lately."""
        if transfer_syntax(one.header) in _NATIVE:
            return one.decoded()
        return self._recent.get(id(one), one.decoded)  # the stack keeps its slices, so their ids last

    def _acquired(self, one: Slice, where: Where | None, step: int) -> Shot:
        decoded, note = self._decoded(one)
        stored = thinned(decoded, step)
        if one.colour:
            raster = Raster(to_rgb(stored, one.tags))
        else:
            raster = from_stored(stored, self._rescale(one), padding=one.padding)
        masks = [thinned(overlay.mask, step) for overlay in one.overlays()] if self._overlaid else []
        layers = ((_OVERLAYS, np.logical_or.reduce(masks)),) if masks else ()
        notes = (note,) if note else ()
        image = one.sop_instance_uid, one.frame
        shot = Shot(
            raster, instance=one.instance_number, image=image, inverted=one.inverted, layers=layers, notes=notes
        )
        if where is None:
            times = one.frame_times
            moment = f"t {times[one.frame]:.0f} ms" if times and len(times) > 1 else ""
            return replace(shot, place=moment)
        return placed(shot, where, (one.rows, one.columns), step)

    def _whole(self, pile: Sequence[Slice]) -> tuple[Raster, int, tuple[str, ...]]:
        """Return a pile as samples (k, j, i), how many of its slices cannot be decoded, and notes on the others.

        The last one asked for is kept, so that scrolling through it is quick. A slice that cannot be decoded is left
        blank here; in the acquired plane its place says why.
        """
        with self._stacking:
            last = self._last_whole
            if last is None or last[0] is not pile[0]:
                age = self._age
                last = pile[0], *_together(pile, [self._rescale(one) for one in pile])
                if age == self._age:  # else nobody shows it any more
                    self._last_whole = last
            return last[1:]


def _together(pile: Sequence[Slice], rescales: Sequence[Rescale]) -> tuple[Raster, int, tuple[str, ...]]:
    stored: list[NDArray[np.generic] | None] = []
    failure: DicomviewError | None = None
    said: dict[str, None] = {}
    for one in pile:
        try:
            plane, note = one.decoded()
            stored.append(plane)
            said |= {note: None} if note else {}
        except DicomviewError as error:
            stored.append(None)
            failure = error
    sound = [plane for plane in stored if plane is not None]
    if not sound:
        assert failure is not None
        raise failure
    alike = failure is None and all(rescale.linear and rescale == rescales[0] for rescale in rescales)
    if alike and all(plane.dtype.itemsize <= 2 for plane in sound) and len({one.padding for one in pile}) == 1:
        return from_stored(np.stack(sound), rescales[0], padding=pile[0].padding), 0, (*said,)

    # Slice by slice, once for the range and once for the samples: values take eight bytes each.
    parts = enumerate(zip(pile, stored, rescales, strict=True))
    known = [(k, one, plane, rescale) for k, (one, plane, rescale) in parts if plane is not None]
    planes = (_valued(one, plane, rescale) for _, one, plane, rescale in known)
    scale = Scale16.over(planes, holes=failure is not None)
    samples = np.zeros((len(pile), *sound[0].shape), np.uint16)
    for k, one, plane, rescale in known:
        samples[k] = scale.fit(_valued(one, plane, rescale))
    return scale.raster(samples), len(pile) - len(sound), (*said,)


def _axis(name: str, coords: Sequence[Any], unit: str) -> Axis:
    numbers = tuple(map(float, coords)) if all(isinstance(at, int | float) for at in coords) else ()
    return Axis(name, labels_of(coords, unit), numbers, unit if numbers else "")


def _valued(one: Slice, stored: NDArray[np.generic], rescale: Rescale) -> NDArray[np.floating]:
    """Return the modality values of a slice, NaN where it is padding."""
    outside, values = padded(stored, one.padding), rescale.apply(stored)
    return values if outside is None else np.where(outside, np.nan, values)


def _spread(slices: Sequence[Slice], most: int) -> list[Slice]:
    """Return a few slices from first to last."""
    places = {round(x) for x in np.linspace(0, len(slices) - 1, min(len(slices), most))}
    return [slices[place] for place in sorted(places)]


def _of_animal(view: View) -> View:
    if view.letters is None:
        return view
    left, right, top, bottom = (_QUADRUPED[letter] for letter in view.letters)
    return replace(view, letters=(left, right, top, bottom))


def _may_overlay(one: Slice) -> bool:
    """Return True when a header has overlay groups; which frames they lie on is seen frame by frame."""
    outline = outline_of(one.header)
    tags = sorted(one.header.keys()) if outline is None else outline.tags
    first = bisect_left(tags, 0x60000000)
    return first < len(tags) and tags[first] < 0x60200000


def _cine(stack: Stack) -> Cine | None:
    """Return what moves in time, with the rate of the file (PS3.3 C.7.6.5)."""
    along = next((name for name in (*stack.dims[:-3], stack.dims[-3]) if name in _IN_TIME), None)
    if along is None or len(stack.slices) == 1:
        return None
    tags = stack.slices[0].tags
    rate = tags.number("RecommendedDisplayFrameRate") or tags.number("CineRate")
    times = stack.coords.get(along, ())
    if not rate and stack.units.get(along) == "ms" and len(times) > 1 and times[-1] > times[0]:
        rate = 1000 * (len(times) - 1) / (times[-1] - times[0])
    return Cine("index" if along == stack.dims[-3] else along, min(max(rate or _RATE, 0.1), 120.0))
