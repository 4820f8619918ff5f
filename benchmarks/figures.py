"""What a run says: from the logs of the probe to frames per second and latencies."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

__all__ = ["Log", "drag_figures", "scroll_figures", "share_right"]


@dataclass(frozen=True)
class Log:
    """What the probe wrote down while a hand moved.

    Parameters
    ----------
    sent : list of float, ms
        When each input was given.
    frames : list of (when, code, level, print)
        After each animation frame: ms, the slice on the screen (None where the barcode cannot be read), the sum of the
        ramp's grey levels, and a hash of a row of noise.
    before : float
        The level before the first input.
    noise : list of int
        The row of noise at the end, grey levels.
    """

    sent: list[float]
    frames: list[tuple[float, int | None, float, int]]
    before: float = 0.0
    noise: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, message: dict[str, Any]) -> Log:
        """Make one of what the page returned."""
        frames = [(frame[0], frame[1], frame[2], frame[3]) for frame in message["frames"]]
        return cls(message["sent"], frames, message["before"], message["noise"] or [])


def scroll_figures(log: Log, start: int, direction: int) -> dict[str, float]:
    """Return the figures of one pass through the slices, one slice an input.

    Parameters
    ----------
    log : Log
    start : int
        The slice before the first input.
    direction : 1 or -1

    Returns
    -------
    dict
        ``rate``: distinct slices shown over the time from the first input to the last change, 1/s. ``p50``, ``p95``:
        latency, ms, from an input to the first frame that shows its slice or a later one; inf when none does.
        ``sharp``: ms from the last input to the last change of the last slice's pixels.
    """
    seen = [(when, code) for when, code, _, _ in log.frames if code is not None and when >= log.sent[0]]
    shown: dict[int, float] = {}
    for when, code in seen:
        if code != start:
            shown.setdefault(code, when)
    rate = len(shown) / (max(shown.values()) - log.sent[0]) * 1000 if shown else 0.0
    wishes = [(when, start + direction * (count + 1)) for count, when in enumerate(log.sent)]
    reached = [(when, float(code - start) * direction) for when, code in seen]
    waits = _waits([(when, (wish - start) * direction) for when, wish in wishes], reached)
    rest = _last_change([(when, mark) for when, _, _, mark in log.frames])
    return {"rate": rate, **_percentiles(waits), "sharp": max(0.0, rest - log.sent[-1])}


def drag_figures(log: Log) -> dict[str, float]:
    """Return the figures of a drag that raised the window's center evenly.

    Returns
    -------
    dict
        ``changed``: frames whose pixels differ from the one before. ``rate``: these over the time from the first input
        to the last change, 1/s. ``p50``, ``p95``: latency, ms, from an input to the first frame with the window it
        makes or a later one. The ramp's level is a straight line of the center, so where the drag ends says which
        level belongs to which input.
    """
    levels = [(when, level) for when, _, level, _ in log.frames if when >= log.sent[0]]
    pairs = zip([log.before, *(level for _, level in levels)], levels, strict=False)
    changes = [when for earlier, (when, level) in pairs if level != earlier]
    whole = levels[-1][1] - log.before
    if not changes or not whole:
        return {"changed": len(changes), "rate": 0.0, "p50": np.inf, "p95": np.inf}
    count = len(log.sent)
    # Half an input's worth of tolerance: greys are whole numbers and the window's center may be rounded.
    wishes = [(when, place + 0.5) for place, when in enumerate(log.sent)]
    waits = _waits(wishes, [(when, (level - log.before) / whole * count) for when, level in levels])
    return {"changed": len(changes), "rate": len(changes) / (changes[-1] - log.sent[0]) * 1000, **_percentiles(waits)}


def share_right(noise: list[int], expected: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """Return the share of a row's pixels that are within two grey levels of what they should be."""
    return float(np.mean(np.abs(np.asarray(noise) - expected) <= 2)) if len(noise) == len(expected) else 0.0


def _waits(wishes: list[tuple[float, float]], reached: list[tuple[float, float]]) -> list[float]:
    """Return for each (when, place) wished the ms until the first later (when, place) that is as far."""
    waits = []
    for when, wish in wishes:
        waits.append(next((later - when for later, place in reached if later >= when and place >= wish), np.inf))
    return waits


def _percentiles(waits: list[float]) -> dict[str, float]:
    # Not interpolated: beside an infinite wait that would be no number.
    p50, p95 = np.percentile(waits, [50, 95], method="higher")
    return {"p50": float(p50), "p95": float(p95)}


def _last_change(marks: list[tuple[float, int]]) -> float:
    changes = [when for (_, before), (when, mark) in pairwise(marks) if mark != before]
    return changes[-1] if changes else marks[0][0]
