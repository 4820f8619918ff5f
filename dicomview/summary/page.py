"""The page: HTML by hand, every word in it escaped; style and script are in it, and it loads nothing."""

from __future__ import annotations

import base64
from importlib.resources import files
from typing import TYPE_CHECKING

from dicomview._html import Html, escaped, joined
from dicomview.rules import explain
from dicomview.summary.facts import PRIVACY, of_privacy

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from dicomview.rules import Findings
    from dicomview.summary.facts import Line
    from dicomview.summary.spread import Spread

__all__ = ["page_of"]

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{title}</title><style>{style}</style></head><body>
"""
_MOST_ROWS = 2000  # of findings
_MOST_FILES = 20  # named in a row


def page_of(
    title: str,
    *,
    made: str,
    totals: Sequence[tuple[str, str]],
    lines: Sequence[Line],
    findings: Findings,
    spreads: Sequence[Spread],
    hide: bool,
) -> str:
    """Return the page.

    Parameters
    ----------
    title, made : str
        What it is about; when and with what it was made.
    totals : sequence of (str, str)
    lines : sequence of Line
    findings : Findings
    spreads : sequence of Spread
    hide : bool
        Whether names of files are left away, which the findings then do not have either; the other parts come without
        identity already.
    """
    places = {line.uid: number for number, line in reversed(list(enumerate(lines, start=1)))}
    private = of_privacy(findings)
    told = (
        f"{_several(len(findings), 'finding')}: errors, warnings and notes (info) are those under Findings; those of "
        "privacy stand under Privacy and are counted nowhere else."
    )
    bars = "Counted are series; verdict, slices, distance and matrix are those of the main stack of each."
    sections = [
        _section("totals", "Totals", joined([_tiles(totals), _dim(told)])),
        _section("series", "Series", _series(lines, places, findings=int((~private).sum()))),
        _section("findings", "Findings", _findings(findings[~private], places, hide=hide)),
        _section("distributions", "Distributions", joined([_dim(bars), *map(_bars, spreads)])),
        _section("privacy", "Privacy", _privacy(findings[private], asked=findings.asked(PRIVACY), hide=hide)),
    ]
    names = ("Totals", "Series", "Findings", "Distributions", "Privacy")
    links = joined(Html(f'<a href="#{name.lower()}">{name}</a>') for name in names)
    notes = joined(Html(f"<p>Not looked at: {escaped(one)}</p>") for one in findings.attrs.get("not_looked_at", ()))
    foot = (
        "<footer><p>All of this page is in its one file; it loads nothing and sends nothing. Made by dicomview, for "
        "research and teaching; not for diagnosis.</p></footer>"
    )
    static = files("dicomview.summary").joinpath("static")
    style, script = (static.joinpath(name).read_text("utf-8") for name in ("report.css", "report.js"))
    return (
        f"{_HEAD.format(title=escaped(title), style=style)}<header><h1>{escaped(title)}</h1>"
        f'<p class="dim">{escaped(made)}</p><nav>{links}</nav></header><main>{joined(sections)}</main>'
        f"{notes}{foot}<script>{script}</script></body></html>\n"
    )


def _section(name: str, title: str, inside: Html) -> Html:
    return Html(f'<section id="{name}"><h2>{title}</h2>{inside}</section>')


def _dim(words: str) -> Html:
    return Html(f'<p class="dim">{escaped(words)}</p>')


def _tiles(totals: Iterable[tuple[str, str]]) -> Html:
    tiles = joined(Html(f"<div><b>{escaped(value)}</b><span>{escaped(name)}</span></div>") for name, value in totals)
    return Html(f'<div class="tiles">{tiles}</div>')


def _table(columns: Sequence[str], rows: Iterable[tuple[str, Sequence[Html]]]) -> Html:
    """Return a table; each row has attributes of its own, each cell the name of its column for narrow screens."""
    head = joined(Html(f"<th>{escaped(name)}</th>") for name in columns)
    body = []
    for attributes, cells in rows:
        inside = joined(
            Html(f'<td data-name="{escaped(name)}">{cell}</td>') for name, cell in zip(columns, cells, strict=True)
        )
        body.append(Html(f"<tr{attributes}>{inside}</tr>"))
    return Html(f"<table><thead><tr>{head}</tr></thead><tbody>{joined(body)}</tbody></table>")


def _series(lines: Sequence[Line], places: dict[str, int], *, findings: int) -> Html:
    if not lines:
        return Html("<p>There is no series.</p>")
    rows: list[tuple[str, Sequence[Html]]] = []
    titled = any(line.title for line in lines)
    for number, line in enumerate(lines, start=1):
        words = f"{line.modality} {line.size}"
        png = base64.b64encode(line.png).decode()
        shown = (
            Html(f'<img alt="{escaped(words)}" src="data:image/png;base64,{png}">')
            if png
            else Html(f'<span class="dim">{escaped(line.note)}</span>')
        )
        verdict = Html(f'<span class="{"sound" if line.sound else "warning"} plain">{escaped(line.verdict)}</span>')
        faults = ", ".join(_several(count, noun) for count, noun in _faults(line) if count) or "none"
        if (counted := places[line.uid]) != number:  # another stack, or another study with a series of this UID
            faults = f"as in row {counted}" if line.first else "as above"
        cells = {
            "number": escaped(number), "picture": shown, "modality": escaped(line.modality),
            "title": escaped(line.title), "size": escaped(line.size), "verdict": verdict,
            "files": escaped(line.files if line.first else ""),
            "findings": escaped(faults),
        }  # fmt: skip
        if not titled:
            del cells["title"]
        rows.append((f' id="s{number}"' if line.first else "", list(cells.values())))
    others = findings - sum(count for line in lines for count, _ in _faults(line))
    told = f"{_several(sum(line.files for line in lines), 'file')} in these series."
    if others:
        told += f" {_several(others, 'further finding')}, of studies, patients or files of no series: see Findings."
    return joined([_table(list(cells), rows), _dim(told)])


def _faults(line: Line) -> tuple[tuple[int, str], ...]:
    return (line.errors, "error"), (line.warnings, "warning"), (line.notes, "note")


def _several(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _findings(findings: pd.DataFrame, places: dict[str, int], *, hide: bool) -> Html:
    if not len(findings):
        return Html("<p>No findings.</p>")
    parts = [
        Html(
            '<form id="filter" hidden><input type="search" placeholder="filter: words, ids, keywords" '
            'aria-label="filter findings">'
            + "".join(
                f'<label><input type="checkbox" value="{name}" checked>{name}</label>'
                for name in ("error", "warning", "info")
            )
            + '<output aria-live="polite"></output></form>'
        )
    ]
    shown = findings.head(_MOST_ROWS)
    for (check, severity), rows in shown.groupby(["check", "severity"], sort=False, observed=True):
        told = explain(str(check))
        words = f"{check} {told.name.replace('_', ' ')} · {len(rows)}"
        reasons = joined(
            Html(f"<p>{name}{escaped(text)}</p>")
            for name, text in (
                ("", told.rule), ("<b>Why</b> ", told.why), ("<b>What to do</b> ", told.todo),
                ("<b>Standard</b> ", told.standard),
            )
            if text
        )  # fmt: skip
        cells = [("", _cells(row, places, hide=hide)) for row in rows.itertuples(index=False)]
        table = _table(("where", "message", "element", "value", "expected", "files"), cells)
        parts.append(
            Html(
                f'<details class="check" data-severity="{escaped(severity)}"><summary>{_level(severity)} '
                f"{escaped(words)}</summary>{reasons}{table}</details>"
            )
        )
    if len(findings) > _MOST_ROWS:
        parts.append(Html(f"<p>… and {len(findings) - _MOST_ROWS:,} more rows: dv.audit(source)</p>"))
    return joined(parts)


def _cells(row: tuple[object, ...], places: dict[str, int], *, hide: bool) -> tuple[Html, ...]:
    one = row._asdict()  # type: ignore[attr-defined]
    number = places.get(one["where"])
    where = Html(f'<a href="#s{number}">series {number}</a>') if number else escaped(one["where"])
    element = " ".join(filter(None, (one["path"], one["tag"])))
    return (
        where,
        escaped(one["message"]),
        escaped(element),
        escaped(one["value"]),
        escaped(one["expected"]),
        _named(one["n"], one["files"], hide=hide),
    )


def _level(severity: object) -> Html:
    return Html(f'<span class="{escaped(severity)}">{escaped(severity)}</span>')


def _named(count: int, labels: Sequence[str], *, hide: bool) -> Html:
    """Return how many files, and which unless that is to be hidden: people name folders after patients."""
    if hide or not labels:
        return escaped(count or "")
    names = ", ".join(labels[:_MOST_FILES]) + (" …" if len(labels) > _MOST_FILES else "")
    return Html(f"<details><summary>{count}</summary>{escaped(names)}</details>")


def _bars(spread: Spread) -> Html:
    most = max(count for _, count in spread.bars)
    bars = joined(
        Html(
            f'<div class="bar"><span>{escaped(label)}</span><i style="width:{100 * count / most:.1f}%"></i>'
            f"<b>{count:,}</b></div>"
        )
        for label, count in spread.bars
    )
    do = "does" if spread.missing == 1 else "do"
    missing = f'<p class="dim">{spread.missing:,} series {do} not say</p>' if spread.missing else ""
    return Html(f"<figure><figcaption>{escaped(spread.name)}</figcaption>{bars}{missing}</figure>")


def _privacy(findings: pd.DataFrame, *, asked: bool, hide: bool) -> Html:
    if not asked:
        return Html(
            "<p>Whether these files are safe to give away was not asked: sharing=True asks it, in a shell "
            "dicomview audit --sharing.</p>"
        )
    said = "<p>What would be given away with the files. Values are never quoted, here or elsewhere on this page.</p>"
    if hide:
        said += (
            "<p>This page shows no names of files, no descriptions, and no pictures into which text may be written. "
            "Small pictures of the others, dates as years and UIDs are in it: look at it before you share it.</p>"
        )
    else:
        said += "<p><b>This page shows names of files and descriptions of series: it is not for sharing.</b></p>"
    if not len(findings):
        return Html(f"{said}<p>No findings. That is no proof that nobody can be recognised.</p>")
    alike = findings.groupby(["check", "severity", "message", "path"], sort=False, observed=True)["n"]
    grouped = alike.agg(["size", "sum"])
    rows = []
    for (check, severity, message, path), count, concerned in grouped.itertuples():
        cells = (
            escaped(check),
            _level(severity),
            escaped(message),
            escaped(path),
            escaped(count),
            escaped(concerned),
            escaped(explain(check).todo),
        )
        rows.append(("", cells))
    return Html(f"{said}{_table(('check', 'severity', 'message', 'element', 'findings', 'files', 'what to do'), rows)}")
