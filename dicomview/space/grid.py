"""The judge: do these slices form one regular grid, and if not, where and by how much not?

Least squares over all slices, one residual in mm, and a verdict with a reason. Nobody else decides this: the audit
lists what is found here, `volume` raises on it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, cast

import numpy as np

from dicomview.space.geometry import affine_of, corner_residuals, fit_line, mean_orientation, normal_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dicomview.space.slices import Slice

__all__ = ["SAME_PLACE_MM", "Grid", "Verdict", "VerdictCode", "ambiguous", "judge", "name_of", "without_places"]

VerdictCode = Literal[
    "OK",
    "SINGLE_SLICE",
    "MISSING_SLICES",
    "NONUNIFORM_SPACING",
    "SHEAR",
    "AMBIGUOUS_POSITIONS",
    "NO_GEOMETRY",
    "BAD_GEOMETRY",
    "PROJECTION_ONLY",
    "MOSAIC_WITHOUT_CSA",
]

SAME_PLACE_MM = 0.01  # closer than this, two positions are one
_EXACT_MM = 0.01
_TOLERATED_MM, _TOLERATED_PART = 0.1, 0.05  # of the step, whichever is smaller
_TILT_DEGREES = 0.1
_GAP_PART = 0.05  # a gap this close to a multiple of the smallest is that multiple
_MISSING_PART = 0.2  # more long gaps than this are a second spacing, not missing slices


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judge says of a stack.

    Parameters
    ----------
    code : str
        "OK", "SINGLE_SLICE", "MISSING_SLICES", "NONUNIFORM_SPACING", "SHEAR", "AMBIGUOUS_POSITIONS", "NO_GEOMETRY",
        "BAD_GEOMETRY", "PROJECTION_ONLY" or "MOSAIC_WITHOUT_CSA".
    reason : str
        The same in words, with numbers in mm.
    residual_mm : float
        Largest distance of a slice corner from where a grid without gaps would put it; NaN where there is no position.
    files : tuple of str
        Labels of the files concerned.
    notes : tuple of str
        What was tolerated, dropped or split; each starts with a code.
    """

    code: VerdictCode
    reason: str
    residual_mm: float = float("nan")
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def regular(self) -> bool:
        """True when the slices form one grid, so that planes, distances and volumes may be trusted."""
        return self.code in ("OK", "SINGLE_SLICE")


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The common grid of a pile of slices, as far as there is one.

    Parameters
    ----------
    verdict : Verdict
    affine : (4, 4) float64 array, optional
        Least-squares fit, from (k, j, i, 1) to LPS mm. Set whenever a fit makes sense, so also for a sheared pile and
        for one with gaps; only the verdict says whether it may be used as it is.
    places : (slices,) float64 array
        Where on that grid each slice lies: 0, 1, 2 …, with gaps where slices are missing.
    gaps : (slices - 1,) float64 array
        Distance of neighbouring slices along the normal, mm.
    tilt_degrees : float
        Angle between the normal and the way from slice to slice.
    """

    verdict: Verdict
    affine: NDArray[np.float64] | None = None
    places: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    gaps: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    tilt_degrees: float = 0.0

    @property
    def sheared(self) -> bool:
        """True when the slices are shifted against each other, as with a tilted gantry."""
        return self.tilt_degrees > _TILT_DEGREES


def name_of(slices: Sequence[Slice], index: int) -> str:
    """Return how messages call a slice: by its index and its InstanceNumber, never by anything of the patient."""
    number = slices[index].instance_number
    return f"slice {index} (InstanceNumber {'absent' if number is None else number})"


def without_places(slices: Sequence[Slice]) -> Grid:
    """Return the verdict on slices that do not say where they lie."""
    code, _, words = slices[0].fault.partition(": ")
    reason = f"{words}; shown in the order of frames and InstanceNumber"
    return Grid(Verdict(cast("VerdictCode", code), reason, files=tuple(s.label for s in slices)))


def ambiguous(slices: Sequence[Slice], ids: Sequence[int], notes: Sequence[str]) -> Grid:
    """Return the verdict on several images at one position that nothing tells apart; `ids` number the positions."""
    repeated = [index for index in range(1, len(ids)) if ids[index] == ids[index - 1]]
    shown = ", ".join(f"{name_of(slices, index - 1)} and {name_of(slices, index)}" for index in repeated[:5])
    more = f" and {len(repeated) - 5} more" if len(repeated) > 5 else ""
    reason = (
        f"{len(slices)} different images at {ids[-1] + 1} positions, and no attribute tells them apart: {shown}{more}"
    )
    files = tuple(slices[i].label for index in repeated for i in (index - 1, index))
    return Grid(Verdict("AMBIGUOUS_POSITIONS", reason, files=tuple(dict.fromkeys(files)), notes=tuple(notes)))


def judge(slices: Sequence[Slice], *, notes: Sequence[str] = ()) -> Grid:
    """Fit one grid to slices at different positions and decide.

    Parameters
    ----------
    slices : sequence of Slice
        All with a place, one for each position, sorted against the normal.
    notes : sequence of str
        What is known of the pile already.
    """
    positions = np.array([s.position for s in slices], float)
    orientations = np.array([s.orientation for s in slices], float)
    spacings = np.array([s.spacing for s in slices], float)
    orientation = mean_orientation(orientations)
    spacing = (float(spacings[:, 0].mean()), float(spacings[:, 1].mean()))
    if len(slices) == 1:
        return _single(slices[0], positions[0], orientation, spacing, notes)

    size = slices[0].rows, slices[0].columns

    def fit(places: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        origin, step = fit_line(positions, places)
        affine = affine_of(origin, step, orientation, spacing)
        return affine, step, corner_residuals(affine, places, positions, orientations, spacings, size)

    normal = normal_of(orientation)
    gaps = -np.diff(positions @ normal)
    places = np.arange(len(slices), dtype=float)
    affine, step, residuals = fit(places)
    worst = float(residuals.max())
    allowed = max(_EXACT_MM, min(_TOLERATED_MM, _TOLERATED_PART * float(np.linalg.norm(step))))
    notes = [*notes, *_orientation_notes(orientations)]
    if worst <= allowed and float(np.linalg.norm(step)) > SAME_PLACE_MM:
        tilt = _tilt(step, normal)
        if worst > _EXACT_MM:
            notes.append(f"JITTER {worst:.3f} mm")
        notes.extend(_thickness_notes(slices[0], float(np.linalg.norm(step))))
        if tilt > _TILT_DEGREES:
            reason = (
                f"the slices are {gaps.mean():.3f} mm apart but shifted against each other, as with a gantry tilted "
                f"by {tilt:.2f}°"
            )
            files = tuple(s.label for s in slices)
            return Grid(Verdict("SHEAR", reason, worst, files, tuple(notes)), affine, places, gaps, tilt)
        reason = f"{len(slices)} slices, {np.linalg.norm(step):.3f} mm apart, within {worst:.3f} mm of one grid"
        return Grid(Verdict("OK", reason, worst, (), tuple(notes)), affine, places, gaps, tilt)

    multiples = _multiples(gaps)
    if multiples is not None:
        gapped = np.concatenate([[0.0], np.cumsum(multiples)])
        affine, step, residuals = fit(gapped)
        if float(residuals.max()) <= allowed:
            return _missing(slices, multiples, affine, step, gapped, gaps, worst, notes, normal)
    return Grid(_nonuniform(slices, gaps, worst, notes), None, places, gaps, _tilt(step, normal))


def _tilt(step: NDArray[np.float64], normal: NDArray[np.float64]) -> float:
    along = abs(float(step @ normal))
    across = float(np.linalg.norm(np.cross(step, normal)))
    return float(np.degrees(np.arctan2(across, along)))


def _multiples(gaps: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return each gap as a multiple of the smallest, or None when they are none, or too many are long."""
    smallest = float(gaps.min())
    if smallest <= SAME_PLACE_MM:
        return None
    multiples = np.round(gaps / smallest)
    if np.abs(gaps - multiples * smallest).max() > _GAP_PART * smallest or (multiples > 1).mean() > _MISSING_PART:
        return None
    if (multiples - 1).sum() > len(gaps):
        return None  # more holes than slices: two piles, not one with gaps
    return multiples if (multiples > 1).any() else None


def _missing(
    slices: Sequence[Slice],
    multiples: NDArray[np.float64],
    affine: NDArray[np.float64],
    step: NDArray[np.float64],
    places: NDArray[np.float64],
    gaps: NDArray[np.float64],
    residual: float,
    notes: Sequence[str],
    normal: NDArray[np.float64],
) -> Grid:
    after = np.flatnonzero(multiples > 1)
    count = int((multiples - 1).sum())
    shown = ", ".join(f"{gaps[k]:.3f} mm after {name_of(slices, int(k))}" for k in after[:5])
    more = f" and {len(after) - 5} more places" if len(after) > 5 else ""
    reason = (
        f"{count} {'slice is' if count == 1 else 'slices are'} missing: the {len(slices)} slices are "
        f"{abs(step @ normal):.3f} mm apart, except {shown}{more}"
    )
    if _tilt(step, normal) > _TILT_DEGREES:
        reason += f"; they are also shifted against each other by a tilt of {_tilt(step, normal):.2f}°"
    files = tuple(slices[int(k) + side].label for k in after for side in (0, 1))
    verdict = Verdict("MISSING_SLICES", reason, residual, files, tuple(notes))
    return Grid(verdict, affine, places, gaps, _tilt(step, normal))


def _nonuniform(slices: Sequence[Slice], gaps: NDArray[np.float64], residual: float, notes: Sequence[str]) -> Verdict:
    histogram = Counter(np.round(gaps, 2).tolist())
    listed = ", ".join(f"{gap:.2f} mm × {count}" for gap, count in histogram.most_common(4))
    typical = float(np.median(gaps))
    odd = np.flatnonzero(np.abs(gaps - gaps[0]) > max(_EXACT_MM, _GAP_PART * abs(typical)))
    where = f", first change after {name_of(slices, int(odd[0]))}" if odd.size else ""
    what = "the distances between slices differ" if odd.size else "the slices do not lie on one line"
    files = tuple(slices[int(k)].label for k in odd) or tuple(s.label for s in slices)
    reason = f"{what}: {listed}{' …' if len(histogram) > 4 else ''}{where}"
    return Verdict("NONUNIFORM_SPACING", reason, residual, files, tuple(notes))


def _single(
    one: Slice,
    position: NDArray[np.float64],
    orientation: NDArray[np.float64],
    spacing: tuple[float, float],
    notes: Sequence[str],
) -> Grid:
    said = (one.tags.number(keyword) for keyword in ("SpacingBetweenSlices", "SliceThickness"))
    nominal = next((mm for mm in said if mm is not None and mm > 0), None)
    affine = None
    if nominal:
        # Slices run against the normal; with one of them only the tags say how thick it is.
        affine = affine_of(position, -nominal * normal_of(orientation), orientation, spacing)
    reason = f"one slice, nominally {nominal:g} mm thick" if nominal else "one slice of unknown thickness"
    return Grid(Verdict("SINGLE_SLICE", reason, 0.0, (), tuple(notes)), affine, np.zeros(1))


def _orientation_notes(orientations: NDArray[np.float64]) -> list[str]:
    spread = float(np.abs(orientations - orientations[0]).max())
    return [f"ORIENTATION_JITTER {spread:.1e}"] if spread > 1e-5 else []


def _thickness_notes(one: Slice, step: float) -> list[str]:
    declared, thickness = one.tags.number("SpacingBetweenSlices"), one.tags.number("SliceThickness")
    if declared is not None and declared > 0 and abs(step - declared) > _GAP_PART * declared:
        code = "GAP" if step > declared else "OVERLAP"
        return [f"{code} slices every {step:.2f} mm, SpacingBetweenSlices says {declared:g} mm"]
    if thickness and thickness > 0 and step < 0.5 * thickness:
        return [f"OVERLAP slices of {thickness:g} mm every {step:.2f} mm"]
    if thickness and thickness > 0 and step > (1 + _GAP_PART) * thickness:
        return [f"GAP slices of {thickness:g} mm every {step:.2f} mm"]
    return []
