"""A contender at work: its notebook in a JupyterLab behind the proxy, in a page of its own."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psutil
from conftest import Notebook, write_notebook

from benchmarks.figures import Log, drag_figures, scroll_figures, share_right
from benchmarks.phantom import BARCODE_ROW, NOISE_ROW, RAMP_ROW, WINDOW, grey, word

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from conftest import Lab
    from numpy.typing import NDArray
    from playwright.sync_api import Browser, BrowserContext

    from benchmarks.contenders import Contender, Hand
    from benchmarks.proxy import Proxy

__all__ = ["Bench", "Session"]

_PROBE = Path(__file__).with_name("probe.js")
_LIMIT = 60_000.0  # ms for a first picture, and after the last input
_BUSY_LIMIT = 15_000.0  # ms after the last input beside a busy cell, where some never answer
_SETTLE = 20.0  # seconds to wait at most for a line that does not get silent
_PREPARE, _SHOW, _BUSY = range(3)


@dataclass(frozen=True)
class Bench:
    """What all contenders are measured on.

    Parameters
    ----------
    lab, browser, proxy
        Running ones.
    array : (k, j, i) int16 array
    file : Path
        The array in a file of NumPy's.
    series : Path
        The same as a folder of DICOM files.
    """

    lab: Lab
    browser: Browser
    proxy: Proxy
    array: NDArray[np.int16]
    file: Path
    series: Path

    @contextmanager
    def session(self, contender: Contender) -> Iterator[Session]:
        """Open a contender's notebook; its kernel is gone afterwards."""
        name, stop = "bench.ipynb", self.file.with_name("stop")
        stop.unlink(missing_ok=True)
        before = f"import numpy as np\narray = np.load({str(self.file)!r})\nseries = {str(self.series)!r}\n"
        # A widget before the clock starts: the front end fetches its widget manager once, for whatever comes first.
        widget = "\nimport ipywidgets\nipywidgets.IntSlider()"
        busy = f"import os\nwhile not os.path.exists({str(stop)!r}):\n    sum(range(100_000))"
        write_notebook(self.lab.folder / name, [before + contender.prepare + widget, contender.cell, busy])
        context = self.browser.new_context(viewport={"width": 1500, "height": 1400})
        context.set_default_timeout(120_000)
        try:
            yield Session(self, contender, _open(context, self, name), stop)
        finally:
            stop.touch()
            headers = {"Authorization": f"token {self.lab.token}"}
            for session in context.request.get(f"{self.lab.address}/api/sessions", headers=headers).json():
                context.request.delete(f"{self.lab.address}/api/sessions/{session['id']}", headers=headers)
            context.close()


def _open(context: BrowserContext, bench: Bench, name: str) -> Notebook:
    page = context.new_page()
    page.add_init_script(path=_PROBE)
    address = f"http://127.0.0.1:{bench.proxy.port}"
    page.goto(f"{address}/lab/workspaces/bench/tree/{quote(name)}?reset&token={bench.lab.token}")
    page.wait_for_function(
        """(path) => {
            const panel = window.jupyterapp?.shell.currentWidget;
            return panel?.context?.path === path && panel.context.isReady && panel.sessionContext.isReady
                && panel.sessionContext.session?.kernel?.status === "idle";
        }""",
        arg=name,
    )
    notebook = Notebook(page)
    notebook.run(_PREPARE)
    return notebook


@dataclass
class Session:
    """A contender's notebook, open, with its imports done."""

    bench: Bench
    contender: Contender
    notebook: Notebook
    stop: Path

    def __post_init__(self) -> None:
        slices, size, _ = self.bench.array.shape
        setup = {
            "surface": self.contender.surface,
            "margin": self.contender.margin,
            "size": size,
            "rows": [BARCODE_ROW, RAMP_ROW, NOISE_ROW],
            "words": {word(index): index for index in range(slices)},
        }
        self._page("(setup) => probe.set(setup)", setup)

    def first(self) -> dict[str, float]:
        """Show the contender anew; return ms and MB until its first slice."""
        self._page("(cell) => probe.clear(cell)", _SHOW)
        seen = self._page("(limit) => probe.first(limit)", _LIMIT)
        if seen["code"] is None:
            raise RuntimeError(self._complaint() or f"no slice could be read off the screen in {_LIMIT / 1000:.0f} s")
        if seen["code"] != 0:
            raise RuntimeError(f"the first picture shows slice {seen['code']}, not 0")
        traffic = self.bench.proxy.between(seen["begun"] / 1000, seen["seen"] / 1000)
        return {"first": seen["seen"] - seen["begun"], "first_mb": (traffic.bytes_up + traffic.bytes_down) / 1e6}

    def scroll(self, count: int, start: int = 0, direction: int = 1, limit: float = _LIMIT) -> dict[str, float]:
        """Move on by `count` slices, one an animation frame; return the figures."""
        goal = start + direction * count
        message = self._drive(self.contender.scroll, direction=direction, count=count, goal=goal, limit=limit)
        log = Log.of(message)
        row = self.bench.array[goal, int(NOISE_ROW * self.bench.array.shape[1])]
        figures = scroll_figures(log, start, direction)
        return figures | {"right": share_right(log.noise, grey(row, *WINDOW))} | self._traffic(log)

    def drag(self, count: int) -> dict[str, float]:
        """Raise the window's center `count` times, once an animation frame; return the figures."""
        if self.contender.drag is None:
            return {}
        log = Log.of(self._drive(self.contender.drag, direction=1, count=count, goal=None))
        during = self.bench.proxy.between(log.sent[0] / 1000, log.sent[-1] / 1000)
        return drag_figures(log) | {"messages": during.messages_up}

    def scroll_beside_work(self, count: int) -> dict[str, float]:
        """Scroll through what is not in the browser yet while another cell computes."""
        self.first()
        self._page("(cell) => probe.begin(cell)", _BUSY)
        self._page("(cell) => probe.turnTo(cell)", _SHOW)
        try:
            return self.scroll(count, limit=_BUSY_LIMIT)
        finally:
            self.stop.touch()
            self._page("() => window.benchmarkBusy.then(() => null)")
            self.stop.unlink()

    def settle(self) -> None:
        """Wait until a viewer that fetches ahead has what it wants: a second with next to nothing on the line."""
        deadline = time.monotonic() + _SETTLE
        while time.monotonic() < deadline:
            self.notebook.page.wait_for_timeout(1000)
            if self.bench.proxy.between(time.time() - 1, time.time()).bytes_down < 10_000:
                return

    def memory(self, again: int) -> dict[str, float]:
        """Return MB of the browser above what it had before: after one view, and after it was shown `again` times."""
        self._page("(cell) => probe.clear(cell)", _SHOW)
        last = len(self.bench.array) - 1
        self.notebook.page.wait_for_timeout(5000)  # a page just loaded is still giving back
        before = self._browser_bytes()
        self.first()
        self.scroll(last)
        self.settle()
        once = self._browser_bytes()
        for _ in range(again):
            self.first()
            self.scroll(last)
        self.settle()
        often = self._browser_bytes()
        return {"memory": (once - before) / 1e6, "memory_again": (often - before) / 1e6}

    def _drive(
        self, hand: Hand, *, direction: int, count: int, goal: int | None, limit: float = _LIMIT
    ) -> dict[str, Any]:
        # Longer than the slowest contender needs from one picture to the next, or its last ones would be missed.
        quiet = 600.0 if goal is not None else 3000 + 4 * self.bench.proxy.network.round_trip
        task = {"hand": hand, "direction": direction, "count": count, "goal": goal, "quiet": quiet, "limit": limit}
        self.notebook.page.mouse.move(5, 5)
        message: dict[str, Any] = self._page("(task) => probe.drive(task)", task)
        return message

    def _traffic(self, log: Log) -> dict[str, float]:
        traffic = self.bench.proxy.between(log.sent[0] / 1000, log.frames[-1][0] / 1000)
        return {"mb": traffic.bytes_down / 1e6, "asked": traffic.messages_up}

    def _page(self, script: str, argument: Any = None) -> Any:
        return self.notebook.page.evaluate(script, argument)

    def _complaint(self) -> str:
        outputs = self.notebook.outputs(_SHOW)
        return "; ".join(f"{one['ename']}: {one['evalue']}" for one in outputs if one["output_type"] == "error")

    def _browser_bytes(self) -> int:
        """Return what all processes of the browser keep to themselves, rubbish taken away first."""
        self.notebook.page.wait_for_timeout(1000)
        devtools = self.notebook.page.context.new_cdp_session(self.notebook.page)
        for _ in range(2):
            devtools.send("HeapProfiler.collectGarbage")
        devtools.detach()
        self.notebook.page.wait_for_timeout(1000)
        browser = self.bench.browser.new_browser_cdp_session()
        processes = browser.send("SystemInfo.getProcessInfo")["processInfo"]
        browser.detach()
        return sum(psutil.Process(int(one["id"])).memory_full_info().uss for one in processes)
