"""Linked views in a real browser: one gesture in one of them, and what the others show."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import phantoms
import pytest
from canvas_page import WAIT
from playwright.sync_api import expect
from test_render_places import itk_of

import dicomview as dv
from dicomview.render import places_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from canvas_page import CanvasPage, Show

pytestmark = pytest.mark.browser

FRAME = {"FrameOfReferenceUID": "1.2.3"}


def cube(rows: int = 32, columns: int = 48, slices: int = 24) -> Any:
    return np.random.default_rng(2).integers(0, 100, (slices, rows, columns)).astype(np.int16)


def shown(show: Show, linked: Any) -> dict[str, CanvasPage]:
    return {name: show(view) for name, view in linked.views.items()}


def settled(pages: dict[str, CanvasPage]) -> None:
    for page in pages.values():
        page.settled()


def on_pixel(page: CanvasPage, column: float, row: float) -> tuple[float, float]:
    """Where on the page a pixel of an unturned picture lies."""
    box = page.box()
    view = page.view.scene.views[page.view.plane]
    return box["x"] + (column + 0.5) / view.columns * box["width"], box["y"] + (row + 0.5) / view.rows * box["height"]


def lines(page: CanvasPage) -> tuple[float, float]:
    """Column and row of the cross, in pixels of the picture: the picture is grey and the cross is blue."""
    screen = page.screen().astype(int)
    blue = screen[..., 2] - screen[..., 0]
    box, (left, top), view = page.box(), page.point(0, 0), page.view.scene.views[page.view.plane]
    found = []
    for axis, at, size, count in (
        (0, box["x"] - left, box["width"], view.columns),
        (1, box["y"] - top, box["height"], view.rows),
    ):
        tint = blue.clip(0).mean(axis=axis)
        where = np.flatnonzero(tint > tint.max() / 4)
        assert np.ptp(where) <= 2, where
        found.append(((tint[where] @ where) / tint[where].sum() + 0.5 - at) / size * count - 0.5)
    return found[0], found[1]


def until(page: CanvasPage, condition: Callable[[], object]) -> None:
    """Wait for Python, which hears of some changes when the hand rests."""
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline
        page.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done(null)))")


@pytest.mark.parametrize("orientation", [phantoms.AXIAL, phantoms.oblique_orientation()])
def test_a_click_in_one_plane_moves_the_others(show: Show, orientation: Any) -> None:
    stored = cube()
    source = dv.read_series(phantoms.regular(stored=stored, orientation=orientation, step=None, spacing=(1.0, 0.9)))
    ortho = dv.view(source, layout="ortho", window=(50, 100))
    volume, image = source.volume(), itk_of(source.volume())
    pages = shown(show, ortho)
    axes = {name: ortho[name].scene.cuts[name].axis for name in pages}
    acquired = next(iter(ortho["axial"].scene.views))
    for plane, column, row in ((acquired, 10, 20), ("sagittal", 5, 3), ("coronal", 40, 20)):
        pages[plane].page.mouse.click(*on_pixel(pages[plane], column, row))
        settled(pages)
        cut = ortho[plane].scene.cuts[plane]
        origin, down, across = cut.place(volume.affine, volume.array.shape, ortho[plane].index)
        np.testing.assert_allclose(ortho.position, origin + column * across + row * down, atol=0.1)
        voxel = image.TransformPhysicalPointToIndex(ortho.position)[::-1]
        assert {name: view.index for name, view in ortho.views.items()} == {
            name: voxel[axis] for name, axis in axes.items()
        }
        for name, page in pages.items():
            wanted = dv.picture(volume, plane=name, index=voxel[axes[name]], window=(50, 100)).pixels
            np.testing.assert_array_equal(page.pixels()[..., 0], wanted)
    view = ortho[acquired]
    places = places_in(view.scene, acquired, {})
    assert places is not None
    offset = np.array(ortho.position) - places.origins[view.index]
    assert lines(pages[acquired]) == pytest.approx((offset @ places.across / 0.9**2, offset @ places.down), abs=0.15)


def test_drags_wheels_windows_and_home_in_three_planes(show: Show) -> None:
    ortho = dv.view(phantoms.regular(stored=cube()), layout="ortho", window=(50, 100))
    begun = ortho.position
    pages = shown(show, ortho)
    axial, coronal, sagittal = (pages[name] for name in ("axial", "coronal", "sagittal"))
    heard: list[Any] = []
    ortho.observe(lambda change: heard.append(change.new), "position")
    axial.wheel(3)
    settled(pages)
    assert ortho["axial"].index == 15 and ortho.position == heard[-1]
    assert ortho.position == pytest.approx((begun[0], begun[1], begun[2] - 3 * phantoms.STEP))
    before = ortho.position
    axial.drag(100, 60)  # with the crosshair, which is the tool to begin with
    settled(pages)
    assert ortho["axial"].index == 15
    assert ortho.position[0] > before[0] and ortho.position[1] > before[1]
    assert {ortho["coronal"].point, ortho["sagittal"].point, ortho["axial"].point} == {ortho.position}
    assert ortho["sagittal"].index > 24 and ortho["coronal"].index > 16
    coronal.key("w")  # for all of them
    assert sagittal.stage.get_attribute("data-tool") == "window"
    sagittal.drag(30, 0)
    settled(pages)
    assert sagittal.mark("width") == axial.mark("width") == f"{ortho.window.width:g}" != "100"
    assert ortho["sagittal"].window == ortho["axial"].window == ortho.window
    sagittal.key("i")
    settled(pages)
    until(axial, lambda: ortho["axial"].invert and ortho["coronal"].invert)
    sagittal.stage.dblclick(position={"x": 5, "y": 5})
    settled(pages)
    assert ortho.position == begun
    assert [view.index for view in ortho.views.values()] == [12, 16, 24]
    until(axial, lambda: [view.invert for view in ortho.views.values()] == [False] * 3)
    ortho.slab = ("mip", 4)  # on the page as well, at once and for all
    settled(pages)
    assert "MIP 4 mm" in axial.words("bottom-right")
    np.testing.assert_array_equal(axial.pixels()[..., 0], ortho["axial"].picture().pixels)
    ortho.position = (before[0] + 5, before[1] - 5, before[2])  # from Python all move, on the page too
    settled(pages)
    axial.key("ArrowDown")  # and a gesture goes on from there
    settled(pages)
    assert ortho.position == pytest.approx((before[0] + 5, before[1] - 5, before[2] - phantoms.STEP))


def test_a_view_that_has_gone_is_no_trouble_for_the_others(show: Show) -> None:
    ortho = dv.view(phantoms.regular(stored=cube()), layout="ortho")
    pages = shown(show, ortho)
    ortho["coronal"].close()
    pages["axial"].wheel(2)
    pages["axial"].settled()
    pages["sagittal"].settled()
    assert ortho["axial"].index == 14


def test_what_fails_in_one_view_does_not_stop_the_others(show: Show) -> None:
    ortho = dv.view(phantoms.regular(stored=cube()), layout="ortho")
    pages = shown(show, ortho)
    pages["coronal"].picture.evaluate(
        """(canvas) => {
            canvas.getContext("2d").putImageData = () => {
                throw new RangeError("no such colour");
            };
        }"""
    )
    pages["axial"].key("i")
    pages["axial"].wheel(2)
    expect(pages["coronal"].root.get_by_role("alert")).to_contain_text("no such colour")
    pages["axial"].settled()
    until(pages["axial"], lambda: ortho["sagittal"].invert and ortho["coronal"].invert)
    assert ortho["axial"].index == 14 and ortho["axial"].invert


def test_a_link_that_changes_keeps_the_slices_and_the_tools(show: Show) -> None:
    """The crosshair goes with the link, and a drag does something all the same."""
    one, other = (phantoms.regular(stored=cube(), seed=seed, tags=FRAME) for seed in "ab")
    comparison = dv.compare(one, other)
    pages = shown(show, comparison)
    page = next(iter(pages.values()))
    crosshair = page.root.get_by_role("button", name="(c)", include_hidden=True)
    settled(pages)
    page.key("c")
    sent = page.link.sent
    comparison.link = "index"
    settled(pages)
    assert page.link.sent - sent < 20  # words, and no slice anew
    comparison.link = "none"
    settled(pages)
    expect(crosshair).to_be_hidden()
    assert page.stage.get_attribute("data-tool") == "window"
    before = page.mark("width")
    page.drag(40, 0)
    assert page.settled().mark("width") != before
    comparison.link = "position"
    settled(pages)
    expect(crosshair).to_be_visible()


def test_scrolling_stays_on_the_place_across_spacings_and_orientations(show: Show) -> None:
    first = dv.read_series(phantoms.regular(stored=cube(), tags=FRAME))
    second = dv.read_series(
        phantoms.regular(stored=cube(40, 40, 17), seed="b", step=(0, 0, 3.1), origin=(-30, -30, 50), tags=FRAME)
    )
    third = dv.read_series(phantoms.oblique(stored=cube(), seed="c", spacing=(1.3, 0.9), tags=FRAME))
    comparison = dv.compare(first, second, third)
    assert comparison.link == "position"
    images = {"a": itk_of(first.volume()), "b": itk_of(second.volume()), "c": itk_of(third.volume())}
    pages = shown(show, comparison)

    def check() -> None:
        settled(pages)
        for name, view in comparison.views.items():
            image, count = images[name], view.scene.counts[view.plane]
            assert pages[name].mark("index") == str(view.index)
            depth = image.TransformPhysicalPointToContinuousIndex(comparison.position)[2]
            wanted = min(count - 1, max(0, round(depth)))
            assert abs(view.index - min(count - 1, max(0.0, depth))) <= 0.5 + 1e-6 and view.index == pytest.approx(
                wanted, abs=1
            )
            note = "no slice at the linked point" in pages[name].words("bottom-right")
            assert note == (not -0.51 < depth < count - 0.49)

    pages["a"].key("Home")
    check()
    for notches in (1, 1, 4, 7, 12):
        pages["a"].wheel(notches)
        check()
    pages["c"].key("PageUp")
    check()
    pages["b"].drag(0, -60, at=(0.5, 0.6))  # the window: its units are the first's
    settled(pages)
    assert comparison["a"].window == comparison["c"].window == comparison.window != dv.view(first).window
    pages["b"].key("c")
    pages["b"].page.mouse.click(*pages["b"].point(0.4, 0.6))
    check()


def test_by_index_and_by_nothing(show: Show) -> None:
    comparison = dv.compare(cube(), cube(slices=10), offset=1)
    pages = shown(show, comparison)
    pages["a"].key("Home")
    settled(pages)
    assert [view.index for view in comparison.views.values()] == [0, 1]
    pages["a"].key("End")
    settled(pages)
    assert [view.index for view in comparison.views.values()] == [23, 9]
    assert "no slice of this index" in pages["b"].words("bottom-right")
    assert "linked by index: the offset is one of slices" in pages["a"].words("bottom-right")
    pages["b"].key("ArrowUp")
    settled(pages)
    assert [view.index for view in comparison.views.values()] == [7, 8]
    assert "no slice" not in pages["b"].words("bottom-right")
    comparison.link = "none"
    settled(pages)
    assert "linked" not in pages["a"].words("bottom-right")
    pages["a"].key("Home")
    settled(pages)
    assert [view.index for view in comparison.views.values()] == [0, 8]


def test_a_view_shown_alone_still_moves_its_partners(show: Show, desk: Any) -> None:
    """Of three planes only one is on the page; the models of the others are there."""
    ortho = dv.view(phantoms.regular(stored=cube()), layout="ortho")
    for name in ("coronal", "sagittal"):
        desk.attach(ortho[name])
    page = show(ortho["axial"])
    page.page.mouse.click(*on_pixel(page, 10, 20))
    page.settled()
    desk.quiet()
    assert (ortho["sagittal"].index, ortho["coronal"].index) == (10, 20)


def test_copies_in_a_saved_notebook_and_on_a_page_move_together(desk: Any, tmp_path: Path) -> None:
    ortho = dv.view(phantoms.regular(stored=cube()), layout="ortho")
    page = desk.context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(error.message))
    roots = page.locator(".dicomview-canvas")
    place = "(root) => root.querySelector('input[type=range]').value"
    written = ortho.to_html(tmp_path / "planes.html", quality="exact").read_text(encoding="utf-8")
    for text in (ortho._repr_mimebundle_()[0]["text/html"], written):
        page.set_content(text)
        expect(roots.nth(2)).to_have_attribute("data-index", "24")
        assert [root.evaluate(place) for root in roots.all()] == ["12", "16", "24"]
        roots.nth(0).locator(".dicomview-picture").click(position={"x": 1, "y": 1})
        assert [root.evaluate(place) for root in roots.all()] == ["12", "0", "0"]
    assert "CT · 104 images" in written and "axial and coronal and sagittal images" in written
    expect(roots.nth(1)).to_have_attribute("data-index", "0")  # a page has them all
    assert problems == []
    page.close()
