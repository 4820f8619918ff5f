"""The table of the elements of one slice: what is in sight is on the page, and a step sends what is new in it.

It is our own because none that is well kept does this. itables 2.9.1 works offline and escapes HTML, but takes the
whole table as a trait, which a saved notebook keeps, has no marks, and draws all of it anew for each slice: of 3,046
rows it showed 583 (its limit) 1.3 s after a step and searched them in 30 to 210 ms a letter, on a busy machine where
this table shows all 3,046 after 0.05 s (0.17 s when it jumps) and searches them in 1 to 6 ms.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import traitlets

from dicomview.elements import COLUMNS
from dicomview.objects import value_words
from dicomview.views.part import Part, assembled, style

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dicomview.elements import Row

__all__ = ["TagTable", "shown_row"]

_LONGEST = 500  # characters of a value on the page; `dicomview.tags` has all of it
_AS_WRITTEN = ("AS", "DA", "DT", "TM")
_PLACE = {name: place for place, name in enumerate(COLUMNS)}
_VALUE, _PROBLEM = 4, 5

Shown = tuple[str, str, str, str, str, str]


def shown_row(row: Row) -> Shown:
    """Return path, tag, name, VR, value and problem of an element, as the page shows them."""
    path, tag, name, creator, vr, value, meaning, raw, problem = (
        row[_PLACE[column]] for column in ("path", "tag", "name", "creator", "vr", "value", "meaning", "raw", "problem")
    )
    words = (raw or "") if value is None or vr in _AS_WRITTEN else value_words(value)
    if len(words) > _LONGEST:
        words = f"{words[:_LONGEST]}… ({len(words):,} characters)"
    if meaning:
        words = f"{words} ({meaning})"
    return path, tag, " ".join(filter(None, (name, creator))), vr, words, problem or ""


class TagTable(Part):
    """Rows of elements to search through and to choose from.

    Attributes
    ----------
    selected : str
        Path of the chosen row, empty when there is none; settable and observable.

    Notes
    -----
    Rows are messages and never traits: a saved notebook holds none of them.
    """

    _esm = assembled("icons", "elements", "call", "table")
    _css = style("browser")

    selected = traitlets.Unicode()

    def __init__(self, **traits: Any) -> None:
        self._lock = threading.Lock()  # rows come from a worker, questions from the page
        self._rows: list[Shown] = []
        self._paged = False  # whether a page has ever shown it
        self._told: list[Shown] | None = None  # what the page has
        self._step: dict[str, Any] = {}
        self._plot: tuple[dict[str, Any], list[bytes]] = {}, []
        super().__init__(**traits)
        self.on_msg(self._on_message)

    def show(self, rows: Sequence[Shown], marked: Iterable[int], *, place: str, at: int) -> None:
        """Show the rows of a slice.

        Parameters
        ----------
        rows : sequence of Shown
            From `shown_row`.
        marked : iterable of int
            Which of them differ from the slice before.
        place : str
            Which slice it is, in words.
        at : int
            Zero-based, along the plot.
        """
        with self._lock:
            self._rows = list(rows)
            self._step = {"marked": sorted(marked), "place": place, "at": at}
            self._tell()

    def draw(self, words: str, plot: Mapping[str, float], png: bytes = b"") -> None:
        """Show a plot under the table, or words alone; `plot` says where in it the first and the last slice are."""
        with self._lock:
            self._plot = {"kind": "plot", "words": words, **plot}, [png] if png else []
            if self._paged:
                self.send(*self._plot)

    def _tell(self) -> None:
        """Tell the page, if there is one, of the rows: of those it has, what is new in them."""
        if not self._paged or not self._step:
            return
        told, self._told = self._told, self._rows
        if told is None or [row[:_VALUE] for row in told] != [row[:_VALUE] for row in self._rows]:
            self.send({"kind": "rows", "rows": self._rows, **self._step})
            return
        pairs = enumerate(zip(told, self._rows, strict=True))
        values = [(number, new[_VALUE], new[_PROBLEM]) for number, (old, new) in pairs if old != new]
        self.send({"kind": "step", "values": values, **self._step})

    @traitlets.observe("selected")
    def _choose(self, change: Any) -> None:
        self.send({"kind": "chosen", "path": change.new})

    def _on_message(self, _: TagTable, content: Mapping[str, Any], __: list[memoryview]) -> None:
        if content.get("kind") == "choose":
            self.selected = str(content["path"])
        elif content.get("kind") == "open":  # a page that has just come has nothing
            with self._lock:
                self._paged, self._told = True, None
                self._tell()
                self.send({"kind": "chosen", "path": self.selected})
                if self._plot[0]:
                    self.send(*self._plot)
