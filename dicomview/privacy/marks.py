"""What a copy says of itself and what it is wrapped in: markers, file meta information, preamble, trailing bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomview.privacy.policy import Policy
    from dicomview.privacy.written import Written

__all__ = ["marked"]

_META = {
    "FileMetaInformationGroupLength",
    "FileMetaInformationVersion",
    "MediaStorageSOPClassUID",
    "MediaStorageSOPInstanceUID",
    "TransferSyntaxUID",
    "ImplementationClassUID",
    "ImplementationVersionName",
}
_DELIMITER = b"\xfe\xff\xdd\xe0\0\0\0\0"  # ends a value of undefined length


def marked(written: Written, policy: Policy, *, pixels: bool) -> Iterator[tuple[str, str, str]]:
    """Return kind, element and words of what is wrong.

    Notes
    -----
    PS3.15 E.1.1 and CID 7050: every code that is claimed must have been done, and every one that was done be claimed.
    """
    copy = written.dataset
    assert copy is not None
    if copy.get("PatientIdentityRemoved") != "YES":
        yield "marker", "PatientIdentityRemoved", "is not YES"
    claimed = {str(item.get("CodeValue")) for item in copy.get("DeidentificationMethodCodeSequence") or ()}
    done = {code.code for code in policy.codes(pixels=pixels)}
    for code in sorted(done - claimed):
        yield "marker", "DeidentificationMethodCodeSequence", f"{code} was done and is not claimed"
    for code in sorted(claimed - done):
        yield "marker", "DeidentificationMethodCodeSequence", f"{code} is claimed and was not done"
    if not copy.get("DeidentificationMethod"):
        yield "marker", "DeidentificationMethod", "is not there"
    columns = policy.columns
    dates = "UNMODIFIED" if "full_dates" in columns else "MODIFIED" if "modified_dates" in columns else "REMOVED"
    if copy.get("LongitudinalTemporalInformationModified") != dates:
        yield "marker", "LongitudinalTemporalInformationModified", f"is not {dates}"
    if pixels and copy.get("BurnedInAnnotation") != "NO":
        yield "marker", "BurnedInAnnotation", "is not NO although rectangles were blacked out"
    yield from _wrapped(written)


def _wrapped(written: Written) -> Iterator[tuple[str, str, str]]:
    copy = written.dataset
    assert copy is not None
    if written.data[:128] != bytes(128):
        yield "wrapping", "preamble", "is not empty"
    for element in copy.file_meta:
        if element.keyword not in _META:
            yield "wrapping", "file meta information", f"has {element.keyword or element.tag}"
    if copy.file_meta.get("MediaStorageSOPInstanceUID") != copy.get("SOPInstanceUID"):
        yield "wrapping", "file meta information", "names another instance"
    last = written.extents[-1] if written.extents else None
    if last is not None and last.end > last.start:
        end = last.end
        if written.data[end : end + len(_DELIMITER)] == _DELIMITER:
            end += len(_DELIMITER)
        if len(written.data) > end:
            yield "wrapping", "after the data set", f"{len(written.data) - end:,} bytes"
