"""Synthetic instances and the template brain."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest

import dicomview.demo as demo
from dicomview.errors import MissingExtra

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def brain_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("nilearn")
    return demo.brain(tmp_path_factory.mktemp("brain") / "series")


def test_names_are_reached_from_the_package():
    assert set(demo.__all__) == {"brain", "demo_uid", "instances", "write"}


def test_instances_are_the_same_bytes_on_every_call(tmp_path):
    stored = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    first = demo.write(demo.instances(stored, seed="same/series"), tmp_path / "a")
    second = demo.write(demo.instances(stored, seed="same/series"), tmp_path / "b")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    # The version of pydicom would change the bytes with every release.
    assert b"PYDICOM" not in first[0].read_bytes()


def test_write_overwrites_nothing(tmp_path):
    datasets = demo.instances(np.zeros((1, 2, 2), np.int16), seed="once/series")
    demo.write(datasets, tmp_path)
    with pytest.raises(FileExistsError):
        demo.write(datasets, tmp_path)


def test_no_minus_before_a_zero():
    (ds,) = demo.instances(np.zeros((1, 2, 2), np.int16), seed="zero/series", origin=(-0.0, 1.0, -2.5))
    assert [str(x) for x in ds.ImagePositionPatient] == ["0", "1", "-2.5"]


def test_brain_geometry_and_values_agree_with_nibabel(brain_folder):
    """Every voxel probed lies where the NIfTI affine (RAS) puts it, seen through DICOM's tags (LPS)."""
    nibabel = pytest.importorskip("nibabel")
    import importlib.resources

    bundled = importlib.resources.files("nilearn") / "datasets/data/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz"
    image = nibabel.load(str(bundled))
    template = np.asanyarray(image.dataobj)
    datasets = [pydicom.dcmread(path) for path in sorted(brain_folder.glob("*.dcm"))]
    assert len(datasets) == template.shape[2]
    landmarks = {
        "anterior commissure": (0, 2, -4),
        "right, front": (30, 50, 10),
        "left, back, low": (-25, -70, -35),
        "right temporal": (55, -10, -20),
    }
    for name, ras in landmarks.items():
        x, y, z = -ras[0], -ras[1], ras[2]
        ds = min(datasets, key=lambda ds: abs(float(ds.ImagePositionPatient[2]) - z))
        offset = np.array([x, y, z]) - np.array(ds.ImagePositionPatient, float)
        across, down = np.array(ds.ImageOrientationPatient, float).reshape(2, 3)
        row, column = offset @ down / ds.PixelSpacing[0], offset @ across / ds.PixelSpacing[1]
        assert abs(offset @ np.cross(across, down)) < 1e-6, name
        voxel = np.rint(nibabel.affines.apply_affine(np.linalg.inv(image.affine), ras)).astype(int)
        expected = template[tuple(voxel)] / template.max() * 1000.0
        assert abs(ds.pixel_array[round(row), round(column)] - expected) <= 0.51, name
        assert expected > 0, name


def test_brain_rows_run_to_the_back_and_columns_to_the_left(brain_folder):
    ds = pydicom.dcmread(sorted(brain_folder.glob("*.dcm"))[90])
    assert [float(v) for v in ds.ImageOrientationPatient] == [1, 0, 0, 0, 1, 0]
    assert (ds.Rows, ds.Columns, ds.Modality) == (233, 197, "MR")
    assert str(ds.PatientName) == "Phantom^Fictitious"


def test_brain_writes_nothing_into_a_folder_that_holds_something(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="holds files already; nothing was written"):
        demo.brain(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_brain_without_nilearn_names_the_pip_line(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "nilearn", None)
    monkeypatch.setitem(sys.modules, "nilearn.datasets", None)
    with pytest.raises(MissingExtra, match=r'python -m pip install "dicomview\[demo\]"'):
        demo.brain(tmp_path / "brain")
    assert not (tmp_path / "brain").exists()


def test_brain_leaves_the_reader_s_warning_filters_alone(brain_folder):
    with pytest.warns(UserWarning, match="still heard"):
        warnings.warn("still heard", stacklevel=1)
