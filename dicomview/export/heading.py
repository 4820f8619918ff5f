"""The header of a derived slice: what holds of the slice it was made of, and what is said anew."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.charset import default_encoding, python_encoding
from pydicom.dataelem import RawDataElement, convert_raw_data_element
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    PositronEmissionTomographyImageStorage,
    generate_uid,
)

from dicomview.elements import Level
from dicomview.errors import NotAVolume, UnknownChoice
from dicomview.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dicomview.space import Slice

__all__ = ["Saying", "decimal", "heading", "program", "writable"]

_CLASSES = (CTImageStorage, MRImageStorage, PositronEmissionTomographyImageStorage)
# Of the pixels and the grid that were, or of the file that was; private elements and overlay planes go as well.
_LEFT = frozenset((
    "SmallestImagePixelValue", "LargestImagePixelValue", "SmallestPixelValueInSeries",
    "LargestPixelValueInSeries", "PixelPaddingValue", "PixelPaddingRangeLimit", "ModalityLUTSequence",
    "VOILUTSequence", "RescaleSlope", "RescaleIntercept", "RescaleType", "IconImageSequence",
    "RealWorldValueMappingSequence", "PixelAspectRatio", "SliceLocation", "DerivationDescription",
    "DerivationCodeSequence", "SourceImageSequence", "InstanceCreationDate", "InstanceCreationTime",
    "InstanceCreatorUID", "MACParametersSequence", "EncryptedAttributesSequence", "PixelDataProviderURL",
    "NumberOfFrames", "FrameIncrementPointer",
))  # fmt: skip
_OF_THE_PLANE = frozenset({"PatientOrientation", "GantryDetectorTilt"})
_WINDOW = frozenset({"WindowCenter", "WindowWidth", "WindowCenterWidthExplanation", "VOILUTFunction"})
_PET_UNITS = {
    "Bq/ml": ("BQML", None), "counts": ("CNTS", None), "g/ml": ("GML", None), "SUVbw": ("GML", "BW"),
    "SUVlbm": ("GML", "LBM"), "SUVlbmj": ("GML", "LBMJANMA"), "SUVbsa": ("CM2ML", "BSA"),
}  # fmt: skip
_PLAIN = str.maketrans({"°": " degrees", "×": "x", "…": "...", "−": "-"})
_SQUARE = 1e-4  # cosine between rows and columns
_SAME_MM = 1e-3
_SAME_DIRECTION = 1e-3


@dataclass(frozen=True, slots=True)
class Saying:
    """What is said alike of all slices of a derived series.

    Parameters
    ----------
    series : UID
    derivation : str
        What was done.
    description : str, optional
        SeriesDescription; that of the source with "(derived)" behind it when not given.
    number : int, optional
        SeriesNumber; that of the source plus 1000 when not given.
    units : str
        Of the modality values.
    slices : int
        In each volume.
    """

    series: UID
    derivation: str
    description: str | None
    number: int | None
    units: str
    slices: int


def writable(one: Slice) -> None:
    """Raise UnknownChoice unless derived slices can be written after the header of a slice."""
    sop_class = UID(one.tags.text("SOPClassUID"))
    if sop_class not in _CLASSES:
        raise UnknownChoice(
            f"a derived series is written of single-frame CT, MR or PET, and this is {sop_class.name or 'unknown'}; "
            "dv.export.nifti and dv.export.nrrd write any volume"
        )


def heading(
    like: Slice, sources: Sequence[Slice], plane: NDArray[np.float64], size: tuple[int, int], count: int, saying: Saying
) -> Dataset:
    """Return the data set of one derived slice, all but its pixels.

    Parameters
    ----------
    like : Slice
        The source slice whose patient, study, equipment and acquisition hold here too.
    sources : sequence of Slice
        What it was computed of.
    plane : (4, 4) array
        From (k, j, i, 1) to LPS mm, k counted from this slice.
    size : (rows, columns)
    count : int
        Which slice of the series it is, from 1.
    saying : Saying

    Raises
    ------
    NotAVolume
        Rows and columns are not perpendicular, which no ImageOrientationPatient can say.
    """
    with quiet():
        ds = _kept(like.header)
    tags, now = like.tags, datetime.now().astimezone()
    if like.unit != saying.units:
        for keyword in _WINDOW & set(ds.dir()):
            delattr(ds, keyword)
    ds.SOPInstanceUID, ds.SeriesInstanceUID = generate_uid(prefix=None), saying.series
    pet = ds.SOPClassUID == PositronEmissionTomographyImageStorage
    # PS3.3 C.8.9.4.1.4 knows nothing but PRIMARY for PET.
    ds.ImageType = ["DERIVED", "PRIMARY" if pet else "SECONDARY", *tags.texts("ImageType")[2:]]
    ds.InstanceNumber = count
    ds.SeriesNumber = tags.integer("SeriesNumber") + 1000 if saying.number is None else saying.number
    described = f"{tags.text('SeriesDescription')} (derived)" if saying.description is None else saying.description
    ds.SeriesDescription = _encodable(ds, described.strip()[:64])
    ds.DerivationDescription = _encodable(ds, saying.derivation.translate(_PLAIN)[:1024])
    ds.InstanceCreationDate, ds.InstanceCreationTime = ds.ContentDate, ds.ContentTime = (
        now.strftime("%Y%m%d"), now.strftime("%H%M%S"),
    )  # fmt: skip
    ds.SourceImageSequence = [_reference(one) for one in sources]
    ds.ContributingEquipmentSequence = [*ds.get("ContributingEquipmentSequence", []), _ourselves()]
    directions = np.concatenate([one / np.linalg.norm(one) for one in (plane[:3, 2], plane[:3, 1])])
    turned = like.orientation is None or np.abs(directions - like.orientation).max() > _SAME_DIRECTION
    _place(ds, plane, size, None if turned else tags.number("SliceThickness"))
    if turned:
        for keyword in _OF_THE_PLANE & set(ds.dir()):
            delattr(ds, keyword)
    if pet:
        ds.ImageIndex, ds.NumberOfSlices = count, saying.slices
        _pet_units(ds, saying.units)
    else:
        # The decay of PET is counted to SeriesTime; elsewhere it tells when this series was made.
        ds.SeriesDate, ds.SeriesTime = ds.ContentDate, ds.ContentTime
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID, ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return ds


def decimal(value: float) -> str:
    """Return a DS of at most 16 characters (PS3.5 6.2) as near to `value` as fits."""
    value += 0.0  # no minus before a zero
    return next(text for digits in range(16, 0, -1) if len(text := f"{value:.{digits}g}") <= 16)


def program() -> str:
    """Return the name and version of this program."""
    try:
        return f"dicomview {version('dicomview')}"
    except PackageNotFoundError:  # run from a folder that was never installed
        return "dicomview of no version"


def _kept(header: Dataset) -> Dataset:
    """Return a copy of what holds of a derived slice as well; the header itself is not touched."""
    ds = Dataset()
    encodings = Level(header).encodings
    for tag in header.keys():  # noqa: SIM118  a Dataset iterates over elements, and stumbles over a damaged one
        group, number = tag.group, tag.element
        if group % 2 or group < 8 or number == 0 or group >= 0x7FE0 or 0x5000 <= group < 0x6100:
            continue
        try:
            item = header.get_item(tag)
            if isinstance(item, RawDataElement):
                item = convert_raw_data_element(item, encoding=encodings, ds=header)
            if item.keyword not in _LEFT:
                ds.add(deepcopy(item))
        except Exception:  # noqa: BLE001  what pydicom cannot read cannot be written either
            continue
    return ds


def _place(ds: Dataset, plane: NDArray[np.float64], size: tuple[int, int], thickness: float | None) -> None:
    down, across = plane[:3, 1], plane[:3, 2]
    spacing = float(np.linalg.norm(down)), float(np.linalg.norm(across))
    if abs(down @ across) > _SQUARE * spacing[0] * spacing[1]:
        raise NotAVolume("the rows and columns of this volume are not perpendicular, and DICOM has no word for that")
    ds.ImagePositionPatient = [decimal(x) for x in plane[:3, 3]]
    ds.ImageOrientationPatient = [decimal(x) for x in (*(across / spacing[1]), *(down / spacing[0]))]
    ds.PixelSpacing = [decimal(x) for x in spacing]
    normal = np.cross(across, down) / (spacing[0] * spacing[1])
    step = abs(float(plane[:3, 0] @ normal))
    before = ds.get("SpacingBetweenSlices")
    if before is not None:
        ds.SpacingBetweenSlices = decimal(step)
    if thickness is None or (before is not None and abs(float(before) - step) > _SAME_MM):
        ds.SliceThickness = decimal(step)
    ds.SamplesPerPixel = 1
    if ds.get("PhotometricInterpretation") not in ("MONOCHROME1", "MONOCHROME2"):
        ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows, ds.Columns = size
    ds.BitsAllocated = ds.BitsStored = 16
    ds.HighBit = 15


def _pet_units(ds: Dataset, units: str) -> None:
    if units not in _PET_UNITS:
        raise UnknownChoice(f"the values of PET are in one of {', '.join(_PET_UNITS)}, and these are in {units!r}")
    ds.Units, suv = _PET_UNITS[units]
    if suv is not None:
        ds.SUVType = suv


def _reference(one: Slice) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = one.tags.text("SOPClassUID")
    item.ReferencedSOPInstanceUID = one.sop_instance_uid
    item.PurposeOfReferenceCodeSequence = [_code("121322", "Source image for image processing operation")]
    return item


def _ourselves() -> Dataset:
    item = Dataset()
    item.Manufacturer, item.SoftwareVersions = "dicomview", program().partition(" ")[2]
    item.PurposeOfReferenceCodeSequence = [_code("109102", "Processing Equipment")]
    return item


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    return item


def _encodable(ds: Dataset, text: str) -> Any:
    """Return text that the character set of the source has letters for; other letters become question marks."""
    named = ds.get("SpecificCharacterSet") or ""
    first = named if isinstance(named, str) else named[0]
    encoding = python_encoding.get(first, default_encoding)
    return text.encode(encoding, "replace").decode(encoding)
