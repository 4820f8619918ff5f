"""All that is about a series, read: what lies over its images, how they are to be shown, which are marked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from dicomview.elements import HIDDEN, hides, masked
from dicomview.errors import DicomviewError, UnknownChoice
from dicomview.files import Header, read_headers
from dicomview.objects.dose import Dose
from dicomview.objects.keys import KeyObjects
from dicomview.objects.references import beside, kind_of_object
from dicomview.objects.segmentation import Segmentation
from dicomview.objects.softcopy import Presentation
from dicomview.objects.structure_set import StructureSet
from dicomview.space import Series

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydicom.dataset import Dataset

    from dicomview.files import Source
    from dicomview.objects.segment import Segmented

__all__ = ["Found", "read_objects"]


@dataclass(slots=True)
class Found:
    """What was read.

    Attributes
    ----------
    segmented : list of Segmentation and StructureSet
    doses : list of Dose
    presentations : list of Presentation
    keys : list of KeyObjects
    faults : list of str
        What of them cannot be used, and why.
    """

    segmented: list[Segmented] = field(default_factory=list)
    doses: list[Dose] = field(default_factory=list)
    presentations: list[Presentation] = field(default_factory=list)
    keys: list[KeyObjects] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def read_objects(source: Source | Series | bool, series: Series | None) -> Found:
    """Read the objects about a series.

    Parameters
    ----------
    source : path, pydicom.Dataset, Series, list of them, or True
        Where they are; True for those that were found beside the series and refer to it.
    series : Series, optional
        Whose images they are about; needed for True. Where identity is hidden, they lose what people have written.

    Raises
    ------
    UnknownChoice
        Nothing in `source` is such an object.
    NotAnImage
        One that was given cannot lie over images; of those found by themselves that is a fault instead.
    NothingFound
        A path does not exist or holds no DICOM.
    """
    hide = hides(source=[*(source if isinstance(source, list | tuple) else [source]), series])
    if source is True:
        return Found() if series is None else _in_place(_read(beside(series), strict=False, hide=hide), series)
    wanted = [header for header in _headers(source) if kind_of_object(header)]
    if not wanted:
        raise UnknownChoice(
            "no object in what was given lies over images or is about them: no segmentation, structure set, dose, "
            "presentation state or key objects; dv.scan lists what is there"
        )
    return _read(wanted, strict=True, hide=hide)


def _in_place(found: Found, series: Series) -> Found:
    """Leave out what names the series, but lies in another frame of reference than any of its stacks."""
    here = {stack.slices[0].tags.text("FrameOfReferenceUID") for stack in series.stacks}
    if "" in here:
        return found
    count = len(found.segmented) + len(found.doses)
    found.segmented = [one for one in found.segmented if one.frame_of_reference in ("", *here)]
    found.doses = [one for one in found.doses if one.frame_of_reference in ("", *here)]
    if left := count - len(found.segmented) - len(found.doses):
        found.faults.append(f"{left} in another frame of reference left out")
    return found


def _headers(source: object) -> Iterable[Header]:
    if isinstance(source, Series):
        return source.headers
    if isinstance(source, list | tuple) and any(isinstance(one, Series) for one in source):
        return [header for one in source for header in _headers(one)]
    return read_headers(source)  # type: ignore[arg-type]  # it refuses what is no source


def _read(headers: Iterable[Header], *, strict: bool, hide: bool) -> Found:
    found = Found()
    for header in headers:
        kind = kind_of_object(header)
        assert header.dataset is not None
        dataset = _veiled(header.dataset) if hide else header.dataset
        header = replace(header, dataset=dataset)
        try:
            match kind:
                case "structure set":
                    found.segmented.append(StructureSet(dataset))
                case "dose":
                    found.doses.append(Dose(header))
                case "presentation state":
                    found.presentations.append(Presentation(dataset))
                case "key objects":
                    found.keys.append(KeyObjects(dataset))
                case _:
                    found.segmented.append(Segmentation(header))
        except DicomviewError as error:
            if strict:
                raise
            found.faults.append(f"a {kind} is left out: {error}")
    return found


def _veiled(dataset: Dataset) -> Dataset:
    """Return a copy without what may tell who the patient is: names of structures, what is written on images."""
    copy = masked(dataset)
    _drop_hidden(copy)
    return copy


def _drop_hidden(dataset: Dataset) -> None:
    for element in list(dataset):
        if isinstance(element.value, str) and element.value == HIDDEN:
            del dataset[element.tag]
        elif element.VR == "SQ":
            for item in element.value:
                _drop_hidden(item)
