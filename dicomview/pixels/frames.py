"""What the header says of one frame: per-frame functional groups, then shared ones, then the top level.

PS3.3 C.7.6.16. Above this file nobody needs to know where an element of an enhanced object is kept. Malformed values
read as absent here: a viewer goes on with the next rule, and the audit says what is wrong.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pydicom.datadict import tag_for_keyword
from pydicom.multival import MultiValue

from dicomview.quiet import quiet

if TYPE_CHECKING:
    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset

__all__ = ["FrameTags"]


class FrameTags:
    """The elements that hold for one frame of a data set.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Read, never written.
    frame : int
        Zero-based; 0 for a single-frame instance.
    """

    __slots__ = ("_groups", "dataset", "frame")

    def __init__(self, dataset: Dataset, frame: int = 0) -> None:
        self.dataset = dataset
        self.frame = frame
        self._groups: dict[int, DataElement] | None = None

    @property
    def multiframe(self) -> bool:
        """True when the data set has functional groups."""
        return "PerFrameFunctionalGroupsSequence" in self.dataset

    def get(self, keyword: str, default: Any = None) -> Any:
        """Return the value of `keyword` for this frame, or `default` when absent, empty or malformed."""
        try:
            with quiet():
                if self.multiframe:
                    element = self._functional_groups().get(int(tag_for_keyword(keyword) or 0))
                    if element is not None and element.value not in (None, ""):
                        return element.value
                value = self.dataset.get(keyword)
        except Exception:  # noqa: BLE001  pydicom converts on access and raises whatever a damaged value leads to
            return default
        return default if value is None or (isinstance(value, str | MultiValue) and not value) else value

    def numbers(self, keyword: str) -> tuple[float, ...]:
        """Return all values of `keyword` as floats; empty when absent or when any of them is not a number."""
        value = self.get(keyword)
        if value is None:
            return ()
        try:
            return tuple(float(x) for x in (value if isinstance(value, list | tuple | MultiValue) else [value]))
        except (TypeError, ValueError, OverflowError):
            return ()

    def number(self, keyword: str, default: float | None = None) -> float | None:
        """Return the first value of `keyword` as a finite float, else `default`."""
        found = self.numbers(keyword)
        return found[0] if found and math.isfinite(found[0]) else default

    def integer(self, keyword: str, default: int = 0) -> int:
        """Return the value of `keyword` as an int, else `default`."""
        found = self.number(keyword)
        return default if found is None else int(found)

    def texts(self, keyword: str) -> tuple[str, ...]:
        """Return all values of `keyword` as stripped text."""
        value = self.get(keyword)
        if value is None:
            return ()
        return tuple(str(x).strip() for x in (value if isinstance(value, list | tuple | MultiValue) else [value]))

    def text(self, keyword: str, default: str = "") -> str:
        """Return the first value of `keyword` as stripped text, else `default`."""
        found = self.texts(keyword)
        return found[0] if found else default

    def _functional_groups(self) -> dict[int, DataElement]:
        """Return the elements of the functional group macros of this frame, per-frame winning over shared."""
        if self._groups is None:
            self._groups = {}
            shared = self.dataset.get("SharedFunctionalGroupsSequence")
            per_frame = self.dataset.get("PerFrameFunctionalGroupsSequence")
            for item in (*(shared or [])[:1], *(per_frame or [])[self.frame : self.frame + 1]):
                for macro in item:
                    self._groups.update(_elements_under(macro))
        return self._groups


def _elements_under(macro: DataElement) -> dict[int, DataElement]:
    """Return the elements of the one item of a functional group, those of nested items included.

    Nested ones are needed where a macro has a sequence of its own, as for DiffusionGradientOrientation.
    """
    if macro.VR != "SQ" or len(macro.value) != 1:
        return {}
    found: dict[int, DataElement] = {}
    for element in macro.value[0]:
        found = _elements_under(element) | found
        found[int(element.tag)] = element
    return found
