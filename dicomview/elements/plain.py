"""Values that pydicom has converted, as plain Python."""

from __future__ import annotations

from typing import Any

from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.valuerep import IS, DSdecimal, DSfloat, PersonName

__all__ = ["plain"]

_LONG_BYTES = 64


def plain(value: Any) -> Any:
    """Return a pydicom value as plain Python: int, float, str, bytes, or a tuple of them; None when empty.

    A sequence is told by the number of its items, long bytes by their length.
    """
    if value is None or (isinstance(value, str | PersonName | MultiValue | bytes) and not value):
        return None
    if isinstance(value, Sequence):
        return f"{len(value)} item{'s' * (len(value) != 1)}"
    if isinstance(value, bytes) and len(value) > _LONG_BYTES:
        return f"{len(value):,} bytes"
    if isinstance(value, MultiValue | list | tuple):
        return tuple(plain(part) for part in value)
    if isinstance(value, IS):
        return int(value)
    if isinstance(value, DSfloat | DSdecimal):
        return float(value)
    return str(value) if isinstance(value, str | PersonName) else value
