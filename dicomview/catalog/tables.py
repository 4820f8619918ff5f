"""Tags as tables: what the header says, as pandas DataFrames."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import pandas as pd
from pydicom.datadict import keyword_dict, tag_for_keyword
from pydicom.dataset import Dataset

from dicomview.elements import COLUMNS, plain, rows_of
from dicomview.errors import NothingFound, UnknownChoice
from dicomview.files import read_headers
from dicomview.pixels import FrameTags
from dicomview.quiet import quiet
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
        multi-frame objects are looked into, what is absent, empty or damaged is missing to pandas (``isna()``).

    Raises
    ------
    NothingFound
        As `read_series`.
    UnknownChoice
        `keywords` is one string instead of a list, or holds a word that is no DICOM keyword.

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
    for word in wanted:
        _known(word)
    # Object columns first, so that whole numbers stay whole where some are missing.
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


def _known(word: Any) -> None:
    """Raise unless `word` is a keyword of the dictionary: a column of nothing would look like missing elements."""
    if isinstance(word, str) and word and tag_for_keyword(word) is not None:
        return
    close = difflib.get_close_matches(str(word), keyword_dict, n=3)
    raise UnknownChoice(
        f"{word!r} is no DICOM keyword; "
        + (f"did you mean {' or '.join(close)}?" if close else "dv.tags(source) lists those there are")
    )


def _value(frame: FrameTags, keyword: str) -> Any:
    with quiet():  # names of persons are decoded here
        value = plain(frame.get(keyword))
    return None if value is None else (value if isinstance(value, int | float | tuple) else str(value))
