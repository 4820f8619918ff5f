"""A derived DICOM series: computed values in slices that say so, and that any viewer places in the patient."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.uid import PositronEmissionTomographyImageStorage, generate_uid

from dicomview.errors import AlreadyThere, UnknownChoice
from dicomview.export.block import as_integers, block_of, stack_in
from dicomview.export.heading import Saying, decimal, heading, program, writable
from dicomview.files import NUMBERED, new_folder
from dicomview.progress import bar
from dicomview.space import Volume

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

    from dicomview.export.block import Block, Exportable
    from dicomview.space import Slice

__all__ = ["dicom"]

_PARALLEL = 0.99  # cosine between the normals of two planes that lie alike
_SAME_PLACE = 0.01  # mm
_HIGHEST = 32767
_PADDING = -32768


def dicom(
    source: Exportable,
    folder: str | os.PathLike[str],
    *,
    like: Exportable | None = None,
    derivation: str = "",
    description: str | None = None,
    number: int | None = None,
    overwrite: bool = False,
    uid: str | None = None,
    units: str | None = None,
    **options: Any,
) -> Path:
    """Write a volume as a derived DICOM series, a file for each slice, and return the folder.

    **The files say who the patient is**: by their nature they belong to the patient and the study of the slices they
    were made of. They are no de-identified copies.

    Parameters
    ----------
    source : path, pydicom.Dataset, list of either, Series, Stack, Slice or Volume
        Of single-frame CT, MR or PET.
    folder : path
        That is not there yet, or empty.
    like : as `source`, optional
        The series that a `Volume` was computed of: its patient, study, equipment, acquisition and frame of reference
        hold for the new one, and its slices are named as sources. Needed for a Volume alone.
    derivation : str
        What was done, in a few words, for DerivationDescription.
    description : str, optional
        SeriesDescription; that of the source with "(derived)" behind it when not given.
    number : int, optional
        SeriesNumber; that of the source plus 1000 when not given.
    overwrite : bool
        True replaces a folder that holds numbered instances (0001.dcm …) and nothing else.
    uid, units, **options
        As for `nifti`. All places along open extra axes are written.

    Returns
    -------
    Path

    Raises
    ------
    NotAVolume, NotSuv
        The slices are no volume.
    AlreadyThere, NothingFound
        The folder holds something already, or there is none to make it in.
    UnknownChoice
        Another kind of image; `like` is missing; an option does not exist.

    Notes
    -----
    SeriesInstanceUID and every SOPInstanceUID are new; ImageType begins with DERIVED, SECONDARY
    (of PET DERIVED, PRIMARY, the only word it has); SourceImageSequence
    names the slices at the same place (all of them when the planes lie otherwise), ContributingEquipmentSequence this
    program (PS3.3 C.7.6.1.1, C.12.1.1.5). Private elements, overlay planes and what was true of the old pixels alone
    stay behind.

    Values are stored in 16 bits with the rescale of the source slice, or slope 1, where this gives back every value to
    the last bit; else the whole series has one slope which its range fits into, and DerivationDescription says to
    within what the values are rounded: half that slope. NaN becomes PixelPaddingValue.
    Text is written in the character set of the source; letters that it lacks become question marks.

    Examples
    --------
    >>> smooth = dataclasses.replace(volume, array=scipy.ndimage.gaussian_filter(volume.array, 1))  # doctest: +SKIP
    >>> dv.export.dicom(smooth, "smooth", like=chest, derivation="Gaussian, 1 voxel")  # doctest: +SKIP
    """
    if isinstance(source, Volume):
        if like is None:
            raise UnknownChoice(
                "a Volume says nothing of patient and study; like=series names the series it was computed of"
            )
        stack = stack_in(like, None)
        if stack is None:
            raise UnknownChoice("like is a series with slices, not a Volume")
        slices: Sequence[Slice] = stack.pile()
        writable(slices[0])
        block = block_of(source, uid=uid, units=units, options=options)
    else:
        if like is not None:
            raise UnknownChoice("like is for a Volume; slices say by themselves what they are like")
        stack = stack_in(source, uid)
        assert stack is not None
        writable(stack.slices[0])
        block = block_of(stack, uid=None, units=units, options=options)
        slices = block.slices
    target = Path(folder)
    if any(target.resolve() in path.parents for path in map(_file_of, slices) if path is not None):
        raise AlreadyThere("the folder holds the source itself; nothing was written. Name another folder.")
    with new_folder(target, overwrite=overwrite) as filling:
        _write(filling, block, slices, derivation, description, number)
    return target


def _file_of(one: Slice) -> Path | None:
    """Return the file that a slice is of, also when pydicom has read it for the caller."""
    location = one.source.location
    found = location.path or getattr(location.dataset, "filename", None)
    return Path(found).resolve() if isinstance(found, str | os.PathLike) else None


def _write(
    folder: Path, block: Block, slices: Sequence[Slice], derivation: str, description: str | None, number: int | None
) -> None:
    volumes = block.array.reshape(-1, *block.array.shape[-3:])
    # One pile of sources for each volume; a Volume has one.
    length = len(slices) // len(volumes)
    piles = [slices[n * length : (n + 1) * length] for n in range(len(volumes))]
    chosen = [[_nearest(block, k, pile) for k in range(volumes.shape[1])] for pile in piles]
    planes = volumes.reshape(-1, *volumes.shape[-2:])
    likes = [nearest for pile in chosen for nearest, _ in pile]
    stored, lines, rounding = _stored(planes, likes, block.units)
    # Three digits, rounded up.
    within = f"values to within {rounding * 1.005:.3g} {block.units}".strip()
    exact = within if rounding else "values as they were computed"
    words = "; ".join(filter(None, (program(), derivation, *block.notes, exact)))
    saying = Saying(generate_uid(prefix=None), words, description, number, block.units, volumes.shape[1])
    for count in bar(range(len(planes)), "Writing", "slice"):
        k = count % volumes.shape[1]
        nearest, sources = chosen[count // volumes.shape[1]][k]
        plane = block.affine.copy()
        plane[:3, 3] = (block.affine @ [k, 0, 0, 1])[:3]
        ds = heading(nearest, sources, plane, planes.shape[1:], count + 1, saying)
        _put_pixels(ds, stored[count], lines[count], block.units, nearest)
        ds.save_as(folder / NUMBERED.format(count + 1), enforce_file_format=True)


def _nearest(block: Block, k: int, pile: Sequence[Slice]) -> tuple[Slice, Sequence[Slice]]:
    """Return the source slice nearest to slice k, and those that it was made of."""
    orientation = pile[0].orientation
    assert orientation is not None
    normal = np.cross(orientation[:3], orientation[3:])
    ours = np.cross(block.affine[:3, 2], block.affine[:3, 1])
    rows, columns = block.array.shape[-2:]
    middle = (block.affine @ [k, (rows - 1) / 2, (columns - 1) / 2, 1])[:3]
    depths = np.array([one.position @ normal for one in pile])  # type: ignore[operator]  # a volume has positions
    away = np.abs(depths - middle @ normal)
    nearest = int(away.argmin())
    if abs(ours @ normal) < _PARALLEL * np.linalg.norm(ours):
        return pile[nearest], pile
    if away[nearest] <= _SAME_PLACE:
        return pile[nearest], [pile[nearest]]
    own = float(np.abs(np.diff(np.sort(depths))).max(initial=0))
    reach = max(own, float(np.linalg.norm(block.affine[:3, 0])) / 2)
    return pile[nearest], [one for one, mm in zip(pile, away, strict=True) if mm < reach or mm == away[nearest]]


def _stored(
    planes: NDArray[np.float32], likes: Sequence[Slice], units: str
) -> tuple[NDArray[np.integer[Any]], list[tuple[float, float]], float]:
    """Return stored values, slope and intercept of each plane, and to within what they are rounded."""
    low, high = float(np.nanmin(planes)), float(np.nanmax(planes))
    pet = likes[0].tags.text("SOPClassUID") == PositronEmissionTomographyImageStorage
    empty = np.isnan(planes)
    found = []
    for plane, one in zip(planes, likes, strict=True):
        own = [(one.rescale.slope, one.rescale.intercept)] if one.rescale.linear and one.unit == units else []
        lines = [line for line in (*own, (1.0, 0.0)) if line[1] == 0 or not pet]
        whole = as_integers(np.nan_to_num(plane, nan=low), lines, precision=np.float64)
        if whole is None:
            break
        found.append(whole)
    least = min((int(whole[0].min()) for whole in found), default=0)
    most = max((int(whole[0].max()) for whole in found), default=0)
    fits = least >= _PADDING + bool(empty.any()) and most <= (_HIGHEST if least < 0 or empty.any() else 65535)
    if len(found) == len(planes) and fits:
        kind = np.int16 if most <= _HIGHEST else np.uint16
        stored = np.stack([whole[0].astype(kind) for whole in found])
        stored[empty] = _PADDING if empty.any() else 0
        return stored, [(slope, intercept) for _, slope, intercept in found], 0.0
    # PS3.3 C.8.9.4: the intercept of PET is 0.
    intercept = 0.0 if pet else float(decimal((low + high) / 2))
    # A little wider than the range, for what a decimal number of 16 characters rounds away.
    slope = float(decimal(max(high - intercept, intercept - low, 1e-30) * (1 + 1e-9) / _HIGHEST))
    stored = np.empty(planes.shape, np.int16)
    for n, plane in enumerate(planes):
        samples = np.clip(np.rint((plane.astype(np.float64) - intercept) / slope), -_HIGHEST, _HIGHEST)
        stored[n] = np.where(empty[n], _PADDING, samples)
    return stored, [(slope, intercept)] * len(planes), slope / 2


def _put_pixels(
    ds: Dataset, stored: NDArray[np.integer[Any]], line: tuple[float, float], units: str, like: Slice
) -> None:
    ds.PixelRepresentation = int(stored.dtype.kind == "i")
    if (stored == _PADDING).any():
        ds.add_new("PixelPaddingValue", "SS", _PADDING)
    # The MR image of PS3.3 A.4 has no rescale, so where nothing is rescaled nothing is said.
    if line != (1.0, 0.0) or "RescaleSlope" in like.header or ds.Modality != "MR":
        ds.RescaleSlope, ds.RescaleIntercept = decimal(line[0]), decimal(line[1])
        if ds.Modality == "CT":
            ds.RescaleType = units[:16] or "US"
        elif ds.Modality == "MR":
            ds.RescaleType = "US"
    ds.add_new("PixelData", "OW", stored.astype(stored.dtype.newbyteorder("<")).tobytes())
