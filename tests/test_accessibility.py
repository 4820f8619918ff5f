"""A view for those who have no mouse, who listen, or whose screen is small, dense or dark."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from playwright.sync_api import expect

import dicomview as dv

if TYPE_CHECKING:
    from collections.abc import Iterator

    from canvas_page import CanvasPage, Show

pytestmark = pytest.mark.browser

# What JupyterLab's two themes say of themselves.
LIGHT = {"ui-font-color1": "rgba(0, 0, 0, 0.87)", "layout-color1": "#fff", "layout-color2": "#eee",
         "border-color1": "#bdbdbd", "brand-color1": "#1976d2", "error-color3": "#ffcdd2"}  # fmt: skip
DARK = {"ui-font-color1": "rgba(255, 255, 255, 0.87)", "layout-color1": "#111111", "layout-color2": "#212121",
        "border-color1": "#616161", "brand-color1": "#2196f3", "error-color3": "#ffcdd2"}  # fmt: skip


@pytest.fixture(scope="module")
def chest() -> dv.Series:
    return dv.read_series(Path(__file__).parent.parent / "sample_data" / "ct_chest")


@pytest.fixture
def page(show: Show, chest: dv.Series) -> CanvasPage:
    return show(dv.view(chest, masks={"bone": chest.volume().array > 300}))


def widen(page: CanvasPage, pixels: int) -> None:
    """Let the output be so wide."""
    page.root.evaluate("(root, pixels) => (root.parentElement.style.width = pixels + 'px')", pixels)


def test_every_control_is_reached_by_tab_and_has_a_name(page: CanvasPage) -> None:
    page.stage.focus()
    names = []
    while page.page.evaluate("() => document.activeElement !== document.body"):
        focused = page.page.locator(":focus")
        expect(focused).to_be_visible()
        expect(focused).to_have_accessible_name(re.compile(r"\S"))
        names.append(focused.get_attribute("aria-label"))
        page.page.keyboard.press("Tab")
    controls = page.root.locator("input:visible, select:visible, button:visible")
    assert names[1:] == [one.get_attribute("aria-label") for one in controls.all()]
    assert len(names) == len(set(names)) > 18


def test_a_screen_reader_is_told_what_there_is(page: CanvasPage) -> None:
    expect(page.root).to_match_aria_snapshot("""
        - 'application "CT · Chest with contrast (synthetic): arrow keys move through the slices, ? tells more"'
        - slider "slice"
        - combobox "plane"
        - 'combobox "window: center/width"'
        - spinbutton "window center": "40"
        - spinbutton "window width": "400"
        - toolbar "picture":
          - 'button "a drag sets the window: right is wider, down is a higher center (w)" [pressed]'
          - button "what hand and keys do (?)"
          - combobox "colours"
        - group "bone":
          - 'button "bone: show or hide" [pressed]'
          - 'textbox "bone: colour"'
          - 'slider "bone: opacity"'
    """)


def test_nothing_says_that_an_array_was_acquired(show: Show) -> None:
    view = dv.view(np.arange(60.0).reshape(5, 3, 4), window=(30, 60))
    page = show(view)
    expect(page.root).to_match_aria_snapshot("""
        - 'application "picture: arrow keys move through the slices, ? tells more"'
        - slider "slice"
    """)
    expect(page.root.get_by_role("slider", name="slice")).to_have_attribute("aria-valuetext", "slice 3 of 5")
    expect(page.root.get_by_role("status")).to_have_text("slice 3 of 5, C 30 W 60")
    assert page.words("place") == "slice 3/5"
    assert repr(view).startswith("SliceView(slice 3/5, ")
    written = view._repr_mimebundle_()[0]["text/html"]
    assert '<img alt="picture"' in written
    assert "acquired" not in page.root.inner_html() + written.partition("<style>")[0]


def test_slice_and_window_are_said_when_the_hand_rests(page: CanvasPage) -> None:
    live = page.root.get_by_role("status")
    expect(live).to_have_text("axial 31 of 60, z \N{MINUS SIGN}100.0 mm, C 40 W 400")
    page.root.evaluate(
        """(root) => {
            const live = root.querySelector("[role=status]");
            window.told = [];
            new MutationObserver(() => window.told.push(live.textContent)).observe(live, { childList: true });
        }"""
    )
    page.key("ArrowDown", "ArrowDown", "ArrowDown")
    page.drag(64, 0)
    expect(live).to_have_text("axial 34 of 60, z \N{MINUS SIGN}106.0 mm, C 40 W 500")
    assert page.page.evaluate("() => window.told.length") == 1
    expect(page.picture).to_have_attribute("aria-label", live.inner_text())
    page.key("r", "f", "+")
    expect(live).to_have_text(re.compile("C 40 W 500, mirrored, turned 90°, zoom 1.25$"))


def test_keys_for_the_picture_do_not_reach_the_notebook(page: CanvasPage) -> None:
    """In JupyterLab's command mode d d deletes the cell."""
    page.page.evaluate(
        "() => { window.heard = []; window.hear = (event) => window.heard.push(event.key);"
        " document.addEventListener('keydown', window.hear) }"
    )

    def heard(*keys: str) -> list[str]:
        for key in keys:
            page.page.keyboard.press(key)
        said: list[str] = page.page.evaluate("() => window.heard.splice(0)")
        return said

    page.stage.focus()
    assert heard("d", "d", "x", "a", "ArrowUp", "0", "0", " ", "Shift+ArrowDown", "?") == []
    assert heard("Escape", "Escape", "Escape") == []  # of the help, of the line of "d d", of the film
    assert heard("Escape", "Enter", "Shift+Enter", "Control+s") == ["Escape", "Enter", "Enter", "Control", "s"]
    page.root.get_by_role("button", name="turn clockwise").focus()
    assert heard("Enter", " ", "d", "z") == []
    page.root.get_by_label("window width").focus()
    assert heard("5", "Enter", "d") == []
    assert heard("Shift+Enter") == ["Enter"]
    page.page.evaluate("() => document.removeEventListener('keydown', window.hear)")


# ---- looks


@pytest.fixture
def themed(page: CanvasPage) -> Iterator[Any]:
    """Take over the colours of a theme."""

    def take(colours: dict[str, str], light: str) -> None:
        page.page.evaluate(
            """([colours, light]) => {
                document.body.dataset.jpThemeLight = light;
                document.body.style.background = colours["layout-color1"];
                for (const [name, value] of Object.entries(colours)) {
                    document.body.style.setProperty(`--jp-${name}`, value);
                }
            }""",
            [colours, light],
        )

    yield take
    page.page.evaluate("() => { document.body.removeAttribute('style'); delete document.body.dataset.jpThemeLight }")


def luminance(colour: str, under: float) -> float:
    """Relative luminance of a CSS colour over another of the same three channels (WCAG 2.2)."""
    red, green, blue, *alpha = (float(part) for part in colour.partition("(")[2].strip(")").split(","))
    opacity = alpha[0] if alpha else 1.0
    lines = [c / 12.92 if (c := part / 255) <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]
    return opacity * float(np.dot([0.2126, 0.7152, 0.0722], lines)) + (1 - opacity) * under


@pytest.mark.parametrize(("colours", "light"), [(LIGHT, "true"), (DARK, "false")])
def test_what_is_written_can_be_read_in_both_themes(
    page: CanvasPage, themed: Any, colours: dict[str, str], light: str
) -> None:
    themed(colours, light)
    page.view.send({"kind": "trouble", "text": "An observer raised something."})
    expect(page.root.locator(".dicomview-trouble")).to_be_visible()
    scheme = page.root.evaluate("(root) => getComputedStyle(root).colorScheme")
    assert scheme == {"true": "normal", "false": "dark"}[light]
    ground = luminance(page.page.evaluate("() => getComputedStyle(document.body).backgroundColor"), 1.0)
    written = ".dicomview-bar button, select, input[type=number], .dicomview-trouble"
    for part in page.root.locator(written).locator("visible=true").all():
        style = part.evaluate("(part) => [getComputedStyle(part).color, getComputedStyle(part).backgroundColor]")
        under = luminance(style[1], ground)
        bright, dim = sorted([luminance(style[0], under) + 0.05, under + 0.05], reverse=True)
        assert bright / dim >= 3, (part.get_attribute("aria-label"), style)


@pytest.mark.parametrize("pixels", [200, 300, 900])
def test_nothing_is_cut_off(page: CanvasPage, pixels: int) -> None:
    widen(page, pixels)
    frame = page.root.bounding_box()
    assert frame is not None
    assert frame["width"] == min(pixels, 512)
    assert page.root.evaluate("(root) => root.scrollWidth <= root.clientWidth")
    for part in page.root.locator("button:visible, select:visible, input:visible").all():
        box = part.bounding_box()
        assert box is not None
        assert frame["x"] <= box["x"]
        assert box["x"] + box["width"] <= frame["x"] + frame["width"]
    page.key("?")
    whole, seen = page.root.get_by_role("dialog").evaluate("(page) => [page.scrollHeight, page.clientHeight]")
    if pixels >= 300:
        assert whole <= seen
        return
    page.page.keyboard.press("End")
    page.page.wait_for_function("() => document.activeElement.scrollTop > 0")
    assert page.settled().view.index == 30


def test_one_to_one_is_sharp_wherever_the_frame_lies(page: CanvasPage, chest: dv.Series) -> None:
    """In a frame of 401 pixels a picture of 256 begins at half a pixel."""
    page.view.layers = {"bone": False}
    widen(page, 401)
    page.key("1")
    assert page.settled().box()["width"] == pytest.approx(256)
    seen, wanted = page.screen()[..., 0], dv.picture(chest, index=30).pixels
    starts = [(top, left) for top in (72, 73) for left in (72, 73)]
    assert any(np.array_equal(seen[top : top + 256, left : left + 256], wanted) for top, left in starts)


def test_on_a_dense_screen_one_to_one_is_a_pixel_of_the_device(page: CanvasPage, chest: dv.Series) -> None:
    page.view.layers = {"bone": False}
    try:
        page.density(2)
        page.key("1")
        assert page.settled().view.zoom == 0.25
        assert page.box()["width"] * 2 == 256
        seen = page.screen()
        assert seen.shape == (1024, 1024, 3)
        np.testing.assert_array_equal(seen[384:640, 384:640, 0], dv.picture(chest, index=30).pixels)
    finally:
        page.density(1)
