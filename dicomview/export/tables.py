"""Tables as files: CSV, Parquet and JSON of tags and catalogues, and whole headers in the DICOM JSON model."""

from __future__ import annotations

from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dicomview.catalog import Catalog, instances_in, tags
from dicomview.catalog.exchange import to_csv, to_parquet
from dicomview.elements import Level, hides, masked
from dicomview.export.model import model
from dicomview.files import ending_of, new_file
from dicomview.pixels import FrameTags
from dicomview.progress import bar
from dicomview.render import refuse

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping

    from dicomview.elements import Identity

__all__ = ["json", "table"]


def table(
    source: Any,
    path: str | os.PathLike[str],
    *,
    keywords: Iterable[str] | None = None,
    identity: Identity | None = None,
    overwrite: bool = False,
) -> Path:
    """Write a table and return the path.

    **A table of tags or files says who the patient is** unless `identity` hides it.

    Parameters
    ----------
    source : pandas.DataFrame, Catalog, or whatever `dicomview.tags` takes
        A table as it is; of a catalogue its ``files``; of anything else what `dicomview.tags` says of it.
    path : path
        Of a new file: ".csv", ".parquet" or ".json". `dicomview.read_tags` reads the first two back.
    keywords : list, optional
        As for `dicomview.tags`.
    identity : "show" or "hide", optional
        As for `dicomview.tags`; of a catalogue, whatever may tell who the patient is. File names stay.
    overwrite : bool
        True replaces a file that is there already.

    Returns
    -------
    Path

    Raises
    ------
    AlreadyThere, NothingFound
        There is something at `path`, no folder to write into, or no DICOM in the source.
    UnknownChoice
        Another ending; a word that names no element; an option that a finished table cannot have.
    MissingExtra
        Parquet needs pyarrow.

    Notes
    -----
    CSV as ``table.dicom.to_csv`` writes it, so that no spreadsheet runs what is in it. JSON is a list of records:
    numbers, text, ISO 8601 for dates, times and durations, lists for several values, null where nothing is.
    """
    ending = ending_of(path, (".csv", ".parquet", ".json"))
    if isinstance(source, pd.DataFrame):
        refuse("a finished table", keywords=keywords, identity=identity)
        shown = source
    elif isinstance(source, Catalog):
        refuse("a catalogue (choose columns of catalog.files)", keywords=keywords)
        shown = (source.hidden() if hides(identity) else source).files
    else:
        shown = tags(source, keywords, identity=identity)
    if ending == ".json":
        with new_file(path, overwrite=overwrite) as target, target.open("x", encoding="utf-8") as file:
            file.writelines(_listed(_records(shown)))
        return Path(path)
    write = to_csv if ending == ".csv" else to_parquet
    return write(shown, path, overwrite=overwrite)


def json(
    source: Any,
    path: str | os.PathLike[str],
    *,
    identity: Identity | None = None,
    overwrite: bool = False,
) -> Path:
    """Write headers in the DICOM JSON model (PS3.18 Annex F) and return the path.

    **Headers say who the patient is** unless `identity` hides it.

    Parameters
    ----------
    source : whatever `dicomview.tags` takes
    path : path
        Of a new file that ends in ".json".
    identity : "show" or "hide", optional
        As for `dicomview.tags`: "hide" puts "(hidden)" in place of what may tell who the patient is.
    overwrite : bool
        True replaces a file that is there already.

    Returns
    -------
    Path
        A list with an object for each instance, without pixel data, as a server answers a request for metadata.

    Raises
    ------
    AlreadyThere, NothingFound, UnknownChoice
        As `table`.
    """
    ending_of(path, (".json",))
    hide = hides(identity, source)
    datasets = {id(one.dataset): one.dataset for one in instances_in(source)}  # once each, however many frames
    with new_file(path, overwrite=overwrite) as target, target.open("x", encoding="utf-8") as file:
        shown = bar(datasets.values(), "Writing headers", "instance")
        levels = ((Level(masked(one) if hide else one), FrameTags(one).little_endian) for one in shown)
        file.writelines(_listed(model(level, little_endian=little) for level, little in levels))
    return Path(path)


def _listed(objects: Iterable[Any]) -> Iterator[str]:
    """Yield the text of a JSON list, an object a line."""
    before = "[\n"
    for one in objects:
        yield before + dumps(one, ensure_ascii=False, allow_nan=False)
        before = ",\n"
    yield "\n]\n" if before == ",\n" else "[]\n"


def _records(shown: pd.DataFrame) -> Iterator[Mapping[str, Any]]:
    flat = shown.reset_index() if shown.index.name is not None else shown
    names = [str(name) for name in flat.columns]
    for row in zip(*(flat.iloc[:, place].astype(object) for place in range(len(names))), strict=True):
        yield dict(zip(names, map(_plain, row), strict=True))


def _plain(cell: Any) -> Any:
    if isinstance(cell, tuple | list):
        return [_plain(one) for one in cell]
    if isinstance(cell, bytes):
        return f"0x{cell.hex()}"
    if cell is None or pd.isna(cell):
        return None
    if hasattr(cell, "isoformat"):
        return cell.isoformat()
    return cell.item() if hasattr(cell, "item") else cell
