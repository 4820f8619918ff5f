"""A DICOM file that was not there before."""

from __future__ import annotations

import os
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import FileMetaDataset

from dicomview.errors import AlreadyThere, NotAnImage, UnknownChoice
from dicomview.files import locate, new_file, read_header
from dicomview.pixels import transfer_syntax
from dicomview.quiet import quiet

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["save"]

_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


def save(dataset: Dataset, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Write a data set as a DICOM file and return its path; the data set stays as it is.

    Parameters
    ----------
    dataset : pydicom.Dataset
    path : path
        Of a new file; never the file that the data set was read from.
    overwrite : bool
        True replaces another file that is there already.

    Returns
    -------
    Path

    Raises
    ------
    AlreadyThere
        There is something at `path`, or it is the source; nothing was written.
    NothingFound
        There is no such folder.
    NotAnImage
        The header of an image without its pixel data, which would be lost.
    UnknownChoice
        The data set has no SOPClassUID or no SOPInstanceUID, or a value that cannot be written.

    Notes
    -----
    In the transfer syntax that the data set has, with file meta information made anew (PS3.10 7.1): that of the source
    says by whom the source was written and sent.
    """
    target, source = Path(path), getattr(dataset, "filename", None)
    if isinstance(source, str | os.PathLike) and target.exists() and Path(source).exists() and target.samefile(source):
        raise AlreadyThere("that is the file the data set was read from; nothing was written. Name another file.")
    if "Rows" in dataset and not any(keyword in dataset for keyword in _PIXELS) and not _without_pixels(source):
        raise NotAnImage(
            "this is the header of an image, and its pixel data would be lost; give dv.edited the file or the slice "
            "instead of its header"
        )
    lacking = [keyword for keyword in ("SOPClassUID", "SOPInstanceUID") if not dataset.get(keyword)]
    if lacking:
        raise UnknownChoice(f"a file needs {' and '.join(lacking)}, which this data set lacks; dv.edited can add them")
    with new_file(path, overwrite=overwrite) as beside, quiet():
        written = deepcopy(dataset)  # pydicom settles ambiguous VRs in what it writes
        meta = FileMetaDataset()  # anew: who wrote, sent and received the source did not write this
        meta.TransferSyntaxUID = transfer_syntax(dataset)
        meta.MediaStorageSOPClassUID = dataset.SOPClassUID
        meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        written.file_meta = meta
        _settle(written)
        try:
            written.save_as(beside, enforce_file_format=True)
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            # pydicom's words may quote the value.
            raise UnknownChoice(
                f"an element of the data set has a value that cannot be written ({type(error).__name__}); "
                "dv.tags lists what is wrong with each"
            ) from None
    return target


def _without_pixels(source: object) -> bool:
    """Return True when a data set was read from a file that has no pixel data to lose."""
    if not isinstance(source, str | os.PathLike) or not Path(source).is_file():
        return False
    return all(read_header(one).pixels is None for one in locate(source))


def _settle(dataset: Dataset) -> None:
    """Convert elements that a file has without a VR although its syntax has VRs: pydicom writes them as they are."""
    for tag in list(dataset.keys()):
        item = dataset.get_item(tag)
        if isinstance(item, RawDataElement) and item.VR is None:
            dataset[tag]
        element = dataset.get_item(tag)
        if isinstance(element, DataElement) and element.VR == "SQ":
            for inner in element.value:
                _settle(inner)
