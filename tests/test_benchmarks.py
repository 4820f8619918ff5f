"""The instruments of the benchmarks: barcode and probe, proxy, figures, report. Nothing here is timed for speed."""

from __future__ import annotations

import asyncio
import base64
import io
import socket
import socketserver
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from tornado import httpserver, netutil, web, websocket

from benchmarks import phantom
from benchmarks.figures import Log, drag_figures, scroll_figures, share_right
from benchmarks.proxy import Network, Proxy
from benchmarks.report import Results, markdown, targets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

PROBE = Path(__file__).parent.parent / "benchmarks" / "probe.js"


# --- barcode and probe -----------------------------------------------------------------------------------------------


def test_every_slice_has_a_word_of_its_own() -> None:
    words = {phantom.word(index) for index in range(4096)}
    assert len(words) == 4096
    assert {len(word) for word in words} == {phantom.CELLS}
    with pytest.raises(ValueError, match="4096"):
        phantom.word(4096)


def test_the_ramp_tells_the_center() -> None:
    ramp = phantom.noise_volume(1, 512)[0, int(phantom.RAMP_ROW * 512)]
    centers = np.arange(40.0, 340.0, 5.0)
    levels = [phantom.grey(ramp, center, 400).sum() for center in centers]
    steps = np.diff(levels)
    assert np.all(steps < 0)
    np.testing.assert_allclose(steps, steps.mean(), rtol=0.02)


@pytest.mark.browser
@pytest.mark.parametrize(("shrink", "form"), [(1, "PNG"), (4, "PNG"), (4, "JPEG")])
def test_the_probe_reads_a_picture(chromium: Browser, shrink: int, form: str) -> None:
    """Also one of quarter resolution after JPEG, in an image and after one that was not yet painted."""
    plane = phantom.noise_volume(20, 512)[13]
    image = Image.fromarray(np.rint(phantom.grey(plane, *phantom.WINDOW)).astype(np.uint8)).reduce(shrink)
    encoded = io.BytesIO()
    image.save(encoded, form)
    address = f"data:image/{form.lower()};base64,{base64.b64encode(encoded.getvalue()).decode()}"
    page = chromium.new_page()
    page.add_script_tag(path=PROBE)
    page.set_content(f'<div id="full"><img src="{address}"></div><div id="empty"><canvas></canvas></div>')
    page.wait_for_function("() => document.querySelector('img').complete")
    setup = {
        "surface": "img, canvas",
        "margin": 0,
        "size": 512,
        "rows": [phantom.BARCODE_ROW, phantom.RAMP_ROW, phantom.NOISE_ROW],
        "words": {phantom.word(index): index for index in range(20)},
    }
    codes = page.evaluate(
        """(setup) => {
            probe.set(setup);
            return ["full", "empty"].map((id) => probe.read(document.getElementById(id)).code);
        }""",
        setup,
    )
    page.close()
    assert codes == [13, None]


# --- proxy -----------------------------------------------------------------------------------------------------------


class _Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while data := self.request.recv(1 << 16):
            self.request.sendall(data)


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that sends back what it gets."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Echo) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def _there_and_back(port: int, data: bytes) -> float:
    """Send, receive the same, and return the seconds it took."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        begun = time.monotonic()
        sender = threading.Thread(target=connection.sendall, args=(data,))
        sender.start()
        received = b""
        while len(received) < len(data):
            received += connection.recv(1 << 16)
        sender.join()
        took = time.monotonic() - begun
    assert received == data
    return took


def test_the_proxy_delays_and_limits(echo: int) -> None:
    data = np.random.default_rng(0).bytes(300_000)
    with Proxy("127.0.0.1", echo) as proxy:
        begun = time.time()
        _there_and_back(proxy.port, data)
        traffic = proxy.between(begun, time.time())
        assert (traffic.bytes_up, traffic.bytes_down) == (len(data), len(data))
        assert proxy.between(0, begun).bytes_up == 0
        proxy.network = Network(round_trip=120)
        assert _there_and_back(proxy.port, b"short") >= 0.12
        proxy.network = Network(bandwidth=10)
        assert _there_and_back(proxy.port, data) >= 0.24  # 2.4 Mbit


def test_the_proxy_counts_messages_of_a_kernel() -> None:
    """Tornado is the oracle: messages of every length of header, and pings that are none."""
    sizes = [0, 1, 125, 126, 65_535, 65_536, 200_000]

    class Answer(websocket.WebSocketHandler):
        async def on_message(self, message: str | bytes) -> None:
            self.ping(b"not a message")
            await self.write_message(message, binary=True)
            await self.write_message("twice")

    async def talk(path: str) -> None:
        sockets = netutil.bind_sockets(0, "127.0.0.1")
        server = httpserver.HTTPServer(web.Application([(r"/.*", Answer)]))
        server.add_sockets(sockets)
        with Proxy("127.0.0.1", sockets[0].getsockname()[1]) as proxy:
            connection = await websocket.websocket_connect(f"ws://127.0.0.1:{proxy.port}{path}")
            begun = time.time()
            for size in sizes:
                await connection.write_message(bytes(size), binary=True)
                assert len(await connection.read_message() or "") == size
                assert await connection.read_message() == "twice"
            counted = proxy.between(begun, time.time())
            connection.close()
            await server.close_all_connections()
        server.stop()
        expected = (len(sizes), 2 * len(sizes)) if "kernels" in path else (0, 0)
        assert (counted.messages_up, counted.messages_down) == expected

    with ThreadPoolExecutor(1) as elsewhere:  # the browser's own loop runs in this thread
        elsewhere.submit(asyncio.run, talk("/api/kernels/12ab/channels?session_id=1")).result()
        elsewhere.submit(asyncio.run, talk("/api/events/subscribe")).result()


# --- figures and report ----------------------------------------------------------------------------------------------


def test_scroll_figures() -> None:
    """Ten inputs, one every 10 ms; every second slice is shown, 5 ms after its input; the last one sharpens later."""
    sent = [1000.0 + 10 * count for count in range(10)]
    frames: list[tuple[float, int | None, float, int]] = [(999.0, 0, 0.0, 0), (1004.0, None, 0.0, 0)]
    frames += [(sent[count] + 5, count + 1, 0.0, count) for count in range(1, 10, 2)]
    frames += [(1295.0, 10, 0.0, 77), (1300.0, 10, 0.0, 77)]
    figures = scroll_figures(Log(sent, frames), start=0, direction=1)
    assert figures["rate"] == pytest.approx(5 / 0.095)
    assert figures["sharp"] == pytest.approx(205)
    assert figures["p95"] == pytest.approx(15)
    assert figures["p50"] in (5, 15)
    back = [(when, None if code is None else 10 - code, level, mark) for when, code, level, mark in frames]
    assert scroll_figures(Log(sent, back), start=10, direction=-1) == figures
    stuck = scroll_figures(Log(sent, [(when, 0, 0.0, 0) for when in sent]), start=0, direction=1)
    assert (stuck["rate"], stuck["p50"]) == (0.0, np.inf)


def test_drag_figures() -> None:
    """Each of ten moves is on the screen in its own frame, 3 ms after it."""
    sent = [1000.0 + 16 * count for count in range(10)]
    frames: list[tuple[float, int | None, float, int]] = [
        (when + 3, 0, 5000.0 - 100 * (count + 1), 0) for count, when in enumerate(sent)
    ]
    figures = drag_figures(Log(sent, [*frames, (1200.0, 0, 4000.0, 0)], before=5000.0))
    assert figures["changed"] == 10
    assert figures["rate"] == pytest.approx(10 / 0.147)
    assert figures["p50"] == pytest.approx(3)
    assert drag_figures(Log(sent, [(1200.0, 0, 5000.0, 0)], before=5000.0))["rate"] == 0


def test_right_pixels() -> None:
    assert share_right([0, 100, 250, 255], np.array([0.0, 101.5, 240.0, 255.0])) == 0.75
    assert share_right([], np.array([0.0])) == 0


def test_the_report_judges() -> None:
    results, unlimited = Results(), "0 ms unlimited screen"
    for ours, theirs in ((60.0, 4.0), (2.0, 40.0), (59.0, 5.0)):
        results.add("0 ms", "dicomview", {"rate": ours, "p50": 11.0}, "drag_")
        for scene in ("0 ms", unlimited):
            results.add(scene, "interact", {"rate": theirs}, "drag_")
        results.add(unlimited, "dicomview", {"rate": ours}, "drag_")
    results.not_run["0 ms"] = {"stackview": "stackview is not installed"}
    scenes = {"0 ms": (200, 512, 512), unlimited: (200, 512, 512)}
    verdicts = {str(target): told for target in targets(scenes) if (told := target.verdict(results))}
    assert verdicts["window drag, frames/s ≥ 58"] == ("59", "pass")
    assert verdicts["window drag: latency p50, ms ≤ 10"] == ("11", "FAIL")
    assert verdicts["window drag, frames/s ≥ 12 × interact"] == ("11.8 × interact", "FAIL")
    assert "first picture, ms ≤ 0.5 × interact" not in verdicts
    page = markdown(results, scenes, {"machine": "this one"})
    assert "stackview: not run: stackview is not installed" in page
    assert "11.8 ×" in page
    assert "first picture" not in page
