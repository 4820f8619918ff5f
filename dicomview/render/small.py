"""Pictures as small PNGs: for lists, tables, reports and saved notebooks."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomview.render.picture import Picture

__all__ = ["outlined", "png_of", "side_by_side"]

Image.preinit()  # now, and not when the first picture is waited for


def png_of(picture: Picture, edge: int) -> bytes:
    """Return a picture as PNG, in its true shape, with at most `edge` pixels along its longer side."""
    rows, columns = picture.pixels.shape[:2]
    tall = rows * picture.aspect
    scale = min(1.0, edge / max(tall, columns))
    size = max(1, round(columns * scale)), max(1, round(tall * scale))
    content = io.BytesIO()
    image = Image.fromarray(picture.pixels).resize(size, Image.Resampling.BOX)
    outlined(image, picture).save(content, "PNG", compress_level=1)
    return content.getvalue()


def outlined(image: Image.Image, picture: Picture, *, words: bool = True) -> Image.Image:
    """Return the image of a picture, of whatever size, with its strokes drawn; without `words`, lines alone."""
    strokes = [(look, stroke) for look, stroke in picture.strokes if words or not stroke.words]
    if strokes:
        image = image.convert("RGB")
    rows, columns = picture.pixels.shape[:2]
    for look, stroke in strokes:
        points = (stroke.points + 0.5) * np.divide(image.size, (columns, rows))
        pen = ImageDraw.Draw(image, "RGBA")
        path = [*map(tuple, points), *map(tuple, points[: stroke.closed])]
        color = (*bytes.fromhex(look.color[1:]), round(255 * look.opacity))
        if stroke.words:
            pen.multiline_text(path[0], stroke.words, fill=color)
        else:
            pen.line(path, fill=color, width=2)
    return image


def side_by_side(pictures: Sequence[bytes]) -> bytes:
    """Return PNGs as one, beside each other on black."""
    parts = [Image.open(io.BytesIO(one)).convert("RGB") for one in pictures]
    whole = Image.new("RGB", (sum(part.width for part in parts), max(part.height for part in parts)))
    left = 0
    for part in parts:
        whole.paste(part, (left, (whole.height - part.height) // 2))
        left += part.width
    content = io.BytesIO()
    whole.save(content, "PNG", compress_level=1)
    return content.getvalue()
