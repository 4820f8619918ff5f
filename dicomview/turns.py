"""Threads that take turns quickly, while somebody waits for a slice beside a computing cell.

A thread that has waited for the disk, for zlib or for a socket gets the interpreter back when the computing one lets go
of it, which Python asks for after five milliseconds. Each slice needs it some ten times, so that beside a cell that
computes in plain Python a block of previews took 0.2 seconds; with turns of one millisecond it takes 0.06, and the cell
a twentieth longer.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["quick_turns"]

_TURN = 0.001  # seconds
_lock = threading.Lock()
_inside = 0  # how many blocks are open, in all threads
_before = _ours = 0.0  # the interval that others have chosen, and that of the blocks


@contextmanager
def quick_turns() -> Iterator[None]:
    """Have the threads of this process take turns every millisecond; what others set meanwhile stays."""
    global _inside, _before, _ours
    with _lock:
        _inside += 1
        if _inside == 1:
            _before = _ours = sys.getswitchinterval()
            if _before > _TURN:
                sys.setswitchinterval(_TURN)
                _ours = sys.getswitchinterval()
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _restore()


def _restore() -> None:
    if sys.getswitchinterval() == _ours != _before:
        sys.setswitchinterval(_before + 5e-7)  # what is less than a microsecond is cut off


def _forked() -> None:
    """In a process that was forked within a block: the workers of a pool, which outlive it."""
    global _lock, _inside
    _lock = threading.Lock()
    if _inside:
        _inside = 0
        _restore()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
