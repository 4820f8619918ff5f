"""Family P, what the pixels themselves say. Every image is decoded, so these checks run when they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dicomview.rules.check import Finding, check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomview.rules.material import Plane

__all__: list[str] = []

_BELOW_AIR = -1100  # HU
_LARGE = 0.05  # of all pixels


@check(
    "P02",
    "warning",
    "file",
    "plane",
    rule="A value below SmallestImagePixelValue or above LargestImagePixelValue.",
    why="Values were written with another sign or range than the header says: programs show them wrapped.",
    todo="Compare with the sender's picture before measuring.",
    standard="PS3.3 C.7.6.3",
)
def _values_outside_bits(one: Plane) -> Iterator[Finding]:
    tags = one.slice.tags
    least, most = tags.number("SmallestImagePixelValue"), tags.number("LargestImagePixelValue")
    stored = one.stored
    if stored is None or stored.ndim != 2 or not stored.size or one.slice.frame_count > 1:
        return
    if (least is not None and stored.min() < least) or (most is not None and stored.max() > most):
        keyword = "SmallestImagePixelValue" if least is not None and stored.min() < least else "LargestImagePixelValue"
        yield Finding("values outside the range that the header announces", keyword)


@check(
    "P03",
    "warning",
    "file",
    "plane",
    rule="All pixels of an image have the same value.",
    why="The picture is empty: the acquisition failed, or the pixels were wiped.",
    todo="Look at it, and leave it out of what is counted or averaged.",
)
def _blank_slice(one: Plane) -> Iterator[Finding]:
    if one.stored is not None and one.stored.size and (one.stored == one.stored.flat[0]).all():
        yield Finding("an image of one value")


@check(
    "P04",
    "info",
    "file",
    "plane",
    rule="5 % of a CT image or more, its corners among it, are one value below air; PixelPaddingValue is absent.",
    why="What is outside the circle of reconstruction counts as tissue in means and histograms.",
    todo="Leave the value out when computing.",
    standard="PS3.3 C.7.5.1.1.2",
)
def _padding_undeclared(one: Plane) -> Iterator[Finding]:
    stored = one.stored
    if stored is None or stored.ndim != 2 or one.slice.unit != "HU" or one.slice.padding is not None:
        return
    corner = stored[0, 0]
    corners = stored[[0, 0, -1, -1], [0, -1, 0, -1]]
    below = float(one.slice.rescale.apply(np.asarray([corner]))[0]) < _BELOW_AIR
    if below and (corners == corner).all() and (stored == corner).mean() >= _LARGE:
        yield Finding("a border of one value, not declared as padding", "PixelPaddingValue", str(corner), "declared")


@check(
    "P09",
    "warning",
    "file",
    "plane",
    rule="A CT image without any value below 0 HU, localizers left out.",
    why="The rescale may be missing or may have been applied already: numbers are no Hounsfield units.",
    todo="Compare air and water with what they should be (−1000 and 0 HU) before measuring.",
    standard="PS3.3 C.8.2.1",
)
def _hu_range_suspicious(one: Plane) -> Iterator[Finding]:
    if one.stored is None or one.stored.ndim != 2 or one.slice.tags.text("Modality") != "CT":
        return
    if "LOCALIZER" in one.slice.tags.texts("ImageType") or one.slice.unit not in ("HU", ""):
        return
    least = float(one.slice.rescale.apply(one.stored).min())
    if least >= 0:
        yield Finding("no value below 0 HU", "RescaleIntercept", f"{least:g}", "air at −1000 HU")
