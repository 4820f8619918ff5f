"""A slice: one image plane, whatever kind of object it came in.

With `places`, the one place that knows the DICOM keywords of the image plane. Single-frame instances, enhanced
multi-frame, mosaics, RT dose and reconstructed nuclear medicine look the same above this file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Literal

import numpy as np

from dicomview.errors import DamagedPixels, NoDecoder
from dicomview.pixels import (
    FrameTags,
    Overlay,
    file_voi,
    frame_count,
    has_colour,
    overlays_of,
    padding_range,
    pixel_cells,
    rescale_of,
    stored_frame,
)
from dicomview.space.mosaic import is_mosaic, tiles_of
from dicomview.space.places import place_of, places_of_frames, spacing_fault, spacing_of
from dicomview.space.vectors import index_vectors, vector_times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

    from dicomview.files import Header
    from dicomview.pixels import Rescale, Voi
    from dicomview.space.mosaic import Tile
    from dicomview.space.places import Place

__all__ = ["Slice", "slices_of"]

_CREDIBLE = 1000  # frames, without a look at how large the file is
_MOST_TIMED = 1_000_000


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
    tile : Tile, optional
        The part of the frame that is this slice, of a mosaic; None for the whole frame.
    vectors : mapping of str to int
        Where the frame stands along each index vector of a nuclear medicine object, slowest first (PS3.3 C.8.4.8).
    identity : "show" or "hide"
        As that of its series.
    """

    source: Header
    tags: FrameTags
    place: Place | None
    spacing: tuple[float, float] | None
    spacing_kind: str = ""
    fault: str = ""
    tile: Tile | None = None
    vectors: Mapping[str, int] = field(default_factory=dict)
    identity: Literal["show", "hide"] = "show"

    def __repr__(self) -> str:
        number = "absent" if self.instance_number is None else self.instance_number
        mm = "" if self.place is None else f" · at ({', '.join(f'{x:.1f}' for x in self.place.position)}) mm"
        return f"Slice {self.rows} × {self.columns} · InstanceNumber {number}{mm}"

    @property
    def header(self) -> Dataset:
        """The data set of the file, without pixel data; to be read, not written."""
        return self.tags.dataset

    @property
    def frame(self) -> int:
        """Zero-based frame of the instance."""
        return self.tags.frame

    @cached_property
    def frame_count(self) -> int:
        """How many frames the instance has."""
        return frame_count(self.tags)

    @property
    def part(self) -> int:
        """Zero-based number of the slice within its file: the frame, of a mosaic the tile."""
        return self.frame if self.tile is None else self.tile.number

    @cached_property
    def label(self) -> str:
        """Where the slice came from, for tables: path below the source, and the part of a file with several slices."""
        label = self.source.location.label
        return f"{label}#{self.part}" if self.frame_count > 1 or self.tile is not None else label

    @property
    def frame_times(self) -> tuple[float, ...] | None:
        """When each frame of a multi-frame instance was taken, ms after the first; None when the file does not say.

        FrameTimeVector, FrameTime, or CineRate and RecommendedDisplayFrameRate (PS3.3 C.7.6.5); of a dynamic nuclear
        medicine object, the durations of its phases (PS3.3 C.8.4.14).
        """
        if self.frame_count > _MOST_TIMED:
            return None  # a wrong byte
        phased = vector_times(self.tags, self.frame_count) if "time" in self.vectors else None
        if phased is not None:
            return phased
        vector = self.tags.numbers("FrameTimeVector")
        if len(vector) == self.frame_count:
            return tuple(accumulate(vector))
        rate = self.tags.number("CineRate") or self.tags.number("RecommendedDisplayFrameRate")
        step = self.tags.number("FrameTime") or (1000 / rate if rate else None)
        return None if step is None else tuple(k * step for k in range(self.frame_count))

    @property
    def rows(self) -> int:
        """Rows."""
        return self.tags.integer("Rows") if self.tile is None else self.tile.rows

    @property
    def columns(self) -> int:
        """Columns."""
        return self.tags.integer("Columns") if self.tile is None else self.tile.columns

    @property
    def position(self) -> NDArray[np.float64] | None:
        """ImagePositionPatient, LPS mm, or None."""
        return None if self.place is None else self.place.position

    @property
    def orientation(self) -> NDArray[np.float64] | None:
        """ImageOrientationPatient, or None."""
        return None if self.place is None else self.place.orientation

    @cached_property
    def instance_number(self) -> int | None:
        """InstanceNumber, or None."""
        number = self.tags.number("InstanceNumber")
        return None if number is None else int(number)

    @cached_property
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
    def windows(self) -> tuple[Voi, ...]:
        """The windows stored in the file and then its VOI lookup tables, in its order."""
        return file_voi(self.tags)

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
        return self.decoded()[0]

    def decoded(self) -> tuple[NDArray[np.generic], str]:
        """Return the stored values as `stored` does, and which decoder stood in for one that refused them, or ""."""
        return self._decoded(stored_frame)

    def overlays(self) -> tuple[Overlay, ...]:
        """Return the overlay planes of the slice, those in unused bits of the pixels included."""
        size = self.tags.integer("Rows"), self.tags.integer("Columns")
        found = overlays_of(self.tags, size, lambda: self._decoded(pixel_cells)[0])
        if self.tile is None:
            return found
        return tuple(Overlay(one.name, one.mask[self.tile.cut]) for one in found)

    def _decoded(self, decode: Callable[..., tuple[NDArray[np.generic], str]]) -> tuple[NDArray[np.generic], str]:
        span = self.source.pixels
        vr, length = ("OW", None) if span is None else (span.vr, span.size)
        try:
            with self.source.open_pixels() as stream:
                stored, note = decode(self.header, stream, self.frame, vr=vr, length=length)
        except (NoDecoder, DamagedPixels) as error:
            number = self.instance_number
            where = f"slice with InstanceNumber {number}" if number is not None else "slice without InstanceNumber"
            raise type(error)(f"{where}: {error}") from error
        except OSError as error:
            raise DamagedPixels(f"the file of a slice cannot be read any more: {error.strerror or error}") from error
        return stored if self.tile is None else np.ascontiguousarray(stored[self.tile.cut]), note

    def values(self) -> NDArray[np.float32]:
        """Return the modality values, (rows, columns) float32, in `unit`; for colour the stored RGB."""
        stored = self.stored()
        if stored.ndim == 3:
            return stored.astype(np.float32)
        values = np.empty(stored.shape, np.float32)
        self.rescale.into(stored, values)
        return values

    def fill(self, values: NDArray[np.float32]) -> None:
        """Write the modality values into a (rows, columns) array, as `values` returns them; not for colour."""
        self.rescale.into(self.stored(), values)


def slices_of(source: Header) -> Iterator[Slice]:
    """Yield the slices of one image file, in frame order.

    Parameters
    ----------
    source : Header
        Of a file with pixel data.
    """
    dataset = source.dataset
    assert dataset is not None
    whole = FrameTags(dataset)
    count, mosaic = _credible_count(source, whole), is_mosaic(whole)
    if mosaic and count == 1:
        yield from _of_mosaic(source)
        return
    vectors = index_vectors(whole, count)
    places = places_of_frames(dataset, vectors)
    for frame in range(count):
        tags = whole.of_frame(frame)
        spacing, kind = spacing_of(tags)
        place, fault = places[frame] if places is not None else place_of(tags)
        if place is not None and kind != "patient":
            place, fault = None, spacing_fault(tags)
        if mosaic:
            place, fault = None, "MOSAIC_WITHOUT_CSA: each of several frames is a mosaic of many slices"
        yield Slice(source, tags, place, spacing, kind, fault, vectors=vectors[frame])


def _credible_count(source: Header, whole: FrameTags) -> int:
    """Return NumberOfFrames, of a header that announces very many no more than its pixel data can hold.

    What is missing at the end of a cut file keeps its place; a wrong byte may not make a thousand million slices.
    """
    announced = frame_count(whole)
    if announced <= _CREDIBLE or source.pixels is None:
        return announced
    try:
        with source.open_pixels() as stream:
            here = stream.tell()
            found = stream.seek(0, 2) - here
    except OSError:
        return _CREDIBLE
    bits = whole.integer("Rows") * whole.integer("Columns") * whole.integer("BitsAllocated")
    bits = 64 if source.pixels.size is None else max(1, bits)  # a compressed frame has a head of 8 bytes at least
    return min(announced, max(_CREDIBLE, 8 * found // bits))


def _of_mosaic(source: Header) -> Iterator[Slice]:
    """Yield the tiles of a mosaic; the picture as it is when nothing says how to take it apart."""
    assert source.dataset is not None
    tags = FrameTags(source.dataset)
    spacing, kind = spacing_of(tags)
    tiles, fault = tiles_of(tags)
    for tile, place in tiles:
        yield Slice(source, tags, place, spacing, kind, tile=tile)
    if not tiles:
        yield Slice(source, tags, None, spacing, kind, fault)
