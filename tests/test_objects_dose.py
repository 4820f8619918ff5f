"""Doses over images: SimpleITK says what a plane through the grid has, the phantom what a region gets."""

from __future__ import annotations

import numpy as np
import phantoms
import pytest
import SimpleITK

import dicomview as dv
from dicomview.demo.derived import dose
from dicomview.errors import NotAnImage, UnknownChoice
from dicomview.objects import Dose, read_objects
from dicomview.render import scene_of
from dicomview.space import all_series


def images():
    return phantoms.oblique(stored=phantoms.voxels(9, 30, 28), spacing=(1.1, 0.9))


def planned(pile, gray=None):
    """Return a dose of 3 x 2.5 x 2 mm around the images, by default of random numbers."""
    gray = np.random.default_rng(3).uniform(0, 60, (14, 20, 22)) if gray is None else gray
    return dose(pile[0], gray, origin=(-30.0, -38.0, 78.0), spacing=(3.0, 2.5, 2.0), seed="dose")


def resampled(pile, ds):
    """Return what SimpleITK interpolates linearly on the grid of the images; NaN outside the grid of the dose."""
    gray = SimpleITK.GetImageFromArray(ds.pixel_array * float(ds.DoseGridScaling))
    gray.SetOrigin([float(x) for x in ds.ImagePositionPatient])
    gray.SetSpacing((2.0, 2.5, 3.0))
    volume = dv.read_series(pile).volume()
    like = SimpleITK.Image(*volume.array.shape[::-1], SimpleITK.sitkFloat64)
    axes = volume.affine[:3, [2, 1, 0]]
    like.SetSpacing(np.linalg.norm(axes, axis=0).tolist())
    like.SetDirection((axes / np.linalg.norm(axes, axis=0)).ravel().tolist())
    like.SetOrigin(volume.affine[:3, 3].tolist())
    found = SimpleITK.Resample(gray, like, SimpleITK.Transform(), SimpleITK.sitkLinear, float("nan"))
    return SimpleITK.GetArrayFromImage(found)


def test_p30_dose_is_interpolated_in_the_patient() -> None:
    pile = images()
    ds = planned(pile)
    theirs, ours = resampled(pile, ds), dv.regions(pile, ds).dose
    assert ours.units == "Gy"
    # SimpleITK goes half a voxel beyond the outermost centres, where there is nothing to interpolate between.
    both = ~np.isnan(theirs) & ~np.isnan(ours.array)
    assert both.mean() > 0.5
    assert not (np.isnan(theirs) & ~np.isnan(ours.array)).any()
    np.testing.assert_allclose(ours.array[both], theirs[both], atol=1e-4)


def test_p30_a_dose_is_a_wash_of_bands_that_lie_side_by_side_in_every_plane() -> None:
    pile = images()
    ds = planned(pile)
    scene = scene_of(pile, objects=ds)
    names = [layer.name for layer in scene.layers]
    largest = ds.pixel_array.max() * float(ds.DoseGridScaling)
    assert names[0] == f"dose {0.1 * largest:.1f}–{0.3 * largest:.1f} Gy"
    assert names[-1] == f"dose {0.95 * largest:.1f}–{largest:.1f} Gy"
    values = dv.regions(pile, ds).dose.array
    edges = [part * np.float64(largest) for part in (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95)] + [np.inf]
    for plane, cut in scene.cuts.items():
        index = scene.counts[plane] // 2
        here = cut.cut(values, index)
        layers = dict(scene.shot(plane, index).layers)
        count = np.zeros(here.shape, int)
        for name, low, high in zip(names, edges[:-1], edges[1:], strict=True):
            expected = (here >= low) & (here < high)
            found = layers.get(name, np.zeros(here.shape, bool))
            assert (found != expected).mean() < 0.005  # a value on an edge, rounded to float32
            count += found
        assert count.max() == 1


def test_a_dose_beside_its_images_does_not_hide_them(tmp_path) -> None:
    pile = images()
    for n, ds in enumerate([*pile, planned(pile)]):
        ds.save_as(tmp_path / f"{n}.dcm", enforce_file_format=True)
    series = dv.read_series(tmp_path)
    assert series.modality == "CT"
    assert [layer.name[:4] for layer in scene_of(series, objects=True).layers] == ["dose"] * 7
    alone = next(one for one in all_series(tmp_path) if one.modality == "RTDOSE")
    assert scene_of(alone).unit == "Gy"
    assert dv.read_series(tmp_path, alone.uid).modality == "RTDOSE"


def test_p30_of_several_doses_that_of_the_plan_is_shown() -> None:
    pile = images()
    beam = planned(pile, np.full((14, 20, 22), 5.0))
    beam.DoseSummationType = "BEAM"
    scene = scene_of(pile, objects=[beam, planned(pile)])
    assert len(scene.layers) == 7
    assert scene.notes == ("1 doses of parts of a plan not shown",)


def test_a_dose_that_lies_nowhere_or_elsewhere_is_refused() -> None:
    pile = images()
    ds = planned(pile)
    ds.FrameOfReferenceUID = "1.2.3"
    for door in (dv.picture, lambda images, objects: dv.regions(images, objects)):
        with pytest.raises(UnknownChoice, match="another FrameOfReferenceUID"):
            door(pile, objects=ds)
    del ds.GridFrameOffsetVector
    with pytest.raises(NotAnImage, match="no grid with a place"):
        read_objects(ds, None)


def test_what_is_asked_of_a_dose() -> None:
    pile = images()
    (found,) = read_objects(planned(pile), None).doses
    assert isinstance(found, Dose)
    assert (found.unit, found.summation) == ("Gy", "PLAN")
    assert found.largest == pytest.approx(60, abs=0.1)
