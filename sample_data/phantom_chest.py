"""A chest for computed tomography: what is where, and its Hounsfield units.

Coordinates are the patient's, in mm: x to the left, y to the back, and `depth` towards the feet below the first slice
of the chest series. Nothing here comes from a patient: the shapes are ovals, tubes and random trees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from phantom_shapes import Painting, Plane, Tubes, along, ellipsoid, merge, oval, ramp, tree

if TYPE_CHECKING:
    from phantom_shapes import Array, Point

AIR, LUNG, FAT, MUSCLE, LIVER = -1000.0, -850.0, -100.0, 50.0, 60.0
AORTA, LEFT_HEART, RIGHT_HEART, MYOCARDIUM, PULMONARY = 300.0, 240.0, 190.0, 110.0, 250.0
SPONGY, CORTICAL, CARTILAGE, CSF, CORD = 250.0, 700.0, 110.0, 10.0, 40.0

NODULE: Point = (-74.0, 32.0, 44.0)  # where the trees leave more than 4 mm of lung around it
NODULE_RADIUS = 5.0
NODULE_HU = 40.0

_LEVEL = 21.0  # from one vertebra, and one pair of ribs, to the next
_SPINE_Y = 52.0
_LV_AXIS = (0.62, -0.62, 0.48)


@dataclass(frozen=True, slots=True)
class Chest:
    """The vessels and airways of one chest; the rest is formulas."""

    aorta: Tubes
    veins: Tubes
    pulmonary: Tubes
    left_atrial: Tubes
    airways: Tubes
    processes: Tubes
    arteries: Tubes
    bronchi: Tubes


def build(seed: int = 20260101) -> Chest:
    """Grow the vessels of a chest; the same seed grows the same ones."""
    rng = np.random.default_rng(seed)
    aorta = Tubes()
    aorta.line(
        [(6, -14, 72), (-8, -22, 58), (-15, -26, 42), (-11, -19, 24), (3, -3, 15), (18, 17, 17), (25, 34, 28),
         (27, 41, 46), (25, 42, 80), (20, 38, 124)],
        [15, 15.5, 15, 14, 13, 12.5, 12, 11.5, 11, 10.5],
    )  # fmt: skip
    aorta.line([(-10, -16, 22), (-14, -14, 8), (-18, -12, -8)], [7, 6, 6])
    aorta.line([(3, -3, 15), (2, -6, 4), (4, -8, -8)], [5, 4, 4])
    aorta.line([(16, 14, 16), (18, 10, 4), (22, 8, -8)], [5.5, 4.5, 4.5])
    veins = Tubes()
    veins.line([(-26, -24, -8), (-27, -20, 12), (-29, -15, 40), (-32, -12, 66)], [8, 8.5, 9, 10])
    veins.line([(34, -34, -10), (20, -36, -4), (-8, -34, 4), (-26, -24, 12)], [6, 6, 6.5, 7])
    veins.line([(-30, -6, 100), (-26, 4, 124)], [11, 12])
    pulmonary = Tubes()
    pulmonary.line([(14, -42, 72), (17, -36, 58), (19, -22, 47), (16, -10, 44)], [14, 13, 12.5, 11])
    pulmonary.line([(16, -12, 44), (0, -3, 47), (-20, 3, 50), (-40, 8, 55)], [11, 10, 9.5, 8])
    pulmonary.line([(16, -12, 44), (28, 2, 42), (40, 12, 46), (46, 18, 54)], [11, 10, 9, 7])
    left_atrial = Tubes()
    for side in (-1, 1):
        left_atrial.line([(2 + 16 * side, 14, 66), (34 * side, 8, 62), (52 * side, -4, 56)], [6.5, 5.5, 4])
        left_atrial.line([(2 + 18 * side, 20, 74), (34 * side, 24, 78), (50 * side, 30, 84)], [6.5, 5.5, 4])
    airways = Tubes()
    airways.line([(-4, 8, -8), (-4, 12, 10), (-3, 15, 26), (-2, 17, 37)], [8.5, 8.5, 8.2, 8])
    airways.line([(-3, 17, 37), (-13, 18, 46), (-26, 19, 54), (-38, 22, 66)], [7, 6.8, 5.8, 4.6])
    airways.line([(-1, 17, 37), (13, 20, 48), (28, 22, 57), (40, 26, 68)], [6.6, 6, 5.4, 4.4])
    airways.line([(-18, 18, 49), (-30, 15, 46), (-44, 12, 40)], [4.8, 4.2, 3.0])
    airways.line([(26, 22, 55), (38, 14, 54), (50, 4, 50)], [4.4, 3.8, 2.8])
    processes = Tubes()
    for number in range(-2, 8):
        level = number * _LEVEL + _LEVEL / 2
        processes.line([(0, _SPINE_Y + 32, level + 2), (0, _SPINE_Y + 43, level + 17)], [3.2, 2.8], smooth=3)
        for side in (-1, 1):
            processes.line(
                [(10 * side, _SPINE_Y + 18, level - 3), (34 * side, _SPINE_Y + 24, level - 5)], [4.6, 3.8], smooth=3
            )
    arteries, bronchi = Tubes(), Tubes()
    for side in (-1, 1):
        inside = _lung_points(rng, side, 560)
        arteries.parts += tree((40.0 * side, 10.0, 56.0), inside[:340], rng, radius=lambda n: 0.62 * n**0.38).parts
        arteries.parts += tree((46.0 * side, 20.0, 76.0), inside[340:], rng, radius=lambda n: 0.58 * n**0.36).parts
        hilum = (39.0 * side, 23.0, 66.0)
        ends = _lung_points(rng, side, 40)
        # Airways are seen only in the inner half of the lung; further out their walls are too thin.
        ends = hilum + 0.55 * (ends - hilum)
        bronchi.parts += tree(hilum, ends[:12], rng, radius=lambda n: 0.75 * n**0.6).parts
    return Chest(aorta, veins, pulmonary, left_atrial, airways, processes, arteries, bronchi)


def _lung_points(rng: np.random.Generator, side: int, count: int) -> Array:
    """Return points well inside one lung (side -1 is the patient's right)."""
    tries: Array = rng.uniform((-120, -80, -25), (120, 75, 135), size=(40 * count, 3))
    x, y, depth = tries.T
    kept: Array = tries[(_lungs(x, y, depth, 1.0) < -5.0) & (x * side > 0)][:count]
    return kept


def _cavity(x: Array, y: Array, depth: Array) -> Array:
    """Return the distance to the inner chest wall."""
    wide = 98.0 + 20.0 * ramp(depth, -30.0, 90.0)
    return oval(x, y + 7.0, wide, 66.0 + 9.0 * ramp(depth, -30.0, 80.0), 2.35)


def _heart(x: Array, y: Array, depth: Array) -> Array:
    """Return the distance to the outside of the heart, all chambers grown together."""
    at = (x, y, depth)
    outer = ellipsoid(at, (36, -16, 90), (45, 29, 29), along(_LV_AXIS))
    outer = merge(outer, ellipsoid(at, (4, -38, 92), (40, 22, 32), along((0.85, -0.35, 0.4))), 12.0)
    outer = merge(outer, ellipsoid(at, (-32, -11, 88), (22, 26, 32)), 12.0)
    return merge(outer, ellipsoid(at, (2, 17, 71), (32, 17, 19)), 8.0)


def _dome(x: Array, y: Array, depth: Array, axes: tuple[float, float, float]) -> Array:
    """Return the distance to one dome, seen from above an oval with blunt corners."""
    reach = np.maximum(axes[0] + oval(x, y, axes[0], axes[1], 2.15), 0.0)
    return oval(reach, depth, axes[0], axes[2])


def _domes(x: Array, y: Array, depth: Array) -> tuple[Array, Array]:
    """Return the distances to the right and left dome of the diaphragm."""
    right = _dome(x + 52.0, y + 2.0, depth - 152.0, (72.0, 82.0, 70.0))
    return right, _dome(x - 64.0, y - 4.0, depth - 160.0, (60.0, 76.0, 66.0))


def _lungs(x: Array, y: Array, depth: Array, lining: float) -> Array:
    """Return the distance to both lungs: the cavity without all that stands in it."""
    middle = oval(x - 1.0, y + 8.0, 33.0 - 9.0 * ramp(depth, 30.0, 80.0), 70.0)
    back = oval(x, y - _SPINE_Y - 6.0, 23.0, 26.0)
    right, left = _domes(x, y, depth)
    filled = np.minimum(merge(middle, back, 10.0), _heart(x, y, depth) - 4.0)
    filled = np.minimum(filled, np.minimum(right, left))
    # Beside the spine runs the aorta: the left lung keeps off it.
    filled = merge(filled, np.hypot(x - 25.0, y - 41.0) - 13.0 + 30.0 * ramp(-depth, -22.0, 0.0), 4.0)
    lungs: Array = np.maximum(_cavity(x, y, depth) + lining, -filled)
    return lungs


def hounsfield(chest: Chest, plane: Plane) -> Array:
    """Return the Hounsfield units of the chest on one plane, without noise.

    Parameters
    ----------
    chest : Chest
    plane : Plane

    Returns
    -------
    (rows, columns) array, HU
    """
    x, y, depth = np.broadcast_arrays(plane.x, plane.y, plane.depth)
    paint = Painting(np.full(x.shape, AIR), plane.edge)
    _couch(paint, x, y)
    _wall(paint, chest, plane, x, y, depth)
    _lung_tissue(paint, chest, plane, x, y, depth)
    _belly(paint, x, y, depth)
    _middle(paint, chest, plane, x, y, depth)
    _spine(paint, chest, plane, x, y, depth)
    paint.lay(ellipsoid((x, y, depth), NODULE, (NODULE_RADIUS,) * 3), NODULE_HU)
    return paint.values


def organs(chest: Chest, plane: Plane) -> dict[str, Array]:
    """Return the distances in mm to the outside of some organs on one plane, below zero within them, by name."""
    x, y, depth = np.broadcast_arrays(plane.x, plane.y, plane.depth)
    beside_airways = 1.6 - chest.airways.distance(plane)
    return {
        "Heart": np.maximum(_heart(x, y, depth), beside_airways),
        "Aorta": np.maximum(chest.aorta.distance(plane), beside_airways),
        "Nodule": ellipsoid((x, y, depth), NODULE, (NODULE_RADIUS,) * 3),
    }


def _couch(paint: Painting, x: Array, y: Array) -> None:
    """Lay the table: a carbon shell around foam."""
    top, bottom = y - (107.0 - 0.0011 * x**2), y - (131.0 - 0.0019 * x**2)
    body = np.maximum(np.maximum(-top, bottom), np.abs(x) - 139.0)
    paint.lay(body, -150.0)
    paint.lay(body + 2.2, -930.0)


def _wall(paint: Painting, chest: Chest, plane: Plane, x: Array, y: Array, depth: Array) -> None:
    """Lay skin, fat, muscle, shoulder blades, breastbone and ribs."""
    wide, deep = 134.0 + 4.0 * ramp(depth, 0.0, 100.0), 97.0 + 3.0 * ramp(depth, 0.0, 100.0)
    skin = oval(x, y, wide, deep, 2.3)
    # A furrow along the spine, and the chest's flat front.
    skin = skin + 3.0 * np.exp(-((x / 10.0) ** 2)) * ramp(y, 40.0, 90.0)
    paint.lay(skin, 30.0)
    paint.lay(skin + 1.8, FAT)
    layer = 9.0 + 3.5 * np.cos(3.0 * np.arctan2(x, -y)) + 4.0 * ramp(-y, -20.0, 60.0) * ramp(depth, 20.0, 110.0)
    muscle = np.minimum(skin + layer, _cavity(x, y, depth) - 12.0)
    paint.lay(np.maximum(muscle, skin + 4.0), MUSCLE)
    cavity = _cavity(x, y, depth)
    # Fat in the armpit, between the muscles of the shoulder blade and the ribs, and under the chest muscle.
    armpit = oval(np.abs(x) - 113.0, y - 2.0, 9.0, 30.0) + 12.0 * ramp(depth, 30.0, 80.0)
    paint.lay(np.maximum(armpit, -(cavity - 12.0)), FAT)
    paint.lay(np.abs(cavity - 13.5) - 0.9 + 2.0 * ramp(y, 30.0, 60.0), FAT, within=ramp(-y, 0.0, 30.0))
    paint.lay(np.maximum(np.abs(x) - 1.0, 78.0 - y), FAT, within=ramp(-skin, 4.0, 6.0))

    # Shoulder blades: thin slanted plates that end at their lower tip.
    length = 24.0 * np.sqrt(np.clip(1.0 - depth / 64.0, 0.0, 1.0)) + 0.1
    across, through = (np.abs(x) - 88.0) * 0.74 - (y - 62.0) * 0.67, (np.abs(x) - 88.0) * 0.67 + (y - 62.0) * 0.74
    blade = np.hypot(np.maximum(np.abs(across) - length, 0.0), through + 0.006 * across**2) - 2.9
    paint.lay_bone(np.maximum(blade, depth - 62.0), cortex=1.5)

    # Ribs: one curve round the cavity that sinks from back to front, repeated at every level.
    ring = cavity - 6.5
    turn = np.arctan2(np.abs(x) / 112.0, (y + 7.0) / 72.0) / np.pi
    sink = 74.0 * np.clip((turn - 0.1) / 0.62, 0.0, 1.0) - 26.0 * np.clip((turn - 0.72) / 0.22, 0.0, 1.0)
    height = np.mod(depth - sink + 4.0, _LEVEL) - _LEVEL / 2
    section = oval(ring, height, 4.2, 6.6)
    paint.lay_bone(np.maximum(section, np.maximum(0.13 - turn, turn - 0.74) * 260.0), cortex=1.7)
    paint.lay(np.maximum(section, np.maximum(0.74 - turn, turn - 0.93) * 260.0), CARTILAGE)
    breastbone = oval(x, y + 84.0 + 1.5 * ramp(depth, 0.0, 80.0), 19.0 - 5.0 * ramp(depth, 20.0, 70.0), 6.0, 2.6)
    paint.lay_bone(np.maximum(breastbone, depth - 102.0), cortex=1.6)


def _lung_tissue(paint: Painting, chest: Chest, plane: Plane, x: Array, y: Array, depth: Array) -> None:
    """Lay the mediastinal fat, the lungs on it, and the vessels and airways of the lungs."""
    paint.lay(_cavity(x, y, depth) + 1.5, FAT)
    lungs = _lungs(x, y, depth, 2.5)
    # Lying down, the back of the lung is denser by weight.
    paint.lay(lungs, LUNG + 20.0 * np.clip(y / 60.0, -1.0, 1.0))
    inside = ramp(-lungs, 0.5, 2.0)
    paint.lay(chest.arteries.distance(plane), PULMONARY, within=inside)
    tubes = chest.bronchi.distance(plane)
    paint.lay(tubes - 0.9, 0.0, within=inside)
    paint.lay(tubes, AIR, within=inside)


def _belly(paint: Painting, x: Array, y: Array, depth: Array) -> None:
    """Lay what rises under the diaphragm: liver on the right, stomach and spleen on the left."""
    cavity = _cavity(x, y, depth)
    right, left = _domes(x, y, depth)
    lobe = ellipsoid((x, y, depth), (-14, -30, 150), (62, 34, 38))
    paint.lay(np.maximum(np.minimum(right, lobe), cavity + 2.0), LIVER)
    paint.lay(np.maximum(left, cavity + 2.0), MUSCLE)
    paint.lay(np.maximum(left + 3.0, cavity + 5.0), FAT)
    at = (x, y, depth)
    stomach = np.maximum(ellipsoid(at, (56, -6, 142), (34, 36, 38)), left + 4.0)
    paint.lay(stomach, 45.0)
    paint.lay(stomach + 3.5, 15.0)
    # Gas rises to the front and leaves a level.
    paint.lay(np.maximum(stomach + 3.5, y + 14.0), AIR)
    paint.lay(np.maximum(ellipsoid(at, (84, 34, 144), (28, 30, 38)), np.maximum(left + 4.0, cavity + 5.0)), 100.0)


def _middle(paint: Painting, chest: Chest, plane: Plane, x: Array, y: Array, depth: Array) -> None:
    """Lay heart, great vessels, windpipe and gullet."""
    at = (x, y, depth)
    heart = _heart(x, y, depth)
    outside = ramp(heart, -2.0, 0.0)
    paint.lay(heart - 3.5, FAT)
    paint.lay(heart, MYOCARDIUM)
    paint.lay(ellipsoid(at, (-32, -11, 88), (19.5, 23.5, 29.5)), RIGHT_HEART)
    paint.lay(ellipsoid(at, (3, -40, 92), (36, 16, 27), along((0.85, -0.35, 0.4))), RIGHT_HEART)
    paint.lay(ellipsoid(at, (2, 17, 71), (29, 14, 16)), LEFT_HEART)
    paint.lay(ellipsoid(at, (33, -13, 88), (36, 18, 18), along(_LV_AXIS)), LEFT_HEART)
    for tubes, value in (
        (chest.left_atrial, LEFT_HEART),
        (chest.veins, RIGHT_HEART),
        (chest.pulmonary, PULMONARY),
        (chest.aorta, AORTA),
    ):
        distance = tubes.distance(plane)
        # Veins open into the atria: no wall of theirs inside the heart.
        opens = tubes is chest.veins or tubes is chest.left_atrial
        paint.lay(distance - 1.2, MUSCLE, within=outside if opens else None)
        paint.lay(distance, value)
    gullet = np.hypot((x - 6.0) / 1.4, y - 29.0 - 0.02 * depth) - 4.6
    paint.lay(gullet, 40.0)
    for spot in ((-10.0, 30.0, 40.0), (12.0, -44.0, 20.0), (-14.0, 2.0, 30.0), (6.0, 26.0, 52.0)):
        paint.lay(ellipsoid(at, spot, (5.0, 3.5, 5.0)), MUSCLE)
    airways = chest.airways.distance(plane)
    paint.lay(airways - 1.6, 30.0)
    paint.lay(airways, AIR)


def _spine(paint: Painting, chest: Chest, plane: Plane, x: Array, y: Array, depth: Array) -> None:
    """Lay vertebrae with their processes, discs, and the cord in its canal."""
    height = np.mod(depth, _LEVEL) - _LEVEL / 2  # 0 in the middle of a vertebra
    waist = 17.5 + 2.0 * np.square(height / (_LEVEL / 2))
    body = oval(x, y - _SPINE_Y, waist, waist - 3.5, 2.2)
    paint.lay(body, 90.0)
    ring = np.hypot(x, y - _SPINE_Y - 24.0)
    paint.lay(ring - 13.5, FAT)
    arch = np.maximum(np.abs(ring - 11.5) - 2.6, np.abs(height) - 7.0)
    bone = np.minimum(np.maximum(body, np.abs(height) - 8.6), arch)
    paint.lay_bone(np.minimum(bone, chest.processes.distance(plane)), cortex=1.7)
    paint.lay(ring - 9.0, CSF)
    paint.lay(np.hypot(x / 1.2, y - _SPINE_Y - 24.0) - 4.4, CORD)
