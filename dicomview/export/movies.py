"""Movies: what moves in time at its own rate, or a way through the slices, as GIF, WebP or MP4."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomview.errors import UnknownChoice
from dicomview.export.extras import needed
from dicomview.export.frames import alike, framed, opened_bare
from dicomview.files import ending_of, new_file
from dicomview.progress import bar

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from PIL import Image

    from dicomview.render import Scene, ViewState

__all__ = ["movie"]

_RATE = 10.0  # pictures a second through slices, which no file says
_FASTEST_GIF = 50.0  # a browser shows anything faster at 10 a second


def movie(
    source: Any,
    path: str | os.PathLike[str],
    *,
    along: str | None = None,
    rate: float | None = None,
    annotations: bool = False,
    index: int | None = None,
    overwrite: bool = False,
    **options: Any,
) -> Path:
    """Write a movie and return the path.

    No name, number or description of the file is in it; what is written into the pixels themselves stays.

    Parameters
    ----------
    source : whatever `dicomview.picture` takes
    path : path
        Of a new file: ".gif" (grey exactly as seen, colours from a palette), ".webp" (every pixel exactly) or ".mp4"
        (H.264, which changes pixels a little; an odd last row or column is doubled).
    along : str, optional
        "index" for the slices or frames of the plane, or the name of an extra axis. What the file says moves in time
        when not given, else the index.
    rate : float, optional
        Pictures a second. The file's own when not given (RecommendedDisplayFrameRate, CineRate, the times of its
        frames, PS3.3 C.7.6.5), else 10.
    annotations : bool
        Patient letters, plane and place, window, and what a reader must know, in the pictures.
    index : int, optional
        Where to stand along the plane, for a movie along another axis.
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
        An axis that is not there, a rate that a GIF has not, and whatever `png` refuses; see there for other errors.
    MissingExtra
        imageio, or for MP4 its ffmpeg, is not installed.

    Examples
    --------
    >>> dv.export.movie("sample_data/ct_chest", "chest.gif", window="lung")  # doctest: +SKIP
    PosixPath('chest.gif')
    """
    ending = ending_of(path, (".gif", ".webp", ".mp4"))
    imageio = needed("imageio", "a movie", "export")
    if ending == ".mp4":
        needed("imageio_ffmpeg", "MP4", "export")
    with new_file(path, overwrite=overwrite) as target:
        scene, state = opened_bare(source, options, index)
        states = _states(scene, state, along)
        speed = _speed(scene, rate, ending)
        pictures = (framed(scene, one, annotations=annotations) for one in bar(states, "Painting", "picture"))
        if ending == ".mp4":
            _mp4(imageio, target, pictures, speed)
        else:
            _animated(imageio, target, [np.asarray(one) for one in alike(list(pictures))], speed, ending)
    return Path(path)


def _states(scene: Scene, state: ViewState, along: str | None) -> list[ViewState]:
    along = along or (scene.cine.along if scene.cine else "index")
    if along == "index":
        count = scene.counts[state.plane]
        return [replace(state, positions=_set(state.positions, state.plane, place)) for place in range(count)]
    if along not in scene.lengths:
        known = ", ".join(("index", *scene.lengths))
        raise UnknownChoice(f"there is no axis {along!r} to move along; choose one of {known}")
    return [replace(state, places=_set(state.places, along, place)) for place in range(scene.lengths[along])]


def _set(pairs: tuple[tuple[str, int], ...], name: str, place: int) -> tuple[tuple[str, int], ...]:
    return tuple((dict(pairs) | {name: place}).items())


def _speed(scene: Scene, rate: float | None, ending: str) -> float:
    speed = rate if rate is not None else scene.cine.rate if scene.cine else _RATE
    if isinstance(speed, bool) or not isinstance(speed, int | float) or not math.isfinite(speed) or speed <= 0:
        raise UnknownChoice(f"a rate is a number of pictures a second, above 0, not {speed!r}")
    if ending == ".gif" and speed > _FASTEST_GIF:
        raise UnknownChoice(
            f"a GIF shows at most {_FASTEST_GIF:g} pictures a second, and these are {speed:g}; write .webp or .mp4, or "
            "give a rate"
        )
    return float(speed)


def _animated(imageio: Any, target: Path, pictures: list[NDArray[np.uint8]], rate: float, ending: str) -> None:
    # GIF counts in hundredths of a second, WebP in thousandths: what one picture rounds away the next makes good.
    unit = 10 if ending == ".gif" else 1
    ends = np.round(np.arange(len(pictures) + 1) * 1000 / rate / unit).astype(int) * unit
    more: dict[str, Any] = {} if ending == ".gif" else {"lossless": True}
    if ending == ".webp":
        pictures = [one if one.ndim == 3 else np.repeat(one[..., np.newaxis], 3, axis=2) for one in pictures]
    durations = np.diff(ends).tolist()
    more["duration"] = durations if len(durations) > 1 else durations[0]  # Pillow takes no list for one picture
    imageio.v3.imwrite(target, pictures, extension=ending, plugin="pillow", loop=0, **more)


def _mp4(imageio: Any, target: Path, pictures: Iterator[Image.Image], rate: float) -> None:
    # The ffmpeg that comes with imageio-ffmpeg is under the GPL and therefore never a default.
    options = {"fps": rate, "codec": "libx264", "quality": 8, "macro_block_size": 1, "ffmpeg_log_level": "error"}
    with imageio.v2.get_writer(target, format="FFMPEG", mode="I", **options) as writer:
        for picture in pictures:
            colour = np.asarray(picture.convert("RGB"))  # all of them, for a layer may lie over the last one alone
            writer.append_data(np.pad(colour, [(0, colour.shape[0] % 2), (0, colour.shape[1] % 2), (0, 0)], "edge"))
