"""A real JupyterLab in a real Chromium: one gesture, one look at what came out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from oracles import jpeg_slices

import dicomview as dv
from dicomview.demo.synthetic import write

if TYPE_CHECKING:
    from conftest import Lab, Notebook, OpenNotebook
    from playwright.sync_api import Locator, Page

CHEST = Path(__file__).parent.parent / "sample_data" / "ct_chest"

pytestmark = pytest.mark.browser


def test_widgets_render_and_talk_to_the_kernel(open_notebook: OpenNotebook) -> None:
    from playwright.sync_api import expect

    notebook = open_notebook(
        "slider.ipynb",
        [
            "import ipywidgets\nslider = ipywidgets.IntSlider(value=7, max=20)\nslider",
            "slider.value = slider.value + 5",
            "slider.value",
        ],
    )
    output = notebook.run(0)
    readout = output.locator(".widget-slider .widget-readout")
    expect(readout).to_have_text("7")
    handle = output.locator(".widget-slider .noUi-handle")
    expect(handle).to_be_visible()
    handle.press("ArrowRight")
    expect(readout).to_have_text("8")
    notebook.run(1)
    expect(readout).to_have_text("13")
    assert notebook.value(2) == "13"
    assert notebook.problems == []


def pixels_on_screen(canvas: Locator) -> np.ndarray:
    """What the picture's backing store holds, (rows, columns, 3) uint8."""
    rows, columns, flat = canvas.evaluate(
        """(canvas) => {
            const { width, height } = canvas;
            const rgba = canvas.getContext("2d").getImageData(0, 0, width, height).data;
            return [height, width, Array.from(rgba.filter((_, place) => place % 4 !== 3))];
        }"""
    )
    return np.array(flat, np.uint8).reshape(rows, columns, 3)


def assert_shows(root: Locator, **wish: Any) -> None:
    """The canvas holds, pixel for pixel, the picture that Python gives for the same wish."""
    expected = dv.picture(CHEST, **wish).pixels
    np.testing.assert_array_equal(pixels_on_screen(root.locator("canvas")), np.dstack([expected] * 3))


def test_first_look(open_notebook: OpenNotebook) -> None:
    """The first notebook, as a newcomer would: scroll, window, planes, hover, reset, and Python on the other end."""
    from playwright.sync_api import expect

    notebook = open_notebook("notebooks/01_first_look.ipynb")
    cells = sources(notebook)
    for index in range(cells["scroller = dv.view(chest)"] + 1):
        if index in cells.values():
            notebook.run(index)
    shown = cells["scroller = dv.view(chest)"]
    root = notebook.output(shown).locator(".dicomview-canvas")
    stage = root.locator(".dicomview-stage")
    expect(root).to_have_attribute("data-index", "30")
    assert_shows(root, index=30)
    expect(root.locator(".dicomview-letter")).to_have_text(["R", "L", "A", "P"])

    # The wheel turns the slices and not the page.
    before = scroll_top(notebook.page)
    stage.hover()
    for _ in range(5):
        notebook.page.mouse.wheel(0, 100)
    expect(root).to_have_attribute("data-index", "35")
    assert_shows(root, index=35)
    notebook.page.mouse.wheel(0, 100 * 60)
    expect(root).to_have_attribute("data-index", "59")
    notebook.page.mouse.wheel(0, 300)
    assert scroll_top(notebook.page) == before
    stage.press("Home")
    expect(root).to_have_attribute("data-index", "0")
    stage.press("PageDown")
    expect(root).to_have_attribute("data-index", "10")
    assert_shows(root, index=10)

    # A drag sets the window, in the browser at once and in Python when it rests.
    box = stage.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    notebook.page.mouse.move(x, y)
    notebook.page.mouse.down()
    notebook.page.mouse.move(x + 64, y - 32, steps=8)
    expect(root).to_have_attribute("data-width", "500")
    expect(root).to_have_attribute("data-center", "-10")
    notebook.page.mouse.up()
    assert_shows(root, index=10, window=(-10, 500))
    fields = root.locator(".dicomview-numbers input")
    expect(fields.first).to_have_value("-10")
    expect(fields.last).to_have_value("500")

    # A number typed under the picture changes the picture.
    fields.last.fill("300")
    fields.last.press("Enter")
    expect(root).to_have_attribute("data-width", "300")
    assert_shows(root, index=10, window=(-10, 300))

    # Hovering tells value and place.
    stage.hover(position={"x": box["width"] / 2, "y": box["height"] / 2})
    readout = root.locator(".dicomview-top-right")
    expect(readout).to_contain_text("HU")
    expect(readout).to_contain_text("mm")

    # Python sets the state, and reads what the hand has done.
    notebook.run(cells['scroller.window = "lung"'])
    expect(root).to_have_attribute("data-index", "20")
    assert_shows(root, index=20, window="lung")
    notebook.run(cells['scroller.plane, scroller.index = "coronal", 128'])
    expect(root).to_have_attribute("data-plane", "coronal")
    assert_shows(root, plane="coronal", index=128, window="mediastinum")
    expect(root.locator(".dicomview-letter")).to_have_text(["R", "L", "H", "F"])
    stage.hover()
    notebook.page.mouse.wheel(0, -100)
    expect(root).to_have_attribute("data-index", "127")
    assert notebook.value(cells['scroller.plane = "axial"']).startswith("(20, Window(center=50")
    root.locator(".dicomview-presets").select_option(label="bone  400/1800")
    expect(root).to_have_attribute("data-width", "1800")
    assert_shows(root, index=20, window="bone")

    stage.dblclick()
    expect(root).to_have_attribute("data-index", "30")
    expect(root).to_have_attribute("data-width", "400")
    assert notebook.problems == []


def test_tags_follow_the_slice(open_notebook: OpenNotebook) -> None:
    """The table beside the picture is that of the slice on the screen, and the rest of the notebook runs as well."""
    from playwright.sync_api import expect

    notebook = open_notebook("notebooks/01_first_look.ipynb")
    notebook.run_all()
    output = notebook.output(sources(notebook)["import ipywidgets as widgets"])
    expect(output.locator("table")).to_contain_text("31")
    output.locator(".dicomview-stage").hover()
    notebook.page.mouse.wheel(0, 100)
    expect(output.locator("table")).to_contain_text("32")
    assert notebook.problems == []


def test_a_view_scrolled_out_of_sight_is_right_when_it_comes_back(open_notebook: OpenNotebook) -> None:
    """JupyterLab takes what is scrolled away off the page; its plane chosen meanwhile has shape and words."""
    notebook = open_notebook("notebooks/03_the_scroller.ipynb")
    notebook.command("notebook:run-all-cells")
    notebook.page.wait_for_function(
        """() => {
            const cells = [...window.jupyterapp.shell.currentWidget.content.model.cells];
            return cells.filter(({ type }) => type === "code").every(({ executionCount }) => executionCount);
        }"""
    )
    panel = notebook.page.locator(".jp-WindowedPanel-outer").first
    for place in (3000, 0):
        panel.evaluate("(panel, place) => { panel.scrollTop = place; }", place)
        notebook.page.wait_for_timeout(800)
    root = notebook.page.locator(".dicomview-canvas").first
    root.locator("xpath=self::*[@data-plane='coronal' and @data-sharp='true']").wait_for()
    (width, height), *words = root.evaluate(
        """(root) => {
            const texts = [...root.querySelectorAll(".dicomview-letter, .dicomview-place, .dicomview-bottom-left")];
            const painted = texts.map((text) => {
                const range = document.createRange();
                range.selectNodeContents(text);
                return range;
            });
            const boxes = [root.querySelector("canvas"), ...painted].map((one) => one.getBoundingClientRect());
            return boxes.map(({ width, height }) => [width, height]);
        }"""
    )
    coronal = dv.picture(CHEST, plane="coronal")
    rows, columns = coronal.pixels.shape
    assert height / width == pytest.approx(rows * coronal.aspect / columns, rel=0.01)
    assert len(words) == 6
    assert all(across > 3 and down > 3 for across, down in words), words
    assert notebook.problems == []


def test_a_saved_notebook_holds_no_pixels_where_none_are_wished_for(open_notebook: OpenNotebook, lab: Lab) -> None:
    notebook = open_notebook("saved.ipynb", ["import dicomview as dv", "dv.view('sample_data/ct_chest', embed=False)"])
    notebook.run(0)
    root = notebook.run(1).locator(".dicomview-canvas")
    root.locator("xpath=self::*[@data-sharp='true']").wait_for()
    notebook.command("docmanager:save")
    notebook.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    saved = json.loads((lab.folder / "saved.ipynb").read_text(encoding="utf-8"))
    (output,) = (output for cell in saved["cells"] for output in cell["outputs"] if "data" in output)
    assert output["data"].keys() == {"text/plain", "application/vnd.jupyter.widget-view+json"}
    states = saved["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"]["state"].values()
    (view,) = (one for one in states if "_opening" in one["state"])
    assert [view["state"][name] for name in ("_opening", "_near", "_around")] == [[], [], []]
    assert {buffer["path"][0] for buffer in view["buffers"]} == {"_colours"}
    assert "Phantom" not in str(saved)
    assert "FICTITIOUS" not in str(saved)


def test_a_slice_that_cannot_be_decoded_says_so_in_its_place(open_notebook: OpenNotebook, lab: Lab) -> None:
    from playwright.sync_api import expect

    folder = lab.folder / "corrupt"
    shutil.copytree(lab.folder / "sample_data" / "broken" / "missing_slice", folder)
    broken = sorted(folder.iterdir())[3]
    broken.write_bytes(broken.read_bytes()[:-3000])
    notebook = open_notebook("corrupt.ipynb", ["import dicomview as dv\nview = dv.view('corrupt', index=2)\nview"])
    root = notebook.run(0).locator(".dicomview-canvas")
    expect(root).to_have_attribute("data-index", "2")
    expect(root.locator(".dicomview-fault")).to_have_text("")
    seen = []
    for _ in range(4):
        seen.append(root.locator(".dicomview-fault").text_content())
        index = int(root.get_attribute("data-index") or 0)
        root.locator(".dicomview-stage").press("ArrowRight")
        expect(root).to_have_attribute("data-index", str(index + 1))
    assert any("cannot be decoded" in (text or "") for text in seen)
    assert (root.locator(".dicomview-fault").text_content() or "") == ""


def test_a_decoder_that_stood_in_is_named_beside_its_slice_alone(open_notebook: OpenNotebook, lab: Lab) -> None:
    from playwright.sync_api import expect

    folder = lab.folder / "stood_in"
    folder.mkdir()
    write(jpeg_slices(3, cut=1), folder)
    notebook = open_notebook("stood_in.ipynb", ["import dicomview as dv\nview = dv.view('stood_in', index=0)\nview"])
    root = notebook.run(0).locator(".dicomview-canvas")
    corner = root.locator(".dicomview-bottom-right")
    expect(corner).to_have_text("lossy compression")
    root.locator(".dicomview-stage").press("ArrowRight")
    expect(corner).to_have_text("lossy compression\ndecoded by imagecodecs, not by pillow")
    root.locator(".dicomview-stage").press("ArrowRight")
    expect(corner).to_have_text("lossy compression")


def sources(notebook: Notebook) -> dict[str, int]:
    """The place of each code cell by its first line."""
    cells: list[tuple[str, str]] = notebook.page.evaluate(
        """() => Array.from(window.jupyterapp.shell.currentWidget.content.widgets,
            (cell) => [cell.model.type, cell.model.sharedModel.getSource()])"""
    )
    return {source.split("\n")[0]: place for place, (kind, source) in enumerate(cells) if kind == "code"}


def scroll_top(page: Page) -> float:
    """How far the notebook is scrolled."""
    top: float = page.evaluate("() => document.querySelector('.jp-WindowedPanel-outer').scrollTop")
    return top


def test_no_control_changes_a_window_by_itself(open_notebook: OpenNotebook) -> None:
    """Fields of a browser round to steps; what they make of a window is no wish, and no window is out of reach."""
    from playwright.sync_api import expect

    notebook = open_notebook(
        "window.ipynb",
        [
            "import dicomview as dv\nimport pydicom.data\npath = pydicom.data.get_testdata_file('CT_small.dcm')",
            "view = dv.view(path)\nview",
            "view.window == dv.picture(path).window",
            "view.window = (40.3, 350.7)",
            "view.window",
            "view.window = (40, 0.5)",
            "view.window",
        ],
    )
    notebook.run(0)
    output = notebook.run(1)
    root = output.locator(".dicomview-canvas")
    expect(root).to_have_attribute("data-index", "0")
    fields = root.locator(".dicomview-numbers input")
    expect(fields.first).to_be_visible()
    assert notebook.value(2) == "True"
    root.locator(".dicomview-presets").select_option(label="bone  400/1800")
    expect(fields.last).to_have_value("1800")
    expect(root).to_have_attribute("data-center", "400")
    fields.first.fill("-5000")
    fields.first.press("Enter")
    expect(root).to_have_attribute("data-center", "-5000")
    fields.last.fill("0.5")
    fields.last.press("Enter")
    expect(root).to_have_attribute("data-width", "0.5")
    notebook.run(3)
    expect(root).to_have_attribute("data-width", "350.7")
    assert notebook.value(4) == "Window(center=40.3, width=350.7, function='LINEAR')"
    notebook.run(5)
    expect(root).to_have_attribute("data-width", "0.5")
    assert notebook.value(6) == "Window(center=40.0, width=0.5, function='LINEAR')"
    # A key that steps the number does change it, and does not move the cell.
    fields.first.press("ArrowUp")
    expect(root).to_have_attribute("data-center", "41")
    # Enter presses a button, and does not begin to edit the cell.
    root.get_by_role("button", name="turn clockwise").press("Enter")
    expect(root).to_have_attribute("data-rotation", "90")
    expect(root.get_by_role("button", name="turn clockwise")).to_be_focused()
    assert notebook.problems == []


def test_figures_show_themselves(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(
        "figure.ipynb", ["import dicomview as dv", "dv.figure('sample_data/ct_chest', window='bone')"]
    )
    notebook.run(0)
    notebook.run(1).locator("img").wait_for()
