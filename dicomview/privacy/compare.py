"""A source instance beside its copy: what was to stay and differs, what was to go and is there, which UID is which."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dicomview.privacy.actions import PIXELS, dummy
from dicomview.privacy.clean import is_empty
from dicomview.privacy.dates import shifted
from dicomview.privacy.icc import without_words
from dicomview.privacy.uids import is_of_the_standard
from dicomview.privacy.walk import met, name_of, sop_class_of, texts, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset

    from dicomview.privacy.policy import Policy
    from dicomview.privacy.subjects import Subject

__all__ = ["Difference", "Pair", "left_in", "matched"]

# What a copy says of itself, and what blacking out changes.
_OURS = {0x00120062, 0x00120063, 0x00120064, 0x00280303}
_OF_PAINTING = {0x00280004, 0x00280006, 0x00280301, 0x7FE00001, 0x7FE00002}


class Difference(NamedTuple):
    """An element that is not as planned."""

    path: str
    detail: str


class Pair(NamedTuple):
    """A UID of the source and what stands in its place."""

    path: str
    before: str
    after: str


def matched(
    source: Dataset, copy: Dataset, policy: Policy, subject: Subject, *, painted: bool
) -> Iterator[Difference | Pair]:
    """Return every pair of UIDs, and every element that was to stay, or to move, and did not."""
    skipped = _OURS | (_OF_PAINTING if painted else set())
    yield from _level(source, copy, policy, subject, sop_class_of(source), skipped, "", "")


def _level(
    source: Dataset,
    copy: Dataset,
    policy: Policy,
    subject: Subject,
    sop_class: str,
    skipped: set[int],
    parent: str,
    above: str,
) -> Iterator[Difference | Pair]:
    for tag in sorted(copy.keys()):
        if tag not in source and tag not in skipped and tag not in PIXELS:
            yield Difference(above + name_of(int(tag)), "is not in the source")
    for one in met(source, policy, sop_class, parent, above):
        element, action = one.element, one.decision.action
        if element is None or action in ("remove", "empty", "dummy", "pseudonym", "describe", "wordless"):
            continue
        if one.tag in skipped or one.tag in PIXELS or (one.tag >> 16 & 1 and 0x10 <= one.tag & 0xFFFF <= 0xFF):
            continue
        other = _of(copy, one.tag)
        if action == "items" and element.VR == "SQ":
            items, others = list(element.value or ()), list(other.value or ()) if other is not None else []
            if len(items) != len(others):
                yield Difference(one.path, f"{len(items)} items became {len(others)}")
            for mine, theirs in zip(items, others, strict=False):
                name = name_of(one.tag, one.place.creator)
                yield from _level(mine, theirs, policy, subject, sop_class, set(), name, f"{one.path}[].")
            continue
        before, after = texts(element), texts(other) if other is not None else []
        if action == "uid" or (action == "keep" and element.VR == "UI"):
            for mine, new in zip(before, after, strict=False):
                if not is_of_the_standard(mine):
                    yield Pair(one.path, mine.strip(" \0"), new.strip(" \0"))
        if action == "uid" or is_empty(element):
            continue
        if action == "shift":
            wanted = [shifted(text, subject.days, element.VR) or str(dummy(element.VR)) for text in before]
            if after != wanted:
                yield Difference(one.path, "a date has not moved with the others of the patient")
        elif other is None or (other.value != element.value and before != after):
            data = element.value if isinstance(element.value, bytes) else "\n".join(before).encode("utf-8", "replace")
            if next(subject.telling.hits(data), None) is None:
                yield Difference(one.path, "is gone" if other is None else "has another value")


def left_in(copy: Dataset, policy: Policy, subject: Subject) -> Iterator[Difference]:
    """Return the elements of a copy that the plan does not let stand as they are, whatever the source says."""
    allowed = set(policy.vocabulary.values())
    for one in walk(copy, policy, sop_class_of(copy)):
        element, (action, rule) = one.element, one.decision
        if element is None or action == "remove":
            yield Difference(one.path, f"is there; {rule}")
            continue
        if action in ("keep", "items", "shift") or is_empty(element):
            continue
        if action == "wordless":
            if element.value != without_words(element.value):
                yield Difference(one.path, f"has words in it; {rule}")
            continue
        said = texts(element)
        blank = _is_blank(element, said)
        if action == "empty":
            sound = False
        elif action == "uid":
            sound = all(uid.startswith("2.25.") or is_of_the_standard(uid) for uid in said)
        elif action == "pseudonym":
            sound = said == [subject.pseudonym]
        elif action == "describe":
            sound = blank or all(text in allowed for text in said)
        else:
            sound = blank or element.VR == "SQ" or (element.VR == "UI" and all(u.startswith("2.25.") for u in said))
        if not sound:
            yield Difference(one.path, f"has a value of its own; {rule}")


def _is_blank(element: DataElement, said: list[str]) -> bool:
    nothing = dummy(element.VR) if element.VR != "SQ" and len(element.VR) == 2 else None
    return element.value == nothing or said == [str(nothing)]


def _of(dataset: Dataset, tag: int) -> DataElement | None:
    try:
        return dataset[tag]
    except Exception:  # noqa: BLE001
        return None  # bytes that are not of their VR
