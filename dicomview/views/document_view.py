"""What has no picture, in a notebook: trees that fold, tables, a link to what is embedded."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from dicomview import _html
from dicomview.errors import UnknownChoice
from dicomview.objects import Node, Table
from dicomview.views.curves import curves_png

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from pathlib import Path

    from dicomview._html import Html
    from dicomview.objects import Document

__all__ = ["DocumentView"]

_LINKED_BYTES = 4_000_000  # of an embedded file that a link in the notebook may hold
_OPEN_LINES = 120  # that many lines are unfolded at the beginning, about two screens
_OPEN_ROWS = 20  # of a table


class DocumentView:
    """Objects without a picture, as what they are; made by `view`.

    A notebook shows plain HTML, so a saved one shows it too, without a kernel. It then holds the text, the curves and,
    up to 4 MB, the embedded file behind the link: clear the output before you share it.

    Parameters
    ----------
    documents : sequence of Document
        At least one.
    embed : bool
        False keeps embedded files and the pictures of curves out of the page, and so out of a saved notebook.

    Attributes
    ----------
    documents : tuple of Document
    """

    def __init__(self, documents: Sequence[Document], *, embed: bool = True) -> None:
        self.documents, self.embed = tuple(documents), embed

    def __repr__(self) -> str:
        more = len(self.documents) - 1
        return f"DocumentView({self.document.heading}{f', {more} more' if more else ''})"

    @property
    def document(self) -> Document:
        """The first of the documents."""
        return self.documents[0]

    def save(self, path: str | os.PathLike[str], *, document: int | None = None) -> Path:
        """Write the embedded file (PDF, CDA, STL …) to a new file and return its path.

        Parameters
        ----------
        path : path
            Of a file that is not there yet.
        document : int, optional
            Zero-based place among `documents`, needed where several of them embed a file.

        Raises
        ------
        UnknownChoice
            No file is embedded, or several are and `document` does not say which.
        AlreadyThere
            There is something at `path`; it is left as it is.
        """
        found = {at: one.attachment for at, one in enumerate(self.documents) if one.attachment is not None}
        if document is None and len(found) == 1:
            (document,) = found
        attachment = None if document is None else found.get(document)
        if attachment is None:
            there = f"documents {', '.join(map(str, found))}" if found else "none of what this view shows"
            raise UnknownChoice(f"an embedded file is in {there}; choose with document=..., dv.tags lists all else")
        return attachment.save(path)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Return what a notebook shows, and what a terminal prints."""
        return {"text/html": self._repr_html_(), "text/plain": "\n\n".join(one.outline() for one in self.documents)}

    def _repr_html_(self) -> str:
        several = len(self.documents) > 1
        return _html.joined(
            _document(one, at if several else None, self.embed) for at, one in enumerate(self.documents)
        )


def _document(document: Document, place: int | None, embed: bool) -> Html:
    """Return one document under its heading; `place` is told where there are several."""
    depth = _open_depth(document.nodes)
    parts = [_html.leaf("", "", note) for note in document.notes]
    parts += [_link(document, place, embed)] if document.attachment is not None else []
    for curves in document.curves if embed else ():
        png, words = curves_png(curves)
        parts += [_html.leaf("", "", words), _html.picture(base64.b64encode(png).decode(), words)]
    parts += [_part(part, depth) for part in document.nodes]
    return _html.branch(document.kind, document.title, "", _html.joined(parts), opened=not place)


def _part(part: Node | Table, depth: int) -> Html:
    if isinstance(part, Table):
        folded = depth <= 0 or len(part.rows) > _OPEN_ROWS  # what comes behind a long table is not seen
        count = f"{len(part.rows)} rows" if folded else ""
        return _html.branch(part.heading, count, "", _html.table(part.columns, part.rows), opened=not folded)
    if not part.children:
        return _html.leaf(part.label, part.value, part.role)
    inside = _html.joined(_part(child, depth - 1) for child in part.children)
    return _html.branch(part.label, part.value, part.role, inside, opened=depth > 0)


def _open_depth(parts: Sequence[Node | Table]) -> int:
    """Return how many levels can be unfolded before there are too many lines to look at."""
    depth, lines = 0, 0
    while parts:
        lines += sum(len(part.rows) if isinstance(part, Table) else len(part.children) for part in parts)
        if lines > _OPEN_LINES:
            break
        depth += 1
        parts = [child for part in parts if isinstance(part, Node) for child in part.children]
    return depth


def _link(document: Document, place: int | None, embed: bool) -> Html:
    """Return a link that saves a copy; of a large file, the words that do."""
    attachment = document.attachment
    assert attachment is not None
    which = "" if place is None else f", document={place}"
    call = f'view.save("document{attachment.suffix}"{which})'
    if not embed or len(attachment.content) > _LINKED_BYTES:
        return _html.leaf("Save a copy", f"in Python: {call}{' (too large for a link)' if embed else ''}")
    encoded = base64.b64encode(attachment.content).decode()
    return _html.joined([_html.link("Save a copy", encoded, f"document{attachment.suffix}"), _html.leaf("", call)])
