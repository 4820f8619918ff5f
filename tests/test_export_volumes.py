"""NIfTI and NRRD: what nibabel, SimpleITK and dcm2niix read of them is what the series says."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import phantoms
import pytest
import SimpleITK as sitk  # noqa: N813
from conftest import CLONE
from oracles import PYDICOM_FILES

import dicomview as dv
from dicomview import errors
from dicomview.demo.synthetic import write
from dicomview.export.block import as_integers

if TYPE_CHECKING:
    from pathlib import Path

SAMPLES = CLONE / "sample_data"
SECRETS = (b"Phantom", b"Fictitious", b"FICTITIOUS", b"Synthetic")


def at_ras(image: Any, point: Any) -> Any:
    """The value of the nearest voxel at a point in RAS mm, as nibabel reads it."""
    i, j, k = np.rint(np.linalg.solve(image.affine, [*point, 1.0])[:3]).astype(int)
    return image.dataobj[i, j, k]


@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
@pytest.mark.parametrize("pile", [phantoms.regular, phantoms.oblique, phantoms.sagittal])
def test_every_voxel_lies_where_its_slice_says(pile, ending, tmp_path):
    instances = pile()
    path = dv.export.nifti(phantoms.shuffled(instances), tmp_path / f"out{ending}")
    assert path == tmp_path / f"out{ending}"
    image = nib.load(path)
    header = image.header
    assert image.get_data_dtype() == np.int16
    assert (int(header["sform_code"]), int(header["qform_code"])) == (1, 1)
    assert np.abs(image.get_qform() - image.get_sform()).max() < 1e-5
    assert header.get_xyzt_units()[0] == "mm"
    for k, one in enumerate(instances):
        row = np.array(one.ImageOrientationPatient[3:], float) * float(one.PixelSpacing[0])
        column = np.array(one.ImageOrientationPatient[:3], float) * float(one.PixelSpacing[1])
        for j, i in ((0, 0), (9, 0), (4, 7)):
            x, y, z = phantoms.position_of(one) + j * row + i * column
            assert at_ras(image, (-x, -y, z)) == 100 * k + 10 * j + i
    assert not any(secret in path.read_bytes() for secret in SECRETS)


def dcm2niix(source: Path, out: Path) -> Any:
    program = shutil.which("dcm2niix") or pytest.importorskip("dcm2niix").bin
    out.mkdir()
    subprocess.run([program, "-z", "n", "-b", "n", "-f", "x", "-o", out, source], check=True, capture_output=True)
    (path,) = out.glob("*.nii")
    return nib.load(path)


@pytest.mark.parametrize(
    "source",
    ["ct_chest", "mr_head", "CT_small.dcm", "MR_small.dcm", phantoms.oblique, phantoms.slope_per_slice,
     phantoms.time_points],
    ids=lambda one: getattr(one, "__name__", str(one)),
)  # fmt: skip
def test_affine_and_values_are_those_of_dcm2niix(source, tmp_path):
    folder = tmp_path / "in"
    if callable(source):
        write(source(), folder)
    elif source.endswith(".dcm"):
        folder.mkdir()
        shutil.copy(PYDICOM_FILES / source, folder)
    else:
        folder = SAMPLES / source
    # dcm2niix turns the rows round; brought to the same axes, voxels at the same place must be the same.
    theirs = nib.as_closest_canonical(dcm2niix(folder, tmp_path / "theirs"))
    ours = nib.as_closest_canonical(nib.load(dv.export.nifti(folder, tmp_path / "ours.nii")))
    assert ours.shape == theirs.shape
    assert np.abs(ours.affine - theirs.affine).max() < 5e-5
    # Where the slope differs from slice to slice both write float32, and round once more or less.
    assert np.allclose(ours.get_fdata(), theirs.get_fdata(), rtol=2e-7, atol=0)


def test_whole_numbers_where_they_give_back_every_value_else_float32(tmp_path):
    chest = nib.load(dv.export.nifti(SAMPLES / "ct_chest", tmp_path / "chest.nii"))
    series = dv.read_series(SAMPLES / "ct_chest")
    assert (chest.get_data_dtype(), chest.dataobj.slope, chest.dataobj.inter) == (np.int16, 1.0, -1024.0)
    assert np.array_equal(np.asarray(chest.dataobj).T, series.volume().array)
    slopes = nib.load(dv.export.nifti(phantoms.slope_per_slice(), tmp_path / "slopes.nii"))
    volume = dv.read_series(phantoms.slope_per_slice()).volume()
    assert slopes.get_data_dtype() == np.float32
    assert np.array_equal(np.asarray(slopes.dataobj).T, volume.array)
    tenth = phantoms.regular(slope=0.1)  # which float32, and so scl_slope, cannot hold
    rounded = nib.load(dv.export.nifti(tenth, tmp_path / "tenth.nii"))
    assert rounded.get_data_dtype() == np.float32
    assert np.array_equal(np.asarray(rounded.dataobj).T, dv.read_series(tenth).volume().array)
    for values, dtype in (
        ((0, 255), np.uint8),
        ((-1, 255), np.int16),
        ((0, 40000), np.uint16),
        ((-1, 1 << 20), np.int32),
    ):
        found = as_integers(np.array([[values]], np.float32), ((1.0, 0.0),))
        assert found is not None
        assert found[0].dtype == dtype
    for values in ((0.5, 1), (np.nan, 1), (1e12, 1)):
        assert as_integers(np.array([[values]], np.float32), ((1.0, 0.0),)) is None


def test_a_sheared_stack_has_its_sform_alone(tmp_path):
    pile = phantoms.tilted()
    with pytest.raises(errors.NotAVolume, match="on_shear"):
        dv.export.nifti(pile, tmp_path / "no.nii")
    assert list(tmp_path.iterdir()) == []
    image = nib.load(dv.export.nifti(pile, tmp_path / "tilted.nii", on_shear="affine"))
    assert (int(image.header["sform_code"]), int(image.header["qform_code"])) == (1, 0)
    x, y, z = phantoms.position_of(pile[11])
    assert at_ras(image, (-x, -y, z)) == 1100
    straight = nib.load(dv.export.nifti(pile, tmp_path / "straight.nii", on_shear="resample"))
    assert int(straight.header["qform_code"]) == 1


def in_time(**step: float) -> list[Any]:
    pile = phantoms.repetitions(3)
    for n, one in enumerate(pile):
        for keyword, value in step.items():
            setattr(one, keyword, value)
        if not step:
            one.AcquisitionDate, one.AcquisitionTime = "20260101", f"1200{n // phantoms.SLICES * 4:02d}.5"
    return pile


@pytest.mark.parametrize(
    ("pile", "seconds"),
    [
        (lambda: in_time(), 4.0),
        (lambda: in_time(TemporalResolution=2500), 2.5),
        (lambda: in_time(ScanningSequence="EP", RepetitionTime="3000"), 3.0),
        (lambda: in_time(ScanningSequence="GR", RepetitionTime="3"), None),  # of one line, not of a volume
        (lambda: phantoms.repeats({"TriggerTime": "0"}, {"TriggerTime": "250"}), 0.25),
        # Told apart by how long they last, which says nothing of when they began.
        (lambda: phantoms.repeats({"ActualFrameDuration": "5000"}, {"ActualFrameDuration": "10000"}), None),
        (phantoms.echoes, None),
    ],
)  # fmt: skip
def test_the_fourth_axis_is_in_seconds_where_it_is_time(pile, seconds, tmp_path):
    instances = pile()
    image = nib.load(dv.export.nifti(instances, tmp_path / "out.nii"))
    count = len(instances) // phantoms.SLICES
    assert image.shape == (8, 10, 12, count)
    assert image.header.get_zooms()[3] == (seconds or 1.0)
    assert image.header.get_xyzt_units() == ("mm", "sec" if seconds else "unknown")
    for block in range(count):
        assert np.array_equal(np.asarray(image.dataobj)[..., block].T, phantoms.voxels() + phantoms.BLOCK * block)


def test_one_extra_axis_may_be_open_and_others_are_chosen(tmp_path):
    pile = phantoms.echoes_and_components()
    with pytest.raises(errors.NotAVolume, match=r"echo=0 to 1.*component=0 to 1"):
        dv.export.nifti(pile, tmp_path / "out.nii")
    image = nib.load(dv.export.nifti(pile, tmp_path / "out.nii", echo=1))
    assert image.shape == (8, 10, 12, 2)
    assert image.dataobj[0, 0, 0, 1] == 3 * phantoms.BLOCK
    assert nib.load(dv.export.nifti(pile, tmp_path / "one.nii", echo=1, component=0)).shape == (8, 10, 12)


@pytest.mark.parametrize("pile", [phantoms.regular, phantoms.oblique, phantoms.slope_per_slice])
def test_simpleitk_reads_the_same_volume_from_nrrd(pile, tmp_path):
    instances = pile()
    volume = dv.read_series(instances).volume()
    path = dv.export.nrrd(instances, tmp_path / "out.nrrd")
    image = sitk.ReadImage(str(path))
    assert np.array_equal(sitk.GetArrayFromImage(image), volume.array)
    for k, j, i in ((0, 0, 0), (11, 9, 7), (3, 8, 1)):
        point = image.TransformIndexToPhysicalPoint((i, j, k))
        assert np.abs(volume.affine[:3] @ [k, j, i, 1] - point).max() < 1e-6
    assert not any(secret in path.read_bytes() for secret in SECRETS)


def test_nrrd_keeps_units_and_lists_an_open_axis(tmp_path):
    head = dv.export.nrrd(SAMPLES / "ct_chest", tmp_path / "chest.nrrd").read_bytes().split(b"\n\n")[0]
    assert b"sample units: HU" in head.replace(b'"', b"")
    image = sitk.ReadImage(str(dv.export.nrrd(phantoms.echoes(), tmp_path / "echoes.nrrd")))
    assert image.GetNumberOfComponentsPerPixel() == 2
    assert image[5, 4, 3] == (345, 345 + phantoms.BLOCK)
    hostile = dv.Volume(np.zeros((2, 2, 2), np.float32), np.eye(4), units="HU\nspace: right-anterior-superior")
    assert sitk.ReadImage(str(dv.export.nrrd(hostile, tmp_path / "hostile.nrrd"))).GetSize() == (2, 2, 2)
    assert b"right" not in (tmp_path / "hostile.nrrd").read_bytes()


def test_a_volume_of_ones_own(tmp_path):
    volume = dv.Volume(np.random.default_rng(1).normal(size=(3, 4, 5)).astype(np.float32), np.diag([2.0, 1, 1, 1]))
    image = nib.load(dv.export.nifti(volume, tmp_path / "own.nii"))
    assert np.array_equal(np.asarray(image.dataobj).T, volume.array)
    with pytest.raises(errors.UnknownChoice, match="on_missing"):
        dv.export.nifti(volume, tmp_path / "again.nii", on_missing="nan")
    with pytest.raises(errors.UnknownChoice, match=r"Volume\(array, affine\)"):
        dv.export.nifti(volume.array, tmp_path / "again.nii")  # type: ignore[arg-type]


def test_nothing_is_overwritten_unasked_and_nothing_is_left_half(tmp_path, monkeypatch):
    target = tmp_path / "out.nii"
    target.write_bytes(b"mine")
    with pytest.raises(errors.AlreadyThere, match="overwrite=True"):
        dv.export.nifti(phantoms.regular(), target)
    assert target.read_bytes() == b"mine"

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(nib, "save", lambda _, path: (path.write_bytes(b"half"), interrupted()))
        with pytest.raises(KeyboardInterrupt):
            dv.export.nifti(phantoms.regular(), target, overwrite=True)
    assert target.read_bytes() == b"mine"
    assert [one.name for one in tmp_path.iterdir()] == ["out.nii"]
    dv.export.nifti(phantoms.regular(), target, overwrite=True)
    assert nib.load(target).shape == (8, 10, 12)
    with pytest.raises(errors.NothingFound, match="no folder"):
        dv.export.nifti(phantoms.regular(), tmp_path / "nowhere" / "out.nii")
    with pytest.raises(errors.UnknownChoice, match=r"\.nii or \.nii\.gz"):
        dv.export.nifti(phantoms.regular(), tmp_path / "out.hdr")
