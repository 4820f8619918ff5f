"""Who the patient is: which elements say it, and whether they are shown.

Hidden are the attributes of PS3.15 Table E.1-1 that none of its Retain options lets stand: names, numbers, addresses,
free text, content trees. What an option keeps (dates, UIDs, device, institution, sex, age, size, weight) is shown.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Literal, get_args

from dicomview.elements.profile import rule_of
from dicomview.errors import UnknownChoice

__all__ = ["HIDDEN", "VARIABLE", "Identity", "hides", "identifies"]

Identity = Literal["show", "hide"]
HIDDEN = "(hidden)"
VARIABLE = "DICOMVIEW_IDENTITY"
_DOCUMENT_TITLE = 0x00420010  # free text, which the table has no row for


def hides(identity: Identity | None = None, source: object = None) -> bool:
    """Return True when identifiers are to be hidden.

    Parameters
    ----------
    identity : "show" or "hide", optional
        None for what the environment variable ``DICOMVIEW_IDENTITY`` says; "show" where it says nothing. Where the
        variable says "hide", an argument does not undo it: a teaching lab sets it once for every notebook.
    source : object, optional
        What is shown: a catalogue that hides them keeps hiding them, and what was taken out of it does.

    Raises
    ------
    UnknownChoice
        The argument or the variable is something else.
    """
    lab = os.environ.get(VARIABLE) or "show"
    for said, where in ((identity or "show", "identity"), (lab, f"the environment variable {VARIABLE}")):
        if said not in get_args(Identity):
            raise UnknownChoice(f'{where} is {said!r}; give "show" or "hide"')
    sources = source if isinstance(source, list | tuple) else (source,)
    return "hide" in (identity, lab, *(getattr(one, "identity", None) for one in sources))


@cache
def identifies(tag: int, vr: str) -> bool:
    """Return True when the element may tell who the patient is.

    Parameters
    ----------
    tag : int
    vr : str
        Every name of a person (PN) is hidden, whoever it is.

    Notes
    -----
    PS3.15 Table E.1-1 has a row for private attributes too: none is known to be safe, so all are hidden, except the
    creators that reserve their blocks, without which the table cannot be read.
    """
    if vr == "PN" or tag == _DOCUMENT_TITLE:
        return True
    if (tag >> 16) & 1:
        return not 0x10 <= tag & 0xFFFF <= 0xFF
    rule = rule_of(tag)
    return rule is not None and "K" not in rule.options.values()
