"""What the checks look at: all headers of a source, sorted into series, and their elements one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from pydicom import uid
from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence as Items

from dicomview.catalog import Catalog
from dicomview.errors import DamagedPixels, NoDecoder, printable
from dicomview.files import locate, read_header
from dicomview.pixels import FrameTags, transfer_syntax
from dicomview.progress import bar
from dicomview.space import Series, Slice, Stack, series_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray
    from pydicom.dataelem import DataElement, RawDataElement
    from pydicom.dataset import Dataset
    from pydicom.tag import BaseTag

    from dicomview.files import Header, Source

    Auditable: TypeAlias = (
        "Source | Catalog | Series | Stack | Slice | Sequence[Catalog | Series | Stack | Slice] | Material"
    )

__all__ = [
    "DEEPEST", "MOST_PIXELS", "Element", "Instance", "Material", "Plane", "elements_of", "in_columns", "planes_of",
    "prepared",
]  # fmt: skip

# Quoted is what should be a number, date or UID and has a digit, or is what programs write for "no number". All else
# may be text of a person's hand, in whatever element it stands.
_QUOTED_VRS = frozenset({"AS", "DA", "DS", "DT", "IS", "TM", "UI"})
_NO_NUMBER = frozenset({"nan", "inf", "-inf", "none", "null", "n/a"})
_PATIENT_GROUP = 0x0010
_LONGEST = 40
DEEPEST = 1500
"""Sequences in sequences are looked into so far; no standard object has more than a dozen."""
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
    """

    headers: tuple[Header, ...]
    series: tuple[Series, ...]
    rows: Mapping[int, FrameTags] = field(default_factory=dict)

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
        return max(len(above) for _, above, _ in _walk(self.dataset))

    @property
    def items(self) -> Iterator[Dataset]:
        """The data set and every item of its sequences."""
        return (item for item, _, _ in _walk(self.dataset))


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


@dataclass(frozen=True)
class Element:
    """One element at any depth.

    Parameters
    ----------
    raw : DataElement or RawDataElement
        As pydicom holds it.
    vr : str
        Of the file, else of the dictionary.
    item : pydicom.Dataset
        The data set or sequence item it is in.
    above : tuple of str
        Keywords of the sequences it is in.
    charset : bool
        True when the item or one above it names a SpecificCharacterSet.
    """

    raw: DataElement | RawDataElement
    vr: str
    item: Dataset
    above: tuple[str, ...]
    charset: bool

    @property
    def tag(self) -> BaseTag:
        """Its tag."""
        return self.raw.tag

    @property
    def keyword(self) -> str:
        """Its keyword; of one that is not in the dictionary its tag."""
        return keyword_for_tag(self.tag) or _number_of(self.tag)

    @property
    def path(self) -> str:
        """Keywords down to it, without the numbers of the items: what ails one frame ails the next."""
        return ".".join((*self.above, self.keyword))

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Its values as the file has them; spaces around them do not count (PS3.5 6.2)."""
        value = self.raw.value
        if value is None:
            return ()
        if isinstance(value, bytes):
            parts = value.decode("latin-1").split("\\")
        else:
            parts = [_text(part) for part in (value if isinstance(value, MultiValue | list | tuple) else [value])]
        texts = tuple(part.strip(" \0\r\n\t") for part in parts)
        return texts if any(texts) else ()

    @property
    def plain(self) -> bool:
        """True when it needs no decoding: bytes of ASCII without an escape to another character set."""
        raw = self.raw.value
        return isinstance(raw, bytes) and raw.isascii() and b"\x1b" not in raw

    @cached_property
    def decoded(self) -> str:
        """Its text in letters, as pydicom decodes it."""
        if self.plain:
            return "\\".join(self.texts)
        try:
            value = self.item[self.tag].value
        except Exception:  # noqa: BLE001  pydicom raises whatever a damaged value leads to
            return ""
        return "\\".join(map(str, value if isinstance(value, MultiValue | list | tuple) else [value]))

    def shown(self, text: str) -> str:
        """Return `text`, a value of the element, as a finding may quote it."""
        number = any(letter.isdigit() for letter in text) or text.casefold() in _NO_NUMBER
        if not number or self.vr not in _QUOTED_VRS or self.tag.group == _PATIENT_GROUP or self.tag.is_private:
            return "(not shown)"
        plain = printable(text[: _LONGEST + 1])
        return plain if len(text) <= _LONGEST else f"{plain[:_LONGEST]}…"


def _text(value: object) -> str:
    original = getattr(value, "original_string", None)
    return original if isinstance(original, str) else str(value)


def elements_of(dataset: Dataset, vrs: Container[str]) -> Iterator[Element]:
    """Yield the elements of some VRs, of a data set and of its sequences; what cannot be read is left out."""
    for item, above, charset in _walk(dataset):
        for tag, raw in list(item.items()):  # as they are held, unconverted
            vr = _vr(tag, raw)
            if vr in vrs:
                yield Element(raw, vr, item, above, charset)


def _walk(dataset: Dataset) -> Iterator[tuple[Dataset, tuple[str, ...], bool]]:
    """Yield a data set and every item below it, with the keywords of the sequences above and whether text has a set.

    Not by recursion: items may be nested a thousand deep.
    """
    waiting: list[tuple[Dataset, tuple[str, ...], bool]] = [(dataset, (), False)]
    while waiting:
        item, above, charset = waiting.pop()
        charset = charset or "SpecificCharacterSet" in item
        yield item, above, charset
        if len(above) == DEEPEST:
            continue  # the checks of files say so
        below: list[tuple[Dataset, tuple[str, ...], bool]] = []
        for tag, raw in list(item.items()):
            if _vr(tag, raw) != "SQ":
                continue
            try:
                inner = item[tag].value
            except Exception:  # noqa: BLE001  pydicom raises whatever a damaged value leads to
                continue
            step = (*above, keyword_for_tag(tag) or _number_of(tag))
            below.extend((one, step, charset) for one in (inner if isinstance(inner, Items) else ()))
        waiting.extend(reversed(below))


def _vr(tag: BaseTag, raw: DataElement | RawDataElement) -> str:
    return str(raw.VR or (dictionary_VR(tag) if dictionary_has_tag(tag) else "UN"))


def _number_of(tag: BaseTag) -> str:
    return f"({tag.group:04X},{tag.element:04X})"


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
    return Material(headers, tuple(series_of(headers, progress=progress)))


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
            of_header = {id(one.source): one.tags for one in slices}
            said |= {row: of_header[id(header)] for row, header in zip(rows, sketch.headers, strict=True)}
            found = [sketch]
        else:
            found = series_of([read_header(headers[row].location) for row in rows], progress=progress)
        series += found
        read = {id(header.location): header for one in found for header in one.headers}
        for row in rows:
            headers[row] = read.get(id(headers[row].location), headers[row])
    return Material(tuple(headers), tuple(series), said)


def _is_ordinary(one: Slice) -> bool:
    """Return True when nothing about a slice asks for an element without a column."""
    tags = one.tags
    return (
        one.source.status == "dicom"
        and tags.text("SOPClassUID") in (uid.CTImageStorage, uid.MRImageStorage)
        and bool(tags.text("TransferSyntaxUID") and tags.text("PatientPosition"))
        and tags.text("PhotometricInterpretation") in ("MONOCHROME1", "MONOCHROME2")
        and (tags.text("Modality") != "CT" or None not in (tags.get("RescaleSlope"), tags.get("RescaleIntercept")))
    )
