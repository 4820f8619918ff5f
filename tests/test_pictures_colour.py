"""The correct picture, overlays and colour: P4 and P14 to P16 of CONFORMANCE.md."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import imagecodecs
import numpy as np
import pytest
from oracles import COLOUR, bundled, compressed, run
from pydicom import uid
from pydicom.dataelem import DataElement
from pydicom.pixels import apply_color_lut, convert_color_space
from test_pictures import dcmtk, greys, image, ramp, roads, see

import dicomview as dv
from dicomview.demo.synthetic import write

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset


def dcmtk_colour(dataset: Dataset, folder: Path) -> NDArray[np.int64]:
    (path,) = write([dataset], folder / "dcmtk")
    out = path.with_suffix(".ppm")
    run("dcm2pnm", "--write-raw-pnm", path, out)
    content = out.read_bytes()
    rows, columns = dataset.Rows, dataset.Columns
    return np.frombuffer(content[-rows * columns * 3 :], np.uint8).reshape(rows, columns, 3).astype(np.int64)


# --- P4 --------------------------------------------------------------------------------------------------------------


def with_overlay(
    dataset: Dataset,
    group: int,
    bits: NDArray[Any],
    *,
    origin: tuple[int, int] = (1, 1),
    label: str = "",
    first: int = 0,
) -> Dataset:
    """Add an overlay plane; `bits` is (rows, columns), or (frames, rows, columns) from the image frame `first` on."""
    rows, columns = bits.shape[-2:]
    packed = np.packbits(bits.ravel().astype(bool), bitorder="little").tobytes()
    values = [(0x10, "US", rows), (0x11, "US", columns), (0x40, "CS", "G"), (0x50, "SS", list(origin)),
              (0x100, "US", 1), (0x102, "US", 0),
              (0x3000, "OW", packed + b"\0" * (len(packed) % 2))]  # fmt: skip
    if first:
        values += [(0x15, "IS", str(len(bits))), (0x51, "US", first)]
    for place, vr, value in values:
        dataset[group, place] = DataElement((group, place), vr, value)
    return dataset


RING = np.indices((7, 9)).sum(axis=0) % 3 == 0


@roads
@pytest.mark.parametrize("origin", [(1, 1), (4, 6), (-2, -3), (14, 20)])
def test_p04_an_overlay_lies_where_its_origin_says(road: Any, tmp_path: Path, origin: tuple[int, int]) -> None:
    stored = ramp(0, 1000, shape=(18, 24))
    one = with_overlay(image(stored), 0x6000, RING, origin=origin)
    mask = np.zeros((40, 40), bool)
    mask[9 + origin[0] : 16 + origin[0], 9 + origin[1] : 18 + origin[1]] = RING
    mask = mask[10:28, 10:34]
    seen = see(road, one, tmp_path, window=(500, 4000), layers={"overlays": "#00ff20"})
    bare = greys(stored, 500, 4000)
    expected = np.stack([bare] * 3, axis=-1)
    expected[mask] = [0, 255, 32]
    np.testing.assert_array_equal(seen.pixels, expected)
    np.testing.assert_array_equal(seen.values, stored)
    np.testing.assert_array_equal(dcmtk(one, tmp_path, "+Ww", "500", "4000", "+O", "1", "+Omr") == 255, mask)
    off = see(road, one, tmp_path / "off", window=(500, 4000), layers={"overlays": False})
    np.testing.assert_array_equal(off.pixels, bare)
    assert off.scene["layers"] == ["overlays"]  # can be switched on again


@roads
def test_p04_several_overlay_groups_are_all_drawn(road: Any, tmp_path: Path) -> None:
    one = image(ramp(0, 1000, shape=(18, 24)))
    with_overlay(with_overlay(one, 0x6000, RING), 0x6004, RING, origin=(10, 12))
    seen = see(road, one, tmp_path, window=(500, 4000), layers={"overlays": "#ff0000"})
    drawn = (seen.pixels == [255, 0, 0]).all(axis=-1)
    theirs = dcmtk(one, tmp_path, "+Ww", "500", "4000", "+O", "0", "+Omr") == 255
    assert drawn.sum() == 2 * RING.sum()
    np.testing.assert_array_equal(drawn, theirs)


@roads
def test_p04_a_multi_frame_overlay_follows_the_frames(road: Any, tmp_path: Path) -> None:
    stored = np.stack([ramp(0, 100 * k + 100, shape=(7, 9)) for k in range(4)])
    one = image(stored[0], NumberOfFrames=4, PixelData=stored.tobytes())
    bits = np.stack([RING, ~RING])
    with_overlay(one, 0x6000, bits, first=2)
    for frame, mask in enumerate([None, RING, ~RING, None]):
        seen = see(road, one, tmp_path / str(frame), index=frame, window=(500, 4000), layers={"overlays": "#ff0000"})
        drawn = np.zeros((7, 9), bool) if seen.pixels.ndim == 2 else (seen.pixels == [255, 0, 0]).all(axis=-1)
        np.testing.assert_array_equal(drawn, np.zeros((7, 9), bool) if mask is None else mask)


# --- P14 -------------------------------------------------------------------------------------------------------------


def paletted(stored: NDArray[Any], tables: list[bytes], descriptor: list[int], *, segmented: bool = False) -> Dataset:
    one = image(stored, PhotometricInterpretation="PALETTE COLOR")
    for colour, table in zip(("Red", "Green", "Blue"), tables, strict=True):
        one.add_new(f"{colour}PaletteColorLookupTableDescriptor", "US", descriptor)
        one.add_new(f"{'Segmented' * segmented}{colour}PaletteColorLookupTableData", "OW", table)
    return one


def words(*entries: int) -> bytes:
    return struct.pack(f"<{len(entries)}H", *entries)


def assert_colours(road: Any, one: Dataset, tmp_path: Path, expected: Any, most: int = 0) -> None:
    seen = see(road, one, tmp_path)
    assert seen.pixels.shape == (*np.shape(expected)[:2], 3)
    assert np.abs(seen.pixels.astype(int) - np.asarray(expected, int)).max() <= most
    assert seen.picture.window is None


@roads
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("first", [0, 60])
def test_p14_palettes_of_8_and_16_bits_with_an_offset(road: Any, tmp_path: Path, bits: int, first: int) -> None:
    stored = np.arange(256, dtype=np.uint8).reshape(16, 16)
    entries = np.random.default_rng(bits).integers(0, 2**bits, (3, 128))
    tables = [bytes(row.tolist()) if bits == 8 else words(*row.tolist()) for row in entries]
    one = paletted(stored, tables, [128, first, bits])
    places = np.clip(stored.astype(int) - first, 0, 127)
    expected = np.moveaxis(entries[:, places] >> (bits - 8), 0, -1)
    assert_colours(road, one, tmp_path, expected)
    if bits == 16:
        np.testing.assert_array_equal(apply_color_lut(stored, one) >> 8, expected)
        np.testing.assert_array_equal(dcmtk_colour(one, tmp_path), expected)


@roads
def test_p14_16_bit_indices(road: Any, tmp_path: Path) -> None:
    stored = np.arange(1024, dtype=np.uint16).reshape(32, 32)
    tables = [words(*((k * step) % 65536 for k in range(1024))) for step in (64, 63, 1000)]
    one = paletted(stored, tables, [1024, 0, 16])
    assert_colours(road, one, tmp_path, apply_color_lut(stored, one) >> 8)


@roads
def test_p14_segmented_palettes(road: Any, tmp_path: Path) -> None:
    # Two entries as they are, a line of 126 entries, then a second line of 128.
    data = [(0, 2, a, b, 1, 126, c, 1, 128, d) for a, b, c, d in ((0, 257, 32639, 65535), (9, 9, 9, 0), (1, 2, 3, 4))]
    stored = np.arange(256, dtype=np.uint8).reshape(16, 16)
    one = paletted(stored, [words(*row) for row in data], [256, 0, 16], segmented=True)
    tables = [np.concatenate([[a, b], np.linspace(b, c, 127)[1:], np.linspace(c, d, 129)[1:]])
              for (_, _, a, b, _, _, c, _, _, d) in data]  # fmt: skip
    expected = np.stack([(table[stored] / 256).astype(int) for table in tables], axis=-1)
    assert_colours(road, one, tmp_path, expected, most=1)
    assert_colours(road, one, tmp_path / "again", apply_color_lut(stored, one) >> 8, most=1)


@roads
def test_p14_a_palette_file_of_pydicom(road: Any, tmp_path: Path) -> None:
    one = bundled("examples_palette.dcm")
    assert_colours(road, one, tmp_path, apply_color_lut(one.pixel_array, one) >> 8)


# --- P15 -------------------------------------------------------------------------------------------------------------

SAMPLES = np.random.default_rng(5).integers(0, 256, (10, 12, 3), np.uint8)


@roads
@pytest.mark.parametrize("planar", [0, 1])
def test_p15_rgb_by_pixel_and_by_plane(road: Any, tmp_path: Path, planar: int) -> None:
    one = image(SAMPLES, PlanarConfiguration=planar)
    one.PixelData = (np.moveaxis(SAMPLES, -1, 0) if planar else SAMPLES).tobytes()
    assert_colours(road, one, tmp_path, SAMPLES)
    np.testing.assert_array_equal(dcmtk_colour(one, tmp_path), SAMPLES)


@roads
@pytest.mark.parametrize("planar", [0, 1])
def test_p15_ybr_full_is_converted_once(road: Any, tmp_path: Path, planar: int) -> None:
    one = image(SAMPLES, PlanarConfiguration=planar, PhotometricInterpretation="YBR_FULL")
    one.PixelData = (np.moveaxis(SAMPLES, -1, 0) if planar else SAMPLES).tobytes()
    y, b, r = np.moveaxis(SAMPLES.astype(float), -1, 0)
    by_hand = [y + 1.402 * (r - 128), y - 0.344136 * (b - 128) - 0.714136 * (r - 128), y + 1.772 * (b - 128)]
    expected = np.clip(np.stack(by_hand, axis=-1), 0, 255)
    assert_colours(road, one, tmp_path, np.rint(expected), most=1)
    assert np.abs(dcmtk_colour(one, tmp_path) - expected).max() <= 2


@roads
def test_p15_ybr_full_422_uncompressed(road: Any, tmp_path: Path) -> None:
    y = SAMPLES[..., 0]
    b, r = SAMPLES[:, ::2, 1], SAMPLES[:, ::2, 2]
    one = image(SAMPLES, PhotometricInterpretation="YBR_FULL_422")
    one.PixelData = np.stack([y[:, ::2], y[:, 1::2], b, r], axis=-1).tobytes()
    ybr = np.stack([y, b.repeat(2, axis=1), r.repeat(2, axis=1)], axis=-1)
    assert_colours(road, one, tmp_path, convert_color_space(ybr, "YBR_FULL", "RGB"), most=1)


@roads
@pytest.mark.parametrize(
    "name",
    [
        "SC_rgb_rle.dcm",
        "SC_ybr_full_422_uncompressed.dcm",
        "SC_rgb_jpeg_dcmtk.dcm",  # YBR_FULL
        "SC_rgb_dcmtk_+eb+cy+np.dcm",
        "SC_rgb_dcmtk_+eb+cy+s2.dcm",  # YBR_FULL_422
        "SC_rgb_dcmtk_+eb+cr.dcm",  # RGB within JPEG
        "SC_rgb_gdcm_KY.dcm",
    ],
)
def test_p15_the_same_test_card_in_every_colour_model(road: Any, tmp_path: Path, name: str) -> None:
    """Ten bars of ten rows each; YCbCr and JPEG move a colour by a few levels, a wrong conversion by a hundred."""
    seen = see(road, bundled(name), tmp_path)
    card = [(255, 0, 0), (255, 128, 128), (0, 255, 0), (128, 255, 128), (0, 0, 255), (128, 128, 255),
            (0, 0, 0), (64, 64, 64), (192, 192, 192), (255, 255, 255)]  # fmt: skip
    for bar, colour in enumerate(card):
        found = seen.pixels[10 * bar + 5, 50].astype(int)
        assert np.abs(found - colour).max() <= 6, (bar, found, colour)


@roads
@pytest.mark.parametrize("model", ["YBR_RCT", "YBR_ICT"])
def test_p15_the_transforms_of_jpeg_2000(road: Any, tmp_path: Path, model: str) -> None:
    lossless = model == "YBR_RCT"
    stream = imagecodecs.jpeg2k_encode(COLOUR, codecformat="j2k", level=0 if lossless else 50, mct=True,
                                       reversible=lossless)  # fmt: skip
    one = compressed(COLOUR, uid.JPEG2000Lossless if lossless else uid.JPEG2000, [stream])
    one.PhotometricInterpretation = model
    own = image(COLOUR)
    for element in ("file_meta", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        setattr(one, element, getattr(own, element))
    one.file_meta.TransferSyntaxUID = uid.JPEG2000Lossless if lossless else uid.JPEG2000
    assert_colours(road, one, tmp_path, COLOUR, most=0 if lossless else 8)


# --- P16 -------------------------------------------------------------------------------------------------------------


@roads
def test_p16_an_icc_profile_does_not_change_the_colours(road: Any, tmp_path: Path) -> None:
    profile = bytes(132)
    one = image(SAMPLES, ICCProfile=profile)
    assert_colours(road, one, tmp_path, SAMPLES)
    table = dv.tags(one)
    assert "ICC" in str(table)


@roads
def test_p16_a_supplemental_palette_leaves_grey_values_as_decoded(road: Any, tmp_path: Path) -> None:
    stored = ramp(0, 255, np.uint16)
    one = paletted(stored, [words(*range(0, 65280, 255))] * 3, [256, 256, 16])
    one.PhotometricInterpretation, one.PixelPresentation = "MONOCHROME2", "COLOR"
    seen = see(road, one, tmp_path, window=(128, 256))
    np.testing.assert_array_equal(seen.pixels, greys(stored, 128, 256))
    np.testing.assert_array_equal(seen.values, stored)
