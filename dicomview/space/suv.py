"""Standardised uptake values: PET by dose and by body weight, lean body mass or body surface.

``SUV = activity concentration [Bq/ml] · body / dose [Bq]``, with the body in g (in cm² for the surface) and the dose
that is left when the scan begins. Which moment that is follows QIBA's rules. What is missing is never guessed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, cast

import numpy as np

from dicomview.errors import NotSuv, UnknownChoice
from dicomview.pixels import FrameTags
from dicomview.space.clock import moment
from dicomview.space.private import private_number, private_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from dicomview.space.slices import Slice
    from dicomview.space.volume import Volume

__all__ = ["Kind", "SuvScale", "in_suv", "kind_of", "suv_scale"]

Kind = Literal["bw", "lbm", "lbmj", "bsa"]

_KINDS: dict[str, str] = {
    "bw": "body weight",
    "lbm": "lean body mass by James",
    "lbmj": "lean body mass by Janmahasatian",
    "bsa": "body surface area by Du Bois",
}
_SUV_TYPES = {"BW": "bw", "LBM": "lbm", "LBMJAMES128": "lbm128", "LBMJANMA": "lbmj", "BSA": "bsa"}  # PS3.3 C.8.9.1
_PHILIPS, _GE = "Philips PET Private Group", "GEMS_PETD_01"
# Of a series; where two slices differ in one of them, no factor holds for both.
_SHARED = (
    "Modality", "Units", "SUVType", "CorrectedImage", "DecayCorrection", "SeriesDate", "SeriesTime", "PatientWeight",
    "PatientSize", "PatientSex",
)  # fmt: skip
_OF_DOSE = (
    "RadionuclideTotalDose", "RadionuclideHalfLife", "RadiopharmaceuticalStartDateTime", "RadiopharmaceuticalStartTime",
)  # fmt: skip
_NOTHING_LEFT = 50  # half-lives, after which no dose can be told from the noise
_PLAUSIBLE = (1e-3, 1e15)  # for kg, m, s and Bq alike: outside it, a number was never meant
_MOST_HALF_LIVES, _LEAST_DOSE, _WEIGHTS, _TALLEST, _MOST_SUV = 6, 1e6, (2, 300), 3, 100
_SAMPLED = 1_000_000  # voxels that the alarm looks at


@dataclass(frozen=True, slots=True)
class SuvScale:
    """How modality values become standardised uptake values.

    Parameters
    ----------
    factor : float
        ``SUV = factor * modality value``.
    unit : str
        For example "SUVbw".
    kind : str
        "bw" (body weight), "lbm" (lean body mass by James), "lbmj" (by Janmahasatian) or "bsa" (body surface area).
    notes : tuple of str
        What was used, and what looks wrong with it; each starts with a code.
    """

    factor: float
    unit: str
    kind: Kind
    notes: tuple[str, ...] = ()


def kind_of(units: str) -> Kind:
    """Return the kind that `units` name; UnknownChoice when there is no such unit."""
    kind = units.removeprefix("SUV")
    if not units.startswith("SUV") or kind not in _KINDS:
        known = ", ".join(f"SUV{kind}" for kind in _KINDS)
        raise UnknownChoice(f"there are no units {units!r}; choose one of {known}, or None for those of the file")
    return cast("Kind", kind)


def in_suv(volume: Volume, scale: SuvScale) -> Volume:
    """Return `volume` in standardised uptake values, with the notes of `scale`."""
    with np.errstate(over="ignore"):  # an absurd factor gives infinities, and the note below
        array = volume.array * np.float32(scale.factor)
    sample = array.ravel()[:: max(1, array.size // _SAMPLED)]
    finite = sample[~np.isnan(sample)]
    high = float(np.percentile(finite, 99.9)) if finite.size else 0.0
    notes = [f"SUV_HIGH one voxel in a thousand is above {high:.0f}"] if high > _MOST_SUV else []
    return replace(volume, array=array, units=scale.unit, notes=(*volume.notes, *scale.notes, *notes))


def suv_scale(slices: Sequence[Slice], kind: Kind = "bw") -> SuvScale:
    """Return the factor from modality values to standardised uptake values.

    Parameters
    ----------
    slices : sequence of Slice
        Of one PET series, best all of them: the decay is counted to the first acquisition.
    kind : "bw", "lbm", "lbmj" or "bsa"
        Body weight; lean body mass by James or by Janmahasatian; body surface area.

    Raises
    ------
    NotSuv
        An element is missing or contradicts; one sentence lists all of them.
    UnknownChoice
        There is no such kind.
    """
    if kind not in _KINDS:
        raise UnknownChoice(f"there is no kind of SUV {kind!r}; choose one of {', '.join(_KINDS)}")
    reader = _Reader(slices)
    base, factor = reader.calibration()
    if base != kind:
        body = reader.body(kind)
        factor *= body / (reader.remaining_dose() if base == "activity" else reader.body(base))
    reader.refuse()
    if any((one.tags.number("RescaleIntercept") or 0.0) != 0.0 for one in slices):
        reader.notes.append("INTERCEPT RescaleIntercept is not 0, as it has to be in PET")
    return SuvScale(factor, f"SUV{kind}", kind, tuple(reader.notes))


class _Reader:
    """What the headers of a series say about dose, times and body; collects what they do not say.

    A value that is missing reads as NaN, so that one refusal at the end can list everything.
    """

    def __init__(self, slices: Sequence[Slice]) -> None:
        unique = {id(one.header): FrameTags(one.header) for one in slices}
        self.all = list(unique.values())
        self.tags = self.all[0]
        self.missing: list[str] = []
        self.faults: list[str] = []
        self.notes: list[str] = []
        if self.tags.text("Modality") != "PT":
            raise NotSuv(f"not SUV because the modality is {self.tags.text('Modality') or 'unknown'}, not PT")
        for keyword in _SHARED:
            self._same(keyword, (tags.numbers(keyword) or tags.texts(keyword) for tags in self.all))

    def refuse(self) -> None:
        """Raise NotSuv when anything is missing or contradicts."""
        missing = list(dict.fromkeys(self.missing))
        reasons = [f"{_listed(missing)} {'is' if len(missing) == 1 else 'are'} missing"] if missing else []
        reasons += dict.fromkeys(self.faults)
        if reasons:
            raise NotSuv(f"not SUV because {_listed(reasons)}")

    def calibration(self) -> tuple[str, float]:
        """Return what the values multiplied by a factor are: "activity" in Bq/ml, or a kind of SUV."""
        corrected, decay = self.tags.texts("CorrectedImage"), self.tags.text("DecayCorrection")
        if not corrected:
            self.missing.append("CorrectedImage")
        elif lacking := [word for word in ("ATTN", "DECY") if word not in corrected]:
            self.faults.append(f"CorrectedImage does not name {_listed(lacking)}")
        if not decay:
            self.missing.append("DecayCorrection")
        elif decay not in ("START", "ADMIN"):
            self.faults.append(f"DecayCorrection is {decay[:16]}")
        units = self.tags.text("Units")
        if units == "CNTS":
            # Philips keeps counts and, in private, what they are worth.
            for element, base in ((0x00, "bw"), (0x09, "activity")):
                factors = [private_number(tags.dataset, _PHILIPS, 0x7053, element) for tags in self.all]
                self._same("a Philips scale factor", factors)
                if factors[0] is not None and factors[0] > 0:
                    return base, factors[0]
            self.faults.append("Units is CNTS and the Philips scale factors are missing")
        elif units in ("GML", "CM2ML"):
            said = self.tags.text("SUVType") or ("BW" if units == "GML" else "BSA")
            if said in _SUV_TYPES:
                return _SUV_TYPES[said], 1.0
            self.faults.append(f"SUVType is {said[:16]}")
        elif not units:
            self.missing.append("Units")
        elif units != "BQML":
            self.faults.append(f"Units is {units[:16]}, none of BQML, CNTS and GML")
        return "activity", 1.0

    def body(self, kind: str) -> float:
        """Return what the dose is divided by: g, for "bsa" cm²."""
        weight = self._positive("PatientWeight")
        if weight < _WEIGHTS[0] or weight > _WEIGHTS[1]:
            self.notes.append(f"WEIGHT {weight:g} kg")
        if kind == "bw":
            return weight * 1000
        size = self._positive("PatientSize")
        if size > _TALLEST:
            self.notes.append(f"SIZE {size:g} m; is it in cm?")
        if kind == "bsa":
            return float(weight**0.425 * (size * 100) ** 0.725 * 0.007184 * 10000)
        sex = self.tags.text("PatientSex")
        if not sex:
            self.missing.append("PatientSex")
        elif sex not in ("M", "F"):
            self.faults.append("PatientSex is neither M nor F")
        if kind == "lbmj":
            per_bmi = (6680.0, 216.0) if sex == "M" else (8780.0, 244.0)
            lean = 9270 * weight / (per_bmi[0] + per_bmi[1] * weight / size**2)
        else:
            whole, fat = (1.10, 128.0 if kind == "lbm128" else 120.0) if sex == "M" else (1.07, 148.0)
            lean = whole * weight - fat * (weight / (size * 100)) ** 2
        if lean <= 0:
            self.faults.append(f"the {_KINDS['lbm']} comes out as {lean:.1f} kg")
        elif lean > 0:
            self.notes.append(
                f"LEAN_BODY_MASS {lean:.1f} kg, formula of {'Janmahasatian' if kind == 'lbmj' else 'James'}"
            )
        return lean * 1000 if lean > 0 else math.nan

    def remaining_dose(self) -> float:
        """Return the dose that was left at the moment to which the decay is corrected, Bq."""
        drug = self._radiopharmaceutical()
        if drug is None:
            return math.nan
        dose = self._positive("RadionuclideTotalDose", drug)
        if dose < _LEAST_DOSE:
            self.notes.append(f"DOSE {dose:g} Bq; is it in MBq?")
        if self.tags.text("DecayCorrection") == "ADMIN":
            return dose
        half_life = self._positive("RadionuclideHalfLife", drug)
        scan, start = self._scan(), self._start(drug)
        if scan is None or start is None or math.isnan(half_life):
            return math.nan
        if start > scan and not drug.text("RadiopharmaceuticalStartDateTime"):
            start -= timedelta(days=1)  # over midnight; only the time of the day is known
        seconds = (scan - start).total_seconds()
        lives = seconds / half_life
        if abs(lives) > _NOTHING_LEFT:
            self.faults.append(f"the scan begins {lives:.0f} half-lives after the injection")
            return math.nan
        if seconds < 0:
            self.notes.append(f"INJECTED_LATER the injection is dated {-seconds:.0f} s after the scan")
        elif lives > _MOST_HALF_LIVES:
            self.notes.append(f"INJECTED_LONG_AGO the scan begins {lives:.1f} half-lives after the injection")
        return float(dose * 2.0**-lives)

    def _radiopharmaceutical(self) -> FrameTags | None:
        sequences = [tags.get("RadiopharmaceuticalInformationSequence") for tags in self.all]
        if not all(sequences):
            self.missing.append("RadiopharmaceuticalInformationSequence")
            return None
        if any(len(items) != 1 for items in sequences):
            self.faults.append("RadiopharmaceuticalInformationSequence has several items")
            return None
        drugs = [FrameTags(items[0]) for items in sequences]
        for keyword in _OF_DOSE:
            self._same(keyword, (drug.numbers(keyword) or drug.texts(keyword) for drug in drugs))
        return drugs[0]

    def _scan(self) -> datetime | None:
        """Return the moment to which START corrects the decay."""
        dates, times = self.tags.text("SeriesDate"), self.tags.text("SeriesTime")
        series = moment(dates + times) if dates and times else None
        if series is None:
            self.missing += [k for k in ("SeriesDate", "SeriesTime") if not self.tags.text(k)]
            self.faults += ["SeriesDate or SeriesTime is malformed"] if dates and times else []
        acquired = [found for tags in self.all if (found := _acquired(tags)) is not None]
        if not acquired:
            absent = [k for k in ("AcquisitionDate", "AcquisitionTime") if not self.tags.text(k)]
            self.missing += absent
            self.faults += [] if absent else ["AcquisitionDate or AcquisitionTime is malformed"]
        if series is None or not acquired:
            return None
        if series <= min(acquired):
            return series
        # The series was made later than it was acquired.
        ge = private_value(self.tags.dataset, _GE, 0x0009, 0x0D)
        scan = moment(ge.decode("latin-1") if isinstance(ge, bytes) else str(ge or ""))
        if scan is not None:
            self.notes.append("DECAY_TO_SCAN_DATE the series is dated later; the scan date of the vendor is used")
            return scan
        self.notes.append("DECAY_TO_ACQUISITION the series is dated later; the first acquisition is used")
        return min(acquired)

    def _start(self, drug: FrameTags) -> datetime | None:
        """Return when the radiopharmaceutical was given; with a time alone, on the day of the series."""
        whole, time = drug.text("RadiopharmaceuticalStartDateTime"), drug.text("RadiopharmaceuticalStartTime")
        if not whole and not time:
            self.missing.append("RadiopharmaceuticalStartTime")
            return None
        start = moment(whole or self.tags.text("SeriesDate") + time, self.tags.text("TimezoneOffsetFromUTC"))
        if start is None and self.tags.text("SeriesDate"):
            self.faults.append(f"RadiopharmaceuticalStart{'DateTime' if whole else 'Time'} is malformed")
        return start

    def _positive(self, keyword: str, tags: FrameTags | None = None) -> float:
        number = (tags or self.tags).number(keyword)
        if number is None:
            self.missing.append(keyword)
        elif not _PLAUSIBLE[0] <= number <= _PLAUSIBLE[1]:
            self.faults.append(f"{keyword} is {number:g}")
        else:
            return number
        return math.nan

    def _same(self, name: str, values: Iterable[object]) -> None:
        if len(set(values)) > 1:
            self.faults.append(f"{name} differs between the slices")


def _acquired(tags: FrameTags) -> datetime | None:
    date, time = tags.text("AcquisitionDate"), tags.text("AcquisitionTime")
    return moment(date + time if date and time else tags.text("AcquisitionDateTime"))


def _listed(words: Sequence[str]) -> str:
    return " and ".join((*([", ".join(words[:-1])] if len(words) > 1 else []), words[-1]))
