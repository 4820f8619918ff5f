"""Structured reports and key object selections: the tree of content items, PS3.3 C.17.3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomview.objects.content import content_item
from dicomview.objects.document import Document, Node, Table

if TYPE_CHECKING:
    from dicomview.objects.draft import Draft
    from dicomview.objects.items import Item

__all__ = ["report"]

_STATE = (
    "CompletionFlag", "CompletionFlagDescription", "VerificationFlag", "PreliminaryFlag", "ContentDate", "ContentTime",
)  # fmt: skip
_OBSERVER = {
    "name": "VerifyingObserverName",
    "code": "VerifyingObserverIdentificationCodeSequence",
    "organization": "VerifyingOrganization",
    "when": "VerificationDateTime",
}
_EVIDENCE = {
    "CurrentRequestedProcedureEvidenceSequence": "evidence of this procedure",
    "PertinentOtherEvidenceSequence": "other evidence",
    "PredecessorDocumentsSequence": "predecessor",
    "IdenticalDocumentsSequence": "identical document",
}


def report(root: Item, draft: Draft) -> Document:
    """Return an SR or KO: its state, its content, who has verified it and what it refers to."""
    title = root.meaning("ConceptNameCodeSequence")
    content = draft.each(root.items("ContentSequence"), lambda item: content_item(item, draft))
    nodes: list[Node | Table] = [
        *draft.group("State", draft.facts(root, *_STATE)),
        *draft.columns("Verified by", _OBSERVER, root.items("VerifyingObserverSequence")),
        draft.node(title or "Content", "", content),
        *_references(root, draft),
    ]
    return Document(root.kind, draft.text(title), tuple(nodes))


def _references(root: Item, draft: Draft) -> tuple[Table, ...]:
    """Return the documents and images the report is made from, PS3.3 C.17.2."""
    rows = [
        (words, one.reference(), series.text("SeriesInstanceUID"))
        for keyword, words in _EVIDENCE.items()
        for study in root.items(keyword)
        for series in study.items("ReferencedSeriesSequence")
        for one in series.items("ReferencedSOPSequence")
    ]
    return draft.table("References", ("as", "instance", "in series"), rows, lambda row: row)
