"""A saved notebook where there is no kernel and no network: in JupyterLab, from a stranger, and through nbconvert."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from conftest import CLONE, PATIENCE, jupyter_environment, write_notebook

import dicomview as dv

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Lab, OpenNotebook
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser

STATE = "application/vnd.jupyter.widget-state+json"
CHEST = ["import dicomview as dv", "view = dv.view('sample_data/ct_chest')\nview"]
SENT = "import asyncio\nwhile not view._around:\n    await asyncio.sleep(0.05)"  # the previews that follow the widget


TURNED = [
    "other = dv.view('sample_data/ct_chest', controls=False)\nother",
    "other.plane = 'coronal'\nwhile other._opening[0]['message']['plane'] != 'coronal':\n    await asyncio.sleep(0.05)",
]


class OpenSaved(Protocol):
    def __call__(self, name: str, *, kernel: bool) -> Locator: ...


SAMPLE = CLONE / "sample_data" / "ct_chest"


@pytest.fixture
def open_saved(chromium: Browser, lab: Lab, request: pytest.FixtureRequest) -> Iterator[OpenSaved]:
    """``open_saved("saved.ipynb", kernel=False)``: its outputs in JupyterLab, with nobody to reach but JupyterLab."""
    context = chromium.new_context(viewport={"width": 1280, "height": 960})
    context.set_default_timeout(PATIENCE)
    strangers: list[str] = []

    def gate(route: Any) -> None:
        if route.request.url.startswith((lab.address, "data:", "blob:")):
            route.continue_()
        else:
            strangers.append(route.request.url)
            route.abort()

    context.route("**/*", gate)

    def open_it(name: str, *, kernel: bool) -> Locator:
        page = context.new_page()
        page.goto(f"{lab.address}/lab/workspaces/{request.node.name}?token={lab.token}")
        page.wait_for_function("() => window.jupyterapp?.shell")
        page.evaluate(
            """async ([path, kernel]) => {
                await window.jupyterapp.started;
                const kernelPreference = { shouldStart: kernel, canStart: kernel, name: "python3" };
                await window.jupyterapp.commands.execute("docmanager:open", { path, kernelPreference });
            }""",
            [name, kernel],
        )
        return page.locator(".jp-OutputArea-output")

    yield open_it
    headers = {"Authorization": f"token {lab.token}"}
    for session in context.request.get(f"{lab.address}/api/sessions", headers=headers).json():
        context.request.delete(f"{lab.address}/api/sessions/{session['id']}", headers=headers)
    assert strangers == []
    context.close()


def assert_works_alone(root: Locator, note: str) -> None:
    """The picture answers the hand as one with a kernel does, and says that it is none."""
    from playwright.sync_api import expect

    expect(root).to_have_attribute("data-index", "30")
    expect(root.locator(".dicomview-bottom-right")).to_contain_text(note)
    stage = root.locator(".dicomview-stage")
    stage.hover()
    expect(root.locator(".dicomview-top-right")).to_contain_text("HU")
    root.page.mouse.wheel(0, 1000)
    expect(root).not_to_have_attribute("data-index", "30")
    stage.press("End")
    expect(root).to_have_attribute("data-index", "59")
    root.page.mouse.down()
    box = stage.bounding_box()
    assert box is not None
    root.page.mouse.move(box["x"] + box["width"] - 9, box["y"] + 9, steps=5)
    root.page.mouse.up()
    expect(root).not_to_have_attribute("data-width", "400")
    root.locator(".dicomview-presets").select_option(label="bone  400/1800")
    expect(root).to_have_attribute("data-width", "1800")


def test_a_notebook_that_was_saved_works_before_anything_is_run(
    open_notebook: OpenNotebook, open_saved: OpenSaved, lab: Lab
) -> None:
    """`dicomview lab` has JupyterLab save what widgets need to come back; the kernel that they had has gone."""
    from playwright.sync_api import expect

    notebook = open_notebook("kept.ipynb", [*CHEST, SENT, *TURNED])
    notebook.run(0)
    notebook.run(1).locator(".dicomview-canvas[data-sharp='true']").wait_for()
    for cell in (2, 3, 4):
        notebook.run(cell)
    notebook.command("docmanager:save")
    notebook.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    notebook.command("kernelmenu:shutdown")
    notebook.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel")
    notebook.page.close()
    text = (lab.folder / "kept.ipynb").read_text("utf-8")
    assert len(text) < 2_400_000  # of two views
    assert "Phantom" not in text
    assert "FICTITIOUS" not in text

    roots = open_saved("kept.ipynb", kernel=True).locator(".dicomview-canvas")
    turned = roots.nth(1)  # to a plane that it did not begin with
    expect(turned).to_have_attribute("data-plane", "coronal")
    expect(turned).to_have_attribute("data-painted", re.compile("[1-9]"))
    root = roots.first
    assert_works_alone(root, "no kernel answers: this is a part")
    # A plane that is not among what was saved says so, and the shown one comes back.
    root.locator(".dicomview-planes").select_option("coronal")
    expect(root.get_by_role("alert")).to_contain_text("the coronal plane is not in this copy")
    expect(root.locator(".dicomview-planes")).to_have_value("axial")
    root.locator(".dicomview-stage").press("Home")
    expect(root).to_have_attribute("data-index", "0")

    # A word is changed and the notebook saved, still before a run: what it shows stays in it.
    root.page.evaluate(
        """async () => {
            await window.jupyterapp.commands.execute("notebook:insert-cell-above");
            await window.jupyterapp.commands.execute("docmanager:save");
        }"""
    )
    root.page.close()
    again = json.loads((lab.folder / "kept.ipynb").read_text("utf-8"))
    assert len(again["cells"]) == 1 + len(json.loads(text)["cells"])
    roots = open_saved("kept.ipynb", kernel=True).locator(".dicomview-canvas")
    expect(roots.nth(1)).to_have_attribute("data-plane", "coronal")
    assert_works_alone(roots.first, "no kernel answers: this is a part")


def test_a_notebook_of_a_stranger_shows_its_picture(open_saved: OpenSaved, lab: Lab) -> None:
    """JupyterLab runs no script of a notebook that was never run there."""
    write_saved(lab.folder / "strange.ipynb", dv.view(SAMPLE))
    output = open_saved("strange.ipynb", kernel=False)
    picture = output.locator("img")
    picture.hover()
    assert picture.evaluate("(image) => [image.complete, image.naturalWidth, image.naturalHeight]") == [True, 256, 256]
    assert picture.get_attribute("alt") == "CT · Chest with contrast (synthetic)"
    assert output.locator(".dicomview-canvas").count() == 0
    assert output.locator("script").count() == 0


def write_saved(path: Path, view: Any) -> None:
    """Write a notebook with a view as output, as a program does that runs notebooks."""
    write_notebook(path, ["view"])
    notebook = json.loads(path.read_text("utf-8"))
    data, metadata = view._repr_mimebundle_()
    (cell,) = notebook["cells"]
    cell["outputs"] = [{"output_type": "display_data", "data": data, "metadata": metadata}]
    path.write_text(json.dumps(notebook), "utf-8")


@pytest.fixture
def offline(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(offline=True)
    yield context.new_page()
    context.close()


def convert(path: Path, *arguments: str) -> Path:
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--log-level=ERROR", *arguments, path.name]
    environment = jupyter_environment(path.parent / "jupyter")
    done = subprocess.run(command, cwd=path.parent, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return path.with_suffix(".html")


def test_nbconvert_shows_the_copy_of_a_notebook_without_the_state_of_widgets(offline: Page, tmp_path: Path) -> None:
    write_saved(tmp_path / "saved.ipynb", dv.view(SAMPLE))
    offline.goto(convert(tmp_path / "saved.ipynb").as_uri())
    assert_works_alone(offline.locator(".dicomview-canvas"), "reduced copy: 9 of 60 images")


def test_nbconvert_shows_the_copy_when_it_is_told_to_leave_the_state_out(offline: Page, tmp_path: Path) -> None:
    """With the state nbconvert writes a widget, and a page with widgets loads its programs from the network."""
    write_notebook(tmp_path / "run.ipynb", ["import dicomview as dv", f"dv.view({str(SAMPLE)!r})"])
    run = convert(tmp_path / "run.ipynb", "--execute")
    assert STATE in run.read_text("utf-8")
    offline.goto(run.as_uri())
    assert offline.locator(".dicomview-canvas").count() == 0
    offline.goto(convert(tmp_path / "run.ipynb", "--execute", "--ClearMetadataPreprocessor.enabled=True").as_uri())
    assert_works_alone(offline.locator(".dicomview-canvas"), "reduced copy: 9 of 60 images")


def test_a_bar_leaves_nothing_in_the_notebook(open_notebook: OpenNotebook) -> None:
    """Neither when all is done nor when it was interrupted."""
    cells = [
        "import itertools, ipywidgets\nimport dicomview.progress\nfrom dicomview.progress import bar",
        "for _ in bar(range(9), 'Reading', 'file'):\n    break",
        "dicomview.progress.monotonic = itertools.count(0, 2).__next__  # each look is two seconds later",
        "for _ in bar(range(9), 'Reading', 'file'):\n    pass",
        "items = bar(range(9), 'Reading', 'file')\nfor _ in range(5):\n    next(items)",
        "items.close()",
        "len(ipywidgets.widgets.widget._instances)",
    ]
    notebook = open_notebook("bar.ipynb", cells)
    for cell in range(5):
        notebook.run(cell)
    notebook.output(4).locator(".widget-hprogress").wait_for(timeout=20_000)
    notebook.run(5)
    assert notebook.outputs(1) == notebook.outputs(5) == []
    for cell in (3, 4):
        (output,) = notebook.outputs(cell)
        assert {"".join(text) for text in output["data"].values()} == {""}
        assert notebook.output(cell).inner_text().strip() == ""
    assert notebook.value(6) == "0"  # nor in the state of its widgets
