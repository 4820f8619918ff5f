"""The page that shows views without JupyterLab: what crosses it is what crosses in JupyterLab."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import numpy as np
import pytest
import traitlets

import dicomview as dv

if TYPE_CHECKING:
    from canvas_page import Desk, Show

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chest() -> dv.Series:
    return dv.read_series(Path(__file__).parent.parent / "sample_data" / "ct_chest")


def test_gestures_reach_python_and_python_the_page(show: Show, chest: dv.Series) -> None:
    def same_picture(pixels: Any, **wish: Any) -> None:
        np.testing.assert_array_equal(pixels, np.stack([dv.picture(chest, **wish).pixels] * 3, axis=-1))

    view = dv.view(chest, controls=False)
    page = show(view)
    same_picture(page.pixels(), index=30)
    page.wheel(3)
    same_picture(page.settled().pixels(), index=33)
    assert view.index == 33
    page.key("Home", "ArrowRight")
    same_picture(page.settled().pixels(), index=1)
    page.drag(64, -32)
    page.settled()
    assert (view.window.center, view.window.width) == (-10, 500)
    same_picture(page.pixels(), index=1, window=(-10, 500))
    view.window, view.plane = "bone", "coronal"
    same_picture(page.settled().pixels(), plane="coronal", window="bone")
    assert page.mark("plane") == "coronal"
    assert "HU" in page.hover(10, 10)[0]
    page.wheel(-2, hold="Control")
    page.settled()
    assert view.zoom > 1
    page.drag(40, 10, hold="Shift")
    page.settled()
    assert view.pan[0] != 0
    page.drag(-40, -10, button="middle")
    page.settled()
    assert view.pan == pytest.approx((0, 0), abs=1e-6)
    assert (float(page.mark("zoom") or 1), page.mark("plane")) == (view.zoom, "coronal")


def test_two_outputs_of_one_view_move_together(show: Show, chest: dv.Series) -> None:
    first = show(dv.view(chest, controls=False))
    second = first.again()
    second.wheel(-2)
    np.testing.assert_array_equal(first.settled().pixels(), second.settled().pixels())
    assert (first.mark("index"), second.mark("index")) == ("28", "28")


def test_what_the_hand_does_while_python_is_busy_comes_later(show: Show, chest: dv.Series) -> None:
    view = dv.view(chest, controls=False)
    page = show(view)
    page.wheel(2)
    page.settled()
    page.wheel(-2)
    page.settled()
    with page.link.busy:
        page.wheel(2)  # to what is here already
        assert page.mark("index") == "32"
        assert view.index == 30
    page.settled()
    assert view.index == 32


class Mirror(anywidget.AnyWidget):
    """A widget that tells what its module has heard."""

    _esm = """
    const bytes = (view) =>
      view instanceof DataView && [...new Uint8Array(view.buffer, view.byteOffset, view.byteLength)];
    export default { render({ model }) {
      const tell = () => model.send({ table: bytes(model.get("scene").tables[1].levels), count: model.get("count") });
      model.on("change:scene", tell);
      model.on("msg:custom", (content, buffers) => {
        if (content.kind === "tell") tell();
        if (content.kind === "back") model.send({ bytes: buffers.map(bytes) }, undefined, buffers);
        if (content.kind === "count") for (let n = 1; n <= 5; n++) { model.set("count", n); model.save_changes(); }
        if (content.kind === "deaf") model.off("change:scene", tell);
        if (content.kind === "give") model.set("scene", { tables: [0, { levels: Uint8Array.of(8, 9) }] });
        model.save_changes();
      });
    } };
    """
    scene = traitlets.Dict().tag(sync=True)
    count = traitlets.Int().tag(sync=True)


def test_the_page_speaks_the_protocol_of_widgets(desk: Desk, show: Show) -> None:
    """Buffers of every depth come as they went, one update is unanswered at most, and an echo undoes nothing."""
    widget, told, counts = Mirror(scene={"tables": [None, {"levels": b"\x01\xff"}]}), [], []
    widget.on_msg(lambda _, content, buffers: told.append((content, [bytes(buffer) for buffer in buffers])))
    widget.observe(lambda change: counts.append(change.new), "count")
    desk.page.evaluate("(id) => harness.render(id, 'mirror')", desk.attach(widget))

    def said(kind: str, *buffers: bytes) -> Any:
        told.clear()
        widget.send({"kind": kind}, buffers=list(buffers))
        desk.quiet()
        return told[-1] if told else None

    assert said("tell") == ({"table": [1, 255], "count": 0}, [])
    assert said("back", b"a", b"", b"\x00bc") == ({"bytes": [[97], [], [0, 98, 99]]}, [b"a", b"", b"\x00bc"])
    widget.scene = {"tables": [None, {"levels": b"\x07"}]}
    desk.quiet()
    assert told[-1] == ({"table": [7], "count": 0}, [])
    said("count")
    assert (counts, widget.count) == ([1, 5], 5)
    assert said("tell")[0]["count"] == 5
    said("deaf")
    assert said("give") is None
    assert bytes(widget.scene["tables"][1]["levels"]) == b"\x08\x09"


def test_errors_of_either_side_are_not_lost(desk: Desk, show: Show) -> None:
    widget = Mirror(scene={"tables": [None, {"levels": b""}]})
    desk.page.evaluate("(id) => harness.render(id, 'mirror')", desk.attach(widget))
    widget.scene = {}
    desk.quiet()
    desk.link.send({"comm": widget.comm.comm_id, "type": "comm_msg", "data": {"method": "unheard of"}})
    desk.quiet()
    first, second = desk.clear()
    assert "tables" in first or "undefined" in first
    assert "unheard of" in second
