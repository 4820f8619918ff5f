"""One path at a glance: its status and the attributes of a scan, in one open, one read and one close."""

from __future__ import annotations

import contextlib
import os
from struct import Struct
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from dicomview.files.attributes import ATTRIBUTES, values_in
from dicomview.files.extent import UNDEFINED
from dicomview.files.headers import Header, read_header
from dicomview.files.layout import Odd, Short
from dicomview.files.locate import Location
from dicomview.files.outline import Outlined, unread
from dicomview.files.remote import Remote
from dicomview.files.template import Facts
from dicomview.files.templates import Templates

if TYPE_CHECKING:
    from collections.abc import Callable

    from dicomview.files.attributes import Value
    from dicomview.files.headers import Status

__all__ = ["FIRST", "OPTIONS", "Glance", "Glancer"]

FIRST = 8192
"""Bytes that hold most headers."""
_MARGIN = 256
_LEAST_MARGIN = 32
_PAGE = 4096  # bytes that the system keeps together: one more of them takes longer than all the rest of a read
_LARGEST_HEADER = 1 << 22  # longer ones are pydicom's
_length = Struct("<L").unpack_from
_MARK = b"\xfe\xff\xdd\xe0\0\0\0\0"  # the end of encapsulated pixel data
OPTIONS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
"""How a path of which nothing is known is opened: a pipe is not waited for."""

if hasattr(os, "pread"):
    _read_at = os.pread
else:  # Windows

    def _read_at(descriptor: int, length: int, offset: int, /) -> bytes:
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.read(descriptor, length)


class Glance(NamedTuple):
    """What is known of one path.

    Attributes
    ----------
    status : Status
        As `read_header` gives it.
    detail : str
        A sentence about what is unusual; empty when nothing is.
    size : int, bytes
        Of the file; -1 when it is not known.
    mtime_ns : int
        When the file was last written, ns since 1970; -1 when it is not known or was not asked for.
    facts : Facts
        What it has in common with others.
    values : tuple
        One for each of ``facts.varying``.
    pixels : bool
        True when there are pixel data.
    """

    status: Status
    detail: str
    size: int
    mtime_ns: int
    facts: Facts
    values: tuple[Value, ...]
    pixels: bool


_Read: TypeAlias = "tuple[bytes, Facts, tuple[Value, ...], int]"
_new = tuple.__new__  # a Glance by this takes half the time, and there are a million
_ALL = tuple(range(len(ATTRIBUTES)))
_UNKNOWN = Facts((None,) * len(ATTRIBUTES), _ALL)
_NOTHING = Facts((None,) * len(ATTRIBUTES), ())


class Glancer:
    """Glances at one path after the other, and remembers what their headers have in common.

    Parameters
    ----------
    dated : bool
        Also say when files on the disk were written: that takes a call to the system more.
    """

    __slots__ = ("_begun", "_dated", "_enough", "_templates", "handed_over")

    def __init__(self, *, dated: bool = False) -> None:
        self._templates, self._dated = Templates(), dated
        self._enough = FIRST  # bytes that held the header of the last file
        self._begun = 0  # where its pixel data began
        self.handed_over = 0
        """How many files pydicom had to look at."""

    def __call__(self, one: Location) -> Glance:
        """Return what is at a path, in an archive or in memory; never raises for what is there."""
        label, file, member, _, remote = one
        if file is not None and member is None:
            return self.file(file, label)
        if remote is not None:
            return self._remote(one, remote)
        size = mtime = -1
        if file is not None:
            with contextlib.suppress(OSError):
                facts = os.stat(file)  # noqa: PTH116  text, for speed
                size, mtime = facts.st_size, facts.st_mtime_ns
        return _slow(read_header(one), size, mtime)

    def file(self, path: str, label: str = "") -> Glance:
        """Return what is in a file on the disk; `label` is what tables call it."""
        size = mtime = -1
        try:
            descriptor = os.open(path, OPTIONS)
            try:
                # Neither goes for a pipe, a folder or a terminal; and what has no end is longer than it says.
                size = os.lseek(descriptor, 0, os.SEEK_END)
                if self._dated:
                    mtime = os.fstat(descriptor).st_mtime_ns
                found = self._read(_read_at, descriptor, size)
                if found is not None:
                    _, common, values, pixels = found
                    return _new(Glance, ("dicom", "", size, mtime, common, values, pixels > 0))
            finally:
                os.close(descriptor)
        except (OSError, ValueError):  # `read_header` says which
            size = -1
        self.handed_over += 1
        return _slow(read_header(Location(label or path, path)), size, mtime)

    def _remote(self, one: Location, remote: Remote) -> Glance:
        """Return what is in a file behind a URL."""
        with contextlib.suppress(Exception):  # every file system has errors of its own; `read_header` says which
            found = self._read(Remote.read, remote, remote.size) if remote.size > 0 else None
            if found is not None:
                _, common, values, pixels = found
                return Glance("dicom", "", remote.size, remote.mtime_ns, common, values, pixels > 0)
        self.handed_over += 1
        return _slow(read_header(one), remote.size, remote.mtime_ns)

    def header(self, one: Location) -> Header:
        """Return what `read_header` does; the data set is read when it is asked for, where nothing is odd about it."""
        found = None
        if one.remote is not None:
            size = one.remote.size
            with contextlib.suppress(Exception):  # as in `_remote`
                found = self._read(Remote.read, one.remote, size) if size > 0 else None
        elif one.file is not None and one.member is None:
            with contextlib.suppress(OSError, ValueError):
                descriptor = os.open(one.file, OPTIONS)
                try:
                    size = os.lseek(descriptor, 0, os.SEEK_END)
                    found = self._read(_read_at, descriptor, size)
                finally:
                    os.close(descriptor)
        if found is None:
            return read_header(one)
        data, _, _, pixels = found
        common, moves = self._templates.layout
        dataset = unread(Outlined(data, pixels or len(data), common, moves, size, one.file or ""))
        if dataset is None:
            return read_header(one)
        return Header(one, "dicom", dataset, common.layout.span(data, pixels) if pixels else None)

    def _read(self, read: Callable[[Any, int, int], bytes], file: Any, size: int) -> _Read | None:
        """Return the beginning of a file and what is read of it; None of a file that pydicom must look at."""
        data = read(file, self._enough, 0)
        if len(data) > size:
            return None
        while True:
            try:
                facts, values, pixels, needed = self._templates.read(data, size)
                break
            except Odd:
                return None
            except Short as short:
                wanted = max(short.needed, 4 * len(data))
                if len(data) >= min(size, _LARGEST_HEADER) or wanted > _LARGEST_HEADER:
                    return None
                more = read(file, wanted - len(data), len(data))
                if not more:
                    return None
                data += more
        if pixels:
            if pixels != self._begun:  # of headers whose lengths differ the next may be the longer one
                self._begun, self._enough = pixels, pixels + _MARGIN
            elif (page := self._enough - self._enough % _PAGE) >= pixels + _LEAST_MARGIN:
                self._enough = page
            if pixels > len(data):
                return None
            (length,) = _length(data, pixels - 4)
            if length == UNDEFINED:
                if read(file, 8, max(size - 8, pixels)) != _MARK:
                    return None
            elif pixels + length > size or length < needed:
                return None
        return data, facts, values, pixels


def _slow(header: Header, size: int, mtime: int) -> Glance:
    """Return the same from a header that pydicom has read."""
    facts, values = (_NOTHING, ()) if header.dataset is None else (_UNKNOWN, tuple(values_in(header.dataset)))
    return Glance(header.status, header.detail, size, mtime, facts, values, header.pixels is not None)
