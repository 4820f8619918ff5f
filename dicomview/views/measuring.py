"""What is measured on a view: drawn by a hand in the browser or set from Python, computed here, kept as a table."""

from __future__ import annotations

import functools
import math
import threading
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from dicomview.errors import DicomviewError, UnknownChoice
from dicomview.render import Measure, shape_of
from dicomview.render.ledger import read_table, shapes_in, table_of, text_of
from dicomview.views.canvas import Canvas
from dicomview.views.curve_plot import CurvePlot
from dicomview.views.faces import ONE_HAND, Face
from dicomview.views.follower import Follower
from dicomview.views.page import write_page

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from dicomview.render import Measured, Scene, Shape, ViewState

__all__ = ["Measuring"]

_PAGES = 50  # that are answered; of more, the first are closed long since


class Measuring(Canvas):
    """A canvas on which one measures.

    Attributes
    ----------
    measurements : pandas.DataFrame
        A row for each measurement, in the order in which they were made. Settable to a table of the same kind, to some
        of its rows, to a .csv or .json file of them, or to None for none; observable. To change it in place changes
        nothing.

    Notes
    -----
    The browser draws a shape at once and tells of it, with at most two messages unanswered and the latest wish in the
    next. A worker answers, so that neither the wheel nor a cell waits for slices that must be decoded first. The table
    follows a hand that moves a shape ten times a second, and to where it rests.
    """

    scene: Scene
    measurements = Face()
    # Only Python sets it: all that is laid on the pictures, and up to which message each page has been heard.
    _measures = traitlets.Dict().tag(sync=True)

    @property
    def state(self) -> ViewState:
        """All that decides the picture, as one frozen value."""
        raise NotImplementedError

    def __init__(self, *arguments: Any, **traits: Any) -> None:
        self._measure = Measure(self.scene)
        self._held: dict[str, Measured] = {}  # by the name that the browser knows each by
        self._heard: dict[str, int] = {}  # the last message of each page
        self._named = 0
        self._edits: deque[Mapping[str, Any]] = deque()
        self._edited = threading.Lock()
        self._measurer = Follower(self._answer_edits, failed=self.tell_trouble, pause=0.0)
        self._tables = Follower(self._renew_table, failed=self.tell_trouble, pause=0.1)
        self._next: tuple[Any, dict[str, Measured]] = _nothing().copy(), {}  # a table, with what it was made of
        super().__init__(*arguments, _measures=self._measures_message(), **traits)
        self.measurements  # noqa: B018  settles what it begins with, before another thread asks

    def __setattr__(self, name: str, value: Any) -> None:
        if name != "measurements":
            super().__setattr__(name, value)
            return
        with ONE_HAND:
            super().__setattr__(name, value)

    def measure(
        self,
        kind: str,
        points: Sequence[Sequence[float]],
        *,
        plane: str | None = None,
        index: int | None = None,
        **axes: int,
    ) -> pd.Series[Any]:
        """Measure something and show it, as if it were drawn.

        Parameters
        ----------
        kind : "line", "angle", "rectangle", "ellipse", "freehand" or "point"
        points : sequence of (x, y, z) or of (column, row)
            LPS mm, on the slice that they lie on (from up to half a slice off they are laid on it, and the row says
            where); or on the picture that is shown, whole numbers at the middles of pixels. The ends of a line; end,
            vertex and end of an angle; two opposite corners of a rectangle or around an ellipse; the corners of a
            freehand region; one point.
        plane, index, **axes : optional
            Another picture than that which is shown, for points of the picture; of points in the patient the plane to
            look at first.

        Returns
        -------
        pandas.Series
            The row that ``view.measurements`` now has of it.

        Raises
        ------
        UnknownChoice
            There is no such measurement or picture, no slice holds all of the points, or a region holds no pixel.

        Examples
        --------
        >>> view.measure("line", [(-15, 0, -40), (15, 0, -40)])["value"]  # doctest: +SKIP
        30.0
        """
        result = self._measure(self.shaped(kind, points, plane=plane, index=index, **axes))
        _refuse_empty(result, self.scene)
        with ONE_HAND:
            self._take_measures({**self._held, self._name(): result})
            row: pd.Series[Any] = self.measurements.iloc[-1]
            return row

    def shaped(
        self, kind: str, points: Sequence[Sequence[float]], *, plane: str | None, index: int | None = None, **axes: int
    ) -> Shape:
        """Return what `measure` would lay on a slice, and on which. Raises as that."""
        now = self.state
        wanted, places = now.plane if plane is None else plane, now.axes | axes
        if index is None:
            index = dict(now.positions).get(wanted, 0)
        try:
            placed = {len(point) for point in points} == {3}
        except TypeError:
            placed = False
        if placed:
            shape = self._measure.laid(kind, points, wanted, places)
        else:
            shape = shape_of(kind, points, wanted, index, tuple(places.items()))
        self._measure.known(shape)
        return shape

    def curve(self, row: int = -1, along: str | None = None, *, series: Sequence[Any] = ()) -> CurvePlot:
        """Return the view with a curve beside it: a point or region through time, the slices or several series.

        The curve follows as the region moves; ``.data`` is its table, ``.ax`` its matplotlib Axes.

        Parameters
        ----------
        row : int
            Of ``view.measurements``; the last when not given.
        along : str, optional
            An extra axis of the stack, or "index"; see `dicomview.curve`.
        series : sequence of Series, Stack or Volume, optional
            The curve goes from this one to those, at the same place in the patient.

        Raises
        ------
        UnknownChoice
            There is no such row or axis, it is neither a point nor a region, or the series have no place in common.
        """
        return CurvePlot(self, row, along, series)

    @property
    def shown_measures(self) -> list[dict[str, Any]]:
        """The measurements as the browser is told of them."""
        return [_message(name, one) for name, one in self._held.items()]

    @property
    def measured_names(self) -> list[str]:
        """How the measurements are told apart, in the order of their rows."""
        return [*self._held]

    @property
    def measured_on(self) -> Scene:
        """The scene whose values are measured."""
        return self._measure.scene

    def measured(self, name: str) -> Measured:
        """Return one of the measurements by its name."""
        return self._held[name]

    def write_measurements(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the measurements as .csv or .json, every number with all of its digits, and return the path.

        ``view.measurements = path`` lays them on the same series again.

        Raises
        ------
        AlreadyThere, NothingFound, UnknownChoice
            There is something at `path`, there is no such folder, or it ends with neither .csv nor .json.
        """
        target = Path(path)
        return write_page(target, [text_of(self.measurements, target.suffix.lower())], overwrite=overwrite)

    def close(self) -> None:
        """Take the canvas off every page and stop answering."""
        for name in ("_measurer", "_tables"):
            if follower := self.__dict__.get(name):
                follower.close()
        super().close()

    @traitlets.default("measurements")
    def _no_measurements(self) -> Any:
        # Not set in the beginning: traitlets would compare the table with nothing, cell by cell, which takes longer.
        return self._next[0]

    @traitlets.validate("measurements")
    def _checked_measurements(self, proposal: Any) -> Any:
        """Measure anew what a table says of shapes; it is refused, in words, where it does not fit the pictures."""
        wish = proposal.value
        if wish is self._next[0]:
            return wish
        if isinstance(wish, str | Path):
            wish = read_table(Path(wish))
        held = {self._name(): self._measure(shape) for shape in shapes_in(wish, self._measure, self.state)}
        self._next = table_of(held.values()), held
        return self._next[0]

    @traitlets.observe("measurements")
    def _lay_measures(self, change: Any) -> None:
        table, held = self._next
        if change.new is table:
            self._held = held
            self._measures = self._measures_message()

    def _measure_anew(self) -> None:
        """Measure what is held on the values that are shown now."""
        with ONE_HAND:
            self._measure = Measure(self.scene)
            if self._held:
                self._take_measures({name: self._measure(one.shape) for name, one in self._held.items()})

    def _take_measures(self, held: dict[str, Measured]) -> None:
        self._next = table_of(held.values()), held
        self.measurements = self._next[0]

    def _on_message(self, canvas: Canvas, content: Mapping[str, Any], buffers: list[memoryview]) -> None:
        if content.get("kind") == "measure":
            with self._edited:
                self._edits.append(content)
            self._measurer.wake()
        super()._on_message(canvas, content, buffers)

    def _answer_edits(self) -> None:
        """Measure what hands have drawn since the last time."""
        with self._edited:
            messages = [*self._edits]
            self._edits.clear()
        edits: dict[str, Measured | None] = {}
        measure = self._measure
        for name, drawn in (edit for message in messages for edit in message["edits"]):
            try:
                edits[str(name)] = None if drawn is None else measure(self._shape_of(drawn))
            except DicomviewError as error:  # the others are measured all the same
                self.send({"kind": "trouble", "text": str(error)})
        with ONE_HAND:
            if measure is not self._measure:  # other values are shown meanwhile
                edits = {name: one and self._measure(one.shape) for name, one in edits.items()}
            for message in messages:
                self._heard[str(message["page"])] = int(message["n"])
            self._heard = dict([*self._heard.items()][-_PAGES:])
            held = {name: result for name, result in ({**self._held, **edits}).items() if result is not None}
            self._held = held
            self._measures = self._measures_message()
        self._tables.wake()  # it takes longer than all the rest, so the hand does not wait for it

    def _renew_table(self) -> None:
        with ONE_HAND:
            self._take_measures(self._held)

    def _shape_of(self, drawn: Mapping[str, Any]) -> Shape:
        places = {name: int(drawn["axes"][name]) for name in self.scene.lengths}
        plane, index = str(drawn["plane"]), int(drawn["index"])
        shape = shape_of(drawn["kind"], drawn["points"], plane, index, tuple(places.items()))
        self._measure.known(shape)
        return shape

    def _name(self) -> str:
        self._named += 1
        return f"python-{self._named}"

    def _measures_message(self) -> dict[str, Any]:
        return {"all": self.shown_measures, "heard": dict(self._heard)}


@functools.cache
def _nothing() -> pd.DataFrame:
    """Return the table of no measurements; each view has a copy, which takes a tenth of the time of a new one."""
    return table_of([])


def _message(name: str, one: Measured) -> dict[str, Any]:
    """Return what the browser is told of a measurement; see ``static/measures.js``."""
    shape = one.shape
    return {
        "name": name,
        "kind": shape.kind,
        "plane": shape.plane,
        "index": shape.index,
        "axes": dict(shape.places),
        "points": [list(point) for point in shape.points],
        "words": one.words,
        "note": "; ".join(one.notes),
    }


def _refuse_empty(result: Measured, scene: Scene) -> None:
    """Raise UnknownChoice for what holds nothing to measure."""
    shape, view = result.shape, scene.views[result.shape.plane]
    there = f"{shape.plane} {shape.index} has columns 0 to {view.columns - 1} and rows 0 to {view.rows - 1}"
    if shape.region and not result.pixels:
        raise UnknownChoice(f"the {shape.kind} holds the centre of no pixel; {there}")
    if not shape.region and result.beyond:
        raise UnknownChoice(f"the {shape.kind} leaves the picture; {there}")
    if shape.kind == "line" and result.value == 0:
        raise UnknownChoice("both ends of the line are one point, so it has no length")
    if math.isnan(result.value) and shape.kind == "angle":
        raise UnknownChoice("an arm of the angle has no length, so there is no angle")
