"""What was written, searched for what was removed: nothing is believed, least of all what wrote it."""

from __future__ import annotations

import io
from collections import defaultdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomview.errors import NothingFound
from dicomview.pixels import frame_count, pixel_cells
from dicomview.privacy.apply import Copies, digest_of, hides_overlay
from dicomview.privacy.burned_in import reasons_of
from dicomview.privacy.compare import Pair, left_in, matched
from dicomview.privacy.dates import shifted
from dicomview.privacy.findings import Finding, table_of
from dicomview.privacy.marks import marked
from dicomview.privacy.plan import Plan, opened, plan
from dicomview.privacy.proof import Proof
from dicomview.privacy.search import Needles
from dicomview.privacy.subjects import codecs_of, is_gone, term_of
from dicomview.privacy.walk import sop_class_of, texts, walk
from dicomview.privacy.write import pixel_element
from dicomview.privacy.written import read_written
from dicomview.progress import bar
from dicomview.quiet import quiet

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping

    from pydicom.dataset import Dataset

    from dicomview.files import Header
    from dicomview.privacy.plan import Entry
    from dicomview.privacy.policy import Policy
    from dicomview.privacy.sources import Protected
    from dicomview.privacy.written import Written

__all__ = ["verify"]

_IN_PIXELS = 8  # bytes: shorter words turn up in uncompressed pixels


def verify(
    source: Copies | Plan | Protected,
    out: str | os.PathLike[str] | None = None,
    *,
    reviewed: Mapping[str, str] | None = None,
    progress: bool = True,
    **choices: Any,
) -> Proof:
    """Search everything that was written for everything that was removed.

    Parameters
    ----------
    source : Copies, Plan or path
        What `apply` has returned, the plan, or the source itself with the arguments of `plan` (the key among them).
    out : path, optional
        The folder of copies; that of `Copies` when not given.
    reviewed : dict of str to str, optional
        Ids of findings that you have looked at, and what you have seen: they no longer stand in the way.
    progress : bool
    **choices
        Of `plan`, where `source` is neither a plan nor copies.

    Returns
    -------
    Proof
        Its `findings` are a table; `releasable` is True when none is open.

    Raises
    ------
    NothingFound
        There is no such folder.

    Notes
    -----
    Searched are all bytes of all files in the folder: values of every element that is removed or changed in any file of
    the same patient, names whole and by words, numbers with and without what stands around them, dates in ten
    spellings, in UTF-8, Latin-1, UTF-16 and the character set of the file, composed and decomposed, small and capital
    letters alike. `Proof.not_searched` says what is not.

    Examples
    --------
    >>> proof = dv.privacy.verify(copies)   # doctest: +SKIP
    >>> proof.findings                      # doctest: +SKIP
    """
    made = {one.entry.target: one for one in source.made if one.entry.target} if isinstance(source, Copies) else {}
    if isinstance(source, Copies):
        planned, folder = source.plan, source.out if out is None else Path(out)
    else:
        planned = source if isinstance(source, Plan) else plan(source, progress=progress, **choices)
        folder = Path(out if out is not None else "")
    if (out is None and not isinstance(source, Copies)) or not folder.is_dir():
        raise NothingFound("there is no folder of copies to verify; give the one that apply has written")
    examined = [one for one in planned.copied if not (one.target in made and made[one.target].aside)]
    check = _Check(planned.policy, folder)
    findings = [*_unexpected(planned, folder, examined), *_divided(examined)]
    shown = iter(bar(examined, "Verifying", "file", show=progress))
    for identity, group in groupby(examined, key=lambda one: one.identity):
        with quiet():
            files = list(group)
            check.begin(planned, identity, files)
            for _ in files:
                entry = next(shown)
                digest = made[entry.target].digest if entry.target in made else ""
                findings += check.file(entry, digest)
    next(shown, None)
    findings += check.uids()
    table = table_of(findings, reviewed or {})
    return Proof(planned, folder, table, len(examined), check.searched, check.bytes, made)


def _unexpected(planned: Plan, folder: Path, examined: Iterable[Entry]) -> Iterator[Finding]:
    """Return a finding for each file that the plan does not write, and what it holds of any patient."""
    expected = {one.target for one in examined}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() and not path.is_symlink():
            continue
        if name in expected and not path.is_symlink():
            continue
        yield Finding("unexpected", name, "", "not by this plan")
        if path.is_file():
            written = read_written(path)
            for subject in planned.subjects.values():
                for hit in subject.telling.hits(written.data):
                    yield Finding("residual", name, written.where(hit.start), _of(hit), hit.start)


def _divided(examined: Iterable[Entry]) -> Iterator[Finding]:
    """Return a finding for each study whose files say that they are of several patients: its dates drift apart."""
    patients: dict[str, str] = {}
    told = set()
    for entry in examined:
        patient, study, *_ = entry.target.split("/")
        if patients.setdefault(study, patient) != patient and study not in told:
            told.add(study)
            yield Finding("identifier", entry.target, "PatientID", "the files of one study are of several patients")


def _of(hit: Any) -> str:
    return f"{hit.kind} of {hit.source}, {hit.encoding}"


class _Check:
    """The files of one folder, patient by patient."""

    def __init__(self, policy: Policy, folder: Path) -> None:
        self._policy, self._folder = policy, folder
        self._reviewed = frozenset(policy.vocabulary.values())
        self._after: defaultdict[str, set[str]] = defaultdict(set)
        self._before: defaultdict[str, set[str]] = defaultdict(set)
        self._first: dict[str, tuple[str, str]] = {}
        self._own: dict[str, str] = {}
        self._risky: set[str] = set()
        self.searched = self.bytes = 0

    def begin(self, planned: Plan, identity: str, files: Iterable[Entry]) -> None:
        """Learn what must not be found in the files of a patient: all that goes from any of them."""
        self._subject = planned.subjects[identity]
        self._needles = Needles()
        for entry in files:
            dataset = opened(entry.location)[1]
            if dataset is not None:
                codecs = codecs_of(dataset)
                for one in walk(dataset, self._policy, sop_class_of(dataset)):
                    stays = self._reviewed if one.decision.action == "describe" else ()
                    for term in term_of(one):
                        if term.text.strip() not in stays:
                            self._needles.add(term, one.path, codecs)
        self.searched += len(self._needles)

    def file(self, entry: Entry, digest: str) -> Iterator[Finding]:
        """Return what is wrong with one copy."""
        path, name = self._folder / entry.target, entry.target
        header, dataset = opened(entry.location)
        if dataset is None or (digest and digest_of(entry.location) != digest):
            yield Finding("source", name, "", "has changed or is gone")
        if not path.is_file() or dataset is None:
            yield Finding("missing", name, "", "no copy")
            return
        written = read_written(path)
        self.bytes += len(written.data)
        yield from self._residual(name, dataset, written)
        if written.dataset is None:
            yield Finding("unexpected", name, "", "is not DICOM")
            return
        boxes = self._policy.boxes_in(dataset)
        painted = header.pixels is not None and bool(boxes or hides_overlay(dataset))
        for found in matched(dataset, written.dataset, self._policy, self._subject, painted=painted):
            if isinstance(found, Pair):
                self._pair(name, found)
            else:
                yield Finding("altered", name, found.path, found.detail)
        self._own[entry.uid] = str(written.dataset.get("SOPInstanceUID", ""))
        for left in left_in(written.dataset, self._policy, self._subject):
            yield Finding("not removed", name, left.path, left.detail)
        yield from self._pixels(name, header, written, painted=painted)
        for kind, where, detail in marked(written, self._policy, pixels=bool(painted and boxes)):
            yield Finding(kind, name, where, detail)
        if header.pixels is not None and entry.series_uid not in self._risky and not boxes:
            level, why = reasons_of(dataset)
            if level == "high":
                self._risky.add(entry.series_uid)
                yield Finding("burned in", name, "PixelData", f"the series of this file: {why}")

    def _residual(self, name: str, source: Dataset, written: Written) -> Iterator[Finding]:
        start, end = written.pixels
        native = written.data[start : start + 4] != b"\xfe\xff\x00\xe0"  # uncompressed values say words by chance
        spans = ((0, start, False), (start, end, True), (end, len(written.data), False))
        kept: str | None = None
        dates: set[str] = set()
        for offset, stop, pixels in spans:
            data = written.data[offset:stop]
            for hit in self._needles.hits(data, pixels=pixels, shortest=_IN_PIXELS if pixels and native else 1):
                place = offset + hit.start
                if kept is None:  # only when something was found: most files have nothing
                    kept, dates = self._staying(source)
                said = data[hit.start : hit.end].decode("ascii", "replace").casefold()
                harmless = (hit.kind == "text" and said in kept) or (
                    hit.kind == "date" and "".join(filter(str.isdigit, said)) in dates
                )
                kind = "coincidence" if harmless and not pixels else "residual"
                yield Finding(kind, name, "PixelData" if pixels else written.where(place), _of(hit), place)

    def _staying(self, source: Dataset) -> tuple[str, set[str]]:
        """Return the texts that stay, and the dates that stay or that others have moved to."""
        kept, dates = [*self._reviewed], set()
        for one in walk(source, self._policy, sop_class_of(source)):
            if one.element is not None and not is_gone(one):
                kept += texts(one.element)
                if one.element.VR in ("DA", "DT"):
                    dates |= {text.replace(".", "")[:8] for text in texts(one.element)}
            elif one.element is not None and one.decision.action == "shift":
                dates |= {(shifted(text, self._subject.days, one.element.VR) or "")[:8] for text in texts(one.element)}
        return "\0".join(kept).casefold(), dates

    def _pair(self, name: str, pair: Pair) -> None:
        self._after[pair.before].add(pair.after)
        self._before[pair.after].add(pair.before)
        self._first.setdefault(pair.before, (name, pair.path))

    def uids(self) -> Iterator[Finding]:
        """Return where UIDs do not stand one for one: n in the source have to be n in the copies."""
        for before, after in self._after.items():
            name, path = self._first[before]
            if len(after) > 1:
                yield Finding("identifier", name, path, f"one UID became {len(after)}")
            if any(len(self._before[one]) > 1 for one in after):
                yield Finding("identifier", name, path, "several UIDs became one")
            own = self._own.get(before)
            if own is not None and after != {own}:
                yield Finding("reference", name, path, "a copied instance is not found by it")

    def _pixels(self, name: str, header: Header, written: Written, *, painted: bool) -> Iterator[Finding]:
        span, copy = header.pixels, written.dataset
        assert copy is not None
        start, end = written.pixels
        if span is None or span.keyword not in copy:
            if (span is None) != (start == end):
                yield Finding("pixels", name, "PixelData", "are there in one of source and copy alone")
            return
        if not painted:
            original = pixel_element(header)
            if original is None or original.value != written.data[start:end]:
                yield Finding("pixels", name, span.keyword, "are not byte for byte those of the source")
            return
        yield from self._blackened(name, header, written)

    def _blackened(self, name: str, header: Header, written: Written) -> Iterator[Finding]:
        """Compare decoded frames: the same outside of the rectangles, one value inside."""
        source, copy = header.dataset, written.dataset
        assert source is not None and copy is not None and header.pixels is not None
        boxes = self._policy.boxes_in(source)
        bits = int(source.get("BitsStored") or source.BitsAllocated)
        shift = int(source.get("HighBit", bits - 1)) + 1 - bits
        vr = copy[header.pixels.keyword].VR
        for frame in range(frame_count(source)):
            with header.open_pixels() as stream:
                before, _ = pixel_cells(source, stream, frame, vr=header.pixels.vr, length=header.pixels.size)
            with io.BytesIO(written.data[slice(*written.pixels)]) as stream:
                after, _ = pixel_cells(copy, stream, frame, vr=vr, length=written.pixels[1] - written.pixels[0])
            if before.ndim == 2 and before.dtype.kind in "iu":
                unsigned = before.view(f"u{before.dtype.itemsize}")
                before = (unsigned & unsigned.dtype.type(((1 << bits) - 1) << shift)).view(before.dtype)
            outside = np.ones(before.shape[:2], bool)
            for left, top, right, bottom in boxes:
                outside[top:bottom, left:right] = False
                part = after[top:bottom, left:right]
                if part.size and (part != part.flat[0]).any():
                    yield Finding("pixels", name, "PixelData", "a rectangle is not black")
            if before.shape != after.shape or (before[outside] != after[outside]).any():
                yield Finding("pixels", name, "PixelData", "differ outside of the rectangles")
