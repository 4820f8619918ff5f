"""One copy: pixel data, markers, file meta information, and a file that is there whole or not at all."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal
from uuid import uuid4

import numpy as np
from pydicom import dcmwrite
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    PYDICOM_IMPLEMENTATION_UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
)

from dicomview.elements import edition
from dicomview.errors import AlreadyThere
from dicomview.files.extent import encapsulated, native_length
from dicomview.pixels import frame_count, pixel_cells
from dicomview.privacy.policy import OPTIONS

if TYPE_CHECKING:
    from pathlib import Path

    from dicomview.files import Header
    from dicomview.privacy.policy import Box, Policy

__all__ = ["finish", "mark", "painted", "pixel_element", "with_meta"]

_UNDEFINED = 0xFFFFFFFF
_ITEM = 0xFFFEE000


def pixel_element(header: Header) -> DataElement | None:
    """Return the pixel data of a file as they are written there; None where there are none."""
    span = header.pixels
    if span is None or header.dataset is None:
        return None
    with header.open_pixels() as stream:
        if span.length != _UNDEFINED:
            needed = None if encapsulated(header.dataset) else native_length(header.dataset)
            length = span.length if needed is None else min(span.length, needed + needed % 2)
            # Nothing that may hide behind the last pixel is read.
            return DataElement(span.keyword, span.vr, stream.read(length))
        parts = []
        while len(head := stream.read(8)) == 8:
            group, element, length = struct.unpack("<HHL", head)
            if group << 16 | element != _ITEM:
                break  # what comes after the last fragment is not copied
            parts += [head, stream.read(length)]
    made = DataElement(span.keyword, "OB", b"".join(parts))
    made.is_undefined_length = True
    return made


def painted(header: Header, boxes: tuple[Box, ...]) -> tuple[DataElement, dict[str, object]]:
    """Return pixel data with the rectangles black and unused bits zero, uncompressed, and what the header says of them.

    Raises
    ------
    NoDecoder, DamagedPixels
        The pixel data cannot be decoded.
    """
    dataset, span = header.dataset, header.pixels
    assert dataset is not None and span is not None
    frames = frame_count(dataset)
    bits = int(dataset.get("BitsStored") or dataset.BitsAllocated)
    high = int(dataset.get("HighBit", bits - 1))
    # Lookup tables beside them have words in the order of the file as well, and stay as they are.
    order: Literal["<", ">"] = ">" if dataset.file_meta.TransferSyntaxUID == ExplicitVRBigEndian else "<"
    inverse = str(dataset.get("PhotometricInterpretation", "")) == "MONOCHROME1"
    out = []
    for frame in range(frames):
        with header.open_pixels() as stream:
            cells, _ = pixel_cells(dataset, stream, frame, vr=span.vr, length=span.size)
        cells = np.array(cells)
        if cells.dtype.kind in "iu" and cells.ndim == 2:
            mask = ((1 << bits) - 1) << (high + 1 - bits)
            unsigned = cells.view(f"u{cells.dtype.itemsize}")
            unsigned &= unsigned.dtype.type(mask)
        signed = int(dataset.get("PixelRepresentation") or 0)
        least, most = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        black = most if inverse else least
        if cells.ndim == 3 or cells.dtype.kind == "f":
            black = 0
        for left, top, right, bottom in boxes:
            cells[top:bottom, left:right] = black
        out.append(np.ascontiguousarray(cells, cells.dtype.newbyteorder(order)))
    if int(dataset.BitsAllocated) == 1:  # frames follow each other bit by bit, PS3.5 8.1.1
        out = [np.packbits(np.concatenate(out, axis=None), bitorder="little")]
    value = b"".join(one.tobytes() for one in out)
    value += b"\0" * (len(value) % 2)
    facts: dict[str, object] = {}
    if int(dataset.get("SamplesPerPixel") or 1) == 3:
        facts = {"PhotometricInterpretation": "RGB", "PlanarConfiguration": 0}
    words = "OB" if out[0].itemsize == 1 and order == ">" else "OW"  # of single bytes no order is to be said
    vr = {"FloatPixelData": "OF", "DoubleFloatPixelData": "OD"}.get(span.keyword, words)
    return DataElement(span.keyword, vr, value), facts


def mark(dataset: Dataset, policy: Policy, *, pixels: bool) -> None:
    """Write into a copy that, how and by which edition it was de-identified.

    Notes
    -----
    PS3.15 E.1.1: PatientIdentityRemoved, De-identification Method and its Code Sequence (CID 7050), Longitudinal
    Temporal Information Modified. Burned In Annotation is NO only where rectangles were blacked out.
    """
    codes = policy.codes(pixels=pixels)
    names = [f"PS3.15 {edition()} Basic Profile", *(f"+ {name}" for name in policy.options)]
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = names + (["+ rectangles blacked out"] if pixels else [])
    items = []
    for code in codes:
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code.code, "DCM", code.meaning
        items.append(item)
    dataset.DeidentificationMethodCodeSequence = Sequence(items)
    kept = {OPTIONS[name].column for name in policy.options}
    dates = "UNMODIFIED" if "full_dates" in kept else "MODIFIED" if "modified_dates" in kept else "REMOVED"
    dataset.LongitudinalTemporalInformationModified = dates
    if pixels:
        dataset.BurnedInAnnotation = "NO"


def with_meta(dataset: Dataset, header: Header, *, native: bool) -> Dataset:
    """Give a copy file meta information of its own; nothing of that of the source but the transfer syntax stays."""
    assert header.dataset is not None
    syntax = header.dataset.file_meta.TransferSyntaxUID
    if (native and syntax != ExplicitVRBigEndian) or syntax == DeflatedExplicitVRLittleEndian:
        syntax = ExplicitVRLittleEndian  # what is deflated could not be searched
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.ImplementationClassUID = PYDICOM_IMPLEMENTATION_UID
    dataset.file_meta.ImplementationVersionName = "DICOMVIEW"
    return dataset


def finish(dataset: Dataset, target: Path) -> None:
    """Write a copy: it has its name when it is whole, and never takes the place of another file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{uuid4().hex}.partial")
    try:
        dcmwrite(partial, dataset, enforce_file_format=True, overwrite=False)
        if target.exists():
            raise AlreadyThere(f"{target.name} is there already, where nothing should be; nothing was overwritten")
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
