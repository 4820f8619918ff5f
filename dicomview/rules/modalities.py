"""Family M: what an image of one modality needs to be used as such."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from pydicom import uid

from dicomview.errors import NotSuv
from dicomview.pixels import FrameTags, frame_count
from dicomview.rules.check import Finding, check, undecided
from dicomview.rules.piles import labels_of
from dicomview.space import suv_scale
from dicomview.space.private import private_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomview.rules.material import Instance, Material
    from dicomview.space import Series

__all__: list[str] = []

_CORRECTIONS = ("ATTN", "DECY")
_VECTORS = (
    "EnergyWindowVector", "DetectorVector", "PhaseVector", "RotationVector", "RRIntervalVector", "TimeSlotVector",
    "AngularViewVector", "TimeSliceVector", "SliceVector",
)  # fmt: skip
_PROTOCOL = ("RepetitionTime", "EchoTime", "InversionTime", "FlipAngle", "Rows", "Columns", "MagneticFieldStrength")
_US = frozenset({uid.UltrasoundImageStorage, uid.UltrasoundMultiFrameImageStorage})
_MG = frozenset(
    {uid.DigitalMammographyXRayImageStorageForPresentation, uid.DigitalMammographyXRayImageStorageForProcessing}
)
_SAME = 0.01  # mm, between steps of a dose grid


@check(
    "M01",
    "warning",
    "series",
    "series",
    rule="SUV cannot be computed from a PET series: dose, weight, half-life or times are missing or contradict.",
    why="The values cannot be compared between patients.",
    todo="Ask for the injected dose, its time and the weight; dicomview shows Bq/ml.",
    standard="PS3.3 C.8.9.1, C.8.9.2",
    columns=True,
)
def _pet_suv_not_computable(series: Series) -> Iterator[Finding]:
    for stack in series.stacks:
        if series.modality == "PT":
            try:
                suv_scale(stack.slices)
            except NotSuv as error:
                yield Finding("SUV cannot be computed", "Units", str(error)[:200], files=labels_of(stack.slices))


@check(
    "M02",
    "warning",
    "series",
    "series",
    rule="CorrectedImage of a PET series does not list ATTN (attenuation) or DECY (decay).",
    why="Without these corrections the values are no activity: the middle of the body looks cold.",
    todo="Use the corrected series; the uncorrected one is for finding artefacts.",
    standard="PS3.3 C.8.9.1",
    columns=True,
)
def _pet_not_corrected(series: Series) -> Iterator[Finding]:
    if series.modality != "PT" or not series.stacks:
        return
    first = series.stacks[0].slices[0]
    corrected = first.tags.texts("CorrectedImage")
    if not corrected:
        yield undecided("CorrectedImage is missing", "CorrectedImage")
        return
    for word in _CORRECTIONS:
        if word not in corrected:
            message = "a PET series without a correction that activity needs"
            yield Finding(message, "CorrectedImage", f"no {word}", word, labels_of(series.stacks[0].slices))


@check(
    "M03",
    "error",
    "series",
    "series",
    rule="The dose of a PET series is dated after the scan, or more than 6 half-lives before it.",
    why="A date or a clock is wrong, and SUV with it by the same power of two.",
    todo="Ask for the time of injection; compare the clocks.",
    standard="PS3.3 C.8.9.2",
    columns=True,
)
def _pet_time_order(series: Series) -> Iterator[Finding]:
    for stack in series.stacks if series.modality == "PT" else ():
        try:
            notes = suv_scale(stack.slices).notes
        except NotSuv as error:
            notes = ("INJECTED_LONG_AGO " + str(error),) if "half-lives after" in str(error) else ()
        for note in notes:
            code, _, words = note.partition(" ")
            if code in ("INJECTED_LATER", "INJECTED_LONG_AGO"):
                message = "the injection is after the scan" if code == "INJECTED_LATER" else "the injection is long ago"
                keyword = "RadiopharmaceuticalStartDateTime"
                yield Finding(message, keyword, words[:120], "up to 6 half-lives before", labels_of(stack.slices))


@check(
    "M05",
    "warning",
    "dataset",
    "source",
    rule="MR series of one name, of several patients, differ in TR, TE, TI, flip angle, matrix or field strength.",
    why="The protocol has drifted: contrasts differ between subjects.",
    todo="Group by the attribute named, or leave the others out.",
    standard="PS3.3 C.8.3.1",
)
def _mr_protocol_drift(material: Material) -> Iterator[Finding]:
    groups: dict[tuple[str, ...], list[tuple[FrameTags, str]]] = defaultdict(list)
    for series in material.series:
        if series.modality == "MR" and series.stacks:
            one = series.stacks[0].slices[0]
            name = one.tags.text("ProtocolName") or one.tags.text("SeriesDescription")
            if name:
                groups[name, one.tags.text("ManufacturerModelName")].append((one.tags, one.label))
    for members in groups.values():
        if len({tags.text("PatientID") for tags, _ in members}) < 2:
            continue
        where = members[0][0].text("SeriesInstanceUID")
        for keyword in _PROTOCOL:
            values = {tags.number(keyword) for tags, _ in members} - {None}
            if len(values) > 1:
                message = f"{keyword} differs between patients of one protocol"
                files = tuple(label for _, label in members)
                yield Finding(message, keyword, f"{len(values)} values", "one", files, where)


@check(
    "M06",
    "warning",
    "file",
    "instance",
    rule="A Philips MR image has a public rescale and another, private scale slope.",
    why="Display values and the scanner's floating point values differ by a factor that changes from series to series.",
    todo="Decide for one: rescaled value / (slope × scale slope) is comparable between series, display values are not.",
)
def _mr_philips_scaling(one: Instance) -> Iterator[Finding]:
    if not any(tag.group == 0x2005 for tag in one.dataset.keys()):  # noqa: SIM118  a Dataset gives elements
        return
    private = private_number(one.dataset, "Philips MR Imaging DD 001", 0x2005, 0x0E)
    public = one.tags.number("RescaleSlope")
    if private is not None and public is not None and private * public != 1:
        yield Finding("two scales, a public and a private one", "RescaleSlope", f"{public:g} and {private:g}")


@check(
    "M07",
    "info",
    "file",
    "instance",
    rule="An ultrasound image without SequenceOfUltrasoundRegions.",
    why="Nothing says how large a pixel is: no lengths can be measured.",
    todo="Use the scale that is drawn into the picture, if there is one.",
    standard="PS3.3 C.8.5.5",
    columns=True,
)
def _us_regions_missing(one: Instance) -> Iterator[Finding]:
    if one.tags.get("SOPClassUID") in _US and one.image and not one.tags.get("SequenceOfUltrasoundRegions"):
        yield Finding("an ultrasound image without a calibration", "SequenceOfUltrasoundRegions", "", "a region")


@check(
    "M08",
    "warning",
    "file",
    "instance",
    rule="An index vector of a nuclear medicine object has not one entry for each frame.",
    why="Which detector, phase or slice a frame belongs to is unknown.",
    todo="Ask for the original; dicomview leaves such a vector out.",
    standard="PS3.3 C.8.4.8",
    columns=True,
)
def _nm_vectors(one: Instance) -> Iterator[Finding]:
    if one.tags.get("SOPClassUID") != uid.NuclearMedicineImageStorage:
        return
    frames = frame_count(one.tags)
    for keyword in _VECTORS:
        found = one.tags.numbers(keyword)
        if found and len(found) != frames:
            yield Finding(f"{keyword} has not one entry for each frame", keyword, str(len(found)), str(frames))


@check(
    "M09",
    "warning",
    "file",
    "instance",
    rule="GridFrameOffsetVector of an RT dose has not one entry for each frame, goes back, or has steps that differ.",
    why="Planes of dose lie elsewhere than a program with one spacing puts them.",
    todo="Ask the planning system for the dose again; dicomview takes the planes where the vector puts them.",
    standard="PS3.3 C.8.8.3.2",
    columns=True,
)
def _rtdose_grid(one: Instance) -> Iterator[Finding]:
    if one.tags.get("SOPClassUID") != uid.RTDoseStorage or frame_count(one.tags) < 2:
        return
    offsets, frames = one.tags.numbers("GridFrameOffsetVector"), frame_count(one.tags)
    keyword = "GridFrameOffsetVector"
    if len(offsets) != frames:
        yield Finding("the dose has not one offset for each frame", keyword, str(len(offsets)), str(frames))
        return
    steps = [after - before for before, after in pairwise(offsets)]
    if min(steps) <= 0 <= max(steps):
        yield Finding("the planes of dose go to and fro", keyword, "", "one direction")
    elif max(steps) - min(steps) > _SAME:
        value = f"{min(map(abs, steps)):g} to {max(map(abs, steps)):g} mm"
        yield Finding("the planes of dose have several distances", keyword, value, "one distance")


@check(
    "M10",
    "warning",
    "file",
    "source",
    rule="A plan, dose or structure set refers to a structure set, plan or series of images that is not here.",
    why="Doses and contours cannot be laid over what they were made for.",
    todo="Fetch the objects referred to.",
    standard="PS3.3 C.8.8",
    columns=True,
)
def _rt_links(material: Material) -> Iterator[Finding]:
    members = list(material.instances)
    there = {one.tags.text("SOPInstanceUID") for one in members}
    series = {one.tags.text("SeriesInstanceUID") for one in members}
    for one in members:
        own, links = one.tags.text("SeriesInstanceUID"), []
        if one.tags.text("Modality") == "RTDOSE":
            links = ["ReferencedRTPlanSequence"]
        elif one.tags.text("Modality") == "RTPLAN":
            links = ["ReferencedStructureSetSequence"]
        for keyword in links:
            for item in one.tags.get(keyword) or ():
                if FrameTags(item).text("ReferencedSOPInstanceUID") not in there:
                    yield Finding("refers to an object that is not here", keyword, files=(one.label,), where=own)
        if one.tags.get("SOPClassUID") == uid.RTStructureSetStorage:
            named = {FrameTags(item).text("SeriesInstanceUID") for item in one.items if item is not one.dataset} - {""}
            if named and not named & series:
                keyword = "RTReferencedSeriesSequence"
                yield Finding("its images are not here", keyword, files=(one.label,), where=own)


@check(
    "M11",
    "warning",
    "file",
    "source",
    rule="A segmentation has another frame of reference than the series it was made on.",
    why="It cannot be laid over the images.",
    todo="Fetch the series it was made on, or ask who made it.",
    standard="PS3.3 C.8.20.2",
    columns=True,
)
def _seg_geometry(material: Material) -> Iterator[Finding]:
    members = list(material.instances)
    frames = {one.tags.text("SeriesInstanceUID"): one.tags.text("FrameOfReferenceUID") for one in members}
    for one in members:
        if one.tags.text("Modality") != "SEG":
            continue
        for item in one.tags.get("ReferencedSeriesSequence") or ():
            series = FrameTags(item).text("SeriesInstanceUID")
            own = one.tags.text("FrameOfReferenceUID")
            if frames.get(series) and own and frames[series] != own:
                message = "the segmentation and its images have different frames of reference"
                where = one.tags.text("SeriesInstanceUID")
                yield Finding(message, "FrameOfReferenceUID", "2 values", "one", (one.label,), where)


@check(
    "M12",
    "warning",
    "file",
    "instance",
    rule="A mammogram without ImageLaterality, or without ViewPosition and ViewCodeSequence.",
    why="Left and right, and the two projections, cannot be told apart.",
    todo="Ask for them; do not read them from the picture's letters without noting so.",
    standard="PS3.3 C.8.11.3, C.8.11.7",
    columns=True,
)
def _mg_laterality(one: Instance) -> Iterator[Finding]:
    if one.tags.get("SOPClassUID") not in _MG:
        return
    if not one.tags.text("ImageLaterality"):
        yield Finding("ImageLaterality is missing", "ImageLaterality", "", "L, R or B")
    if not one.tags.text("ViewPosition") and not one.tags.get("ViewCodeSequence"):
        yield Finding("the view is missing", "ViewCodeSequence", "", "a view")
