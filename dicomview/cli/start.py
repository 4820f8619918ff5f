"""``dicomview lab``: JupyterLab on the first notebook."""

from __future__ import annotations

import importlib.util
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from dicomview.errors import DicomviewError, MissingExtra
from dicomview.lab.folder import choose_folder
from dicomview.lab.server import Server, checked_port, first_free_port, interrupts

if TYPE_CHECKING:
    import argparse

__all__ = ["lab"]


def lab(options: argparse.Namespace) -> int:
    """Start JupyterLab, and return its exit code when it has ended."""
    if importlib.util.find_spec("jupyterlab") is None:
        raise MissingExtra('JupyterLab is not installed; install it with: python -m pip install "dicomview[lab]"')
    port = checked_port(options.port) if options.port else first_free_port()
    try:
        folder = choose_folder(Path.cwd(), options.folder, Path(__file__).parent.parent)
    except OSError as error:
        raise DicomviewError(
            f"the notebooks could not be copied ({error.strerror}: {error.filename}); start dicomview lab in a folder "
            "you may write to, or name one with --folder."
        ) from error
    with (
        tempfile.TemporaryDirectory(prefix="dicomview-", ignore_cleanup_errors=True) as private,
        interrupts() as asked,
    ):
        return Server(folder, port, Path(private)).run(asked, browser=not options.no_browser)
