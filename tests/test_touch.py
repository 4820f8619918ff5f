"""Fingers on the picture: two zoom and move, one scrolls or does what it is told to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect

import dicomview as dv

if TYPE_CHECKING:
    from canvas_page import CanvasPage, Show

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chest() -> dv.Series:
    return dv.read_series(Path(__file__).parent.parent / "sample_data" / "ct_chest")


@pytest.fixture
def page(show: Show, chest: dv.Series) -> CanvasPage:
    return show(dv.view(chest))


def test_two_fingers_zoom_and_move(page: CanvasPage) -> None:
    view = page.view
    page.touch((0.4, 0.5), (0.6, 0.5))
    for step in range(1, 5):
        page.touch((0.4 - 0.05 * step, 0.5), (0.6 + 0.05 * step, 0.5 + 0.01 * step))
    page.touch()
    page.settled()
    assert view.zoom == pytest.approx(np.hypot(0.6, 0.04) / 0.2, rel=1e-3)
    assert view.pan == pytest.approx((0, 0.02), abs=1e-3)
    assert (view.index, view.window.width) == (30, 400)


def test_a_finger_that_stays_after_two_does_nothing(page: CanvasPage) -> None:
    page.key("w")
    page.touch((0.4, 0.5), (0.6, 0.5))
    page.touch((0.3, 0.5), (0.7, 0.5))
    page.touch((0.3, 0.5))
    page.touch((0.1, 0.9))
    page.touch()
    assert page.settled().view.zoom == pytest.approx(2)
    assert (page.view.index, page.view.window.center, page.view.window.width) == (30, 40, 400)


def test_one_finger_scrolls_until_it_is_told_otherwise(page: CanvasPage, chest: dv.Series) -> None:
    page.touch((0.5, 0.5))
    page.touch((0.5, 0.55))
    page.touch((0.5, 0.5 + 67 / 512))
    page.touch()
    np.testing.assert_array_equal(page.settled().pixels()[..., 0], dv.picture(chest, index=40).pixels)
    assert page.view.index == 40
    page.root.get_by_role("button", name="a drag sets the window").click()
    page.touch((0.5, 0.5))
    page.touch((0.5, 0.55))
    page.touch((0.625, 0.5))
    page.touch()
    assert (page.settled().view.index, page.view.window.center, page.view.window.width) == (40, 40, 500)


def test_the_toolbar_marks_what_the_pointer_in_use_does(page: CanvasPage) -> None:
    marked = page.root.locator(".dicomview-buttons > [aria-pressed=true]")
    scrolls, windows = re.compile("moves through the slices"), re.compile("sets the window")
    expect(marked).to_have_accessible_name(windows)
    page.touch((0.5, 0.5))
    page.touch()
    expect(marked).to_have_accessible_name(scrolls)
    page.hover(10, 10)
    expect(marked).to_have_accessible_name(windows)
    page.touch((0.5, 0.5))
    page.touch()
    page.root.get_by_role("button", name=windows).click()
    page.touch((0.5, 0.5))
    page.touch()
    expect(marked).to_have_accessible_name(windows)


def test_where_there_is_no_mouse_the_toolbar_begins_with_what_a_finger_does(page: CanvasPage) -> None:
    page.devtools.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    other = page.again()
    page.devtools.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
    expect(other.root.get_by_role("button", name="a drag moves through the slices")).to_have_attribute(
        "aria-pressed", "true"
    )


def test_a_tap_tells_what_is_there_until_the_next_touch(page: CanvasPage) -> None:
    told = [page.hover(60, 200), page.hover(130, 64)]
    places = [(60.5 / 256, 200.5 / 256), (130.5 / 256, 64.5 / 256)]
    page.page.mouse.move(0, 0)
    assert page.words("top-right") == ""
    for place, lines in zip(places, told, strict=True):
        page.touch(place)
        page.touch()
        assert page.words("top-right").split("\n") == lines
    page.page.evaluate("() => { document.body.style.height = '3000px'; scrollTo(0, 100); }")
    page.view.index = 31
    after = page.settled().words("top-right").split("\n")
    page.page.evaluate("() => { scrollTo(0, 0); document.body.style.height = ''; }")
    assert after[1].split(",")[:2] == told[1][1].split(",")[:2]
    page.touch((0.5, 0.5))
    page.touch((0.5, 0.55))
    page.touch((0.5, 0.5 + 67 / 512))
    page.touch()
    assert page.words("top-right") == ""
    page.touch((0.4, 0.5), (0.6, 0.5))
    page.touch()
    assert page.words("top-right") == ""


def test_a_finger_that_is_taken_away_ends_its_drag(page: CanvasPage) -> None:
    page.touch((0.5, 0.5))
    page.touch((0.5, 0.55))
    page.touch((0.5, 0.5 + 67 / 512))
    page.touch(cancel=True)
    assert page.settled().view.index == 40
    page.hover(10, 200)
    assert page.settled().view.index == 40
