"""Copies into a new folder, as the plan says; the source is only read."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import pandas as pd

from dicomview.errors import AlreadyThere, DicomviewError, UnknownChoice
from dicomview.privacy.clean import Cleaner
from dicomview.privacy.plan import opened, stamp_of
from dicomview.privacy.write import finish, mark, painted, pixel_element, with_meta
from dicomview.progress import bar
from dicomview.quiet import quiet

if TYPE_CHECKING:
    import os

    from pydicom.dataset import Dataset

    from dicomview.files import Location
    from dicomview.privacy.actions import Action
    from dicomview.privacy.plan import Entry, Plan
    from dicomview.privacy.subjects import Subject
    from dicomview.privacy.walk import Met

__all__ = ["Copies", "Copy", "apply", "digest_of", "hides_overlay"]


class Copy(NamedTuple):
    """What became of one path of the source.

    Attributes
    ----------
    entry : Entry
    aside : str
        Why there is no copy.
    digest : str
        SHA-256 of the source file when it was read; empty for data sets in memory.
    """

    entry: Entry
    aside: str
    digest: str


@dataclass(frozen=True, slots=True, repr=False)
class Copies:
    """What `apply` has written, and what it has set aside.

    Attributes
    ----------
    plan : Plan
    out : Path
    made : list of Copy
    """

    plan: Plan
    out: Path
    made: list[Copy]

    @property
    def files(self) -> pd.DataFrame:
        """One row for each path of the source: file, copy, aside. Names of source files are confidential."""
        rows = [
            (one.entry.location.label, None if one.aside else one.entry.target, one.aside or None) for one in self.made
        ]
        return pd.DataFrame(rows, columns=["file", "copy", "aside"])

    def __repr__(self) -> str:
        aside = Counter(one.aside for one in self.made if one.aside)
        told = "".join(f"\n  {number} set aside: {why}" for why, number in aside.most_common())
        return f"{len(self.made) - aside.total()} copies by plan {self.plan.digest}; not verified yet{told}"


def apply(plan: Plan, out: str | os.PathLike[str], *, progress: bool = True) -> Copies:
    """Write the copies that a plan describes.

    Parameters
    ----------
    plan : Plan
    out : path
        A folder that is new or empty and not inside the source. An interrupt leaves whole copies in it and no others.
    progress : bool

    Returns
    -------
    Copies

    Raises
    ------
    AlreadyThere
        The folder holds something.
    UnknownChoice
        The folder lies in the source.

    Examples
    --------
    >>> copies = dv.privacy.apply(planned, "to_share")  # doctest: +SKIP
    """
    folder = _new_folder(plan, Path(out).expanduser())
    made = []
    for entry in bar(plan.entries, "Writing copies", "file", show=progress):
        why, digest = entry.aside, ""
        if not why:
            with quiet():
                why, digest = _copied(plan, entry, folder)
        made.append(Copy(entry, why, digest))
    return Copies(plan, folder, made)


def _new_folder(plan: Plan, out: Path) -> Path:
    folder = out.resolve()
    for source in plan.folders:
        if folder == source or folder.is_relative_to(source):
            raise UnknownChoice("the folder for the copies lies in the source; give one outside of it")
        if source.is_relative_to(folder) and folder.exists():
            raise UnknownChoice("the folder for the copies holds the source; give another one")
    if out.is_symlink() or (folder.exists() and (not folder.is_dir() or next(folder.iterdir(), None) is not None)):
        raise AlreadyThere(f"{out} is there already and not an empty folder; give a new one, nothing was written")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _copied(plan: Plan, entry: Entry, folder: Path) -> tuple[str, str]:
    """Write one copy; return why not, or nothing, and the digest of the source."""
    if stamp_of(entry.location) != entry.stamp:
        return "the file has changed since the plan was made", ""
    header, dataset = opened(entry.location)
    if dataset is None:
        return "the file has changed since the plan was made", ""
    digest = digest_of(entry.location)
    subject, boxes = plan.subjects[entry.identity], plan.policy.boxes_in(dataset)
    try:
        made = Cleaner(plan.policy, subject, _Guard(subject)).copy(dataset)
        native = header.pixels is not None and bool(boxes or hides_overlay(dataset))
        if native:
            element, facts = painted(header, boxes)
            for keyword, value in facts.items():
                setattr(made, keyword, value)
            for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
                made.pop(keyword, None)
        else:
            element = pixel_element(header)  # type: ignore[assignment]
        if element is not None:
            made[element.tag] = element
        mark(made, plan.policy, pixels=native and bool(boxes))
        finish(with_meta(made, header, native=native), folder / entry.target)
    except (OSError, MemoryError, AlreadyThere):
        raise
    except DicomviewError as error:
        return f"its pixel data cannot be blacked out ({type(error).__name__})", digest
    except Exception as error:  # noqa: BLE001
        # pydicom refuses to write some of what it has read; its words quote the value.
        return f"cannot be written ({type(error).__name__})", digest
    return "", digest


def hides_overlay(dataset: Dataset) -> bool:
    """Return True when an overlay plane lies in unused bits of the pixel data (PS3.3 C.9.2, retired)."""
    for tag in sorted(dataset.keys()):
        if tag >> 24 == 0x60 and tag & 0xFFFF == 0x0102:  # OverlayBitPosition
            try:
                if dataset[tag].value != 0:
                    return True
            except Exception:  # noqa: BLE001
                return True  # bytes that are not of their VR: zero the bits to be sure
    return False


def digest_of(location: Location) -> str:
    """Return the SHA-256 of a file or member of an archive; empty for a data set in memory."""
    if location.dataset is not None:
        return ""
    with location.open() as stream:
        return _digest(stream)


def _digest(stream: BinaryIO) -> str:
    found = hashlib.sha256()
    while block := stream.read(1 << 20):
        found.update(block)
    return found.hexdigest()


class _Guard:
    """Says of a text that would be kept whether it tells who the patient is."""

    def __init__(self, subject: Subject) -> None:
        self._telling = subject.telling

    def __call__(self, one: Met, action: Action, rule: str) -> None:
        """Nothing is counted: the plan has done so."""

    def repeats(self, path: str, vr: str, values: list[str] | bytes) -> bool:
        data = values if isinstance(values, bytes) else "\n".join(values).encode("utf-8", "replace")
        return next(self._telling.hits(data), None) is not None
