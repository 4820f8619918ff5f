"""Masks and tables: volumes in ml by formula, means by numpy and SimpleITK, Dice by SimpleITK."""

from __future__ import annotations

import math

import numpy as np
import phantoms
import pytest
import SimpleITK
from test_objects_found import objects_of

import dicomview as dv
from dicomview.demo.derived import dose, segmentation
from dicomview.errors import UnknownChoice

SHAPE = (12, 10, 8)


def two_masks():
    k, j, i = np.indices(SHAPE)
    box = (k >= 2) & (k < 8) & (j >= 3) & (j < 7) & (i >= 1) & (i < 6)
    return {"box": box, "other": box & (k >= 4) | (k == 9) & (i == 0)}


def segmented(images):
    return segmentation(images, two_masks(), {"box": (1, 2, 3), "other": (9, 9, 9)}, seed="m")


def test_a_box_has_its_volume_and_its_values_theirs() -> None:
    images = phantoms.oblique()
    found = dv.regions(images, segmented(images))
    assert (list(found), len(found)) == (["box", "other"], 2)
    values = phantoms.voxels()
    for name, mask in two_masks().items():
        np.testing.assert_array_equal(found[name], mask)
    table = found.table()
    box = table.loc["box"]
    assert box["voxels"] == 6 * 4 * 5
    assert box["volume_ml"] == pytest.approx(6 * 4 * 5 * 2.0 * 0.8 * 0.7 / 1000)
    inside = values[two_masks()["box"]]
    assert (box["mean"], box["sd"]) == (pytest.approx(inside.mean()), pytest.approx(inside.std()))
    assert (box["min"], box["max"], box["unit"]) == (inside.min(), inside.max(), "HU")
    assert "dose_mean" not in table
    other = found.table(found.volume.__class__(found.volume.array * 2, found.volume.affine, "x"))
    assert other.loc["box", "mean"] == pytest.approx(2 * inside.mean())
    assert repr(found) == "Regions: box, other"


def test_a_region_has_its_dose() -> None:
    images = phantoms.regular()
    x, y, z = (float(v) for v in images[-1].ImagePositionPatient)
    gray = np.broadcast_to(np.arange(7.0)[:, None, None] * 4, (7, 3, 3))  # 1 Gy a mm towards the head
    planned = dose(images[0], gray, origin=(x - 1, y - 1, z - 1), spacing=(4, 5, 5), seed="d")
    table = dv.regions(images, [segmented(images), planned]).table()
    heights = np.array([float(ds.ImagePositionPatient[2]) for ds in images])[2:8] - z + 1
    assert table.loc["box", "dose_mean"] == pytest.approx(heights.mean(), abs=1e-3)
    assert table.loc["box", "dose_max"] == pytest.approx(heights.max(), abs=1e-3)
    half = dose(images[0], gray / 2, origin=(x - 1, y - 1, z - 1), spacing=(4, 5, 5), seed="e")
    half.DoseSummationType = "BEAM"
    assert dv.regions(images, [segmented(images), planned]).notes == ()
    for order in ([half, planned], [planned, half]):
        both = dv.regions(images, [segmented(images), *order])
        assert both.notes == ("dose of type PLAN, 1 of 2",)
        assert both.table().loc["box", "dose_max"] == pytest.approx(heights.max(), abs=1e-3)
    beams = dv.regions(images, [segmented(images), half])
    assert beams.notes == ("dose of type BEAM, 1 of 1",)
    assert beams.table().loc["box", "dose_max"] == pytest.approx(heights.max() / 2, abs=1e-3)


def test_dice_is_that_of_simpleitk() -> None:
    one, other = two_masks().values()
    images = [SimpleITK.GetImageFromArray(mask.astype(np.uint8)) for mask in (one, other)]
    overlap = SimpleITK.LabelOverlapMeasuresImageFilter()
    overlap.Execute(*images)
    assert dv.dice(one, other) == pytest.approx(overlap.GetDiceCoefficient())
    assert dv.dice(one, one) == 1
    assert dv.dice(one, ~one) == 0
    assert math.isnan(dv.dice(one & False, one & False))
    with pytest.raises(UnknownChoice, match="different grids"):
        dv.dice(one, one[1:])


def test_a_contour_and_a_mask_of_the_same_thing_agree() -> None:
    images = phantoms.regular()
    found = dv.regions([*images, *objects_of(images)])
    assert list(found) == ["block", "square"]
    # The square of 3 x 3.1 mm around whole pixels of 0.8 x 0.7 mm on one slice, and a block of 4 x 4 pixels on three.
    assert found["square"].sum() == 4 * 4
    assert dv.dice(found["square"][3], found["block"][3]) == 1
    assert found.marked["index"].tolist() == [4]
    assert found.table().index.tolist() == ["block", "square"]


def test_a_segmentation_alone_lies_on_its_own_grid() -> None:
    images = phantoms.oblique()
    found = dv.regions(segmented(images))
    assert found["box"].shape == (8, 10, 8)  # from the first frame to the last, the empty one included
    assert found.table().loc["box", "volume_ml"] == pytest.approx(120 * 2.0 * 0.8 * 0.7 / 1000)
    assert np.isnan(found.table().loc["box", "mean"])


def test_what_is_wrong_is_said() -> None:
    images = phantoms.regular()
    found = dv.regions(images, segmented(images))
    with pytest.raises(KeyError, match="'box', 'other'"):
        found["heart"]
    with pytest.raises(UnknownChoice, match="another grid"):
        found.table(dv.read_series(phantoms.oblique()).volume())
    assert "heart" not in found


def test_masks_on_another_grid_are_resampled_and_said() -> None:
    images = phantoms.regular()
    fine = phantoms.regular(phantoms.voxels(24, 20, 16), spacing=(0.4, 0.35), step=(0, 0, -1.0))
    found = dv.regions(fine, segmented(images))
    assert found.notes == ("mask resampled",)
    assert found.table().loc["box", "volume_ml"] == pytest.approx(120 * 2.0 * 0.8 * 0.7 / 1000, rel=0.3)
