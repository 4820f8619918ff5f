"""Family A, what the files say of their own privacy, and where a patient may show without a name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydicom import uid

from dicomview.pixels import FrameTags
from dicomview.rules.check import Finding, check, undecided
from dicomview.rules.identity import removed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomview.rules.material import Instance

__all__: list[str] = []

_SCREENS = ("1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.6", "1.2.840.10008.5.1.4.1.1.3.1",
            "1.2.840.10008.5.1.4.1.1.77.1", "1.2.840.10008.5.1.4.1.1.1", "1.2.840.10008.5.1.4.1.1.12")  # fmt: skip
"""Secondary capture, ultrasound, visible light, projections: people or devices write into these pictures."""
_CLEANED = "113101"  # Clean Pixel Data Option (PS3.16 CID 7050)
_DATES_KEPT, _DATES_MODIFIED = "113106", "113107"
_HEAD = re.compile(r"HEAD|BRAIN|SKULL|FACE|NECK|ORBIT|SINUS|JAW|EAR\b|EYE|MAXILLA|MANDIBLE|WHOLEBODY")
_FINE = 2.0  # mm
_OLD = 89  # years, as HIPAA has it
_LEAKS = {
    "SourceApplicationEntityTitle": "warning",
    "SendingApplicationEntityTitle": "warning",
    "ReceivingApplicationEntityTitle": "warning",
    "SourcePresentationAddress": "warning",
    "PrivateInformation": "warning",
    "ImplementationVersionName": "info",
}


def _codes(one: Instance) -> set[str]:
    return {FrameTags(item).text("CodeValue") for item in one.tags.get("DeidentificationMethodCodeSequence") or ()}


@check(
    "A08",
    "error",
    "file",
    "instance",
    rule="BurnedInAnnotation is YES.",
    why="Who the patient is stands in the pixels.",
    todo="Black it out, or leave the image out. (NO proves nothing, and is no finding.)",
    standard="PS3.3 C.7.6.1, PS3.15 E.3.1",
)
def _burned_in_flag(one: Instance) -> Iterator[Finding]:
    if one.tags.text("BurnedInAnnotation").upper() == "YES":
        yield Finding("the file says that text is burnt into the pixels", "BurnedInAnnotation", "YES", "NO")


@check(
    "A09",
    "warning",
    "file",
    "instance",
    rule="Images into which text is often written: screens, ultrasound, projections, photographs, old overlays.",
    why="Text in pixels is not in the tags.",
    todo="Look at every one before sharing.",
    standard="PS3.15 E.3.1",
)
def _burned_in_risk(one: Instance) -> Iterator[Finding]:
    if not one.image or _CLEANED in _codes(one):
        return
    sop_class, kinds = one.tags.text("SOPClassUID"), {kind.upper() for kind in one.tags.texts("ImageType")}
    if sop_class.startswith(_SCREENS):
        yield Finding("a kind of image into which text is often written", "SOPClassUID", uid.UID(sop_class).name[:64])
    elif one.tags.text("ConversionType") or "SCREEN SAVE" in kinds:
        yield Finding("a converted or saved picture", "ConversionType")
    groups = {tag.group for tag in one.dataset.keys() if 0x6000 <= tag.group <= 0x60FF}  # noqa: SIM118
    if any((group, 0x3000) not in one.dataset for group in groups):
        yield Finding("an overlay hidden in the pixels", "OverlayBitPosition")


@check(
    "A10",
    "warning",
    "series",
    "instance",
    rule="CT, MR or PET of the head or neck in slices of 2 mm or less, or a contour of the body's surface.",
    why="The face can be computed from it, and recognised.",
    todo="Remove the face, or share under an agreement.",
    standard="PS3.15 E.3.2",
)
def _face_risk(one: Instance) -> Iterator[Finding]:
    if one.tags.text("Modality") == "RTSTRUCT":
        kinds = {
            FrameTags(item).text("RTROIInterpretedType") for item in one.tags.get("RTROIObservationsSequence") or ()
        }
        if "EXTERNAL" in kinds:
            yield Finding(
                "a contour of the body's surface", "RTROIObservationsSequence.RTROIInterpretedType", "EXTERNAL"
            )
        return
    if one.tags.text("Modality") not in ("CT", "MR", "PT") or not one.image:
        return
    part = one.tags.text("BodyPartExamined").upper()
    thickness = one.tags.number("SliceThickness")
    if not part and not one.tags.get("AnatomicRegionSequence"):
        yield undecided("whether a face is in the pictures; BodyPartExamined is missing", "BodyPartExamined")
    elif _HEAD.search(part) and (thickness is None or thickness <= _FINE):
        yield Finding("a face can be computed from it", "BodyPartExamined", "", "no face")


@check(
    "A11",
    "warning",
    "file",
    "instance",
    rule="RecognizableVisualFeatures is YES.",
    why="The patient can be recognised in the pictures.",
    todo="Remove the features, or share under an agreement.",
    standard="PS3.3 C.7.6.1, PS3.15 E.3.2",
)
def _recognizable_flag(one: Instance) -> Iterator[Finding]:
    if one.tags.text("RecognizableVisualFeatures").upper() == "YES":
        yield Finding("the file says that the patient can be recognised", "RecognizableVisualFeatures", "YES", "NO")


@check(
    "A12",
    "warning",
    "study",
    "instance",
    rule="PatientIdentityRemoved is not YES, or it is and nothing says by which method.",
    why="Who gets the files cannot tell what was done to them.",
    todo="Use a tool that writes PatientIdentityRemoved and the codes of what it did.",
    standard="PS3.15 E.1.1, PS3.3 C.7.1.1",
)
def _deid_marker_missing(one: Instance) -> Iterator[Finding]:
    where = one.tags.text("StudyInstanceUID")
    if not removed(one):
        yield Finding("nothing says that identity was removed", "PatientIdentityRemoved", "", "YES", where=where)
    elif not one.tags.text("DeidentificationMethod") and not one.tags.get("DeidentificationMethodCodeSequence"):
        message = "identity was removed, and nothing says how"
        yield Finding(message, "DeidentificationMethodCodeSequence", "", "a method", where=where)


@check(
    "A13",
    "warning",
    "study",
    "instance",
    rule="Identity is said to be removed; LongitudinalTemporalInformationModified is absent or contradicts the codes.",
    why="Nobody knows whether the dates are real, shifted or gone.",
    todo="Have it set to UNMODIFIED, MODIFIED or REMOVED.",
    standard="PS3.15 E.3.6",
)
def _temporal_marker(one: Instance) -> Iterator[Finding]:
    if not removed(one):
        return
    keyword, where = "LongitudinalTemporalInformationModified", one.tags.text("StudyInstanceUID")
    said = one.tags.text(keyword).upper()
    for code, expected in ((_DATES_KEPT, "UNMODIFIED"), (_DATES_MODIFIED, "MODIFIED")):
        if code in _codes(one) and said not in ("", expected):
            yield Finding("what is said of the dates contradicts the codes", keyword, said[:16], expected, where=where)
    if not said:
        yield Finding(
            "nothing says what was done to the dates", keyword, "", "UNMODIFIED, MODIFIED or REMOVED", where=where
        )


@check(
    "A14",
    "warning",
    "file",
    "instance",
    rule="The file meta information names the sender, an address, private information or the software.",
    why="It is outside the data set, where tools that clean data sets do not look.",
    todo="Write the files anew; a name of a station often is the name of a hospital.",
    standard="PS3.15 E.1.1, PS3.10 7.1",
)
def _file_meta_leak(one: Instance) -> Iterator[Finding]:
    meta = getattr(one.dataset, "file_meta", None)
    for keyword, severity in _LEAKS.items():
        if meta is not None and FrameTags(meta).get(keyword) is not None:
            yield Finding(f"{keyword} is there", keyword, "(not shown)", "nothing", severity=severity)


@check(
    "A15",
    "warning",
    "study",
    "instance",
    rule=f"The patient is older than {_OLD} years, by PatientAge or by the year of birth.",
    why="There are few such people; HIPAA counts the age as an identifier.",
    todo="Write 90 years for all of them, and remove the date of birth.",
)
def _age_over_89(one: Instance) -> Iterator[Finding]:
    where, age = one.tags.text("StudyInstanceUID"), one.tags.text("PatientAge")
    born, seen = one.tags.text("PatientBirthDate"), one.tags.text("StudyDate")
    if re.fullmatch(r"\d{3}Y", age) and int(age[:3]) > _OLD and age != "090Y":
        yield Finding("PatientAge is above 89 years", "PatientAge", "(not shown)", "90 years at most", where=where)
    if re.fullmatch(r"\d{8}", born) and re.fullmatch(r"\d{8}", seen) and (int(seen) - int(born)) // 10_000 > _OLD:
        yield Finding("the year of birth means above 89 years", "PatientBirthDate", "(not shown)", "", where=where)


@check(
    "A16",
    "warning",
    "file",
    "instance",
    rule="A small picture of the image, or what its attributes were before they were changed.",
    why="They are the original, names included, beside the cleaned one.",
    todo="Remove IconImageSequence and OriginalAttributesSequence.",
    standard="PS3.15 E.3.1",
)
def _icon_or_thumbnail(one: Instance) -> Iterator[Finding]:
    for keyword in ("IconImageSequence", "OriginalAttributesSequence"):
        if one.tags.get(keyword):
            yield Finding(f"{keyword} is there", keyword, "", "nothing")


@check(
    "A19",
    "info",
    "file",
    "instance",
    rule="Digital signatures.",
    why="They name the signer, and do not hold any more once anything is changed.",
    todo="Remove them when de-identifying.",
    standard="PS3.15 Table E.1-1, C",
)
def _digital_signature(one: Instance) -> Iterator[Finding]:
    if one.tags.get("DigitalSignaturesSequence"):
        yield Finding("a digital signature", "DigitalSignaturesSequence")
