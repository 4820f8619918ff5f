"""Multi-frame objects go through the same door and give the same volumes as their frames one by one."""

from __future__ import annotations

import highdicom
import numpy as np
import phantoms
import pytest

from dicomview.demo.synthetic import write
from dicomview.errors import NotAVolume
from dicomview.space import read_series

FRAMES = {
    "CT": phantoms.regular,
    "MR": lambda: phantoms.regular(modality="MR"),
    "oblique": phantoms.oblique,
    "sagittal": phantoms.sagittal,
    "slope per frame": phantoms.slope_per_slice,
}


def only_stack(series):
    assert len(series.stacks) == 1, [(s.verdict.code, len(s.slices)) for s in series.stacks]
    assert not series.rejected
    return series.stacks[0]


@pytest.mark.parametrize("shuffle", [False, True], ids=["in order", "shuffled"])
@pytest.mark.parametrize("name", FRAMES)
def test_enhanced_equals_its_frames(name, shuffle):
    frames = FRAMES[name]()
    single = read_series(frames).volume()
    stack = only_stack(read_series(phantoms.enhanced(phantoms.shuffled(frames) if shuffle else frames)))
    assert stack.verdict.code == "OK"
    assert stack.dims == ("slice", "row", "column")
    volume = stack.volume()
    np.testing.assert_array_equal(volume.array, single.array)
    np.testing.assert_allclose(volume.affine, single.affine, atol=1e-9)
    assert volume.units == single.units


def test_enhanced_from_a_file(tmp_path):
    write(phantoms.enhanced(phantoms.shuffled(phantoms.regular())), tmp_path)
    stack = only_stack(read_series(tmp_path))
    np.testing.assert_array_equal(stack.volume().array, phantoms.voxels())


def test_slices_know_their_frame():
    frames = phantoms.shuffled(phantoms.regular())
    (ds,) = phantoms.enhanced(frames)
    stack = only_stack(read_series(ds))
    for one in stack.slices:
        np.testing.assert_allclose(one.position, phantoms.position_of(frames[one.frame]))
        np.testing.assert_array_equal(one.stored(), ds.pixel_array[one.frame])
    assert {one.sop_instance_uid for one in stack.slices} == {ds.SOPInstanceUID}


def test_frames_share_an_instance_and_are_no_duplicates():
    """All frames have one SOPInstanceUID."""
    assert not read_series(phantoms.enhanced(phantoms.regular())).rejected


def test_geometry_wins_over_in_stack_position():
    (ds,) = phantoms.enhanced(phantoms.regular())
    for place, group in enumerate(ds.PerFrameFunctionalGroupsSequence):
        group.FrameContentSequence[0].InStackPositionNumber = (5 * place) % 12 + 1
    np.testing.assert_array_equal(only_stack(read_series(ds)).volume().array, phantoms.voxels())


def test_enhanced_with_a_frame_missing():
    stack = only_stack(read_series(phantoms.enhanced(phantoms.missing(5))))
    assert stack.verdict.code == "MISSING_SLICES"
    with pytest.raises(NotAVolume, match='on_missing="nan"'):
        stack.volume()


def test_two_stack_ids_are_two_stacks():
    series = read_series(phantoms.two_stack_ids())
    assert [stack.shape for stack in series.stacks] == [(6, 10, 8), (6, 10, 8)]
    assert [stack.verdict.code for stack in series.stacks] == ["OK", "OK"]
    arrays = sorted((stack.volume().array for stack in series.stacks), key=np.min)
    np.testing.assert_array_equal(arrays[0], phantoms.voxels(6))
    np.testing.assert_array_equal(arrays[1], phantoms.voxels(6) + phantoms.BLOCK)


def test_two_stack_ids_of_one_orientation_are_two_stacks():
    frames = phantoms.regular()
    series = read_series(phantoms.enhanced(frames, stacks=["1"] * 5 + ["2"] * 7))
    assert [len(stack.slices) for stack in series.stacks] == [7, 5]


@pytest.mark.parametrize(
    ("frames", "name", "values"),
    [
        (phantoms.echoes, "echo", (10.0, 80.0)),
        (phantoms.time_points, "time", (1, 2)),
        (phantoms.diffusion, "diffusion", phantoms.DIFFUSION),
    ],
    ids=["echo", "time", "diffusion"],
)
def test_enhanced_4d(frames, name, values):
    stack = only_stack(read_series(phantoms.enhanced(phantoms.shuffled(frames()))))
    assert stack.verdict.code == "OK"
    assert stack.dims == (name, "slice", "row", "column")
    assert stack.shape == (len(values), 12, 10, 8)
    assert set(stack.coords[name]) == set(values)
    for b, value in enumerate(stack.coords[name]):
        expected = phantoms.voxels() + phantoms.BLOCK * values.index(value)
        np.testing.assert_array_equal(stack.volume(**{name: b}).array, expected)


# Nuclear medicine


@pytest.mark.parametrize("spacing", [-3.0, 3.0])
def test_reconstructed_tomo_follows_the_sign_of_its_spacing(spacing):
    """Negative: against row x column, so that frame 0 is nearest the head; positive: the other way."""
    stack = only_stack(read_series(phantoms.reconstructed_tomo(spacing)))
    assert stack.verdict.code == "OK"
    assert stack.dims == ("slice", "row", "column")
    assert stack.spacing == pytest.approx((3.0, 0.8, 0.7), abs=1e-6)
    volume = stack.volume()
    np.testing.assert_array_equal(volume.array, phantoms.voxels(6)[:: 1 if spacing < 0 else -1])
    head = phantoms.ORIGIN[2] if spacing < 0 else phantoms.ORIGIN[2] + 5 * spacing
    np.testing.assert_allclose(volume.affine[:3, 3], (*phantoms.ORIGIN[:2], head), atol=1e-6)
    assert np.linalg.det(volume.affine[:3, :3]) > 0


def test_static_nm_is_no_volume():
    """Only a reconstruction has its frames in space."""
    (ds,) = phantoms.reconstructed_tomo()
    ds.ImageType = ["ORIGINAL", "PRIMARY", "STATIC", "EMISSION"]
    (stack,) = read_series(ds).stacks
    assert not stack.verdict.regular
    assert stack.affine is None


@pytest.mark.parametrize("builder", [phantoms.dose, phantoms.reconstructed_tomo])
def test_frames_without_pixel_spacing_have_no_geometry(builder):
    (ds,) = builder()
    del ds.PixelSpacing
    (stack,) = read_series(ds).stacks
    assert stack.verdict.code == "NO_GEOMETRY"
    assert "PixelSpacing" in stack.verdict.reason
    assert stack.affine is None


# Highdicom reads the same enhanced object


def test_highdicom_gives_the_same_enhanced_volume():
    (ds,) = phantoms.enhanced(phantoms.shuffled(phantoms.oblique()))
    theirs = highdicom.Image.from_dataset(ds).get_volume()
    ours = read_series(ds).volume()
    np.testing.assert_allclose(ours.affine, theirs.affine, atol=1e-4)
    np.testing.assert_allclose(ours.array, theirs.array, rtol=1e-6, atol=1e-4)
