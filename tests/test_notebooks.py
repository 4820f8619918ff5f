"""Every notebook runs from top to bottom, and is committed as the reader should first see it."""

from __future__ import annotations

import asyncio
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import nbclient
import nbformat
import pytest
from conftest import CLONE, jupyter_environment

from dicomview.lab.folder import choose_folder

if TYPE_CHECKING:
    from pathlib import Path

NOTEBOOKS = sorted((CLONE / "notebooks").glob("*.ipynb"))
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> nbformat.NotebookNode:
    notebook: nbformat.NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call,unused-ignore]
    nbformat.validate(notebook)
    return notebook


@each_notebook
def test_runs_from_top_to_bottom(path: Path, tmp_path: Path) -> None:
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    shutil.copytree(CLONE / "sample_data", tmp_path / "sample_data")
    client = nbclient.NotebookClient(
        read(path), timeout=300, kernel_name="python3", resources={"metadata": {"path": str(notebooks)}}
    )
    environment = jupyter_environment(tmp_path / "jupyter")

    async def execute() -> None:
        await client.async_execute(env=environment)

    # In a thread of its own, for the browser tests may hold an event loop in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, execute()).result()


@each_notebook
def test_links_lead_somewhere_in_a_clone_and_in_a_copy(path: Path, tmp_path: Path) -> None:
    copy = choose_folder(tmp_path, None, CLONE / "dicomview")
    words = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    for link in re.findall(r"\]\(([^)#]+)", words):
        assert (path.parent / link).exists(), link
        assert (copy / "notebooks" / link).exists(), link


@each_notebook
def test_is_committed_without_outputs(path: Path) -> None:
    cells = [cell for cell in read(path).cells if cell.cell_type == "code"]
    assert [number for number, cell in enumerate(cells) if cell.outputs] == []
    assert [number for number, cell in enumerate(cells) if cell.execution_count is not None] == []


@each_notebook
def test_first_code_cell_imports_the_package(path: Path) -> None:
    first = next(cell for cell in read(path).cells if cell.cell_type == "code")
    assert "import dicomview as dv" in first.source.splitlines()
