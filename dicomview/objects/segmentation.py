"""DICOM Segmentations: masks with names and colours, which lie in the patient and so over any image that lies there.

PS3.3 A.51 (Segmentation), A.51A (Label Map Segmentation), C.8.20. There are frames only where something is set, in any
order, several at one place where segments overlap; their grid need not be that of the images.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from dicomview.errors import NotAnImage, UnknownChoice
from dicomview.files import Header, read_headers
from dicomview.objects.segment import Segment
from dicomview.pixels import FrameTags, srgb_of_cielab
from dicomview.recent import Recent
from dicomview.space import Series
from dicomview.space.geometry import normal_of
from dicomview.space.grid import SAME_PLACE_MM
from dicomview.space.series import SEGMENTATIONS
from dicomview.space.slices import slices_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from dicomview.files import Source
    from dicomview.objects.segment import Fit
    from dicomview.space.planes import Where

    Crop = tuple[int, int, NDArray[np.generic]]

__all__ = ["Segmentation", "read_segmentations", "segmentations_of"]

_SAME_VOXEL = 1e-2  # of a voxel; nearer, two grids are one
_SAME_DIRECTION = 1e-3
_WHOLE_PART = 0.05  # a gap this close to a multiple of SpacingBetweenSlices is that multiple
_RECENT_BYTES = 64 << 20  # of pixels kept, so that a plane across the frames need not decode them all again
_MOST_PLANES = 10_000  # of the grid of a segmentation by itself; most of them may be empty


class Segmentation:
    """A segmentation of one file; frames are decoded when they are cut, the latest kept, cut to what is set in them.

    Parameters
    ----------
    source : Header
        Of a Segmentation or Label Map Segmentation.

    Attributes
    ----------
    segments : tuple of Segment
        In the order of the file, without the background of a label map.
    frame_of_reference : str
        FrameOfReferenceUID.
    notes : tuple of str
        What a reader must know of it.

    Raises
    ------
    NotAnImage
        The frames do not lie in parallel planes of the patient.
    """

    def __init__(self, source: Header) -> None:
        assert source.dataset is not None
        tags = FrameTags(source.dataset)
        self._labelled = tags.text("SegmentationType") == "LABELMAP"
        self._least = 1.0
        self.notes: tuple[str, ...] = ()
        if tags.text("SegmentationType") == "FRACTIONAL":
            # A probability or an occupancy (PS3.3 C.8.20.2.3) becomes a mask where it is at least a half.
            self._least = (tags.number("MaximumFractionalValue") or 255) / 2
            self.notes = ("fractional segments from one half on",)
        # Of a label map, the value that is no segment (PS3.3 C.8.20.2): PixelPaddingValue, else 0.
        self._background = tags.integer("PixelPaddingValue") if self._labelled else 0
        self.frame_of_reference = tags.text("FrameOfReferenceUID")
        found = (_segment(FrameTags(item)) for item in tags.get("SegmentSequence") or ())
        self.segments = tuple(one for one in found if not self._labelled or one.number != self._background)
        self._slices = tuple(slices_of(source))
        self._size = self._slices[0].rows, self._slices[0].columns
        self._recent = Recent(_RECENT_BYTES)
        self._corners: dict[int, tuple[int, int] | None] = {}  # of what is set in each frame that was decoded
        self._arrange()

    def _arrange(self) -> None:
        """Sort the frames into levels along the normal, from its tail to its tip."""
        lost = next((one for one in self._slices if one.place is None or one.spacing is None), None)
        if lost is not None:
            raise NotAnImage(
                f"the frames of this segmentation do not say where in the patient they lie ({lost.fault}), so it lies "
                "over no image; dv.tags shows what is in it"
            )
        orientations = np.array([one.orientation for one in self._slices])
        if np.abs(orientations - orientations[0]).max() > _SAME_DIRECTION:
            raise NotAnImage("the frames of this segmentation are not parallel, so it is no stack of masks")
        first, spacing = orientations[0], self._slices[0].spacing
        assert spacing is not None
        self._across, self._down, self._normal, self._spacing = first[:3], first[3:], normal_of(first), spacing
        positions = np.array([one.position for one in self._slices])
        self._levels: list[list[int]] = []  # frames, by level
        for frame in np.argsort(positions @ self._normal, kind="stable").tolist():
            last = positions[self._levels[-1][0]] if self._levels else None
            if last is None or (positions[frame] - last) @ self._normal > SAME_PLACE_MM:
                self._levels.append([frame])
            elif np.linalg.norm(positions[frame] - last) > SAME_PLACE_MM:
                raise NotAnImage(
                    "frames of this segmentation lie side by side in one plane: tiles are not put together"
                )
            else:
                self._levels[-1].append(frame)
        self._origins = positions[[frames[0] for frames in self._levels]]
        self._depths = self._origins @ self._normal
        self._step = _step_of(self._slices[0].tags, np.diff(self._depths)) or min(spacing)

    @property
    def grid(self) -> tuple[NDArray[np.float64], tuple[int, int, int]]:
        """The grid of the segmentation itself: affine from (k, j, i, 1) to LPS mm, and its shape (k, j, i).

        Planes without frames are there too, for they are empty; k runs against the normal, as in every stack.
        """
        count = int(np.floor((self._depths[-1] - self._depths[0]) / self._step + 0.5)) + 1
        count = count if count <= _MOST_PLANES else len(self._levels)
        affine = np.eye(4)
        affine[:3, 0] = -self._step * self._normal
        if count > 1:
            affine[:3, 0] = (self._origins[0] - self._origins[-1]) / (count - 1)
        affine[:3, 1], affine[:3, 2] = self._spacing[0] * self._down, self._spacing[1] * self._across
        affine[:3, 3] = self._origins[-1]
        return affine, (count, *self._size)

    def fit(self, planes: Sequence[Where], size: tuple[int, int]) -> Fit:
        """Return how the segmentation lies over parallel planes of `size` (rows, columns).

        "exact" where every pixel has a mask pixel in its place, within a hundredth of it, and no frame falls between
        two planes; "beside" where no plane meets it; else "resampled", to the nearest neighbour.
        """
        origins, downs, acrosses = (np.array(part) for part in zip(*planes, strict=True))
        depths = origins @ self._normal
        nearest = np.abs(depths[:, np.newaxis] - self._depths).argmin(axis=1)
        shift = self._in_voxels(origins - self._origins[nearest])
        met = np.abs(shift[:, 0]) <= 0.5
        if not met.any():
            return "beside"
        # From a whole number of mask pixels at the first corner, and the same number of steps to the last.
        off = np.abs(np.column_stack([shift[:, 0], shift[:, 1:] - np.round(shift[:, 1:])]))[met]
        drift_down = self._in_voxels((downs - self._spacing[0] * self._down) * (size[0] - 1))
        drift_across = self._in_voxels((acrosses - self._spacing[1] * self._across) * (size[1] - 1))
        within = (self._depths > depths.min() - self._step / 2) & (self._depths < depths.max() + self._step / 2)
        between = np.abs(self._depths[within, np.newaxis] - depths).min(axis=1) / self._step
        worst = max(float(np.abs(part).max(initial=0)) for part in (off, drift_down, drift_across, between))
        return "exact" if worst <= _SAME_VOXEL else "resampled"

    def cut(self, where: Where, size: tuple[int, int], only: int | None = None) -> dict[int, NDArray[np.bool_]]:
        """Return the masks of a plane through the segmentation, by the number of the segment.

        Parameters
        ----------
        where : (origin, row step, column step), LPS mm
            The plane may lie in any direction.
        size : (rows, columns)
        only : int, optional
            The one segment wanted.

        Returns
        -------
        dict of int to (rows, columns) bool array
            Each pixel has what the nearest voxel has. Segments that are nowhere on the plane are left out.

        Raises
        ------
        NoDecoder, DamagedPixels
        """
        origin, *steps = where

        def along(direction: NDArray[np.float64]) -> NDArray[np.float64]:
            down, across = (float(step @ direction) for step in steps)
            lines = origin @ direction + down * np.arange(size[0], dtype=np.float64)[:, np.newaxis]
            return np.asarray(lines + across * np.arange(size[1], dtype=np.float64)).ravel()

        depth = along(self._normal)
        after = np.clip(np.searchsorted(self._depths, depth), 1, max(1, len(self._depths) - 1))
        level = after - (depth - self._depths[after - 1] <= np.append(self._depths, np.inf)[after] - depth)
        level[np.abs(depth - self._depths[level]) > self._step * (0.5 + 1e-6)] = -1
        order = np.argsort(level, kind="stable")
        names, starts = np.unique(level[order], return_index=True)
        row, column = along(self._down) / self._spacing[0], along(self._across) / self._spacing[1]
        masks: dict[int, NDArray[np.bool_]] = defaultdict(lambda: np.zeros(size[0] * size[1], bool))
        for name, pixels in zip(names.tolist(), np.split(order, starts[1:]), strict=True):
            if name < 0:
                continue
            first = self._origins[name]
            j = np.floor(row[pixels] - first @ self._down / self._spacing[0] + 0.5).astype(np.int64)
            i = np.floor(column[pixels] - first @ self._across / self._spacing[1] + 0.5).astype(np.int64)
            for frame in self._levels[name]:
                if only is not None and not self._labelled and self._number(frame) != only:
                    continue
                crop = self._crop(frame)
                if crop is None:
                    continue
                top, left, cells = crop
                inside = np.flatnonzero((j >= top) & (j < top + cells.shape[0]))
                inside = inside[(i[inside] >= left) & (i[inside] < left + cells.shape[1])]
                found = cells[j[inside] - top, i[inside] - left]
                for number, where_set in self._apart(frame, found):
                    if only is not None and number != only:
                        continue
                    masks[number][pixels[inside[where_set]]] = True
        return {number: mask.reshape(size) for number, mask in masks.items()}

    def _apart(self, frame: int, found: NDArray[np.generic]) -> Iterable[tuple[int, NDArray[np.bool_]]]:
        """Yield the segments among pixels of one frame, with where each is."""
        if not self._labelled:
            if found.any():
                yield self._number(frame), found.astype(bool, copy=False)
            return
        for number in np.unique(found).tolist():
            if number != self._background:
                yield number, found == number

    def _number(self, frame: int) -> int:
        return self._slices[frame].tags.integer("ReferencedSegmentNumber")

    def _crop(self, frame: int) -> Crop | None:
        """Return what is set in a frame: row and column it begins at, and its pixels; None where nothing is."""
        if self._corners.get(frame, (0, 0)) is None:
            return None
        cells, _ = self._recent.get(frame, lambda: (self._cells(frame), ""))
        corner = self._corners[frame]
        return None if corner is None else (*corner, cells)

    def _cells(self, frame: int) -> NDArray[np.generic]:
        """Decode a frame, note where what is set in it begins, and return its pixels from there on."""
        stored = self._slices[frame].stored()
        is_set: NDArray[np.bool_] = np.asarray(
            stored != self._background if self._labelled else np.greater_equal(stored, self._least)
        )
        rows, columns = np.flatnonzero(is_set.any(axis=1)), np.flatnonzero(is_set.any(axis=0))
        if not rows.size:
            self._corners[frame] = None
            return is_set[:0]
        self._corners[frame] = int(rows[0]), int(columns[0])
        box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        kept: NDArray[np.generic] = (stored if self._labelled else is_set)[box].copy()
        return kept

    def _in_voxels(self, mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (n, 3) vectors in mm as (n, 3) steps along normal, rows and columns."""
        axes = np.stack([self._normal / self._step, self._down / self._spacing[0], self._across / self._spacing[1]])
        return np.asarray(mm @ axes.T)


def read_segmentations(source: Source | Series) -> list[Segmentation]:
    """Return the segmentations of a source.

    Parameters
    ----------
    source : path, pydicom.Dataset, list of either, or Series

    Raises
    ------
    NothingFound
        The path does not exist or holds no DICOM.
    UnknownChoice
        There is no segmentation in it.
    """
    headers = source.headers if isinstance(source, Series) else read_headers(source)
    found = segmentations_of(headers)
    if not found:
        raise UnknownChoice(
            "there is no DICOM Segmentation in what was given as masks; give one, or a dict of names and arrays; "
            "objects= takes structure sets, doses and presentation states as well"
        )
    return found


def segmentations_of(headers: Iterable[Header]) -> list[Segmentation]:
    """Return the segmentations among headers."""
    found = []
    for header in headers:
        if header.dataset is None or header.pixels is None:
            continue
        if FrameTags(header.dataset).text("SOPClassUID") in SEGMENTATIONS:
            found.append(Segmentation(header))
    return found


def _segment(tags: FrameTags) -> Segment:
    number = tags.integer("SegmentNumber")
    lab = tags.numbers("RecommendedDisplayCIELabValue")
    color = srgb_of_cielab(lab) if len(lab) == 3 else None
    return Segment(number, tags.text("SegmentLabel") or f"segment {number}", color)


def _step_of(tags: FrameTags, gaps: NDArray[np.float64]) -> float:
    """Return the distance of neighbouring planes, mm, of which some may have no frames; 0 when unknown."""
    declared = tags.number("SpacingBetweenSlices") or 0.0
    if not gaps.size:
        return max(declared, tags.number("SliceThickness") or 0.0, 0.0)
    smallest = float(gaps.min())
    whole = smallest / declared if declared > 0 else 0.0
    return declared if round(whole) >= 1 and abs(whole - round(whole)) <= _WHOLE_PART else smallest
