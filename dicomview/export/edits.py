"""A copy of a data set with other values, each checked before it is in a file."""

from __future__ import annotations

import difflib
from copy import deepcopy
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom import config, dcmread
from pydicom.charset import default_encoding
from pydicom.datadict import keyword_dict
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import ConstrainedList
from pydicom.pixels.utils import get_expected_length
from pydicom.tag import Tag
from pydicom.valuerep import PersonName

from dicomview.elements import NUMBERS, Level, entry_of
from dicomview.errors import NothingFound, UnknownChoice
from dicomview.export.heading import decimal
from dicomview.files import locate, read_header
from dicomview.pixels import transfer_syntax
from dicomview.quiet import quiet
from dicomview.space import Slice

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

__all__ = ["edited"]

_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_BY_CHARACTER_SET = ("LO", "LT", "PN", "SH", "ST", "UC", "UT")
_BYTES = ("OB", "OD", "OF", "OL", "OV", "OW", "UN")
_ONE_TEXT = ("LT", "ST", "UR", "UT")  # a backslash is a character of theirs
_DATES: dict[str, tuple[Any, str]] = {
    "DA": (date, "%Y%m%d"),
    "TM": (time, "%H%M%S.%f"),
    "DT": (datetime, "%Y%m%d%H%M%S.%f%z"),
}
# PS3.5 6.2, in few words.
_RULES = {
    "AE": "up to 16 characters",
    "AS": "three digits and one of D, W, M, Y",
    "AT": "a tag",
    "CS": "up to 16 of A to Z, 0 to 9, blank and underscore",
    "DA": "YYYYMMDD",
    "DS": "a decimal number of up to 16 characters",
    "DT": "YYYYMMDDHHMMSS.FFFFFF&ZZXX",
    "IS": "a whole number of 32 bits",
    "LO": "up to 64 characters without backslash and line breaks",
    "LT": "up to 10240 characters",
    "PN": "up to 64 characters in each of three groups",
    "SH": "up to 16 characters without backslash and line breaks",
    "SQ": "a list of data sets",
    "ST": "up to 1024 characters",
    "TM": "HHMMSS.FFFFFF",
    "UI": "a UID of up to 64 digits and dots",
    "UR": "a URI",
    **dict.fromkeys(_BYTES, "bytes"),
    **dict.fromkeys(("FL", "FD"), "a number"),
    **dict.fromkeys(("SL", "SS", "SV", "UL", "US", "UV"), "a whole number of its size"),
}


def edited(dataset: Dataset | str | os.PathLike[str] | Slice, /, **changes: Any) -> Dataset:
    """Return a copy of a data set with other values, each checked; the source stays as it is.

    Parameters
    ----------
    dataset : pydicom.Dataset, path or Slice
        Of a path or slice the whole file is read, pixel data included. (``series[0].header`` is a header alone: give
        ``series[0]``.)
    **changes
        Values by keyword: ``PatientID="A1", SliceThickness=2.5``. A list where several values are allowed; dates and
        times may be those of Python, and values those of NumPy or of another data set; "" empties an element, None
        takes it away.

    Returns
    -------
    pydicom.Dataset
        To be written with `save`. Its SOPInstanceUID is that of the source unless it is changed as well, and a changed
        copy that meets its source somewhere should have its own: ``SOPInstanceUID=pydicom.uid.generate_uid()``.

    Raises
    ------
    UnknownChoice
        A keyword that is none, with the nearest that is one; a value that is not of its VR or VM, or that the character
        set of the file has no letters for; the pixel data or what belongs to the file alone. The value is not quoted.
    NothingFound
        There is no such file, or more than one instance in it.

    Notes
    -----
    PS3.5 6.2 (value representations), 6.4 (multiplicity). Another SpecificCharacterSet writes all text anew in it.

    Examples
    --------
    >>> copy = edited("sample_data/ct_chest/0001.dcm", SeriesDescription="Chest, taught")
    >>> copy.SeriesDescription
    'Chest, taught'
    """
    changed = deepcopy(dataset) if isinstance(dataset, Dataset) else _whole(dataset)
    with quiet():
        if "SpecificCharacterSet" in changes:
            changed.decode()
        for keyword in changes:
            _refuse(keyword)
        before = _spare(changed)
        for keyword, value in changes.items():
            tag = Tag(keyword_dict[keyword])
            if value is None:
                changed.pop(tag, None)
            else:
                changed[tag] = _element(changed, keyword, value)
        for element in changed.iterall() if "SpecificCharacterSet" in changes else ():
            _refuse_letters(element, Level(changed).encodings)
        if before >= 0 > _spare(changed):
            raise UnknownChoice(
                f"with {', '.join(changes)} changed so, the data set describes more pixels than it has; "
                "dv.export.dicom writes computed pixels"
            )
    meta = getattr(changed, "file_meta", None)
    for keyword in ("SOPClassUID", "SOPInstanceUID") if meta is not None else ():
        if keyword in changes:
            setattr(meta, f"MediaStorage{keyword}", changed.get(keyword))
    return changed


def _whole(source: str | os.PathLike[str] | Slice) -> Dataset:
    """Return all of the one instance there is."""
    places = [source.source.location] if isinstance(source, Slice) else list(locate(source))
    if len(places) != 1:
        raise NothingFound(f"there are {len(places)} files in this source; a copy is made of one of them")
    if places[0].dataset is not None:
        return deepcopy(places[0].dataset)
    header = read_header(places[0])
    if header.dataset is None or header.status == "dicomdir":
        raise NothingFound(f"there is no instance to copy: {header.detail or 'a table of contents'}")
    with quiet():
        if places[0].path is not None and places[0].member is None:
            return dcmread(places[0].path, force=True)
        with places[0].open() as stream:
            return dcmread(stream, force=True)


def _refuse(keyword: str) -> None:
    if keyword not in keyword_dict:
        close = difflib.get_close_matches(keyword, keyword_dict, n=3)
        raise UnknownChoice(
            f"{keyword!r} is no DICOM keyword" + (f"; did you mean {' or '.join(close)}?" if close else "")
        )
    if keyword in _PIXELS:
        raise UnknownChoice("pixel data cannot be changed here; dv.export.dicom writes computed pixels as a new series")
    if Tag(keyword_dict[keyword]).group < 8:
        raise UnknownChoice(f"{keyword} belongs to the file and follows from what is in it; it cannot be changed")


def _element(dataset: Dataset, keyword: str, value: Any) -> DataElement:
    """Return the element of a checked value."""
    tag = Tag(keyword_dict[keyword])
    entry = entry_of(tag)
    vr = entry.vr
    if " or " in vr:  # PS3.5 6.2.2: of pixel values, or bulk
        vr = ("SS" if dataset.get("PixelRepresentation") == 1 else "US") if vr.startswith("US") else "OW"
    value = _bare(value)
    several = isinstance(value, list | tuple) and vr != "SQ"
    values = [] if isinstance(value, str) and not value else list(value) if several else [value]
    if vr not in _ONE_TEXT and isinstance(value, str) and "\\" in value:
        values = list(value.split("\\"))
    if not _allowed(len(values), entry.vm if vr != "SQ" else "1"):
        words = "1 value" if entry.vm == "1" else f"{entry.vm} values"
        raise UnknownChoice(f"{keyword} takes {words}, not {len(values)}")
    plain = [_plain(vr, one) for one in values]
    try:
        if any(one is _WRONG for one in plain):
            raise TypeError
        content = deepcopy(plain[0]) if len(plain) == 1 else plain or None
        element = DataElement(tag, vr, content, validation_mode=config.RAISE)
    except (ValueError, TypeError, OverflowError, AttributeError):
        raise UnknownChoice(f"this is no value for {keyword}, whose VR {vr} is {_RULES.get(vr, 'text')}") from None
    _refuse_letters(element, Level(dataset).encodings)
    return element


_WRONG = object()


def _bare(value: Any) -> Any:
    """Return a value of pydicom or NumPy as Python's own: what one data set has, another can be given."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, ConstrainedList | list | tuple):
        return [_bare(one) for one in value]
    return str(value) if isinstance(value, PersonName) else value


def _plain(vr: str, value: Any) -> Any:
    """Return a value as pydicom keeps it, `_WRONG` where it is of another kind."""
    kind, pattern = _DATES.get(vr, (None, ""))
    if kind is not None and isinstance(value, kind):
        return value.strftime(pattern).removesuffix(".000000")
    if isinstance(value, bool):
        return _WRONG
    if vr == "DS" and isinstance(value, float):
        return decimal(value)
    if vr in ("DS", "IS"):
        return value if isinstance(value, str | int) else _WRONG
    if vr in ("FL", "FD"):
        return float(value) if isinstance(value, int | float) else _WRONG
    if vr in NUMBERS:
        return value if isinstance(value, int) else _WRONG
    if vr in _BYTES:
        return value if isinstance(value, bytes) else _WRONG
    if vr == "SQ":
        items = value if isinstance(value, list | tuple) else [value]
        return list(items) if all(isinstance(one, Dataset) for one in items) else _WRONG
    return value if isinstance(value, str) else _WRONG


def _allowed(count: int, vm: str) -> bool:
    """Return True when the dictionary's VM allows so many values: "1", "2-4", "1-n", "3-3n"."""
    if count == 0:
        return True
    low, _, high = vm.partition("-")
    if not high:
        return count == int(low)
    if high.endswith("n"):
        step = int(high[:-1] or 1)
        return count >= int(low) and count % step == 0
    return int(low) <= count <= int(high)


def _refuse_letters(element: DataElement, encodings: Sequence[str]) -> None:
    """Raise UnknownChoice for text that the character set of the data set has no letters for."""
    if element.VR not in _BY_CHARACTER_SET or element.is_empty:
        return
    for letter in str(element.value):
        if not any(_encodes(letter, encoding) for encoding in encodings):
            raise UnknownChoice(
                f"the character set of this data set has no letters for the value of {element.keyword}; "
                'SpecificCharacterSet="ISO_IR 192" has all letters'
            )


def _encodes(letter: str, encoding: str) -> bool:
    if encoding == default_encoding:  # pydicom reads it as Latin-1; the standard says ASCII (PS3.5 6.1.2.1)
        return letter.isascii()
    try:
        letter.encode(encoding)
    except UnicodeError:
        return False
    return True


def _spare(dataset: Dataset) -> int:
    """Return how many bytes native pixel data have beyond what the data set describes; 0 where nobody can tell."""
    try:
        if transfer_syntax(dataset).is_compressed:
            return 0
        return len(dataset.PixelData) - get_expected_length(dataset)
    except Exception:  # noqa: BLE001  elements that are missing or malformed describe nothing
        return 0
