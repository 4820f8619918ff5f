"""In a real JupyterLab: extra axes, cine, overlays, VOI tables, colour, and a kernel that has gone."""

from __future__ import annotations

import ast
import base64
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import phantoms
import pytest
from oracles import PYDICOM_FILES
from pydicom import dcmread

import dicomview as dv
from dicomview.demo.synthetic import write

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Lab, Notebook, OpenNotebook
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser

COUNT_FRAMES = """(root) => new Promise((done, fail) => {
    // The first round fills the cache; then the pictures of a round and a half are counted.
    const seen = new Set();
    let begin, last, steps = 0;
    const observer = new MutationObserver(() => {
        const index = Number(root.dataset.index);
        if (begin === undefined) {
            seen.add(index);
            if (seen.size < 30) return;
            begin = performance.now();
        } else steps += (index - last + 30) % 30;
        last = index;
        if (steps < 45) return;
        observer.disconnect();
        done(1000 * steps / (performance.now() - begin));
    });
    observer.observe(root, { attributes: true, attributeFilter: ["data-index"] });
    setTimeout(() => fail(new Error(`only ${seen.size} frames and ${steps} steps`)), 30000);
})"""


def open_view(open_notebook: OpenNotebook, path: Path, *cells: str) -> tuple[Notebook, Locator]:
    """Show `path` in a new notebook, whose further cells are `cells`, and return it with the root of its canvas."""
    name = f"{path.stem}.ipynb"
    notebook = open_notebook(name, [f"import dicomview as dv\nview = dv.view({str(path)!r})\nview", *cells])
    root = notebook.run(0).locator(".dicomview-canvas")
    root.locator("xpath=self::*[@data-sharp='true']").wait_for()
    return notebook, root


def pixels_on_screen(root: Locator) -> np.ndarray:
    """What the picture's backing store holds, (rows, columns, 3) uint8."""
    rows, columns, text = root.locator("canvas").evaluate(
        """(canvas) => {
            const { width, height } = canvas;
            const bytes = canvas.getContext("2d").getImageData(0, 0, width, height).data;
            let text = "";
            for (let k = 0; k < bytes.length; k += 8192) text += String.fromCharCode(...bytes.subarray(k, k + 8192));
            return [height, width, btoa(text)];
        }"""
    )
    rgba = np.frombuffer(base64.b64decode(text), np.uint8).reshape(rows, columns, 4)
    assert (rgba[..., 3] == 255).all()
    return rgba[..., :3]


def assert_becomes(notebook: Notebook, cell: int, text: str | None) -> None:
    """The value of a cell is soon `text`: the last state of a run goes out when the one before it is answered."""
    deadline = time.monotonic() + 10
    while (value := notebook.value(cell)) != text:
        assert time.monotonic() < deadline, f"still {value}, not {text}"


def assert_paints(root: Locator, source: Path, **wish: Any) -> None:
    """The canvas holds, pixel for pixel, the picture that Python gives for the same wish."""
    expected = dv.picture(source, **wish).pixels
    if expected.ndim == 2:
        expected = np.dstack([expected] * 3)
    np.testing.assert_array_equal(pixels_on_screen(root), expected)


def test_a_second_slider(open_notebook: OpenNotebook, lab: Lab) -> None:
    from playwright.sync_api import expect

    folder = lab.folder / "echoes"
    write(phantoms.shuffled(phantoms.echoes()), folder)
    notebook, root = open_view(open_notebook, folder, "view.axes, view.index", "view.axes = {'echo': 0}")
    expect(root).to_have_attribute("data-at", "6/0")
    row = root.locator(".dicomview-axis")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("echo")
    expect(row).to_contain_text("10 ms (1/2)")
    assert_paints(root, folder, index=6, echo=0)
    row.locator("input").press("ArrowRight")
    expect(root).to_have_attribute("data-at", "6/1")
    expect(row).to_contain_text("80 ms (2/2)")
    expect(root.locator(".dicomview-place")).to_contain_text("echo 80 ms")
    assert_paints(root, folder, index=6, echo=1)
    root.locator(".dicomview-stage").press("ArrowDown")
    expect(root).to_have_attribute("data-at", "7/1")
    assert_paints(root, folder, index=7, echo=1)
    assert notebook.value(1) == "({'echo': 1}, 7)"
    notebook.run(2)
    expect(root).to_have_attribute("data-at", "7/0")
    expect(row.locator("input")).to_have_value("0")
    assert_paints(root, folder, index=7, echo=0)
    root.locator(".dicomview-planes").select_option("coronal")
    row.locator("input").press("ArrowRight")
    expect(root).to_have_attribute("data-at", "5/1")
    assert_paints(root, folder, plane="coronal", index=5, echo=1)
    assert notebook.problems == []


def test_cine(open_notebook: OpenNotebook) -> None:
    """An ultrasound of 30 frames, 33.333 ms each."""
    from playwright.sync_api import expect

    path = PYDICOM_FILES / "examples_ybr_color.dcm"
    notebook, root = open_view(open_notebook, path, "view.index")
    play, stage = root.locator(".dicomview-play"), root.locator(".dicomview-stage")
    assert float(root.locator(".dicomview-rate").input_value()) == pytest.approx(30, abs=0.01)
    assert_paints(root, path, index=0)
    play.click()
    expect(play).to_have_attribute("aria-pressed", "true")
    assert root.evaluate(COUNT_FRAMES) == pytest.approx(30, rel=0.2)
    play.click()
    expect(play).to_have_attribute("aria-pressed", "false")
    shown = root.get_attribute("data-index")
    assert_becomes(notebook, 1, shown)
    expect(root).to_have_attribute("data-index", shown or "")
    expect(root).to_have_attribute("data-sharp", "true")
    assert_paints(root, path, index=int(shown or 0))

    # Once instead of round and round: it ends with the last frame. The space bar plays as well.
    root.locator(".dicomview-film button").nth(1).click()
    stage.press("Home")
    expect(root).to_have_attribute("data-index", "0")
    stage.press(" ")
    expect(play).to_have_attribute("aria-pressed", "true")
    expect(root).to_have_attribute("data-index", "29")
    expect(play).to_have_attribute("aria-pressed", "false")
    assert_becomes(notebook, 1, "29")
    expect(root).to_have_attribute("data-sharp", "true")
    assert_paints(root, path, index=29)
    assert notebook.problems == []


def test_overlays_and_colour(open_notebook: OpenNotebook) -> None:
    from playwright.sync_api import expect

    path, coloured = PYDICOM_FILES / "examples_overlay.dcm", PYDICOM_FILES / "examples_rgb_color.dcm"
    green = "view.layers = {'overlays': {'shown': True, 'color': '#00ff00', 'opacity': 0.5}}"
    asked = "view.layers['overlays'].shown"
    notebook, root = open_view(open_notebook, path, asked, green, f"dv.view({str(coloured)!r})")
    button = root.locator(".dicomview-layers button")
    expect(button).to_have_attribute("aria-pressed", "true")
    assert_paints(root, path)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    assert_paints(root, path, layers={"overlays": False})
    assert notebook.value(1) == "False"
    notebook.run(2)
    expect(button).to_have_attribute("aria-pressed", "true")
    assert_paints(root, path, layers={"overlays": {"color": "#00ff00", "opacity": 0.5}})

    root = notebook.run(3).locator(".dicomview-canvas")
    root.locator("xpath=self::*[@data-sharp='true']").wait_for()
    np.testing.assert_array_equal(pixels_on_screen(root), dcmread(coloured).pixel_array)
    for part in ("presets", "film", "layers"):
        expect(root.locator(f".dicomview-{part}")).to_be_hidden()
    assert notebook.problems == []


def with_table() -> list[Any]:
    """The regular series with two windows and a VOI table that darkens the middle."""
    table = phantoms.item(LUTDescriptor=[1200, 0, 8], LUTExplanation="S curve")
    table.LUTData = bytes(int(255 * (k / 1199) ** 2) for k in range(1200))
    windows = {"WindowCenter": ["600", "300"], "WindowWidth": ["1200", "200"]}
    pile = phantoms.regular(tags=windows | {"WindowCenterWidthExplanation": ["WIDE", "NARROW"]})
    for ds in pile:
        ds.VOILUTSequence = [table]
    return pile


def test_a_voi_table_and_a_drag_that_leaves_it(open_notebook: OpenNotebook, lab: Lab) -> None:
    from playwright.sync_api import expect

    folder = lab.folder / "table"
    write(with_table(), folder)
    window = "window = view.window\nwindow.center, window.width, window.function"
    notebook, root = open_view(open_notebook, folder, "type(view.window).__name__, view.window.explanation", window)
    assert_paints(root, folder, window="WIDE")
    menu = root.locator(".dicomview-presets")
    menu.select_option(label="NARROW (file)  300/200")
    expect(root).to_have_attribute("data-width", "200")
    assert_paints(root, folder, window="NARROW")
    menu.select_option(label="S curve")
    expect(root).to_have_attribute("data-width", "")
    expect(root.locator(".dicomview-bottom-left")).to_have_text("S curve")
    assert_paints(root, folder, window="S curve")
    assert notebook.value(1) == "('VoiTable', 'S curve')"
    root.locator(".dicomview-planes").select_option("coronal")
    expect(root).to_have_attribute("data-plane", "coronal")
    assert_paints(root, folder, plane="coronal", window="S curve")

    stage = root.locator(".dicomview-stage")
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    notebook.page.mouse.move(x, y)
    notebook.page.mouse.down()
    notebook.page.mouse.move(x + 40, y + 20, steps=4)
    notebook.page.mouse.up()
    expect(root).not_to_have_attribute("data-width", "")
    center, width, function = ast.literal_eval(notebook.value(2))
    assert [center, width] == [float(root.get_attribute(f"data-{name}") or "nan") for name in ("center", "width")]
    assert_paints(root, folder, plane="coronal", window=dv.Window(center, width, function))
    expect(menu).to_have_value("")
    assert notebook.problems == []


def test_layers_are_switched_coloured_and_made_opaque(open_notebook: OpenNotebook, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    folder = tmp_path / "masked"
    write(phantoms.regular(window=(600, 1200)), folder)
    mask = np.zeros((12, 10, 8), np.uint8)
    mask[:, 2:6, 1:5], mask[:, 5:9, 3:7] = 1, 2
    np.save(tmp_path / "mask.npy", mask)
    masks_of = f"np.load({str(tmp_path / 'mask.npy')!r})"
    made = f"import numpy as np\nview = dv.view({str(folder)!r}, masks={{'part': {masks_of}}})\nview"
    told = "[(look.shown, look.color, look.opacity) for look in view.layers.values()]"
    notebook, _ = open_view(open_notebook, folder, made, told)
    root = notebook.run(1).locator(".dicomview-canvas")
    root.locator("xpath=self::*[@data-painted]").wait_for()
    masks = {"part": mask}
    assert_paints(root, folder, masks=masks)
    switches, opacity = root.locator(".dicomview-switch"), root.get_by_label("part 2: opacity")
    expect(switches).to_have_text(["part 1", "part 2"])
    switches.first.press("Enter")
    expect(switches.first).to_have_attribute("aria-pressed", "false")
    opacity.press("End")
    root.get_by_label("part 2: colour").fill("#00ff80")
    layers = {"part 1": False, "part 2": {"color": "#00ff80", "opacity": 1}}
    assert_paints(root, folder, masks=masks, layers=layers)
    assert_becomes(notebook, 2, "[(False, '#e6194b', 0.4), (True, '#00ff80', 1.0)]")
    root.locator(".dicomview-planes").select_option("sagittal")
    expect(root).to_have_attribute("data-plane", "sagittal")
    assert_paints(root, folder, plane="sagittal", masks=masks, layers=layers)
    assert notebook.problems == []


def test_a_kernel_that_was_restarted(open_notebook: OpenNotebook, lab: Lab) -> None:
    from playwright.sync_api import expect

    notebook, root = open_view(open_notebook, lab.folder / "sample_data" / "ct_chest")
    expect(root.locator(".dicomview-fault")).to_have_text("")
    notebook.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    notebook.page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
    )
    root.locator(".dicomview-planes").select_option("coronal")  # of which no slice is here
    expect(root.get_by_role("alert")).to_have_text(
        "No kernel answers, and the coronal plane is not in this copy: run the cell again."
    )
    expect(root).to_have_attribute("data-plane", "axial")
    again = notebook.run(0).locator(".dicomview-canvas")
    expect(again).to_have_attribute("data-plane", "axial")
    expect(again.locator(".dicomview-fault")).to_have_text("")
