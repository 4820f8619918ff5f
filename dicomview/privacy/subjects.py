"""Whose files they are: one pseudonym, one date offset and one list of telling values for each patient."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydicom.charset import convert_encodings

from dicomview.elements import rule_of
from dicomview.privacy.search import Needles
from dicomview.privacy.terms import Term, kind_of
from dicomview.privacy.uids import is_of_the_standard, keyed_days, pseudonym
from dicomview.privacy.walk import Met, sop_class_of, texts, walk
from dicomview.quiet import quiet

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from dicomview.privacy.policy import Policy

__all__ = ["Subject", "codecs_of", "identity_of", "is_gone", "term_of"]


@dataclass(slots=True)
class Subject:
    """One patient of a plan.

    Attributes
    ----------
    identity : str
        PatientID, where there is none PatientName, where there is none StudyInstanceUID. Confidential.
    pseudonym : str
    days : int
        By which its dates move.
    telling : Needles
        Names and numbers that are removed from any of its files; a text that holds one is not kept.
    """

    identity: str = field(repr=False)
    pseudonym: str
    days: int
    telling: Needles = field(default_factory=Needles, repr=False)

    @classmethod
    def of(cls, identity: str, policy: Policy) -> Subject:
        """Return the patient of that identity."""
        return cls(identity, pseudonym(policy.key, identity), keyed_days(policy.key, identity))

    def learn(self, dataset: Dataset, policy: Policy) -> None:
        """Add what is removed from one of its files and tells who it is."""
        codecs = codecs_of(dataset)
        for one in walk(dataset, policy, sop_class_of(dataset)):
            for term in term_of(one):
                if term.kind in ("name", "identifier"):
                    self.telling.add(term, one.path, codecs)


def identity_of(dataset: Dataset) -> str:
    """Return what stands for the patient of a file."""
    for keyword in ("PatientID", "PatientName", "StudyInstanceUID"):
        try:
            found = str(dataset.get(keyword) or "").strip(" ^=\0")
        except Exception:  # noqa: BLE001
            continue  # bytes that are not of their VR
        if found:
            return found
    return ""


def is_gone(one: Met) -> bool:
    """Return True when the value of an element should not be found any more."""
    return one.decision.action not in ("keep", "items")


def term_of(one: Met) -> list[Term]:
    """Return what is to be searched for when an element goes: each of its values."""
    if one.element is None or not is_gone(one):
        return []
    rule = rule_of(one.tag)
    # Private elements and closed lists repeat what stands elsewhere for good reason; they are searched as a whole.
    described = rule is None or "descriptors" in rule.options or one.element.VR in ("CS", "AS")
    kind = kind_of(one.element.VR, described=described)
    if kind is None:
        return []
    return [Term(kind, text) for text in texts(one.element) if text.strip() and not is_of_the_standard(text)]


def codecs_of(dataset: Dataset) -> list[str]:
    """Return Python's names of the character sets of a data set."""
    try:
        with quiet():
            return [codec for codec in convert_encodings(dataset.get("SpecificCharacterSet") or "ISO_IR 6") if codec]
    except (LookupError, ValueError):
        return []
