"""Who the patient is: which elements say it, and whether they are shown.

Hidden are the attributes of PS3.15 Table E.1-1 that none of its Retain options lets stand: names, numbers, addresses,
free text, content trees. What an option keeps (dates, UIDs, device, institution, sex, age, size, weight) is shown,
where it is of the form its VR asks for.
"""

from __future__ import annotations

import os
import re
from functools import cache
from typing import TYPE_CHECKING, Literal, get_args

from pydicom.valuerep import AMBIGUOUS_VR, STANDARD_VR

from dicomview.elements.profile import rule_of
from dicomview.errors import UnknownChoice

if TYPE_CHECKING:
    from dicomview.elements.stored import Stored

__all__ = ["HIDDEN", "VARIABLE", "Identity", "fits", "fitting", "hides", "identifies", "tells"]

Identity = Literal["show", "hide"]
HIDDEN = "(hidden)"
VARIABLE = "DICOMVIEW_IDENTITY"
_DOCUMENT_TITLE = 0x00420010  # free text, which the table has no row for
_LINE, _LINES = r"[^\x00-\x1f\x7f-\x9f]", r"[^\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]"
_FORMS = {
    "AE": r"[ -~]{0,16}",
    "AS": r"(?:\d{3}[DWMY])?",
    "CS": r"[A-Z\d _]{0,16}",
    "DA": r"[\d. -]*",
    "DS": r"[\d+.eE -]*",
    "DT": r"[\d+. -]*",
    "IS": r"[\d+ -]*",
    "LO": rf"{_LINE}{{0,64}}",
    "LT": rf"{_LINES}{{0,10240}}",
    "SH": rf"{_LINE}{{0,16}}",
    "ST": rf"{_LINES}{{0,1024}}",
    "TM": r"[\d:. -]*",
    "UC": rf"{_LINE}*",
    "UI": r"[\d.]{0,64}",
    "UR": r"[!-~ ]*",
    "UT": rf"{_LINES}*",
}  # of a number or a date the letters alone: with them nothing can be told
_VRS = {vr.value for vr in STANDARD_VR | AMBIGUOUS_VR}
_MATCHES = {vr: re.compile(form, re.ASCII).fullmatch for vr, form in _FORMS.items()}


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


def fits(vr: str, text: str) -> bool:
    """Return True when text is made of values that its VR allows (PS3.5 6.2), padded or not.

    What is not may be anything: where a length is wrong, an element has swallowed the ones behind it, the patient's
    name among them. It is therefore hidden as well where identity is. So is a CS with lower-case letters, however
    harmless most are: codes of programs have none, and what a person has typed there may be a name.

    Parameters
    ----------
    vr : str
        Of one that is no text, everything fits; of what is none of the standard's, nothing.
    text : str
        Several values have a backslash between them.
    """
    matches = _MATCHES.get(vr)
    if matches is None:
        return vr in _VRS
    return bool(matches(text)) or all(matches(part.strip(" \0")) for part in text.split("\\"))


def tells(stored: Stored) -> bool:
    """Return True when an element is hidden where identity is: it `identifies`, or its text does not fit its VR."""
    content = stored.content
    return identifies(stored.tag, stored.vr) or (isinstance(content, str) and not fits(stored.vr, content))


def fitting(vr: str, text: str, *, hide: bool) -> str:
    """Return text as it is shown; where identity is hidden "(hidden)" in place of what does not fit its VR."""
    return HIDDEN if hide and not fits(vr, text) else text
