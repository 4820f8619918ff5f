"""Any other object: its data elements as a tree, those of the patient left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicomview.elements import level_of
from dicomview.objects.document import Document, Node
from dicomview.objects.items import Item, class_words, value_words

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from dicomview.objects.draft import Draft

__all__ = ["generic"]

_TITLES = ("ContentLabel", "ContentDescription", "SeriesDescription", "StudyDescription")


def generic(root: Item, draft: Draft) -> Document:
    """Return all data elements at any depth but those of group 0010, which say who the patient is."""
    title = next(filter(None, map(root.words, _TITLES)), "")
    notes = ("elements of the patient (group 0010) are left out; dv.tags lists them",)
    return Document(root.kind, draft.text(title), _level(root.dataset, draft), notes)


def _level(dataset: Dataset, draft: Draft) -> tuple[Node, ...]:
    found = [pair for pair in level_of(dataset) if not pair[0]["tag"].startswith("(0010")]
    return draft.each(found, lambda pair: _element(*pair, draft))


def _element(row: dict[str, Any], items: Any, draft: Draft) -> Node:
    label = row["name"] if row["keyword"] else " ".join(filter(None, (row["tag"], row["creator"], row["name"])))
    if row["vr"] != "SQ" or not len(items):
        return draft.node(label, _value(row))
    if len(items) == 1:
        return draft.node(label, Item(items[0]).code(), _level(items[0], draft))
    inside = draft.each(
        list(enumerate(items, 1)),
        lambda pair: draft.node(f"Item {pair[0]}", Item(pair[1]).code(), _level(pair[1], draft)),
    )
    return draft.node(label, value_words(row["value"]), inside)


def _value(row: dict[str, Any]) -> str:
    value = row["value"]
    if row["vm"] == 0 and isinstance(value, bytes):  # as in the file, for it cannot be converted
        return value.decode("latin-1").strip(" \0")
    return class_words(value) if row["vr"] == "UI" and isinstance(value, str) else value_words(value)
