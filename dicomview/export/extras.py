"""Optional packages that write formats; a missing one says which pip line brings it."""

from __future__ import annotations

import importlib
from typing import Any

from dicomview.errors import MissingExtra

__all__ = ["needed"]


def needed(module: str, what: str, extra: str) -> Any:
    """Return an optional module.

    Parameters
    ----------
    module : str
        "nibabel", "imageio.v3" …
    what : str
        What it is needed for: "NIfTI".
    extra : str
        The extra of dicomview that has it.

    Raises
    ------
    MissingExtra
        It is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise MissingExtra(
            f'{what} needs {package}, which is not installed: python -m pip install "dicomview[{extra}]"'
        ) from error
