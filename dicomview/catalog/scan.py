"""From paths to a catalogue: list them, glance at each, here or in the processes of an executor."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.dataset import Dataset

from dicomview.catalog.catalog import Catalog
from dicomview.catalog.index import Index
from dicomview.catalog.packed import joined, pack, taken, veiled
from dicomview.elements import hides
from dicomview.errors import UnknownChoice
from dicomview.files import Glancer, Location, ahead, is_url, locate
from dicomview.progress import bar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor, Future

    from numpy.typing import NDArray

    from dicomview.catalog.packed import Packed
    from dicomview.elements import Identity
    from dicomview.files import Glance, Source

__all__ = ["scan"]

_PACK = 16384  # glances kept as they are before they are packed
_CHUNK = 1024  # most paths in one task of an executor
_LEAST = 8  # paths in a task
_TASKS = 64  # at least, where there are paths enough: many wait for many files at once
_EACH = 4  # tasks a process, where that is known: each task has its cost

_own = threading.local()


def scan(
    source: Source,
    *,
    cache: str | os.PathLike[str] | None = None,
    executor: Executor | None = None,
    identity: Identity | None = None,
    progress: bool = True,
) -> Catalog:
    """Look at everything under `source`; every path becomes a row, whatever it is.

    Parameters
    ----------
    source : path, pydicom.Dataset, or a list of either
        A folder, a file, a zip archive, a DICOMDIR, data sets in memory. An archive that is encrypted, damaged or a
        bomb is a row that says so; of a list, a path that does not exist is one whose status is "missing".
    cache : path, optional
        A Parquet file that remembers what was found, made when it is not there: a file whose path, size and time of
        writing are those remembered is not opened again. It holds the patients' names and numbers, where these are
        not hidden.
    executor : concurrent.futures.Executor, optional
        Does the looking, in chunks of paths, which its workers must be able to open: a ``ProcessPoolExecutor``;
        ``dask.distributed.Client(...).get_executor()`` for a cluster; for URLs, where waiting is what takes long, a
        ``ThreadPoolExecutor`` of many threads.
    identity : "show" or "hide", optional
        "hide" puts "(hidden)" in place of what may tell who the patient is, in the tables and lines of the catalogue,
        as in `dicomview.tags`, and in a `cache` that it writes. When not given, the environment variable
        ``DICOMVIEW_IDENTITY`` says so.
    progress : bool
        Show a bar when it takes more than a second.

    Returns
    -------
    Catalog
        An interrupt (the notebook's ■, Ctrl+C) while files are looked at ends the scan, not the program: the catalogue
        then has the paths that were looked at, ``complete`` is False and its first line says so. With a
        `cache`, the next scan goes on from there.

    Raises
    ------
    NothingFound
        There is no such path, or the list is empty. (A folder without DICOM is a catalogue without series.)
    NotASource
        As `read_series`.
    AlreadyThere
        `cache` is a file that is no cache; of one that is damaged further on, the catalogue raises it when it is asked.
    MissingExtra
        A cache needs pyarrow.
    UnknownChoice
        `identity` is another word, or `executor` none.

    Examples
    --------
    >>> scan("sample_data/ct_chest")
    Catalog: 60 files · 60 dicom · 1 study · 1 series
      0  CT · 60 × 256 × 256 · 2.00 × 1.20 × 1.20 mm · regular · Chest with contrast (synthetic)
    """
    hide = hides(identity)  # before a folder is read
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise UnknownChoice(
            f"executor is {executor!r:.40}; give one that tasks can be submitted to, such as "
            "concurrent.futures.ProcessPoolExecutor(4)"
        )
    if isinstance(source, Iterator):
        source = list[Any](source)  # it is gone through twice
    places = list(locate(source, rows=True))
    index = None if cache is None else Index.opened(cache, hide=hide)
    known = np.full(len(places), -1, np.intp) if index is None else index.rows_of(places)
    old, new = np.flatnonzero(known >= 0), np.flatnonzero(known < 0)
    rows, parts = [old], [] if index is None else [taken(index.packed, known[old])]
    for seen, part in _seen(
        [places[row] for row in new.tolist()], executor, dated=index is not None, progress=progress
    ):
        rows.append(new[seen])
        parts.append(part)
    if hide:
        parts = [veiled(part) for part in parts]
    found = np.concatenate(rows)
    order = np.argsort(found, kind="stable")
    packed, paths = taken(joined(parts), order), [places[row] for row in found[order].tolist()]
    if index is not None and (len(rows) > 1 or len(old) != len(index) or index.tells):
        index.write(paths, packed)
    whole = len(paths) == len(places)
    return Catalog(paths, packed, complete=whole, identity=identity, folders=_folders_in(source))


def _folders_in(source: Source) -> list[Path]:
    many = [source] if isinstance(source, str | os.PathLike | Dataset) else source
    found = (Path(one).expanduser() for one in many if isinstance(one, str | os.PathLike) and not is_url(one))
    return [path.resolve() for path in found if path.is_dir()]


def _seen(
    places: Sequence[Location], executor: Executor | None, *, dated: bool, progress: bool
) -> Iterator[tuple[NDArray[np.intp], Packed]]:
    """Yield what was found, and at which of the places; at an interrupt what there is by then, and end."""
    here = np.arange(len(places))
    if executor is not None:
        away = np.array([one.dataset is None for one in places], bool)
        yield from _elsewhere(places, np.flatnonzero(away), executor, dated, progress)
        here = np.flatnonzero(~away)  # data sets in memory stay there
    glances: list[Glance] = []
    glancer, start = Glancer(dated=dated), 0
    try:
        mine = ahead([places[row] for row in here.tolist()])
        for one in bar(mine, "Scanning", "file", total=len(here), show=progress):
            glances.append(glancer(one))
            if len(glances) == _PACK:
                yield here[start : start + _PACK], pack(glances)
                start, glances = start + _PACK, []
    except KeyboardInterrupt:
        pass
    if glances:
        yield here[start : start + len(glances)], pack(glances)


def _elsewhere(
    places: Sequence[Location], rows: NDArray[np.intp], executor: Executor, dated: bool, progress: bool
) -> Iterator[tuple[NDArray[np.intp], Packed]]:
    asked = [places[row] for row in rows.tolist()]
    local = isinstance(executor, ProcessPoolExecutor) and not any(one.remote for one in asked)
    wanted = _EACH * getattr(executor, "_max_workers", 2) if local else _TASKS
    count = max(min(wanted, -(-len(rows) // _LEAST)), -(-len(rows) // _CHUNK))
    chunks = np.array_split(rows, count) if count else []
    tasks: dict[Future[Packed], NDArray[np.intp]] = {}
    begun = 0
    for chunk in chunks:
        columns = list(zip(*asked[begun : begun + len(chunk)], strict=True))
        tasks[executor.submit(glances_of, columns, dated)] = chunk
        begun += len(chunk)
    told: set[Future[Packed]] = set()
    try:
        ended = as_completed(tasks)
        for task in bar(ended, "Scanning", "file", total=len(rows), weigh=lambda one: len(tasks[one]), show=progress):
            part = task.result()
            told.add(task)
            yield tasks[task], part
    except KeyboardInterrupt:
        for task, chunk in tasks.items():
            if not task.cancel() and task.done() and task not in told:
                yield chunk, task.result()


def glances_of(places: Sequence[Sequence[Any]], dated: bool) -> Packed:
    """Return what is at some paths: the task of an executor's worker, to whom columns travel lighter than rows."""
    glancer = getattr(_own, f"glancer_{dated}", None)  # which remembers what the headers it has seen have in common
    if glancer is None:
        glancer = Glancer(dated=dated)
        setattr(_own, f"glancer_{dated}", glancer)
    return pack([glancer(one) for one in ahead([*map(Location, *places)])])
