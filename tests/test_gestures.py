"""Each gesture of a hand on the picture: what is on the screen afterwards, and what Python knows of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from oracles import PYDICOM_FILES
from playwright.sync_api import expect

import dicomview as dv

if TYPE_CHECKING:
    from canvas_page import CanvasPage, Show

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chest() -> dv.Series:
    return dv.read_series(Path(__file__).parent.parent / "sample_data" / "ct_chest")


@pytest.fixture(scope="module")
def values(chest: dv.Series) -> Any:
    """Houndsfield units, (60, 256, 256)."""
    return chest.volume().array


@pytest.fixture
def page(show: Show, chest: dv.Series) -> CanvasPage:
    """The chest at slice 30, 256 pixels in a frame of 512."""
    return show(dv.view(chest))


def grey(page: CanvasPage) -> Any:
    """The backing store, which is grey."""
    pixels = page.settled().pixels()
    assert (pixels == pixels[..., :1]).all()
    return pixels[..., 0]


def number(lines: list[str]) -> float:
    """The modality value that the hover tells."""
    return float(lines[0].rpartition("· ")[2].removesuffix(" HU").replace("\N{MINUS SIGN}", "-"))


def test_keys_move_through_the_slices(page: CanvasPage, chest: dv.Series) -> None:
    ways = {"Up": 29, "Left": 28, "Down": 29, "Right": 30}
    steps = {f"Arrow{way}": index for way, index in ways.items()} | {"PageUp": 20, "Home": 0, "PageDown": 10, "End": 59}
    for key, index in steps.items():
        page.key(key)
        assert page.settled().mark("index") == str(index)
    page.key("ArrowDown", "PageDown")
    assert page.settled().mark("index") == "59"
    np.testing.assert_array_equal(grey(page), dv.picture(chest, index=59).pixels)
    assert page.view.index == 59


def test_the_wheel_moves_through_the_slices_and_never_the_page(page: CanvasPage, chest: dv.Series) -> None:
    page.page.evaluate("() => (document.body.style.height = '3000px')")
    page.wheel(-4)
    np.testing.assert_array_equal(grey(page), dv.picture(chest, index=26).pixels)
    assert page.view.index == 26
    page.key("Home")
    page.wheel(-1)
    page.key("End")
    page.wheel(1)
    page.page.wait_for_timeout(100)
    assert page.page.evaluate("() => scrollY") == 0
    assert page.settled().view.index == 59
    page.page.evaluate("() => (document.body.style.height = '')")


def test_a_trackpad_moves_in_small_steps(page: CanvasPage) -> None:
    page.page.mouse.move(*page.point(0.5, 0.5))
    for _ in range(5):
        page.turn(42)
    assert page.settled().view.index == 32


@pytest.mark.parametrize(("rotation", "flip"), [(0, False), (90, True)])
def test_the_wheel_zooms_with_control_to_the_cursor(page: CanvasPage, rotation: int, flip: bool) -> None:
    view = page.view
    view.rotation, view.flip = rotation, flip
    page.settled()
    told = page.hover(60, 200)
    page.page.keyboard.down("Control")
    for _ in range(4):
        page.turn(-100)
    page.page.keyboard.up("Control")
    page.settled()
    assert view.zoom == pytest.approx(1.2**4, rel=0.02)
    assert page.words("top-right").split("\n") == told
    assert page.box()["width"] == pytest.approx(512 * view.zoom)
    assert (view.index, page.mark("pan")) == (30, ",".join(f"{part}" for part in view.pan))
    right, down = (60.5 / 256 - 0.5) * (1 - view.zoom), (200.5 / 256 - 0.5) * (1 - view.zoom)
    assert view.pan == pytest.approx((right, down), abs=1e-6)


def test_keys_zoom_fit_and_match_the_screen(page: CanvasPage) -> None:
    page.key("+", "=", "-")
    assert page.settled().view.zoom == pytest.approx(1.25)
    assert page.box()["width"] == pytest.approx(640)
    page.key("Shift+ArrowLeft", "0")
    assert (page.settled().view.zoom, page.view.pan) == (1, (0, 0))
    page.key("1")
    assert page.settled().view.zoom == 0.5
    assert page.box()["width"] == 256


def test_there_is_an_end_to_the_zoom_that_python_knows(show: Show) -> None:
    """Four columns in a frame of 512 cannot be shown one to one; the nearest is taken, on both sides."""
    page = show(dv.view(np.arange(48.0).reshape(3, 4, 4)))
    page.key("1")
    assert page.settled().view.zoom == float(page.mark("zoom") or 0) == 1 / 64
    page.key("0", *["+"] * 20)
    assert page.settled().view.zoom == float(page.mark("zoom") or 0) == 64


@pytest.mark.parametrize("way", ["shift", "middle", "tool"])
def test_the_picture_goes_with_the_hand(page: CanvasPage, way: str) -> None:
    told = page.hover(128, 100)
    button = "middle" if way == "middle" else "left"
    if way == "tool":
        page.key("p")
    if way == "shift":
        page.page.keyboard.down("Shift")
    x, y = page.box()["x"] + 257, page.box()["y"] + 201
    page.page.mouse.down(button=button)
    page.page.mouse.move(x + 64, y - 32, steps=3)
    page.page.mouse.up(button=button)
    page.page.keyboard.up("Shift")
    assert page.words("top-right").split("\n") == told
    assert page.settled().view.pan == (64 / 512, -32 / 512)
    assert (page.view.index, page.view.window.center) == (30, 40)


def test_shift_and_arrows_move_the_picture(page: CanvasPage) -> None:
    before = page.box()
    page.key("Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowDown", "Shift+ArrowUp", "Shift+ArrowUp")
    assert page.settled().view.pan == pytest.approx((0.1, -0.05))
    assert page.box()["x"] == pytest.approx(before["x"] + 51.2, abs=0.1)
    assert page.box()["y"] == pytest.approx(before["y"] - 25.6, abs=0.1)
    assert page.view.index == 30


def test_letters_screen_and_hover_follow_a_picture_that_is_turned(
    page: CanvasPage, chest: dv.Series, values: Any
) -> None:
    """One to one, so that the screen has the pixels of the picture and no others."""
    store = page.pixels()
    page.key("1")
    for rotation, flip in [(0, False), (90, False), (180, False), (270, False), (0, True), (90, True)]:
        page.key(*([] if (rotation, flip) == (0, False) else ["r", "f"] if (rotation, flip) == (0, True) else ["r"]))
        assert (page.settled().view.rotation, page.view.flip) == (rotation, flip)
        wanted = dv.picture(chest, index=30, rotation=rotation, flip=flip)
        np.testing.assert_array_equal(page.screen()[128:384, 128:384, 0], wanted.pixels)
        sides = ("left", "right", "top", "bottom")
        assert tuple(page.words(f"letter.dicomview-{side}") for side in sides) == wanted.letters
        held = np.rot90(values[30][:, ::-1] if flip else values[30], -(rotation // 90))
        for column, row in ((60, 200), (130, 64), (191, 120)):
            assert number(page.hover(column, row)) == held[row, column]
        page.page.mouse.move(0, 0)
    np.testing.assert_array_equal(page.pixels(), store)


def test_what_is_hovered_lies_where_it_says(page: CanvasPage, chest: dv.Series, values: Any) -> None:
    """Coronal pictures have pixels that are no squares."""
    page.view.plane, page.view.index, page.view.rotation, page.view.zoom = "coronal", 120, 270, 1.5
    page.settled()
    held = np.rot90(values[:, 120, :], 1)
    assert page.box()["height"] / page.box()["width"] == pytest.approx(256 * 1.2 / (60 * 2))
    for column, row in ((20, 120), (45, 180)):
        lines = page.hover(column, row)
        assert number(lines) == held[row, column]
        told = [float(part) for part in lines[1].replace("\N{MINUS SIGN}", "-").strip("()m ").split(",")]
        place = chest.volume().affine @ [column, 120, 255 - row, 1]
        assert told == pytest.approx(place[:3], abs=0.051)


def test_a_page_that_is_drawn_smaller_moves_the_picture_as_far_as_the_hand(page: CanvasPage) -> None:
    """As slide shows do; lengths of the layout are other ones than those of the screen then."""
    style = "(transform) => Object.assign(document.body.style, { transform, transformOrigin: '0 0' })"
    page.page.evaluate(style, "scale(0.5)")
    small = page.again()
    before = small.box()
    small.view.pan = (0.25, 0.125)
    after = small.settled().box()
    page.page.evaluate(style, "none")
    assert (after["x"] - before["x"], after["y"] - before["y"]) == pytest.approx((64, 32), abs=0.6)


def test_black_and_white_change_places(page: CanvasPage, chest: dv.Series) -> None:
    page.key("i")
    np.testing.assert_array_equal(grey(page), 255 - dv.picture(chest, index=30).pixels)
    assert page.view.invert
    page.key("I")  # Caps Lock is on
    np.testing.assert_array_equal(grey(page), dv.picture(chest, index=30).pixels)
    assert not page.view.invert


def test_a_drag_does_what_the_tool_says(page: CanvasPage) -> None:
    view = page.view
    page.drag(32, 64)
    assert (page.settled().view.window.center, view.window.width) == (40 + 400 * 64 / 256, 400 + 400 * 32 / 256)
    page.key("s")
    page.drag(0, 67)
    assert page.settled().view.index == 40  # the whole stack in 400 pixels
    page.key("z")
    told = page.hover(40, 40)
    page.drag(0, -150, at=(40.5 / 256, 40.5 / 256))
    assert page.settled().view.zoom == pytest.approx(np.e)
    page.page.mouse.move(*page.point(40.5 / 256, 40.5 / 256))
    assert page.words("top-right").split("\n") == told
    page.key("w")
    page.drag(-32, 0)
    assert page.settled().view.window.width == 450 - round(450 / 8)
    assert (view.index, view.pan) == (40, pytest.approx(tuple((40.5 / 256 - 0.5) * (1 - np.e) for _ in "xy")))


def test_colours_have_no_window_and_a_drag_moves_them(show: Show) -> None:
    page = show(dv.view(PYDICOM_FILES / "examples_rgb_color.dcm"))
    assert page.root.get_by_role("button", name="a drag moves the picture").get_attribute("aria-pressed") == "true"
    expect(page.root.locator(".dicomview-numbers")).to_be_hidden()
    page.key("w")
    page.drag(51.2, 0)
    assert page.settled().view.pan == pytest.approx((0.1, 0))


def test_a_double_click_goes_back_to_the_beginning(page: CanvasPage) -> None:
    view = page.view
    begun = view.state
    view.plane, view.window, view.rotation, view.zoom, view.colormap = "sagittal", "bone", 90, 3, "hot"
    page.settled().stage.dblclick()
    assert (page.settled().view.plane, view.window.center, view.rotation) == ("axial", 40, 0)
    assert view.state == begun


def test_two_quick_drags_from_one_place_are_no_double_click(page: CanvasPage) -> None:
    for clicks in (1, 2):
        x, y = page.point(0.5, 0.5)
        page.page.mouse.move(x, y)
        page.page.mouse.down(click_count=clicks)
        page.page.mouse.move(x + 32, y)
        page.page.mouse.up(click_count=clicks)
    assert page.settled().view.window.width == 450 + round(450 / 8)


def test_a_drag_goes_on_outside_until_it_is_let_go(page: CanvasPage) -> None:
    page.drag(0, 64, at=(0.5, 0.9), release=False)
    page.page.mouse.move(900, 700)
    x, y = page.point(0.5, 0.9)
    page.page.mouse.up()
    assert page.settled().view.window.width == pytest.approx(400 + 400 * (900 - x) / 256, abs=1)
    assert page.view.window.center == pytest.approx(40 + 400 * (700 - y) / 256, abs=1)
    window = page.view.window
    page.page.mouse.move(300, 300)
    assert page.settled().view.window == window


def test_a_drag_ends_where_the_release_was_heard_by_nobody(page: CanvasPage) -> None:
    page.drag(64, 0, release=False)
    x, y = page.point(0.5, 0.5)
    event = {"type": "mouseMoved", "x": x, "y": y + 200, "buttons": 0}
    page.devtools.send("Input.dispatchMouseEvent", event)
    page.devtools.send("Input.dispatchMouseEvent", event | {"x": x - 100})
    assert (page.settled().view.window.center, page.view.window.width) == (40, 500)


def test_python_is_heard_while_a_drag_goes_on(page: CanvasPage, chest: dv.Series) -> None:
    page.drag(64, 0, release=False)
    page.view.index, page.view.rotation = 12, 90
    page.page.wait_for_function("(root) => root.dataset.index === '12'", arg=page.root.element_handle())
    assert page.mark("width") == "500"
    page.page.mouse.move(*page.point(0.75, 0.75))
    page.page.mouse.up()
    np.testing.assert_array_equal(grey(page), dv.picture(chest, index=12, window=(240, 600)).pixels)
    view = page.view
    assert (view.index, view.rotation, view.window.center, view.window.width) == (12, 90, 240, 600)


def test_python_and_the_hand_set_different_things_at_once(page: CanvasPage) -> None:
    """Neither has heard of the other yet; both come true, on both sides."""
    view = page.view
    page.key("i")
    page.settled()
    for number in range(5):
        with page.link.busy:
            page.key("ArrowDown", "f")
            view.window = (number, 100 + number)
        assert (page.settled().view.index, view.flip, view.invert) == (31 + number, number % 2 == 0, True)
        assert (view.window.center, view.window.width) == (number, 100 + number)
        assert page.mark("flip") == str(view.flip).lower()


def test_a_drag_is_told_once_it_rests(page: CanvasPage) -> None:
    heard: list[Any] = []
    page.view.observe(lambda change: heard.append(change.new.width), "window")
    page.drag(32, 0, release=False)
    page.page.mouse.move(*page.point(0.625, 0.5), steps=16)
    page.settled()
    # Sixteen moves and more: once, or after each rest that a busy machine makes of them.
    assert heard[-1] == 500
    assert len(heard) < 8
    told = len(heard)
    page.page.mouse.up()
    page.settled()
    assert len(heard) == told


def test_two_outputs_have_pointers_of_their_own_and_one_state(page: CanvasPage) -> None:
    other = page.again()
    page.key("z")
    page.drag(0, -150)
    assert other.settled().box()["width"] == pytest.approx(page.box()["width"])
    other.drag(64, 0)
    assert (page.settled().view.window.width, page.view.zoom) == (500, pytest.approx(np.e))
    assert page.mark("width") == other.mark("width") == "500"
    other.hover(128, 128)
    assert other.words("top-right")
    assert not page.words("top-right")
