"""What lies over the pictures that are measured: three labels, and on each slice twenty circles of a hundred points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dicomview.objects import Contour, Outline

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["labels_of", "outlines_of"]


def labels_of(shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return labels 1 to 3 in boxes, below what a probe reads."""
    labels, side = np.zeros(shape, np.uint8), shape[1]
    for number in (1, 2, 3):
        labels[:, side * (5 + number) // 9 : side * (11 + 2 * number) // 18, side // 4 : side // 2] = number
    return labels


def outlines_of(shape: tuple[int, int, int], affine: NDArray[np.float64]) -> list[Outline]:
    """Return circles around the middle of every slice, in the patient."""
    side, turn = shape[1], np.linspace(0, 2 * np.pi, 100, endpoint=False)
    round_ = np.stack([0 * turn, np.sin(turn), np.cos(turn), 0 * turn], axis=1)
    middles = [np.array((k, side / 2, side / 2, 1)) for k in range(shape[0])]
    return [
        Outline(str(n), tuple(Contour(((middle + size * round_) @ affine.T)[:, :3]) for middle in middles))
        for n, size in enumerate(side * np.arange(2, 22) / 50)
    ]
