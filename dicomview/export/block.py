"""A block: the modality values that leave the house, of one volume or of all volumes along the axes of a stack."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomview.errors import NotAVolume, UnknownChoice
from dicomview.progress import bar
from dicomview.render import refuse, series_in
from dicomview.space import Slice, Stack, Volume
from dicomview.space.clock import moment
from dicomview.space.sorting import stacks_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from dicomview.files import Source
    from dicomview.space import Series

    Exportable = Source | Series | Stack | Slice | Volume

__all__ = ["Block", "Exportable", "as_integers", "block_of", "seconds_along", "sheared", "stack_in", "volumes_of"]

_SKEWED = 1e-4  # cosine between two axes; what the judge tolerates as jitter is less
_EVEN = 0.01  # of a step; times that differ more are no even steps
_INTEGERS = (np.uint8, np.int16, np.uint16, np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Modality values on one grid of the patient.

    Parameters
    ----------
    array : (…, slices k, rows j, columns i) float32 array
        With a further axis in front for each of `axes`; NaN where a missing slice was left empty.
    affine : (4, 4) float64 array
        From (k, j, i, 1) to LPS mm.
    units : str
    axes : tuple of str
        Names of the extra axes: "echo", "time" …
    coords : dict of str to tuple
        The values along each of them.
    coord_units : dict of str to str
        Their units, where they have some.
    seconds : float, optional
        From one place to the next along the only extra axis, when that is time in even steps.
    line : (slope, intercept)
        Of the stored values the block was made of; (1, 0) where they have no common one.
    slices : tuple of Slice
        What it was made of, in the order of the array; empty for a Volume.
    notes : tuple of str
        What was filled, resampled or tolerated on the way.
    """

    array: NDArray[np.float32]
    affine: NDArray[np.float64]
    units: str = ""
    axes: tuple[str, ...] = ()
    coords: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    coord_units: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None
    line: tuple[float, float] = (1.0, 0.0)
    slices: tuple[Slice, ...] = ()
    notes: tuple[str, ...] = ()


def stack_in(source: Exportable, uid: str | None) -> Stack | None:
    """Return the stack that is meant, None for a volume.

    Raises
    ------
    NothingFound, SeveralSeries, UnknownSeries, NotAnImage
        As `read_series`.
    UnknownChoice
        An array, which says nothing of a place in the patient, or something else without slices.
    """
    if isinstance(source, Volume | Stack | Slice):
        refuse("a single volume, stack or slice", uid=uid)
    if isinstance(source, Volume):
        return None
    if isinstance(source, Stack):
        return source
    series = series_in(source, uid)
    if series is not None:
        return series.stack
    slices = [source] if isinstance(source, Slice) else source
    if isinstance(slices, list | tuple):
        return stacks_of(slices)[0]
    raise UnknownChoice(
        f"a {type(source).__name__} says nothing of a place in the patient; give a path, a Series, a Stack or a Volume "
        "(dicomview.Volume(array, affine) makes one of an array)"
    )


def volumes_of(
    stack: Stack, units: str | None, options: Mapping[str, Any]
) -> Iterator[tuple[dict[str, int], tuple[Slice, ...], Volume]]:
    """Yield place, slices and volume for each place along the extra axes that `options` leave open."""
    free = [name for name in stack.dims[:-3] if name not in options]
    lengths = [len(stack.coords[name]) for name in free]
    places = [dict(zip(free, ends, strict=True)) for ends in itertools.product(*map(range, lengths))]
    for place in bar(places, "Reading", "volume", show=len(places) > 1):
        at = {name: value for name, value in options.items() if name in stack.dims[:-3]} | place
        wishes: dict[str, Any] = dict(options) | place
        yield place, stack.pile(**at), stack.volume(units=units, **wishes)


def block_of(source: Exportable, *, uid: str | None, units: str | None, options: Mapping[str, Any]) -> Block:
    """Return the values of a source.

    Parameters
    ----------
    source : path, pydicom.Dataset, list of either, Series, Stack, Slice or Volume
    uid : str, optional
        SeriesInstanceUID, or the beginning of one, where `source` holds several series.
    units : str, optional
        For PET: "SUVbw" and its kin.
    options : mapping
        For `Stack.volume`; an extra axis that is not named in it becomes an axis of the block.

    Raises
    ------
    NotAVolume, NotSuv, UnknownChoice, NoDecoder, DamagedPixels
        As `Stack.volume`.
    NothingFound, SeveralSeries, UnknownSeries, NotAnImage
        As `read_series`.
    """
    stack = stack_in(source, uid)
    if stack is None:
        assert isinstance(source, Volume)
        refuse("a Volume (stack.volume() takes options)", units=units, **options)
        return Block(source.array, source.affine, source.units, notes=source.notes)
    free = tuple(name for name in stack.dims[:-3] if name not in options)
    lengths = tuple(len(stack.coords[name]) for name in free)
    array, first = np.empty(0, np.float32), None
    slices: list[Slice] = []
    for place, pile, volume in volumes_of(stack, units, options):
        if first is None:
            first, array = volume, np.empty((*lengths, *volume.array.shape), np.float32)
        elif volume.array.shape != first.array.shape:
            raise NotAVolume("the volumes along the extra axes differ in shape; choose one of them, as in echo=0")
        array[tuple(place[name] for name in free)] = volume.array
        slices += pile
    assert first is not None
    rescales = [one.rescale for one in slices]
    alike = units is None and all(one.linear and one == rescales[0] for one in rescales)
    return Block(
        array=array,
        affine=first.affine,
        units=first.units,
        axes=free,
        coords={name: stack.coords[name] for name in free},
        coord_units={name: stack.units.get(name, "") for name in free},
        seconds=seconds_along(stack, free[0]) if len(free) == 1 else None,
        line=(rescales[0].slope, rescales[0].intercept) if alike else (1.0, 0.0),
        slices=tuple(slices),
        notes=first.notes,
    )


def sheared(affine: NDArray[np.float64]) -> bool:
    """Return True when two axes of an affine are not perpendicular."""
    directions = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    return bool(np.abs(directions.T @ directions - np.eye(3)).max() > _SKEWED)


def as_integers(
    array: NDArray[np.float32],
    lines: Sequence[tuple[float, float]],
    *,
    precision: type[np.floating[Any]] = np.float32,
) -> tuple[NDArray[np.integer[Any]], float, float] | None:
    """Return whole numbers, slope and intercept that give back every value of `array` to the last bit.

    Parameters
    ----------
    array : (…, rows, columns) float32 array
    lines : sequence of (slope, intercept)
        Those that may be; the first that does it is taken.
    precision : numpy type
        In which the format keeps them: NIfTI-1 in float32, DICOM as decimal numbers.

    Returns
    -------
    (stored, slope, intercept) or None
        `stored` has the shape of `array` and the smallest of uint8, int16, uint16 and int32 that holds it. None when
        no line does it: values that were interpolated, NaN, a slope that `precision` rounds.
    """
    low, high = float(array.min()), float(array.max())
    for slope, intercept in lines:
        m, b = float(precision(slope)), float(precision(intercept))
        ends = sorted(((low - b) / m, (high - b) / m)) if m else [np.nan]
        kind = next((k for k in _INTEGERS if np.iinfo(k).min <= ends[0] and ends[-1] <= np.iinfo(k).max), None)
        if kind is None:
            continue
        stored = np.empty(array.shape, kind)
        for at in np.ndindex(array.shape[:-2]):  # plane by plane, for float64 takes eight bytes a voxel
            whole = np.rint((array[at].astype(np.float64) - b) / m)
            if not np.array_equal((m * whole + b).astype(np.float32), array[at]):
                break
            stored[at] = whole
        else:
            return stored, m, b
    return None


def seconds_along(stack: Stack, axis: str) -> float | None:
    """Return the seconds between the places along an axis of time; None where the files do not say, or they differ.

    Taken from the first of: the values of the axis in ms; TemporalResolution (0020,0110); the times of acquisition of
    the first slices; RepetitionTime of echo-planar images, which acquire one volume in each.
    """
    if axis not in ("time", "repetition", "acquisition"):
        return None
    firsts = [stack.pile(**{axis: place})[0].tags for place in range(len(stack.coords[axis]))]
    lasting = tuple(tags.number("ActualFrameDuration") for tags in firsts)
    if stack.units.get(axis) == "ms" and tuple(stack.coords[axis]) != lasting:  # how long is not when
        return _step([float(ms) / 1000 for ms in stack.coords[axis]])
    resolution = firsts[0].number("TemporalResolution")
    if resolution is not None and resolution > 0:
        return resolution / 1000
    told = [tags.text("AcquisitionDateTime") or tags.text("AcquisitionDate") + tags.text("AcquisitionTime")
            for tags in firsts]  # fmt: skip
    moments = [moment(text) for text in told]
    known = [(one - moments[0]).total_seconds() for one in moments if one is not None and moments[0] is not None]
    if len(known) == len(firsts) and (step := _step(known)) is not None:
        return step
    repetition = firsts[0].number("RepetitionTime")
    planar = "EP" in firsts[0].texts("ScanningSequence")
    return repetition / 1000 if planar and repetition else None


def _step(seconds: list[float]) -> float | None:
    gaps = np.diff(seconds)
    step = float(gaps.mean()) if gaps.size else 0.0
    return step if step > 0 and np.abs(gaps - step).max() <= _EVEN * step else None
