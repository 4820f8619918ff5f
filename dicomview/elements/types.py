"""From what is stored to typed values: by the VR and the dictionary's VM, never by what the data happen to look like.

What cannot be typed is None, with a sentence that says why and does not quote the value.
"""

from __future__ import annotations

import binascii
import math
import re
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from pydicom.datadict import keyword_for_tag
from pydicom.uid import UID

from dicomview.elements.entries import entry_of
from dicomview.elements.stored import BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomview.elements.stored import Stored

__all__ = ["DTYPES", "dtype_of", "is_many", "name_parts", "raw_text", "typed"]

# Of a column with one value in each cell; what is not here is a column of Python objects.
DTYPES = (
    dict.fromkeys(("AE", "AT", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UI", "UR", "UT"), "string")
    | dict.fromkeys(("IS", "SL", "SS", "SV", "UL", "US"), "Int64")
    | dict.fromkeys(("AS", "DS", "FD", "FL"), "Float64")
    | {"UV": "UInt64", "DA": "datetime64[s]", "TM": "timedelta64[us]"}
)

_ONE_TEXT = frozenset({"LT", "ST", "UR", "UT"})  # a backslash is a character of theirs, PS3.5 6.2
_BLANK_BEFORE_COUNTS = frozenset({"LT", "ST", "UC", "UR", "UT"})
_SHORT = 64
_REGISTERED = "1.2.840.10008."  # the root of all UIDs of the standard, PS3.6 Annex A
_PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_YEAR = 365.25
_AGES = {"D": (1, _YEAR), "W": (7, _YEAR), "M": (1, 12), "Y": (1, 1)}  # as fractions of a year

_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_AGE = re.compile(r"(\d{3})([DWMY])", re.ASCII)
_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)|(\d{4})\.(\d\d)\.(\d\d)", re.ASCII)
_TIME = re.compile(r"(\d\d)(?::?(\d\d)(?::?(\d\d)(?:\.(\d{1,6}))?)?)?", re.ASCII)
_DATETIME = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:(\d\d)(?:\.(\d{1,6}))?)?([+-]\d{4})?", re.ASCII)
_PRECISIONS = ("year", "month", "day", "hour", "minute")


class _NotTyped(Exception):
    """Why one value has no type."""


def typed(stored: Stored) -> tuple[Any, str, str, int]:
    """Return the value of an element, what it says in words, what is wrong with it, and how many values there are.

    Parameters
    ----------
    stored : Stored

    Returns
    -------
    value : object or None
        DA: date; TM: timedelta since midnight; DT: datetime, with a timezone when the value has an offset;
        AS: years; IS and binary integers: int; DS, FL, FD: float; AT: "(gggg,eeee)"; text VRs, PN and UI: str without
        padding; short binary values: bytes; long ones and pixel data: a summary with their length; SQ: "2 items". A
        tuple of those where the dictionary allows several values, even when there is one. None when empty.
    meaning : str
        Of a registered UID its name, of AT the keyword; else empty.
    problem : str
        Empty when there is none.
    count : int
        The value multiplicity found.

    Notes
    -----
    PS3.5 6.2 (value representations), 6.4 (multiplicity). A DT may leave out its last parts: its value is then the
    beginning of what it says, and the problem tells its precision.
    """
    vr, content = stored.vr, stored.content
    if vr == "SQ" and isinstance(content, tuple):
        return f"{len(content)} item{'s' * (len(content) != 1)}", "", stored.problem, 1
    if content is None:
        return None, "", stored.problem, 0
    if isinstance(content, bytes):
        return (None if stored.problem else _summary(stored, content)), "", stored.problem, 1
    if isinstance(content, str):
        if vr in BYTES:
            return content, "", stored.problem, 1
        parts: list[Any] = [content] if vr in _ONE_TEXT else content.split("\\")
        read = _READERS.get(vr) or (_text_after if vr in _BLANK_BEFORE_COUNTS else _text)
    else:
        parts, read = list(content), _READERS.get(vr, _number)
    many = is_many(stored, len(parts))
    if not many and len(parts) > 1:
        return None, "", f"{len(parts)} values where the dictionary allows one", len(parts)
    values: list[Any] = []
    problems: list[str] = [stored.problem] if stored.problem else []
    for place, part in enumerate(parts):
        try:
            value, remark = read(part)
        except _NotTyped as reason:
            value, remark = None, str(reason)
        values.append(value)
        if remark:
            problems.append(f"value {place + 1}: {remark}" if len(parts) > 1 else remark)
    meaning = "\\".join(_meaning(vr, value) for value in values) if vr in ("UI", "AT") else ""
    value = (tuple(values) if values.count(None) < len(values) else None) if many else values[0]
    count = 0 if len(parts) == 1 and isinstance(parts[0], str) and not parts[0].strip(" \0") else len(parts)
    return value, meaning.strip("\\"), "; ".join(problems[:3]), count


def is_many(stored: Stored, count: int = 1) -> bool:
    """Return True when the value of the element is a tuple: by the dictionary's VM.

    Of unknown elements `count` decides; also of private ones that are said to have one value, for nobody but their
    maker knows, and what is collected of them is often wrong.
    """
    if stored.vr in _ONE_TEXT or stored.vr in BYTES or stored.vr == "SQ":
        return False
    vm = entry_of(stored.tag, stored.creator).vm
    return vm not in ("", "1") or (count > 1 and (vm == "" or bool(stored.tag >> 16 & 1)))


def dtype_of(vr: str, *, many: bool) -> str:
    """Return the pandas dtype of a column of such elements."""
    return "object" if many else DTYPES.get(vr, "object")


def raw_text(stored: Stored) -> str | None:
    """Return the text as it is stored, without padding at its end; None when empty or when there is no text.

    Numbers of binary VRs are written with backslashes between them, short bytes in hexadecimal.
    """
    content = stored.content
    if isinstance(content, str):
        return content.rstrip(" \0") or None
    if isinstance(content, bytes):
        return content.hex(" ") if len(content) <= _SHORT and stored.tag not in _PIXELS else None
    if content is None or stored.vr == "SQ" or len(content) > _SHORT:
        return None
    return "\\".join(_address(number) if stored.vr == "AT" else repr(number) for number in content)


def name_parts(name: str) -> tuple[str | None, str | None]:
    """Return family and given name of a PN value, of its first group that has one (PS3.5 6.2.1)."""
    group = next((group for group in name.split("=") if group.strip(" ^")), "")
    family, given = [*(part.strip() for part in group.split("^")), "", ""][:2]
    return family or None, given or None


def _summary(stored: Stored, content: bytes) -> bytes | str:
    if stored.tag in _PIXELS:
        return f"{len(content):,} bytes of pixel data"
    if len(content) <= _SHORT:
        return content
    return f"{len(content):,} bytes, CRC-32 {binascii.crc32(content):08X}"  # two of one length can be told apart


def _text(part: str) -> tuple[str | None, str]:
    return part.strip(" \0") or None, ""


def _text_after(part: str) -> tuple[str | None, str]:
    return part.rstrip(" \0") or None, ""


def _person(part: str) -> tuple[str | None, str]:
    return part.strip(" \0").rstrip("=") or None, ""  # groups that are not there need no mark


def _number(part: float) -> tuple[float, str]:
    return part, "" if isinstance(part, int) or math.isfinite(part) else "is no finite number"


def _read(part: str, pattern: re.Pattern[str], what: str) -> re.Match[str] | None:
    text = part.strip(" \0")
    if not text:
        return None
    found = pattern.fullmatch(text)
    if found is None:
        raise _NotTyped(f"is no {what}")
    return found


def _whole(part: str) -> tuple[int | None, str]:
    found = _read(part, _WHOLE, "whole number (IS)")
    value = int(found[0]) if found else None
    return value, "" if value is None or -(2**31) <= value < 2**31 else "is outside the range of IS"


def _decimal(part: str) -> tuple[float | None, str]:
    found = _read(part, _DECIMAL, "decimal number (DS)")
    value = float(found[0]) if found else None
    if value is not None and not math.isfinite(value):
        raise _NotTyped("is too large for a number")
    return value, ""


def _age(part: str) -> tuple[float | None, str]:
    found = _read(part, _AGE, "age (AS)")
    if found is None:
        return None, ""
    times, of = _AGES[found[2]]
    return int(found[1]) * times / of, ""


def _date(part: str) -> tuple[date | None, str]:
    found = _read(part, _DATE, "date (DA)")
    if found is None:
        return None, ""
    return _moment([int(number) for number in found.groups() if number], "date").date(), ""


def _time(part: str) -> tuple[timedelta | None, str]:
    found = _read(part, _TIME, "time (TM)")
    if found is None:
        return None, ""
    hour, minute, second = (int(number or 0) for number in found.groups()[:3])
    if hour > 23 or minute > 59 or second > 60:  # 60 is a leap second
        raise _NotTyped("is no time of the day")
    micro = int((found[4] or "").ljust(6, "0"))
    return timedelta(hours=hour, minutes=minute, seconds=second, microseconds=micro), ""


def _datetime(part: str) -> tuple[datetime | None, str]:
    found = _read(part, _DATETIME, "date and time (DT)")
    if found is None:
        return None, ""
    *numbers, fraction, offset = found.groups()
    given = [int(number) for number in numbers if number is not None]
    zone = None
    if offset:
        minutes = int(offset[1:3]) * 60 + int(offset[3:])
        if int(offset[3:]) > 59 or minutes > 14 * 60:
            raise _NotTyped("has no such offset from UTC")
        zone = timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
    value = _moment([*given, *[1] * (3 - len(given))], "date and time", int((fraction or "").ljust(6, "0")), zone)
    coarse = len(given) <= len(_PRECISIONS)
    return value, f"says no more than the {_PRECISIONS[len(given) - 1]}: its beginning" if coarse else ""


def _moment(numbers: list[int], what: str, micro: int = 0, zone: timezone | None = None) -> datetime:
    year, month, day, hour, minute, second = [*numbers, 0, 0, 0][:6]
    leap = second == 60  # a leap second is the first of the next minute
    try:
        return datetime(year, month, day, hour, minute, second - leap, micro, zone) + timedelta(seconds=leap)
    except (ValueError, OverflowError):
        raise _NotTyped(f"is no {what} of the calendar") from None


def _address(number: int) -> str:
    return f"({number >> 16:04X},{number & 0xFFFF:04X})"


def _attribute(number: int) -> tuple[str, str]:
    return _address(number), ""


def _meaning(vr: str, value: str | None) -> str:
    if not value:
        return ""
    if vr == "AT":
        return keyword_for_tag(int(value[1:5] + value[6:10], 16))
    if not value.startswith(_REGISTERED):  # pydicom checks what it makes a UID of, which takes longer than all else
        return ""
    name = UID(value).name
    return "" if name == value else name


_READERS: dict[str, Callable[[Any], tuple[Any, str]]] = {
    "AS": _age,
    "AT": _attribute,
    "DA": _date,
    "DS": _decimal,
    "DT": _datetime,
    "IS": _whole,
    "PN": _person,
    "TM": _time,
}
