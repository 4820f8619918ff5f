"""Window centre and width beside the picture: sliders and number fields, linked to the view both ways."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from dicomview.pixels import Window

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["WindowControls"]


class WindowControls(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Sliders and number fields of a window.

    Parameters
    ----------
    window : Window
        The window to begin with.
    unit : str
        Unit of the values, shown beside the names.
    on_change : callable
        Given the new `Window` when the user has moved a control.
    """

    def __init__(self, window: Window, unit: str, on_change: Callable[[Window], None]) -> None:
        self._window, self._on_change = window, on_change
        self._showing = False
        suffix = f" ({unit})" if unit else ""
        reach = max(2 * window.width, abs(window.center), 1.0)
        step = 10.0 ** math.floor(math.log10(window.width / 100))
        shape = {"continuous_update": True, "readout": False, "step": step, "layout": widgets.Layout(width="150px")}
        self.center_slider = widgets.FloatSlider(
            min=window.center - reach, max=window.center + reach, value=window.center, **shape
        )
        self.width_slider = widgets.FloatSlider(min=step, max=4 * window.width + step, value=window.width, **shape)
        field = {"layout": widgets.Layout(width="100px"), "step": step}
        self.center_field = widgets.FloatText(value=window.center, **field)
        self.width_field = widgets.FloatText(value=window.width, **field)
        for control in (self.center_slider, self.center_field):
            control.observe(lambda change: self._moved(center=change.new), "value")
        for control in (self.width_slider, self.width_field):
            control.observe(lambda change: self._moved(width=change.new), "value")
        rows = [
            widgets.Label(f"Window center{suffix}"),
            widgets.HBox([self.center_slider, self.center_field]),
            widgets.Label(f"Window width{suffix}"),
            widgets.HBox([self.width_slider, self.width_field]),
        ]
        super().__init__(rows, layout=widgets.Layout(width="270px", flex="0 0 auto"))

    def show(self, window: Window) -> None:
        """Move the controls to a window that came from elsewhere; tells nobody."""
        self._window, self._showing = window, True
        try:
            for slider, value in ((self.center_slider, window.center), (self.width_slider, window.width)):
                # A slider silently cuts what lies outside its range, so the range grows first.
                slider.min, slider.max = min(slider.min, value), max(slider.max, value)
                slider.value = value
            self.center_field.value, self.width_field.value = window.center, window.width
        finally:
            self._showing = False

    def _moved(self, **part: Any) -> None:
        if self._showing:
            return
        wish = {"center": self._window.center, "width": self._window.width} | part
        if wish["width"] <= 0:
            # A number half typed; the field goes back to what holds.
            self.show(self._window)
            return
        window = Window(wish["center"], wish["width"], self._window.function)
        if window != self._window:
            self.show(window)
            self._on_change(window)
