"""Views that show the same point: a change of one from Python moves the others here, a gesture does in the browser."""

from __future__ import annotations

import base64
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import ipywidgets
import numpy as np
import pandas as pd
import traitlets

from dicomview.errors import UnknownChoice
from dicomview.render.camera import as_point
from dicomview.render.small import side_by_side
from dicomview.views.faces import Face
from dicomview.views.page import save_page

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from dicomview.pixels import Voi
    from dicomview.render import Places
    from dicomview.views.slice_view import SliceView

__all__ = ["LinkedViews"]

_OWN = ("views", "reason")  # attributes that are no traits


class LinkedViews(ipywidgets.Box):  # type: ignore[misc]
    """Some views beside each other that show the same point.

    Parameters
    ----------
    views : mapping of str to SliceView
    basis : int
        CSS pixels that each has across at least, where there are so many.

    Attributes
    ----------
    position : (x, y, z) or None
        The point that all show, LPS mm of the first view; None where nothing says how they lie to each other. Settable,
        observable.
    """

    position = Face(None)

    def __init__(self, views: Mapping[str, SliceView], *, basis: int) -> None:
        self.views = dict(views)
        self._places: dict[str, Mapping[str, Places]] = {}
        self._shared: tuple[str, ...] = ()
        self._placed, self._quiet = False, False
        self._group = uuid.uuid4().hex
        for view in self.views.values():
            view.layout = {"max_width": "512px", "min_width": "0"}
            view.observe(self._moved, ["index", "plane", "point", "window", "axes", "layers", "invert", "colormap"])
        flow = {  # all of one size, also those in a second row
            "display": "grid",
            "grid_template_columns": f"repeat(auto-fit, minmax(min({basis}px, 100%), 1fr))",
            "grid_gap": "8px",
            "align_items": "flex-start",
            "max_width": f"{520 * len(self.views)}px",
        }
        super().__init__(children=[*self.views.values()], layout=flow)

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name.startswith("_") or hasattr(type(self), name) or name in _OWN):
            first, view = next(iter(self.views.items()))
            raise AttributeError(
                f"linked views have nothing called {name!r} to set for all"
                + (f"; one of them has: [{first!r}].{name} = …" if hasattr(view, name) else "")
            )
        super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        """Say which views have what is asked of all of them; called where there is no such attribute."""
        first, view = next(iter(self.__dict__.get("views", {}).items()), ("", None))
        own = None if name.startswith("_") else getattr(type(view), name, None)
        words = f"; each view has its own: [{first!r}].{name}{'(…)' * callable(own)}" if own is not None else ""
        raise AttributeError(f"{type(self).__name__} has nothing called {name!r}{words}")

    def __getitem__(self, name: str) -> SliceView:
        if name not in self.views:
            raise UnknownChoice(f"there is no view {name!r} here; choose one of {', '.join(self.views)}")
        return self.views[name]

    def __repr__(self) -> str:
        place = "" if self.position is None else ", ({:.1f}, {:.1f}, {:.1f}) mm".format(*self.position)
        return (
            f"{type(self).__name__}({', '.join(f'{name}: {view.index}' for name, view in self.views.items())}{place})"
        )

    @property
    def window(self) -> Voi:
        """That of the first view, settable as there; the others follow where windows are linked."""
        return self._first.window  # type: ignore[no-any-return]

    @window.setter
    def window(self, wish: Any) -> None:
        self._first.window = wish

    @property
    def measurements(self) -> pd.DataFrame:
        """What is measured on all of them: the table of each, with the name of the view in the first column, ``view``.

        Settable to such a table, or to some of its rows, or to None for none. Each view has its own, which can be
        observed and written to a file.
        """
        tables = {name: view.measurements for name, view in self.views.items()}
        whole: pd.DataFrame = pd.concat(tables, names=["view"]).reset_index(level="view").reset_index(drop=True)
        return whole

    @measurements.setter
    def measurements(self, wish: pd.DataFrame | None) -> None:
        if wish is not None and (not isinstance(wish, pd.DataFrame) or "view" not in wish):
            raise UnknownChoice("measurements of linked views are a DataFrame whose column view says which each is on")
        if wish is not None and (strangers := sorted({*wish["view"]} - {*self.views}, key=str)):
            raise UnknownChoice(f"there is no view {strangers[0]!r} here; choose one of {', '.join(self.views)}")
        before = {name: view.measurements for name, view in self.views.items()}
        try:
            for name, view in self.views.items():
                view.measurements = None if wish is None else wish[wish["view"] == name]
        except UnknownChoice:
            for name, view in self.views.items():
                view.measurements = before[name]
            raise

    def close(self) -> None:
        """Take the views off every page and stop answering."""
        for view in self.__dict__.get("views", {}).values():  # one that was refused in its making is closed as well
            view.close()
        super().close()

    def to_html(
        self,
        path: str | os.PathLike[str],
        *,
        quality: Literal["reduced", "exact"] = "reduced",
        title: str | None = None,
        overwrite: bool = False,
    ) -> Path:
        """Write all views as one page on which they are linked, and return its path; see `SliceView.to_html`."""
        leaves = [view.leaf() for view in self.views.values()]
        return save_page(path, leaves, quality=quality, title=title, overwrite=overwrite)

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the views for a notebook, and what each shows in one that is opened without a kernel."""
        bundle = super()._repr_mimebundle_()
        saved = [view._repr_mimebundle_()[0] for view in self.views.values()]
        copies = [one["text/html"] for one in saved if "text/html" in one]
        if len(copies) < len(saved):
            return bundle, {}
        boxes = "".join(f'<div style="flex:1 1 280px;max-width:512px;min-width:0">{copy}</div>' for copy in copies)
        shown = side_by_side([base64.b64decode(one["image/png"]) for one in saved])
        still = {"image/png": base64.b64encode(shown).decode("ascii")}
        return {**bundle, "text/html": f'<div style="display:flex;flex-wrap:wrap;gap:8px">{boxes}</div>', **still}, {}

    @property
    def _first(self) -> SliceView:
        return next(iter(self.views.values()))

    def _tie(
        self,
        places: Mapping[str, Mapping[str, Places]],
        point: np.ndarray[Any, np.dtype[np.float64]],
        *,
        shared: Sequence[str],
        placed: bool,
        hand: str = "window",
        note: str = "",
    ) -> None:
        """Link the views.

        Parameters
        ----------
        places : mapping
            By view and plane, in the space of the first view.
        point : (3,) float64 array
            Where they begin.
        shared : sequence of str
            The traits that all have alike.
        placed : bool
            Whether that space is the patient's, so that the point can be drawn and told.
        hand : str
            What a drag does at first.
        note : str
            What stands in the corner of each.
        """
        self._places, self._shared, self._placed = dict(places), tuple(shared), placed
        begin = _to_nanometres(point)
        for name, view in self.views.items():
            told = {
                "group": self._group,
                "shared": list(shared),
                "cross": placed,
                "views": len(self.views),
                "hand": hand,
                "note": note,
            }
            view.tie(told | {"planes": {plane: one.message() for plane, one in places[name].items()}}, begin)
        with self._telling():
            self._move(begin)

    def _share(self, name: str) -> None:
        """Give all views what the first has, as far as they can have it."""
        with self._telling():
            for view in self.views.values():
                if view is not self._first:
                    _take(view, name, getattr(self._first, name))

    def _untie(self) -> None:
        """Let each view stand for itself."""
        self._shared, self._placed, self._places = (), False, {}
        for view in self.views.values():
            view.untie()
        with self._telling():
            self.position = None

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Hear nothing of what is changed meanwhile: it is one change."""
        before, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self._quiet = before

    def _move(self, point: tuple[float, float, float]) -> None:
        for name, view in self.views.items():
            places = self._places[name].get(view.plane)
            view.set(point=point, index=None if places is None else places.nearest(np.array(point)))
        self.position = point if self._placed else None

    def _moved(self, change: Any) -> None:
        """Let the others follow a view."""
        view, name = change.owner, change.name
        if view.by_hand or self._quiet or not self._places:
            if view.by_hand and name == "point" and self._placed:  # the browser has moved the others
                with self._telling():
                    self.position = view.point
            return
        own = next(key for key, one in self.views.items() if one is view)
        with self._telling():
            if name in self._shared:
                for other in self.views.values():
                    if other is not view:
                        _take(other, name, change.new)
            elif name == "point":
                self._move(view.point)
            elif name in ("plane", "index") and (places := self._places[own].get(view.plane)):
                if name == "plane":
                    view.set(index=places.nearest(np.array(view.point)))
                else:
                    self._move(_to_nanometres(places.onto(view.index, np.array(view.point))))

    @traitlets.validate("position")
    def _checked(self, proposal: Any) -> Any:
        if self._quiet:
            return proposal.value
        if not self._placed:
            raise UnknownChoice("nothing says how these views lie to each other in mm; set the index of one of them")
        if (point := as_point(proposal.value)) is None:
            raise UnknownChoice("a position is (x, y, z), LPS mm, not None")
        return point

    @traitlets.observe("position")
    def _wished(self, change: Any) -> None:
        if not self._quiet:
            with self._telling():
                self._move(change.new)


def _to_nanometres(point: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, float, float]:
    """Return a point in mm without what rounding has left behind: 0 and not 3e-14."""
    x, y, z = (np.round(point, 6) + 0.0).tolist()
    return x, y, z


def _take(view: SliceView, name: str, value: Any) -> None:
    """Set a trait as another view has it, unless this one cannot have it: a table of another file."""
    try:
        view.set(**{name: value})
    except UnknownChoice:
        return
