"""A picture as a small PNG: for lists, tables and reports."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from dicomview.render.picture import Picture

__all__ = ["png_of"]

Image.preinit()  # now, and not when the first picture is waited for


def png_of(picture: Picture, edge: int) -> bytes:
    """Return a picture as PNG, in its true shape, with at most `edge` pixels along its longer side."""
    rows, columns = picture.pixels.shape[:2]
    tall = rows * picture.aspect
    scale = min(1.0, edge / max(tall, columns))
    size = max(1, round(columns * scale)), max(1, round(tall * scale))
    content = io.BytesIO()
    Image.fromarray(picture.pixels).resize(size, Image.Resampling.BOX).save(content, "PNG", compress_level=1)
    return content.getvalue()
