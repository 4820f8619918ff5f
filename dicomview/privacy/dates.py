"""Dates that move: every DA and DT of one patient by the same number of days."""

from __future__ import annotations

import re
from datetime import date, timedelta

__all__ = ["TIME", "shifted"]

# DT may leave out all but the year; ACR-NEMA wrote dots (PS3.5 6.2).
_DATE = re.compile(r"(\d{4})(?:\.(\d\d)\.(\d\d)|(\d\d)(\d\d)?)?(.*)", re.ASCII | re.DOTALL)
# More digits than a time of day has would be another number.
TIME = r"(?:[01]\d|2[0-3])(?::?[0-5]\d(?::?(?:[0-5]\d|60)(?:\.\d{0,6})?)?)?"
_REST = {"DA": re.compile(""), "DT": re.compile(rf"(?:{TIME})?(?:[-+]\d{{4}})?", re.ASCII)}


def shifted(text: str, days: int, vr: str) -> str | None:
    """Return a value of DA or DT moved by whole days, as exact as it was; None when it is no value of its VR.

    The time of day and the offset from UTC stay. A month or a year alone moves as its first day does.
    """
    match = _DATE.fullmatch(text.strip(" \0"))
    if match is None:
        return None
    year, month, day = match[1], match[2] or match[4], match[3] or match[5]
    rest = match[6]
    if rest and (day is None or not _REST[vr].fullmatch(rest)):
        return None
    try:
        moved = date(int(year), int(month or 1), int(day or 1)) + timedelta(days)
    except (ValueError, OverflowError):
        return None
    digits = f"{moved.year:04}{moved.month:02}{moved.day:02}"
    return digits[: 8 if day else 6 if month else 4] + rest
