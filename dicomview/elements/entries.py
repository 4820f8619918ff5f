"""What the dictionaries say of an element."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from pydicom.datadict import get_entry, get_private_entry, keyword_for_tag
from pydicom.tag import Tag

__all__ = ["Entry", "entry_of"]


class Entry(NamedTuple):
    """What the dictionary says of an element.

    Parameters
    ----------
    keyword, name : str
        Empty where it has none.
    vr : str
        May be ambiguous, such as "US or SS"; empty when the element is unknown.
    vm : str
        Such as "1", "3" or "1-n"; empty when the element is unknown.
    address : str
        "(gggg,eeee)".
    """

    keyword: str
    name: str
    vr: str
    vm: str
    address: str

    @property
    def step(self) -> str:
        """What stands for the element in a path: its keyword, else its address."""
        return self.keyword or self.address


@lru_cache(8192)
def entry_of(number: int, creator: str = "") -> Entry:
    """Return what the dictionaries say of an element, of private ones by their creator.

    The elements of repeating groups (overlays, curves) have no keyword: it would name several of them.
    """
    tag, address = Tag(number), f"({number >> 16:04X},{number & 0xFFFF:04X})"
    try:
        if tag.is_private_creator:
            return Entry("", "Private Creator", "LO", "1", address)
        if tag.is_private:
            vr, vm, name, _ = get_private_entry(tag, creator)
            return Entry("", f"[{name}]", vr, vm, address)
        vr, vm, name, _, _ = get_entry(tag)
        return Entry(keyword_for_tag(tag), name, vr, vm, address)
    except KeyError:
        if tag.is_private:
            return Entry("", "Private tag data", "", "", address)
        return Entry("", *(("Group Length", "UL", "1") if tag.element == 0 else ("", "", "")), address)
