"""A slice: one image plane, whatever kind of object it came in.

The one place that knows the DICOM keywords of the image plane. Single-frame instances, enhanced multi-frame, RT dose
and reconstructed nuclear medicine look the same above this file.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from dicomview.errors import DamagedPixels, NoDecoder
from dicomview.pixels import FrameTags, file_windows, frame_count, has_colour, padding_range, rescale_of, stored_values
from dicomview.space.geometry import normal_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

    from dicomview.files import Header
    from dicomview.pixels import Rescale, Window

__all__ = ["Place", "Slice", "slices_of"]

_BAD_SPACING = "BAD_GEOMETRY: PixelSpacing is not two numbers above 0"
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


@dataclass(frozen=True, eq=False)
class Slice:
    """One image plane of a series.

    Parameters
    ----------
    source : Header
        The file it came from.
    tags : FrameTags
        What the header says of this frame.
    place : Place, optional
        None when the file does not say where the plane lies; `fault` then says why.
    spacing : (row, column) floats, mm, optional
        PixelSpacing. None when unknown.
    spacing_kind : str
        "patient", "detector" (ImagerPixelSpacing of a projection), "calibrated" (ultrasound region) or "" (unknown).
    fault : str
        Reason code and words when there is no place.
    """

    source: Header
    tags: FrameTags
    place: Place | None
    spacing: tuple[float, float] | None
    spacing_kind: str = ""
    fault: str = ""

    @property
    def header(self) -> Dataset:
        """The data set of the file, without pixel data; to be read, not written."""
        return self.tags.dataset

    @property
    def frame(self) -> int:
        """Zero-based frame of the instance."""
        return self.tags.frame

    @property
    def frame_count(self) -> int:
        """How many frames the instance has."""
        return frame_count(self.header)

    @property
    def label(self) -> str:
        """Where the slice came from, for tables: path below the source, and the frame of a multi-frame file."""
        label = self.source.location.label
        return f"{label}#{self.frame}" if self.frame_count > 1 else label

    @property
    def frame_times(self) -> tuple[float, ...] | None:
        """When each frame of a multi-frame instance was taken, ms after the first; None when the file does not say.

        FrameTimeVector, FrameTime, or CineRate and RecommendedDisplayFrameRate (PS3.3 C.7.6.5).
        """
        vector = self.tags.numbers("FrameTimeVector")
        if len(vector) == self.frame_count:
            return tuple(accumulate(vector))
        rate = self.tags.number("CineRate") or self.tags.number("RecommendedDisplayFrameRate")
        step = self.tags.number("FrameTime") or (1000 / rate if rate else None)
        return None if step is None else tuple(k * step for k in range(self.frame_count))

    @property
    def rows(self) -> int:
        """Rows."""
        return self.tags.integer("Rows")

    @property
    def columns(self) -> int:
        """Columns."""
        return self.tags.integer("Columns")

    @property
    def position(self) -> NDArray[np.float64] | None:
        """ImagePositionPatient, LPS mm, or None."""
        return None if self.place is None else self.place.position

    @property
    def orientation(self) -> NDArray[np.float64] | None:
        """ImageOrientationPatient, or None."""
        return None if self.place is None else self.place.orientation

    @property
    def instance_number(self) -> int | None:
        """InstanceNumber, or None."""
        number = self.tags.number("InstanceNumber")
        return None if number is None else int(number)

    @property
    def sop_instance_uid(self) -> str:
        """SOPInstanceUID, or an empty string."""
        return self.tags.text("SOPInstanceUID")

    @property
    def colour(self) -> bool:
        """True when the slice is shown in colour."""
        return has_colour(self.tags)

    @property
    def inverted(self) -> bool:
        """True when small values are shown white: MONOCHROME1 or PresentationLUTShape INVERSE."""
        shape = self.tags.text("PresentationLUTShape")
        return shape == "INVERSE" or (
            shape != "IDENTITY" and self.tags.text("PhotometricInterpretation") == "MONOCHROME1"
        )

    @cached_property
    def rescale(self) -> Rescale:
        """How stored values become modality values."""
        return rescale_of(self.tags)

    @property
    def unit(self) -> str:
        """Unit of the modality values, for example "HU"; empty when the file names none."""
        return self.rescale.unit

    @property
    def windows(self) -> tuple[Window, ...]:
        """The windows stored in the file, in its order."""
        return file_windows(self.tags)

    @property
    def padding(self) -> tuple[int, int] | None:
        """Stored values (low, high) that mark no image, or None."""
        return padding_range(self.tags)

    def stored(self) -> NDArray[np.generic]:
        """Return the stored values: (rows, columns) integers or floats, (rows, columns, 3) for RGB.

        Raises
        ------
        NoDecoder, DamagedPixels
            With the InstanceNumber of the slice.
        """
        vr = self.source.pixels.vr if self.source.pixels is not None else "OW"
        try:
            with self.source.open_pixels() as stream:
                return stored_values(self.header, stream, self.frame, vr=vr)
        except (NoDecoder, DamagedPixels) as error:
            number = self.instance_number
            where = f"slice with InstanceNumber {number}" if number is not None else "slice without InstanceNumber"
            raise type(error)(f"{where}: {error}") from error
        except OSError as error:
            raise DamagedPixels(f"the file of a slice cannot be read any more: {error.strerror or error}") from error

    def values(self) -> NDArray[np.float32]:
        """Return the modality values, (rows, columns) float32, in `unit`; for colour the stored RGB."""
        stored = self.stored()
        return (stored if stored.ndim == 3 else self.rescale.apply(stored)).astype(np.float32)


def slices_of(source: Header) -> Iterator[Slice]:
    """Yield the slices of one image file, in frame order.

    Parameters
    ----------
    source : Header
        Of a file with pixel data.
    """
    dataset = source.dataset
    assert dataset is not None
    count = frame_count(dataset)
    places = _places_of_frames(dataset, count)
    for frame in range(count):
        tags = FrameTags(dataset, frame)
        spacing, kind = _spacing(tags)
        place, fault = places[frame] if places is not None else _place(tags)
        if place is not None and kind != "patient":
            # Without a pixel size the first pixel has a place and the others have none.
            code = "NO_GEOMETRY: PixelSpacing is missing" if tags.get("PixelSpacing") is None else _BAD_SPACING
            place, fault = None, code
        yield Slice(source, tags, place, spacing, kind, fault)


def _spacing(tags: FrameTags) -> tuple[tuple[float, float] | None, str]:
    """Return ((row, column) mm, kind)."""
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


def _place(tags: FrameTags) -> tuple[Place | None, str]:
    """Return the place of a plane, or None with the reason."""
    if tags.text("Modality") in _PROJECTIONS:
        return None, "PROJECTION_ONLY: a projection lies on a detector, not in a plane of the patient"
    if frame_count(tags.dataset) > 1 and not tags.multiframe:
        return None, "NO_GEOMETRY: the frames share one position, so they are moments rather than places"
    if "MOSAIC" in tags.texts("ImageType"):
        return None, "NO_GEOMETRY: a mosaic of many slices in one picture; its tiles have no position of their own"
    needed = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
    missing = [keyword for keyword in needed if tags.get(keyword) is None]
    if missing:
        return None, f"NO_GEOMETRY: {', '.join(missing)} missing or unreadable"
    return _checked_place(tags.numbers("ImagePositionPatient"), tags.numbers("ImageOrientationPatient"))


def _checked_place(position: tuple[float, ...], orientation: tuple[float, ...]) -> tuple[Place | None, str]:
    p, o = np.array(position, float), np.array(orientation, float)
    if p.shape != (3,) or not np.isfinite(p).all():
        return None, "BAD_GEOMETRY: ImagePositionPatient is not three finite numbers"
    if o.shape != (6,) or not np.isfinite(o).all():
        return None, "BAD_GEOMETRY: ImageOrientationPatient is not six finite numbers"
    lengths = np.linalg.norm(o.reshape(2, 3), axis=1)
    if np.abs(lengths - 1).max() > 1e-3 or abs(float(o[:3] @ o[3:])) > 1e-3:
        return None, "BAD_GEOMETRY: ImageOrientationPatient is not two perpendicular directions of length 1"
    return Place(p, o), ""


def _places_of_frames(dataset: Dataset, count: int) -> list[tuple[Place | None, str]] | None:
    """Return the places of frames whose step is kept in one element of the whole object, or None for all others."""
    tags = FrameTags(dataset)
    if count == 1:
        return None
    if tags.text("Modality") == "RTDOSE":
        offsets = tags.numbers("GridFrameOffsetVector")
        if len(offsets) != count:
            return [(None, f"NO_GEOMETRY: GridFrameOffsetVector has {len(offsets)} values for {count} frames")] * count
        # PS3.3 C.8.8.3.2: offsets along R × C from the position, or, when the first is not 0, z coordinates.
        return _places_along(tags, [x - offsets[0] for x in offsets])
    if tags.text("Modality") == "NM" and "RECON TOMO" in tags.texts("ImageType"):
        detectors, step = tags.get("DetectorInformationSequence"), tags.number("SpacingBetweenSlices")
        if not detectors or not step:
            return None
        # PS3.3 C.8.4.15: a negative spacing means that the frames follow each other against R × C.
        return _places_along(FrameTags(detectors[0]), [k * step for k in range(count)])
    return None


def _places_along(tags: FrameTags, offsets: list[float]) -> list[tuple[Place | None, str]]:
    """Return places `offsets` mm along the normal from the position that `tags` give."""
    first, fault = _checked_place(tags.numbers("ImagePositionPatient"), tags.numbers("ImageOrientationPatient"))
    if first is None:
        return [(None, fault)] * len(offsets)
    normal = normal_of(first.orientation)
    return [(Place(first.position + offset * normal, first.orientation), "") for offset in offsets]
