"""A raster: 16-bit samples of one plane and the line that turns them into modality values.

This is what travels to the browser, and what `picture` paints from, so that both show the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from dicomview.pixels import Rescale, Voi

__all__ = ["Raster", "Scale16", "from_stored", "from_values", "padded", "paint"]


_MOST = 65535  # the largest sample


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


def from_stored(stored: NDArray[np.generic], rescale: Rescale, *, padding: tuple[float, float] | None = None) -> Raster:
    """Return the raster of stored values; those that need more than 16 bits or a table are fitted into 16.

    Parameters
    ----------
    stored : (rows, columns) array of integers or floats
    rescale : Rescale
    padding : (low, high), optional
        Stored values that mark no image: they become one blank sample, unless there is nothing else.
    """
    outside = padded(stored, padding)
    if stored.dtype.kind in "iu" and stored.dtype.itemsize <= 2 and rescale.linear:
        samples: Any = stored.astype(np.uint16 if stored.dtype.kind == "u" else np.int16, copy=False)
        if outside is None:
            return Raster(samples, rescale.slope, rescale.intercept)
        blank = samples[outside].min()
        return Raster(np.where(outside, blank, samples), rescale.slope, rescale.intercept, blank=int(blank))
    values = rescale.apply(stored)
    return from_values(values if outside is None else np.where(outside, np.nan, values))


def padded(stored: NDArray[Any], padding: tuple[float, float] | None) -> NDArray[np.bool_] | None:
    """Return where stored values are padding, the low and high of which are given; None for nowhere and everywhere."""
    if padding is None:
        return None
    outside: NDArray[np.bool_] = (stored >= padding[0]) & (stored <= padding[1])
    # A file that calls all of its picture padding is mistaken.
    return outside if outside.any() and not outside.all() else None


@dataclass(frozen=True, slots=True)
class Scale16:
    """The line that fits values into the samples `first` to 65535.

    Parameters
    ----------
    slope, intercept : float
        ``value = slope * sample + intercept``.
    first : 0 or 1
        1 where values are missing: sample 0 then stands for "no value".
    """

    slope: float
    intercept: float
    first: int = 0

    @classmethod
    def over(cls, planes: Iterable[NDArray[np.floating]], *, holes: bool = False, fine: bool = False) -> Scale16:
        """Return the line that spans all finite values of `planes`; whole numbers that fit stay what they are.

        `holes` says that whole planes are missing beside those given, `fine` that there are values between them.
        """
        low, high, whole = np.inf, -np.inf, not fine
        for plane in planes:
            known = plane
            if plane.size and not (math.isfinite(plane.min()) and math.isfinite(plane.max())):  # NaN is passed on
                holes = holes or bool(np.isnan(plane).any())
                known = plane[np.isfinite(plane)]
            if known.size:
                low, high = min(low, float(known.min())), max(high, float(known.max()))
                whole = whole and bool((known == np.floor(known)).all())
        first = int(holes)
        if not low <= high:
            return cls(1.0, 0.0, first)
        steps = _MOST - first
        slope = 1.0 if high == low or (whole and high - low <= steps) else (high - low) / steps
        return cls(slope, low - first * slope, first)

    def fit(self, values: NDArray[np.floating]) -> NDArray[np.uint16]:
        """Return the samples of `values`, of the same shape; NaN becomes 0, infinities the ends."""
        scaled = np.floor((np.asarray(values, np.float64) - self.intercept) / self.slope + 0.5)
        inside = np.clip(np.nan_to_num(scaled, nan=0, posinf=_MOST, neginf=0), self.first, _MOST)
        return np.where(np.isnan(values), 0, inside).astype(np.uint16)

    def raster(self, samples: NDArray[np.uint16]) -> Raster:
        """Return the raster of fitted samples."""
        blank = 0 if self.first and bool((samples == 0).any()) else None
        return Raster(samples, self.slope, self.intercept, stored=False, blank=blank)


def from_values(values: NDArray[np.floating], scale: Scale16 | None = None) -> Raster:
    """Fit modality values into 16 bits.

    Parameters
    ----------
    values : (rows, columns) float array
        NaN becomes sample 0, which then stands for nothing else.
    scale : Scale16, optional
        That of the whole the values are part of; their own when not given.
    """
    scale = scale or Scale16.over([values])
    return scale.raster(scale.fit(values))


def paint(
    raster: Raster,
    window: Voi,
    *,
    invert: bool = False,
    colours: NDArray[np.uint8] | None = None,
    layers: Sequence[tuple[NDArray[np.bool_], str, float]] = (),
) -> NDArray[np.uint8]:
    """Return the grey levels of a raster, or its colours.

    Parameters
    ----------
    raster : Raster
    window : Window or VoiTable
    invert : bool
        True for MONOCHROME1.
    colours : (256, 3) uint8 array, optional
        RGB by grey level, which makes the picture a colour one.
    layers : sequence of (mask, color, opacity)
        What is drawn over the picture, one after another, which makes it a colour one: (rows, columns) bool arrays,
        each with its "#rrggbb" and how much of it covers what is under it, 0 to 1.

    Returns
    -------
    (rows, columns) or (rows, columns, 3) uint8 array
    """
    if raster.colour or not raster.samples.size:
        picture = np.where(invert, 255 - raster.samples, raster.samples).astype(np.uint8)
    else:
        # One level for each value that occurs between lowest and highest, then a look-up: as the browser does it.
        first, last = int(raster.samples.min()), int(raster.samples.max())
        values = raster.slope * np.arange(first, last + 1, dtype=np.float64) + raster.intercept
        levels = window.apply(values, invert=invert)
        if colours is not None:
            levels = colours[levels]
        if raster.blank is not None and first <= raster.blank <= last:
            levels[raster.blank - first] = 0
        picture = levels[raster.samples.astype(np.int32) - first]
    if layers and picture.ndim == 2:
        picture = np.repeat(picture[..., np.newaxis], 3, axis=2)
    for mask, color, opacity in layers:
        for channel, under in zip(bytes.fromhex(color[1:]), np.moveaxis(picture, -1, 0), strict=True):
            under[mask] = _mixed(channel, opacity)[under[mask]]
    return picture


def _mixed(channel: int, opacity: float) -> NDArray[np.uint8]:
    """Return what becomes of each level under a layer, (256,); as ``mixed`` in ``views/static/painter.js`` has it."""
    under = np.arange(256, dtype=np.float64)
    return np.floor(under + (channel - under) * opacity + 0.5).astype(np.uint8)
