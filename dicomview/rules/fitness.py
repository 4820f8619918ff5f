"""Family D: whether a set of series is fit to learn or to count from. Sets of fewer than ten are not judged."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np

from dicomview.pixels import FrameTags
from dicomview.rules.check import Finding, check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dicomview.rules.material import Material
    from dicomview.space import Series

__all__: list[str] = []

_FEW = 10
_MOST_SHARE = 0.8
_GENERAL = ("PatientSex", "PatientAge", "BodyPartExamined", "Manufacturer", "ManufacturerModelName")
_TECHNICAL = {
    "CT": ("KVP", "SliceThickness", "ConvolutionKernel", "PixelSpacing", "ImagePositionPatient"),
    "MR": ("MagneticFieldStrength", "RepetitionTime", "EchoTime", "SliceThickness", "PixelSpacing"),
    "PT": ("Units", "PatientWeight", "CorrectedImage", "SliceThickness", "PixelSpacing"),
}
_CATEGORIES = ("PatientSex", "Modality", "Manufacturer", "ManufacturerModelName", "BodyPartExamined", "InstitutionName")
_LEARNT = (
    "PatientSex", "PatientAge", "ProtocolName", "SeriesDescription", "StationName", "DeviceSerialNumber",
)  # fmt: skip
_TOLD = frozenset({"PatientSex", "Modality"})  # whose values are a few letters of the standard, nobody's words


def _firsts(material: Material) -> list[tuple[FrameTags, str]]:
    """Return what the first instance of each series says, and where it is."""
    found = []
    for series in material.series:
        header = series.headers[0]
        if header.dataset is not None:
            found.append((FrameTags(header.dataset), header.location.label))
    return found


def _by_modality(material: Material) -> list[tuple[str, list[tuple[FrameTags, str]]]]:
    groups: dict[str, list[tuple[FrameTags, str]]] = defaultdict(list)
    for tags, label in _firsts(material):
        groups[tags.text("Modality")].append((tags, label))
    return [(modality, members) for modality, members in sorted(groups.items()) if len(members) >= _FEW]


def _by_patient(members: Sequence[tuple[FrameTags, str]]) -> dict[str, list[FrameTags]]:
    patients: dict[str, list[FrameTags]] = defaultdict(list)
    for tags, _ in members:
        if patient := tags.text("PatientID"):
            patients[patient].append(tags)
    return patients


@check(
    "D01",
    "info",
    "dataset",
    "source",
    rule="Of ten series of one modality or more, some have an attribute that matters for computing and some have not.",
    why="Whoever selects or corrects by it loses the others, and often all of one scanner.",
    todo="Look at dv.scan(source).series, and decide what to do without it.",
)
def _missing_columns(material: Material) -> Iterator[Finding]:
    for modality, members in _by_modality(material):
        for keyword in (*_GENERAL, *_TECHNICAL.get(modality, ())):
            lacking = [(tags, label) for tags, label in members if tags.get(keyword) is None]
            if 0 < len(lacking) < len(members):
                makers = {tags.text("Manufacturer") for tags, _ in members}
                affected = len({tags.text("Manufacturer") for tags, _ in lacking})
                filled = 1 - len(lacking) / len(members)
                value = f"{filled:.0%} of {len(members)}, missing with {affected} of {len(makers)} manufacturers"
                labels = tuple(label for _, label in lacking)
                yield Finding(f"{keyword} is missing in some {modality} series", keyword, value, "all", labels)


@check(
    "D02",
    "info",
    "dataset",
    "source",
    rule="Of ten patients or more, an attribute has one value in all, or another one in every patient.",
    why="The one teaches nothing; the other is a number of the patient, whatever it is called, and a model learns it.",
    todo="Leave it out of what a model sees.",
)
def _constant_or_id_like(material: Material) -> Iterator[Finding]:
    for modality, members in _by_modality(material):
        patients = _by_patient(members)
        if len(patients) < _FEW:
            continue
        for keyword in _LEARNT:
            values = [{tags.text(keyword) for tags in of} for of in patients.values()]
            every = set().union(*values)
            if "" in every:
                continue
            if len(every) == 1:
                yield Finding(f"{keyword} is the same in all {modality} series", keyword, "1 value", "several")
            elif len(every) == sum(map(len, values)) and len(every) >= len(patients):
                message = f"{keyword} is another one in every patient"
                yield Finding(message, keyword, f"{len(every)} values of {len(patients)} patients", "values that recur")


@check(
    "D03",
    "warning",
    "dataset",
    "source",
    rule="Of ten series or more, over four of five have one sex, modality, manufacturer, model, body part or site.",
    why="What is learnt or averaged holds for that part alone.",
    todo="Report the proportions, or choose again.",
)
def _imbalance(material: Material) -> Iterator[Finding]:
    members = _firsts(material)
    if len(members) < _FEW:
        return
    for keyword in _CATEGORIES:
        counts = Counter(text for tags, _ in members if (text := tags.text(keyword)))
        total = counts.total()
        if len(counts) < 2 or total < _FEW:
            continue
        ((most, count),) = counts.most_common(1)
        if count / total > _MOST_SHARE:
            share = f"{count / total:.0%}" + (f" {most[:8]}" if keyword in _TOLD and most.isalpha() else "")
            yield Finding(f"most series have one {keyword}", keyword, share, f"{_MOST_SHARE:.0%} at most")


@check(
    "D05",
    "info",
    "dataset",
    "source",
    rule="Of ten volumes of one modality or more, one has voxels far larger or smaller than the middle half of them.",
    why="Textures and small structures are not comparable.",
    todo="Resample, or leave it out; farther than one and a half times the middle range is called far.",
    columns=True,
)
def _resolution_outliers(material: Material) -> Iterator[Finding]:
    groups: dict[str, list[tuple[Series, float]]] = defaultdict(list)
    for series in material.series:
        spacing = series.stacks[0].spacing if series.stacks and series.stacks[0].verdict.regular else None
        steps = [mm for mm in spacing or () if mm is not None and mm > 0]
        if len(steps) == 3:
            groups[series.modality].append((series, float(np.prod(steps))))
    for members in (members for _, members in sorted(groups.items()) if len(members) >= _FEW):
        low, high = np.percentile([volume for _, volume in members], [25, 75])
        reach = 1.5 * max(high - low, 0.01 * high)
        for series, volume in members:
            if not low - reach <= volume <= high + reach:
                files = tuple(one.label for one in series.stacks[0].slices)
                message = "voxels of another size than those of the other series"
                yield Finding(
                    message, "PixelSpacing", f"{volume:.3g} mm³", f"{low:.3g} to {high:.3g} mm³", files, series.uid
                )
