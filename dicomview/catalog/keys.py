"""What a reader may call an element: keyword, name, tag or path."""

from __future__ import annotations

import difflib
import re
from functools import cache
from typing import Any, NamedTuple

from pydicom.datadict import get_entry, keyword_dict, tag_for_keyword

from dicomview.elements import entry_of
from dicomview.errors import UnknownChoice

__all__ = ["FRAME", "Key", "address_of", "key_of", "key_or_none", "names_element"]

FRAME = -1  # as an item: that of the frame which is asked about

_ADDRESS = re.compile(r"\(?([0-9A-Fa-f]{4}),?\s?([0-9A-Fa-f]{4})\)?")
_STEP = re.compile(r"(?P<word>\w+|\([0-9A-Fa-f]{4},[0-9A-Fa-f]{4}\))(?:\[(?P<place>\d+|frame)\])?", re.ASCII)


class Key(NamedTuple):
    """The way to one element.

    Parameters
    ----------
    label : str
        The heading of its column: as it was asked for, for numbers the keyword or "(gggg,eeee)".
    steps : tuple of (tag, item)
        Items are zero-based, FRAME for the item of the frame that is asked about; that of the last step is None.
    """

    label: str
    steps: tuple[tuple[int, int | None], ...]

    @property
    def tag(self) -> int:
        """The element itself."""
        return self.steps[-1][0]


def address_of(key: Any) -> str | None:
    """Return "(gggg,eeee)" when `key` is a tag in numbers or so written, else None."""
    if isinstance(key, tuple) and len(key) == 2 and all(isinstance(part, int) for part in key):
        key = key[0] << 16 | key[1]
    if isinstance(key, int) and not isinstance(key, bool) and 0 <= key < 1 << 32:
        return f"({key >> 16:04X},{key & 0xFFFF:04X})"
    written = _ADDRESS.fullmatch(key) if isinstance(key, str) else None
    return f"({written[1]},{written[2]})".upper() if written else None


def key_or_none(word: Any) -> Key | None:
    """Return the element that is meant, None when `word` names no element; see `key_of`."""
    address = address_of(word)
    if address is not None:
        number = _number(address)
        return Key(entry_of(number).step, ((number, None),))
    if not isinstance(word, str):
        return None
    found = [_STEP.fullmatch(part) for part in word.split(".")]
    if all(found):
        tags = [_tag(part["word"]) for part in found if part]
        places = [_place(part["place"]) for part in found if part]
        if None not in tags and None not in places[:-1] and places[-1] is None:
            return Key(word, tuple(zip([tag for tag in tags if tag is not None], places, strict=True)))
    return Key(word, ((_names()[word], None),)) if word in _names() else None


def key_of(word: Any) -> Key:
    """Return the element that is meant.

    Parameters
    ----------
    word : str, int or (group, element)
        "PatientID", "Patient ID", 0x00100020, (0x0010, 0x0020), "(0010,0020)", "00100020" or a path of `tags`.

    Raises
    ------
    UnknownChoice
        It is none of these: a column of nothing would look like missing elements.
    """
    key = key_or_none(word)
    if key is not None:
        return key
    known = {name.casefold(): name for name in (*_names(), *keyword_dict)}
    close = [known[name] for name in difflib.get_close_matches(str(word).casefold(), known, n=3)]
    raise UnknownChoice(
        f"{word!r} is no DICOM keyword, name, tag or path; "
        + (f"did you mean {' or '.join(close)}?" if close else "dv.tags(source) lists those there are")
    )


def names_element(word: Any) -> bool:
    """Return True when `key_of` knows the word, or a name that differs in capital letters alone."""
    return key_or_none(word) is not None or str(word).casefold() in {name.casefold() for name in _names()}


def _tag(word: str) -> int | None:
    return _number(word) if word.startswith("(") else tag_for_keyword(word)


def _place(written: str | None) -> int | None:
    if written is None:
        return None
    return FRAME if written == "frame" else int(written)


def _number(address: str) -> int:
    return int(address[1:5] + address[6:10], 16)


@cache
def _names() -> dict[str, int]:
    """Return the tags by their names; of a name that was given twice, the one that is not retired."""
    entries = sorted(((get_entry(tag), tag) for tag in keyword_dict.values()), key=lambda entry: not entry[0][3])
    return {entry[2]: tag for entry, tag in entries if entry[2]}
