"""`dicomview.report`: a set of files on one page."""

from __future__ import annotations

import sys
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom

from dicomview.elements import hides
from dicomview.errors import writing
from dicomview.files import new_file
from dicomview.quiet import quiet
from dicomview.rules import audit
from dicomview.rules.material import prepared
from dicomview.summary.facts import lines_of, spreads_of, totals_of
from dicomview.summary.page import page_of

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from dicomview.elements import Identity
    from dicomview.rules import Findings
    from dicomview.rules.material import Auditable

__all__ = ["findings_on_page", "report"]


def report(
    source: Auditable,
    path: str | os.PathLike[str],
    *,
    checks: str | Iterable[str] | None = None,
    sharing: bool = True,
    pixels: bool = False,
    dicom3tools: bool = False,
    identity: Identity = "hide",
    overwrite: bool = False,
    progress: bool = True,
) -> Path:
    """Write one HTML page about a set of files: totals, series with pictures, findings, distributions, privacy.

    The page is one file. It loads nothing, can be filtered, printed and read on a phone.

    Parameters
    ----------
    source : path, pydicom.Dataset, Catalog, Series, Stack, Slice, or a list of these
    path : path
        Of the page.
    checks, sharing, pixels, dicom3tools
        As in `audit`; whether the files are safe to give away is asked here unless told otherwise.
    identity : "hide" or "show"
        "hide" leaves away names of files, descriptions, and pictures into which text may be written; dates are years.
        The environment variable ``DICOMVIEW_IDENTITY=hide`` cannot be undone, nor can that of a catalogue.
    overwrite : bool
        Replace a file that is there.
    progress : bool
        Show a bar when it takes more than a second.

    Returns
    -------
    Path
        Of the page.

    Raises
    ------
    AlreadyThere
        There is such a file; nothing was written.
    DicomviewError
        The page cannot be written: not permitted, no space.
    NothingFound
        There is no folder to write into; else as `audit`, like UnsafeArchive, NotASource, UnknownChoice, MissingExtra.

    Examples
    --------
    >>> report("sample_data", "report.html")  # doctest: +SKIP
    PosixPath('report.html')
    """
    findings_on_page(
        source,
        path,
        checks=checks,
        sharing=sharing,
        pixels=pixels,
        dicom3tools=dicom3tools,
        identity=identity,
        overwrite=overwrite,
        progress=progress,
    )
    return Path(path)


def findings_on_page(
    source: Auditable,
    path: str | os.PathLike[str],
    *,
    identity: Identity,
    overwrite: bool,
    progress: bool,
    **asked: Any,
) -> Findings:
    """Write the page as `report` does, and return the findings that are on it; `asked` goes to `audit`."""
    hide = hides(identity, source)
    with writing(Path(path).name), new_file(path, overwrite=overwrite) as target:
        target.touch()  # asked first: an audit takes its time
        material = prepared(source, progress=progress)
        findings = audit(material, identity="hide" if hide else "show", progress=progress, **asked)
        with quiet():
            text = page_of(
                f"Audit of {len(material.headers):,} file{'s' * (len(material.headers) != 1)}",
                made=_made(),
                totals=totals_of(material, findings),
                lines=lines_of(material, findings, hide=hide, progress=progress),
                findings=findings,
                spreads=spreads_of(material, hide=hide),
                hide=hide,
            )
        target.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    return findings


def _made() -> str:
    now = datetime.now().astimezone().isoformat(" ", "minutes")
    try:
        own = version("dicomview")
    except PackageNotFoundError:  # run from a folder that was never installed
        own = "of an unknown version"
    python = ".".join(map(str, sys.version_info[:3]))
    return f"{now} · dicomview {own} · pydicom {pydicom.__version__} · Python {python}"
