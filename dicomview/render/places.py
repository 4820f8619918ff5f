"""Where the slices of a plane lie in the patient: which of them is nearest to a point, and where the point lies on it.

``views/static/links.js`` has the same for the browser; a test holds the two equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dicomview.render.scene import Scene

__all__ = ["Places", "counted", "places_in"]

_PARALLEL = 1e-3  # of a unit vector
_APART = 1e-3  # mm


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """The slices of one plane, which lie parallel to each other.

    Parameters
    ----------
    origins : (slices, 3) float64 array
        LPS mm of the first pixel of each.
    down, across : (3,) float64 arrays
        One step to the next row and to the next column, LPS mm.
    step : float
        Usual distance of two slices, mm; 0 of a single one.
    """

    origins: NDArray[np.float64]
    down: NDArray[np.float64]
    across: NDArray[np.float64]
    step: float

    @property
    def normal(self) -> NDArray[np.float64]:
        """Unit vector perpendicular to the slices, (3,) float64."""
        normal = np.cross(self.down, self.across)
        return np.asarray(normal / np.linalg.norm(normal))

    def nearest(self, point: NDArray[np.float64]) -> int:
        """Return the index of the slice that is nearest to a point, the first of several."""
        return int(np.argmin(np.abs((self.origins - point) @ self.normal)))

    def onto(self, index: int, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the point of a slice that is nearest to `point`."""
        return np.asarray(point + ((self.origins[index] - point) @ self.normal) * self.normal)

    def middle(self, index: int, rows: int, columns: int) -> NDArray[np.float64]:
        """Return the middle of a slice of so many rows and columns."""
        return np.asarray(self.origins[index] + (rows - 1) / 2 * self.down + (columns - 1) / 2 * self.across)

    def moved(self, by: NDArray[np.float64]) -> Places:
        """Return the places as seen from a space whose origin is moved by so many mm."""
        return Places(self.origins - by, self.down, self.across, self.step)

    def message(self) -> dict[str, Any]:
        """Return what the browser is told."""
        vectors = {"origins": self.origins, "down": self.down, "across": self.across}
        return {name: vector.tolist() for name, vector in vectors.items()} | {"step": self.step}


def places_in(scene: Scene, plane: str, axes: Mapping[str, int]) -> Places | None:
    """Return where the slices of a plane lie; None when the file does not say, or they are not beside each other."""
    found = [place for index in range(scene.counts[plane]) if (place := scene.where(plane, index, axes)) is not None]
    if not found or len(found) < scene.counts[plane]:
        return None
    origins, downs, acrosses = (np.array(vectors) for vectors in zip(*found, strict=True))
    for steps in (downs, acrosses):
        if np.abs(steps - steps[0]).max() > _PARALLEL * np.linalg.norm(steps[0]):
            return None
    places = Places(origins, downs[0], acrosses[0], 0.0)
    if len(found) == 1:
        return places
    apart = np.abs(np.diff(origins @ places.normal))
    if apart.max() < _APART:  # the same place at several times
        return None
    return Places(origins, downs[0], acrosses[0], float(np.median(apart)))


def counted(count: int) -> Places:
    """Return places that stand for nothing but their index: the third coordinate of a point on them."""
    origins = np.zeros((count, 3))
    origins[:, 2] = np.arange(count)
    return Places(origins, np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, 0.0]), 1.0)
