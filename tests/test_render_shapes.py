"""Which pixels a shape holds, and its size, against matplotlib's polygons and school geometry."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.path import Path as Polygon

from dicomview.errors import UnknownChoice
from dicomview.render.shapes import Shape, shape_of

SIZE = (40, 60)
DOWN, ACROSS = np.array([0.0, 2.0, 0.0]), np.array([3.0, 0.0, 0.0])  # mm of a step


def shape(kind: str, *points: tuple[float, float]) -> Shape:
    return shape_of(kind, points, "axial", 0)


def held(one: Shape) -> Any:
    """The whole mask, (rows, columns)."""
    whole = np.zeros(SIZE, bool)
    window, mask = one.mask(*SIZE)
    whole[window] = mask
    return whole


def test_a_polygon_holds_the_pixels_that_matplotlib_says() -> None:
    """Random ones, concave, partly outside, crossing themselves; no centre lies exactly on a border."""
    rng = np.random.default_rng(0)
    row, column = np.indices(SIZE)
    centres = np.column_stack([column.ravel(), row.ravel()])
    for corners in (3, 4, 7, 30):
        for _ in range(20):
            points = rng.uniform((-10, -10), (70, 50), (corners, 2))
            if corners > 4:  # a star, so that both rules for crossing borders agree
                turn = np.sort(rng.uniform(0, 2 * np.pi, corners))
                points = np.column_stack([30 + rng.uniform(5, 35, corners) * np.cos(turn), 20 + 25 * np.sin(turn)])
            if corners == 4:
                points = points[np.argsort(np.arctan2(*(points - points.mean(axis=0)).T))]
            wanted = Polygon(points).contains_points(centres).reshape(SIZE)
            np.testing.assert_array_equal(held(shape("freehand", *map(tuple, points))), wanted)


def test_a_polygon_that_crosses_itself_is_out_where_it_goes_around_twice() -> None:
    turn = np.arange(5) * 4 * np.pi / 5 + 0.1
    star = held(shape("freehand", *zip(30.2 + 15 * np.cos(turn), 20.1 + 15 * np.sin(turn), strict=True)))
    assert not star[20, 30]
    assert star[21, 42]


def test_a_polygon_holds_the_centres_on_its_border() -> None:
    for corners in ([(5, 5), (20, 5), (20, 30), (5, 30)], [(5, 30), (20, 30), (20, 5), (5, 5), (5, 5)]):
        np.testing.assert_array_equal(held(shape("freehand", *corners)), held(shape("rectangle", (5, 5), (20, 30))))
    turned = held(shape("freehand", (10, 4), (16, 10), (10, 16), (4, 10)))  # a square on its corner
    row, column = np.indices(SIZE)
    np.testing.assert_array_equal(turned, abs(column - 10) + abs(row - 10) <= 6)
    third = held(shape("freehand", (0, 0), (9, 3), (0, 3)))  # what a third of a pixel becomes is still on the line
    assert third[[0, 1, 2, 3], [0, 3, 6, 9]].all()
    edge = held(shape("freehand", (-5, 3), (80, 3), (80, 3.5)))
    assert edge[3].all() and edge.sum() == SIZE[1]


def test_an_ellipse_holds_the_centres_on_its_border() -> None:
    for long, wide, high in ((5, 3, 4), (13, 5, 12), (17, 8, 15)):
        circle = held(shape("ellipse", (20 - long, 20 - long), (20 + long, 20 + long)))
        for across, down in ((wide, high), (high, wide), (-wide, high), (high, -wide), (long, 0), (0, -long)):
            assert circle[20 + down, 20 + across]


def test_a_polygon_that_crosses_itself_is_known() -> None:
    square = [(5, 5), (20, 5), (20, 30), (5, 30)]
    for plain in (square, [*square, square[0]], [square[0], *square, square[0]]):
        assert not shape("freehand", *plain).crossed
    assert shape("freehand", (0, 0), (20, 20), (20, 0), (0, 20)).crossed
    assert not shape("freehand", (3, 3), (3, 3), (3, 3)).crossed
    assert not shape("rectangle", (5, 5), (20, 30)).crossed


@pytest.mark.parametrize("corners", [((3, 4), (12, 9)), ((12, 9), (3, 4)), ((3, 9), (12, 4)), ((-7, -2), (200, 4.5))])
def test_rectangles_and_ellipses_hold_centres_on_their_border(corners: Any) -> None:
    (x0, y0), (x1, y1) = corners
    row, column = np.indices(SIZE)
    box = (column >= min(x0, x1)) & (column <= max(x0, x1)) & (row >= min(y0, y1)) & (row <= max(y0, y1))
    np.testing.assert_array_equal(held(shape("rectangle", *corners)), box)
    across, down = (column - (x0 + x1) / 2) / (abs(x1 - x0) / 2), (row - (y0 + y1) / 2) / (abs(y1 - y0) / 2)
    np.testing.assert_array_equal(held(shape("ellipse", *corners)), across**2 + down**2 <= 1)


def test_what_lies_beside_the_picture_or_between_centres_holds_nothing() -> None:
    for kind in ("rectangle", "ellipse"):
        for corners in (((70, 4), (90, 9)), ((-9, -9), (-3, -3)), ((3.2, 4.2), (3.8, 4.8)), ((5, 50), (9, 60))):
            assert not held(shape(kind, *corners)).any()
    assert not held(shape("ellipse", (5, 5), (5, 9))).any()
    assert not held(shape("freehand", (70, 4), (90, 9), (80, 20))).any()


def test_a_point_is_the_pixel_around_it() -> None:
    for at, pixel in (((3.4, 4.4), (4, 3)), ((2.6, 3.6), (4, 3)), ((-0.4, 39.4), (39, 0))):
        np.testing.assert_array_equal(np.argwhere(held(shape("point", at))), [pixel])
    assert not held(shape("point", (60.0, 3.0))).any()


def test_lengths_angles_and_areas_count_in_millimetres() -> None:
    """A pixel is 3 mm wide and 2 mm high."""
    assert shape("line", (1, 1), (5, 7)).length(DOWN, ACROSS) == pytest.approx(np.hypot(12, 12))
    assert shape("angle", (10, 0), (0, 0), (6, 9)).degrees(DOWN, ACROSS) == pytest.approx(45)
    assert shape("angle", (10, 0), (0, 0), (-4, 0)).degrees(DOWN, ACROSS) == 180
    assert np.isnan(shape("angle", (1, 1), (1, 1), (6, 9)).degrees(DOWN, ACROSS))
    assert shape("rectangle", (10, 2), (4, 8)).area(DOWN, ACROSS) == pytest.approx(18 * 12)
    assert shape("ellipse", (4, 2), (10, 8)).area(DOWN, ACROSS) == pytest.approx(np.pi * 9 * 6)
    assert shape("freehand", (0, 0), (6, 0), (0, 9)).area(DOWN, ACROSS) == pytest.approx(18 * 18 / 2)


def test_the_area_of_a_polygon_that_crosses_itself_is_that_of_what_it_holds() -> None:
    """Drawn by hand, an end often runs over the beginning."""
    for bow in ([(0, 0), (20, 20), (20, 0), (0, 20)], [(0, 0), (10, 10), (20, 20), (20, 0), (10, 10), (0, 20)]):
        assert shape("freehand", *bow).area(DOWN, ACROSS) == pytest.approx(200 * 6)
    assert shape("freehand", (0, 0), (9, 0), (9, 5), (0, 5), (0, 0), (9, 0), (9, 5), (0, 5)).area(DOWN, ACROSS) == 0
    turn = np.linspace(0, 2.4 * np.pi, 90)
    loop = np.stack([300 + 200 * np.cos(turn), 280 + 150 * np.sin(turn)], axis=1)
    star = np.random.default_rng(3).uniform(0, 600, (40, 2))
    for corners in (loop, star):
        one = shape("freehand", *corners.tolist())
        held = one.mask(600, 600)[1].sum()
        assert one.area(DOWN, ACROSS) == pytest.approx(held * 6, rel=2e-3)
        np.testing.assert_allclose(
            one.area(DOWN, ACROSS), shape("freehand", *corners[::-1].tolist()).area(DOWN, ACROSS)
        )


def test_a_skewed_grid_has_its_true_lengths_and_areas() -> None:
    skewed = np.array([1.5, 2.0, 0.0])  # a step down goes to the side as well
    assert shape("line", (0, 0), (0, 4)).length(skewed, ACROSS) == pytest.approx(10)
    assert shape("rectangle", (0, 0), (5, 4)).area(skewed, ACROSS) == pytest.approx(15 * 8)


@pytest.mark.parametrize(
    ("kind", "points", "words"),
    [
        ("elipse", [(0, 0), (1, 1)], "there is no measurement 'elipse'; choose one of line, angle"),
        (["line"], [(0, 0), (1, 1)], "there is no measurement"),
        ("line", [(0, 0)], "a line is made of 2 points, its two ends; 1 were given"),
        ("angle", [(0, 0), (1, 1)], "3 points, the end of one arm, the vertex"),
        ("freehand", [(0, 0), (1, 1)], "at least three points"),
        ("point", [(0, 0), (1, 1)], "1 point, where it is"),
        ("line", [(0, 0), (np.nan, 1)], "are pairs"),
        ("line", [(0, 0, 0), (1, 1, 1)], "are pairs"),
        ("line", "ab", "are pairs"),
        ("line", None, "are pairs"),
    ],
)
def test_what_is_no_shape_is_refused_in_words(kind: Any, points: Any, words: str) -> None:
    with pytest.raises(UnknownChoice, match=words):
        shape_of(kind, points, "axial", 0)
