"""Silence while pydicom reads: what it finds odd is the audit's to tell, and its words quote the file."""

from __future__ import annotations

import logging
import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["quiet"]

# Filters of warnings belong to the whole process: two threads that save and restore them in turns could leave the
# user's kernel silent for good. So one of ours at a time.
_one_at_a_time = threading.RLock()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep pydicom's warnings from the screen and from the log, where they would show values of the patient."""
    logger = logging.getLogger("pydicom")
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logger.addFilter(_drop)
        try:
            yield
        finally:
            logger.removeFilter(_drop)


def _drop(record: logging.LogRecord) -> bool:
    return False
