"""Layers that come and go over a view which may be on the screen already."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomview.errors import UnknownChoice
from dicomview.render import resolve
from dicomview.render.look import Look, look_of
from dicomview.render.masks import add_layer, lay, without
from dicomview.render.outlines import lay_lines
from dicomview.views.artists import Drawing, Sheet
from dicomview.views.copies import Copy
from dicomview.views.messages import scene_message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dicomview.render import Scene, ViewState
    from dicomview.views.shipment import Piece, Shipment

__all__ = ["Layering"]


class Layering:
    """What a view can do with layers; part of `SliceView`."""

    scene: Scene
    _now: ViewState
    _begin: ViewState
    _embed: bool
    _revision: int
    _scene: dict[str, Any]
    _near: list[Any]
    _copy: Copy | None
    _drawings: Mapping[str, Drawing]
    _added: Mapping[str, tuple[str, ...]]  # the layers that came by one name

    def add_mask(
        self, mask: Any, *, name: str = "mask", color: str | None = None, opacity: float | None = None
    ) -> None:
        """Lay a mask over the pictures, in the place of what was added under this name before.

        Parameters
        ----------
        mask : array, dict of str to array, or Segmentation source
            A (k, j, i) array of bool, or of whole numbers with a layer for each but 0, on the grid of the stack; or a
            DICOM Segmentation, as a path, pydicom.Dataset or Series.
        name : str
            What an array is called in `layers`, and in the toolbar.
        color : str, optional
            "#rrggbb" or a name that matplotlib knows; the next free one when not given.
        opacity : float, optional
            From 0 to 1; 0.4 when not given.

        Raises
        ------
        UnknownChoice
            It does not lie over these pictures; the message says why.
        NothingFound, NotAnImage

        Examples
        --------
        >>> scroller.add_mask(volume.array > 300, name="bone", color="tab:orange")  # doctest: +SKIP
        """
        given = {name: mask} if hasattr(mask, "shape") else mask
        self._lay(name, lambda scene: lay(scene, given), color=color, opacity=opacity)

    def add_contours(
        self,
        contours: Any,
        *,
        name: str = "contours",
        color: str | None = None,
        opacity: float | None = None,
        closed: bool = True,
        index: int | None = None,
        plane: str | None = None,
    ) -> None:
        """Draw contours over the pictures, in the place of what was added under this name before.

        A contour lies on the slices that are within half a slice of all its points. In planes across it one sees where
        the area within it meets them.

        Parameters
        ----------
        contours : (n, 3) array, list of them, dict of str to either
            Points in the patient, LPS mm. With an `index`: (n, 2) arrays, columns and rows on that slice, whole
            numbers in the middle of a pixel.
        name : str
            What they are called in `layers`, and in the toolbar.
        color, opacity : optional
            As for `add_mask`; the opacity is 1 when not given.
        closed : bool
            Whether the last point is joined to the first.
        index : int, optional
            The slice that columns and rows count on.
        plane : str, optional
            And its plane; the one that is shown when not given.

        Raises
        ------
        UnknownChoice
            There is no such slice, they are no such points or one alone, nothing says how they lie over these
            pictures, or all of them lie outside.

        Examples
        --------
        >>> scroller.add_contours([[60, 40], [80, 40], [70, 60]], name="nodule", index=30)  # doctest: +SKIP
        """
        if index is not None:
            there = resolve(self.scene, self._now, plane=plane, index=index)
            plane, index = there.plane, there.index
        elif plane is not None:
            raise UnknownChoice(
                "a plane of contours goes with the index of their slice; those in mm lie in the patient"
            )

        def laid(scene: Scene) -> Scene:
            return lay_lines(scene, contours, name=name, closed=closed, plane=plane, index=index)

        self._lay(name, laid, color=color, opacity=opacity)

    def draw(
        self,
        what: Any,
        *,
        name: str = "drawing",
        opacity: float = 1.0,
        index: int | None = None,
        plane: str | None = None,
    ) -> None:
        """Draw on the slices with matplotlib, in the place of what was drawn under this name before.

        Parameters
        ----------
        what : callable (ax, sheet), matplotlib Artist, or list of artists
            A function is called for each slice when it is asked for, in a thread beside the cells. It gets an `Axes`
            whose data coordinates are columns and rows, and says by the `Sheet` which slice that is: ``sheet.plane``,
            ``.index``, ``.axes``, ``.values``, ``.pixels_of(points in mm)``.
        name : str
            What it is called in `layers`, and in the toolbar.
        opacity : float
            From 0 to 1.
        index : int, optional
            The only slice that is drawn on; when not given all are.
        plane : str, optional
            The only plane. When not given, a function draws on all of them, artists on the one that is shown.

        Raises
        ------
        UnknownChoice
            `what` cannot draw, or there is no such slice.

        Notes
        -----
        It is an image over the slice, which turns and zooms with it, words too. It comes with the whole slice, not
        with its preview, and is not in `picture()`.

        Examples
        --------
        >>> scroller.draw(lambda ax, sheet: ax.contour(sheet.values, [300]))  # doctest: +SKIP
        """
        look = look_of(opacity, Look())
        if index is not None or plane is not None or not callable(what):
            there = resolve(self.scene, self._now, plane=plane, index=index)
            plane, index = there.plane, None if index is None else there.index
        drawing = Drawing(what, plane=plane, index=index)
        shown = self._now
        if drawing.meets(shown.plane, shown.index):  # what is wrong with it is said now, and not on the page
            drawing.on(sheet_of(self.scene, shown.plane, shown.index, shown.axes))

        def laid(scene: Scene) -> None:
            self._drawings = {**self._drawings, add_layer(scene, name, look, coloured=False): drawing}

        self._lay(name, laid)

    def remove_layer(self, name: str) -> None:
        """Take away a layer, or all layers that were added under one name.

        Raises
        ------
        UnknownChoice
            There is no such layer; the message says which there are.
        """
        if not set(self._added.get(name, (name,))) & set(self._now.looks):
            known = ", ".join(self._now.looks) or "none"
            raise UnknownChoice(f"there is no layer {name!r} to take away; the layers here: {known}")
        self._relay(self._without(name))

    def layered_as(self, view: Layering) -> None:
        """Show the scene of another view, with the layers that came to it there."""
        self._drawings, self._added = view._drawings, view._added
        self._relay(view.scene)

    def _lay(self, name: str, laid: Callable[[Scene], object], **wish: Any) -> None:
        """Show the scene with what `laid` adds to it, drawn as wished, in place of what had this name."""
        scene = self._without(name)
        before = scene.layers
        laid(scene)
        wish = {key: value for key, value in wish.items() if value is not None}
        fresh = tuple(replace(one, look=look_of(wish, one.look)) for one in scene.layers[len(before) :])
        scene.layers = (*before, *fresh)
        self._added = {**self._added, name: tuple(layer.name for layer in fresh)}
        self._relay(scene)

    def _without(self, name: str) -> Scene:
        """Return the scene without the layers that were added under a name, or are called so."""
        return without(self.scene, self._added.get(name, (name,)))

    def _drawn(self, plane: str, index: int, axes: Mapping[str, int]) -> dict[str, Any]:
        """Return what functions and artists draw on a slice, as it travels."""
        meant = {
            name: one for name, one in self._drawings.items() if one.meets(plane, index) and name in self._now.looks
        }
        if not meant:
            return {}
        sheet = sheet_of(self.scene, plane, index, axes)
        found = {}
        for name, drawing in meant.items():
            try:
                found[name] = {"image": drawing.on(sheet)}
            except (Exception, SystemExit) as error:  # noqa: BLE001  it is the user's; the slice is shown all the same
                self.tell_trouble(error, f"What draws the layer {name!r} on {plane} {index}")
        return found

    def tell_trouble(self, error: BaseException, who: str = "") -> None:
        """Say on the page what somebody else's function raised; `Canvas` does."""
        raise NotImplementedError

    def _relay(self, scene: Scene) -> None:
        """Show a scene with other layers, everywhere; those that were there before look as they did."""
        # The scene before its number: what a thread is just making is of the old one, or will be asked for again.
        self.scene = scene
        self._revision += 1
        self._begin = _laid(self._begin, scene)
        state = _laid(self._now, scene)
        controls = self._scene["controls"]
        self._scene = scene_message(scene, self._begin, controls=controls, revision=self._revision)
        self._copy = Copy(self._piece, scene, state) if self._embed else None
        self._near = []
        self.open_with(self._copy.whole() if self._copy else [])
        self._take_state(state)

    def open_with(self, slices: Sequence[Shipment]) -> None:
        """Have these come with the widget; `Canvas` does."""
        raise NotImplementedError

    def _piece(self, plane: str, at: tuple[int, ...], step: int) -> Piece:
        """Return one slice as it travels."""
        raise NotImplementedError

    def _take_state(self, state: ViewState) -> None:
        """Make `state` the one that holds, everywhere."""
        raise NotImplementedError


def _laid(state: ViewState, scene: Scene) -> ViewState:
    """Return a state with the layers of a scene; those that it knows look as they did."""
    layers = tuple((layer.name, state.looks.get(layer.name, layer.look)) for layer in scene.layers)
    return replace(state, layers=layers)


def sheet_of(scene: Scene, plane: str, index: int, axes: Mapping[str, int]) -> Sheet:
    """Return a slice of a scene to draw on."""
    whole = scene.bare(plane, index, axes).raster.samples if scene.colour else scene.exact(plane, index, axes)[0]
    view = scene.views[plane]
    size = view.rows, view.columns
    return Sheet(plane, index, dict(axes), size, view.aspect, scene.where(plane, index, axes), whole.astype(np.float64))
