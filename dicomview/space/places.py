"""Where a plane lies in the patient, and how far apart its pixels are.

With `slices`, the one place that knows the DICOM keywords of the image plane.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from dicomview.pixels import FrameTags, frame_count
from dicomview.space.geometry import normal_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

__all__ = ["Place", "place_of", "places_along", "places_of_frames", "spacing_fault", "spacing_of"]

# Modalities whose pixels are shadows on a detector: a distance in them is not a distance in the patient.
_PROJECTIONS = frozenset({"CR", "DX", "MG", "IO", "PX", "RF", "RG", "XA", "RTIMAGE"})


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a plane lies in the patient.

    Parameters
    ----------
    position : (3,) float64 array
        ImagePositionPatient: centre of the first pixel, LPS, mm.
    orientation : (6,) float64 array
        ImageOrientationPatient.
    """

    position: NDArray[np.float64]
    orientation: NDArray[np.float64]


def spacing_of(tags: FrameTags) -> tuple[tuple[float, float] | None, str]:
    """Return ((row, column) mm or None, kind); for the kinds see `Slice.spacing_kind`."""
    projection = tags.text("Modality") in _PROJECTIONS
    for keyword, kind in (("PixelSpacing", "patient"), ("ImagerPixelSpacing", "detector")):
        found = tags.numbers(keyword)
        if len(found) == 2 and all(math.isfinite(x) and x > 0 for x in found):
            # PixelSpacing of a projection is calibrated or copied from the detector (PS3.3 10.7.1.3).
            calibrated = projection and kind == "patient" and bool(tags.text("PixelSpacingCalibrationType"))
            return (found[0], found[1]), "calibrated" if calibrated else ("detector" if projection else kind)
    for region in tags.get("SequenceOfUltrasoundRegions") or ():
        inner = FrameTags(region)
        delta = inner.number("PhysicalDeltaY"), inner.number("PhysicalDeltaX")
        centimetres = inner.integer("PhysicalUnitsXDirection") == inner.integer("PhysicalUnitsYDirection") == 3
        if centimetres and delta[0] and delta[1]:
            return (abs(delta[0]) * 10, abs(delta[1]) * 10), "calibrated"
    return None, ""


def spacing_fault(tags: FrameTags) -> str:
    """Return why a plane without a pixel size has no place: its first pixel has one and the others have none."""
    if tags.get("PixelSpacing") is None:
        return "NO_GEOMETRY: PixelSpacing is missing"
    return "BAD_GEOMETRY: PixelSpacing is not two numbers above 0"


def place_of(tags: FrameTags) -> tuple[Place | None, str]:
    """Return the place of a plane, or None with the reason."""
    if tags.text("Modality") in _PROJECTIONS:
        return None, "PROJECTION_ONLY: a projection lies on a detector, not in a plane of the patient"
    if frame_count(tags) > 1 and not tags.multiframe:
        return None, "NO_GEOMETRY: the frames share one position, so they are moments or views rather than places"
    needed = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
    missing = [keyword for keyword in needed if not tags.readings(keyword) and tags.get(keyword) is None]
    if missing:
        return None, f"NO_GEOMETRY: {', '.join(missing)} missing or unreadable"
    return _checked_place(tags.numbers("ImagePositionPatient"), tags.numbers("ImageOrientationPatient"))


def _checked_place(position: tuple[float, ...], orientation: tuple[float, ...]) -> tuple[Place | None, str]:
    if len(position) != 3 or not all(map(math.isfinite, position)):
        return None, "BAD_GEOMETRY: ImagePositionPatient is not three finite numbers"
    directions, fault = _checked_orientation(orientation)
    return (None, fault) if directions is None else (Place(np.array(position, float), directions), "")


@lru_cache(maxsize=256)
def _checked_orientation(orientation: tuple[float, ...]) -> tuple[NDArray[np.float64] | None, str]:
    """Return the direction cosines, or None with the reason; most slices have those of the one before."""
    o = np.array(orientation, float)
    if o.shape != (6,) or not np.isfinite(o).all():
        return None, "BAD_GEOMETRY: ImageOrientationPatient is not six finite numbers"
    lengths = np.linalg.norm(o.reshape(2, 3), axis=1)
    if np.abs(lengths - 1).max() > 1e-3:
        return None, "BAD_GEOMETRY: ImageOrientationPatient is not two directions of length 1"
    if abs(float(o[:3] @ o[3:])) > 1e-3:
        return None, "BAD_GEOMETRY: the two directions of ImageOrientationPatient are not perpendicular"
    o.flags.writeable = False  # shared
    return o, ""


def places_of_frames(dataset: Dataset, vectors: Sequence[Mapping[str, int]]) -> list[tuple[Place | None, str]] | None:
    """Return the places of frames whose step is kept in one element of the whole object, or None for all others.

    Parameters
    ----------
    dataset : pydicom.Dataset
    vectors : sequence of mappings
        For each frame, from `index_vectors`.
    """
    tags, count = FrameTags(dataset), len(vectors)
    if count == 1:
        return None
    if tags.text("Modality") == "RTDOSE":
        offsets = tags.numbers("GridFrameOffsetVector")
        if len(offsets) != count:
            return [(None, f"NO_GEOMETRY: GridFrameOffsetVector has {len(offsets)} values for {count} frames")] * count
        # PS3.3 C.8.8.3.2: offsets along R × C from the position, or, when the first is not 0, z coordinates.
        return places_along(tags, [x - offsets[0] for x in offsets])
    kind = tags.texts("ImageType")
    if tags.text("Modality") == "NM" and ("RECON TOMO" in kind or "RECON GATED TOMO" in kind):
        detectors, step = tags.get("DetectorInformationSequence"), tags.number("SpacingBetweenSlices")
        turns = [at.get("slice") for at in vectors]
        if None in turns:
            # Without a Slice Vector the frames can only be the slices themselves, one after another.
            turns = list(range(1, count + 1)) if "RECON TOMO" in kind else []
        if not detectors or not step or not turns:
            return None
        # PS3.3 C.8.4.15: a negative spacing means that the slices follow each other against R × C.
        return places_along(FrameTags(detectors[0]), [(turn - 1) * step for turn in turns if turn is not None])
    return None


def places_along(
    tags: FrameTags, offsets: Sequence[float], *, shift: NDArray[np.float64] | None = None
) -> list[tuple[Place | None, str]]:
    """Return places `offsets` mm along the normal from the position that `tags` give.

    Parameters
    ----------
    shift : (row, column) mm, optional
        Within the plane, added to the position.
    """
    first, fault = _checked_place(tags.numbers("ImagePositionPatient"), tags.numbers("ImageOrientationPatient"))
    if first is None:
        return [(None, fault)] * len(offsets)
    normal, origin = normal_of(first.orientation), first.position
    if shift is not None:
        origin = origin + shift[0] * first.orientation[3:] + shift[1] * first.orientation[:3]
    return [(Place(origin + offset * normal, first.orientation), "") for offset in offsets]
