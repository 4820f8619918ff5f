"""Private elements, found by the creator that has reserved their block, never by their number alone (PS3.5 7.8.1)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from dicomview.quiet import quiet

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["private_number", "private_value"]


def private_value(dataset: Dataset, creator: str, group: int, element: int) -> Any:
    """Return the value of a private element, None when it is absent or unreadable.

    Parameters
    ----------
    dataset : pydicom.Dataset
    creator : str
        Must match exactly, blanks at the end apart.
    group, element : int
        The last two digits of the element; the two before are those of whichever block the creator has.
    """
    for block in range(0x10, 0x100):
        try:
            with quiet():
                owner, found = dataset.get((group, block)), dataset.get((group, block << 8 | element))
                if owner is not None and found is not None and str(owner.value).rstrip() == creator:
                    return found.value
        except Exception:  # noqa: BLE001  pydicom converts on access and raises whatever a damaged value leads to
            continue
    return None


def private_number(dataset: Dataset, creator: str, group: int, element: int) -> float | None:
    """Return the value of a private element as a finite number, else None; it may be kept as text of unknown VR."""
    value = private_value(dataset, creator, group, element)
    try:
        number = float(value.decode("latin-1").strip("\0 ") if isinstance(value, bytes) else value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
