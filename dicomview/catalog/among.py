"""The series in whatever a door is given: paths, series and stacks read already, a catalogue, or a list of those."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from dicomview.catalog.catalog import Catalog
from dicomview.elements import hides
from dicomview.errors import NothingFound
from dicomview.space import Series, Stack, all_series

if TYPE_CHECKING:
    from dicomview.files import Source

__all__ = ["series_among"]


def series_among(source: Any) -> tuple[list[Series], bool]:
    """Return every series of a source, and whether something among it hides who the patient is.

    Parameters
    ----------
    source : path, pydicom.Dataset, Catalog, Series, Stack, or list of them
        The series of paths and data sets come last, all of them sorted together. A stack alone is a series of it.

    Raises
    ------
    NothingFound
        A path does not exist or holds no DICOM; a catalogue has no series.
    NotASource
        There is something else among it.
    """
    found: list[Series] = []
    others: list[Any] = []
    for one in source if isinstance(source, list | tuple) else [source]:
        if isinstance(one, Series):
            found.append(one)
        elif isinstance(one, Stack):
            headers = {id(part.source): part.source for part in one.slices}
            found.append(Series(tuple(headers.values()), (one,), identity=one.identity))
        elif isinstance(one, Catalog):
            found.extend(one)
        else:
            others.append(one)
    if others or not (found or isinstance(source, Catalog)):
        found += all_series(cast("Source", others if found else source))
    if not found:
        raise NothingFound("the catalogue has no series; scan a folder that holds DICOM files")
    return found, hides("show", found)
