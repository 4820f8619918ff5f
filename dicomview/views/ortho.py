"""Three planes of one volume through the same point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicomview.errors import UnknownChoice
from dicomview.render import places_in, resolve
from dicomview.views.linked import LinkedViews
from dicomview.views.slice_view import SliceView

if TYPE_CHECKING:
    from dicomview.render import Scene, ViewState

__all__ = ["Ortho"]

_ORDER = ("axial", "coronal", "sagittal")
_ALIKE = ("window", "axes", "layers", "invert", "colormap")


class Ortho(LinkedViews):
    """Axial, coronal and sagittal with a crosshair; made by `view` with ``layout="ortho"``.

    Parameters
    ----------
    scene : Scene
    state : ViewState
        What is seen first; its planes meet where their indices say.
    controls : bool
    embed : bool, optional

    Attributes
    ----------
    views : dict of str to SliceView
        By the name of the plane; ``ortho["coronal"]`` is one of them.

    Raises
    ------
    UnknownChoice
        Not all three planes can be shown; the message says why.
    """

    def __init__(self, scene: Scene, state: ViewState, *, controls: bool = True, embed: bool | None = None) -> None:
        if lacking := [name for name in _ORDER if name not in scene.counts]:
            reasons = (scene.refused[name] for name in lacking if name in scene.refused)
            why = next(reasons, "nothing says how they lie in the patient")
            raise UnknownChoice(
                f"there are no three planes of these pictures: {why}; dv.view without a layout shows them"
            )
        places = {plane: found for plane in _ORDER if (found := places_in(scene, plane, state.axes))}
        views = {
            name: SliceView(scene, resolve(scene, state, plane=name), controls=controls, embed=embed) for name in _ORDER
        }
        super().__init__(views, basis=280)
        first = places[state.plane]
        sheet = scene.views[state.plane]
        point = first.middle(state.index, sheet.rows, sheet.columns)
        for plane, index in state.positions:
            point = places[plane].onto(index, point)
        self._tie(dict.fromkeys(views, places), point, shared=_ALIKE, placed=True, hand="cross")

    def add_mask(self, mask: Any, **how: Any) -> None:
        """Lay a mask over all three planes; see `SliceView.add_mask`."""
        self._each("add_mask", mask, **how)

    def add_contours(self, contours: Any, **how: Any) -> None:
        """Draw contours, in mm, over all three planes; see `SliceView.add_contours`."""
        if "index" in how:
            raise UnknownChoice(
                "columns and rows count on a slice of one plane, as in ortho['axial'].add_contours(...)"
            )
        self._each("add_contours", contours, **how)

    def draw(self, what: Any, **how: Any) -> None:
        """Draw with a function on all three planes; see `SliceView.draw`."""
        if not callable(what) or "index" in how or "plane" in how:
            raise UnknownChoice("artists and slices belong to one plane, as in ortho['axial'].draw(...)")
        self._each("draw", what, **how)

    def remove_layer(self, name: str) -> None:
        """Take a layer away from all three planes; see `SliceView.remove_layer`."""
        self._each("remove_layer", name)

    def _each(self, deed: str, *what: Any, **how: Any) -> None:
        """Let all three do the same; what does not fit the first fits none of them."""
        with self._telling():
            for view in self.views.values():
                getattr(view, deed)(*what, **how)
