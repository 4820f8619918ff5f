"""A catalogue in a notebook: a line a stack, and a picture when it is looked at."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import dicomview as dv
from dicomview.demo.synthetic import instances, write
from dicomview.views.catalog_list import listed, listing

SAMPLES = Path(__file__).parents[1] / "sample_data"


@pytest.fixture
def sent(monkeypatch):
    """What lists send to the page."""
    told = []
    monkeypatch.setattr(
        "dicomview.views.series_list.SeriesList.send",
        lambda self, content, buffers=(): told.append((content, [bytes(one) for one in buffers])),
    )
    return told


def test_a_line_a_stack_and_a_picture_on_demand(sent, monkeypatch):
    catalog = dv.scan(SAMPLES)
    shown = listed(catalog)
    lines = repr(catalog).splitlines()[1:]
    assert len(shown.entries) == len(lines) > 4
    for entry, line in zip(shown.entries, lines, strict=True):
        assert line.split(None, 1)[1].startswith(entry.title.partition(" · ")[0])
        assert entry.verdict.partition(":")[0] in line
    read = []
    look = dv.Catalog.__getitem__
    monkeypatch.setattr(dv.Catalog, "__getitem__", lambda self, index: read.append(index) or look(self, index))
    shown._on_message(shown, {"kind": "open"}, [])
    assert (len(sent), read) == (1, [])  # words alone
    shown._on_message(shown, {"kind": "pictures", "numbers": [1]}, [])
    shown._worker.submit(int).result(60)
    (told, (png,)) = sent[-1]
    assert (told["number"], read) == (1, [1])
    assert max(Image.open(io.BytesIO(png)).size) <= 96
    shown.close()


def test_what_a_notebook_gets(tmp_path, monkeypatch, sent):
    noise = np.zeros((2, 4, 4), np.uint8)
    write(instances(noise, seed="list", description="<script>alert(1)</script>"), tmp_path)
    catalog = dv.scan(tmp_path)
    monkeypatch.setattr(dv.Catalog, "listing", None)  # as where no kernel is, whatever was loaded before
    plain = catalog._repr_mimebundle_()
    assert set(plain) == {"text/plain", "text/html"}
    assert "<script>" not in plain["text/html"]
    assert "&lt;script&gt;" in plain["text/html"]
    monkeypatch.setattr(dv.Catalog, "listing", staticmethod(listing))
    first, again = catalog._repr_mimebundle_(), catalog._repr_mimebundle_()
    view = "application/vnd.jupyter.widget-view+json"
    assert set(first) == {*plain, view}
    assert first[view]["model_id"] == again[view]["model_id"]  # shown twice, made once
    assert "script" not in str(listed(dv.scan(tmp_path, identity="hide")).entries)


def test_a_notebook_is_where_a_kernel_is(monkeypatch):
    monkeypatch.setattr(dv.Catalog, "listing", None)
    monkeypatch.delitem(vars(dv), "scan", raising=False)
    monkeypatch.setitem(sys.modules, "ipykernel", sys.modules["sys"])
    assert dv.scan is not None
    assert dv.Catalog.listing is not None
    monkeypatch.setattr(dv.Catalog, "listing", None)


def test_files_that_have_gone_have_no_picture(tmp_path, sent):
    write(instances(np.zeros((3, 4, 4), np.uint8), seed="gone"), tmp_path)
    shown = listed(dv.scan(tmp_path))
    for path in tmp_path.iterdir():
        path.unlink()
    shown._on_message(shown, {"kind": "pictures", "numbers": [0]}, [])
    shown._worker.submit(int).result(60)
    assert sent[-1] == ({"kind": "picture", "number": 0}, [])
    shown.close()
