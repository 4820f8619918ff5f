"""Shapes the sample phantoms are made of: signed distances, soft edges, tubes and trees of tubes.

Every shape is a function of patient coordinates in mm, so that any plane can be cut from it: straight, tilted or
oblique. A distance is negative inside; near the surface it is right to first order, which is all a soft edge needs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Array: TypeAlias = NDArray[np.float64]
Point: TypeAlias = tuple[float, float, float]

FAR = 1e3


@dataclass(frozen=True, slots=True)
class Plane:
    """The places of the pixels of one picture, in mm.

    Attributes
    ----------
    x : (1, columns) array
        Towards the patient's left.
    y : (rows, 1) array
        Towards the back.
    depth : (rows, 1) array
        Towards the feet, from a level that the phantom names. It changes along the rows when the gantry is tilted.
    edge : float
        Width of a soft edge: about one pixel, so that edges look like partial volume.
    """

    x: Array
    y: Array
    depth: Array
    edge: float

    def lowered(self, by: float) -> Plane:
        """Return the same plane `by` mm nearer to the feet."""
        return Plane(self.x, self.y, self.depth + by, self.edge)


@dataclass(slots=True)
class Painting:
    """A picture under construction: later layers cover earlier ones, edges are blended."""

    values: Array
    edge: float

    def lay(self, distance: Array, value: float | Array, *, within: Array | None = None) -> None:
        """Paint `value` where `distance` is negative, `within` (0 to 1) at most."""
        cover = soft(distance, self.edge)
        if within is not None:
            cover = cover * within
        self.values += cover * (value - self.values)

    def lay_bone(self, distance: Array, *, cortex: float = 2.0) -> None:
        """Paint a bone: a compact shell `cortex` mm thick around spongy bone."""
        self.lay(distance, 700.0)
        self.lay(distance + cortex, 250.0)


def soft(distance: Array, edge: float) -> Array:
    """Return how much of a pixel lies inside: 1 well inside, 0 well outside, smooth over `edge` mm."""
    t = np.clip(0.5 - distance / (1.6 * edge), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def ramp(value: Array, start: float, end: float) -> Array:
    """Return 0 below `start`, 1 above `end`, and a smooth rise between."""
    t = np.clip((value - start) / (end - start), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def oval(u: Array, v: Array, a: float | Array, b: float | Array, power: float = 2.0) -> Array:
    """Return the distance to the superellipse ``|u/a|^power + |v/b|^power = 1``."""
    p, q = np.abs(u / a), np.abs(v / b)
    level = np.maximum((p**power + q**power) ** (1.0 / power), 1e-6)
    slope = np.hypot((p / level) ** (power - 1.0) / a, (q / level) ** (power - 1.0) / b)
    distance: Array = (level - 1.0) / np.maximum(slope, 1e-6)
    return distance


def ellipsoid(
    at: tuple[Array, Array, Array], centre: Point, axes: Point, turn: NDArray[np.float64] | None = None
) -> Array:
    """Return the distance to an ellipsoid with half-axes `axes`, along the rows of `turn` when given."""
    offset = [p - c for p, c in zip(at, centre, strict=True)]
    if turn is not None:
        offset = [row[0] * offset[0] + row[1] * offset[1] + row[2] * offset[2] for row in turn]
    level = np.sqrt(sum(np.square(o / a) for o, a in zip(offset, axes, strict=True)))
    slope = np.sqrt(sum(np.square(o / a**2) for o, a in zip(offset, axes, strict=True))) / np.maximum(level, 1e-6)
    distance: Array = (level - 1.0) / np.maximum(slope, 1.0 / max(axes))
    return distance


def along(direction: Point) -> NDArray[np.float64]:
    """Return three perpendicular unit rows, the first along `direction`."""
    first = np.asarray(direction) / np.linalg.norm(direction)
    second = np.cross(first, (0.0, 0.0, 1.0))
    second /= np.linalg.norm(second)
    return np.stack([first, second, np.cross(first, second)])


def merge(first: Array, second: Array, width: float) -> Array:
    """Return the distance to two shapes grown together, their seam rounded over `width` mm."""
    h = np.clip(0.5 + 0.5 * (second - first) / width, 0.0, 1.0)
    distance: Array = second + h * (first - second) - width * h * (1.0 - h)
    return distance


@dataclass(slots=True)
class Tubes:
    """Many short cones, each from one point and radius to another (mm)."""

    parts: list[tuple[Array, Array, float, float]] = field(default_factory=list)

    def line(self, points: Sequence[Point], radii: Sequence[float], *, smooth: int = 6) -> Tubes:
        """Add a curved tube through `points` with a radius at each (Catmull-Rom between them)."""
        rows = np.column_stack([np.asarray(points, float), np.asarray(radii, float)])
        padded = np.vstack([2 * rows[0] - rows[1], rows, 2 * rows[-1] - rows[-2]])
        times = np.arange(smooth)[:, None] / smooth
        path: list[Array] = []
        for p0, p1, p2, p3 in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
            square, cube = 2 * p0 - 5 * p1 + 4 * p2 - p3, 3 * (p1 - p2) + p3 - p0
            path += list(0.5 * (2 * p1 + (p2 - p0) * times + square * times**2 + cube * times**3))
        path.append(rows[-1])
        self.parts += [(a[:3], b[:3], float(a[3]), float(b[3])) for a, b in pairwise(path)]
        return self

    def distance(self, plane: Plane) -> Array:
        """Return the distance to the nearest tube, computed only in the box around each."""
        shape = np.broadcast_shapes(plane.x.shape, plane.y.shape, plane.depth.shape)
        distance = np.full(shape, FAR)
        x, y, depth = plane.x[0], plane.y[:, 0], np.broadcast_to(plane.depth, (shape[0], 1))[:, 0]
        top, bottom = depth.min(), depth.max()
        for start, end, r0, r1 in self.parts:
            margin = max(r0, r1) + 4.0 + plane.edge
            low, high = np.minimum(start, end) - margin, np.maximum(start, end) + margin
            if high[2] < top or low[2] > bottom:
                continue
            columns = slice(*np.searchsorted(x, (low[0], high[0])))
            rows = slice(*np.searchsorted(y, (low[1], high[1])))
            px, py, pz = x[None, columns] - start[0], y[rows, None] - start[1], depth[rows, None] - start[2]
            v = end - start
            t = np.clip((px * v[0] + py * v[1] + pz * v[2]) / max(float((v * v).sum()), 1e-9), 0.0, 1.0)
            near = np.sqrt((px - t * v[0]) ** 2 + (py - t * v[1]) ** 2 + (pz - t * v[2]) ** 2) - (r0 + t * (r1 - r0))
            distance[rows, columns] = np.minimum(distance[rows, columns], near)
        return distance


def tree(
    root: Point,
    targets: Array,
    rng: np.random.Generator,
    *,
    radius: Callable[[float], float],
    step: float = 5.0,
) -> Tubes:
    """Grow a branching tree from `root` to every target.

    Targets join the nearest branch, near ones first; a branch is as wide as the number of tips it feeds asks for.

    Parameters
    ----------
    root : point, mm
    targets : (n, 3) array, mm
    rng : numpy.random.Generator
        Bends the branches.
    radius : function
        From the number of tips beyond a point to the radius there, mm.
    step : float, mm
        Length of one piece of a branch.
    """
    points, parents, far = [np.asarray(root, float)], [-1], [0.0]
    tips = []
    for target in targets[np.argsort(np.linalg.norm(targets - points[0], axis=1), kind="stable")]:
        gap = np.linalg.norm(np.asarray(points) - target, axis=1)
        # A detour through a far branch costs: real vessels run outwards and do not come back.
        at = int(np.argmin(gap + 0.45 * np.asarray(far)))
        length = float(gap[at])
        pieces = max(1, round(length / step))
        begin, span = points[at], target - points[at]
        bend = np.cross(span, rng.normal(size=3))
        bend *= rng.uniform(0.05, 0.16) * length / max(float(np.linalg.norm(bend)), 1e-6)
        for piece in range(1, pieces + 1):
            t = piece / pieces
            points.append(begin + t * span + np.sin(np.pi * t) * bend)
            parents.append(at)
            far.append(far[at] + length / pieces)
            at = len(points) - 1
        tips.append(at)
    fed = np.zeros(len(points))
    for tip in tips:
        node = tip
        while node >= 0:
            fed[node] += 1
            node = parents[node]
    tubes = Tubes()
    for node, parent in enumerate(parents):
        if parent >= 0:
            r = radius(float(fed[node]))
            tubes.parts.append((points[parent], points[node], min(radius(float(fed[parent])), 1.3 * r), r))
    return tubes
