"""Family P: what the header says of the pixels and of the values they stand for. Nothing is decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydicom import uid

from dicomview.pixels import FrameTags
from dicomview.rules.check import Finding, check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomview.rules.element import Element
    from dicomview.rules.material import Instance
    from dicomview.space import Series

__all__: list[str] = []

_ONE_SAMPLE = frozenset({"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"})
_THREE_SAMPLES = frozenset(
    {"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT", "XYB", "HSV"}
)
_FOUR_SAMPLES = frozenset({"ARGB", "CMYK"})  # retired
# Transfer syntaxes that cannot be anything but lossy; others may be either.
_LOSSY = frozenset(
    {uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit, uid.MPEG2MPML, uid.MPEG2MPHL, uid.MPEG4HP41, uid.HEVCMP51}
)
_CT = frozenset({uid.CTImageStorage})


@check(
    "P01",
    "error",
    "file",
    "instance",
    rule="BitsStored is above BitsAllocated, or HighBit is not BitsStored − 1.",
    why="Readers disagree about which bits are the value, so the same file gives other numbers elsewhere.",
    todo="Ask the sender for the file again; dicomview keeps the BitsStored bits that end at HighBit.",
    standard="PS3.3 C.7.6.3.1, PS3.5 8.1.1",
)
def _bits_inconsistent(one: Instance) -> Iterator[Finding]:
    allocated, stored, high = (one.tags.integer(keyword, -1) for keyword in ("BitsAllocated", "BitsStored", "HighBit"))
    if one.header.pixels is None or one.header.pixels.keyword != "PixelData" or stored < 0:
        return
    if stored > allocated or not stored:
        yield Finding(
            "BitsStored does not fit into BitsAllocated", "BitsStored", str(stored), f"1 to BitsAllocated = {allocated}"
        )
    elif high >= 0 and high != stored - 1:
        yield Finding("HighBit is not BitsStored − 1", "HighBit", str(high), str(stored - 1))


@check(
    "P05",
    "error",
    "file",
    "instance",
    rule="PhotometricInterpretation is missing, unknown, or does not go with SamplesPerPixel.",
    why="Nobody can say whether the numbers are greys, indices of a palette or colours.",
    todo="Correct the element with the sender; one sample is grey or palette, three are a colour.",
    standard="PS3.3 C.7.6.3.1.2",
    columns=True,
)
def _photometric_invalid(one: Instance) -> Iterator[Finding]:
    if not one.image:
        return
    kind, samples = one.tags.text("PhotometricInterpretation"), one.tags.integer("SamplesPerPixel", 1)
    if not kind:
        yield Finding(
            "PhotometricInterpretation is missing", "PhotometricInterpretation", "", "for example MONOCHROME2"
        )
        return
    needed = 1 if kind in _ONE_SAMPLE else 3 if kind in _THREE_SAMPLES else 4 if kind in _FOUR_SAMPLES else None
    if needed is None:
        yield Finding("PhotometricInterpretation is none of the standard's", "PhotometricInterpretation", kind[:16])
    elif samples != needed:
        message = "PhotometricInterpretation and SamplesPerPixel contradict each other"
        yield Finding(message, "SamplesPerPixel", str(samples), f"{needed} for {kind}")
    elif kind == "PALETTE COLOR" and "RedPaletteColorLookupTableDescriptor" not in one.dataset:
        yield Finding("there is no palette for PALETTE COLOR", "RedPaletteColorLookupTableDescriptor", "", "a palette")


@check(
    "P06",
    "warning",
    "file",
    "instance",
    rule="Pixels compressed with loss while LossyImageCompression is not 01, or it is 01 without ratio or method.",
    why="A reader takes the picture for the original, and small structures in it for real.",
    todo="Keep track of which files were compressed; have the three elements set by whoever compressed them.",
    standard="PS3.3 C.7.6.1.1.5",
)
def _lossy_without_flag(one: Instance) -> Iterator[Finding]:
    if not one.image:
        return
    flag, syntax = one.tags.text("LossyImageCompression"), one.syntax
    if syntax in _LOSSY and flag != "01":
        yield Finding("the transfer syntax is lossy and the flag does not say so", "LossyImageCompression", flag, "01")
    elif flag == "01":
        for keyword in ("LossyImageCompressionRatio", "LossyImageCompressionMethod"):
            if one.tags.get(keyword) is None:
                yield Finding(f"lossy compression is declared without {keyword}", keyword, "", "a value")


@check(
    "P07",
    "error",
    "file",
    "instance",
    rule="A CT image has no RescaleSlope and RescaleIntercept, or a slope is 0.",
    why="Stored values are not Hounsfield units; a slope of 0 makes every voxel the same.",
    todo="Do not measure in these files; ask the sender for the originals. dicomview takes a slope of 1.",
    standard="PS3.3 C.8.2.1, C.11.1",
    columns=True,
)
def _rescale_missing_or_zero(one: Instance) -> Iterator[Finding]:
    if not one.image:
        return
    slope = one.tags.number("RescaleSlope")
    if slope == 0:
        yield Finding("RescaleSlope is 0", "RescaleSlope", "0", "any other number")
    if one.tags.get("SOPClassUID") in _CT and "ModalityLUTSequence" not in one.dataset:
        # What is there and malformed is V14's to tell.
        for keyword in ("RescaleSlope", "RescaleIntercept"):
            if one.tags.get(keyword) is None and keyword not in one.dataset:
                yield Finding(f"a CT image has no {keyword}", keyword, "", "a number")


@check(
    "P08",
    "info",
    "series",
    "series",
    rule="RescaleSlope or RescaleIntercept differ between the slices of one stack.",
    why="Stored values cannot be compared from slice to slice; whoever stacks them without rescaling gets steps.",
    todo="Nothing here: dicomview rescales every slice by its own numbers. Convert to floats elsewhere, too.",
    standard="PS3.3 C.11.1",
    columns=True,
)
def _rescale_varies(series: Series) -> Iterator[Finding]:
    for stack in series.stacks:
        lines = {(one.rescale.slope, one.rescale.intercept) for one in stack.slices}
        if len(lines) > 1:
            message = "slices of one stack have rescales of their own"
            files = tuple(one.label for one in stack.slices)
            keyword = "RescaleSlope" if len({slope for slope, _ in lines}) > 1 else "RescaleIntercept"
            yield Finding(message, keyword, f"{len(lines)} different lines", "one", files)


@check(
    "P10",
    "warning",
    "file",
    "element",
    rule="WindowWidth is below 1 for LINEAR, or not above 0 for SIGMOID and LINEAR_EXACT.",
    why="The formula divides by the width − 1: programs show nothing, noise or a threshold, or stop.",
    todo='Choose a window yourself, for example window="auto"; dicomview shows a threshold, or leaves it out at 0.',
    standard="PS3.3 C.11.2.1.2",
    vrs=("DS",),
)
def _window_invalid(one: Element) -> Iterator[Finding]:
    if one.keyword != "WindowWidth":
        return
    exact = FrameTags(one.item).text("VOILUTFunction", "LINEAR").upper() in ("SIGMOID", "LINEAR_EXACT")
    for text, width in zip(one.texts, FrameTags(one.item).readings("WindowWidth"), strict=False):
        if width is not None and (width <= 0 if exact else width < 1):
            yield Finding("WindowWidth is too small", one.path, one.shown(text), "above 0" if exact else "1 or more")


@check(
    "P11",
    "info",
    "file",
    "instance",
    rule="Overlay planes or graphic annotations.",
    why="They are drawn over the picture, may carry text, and are no part of the pixel values.",
    todo="Look at them before sharing; dicomview shows overlays as a layer.",
    standard="PS3.3 C.9.2, C.10.5; PS3.15 E.3.3",
)
def _overlay_or_graphics(one: Instance) -> Iterator[Finding]:
    if any(0x6000 <= tag.group <= 0x601E and tag.element == 0x0010 for tag in one.dataset.keys()):  # noqa: SIM118
        yield Finding("overlay planes", "OverlayRows")
    if one.tags.get("GraphicAnnotationSequence"):
        yield Finding("graphic annotations", "GraphicAnnotationSequence")
