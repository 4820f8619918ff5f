"""Content items, of which reports and the circumstances of an acquisition are made: PS3.3 C.17.3 and 10.2."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicomview.objects.document import Node
    from dicomview.objects.draft import Draft
    from dicomview.objects.items import Item

__all__ = ["content_item"]

_PLAIN = {
    "TEXT": "TextValue",
    "CODE": "ConceptCodeSequence",
    "PNAME": "PersonName",
    "DATE": "Date",
    "TIME": "Time",
    "DATETIME": "DateTime",
    "UIDREF": "UID",
}
_REFERENCES = ("IMAGE", "COMPOSITE", "WAVEFORM")
_SHOWN_COORDINATES = 8


def content_item(item: Item, draft: Draft) -> Node:
    """Return one content item with those under it: what it is about, its value, how it belongs to the one above."""
    relationship = item.text("RelationshipType")
    role = "" if relationship == "CONTAINS" else relationship.lower()
    target = item.words("ReferencedContentItemIdentifier")
    if target:
        return draft.node("content item", target.replace(", ", "."), (), role)
    label = item.meaning("ConceptNameCodeSequence") or item.text("ValueType").lower() or "content item"
    children = draft.each(item.items("ContentSequence"), lambda inner: content_item(inner, draft))
    return draft.node(label, _value(item), children, role)


def _value(item: Item) -> str:
    """Return the value of a content item by its ValueType; PS3.3 C.17.3.2 and C.18."""
    kind = item.text("ValueType")
    if kind in _PLAIN:
        return item.words(_PLAIN[kind])
    if kind == "NUM":
        return _number(item)
    if kind in _REFERENCES:
        return "; ".join(_reference(one) for one in item.items("ReferencedSOPSequence"))
    if kind in ("SCOORD", "SCOORD3D"):
        return _coordinates(item, 3 if kind == "SCOORD3D" else 2)
    if kind == "TCOORD":
        places = ("ReferencedSamplePositions", "ReferencedTimeOffsets", "ReferencedDateTime")
        return " ".join(filter(None, map(item.words, ("TemporalRangeType", *places))))
    return "" if kind == "CONTAINER" else kind


def _number(item: Item) -> str:
    """Return a number with its unit, or why there is none; PS3.3 C.18.1."""
    measured = item.first("MeasuredValueSequence")
    value = "" if measured is None else measured.words("NumericValue")
    why = item.meaning("NumericValueQualifierCodeSequence")
    if measured is None or not value:
        return why or "no value"
    units = measured.first("MeasurementUnitsCodeSequence")
    unit = "" if units is None else units.code_value()
    text = value if unit in ("", "1") else f"{value} {unit}"  # "1" is UCUM's way to say that there is no unit
    return f"{text} ({why})" if why else text


def _reference(one: Item) -> str:
    """Return an instance referred to, with the presentation state it is to be seen in; PS3.3 C.18.4."""
    states = [f"shown by {state.reference()}" for state in one.items("ReferencedSOPSequence")]
    return ", ".join([one.reference(), *states])


def _coordinates(item: Item, dimensions: int) -> str:
    """Return a graphic as its type and its first points; PS3.3 C.18.6 and C.18.9."""
    numbers = item.numbers("GraphicData")
    points = [numbers[at : at + dimensions] for at in range(0, len(numbers), dimensions)]
    shown = "; ".join(", ".join(f"{x:g}" for x in point) for point in points[:_SHOWN_COORDINATES])
    more = f"; … {len(points):,} points" if len(points) > _SHOWN_COORDINATES else ""
    return f"{item.text('GraphicType')} {shown}{more}".strip()
