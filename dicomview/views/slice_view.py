"""The scroller: a picture in a notebook that answers the wheel, and whose state is Python's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import traitlets

from dicomview.errors import UnknownChoice
from dicomview.render import Scene, ViewState, resolve, scene_of, state_from, state_message, take
from dicomview.views.canvas import Canvas
from dicomview.views.controls import WindowControls

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dicomview.files import Source
    from dicomview.pixels import Window
    from dicomview.render import Picture, Shot
    from dicomview.space import Series, Slice, Stack, Volume

__all__ = ["SliceView", "view"]

_FACES = ("plane", "index", "window")  # the traits that are faces of the state


class SliceView(widgets.HBox):  # type: ignore[misc]  # ipywidgets has no types
    """A stack or volume to scroll through; made by `view`.

    Attributes
    ----------
    index : int
        Zero-based place along the shown plane. Settable, observable, linkable.
    plane : str
        "axial", "coronal", "sagittal"; "acquired" when the file does not say how the picture lies. Settable,
        observable, linkable.
    window : Window
        Settable to a `Window`, the name of a preset, "auto" or (center, width); observable, linkable.

    Notes
    -----
    There is one frozen state; the three traits are its faces, and each change of one makes a new state from it. An
    observer of any of them may read the others: they agree already.
    """

    index = traitlets.Int()
    plane = traitlets.Unicode()
    window = traitlets.Any()

    def __init__(
        self,
        scene: Scene,
        *,
        index: int | None = None,
        plane: str | None = None,
        window: object = None,
        controls: bool = True,
    ) -> None:
        self.scene = scene
        self._state = resolve(scene, scene.home, plane=plane, index=index, window=window)
        self.canvas = Canvas(
            scene=_scene_message(scene, self._state), state=state_message(self._state), source=self._slice_message
        )
        self.controls = (
            None
            if scene.colour or not controls
            else WindowControls(self._state.window, scene.unit, self._control_moved)
        )
        children = [self.canvas] if self.controls is None else [self.canvas, self.controls]
        super().__init__(
            children,
            layout=widgets.Layout(align_items="flex-start", flex_flow="row wrap"),
            index=self._state.index,
            plane=self._state.plane,
            window=self._state.window,
        )
        self.canvas.observe(self._gesture, "state")

    def __repr__(self) -> str:
        return f"SliceView({self.plane} {self.index + 1}/{self.scene.counts[self.plane]}, {self.window!r})"

    @property
    def state(self) -> ViewState:
        """All that decides the picture, as one frozen value."""
        return self._state

    def close(self) -> None:
        """Take the view and its parts off every page, and let go of the slices."""
        for part in self.children:
            part.close()
        super().close()

    def picture(self) -> Picture:
        """Return the picture shown now, as an array with its letters and window."""
        return take(self.scene, self._state)

    @traitlets.validate("index", "plane", "window")
    def _checked(self, proposal: Any) -> Any:
        """Refuse, in words, what does not exist; a wish for the window becomes a `Window`."""
        name = proposal.trait.name
        # Under `hold_trait_notifications` the plane may have been set just before, and the index counts along it.
        return getattr(resolve(self.scene, self._state, **{"plane": self.plane, name: proposal.value}), name)

    def notify_change(self, change: Any) -> None:
        """Answer a trait that was set from Python, then tell observers; traitlets calls this."""
        if change.name not in _FACES:
            super().notify_change(change)
        elif change.new != getattr(self, change.name):
            return  # an observer has wished again, and that has been told already
        elif all(getattr(self, name) == getattr(self._state, name) for name in _FACES):
            super().notify_change(change)
        else:
            # Observers hear of this change first and of those that follow from it afterwards, so that two views whose
            # traits are linked one by one come to rest.
            with self.hold_trait_notifications():
                self.notify_change(change)
                self._answer()

    def _answer(self) -> None:
        """Make the state that the traits wish for."""
        now = {name: getattr(self, name) for name in _FACES}
        wish = {name: value for name, value in now.items() if value != getattr(self._state, name)}
        try:
            self._take_state(resolve(self.scene, self._state, **wish))
        except UnknownChoice:
            self._take_state(self._state)
            raise

    def _gesture(self, change: Any) -> None:
        """Take over the state of a gesture, which is on the screen already; one that cannot be is taken back."""
        if change.new == state_message(self._state):
            return
        state = self._state
        try:
            said = state_from(change.new)
            for plane, index in said.positions:
                state = resolve(self.scene, state, plane=plane, index=index)
            state = resolve(self.scene, state, plane=said.plane, window=said.window)
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
            state = self._state
        self._take_state(state)

    def _control_moved(self, window: Window) -> None:
        self._take_state(resolve(self.scene, self._state, window=window))

    def _take_state(self, state: ViewState) -> None:
        """Make `state` the one that holds, everywhere; observers are told once all agree."""
        self._state = state
        self.canvas.state = state_message(state)
        if self.controls is not None:
            self.controls.show(state.window)
        with self.hold_trait_notifications():
            self.plane, self.index, self.window = state.plane, state.index, state.window

    def _slice_message(self, plane: str, index: int) -> tuple[dict[str, Any], bytes]:
        """Return the message and the samples of one slice, for the canvas."""
        shot = self.scene.shot(plane, index)
        return _shot_message(shot), shot.raster.samples.astype(shot.raster.samples.dtype.newbyteorder("<")).tobytes()


def view(
    source: Source | Series | Stack | Slice | Volume | NDArray[Any],
    *,
    index: int | None = None,
    plane: str | None = None,
    window: Window | str | tuple[float, float] | None = None,
    controls: bool = True,
    **axes: Any,
) -> SliceView:
    """Return a scroller to be shown in a notebook.

    Wheel or arrow keys move through the slices, a drag changes the window (right is wider, down is a higher center),
    hovering tells value and place, a double click goes back to the beginning.

    Parameters
    ----------
    source : path, pydicom.Dataset, list of either, Series, Stack, Slice, Volume, or (k, j, i) array
    index : int, optional
        Zero-based place to begin at; the middle when not given.
    plane : "axial", "coronal" or "sagittal", optional
        The acquired plane when not given.
    window : Window, preset name, "auto" or (center, width), optional
        The first window of the file when not given.
    controls : bool
        False leaves away the sliders beside the picture.
    **axes : int
        Place along each extra axis of a stack, for example ``echo=1``; for an array, ``spacing=(k, j, i)`` in mm.

    Returns
    -------
    SliceView
        ``.index``, ``.plane`` and ``.window`` can be set and observed, ``.picture()`` is what it shows.

    Raises
    ------
    NothingFound, SeveralSeries, NotAnImage, UnknownChoice, NoDecoder, DamagedPixels

    Examples
    --------
    >>> scroller = view("sample_data/ct_chest", window="lung")  # doctest: +SKIP
    >>> scroller.index = 12  # doctest: +SKIP
    """
    scene = scene_of(source, **axes)
    return SliceView(scene, index=index, plane=plane, window=window, controls=controls)


def _scene_message(scene: Scene, state: ViewState) -> dict[str, Any]:
    """Return what the browser must know of a scene; see the head of ``static/canvas.js``."""
    return {
        "title": scene.title,
        "planes": {
            name: {
                "count": one.count,
                "rows": one.rows,
                "columns": one.columns,
                "aspect": one.aspect,
                "letters": None if one.letters is None else list(one.letters),
            }
            for name, one in scene.views.items()
        },
        "refused": dict(scene.refused),
        "colour": scene.colour,
        "unit": scene.unit,
        "presets": [
            {"name": w.explanation, "center": w.center, "width": w.width, "function": w.function}
            for w in ([] if scene.colour else scene.presets())
        ],
        "notes": list(scene.notes),
        "home": state_message(state),
    }


def _shot_message(shot: Shot) -> dict[str, Any]:
    """Return the header of a slice message; the samples travel beside it."""
    samples = shot.raster.samples
    return {
        "rows": samples.shape[0],
        "columns": samples.shape[1],
        "sample": "rgb8" if shot.raster.colour else samples.dtype.name,
        "slope": shot.raster.slope,
        "intercept": shot.raster.intercept,
        "stored": shot.raster.stored,
        "invert": shot.inverted,
        "origin": None if shot.origin is None else shot.origin.tolist(),
        "row_step": None if shot.row_step is None else shot.row_step.tolist(),
        "column_step": None if shot.column_step is None else shot.column_step.tolist(),
        "place": shot.place,
        "instance": shot.instance,
    }
