"""What is about the chest: parts of it by pixels and by contours, a dose, how it is to be shown, what is marked.

Places are LPS mm. Everything around the nodule is made of balls and circles, so that its size is known by a formula.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import phantom_chest

from dicomview.demo import derived

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phantom_shapes import Array, Plane
    from pydicom.dataset import Dataset

NODULE = (-74.0, 32.0, -84.0)
CORD = (0.0, 76.0)
GTV, MARGIN, HOLE = 5.0, 15.0, 8.0  # radii of balls around the nodule, mm
GRAY = 60.0  # in the middle of the nodule

_COLORS = {"Heart": (45000, 39000, 54000), "Aorta": (35000, 52000, 46000), "Nodule": (57000, 24000, 50000)}  # CIELab


def segmentation(images: Sequence[Dataset], plane_of: Callable[[int], Plane]) -> Dataset:
    """Return a segmentation of heart, aorta and nodule; a pixel belongs to them when its middle does."""
    chest = phantom_chest.build()
    found = [phantom_chest.organs(chest, plane_of(index)) for index in range(len(images))]
    masks = {name: np.stack([one[name] < 0 for one in found]) for name in found[0]}
    masks["Aorta"] &= ~masks["Heart"]
    return derived.segmentation(images, masks, _COLORS, seed="sample-ct-chest/segmentation")


def structures(images: Sequence[Dataset]) -> Dataset:
    """Return the nodule, a shell around it (a ball with a hole), the spinal cord, and a point."""
    levels = [float(image.ImagePositionPatient[2]) for image in images]
    shell = []
    for z in levels:
        shell += _ball(MARGIN, z) + [hole[::-1] for hole in _ball(HOLE, z)]
    regions = {
        "GTV": [one for z in levels for one in _ball(GTV, z)],
        "Shell": shell,
        "Spinal cord": [_circle(CORD, 5.0, z) for z in levels],
        "Isocenter": [np.array([NODULE])],
    }
    colors = {"GTV": (255, 60, 60), "Shell": (255, 200, 0), "Spinal cord": (80, 220, 255), "Isocenter": (255, 255, 255)}
    return derived.structure_set(
        images, regions, colors, seed="sample-ct-chest/structures", kinds={"Isocenter": "POINT"}
    )


def dose(images: Sequence[Dataset]) -> Dataset:
    """Return a dose of 60 Gy in the nodule: a hill upon two crossing beams, on a coarser grid than the images."""
    shape, spacing = (28, 42, 58), (4.0, 5.0, 5.0)
    origin = (-142.0, -88.0, -152.0)
    z, y, x = (start + np.arange(n) * step for start, n, step in zip(origin[::-1], shape, spacing, strict=True))
    dx, dy, dz = x - NODULE[0], y[:, None] - NODULE[1], z[:, None, None] - NODULE[2]
    hill = np.exp(-(dx**2 + dy**2 + dz**2) / (2 * 14.0**2))
    beams = sum(np.exp(-((dx * a + dy * b) ** 2 + dz**2) / (2 * 11.0**2)) for a, b in ((0.8, 0.6), (0.8, -0.6)))
    gray: Array = GRAY * (0.7 * hill + 0.15 * beams)
    return derived.dose(images[0], gray, origin=origin, spacing=spacing, seed="sample-ct-chest/dose")


def presentation(images: Sequence[Dataset]) -> Dataset:
    """Return the lung window, with a circle around the nodule and a word beside it."""
    (image,) = (one for one in images if float(one.ImagePositionPatient[2]) == NODULE[2])
    # In pixels, 0 at the outer corner of the first one.
    x, y = ((NODULE[n] - float(image.ImagePositionPatient[n])) / 1.2 + 0.5 for n in (0, 1))
    circle = derived.item(
        GraphicAnnotationUnits="PIXEL",
        GraphicDimensions=2,
        NumberOfGraphicPoints=2,
        GraphicData=[x, y, x + 9.0, y],
        GraphicType="CIRCLE",
        GraphicFilled="N",
    )
    words = derived.item(
        AnchorPointAnnotationUnits="PIXEL",
        UnformattedTextValue="nodule, 10 mm",
        AnchorPoint=[x + 11.0, y - 8.0],
        AnchorPointVisibility="N",
    )
    annotation = derived.item(
        ReferencedImageSequence=[derived.image_item(image)],
        GraphicLayer="FINDINGS",
        TextObjectSequence=[words],
        GraphicObjectSequence=[circle],
    )
    return derived.presentation_state(
        images,
        label="LUNG NODULE",
        window=(-600.0, 1500.0),
        annotations=[annotation],
        layers=["FINDINGS"],
        seed="sample-ct-chest/presentation",
    )


def key_images(images: Sequence[Dataset]) -> Dataset:
    """Return the slices through the middle of the nodule and of the left ventricle as being of interest."""
    marked = [one for one in images if float(one.ImagePositionPatient[2]) in (NODULE[2], -128.0)]
    title = ("113000", "DCM", "Of Interest")
    return derived.key_objects(marked, title, "the nodule, and the left ventricle", seed="sample-ct-chest/key-images")


def _ball(radius: float, z: float) -> list[Array]:
    """Return the contour of a ball around the nodule at one level; none where it does not reach."""
    height = abs(z - NODULE[2])
    return [_circle(NODULE[:2], float(np.sqrt(radius**2 - height**2)), z)] if height < radius else []


def _circle(middle: Sequence[float], radius: float, z: float) -> Array:
    angle = np.linspace(0.0, 2 * np.pi, 72, endpoint=False)
    x, y = middle[0] + radius * np.cos(angle), middle[1] + radius * np.sin(angle)
    return np.column_stack([x, y, np.full(len(angle), z)])
