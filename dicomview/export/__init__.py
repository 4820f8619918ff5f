"""What goes out: every format a user analyses in, each into a new path, whole or not at all.

``dv.export.nifti(source, path)`` and its neighbours take what `dicomview.view` takes. They refuse a path that is taken
unless ``overwrite=True``, write beside it and rename at the end, and return the path. Names load on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dicomview.export.arrays import simpleitk, xarray
    from dicomview.export.derived import dicom
    from dicomview.export.movies import movie
    from dicomview.export.pages import page
    from dicomview.export.pictures import png, sheet
    from dicomview.export.tables import json, table
    from dicomview.export.volumes import nifti, nrrd

_ROOMS = {
    "dicom": "derived",
    "json": "tables",
    "movie": "movies",
    "nifti": "volumes",
    "nrrd": "volumes",
    "page": "pages",
    "png": "pictures",
    "sheet": "pictures",
    "simpleitk": "arrays",
    "table": "tables",
    "xarray": "arrays",
}

__all__ = ["dicom", "json", "movie", "nifti", "nrrd", "page", "png", "sheet", "simpleitk", "table", "xarray"]


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    if name not in _ROOMS:
        raise AttributeError(f"module 'dicomview.export' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"dicomview.export.{_ROOMS[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
