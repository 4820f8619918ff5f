"""From the slices of a series to its stacks: group, sort, find the axes, have the grid judged."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from dicomview.progress import bar
from dicomview.space.axes import Split, drop_copies, incomplete, mixed_acquisitions, position_ids, split
from dicomview.space.geometry import mean_orientation, normal_of
from dicomview.space.grid import Grid, ambiguous, judge, name_of, without_places
from dicomview.space.groups import by_key, by_orientation, tie
from dicomview.space.stack import Stack
from dicomview.space.vectors import layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomview.space.slices import Slice

__all__ = ["stacks_of"]


def stacks_of(slices: Sequence[Slice], notes: Sequence[str] = (), *, progress: bool = True) -> tuple[Stack, ...]:
    """Sort slices of one series into stacks, the main one first.

    Parameters
    ----------
    slices : sequence of Slice
        Of one series, in any order.
    notes : sequence of str
        What is known already; told by the verdict of the main stack.
    progress : bool
        Show a bar when it takes more than a second.

    Returns
    -------
    tuple of Stack
        Localizers last, otherwise the largest first.
    """
    groups = by_key(bar(slices, "Sorting slices", "slice", show=progress))
    stacks: list[Stack] = []
    for group in groups:
        if group[0].place is None:
            stacks.append(_unplaced(group))
            continue
        for pile in by_orientation(group):
            stacks.extend(_placed(pile))
    stacks.sort(key=lambda stack: (stack.localizer, -len(stack), str(stack.slices[0].sop_instance_uid)))
    if stacks:
        notes = [*notes, *_end_gap(stacks[0], slices)]
    if notes and stacks:
        stacks[0] = _noted(stacks[0], notes)
    return tuple(stacks)


def _placed(pile: list[Slice]) -> list[Stack]:
    """Return the stacks of slices of one orientation."""
    normal = normal_of(mean_orientation(np.array([one.orientation for one in pile], float)))
    x, y, z = np.array([one.position for one in pile], float).T
    # Column by column and no product of matrices, in which equal positions may come out a little different.
    depths = (-(x * normal[0] + y * normal[1] + z * normal[2])).tolist()
    ordered = [one for *_, one in sorted(zip(depths, map(tie, pile), count(), pile, strict=False))]
    ids = position_ids(ordered)
    notes: list[str] = []
    if ids[-1] + 1 < len(ids):
        ordered, notes = drop_copies(ordered, ids)
        ids = position_ids(ordered)
    if ids[-1] + 1 == len(ids):
        grid = judge(ordered, notes=notes)
        mixed = None if grid.verdict.regular else mixed_acquisitions(ordered)
        if mixed is None:
            return [_three(ordered, grid)]
    else:
        found = split(ordered, ids)
        if found is not None:
            return [_extended(found, notes)]
        mixed = mixed_acquisitions(ordered)
        if mixed is None:
            return [_three(ordered, ambiguous(ordered, ids, [*notes, *incomplete(ordered, ids)]))]
    groups, note = mixed
    return [_three(group, judge(group, notes=[*notes, note])) for group in groups]


def _end_gap(stack: Stack, slices: Sequence[Slice]) -> list[str]:
    """Return a hint where InstanceNumbers run along a stack and those below its lowest are nowhere in the series.

    Positions cannot tell that a slice is missing at an end, and numbers cannot prove it: some devices begin elsewhere.
    """
    found = [one.instance_number for one in stack.slices]
    numbers = [number for number in found if number is not None]
    if len(stack.dims) > 3 or len(numbers) < max(2, len(found)) or stack.slices[0].place is None:
        return []
    steps = np.diff(numbers)
    lowest = min(numbers)
    lacking = set(range(1, lowest)) - {one.instance_number for one in slices}
    if not (bool((steps > 0).all() or (steps < 0).all()) and len(lacking) == lowest - 1 and 1 < lowest <= len(numbers)):
        return []
    end = name_of(stack.slices, numbers.index(lowest))
    return [f"END_GAP InstanceNumber begins with {lowest}: slices may be missing beyond {end}"]


def _extended(found: Split, notes: Sequence[str]) -> Stack:
    """Return the stack of a full grid with extra axes; the verdict is of its first pile."""
    length = len(found.slices) // int(np.prod([len(axis) for axis in found.coords]))
    piles = [found.slices[start : start + length] for start in range(0, len(found.slices), length)]
    # Every pile is judged; the one that is worst off speaks for all.
    grids = [judge(pile, notes=[*notes, *found.notes]) for pile in piles]
    grid = max(grids, key=lambda grid: (not grid.verdict.regular, grid.verdict.residual_mm))
    dims = (*found.names, "slice", "row", "column")
    coords = dict(zip(found.names, found.coords, strict=True))
    return Stack(found.slices, dims, grid, coords, dict(zip(found.names, found.units, strict=True)))


def _unplaced(group: list[Slice]) -> Stack:
    """Return slices that lie nowhere, by their index vectors, else in the order of frames and InstanceNumber."""
    ordered = sorted(group, key=lambda one: (*tie(one)[:1], one.frame, *tie(one)[1:]))
    if len({one.sop_instance_uid for one in ordered}) == 1 and len(ordered) > 1:
        found = layout(ordered)
        if found is not None:
            names, coords, slices = found
            timed = isinstance(coords.get("time", (0,))[0], float)
            units = {"time": "ms"} if timed else {}
            return Stack(slices, (*names, "row", "column"), without_places(slices), coords, units)
        times = ordered[0].frame_times
        if times is None:
            return _three(ordered, without_places(ordered), first="frame")
        grid = without_places(ordered)
        return Stack(tuple(ordered), ("time", "row", "column"), grid, {"time": times}, {"time": "ms"})
    return _three(ordered, without_places(ordered), first="image" if len(ordered) > 1 else "slice")


def _three(slices: Sequence[Slice], grid: Grid, *, first: str = "slice") -> Stack:
    return Stack(tuple(slices), (first, "row", "column"), grid)


def _noted(stack: Stack, notes: Sequence[str]) -> Stack:
    verdict = replace(stack.verdict, notes=(*notes, *stack.verdict.notes))
    return replace(stack, grid=replace(stack.grid, verdict=verdict))
