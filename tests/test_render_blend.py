"""Two volumes in one picture: resampled as SimpleITK does, mixed and chequered as NumPy does."""

from __future__ import annotations

import numpy as np
import phantoms
import pytest
import SimpleITK
from test_render_places import itk_of
from test_render_slab import values_of

import dicomview as dv
from dicomview.errors import NotAVolume, UnknownChoice
from dicomview.render import places_in
from dicomview.space.resample import sampled

NOISE = np.random.default_rng(0).integers(-1000, 1000, (14, 16, 18)).astype(np.int16)
FRAME = {"FrameOfReferenceUID": "1.2.3"}


@pytest.fixture(scope="module")
def pair():
    """An axial series, and an oblique one with other spacing that covers a part of it."""
    first = phantoms.regular(stored=NOISE[:12, :10, :8], tags=FRAME, window=(0, 1000))
    second = phantoms.oblique(stored=NOISE, seed="other", spacing=(0.6, 0.5), origin=(-21, -31, 99), tags=FRAME)
    return dv.read_series(first), dv.read_series(second)


def resampled(first, second):
    """The second on the grid of the first by SimpleITK; NaN outside."""
    return SimpleITK.GetArrayFromImage(
        SimpleITK.Resample(
            itk_of(second),
            itk_of(first),
            SimpleITK.Transform(),
            SimpleITK.sitkLinear,
            float("nan"),
            SimpleITK.sitkFloat32,
        )
    )


def test_interpolation_is_simpleitks(pair):
    first, second = (one.volume() for one in pair)
    wanted = resampled(first, second)
    assert 0.1 < np.isnan(wanted).mean() < 0.9
    scene = dv.compare(*pair, layout="blend").scene
    for plane, cut in scene.cuts.items():
        for index in range(scene.counts[plane]):
            place = cut.place(first.affine, first.array.shape, index)
            other = cut.cut(wanted, index)
            found = sampled(second.array, second.affine, place, other.shape)
            edge = np.isnan(found) != np.isnan(other)  # ITK rounds otherwise just on the border
            assert edge.mean() < 0.01
            np.testing.assert_allclose(found[~edge], other[~edge], atol=0.01)


def test_the_same_grid_is_left_as_it_is_beside_gaps_too():
    volume = dv.read_series(phantoms.missing(4)).volume(on_missing="nan")
    place = dv.compare(volume, volume, layout="blend", link="position").scene.where("axial", 3)
    np.testing.assert_array_equal(sampled(volume.array, volume.affine, place, (10, 8)), volume.array[3])


def test_a_blend_is_the_share_of_each_and_says_that_it_is_resampled(pair):
    view = dv.compare(*pair, layout="blend", index=6)
    assert view.axes == {"blend": 5}
    first, second = pair[0].volume().array, resampled(*(one.volume() for one in pair))
    for share in (0, 3, 10):
        found = values_of(view.scene.shot("coronal", 4, {"blend": share}))
        one, other = (view.scene.cuts["coronal"].cut(array, 4) for array in (first, second))
        mixed = np.where(np.isnan(other), one, (1 - share / 10) * one + share / 10 * other)
        assert np.isclose(found, mixed, atol=0.1).mean() > 0.99
    assert any("resampled" in note for note in view.picture().notes)
    assert not any("by hand" in note for note in view.picture().notes)
    assert view.window == dv.Window(0, 1000) and view.scene.unit == "HU"
    assert view.scene.presets()[0].explanation == "window 1 (file)"


def test_a_checkerboard_shows_both_by_turns_the_same_at_every_step(pair):
    scene = dv.compare(*pair, layout="checkerboard").scene
    first, second = (view.volume() for view in pair)
    whole = resampled(first, second)
    found = values_of(scene.shot("axial", 6))
    one, other = first.array[6], whole[6]
    own, others = np.isclose(found, one, atol=0.1), np.isclose(found, other, atol=0.1)
    assert (own | others).mean() > 0.98
    known = ~np.isnan(other)
    side = max(10 * 0.8, 8 * 0.7) / 8
    rows, columns = np.mgrid[:10, :8]
    odd = ((rows * 0.8 // side).astype(int) + (columns * 0.7 // side).astype(int)) % 2 == 1
    assert (others[odd & known]).mean() > 0.98 and own[~odd].all()
    np.testing.assert_array_equal(values_of(scene.shot("axial", 6, step=2)), found[1::2, 1::2])


def test_other_units_are_stretched_to_one_window(pair):
    second = phantoms.regular(stored=NOISE[:12, :10, :8] + 1000, modality="MR", tags=FRAME, window=(1000, 500))
    view = dv.compare(pair[0], second, layout="blend")
    assert view.scene.unit == "" and any("stretched" in note for note in view.scene.notes)
    found = values_of(view.scene.shot("axial", 3, {"blend": 10}))
    np.testing.assert_allclose(found, 2.0 * NOISE[3, :10, :8], atol=0.1)  # 1000 ± 250 becomes 0 ± 500


def test_an_offset_moves_the_second(pair):
    volume = pair[0].volume()
    still = dv.compare(volume, volume, layout="blend", link="position").scene
    moved = dv.compare(volume, volume, layout="blend", offset=(0, 0, -4.0)).scene  # two slices further down
    found = values_of(moved.shot("axial", 3, {"blend": 10}))
    np.testing.assert_allclose(found, values_of(still.shot("axial", 5)), atol=0.1)
    assert "second series placed by hand, by (0, 0, -4) mm" in moved.notes
    assert places_in(moved, "axial", {}) is not None


@pytest.mark.parametrize("layout", ["blend", "checkerboard"])
def test_what_is_taken_for_one_space_is_said(pair, layout):
    volume = pair[0].volume()
    doubt = "linked by place: as asked, though the frame of reference is not known"
    for shown, said in (
        (dv.compare(volume, volume, layout=layout, link="position"), True),
        (dv.compare(*pair, layout=layout, link="position"), False),
        (dv.compare(volume, volume, layout=layout, offset=(0, 0, 0.0)), False),
    ):
        assert (doubt in shown.picture().notes) == said
        assert not any("meet" in note for note in shown.picture().notes)


def test_volumes_that_do_not_meet_say_so(pair):
    volume, oblique = (one.volume() for one in pair)
    far = dv.compare(volume, volume, layout="blend", offset=(0, 0, -1000.0))
    depth = 12 * volume.spacing[0]
    assert f"the two do not meet: the second lies {1000 - depth:.1f} mm beside the first" in far.picture().notes
    away = dv.compare(volume, oblique, layout="blend", offset=(100.0, 0, 0))
    assert any("do not meet" in note for note in away.picture().notes)
    touching = dv.compare(volume, volume, layout="blend", offset=(0, 0, 1 - depth))
    assert not any("meet" in note for note in touching.picture().notes)


def test_what_cannot_be_laid_over_each_other_says_why(pair):
    other = dv.read_series(phantoms.regular(seed="elsewhere"))
    with pytest.raises(UnknownChoice, match="no common frame of reference"):
        dv.compare(pair[0], other, layout="blend")
    with pytest.raises(UnknownChoice, match="no common frame of reference"):
        dv.compare(pair[0], other, layout="checkerboard", link="position")
    with pytest.raises(UnknownChoice, match="not known"):
        dv.compare(pair[0].volume(), other, layout="blend")
    with pytest.raises(UnknownChoice, match="two volumes"):
        dv.compare(pair[0], pair[1], other, layout="blend")
    with pytest.raises(UnknownChoice, match="two volumes"):
        dv.compare(*pair, layout="blend", offset=3)
    with pytest.raises(NotAVolume, match="missing"):
        dv.compare(pair[0], phantoms.missing(4), layout="blend", offset=(0, 0, 0.0))
    with pytest.raises(NotAVolume, match="no place in the patient"):
        dv.compare(pair[0], NOISE, layout="blend", offset=(0, 0, 0.0))
    with pytest.raises(UnknownChoice, match="layout is one of"):
        dv.compare(*pair, layout="over")
