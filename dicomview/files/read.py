"""The front door: a source in, its headers out."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath, PurePosixPath
from typing import TYPE_CHECKING, overload

from dicomview.errors import NothingFound
from dicomview.files.ahead import ahead
from dicomview.files.glance import Glancer
from dicomview.files.headers import STATUSES, Header
from dicomview.files.locate import locate
from dicomview.progress import bar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomview.files.locate import Source

__all__ = ["Headers", "read_headers"]


class Headers(Sequence[Header]):
    """The headers of a source, one for each path, in the order of `locate`.

    Parameters
    ----------
    headers : iterable of Header
    """

    __slots__ = ("_headers",)

    def __init__(self, headers: Iterable[Header]) -> None:
        self._headers = tuple(headers)

    @overload
    def __getitem__(self, index: int) -> Header: ...
    @overload
    def __getitem__(self, index: slice) -> Headers: ...
    def __getitem__(self, index: int | slice) -> Header | Headers:
        return Headers(self._headers[index]) if isinstance(index, slice) else self._headers[index]

    def __len__(self) -> int:
        return len(self._headers)

    @property
    def counts(self) -> dict[str, int]:
        """How many paths have each status; those that do not occur are left out."""
        found = Counter(header.status for header in self._headers)
        return {status: found[status] for status in STATUSES if found[status]}

    @property
    def instances(self) -> Headers:
        """The headers that have a data set with elements, tables of contents (DICOMDIR) apart."""
        return Headers(h for h in self._headers if h.dataset is not None and len(h.dataset) and h.status != "dicomdir")

    @property
    def images(self) -> Headers:
        """The headers of instances that have pixel data."""
        return Headers(header for header in self.instances if header.pixels is not None)

    def __repr__(self) -> str:
        parts = [_count(len(self), "file")] + [f"{number} {status}" for status, number in self.counts.items()]
        return "Headers: " + " · ".join(parts)


def read_headers(source: Source, *, progress: bool = True) -> Headers:
    """Read the headers of everything under `source`; the pixel data stay where they are.

    Of a file in which nothing is odd the bytes of the header are kept, and pydicom reads them when its data set is
    asked for what they do not say by themselves (see `dicomview.unread`).

    Parameters
    ----------
    source : path, pydicom.Dataset, or a list of either
        A folder, a file, a zip archive, a DICOMDIR, data sets in memory.
    progress : bool
        Show a progress bar when it takes longer than a second.

    Returns
    -------
    Headers
        One for each path; what is not DICOM is among them, with a status that says so.

    Raises
    ------
    NothingFound
        A path does not exist, the list or folder is empty, or nothing in it is DICOM.
    UnsafeArchive
        An archive given by name is encrypted, damaged, or would unpack to far more than it holds.
    NotASource
        `source` is neither a path nor a data set nor a list of them.

    Examples
    --------
    >>> read_headers("sample_data/ct_chest")  # doctest: +SKIP
    Headers: 60 files · 60 dicom
    """
    places = list(locate(source))
    headers = Headers(
        map(Glancer().header, bar(ahead(places), "Reading headers", "file", total=len(places), show=progress))
    )
    if not headers.instances:
        raise NothingFound(_nothing(source, headers))
    return headers


def _nothing(source: Source, headers: Headers) -> str:
    # A list may be long, and a data set prints the patient's name.
    name = PurePath(source).name if isinstance(source, str | os.PathLike) else None
    where = "the data set or list given" if name is None else repr(str(source))
    if not headers:
        return f"{where} is empty: no file in it or in any folder under it; give the folder that holds the DICOM files"
    header = headers[0]
    if len(headers) == 1 and header.location.member is None and header.location.label == name:
        why = header.detail or "it has no elements"
        return f"{where} is not a DICOM file that can be read ({why}); give a DICOM file or the folder that holds them"
    kinds = Counter(
        PurePosixPath(header.location.label).suffix.lower() or "without suffix"
        if header.status == "not_dicom"
        else header.status
        for header in headers
    )
    told = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common(6))
    more = len(kinds) - 6
    told += f", {more} more kinds" if more > 0 else ""
    text = f"{_count(len(headers), 'file')} in {where}, none of them DICOM ({told})"
    if "dicomdir" in kinds:
        return f"{text}; a DICOMDIR is only a table of contents: copy the files it names beside it"
    return f"{text}; give the folder that holds the DICOM files"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
