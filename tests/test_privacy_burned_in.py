"""Text in the pictures: who is likely to have it, what they look like, and what blacking out changes and claims."""

from __future__ import annotations

import numpy as np
import pytest
import seeded
from pydicom import dcmread, dcmwrite, uid
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels import compress

import dicomview as dv
from dicomview.errors import DicomviewError, UnknownChoice


def one(change, **values):
    dataset = seeded.base()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    if change is not None:
        change(dataset)
    return dataset


@pytest.mark.parametrize(
    ("values", "level", "reason"),
    [
        ({}, "low", "BurnedInAnnotation is NO"),
        ({"BurnedInAnnotation": "YES"}, "high", "is YES"),
        ({"BurnedInAnnotation": ""}, "medium", "does not say"),
        ({"Modality": "US", "BurnedInAnnotation": ""}, "high", "modality US"),
        ({"Modality": "US"}, "medium", "modality US"),
        ({"SOPClassUID": uid.SecondaryCaptureImageStorage}, "high", "secondary capture"),
        ({"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]}, "high", "SCREEN SAVE"),
        ({"ConversionType": "WSD"}, "high", "WSD"),
        ({"PhotometricInterpretation": "RGB"}, "high", "colour"),
        ({"RecognizableVisualFeatures": "YES"}, "medium", "face"),
    ],
)
def test_the_header_tells_where_to_look(values, level, reason):
    table = dv.privacy.risks(one(None, **values))
    assert table["risk"].tolist() == [level]
    assert reason in table["reasons"][0]


def test_what_is_likely_stands_in_the_way_until_somebody_has_looked(tmp_path):
    seeded.write(one(None, Modality="US", BurnedInAnnotation=""), tmp_path / "source" / "1.dcm")
    copies = dv.privacy.apply(dv.privacy.plan(tmp_path / "source"), tmp_path / "out")
    found = dv.privacy.verify(copies).open
    assert found["kind"].tolist() == ["burned in"]
    assert dv.privacy.verify(copies, reviewed={found["id"][0]: "no text"}).releasable


def test_the_preview_shows_each_series_with_its_rectangles():
    dataset = one(None)
    sheet = dv.privacy.preview(dataset, rectangles={dataset.SeriesInstanceUID: [(1, 1, 6, 8)]})
    assert sheet.size == (256, 256)
    assert (np.asarray(sheet) == (255, 128, 0)).all(axis=2).any()
    assert not (np.asarray(dv.privacy.preview(dataset)) == (255, 128, 0)).all(axis=2).any()
    with pytest.raises(DicomviewError, match="no file under the source has a picture"):
        dv.privacy.preview(one(lambda dataset: dataset.pop("PixelData")))


def signed(dataset):
    dataset.PixelData = (np.arange(80, dtype="<i2") - 40).tobytes()
    dataset.PixelRepresentation = 1


def inverted(dataset):
    dataset.PhotometricInterpretation = "MONOCHROME1"
    dataset.PixelData, dataset.PixelRepresentation = np.arange(80, dtype="<u2").tobytes(), 0


def colour(dataset):
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 1
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    dataset.PixelData = np.arange(240, dtype=np.uint8).tobytes()


def packed(dataset):
    signed(dataset)
    dataset.PixelRepresentation, dataset.PixelData = 0, np.arange(80, dtype="<u2").tobytes()
    compress(dataset, uid.RLELossless, generate_instance_uid=False)


def bits(dataset):
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = uid.SegmentationStorage
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames = 10, 8, 2
    dataset.BitsAllocated = dataset.BitsStored = 1
    dataset.HighBit = dataset.PixelRepresentation = 0
    dataset.PixelData = bytes(range(155, 175))


def frames(dataset):
    dataset.NumberOfFrames = 2
    dataset.PixelRepresentation, dataset.PixelData = 0, np.arange(160, dtype="<u2").tobytes()
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = (
        uid.MultiFrameGrayscaleWordSecondaryCaptureImageStorage
    )


@pytest.mark.parametrize(
    ("change", "black"), [(signed, "least"), (inverted, "most"), (colour, 0), (packed, 0), (frames, 0), (bits, 0)]
)
def test_rectangles_are_black_and_claimed_and_all_else_is_as_it_was(change, black, tmp_path):
    dataset = one(change)
    before = dataset.pixel_array
    seeded.write(dataset, tmp_path / "source" / "1.dcm")
    boxes = {dataset.SeriesInstanceUID: [(2, 3, 7, 5), (0, 8, 50, 50)]}
    copies = dv.privacy.apply(dv.privacy.plan(tmp_path / "source", rectangles=boxes), tmp_path / "out")
    (path,) = (tmp_path / "out").rglob("*.dcm")
    copy = dcmread(path)
    after = copy.pixel_array
    inside = np.zeros((10, 8), bool)
    inside[3:5, 2:7] = inside[8:] = True
    depth, negative = dataset.BitsStored, dataset.PixelRepresentation
    value = {"least": -(1 << depth - 1), "most": (1 << depth - negative) - 1}.get(black, black)
    parts = (before, after) if change in (frames, bits) else (before[None], after[None])
    for old, new in zip(*parts, strict=True):
        assert (new[inside] == value).all()
        assert (new[~inside] == old[~inside]).all()
    assert copy.file_meta.TransferSyntaxUID == uid.ExplicitVRLittleEndian
    assert copy.BurnedInAnnotation == "NO"
    assert "113101" in [item.CodeValue for item in copy.DeidentificationMethodCodeSequence]
    assert dv.privacy.verify(copies).releasable
    copy.PixelData = bytes([copy.PixelData[0] ^ 1]) + copy.PixelData[1:]
    copy.save_as(path)
    assert "pixels" in set(dv.privacy.verify(copies).open["kind"])


@pytest.mark.parametrize("vr", ["OB", "OW"])
def test_big_endian_words_keep_their_order(vr, tmp_path):
    dataset, order = one(colour), np.arange(256, dtype=">u2")
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "PALETTE COLOR"
    del dataset.PlanarConfiguration
    for name in ("Red", "Green", "Blue"):
        setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        dataset.add_new(f"{name}PaletteColorLookupTableData", "OW", (order * 200).tobytes())
    dataset.add_new("PixelData", vr, bytes(range(80)))
    dataset.file_meta.TransferSyntaxUID = uid.ExplicitVRBigEndian
    plain = Dataset()
    plain.update(dataset)
    plain.file_meta = dataset.file_meta
    (tmp_path / "source").mkdir()
    dcmwrite(tmp_path / "source" / "1.dcm", plain, little_endian=False, implicit_vr=False, enforce_file_format=True)
    boxes = {dataset.SeriesInstanceUID: [(0, 0, 8, 2)]}
    copies = dv.privacy.apply(dv.privacy.plan(tmp_path / "source", rectangles=boxes), tmp_path / "out")
    (path,) = (tmp_path / "out").rglob("*.dcm")
    before, after = dv.picture(tmp_path / "source").pixels, dv.picture(path).pixels
    assert np.array_equal(after[2:], before[2:])
    assert after[:2].max() == 0 < before[:2].max()
    assert dv.privacy.verify(copies).releasable


def test_a_rectangle_that_meets_no_picture_is_refused_and_nothing_is_claimed(tmp_path):
    wide, small = one(signed), one(signed, SOPInstanceUID="1.2.3.9", Rows=5, PixelData=bytes(80))
    for number, dataset in enumerate((wide, small)):
        seeded.write(dataset, tmp_path / "source" / f"{number}.dcm")
    series = wide.SeriesInstanceUID
    for rectangles in ({series: [(0, 10, 8, 12)]}, {series: [(0, 0, 2, 2), (8, 0, 9, 1)]}, {"1.2.3": [(0, 0, 2, 2)]}):
        with pytest.raises(UnknownChoice, match="meets no picture"):
            dv.privacy.plan(tmp_path / "source", rectangles=rectangles)
    with pytest.raises(UnknownChoice, match="no picture here"):
        dv.privacy.preview(tmp_path / "source", rectangles={"1.2.3": [(0, 0, 2, 2)]})
    copies = dv.privacy.apply(dv.privacy.plan(tmp_path / "source", rectangles={series: [(0, 6, 8, 9)]}), tmp_path / "o")
    assert dv.privacy.verify(copies).releasable
    for path in (tmp_path / "o").rglob("*.dcm"):
        copy = dcmread(path)
        claimed = "113101" in [item.CodeValue for item in copy.DeidentificationMethodCodeSequence]
        assert claimed == (copy.Rows == 10), "the picture of five rows has nothing black in it"


def test_a_rectangle_that_is_not_black_is_found(tmp_path):
    dataset = one(inverted)
    seeded.write(dataset, tmp_path / "source" / "1.dcm")
    boxes = {dataset.SeriesInstanceUID: [(2, 3, 7, 5)]}
    copies = dv.privacy.apply(dv.privacy.plan(tmp_path / "source", rectangles=boxes), tmp_path / "out")
    (path,) = (tmp_path / "out").rglob("*.dcm")
    copy = dcmread(path)
    copy.PixelData = dataset.PixelData
    copy.save_as(path)
    assert "a rectangle is not black" in set(dv.privacy.verify(copies).open["detail"])


def test_pixels_that_cannot_be_decoded_are_set_aside(tmp_path):
    dataset = one(None)
    dataset.file_meta.TransferSyntaxUID = uid.JPEG2000Lossless
    dataset.PixelData = encapsulate([b"no codestream"])
    seeded.write(dataset, tmp_path / "source" / "1.dcm")
    boxes = {dataset.SeriesInstanceUID: [(2, 3, 7, 5)]}
    copies = dv.privacy.apply(dv.privacy.plan(tmp_path / "source", rectangles=boxes), tmp_path / "out")
    assert copies.files["aside"].tolist() == ["its pixel data cannot be blacked out (DamagedPixels)"]
    assert not list((tmp_path / "out").rglob("*.dcm"))


def test_an_overlay_in_unused_bits_goes_with_the_overlay_plane(tmp_path):
    dataset = one(None)
    stored = np.arange(80, dtype="<u2")
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, 11, 0
    dataset.PixelData = (stored | 0x8000).tobytes()
    dataset.add_new(0x60000010, "US", 10)
    dataset.add_new(0x60000011, "US", 8)
    dataset.add_new(0x60000100, "US", 16)
    dataset.add_new(0x60000102, "US", 15)
    dataset.add_new(0x60001500, "LO", "label")
    seeded.write(dataset, tmp_path / "source" / "1.dcm")
    copies = dv.privacy.apply(dv.privacy.plan(tmp_path / "source"), tmp_path / "out")
    (path,) = (tmp_path / "out").rglob("*.dcm")
    copy = dcmread(path)
    assert copy.PixelData == stored.tobytes()
    assert not any(tag >> 24 == 0x60 for tag in sorted(copy.keys()))
    assert "113101" not in [item.CodeValue for item in copy.DeidentificationMethodCodeSequence]
    assert dv.privacy.verify(copies).releasable
