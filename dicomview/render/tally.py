"""How often each modality value occurs, counted slice by slice in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dicomview.render.raster import Raster

__all__ = ["Tally"]

_MOST = 1 << 16  # cells


class Tally:
    """Counts of values in cells of one width, which is that of the stored steps as long as they are few enough.

    Values of 16 bits with one slope are counted each for itself. Where slices have slopes of their own, or the values
    spread further, cells become twice as wide as often as is needed.
    """

    def __init__(self) -> None:
        self._step, self._origin = 0.0, 0.0  # cell n has its middle at origin + n * step
        self._first, self._counts = 0, np.zeros(0, np.int64)

    def add(self, raster: Raster) -> None:
        """Count the values of a grey slice; those that are blank are none."""
        samples = raster.samples.astype(np.int32).ravel()
        if raster.blank is not None:
            samples = samples[samples != raster.blank]
        if not samples.size:
            return
        least = int(samples.min())
        found = np.bincount(samples - least)
        there = np.flatnonzero(found)
        values = raster.slope * (there + least).astype(np.float64) + raster.intercept
        if not self._step:
            self._step, self._origin = abs(raster.slope) or 1.0, raster.intercept
        self._put(values, found[there])

    def _put(self, values: NDArray[np.float64], counts: NDArray[np.int64]) -> None:
        while True:
            cells = np.floor((values - self._origin) / self._step + 0.5).astype(np.int64)
            first, last = int(cells.min()), int(cells.max())
            if len(self._counts):
                first, last = min(first, self._first), max(last, self._first + len(self._counts) - 1)
            if last - first < _MOST:
                break
            self._widen()
        grown = np.zeros(last - first + 1, np.int64)
        grown[self._first - first :][: len(self._counts)] = self._counts
        np.add.at(grown, cells - first, counts)
        self._first, self._counts = first, grown

    def _widen(self) -> None:
        """Make one cell of two."""
        before = np.pad(self._counts, (self._first % 2, (self._first + len(self._counts)) % 2))
        self._counts, self._first = before.reshape(-1, 2).sum(axis=1), self._first // 2
        self._origin, self._step = self._origin + self._step / 2, 2 * self._step

    def bins(self, most: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return counts and edges, one more, of at most so many bins of one width."""
        together = -(-len(self._counts) // most) or 1
        padded = np.pad(self._counts, (0, -len(self._counts) % together))
        counts = padded.reshape(-1, together).sum(axis=1)
        edges = self._origin + self._step * (self._first - 0.5 + together * np.arange(len(counts) + 1.0))
        return counts, edges
