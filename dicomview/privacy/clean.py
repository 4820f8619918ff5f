"""One data set in, its de-identified copy out. The source stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from dicomview.privacy.actions import PIXELS, TEXT, Action, dummy, fallback
from dicomview.privacy.dates import shifted
from dicomview.privacy.icc import without_words
from dicomview.privacy.uids import new_uid
from dicomview.privacy.walk import met, name_of, sop_class_of, texts

if TYPE_CHECKING:
    from pydicom.multival import MultiValue

    from dicomview.privacy.policy import Policy
    from dicomview.privacy.subjects import Subject
    from dicomview.privacy.walk import Met

__all__ = ["REPEATS", "Cleaner", "Watch", "is_empty"]

REPEATS = "repeats what is removed"


class Watch(Protocol):
    """Told of what happens, element by element; says of what would be kept whether it repeats what goes."""

    def __call__(self, one: Met, action: Action, rule: str) -> None:
        """Note one element."""

    def repeats(self, path: str, vr: str, values: list[str] | bytes) -> bool:
        """Return True when a text that would be kept holds something that is removed elsewhere."""


class Cleaner:
    """What makes the copies of the files of one patient.

    Parameters
    ----------
    policy : Policy
    subject : Subject
        Whose pseudonym and date offset are used.
    watch : Watch
    """

    def __init__(self, policy: Policy, subject: Subject, watch: Watch) -> None:
        self._policy, self._subject, self._watch = policy, subject, watch
        self._sop_class = ""

    def copy(self, source: Dataset) -> Dataset:
        """Return the copy of an instance, without file meta information and markers."""
        self._sop_class = sop_class_of(source)
        return self._level(source, "", "")

    def _level(self, source: Dataset, parent: str, above: str) -> Dataset:
        made = Dataset()
        blocks: dict[int, DataElement] = {}
        for one in met(source, self._policy, self._sop_class, parent, above):
            element, (action, rule) = one.element, one.decision
            if element is not None and action == "keep" and one.tag >> 16 & 1 and 0x10 <= one.tag & 0xFFFF <= 0xFF:
                blocks[one.tag] = element  # kept only when something of its block is
                continue
            if element is not None and is_empty(element) and action not in ("remove", "items"):
                action, rule = "keep", f"empty already; {rule}"
            new = None if element is None else self._made(one, element, action)
            if new is not None and action in ("keep", "wordless") and self._repeated(one, new):
                action, rule = ("dummy" if new.VR in TEXT else "remove"), f"{REPEATS}; {rule}"
                new = None if action == "remove" else DataElement(new.tag, new.VR, dummy(new.VR))
            if new is None and action != "remove":
                action, rule = "remove", f"cannot be read as its VR; {rule}"
            self._watch(one, action, rule)
            if new is not None:
                made[new.tag] = new
                block = blocks.pop(one.tag & 0xFFFF0000 | (one.tag >> 8 & 0xFF), None) if one.tag >> 16 & 1 else None
                if block is not None:
                    made[block.tag] = block
        return made

    def _made(self, one: Met, element: DataElement, action: Action) -> DataElement | None:
        tag, vr = element.tag, element.VR
        if action == "remove":
            return None
        if action == "keep":
            return element
        if action == "items":
            name = name_of(one.tag, one.place.creator)
            items = [self._level(item, name, f"{one.path}[].") for item in element.value or ()]
            if vr == "SQ":
                return DataElement(tag, vr, Sequence(items))
            return None
        if action == "empty":
            return DataElement(tag, vr, Sequence() if vr == "SQ" else None)
        if action == "describe":
            return self._described(one, element)
        return self._replaced(element, action)

    def _replaced(self, element: DataElement, action: Action) -> DataElement | None:
        tag, vr = element.tag, element.VR
        if action == "pseudonym":
            return DataElement(tag, vr, self._subject.pseudonym)
        if action == "wordless":
            bare = without_words(bytes(element.value))
            return DataElement(tag, vr, bare) if bare else None
        if action == "uid":
            return DataElement(tag, vr, _each(texts(element), [new_uid(self._policy.key, t) for t in texts(element)]))
        if action == "shift":
            moved = [shifted(text, self._subject.days, vr) for text in texts(element)]
            return DataElement(tag, vr, _each(texts(element), [text or str(dummy(vr)) for text in moved]))
        if vr == "SQ":
            return DataElement(tag, vr, Sequence([self._hollow(item) for item in (element.value or ())[:1]]))
        return DataElement(tag, vr, dummy(vr)) if len(vr) == 2 else None

    def _hollow(self, item: Dataset) -> Dataset:
        """Return an item of the same form that says nothing (D of a sequence)."""
        made = Dataset()
        for tag in sorted(item.keys()):
            try:
                element = item[tag]
            except Exception:  # noqa: BLE001
                continue  # bytes that are not of their VR
            if not tag >> 16 & 1 and len(element.VR) == 2:
                new = self._replaced(element, "uid" if element.VR == "UI" else "dummy")
                if new is not None:
                    made[tag] = new
        return made

    def _described(self, one: Met, element: DataElement) -> DataElement | None:
        """Return a description in reviewed words; what nobody has reviewed goes as the Basic Profile says."""
        known = [self._policy.vocabulary.get(text.strip()) for text in texts(element)]
        if known and all(text is not None for text in known):
            return DataElement(element.tag, element.VR, _each(texts(element), [str(text) for text in known]))
        return self._made(one, element, fallback(one.tag, element.VR, one.place))

    def _repeated(self, one: Met, element: DataElement | None) -> bool:
        if element is None or one.tag in PIXELS:
            return False
        if element.VR in TEXT:
            return self._watch.repeats(one.path, element.VR, texts(element))
        if isinstance(element.value, bytes):
            return self._watch.repeats(one.path, element.VR, element.value)
        return False


def is_empty(element: DataElement) -> bool:
    """Return True when an element has no value, or no item."""
    return not element.value if element.VR == "SQ" else not element.value and element.value != 0


def _each(before: list[str], after: list[str]) -> str | MultiValue[str] | list[str]:
    return after[0] if len(before) == 1 else after
