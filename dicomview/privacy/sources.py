"""What is to be protected: paths, data sets, and what was read of them already."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from pydicom.dataset import Dataset

from dicomview.catalog import Catalog
from dicomview.files import locate
from dicomview.space import Series, Stack

if TYPE_CHECKING:
    from dicomview.files import Location, Source

    One: TypeAlias = str | os.PathLike[str] | Dataset | Catalog | Series | Stack
    Protected: TypeAlias = One | Iterable[One]

__all__ = ["folders_of", "locations_in", "many_of"]


def many_of(source: Protected) -> list[One]:
    """Return a source as a list of what it is made of.

    Raises
    ------
    NotASource
        It is something else.
    """
    if isinstance(source, str | os.PathLike | Dataset | Catalog | Series | Stack):
        return [source]
    if not isinstance(source, Iterable) or isinstance(source, bytes | bytearray | Mapping):
        list(locate(cast("Source", source)))  # which says what it is
    return list(source)


def locations_in(source: Protected) -> list[Location]:
    """Return where every file is; of a series or a stack those of its instances. Raises as `dicomview.files.locate`."""
    found: list[Location] = []
    others: list[One] = []
    for one in many_of(source):
        known = _known(one)
        if known is None:
            others.append(one)
        else:
            found += known
    if others or not found:
        asked = others[0] if len(others) == 1 and not found else others
        found += locate(cast("Source", asked))
    once: dict[object, Location] = {}
    for place in found:
        once.setdefault(_key(place), place)
    return list(once.values())


def _key(one: Location) -> object:
    if one.path is None:
        return id(one.dataset) if one.remote is None else one.remote.url
    return os.path.abspath(one.path), one.member  # noqa: PTH100  does not touch the disk


def folders_of(source: Protected) -> list[Path]:
    """Return the folders that hold the source: no copy may be written into one."""
    folders: dict[Path, None] = {}
    for one in many_of(source):
        known = _known(one)
        if isinstance(one, Catalog):
            folders |= dict.fromkeys(one.folders)
        if known is not None:
            folders |= dict.fromkeys(place.path.parent.resolve() for place in known if place.path is not None)
        elif isinstance(one, str | os.PathLike):
            folders[Path(one).expanduser().resolve()] = None
    return [folder for folder in folders if folder.is_dir()]


def _known(one: One) -> list[Location] | None:
    if isinstance(one, Catalog):
        return one.locations
    if isinstance(one, Series):
        return [header.location for header in one.headers]
    return [part.source.location for part in one.slices] if isinstance(one, Stack) else None
