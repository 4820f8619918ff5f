"""Segmentations over images and by themselves: P21 of CONFORMANCE.md. highdicom writes them and says where they lie."""

from __future__ import annotations

import warnings
from copy import deepcopy
from typing import Any

import highdicom
import numpy as np
import phantoms
import pytest
import SimpleITK
from highdicom.seg import Segmentation as Written
from highdicom.seg import SegmentDescription
from PIL import Image, ImageCms
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian, RLELossless

import dicomview as dv
from dicomview.demo.synthetic import demo_uid
from dicomview.errors import NotAnImage, UnknownChoice
from dicomview.objects import read_segmentations
from dicomview.render import scene_of

PLANES = ("axial", "coronal", "sagittal")
SHAPE = (phantoms.SLICES, phantoms.ROWS, phantoms.COLUMNS)


def two_masks(shape=SHAPE, seed: int = 1) -> np.ndarray:
    """Two masks that overlap, (k, j, i, 2) uint8; slices 0, 4 and the last are empty."""
    rng = np.random.default_rng(seed)
    masks = np.zeros((*shape, 2), np.uint8)
    masks[1:-1, 1:7, 2:6, 0] = rng.random((shape[0] - 2, 6, 4)) < 0.7
    masks[3:8, 4:9, 3:8, 1] = rng.random((5, 5, 5)) < 0.7
    masks[4] = 0
    assert (masks[..., 0] & masks[..., 1]).any()
    return masks


def written(pile, masks, kind="BINARY", *, labels=("liver", "tumour"), colors=None, **options) -> Written:
    """Write a segmentation of `pile` with highdicom."""
    described = [
        SegmentDescription(
            n, label, codes.SCT.Organ, codes.SCT.Liver, "MANUAL",
            display_color=None if colors is None else highdicom.color.CIELabColor(*colors[n - 1]),
        )
        for n, label in enumerate(labels, start=1)
    ]  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its words about descriptions, and about anonymous patients
        return Written(
            pile, masks, kind, described, demo_uid("seg", "series"), 1, demo_uid("seg", str(masks.shape), kind), 1,
            "dicomview", "tests", "1", "1", **options,
        )  # fmt: skip


def reversed_frames(seg: Written) -> Written:
    """Return the segmentation with its frames, which end on a byte each, in the opposite order."""
    turned = deepcopy(seg)
    size = turned.Rows * turned.Columns // 8
    count = int(turned.NumberOfFrames)
    assert size * 8 == turned.Rows * turned.Columns
    data = turned.PixelData[: size * count]
    turned.PixelData = b"".join(data[k * size : (k + 1) * size] for k in reversed(range(count)))
    turned.PixelData += b"\0" * (len(turned.PixelData) % 2)
    turned.PerFrameFunctionalGroupsSequence = list(reversed(turned.PerFrameFunctionalGroupsSequence))
    return turned


def assert_lies(scene, masks: np.ndarray, names=("liver", "tumour")) -> None:
    """Every plane shows what `masks` (k, j, i, segments), on the grid of the scene, has there."""
    for plane, cut in scene.cuts.items():
        for index in range(scene.counts[plane]):
            found = dict(scene.shot(plane, index).layers)
            for number, name in enumerate(names):
                expected = cut.cut(masks[..., number], index).astype(bool)
                assert (name in found) == expected.any()
                np.testing.assert_array_equal(found.get(name, np.zeros_like(expected)), expected)


def volume_of(seg: Written) -> np.ndarray:
    """Return the masks on the grid of the segmentation itself as highdicom places them."""
    return seg.get_volume(rescale_fractional=False).array


# --- over the images --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("road", ["file", "memory", "series"])
@pytest.mark.parametrize("frames", ["in order", "reversed"])
@pytest.mark.parametrize("pile", [phantoms.regular, phantoms.oblique, phantoms.sagittal])
def test_p21_segments_lie_over_their_images_in_every_plane(pile, frames, road, tmp_path) -> None:
    images, masks = pile(), two_masks()
    seg = written(images, masks)
    assert int(seg.NumberOfFrames) < 2 * len(images)  # none where nothing is set
    source: Any = reversed_frames(seg) if frames == "reversed" else seg
    if road != "memory":
        source.save_as(tmp_path / "seg.dcm")
        source = tmp_path / "seg.dcm"
    scene = scene_of(phantoms.shuffled(images), masks=dv.read_series(source) if road == "series" else source)
    assert [layer.name for layer in scene.layers] == ["liver", "tumour"]
    assert not any("mask" in note for note in scene.notes)
    assert_lies(scene, masks)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, RLELossless])
@pytest.mark.parametrize("kind", ["FRACTIONAL", "LABELMAP"])
def test_p21_fractional_segments_and_label_maps(kind, syntax, tmp_path) -> None:
    images, masks = phantoms.oblique(), two_masks()
    if kind == "LABELMAP":
        masks[..., 0] &= 1 - masks[..., 1]  # one label a voxel
        given: Any = masks[..., 0] + 2 * masks[..., 1]
    else:
        given = masks * np.random.default_rng(2).random(masks.shape)
        masks = np.floor(given * 200 + 0.5) >= 100
        assert masks.any()
        assert (given[~masks.astype(bool)] > 0).any()
    seg = written(images, given, kind, max_fractional_value=200, transfer_syntax_uid=syntax)
    seg.save_as(tmp_path / "seg.dcm")
    scene = scene_of(images, masks=tmp_path / "seg.dcm")
    assert scene.notes == (("fractional segments from one half on",) if kind == "FRACTIONAL" else ())
    assert_lies(scene, masks)


def test_p21_columns_that_are_no_multiple_of_8_and_segments_of_one_file_and_another() -> None:
    stored = phantoms.voxels(9, 9, 7)
    masks = two_masks((9, 9, 11))[..., :7, :]
    images = phantoms.regular(stored)
    one, other = written(images, masks[..., :1], labels=["part"]), written(images, masks[..., 1:], labels=["part"])
    assert_lies(scene_of(images, masks=[one, other]), masks, ["part", "part (2)"])


def test_p21_a_segmentation_on_another_grid_is_resampled_to_the_nearest_voxel() -> None:
    images = phantoms.regular(phantoms.voxels(12, 40, 32), origin=(-9.13, -12.21, 103.3), spacing=(0.63, 0.59))
    turn = phantoms.turned(11.0, (1, 2, 0.5))
    coarse = phantoms.regular(
        phantoms.voxels(9, 16, 14), orientation=(*turn[:, 0], *turn[:, 1]), step=-3.1 * turn[:, 2],
        origin=(-11.0, -13.0, 105.0), spacing=(1.7, 1.4),
    )  # fmt: skip
    masks = two_masks((9, 16, 14))
    masks[4] = masks[3]  # a plane within the mask without frames would be a hole in both
    scene = scene_of(images, masks=written(coarse, masks))
    assert scene.notes == ("mask resampled",)
    grid = itk(np.zeros((12, 40, 32), np.uint8), dv.read_series(images).volume().affine)
    expected = []
    for number in range(2):
        moving = itk(masks[..., number], dv.read_series(coarse).volume().affine)
        found = SimpleITK.Resample(moving, grid, SimpleITK.Transform(), SimpleITK.sitkNearestNeighbor, 0)
        expected.append(SimpleITK.GetArrayFromImage(found))
    assert min(one.sum() for one in expected) > 500
    assert_lies(scene, np.stack(expected, axis=-1))


def itk(array: np.ndarray, affine: np.ndarray) -> SimpleITK.Image:
    image = SimpleITK.GetImageFromArray(array)
    axes = affine[:3, [2, 1, 0]]
    image.SetSpacing(np.linalg.norm(axes, axis=0).tolist())
    image.SetDirection((axes / np.linalg.norm(axes, axis=0)).ravel().tolist())
    image.SetOrigin(affine[:3, 3].tolist())
    return image


@pytest.mark.parametrize("pile", [phantoms.tilted, phantoms.missing, phantoms.two_spacings])
def test_p21_slices_that_are_no_grid_have_their_masks_each(pile) -> None:
    images = pile()
    masks = two_masks((len(images), *SHAPE[1:]))
    scene = scene_of(images, masks=written(images, masks))
    assert list(scene.cuts) == ["axial"]
    assert "mask resampled" not in scene.notes
    assert_lies(scene, masks)


@pytest.mark.parametrize(
    ("shift", "note"),
    [((0.005, 0, 0), ()), ((0.3, 0, 0), ("mask resampled",)), ((0, 0, 500), ("mask beside the pictures",))],
)
def test_p21_a_mask_is_exact_within_a_hundredth_of_a_voxel(shift, note) -> None:
    elsewhere = phantoms.moved(phantoms.regular(), lambda k: shift)
    scene = scene_of(phantoms.regular(), masks=written(elsewhere, two_masks()))
    assert scene.notes == note
    assert any(scene.shot("axial", k).layers for k in range(12)) == ("mask beside the pictures" not in note)


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
def test_p21_what_is_kept_of_a_segmentation_is_bounded(kind, monkeypatch) -> None:
    """With room for three frames, planes across all of them are cut alike, however often."""
    images, masks = phantoms.regular(), two_masks()
    if kind == "LABELMAP":
        masks[..., 0] &= 1 - masks[..., 1]
    monkeypatch.setattr("dicomview.objects.segmentation._RECENT_BYTES", 3 * SHAPE[1] * SHAPE[2])
    (seg,) = read_segmentations(written(images, masks if kind == "BINARY" else masks[..., 0] + 2 * masks[..., 1], kind))
    scene = scene_of(images)
    for plane in PLANES * 2:
        cut, view = scene.cuts[plane], scene.views[plane]
        for index in range(view.count):
            found = seg.cut(scene.where(plane, index), (view.rows, view.columns))
            for number in (1, 2):
                expected = cut.cut(masks[..., number - 1], index).astype(bool)
                np.testing.assert_array_equal(found.get(number, np.zeros_like(expected)), expected)
            assert seg._recent.size <= 3 * SHAPE[1] * SHAPE[2]


def test_p21_more_frames_than_slices_are_said() -> None:
    images = phantoms.regular()
    assert scene_of(images[::2], masks=written(images, two_masks())).notes == ("mask resampled",)
    assert scene_of(images[2:], masks=written(images, two_masks())).notes == ()


def test_p21_another_frame_of_reference_is_refused() -> None:
    images = phantoms.regular()
    seg = written(images, two_masks())
    for ds in images:
        ds.FrameOfReferenceUID = demo_uid("another")
    for door in (dv.picture, dv.figure, dv.view):
        with pytest.raises(UnknownChoice, match="another FrameOfReferenceUID"):
            door(images, masks=seg)


def test_p21_what_has_no_place_takes_arrays_alone() -> None:
    seg = written(phantoms.regular(), two_masks())
    for source in (phantoms.voxels(), phantoms.projection()):
        with pytest.raises(UnknownChoice, match="do not say where they lie"):
            dv.picture(source, masks=seg)
    with pytest.raises(UnknownChoice, match="no DICOM Segmentation"):
        dv.picture(phantoms.regular(), masks=phantoms.regular())
    for item in seg.PerFrameFunctionalGroupsSequence:
        del item.PlanePositionSequence
    with pytest.raises(NotAnImage, match="ImagePositionPatient missing"):
        dv.picture(seg)


def test_p21_a_volume_takes_a_segmentation() -> None:
    images, masks = phantoms.oblique(), two_masks()
    assert_lies(scene_of(dv.read_series(images).volume(), masks=written(images, masks)), masks)


def test_p21_the_data_set_of_a_segmentation_stays_as_it_is() -> None:
    seg = written(phantoms.regular(), two_masks())
    before = deepcopy(seg)
    dv.picture(phantoms.regular(), masks=seg)
    assert seg == before


# --- by themselves ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
def test_p21_a_segmentation_without_its_images_is_shown_over_black(kind) -> None:
    images, masks = phantoms.oblique(), two_masks()
    if kind == "LABELMAP":
        masks[..., 0] &= 1 - masks[..., 1]
    seg = written(images, masks, kind)
    scene = scene_of(seg)
    theirs = volume_of(seg)
    if kind == "LABELMAP":
        theirs = np.stack([theirs == 1, theirs == 2], axis=-1) if theirs.ndim == 3 else theirs
    assert scene.notes == ("segmentation without its images",)
    assert tuple(scene.counts[plane] for plane in PLANES) == theirs.shape[:3]  # the empty slice within is there
    assert_lies(scene, theirs)
    np.testing.assert_allclose(scene.volume.affine, seg.get_volume().affine, atol=1e-6)
    shown = dv.picture(seg, index=0)
    assert shown.letters == dv.picture(images).letters
    assert shown.spacing == pytest.approx(phantoms.SPACING)
    set_there = theirs[0].any(axis=-1)
    np.testing.assert_array_equal(shown.pixels.any(axis=-1), set_there)


# --- names, colours, arrays -------------------------------------------------------------------------------------------


def test_p21_a_segment_has_the_colour_of_the_file() -> None:
    """LittleCMS is the oracle, which takes L* in steps of 100/255; highdicom takes the white of D65 for that of D50."""
    eighths = [(170, 36, 68), (76, 10, -20), (0, 0, 0), (255, 0, 0), (127, 0, 0), (127, -40, 20), (200, -5, 60)]
    colors = [(light / 2.55, a, b) for light, a, b in eighths]
    seg = written(phantoms.regular(), np.ones((*SHAPE, 7), np.uint8), labels="abcdefg", colors=colors)
    to_srgb = ImageCms.buildTransform(
        ImageCms.createProfile("LAB", 5000), ImageCms.createProfile("sRGB"), "LAB", "RGB", renderingIntent=1
    )
    for segment, color in zip(read_segmentations(seg)[0].segments, eighths, strict=True):
        cell = Image.frombytes("LAB", (1, 1), bytes(part % 256 for part in color))
        theirs = ImageCms.applyTransform(cell, to_srgb).getpixel((0, 0))
        assert np.abs(np.array(theirs) - list(bytes.fromhex(segment.color[1:]))).max() <= 2


def test_p21_segments_without_a_colour_or_a_name() -> None:
    seg = written(phantoms.regular(), two_masks(), labels=["same", "same"])
    for item in seg.SegmentSequence:
        item.SegmentLabel = ""
    view = dv.view(phantoms.regular(), masks=seg)
    assert list(view.layers) == ["segment 1", "segment 2"]
    assert len({look.color for look in view.layers.values()}) == 2
    assert {look.opacity for look in view.layers.values()} == {0.4}
    view.close()


def test_arrays_are_masks_by_name() -> None:
    masks = two_masks()
    numbers = masks[..., 0] + 2 * masks[..., 1]
    apart = np.stack([numbers == n for n in (1, 2, 3)], axis=-1)
    both = {"organ": masks[..., 0].astype(bool), "parts": numbers, "one": masks[..., 1] * 7}
    names = ["organ", "parts 1", "parts 2", "parts 3", "one"]
    scene = scene_of(phantoms.oblique(), masks=both)
    assert_lies(scene, np.concatenate([masks[..., :1], apart, masks[..., 1:]], axis=-1), names)
    assert_lies(scene_of(phantoms.voxels(), masks=numbers), apart, ["1", "2", "3"])
    assert_lies(scene_of(phantoms.regular(), masks=numbers > 0), (numbers > 0)[..., np.newaxis], ["mask"])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (np.zeros((3, 10, 8), bool), r"has shape \(3, 10, 8\)"),
        (np.zeros((12, 10, 11), float), "dtype float64"),
        (np.arange(12 * 10 * 11).reshape(12, 10, 11), "has 1319 of them"),
    ],
)
def test_arrays_that_are_no_masks(wrong, said) -> None:
    with pytest.raises(UnknownChoice, match=said):
        dv.picture(phantoms.regular(phantoms.voxels(12, 10, 11)), masks={"wrong": wrong})


def test_a_layer_is_mixed_into_the_picture() -> None:
    mask = np.zeros(SHAPE, bool)
    mask[6, 2:5, 3:6] = True
    options = {"index": 6, "window": (600, 1200)}
    bare = dv.picture(phantoms.regular(), **options).pixels
    assert bare.ndim == 2
    look = {"color": "#ff0000", "opacity": 0.25}
    shown = dv.picture(phantoms.regular(), masks={"m": mask}, layers={"m": look}, **options)
    np.testing.assert_array_equal(shown.pixels[~mask[6]], np.stack([bare] * 3, axis=-1)[~mask[6]])
    red = np.floor(bare + (255 - bare.astype(float)) * 0.25 + 0.5)
    rest = np.floor(bare * 0.75 + 0.5)
    np.testing.assert_array_equal(shown.pixels[mask[6]], np.stack([red, rest, rest], axis=-1)[mask[6]])
    off = dv.picture(phantoms.regular(), masks={"m": mask}, layers={"m": False}, **options)
    np.testing.assert_array_equal(off.pixels, bare)
