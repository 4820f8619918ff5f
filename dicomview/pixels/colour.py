"""Colour: RGB as decoded, palettes looked up, always 8 bits a sample for the screen (PS3.3 C.7.6.3.1.2, C.7.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydicom.pixels.processing import apply_color_lut

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dicomview.pixels.frames import FrameTags

__all__ = ["has_colour", "to_rgb"]


def has_colour(tags: FrameTags) -> bool:
    """Return True when the frame is shown in colour: three samples a pixel, or a palette."""
    return tags.integer("SamplesPerPixel", 1) == 3 or tags.text("PhotometricInterpretation") == "PALETTE COLOR"


def to_rgb(stored: NDArray[np.generic], tags: FrameTags) -> NDArray[np.uint8]:
    """Return the colours of a frame.

    Parameters
    ----------
    stored : (rows, columns) integer or (rows, columns, 3) array
        As `stored_values` gives them: palette indices, or RGB.
    tags : FrameTags
        BitsStored and, for a palette, the Palette Color Lookup Tables.

    Returns
    -------
    (rows, columns, 3) uint8 array
        RGB; deeper samples keep their upper eight bits.
    """
    if stored.ndim == 2:
        # The bits of a segmented or 16-bit palette are pydicom's business; the result is 8 or 16 bits a sample.
        stored = apply_color_lut(stored, tags.dataset)[..., :3]
        bits = 8 * stored.dtype.itemsize
    else:
        bits = tags.integer("BitsStored", 8)
    if stored.dtype == np.uint8:
        return stored.astype(np.uint8, copy=False)
    return np.right_shift(stored.astype(np.uint32), max(0, bits - 8)).astype(np.uint8)
