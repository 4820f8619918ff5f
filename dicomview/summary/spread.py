"""How the values of one attribute are spread over the series: bars to draw."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Spread", "of_numbers", "of_words"]

_MOST_BARS = 12
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Spread:
    """The bars of one attribute.

    Parameters
    ----------
    name : str
    bars : tuple of (str, int)
        What is counted, and how many series have it.
    missing : int
        Series that do not say.
    """

    name: str
    bars: tuple[tuple[str, int], ...]
    missing: int


def of_words(name: str, values: Iterable[str]) -> Spread:
    """Return the bars of words, the most frequent first; what is empty is missing."""
    every = list(values)
    counts = Counter(value[:_LONGEST] for value in every if value)
    bars = sorted(counts.items(), key=lambda bar: (-bar[1], bar[0]))
    if len(bars) > _MOST_BARS:
        rest = bars[_MOST_BARS - 1 :]
        bars = [*bars[: _MOST_BARS - 1], (f"{len(rest)} others", sum(count for _, count in rest))]
    return Spread(name, tuple(bars), sum(not value for value in every))


def of_numbers(name: str, unit: str, values: Iterable[float | None]) -> Spread:
    """Return the bars of numbers in their order: one for each where they are few, else intervals of equal width."""
    every = list(values)
    known = np.array([value for value in every if value is not None and np.isfinite(value)])
    missing = len(every) - len(known)
    label = f"{name} [{unit}]" if unit else name
    counts = Counter(f"{value:.4g}" for value in sorted(known.tolist()))
    if len(counts) <= _MOST_BARS:
        return Spread(label, tuple(counts.items()), missing)
    heights, edges = np.histogram(known, bins=_MOST_BARS)
    bars = tuple(
        (f"{low:.4g} – {high:.4g}", int(count)) for low, high, count in zip(edges, edges[1:], heights, strict=False)
    )
    return Spread(label, bars, missing)
