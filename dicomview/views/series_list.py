"""The list of stacks to choose from: a small picture, what it is, what the judge of the grid says."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import traitlets

from dicomview.views.part import Part, assembled, style

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Entry", "SeriesList"]

_KEPT = 256  # pictures


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list.

    Parameters
    ----------
    title, size, verdict : str
    sound : bool
        False where the verdict warns.
    picture : bool
        Whether there is a picture to be made of it.
    """

    title: str
    size: str
    verdict: str
    sound: bool
    picture: bool


class SeriesList(Part):
    """Lines to choose one of.

    Parameters
    ----------
    entries : sequence of Entry
    picture : callable (number: int) -> bytes
        Gives the small PNG of a line, none where it cannot be decoded; called in a thread of the list's own, one call
        at a time, for lines that are in sight on a page.
    beside : str
        What else there is, in words.

    Attributes
    ----------
    chosen : int
        Zero-based; settable and observable.

    Notes
    -----
    All that is shown is a message and never a trait: a saved notebook holds none of it.
    """

    _esm = assembled("icons", "elements", "call", "list")
    _css = style("browser")

    chosen = traitlets.Int()

    def __init__(
        self, entries: Sequence[Entry], picture: Callable[[int], bytes], *, beside: str = "", **traits: Any
    ) -> None:
        self.entries, self._picture, self._beside = tuple(entries), picture, beside
        self._lock = threading.Lock()
        self._made: OrderedDict[int, bytes] = OrderedDict()
        self._wanted: deque[int] = deque()
        self._busy = False
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="dicomview-thumbnails")
        super().__init__(**traits)
        self.on_msg(self._on_message)

    def close(self) -> None:
        """Take the list off every page and make no more pictures."""
        with self._lock:
            self._wanted.clear()
        self._worker.shutdown(wait=False, cancel_futures=True)
        super().close()

    @traitlets.validate("chosen")
    def _known(self, proposal: Any) -> int:
        number: int = proposal.value
        if not 0 <= number < len(self.entries):
            raise traitlets.TraitError(f"there is no line {number}; they run from 0 to {len(self.entries) - 1}")
        return number

    @traitlets.observe("chosen")
    def _choose(self, change: Any) -> None:
        self.send({"kind": "chosen", "number": change.new})

    def _on_message(self, _: SeriesList, content: Mapping[str, Any], __: list[memoryview]) -> None:
        if content.get("kind") == "open":
            entries = [asdict(entry) for entry in self.entries]
            self.send({"kind": "list", "entries": entries, "beside": self._beside, "number": self.chosen})
        elif content.get("kind") == "choose":
            self.chosen = int(content["number"])
        elif content.get("kind") == "pictures":
            self._want([int(number) for number in content["numbers"]])

    def _want(self, numbers: list[int]) -> None:
        """Make pictures of these lines from now on, and of no others: they are what is in sight."""
        with self._lock:
            self._wanted = deque(number for number in numbers if 0 <= number < len(self.entries))
            if self._busy or not self._wanted:
                return
            self._busy = True
        self._worker.submit(self._serve)

    def _serve(self) -> None:
        while True:
            with self._lock:
                if not self._wanted:
                    self._busy = False
                    return
                number = self._wanted.popleft()
            png = self._made.pop(number, None)
            self._made[number] = png = self._picture(number) if png is None else png
            if len(self._made) > _KEPT:
                self._made.popitem(last=False)
            self.send({"kind": "picture", "number": number}, buffers=[png] if png else [])
