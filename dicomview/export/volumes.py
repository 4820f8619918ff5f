"""Files of volumes: NIfTI and NRRD."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomview.errors import NotAVolume
from dicomview.export.block import as_integers, block_of, sheared
from dicomview.export.extras import needed
from dicomview.files import ending_of, new_file

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

    from dicomview.export.block import Block, Exportable

__all__ = ["nifti", "nrrd", "to_ras"]

_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_SCANNER = 1  # NIFTI_XFORM_SCANNER_ANAT
_LONGEST_UNIT = 16


def nifti(
    source: Exportable,
    path: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    uid: str | None = None,
    units: str | None = None,
    **options: Any,
) -> Path:
    """Write modality values as NIfTI-1 and return the path.

    Nothing of the patient is in the file: no text of the DICOM header is written to it.

    Parameters
    ----------
    source : path, pydicom.Dataset, list of either, Series, Stack, Slice or Volume
    path : path
        Of a new file; ".nii", or ".nii.gz" for a compressed one.
    overwrite : bool
        True replaces a file that is there already.
    uid : str, optional
        SeriesInstanceUID, or the beginning of one, where `source` holds several series.
    units : str, optional
        For PET: "SUVbw", "SUVlbm", "SUVlbmj" or "SUVbsa".
    **options
        As for `Stack.volume`: ``on_missing``, ``on_shear`` …, and places along extra axes. One extra axis may be left
        open: it becomes the fourth of the file.

    Returns
    -------
    Path

    Raises
    ------
    NotAVolume, NotSuv
        The slices are no volume, or two extra axes are open; the message names the argument.
    AlreadyThere, NothingFound
        There is something at `path`, or no folder to write into.
    UnknownChoice
        The ending is neither of the two, or an option does not exist.
    MissingExtra
        nibabel is not installed.

    Notes
    -----
    The first axis of the file runs along the columns i, the second along the rows j, the third along the slices k. The
    sform, and unless the axes are sheared the qform, map (i, j, k) to RAS in mm with code 1 (scanner): x and y of
    DICOM change their sign. A sheared stack (``on_shear="affine"``) has the sform alone, for a qform has no shear.

    Values: whole numbers (uint8, int16, uint16, int32) with ``scl_slope`` and ``scl_inter``, those of the DICOM files
    or else 1 and 0, when these give back every value of `Stack.volume` to the last bit; else float32.

    ``pixdim[4]`` is in seconds where the fourth axis is time in even steps (see `seconds_along`); else it is 1, and
    its unit unknown.

    Examples
    --------
    >>> dv.export.nifti("sample_data/ct_chest", "chest.nii.gz")  # doctest: +SKIP
    PosixPath('chest.nii.gz')
    """
    ending_of(path, (".nii", ".nii.gz"))
    nibabel = needed("nibabel", "NIfTI", "export")
    with new_file(path, overwrite=overwrite) as target:
        block = _at_most_four(block_of(source, uid=uid, units=units, options=options))
        stored = as_integers(block.array, (block.line, (1.0, 0.0)))
        array: NDArray[Any] = block.array if stored is None else stored[0]
        image = nibabel.Nifti1Image(array.T, to_ras(block.affine))  # (…, k, j, i) backwards is (i, j, k, …)
        affine = image.affine
        image.set_sform(affine, _SCANNER)
        image.set_qform(affine, 0 if sheared(block.affine) else _SCANNER)
        header = image.header
        header.set_slope_inter(*((1.0, 0.0) if stored is None else stored[1:]))
        header.set_xyzt_units("mm", None if block.seconds is None else "sec")
        if block.axes:
            header.set_zooms((*header.get_zooms()[:3], block.seconds or 1.0))
        header["descrip"] = b"dicomview"
        nibabel.save(image, target)
    return Path(path)


def nrrd(
    source: Exportable,
    path: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    uid: str | None = None,
    units: str | None = None,
    **options: Any,
) -> Path:
    """Write modality values as NRRD and return the path.

    Nothing of the patient is in the file: of the DICOM header's text it has the unit of the values alone.

    Parameters
    ----------
    source, overwrite, uid, units, **options
        As for `nifti`.
    path : path
        Of a new file that ends in ".nrrd".

    Returns
    -------
    Path

    Raises
    ------
    NotAVolume, NotSuv, AlreadyThere, NothingFound, UnknownChoice, MissingExtra
        As `nifti`; the package is pynrrd.

    Notes
    -----
    Axes (i, j, k) in the space left-posterior-superior, which is DICOM's own, mm; sheared axes are kept. An open extra
    axis becomes a list in front of them, so that each voxel has all its values, as 3D Slicer and ITK expect it. Values
    are whole numbers when all of them are, else float32; gzip.
    """
    ending_of(path, (".nrrd",))
    pynrrd = needed("nrrd", "NRRD", "export")
    with new_file(path, overwrite=overwrite) as target:
        block = _at_most_four(block_of(source, uid=uid, units=units, options=options))
        whole = as_integers(block.array, ((1.0, 0.0),))
        array: NDArray[Any] = (block.array if whole is None else whole[0]).T
        listed = 1 if block.axes else 0
        # NRRD lists axes fastest first: (list,) i, j, k.
        directions = block.affine[:3, 2::-1].T
        header = {
            "space": "left-posterior-superior",
            "space directions": np.concatenate([np.full((listed, 3), np.nan), directions]),
            "space origin": block.affine[:3, 3],
            "space units": ["mm"] * 3,
            "kinds": [*["list"] * listed, *["domain"] * 3],
            "encoding": "gzip",
        }
        if (unit := _plain(block.units)) is not None:
            header["sample units"] = unit
        pynrrd.write(
            str(target), np.moveaxis(array, -1, 0) if listed else array, header, index_order="F", compression_level=4
        )
    return Path(path)


def to_ras(affine: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the affine from (i, j, k, 1) to RAS mm of one from (k, j, i, 1) to LPS mm."""
    return np.asarray((_LPS_TO_RAS @ affine)[:, [2, 1, 0, 3]])


def _at_most_four(block: Block) -> Block:
    if len(block.axes) > 1:
        lengths = ", ".join(f"{name}=0 to {len(block.coords[name]) - 1}" for name in block.axes)
        raise NotAVolume(
            f"a file has room for one extra axis and this stack has several open: {lengths}; choose places"
        )
    return block


def _plain(unit: str) -> str | None:
    """Return a unit that can stand in a header line: a few printable ASCII characters."""
    return unit if unit and len(unit) <= _LONGEST_UNIT and unit.isascii() and unit.isprintable() else None
