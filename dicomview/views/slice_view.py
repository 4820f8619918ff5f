"""The scroller: a picture in a notebook that answers the wheel, and whose state is Python's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np
import traitlets

from dicomview.errors import UnknownChoice
from dicomview.pixels import VoiTable, Window
from dicomview.render import (
    Scene,
    ViewState,
    rebased,
    resolve,
    state_from,
    state_message,
    take,
)
from dicomview.views.canvas import Canvas, Piece
from dicomview.views.controls import WindowControls

if TYPE_CHECKING:
    from dicomview.pixels import Voi
    from dicomview.render import Picture, Shot, View

__all__ = ["SliceView"]

_PREVIEW_EDGE = 128  # samples along the longer edge of a preview, about
_BLOCK_SAMPLES = 1 << 17  # of the previews that come in one message
_REMEMBERED = 32  # states told to the browser that gestures under way may have been made on
# The traits that are faces of the state, with what each shows of it.
_FACES = {"plane": "plane", "index": "index", "axes": "axes", "window": "window", "layers": "looks"}


class SliceView(widgets.HBox):  # type: ignore[misc]  # ipywidgets has no types
    """A stack or volume to scroll through; made by `view`.

    Attributes
    ----------
    index : int
        Zero-based place along the shown plane. Settable, observable, linkable.
    plane : str
        "axial", "coronal", "sagittal"; "acquired" when the file does not say how the picture lies. Settable,
        observable, linkable.
    window : Window or VoiTable
        Settable to a `Window`, the name of one of the file or of a preset, "auto", (center, width), or None for that of
        the beginning; observable, linkable.
    axes : dict of str to int
        Zero-based place along each extra axis of the stack (echo, time, diffusion …); a dict with some of them sets
        those. Settable, observable, linkable.
    layers : dict of str to Look
        How each layer over the picture is drawn: "overlays" for the overlay planes, and one for each mask. A dict with
        wishes for some of them sets those: True or False, "#rrggbb", an opacity from 0 to 1, or a dict of shown, color
        and opacity. Settable, observable, linkable.

    Notes
    -----
    There is one frozen state; the traits are its faces, and each change of one makes a new state from it. An
    observer of any of them may read the others: they agree already.
    """

    index = traitlets.Int()
    plane = traitlets.Unicode()
    window = traitlets.Any()
    axes = traitlets.Dict()
    layers = traitlets.Dict()

    def __init__(self, scene: Scene, state: ViewState, *, controls: bool = True) -> None:
        self.scene, self._state, self._begin = scene, state, state
        self._stamp, self._told = 0, {0: state}  # what Python told the browser last, by number
        self.canvas = Canvas(
            scene=_scene_message(scene, self._state), state=state_message(self._state), source=self._piece
        )
        self.controls = (
            None
            if scene.colour or not controls
            else WindowControls(state.window, _reach(scene, state), scene.unit, self._control_moved)
        )
        children = [self.canvas] if self.controls is None else [self.canvas, self.controls]
        super().__init__(
            children,
            layout=widgets.Layout(align_items="flex-start", flex_flow="row wrap"),
            **_faces(state),
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

    @traitlets.validate(*_FACES)
    def _checked(self, proposal: Any) -> Any:
        """Refuse, in words, what does not exist; a wish for the window becomes a `Window`."""
        name, wish = proposal.trait.name, proposal.value
        if name == "window" and wish is None:
            return self._begin.window
        # Under `hold_trait_notifications` the plane may have been set just before, and the index counts along it.
        return _faces(resolve(self.scene, self._state, **{"plane": self.plane, name: wish}))[name]

    def notify_change(self, change: Any) -> None:
        """Answer a trait that was set from Python, then tell observers; traitlets calls this."""
        if change.name not in _FACES:
            super().notify_change(change)
        elif change.new != getattr(self, change.name):
            return  # an observer has wished again, and that has been told already
        elif all(getattr(self, name) == value for name, value in _faces(self._state).items()):
            super().notify_change(change)
        else:
            # Observers hear of this change first and of those that follow from it afterwards, so that two views whose
            # traits are linked one by one come to rest.
            with self.hold_trait_notifications():
                self.notify_change(change)
                self._answer()

    def _answer(self) -> None:
        """Make the state that the traits wish for."""
        held = _faces(self._state)
        wish = {name: getattr(self, name) for name in _FACES if getattr(self, name) != held[name]}
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
            said = state_from(change.new, self.scene.presets())
            base = self._told.get(self.canvas.stamp)
            if self.canvas.stamp != self._stamp and base is not None:
                said = rebased(said, base, state)  # made before the browser had heard of Python's last wish
            for plane, index in said.positions:
                state = resolve(self.scene, state, plane=plane, index=index)
            whole = {name: value for name, value in _faces(said).items() if name != "index"}
            state = resolve(self.scene, state, **whole)
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
            state = self._state
        self._take_state(state)

    def _control_moved(self, window: Window) -> None:
        self._take_state(resolve(self.scene, self._state, window=window))

    def _take_state(self, state: ViewState) -> None:
        """Make `state` the one that holds, everywhere; observers are told once all agree."""
        self._state = state
        if self.canvas.state != state_message(state) or self.canvas.stamp != self._stamp:
            self._stamp += 1
            self._told = {**dict(list(self._told.items())[-_REMEMBERED:]), self._stamp: state}
            self.canvas.show(state_message(state), self._stamp)
        if self.controls is not None:
            self.controls.show(state.window)
        with self.hold_trait_notifications():
            for name, value in _faces(state).items():
                setattr(self, name, value)

    def _piece(self, plane: str, at: tuple[int, ...], step: int) -> Piece:
        """Return one slice for the canvas."""
        index, *places = at
        shot = self.scene.shot(plane, index, dict(zip(self.scene.lengths, places, strict=True)), step=step)
        masks = [np.packbits(mask, axis=1).tobytes() for _, mask in shot.layers]
        return Piece(_shot_message(shot), shot.raster.samples, masks)


def _faces(state: ViewState) -> dict[str, Any]:
    """Return what the traits show of a state."""
    return {name: getattr(state, attribute) for name, attribute in _FACES.items()}


def _reach(scene: Scene, state: ViewState) -> Window:
    """Return the window that the sliders' ranges are made for."""
    return state.window if isinstance(state.window, Window) else scene.automatic_window()


def _scene_message(scene: Scene, state: ViewState) -> dict[str, Any]:
    """Return what the browser must know of a scene; see the types in ``static/view.js``."""
    return {
        "title": scene.title,
        "planes": {
            name: {
                "count": one.count,
                "rows": one.rows,
                "columns": one.columns,
                "aspect": one.aspect,
                "letters": None if one.letters is None else list(one.letters),
                "step": (step := _step(one)),
                "block": max(1, min(_BLOCK_SAMPLES * step**2 // max(1, one.rows * one.columns), one.count)),
            }
            for name, one in scene.views.items()
        },
        "refused": dict(scene.refused),
        "colour": scene.colour,
        "unit": scene.unit,
        "axes": [{"name": axis.name, "labels": list(axis.labels)} for axis in scene.axes],
        "layers": [layer.name for layer in scene.layers],
        "cine": None if scene.cine is None else {"along": scene.cine.along, "rate": scene.cine.rate},
        "presets": [_preset_message(voi) for voi in ([] if scene.colour else scene.presets())],
        "notes": list(scene.notes),
        "home": state_message(state),
    }


def _preset_message(voi: Voi) -> dict[str, Any]:
    if isinstance(voi, VoiTable):
        return {"name": voi.explanation, "table": {"first": voi.first, "levels": voi.levels}}
    return {"name": voi.explanation, "center": voi.center, "width": voi.width, "function": voi.function}


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
        "blank": shot.raster.blank,
        "invert": shot.inverted,
        "origin": None if shot.origin is None else shot.origin.tolist(),
        "row_step": None if shot.row_step is None else shot.row_step.tolist(),
        "column_step": None if shot.column_step is None else shot.column_step.tolist(),
        "place": shot.place,
        "layers": [name for name, _ in shot.layers],
        "notes": list(shot.notes),
    }


def _step(view: View) -> int:
    """Return how coarse the previews of a plane are; 1 where its slices are small enough to come whole at once."""
    return max(1, round(max(view.rows, view.columns) / _PREVIEW_EDGE))
