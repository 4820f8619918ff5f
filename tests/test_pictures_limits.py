"""The correct picture, what is no picture and what is a very large one: P27 and P28 of CONFORMANCE.md."""

from __future__ import annotations

import io
import sys
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import phantoms
import pytest
from pydicom import uid
from pydicom.dataset import Dataset
from test_pictures import image, ramp, roads, see

import dicomview as dv
from dicomview.demo.synthetic import write
from dicomview.errors import DicomviewError
from dicomview.space import Slice, read_series
from dicomview.space.slices import slices_of
from dicomview.views import DocumentView

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from dicomview.files import Header

MB = 1_000_000


# --- P27 -------------------------------------------------------------------------------------------------------------

KINDS = {
    "SR": uid.BasicTextSRStorage,
    "KO": uid.KeyObjectSelectionDocumentStorage,
    "PR": uid.GrayscaleSoftcopyPresentationStateStorage,
    "DOC": uid.EncapsulatedPDFStorage,
    "RTPLAN": uid.RTPlanStorage,
    "RTSTRUCT": uid.RTStructureSetStorage,
    "ECG": uid.TwelveLeadECGWaveformStorage,
}


def without_pixels(modality: str) -> Dataset:
    one = image(ramp(0, 9))
    for element in [e for e in one if e.tag.group in (0x0028, 0x7FE0)]:
        del one[element.tag]
    one.SOPClassUID = one.file_meta.MediaStorageSOPClassUID = KINDS[modality]
    one.Modality, one.PatientName = modality, "Fictitious^Phantom"
    item = Dataset()
    item.CodeMeaning = "Finding of the phantom"
    one.ConceptNameCodeSequence = [item]
    return one


@roads
@pytest.mark.parametrize("modality", KINDS)
def test_p27_what_has_no_pixels_is_named_in_a_sentence_and_read_as_a_table(
    road: Any, tmp_path: Path, modality: str
) -> None:
    source = road(without_pixels(modality), tmp_path)
    for door in (dv.picture, dv.figure):
        with pytest.raises(DicomviewError) as refused:
            door(source)
        text = str(refused.value)
        assert modality in text or KINDS[modality].name.split(" Storage")[0] in text, text
        assert "Fictitious" not in text
        assert "\n" not in text.strip()
        assert text.endswith("dv.view shows it")
    table = dv.tags(source)
    assert "Finding of the phantom" in table["value"].astype(str).to_list()


@roads
@pytest.mark.parametrize("modality", KINDS)
def test_p27_what_has_no_pixels_is_shown_as_what_it_is(road: Any, tmp_path: Path, modality: str) -> None:
    shown = dv.view(road(without_pixels(modality), tmp_path))
    assert isinstance(shown, DocumentView)
    bundle = shown._repr_mimebundle_()
    for text in bundle.values():
        assert KINDS[modality].name.removesuffix(" Storage") in text
        assert "Fictitious" not in text
    assert "<details open>" in bundle["text/html"]
    assert shown.document.nodes or modality in ("RTPLAN", "RTSTRUCT", "ECG", "PR")
    if modality in ("SR", "KO", "DOC"):
        assert shown.document.title == "Finding of the phantom"


@roads
def test_p27_a_report_beside_the_images_does_not_disturb_them(road: Any, tmp_path: Path) -> None:
    pile = phantoms.regular(phantoms.voxels(3))
    plain = dv.picture(pile, index=1).pixels
    seen = see(road, [*pile, phantoms.report()], tmp_path, index=1)
    np.testing.assert_array_equal(seen.pixels, plain)
    assert len(seen.series.stack.slices) == 3


# --- P28 -------------------------------------------------------------------------------------------------------------


def peak(action: Any) -> tuple[float, float]:
    """Return seconds and the most megabytes that Python held while `action` ran, above what it held before."""
    tracemalloc.start()
    try:
        start, held = time.perf_counter(), tracemalloc.get_traced_memory()[0]
        action()
        return time.perf_counter() - start, (tracemalloc.get_traced_memory()[1] - held) / MB
    finally:
        tracemalloc.stop()


def large_radiograph() -> tuple[Dataset, NDArray[np.uint16]]:
    """Return a radiograph of 40 MB and its stored values."""
    stored = np.arange(5000 * 4000, dtype=np.uint16).reshape(5000, 4000) & 0x3FFF
    one = image(stored, stored=14, Modality="DX", ImagerPixelSpacing=["0.1", "0.1"])
    one.WindowCenter, one.WindowWidth = "8192", "16384"
    return one, stored


def test_p28_a_large_radiograph_is_shown_in_bounded_memory(tmp_path: Path) -> None:
    one, stored = large_radiograph()
    (path,) = write([one], tmp_path)
    del one
    seconds, megabytes = peak(lambda: dv.picture(path))
    assert seconds < 20  # with the tracing, which costs
    assert megabytes < 8 * 40  # the file has 40 MB
    shown = dv.picture(path)
    assert shown.pixels.shape == (5000, 4000)
    level = dv.Window(8192, 16384).apply(stored[::500, ::400].astype(float))
    np.testing.assert_array_equal(shown.pixels[::500, ::400], level)


def long_cine(folder: Path, frames: int, side: int) -> Path:
    """Write a cine whose frame k holds the value k everywhere."""
    stored = np.repeat(np.arange(frames, dtype=np.uint16), side * side)
    one = image(np.zeros((side, side), np.uint16), NumberOfFrames=frames, PixelData=stored.tobytes(), Modality="US")
    one.SOPClassUID = one.file_meta.MediaStorageSOPClassUID = uid.UltrasoundMultiFrameImageStorage
    one.FrameTime = "40"
    (path,) = write([one], folder)
    return path


def test_p28_of_a_thousand_frames_only_those_shown_are_read(tmp_path: Path) -> None:
    path = long_cine(tmp_path, 1000, 128)
    series: list[dv.Series] = []
    _, megabytes = peak(lambda: series.append(read_series(path)))
    assert megabytes < 16  # the file has 33 MB
    _, megabytes = peak(lambda: dv.picture(series[0], index=999, window=(500, 1000)))
    assert megabytes < 8
    _, megabytes = peak(lambda: dv.picture(series[0]))  # the automatic window looks at a few frames
    assert megabytes < 8


def test_p28_ten_thousand_frames_are_there_in_time(tmp_path: Path) -> None:
    path = long_cine(tmp_path, 10_000, 16)
    start = time.perf_counter()
    series = read_series(path)
    assert dv.picture(series, index=9_999).count == 10_000
    view = dv.view(series)
    assert view.scene.counts == {"acquired": 10_000}
    view.close()
    assert time.perf_counter() - start < 60  # some seconds; more only on a machine that is busy elsewhere
    assert (series.stack.slices[9_999].values() == 9_999).all()


def test_p28_sorting_many_frames_shows_a_bar_and_can_be_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = phantoms.enhanced(phantoms.regular(phantoms.voxels(2)))
    count = 1_000
    one.PerFrameFunctionalGroupsSequence = [one.PerFrameFunctionalGroupsSequence[0]] * count
    one.NumberOfFrames, one.PixelData = count, one.PixelData[: len(one.PixelData) // 2] * count
    (path,) = write([one], tmp_path)
    screen = io.StringIO()

    def slowly_until_it_shows(header: Header) -> Iterator[Slice]:
        """The file's slices as from a slow machine, where the bar comes long before the last of them."""
        for found in slices_of(header):
            time.sleep(0.01)
            yield found
            if "Placing slices" in screen.getvalue():
                raise KeyboardInterrupt

    monkeypatch.setattr("dicomview.space.series.slices_of", slowly_until_it_shows)
    monkeypatch.setattr(sys, "stderr", screen)
    with pytest.raises(KeyboardInterrupt):
        read_series(path)
    assert f"/{count}" in screen.getvalue()
    assert screen.getvalue().rstrip(" ").endswith("\r"), "the bar is taken away again"
