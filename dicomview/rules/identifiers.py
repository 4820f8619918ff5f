"""Family U, each instance by itself: UIDs, and what files it in a series, a study and a patient."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from dicomview.pixels import FrameTags
from dicomview.rules.check import Finding, check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomview.rules.element import Element
    from dicomview.rules.material import Instance
    from dicomview.space import Series

__all__: list[str] = []

_UID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")


@check(
    "U01",
    "error",
    "file",
    "element",
    rule="A UID that is no numbers with points between them, the first 0 to 2, without leading zeros, of 64 characters "
    "at most.",
    why="Archives refuse the file, or cut the UID so that two objects become one.",
    todo="Have it written anew with valid UIDs, everywhere they are referred to.",
    standard="PS3.5 9.1",
    vrs=("UI",),
)
def _invalid_uid(one: Element) -> Iterator[Finding]:
    for text in one.texts:
        if text and (len(text) > 64 or not _UID.fullmatch(text)):
            yield Finding(
                f"{one.keyword} is no UID",
                one.path,
                one.shown(text),
                "numbers and points, the first 0 to 2, at most 64",
            )


@check(
    "U02",
    "error",
    "file",
    "instance",
    rule="StudyInstanceUID, SeriesInstanceUID or SOPInstanceUID is missing or empty.",
    why="The instance belongs nowhere; archives refuse it.",
    todo="Ask the sender for the file again.",
    standard="PS3.3 C.7.2.1, C.7.3.1, C.12.1",
    columns=True,
)
def _missing_hierarchy_uid(one: Instance) -> Iterator[Finding]:
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        if not one.tags.text(keyword) and not one.broken:
            yield Finding(f"{keyword} is missing", keyword, "", "a UID")


@check(
    "U03",
    "error",
    "series",
    "series",
    rule="Two files with one SOPInstanceUID and different contents.",
    why="An archive keeps one of them, and nobody knows which.",
    todo="Find out which is right; dicomview keeps both.",
    standard="PS3.3 C.12.1",
    columns=True,
)
def _duplicate_sop_uid(series: Series) -> Iterator[Finding]:
    for stack in series.stacks:
        for note in stack.verdict.notes:
            if note.startswith("SOP_CONFLICT"):
                message = "several files claim one SOPInstanceUID and differ"
                yield Finding(message, "SOPInstanceUID", note.split()[1], "one", _repeated(series))


def _repeated(series: Series) -> tuple[str, ...]:
    labels: dict[str, list[str]] = defaultdict(list)
    for header in series.headers:
        if header.dataset is not None:
            labels[FrameTags(header.dataset).text("SOPInstanceUID")].append(header.location.label)
    return tuple(label for of in labels.values() if len(of) > 1 for label in of)


@check(
    "U12",
    "warning",
    "file",
    "instance",
    rule="PatientID is missing or empty.",
    why="Patients cannot be told apart, and splits into training and test data leak.",
    todo="Give every patient a pseudonym.",
    standard="PS3.3 C.7.1.1",
    columns=True,
)
def _empty_patient_id(one: Instance) -> Iterator[Finding]:
    if not one.tags.text("PatientID") and not one.broken:
        yield Finding("PatientID is missing", "PatientID", "", "a pseudonym at least")
