"""What the tests share: a JupyterLab started by ``dicomview lab``, a real Chromium, and a notebook open in both."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qs, quote, urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from canvas_page import Desk, Show
    from playwright.sync_api import Browser, Locator, Page

CLONE = Path(__file__).resolve().parent.parent
SLOW = 180.0  # seconds a busy machine may take for one step; passed only when something is broken
PATIENCE = SLOW * 1000  # the same in Playwright's milliseconds


# --- JupyterLab ------------------------------------------------------------------------------------------------------


@dataclass
class Lab:
    """A running ``dicomview lab``."""

    address: str
    """``http://localhost:8888``"""
    token: str
    folder: Path
    url: str
    """The printed one."""
    process: subprocess.Popen[bytes]
    console: Path

    def interrupt(self) -> int:
        """Press Ctrl-C and return the exit code."""
        # Windows delivers no Ctrl-C to another process group; Ctrl-Break takes the same road through the command.
        self.process.send_signal(signal.SIGINT if os.name == "posix" else signal.CTRL_BREAK_EVENT)  # type: ignore[attr-defined,unused-ignore]
        return self.process.wait(SLOW)


class StartLab(Protocol):
    def __call__(self, folder: Path, *arguments: str) -> AbstractContextManager[Lab]: ...


def jupyter_environment(private: Path) -> dict[str, str]:
    """The environment for a Jupyter of the tests: this clone's dicomview, and nothing of the user's configuration."""
    private.mkdir(parents=True, exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "IPYTHON"))}
    return environment | {
        "PYTHONPATH": os.pathsep.join(filter(None, [str(CLONE), os.environ.get("PYTHONPATH")])),
        "JUPYTER_CONFIG_DIR": str(private / "config"),
        "JUPYTER_DATA_DIR": str(private / "data"),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "IPYTHONDIR": str(private / "ipython"),
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_lab(folder: Path, *arguments: str, private: Path) -> Iterator[Lab]:
    """Run ``dicomview lab`` in `folder` until it is ready; `private` is for its configuration."""
    environment = jupyter_environment(private)
    config = private / "config"
    config.mkdir(exist_ok=True)
    # The tests ask the page's own application what it shows.
    (config / "jupyter_lab_config.json").write_text(json.dumps({"LabApp": {"expose_app_in_browser": True}}))
    console = private / "console.txt"
    command = [sys.executable, "-m", "dicomview.cli", "lab", "--no-browser", "--port", str(free_port()), *arguments]
    group = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    with console.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            creationflags=group,
        )
    lab: Lab | None = None
    try:
        deadline = time.monotonic() + SLOW
        while lab is None:
            said = console.read_text(encoding="utf-8", errors="replace")
            assert process.poll() is None, f"dicomview lab ended with code {process.returncode} and said:\n{said}"
            assert time.monotonic() < deadline, f"dicomview lab did not get ready in {SLOW:.0f} s and said:\n{said}"
            opened = re.search(r"(?:Copied .* into|Opening the clone|Opening) (.+?)(?: as you left it)?$", said, re.M)
            ready = re.search(r"^JupyterLab is ready: (\S+)$", said, re.M)
            if opened and ready:
                url = urlsplit(ready[1])
                address, token = f"{url.scheme}://{url.netloc}", parse_qs(url.query)["token"][0]
                lab = Lab(address, token, Path(opened[1]), ready[1], process, console)
            else:
                time.sleep(0.05)
        yield lab
    finally:
        if process.poll() is None:
            process.terminate() if lab is None else lab.interrupt()
        try:
            process.wait(SLOW)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def start_lab(tmp_path_factory: pytest.TempPathFactory) -> StartLab:
    """``with start_lab(folder, "--folder", "new") as lab``: run ``dicomview lab`` in `folder` until it is ready."""

    def start(folder: Path, *arguments: str) -> AbstractContextManager[Lab]:
        return running_lab(folder, *arguments, private=tmp_path_factory.mktemp("jupyter"))

    return start


@pytest.fixture(scope="session")
def lab(start_lab: StartLab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One JupyterLab for all browser tests, on a copy of the notebooks and the sample data."""
    with start_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


# --- Chromium --------------------------------------------------------------------------------------------------------


@functools.cache
def find_chromium() -> str | None:
    """Find a Chromium: the one named in CHROMIUM, on the PATH, Debian's, or Playwright's own."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "chrome", "/usr/bin/chromium")
    for name in filter(None, names):
        if found := shutil.which(name):
            return found
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return shutil.which(playwright.chromium.executable_path)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a browser where there is none, in one line for all; fail where CI=true."""
    # Not in the fixture: pytest would then report every test by itself.
    if item.get_closest_marker("browser") and find_chromium() is None:
        lack = "no Chromium: set CHROMIUM to its path, or run python -m playwright install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(lack, pytrace=False)
        pytest.skip(lack)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium, for tests marked ``browser``."""
    with running_chromium() as browser:
        yield browser


@contextmanager
def running_chromium(*disabled: str) -> Iterator[Browser]:
    """Run a headless Chromium without the features named, beside others no test needs."""
    from playwright.sync_api import expect, sync_playwright

    executable = find_chromium()
    expect.set_options(timeout=PATIENCE / 3)
    features = ("background-networking", "component-update", "sync", "quic", "gpu", *disabled)
    arguments = ["--no-sandbox", "--no-first-run", *(f"--disable-{feature}" for feature in features)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, headless=True, args=arguments, timeout=PATIENCE
        )
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture(scope="session")
def desk(chromium: Browser) -> Iterator[Desk]:
    """One page for all views that are tested without JupyterLab."""
    from canvas_page import Desk

    desk = Desk(chromium)
    yield desk
    desk.close()


@pytest.fixture(autouse=True, scope="session")
def brief_linger() -> None:
    """Many tests wait until the thread that answers has gone."""
    from dicomview.views import canvas

    canvas._LINGER = 0.01


@pytest.fixture
def show(desk: Desk) -> Iterator[Show]:
    """``page = show(dv.view(...))``: a view in a real Chromium, without JupyterLab."""
    yield desk.show
    assert desk.clear() == []


# --- a notebook in the browser ---------------------------------------------------------------------------------------


@dataclass
class Notebook:
    """A notebook open in JupyterLab, in a page of its own, with its kernel ready."""

    page: Page
    problems: list[str] = field(default_factory=list)
    """Errors that no code in the page has caught."""

    def run(self, index: int) -> Locator:
        """Run one cell as Run Selected Cell does, wait until the kernel has done it, and return its output.

        What a hand did before is heard before: a widget keeps a change back while the one before it is under way, and
        a person does not run the next cell within those milliseconds.
        """
        self.page.evaluate(
            """async () => {
                const { rendermime } = window.jupyterapp.shell.currentWidget.content;
                const renderer = rendermime.createRenderer("application/vnd.jupyter.widget-view+json");
                const manager = await renderer._manager.promise;
                const models = await Promise.all(Object.values(manager._models));
                const unheard = (model) => model._pending_msgs || model._msg_buffer;
                while (models.some(unheard)) await new Promise(requestAnimationFrame);
            }"""
        )
        self.page.evaluate(
            """(index) => {
                const notebook = window.jupyterapp.shell.currentWidget.content;
                notebook.deselectAll();
                notebook.activeCellIndex = index;
                notebook.activeCell.node.dataset.testCell = index;
                window.testRun = null;
                const done = (text) => { window.testRun = String(text); };
                window.jupyterapp.commands.execute("notebook:run-cell").then(() => done("ran"), done);
            }""",
            index,
        )
        self.page.wait_for_function("() => window.testRun !== null")
        outcome = self.page.evaluate("() => window.testRun")
        assert outcome == "ran", f"cell {index} could not be run: {outcome}"
        for output in self.outputs(index):
            if output["output_type"] == "error":
                traceback = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(output["traceback"]))
                pytest.fail(f"cell {index} raised {output['ename']}: {output['evalue']}\n{traceback}", pytrace=False)
        return self.output(index)

    def run_all(self) -> None:
        """Run every code cell, one after another, from the top."""
        kinds = self.page.evaluate(
            "() => Array.from(window.jupyterapp.shell.currentWidget.content.widgets, (cell) => cell.model.type)"
        )
        for index, kind in enumerate(kinds):
            if kind == "code":
                self.run(index)

    def output(self, index: int) -> Locator:
        """The output of a cell that `run` has run, on the page."""
        output = self.page.locator(f'[data-test-cell="{index}"] .jp-Cell-outputArea')
        output.scroll_into_view_if_needed()
        return output

    def outputs(self, index: int) -> list[dict[str, Any]]:
        """The outputs of a cell as the notebook file will hold them."""
        outputs: list[dict[str, Any]] = self.page.evaluate(
            "(index) => window.jupyterapp.shell.currentWidget.content.widgets[index].model.outputs.toJSON()", index
        )
        return outputs

    def value(self, index: int) -> str:
        """Run a cell and return the text of its last value."""
        self.run(index)
        results = [output["data"]["text/plain"] for output in self.outputs(index) if "data" in output]
        text = results[-1]
        return text if isinstance(text, str) else "".join(text)

    def command(self, name: str, **arguments: Any) -> None:
        """Execute a command of JupyterLab: ``application:toggle-left-area``, ``docmanager:save`` …"""
        self.page.evaluate("([name, args]) => window.jupyterapp.commands.execute(name, args)", [name, arguments])


class OpenNotebook(Protocol):
    def __call__(self, name: str, cells: Sequence[str] | None = None) -> Notebook: ...


@pytest.fixture
def open_notebook(chromium: Browser, lab: Lab, request: pytest.FixtureRequest) -> Iterator[OpenNotebook]:
    """``open_notebook("notebooks/01_first_look.ipynb")``, or with the sources of its cells to write it first."""
    context = chromium.new_context(viewport={"width": 1280, "height": 960})
    context.set_default_timeout(PATIENCE)

    def open_it(name: str, cells: Sequence[str] | None = None) -> Notebook:
        if cells is not None:
            write_notebook(lab.folder / name, cells)
        page = context.new_page()
        notebook = Notebook(page)
        page.on("pageerror", lambda error: notebook.problems.append(f"{error.name}: {error.message}"))
        # A workspace of its own, so that JupyterLab does not bring back what an earlier test had open.
        workspace = re.sub(r"\W+", "-", request.node.name)
        page.goto(f"{lab.address}/lab/workspaces/{workspace}/tree/{quote(name)}?token={lab.token}")
        page.wait_for_function(
            """(path) => {
                const panel = window.jupyterapp?.shell.currentWidget;
                return panel?.context?.path === path && panel.context.isReady && panel.sessionContext.isReady
                    && panel.sessionContext.session?.kernel?.status === "idle";
            }""",
            arg=name,
        )
        return notebook

    yield open_it
    headers = {"Authorization": f"token {lab.token}"}
    for session in context.request.get(f"{lab.address}/api/sessions", headers=headers).json():
        context.request.delete(f"{lab.address}/api/sessions/{session['id']}", headers=headers)
    context.close()


def write_notebook(path: Path, cells: Sequence[str]) -> None:
    """Write a notebook of code cells."""
    empty: dict[str, Any] = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    notebook = {
        "cells": [empty | {"id": f"cell-{number}", "source": source} for number, source in enumerate(cells)],
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(notebook), encoding="utf-8")
