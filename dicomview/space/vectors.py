"""Index vectors: where each frame of a nuclear medicine object stands among windows, detectors, phases and moments.

Such an object is an array of many dimensions; FrameIncrementPointer names its index vectors, the slowest first
(PS3.3 C.8.4.8). The Slice Vector of a reconstruction lies along the patient, all others are axes beside it.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from pydicom.datadict import keyword_for_tag

from dicomview.pixels import FrameTags

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dicomview.space.slices import Slice

__all__ = ["VECTORS", "index_vectors", "layout", "vector_times"]

# In the order in which every kind of image has those it has (table C.8-8).
_NAMES = {
    "EnergyWindowVector": "energy_window",
    "DetectorVector": "detector",
    "PhaseVector": "phase",
    "RotationVector": "rotation",
    "RRIntervalVector": "rr_interval",
    "TimeSlotVector": "time_slot",
    "AngularViewVector": "angular_view",
    "TimeSliceVector": "time",
    "SliceVector": "slice",
}
VECTORS = tuple(_NAMES.values())
"""The names of the axes that index vectors make."""


def index_vectors(tags: FrameTags, count: int) -> list[dict[str, int]]:
    """Return for each of `count` frames its number along each index vector, the slowest first.

    Parameters
    ----------
    tags : FrameTags
        Of the whole object.
    count : int

    Returns
    -------
    list of dict
        Empty ones for an object without index vectors. A vector whose length is not that of the object is left out;
        where the pointer names none, all that are there are taken in the order of the standard.
    """
    pointed = [keyword_for_tag(int(tag)) for tag in _pointer(tags)]
    named = [keyword for keyword in pointed if keyword in _NAMES]
    found = {}
    for keyword in named or (_NAMES if count > 1 and tags.text("Modality") == "NM" else ()):
        numbers = tags.numbers(keyword)
        if len(numbers) == count and all(number.is_integer() for number in numbers):
            found[_NAMES[keyword]] = [int(number) for number in numbers]
    return [{name: numbers[frame] for name, numbers in found.items()} for frame in range(count)]


def layout(slices: Sequence[Slice]) -> tuple[tuple[str, ...], dict[str, tuple[Any, ...]], tuple[Slice, ...]] | None:
    """Arrange the frames of one object by their index vectors.

    Parameters
    ----------
    slices : sequence of Slice
        All frames of one object.

    Returns
    -------
    names : tuple of str
        Of the axes with more than one value, the slowest first.
    coords : dict of str to tuple
        Their values: for "time" ms from the first frame, for "angular_view" degrees where the file has them,
        otherwise the numbers of the vector.
    slices : tuple of Slice
        In the order of these axes.
    None
        When the vectors do not give every frame a place of its own in a full array.
    """
    columns: dict[str, list[Any]] = {
        name: [one.vectors.get(name) for one in slices] for name in slices[0].vectors if len(slices) > 1
    }
    found = _array(columns, slices)
    if found is None and "phase" in columns and "time" in columns:
        # Phases of different lengths are one run of moments: a phase is only where the durations change.
        columns["time"] = list(zip(columns.pop("phase"), columns["time"], strict=True))
        found = _array(columns, slices)
    if found is None:
        return None
    coords, ordered = found
    if "time" in coords:
        coords["time"] = _common(_times(ordered), list(coords), coords) or tuple(
            number if isinstance(number, int) else place for place, number in enumerate(coords["time"], start=1)
        )
    if "angular_view" in coords:
        coords["angular_view"] = _angles(ordered[0], coords["angular_view"]) or coords["angular_view"]
    return tuple(coords), coords, ordered


def vector_times(tags: FrameTags, count: int) -> tuple[float, ...] | None:
    """Return when each frame of a dynamic object began, ms after the first; None when the file does not say.

    PS3.3 C.8.4.14: within a phase a frame begins ActualFrameDuration and PauseBetweenFrames after the one before, and a
    phase PhaseDelay after the end of the one before.
    """
    phases = [FrameTags(item) for item in tags.get("PhaseInformationSequence") or ()]
    at = index_vectors(tags, count)
    last = dict.fromkeys(range(1, len(phases) + 1), 0)
    for one in at:
        phase, turn = one.get("phase", 1), one.get("time", 0)
        if phase not in last or turn < 1:
            return None
        last[phase] = max(last[phase], turn)
    begins: dict[int, tuple[float, float]] = {}
    clock = 0.0
    for number, item in enumerate(phases, start=1):
        duration, pause = item.number("ActualFrameDuration"), item.number("PauseBetweenFrames", 0.0) or 0.0
        if duration is None or duration <= 0 or pause < 0:
            return None
        clock += item.number("PhaseDelay", 0.0) or 0.0
        begins[number] = clock, duration + pause
        clock += last[number] * (duration + pause) - (pause if last[number] else 0.0)
    times = [begins[one.get("phase", 1)][0] + (one["time"] - 1) * begins[one.get("phase", 1)][1] for one in at]
    return tuple(time - min(times) for time in times)


def _array(
    columns: Mapping[str, list[Any]], slices: Sequence[Slice]
) -> tuple[dict[str, tuple[Any, ...]], tuple[Slice, ...]] | None:
    """Return (values along each axis, slices in their order) when every cell of the array has exactly one slice."""
    long = {name: values for name, values in columns.items() if len(set(values)) > 1}
    keys = list(zip(*long.values(), strict=True))
    coords = {name: tuple(sorted(set(values))) for name, values in long.items()}
    if not long or len(set(keys)) < len(slices) or prod(len(axis) for axis in coords.values()) != len(slices):
        return None
    order = sorted(range(len(slices)), key=lambda index: keys[index])
    return coords, tuple(slices[index] for index in order)


def _times(slices: Sequence[Slice]) -> list[float] | None:
    times = slices[0].frame_times
    return None if times is None else [times[one.frame] for one in slices]


def _common(
    values: Sequence[float] | None, names: Sequence[str], coords: Mapping[str, tuple[Any, ...]]
) -> tuple[float, ...] | None:
    """Return the times along the last axis from its own beginning, when they are the same in every other pile."""
    length = len(coords["time"])
    if values is None or names[-1] != "time":
        return None
    piles = [values[start : start + length] for start in range(0, len(values), length)]
    relative = {tuple(round(value - pile[0], 6) for value in pile) for pile in piles}
    return relative.pop() if len(relative) == 1 else None


def _angles(one: Slice, views: Sequence[int]) -> tuple[float, ...] | None:
    """Return the angle of each view in degrees; None with several detectors or rotations, each at its own angle.

    PS3.3 C.8.4.12: 0 is the patient's back; counter-clockwise, seen from the feet, the angle increases.
    """
    rotations, detectors = one.tags.get("RotationInformationSequence"), one.tags.integer("NumberOfDetectors", 1)
    if not rotations or len(rotations) != 1 or detectors > 1:
        return None
    item = FrameTags(rotations[0])
    start, step = item.number("StartAngle"), item.number("AngularStep")
    sign = {"CW": -1, "CC": 1}.get(item.text("RotationDirection"))
    if start is None or step is None or sign is None:
        return None
    return tuple(start + sign * (view - 1) * step for view in views)


def _pointer(tags: FrameTags) -> Sequence[Any]:
    """Return FrameIncrementPointer as a sequence of tags."""
    value = tags.get("FrameIncrementPointer")
    if value is None or isinstance(value, str | bytes):
        return ()
    return [value] if isinstance(value, int) else [tag for tag in value if isinstance(tag, int)]
