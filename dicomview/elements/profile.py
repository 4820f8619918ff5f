"""PS3.15 Table E.1-1: what a de-identifier does with an attribute, by the Basic Profile and by each option.

`profile.txt` holds the table; ``tests/identifiers.py`` makes it and says where it comes from.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple

__all__ = ["Rule", "edition", "rule_of", "rules"]


class Rule(NamedTuple):
    """One row of the table.

    Attributes
    ----------
    action : str
        Of the Basic Profile: "D", "Z", "X", "U", or several with a stroke between them, of which the Type of the
        attribute picks one.
    options : dict of str to str
        "K" (keep) or "C" (clean) under the short name of an option: "uids", "full_dates", "descriptors" …
    """

    action: str
    options: dict[str, str]


@cache
def edition() -> str:
    """Return the edition of the standard that the table is of, such as "2026d"."""
    return _text().split("edition ", 1)[1].split(".", 1)[0]


@cache
def rules() -> dict[str, Rule]:
    """Return every row under its tag in eight hexadecimal digits, x for any digit; private attributes are no row."""
    found = {}
    for line in _text().splitlines():
        if not line.startswith("#"):
            tag, _, action, *options = line.split()
            found[tag] = Rule(action, dict(option.split("=") for option in options))
    return found


@cache
def rule_of(tag: int) -> Rule | None:
    """Return the row of an attribute, also of one in a repeating group; None when it is not in the table."""
    digits = f"{tag:08X}"
    rows = (rules().get(key) for key in (digits, f"{digits[:2]}xx{digits[4:]}", f"{digits[:2]}xxxxxx"))
    return next((row for row in rows if row is not None), None)


def _text() -> str:
    return files("dicomview.elements").joinpath("profile.txt").read_text("ascii")
