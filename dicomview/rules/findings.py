"""The table of what was found: a DataFrame that shows itself in few words."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd
from pydicom.datadict import tag_for_keyword

from dicomview._html import Html, escaped, joined
from dicomview._html import table as html_table
from dicomview.elements import HIDDEN
from dicomview.rules.check import CHECKS, SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomview.rules.check import Check, Finding

__all__ = ["COLUMNS", "Findings", "Gathered"]

COLUMNS = (
    "check", "name", "severity", "level", "where", "tag", "path", "value", "expected", "message", "n", "files",
    "standard",
)  # fmt: skip
_MOST_VALUES = 3  # quoted of one row
_SHOWN = ("check", "severity", "message", "path", "value", "n", "files")
_LINES = 60
_LONGEST = 72
_SKIPPED = "not_looked_at"
_ASKED = "checks"


class Findings(pd.DataFrame):
    """A table of findings: a DataFrame in all it does, with a display that fits a screen.

    The display has the columns one reads; all others are there. ``findings.attrs["not_looked_at"]`` says which checks
    were left out, and how to have them; ``findings.attrs["checks"]`` has the ids of those that were not.
    """

    @property
    def _constructor(self) -> Callable[..., pd.DataFrame]:
        return Findings

    def __repr__(self) -> str:
        if not self._whole():
            return super().__repr__()
        rows = self._lines()
        widths = [max(len(row[place]) for row in [list(_SHOWN), *rows]) for place in range(len(_SHOWN))]
        lines = [self.title()]
        if rows:
            lines += [
                "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
                for row in [list(_SHOWN), *rows]
            ]
        return "\n".join([*lines, *self._more(), *self.notes()])

    def _repr_html_(self) -> str | None:
        if not self._whole():
            return super()._repr_html_()  # type: ignore[misc, no-any-return]
        parts = [Html(f"<p><b>{escaped(self.title())}</b></p>")]
        if len(self):
            parts.append(html_table(_SHOWN, self._lines()))
        notes = [*self._more(), *self.notes()]
        parts += [Html(f'<p style="opacity:0.65;margin:0">{escaped(note)}</p>') for note in notes]
        return str(joined(parts))

    def _whole(self) -> bool:
        return self.columns.tolist() == list(COLUMNS)

    def title(self) -> str:
        """Return how many findings there are."""
        if not len(self):
            return "No findings"
        counts = Counter(self["severity"])
        words = [f"{counts[severity]} {_several(severity, counts[severity])}" for severity in reversed(SEVERITIES)]
        return f"{len(self)} {_several('finding', len(self))}: {', '.join(words)}"

    def asked(self, family: str) -> bool:
        """Return True when a check of this family was among those asked."""
        return any(known.startswith(family) for known in self.attrs.get(_ASKED, ()))

    def _more(self) -> list[str]:
        return [f"… and {len(self) - _LINES} more rows"] if len(self) > _LINES else []

    def _lines(self) -> list[list[str]]:
        rows = []
        for cells in self.head(_LINES)[list(_SHOWN)].itertuples(index=False):
            *first, number, files = cells
            more = f" + {len(files) - 1}" if len(files) > 1 else ""
            rows.append([*map(_short, first), str(number), _short(f"{files[0]}{more}" if files else "")])
        return rows

    def notes(self) -> list[str]:
        """Return what was not looked at, and where more is told."""
        notes = [f"Not looked at: {one}" for one in self.attrs.get(_SKIPPED, ())]
        return [*notes, 'dv.explain("…") says of a check why it matters and what to do'] if len(self) else notes


@dataclass(slots=True)
class _Row:
    """Findings that are the same but for the file."""

    quoted: dict[str, None] = field(default_factory=dict)
    expected: str = ""
    files: dict[str, None] = field(default_factory=dict)


class Gathered:
    """Findings as they come in; those that are the same but for the file become one row.

    Parameters
    ----------
    hide : bool
        Whether the names of files are to be hidden; they are counted all the same.
    """

    def __init__(self, *, hide: bool) -> None:
        self._hide = hide
        self._rows: defaultdict[tuple[str, str, str, str, str], _Row] = defaultdict(_Row)

    def keep(self, check: Check, finding: Finding, where: str = "", label: str = "") -> None:
        """Add what `check` has found, in the series `where` and the file `label` unless the finding says otherwise."""
        severity = finding.severity or check.severity
        row = self._rows[severity, check.id, finding.where or where, finding.path, finding.message]
        row.expected = finding.expected
        if finding.value:
            row.quoted.setdefault(finding.value)
        row.files.update(dict.fromkeys(finding.files or ([label] if label else [])))

    def table(self, asked: tuple[str, ...], not_looked_at: tuple[str, ...]) -> Findings:
        """Return all of it, the worst first; told are the ids of the checks, and what was left out."""
        cells: list[tuple[Any, ...]] = []
        for key in sorted(self._rows, key=lambda key: (-SEVERITIES.index(key[0]), *key[1:])):
            severity, number, where, path, message = key
            row, check = self._rows[key], CHECKS[number]
            values = list(row.quoted)
            more = len(values) - _MOST_VALUES
            value = ", ".join(values[:_MOST_VALUES]) + (f" and {more} more" if more > 0 else "")
            files = tuple(row.files)
            cells.append(
                (number, check.name, severity, check.level, where, _tag(path), path, value, row.expected, message,
                 len(files), (HIDDEN,) if files and self._hide else files, check.standard)
            )  # fmt: skip
        table = Findings(cells, columns=list(COLUMNS))
        table["severity"] = pd.Categorical(table["severity"], categories=list(SEVERITIES), ordered=True)
        table.attrs |= {_ASKED: asked, _SKIPPED: not_looked_at}
        return table


def _tag(path: str) -> str:
    """Return the tag of the element a path ends in, "(0028,1051)"; empty where it is none of the dictionary."""
    last = path.rsplit(".", 1)[-1]
    if last.startswith("("):
        return last
    number = tag_for_keyword(last) if last else None
    return "" if number is None else f"({number >> 16:04X},{number & 0xFFFF:04X})"


def _several(noun: str, count: int) -> str:
    return noun if count == 1 or noun == "info" else f"{noun}s"


def _short(cell: object) -> str:
    text = "".join(letter if letter.isprintable() else "\ufffd" for letter in str(cell))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
