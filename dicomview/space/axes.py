"""Several images at one position: which attribute tells them apart?

Echoes, time points, b-values, components: each becomes a named axis with typed coordinates. An axis is accepted only
when every one of its values has the same set of positions, each once; so what merely differs is never an axis.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dicomview.space.grid import SAME_PLACE_MM, judge
from dicomview.space.groups import pixel_digest
from dicomview.space.vectors import VECTORS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dicomview.space.slices import Slice

__all__ = ["Split", "drop_copies", "incomplete", "mixed_acquisitions", "position_ids", "split"]


@dataclass(frozen=True, slots=True)
class Split:
    """A full grid of images: extra axes, then positions.

    Parameters
    ----------
    names : tuple of str
        Names of the extra axes, outermost first.
    coords : tuple of tuples
        The values along each of them.
    slices : tuple of Slice
        In the order of the axes, the position running fastest.
    units : tuple of str
        Of the values along each of them; empty where they have none.
    notes : tuple of str
    """

    names: tuple[str, ...]
    coords: tuple[tuple[Any, ...], ...]
    slices: tuple[Slice, ...]
    units: tuple[str, ...]
    notes: tuple[str, ...] = ()


def _first(*keywords: str) -> Callable[[Slice], Any]:
    """Return the first of `keywords` that has a number, as that number."""

    def value(one: Slice) -> Any:
        return next((x for k in keywords if (x := one.tags.number(k)) is not None), None)

    return value


def _text(*keywords: str) -> Callable[[Slice], Any]:
    def value(one: Slice) -> Any:
        return next((x for k in keywords if (x := "\\".join(one.tags.texts(k)))), None)

    return value


def _diffusion(one: Slice) -> Any:
    """Return (b, gradient): neither alone is complete; no gradient (b = 0, trace) is a value of its own."""
    b = one.tags.number("DiffusionBValue")
    gradient = one.tags.numbers("DiffusionGradientOrientation")
    return None if b is None and not gradient else (b, gradient or None)


def _component(one: Slice) -> Any:
    """Return magnitude, phase, real or imaginary, as ComplexImageComponent or ImageType from value 3 on say it."""
    return one.tags.text("ComplexImageComponent") or "\\".join(one.tags.texts("ImageType")[2:]) or None


def _vector(name: str) -> Callable[[Slice], Any]:
    return lambda one: one.vectors.get(name)


class _Axis(NamedTuple):
    name: str
    value: Callable[[Slice], Any]
    unit: str = ""


# In order of trust. Content times, windows and largest values always differ and are therefore not here.
_AXES = (
    _Axis("echo", _first("EchoTime", "EffectiveEchoTime"), "ms"),
    _Axis("echo", _first("EchoNumbers")),
    _Axis("inversion_time", _first("InversionTime"), "ms"),
    _Axis("flip_angle", _first("FlipAngle"), "°"),
    _Axis("repetition_time", _first("RepetitionTime"), "ms"),
    _Axis("diffusion", _diffusion, "s/mm²"),
    _Axis("component", _component),
    *(_Axis(name, _vector(name)) for name in VECTORS if name != "slice"),
    _Axis("time", _first("TemporalPositionIdentifier")),
    _Axis("time", _first("TemporalPositionIndex")),
    _Axis("time", _first("TriggerTime"), "ms"),
    _Axis("time", _first("NominalCardiacTriggerDelayTime"), "ms"),
    _Axis("time", _first("FrameReferenceTime"), "ms"),
    _Axis("time", _first("ActualFrameDuration"), "ms"),
    _Axis("acquisition", _first("AcquisitionNumber")),
    _Axis("acquisition", _text("AcquisitionDateTime")),
    _Axis("acquisition", _text("AcquisitionTime")),
    _Axis("kvp", _first("KVP"), "kV"),
    _Axis("kernel", _text("ConvolutionKernel")),
    _Axis("thickness", _first("SliceThickness"), "mm"),
    _Axis("contrast", _text("ContrastBolusAgent")),
    _Axis("image_type", _text("ImageType")),
)
_REPETITION = _Axis("repetition", _first("InstanceNumber"))


def position_ids(slices: Sequence[Slice]) -> list[int]:
    """Return, for slices sorted along the normal, the number of the position each lies at."""
    positions = np.array([_position(one) for one in slices], float)
    moved = np.linalg.norm(np.diff(positions, axis=0), axis=1) >= SAME_PLACE_MM
    return [0, *np.cumsum(moved).tolist()]


def drop_copies(slices: Sequence[Slice], ids: Sequence[int]) -> tuple[list[Slice], list[str]]:
    """Drop images that equal another one at their position in values and in every attribute an axis could be of.

    Nothing is dropped when that would leave gaps in what was even: the empty slices at the ends of a functional
    series equal each other at every moment, and are no copies.
    """
    kept: list[Slice] = []
    dropped: list[Slice] = []
    seen: dict[tuple[Any, ...], list[Slice]] = defaultdict(list)
    digests: dict[int, bytes] = {}

    def digest(one: Slice) -> bytes:
        if id(one) not in digests:
            digests[id(one)] = pixel_digest(one)
        return digests[id(one)]

    for one, place in zip(slices, ids, strict=True):
        alike = seen[(place, *(axis.value(one) for axis in _AXES))]
        # Pixels are read only for those that nothing else tells apart.
        if any(digest(one) == digest(other) for other in alike):
            dropped.append(one)
            continue
        alike.append(one)
        kept.append(one)
    if not dropped or (_even(ids) and not _even(position_ids(kept))):
        return list(slices), []
    return kept, [f"DUPLICATES_DROPPED {len(dropped)}: {', '.join(one.label for one in dropped)}"]


def _even(ids: Sequence[int]) -> bool:
    """Return True when every position has the same number of images."""
    return len(set(Counter(ids).values())) == 1


def split(slices: Sequence[Slice], ids: Sequence[int]) -> Split | None:
    """Find the one axis, else the two axes, that make a full grid of images with repeated positions.

    Parameters
    ----------
    slices : sequence of Slice
        Sorted along the normal.
    ids : sequence of int
        From `position_ids`.

    Returns
    -------
    Split or None
        None when nothing tells the images apart.
    """
    candidates = []
    for axis in _AXES:
        values = [axis.value(one) for one in slices]
        if axis.value is _diffusion and all(value and value[1] is None for value in values):
            values = [b for b, _ in values]  # trace images: the b-value is all there is
        if len(set(values)) > 1:
            candidates.append((axis, values))
    for axis, values in candidates:
        found = _full_grid(slices, ids, (axis,), [(v,) for v in values])
        if found:
            return found
    for (axis, values), (other, others) in combinations(candidates, 2):
        if axis.name != other.name:
            found = _full_grid(slices, ids, (axis, other), list(zip(values, others, strict=True)))
            if found:
                return found
    note = ("SPLIT_BY_INSTANCE_NUMBER nothing but InstanceNumber tells the repeats of a position apart",)
    for axis, values in candidates:
        cells: dict[Any, int] = {}
        turns = _repetitions(slices, [cells.setdefault(pair, len(cells)) for pair in zip(ids, values, strict=True)])
        if turns:
            found = _full_grid(slices, ids, (axis, _REPETITION), list(zip(values, turns, strict=True)), note)
            if found:
                return found
    turns = _repetitions(slices, ids)
    return _full_grid(slices, ids, (_REPETITION,), [(t,) for t in turns], note) if turns else None


def incomplete(slices: Sequence[Slice], ids: Sequence[int]) -> list[str]:
    """Return a note when an axis tells all images of every position apart, and has not all positions at each value."""
    places = len(set(ids))
    for axis in _AXES:
        values = [axis.value(one) for one in slices]
        cells, lengths = set(zip(values, ids, strict=True)), Counter(values)
        wanted = len(lengths) * places
        # With less than half of the cells filled it is no axis, but something that differs by itself.
        if None not in lengths and len(lengths) > 1 and len(cells) == len(slices) > wanted / 2:
            return [f"INCOMPLETE_AXIS {axis.name}: {wanted - len(slices)} of {wanted} images are missing"]
    return []


def mixed_acquisitions(slices: Sequence[Slice]) -> tuple[list[list[Slice]], str] | None:
    """Split two reconstructions of one series, each regular by itself and with another step or thickness.

    Returns
    -------
    (groups, note) or None
        None when no attribute makes groups that are all regular.
    """
    for axis in _AXES:
        groups: dict[Any, list[Slice]] = defaultdict(list)
        for one in slices:
            groups[axis.value(one)].append(one)
        if len(groups) < 2 or min(len(group) for group in groups.values()) < 3:
            continue
        piles = list(groups.values())
        if any(len(set(position_ids(pile))) < len(pile) or not judge(pile).verdict.regular for pile in piles):
            continue
        # Two runs that follow each other with another thickness are one scan with two spacings.
        apart = axis.name != "thickness" or _interleaved(piles, slices)
        if apart and len({_make(pile) for pile in piles}) == len(piles):
            return piles, f"MIXED_ACQUISITIONS told apart by {axis.name}"
    return None


def _make(pile: Sequence[Slice]) -> tuple[float, float | None]:
    """Return the step, to 0.01 mm, and the thickness: what two reconstructions of one scan differ in."""
    step = float(np.linalg.norm(_position(pile[1]) - _position(pile[0])))
    return round(step, 2), pile[0].tags.number("SliceThickness")


def _interleaved(piles: Sequence[Sequence[Slice]], order: Sequence[Slice]) -> bool:
    """Return True when the piles interleave in `order` instead of following each other."""
    owner = {id(one): number for number, pile in enumerate(piles) for one in pile}
    changes = sum(owner[id(a)] != owner[id(b)] for a, b in pairwise(order))
    return changes > len(piles) - 1


def _full_grid(
    slices: Sequence[Slice],
    ids: Sequence[int],
    axes: tuple[_Axis, ...],
    values: Sequence[tuple[Any, ...]],
    notes: tuple[str, ...] = (),
) -> Split | None:
    """Return the split by `values` when every combination of them has every position exactly once."""
    coords = tuple(tuple(sorted({v[axis] for v in values}, key=_sort_key)) for axis in range(len(axes)))
    positions = sorted(set(ids))
    combinations_ = [(a,) for a in coords[0]] if len(axes) == 1 else [(a, b) for a in coords[0] for b in coords[1]]
    if min(len(axis) for axis in coords) < 2 or len(combinations_) * len(positions) != len(slices):
        return None
    cells = {(value, place): one for one, value, place in zip(slices, values, ids, strict=True)}
    if len(cells) != len(slices):
        return None
    ordered = tuple(cells[value, place] for value in combinations_ for place in positions)
    names, units = tuple(axis.name for axis in axes), tuple(axis.unit for axis in axes)
    return Split(names, coords, ordered, units, notes)


def _repetitions(slices: Sequence[Slice], ids: Sequence[int]) -> list[int] | None:
    """Return the turn of each image at its position by InstanceNumber, when the numbers come in equal blocks.

    Either whole volumes follow each other, or all turns of one position do; anything else would be a guess.
    """
    # The tiles of a mosaic share its number, and follow each other in it.
    numbers = [(one.instance_number, 0 if one.tile is None else one.tile.number) for one in slices]
    if any(number is None for number, _ in numbers) or len(set(numbers)) < len(numbers):
        return None
    ranked = sorted(range(len(slices)), key=lambda k: (numbers[k][0] or 0, numbers[k][1]))
    by_place: dict[int, list[int]] = defaultdict(list)
    for index in ranked:
        by_place[ids[index]].append(index)
    counts = {len(members) for members in by_place.values()}
    if len(counts) != 1 or counts == {1}:
        return None
    turns = [0] * len(slices)
    for members in by_place.values():
        for turn, index in enumerate(members):
            turns[index] = turn
    order = [turns[index] for index in ranked]
    volumes_follow = order == sorted(order)
    turns_follow = order == list(range(counts.pop())) * len(by_place)
    return turns if volumes_follow or turns_follow else None


def _position(one: Slice) -> Any:
    assert one.position is not None
    return one.position


def _sort_key(value: Any) -> tuple[Any, ...]:
    """Sort absent values first, numbers before text, tuples by their parts."""
    if value is None:
        return (0,)
    if isinstance(value, tuple):
        return (3, tuple(_sort_key(part) for part in value))
    return (2, value) if isinstance(value, str) else (1, value)
