"""The one value that says what a view shows, and the pure function that answers a wish.

The same fields exist in ``views/static/canvas.js``. Nothing here changes in place: a wish and the old state make a
new state, or an error in words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from dicomview.errors import UnknownChoice
from dicomview.pixels import Window, as_window

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Showable", "ViewState", "resolve", "state_from", "state_message"]


class Showable(Protocol):
    """What `resolve` must know of a scene."""

    @property
    def counts(self) -> Mapping[str, int]:
        """How many pictures there are in each plane that can be shown."""

    @property
    def refused(self) -> Mapping[str, str]:
        """Planes that cannot be shown, with the reason."""

    def automatic_window(self) -> Window:
        """Return the window over the bulk of all values."""


@dataclass(frozen=True, slots=True)
class ViewState:
    """All that decides which picture is shown.

    Parameters
    ----------
    plane : str
        "axial", "coronal" or "sagittal"; "acquired" where the file does not say how the picture lies.
    positions : tuple of (plane, index) pairs
        Where each plane stands, so that going back finds the same slice again.
    window : Window
    """

    plane: str
    positions: tuple[tuple[str, int], ...]
    window: Window

    @property
    def index(self) -> int:
        """Zero-based place along the shown plane."""
        return dict(self.positions)[self.plane]


def resolve(
    scene: Showable, state: ViewState, *, plane: str | None = None, index: int | None = None, window: object = None
) -> ViewState:
    """Return the state that answers a wish.

    Parameters
    ----------
    scene : Showable
        What there is to show.
    state : ViewState
        The state before.
    plane, index, window : optional
        What is wished for; the rest stays. A negative index counts from the end; a window is a `Window`, the name of
        a preset, "auto", or (center, width).

    Raises
    ------
    UnknownChoice
        The plane, the index or the window does not exist; the message says what does.
    """
    wanted = state.plane if plane is None else plane
    if not isinstance(wanted, str):
        raise UnknownChoice(f"a plane is a name, one of {', '.join(scene.counts)}, not {type(wanted).__name__}")
    if wanted not in scene.counts:
        why = scene.refused.get(wanted, f"choose one of {', '.join(scene.counts)}")
        raise UnknownChoice(f"there is no plane {wanted!r} to show: {why}")
    positions = dict(state.positions)
    if index is not None:
        count = scene.counts[wanted]
        if isinstance(index, bool) or not hasattr(index, "__index__"):
            raise UnknownChoice(f"an index is a whole number from 0 to {count - 1}, not {index!r}")
        place = index.__index__()
        if not -count <= place < count:
            raise UnknownChoice(f"there is no {wanted} picture {place}; they run from 0 to {count - 1}")
        positions[wanted] = place % count
    if window is None:
        chosen = state.window
    else:
        chosen = scene.automatic_window() if isinstance(window, str) and window.lower() == "auto" else as_window(window)
    return replace(state, plane=wanted, positions=tuple(positions.items()), window=chosen)


def state_message(state: ViewState) -> dict[str, Any]:
    """Return the state as the plain dict that travels to the browser."""
    window = state.window
    return {
        "plane": state.plane,
        "positions": dict(state.positions),
        "window": {"center": window.center, "width": window.width, "function": window.function},
    }


def state_from(message: Mapping[str, Any]) -> ViewState:
    """Return the state that a dict from the browser describes; the inverse of `state_message`."""
    return ViewState(
        str(message["plane"]),
        tuple((str(plane), int(index)) for plane, index in message["positions"].items()),
        Window(**message["window"]),
    )
