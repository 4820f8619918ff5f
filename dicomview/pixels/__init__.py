"""From the bytes of a frame to what a pixel means: decode, modality values, window, colour.

The chain, per frame: decode, bits, modality (Modality LUT or rescale of that frame), VOI window, polarity, colour.
Window and polarity are for the eye only; they never touch the values that Python sees.
"""

from dicomview.pixels.colour import has_colour, srgb_of_cielab, to_rgb
from dicomview.pixels.decode import frame_count, pixel_cells, stored_frame, stored_values, transfer_syntax
from dicomview.pixels.frames import FrameTags
from dicomview.pixels.modality import Rescale, padding_range, rescale_of
from dicomview.pixels.overlays import Overlay, overlays_of
from dicomview.pixels.voi import Voi, VoiTable, file_voi
from dicomview.pixels.window import Window, as_window, automatic, file_windows, presets

__all__ = [
    "FrameTags",
    "Overlay",
    "Rescale",
    "Voi",
    "VoiTable",
    "Window",
    "as_window",
    "automatic",
    "file_voi",
    "file_windows",
    "frame_count",
    "has_colour",
    "overlays_of",
    "padding_range",
    "pixel_cells",
    "presets",
    "rescale_of",
    "srgb_of_cielab",
    "stored_frame",
    "stored_values",
    "to_rgb",
    "transfer_syntax",
]
