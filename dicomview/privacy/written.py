"""A written file as bytes and as elements, and which element a byte belongs to."""

from __future__ import annotations

import io
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pydicom import dcmread
from pydicom.dataelem import RawDataElement

from dicomview.files import syntax
from dicomview.privacy.actions import PIXELS
from dicomview.privacy.walk import name_of

if TYPE_CHECKING:
    from pathlib import Path

    from pydicom.dataset import FileDataset

__all__ = ["Extent", "Written", "read_written"]

_PREAMBLE = 132  # bytes, "DICM" included
_HEAD = 12  # bytes of tag, VR and length before a value, at most


class Extent(NamedTuple):
    """Where the value of an element at the top of a data set lies, its end not included."""

    start: int
    end: int
    tag: int


@dataclass(frozen=True, slots=True)
class Written:
    """One file of the folder to be shared.

    Attributes
    ----------
    data : bytes
        All of it; of a deflated file as it is inflated.
    dataset : pydicom.FileDataset or None
        None when it is not DICOM.
    extents : tuple of Extent
        In the order of the file; sequences, whose items pydicom has read already, may be left out.
    """

    data: bytes
    dataset: FileDataset | None
    extents: tuple[Extent, ...] = ()

    @property
    def pixels(self) -> tuple[int, int]:
        """Where the value of the pixel data begins and ends; the end of the file twice where there are none."""
        found = next((one for one in self.extents if one.tag in PIXELS), None)
        return (found.start, found.end) if found is not None else (len(self.data), len(self.data))

    def where(self, offset: int) -> str:
        """Return the name of the element at the top of the data set that a byte belongs to."""
        if offset < _PREAMBLE:
            return "preamble"
        place = bisect_right(self.extents, (offset + _HEAD, 0, 0)) - 1
        return name_of(self.extents[place].tag) if place >= 0 else "file meta information"


def read_written(path: Path) -> Written:
    """Read a file whole; what is not DICOM has bytes alone."""
    data = path.read_bytes()
    try:
        inflated = syntax.inflate(io.BytesIO(data), data[:1024])
        dataset = dcmread(io.BytesIO(data))
    except Exception:  # noqa: BLE001
        return Written(data, None)  # pydicom raises whatever foreign bytes lead it to
    if inflated is not None:
        data = inflated.stream.getvalue()
        dataset.file_meta = inflated.meta
        return Written(data, dataset)
    found = []
    for tag in sorted(dataset.keys()):
        element = dataset.get_item(tag)
        if isinstance(element, RawDataElement):
            length = len(element.value or b"")
            found.append(Extent(element.value_tell, element.value_tell + length, int(tag)))
        elif element is not None and element.file_tell is not None:
            found.append(Extent(element.file_tell, element.file_tell, int(tag)))
    return Written(data, dataset, tuple(sorted(found)))
