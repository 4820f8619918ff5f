"""What one item of a data set says, in words: values, codes and references. Damaged values never raise."""

from __future__ import annotations

import math
from typing import Any

from pydicom.datadict import tag_for_keyword
from pydicom.sequence import Sequence
from pydicom.uid import UID

from dicomview.elements import plain
from dicomview.pixels import FrameTags

__all__ = ["Item", "class_words", "value_words"]

_SHOWN_VALUES = 32  # of an element with many


class Item(FrameTags):
    """A data set or an item of a sequence, to be read as words."""

    __slots__ = ()

    def items(self, keyword: str) -> tuple[Item, ...]:
        """Return the items of a sequence; none when it is absent or is no sequence."""
        found = self.get(keyword)
        return tuple(Item(one) for one in found) if isinstance(found, Sequence) else ()

    def first(self, keyword: str) -> Item | None:
        """Return the first item of a sequence, or None."""
        return next(iter(self.items(keyword)), None)

    def words(self, keyword: str) -> str:
        """Return the value as text: all values of several, the code of a sequence of codes; "" when absent.

        A number that is none ("3,5") is given as the file has it.
        """
        found = self.get(keyword)
        if isinstance(found, Sequence):
            return ", ".join(filter(None, (Item(one).code() for one in found)))
        if found is None:
            return self._as_written(keyword)
        return value_words(plain(found))

    def code(self) -> str:
        """Return the code this item is: "Lung (39607008, SCT)"; PS3.3 8.8."""
        value, meaning = self.code_value(), self.text("CodeMeaning")
        scheme = ", ".join(filter(None, (value, self.text("CodingSchemeDesignator"))))
        return f"{meaning} ({scheme})" if meaning and scheme else meaning or scheme

    def code_value(self) -> str:
        """Return the value of the code this item is."""
        return next(filter(None, map(self.text, ("CodeValue", "LongCodeValue", "URNCodeValue"))), "")

    def meaning(self, keyword: str) -> str:
        """Return what the code of a sequence means, its value where there are no words."""
        item = self.first(keyword)
        return "" if item is None else item.text("CodeMeaning") or item.code_value()

    def reference(self) -> str:
        """Return the instance this item refers to: its class in words, its UID, its frames; PS3.3 10.8."""
        parts = [class_words(self.text("ReferencedSOPClassUID")), self.text("ReferencedSOPInstanceUID")]
        for word, keyword in (
            ("frames", "ReferencedFrameNumber"),
            ("segments", "ReferencedSegmentNumber"),
            ("channels", "ReferencedWaveformChannels"),
        ):
            parts += [f"{word} {found}"] if (found := self.words(keyword)) else []
        return " · ".join(filter(None, parts))

    @property
    def kind(self) -> str:
        """The SOP class in words."""
        return class_words(self.text("SOPClassUID")) or "Object of unknown class"

    def _as_written(self, keyword: str) -> str:
        """Return the text of a value that cannot be converted; its bytes may be anything."""
        tag = tag_for_keyword(keyword)
        if tag is None or tag not in self.dataset:
            return ""
        try:
            raw = self.dataset.get_item(tag).value
        except Exception:  # noqa: BLE001  left in the file by pydicom's defer_size, and the file has gone
            return ""
        return raw.decode("latin-1").strip(" \0") if isinstance(raw, bytes) else ""


def class_words(uid: str) -> str:
    """Return a SOP class in words: "CT Image"; the UID itself where the standard has no name for it."""
    return UID(uid).name.removesuffix(" Storage") if uid else ""


def value_words(value: Any) -> str:
    """Return what `dicomview.elements.plain` gives as text; "" for None.

    Numbers have at most ten digits; of many values the first are given, with how many there are. Spaces and line
    breaks at the end are left away.
    """
    if value is None:
        return ""
    if isinstance(value, tuple):
        more = f" … and {len(value) - _SHOWN_VALUES:,} more" if len(value) > _SHOWN_VALUES else ""
        between = " \\ " if any(isinstance(part, str) for part in value) else ", "
        return between.join(map(value_words, value[:_SHOWN_VALUES])) + more
    if isinstance(value, float):
        return f"{value:.10g}" if math.isfinite(value) else str(value)
    return value.hex(" ") if isinstance(value, bytes) else str(value).rstrip()
