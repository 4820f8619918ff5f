"""Every element of a data set at every depth, with what is to happen to it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from pydicom.datadict import keyword_for_tag

from dicomview.privacy.actions import Decision, Place, decide
from dicomview.privacy.dates import TIME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset

    from dicomview.privacy.policy import Policy

__all__ = ["Met", "met", "name_of", "sop_class_of", "texts", "walk"]

_WRITTEN = {
    "AS": re.compile(r"(\d{3}[DWMY])?"),
    "DA": re.compile(r"(?:\d{4}(?:\.?\d\d){0,2})?", re.ASCII),
    "DS": re.compile(r"[-+]?[\d.]*(?:[eE][-+]?\d+)?"),
    "DT": re.compile(rf"(?:\d{{4}}(?:\d\d(?:\d\d(?:{TIME})?)?)?(?:[-+]\d{{4}})?)?", re.ASCII),
    "IS": re.compile(r"[-+]?\d*(?:\.0*)?"),
    "TM": re.compile(rf"(?:{TIME})?", re.ASCII),
    "UI": re.compile(r"[\d.]*"),
}
UNREADABLE = Decision("remove", "cannot be read as its VR")


class Met(NamedTuple):
    """One element.

    Attributes
    ----------
    path : str
        Keywords from the top down, "[]" for any item; tags for what has no keyword.
    tag : int
    element : DataElement or None
        None where its bytes are not what its VR says.
    decision : Decision
    place : Place
    """

    path: str
    tag: int
    element: DataElement | None
    decision: Decision
    place: Place


def sop_class_of(dataset: Dataset) -> str:
    """Return the SOPClassUID; empty where there is none."""
    return str(dataset.get("SOPClassUID", None) or "")


def name_of(tag: int, creator: str = "") -> str:
    """Return the keyword of an attribute, else its tag, a private one as its place in the block of its creator."""
    if tag >> 16 & 1 and creator:
        return f"({tag >> 16:04X},xx{tag & 0xFF:02X} {creator})"
    return keyword_for_tag(tag) or f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def met(dataset: Dataset, policy: Policy, sop_class: str, parent: str = "", above: str = "") -> Iterator[Met]:
    """Return the elements of one level in the order of their tags."""
    creators: dict[int, str] = {}
    columns, reviewed = policy.columns, policy.creators
    for tag in sorted(dataset.keys()):
        try:
            element: DataElement | None = dataset[tag]
        except Exception:  # noqa: BLE001
            # Whatever pydicom makes of bytes that are not of their VR; what cannot be read cannot be kept.
            element = None
        creator = ""
        if tag >> 16 & 1:
            if 0x10 <= tag & 0xFFFF <= 0xFF:
                creator = creators[tag] = "" if element is None else str(element.value or "").strip()
            else:
                creator = creators.get(tag & 0xFFFF0000 | (tag >> 8 & 0xFF), "")
        place = Place(sop_class, parent, creator)
        decision = UNREADABLE
        if element is not None:
            decision = decide(int(tag), element.VR[:2], place, columns, reviewed)
            if decision.action == "keep" and not _is_of_its_vr(element):
                element, decision = None, UNREADABLE
        yield Met(above + name_of(int(tag), creator), int(tag), element, decision, place)


def _is_of_its_vr(element: DataElement) -> bool:
    """Return False for words where numbers, dates or UIDs belong: pydicom lets them pass with a warning."""
    allowed = _WRITTEN.get(element.VR)
    return allowed is None or all(allowed.fullmatch(text.strip(" \0")) for text in texts(element))


def walk(dataset: Dataset, policy: Policy, sop_class: str, parent: str = "", above: str = "") -> Iterator[Met]:
    """Return the elements of all levels; what is in a sequence that goes, goes with it, whatever it is by itself."""
    for one in met(dataset, policy, sop_class, parent, above):
        yield one
        if one.element is not None and one.element.VR == "SQ":
            for item in one.element.value or ():
                for inner in walk(item, policy, sop_class, name_of(one.tag, one.place.creator), f"{one.path}[]."):
                    if one.decision.action != "items":
                        inner = inner._replace(decision=one.decision)
                    yield inner


def texts(element: DataElement) -> list[str]:
    """Return the values of an element as text; none for bytes, sequences and what is empty."""
    value = element.value
    if value is None or isinstance(value, bytes | bytearray | memoryview) or element.VR == "SQ":
        return []
    values = list(value) if hasattr(value, "append") else [value]
    if element.VR in ("DS", "IS"):  # as they are written
        values = [getattr(one, "original_string", one) for one in values]
    return [str(one) for one in values if one is not None]
