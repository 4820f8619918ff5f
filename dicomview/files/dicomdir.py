"""DICOMDIR: the table of contents of a CD or DVD, and the files it names (PS3.3 F, PS3.10 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pydicom
from pydicom.multival import MultiValue

from dicomview.quiet import quiet

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Reference", "is_dicomdir", "references"]

# MediaStorageDirectoryStorage in (0002,0002); the file meta information is always explicit little endian.
_CLASS = b"\x02\x00\x02\x00UI\x14\x001.2.840.10008.1.3.10"


class Reference(NamedTuple):
    """One ReferencedFileID: its name as written, and the file it means (None when outside the medium)."""

    name: str
    path: Path | None


def is_dicomdir(head: bytes) -> bool:
    """Return True when the first kilobyte of a file is that of a DICOMDIR."""
    return head[128:132] == b"DICM" and _CLASS in head


def references(path: Path) -> list[Reference]:
    """Return the files a DICOMDIR names, in its order; nothing when it cannot be read.

    Names are compared without regard to case, and without the ``;1`` of old file systems, because media are copied
    between systems that disagree on them. A file that is not there keeps the path where it should be.
    """
    with quiet():
        try:
            records = pydicom.dcmread(path).get("DirectoryRecordSequence") or []
            names = [_parts(record.get("ReferencedFileID")) for record in records]
        except Exception:  # noqa: BLE001 (whatever a damaged file does to the parser; its own row tells of it)
            return []
    folders: dict[Path, dict[str, Path]] = {}
    return [_resolve(path.parent, parts, folders) for parts in names if parts]


def _parts(value: object) -> list[str]:
    values = [str(part) for part in value] if isinstance(value, MultiValue | list | tuple) else [str(value or "")]
    return [part.strip() for item in values for part in item.replace("\\", "/").split("/") if part.strip()]


def _resolve(root: Path, parts: list[str], folders: dict[Path, dict[str, Path]]) -> Reference:
    name = "/".join(parts)
    if any(part in {".", ".."} or ":" in part or "\0" in part for part in parts):
        return Reference(name, None)
    here = root
    for place, part in enumerate(parts):
        if here not in folders:
            folders[here] = _names(here)
        found = folders[here].get(_plain(part))
        if found is None:
            return Reference(name, here.joinpath(*parts[place:]))
        here = found
    return Reference(name, here)


def _names(folder: Path) -> dict[str, Path]:
    try:
        return {_plain(entry.name): entry for entry in sorted(folder.iterdir(), reverse=True)}
    except OSError:
        return {}


def _plain(name: str) -> str:
    return name.upper().split(";")[0].rstrip(". ")
