"""Radiotherapy structure sets by their geometry: regions drawn as contours, cut by any plane.

PS3.3 A.19, C.8.8.5 (Structure Set), C.8.8.6 (ROI Contour). What is inside an odd number of the closed contours of a
region in one plane belongs to it: a contour in another one is a hole, a keyhole needs no rule of its own.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydicom.datadict import tag_for_keyword

from dicomview.errors import NotAnImage
from dicomview.objects.contours import Contour, Outline
from dicomview.objects.items import Item
from dicomview.objects.polygons import inside, newell
from dicomview.objects.segment import Segment
from dicomview.space.grid import SAME_PLACE_MM

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

    from dicomview.objects.segment import Fit
    from dicomview.space.planes import Where

__all__ = ["StructureSet", "color_of_roi"]

_CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
_FLAT_MM = 0.1  # how far the points of a contour may be off the plane they lie in
_ALONE_MM = 1.0  # thickness of a contour that has no neighbour and does not say
_LARGE = 20  # contours of which the plane of all is taken: what is drawn with many points is no speck
_SAME_PLANE = 1e-2  # of the distance of two contours
_EVEN = 0.05  # of the smallest gap between contours; nearer, all are as large


@dataclass(frozen=True, slots=True, eq=False)
class _Region:
    """The closed contours of one region by their depth along the normal, and how thick each stands for, mm."""

    depths: NDArray[np.float64]
    levels: tuple[tuple[NDArray[np.float64], ...], ...]
    step: float

    def nearest(self, depth: NDArray[np.float64]) -> NDArray[np.intp]:
        """Return the level at each depth, -1 where there is none."""
        level = np.searchsorted((self.depths[1:] + self.depths[:-1]) / 2, depth)
        level[np.abs(depth - self.depths[level]) > self.step * (0.5 + 1e-6)] = -1
        return level


class StructureSet:
    """The regions of one structure set.

    Parameters
    ----------
    dataset : pydicom.Dataset
        An RT Structure Set; read, never written.

    Attributes
    ----------
    segments : tuple of Segment
        The regions that have contours, in the order of the file.
    outlines : tuple of Outline
        Their contours, points and open lines included; one for each of them.
    frame_of_reference : str
        FrameOfReferenceUID, of most of its regions.
    notes : tuple of str
        What a reader must know of it.

    Raises
    ------
    NotAnImage
        There is no contour in it that can be read.
    """

    def __init__(self, dataset: Dataset) -> None:
        root = Item(dataset)
        described = {one.integer("ROINumber", -1): one for one in root.items("StructureSetROISequence")}
        frames = Counter(one.text("ReferencedFrameOfReferenceUID") for one in described.values())
        named = next(iter(root.items("ReferencedFrameOfReferenceSequence")), root).text("FrameOfReferenceUID")
        self.frame_of_reference = next(iter(frames.most_common(1)), (named,))[0] or named
        self._left: Counter[str] = Counter()
        drawn = {one.integer("ReferencedROINumber", -1): one for one in root.items("ROIContourSequence")}
        segments, outlines = [], []
        for number, one in drawn.items():
            roi = described.get(number, one)
            if roi.text("ReferencedFrameOfReferenceUID", self.frame_of_reference) != self.frame_of_reference:
                self._left["regions in another frame of reference"] += 1
            elif contours := tuple(filter(None, map(self._contour, one.items("ContourSequence")))):
                segments.append(Segment(number, roi.text("ROIName") or f"region {number}", color_of_roi(one)))
                outlines.append(Outline(segments[-1].label, contours, segments[-1].color, self.frame_of_reference))
        if not outlines:
            raise NotAnImage("this structure set has no contours that can be read; dv.view shows what is in it")
        self.segments, self.outlines = tuple(segments), tuple(outlines)
        self._normal = _normal_of([contour for one in outlines for contour in one.contours])
        self._regions = self._arranged(drawn.values())
        self.notes = tuple(f"{count} {what} left out" for what, count in self._left.items())

    def _contour(self, item: Item) -> Contour | None:
        points = _points_of(item)
        if points is None:
            self._left["unreadable contours"] += 1
            return None
        return Contour(points, item.text("ContourGeometricType") in _CLOSED and len(points) > 2)

    def _arranged(self, drawn: Iterable[Item]) -> dict[int, _Region]:
        """Sort the closed contours of each region into levels along the normal."""
        levels: dict[int, list[list[NDArray[np.float64]]]] = {}
        depths: dict[int, list[float]] = {}
        for segment, outline in zip(self.segments, self.outlines, strict=True):
            for depth, points in sorted(self._flat(outline), key=lambda pair: pair[0]):
                mine = depths.setdefault(segment.number, [])
                if mine and depth - mine[-1] <= SAME_PLACE_MM:
                    levels[segment.number][-1].append(points)
                else:
                    mine.append(depth)
                    levels.setdefault(segment.number, []).append([points])
        gaps = {number: np.diff(mine) for number, mine in depths.items()}
        smallest = [float(gap.min()) for gap in gaps.values() if gap.size]
        slabs = (item.number("ContourSlabThickness") for one in drawn for item in one.items("ContourSequence"))
        usual = min(smallest) if smallest else next(filter(None, slabs), _ALONE_MM)
        return {
            number: _Region(np.array(mine), tuple(map(tuple, levels[number])), _step_of(gaps[number], usual))
            for number, mine in depths.items()
        }

    def _flat(self, outline: Outline) -> Iterator[tuple[float, NDArray[np.float64]]]:
        """Yield the closed contours that lie across the normal, with their depth along it."""
        for one in outline.contours:
            if one.closed:
                depths = one.points @ self._normal
                if np.ptp(depths) <= _FLAT_MM:
                    yield float(depths.mean()), one.points
                else:
                    self._left["contours not parallel to the others"] += 1

    def fit(self, planes: Sequence[Where], size: tuple[int, int]) -> Fit:
        """Return how the regions lie over parallel planes of `size` (rows, columns).

        "exact" where the planes are parallel to the contours, each that meets one lies in it, within a hundredth of the
        distance of two, and no contour falls between two planes; "beside" where no plane meets any; else "resampled".
        """
        origins, downs, acrosses = (np.array(part) for part in zip(*planes, strict=True))
        tilt = np.abs([downs @ self._normal * (size[0] - 1), acrosses @ self._normal * (size[1] - 1)]).max(initial=0)
        depths = origins @ self._normal
        met, worst = False, 0.0
        for region in self._regions.values():
            level = region.nearest(depths)
            hit = level >= 0
            met |= bool(hit.any()) or bool(tilt > region.step / 2)
            within = (region.depths > depths.min()) & (region.depths < depths.max())
            between = np.abs(region.depths[within, np.newaxis] - depths).min(axis=1)
            off = np.abs(depths[hit] - region.depths[level[hit]])
            worst = max(worst, *(float(x.max(initial=0)) / region.step for x in (off, between)), tilt / region.step)
        if not met:
            return "beside"
        return "exact" if worst <= _SAME_PLANE else "resampled"

    def cut(self, where: Where, size: tuple[int, int], only: int | None = None) -> dict[int, NDArray[np.bool_]]:
        """Return the masks of a plane through the regions, by the number of the region.

        Parameters
        ----------
        where : (origin, row step, column step), LPS mm
            The plane may lie in any direction.
        size : (rows, columns)
        only : int, optional
            The one region wanted.

        Returns
        -------
        dict of int to (rows, columns) bool array
            A pixel is set where its centre lies inside, in the nearest plane of contours that is not farther than half
            their distance. Regions that are nowhere on the plane are left out.
        """
        origin, down, across = where
        drift = [
            abs(float(step @ self._normal)) * (count - 1) for step, count in zip((down, across), size, strict=True)
        ]
        masks = {}
        for number, region in self._regions.items():
            if only not in (None, number):
                continue
            flat = _SAME_PLANE * region.step
            if drift[1] <= flat:
                mask = self._along(region, origin, down, across, size)
            elif drift[0] <= flat:
                mask = self._along(region, origin, across, down, size[::-1]).T
            else:  # no line of pixels stays in a plane of contours, so each pixel is a line of its own
                rows, columns = (np.arange(count, dtype=np.float64)[:, np.newaxis] for count in size)
                points = origin + (rows * down)[:, np.newaxis] + columns * across
                mask = self._lines(region, points.reshape(-1, 3), across, 1).reshape(size)
            if mask.any():
                masks[number] = mask
        return masks

    def _along(
        self,
        region: _Region,
        origin: NDArray[np.float64],
        down: NDArray[np.float64],
        across: NDArray[np.float64],
        size: tuple[int, int],
    ) -> NDArray[np.bool_]:
        starts = origin + np.arange(size[0], dtype=np.float64)[:, np.newaxis] * down
        return self._lines(region, starts, across, size[1])

    def _lines(
        self, region: _Region, starts: NDArray[np.float64], across: NDArray[np.float64], columns: int
    ) -> NDArray[np.bool_]:
        """Return where lines of points are inside, that begin at `starts` and stay each in one level."""
        flat = across - (across @ self._normal) * self._normal
        step = float(np.linalg.norm(flat))
        axes = np.stack([flat / step, np.cross(self._normal, flat / step)], axis=1)
        level = region.nearest(starts @ self._normal)
        mask = np.zeros((len(starts), columns), bool)
        for number in np.unique(level[level >= 0]).tolist():
            mine = np.flatnonzero(level == number)
            along, aside = (starts[mine] @ axes).T
            mask[mine] = inside([points @ axes for points in region.levels[number]], aside, along, step, columns)
        return mask


def color_of_roi(drawn: Item) -> str | None:
    """Return ROIDisplayColor as "#rrggbb", None where there is none."""
    color = drawn.numbers("ROIDisplayColor")
    sound = len(color) == 3 and all(0 <= part <= 255 for part in color)
    return "#" + "".join(f"{int(part):02x}" for part in color) if sound else None


def _points_of(item: Item) -> NDArray[np.float64] | None:
    """Return the points of a contour, (n, 3) LPS mm, or None.

    There may be millions: the text is taken as it is in the file, where pydicom has not made objects of it yet.
    """
    tag = tag_for_keyword("ContourData")
    assert tag is not None
    if tag not in item.dataset:
        return None
    try:
        value = item.dataset.get_item(tag).value
        numbers = np.array(value.strip(b" \0").split(b"\\") if isinstance(value, bytes) else value, np.float64)
    except (TypeError, ValueError):
        return None
    if numbers.ndim != 1 or not numbers.size or numbers.size % 3 or not np.isfinite(numbers).all():
        return None
    return numbers.reshape(-1, 3)


def _normal_of(contours: Sequence[Contour]) -> NDArray[np.float64]:
    """Return the normal of the largest of those with the most points; z where nothing is closed."""
    closed = sorted((one.points for one in contours if one.closed), key=len)[-_LARGE:]
    largest = max(map(newell, closed), key=lambda area: float(np.linalg.norm(area)), default=np.zeros(3))
    length = np.linalg.norm(largest)
    return largest / length if length else np.array([0.0, 0.0, 1.0])


def _step_of(gaps: NDArray[np.float64], usual: float) -> float:
    """Return the thickness that a contour stands for, mm: the distance of contours where a region is drawn evenly.

    Two contours far apart are two thin regions, not a thick one: they have the smallest distance there is in their set.
    """
    if not gaps.size:
        return usual
    smallest = float(gaps.min())
    even = len(gaps) > 1 and float(np.median(gaps)) <= smallest * (1 + _EVEN)
    return smallest if even else min(smallest, usual)
