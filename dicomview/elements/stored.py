"""Elements as they are in the file: text, numbers or bytes, before anybody has made values of them.

pydicom converts an element in place when it is first looked at, and what was stored is gone. So nothing is looked at
here: raw elements are taken out of the data set as they are, and sequences are read into new items.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from datetime import date, datetime, time
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from pydicom.charset import convert_encodings, decode_bytes, python_encoding
from pydicom.dataelem import RawDataElement
from pydicom.filereader import read_deferred_data_element
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag, Tag
from pydicom.valuerep import PN_DELIMS, TEXT_VR_DELIMS
from pydicom.values import convert_value

from dicomview.elements.entries import entry_of
from dicomview.unread import outline_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset

    from dicomview.unread import Outline

__all__ = ["BYTES", "NUMBERS", "Level", "Stored"]

NUMBERS = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "UV": "Q", "SV": "q", "FL": "f", "FD": "d", "AT": "HH"}
BYTES = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_BY_CHARACTER_SET = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})  # PS3.5 6.1.2.2
_TEXT = frozenset(
    ["AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"]
)
_LONGEST_PLAIN = 1024  # bytes
_UNDEFINED = 0xFFFFFFFF
_CHARACTER_SET = 0x00080005


class Stored(NamedTuple):
    """One element as it is in the file.

    Parameters
    ----------
    tag : int
    vr : str
        As in the file; of the dictionary where the file has none (implicit VR) or says UN.
    creator : str
        Who has reserved the block of a private element.
    content : str, tuple of numbers, bytes, tuple of Level or None
        Text before it is split into values; numbers of binary VRs; the items of a sequence; None when empty.
    length : int or None
        Bytes in the file; None when undefined, or when the element is not from a file.
    problem : str
        What is wrong with what is stored; never its words.
    """

    tag: int
    vr: str
    creator: str
    content: str | tuple[Any, ...] | bytes | None
    length: int | None
    problem: str = ""


class _Elements(Mapping["BaseTag", "RawDataElement | DataElement"]):
    """The elements of a data set that pydicom has not read; it does as soon as a sequence is among those asked for."""

    def __init__(self, dataset: Dataset, outline: Outline) -> None:
        self.dataset, self.outline = dataset, outline

    def __getitem__(self, tag: BaseTag) -> RawDataElement | DataElement:
        return self.outline.element(int(tag)) or self.dataset.get_item(tag)

    def __contains__(self, tag: object) -> bool:
        return isinstance(tag, int) and self.outline.has(int(tag))

    def __iter__(self) -> Iterator[BaseTag]:
        return map(BaseTag, self.outline.tags)

    def __len__(self) -> int:
        return len(self.outline.tags)


class Level:
    """A data set, or one item of a sequence, whose elements are taken as they are.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Read; neither written nor converted.
    above : Level, optional
        The data set whose sequence this is an item of: character set and sign of the pixels come from there.
    """

    __slots__ = ("__dict__", "_items", "_outline", "above", "dataset")

    def __init__(self, dataset: Dataset, above: Level | None = None) -> None:
        self.dataset = dataset
        self.above = above
        self._outline = outline = outline_of(dataset)
        # Otherwise the only way in that neither converts nor reads anything.
        self._items = dict(dataset.items()) if outline is None else _Elements(dataset, outline)

    def __iter__(self) -> Iterator[Stored]:
        """Yield the elements in the order of their tags."""
        return map(self._stored, self.tags)

    @property
    def tags(self) -> list[BaseTag]:
        """The tags of the elements, ascending."""
        return sorted(self._items, key=int)

    @property
    def unread(self) -> bool:
        """True when its bytes are asked, those of the file meta information among them, before pydicom is."""
        return self._outline is not None

    def unparsed(self, tag: BaseTag) -> tuple[Any, ...] | None:
        """Return length, bytes and all else that the items of a sequence are made of; None once they are made."""
        item = self._items[tag]
        if not isinstance(item, RawDataElement) or item.VR != "SQ" or not isinstance(item.value, bytes):
            return None
        return *item[2:4], *item[5:7], self.creator(tag), tuple(self.encodings), self._signed  # not where it stands

    def get(self, tag: int) -> Stored | None:
        """Return the element `tag`, None when it is not there."""
        raw = None if self._outline is None else self._outline.raw(tag)
        plain = None if raw is None else _plain(tag, *raw)
        if plain is not None:
            return plain
        return self._stored(Tag(tag)) if tag in self._items else None

    def of(self, element: DataElement) -> Stored:
        """Return an element that pydicom has converted already, as it would be stored."""
        vr = "SQ" if isinstance(element.value, Sequence) else str(element.VR)
        creator = self.creator(element.tag)
        length = None
        try:
            content = self._content(element.tag, vr, element.value)
        except Exception as error:  # noqa: BLE001  a data set can be given values of any kind
            return Stored(element.tag, vr, creator, None, None, f"the value is no {vr} ({type(error).__name__})")
        if isinstance(content, bytes):
            length = len(content)
        return Stored(element.tag, vr, creator, content, length)

    def creator(self, tag: int) -> str:
        """Return who has reserved the block of a private element; empty when nobody has, or the tag is not private."""
        number = int(tag)
        if not number >> 16 & 1 or number & 0xFFFF < 0x1000:
            return ""
        return self._creators.get(number >> 16 << 16 | (number & 0xFFFF) >> 8, "")

    @cached_property
    def encodings(self) -> list[str]:
        """The encodings of SpecificCharacterSet, here or above (PS3.3 C.12.1.1.2), for Python."""
        names: Any = None
        if _CHARACTER_SET in self._items:
            stored = self._stored(Tag(_CHARACTER_SET))
            names = stored.content.split("\\") if isinstance(stored.content, str) else None
        elif self.above is not None:
            return self.above.encodings
        elif not isinstance(
            self._items, _Elements
        ):  # an item that was taken out of its data set knows what it was read with
            names = self.dataset.original_character_set or None
            if names is not None and not isinstance(names, str):
                names = list(names)
        try:
            return convert_encodings([name.strip() for name in names] if isinstance(names, list) else names)
        except Exception:  # noqa: BLE001  names of character sets that pydicom stumbles over
            return ["iso8859"]

    @cached_property
    def _creators(self) -> dict[int, str]:
        found = {}
        for tag in self._items:
            if tag.is_private_creator:
                content = self._stored(tag).content
                found[int(tag)] = content.rstrip(" \0") if isinstance(content, str) else ""
        return found

    @cached_property
    def _signed(self) -> bool:
        """True when pixel values are signed: of elements that are US or SS, the nearest PixelRepresentation decides."""
        stored = self.get(0x00280103)
        if stored is not None and isinstance(stored.content, tuple):
            return bool(stored.content[0] == 1)
        return self.above is not None and self.above._signed

    def _stored(self, tag: BaseTag) -> Stored:
        item = self._items[tag]
        if not isinstance(item, RawDataElement):
            return self.of(item)
        creator = self.creator(tag)
        vr = self._vr(item, creator)
        length = None if item.length == _UNDEFINED else item.length
        try:
            if item.value is None and item.length:  # pydicom has left it in the file (defer_size)
                item = self._from_file(item)
        except Exception as error:  # noqa: BLE001  the file may have gone
            return Stored(tag, vr, creator, None, length, f"cannot be read ({type(error).__name__})")
        try:
            content, problem = self._decoded(tag, vr, item)
        except Exception as error:  # noqa: BLE001  pydicom raises whatever damaged bytes lead to
            content, problem = bytes(item.value or b"") or None, f"the bytes are no {vr} ({type(error).__name__})"
        return Stored(tag, vr, creator, content, length, problem)

    def _from_file(self, raw: RawDataElement) -> RawDataElement:
        source: Any = self.dataset
        return read_deferred_data_element(source.fileobj_type, source.filename or source.buffer, source.timestamp, raw)

    def _vr(self, raw: RawDataElement, creator: str) -> str:
        """Return the VR as pydicom finds it: by the dictionary where the file does not say (PS3.5 6.2.2)."""
        vr = raw.VR
        if vr is None or (vr == "UN" and (raw.tag.is_private or len(raw.value or b"") < 0xFFFF)):
            known = entry_of(raw.tag, creator).vr
            vr = "UN" if known == "" else known
        if " or " not in vr:
            return str(vr)
        if vr == "US or SS":
            return "SS" if self._signed else "US"
        if raw.tag == 0x00283006:  # LUTData is US only when the table has one entry, PS3.3 C.11.1.1.1
            descriptor = self.get(0x00283002)
            return "US" if descriptor and isinstance(descriptor.content, tuple) and descriptor.content[0] == 1 else "OW"
        if vr == "OB or OW":
            return "OB" if raw.length == _UNDEFINED else "OW"
        return str(vr)

    def _decoded(self, tag: int, vr: str, raw: RawDataElement) -> tuple[Any, str]:
        value = raw.value
        if vr == "SQ":
            item_tag = b"\xfe\xff\x00\xe0" if raw.is_little_endian else b"\xff\xfe\xe0\x00"
            if isinstance(value, bytes) and value and not value.startswith(item_tag):
                return value, "the bytes are no items of a sequence"  # of which pydicom makes one without elements
            return tuple(Level(item, self) for item in convert_value("SQ", raw, self.encodings)), ""
        if not value:
            return None, ""
        if vr in NUMBERS:
            return _numbers(vr, value, "<" if raw.is_little_endian else ">")
        if vr in BYTES or " or " in vr:
            return bytes(value), ""
        text = self._text(value, vr)
        if "\ufffd" in text:
            return text, "has bytes that are none of its character set"
        if tag == _CHARACTER_SET and any(part.strip(" \0") not in python_encoding for part in text.split("\\")):
            return text, "names no character set of the standard"
        return text, ""

    def _text(self, value: bytes, vr: str) -> str:
        if b"\x1b" not in value and value.isascii():
            return value.decode("ascii")
        if vr not in _BY_CHARACTER_SET:
            return value.decode("latin-1")
        return decode_bytes(value, self.encodings, PN_DELIMS if vr == "PN" else TEXT_VR_DELIMS)

    def _content(self, tag: BaseTag, vr: str, value: Any) -> str | tuple[Any, ...] | bytes | None:
        if isinstance(value, Sequence):
            return tuple(Level(item, self) for item in value)
        if value is None or (isinstance(value, str | bytes | list | MultiValue) and not value):
            return None
        if vr in BYTES or vr.startswith("OB or"):
            return (
                value if isinstance(value, str) else bytes(value.getbuffer() if hasattr(value, "getbuffer") else value)
            )
        if isinstance(value, bytes | bytearray):
            return bytes(value)
        values = list(value) if isinstance(value, list | tuple | MultiValue) else [value]
        if vr == "AT":
            return tuple(int(Tag(one)) for one in values)
        if vr in NUMBERS or " or " in vr:
            return tuple(float(one) if vr in ("FL", "FD") else int(one) for one in values)
        return "\\".join(_written(one) for one in values) or None


@lru_cache(4096)
def _plain(tag: int, vr: str, value: bytes) -> Stored | None:
    """Return an element whose bytes say all there is to it; None of one that has to be looked at in its data set."""
    if tag >> 16 & 1 or tag == _CHARACTER_SET or len(value) > _LONGEST_PLAIN:
        return None
    if not value and (vr in NUMBERS or vr in _TEXT):
        return Stored(tag, vr, "", None, 0)
    if vr in NUMBERS:
        content, problem = _numbers(vr, value, "<")
        return Stored(tag, vr, "", content, len(value), problem)
    if vr in _TEXT and value.isascii() and b"\x1b" not in value:
        return Stored(tag, vr, "", str(value, "ascii"), len(value))
    return None


def _numbers(vr: str, value: bytes, order: str) -> tuple[tuple[Any, ...] | bytes, str]:
    code = NUMBERS[vr]
    count, rest = divmod(len(value), struct.calcsize("<" + code))
    if rest:
        return bytes(value), f"{len(value):,} bytes are no whole number of {vr} values"
    numbers = struct.unpack(f"{order}{count * len(code)}{code[0]}", value)
    if vr == "AT":
        return tuple(g << 16 | e for g, e in zip(numbers[::2], numbers[1::2], strict=True)), ""
    return numbers, ""


def _written(value: Any) -> str:
    """Return one value as it was, or would be, written: numbers as text keep theirs."""
    original = getattr(value, "original_string", None)
    if isinstance(original, str):
        return original
    if isinstance(value, date):  # a datetime is one too
        return value.strftime("%Y%m%d%H%M%S.%f%z" if isinstance(value, datetime) else "%Y%m%d")
    if isinstance(value, time):
        return value.strftime("%H%M%S.%f")
    return "" if value is None else str(value)
