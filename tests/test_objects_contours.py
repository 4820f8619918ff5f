"""Contours in the patient, cut by planes: against areas and places that are known."""

from __future__ import annotations

import numpy as np
import pytest
from phantoms import turned

from dicomview.errors import UnknownChoice
from dicomview.objects import Contour, Outline

AXES = np.eye(3)
TURN = turned(23.0, (1, 2, 0.5))
SPACING = (0.8, 0.7)


def circle(radius: float, z: float, *, n: int = 400, turn=AXES, origin=(0.0, 0.0, 0.0)):
    angle = 2 * np.pi * np.arange(n) / n
    flat = np.stack([radius * np.cos(angle), radius * np.sin(angle), np.full(n, z)], axis=1)
    return np.asarray(origin) + flat @ turn.T


def plane(z: float, turn=AXES, origin=(0.0, 0.0, 0.0)):
    """A slice whose pixel (0, 0) is at `origin`, z mm along its normal."""
    return np.asarray(origin) + z * turn[:, 2], SPACING[0] * turn[:, 1], SPACING[1] * turn[:, 0]


@pytest.mark.parametrize("turn", [AXES, TURN])
@pytest.mark.parametrize(("off", "drawn"), [(0.0, 1), (0.99, 1), (-0.99, 1), (1.0, 1), (1.01, 0), (-1.01, 0)])
def test_a_contour_lies_on_the_slices_within_half_a_step(turn, off, drawn):
    origin = (-20.0, 30.0, 5.0)
    outline = Outline("lung", (Contour(circle(10, 4.0, turn=turn, origin=origin)),))
    strokes = outline.cut(plane(4.0 + off, turn, origin), 2.0)
    assert len(strokes) == drawn
    for stroke in strokes:
        assert stroke.closed
        np.testing.assert_allclose(np.hypot(*(stroke.points * SPACING[::-1]).T), 10, atol=1e-9)
        np.testing.assert_allclose(stroke.points[0], (10 / SPACING[1], 0), atol=1e-9)


def test_seen_across_there_is_where_the_area_meets_the_plane():
    tube = tuple(Contour(circle(10, z)) for z in range(5))
    hole = tuple(Contour(circle(4, z)) for z in range(5))
    where = np.array([0.0, 3.0, 0.0]), np.array([0, 0, -SPACING[0]]), np.array([SPACING[1], 0, 0])
    (*strokes,) = Outline("tube", tube + hole).cut(where, 0.7)
    assert len(strokes) == 10
    outer, inner = np.sqrt(100 - 9) / SPACING[1], np.sqrt(16 - 9) / SPACING[1]
    for z in range(5):
        found = np.array([one.points for one in strokes if np.allclose(one.points[:, 1], -z / SPACING[0])])
        np.testing.assert_allclose(np.sort(found[..., 0].ravel()), [-outer, -inner, inner, outer], atol=0.01)
        lengths = np.abs(np.diff(found[..., 0], axis=1)).ravel()
        np.testing.assert_allclose(lengths, outer - inner, atol=0.01)
    assert not any(one.closed for one in strokes)


def test_an_open_line_is_dots_where_it_passes_through_and_a_point_is_a_dot():
    helix = circle(10, 0.0)[:300] + np.linspace(-3, 3, 300)[:, np.newaxis] * AXES[2]
    (dot,) = Outline("wire", (Contour(helix, closed=False),)).cut(plane(1.0), 1.0)
    assert dot.points.shape == (1, 2)
    assert np.hypot(*(dot.points[0] * SPACING[::-1])) == pytest.approx(10, abs=0.01)
    (dot,) = Outline("seed", (Contour([[7.0, 8.0, 0.2]]),)).cut(plane(0.0), 1.0)
    np.testing.assert_allclose(dot.points, [[10.0, 10.0]])
    assert Outline("seed", (Contour([[7.0, 8.0, 0.6]]),)).cut(plane(0.0), 1.0) == []
    assert Outline("nothing", ()).cut(plane(0.0), 1.0) == []


@pytest.mark.parametrize("points", [[], [[1, 2]], [1, 2, 3], [[1, 2, np.nan]], "contour", [[1, 2, 3], [4, 5]]])
def test_what_is_no_contour_says_so(points):
    with pytest.raises(UnknownChoice, match=r"an \(n, 3\) array of finite numbers"):
        Contour(points)


def test_points_are_a_copy_that_does_not_change():
    points = circle(3, 0)
    contour = Contour(points)
    points[:] = 0
    assert np.ptp(contour.points[:, 0]) > 5
    assert not contour.points.flags.writeable
