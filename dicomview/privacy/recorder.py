"""What a dry run has seen, as a table: each attribute, what happens to it, how often."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import pandas as pd
from pydicom.datadict import dictionary_description, dictionary_has_tag

from dicomview.privacy.actions import TEXT
from dicomview.privacy.clean import REPEATS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicomview.privacy.actions import Action
    from dicomview.privacy.subjects import Subject
    from dicomview.privacy.walk import Met

__all__ = ["Recorder"]

_COLUMNS = ("path", "tag", "name", "vr", "action", "rule", "elements", "files")
_WORDS = {
    "uid": "new UID",
    "shift": "move date",
    "describe": "reviewed words",
    "items": "clean items",
    "wordless": "remove texts",
}


class Recorder:
    """Counts what happens, and keeps the texts that would stay until all of a patient is known."""

    def __init__(self) -> None:
        self._rows: Counter[tuple[str, int, str, str, str]] = Counter()
        self._in_files: Counter[tuple[str, int, str, str, str]] = Counter()
        self._here: set[tuple[str, int, str, str, str]] = set()
        self._kept: defaultdict[tuple[str, str, str | bytes], Counter[str]] = defaultdict(Counter)
        self._identity = ""

    def begin(self, identity: str) -> None:
        """Begin a file of a patient."""
        self._identity, self._here = identity, set()

    def __call__(self, one: Met, action: Action, rule: str) -> None:
        """Count one element."""
        vr = "" if one.element is None else one.element.VR
        row = (one.path, one.tag, vr, action, rule)
        self._rows[row] += 1
        if row not in self._here:
            self._here.add(row)
            self._in_files[row] += 1

    def repeats(self, path: str, vr: str, values: list[str] | bytes) -> bool:
        """Keep a text that would stay; whether it repeats something is known only at the end."""
        text = values if isinstance(values, bytes) else "\n".join(values)
        if len(text) >= 4:
            self._kept[path, vr, text][self._identity] += 1
        return False

    def table(self, subjects: Mapping[str, Subject]) -> pd.DataFrame:
        """Return one row for each attribute and each thing that happens to it."""
        again: Counter[tuple[str, str]] = Counter()
        for (path, vr, text), found in self._kept.items():
            data = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
            for identity, number in found.items():
                if next(subjects[identity].telling.hits(data), None) is not None:
                    again[path, vr] += number
        rows = []
        for (path, tag, vr, action, rule), number in sorted(self._rows.items()):
            files, parts = self._in_files[path, tag, vr, action, rule], [(action, rule, number)]
            gone = again.get((path, vr), 0) if action == "keep" and not rule.startswith("empty already") else 0
            if gone:
                new = "dummy" if vr in TEXT else "remove"
                parts = [(action, rule, number - gone), (new, f"{REPEATS}; {rule}", gone)]
            name = dictionary_description(tag) if dictionary_has_tag(tag) else ""
            for does, why, count in parts:
                if count > 0:
                    written = f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
                    rows.append((path, written, name, vr, _WORDS.get(does, does), why, count, min(files, count)))
        return pd.DataFrame(rows, columns=list(_COLUMNS))
