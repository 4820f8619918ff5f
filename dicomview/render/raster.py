"""A raster: 16-bit samples of one plane and the line that turns them into modality values.

This is what travels to the browser, and what `picture` paints from, so that both show the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dicomview.pixels import Rescale, Voi

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
    blank : int, optional
        The sample that stands for "no value here": background in the picture, nothing for the hover.
    """

    samples: NDArray[np.int16] | NDArray[np.uint16] | NDArray[np.uint8]
    slope: float = 1.0
    intercept: float = 0.0
    stored: bool = True
    blank: int | None = None

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
        NaN becomes sample 0, which then stands for nothing else.
    low, high : float, optional
        Range to spread over the samples; that of the finite values when not given.
    """
    known = values[np.isfinite(values)]
    bottom = float(known.min()) if low is None and known.size else (low or 0.0)
    top = float(known.max()) if high is None and known.size else (high or 0.0)
    missing = np.isnan(values)
    first = int(missing.any())
    slope = (top - bottom) / (65535 - first) if top > bottom else 1.0
    if top - bottom <= 65535 - first and bottom == np.floor(bottom) and bool((known == np.floor(known)).all()):
        slope = 1.0  # whole numbers that fit stay what they are
    scaled = np.floor((np.nan_to_num(values, nan=bottom, posinf=top, neginf=bottom) - bottom) / slope + 0.5) + first
    samples = np.where(missing, 0, np.clip(scaled, first, 65535)).astype(np.uint16)
    return Raster(samples, slope, bottom - first * slope, stored=False, blank=0 if first else None)


def paint(
    raster: Raster,
    window: Voi,
    *,
    invert: bool = False,
    layers: Sequence[NDArray[np.bool_]] = (),
    color: str = "#ffffff",
) -> NDArray[np.uint8]:
    """Return the grey levels of a raster, or its colours.

    Parameters
    ----------
    raster : Raster
    window : Window or VoiTable
    invert : bool
        True for MONOCHROME1.
    layers : sequence of (rows, columns) bool arrays
        Masks to draw over the picture, which makes it a colour one.
    color : str
        Of the masks, "#rrggbb".

    Returns
    -------
    (rows, columns) or (rows, columns, 3) uint8 array
    """
    if raster.colour or not raster.samples.size:
        picture = raster.samples.astype(np.uint8)
    else:
        # One level for each value that occurs between lowest and highest, then a look-up: as the browser does it.
        first, last = int(raster.samples.min()), int(raster.samples.max())
        values = raster.slope * np.arange(first, last + 1, dtype=np.float64) + raster.intercept
        levels = window.apply(values, invert=invert)
        if raster.blank is not None and first <= raster.blank <= last:
            levels[raster.blank - first] = 0
        picture = levels[raster.samples.astype(np.int32) - first]
    if layers and picture.ndim == 2:
        picture = np.repeat(picture[..., np.newaxis], 3, axis=2)
    for mask in layers:
        picture[mask] = [int(color[place : place + 2], 16) for place in (1, 3, 5)]
    return picture
