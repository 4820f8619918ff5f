"""What the checks look at: all headers of a source, sorted into series, or what a catalogue says of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydicom import uid

from dicomview.catalog import Catalog
from dicomview.errors import DamagedPixels, NoDecoder
from dicomview.files import locate, read_header
from dicomview.pixels import FrameTags, transfer_syntax
from dicomview.progress import bar
from dicomview.rules.element import items_of
from dicomview.space import Series, Slice, Stack, series_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

    from dicomview.files import Header, Source

    Auditable: TypeAlias = (
        "Source | Catalog | Series | Stack | Slice | Sequence[Catalog | Series | Stack | Slice] | Material"
    )

__all__ = ["MOST_PIXELS", "Instance", "Material", "Plane", "in_columns", "planes_of", "prepared"]

_ORDINARY: dict[str, str] = {uid.CTImageStorage: "CT", uid.MRImageStorage: "MR"}
_NEEDED = ("TransferSyntaxUID", "PatientPosition", "PatientID", "InstanceNumber")
_CUT = ("PatientID", "PatientName", "AccessionNumber", "StudyDescription")  # where they are too long for a column
MOST_PIXELS = 2**28
"""Of one slice that is decoded without being asked for: a header may announce any number."""


@dataclass(frozen=True, slots=True)
class Material:
    """All there is to look at.

    Parameters
    ----------
    headers : tuple of Header
        One for each path, whatever it is.
    series : tuple of Series
    rows : dict of int to FrameTags
        Of headers whose files were not opened, by their place: what the columns of a catalogue say of the image.
    complete : bool
        False when it is of a catalogue whose scan was interrupted.
    """

    headers: tuple[Header, ...]
    series: tuple[Series, ...]
    rows: Mapping[int, FrameTags] = field(default_factory=dict)
    complete: bool = True

    @property
    def instances(self) -> Iterator[Instance]:
        """Every instance of every series."""
        for place, header in enumerate(self.headers):
            if place in self.rows:
                yield Instance(header, self.rows[place], image=True)
            elif header.dataset is not None and header.status != "dicomdir":
                yield Instance(header, FrameTags(header.dataset), image=header.pixels is not None)


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance of a series.

    Parameters
    ----------
    header : Header
    tags : FrameTags
        Of its first frame.
    image : bool
        True when it has pixels.
    """

    header: Header
    tags: FrameTags
    image: bool

    @property
    def label(self) -> str:
        """Where it is."""
        return self.header.location.label

    @property
    def broken(self) -> bool:
        """True when the header itself breaks off: what it lacks may have been there."""
        return self.header.status == "truncated" and not self.image

    @property
    def syntax(self) -> uid.UID:
        """Its transfer syntax."""
        return uid.UID(self.tags.text("TransferSyntaxUID")) or transfer_syntax(self.dataset)

    @property
    def dataset(self) -> Dataset:
        """Its data set without pixels, to be read and not written."""
        return self.tags.dataset

    @property
    def depth(self) -> int:
        """How many sequences are in each other."""
        return max(len(above) for _, above, _ in items_of(self.dataset))

    @property
    def items(self) -> Iterator[Dataset]:
        """The data set and every item of its sequences."""
        return (item for item, _, _ in items_of(self.dataset))


@dataclass(frozen=True, slots=True)
class Plane:
    """One decoded slice.

    Parameters
    ----------
    slice : Slice
    stored : (rows, columns) or (rows, columns, 3) array, optional
        Stored values; None when they cannot be decoded, `fault` then says why.
    fault : str
    """

    slice: Slice
    stored: NDArray[np.generic] | None
    fault: str = ""

    @property
    def label(self) -> str:
        """Where it is."""
        return self.slice.label


def planes_of(series: Iterable[Series]) -> Iterator[Plane]:
    """Yield the slices of all stacks, decoded one at a time."""
    for one in (one for many in series for stack in many.stacks for one in stack.slices):
        if one.rows * one.columns > MOST_PIXELS:
            yield Plane(one, None, "the pixels were not seen, there are more than fit into memory safely")
            continue
        try:
            yield Plane(one, one.stored())
        except (NoDecoder, DamagedPixels) as error:
            kind = "there is no decoder for them" if isinstance(error, NoDecoder) else "they cannot be decoded"
            yield Plane(one, None, f"the pixels were not seen, {kind}")


def prepared(source: Auditable, *, progress: bool = True) -> Material:
    """Return what is to be looked at.

    Parameters
    ----------
    source : path, pydicom.Dataset, Catalog, Series, Stack, Slice, or a list of these
        What has been prepared before is returned as it is.
    progress : bool
        Show a bar when reading takes more than a second.

    Raises
    ------
    NothingFound, UnsafeArchive, NotASource
        As `dicomview.scan`: what is in a folder, be there no DICOM at all, is for the checks to tell.
    """
    if isinstance(source, Material):
        return source
    many = list(source) if isinstance(source, list | tuple) else [source]
    known: list[Header] = []
    others = []
    for one in many:
        if isinstance(one, Series):
            known.extend(one.headers)
        elif isinstance(one, Catalog):
            known.extend(bar(map(read_header, one.locations), "Reading headers", "file", show=progress))
        elif isinstance(one, Stack | Slice):
            known.extend(part.source for part in ([one] if isinstance(one, Slice) else one.slices))
        else:
            others.append(one)
    headers = tuple({id(header): header for header in known}.values())
    if others or not known:
        places = list(locate(others if known else source))  # type: ignore[arg-type]
        headers += tuple(map(read_header, bar(places, "Reading headers", "file", show=progress)))
    complete = all(one.complete for one in many if isinstance(one, Catalog))
    return Material(headers, tuple(series_of(headers, progress=progress)), complete=complete)


def in_columns(catalog: Catalog, *, progress: bool = True) -> Material:
    """Return what is to be looked at by checks to which the columns of a catalogue are enough.

    Opened are the files of series that are not plain: of other objects than CT and MR images, with a fault in their
    grid, broken off, or without what all the others have.
    """
    headers, series, said = catalog.headers, list[Series](), dict[int, FrameTags]()
    members = [catalog.rows_of(index) for index in range(len(catalog))]
    numbers, total = range(len(members)), sum(map(len, members))
    for index in bar(numbers, "Judging", "file", total=total, weigh=lambda one: len(members[one]), show=progress):
        rows, sketch = members[index], catalog.sketch_of(index)
        slices = [] if sketch is None else [one for stack in sketch.stacks for one in stack.slices]
        if sketch is not None and all(map(_is_ordinary, slices)):
            found, of_series = list(sketch.headers), [sketch]
            of_header = {id(one.source): one.tags for one in slices}
            said |= {row: of_header[id(header)] for row, header in zip(rows, found, strict=True)}
        else:
            found = [read_header(headers[row].location) for row in rows]
            of_series = series_of(found, progress=progress)
        series += of_series
        for row, header in zip(rows, found, strict=True):
            headers[row] = header
    return Material(tuple(headers), tuple(series), said, catalog.complete)


def _is_ordinary(one: Slice) -> bool:
    """Return True when nothing about a slice asks for an element without a column."""
    tags = one.tags
    modality = _ORDINARY.get(tags.text("SOPClassUID"))
    needed = _NEEDED + (("RescaleSlope", "RescaleIntercept") if modality == "CT" else ())
    return (
        one.source.status == "dicom"
        and modality is not None
        and tags.text("Modality") == modality
        and tags.text("PhotometricInterpretation") in ("MONOCHROME1", "MONOCHROME2")
        and None not in map(tags.get, needed)
        and not any(tags.text(keyword).endswith("…") for keyword in _CUT)
    )
