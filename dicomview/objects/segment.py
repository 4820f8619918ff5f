"""One part of what lies over images, whatever kind of object it came in, and what all such objects can be asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from dicomview.space.planes import Where

__all__ = ["Fit", "Segment", "Segmented"]

Fit: TypeAlias = Literal["exact", "resampled", "beside"]


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a segmentation, or one region of a structure set.

    Parameters
    ----------
    number : int
        SegmentNumber, in a label map the value of its pixels; ROINumber.
    label : str
        SegmentLabel or ROIName: text of the file.
    color : str, optional
        "#rrggbb" of RecommendedDisplayCIELabValue or ROIDisplayColor; None where the file has none.
    """

    number: int
    label: str
    color: str | None


class Segmented(Protocol):
    """What has segments that lie in the patient: `Segmentation` by pixels, `StructureSet` by contours."""

    segments: tuple[Segment, ...]
    frame_of_reference: str
    notes: tuple[str, ...]

    def fit(self, planes: Sequence[Where], size: tuple[int, int]) -> Fit:
        """Return how they lie over parallel planes of `size` (rows, columns)."""

    def cut(self, where: Where, size: tuple[int, int], only: int | None = None) -> Mapping[int, NDArray[np.bool_]]:
        """Return the masks of a plane in any direction, by the number of the segment, of one `only` where it is given.

        Segments that are nowhere on the plane are left out.
        """
