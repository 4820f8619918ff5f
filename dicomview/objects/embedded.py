"""Encapsulated documents: a PDF, a CDA, a model to print, inside an object; PS3.3 C.24."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomview.elements import HIDDEN
from dicomview.objects.document import Attachment, Document

if TYPE_CHECKING:
    from dicomview.objects.draft import Draft
    from dicomview.objects.items import Item

__all__ = ["embedded"]

_FACTS = (
    "MIMETypeOfEncapsulatedDocument", "ConceptNameCodeSequence", "ContentDate", "ContentTime", "AcquisitionDateTime",
    "VerificationFlag", "BurnedInAnnotation", "MeasurementUnitsCodeSequence",
)  # fmt: skip


def embedded(root: Item, draft: Draft) -> Document:
    """Return an encapsulated document: what it is called, its type and size, and its bytes to be saved."""
    content = root.get("EncapsulatedDocument")
    notes: tuple[str, ...] = ()
    attachment = None
    if isinstance(content, bytes) and content:
        # The value is padded to an even length, and only this element knows (PS3.3 C.24.2).
        length = root.integer("EncapsulatedDocumentLength")
        if 0 < length < len(content):
            content = content[:length]
        attachment = Attachment(content, root.text("MIMETypeOfEncapsulatedDocument"))
        if length > len(content):
            notes = (f"the document should be {length:,} bytes long, and {len(content):,} are there",)
    else:
        notes = ("the document itself is hidden" if content == HIDDEN else "the document itself is not there",)
    size = () if attachment is None else (draft.node("Size", f"{len(attachment.content):,} bytes"),)
    title = root.words("DocumentTitle") or root.meaning("ConceptNameCodeSequence")
    return Document(root.kind, draft.text(title), (*draft.facts(root, *_FACTS), *size), notes, attachment)
