"""What can wait until the cell has shown what it shows, or until no hand is on a picture."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from dicomview.views.canvas import wanted_since

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["in_a_cell", "soon", "when_quiet"]

_SOON = 0.08  # seconds, in which the page paints its picture: what came meanwhile would only take its time
_QUIET = 1.0  # seconds without a want
_PATIENCE = 3.0  # and at most


def _loop() -> asyncio.AbstractEventLoop | None:
    """Return what runs cells; None where none does."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def soon(deed: Callable[[], None]) -> None:
    """Do something once the running cell has shown what it shows; at once where no cell runs."""
    if loop := _loop():
        loop.call_later(_SOON, deed)
    else:
        deed()


def when_quiet(deed: Callable[[], None]) -> None:
    """Do something once no page has asked for slices for a while, for they would wait; at once where no cell runs."""
    loop, latest = _loop(), time.monotonic() + _PATIENCE

    def look() -> None:
        rest = min(_QUIET - wanted_since(), latest - time.monotonic())
        if loop and rest > 0:
            loop.call_later(rest, look)
        else:
            deed()

    if loop:
        loop.call_later(_QUIET, look)
    else:
        deed()


def in_a_cell() -> bool:
    """Return whether there is a later: outside of what runs cells there is none."""
    return _loop() is not None
