"""What checks of geometry and completeness ask of a series: stacks by verdict, notes of the judge, slices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydicom import uid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicomview.space import Series, Slice, Stack

__all__ = ["PLANES", "SINGLE", "first_of_each_stack", "judged", "labels_of", "noted", "slices_of_all"]

SINGLE = frozenset({uid.CTImageStorage, uid.MRImageStorage, uid.PositronEmissionTomographyImageStorage})
"""SOP classes of single cross-sections."""
PLANES = SINGLE | {
    uid.EnhancedCTImageStorage,
    uid.EnhancedMRImageStorage,
    uid.EnhancedPETImageStorage,
    uid.LegacyConvertedEnhancedCTImageStorage,
    uid.LegacyConvertedEnhancedMRImageStorage,
    uid.LegacyConvertedEnhancedPETImageStorage,
}
"""SOP classes whose images are planes of the patient."""


def judged(series: Series, code: str) -> Iterator[tuple[str, Stack]]:
    """Yield the stacks with a verdict, and what stands before the message where there are several stacks."""
    for place, stack in enumerate(series.stacks, start=1):
        if stack.verdict.code == code:
            yield (f"stack {place} of {len(series.stacks)}: " if len(series.stacks) > 1 else ""), stack


def noted(series: Series, *codes: str) -> Iterator[tuple[str, str, Stack]]:
    """Yield the notes of verdicts that begin with one of `codes`, as (code, the words behind it, stack)."""
    for stack in series.stacks:
        for note in stack.verdict.notes:
            code, _, words = note.partition(" ")
            if code in codes:
                yield code, words, stack


def slices_of_all(series: Series) -> list[Slice]:
    """Return the slices of all stacks."""
    return [one for stack in series.stacks for one in stack.slices]


def labels_of(slices: Iterable[Slice]) -> tuple[str, ...]:
    """Return where slices are."""
    return tuple(one.label for one in slices)


def first_of_each_stack(series: Series) -> list[Slice]:
    """Return the first slice of every stack of planes, localizers and projections left out."""
    return [stack.slices[0] for stack in series.stacks if not stack.localizer and stack.slices[0].place is not None]
