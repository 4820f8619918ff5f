"""Any other object: its data elements as a tree, those of the patient left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomview.elements import Level, entry_of, raw_text, typed
from dicomview.objects.document import Document, Node
from dicomview.objects.items import Item, class_words, value_words
from dicomview.quiet import quiet

if TYPE_CHECKING:
    from dicomview.elements import Stored
    from dicomview.objects.draft import Draft

__all__ = ["generic"]

_TITLES = ("ContentLabel", "ContentDescription", "SeriesDescription", "StudyDescription")


def generic(root: Item, draft: Draft) -> Document:
    """Return all data elements at any depth but those of group 0010, which say who the patient is."""
    title = next(filter(None, map(root.words, _TITLES)), "")
    notes = ("elements of the patient (group 0010) are left out; dv.tags lists them",)
    with quiet():
        return Document(root.kind, draft.text(title), _level(Level(root.dataset), draft), notes)


def _level(level: Level, draft: Draft) -> tuple[Node, ...]:
    found = [stored for stored in level if stored.tag >> 16 != 0x0010]
    return draft.each(found, lambda stored: _element(stored, draft))


def _element(stored: Stored, draft: Draft) -> Node:
    entry = entry_of(stored.tag, stored.creator)
    label = entry.name if entry.keyword else " ".join(filter(None, (entry.address, stored.creator, entry.name)))
    items: tuple[Level, ...] = stored.content if stored.vr == "SQ" and isinstance(stored.content, tuple) else ()
    if not items:
        return draft.node(label, _value(stored))
    if len(items) == 1:
        return draft.node(label, Item(items[0].dataset).code(), _level(items[0], draft))
    inside = draft.each(
        list(enumerate(items, 1)),
        lambda pair: draft.node(f"Item {pair[0]}", Item(pair[1].dataset).code(), _level(pair[1], draft)),
    )
    return draft.node(label, value_words(typed(stored)[0]), inside)


def _value(stored: Stored) -> str:
    value = typed(stored)[0]
    if value is None or stored.vr in ("AS", "DA", "DT", "TM"):  # as it is written
        return raw_text(stored) or ""
    return class_words(value) if stored.vr == "UI" and isinstance(value, str) else value_words(value)
