"""Decoding, frame by frame, against pydicom, DCMTK and values that are known because they were put there."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

import imagecodecs
import numpy as np
import pytest
from oracles import (
    COLOUR,
    GREY,
    JPEG_XL,
    LOSSLESS,
    LOSSY,
    PYDICOM_FILES,
    all_decoded,
    bundled,
    compressed,
    decoded,
    described,
    jpeg2k,
    run,
    unsigned,
)
from pydicom import dcmread, dcmwrite, uid
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate_extended
from pydicom.pixels.decoders.base import _PIXEL_DATA_DECODERS

from dicomview.errors import DamagedPixels, NoDecoder
from dicomview.files import read_headers
from dicomview.pixels import codecs, frame_count, stored_values, transfer_syntax

if TYPE_CHECKING:
    from pathlib import Path


# --- pydicom's own files ---------------------------------------------------------------------------------------------

# No tool reads these: a header whose pixels were left out, and a codestream that is not one.
NOT_A_PICTURE = {"JPEG2000-embedded-sequence-delimiter.dcm", "meta_missing_tsyntax.dcm", "nested_priv_SQ.dcm"}
TRUNCATED = {"MR_truncated.dcm"}
# pydicom itself has no decoder for them, or stumbles over an element beside the picture; tested below.
ONLY_OURS = {"JPEG-lossy.dcm", "JPGExtended.dcm", "badVR.dcm"}


def files_with_pixels() -> list[str]:
    found = []
    for path in sorted(PYDICOM_FILES.rglob("*.dcm")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = dcmread(path, force=True, specific_tags=["PixelData", "FloatPixelData", "DoubleFloatPixelData"])
        if any(keyword in dataset for keyword in ("PixelData", "FloatPixelData", "DoubleFloatPixelData")):
            found.append(path.relative_to(PYDICOM_FILES).as_posix())
    return found


@pytest.mark.parametrize("name", files_with_pixels())
@pytest.mark.filterwarnings("ignore")
def test_pydicom_files_decode_as_pydicom_decodes_them(name: str) -> None:
    dataset = bundled(name)
    if name in NOT_A_PICTURE | TRUNCATED:
        with pytest.raises(DamagedPixels, match=r"^the (pixel data|header)"):
            all_decoded(dataset)
        return
    ours = all_decoded(dataset)
    if name in ONLY_OURS:
        return
    theirs = dataset.pixel_array
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype.newbyteorder("=")
    np.testing.assert_array_equal(ours, theirs)


def test_the_list_of_pydicom_files_is_not_empty_by_accident() -> None:
    names = set(files_with_pixels())
    assert len(names) > 50
    assert names >= NOT_A_PICTURE | TRUNCATED | ONLY_OURS


@pytest.mark.parametrize(
    ("name", "program", "slack"),
    [
        ("JPGExtended.dcm", "dcmdjpeg", 1),
        ("JPEG-lossy.dcm", "dcmdjpeg", 1),
        ("SC_rgb_jpeg_gdcm.dcm", "dcmdjpeg", 0),
        ("SC_rgb_dcmtk_+eb+cr.dcm", "dcmdjpeg", 1),
        ("SC_rgb_dcmtk_+eb+cy+n1.dcm", "dcmdjpeg", 2),
        ("MR_small_jpeg_ls_lossless.dcm", "dcmdjpls", 0),
        ("JPEGLSNearLossless_08.dcm", "dcmdjpls", 0),
        ("JPEGLSNearLossless_16.dcm", "dcmdjpls", 0),
        ("MR_small_RLE.dcm", "dcmdrle", 0),
    ],
)
def test_dcmtk_decodes_the_same(name: str, program: str, slack: int, tmp_path: Path) -> None:
    plain = tmp_path / "plain.dcm"
    run(program, PYDICOM_FILES / name, plain)
    expected = dcmread(plain).pixel_array.astype(int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours = all_decoded(bundled(name)).astype(int)
    assert ours.shape == expected.shape
    assert np.abs(ours - expected).max() <= slack


@pytest.mark.parametrize("predictor", range(1, 8))
def test_jpeg_lossless_of_every_predictor(predictor: int, tmp_path: Path) -> None:
    pixels, _ = GREY["16 bits"]
    dcmwrite(tmp_path / "plain.dcm", described(pixels), enforce_file_format=True)
    run("dcmcjpeg", "+el", "+sv", str(predictor), tmp_path / "plain.dcm", tmp_path / "packed.dcm")
    dataset = dcmread(tmp_path / "packed.dcm")
    assert dataset.file_meta.TransferSyntaxUID == uid.JPEGLossless
    np.testing.assert_array_equal(decoded(dataset), pixels)


# --- every transfer syntax -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", GREY)
@pytest.mark.parametrize("codec", LOSSLESS)
def test_lossless_grey_is_exact(codec: str, depth: str) -> None:
    (syntax, encode), (pixels, stored) = LOSSLESS[codec], GREY[depth]
    ours = decoded(compressed(pixels, syntax, [encode(pixels, stored)], stored=stored))
    assert ours.dtype == pixels.dtype
    np.testing.assert_array_equal(ours, pixels)


@pytest.mark.parametrize("codec", [name for name in LOSSLESS if not name.startswith("JPEG lossless")])
def test_lossless_colour_is_exact(codec: str) -> None:
    syntax, encode = LOSSLESS[codec]
    np.testing.assert_array_equal(decoded(compressed(COLOUR, syntax, [encode(COLOUR, 8)])), COLOUR)


@pytest.mark.parametrize("codec", LOSSLESS)
def test_any_frame_of_several_can_be_had_alone(codec: str) -> None:
    syntax, encode = LOSSLESS[codec]
    frames = [np.roll(GREY["12 of 16 bits"][0], 3 * k, axis=0) for k in range(3)]
    dataset = compressed(frames[0], syntax, [encode(frame, 12) for frame in frames], stored=12)
    for k in (2, 0, 1):
        np.testing.assert_array_equal(decoded(dataset, k), frames[k])


@pytest.mark.parametrize("codec", LOSSY)
def test_lossy_is_near(codec: str) -> None:
    syntax, encode, slack = LOSSY[codec]
    pixels = GREY["8 bits"][0]
    ours = decoded(compressed(pixels, syntax, [encode(pixels)])).astype(int)
    assert 0 < np.abs(ours - pixels).max() <= slack


def test_a_recompressed_jpeg_in_jpeg_xl_is_the_jpeg() -> None:
    jpeg = imagecodecs.jpeg8_encode(GREY["8 bits"][0], level=90)
    dataset = compressed(GREY["8 bits"][0], JPEG_XL[1], [imagecodecs.jpegxl_encode_jpeg(jpeg)])
    difference = decoded(dataset).astype(int) - imagecodecs.jpeg8_decode(jpeg)
    assert np.abs(difference).max() <= 1  # two inverse cosine transforms, rounded each in its way


def test_colour_of_a_jpeg_is_converted_exactly_once() -> None:
    flat = np.zeros((16, 16, 3), np.uint8)
    flat[...] = 200, 60, 30
    dataset = compressed(
        flat, uid.JPEGBaseline8Bit, [imagecodecs.jpeg8_encode(flat, level=98)], PhotometricInterpretation="YBR_FULL_422"
    )
    assert np.abs(decoded(dataset).astype(int) - flat).max() <= 3


@pytest.mark.parametrize("name", ["native", "deflated"])
def test_planar_configuration_and_ybr_full_are_undone(name: str) -> None:
    syntax = uid.ExplicitVRLittleEndian if name == "native" else uid.DeflatedExplicitVRLittleEndian
    planes = np.ascontiguousarray(np.moveaxis(COLOUR, -1, 0)).tobytes()
    by_plane = described(COLOUR, syntax=syntax, PlanarConfiguration=1, PixelData=planes)
    np.testing.assert_array_equal(decoded(by_plane), COLOUR)
    grey = np.full((4, 4, 3), 128, np.uint8)
    grey[..., 0] = 90  # Y, with neither blue nor red difference
    ybr = described(grey, syntax=syntax, PhotometricInterpretation="YBR_FULL")
    np.testing.assert_array_equal(decoded(ybr), np.full((4, 4, 3), 90))


def test_an_extended_offset_table_is_used() -> None:
    frames = [np.full((30, 22), 10 * k, np.uint8) for k in range(3)]
    dataset = compressed(frames[0], uid.JPEG2000Lossless, [jpeg2k(f, 8) for f in frames])
    value, offsets, lengths = encapsulate_extended([jpeg2k(f, 8) for f in frames])
    dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = offsets, lengths
    assert [int(decoded(dataset, k, value=value)[0, 0]) for k in range(3)] == [0, 10, 20]


NO_DECODER = [
    syntax
    for syntax in (*uid.AllTransferSyntaxes, "1.2.840.10008.1.2.8.1", "1.2.840.113619.5.2")
    if syntax not in _PIXEL_DATA_DECODERS
]


@pytest.mark.parametrize("syntax", NO_DECODER)
def test_what_nobody_decodes_is_said_in_one_sentence(syntax: str) -> None:
    pixels = GREY["8 bits"][0]
    with pytest.raises(NoDecoder) as caught:
        decoded(compressed(pixels, syntax, [b"\0\0\1\xb3"]))
    text = str(caught.value)
    assert "convert the file" in text
    assert "\n" not in text
    assert uid.UID(syntax).name in text


def test_every_syntax_pydicom_can_decode_is_tested_or_native() -> None:
    tested = {syntax for syntax, *_ in (*LOSSLESS.values(), *LOSSY.values())}
    native = {uid.ImplicitVRLittleEndian, *uid.UncompressedTransferSyntaxes}
    assert {*map(str, _PIXEL_DATA_DECODERS)} <= {*map(str, tested | native)}
    assert len(NO_DECODER) > 15


def test_a_missing_decoder_is_named_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codecs.importlib.util, "find_spec", lambda _: None)  # type: ignore[attr-defined]
    codecs.decoder_of.cache_clear()
    with pytest.raises(NoDecoder, match="python -m pip install imagecodecs"):
        decoded(compressed(GREY["8 bits"][0], JPEG_XL[0], [b"\xff\x0a"]))


def test_the_shared_decoders_of_pydicom_are_left_alone() -> None:
    def plugins() -> dict[str, tuple[str, ...]]:
        return {str(u): d.available_plugins for u, (d, *_) in _decoders().items()}

    before = plugins()
    codecs.decoder_of.cache_clear()
    for syntax in _PIXEL_DATA_DECODERS:
        codecs.decoder_of(syntax)
    for syntax, encode in LOSSLESS.values():
        decoded(compressed(GREY["8 bits"][0], syntax, [encode(GREY["8 bits"][0], 8)]))
    assert plugins() == before
    assert not any("imagecodecs" in names for names in before.values())


def _decoders() -> dict[uid.UID, tuple[Any, ...]]:
    return {u: d if isinstance(d, tuple) else (d,) for u, d in _PIXEL_DATA_DECODERS.items()}


# --- bits ------------------------------------------------------------------------------------------------------------


def test_junk_above_high_bit_is_masked_out() -> None:
    pixels, stored = GREY["12 of 16 bits"]
    np.testing.assert_array_equal(decoded(described(pixels | 0xF000, stored=stored)), pixels)


def test_a_sign_bit_that_is_not_extended_is() -> None:
    pixels, stored = GREY["12 of 16 bits signed"]
    ours = decoded(described(unsigned(pixels, stored), stored=stored, PixelRepresentation=1))
    assert ours.dtype == np.int16
    np.testing.assert_array_equal(ours, pixels)


@pytest.mark.parametrize("depth", ["12 of 16 bits", "12 of 16 bits signed"])
def test_a_high_bit_above_bits_stored_minus_one_shifts(depth: str) -> None:
    pixels, _ = GREY[depth]
    cells = (pixels.astype(np.int64) << 4 | 0b1011).astype(pixels.dtype)
    np.testing.assert_array_equal(decoded(described(cells, stored=12, HighBit=15)), pixels)


@pytest.mark.parametrize("high", [99, 3, None])
def test_an_impossible_high_bit_is_ignored(high: int | None) -> None:
    pixels, _ = GREY["12 of 16 bits"]
    np.testing.assert_array_equal(decoded(described(pixels, stored=12, HighBit=high)), pixels)


@pytest.mark.parametrize("vr", ["OB", "OW"])
@pytest.mark.parametrize("frame", [0, 1, 2])
def test_big_endian_bytes_lie_by_their_vr(vr: str, frame: int) -> None:
    frames = np.arange(3 * 15, dtype=np.uint8).reshape(3, 3, 5)
    content = np.frombuffer(frames.tobytes() + b"\0", np.uint8)
    value = content.tobytes() if vr == "OB" else content.reshape(-1, 2)[:, ::-1].tobytes()
    dataset = described(frames[0], syntax=uid.ExplicitVRBigEndian, NumberOfFrames=3)
    np.testing.assert_array_equal(stored_values(dataset, io.BytesIO(value), frame, vr=vr), frames[frame])


@pytest.mark.parametrize("depth", ["16 bits", "12 of 16 bits signed"])
def test_big_endian_words_come_back_in_the_order_of_the_machine(depth: str) -> None:
    pixels, stored = GREY[depth]
    swapped = described(pixels, stored=stored, syntax=uid.ExplicitVRBigEndian, PixelData=pixels.byteswap().tobytes())
    ours = decoded(swapped)
    assert ours.dtype.isnative
    np.testing.assert_array_equal(ours, pixels)


@pytest.mark.parametrize("shape", [(3, 5), (7, 3), (16, 16), (1, 1), (5, 9)])
def test_one_bit_frames_follow_each_other_without_a_gap(shape: tuple[int, int]) -> None:
    frames = np.random.default_rng(2).integers(0, 2, (9, *shape)).astype(np.uint8)
    value = np.packbits(frames.ravel(), bitorder="little").tobytes()
    dataset = described(frames[0], BitsAllocated=1, BitsStored=1, HighBit=0, NumberOfFrames=9)
    for k in range(9):
        np.testing.assert_array_equal(decoded(dataset, k, value=value), frames[k])
    with pytest.raises(DamagedPixels):
        decoded(dataset, 8, value=value[: (8 * shape[0] * shape[1]) // 8])


@pytest.mark.parametrize("kind", ["u4", "i4"])
def test_32_bit_integers(kind: str) -> None:
    limits = np.iinfo(np.dtype(kind))
    pixels = np.array([[limits.min, 0, 1, 3_000_000_00, limits.max]], kind)
    np.testing.assert_array_equal(decoded(described(pixels)), pixels)


FLOATS = {
    "FloatPixelData": (np.array([[1.5, -2.25e-8, 3e38], [np.inf, np.nan, 0]], "<f4"), "OF"),
    "DoubleFloatPixelData": (np.array([[1.5, -2.25e-80, 3e300], [np.inf, np.nan, 0]], "<f8"), "OD"),
}


def float_image(keyword: str) -> Dataset:
    dataset = described(FLOATS[keyword][0])
    for absent in ("PixelData", "BitsStored", "HighBit", "PixelRepresentation"):
        delattr(dataset, absent)
    dataset.Modality, dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "MR", "2.25.2", "2.25.3"
    setattr(dataset, keyword, FLOATS[keyword][0].tobytes())
    return dataset


@pytest.mark.parametrize("keyword", FLOATS)
def test_float_pixels(keyword: str) -> None:
    np.testing.assert_array_equal(decoded(float_image(keyword)), FLOATS[keyword][0])


@pytest.mark.parametrize("syntax", [uid.ExplicitVRLittleEndian, uid.ImplicitVRLittleEndian])
@pytest.mark.parametrize("keyword", FLOATS)
def test_float_pixels_of_a_header_read_without_them(keyword: str, syntax: uid.UID, tmp_path: Path) -> None:
    dataset = float_image(keyword)
    dataset.file_meta.TransferSyntaxUID = syntax
    dcmwrite(tmp_path / "float.dcm", dataset, enforce_file_format=True)
    header = read_headers(tmp_path / "float.dcm")[0]
    assert header.dataset is not None
    assert header.pixels is not None
    assert keyword not in header.dataset
    with header.open_pixels() as stream:
        ours = stored_values(header.dataset, stream, vr=header.pixels.vr)
    np.testing.assert_array_equal(ours, FLOATS[keyword][0])


# --- in memory --------------------------------------------------------------------------------------------------------


def test_a_data_set_made_in_memory_needs_no_file_meta() -> None:
    pixels, stored = GREY["12 of 16 bits signed"]
    dataset = described(pixels, stored=stored)
    del dataset.file_meta
    assert transfer_syntax(dataset) == uid.ExplicitVRLittleEndian
    np.testing.assert_array_equal(decoded(dataset), pixels)


def test_a_big_endian_file_without_meta_information_is_read_big_endian() -> None:
    buffer = io.BytesIO()
    pixels, _ = GREY["16 bits"]
    dataset = described(pixels, PixelData=pixels.byteswap().tobytes())
    del dataset.file_meta
    dcmwrite(buffer, dataset, implicit_vr=False, little_endian=False)
    buffer.seek(0)
    dataset = dcmread(buffer, force=True)
    assert transfer_syntax(dataset) == uid.ExplicitVRBigEndian
    np.testing.assert_array_equal(decoded(dataset), pixels)


def test_the_header_is_not_changed_by_decoding() -> None:
    pixels, stored = GREY["12 of 16 bits signed"]
    dataset = compressed(pixels, uid.JPEGLSLossless, [imagecodecs.jpegls_encode(unsigned(pixels, stored))], stored=12)
    before = str(dataset)
    decoded(dataset)
    assert str(dataset) == before


@pytest.mark.parametrize(("written", "count"), [("3", 3), ("0", 1), ("-4", 1), (None, 1), ("", 1)])
def test_frame_count(written: str | None, count: int) -> None:
    dataset = Dataset()
    dataset.NumberOfFrames = written
    assert frame_count(dataset) == count
    assert frame_count(Dataset()) == 1
