"""Pictures for other programs: pixels that are square, with words on them where they are wished for."""

from __future__ import annotations

from functools import cache
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dicomview.pixels import VoiTable
from dicomview.render import opened, picture, take, veil, window_words
from dicomview.render.small import outlined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dicomview.render import Picture, Scene, ViewState

__all__ = ["alike", "annotated", "framed", "opened_bare", "squared"]

# What a picture can be asked for; all else is the name of an extra axis.
_WISHES = [name for name in signature(picture).parameters if name not in ("source", "index", "axes")]
_LEAST = 256  # pixels along the shorter side, for words to be read
_PART = 1 / 32  # of the height of a picture, for a line of words


def opened_bare(source: Any, options: Mapping[str, Any], index: int | None = None) -> tuple[Scene, ViewState]:
    """Return the scene of a source without words that may tell who the patient is, and the state that is wished for.

    Raises
    ------
    NothingFound, SeveralSeries, UnknownSeries, NotAnImage, UnknownChoice, NotSuv
        As `dicomview.picture`.
    """
    given = {name: options.get(name) for name in _WISHES}
    axes = {name: value for name, value in options.items() if name not in _WISHES}
    scene, state = opened(source, index=index, axes=axes, **given)
    veil(scene)
    return scene, state


def framed(scene: Scene, state: ViewState, *, annotations: bool, square: bool = True) -> Image.Image:
    """Return the picture of a state, square and with words as wished for."""
    shown = take(scene, state)
    if annotations:
        return annotated(shown)
    return squared(shown) if square else _outlined(Image.fromarray(shown.pixels), shown)


def alike(images: Sequence[Image.Image]) -> list[Image.Image]:
    """Return pictures all in grey, or all in colour when one of them is: a layer need not lie over each."""
    mode = "RGB" if any(one.mode == "RGB" for one in images) else "L"
    return [one.convert(mode) for one in images]


def squared(shown: Picture) -> Image.Image:
    """Return a picture with as many pixels to a mm down as across; the coarser side is stretched linearly."""
    image = Image.fromarray(shown.pixels)
    tall, wide = max(shown.aspect, 1.0), max(1 / shown.aspect, 1.0)
    size = max(1, round(image.width * wide)), max(1, round(image.height * tall))
    return _outlined(image if size == image.size else image.resize(size, Image.Resampling.BILINEAR), shown)


def _outlined(image: Image.Image, shown: Picture) -> Image.Image:
    """Return the image with its contours; what a presentation state writes on it may name somebody and stays away."""
    return outlined(image, shown, words=False)


def annotated(shown: Picture) -> Image.Image:
    """Return a picture with patient letters, plane and place, window and what a reader must know; never the patient."""
    image = squared(shown)
    times = int(np.ceil(_LEAST / min(image.size)))
    image = image.resize((image.width * times, image.height * times), Image.Resampling.NEAREST)
    canvas = ImageDraw.Draw(image)
    font = _font(max(11, round(image.height * _PART)))
    edge, right, bottom = 4, image.width - 4, image.height - 4
    # What a table is called is free text of the file.
    window = "VOI table" if isinstance(shown.window, VoiTable) else window_words(shown)
    words = [f"{shown.plane} {shown.index + 1}/{shown.count}", shown.place, window]
    style: dict[str, Any] = {"font": font, "fill": _white(image), "stroke_width": 2, "stroke_fill": _black(image)}
    lines = [word for word in words if word]
    if canvas.textlength(" · ".join(lines), font) <= right - edge:
        lines = [" · ".join(lines)]
    for x, y, text, anchor in (
        *_letters(shown, image, len(lines)),
        (edge, bottom, "\n".join(lines), "ld"),
        (right, edge, "\n".join(shown.notes), "ra"),
    ):
        if text:
            canvas.text((x, y), text, anchor=anchor, align="right" if anchor[0] == "r" else "left", **style)
    return image


def _letters(shown: Picture, image: Image.Image, lines: int) -> list[tuple[float, float, str, str]]:
    if shown.letters is None:
        return []
    left, right, top, bottom = shown.letters
    above = (1 + lines) * max(11, round(image.height * _PART))  # the words in the corner
    return [
        (4, image.height / 2, left, "lm"),
        (image.width - 4, image.height / 2, right, "rm"),
        (image.width / 2, 4, top, "ma"),
        (image.width / 2, image.height - above, bottom, "md"),
    ]


def _white(image: Image.Image) -> Any:
    return 255 if image.mode == "L" else (255, 255, 255)


def _black(image: Image.Image) -> Any:
    return 0 if image.mode == "L" else (0, 0, 0)


@cache
def _font(size: int) -> Any:
    # Pillow's own font has no minus sign, × and µ; matplotlib is there in every installation.
    return ImageFont.truetype(str(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"), size)
