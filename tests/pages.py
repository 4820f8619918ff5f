"""Make a page of every notebook: ``python tests/pages.py [folder]``, by default ``build/pages``.

Each notebook is run from top to bottom on a copy of the sample data and becomes an HTML file that needs neither a
kernel nor the network: its views are the copies that a saved notebook keeps, which scroll and window. ``index.html``
lists them.
"""

from __future__ import annotations

import asyncio
import html
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import nbclient
import nbformat
from conftest import CLONE, jupyter_environment
from jinja2 import DictLoader
from nbconvert import HTMLExporter

if TYPE_CHECKING:
    from collections.abc import Iterable

# The page of JupyterLab's look, without the programs that it would load: nothing here has formulas or diagrams.
_PAGE = """{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block jupyter_widgets -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
"""
_INDEX = """<!doctype html><html lang="en"><meta charset="utf-8"><title>dicomview: notebooks</title>
<style>body {{ max-width: 40em; margin: 3em auto; font: 16px/1.5 sans-serif }}</style>
<h1>dicomview: notebooks</h1><ol>{}</ol></html>
"""


def make_pages(notebooks: Iterable[Path], folder: Path) -> list[Path]:
    """Write a page for each notebook, and their list, and return the paths.

    Parameters
    ----------
    notebooks : iterable of Path
    folder : Path
        Made when missing; pages of the same names are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pages, lines = [], []
    for path in notebooks:
        notebook = nbformat.read(path, as_version=4)
        run(notebook)
        page = folder / f"{path.stem}.html"
        page.write_text(page_of(notebook), encoding="utf-8")
        pages.append(page)
        title = next(
            line.strip("# ") for cell in notebook.cells for line in cell.source.splitlines() if line[:1] == "#"
        )
        lines.append(f'<li><a href="{page.name}">{html.escape(title)}</a></li>')
        print(f"{page} ({page.stat().st_size / 1e6:.1f} MB)")
    index = folder / "index.html"
    index.write_text(_INDEX.format("".join(lines)), encoding="utf-8")
    return [index, *pages]


def run(notebook: nbformat.NotebookNode) -> None:
    """Run a notebook beside a copy of the sample data, so that what it writes stays out of the clone."""
    with tempfile.TemporaryDirectory() as private:
        here = Path(private, "notebooks")
        here.mkdir()
        shutil.copytree(CLONE / "sample_data", Path(private, "sample_data"))
        resources = {"metadata": {"path": str(here)}}
        client = nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3", resources=resources)
        asyncio.run(client.async_execute(env=jupyter_environment(Path(private, "jupyter"))))


def page_of(notebook: nbformat.NotebookNode) -> str:
    """Return a notebook that was run as HTML."""
    notebook = nbformat.from_dict(notebook)
    notebook.metadata.pop("widgets", None)  # with their state, widgets would be shown instead of the copies
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = _relinked(cell.source)
    exporter = HTMLExporter(extra_loaders=[DictLoader({"page.html.j2": _PAGE})], template_file="page.html.j2")
    text, _ = exporter.from_notebook_node(notebook)
    return str(text)


def _relinked(words: str) -> str:
    """Let links to notebooks lead to their pages, and leave only the words of those to other files."""
    words = re.sub(r"\]\(([\w-]+)\.ipynb\)", r"](\1.html)", words)
    return re.sub(r"\[([^\]]+)\]\((?![\w-]+\.html\)|https?:|#)[^)]+\)", r"\1", words)


if __name__ == "__main__":
    make_pages(
        sorted((CLONE / "notebooks").glob("*.ipynb")), Path(sys.argv[1] if sys.argv[1:] else CLONE / "build" / "pages")
    )
