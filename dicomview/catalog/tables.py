"""Tags as tables: what the header says, as pandas DataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
from pydicom.dataset import Dataset

from dicomview.catalog.columns import boxed, column, persons, row_table, vr_of_many
from dicomview.catalog.keys import key_of
from dicomview.elements import HIDDEN, NUMBERS, Level, entry_of, hides, identifies, is_many, rows_of, typed
from dicomview.errors import NothingFound, UnknownChoice
from dicomview.files import read_headers
from dicomview.pixels import FrameTags
from dicomview.quiet import quiet
from dicomview.space import Series, Slice, Stack

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomview.catalog.keys import Key
    from dicomview.elements import Identity, Row, Stored
    from dicomview.files import PixelSpan, Source

__all__ = ["tags"]

_PER_FRAME = "PerFrameFunctionalGroupsSequence"


def tags(
    source: Source | Series | Stack | Slice,
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
    source : path, pydicom.Dataset, list of either, Series, Stack or Slice
        Data sets are never written to. (With `keywords`, pydicom converts the functional groups of a multi-frame data
        set in place, as it does when you look at them yourself.)
    keywords : list, optional
        Keywords such as ``["InstanceNumber", "KVP"]``; names ("Slice Thickness"), tags ((0x0018, 0x0050) or 0x00180050)
        and paths ("BeamSequence[0].BeamName") do as well.
    identity : "show" or "hide", optional
        "hide" puts "(hidden)" in place of what may tell who the patient is, at any depth: the attributes of PS3.15
        Table E.1-1 that none of its Retain options lets stand, every name of a person, every private value. Dates,
        UIDs, device and institution are shown, and text in attributes that the table does not name is not searched. By
        default the environment variable ``DICOMVIEW_IDENTITY`` decides, else "show"; a "hide" there cannot be undone.

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
    File meta information (group 0002) is no part of the data set and has no rows; it can be asked for by keyword. Of
    files, what stands behind the pixel data is not read.

    Examples
    --------
    >>> tags("sample_data/ct_chest", ["InstanceNumber", "SliceThickness"]).head(2)  # doctest: +SKIP
       InstanceNumber  SliceThickness
    0               1             2.0
    1               2             2.0
    """
    hide = hides(identity)
    if isinstance(keywords, str):
        raise UnknownChoice(f"keywords is a list; write dv.tags(source, [{keywords!r}])")
    keys = None if keywords is None else [key_of(word) for word in keywords]
    instances = _instances(source)
    if keys is not None:
        return _by_keyword(instances, keys, hide)
    if len(instances) == 1:
        return row_table(_rows(instances[0], hide))
    return _of_several(instances, hide)


class _Instance(NamedTuple):
    """What a row is of: an instance, or one frame of it."""

    tags: FrameTags
    pixels: PixelSpan | None = None

    @property
    def dataset(self) -> Dataset:
        return self.tags.dataset


def _instances(source: Any) -> list[_Instance]:
    if isinstance(source, Slice):
        return [_Instance(source.tags, source.source.pixels)]
    headers = None
    if isinstance(source, Series):
        headers, source = source.headers, source.stack if source.stacks else None
    if isinstance(source, Stack):
        return [_Instance(one.tags, one.source.pixels) for one in source.slices]
    if isinstance(source, Dataset):
        return [_Instance(FrameTags(source))]
    found = [
        _Instance(FrameTags(header.dataset), header.pixels)
        for header in (read_headers(source) if headers is None else headers)
        if header.dataset is not None
    ]
    if not found:
        raise NothingFound("none of the files has a header that can be read; there are no tags to show")
    return found


def _rows(instance: _Instance, hide: bool) -> list[Row]:
    rows = rows_of(instance.dataset, hide=hide)
    span = instance.pixels
    if span is None or span.keyword in instance.dataset:
        return rows
    # The pixel data stay in the file, and are an element of it all the same.
    key = key_of(span.keyword)
    entry, length = entry_of(key.tag), None if span.length == 0xFFFFFFFF else span.length
    told = "encapsulated pixel data" if length is None else f"{length:,} bytes of pixel data"
    return [
        *rows,
        (entry.keyword, entry.address, entry.keyword, entry.name, None, span.vr, 1, told, None, None, length, None),
    ]


def _of_several(instances: list[_Instance], hide: bool) -> pd.DataFrame:
    """Return the rows of all; of a frame those that hold for it, under a path that is the same for all frames."""
    of: dict[int, list[Row]] = {}
    rows: list[Row] = []
    numbers: list[int] = []
    framed = len({id(one.dataset) for one in instances}) < len(instances)
    for number, one in enumerate(instances):
        if id(one.dataset) not in of:
            of[id(one.dataset)] = _rows(one, hide)
        mine = of[id(one.dataset)]
        if framed and one.tags.multiframe:
            own = f"{_PER_FRAME}[{one.tags.frame}]"
            mine = [
                (f"{_PER_FRAME}[frame]{row[0].removeprefix(own)}", *row[1:]) if row[0].startswith(own + ".") else row
                for row in mine
                if row[0].startswith(own + ".") or not row[0].startswith(f"{_PER_FRAME}[")
            ]
        rows += mine
        numbers += [number] * len(mine)
    return row_table(rows, instances=numbers)


def _by_keyword(instances: list[_Instance], keys: list[Key], hide: bool) -> pd.DataFrame:
    levels = {id(one.dataset): Level(one.dataset) for one in instances}
    columns: list[pd.Series[Any]] = []
    for key in keys:
        with quiet():
            found = [_stored(one, levels[id(one.dataset)], key) for one in instances]
            vr, many = vr_of_many(key.tag, ((one.vr, is_many(one)) for one in found if one is not None))
            cells = [None if one is None else _cell(one, vr) for one in found]
        if hide and any(identifies(tag, entry_of(tag).vr) for tag, _ in key.steps):
            cells = [None if cell is None else HIDDEN for cell in cells]
            many = False
        values = column(cells, vr, many=many).rename(key.label)
        columns.append(values)
        if vr == "PN" and not many:
            columns += [one.rename(label) for label, one in persons(key.label, values).items()]
    if not columns:
        return pd.DataFrame(index=range(len(instances)))
    return pd.concat(columns, axis=1)


def _cell(stored: Stored, vr: str) -> Any:
    """Return the typed value; text that a file gives under another VR than the dictionary is read as the latter."""
    if isinstance(stored.content, str) and vr not in NUMBERS:
        stored = stored._replace(vr=vr)
    return boxed(typed(stored)[0])


def _stored(instance: _Instance, level: Level, key: Key) -> Stored | None:
    """Return the element of this instance or frame: in the functional groups, the data set, or along the path."""
    first, _ = key.steps[0]
    if first >> 16 == 2:
        meta = getattr(instance.dataset, "file_meta", None)
        return None if meta is None else Level(meta).get(first)
    if len(key.steps) == 1:
        element = instance.tags.in_groups(first)
        return level.get(first) if element is None else level.of(element)
    for tag, place in key.steps[:-1]:
        outer = level.get(tag)
        items = outer.content if outer is not None and outer.vr == "SQ" and isinstance(outer.content, tuple) else ()
        if place is None or place >= len(items):
            return None
        level = items[place]
    return level.get(key.tag)
