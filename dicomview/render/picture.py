"""The picture: what a pixel on the screen shows, as an array."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dicomview.render.raster import paint
from dicomview.render.scene import Scene, scene_of
from dicomview.render.state import ViewState, resolve

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dicomview.files import Source
    from dicomview.pixels import Window
    from dicomview.space import Series, Slice, Stack, Volume

__all__ = ["Picture", "picture", "take"]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One picture as a view paints it.

    Parameters
    ----------
    pixels : (rows, columns) or (rows, columns, 3) uint8 array
        Grey levels, 0 black to 255 white, or RGB.
    aspect : float
        Height of a pixel divided by its width.
    letters : (left, right, top, bottom), optional
        Patient letters; None when the file does not say how the picture lies.
    window : Window or None
        None for colour.
    notes : tuple of str
        What a reader must know: lossy compression, slices missing, unknown pixel size.
    plane : str
    index, count : int
        Zero-based place along the plane, and how many there are.
    spacing : (row, column) mm, optional
    title, place, unit : str
        Series description, where the plane lies, unit of the values; text of the file, to be escaped where it is
        shown.
    """

    pixels: NDArray[np.uint8]
    aspect: float
    letters: tuple[str, str, str, str] | None
    window: Window | None
    notes: tuple[str, ...]
    plane: str
    index: int
    count: int
    spacing: tuple[float, float] | None
    title: str
    place: str
    unit: str


def picture(
    source: Source | Series | Stack | Slice | Volume | NDArray[Any],
    *,
    index: int | None = None,
    plane: str | None = None,
    window: Window | str | tuple[float, float] | None = None,
    **axes: Any,
) -> Picture:
    """Return one picture, exactly as `dicomview.view` shows it.

    Parameters
    ----------
    source : path, pydicom.Dataset, list of either, Series, Stack, Slice, Volume, or array
    index : int, optional
        Zero-based place along the plane, negative from the end; the middle when not given.
    plane : "axial", "coronal" or "sagittal", optional
        The acquired plane when not given.
    window : Window, preset name, "auto" or (center, width), optional
        The first window of the file when not given; without one, from the 1st to the 99th percentile of the stack.
    **axes : int
        Place along each extra axis of a stack, for example ``echo=1``; for an array, ``spacing=(k, j, i)`` in mm.

    Returns
    -------
    Picture

    Raises
    ------
    NothingFound, SeveralSeries, NotAnImage, UnknownChoice, NoDecoder, DamagedPixels

    Examples
    --------
    >>> picture("sample_data/ct_chest", index=30, window="bone").pixels.shape  # doctest: +SKIP
    (256, 256)
    """
    scene = scene_of(source, **axes)
    return take(scene, resolve(scene, scene.home, plane=plane, index=index, window=window))


def take(scene: Scene, state: ViewState) -> Picture:
    """Return the picture of a scene in a state."""
    shot = scene.shot(state.plane, state.index)
    view = scene.views[state.plane]
    return Picture(
        pixels=paint(shot.raster, state.window, invert=shot.inverted),
        aspect=view.aspect,
        letters=view.letters,
        window=None if shot.raster.colour else state.window,
        notes=scene.notes,
        plane=state.plane,
        index=state.index,
        count=view.count,
        spacing=view.spacing,
        title=scene.title,
        place=shot.place,
        unit=scene.unit,
    )
