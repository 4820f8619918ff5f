"""The picture: what a pixel on the screen shows, as an array."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dicomview.pixels import VoiTable
from dicomview.render.camera import held, letters_held, points_held
from dicomview.render.colormap import GRAY, colours_of
from dicomview.render.door import opened
from dicomview.render.raster import paint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from dicomview.files import Source
    from dicomview.objects import Stroke
    from dicomview.pixels import Voi
    from dicomview.render.look import Look
    from dicomview.render.scene import Scene
    from dicomview.render.state import ViewState
    from dicomview.space import Series, Slice, Stack, Volume

__all__ = ["Picture", "picture", "take", "window_words"]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One picture as a view paints it.

    Parameters
    ----------
    pixels : (rows, columns) or (rows, columns, 3) uint8 array
        Grey levels, 0 black to 255 white, or RGB: for colour, and where layers are drawn.
    aspect : float
        Height of a pixel divided by its width.
    letters : (left, right, top, bottom), optional
        Patient letters; None when the file does not say how the picture lies.
    window : Window, VoiTable or None
        None for colour.
    notes : tuple of str
        What a reader must know: lossy compression, slices missing, unknown pixel size, another decoder than usual.
    plane : str
    index, count : int
        Zero-based place along the plane, and how many there are.
    spacing : (row, column) mm, optional
    title, place, unit : str
        Series description, where the plane lies and the place along extra axes, unit of the values; text of the file,
        to be escaped where it is shown.
    strokes : tuple of (Look, Stroke) pairs
        Contours over the picture, in its columns and rows; no pixel shows them.
    """

    pixels: NDArray[np.uint8]
    aspect: float
    letters: tuple[str, str, str, str] | None
    window: Voi | None
    notes: tuple[str, ...]
    plane: str
    index: int
    count: int
    spacing: tuple[float, float] | None
    title: str
    place: str
    unit: str
    strokes: tuple[tuple[Look, Stroke], ...] = ()


def picture(
    source: Source | Series | Stack | Slice | Volume | NDArray[Any],
    *,
    index: int | None = None,
    plane: str | None = None,
    window: Voi | str | tuple[float, float] | None = None,
    layers: Mapping[str, object] | None = None,
    masks: object = None,
    objects: object = None,
    invert: bool = False,
    colormap: str = GRAY,
    rotation: int = 0,
    flip: bool = False,
    uid: str | None = None,
    units: str | None = None,
    spacing: Sequence[float] | None = None,
    **axes: int,
) -> Picture:
    """Return one picture, exactly as `dicomview.view` shows it.

    Parameters
    ----------
    source : path, pydicom.Dataset, list of either, Series, Stack, Slice, Volume, or (k, j, i) array
    index : int, optional
        Zero-based place along the plane, negative from the end; the middle when not given.
    plane : "axial", "coronal" or "sagittal", optional
        The acquired plane when not given.
    window : Window, VoiTable, name, "auto" or (center, width), optional
        The first window of the file when not given; without one, from the 1st to the 99th percentile of the stack. A
        name is the explanation of a window or VOI table of the file, or one of `dicomview.presets`.
    layers : dict, optional
        How to draw what lies over the picture, by its name, which is "overlays" for all overlay planes: True or
        False, a colour ("#rrggbb" or a name), an opacity from 0 to 1, or a dict of shown, color and opacity.
        A picture with a layer on it is a colour one.
    masks : path, pydicom.Dataset, Series or list of them, dict, or array, optional
        What to lay over the pictures: DICOM Segmentations, a layer for each segment; or, by name, (k, j, i) arrays of
        bool or of whole numbers on the grid of the stack, a layer for each number but 0.
    objects : path, pydicom.Dataset, Series, list of them, or True, optional
        Objects about the pictures: segmentations and structure sets, a layer for each segment; doses, in bands of
        colour from a tenth of the largest dose on; presentation states with their window, turn and annotations; key
        objects, named in the corner of the images they mark. True takes those that were found with the series, in the
        same folder or catalogue, and refer to it.
    invert : bool
        Let black and white change places, beyond what the file asks for.
    colormap : str
        A colour map of matplotlib, by its name; of grey pictures it makes coloured ones.
    rotation : 0, 90, 180 or 270
        Degrees clockwise to turn the picture, after `flip`.
    flip : bool
        Let left and right change places. The letters follow, here and in a rotation.
    uid : str, optional
        SeriesInstanceUID, or the beginning of one, where `source` holds several series.
    units : str, optional
        For PET: "SUVbw", "SUVlbm", "SUVlbmj" or "SUVbsa"; "stored" for the units of the file. When not given, SUVbw
        where the file allows it, else those of the file with a note why.
    spacing : floats, mm, optional
        For an array: distance along each of its axes.
    **axes : int
        Zero-based place along each extra axis of a stack, for example ``echo=1``; 0 when not given.

    Returns
    -------
    Picture

    Raises
    ------
    NothingFound, SeveralSeries, UnknownSeries, NotAnImage, UnknownChoice, NotSuv, NoDecoder, DamagedPixels

    Examples
    --------
    >>> picture("sample_data/ct_chest", index=30, window="bone").pixels.shape  # doctest: +SKIP
    (256, 256)
    """
    scene, state = opened(
        source,
        uid=uid,
        units=units,
        spacing=spacing,
        index=index,
        plane=plane,
        window=window,
        layers=layers,
        masks=masks,
        objects=objects,
        invert=invert,
        colormap=colormap,
        rotation=rotation,
        flip=flip,
        axes=axes,
    )
    return take(scene, state)


def take(scene: Scene, state: ViewState) -> Picture:
    """Return the picture of a scene in a state, as a whole: zoom and pan only choose what a screen shows of it."""
    shot = scene.shot(state.plane, state.index, state.axes)
    view = scene.views[state.plane]
    looks = state.looks
    layers = [(mask, looks[name].color, looks[name].opacity) for name, mask in shot.layers if looks[name].shown]
    colours = None if state.colormap == GRAY or shot.raster.colour else colours_of(state.colormap)
    pixels = paint(shot.raster, state.window, invert=shot.inverted != state.invert, colours=colours, layers=layers)
    drawn = [(looks[name], stroke) for name, strokes in shot.strokes if looks[name].shown for stroke in strokes]
    size = pixels.shape[0], pixels.shape[1]
    lying = state.rotation % 180 != 0
    return Picture(
        pixels=held(pixels, state.rotation, state.flip),
        aspect=1 / view.aspect if lying else view.aspect,
        letters=letters_held(view.letters, state.rotation, state.flip),
        window=None if shot.raster.colour else state.window,
        notes=(*scene.notes, *shot.notes),
        plane=state.plane,
        index=state.index,
        count=view.count,
        spacing=view.spacing[::-1] if lying and view.spacing else view.spacing,
        title=scene.title,
        place=" · ".join(words for words in (shot.place, scene.words_of(state.axes)) if words),
        unit=scene.unit,
        strokes=tuple(
            (look, replace(one, points=points_held(one.points, size, state.rotation, state.flip)))
            for look, one in drawn
        ),
    )


def window_words(shown: Picture) -> str:
    """Return the window as it stands in a corner: "C 40 W 400 HU"."""
    window = shown.window
    if window is None:
        return ""
    if isinstance(window, VoiTable):
        return window.explanation
    function = "" if window.function == "LINEAR" or window.explanation == "automatic" else f" {window.function}"
    return f"C {window.center:g} W {window.width:g}{' ' + shown.unit if shown.unit else ''}{function}"
