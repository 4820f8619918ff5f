"""Moments: dates and times of the header as one value that can be compared."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

__all__ = ["moment"]

# A DA and a TM value one behind the other, or a DT value; with the full stops and colons of old files.
_PATTERN = re.compile(r"(\d{4})\.?(\d\d)\.?(\d\d)(\d\d):?(\d\d)?:?(\d\d)?(\.\d{1,6})?\d*([+-]\d{4})?")


def moment(text: str, offset: str = "") -> datetime | None:
    """Return a date and time of day (PS3.5 6.2), or None when it is malformed or has no time.

    Parameters
    ----------
    text : str
        A DT value, or a DA value with a TM value behind it.
    offset : str
        TimezoneOffsetFromUTC, in which the other times of the file are. An offset in `text` counts only against it:
        without it, all times are of one clock.
    """
    found = _PATTERN.fullmatch(text.strip("\0 "))
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        # A leap second has no place in a datetime; the one before is near enough for a decay.
        value = datetime(int(year), int(month), int(day), int(hour), int(minute or 0), min(int(second or 0), 59))
        if zone and re.fullmatch(r"[+-]\d{4}", offset):
            value -= _from_utc(zone) - _from_utc(offset)
        return value + timedelta(seconds=float(fraction or 0))
    except (ValueError, OverflowError):
        return None


def _from_utc(zone: str) -> timedelta:
    hours = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
    return -hours if zone[0] == "-" else hours
