"""From headers to places in the patient: slices, stacks, verdicts, volumes.

A SeriesInstanceUID is not a volume. A series is a list of stacks, every stack has a verdict with a reason, and a
volume is built only from what is regular or from what the caller allows in words.
"""

from dicomview.space.grid import Verdict
from dicomview.space.series import Rejected, Series, all_series, read_series, series_of
from dicomview.space.slices import Slice
from dicomview.space.stack import Stack
from dicomview.space.suv import SuvScale, suv_scale
from dicomview.space.volume import Volume

__all__ = [
    "Rejected", "Series", "Slice", "Stack", "SuvScale", "Verdict", "Volume", "all_series", "read_series",
    "series_of", "suv_scale",
]  # fmt: skip
