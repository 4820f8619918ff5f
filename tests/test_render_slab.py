"""Thick slabs: NumPy's maximum, minimum and mean of the same voxels, in every plane."""

from __future__ import annotations

import numpy as np
import phantoms
import pytest

import dicomview as dv
from dicomview.errors import NotAVolume, UnknownChoice
from dicomview.render import scene_of
from dicomview.render.slab import slab_of

NUMPY = {"mip": np.nanmax, "minip": np.nanmin, "mean": np.nanmean}
PLANES = ("axial", "coronal", "sagittal")


@pytest.fixture(scope="module")
def volume():
    noise = np.random.default_rng(0).integers(-1000, 1000, (12, 10, 8)).astype(np.int16)
    return dv.read_series(phantoms.oblique(stored=noise)).volume()


def values_of(shot):
    raster = shot.raster
    values = raster.slope * raster.samples.astype(float) + raster.intercept
    return values if raster.blank is None else np.where(raster.samples == raster.blank, np.nan, values)


def slices_in(count, index, total):
    """So many slices, `index` in their middle or just before it."""
    first = index - (count - 1) // 2
    return range(max(0, first), min(total, first + count))


@pytest.mark.parametrize("kind", NUMPY)
@pytest.mark.parametrize("mm", [0.1, 3.0, 4.1, 1000.0])
def test_a_slab_is_numpys(volume, kind, mm):
    scene = slab_of(scene_of(volume), (kind, mm), {})
    for plane, cut in scene.cuts.items():
        total, spacing = scene.counts[plane], volume.spacing[cut.axis]
        count = max(1, round(mm / spacing))
        for index in (0, total // 2, total - 1):
            pile = [volume.plane(plane, one) for one in slices_in(count, index, total)]
            shot = scene.shot(plane, index)
            wanted = NUMPY[kind](np.array(pile, float), axis=0)
            tolerance = shot.raster.slope / 2 + 1e-9 if kind == "mean" else 0  # of 16 bits over the whole range
            np.testing.assert_allclose(values_of(shot), wanted, rtol=0, atol=tolerance)
            assert shot.raster.slope < 0.05 or kind != "mean"
            words = {"mip": "MIP", "minip": "MinIP", "mean": "mean"}[kind]
            assert shot.notes == (f"{words} {len(pile) * spacing:.4g} mm",)
            thin = values_of(scene.shot(plane, index, step=2))
            np.testing.assert_allclose(thin, values_of(shot)[1::2, 1::2], rtol=0, atol=0)


def test_a_slab_keeps_place_window_and_title_of_its_series():
    series = dv.read_series(phantoms.regular(window=(600, 400)))
    plain, slab = dv.picture(series, index=5), dv.view(series, index=5, slab=("MIP", 6)).picture()
    assert (slab.window, slab.title, slab.letters, slab.place) == (
        plain.window,
        plain.title,
        plain.letters,
        plain.place,
    )
    assert slab.notes == ("MIP 6 mm",)
    np.testing.assert_array_equal(slab.pixels, dv.picture(series, index=6).pixels)  # voxels grow along k


def test_empty_voxels_and_padding_count_for_nothing():
    pile = phantoms.regular()
    for ds in pile:
        ds.PixelPaddingValue = 0  # voxel (0, 0, 0)
    missing = dv.read_series(phantoms.missing(4)).volume(on_missing="nan")
    least = values_of(slab_of(scene_of(pile), ("minip", 4), {}).shot("axial", 0))
    assert least[0, 0] == 100 and least[0, 1] == 1
    for kind, numpy in NUMPY.items():
        scene = slab_of(scene_of(missing), (kind, 6), {})
        wanted = numpy(missing.array[3:6].astype(float), axis=0)
        np.testing.assert_allclose(values_of(scene.shot("axial", 4)), wanted, atol=0.01)
        assert "missing slices left empty" in scene.notes
    alone = slab_of(scene_of(missing), ("mean", 2), {}).shot("axial", 4)
    assert np.isnan(values_of(alone)).all()


def test_a_slab_of_one_echo():
    series = dv.read_series(phantoms.echoes())
    with pytest.raises(NotAVolume, match="several volumes"):
        dv.view(series, slab=("mip", 4))
    assert dv.view(series, slab=("mip", 4), echo=1).axes == {}


def test_suv_stays_suv(monkeypatch):
    from dicomview.render.stack_scene import StackScene

    scene = StackScene(dv.read_series(phantoms.regular()).stack)
    scene._factor, scene.unit = 0.5, "g/ml{SUVbw}"
    slab = slab_of(scene, ("mip", 1), {})
    assert slab.unit == "g/ml{SUVbw}"
    np.testing.assert_allclose(values_of(slab.shot("axial", 3)), 0.5 * phantoms.voxels()[3], atol=0.01)


@pytest.mark.parametrize(
    "wish", ["mip", 10, ("mip",), ("max", 10), ("mip", 0), ("mip", -1), ("mip", np.nan), ("mip", "x")]
)
def test_what_is_no_slab_is_refused_in_words(wish):
    with pytest.raises(UnknownChoice, match="a slab is"):
        dv.view(phantoms.regular(), slab=wish)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (lambda: phantoms.missing(4), "1 slice is missing"),
        (phantoms.tilted, "gantry"),
        (phantoms.two_spacings, "distances between slices differ"),
        (lambda: phantoms.without_position(phantoms.regular()), "no volume"),
        (phantoms.ultrasound, "no volume"),
        (lambda: np.zeros((3, 4, 5)), "how far apart"),
        (lambda: dv.read_series(phantoms.tilted()).volume(on_shear="affine"), "skewed"),
    ],
)
def test_across_a_gap_a_shear_or_an_unknown_spacing_there_is_no_slab(source, words):
    with pytest.raises(NotAVolume, match=words):
        dv.view(source(), slab=("mean", 5))


def test_an_array_with_a_spacing_has_slabs():
    array = np.arange(60, dtype=np.int16).reshape(5, 3, 4)
    view = dv.view(array, spacing=(2, 1, 1), slab=("mip", 4), index=2)
    assert view.scene.shot("slice", 2).notes == ("MIP 4 mm",)
    np.testing.assert_array_equal(values_of(view.scene.shot("slice", 2)), array[3])


def test_masks_lie_over_slabs():
    mask = np.zeros((12, 10, 8), bool)
    mask[5, 2:4, 3:5] = True
    view = dv.view(phantoms.regular(), masks={"spot": mask}, slab=("mip", 6), index=5)
    ((name, shown),) = view.scene.shot("axial", 5).layers
    assert name == "spot" and (shown == mask[5]).all()
    assert "layers of the middle slice" in view.scene.notes
