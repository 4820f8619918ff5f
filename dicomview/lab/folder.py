"""Which folder to open: a clone as it is, else copies of the notebooks and the sample data in a folder of our own."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from dicomview.errors import DicomviewError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NEW_FOLDER", "choose_folder"]

NEW_FOLDER = "dicomview-lab"
MARK = ".dicomview-lab"
SHARED = ("notebooks", "sample_data", "CONFORMANCE.md")  # to which the notebooks refer
LEFT_OUT = {"__pycache__", ".ipynb_checkpoints"}


def choose_folder(start: Path, wanted: Path | None, package: Path) -> Path:
    """Find the folder to open, make it where needed, and say in one line which it is.

    Parameters
    ----------
    start : Path
        The current folder.
    wanted : Path or None
        What the user asked for with ``--folder``.
    package : Path
        The folder of the package ``dicomview``, which holds or stands beside the notebooks.

    Returns
    -------
    Path
        A clone, or a folder with copies of the notebooks and the sample data. No file that was there is changed.

    Raises
    ------
    DicomviewError
        When `wanted` holds something else, or when this installation has no notebooks.
    """
    if wanted is not None:
        folder = start / wanted.expanduser()
        if not (_is_clone(folder) or _is_ours(folder) or _is_free(folder)):
            raise DicomviewError(
                f"{folder} already holds other things, so nothing was copied into it; give a new folder with --folder."
            )
    else:
        here = (place for place in (start, *start.parents) if _is_clone(place) or _is_ours(place))
        numbered = (start / (NEW_FOLDER if n == 1 else f"{NEW_FOLDER}-{n}") for n in range(1, 10_000))
        folder = next(here, None) or next(place for place in numbered if _is_ours(place) or _is_free(place))
    folder = folder.resolve()
    if _is_clone(folder):
        print(f"Opening the clone {folder}")
        return folder
    new = not _is_ours(folder)
    shipped = _shipped(package)
    folder.mkdir(parents=True, exist_ok=True)
    # The mark comes first: a copy that was cut short is then completed by the next start.
    (folder / MARK).touch()
    for name in SHARED:
        _copy_missing(shipped / name, folder / name)
    print(f"Copied the notebooks and sample data into {folder}" if new else f"Opening {folder} as you left it")
    return folder


def _is_clone(folder: Path) -> bool:
    return (folder / "dicomview" / "__init__.py").is_file() and all((folder / name).exists() for name in SHARED)


def _is_ours(folder: Path) -> bool:
    return (folder / MARK).is_file()


def _is_free(folder: Path) -> bool:
    return not os.path.lexists(folder) or (folder.is_dir() and not any(folder.iterdir()))


def _shipped(package: Path) -> Path:
    """Find the folder with the notebooks and sample data: in the wheel, or the clone of an editable install."""
    for place in (package / "share", package.parent):
        if all((place / name).exists() for name in SHARED):
            return place
    raise DicomviewError(
        f"this installation ({package}) holds no notebooks; install dicomview again: "
        'python -m pip install --force-reinstall "dicomview[lab]"'
    )


def _copy_missing(source: Path, target: Path) -> None:
    """Copy a file, or the files of a folder, where there is nothing yet."""
    for original in sorted(source.rglob("*")) if source.is_dir() else [source]:
        place = original.relative_to(source)
        copy = target / place
        if LEFT_OUT.intersection(place.parts) or original.is_dir() or os.path.lexists(copy):
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        partial = copy.with_name(f"{copy.name}.partial")
        shutil.copyfile(original, partial)
        partial.rename(copy)
