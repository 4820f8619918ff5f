"""Family G, where slices lie. What the judge of the grid says is repeated here, not redone."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dicomview.rules.check import Finding, check
from dicomview.rules.piles import PLANES, SINGLE, first_of_each_stack, judged, labels_of, noted, slices_of_all
from dicomview.space.groups import by_orientation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomview.space import Series, Slice

__all__: list[str] = []

_TILT_SLACK = 1.0  # degrees


@check(
    "G01",
    "error",
    "series",
    "series",
    rule="CT, MR or PET slices without ImagePositionPatient, ImageOrientationPatient or PixelSpacing.",
    why="Nobody can say where they lie: no order, no distances, no other planes, no volume.",
    todo="Ask for the originals; exports and anonymisers lose these elements.",
    standard="PS3.3 C.7.6.2",
    columns=True,
)
def _missing_plane(series: Series) -> Iterator[Finding]:
    for prefix, stack in judged(series, "NO_GEOMETRY"):
        if stack.slices[0].tags.get("SOPClassUID") in PLANES:
            yield Finding(prefix + stack.verdict.reason, files=stack.verdict.files)


def _bad_geometry(series: Series, words: str, path: str, expected: str) -> Iterator[Finding]:
    for prefix, stack in judged(series, "BAD_GEOMETRY"):
        if words in stack.verdict.reason:
            yield Finding(prefix + stack.verdict.reason, path, "", expected, stack.verdict.files)


@check(
    "G02",
    "error",
    "series",
    "series",
    rule="The directions of ImageOrientationPatient are not of length 1, by more than 0.001.",
    why="Distances along the picture and the normal are wrong.",
    todo="Ask for the originals; dicomview shows the slices one by one and makes no volume of them.",
    standard="PS3.3 C.7.6.2.1.1",
    columns=True,
)
def _iop_not_unit(series: Series) -> Iterator[Finding]:
    yield from _bad_geometry(series, "of length 1", "ImageOrientationPatient", "two directions of length 1")


@check(
    "G03",
    "error",
    "series",
    "series",
    rule="The two directions of ImageOrientationPatient are not perpendicular, by more than 0.001 in the cosine.",
    why="The picture would be a parallelogram, and its normal is not defined.",
    todo="Ask for the originals; dicomview shows the slices one by one and makes no volume of them.",
    standard="PS3.3 C.7.6.2.1.1",
    columns=True,
)
def _iop_not_orthogonal(series: Series) -> Iterator[Finding]:
    yield from _bad_geometry(series, "perpendicular", "ImageOrientationPatient", "perpendicular directions")


@check(
    "G04",
    "error",
    "series",
    "series",
    rule="PixelSpacing or SliceThickness is 0 or below.",
    why="Lengths, areas and volumes are 0 or negative.",
    todo="Ask for the originals; do not measure in the series.",
    standard="PS3.3 C.7.6.2",
    columns=True,
)
def _non_positive_spacing(series: Series) -> Iterator[Finding]:
    yield from _bad_geometry(series, "PixelSpacing", "PixelSpacing", "two numbers above 0")
    thin = [one for one in slices_of_all(series) if (one.tags.number("SliceThickness") or 1) < 0 or _is_zero(one)]
    if thin:
        message = "SliceThickness is 0 or below"
        yield Finding(message, "SliceThickness", "", "above 0", labels_of(thin))


def _is_zero(one: Slice) -> bool:
    return one.tags.number("SliceThickness") == 0


@check(
    "G05",
    "error",
    "series",
    "series",
    rule="Slices of several orientations in one series, localizers left out.",
    why="They are no one volume, and programs that go by the series stack them all the same.",
    todo="Work with series.stacks, which are sorted by orientation.",
    standard="PS3.3 C.7.6.2",
    columns=True,
)
def _orientation_varies(series: Series) -> Iterator[Finding]:
    firsts = first_of_each_stack(series)
    count = len(by_orientation(firsts)) if firsts else 0
    if count > 1:
        yield Finding(
            "slices of several orientations in one series", "ImageOrientationPatient", f"{count} orientations", "one",
            labels_of(slices_of_all(series)),
        )  # fmt: skip


@check(
    "G09",
    "warning",
    "series",
    "series",
    rule="The distances between slices differ, and not by whole multiples.",
    why="A volume with one spacing would be distorted.",
    todo='on_nonuniform="resample" interpolates; split() gives the regular runs.',
    standard="PS3.3 C.7.6.2 (PET allows it)",
    columns=True,
)
def _nonuniform_spacing(series: Series) -> Iterator[Finding]:
    for prefix, stack in judged(series, "NONUNIFORM_SPACING"):
        yield Finding(prefix + stack.verdict.reason, "ImagePositionPatient", files=stack.verdict.files)


@check(
    "G10",
    "info",
    "series",
    "series",
    rule="Slices lie up to 0.1 mm beside a common grid.",
    why="Rounded positions; no harm at this size.",
    todo="Nothing; the verdict has the residual in mm.",
    columns=True,
)
def _position_jitter(series: Series) -> Iterator[Finding]:
    for _, words, stack in noted(series, "JITTER"):
        message = "slices lie slightly beside a common grid"
        yield Finding(message, "ImagePositionPatient", words, "0.01 mm or less", labels_of(stack.slices))


@check(
    "G11",
    "warning",
    "series",
    "series",
    rule="The way from slice to slice is more than 0.1° off the normal of the slices.",
    why="A gantry was tilted: stacked as they are, the slices make a sheared body.",
    todo='on_shear="resample" straightens them, on_shear="affine" keeps voxels and skews the affine.',
    standard="PS3.3 C.8.2.1 (GantryDetectorTilt)",
    columns=True,
)
def _gantry_tilt(series: Series) -> Iterator[Finding]:
    for prefix, stack in judged(series, "SHEAR"):
        tilt = f"{stack.grid.tilt_degrees:.2f}°"
        yield Finding(prefix + stack.verdict.reason, "ImagePositionPatient", tilt, "0.1° or less", stack.verdict.files)


@check(
    "G12",
    "info",
    "series",
    "series",
    rule="GantryDetectorTilt differs by more than 1° from the angle that the positions make.",
    why="Programs that straighten slices by the tag shear them further.",
    todo="Nothing here: dicomview computes the angle from positions alone.",
    standard="PS3.3 C.8.2.1 (GantryDetectorTilt)",
)
def _tilt_tag_disagrees(series: Series) -> Iterator[Finding]:
    for stack in series.stacks:
        said = stack.slices[0].tags.number("GantryDetectorTilt")
        if said is None or len(stack.slices) < 2 or stack.slices[0].place is None or stack.localizer:
            continue
        found = stack.grid.tilt_degrees
        if abs(abs(said) - found) > _TILT_SLACK:
            yield Finding(
                "GantryDetectorTilt is not the angle of the positions", "GantryDetectorTilt", f"{said:g}°",
                f"{found:.1f}°", labels_of(stack.slices),
            )  # fmt: skip


@check(
    "G13",
    "error",
    "series",
    "series",
    rule="PixelSpacing differs between the slices of a series, localizers left out.",
    why="The same number of pixels is another length from slice to slice.",
    todo="Work with series.stacks, which have one spacing each.",
    standard="PS3.3 C.7.6.2",
    columns=True,
)
def _pixel_spacing_varies(series: Series) -> Iterator[Finding]:
    firsts = [one for one in first_of_each_stack(series) if one.spacing]
    sizes = {tuple(round(mm, 4) for mm in one.spacing or ()) for one in firsts}
    if len(by_orientation(firsts)) == 1 and len(sizes) > 1:
        yield Finding(
            "slices of several pixel sizes in one series", "PixelSpacing", f"{len(sizes)} sizes", "one",
            labels_of(slices_of_all(series)),
        )  # fmt: skip


@check(
    "G14",
    "error",
    "series",
    "series",
    rule="Rows or Columns differ between the slices of a series, localizers left out.",
    why="They are no one array.",
    todo="Work with series.stacks, which have one size each.",
    standard="PS3.3 C.7.6.3",
    columns=True,
)
def _size_varies(series: Series) -> Iterator[Finding]:
    sizes = Counter((one.rows, one.columns) for one in first_of_each_stack(series))
    if len(sizes) > 1:
        shown = ", ".join(f"{rows} × {columns}" for rows, columns in sorted(sizes))
        message = "slices of several sizes in one series"
        yield Finding(message, "Rows", shown, "one size", labels_of(slices_of_all(series)))


@check(
    "G15",
    "info",
    "series",
    "series",
    rule="The slices are further apart than they are thick, overlap by half, or contradict SpacingBetweenSlices.",
    why="In a gap nothing was seen; and programs that take SliceThickness for a distance are wrong.",
    todo="Nothing here: dicomview takes distances from positions alone.",
    standard="PS3.3 C.7.6.2",
    columns=True,
)
def _spacing_vs_thickness(series: Series) -> Iterator[Finding]:
    for code, words, stack in noted(series, "GAP", "OVERLAP"):
        message = "gaps between the slices" if code == "GAP" else "slices overlap"
        yield Finding(message, "SliceThickness", words, "", labels_of(stack.slices))


@check(
    "G22",
    "warning",
    "series",
    "series",
    rule="PatientPosition is absent from CT, MR or PET images.",
    why="Whether the patient lay on the back or the belly is unknown; treatment planning and some converters need it.",
    todo="Ask for it; the letters at the edge of the picture come from the orientation and hold without it.",
    standard="PS3.3 C.7.3.1.1.2",
    columns=True,
)
def _patient_position_missing(series: Series) -> Iterator[Finding]:
    without = [
        one
        for one in slices_of_all(series)
        if one.tags.get("SOPClassUID") in SINGLE
        and not one.tags.text("PatientPosition")
        and "PatientOrientationCodeSequence" not in one.header
    ]
    if without:
        yield Finding("PatientPosition is missing", "PatientPosition", "", "for example HFS", labels_of(without))


@check(
    "G23",
    "info",
    "series",
    "series",
    rule="The images are of an animal: AnatomicalOrientationType is QUADRUPED.",
    why="Left, right, head and front have other letters, and programs for people show wrong ones.",
    todo="Nothing here: dicomview has the letters of animals.",
    standard="PS3.3 C.7.6.1.1.1",
)
def _non_human_orientation(series: Series) -> Iterator[Finding]:
    animals = [one for one in slices_of_all(series) if one.tags.text("AnatomicalOrientationType") == "QUADRUPED"]
    if animals:
        yield Finding("images of an animal", "AnatomicalOrientationType", "QUADRUPED", "", labels_of(animals))


@check(
    "G25",
    "error",
    "series",
    "series",
    rule="A mosaic of many slices without the private header that says how to take it apart.",
    why="It looks like one large slice, and every measure in it is wrong.",
    todo="Ask for files that kept group 0029; de-identification often removes it.",
    columns=True,
)
def _mosaic_without_csa(series: Series) -> Iterator[Finding]:
    for prefix, stack in judged(series, "MOSAIC_WITHOUT_CSA"):
        yield Finding(prefix + stack.verdict.reason, "ImageType", "MOSAIC", "", stack.verdict.files)
