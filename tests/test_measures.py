"""Measuring with a hand: each gesture on the page, and the row that Python has of it."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import phantoms
import pytest
from playwright.sync_api import expect

import dicomview as dv

if TYPE_CHECKING:
    from canvas_page import CanvasPage, Desk, Show
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chest() -> dv.Series:
    return dv.read_series(Path(__file__).parent.parent / "sample_data" / "ct_chest")


@pytest.fixture
def page(show: Show, chest: dv.Series) -> CanvasPage:
    """The chest at slice 30: 256 pixels of 1.2 mm in a frame of 512."""
    return show(dv.view(chest, embed=False))


def rows(page: CanvasPage, desk: Desk) -> pd.DataFrame:
    """What Python has once both sides are silent."""
    desk.quiet()
    page.view._measurer.rest()
    page.view._tables.rest()
    table: pd.DataFrame = page.view.measurements
    return table


def words(page: CanvasPage) -> Locator:
    return page.stage.locator(".dicomview-drawing text")


def points(row: Any) -> Any:
    return np.array(row["points"]).round(3).tolist()


def test_a_drag_measures_a_line_and_its_handles_move_it(page: CanvasPage, desk: Desk) -> None:
    page.root.get_by_role("button", name="a drag measures a line (l)").click()
    expect(page.stage).to_have_attribute("data-tool", "line")
    page.drag(128, 0, at=(0.25, 0.5))
    (row,) = rows(page, desk).to_dict("records")
    assert (row["kind"], row["plane"], row["index"], row["unit"]) == ("line", "axial", 30, "mm")
    assert points(row) == [[63.5, 127.5], [127.5, 127.5]]  # pixels of the screen are half pixels of the picture
    assert row["value"] == pytest.approx(64 * 1.2)
    expect(words(page)).to_have_text("76.8 mm")
    expect(page.root.get_by_role("status")).to_have_text(re.compile("line 76.8 mm$"))
    page.drag(0, 64, at=(0.5, 0.5))  # its second end
    (row,) = rows(page, desk).to_dict("records")
    assert points(row) == [[63.5, 127.5], [127.5, 159.5]]
    page.drag(20, -10, at=(0.375, 0.5625))  # all of it, by its middle; another tool may be chosen
    (row,) = rows(page, desk).to_dict("records")
    assert points(row) == [[73.5, 122.5], [137.5, 154.5]]
    assert row["value"] == pytest.approx(1.2 * np.hypot(64, 32))
    assert page.view.window.center == 40


@pytest.mark.parametrize(("kind", "key"), [("rectangle", "b"), ("ellipse", "e")])
def test_boxes_and_ellipses_are_drawn_and_resized_by_any_corner(
    page: CanvasPage, desk: Desk, chest: dv.Series, kind: str, key: str
) -> None:
    page.key(key)
    page.drag(64, 32, at=(0.5, 0.5))
    (row,) = rows(page, desk).to_dict("records")
    assert (row["kind"], points(row)) == (kind, [[127.5, 127.5], [159.5, 143.5]])
    column, line = np.meshgrid(np.arange(128, 160), np.arange(128, 144))
    inside = np.ones(column.shape, bool)
    if kind == "ellipse":
        inside = ((column - 143.5) / 16) ** 2 + ((line - 135.5) / 8) ** 2 <= 1
    known = chest.volume().array[30, 128:144, 128:160][inside].astype(np.float64)
    got = row["value"], row["mean"], row["SD"], row["min"], row["max"], row["n"]
    np.testing.assert_allclose(got, (known.mean(), known.mean(), known.std(), known.min(), known.max(), known.size))
    assert row["area mm²"] == pytest.approx(32 * 16 * 1.44 * (np.pi / 4 if kind == "ellipse" else 1))
    expect(words(page)).to_have_text(re.compile(r"^−?[\d.]+ ± [\d.]+ HU[\d.]+ mm² · n \d+$"))
    # Corner after corner is moved by (8, 6) pixels of the screen.
    for corner, box in [
        ((127.5, 127.5), (131.5, 130.5, 159.5, 143.5)),
        ((159.5, 130.5), (131.5, 133.5, 163.5, 143.5)),
        ((163.5, 143.5), (131.5, 133.5, 167.5, 146.5)),
        ((131.5, 146.5), (135.5, 133.5, 167.5, 149.5)),
    ]:
        page.drag(8, 6, at=((corner[0] + 0.5) / 256, (corner[1] + 0.5) / 256))
        (row,) = rows(page, desk).to_dict("records")
        (x0, y0), (x1, y1) = points(row)
        assert (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)) == box


def test_an_angle_is_two_strokes_and_a_region_is_drawn_freehand(page: CanvasPage, desk: Desk) -> None:
    page.key("a")
    page.drag(0, 128, at=(0.25, 0.25))
    page.page.mouse.move(*page.point(0.4, 0.5))
    page.page.mouse.move(*page.point(0.5, 0.5))
    page.page.mouse.down()
    page.page.mouse.up()
    (row,) = rows(page, desk).to_dict("records")
    assert (row["kind"], row["unit"]) == ("angle", "°")
    assert row["value"] == pytest.approx(90)
    expect(words(page)).to_have_text("90.0°")
    page.page.mouse.move(*page.point(0.9, 0.9))  # the hand is free again
    page.key("d")
    x, y = page.point(0.6, 0.6)
    page.page.mouse.move(x, y)
    page.page.mouse.down()
    for dx, dy in ((80, 0), (80, 60), (0, 60), (0, 8)):
        page.page.mouse.move(x + dx, y + dy, steps=4)
    page.page.mouse.up()
    _, row = rows(page, desk).to_dict("records")
    assert row["kind"] == "freehand"
    assert row["area mm²"] == pytest.approx(40 * 30 * 1.44, rel=0.02)
    assert row["n"] == pytest.approx(1200, rel=0.03)
    assert page.settled().view.index == 30


def test_an_angle_of_one_arm_is_none_once_its_slice_or_its_tool_is_left(page: CanvasPage, desk: Desk) -> None:
    for leave in (lambda: page.key("l"), lambda: page.wheel(1), lambda: setattr(page.view, "index", 33)):
        page.key("a")
        page.drag(0, 128, at=(0.25, 0.25))
        page.page.mouse.move(*page.point(0.4, 0.5))
        expect(words(page)).to_have_count(1)
        leave()
        page.settled()
        page.key("b")
        page.drag(60, 40, at=(0.6, 0.6))
        (row,) = rows(page, desk).to_dict("records")
        assert (row["kind"], row["index"]) == ("rectangle", page.view.index)
        page.view.measurements = None
        page.view.index = 30
        page.settled()


def test_a_double_click_goes_home_whatever_a_drag_measures(page: CanvasPage, desk: Desk) -> None:
    page.view.zoom, page.view.window = 2, (100, 500)
    page.settled()
    page.key("l")
    page.page.mouse.dblclick(*page.point(0.5, 0.5))
    page.settled()
    assert (page.view.zoom, len(page.view.measurements)) == (1, 0)
    page.drag(60, 0, at=(0.4, 0.5))
    assert len(rows(page, desk)) == 1


def test_keys_move_each_point_and_read_the_middle(page: CanvasPage, desk: Desk) -> None:
    for key in ("b", "b", "n", "n", "n"):
        page.key(key)
    before = points(rows(page, desk).iloc[0])
    page.key("Shift+ArrowRight")
    page.key("Shift+ArrowDown")
    after = points(rows(page, desk).iloc[0])
    np.testing.assert_allclose(np.subtract(after, before), [[0, 0], [1, 1]])  # the corner below on the right
    expect(page.root.get_by_role("status")).to_contain_text("point 3")
    page.key("Escape")
    page.key("v")
    told = page.words("top-right").split("\n")
    assert len(told) == 2
    assert told[1].endswith("mm")
    expect(page.root.get_by_role("status")).to_contain_text(told[1])
    page.key("ArrowDown")
    assert page.settled().words("top-right").split("\n")[1] != told[1], "the middle of another slice"
    page.key("v")
    assert page.words("top-right") == ""


def test_shapes_stay_on_their_slice_and_their_pixels(page: CanvasPage, desk: Desk) -> None:
    """However the picture is held while they are drawn and seen."""
    view = page.view
    view.rotation, view.flip, view.zoom, view.pan = 90, True, 2, (0.1, -0.05)
    page.settled()
    page.key("l")
    page.drag(100, 40, at=(0.4, 0.4))
    (row,) = rows(page, desk).to_dict("records")
    assert row["value"] == pytest.approx(1.2 * np.hypot(100, 40) / 4, abs=1e-4)
    page.page.mouse.move(*page.point(0.4, 0.4))
    told = page.words("top-right").split("\n")[1]
    place = [float(part) for part in told.replace("\N{MINUS SIGN}", "-").strip("()m ").split(",")]
    np.testing.assert_allclose(place, row["LPS mm"][0], atol=1.2 / 2 + 0.05)  # the hover tells of the pixel's middle
    view.index = 31
    page.settled()
    expect(words(page)).to_have_count(0)
    view.plane = "coronal"
    page.settled()
    expect(words(page)).to_have_count(0)
    view.plane, view.index = "axial", 30
    page.settled()
    expect(words(page)).to_have_count(1)


def test_escape_delete_and_clicks_leave_nothing(page: CanvasPage, desk: Desk) -> None:
    page.key("e")
    page.drag(60, 60, release=False)
    page.key("Escape")
    page.page.mouse.up()
    assert rows(page, desk).empty
    page.drag(1, 1)  # hardly more than a click
    assert rows(page, desk).empty
    page.stage.dblclick()
    assert rows(page, desk).empty
    page.key("l")
    page.drag(60, 0)
    before = rows(page, desk)
    page.drag(0, 50, at=(0.5, 0.5), release=False)  # a handle is moved, and let go of by Escape
    page.key("Escape")
    page.page.mouse.up()
    pd.testing.assert_frame_equal(rows(page, desk), before)
    page.key("m", "Delete")
    assert rows(page, desk).empty
    expect(words(page)).to_have_count(0)


def test_keys_alone_measure_choose_move_and_delete(page: CanvasPage, desk: Desk) -> None:
    status = page.root.get_by_role("status")
    page.key("e", "e")  # the tool, then one in the middle
    page.key("l", "l")
    assert list(rows(page, desk)["kind"]) == ["ellipse", "line"]
    page.key("m")
    expect(status).to_have_text(re.compile(r"ellipse −?[\d.]+ ± [\d.]+ HU, [\d.]+ mm² · n \d+$"))
    before = np.array(rows(page, desk)["points"][0])
    page.view.rotation = 90
    page.settled()
    page.key("Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowDown")  # on the screen
    np.testing.assert_allclose(np.array(rows(page, desk)["points"][0]) - before, [[1, -2]] * 2)
    assert page.view.pan == (0, 0)
    page.key("Delete")
    assert list(rows(page, desk)["kind"]) == ["line"]
    page.key("m")
    expect(status).to_have_text(re.compile(r"line [\d.]+ mm$"))
    page.key("Escape", "ArrowDown")
    expect(status).to_have_text(re.compile(r"turned 90°$"))
    assert page.settled().view.index == 31


def test_what_python_measures_is_seen_in_every_output_and_what_a_hand_measures_is_heard(
    page: CanvasPage, desk: Desk
) -> None:
    view, heard = page.view, list[int]()
    other = page.again()
    view.observe(lambda change: heard.append(len(change.new)), "measurements")
    view.measure("line", [(-15, 0, -100), (15, 0, -100)])
    desk.quiet()
    for one in (page, other):
        expect(words(one)).to_have_text("30.0 mm")
    other.key("l")
    other.drag(0, 60, at=(0.2, 0.2))
    assert len(rows(other, desk)) == 2
    page.drag(0, 30, at=(0.2, 0.2))  # the first output takes hold of what the second has drawn
    assert points(rows(page, desk).iloc[1]) == [[50.7, 65.7], [50.7, 80.7]]
    assert heard[0] == 1
    assert heard[-1] == 2
    view.measurements = view.measurements.drop(index=0)
    desk.quiet()
    for one in (page, other):
        expect(words(one)).to_have_count(1)
    view.measurements = None
    desk.quiet()
    expect(words(page)).to_have_count(0)


def test_a_busy_kernel_is_asked_once_and_answers_for_the_last_place(page: CanvasPage, desk: Desk) -> None:
    """Latest wins: of all places on the way it measures the first and the last."""
    measured: list[int] = []
    page.view.observe(lambda change: measured.append(int(change.new["n"][0])), "measurements")
    page.key("b")
    with page.link.busy:
        page.drag(100, 50, at=(0.3, 0.3), release=False)
        for step in range(20):
            page.page.mouse.move(*page.point(0.5 + step / 100, 0.5))
        page.page.mouse.up()
        expect(words(page)).to_have_text("…")
    row = rows(page, desk).iloc[0]
    assert points(row)[1] == pytest.approx([0.69 * 256 - 0.5, 127.5], abs=0.01)
    assert len(measured) <= 3
    assert measured[-1] == row["n"]


def test_words_of_shapes_beside_each_other_can_be_read(page: CanvasPage, desk: Desk) -> None:
    view = page.view
    view.measure("ellipse", [(118, 92), (138, 112)])
    view.measure("ellipse", [(120, 90), (139, 111)])
    view.measure("line", [(115, 115), (140, 115)])

    def places() -> Any:
        """Left, top, right and bottom of each, without the rim of the letters."""
        desk.quiet()
        page.settled()
        boxes = [one.bounding_box() for one in words(page).all()]
        return [(b["x"] + 3, b["y"] + 3, b["x"] + b["width"] - 3, b["y"] + b["height"] - 3) for b in boxes if b]

    def apart(one: Any, other: Any) -> bool:
        return bool(one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1])

    desk.quiet()
    inks = page.stage.locator("[data-layer=measures] path:not([stroke='#000'])")
    assert [one.get_attribute("fill") for one in words(page).all()] == [
        one.get_attribute("stroke") for one in inks.all()
    ]
    assert len({one.get_attribute("fill") for one in words(page).all()}) == 3
    for rotation, flip in ((0, False), (90, True)):
        view.rotation, view.flip = rotation, flip
        shown = places()
        assert len(shown) == 3
        assert [(one, other) for one, other in combinations(shown, 2) if not apart(one, other)] == []
    view.reset()
    view.measurements = None  # where there is no room below, words lie over words, but in the picture
    for _ in range(4):
        view.measure("ellipse", [(215, 238), (240, 254)])
    stage = page.stage.bounding_box()
    assert stage
    assert max(bottom for *_, bottom in places()) <= stage["y"] + stage["height"]


def test_nothing_that_is_measured_moves_the_picture_and_the_wheel_goes_on(page: CanvasPage, desk: Desk) -> None:
    page.key("l")
    page.drag(100, 0, at=(0.3, 0.3))
    page.wheel(2)
    assert page.settled().view.index == 32
    page.drag(100, 0, at=(0.3, 0.3))
    assert list(rows(page, desk)["index"]) == [30, 32]
    page.key("w")
    page.drag(64, 0, at=(0.7, 0.7))
    assert page.settled().view.window.width == 500
    page.drag(64, 0, at=(0.7, 0.8), hold="Shift")
    assert page.settled().view.pan == (0.125, 0)


def test_what_has_no_pixel_size_is_measured_in_pixels_and_says_so(show: Show, desk: Desk) -> None:
    page = show(dv.view(np.zeros((3, 64, 64), np.int16), embed=False))
    page.key("l")
    page.drag(128, 0, at=(0.25, 0.5))
    (row,) = rows(page, desk).to_dict("records")
    assert (row["unit"], row["value"], row["note"]) == ("px", pytest.approx(16), "pixel size unknown")
    expect(words(page)).to_have_text("16.0 pxpixel size unknown")
    shown = show(dv.view(phantoms.echoes(), embed=False))
    shown.view.measure("line", [(1, 1), (5, 5)], echo=1, index=6)
    desk.quiet()
    expect(words(shown)).to_have_count(0)  # it lies on the other echo
    shown.view.axes = {"echo": 1}
    shown.settled()
    expect(words(shown)).to_have_count(1)


def test_a_finger_draws_where_a_tool_was_chosen_and_two_let_go(page: CanvasPage, desk: Desk) -> None:
    page.key("l")
    page.touch((0.3, 0.3))
    page.touch((0.5, 0.3))
    page.touch()
    assert rows(page, desk)["value"][0] == pytest.approx(0.2 * 256 * 1.2, abs=0.1)
    page.touch((0.3, 0.6))
    page.touch((0.4, 0.6))
    page.touch((0.4, 0.6), (0.6, 0.8))
    page.touch()
    assert len(rows(page, desk)) == 1
