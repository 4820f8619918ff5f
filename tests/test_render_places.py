"""Where slices lie: SimpleITK's geometry is the oracle, for Python's half and for the browser's."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import phantoms
import pytest
import SimpleITK
from oracles import tool

from dicomview.errors import UnknownChoice
from dicomview.render import counted, places_in, scene_of
from dicomview.space import Volume, read_series

LINKS = Path(__file__).parent.parent / "dicomview" / "views" / "static" / "links.js"
SCRIPT = """
import { readFileSync } from "node:fs";
const { text, cases } = JSON.parse(readFileSync(0, "utf8"));
const room = await import(`data:text/javascript;base64,${Buffer.from(text).toString("base64")}`);
console.log(JSON.stringify(cases.map(({ places, point }) => {
  const { index, far } = room.nearest(places, point);
  const pixel = room.pixelAt(places, index, point);
  return { index, far, onto: room.onto(places, index, point), pixel, back: room.pointAt(places, index, pixel) };
})));
"""
KINDS = {
    "axial": phantoms.regular,
    "oblique": phantoms.oblique,
    "sagittal, towards the right": lambda: phantoms.sagittal(step=(-1.5, 0, 0)),
    "anisotropic": lambda: phantoms.regular(spacing=(0.4, 2.5), step=(0, 0, 7.0)),
}


def itk_of(volume: Volume) -> SimpleITK.Image:
    image = SimpleITK.GetImageFromArray(volume.array)
    steps = volume.affine[:3, 2::-1]  # along i, j, k
    spacing = np.linalg.norm(steps, axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(volume.affine[:3, 3].tolist())
    image.SetDirection((steps / spacing).ravel().tolist())
    return image


def points_near(volume: Volume, count: int = 200) -> Any:
    """Points inside the volume, which ITK gives an index for, anywhere between its voxels."""
    index = np.random.default_rng(0).uniform(-0.49, np.array(volume.array.shape) - 0.51, (count, 3))
    return index @ volume.affine[:3, :3].T + volume.affine[:3, 3]


@pytest.fixture(params=KINDS)
def volume(request: pytest.FixtureRequest) -> Volume:
    return read_series(KINDS[request.param]()).volume()


def told_by_node(cases: list[dict[str, Any]]) -> Any:
    command = [tool("node"), "--input-type=module", "--eval", SCRIPT]
    asked = json.dumps({"text": LINKS.read_text(encoding="utf-8"), "cases": cases})
    done = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_nearest_slice_of_every_plane_is_that_of_simpleitk(volume: Volume) -> None:
    scene, image = scene_of(volume), itk_of(volume)
    points = points_near(volume)
    wanted = np.array([image.TransformPhysicalPointToIndex(point.tolist())[::-1] for point in points])
    cases, asked = [], []
    for name, plane in scene.cuts.items():
        places = places_in(scene, name, {})
        assert places is not None
        assert [places.nearest(point) for point in points] == wanted[:, plane.axis].tolist()
        for point in points[:20]:
            on = places.onto(places.nearest(point), point)
            assert abs((places.origins[places.nearest(point)] - on) @ places.normal) < 1e-9
            assert np.linalg.norm(on - point) <= places.step / 2 + 1e-9
            asked.append((places, point, on))
            cases.append({"places": places.message(), "point": point.tolist()})
    for (places, point, on), told in zip(asked, told_by_node(cases), strict=True):
        assert told["index"] == places.nearest(point)
        np.testing.assert_allclose(told["onto"], on, atol=1e-9)
        np.testing.assert_allclose(told["back"], on, atol=1e-9)  # a pixel is the foot of the point
        assert told["far"] == pytest.approx(np.linalg.norm(on - point), abs=1e-9)


def test_a_pixel_is_where_the_picture_has_it(volume: Volume) -> None:
    """Column and row under a voxel's centre show that voxel, in every plane, flipped or not."""
    scene = scene_of(volume)
    rng = np.random.default_rng(1)
    voxels = rng.integers(0, volume.array.shape, (20, 3))
    cases = [
        {"places": places_in(scene, name, {}).message(), "point": (volume.affine @ [*voxel, 1])[:3].tolist()}  # type: ignore[union-attr]
        for name in scene.cuts
        for voxel in voxels
    ]
    told = iter(told_by_node(cases))
    for name in scene.cuts:
        for voxel in voxels:
            one = next(told)
            column, row = np.rint(one["pixel"]).astype(int)
            np.testing.assert_allclose(one["pixel"], [column, row], atol=1e-6)
            assert volume.plane(name, one["index"])[row, column] == volume.array[tuple(voxel)]


def test_uneven_slices_are_found_by_their_own_place() -> None:
    scene = scene_of(phantoms.two_spacings())
    places = places_in(scene, "axial", {})
    assert places is not None
    depths = [scene.where("axial", index)[0][2] for index in range(scene.counts["axial"])]  # type: ignore[index]
    for index, depth in enumerate(depths):
        assert places.nearest(np.array([5.0, 5.0, depth + 0.9])) == index


def test_what_has_no_place_of_its_own_has_none() -> None:
    scene = scene_of(phantoms.without_position(phantoms.regular()))
    assert places_in(scene, next(iter(scene.counts)), {}) is None
    assert places_in(scene_of(np.zeros((3, 4, 5)), spacing=(1, 1, 1)), "slice", {}) is None
    film = scene_of(phantoms.ultrasound())  # all at one place
    assert places_in(film, next(iter(film.counts)), {}) is None


def test_places_by_number() -> None:
    places = counted(5)
    assert [places.nearest(np.array([0, 0, z])) for z in (-3, 0.4, 2, 9)] == [0, 0, 2, 4]
    assert places.onto(3, np.array([0.0, 0.0, 1.0])).tolist() == [0, 0, 3]
    shifted = counted(5).moved(np.array([0.0, 0.0, 2.0]))  # the second series begins two slices later
    assert shifted.nearest(np.array([0.0, 0.0, 1.0])) == 3


def test_a_single_slice_has_a_place() -> None:
    scene = scene_of(phantoms.regular()[:1])
    places = places_in(scene, "axial", {})
    assert places is not None and places.step == 0 and places.nearest(np.zeros(3)) == 0


@pytest.mark.parametrize("wish", ["here", (1, 2), (1, 2, float("nan")), (True, 0, 0), 5])
def test_what_is_no_point_is_refused(wish: Any) -> None:
    from dicomview.render.camera import as_point

    with pytest.raises(UnknownChoice, match="a point is"):
        as_point(wish)
