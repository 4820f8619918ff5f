"""What the header says of one frame: per-frame functional groups, then shared ones, then the top level.

PS3.3 C.7.6.16. Above this file nobody needs to know where an element of an enhanced object is kept. Malformed values
read as absent here: a viewer goes on with the next rule, and the audit says what is wrong.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag
from pydicom.uid import ExplicitVRBigEndian

from dicomview.quiet import quiet
from dicomview.unread import Unread, outline_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom.dataset import Dataset

    from dicomview.unread import Outline

__all__ = ["FrameTags"]


@functools.cache
def _tag(keyword: str) -> BaseTag:
    """Return the tag of a keyword; kept, because pydicom takes one apart anew each time and frames may be many."""
    return BaseTag(tag_for_keyword(keyword) or 0)


@functools.cache
def _number(keyword: str) -> int:
    """Return the tag of a keyword as a plain number: comparing pydicom's is slow."""
    return tag_for_keyword(keyword) or 0


_PER_FRAME, _SHARED = _tag("PerFrameFunctionalGroupsSequence"), _tag("SharedFunctionalGroupsSequence")


class FrameTags:
    """The elements that hold for one frame of a data set.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Read, never written.
    frame : int
        Zero-based; 0 for a single-frame instance.
    """

    __slots__ = ("_groups", "_kept", "_shared", "dataset", "frame")

    def __init__(self, dataset: Dataset, frame: int = 0) -> None:
        self.dataset = dataset
        self.frame = frame
        self._kept = outline_of(dataset)
        self._groups: dict[int, DataElement] | None = None
        self._shared: dict[int, DataElement] | None = None

    def of_frame(self, frame: int) -> FrameTags:
        """Return the elements that hold for another frame of the object; what all frames share is read once."""
        other = FrameTags(self.dataset, frame)
        other._shared = self._shared_groups()
        return other

    @property
    def _outline(self) -> Outline | None:
        """What the bytes say as long as pydicom has not read them; one with functional groups is never left unread."""
        return self._kept if type(self.dataset) is Unread else None

    @property
    def multiframe(self) -> bool:
        """True when the data set has functional groups."""
        return _PER_FRAME in self.dataset

    @property
    def little_endian(self) -> bool:
        """True unless the data set was read from a big endian file: words inside OW values are swapped there."""
        if self._outline is not None:
            return True  # nothing else is left unread
        meta = getattr(self.dataset, "file_meta", None)
        syntax = meta.get("TransferSyntaxUID") if meta is not None else None
        return syntax != ExplicitVRBigEndian if syntax else self.dataset.original_encoding[1] is not False

    def get(self, keyword: str, default: Any = None) -> Any:
        """Return the value of `keyword` for this frame, or `default` when absent, empty or malformed."""
        tag = _tag(keyword)
        outline = self._outline
        if outline is not None and not outline.has(_number(keyword)):
            return default
        try:
            element = self.in_groups(tag)
            if element is not None:
                return element.value
            if tag not in self.dataset:
                return default
            item = self.dataset.get_item(tag)
            if isinstance(item, DataElement):
                value = item.value
            else:
                with quiet():  # converted now, at the first use
                    value = self.dataset.get(keyword)
        except Exception:  # noqa: BLE001  pydicom converts on access and raises whatever a damaged value leads to
            return default
        return default if value is None or (isinstance(value, str | MultiValue) and not value) else value

    def in_groups(self, tag: int) -> DataElement | None:
        """Return the element `tag` of the functional groups of this frame, None where they do not have it."""
        if self._outline is not None or not (self.multiframe or _SHARED in self.dataset):
            return None
        try:
            return self._functional_groups().get(tag)
        except Exception:  # noqa: BLE001  they are not even sequences
            return None

    def numbers(self, keyword: str) -> tuple[float, ...]:
        """Return all values of `keyword` as floats; empty when absent or when any of them is not a number."""
        plain = self._kept.numbers(_number(keyword)) if self._kept and type(self.dataset) is Unread else None
        if plain is not None:
            return plain
        found = self.readings(keyword)
        return () if None in found else tuple(x for x in found if x is not None)

    def readings(self, keyword: str) -> tuple[float | None, ...]:
        """Return all values of `keyword` in their places, None for each that is not a number."""
        plain = self._kept.numbers(_number(keyword)) if self._kept and type(self.dataset) is Unread else None
        if plain is not None:
            return plain
        value = self.get(keyword)
        if value is None:
            return ()
        return tuple(_reading(x) for x in (value if isinstance(value, list | tuple | MultiValue) else [value]))

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
        plain = self._kept.texts(_number(keyword)) if self._kept and type(self.dataset) is Unread else None
        if plain is not None:
            return plain
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
            with quiet():
                per_frame = self.dataset.get(_PER_FRAME)
                items = (per_frame.value or [])[self.frame : self.frame + 1] if per_frame is not None else []
                groups = self._shared_groups() | (_elements_under(items[0]) if items else {})
            self._groups = groups  # at once, for another thread may be asking too
        return self._groups

    def _shared_groups(self) -> dict[int, DataElement]:
        """Return the elements of the functional group macros that all frames share."""
        if self._shared is None and self._outline is not None:
            self._shared = {}
        if self._shared is None:
            try:
                with quiet():
                    shared = self.dataset.get(_SHARED)
                    self._shared = _elements_under(shared.value[0]) if shared is not None and shared.value else {}
            except Exception:  # noqa: BLE001  a damaged sequence says nothing
                self._shared = {}
        return self._shared


def _elements_under(item: Dataset) -> dict[int, DataElement]:
    """Return the elements below the macros of one item of functional groups; where two are equal, the shallower one.

    Deep ones are needed where a macro has a sequence of its own, as for DiffusionGradientOrientation.
    """
    found: dict[int, DataElement] = {}
    level = list(_sound_elements(item))
    while level:
        nested = [element.value[0] for element in level if element.VR == "SQ" and len(element.value) == 1]
        level = [element for dataset in nested for element in _sound_elements(dataset)]
        for element in level:
            found.setdefault(element.tag, element)
    return found


def _sound_elements(dataset: Dataset) -> Iterator[DataElement]:
    """Yield the elements that can be read and have a value.

    Private ones are left out: some makers keep a whole older header there, with another rescale in it.
    """
    for tag in dataset.keys():  # noqa: SIM118  a Dataset iterates over elements, and stumbles over a damaged one
        if tag.is_private:
            continue
        try:
            element = dataset[tag]
        except Exception:  # noqa: BLE001  one damaged element does not make its neighbours unreadable
            continue
        if not element.is_empty:
            yield element


def _reading(value: object) -> float | None:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
