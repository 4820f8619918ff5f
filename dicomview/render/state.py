"""The one value that says what a view shows, and the pure function that answers a wish.

The same fields exist in ``views/static/view.js``. Nothing here changes in place: a wish and the old state make a
new state, or an error in words.
"""

from __future__ import annotations

import operator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from dicomview.errors import UnknownChoice
from dicomview.pixels import Voi, VoiTable, Window, as_window
from dicomview.render.camera import as_pan, as_point, as_rotation, as_switch, as_zoom
from dicomview.render.colormap import GRAY, as_colormap
from dicomview.render.look import Look, look_of, looks_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Showable", "ViewState", "rebased", "resolve", "state_from", "state_message", "voi_of"]


class Showable(Protocol):
    """What `resolve` must know of a scene."""

    @property
    def counts(self) -> Mapping[str, int]:
        """How many pictures there are in each plane that can be shown."""

    @property
    def refused(self) -> Mapping[str, str]:
        """Planes that cannot be shown, with the reason."""

    @property
    def lengths(self) -> Mapping[str, int]:
        """How many places there are along each extra axis."""

    def automatic_window(self) -> Window:
        """Return the window over the bulk of all values."""

    def presets(self) -> Sequence[Voi]:
        """Return the windows and tables that may be chosen by name."""


@dataclass(frozen=True, slots=True)
class ViewState:
    """All that decides which picture is shown.

    Parameters
    ----------
    plane : str
        "axial", "coronal" or "sagittal"; "acquired" where the file does not say how the picture lies, "slice" of an
        array.
    positions : tuple of (plane, index) pairs
        Where each plane stands, so that going back finds the same slice again.
    window : Window or VoiTable
    places : tuple of (axis, place) pairs
        Zero-based place along each extra axis of a stack: echo, time, diffusion …
    layers : tuple of (name, Look) pairs
        How each layer is drawn, in the order in which they are drawn.
    invert : bool
        Whether black and white change places, beyond what the file asks for.
    colormap : str
        The colours that stand for the grey levels.
    rotation : int
        Degrees clockwise: 0, 90, 180 or 270; after `flip`.
    flip : bool
        Whether left and right change places.
    zoom : float
        1 for a picture that just fits into its frame.
    pan : (right, down)
        How far the middle of the picture is from that of the frame, in parts of the width of the frame.
    point : (x, y, z), optional
        What linked views show together: LPS mm of the first of them; where they are linked by index, z is its index.
    """

    plane: str
    positions: tuple[tuple[str, int], ...]
    window: Voi
    places: tuple[tuple[str, int], ...] = ()
    layers: tuple[tuple[str, Look], ...] = ()
    invert: bool = False
    colormap: str = GRAY
    rotation: int = 0
    flip: bool = False
    zoom: float = 1.0
    pan: tuple[float, float] = (0.0, 0.0)
    point: tuple[float, float, float] | None = None

    @property
    def index(self) -> int:
        """Zero-based place along the shown plane."""
        return dict(self.positions)[self.plane]

    @property
    def axes(self) -> dict[str, int]:
        """Zero-based place along each extra axis."""
        return dict(self.places)

    @property
    def looks(self) -> dict[str, Look]:
        """How each layer is drawn."""
        return dict(self.layers)


# Fields that stand for themselves: what they can be does not depend on the scene.
_PLAIN: Mapping[str, Callable[[Any], Any]] = {
    "invert": as_switch,
    "colormap": as_colormap,
    "rotation": as_rotation,
    "flip": as_switch,
    "zoom": as_zoom,
    "pan": as_pan,
    "point": as_point,
}


def resolve(
    scene: Showable,
    state: ViewState,
    *,
    plane: str | None = None,
    index: int | None = None,
    window: object = None,
    axes: Mapping[str, int] | None = None,
    layers: Mapping[str, object] | None = None,
    **plain: Any,
) -> ViewState:
    """Return the state that answers a wish.

    Parameters
    ----------
    scene : Showable
        What there is to show.
    state : ViewState
        The state before.
    plane, index, window, axes, layers : optional
        What is wished for; the rest stays. A negative index or place counts from the end; a window is a `Window`, the
        name of one of the file or of a preset, "auto", or (center, width). Of a layer, by its name, one wishes True
        or False, "#rrggbb", an opacity from 0 to 1, a dict of shown, color and opacity, or a `Look`.
    **plain
        Of the other fields of `ViewState`; None leaves one as it is.

    Raises
    ------
    UnknownChoice
        The plane, the index, the axis, the window, the layer … does not exist; the message says what does.
    """
    wanted = state.plane if plane is None else plane
    if not isinstance(wanted, str):
        raise UnknownChoice(f"a plane is a name, one of {', '.join(scene.counts)}, not {type(wanted).__name__}")
    if wanted not in scene.counts:
        why = scene.refused.get(wanted, f"choose one of {', '.join(scene.counts)}")
        raise UnknownChoice(f"there is no plane {wanted!r} to show: {why}")
    positions, places = dict(state.positions), dict(state.places)
    if index is not None:
        positions[wanted] = _place(index, scene.counts[wanted], f"{wanted} picture", "an index")
    for name, place in (axes or {}).items():
        if name not in scene.lengths:
            known = ", ".join(scene.lengths) or "none"
            raise UnknownChoice(f"{name!r} is neither an option nor an extra axis here; extra axes: {known}")
        places[name] = _place(place, scene.lengths[name], f"place along {name}:", name)
    return replace(
        state,
        plane=wanted,
        positions=tuple(positions.items()),
        places=tuple(places.items()),
        window=state.window if window is None else voi_of(scene, window),
        layers=state.layers if layers is None else tuple(looks_of(state.looks, layers).items()),
        **{name: _PLAIN[name](wish) for name, wish in plain.items() if wish is not None},
    )


def rebased(said: ViewState, base: ViewState, now: ViewState) -> ViewState:
    """Return `now` with what `said` changes of `base`: two wishes that crossed on their way both come true."""

    def merged(new: tuple[tuple[str, Any], ...], old: Mapping[str, Any], kept: Mapping[str, Any]) -> Any:
        return tuple((dict(kept) | {name: value for name, value in new if old.get(name) != value}).items())

    changed = {
        name: getattr(said, name) for name in ("plane", "window", *_PLAIN) if getattr(said, name) != getattr(base, name)
    }
    return replace(
        now,
        positions=merged(said.positions, dict(base.positions), dict(now.positions)),
        places=merged(said.places, base.axes, now.axes),
        layers=merged(said.layers, base.looks, now.looks),
        **changed,
    )


def state_message(state: ViewState) -> dict[str, Any]:
    """Return the state as the plain dict that travels to the browser; a table travels by its name."""
    window = state.window
    return {
        "plane": state.plane,
        "positions": dict(state.positions),
        "axes": dict(state.places),
        "window": {"table": window.explanation}
        if isinstance(window, VoiTable)
        else {"center": window.center, "width": window.width, "function": window.function},
        "layers": {name: asdict(look) for name, look in state.layers},
        **{name: getattr(state, name) for name in _PLAIN},
        "pan": list(state.pan),
        "point": None if state.point is None else list(state.point),
    }


def state_from(message: Mapping[str, Any], tables: Sequence[Voi] = ()) -> ViewState:
    """Return the state that a dict from the browser describes; the inverse of `state_message`.

    Parameters
    ----------
    message : mapping
    tables : sequence
        Where a table is looked for by its name.
    """
    window = message["window"]
    named = {one.explanation: one for one in tables if isinstance(one, VoiTable)}
    return ViewState(
        str(message["plane"]),
        tuple((str(plane), int(index)) for plane, index in message["positions"].items()),
        named[window["table"]] if "table" in window else Window(**window),
        tuple((str(name), int(place)) for name, place in message.get("axes", {}).items()),
        tuple((str(name), look_of(look, Look())) for name, look in message.get("layers", {}).items()),
        **{name: checked(message[name]) for name, checked in _PLAIN.items() if name in message},
    )


def _place(wish: Any, count: int, what: str, number: str) -> int:
    try:
        if isinstance(wish, bool | np.bool_):
            raise TypeError
        place = operator.index(wish)
    except TypeError:
        raise UnknownChoice(f"{number} is a whole number from 0 to {count - 1}, not {wish!r}") from None
    if not -count <= place < count:
        raise UnknownChoice(f"there is no {what} {place}; they run from 0 to {count - 1}")
    return place % count


def voi_of(scene: Showable, wish: object) -> Voi:
    """Return what is meant by a wish for the window; see `resolve`."""
    if isinstance(wish, str):
        if wish.lower() == "auto":
            return scene.automatic_window()
        named = {one.explanation: one for one in reversed(scene.presets())}
        chosen = named.get(wish) or named.get(f"{wish} (file)")
        return chosen or as_window(wish)
    if isinstance(wish, VoiTable):
        known = [one.explanation for one in scene.presets() if isinstance(one, VoiTable)]
        if wish not in scene.presets():
            raise UnknownChoice(f"that VOI table is none of this file; its tables: {', '.join(known) or 'none'}")
        return wish
    return as_window(wish)
