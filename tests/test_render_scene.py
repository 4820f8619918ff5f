"""Every plane of every acquisition shows the voxel that lies where the picture says; SimpleITK is the oracle."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import phantoms
import pytest
import SimpleITK

import dicomview as dv
from dicomview.errors import DamagedPixels, UnknownChoice
from dicomview.render import resolve, scene_of, take
from dicomview.space import read_series

CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
CORONAL_HANGING = (-1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
PRONE = (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
MIRRORED = (-1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
ON_ITS_SIDE = (0.0, 1.0, 0.0, -1.0, 0.0, 0.0)
SAGITTAL_REVERSED = (0.0, -1.0, 0.0, 0.0, 0.0, 1.0)
STEEP = tuple(np.concatenate(phantoms.turned(44.0, (1, 0.2, 0.1)).T[:2]))
DIAGONAL = tuple(np.concatenate(phantoms.turned(54.0, (1, 1, 1)).T[:2]))

ACQUISITIONS = {
    "axial": phantoms.AXIAL,
    "coronal": CORONAL,
    "sagittal": phantoms.SAGITTAL,
    "prone": PRONE,
    "mirrored": MIRRORED,
    "on its side": ON_ITS_SIDE,
    "coronal hanging": CORONAL_HANGING,
    "sagittal reversed": SAGITTAL_REVERSED,
    "oblique": phantoms.oblique_orientation(),
    "steep": STEEP,
    "diagonal": DIAGONAL,
}
AXIAL_SCREEN, CORONAL_SCREEN, SAGITTAL_SCREEN = ("R", "L", "A", "P"), ("R", "L", "H", "F"), ("A", "P", "H", "F")
RADIOLOGICAL = {"axial": AXIAL_SCREEN, "coronal": CORONAL_SCREEN, "sagittal": SAGITTAL_SCREEN}


def itk_image(orientation, stored):
    """The phantom as SimpleITK sees it, from what the phantom was built of."""
    image = SimpleITK.GetImageFromArray(stored.astype(np.int32))
    row, column, normal = np.array(orientation[:3]), np.array(orientation[3:]), phantoms.normal_of(orientation)
    image.SetDirection(np.stack([row, column, -normal], axis=1).ravel().tolist())
    image.SetSpacing([phantoms.SPACING[1], phantoms.SPACING[0], phantoms.STEP])
    image.SetOrigin(phantoms.ORIGIN)
    return image


def values_of(shot):
    return shot.raster.slope * shot.raster.samples.astype(float) + shot.raster.intercept


def looked_up(image, shot):
    rows, columns = shot.raster.samples.shape
    found = np.empty((rows, columns))
    for r in range(rows):
        for c in range(columns):
            point = shot.origin + r * shot.row_step + c * shot.column_step
            found[r, c] = image[image.TransformPhysicalPointToIndex(point.tolist())]
    return found


def letter(direction):
    axis = int(np.argmax(np.abs(direction)))
    return ("RL", "AP", "FH")[axis][int(direction[axis] > 0)]


def grey(values, center, width, *, invert=False):
    """PS3.3 C.11.2.1.3.2, LINEAR_EXACT."""
    levels = np.floor(np.clip(((values - center) / width + 0.5) * 255, 0, 255) + 0.5)
    return 255 - levels if invert else levels


@pytest.mark.parametrize("polarity", ["MONOCHROME2", "MONOCHROME1"])
@pytest.mark.parametrize("name", ACQUISITIONS)
def test_every_pixel_is_the_voxel_at_its_place(name, polarity):
    orientation = ACQUISITIONS[name]
    pile = phantoms.regular(orientation=orientation, tags={"PhotometricInterpretation": polarity})
    image = itk_image(orientation, phantoms.voxels())
    scene = scene_of(phantoms.shuffled(pile))
    window = (500, 1300, "LINEAR_EXACT")
    assert sorted(scene.counts) == ["axial", "coronal", "sagittal"]
    assert sorted(scene.counts.values()) == [8, 10, 12]
    for plane, count in scene.counts.items():
        for index in range(count):
            shot = scene.shot(plane, index)
            expected = looked_up(image, shot)
            np.testing.assert_array_equal(values_of(shot), expected)
            shown = take(scene, resolve(scene, scene.begin(), plane=plane, index=index, window=window))
            np.testing.assert_array_equal(shown.pixels, grey(expected, *window[:2], invert=polarity == "MONOCHROME1"))


@pytest.mark.parametrize("name", ACQUISITIONS)
def test_a_volume_shows_the_same_planes_as_its_stack(name):
    series = read_series(phantoms.regular(orientation=ACQUISITIONS[name]))
    stack, volume = scene_of(series), scene_of(series.volume())
    assert stack.counts == volume.counts
    assert list(stack.counts) == list(volume.counts)
    for plane, count in stack.counts.items():
        assert stack.views[plane].letters == volume.views[plane].letters
        assert stack.views[plane].spacing == pytest.approx(volume.views[plane].spacing)
        for index in (0, count // 2, count - 1):
            one, other = stack.shot(plane, index), volume.shot(plane, index)
            np.testing.assert_allclose(values_of(other), values_of(one), atol=other.raster.slope / 2)
            assert one.place == other.place
            for a, b in zip(
                (one.origin, one.row_step, one.column_step),
                (other.origin, other.row_step, other.column_step),
                strict=True,
            ):
                np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize("name", ACQUISITIONS)
def test_letters_and_sizes_follow_the_directions(name):
    scene = scene_of(phantoms.regular(orientation=ACQUISITIONS[name]))
    for plane, view in scene.views.items():
        shot = scene.shot(plane, 1)
        assert view.letters == (
            letter(-shot.column_step), letter(shot.column_step), letter(-shot.row_step), letter(shot.row_step)
        )  # fmt: skip
        assert shot.raster.samples.shape == (view.rows, view.columns)
        assert view.spacing == pytest.approx((np.linalg.norm(shot.row_step), np.linalg.norm(shot.column_step)))
        assert view.aspect == pytest.approx(np.linalg.norm(shot.row_step) / np.linalg.norm(shot.column_step))


@pytest.mark.parametrize("name", ["axial", "coronal", "sagittal"])
def test_ordinary_acquisitions_hang_as_radiologists_hang_them(name):
    scene = scene_of(phantoms.regular(orientation=ACQUISITIONS[name]))
    assert next(iter(scene.views)) == name
    assert {plane: view.letters for plane, view in scene.views.items()} == RADIOLOGICAL


@pytest.mark.parametrize("name", ["prone", "mirrored", "on its side", "coronal hanging", "sagittal reversed"])
def test_the_acquired_plane_stays_as_stored_and_the_others_hang_upright(name):
    scene = scene_of(phantoms.regular(orientation=ACQUISITIONS[name]))
    acquired = next(iter(scene.views))
    np.testing.assert_array_equal(values_of(scene.shot(acquired, 3)), phantoms.voxels()[3])
    assert scene.views[acquired].letters != RADIOLOGICAL[acquired]
    for plane in set(RADIOLOGICAL) - {acquired}:
        assert scene.views[plane].letters == RADIOLOGICAL[plane]


def test_words_of_the_place_are_the_coordinate_of_the_plane():
    scene = scene_of(phantoms.regular(origin=(0, 0, 0)))
    assert scene.shot("axial", 0).place == "z 0.0 mm"
    assert scene.shot("axial", 3).place == "z −6.0 mm"
    assert scene.shot("coronal", 1).place == "y 0.8 mm"
    assert scene.shot("sagittal", 2).place == "x 1.4 mm"


def test_no_minus_before_nothing():
    assert scene_of(phantoms.regular(origin=(0, 0, -0.03))).shot("axial", 0).place == "z 0.0 mm"


@pytest.mark.parametrize("first", [44.999, 45.001])
def test_a_plane_at_45_degrees_has_one_name(first):
    """Slices that differ by a hair on either side of the diagonal: the stack decides, not its first slice."""
    pile = phantoms.regular(orientation=tuple(np.concatenate(phantoms.turned(45, (1, 0, 0)).T[:2])))
    for k, ds in enumerate(pile):
        turn = phantoms.turned(first if k == 0 else 90 - first, (1, 0, 0))
        ds.ImageOrientationPatient = phantoms.decimals([*turn[:, 0], *turn[:, 1]])
    scene = scene_of(pile)
    assert set(scene.counts) == {"axial", "coronal", "sagittal"}
    assert next(iter(scene.counts.values())) == 12
    for plane, count in scene.counts.items():
        assert scene.shot(plane, count - 1).raster.samples.shape == (
            scene.views[plane].rows,
            scene.views[plane].columns,
        )


@pytest.mark.parametrize(
    ("pile", "note", "reason"),
    [
        (phantoms.missing(), "slices missing", "missing"),
        (phantoms.tilted(), "slices shifted by a tilt", "tilted"),
        (phantoms.two_spacings(), "uneven distances between slices", "differ"),
        (phantoms.duplicate_position(other_pixels=True), "several images at one position", "positions"),
    ],
    ids=["missing", "tilt", "uneven", "ambiguous"],
)
def test_irregular_stacks_show_what_was_acquired_and_refuse_the_rest(pile, note, reason):
    series = read_series(phantoms.shuffled(pile))
    scene = scene_of(series)
    assert list(scene.counts) == ["axial"]
    assert scene.counts["axial"] == len(pile)
    assert note in scene.notes
    assert set(scene.refused) == {"coronal", "sagittal"}
    for index in range(len(pile)):
        np.testing.assert_array_equal(values_of(scene.shot("axial", index)), series[index].values())
    for plane in ("coronal", "sagittal"):
        with pytest.raises(UnknownChoice, match=reason):
            dv.picture(series, plane=plane)


def test_a_single_slice_has_one_plane():
    with pytest.raises(UnknownChoice, match="single slice"):
        dv.picture(phantoms.regular()[0], plane="coronal")


def test_slopes_of_each_slice():
    """The acquired plane is exact; the others lie within half a step of 16 bits over the whole stack."""
    pile = phantoms.slope_per_slice(modality="MR", tags={"RescaleType": "US"})
    expected = phantoms.voxels() * (0.5 + 0.1 * np.arange(12)[:, None, None]) - np.arange(12)[:, None, None]
    scene = scene_of(pile)
    for k in range(12):
        shot = scene.shot("axial", k)
        assert shot.raster.stored
        np.testing.assert_allclose(values_of(shot), expected[k], rtol=0, atol=1e-9)
    half = (expected.max() - expected.min()) / 65535 / 2
    for j in range(10):
        shot = scene.shot("coronal", j)
        assert not shot.raster.stored
        np.testing.assert_allclose(values_of(shot), expected[:, j], rtol=0, atol=half * (1 + 1e-9))


def test_one_damaged_slice_spoils_its_own_picture_only():
    pile = phantoms.regular()
    pile[4].PixelData = pile[4].PixelData[:50]
    scene = scene_of(pile)
    for index in range(12):
        if index != 4:
            np.testing.assert_array_equal(values_of(scene.shot("axial", index)), phantoms.voxels()[index])
    with pytest.raises(DamagedPixels, match="InstanceNumber 5"):
        scene.shot("axial", 4)
    # A plane across the slices cannot be whole; nothing is made up for the hole, and the picture says so.
    shot = scene.shot("coronal", 4)
    assert shot.place.endswith("1 not decodable")
    blank = (shot.raster.samples == shot.raster.blank).all(axis=1)
    assert blank.tolist() == [k == 4 for k in range(12)]


def test_a_scene_is_let_go_of():
    scene = scene_of(read_series(phantoms.regular()).volume())
    assert scene.automatic_window() is scene.automatic_window()
    gone = weakref.ref(scene)
    del scene
    gc.collect()
    assert gone() is None
