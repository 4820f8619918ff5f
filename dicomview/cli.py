"""The command ``dicomview``: ``dicomview lab`` opens JupyterLab on the first notebook.

Nothing of the viewer is imported here, so the command answers at once and also where a decoder or a widget is broken.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from dicomview import __version__
from dicomview.errors import DicomviewError, MissingExtra
from dicomview.lab.folder import NEW_FOLDER, choose_folder
from dicomview.lab.server import FIRST_PORT, Server, checked_port, first_free_port, interrupts

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``dicomview``; those of the process when left out.

    Returns
    -------
    int
        The exit code: 0, or 1 after one sentence on the error stream.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 0
    try:
        return _lab(options.folder, options.port, browser=not options.no_browser)
    except DicomviewError as refusal:
        print(f"dicomview: {refusal}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dicomview", description="The correct DICOM picture in a notebook.")
    parser.add_argument("--version", action="version", version=f"dicomview {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command")
    lab = commands.add_parser(
        "lab",
        help="open JupyterLab on the first notebook",
        description="Open JupyterLab on the first notebook. Inside a clone the clone itself is opened; elsewhere the "
        f"notebooks and the sample data are first copied into a new folder, {NEW_FOLDER}.",
    )
    lab.add_argument("--no-browser", action="store_true", help="print the address and open no web browser")
    lab.add_argument("--port", type=_port_number, metavar="N", help=f"default: the first free one from {FIRST_PORT}")
    lab.add_argument("--folder", type=Path, metavar="DIR", help=f"the folder to make and open, default: {NEW_FOLDER}")
    return parser


def _port_number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {text!r}")
    return int(text)


def _lab(wanted: Path | None, port: int | None, *, browser: bool) -> int:
    if importlib.util.find_spec("jupyterlab") is None:
        raise MissingExtra('JupyterLab is not installed; install it with: python -m pip install "dicomview[lab]"')
    port = checked_port(port) if port else first_free_port()
    try:
        folder = choose_folder(Path.cwd(), wanted, Path(__file__).parent)
    except OSError as error:
        raise DicomviewError(
            f"the notebooks could not be copied ({error.strerror}: {error.filename}); start dicomview lab in a folder "
            "you may write to, or name one with --folder."
        ) from error
    with (
        tempfile.TemporaryDirectory(prefix="dicomview-", ignore_cleanup_errors=True) as private,
        interrupts() as asked,
    ):
        return Server(folder, port, Path(private)).run(asked, browser=browser)


if __name__ == "__main__":
    sys.exit(main())
