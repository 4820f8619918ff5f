"""What will happen to every attribute, before anything is written."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from copy import deepcopy
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from dicomview._html import leaf
from dicomview.elements import edition
from dicomview.errors import NothingFound, UnknownChoice
from dicomview.files import read_header
from dicomview.privacy.aside import why_aside
from dicomview.privacy.clean import Cleaner
from dicomview.privacy.policy import policy_of
from dicomview.privacy.recorder import Recorder
from dicomview.privacy.sources import folders_of, locations_in, many_of
from dicomview.privacy.subjects import Subject, identity_of
from dicomview.privacy.uids import file_token
from dicomview.progress import bar
from dicomview.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from pydicom.dataset import Dataset

    from dicomview.files import Header, Location
    from dicomview.privacy.policy import Box, Policy
    from dicomview.privacy.sources import Protected

__all__ = ["Entry", "Plan", "opened", "plan"]


class Entry(NamedTuple):
    """One path of the source.

    Attributes
    ----------
    location : Location
    identity : str
        Of the patient; confidential, and empty for what is set aside.
    uid, series_uid : str
        SOPInstanceUID and SeriesInstanceUID of the source.
    target : str
        Path of the copy below the folder of all copies; empty for what is set aside.
    aside : str
        Why there is no copy.
    stamp : tuple of int
        Size in bytes and time of the last change in ns, to notice when a file changes after the plan was made.
    """

    location: Location
    identity: str
    uid: str
    series_uid: str
    target: str
    aside: str
    stamp: tuple[int, int]


class Plan:
    """What will happen to every attribute of a source; printing it is the dry run.

    Attributes
    ----------
    table : pandas.DataFrame
        One row for each attribute, at any depth, and each thing that happens to it: path, tag, name, vr, action, rule,
        and how many elements and files. It quotes no value.
    files : pandas.DataFrame
        One row for each path of the source: file, copy, aside (why there is none). Names of source files may tell who
        the patient is: confidential.
    key : bytes
        The secret behind UIDs, pseudonyms and dates. Keep it, apart from the copies, to treat later files alike.
    edition : str
        Of the standard that the table of attributes is of.
    digest : str
        Of all of this: 16 hexadecimal digits that stand in the reports.
    """

    def __init__(
        self,
        policy: Policy,
        entries: Sequence[Entry],
        subjects: Mapping[str, Subject],
        table: pd.DataFrame,
        folders: Sequence[Path],
    ) -> None:
        self.folders = tuple(folders)  # of the source; no copy may be written into one
        self.policy, self.entries, self.subjects, self.table = policy, tuple(entries), dict(subjects), table
        self.key, self.edition = policy.key, edition()
        told = [policy.facts(), self.edition, table.to_csv(index=False), sorted(one.target for one in entries)]
        self.digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def files(self) -> pd.DataFrame:
        """One row for each path of the source."""
        rows = [(one.location.label, one.target or None, one.aside or None) for one in self.entries]
        return pd.DataFrame(rows, columns=["file", "copy", "aside"])

    @property
    def copied(self) -> list[Entry]:
        """The paths that have a copy, those of one patient together."""
        return sorted((one for one in self.entries if one.target), key=lambda one: (one.identity, one.target))

    def __repr__(self) -> str:
        copies = sum(bool(one.target) for one in self.entries)
        options, people = ", ".join(self.policy.options) or "none", len(self.subjects)
        return (
            f"Plan {self.digest}: {copies} of {len(self.entries)} files, {people} patient{'s' * (people != 1)} · Basic "
            f"Profile, options: {options}, PS3.15 edition {self.edition} · nothing is written yet"
        )

    def _repr_html_(self) -> str:
        return f"{leaf(repr(self))}{self.table.to_html(index=False, max_rows=60)}"


def plan(
    source: Protected,
    profile: str = "basic",
    *,
    options: str | Iterable[str] = (),
    key: str | bytes | None = None,
    vocabulary: Mapping[str, str] | str | Iterable[str] = (),
    creators: str | Iterable[str] = (),
    rectangles: Mapping[str, Sequence[Box]] | None = None,
    progress: bool = True,
) -> Plan:
    """Return what de-identification will do to every attribute of a source; nothing is written.

    Parameters
    ----------
    source : path, pydicom.Dataset, Catalog, Series, Stack, or a list of these
        Headers are read, pixel data are not.
    profile : "basic"
        The Basic Application Level Confidentiality Profile of PS3.15 Annex E.
    options : str or list of str
        "retain_uids", "retain_device_identity", "retain_institution_identity", "retain_patient_characteristics",
        "retain_full_dates" or "retain_modified_dates", "clean_descriptors", "retain_safe_private".
    key : str or bytes, optional
        At least 16 bytes, secret; made at random when not given. The same key gives the same UIDs, pseudonyms and
        date offsets in every run.
    vocabulary : dict of str to str, str or list of str
        With "clean_descriptors": descriptions that you have reviewed, and what to write in their place; of a list each
        stays as it is. Any other description goes.
    creators : str or list of str
        With "retain_safe_private": private creators whose elements you have reviewed, besides those of PS3.15 E.3.10.
    rectangles : dict of str to list of (left, top, right, bottom), optional
        Under a SeriesInstanceUID what to black out in all its pictures, in pixels.
    progress : bool

    Returns
    -------
    Plan

    Raises
    ------
    UnknownChoice
        An argument names what does not exist, a rectangle meets no picture of its series, or the key is too short.
    NothingFound
        Nothing under `source` can be copied.

    Notes
    -----
    PS3.15 E.1.1 and Tables E.1-1, E.3.10-1. Compound codes (X/Z/D …) are resolved by the Type of the attribute in its
    object and sequence. What is kept is searched for names and numbers that are removed elsewhere from the same
    patient.

    Examples
    --------
    >>> planned = dv.privacy.plan("study", options="retain_modified_dates")  # doctest: +SKIP
    >>> planned.table                                                        # doctest: +SKIP
    """
    source = many_of(source)
    policy = policy_of(profile, options, key, vocabulary, creators, rectangles or {})
    recorder, subjects, entries = Recorder(), dict[str, Subject](), list[Entry]()
    seen: set[str] = set()
    met: set[tuple[str, Box]] = set()
    for location in bar(locations_in(source), "Planning", "file", show=progress):
        header = read_header(location)
        with quiet():
            entries.append(_entry(header, policy, subjects, seen, recorder))
        if entries[-1].target and header.dataset is not None and header.pixels is not None:
            met |= {(entries[-1].series_uid, box) for box in policy.boxes_in(header.dataset)}
    if not any(one.target for one in entries):
        why = Counter(one.aside for one in entries).most_common(3)
        told = "; ".join(f"{number} × {reason}" for reason, number in why)
        raise NothingFound(f"none of the {len(entries)} files can be copied ({told}); give a folder with DICOM images")
    for uid, box in ((uid, box) for uid, boxes in policy.boxes.items() for box in boxes):
        if (uid, box) not in met:
            raise UnknownChoice(
                f"the rectangle {box} meets no picture that is copied, so it would black out nothing; check its "
                "numbers and the SeriesInstanceUID it stands under (dv.privacy.risks lists series, rows and columns)"
            )
    return Plan(policy, entries, subjects, recorder.table(subjects), folders_of(source))


def opened(location: Location) -> tuple[Header, Dataset | None]:
    """Return a header and a data set of ours to work on: one in memory belongs to the caller and is copied."""
    header = read_header(location)
    dataset = header.dataset
    return header, deepcopy(dataset) if location.dataset is not None else dataset


def _entry(header: Header, policy: Policy, subjects: dict[str, Subject], seen: set[str], recorder: Recorder) -> Entry:
    location, why = header.location, why_aside(header)
    dataset = header.dataset if location.dataset is None else deepcopy(header.dataset)
    uid = series = ""
    if not why and dataset is not None:
        uid, series = str(dataset.SOPInstanceUID), str(dataset.SeriesInstanceUID)
        if uid in seen:
            why = "an instance of the same SOPInstanceUID is there already"
        seen.add(uid)
    if why or dataset is None:
        return Entry(location, "", uid, series, "", why or "not DICOM", stamp_of(location))
    identity = identity_of(dataset)
    subject = subjects.setdefault(identity, Subject.of(identity, policy))
    try:
        subject.learn(dataset, policy)
        recorder.begin(identity)
        Cleaner(policy, subject, recorder).copy(dataset)
    except Exception as error:  # noqa: BLE001
        # Whatever damaged bytes lead pydicom to; its words quote them.
        return Entry(location, "", uid, series, "", f"cannot be cleaned ({type(error).__name__})", stamp_of(location))
    study = str(dataset.StudyInstanceUID)
    parts = [subject.pseudonym, *(file_token(policy.key, one) for one in (study, series, uid))]
    return Entry(location, identity, uid, series, f"{'/'.join(parts)}.dcm", "", stamp_of(location))


def stamp_of(location: Location) -> tuple[int, int]:
    """Return size and time of the last change of a file; zeros for what is none or is gone."""
    if location.path is None:
        return 0, 0
    try:
        status = location.path.stat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns
