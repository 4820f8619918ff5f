"""What an object without a picture says, as words in order: a title, a tree, tables, an embedded file.

All text is as the file has it, not escaped: whoever shows it escapes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dicomview.errors import AlreadyThere

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Attachment", "Curves", "Document", "Node", "Table"]

_SUFFIXES = {
    "application/pdf": ".pdf",
    "text/xml": ".xml",
    "application/xml": ".xml",
    "model/stl": ".stl",
    "application/sla": ".stl",
    "model/obj": ".obj",
    "model/mtl": ".mtl",
}


@dataclass(frozen=True, slots=True)
class Node:
    """One line of a tree, and what is under it.

    Parameters
    ----------
    label, value : str
        What it is and what it says; either may be empty.
    children : tuple of Node or Table
    role : str
        How it belongs to the line above, where that is more than being a part of it: "has obs context" …
    """

    label: str
    value: str = ""
    children: tuple[Node | Table, ...] = ()
    role: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Lines of one kind: ROIs, control points, channels …

    Parameters
    ----------
    label : str
    columns : tuple of str
    rows : tuple of tuples of str
        Each as long as `columns`.
    left_out : int
        How many further rows there are in the file.
    """

    label: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: int = 0

    @property
    def heading(self) -> str:
        """The label with the number of rows."""
        left = f", {self.left_out} more not shown" if self.left_out else ""
        return f"{self.label} ({len(self.rows)}{left})"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that is embedded in the object.

    Parameters
    ----------
    content : bytes
    mime : str
        Its type as the file says, for example "application/pdf".
    """

    content: bytes = field(repr=False)
    mime: str = ""

    @property
    def suffix(self) -> str:
        """The suffix for its type, ".bin" for one that is not known."""
        return _SUFFIXES.get(self.mime.lower(), ".bin")

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the bytes to a new file and return its path.

        Raises
        ------
        AlreadyThere
            There is something at `path`; it is left as it is.
        """
        target = Path(path)
        try:
            with target.open("xb") as file:
                file.write(self.content)
        except (FileExistsError, IsADirectoryError):
            raise AlreadyThere(f"{target} is there already; nothing was written. Name a file that is new.") from None
        return target


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """The channels of one multiplex group of a waveform; PS3.3 C.10.9.

    Parameters
    ----------
    label : str
    rate : float
        Samples a second; 0 where the file does not say.
    names, units : tuple of str
        One for each channel; a unit is empty where the file gives none.
    values : (channels, samples) float32 array
        In those units; NaN where the file has padding.
    """

    label: str
    rate: float
    names: tuple[str, ...]
    units: tuple[str, ...]
    values: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Document:
    """An object without a picture, as what it is.

    Parameters
    ----------
    kind : str
        Its SOP class in words: "Comprehensive SR", "RT Plan" …
    title : str
        What the object calls itself; never who the patient is.
    nodes : tuple of Node or Table
    notes : tuple of str
        What a reader must know: the file ends too early, something is left out …
    attachment : Attachment, optional
    curves : tuple of Curves
    """

    kind: str
    title: str
    nodes: tuple[Node | Table, ...]
    notes: tuple[str, ...] = ()
    attachment: Attachment | None = None
    curves: tuple[Curves, ...] = ()

    @property
    def heading(self) -> str:
        """Kind and title in one line."""
        return " · ".join(part for part in (self.kind, " ".join(self.title.split())) if part)

    def outline(self) -> str:
        """Return all of it as plain text, two spaces deeper for each level."""
        lines = [self.heading, *(f"({note})" for note in self.notes)]
        for part in self.nodes:
            lines.extend(_lines(part, "  "))
        return "\n".join(lines)


def _lines(part: Node | Table, margin: str) -> Iterator[str]:
    deeper = margin + "  "
    if isinstance(part, Table):
        yield f"{margin}{part.heading}: {' | '.join(part.columns)}"
        for row in part.rows:
            yield deeper + " | ".join(" ".join(cell.split()) for cell in row)
        return
    label = " ".join(word for word in (part.role and f"[{part.role}]", part.label) if word)
    text = f"{label}: {part.value}" if label and part.value else label or part.value
    yield margin + text.replace("\n", f"\n{deeper}")
    for child in part.children:
        yield from _lines(child, deeper)
