"""Files to scan: CT and MR series as scanners write them, with nested sequences and private blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from dicomview.demo.synthetic import demo_uid, instances

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["write_piles"]


def write_piles(
    folder: Path, modality: str, files: int, a_series: int, *, size: int = 512, noise: bool = False
) -> list[Path]:
    """Write series of one modality and return the paths of their files, in their order.

    Parameters
    ----------
    folder : Path
        A folder for each series is made in it.
    modality : "CT" or "MR"
    files : int
        In all.
    a_series : int
        Files a series; with 1, each has a patient and a study of its own.
    size : int
        Rows and columns.
    noise : bool
        Values from 0 to 4095 instead of zeros.
    """
    paths = []
    for first in range(0, files, a_series):
        number = first // a_series
        here = folder / f"{modality}{number:05d}"
        here.mkdir(parents=True)
        for place, dataset in enumerate(_series(modality, number, min(a_series, files - first), size, noise)):
            paths.append(here / f"{place:04d}.dcm")
            dataset.save_as(paths[-1], enforce_file_format=True)
    return paths


def _series(modality: str, number: int, count: int, size: int, noise: bool) -> Iterator[Dataset]:
    plane, random = np.zeros((1, size, size), np.int16), np.random.default_rng(number)
    for place in range(count):
        if noise:
            plane = random.integers(0, 4096, plane.shape, np.int16)
        z = round(-3.7 * number + 1.25 * place, 3)
        (ds,) = instances(
            plane,
            seed=f"pile {modality} {number}/{place}",
            origin=(-171.3, -180.7, z),
            spacing=(0.683594, 0.683594),
            modality=modality,
            intercept=-1024.0 if modality == "CT" else 0.0,
            window=(40, 400),
            description=f"Pile {number % 20} {modality} 1.25",
        )
        _dress(ds, modality, number, place)
        yield ds


def _dress(ds: Dataset, modality: str, number: int, place: int) -> None:
    """Add what the headers of scanners have beside the essential."""
    seed = f"pile {modality} {number}"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = demo_uid(seed, "study"), demo_uid(seed, "series")
    ds.FrameOfReferenceUID = demo_uid(seed, "frame")
    ds.PatientID, ds.PatientName = f"FICTITIOUS-{number:05d}", f"Phantom^Fictitious{number:05d}"
    ds.AccessionNumber, ds.StudyID, ds.SeriesNumber = f"A{number:07d}", str(number % 9999), number % 20 + 1
    ds.InstanceNumber, ds.AcquisitionNumber = place + 1, 1
    seconds = f"{place // 60 % 60:02d}{place % 60:02d}.{(place * 7919) % 1000000:06d}"
    for word in ("InstanceCreation", "Acquisition", "Content"):
        setattr(ds, f"{word}Date", f"202601{number % 28 + 1:02d}")
        setattr(ds, f"{word}Time", f"12{seconds}")
    ds.InstitutionName, ds.InstitutionAddress, ds.StationName = "Fictitious Hospital", "1 Nowhere Street", "STATION1"
    ds.ManufacturerModelName, ds.DeviceSerialNumber, ds.SoftwareVersions = "Synthetic 64", "0001", ["v1", "v2.3"]
    ds.PatientAge, ds.PatientWeight, ds.PatientBirthDate = "054Y", "71", "19711231"
    ds.ProtocolName, ds.BodyPartExamined = f"{modality} routine {number % 7}", "CHEST"
    ds.SpacingBetweenSlices, ds.SliceLocation = "1.25", f"{-3.7 * number + 1.25 * place:.4f}"
    ds.DataCollectionDiameter, ds.ReconstructionDiameter = "500", "350"
    ds.SmallestImagePixelValue, ds.LargestImagePixelValue = 0, place
    ds.WindowCenterWidthExplanation, ds.LossyImageCompression = "WINDOW1", "00"
    if modality == "CT":
        ds.ExposureTime, ds.XRayTubeCurrent, ds.Exposure = 500, 200 + place % 30, 100
        ds.ConvolutionKernel, ds.FilterType, ds.GantryDetectorTilt, ds.TableHeight = "B40f", "WEDGE", "0", "151.5"
        ds.FocalSpots, ds.RotationDirection, ds.GeneratorPower, ds.ScanOptions = "1.2", "CW", 40, "HELICAL MODE"
        ds.SingleCollimationWidth, ds.TotalCollimationWidth, ds.TableSpeed, ds.SpiralPitchFactor = (
            0.625,
            40.0,
            55.0,
            1.0,
        )
    else:
        ds.RepetitionTime, ds.EchoTime, ds.FlipAngle, ds.MagneticFieldStrength = "8.2", "3.1", "12", "3"
        ds.ScanningSequence, ds.SequenceVariant, ds.MRAcquisitionType, ds.SequenceName = (
            "GR",
            ["SP", "OSP"],
            "3D",
            "fl3d1",
        )
        ds.NumberOfAverages, ds.ImagingFrequency, ds.ImagedNucleus, ds.EchoNumbers = "1", "123.25", "1H", 1
        ds.PixelBandwidth, ds.TransmitCoilName, ds.InPlanePhaseEncodingDirection, ds.SAR = "240", "Body", "ROW", "0.03"
        ds.AcquisitionMatrix = [0, 256, 192, 0]
    ds.ReferencedStudySequence = [_reference("1.2.840.10008.3.1.2.3.1", f"{seed} study")]
    ds.ReferencedImageSequence = [_reference(ds.SOPClassUID, f"{seed} scout {k}") for k in range(2)]
    ds.SourceImageSequence = [_reference(ds.SOPClassUID, f"{seed} source {place}")]
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "P5-08000", "SRT", "A procedure"
    request = Dataset()
    request.ScheduledProcedureStepID, request.RequestedProcedureID = "SPS1", "RP1"
    request.ScheduledProtocolCodeSequence = [code]
    ds.ProcedureCodeSequence, ds.RequestAttributesSequence = [code], [request]
    ds["RequestAttributesSequence"].is_undefined_length = True
    request.is_undefined_length_sequence_item = True
    for group in (0x0019, 0x0029, 0x0043):
        block = ds.private_block(group, "FICTITIOUS 1.0", create=True)
        for element in range(1, 12):
            block.add_new(element, "DS", f"{element}.25")
        block.add_new(0x20, "OB", bytes(range(200)))
        block.add_new(0x21, "FD", 0.5 * place)
        block.add_new(0x22, "SQ", Sequence([code]))


def _reference(sop_class: str, seed: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, demo_uid(seed)
    return item
