"""Where something is written: a place that was free, filled whole or not at all.

What is written grows under another name beside its place and takes its name at the end, so that neither an error nor
an interrupt leaves half a file.
"""

from __future__ import annotations

import re
import shutil
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dicomview.errors import AlreadyThere, NothingFound, UnknownChoice

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

__all__ = ["NUMBERED", "ending_of", "new_file", "new_folder"]

NUMBERED = "{:04d}.dcm"  # how instances in a new folder are called
_NUMBERED = re.compile(r"\d{4,}\.dcm")


def ending_of(path: str | os.PathLike[str], known: tuple[str, ...]) -> str:
    """Return which of the `known` endings a path has; UnknownChoice when none."""
    name = Path(path).name.lower()
    for ending in known:
        if name.endswith(ending):
            return ending
    raise UnknownChoice(
        f"the name of the file says its format, and {Path(path).name!r} does not end in {' or '.join(known)}"
    )


@contextmanager
def new_file(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[Path]:
    """Give a path to write to; what is there at the end of the block becomes `path`.

    Parameters
    ----------
    path : path
        Of a file that is not there yet.
    overwrite : bool
        True replaces a file that is there already, when the new one is whole.

    Yields
    ------
    Path
        In the folder of `path`, with the same ending; it is not there yet.

    Raises
    ------
    AlreadyThere
        There is something at `path`; it is left as it is.
    NothingFound
        There is no such folder.
    """
    target = _checked(path)
    if target.is_dir() or (target.exists() and not overwrite):
        more = "" if target.is_dir() else ", or overwrite=True"
        raise AlreadyThere(f"{target} is there already; nothing was written. Name another file{more}.")
    beside = _beside(target, "".join(target.suffixes[-2:]))
    try:
        yield beside
        if target.exists() and not overwrite:
            raise AlreadyThere(f"{target} has come meanwhile; it was not overwritten. Name another file.")
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def new_folder(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[Path]:
    """Give a folder to fill; at the end of the block it becomes `path`.

    Parameters
    ----------
    path : path
        Of a folder that is not there yet or is empty.
    overwrite : bool
        True replaces a folder with nothing but numbered instances in it (0001.dcm …), when the new one is whole. No
        other folder is ever replaced: it may hold what nobody thought of.

    Yields
    ------
    Path
        Of an empty folder beside `path`.

    Raises
    ------
    AlreadyThere
        There is something at `path`; it is left as it is.
    NothingFound
        There is no folder to make it in.
    """
    target = _checked(path)
    _refuse_taken(target, overwrite)
    beside, old = _beside(target, ""), _beside(target, ".old")
    beside.mkdir()
    try:
        yield beside
        _refuse_taken(target, overwrite)
        if target.exists():
            target.rename(old)
        beside.rename(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        if old.exists() and not target.exists():
            old.rename(target)
        shutil.rmtree(old, ignore_errors=True)


def _checked(path: str | os.PathLike[str]) -> Path:
    target = Path(path)
    if not target.parent.is_dir():
        raise NothingFound(f"there is no folder {str(target.parent)!r} to write into; make it first")
    return target


def _beside(target: Path, ending: str) -> Path:
    return target.with_name(f".dicomview-{uuid.uuid4().hex}{ending}")


def _refuse_taken(target: Path, overwrite: bool) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise AlreadyThere(f"{target} is a file; nothing was written. Name a folder that is not there yet.")
    names = [one.name for one in target.iterdir()]
    ours = all(_NUMBERED.fullmatch(name) for name in names)
    if names and not (overwrite and ours):
        more = ", or overwrite=True" if ours else ": it holds more than numbered instances, and is never replaced"
        raise AlreadyThere(f"{target} holds files already; nothing was written. Name another folder{more}.")
