"""Three planes of one volume through the same point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dicomview.errors import UnknownChoice
from dicomview.render import places_in, resolve
from dicomview.views.linked import LinkedViews
from dicomview.views.slice_view import SliceView

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

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
    slab : (kind, mm) or None
        The slabs that are shown. Settable.

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
        super().__init__(views, basis=270)
        first = places[state.plane]
        sheet = scene.views[state.plane]
        point = first.middle(state.index, sheet.rows, sheet.columns)
        for plane, index in state.positions:
            point = places[plane].onto(index, point)
        self._tie(dict.fromkeys(views, places), point, shared=_ALIKE, placed=True, hand="cross")

    @property
    def slab(self) -> tuple[str, float] | None:
        """The slabs that are shown, as (kind, mm), None for slices; see `dicomview.view`. Settable."""
        return self._first.slab

    @slab.setter
    def slab(self, wish: Any) -> None:
        self._first.slab = wish
        self._lay_alike()

    def measure(
        self, kind: str, points: Sequence[Sequence[float]], *, plane: str | None = None, **options: Any
    ) -> pd.Series[Any]:
        """Measure on the plane whose slice holds all `points`, LPS mm, or on `plane`; as `SliceView.measure`."""
        shape = self.views.get(plane or "", self._first).shaped(kind, points, plane=plane, **options)
        return self.views[shape.plane].measure(kind, points, plane=shape.plane, **options)

    def add_mask(self, mask: Any, **options: Any) -> None:
        """Lay a mask over all planes, as `SliceView.add_mask`."""
        with self._telling():
            self._first.add_mask(mask, **options)
            self._lay_alike()

    def add_contours(self, contours: Any, **options: Any) -> None:
        """Draw contours over all planes, as `SliceView.add_contours`; columns and rows need the `plane` they are on."""
        with self._telling():
            self._first.add_contours(contours, **options)
            self._lay_alike()

    def draw(self, what: Any, **options: Any) -> None:
        """Draw on all planes, as `SliceView.draw`; artists need the `plane` they are on."""
        with self._telling():
            self._first.draw(what, **options)
            self._lay_alike()

    def remove_layer(self, name: str) -> None:
        """Take a layer away from all planes, as `SliceView.remove_layer`."""
        with self._telling():
            self._first.remove_layer(name)
            self._lay_alike()

    def _lay_alike(self) -> None:
        for view in self.views.values():
            if view is not self._first:
                view.layered_as(self._first)
