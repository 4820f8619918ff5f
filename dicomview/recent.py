"""What was decoded lately, within a bound of bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Recent"]


class Recent:
    """Decoded slices with their notes; those not used for longest go first, the newest always stays.

    Parameters
    ----------
    limit : int
        Bytes.
    """

    def __init__(self, limit: int) -> None:
        self.limit, self.size, self._age = limit, 0, 0
        self._kept: OrderedDict[Hashable, tuple[NDArray[np.generic], str]] = OrderedDict()
        self._lock = threading.Lock()  # the canvas decodes beside the cell

    def get(
        self, key: Hashable, decode: Callable[[], tuple[NDArray[np.generic], str]]
    ) -> tuple[NDArray[np.generic], str]:
        """Return what is kept under `key`, or what `decode` gives; an array that is not to be written to."""
        with self._lock:
            age = self._age
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = decode()
        found[0].setflags(write=False)
        with self._lock:
            if key not in self._kept and age == self._age:
                self._kept[key] = found
                self.size += found[0].nbytes
            while self.size > self.limit and len(self._kept) > 1:
                _, (oldest, _) = self._kept.popitem(last=False)
                self.size -= oldest.nbytes
        return found

    def clear(self) -> None:
        """Keep nothing, nor what is being decoded now."""
        with self._lock:
            self._kept.clear()
            self.size = 0
            self._age += 1
