"""What must not be found any more: the values that go, in the spellings and encodings they may come back in."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Kind", "Term", "is_telling", "kind_of", "spellings"]

Kind = Literal["name", "identifier", "date", "uid", "text"]

SHORTEST = 4  # letters; shorter texts are found everywhere
_IDEOGRAPHS = "\u2e80"  # from here on a character says as much as two letters
_NUMBERS = frozenset(
    {"DS", "IS", "FD", "FL", "SL", "SS", "SV", "UL", "US", "UV", "AT", "TM", "SQ", "OD", "OF", "OL", "OV"}
)
_NUMBER = re.compile(r"(?<!\d)\d{6,12}(?!\d)", re.ASCII)
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", re.ASCII)
_TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae", "œ": "oe"})
_ONE_LETTER = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ı": "i"})
# What people write into a field that they have nothing for; it says nothing of anybody.
_SAYS_NOTHING = frozenset({
    "none", "unknown", "other", "others", "null", "empty", "undefined", "unspecified", "default", "normal", "test",
    "anonymous", "anonymized", "deidentified", "removed", "male", "female", "true", "false",
    "patient", "hospital", "clinic", "doctor", "physician", "radiology",
})  # fmt: skip


class Term(NamedTuple):
    """One value that goes."""

    kind: Kind
    text: str


def kind_of(vr: str, *, described: bool) -> Kind | None:
    """Return what the values of a VR are searched as; None for numbers and times, which are found everywhere.

    Parameters
    ----------
    vr : str
    described : bool
        The attribute holds a description (PS3.15 Table E.1-1 has it in the column Clean Descriptors): it is searched
        as a whole, and words in it may stay elsewhere.
    """
    if vr in _NUMBERS:
        return None
    if vr in ("DA", "DT"):
        return "date"
    return {"PN": "name", "UI": "uid"}.get(vr, "text" if described else "identifier")  # type: ignore[return-value]


def is_telling(text: str) -> bool:
    """Return True when a text is long and particular enough to be searched."""
    folded = text.casefold().strip()
    letters = [character for character in folded if character.isalnum()]
    length = sum(1 + (character >= _IDEOGRAPHS) for character in letters)
    return length >= SHORTEST and len(set(letters)) > 1 and folded not in _SAYS_NOTHING


def spellings(term: Term) -> Iterator[str]:
    """Return the ways in which a term may be written, those too short to search left out."""
    found = _spellings(term)
    if term.kind == "name" and not term.text.isascii():
        found = [plain for text in found for plain in (text, *_plain(text))]
    return (text for text in dict.fromkeys(found) if term.kind == "date" or is_telling(text))


def _spellings(term: Term) -> Iterable[str]:
    text = term.text.strip(" \0")
    if term.kind == "name":
        yield from _names(text)
    elif term.kind == "date":
        yield from _dates(text)
    elif term.kind == "identifier":
        yield text
        bare = re.sub(r"[^\w]", "", text)
        if len(bare) >= 6:  # 123-45-678 is 12345678
            yield bare
        yield from (line.strip() for line in text.splitlines())
        # MRN-447193 is 447193; a date within a number is that of many, and a longer one a time of the clock.
        yield from (run for run in _NUMBER.findall(text) if not _DATE.fullmatch(run))
    elif term.kind == "text":
        yield from (line.strip() for line in text.splitlines())
    else:
        yield text


def _names(text: str) -> Iterable[str]:
    """Return a name whole, its groups, its words, and the first two components in the ways that people write them."""
    for group in text.split("="):
        yield group
        parts = [part.strip() for part in group.split("^") if part.strip()]
        yield " ".join(parts)
        if len(parts) > 1:
            family, given = parts[:2]
            yield from (f"{given} {family}", f"{family}, {given}", f"{family}_{given}", f"{family}{given}")
            yield f"{given}{family}"
        yield from re.split(r"[\W_]+", group)


def _plain(text: str) -> Iterator[str]:
    """Return a name as people write it who lack its letters: Müller is Mueller, and Muller."""
    low = text.casefold()
    for table in (_TWO_LETTERS, _ONE_LETTER):
        marked = unicodedata.normalize("NFD", unicodedata.normalize("NFC", low).translate(table))
        plain = "".join(letter for letter in marked if not unicodedata.combining(letter))
        if plain.isascii():
            yield plain


def _dates(text: str) -> Iterable[str]:
    match = re.match(r"(\d{4})\.?(\d\d)\.?(\d\d)", text)
    if match:
        year, month, day = match.groups()
        yield year + month + day
        yield from (f"{year}{mark}{month}{mark}{day}" for mark in "-:/.")
        yield from (f"{day}{mark}{month}{mark}{year}" for mark in "/.-")
        yield f"{month}/{day}/{year}"


def encoded(text: str, codecs: Iterable[str]) -> Iterator[bytes]:
    """Return a spelling in every encoding that can write it, composed and decomposed, ASCII letters small."""
    found = set()
    for form in ("NFC", "NFD"):
        written = unicodedata.normalize(form, text)
        for codec in codecs:
            try:
                found.add(written.encode(codec).lower())
            except (UnicodeEncodeError, LookupError):
                continue
    return iter(sorted(found))
