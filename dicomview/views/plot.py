"""A picture as a living matplotlib figure, for whoever draws on it with matplotlib."""

from __future__ import annotations

import base64
import io
import math
from typing import TYPE_CHECKING, Any

import ipywidgets
import numpy as np
import traitlets

from dicomview.errors import DicomviewError, UnknownChoice
from dicomview.pixels import Window
from dicomview.render import GRAY, opened, resolve, take
from dicomview.render.camera import held
from dicomview.views.faces import Face, Shown
from dicomview.views.figures import draw, paper_for
from dicomview.views.living import canvas_of, is_wished, still

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage
    from numpy.typing import NDArray

    from dicomview.files import Source
    from dicomview.pixels import Voi
    from dicomview.render import Picture, Scene, ViewState
    from dicomview.space import Series, Slice, Stack, Volume

__all__ = ["Plot", "plot"]

_PLACE = (0.01, 0.01, 0.98, 0.9)  # of the axes in the figure: there is room for two lines of caption over them
_STEPS = 1000  # of the slider of the window, at least
_FACES = ("plane", "index", "axes", "window")


class Plot(traitlets.HasTraits):
    """A picture in a matplotlib figure; made by `plot`.

    Attributes
    ----------
    figure, ax, image : matplotlib Figure, Axes and AxesImage
        Data coordinates are columns and rows. What one draws on the axes stays when slice or window change.
    index, plane, axes, window
        As of `dicomview.view`: settable, observable, linkable.

    Notes
    -----
    A step of slice or window draws the picture and what lies on it, and nothing else of the figure: matplotlib calls it
    blitting. It is made in the kernel and sent as an image, so it takes its time on the line.
    """

    index, plane, axes, window = Face(), Face(), Face(), Face()

    def __init__(self, scene: Scene, state: ViewState, *, controls: bool = True) -> None:
        self.scene, self._now = scene, state
        shown = take(scene, state)
        self.figure: Figure = paper_for(shown)
        self.ax: Axes = self.figure.add_subplot()
        self._parts, self._picture = draw(self.ax, shown), shown
        self._background: Any = None
        self._values: tuple[ViewState | None, Any] = (None, None)  # of the picture under the cursor
        super().__init__(**_faces(state))
        self._canvas: Any = canvas_of(self.figure, capture_scroll=True) if is_wished() else None
        self._box: ipywidgets.Widget | None = None
        self._sliders: dict[str, Any] = {}
        if self._canvas:
            # In its place for good: a layout would move it with every caption.
            self.figure.set_layout_engine("none")
            self.ax.set_position(_PLACE)
            self._animate()
            self._canvas.mpl_connect("draw_event", self._keep)
            self._canvas.mpl_connect("scroll_event", lambda event: self._step(-int(event.step)))
            self._sliders = self._controls() if controls else {}
            self._box = ipywidgets.VBox([self._canvas, *self._sliders.values()])
            self._tell()

    def __repr__(self) -> str:
        return f"Plot({self.plane} {self.index + 1}/{self.scene.counts[self.plane]}, {self.window!r})"

    @property
    def image(self) -> AxesImage:
        """The picture in the axes; its array has the pixels of `picture`."""
        return self._parts.image

    @property
    def state(self) -> ViewState:
        """All that decides the picture, as one frozen value."""
        return self._now

    def picture(self) -> Picture:
        """Return the picture shown now."""
        return self._picture

    def close(self) -> None:
        """Take the figure off every page."""
        for widget in (self._box, *self._sliders.values(), self._canvas):
            if widget is not None:
                widget.close()

    def _repr_mimebundle_(self, **options: Any) -> Any:
        if self._box is not None:
            return self._box._repr_mimebundle_(**options)
        content = io.BytesIO()
        self.figure.savefig(content, format="png")
        return {"image/png": base64.b64encode(content.getvalue()).decode("ascii"), "text/plain": repr(self)}

    @traitlets.validate(*_FACES)
    def _checked(self, proposal: Any) -> Any:
        """Refuse, in words, what does not exist."""
        name, wish = proposal.trait.name, proposal.value
        if wish is None:
            raise UnknownChoice(f"None is no {name}; what holds now is {getattr(self._now, name)!r}")
        return _faces(resolve(self.scene, self._now, **{"plane": self.plane, name: wish}))[name]

    @traitlets.observe(*_FACES)
    def _changed(self, _: Any) -> None:
        held = _faces(self._now)
        wish = {name: getattr(self, name) for name in _FACES if getattr(self, name) != held[name]}
        if not wish:
            return
        self._now = resolve(self.scene, self._now, **wish)
        self._show()
        with self.hold_trait_notifications():
            for name, value in _faces(self._now).items():
                setattr(self, name, value)
        self._tell()

    def _show(self) -> None:
        """Put the picture of the state into the axes."""
        shown = take(self.scene, self._now)
        with still(self._canvas):
            before, self._picture = self._picture, shown
            if _frame(shown) == _frame(before):
                self.image.set_data(shown.pixels)
                self._parts.say(shown)
                if self._canvas:
                    self._blit()
                return
            for artist in (self.image, *self._parts.rest):
                artist.remove()
            self._parts = draw(self.ax, shown)
            self._background = None  # of another frame: the whole drawing comes before the next step
            if self._canvas:
                self._animate()
                self._canvas.draw_idle()

    def _keep(self, event: Any) -> None:
        """Keep a whole drawing, but for caption and letters, to put the next picture on."""
        if not event.canvas.is_saving():
            self._background = event.canvas.copy_from_bbox(self.figure.bbox)
            for artist in (self._parts.caption, *self._parts.rest):
                self.ax.draw_artist(artist)

    def _animate(self) -> None:
        """Let what is drawn anew with each picture stay out of what is kept."""
        for artist in (self._parts.caption, *self._parts.rest):
            artist.set_animated(True)
        if self.scene.colour:
            return
        # Beside the cursor stand values of the file and not the grey levels of the screen.
        self.image.get_cursor_data = self._value_at  # type: ignore[assignment, method-assign]
        self.image.format_cursor_data = lambda value: f"[{value}]"  # type: ignore[assignment, method-assign]

    def _value_at(self, event: Any) -> str | None:
        """Return the modality value under the cursor in words; None beside the picture and where it has none."""
        state = self._now
        if self._values[0] is not state:
            try:
                values, _ = self.scene.exact(state.plane, state.index, state.axes)
            except DicomviewError:  # the picture says so in its place
                values = np.empty((0, 0))
            self._values = state, held(np.asarray(values), state.rotation, state.flip)
        column, row = (round(where) for where in (event.xdata, event.ydata))
        values = self._values[1]
        if not (0 <= row < values.shape[0] and 0 <= column < values.shape[1]):
            return None
        value = values[row, column]
        return f"{value:.6g} {self.scene.unit}".strip() if np.isfinite(value) else "no value"

    def _blit(self) -> None:
        """Draw the picture and what lies on it over what was kept."""
        if self._background is None:
            self._canvas.draw_idle()
            return
        self._canvas.restore_region(self._background)
        ax = self.ax
        around = {ax.patch, ax.title, ax._right_title, *ax.spines.values(), ax.xaxis, ax.yaxis}  # type: ignore[attr-defined]
        for artist in sorted(set(ax.get_children()) - around, key=lambda one: one.get_zorder()):
            ax.draw_artist(artist)
        self._canvas.blit(self.figure.bbox)

    def _step(self, by: int) -> None:
        self.index = min(self.scene.counts[self.plane] - 1, max(0, self.index + by))

    def _controls(self) -> dict[str, Any]:
        """Return the sliders, which set the traits."""
        style: dict[str, Any] = {"layout": {"width": "28em"}, "style": {"description_width": "5em"}}
        sliders: dict[str, Any] = {}
        if len(self.scene.views) > 1:
            sliders["plane"] = ipywidgets.Dropdown(options=list(self.scene.views), description="plane", **style)
        sliders["index"] = ipywidgets.IntSlider(description="slice", **style)
        for axis in self.scene.axes:
            sliders[axis.name] = ipywidgets.IntSlider(max=len(axis.labels) - 1, description=axis.name, **style)
        if not self.scene.colour:
            values = np.concatenate([plane[np.isfinite(plane)].ravel() for plane in self.scene.sampled_values()])
            low, high = self.window.ends
            ends = sorted((low, high, *((float(values.min()), float(values.max())) if values.size else ())))
            # Steps of 1, or 10, or 0.1 …: usual windows lie on them, and are told as they are.
            step = 10.0 ** math.floor(math.log10((ends[-1] - ends[0]) / _STEPS)) if ends[-1] > ends[0] else 1.0
            sliders["window"] = ipywidgets.FloatRangeSlider(
                min=step * math.floor(ends[0] / step),
                max=step * math.ceil(ends[-1] / step),
                value=(low, high),
                step=step,
                description="window",
                **style,
            )
        for name, slider in sliders.items():
            slider.observe(lambda change, name=name: self._slid(name, change.new), "value")
        return sliders

    def _slid(self, name: str, value: Any) -> None:
        if self._telling:
            return
        if name == "window":
            # The page puts the ends on steps of the slider, which nobody has wished for.
            off = np.abs(np.subtract(value, self.window.ends)).max()
            if off > 0.501 * self._sliders[name].step:
                self.window = Window.between(*value, like=self.window)
        elif name in _FACES:
            setattr(self, name, value)
        else:
            self.axes = {name: value}

    _telling = False  # the sliders are being set, and need not be heard

    def _tell(self) -> None:
        """Put the sliders where the traits are."""
        self._telling = True
        try:
            for name, slider in self._sliders.items():
                if name == "window":
                    low, high = self.window.ends
                    step = slider.step
                    slider.min = min(slider.min, step * math.floor(low / step))
                    slider.max = max(slider.max, step * math.ceil(high / step))
                    slider.value = low, high
                else:
                    if name == "index":
                        slider.max = self.scene.counts[self.plane] - 1
                    slider.value = getattr(self, name) if name in _FACES else self.axes[name]
        finally:
            self._telling = False


def plot(
    source: Source | Series | Stack | Slice | Volume | NDArray[Any],
    *,
    index: int | None = None,
    plane: str | None = None,
    window: Voi | str | tuple[float, float] | None = None,
    controls: bool = True,
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
) -> Plot:
    """Return a picture in a matplotlib figure that stays alive: set its slice or window, draw on its axes.

    After ``%matplotlib widget`` it has sliders for slice and window, the wheel moves through the slices, and what one
    draws on ``.ax`` lies over the picture. Otherwise it is a plain figure, which can be set in the same way.

    `dicomview.view` scrolls many times faster and does not need the kernel for it. This is for those who draw on the
    picture with matplotlib code of their own, and for hosts where `view` cannot run. Like any figure of matplotlib it
    leaves its picture in a saved notebook, ``DICOMVIEW_EMBED=0`` or not: clear its output before you share one.

    Parameters
    ----------
    source, index, plane, window, layers, masks, objects, invert, colormap, rotation, flip, uid, units, spacing, **axes
        As for `dicomview.picture`, whose pixels it shows.
    controls : bool
        False leaves away the sliders.

    Returns
    -------
    Plot
        ``.figure``, ``.ax``, ``.image``; ``.index``, ``.plane``, ``.axes``, ``.window`` can be set and observed.

    Raises
    ------
    NothingFound, SeveralSeries, UnknownSeries, NotAnImage, UnknownChoice, NotSuv, NoDecoder, DamagedPixels

    Examples
    --------
    >>> shown = plot("sample_data/ct_chest", window="lung")  # doctest: +SKIP
    >>> shown.ax.plot([60, 90], [40, 80], "r-")  # doctest: +SKIP
    >>> shown.index = 12  # doctest: +SKIP
    """
    scene, state = opened(
        source,
        uid=uid,
        units=units,
        spacing=spacing,
        masks=masks,
        objects=objects,
        index=index,
        plane=plane,
        window=window,
        layers=layers,
        invert=invert,
        colormap=colormap,
        rotation=rotation,
        flip=flip,
        axes=axes,
    )
    return Plot(scene, state, controls=controls)


def _frame(shown: Picture) -> tuple[Any, ...]:
    """Return all of a picture that is drawn beside its pixels and its caption."""
    return shown.pixels.shape[:2], shown.aspect, shown.letters, shown.notes, shown.spacing, shown.strokes


def _faces(state: ViewState) -> dict[str, Any]:
    """Return what the traits show of a state."""
    return {name: getattr(state, name) for name in _FACES} | {"axes": Shown(state.axes)}
