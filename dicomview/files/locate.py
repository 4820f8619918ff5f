"""What there is to read: every path under a source, each with a name short enough for a table.

Nothing is judged here and nothing is left out: a picture, a text file or a hidden file is a `Location` too, and the
reader of headers says what it is.
"""

from __future__ import annotations

import difflib
import io
import os
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from pydicom.dataset import Dataset

from dicomview.errors import NotASource, NothingFound, UnsafeArchive
from dicomview.files import archive, dicomdir
from dicomview.files.remote import is_url, refused, remote_files

if TYPE_CHECKING:
    from typing import TypeAlias

    from dicomview.files.remote import Remote

__all__ = ["Location", "Source", "locate"]

_new = tuple.__new__  # a Location by this takes half the time, and there are a million
Source: TypeAlias = "str | os.PathLike[str] | Dataset | Iterable[str | os.PathLike[str] | Dataset]"


class Location(NamedTuple):
    """Where one instance is: a file, a member of a zip archive, or a data set in memory.

    Attributes
    ----------
    label : str
        Short name for tables: the path relative to the source given, ``"scan.zip::a/0001"``, or ``"dataset 3"``
        (zero-based place in the list given).
    file : str or None
        The file, or the archive that holds it; None for a data set in memory. It is text, for making a `Path` of each
        of a million names takes longer than reading the files.
    member : str or None
        The name inside the archive.
    dataset : pydicom.Dataset or None
        The data set, when it is in memory already.
    remote : Remote or None
        The file, when it is behind a URL; it has no path then.
    """

    label: str
    file: str | None
    member: str | None = None
    dataset: Dataset | None = None
    remote: Remote | None = None

    @property
    def path(self) -> Path | None:
        """``file`` as a path."""
        return None if self.file is None else Path(self.file)

    def __eq__(self, other: object) -> bool:  # data sets are not compared element by element
        return isinstance(other, Location) and (*self[:3], self.remote) == (*other[:3], other.remote)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self[:3])

    def __repr__(self) -> str:  # without the data set: it says who the patient is
        return f"Location({self.label!r}, {self.file!r}, {self.member!r})"

    def open(self) -> BinaryIO:
        """Open for reading only, seekable; a member of an archive is held in memory.

        Raises
        ------
        OSError
            The file is missing or may not be read.
        UnsafeArchive
            The member is encrypted or damaged.
        """
        if self.remote is not None:
            return self.remote.open()
        if self.file is None:
            raise FileNotFoundError(f"{self.label} is not a file")
        if self.member is not None:
            return io.BytesIO(archive.read_member(Path(self.file), self.member))
        return io.BufferedReader(io.FileIO(self.file))  # `open` would ask the system whether it is a terminal


def locate(source: Source, *, rows: bool = False) -> Iterator[Location]:
    """Return every path under `source`, in an order that is the same on every machine.

    Parameters
    ----------
    source : path, pydicom.Dataset, or a list of either
        A folder (with all folders in it, hidden files included), a file, a zip archive, a DICOMDIR (with the files
        it refers to), a URL that fsspec knows (see `dicomview.files.remote`), data sets in memory. A file met twice is
        given once. Links to folders are followed, never in circles.
    rows : bool
        True gives an archive that is refused, and a path of a list that does not exist, as a place like any other,
        whose header says what it is.

    Raises
    ------
    NothingFound
        A path does not exist, or the list is empty.
    UnsafeArchive
        An archive given by name is encrypted, damaged or a bomb. (One met in a folder is a place like any other.)
    NotASource
        `source` is neither a path nor a data set nor a list of them.
    """
    if isinstance(source, str | os.PathLike) and not is_url(source) and _path(source).is_dir():
        return _folder(os.fspath(_path(source)), None)  # in which nothing is met twice
    return _distinct(
        _one(source, None, rows) if isinstance(source, str | os.PathLike | Dataset) else _many(source, rows)
    )


def _distinct(found: Iterator[Location]) -> Iterator[Location]:
    seen: set[tuple[str, str | None]] = set()
    for one in found:
        if one.file is not None:
            key = (os.path.abspath(one.file), one.member)  # noqa: PTH100 (does not touch the disk)
            if key in seen:
                continue
            seen.add(key)
        yield one


def _many(sources: Iterable[str | os.PathLike[str] | Dataset], rows: bool) -> Iterator[Location]:
    if not isinstance(sources, Iterable) or isinstance(sources, bytes | bytearray | Mapping | Location):
        raise NotASource(_not_a_source(sources))
    items = list(sources)
    if not items:
        raise NothingFound("the list of files is empty; give a folder, a file, or a list with at least one of them")
    for item in items:
        if not isinstance(item, str | os.PathLike | Dataset):
            raise NotASource(_not_a_source(item))
    base = _common_folder([_path(item) for item in items if not isinstance(item, Dataset) and not is_url(item)])
    for place, item in enumerate(items):
        if isinstance(item, Dataset):
            yield Location(f"dataset {place}", None, dataset=item)
        elif rows and not is_url(item) and not os.path.lexists(path := _path(item)):
            yield Location(_label(path, base or path.parent), os.fspath(path))
        elif rows and is_url(item):
            try:
                yield from _one(item, base, rows)
            except NothingFound as error:
                yield _refused(os.fspath(item), error)
        else:
            yield from _one(item, base, rows)


def _refused(url: str, error: Exception) -> Location:
    remote = refused(url, error)
    return Location(_printable(remote.url), None, remote=remote)


def _one(source: str | os.PathLike[str] | Dataset, base: Path | None, rows: bool) -> Iterator[Location]:
    """Give what is under one source; labels are relative to `base`, or to the source itself without one."""
    if isinstance(source, Dataset):
        yield Location("dataset 0", None, dataset=source)
        return
    if is_url(source):
        url = os.fspath(source)
        try:
            yield from (Location(_printable(label), None, remote=remote) for label, remote in remote_files(url))
        except UnsafeArchive as error:
            if not rows:
                raise
            yield _refused(url, error)
        return
    path = _path(source)
    if not os.path.lexists(path):
        raise NothingFound(_no_such_path(path))
    if path.is_dir():
        yield from _folder(os.fspath(path), base)
        return
    label = _label(path, base or path.parent)
    head = _head(path)
    if archive.is_zip(head):
        if rows:
            yield from _zip(label, os.fspath(path))
            return
        for member in archive.members(path):
            yield Location(f"{label}::{member}", os.fspath(path), member)
        return
    yield Location(label, os.fspath(path))
    if dicomdir.is_dicomdir(head):
        for reference in dicomdir.references(path):
            named = None if reference.path is None else os.fspath(reference.path)
            yield Location(_label(path.parent, base or path.parent, reference.name), named)


def _folder(folder: str, base: Path | None) -> Iterator[Location]:
    root = os.path.realpath(folder)
    seen, waiting = set[str](), [(folder, frozenset[str]())]
    while waiting:
        here, above = waiting.pop()
        real = os.path.realpath(here)
        if real in seen:
            continue
        seen.add(real)
        above |= {real}
        label = _label(Path(here), base or Path(folder))
        label = "" if label == "." else f"{label}/"
        try:
            with os.scandir(here) as found:
                entries = sorted(found, key=attrgetter("name"))
        except OSError:
            yield Location(label or "./", here)  # may not be listed: its row says so
            continue
        folders = []
        for entry in entries:
            name = entry.name
            if entry.is_file(follow_symlinks=False) or not _is_folder(entry):
                name = label + (name if name.isascii() else _printable(name))
                if name[-4:].lower() == ".zip":
                    yield from _zip(name, entry.path)
                else:
                    yield _new(Location, (name, entry.path, None, None, None))
            elif not entry.is_symlink():
                folders.append((entry.path, above))
            elif (target := os.path.realpath(entry.path)) in above:
                yield Location(label + _printable(name), entry.path)  # a circle: its row says so
            elif not Path(target).is_relative_to(root):  # what lies inside the source is met under its own name
                folders.append((entry.path, above))
        waiting.extend(reversed(folders))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a circle of links
        return False


def _zip(label: str, name: str) -> Iterator[Location]:
    """Give the members of an archive; the file itself when it is none, or refused."""
    path = Path(name)
    try:
        inside = archive.members(path) if path.is_file() and archive.is_zip(_head(path)) else ()
    except (UnsafeArchive, OSError):
        inside = ()
    for member in inside:
        yield Location(f"{label}::{member}", name, member)
    if not inside:
        yield Location(label, name)


def _head(path: Path) -> bytes:
    """Return the first bytes of a regular file; nothing when it cannot be read, which its header will say."""
    try:
        if not path.is_file():  # opening a pipe would wait for ever
            return b""
        with path.open("rb") as stream:
            return stream.read(1024)
    except OSError:
        return b""


def _path(source: str | os.PathLike[str]) -> Path:
    return Path(source).expanduser()


def _label(path: Path, base: Path, *more: str) -> str:
    try:
        relative = path.relative_to(base)
    except ValueError:
        relative = path
    return _printable(relative.joinpath(*more).as_posix())


def _printable(name: str) -> str:
    """Return a name that is no text on this system (bytes of another encoding) as one that can be printed."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _common_folder(paths: list[Path]) -> Path | None:
    """Return the deepest folder that is or holds all paths, as they spell it; None when there is none."""
    try:
        return Path(os.path.commonpath([path if path.is_dir() else path.parent for path in paths])) if paths else None
    except ValueError:
        return None


def _no_such_path(path: Path) -> str:
    text = f"there is no file or folder {str(path)!r}; check the spelling"
    parent = path.parent
    if not parent.is_dir():
        return f"{text} (there is no folder {str(parent)!r} either; the working folder is {str(Path.cwd())!r})"
    try:
        close = difflib.get_close_matches(path.name, sorted(entry.name for entry in parent.iterdir()), n=3)
    except OSError:
        close = []
    if close:
        return f"{text}. Did you mean {' or '.join(repr(str(parent / name)) for name in close)}?"
    return f"{text} (the working folder is {str(Path.cwd())!r})"


def _not_a_source(thing: object) -> str:
    return f"cannot read from what is of type {type(thing).__name__}; give a path, a pydicom Dataset, or a list of them"
