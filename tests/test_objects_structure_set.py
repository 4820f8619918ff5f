"""Structure sets by their geometry: matplotlib says what is inside a polygon, formulas say how large a ball is."""

from __future__ import annotations

import numpy as np
import phantoms
import pytest
from matplotlib.path import Path as Outline

import dicomview as dv
from dicomview.demo.derived import structure_set
from dicomview.errors import NotAnImage, UnknownChoice
from dicomview.objects import read_objects
from dicomview.objects.polygons import inside, newell
from dicomview.render import scene_of

SIZE = (40, 36)
SHAPE = (20, *SIZE)


def pile(**options):
    """Return 20 slices of 40 x 36 pixels of 0.8 x 0.7 mm, 2 mm apart."""
    return phantoms.regular(phantoms.voxels(*SHAPE), **options)


def ring(center, radius, z, count=200, turn=None):
    """Return a circle of points around (x, y) at z, turned into another frame."""
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    flat = np.column_stack([center[0] + radius * np.cos(angle), center[1] + radius * np.sin(angle), np.full(count, z)])
    return flat if turn is None else flat @ turn.T


def levels(images):
    return [float(ds.ImagePositionPatient[2]) for ds in images]


def cut(scene, ds, plane, index):
    """Return the masks of the regions of a structure set on a plane of a scene, by name."""
    (found,) = read_objects(ds, None).segmented
    view = scene.views[plane]
    masks = found.cut(scene.where(plane, index), (view.rows, view.columns))
    return {one.label: masks[one.number] for one in found.segments if one.number in masks}


# --- polygons ---------------------------------------------------------------------------------------------------------


def test_inside_is_what_matplotlib_says() -> None:
    rng = np.random.default_rng(1)
    angle = np.sort(rng.uniform(0, 2 * np.pi, 40))
    star = np.column_stack([np.cos(angle), np.sin(angle)]) * rng.uniform(3, 10, (40, 1))
    rows, starts = np.linspace(-11, 11, 61) + 1e-3, np.full(61, -10.7)
    found = inside([star], rows, starts, 0.37, 58)
    points = np.stack(np.broadcast_arrays(starts[0] + 0.37 * np.arange(58), rows[:, None]), axis=-1).reshape(-1, 2)
    np.testing.assert_array_equal(found.ravel(), Outline(star).contains_points(points))
    assert 200 < found.sum() < found.size / 2


def test_polygons_that_share_an_edge_neither_overlap_nor_leave_a_gap() -> None:
    left, right = (np.array([[x, 0.0], [x + 2, 0], [x + 2, 3], [x, 3]]) for x in (0, 2))
    masks = [inside([one], np.arange(-1.0, 5), np.full(6, -1.0), 1.0, 7) for one in (left, right)]
    assert not (masks[0] & masks[1]).any()
    assert masks[0].sum() == masks[1].sum() == 6
    np.testing.assert_array_equal(
        masks[0] | masks[1], inside([left, right], np.arange(-1.0, 5), np.full(6, -1.0), 1, 7)
    )


def test_a_triangle_in_space_has_its_area_and_normal() -> None:
    area = newell(np.array([[0.0, 0, 5], [4, 0, 5], [0, 3, 5]]))
    np.testing.assert_allclose(area, [0, 0, 6])


# --- masks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("drawn", ["two contours", "keyhole", "xor"])
def test_p29_a_hole_is_left_out(drawn) -> None:
    images = pile()
    middle = (-20 + 17.3 * 0.7, -30 + 19.1 * 0.8)
    contours = []
    for z in levels(images)[3:15]:
        outer, hole = ring(middle, 9.0, z), ring(middle, 4.0, z)[::-1]
        joined = np.vstack([outer, outer[:1], hole[-1:], hole, outer[:1]])
        contours += [joined] if drawn == "keyhole" else [outer, hole]
    kinds = {"tube": "CLOSEDPLANAR_XOR"} if drawn == "xor" else None
    drawn_on = structure_set(images, {"tube": contours}, {"tube": (255, 0, 0)}, seed="t", kinds=kinds)
    scene = scene_of(images, objects=drawn_on)
    assert scene.notes == ()
    assert [(one.name, one.look.color) for one in scene.layers] == [("tube", "#ff0000")]
    j, i = np.mgrid[: SIZE[0], : SIZE[1]]
    points = np.column_stack([-20 + 0.7 * i.ravel(), -30 + 0.8 * j.ravel()])
    here = Outline(ring(middle, 9.0, 0)[:, :2]).contains_points(points)
    here &= ~Outline(ring(middle, 4.0, 0)[:, :2]).contains_points(points)
    mask = dv.regions(images, drawn_on)["tube"]
    np.testing.assert_array_equal(mask[3:15], np.broadcast_to(here.reshape(SIZE), (12, *SIZE)))
    assert not mask[:3].any()
    assert not mask[15:].any()
    for plane in ("coronal", "sagittal"):
        for index in range(0, scene.counts[plane], 3):
            found = cut(scene, drawn_on, plane, index).get("tube")
            expected = scene.cuts[plane].cut(mask, index)
            assert (found is not None) == expected.any()
            if found is not None:
                np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("turned", [False, True])
def test_p29_a_ball_has_its_volume(turned) -> None:
    turn = phantoms.turned(23.0, (1, 2, 0.5)) if turned else np.eye(3)
    images = phantoms.regular(
        phantoms.voxels(45, 90, 90), spacing=(0.5, 0.5), orientation=(*turn[:, 0], *turn[:, 1]),
        step=-1.0 * turn[:, 2], origin=turn @ (-22.3, -22.3, 22.0),
    )  # fmt: skip
    radius = 20.0
    contours = [ring((0, 0), np.sqrt(radius**2 - z**2), z, 400, turn) for z in np.arange(-19, 20)]
    regions = dv.regions(images, objects=structure_set(images, {"ball": contours}, {}, seed="t"))
    assert regions.notes == ()
    table = regions.table()
    assert table.loc["ball", "volume_ml"] == pytest.approx(4 / 3 * np.pi * radius**3 / 1000, rel=2e-3)


def test_p29_planes_that_cross_the_contours_askew_are_as_a_mask_that_was_resampled() -> None:
    """No line of pixels stays in a plane of contours there; where contours are dense the solid itself is the oracle."""
    turn = phantoms.turned(31.0, (1, 2, 0.5))
    images = phantoms.regular(
        phantoms.voxels(9, 30, 28), orientation=(*turn[:, 0], *turn[:, 1]), step=-3.0 * turn[:, 2],
        origin=turn @ (-14, -15, 12), spacing=(1, 1),
    )  # fmt: skip
    contours = [ring((0, 0), np.sqrt(100 - z**2), z, 100) for z in np.arange(-9.75, 9.8, 0.5)]
    found = dv.regions(images, structure_set(images, {"ball": contours}, {}, seed="t"))
    assert found.notes == ("mask resampled",)
    k, j, i = np.indices((9, 30, 28))
    affine = dv.read_series(images).volume().affine
    x, y, z, _ = np.tensordot(affine, np.stack([k, j, i, np.ones_like(k)]), 1)
    distance = np.sqrt(x**2 + y**2 + z**2)
    mask = found["ball"]
    assert mask[distance < 9.5].all()
    assert not mask[distance > 10.5].any()


def test_contours_between_the_slices_are_said() -> None:
    images = pile()
    drawn = structure_set(images, {"disc": [ring((-8, -14), 5, z) for z in levels(images)[4:9]]}, {}, seed="t")
    assert dv.regions(images, drawn).notes == ()
    assert dv.regions(images[::2], drawn).notes == ("mask resampled",)
    elsewhere = phantoms.moved(images, lambda k: (0, 0, 300))
    assert dv.regions(elsewhere, drawn).notes == ("mask beside the pictures",)


def test_two_contours_far_apart_are_two_thin_regions() -> None:
    images = pile()
    z = levels(images)
    regions = {"tube": [ring((-8, -14), 5, at) for at in z[2:12]], "discs": [ring((-8, -14), 5, z[k]) for k in (3, 12)]}
    ds = structure_set(images, regions, {}, seed="t")
    assert np.flatnonzero(dv.regions(images, ds)["discs"].any(axis=(1, 2))).tolist() == [3, 12]
    assert len({one.look.color for one in scene_of(images, objects=ds).layers}) == 2


def test_a_region_on_every_other_slice_stands_for_both() -> None:
    images = pile()
    regions = {"tube": [ring((-8, -14), 5, z) for z in levels(images)[2:16:2]]}
    mask = dv.regions(images, structure_set(images, regions, {}, seed="t"))["tube"]
    assert np.flatnonzero(mask.any(axis=(1, 2))).tolist() == list(range(1, 16))


def test_p29_points_and_open_lines_have_no_inside() -> None:
    images = pile()
    z = levels(images)[5]
    regions = {"line": [ring((-8, -14), 5, z)], "disc": [ring((-8, -14), 5, z)]}
    ds = structure_set(images, regions, {}, seed="t", kinds={"line": "OPEN_PLANAR"})
    found = dv.regions(images, ds)
    assert found["disc"][5].any()
    assert not found["line"].any()
    drawn = dict(scene_of(images, objects=ds).shot("axial", 5).strokes)
    assert [(name, stroke.closed) for name, (stroke,) in drawn.items()] == [("line", False), ("disc", True)]
    np.testing.assert_allclose(drawn["disc"][0].points[0], [(-3 + 20) / 0.7, (-14 + 30) / 0.8])


def test_p29_what_cannot_be_read_is_counted() -> None:
    images = pile()
    tilted = ring((-8, -14), 5, 0)
    tilted[:, 2] = levels(images)[5] + 0.1 * tilted[:, 0]
    regions = {"disc": [ring((-8, -14), 5, levels(images)[5]), ring((-8, -14), 3, levels(images)[6]), tilted[::40]]}
    ds = structure_set(images, regions, {}, seed="t")
    ds.ROIContourSequence[0].ContourSequence[1].ContourData = ["1", "2"]
    scene = scene_of(images, objects=ds)
    left = ("1 unreadable contours left out", "1 contours not parallel to the others left out")
    assert scene.notes == dv.regions(images, ds).notes == left
    assert dv.regions(images, ds)["disc"].any(axis=(1, 2)).sum() == 1
    del ds.ROIContourSequence
    with pytest.raises(NotAnImage, match="no contours that can be read"):
        scene_of(images, objects=ds)


def test_p29_another_frame_of_reference_is_refused() -> None:
    images = pile()
    ds = structure_set(images, {"disc": [ring((-8, -14), 5, levels(images)[5])]}, {}, seed="t")
    for image in images:
        image.FrameOfReferenceUID = "1.2.3"
    with pytest.raises(UnknownChoice, match="another FrameOfReferenceUID"):
        dv.picture(images, objects=ds)


def test_a_file_gives_what_memory_does(tmp_path) -> None:
    """From a file the points are taken as text; in memory pydicom has made numbers of them."""
    images = pile()
    ds = structure_set(images, {"disc": [ring((-8, -14), 5, z) for z in levels(images)[5:9]]}, {}, seed="t")
    ds.save_as(tmp_path / "rt.dcm", enforce_file_format=True)
    whole = dv.regions(images, ds)["disc"]
    np.testing.assert_array_equal(dv.regions(images, tmp_path / "rt.dcm")["disc"], whole)
    assert whole.any()
