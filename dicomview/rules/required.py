"""Family V, what an object of its class must have: attributes of types 1 and 2, offline.

`iods.txt` lists them for each module, and the modules that each SOP class must have; ``tests/iods.py`` makes it and
says where the facts come from. Attributes that are needed on a condition are not judged, nor are those in sequences.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from pydicom.datadict import tag_for_keyword

from dicomview.rules.check import Finding, check, undecided
from dicomview.rules.piles import PLANES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom.dataelem import DataElement, RawDataElement

    from dicomview.rules.material import Instance

__all__: list[str] = []

# Other checks tell of these, in words of their own: U02, F03, U12, P05, P07, G01, G17, U14.
_ALWAYS = frozenset({"StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID", "PatientID"})
_OF_IMAGES = frozenset({"PhotometricInterpretation", "InstanceNumber"})
_OF_CT = frozenset({"RescaleSlope", "RescaleIntercept"})
_OF_PLANES = frozenset({"ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"})


@check(
    "V01",
    "error",
    "file",
    "instance",
    rule="An attribute of type 1 of the object's class is absent or empty.",
    why="Without it the object is not what its class says; archives and planning systems refuse it.",
    todo="Ask the sender for the original; de-identification and exports lose attributes.",
    standard="PS3.3 A, C; PS3.5 7.4.1",
)
def _missing_type1(one: Instance) -> Iterator[Finding]:
    if one.broken:
        return
    needed = needed_by(one.tags.text("SOPClassUID"))
    if needed is None:
        yield undecided("what must be in an object of its SOP class is not known", "SOPClassUID")
        return
    held = _held(one)
    for keyword in needed[0] - _told_elsewhere(one):
        # A value that is there is not converted for this: it takes most of the time of an audit.
        if _is_empty(held.get(_number(keyword))) and one.tags.get(keyword) is None:
            yield Finding(f"{keyword} is missing", keyword, "", "a value (type 1)")


@check(
    "V02",
    "warning",
    "file",
    "instance",
    rule="An attribute of type 2 of the object's class is absent; it may be empty, not left out.",
    why="Strict software refuses the object, and nobody knows whether the value was unknown or lost.",
    todo="Mostly harmless by itself; have it added, empty, where the file is written.",
    standard="PS3.3 A, C; PS3.5 7.4.3",
)
def _missing_type2(one: Instance) -> Iterator[Finding]:
    needed = None if one.broken else needed_by(one.tags.text("SOPClassUID"))
    held = _held(one)
    for keyword in () if needed is None else needed[1] - _told_elsewhere(one):
        if _number(keyword) not in held and one.tags.in_groups(_number(keyword)) is None:
            yield Finding(f"{keyword} is missing", keyword, "", "a value or an empty one (type 2)")


def needed_by(sop_class: str) -> tuple[frozenset[str], frozenset[str]] | None:
    """Return the keywords of types 1 and 2 at the top level of an object; None where nothing is known of its class."""
    modules, classes = _table()
    if sop_class not in classes:
        return None
    first = frozenset(word for name in classes[sop_class] for word in modules[name][0])
    # A keyword may be of type 2 in one module and of type 1 in another of the same object.
    return first, frozenset(word for name in classes[sop_class] for word in modules[name][1]) - first


def _told_elsewhere(one: Instance) -> frozenset[str]:
    told = _ALWAYS
    if one.image:
        told |= _OF_IMAGES
        told |= _OF_CT if one.tags.text("Modality") == "CT" else frozenset()
        told |= _OF_PLANES if one.tags.get("SOPClassUID") in PLANES else frozenset()
    return told | {"FrameOfReferenceUID"} if one.tags.get("ImagePositionPatient") else told


def _held(one: Instance) -> dict[int, DataElement | RawDataElement]:
    """Return the elements at the top of a data set, unconverted; under plain numbers, which are quick to compare."""
    return {int(tag): raw for tag, raw in one.dataset.items()}


def _is_empty(raw: DataElement | RawDataElement | None) -> bool:
    """Return True unless the element has a value: one that cannot be converted is V05's or V14's to tell."""
    if raw is None:
        return True
    return not raw.value if isinstance(raw.value, bytes | str | type(None)) else bool(getattr(raw, "is_empty", False))


@cache
def _number(keyword: str) -> int:
    return tag_for_keyword(keyword) or 0


@cache
def _table() -> tuple[dict[str, tuple[tuple[str, ...], tuple[str, ...]]], dict[str, tuple[str, ...]]]:
    modules: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    classes: dict[str, tuple[str, ...]] = {}
    for line in files("dicomview.rules").joinpath("iods.txt").read_text("ascii").splitlines():
        name, *words = line.split()
        if name == "#":
            continue
        if name[0].isdigit():
            classes[name] = tuple(words)
        else:
            second = words.index("2")
            modules[name] = tuple(words[1:second]), tuple(words[second + 1 :])
    return modules, classes
