"""Family V: values that are not what their VR, the dictionary or the calendar allows."""

from __future__ import annotations

import datetime
import math
import re
from typing import TYPE_CHECKING

from pydicom import config
from pydicom.datadict import dictionary_has_tag, dictionary_VM
from pydicom.valuerep import validate_value

from dicomview.rules.check import Finding, check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom.tag import BaseTag

    from dicomview.rules.element import Element
    from dicomview.rules.material import Instance

__all__: list[str] = []

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_WHOLE = re.compile(r"[+-]?\d+")
_DATE, _DATE_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)"), re.compile(r"(\d{4})(\d\d)(\d\d)(\d*)(\.\d+)?([+-]\d{4})?")
_TIME = re.compile(r"(\d\d)(\d\d)?(\d\d)?(\.\d+)?")
_FIRST_YEAR = 1900
_WRITTEN = ("SH", "LO", "ST", "LT", "UT", "UC", "PN")
# Values that are counted; a backslash in free text may be half of a Japanese letter.
_COUNTED = ("AE", "AS", "AT", "CS", "DA", "DS", "DT", "IS", "TM", "UI")


@check(
    "V05",
    "warning",
    "file",
    "element",
    rule="A value has letters, a length or a form that its VR does not allow.",
    why="Strict software refuses the file, other software guesses.",
    todo="Mostly harmless by itself; have it corrected at its source.",
    standard="PS3.5 6.2",
    vrs=("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "SH", "TM"),
)
def _invalid_vr_value(one: Element) -> Iterator[Finding]:
    # Text is limited in letters, which may take several bytes.
    for text in one.decoded.split("\\") if one.vr in ("LO", "SH") else one.texts:
        if one.vr in ("DS", "IS") and not _is_number(one.vr, text):
            continue  # V14 tells of it
        try:
            validate_value(one.vr, text, config.RAISE)
        except ValueError:
            yield Finding(f"{one.keyword} is no valid {one.vr}", one.path, one.shown(text), f"a valid {one.vr}")


@check(
    "V06",
    "warning",
    "file",
    "element",
    rule="A date that is in no calendar, before 1900 or in the future.",
    why="Sorting by date and computing ages or decay fail, or give numbers that look right.",
    todo="Ask where the date comes from; dicomview shows it as it is.",
    standard="PS3.5 6.2",
    vrs=("DA", "DT"),
)
def _impossible_date(one: Element) -> Iterator[Finding]:
    for text in one.texts:
        found = (_DATE if one.vr == "DA" else _DATE_TIME).fullmatch(text)
        if found is None:
            continue  # V05 tells of its form
        day = _day(found)
        if day is None:
            yield Finding(f"{one.keyword} is in no calendar", one.path, one.shown(text), "a day that exists")
        elif day.year < _FIRST_YEAR:
            yield Finding(f"{one.keyword} is before {_FIRST_YEAR}", one.path, one.shown(text), "a later day")
        elif day > datetime.date.today() + datetime.timedelta(days=1):  # it may be tomorrow elsewhere
            yield Finding(f"{one.keyword} is in the future", one.path, one.shown(text), "an earlier day")


@check(
    "V07",
    "warning",
    "file",
    "element",
    rule="A time of day with an hour above 23, a minute above 59 or a second above 60.",
    why="Decay correction and the order of acquisitions depend on it.",
    todo="Ask where the time comes from; do not compute with it.",
    standard="PS3.5 6.2",
    vrs=("TM", "DT"),
)
def _impossible_time(one: Element) -> Iterator[Finding]:
    for text in one.texts:
        if one.vr == "DT":
            whole = _DATE_TIME.fullmatch(text)
            text_of_day = "" if whole is None else whole[4]
        else:
            text_of_day = text
        found = _TIME.fullmatch(text_of_day)
        if found is None:
            continue
        hour, minute, second = (int(part or 0) for part in found.groups()[:3])
        if hour > 23 or minute > 59 or second > 60:
            yield Finding(f"{one.keyword} is no time of day", one.path, one.shown(text), "00:00:00 to 23:59:60")


@check(
    "V08",
    "warning",
    "file",
    "element",
    rule="An element has more or fewer values than the dictionary allows.",
    why="Programs read the first value only, or stop: two numbers are no position.",
    todo="Look at the element with dv.tags; have it corrected at its source.",
    standard="PS3.6",
    vrs=_COUNTED,
)
def _vm_mismatch(one: Element) -> Iterator[Finding]:
    count = len(one.texts)
    if not count or one.tag.is_private or not dictionary_has_tag(one.tag):
        return
    allowed = dictionary_VM(one.tag)
    if not _allows(allowed, count):
        yield Finding(f"{one.keyword} has the wrong number of values", one.path, str(count), allowed)


@check(
    "V10",
    "warning",
    "file",
    "element",
    rule="Text beyond ASCII without a SpecificCharacterSet, or which the one that is named cannot decode.",
    why="Names and descriptions are shown wrongly, and cannot be searched for or removed reliably.",
    todo="Find out the character set of the device; Western ones are mostly ISO_IR 100.",
    standard="PS3.5 6.1, PS3.3 C.12.1.1.2",
    vrs=_WRITTEN,
)
def _charset_undeclared(one: Element) -> Iterator[Finding]:
    text = "" if one.plain else one.decoded
    if "\ufffd" in text:
        yield Finding("text cannot be decoded with the character set named", one.path, "", "text of that character set")
    elif not text.isascii() and not one.charset:
        message = "text beyond ASCII, and no character set is named"
        yield Finding(message, "SpecificCharacterSet", "", f"the one of {one.keyword}")


@check(
    "V11",
    "warning",
    "file",
    "instance",
    rule="Private elements in a block that no private creator reserves.",
    why="Nobody can say what they mean, so no tool can say whether they are safe to share.",
    todo="Remove them before sharing; ask which software copied them without their creator.",
    standard="PS3.5 7.8.1",
)
def _private_without_creator(one: Instance) -> Iterator[Finding]:
    # Of the top level and of sequences alike: each item reserves its own blocks.
    for item in one.items:
        lost = {tag.group for tag in item.keys() if _is_ownerless(tag, item)}  # noqa: SIM118  a Dataset gives elements
        for group in sorted(lost):
            message = "private elements without a private creator"
            yield Finding(message, f"({group:04X},xxxx)", "", f"a creator in ({group:04X},0010) to ({group:04X},00FF)")


@check(
    "V14",
    "warning",
    "file",
    "element",
    rule="A decimal or integer string that is no finite number: letters, a decimal comma, 1.#QNAN.",
    why="Windows, slopes and positions made of it are missing; some programs stop, some read half of it.",
    todo="Have it corrected at its source; dicomview goes on with the next rule, as if the element were not there.",
    standard="PS3.5 6.2",
    vrs=("DS", "IS"),
)
def _number_is_text_junk(one: Element) -> Iterator[Finding]:
    for text in one.texts:
        if text and not _is_number(one.vr, text):
            kind = "decimal number, with a point" if one.vr == "DS" else "whole number"
            yield Finding(f"{one.keyword} is no number", one.path, one.shown(text), kind)


@check(
    "V15",
    "warning",
    "file",
    "instance",
    rule="PatientAge in years differs by more than one from what birth and study make.",
    why="One of the three belongs to somebody else, or dates were shifted and the age was not.",
    todo="Do not compute with the age; ask for the originals.",
    standard="PS3.3 C.7.2.2",
    columns=True,
)
def _patient_age_vs_birth(one: Instance) -> Iterator[Finding]:
    age = re.fullmatch(r"(\d{3})Y", one.tags.text("PatientAge"))
    found = [_DATE.fullmatch(one.tags.text(keyword)) for keyword in ("PatientBirthDate", "StudyDate")]
    born, seen = (None if date is None else _day(date) for date in found)
    if age and born and seen and abs((seen - born).days / 365.25 - 0.5 - int(age[1])) > 1.6:
        yield Finding("PatientAge is not what birth and study make", "PatientAge", "", "the age at the study")


@check(
    "V16",
    "warning",
    "file",
    "instance",
    rule="PatientSize is above 3 m, or PatientWeight above 400 kg or below 0.3 kg.",
    why="Centimetres or grams: SUV and doses by body surface are wrong by a factor.",
    todo="Correct the unit before computing anything from it.",
    standard="PS3.3 C.7.2.2",
)
def _units_suspicious(one: Instance) -> Iterator[Finding]:
    size, weight = one.tags.number("PatientSize"), one.tags.number("PatientWeight")
    if size is not None and size > 3:
        yield Finding("PatientSize is above 3 m", "PatientSize", "", "metres")
    if weight is not None and weight != 0 and not 0.3 <= weight <= 400:
        yield Finding("PatientWeight is not between 0.3 and 400 kg", "PatientWeight", "", "kilograms")


@check(
    "V17",
    "warning",
    "file",
    "instance",
    rule="Birth after the study, series over a day before the study, acquisition over a day after the content.",
    why="One of the dates is wrong, or was shifted without the others.",
    todo="Do not compute ages or intervals from them; ask for the originals.",
    standard="PS3.3 C.7.2, C.7.3, C.7.6.1",
)
def _date_order(one: Instance) -> Iterator[Finding]:
    def day(keyword: str) -> datetime.date | None:
        found = _DATE.fullmatch(one.tags.text(keyword))
        return None if found is None else _day(found)

    slack = datetime.timedelta(days=1)
    for early, late, allowed in (
        ("PatientBirthDate", "StudyDate", datetime.timedelta()),
        ("StudyDate", "SeriesDate", slack),
        ("AcquisitionDate", "ContentDate", slack),
    ):
        first, second = day(early), day(late)
        if first is not None and second is not None and first > second + allowed:
            yield Finding(f"{late} is before {early}", late, "", f"not before {early}")


def _is_number(vr: str, text: str) -> bool:
    if vr == "IS" and _WHOLE.fullmatch(text):
        return True
    # Many write whole numbers as 1.0, which every reader takes.
    found = _NUMBER.fullmatch(text) is not None and math.isfinite(float(text))
    return found and (vr == "DS" or float(text).is_integer())


def _day(found: re.Match[str]) -> datetime.date | None:
    try:
        return datetime.date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def _allows(allowed: str, count: int) -> bool:
    """Return True when a VM of the dictionary ("1", "1-3", "2-n", "2-2n", "1-n or 1") holds for `count` values."""
    for one in allowed.split(" or "):
        least, _, most = one.partition("-")
        if not most:
            holds = count == int(least)
        elif most.endswith("n"):
            holds = count >= int(least) and count % int(most[:-1] or 1) == 0
        else:
            holds = int(least) <= count <= int(most)
        if holds:
            return True
    return False


def _is_ownerless(tag: BaseTag, item: object) -> bool:
    if not tag.is_private or tag.is_private_creator or tag.element == 0:
        return False
    block = tag.element >> 8
    return block < 0x10 or (tag.group << 16 | block) not in item  # type: ignore[operator]
