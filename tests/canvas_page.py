"""A view in a real Chromium without JupyterLab: many gestures in little time.

``show(dv.view(...))`` puts the widget on a page whose front end (``canvas_page.js``) is wired to the widget's own comm,
so that what crosses is what crosses in JupyterLab: traits, messages and buffers, both ways. Nothing here knows how a
view works; it is told by the marks on its root (``data-index`` …) and by the traits of the widget.

As in a kernel, Python's half runs beside the test: messages of the page are answered in a thread of their own, one
after another, and whatever sends to the page may do so from any thread.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import io
import json
import queue
import struct
import threading
import time
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import comm
import numpy as np
from comm.base_comm import BaseComm
from jupyter_client.jsonutil import json_default
from PIL import Image
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler

from dicomview import Window

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from playwright.sync_api import Browser, Page

FRONT_END = Path(__file__).with_name("canvas_page.js")
HTML = """<!doctype html><meta charset="utf-8"><title>canvas</title><link rel="icon" href="data:,">
<style>body { display: flex; flex-wrap: wrap; margin: 8px; font: 13px sans-serif } .output { width: 530px }</style>
<script type="module" src="/canvas_page.js"></script>"""
WAIT = 30.0  # seconds until something that does not come is an error
_answering: ContextVar[int | None] = ContextVar("message of the page that is being answered", default=None)


class Link:
    """The page's server on the loopback, and the comms that run over its WebSocket.

    Attributes
    ----------
    address : str
    busy : threading.Lock
        While it is held, messages of the page wait, as they do while a cell runs.
    problems : list of str
        Errors of Python's half.
    sent : int
        Frames for the page so far.
    pictures : queue.Queue of (rows, columns, 4) uint8 arrays
        Those that the page was asked for.
    """

    def __init__(self) -> None:
        self.busy, self.problems, self.sent = threading.Lock(), list[str](), 0
        self.pictures: queue.Queue[NDArray[np.uint8]] = queue.Queue()
        self._comms: dict[str, _PageComm] = {}
        self._sending, self._socket = threading.Lock(), Future[WebSocketHandler]()
        self._kernel = ThreadPoolExecutor(1, thread_name_prefix="page-messages")
        ready: Future[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), name="page-server")
        self._thread.start()
        self.address, self._loop, self._stop = ready.result(WAIT)

    async def _serve(self, ready: Future[Any]) -> None:
        link = self

        class Root(RequestHandler):
            def get(self) -> None:
                self.finish(HTML)

        class Script(RequestHandler):
            def get(self) -> None:
                self.set_header("Content-Type", "text/javascript; charset=utf-8")
                self.finish(FRONT_END.read_bytes())

        class Socket(WebSocketHandler):
            def open(self) -> None:
                link._socket.set_result(self)

            def on_message(self, frame: bytes | str) -> None:
                link._kernel.submit(link._receive, frame)

        routes = [("/", Root), ("/canvas_page.js", Script), ("/link", Socket)]
        server = HTTPServer(Application(routes, websocket_max_message_size=1 << 30, log_function=lambda handler: None))
        (socket,) = bind_sockets(0, "127.0.0.1")
        server.add_sockets([socket])
        stop = asyncio.Event()
        ready.set_result((f"http://127.0.0.1:{socket.getsockname()[1]}", asyncio.get_running_loop(), stop))
        await stop.wait()
        server.stop()
        await server.close_all_connections()

    def close(self) -> None:
        self._kernel.shutdown()
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(WAIT)

    def send(self, head: dict[str, Any], buffers: Sequence[Any] = ()) -> None:
        """Send a frame to the page, from whatever thread."""
        parts = [memoryview(buffer).cast("B") for buffer in buffers]
        head |= {"parent": _answering.get(), "sizes": [part.nbytes for part in parts]}
        try:
            text = json.dumps(head, default=json_default, allow_nan=False).encode()
        except Exception:
            self.problems.append(traceback.format_exc())
            raise
        frame = b"".join([struct.pack("<I", len(text)), text, *parts])
        socket = self._socket.result(WAIT)
        with self._sending:  # as many as are counted, in the order of the counting
            self.sent += 1
            self._loop.call_soon_threadsafe(functools.partial(socket.write_message, frame, binary=True))

    def _receive(self, frame: bytes) -> None:
        (length,) = struct.unpack_from("<I", frame)
        head, buffers, at = json.loads(frame[4 : 4 + length]), [], 4 + length
        for size in head["sizes"]:
            buffers.append(memoryview(frame)[at : at + size])
            at += size
        if "rows" in head:
            self.pictures.put(np.frombuffer(buffers[0], np.uint8).reshape(head["rows"], head["columns"], 4))
            return
        token = _answering.set(head["id"])
        try:
            with self.busy:
                if target := self._comms.get(head["comm"]):
                    target.handle_msg({"content": {"data": head["data"]}, "buffers": buffers})
        except Exception:  # noqa: BLE001  as in a kernel, it ends this message and nothing else
            self.problems.append(traceback.format_exc())
        finally:
            self.send({"comm": head["comm"], "type": "idle"})
            _answering.reset(token)

    @contextmanager
    def comms(self) -> Iterator[None]:
        """Let the comms that are made meanwhile run to the page."""
        before = comm.create_comm
        comm.create_comm = functools.partial(_PageComm, self)
        try:
            yield
        finally:
            comm.create_comm = before

    def add(self, one: _PageComm) -> None:
        self._comms[one.comm_id] = one


class _PageComm(BaseComm):
    """A comm of ipywidgets whose other end is the page."""

    def __init__(self, link: Link, *arguments: Any, **options: Any) -> None:
        self._link = link
        super().__init__(*arguments, **options)
        link.add(self)

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
    ) -> None:
        self._link.send({"comm": self.comm_id, "type": msg_type, "data": data or {}}, buffers or ())


class CanvasPage:
    """One output of a view on the page.

    Attributes
    ----------
    view : Widget
        The view, whose traits the gestures change.
    page : playwright.sync_api.Page
    root, stage, picture : playwright.sync_api.Locator
        ``.dicomview-canvas`` with the marks, ``.dicomview-stage`` that takes the gestures, the canvas element.
    devtools : playwright.sync_api.CDPSession
    link : Link
        ``with shown.link.busy:`` lets Python hear nothing, as while a cell runs.
    """

    _outputs = 0

    def __init__(self, page: Page, link: Link, view: Any, comm_id: str) -> None:
        CanvasPage._outputs += 1
        self.page, self.link, self.view, self.comm_id = page, link, view, comm_id
        self.name, self._fingers = f"output-{self._outputs}", list[dict[str, float]]()
        self.devtools = page.context.new_cdp_session(page)
        page.evaluate("([id, name]) => harness.render(id, name)", [comm_id, self.name])
        self.root, self.stage, self.picture = (
            page.locator(self._part(name)) for name in ("canvas", "stage", "picture")
        )

    def again(self) -> CanvasPage:
        """Show the view in one more output."""
        return CanvasPage(self.page, self.link, self.view, self.comm_id).settled()

    # What is seen

    def settled(self) -> CanvasPage:
        """Wait until nothing is under way and what the state wishes is painted, in full resolution."""
        deadline = time.monotonic() + WAIT
        while True:
            look = _look(self.page, self.link, self._part("canvas"))
            lacks = [] if look["quiet"] else ["messages are under way"]
            lacks += self._lacks(look["marks"], look["fault"])
            if not lacks:
                return self
            assert not self.link.problems, self.link.problems
            assert time.monotonic() < deadline, f"{lacks}; the page shows {look}"

    def _lacks(self, marks: dict[str, str], fault: str) -> list[str]:
        """What the marks still lack; see the traits of the view."""
        view, lacks = self.view, []
        wish = {"plane": view.plane, "at": "/".join(map(str, [view.index, *view.axes.values()]))}
        lacks += [f"{name} is not {value}" for name, value in wish.items() if marks.get(name) != value]
        if marks.get("sharp", "true") in ("false", "0") and not fault:
            lacks.append("the painted slice is a coarse one")
        pose = [marks.get(name, "") for name in ("zoom", "rotation", "flip", "pan")]
        if pose[0] and [*map(float, [pose[0], pose[1], pose[2] == "true", *pose[3].split(",")])] != [
            view.zoom,
            view.rotation,
            view.flip,
            *view.pan,
        ]:
            lacks.append("the picture is not held as it should be")
        if marks.get("width") and isinstance(view.window, Window):
            shown = float(marks["center"]), float(marks["width"])
            if shown != (view.window.center, view.window.width):
                lacks.append(f"the window is not {view.window}")
        if [float(x) for x in f"{marks.get('zoom', 1)},{marks.get('pan', '0,0')}".split(",")] != [view.zoom, *view.pan]:
            lacks.append(f"the camera is not at zoom {view.zoom}, pan {view.pan}")
        return lacks

    def mark(self, name: str) -> str | None:
        """A mark of the root: ``mark("index")`` is its ``data-index``."""
        return self.root.get_attribute(f"data-{name}")

    def words(self, name: str) -> str:
        """The text of a part: "fault", "place", "top-right", "bottom-left" …"""
        text: str = self.page.evaluate("(part) => document.querySelector(part).innerText", self._part(name))
        return text

    def pixels(self, every: int = 1) -> NDArray[np.uint8]:
        """The backing store of the picture, or each so-manyth row and column of it, (rows, columns, 3) uint8, RGB."""
        self.page.evaluate("([canvas, every]) => harness.pixels(canvas, every)", [self._part("picture"), every])
        return self.link.pictures.get(timeout=WAIT)[..., :3]

    # Gestures

    def drag(
        self,
        dx: float,
        dy: float,
        *,
        at: tuple[float, float] = (0.5, 0.5),
        button: Literal["left", "middle", "right"] = "left",
        hold: str | None = None,
        release: bool = True,
    ) -> None:
        """Press the mouse at a part of the stage's width and height and move it by CSS pixels; `hold` is "Shift" …"""
        x, y = self.point(*at)
        with self._held(hold):
            self.page.mouse.move(x, y)
            self.page.mouse.down(button=button)
            self.page.mouse.move(x + dx, y + dy, steps=2)
            if release:
                self.page.mouse.up(button=button)

    def wheel(self, notches: int, *, at: tuple[float, float] = (0.5, 0.5), hold: str | None = None) -> None:
        """Turn the wheel over the stage; downwards is positive."""
        self.page.mouse.move(*self.point(*at))
        with self._held(hold):
            for _ in range(abs(notches)):
                self.turn(100 if notches > 0 else -100)

    def turn(self, pixels: float) -> None:
        """Turn the wheel where the mouse is."""
        turned = self.page.evaluate("() => harness.seen.wheels")
        self.page.mouse.wheel(0, pixels)
        # Playwright does not wait for the event, and Chromium joins those that come close together.
        self.page.evaluate("(least) => harness.until('wheels', least)", turned + 1)

    def touch(self, *fingers: tuple[float, float], cancel: bool = False) -> None:
        """Have fingers down at these parts of the stage's width and height.

        Those that were down move; or, when they are more than these, the last of them are lifted, or taken away by
        somebody else with `cancel`.
        """
        places = [self.point(*place) for place in fingers]
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        down, self._fingers = self._fingers, points
        lifted = down[len(points) :]
        kind = "Cancel" if cancel else "End" if lifted else "Move" if down else "Start"
        self.devtools.send(
            "Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": [] if cancel else lifted or points}
        )

    def screen(self) -> NDArray[np.uint8]:
        """What is on the screen where the stage is, (rows, columns, 3) uint8, in pixels of the device."""
        self.stage.scroll_into_view_if_needed()
        clip = {**self.stage.evaluate("(stage) => stage.getBoundingClientRect().toJSON()"), "scale": 1}
        shot = self.devtools.send("Page.captureScreenshot", {"clip": clip})
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB"))

    def density(self, pixels: float) -> None:
        """Let a CSS pixel have so many pixels of the device, along each side; 1 until then."""
        size = {"width": 1100, "height": 800, "deviceScaleFactor": pixels, "mobile": False}
        self.devtools.send("Emulation.setDeviceMetricsOverride", size)

    @contextmanager
    def _held(self, key: str | None) -> Iterator[None]:
        if key:
            self.page.keyboard.down(key)
        try:
            yield
        finally:
            if key:
                self.page.keyboard.up(key)

    def key(self, *names: str) -> None:
        """Press keys on the stage: "Home", "ArrowRight", "Shift+ArrowUp" …"""
        for name in names:
            self.stage.press(name)

    def hover(self, column: int, row: int) -> list[str]:
        """Put the mouse on a pixel of the picture as it lies on the screen, and return the lines that tell of it."""
        left, top, width, height, columns, rows = self._box("picture")
        if self.view.rotation % 180:
            columns, rows = rows, columns
        self.page.mouse.move(left + (column + 0.5) / columns * width, top + (row + 0.5) / rows * height)
        return self.words("top-right").split("\n")

    def box(self) -> Any:
        """Where the whole picture lies on the page, in CSS pixels: x, y, width, height."""
        return self.picture.bounding_box()

    def point(self, across: float, down: float) -> tuple[float, float]:
        """A point of the page, by parts of the stage's width and height."""
        left, top, width, height, *_ = self._box("stage")
        return left + across * width, top + down * height

    def _part(self, name: str) -> str:
        return f"#{self.name} .dicomview-{name}"

    def _box(self, name: str) -> list[float]:
        """Left, top, width and height on the page, in CSS pixels; of a canvas, its columns and rows as well."""
        box: list[float] = self.page.evaluate("(part) => harness.box(part)", self._part(name))
        return box


class Show(Protocol):
    def __call__(self, view: Any) -> CanvasPage: ...


class Desk:
    """A page with its link, on which views are shown one after another or together."""

    def __init__(self, browser: Browser) -> None:
        self.link, self._views = Link(), list[Any]()
        self.context = browser.new_context(viewport={"width": 1100, "height": 800})
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.link.problems.append(f"{error.name}: {error.message}"))
        self.page.on("console", self._heard)
        self.page.goto(self.link.address)
        self.page.wait_for_function("() => globalThis.harness?.connected()")

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.link.problems.append(f"console: {message.text}")

    def attach(self, view: Any) -> str:
        """Give the page a model of a view and return its number; nothing of it is seen yet."""
        (widget,) = _anywidgets(view)
        self._views.append(view)
        widget.comm = None
        with self.link.comms():
            widget.open()
        _all_heard(self.page, self.link)
        comm_id: str = widget.comm.comm_id
        return comm_id

    def put(self, widget: Any, name: str) -> None:
        """Put a widget that is no picture on the page, in an output of this name, and wait until all is said."""
        comm_id = self.attach(widget)
        self.page.evaluate("([id, name]) => harness.render(id, name)", [comm_id, name])
        self.quiet()

    def show(self, view: Any) -> CanvasPage:
        """Put a view on the page and wait until its picture is there."""
        return CanvasPage(self.page, self.link, view, self.attach(view)).settled()

    def quiet(self) -> None:
        """Wait until neither side has anything to say."""
        while not _look(self.page, self.link)["quiet"]:
            _all_heard(self.page, self.link)

    def clear(self) -> list[str]:
        """Close the views, let go of the mouse, and return what went wrong since the last time."""
        self.page.mouse.up()
        self.page.mouse.move(0, 0)
        while self._views:
            self._views.pop().close()
        _all_heard(self.page, self.link)
        problems, self.link.problems = self.link.problems, []
        return problems

    def close(self) -> None:
        self.context.close()
        self.link.close()


def _look(page: Page, link: Link, selector: str = "body") -> dict[str, Any]:
    """What the page shows in its next frame: marks and fault of a root, and whether nothing is under way."""
    sent = link.sent
    look: dict[str, Any] = page.evaluate("(selector) => harness.look(selector)", selector)
    return look | {"quiet": look["frames"] == sent == link.sent and not look["open"]}


def _all_heard(page: Page, link: Link) -> None:
    """Wait until the page has handled what Python has sent."""
    page.evaluate("(sent) => harness.until('frames', sent)", link.sent)


def _anywidgets(widget: Any) -> list[Any]:
    """The widgets with a module of their own, in a widget and its children."""
    if widget.has_trait("_esm"):
        return [widget]
    return [found for child in getattr(widget, "children", ()) for found in _anywidgets(child)]
