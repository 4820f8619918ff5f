"""Which images an object is about: by the series and instances it names, else by the space it lies in."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from pydicom.dataset import Dataset

from dicomview.objects.items import Item
from dicomview.space.series import OVER_IMAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dicomview.files import Header
    from dicomview.space import Series

__all__ = ["Images", "beside", "elsewhere", "images_in", "kind_of_object", "label_of_object", "series_named"]

Images: TypeAlias = "Mapping[str, frozenset[int]]"
"""Zero-based frames by SOPInstanceUID; no frames are all of them."""


def kind_of_object(header: Header) -> str:
    """Return what an object is, of those that lie over images or beside them: "dose"; "" for all others."""
    return "" if header.dataset is None else OVER_IMAGES.get(Item(header.dataset).text("SOPClassUID"), "")


def label_of_object(header: Header) -> str:
    """Return what somebody has called an object; text of the file."""
    root = Item(header.dataset or Dataset())
    named = (root.text("ContentLabel"), root.text("StructureSetLabel"), root.meaning("ConceptNameCodeSequence"))
    return next(filter(None, (*named, root.text("SeriesDescription"))), "")


def beside(series: Series) -> tuple[Header, ...]:
    """Return the objects about a series among what was found with it, in the order of their kinds.

    An object that names series is about those; one that names none (a dose names its plan) is about the images in its
    frame of reference.
    """
    kinds = list(dict.fromkeys(OVER_IMAGES.values()))
    found = [header for header in series.others if kind_of_object(header) and _is_about(header, series)]
    return tuple(sorted(found, key=lambda header: kinds.index(kind_of_object(header))))


def elsewhere(what: str) -> str:
    """Return why an object cannot lie over images: it is in another frame of reference."""
    return (
        f"{what} has another FrameOfReferenceUID than the pictures, so nothing says how it lies over them; choose the "
        "series it was made on (ReferencedSeriesSequence in dv.tags of it)"
    )


def series_named(root: Item) -> frozenset[str]:
    """Return the SeriesInstanceUIDs that an object names.

    ReferencedSeriesSequence of segmentations and presentation states (C.7.1.3 of a segmentation, C.11.11), of
    blending states in each image set (C.11.14), RTReferencedSeriesSequence of structure sets (C.8.8.5), the evidence
    of key objects (C.17.6.2); sections of PS3.3.
    """
    levels = [root, *root.items("BlendingSequence"), *root.items("CurrentRequestedProcedureEvidenceSequence")]
    named = [series for level in levels for series in level.items("ReferencedSeriesSequence")]
    for frame in root.items("ReferencedFrameOfReferenceSequence"):
        for study in frame.items("RTReferencedStudySequence"):
            named += study.items("RTReferencedSeriesSequence")
    return frozenset(filter(None, (one.text("SeriesInstanceUID") for one in named)))


def images_in(items: Iterable[Item]) -> Images:
    """Return the images that items of a sequence refer to; PS3.3 10.3 (Image SOP Instance Reference Macro)."""
    found: dict[str, frozenset[int]] = {}
    for one in items:
        frames = frozenset(int(number) - 1 for number in one.numbers("ReferencedFrameNumber"))
        uid = one.text("ReferencedSOPInstanceUID")
        found[uid] = found[uid] | frames if frames and found.get(uid) else frames
    return found


def _is_about(header: Header, series: Series) -> bool:
    if not series.stacks or any(header is one for one in series.headers):
        return False
    assert header.dataset is not None
    root = Item(header.dataset)
    named = series_named(root)
    if named:
        return series.uid in named
    reference = root.text("FrameOfReferenceUID")
    return bool(reference) and any(reference == one.slices[0].tags.text("FrameOfReferenceUID") for one in series.stacks)
