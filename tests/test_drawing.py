"""What is drawn over the picture: on the right pixels, however the picture is held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from dicomview.render import scene_of
from dicomview.views.canvas import module_text
from dicomview.views.slice_view import SliceView

if TYPE_CHECKING:
    from canvas_page import Show

pytestmark = pytest.mark.browser

ROWS, COLUMNS = 64, 128
SPOT = (slice(8, 14), slice(20, 30))  # rows and columns that are filled; nothing is symmetric


class Marked(SliceView):
    """A view with a layer: a filled rectangle and a word, on slice 1 alone."""

    _esm = (
        module_text().replace("export default canvas;", "")
        + """
    export default () => {
      let store;
      return {
        initialize({ model }) { store = new Store(model); return () => store.close(); },
        render({ model, el }) {
          const view = new View(model, store, el);
          const corners = [[19.5, 7.5], [29.5, 7.5], [29.5, 13.5], [19.5, 13.5]];
          const spot = { path: pathOf(corners, true), color: "#ff0000", fill: 1, width: 0 };
          const word = { words: "<b>x</b>\\nsecond", at: [60, 40], color: "#00ff00" };
          view.drawing.add("spot", (slice) => (slice.at[0] === 1 ? [spot] : []));
          view.drawing.add("word", (slice) => (slice.at[0] === 1 ? [word] : []));
          return () => view.close();
        },
      };
    };
    """
    )


@pytest.mark.parametrize("ratio", [1, 2])
def test_a_mark_covers_its_pixels_and_no_others(show: Show, ratio: int) -> None:
    """Read from the screen: turned, mirrored, zoomed and moved, and with pixels that are no squares."""
    scene = scene_of(np.zeros((3, ROWS, COLUMNS), np.int16), spacing=(1, ratio, 1))
    view = Marked(scene, scene.begin())
    page = show(view)
    wanted = np.zeros((ROWS, COLUMNS), bool)
    wanted[SPOT] = True

    def red() -> Any:
        shot = page.settled().screen().astype(int)
        return (shot[..., 0] > 200) & (shot[..., 1] < 50)

    for rotation, flip, zoom, pan in [(0, False, 1, (0, 0)), (90, True, 1, (0, 0)), (180, False, 2, (0.125, 0.25)),
                                      (270, True, 0.5, (0, -0.125))]:  # fmt: skip
        view.rotation, view.flip, view.zoom, view.pan = rotation, flip, zoom, pan
        held = np.rot90(wanted[:, ::-1] if flip else wanted, -(rotation // 90))
        scale = int(zoom * 512 / COLUMNS)  # the picture is as wide as the frame before it is turned
        tall = (scale * ratio, scale) if rotation % 180 == 0 else (scale, scale * ratio)
        drawn = np.kron(held, np.ones(tall, bool))
        frame = np.zeros((1536, 1536), bool)
        top, left = (768 - size // 2 for size in drawn.shape)
        top, left = top + int(512 * pan[1]), left + int(512 * pan[0])
        frame[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn
        np.testing.assert_array_equal(red(), frame[512:1024, 512:1024], str((rotation, flip, zoom)))

    view.index = 2
    assert not red().any()
    view.index = 1
    assert red().any()
    text = page.stage.locator(".dicomview-drawing text")
    assert text.text_content() == "<b>x</b>second"  # words are words, never markup
    place, stage = text.bounding_box(), page.stage.bounding_box()
    assert place
    assert stage
    # Upright, and as large as other words at any zoom, turn and mirror; beside its point.
    assert place["height"] < 40
    left, top = 256 + 2 * ratio * (40 - 31.5), 256 - 64 - 2 * (63.5 - 60)
    assert place["x"] - stage["x"] == pytest.approx(left + 7, abs=3)
    assert place["y"] - stage["y"] == pytest.approx(top - 7 - 12, abs=8)


def test_lines_keep_their_width_at_any_zoom(show: Show) -> None:
    scene = scene_of(np.zeros((3, ROWS, COLUMNS), np.int16))
    page = show(Marked(scene, scene.begin()))
    page.settled()  # with another slice it would be drawn anew
    page.root.evaluate("(root) => root.querySelector('[data-layer=spot] path').setAttribute('fill', 'none')")
    page.root.evaluate("(root) => root.querySelector('[data-layer=spot] path').setAttribute('stroke-width', '4')")
    for zoom in (1, 3):
        page.view.zoom, page.view.pan = zoom, (0.25 * zoom, 0.25 * zoom)
        shot = page.settled().screen().astype(int)
        red = (shot[..., 0] > 200) & (shot[..., 1] < 50)
        row = np.flatnonzero(red.any(axis=1))
        middle = red[(row[0] + row[-1]) // 2]
        assert middle.sum() == 8, zoom  # two sides of four pixels of the screen
