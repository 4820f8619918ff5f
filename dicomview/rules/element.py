"""What the checks of values look at: the elements of a data set one by one, and of the items of its sequences."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence as Items

from dicomview.errors import printable

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from pydicom.dataelem import DataElement, RawDataElement
    from pydicom.dataset import Dataset
    from pydicom.tag import BaseTag

__all__ = ["DEEPEST", "Element", "elements_of", "items_of"]

# Quoted is what should be a number, date or UID and has a digit, or is what programs write for "no number". All else
# may be text of a person's hand, in whatever element it stands.
_QUOTED_VRS = frozenset({"AS", "DA", "DS", "DT", "IS", "TM", "UI"})
_NO_NUMBER = frozenset({"nan", "inf", "-inf", "none", "null", "n/a"})
_PATIENT_GROUP = 0x0010
_LONGEST = 40
DEEPEST = 1500
"""Sequences in sequences are looked into so far; no standard object has more than a dozen."""


@dataclass(frozen=True)
class Element:
    """One element at any depth.

    Parameters
    ----------
    raw : DataElement or RawDataElement
        As pydicom holds it.
    vr : str
        Of the file, else of the dictionary.
    item : pydicom.Dataset
        The data set or sequence item it is in.
    above : tuple of str
        Keywords of the sequences it is in.
    charset : bool
        True when the item or one above it names a SpecificCharacterSet.
    """

    raw: DataElement | RawDataElement
    vr: str
    item: Dataset
    above: tuple[str, ...]
    charset: bool

    @property
    def tag(self) -> BaseTag:
        """Its tag."""
        return self.raw.tag

    @property
    def keyword(self) -> str:
        """Its keyword; of one that is not in the dictionary its tag."""
        return keyword_for_tag(self.tag) or _number_of(self.tag)

    @property
    def path(self) -> str:
        """Keywords down to it, without the numbers of the items: what ails one frame ails the next."""
        return ".".join((*self.above, self.keyword))

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """Its values as the file has them; spaces around them do not count (PS3.5 6.2)."""
        value = self.raw.value
        if value is None:
            return ()
        if isinstance(value, bytes):
            parts = value.decode("latin-1").split("\\")
        else:
            parts = [_text(part) for part in (value if isinstance(value, MultiValue | list | tuple) else [value])]
        texts = tuple(part.strip(" \0\r\n\t") for part in parts)
        return texts if any(texts) else ()

    @property
    def plain(self) -> bool:
        """True when it needs no decoding: bytes of ASCII without an escape to another character set."""
        raw = self.raw.value
        return isinstance(raw, bytes) and raw.isascii() and b"\x1b" not in raw

    @cached_property
    def decoded(self) -> str:
        """Its text in letters, as pydicom decodes it."""
        if self.plain:
            return "\\".join(self.texts)
        try:
            value = self.item[self.tag].value
        except Exception:  # noqa: BLE001  pydicom raises whatever a damaged value leads to
            return ""
        return "\\".join(map(str, value if isinstance(value, MultiValue | list | tuple) else [value]))

    def shown(self, text: str) -> str:
        """Return `text`, a value of the element, as a finding may quote it."""
        number = any(letter.isdigit() for letter in text) or text.casefold() in _NO_NUMBER
        if not number or self.vr not in _QUOTED_VRS or self.tag.group == _PATIENT_GROUP or self.tag.is_private:
            return "(not shown)"
        plain = printable(text[: _LONGEST + 1])
        return plain if len(text) <= _LONGEST else f"{plain[:_LONGEST]}…"


def _text(value: object) -> str:
    original = getattr(value, "original_string", None)
    return original if isinstance(original, str) else str(value)


def elements_of(dataset: Dataset, vrs: Container[str]) -> Iterator[Element]:
    """Yield the elements of some VRs, of a data set and of its sequences; what cannot be read is left out."""
    for item, above, charset in items_of(dataset):
        for tag, raw in list(item.items()):  # as they are held, unconverted
            vr = _vr(tag, raw)
            if vr in vrs:
                yield Element(raw, vr, item, above, charset)


def items_of(dataset: Dataset) -> Iterator[tuple[Dataset, tuple[str, ...], bool]]:
    """Yield a data set and every item below it, with the keywords of the sequences above and whether text has a set.

    Not by recursion: items may be nested a thousand deep.
    """
    waiting: list[tuple[Dataset, tuple[str, ...], bool]] = [(dataset, (), False)]
    while waiting:
        item, above, charset = waiting.pop()
        charset = charset or "SpecificCharacterSet" in item
        yield item, above, charset
        if len(above) == DEEPEST:
            continue  # the checks of files say so
        below: list[tuple[Dataset, tuple[str, ...], bool]] = []
        for tag, raw in list(item.items()):
            if _vr(tag, raw) != "SQ":
                continue
            try:
                inner = item[tag].value
            except Exception:  # noqa: BLE001  pydicom raises whatever a damaged value leads to
                continue
            step = (*above, keyword_for_tag(tag) or _number_of(tag))
            below.extend((one, step, charset) for one in (inner if isinstance(inner, Items) else ()))
        waiting.extend(reversed(below))


def _vr(tag: BaseTag, raw: DataElement | RawDataElement) -> str:
    return str(raw.VR or (dictionary_VR(tag) if dictionary_has_tag(tag) else "UN"))


def _number_of(tag: BaseTag) -> str:
    return f"({tag.group:04X},{tag.element:04X})"
