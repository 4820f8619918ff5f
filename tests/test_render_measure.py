"""Measurements on phantoms of known geometry: millimetres from the headers, statistics from NumPy, never from us."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import phantoms
import pytest
from oracles import PYDICOM_FILES
from pydicom.pixels import apply_rescale

import dicomview as dv
from dicomview.errors import UnknownChoice
from dicomview.render import scene_of
from dicomview.render.measure import Measure
from dicomview.render.shapes import shape_of
from dicomview.render.slab import slab_of

if TYPE_CHECKING:
    from dicomview.render.scene import Scene

RNG = np.random.default_rng(1)
STORED = RNG.integers(-1000, 3000, (26, 70, 80)).astype(np.int16)  # 52 × 56 × 56 mm


def flipped() -> Any:
    """Rows run to the front, columns to the right, slices to the head."""
    return phantoms.regular(STORED, orientation=(-1, 0, 0, 0, -1, 0))


PILES: dict[str, Any] = {
    "axial": lambda: phantoms.regular(STORED),
    "shuffled": lambda: phantoms.shuffled(phantoms.regular(STORED)),
    "oblique": lambda: phantoms.regular(STORED, orientation=phantoms.oblique_orientation()),
    "sagittal": lambda: phantoms.regular(STORED, orientation=phantoms.SAGITTAL),
    "flipped": flipped,
    "against": lambda: phantoms.regular(STORED, step=(0, 0, phantoms.STEP)),
}


@pytest.fixture(params=PILES)
def scene(request: pytest.FixtureRequest) -> Scene:
    return scene_of(PILES[request.param]())


def test_a_line_of_30_mm_measures_30_mm_in_every_plane_and_direction(scene: Scene) -> None:
    """Its ends are chosen in the patient; pixels are 0.8 mm high, 0.7 mm wide, slices 2 mm apart."""
    measure, views = Measure(scene), scene.views
    assert len(views) == 3
    for plane, view in views.items():
        where = scene.where(plane, view.count // 2)
        assert where is not None
        origin, down, across = where
        middle = origin + (view.rows - 1) / 2 * down + (view.columns - 1) / 2 * across
        sides = across / np.linalg.norm(across), down / np.linalg.norm(down)
        for degrees in range(0, 180, 15):
            turn = np.radians(degrees)
            half = 15 * (np.cos(turn) * sides[0] + np.sin(turn) * sides[1])
            shape = measure.laid("line", [middle - half, middle + half], plane, {})
            one = measure(shape)
            assert (shape.plane, shape.index, one.unit) == (plane, view.count // 2, "mm")
            assert one.value == pytest.approx(30.0, abs=1e-6)
            assert one.words == "30.0 mm"
            np.testing.assert_allclose(one.points, [middle - half, middle + half], atol=1e-6)


def test_a_region_that_crosses_itself_says_so(scene: Scene) -> None:
    measure, plane = Measure(scene), next(iter(scene.views))
    box = measure(shape_of("freehand", [(10, 10), (20, 10), (20, 20), (10, 20)], plane, 3))
    assert (box.pixels, box.notes) == (121, ())
    bow = measure(shape_of("freehand", [(10, 10), (20, 20), (20, 10), (10, 20)], plane, 3))
    assert bow.notes == ("crosses itself: what it goes around twice is left out",)


def test_an_acquired_slice_is_measured_by_its_own_header(scene: Scene) -> None:
    """Length, place and instance, from what pydicom reads of the file."""
    measure, plane = Measure(scene), next(iter(scene.views))
    for index in (0, 7, 25):
        one = measure(shape_of("line", [(3, 5), (40, 60)], plane, index))
        (ds,) = [s.header for s in scene.stack.slices if s.sop_instance_uid == one.uid]  # type: ignore[attr-defined]
        row, column = (float(mm) for mm in ds.PixelSpacing)
        assert one.value == pytest.approx(np.hypot(37 * column, 55 * row))
        right, down = np.array(ds.ImageOrientationPatient[:3], float), np.array(ds.ImageOrientationPatient[3:], float)
        first = np.array(ds.ImagePositionPatient, float) + 3 * column * right + 5 * row * down
        np.testing.assert_allclose(one.points[0], first, atol=1e-6)
        assert one.frame == 0


def test_statistics_on_an_acquired_slice_are_numpys() -> None:
    """Of modality values that pydicom makes: a slope and an intercept for each slice."""
    pile = phantoms.slope_per_slice(stored=STORED)
    measure = Measure(scene_of(phantoms.shuffled(pile)))
    row, column = np.indices(STORED.shape[1:])
    for index, ds in enumerate(pile):
        values = apply_rescale(ds.pixel_array, ds).astype(np.float64)
        for kind, points, inside in (
            ("rectangle", [(10.2, 8), (30, 40)], (column > 10.2) & (column <= 30) & (row >= 8) & (row <= 40)),
            ("ellipse", [(11, 12), (61, 42)], ((column - 36) / 25) ** 2 + ((row - 27) / 15) ** 2 <= 1),
            ("freehand", [(5.5, 5.5), (70.5, 5.5), (5.5, 60.5)], (column > 5.5) & (row > 5.5)
             & ((column - 5.5) / 65 + (row - 5.5) / 55 <= 1 + 1e-12)),
            ("point", [(20, 30)], (column == 20) & (row == 30)),
        ):  # fmt: skip
            one = measure(shape_of(kind, points, "axial", index))
            known = values[inside]
            assert one.statistics is not None
            assert (one.statistics.count, one.pixels) == (known.size, known.size)
            got = one.value, one.statistics.mean, one.statistics.sd, one.statistics.least, one.statistics.most
            wanted = known.mean(), np.mean(known), np.std(known), np.min(known), np.max(known)
            np.testing.assert_allclose(got, wanted, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("pile", ["oblique", "flipped", "slopes", "floats", "filled"])
def test_statistics_on_every_plane_are_those_of_the_voxels_that_lie_there(pile: str) -> None:
    """The voxels are chosen by where they lie in the patient; nothing of the cutting of planes is used."""
    source: Any = {
        "oblique": lambda: phantoms.regular(STORED, orientation=phantoms.oblique_orientation()),
        "flipped": flipped,
        "slopes": lambda: phantoms.slope_per_slice(stored=STORED),
        "floats": lambda: dv.Volume((STORED / 7).astype(np.float32), np.diag([1.0, 2.0, 3.0, 1.0])[[2, 1, 0, 3]]),
        "filled": lambda: dv.read_series(phantoms.missing(5, 6, slices=26)).volume(on_missing="nan"),
    }[pile]()
    volume = source if isinstance(source, dv.Volume) else dv.read_series(source).volume()
    scene = scene_of(source)
    measure = Measure(scene)
    index = np.indices(volume.array.shape).reshape(3, -1)
    lps = (volume.affine @ np.vstack([index, np.ones(index.shape[1])]))[:3]
    for plane, view in scene.views.items():
        at = view.count // 3
        where = scene.where(plane, at)
        assert where is not None
        origin, down, across = where
        coordinates = np.linalg.solve(np.stack([across, down, np.cross(across, down)], axis=1), lps - origin[:, None])
        low, high = (0.21 * view.columns, 0.33 * view.rows), (0.76 * view.columns, 0.92 * view.rows)
        inside = np.abs(coordinates[2]) < 1e-3
        for line, first, last in zip(coordinates, low, high, strict=False):
            inside &= (line > first) & (line < last)
        voxels = volume.array.ravel()[inside].astype(np.float64)
        one = measure(shape_of("rectangle", [low, high], plane, at))
        assert one.pixels == voxels.size > 10
        known = voxels[~np.isnan(voxels)]
        assert one.statistics is not None
        assert (one.statistics.count, one.statistics.without) == (known.size, voxels.size - known.size)
        got = one.statistics.mean, one.statistics.sd, one.statistics.least, one.statistics.most
        wanted = known.mean(), known.std(), known.min(), known.max()
        # A volume holds float32; where slopes differ its rounding is more than ours.
        np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=1e-4 if pile == "slopes" else 1e-6)
        area = (high[0] - low[0]) * (high[1] - low[1]) * np.linalg.norm(across) * np.linalg.norm(down)
        assert one.area == pytest.approx(area)
        assert (one.uid == "") == (isinstance(source, dv.Volume) or plane != next(iter(scene.views)))


def test_padding_counts_for_nothing() -> None:
    pile = phantoms.regular(STORED)
    for ds in pile:
        ds.PixelPaddingValue = -2000
        ds.PixelData = np.where(np.indices(STORED.shape[1:])[1] < 20, np.int16(-2000), ds.pixel_array).tobytes()
    one = Measure(scene_of(pile))(shape_of("rectangle", [(10, 10), (29, 19)], "axial", 3))
    known = STORED[3, 10:20, 20:30]
    assert one.statistics is not None
    assert (one.statistics.count, one.statistics.without, one.pixels) == (100, 100, 200)
    assert one.value == pytest.approx(known.mean())
    assert one.notes == ("100 of 200 pixels without a value",)


@pytest.mark.parametrize(
    ("source", "unit", "length", "note"),
    [
        (phantoms.projection, "mm", 5 * 0.2, "mm at the detector"),
        (phantoms.ultrasound, "mm", np.hypot(3 * 0.4, 4 * 0.5), "mm as calibrated"),
        (lambda: np.zeros((3, 10, 8)), "px", 5.0, "pixel size unknown"),
    ],
)
def test_millimetres_are_only_where_they_are_real(source: Any, unit: str, length: float, note: str) -> None:
    """PICTURES.md P18: at a detector and in a calibrated region they are called so; else pixels are pixels."""
    scene = scene_of(source())
    measure = Measure(scene)
    one = measure(shape_of("line", [(0, 0), (3, 4)], scene.begin().plane, 0))
    assert (one.unit, one.notes, one.points) == (unit, (note,), ())
    assert one.value == pytest.approx(length)
    area = measure(shape_of("rectangle", [(0, 0), (3, 4)], scene.begin().plane, 0)).area
    assert np.isnan(area) if unit == "px" else area > 0
    with pytest.raises(UnknownChoice, match="no place in the patient"):
        measure.laid("line", [(0, 0, 0), (1, 1, 1)], scene.begin().plane, {})


def test_an_array_with_a_spacing_is_measured_in_mm() -> None:
    one = Measure(scene_of(np.zeros((3, 10, 8)), spacing=(2, 3, 4)))(shape_of("line", [(0, 0), (1, 1)], "slice", 0))
    assert (one.value, one.unit, one.notes) == (5.0, "mm", ())


def test_on_a_slab_the_slab_is_measured_and_says_so() -> None:
    volume = dv.read_series(phantoms.regular(STORED)).volume()
    slab = slab_of(scene_of(volume), ("mip", 6), {})
    one = Measure(slab)(shape_of("rectangle", [(10, 10), (19, 14)], "axial", 7))
    known = volume.array[[6, 7, 8], 10:15, 10:20].max(axis=0).astype(np.float64)
    assert one.statistics is not None
    assert (one.statistics.count, one.notes) == (50, ("MIP 6 mm",))
    np.testing.assert_allclose((one.value, one.statistics.sd), (known.mean(), known.std()))


def test_what_was_done_to_a_volume_is_said_of_its_distances() -> None:
    tilted = dv.read_series(phantoms.tilted(stored=STORED)).volume(on_shear="affine")
    one = Measure(scene_of(tilted))(shape_of("line", [(0, 0), (0, 10)], "sagittal", 40))
    assert one.value == pytest.approx(20.0)  # along the tilted step, in the patient
    assert one.notes == ("skewed: the axes are not perpendicular",)
    filled = dv.read_series(phantoms.missing()).volume(on_missing="nan")
    assert Measure(scene_of(filled))(shape_of("line", [(0, 0), (1, 1)], "axial", 0)).notes == (
        "missing slices left empty",
    )


@pytest.mark.parametrize("source", [phantoms.two_spacings, phantoms.missing, phantoms.tilted])
def test_nothing_is_measured_across_gaps_and_tilts(source: Any) -> None:
    """There is no plane across them; in the acquired one a point between two slices that are far apart is on none."""
    scene = scene_of(source())
    measure = Measure(scene)
    assert list(scene.views) == ["axial"]
    first, second = (scene.where("axial", index) for index in (5, 6))
    why = re.escape(next(iter(scene.refused.values())))
    words = f"no slice holds all points of this line: they lie on axial.*no coronal or sagittal plane: {why}"
    with pytest.raises(UnknownChoice, match=words):
        measure.laid("line", [first[0], second[0]], "axial", {})  # type: ignore[index]
    assert measure.laid("line", [first[0], first[0] + (3, 4, 0)], "axial", {}).index == 5  # type: ignore[index]


def test_points_between_far_slices_lie_on_none() -> None:
    scene = scene_of(phantoms.two_spacings())
    high = scene.where("axial", 8)
    assert high is not None
    with pytest.raises(UnknownChoice, match="beside or between the axial slices"):
        Measure(scene).laid("point", [high[0] - (0, 0, 2.5)], "axial", {})


def test_points_lie_on_the_nearest_slice_of_the_plane_that_is_looked_at_first() -> None:
    scene = scene_of(phantoms.regular(STORED))
    origin, down, across = scene.where("axial", 10) or ()
    middle = origin + 30 * down + 30 * across
    for plane in scene.views:
        assert Measure(scene).laid("point", [middle + np.array([0, 0, 0.9])], plane, {}).plane == plane
    measure = Measure(scene)
    onto = measure(measure.laid("line", [middle, middle + 5 * across + np.array([0, 0, -0.75])], "axial", {}))
    assert onto.notes == ("laid on the slice, from up to 0.75 mm beside it",)
    assert measure(measure.laid("line", [middle, middle + 5 * across], "axial", {})).notes == ()
    one = Measure(scene).laid("line", [middle, middle + np.array([0, 0, -20])], "axial", {})
    assert one.plane in ("coronal", "sagittal")  # it goes through eleven axial slices


def test_colours_have_places_and_no_statistics() -> None:
    scene = scene_of(PYDICOM_FILES / "examples_rgb_color.dcm")
    one = Measure(scene)(shape_of("rectangle", [(3, 3), (8, 9)], scene.begin().plane, 0))
    assert (one.pixels, one.statistics, one.notes[-1]) == (42, None, "colours have no modality values")


def test_words_are_short_and_say_when_there_is_nothing() -> None:
    measure = Measure(scene_of(phantoms.regular(STORED * 0 - 1000)))
    assert measure(shape_of("rectangle", [(1, 1), (4, 4)], "axial", 0)).words == "−1000.0 ± 0.0 HU\n5.0 mm² · n 16"
    assert measure(shape_of("rectangle", [(1.1, 1), (1.2, 4)], "axial", 0)).words == "no pixel inside"
    assert measure(shape_of("angle", [(1, 1), (1, 1), (2, 2)], "axial", 0)).words == "no angle"
    beyond = measure(shape_of("ellipse", [(-9, -9), (9, 9)], "axial", 0))
    assert beyond.notes == ("reaches beyond the picture",)
