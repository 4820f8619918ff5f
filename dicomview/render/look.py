"""A layer over the pictures, and how it is drawn."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from dicomview.errors import UnknownChoice

__all__ = ["Layer", "Look", "as_color", "look_of", "looks_of"]


@dataclass(frozen=True, slots=True)
class Look:
    """How a layer is drawn over the picture.

    Parameters
    ----------
    shown : bool
    color : str
        "#rrggbb".
    opacity : float
        From 0, nothing is seen of the layer, to 1, nothing is seen of the picture under it.
    """

    shown: bool = True
    color: str = "#ffd54f"
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Layer:
    """What can be drawn over the pictures of a scene, and be switched off.

    Parameters
    ----------
    name : str
        The only one of this name in its scene; text of a file, to be escaped where it is shown.
    look : Look
        How it is drawn at first.
    coloured : bool
        False for what has colours of its own.
    """

    name: str
    look: Look = Look()
    coloured: bool = True


def looks_of(looks: dict[str, Look], wishes: Any) -> dict[str, Look]:
    """Return the looks of all layers, those changed that are wished otherwise."""
    known = f"the layers here: {', '.join(looks) or 'none'}"
    try:
        named = dict(wishes)
    except (TypeError, ValueError):
        raise UnknownChoice(f"layers are a dict of names and wishes, not {wishes!r}; {known}") from None
    for name in named:
        if name not in looks:
            raise UnknownChoice(f"there is no layer {name!r} to draw; {known}")
    try:
        return looks | {name: look_of(wish, looks[name]) for name, wish in named.items()}
    except UnknownChoice as error:
        raise UnknownChoice(f"{error}; {known}") from None


def look_of(wish: object, now: Look) -> Look:
    """Return what becomes of a look by a wish: True or False, a colour, an opacity, a dict of them, or a `Look`."""
    if isinstance(wish, Look):
        wish = asdict(wish)
    elif isinstance(wish, bool | np.bool_):  # before the numbers: True is none of them here
        wish = {"shown": wish}
    elif isinstance(wish, str):
        wish = {"color": wish}
    elif isinstance(wish, int | float | np.number):
        wish = {"opacity": wish}
    if not isinstance(wish, Mapping) or set(wish) - {one.name for one in fields(Look)}:
        raise UnknownChoice(
            "a layer is drawn as True or False, a colour, an opacity from 0 to 1, or a dict of shown, color and "
            f"opacity, not {wish!r}"
        )
    shown, color, opacity = (wish.get(one.name, getattr(now, one.name)) for one in fields(Look))
    if not isinstance(shown, bool | np.bool_):
        raise UnknownChoice(f"shown is True or False, not {shown!r}")
    number = isinstance(opacity, int | float | np.number) and not isinstance(opacity, bool)
    if not number or not 0 <= opacity <= 1:
        raise UnknownChoice(f"an opacity is a number from 0 to 1, not {opacity!r}")
    return Look(bool(shown), as_color(color), float(opacity))


def as_color(wish: object) -> str:
    """Return a wish for a colour, "#rrggbb" or a name that matplotlib knows, as "#rrggbb"; or raise UnknownChoice."""
    if isinstance(wish, str) and re.fullmatch("#[0-9a-fA-F]{6}", wish):
        return wish.lower()
    found = _named(wish) if isinstance(wish, str) else None
    if found is None:
        raise UnknownChoice(
            f'a colour is written "#rrggbb", for example "{Look().color}", or has a name that matplotlib knows, as '
            f'"tab:red"; not {wish!r}'
        )
    return found


@functools.cache
def _named(wish: str) -> str | None:
    from matplotlib.colors import is_color_like, to_hex, to_rgba  # here alone, as in `colormap`

    # How much is seen through is the opacity, which is wished for by itself.
    return str(to_hex(wish)) if is_color_like(wish) and to_rgba(wish)[3] == 1 else None
