"""From the bytes of a frame to what a pixel means: decode, modality values, window, colour.

The chain, per frame: decode, bits, modality (Modality LUT or rescale of that frame), VOI window, polarity, colour.
Window and polarity are for the eye only; they never touch the values that Python sees.
"""

from dicomview.pixels.colour import has_colour, to_rgb
from dicomview.pixels.decode import frame_count, stored_values, transfer_syntax
from dicomview.pixels.frames import FrameTags
from dicomview.pixels.modality import Rescale, padding_range, rescale_of
from dicomview.pixels.window import Window, WindowLike, as_window, automatic, file_windows, presets

__all__ = [
    "FrameTags",
    "Rescale",
    "Window",
    "WindowLike",
    "as_window",
    "automatic",
    "file_windows",
    "frame_count",
    "has_colour",
    "padding_range",
    "presets",
    "rescale_of",
    "stored_values",
    "to_rgb",
    "transfer_syntax",
]
