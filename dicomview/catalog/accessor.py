"""``table.dicom``: what can be asked of a table of tags that pandas alone does not answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from dicomview.catalog import compare, exchange
from dicomview.catalog.columns import INSTANCE
from dicomview.catalog.keys import address_of, key_of, names_element
from dicomview.errors import UnknownChoice

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["TagsAccessor"]

_SEARCHED = ("path", "tag", "keyword", "name", "creator", "value", "meaning", "raw")


@pd.api.extensions.register_dataframe_accessor("dicom")
class TagsAccessor:
    """Questions to a table of `dicomview.tags`; every answer is a plain pandas object.

    Parameters
    ----------
    table : pandas.DataFrame
        From `dicomview.tags`, or rows chosen from one.

    Examples
    --------
    >>> table = dv.tags("ct/0001.dcm")                     # doctest: +SKIP
    >>> table.dicom["SliceThickness"]                      # doctest: +SKIP
    2.0
    >>> table.dicom.find("spacing")                        # doctest: +SKIP
    >>> table.dicom.diff(dv.tags("ct/0002.dcm"), atol=0.1) # doctest: +SKIP
    """

    def __init__(self, table: pd.DataFrame) -> None:
        self._table = table

    def __getitem__(self, key: str | int | tuple[int, int]) -> Any:
        """Return the value of one element; of a table of several instances a Series of them, with the dtype of its VR.

        Parameters
        ----------
        key : str, int or (group, element)
            A path, a keyword, a name, "(0018,0050)", (0x0018, 0x0050) or 0x00180050. All but a path mean the top level
            of the data set; `find` looks everywhere.

        Returns
        -------
        object or pandas.Series
            ``pandas.NA`` when the element is not there, is empty, or has a value that is not of its type.

        Raises
        ------
        UnknownChoice
            The word names no element that DICOM knows and none of this table; the message has the nearest ones.
        """
        table = self._rows()
        address = address_of(key)
        top = ~table["path"].str.contains("[", regex=False)
        if address is not None:
            chosen = top & (table["tag"] == address)
        else:
            chosen = table["path"] == key
            if not chosen.any():
                chosen = top & (table["name"].str.casefold() == str(key).casefold())
                if not chosen.any() and not names_element(key):
                    key_of(key)  # says which are near
        rows = table[chosen.fillna(False).astype(bool)]
        if INSTANCE not in table:
            value = rows["value"].iloc[0] if len(rows) else None
            return pd.NA if value is None else value
        numbers = compare.instances_of(table)
        return compare.over_instances(rows.drop_duplicates(INSTANCE), numbers).rename(str(key))

    def find(self, pattern: str, *, case: bool = False) -> pd.DataFrame:
        """Return the rows in which `pattern` occurs, letter by letter or as a regular expression.

        Parameters
        ----------
        pattern : str
            Always looked for both ways, so that a path such as "BeamSequence[0].BeamName" finds itself. What is no
            regular expression, such as "[" or "(mm", is looked for letter by letter alone. Searched through are path,
            tag (with and without punctuation), keyword, name, creator, value, meaning and raw text.
        case : bool
            True when upper and lower case differ.

        Raises
        ------
        UnknownChoice
            `pattern` is no text.
        """
        flags = 0 if case else re.IGNORECASE
        if not isinstance(pattern, str):
            raise UnknownChoice(
                f'find takes text, not {pattern!r}; the digits of a tag will do, as in find("00180050")'
            )
        literally = re.escape(pattern)
        try:
            # Both, so that a path such as "BeamSequence[0].BeamName" finds itself.
            search = re.compile(f"{literally}|(?:{pattern})", flags).search
        except re.error:
            search = re.compile(literally, flags).search
        table = self._rows()
        columns = [table[name] for name in _SEARCHED if name in table]
        found = [any(search(text) for text in _texts(cells)) for cells in zip(*columns, strict=True)]
        return table[pd.Series(found, index=table.index, dtype=bool)]

    def diff(
        self, *others: pd.DataFrame, names: Sequence[str] | None = None, rtol: float = 0.0, atol: float = 0.0
    ) -> pd.DataFrame:
        """Compare this table with one or several others, path by path.

        Parameters
        ----------
        *others : pandas.DataFrame
            Tables of `dicomview.tags`, each of one instance (or what many have in common, ``.dicom.constant()``).
        names : list of str, optional
            Headings of the columns of values, this table first; "A", "B", "C" … by default.
        rtol, atol : float
            Numbers, and those in tuples, are the same when they differ by no more than ``atol + rtol * the larger``.

        Returns
        -------
        pandas.DataFrame
            path, tag, keyword, name, vr, a column of values for each table (raw text where a value has no type), and
            ``state``: "same", "different", "only A" (with the names of those that have it), or "hidden".

        Raises
        ------
        UnknownChoice
            One of them is no table of one instance, or the names do not fit.

        Notes
        -----
        Long binary values are compared by length and CRC-32, pixel data by their length alone.
        """
        if not others or not all(isinstance(other, pd.DataFrame) for other in others):
            raise UnknownChoice("diff compares tables; write table.dicom.diff(dv.tags(other))")
        tables = [self._table, *others]
        headings = [_letter(place) for place in range(len(tables))] if names is None else list(names)
        return compare.difference(tables, headings, rtol=rtol, atol=atol)

    def varying(self) -> pd.DataFrame:
        """Return what varies over the instances: a row for each, a column for each path, typed by VR.

        An element that some instances do not have varies.
        """
        return compare.varying(self._several())

    def constant(self) -> pd.DataFrame:
        """Return the rows of what is the same in every instance, once each, as a table of one instance.

        What is hidden counts as the same.
        """
        return compare.constant(self._several())

    def to_csv(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the table as CSV and return its path; `dicomview.read_tags` reads it, with the same values and types.

        Text that a spreadsheet would take for a formula gets an apostrophe in front, which reading takes away.

        Raises
        ------
        AlreadyThere
            There is such a file.
        """
        return exchange.to_csv(self._table, path, overwrite=overwrite)

    def to_parquet(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the table as Parquet and return its path; `dicomview.read_tags` reads it.

        Raises
        ------
        AlreadyThere
            There is such a file.
        MissingExtra
            pyarrow is not installed.
        """
        return exchange.to_parquet(self._table, path, overwrite=overwrite)

    def _rows(self) -> pd.DataFrame:
        if {"path", "tag", "name", "value", "vr"} <= set(self._table.columns):
            return self._table
        raise UnknownChoice("this table does not list elements; ask one of dv.tags(source) without keywords")

    def _several(self) -> pd.DataFrame:
        if INSTANCE in self._rows():
            return self._table
        raise UnknownChoice("this table is of one instance; give dv.tags a series, a folder or a list")


def _texts(cells: tuple[Any, ...]) -> list[str]:
    path, tag, *others = cells
    values = [str(cell) for cell in others if cell is not None and cell is not pd.NA]
    return [path, tag, tag[1:5] + tag[6:10], *values]


def _letter(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else f"{_letter(place // 26 - 1)}{_letter(place % 26)}"
