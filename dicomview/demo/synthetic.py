"""Synthetic instances: one DICOM data set for each slice of an array.

Used by the sample data, the demo volumes and the tests. Everything about the patient is visibly fictitious, and the
UIDs follow from the seed, so that the same call always gives the same bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import PYDICOM_ROOT_UID, UID, CTImageStorage, ExplicitVRLittleEndian, MRImageStorage, generate_uid

from dicomview.errors import AlreadyThere

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["decimal", "demo_uid", "instances", "write"]

_SOP_CLASSES = {"CT": CTImageStorage, "MR": MRImageStorage}


def demo_uid(*seed: str) -> UID:
    """Return the UID that belongs to `seed`: the same words give the same UID on every machine."""
    return generate_uid(prefix=PYDICOM_ROOT_UID, entropy_srcs=list(seed))


def instances(
    stored: NDArray[np.int16 | np.uint16],
    *,
    seed: str,
    origin: Sequence[float] = (0.0, 0.0, 0.0),
    orientation: Sequence[float] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
    step: Sequence[float] = (0.0, 0.0, 2.0),
    spacing: tuple[float, float] = (1.0, 1.0),
    modality: str = "CT",
    slope: float = 1.0,
    intercept: float = 0.0,
    window: tuple[float, float] | None = None,
    description: str = "Synthetic series",
    tags: Mapping[str, Any] | None = None,
) -> list[Dataset]:
    """Return one data set for each slice of `stored`.

    Parameters
    ----------
    stored : (slices, rows, columns) int16 or uint16 array
        Stored values; signed arrays are written with PixelRepresentation 1.
    seed : str
        Names the series; study, series, frame of reference and instance UIDs follow from it. The part before the
        first ``/`` names the study, so that two series can share one.
    origin : 3 floats, mm
        ImagePositionPatient of slice 0, in LPS.
    orientation : 6 floats
        ImageOrientationPatient: the direction of increasing column index, then of increasing row index.
    step : 3 floats, mm
        From one slice to the next, in LPS.
    spacing : (row, column) floats, mm
        PixelSpacing: distance between rows, then between columns.
    modality : "CT" or "MR"
    slope, intercept : float
        Rescale from stored to modality values.
    window : (center, width), optional
        WindowCenter and WindowWidth; without it the tags are absent.
    description : str
        SeriesDescription.
    tags : mapping of keyword to value, optional
        Set on every data set last, so they win over everything above.

    Returns
    -------
    list of pydicom.Dataset
        In slice order, with file meta, ready for `write`.
    """
    study, rows, columns = seed.split("/")[0], stored.shape[1], stored.shape[2]
    datasets = []
    for index, plane in enumerate(stored):
        ds = Dataset()
        ds.SpecificCharacterSet = "ISO_IR 192"
        ds.ImageType = ["DERIVED", "PRIMARY", "AXIAL"] if modality == "CT" else ["DERIVED", "PRIMARY", "M"]
        ds.SOPClassUID = _SOP_CLASSES[modality]
        ds.SOPInstanceUID = demo_uid(seed, "instance", str(index))
        ds.StudyDate, ds.StudyTime = "20260101", "120000"
        ds.SeriesDate, ds.SeriesTime = "20260101", "120000"
        ds.AccessionNumber = ""
        ds.Modality = modality
        ds.Manufacturer = "dicomview (synthetic)"
        ds.ReferringPhysicianName = ""
        ds.StudyDescription = "Synthetic data for teaching"
        ds.SeriesDescription = description
        ds.PatientName = "Phantom^Fictitious"
        ds.PatientID = "FICTITIOUS-0001"
        ds.PatientBirthDate = ""
        ds.PatientSex = "O"
        if modality == "CT":
            ds.KVP = "120"
        ds.PatientPosition = "HFS"
        ds.StudyInstanceUID = demo_uid(study, "study")
        ds.SeriesInstanceUID = demo_uid(seed, "series")
        ds.StudyID, ds.SeriesNumber = "1", "1"
        ds.AcquisitionNumber = "1"
        ds.InstanceNumber = str(index + 1)
        position = np.asarray(origin, float) + index * np.asarray(step, float)
        ds.ImagePositionPatient = [decimal(x) for x in position]
        ds.ImageOrientationPatient = [decimal(x) for x in orientation]
        ds.FrameOfReferenceUID = demo_uid(study, "frame of reference")
        ds.PositionReferenceIndicator = ""
        ds.PixelSpacing = [decimal(x) for x in spacing]
        ds.SliceThickness = decimal(float(np.linalg.norm(step)))
        ds.SamplesPerPixel = 1
        ds.PhotometricInterpretation = "MONOCHROME2"
        ds.Rows, ds.Columns = rows, columns
        ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 16, 15
        ds.PixelRepresentation = int(np.issubdtype(stored.dtype, np.signedinteger))
        if modality == "CT" or (slope, intercept) != (1.0, 0.0):
            ds.RescaleSlope, ds.RescaleIntercept = decimal(slope), decimal(intercept)
            ds.RescaleType = "HU" if modality == "CT" else "US"
        if window is not None:
            ds.WindowCenter, ds.WindowWidth = decimal(window[0]), decimal(window[1])
        ds.PixelData = np.ascontiguousarray(plane).astype(stored.dtype.newbyteorder("<"), copy=False).tobytes()
        for keyword, value in (tags or {}).items():
            setattr(ds, keyword, value)
        ds.file_meta = FileMetaDataset()
        ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        # pydicom would write its own version here, and the bytes would change with it.
        ds.file_meta.ImplementationClassUID = demo_uid("implementation")
        ds.file_meta.ImplementationVersionName = "DICOMVIEW"
        datasets.append(ds)
    return datasets


def write(datasets: Iterable[Dataset], folder: str | Path, *, name: str = "{:04d}.dcm") -> list[Path]:
    """Write data sets into `folder` as numbered files and return their paths.

    Parameters
    ----------
    datasets : iterable of pydicom.Dataset
        With file meta.
    folder : path
        Made when missing.
    name : str
        Format of the file name; it is given the place of the data set, counted from 1.

    Raises
    ------
    AlreadyThere
        A file of that name is there already; nothing is written then.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    planned = [(folder / name.format(place), ds) for place, ds in enumerate(datasets, start=1)]
    taken = next((path for path, _ in planned if path.exists()), None)
    if taken is not None:
        raise AlreadyThere(f"{taken} is there already; nothing was written. Name another folder.")
    for path, ds in planned:
        ds.save_as(path, enforce_file_format=True, overwrite=False)
    return [path for path, _ in planned]


def decimal(value: float) -> str:
    """Return a DS string of at most 16 characters (PS3.5 6.2)."""
    value += 0.0  # no minus before a zero
    text = f"{value:.10g}"
    return text if len(text) <= 16 else f"{value:.8g}"
