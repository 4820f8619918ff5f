"""Presentation states as what they do to a picture: window, polarity, turn, displayed area, and what is drawn on it.

PS3.3 A.33, C.10.4 (displayed area), C.10.5 (annotations), C.10.6 (rotation and flip), C.10.7 (layers), C.11.8 (window).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dicomview.objects.items import Item
from dicomview.objects.references import images_in
from dicomview.pixels import FrameTags, Voi, file_voi, srgb_of_cielab

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

    from dicomview.objects.references import Images

__all__ = ["Area", "Drawn", "Graphic", "Presentation", "Words"]


@dataclass(frozen=True, slots=True)
class Graphic:
    """A line, curve, circle or point.

    Parameters
    ----------
    kind : str
        GraphicType: "POINT", "POLYLINE", "INTERPOLATED", "CIRCLE" (center, a point on it) or "ELLIPSE" (ends of its
        long axis, then of its short one).
    points : (n, 2) float64 array
        (column, row) in pixels; 0 is the middle of the first one.
    filled : bool
    """

    kind: str
    points: NDArray[np.float64]
    filled: bool


@dataclass(frozen=True, slots=True)
class Words:
    """A text.

    Parameters
    ----------
    text : str
        Of the file.
    at : (column, row), pixels
        The upper left corner of its box, or what it is anchored to; 0 is the middle of the first pixel.
    """

    text: str
    at: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn on some images.

    Parameters
    ----------
    layer : str
        GraphicLayer.
    images : mapping of str to frozenset of int
        On which; empty for all that the presentation state names.
    graphics : tuple of Graphic
    words : tuple of Words
    """

    layer: str
    images: Images
    graphics: tuple[Graphic, ...]
    words: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class Area:
    """The part of an image that is displayed.

    Parameters
    ----------
    first, last : (column, row), 1 for the first
        The pixels at the upper left and lower right of what is displayed, after it was turned.
    fitted : bool
        Whether it is to fill what room there is.
    """

    first: tuple[float, float]
    last: tuple[float, float]
    fitted: bool

    def part(self, rows: int, columns: int) -> tuple[float, float, float, float]:
        """Return (left, top, right, bottom) as fractions of an image, before it is turned."""
        (left, right), (top, bottom) = (sorted(pair) for pair in zip(self.first, self.last, strict=True))
        return (left - 1) / columns, (top - 1) / rows, right / columns, bottom / rows


class Presentation:
    """One presentation state.

    Parameters
    ----------
    dataset : pydicom.Dataset
        A Grayscale or Color Softcopy Presentation State; read, never written.

    Attributes
    ----------
    label : str
        ContentLabel: text of the file.
    images : mapping of str to frozenset of int
        The images it is for, zero-based frames by SOPInstanceUID; no frames are all of them.
    rotation : int
        Degrees clockwise, to be turned by after `flip`.
    flip : bool
    inverted : bool
        Whether small values are shown white.
    colors : mapping of str to str
        "#rrggbb" of each graphic layer that has one.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._root = root = Item(dataset)
        self.label = root.text("ContentLabel") or "presentation state"
        self.images: Images = images_in(
            one for series in root.items("ReferencedSeriesSequence") for one in series.items("ReferencedImageSequence")
        )
        self.flip = root.text("ImageHorizontalFlip") == "Y"
        turned = root.integer("ImageRotation") % 360
        # C.10.6 turns before it flips; a flipped picture is then turned the other way round.
        self.rotation = (-turned % 360 if self.flip else turned) // 90 * 90
        self.inverted = root.text("PresentationLUTShape") == "INVERSE"
        layers = root.items("GraphicLayerSequence")
        self.colors: Mapping[str, str] = {
            one.text("GraphicLayer"): srgb_of_cielab(lab)
            for one in layers
            if len(lab := one.numbers("GraphicLayerRecommendedDisplayCIELabValue")) == 3
        }

    def covers(self, uid: str, frame: int) -> bool:
        """Return whether a frame of an instance is among its images."""
        return _holds(self.images, uid, frame)

    def voi(self, uid: str, frame: int) -> tuple[Voi, ...]:
        """Return the windows and VOI tables for an image, named after the presentation state."""
        found: list[Voi] = []
        for item in self._root.items("SoftcopyVOILUTSequence"):
            if _holds(images_in(item.items("ReferencedImageSequence")), uid, frame):
                found += file_voi(FrameTags(item.dataset))
        name = f"{self.label} (presentation)"
        return tuple(
            replace(one, explanation=name if n == 1 else f"{name} {n}") for n, one in enumerate(found, start=1)
        )

    def area(self, uid: str, frame: int) -> Area | None:
        """Return which part of an image is displayed, None where that is not said."""
        for item in self._root.items("DisplayedAreaSelectionSequence"):
            first = item.numbers("DisplayedAreaTopLeftHandCorner")
            last = item.numbers("DisplayedAreaBottomRightHandCorner")
            sound = len(first) == len(last) == 2
            if sound and _holds(images_in(item.items("ReferencedImageSequence")), uid, frame):
                fitted = item.text("PresentationSizeMode", "SCALE TO FIT") == "SCALE TO FIT"
                return Area((first[0], first[1]), (last[0], last[1]), fitted)
        return None

    def drawn(self, uid: str, frame: int) -> Iterator[Drawn]:
        """Yield what is drawn on an image, in the order of the file."""
        for item in self._root.items("GraphicAnnotationSequence"):
            images = images_in(item.items("ReferencedImageSequence"))
            if not _holds(images, uid, frame):
                continue
            area = self.area(uid, frame)
            graphics = [self._graphic(one, area) for one in item.items("GraphicObjectSequence")]
            words = [self._words(one, area) for one in item.items("TextObjectSequence")]
            yield Drawn(
                item.text("GraphicLayer"),
                images,
                tuple(one for one in graphics if one is not None),
                tuple(one for one in words if one is not None),
            )

    @property
    def layers(self) -> tuple[str, ...]:
        """The graphic layers something is drawn on, the lowest first."""
        orders = {
            one.text("GraphicLayer"): one.integer("GraphicLayerOrder")
            for one in self._root.items("GraphicLayerSequence")
        }
        used = dict.fromkeys(item.text("GraphicLayer") for item in self._root.items("GraphicAnnotationSequence"))
        return tuple(sorted(used, key=lambda name: orders.get(name, 0)))

    def _graphic(self, item: Item, area: Area | None) -> Graphic | None:
        points = self._pixels(item.numbers("GraphicData"), item.text("GraphicAnnotationUnits"), area)
        if points is None:
            return None
        return Graphic(item.text("GraphicType"), points, item.text("GraphicFilled") == "Y")

    def _words(self, item: Item, area: Area | None) -> Words | None:
        boxed = self._pixels(
            item.numbers("BoundingBoxTopLeftHandCorner"), item.text("BoundingBoxAnnotationUnits"), area
        )
        anchored = self._pixels(item.numbers("AnchorPoint"), item.text("AnchorPointAnnotationUnits"), area)
        place = anchored if boxed is None else boxed
        text = item.words("UnformattedTextValue")
        return None if place is None or not text else Words(text, (float(place[0, 0]), float(place[0, 1])))

    def _pixels(self, data: tuple[float, ...], units: str, area: Area | None) -> NDArray[np.float64] | None:
        """Return (column, row) pairs in pixels, 0 for the middle of the first; None where they cannot be had."""
        points = np.array(data[: len(data) // 2 * 2], np.float64).reshape(-1, 2)
        if not len(points) or not np.isfinite(points).all():
            return None
        if units == "PIXEL":  # 0\0 is the outer corner of the first pixel, C.10.5.1.1
            return points - 0.5
        if units != "DISPLAY" or area is None:
            return None
        # From one displayed corner pixel to the other, both whole; on a picture that is turned, across is down.
        first, last = np.array(area.first), np.array(area.last)
        ends = np.where(last >= first, [first - 1.0, last], [first, last - 1.0])
        shares = points[:, ::-1] if self.rotation % 180 else points
        placed: NDArray[np.float64] = ends[0] + shares * (ends[1] - ends[0]) - 0.5
        return placed


def _holds(images: Images, uid: str, frame: int) -> bool:
    """Return whether images, all of them where none are named, have a frame."""
    return not images or (uid in images and (not images[uid] or frame in images[uid]))
