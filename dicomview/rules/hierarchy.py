"""Family U, instances together: what those of one patient, study or series must have in common.

How many values there are is told, never which.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pydicom.uid import RawDataStorage

from dicomview.files.attributes import one_form
from dicomview.pixels import FrameTags
from dicomview.rules.check import Finding, check

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from pydicom.dataset import Dataset

    from dicomview.rules.material import Instance, Material

__all__: list[str] = []

_OF_PATIENT = ("PatientName", "PatientBirthDate", "PatientSex")
_OF_STUDY = ("StudyDate", "StudyTime", "AccessionNumber", "StudyDescription")
_OF_SERIES = (
    "Modality", "SeriesNumber", "SeriesDate", "Laterality", "ProtocolName", "BodyPartExamined", "PatientPosition",
    "Manufacturer",
)  # fmt: skip


def _grouped(
    instances: Iterable[Instance], key: Callable[[FrameTags], Hashable]
) -> list[tuple[Hashable, list[Instance]]]:
    """Group instances by `key`; those for which it is empty are left out."""
    groups: dict[Hashable, list[Instance]] = defaultdict(list)
    for one in instances:
        if of := key(one.tags):
            groups[of].append(one)
    return list(groups.items())


def _varying(members: list[Instance], keywords: Iterable[str], what: str, where: str) -> Iterator[Finding]:
    """Yield a finding for each attribute of which the members have several values; absent ones do not count."""
    for keyword in keywords:
        values = {text for one in members if (text := _written(one.tags, keyword))}
        if len(values) > 1:
            message = f"{keyword} differs within one {what}"
            yield Finding(message, keyword, f"{len(values)} values", "one", _labels(members), where)


def _written(tags: FrameTags, keyword: str) -> str:
    """Return what an attribute says: the same for one day, time or number however it is written, nothing for none."""
    if keyword.endswith("Date"):
        return one_form(tags.text(keyword), "date")
    if keyword.endswith("Time"):
        return one_form(tags.text(keyword), "time")
    if keyword.endswith("Number") and keyword != "AccessionNumber":
        number = tags.number(keyword)
        return "" if number is None else f"{number:g}"
    return "\\".join(tags.texts(keyword))


def _labels(members: Iterable[Instance]) -> tuple[str, ...]:
    return tuple(one.label for one in members)


@check(
    "U04",
    "error",
    "file",
    "source",
    rule="One SOPInstanceUID in several series.",
    why="An instance belongs to one series; an archive will move or drop it.",
    todo="Find out which series is the original.",
    standard="PS3.3 C.12.1",
    columns=True,
)
def _sop_in_two_series(material: Material) -> Iterator[Finding]:
    for uid, members in _grouped(material.instances, lambda tags: tags.text("SOPInstanceUID")):
        count = len({one.tags.text("SeriesInstanceUID") for one in members})
        if count > 1:
            message = "one instance in several series"
            yield Finding(message, "SeriesInstanceUID", f"{count} series", "one", _labels(members), str(uid))


@check(
    "U05",
    "error",
    "series",
    "source",
    rule="One SeriesInstanceUID in several studies.",
    why="Programs that go by the series mix the studies.",
    todo="Find out which study is right.",
    standard="PS3.3 C.7.3.1",
    columns=True,
)
def _series_in_two_studies(material: Material) -> Iterator[Finding]:
    for uid, members in _grouped(material.instances, lambda tags: tags.text("SeriesInstanceUID")):
        count = len({one.tags.text("StudyInstanceUID") for one in members})
        if count > 1:
            message = "one series in several studies"
            yield Finding(message, "StudyInstanceUID", f"{count} studies", "one", _labels(members), str(uid))


@check(
    "U06",
    "error",
    "study",
    "source",
    rule="One StudyInstanceUID with several PatientIDs.",
    why="Images of two patients under one study, or one patient under two names.",
    todo="Stop and find out; nothing else matters before that.",
    standard="PS3.3 C.7.2.1",
    columns=True,
)
def _study_two_patients(material: Material) -> Iterator[Finding]:
    for uid, members in _grouped(material.instances, lambda tags: tags.text("StudyInstanceUID")):
        yield from _varying(members, ("PatientID",), "study", str(uid))


@check(
    "U07",
    "warning",
    "patient",
    "source",
    rule="One PatientID with several names, birth dates or sexes.",
    why="Two patients may share a number, or one was corrected half way.",
    todo="Compare with the register; a name may have been written in two ways.",
    standard="PS3.3 C.7.1.1",
    columns=True,
)
def _patient_attribute_varies(material: Material) -> Iterator[Finding]:
    groups = _grouped(material.instances, lambda tags: (tags.text("PatientID"),) if tags.text("PatientID") else ())
    for _, members in groups:
        # Of the patient nothing is quoted: the first study says where.
        yield from _varying(members, _OF_PATIENT, "patient", members[0].tags.text("StudyInstanceUID"))


@check(
    "U08",
    "warning",
    "study",
    "source",
    rule="StudyDate, StudyTime, AccessionNumber or StudyDescription differ within one study.",
    why="Sorting and linking by them gives two studies.",
    todo="Take the values of the scanner's own series.",
    standard="PS3.3 C.7.2.1",
    columns=True,
)
def _study_attribute_varies(material: Material) -> Iterator[Finding]:
    for uid, members in _grouped(material.instances, lambda tags: tags.text("StudyInstanceUID")):
        yield from _varying(members, _OF_STUDY, "study", str(uid))


@check(
    "U09",
    "warning",
    "series",
    "source",
    rule="Attributes of a series differ between its instances: modality, number, date, laterality, protocol, device …",
    why="Series were merged, or edited in part.",
    todo="Look at dv.tags(series, [...]) for the attribute named.",
    standard="PS3.3 C.7.3.1, C.7.5.1",
)
def _series_attribute_varies(material: Material) -> Iterator[Finding]:
    for uid, members in _grouped(material.instances, lambda tags: tags.text("SeriesInstanceUID")):
        yield from _varying(members, _OF_SERIES, "series", str(uid))


@check(
    "U10",
    "warning",
    "series",
    "source",
    rule="Several SOP classes in one series.",
    why="Images and something else, or two kinds of images, that programs take for one pile.",
    todo="Work with series.stacks and series.rejected.",
    standard="PS3.3 C.7.3.1",
    columns=True,
)
def _mixed_sop_class(material: Material) -> Iterator[Finding]:
    for uid, members in _grouped(material.instances, lambda tags: tags.text("SeriesInstanceUID")):
        yield from _varying(members, ("SOPClassUID",), "series", str(uid))


@check(
    "U11",
    "error",
    "study",
    "source",
    rule="Three or more images of one study agree in all that makes a series, but each has its own SeriesInstanceUID.",
    why="Software that copied files gave each a new UID: every slice is a series of its own.",
    todo="Ask for the originals, or read the slices as one list and set the UID yourself.",
    standard="PS3.3 C.7.3.1",
    columns=True,
)
def _uid_scrambled_per_file(material: Material) -> Iterator[Finding]:
    images = [one for one in material.instances if one.image]

    def alike(tags: FrameTags) -> Hashable:
        same = ("StudyInstanceUID", "Modality", "SeriesNumber", "SeriesTime", "SeriesDescription", "Rows", "Columns")
        return tuple(_written(tags, keyword) for keyword in same) if _written(tags, "SeriesNumber") else ()

    sizes = {uid: len(members) for uid, members in _grouped(images, lambda tags: tags.text("SeriesInstanceUID"))}
    for _, members in _grouped(images, alike):
        lonely = [one for one in members if sizes.get(one.tags.text("SeriesInstanceUID")) == 1]
        # Their numbers run on, as those of the slices of one series do.
        numbers = {_written(one.tags, "InstanceNumber") for one in lonely}
        if len(lonely) >= 3 and len(numbers) == len(lonely):
            message = "every instance has a SeriesInstanceUID of its own"
            study = lonely[0].tags.text("StudyInstanceUID")
            yield Finding(message, "SeriesInstanceUID", f"{len(lonely)} series", "one", _labels(lonely), study)


@check(
    "U13",
    "warning",
    "file",
    "source",
    rule="An object refers to an instance of a series that is here, and the instance is not.",
    why="A contour, segmentation or report speaks of images that were lost on the way.",
    todo="Fetch the series again. References to series of which nothing is here are not judged.",
    standard="PS3.3 C.12.2",
)
def _broken_reference(material: Material) -> Iterator[Finding]:
    there: dict[str, set[str]] = defaultdict(set)
    for one in material.instances:
        there[one.tags.text("SeriesInstanceUID")].add(one.tags.text("SOPInstanceUID"))
    for one in material.instances:
        own = one.tags.text("SeriesInstanceUID")
        lost = 0
        for item in one.items:
            series = "" if item is one.dataset else FrameTags(item).text("SeriesInstanceUID")
            if series in there and series:
                lost += len(_referred(item) - there[series])
        if lost:
            message = "refers to instances that are missing from their series"
            yield Finding(message, "ReferencedSOPInstanceUID", f"{lost} missing", "", (one.label,), own)


def _referred(item: Dataset) -> set[str]:
    """Return the SOP instances that an item with a SeriesInstanceUID refers to."""
    found = set()
    for keyword in ("ReferencedInstanceSequence", "ReferencedSOPSequence", "ContourImageSequence"):
        for inner in FrameTags(item).get(keyword) or ():
            found.add(FrameTags(inner).text("ReferencedSOPInstanceUID"))
    return found - {""}


@check(
    "U14",
    "error",
    "series",
    "source",
    rule="Several FrameOfReferenceUIDs in one series, or positions without any.",
    why="Positions of different frames cannot be compared: what lies side by side in numbers does not in the patient.",
    todo="Work with series.stacks, which have one frame of reference each.",
    standard="PS3.3 C.7.4.1",
    columns=True,
)
def _frame_of_reference_varies(material: Material) -> Iterator[Finding]:
    for uid, members in _grouped(material.instances, lambda tags: tags.text("SeriesInstanceUID")):
        images = [one for one in members if one.image]
        yield from _varying(images, ("FrameOfReferenceUID",), "series", str(uid))
        lost = [one for one in images if one.tags.get("ImagePositionPatient") and not _framed(one)]
        if lost:
            message = "positions without a FrameOfReferenceUID"
            yield Finding(message, "FrameOfReferenceUID", "", "a UID", _labels(lost), str(uid))


def _framed(one: Instance) -> bool:
    return bool(one.tags.text("FrameOfReferenceUID")) or one.tags.get("SOPClassUID") == RawDataStorage
