"""Which words an object deserves, by its SOP class."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dicomview.elements import hides, masked
from dicomview.objects.draft import Draft
from dicomview.objects.embedded import embedded
from dicomview.objects.generic import generic
from dicomview.objects.items import Item
from dicomview.objects.plan import plan
from dicomview.objects.presentation import presentation
from dicomview.objects.report import report
from dicomview.objects.structures import structures
from dicomview.objects.waveform import waveform
from dicomview.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydicom.dataset import Dataset

    from dicomview.elements import Identity
    from dicomview.objects.document import Document
    from dicomview.space import Series

__all__ = ["document_of", "documents_of"]

_STORAGE = "1.2.840.10008.5.1.4.1.1."
# SOP classes by the beginning of their UID, PS3.4 B.5; a family shares its modules.
_KINDS: dict[str, Callable[[Item, Draft], Document]] = {
    "88.": report,
    "11.": presentation,
    "9.": waveform,
    "104.": embedded,
    "481.3": structures,
    "481.5": plan,
    "481.8": plan,
}
_MOST = 20  # documents of one series
_VEILED = "what may tell who the patient is stands as (hidden)"


def document_of(dataset: Dataset, *, draft: Draft | None = None, identity: Identity | None = None) -> Document:
    """Return an object without a picture as what it is: a tree, tables, an embedded file.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Read, never written. Damaged values never raise; what cannot be converted is shown as it is written.
    draft : Draft, optional
        How much may be said; with one draft several documents share what one may have.
    identity : "show" or "hide", optional
        "hide" puts "(hidden)" in place of what `dicomview.elements.identifies`; by default as the environment says.
        Of a report, that is its whole content: PS3.15 has no way to tell what of it names somebody.

    Returns
    -------
    Document
    """
    hide = hides(identity)
    root = Item(masked(dataset) if hide else dataset)
    with quiet():  # names of persons are decoded as they are written down
        document = _maker(root)(root, draft or Draft())
    return replace(document, notes=(*document.notes, _VEILED)) if hide else document


def documents_of(series: Series, *, identity: Identity | None = None) -> tuple[Document, ...]:
    """Return the instances of a series that has no picture, the first 20 of them, with what is odd about each.

    For `identity` see `document_of`.
    """
    draft, identity = Draft(), "hide" if hides(identity, series) else "show"
    reasons = {one.label: one.reason for one in series.rejected}
    documents = []
    for header in series.headers[:_MOST]:
        assert header.dataset is not None
        why = header.detail
        if not why and _maker(Item(header.dataset)) is generic:
            why = reasons.get(header.location.label, "")  # an image without pixels is none, and says so
        document = document_of(header.dataset, draft=draft, identity=identity)
        documents.append(replace(document, notes=(*filter(None, [why]), *document.notes)))
    left = len(series.headers) - _MOST
    if left > 0:
        last = documents[-1]
        documents[-1] = replace(last, notes=(*last.notes, f"{left} more objects of this series are not shown"))
    return tuple(documents)


def _maker(root: Item) -> Callable[[Item, Draft], Document]:
    uid = root.text("SOPClassUID")
    family = uid.removeprefix(_STORAGE) if uid.startswith(_STORAGE) else ""
    for start, make in _KINDS.items():
        if family == start or (start.endswith(".") and family.startswith(start)):
            return make
    return generic
