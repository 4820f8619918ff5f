"""Figures that answer the hand: ipympl's canvas, where the kernel has it."""

from __future__ import annotations

import threading
import warnings
from contextlib import nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from matplotlib.figure import Figure

__all__ = ["canvas_of", "is_wished", "still"]


def is_wished() -> bool:
    """Return whether ``%matplotlib widget`` has been said."""
    backend = str(mpl.get_backend(auto_select=False) or "").lower()
    return "ipympl" in backend or backend == "widget"


def still(canvas: Any) -> AbstractContextManager[Any]:
    """Return a block in which no other thread draws a canvas of `canvas_of`, so that its artists may change."""
    return nullcontext() if canvas is None else canvas.turn


def canvas_of(figure: Figure, **traits: Any) -> Any:
    """Return a widget that shows a figure and lets one drag in it; None where ipympl is not installed.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        pyplot does not hear of it, so it neither shows nor closes it.
    **traits
        Of `ipympl.backend_nbagg.Canvas`.
    """
    use = mpl.use
    mpl.use = lambda *_, **__: None  # whoever imports ipympl makes it the backend of everybody's pyplot
    try:
        from ipympl.backend_nbagg import FigureManager  # here alone: it takes a second
    except ImportError:
        return None
    finally:
        mpl.use = use
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its toolbar gives traitlets what they do not know
        canvas = _kind()(figure)
        FigureManager(canvas, 0)
    canvas.header_visible = canvas.resizable = False
    for name, value in traits.items():
        setattr(canvas, name, value)
    return canvas


@cache
def _kind() -> Any:
    """Return ipympl's canvas, made so that what a page shows in the end is the last drawing."""
    from ipympl.backend_nbagg import Canvas

    class Living(Canvas):  # type: ignore[misc]
        """A canvas that several threads change and draw: a follower, a cell, and whoever hears the page."""

        def __init__(self, figure: Figure) -> None:
            self.turn = threading.RLock()
            super().__init__(figure)

        def draw(self) -> None:
            with self.turn:
                super().draw()

        def draw_idle(self) -> None:
            # The page leaves out a wish that comes before the drawing it waits for, which may have begun without it.
            with self.turn:
                super().draw_idle()

        def blit(self, bbox: Any = None) -> None:
            with self.turn:
                super().blit(bbox)

        def print_figure(self, *arguments: Any, **options: Any) -> Any:
            with self.turn:
                return super().print_figure(*arguments, **options)

        def get_diff_image(self) -> Any:
            # Whole each time: the page drops a picture that it has not decoded when the next comes, and a difference to
            # what was never shown leaves old lines standing.
            self._force_full = True
            return super().get_diff_image()

    return Living
