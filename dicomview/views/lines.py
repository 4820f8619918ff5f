"""What a line of the list of series stands for, in words and as a small picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dicomview.elements import fitting
from dicomview.errors import DicomviewError, part
from dicomview.objects import segmentations_of
from dicomview.render import picture
from dicomview.render.small import png_of
from dicomview.views.series_list import Entry

if TYPE_CHECKING:
    from dicomview.space import Series, Stack

__all__ = ["Line", "entry_of_stack"]

_EDGE = 96  # pixels of a small picture


class Line(NamedTuple):
    """A stack, or a series without any."""

    series: Series
    stack: Stack | None

    @property
    def pictured(self) -> bool:
        """Whether there is a picture of it."""
        return self.stack is not None or bool(segmentations_of(self.series.headers))

    def entry(self, *, hide: bool) -> Entry:
        """Return what the list says; `hide` leaves away what people have called the series."""
        tags, stack = self.series.tags, self.stack
        described = "" if hide else tags.text("SeriesDescription") or tags.text("ProtocolName")
        if not described and (number := tags.integer("SeriesNumber", -1)) >= 0:
            described = f"series {number}"
        title = " · ".join(filter(None, (part(fitting("CS", self.series.modality, hide=hide)) or "?", described)))
        if stack is None:
            count, rejected = len(self.series.headers), self.series.rejected
            size = f"{count} object{'s' * (count != 1)}"
            return Entry(title, size, rejected[0].reason if rejected else "", True, self.pictured)
        return entry_of_stack(stack, title)

    def thumbnail(self) -> bytes:
        """Return the middle slice as a small PNG; none where it cannot be decoded: the picture itself says why."""
        try:
            return png_of(picture(self.series if self.stack is None else self.stack), _EDGE)
        except DicomviewError:
            return b""


def entry_of_stack(stack: Stack, title: str) -> Entry:
    """Return what a list says of a stack."""
    verdict = "regular" if stack.verdict.regular else stack.verdict.code
    size, _, rest = stack.summary().partition(f" · {verdict}")
    return Entry(title, size, verdict + rest, stack.verdict.regular or len(stack) == 1, True)
