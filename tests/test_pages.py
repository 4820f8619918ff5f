"""Pages of notebooks: nothing in them comes from the network, and their views answer the hand."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from conftest import write_notebook
from pages import _relinked, make_pages
from test_saved import assert_works_alone, offline  # noqa: F401  a fixture

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_a_page_needs_neither_a_kernel_nor_the_network(offline: Page, tmp_path: Path) -> None:  # noqa: F811
    cells = ["# A title", "import dicomview as dv", "dv.view('../sample_data/ct_chest')"]
    write_notebook(tmp_path / "one.ipynb", cells)
    with ThreadPoolExecutor(1) as thread:  # the browser holds an event loop in this one
        index, page = thread.submit(make_pages, [tmp_path / "one.ipynb"], tmp_path / "pages").result()
    text = page.read_text("utf-8")
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//|@import|url\(["']?https?:""", text)
    asked: list[str] = []
    offline.on("request", lambda request: asked.append(request.url))
    offline.goto(index.as_uri())
    offline.get_by_role("link", name="A title").click()
    stage = offline.locator(".dicomview-stage")
    assert offline.locator(".dicomview-drawing").bounding_box() == stage.bounding_box()
    assert_works_alone(offline.locator(".dicomview-canvas"), "reduced copy: ")
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


def test_links_lead_to_pages() -> None:
    words = "[next](03_the_scroller.ipynb), [list](../CONFORMANCE.md), [there](https://example.org), [up](#top)"
    assert _relinked(words) == "[next](03_the_scroller.html), list, [there](https://example.org), [up](#top)"
