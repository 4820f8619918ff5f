"""What a set of files says: each value once, the telling ones marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from dicomview.elements import rule_of
from dicomview.privacy.plan import opened
from dicomview.privacy.policy import policy_of
from dicomview.privacy.sources import locations_in
from dicomview.privacy.walk import Met, sop_class_of, texts, walk
from dicomview.progress import bar
from dicomview.quiet import quiet

if TYPE_CHECKING:
    from dicomview.privacy.sources import Protected

__all__ = ["inventory"]

_LONGEST = 200  # characters of a value that are shown
_MOST = 200  # values of one attribute; what has more is counted, as positions and UIDs of each slice are


@dataclass(slots=True)
class _Value:
    number: int
    example: str


def inventory(source: Protected, *, most: int = _MOST, progress: bool = True) -> pd.DataFrame:
    """Return each distinct value of each attribute, at any depth, once.

    Parameters
    ----------
    source : path, pydicom.Dataset, Catalog, Series, Stack, or a list of these
        Headers are read, pixel data are not.
    most : int
        Values listed of one attribute; of further ones one row says how often they occur.
    progress : bool

    Returns
    -------
    pandas.DataFrame
        path, tag, vr, value, count, example (a file), risk: "identifies" (the Basic Profile removes or replaces it, no
        option keeps it), "option" (an option may keep it), "text" (not in the table, and may hold anything), "" (none
        known). It holds what the files hold: confidential. The risky ones come first.

    Examples
    --------
    >>> dv.privacy.inventory("study")  # doctest: +SKIP
    """
    policy = policy_of("basic", (), bytes(16), (), (), {})
    found: dict[tuple[str, int, str, str], dict[str, _Value]] = {}
    more: dict[tuple[str, int, str, str], _Value] = {}
    for location in bar(locations_in(source), "Reading values", "file", show=progress):
        with quiet():
            dataset = opened(location)[1]
            for one in () if dataset is None else walk(dataset, policy, sop_class_of(dataset)):
                if one.element is None or one.element.VR == "SQ":
                    continue
                key = (one.path, one.tag, one.element.VR, _risk(one))
                values = found.setdefault(key, {})
                shown = _shown(one)
                if shown in values:
                    values[shown].number += 1
                elif len(values) < most:
                    values[shown] = _Value(1, location.label)
                else:
                    more.setdefault(key, _Value(0, location.label)).number += 1
    rows = []
    for key, values in found.items():
        rows += [(key, text, value) for text, value in values.items()]
        if key in more:
            rows.append((key, "(further values)", more[key]))
    rank = {"identifies": 0, "option": 1, "text": 2, "": 3}
    rows.sort(key=lambda row: (rank[row[0][3]], row[0][0]))
    return pd.DataFrame(
        [
            (path, f"({tag >> 16:04X},{tag & 0xFFFF:04X})", vr, text, value.number, value.example, risk)
            for (path, tag, vr, risk), text, value in rows
        ],
        columns=["path", "tag", "vr", "value", "count", "example", "risk"],
    )


def _risk(one: Met) -> str:
    action = one.decision.action
    if action in ("keep", "items"):
        return "text" if one.element is not None and one.element.VR in ("LO", "SH", "CS", "OB", "UN") else ""
    rule = rule_of(one.tag)
    return "option" if rule is not None and "K" in rule.options.values() else "identifies"


def _shown(one: Met) -> str:
    assert one.element is not None
    if isinstance(one.element.value, bytes):
        return f"({len(one.element.value):,} bytes)"
    text = "\\".join(texts(one.element))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"
