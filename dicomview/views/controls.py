"""Window center and width beside the picture: sliders and number fields, linked to the view both ways."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from dicomview.pixels import VoiTable, Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomview.pixels import Voi

__all__ = ["WindowControls"]

_STEPS = 1000


class WindowControls(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Sliders and number fields of a window.

    Parameters
    ----------
    window : Window or VoiTable
        What holds at the beginning. While a table holds, the fields are empty of meaning and keep the last window.
    reach : Window
        The window the ranges of the sliders are made for.
    unit : str
        Unit of the values, shown beside the names.
    on_change : callable
        Given the new `Window` when the user has moved a control.

    Notes
    -----
    A slider in the browser rounds to its steps and reports what it made of a value. So the sliders here run over whole
    steps of their own, which no rounding changes, and only a hand that moves one can change the window.
    """

    def __init__(self, window: Voi, reach: Window, unit: str, on_change: Callable[[Window], None]) -> None:
        self._window = window if isinstance(window, Window) else reach
        self._on_change, self._showing = on_change, False
        wide = max(reach.width, 1e-6)
        self._centers = reach.center - 2.5 * wide, reach.center + 2.5 * wide
        self._widths = wide / 100, 5 * wide
        suffix = f" ({unit})" if unit else ""
        short = widgets.Layout(width="150px")
        bar = {"min": 0, "max": _STEPS, "readout": False, "layout": short}
        self.center_slider = widgets.IntSlider(**bar)
        self.width_slider = widgets.IntSlider(**bar)
        narrow = widgets.Layout(width="100px")
        self.center_field = widgets.FloatText(layout=narrow)
        self.width_field = widgets.FloatText(layout=narrow)
        self.show(window)
        self.center_slider.observe(lambda change: self._slid(center=change.new), "value")
        self.width_slider.observe(lambda change: self._slid(width=change.new), "value")
        self.center_field.observe(lambda change: self._moved(center=change.new), "value")
        self.width_field.observe(lambda change: self._moved(width=change.new), "value")
        rows = [
            widgets.Label(f"Window center{suffix}"),
            widgets.HBox([self.center_slider, self.center_field]),
            widgets.Label(f"Window width{suffix}"),
            widgets.HBox([self.width_slider, self.width_field]),
        ]
        super().__init__(rows, layout=widgets.Layout(width="275px", flex="0 0 auto", margin="0 0 0 8px"))

    def show(self, window: Voi) -> None:
        """Move the controls to a window that came from elsewhere; tells nobody."""
        if isinstance(window, VoiTable):
            return
        self._window, self._showing = window, True
        try:
            self.center_slider.value = _step_of(window.center, self._centers)
            self.width_slider.value = _step_of(window.width, self._widths)
            # Seven digits: what the eye reads, without the noise of binary fractions.
            self.center_field.value = float(f"{window.center:.7g}")
            self.width_field.value = float(f"{window.width:.7g}")
        finally:
            self._showing = False

    def _slid(self, center: int | None = None, width: int | None = None) -> None:
        if center is not None:
            self._moved(center=_value_at(center, self._centers))
        if width is not None:
            self._moved(width=_value_at(width, self._widths))

    def _moved(self, **part: Any) -> None:
        if self._showing:
            return
        wish = {"center": self._window.center, "width": self._window.width} | part
        if not (math.isfinite(wish["center"]) and math.isfinite(wish["width"]) and wish["width"] > 0):
            self.show(self._window)  # a number half typed; the field goes back to what holds
            return
        window = Window(wish["center"], wish["width"], self._window.function)
        if window != self._window:
            self.show(window)
            self._on_change(window)


def _step_of(value: float, ends: tuple[float, float]) -> int:
    part = (value - ends[0]) / (ends[1] - ends[0])
    return round(_STEPS * min(max(part, 0.0), 1.0))


def _value_at(step: int, ends: tuple[float, float]) -> float:
    """Return the value of a slider step, rounded to a digit that the slider can tell apart."""
    apart = (ends[1] - ends[0]) / _STEPS
    digit = 10.0 ** math.floor(math.log10(apart))
    return float(f"{round((ends[0] + step * apart) / digit) * digit:.10g}")
