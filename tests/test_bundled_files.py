"""Every file in pydicom's wheel: the right picture, or what it is, or one sentence why not. Never a traceback."""

from __future__ import annotations

import html
import re
import subprocess
import warnings
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import pydicom.data
import pytest
from oracles import tool
from pydicom import dcmread
from pydicom.multival import MultiValue
from pydicom.pixels import apply_color_lut, pixel_array
from wire import asked

import dicomview as dv
from dicomview.errors import DamagedPixels, NotAnImage, NothingFound, SeveralSeries
from dicomview.views import DocumentView

DATA = Path(pydicom.data.__file__).parent
FILES = sorted(
    path.relative_to(DATA).as_posix()
    for path in DATA.rglob("*")
    if path.is_file() and path.suffix not in (".py", ".pyc", ".pyi")
)

GREY, COLOUR, SEGMENTS = "grey picture", "colour picture", "segments"

# Outcome, what its sentence must say, and the files. A file takes the first row that has it; all must have one.
TABLE = [
    (DamagedPixels, "needs 8,192 bytes, and 8,130 are there", ["test_files/MR_truncated.dcm"]),
    (DamagedPixels, "the header says 0 rows", ["test_files/meta_missing_*", "test_files/nested_priv_SQ.dcm"]),
    (DamagedPixels, "cannot be decoded", ["test_files/JPEG2000-embedded-sequence-delimiter.dcm"]),
    (NotAnImage, "Color Palette Storage", ["palettes/*.dcm"]),
    (NotAnImage, "Comprehensive SR Storage", ["test_files/test-SR.dcm"]),
    (NotAnImage, "Basic Text SR Storage", ["test_files/reportsi*.dcm"]),
    (NotAnImage, "RT Plan Storage", ["test_files/rtplan*.dcm"]),
    (NotAnImage, "RT Ion Plan Storage", ["test_files/ExplVR_*NoMeta.dcm"]),
    (NotAnImage, "RT Structure Set Storage", ["test_files/rtstruct.dcm"]),
    (NotAnImage, "12-lead ECG Waveform Storage", ["test_files/waveform_ecg.dcm"]),
    (NotAnImage, "Computed Radiography Image Storage has no pixel data", ["charset_files/chr[JK]*Multi*.dcm"]),
    (NotAnImage, "CT Image Storage has no pixel data", ["test_files/dicomdirtests/TINY_ALPHA/[DP]*"]),
    (
        NotAnImage,
        "unknown class has no pixel data",
        ["charset_files/chrSQ*", *(f"test_files/{name}*" for name in ("UN_", "empty_charset", "no_meta_", "priv_SQ"))],
    ),
    (SeveralSeries, "there are 13 series", ["test_files/dicomdirtests/DICOMDIR", "*/DICOMDIR-[!e]*"]),
    (NothingFound, "is not a DICOM file", ["*/DICOMDIR-empty.dcm"]),
    (NothingFound, "looks like text", ["*.txt", "*.json", "*.md", "*.dump", "*/README"]),
    (NothingFound, "unpack it first", ["*.gz"]),
    (NothingFound, "has no DICOM mark", ["*.icc", "test_files/no_meta.dcm"]),  # the latter begins with a byte too many
    (SEGMENTS, "a segmentation lies over images", ["test_files/liver_*.dcm"]),
    (COLOUR, "", ["test_files/SC_*", "test_files/examples_[!o]*", "*/GDCMJ2K_*", "*/ExplVR_BigEnd.dcm"]),
    (
        GREY,
        "",
        [
            "charset_files/chr*.dcm",
            "test_files/dicomdirtests/[79]*",
            "test_files/examples_overlay.dcm",
            *(f"test_files/{name}*" for name in ("693_", "CT_", "J2K", "JP", "MR_", "badVR", "image_dfl", "rtdose")),
        ],
    ),
]


def row_of(name):
    return next((kind, words) for kind, words, globs in TABLE if any(fnmatch(name, glob) for glob in globs))


def named(*kinds):
    return [name for name in FILES if row_of(name)[0] in kinds]


# --- the oracle -------------------------------------------------------------------------------------------------------


def decoded(path, scratch):
    """Return the data set and its frames as pydicom decodes them; DCMTK where pydicom has no decoder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if path.name in ("JPEG-lossy.dcm", "JPGExtended.dcm"):
            subprocess.run([tool("dcmdjpeg"), path, scratch / "plain.dcm"], check=True, timeout=60, capture_output=True)
            path = scratch / "plain.dcm"
        ds = dcmread(path)
        if path.name == "badVR.dcm":
            del ds[0x00280008]  # "1A" frames; only the first is sure to be there
        pixels = pixel_array(ds, allow_excess_frames=False)
        if ds.PhotometricInterpretation == "PALETTE COLOR":
            pixels = apply_color_lut(pixels, ds)
    frames = pixels if int(ds.get("NumberOfFrames") or 1) > 1 else pixels[np.newaxis]
    # Frame 0 of these dose grids lies lowest; slice 0 of a stack is next to the head.
    return ds, frames[::-1] if "GridFrameOffsetVector" in ds else frames


def greys(ds, frames):
    """PS3.3 C.11.1 and C.11.2 in a few lines; without a window, the 1st to the 99th percentile as LINEAR_EXACT."""
    values = frames * float(ds.get("RescaleSlope") or 1) * float(ds.get("DoseGridScaling") or 1)
    values = values + float(ds.get("RescaleIntercept") or 0)
    center, width = (
        x[0] if isinstance(x, MultiValue) else x for x in (ds.get(f"Window{w}") for w in ("Center", "Width"))
    )
    if center is None:
        low, high = np.percentile(values, (1, 99))
        levels = (values - low) / (high - low) * 255
    else:
        levels = ((values - (float(center) - 0.5)) / (float(width) - 1) + 0.5) * 255
    levels = np.floor(np.clip(levels, 0, 255) + 0.5).astype(np.uint8)
    return 255 - levels if ds.PhotometricInterpretation == "MONOCHROME1" else levels


# --- what a user sees -------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _quiet(capfd):
    """Warnings are errors everywhere; here a word on stderr is one too, were it a codec's."""
    yield
    assert re.sub(r"\r[^\n]*", "", capfd.readouterr().err) == ""  # but for a progress bar, on a busy machine


def test_every_file_has_a_row_and_every_row_has_files():
    assert len(FILES) > 150
    for kind, _, globs in TABLE:
        for glob in globs:
            assert any(fnmatch(name, glob) for name in named(kind)), glob


def shown_by(view):
    """Return what the canvas is sent for every place along the first plane."""
    count = view.scene.counts[view.plane]
    sent = asked(view, [[k] for k in range(count)])
    assert len(sent) == count
    view.close()
    return sent


@pytest.mark.parametrize("name", named(GREY, COLOUR))
def test_picture(name, tmp_path):
    kind, _ = row_of(name)
    ds, frames = decoded(DATA / name, tmp_path)
    upper = frames >> 8 * (frames.dtype.itemsize - 1)
    expected = upper.astype(np.uint8) if kind is COLOUR else greys(ds, frames)
    # Values of 32 bits are fitted into 16 on their way, so that one level may round the other way.
    slack = 1 if frames.dtype.itemsize == 4 and kind is GREY else 0
    series = dv.read_series(DATA / name)
    view = dv.view(DATA / name)
    hidden = dict.fromkeys(view.layers, False)
    view.layers = hidden
    assert len(series) == len(frames)
    for index, wish in enumerate(expected):
        shown = dv.picture(series, index=index, layers=hidden)
        assert shown.pixels.shape == wish.shape
        assert np.abs(shown.pixels.astype(int) - wish).max() <= slack
        view.index = index
        np.testing.assert_array_equal(view.picture().pixels, shown.pixels)
    for sent in shown_by(view):
        assert sent.samples.shape == (ds.Rows, ds.Columns) + ((3,) if kind is COLOUR else ())


@pytest.mark.parametrize("name", named(SEGMENTS))
def test_a_segmentation_by_itself_is_shown_as_its_segments(name, tmp_path):
    ds, frames = decoded(DATA / name, tmp_path)
    assert repr(dv.read_series(DATA / name)) == f"Series SEG · no images · {row_of(name)[1]}"
    view = dv.view(DATA / name)
    assert list(view.layers) == [segment.SegmentLabel for segment in ds.SegmentSequence]
    color = list(bytes.fromhex(view.layers["Liver"].color[1:]))
    assert view.scene.counts["axial"] == len(frames)
    for index, frame in enumerate(frames):
        shown = dv.picture(DATA / name, index=index)
        np.testing.assert_array_equal(shown.pixels, frame[..., np.newaxis] * np.array(color))
        assert (shown.letters, shown.spacing) == (("R", "L", "A", "P"), (0.810547, 0.810547))
        assert shown.notes == ("segmentation without its images",)
    for sent in shown_by(view):
        assert sent.head["layers"] == ["Liver"]
        np.testing.assert_array_equal(sent.masks["Liver"], frames[sent.head["at"][0]])


def assert_sentence(error, name):
    text, words = str(error), row_of(name)[1]
    assert words in text
    assert "\n" not in text or isinstance(error, SeveralSeries)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = dcmread(DATA / name, force=True)
        patient = [str(ds.get(keyword) or "") for keyword in ("PatientName", "PatientID")]
    assert not any(secret in text for secret in patient if len(secret) > 3)


@pytest.mark.parametrize("name", named(NotAnImage))
def test_shown_as_what_it_is(name):
    series = dv.read_series(DATA / name)
    assert series.stacks == ()
    assert row_of(name)[1] in series.rejected[0].reason
    assert series.rejected[0].reason in repr(series)
    for door in (dv.picture, dv.figure):
        with pytest.raises(NotAnImage) as refusal:
            door(DATA / name)
        assert_sentence(refusal.value, name)


# What of a kind must be read off the screen; of any other object, every text.
SHOWN = {
    "SR Storage": ("CodeMeaning", "TextValue", "NumericValue", "UID", "PersonName"),
    "Plan Storage": ("RTPlanLabel", "BeamName", "TreatmentMachineName", "DoseReferenceDescription"),
    "Structure Set": ("StructureSetLabel", "ROIName", "RTROIInterpretedType"),
    "Waveform": ("MultiplexGroupLabel", "CodeMeaning", "UnformattedTextValue"),
}


@pytest.mark.parametrize("name", named(NotAnImage))
def test_a_document_says_what_pydicom_reads(name):
    view = dv.view(DATA / name)
    assert isinstance(view, DocumentView)
    page, outline = view._repr_html_(), view._repr_mimebundle_()["text/plain"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = dcmread(DATA / name, force=True)
        wanted = next((words for kind, words in SHOWN.items() if kind in row_of(name)[1]), None)
        units = {
            item.get("CodeMeaning")  # "cm" is shown, and not "centimeter"
            for sequence in ds.iterall()
            if sequence.VR == "SQ" and "Units" in sequence.keyword
            for item in sequence.value
        }
        texts = [
            str(element.value)
            for element in ds.iterall()
            if element.tag.group != 0x0010
            and (element.keyword in wanted if wanted else element.VR in ("CS", "LO", "SH", "LT", "ST", "PN"))
            and not isinstance(element.value, MultiValue)
            and element.value not in units
        ]
        patient = [str(ds.get(keyword) or "") for keyword in ("PatientName", "PatientID", "PatientBirthDate")]
    if name.endswith("/DICOMDIR"):
        return  # what it names is shown, and not what is in it
    if "truncated" in name:
        assert "the file ends within its header" in outline
        texts = [ds.RTPlanLabel]
    assert html.escape(view.document.kind) in page
    for text in texts:
        for line in text.replace("\r", "\n").split("\n"):
            assert line.strip() in outline
            assert html.escape(line.strip()) in page
    if "charset" not in name:  # their texts all say the same
        assert not any(secret in page for secret in patient if len(secret) > 3)


@pytest.mark.parametrize("name", named(NothingFound, SeveralSeries))
def test_refused_in_a_sentence(name):
    for door in (dv.read_series, dv.picture, dv.view, dv.figure):
        with pytest.raises(row_of(name)[0]) as refusal:
            door(DATA / name)
        assert_sentence(refusal.value, name)


@pytest.mark.parametrize("name", named(SeveralSeries))
def test_a_series_of_a_directory_is_chosen_by_its_uid(name):
    with pytest.raises(SeveralSeries) as refusal:
        dv.picture(DATA / name)
    uids = [line.split()[0] for line in str(refusal.value).splitlines() if line.startswith("  ")]
    assert len(uids) == 13
    assert sum(dv.picture(DATA / name, uid=uid).count for uid in uids) >= 13


@pytest.mark.parametrize("name", named(DamagedPixels))
def test_damage_is_said_in_its_place(name):
    dv.read_series(DATA / name)
    for door in (dv.picture, dv.figure):
        with pytest.raises(DamagedPixels) as refusal:
            door(DATA / name)
        assert_sentence(refusal.value, name)
    (sent,) = shown_by(dv.view(DATA / name))
    assert row_of(name)[1] in sent.text


def test_an_empty_directory_says_so():
    with pytest.raises(NothingFound, match=r"\(\w.*\)"):
        dv.picture(DATA / "test_files/dicomdirtests/DICOMDIR-empty.dcm")


def test_frames_left_out_are_said():
    """15 frames of bytes under NumberOfFrames "1A"."""
    shown = dv.picture(DATA / "test_files/badVR.dcm")
    assert shown.count == 15 or any("frame" in note for note in shown.notes)
