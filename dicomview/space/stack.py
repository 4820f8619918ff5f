"""A stack: one pile of slices with a verdict, from the sorting to the volume."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dicomview.errors import NotAVolume, UnknownChoice
from dicomview.space.axes import position_ids
from dicomview.space.grid import Grid, Verdict, judge
from dicomview.space.groups import is_localizer, tie
from dicomview.space.suv import in_suv, kind_of, suv_scale
from dicomview.space.volume import OnMissing, OnNonuniform, OnShear, Volume, build

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dicomview.space.slices import Slice

__all__ = ["Stack"]


@dataclass(frozen=True, eq=False)
class Stack:
    """One pile of slices of a series.

    Parameters
    ----------
    slices : tuple of Slice
        Sorted against the normal (an axial stack runs from head to feet); with extra axes these run outermost.
    dims : tuple of str
        Names of the axes of `shape`, for example ("slice", "row", "column") or ("echo", "slice", "row", "column").
    grid : Grid
        What the judge found; with extra axes, of the pile that is worst off.
    coords : dict of str to tuple
        The values along each extra axis; for "time" of a multi-frame object, ms from the first frame. Frames without
        a place also have those of the axis that is scrolled through.
    units : dict of str to str
        Of the values in `coords`; an axis without unit is absent or empty.
    identity : "show" or "hide"
        As that of its series.
    """

    slices: tuple[Slice, ...]
    dims: tuple[str, ...]
    grid: Grid
    coords: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    identity: Literal["show", "hide"] = "show"

    def __repr__(self) -> str:
        return f"Stack {self.summary()}"

    def __len__(self) -> int:
        return len(self.slices)

    @property
    def verdict(self) -> Verdict:
        """Whether the slices form one regular grid, and why not."""
        return self.grid.verdict

    @property
    def localizer(self) -> bool:
        """True for scout views."""
        return is_localizer(self.slices[0])

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each of `dims`."""
        extra = tuple(len(self.coords[name]) for name in self.dims[:-3])
        per_pile = len(self.slices) // int(np.prod(extra, dtype=int))
        return (*extra, per_pile, self.slices[0].rows, self.slices[0].columns)

    @property
    def spacing(self) -> tuple[float | None, float | None, float | None]:
        """Distance of neighbours along (k, j, i), mm; None where unknown."""
        rows, columns = self.slices[0].spacing or (None, None)
        if self.grid.affine is not None:
            return float(np.linalg.norm(self.grid.affine[:3, 0])), rows, columns
        return None, rows, columns

    @property
    def affine(self) -> NDArray[np.float64] | None:
        """From (k, j, i, 1) to LPS mm, (4, 4) float64; None unless the verdict is regular."""
        if not self.verdict.regular or self.grid.affine is None:
            return None
        return self.grid.affine.copy()

    def summary(self) -> str:
        """Return the stack in one line: size, spacing, verdict."""
        sizes = " × ".join(str(n) for n in self.shape)
        # The thickness of a single slice is no distance between slices.
        known = [x for x in self.spacing[len(self.slices) == 1 :] if x is not None]
        spacing = f" · {' × '.join(f'{x:.2f}' for x in known)} mm" if known else ""
        axes = f" · {', '.join(self.dims[:-3])}" if len(self.dims) > 3 else ""
        cut = sum(one.source.status == "truncated" for one in self.slices)
        words = "regular" if self.verdict.regular else f"{self.verdict.code}: {self.verdict.reason}"
        more = [words] if not cut else [words, f"{cut} truncated"]
        return " · ".join([f"{sizes}{spacing}{axes}", *(["localizer"] if self.localizer else []), *more])

    def pile(self, **axes: int) -> tuple[Slice, ...]:
        """Return the slices of one pile.

        Parameters
        ----------
        **axes : int
            Zero-based place along each extra axis, 0 when not given.

        Raises
        ------
        UnknownChoice
            There is no such axis, or no such place along it.
        """
        start, length = 0, self.shape[-3]
        for name in axes:
            if name not in self.dims[:-3]:
                known = ", ".join(self.dims[:-3]) or "none"
                raise UnknownChoice(f"{name!r} is neither an option nor an extra axis of this stack; its axes: {known}")
        stride = len(self.slices)
        for name, count in zip(self.dims[:-3], self.shape[:-3], strict=True):
            place = axes.get(name, 0)
            if isinstance(place, bool) or not hasattr(place, "__index__"):
                raise UnknownChoice(f"{name} is a whole number from 0 to {count - 1}, not {place!r}")
            if not 0 <= place < count:
                raise UnknownChoice(f"{name}={place} does not exist; it runs from 0 to {count - 1}")
            stride //= count
            start += place * stride
        return self.slices[start : start + length]

    def split(self) -> tuple[Stack, ...]:
        """Return the maximal runs of slices that are regular by themselves, in order; of a regular stack, itself.

        A slice that no run can take becomes a stack of one.
        """
        if self.verdict.regular or self.slices[0].place is None or len(self.dims) > 3:
            return (self,)
        runs, start = [], 0
        while start < len(self.slices):
            end = start + 1
            while end < len(self.slices) and judge(self.slices[start : end + 1]).verdict.regular:
                end += 1
            runs.append(replace(self, slices=self.slices[start:end], grid=judge(self.slices[start:end])))
            start = end
        return tuple(runs)

    def volume(
        self,
        *,
        on_missing: OnMissing = "refuse",
        on_nonuniform: OnNonuniform = "refuse",
        on_shear: OnShear = "refuse",
        on_duplicate: Literal["refuse", "first"] = "refuse",
        units: str | None = None,
        progress: bool = True,
        **axes: int,
    ) -> Volume:
        """Return the modality values as one volume, or refuse.

        Parameters
        ----------
        on_missing : "refuse" or "nan"
            "nan" leaves missing slices empty.
        on_nonuniform : "refuse" or "resample"
            "resample" interpolates linearly to the smallest distance of two slices.
        on_shear : "refuse", "affine" or "resample"
            "affine" keeps the voxels and skews the affine; "resample" straightens by interpolation.
        on_duplicate : "refuse" or "first"
            "first" takes, of several images at one position, the one with the lowest InstanceNumber.
        units : "SUVbw", "SUVlbm", "SUVlbmj" or "SUVbsa", optional
            Of PET: uptake by body weight, lean body mass (by James, by Janmahasatian) or body surface. Without it the
            values stay in the unit of the file.
        progress : bool
            Show a bar when reading takes more than a second.
        **axes : int
            Zero-based place along each extra axis, for example ``echo=1``.

        Raises
        ------
        NotAVolume
            The slices do not form one regular grid; the message names the place and the argument that allows it.
        NotSuv
            `units` are asked for, and an element needed for them is missing; the message lists what is.
        UnknownChoice
            An option or an axis that does not exist.

        Examples
        --------
        >>> chest.volume().array.shape  # doctest: +SKIP
        (60, 256, 256)
        """
        missing = [f"{name}=0 to {len(self.coords[name]) - 1}" for name in self.dims[:-3] if name not in axes]
        placed = self.slices[0].place is not None
        if missing and placed:
            raise NotAVolume(f"this stack holds several volumes; choose one with volume({', '.join(missing)})")
        slices = self.pile(**axes)
        grid = judge(slices, notes=self.verdict.notes) if placed and len(self.dims) > 3 else self.grid
        if on_duplicate not in ("refuse", "first"):
            raise UnknownChoice(f"on_duplicate={on_duplicate!r} is not a way to go on; choose refuse or first")
        if self.verdict.code == "AMBIGUOUS_POSITIONS":
            if on_duplicate == "refuse":
                raise NotAVolume(
                    f'{self.verdict.reason}; on_duplicate="first" takes the lowest InstanceNumber at each position'
                )
            slices = _first_of_each(slices)
            grid = judge(slices)
        # Of all slices: the decay is counted to the first acquisition, whichever pile that is in.
        scale = None if units is None else suv_scale(self.slices, kind_of(units))
        allowed: dict[str, Any] = {"on_missing": on_missing, "on_nonuniform": on_nonuniform, "on_shear": on_shear}
        volume = build(slices, grid, progress=progress, **allowed)
        return volume if scale is None else in_suv(volume, scale)


def _first_of_each(slices: Sequence[Slice]) -> tuple[Slice, ...]:
    ids = position_ids(slices)
    groups: dict[int, Slice] = {}
    for place, one in sorted(zip(ids, slices, strict=True), key=lambda pair: tie(pair[1])):
        groups.setdefault(place, one)
    return tuple(groups[place] for place in sorted(groups))
