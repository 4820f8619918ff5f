"""The segmentations that go with a series, as masks on the grid of its volume."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dicomview.errors import NotAnImage
from dicomview.objects import segmentations_of
from dicomview.pixels import FrameTags

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from dicomview.catalog import Catalog
    from dicomview.objects import Segmentation

__all__ = ["aligned", "referred"]


def referred(catalog: Catalog, indices: Iterable[int]) -> dict[str, list[Segmentation]]:
    """Return the segmentations of some series by the UID of the series they refer to.

    Notes
    -----
    ReferencedSeriesSequence, PS3.3 C.12.2 (Common Instance Reference). A segmentation without it, or whose frames do
    not lie in the patient, goes with none.
    """
    found: dict[str, list[Segmentation]] = {}
    for header in (header for index in indices for header in catalog[index].headers):
        try:
            segmentations = segmentations_of([header])
        except NotAnImage:
            continue
        for one in segmentations:
            assert header.dataset is not None
            for item in FrameTags(header.dataset).get("ReferencedSeriesSequence") or ():
                found.setdefault(FrameTags(item).text("SeriesInstanceUID"), []).append(one)
    return found


def aligned(
    found: Iterable[Segmentation], reference: str, affine: NDArray[np.float64], shape: tuple[int, int, int]
) -> dict[str, NDArray[np.bool_]]:
    """Return segments as masks, by their label; a label that comes again has a number behind it.

    Parameters
    ----------
    found : iterable of Segmentation
    reference : str
        FrameOfReferenceUID of the volume; segmentations of another are left out.
    affine : (4, 4) float64 array
        From (k, j, i, 1) to LPS mm.
    shape : (slices, rows, columns)

    Returns
    -------
    dict of str to (k, j, i) bool array
        Each voxel has what the nearest voxel of the segmentation has.
    """
    masks: dict[str, NDArray[np.bool_]] = {}
    for one in found:
        if one.frame_of_reference != reference:
            continue
        names = {}
        for segment in one.segments:
            name, count = segment.label, 1
            while name in masks:
                count += 1
                name = f"{segment.label} ({count})"
            names[segment.number], masks[name] = name, np.zeros(shape, bool)
        for k in range(shape[0]):
            origin = (affine @ [k, 0, 0, 1])[:3]
            for number, mask in one.cut((origin, affine[:3, 1], affine[:3, 2]), shape[1:]).items():
                if number in names:
                    masks[names[number]][k] = mask
    return masks
