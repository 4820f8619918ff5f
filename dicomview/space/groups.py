"""Which slices may share a stack at all: exact keys first, then orientation.

One SeriesInstanceUID may hold several piles: a localizer, two matrices, two frames of reference. They are told apart
here, before anything is sorted or compared.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from dicomview.space.grid import SAME_PLACE_MM

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from dicomview.space.slices import Slice

__all__ = ["by_key", "by_orientation", "is_localizer", "pixel_digest", "same_instance_dropped", "says_localizer", "tie"]

_SPACING_MM = 1e-4
_COSINE = 1e-3


def is_localizer(one: Slice) -> bool:
    """Return True for a scout view: LOCALIZER in ImageType (PS3.3 C.7.6.1.1.2), or the vendors' words for it."""
    return says_localizer(one.tags.texts("ImageType"))


@lru_cache(maxsize=256)
def says_localizer(kind: tuple[str, ...]) -> bool:
    """Return True when the words of an ImageType are those of a scout view."""
    words = {word.upper() for word in kind}
    return any(mark in word for word in words for mark in ("LOCALIZER", "SCOUT", "TOPOGRAM", "CT PROJECTION IMAGE"))


def by_key(slices: Iterable[Slice]) -> list[list[Slice]]:
    """Group slices by everything that must be equal within a stack; PixelSpacing within 0.0001 mm."""
    groups: dict[Hashable, list[Slice]] = {}
    for one in slices:
        groups.setdefault(_key(one), []).append(one)
    found = []
    for group in groups.values():
        found.extend(_clusters(group, lambda s: s.spacing or (-1.0, -1.0), _SPACING_MM))
    return found


def by_orientation(slices: Sequence[Slice]) -> list[list[Slice]]:
    """Group slices whose direction cosines differ by at most 0.001; the residual in mm decides later."""
    return _clusters(slices, lambda s: tuple(np.asarray(s.orientation).tolist()), _COSINE)


def same_instance_dropped(slices: Sequence[Slice]) -> tuple[list[Slice], list[Slice], list[str]]:
    """Drop further copies of the same SOP instance.

    Returns
    -------
    kept, dropped : lists of Slice
    notes : list of str
        ``DUPLICATES_DROPPED`` with the number, ``SOP_CONFLICT`` when two files claim one SOPInstanceUID and differ;
        those are all kept, because nobody can say which is right.
    """
    first: dict[tuple[str, int], Slice] = {}
    kept, dropped, conflicts = [], [], 0
    for one in slices:
        key = one.sop_instance_uid, one.part
        twin = first.setdefault(key, one) if key[0] else one
        if twin is one:
            kept.append(one)
        elif _same_place(one, twin) and pixel_digest(one) == pixel_digest(twin):
            dropped.append(one)
        else:
            kept.append(one)
            conflicts += 1
    notes = [f"DUPLICATES_DROPPED {len(dropped)}"] if dropped else []
    if conflicts:
        notes.append(f"SOP_CONFLICT {conflicts} files claim the SOPInstanceUID of another and differ from it")
    return kept, dropped, notes


def tie(one: Slice) -> tuple[int, str, int, str]:
    """Return the order of slices that nothing else orders; for determinism only."""
    number = one.instance_number
    return (0 if number is None else number, one.sop_instance_uid, one.part, one.label)


def pixel_digest(one: Slice) -> bytes:
    """Return a digest of the modality values of a slice; of its raw bytes when they cannot be decoded."""
    try:
        return hashlib.sha256(np.ascontiguousarray(one.values()).tobytes()).digest()
    except (ValueError, ImportError):
        with one.source.open_pixels() as stream:
            return hashlib.sha256(stream.read()).digest()


def _same_place(one: Slice, other: Slice) -> bool:
    if one.place is None or other.place is None:
        return one.place is other.place
    same_direction = np.abs(one.place.orientation - other.place.orientation).max() <= _COSINE
    return bool(same_direction and np.abs(one.place.position - other.place.position).max() < SAME_PLACE_MM)


def _key(one: Slice) -> Hashable:
    tags = one.tags
    kind, modality = tags.texts("ImageType"), tags.text("Modality")
    return (
        tags.text("StudyInstanceUID"),
        tags.text("SeriesInstanceUID"),
        tags.text("FrameOfReferenceUID"),
        tags.text("SOPClassUID"),
        modality,
        one.rows,
        one.columns,
        tags.integer("SamplesPerPixel", 1),
        tags.text("PhotometricInterpretation"),
        tags.integer("BitsAllocated"),
        tags.integer("PixelRepresentation"),
        kind[:1],
        kind[2:3] if modality == "CT" else (),
        says_localizer(kind),
        tags.text("StackID") if tags.multiframe else "",
        one.place is None,
        # Frames of a multi-frame object that lie nowhere are moments of that object alone.
        one.sop_instance_uid if one.place is None and one.frame_count > 1 else "",
    )


def _clusters(slices: Sequence[Slice], of: Callable[[Slice], tuple[float, ...]], tolerance: float) -> list[list[Slice]]:
    """Group by the first member that is within `tolerance` in every component; the order of `slices` is no matter."""
    found: list[tuple[tuple[float, ...], list[Slice]]] = []
    keyed = ((of(one), one.sop_instance_uid, one.part, one.label, place) for place, one in enumerate(slices))
    for value, *_, place in sorted(keyed):
        for reference, members in found:
            if value == reference or max(abs(a - b) for a, b in zip(value, reference, strict=True)) <= tolerance:
                members.append(slices[place])
                break
        else:
            found.append((value, [slices[place]]))
    return [members for _, members in found]
