"""The ways to look at a volume in a notebook that are measured: what a user would write, and the user's hand on it."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, replace

from benchmarks.phantom import WINDOW

__all__ = ["CONTENDERS", "Contender", "Hand"]

Hand = tuple[str, str] | tuple[str, str, int]
"""A hand of ``probe.js``, what it takes hold of (a CSS selector in the output), and which of several."""

_CENTER, _WIDTH = WINDOW
_HANDLE = ".noUi-handle"  # of a slider of ipywidgets


@dataclass(frozen=True)
class Contender:
    """One way.

    Parameters
    ----------
    name : str
    packages : tuple of str
        Modules it needs.
    prepare : str
        Source of a cell that runs before the clock. ``array`` is there.
    cell : str
        Source of the cell that shows the first slice of ``array`` (or of the folder ``series``) in WINDOW, as many
        pixels as it has.
    surface : str
        CSS selector of the canvas or image in the output.
    scroll : Hand
    drag : Hand, optional
        Raises the window's center; None where there is no such control.
    margin : int
        Pixels of the surface around the picture.
    series : bool
        Whether it needs the DICOM series.
    """

    name: str
    packages: tuple[str, ...]
    prepare: str
    cell: str
    surface: str
    scroll: Hand
    drag: Hand | None = None
    margin: int = 0
    series: bool = False

    @property
    def lacks(self) -> str:
        """Say what is not installed, or nothing."""
        missing = [name for name in self.packages if importlib.util.find_spec(name) is None]
        return f"{', '.join(missing)} is not installed" if missing else ""


_FIGURE = """
figure = plt.figure(figsize=(side, side))
axes = figure.add_axes((0, 0, 1, 1))
axes.axis("off")
"""  # all pixels of a slice and nothing else: quicker than the default figure with its ticks

_INTERACT = f"""
def show(index, center):
    {_FIGURE.strip().replace(chr(10), chr(10) + "    ")}
    axes.imshow(array[index], cmap="gray", vmin=center - {_WIDTH / 2}, vmax=center + {_WIDTH / 2})
    plt.show()

widgets.interact(
    show,
    index=widgets.IntSlider(0, 0, len(array) - 1),
    center=widgets.IntSlider({_CENTER:.0f}, -1000, 1000, step=5),
);
"""

_IPYMPL = f"""
plt.close("all")
with plt.ioff():
    {_FIGURE.strip().replace(chr(10), chr(10) + "    ")}
image = axes.imshow(array[0], cmap="gray", vmin={_CENTER - _WIDTH / 2}, vmax={_CENTER + _WIDTH / 2})
index = widgets.IntSlider(0, 0, len(array) - 1)
center = widgets.IntSlider({_CENTER:.0f}, -1000, 1000, step=5)

def scrolled(change):
    image.set_data(array[change.new])
    figure.canvas.draw_idle()

def dragged(change):
    image.set_clim(change.new - {_WIDTH / 2}, change.new + {_WIDTH / 2})
    figure.canvas.draw_idle()

index.observe(scrolled, "value")
center.observe(dragged, "value")
display(widgets.VBox([index, center, figure.canvas]))
"""

_HYPERSLICER = f"""
plt.close("all")
with plt.ioff():
    {_FIGURE.strip().replace(chr(10), chr(10) + "    ")}
hyperslicer(array, ax=axes, cmap="gray", vmin={_CENTER - _WIDTH / 2}, vmax={_CENTER + _WIDTH / 2})
display(figure.canvas)
"""

_STACKVIEW = f"""
stackview.slice(array, slice_number=0, display_min={_CENTER - _WIDTH / 2}, display_max={_CENTER + _WIDTH / 2})
"""

_MATPLOTLIB = """
import ipywidgets as widgets
import matplotlib.pyplot as plt
side = array.shape[1] / plt.rcParams["figure.dpi"]
"""


_LAYERS = """
import dicomview as dv
import numpy as np
from benchmarks.layers import labels_of, outlines_of
dv.view
affine = np.array([[0, 0, 1, 0], [0, 1, 0, 0], [-1, 0, 0, 0], [0, 0, 0, 1]], float)
volume, labels, outlines = dv.Volume(array, affine), labels_of(array.shape), outlines_of(array.shape, affine)
"""


def _dicomview(name: str, source: str) -> Contender:
    return Contender(
        name=name,
        packages=("dicomview",),
        prepare="import dicomview as dv\ndv.view",  # it loads on first use; the others have been imported, too
        cell=f"dv.view({source}, index=0, window={WINDOW})",
        surface=".dicomview-picture",
        scroll=("wheel", ".dicomview-stage"),
        drag=("pointer", ".dicomview-stage"),
        series=source == "series",
    )


CONTENDERS = {
    one.name: one
    for one in (
        _dicomview("dicomview", "array"),
        _dicomview("dicomview-series", "series"),
        replace(
            _dicomview("dicomview-layers", "volume"),
            prepare=_LAYERS,
            cell=f"view = dv.view(volume, index=0, window={WINDOW}, masks={{'label': labels}})\n"
            "view.add_contours(outlines)\nview",
        ),
        Contender(
            name="dicomview-plot",
            packages=("dicomview", "ipympl"),
            prepare=f"import dicomview as dv\ndv.plot\n%matplotlib widget{_MATPLOTLIB}",
            cell=f"shown = dv.plot(array, index=0, window={WINDOW})\nshown.ax.set_position((0, 0, 1, 1))\n"
            "shown.figure.set_size_inches(side, side)\nshown",
            surface="canvas",
            scroll=("slider", _HANDLE),
        ),
        Contender(
            name="interact",
            packages=("ipywidgets", "matplotlib"),
            prepare="%matplotlib inline\n" + _MATPLOTLIB,
            cell=_INTERACT,
            surface=".jp-OutputArea-output img",
            scroll=("slider", _HANDLE),
            drag=("slider", _HANDLE, 1),
            margin=10,  # inline figures are cut to what is drawn, plus a tenth of an inch
        ),
        Contender(
            name="ipympl",
            packages=("ipympl",),
            prepare="%matplotlib widget\n" + _MATPLOTLIB,
            cell=_IPYMPL,
            surface="canvas",
            scroll=("slider", _HANDLE),
            drag=("slider", _HANDLE, 1),
        ),
        Contender(
            name="stackview",
            packages=("stackview",),
            prepare="import stackview",
            cell=_STACKVIEW,
            surface="canvas",
            scroll=("slider", _HANDLE),
        ),
        Contender(
            name="hyperslicer",
            packages=("mpl_interactions", "ipympl"),
            # It knows the backend by its long name only, and gives a slider drawn by matplotlib otherwise.
            prepare="from mpl_interactions import hyperslicer\n"
            + f"{_MATPLOTLIB}plt.switch_backend('module://ipympl.backend_nbagg')\n",
            cell=_HYPERSLICER,
            surface="canvas",
            scroll=("slider", _HANDLE),
        ),
    )
}
