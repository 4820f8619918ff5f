"""A document in the making, which ends somewhere whatever the file holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from pydicom.datadict import dictionary_description

from dicomview.objects.document import Node, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from dicomview.objects.items import Item

__all__ = ["Draft"]

NODES = 5_000
CHARACTERS = 1_000_000
_LONGEST = 20_000  # characters of one value
_DEEPEST = 40  # levels of sequences in sequences

# Control characters, and those that turn the direction of what follows: no text needs them, and a terminal obeys them.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

T = TypeVar("T")


class Draft:
    """What may still be said, counted down as nodes are made.

    Parameters
    ----------
    nodes : int
        How many nodes and rows of tables at most; the first that is left out says how many there are.
    characters : int
        How many characters of text at most.
    """

    def __init__(self, nodes: int = NODES, characters: int = CHARACTERS) -> None:
        self._nodes, self._characters, self._depth = nodes, characters, 0

    def text(self, value: object) -> str:
        """Return `value` as text with plain line breaks and no control characters, cut where it is too long."""
        whole = str(value)
        kept = whole[: min(_LONGEST, max(self._characters, 0))]
        self._characters -= len(kept)
        clean = _CONTROL.sub("\ufffd", kept.replace("\r\n", "\n").replace("\r", "\n"))
        return clean if len(kept) == len(whole) else f"{clean}… ({len(whole) - len(kept):,} more characters)"

    def node(self, label: object, value: object = "", children: Iterable[Node | Table] = (), role: str = "") -> Node:
        """Return a node with text that is safe to keep."""
        return Node(self.text(label), self.text(value), tuple(children), self.text(role))

    def each(self, items: Sequence[T], make: Callable[[T], Node]) -> tuple[Node, ...]:
        """Return a node for each item, as long as there is room; the last one says what is left out."""
        if items and self._depth >= _DEEPEST:
            return (Node("…", "deeper levels are not shown; dv.tags lists them"),)
        made: list[Node] = []
        self._depth += 1
        for place, item in enumerate(items):
            if self._nodes <= 0:
                made.append(Node("…", f"{len(items) - place:,} more not shown; dv.tags lists them"))
                break
            self._nodes -= 1
            made.append(make(item))
        self._depth -= 1
        return tuple(made)

    def table(
        self, label: str, columns: Sequence[str], items: Sequence[T], row: Callable[[T], Sequence[object]]
    ) -> tuple[Table, ...]:
        """Return a table with a row for each item, as long as there is room; no table where there are no items.

        Columns that are empty in all rows are left away.
        """
        kept = items[: max(self._nodes, 0)]
        self._nodes -= len(kept)
        rows = [tuple(self.text(cell) for cell in row(item)) for item in kept]
        used = [at for at in range(len(columns)) if any(cells[at] for cells in rows)]
        if not items:
            return ()
        picked = tuple(tuple(cells[at] for at in used) for cells in rows)
        return (Table(label, tuple(columns[at] for at in used), picked, len(items) - len(kept)),)

    def columns(self, label: str, columns: dict[str, str], items: Sequence[Item]) -> tuple[Table, ...]:
        """Return a table of elements; `columns` are keywords by their heading."""
        return self.table(label, tuple(columns), items, lambda one: [one.words(word) for word in columns.values()])

    def facts(self, item: Item, *keywords: str) -> tuple[Node, ...]:
        """Return a node for each element that has a value, named as in the dictionary of the standard."""
        told = [(dictionary_description(keyword), item.words(keyword)) for keyword in keywords]
        return self.each([fact for fact in told if fact[1]], lambda fact: self.node(*fact))

    def group(self, label: str, children: Iterable[Node | Table]) -> tuple[Node, ...]:
        """Return one node over the children, or nothing where there are none."""
        inside = tuple(children)
        return (self.node(label, "", inside),) if inside else ()
