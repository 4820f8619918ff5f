"""What a page says of a set of files, in numbers and words, before it is HTML."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydicom.datadict import dictionary_VR
from pydicom.uid import UID

from dicomview.elements import fitting
from dicomview.errors import DicomviewError, part
from dicomview.progress import bar
from dicomview.render import picture
from dicomview.render.small import png_of
from dicomview.rules.material import MOST_PIXELS
from dicomview.summary.spread import Spread, of_numbers, of_words

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from dicomview.pixels import FrameTags
    from dicomview.rules import Findings
    from dicomview.rules.material import Material
    from dicomview.space import Series, Stack

__all__ = ["PRIVACY", "Line", "lines_of", "of_privacy", "spreads_of", "totals_of"]

PRIVACY = "A"
"""The family of checks whose findings are counted by themselves, under Privacy and nowhere else on the page."""


_EDGE = 96  # pixels of a small picture
_MOST_PICTURES = 400
_LONGEST = 60
_SEVERITIES = (("error", "error"), ("warning", "warning"), ("info", "note"))
_RISKS = ("A08", "A09")
"""Checks for text in the pixels: of what they find no picture is shown where identity is hidden."""


@dataclass(frozen=True, slots=True)
class Line:
    """A stack, or a series without any.

    Parameters
    ----------
    uid : str
        SeriesInstanceUID.
    modality, title, size, verdict : str
    sound : bool
        False where the verdict warns.
    first : bool
        False for the further stacks of a series: what is counted stands in its first line.
    files, errors, warnings, notes : int
        Files of the series, and findings in it, without those of privacy.
    png : bytes
        A small picture of the middle slice; none where it cannot be decoded or is not to be shown.
    note : str
        Why there is none.
    """

    uid: str
    modality: str
    title: str
    size: str
    verdict: str
    sound: bool
    first: bool
    files: int
    errors: int
    warnings: int
    notes: int
    png: bytes = b""
    note: str = ""


def totals_of(material: Material, findings: Findings) -> list[tuple[str, str]]:
    """Return what is counted, and how many there are."""
    tags = [one.tags for one in material.instances]
    statuses = Counter(header.status for header in material.headers)
    counted = [
        _counted(len(material.headers), "file"),
        _counted(len({one.text("PatientID") for one in tags}), "patient"),
        _counted(len({one.text("StudyInstanceUID") for one in tags}), "study", "studies"),
        _counted(len(material.series), "series", "series"),
        _counted(sum(len(series.stacks) for series in material.series), "stack"),
        _counted(sum(len(stack.slices) for series in material.series for stack in series.stacks), "slice"),
    ]
    counted += [(status.replace("_", " "), f"{count:,}") for status, count in statuses.items() if status != "dicom"]
    private = of_privacy(findings)
    levels = Counter(findings["severity"][~private])
    counted += [_counted(levels[key], name) for key, name in _SEVERITIES]
    return [*counted, ("of privacy", f"{private.sum():,}" if findings.asked(PRIVACY) else "not asked")]


def _counted(count: int, noun: str, several: str = "") -> tuple[str, str]:
    return noun if count == 1 else several or f"{noun}s", f"{count:,}"


def of_privacy(findings: Findings) -> pd.Series[bool]:
    """Return for each finding whether it is one of privacy."""
    return findings["check"].str.startswith(PRIVACY)


def lines_of(material: Material, findings: Findings, *, hide: bool, progress: bool) -> list[Line]:
    """Return a line for each stack, the largest series first; `hide` leaves away what people have written."""
    risky = set(findings["where"][findings["check"].isin(_RISKS)])
    ordinary = findings[~of_privacy(findings)]
    counts = Counter(zip(ordinary["where"], ordinary["severity"], strict=True))
    lines: list[Line] = []
    ordered = sorted(material.series, key=lambda one: (-len(one.headers), one.uid))
    pieces = [(series, stack, not place) for series in ordered for place, stack in enumerate(series.stacks or (None,))]
    for series, stack, first in bar(pieces, "Making pictures", "stack", show=progress):
        note = _why_not(series, stack, hide=hide and series.uid in risky, made=len(lines))
        png = b"" if stack is None or note else _small(stack)
        size, verdict = _words(series, stack)
        title = "" if hide else series.tags.text("SeriesDescription")[:_LONGEST]
        sound = stack is None or stack.verdict.regular or stack.verdict.code == "SINGLE_SLICE"
        modality = part(fitting("CS", series.modality, hide=hide)) or "?"
        # Taken out, for two studies may have a series of one UID, and what is counted is counted once.
        errors, warnings, notes = (counts.pop((series.uid, severity), 0) for severity, _ in _SEVERITIES)
        lines.append(
            Line(
                series.uid, modality, title, size, verdict, sound, first, len(series.headers) if first else 0,
                errors, warnings, notes, png, note if png else note or "no picture",
            )
        )  # fmt: skip
    return lines


def spreads_of(material: Material, *, hide: bool) -> list[Spread]:
    """Return how attributes are spread over the series; those that no series has are left out.

    `hide` puts "(hidden)" in place of words that do not fit their VR.
    """
    tags = [series.tags for series in material.series]
    stacks = [series.stacks[0] if series.stacks else None for series in material.series]

    def text(name: str, keyword: str, shown: Callable[[str], str] = str) -> Spread:
        vr = dictionary_VR(keyword)
        return of_words(name, [shown(fitting(vr, one.text(keyword), hide=hide)) for one in tags])

    def number(name: str, unit: str, keyword: str, place: int = 0) -> Spread:
        return of_numbers(name, unit, [_reading(one, keyword, place) for one in tags])

    found = [
        text("Modality", "Modality"),
        text("Kind of object", "SOPClassUID", lambda word: UID(word).name if word else ""),
        text("Manufacturer", "Manufacturer"),
        text("Model", "ManufacturerModelName"),
        text("Body part", "BodyPartExamined"),
        text("Sex", "PatientSex"),
        of_words("Age", [_decade(one.text("PatientAge")) for one in tags]),
        of_words("Year of study", [_year(one.text("StudyDate")) for one in tags]),
        of_words("Verdict", ["" if one is None else one.verdict.code for one in stacks]),
        of_numbers("Slices", "", [None if one is None else len(one.slices) for one in stacks]),
        of_numbers("Distance of slices", "mm", [None if one is None else one.spacing[0] for one in stacks]),
        number("Slice thickness", "mm", "SliceThickness"),
        number("Pixel spacing", "mm", "PixelSpacing"),
        of_words("Matrix", ["" if one is None else f"{one.shape[-2]} × {one.shape[-1]}" for one in stacks]),
        number("Tube voltage", "kV", "KVP"),
        text("Kernel", "ConvolutionKernel"),
        number("Field strength", "T", "MagneticFieldStrength"),
        number("Repetition time", "ms", "RepetitionTime"),
        number("Echo time", "ms", "EchoTime"),
    ]
    return [one for one in found if one.bars]


def _why_not(series: Series, stack: Stack | None, *, hide: bool, made: int) -> str:
    if stack is None:
        return series.rejected[0].reason if series.rejected else "no images"
    if hide:
        return "not shown: text may be written into the pixels"
    if any(one.rows * one.columns > MOST_PIXELS for one in stack.slices):
        return "too large for a small picture"
    return f"more than {_MOST_PICTURES} pictures" if made >= _MOST_PICTURES else ""


def _small(stack: Stack) -> bytes:
    try:
        return png_of(picture(stack), _EDGE)
    except DicomviewError:
        return b""


def _words(series: Series, stack: Stack | None) -> tuple[str, str]:
    if stack is None:
        count = len(series.headers)
        return f"{count} object{'s' * (count != 1)}", ""
    verdict = "regular" if stack.verdict.regular else stack.verdict.code
    size, _, rest = stack.summary().partition(f" · {verdict}")
    return size, verdict + rest


def _reading(tags: FrameTags, keyword: str, place: int) -> float | None:
    found = tags.numbers(keyword)
    return found[place] if len(found) > place else None


def _decade(age: str) -> str:
    years = int(age[:3]) if re.fullmatch(r"\d{3}Y", age) else 0 if re.fullmatch(r"\d{3}[MWD]", age) else None
    if years is None:
        return ""
    return "90 or more" if years >= 90 else f"{years // 10 * 10:02d} – {years // 10 * 10 + 9:02d}"


def _year(date: str) -> str:
    return date[:4] if re.fullmatch(r"\d{8}", date) else ""
