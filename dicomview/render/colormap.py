"""Colour maps: a colour for each of the 256 levels of grey."""

from __future__ import annotations

import difflib
import functools
from typing import TYPE_CHECKING

import numpy as np

from dicomview.errors import UnknownChoice

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["GRAY", "OFFERED", "as_colormap", "colours_of"]

GRAY = "gray"
OFFERED = (GRAY, "bone", "hot", "inferno", "viridis", "cividis", "turbo", "coolwarm")  # in the menu of a view


@functools.cache
def colours_of(name: str) -> NDArray[np.uint8]:
    """Return the colours of a colour map of matplotlib.

    Parameters
    ----------
    name : str
        As matplotlib calls it, for example "inferno" or "gray_r".

    Returns
    -------
    (256, 3) uint8 array
        RGB by grey level; not to be written to.

    Raises
    ------
    UnknownChoice
        There is no such map; the message names similar ones.
    """
    from matplotlib import colormaps  # here alone, since loading it takes longer than a grey picture does

    if name not in colormaps:
        close = difflib.get_close_matches(name, list(colormaps), n=3) or OFFERED
        raise UnknownChoice(
            f"there is no colour map {name!r}; choose one of matplotlib's names, such as {', '.join(close)}"
        )
    colours = np.asarray(colormaps[name](np.linspace(0, 1, 256), bytes=True)[:, :3], np.uint8)
    colours.setflags(write=False)
    return colours


def as_colormap(wish: object) -> str:
    """Return a wish for a colour map, its name; or raise UnknownChoice."""
    if not isinstance(wish, str):
        raise UnknownChoice(f"a colour map is a name, one of {', '.join(OFFERED)} or any other of matplotlib")
    if wish != GRAY:
        colours_of(wish)
    return wish
