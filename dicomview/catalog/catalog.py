"""A catalogue: a row for every path, and the series, stacks and studies they make."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from dicomview._html import escaped
from dicomview.catalog.packed import Coded, table, taken
from dicomview.catalog.sketch import main_row, sketched
from dicomview.elements import HIDDEN, fitting, hides
from dicomview.errors import NothingFound, part, printable
from dicomview.files import STATUSES, Glancer, Header, ahead, read_header
from dicomview.objects import beside, kind_of_object, label_of_object
from dicomview.progress import bar
from dicomview.space import Series, series_of
from dicomview.space.series import OVER_IMAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from dicomview.catalog.packed import Packed
    from dicomview.elements import Identity
    from dicomview.files import Location
    from dicomview.space import Stack

__all__ = ["LINES", "Catalog"]

_INSTANCES = ("dicom", "no_preamble", "truncated")
LINES = 30
"""Of series in what a notebook shows of a catalogue."""
_UNJUDGED = "not judged yet: catalog.stacks"  # there are too many files for a line
_GONE = "not judged: the files have gone since the scan"
_READ_FOR_REPR = 200
_LONGEST = 40
_OF_STUDY = ("StudyInstanceUID", "StudyDate", "StudyTime", "StudyDescription", "PatientName", "PatientID")
_OF_SERIES = (
    "SeriesInstanceUID", "StudyInstanceUID", "Modality", "SeriesNumber", "SeriesDescription", "SeriesDate",
    "SeriesTime", "ProtocolName", "BodyPartExamined", "Manufacturer", "ManufacturerModelName", "Rows", "Columns",
    "SliceThickness", "PixelSpacing", "PatientID",
)  # fmt: skip


class Catalog:
    """What is under a source; made by `dicomview.scan`.

    ``len(catalog)`` is the number of series, ``catalog[i]`` reads one of them, the largest first: a `Series`.

    Parameters
    ----------
    places : sequence of Location
        Every path.
    packed : Packed
        What was found there.
    complete : bool
        False when the scan was interrupted.
    identity : "show" or "hide", optional
    folders : iterable of Path
        That were scanned.
    """

    listing: ClassVar[Callable[[Catalog], dict[str, Any]] | None] = None
    """Gives a list of it as a notebook shows widgets, where there is a notebook: set by the package, see there."""

    def __init__(
        self,
        places: Sequence[Location],
        packed: Packed,
        *,
        complete: bool = True,
        identity: Identity | None = None,
        folders: Iterable[Path] = (),
    ) -> None:
        self._places, self._packed, self._identity = places, packed, identity
        self.folders = tuple(folders)
        """The folders that were scanned."""
        self.complete = complete
        """False when the scan was interrupted: the paths not looked at are not here."""

    @property
    def identity(self) -> Identity:
        """Whether what may tell who the patient is is shown."""
        return "hide" if hides(self._identity) else "show"

    def hidden(self) -> Catalog:
        """Return the same catalogue, which hides who the patient is."""
        return Catalog(self._places, self._packed, complete=self.complete, identity="hide", folders=self.folders)

    def __len__(self) -> int:
        return len(self._members)

    def __iter__(self) -> Iterator[Series]:
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int) -> Series:
        """Read a series; its pixels when they are asked for. Where identity is hidden, tables made of it hide it too.

        Raises
        ------
        IndexError
            There is no such series.
        NothingFound
            Its files have gone.
        """
        count = len(self)
        if not -count <= index < count:
            raise IndexError(f"there is no series {index}; they run from 0 to {count - 1}")
        series = replace(self._read(index % count, progress=True), others=self._others(index % count))
        return series if self.identity == "show" else series.hidden()

    def __repr__(self) -> str:
        lines = [self.heading]
        for index in range(min(len(self), LINES)):
            lines += self._lines(index)
        if len(self) > LINES:
            lines.append(f"  … and {len(self) - LINES} more: catalog.series, catalog.stacks")
        return "\n".join(lines)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Return the lines; for a notebook also as a list whose pictures are made when they come into sight."""
        words = repr(self)
        plain = {"text/plain": words, "text/html": f'<pre style="white-space:pre-wrap">{escaped(words)}</pre>'}
        listing = type(self).listing
        return plain if listing is None else plain | listing(self)

    @property
    def heading(self) -> str:
        """How much there is, in one line."""
        counts = Counter(self._words("status"))
        found = [_count(len(self._places), "file")]
        found += [f"{counts[status]} {status}" for status in STATUSES if counts[status]]
        found += [_count(len(self._study_members), "study", "studies"), _count(len(self), "series", "series")]
        return f"Catalog: {' · '.join(found)}" + ("" if self.complete else " · interrupted: not all paths are here")

    @cached_property
    def files(self) -> pd.DataFrame:
        """One row for each path: ``path status detail size pixels`` and the attributes of the instance.

        ``size`` is in bytes, of a member of an archive that of the archive. Text is categorical, numbers are nullable,
        dates ``datetime64``, times ``timedelta64`` since midnight; ``x``, ``y`` and ``z`` are ImagePositionPatient in
        mm (LPS); several numbers are a tuple, several words and PatientAge text as it is stored. What is absent, empty,
        damaged, or a person's name where the dictionary has none is missing. Elements inside sequences, functional
        groups included, are not looked at.
        """
        return table(self._packed, [_name(one) for one in self._places], hide=hides(self._identity))

    @property
    def locations(self) -> list[Location]:
        """Where each path is, in the order of ``files``."""
        return list(self._places)

    @property
    def headers(self) -> list[Header]:
        """What the scan says of each path, in the order of ``files``: headers without a data set."""
        rows = zip(self._places, self._words("status"), self._words("detail"), strict=True)
        return [Header(place, status, detail=detail or "") for place, status, detail in rows]

    @cached_property
    def series(self) -> pd.DataFrame:
        """One row for each series, in the order of ``catalog[i]``: what a file of it says, ``files`` and ``size``.

        Of a series of several stacks (a localizer and an axial one) the file is the first of those that most slices
        look like, of no localizer where there is another; ``stacks`` has a row for each.
        """
        return self._summary(self._members, _OF_SERIES, [main_row(self._packed, rows) for rows in self._members])

    @cached_property
    def studies(self) -> pd.DataFrame:
        """One row for each study: what its first file says, ``modalities``, ``series``, ``files`` and ``size``."""
        groups = self._study_members
        summary = self._summary(groups, _OF_STUDY, [rows[0] for rows in groups])
        modality, of_series = self._column("Modality"), np.full(len(self._places), -1, np.intp)
        for index, rows in enumerate(self._members):
            of_series[rows] = index
        told = [sorted({word for word in _taken(modality, rows) if word is not None}) for rows in groups]
        summary.insert(len(summary.columns) - 2, "modalities", [" ".join(words) for words in told])
        summary.insert(len(summary.columns) - 2, "series", [len(np.unique(of_series[rows])) for rows in groups])
        return summary

    @cached_property
    def stacks(self) -> pd.DataFrame:
        """One row for each stack: ``series`` (the index), shape, spacing in mm, and what the judge of the grid says.

        A series whose files had to be read and have gone is a row without a stack, whose ``reason`` says so.
        """
        rows: list[dict[str, Any]] = []
        hide = hides(self._identity)
        for index in bar(range(len(self)), "Judging", "series"):
            try:
                stacks = self.stacks_of(index)
            except NothingFound:
                rows.append({"series": index, "stack": 0, "slices": 0, "localizer": False, "reason": _GONE})
                continue
            for number, stack in enumerate(stacks):
                spacing, tags = stack.spacing, stack.slices[0].tags
                rows.append(
                    {
                        "series": index,
                        "stack": number,
                        "Modality": fitting("CS", tags.text("Modality"), hide=hide),
                        "dims": " ".join(stack.dims),
                        "shape": stack.shape,
                        "slices": len(stack.slices),
                        "spacing": spacing,
                        "localizer": stack.localizer,
                        "verdict": stack.verdict.code,
                        "reason": stack.verdict.reason,
                        "residual_mm": stack.verdict.residual_mm,
                        "SeriesInstanceUID": fitting("UI", tags.text("SeriesInstanceUID"), hide=hide),
                    }
                )
        names = ["series", "stack", "Modality", "dims", "shape", "slices", "spacing", "localizer", "verdict", "reason"]
        return pd.DataFrame(rows, columns=[*names, "residual_mm", "SeriesInstanceUID"])

    def objects_of(self, index: int) -> pd.DataFrame:
        """Return a row for each object about the images of one series: what it is, its label, where it is.

        Segmentations, structure sets, doses, presentation states and key objects that name the series, or name none
        and lie in its frame of reference. Where identity is hidden, the label is too.
        """
        found, hide = beside(self[index]), hides(self._identity)
        table = {
            "kind": [kind_of_object(header) for header in found],
            "label": [HIDDEN if hide else label_of_object(header) for header in found],
            "path": [header.location.label for header in found],
        }
        for keyword in ("SeriesInstanceUID", "SOPInstanceUID"):
            uids = ("" if one.dataset is None else str(one.dataset.get(keyword, "")) for one in found)
            table[keyword] = [fitting("UI", uid, hide=hide) for uid in uids]
        return pd.DataFrame(table)

    def stacks_of(self, index: int) -> tuple[Stack, ...]:
        """Return the stacks of one series; the files are read again only where their attributes are not enough."""
        if index not in self._stacks:
            series = self.sketch_of(index) or self._read(index, progress=False)
            self._stacks[index] = series.stacks
        return self._stacks[index]

    def rows_of(self, index: int) -> list[int]:
        """Return the rows of ``files`` that make a series."""
        rows: list[int] = self._members[index].tolist()
        return rows

    def sketch_of(self, index: int) -> Series | None:
        """Return a series made of the columns alone; None where its files must be read to tell what is in it.

        Its slices have the attributes of ``files`` and no pixels.
        """
        series = sketched(self._places, self._packed, self.rows_of(index))
        return series if series is None or self.identity == "show" else series.hidden()

    @cached_property
    def _stacks(self) -> dict[int, tuple[Stack, ...]]:
        return {}

    @cached_property
    def _members(self) -> list[NDArray[np.intp]]:
        """The rows of each series, the largest first."""
        return self._grouped("StudyInstanceUID", "SeriesInstanceUID")

    @cached_property
    def _study_members(self) -> list[NDArray[np.intp]]:
        return self._grouped("StudyInstanceUID")

    def _grouped(self, *names: str) -> list[NDArray[np.intp]]:
        statuses = self._column("status")
        wanted = np.array([word in _INSTANCES for word in statuses.words], bool)[statuses.codes]
        rows = np.flatnonzero(wanted)
        keys = np.zeros(len(rows), np.int64)
        for name in names:
            column = self._column(name)
            keys = keys * len(column.words) + column.codes[rows]
        order = np.argsort(keys, kind="stable")
        edges = np.flatnonzero(np.diff(keys[order])) + 1
        groups = [rows[part] for part in np.split(order, edges)] if len(rows) else []
        uids = self._column(names[-1])
        return sorted(groups, key=lambda group: (-len(group), uids.words[uids.codes[group[0]]] or ""))

    def _summary(self, groups: Sequence[NDArray[np.intp]], names: Sequence[str], told: Sequence[int]) -> pd.DataFrame:
        """Return a row for each group: what its row in `told` says, and how much there is."""
        chosen = taken(self._packed, np.array(told, np.intp))
        summary = table(chosen, [""] * len(groups), hide=hides(self._identity))[list(names)].copy()
        summary["files"] = np.array([len(rows) for rows in groups], np.int64)
        summary["size"] = np.array([self._bytes(rows) for rows in groups], np.int64)
        return summary

    def _bytes(self, rows: NDArray[np.intp]) -> int:
        """Return how large the files of some rows are, an archive counted once."""
        archives, sizes = self._archives[rows], np.maximum(np.asarray(self._packed["size"])[rows], 0)
        packed = np.flatnonzero(archives >= 0)
        _, first = np.unique(archives[packed], return_index=True)
        return int(sizes[archives < 0].sum() + sizes[packed[first]].sum())

    @cached_property
    def _archives(self) -> NDArray[np.intp]:
        """Which archive each row is in; -1 for none."""
        known: dict[str | None, int] = {}
        found = (-1 if one.member is None else known.setdefault(one.file, len(known)) for one in self._places)
        return np.fromiter(found, np.intp, len(self._places))

    def _read(self, index: int, *, progress: bool) -> Series:
        rows = self._members[index]
        places = bar(ahead([self._places[row] for row in rows]), "Reading", "file", total=len(rows), show=progress)
        found = series_of(map(Glancer().header, places), progress=progress)
        if not found:
            raise NothingFound(f"the files of series {index} have gone or changed since the scan; scan again")
        return found[0]

    def _others(self, index: int) -> tuple[Header, ...]:
        """Read the objects that may be about a series: those of its study, or of its frame of reference."""
        classes = self._column("SOPClassUID")
        candidates = np.flatnonzero(np.array([word in OVER_IMAGES for word in classes.words], bool)[classes.codes])
        near = np.zeros(len(candidates), bool)
        for name in ("StudyInstanceUID", "FrameOfReferenceUID"):
            codes = self._column(name).codes
            near |= np.isin(codes[candidates], np.setdiff1d(codes[self._members[index]], [0]))
        return tuple(read_header(self._places[row]) for row in candidates[near].tolist())

    def title_of(self, index: int) -> str:
        """Return modality and description of a series: of one that hides who the patient is, "(hidden)"."""
        row = main_row(self._packed, self._members[index])
        columns = map(self._column, ("Modality", "SeriesDescription"))
        modality, description = (column.words[column.codes[row]] or "" for column in columns)
        words = printable(description[:_LONGEST])
        hide = hides(self._identity)
        words = HIDDEN if words and hide else words  # free text
        return " · ".join(filter(None, (part(fitting("CS", modality, hide=hide)) or "?", words)))

    def known_stacks_of(self, index: int) -> tuple[Stack, ...] | str:
        """Return the stacks of one series as `stacks_of`, or why not: many files have to be read, or they have gone."""
        rows = self._members[index]
        if index not in self._stacks and len(rows) > _READ_FOR_REPR:
            sketch = self.sketch_of(index)
            if sketch is None:
                return _UNJUDGED
            self._stacks[index] = sketch.stacks
        try:
            return self.stacks_of(index)
        except NothingFound:
            return _GONE

    def _lines(self, index: int) -> list[str]:
        """Return a line for each stack of a series."""
        modality, _, words = self.title_of(index).partition(" · ")
        start, end = f"{index:>3}  {modality} · ", f" · {words}" if words else ""
        stacks = self.known_stacks_of(index)
        count = _count(len(self._members[index]), "file")
        if isinstance(stacks, str) or not stacks:
            return [f"{start}{f'{count} · {stacks}' if stacks else f'no images · {count}'}{end}"]
        return [f"{start}{stack.summary()}{end}" for stack in stacks]

    def _column(self, name: str) -> Coded:
        column = self._packed[name]
        assert isinstance(column, Coded)
        return column

    def _words(self, name: str) -> list[Any]:
        column = self._column(name)
        return [column.words[code] for code in column.codes.tolist()]


def _taken(column: Coded, rows: NDArray[np.intp]) -> list[Any]:
    """Return the different values of some rows."""
    return [column.words[code] for code in np.unique(column.codes[rows])]


def _name(one: Location) -> str:
    if one.remote is not None:
        return one.remote.url
    if one.file is None:
        return one.label
    name = one.file if one.member is None else f"{one.file}::{one.member}"
    # A name that is no text on this system (bytes of another encoding) must still be one in a table.
    return name if name.isascii() else name.encode("utf-8", "backslashreplace").decode()


def _count(number: int, noun: str, several: str = "") -> str:
    return f"{number} {noun if number == 1 else several or noun + 's'}"
