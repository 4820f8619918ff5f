"""One path at a glance: its status and the attributes of a scan, in one open, one read and one close."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dicomview.files.attributes import ATTRIBUTES, values_in
from dicomview.files.headers import read_header
from dicomview.files.layout import Odd, Short
from dicomview.files.locate import Location
from dicomview.files.template import Facts
from dicomview.files.templates import Templates

if TYPE_CHECKING:
    from dicomview.files.attributes import Value
    from dicomview.files.headers import Header, Status
    from dicomview.files.locate import Listed

__all__ = ["Glance", "Glancer"]

_FIRST = 8192
_LARGEST_HEADER = 1 << 22  # longer ones are pydicom's
_MARK = b"\xfe\xff\xdd\xe0\0\0\0\0"  # the end of encapsulated pixel data
_OPTIONS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_UNDEFINED = b"\xff\xff\xff\xff"

if hasattr(os, "pread"):
    _read = os.pread
else:  # Windows

    def _read(descriptor: int, length: int, offset: int, /) -> bytes:
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
        When the file was last written, ns since 1970; -1 when it is not known.
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


_ALL = tuple(range(len(ATTRIBUTES)))
_UNKNOWN = Facts((None,) * len(ATTRIBUTES), _ALL)
_NOTHING = Facts((None,) * len(ATTRIBUTES), ())


class Glancer:
    """Glances at one path after the other, and remembers what their headers have in common."""

    __slots__ = ("_templates", "handed_over")

    def __init__(self) -> None:
        self._templates = Templates()
        self.handed_over = 0
        """How many files with the DICOM mark pydicom has read."""

    def __call__(self, one: Listed) -> Glance:
        """Return what is at a path, in an archive or in memory; never raises for what is there."""
        if one.path is not None and one.member is None:
            return self.file(one.path, one.label)
        size = mtime = -1
        if one.path is not None:
            with contextlib.suppress(OSError):
                facts = os.stat(one.path)  # noqa: PTH116  text, for speed
                size, mtime = facts.st_size, facts.st_mtime_ns
        return _slow(read_header(one.location), size, mtime)

    def file(self, path: str, label: str = "") -> Glance:
        """Return what is in a file on the disk; `label` is what tables call it."""
        size = mtime = -1
        try:
            descriptor = os.open(path, _OPTIONS)
            try:
                facts = os.fstat(descriptor)
                size, mtime = facts.st_size, facts.st_mtime_ns
                if stat.S_ISREG(facts.st_mode):
                    found = self._read(descriptor, size)
                    if found is not None:
                        return Glance("dicom", "", size, mtime, *found)
            finally:
                os.close(descriptor)
        except (OSError, ValueError):
            pass  # `read_header` says which
        self.handed_over += 1
        return _slow(read_header(Location(label or path, Path(path))), size, mtime)

    def _read(self, descriptor: int, size: int) -> tuple[Facts, tuple[Value, ...], bool] | None:
        """Return facts, values and whether there are pixel data; None of a file that pydicom must look at."""
        data = _read(descriptor, _FIRST, 0)
        if data[128:132] != b"DICM" or len(data) > size:
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
                more = _read(descriptor, wanted - len(data), len(data))
                if not more:
                    return None
                data += more
        if pixels:
            if data[pixels - 4 : pixels] == _UNDEFINED:
                if _read(descriptor, 8, max(size - 8, pixels)) != _MARK:
                    return None
            else:
                length = int.from_bytes(data[pixels - 4 : pixels], "little")
                if pixels > len(data) or pixels + length > size or length < needed:
                    return None
        return facts, values, pixels > 0


def _slow(header: Header, size: int, mtime: int) -> Glance:
    """Return the same from a header that pydicom has read."""
    facts, values = (_NOTHING, ()) if header.dataset is None else (_UNKNOWN, tuple(values_in(header.dataset)))
    return Glance(header.status, header.detail, size, mtime, facts, values, header.pixels is not None)
