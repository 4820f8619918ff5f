"""The correct picture, its shape and place in space and time: P17, P18, P20 and P26 of CONFORMANCE.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import phantoms
import pytest
from pydicom import uid
from pydicom.tag import Tag
from test_pictures import greys, image, ramp, roads, see

import dicomview as dv

if TYPE_CHECKING:
    from pathlib import Path

    from pydicom.dataset import Dataset


# --- P17 -------------------------------------------------------------------------------------------------------------


def drawn_shape(source: Any) -> float:
    """Return height by width of the picture within a figure, as it lies on the paper."""
    fig = dv.figure(source)
    fig.draw_without_rendering()
    box = fig.axes[0].get_window_extent()
    return float(box.height / box.width)


@roads
@pytest.mark.parametrize(
    ("tags", "aspect", "spacing"),
    [
        ({"PixelSpacing": ["1.5", "0.5"]}, 3.0, (1.5, 0.5)),
        ({"PixelSpacing": ["0.4", "0.8"]}, 0.5, (0.4, 0.8)),
        ({"PixelAspectRatio": ["2", "1"]}, 2.0, None),
        ({"PixelAspectRatio": ["3", "4"]}, 0.75, None),
        ({"PixelSpacing": ["0.5", "0.5"], "PixelAspectRatio": ["1", "1"]}, 1.0, (0.5, 0.5)),
        ({"PixelAspectRatio": ["0", "1"]}, 1.0, None),
    ],
)
def test_p17_pixels_that_are_not_square(road: Any, tmp_path: Path, tags: Any, aspect: float, spacing: Any) -> None:
    one = image(ramp(0, 900, shape=(20, 30)), **tags)
    seen = see(road, one, tmp_path)
    assert seen.picture.aspect == pytest.approx(aspect)
    assert seen.scene["planes"][seen.picture.plane]["aspect"] == pytest.approx(aspect)
    assert seen.picture.spacing == spacing
    assert drawn_shape(one) == pytest.approx(aspect * 20 / 30, rel=1e-3)
    assert ("pixel size unknown" in seen.picture.notes) == (spacing is None)


# --- P18 -------------------------------------------------------------------------------------------------------------


def region(**elements: Any) -> Dataset:
    item = phantoms.item(RegionSpatialFormat=1, RegionDataType=1, RegionFlags=0, PhysicalDeltaX=0.04,
                         PhysicalDeltaY=0.05, PhysicalUnitsXDirection=3, PhysicalUnitsYDirection=3)  # fmt: skip
    for keyword, value in elements.items():
        setattr(item, keyword, value)
    return item


@roads
@pytest.mark.parametrize(
    ("tags", "spacing", "note"),
    [
        ({"Modality": "DX", "ImagerPixelSpacing": ["0.2", "0.1"]}, (0.2, 0.1), "mm at the detector"),
        ({"Modality": "MG", "PixelSpacing": ["0.2", "0.2"]}, (0.2, 0.2), "mm at the detector"),
        ({"Modality": "DX", "PixelSpacing": ["0.2", "0.2"], "PixelSpacingCalibrationType": "FIDUCIAL"}, (0.2, 0.2),
         "mm as calibrated"),
        ({"Modality": "US", "SequenceOfUltrasoundRegions": [region()]}, (0.5, 0.4), "mm as calibrated"),
        ({"Modality": "US", "SequenceOfUltrasoundRegions": [region(PhysicalUnitsXDirection=4)]}, None,
         "pixel size unknown"),
        ({"Modality": "OT"}, None, "pixel size unknown"),
        ({"Modality": "OT", "PixelSpacing": ["0", "0"]}, None, "pixel size unknown"),
    ],
)  # fmt: skip
def test_p18_the_spacing_that_exists_is_labelled(road: Any, tmp_path: Path, tags: Any, spacing: Any, note: str) -> None:
    one = image(ramp(0, 900, shape=(40, 60)), **tags)
    seen = see(road, one, tmp_path)
    assert seen.picture.spacing == (spacing if spacing is None else pytest.approx(spacing))
    assert note in seen.picture.notes
    assert note in seen.scene["notes"]
    words = [text.get_text() for text in dv.figure(one).axes[0].texts]
    assert any(note in text for text in words)
    assert any(text.endswith(" mm") for text in words) == (spacing is not None)


# --- P20 -------------------------------------------------------------------------------------------------------------


def cine(**tags: Any) -> Dataset:
    stored = np.stack([ramp(k, 200 + k, np.uint8, (6, 8)) for k in range(4)])
    one = image(stored[0], NumberOfFrames=4, PixelData=stored.tobytes(), Modality="XA")
    one.SOPClassUID = one.file_meta.MediaStorageSOPClassUID = uid.XRayAngiographicImageStorage
    for keyword, value in tags.items():
        setattr(one, keyword, value)
    return one


@roads
@pytest.mark.parametrize(
    ("tags", "rate", "moments"),
    [
        ({"FrameTime": "40", "FrameIncrementPointer": Tag("FrameTime")}, 25.0, ("t 0 ms", "t 120 ms")),
        ({"FrameTimeVector": ["0", "50", "50", "100"], "FrameIncrementPointer": Tag("FrameTimeVector")}, 15.0,
         ("t 0 ms", "t 200 ms")),
        ({"CineRate": "8"}, 8.0, ("t 0 ms", "t 375 ms")),
        ({"RecommendedDisplayFrameRate": "12", "FrameTime": "40"}, 12.0, ("t 0 ms", "t 120 ms")),
    ],
)  # fmt: skip
def test_p20_a_cine_runs_at_its_own_rate(
    road: Any, tmp_path: Path, tags: Any, rate: float, moments: tuple[str, str]
) -> None:
    one = cine(**tags)
    for index in range(4):
        seen = see(road, one, tmp_path / str(index), index=index, window=(100, 200))
        np.testing.assert_array_equal(seen.pixels, greys(ramp(index, 200 + index, np.uint8, (6, 8)), 100, 200))
        assert seen.scene["cine"] == {"along": "index", "rate": pytest.approx(rate)}
        assert seen.picture.place == {0: moments[0], 3: moments[1]}.get(index, seen.picture.place)
    assert (seen.picture.count, seen.picture.plane, seen.picture.spacing) == (4, "acquired", None)
    assert seen.series.stack.dims[0] == "time"
    assert seen.message["origin"] is None


@roads
def test_p20_frames_without_a_rate_have_no_invented_times(road: Any, tmp_path: Path) -> None:
    seen = see(road, cine(), tmp_path)
    assert seen.picture.place == ""
    assert seen.message["origin"] is None
    assert "pixel size unknown" in seen.picture.notes


# --- P26 -------------------------------------------------------------------------------------------------------------


@roads
@pytest.mark.parametrize(
    ("orientation", "letters"),
    [
        ((1, 0, 0, 0, 1, 0), ("R", "L", "A", "P")),
        ((-1, 0, 0, 0, 1, 0), ("L", "R", "A", "P")),
        ((1, 0, 0, 0, -1, 0), ("R", "L", "P", "A")),
        ((0, 1, 0, 0, 0, -1), ("A", "P", "H", "F")),
        ((1, 0, 0, 0, 0, -1), ("R", "L", "H", "F")),
        ((0, -1, 0, 1, 0, 0), ("P", "A", "R", "L")),
        ((0.8, 0.6, 0, 0, 0, -1), ("R", "L", "H", "F")),
        ((0.6, 0.8, 0, -0.8, 0.6, 0), ("A", "P", "L", "R")),
    ],
)
def test_p26_letters_follow_the_orientation(road: Any, tmp_path: Path, orientation: Any, letters: Any) -> None:
    (one,) = phantoms.regular(phantoms.voxels(1), orientation=orientation)
    seen = see(road, one, tmp_path)
    assert seen.picture.letters == letters
    assert seen.scene["planes"][seen.picture.plane]["letters"] == list(letters)
    words = [text.get_text() for text in dv.figure(one).axes[0].texts]
    assert words[:4] == list(letters)


@roads
@pytest.mark.parametrize(
    "gone", [["ImageOrientationPatient"], ["ImageOrientationPatient", "ImagePositionPatient", "PixelSpacing"]]
)
def test_p26_no_letters_where_the_file_does_not_say(road: Any, tmp_path: Path, gone: list[str]) -> None:
    (one,) = phantoms.regular(phantoms.voxels(1))
    for keyword in gone:
        del one[keyword]
    seen = see(road, one, tmp_path)
    assert seen.picture.letters is None
    assert seen.scene["planes"]["acquired"]["letters"] is None


@roads
def test_p26_an_animal_has_terms_of_its_own(road: Any, tmp_path: Path) -> None:
    pile = phantoms.regular(phantoms.voxels(4), tags={"AnatomicalOrientationType": "QUADRUPED"})
    seen = see(road, pile, tmp_path)
    assert seen.picture.letters == ("RT", "LE", "V", "D")
    assert seen.scene["planes"]["coronal"]["letters"] == ["RT", "LE", "CR", "CD"]
