"""The volume that is measured: noise, and in every slice a barcode and a ramp that a probe can read off the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BARCODE_ROW", "CELLS", "NOISE_ROW", "RAMP_ROW", "WINDOW", "grey", "noise_volume", "word"]

WINDOW = (40.0, 400.0)
"""Center and width everything begins with."""
CELLS = 32
"""Of a barcode, side by side over the whole width: 16 pixels each at 512 columns, 4 at quarter resolution."""
BARCODE_ROW, RAMP_ROW, NOISE_ROW = 1 / 32, 3 / 32, 1 / 2
"""Where a probe reads, as fractions of the height: the middles of two strips of a sixteenth each, and below them."""

_RAMP = (-600, 1000)


def word(index: int) -> str:
    """Return the barcode of a slice: CELLS signs "0" or "1", guards, the number and its complement.

    Parameters
    ----------
    index : int
        0 to 4095.
    """
    if not 0 <= index < 4096:
        raise ValueError(f"a barcode holds 0 to 4095, not {index}")
    return f"1011{index:012b}{index ^ 0xFFF:012b}0010"


def noise_volume(slices: int, size: int, seed: int = 0) -> NDArray[np.int16]:
    """Return the volume.

    Parameters
    ----------
    slices : int
    size : int
        Rows and columns; a multiple of CELLS.
    seed : int

    Returns
    -------
    (slices, size, size) int16 array
        A bright disc that grows from slice to slice in a dark surround, under noise of 45 values (which deflates to
        about half, as a CT does). The topmost sixteenth of the rows is the barcode, at the ends of WINDOW, so that
        also a viewer that lets values outside it wrap can be read. The next sixteenth is a ramp, the same in every
        slice: the sum of its grey levels is a straight line of the window's center.
    """
    if size % CELLS:
        raise ValueError(f"size must be a multiple of {CELLS}, not {size}")
    random = np.random.default_rng(seed)
    volume = np.empty((slices, size, size), np.int16)
    strip = size // 16
    low, high = WINDOW[0] - WINDOW[1] / 2, WINDOW[0] + WINDOW[1] / 2
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    radius = np.hypot(x, y)
    for index, plane in enumerate(volume):
        disc = np.where(radius < 0.4 + 0.4 * index / slices, 60, -40)
        plane[:] = np.rint(disc + random.normal(0, 45, (size, size)))
        bits = np.array([sign == "1" for sign in word(index)])
        plane[:strip] = np.where(bits, high, low).repeat(size // CELLS)
        plane[strip : 2 * strip] = np.rint(np.linspace(*_RAMP, size))
    return volume


def grey(values: NDArray[np.int16], center: float, width: float) -> NDArray[np.float64]:
    """Return the grey levels, 0 to 255, of values in a window, clipped and not rounded."""
    shares: NDArray[np.float64] = np.clip((values - (center - width / 2)) / width, 0, 1)
    return shares * 255
