"""From paths to a catalogue: list them, glance at each, here or in the processes of an executor."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from functools import partial
from itertools import islice, repeat
from multiprocessing import parent_process
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import numpy as np
from pydicom.dataset import Dataset

from dicomview.catalog.catalog import Catalog
from dicomview.catalog.index import Index
from dicomview.catalog.packed import joined, pack, taken, veiled
from dicomview.elements import hides
from dicomview.errors import UnknownChoice, WorkerLost
from dicomview.files import Glancer, Location, ahead, is_url, locate
from dicomview.progress import bar
from dicomview.turns import quick_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor, Future

    from numpy.typing import NDArray

    from dicomview.catalog.packed import Packed
    from dicomview.elements import Identity
    from dicomview.files import Glance, Source

__all__ = ["scan"]

_Result = TypeVar("_Result")
_Part: TypeAlias = "tuple[NDArray[np.intp], Packed]"  # rows of the listing, and what was found there
_PACK = 16384  # glances kept as they are before they are packed
_CHUNK = 2048  # most paths in one task of an executor
_LEAST = 8  # paths in a task
_PARTS = 8  # of what one worker does, in the smallest tasks: each has its cost
_WORKERS = 32  # where an executor does not say how many: many wait for many files at once
_STEP = 1024  # paths that are listed at once while others look
_KILLED = "KilledWorker"  # dask's word for it

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
        writing are those remembered is not opened again. It is for one source: a scan of another forgets the first.
        It holds the patients' names and numbers, where these are not hidden.
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
        `cache`, the next scan goes on from there. While folders are still being listed and nothing was looked at, it
        is a KeyboardInterrupt as ever.

    Raises
    ------
    NothingFound
        There is no such path, or the list is empty. (A folder without DICOM is a catalogue without series.)
    NotASource
        As `read_series`.
    AlreadyThere
        `cache` is a file that is no cache; of one that is damaged further on, the catalogue raises it when it is asked.
    DicomviewError
        `cache` cannot be written: not permitted, no space.
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
    listing, parts = _Listing(locate(source, rows=True)), list[_Part]()
    lost: WorkerLost | None = None
    if index is None:
        _seen(listing, executor, parts, dated=False, progress=progress)
    else:
        places = listing.more()
        known = index.rows_of(places)
        old, new = np.flatnonzero(known >= 0), np.flatnonzero(known < 0)
        asked = _Listing(iter([places[row] for row in new.tolist()]))
        try:
            _seen(asked, executor, parts, dated=True, progress=progress)
        except WorkerLost as error:
            lost = error  # the cache is for what was read before
        fresh = bool(parts) or len(old) != len(index) or index.tells
        parts = [(new[rows], part) for rows, part in parts]
        parts.append((old, _to_its_end(partial(taken, index.packed, known[old]))))
    paths, packed = _to_its_end(partial(_put_together, listing.places, parts, hide))
    if index is not None and fresh:
        _to_its_end(partial(index.write, paths, packed))
    if lost is not None:
        raise lost
    whole = listing.whole and len(paths) == len(listing.places)
    return Catalog(paths, packed, complete=whole, identity=identity, folders=_folders_in(source))


def _put_together(places: list[Location], parts: list[_Part], hide: bool) -> tuple[list[Location], Packed]:
    """Return the paths that were looked at, in their order, and what was found there."""
    parts.sort(key=lambda one: one[0][:1].tolist())  # then they are mostly in order
    rows = np.concatenate([rows for rows, _ in parts] or [np.empty(0, np.intp)])
    order = np.argsort(rows, kind="stable")
    packed = taken(joined([veiled(part) if hide else part for _, part in parts]), order)
    return places if len(order) == len(places) else [places[row] for row in rows[order].tolist()], packed


def _to_its_end(deed: Callable[[], _Result]) -> _Result:
    """Do what must not be lost: an interrupt has it begun anew, a second one ends it."""
    try:
        return deed()
    except KeyboardInterrupt:
        return deed()


class _Listing:
    """Places as they are listed; `whole` once there are no more. `apart` are the rows of data sets in memory."""

    def __init__(self, found: Iterator[Location]) -> None:
        self.places: list[Location] = []
        self.apart: list[int] = []
        self.whole = False
        self._found = found

    def more(self, count: int | None = None) -> list[Location]:
        """List so many more; all when not given."""
        new = list(islice(self._found, count))
        self.apart += [row for row, one in enumerate(new, len(self.places)) if one.dataset is not None]
        self.places += new
        self.whole = count is None or len(new) < count
        return new


def _folders_in(source: Source) -> list[Path]:
    many = [source] if isinstance(source, str | os.PathLike | Dataset) else source
    found = (Path(one).expanduser() for one in many if isinstance(one, str | os.PathLike) and not is_url(one))
    return [path.resolve() for path in found if path.is_dir()]


def _seen(listing: _Listing, executor: Executor | None, parts: list[_Part], *, dated: bool, progress: bool) -> None:
    """Add what was found, and at which of the places, to `parts`; at an interrupt what there is by then."""
    if executor is not None:
        _look_elsewhere(listing, executor, parts, dated, progress)
    else:
        listing.more()
    glances: list[Glance] = []
    glancer, done = Glancer(dated=dated), 0
    here = np.arange(len(listing.places)) if executor is None else np.array(listing.apart, np.intp)
    try:
        mine = [listing.places[row] for row in here.tolist()]
        for one in bar(ahead(mine), "Scanning", "file", total=len(mine), show=progress):
            glances.append(glancer(one))
            if len(glances) == _PACK:
                parts.append((here[done : done + _PACK], pack(glances)))
                done, glances = done + _PACK, []
    except KeyboardInterrupt:
        pass
    if glances:
        parts.append((here[done : done + len(glances)], _to_its_end(partial(pack, glances))))


def _look_elsewhere(listing: _Listing, executor: Executor, parts: list[_Part], dated: bool, progress: bool) -> None:
    tasks: dict[Future[Packed], NDArray[np.intp]] = {}
    found: dict[Future[Packed], _Part] = {}
    try:
        with quick_turns():  # the executor's threads wait for this one, which lists
            for rows in _shares(listing, executor, tasks):
                columns = list(zip(*[listing.places[row] for row in rows.tolist()], strict=True))
                tasks[executor.submit(glances_of, columns, dated)] = rows
        ended, total = as_completed(tasks), sum(map(len, tasks.values()))
        for task in bar(ended, "Scanning", "file", total=total, weigh=lambda one: len(tasks[one]), show=progress):
            found[task] = tasks[task], task.result()
    except BaseException as error:
        for task in tasks:
            task.cancel()
        # An interrupt of a shell reaches the workers too, and may have ended them.
        whole = [task for task in tasks if task.done() and not task.cancelled() and task.exception() is None]
        found |= {task: (tasks[task], task.result()) for task in whole if task not in found}
        if isinstance(error, KeyboardInterrupt) and tasks:
            return
        if not isinstance(error, BrokenExecutor) and type(error).__name__ != _KILLED:
            raise
        raise WorkerLost(
            f"a process of the executor has ended before it was done, when {sum(len(tasks[one]) for one in found):,} "
            "files had been looked at: it was killed, perhaps because memory was short, or could not start (a script "
            'needs its if __name__ == "__main__":). Scan again with a new executor of fewer workers, with more memory, '
            "or without an executor; with a cache the scan goes on from there"
        ) from error
    finally:
        parts += found.values()


def _shares(
    listing: _Listing, executor: Executor, tasks: dict[Future[Packed], NDArray[np.intp]]
) -> Iterator[NDArray[np.intp]]:
    """Yield the rows of each task: smaller and smaller shares of what is left, so that all workers end together.

    The processes of this machine begin while places are still being listed, with as many as keep them busy.
    """
    here = isinstance(executor, ProcessPoolExecutor)
    workers, places, given = getattr(executor, "_max_workers", _WORKERS), listing.places, 0
    while given < len(places) or not listing.whole:
        if not listing.whole:
            listing.more(_STEP if here else None)
        least = max(_LEAST, len(places) // (_PARTS * workers), _STEP // (4 * workers) if here else 0)
        while given < len(places) and (listing.whole or _hungry(tasks, 2 * workers)):
            left = len(places) - given
            share = min(max(left // workers, least), _CHUNK)
            rows = np.arange(given, given + (share if share + least // 2 < left else min(left, _CHUNK)))
            given += len(rows)
            if listing.apart:  # these stay here
                rows = np.setdiff1d(rows, listing.apart, assume_unique=True)
            if len(rows):
                yield rows


def _hungry(tasks: dict[Future[Packed], NDArray[np.intp]], enough: int) -> bool:
    """Return whether fewer than so many tasks wait or are being done: the last ones, if any."""
    return sum(not task.done() for task in islice(reversed(tasks), enough)) < enough


def glances_of(places: Sequence[Sequence[Any]], dated: bool) -> Packed:
    """Return what is at some paths: the task of an executor's worker, to whom columns travel lighter than rows."""
    glancer = getattr(_own, f"glancer_{dated}", None)  # which remembers what the headers it has seen have in common
    if glancer is None:
        glancer = Glancer(dated=dated)
        setattr(_own, f"glancer_{dated}", glancer)
    with _uncollected():
        rows = [*map(tuple.__new__, repeat(Location), zip(*places, strict=True))]  # faster than Location(...)
        return pack([glancer(one) for one in ahead(rows)])


@contextmanager
def _uncollected() -> Iterator[None]:
    """Have Python's collector rest in a worker: it finds no rings among glances, and takes a twentieth of the time."""
    rests = parent_process() is not None and gc.isenabled()  # else the interpreter is somebody else's, too
    if rests:
        gc.disable()
    try:
        yield
    finally:
        if rests:
            gc.enable()
