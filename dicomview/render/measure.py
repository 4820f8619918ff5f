"""What a shape measures: millimetres from where its pixels lie in the patient, statistics from modality values.

Nothing here comes from the screen: no window, no 16 bits, no zoom.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomview.errors import UnknownChoice
from dicomview.recent import Recent
from dicomview.render.shapes import Shape, shape_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dicomview.render.scene import Scene

__all__ = ["Measure", "Measured", "Statistics"]

_KEPT_BYTES = 64 << 20  # of planes that were measured on: a shape that a hand moves asks for its plane again and again
_SAME_MM = 0.01
_BESIDE = 0.5  # parts of the distance to the next slice that a point may lie off a slice


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of the modality values of the pixels in a region; NaN where there are none.

    Parameters
    ----------
    mean, sd, least, most : float
        In the unit of the scene; `sd` is that of all these pixels, not an estimate from a sample (divided by n).
    count : int
        How many pixels there are with a value.
    without : int
        How many there are without: padding, and slices that are missing.
    """

    mean: float
    sd: float
    least: float
    most: float
    count: int
    without: int = 0


@dataclass(frozen=True, slots=True)
class Measured:
    """A shape with what it measures.

    Parameters
    ----------
    shape : Shape
    value : float
        Length of a line, degrees of an angle, mean of a region; NaN where there is none.
    unit : str
        Of the value: "mm" or "px", "°", the unit of the modality values.
    statistics : Statistics, optional
        Of a region; None for lines and angles, and where the pixels are colours.
    area : float
        Of a region, mm²; NaN without a pixel size.
    pixels : int
        How many pixels a region holds, with a value or without.
    points : tuple of (x, y, z)
        LPS mm of its points; empty where the place is unknown.
    uid : str
        SOPInstanceUID of the acquired slice; empty on other planes.
    frame : int, optional
        Zero-based frame of that instance.
    notes : tuple of str
        What must be said of it.
    beyond : bool
        True when some of it lies outside the picture.
    """

    shape: Shape
    value: float
    unit: str
    statistics: Statistics | None = None
    area: float = math.nan
    pixels: int = 0
    points: tuple[tuple[float, float, float], ...] = ()
    uid: str = ""
    frame: int | None = None
    notes: tuple[str, ...] = ()
    beyond: bool = False

    @property
    def words(self) -> str:
        """What stands beside the shape, in a line or two."""
        if not self.shape.region:
            number = "no angle" if math.isnan(self.value) else f"{self.value:.1f} {self.unit}"
            return number.replace(" °", "°")
        if not self.pixels:
            return "no pixel inside"
        size = f"n {self.pixels}" if math.isnan(self.area) else f"{self.area:.1f} mm² · n {self.pixels}"
        if self.statistics is None:
            return size
        if not self.statistics.count:
            return f"no value\n{size}"
        mean, sd = _short(self.statistics.mean), _short(self.statistics.sd)
        return f"{mean} ± {sd} {self.unit}".strip().replace("-", "−") + f"\n{size}"


class Measure:
    """Measures shapes on a scene.

    Parameters
    ----------
    scene : Scene
    kept : int, optional
        Bytes of values to keep for the next shape on the same planes.
    """

    def __init__(self, scene: Scene, kept: int = _KEPT_BYTES) -> None:
        self.scene, self._planes = scene, Recent(kept)

    def values(self, shape: Shape) -> tuple[NDArray[Any], str]:
        """Return the modality values of the plane a shape lies on, (rows, columns), and what is to be said of them."""
        key = shape.plane, shape.index, shape.places

        def read() -> tuple[NDArray[Any], str]:
            values, words = self.scene.exact(shape.plane, shape.index, dict(shape.places))
            return np.array(values), "; ".join(words)

        return self._planes.get(key, read)

    def statistics(self, shape: Shape) -> Statistics:
        """Return the statistics of the pixels in a region, PixelPaddingValue and missing slices left out."""
        values, _ = self.values(shape)
        window, mask = shape.mask(*values.shape[:2])
        inside = values[window][mask].astype(np.float64)
        known = inside[~np.isnan(inside)]
        if not known.size:
            return Statistics(math.nan, math.nan, math.nan, math.nan, 0, inside.size)
        ends = float(known.min()), float(known.max())
        return Statistics(float(known.mean()), float(known.std()), *ends, known.size, inside.size - known.size)

    def __call__(self, shape: Shape) -> Measured:
        """Return what a shape measures.

        Raises
        ------
        DamagedPixels, NoDecoder
            The pixels of a region cannot be decoded.
        """
        scene, view = self.scene, self.scene.views[shape.plane]
        where = scene.where(shape.plane, shape.index, dict(shape.places))
        notes = list(scene.of_distances)
        points: tuple[tuple[float, float, float], ...] = ()
        unit = "mm"
        if where is not None:
            origin, row_step, column_step = where
            placed = [origin + column * column_step + row * row_step for column, row in shape.points]
            points = tuple((float(x), float(y), float(z)) for x, y, z in placed)
        else:
            # The picture has a size but no place: of a projection at its detector, of a calibrated region, of an array.
            down, across = view.spacing or (view.aspect, 1.0)
            row_step, column_step = np.array([0.0, down, 0.0]), np.array([across, 0.0, 0.0])
            unit = "mm" if view.spacing else "px"
        if shape.beside > _SAME_MM:
            notes.append(f"laid on the slice, from up to {shape.beside:.2g} mm beside it")
        if beyond := _beyond(shape, view.rows, view.columns):
            notes.append("reaches beyond the picture")
        if shape.crossed:
            notes.append("crosses itself: what it goes around twice is left out")
        uid, frame = scene.instance_at(shape.plane, shape.index, dict(shape.places))
        known: dict[str, Any] = {"points": points, "uid": uid, "frame": frame, "beyond": beyond}
        if shape.kind == "line":
            return Measured(shape, shape.length(row_step, column_step), unit, notes=tuple(notes), **known)
        if shape.kind == "angle":
            return Measured(shape, shape.degrees(row_step, column_step), "°", notes=tuple(notes), **known)
        _, mask = shape.mask(view.rows, view.columns)
        known |= {"pixels": int(mask.sum()), "area": shape.area(row_step, column_step) if unit == "mm" else math.nan}
        if shape.kind == "point":
            known["area"] = math.nan
        if scene.colour:
            return Measured(shape, math.nan, "", notes=(*notes, "colours have no modality values"), **known)
        statistics = self.statistics(shape)
        if said := self.values(shape)[1]:
            notes.append(said)
        if statistics.without:
            notes.append(f"{statistics.without} of {known['pixels']} pixels without a value")
        return Measured(shape, statistics.mean, scene.unit, statistics, notes=tuple(notes), **known)

    def known(self, shape: Shape) -> None:
        """Raise UnknownChoice when the scene has not the plane, the index or the places that a shape lies on."""
        scene, counts = self.scene, self.scene.counts
        self._known(shape.plane)
        if not 0 <= shape.index < counts[shape.plane]:
            raise UnknownChoice(
                f"there is no {shape.plane} {shape.index}; they run from 0 to {counts[shape.plane] - 1}"
            )
        places = dict(shape.places)
        if {*places} != {*scene.lengths} or any(not 0 <= at < scene.lengths[name] for name, at in places.items()):
            raise UnknownChoice(f"there is no place {places} along the extra axes {scene.lengths}")

    def _known(self, plane: str) -> None:
        if plane not in self.scene.counts:
            raise UnknownChoice(f"there is no plane {plane!r} here; there is {', '.join(self.scene.counts)}")

    def laid(self, kind: object, points: Any, plane: str, places: Mapping[str, int]) -> Shape:
        """Return the shape of points in the patient, on the slice that they lie on.

        Parameters
        ----------
        kind : str
        points : (n, 3) floats
            LPS mm. They are laid onto the slice along its normal, from at most half way to the next slice.
        plane : str
            The plane to look at first; the others follow.
        places : mapping
            Zero-based place along each extra axis.

        Raises
        ------
        UnknownChoice
            The scene has no such plane or no place in the patient, or no slice holds all of the points.
        """
        self._known(plane)
        try:
            wanted = np.array(points, float)
            assert wanted.ndim == 2 and wanted.shape[1] == 3 and len(wanted) and np.isfinite(wanted).all()
        except (AssertionError, TypeError, ValueError):
            raise UnknownChoice(
                f"points are (x, y, z) in LPS mm, or (column, row) of the picture, all of one kind, not {points!r:.200}"
            ) from None
        nearest: list[str] = []
        for name in dict.fromkeys((plane, *self.scene.views)):
            first = self.scene.where(name, 0, places)
            if first is None:
                raise UnknownChoice(
                    "this picture has no place in the patient, so there are no LPS points on it; give (column, row)"
                )
            index, off, far = self._slice_of(name, wanted, places)
            inside = bool((off <= _BESIDE).all())
            if inside and (index == index[0]).all():
                at = int(index[0])
                origin, row_step, column_step = self.scene.where(name, at, places) or first
                steps = np.stack([column_step, row_step], axis=1)
                flat = np.linalg.lstsq(steps, (wanted - origin).T, rcond=None)[0].T
                # To a nanometre: rounding may not decide in which of two pixels a point lies.
                shape = shape_of(kind, np.round(flat, 9), name, at, tuple(places.items()))
                return replace(shape, beside=float(far.max()))
            indices = ", ".join(map(str, dict.fromkeys(index.tolist())))
            nearest.append(f"{name} {indices}" if inside else f"beside or between the {name} slices")
        refused = self.scene.refused
        across = f". There is no {' or '.join(refused)} plane: {next(iter(refused.values()))}" if refused else ""
        raise UnknownChoice(
            f"no slice holds all points of this {kind}: they lie on {'; '.join(nearest)}. A measurement lies on one "
            f"slice of a plane that is shown here; see view.plane{across}"
        )

    def _slice_of(
        self, plane: str, points: NDArray[np.float64], places: Mapping[str, int]
    ) -> tuple[NDArray[np.int_], NDArray[np.float64], NDArray[np.float64]]:
        """Return for each point the nearest slice of a plane, and how far it is from there: parts of a step, mm."""
        where = [self.scene.where(plane, index, places) for index in range(self.scene.counts[plane])]
        origins = np.array([one[0] for one in where if one is not None])
        _, row_step, column_step = where[0]  # type: ignore[misc]  # all have a place or none
        normal = np.cross(column_step, row_step)
        depths, wanted = origins @ (normal / np.linalg.norm(normal)), points @ (normal / np.linalg.norm(normal))
        away = np.abs(depths[None] - wanted[:, None])
        index = away.argmin(axis=1)
        # A single slice has no next one: its own pixel size stands for its thickness.
        step = float(np.abs(np.diff(depths)).min()) if len(depths) > 1 else float(np.linalg.norm(column_step))
        far = away.min(axis=1)
        off = far / max(step, _SAME_MM)
        # Rounding may not decide what is half way.
        return index, np.where(off <= _BESIDE + 1e-6, np.minimum(off, _BESIDE), off), far


def _beyond(shape: Shape, rows: int, columns: int) -> bool:
    points = np.array(shape.points)
    return bool((points < -0.5).any() or (points > (columns - 0.5, rows - 0.5)).any())


def _short(number: float) -> str:
    """Return a number with three digits, or with one behind the point."""
    return f"{number:.1f}" if abs(number) >= 100 or number == 0 else f"{number:.3g}"
