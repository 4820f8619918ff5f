"""The attributes of a row: which elements a scan looks at, and how the bytes of each become one typed Python value.

`value_in` says what a value is: what pydicom reads, made plain. `value_of` gives the same from the bytes, by a pattern
where their form is the usual one, and by asking pydicom about that one element where it is not.
"""

from __future__ import annotations

import datetime
import re
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydicom.charset import python_encoding
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.filereader import read_dataset
from pydicom.multival import MultiValue

from dicomview.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from pydicom.dataset import Dataset

    Value: TypeAlias = str | int | float | datetime.date | datetime.timedelta | tuple[float, ...] | None

__all__ = [
    "ATTRIBUTES", "CHARSETS", "Attribute", "Kind", "one_form", "usual", "value_in", "value_of", "values_in", "written",
]  # fmt: skip

Kind = Literal["text", "date", "time", "short", "integer", "number", "numbers"]

_KINDS: dict[str, Kind] = {"DA": "date", "TM": "time", "IS": "integer", "US": "short", "DS": "number", "FD": "number"}
_SEVERAL = {"ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "ImagerPixelSpacing"}
_SEVERAL |= {"WindowCenter", "WindowWidth"}

# Values beyond are no numbers a table can hold as 64-bit integers.
_LARGEST = 2**63 - 1
_LONGEST_TEXT = 1024  # characters: no attribute here may have as many, but a length that is wrong swallows what follows


class Attribute(NamedTuple):
    """One column of a scan.

    Attributes
    ----------
    keyword : str
    tag : int
    vr : str
        Of the dictionary.
    kind : Kind
        "text": str, several values joined by a backslash, of more than 1,024 characters the first and "…"; "date":
        datetime.date; "time": datetime.timedelta since midnight; "short" (0 to 65535), "integer", "number": the
        first value; "numbers": a tuple of floats.
    """

    keyword: str
    tag: int
    vr: str
    kind: Kind


def _attribute(keyword: str) -> Attribute:
    tag = tag_for_keyword(keyword)
    assert tag is not None
    vr = dictionary_VR(tag)
    return Attribute(keyword, tag, vr, "numbers" if keyword in _SEVERAL else _KINDS.get(vr, "text"))


_KEYWORDS = """
TransferSyntaxUID
ImageType SOPClassUID SOPInstanceUID StudyDate SeriesDate AcquisitionDate StudyTime SeriesTime AcquisitionTime
AccessionNumber Modality Manufacturer StudyDescription SeriesDescription ManufacturerModelName
PatientName PatientID PatientBirthDate PatientSex PatientAge
BodyPartExamined SliceThickness RepetitionTime EchoTime KVP SpacingBetweenSlices ProtocolName ConvolutionKernel
PatientPosition
StudyInstanceUID SeriesInstanceUID SeriesNumber AcquisitionNumber InstanceNumber ImagePositionPatient
ImageOrientationPatient FrameOfReferenceUID SliceLocation
SamplesPerPixel PhotometricInterpretation NumberOfFrames Rows Columns PixelSpacing BitsAllocated BitsStored
PixelRepresentation WindowCenter WindowWidth RescaleIntercept RescaleSlope
"""

ATTRIBUTES: tuple[Attribute, ...] = tuple(sorted(map(_attribute, _KEYWORDS.split()), key=lambda one: one.tag))
"""The columns, in the order of their tags."""

CHARSETS = frozenset(name.encode() for name in python_encoding)
"""What SpecificCharacterSet may say, as bytes; several of them are joined by a backslash."""

_DATE = re.compile(r"([0-9]{4})\.?([0-9]{2})\.?([0-9]{2})")
_TIME = re.compile(r"([0-9]{2})(?::?([0-9]{2})(?::?([0-9]{2})(?:\.([0-9]{1,6}))?)?)?")


def values_in(dataset: Dataset) -> list[Value]:
    """Return the value of each of `ATTRIBUTES` in a data set that pydicom has read."""
    with quiet():
        return [value_in(dataset, attribute) for attribute in ATTRIBUTES]


def value_in(dataset: Dataset, attribute: Attribute) -> Value:
    """Return a value at the top of a data set; None when it is absent, empty, or not of its kind.

    Notes
    -----
    Dates and times PS3.5 6.2 (DA, TM); those of ACR-NEMA, with dots or colons, are taken too.
    """
    try:
        if attribute.tag >> 16 == 2:
            dataset = dataset.file_meta
        element = dataset.get(attribute.tag)
        if element is None or (element.VR == "PN" != attribute.vr):
            return None  # a person's name has no place in a column that may be shown
        value = element.value
        return None if value is None else _plain(value, attribute.kind)
    except Exception:  # noqa: BLE001  pydicom converts on access and raises whatever a damaged value leads to
        return None


def _plain(value: Any, kind: Kind) -> Value:
    values = list(value) if isinstance(value, list | tuple | MultiValue) else [value]
    if kind == "text":
        text = "\\".join(str(one).strip(_BLANK) for one in values)
        return (text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…") or None
    if kind == "numbers":
        return tuple(float(one) for one in values) if values and str(values[0]) else None
    first = values[0] if values else None
    if first is None:
        return None
    if kind in ("short", "integer"):
        number = int(first)
        return number if (0 <= number < 1 << 16 if kind == "short" else abs(number) <= _LARGEST) else None
    if kind == "number":
        return float(first)
    return _date(str(first).strip(_BLANK)) if kind == "date" else _time(str(first).strip(_BLANK))


_BLANK = " \0\t\r\n"


def _date(text: str) -> datetime.date | None:
    match = _DATE.fullmatch(text)
    try:
        return datetime.date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def _time(text: str) -> datetime.timedelta | None:
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = (int(match[place] or 0) for place in (1, 2, 3))  # minutes may be left away, too
    if hours > 23 or minutes > 59 or seconds > 60:  # 60: a leap second
        return None
    return datetime.timedelta(0, seconds, int((match[4] or "0").ljust(6, "0")), 0, minutes, hours)


def one_form(text: str, kind: Kind) -> str:
    """Return a date or time of a file as text, the same however it is written; "" where it is none."""
    value = _date(text) if kind == "date" else _time(text)
    return "" if value is None else written(value)


def written(value: datetime.date | datetime.timedelta) -> str:
    """Return a date as YYYYMMDD, a time of day as HHMMSS with the part of a second that it has."""
    if isinstance(value, datetime.date):
        return f"{value.year:04}{value.month:02}{value.day:02}"
    minutes, seconds = min(value.seconds // 60 + 1440 * value.days, 1439), value.seconds % 60 + 60 * value.days
    part = f".{value.microseconds:06}".rstrip("0") if value.microseconds else ""
    return f"{minutes // 60:02}{minutes % 60:02}{seconds:02}{part}"


# --- from bytes -------------------------------------------------------------------------------------------------------

_WORD = re.compile(rb"[!-\[\]-~][ -\[\]-~]{0,1022}\0?").fullmatch  # printable ASCII, one value, none to be cut
_OF_UIDS = b"0123456789."
_NAME = re.compile(rb"[!-<>-\[\]-~][ -<>-\[\]-~]{0,1022}").fullmatch  # one component group
_DAY = re.compile(rb"[0-9]{8} ?").fullmatch
_LONGEST = 128  # bytes of a UID, of numbers and of six of them; what is longer is not remembered here
_EXACT = 2**53  # beyond, pydicom looks at a whole number more closely


def value_of(attribute: Attribute, raw: bytes, *, implicit: bool, charset: bytes) -> Value:
    """Return the value that `value_in` gives for an element with the bytes `raw`.

    Parameters
    ----------
    attribute : Attribute
    raw : bytes
        Little endian, of the attribute's own VR.
    implicit : bool
        Whether the data set is written in implicit VR.
    charset : bytes
        The value of SpecificCharacterSet, one that `CHARSETS` knows.
    """
    if not raw:
        return None
    value = usual(attribute)(raw)
    return _asked(attribute, raw, implicit, charset) if value is None else value


def usual(attribute: Attribute) -> Callable[[bytes], Value]:
    """Return the function that reads bytes of the usual form; it gives None for all others."""
    return _numbers if attribute.kind == "numbers" else _USUAL.get(attribute.vr, _nothing)


def _nothing(raw: bytes) -> None:
    return None


def _text(raw: bytes) -> str | None:
    return str(raw, "ascii").rstrip("\0").strip() if _WORD(raw) else None


def _uid(raw: bytes) -> str | None:
    if len(raw) > _LONGEST:
        return None
    if raw.translate(None, _OF_UIDS):
        if raw[-1:] != b"\0" or raw[:-1].translate(None, _OF_UIDS):
            return None
        raw = raw[:-1]
    return raw.decode("ascii") or None


def _name(raw: bytes) -> str | None:
    return str(raw, "ascii").strip() if _NAME(raw) else None


def _integer(raw: bytes) -> int | None:
    try:
        value = int(raw)
    except ValueError:
        return None
    return value if -_EXACT < value < _EXACT else None


# pydicom too has Python read the number, so whatever Python takes is right.
def _number(raw: bytes) -> float | None:
    if len(raw) > _LONGEST:
        return None
    try:
        return float(raw)
    except ValueError:
        return None


def _numbers(raw: bytes) -> tuple[float, ...] | None:
    if len(raw) > _LONGEST:
        return None
    head, several, last = raw.rpartition(b"\\")
    try:
        return _before(head) + (float(last),) if several else (float(last),)  # noqa: RUF005  faster than (*…, …)
    except ValueError:
        return None


@lru_cache(1024)  # of the positions of axial slices the last number alone varies
def _before(raw: bytes) -> tuple[float, ...]:
    return tuple(map(float, raw.split(b"\\")))


def _short(raw: bytes) -> int | None:
    return raw[0] | raw[1] << 8 if len(raw) == 2 else None


def _day(raw: bytes) -> datetime.date | None:
    try:
        return datetime.date(int(raw[:4]), int(raw[4:6]), int(raw[6:8])) if _DAY(raw) else None
    except ValueError:
        return None


def _clock(raw: bytes) -> datetime.timedelta | None:
    if len(raw) > _LONGEST:
        return None
    whole, point, parts = raw.rstrip(b" ").partition(b".")
    seconds = _seconds(whole)
    if seconds is None:
        return None
    if not point:
        return datetime.timedelta(0, seconds)
    if len(parts) != 6:
        parts = parts.ljust(6, b"0") if 0 < len(parts) < 6 else b""
    return datetime.timedelta(0, seconds, int(parts)) if parts.isdigit() else None


@lru_cache(1024)
def _seconds(raw: bytes) -> int | None:
    if len(raw) != 6 or not raw.isdigit():
        return None
    hour, minute, second = int(raw[:2]), int(raw[2:4]), int(raw[4:])
    return None if hour > 23 or minute > 59 or second > 60 else 3600 * hour + 60 * minute + second


_USUAL: dict[str, Callable[[bytes], Value]] = {
    "UI": _uid,
    "PN": _name,
    "CS": _text,
    "LO": _text,
    "SH": _text,
    "AS": _text,
    "IS": _integer,
    "DS": _number,
    "US": _short,
    "DA": _day,
    "TM": _clock,
}


def _asked(attribute: Attribute, raw: bytes, implicit: bool, charset: bytes) -> Value:
    """Have pydicom read a data set of two elements: the character set, and the one in question."""
    pieces = []
    for tag, vr, value in ((0x00080005, "CS", charset), (attribute.tag, attribute.vr, raw)):
        head = (tag >> 16).to_bytes(2, "little") + (tag & 0xFFFF).to_bytes(2, "little")
        size = len(value).to_bytes(4, "little") if implicit else vr.encode() + len(value).to_bytes(2, "little")
        if value:
            pieces.append(head + size + value)
    with quiet():
        dataset = read_dataset(BytesIO(b"".join(pieces)), is_implicit_VR=implicit, is_little_endian=True)
        dataset.set_original_encoding(implicit, True, dataset._character_set)
        return value_in(dataset, attribute)
