"""Phantoms: series whose voxels say where they belong, and the same series with one fault each.

The regular series has 12 slices, 10 rows and 8 columns, 2 mm apart, and voxel (k, j, i) holds ``100*k + 10*j + i``.
It is built head first, so slice k of the list is slice k of the volume.
"""

from __future__ import annotations

import random
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom import uid as uids
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from dicomview.demo.synthetic import demo_uid, instances

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

SLICES, ROWS, COLUMNS = 12, 10, 8
SPACING = (0.8, 0.7)
STEP = 2.0
ORIGIN = (-20.0, -30.0, 100.0)
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
BLOCK = 2000
"""Added to the voxels of each further repetition of the same positions."""


def voxels(slices: int = SLICES, rows: int = ROWS, columns: int = COLUMNS) -> NDArray[np.int16]:
    """Return an array whose voxel (k, j, i) is ``100*k + 10*j + i``."""
    k, j, i = np.ogrid[:slices, :rows, :columns]
    return (100 * k + 10 * j + i).astype(np.int16)


def normal_of(orientation: Sequence[float]) -> NDArray[np.float64]:
    return np.cross(orientation[:3], orientation[3:])


def turned(degrees: float, axis: Sequence[float]) -> NDArray[np.float64]:
    """Return the rotation matrix about `axis` (Rodrigues' formula)."""
    x, y, z = np.asarray(axis, float) / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(degrees)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def shuffled(datasets: Iterable[Dataset], seed: int = 0) -> list[Dataset]:
    """Return the data sets in a random, repeatable order."""
    pile = list(datasets)
    random.Random(seed).shuffle(pile)
    return pile


def decimals(values: ArrayLike) -> list[str]:
    """Return DS strings of at most 16 characters."""
    return [f"{x:.8f}" for x in np.asarray(values, float)]


def position_of(dataset: Dataset) -> NDArray[np.float64]:
    return np.array(dataset.ImagePositionPatient, float)


def copy_of(dataset: Dataset, word: str) -> Dataset:
    """Return a copy with another SOPInstanceUID."""
    return named(deepcopy(dataset), word)


def named(dataset: Dataset, word: str) -> Dataset:
    """Give `dataset` a SOPInstanceUID that follows from the one it has and `word`."""
    dataset.SOPInstanceUID = demo_uid(dataset.SOPInstanceUID, word)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset


def with_pixels(dataset: Dataset, plane: NDArray[Any]) -> Dataset:
    """Put `plane` into `dataset`, with Rows and Columns."""
    dataset.Rows, dataset.Columns = plane.shape[-2:]
    dataset.PixelData = np.ascontiguousarray(plane).astype(plane.dtype.newbyteorder("<")).tobytes()
    return dataset


# Regular series


def regular(
    stored: NDArray[np.int16] | None = None,
    *,
    orientation: Sequence[float] = AXIAL,
    step: Sequence[float] | None = None,
    **options: Any,
) -> list[Dataset]:
    """Return the regular series; `options` go to `dicomview.demo.synthetic.instances`."""
    if step is None:
        step = -STEP * normal_of(orientation)
    options = {"seed": "phantom", "origin": ORIGIN, "spacing": SPACING} | options
    return instances(voxels() if stored is None else stored, orientation=orientation, step=step, **options)


def reversed_numbers() -> list[Dataset]:
    pile = regular()
    for k, ds in enumerate(pile):
        ds.InstanceNumber = str(len(pile) - k)
    return pile


def oblique_orientation() -> tuple[float, ...]:
    turn = turned(23.0, (1, 2, 0.5))
    return (*turn[:, 0], *turn[:, 1])


def oblique(**options: Any) -> list[Dataset]:
    return regular(orientation=oblique_orientation(), **options)


def sagittal(**options: Any) -> list[Dataset]:
    return regular(orientation=SAGITTAL, **options)


def no_instance_number() -> list[Dataset]:
    pile = regular()
    for ds in pile:
        del ds.InstanceNumber
    return pile


def slope_per_slice(**options: Any) -> list[Dataset]:
    """PET-like: slice k has slope ``0.5 + 0.1 * k``, intercept ``-k``."""
    pile = regular(**options)
    for k, ds in enumerate(pile):
        ds.RescaleSlope, ds.RescaleIntercept = f"{0.5 + 0.1 * k:.1f}", str(-k)
    return pile


# Faults of places


def moved(pile: list[Dataset], shift: Callable[[int], Sequence[float]]) -> list[Dataset]:
    """Add ``shift(k)`` mm to the position of slice k."""
    for k, ds in enumerate(pile):
        ds.ImagePositionPatient = decimals(position_of(ds) + np.asarray(shift(k), float))
    return pile


def missing(*gone: int, slices: int = SLICES) -> list[Dataset]:
    """Return the regular series without the slices `gone` (slice 5 when none is said)."""
    return [ds for k, ds in enumerate(regular(voxels(slices))) if k not in (gone or (5,))]


def missing_last() -> list[Dataset]:
    return regular()[:-1]


def tilted(degrees: float = 15.0, stored: NDArray[np.int16] | None = None, **options: Any) -> list[Dataset]:
    """Gantry tilt: 2 mm from slice to slice, `degrees` off the normal, towards +y."""
    angle = np.radians(degrees)
    return regular(stored, step=(0.0, STEP * np.sin(angle), -STEP * np.cos(angle)), **options)


def orientation_jitter(amount: float = 9e-4) -> list[Dataset]:
    """Every other slice is turned in its plane by `amount` radians; 40 x 32 pixels, so that the corners show it."""
    pile = regular(voxels(rows=40, columns=32))
    turn = turned(np.degrees(amount), (0, 0, 1))
    for ds in pile[1::2]:
        ds.ImageOrientationPatient = decimals([*turn[:, 0], *turn[:, 1]])
    return pile


def position_jitter(amount: float = 0.03) -> list[Dataset]:
    """Slices alternate by ``-amount`` and ``+amount`` mm along the step; the first gap is too wide."""
    return moved(regular(), lambda k: (0, 0, amount if k % 2 == 0 else -amount))


def two_spacings(first: float = 2.0, second: float = 5.0, stored: NDArray[np.int16] | None = None) -> list[Dataset]:
    """Six slices `first` mm apart, then six more, each `second` mm after the one before."""
    depth = [first * min(k, 5) + second * max(k - 5, 0) for k in range(SLICES)]
    return moved(regular(stored), lambda k: (0, 0, STEP * k - depth[k]))


def mixed_kernels(*, interleaved: bool = False) -> list[Dataset]:
    """Two reconstructions in one series: other kernel, other spacing, other thickness; no position twice.

    The second, 5 mm apart, begins below the first; `interleaved` moves it between the slices of the first.
    """
    pile = two_spacings()
    if interleaved:
        moved(pile, lambda k: (0, 0, 14.5 if k >= 6 else 0))
    for k, ds in enumerate(pile):
        ds.ConvolutionKernel, ds.SliceThickness = ("B30f", "2") if k < 6 else ("B60f", "5")
    return pile


# Faults of instances


def duplicate_position(*, other_pixels: bool = False) -> list[Dataset]:
    """Slice 4 comes a second time, under its own SOPInstanceUID and the next InstanceNumber."""
    pile = regular()
    double = copy_of(pile[4], "double")
    double.InstanceNumber = str(SLICES + 1)
    if other_pixels:
        with_pixels(double, voxels()[4] + np.int16(7))
    return [*pile, double]


def duplicate_uid(*, other_pixels: bool = False) -> list[Dataset]:
    """Slice 4 comes twice under the same SOPInstanceUID."""
    pile = regular()
    double = deepcopy(pile[4])
    if other_pixels:
        with_pixels(double, voxels()[4] + np.int16(7))
    return [*pile, double]


def other_frame_of_reference() -> list[Dataset]:
    pile = regular()
    pile[5].FrameOfReferenceUID = demo_uid("phantom", "another frame of reference")
    return pile


def other_pixel_spacing() -> list[Dataset]:
    pile = regular()
    for ds in pile[6:]:
        ds.PixelSpacing = ["0.9", "0.9"]
    return pile


def rows_differ() -> list[Dataset]:
    """The last four slices have two rows more."""
    pile = regular()
    for k in range(8, SLICES):
        with_pixels(pile[k], voxels(rows=ROWS + 2)[k])
    return pile


def with_localizer(orientation: Sequence[float] = SAGITTAL, **options: Any) -> list[Dataset]:
    """A scout under the same SeriesInstanceUID, its first pixel where slice 4 has its own, with the same pixels."""
    pile = regular(**options)
    scout = copy_of(pile[4], "scout")
    scout.ImageType = [*scout.ImageType[:2], "LOCALIZER"]
    scout.ImageOrientationPatient = decimals(orientation)
    scout.InstanceNumber = "0"
    return [scout, *pile]


def without_position(datasets: Iterable[Dataset]) -> list[Dataset]:
    """Take position, orientation and frame of reference away."""
    pile = list(datasets)
    for ds in pile:
        for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "FrameOfReferenceUID"):
            if keyword in ds:
                del ds[keyword]
    return pile


def projection() -> list[Dataset]:
    """One computed radiograph."""
    (ds,) = without_position(regular(voxels(1)))
    for keyword in ("PixelSpacing", "SliceThickness", "KVP"):
        del ds[keyword]
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = uids.ComputedRadiographyImageStorage
    ds.Modality, ds.ImageType, ds.ImagerPixelSpacing = "CR", ["DERIVED", "PRIMARY"], ["0.2", "0.2"]
    ds.RescaleType = "US"
    return [ds]


def report() -> Dataset:
    """A structured report that claims to belong to the series."""
    ds = copy_of(regular()[0], "report")
    for element in [e for e in ds if e.tag.group in (0x0028, 0x7FE0)]:
        del ds[element.tag]
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = uids.BasicTextSRStorage
    ds.Modality = "SR"
    return ds


# The same positions more than once


def repeats(*settings: Mapping[str, Any], modality: str = "MR", seed: str = "phantom/repeats") -> list[Dataset]:
    """Return the regular series once for each of `settings` (keyword to value); block b holds ``voxels() + BLOCK * b``.

    InstanceNumber runs on from block to block unless a setting says otherwise; nothing else differs.
    """
    pile = []
    for b, tags in enumerate(settings):
        block = regular(voxels() + np.int16(BLOCK * b), modality=modality, seed=seed)
        for k, ds in enumerate(block):
            ds.InstanceNumber = str(b * SLICES + k + 1)
            for keyword, value in tags.items():
                setattr(ds, keyword, value(k) if callable(value) else value)
            pile.append(named(ds, str(b)))
    return pile


def echoes(*, same_numbers: bool = False) -> list[Dataset]:
    """Two echoes, 10 and 80 ms; with `same_numbers` InstanceNumber starts again in the second, as Siemens has it."""
    number = {"InstanceNumber": lambda k: str(k + 1)} if same_numbers else {}
    return repeats(
        {"EchoTime": "10", "EchoNumbers": "1", **number},
        {"EchoTime": "80", "EchoNumbers": "2", **number},
    )


def time_points() -> list[Dataset]:
    return repeats(*({"TemporalPositionIdentifier": t, "NumberOfTemporalPositions": 2} for t in (1, 2)))


DIFFUSION = ((0.0, None), (1000.0, (1.0, 0.0, 0.0)), (1000.0, (0.0, 1.0, 0.0)), (2000.0, (0.0, 1.0, 0.0)))
"""Neither the b-value nor the gradient alone tells these four apart."""


def diffusion() -> list[Dataset]:
    return repeats(
        *(
            {"DiffusionBValue": b} | ({} if gradient is None else {"DiffusionGradientOrientation": list(gradient)})
            for b, gradient in DIFFUSION
        )
    )


def repetitions(count: int = 3) -> list[Dataset]:
    """Functional MR without a public element that tells the repetitions apart, but InstanceNumber in blocks."""
    return repeats(*({} for _ in range(count)))


def components() -> list[Dataset]:
    """Magnitude and phase by ImageType, and the rescale differs with it."""
    return repeats(
        {"ImageType": ["ORIGINAL", "PRIMARY", "M"]},
        {"ImageType": ["ORIGINAL", "PRIMARY", "P"], "RescaleSlope": "2", "RescaleIntercept": "-4096"},
    )


def echoes_and_components() -> list[Dataset]:
    return repeats(
        *(
            {"EchoTime": echo, "ImageType": ["ORIGINAL", "PRIMARY", component]}
            for echo in ("10", "80")
            for component in ("M", "P")
        )
    )


# Multi-frame objects

_MULTIFRAME = {"CT": uids.EnhancedCTImageStorage, "MR": uids.EnhancedMRImageStorage}
_PER_FRAME = (
    "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness", "RescaleSlope",
    "RescaleIntercept", "RescaleType", "InstanceNumber", "EchoTime", "EchoNumbers", "DiffusionBValue",
    "DiffusionGradientOrientation", "TemporalPositionIdentifier", "AcquisitionNumber", "KVP",
)  # fmt: skip


def item(**elements: Any) -> Dataset:
    ds = Dataset()
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    return ds


def enhanced(frames: Sequence[Dataset], *, stacks: Sequence[str] | None = None) -> list[Dataset]:
    """Return one enhanced multi-frame instance that says what the single-frame instances `frames` say, in that order.

    Orientation and spacing are shared when all frames have the same, as are slope and intercept. `stacks` gives the
    StackID of each frame; without it all are "1".
    """
    ds = copy_of(frames[0], "enhanced")
    for keyword in _PER_FRAME:
        if keyword in ds:
            del ds[keyword]
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = _MULTIFRAME[ds.Modality]
    ds.InstanceNumber, ds.NumberOfFrames = "1", len(frames)
    ds.PixelData = b"".join(frame.PixelData for frame in frames)
    groups = [_groups(frame, place, (stacks or ["1"] * len(frames))[place]) for place, frame in enumerate(frames)]
    shared = Dataset()
    for keyword in ("PixelMeasuresSequence", "PlaneOrientationSequence", "PixelValueTransformationSequence"):
        if keyword in groups[0] and all(keyword in group and group[keyword] == groups[0][keyword] for group in groups):
            shared[keyword] = groups[0][keyword]
            for group in groups:
                del group[keyword]
    ds.SharedFunctionalGroupsSequence, ds.PerFrameFunctionalGroupsSequence = [shared], groups
    return [ds]


def _groups(frame: Dataset, place: int, stack: str) -> Dataset:
    content = item(StackID=stack, InStackPositionNumber=place + 1, DimensionIndexValues=[1, place + 1])
    if "TemporalPositionIdentifier" in frame:
        content.TemporalPositionIndex = frame.TemporalPositionIdentifier
    group = item(
        FrameContentSequence=[content],
        PlanePositionSequence=[item(ImagePositionPatient=frame.ImagePositionPatient)],
        PlaneOrientationSequence=[item(ImageOrientationPatient=frame.ImageOrientationPatient)],
        PixelMeasuresSequence=[item(PixelSpacing=frame.PixelSpacing, SliceThickness=frame.SliceThickness)],
    )
    if "RescaleSlope" in frame:
        rescale = {key: frame[key].value for key in ("RescaleSlope", "RescaleIntercept", "RescaleType") if key in frame}
        group.PixelValueTransformationSequence = [item(**rescale)]
    if "EchoTime" in frame:
        group.MREchoSequence = [item(EffectiveEchoTime=float(frame.EchoTime))]
    if "DiffusionBValue" in frame:
        weight = item(DiffusionBValue=frame.DiffusionBValue, DiffusionDirectionality="NONE")
        if "DiffusionGradientOrientation" in frame:
            weight.DiffusionDirectionality = "DIRECTIONAL"
            direction = item(DiffusionGradientOrientation=frame.DiffusionGradientOrientation)
            weight.DiffusionGradientDirectionSequence = [direction]
        group.MRDiffusionSequence = [weight]
    return group


def two_stack_ids() -> list[Dataset]:
    """One enhanced instance with a head and a spine: the second six frames are sagittal and have their own StackID."""
    head, spine = regular(voxels(6)), regular(voxels(6) + np.int16(BLOCK), orientation=SAGITTAL, origin=(40, 0, -90))
    return enhanced([*head, *spine], stacks=["1"] * 6 + ["2"] * 6)


def _multiframe(stored: NDArray[Any], sop_class: uids.UID, modality: str) -> Dataset:
    ds = copy_of(regular(voxels(1))[0], modality)
    for keyword in ("RescaleSlope", "RescaleIntercept", "RescaleType", "KVP", "SliceThickness", "AcquisitionNumber"):
        del ds[keyword]
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = sop_class
    ds.Modality, ds.NumberOfFrames = modality, len(stored)
    bits = 8 * stored.dtype.itemsize
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = bits, bits, bits - 1, 0
    return with_pixels(ds, stored)


DOSE_OFFSETS = (0.0, 3.0, 6.0, 9.0, 12.0)


def dose(*, absolute: bool = False, offsets: Sequence[float] = DOSE_OFFSETS) -> list[Dataset]:
    """RT Dose, uint32, 0.25 mGy a step; frame f lies ``offsets[f]`` mm from `ORIGIN`, towards the head."""
    ds = _multiframe(voxels(len(offsets)).astype(np.uint32), uids.RTDoseStorage, "RTDOSE")
    ds.ImageType = ["DERIVED", "SECONDARY", "AXIAL"]
    ds.DoseGridScaling, ds.DoseUnits, ds.DoseType, ds.DoseSummationType = "0.00025", "GY", "PHYSICAL", "PLAN"
    ds.FrameIncrementPointer = Tag("GridFrameOffsetVector")
    ds.GridFrameOffsetVector = decimals(np.asarray(offsets) + (ORIGIN[2] if absolute else 0.0))
    return [ds]


def ultrasound() -> list[Dataset]:
    """Five frames, 40 ms apart; a pixel is 0.5 mm high and 0.4 mm wide."""
    (ds,) = without_position([_multiframe(voxels(5).astype(np.uint8), uids.UltrasoundMultiFrameImageStorage, "US")])
    del ds.PixelSpacing
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.FrameIncrementPointer, ds.FrameTime = Tag("FrameTime"), "40"
    region = item(RegionSpatialFormat=1, RegionDataType=1, RegionFlags=0, PhysicalDeltaX=0.04, PhysicalDeltaY=0.05)
    region.RegionLocationMinX0 = region.RegionLocationMinY0 = 0
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = COLUMNS - 1, ROWS - 1
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    ds.SequenceOfUltrasoundRegions = [region]
    return [ds]


def reconstructed_tomo(spacing: float = -3.0) -> list[Dataset]:
    """NM RECON TOMO: the frames follow each other by `spacing` mm along row x column, from the detector's position."""
    ds = _multiframe(voxels(6).astype(np.uint16), uids.NuclearMedicineImageStorage, "NM")
    ds.ImageType = ["ORIGINAL", "PRIMARY", "RECON TOMO", "EMISSION"]
    detector = item(ImagePositionPatient=ds.ImagePositionPatient, ImageOrientationPatient=ds.ImageOrientationPatient)
    del ds.ImagePositionPatient, ds.ImageOrientationPatient
    ds.DetectorInformationSequence, ds.NumberOfDetectors = [detector], 1
    ds.FrameIncrementPointer, ds.SliceVector, ds.NumberOfSlices = Tag("SliceVector"), list(range(1, 7)), 6
    ds.SpacingBetweenSlices, ds.SliceThickness = str(spacing), str(abs(spacing))
    return [ds]
