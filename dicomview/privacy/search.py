"""Bytes searched for values that should be gone: any number of them in one pass.

Text in bytes is cut into runs of digits and of letters. A value is looked for where the first run of it turns up, and
counts when no further digit or letter adjoins it: "1234" is not in "91234", nor "Ali" in "Australia". Long names and
numbers with letters count within a word, too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from dicomview.privacy.terms import Kind, Term, encoded, spellings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["CODECS", "Hit", "Needles"]

CODECS = ("utf-8", "latin-1")
_WIDE = ("utf-16-le", "utf-16-be")
_RUN = re.compile(rb"[0-9]+|[a-z]+")
_PRINTED = re.compile(rb"[\x20-\x7e]{4,}")
_LONG_PRINTED = re.compile(rb"[\x20-\x7e]{8,}")
_UID = re.compile(rb"[0-2](?:\.[0-9]+){3,}")
_TWO_BYTES = {
    "utf-16-le": re.compile(rb"(?:[\x20-\x7e]\x00){4,}"),
    "utf-16-be": re.compile(rb"(?:\x00[\x20-\x7e]){4,}"),
}
_GLUED = {"name": 6, "identifier": 8}  # characters from which on a value is looked for within words as well
_SHORT_NUMBER = 8  # digits; shorter ones may be part of a decimal number
_WITH_TIME = 12  # digits: a date with the time after it


class Hit(NamedTuple):
    """A value found.

    Attributes
    ----------
    start, end : int
        Bytes, the end not included.
    kind : Kind
    source : str
        Path of the element that had the value, never the value.
    encoding : str
    """

    start: int
    end: int
    kind: Kind
    source: str
    encoding: str


class _Needle(NamedTuple):
    form: bytes
    ahead: int  # how many bytes of the form come before its first run
    kind: Kind
    source: str


class Needles:
    """Values to search for, each with the path of the element that it comes from."""

    def __init__(self) -> None:
        self._runs: defaultdict[bytes, dict[bytes, _Needle]] = defaultdict(dict)
        self._uids: dict[bytes, str] = {}
        self._others: dict[bytes, tuple[Kind, str, str]] = {}  # with letters beyond ASCII
        self._glued: dict[bytes, _Needle] = {}  # long enough to be found within a word
        self._terms: set[Term] = set()

    def __len__(self) -> int:
        return len(self._terms)

    def add(self, term: Term, source: str, codecs: Iterable[str] = ()) -> None:
        """Add a value; `codecs` are the encodings of its file besides the usual ones."""
        if term in self._terms:
            return
        self._terms.add(term)
        for text in spellings(term):
            if term.kind == "uid":
                self._uids.setdefault(text.encode("ascii", "replace"), source)
            elif text.isascii():
                form = text.lower().encode()
                run = _RUN.search(form)
                if run is not None:
                    needle = _Needle(form, run.start(), term.kind, source)
                    self._runs[run[0]].setdefault(form, needle)
                    if len(form) >= _GLUED.get(term.kind, len(form) + 1) and not form.isdigit():
                        self._glued.setdefault(form, needle)
            else:
                for codec in dict.fromkeys((*CODECS, *_WIDE, *codecs)):
                    for form in encoded(text, [codec]):
                        self._others.setdefault(form, (term.kind, source, codec))

    def hits(self, data: bytes, *, pixels: bool = False, shortest: int = 1) -> Iterator[Hit]:
        """Return where any of the values is found.

        Parameters
        ----------
        data : bytes
        pixels : bool
            The bytes are pixel values: what stands alone among them, and two bytes a letter, turn up by chance and are
            not searched.
        shortest : int
            Spellings of fewer bytes are not searched.
        """
        low = data.lower()
        yield from self._narrow(low, _LONG_PRINTED if pixels else _PRINTED, shortest)
        for form, (kind, source, codec) in self._others.items():
            if len(form) < shortest or (pixels and (len(form) < 8 or codec in _WIDE)):
                continue
            start = low.find(form)
            while start >= 0:
                yield Hit(start, start + len(form), kind, source, codec)
                start = low.find(form, start + 1)
        if not pixels:
            for needle in self._glued.values():
                start = low.find(needle.form)
                while start >= 0:
                    if not _stands(low, start, needle.form):
                        yield Hit(start, start + len(needle.form), needle.kind, needle.source, "ascii, in a word")
                    start = low.find(needle.form, start + 1)
            for codec, pattern in _TWO_BYTES.items():
                for match in pattern.finditer(low):
                    narrow = match[0][0::2] if codec == "utf-16-le" else match[0][1::2]
                    for hit in self._narrow(narrow, _PRINTED, shortest):
                        start, end = match.start() + 2 * hit.start, match.start() + 2 * hit.end
                        yield hit._replace(start=start, end=end, encoding=codec)

    def _narrow(self, low: bytes, printed: re.Pattern[bytes], shortest: int) -> Iterator[Hit]:
        for chunk in printed.finditer(low):
            if self._uids:
                for match in _UID.finditer(low, chunk.start(), chunk.end()):
                    source = self._uids.get(match[0])
                    if source is not None:
                        yield Hit(match.start(), match.end(), "uid", source, "ascii")
            for run in _RUN.finditer(low, chunk.start(), chunk.end()):
                text = run[0]
                for needle in self._runs.get(text, {}).values():
                    start = run.start() - needle.ahead
                    if len(needle.form) >= shortest and _stands(low, start, needle.form):
                        yield Hit(start, start + len(needle.form), needle.kind, needle.source, "ascii")
                if len(text) >= _WITH_TIME and text[:8] in self._runs and text.isdigit():
                    needle = self._runs[text[:8]].get(text[:8])  # type: ignore[assignment]
                    if needle is not None and needle.kind == "date":
                        yield Hit(run.start(), run.start() + 8, "date", needle.source, "ascii")


def _stands(low: bytes, start: int, form: bytes) -> bool:
    """Return True when the form is there and stands by itself."""
    end = start + len(form)
    if start < 0 or low[start:end] != form:
        return False
    before, after = low[max(start - 1, 0) : start], low[end : end + 1]
    if _joined(before, form[:1]) or _joined(form[-1:], after):
        return False
    if form.isdigit() and len(form) < _SHORT_NUMBER:
        ahead, behind = low[max(start - 2, 0) : start], low[end : end + 2]
        return not ((ahead[-1:] == b"." and ahead[:1].isdigit()) or (behind[:1] == b"." and behind[1:].isdigit()))
    return True


def _joined(one: bytes, other: bytes) -> bool:
    return (one.isdigit() and other.isdigit()) or (one.isalpha() and other.isalpha())
