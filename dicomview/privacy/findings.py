"""What stands in the way of sharing, one row each, in words that quote no value."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["KINDS", "Finding", "table_of"]

KINDS = {
    "residual": "a value that should be gone is found in the bytes",
    "coincidence": "a description or date that should be gone equals one that is kept; it does not stand in the way",
    "not removed": "an element is there that the plan removes or empties",
    "altered": "an element differs that the plan keeps",
    "identifier": "UIDs or patients do not stand one for one for those of the source",
    "reference": "a reference leads to a file that was copied, and no longer finds it",
    "pixels": "pixel data differ from those of the source where they should not",
    "marker": "the file does not say, or says wrongly, how it was de-identified",
    "wrapping": "preamble, file meta information or bytes after the data set hold something",
    "missing": "a file that the plan copies is not there",
    "unexpected": "a file is there that the plan does not write",
    "source": "a file of the source is not what it was when it was copied",
    "burned in": "names may be written into the pictures: look, then black them out or say that you have looked",
}
_HARMLESS = {"coincidence"}


class Finding(NamedTuple):
    """One thing found.

    Attributes
    ----------
    kind : str
        A key of `KINDS`.
    file : str
        Path of the copy; of several, the first.
    path : str
        Of the element.
    detail : str
        Which spelling and encoding, which rule; never a value.
    offset : int
        Byte in the file; -1 where it is not one.
    """

    kind: str
    file: str
    path: str
    detail: str
    offset: int = -1

    @property
    def id(self) -> str:
        """What the finding is named by when somebody has reviewed it; the same in every run with the same key."""
        return hashlib.sha256(repr(self[:4]).encode()).hexdigest()[:10]


def table_of(findings: Iterable[Finding], reviewed: Mapping[str, str]) -> pd.DataFrame:
    """Return findings as a table, those that are open first."""
    rows = []
    for one in dict.fromkeys(findings):
        status = "harmless" if one.kind in _HARMLESS else "reviewed" if one.id in reviewed else "open"
        rows.append((one.id, status, one.kind, one.file, one.path, one.detail, one.offset, reviewed.get(one.id, "")))
    columns = ["id", "status", "kind", "file", "path", "detail", "offset", "remark"]
    table = pd.DataFrame(rows, columns=columns)
    rank = table["status"].map({"open": 0, "reviewed": 1, "harmless": 2})
    return table.iloc[rank.argsort(kind="stable")].drop_duplicates("id", ignore_index=True)
