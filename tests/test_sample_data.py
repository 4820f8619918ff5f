"""The committed sample series are what their README says, byte for byte and tissue for tissue."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest

import dicomview as dv

if TYPE_CHECKING:
    from types import ModuleType

SAMPLES = Path(__file__).parent.parent / "sample_data"
COUNTS = {
    "ct_chest": 60,
    "mr_head": 40,
    "broken/missing_slice": 17,
    "broken/mixed_localizer": 17,
    "broken/gantry_tilt": 18,
}


def headers(name: str) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(path) for path in sorted((SAMPLES / name).glob("*.dcm"))]


@pytest.fixture(scope="module")
def chest() -> tuple[np.ndarray, np.ndarray]:
    """Hounsfield units and the place of the first pixel of each slice."""
    datasets = headers("ct_chest")
    values = np.stack([ds.pixel_array.astype(float) * ds.RescaleSlope + ds.RescaleIntercept for ds in datasets])
    return values, np.array([ds.ImagePositionPatient for ds in datasets], float)


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SAMPLES))
    import generate

    return generate


def tissues() -> list[tuple[str, list[float]]]:
    """Return the rows of the README's table that give a place: name and HU, x, y, z, radius."""
    text = (SAMPLES / "README.md").read_text(encoding="utf-8").replace("−", "-")
    number = r"\s*(-?[\d.]+)\s*\|"
    rows = re.findall(rf"^\|\s*([a-z ]+?)\s*\|{number * 5}$", text, flags=re.M)
    return [(name, [float(value) for value in values]) for name, *values in rows]


def test_the_readme_lists_the_tissues():
    assert len(tissues()) == 17


@pytest.mark.parametrize(("name", "row"), tissues(), ids=[name for name, _ in tissues()])
def test_tissue_has_its_documented_hounsfield_units(chest, name, row):
    values, corners = chest
    hu, x, y, z, radius = row
    k, j, i = np.indices(values.shape, sparse=True)
    place = corners[0, 0] + 1.2 * i, corners[0, 1] + 1.2 * j, corners[:, 2][k]
    ball = (place[0] - x) ** 2 + (place[1] - y) ** 2 + (place[2] - z) ** 2 <= radius**2
    inside = values[ball]
    assert inside.size >= 20
    # Four standard errors, wider by 1.6 because neighbours share noise, and a little for the lung's own slope.
    tolerance = min(5.0, 1.0 + 4 * 1.6 * 12.0 / np.sqrt(inside.size))
    assert inside.mean() == pytest.approx(hu, abs=tolerance)
    assert inside.std() < 20, "more than noise: another tissue is in the ball"


def test_the_nodule_stands_alone_in_the_lung(chest):
    values, corners = chest
    column, row = round((-74 - corners[0, 0]) / 1.2), round((32 - corners[0, 1]) / 1.2)
    slice_ = int(np.argmin(abs(corners[:, 2] + 84)))
    around = values[slice_, row - 10 : row + 11, column - 10 : column + 11]
    j, i = np.mgrid[-10:11, -10:11] * 1.2
    ring = (np.hypot(i, j) > 7) & (np.hypot(i, j) < 9)
    assert np.median(around[ring]) < -800
    area = (around[np.hypot(i, j) < 9] > -400).sum() * 1.2**2
    assert area == pytest.approx(np.pi * 5**2, rel=0.2)


def test_noise_of_the_chest(chest):
    values, _ = chest
    assert values[2:10, 5:25, 5:60].std() == pytest.approx(8, abs=1)
    assert values.min() >= -1024


@pytest.mark.parametrize(("name", "count"), COUNTS.items())
def test_series_is_one_series_with_numbered_names(name, count):
    datasets = headers(name)
    assert len(datasets) == count
    assert len({ds.SeriesInstanceUID for ds in datasets}) == 1
    assert len({ds.SOPInstanceUID for ds in datasets}) == count
    numbers = [int(path.stem) for path in sorted((SAMPLES / name).glob("*.dcm"))]
    assert numbers == [ds.InstanceNumber for ds in datasets]


def test_objects_are_about_the_chest():
    series = headers("ct_chest")[0]
    objects = {path.stem: pydicom.dcmread(path) for path in (SAMPLES / "chest_objects").glob("*.dcm")}
    assert sorted(objects) == ["ko", "pr", "rtdose", "rtstruct", "seg"]
    assert {ds.StudyInstanceUID for ds in objects.values()} == {series.StudyInstanceUID}
    assert len({ds.SeriesInstanceUID for ds in objects.values()} - {series.SeriesInstanceUID}) == 5
    for name in ("rtdose", "seg"):
        assert objects[name].FrameOfReferenceUID == series.FrameOfReferenceUID


def test_objects_are_as_large_as_documented():
    table = dv.regions(SAMPLES / "ct_chest", SAMPLES / "chest_objects").table()
    shell, cord = 4 / 3 * np.pi * (15**3 - 8**3) / 1000, np.pi * 5**2 * 120 / 1000
    known = {"Nodule": 0.524, "GTV": 0.524, "Shell": shell, "Spinal cord": cord}
    for name, ml in known.items():
        assert table.loc[name, "volume_ml"] == pytest.approx(ml, rel=0.06), name
    assert table.loc["GTV", "dose_max"] == pytest.approx(60, abs=1.5)
    assert table.loc["Heart", "mean"] > 110


def test_every_identity_is_fictitious():
    """In the data set and, for what hides behind a keyword, in the bytes."""
    for path in SAMPLES.rglob("*.dcm"):
        ds = pydicom.dcmread(path, stop_before_pixels=True)
        people = {str(element.value) for element in ds.iterall() if element.VR == "PN" and element.value}
        assert people == {"Phantom^Fictitious"}, path.name
        assert ds.PatientID == "FICTITIOUS-0001"
        assert not ds.PatientBirthDate
        assert not ds.AccessionNumber
        assert not ds.get("InstitutionName")


def test_uids_differ_between_the_series():
    uids = {name: headers(name)[0].SeriesInstanceUID for name in COUNTS}
    assert len(set(uids.values())) == len(COUNTS)


def test_windows_of_the_chest():
    ds = headers("ct_chest")[0]
    assert list(ds.WindowCenter) == [40, -600]
    assert list(ds.WindowWidth) == [400, 1500]
    assert list(ds.WindowCenterWidthExplanation) == ["MEDIASTINUM", "LUNG"]


def test_the_chest_begins_at_the_head_and_is_regular():
    z = [float(ds.ImagePositionPatient[2]) for ds in headers("ct_chest")]
    assert z[0] == -40
    assert set(np.diff(z)) == {-2.0}


def test_the_head_is_oblique_regular_and_without_a_window():
    datasets = headers("mr_head")
    row, column = np.array(datasets[0].ImageOrientationPatient, float).reshape(2, 3)
    positions = np.array([ds.ImagePositionPatient for ds in datasets], float)
    assert abs(row @ column) < 1e-9
    assert np.allclose(np.diff(positions, axis=0), 3.0 * np.cross(row, column), atol=1e-6)
    assert max(abs(np.cross(row, column))) < 0.95
    assert not any("WindowCenter" in ds for ds in datasets)
    assert max(int(ds.pixel_array.max()) for ds in datasets) < 2**12
    assert (datasets[0].BitsStored, datasets[0].HighBit) == (12, 11)


def test_missing_slice_is_the_ninth():
    datasets = headers("broken/missing_slice")
    assert 9 not in [ds.InstanceNumber for ds in datasets]
    gaps = -np.diff([float(ds.ImagePositionPatient[2]) for ds in datasets])
    assert sorted(gaps) == [6.0] * 15 + [12.0]


def test_mixed_localizer_looks_across_the_slices():
    localizer, *slices = headers("broken/mixed_localizer")
    assert list(localizer.ImageType) == ["DERIVED", "PRIMARY", "LOCALIZER"]
    assert {ds.ImageType[2] for ds in slices} == {"AXIAL"}
    assert (localizer.Rows, localizer.Columns) == (slices[0].Rows, slices[0].Columns)
    assert [float(v) for v in localizer.ImageOrientationPatient] == [1, 0, 0, 0, 0, -1]


def test_gantry_tilt_is_a_shear_of_fifteen_degrees():
    datasets = headers("broken/gantry_tilt")
    row, column = np.array(datasets[0].ImageOrientationPatient, float).reshape(2, 3)
    step = np.diff([ds.ImagePositionPatient for ds in datasets], axis=0).astype(float)
    angle = np.degrees(np.arccos(abs(step[0] @ np.cross(row, column)) / np.linalg.norm(step[0])))
    assert angle == pytest.approx(15.0, abs=1e-4)
    assert {float(ds.GantryDetectorTilt) for ds in datasets} == {15.0}
    assert np.allclose(step, step[0])


def test_a_tilted_picture_shows_what_is_at_its_place(generator):
    """The straight spinal canal goes through all slices: in a tilted one it is found at the row its tags say."""
    for ds in headers("broken/gantry_tilt")[3:15:4]:
        _, column = np.array(ds.ImageOrientationPatient, float).reshape(2, 3)
        canal = (76.0 - float(ds.ImagePositionPatient[1])) / column[1] / 4.8
        hu = ds.pixel_array[:, 31:33].mean(axis=1) - 1024.0
        assert abs(hu[int(canal) : int(canal) + 2].mean() - generator.phantom_chest.CORD) < 60


def test_checksums_cover_every_file():
    lines = (SAMPLES / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    listed = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert list(listed) == sorted(listed)
    assert set(listed) == {path.relative_to(SAMPLES).as_posix() for path in SAMPLES.rglob("*.dcm")}
    for name, digest in listed.items():
        assert hashlib.sha256((SAMPLES / name).read_bytes()).hexdigest() == digest, name


def test_committed_data_stay_small():
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file()) < 15e6


@pytest.mark.parametrize(("name", "count"), [("broken/missing_slice", 17), ("chest_objects", 5)])
def test_generator_gives_the_committed_bytes_twice(generator, tmp_path, name, count):
    for folder in (tmp_path / "a", tmp_path / "b"):
        paths = generator.generate(folder, names=[name])
        assert len(paths) == count
        for path in paths:
            assert path.read_bytes() == (SAMPLES / name / path.name).read_bytes(), path.name


def test_generator_overwrites_only_when_told(generator, tmp_path, monkeypatch, capsys):
    name = "broken/gantry_tilt"
    monkeypatch.setattr(generator, "SERIES", {name: lambda: generator._small_chest("gantry-tilt", 2)})
    assert generator.main([str(tmp_path)]) == 0
    first = tmp_path / name / "0001.dcm"
    first.write_bytes(b"mine")
    assert generator.main([str(tmp_path)]) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert first.read_bytes() == b"mine"
    (tmp_path / "SHA256SUMS").unlink()
    assert generator.main([str(tmp_path)]) == 1
    assert generator.main([str(tmp_path), "--overwrite"]) == 0
    assert first.read_bytes() != b"mine"
    assert len((tmp_path / "SHA256SUMS").read_text().splitlines()) == 2
