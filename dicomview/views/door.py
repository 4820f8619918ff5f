"""The door of a notebook: whatever is given is shown, an image as a picture, any other object as what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from dicomview.errors import UnknownChoice
from dicomview.objects import beside, documents_of, segmentations_of
from dicomview.render import GRAY, opened, refuse, series_in
from dicomview.views.copies import embeds
from dicomview.views.document_view import DocumentView
from dicomview.views.ortho import Ortho
from dicomview.views.slice_view import SliceView

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from dicomview.files import Source
    from dicomview.pixels import Voi
    from dicomview.space import Series, Slice, Stack, Volume

__all__ = ["view"]


def view(
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
    layout: Literal["ortho"] | None = None,
    slab: tuple[str, float] | None = None,
    controls: bool = True,
    embed: bool | None = None,
    uid: str | None = None,
    units: str | None = None,
    spacing: Sequence[float] | None = None,
    **axes: int,
) -> SliceView | Ortho | DocumentView:
    """Return a scroller to be shown in a notebook, or a document where there is no picture.

    Wheel or arrow keys move through the slices, a drag changes the window (right is wider, down is a higher center),
    hovering tells value and place, a double click goes back to the beginning; ``?`` lists the other gestures. Stacks
    with extra axes have a slider for each; what moves in time can be played.

    An object without a picture (report, plan, waveform, embedded PDF …) is shown as words: a tree, tables, a link. It
    takes none of the options but `uid` and `embed`: False leaves away the embedded file and the curves.

    Parameters
    ----------
    source : path, pydicom.Dataset, list of either, Series, Stack, Slice, Volume, or (k, j, i) array
    index : int, optional
        Zero-based place to begin at; the middle when not given.
    plane : "axial", "coronal" or "sagittal", optional
        The acquired plane when not given.
    window : Window, VoiTable, name, "auto" or (center, width), optional
        The first window of the file when not given.
    layers : dict, optional
        How to draw what lies over the picture, by its name, which is "overlays" for all overlay planes: True or
        False, a colour ("#rrggbb" or a name), an opacity from 0 to 1, or a dict of shown, color and opacity.
    masks : path, pydicom.Dataset, Series or list of them, dict, or array, optional
        What to lay over the pictures: DICOM Segmentations, a layer for each segment; or, by name, (k, j, i) arrays of
        bool or of whole numbers on the grid of the stack, a layer for each number but 0.
    objects : path, pydicom.Dataset, Series, list of them, or True, optional
        Objects about the pictures: segmentations and structure sets, a layer for each segment; doses, in bands of
        colour from a tenth of the largest dose on; presentation states with their window, turn and annotations; key
        objects, named in the corner of the images they mark. True takes those that were found with the series, in the
        same folder or catalogue, and refer to it. When not given, nothing lies over the bare picture, and the
        corner says how many there are; False leaves that away.
    invert : bool
        Let black and white change places, beyond what the file asks for.
    colormap : str
        A colour map of matplotlib, by its name.
    rotation : 0, 90, 180 or 270
        Degrees clockwise to turn the picture, after `flip`.
    flip : bool
        Let left and right change places. The letters follow, here and in a rotation.
    layout : "ortho", optional
        Axial, coronal and sagittal beside each other, with a crosshair: a click or drag in one plane moves the others.
    slab : (kind, mm), optional
        Thick slabs instead of slices, ``("mip", 10)``, ``("minip", 10)`` or ``("mean", 10)``, in any plane. They need
        a regular volume, which is read as a whole; the corner says how thick a slab of whole slices is. Settable as
        ``.slab`` afterwards.
    controls : bool
        False leaves away the toolbar under the picture.
    embed : bool, optional
        Whether a saved notebook keeps a reduced copy of the pictures, which it shows without a kernel. When not given,
        the environment variable ``DICOMVIEW_EMBED`` says so ("0" keeps all pixels out), else True.
    uid : str, optional
        SeriesInstanceUID, or the beginning of one, where `source` holds several series.
    units : str, optional
        For PET: "SUVbw", "SUVlbm", "SUVlbmj" or "SUVbsa"; "stored" for the units of the file. When not given, SUVbw
        where the file allows it, else those of the file with a note why.
    spacing : floats, mm, optional
        For an array: distance along each of its axes.
    **axes : int
        Zero-based place along each extra axis of a stack to begin at, for example ``echo=1``.

    Returns
    -------
    SliceView
        ``.index``, ``.plane``, ``.window`` … can be set and observed, ``.picture()`` is what it shows. A slice that
        cannot be decoded says so in its place.
    Ortho
        Of ``layout="ortho"``: ``.views`` by plane, ``.position`` is the crosshair in LPS mm, ``.window`` that of all.
    DocumentView
        Of what has no picture: ``.document`` is its content, ``.save(path)`` writes an embedded file.

    Raises
    ------
    NothingFound, SeveralSeries, UnknownSeries, UnknownChoice, NotSuv
    NotAVolume
        A slab of slices that are no regular grid in mm.

    Notes
    -----
    Slices are read when they are shown, or are near to it. The browser keeps at most 256 MB of them for a view, and 48
    MB of previews; what was not seen for longest goes first. The views of a layout share that. Until the view has left
    the page, Python keeps at most 128 MB of slices that are stored compressed, and for planes across the acquired one
    the samples of one pile, 2 bytes a pixel.

    Examples
    --------
    >>> scroller = view("sample_data/ct_chest", window="lung")  # doctest: +SKIP
    >>> scroller.index = 12  # doctest: +SKIP
    """
    series = series_in(source, uid)
    if series is not None and not series.stacks and not segmentations_of(series.headers):
        held = {"invert": invert or None, "rotation": rotation or None, "flip": flip or None, "masks": masks}
        held |= {"layout": layout, "slab": slab, "colormap": None if colormap == GRAY else colormap, "layers": layers}
        refuse("a document", index=index, plane=plane, window=window, units=units, spacing=spacing, **held, **axes)
        return DocumentView(documents_of(series), embed=embeds(embed))
    scene, state = opened(
        source if series is None else series,
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
        slab=slab,
        axes=axes,
    )
    if objects is None and series is not None and (found := beside(series)):
        # Laid over only when asked for: the bare picture is what one looks at first, and it waits for nothing.
        count = f"{len(found)} object{'s' * (len(found) > 1)}"
        scene.notes = (*scene.notes, f"{count} about these images: objects=True")
    if layout == "ortho":
        return Ortho(scene, state, controls=controls, embed=embed)
    if layout is not None:
        raise UnknownChoice(f'layout is "ortho" or None, not {layout!r}')
    return SliceView(scene, state, controls=controls, embed=embed)
