"""The DICOM JSON model of a data set (PS3.18 Annex F), read without converting it, damaged values included."""

from __future__ import annotations

import math
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from dicomview.elements import Level, Stored

__all__ = ["model"]

_LEFT = (0x7FE00008, 0x7FE00009, 0x7FE00010, 0xFFFCFFFC)  # pixel data, and the padding behind them
_CHARACTER_SET = 0x00080005
_ONE_TEXT = ("LT", "ST", "UR", "UT")  # a backslash is a character of theirs, PS3.5 6.2
_WORDS = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


def model(level: Level, *, little_endian: bool = True) -> dict[str, Any]:
    """Return a data set or item as the objects of its JSON.

    Parameters
    ----------
    level : Level
    little_endian : bool
        Whether words inside bulk values are little endian where they were read; in JSON they always are.

    Returns
    -------
    dict
        Tag to ``{"vr": …, "Value": […]}``. Bulk values stand inline; group lengths and the pixel data of a data set
        itself are left out. A decimal or whole number that cannot be read stands as its text, bytes that are none of
        their VR as UN.
    """
    return {
        f"{stored.tag:08X}": _element(stored, little_endian)
        for stored in level
        if stored.tag & 0xFFFF and (level.above is not None or stored.tag not in _LEFT)
    }


def _element(stored: Stored, little_endian: bool) -> dict[str, Any]:
    vr, content = stored.vr or "UN", stored.content
    if vr == "SQ" and isinstance(content, tuple):
        items = [model(item, little_endian=little_endian) for item in content]
        return {"vr": vr, "Value": items} if items else {"vr": vr}
    if stored.tag == _CHARACTER_SET and content:
        return {"vr": "CS", "Value": ["ISO_IR 192"]}  # JSON is UTF-8, whatever the file was
    if content is None or content == "":
        return {"vr": vr}
    if isinstance(content, bytes):
        kept = vr if vr in _WORDS or vr in ("OB", "UN") else "UN"
        words = _WORDS.get(kept, 1)
        if not little_endian and len(content) % words == 0:
            content = np.frombuffer(content, f">u{words}").astype(f"<u{words}").tobytes()
        return {"vr": kept, "InlineBinary": b64encode(content).decode("ascii")}
    if not isinstance(content, str):
        return {"vr": vr, "Value": [f"{one:08X}" if vr == "AT" else _number(one) for one in content]}
    if vr in _ONE_TEXT:
        text = content.rstrip(" \0")
        return {"vr": vr, "Value": [text]} if text else {"vr": vr}
    values = [_value(vr, part.rstrip("\0").strip(" ")) for part in content.split("\\")]
    return {"vr": vr, "Value": values} if any(one is not None for one in values) else {"vr": vr}


def _value(vr: str, text: str) -> Any:
    if not text:
        return None
    if vr == "PN":
        groups = zip(_GROUPS, text.split("="), strict=False)
        return {name: group.strip() for name, group in groups if group.strip()} or None
    if vr in ("IS", "DS"):
        try:
            return int(text) if vr == "IS" else _number(float(text))
        except ValueError:
            return text
    return text


def _number(value: float) -> float | str:
    """Return a number as it is; what JSON has no number for, as the words of PS3.18 F.2.3."""
    if isinstance(value, int) or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
