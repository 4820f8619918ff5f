"""The correct picture, values and polarity (P1 to P3), and how the tests of all rows look at a picture.

Every row goes by three roads to dicomview (one file, a folder, data sets in memory) and is looked at in three ways:
`dicomview.picture`, the image within `dicomview.figure`, and the messages of the canvas, painted here by a second,
short implementation of its protocol. What is right is said by DCMTK, by pydicom, or by numbers worked out by hand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from oracles import JPEG_XL, described, read_pgm, run
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.uid import MPEG4HP41, UID
from wire import asked

import dicomview as dv
from dicomview.demo.synthetic import demo_uid, write
from dicomview.space import read_series

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Datasets = Dataset | Sequence[Dataset]
    Road = Callable[[Datasets, Path], Any]


# --- roads -----------------------------------------------------------------------------------------------------------


def _saved(datasets: Datasets, folder: Path) -> list[Path]:
    paths = []
    for place, ds in enumerate([datasets] if isinstance(datasets, Dataset) else datasets):
        syntax = ds.file_meta.TransferSyntaxUID
        if syntax in JPEG_XL:  # newer than pydicom's writer; another name of the same length stands in for it
            ds.file_meta.TransferSyntaxUID = UID(MPEG4HP41)
        try:
            paths += write([ds], folder, name=f"{place:04d}.dcm")
        finally:
            ds.file_meta.TransferSyntaxUID = syntax
        if syntax in JPEG_XL:
            paths[-1].write_bytes(paths[-1].read_bytes().replace(MPEG4HP41.encode(), syntax.encode(), 1))
    return paths


def _in_file(datasets: Datasets, folder: Path) -> Any:
    paths = _saved(datasets, folder / "files")
    return paths if len(paths) > 1 else paths[0]


def _in_folder(datasets: Datasets, folder: Path) -> Path:
    _saved(datasets, folder / "folder")
    (folder / "folder" / "notes.txt").write_text("not an image")
    return folder / "folder"


def _in_memory(datasets: Datasets, folder: Path) -> Any:
    return datasets


roads = pytest.mark.parametrize("road", [_in_file, _in_folder, _in_memory], ids=["file", "folder", "memory"])


# --- three looks at one picture --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """What the three ways agree on."""

    picture: dv.Picture
    values: NDArray[np.float32]
    """Modality values that Python gets of the same slice."""
    probe: NDArray[np.float64]
    """Those that the hover of the canvas computes."""
    scene: dict[str, Any]
    message: dict[str, Any]
    series: dv.Series

    @property
    def pixels(self) -> NDArray[np.uint8]:
        return self.picture.pixels


def see(road: Road, datasets: Datasets, folder: Path, **wish: Any) -> Seen:
    """Return the picture, having made sure that figure and canvas show the same, before and after a window drag."""
    source = road(datasets, folder)
    series = read_series(source)
    shown = dv.picture(source, **wish)
    (drawn,) = dv.figure(source, **wish).axes[0].images
    np.testing.assert_array_equal(drawn.get_array(), shown.pixels)
    view = dv.view(source, controls=False, **wish)
    try:
        (sent,) = asked(view, [[view.index, *view.axes.values()]])
        message, samples, layers = sent.head, sent.samples, list(sent.masks.values())
        scene = view._scene
        np.testing.assert_array_equal(_painted(scene, view._state, message, samples, layers), shown.pixels)
        window = view._state["window"]
        if not scene["colour"] and "center" in window:
            dragged = window | {"center": window["center"] + window["width"] / 8, "width": window["width"] * 1.5}
            view._state = view._state | {"window": dragged}
            after = _painted(scene, view._state, message, samples, layers)
            np.testing.assert_array_equal(after, view.picture().pixels)
            assert (view.window.center, view.window.width) == (dragged["center"], dragged["width"])
    finally:
        view.close()
    one = series.stack.slices[shown.index]
    probe = samples * np.float64(message["slope"]) + message["intercept"]
    return Seen(shown, one.values(), probe, scene, message, series)


def _painted(
    scene: dict[str, Any],
    state: dict[str, Any],
    message: dict[str, Any],
    samples: NDArray[Any],
    layers: list[NDArray[np.bool_]],
) -> NDArray[Any]:
    """Paint a slice message value by value, as the protocol of the canvas says."""
    if message["sample"] == "rgb8":
        grey = samples
    else:
        tables = {preset["name"]: preset["table"] for preset in scene["presets"] if "table" in preset}
        levels = {}
        for sample in np.unique(samples).tolist():
            level = grey_level(message["slope"] * sample + message["intercept"], state["window"], tables)
            levels[sample] = 0 if sample == message["blank"] else 255 - level if message["invert"] else level
        grey = np.vectorize(levels.get, otypes=[np.uint8])(samples)
    shown = [(layer, state["layers"][name]) for name, layer in zip(message["layers"], layers, strict=True)]
    shown = [(layer, look) for layer, look in shown if look["shown"]]
    if not shown:
        return grey
    coloured = grey.copy() if grey.ndim == 3 else np.stack([grey] * 3, axis=-1)
    for layer, look in shown:
        for row, column in np.argwhere(layer):
            for channel, value in enumerate(bytes.fromhex(look["color"][1:])):
                under = int(coloured[row, column, channel])
                coloured[row, column, channel] = math.floor(under + (value - under) * look["opacity"] + 0.5)
    return coloured


def grey_level(x: float, window: dict[str, Any], tables: dict[str, Any] | None = None) -> int:
    """PS3.3 C.11.2.1.2.1 and C.11.2.1.3, one value at a time, output 0 to 255, halves up."""
    if "table" in window:
        table = (tables or {})[window["table"]]
        return table["levels"][min(max(math.floor(x + 0.5) - table["first"], 0), len(table["levels"]) - 1)]
    c, w = window["center"], window["width"]
    if window["function"] == "SIGMOID":
        y = 255 / (1 + math.exp(min(-4 * (x - c) / w, 700)))
    elif window["function"] == "LINEAR_EXACT":
        y = ((x - c) / w + 0.5) * 255
    elif w <= 1:
        y = 0 if x <= c - 0.5 else 255
    else:
        y = ((x - (c - 0.5)) / (w - 1) + 0.5) * 255
    return math.floor(min(max(y, 0), 255) + 0.5)


def greys(values: NDArray[Any], center: float, width: float, function: str = "LINEAR") -> NDArray[np.uint8]:
    window = {"center": center, "width": width, "function": function}
    return np.vectorize(lambda x: grey_level(float(x), window), otypes=[np.uint8])(values)


# --- images and DCMTK ------------------------------------------------------------------------------------------------


def image(pixels: NDArray[Any], *, stored: int | None = None, **elements: Any) -> Dataset:
    """Return a data set of one image with UIDs of its own and nothing of a patient."""
    dataset = described(pixels, stored=stored, Modality="OT")
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = demo_uid("pictures", "study"), demo_uid("pictures", "series")
    dataset.SOPInstanceUID = demo_uid("pictures", "instance")
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def ramp(low: int, high: int, dtype: Any = np.int16, shape: tuple[int, int] = (16, 16)) -> NDArray[Any]:
    return np.linspace(low, high, shape[0] * shape[1]).astype(dtype).reshape(shape)


def dcmtk(dataset: Dataset, folder: Path, *options: str) -> NDArray[np.int64]:
    """Return the grey levels of DCMTK, which cuts off what is behind the decimal point."""
    (path,) = write([dataset], folder / "dcmtk", name="_".join(options).replace("/", "") + "{:04d}.dcm")
    out = path.with_suffix(".pgm")
    run("dcm2pnm", "--write-raw-pnm", *options, path, out)
    return read_pgm(out).astype(np.int64)


def assert_like_dcmtk(ours: NDArray[np.uint8], theirs: NDArray[np.int64], *, either: bool = False) -> None:
    """Ours rounds, theirs cuts off, so ours may be one more; `either` way where it inverts or shifts a table."""
    difference = ours.astype(np.int64) - theirs
    assert difference.max() <= 1
    assert difference.min() >= (-1 if either else 0)


# --- P1 to P3 --------------------------------------------------------------------------------------------------------


@roads
@pytest.mark.parametrize("shape", [{}, {"PresentationLUTShape": "INVERSE"}])
def test_p01_monochrome1_is_shown_inverted_and_valued_as_stored(road: Road, tmp_path: Path, shape: Any) -> None:
    stored = ramp(-300, 900)
    tags = {"RescaleSlope": "2", "RescaleIntercept": "-10", "WindowCenter": "500", "WindowWidth": "1500"}
    one = image(stored, PhotometricInterpretation="MONOCHROME1", **tags, **shape)
    seen = see(road, one, tmp_path)
    values = 2 * stored.astype(float) - 10
    np.testing.assert_array_equal(seen.pixels, 255 - greys(values, 500, 1500))
    np.testing.assert_array_equal(seen.values, values)
    np.testing.assert_array_equal(seen.probe, values)
    assert_like_dcmtk(seen.pixels, dcmtk(one, tmp_path, "+Ww", "500", "1500"), either=True)


@roads
def test_p02_signed_12_of_16_bits_without_sign_extension(road: Road, tmp_path: Path) -> None:
    values = ramp(-2048, 2047)
    one = image((values & 0x0FFF).astype(np.uint16), stored=12, PixelRepresentation=1)
    seen = see(road, one, tmp_path, window=(-100, 3000))
    assert seen.values.min() == -2048
    np.testing.assert_array_equal(seen.values, values)
    np.testing.assert_array_equal(seen.probe, one.pixel_array)
    np.testing.assert_array_equal(seen.pixels, greys(values, -100, 3000))
    assert_like_dcmtk(seen.pixels, dcmtk(one, tmp_path, "+Ww", "-100", "3000"))


@roads
@pytest.mark.parametrize("signed", [False, True])
def test_p03_junk_above_the_high_bit_is_masked_out(road: Road, tmp_path: Path, signed: bool) -> None:
    values = ramp(-512, 511) if signed else ramp(0, 1023)
    junk = np.random.default_rng(3).integers(0, 64, values.shape) << 10
    one = image(((values & 0x03FF) | junk).astype(np.uint16), stored=10, PixelRepresentation=int(signed))
    seen = see(road, one, tmp_path, window=(200, 700))
    np.testing.assert_array_equal(seen.values, values)
    np.testing.assert_array_equal(seen.values, one.pixel_array)
    assert_like_dcmtk(seen.pixels, dcmtk(one, tmp_path, "+Ww", "200", "700"))


@roads
def test_p03_bits_below_the_lowest_are_shifted_away(road: Road, tmp_path: Path) -> None:
    values = ramp(0, 255, np.uint16)
    one = image((values << 4) | 0x000F, stored=8, HighBit=11)
    seen = see(road, one, tmp_path, window=(100, 180))
    np.testing.assert_array_equal(seen.values, values)
    assert_like_dcmtk(seen.pixels, dcmtk(one, tmp_path, "+Ww", "100", "180"))


@roads
def test_p03_an_embedded_overlay_is_drawn_and_leaves_the_values_alone(road: Road, tmp_path: Path) -> None:
    values = ramp(0, 3000, np.uint16, (10, 13))
    mask = (np.indices(values.shape).sum(axis=0) % 5) == 0
    one = image(values | (mask.astype(np.uint16) << 13), stored=12)
    one[0x60000010] = DataElement(0x60000010, "US", 10)
    one[0x60000011] = DataElement(0x60000011, "US", 13)
    one[0x60000040] = DataElement(0x60000040, "CS", "G")
    one[0x60000050] = DataElement(0x60000050, "SS", [1, 1])
    one[0x60000100] = DataElement(0x60000100, "US", 16)
    one[0x60000102] = DataElement(0x60000102, "US", 13)
    seen = see(road, one, tmp_path, window=(1500, 6000), layers={"overlays": "#ff8000"})
    np.testing.assert_array_equal(seen.values, values)
    assert (seen.pixels[mask] == [255, 128, 0]).all()
    bare = greys(values, 1500, 6000)
    np.testing.assert_array_equal(seen.pixels[~mask], np.stack([bare] * 3, axis=-1)[~mask])
    theirs = dcmtk(one, tmp_path, "+Ww", "1500", "6000", "+O", "1", "+Omr")
    np.testing.assert_array_equal(theirs == 255, mask)
    np.testing.assert_array_equal(dv.picture(one, window=(1500, 6000), layers={"overlays": False}).pixels, bare)
