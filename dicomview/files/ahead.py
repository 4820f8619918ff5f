"""Many files one after the other, from a disk that has to look for them: it is told what comes next.

A file that the system does not hold in memory keeps its reader waiting, and one after the other each waits alone. Asked
for many at once, a local disk has them ready in about a quarter of the time, without a thread. Where nothing is waited
for, nothing is asked.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

from dicomview.files.glance import FIRST, OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicomview.files.locate import Location

__all__ = ["ahead"]

_AT_ONCE = 256
_TRIED = 4  # of these are read without having been asked for: they tell whether one has to wait
_WAITING = 25e-6  # seconds a file


def ahead(places: Sequence[Location]) -> Iterator[Location]:
    """Yield `places`; files on a slow disk are asked for before it is their turn.

    Parameters
    ----------
    places : sequence of Location
        Each is expected to be read by whoever takes it, before the next one.
    """
    if not hasattr(os, "posix_fadvise"):  # Windows and macOS take no advice
        yield from places
        return
    for start in range(0, len(places), _AT_ONCE):
        tried, others = places[start : start + _TRIED], places[start + _TRIED : start + _AT_ONCE]
        waited = _waited()
        yield from tried
        if others and _waited() - waited > _WAITING * len(tried):
            for one in others:
                if one.file is not None and one.member is None:
                    _ask(one.file)
        yield from others


def _waited() -> float:
    """Return how long this thread has done nothing, in seconds from some beginning."""
    return time.perf_counter() - time.thread_time()


def _ask(path: str) -> None:
    """Have the system fetch the beginning of a file; whoever reads it says what is wrong with it."""
    with contextlib.suppress(OSError, ValueError):
        descriptor = os.open(path, OPTIONS)
        try:
            os.posix_fadvise(descriptor, 0, FIRST, os.POSIX_FADV_WILLNEED)
        finally:
            os.close(descriptor)
