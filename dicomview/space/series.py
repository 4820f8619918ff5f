"""A series: every instance of one SeriesInstanceUID, sorted into stacks."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

from pydicom import config
from pydicom.uid import UID

from dicomview.elements import fits, fitting
from dicomview.errors import NotAnImage, SeveralSeries, UnknownSeries, part
from dicomview.files import Header, read_headers
from dicomview.pixels import FrameTags, frame_count
from dicomview.progress import bar
from dicomview.space.groups import same_instance_dropped
from dicomview.space.slices import Slice, slices_of
from dicomview.space.sorting import stacks_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dicomview.files import Source
    from dicomview.space.stack import Stack
    from dicomview.space.volume import Volume

__all__ = ["OVER_IMAGES", "SEGMENTATIONS", "Rejected", "Series", "all_series", "read_series", "series_of"]

# Images in the sense of the standard that are no pile of slices: they lie over or beside one.
SEGMENTATIONS = {
    "1.2.840.10008.5.1.4.1.1.66.4": "segmentation",
    "1.2.840.10008.5.1.4.1.1.66.7": "label map segmentation",
}
_DOSE = "1.2.840.10008.5.1.4.1.1.481.2"
# All that is about the images of another series, by what it is.
OVER_IMAGES = dict.fromkeys(SEGMENTATIONS, "segmentation") | {
    "1.2.840.10008.5.1.4.1.1.481.3": "structure set",
    _DOSE: "dose",
    "1.2.840.10008.5.1.4.1.1.11.1": "presentation state",
    "1.2.840.10008.5.1.4.1.1.11.2": "presentation state",
    "1.2.840.10008.5.1.4.1.1.88.59": "key objects",
}


@dataclass(frozen=True, slots=True)
class Rejected:
    """An instance of the series that is no slice.

    Parameters
    ----------
    label : str
        Where it is.
    code : str
        "NOT_IMAGE", "DERIVED_OBJECT", "TRUNCATED" or "DUPLICATE_SOP".
    reason : str
        The same in words.
    """

    label: str
    code: str
    reason: str


@dataclass(frozen=True, eq=False)
class Series:
    """All instances of one SeriesInstanceUID.

    Parameters
    ----------
    headers : tuple of Header
        Every instance, slices or not.
    stacks : tuple of Stack
        The main one first, localizers last.
    rejected : tuple of Rejected
        Instances that are no slices, with the reason.
    beside : dict of str to int
        How many paths of the source are no instance of any series, by status: not_dicom, empty, encrypted …
    others : tuple of Header
        Objects found with it that may be about its images: segmentations, structure sets, doses, presentation states,
        key objects.
    identity : "show" or "hide"
        "hide" where it was taken out of a catalogue that hides who the patient is: tables and documents made of it
        do as well. Its `tags` are the file's.
    """

    headers: tuple[Header, ...]
    stacks: tuple[Stack, ...]
    rejected: tuple[Rejected, ...] = ()
    beside: dict[str, int] = field(default_factory=dict)
    others: tuple[Header, ...] = ()
    identity: Literal["show", "hide"] = "show"

    def __repr__(self) -> str:
        modality = fitting("CS", self.modality, hide=self.identity == "hide")
        what = f"Series {part(modality) or 'of unknown modality'}"
        if not self.stacks:
            return f"{what} · no images · {self.rejected[0].reason if self.rejected else 'empty'}"
        count = f"{len(self.stacks)} stack{'s' if len(self.stacks) > 1 else ''}"
        scouts = sum(stack.localizer for stack in self.stacks)
        if scouts and len(self.stacks) > 1:
            count += f", {scouts} of them localizer{'s' if scouts > 1 else ''}"
        more = [f"{len(self.rejected)} rejected"] if self.rejected else []
        more += [f"beside it {', '.join(f'{n} {status}' for status, n in self.beside.items())}"] if self.beside else []
        return " · ".join([what, count, self.stacks[0].summary(), *more])

    def hidden(self) -> Series:
        """Return the same series, of which tables and documents hide who the patient is."""
        stacks = (
            replace(stack, slices=tuple(replace(one, identity="hide") for one in stack.slices), identity="hide")
            for stack in self.stacks
        )
        return replace(self, stacks=tuple(stacks), identity="hide")

    def __len__(self) -> int:
        return len(self.stack) if self.stacks else 0

    def __getitem__(self, index: int) -> Slice:
        count = len(self)
        if not -count <= index < count:
            raise IndexError(f"there is no slice {index}; they run from 0 to {count - 1}")
        return self.stack.slices[index]

    def __iter__(self) -> Iterator[Slice]:
        return iter(self.stack.slices)

    @property
    def tags(self) -> FrameTags:
        """Elements of the first instance."""
        if self.stacks:
            return self.stacks[0].slices[0].tags.of_frame(0)
        header = self.headers[0].dataset
        assert header is not None
        return FrameTags(header)

    @property
    def uid(self) -> str:
        """SeriesInstanceUID."""
        return self.tags.text("SeriesInstanceUID")

    @property
    def study_uid(self) -> str:
        """StudyInstanceUID."""
        return self.tags.text("StudyInstanceUID")

    @property
    def modality(self) -> str:
        """Modality, for example "CT"."""
        return self.tags.text("Modality")

    @property
    def description(self) -> str:
        """SeriesDescription as the file has it: text from outside."""
        return self.tags.text("SeriesDescription")

    @property
    def stack(self) -> Stack:
        """The main stack.

        Raises
        ------
        NotAnImage
            There is none; the message says what the series holds instead.
        """
        if self.stacks:
            return self.stacks[0]
        why = self.rejected[0].reason if self.rejected else "it has no instances"
        raise NotAnImage(f"there is no picture in this series: {why}; dv.tags lists what is in it, dv.view shows it")

    def split(self) -> tuple[Stack, ...]:
        """Return the regular runs of the main stack; see `Stack.split`."""
        return self.stack.split()

    def volume(self, **options: Any) -> Volume:
        """Return the main stack as a volume; for the options and errors see `Stack.volume`."""
        return self.stack.volume(**options)


def all_series(source: Source, *, progress: bool = True) -> list[Series]:
    """Return every series of a source, the largest first.

    Parameters
    ----------
    source : path, pydicom.Dataset, or a list of either
        A folder, a file, a zip or a DICOMDIR.
    progress : bool
        Show a bar when reading or sorting takes more than a second.

    Raises
    ------
    NothingFound
        The path does not exist or holds no DICOM.
    """
    return series_of(read_headers(source, progress=progress), progress=progress)


def series_of(headers: Iterable[Header], *, progress: bool = True) -> list[Series]:
    """Return every series of headers that are read already, the largest first; see `all_series`."""
    groups: dict[tuple[str, str], list[Header]] = defaultdict(list)
    beside: Counter[str] = Counter()
    others: list[Header] = []
    for header in headers:
        if header.dataset is not None and header.status != "dicomdir":
            tags = FrameTags(header.dataset)
            if tags.text("SOPClassUID") in OVER_IMAGES:
                others.append(header)
            groups[tags.text("StudyInstanceUID"), tags.text("SeriesInstanceUID")].append(header)
        else:
            beside[header.status] += 1
    found = [
        replace(_series(members, dict(beside), progress=progress), others=tuple(others)) for members in groups.values()
    ]
    return sorted(found, key=lambda series: (-len(series), series.uid))


def read_series(source: Source | Series, uid: str | None = None) -> Series:
    """Read one series; headers now, pixels when they are asked for.

    Parameters
    ----------
    source : path, pydicom.Dataset, or a list of either
        A folder (searched through, whatever the files are called), a file, a zip or a DICOMDIR.
    uid : str, optional
        SeriesInstanceUID, or the beginning of one; needed when there are several series.

    Returns
    -------
    Series

    Raises
    ------
    NothingFound
        The path does not exist or holds no DICOM.
    SeveralSeries
        There are several series and no `uid`; the message lists them.
    UnknownSeries
        No series has that `uid`; the message lists those there are.

    Examples
    --------
    >>> read_series("sample_data/ct_chest")
    Series CT · 1 stack · 60 × 256 × 256 · 2.00 × 1.20 × 1.20 mm · regular
    """
    if isinstance(source, Series):
        return source
    found = all_series(source)
    if uid is not None:
        matching = [series for series in found if series.uid == uid] or [
            series for series in found if series.uid.startswith(uid)
        ]
        if len(matching) == 1:
            return matching[0]
        what = "several series begin" if matching else "no series begins"
        kind = SeveralSeries if matching else UnknownSeries
        raise kind(f"{what} with the uid {uid!r}; there {_are(matching or found)}")
    images = [series for series in found if series.stacks]
    # A dose lies over the images it was planned on; alone, it is what there is to see.
    images = [series for series in images if series.tags.text("SOPClassUID") != _DOSE] or images
    if len(images or found) > 1:
        raise SeveralSeries(
            f"there {_are(images or found)}",
            "\nchoose one with uid=..., of which the beginning is enough; what they are called is in "
            "dv.tags(source, ['SeriesInstanceUID', 'SeriesDescription']).drop_duplicates()",
        )
    return (images or found)[0]


def _are(found: Iterable[Series]) -> str:
    """List series for an error: UID, modality, size, number; nothing about the patient."""
    lines = [
        f"\n  {part(series.uid) or '(no UID)'}  {part(series.modality) or '?':3} {len(series)} "
        + f"image{'s' * (len(series) != 1)}"
        + (f" of {series[0].rows} × {series[0].columns}" if series.stacks else "")
        + (f", SeriesNumber {number}" if (number := series.tags.integer("SeriesNumber", -1)) >= 0 else "")
        for series in found
    ]
    return f"{'is' if len(lines) == 1 else 'are'} {len(lines)} series:{''.join(lines[:20])}" + (
        f"\n  … and {len(lines) - 20} more" if len(lines) > 20 else ""
    )


def _series(headers: list[Header], beside: dict[str, int], *, progress: bool) -> Series:
    images: list[Header] = []
    rejected: list[Rejected] = []
    for header in headers:
        refusal = _refusal(header)
        if refusal is None:
            images.append(header)
        else:
            rejected.append(refusal)
    # One file may hold ten thousand frames, so it is those that are counted.
    count = sum(frame_count(header.dataset) for header in images if header.dataset is not None)
    found = chain.from_iterable(map(slices_of, images))
    slices = list(bar(found, "Placing slices", "slice", total=count, show=progress))
    slices, copies, notes = same_instance_dropped(slices)
    again = "a further copy of an instance read already"
    rejected.extend(Rejected(one.label, "DUPLICATE_SOP", again) for one in copies)
    cut = sum(one.source.status == "truncated" for one in slices)
    if cut:
        notes.append(f"TRUNCATED {cut} slices whose files end too early; each keeps its place")
    return Series(tuple(headers), stacks_of(slices, notes, progress=progress), tuple(rejected), beside)


def _refusal(header: Header) -> Rejected | None:
    """Return why an instance is no slice, or None when it is one."""
    assert header.dataset is not None
    tags, label = FrameTags(header.dataset), header.location.label
    sop_class = tags.text("SOPClassUID")
    if sop_class in SEGMENTATIONS:
        return Rejected(label, "DERIVED_OBJECT", f"a {SEGMENTATIONS[sop_class]} lies over images")
    if header.pixels is not None:
        return None
    # What is no UID may be the elements behind it, where its length is wrong.
    name = (UID(sop_class, config.IGNORE).name if fits("UI", sop_class) else "") or "an object of unknown class"
    if header.status == "truncated":
        return Rejected(label, "TRUNCATED", f"{name} has no pixel data, for its file cannot be read to the end")
    return Rejected(label, "NOT_IMAGE", f"{name} has no pixel data")
