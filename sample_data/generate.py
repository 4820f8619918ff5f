"""Write the sample series of dicomview: ``python sample_data/generate.py [folder] [--overwrite]``.

Without a folder the series are written beside this file. The same script gives the same bytes on every run; their
checksums are written to ``SHA256SUMS``, to be checked with ``sha256sum -c SHA256SUMS``. Everything is computed from the
shapes in ``phantom_*.py``: there is no patient in these data. What each series holds is told in ``README.md``.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import objects
import phantom_chest
import phantom_head
from phantom_shapes import Plane

from dicomview.demo.synthetic import demo_uid, instances, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray
    from phantom_shapes import Array
    from pydicom.dataset import Dataset

FIRST_SLICE = -40.0  # z of the chest's first slice in LPS, mm: depth 0 of the phantom
CENTRE_Y = 15.0  # the table is in the picture, so the patient is a little above its middle

MR_TAGS: dict[str, Any] = {
    "BodyPartExamined": "HEAD",
    "ProtocolName": "T1 head, oblique (synthetic)",
    "ScanningSequence": "GR",
    "SequenceVariant": "SP",
    "ScanOptions": "",
    "MRAcquisitionType": "2D",
    "RepetitionTime": "500",
    "EchoTime": "8",
    "FlipAngle": "70",
    "MagneticFieldStrength": "1.5",
    "EchoTrainLength": "1",
    "NumberOfAverages": "1",
    "SpacingBetweenSlices": "3",
    "BitsStored": 12,
    "HighBit": 11,
}
CT_TAGS: dict[str, Any] = {
    "BodyPartExamined": "CHEST",
    "ProtocolName": "Chest with contrast (synthetic)",
    "ContrastBolusAgent": "SYNTHETIC",
    "KVP": "120",
    "XRayTubeCurrent": "180",
    "ExposureTime": "500",
    "Exposure": "90",
    "ConvolutionKernel": "SYNTHETIC-B40",
    "ScanOptions": "HELICAL MODE",
    "ReconstructionDiameter": "307.2",
    "GantryDetectorTilt": "0",
    "RotationDirection": "CW",
    "WindowCenter": ["40", "-600"],
    "WindowWidth": ["400", "1500"],
    "WindowCenterWidthExplanation": ["MEDIASTINUM", "LUNG"],
}


def ct_chest() -> list[Dataset]:
    """Return the chest: 60 slices of 256 x 256, regular, head end first."""
    return _large_chest(_stored(_chest(slices=60, size=256, spacing=1.2, step=2.0), spacing=1.2, seed=1))


def _large_chest(stored: NDArray[np.uint16]) -> list[Dataset]:
    """Return the instances of the chest with these pixels."""
    edge = _edge(256, 1.2)
    return instances(
        stored,
        seed="sample-ct-chest/series",
        origin=(edge, edge + CENTRE_Y, FIRST_SLICE),
        step=(0.0, 0.0, -2.0),
        spacing=(1.2, 1.2),
        intercept=-1024.0,
        description="Chest with contrast (synthetic)",
        tags=CT_TAGS,
    )


def mr_head() -> list[Dataset]:
    """Return the head: 40 oblique slices of 128 x 128, 12 bits stored, no window tags, feet end first."""
    slices, size, spacing, step = 40, 128, 1.8, 3.0
    # Turned by -20 degrees about x, as along the base of the skull, and by 8 about z: a head that lies askew.
    row, column = _turned((1.0, 0.0, 0.0)), _turned((0.0, 1.0, 0.0))
    normal = np.cross(row, column)
    middle = np.array([2.0, 0.0, 6.0])
    corner = middle - (size - 1) / 2 * spacing * (row + column) - (slices - 1) / 2 * step * normal
    offsets = np.arange(size) * spacing
    rng = np.random.default_rng(2)
    pictures = []
    for index in range(slices):
        x, y, z = (
            corner[axis] + index * step * normal[axis] + offsets * row[axis] + offsets[:, None] * column[axis]
            for axis in range(3)
        )
        signal = phantom_head.brightness(x, y, z, spacing)
        # A receive coil hears what is near: a mild bias. Magnitude of complex noise: Rician.
        signal *= 1.0 + 0.10 * np.sin(0.011 * x - 0.014 * y) + 0.0012 * z
        noise = 35.0 * rng.standard_normal((2, size, size))
        pictures.append(np.hypot(signal + noise[0], noise[1]))
    return instances(
        np.clip(np.rint(np.stack(pictures)), 0, 4095).astype(np.uint16),
        seed="sample-mr-head/series",
        origin=corner.tolist(),
        orientation=(*row, *column),
        step=(step * normal).tolist(),
        spacing=(spacing, spacing),
        modality="MR",
        description="T1 head, oblique (synthetic)",
        tags=MR_TAGS,
    )


def missing_slice() -> list[Dataset]:
    """Return a small chest of 18 slices without the ninth."""
    return [ds for ds in _small_chest("missing-slice", 18) if int(ds.InstanceNumber) != 9]


def mixed_localizer() -> list[Dataset]:
    """Return a small chest of 16 slices whose series begins with a coronal localizer."""
    datasets = _small_chest("mixed-localizer", 16)
    for ds in datasets:
        ds.InstanceNumber = str(int(ds.InstanceNumber) + 1)
    density = np.clip(_chest(slices=64, size=64, spacing=4.8, step=1.8) / 1000.0 + 1.0, 0.0, None)
    # What a row of X-rays from front to back leaves; the couch is known and taken out.
    shadow = density[:, :52].mean(axis=1)
    stored = np.clip(np.rint(shadow * 1800.0), 0, 4095).astype(np.uint16)[None]
    (localizer,) = instances(
        stored,
        seed="sample-mixed-localizer/series",
        origin=(_edge(64, 4.8), CENTRE_Y, FIRST_SLICE),
        orientation=(1.0, 0.0, 0.0, 0.0, 0.0, -1.0),
        spacing=(1.8, 4.8),
        intercept=-1024.0,
        description="Chest, mixed localizer (synthetic)",
        tags=CT_TAGS
        | {
            "ImageType": ["DERIVED", "PRIMARY", "LOCALIZER"],
            "SOPInstanceUID": demo_uid("sample-mixed-localizer", "localizer"),
            "SliceThickness": "240",
            "ScanOptions": "SCOUT MODE",
            "WindowCenter": "0",
            "WindowWidth": "1600",
            "WindowCenterWidthExplanation": "SCOUT",
        },
    )
    localizer.file_meta.MediaStorageSOPInstanceUID = localizer.SOPInstanceUID
    return [localizer, *datasets]


def gantry_tilt() -> list[Dataset]:
    """Return a small chest whose pictures lean by 15 degrees while the table moved straight: a sheared grid."""
    return _small_chest("gantry-tilt", 18, tilt=15.0)


def chest_objects() -> list[Dataset]:
    """Return what is about the chest: a segmentation, structures, a dose, a presentation state, key images."""
    images = _large_chest(np.zeros((60, 256, 256), np.uint16))
    return [
        objects.segmentation(images, _plane_of),
        objects.structures(images),
        objects.dose(images),
        objects.presentation(images),
        objects.key_images(images),
    ]


def _plane_of(index: int) -> Plane:
    """Return the places of the pixels of a slice of the chest."""
    offsets: Array = (np.arange(256, dtype=float) - 255 / 2) * 1.2
    return Plane(offsets[None, :], CENTRE_Y + offsets[:, None], np.full((256, 1), 2.0 * index), 1.2)


SERIES: dict[str, Callable[[], list[Dataset]]] = {
    "ct_chest": ct_chest,
    "mr_head": mr_head,
    "chest_objects": chest_objects,
    "broken/missing_slice": missing_slice,
    "broken/mixed_localizer": mixed_localizer,
    "broken/gantry_tilt": gantry_tilt,
}


def _edge(size: int, spacing: float) -> float:
    """Return the first of `size` places around 0, mm."""
    return -(size - 1) / 2 * spacing


def _turned(direction: tuple[float, float, float]) -> Array:
    """Return a direction turned by -20 degrees about x, then by 8 about z."""
    x, y, z = direction
    a, b = np.radians(-20.0), np.radians(8.0)
    y, z = y * np.cos(a) - z * np.sin(a), y * np.sin(a) + z * np.cos(a)
    return np.array([x * np.cos(b) - y * np.sin(b), x * np.sin(b) + y * np.cos(b), z])


def _small_chest(name: str, slices: int, *, tilt: float = 0.0) -> list[Dataset]:
    """Return a coarse cut of the chest: 64 x 64 pixels of 4.8 mm, slices 6 mm apart."""
    size, spacing, step = 64, 4.8, 6.0
    values = _chest(slices=slices, size=size, spacing=spacing, step=step, tilt=tilt)
    down, lean = np.cos(np.radians(tilt)), -np.sin(np.radians(tilt))
    first = _edge(size, spacing)
    return instances(
        _stored(values, spacing=spacing, seed=3),
        seed=f"sample-{name}/series",
        origin=(first, CENTRE_Y + first * down, FIRST_SLICE + first * lean),
        orientation=(1.0, 0.0, 0.0, 0.0, down, lean),
        step=(0.0, 0.0, -step),
        spacing=(spacing, spacing),
        intercept=-1024.0,
        description=f"Chest, {name.replace('-', ' ')} (synthetic)",
        tags=CT_TAGS | {"GantryDetectorTilt": f"{tilt:g}"},
    )


def _chest(*, slices: int, size: int, spacing: float, step: float, tilt: float = 0.0) -> Array:
    """Return the chest without noise, HU; `tilt` in degrees leans the back of every picture towards the feet."""
    chest = phantom_chest.build()
    offsets: Array = (np.arange(size, dtype=float) - (size - 1) / 2) * spacing
    x = offsets[None, :]
    y = CENTRE_Y + offsets[:, None] * np.cos(np.radians(tilt))
    lean = offsets[:, None] * np.sin(np.radians(tilt))  # the back of each picture nearer to the feet
    pictures = []
    for index in range(slices):
        plane = Plane(x, y, index * step + lean, spacing)
        # Two levels in each slice: slanted surfaces then show partial volume, as in a real slice of some thickness.
        pictures.append(
            sum(phantom_chest.hounsfield(chest, plane.lowered(step * part)) for part in (-0.25, 0.25)) / 2.0
        )
    return np.stack(pictures)


def _stored(values: Array, *, spacing: float, seed: int) -> NDArray[np.uint16]:
    """Add a scanner's noise to Hounsfield units and return them as stored values (HU + 1024)."""
    rng = np.random.default_rng(seed)
    size = values.shape[-1]
    # Fewer photons reach the middle of the body than its rim.
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    level = 8.0 + 5.0 * np.exp(-((np.hypot(x / 1.3, y) * spacing / 75.0) ** 2))
    noisy = np.empty_like(values)
    for index, picture in enumerate(values):
        white = rng.standard_normal((size + 2, size + 2))
        # Neighbours share some noise, as after a reconstruction filter. 0.5, 0.125 ...: sd 0.586.
        grain = 0.5 * white[1:-1, 1:-1] + 0.125 * (
            white[:-2, 1:-1] + white[2:, 1:-1] + white[1:-1, :-2] + white[1:-1, 2:]
        )
        noisy[index] = picture + level * grain / np.sqrt(0.5**2 + 4 * 0.125**2)
    return np.clip(np.rint(noisy) + 1024.0, 0, 4095).astype(np.uint16)


def generate(folder: Path, *, names: Iterable[str] | None = None, overwrite: bool = False) -> list[Path]:
    """Write the series into `folder` and return the paths of the files.

    Parameters
    ----------
    folder : Path
        Each series gets its own folder in it.
    names : iterable of str, optional
        Which series of `SERIES`; all of them when absent.
    overwrite : bool
        Replace files of the same names.

    Raises
    ------
    FileExistsError
        A series is there already and `overwrite` is false. Nothing has been written then.
    """
    wanted = list(SERIES if names is None else names)
    if not overwrite:
        for name in wanted:
            if any((folder / name).glob("*.dcm")):
                raise FileExistsError(f"{folder / name} holds DICOM files already; --overwrite replaces them.")
    paths = []
    for name in wanted:
        for ds in SERIES[name]():
            kind = ds.Modality.lower()
            file_name = f"{int(ds.InstanceNumber):04d}.dcm" if kind in ("ct", "mr") else f"{kind}.dcm"
            (folder / name / file_name).unlink(missing_ok=True)
            paths += write([ds], folder / name, name=file_name)
    return paths


def checksums(folder: Path, paths: Iterable[Path]) -> str:
    """Return the text of SHA256SUMS for `paths`, named from `folder` and sorted."""
    names = sorted(path.relative_to(folder).as_posix() for path in paths)
    return "".join(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names)


def main(arguments: list[str] | None = None) -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description="Write the synthetic sample series of dicomview.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent, help="default: beside this file")
    parser.add_argument("--overwrite", action="store_true", help="replace files that are there")
    options = parser.parse_args(arguments)
    sums = options.folder / "SHA256SUMS"
    try:
        if sums.exists() and not options.overwrite:
            raise FileExistsError(f"{sums} is there already; --overwrite replaces it and the series beside it.")
        paths = generate(options.folder, overwrite=options.overwrite)
    except FileExistsError as error:
        print(error, file=sys.stderr)
        return 1
    sums.write_text(checksums(options.folder, paths), encoding="utf-8", newline="\n")
    print(f"{len(paths)} files, {sum(path.stat().st_size for path in paths) / 1e6:.1f} MB in {options.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
