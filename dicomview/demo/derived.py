"""Synthetic objects about synthetic images: what lies over them, how they are to be shown, which are marked.

Used by the sample data and the tests, as `dicomview.demo.synthetic` is for the images themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    GrayscaleSoftcopyPresentationStateStorage,
    KeyObjectSelectionDocumentStorage,
    RTDoseStorage,
    RTStructureSetStorage,
    SegmentationStorage,
)

from dicomview.demo.synthetic import decimal, demo_uid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["code", "dose", "image_item", "item", "key_objects", "presentation_state", "segmentation", "structure_set"]

_OF_PATIENT = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex")
_OF_STUDY = ("StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "StudyDescription", "StudyID")


def segmentation(
    images: Sequence[Dataset], masks: Mapping[str, NDArray[np.bool_]], colors: Mapping[str, Sequence[int]], *, seed: str
) -> Dataset:
    """Return a binary segmentation of images.

    Parameters
    ----------
    images : sequence of pydicom.Dataset
        Parallel, all of one size.
    masks : mapping of str to (images, rows, columns) bool array
        By the label of the segment; frames in which nothing is set are left out.
    colors : mapping of str to 3 whole numbers
        RecommendedDisplayCIELabValue of each segment.
    seed : str
        UIDs follow from it.
    """
    ds = _about(images[0], SegmentationStorage, "SEG", "Segmentation (synthetic)", seed, reference=True)
    ds.ImageType = ["DERIVED", "PRIMARY"]
    ds.ReferencedSeriesSequence = [_series_item(images, "ReferencedInstanceSequence")]
    ds.SegmentationType, ds.LossyImageCompression = "BINARY", "00"
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 1, 1, 0
    ds.Rows, ds.Columns = images[0].Rows, images[0].Columns
    ds.ContentLabel, ds.ContentDescription, ds.ContentCreatorName = "SYNTHETIC", "", ""
    ds.SegmentSequence = [
        item(
            SegmentedPropertyCategoryCodeSequence=[code("123037004", "SCT", "Anatomical Structure")],
            SegmentNumber=number,
            SegmentLabel=label,
            SegmentAlgorithmType="AUTOMATIC",
            SegmentAlgorithmName="dicomview (synthetic)",
            RecommendedDisplayCIELabValue=list(colors[label]),
            SegmentedPropertyTypeCodeSequence=[code("91723000", "SCT", "Anatomical Structure")],
        )
        for number, label in enumerate(masks, start=1)
    ]
    organization = demo_uid(seed, "dimension")
    ds.DimensionOrganizationSequence = [item(DimensionOrganizationUID=organization)]
    ds.DimensionIndexSequence = [
        item(DimensionOrganizationUID=organization, DimensionIndexPointer=pointer, FunctionalGroupPointer=group)
        for pointer, group in ((0x0062000B, 0x0062000A), (0x00200032, 0x00209113))
    ]
    measures = item(SliceThickness=images[0].SliceThickness, PixelSpacing=images[0].PixelSpacing)
    measures.SpacingBetweenSlices = images[0].SliceThickness
    ds.SharedFunctionalGroupsSequence = [
        item(
            PlaneOrientationSequence=[item(ImageOrientationPatient=images[0].ImageOrientationPatient)],
            PixelMeasuresSequence=[measures],
        )
    ]
    frames = [(n, k, mask[k]) for n, mask in enumerate(masks.values(), 1) for k in range(len(images)) if mask[k].any()]
    ds.PerFrameFunctionalGroupsSequence = [
        item(
            FrameContentSequence=[item(DimensionIndexValues=[number, k + 1])],
            PlanePositionSequence=[item(ImagePositionPatient=images[k].ImagePositionPatient)],
            SegmentIdentificationSequence=[item(ReferencedSegmentNumber=number)],
        )
        for number, k, _ in frames
    ]
    ds.NumberOfFrames = len(frames)
    bits = np.packbits(np.concatenate([mask.ravel() for _, _, mask in frames]), bitorder="little").tobytes()
    ds.PixelData = bits + b"\0" * (len(bits) % 2)
    ds["PixelData"].VR = "OB"
    return ds


def structure_set(
    images: Sequence[Dataset],
    regions: Mapping[str, Sequence[NDArray[np.float64]]],
    colors: Mapping[str, Sequence[int]],
    *,
    seed: str,
    kinds: Mapping[str, str] | None = None,
) -> Dataset:
    """Return a structure set drawn on images.

    Parameters
    ----------
    images : sequence of pydicom.Dataset
    regions : mapping of str to sequence of (n, 3) float64 arrays
        The contours of each region by its name, LPS mm.
    colors : mapping of str to (red, green, blue)
        Without one, a region has none.
    seed : str
        UIDs follow from it.
    kinds : mapping of str to str, optional
        ContourGeometricType of the contours of a region; "CLOSED_PLANAR" when not given.
    """
    ds = _about(images[0], RTStructureSetStorage, "RTSTRUCT", "Structures (synthetic)", seed)
    ds.StructureSetLabel, ds.StructureSetDate, ds.StructureSetTime = "SYNTHETIC", ds.StudyDate, ds.StudyTime
    reference = images[0].FrameOfReferenceUID
    study = item(
        ReferencedSOPClassUID="1.2.840.10008.3.1.2.3.1",
        ReferencedSOPInstanceUID=ds.StudyInstanceUID,
        RTReferencedSeriesSequence=[_series_item(images, "ContourImageSequence")],
    )
    ds.ReferencedFrameOfReferenceSequence = [item(FrameOfReferenceUID=reference, RTReferencedStudySequence=[study])]
    ds.StructureSetROISequence = [
        item(
            ROINumber=number, ReferencedFrameOfReferenceUID=reference, ROIName=name, ROIGenerationAlgorithm="AUTOMATIC"
        )
        for number, name in enumerate(regions, start=1)
    ]
    drawn = []
    for number, (name, contours) in enumerate(regions.items(), start=1):
        roi = item(ROIDisplayColor=list(colors[name])) if name in colors else Dataset()
        roi.ContourSequence = [
            item(
                ContourGeometricType=(kinds or {}).get(name, "CLOSED_PLANAR"),
                NumberOfContourPoints=len(points),
                ContourData=[decimal(round(float(x), 4)) for x in points.ravel()],
            )
            for points in contours
        ]
        roi.ReferencedROINumber = number
        drawn.append(roi)
    ds.ROIContourSequence = drawn
    ds.RTROIObservationsSequence = [
        item(ObservationNumber=n, ReferencedROINumber=n, RTROIInterpretedType="ORGAN", ROIInterpreter="")
        for n in range(1, len(regions) + 1)
    ]
    ds.ApprovalStatus = "UNAPPROVED"
    return ds


def dose(
    image: Dataset,
    gray: NDArray[np.float64],
    *,
    origin: Sequence[float],
    spacing: tuple[float, float, float],
    seed: str,
) -> Dataset:
    """Return a dose in the frame of reference of an image, on an axial grid of its own.

    Parameters
    ----------
    image : pydicom.Dataset
    gray : (k, j, i) float64 array, Gy
        k from the feet to the head.
    origin : 3 floats, LPS mm
        The middle of the first voxel.
    spacing : (k, j, i) floats, mm
    seed : str
        UIDs follow from it.
    """
    ds = _about(image, RTDoseStorage, "RTDOSE", "Dose (synthetic)", seed, reference=True)
    ds.ImagePositionPatient = [decimal(x) for x in origin]
    ds.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    ds.PixelSpacing, ds.SliceThickness = [decimal(spacing[1]), decimal(spacing[2])], decimal(spacing[0])
    ds.NumberOfFrames, ds.Rows, ds.Columns = gray.shape
    ds.FrameIncrementPointer = 0x3004000C
    ds.GridFrameOffsetVector = [decimal(k * spacing[0]) for k in range(len(gray))]
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation = 1, "MONOCHROME2", 0
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 16, 15
    ds.DoseUnits, ds.DoseType, ds.DoseSummationType = "GY", "PHYSICAL", "PLAN"
    scaling = decimal(float(gray.max()) / 65000)
    ds.DoseGridScaling = scaling
    ds.PixelData = np.rint(gray / float(scaling)).astype("<u2").tobytes()
    ds["PixelData"].VR = "OW"
    return ds


def presentation_state(
    images: Sequence[Dataset],
    *,
    label: str,
    window: tuple[float, float],
    annotations: Sequence[Dataset] = (),
    layers: Sequence[str] = (),
    seed: str,
    tags: Mapping[str, Any] | None = None,
) -> Dataset:
    """Return a grayscale presentation state of images.

    Parameters
    ----------
    images : sequence of pydicom.Dataset
    label : str
        ContentLabel.
    window : (center, width)
    annotations : sequence of pydicom.Dataset
        Items of GraphicAnnotationSequence.
    layers : sequence of str
        GraphicLayer of each layer, the lowest first.
    seed : str
        UIDs follow from it.
    tags : mapping of keyword to value, optional
        Set last, so they win over everything above.
    """
    ds = _about(images[0], GrayscaleSoftcopyPresentationStateStorage, "PR", "Presentation (synthetic)", seed)
    ds.ContentLabel, ds.ContentDescription, ds.ContentCreatorName = label, "", ""
    ds.PresentationCreationDate, ds.PresentationCreationTime = ds.StudyDate, ds.StudyTime
    ds.ReferencedSeriesSequence = [_series_item(images, "ReferencedImageSequence")]
    center, width = window
    ds.SoftcopyVOILUTSequence = [item(WindowCenter=decimal(center), WindowWidth=decimal(width))]
    ds.PresentationLUTShape = "IDENTITY"
    ds.DisplayedAreaSelectionSequence = [
        item(
            DisplayedAreaTopLeftHandCorner=[1, 1],
            DisplayedAreaBottomRightHandCorner=[images[0].Columns, images[0].Rows],
            PresentationSizeMode="SCALE TO FIT",
            PresentationPixelAspectRatio=["1", "1"],
        )
    ]
    if annotations:
        ds.GraphicAnnotationSequence = list(annotations)
        ds.GraphicLayerSequence = [
            item(GraphicLayer=name, GraphicLayerOrder=order) for order, name in enumerate(layers, start=1)
        ]
    for keyword, value in (tags or {}).items():
        setattr(ds, keyword, value)
    return ds


def key_objects(images: Sequence[Dataset], title: tuple[str, str, str], text: str, *, seed: str) -> Dataset:
    """Return a selection of key objects.

    Parameters
    ----------
    images : sequence of pydicom.Dataset
        Those that are marked.
    title : (value, scheme, meaning)
        The code of what they are marked as, of PS3.16 CID 7010.
    text : str
        What is written about them.
    seed : str
        UIDs follow from it.
    """
    ds = _about(images[0], KeyObjectSelectionDocumentStorage, "KO", "Key images (synthetic)", seed)
    ds.ContentDate, ds.ContentTime = ds.StudyDate, ds.StudyTime
    ds.ReferencedPerformedProcedureStepSequence = []
    series = _series_item(images, "ReferencedSOPSequence")
    ds.CurrentRequestedProcedureEvidenceSequence = [
        item(StudyInstanceUID=ds.StudyInstanceUID, ReferencedSeriesSequence=[series])
    ]
    ds.ValueType, ds.ContinuityOfContent = "CONTAINER", "SEPARATE"
    ds.ConceptNameCodeSequence = [code(*title)]
    ds.ContentTemplateSequence = [item(MappingResource="DCMR", TemplateIdentifier="2010")]
    described = item(
        RelationshipType="CONTAINS",
        ValueType="TEXT",
        ConceptNameCodeSequence=[code("113012", "DCM", "Key Object Description")],
        TextValue=text,
    )
    marked = [
        item(RelationshipType="CONTAINS", ValueType="IMAGE", ReferencedSOPSequence=[image_item(one)]) for one in images
    ]
    ds.ContentSequence = [described, *marked]
    return ds


def item(**elements: Any) -> Dataset:
    """Return an item of a sequence with these elements."""
    ds = Dataset()
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    return ds


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """Return an item that is a code; PS3.3 8.8."""
    return item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def _about(
    image: Dataset, sop_class: UID, modality: str, description: str, seed: str, *, reference: bool = False
) -> Dataset:
    """Return an object in the study of an image, in a series of its own."""
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, demo_uid(seed, "instance")
    for keyword in (*_OF_PATIENT, *_OF_STUDY):
        setattr(ds, keyword, image.get(keyword, ""))
    ds.StudyInstanceUID, ds.SeriesInstanceUID = image.StudyInstanceUID, demo_uid(seed, "series")
    ds.Modality, ds.SeriesDescription, ds.SeriesNumber, ds.InstanceNumber = modality, description, "100", "1"
    ds.ContentDate = ds.InstanceCreationDate = ds.SeriesDate = image.StudyDate
    ds.ContentTime = ds.InstanceCreationTime = ds.SeriesTime = image.StudyTime
    ds.Manufacturer, ds.ManufacturerModelName = "dicomview (synthetic)", "dicomview"
    if modality.startswith("RT"):
        ds.OperatorsName = ""
    ds.DeviceSerialNumber, ds.SoftwareVersions = "0", "0"
    if reference:
        ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = image.FrameOfReferenceUID, ""
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID, ds.file_meta.MediaStorageSOPInstanceUID = sop_class, ds.SOPInstanceUID
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.ImplementationClassUID = image.file_meta.ImplementationClassUID
    ds.file_meta.ImplementationVersionName = image.file_meta.ImplementationVersionName
    return ds


def _series_item(images: Sequence[Dataset], keyword: str) -> Dataset:
    return item(SeriesInstanceUID=images[0].SeriesInstanceUID, **{keyword: [image_item(one) for one in images]})


def image_item(image: Dataset) -> Dataset:
    """Return an item that refers to an image; PS3.3 10.3."""
    return item(ReferencedSOPClassUID=image.SOPClassUID, ReferencedSOPInstanceUID=image.SOPInstanceUID)
