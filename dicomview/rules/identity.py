"""Family A, who the patient is: what would be given away with the files. It runs when sharing is asked about.

Keywords are told, never values.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydicom import uid
from pydicom.multival import MultiValue

from dicomview.elements import identifies
from dicomview.pixels import FrameTags
from dicomview.rules.check import Finding, check, undecided
from dicomview.rules.element import elements_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomview.rules.element import Element
    from dicomview.rules.material import Instance, Material

__all__ = ["removed"]

_DIRECT = (
    "PatientName", "PatientID", "OtherPatientIDs", "OtherPatientNames", "PatientBirthDate", "PatientBirthName",
    "PatientAddress", "PatientTelephoneNumbers", "PatientMotherBirthName", "InstitutionName", "InstitutionAddress",
    "ReferringPhysicianName", "PerformingPhysicianName", "PhysiciansOfRecord", "NameOfPhysiciansReadingStudy",
    "OperatorsName", "AccessionNumber",
)  # fmt: skip
_PSEUDONYMS = frozenset({"PatientName", "PatientID"})
_WRITTEN = (
    "StudyDescription", "SeriesDescription", "ProtocolName", "PatientComments", "ImageComments", "StudyComments",
    "AdditionalPatientHistory", "AdmittingDiagnosesDescription", "DerivationDescription", "ContrastBolusAgent",
    "RequestedProcedureDescription", "PerformedProcedureStepDescription", "AcquisitionComments", "FrameComments",
    "ReasonForStudy", "Allergies", "MedicalAlerts", "Occupation",
)  # fmt: skip
_TEXTS = frozenset({"AE", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
_DATED = _TEXTS | {"UI"}
_NAMES = ("PatientName", "PatientBirthName", "PatientMotherBirthName", "ReferringPhysicianName", "OperatorsName")
# At the top of the data set: A01 and A04; A16 and A19.
_TOLD_ELSEWHERE = frozenset(
    {*_DIRECT, *_WRITTEN, "IconImageSequence", "OriginalAttributesSequence", "DigitalSignaturesSequence"}
)
_SHORTEST = 4  # letters of a name that is searched for; shorter ones are found in every other word
# Under which makers of scanners issue their UIDs.
_MAKERS = (
    "1.2.840.113619.", "1.3.12.2.1107.", "1.3.46.670589.", "1.2.392.200036.", "1.2.392.200046.", "1.2.840.113704.",
    "1.2.840.114257.", "1.2.156.112605.", "1.2.276.0.20.", "1.2.826.0.1.3680043.2.135.",
)  # fmt: skip
_UIDS_RETAINED = "113110"  # of DeidentificationMethodCodeSequence (PS3.16 CID 7050)


class _Any(frozenset[str]):
    """Every VR."""

    def __contains__(self, item: object) -> bool:
        return True


_EVERY = _Any()


def removed(one: Instance) -> bool:
    """Return True when the file says that the patient's identity was removed."""
    return one.tags.text("PatientIdentityRemoved").upper() == "YES"


@check(
    "A01",
    "error",
    "study",
    "instance",
    rule="A name, number, birth date, address, institution, physician or operator at the top of the data set.",
    why="Whoever gets the files knows who the patient is.",
    todo="De-identify before sharing.",
    standard="PS3.15 Table E.1-1",
)
def _direct_identifiers(one: Instance) -> Iterator[Finding]:
    where = one.tags.text("StudyInstanceUID")
    for keyword in _DIRECT:
        if not one.tags.text(keyword):
            continue
        if keyword in _PSEUDONYMS and removed(one):
            yield undecided(
                f"whether {keyword} is a pseudonym; the file says that identity was removed", keyword, where=where
            )
        else:
            yield Finding(f"{keyword} is there", keyword, "(not shown)", "nothing, or a pseudonym", where=where)


@check(
    "A02",
    "error",
    "study",
    "instance",
    rule="Any other attribute of PS3.15 Table E.1-1 that no option lets stand, at any depth.",
    why="Identifiers are copied into sequences, where simple tools do not look.",
    todo="De-identify with a tool that follows sequences.",
    standard="PS3.15 E.1.1, Table E.1-1",
)
def _nested_identifiers(one: Instance) -> Iterator[Finding]:
    where = one.tags.text("StudyInstanceUID")
    for element in elements_of(one.dataset, _EVERY):
        if element.tag.is_private or (*element.above, element.keyword)[0] in _TOLD_ELSEWHERE:
            continue
        if identifies(element.tag, element.vr) and _has_value(element):
            place = "inside a sequence" if element.above else "at the top"
            yield Finding(f"an identifier {place}", element.path, "(not shown)", "nothing", where=where)


@check(
    "A03",
    "error",
    "study",
    "instance",
    rule="Private elements.",
    why="Some of them hold names, dates or a whole older header; without a list of safe ones none is safe.",
    todo="Remove them all, or keep those that the maker's conformance statement explains.",
    standard="PS3.15 E.3.10",
)
def _private_unknown(one: Instance) -> Iterator[Finding]:
    groups = {
        tag.group
        for item in one.items
        for tag in item.keys()  # noqa: SIM118  a Dataset iterates over elements
        if tag.is_private and not tag.is_private_creator
    }
    for group in sorted(groups):
        yield Finding(
            "private elements", f"({group:04X},xxxx)", "(not shown)", "none", where=one.tags.text("StudyInstanceUID")
        )


@check(
    "A04",
    "warning",
    "study",
    "instance",
    rule="A description or comment that somebody wrote.",
    why="People write names, dates and places into them.",
    todo="Read them, or replace them by a list of words you have read.",
    standard="PS3.15 E.3.5",
)
def _free_text(one: Instance) -> Iterator[Finding]:
    for keyword in _WRITTEN:
        if one.tags.text(keyword):
            where = one.tags.text("StudyInstanceUID")
            yield Finding(f"{keyword} is there", keyword, "(not shown)", "words that were read", where=where)


@check(
    "A05",
    "error",
    "study",
    "source",
    rule="A part of the patient's or a physician's name, or the PatientID, in another element or in a path.",
    why="It stays when the element it belongs to is emptied.",
    todo="Search and replace in all of it; rename files and folders.",
    standard="PS3.15 E.1.1",
)
def _name_tokens_elsewhere(material: Material) -> Iterator[Finding]:
    for one in material.instances:
        words = _words_of(one)
        if not words:
            continue
        where = one.tags.text("StudyInstanceUID")
        found = re.compile("|".join(sorted(map(re.escape, words))))
        if found.search(_path_of(one).casefold()):
            yield Finding("a part of a name or the PatientID in a path", "", "(not shown)", "", (one.label,), where)
        for element in elements_of(one.dataset, _TEXTS):
            own = element.keyword in _DIRECT or (not element.tag.is_private and identifies(element.tag, element.vr))
            if not own and found.search(element.decoded.casefold()):
                message = "a part of a name or the PatientID in another element"
                yield Finding(message, element.path, "(not shown)", "", (one.label,), where)


@check(
    "A06",
    "warning",
    "study",
    "source",
    rule="The date of birth or of the study, as eight digits, in a text or a UID.",
    why="Dates that were shifted or removed can be read there.",
    todo="Replace UIDs, and read the texts.",
    standard="PS3.15 E.3.6",
)
def _dates_elsewhere(material: Material) -> Iterator[Finding]:
    for one in material.instances:
        dates = {text for word in ("StudyDate", "PatientBirthDate") if len(text := one.tags.text(word)) == 8}
        if not dates:
            continue
        found = re.compile("|".join(sorted(map(re.escape, dates))))
        for element in elements_of(one.dataset, _DATED):
            if found.search(element.decoded):
                where = one.tags.text("StudyInstanceUID")
                yield Finding(
                    "a date of the patient in a text or UID", element.path, "(not shown)", "", (one.label,), where
                )


@check(
    "A07",
    "error",
    "study",
    "instance",
    rule="Identity is said to be removed, and UIDs are still those that a scanner has issued.",
    why="Whoever has the archive finds the patient by them.",
    todo="Replace the UIDs, the same way in all files.",
    standard="PS3.15 Table E.1-1, E.3.9",
)
def _uids_original(one: Instance) -> Iterator[Finding]:
    codes = {FrameTags(item).text("CodeValue") for item in one.tags.get("DeidentificationMethodCodeSequence") or ()}
    if not removed(one) or _UIDS_RETAINED in codes:
        return
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"):
        if one.tags.text(keyword).startswith(_MAKERS):
            yield Finding(f"{keyword} is that of a scanner", keyword, "", "a new UID")


@check(
    "A20",
    "error",
    "file",
    "source",
    rule="A DICOMDIR that lists names or numbers of patients.",
    why="The table of contents is forgotten when files are de-identified.",
    todo="Leave it out, or make a new one.",
    standard="PS3.15 Table E.1-1, PS3.3 F.5.1",
)
def _dicomdir_identifiers(material: Material) -> Iterator[Finding]:
    for header in material.headers:
        if header.status != "dicomdir" or header.dataset is None:
            continue
        records = FrameTags(header.dataset).get("DirectoryRecordSequence") or ()
        for keyword in ("PatientName", "PatientID", "PatientBirthDate"):
            if any(FrameTags(record).text(keyword) for record in records):
                path = f"DirectoryRecordSequence.{keyword}"
                yield Finding(f"the DICOMDIR lists {keyword}", path, "(not shown)", "nothing", (header.location.label,))


def _words_of(one: Instance) -> set[str]:
    """Return what is searched for: parts of names, and the PatientID, in small letters."""
    words = set()
    for keyword in _NAMES:
        for name in one.tags.texts(keyword):
            words |= {word.casefold() for word in re.findall(r"[^\W\d_]+", name) if len(word) >= _SHORTEST}
    number = one.tags.text("PatientID").casefold()
    return words | ({number} if len(number) >= _SHORTEST else set())


def _path_of(one: Instance) -> str:
    location = one.header.location
    return "" if location.dataset is not None else f"{location.path or ''}::{location.member or ''}"


def _has_value(element: Element) -> bool:
    value = element.raw.value
    if isinstance(value, bytes):
        return bool(value.strip(b" \0"))
    if isinstance(value, list | tuple | MultiValue):
        return any(str(part).strip() for part in value)
    return value is not None and str(value).strip() not in ("", "[]", "<Sequence, length 0>") and value != uid.UID("")
