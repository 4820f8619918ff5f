"""What a picture says in words of its stack: what a reader must know, and the values along its axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydicom.uid import JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLSNearLossless

from dicomview.pixels import transfer_syntax

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomview.space import Slice, Stack

__all__ = ["labels_of", "notes_of", "of_distances"]

_VERDICT_WORDS = {
    "MISSING_SLICES": "slices missing",
    "NONUNIFORM_SPACING": "uneven distances between slices",
    "SHEAR": "slices shifted by a tilt",
    "AMBIGUOUS_POSITIONS": "several images at one position",
    "BAD_GEOMETRY": "position malformed",
    "MOSAIC_WITHOUT_CSA": "mosaic of many slices",
}
_LOSSY = (JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLSNearLossless)  # those that cannot be anything else


def labels_of(coords: Sequence[Any], unit: str) -> tuple[str, ...]:
    """Return the values along an axis in words; of (b-value, gradient) the unit is that of the first."""
    words = []
    for value in coords:
        number, *more = value if isinstance(value, tuple) else (value,)
        parts = [_label(number) + (f" {unit}" if unit and number is not None else ""), *map(_label, more)]
        words.append(" ".join(part for part in parts if part) or "none")
    return tuple(words)


def _label(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return f"({', '.join(f'{x:.2f}' for x in value)})"
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def notes_of(stack: Stack, of: tuple[int, int]) -> tuple[str, ...]:
    """Return what must be said on the picture, in a few words each."""
    first, notes = stack.slices[0], []
    if of[1] > 1:
        notes.append(f"stack {of[0]} of {of[1]}")
    if stack.verdict.code in _VERDICT_WORDS:
        notes.append(_VERDICT_WORDS[stack.verdict.code])
    cut = sum(one.source.status == "truncated" for one in stack.slices)
    if cut:
        notes.append(f"{cut} of {len(stack.slices)} truncated")
    if 0x00280008 in first.header and first.tags.number("NumberOfFrames") is None:
        notes.append("number of frames unreadable")
    notes.extend(of_distances(first))
    if first.tags.text("LossyImageCompression") == "01" or transfer_syntax(first.header) in _LOSSY:
        notes.append("lossy compression")
    return tuple(notes)


def of_distances(one: Slice) -> tuple[str, ...]:
    """Return what must be said of millimetres in a slice, unless they are those of the patient."""
    if one.spacing is None:
        return ("pixel size unknown",)
    words = {"detector": "mm at the detector", "calibrated": "mm as calibrated"}.get(one.spacing_kind)
    return () if words is None else (words,)
