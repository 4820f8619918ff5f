"""Family G, whether all slices are there and nothing else among them: again in the words of the judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomview.rules.check import Finding, check
from dicomview.rules.piles import PLANES, SINGLE, judged, labels_of, noted, slices_of_all

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomview.space import Series

__all__: list[str] = []

_CROSS_SECTIONS = frozenset({"CT", "MR", "PT"})
_FEW = 4
# Extra axes that are other reconstructions of one scan rather than a dimension that was planned.
_RECONSTRUCTIONS = frozenset({"kvp", "kernel", "thickness", "contrast", "image_type"})


@check(
    "G06",
    "warning",
    "series",
    "series",
    rule="A localizer (scout, topogram) among the slices of a series.",
    why="It lies across the others and is stacked among them by programs that go by the series.",
    todo="Nothing here: dicomview puts localizers into stacks of their own.",
    standard="PS3.3 C.7.6.1.1.2",
    columns=True,
)
def _localizer_in_series(series: Series) -> Iterator[Finding]:
    scouts = [stack for stack in series.stacks if stack.localizer]
    if scouts and len(scouts) < len(series.stacks):
        files = tuple(label for stack in scouts for label in labels_of(stack.slices))
        yield Finding("a localizer among the slices", "ImageType", "LOCALIZER", "a series of its own", files)


@check(
    "G07",
    "error",
    "series",
    "series",
    rule="Several different images at one position, and no attribute tells them apart.",
    why="A volume has one value at a place; which of the images that is would be a guess.",
    todo='Find out what they are; on_duplicate="first" takes the lowest InstanceNumber.',
    columns=True,
)
def _duplicate_position(series: Series) -> Iterator[Finding]:
    for prefix, stack in judged(series, "AMBIGUOUS_POSITIONS"):
        if not any(note.startswith("INCOMPLETE_AXIS") for note in stack.verdict.notes):
            yield Finding(prefix + stack.verdict.reason, "ImagePositionPatient", files=stack.verdict.files)


@check(
    "G08",
    "error",
    "series",
    "series",
    rule="A distance between slices is a whole multiple of all the others.",
    why="Slices are missing: volumes, lengths along the stack and everything counted in slices are wrong.",
    todo='Fetch the series again; on_missing="nan" leaves the places empty, split() gives the whole runs.',
    columns=True,
)
def _missing_slices(series: Series) -> Iterator[Finding]:
    for prefix, stack in judged(series, "MISSING_SLICES"):
        yield Finding(prefix + stack.verdict.reason, "ImagePositionPatient", files=stack.verdict.files)


@check(
    "G16",
    "info",
    "series",
    "series",
    rule="SliceLocation puts the slices in another order than their positions.",
    why="Programs that sort by it show them out of order.",
    todo="Nothing here: dicomview sorts by positions.",
    standard="PS3.3 C.7.6.2.1.2",
    columns=True,
)
def _slice_location_disagrees(series: Series) -> Iterator[Finding]:
    for stack in series.stacks:
        said = [one.tags.number("SliceLocation") for one in stack.slices]
        known = [mm for mm in said if mm is not None]
        if stack.slices[0].place is None or len(known) < len(said) or len(set(known)) < 3 or len(stack.dims) > 3:
            continue
        if known not in (sorted(known), sorted(known, reverse=True)):
            message = "SliceLocation has another order than the positions"
            yield Finding(message, "SliceLocation", "", "one order", labels_of(stack.slices))


@check(
    "G17",
    "info",
    "series",
    "series",
    rule="InstanceNumbers are missing, occur twice, or have gaps.",
    why="A hint that files are missing, or that two series were mixed; the order is not taken from them.",
    todo="Compare with the sender's count of images.",
    standard="PS3.3 C.7.6.1",
    columns=True,
)
def _instance_number_gap(series: Series) -> Iterator[Finding]:
    files = {id(one.source): one for one in slices_of_all(series)}
    numbers = [one.tags.number("InstanceNumber") for one in files.values()]
    known = [number for number in numbers if number is not None]
    labels = labels_of(files.values())
    if len(known) < len(numbers):
        message = "instances without an InstanceNumber"
        yield Finding(message, "InstanceNumber", f"{len(numbers) - len(known)} of {len(numbers)}", "none", labels)
    if len(set(known)) < len(known):
        message = "one InstanceNumber for several instances"
        yield Finding(
            message, "InstanceNumber", f"{len(known) - len(set(known))} too many", "numbers that differ", labels
        )
    elif known and max(known) - min(known) + 1 > len(known):
        span = int(max(known) - min(known) + 1)
        yield Finding("gaps in the InstanceNumbers", "InstanceNumber", f"{len(known)} of {span}", "all", labels)


@check(
    "G18",
    "warning",
    "series",
    "series",
    rule=f"A CT, MR or PET series whose main stack has fewer than {_FEW} slices.",
    why="Too few for another plane or for a volume; often the rest was not sent.",
    todo="Ask whether the series is complete; localizers and key images are meant to be so.",
    columns=True,
)
def _too_few_slices(series: Series) -> Iterator[Finding]:
    if not series.stacks or series.modality not in _CROSS_SECTIONS or series.stacks[0].localizer:
        return
    count = series.stacks[0].shape[-3]
    if count < _FEW and series.stacks[0].slices[0].tags.get("SOPClassUID") in PLANES:
        yield Finding(
            f"fewer than {_FEW} slices", "", str(count), f"{_FEW} or more", labels_of(series.stacks[0].slices)
        )


@check(
    "G19",
    "warning",
    "series",
    "series",
    rule="Two reconstructions of a scan, or several kVp, kernels or thicknesses, in one series.",
    why="Stacked together they alternate between sharp and soft, thick and thin.",
    todo="Work with series.stacks, or with the extra axis of the stack.",
    standard="PS3.3 C.8.2.1, C.8.3.1",
    columns=True,
)
def _mixed_acquisitions(series: Series) -> Iterator[Finding]:
    for _, words, _stack in noted(series, "MIXED_ACQUISITIONS"):
        yield Finding("several acquisitions in one series", "", words, "one", labels_of(slices_of_all(series)))
    for stack in series.stacks:
        for name in stack.dims[:-3]:
            if name in _RECONSTRUCTIONS:
                count = f"{len(stack.coords[name])} along {name}"
                yield Finding("several acquisitions in one series", "", count, "one", labels_of(stack.slices))


@check(
    "G20",
    "error",
    "series",
    "series",
    rule="Time points, echoes or b-values have not the same positions.",
    why="Images are missing: curves over time are wrong where they are, and no array can be made.",
    todo="Fetch the series again.",
    standard="PS3.3 C.7.6.17",
    columns=True,
)
def _incomplete_4d(series: Series) -> Iterator[Finding]:
    for _, words, stack in noted(series, "INCOMPLETE_AXIS"):
        yield Finding("an axis without all its images", "", words, "none missing", labels_of(stack.slices))


@check(
    "G21",
    "info",
    "series",
    "series",
    rule="ImagesInAcquisition or NumberOfSlices announces more images than there are.",
    why="A hint that files are missing at an end, where positions cannot show it.",
    todo="Compare with the sender's count of images.",
    standard="PS3.3 C.7.6.1, C.8.9.1",
)
def _expected_count_missing(series: Series) -> Iterator[Finding]:
    found = slices_of_all(series)
    for keyword in ("ImagesInAcquisition", "NumberOfSlices"):
        said = {one.tags.number(keyword) for one in found if one.tags.get("SOPClassUID") in SINGLE}
        announced = said.pop() if len(said) == 1 else None
        if announced is not None and announced > len(found):
            message = "fewer images than announced"
            yield Finding(message, keyword, str(len(found)), f"{announced:g}", labels_of(found))
