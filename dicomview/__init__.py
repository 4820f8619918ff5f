"""dicomview: the correct DICOM picture in a notebook, and everything you see available as Python.

>>> import dicomview as dv
>>> chest = dv.read_series("sample_data/ct_chest")  # doctest: +SKIP
>>> dv.view(chest)                                  # doctest: +SKIP

Names load on first use, so that reading files does not wait for widgets.
"""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dicomview import demo, errors, export, privacy
    from dicomview.catalog import Catalog, read_tags, scan, tags
    from dicomview.errors import DicomviewError
    from dicomview.export.edits import edited
    from dicomview.export.sampling import samples
    from dicomview.export.saving import save
    from dicomview.masks import Regions, dice, regions
    from dicomview.pixels import Window, presets
    from dicomview.render import Picture, picture
    from dicomview.render.curve import curve
    from dicomview.rules import audit, checks, explain
    from dicomview.space import Series, Slice, Stack, Verdict, Volume, read_series
    from dicomview.summary import report
    from dicomview.views import figure, view
    from dicomview.views.browser import browse
    from dicomview.views.compare import compare
    from dicomview.views.histogram import histogram
    from dicomview.views.plot import plot

try:
    __version__ = version("dicomview")
except PackageNotFoundError:  # run from a folder that was never installed
    __version__ = "0+unknown"

_ROOMS = {
    "Catalog": "catalog",
    "DicomviewError": "errors",
    "Picture": "render",
    "Regions": "masks",
    "Series": "space",
    "Slice": "space",
    "Stack": "space",
    "Verdict": "space",
    "Volume": "space",
    "Window": "pixels",
    "audit": "rules",
    "browse": "views.browser",
    "curve": "render.curve",
    "checks": "rules",
    "compare": "views.compare",
    "demo": "",
    "dice": "masks",
    "edited": "export.edits",
    "errors": "",
    "explain": "rules",
    "export": "",
    "figure": "views",
    "histogram": "views.histogram",
    "picture": "render",
    "plot": "views.plot",
    "presets": "pixels",
    "privacy": "",
    "read_series": "space",
    "read_tags": "catalog",
    "regions": "masks",
    "report": "summary",
    "samples": "export.sampling",
    "save": "export.saving",
    "scan": "catalog",
    "tags": "catalog",
    "view": "views",
}

__all__ = [
    "Catalog",
    "DicomviewError",
    "Picture",
    "Regions",
    "Series",
    "Slice",
    "Stack",
    "Verdict",
    "Volume",
    "Window",
    "audit",
    "browse",
    "checks",
    "compare",
    "curve",
    "demo",
    "dice",
    "edited",
    "errors",
    "explain",
    "export",
    "figure",
    "histogram",
    "picture",
    "plot",
    "presets",
    "privacy",
    "read_series",
    "read_tags",
    "regions",
    "report",
    "samples",
    "save",
    "scan",
    "tags",
    "view",
]


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name not in _ROOMS:
        raise AttributeError(f"module 'dicomview' has no attribute {name!r}")
    room = importlib.import_module(f"dicomview.{_ROOMS[name] or name}")
    value = getattr(room, name) if _ROOMS[name] else room
    if _ROOMS[name] == "catalog" and "ipykernel" in sys.modules:
        room.Catalog.listing = staticmethod(_listing)
    globals()[name] = value
    return value


def _listing(catalog: Any) -> dict[str, Any]:
    """Return a catalogue as a notebook shows it: here alone the rooms of tables and those of widgets meet."""
    shown: dict[str, Any] = importlib.import_module("dicomview.views.catalog_list").listing(catalog)
    return shown


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
