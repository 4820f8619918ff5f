"""Who takes part in the scan benchmark: the same files and attributes, read in the ways there are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pydicom
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

import dicomview as dv
from dicomview.elements import flatten, stored
from dicomview.files import ATTRIBUTES, Glancer, Location, ahead, outline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["ELEMENTS", "READERS", "ROWS", "VOLUMES", "frame_of", "many_elements"]

_KEYWORDS = [attribute.keyword for attribute in ATTRIBUTES]
_ASKED = ["InstanceNumber", "KVP", "SliceLocation", "ImagePositionPatient", "AcquisitionTime", "Modality"]
_ASKED += ["SOPInstanceUID", "XRayTubeCurrent"]


# --- headers ----------------------------------------------------------------------------------------------------------


def _floor(paths: Sequence[str]) -> None:
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        os.pread(descriptor, 8192, 0)
        os.close(descriptor)


def _dicomview(paths: Sequence[str]) -> list[Any]:
    glancer = Glancer()
    return [glancer(one) for one in ahead([Location(path, path) for path in paths])]


def _pydicom(paths: Sequence[str]) -> list[dict[str, Any]]:
    rows = []
    for path in paths:
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
        row = {keyword: dataset.get(keyword) for keyword in _KEYWORDS[1:]}
        row["TransferSyntaxUID"] = dataset.file_meta.get("TransferSyntaxUID")
        rows.append(row)
    return rows


def _gdcm(paths: Sequence[str]) -> list[dict[str, Any]]:
    import gdcm

    scanner = gdcm.Scanner()
    tags = [gdcm.Tag(one.tag >> 16, one.tag & 0xFFFF) for one in ATTRIBUTES]
    for tag in tags:
        scanner.AddTag(tag)
    scanner.Scan(list(paths))
    return [{word: scanner.GetValue(path, tag) for word, tag in zip(_KEYWORDS, tags, strict=True)} for path in paths]


def _dicomsdl(paths: Sequence[str]) -> list[Any]:
    import dicomsdl

    return [dicomsdl.open(path, 0x7FE00000).getValues(_KEYWORDS) for path in paths]


READERS: dict[str, Callable[[Sequence[str]], Any]] = {
    "dicomview": _dicomview,
    "pydicom": _pydicom,
    "gdcm": _gdcm,
    "dicomsdl": _dicomsdl,
    "floor": _floor,
}
"""Attributes of headers."""


def frame_of(reader: str) -> Callable[[Path, Sequence[str]], pd.DataFrame]:
    """Return the way from a folder to a table that one of `READERS` makes possible."""
    read = READERS[reader]

    def whole(folder: Path, paths: Sequence[str]) -> pd.DataFrame:
        return pd.DataFrame(read([str(path) for path in sorted(folder.rglob("*")) if path.is_file()]))

    return whole


# --- tables -----------------------------------------------------------------------------------------------------------


def _asked_of_pydicom(folder: Path, paths: Sequence[str]) -> pd.DataFrame:
    read = (pydicom.dcmread(path, stop_before_pixels=True) for path in paths)
    return pd.DataFrame([{keyword: dataset.get(keyword) for keyword in _ASKED} for dataset in read])


def _forgotten(ask: Callable[[], Any]) -> Any:
    """Return the answer of one who has not met these files in the repetition before."""
    flatten._sequences.clear()
    for memory in (stored._plain, outline._numbers, outline._texts):
        memory.cache_clear()
    return ask()


ROWS: dict[str, Callable[[Path, Sequence[str]], Any]] = {
    "dicomview": lambda folder, paths: _forgotten(lambda: dv.tags(folder, _ASKED)),
    "pydicom": _asked_of_pydicom,
}
"""A table with one row per slice."""


def many_elements(path: Path) -> int:
    """Write a data set of three thousand elements and return how many they are."""
    beams = []
    for number in range(20):
        beam = Dataset()
        beam.BeamNumber, beam.BeamName, beam.TreatmentMachineName = number, f"Beam {number}", "Synthetic"
        points = []
        for place in range(29):
            point = Dataset()
            point.ControlPointIndex, point.GantryAngle, point.CumulativeMetersetWeight = place, f"{place}.5", "0.25"
            point.IsocenterPosition, point.NominalBeamEnergy = ["1.5", "-20.25", "3"], "6"
            points.append(point)
        beam.ControlPointSequence = Items(points)
        beams.append(beam)
    plan = pydicom.dcmread(str(pydicom.data.get_testdata_file("CT_small.dcm")), stop_before_pixels=True)
    plan.BeamSequence = Items(beams)
    plan.save_as(path)
    return sum(1 for _ in pydicom.dcmread(path).iterall())


def _touched(folder: Path, paths: Sequence[str]) -> int:
    return sum(element.value is not None for element in pydicom.dcmread(folder).iterall())


ELEMENTS: dict[str, Callable[[Path, Sequence[str]], Any]] = {
    "dicomview": lambda path, paths: _forgotten(lambda: dv.tags(path)),
    "pydicom": _touched,
}
"""All elements of one file at any depth: a table of them; pydicom's every element touched."""


# --- volumes ----------------------------------------------------------------------------------------------------------


def _of_pydicom(folder: Path, paths: Sequence[str]) -> np.ndarray[Any, Any]:
    slices = sorted(map(pydicom.dcmread, paths), key=lambda one: one.ImagePositionPatient[2])
    volume = np.empty((len(slices), slices[0].Rows, slices[0].Columns), np.float32)
    for place, one in enumerate(slices):
        volume[place] = one.pixel_array * float(one.RescaleSlope) + float(one.RescaleIntercept)
    return volume


def _of_simpleitk(folder: Path, paths: Sequence[str]) -> np.ndarray[Any, Any]:
    import SimpleITK

    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(Path(paths[0]).parent)))
    return np.asarray(SimpleITK.GetArrayFromImage(reader.Execute()), np.float32)


def _of_highdicom(folder: Path, paths: Sequence[str]) -> np.ndarray[Any, Any]:
    import highdicom

    volume = highdicom.get_volume_from_series([pydicom.dcmread(path) for path in paths], dtype=np.float32)
    return np.asarray(volume.array)


VOLUMES: dict[str, Callable[[Path, Sequence[str]], Any]] = {
    "dicomview": lambda folder, paths: dv.read_series(folder).volume().array,
    "pydicom": _of_pydicom,
    "simpleitk": _of_simpleitk,
    "highdicom": _of_highdicom,
}
"""From the files of a series to HU in a float32 array."""
