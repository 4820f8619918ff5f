"""The segments and regions about a series, as masks on its grid and as a table of what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dicomview.errors import NothingFound, UnknownChoice
from dicomview.objects import elsewhere, read_objects, segmentations_of
from dicomview.progress import bar
from dicomview.space import Series, Volume, read_series
from dicomview.space.planes import Plane

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dicomview.files import Source
    from dicomview.objects import Found, Segmented
    from dicomview.space.planes import Where

__all__ = ["Regions", "regions"]

_ACQUIRED = Plane("acquired", 0, 1, 2)  # k along, j down, i across
_NOTES = {"exact": "", "resampled": "mask resampled", "beside": "mask beside the pictures"}


class Regions(Mapping[str, "NDArray[np.bool_]"]):
    """Segments and regions by name; ``regions["heart"]`` is a (k, j, i) bool mask on the grid of ``regions.volume``.

    Made by `regions`. A mask is made when it is asked for, and not kept.

    Parameters
    ----------
    volume : Volume
        The images, modality values.
    found : Found
        What was read.
    images : tuple of (SOPInstanceUID, frame)
        Of each slice.

    Attributes
    ----------
    notes : tuple of str
        What must be known of it: that a mask was resampled, what was left out.
    """

    def __init__(self, volume: Volume, found: Found, images: tuple[tuple[str, int], ...]) -> None:
        self.volume, self._found, self._images = volume, found, images
        self._named: dict[str, tuple[Segmented, int]] = {}
        notes: list[str] = []
        for one in found.segmented:
            for segment in one.segments:
                name, count = segment.label, 1
                while name in self._named:
                    count += 1
                    name = f"{segment.label} ({count})"
                self._named[name] = one, segment.number
            notes += [_NOTES[one.fit(self._planes, self._size)], *one.notes]
        # The dose of the plan as a whole first: that of a beam or a fraction is a part of it.
        self._doses = sorted(found.doses, key=lambda one: one.summation != "PLAN")
        if self._doses and (self._doses[0].summation != "PLAN" or len(self._doses) > 1):
            notes.append(f"dose of type {self._doses[0].summation or 'unknown'}, 1 of {len(self._doses)}")
        self.notes = tuple(dict.fromkeys(filter(None, [*notes, *found.faults])))

    def __getitem__(self, name: str) -> NDArray[np.bool_]:
        if name not in self._named:
            raise KeyError(f"{name!r}; there is {', '.join(map(repr, self._named)) or 'nothing'}")
        one, number = self._named[name]
        mask = np.zeros(self.volume.array.shape, bool)
        for k, where in enumerate(self._planes):
            cut = one.cut(where, self._size, only=number)
            if number in cut:
                mask[k] = cut[number]
        return mask

    def __iter__(self) -> Iterator[str]:
        return iter(self._named)

    def __len__(self) -> int:
        return len(self._named)

    def __repr__(self) -> str:
        return f"Regions: {', '.join(self._named) or 'none'}" + "".join(f" · {note}" for note in self.notes)

    @property
    def dose(self) -> Volume | None:
        """The dose on the grid of the images, NaN beyond its own; None where there is none.

        That of a plan where there is one; `notes` say when it is another, or one of several.
        """
        if not self._doses:
            return None
        planes = [self._doses[0].cut(where, self._size) for where in self._planes]
        return Volume(np.stack(planes), self.volume.affine, self._doses[0].unit)

    @property
    def marked(self) -> pd.DataFrame:
        """The images that key objects mark: their ``index`` along the slices, the ``title``, and what is written."""
        rows = [
            (index, key.title, key.text)
            for key in self._found.keys
            for index, image in enumerate(self._images)
            if key.marks(*image)
        ]
        return pd.DataFrame(rows, columns=["index", "title", "text"])

    def table(self, values: Volume | None = None) -> pd.DataFrame:
        """Return a row for each region: how large it is, and what is in it.

        Parameters
        ----------
        values : Volume, optional
            On the same grid; the images themselves when not given.

        Returns
        -------
        DataFrame
            By name: ``voxels``, ``volume_ml``, ``mean``, ``sd`` (of the voxels there are, not of a sample of them),
            ``min`` and ``max`` of the values, their ``unit``; where there is a dose, its ``dose_mean`` and ``dose_max``
            in the units of `dose`, Gy as a rule. Voxels without a value, NaN, count for the volume alone.

        Raises
        ------
        UnknownChoice
            `values` lie on another grid.
        """
        values = self.volume if values is None else values
        if values.array.shape != self.volume.array.shape or not np.allclose(
            values.affine, self.volume.affine, atol=1e-3
        ):
            raise UnknownChoice("the values lie on another grid than the images of these regions")
        ml = abs(float(np.linalg.det(self.volume.affine[:3, :3]))) / 1000
        dose = self.dose
        rows = []
        for name in bar(self, "Measuring", "region", total=len(self)):
            mask = self[name]
            inside = values.array[mask].astype(np.float64)
            row = {"voxels": inside.size, "volume_ml": inside.size * ml, **_summary(inside), "unit": values.units}
            if dose is not None:
                given = _summary(dose.array[mask].astype(np.float64))
                row |= {"dose_mean": given["mean"], "dose_max": given["max"]}
            rows.append(row)
        columns = ["voxels", "volume_ml", "mean", "sd", "min", "max", "unit"]
        columns += [] if dose is None else ["dose_mean", "dose_max"]
        return pd.DataFrame(rows, columns=columns, index=pd.Index(list(self), dtype=object, name="region"))

    @property
    def _planes(self) -> list[Where]:
        k, j, i = self.volume.array.shape
        return [_ACQUIRED.place(self.volume.affine, (k, j, i), index) for index in range(k)]

    @property
    def _size(self) -> tuple[int, int]:
        return self.volume.array.shape[1], self.volume.array.shape[2]


def regions(source: Source | Series, objects: Source | Series | bool = True, *, uid: str | None = None) -> Regions:
    """Return what segmentations, structure sets, doses and key objects say about a series.

    Parameters
    ----------
    source : path, pydicom.Dataset, list of either, or Series
        The images; or a segmentation alone, which then lies on its own grid, without values.
    objects : path, pydicom.Dataset, Series, list of them, or True
        True takes those that were found with the series, in the same folder or catalogue, and refer to it.
    uid : str, optional
        SeriesInstanceUID, or the beginning of one, where `source` holds several series.

    Returns
    -------
    Regions
        A mapping of names to masks, with ``.table()``, ``.dose`` and ``.marked``.

    Raises
    ------
    NothingFound
        Nothing refers to the series.
    UnknownChoice
        `objects` holds nothing that lies over images, or lies in another frame of reference.
    SeveralSeries, UnknownSeries, NotAVolume, NotAnImage

    Examples
    --------
    >>> found = regions("sample_data/ct_chest", "seg.dcm")  # doctest: +SKIP
    >>> found.table()  # doctest: +SKIP
    """
    series = read_series(source, uid)
    if not series.stacks and segmentations_of(series.headers):
        found = read_objects(series, None)
        affine, shape = found.segmented[0].grid  # type: ignore[attr-defined]  # they are segmentations
        return Regions(Volume(np.broadcast_to(np.float32(np.nan), shape), affine), found, ())
    found = read_objects(objects, series)
    if objects is True and not (found.segmented or found.doses or found.keys or found.faults):
        raise NothingFound(
            "no segmentation, structure set, dose or key objects that refer to this series were found with it; give "
            "objects=, or read the series from the folder or catalogue that has them"
        )
    stack = series.stack
    here = stack.slices[0].tags.text("FrameOfReferenceUID")
    theirs = [one.frame_of_reference for one in found.segmented] + [one.frame_of_reference for one in found.doses]
    if here and any(uid not in ("", here) for uid in theirs):
        raise UnknownChoice(elsewhere("an object"))
    images = tuple((one.sop_instance_uid, one.frame) for one in stack.slices)
    return Regions(series.volume(), found, images)


def _summary(values: NDArray[np.float64]) -> dict[str, Any]:
    known = values[~np.isnan(values)]
    if not known.size:
        return dict.fromkeys(("mean", "sd", "min", "max"), float("nan"))
    return {"mean": known.mean(), "sd": known.std(), "min": known.min(), "max": known.max()}
