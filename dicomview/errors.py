"""What can go wrong, in the reader's words.

Every message has three parts: what was found, where, and what to do next. No message holds a patient's name or
identifier: a slice is named by its index and its InstanceNumber.
"""

from __future__ import annotations

import os
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "AlreadyThere",
    "DamagedPixels",
    "DicomviewError",
    "MissingExtra",
    "NoDecoder",
    "NotASource",
    "NotAVolume",
    "NotAnImage",
    "NotReleasable",
    "NotSuv",
    "NothingFound",
    "SeveralSeries",
    "UnknownChoice",
    "UnknownSeries",
    "UnsafeArchive",
    "WorkerLost",
]


class DicomviewError(Exception):
    """The root of everything dicomview raises on purpose.

    Parameters
    ----------
    found : str
        What was found, and where; all of the message where what to do next is the same everywhere.
    todo : str
        The rest of the message, in Python: a shell has other words for it.
    """

    def __init__(self, found: str = "", todo: str = "") -> None:
        super().__init__(f"{found}{todo}")
        self.found, self.todo = found, todo

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows: the line of the user's that led here, and the sentence; nothing of our depths.

        IPython asks for it; a plain Python program shows the whole traceback as ever.
        """
        asked = None
        for frame in traceback.extract_tb(self.__traceback__):
            folders = set(Path(frame.filename).parts)
            if folders & {"dicomview", "traitlets", "ipywidgets"} and frame.filename.endswith(".py") and asked:
                break  # from here on it is ours, or what calls us when a trait is set
            if "IPython" not in folders and frame.line:
                asked = frame
        where = [f"line {asked.lineno}: {asked.line}"] if asked else []
        return [*where, f"{type(self).__name__}: {self}"]


class NothingFound(DicomviewError, FileNotFoundError):
    """The path does not exist, or nothing under it is DICOM."""


class AlreadyThere(DicomviewError, FileExistsError):
    """Something was to be written where there is something already; nothing was overwritten."""


class UnsafeArchive(DicomviewError, ValueError):
    """A zip archive that is encrypted or would unpack to far more than it holds."""


class SeveralSeries(DicomviewError, ValueError):
    """One series was wanted and several were found; the message lists them."""


class UnknownSeries(DicomviewError, LookupError):
    """The series UID asked for is not there; the message lists what is."""


class NotAnImage(DicomviewError, TypeError):
    """A DICOM object without a picture (report, plan, document …) was given where a picture is needed."""


class NotASource(DicomviewError, TypeError):
    """Something was to be read that is neither a path nor a data set nor a list of them."""


class NotAVolume(DicomviewError, ValueError):
    """The slices do not form one regular grid; the message says where, by how much, and which argument allows it."""


class NotReleasable(DicomviewError, ValueError):
    """De-identified copies were to be called ready to share while a finding is open; the message counts them."""


class NotSuv(DicomviewError, ValueError):
    """The values cannot be turned into standardised uptake values; the message lists what is missing or contradicts."""


class NoDecoder(DicomviewError, ImportError):
    """No installed package decodes this transfer syntax; the message names one that does."""


class DamagedPixels(DicomviewError, ValueError):
    """The pixel data are there but cannot be decoded."""


class UnknownChoice(DicomviewError, ValueError):
    """An argument names something that does not exist: a preset, a plane, an index outside the stack."""


class WorkerLost(DicomviewError, RuntimeError):
    """A process that was to look at files has ended before it was done; what it had found is lost."""


class MissingExtra(DicomviewError, ImportError):
    """An optional package is needed; the message is the pip line that installs it."""


@contextmanager
def writing(name: str) -> Iterator[None]:
    """Make an error in words of one that the system gives while `name` is written.

    Raises
    ------
    DicomviewError
        What is written cannot be: not permitted, no space, a name too long.
    """
    try:
        yield
    except DicomviewError:
        raise
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "the disk gave an error"  # pyarrow tells more, and a path
        raise DicomviewError(
            f"{name} cannot be written ({reason}); name a file in a folder you may write to, on a disk that has space"
        ) from error


LONGEST_PART = 64
"""Characters of what a file says that go into a line."""


def part(text: str) -> str:
    """Return text of a file as a part of a line: printable, and cut where it is long."""
    shown = printable(text[: LONGEST_PART + 1])
    return shown if len(shown) <= LONGEST_PART else f"{shown[: LONGEST_PART - 1]}…"


def printable(text: str) -> str:
    """Return text of a file with a mark in place of what a terminal would obey: control characters, turned text."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
