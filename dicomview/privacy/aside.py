"""Which files are never written, because nobody can look into them by rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydicom.uid import UID

from dicomview.privacy.walk import sop_class_of

if TYPE_CHECKING:
    from dicomview.files import Header

__all__ = ["why_aside"]

_STORAGE = "1.2.840.10008.5.1.4.1.1."
# Words and graphics that anything can be written in, and bytes that only their maker can read.
_FAMILIES = {
    f"{_STORAGE}88.": "a report or key object: its content has to be read by a person",
    f"{_STORAGE}11.": "a presentation state: its graphics and texts have to be read by a person",
    f"{_STORAGE}104.": "an embedded document",
    f"{_STORAGE}201.": "a list of what an archive holds",
}
_RAW_DATA = f"{_STORAGE}66"
_STATUSES = {
    "truncated": "the file ends too early",
    "dicomdir": "a table of contents (DICOMDIR): make a new one of the copies",
    "not_dicom": "not DICOM",
    "empty": "empty",
    "encrypted": "encrypted",
    "unreadable": "cannot be read",
    "missing": "not there",
}


def why_aside(header: Header) -> str:
    """Return why an instance is not copied; empty when it is."""
    if header.status in _STATUSES:
        return _STATUSES[header.status]
    dataset = header.dataset
    assert dataset is not None
    try:
        uids = [str(dataset.get(word) or "") for word in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")]
        sop_class = sop_class_of(dataset)
    except Exception:  # noqa: BLE001
        return "its identifiers cannot be read"  # bytes that are not of their VR
    if not all(uids) or not sop_class:
        return "an identifier of the instance is missing"
    for prefix, why in _FAMILIES.items():
        if sop_class.startswith(prefix):
            return why
    if sop_class == _RAW_DATA:
        return "raw data, which only their maker can read"
    if UID(sop_class).is_private or "Storage" not in UID(sop_class).name:
        return "an object of a kind that the standard does not know (SOP Class)"
    if "EncapsulatedDocument" in dataset or "ContentSequence" in dataset:
        return "a report or an embedded document inside an image"
    syntax = str(dataset.file_meta.get("TransferSyntaxUID", "")) if hasattr(dataset, "file_meta") else ""
    if not syntax or UID(syntax).is_private:
        return "an encoding that the standard does not know (transfer syntax)"
    return ""
