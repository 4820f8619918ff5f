"""From paths to a catalogue: list them, glance at each, here or in the processes of an executor."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, as_completed
from itertools import islice, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.dataset import Dataset

from dicomview.catalog.catalog import Catalog
from dicomview.catalog.index import Index
from dicomview.catalog.packed import joined, pack, spread, taken, veiled
from dicomview.elements import hides
from dicomview.errors import UnknownChoice, WorkerLost
from dicomview.files import Glancer, Location, ahead, is_url, locate
from dicomview.progress import bar
from dicomview.turns import quick_turns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor, Future

    from numpy.typing import NDArray

    from dicomview.catalog.packed import Packed
    from dicomview.elements import Identity
    from dicomview.files import Glance, Source

__all__ = ["scan"]

_PACK = 16384  # glances kept as they are before they are packed
_CHUNK = 2048  # most paths in one task of an executor
_LEAST = 8  # paths in a task
_TASKS = 64  # at least, where there are paths enough: many wait for many files at once
_FIRST = 256  # paths that are listed before the processes of this machine begin
_LAST = 2  # tasks in which each of them has its share of what is listed last: every task has its cost

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
        A folder, a file, a zip archive, a DICOMDIR, data sets in memory; a URL that fsspec knows, of an archive with
        zip:// in front: "zip://::https://host/a.zip", of a folder in it "zip://folder::https://host/a.zip". An archive
        that is encrypted, damaged or a bomb is a row that says so; of a list, a path that does not exist is one whose
        status is "missing".
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
        `cache`, the next scan goes on from there. While folders are still being listed, it is a KeyboardInterrupt as
        ever: nothing was looked at then, unless by an `executor` (without a `cache`), which begins earlier.

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
    WorkerLost
        A process of the executor has ended before it was done: killed, as a system does when memory is short.

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
    index = None if cache is None else Index.opened(cache, hide=hide)
    listing = _Listing(locate(source, rows=True))
    if index is None:
        parts = list(_seen(listing, executor, dated=False, progress=progress))
    else:
        places = listing.more()
        known = index.rows_of(places)
        old, new = np.flatnonzero(known >= 0), np.flatnonzero(known < 0)
        asked = _Listing(iter([places[row] for row in new.tolist()]))
        parts = [(new[rows], part) for rows, part in _seen(asked, executor, dated=True, progress=progress)]
        fresh = bool(parts) or len(old) != len(index) or index.tells
        parts.append((old, taken(index.packed, known[old])))
    parts.sort(key=lambda one: one[0][:1].tolist())  # then they are mostly in order
    rows = np.concatenate([rows for rows, _ in parts] or [np.empty(0, np.intp)])
    order = np.argsort(rows, kind="stable")
    packed = taken(joined([veiled(part) if hide else part for _, part in parts]), order)
    paths = [listing.places[row] for row in rows[order].tolist()]
    if index is not None and fresh:
        index.write(paths, packed)
    whole = listing.whole and len(paths) == len(listing.places)
    return Catalog(paths, packed, complete=whole, identity=identity, folders=_folders_in(source))


class _Listing:
    """Places as they are listed; `whole` once there are no more."""

    def __init__(self, found: Iterator[Location]) -> None:
        self.places: list[Location] = []
        self.whole = False
        self._found = found

    def more(self, count: int | None = None) -> list[Location]:
        """List so many more; all when not given."""
        new = list(islice(self._found, count))
        self.places += new
        self.whole = count is None or len(new) < count
        return new


def _folders_in(source: Source) -> list[Path]:
    many = [source] if isinstance(source, str | os.PathLike | Dataset) else source
    found = (Path(one).expanduser() for one in many if isinstance(one, str | os.PathLike) and not is_url(one))
    return [path.resolve() for path in found if path.is_dir()]


def _seen(
    listing: _Listing, executor: Executor | None, *, dated: bool, progress: bool
) -> Iterator[tuple[NDArray[np.intp], Packed]]:
    """Yield what was found, and at which of the places; at an interrupt what there is by then, and end."""
    mine = listing.more() if executor is None else []
    here = np.arange(len(mine))
    if executor is not None:
        yield from _elsewhere(listing, executor, dated, progress)
        here = np.array([row for row, one in enumerate(listing.places) if one.dataset is not None], np.intp)
        mine = [listing.places[row] for row in here.tolist()]  # data sets in memory stay there
    glances: list[Glance] = []
    glancer, start = Glancer(dated=dated), 0
    try:
        for one in bar(ahead(mine), "Scanning", "file", total=len(mine), show=progress):
            glances.append(glancer(one))
            if len(glances) == _PACK:
                yield here[start : start + _PACK], spread(pack(glances))
                start, glances = start + _PACK, []
    except KeyboardInterrupt:
        pass
    if glances:
        yield here[start : start + len(glances)], spread(pack(glances))


def _elsewhere(
    listing: _Listing, executor: Executor, dated: bool, progress: bool
) -> Iterator[tuple[NDArray[np.intp], Packed]]:
    tasks: dict[Future[Packed], NDArray[np.intp]] = {}
    told: set[Future[Packed]] = set()
    try:
        with quick_turns():  # the executor's threads wait for this one, which lists
            for rows in _shares(listing, executor):
                columns = list(zip(*[listing.places[row] for row in rows.tolist()], strict=True))
                tasks[executor.submit(glances_of, columns, dated)] = rows
        ended, total = as_completed(tasks), sum(map(len, tasks.values()))
        for task in bar(ended, "Scanning", "file", total=total, weigh=lambda one: len(tasks[one]), show=progress):
            part = spread(task.result())
            told.add(task)
            yield tasks[task], part
    except BrokenExecutor as error:
        done = sum(len(rows) for task, rows in tasks.items() if _is_whole(task))
        raise WorkerLost(
            f"a process of the executor has ended before it was done, when {done:,} of {len(listing.places):,} files "
            "had been looked at: it was killed, perhaps because memory was short, or could not start (a script needs "
            'its if __name__ == "__main__":). Scan again with a new executor of fewer workers, with more memory, or '
            "without an executor"
        ) from error
    except KeyboardInterrupt:
        for task, rows in tasks.items():  # an interrupt of a shell reaches the workers too, and may have ended them
            if not task.cancel() and _is_whole(task) and task not in told:
                yield rows, spread(task.result())


def _is_whole(task: Future[Packed]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None


def _shares(listing: _Listing, executor: Executor) -> Iterator[NDArray[np.intp]]:
    """Yield the rows of each task; the processes of this machine get theirs while the rest is being listed."""
    here = isinstance(executor, ProcessPoolExecutor)
    rows = np.empty(0, np.intp)  # listed, and not yet given to anybody
    while not listing.whole:
        begun = len(listing.places)
        new = listing.more(min(max(begun, _FIRST), _CHUNK) if here else None)
        more = np.array([row for row, one in enumerate(new, begun) if one.dataset is None], np.intp)
        if not listing.whole and len(rows):
            yield rows
            rows = more
        else:
            rows = np.concatenate([rows, more])
    wanted = _LAST * getattr(executor, "_max_workers", 2) if here else _TASKS
    count = max(min(wanted, -(-len(rows) // _LEAST)), -(-len(rows) // _CHUNK))
    yield from np.array_split(rows, count) if count else []


def glances_of(places: Sequence[Sequence[Any]], dated: bool) -> Packed:
    """Return what is at some paths: the task of an executor's worker, to whom columns travel lighter than rows."""
    glancer = getattr(_own, f"glancer_{dated}", None)  # which remembers what the headers it has seen have in common
    if glancer is None:
        glancer = Glancer(dated=dated)
        setattr(_own, f"glancer_{dated}", glancer)
    rows = [*map(tuple.__new__, repeat(Location), zip(*places, strict=True))]  # faster than Location(...)
    return pack([glancer(one) for one in ahead(rows)])
