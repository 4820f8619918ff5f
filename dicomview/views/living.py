"""Figures that answer the hand: ipympl's canvas, where the kernel has it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["canvas_of", "is_wished"]


def is_wished() -> bool:
    """Return whether ``%matplotlib widget`` has been said."""
    backend = str(mpl.get_backend(auto_select=False) or "").lower()
    return "ipympl" in backend or backend == "widget"


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
        from ipympl.backend_nbagg import Canvas, FigureManager  # here alone: it takes a second
    except ImportError:
        return None
    finally:
        mpl.use = use
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its toolbar gives traitlets what they do not know
        canvas = Canvas(figure)
        FigureManager(canvas, 0)
    canvas.header_visible = canvas.resizable = False
    for name, value in traits.items():
        setattr(canvas, name, value)
    return canvas
