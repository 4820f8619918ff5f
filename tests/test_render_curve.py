"""Curves through time, slices and series: the numbers are NumPy's on the same voxels."""

from __future__ import annotations

from typing import Any

import numpy as np
import phantoms
import pytest
from oracles import PYDICOM_FILES

import dicomview as dv
from dicomview.errors import UnknownChoice


def test_a_region_through_an_extra_axis() -> None:
    pile = phantoms.shuffled(phantoms.echoes())
    table = dv.curve(pile, [(2, 3), (6, 8)], kind="rectangle", index=4)
    assert (table.index.name, list(table.index)) == ("echo", [0, 1])
    assert list(table["at"]) == [10.0, 80.0]
    assert list(table["label"]) == ["10 ms", "80 ms"]
    voxels = phantoms.voxels()[4, 3:9, 2:7].astype(float)
    for place in (0, 1):
        known = voxels + phantoms.BLOCK * place
        got = table.loc[place, ["mean", "SD", "min", "max", "n"]].astype(float)
        np.testing.assert_allclose(got, (known.mean(), known.std(), known.min(), known.max(), known.size), rtol=1e-9)


def test_a_point_in_the_patient_through_the_slices() -> None:
    pile = phantoms.oblique()
    volume = dv.read_series(pile).volume()
    point = (volume.affine @ [3, 4, 5, 1])[:3]
    table = dv.curve(pile, tuple(point), along="index")
    assert list(table["mean"]) == [100 * k + 45 for k in range(12)]
    np.testing.assert_allclose(table["at"], 2.0 * np.arange(12))
    assert set(table["n"]) == {1}
    across = dv.curve(pile, tuple(point), along="index", plane="coronal")
    assert sorted(across["mean"]) == [300 + 10 * j + 5 for j in range(10)]


def test_series_at_one_place_of_the_patient() -> None:
    """Of other spacing and direction; where one does not reach, it says so."""
    first, second = dv.read_series(phantoms.regular()), dv.read_series(phantoms.sagittal())
    volumes = first.volume(), second.volume()
    corner = (volumes[0].affine @ [7, 4, 5, 1])[:3]
    far = dv.Volume(volumes[0].array, volumes[0].affine + np.array([[0, 0, 0, 500.0]] + [[0] * 4] * 3))
    table = dv.curve([first, volumes[1], far, volumes[0]], tuple(corner))
    assert table.index.name == "series"
    assert list(table["mean"][[0, 3]]) == [745.0, 745.0]
    reach = volumes[1].value_at(*corner)
    assert (table["mean"][1] == reach) or (np.isnan(reach) and table["n"][1] == 0)
    assert table["n"][2] == 0
    assert table["note"][[0, 3]].tolist() == ["", ""]
    assert table["note"][2] == "no pixel inside"


def test_a_way_that_is_no_volume_says_so() -> None:
    assert set(dv.curve(phantoms.regular(), (4, 5), along="index")["note"]) == {""}
    (note,) = set(dv.curve(phantoms.missing(), (4, 5), along="index")["note"])
    assert "missing" in note and "mm" in note


def test_millimetres_of_other_frames_of_reference_are_not_the_same_place() -> None:
    one, other = phantoms.regular(), phantoms.regular()
    for ds in other:
        ds.FrameOfReferenceUID = "1.2.3"
    series = dv.read_series(one), dv.read_series(other)
    place = tuple((series[0].volume().affine @ [7, 4, 5, 1])[:3])
    with pytest.raises(UnknownChoice, match="no common frame of reference"):
        dv.curve([*series], place)
    assert len(dv.curve([series[0], series[1].volume()], place)) == 2  # a volume says none, and is taken at its word


def test_units_and_volumes_with_holes() -> None:
    holes = dv.read_series(phantoms.missing()).volume(on_missing="nan")
    table = dv.curve(holes, (4, 5))
    assert table["n"].tolist() == [1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1]
    assert np.isnan(table["mean"][5])
    assert set(table["unit"]) == {"HU"}


@pytest.mark.parametrize(
    ("source", "points", "options", "words"),
    [
        (phantoms.echoes, (4, 5), {"along": "time"}, "no axis 'time' for a curve to go along; there is echo, index"),
        (phantoms.echoes, [(1, 1), (5, 5)], {"kind": "line"}, "of a point or a region, not of a line"),
        (phantoms.echoes, (40, 50), {}, "centre of no pixel"),
        (phantoms.echoes, (4, 5), {"echo": 7}, "no place"),
        (phantoms.echoes, (4, 5), {"index": 77}, "they run from 0 to 11"),
        (phantoms.echoes, (4, 5), {"plane": "oblique"}, "no plane 'oblique'"),
        (phantoms.regular, (0, 0, 900), {}, "no slice holds"),
        (phantoms.regular, "ab", {}, "pairs"),
        (phantoms.regular, [(1, 1), (2, 2)], {}, "two points make no region"),
        (phantoms.regular, None, {}, "pairs"),
        (lambda: PYDICOM_FILES / "examples_rgb_color.dcm", (4, 5), {}, "colours have no modality values"),
        (lambda: [dv.read_series(phantoms.regular())] * 2, (0, 0, 900), {}, "none of the 2 series"),
    ],
)
def test_what_has_no_curve_is_refused(source: Any, points: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(UnknownChoice, match=words):
        dv.curve(source(), points, **options)
