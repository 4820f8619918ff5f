"""A raster: 16-bit samples of one plane and the line that turns them into modality values.

This is what travels to the browser, and what `picture` paints from, so that both show the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dicomview.pixels import Rescale, Window

__all__ = ["Raster", "from_stored", "from_values", "paint"]


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """Samples of one plane.

    Parameters
    ----------
    samples : (rows, columns) int16 or uint16 array, or (rows, columns, 3) uint8 array
        RGB in the latter case; then slope, intercept and windows have no meaning.
    slope, intercept : float
        ``modality value = slope * sample + intercept``.
    stored : bool
        True when the samples are the stored values themselves; False when values were fitted into 16 bits, to within
        half a slope.
    """

    samples: NDArray[np.int16] | NDArray[np.uint16] | NDArray[np.uint8]
    slope: float = 1.0
    intercept: float = 0.0
    stored: bool = True

    @property
    def colour(self) -> bool:
        """True for RGB."""
        return self.samples.ndim == 3


def from_stored(stored: NDArray[np.generic], rescale: Rescale) -> Raster:
    """Return the raster of stored values; those that need more than 16 bits or a table are fitted into 16.

    Parameters
    ----------
    stored : (rows, columns) array of integers or floats
    rescale : Rescale
    """
    if stored.dtype.kind in "iu" and stored.dtype.itemsize <= 2 and rescale.linear:
        samples: Any = stored.astype(np.uint16 if stored.dtype.kind == "u" else np.int16, copy=False)
        return Raster(samples, rescale.slope, rescale.intercept)
    return from_values(rescale.apply(stored))


def from_values(values: NDArray[np.floating], *, low: float | None = None, high: float | None = None) -> Raster:
    """Fit modality values into 16 bits.

    Parameters
    ----------
    values : (rows, columns) float array
        NaN becomes the lowest sample.
    low, high : float, optional
        Range to spread over the samples; that of the finite values when not given.
    """
    finite = values[np.isfinite(values)]
    bottom = float(finite.min()) if low is None and finite.size else (low or 0.0)
    top = float(finite.max()) if high is None and finite.size else (high or 0.0)
    slope = (top - bottom) / 65535 if top > bottom else 1.0
    scaled = np.floor((np.nan_to_num(values, nan=bottom, posinf=top, neginf=bottom) - bottom) / slope + 0.5)
    return Raster(np.clip(scaled, 0, 65535).astype(np.uint16), slope, bottom, stored=False)


def paint(raster: Raster, window: Window, *, invert: bool = False) -> NDArray[np.uint8]:
    """Return the grey levels of a raster, or its colours.

    Parameters
    ----------
    raster : Raster
    window : Window
    invert : bool
        True for MONOCHROME1.

    Returns
    -------
    (rows, columns) or (rows, columns, 3) uint8 array
    """
    if raster.colour or not raster.samples.size:
        return raster.samples.astype(np.uint8)
    # One level for each value that occurs between lowest and highest, then a look-up: as the browser does it.
    first, last = int(raster.samples.min()), int(raster.samples.max())
    values = raster.slope * np.arange(first, last + 1, dtype=np.float64) + raster.intercept
    levels = window.apply(values, invert=invert)
    return levels[raster.samples.astype(np.int32) - first]
