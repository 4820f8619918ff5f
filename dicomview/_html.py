"""HTML by hand, and every word in it escaped: trees that fold, and tables.

What is made here needs no JavaScript and no style sheet, so a saved notebook shows it too.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Html", "branch", "escaped", "joined", "leaf", "link", "picture", "table"]

Html = NewType("Html", str)
"""Text that is HTML already; mypy tells it from text that is yet to be escaped."""

_DIM = "opacity:0.65"
_CELL = "padding:0 1em 0 0;text-align:left;vertical-align:top;white-space:pre-wrap"
_INSIDE = "margin-left:1.3em"


def escaped(text: object) -> Html:
    """Return `text` as HTML that shows it letter by letter, whatever it holds; quotes are escaped too."""
    return Html(html.escape(str(text), quote=True))


def joined(parts: Iterable[Html]) -> Html:
    """Return the parts one after the other."""
    return Html("".join(parts))


def leaf(label: str, value: str = "", role: str = "") -> Html:
    """Return one line: a role in grey, a label in bold, a value with its line breaks."""
    return Html(f'<div style="white-space:pre-wrap">{_line(label, value, role)}</div>')


def branch(label: str, value: str, role: str, inside: Html, *, opened: bool) -> Html:
    """Return a line that folds away what is `inside`."""
    return Html(
        f'<details{" open" if opened else ""}><summary style="white-space:pre-wrap">{_line(label, value, role)}'
        f'</summary><div style="{_INSIDE}">{inside}</div></details>'
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Html:
    """Return a table with one line of headings."""
    head = joined(Html(f'<th style="{_CELL}">{escaped(name)}</th>') for name in columns)
    body = ""
    for row in rows:
        cells = joined(Html(f'<td style="{_CELL}">{escaped(cell)}</td>') for cell in row)
        body += f"<tr>{cells}</tr>"
    return Html(
        f'<table style="border-spacing:0;font-size:inherit"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    )


def link(words: str, encoded: str, name: str) -> Html:
    """Return a link that saves the base64 `encoded` bytes as a file called `name`.

    The type is that of bytes, whatever the file says of them, so that no browser opens them as a page.
    """
    address = f"data:application/octet-stream;base64,{encoded}"
    return Html(f'<a download="{escaped(name)}" href="{escaped(address)}">{escaped(words)}</a>')


def picture(encoded: str, words: str) -> Html:
    """Return a PNG, base64 `encoded`, with the words for those who cannot see it."""
    return Html(f'<img style="max-width:100%" alt="{escaped(words)}" src="data:image/png;base64,{escaped(encoded)}">')


def _line(label: str, value: str, role: str) -> str:
    parts = [f'<span style="{_DIM}">{escaped(role)}</span>'] if role else []
    parts += [f"<b>{escaped(label)}</b>"] if label else []
    return " ".join([*parts, *([escaped(value)] if value else [])])
