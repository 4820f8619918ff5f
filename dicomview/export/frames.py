"""Pictures for other programs: pixels that are square, with words on them where they are wished for."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dicomview.pixels import VoiTable
from dicomview.render import opened, take, veil, window_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicomview.render import Picture, Scene, ViewState

__all__ = ["WISHES", "annotated", "framed", "opened_bare", "squared"]

WISHES = ("uid", "units", "spacing", "plane", "window", "layers", "masks", "invert", "colormap", "rotation", "flip")
_LEAST = 256  # pixels along the shorter side, for words to be read
_PART = 1 / 32  # of the height of a picture, for a line of words


def opened_bare(source: Any, options: Mapping[str, Any], index: int | None = None) -> tuple[Scene, ViewState]:
    """Return the scene of a source without words that may tell who the patient is, and the state that is wished for.

    Raises
    ------
    NothingFound, SeveralSeries, UnknownSeries, NotAnImage, UnknownChoice, NotSuv
        As `dicomview.picture`.
    """
    given = {name: options.get(name) for name in WISHES}
    axes = {name: value for name, value in options.items() if name not in WISHES}
    scene, state = opened(source, index=index, axes=axes, **given)
    veil(scene)
    return scene, state


def framed(scene: Scene, state: ViewState, *, annotations: bool, square: bool = True) -> Image.Image:
    """Return the picture of a state, square and with words as wished for."""
    picture = take(scene, state)
    if annotations:
        return annotated(picture)
    return squared(picture) if square else Image.fromarray(picture.pixels)


def squared(picture: Picture) -> Image.Image:
    """Return a picture with as many pixels to a mm down as across; the coarser side is stretched linearly."""
    image = Image.fromarray(picture.pixels)
    tall, wide = max(picture.aspect, 1.0), max(1 / picture.aspect, 1.0)
    size = max(1, round(image.width * wide)), max(1, round(image.height * tall))
    return image if size == image.size else image.resize(size, Image.Resampling.BILINEAR)


def annotated(picture: Picture) -> Image.Image:
    """Return a picture with patient letters, plane and place, window and what a reader must know; never the patient."""
    image = squared(picture)
    times = int(np.ceil(_LEAST / min(image.size)))
    image = image.resize((image.width * times, image.height * times), Image.Resampling.NEAREST)
    canvas = ImageDraw.Draw(image)
    font = _font(max(11, round(image.height * _PART)))
    edge, right, bottom = 4, image.width - 4, image.height - 4
    # What a table is called is free text of the file.
    window = "VOI table" if isinstance(picture.window, VoiTable) else window_words(picture)
    words = [f"{picture.plane} {picture.index + 1}/{picture.count}", picture.place, window]
    style: dict[str, Any] = {"font": font, "fill": _white(image), "stroke_width": 2, "stroke_fill": _black(image)}
    for x, y, text, anchor in (
        *_letters(picture, image),
        (edge, bottom, " · ".join(word for word in words if word), "ld"),
        (right, edge, "\n".join(picture.notes), "ra"),
    ):
        if text:
            canvas.text((x, y), text, anchor=anchor, align="right" if anchor[0] == "r" else "left", **style)
    return image


def _letters(picture: Picture, image: Image.Image) -> list[tuple[float, float, str, str]]:
    if picture.letters is None:
        return []
    left, right, top, bottom = picture.letters
    line = 2 * max(11, round(image.height * _PART))  # above the words in the corner
    return [
        (4, image.height / 2, left, "lm"),
        (image.width - 4, image.height / 2, right, "rm"),
        (image.width / 2, 4, top, "ma"),
        (image.width / 2, image.height - line, bottom, "md"),
    ]


def _white(image: Image.Image) -> Any:
    return 255 if image.mode == "L" else (255, 255, 255)


def _black(image: Image.Image) -> Any:
    return 0 if image.mode == "L" else (0, 0, 0)


@cache
def _font(size: int) -> Any:
    # Pillow's own font has no minus sign, × and µ; matplotlib is there in every installation.
    return ImageFont.truetype(str(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"), size)
