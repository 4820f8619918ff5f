"""Family G of the audit, geometry and completeness: the judge's words become findings."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import phantoms
import pytest
from faults import changed, found, table
from test_space_mosaic import mosaic, mr

import dicomview as dv


def unit(length: float) -> Any:
    return changed(ImageOrientationPatient=[str(length), "0", "0", "0", str(length), "0"])


def incomplete() -> Any:
    return [ds for k, ds in enumerate(phantoms.time_points()) if k != 5]


def with_thickness(mm: str) -> Any:
    return changed(SliceThickness=mm)


def two_orientations() -> Any:
    across = [phantoms.named(ds, "across") for ds in phantoms.sagittal()]
    for k, ds in enumerate(across):
        ds.InstanceNumber = str(phantoms.SLICES + k + 1)
    return [*phantoms.regular(), *across]


def locations() -> Any:
    pile = phantoms.regular()
    for k, ds in enumerate(pile):
        ds.SliceLocation = str(-abs(k - 4))
    return pile


FAULTS = {
    "no position": ({"G01"}, lambda: phantoms.without_position(phantoms.regular())),
    "long directions": ({"G02"}, unit(1.01)),
    "not perpendicular": ({"G03"}, changed(ImageOrientationPatient=["1", "0", "0", "0.1", "0.994987", "0"])),
    "spacing of 0": ({"G04"}, changed(PixelSpacing=["0", "0.7"])),
    "thickness of 0": ({"G04"}, with_thickness("0")),
    "two orientations": ({"G05"}, two_orientations),
    "localizer": ({"G06"}, phantoms.with_localizer),
    "two pictures at one position": ({"G07"}, lambda: phantoms.duplicate_position(other_pixels=True)),
    "missing slice": ({"G08", "G17"}, phantoms.missing),
    "two spacings": ({"G09"}, phantoms.two_spacings),
    "jitter": ({"G10"}, phantoms.position_jitter),
    "tilt": ({"G11"}, phantoms.tilted),
    "another tilt in the tag": ({"G12"}, changed(GantryDetectorTilt="15")),
    "slice locations out of order": ({"G16"}, locations),
    "pixel spacing": ({"G13"}, phantoms.other_pixel_spacing),
    "rows": ({"G14"}, phantoms.rows_differ),
    "gaps": ({"G15"}, with_thickness("1")),
    "overlap": ({"G15"}, with_thickness("5")),
    "numbers missing": ({"G17"}, phantoms.no_instance_number),
    "one number twice": ({"G17"}, changed(3, InstanceNumber="5")),
    "three slices": ({"G18"}, lambda: phantoms.regular(phantoms.voxels(3))),
    "two kernels": ({"G19"}, phantoms.mixed_kernels),
    "an image of a time point missing": ({"G17", "G20"}, incomplete),
    "images announced": ({"G21"}, changed(ImagesInAcquisition="14")),
    "an animal": ({"G23"}, changed(AnatomicalOrientationType="QUADRUPED")),
    "no patient position": ({"G22"}, changed(PatientPosition=None)),
}  # fmt: skip


def located() -> Any:
    pile = phantoms.regular()
    for ds in pile:
        ds.SliceLocation = str(-float(ds.ImagePositionPatient[2]))
    return pile


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_and_nothing_else(fault: str) -> None:
    checks, make = FAULTS[fault]
    assert found(make()) - {"U09"} == checks


@pytest.mark.parametrize(
    "sound",
    [phantoms.oblique, phantoms.sagittal, phantoms.echoes, phantoms.time_points, phantoms.diffusion,
     phantoms.reversed_numbers, changed(GantryDetectorTilt="0"), located,
     phantoms.dose, phantoms.ultrasound, phantoms.reconstructed_tomo],
)  # fmt: skip
def test_what_is_regular_has_no_geometry_findings(sound: Any) -> None:
    assert found(sound()) <= {"G17"} if sound is phantoms.echoes else found(sound()) == set()


def test_a_tilt_that_the_tag_tells_is_no_second_finding() -> None:
    pile = phantoms.tilted()
    for ds in pile:
        ds.GantryDetectorTilt = "-15"
    assert found(pile) == {"G11"}


def test_a_mosaic_without_its_header_is_found() -> None:
    pile = mr()
    one = mosaic(pile)
    for tag in [tag for tag in one.keys() if tag.is_private]:  # noqa: SIM118
        del one[tag]
    assert "G25" in found(one)
    assert "G25" not in found(mosaic(pile))


def test_a_finding_says_what_the_judge_says() -> None:
    series = dv.read_series(phantoms.missing())
    row = table(series).iloc[0]
    assert (row["check"], row["severity"], row["where"]) == ("G08", "error", series.uid)
    assert row["message"] == series.stack.verdict.reason
    assert row["files"] == series.stack.verdict.files


def test_the_order_of_the_files_does_not_matter() -> None:
    pile = phantoms.with_localizer() + phantoms.repetitions(2)
    tables = []
    for seed in range(3):
        random.Random(seed).shuffle(pile)
        tables.append(table(pile).drop(columns="files"))
    assert tables[0].equals(tables[1])
    assert tables[1].equals(tables[2])
    assert len(tables[0])
    assert np.all(np.diff(tables[0]["severity"].cat.codes) <= 0)
