"""SimpleITK images and xarrays: the same values at the same places, and no text that was not asked for."""

from __future__ import annotations

import numpy as np
import phantoms
import pytest
import SimpleITK as sitk  # noqa: N813
import xarray
from conftest import CLONE

import dicomview as dv
from dicomview import errors


@pytest.mark.parametrize("pile", [phantoms.regular, phantoms.oblique, phantoms.tilted])
def test_a_simpleitk_image_has_every_voxel_in_its_place(pile):
    instances = pile()
    image = dv.export.simpleitk(instances, **({"on_shear": "affine"} if pile is phantoms.tilted else {}))
    for k in (0, 7, 11):
        index = image.TransformPhysicalPointToIndex(phantoms.position_of(instances[k]))
        assert index == (0, 0, k)
        assert image[5, 4, k] == 100 * k + 45
    assert image.GetPixelID() == sitk.sitkFloat32
    assert image.GetMetaDataKeys() == ()


def test_an_image_is_what_itk_reads_itself():
    reader = sitk.ImageSeriesReader()
    folder = CLONE / "sample_data" / "mr_head"
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    theirs, ours = reader.Execute(), dv.export.simpleitk(folder)
    # ITK sorts along the normal, dicomview against it: at the same point is the same value.
    for index in ((0, 0, 0), (100, 60, 20), (127, 127, 39)):
        there = ours.TransformPhysicalPointToIndex(theirs.TransformIndexToPhysicalPoint(index))
        assert ours[there] == theirs[index]


def test_several_volumes_are_no_image():
    with pytest.raises(errors.NotAVolume, match="echo=0 to 1"):
        dv.export.simpleitk(phantoms.echoes())
    assert dv.export.simpleitk(phantoms.echoes(), echo=1)[0, 0, 0] == phantoms.BLOCK


def test_an_xarray_has_named_axes_in_mm():
    data = dv.export.xarray(phantoms.regular())
    assert isinstance(data, xarray.DataArray)
    assert data.dims == ("slice", "row", "column")
    assert data.dtype == np.float32
    assert [float(data[name][1]) for name in data.dims] == pytest.approx([2.0, 0.8, 0.7])
    assert data["slice"].attrs["direction"] == [0, 0, -1]
    assert all(data[name].attrs["units"] == "mm" for name in (*data.dims, "x", "y", "z"))
    assert float(data.sel(slice=10.0, row=3.2, column=2.8, method="nearest")) == 544
    # The patient's own axes, where the slices lie along them.
    assert data.swap_dims(slice="z").sel(z=90.0).values[4, 4] == 544
    assert (data["x"].dims, float(data["x"][0]), float(data["y"][0])) == (("column",), -20.0, -30.0)
    assert not {"x", "y", "z"} & set(dv.export.xarray(phantoms.oblique()).coords)
    assert data.attrs["units"] == "HU"
    assert np.array_equal(data.attrs["affine"], dv.read_series(phantoms.regular()).volume().affine)


def test_only_tags_that_were_chosen_go_out(monkeypatch):
    pile = phantoms.regular()
    assert "FICTITIOUS" not in str(dv.export.xarray(pile))
    assert set(dv.export.xarray(pile).attrs) == {"units", "affine", "notes"}
    data = dv.export.xarray(pile, tags=["KVP", "StudyDate", "ImageType", "InstanceNumber", "PatientID", "EchoTime"])
    assert (data.attrs["KVP"], data.attrs["EchoTime"]) == (120.0, None)
    assert data.attrs["StudyDate"].year == 2026
    assert data.attrs["ImageType"] == ("DERIVED", "PRIMARY", "AXIAL")
    assert data.attrs["PatientID"] == "FICTITIOUS-0001"
    assert data["InstanceNumber"].dims == ("slice",)
    assert data["InstanceNumber"].values.tolist() == list(range(1, 13))
    monkeypatch.setenv("DICOMVIEW_IDENTITY", "hide")
    assert dv.export.xarray(pile, tags=["PatientID"]).attrs["PatientID"] == "(hidden)"
    with pytest.raises(errors.UnknownChoice, match="did you mean KVP"):
        dv.export.xarray(pile, tags=["KPV"])
    with pytest.raises(errors.UnknownChoice, match="write tags="):
        dv.export.xarray(pile, tags="KVP")


def test_extra_axes_keep_their_values():
    echoes = dv.export.xarray(phantoms.echoes(), tags=["EchoNumbers"])
    assert echoes.dims == ("echo", "slice", "row", "column")
    assert echoes["echo"].values.tolist() == [10.0, 80.0]
    assert echoes["echo"].attrs == {"units": "ms"}
    assert float(echoes.sel(echo=80.0)[3, 4, 5]) == 345 + phantoms.BLOCK
    assert echoes["EchoNumbers"].dims == ("echo", "slice")
    assert echoes["EchoNumbers"].shape == (2, 12)
    both = dv.export.xarray(phantoms.echoes_and_components(), component=1)
    assert both.dims == ("echo", "slice", "row", "column")
    diffusion = dv.export.xarray(phantoms.diffusion())
    assert [value[0] for value in diffusion["diffusion"].values] == [b for b, _ in phantoms.DIFFUSION]


def test_a_tag_that_changes_in_slices_that_are_not_those_of_the_volume_is_refused():
    with pytest.raises(errors.NotAVolume, match="InstanceNumber changes"):
        dv.export.xarray(phantoms.missing(), on_missing="nan", tags=["InstanceNumber"])
    filled = dv.export.xarray(phantoms.missing(), on_missing="nan", tags=["KVP"])
    assert filled.attrs["KVP"] == 120
    assert np.isnan(filled[5]).all()
    assert filled.attrs["notes"] != []
