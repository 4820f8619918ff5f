"""Samples: every regular volume once, aligned with its masks, and whatever was left out listed with the reason."""

from __future__ import annotations

import itertools
import pickle
from typing import Any

import numpy as np
import phantoms
import pytest
import SimpleITK as sitk  # noqa: N813
from conftest import CLONE
from test_export_derived import pet
from test_objects_segmentation import two_masks, written

import dicomview as dv
from dicomview import errors
from dicomview.space.respace import respaced

SAMPLES = CLONE / "sample_data"


def several() -> list[Any]:
    """Nine series, of which some are no volumes; the largest comes first."""
    piles = {
        "echoes": phantoms.echoes(),
        "regular": phantoms.regular(phantoms.voxels(11), seed="samples/regular"),
        "missing": phantoms.missing(),
        "tilted": phantoms.tilted(seed="samples/tilted"),
        "projection": phantoms.projection(),
        "report": [phantoms.report()],
    }
    for name, pile in piles.items():
        for one in pile:
            one.SeriesInstanceUID = f"1.2.{sorted(piles).index(name) + 1}"
            one.SOPInstanceUID = f"{one.SOPInstanceUID[:50]}.{sorted(piles).index(name) + 1}"
    return [one for pile in piles.values() for one in pile]


def test_every_volume_once_and_the_others_listed():
    catalog = dv.scan(several())
    found = dv.samples(catalog, tags=["Modality", "KVP", "ImageType", "EchoTime"])
    assert repr(found) == "Samples: 3 volumes, 4 stacks skipped (see .skipped)"
    assert sorted(found.skipped["verdict"]) == ["MISSING_SLICES", "NO_IMAGES", "PROJECTION_ONLY", "SHEAR"]
    reasons = found.skipped.set_index("verdict")["reason"]
    assert "InstanceNumber" in reasons["MISSING_SLICES"]
    assert "15.00" in reasons["SHEAR"]
    first, second, third = found
    assert (first["axes"], second["axes"], third["axes"]) == ({"echo": 10.0}, {"echo": 80.0}, {})
    assert np.array_equal(second["image"], phantoms.voxels() + phantoms.BLOCK)
    assert third["image"].dtype == np.float32
    assert third["image"].shape == (11, 10, 8)
    assert (third["units"], third["uid"], third["verdict"]) == ("HU", "1.2.4", "OK")
    assert third["tags"] == {
        "Modality": "CT",
        "KVP": 120.0,
        "ImageType": ("DERIVED", "PRIMARY", "AXIAL"),
        "EchoTime": None,
    }
    assert type(third["tags"]["KVP"]) is float
    assert second["tags"]["EchoTime"] == 80.0
    volume = dv.read_series([one for one in several() if one.SeriesInstanceUID == "1.2.4"]).volume()
    assert np.array_equal(third["affine"], volume.affine)
    assert third["spacing"] == pytest.approx((2.0, 0.8, 0.7))
    assert "FICTITIOUS" not in str(first)
    with pytest.raises(IndexError):
        found[3]
    mended = dv.samples(catalog, on_missing="nan", on_shear="resample")
    assert len(mended) == 5
    assert set(mended.skipped["verdict"]) == {"NO_IMAGES", "PROJECTION_ONLY"}
    notes = [one["notes"] for one in mended if one["verdict"] != "OK"]
    assert all("FILLED" in str(note) or "RESAMPLED" in str(note) for note in notes)


def test_nothing_is_read_before_it_is_asked_for(monkeypatch):
    reads: list[int] = []
    decode = dv.Slice.decoded
    monkeypatch.setattr(dv.Slice, "decoded", lambda self: reads.append(1) or decode(self))
    found = dv.samples(SAMPLES, modalities=["CT", "MR"])
    assert len(found) == 3
    assert list(found.skipped["verdict"].sort_values()) == ["LOCALIZER", "MISSING_SLICES", "SHEAR"]
    assert reads == []
    assert found[1]["image"].shape == (40, 128, 128)
    assert len(reads) == 40


def test_windows_become_channels_from_0_to_1():
    (sample,) = dv.samples(phantoms.regular(), windows=["lung", (500, 1000), dv.Window(500, 1000, "SIGMOID")])
    values = phantoms.voxels().astype(float)
    assert sample["image"].shape == (3, 12, 10, 8)
    assert sample["image"].dtype == np.float32
    assert np.allclose(sample["image"][1], np.clip((values - 499.5) / 999 + 0.5, 0, 1), atol=1e-6)
    assert np.allclose(sample["image"][2], 1 / (1 + np.exp(-4 * (values - 500) / 1000)), atol=1e-6)
    # The same formula as the picture's, before it is rounded to grey levels.
    for channel, window in enumerate(("lung", (500, 1000))):
        grey = dv.picture(phantoms.regular(), index=4, window=window).pixels
        assert np.array_equal(np.floor(sample["image"][channel, 4].astype(float) * 255 + 0.5 + 1e-5), grey)
    empty = dv.Window(0, 1).fraction(np.array([np.nan, -1, 1]))
    assert empty.tolist() == [0, 0, 1]


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (5.0, 0.8, 2.0), (2.0, 0.8, 0.7), (30.0, 30.0, 30.0)])
def test_another_spacing_is_what_itk_makes_of_it(spacing):
    pile = phantoms.oblique(stored=np.random.default_rng(2).integers(-500, 500, (12, 10, 8)).astype(np.int16))
    (sample,) = dv.samples(pile, spacing=spacing)
    image, affine = sample["image"], sample["affine"]
    assert sample["spacing"] == pytest.approx(spacing)
    volume = dv.read_series(pile).volume()
    grid = dv.export.simpleitk(dv.Volume(np.zeros_like(image), affine))
    source = dv.export.simpleitk(volume)
    theirs = sitk.GetArrayFromImage(
        sitk.Resample(source, grid, sitk.Transform(), sitk.sitkLinear, 0.0, sitk.sitkFloat32, True)
    )
    inside = np.indices(image.shape).reshape(3, -1)
    there = np.linalg.solve(volume.affine, affine @ np.vstack([inside, np.ones(inside.shape[1])]))[:3]
    # Beyond the outermost centres ITK takes the nearest voxel, and dicomview goes on along the others axes.
    centred = ((there >= -1e-6) & (there <= np.array([[11], [9], [7]]) + 1e-6)).all(axis=0).reshape(image.shape)
    assert np.abs(image - theirs)[centred].max(initial=0) < 1e-2
    for shape, size, mm in zip(image.shape, (12 * 2.0, 10 * 0.8, 8 * 0.7), spacing, strict=True):
        assert shape == max(1, round(size / mm))
    # The middle stays where it is.
    middle = [(n - 1) / 2 for n in image.shape], [(n - 1) / 2 for n in volume.array.shape]
    assert np.allclose((affine @ [*middle[0], 1])[:3], (volume.affine @ [*middle[1], 1])[:3])
    if spacing == (2.0, 0.8, 0.7):
        assert np.array_equal(image, volume.array)


def test_empty_voxels_stay_empty_where_they_take_part():
    array = np.arange(4, dtype=np.float32).reshape(4, 1, 1)
    array[1] = np.nan
    finer, _ = respaced(array, np.eye(4), (0.5, 1, 1))
    assert np.isnan(finer[1:5]).all()
    assert finer[[0, 5, 6, 7], 0, 0].tolist() == [0.0, 2.25, 2.75, 3.0]


@pytest.mark.parametrize("spacing", [None, (1.0, 0.5, 0.5)])
def test_masks_lie_where_their_segmentation_says(spacing):
    pile, masks = phantoms.oblique(), two_masks()
    seg = written(pile, masks)
    (sample,) = dv.samples([*pile, seg], masks=True, spacing=spacing)
    assert list(sample["masks"]) == ["liver", "tumour"]
    for n, mask in enumerate(sample["masks"].values()):
        assert mask.shape == sample["image"].shape
        truth = dv.export.simpleitk(dv.Volume(masks[..., n].astype(np.float32), sample["original_affine"]))
        grid = dv.export.simpleitk(dv.Volume(sample["image"], sample["affine"]))
        nearest = sitk.Resample(truth, grid, sitk.Transform(), sitk.sitkNearestNeighbor, 0.0, sitk.sitkFloat32, True)
        different = mask != sitk.GetArrayFromImage(nearest).astype(bool)
        assert different.mean() < (1e-3 if spacing is None else 0.02)  # voxels as near to one as to another
        assert mask.any()
    assert len(dv.samples([*pile, seg]).skipped) == 1  # unasked for, it is no volume
    elsewhere = phantoms.regular(seed="elsewhere")
    assert [list(one["masks"]) for one in dv.samples([*pile, seg, *elsewhere], masks=True)] == [["liver", "tumour"], []]


def test_pet_in_suv_or_left_out():
    without = pet()
    for one in without:
        one.SeriesInstanceUID = "1.2.3"
        one.SOPInstanceUID = f"{one.SOPInstanceUID[:60]}.1"
        del one.PatientWeight
    found = dv.samples([*pet(), *without], units="SUVbw")
    assert [one["units"] for one in found] == ["SUVbw"]
    assert found.skipped[["verdict", "SeriesInstanceUID"]].values.tolist() == [["NOT_SUV", "1.2.3"]]
    assert "PatientWeight" in found.skipped["reason"][0]
    assert {one["units"] for one in dv.samples(without)} == {"Bq/ml"}


def test_what_does_not_exist_is_refused_before_anything_is_read():
    pile = phantoms.regular()
    for options, words in (
        ({"tags": ["KPV"]}, "did you mean KVP"),
        ({"tags": "KVP"}, "is a list"),
        ({"modalities": "CT"}, "is a list"),
        ({"spacing": (1, 2)}, "three numbers"),
        ({"spacing": (1, 2, 0)}, "above 0"),
        ({"windows": ["lnug"]}, "lnug"),
        ({"units": "SUV"}, "SUVbw"),
        ({"echo": 1}, "'echo' is no option"),
    ):
        with pytest.raises(errors.UnknownChoice, match=words):
            dv.samples(pile, **options)  # type: ignore[arg-type]


def test_metadata_of_monai_are_in_ras():
    (sample,) = dv.samples(phantoms.oblique(), spacing=(1, 1, 1))
    (made,) = dv.samples(phantoms.oblique(), spacing=(1, 1, 1)).monai()
    meta = made["image_meta_dict"]
    assert np.array_equal(made["image"], sample["image"])
    assert (meta["affine"] @ [1, 2, 3, 1])[:3].tolist() == pytest.approx(
        ((sample["affine"] @ [1, 2, 3, 1])[:3] * [-1, -1, 1]).tolist()
    )
    x, y, z = phantoms.ORIGIN
    assert meta["original_affine"][:3, 3].tolist() == pytest.approx([-x, -y, z])
    assert meta["spatial_shape"].tolist() == list(made["image"].shape)
    assert np.isnan(meta["original_channel_dim"])
    (channels,) = dv.samples(phantoms.oblique(), windows=["lung", "bone"]).monai(lambda one: one["image_meta_dict"])
    assert channels["original_channel_dim"] == 0
    assert channels["spatial_shape"].tolist() == [12, 10, 8]


def test_samples_go_to_another_process(tmp_path):
    from dicomview.demo.synthetic import write

    write(phantoms.regular(), tmp_path)
    found = dv.samples(tmp_path, tags=["KVP"])
    found[0]
    again = pickle.loads(pickle.dumps(found))
    assert np.array_equal(again[0]["image"], found[0]["image"])


def test_without_torch_a_pip_line(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    monkeypatch.setitem(__import__("sys").modules, "torch.utils.data", None)
    found = dv.samples(phantoms.regular())
    with pytest.raises(errors.MissingExtra, match=r"pip install \"dicomview\[torch\]\""):
        found.map_style()[0]
    with pytest.raises(errors.MissingExtra, match=r"pip install \"dicomview\[torch\]\""):
        found.iterable()


# With PyTorch and MONAI, where they are installed: they are large, and no part of the extra `test`.


def least(sample: dict[str, Any]) -> float:
    return float(sample["image"].min())


def test_a_loader_of_pytorch_takes_both_kinds(tmp_path):
    torch = pytest.importorskip("torch")
    from dicomview.demo.synthetic import write

    for n in range(5):
        write(phantoms.regular(phantoms.voxels() + np.int16(n), seed=f"study/{n}"), tmp_path / str(n))
    found = dv.samples(tmp_path, tags=["KVP"])
    batches = list(torch.utils.data.DataLoader(found.map_style(lambda one: one["image"]), batch_size=5))
    assert batches[0].shape == (5, 12, 10, 8)
    assert batches[0].dtype == torch.float32
    whole = next(iter(torch.utils.data.DataLoader(found.map_style(), batch_size=None)))
    assert isinstance(whole["affine"], torch.Tensor)
    assert whole["tags"] == {"KVP": 120.0}
    stream = found.iterable(least, shuffle=True)
    assert isinstance(stream, torch.utils.data.IterableDataset)
    first, second = list(stream), list(stream)
    assert sorted(first) == sorted(second) == [0, 1, 2, 3, 4]
    assert any(list(stream) != first for _ in range(5))
    loader = torch.utils.data.DataLoader(stream, batch_size=None, num_workers=2, multiprocessing_context="spawn")
    assert sorted(float(one) for one in loader) == [0, 1, 2, 3, 4]


def test_transforms_of_monai_take_the_dictionaries():
    monai = pytest.importorskip("monai")
    from monai.transforms import Compose, EnsureChannelFirst, Orientation

    (made,) = dv.samples(phantoms.oblique()).monai()
    tensor = monai.data.MetaTensor(made["image"], meta=made["image_meta_dict"])
    turned = Compose([EnsureChannelFirst(), Orientation("RAS", labels=(("L", "R"), ("P", "A"), ("I", "S")))])(tensor)
    assert turned.shape[0] == 1
    ours = dv.export.simpleitk(phantoms.oblique())
    for index in itertools.product((0, 5), (1, 7), (2, 9)):
        x, y, z, _ = (turned.affine.numpy() @ [*index, 1]).tolist()
        assert ours[ours.TransformPhysicalPointToIndex((-x, -y, z))] == float(turned[(0, *index)])
