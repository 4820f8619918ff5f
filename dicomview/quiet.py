"""Silence while pydicom reads: what it finds odd is the audit's to tell, and its words quote the file."""

from __future__ import annotations

import contextlib
import logging
import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["quiet"]

# Filters of a logger do not hold for its children, so each that pydicom logs to is named.
_LOGGERS = tuple(map(logging.getLogger, ("pydicom", "pydicom.pixels.decoders.base", "pydicom.pixels.utils")))
_MODULES = r"(pydicom|PIL|openjpeg|rle|jpeg_ls|imagecodecs)(\.|$)"
_lock = threading.Lock()
_inside = 0  # how many blocks are open, in all threads
_entry: object = None  # our warning filter, while a block is open


@contextmanager
def quiet() -> Iterator[None]:
    """Keep pydicom's warnings from the screen and from the log, where they would show values of the patient.

    Warning filters belong to the whole process, and a thread of ours may read while the user's cell saves and restores
    them. So nothing is saved and restored here: one filter is added, and taken out again by identity. The worst that a
    crossing can leave behind is a filter against pydicom's warnings, never one against the user's.
    """
    global _inside, _entry
    with _lock:
        _inside += 1
        if _inside == 1:
            for logger in _LOGGERS:
                logger.addFilter(_drop)
        if not any(entry is _entry for entry in warnings.filters):
            warnings.filterwarnings("ignore", module=_MODULES)
            _entry = warnings.filters[0]
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                for logger in _LOGGERS:
                    logger.removeFilter(_drop)
                with contextlib.suppress(ValueError):  # the user's cell has restored filters from before
                    warnings.filters.remove(_entry)  # type: ignore[attr-defined]


def _drop(record: logging.LogRecord) -> bool:
    return False
