"""Family N: what is no ordinary image, and may hold what nobody expects in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydicom import uid

from dicomview.rules.check import Finding, check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomview.rules.material import Instance

__all__: list[str] = []

_SECONDARY = frozenset(
    {uid.SecondaryCaptureImageStorage, uid.MultiFrameSingleBitSecondaryCaptureImageStorage,
     uid.MultiFrameGrayscaleByteSecondaryCaptureImageStorage, uid.MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
     uid.MultiFrameTrueColorSecondaryCaptureImageStorage}
)  # fmt: skip
_DOCUMENTS = frozenset(
    {uid.EncapsulatedPDFStorage, uid.EncapsulatedCDAStorage, uid.EncapsulatedSTLStorage, uid.EncapsulatedOBJStorage,
     uid.EncapsulatedMTLStorage}
)  # fmt: skip


def _class_of(one: Instance) -> uid.UID:
    return uid.UID(one.tags.text("SOPClassUID"))


@check(
    "N01",
    "info",
    "file",
    "instance",
    rule="An instance without pixels: a report, presentation state, plan, document, waveform.",
    why="It is no slice; what it says about the images is not in them.",
    todo="Read it with dv.tags.",
    standard="PS3.4 B.5",
    columns=True,
)
def _non_image_present(one: Instance) -> Iterator[Finding]:
    if not one.image and not one.broken and one.tags.text("SOPClassUID"):
        name = _class_of(one).name
        yield Finding("no image", "SOPClassUID", "a class of its own" if name == _class_of(one) else name)


@check(
    "N02",
    "warning",
    "file",
    "instance",
    rule="Raw data, or a SOP class that is not of the standard.",
    why="Opaque: nobody can say what it holds, names included.",
    todo="Leave it out before sharing.",
    standard="PS3.3 A.37, PS3.4 B.5",
    columns=True,
)
def _raw_data_storage(one: Instance) -> Iterator[Finding]:
    sop_class = _class_of(one)
    if sop_class == uid.RawDataStorage:
        yield Finding("raw data", "SOPClassUID")
    elif sop_class and not sop_class.startswith("1.2.840.10008."):
        yield Finding("a SOP class of its maker's own", "SOPClassUID", sop_class[:64])


@check(
    "N03",
    "warning",
    "file",
    "instance",
    rule="A PDF, CDA document or model inside a DICOM file.",
    why="Its text is not in the tags: no de-identification of tags reaches it.",
    todo="Leave it out before sharing, or read it.",
    standard="PS3.3 A.45, C.24",
)
def _encapsulated_document(one: Instance) -> Iterator[Finding]:
    if _class_of(one) in _DOCUMENTS or "EncapsulatedDocument" in one.dataset:
        yield Finding("a document inside the file", "EncapsulatedDocument")


@check(
    "N04",
    "warning",
    "file",
    "instance",
    rule="Secondary capture: a picture that was scanned, photographed or taken from a screen.",
    why="Text may be burnt into the pixels, and grey levels are not values.",
    todo="Look at it before sharing; do not measure in it.",
    standard="PS3.3 A.8, C.8.6.1",
    columns=True,
)
def _secondary_capture(one: Instance) -> Iterator[Finding]:
    if _class_of(one) in _SECONDARY:
        yield Finding("a secondary capture", "SOPClassUID", _class_of(one).name)


@check(
    "N05",
    "warning",
    "file",
    "instance",
    rule="A dose report or a saved screen among the images.",
    why="It shows names, numbers and dates as pixels.",
    todo="Leave it out before sharing.",
    standard="PS3.15 E.3.1",
    columns=True,
)
def _dose_report_screen(one: Instance) -> Iterator[Finding]:
    if not one.image:
        return
    kinds = {kind.upper() for kind in one.tags.texts("ImageType")}
    described = one.tags.text("SeriesDescription").upper()
    if "SCREEN SAVE" in kinds or "SCREEN SAVE" in described:
        yield Finding("a saved screen", "ImageType")
    elif "DOSE_INFO" in kinds or "DOSE REPORT" in described:
        yield Finding("a dose report as a picture", "ImageType")
