"""Make the README's pictures: ``python -m pytest tests/screenshots.py``.

Not collected by a plain ``pytest``; it writes into the repository.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from test_browser import sources

if TYPE_CHECKING:
    from conftest import OpenNotebook

PICTURES = Path(__file__).parent.parent / ".github"


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
