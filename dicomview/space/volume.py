"""A volume: one grid of modality values and its affine.

Built only from what the judge calls regular, or from what the caller says in words may be done to it.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dicomview.errors import NotAVolume, UnknownChoice
from dicomview.progress import bar
from dicomview.space.geometry import affine_of, mean_orientation, normal_of
from dicomview.space.grid import Grid, name_of
from dicomview.space.planes import planes_of
from dicomview.space.resample import shifted, stepped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dicomview.space.slices import Slice

__all__ = ["OnMissing", "OnNonuniform", "OnShear", "Volume", "build"]

OnMissing = Literal["refuse", "nan"]
OnNonuniform = Literal["refuse", "resample"]
OnShear = Literal["refuse", "affine", "resample"]

_READING = ("Reading slices", "slice")  # beside a bar
_IN_LINE_MM = 0.1
_FLAT = 1e-6  # space that three steps of unit length fill
_MOST_WORKERS = 4
_RUN = 16  # slices a worker takes at once, at most
_WORTH_WORKERS = 1 << 23  # bytes of a volume
_MOST_RESAMPLED = 8  # times as many slices as there were; beyond that two of them lie all but together


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """One regular grid of modality values, placed in the patient.

    Parameters
    ----------
    array : (slices k, rows j, columns i) float32 array
        Modality values in `units`, for CT in HU; NaN where a missing slice was left empty.
    affine : (4, 4) float64 array
        From (k, j, i, 1) to (x, y, z, 1) in DICOM's LPS, mm; pixel centres.
    units : str
        Empty when the files name none.
    notes : tuple of str
        What was filled, resampled or tolerated on the way.
    inverted : bool
        True when small values are meant to be shown white (MONOCHROME1); the values themselves are never inverted.

    Raises
    ------
    UnknownChoice
        The affine is no (4, 4) array of finite numbers, or its voxels fill no space.
    """

    array: NDArray[np.float32]
    affine: NDArray[np.float64]
    units: str = ""
    notes: tuple[str, ...] = ()
    inverted: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "affine", _checked(self.affine))

    def __repr__(self) -> str:
        size = " × ".join(str(n) for n in self.array.shape)
        step = " × ".join(f"{x:.3g}" for x in self.spacing)
        return f"Volume {size} · {step} mm{' · ' + self.units if self.units else ''}"

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance of neighbouring voxels along (k, j, i), mm."""
        k, j, i = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(k), float(j), float(i)

    def value_at(self, x: float, y: float, z: float) -> float:
        """Return the value of the voxel that holds a point.

        Parameters
        ----------
        x, y, z : float
            LPS, mm.

        Returns
        -------
        float
            In `units`; NaN outside the volume.
        """
        k, j, i = np.floor(np.linalg.solve(self.affine, [x, y, z, 1.0])[:3] + 0.5).astype(int)
        inside = 0 <= k < self.array.shape[0] and 0 <= j < self.array.shape[1] and 0 <= i < self.array.shape[2]
        return float(self.array[k, j, i]) if inside else float("nan")

    def plane(self, name: str, index: int) -> NDArray[np.float32]:
        """Return one plane as it lies on the screen.

        Parameters
        ----------
        name : "axial", "coronal" or "sagittal"
        index : int
            Zero-based along the array axis of that plane.

        Returns
        -------
        (rows, columns) float32 array
            A view of `array`.

        Raises
        ------
        UnknownChoice
            There is no such plane or index.
        """
        planes = planes_of(self.affine)
        if name not in planes:
            raise UnknownChoice(f"there is no plane {name!r}; choose one of {', '.join(planes)}")
        count = self.array.shape[planes[name].axis]
        if not -count <= index < count:
            raise UnknownChoice(f"there is no {name} plane {index}; they run from 0 to {count - 1}")
        return planes[name].cut(self.array, index)  # type: ignore[return-value]  # the dtype of a view does not change


def _checked(affine: Any) -> NDArray[np.float64]:
    """Return an affine as an array, or raise UnknownChoice."""
    what = "the affine of a volume is a (4, 4) array of numbers, from (k, j, i, 1) to (x, y, z, 1) in LPS mm"
    try:
        found = np.asarray(affine, np.float64)
    except (TypeError, ValueError):
        raise UnknownChoice(f"{what}, not {affine!r:.100}") from None
    if found.shape != (4, 4):
        raise UnknownChoice(f"{what}; this one has shape {found.shape}")
    if not np.isfinite(found).all():
        raise UnknownChoice(f"{what}; {(~np.isfinite(found)).sum()} of the entries of this one are NaN or infinite")
    if not np.allclose(found[3], (0, 0, 0, 1)):
        raise UnknownChoice(f"{what}; the last row of this one is {found[3].tolist()} and not [0, 0, 0, 1]")
    lengths = np.linalg.norm(found[:3, :3], axis=0)
    if still := [name for name, length in zip("kji", lengths.tolist(), strict=True) if not length]:
        raise UnknownChoice(f"{what}; in this one a step along {' and '.join(still)} leads nowhere: its column is zero")
    if abs(np.linalg.det(found[:3, :3] / lengths)) < _FLAT:
        raise UnknownChoice(f"{what}; in this one the steps along k, j and i lie in one plane, so voxels fill no space")
    return found


def build(
    slices: Sequence[Slice],
    grid: Grid,
    *,
    on_missing: OnMissing = "refuse",
    on_nonuniform: OnNonuniform = "refuse",
    on_shear: OnShear = "refuse",
    progress: bool = True,
) -> Volume:
    """Build the volume of sorted slices that were judged, or refuse.

    Parameters
    ----------
    slices : sequence of Slice
        One for each position, in the order of the grid.
    grid : Grid
        What the judge said of them.
    on_missing : "refuse" or "nan"
        "nan" leaves the missing slices empty.
    on_nonuniform : "refuse" or "resample"
        "resample" interpolates linearly along the normal, to the smallest distance that occurs.
    on_shear : "refuse", "affine" or "resample"
        "affine" keeps the voxels and returns an affine whose axes are not perpendicular; "resample" shifts every
        slice within its plane by linear interpolation, so that the grid becomes perpendicular.
    progress : bool
        Show a bar when reading takes more than a second.

    Raises
    ------
    NotAVolume
        The grid is not regular and nothing allows it; the message names the place and the argument.
    UnknownChoice
        An option has none of its values.
    DamagedPixels, NoDecoder
        A slice cannot be decoded.
    """
    for name, value, known in (
        ("on_missing", on_missing, ("refuse", "nan")),
        ("on_nonuniform", on_nonuniform, ("refuse", "resample")),
        ("on_shear", on_shear, ("refuse", "affine", "resample")),
    ):
        if value not in known:
            raise UnknownChoice(f"{name}={value!r} is not a way to go on; choose one of {', '.join(known)}")
    verdict = grid.verdict
    if any(one.colour for one in slices):
        raise NotAVolume("colour slices have no modality values to make a volume of; look at them with dv.view")
    if verdict.code in ("NO_GEOMETRY", "BAD_GEOMETRY", "PROJECTION_ONLY", "MOSAIC_WITHOUT_CSA"):
        raise NotAVolume(f"{verdict.reason}; without places in the patient there is no volume, see dv.view instead")
    if verdict.code == "MISSING_SLICES" and on_missing == "refuse":
        raise NotAVolume(f'{verdict.reason}; on_missing="nan" leaves them empty, split() gives the whole runs')
    if verdict.code == "NONUNIFORM_SPACING" and on_nonuniform == "refuse":
        raise NotAVolume(f'{verdict.reason}; on_nonuniform="resample" interpolates, split() gives regular runs')
    if verdict.code == "SINGLE_SLICE" and grid.affine is None:
        raise NotAVolume(f"{verdict.reason}, so there is no third dimension; dv.view shows it")
    sheared = grid.sheared and verdict.code != "NONUNIFORM_SPACING"
    if sheared and on_shear == "refuse":
        raise NotAVolume(
            f'{verdict.reason}; on_shear="affine" keeps the voxels and skews the affine, on_shear="resample" '
            "straightens the pile by interpolation"
        )
    if verdict.code == "NONUNIFORM_SPACING":
        return _resampled_along(slices, verdict.reason, progress)
    assert grid.affine is not None
    notes = list(verdict.notes)
    count = int(grid.places[-1]) + 1
    array = np.empty((count, slices[0].rows, slices[0].columns), np.float32)
    if count > len(slices):
        array.fill(np.nan)
    _fill(slices, [array[int(place)] for place in grid.places], progress)
    if count > len(slices):
        notes.append(f"FILLED with NaN: {count - len(slices)} missing")
    affine = grid.affine.copy()
    if sheared and on_shear == "resample":
        array, affine = shifted(array, affine)
        notes.append(f"RESAMPLED in the plane, linearly, by a tilt of {grid.tilt_degrees:.2f}°")
    return Volume(array, affine, slices[0].unit, tuple(notes), slices[0].inverted)


def _fill(slices: Sequence[Slice], planes: Sequence[NDArray[np.float32]], progress: bool) -> None:
    """Write the values of each slice to its plane; of many files several at a time, for most of it is no Python."""
    workers = min(_MOST_WORKERS, os.cpu_count() or 1)
    apart = len({id(one.header) for one in slices}) == len(slices)  # pydicom converts what frames of one file share
    if workers == 1 or not apart or len(planes) * planes[0].nbytes < _WORTH_WORKERS:
        for one, plane in bar(zip(slices, planes, strict=True), *_READING, total=len(slices), show=progress):
            one.fill(plane)
        return
    with ThreadPoolExecutor(workers) as pool:
        # Neighbours go to one worker: two that fill the same page of memory wait for each other.
        most = max(1, min(_RUN, len(slices) // (4 * workers)))
        runs = [slice(start, start + most) for start in range(0, len(slices), most)]
        filled = pool.map(_filled, (slices[run] for run in runs), (planes[run] for run in runs))
        done = chain.from_iterable(filled)  # the first fault is raised, in order
        for _ in bar(done, *_READING, total=len(slices), show=progress):
            pass


def _filled(slices: Sequence[Slice], planes: Sequence[NDArray[np.float32]]) -> range:
    for one, plane in zip(slices, planes, strict=True):
        one.fill(plane)
    return range(len(slices))


def _resampled_along(slices: Sequence[Slice], reason: str, progress: bool) -> Volume:
    """Interpolate slices at uneven distances to the smallest distance."""
    positions = np.array([one.position for one in slices], float)
    orientation = mean_orientation(np.array([one.orientation for one in slices], float))
    normal = normal_of(orientation)
    depths = (positions[0] - positions) @ normal
    drift = positions - positions[0] + np.outer(depths, normal)
    if np.linalg.norm(drift, axis=1).max() > _IN_LINE_MM:
        worst = int(np.argmax(np.linalg.norm(drift, axis=1)))
        raise NotAVolume(
            f"{reason}, and {name_of(slices, worst)} lies {np.linalg.norm(drift[worst]):.2f} mm beside the line of the "
            "others, which no interpolation along it can mend; see dv.view"
        )
    step = float(np.diff(depths).min())
    if depths[-1] / step > _MOST_RESAMPLED * len(slices):
        raise NotAVolume(
            f"{reason}; steps of the smallest distance, {step:.3f} mm, would make {depths[-1] / step:.0f} slices of "
            f"{len(slices)}; split() gives regular runs"
        )
    array = stepped([one.values() for one in bar(slices, *_READING, show=progress)], depths, step)
    spacing = slices[0].spacing
    assert spacing is not None
    affine = affine_of(positions[0], -step * normal, orientation, spacing)
    notes = (f"RESAMPLED linearly to {step:.3f} mm; {reason}",)
    return Volume(array, affine, slices[0].unit, notes, slices[0].inverted)
