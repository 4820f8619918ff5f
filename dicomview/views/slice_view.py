"""The scroller: a picture in a notebook that answers the wheel, and whose state is Python's."""

from __future__ import annotations

import difflib
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import traitlets

from dicomview.errors import UnknownChoice
from dicomview.render import (
    GRAY,
    Scene,
    ViewState,
    rebased,
    resolve,
    state_from,
    state_message,
    take,
)  # fmt: skip
from dicomview.render.slab import SlabScene, slabbed
from dicomview.views.faces import ONE_HAND, Face, Shown
from dicomview.views.keeping import Keeping
from dicomview.views.layering import Layering
from dicomview.views.messages import colours_message, piece_of, scene_message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dicomview.render import Picture
    from dicomview.views.shipment import Piece

__all__ = ["SliceView"]

_OWN = ("scene", "failure")  # attributes that are no traits
_REMEMBERED = 1000  # states told to the browser that gestures under way may have been made on
# The traits that are faces of the state, with what each shows of it.
_FACES = {"plane": "plane", "index": "index", "axes": "axes", "window": "window", "layers": "looks"} | {
    name: name for name in ("invert", "colormap", "rotation", "flip", "zoom", "pan", "point")
}


class SliceView(Keeping, Layering):
    """A stack or volume to scroll through; made by `view`.

    Attributes
    ----------
    index : int
        Zero-based place along the shown plane. Settable, observable, linkable.
    plane : str
        "axial", "coronal", "sagittal"; "acquired" when the file does not say how the picture lies, "slice" of
        an array. Settable, observable, linkable.
    window : Window or VoiTable
        Settable to a `Window`, the name of one of the file or of a preset, "auto", (center, width), or None for that of
        the beginning; observable, linkable.
    axes : dict of str to int
        Zero-based place along each extra axis of the stack (echo, time, diffusion …); a dict with some of them sets
        those. Settable, observable, linkable.
    layers : dict of str to Look
        How each layer over the picture is drawn: "overlays" for the overlay planes, and one for each mask. A dict with
        wishes for some of them sets those: True or False, a colour, an opacity from 0 to 1, or a dict of shown, color
        and opacity. Settable, observable, linkable.
    invert, flip : bool
        Whether black and white change places, and left and right. Settable, observable, linkable.
    rotation : int
        Degrees clockwise: 0, 90, 180, 270. Settable, observable, linkable.
    colormap : str
        A colour map of matplotlib, by its name. Settable, observable, linkable.
    zoom : float
        1 for a picture that just fits. Settable, observable, linkable.
    pan : (right, down)
        How far the picture is moved, in parts of the width of its frame. Settable, observable, linkable.
    point : (x, y, z) or None
        What linked views show together, LPS mm of the first of them; where they are linked by index, z is its index.
    failure : Exception or None
        The last thing that went wrong while a slice was fetched, or in an observer that a gesture called.

    Notes
    -----
    There is one frozen state; the traits are its faces, and each change of one makes a new state from it. An
    observer of any of them may read the others: they agree already.
    """

    index, plane, window, axes, layers = Face(), Face(), Face(), Face(), Face()
    invert, flip, rotation, colormap, zoom, pan = Face(), Face(), Face(), Face(), Face(), Face()
    point = Face()

    def __init__(self, scene: Scene, state: ViewState, *, controls: bool = True, embed: bool | None = None) -> None:
        self.scene, self._now, self._begin = scene, state, state
        self._drawings, self._added = {}, {}
        self._by_hand = False
        self._number, self._told = 0, {0: state}  # what the browser has, after what Python told it last, by number
        self._pages: dict[str, tuple[int, ViewState]] = {}  # what each page showed last, and on which number
        super().__init__(
            self._piece,
            scene=scene_message(scene, state, controls=controls),
            state=state_message(state) | {"stamp": 0},
            opening=self._keep(embed),
            _colours=colours_message(state.colormap),
            **_faces(state),
        )
        self.observe(self._gesture, "_state")
        self._keep_on()

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name.startswith("_") or hasattr(type(self), name) or name in _OWN):
            close = difflib.get_close_matches(name, _FACES, n=1)
            meant = f"did you mean {close[0]}?" if close else f"there is {', '.join(_FACES)}"
            raise AttributeError(f"a view has nothing called {name!r} to set; {meant}")
        with ONE_HAND if name in _FACES else nullcontext():
            super().__setattr__(name, value)

    def set_state(self, sync_data: Any) -> None:
        """Take over what the browser says; ipywidgets calls this, in a thread beside a running cell."""
        with ONE_HAND:
            super().set_state(sync_data)

    def __repr__(self) -> str:
        return f"SliceView({self.plane} {self.index + 1}/{self.scene.counts[self.plane]}, {self.window!r})"

    def reset(self) -> None:
        """Go back to how the view began, as a double click does."""
        with ONE_HAND:
            self._take_state(self._begin)

    def tie(self, told: Mapping[str, Any], point: tuple[float, float, float]) -> None:
        """Move together with others from now on, as ``static/links.js`` is told, and begin at a point with them."""
        self._link = dict(told)
        self._begin = replace(self._begin, point=point)
        self._scene = {**self._scene, "home": state_message(self._begin)}

    def untie(self) -> None:
        """Stand for itself again."""
        self._link = {}

    def set(self, **wishes: Any) -> None:
        """Set several of the traits at once, or none where one of them cannot be; see `dicomview.view`."""
        with ONE_HAND:
            self._take_state(resolve(self.scene, self._now, **wishes))

    @property
    def by_hand(self) -> bool:
        """Whether the change that is told just now is a gesture's: the browser has moved the linked views already."""
        return self._by_hand

    @property
    def slab(self) -> tuple[str, float] | None:
        """The slabs that are shown, as (kind, mm), None for slices; see `dicomview.view`. Settable."""
        return (self.scene.kind, self.scene.thickness) if isinstance(self.scene, SlabScene) else None

    @slab.setter
    def slab(self, wish: Any) -> None:
        self._relay(slabbed(self.scene, wish))

    @property
    def state(self) -> ViewState:
        """All that decides the picture, as one frozen value."""
        return self._now

    def left(self, page: str) -> None:
        """Let go of what was kept for a page that shows the view no more."""
        self._pages.pop(page, None)
        self.scene.forget()

    def picture(self) -> Picture:
        """Return the picture shown now, as an array with its letters and window."""
        return take(self.scene, self._now)

    @traitlets.validate(*_FACES)
    def _checked(self, proposal: Any) -> Any:
        """Refuse, in words, what does not exist; a wish for the window becomes a `Window`."""
        name, wish = proposal.trait.name, proposal.value
        if wish is None and getattr(self._now, _FACES[name]) is not None:  # a view that is not linked has no point
            if name == "window":
                return self._begin.window
            raise UnknownChoice(f"None is no {name}; what holds now is {getattr(self._now, _FACES[name])!r}")
        # Under `hold_trait_notifications` the plane may have been set just before, and the index counts along it.
        return _faces(resolve(self.scene, self._now, **{"plane": self.plane, name: wish}))[name]

    def notify_change(self, change: Any) -> None:
        """Answer a trait that was set from Python, then tell observers; traitlets calls this."""
        if change.name not in _FACES:
            super().notify_change(change)
        elif change.new != getattr(self, change.name):
            return  # an observer has wished again, and that has been told already
        elif all(getattr(self, name) == value for name, value in _faces(self._now).items()):
            super().notify_change(change)
        else:
            # Observers hear of this change first and of those that follow from it afterwards, so that two views whose
            # traits are linked one by one come to rest.
            try:
                with self.hold_trait_notifications():
                    self.notify_change(change)
                    self._answer()
            except BaseException:
                self.send_state("_state")  # an observer has failed; the page hears of the change all the same
                raise

    def _answer(self) -> None:
        """Make the state that the traits wish for."""
        held = _faces(self._now)
        wish = {name: getattr(self, name) for name in _FACES if getattr(self, name) != held[name]}
        try:
            self._take_state(resolve(self.scene, self._now, **wish))
        except UnknownChoice:
            self._take_state(self._now)
            raise

    def _gesture(self, _: Any) -> None:
        """Take over the state of a gesture, which is on the screen already; one that cannot be is taken back."""
        # Not `change.new`: of several changes that were held back, only the last still stands.
        if {**self._state, "page": ""} == {**self._message(), "page": ""}:
            return
        state = self._now
        try:
            said = state_from(self._state, self.scene.presets())
            # A page says all that it shows. What it wishes for is the difference to what it showed before, for it may
            # not have heard yet of Python's last wish, or of another page's.
            stamp, page = int(self._state["stamp"]), str(self._state.get("page"))
            begun, shown = self._pages.get(page, (-1, said))
            base = shown if begun == stamp else self._told.get(stamp)
            self._pages[page] = stamp, said
            if base is not None:
                said = rebased(said, base, state)
            for plane, index in said.positions:
                state = resolve(self.scene, state, plane=plane, index=index)
            whole = {name: value for name, value in _faces(said).items() if name != "index"}
            state = resolve(self.scene, state, **whole)
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
            state = self._now
        self._by_hand = True
        try:
            self._take_state(state)
        except BaseException as error:
            self.tell_trouble(error)
            if isinstance(error, Exception):
                raise  # to the log; a SystemExit would end the thread that hears the pages
        finally:
            self._by_hand = False

    def _take_state(self, state: ViewState) -> None:
        """Make `state` the one that holds, everywhere; observers are told once all agree."""
        self._now = state
        if state.colormap not in (GRAY, *self._colours):
            self._colours = colours_message(*self._colours, state.colormap)
        if len(self._pages) > 1 or {**self._state, "page": ""} != {**self._message(), "page": ""}:
            self._number += 1
            self._told[self._number] = state
            self._told.pop(self._number - _REMEMBERED, None)
            self.show(state_message(state), self._number)
        with self.hold_trait_notifications():
            for name, value in _faces(state).items():
                setattr(self, name, value)
        self._keep_up(state)

    def _relay(self, scene: Scene) -> None:
        """Show a scene with other layers, or the slabs of one, whose values are measured from now on."""
        before = self.slab
        with ONE_HAND, self.hold_sync():
            super()._relay(scene)
            if self.slab != before:
                self._measure_anew()

    def _message(self) -> dict[str, Any]:
        return state_message(self._now) | {"stamp": self._number}

    def _piece(self, plane: str, at: tuple[int, ...], step: int) -> Piece:
        """Return one slice for the canvas."""
        index, *places = at
        axes = dict(zip(self.scene.lengths, places, strict=True))
        piece = piece_of(self.scene.shot(plane, index, axes, step=step))
        if step == 1:
            piece.head["strokes"] |= self._drawn(plane, index, axes)
        return piece


def _faces(state: ViewState) -> dict[str, Any]:
    """Return what the traits show of a state; the dicts of it are only to be read."""
    faces = {name: getattr(state, attribute) for name, attribute in _FACES.items()}
    return faces | {name: Shown(faces[name]) for name in ("axes", "layers")}
