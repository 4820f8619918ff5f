"""Make the README's pictures: ``python -m pytest tests/screenshots.py``.

Not collected by a plain ``pytest``; it writes into the repository.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from test_browser import sources

import dicomview as dv

if TYPE_CHECKING:
    from canvas_page import Desk
    from conftest import OpenNotebook

PICTURES = Path(__file__).parent.parent / ".github"
SAMPLES = PICTURES.parent / "sample_data"
_TALL = 400  # pixels of a picture of the gallery, twice as many as it is shown with


def test_first_look(open_notebook: OpenNotebook) -> None:
    """The first notebook in JupyterLab, up to the picture, hovering over the aorta."""
    notebook = open_notebook("notebooks/01_first_look.ipynb")
    cells = sources(notebook)
    shown = cells["scroller = dv.view(chest)"]
    for place in sorted(cells.values()):
        if place <= shown:
            notebook.run(place)
    notebook.command("application:toggle-left-area")
    stage = notebook.output(shown).locator(".dicomview-stage")
    stage.scroll_into_view_if_needed()
    stage.hover(position={"x": 297, "y": 300})
    notebook.page.wait_for_function("() => document.querySelector('.dicomview-top-right').textContent.includes('HU')")
    notebook.page.screenshot(path=PICTURES / "first_look.png")


def test_gallery(desk: Desk) -> None:
    """The small pictures under it, of what lies over images and of other planes."""
    chest, head = SAMPLES / "ct_chest", SAMPLES / "mr_head"
    bone = {"bone": dv.read_series(chest).volume().array > 300}
    look = {"bone": {"color": "#ffb050", "opacity": 0.6}}
    bare = {"controls": False, "embed": False}
    views = {
        "objects": dv.view(chest, objects=SAMPLES / "chest_objects", **bare),
        "bone": dv.view(chest, masks=bone, layers=look, plane="coronal", index=140, **bare),
        "head": dv.view(head, colormap="magma", plane="sagittal", **bare),
    }
    for name, view in views.items():
        shown = desk.show(view)
        desk.page.mouse.move(0, 0)
        keep(shown.stage.screenshot(), name)


def test_gallery_of_tables(open_notebook: OpenNotebook) -> None:
    """And of a picture beside its tags."""
    notebook = open_notebook("browse.ipynb", ["import dicomview as dv\ndv.browse('sample_data')"])
    notebook.command("application:toggle-left-area")
    output = notebook.run(0)
    output.locator(".dicomview-option img").nth(3).wait_for()
    output.locator(".dicomview-canvas[data-sharp='true']").wait_for()
    keep(output.screenshot(), "browse")


def keep(screenshot: bytes, name: str) -> None:
    """Write a picture of the gallery."""
    picture = Image.open(io.BytesIO(screenshot)).convert("RGB")
    across = round(_TALL * picture.width / picture.height)
    small = picture.resize((across, _TALL), Image.Resampling.LANCZOS)
    small.quantize(128).save(PICTURES / f"gallery_{name}.png", optimize=True)
