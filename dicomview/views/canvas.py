"""The picture in a notebook: Python's half of the canvas, which hands out slices as the browser asks for them.

The browser half is in ``static``. It holds slices of stored values, applies the window and reports gestures, so
Python is asked once for a slice and never for a step of a window.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from dicomview.errors import DicomviewError

__all__ = ["Canvas", "Source", "module_text"]

Source = Callable[[str, tuple[int, ...]], tuple[dict[str, Any], list[bytes]]]
_STATIC = Path(__file__).with_name("static")
_PARTS = (
    "window",
    "slices",
    "painter",
    "cine",
    "gestures",
    "page",
    "view",
    "canvas",
)  # each knows only those before it
_IMPORT = re.compile(r'^import [^;]*? from "\./\w+\.js";\n', re.MULTILINE)


def module_text() -> str:
    """Return the browser half as one ES module: its parts one after another, without their imports of each other."""
    texts = ((_STATIC / f"{part}.js").read_text(encoding="utf-8") for part in _PARTS)
    return "\n".join(_IMPORT.sub("", text) for text in texts)


class Canvas(anywidget.AnyWidget):
    """A canvas that paints stored values, scrolls and windows them in the browser.

    Parameters
    ----------
    source : callable (plane: str, at: tuple of int) -> (message: dict, buffers: list of bytes)
        Gives one slice; `at` is its index along the plane and its place along each extra axis. The message has
        ``rows``, ``columns``, ``sample`` ("int16", "uint16" or "rgb8"), ``slope``, ``intercept``, ``stored``,
        ``blank``, ``invert``, ``origin``, ``row_step``, ``column_step`` (LPS, mm), ``place``, ``instance`` and
        ``layers``, their names. The first buffer has the samples, little-endian, row after row; each further one the
        mask of a layer, one bit a pixel, rows on whole bytes. It is called in one thread of the canvas's own, one call
        at a time. What it raises is shown in the place of the picture.
    scene : dict
        What there is to see: title, planes, presets, notes, unit, and the state to come home to.
    state : dict
        What is seen, as `dicomview.render.state_message` gives it; set by `show` or by a gesture.

    Attributes
    ----------
    failure : BaseException or None
        The last thing `source` raised.

    Notes
    -----
    Pixels are messages and never traits: a saved notebook holds none of them.
    """

    _esm = module_text()
    _css = _STATIC / "canvas.css"

    scene = traitlets.Dict().tag(sync=True)
    # A gesture is on the screen before it gets here, so it is not sent back.
    state = traitlets.Dict().tag(sync=True, echo_update=False)
    # Which state of Python's the browser has, or had when its gesture began: wishes of both sides may cross.
    stamp = traitlets.Int().tag(sync=True, echo_update=False)

    def __init__(self, source: Source, *, scene: Mapping[str, Any], state: Mapping[str, Any]) -> None:
        self.source = source
        self.failure: BaseException | None = None
        # Messages arrive in the main thread or in a subshell's. They only note the newest want; a worker answers, so
        # that a newer want is heard while slices are decoded, and two of them are never decoded at once.
        self._lock = threading.Lock()
        self._newest = 0
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="dicomview-canvas")
        super().__init__(scene=dict(scene), state=dict(state))
        self.on_msg(self._on_message)

    def open(self) -> None:
        """Meet the browser; ipywidgets calls this."""
        super().open()
        self._listen_beside_the_cell()

    def _send(self, msg: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        super()._send(msg, buffers)
        self._listen_beside_the_cell()

    def _listen_beside_the_cell(self) -> None:
        # JupyterLab talks to widgets through a subshell, beside the running cell. ipykernel 7.4 diverts that to the
        # shell which last sent something, so a canvas made or moved by a busy cell would wait for the cell's end.
        if self.comm is not None:
            self.comm.__dict__.pop("_reply_subshell_id", None)

    def show(self, state: Mapping[str, Any], stamp: int) -> None:
        """Show a state; `stamp` is its number, which comes back with the gestures made on it."""
        with self.hold_sync():
            self.stamp, self.state = stamp, dict(state)

    def close(self) -> None:
        """Take the canvas off every page and stop answering."""
        with self._lock:
            self._newest += 1
        self._worker.shutdown(wait=False, cancel_futures=True)
        super().close()

    def _on_message(self, _: Canvas, content: Mapping[str, Any], __: list[memoryview]) -> None:
        if content.get("kind") != "want":
            return
        with self._lock:
            self._newest += 1
            want = self._newest
        places = [tuple(int(n) for n in place) for place in content["places"]]
        self._worker.submit(self._answer, want, str(content["plane"]), places)

    def _answer(self, want: int, plane: str, places: list[tuple[int, ...]]) -> None:
        """Send the slices in the order asked for, as long as nothing newer is asked for."""
        for at in places:
            if want != self._newest:
                return
            name = {"plane": plane, "at": list(at)}
            try:
                message, buffers = self.source(plane, at)
            except BaseException as error:  # noqa: BLE001  whatever goes wrong belongs in the picture, not in a log
                self.failure = error
                self.send({"kind": "fault", **name, "text": _explain(error)})
            else:
                self.send({**message, "kind": "slice", **name}, buffers=buffers)


def _explain(error: BaseException) -> str:
    if isinstance(error, DicomviewError):
        return str(error)
    # Other people's messages may hold paths and values of the file, and with them a patient's name.
    return f"This slice cannot be shown ({type(error).__name__}). The error itself is in the canvas's `failure`."
