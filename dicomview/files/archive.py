"""Zip archives, read in place: nothing is unpacked to the disk.

An archive is a stranger's file. One whose members are all encrypted, or that would unpack to absurdly more than it
holds, is refused as a whole before a byte of it is inflated; and no member is ever inflated past the size it declares.
"""

from __future__ import annotations

import os
import zipfile
from functools import lru_cache
from typing import TYPE_CHECKING

from dicomview.errors import UnsafeArchive

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["DAMAGED", "NEEDS_PASSWORD", "EncryptedMember", "is_zip", "listed", "members", "read_member"]

# Refused: larger than so many bytes and so many times its packed size. Ordinary DICOM compresses 2 to 50 times, an
# empty mask some hundred times, and DEFLATE reaches 1032 at most.
_MEMBER_LIMITS = ((100_000_000, 1000), (2 * 1024**3, 100))
_TOTAL_LIMIT = (16 * 1024**3, 100)
_CHUNK = 1 << 20
DAMAGED = "{} is a damaged archive: its table of contents cannot be read; copy or download it again"
NEEDS_PASSWORD = "needs a password; unpack the archive with the password first"
_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")


class EncryptedMember(UnsafeArchive):
    """Members of the archive need a password."""


def is_zip(head: bytes) -> bool:
    """Return True when the first bytes of a file are those of a zip archive."""
    return head.startswith(_MAGIC) and head[128:132] != b"DICM"  # a preamble may hold anything


def members(path: Path) -> tuple[str, ...]:
    """Return the names of the files in a zip archive, sorted.

    A name that occurs twice is given once; it means the later one, as for every unzip program.

    Raises
    ------
    UnsafeArchive
        The archive is damaged, or would unpack to far more than it holds.
    EncryptedMember
        Every member is encrypted.
    OSError
        The file cannot be opened.
    """
    return listed(_opened_now(path), path.name, path.stat().st_size)


def listed(archive: zipfile.ZipFile, name: str, size: int) -> tuple[str, ...]:
    """Return the names of the files in an open archive of so many bytes, as `members`; -1 for not known."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if entries and all(_encrypted(entry) for entry in entries):
        raise EncryptedMember(
            f"{name} is encrypted: all its {len(entries)} members need a password; unpack it with the password first"
        )
    packed, unpacked = sum(e.compress_size for e in entries), sum(e.file_size for e in entries)
    bomb = _exceeds(unpacked, packed, _TOTAL_LIMIT) or any(
        _exceeds(entry.file_size, entry.compress_size, limit) for entry in entries for limit in _MEMBER_LIMITS
    )
    # Members that overlap share their packed bytes: together they then declare more than the archive is long.
    if bomb or 0 <= size < packed:
        raise UnsafeArchive(
            f"{name} would unpack from {packed if size < 0 else size:,} to {unpacked:,} bytes, which is what a zip "
            "bomb does and no set of images; if you trust it, unpack it yourself and give the folder"
        )
    return tuple(sorted({entry.filename for entry in entries}))


def read_member(path: Path, member: str) -> bytes:
    """Return the bytes of one member, never more than the size it declares.

    Raises
    ------
    EncryptedMember
        The member needs a password.
    UnsafeArchive
        The archive or this member is damaged, or packed by a method Python cannot read.
    FileNotFoundError
        The archive has no such member.
    """
    archive = _opened_now(path)
    try:
        entry = archive.getinfo(member)
    except KeyError:
        raise FileNotFoundError(member) from None
    if _encrypted(entry):
        raise EncryptedMember(NEEDS_PASSWORD)
    chunks, left = [], entry.file_size
    try:
        with archive.open(entry) as stream:
            # In pieces: one read of everything would inflate a lying member to its full size before it is cut.
            while left > 0 and (chunk := stream.read(min(left, _CHUNK))):
                chunks.append(chunk)
                left -= len(chunk)
    except NotImplementedError:
        raise UnsafeArchive("is packed by a method that Python cannot read; unpack the archive yourself") from None
    except Exception as error:
        # The inflaters raise errors of their own kinds (zlib.error, lzma.LZMAError, EOFError, BadZipFile …).
        if isinstance(error, MemoryError):
            raise
        raise UnsafeArchive("is damaged inside the archive and cannot be unpacked") from error
    return b"".join(chunks)


def _exceeds(unpacked: int, packed: int, limit: tuple[int, int]) -> bool:
    size, ratio = limit
    return unpacked > size and unpacked > ratio * packed


def _encrypted(entry: zipfile.ZipInfo) -> bool:
    return bool(entry.flag_bits & 0x1)


def _opened_now(path: Path) -> zipfile.ZipFile:
    stat = path.stat()
    try:
        return _opened(path, stat.st_mtime_ns, stat.st_size, os.getpid())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError):
        raise UnsafeArchive(DAMAGED.format(path.name)) from None


@lru_cache(maxsize=2)
def _opened(path: Path, mtime_ns: int, size: int, process: int) -> zipfile.ZipFile:
    """Keep the last archives open: the table of contents of a large one takes longer to read than a member.

    The process is part of the key, because a forked one would share the position in the file with its parent.
    """
    return zipfile.ZipFile(path)
