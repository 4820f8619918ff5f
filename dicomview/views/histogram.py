"""A histogram beside a view: the span over it is the window."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

import ipywidgets
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.widgets import SpanSelector

from dicomview.errors import DicomviewError, NotAnImage, UnknownChoice
from dicomview.pixels import Window
from dicomview.progress import bar
from dicomview.render import refuse
from dicomview.render.tally import Tally
from dicomview.views.copies import places_of
from dicomview.views.door import view
from dicomview.views.follower import Follower
from dicomview.views.linked import LinkedViews
from dicomview.views.living import canvas_of, still
from dicomview.views.slice_view import SliceView

if TYPE_CHECKING:
    from matplotlib.patches import StepPatch

__all__ = ["Histogram", "histogram"]

_GRAB = 10  # pixels from an edge of the span that still take hold of it
_LEAST = 1e-3  # of the range of values: no window becomes narrower by a drag


class Histogram(ipywidgets.HBox):  # type: ignore[misc]
    """A view with the histogram of its stack beside it; made by `histogram`.

    Parameters
    ----------
    view : SliceView
    log : bool
        Whether counts are on a logarithmic scale.
    bins : int
        How many there are at most.

    Attributes
    ----------
    view : SliceView
    figure, ax : matplotlib Figure and Axes
    counts : (bins,) int64 array
    edges : (bins + 1,) float64 array
        Modality values; all bins are equally wide, a whole number of stored steps.

    Raises
    ------
    UnknownChoice
        Colours have no window, there is no value at all, or `bins` is no number above 0.
    """

    def __init__(self, view: SliceView, *, log: bool = True, bins: int = 256) -> None:
        if view.scene.colour:
            raise UnknownChoice("colour pictures have no window, so there is no histogram of one to drag")
        if not isinstance(bins, int) or bins < 1:
            raise UnknownChoice(f"bins are a whole number from 1 on, not {bins!r}")
        self.view, self._bins = view, bins
        self._stairs: StepPatch | None = None
        lost = self._count()
        self.figure = Figure(figsize=(4.6, 3.4), layout="constrained")
        self.ax = self.figure.add_subplot()
        self._fill()
        self.ax.set_xlabel(view.scene.unit or "value", parse_math=False)
        self.ax.set_ylabel("pixels")
        self.ax.spines[["top", "right"]].set_visible(False)
        self.ax.margins(x=0)
        self.ax.xaxis.set_major_locator(MaxNLocator(5))
        if lost:
            self.ax.set_title(f"without {lost} that cannot be decoded", fontsize=9)
        self._canvas = canvas_of(self.figure, toolbar_visible=False, footer_visible=False)
        self._picture = self._canvas or ipywidgets.Image(format="png")
        self._follower = Follower(self._draw, pause=0.1)
        self._span = SpanSelector(
            self.ax,
            self._drag,
            "horizontal",
            interactive=True,
            drag_from_anywhere=True,
            ignore_event_outside=True,
            grab_range=_GRAB,
            onmove_callback=self._drag,
            props={"facecolor": "#1f77b4", "alpha": 0.25},
        )
        self._shown: object = None  # the window that the span stands for
        super().__init__(children=[view, self._picture], layout={"flex_flow": "row wrap"})
        self.log = log
        view.observe(self._follow, "window")
        view.observe(self._recount, "_scene")
        self._follow()
        self._is_open = True

    @property
    def log(self) -> bool:
        """Whether counts are on a logarithmic scale. Settable."""
        return str(self.ax.get_yscale()) == "log"

    @log.setter
    def log(self, wish: bool) -> None:
        with still(self._canvas):
            self.ax.set_yscale("log" if wish else "linear", **({"nonpositive": "clip"} if wish else {}))
            self.ax.set_ylim(bottom=0.5 if wish else 0)
        self._renew()

    def close(self) -> None:
        """Take the histogram off every page; the view stays."""
        if self.__dict__.pop("_is_open", False):  # once, and not what was interrupted in its making
            self.view.unobserve(self._follow, "window")
            self.view.unobserve(self._recount, "_scene")
            self._follower.close()
            self._picture.close()
        super().close()

    def _count(self) -> int:
        """Count what the view shows, and return how many slices cannot be decoded."""
        tally, lost = _counted(self.view)
        counts, edges = tally.bins(self._bins)
        if not counts.any():
            raise UnknownChoice("there is no value in this stack to be counted: all of it is padding or not decodable")
        self.counts, self.edges, self._slab = counts, edges, self.view.slab
        return lost

    def _fill(self) -> None:
        if self._stairs is not None:
            self._stairs.remove()
        self._stairs = self.ax.stairs(self.counts, self.edges, fill=True, color="#7a8699", zorder=0.9)  # under the span

    def _recount(self, _: Any) -> None:
        """Count anew when slabs come or go; layers change no value."""
        if self.view.slab != self._slab:
            self._count()
            with still(self._canvas):
                self._fill()
                self.ax.relim()
                self.ax.autoscale(axis="y")
            self.log = self.log  # from half a pixel on, or from none
            self._shown = None
            self._follow()

    def _drag(self, low: float, high: float) -> None:
        """Make the span the window: it is on the screen already."""
        least = _LEAST * (self.edges[-1] - self.edges[0])
        if high - low < least:
            low, high = (low + high - least) / 2, (low + high + least) / 2
        digit = min(1.0, 10.0 ** (math.floor(math.log10(high - low)) - 2))  # no finer than a hand can wish
        wish = Window.between(*(round(end / digit) * digit for end in (low, high)), like=self.view.window)
        if wish != self._shown:
            self._shown = wish
            self.view.window = wish

    def _follow(self, _: Any = None) -> None:
        """Put the span where the window is, unless it came from there."""
        if self.view.window == self._shown:
            return
        self._shown = self.view.window
        low, high = self.view.window.ends
        margin = 0.02 * (max(high, self.edges[-1]) - min(low, self.edges[0]))
        with still(self._canvas):
            self.ax.set_xlim(min(low, self.edges[0]) - margin, max(high, self.edges[-1]) + margin)
            self._span.extents = low, high
        self._renew()

    def _renew(self) -> None:
        if self._canvas:
            self._canvas.draw_idle()
        else:
            self._follower.wake()

    def _draw(self) -> None:
        content = io.BytesIO()
        self.figure.savefig(content, format="png")
        self._picture.value = content.getvalue()


def histogram(source: Any, *, log: bool = True, bins: int = 256, **options: Any) -> Histogram:
    """Return a view with the histogram of its stack beside it; the span over the histogram is the window.

    Drag an edge of the span, or its middle; or set the window in any other way, and the span follows. Modality values
    of all slices are counted, with a bar that can be interrupted where that takes long.

    Parameters
    ----------
    source : SliceView, or whatever `dicomview.view` shows as a picture
        A view that is on the screen already is shown once more.
    log : bool
        Whether counts are on a logarithmic scale, in which air does not hide everything else.
    bins : int
        How many there are at most.
    **options
        As for `dicomview.view`, where `source` is no view.

    Returns
    -------
    Histogram
        ``.view``, ``.counts``, ``.edges``, ``.figure``, ``.ax``, ``.log``. Where ipympl is not installed, it is a
        picture that follows the window and cannot be dragged.

    Raises
    ------
    NothingFound, SeveralSeries, UnknownSeries, UnknownChoice, NotAnImage, NotSuv

    Notes
    -----
    Padding is not counted. Where values need more than 16 bits they are counted to within half a step of 65,536.

    Examples
    --------
    >>> histogram("sample_data/ct_chest", window="lung")  # doctest: +SKIP
    """
    if isinstance(source, SliceView):
        refuse("a view, which has them already", **options)
        return Histogram(source, log=log, bins=bins)
    if isinstance(source, LinkedViews):
        raise UnknownChoice(f"a histogram has one view beside it; give one of these, [{next(iter(source.views))!r}]")
    refuse("a histogram, which has one view beside it; dv.histogram(ortho['axial'])", layout=options.get("layout"))
    shown = view(source, **options)
    if not isinstance(shown, SliceView):
        raise NotAnImage("there is no picture in this, so there are no values to count; dv.view shows what it is")
    return Histogram(shown, log=log, bins=bins)


def _counted(view: SliceView) -> tuple[Tally, int]:
    """Count the values of all slices, at all places of the extra axes; and how many cannot be decoded."""
    tally, lost, scene = Tally(), 0, view.scene
    first = next(iter(scene.views))
    for index, *places in bar(list(places_of(scene, first)), "Counting values", "slice"):
        try:
            tally.add(scene.bare(first, index, dict(zip(scene.lengths, places, strict=True))).raster)
        except DicomviewError:
            lost += 1
    return tally, lost
