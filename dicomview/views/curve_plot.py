"""A curve beside a view: a region through time or through the slices, which follows as the region moves."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import ipywidgets
import numpy as np
from matplotlib.figure import Figure

from dicomview.errors import UnknownChoice
from dicomview.render import scene_of
from dicomview.render.curve import SERIES, curve_of, through_series, way_of
from dicomview.render.measure import Measure
from dicomview.views.follower import Follower
from dicomview.views.living import canvas_of, still

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from dicomview.render import Shape
    from dicomview.views.measuring import Measuring

__all__ = ["CurvePlot"]

_KEPT_BYTES = 256 << 20  # of planes that the curve goes through: a region that moves needs all of them each time


class CurvePlot(ipywidgets.HBox):  # type: ignore[misc]
    """A view with the curve of one of its measurements beside it; made by ``view.curve``.

    Parameters
    ----------
    view : SliceView
    row : int
        Of ``view.measurements``.
    along : str, optional
        See `dicomview.curve`.
    series : sequence of Series, Stack or Volume
        See ``view.curve``.

    Attributes
    ----------
    view : SliceView
    data : pandas.DataFrame
        The curve; see `dicomview.curve`.
    figure, ax : matplotlib Figure and Axes
    failure : Exception or None
        The last thing that went wrong while it followed.

    Raises
    ------
    UnknownChoice
        There is no such row or axis, or it is neither a point nor a region.
    """

    def __init__(self, view: Measuring, row: int = -1, along: str | None = None, series: Sequence[Any] = ()) -> None:
        names = view.measured_names
        if not isinstance(row, int | np.integer) or not -len(names) <= row < len(names):
            raise UnknownChoice(
                f"there is no measurement {row!r} to make a curve of; there are {len(names)}. Draw an ellipse, or use "
                'view.measure("point", [(column, row)])'
            )
        self.view, self._row, self._name, self._names = view, row % len(names), names[row], names
        self._measure = Measure(view.measured_on, _KEPT_BYTES)
        self.along, _ = way_of(self._measure, view.measured(self._name).shape, along)
        self._through = [Measure(scene_of(one)) for one in series]
        if self._through:
            if along is not None:
                raise UnknownChoice(f"a curve goes through series or along {along!r}, not both")
            self.along = SERIES
        self._shown: Shape | None = None
        self.figure = Figure(figsize=(4.6, 3.0), layout="constrained")
        self.ax = self.figure.add_subplot()
        self.ax.spines[["top", "right"]].set_visible(False)
        self.ax.set_ylabel(view.scene.unit or "value", parse_math=False)
        self._canvas = canvas_of(self.figure, toolbar_visible=False, footer_visible=False)
        self._picture = self._canvas or ipywidgets.Image(format="png")
        self.data: pd.DataFrame
        self._take(view.measured(self._name).shape)
        self._draw()
        self._follower = Follower(self._renew, pause=0.05)
        super().__init__(children=[view, self._picture], layout={"flex_flow": "row wrap"})
        view.observe(self._wake, ["measurements", "index", "axes", "plane"])
        self._is_open = True

    @property
    def failure(self) -> BaseException | None:
        """The last thing that went wrong while the curve followed."""
        return self._follower.failure

    def rest(self) -> None:
        """Wait until the curve is that of where the region is now."""
        self._follower.rest()

    def close(self) -> None:
        """Take the curve off every page; the view stays."""
        if self.__dict__.pop("_is_open", False):  # once, and not what was interrupted in its making
            self.view.unobserve(self._wake, ["measurements", "index", "axes", "plane"])
            self._follower.close()
            self._picture.close()
        super().close()

    def _wake(self, _: Any) -> None:
        self._follower.wake()

    def _renew(self) -> None:
        """Draw the curve of where the region is now, and none of one that is gone."""
        names = self.view.measured_names
        if self._name not in names:
            # Where none is left of those there were, a table was set, and that row of it is meant.
            anew = self._name and self._row < len(names) and set(names).isdisjoint(self._names)
            self._name = names[self._row] if anew else ""
        self._names = names
        if self._name:
            shape, scene = self.view.measured(self._name).shape, self.view.measured_on
            if scene is not self._measure.scene:  # a slab is shown now, or another
                self._measure, self._shown = Measure(scene, _KEPT_BYTES), None
            if shape != self._shown:
                self._take(shape)
        else:
            self.data, self._shown = self.data.iloc[:0], None
        self._draw()

    def _take(self, shape: Shape) -> None:
        if self._through:
            points = self._measure(shape).points
            if not points:
                raise UnknownChoice(
                    "these pictures have no place in the patient, so no other series can be asked there"
                )
            self.data = through_series([self._measure, *self._through], shape.kind, points)
        else:
            self.data = curve_of(self._measure, shape, self.along)
        self._shown = shape

    def _draw(self) -> None:
        here = self._place() if len(self.data) else None
        with still(self._canvas):
            self._redo(here)
        if self._canvas:
            self._canvas.draw_idle()
            return
        content = io.BytesIO()
        self.figure.savefig(content, format="png")
        self._picture.value = content.getvalue()

    def _redo(self, here: int | None) -> None:
        """Put the curve into the axes, with a mark at the place where the view is."""
        table, ax = self.data, self.ax
        numbered = bool(np.isfinite(table["at"]).all()) and table["at"].is_monotonic_increasing
        x = (table["at"] if numbered else table.index).to_numpy(float)
        mean, sd = table["mean"].to_numpy(), table["SD"].to_numpy()
        for artist in [*ax.lines, *ax.collections]:
            artist.remove()
        ax.plot(x, mean, color="#1f77b4", linewidth=1.2, marker="." if len(x) <= 60 else "")
        if (table["n"] > 1).any():
            ax.fill_between(x, mean - sd, mean + sd, color="#1f77b4", alpha=0.2, linewidth=0)
        ax.set_title("" if len(x) else "its measurement is gone", fontsize="medium")
        if here is not None:
            ax.axvline(x[here], color="#e65100", linewidth=1)
        unit = self.view.scene.unit_along(self.along) if numbered else ""
        ax.set_xlabel(f"{self.along}{f', {unit}' if unit else ''}", parse_math=False)
        ax.relim()
        ax.autoscale_view()

    def _place(self) -> int | None:
        """Return which place of the curve the view shows now, None where it shows another plane."""
        state, shape = self.view.state, self._shown
        if self._through:
            return 0
        if shape is None or state.plane != shape.plane:
            return None
        return state.index if self.along == "index" else state.axes[self.along]
