"""Pictures as files: one as PNG, in 8 bits as seen or in 16 bits as values, and many on one sheet."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from dicomview.errors import UnknownChoice
from dicomview.export.frames import alike, framed, opened_bare
from dicomview.files import ending_of, new_file
from dicomview.progress import bar
from dicomview.render.camera import held

if TYPE_CHECKING:
    import os

    from dicomview.render import Scene, ViewState

__all__ = ["png", "sheet"]

_MIDDLE = 32768  # what is added to signed samples


def png(
    source: Any,
    path: str | os.PathLike[str],
    *,
    bits: Literal[8, 16] = 8,
    annotations: bool = False,
    square: bool = True,
    index: int | None = None,
    overwrite: bool = False,
    **options: Any,
) -> Path:
    """Write one picture as PNG and return the path.

    No name, number or description of the file is in it, annotated or not; what is written into the pixels themselves
    stays.

    Parameters
    ----------
    source : whatever `dicomview.picture` takes
    path : path
        Of a new file that ends in ".png".
    bits : 8 or 16
        8 for the picture as a screen shows it. 16 for the values under it, without window, colours and layers:
        ``value = slope * grey + intercept``; slope, intercept, units and the grey that is no value (blank) stand in
        text fields of the file.
    annotations : bool
        Patient letters, plane and place, window, and what a reader must know, in the picture; small ones are enlarged.
    square : bool
        Where pixels are not square the coarser side is stretched, for other programs show them as squares. False keeps
        them as they are; with 16 bits they always stay.
    index : int, optional
        As for `dicomview.picture`.
    overwrite : bool
        True replaces a file that is there already.
    **options
        As for `dicomview.picture`: ``plane``, ``window``, ``masks`` …

    Returns
    -------
    Path

    Raises
    ------
    NothingFound, SeveralSeries, UnknownSeries, NotAnImage, UnknownChoice, NotSuv, NoDecoder, DamagedPixels
        As `dicomview.picture`.
    AlreadyThere
        There is something at `path`.

    Examples
    --------
    >>> dv.export.png("sample_data/ct_chest", "bone.png", index=30, window="bone")  # doctest: +SKIP
    PosixPath('bone.png')
    """
    ending_of(path, (".png",))
    if bits not in (8, 16):
        raise UnknownChoice(f"a PNG has 8 or 16 bits, not {bits!r}")
    with new_file(path, overwrite=overwrite) as target:
        scene, state = opened_bare(source, options, index)
        if bits == 16:
            image, words = _values(scene, state)
            image.save(target, "PNG", pnginfo=words)
        else:
            framed(scene, state, annotations=annotations, square=square).save(target, "PNG")
    return Path(path)


def sheet(
    source: Any,
    path: str | os.PathLike[str],
    *,
    count: int = 20,
    columns: int | None = None,
    tile: int = 192,
    annotations: bool = True,
    overwrite: bool = False,
    **options: Any,
) -> Path:
    """Write a contact sheet, pictures from the first of a plane to the last, as PNG and return the path.

    No name, number or description of the file is in it.

    Parameters
    ----------
    source : whatever `dicomview.picture` takes
    path : path
        Of a new file that ends in ".png".
    count : int
        How many pictures at most, evenly spread.
    columns : int, optional
        How many beside each other; about as many as below each other when not given.
    tile : int
        Pixels along the longer side of each picture.
    annotations : bool
        Letters, place and window on each.
    overwrite : bool
        True replaces a file that is there already.
    **options
        As for `dicomview.picture`.

    Returns
    -------
    Path

    Raises
    ------
    UnknownChoice
        A number that is none, and whatever `png` refuses; see there for other errors.
    """
    ending_of(path, (".png",))
    for name, number in (("count", count), ("tile", tile), ("columns", 1 if columns is None else columns)):
        if not isinstance(number, int) or number < 1:
            raise UnknownChoice(f"{name} is a whole number from 1 on, not {number!r}")
    with new_file(path, overwrite=overwrite) as target:
        scene, state = opened_bare(source, options)
        there = scene.counts[state.plane]
        places = [round(x) for x in np.linspace(0, there - 1, min(count, there))]
        across = columns or math.ceil(math.sqrt(len(places)))
        tiles = []
        for place in bar(places, "Painting", "picture"):
            image = framed(scene, _at(state, place), annotations=annotations)
            scale = tile / max(image.size)
            size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
            tiles.append(image.resize(size, Image.Resampling.LANCZOS))
        tiles = alike(tiles)
        width, height = tiles[0].size
        whole = Image.new(tiles[0].mode, (across * width, math.ceil(len(tiles) / across) * height))
        for number, image in enumerate(tiles):
            whole.paste(image, (number % across * width, number // across * height))
        whole.save(target, "PNG")
    return Path(path)


def _at(state: ViewState, place: int) -> ViewState:
    return replace(state, positions=tuple((dict(state.positions) | {state.plane: place}).items()))


def _values(scene: Scene, state: ViewState) -> tuple[Image.Image, PngInfo]:
    """Return 16-bit greys, and the words that say which values they are."""
    shot = scene.shot(state.plane, state.index, state.axes)
    raster = shot.raster
    if raster.colour:
        raise UnknownChoice("a colour picture has no values; bits=8 writes it as it is seen")
    shift = _MIDDLE if raster.samples.dtype.kind == "i" else 0
    grey = (raster.samples.astype(np.int32) + shift).astype(np.uint16)
    words = PngInfo()
    said = {"slope": raster.slope, "intercept": raster.intercept - raster.slope * shift}
    if raster.blank is not None:
        said["blank"] = raster.blank + shift
    for name, number in said.items():
        words.add_text(name, repr(float(number)))
    words.add_text("units", "".join(letter for letter in scene.unit[:16] if letter.isprintable()))
    return Image.fromarray(held(grey, state.rotation, state.flip)), words
