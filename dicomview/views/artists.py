"""Whatever matplotlib can draw, as a transparent image over a slice."""

from __future__ import annotations

import base64
import io
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from dicomview.errors import UnknownChoice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from dicomview.space.planes import Where

__all__ = ["Drawing", "Sheet"]

_EDGE = 1024  # pixels along the longer side of an image, about two for each of the screen's
_DPI = 144  # so a point of matplotlib's is about a pixel of the screen, where the picture just fits


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """The slice that is drawn on.

    Parameters
    ----------
    plane : str
    index : int
    axes : mapping of str to int
        Zero-based place along each extra axis of the stack.
    size : (rows, columns)
    aspect : float
        Height of a pixel divided by its width.
    where : (origin, row step, column step), LPS mm, optional
        None when the file does not say where the slice lies.
    values : (rows, columns) float64 array
        Modality values, NaN where there are none; RGB of colour, (rows, columns, 3).
    """

    plane: str
    index: int
    axes: Mapping[str, int]
    size: tuple[int, int]
    aspect: float
    where: Where | None
    values: NDArray[np.float64]

    def pixels_of(self, points: Any) -> NDArray[np.float64]:
        """Return column, row and distance in mm from the slice of points in the patient, (n, 3).

        Parameters
        ----------
        points : (n, 3) array
            LPS mm.

        Raises
        ------
        UnknownChoice
            The file does not say where the slice lies.
        """
        if self.where is None:
            raise UnknownChoice("these pictures do not say where in the patient they lie; draw in columns and rows")
        origin, row_step, column_step = self.where
        normal = np.cross(column_step, row_step)
        steps = np.stack([column_step, row_step, normal / np.linalg.norm(normal)], axis=1)
        return np.linalg.solve(steps, (np.asarray(points, np.float64).reshape(-1, 3) - origin).T).T


class Drawing:
    """What draws on slices.

    Parameters
    ----------
    what : callable (ax, sheet: Sheet), matplotlib Artist, or list of artists
        A function draws on the `Axes` it gets, whose data coordinates are columns and rows.
    plane : str, optional
        The only plane that is drawn on.
    index : int, optional
        The only slice of it.

    Raises
    ------
    UnknownChoice
        `what` is neither, or an artist belongs to another figure already.
    """

    def __init__(self, what: Any, *, plane: str | None = None, index: int | None = None) -> None:
        self._plane, self._index, self._lock = plane, index, threading.Lock()
        self._draw: Callable[[Axes, Sheet], object] | None = None
        self._ax: Axes | None = None
        artists = what if isinstance(what, list | tuple) else [what]
        if artists and all(isinstance(one, Artist) for one in artists):
            if any(one.figure is not None for one in artists):
                raise UnknownChoice(
                    "this artist belongs to a figure already, and matplotlib knows no second one; make it anew, as in "
                    "view.draw(Circle((60, 40), 8)), or give a function of (ax, sheet)"
                )
            self._ax = _blank()
            for one in artists:
                self._ax.add_artist(one)
        elif callable(what):
            self._draw = what
        else:
            raise UnknownChoice(
                f"one draws with a function of (ax, sheet) or with artists of matplotlib, not with {what!r}"
            )

    def meets(self, plane: str, index: int) -> bool:
        """Return whether a slice is drawn on."""
        return self._plane in (None, plane) and self._index in (None, index)

    def on(self, sheet: Sheet) -> str:
        """Return the image for a slice as a data URL; empty where nothing is drawn."""
        with self._lock:  # artists have one figure, and whoever draws may keep things between slices
            ax = self._ax or _blank()
            if self._draw is not None:
                self._draw(ax, sheet)
            rgba = _rendered(ax, sheet)
        if not rgba[..., 3].any():
            return ""
        content = io.BytesIO()
        Image.fromarray(rgba).save(content, "PNG", compress_level=1)
        return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode('ascii')}"


def _blank() -> Axes:
    """Return axes that fill a figure through which one sees."""
    figure = Figure(dpi=_DPI, facecolor="none")
    FigureCanvasAgg(figure)
    ax = figure.add_axes((0, 0, 1, 1), facecolor="none")
    ax.set_axis_off()
    ax.set_autoscale_on(False)
    return ax


def _rendered(ax: Axes, sheet: Sheet) -> NDArray[np.uint8]:
    """Return axes as pixels, (rows, columns, 4) uint8, with a slice's columns and rows from edge to edge."""
    rows, columns = sheet.size
    tall = rows * sheet.aspect
    scale = _EDGE / max(columns, tall)
    figure = ax.get_figure(root=True)
    assert isinstance(figure, Figure)
    figure.set_size_inches(max(1, round(columns * scale)) / _DPI, max(1, round(tall * scale)) / _DPI)
    ax.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5), aspect="auto", position=(0, 0, 1, 1))
    canvas: Any = figure.canvas
    canvas.draw()
    return np.array(canvas.buffer_rgba())
