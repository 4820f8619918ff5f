"""The toolbar under the picture, the help page and the message bar: by mouse and by keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
import phantoms
import pytest
from oracles import PYDICOM_FILES
from playwright.sync_api import expect

import dicomview as dv

if TYPE_CHECKING:
    from canvas_page import CanvasPage, Show
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser
SAMPLES = Path(__file__).parent.parent / "sample_data"


@pytest.fixture(scope="module")
def chest() -> dv.Series:
    return dv.read_series(SAMPLES / "ct_chest")


@pytest.fixture
def page(show: Show, chest: dv.Series) -> CanvasPage:
    return show(dv.view(chest))


def button(page: CanvasPage, words: str) -> Locator:
    return page.root.get_by_role("button", name=words)


def assert_paints(page: CanvasPage, source: Any, **wish: Any) -> None:
    """The canvas holds what Python makes of the same wish, and the view says the same."""
    pixels = dv.picture(source, **wish).pixels
    wanted = np.stack([pixels] * 3, axis=-1) if pixels.ndim == 2 else pixels
    np.testing.assert_array_equal(page.settled().pixels(), wanted)
    own = page.view.picture().pixels
    np.testing.assert_array_equal(np.stack([own] * 3, axis=-1) if own.ndim == 2 else own, wanted)


def test_buttons_do_what_their_keys_do(page: CanvasPage, chest: dv.Series) -> None:
    view = page.view
    for words, trait, after in [
        ("turn clockwise (r)", "rotation", 90),
        ("mirror left to right (f)", "flip", True),
        ("black for white (i)", "invert", True),
        ("one pixel of the picture for each of the screen (1)", "zoom", 0.5),
        ("the whole picture (0)", "zoom", 1),
    ]:
        button(page, words).click()
        assert getattr(page.settled().view, trait) == after
    for words in ("mirror", "black for white"):
        expect(button(page, words)).to_have_attribute("aria-pressed", "true")
    np.testing.assert_array_equal(page.pixels()[..., 0], 255 - dv.picture(chest, index=30).pixels)
    button(page, "back to the first view").click()
    assert (page.settled().view.rotation, view.flip, view.invert) == (0, False, False)
    for words in ("mirror", "black for white"):
        expect(button(page, words)).to_have_attribute("aria-pressed", "false")


def test_one_tool_is_pressed_and_the_keys_work_from_its_button(page: CanvasPage) -> None:
    pressed = page.root.locator(".dicomview-buttons > [aria-pressed=true]")
    expect(pressed).to_have_accessible_name("a drag sets the window: right is wider, down is a higher center (w)")
    button(page, "a drag zooms").click()
    expect(pressed).to_have_accessible_name("a drag zooms (z)")
    page.page.keyboard.press("ArrowDown")
    page.page.keyboard.press("r")
    assert (page.settled().view.index, page.view.rotation) == (31, 90)
    page.page.keyboard.press("s")
    expect(pressed).to_have_accessible_name("a drag moves through the slices (s)")


def test_the_slider_tells_and_moves_the_slice(page: CanvasPage, chest: dv.Series) -> None:
    slider = page.root.get_by_role("slider", name="slice", exact=True)
    expect(slider).to_have_attribute("aria-valuetext", "axial 31 of 60")
    slider.press("ArrowRight")
    assert_paints(page, chest, index=31)
    slider.press("End")
    assert_paints(page, chest, index=59)
    page.key("PageUp")
    expect(slider).to_have_attribute("aria-valuetext", "axial 50 of 60")
    expect(slider).to_have_value("49")
    slider.press("f")
    assert (page.settled().view.index, page.view.flip) == (49, True)


def test_keys_on_the_slider_go_the_way_they_go_on_the_picture(page: CanvasPage) -> None:
    slider = page.root.get_by_role("slider", name="slice", exact=True)
    keys = ("ArrowDown", "PageDown", "ArrowUp", "PageUp", "End", "Home", "ArrowRight", "ArrowLeft")
    for key in keys:
        slider.press(key)
        moved = page.settled().view.index
        page.view.index = 30
        page.settled().key(key)
        assert page.settled().view.index == moved != 30
        expect(slider).to_have_value(str(moved))
        page.view.index = 30
        page.settled()


def test_gaps_are_marked_where_the_thumb_would_be(show: Show) -> None:
    series = dv.read_series(SAMPLES / "broken" / "missing_slice")
    page = show(dv.view(series))
    slider, ticks = page.root.get_by_role("slider", name="slice"), page.root.locator(".dicomview-tick")
    heights = np.array([one.header.ImagePositionPatient[2] for one in series.stacks[0].slices])
    steps = np.abs(np.diff(heights))
    after = [int(k) for k in np.flatnonzero(steps > 1.5 * np.median(steps))]
    assert after
    assert ticks.count() == len(after)
    expect(slider).to_have_attribute("title", f"slice; some are missing after {', '.join(str(k + 1) for k in after)}")
    box, tick = slider.bounding_box(), ticks.first.bounding_box()
    assert box is not None
    assert tick is not None
    place = (after[0] + 0.5) / (len(heights) - 1)
    assert tick["x"] + 1 == pytest.approx(box["x"] + 8 + place * (box["width"] - 16), abs=1.5)


def test_numbers_of_the_window_are_typed(page: CanvasPage, chest: dv.Series) -> None:
    center, width = page.root.get_by_label("window center"), page.root.get_by_label("window width")
    center.fill("-600.5")
    width.focus()
    width.fill("1500")
    width.press("Enter")
    assert_paints(page, chest, index=30, window=(-600.5, 1500))
    for half in ("", "0", "-3"):
        width.fill(half)
        width.press("Enter")
        expect(width).to_have_value("1500")
    assert page.settled().view.window.width == 1500
    page.view.window = "bone"
    expect(center).to_have_value("400")
    expect(width).to_have_value("1800")
    page.view.window = (1234.56789012, 900)
    expect(width).to_have_value("900")
    width.fill("800")
    width.press("Enter")
    window = page.settled().view.window
    assert (window.center, window.width) == (1234.56789012, 800)  # what was not typed keeps its digits


def test_what_is_no_window_is_said_until_it_is_one(page: CanvasPage) -> None:
    center, width = page.root.get_by_label("window center"), page.root.get_by_label("window width")
    said = page.root.get_by_role("alert")
    for field, typed, before in ((width, "0", "400"), (width, "-3", "400"), (center, "", "40"), (center, "1e", "40")):
        field.press("ControlOrMeta+A")
        field.press("Delete")
        field.press_sequentially(typed)
        field.press("Enter")
        field.blur()
        expect(field).to_have_value(before)
        expect(said).to_have_text(
            "A window needs a number as center and a number above 0 as width; it stays as it was."
        )
        width.fill("300")
        width.press("Enter")
        expect(said).to_be_hidden()
        page.settled().view.window = (40, 400)
        page.settled()
    width.fill("0")
    width.press("Enter")
    expect(said).to_be_visible()
    page.view.window = (50, 500)  # it did not stay as it was
    expect(said).to_be_hidden()


def test_a_window_is_typed_where_a_table_was(show: Show) -> None:
    table = phantoms.item(LUTDescriptor=[256, 0, 8], LUTExplanation="rising")
    table.LUTData = bytes(range(256))
    page = show(dv.view(phantoms.regular(tags={"VOILUTSequence": [table]})))
    center, width = page.root.get_by_label("window center"), page.root.get_by_label("window width")
    expect(center).to_have_value("")
    center.fill("50")
    width.fill("70")
    width.press("Enter")
    window = page.settled().view.window
    assert (window.center, window.width) == (50, 70)


def test_a_number_half_typed_stays_while_the_picture_moves(page: CanvasPage) -> None:
    width = page.root.get_by_label("window width")
    width.press_sequentially("9")
    page.view.index = 12
    page.settled()
    expect(width).not_to_have_value("400")
    width.press("ControlOrMeta+A")
    width.press_sequentially("95")
    page.view.index = 13
    page.settled().page.keyboard.press("Enter")
    assert (page.settled().view.window.width, page.view.index) == (95, 13)


def test_windows_planes_and_colours_are_chosen(page: CanvasPage, chest: dv.Series) -> None:
    menus = {name: page.root.get_by_role("combobox", name=name) for name in ("plane", "window", "colours")}
    menus["window"].select_option(label="lung  -600/1500")
    assert_paints(page, chest, index=30, window="lung")
    menus["plane"].select_option("sagittal")
    assert_paints(page, chest, plane="sagittal", window="lung")
    page.drag(20, 0)
    expect(menus["window"]).to_have_value("")
    page.settled()
    page.view.window = "lung"
    for name in ("inferno", "bone"):
        menus["colours"].select_option(name)
        level = dv.picture(chest, plane="sagittal", window="lung").pixels
        colours = (matplotlib.colormaps[name](np.arange(256), bytes=True)[..., :3])[level]
        np.testing.assert_array_equal(page.settled().pixels(), colours)
        assert page.view.colormap == name
    menus["colours"].select_option("gray")
    assert_paints(page, chest, plane="sagittal", window="lung")
    page.view.colormap = "magma"
    expect(menus["colours"]).to_have_value("magma")
    assert_paints(page, chest, plane="sagittal", window="lung", colormap="magma")


def test_a_plane_that_is_refused_says_why(show: Show) -> None:
    page = show(dv.view(SAMPLES / "broken" / "gantry_tilt"))
    menu = page.root.get_by_role("combobox", name="plane")
    expect(menu.get_by_role("option", name="coronal")).to_be_disabled()
    title = menu.get_attribute("title") or ""
    assert "no coronal: the slices are" in title
    assert "tilted by 15" in title


def test_layers_are_switched_coloured_and_made_opaque(show: Show, chest: dv.Series) -> None:
    masks = {"bone": chest.volume().array > 300}
    page = show(dv.view(chest, masks=masks))
    switch = button(page, "bone: show or hide")
    expect(switch).to_have_attribute("aria-pressed", "true")
    switch.press(" ")
    expect(switch).to_have_attribute("aria-pressed", "false")
    assert_paints(page, chest, index=30, masks=masks, layers={"bone": False})
    switch.press("Enter")
    page.root.get_by_label("bone: colour").fill("#00ff80")
    page.root.get_by_role("slider", name="bone: opacity").fill("0.25")
    look = {"shown": True, "color": "#00ff80", "opacity": 0.25}
    assert_paints(page, chest, index=30, masks=masks, layers={"bone": look})


def test_cine_plays_at_the_rate_that_is_typed(show: Show) -> None:
    path = PYDICOM_FILES / "examples_ybr_color.dcm"
    page = show(dv.view(path))
    play, rate = button(page, "play or stop"), page.root.get_by_label("pictures per second")
    clock = "(root) => [performance.now() / 1000, Number(root.dataset.index)]"
    rate.fill("0")
    rate.press("Enter")
    expect(rate).to_have_value("10")
    rate.fill("12")
    rate.press("Enter")
    page.key("Home", " ")
    expect(play).to_have_attribute("aria-pressed", "true")
    page.page.wait_for_function("(root) => root.dataset.index > 2", arg=page.root.element_handle())
    (begin, first), _ = page.root.evaluate(clock), page.page.wait_for_timeout(700)
    end, last = page.root.evaluate(clock)
    assert last - first == pytest.approx(12 * (end - begin), abs=2)
    play.press("Enter")
    expect(play).to_have_attribute("aria-pressed", "false")
    stopped = page.settled().view.index
    page.page.wait_for_timeout(200)
    assert page.settled().view.index == stopped >= last
    assert_paints(page, path, index=stopped)


def test_a_film_goes_on_from_where_another_plane_is_and_ends_with_escape(page: CanvasPage) -> None:
    planes = page.root.get_by_label("plane")
    page.key("Home", " ")
    page.page.wait_for_function("(root) => root.dataset.index > 2", arg=page.root.element_handle())
    planes.select_option("coronal")
    page.page.wait_for_function("(root) => root.dataset.plane === 'coronal'", arg=page.root.element_handle())
    assert int(page.mark("index") or 0) in range(128, 150)
    page.root.locator(".dicomview-stage").press("Escape")
    expect(button(page, "play or stop")).to_have_attribute("aria-pressed", "false")


def test_a_film_goes_on_from_where_it_was_moved_to_and_ends_with_home(page: CanvasPage) -> None:
    index = "(root) => Number(root.dataset.index)"
    page.root.get_by_label("pictures per second").fill("2")
    page.key("Home", " ")
    page.wheel(20)
    page.page.wait_for_timeout(700)
    assert page.root.evaluate(index) in range(20, 23)
    page.view.index = 40
    page.page.wait_for_timeout(700)
    assert page.root.evaluate(index) in range(40, 43)
    page.stage.dblclick()
    expect(button(page, "play or stop")).to_have_attribute("aria-pressed", "false")
    page.page.wait_for_timeout(600)
    assert page.settled().mark("index") == "30"


def test_a_slice_stays_while_something_is_laid_over_it(page: CanvasPage) -> None:
    page.view.index = 21
    page.settled()
    page.root.evaluate(
        """(root) => {
            window.seen = [];
            new MutationObserver(() => window.seen.push(root.dataset.index)).observe(root, { attributes: true });
        }"""
    )
    for size in (40, 60, 80):
        box = [[20, 20], [size, 20], [size, size], [20, size]]
        page.view.add_contours(np.array(box, float), name=f"box {size}", index=21)
        page.settled()
    assert {*page.page.evaluate("() => window.seen")} == {"21"}


def test_a_pile_of_slices_plays_as_well_and_one_picture_does_not(show: Show) -> None:
    page = show(dv.view(phantoms.regular(), index=0))
    expect(page.root.get_by_label("pictures per second")).to_have_value("10")
    page.key(" ")
    page.page.wait_for_function("(root) => root.dataset.index > 2", arg=page.root.element_handle())
    page.key(" ", "i")
    expect(page.root.locator(".dicomview-live")).to_contain_text("black for white")
    assert page.settled().view.index > 2
    alone = show(dv.view(phantoms.regular()[:1]))
    expect(alone.root.get_by_label("pictures per second")).to_be_hidden()
    alone.key(" ")
    assert alone.settled().view.index == 0


# ---- the help page


def test_help_opens_and_closes_and_gives_the_focus_back(page: CanvasPage) -> None:
    dialog, opener = page.root.get_by_role("dialog"), button(page, "what hand and keys do")
    expect(opener).to_have_attribute("aria-expanded", "false")
    page.key("?")
    expect(dialog).to_be_focused()
    expect(dialog).to_contain_text("through the slices")
    expect(opener).to_have_attribute("aria-expanded", "true")
    page.page.keyboard.press("ArrowDown")
    page.page.keyboard.press("f")
    page.wheel(2)
    assert (page.settled().view.index, page.view.flip) == (30, False)
    page.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.stage).to_be_focused()
    opener.press("Enter")
    expect(dialog).to_be_focused()
    page.page.keyboard.press("?")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_help_tooltip_and_readme_say_alike_what_a_drag_of_the_window_does(page: CanvasPage) -> None:
    begun = page.view.window
    page.drag(64, 64)
    window = page.settled().view.window
    assert window.center > begun.center
    assert window.width > begun.width
    words = "right is wider, down is a higher center"
    page.key("?")
    expect(page.root.get_by_role("dialog")).to_contain_text(f"window: {words}")
    expect(button(page, "a drag sets the window")).to_have_attribute("title", f"a drag sets the window: {words} (w)")
    assert f"the window: {words}" in (SAMPLES.parent / "README.md").read_text(encoding="utf-8")


def test_a_click_on_the_help_page_closes_it_and_does_nothing_else(page: CanvasPage) -> None:
    page.view.window = "bone"
    page.settled().key("?")
    page.page.mouse.dblclick(*page.point(0.5, 0.5))
    expect(page.root.get_by_role("dialog")).to_be_hidden()
    assert page.settled().view.window.center == 400
    page.page.mouse.dblclick(*page.point(0.5, 0.5))
    assert page.settled().view.window.center == 40


# ---- trouble


def test_what_an_observer_raises_is_shown_until_it_has_been_read(page: CanvasPage, chest: dv.Series) -> None:
    def complain(change: Any) -> None:
        raise RuntimeError("<b>no</b> such plan")

    page.view.observe(complain, "index")
    bar = page.root.locator(".dicomview-trouble")
    ways = (lambda: bar.click(position={"x": 5, "y": 5}), lambda: button(page, "close this message").press("Enter"))
    for close in ways:
        expect(bar).to_be_hidden()
        page.key("ArrowDown")
        expect(page.root.get_by_role("alert")).to_have_text(
            "An observer of this view raised RuntimeError: <b>no</b> such plan"
        )
        close()
        expect(bar).to_be_hidden()
        expect(page.stage).to_be_focused()
    page.view.unobserve(complain, "index")
    assert_paints(page, chest, index=32)


def test_errors_are_told_together_and_can_be_copied(page: CanvasPage) -> None:
    for text in ("one", "another", "one"):
        page.view.send({"kind": "trouble", "text": f"An observer raised {text}."})
    said = page.root.get_by_role("alert")
    expect(said).to_have_text("An observer raised another.\nAn observer raised one.")
    box = said.bounding_box()
    assert box is not None
    page.page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + 80, box["y"] + 5, steps=3)
    page.page.mouse.up()
    assert page.page.evaluate("() => String(getSelection()).length") > 3
    expect(said).to_be_visible()
    said.click()
    expect(said).to_be_hidden()


def test_what_cannot_be_painted_is_said_and_keeps_nobody_from_going_on(page: CanvasPage) -> None:
    """Neither Python nor the other output of the view, nor this one once it can be painted again."""
    other = page.again()
    page.picture.evaluate(
        """(canvas) => {
            canvas.getContext("2d").putImageData = () => {
                throw new RangeError("no such colour");
            };
        }"""
    )
    page.key("i")
    expect(page.root.get_by_role("alert")).to_have_text("The picture cannot be painted: RangeError: no such colour")
    other.settled()
    assert page.view.invert
    other.key("i", "ArrowDown")
    assert other.settled().view.index == 31
    page.picture.evaluate("(canvas) => delete canvas.getContext('2d').putImageData")
    page.key("ArrowDown")
    page.settled()
    assert other.settled().mark("index") == page.mark("index") == "32"


def test_an_opacity_under_the_hand_is_not_lost_when_its_layers_are_laid_anew(show: Show, chest: dv.Series) -> None:
    mask = chest.volume().array > 300
    page = show(dv.view(chest, masks={"bone": mask}))
    slider = page.root.get_by_role("slider", name="bone: opacity")
    slider.focus()
    page.view.add_mask(~mask, name="bone")
    page.settled()
    expect(slider).to_be_focused()


def test_without_controls_there_is_the_picture_alone(show: Show, chest: dv.Series) -> None:
    page = show(dv.view(chest, controls=False))
    assert page.root.get_by_role("button").count() == page.root.get_by_role("slider").count() == 0
    page.key("ArrowDown", "?")
    expect(page.root.get_by_role("dialog")).to_be_focused()
    page.page.keyboard.press("Escape")
    assert_paints(page, chest, index=31)
