"""The picture in a notebook: Python's half of the canvas, which hands out slices as the browser asks for them.

The browser half is in ``static``. It holds slices of stored values, applies the window and reports gestures, so
Python is asked once for a slice and never for a step of a window.
"""

from __future__ import annotations

import functools
import math
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

import traitlets

from dicomview.turns import quick_turns
from dicomview.views.part import Part, assembled, style
from dicomview.views.shipment import Wish, shipment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dicomview.views.shipment import Shipment, Source

__all__ = ["Canvas", "module_text", "style_text", "wanted_since"]

_PARTS = (
    "window",
    "packing",
    "slices",
    "wants",
    "line",
    "store",
    "links",
    "painter",
    "pose",
    "cine",
    "gestures",
    "icons",
    "elements",
    "drawing",
    "page",
    "shapes",
    "measures",
    "tools",
    "hand",
    "words",
    "view",
    "canvas",
)  # each knows only those before it

_last_want = [-math.inf]  # when a page asked for slices of any canvas
_WORDS = 500  # letters of an error that are shown
_LINGER = 0.5  # seconds that an answering thread stays: under a moving hand the next want is soon here


@functools.cache
def module_text(*more: str) -> str:
    """Return the browser half as one ES module.

    Parameters
    ----------
    *more : str
        Parts that only some pages need.
    """
    return assembled(*_PARTS, *more)


def wanted_since() -> float:
    """Return how long no page has asked for slices of any canvas, in seconds."""
    return time.monotonic() - _last_want[0]


def style_text() -> str:
    """Return the style sheet of the browser half."""
    return style("canvas")


class Canvas(Part):
    """A canvas that paints stored values, scrolls and windows them in the browser.

    Parameters
    ----------
    source : callable (plane: str, at: tuple of int, step: int) -> Piece
        Gives one slice; `at` is its index along the plane and its place along each extra axis, `step` how many samples
        to go on by. The canvas calls it in a thread of its own, one call at a time, beside whatever the cell does. What
        it raises is shown in the place of the picture.
    scene : dict
        What there is to see; see `dicomview.views.messages.scene_message`.
    state : dict
        What is seen, as `dicomview.render.state_message` gives it; set by `show` or by a gesture.
    opening : sequence of Shipment
        Slices that come with the widget itself, and are saved with it where widgets are saved; more can follow by
        `open_with`.

    Attributes
    ----------
    failure : Exception or None
        The last thing that `source` raised, or an observer that a gesture called.

    Notes
    -----
    But for these, pixels are messages and never traits: a saved notebook holds none of them.
    """

    _esm = module_text()
    _css = style_text()

    _scene = traitlets.Dict().tag(sync=True)
    _opening: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _near: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _around: traitlets.List[Any] = traitlets.List().tag(sync=True)
    _link = traitlets.Dict().tag(sync=True)  # with which others of the page it moves; see ``static/links.js``
    _colours = traitlets.Dict().tag(sync=True)  # RGB of the 256 grey levels by the name of the colour map
    # A gesture is on the screen before it gets here, so it is not sent back.
    _state = traitlets.Dict().tag(sync=True, echo_update=False)

    def __init__(
        self,
        source: Source,
        *,
        scene: Mapping[str, Any],
        state: Mapping[str, Any],
        opening: Sequence[Shipment] = (),
        **traits: Any,
    ) -> None:
        self.failure: BaseException | None = None
        # Messages arrive in the main thread or in a subshell's. They only note what is wished for; a worker answers,
        # so that a newer wish is heard while slices are decoded, and two of them are never decoded at once.
        self._source, self._lock = source, threading.Condition()
        self._wishes: deque[Wish] = deque()
        self._pack = True
        self._answers = 0  # how many were begun
        self._revision = 0  # of the scene that they are of
        self._under_way: dict[Wish, int] = {}  # answers that the browser has not been heard to have, by number
        self._server: threading.Thread | None = None  # while there are wishes; a view that rests needs none
        super().__init__(_scene=dict(scene), _state=dict(state), _opening=self._sent(opening), **traits)
        self.on_msg(self._on_message)

    def open_with(self, slices: Sequence[Shipment]) -> None:
        """Have these come with the widget: the first one, for which the page builds itself, and others that follow."""
        self._opening, self._around = self._sent(slices[:1]), self._sent(slices[1:])

    def _sent(self, slices: Sequence[Shipment]) -> list[dict[str, Any]]:
        return [{"message": {**message, "revision": self._revision}, "buffers": buffers} for message, buffers in slices]

    def show(self, state: Mapping[str, Any], stamp: int) -> None:
        """Show a state; `stamp` is its number, which comes back with the gestures made on it."""
        # Inside the state and no trait of its own: of two traits, widgets send back those alone that have changed.
        self._state = {**state, "stamp": stamp}

    def tell_trouble(self, error: BaseException, who: str = "An observer of this view") -> None:
        """Say on the page what an observer raised when a gesture called it; a log would be looked at by nobody."""
        self.failure = error
        try:
            words = str(error) or "no words"
        except Exception:  # noqa: BLE001  it is somebody else's too
            words = "no words that can be read"
        clipped = words if len(words) <= _WORDS else f"{words[:_WORDS]} …"
        self.send({"kind": "trouble", "text": f"{who} raised {type(error).__name__}: {clipped}"})

    def close(self) -> None:
        """Take the canvas off every page and stop answering."""
        if lock := self.__dict__.get("_lock"):  # a view that was interrupted in its making is closed as well
            with lock:
                self._wishes.clear()
                lock.notify()
        super().close()

    def left(self, page: str) -> None:
        """Hear that a page shows the canvas no more."""

    def _on_message(self, _: Canvas, content: Mapping[str, Any], __: list[memoryview]) -> None:
        if content.get("kind") == "left":
            self._want([], seen=0, anew=True, pack=self._pack)
            self.left(str(content.get("page")))
        elif content.get("kind") == "want":
            _last_want[0] = time.monotonic()
            if content["late"] and self._server is not None:
                self.send({"kind": "busy"})  # a slice may take longer than the browser waits
            plane = str(content["plane"])
            wishes = [
                Wish(plane, tuple(map(int, i["at"])), int(i["along"]), int(i["count"]), int(i["step"]))
                for i in content["items"]
            ]
            self._want(wishes, seen=int(content["seen"]), anew=bool(content["anew"]), pack=bool(content["pack"]))

    def _want(self, wishes: list[Wish], *, seen: int, anew: bool, pack: bool) -> None:
        """Answer these wishes from now on, and no others; what is under way already is not sent twice."""
        with self._lock:
            # Anew: a page that has just come, or has waited in vain. Whatever was sent to it is lost.
            self._under_way = {} if anew else {w: n for w, n in self._under_way.items() if n > seen}
            self._wishes = deque(wish for wish in wishes if wish not in self._under_way)
            self._pack = pack
            self._lock.notify()
            if self._server is None and self._wishes:
                self._server = threading.Thread(target=self._serve, name="dicomview-canvas", daemon=True)
                self._server.start()

    def _serve(self) -> None:
        """Answer wishes until none has come for a while; a new want may replace those that wait meanwhile."""
        with quick_turns():
            while self._serve_one():
                pass

    def _serve_one(self) -> bool:
        """Answer the most urgent wish; False when there was none for a while, and the server goes."""
        with self._lock:
            if not self._wishes:
                self._lock.wait(_LINGER)
            if not self._wishes:
                self._server = None
                return False
            wish, pack = self._wishes.popleft(), self._pack
            self._answers += 1
            self._under_way[wish] = number = self._answers
            revision = self._revision
        try:
            # Previews are packed for any line, whole slices only for one that is slower than the packing.
            message, buffers = shipment(self._source, wish, pack=pack or wish.step > 1, failed=self._failed)
            self.send({**message, "n": number, "revision": revision}, buffers=buffers)
        except BaseException:
            self._server = None  # the kernel is going down; whoever asks again starts anew
            raise
        return True

    def _failed(self, error: Exception) -> None:
        self.failure = error
