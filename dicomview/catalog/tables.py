"""Tags as tables: what the header says, as pandas DataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from dicomview.catalog.catalog import Catalog
from dicomview.catalog.columns import boxed, column, persons, row_table, vr_of_many
from dicomview.catalog.instances import instances_in, of_frame, rows_in, stored_in
from dicomview.catalog.keys import key_of
from dicomview.elements import HIDDEN, NUMBERS, Level, entry_of, hides, identifies, is_many, tells, typed
from dicomview.errors import UnknownChoice
from dicomview.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dicomview.catalog.instances import Instance
    from dicomview.catalog.keys import Key
    from dicomview.elements import Identity, Row, Stored
    from dicomview.files import Source
    from dicomview.space import Series, Slice, Stack

__all__ = ["by_keyword", "tags"]


def tags(
    source: Source | Catalog | Series | Stack | Slice,
    keywords: Iterable[str | int | tuple[int, int]] | None = None,
    *,
    identity: Identity | None = None,
) -> pd.DataFrame:
    """Return what the header says, as a table.

    The tables are plain pandas objects, and what can be asked of them is on the accessor ``table.dicom``: `find`,
    `diff`, `varying`, `constant`, ``table.dicom["KVP"]``, `to_csv`, `to_parquet`. An accessor and no subclass, so that
    rows chosen with your own pandas code can be asked the same; and no functions of the module, so that it reads from
    left to right: ``dv.tags(series).dicom.varying()``.

    Parameters
    ----------
    source : path, pydicom.Dataset, list of either, Catalog, Series, Stack or Slice
        Of a catalogue one series after another; what it hides stays hidden. Data sets are never written to. (With
        `keywords`, pydicom converts the functional groups of a multi-frame data set in place, as it does when you look
        at them yourself.)
    keywords : list, optional
        Keywords such as ``["InstanceNumber", "KVP"]``; names ("Slice Thickness"), tags ((0x0018, 0x0050) or 0x00180050)
        and paths ("BeamSequence[0].BeamName") do as well.
    identity : "show" or "hide", optional
        "hide" puts "(hidden)" in place of what may tell who the patient is, at any depth: the attributes of PS3.15
        Table E.1-1 that none of its Retain options lets stand, every name of a person, every private value. Dates,
        UIDs, device and institution are shown where they are valid values of their VR (a code, CS, with lower-case
        letters is none: somebody may have typed it); text in attributes that the table does not name is not searched.
        By default the environment variable ``DICOMVIEW_IDENTITY`` decides, else "show"; a "hide" there cannot be
        undone.

    Returns
    -------
    pandas.DataFrame
        Of one instance, without `keywords`: one row for each element at any depth, with

        path, tag, keyword, name
            "RequestAttributesSequence[0].CodeValue", "(0008,0100)", and the words of the dictionary.
        creator
            Of private elements, who has reserved their block.
        vr, vm
            Value representation, and the number of values found.
        value
            Typed by VR and the dictionary's VM: DA Timestamp, TM Timedelta, DT Timestamp with a timezone where it has
            an offset, AS years, IS and binary integers int, DS and binary floats float, text, PN, UI str, SQ "2 items";
            a tuple where several values are allowed. Long binary values are told by length and checksum. None when
            empty, or when the value is not of its type.
        meaning
            Of a registered UID its name, of a tag as value its keyword.
        raw, length
            The text as stored, and the bytes it takes in the file; missing for what pydicom had converted before.
        problem
            What is wrong with the value, in words that do not quote it.

        Of several instances or slices: the same rows under each other, with the number of the instance (zero-based, in
        their order) in a first column ``instance``; ``.dicom.varying()`` and ``.dicom.constant()`` tell them apart.

        With `keywords`: one row for each slice of a series or stack, else for each instance, and a column for each
        keyword, with the dtype of its VR: datetime64, timedelta64, Int64, Float64, string; PN has two more,
        "PatientName.family" and "PatientName.given". Functional groups of multi-frame objects are looked into. What is
        absent, empty or damaged is missing (``isna()``).

    Raises
    ------
    NothingFound
        As `read_series`.
    UnknownChoice
        `keywords` is one string instead of a list, or holds a word that names no element; `identity` is another word.

    Notes
    -----
    File meta information (group 0002) is no part of a data set: a file has rows of it, in front, a data set in memory
    none. It can be asked for by keyword of both.

    Examples
    --------
    >>> tags("sample_data/ct_chest", ["InstanceNumber", "SliceThickness"]).head(2)  # doctest: +SKIP
       InstanceNumber  SliceThickness
    0               1             2.0
    1               2             2.0
    """
    hide = hides(identity, source)
    if isinstance(keywords, str):
        raise UnknownChoice(f"keywords is a list; write dv.tags(source, [{keywords!r}])")
    keys = None if keywords is None else [key_of(word) for word in keywords]
    if isinstance(source, Catalog):
        instances = [one for series in source for one in instances_in(series)]
    else:
        instances = instances_in(source)
    if keys is not None:
        return by_keyword(instances, keys, hide)
    if len(instances) == 1:
        return row_table(rows_in(instances[0], hide))
    return _of_several(instances, hide)


def _of_several(instances: list[Instance], hide: bool) -> pd.DataFrame:
    """Return the rows of all; of a frame those that hold for it, under a path that is the same for all frames."""
    of: dict[int, list[Row]] = {}
    rows: list[Row] = []
    numbers: list[int] = []
    framed = len({id(one.dataset) for one in instances}) < len(instances)
    for number, one in enumerate(instances):
        if id(one.dataset) not in of:
            of[id(one.dataset)] = rows_in(one, hide)
        mine = of_frame(of[id(one.dataset)], one) if framed else of[id(one.dataset)]
        rows += mine
        numbers += [number] * len(mine)
    return row_table(rows, instances=numbers)


def by_keyword(instances: Sequence[Instance], keys: Sequence[Key], hide: bool) -> pd.DataFrame:
    """Return one row for each instance and a column for each key; of names of persons two more."""
    levels = {id(one.dataset): Level(one.dataset) for one in instances}
    pairs = [(one, levels[id(one.dataset)]) for one in instances]
    columns: list[pd.Series[Any]] = []
    for key in keys:
        with quiet():
            found = [stored_in(one, level, key) for one, level in pairs]
            vr, many = vr_of_many(key.tag, ((one.vr, is_many(one)) for one in found if one is not None))
            cells = list(map(_Cells(vr).of, found))
        said = {(tag, entry_of(tag).vr) for tag, _ in key.steps}
        said |= {(one.tag, one.vr) for one in found if one is not None}  # PN, where the dictionary has another VR
        if hide and any(identifies(tag, told) for tag, told in said):
            cells = [None if cell is None else HIDDEN for cell in cells]
            many = False
        elif hide:
            cells = [
                HIDDEN if one is not None and _says_words(cell) and tells(one) else cell
                for cell, one in zip(cells, found, strict=True)
            ]
        values = column(cells, vr, many=many).rename(key.label)
        columns.append(values)
        if vr == "PN" and not many:
            columns += [one.rename(label) for label, one in persons(key.label, values).items()]
    if not columns:
        return pd.DataFrame(index=range(len(instances)))
    return pd.concat(columns, axis=1)


def _says_words(cell: Any) -> bool:
    """Return True for text, alone or among other values; numbers and dates tell nothing more than themselves."""
    return isinstance(cell, str) or (isinstance(cell, tuple) and any(isinstance(one, str) for one in cell))


class _Cells(dict["Stored", Any]):
    """The typed values of one column by the text they are stored as, for most slices say the same."""

    def __init__(self, vr: str) -> None:
        super().__init__()
        self.vr = vr

    def of(self, stored: Stored | None) -> Any:
        """Return the value in a cell."""
        if stored is None:
            return None
        return self[stored] if isinstance(stored.content, str) else boxed(typed(stored)[0])

    def __missing__(self, stored: Stored) -> Any:
        """Return the value of text; what a file gives under another VR than the dictionary is read as the latter."""
        other = self.vr != stored.vr and self.vr not in NUMBERS
        cell = self[stored] = boxed(typed(stored._replace(vr=self.vr) if other else stored)[0])
        return cell
