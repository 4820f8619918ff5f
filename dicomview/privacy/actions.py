"""What happens to one element: by PS3.15 Table E.1-1, the options, its Type, and, beyond the table, its VR."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Literal, NamedTuple

from pydicom.datadict import dictionary_has_tag, keyword_for_tag

from dicomview.elements import rule_of
from dicomview.privacy.types import type_of

__all__ = ["PIXELS", "TEXT", "Action", "Decision", "Place", "decide", "dummy", "fallback"]

Action = Literal["keep", "items", "remove", "empty", "dummy", "uid", "shift", "pseudonym", "describe", "wordless"]

# Pixel data are searched and hashed, not cleaned, but for the rectangles that the user names.
PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_PSEUDONYMS = {0x00100010, 0x00100020}  # PatientName, PatientID: the one dummy that keeps patients apart
TEXT = frozenset({"AE", "AS", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
# Text that anything can be written in; the Basic Profile names most of these attributes, not all.
_FREE_WORDS = ("Comment", "Description", "Note", "Remark")  # … in the keyword of a shorter text
_FREE_TEXT = {"LT", "ST", "UC", "UR", "UT", "AE", "PN"}
# Beyond the table UIDs of these words say what kind of thing something is, not which thing.
_KINDS = ("SOPClass", "TransferSyntax", "CodingScheme", "ContextUID", "MappingResource")
# Kept for the references in them alone (U*).
_REFERENCES = {"ReferencedImageSequence", "SourceImageSequence"}
_ICC_PROFILE = 0x00282000
_DUMMIES: dict[str, object] = {
    "DA": "19000101",
    "DT": "19000101000000",
    "TM": "000000",
    "AS": "000Y",
    "DS": "0",
    "IS": "0",
    "UI": "2.25.0",
    "UR": "removed:",
    **dict.fromkeys(("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UT"), "REMOVED"),
    **dict.fromkeys(("FD", "FL"), 0.0),
    **dict.fromkeys(("AT", "SL", "SS", "SV", "UL", "US", "UV"), 0),
    **dict.fromkeys(("OB", "OD", "OF", "OL", "OV", "OW", "UN"), bytes(8)),
}


class Place(NamedTuple):
    """Where an element stands, as far as its action hangs on it.

    Attributes
    ----------
    sop_class : str
    parent : str
        Keyword of the sequence whose item it is in; empty at the top.
    creator : str
        Who has reserved the block of a private element; empty for others, and where nobody has.
    """

    sop_class: str
    parent: str
    creator: str = ""


class Decision(NamedTuple):
    """What happens to an element, and by which rule."""

    action: Action
    rule: str


def dummy(vr: str) -> object:
    """Return a value of the VR that says nothing."""
    return _DUMMIES[vr]


@lru_cache(65536)
def decide(tag: int, vr: str, place: Place, columns: frozenset[str], creators: frozenset[str]) -> Decision:
    """Return what happens to an element.

    Parameters
    ----------
    tag : int
    vr : str
    place : Place
    columns : frozenset of str
        The options that hold, by the names of their columns.
    creators : frozenset of str
        Reviewed private creators.

    Notes
    -----
    PS3.15 E.1.1 asks for this at every depth, and Table E.1-1 is not all: names, dates, UIDs and free text that it does
    not list (it grows with every edition) are treated as what they are of.
    """
    if tag & 0xFFFF == 0:
        return Decision("remove", "group length")
    if tag >> 16 & 1:
        return _private(tag, vr, place, columns, creators)
    rule = rule_of(tag)
    if rule is None:
        if place.parent in _REFERENCES and vr not in ("UI", "IS", "US", "SQ"):
            return Decision("remove", "beyond the table: no reference")
        return _beyond(tag, vr, columns, nested=bool(place.parent))
    held = {column: rule.options[column] for column in sorted(columns) if column in rule.options}
    for column, code in held.items():
        if code == "K":
            return Decision("items" if vr == "SQ" else "keep", f"K, {column}")
    if "modified_dates" in held:
        if vr in ("DA", "DT"):
            return Decision("shift", "C, modified_dates")
        if vr == "TM":
            return Decision("keep", "C, modified_dates: days are moved, not hours")
    code, why = _resolved(rule.action, tag, place)
    if tag in _PSEUDONYMS and code in ("Z", "D") and not place.parent and vr in TEXT:
        return Decision("pseudonym", why)
    action = _plain(code, vr)
    if held and vr in TEXT:
        return Decision("describe", f"C, {', '.join(held)}; else {why}")
    return Decision(action, why)


def fallback(tag: int, vr: str, place: Place) -> Action:
    """Return what the Basic Profile does with a description that nobody has reviewed."""
    rule = rule_of(tag)
    return "remove" if rule is None else _plain(_resolved(rule.action, tag, place)[0], vr)


def _plain(code: str, vr: str) -> Action:
    if code == "X":
        return "remove"
    if code == "Z":
        return "empty"
    if code.startswith("U") and vr == "SQ":
        return "items"
    return "uid" if vr == "UI" else "dummy"


def _resolved(code: str, tag: int, place: Place) -> tuple[str, str]:
    """Return the one code that a compound one means here, and words for both (PS3.15 Table E.1-1a)."""
    if "/" not in code:
        return code, code
    kind = type_of(place.sop_class, place.parent, keyword_for_tag(tag))
    codes = code.split("/")
    wanted = {1: ("D", "U*", "Z"), 2: ("Z", "D"), 3: ("X", "Z", "D")}[kind]
    found = next(one for one in wanted if one in codes)
    return found, f"{code}, type {kind}: {found}"


def _private(tag: int, vr: str, place: Place, columns: frozenset[str], creators: frozenset[str]) -> Decision:
    if "safe_private" in columns and place.creator:
        if 0x10 <= tag & 0xFFFF <= 0xFF:
            return Decision("keep", "creator of safe private elements")  # taken back where none of them is left
        known = _safe().get((place.creator, tag >> 16, tag & 0xFF))
        if known is not None or place.creator in creators:
            why = "safe private" if known is not None else "reviewed private creator"
            if vr in (known, "SQ") or (known is None and vr not in ("UN", "OB")):
                decision = _beyond(tag, vr, columns, private=True)
                return Decision(decision.action, f"{why}; {decision.rule}")
    return Decision("remove", "X, private")


def _beyond(tag: int, vr: str, columns: frozenset[str], *, private: bool = False, nested: bool = False) -> Decision:
    """Return what happens to an element that the table does not list."""
    if tag >> 16 in (0x0000, 0x0002, 0x0004) or tag >> 24 == 0x60:
        return Decision("remove", "beyond the table: no part of an image" if tag >> 24 != 0x60 else "overlay plane")
    if not private and not dictionary_has_tag(tag):
        return Decision("remove", "beyond the table: not in the dictionary")
    if vr == "SQ":
        return Decision("items", "its items by themselves")
    if vr == "UI" and not any(word in keyword_for_tag(tag) for word in _KINDS):
        return Decision("keep" if "uids" in columns else "uid", "beyond the table: UID")
    if vr in ("DA", "DT") and "full_dates" not in columns:
        return Decision("shift" if "modified_dates" in columns else "dummy", "beyond the table: date")
    if vr in _FREE_TEXT or (vr in ("LO", "SH") and any(word in keyword_for_tag(tag) for word in _FREE_WORDS)):
        return Decision("dummy", "beyond the table: free text")
    if tag == _ICC_PROFILE and vr == "OB":  # colour is wrong without
        return Decision("wordless", "beyond the table: texts in it are zeroed")
    if tag in PIXELS and nested:
        return Decision("remove", "beyond the table: a picture inside a sequence")
    if vr == "UN" or (vr == "OB" and tag not in PIXELS):
        return Decision("remove", "beyond the table: bytes of unknown meaning")
    return Decision("keep", "not in the table")


@lru_cache(1)
def _safe() -> dict[tuple[str, int, int], str]:
    found = {}
    for line in files("dicomview.privacy").joinpath("safe_private.txt").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            group, element, vr, creator = line.split(" ", 3)
            found[creator, int(group, 16), int(element, 16)] = vr
    return found
