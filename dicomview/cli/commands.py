"""What ``dicomview scan``, ``audit``, ``tags`` and ``view`` do: the functions of a notebook, and a table of the answer.

Progress is shown on the error stream, when that is a terminal.
"""

from __future__ import annotations

import re
import signal
import sys
import tempfile
import webbrowser
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dicomview import catalog, rules
from dicomview.cli.output import give, printed
from dicomview.errors import SeveralSeries, UnknownChoice

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from dicomview.errors import DicomviewError

__all__ = ["audit", "scan", "tags", "view"]

_COMMA = re.compile(r",(?![^(]*\))")  # that of (0018,0050) belongs to the word
_WINDOW = re.compile(r"-?\d+(\.\d+)?,\d+(\.\d+)?", re.ASCII)
_OF_ROWS = ["instance", "path", "tag", "vr", "value", "meaning", "problem"]
_SHOWN = ["check", "severity", "message", "path", "value", "n", "files"]


def scan(options: argparse.Namespace) -> int:
    """List what is there."""
    # Ctrl+C reaches the workers of a shell too, where one that waits would end with a traceback.
    deaf: dict[str, Any] = {"initializer": signal.signal, "initargs": (signal.SIGINT, signal.SIG_IGN)}
    workers = nullcontext(None) if options.workers == 1 else ProcessPoolExecutor(options.workers, **deaf)
    with workers as executor:
        found = catalog.scan(
            _source(options), cache=options.cache, executor=executor, identity=options.identity, progress=_progress()
        )
    if options.level is None and options.output is None and options.format is None:
        printed(repr(found))
    else:
        give(getattr(found, options.level or "files"), options)
    if not found.complete:  # in a table nothing says so
        seen, what = len(found.locations), "what was printed" if options.output is None else options.output.name
        raise KeyboardInterrupt(f"{seen:,} path{'s' * (seen != 1)} had been looked at, and {what} has no other")
    return 0


def audit(options: argparse.Namespace) -> int:
    """List what is wrong; 1 when there are errors."""
    with _in_words_of_a_shell(UnknownChoice, ", and dicomview audit --list lists all checks"):
        return _audit(options)


def _audit(options: argparse.Namespace) -> int:
    if options.explain:
        printed(repr(rules.explain(options.explain)))
        return 0
    if options.list:
        listed = rules.checks().reset_index()
        give(listed, options, shown=["check", "severity", "level", "name", "rule"], width=100)
        return 0
    if not options.sources:
        raise UnknownChoice("nothing was named to audit; give a folder, a file, a zip archive, a DICOMDIR or a URL")
    asked: dict[str, Any] = {
        "checks": None if options.checks is None else [word for word in re.split(r"[,\s]+", options.checks) if word],
        "sharing": options.sharing,
        "pixels": options.pixels,
        "dicom3tools": options.dicom3tools,
        "identity": options.identity,
        "progress": _progress(),
    }
    if options.output is not None and options.output.suffix.lower() == ".html":
        from dicomview.summary import findings_on_page

        asked["identity"] = options.identity or "hide"
        findings = findings_on_page(_source(options), options.output, overwrite=options.overwrite, **asked)
    else:
        findings = rules.audit(_source(options), **asked)
        give(findings, options, shown=_SHOWN)
    notes = [_options_in(note) for note in findings.notes() if not note.startswith("dv.")]
    more = ["dicomview audit --explain ID says why a check matters and what to do"] * bool(len(findings))
    print("\n".join([findings.title(), *notes, *more]), file=sys.stderr)
    return int(bool((findings["severity"] >= "error").any()))


def _options_in(note: str) -> str:
    """Return a note that ends with an argument of Python as one that ends with the option of a shell."""
    return re.sub(r'(\w+)="(\w+)"$', r"--\1 \2", re.sub(r"(\w+)=True$", r"--\1", note))


def tags(options: argparse.Namespace) -> int:
    """List the elements of the header."""
    words = None if options.keywords is None else [word.strip() for word in _COMMA.split(options.keywords)]
    if options.find is not None:
        if words is not None:
            raise UnknownChoice("--find looks through the rows of all elements; leave -k away")
        try:  # text that is none would be looked for as it is, and a slip of the keys be taken for "not there"
            re.compile(options.find)
        except re.error as error:
            raise UnknownChoice(
                f"--find {options.find!r} is no regular expression: {error}; a \\ before a sign means the sign"
            ) from None
    table = catalog.tags(_source(options), words, identity=options.identity)
    if options.find is not None:
        table = table.dicom.find(options.find)
    shown = [name for name in _OF_ROWS if name in table]
    give(table, options, shown=None if words is not None else shown)
    return 0


def view(options: argparse.Namespace) -> int:
    """Write a series as a page, and open it."""
    from dicomview.views import view as shown
    from dicomview.views.slice_view import SliceView

    window = options.window
    if window and _WINDOW.fullmatch(window):
        center, width = map(float, window.split(","))
        window = (center, width)
    todo = (
        "\nchoose one with --series UID, of which the beginning is enough; dicomview scan --level series describes them"
    )
    with _in_words_of_a_shell(SeveralSeries, todo):
        scroller = shown(_source(options), uid=options.series, window=window, plane=options.plane)
    if not isinstance(scroller, SliceView):
        raise UnknownChoice("there is no picture in it; dicomview tags lists what is")
    target = options.output or Path(tempfile.mkdtemp(prefix="dicomview-")) / "series.html"
    written = scroller.to_html(target, quality="exact" if options.exact else "reduced", overwrite=options.overwrite)
    printed(str(written))
    if not options.no_browser:
        webbrowser.open(written.resolve().as_uri())
    return 0


@contextmanager
def _in_words_of_a_shell(kind: type[DicomviewError], todo: str) -> Iterator[None]:
    """Let errors that say what to do next in Python say `todo`."""
    try:
        yield
    except kind as error:
        if not error.todo:
            raise
        raise kind(error.found, todo) from error


def _source(options: argparse.Namespace) -> Any:
    return options.sources[0] if len(options.sources) == 1 else options.sources


def _progress() -> bool:
    return sys.stderr.isatty()
