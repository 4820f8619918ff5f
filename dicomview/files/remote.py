"""Files behind a URL, through fsspec: s3://, gs://, https:// … Only the bytes asked for are fetched.

An archive behind a URL is read with "zip://::" in front, "zip://::s3://bucket/scan.zip", one folder or file in it as
"zip://folder::s3://bucket/scan.zip"; a path does as well as a URL. tar:// is the same.
"""

from __future__ import annotations

import contextlib
import re
import tarfile
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast

from dicomview.errors import MissingExtra, NothingFound, UnsafeArchive
from dicomview.files.archive import DAMAGED, NEEDS_PASSWORD, EncryptedMember, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Remote", "is_url", "remote_files"]

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(?:://|::)")  # two letters at least: C:\ is a disk
_KINDS = re.compile(r"([a-z][a-z0-9+.-]+)(?:://|::)", re.IGNORECASE)
# Of kinds that fsspec knows itself; others have a package of their own, whose name fsspec tells.
_PACKAGES = dict.fromkeys(("http", "https"), '"dicomview[remote]"') | {
    "arrow_hdfs": "pyarrow",
    "git": "pygit2",
    "github": "requests",
    "hdfs": "pyarrow",
    "libarchive": "libarchive-c",
    "sftp": "paramiko",
    "smb": "smbprotocol",
    "ssh": "paramiko",
}
_ARCHIVE = re.compile(r"\b(zip|tar)://", re.IGNORECASE)
_ALONE = re.compile(r"(zip|tar)://(?!.*::)", re.IGNORECASE | re.DOTALL)
_CHECK = "check its spelling and your right to read it, and of an archive that its server sends parts of a file"
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified", "created")


class Remote(NamedTuple):
    """One file behind a URL.

    Attributes
    ----------
    filesystem : fsspec.AbstractFileSystem
    path : str
        As the file system has it.
    url : str
        The same for people.
    size : int, bytes
        As listed; -1 when it is not.
    mtime_ns : int
        As listed, ns since 1970; -1 when it is not.
    """

    filesystem: Any
    path: str
    url: str
    size: int
    mtime_ns: int

    def open(self) -> BinaryIO:
        """Open for reading, seekable.

        Raises
        ------
        EncryptedMember
            It is a member of an archive, and needs a password.
        """
        try:
            return cast("BinaryIO", self.filesystem.open(self.path, "rb"))
        except RuntimeError as error:  # zipfile's word for it
            if "password required" in str(error):
                raise EncryptedMember(NEEDS_PASSWORD) from None
            raise

    def read(self, length: int, offset: int) -> bytes:
        """Return `length` bytes from `offset` on, fewer at the end of the file."""
        end = offset + length if self.size < 0 else min(offset + length, self.size)
        return bytes(self.filesystem.cat_file(self.path, start=offset, end=end)) if end > offset else b""


class _Refused(NamedTuple):
    """Stands for the file system of what cannot be listed."""

    error: Exception

    def open(self, *_: object) -> BinaryIO:
        raise self.error


def refused(url: str, error: Exception) -> Remote:
    """Return what stands for a URL at which nothing can be listed: to open it raises the error."""
    return Remote(_Refused(error), "", spoken(url), -1, -1)


def spoken(url: str) -> str:
    """Return a URL without what may be secret in it: name and password, and the query."""
    return re.sub(r"(?<=://)[^/@:]*(:[^/@]*)?@", "", url).partition("?")[0]


def is_url(source: object) -> bool:
    """Return True for text that is a URL, and not a path."""
    return isinstance(source, str) and _URL.match(source) is not None


def remote_files(url: str) -> Iterator[tuple[str, Remote]]:
    """Yield every file under a URL, by name, with its name below the URL.

    Raises
    ------
    MissingExtra
        fsspec, or the package it needs for this kind of URL, is not installed.
    NothingFound
        There is nothing at the URL, it cannot be listed, or nobody knows its kind.
    UnsafeArchive
        It is an archive that is encrypted, damaged or a bomb.
    """
    try:
        import fsspec
    except ImportError as error:
        raise MissingExtra('URLs need fsspec: python -m pip install "dicomview[remote]"') from error
    try:
        filesystem, root = fsspec.core.url_to_fs(url)
        packed = getattr(filesystem, "zip", None)
        if isinstance(packed, zipfile.ZipFile):
            listed(packed, spoken(url), -1)
        found = filesystem.find(root, detail=True) or {root: filesystem.info(root)}
    except UnsafeArchive:
        raise
    except (zipfile.BadZipFile, tarfile.ReadError) as error:
        raise UnsafeArchive(DAMAGED.format(spoken(url))) from error
    except ImportError as error:
        raise MissingExtra(
            f"a URL of this kind needs a further package: python -m pip install {_packages(url)}"
        ) from error
    except Exception as error:
        # Every file system has errors of its own; their words may hold keys, so only the kind is told.
        alone = _ALONE.match(url)
        raise NothingFound(
            f"nothing can be listed at {spoken(url)} ({type(error).__name__}); "
            + (f"an archive is named behind two colons, as in {alone[0]}::https://host/scan" if alone else _CHECK)
        ) from error
    behind = ""
    if _ARCHIVE.search(url) and "::" in url:
        # Named as its own file system names it, which leaves away what is secret.
        other, place = fsspec.core.url_to_fs(url.rpartition("::")[2])
        behind = f"::{other.unstrip_protocol(place)}"
    base = root.rstrip("/") + "/"
    for path in sorted(found):
        facts = found[path]
        if facts.get("type") == "directory":
            continue
        label = path[len(base) :] if path.startswith(base) else path.rpartition("/")[2]
        size = facts.get("size")
        yield (
            label,
            Remote(
                filesystem,
                path,
                filesystem.unstrip_protocol(path) + behind,
                -1 if size is None else size,
                _time(facts),
            ),
        )


def _packages(url: str) -> str:
    """Return what to install for the kinds of a URL, of which there are several in "zip://a::https://b"."""
    from fsspec.registry import known_implementations

    names: list[str] = []
    for kind in _KINDS.findall(url.casefold()):
        told = known_implementations.get(kind, {"class": ""})["class"].partition(".")[0]
        name = _PACKAGES.get(kind) or (told if told != "fsspec" else "")
        names += [name] if name and name not in names else []
    return " ".join(names) or '"fsspec[full]"'


def _time(facts: dict[str, Any]) -> int:
    moment = next((facts[name] for name in _TIMES if facts.get(name) is not None), None)
    with contextlib.suppress(ValueError, OverflowError):
        if isinstance(moment, str):
            moment = datetime.fromisoformat(moment)
        if isinstance(moment, datetime):
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        if isinstance(moment, int | float):
            return int(moment * 1e9)
    return -1
