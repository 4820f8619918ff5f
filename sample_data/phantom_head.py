"""A head for magnetic resonance: what is where, and how bright it is in a picture weighted towards T1.

Coordinates are the patient's, in mm: x to the left, y to the back, z to the crown, from the middle of the head.
Nothing here comes from a patient: the shapes are ovals, and the folds of the cortex are sums of waves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from phantom_shapes import Painting, ellipsoid, merge, oval, ramp

if TYPE_CHECKING:
    from phantom_shapes import Array

FAT, SKIN, BONE, MARROW, FLUID = 2200.0, 1200.0, 120.0, 1400.0, 380.0
GREY, WHITE, NUCLEI, MUSCLE, EYE, LENS = 1050.0, 1600.0, 1250.0, 800.0, 420.0, 900.0

_WAVES = 7


def _folds(x: Array, y: Array, z: Array) -> Array:
    """Return about how far the nearest furrow between two windings of the cortex is, mm."""
    rng = np.random.default_rng(7)
    # Both halves alike but not the same: the waves see |x|, shifted a little by x.
    side = np.abs(x) + 0.12 * x
    bent = (
        side + 5.0 * np.sin(0.075 * y + 0.04 * z),
        y + 6.0 * np.sin(0.07 * z + 0.05 * side),
        z + 5.0 * np.sin(0.06 * y),
    )
    height = np.zeros(np.broadcast_shapes(x.shape, y.shape, z.shape))
    slopes = [np.zeros_like(height) for _ in range(3)]
    for _ in range(_WAVES):
        direction = rng.normal(size=3)
        direction *= 2.0 * np.pi / rng.uniform(19.0, 27.0) / np.linalg.norm(direction)
        phase = sum(k * p for k, p in zip(direction, bent, strict=True)) + rng.uniform(0.0, 2.0 * np.pi)
        height = height + np.sin(phase)
        for slope, k in zip(slopes, direction, strict=True):
            slope += k * np.cos(phase)
    steep = np.sqrt(sum(np.square(slope) for slope in slopes))
    distance: Array = np.abs(height) / np.maximum(steep, 0.25)
    return distance


def brightness(x: Array, y: Array, z: Array, edge: float) -> Array:
    """Return the signal of the head at every place, without noise and bias.

    Parameters
    ----------
    x, y, z : (rows, columns) arrays, mm
        Patient coordinates: left, back, crown.
    edge : float, mm
        Width of a soft edge, about one pixel.

    Returns
    -------
    (rows, columns) array
        Arbitrary units, 0 for air.
    """
    at = (np.abs(x), y, z)
    paint = Painting(np.zeros(x.shape), edge)
    egg = 1.0 + 0.05 * ramp(y, -40.0, 60.0)  # a little wider at the back
    # Below the level of the brows the head narrows into face and neck.
    low = ramp(-z, 10.0, 100.0)
    column = oval(x / egg, y + 14.0 * low, 71.0 - 9.0 * low, 90.0 - 10.0 * low)
    skull = np.where(z < 0.0, column, ellipsoid((x / egg, y, z), (0, 0, 0), (71, 90, 82)))
    head = merge(skull - 6.5, ellipsoid(at, (0, -94, -48), (11, 19, 24)), 8.0)
    head = np.minimum(head, ellipsoid(at, (80, 12, -34), (4, 13, 22)))
    paint.lay(head, SKIN)
    paint.lay(np.maximum(head + 1.7, skull - 6.0), FAT)
    paint.lay(np.maximum(ellipsoid(at, (70, -28, -22), (11, 30, 34)), skull - 5.0), MUSCLE)
    # The floor of the skull: high over the eyes, low under the cerebellum.
    floor = np.minimum(-14.0 - 0.35 * y, -8.0) - 40.0 * ramp(y, 10.0, 40.0)
    _face(paint, at, skull, z - floor)
    vault = np.maximum(skull, floor - z)
    paint.lay(vault, BONE)
    paint.lay(np.maximum(np.abs(skull + 3.2) - 0.9, -4.0 - z), MARROW)
    # The dome of the brain, flat below; the temporal lobes hang down at the sides.
    reach = np.maximum(80.5 + oval(x / egg, y - 2.0, 63.5, 80.5), 0.0)
    brain = np.where(
        z > 6.0,
        ellipsoid((x / egg, y, z), (0, 2, 6), (63.5, 80.5, 68.5)),
        oval(reach, z - 6.0, 80.5, 33.0 - 11.0 * ramp(-y, 15.0, 50.0), 4.0),
    )
    brain = merge(brain, ellipsoid(at, (42, -12, -24), (20, 36, 18)), 6.0)
    paint.lay(np.maximum(brain - 2.2, skull + 5.0), FLUID)
    _brain(paint, x, y, z, np.maximum(brain, skull + 7.0))
    _behind(paint, at)
    _eyes(paint, at)
    return paint.values


def _face(paint: Painting, at: tuple[Array, Array, Array], skull: Array, over_floor: Array) -> None:
    """Lay what is under the brain: fat, muscles, jaw, sinuses and throat."""
    y, z = at[1], at[2]
    paint.lay(np.maximum(skull + 3.0, over_floor), 0.75 * FAT)
    for centre, axes, value in (
        ((56, -30, -70), (9, 24, 40), MUSCLE),  # chewing muscles on both sides of the jaw
        ((45, -26, -72), (3.5, 20, 44), BONE),
        ((31, -24, -66), (10, 22, 26), MUSCLE),
        ((24, 58, -78), (26, 20, 34), MUSCLE),  # neck
        ((50, 30, -66), (14, 16, 30), MUSCLE),
        ((0, -12, -52), (17, 20, 22), MARROW),  # base of the skull
        ((44, 14, -44), (24, 14, 14), BONE),  # petrous bone, with the cells of the mastoid
        ((58, 30, -46), (10, 12, 20), 60.0),
        ((0, -20, -78), (13, 7, 22), 30.0),  # throat
        ((0, -60, -46), (13, 24, 20), 60.0),  # nose and ethmoid cells
        ((9, -80, -8), (14, 6, 12), 60.0),  # frontal sinus
        ((33, -62, -66), (15, 18, 16), 40.0),  # maxillary sinus
    ):
        paint.lay(np.maximum(ellipsoid(at, centre, axes), skull + 2.0), value)
    paint.lay(np.maximum(np.abs(at[0]) - 1.3, ellipsoid(at, (0, -60, -46), (13, 24, 20))), MUSCLE)
    vertebra = np.hypot(at[0], y - 26.0)
    paint.lay(np.maximum(vertebra - 19.0, z + 62.0), MARROW)
    paint.lay(np.maximum(vertebra - 12.0, z + 62.0), FLUID)


def _eyes(paint: Painting, at: tuple[Array, Array, Array]) -> None:
    """Lay the sockets with their fat, the eyes, their muscles and nerves."""
    x, y, z = at
    paint.lay(ellipsoid((x - 0.25 * (y + 60.0), y, z), (32, -56, -33), (17, 27, 17)), 0.85 * FAT)
    middle = x - (31.0 - 0.35 * (y + 62.0))
    for up, aside, width in ((0.0, 0.0, 2.0), (10.0, 0.0, 2.2), (-10.0, 0.0, 2.2), (0.0, 11.0, 2.2), (0.0, -11.0, 2.2)):
        # All five meet at the back of the socket.
        open_ = ramp(-y, 34.0, 66.0)
        cord = np.hypot(middle - aside * open_, z + 33.0 - up * open_) - width
        paint.lay(np.maximum(cord, np.abs(y + 52.0) - 17.0), MUSCLE)
    eye = ellipsoid(at, (34, -73, -33), (12, 12.5, 12))
    paint.lay(eye - 1.2, MUSCLE)
    paint.lay(eye, EYE)
    paint.lay(ellipsoid(at, (34, -82, -33), (5, 2.2, 5)), LENS)


def _brain(paint: Painting, x: Array, y: Array, z: Array, brain: Array) -> None:
    """Lay the hemispheres with their folds, the ventricles and the deep nuclei."""
    at = (np.abs(x), y, z)
    deep = np.maximum(-brain, 0.0)
    furrow = _folds(x, y, z) + 1.2 * np.maximum(deep - 17.0, 0.0)
    # The cleft between the halves, down to the bridge that joins them, and the one above the temporal lobe.
    bridge = ellipsoid(at, (0, 4, 6), (40, 46, 28))
    cleft = np.abs(x) + 1.2 * np.maximum(-bridge, 0.0)
    temporal = np.abs(z + 9.0 + 0.2 * y) + 1.2 * np.maximum(38.0 - at[0], 0.0) + np.maximum(y - 15.0, 0.0)
    fluid = np.minimum(np.minimum(furrow, temporal), np.minimum(cleft, deep + 1.0))
    paint.lay(brain, FLUID)
    paint.lay(np.maximum(brain, 1.0 - fluid), GREY)
    paint.lay(np.maximum(brain + 2.6, 3.9 - fluid), WHITE)
    # Deep grey matter: thalamus, then putamen, the head of the caudate and the island under the temporal cleft.
    paint.lay(ellipsoid(at, (10, 12, 2), (9, 15, 10)), NUCLEI)
    paint.lay(ellipsoid((at[0] - 0.25 * y, y, z), (27, -2, 2), (6, 19, 12)), NUCLEI)
    paint.lay(ellipsoid(at, (15, -24, 10), (6, 10, 11)), NUCLEI)
    # Side ventricles: front horns between the caudates, bodies over the thalamus, back horns turned outwards.
    front = ellipsoid((at[0] + 0.45 * (y + 18.0), y, z), (6, -24, 12), (4.5, 14, 9))
    body = ellipsoid((at[0] - 0.12 * np.abs(y), y, z + 0.006 * np.square(y)), (5, 4, 19), (6, 34, 7))
    horn = ellipsoid((at[0] - 0.45 * (y - 30.0), y, z), (17, 34, 6), (6.5, 20, 11))
    paint.lay(merge(merge(front, body, 4.0), horn, 4.0), FLUID)
    paint.lay(ellipsoid(at, (0, 8, -2), (2.4, 16, 11)), FLUID)


def _behind(paint: Painting, at: tuple[Array, Array, Array]) -> None:
    """Lay cerebellum and brain stem."""
    x, y, z = at
    cerebellum = merge(ellipsoid(at, (25, 50, -42), (31, 30, 23)), ellipsoid(at, (0, 46, -40), (12, 28, 19)), 4.0)
    paint.lay(cerebellum - 2.5, FLUID)
    paint.lay(cerebellum, GREY)
    # Leaves, thin and nearly level, around a white core.
    leaves = np.abs(np.sin(2.0 * np.pi * (z - 0.5 * y + 0.15 * x) / 14.0))
    paint.lay(np.maximum(cerebellum + 1.5, (leaves - 0.3) * 2.0), FLUID * 2.1)
    paint.lay(ellipsoid(at, (21, 44, -42), (19, 16, 11)), WHITE)
    stem = oval(x, y - 18.0, 14.0 - 4.0 * ramp(-z, 50.0, 70.0), 12.0 - 2.0 * ramp(-z, 50.0, 70.0))
    stem = np.maximum(stem, z + 12.0)
    paint.lay(np.maximum(stem - 3.0, z + 16.0), FLUID)
    paint.lay(stem, WHITE * 0.94)
    paint.lay(ellipsoid(at, (0, 32, -40), (7, 4, 10)), FLUID)
