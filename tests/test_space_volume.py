"""Volumes: properties that hold for every grid, and the same numbers from highdicom and SimpleITK."""

from __future__ import annotations

from copy import deepcopy

import highdicom
import numpy as np
import phantoms
import pytest
import SimpleITK

from dicomview.demo.synthetic import write
from dicomview.errors import NotAVolume, UnknownChoice
from dicomview.space import Volume, read_series

REGULAR = {
    "axial": phantoms.regular,
    "oblique": phantoms.oblique,
    "sagittal": phantoms.sagittal,
    "slope per slice": phantoms.slope_per_slice,
    "oblique, slope per slice": lambda: phantoms.slope_per_slice(orientation=phantoms.oblique_orientation()),
    "towards the head": lambda: phantoms.regular(step=(0, 0, 2)),
    "no InstanceNumber": phantoms.no_instance_number,
    "last slice missing": phantoms.missing_last,
}


@pytest.fixture(params=REGULAR)
def pile(request):
    return REGULAR[request.param]()


def volume_of(pile, **options):
    return read_series(phantoms.shuffled(pile)).volume(**options)


def points(volume):
    """Return the position of every voxel centre, (slices, rows, columns, 3), mm."""
    indices = np.moveaxis(np.indices(volume.array.shape), 0, -1)
    return indices @ volume.affine[:3, :3].T + volume.affine[:3, 3]


RAMP = np.array([0.2, 0.3, 0.5])


def ramp(pile):
    """Give every voxel the value ``RAMP . position``, stored in thousandths."""
    for ds in pile:
        orientation = np.array(ds.ImageOrientationPatient, float)
        j, i = np.mgrid[: ds.Rows, : ds.Columns][..., None] * np.array(ds.PixelSpacing, float)[:, None, None, None]
        place = phantoms.position_of(ds) - phantoms.ORIGIN + i * orientation[:3] + j * orientation[3:]
        phantoms.with_pixels(ds, np.round(1000 * place @ RAMP).astype(np.int16))
        ds.RescaleSlope, ds.RescaleIntercept = "0.001", "0"
    return pile


def assert_ramp(volume):
    """All voxels that have a value have the ramp's; most have one."""
    expected = (points(volume) - phantoms.ORIGIN) @ RAMP
    known = np.isfinite(volume.array)
    assert known.mean() > 0.5
    np.testing.assert_allclose(volume.array[known], expected[known], atol=1e-3)


# Properties


def test_order_of_the_files_changes_nothing(pile):
    first = read_series(pile).volume()
    for seed in range(3):
        other = read_series(phantoms.shuffled(pile, seed)).volume()
        np.testing.assert_array_equal(other.array, first.array)
        np.testing.assert_array_equal(other.affine, first.affine)


def test_affine_of_each_slice_is_its_position(pile):
    series = read_series(phantoms.shuffled(pile))
    affine = series.volume().affine
    np.testing.assert_array_equal(affine, series.stacks[0].affine)
    for k, one in enumerate(series.stacks[0].slices):
        np.testing.assert_allclose((affine @ (k, 0, 0, 1))[:3], one.position, atol=1e-4)
        np.testing.assert_allclose(phantoms.position_of(one.header), one.position, atol=1e-9)


def test_affine_of_each_corner_is_its_place(pile):
    stack = read_series(phantoms.shuffled(pile)).stacks[0]
    for k, one in enumerate(stack.slices):
        along, down = np.array(one.orientation[:3]), np.array(one.orientation[3:])
        for j, i in [(0, 7), (9, 0), (9, 7)]:
            corner = one.position + j * one.spacing[0] * down + i * one.spacing[1] * along
            np.testing.assert_allclose((stack.affine @ (k, j, i, 1))[:3], corner, atol=1e-4)


def test_index_axes_are_right_handed(pile):
    affine = volume_of(pile).affine
    assert affine.dtype == np.float64
    np.testing.assert_array_equal(affine[3], (0, 0, 0, 1))
    assert np.linalg.det(affine[:3, :3]) == pytest.approx(2.0 * 0.8 * 0.7, rel=1e-6)


def test_axial_reads_from_head_to_feet():
    for step in (-2, 2):
        stack = read_series(phantoms.shuffled(phantoms.regular(step=(0, 0, step)))).stacks[0]
        heights = [one.position[2] for one in stack.slices]
        assert heights == sorted(heights, reverse=True)


def test_slices_are_the_slices_of_the_volume(pile):
    series = read_series(phantoms.shuffled(pile))
    array = series.volume().array
    assert len(series) == len(array)
    for k in range(len(series)):
        values = series[k].values()
        assert values.dtype == np.float32
        np.testing.assert_array_equal(values, array[k])
        np.testing.assert_array_equal(series[k].stored(), series[k].header.pixel_array)


def test_volume_is_float32_in_hu(pile):
    volume = volume_of(pile)
    assert volume.array.dtype == np.float32
    assert volume.units == "HU"
    assert volume.spacing == pytest.approx((2.0, 0.8, 0.7), abs=1e-6)


def test_value_at_a_voxel_centre_is_that_voxel(pile):
    volume = volume_of(pile)
    for k, j, i in [(0, 0, 0), (3, 4, 5), (10, 9, 7), (7, 0, 2)]:
        x, y, z = (volume.affine @ (k, j, i, 1))[:3]
        assert volume.value_at(x, y, z) == pytest.approx(float(volume.array[k, j, i]), abs=1e-3)


def test_nothing_is_written_to_the_data_sets(pile):
    before = deepcopy(pile)
    series = read_series(pile)
    volume = series.volume()
    volume.array[...] = -1
    assert pile == before
    np.testing.assert_array_equal(series.stacks[0].slices[0].stored(), series[0].header.pixel_array)


def test_files_and_memory_give_the_same(tmp_path, pile):
    write(phantoms.shuffled(pile, 3), tmp_path / "series")
    memory, disk = volume_of(pile), read_series(tmp_path / "series").volume()
    np.testing.assert_array_equal(disk.array, memory.array)
    np.testing.assert_allclose(disk.affine, memory.affine, atol=1e-9)


# Oracles


def test_highdicom_gives_the_same_volume(pile):
    for ds in pile:
        ds.StudyID = "1"
    theirs = highdicom.get_volume_from_series(phantoms.shuffled(pile, 1))
    ours = volume_of(pile)
    assert ours.array.shape == theirs.spatial_shape
    np.testing.assert_allclose(ours.affine, theirs.affine, atol=1e-4)
    np.testing.assert_allclose(ours.array, theirs.array, rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize("name", ["axial", "oblique", "sagittal"])
def test_simpleitk_gives_the_same_places_and_values(tmp_path, name):
    """ITK indexes (column, row, slice) and takes the files in the order given, here from feet to head."""
    pile = REGULAR[name]()
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames([str(path) for path in write(pile[::-1], tmp_path)])
    image, ours = reader.Execute(), volume_of(pile)
    last = len(pile) - 1
    np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(image)[::-1], ours.array)
    for k, j, i in [(0, 0, 0), (11, 0, 0), (0, 9, 0), (0, 0, 7), (4, 5, 6)]:
        theirs = image.TransformIndexToPhysicalPoint((i, j, last - k))
        np.testing.assert_allclose((ours.affine @ (k, j, i, 1))[:3], theirs, atol=1e-4)


# A single slice


def test_single_slice_has_its_thickness_as_nominal_step():
    stack = read_series(phantoms.regular(phantoms.voxels(1))).stacks[0]
    assert stack.verdict.code == "SINGLE_SLICE"
    assert stack.shape == (1, 10, 8)
    assert stack.spacing == pytest.approx((2.0, 0.8, 0.7))
    np.testing.assert_allclose(stack.affine[:3, 3], phantoms.ORIGIN)
    np.testing.assert_allclose(stack.affine[:3, 0], (0, 0, -2), atol=1e-9)


def test_single_slice_without_thickness_has_no_invented_step():
    (ds,) = phantoms.regular(phantoms.voxels(1))
    del ds.SliceThickness
    stack = read_series(ds).stacks[0]
    assert stack.verdict.code == "SINGLE_SLICE"
    assert stack.spacing[0] is None
    assert stack.spacing[1:] == pytest.approx((0.8, 0.7))


def test_single_slice_with_negative_spacing_between_slices_has_its_thickness():
    (ds,) = phantoms.regular(phantoms.voxels(1), tags={"SpacingBetweenSlices": "-3"})
    stack = read_series(ds).stacks[0]
    assert stack.spacing[0] == pytest.approx(2.0)


# What the caller may allow


def test_on_missing_nan_leaves_an_empty_slice_in_its_place():
    whole = volume_of(phantoms.regular())
    volume = volume_of(phantoms.missing(5), on_missing="nan")
    assert volume.array.shape == whole.array.shape
    np.testing.assert_allclose(volume.affine, whole.affine, atol=1e-9)
    assert np.isnan(volume.array[5]).all()
    rest = [k for k in range(12) if k != 5]
    np.testing.assert_array_equal(volume.array[rest], whole.array[rest])


@pytest.mark.parametrize("gone", [(5, 6), (3, 8)])
def test_on_missing_nan_with_two_slices_gone(gone):
    volume = volume_of(phantoms.missing(*gone, slices=20), on_missing="nan")
    assert volume.array.shape == (20, 10, 8)
    np.testing.assert_array_equal(np.isnan(volume.array).all(axis=(1, 2)).nonzero()[0], gone)
    assert np.isnan(volume.array).sum() == 2 * 80
    assert volume.spacing == pytest.approx((2.0, 0.8, 0.7), abs=1e-6)


def test_on_nonuniform_resample_is_linear():
    pile = ramp(phantoms.two_spacings())
    volume = volume_of(pile, on_nonuniform="resample")
    assert volume.array.dtype == np.float32
    assert_ramp(volume)
    assert np.isfinite(volume.array).all()
    step = volume.spacing[0]
    assert step <= 5.0
    np.testing.assert_allclose(volume.affine[:3, 0], (0, 0, -step), atol=1e-6)
    np.testing.assert_allclose(volume.affine[:3, 3], phantoms.ORIGIN, atol=1e-6)
    assert (len(volume.array) - 1) * step == pytest.approx(40, abs=step), "the whole depth is there"


def test_on_shear_affine_keeps_every_slice_in_its_place():
    pile = phantoms.tilted(15)
    series = read_series(phantoms.shuffled(pile))
    volume = series.volume(on_shear="affine")
    np.testing.assert_array_equal(volume.array, phantoms.voxels())
    for k, ds in enumerate(pile):
        place = phantoms.position_of(ds)
        for j, i in [(0, 0), (9, 0), (0, 7), (9, 7)]:
            corner = place + np.array((i * 0.7, j * 0.8, 0))
            np.testing.assert_allclose((volume.affine @ (k, j, i, 1))[:3], corner, atol=1e-4)


def test_on_shear_resample_is_linear_and_upright():
    volume = volume_of(ramp(phantoms.tilted(15, phantoms.voxels(rows=24))), on_shear="resample")
    assert_ramp(volume)
    axes = volume.affine[:3, :3] / np.linalg.norm(volume.affine[:3, :3], axis=0)
    np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-6)
    assert np.linalg.det(axes) == pytest.approx(1)


def test_on_duplicate_first_keeps_the_first():
    volume = volume_of(phantoms.duplicate_position(other_pixels=True), on_duplicate="first")
    np.testing.assert_array_equal(volume.array, phantoms.voxels())
    np.testing.assert_allclose(volume.affine, volume_of(phantoms.regular()).affine, atol=1e-9)


def test_one_permission_is_not_another():
    """What the caller did not allow is refused still."""
    for pile, options in [
        (phantoms.missing(5), {"on_nonuniform": "resample", "on_shear": "affine", "on_duplicate": "first"}),
        (phantoms.two_spacings(), {"on_missing": "nan", "on_shear": "affine", "on_duplicate": "first"}),
        (phantoms.tilted(), {"on_missing": "nan", "on_nonuniform": "resample", "on_duplicate": "first"}),
        (phantoms.duplicate_position(other_pixels=True), {"on_missing": "nan", "on_nonuniform": "resample"}),
    ]:
        with pytest.raises(NotAVolume):
            volume_of(pile, **options)


def test_first_of_the_duplicates_may_still_leave_a_gap():
    """Two faults need two permissions."""
    pile = phantoms.duplicate_position(other_pixels=True)
    del pile[8]
    with pytest.raises(NotAVolume, match='on_missing="nan"'):
        volume_of(pile, on_duplicate="first")
    volume = volume_of(pile, on_duplicate="first", on_missing="nan")
    assert volume.array.shape == (12, 10, 8)
    assert np.isnan(volume.array[8]).all()


@pytest.mark.parametrize("option", ["on_missing", "on_nonuniform", "on_shear", "on_duplicate"])
def test_unknown_permission_is_refused_even_when_not_needed(option):
    with pytest.raises(UnknownChoice, match=option):
        volume_of(phantoms.regular(), **{option: "please"})


# Maximal regular runs


@pytest.mark.parametrize(
    ("pile", "lengths", "steps"),
    [
        (phantoms.missing(5), {(5, 6)}, [2.0, 2.0]),
        (phantoms.two_spacings(), {(6, 6), (5, 7)}, [2.0, 5.0]),
        (phantoms.regular(), {(12,)}, [2.0]),
        (phantoms.missing(3, 8), {(3, 4, 3)}, [2.0, 2.0, 2.0]),
    ],
    ids=["missing", "two spacings", "regular", "missing twice"],
)
def test_split_gives_the_maximal_regular_runs(pile, lengths, steps):
    stack = read_series(phantoms.shuffled(pile)).stacks[0]
    runs = stack.split()
    assert tuple(len(run.slices) for run in runs) in lengths
    assert [run.verdict.code for run in runs] == ["OK"] * len(runs)
    assert [run.spacing[0] for run in runs] == pytest.approx(steps, abs=1e-6)
    taken = [one.sop_instance_uid for run in runs for one in run.slices]
    assert taken == [one.sop_instance_uid for one in stack.slices], "every slice once, in order"
    array = np.concatenate([run.volume().array for run in runs])
    np.testing.assert_array_equal(array, np.stack([one.values() for one in stack.slices]))


@pytest.mark.parametrize("place", [0, 4, 11])
def test_split_lays_no_two_slices_into_one_place(place):
    pile = phantoms.regular()
    double = phantoms.with_pixels(phantoms.copy_of(pile[place], "double"), phantoms.voxels()[place] + np.int16(7))
    double.InstanceNumber = "13"
    stack = read_series([*pile, double]).stacks[0]
    runs = stack.split()
    assert sum(len(run.slices) for run in runs) == 13
    for run in runs:
        heights = {float(one.position[2]) for one in run.slices}
        assert len(heights) == len(run.slices) or not run.verdict.regular


@pytest.mark.parametrize(
    ("make", "options"), [(phantoms.regular, {}), (phantoms.two_spacings, {"on_nonuniform": "resample"})]
)
def test_reading_shows_how_far_it_is_unless_nobody_wants_to_know(make, options, monkeypatch):
    told = []

    def bar(items, doing, unit, *, total=None, show=True):
        told.append((doing, total or len(items), show))
        yield from items

    monkeypatch.setattr("dicomview.space.volume.bar", bar)
    stack = read_series(make()).stack
    stack.volume(**options)
    stack.volume(progress=False, **options)
    assert told == [("Reading slices", len(stack.slices), True), ("Reading slices", len(stack.slices), False)]


@pytest.mark.parametrize(
    ("affine", "words"),
    [
        (np.eye(3), r"has shape \(3, 3\)"),
        ("here", "not 'here'"),
        (np.diag([2.0, np.nan, 1, 1]), "1 of the entries of this one are NaN or infinite"),
        (np.diag([2.0, 1, np.inf, 1]), "NaN or infinite"),
        (np.diag([2.0, 1, 0, 1]), "a step along i leads nowhere"),
        (np.diag([0.0, 1, 0, 1]), "a step along k and i leads nowhere"),
        ([[1, 0, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 1]], "lie in one plane"),
        (np.ones((4, 4)), r"last row of this one is \[1.0, 1.0, 1.0, 1.0\]"),
    ],
)
def test_an_affine_that_places_nothing_is_refused_when_the_volume_is_made(affine, words):
    with pytest.raises(UnknownChoice, match=f"affine of a volume is .*{words}"):
        Volume(np.zeros((3, 4, 5), np.float32), affine)


def test_an_affine_may_be_written_as_lists():
    affine = [[0, 0, 1, 5], [0, 1, 0, 6], [2, 0, 0, 7], [0, 0, 0, 1]]
    assert Volume(np.zeros((3, 4, 5), np.float32), affine).spacing == (2.0, 1.0, 1.0)
