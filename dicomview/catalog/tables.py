"""Tags as tables: what the header says, as pandas DataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from pydicom.dataset import Dataset

from dicomview.elements import COLUMNS, plain, rows_of
from dicomview.errors import NothingFound, UnknownChoice
from dicomview.files import read_headers
from dicomview.pixels import FrameTags
from dicomview.space import Series, Slice, Stack

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomview.files import Source

__all__ = ["tags"]


def tags(source: Source | Series | Stack | Slice, keywords: Iterable[str] | None = None) -> pd.DataFrame:
    """Return what the header says, as a table.

    Parameters
    ----------
    source : path, pydicom.Dataset, list of either, Series, Stack or Slice
    keywords : list of str, optional
        DICOM keywords such as ``["InstanceNumber", "KVP"]``.

    Returns
    -------
    pandas.DataFrame
        Without `keywords`, of the one instance given (of several, of the first): one row for each element at any
        depth, with path, tag, keyword, name, creator, vr, vm and value. With `keywords`: one row for each slice of a
        series or stack, else for each instance, in their order, and a column for each keyword; functional groups of
        multi-frame objects are looked into, what is missing is None.

    Raises
    ------
    NothingFound
        As `read_series`.
    UnknownChoice
        `keywords` is one string instead of a list.

    Examples
    --------
    >>> tags("sample_data/ct_chest", ["InstanceNumber", "SliceThickness"]).head(2)  # doctest: +SKIP
       InstanceNumber  SliceThickness
    0               1             2.0
    1               2             2.0
    """
    frames = _frames(source)
    if keywords is None:
        return pd.DataFrame(rows_of(frames[0].dataset), columns=list(COLUMNS))
    if isinstance(keywords, str):
        raise UnknownChoice(f"keywords is a list; write dv.tags(source, [{keywords!r}])")
    wanted = list(keywords)
    # Object columns first: None stays None where a keyword is missing, whole numbers stay whole.
    table = pd.DataFrame([[_value(one, k) for k in wanted] for one in frames], columns=wanted, dtype=object)
    return table.infer_objects()


def _frames(source: Any) -> list[FrameTags]:
    if isinstance(source, Slice):
        return [source.tags]
    if isinstance(source, Series):
        source = source.stack if source.stacks else [header.dataset for header in source.headers]
    if isinstance(source, Stack):
        return [one.tags for one in source.slices]
    if isinstance(source, Dataset):
        return [FrameTags(source)]
    found = [FrameTags(header.dataset) for header in read_headers(source) if header.dataset is not None]
    if not found:
        raise NothingFound("none of the files has a header that can be read; there are no tags to show")
    return found


def _value(frame: FrameTags, keyword: str) -> Any:
    value = plain(frame.get(keyword))
    return None if value is None else (value if isinstance(value, int | float | tuple) else str(value))
