"""How much an attribute is needed: its Type in the object and the sequence it stands in (PS3.5 7.4)."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from importlib.resources import files

__all__ = ["is_known", "type_of"]


def type_of(sop_class: str, parent: str, keyword: str) -> int:
    """Return 1, 2 or 3 for an attribute whose action in PS3.15 Table E.1-1 hangs on its Type.

    Parameters
    ----------
    sop_class : str
        SOPClassUID of the object.
    parent : str
        Keyword of the sequence whose item the attribute is in; empty at the top.
    keyword : str

    Notes
    -----
    The strictest Type of all modules that have the attribute there; 1C counts as 1 and 2C as 2, because it is there, so
    that its condition is met. Where the standard does not place it, it is an extension, and may go: 3.
    """
    iods, known = _table()
    found = known["in" if parent else "top"].get(keyword, {})
    return found.get(parent or iods.get(sop_class, ""), found.get("*", 3) if parent or sop_class in iods else 3)


def is_known(sop_class: str) -> bool:
    """Return True for the SOP Classes whose Types are known."""
    return sop_class in _table()[0]


@cache
def _table() -> tuple[dict[str, str], dict[str, dict[str, dict[str, int]]]]:
    iods: dict[str, str] = {}
    known: dict[str, dict[str, dict[str, int]]] = {"top": defaultdict(dict), "in": defaultdict(dict)}
    for line in files("dicomview.privacy").joinpath("types.txt").read_text("ascii").splitlines():
        if line.startswith("#"):
            continue
        word, name, *rest = line.split()
        if word == "iod":
            iods.update(dict.fromkeys(rest, name))
        else:
            known[word][name].update(dict.fromkeys(rest[1:], int(rest[0][0])))
    return iods, known
