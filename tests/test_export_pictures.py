"""Pictures and movies: what Pillow and imageio read is what a view shows, at its rate, without the patient."""

from __future__ import annotations

import itertools
import re
import subprocess
from typing import Any

import imageio_ffmpeg
import numpy as np
import phantoms
import pytest
from conftest import CLONE
from oracles import PYDICOM_FILES
from PIL import Image, ImageSequence

import dicomview as dv
from dicomview import errors, export
from dicomview.export import frames

CHEST = CLONE / "sample_data" / "ct_chest"


def clip(count: int = 7, **tags: Any) -> Any:
    """A cine of `count` frames that differ, 32 × 48, without a place in the patient."""
    (one,) = phantoms.without_position(phantoms.regular(np.zeros((1, 32, 48), np.int16), spacing=(1.0, 1.0)))
    steps = (np.arange(count * 32 * 48).reshape(count, 32, 48) * 37 % 255).astype(np.uint8)
    one.NumberOfFrames, one.PixelData = count, steps.tobytes()
    one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 8, 8, 7, 0
    one["PixelData"].VR = "OB"
    one.WindowCenter, one.WindowWidth, one.VOILUTFunction = "127.5", "255", "LINEAR_EXACT"
    for keyword in ("RescaleSlope", "RescaleIntercept", "RescaleType"):
        delattr(one, keyword)
    for keyword, value in tags.items():
        setattr(one, keyword, value)
    return one


def test_eight_bits_are_what_is_seen(tmp_path):
    path = export.png(CHEST, tmp_path / "bone.png", index=30, window="bone")
    with Image.open(path) as image:
        assert image.mode == "L"
        assert np.array_equal(np.asarray(image), dv.picture(CHEST, index=30, window="bone").pixels)
        assert image.info == {}
    colour = export.png(CHEST, tmp_path / "hot.png", colormap="hot", rotation=90)
    with Image.open(colour) as image:
        assert np.array_equal(np.asarray(image), dv.picture(CHEST, colormap="hot", rotation=90).pixels)


def test_pixels_become_square_by_stretching_the_coarser_side(tmp_path):
    pile = phantoms.regular()
    coronal = dv.picture(pile, plane="coronal")
    assert (coronal.pixels.shape, round(coronal.aspect, 3)) == ((12, 8), 2.857)
    with Image.open(export.png(pile, tmp_path / "a.png", plane="coronal")) as image:
        assert image.size == (8, 34)
    with Image.open(export.png(pile, tmp_path / "b.png", plane="coronal", square=False)) as image:
        assert np.array_equal(np.asarray(image), coronal.pixels)
    with Image.open(export.png(pile, tmp_path / "c.png", plane="coronal", rotation=90)) as image:
        assert image.size == (34, 8)


@pytest.mark.parametrize("pile", [phantoms.regular, phantoms.slope_per_slice])
def test_sixteen_bits_are_values(pile, tmp_path):
    series = dv.read_series(pile())
    with Image.open(export.png(series, tmp_path / "values.png", bits=16, index=7, window="bone")) as image:
        grey = np.asarray(image).astype(float)
        words = image.info
    assert np.allclose(float(words["slope"]) * grey + float(words["intercept"]), series[7].values(), atol=1e-9)
    assert words["units"] == "HU"
    with pytest.raises(errors.UnknownChoice, match="8 or 16"):
        export.png(series, tmp_path / "no.png", bits=12)  # type: ignore[arg-type]


def test_words_stand_on_the_picture_and_nothing_of_the_patient(tmp_path, monkeypatch):
    said: list[str] = []
    draw = frames.ImageDraw.ImageDraw.text

    def heard(self: Any, at: Any, text: str, **style: Any) -> None:
        said.append(text)
        draw(self, at, text, **style)

    monkeypatch.setattr(frames.ImageDraw.ImageDraw, "text", heard)
    path = export.png(CHEST, tmp_path / "words.png", index=30, annotations=True)
    bare = export.png(CHEST, tmp_path / "bare.png", index=30)
    assert said[:4] == ["R", "L", "A", "P"]
    assert said[4].startswith("axial 31/60 · z −")
    assert "W 400 HU" in said[4]
    assert len(said) <= 6
    assert not any("Chest" in text or "Phantom" in text for text in said)
    with Image.open(path) as image, Image.open(bare) as plain:
        different = np.asarray(image) != np.asarray(plain)
    assert 0.005 < different.mean() < 0.1
    assert different[:20, 110:146].any()  # A at the top
    assert different[-20:, :100].any()
    assert not different[60:110, 60:110].any()
    assert not different[-60:, -3:].any()  # nothing is cut off at the edge
    said.clear()
    export.png(CHEST, tmp_path / "wide.png", index=30, window="bone", annotations=True)
    assert said[4].startswith("axial 31/60\nz −")  # side by side they would be wider than the picture
    # A key image is one, whatever somebody has called it.
    said.clear()
    export.png(CHEST, tmp_path / "key.png", index=22, annotations=True, objects=CLONE / "sample_data" / "chest_objects")
    assert said[5:] == ["key image"]
    # A small picture is enlarged until words can be read on it.
    with Image.open(export.png(phantoms.regular(), tmp_path / "small.png", annotations=True)) as image:
        assert min(image.size) >= 256


def test_contours_are_drawn_and_what_is_written_is_not(tmp_path):
    objects = CLONE / "sample_data" / "chest_objects"
    wishes: Any = {"objects": objects, "window": (40, 400), "invert": False, "flip": False, "rotation": 0}
    shown = dv.picture(CHEST, index=30, **wishes)
    assert shown.strokes
    with Image.open(export.png(CHEST, tmp_path / "contours.png", index=30, **wishes)) as image:
        assert image.mode == "RGB"
        drawn = np.asarray(image)
    lines = [stroke for _, stroke in shown.strokes if not stroke.words]
    bare = np.asarray(Image.fromarray(shown.pixels).convert("RGB"))
    changed = (drawn != bare).any(axis=2)
    near = np.zeros_like(changed)
    for stroke in lines:
        points = np.concatenate([stroke.points, stroke.points[: stroke.closed]])
        for start, end in itertools.pairwise(points):
            for part in np.linspace(0, 1, 2 + int(2 * np.abs(end - start).max())):
                i, j = np.rint(start + part * (end - start)).astype(int)
                near[max(0, j - 2) : j + 3, max(0, i - 2) : i + 3] = True
    assert changed.any()
    assert not (changed & ~near).any()


def test_a_page_says_that_layers_have_names_where_there_are_some(tmp_path):
    bare = export.page(phantoms.regular(), tmp_path / "bare.html").read_text("utf-8")
    assert "of the file is in it, but the pictures" in bare
    masks = {"mine": np.ones((12, 10, 8), bool)}
    assert "in it beyond what layers are called" in export.page(
        phantoms.regular(), tmp_path / "laid.html", masks=masks
    ).read_text("utf-8")


def test_a_layer_over_some_slices_alone_is_in_colour_there(tmp_path):
    steps = np.arange(8 * 32 * 48, dtype=np.int16).reshape(8, 32, 48)  # a GIF leaves out what repeats itself
    series = dv.read_series(phantoms.regular(steps, spacing=(1.0, 1.0)))
    mask = np.zeros((8, 32, 48), bool)
    mask[6:, 10:20, 10:20] = True
    wishes: Any = {"masks": {"mask": mask}, "layers": {"mask": {"color": "#ff0000", "opacity": 1.0}}}
    sheet = export.sheet(series, tmp_path / "sheet.png", count=2, tile=48, annotations=False, **wishes)
    with Image.open(sheet) as image:
        whole = np.asarray(image.convert("RGB")).astype(int)
    assert (whole[..., 0] - whole[..., 1] > 200).any()
    for ending in ("gif", "webp"):
        with Image.open(export.movie(series, tmp_path / f"movie.{ending}", **wishes)) as image:
            shown = [np.asarray(one.convert("RGB")).astype(int) for one in ImageSequence.Iterator(image)]
        assert [bool((one[..., 0] - one[..., 1] > 200).any()) for one in shown] == [k >= 6 for k in range(len(mask))]
    grey, _ = video(export.movie(series, tmp_path / "movie.mp4", **wishes), *mask.shape[1:])
    assert len(grey) == len(mask)


def test_a_sheet_has_pictures_from_first_to_last(tmp_path):
    path = export.sheet(CHEST, tmp_path / "sheet.png", count=6, columns=3, tile=256, annotations=False, window="lung")
    with Image.open(path) as image:
        assert image.size == (768, 512)
        whole = np.asarray(image)
    for place, index in ((0, 0), (1, 12), (5, 59)):
        top, left = place // 3 * 256, place % 3 * 256
        expected = dv.picture(CHEST, index=index, window="lung").pixels
        assert np.array_equal(whole[top : top + 256, left : left + 256], expected)
    with Image.open(export.sheet(phantoms.regular(), tmp_path / "all.png", plane="sagittal")) as image:
        assert image.size[0] <= 3 * 192
    with pytest.raises(errors.UnknownChoice, match="count is a whole number"):
        export.sheet(CHEST, tmp_path / "no.png", count=0)


def moment(image: Any) -> int:
    image.load()
    return int(image.info["duration"] if image.format == "GIF" else image.info["timestamp"])


@pytest.mark.parametrize("ending", [".gif", ".webp"])
def test_every_pixel_and_the_rate_of_the_file(ending, tmp_path):
    source = clip(RecommendedDisplayFrameRate=12)
    path = export.movie(source, tmp_path / f"clip{ending}")
    with Image.open(path) as image:
        shown = [np.asarray(one.convert("L")) for one in ImageSequence.Iterator(image)]
        times = [moment(one) for one in ImageSequence.Iterator(image)]
        assert image.info["loop"] == 0
    assert len(shown) == 7
    for index, pixels in enumerate(shown):
        assert np.array_equal(pixels, dv.picture(source, index=index).pixels)
    if ending == ".gif":  # lengths in hundredths of a second
        assert set(times) == {80, 90}
        assert sum(times) == pytest.approx(7 / 12 * 1000, abs=5)
    else:  # beginnings in thousandths
        assert times == [round(n / 12 * 1000) for n in range(7)]


def video(path: Any, rows: int, columns: int) -> tuple[Any, str]:
    """The grey pictures that ffmpeg decodes, (count, rows, columns), and what it says of the file."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", path, "-f", "rawvideo", "-pix_fmt", "gray", "-"]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, rows, columns), done.stderr.decode()


def test_an_mp4_has_all_pictures_at_the_rate_of_the_file(tmp_path):
    pictures, said = video(export.movie(clip(FrameTime="40"), tmp_path / "clip.mp4"), 32, 48)
    assert len(pictures) == 7
    assert re.search(r"Video: h264 .*\b25 fps", said)
    smooth = phantoms.regular(
        np.broadcast_to((np.mgrid[:31, :33][0] * 8).astype(np.int16), (4, 31, 33)), spacing=(1.0, 1.0)
    )
    odd, said = video(export.movie(smooth, tmp_path / "odd.mp4", rate=7.5), 32, 34)
    assert len(odd) == 4
    assert "7.50 fps" in said or "7.5 fps" in said
    assert np.abs(odd[0, :31, :33].astype(int) - dv.picture(smooth, index=0).pixels).mean() < 4


def test_a_movie_goes_along_the_slices_or_an_axis(tmp_path):
    def pictures(path: Any) -> list[Any]:
        with Image.open(path) as image:
            return [np.asarray(one.convert("L")) for one in ImageSequence.Iterator(image)]

    slices = pictures(export.movie(phantoms.regular(), tmp_path / "slices.gif", plane="coronal"))
    assert len(slices) == 10
    assert slices[0].shape == (34, 8)
    timed = phantoms.repeats({"TriggerTime": "0"}, {"TriggerTime": "250"}, {"TriggerTime": "500"})
    moments = export.movie(timed, tmp_path / "time.gif", index=3)
    assert len(pictures(moments)) == 3
    assert pictures(moments)[2][0, 0] == dv.picture(timed, index=3, time=2).pixels[0, 0]
    with Image.open(moments) as image:
        assert image.info["duration"] == 250
    assert len(pictures(export.movie(timed, tmp_path / "k.gif", along="index", time=1))) == 12
    words = [np.asarray(one).shape for one in pictures(export.movie(timed, tmp_path / "w.gif", annotations=True))]
    assert min(words[0]) >= 256
    with pytest.raises(errors.UnknownChoice, match="choose one of index, time"):
        export.movie(timed, tmp_path / "no.gif", along="echo")
    with pytest.raises(errors.UnknownChoice, match=r"\.webp or \.mp4"):
        export.movie(timed, tmp_path / "no.gif", rate=60)
    with pytest.raises(errors.UnknownChoice, match="above 0"):
        export.movie(timed, tmp_path / "no.gif", rate=0)
    with pytest.raises(errors.UnknownChoice, match=r"\.gif or \.webp or \.mp4"):
        export.movie(timed, tmp_path / "no.avi")
    assert not list(tmp_path.glob("no.*"))
    assert not list(tmp_path.glob(".dicomview*"))


def test_colour_and_a_missing_package(tmp_path, monkeypatch):
    colour = PYDICOM_FILES / "SC_rgb_rle_2frame.dcm"
    path = export.movie(colour, tmp_path / "colour.webp", rate=30)
    with Image.open(path) as image:
        assert image.n_frames == 2
        assert np.array_equal(np.asarray(image.convert("RGB")), dv.picture(colour, index=0).pixels)
    with pytest.raises(errors.UnknownChoice, match="no values"):
        export.png(colour, tmp_path / "no.png", bits=16)
    monkeypatch.setitem(__import__("sys").modules, "imageio", None)
    with pytest.raises(errors.MissingExtra, match=r"pip install \"dicomview\[export\]\""):
        export.movie(colour, tmp_path / "no.gif")


def test_a_page_is_that_of_the_view(tmp_path):
    path = export.page(phantoms.regular(), tmp_path / "page.html", window="bone")
    text = path.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "12 axial images" in text
    assert "Fictitious" not in text
    with pytest.raises(errors.AlreadyThere):
        export.page(phantoms.regular(), path)
    with pytest.raises(errors.NotAnImage, match="no picture"):
        export.page(phantoms.report(), tmp_path / "no.html")
