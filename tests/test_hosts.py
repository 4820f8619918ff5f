"""The same view in hosts other than JupyterLab: it scrolls, it drags, and Python agrees."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from conftest import CLONE, PATIENCE, SLOW, free_port, jupyter_environment, write_notebook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Lab
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

SAMPLE = str(CLONE / "sample_data" / "ct_chest")


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 960})
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def scroll_and_drag(page: Page) -> None:
    """Five slices on, the window 100 wider and 50 lower."""
    from playwright.sync_api import expect

    root = page.locator(".dicomview-canvas")
    expect(root).to_have_attribute("data-index", "30")
    stage = root.locator(".dicomview-stage")
    stage.hover()
    for _ in range(5):
        page.mouse.wheel(0, 100)
    expect(root).to_have_attribute("data-index", "35")
    expect(root).to_have_attribute("data-sharp", "true")  # so the kernel has sent it
    box = stage.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 64, y - 32, steps=8)
    page.mouse.up()
    expect(root).to_have_attribute("data-width", "500")
    expect(root).to_have_attribute("data-center", "-10")


HELD = "35 Window(center=-10.0, width=500.0, function='LINEAR')"


@pytest.mark.skipif(find_spec("notebook") is None, reason="Notebook is not installed")
def test_notebook_7(page: Page, lab: Lab) -> None:
    from playwright.sync_api import expect

    # What the hand did last may still be on its way when the next cell runs.
    told = "for _ in range(100):\n    if view.window.width != 500: time.sleep(0.1)\nprint(view.index, view.window)"
    cells = [f"import time\nimport dicomview as dv\nview = dv.view({SAMPLE!r})\nview", told]
    write_notebook(lab.folder / "hosted.ipynb", cells)
    page.goto(f"{lab.address}/notebooks/hosted.ipynb?token={lab.token}")
    sessions = f"{lab.address}/api/sessions?token={lab.token}"
    deadline = time.monotonic() + SLOW
    while not any(session["kernel"]["connections"] for session in page.request.get(sessions).json()):
        assert time.monotonic() < deadline
        page.wait_for_timeout(100)
    cell = page.locator(".jp-CodeCell")
    cell.nth(0).locator(".cm-content").press("Shift+Enter")
    scroll_and_drag(page)
    stage, root = page.locator(".dicomview-stage"), page.locator(".dicomview-canvas")
    stage.focus()
    for key in ["ArrowUp", "ArrowDown", "d", "d", "0", "0", "m", "r", "a", "x", "w"]:  # the notebook has them, too
        stage.press(key)
    stage.press("r")
    expect(root).to_have_attribute("data-rotation", "180")
    expect(cell).to_have_count(2)
    for _ in range(2):
        stage.press("r")
    expect(root).to_have_attribute("data-rotation", "0")
    expect(page.locator(".jp-Dialog")).to_have_count(0)
    cell.nth(1).locator(".cm-content").press("Shift+Enter")
    expect(cell.nth(1).locator(".jp-OutputArea-output")).to_have_text(HELD)
    for session in page.request.get(sessions).json():
        page.request.delete(sessions.replace("?", f"/{session['id']}?"))


APP = f"""
import marimo
app = marimo.App()

@app.cell
def _():
    import marimo as mo
    import dicomview as dv
    view = mo.ui.anywidget(dv.view({SAMPLE!r}))
    view
    return mo, view

@app.cell
def _(mo, view):
    view.value
    mo.md(f"{{view.index}} {{view.window}}")
"""


@pytest.mark.skipif(find_spec("marimo") is None, reason="marimo is not installed")
def test_marimo(page: Page, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    with running_marimo(tmp_path) as address:
        page.goto(address)
        scroll_and_drag(page)
        expect(page.get_by_text(HELD)).to_be_visible()  # the cell that refers to the view has run again


@contextmanager
def running_marimo(folder: Path) -> Iterator[str]:
    """Serve `APP` until the end."""
    app, port = folder / "app.py", free_port()
    app.write_text(APP, encoding="utf-8")
    command = [sys.executable, "-m", "marimo", "run", str(app), "--headless", "--no-token", "--port", str(port)]
    environment = jupyter_environment(folder / "jupyter") | {"HOME": str(folder)}
    address = f"http://127.0.0.1:{port}"
    with (folder / "console.txt").open("wb") as console:
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1"], env=environment, stdin=subprocess.DEVNULL, stdout=console, stderr=console
        )
        try:
            for _ in range(int(10 * SLOW)):
                assert process.poll() is None, (folder / "console.txt").read_text()
                try:
                    urlopen(f"{address}/health", timeout=SLOW).close()
                    break
                except URLError:
                    time.sleep(0.1)
            yield address
        finally:
            process.terminate()
            process.wait(SLOW)
