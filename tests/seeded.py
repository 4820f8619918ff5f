"""Files with a secret in every place that one can be in; the oracle is a plain search of bytes."""

from __future__ import annotations

import warnings
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import phantoms
from pydicom import config, dcmwrite
from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag

from dicomview.elements import rules

if TYPE_CHECKING:
    from pathlib import Path

NAME = "ZEBRAWITZ"
KEY = "a key of the tests, long enough"
# What has to be right for the file to be an instance at all; seeded by UIDs of their own.
STRUCTURE = {"SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "SpecificCharacterSet"}
NUMBERS = {"FL": 31.25, "FD": 31.25, "SL": 3, "SS": 3, "UL": 3, "US": 3, "SV": 3, "UV": 3, "AT": 3}
BYTES = {"OB", "OW", "OF", "OD", "OL", "OV", "UN"}
UNLISTED = {
    0x00080008: "CS",  # ImageType
    0x00181210: "SH",  # ConvolutionKernel
    0x00081090: "LO",  # ManufacturerModelName
    0x00700081: "LO",  # ContentDescription
    0x00620006: "ST",  # SegmentDescription
    0x00080119: "UC",  # LongCodeValue
    0x00080120: "UR",  # URNCodeValue
    0x0040A160: "UT",  # TextValue
    0x00282000: "OB",  # ICCProfile
    0x00181151: "IS",  # XRayTubeCurrent
    0x00180050: "DS",  # SliceThickness
}


class Seeds:
    """Gives each attribute a secret of its own, and remembers all of them."""

    def __init__(self) -> None:
        self.secrets: dict[bytes, str] = {}

    def _next(self, where: str, form: str) -> str:
        text = form.format(len(self.secrets))
        self.secrets[text.encode()] = where
        return text

    def element(self, tag: int, vr: str, where: str) -> DataElement:
        value: Any
        if vr == "SQ":
            item = Dataset()
            item.add(self.element(0x00080104, "LO", f"{where} CodeMeaning"))
            item.add(self.element(0x00100010, "PN", f"{where} PatientName"))
            value = Sequence([item])
        elif vr in NUMBERS:
            value = NUMBERS[vr]
        elif vr in BYTES:
            value = self._next(where, "ZQ{:05d}XK").encode() + bytes(7)
        elif vr in ("DA", "DT", "TM", "DS", "IS", "AS"):
            number = len(self.secrets)
            forms = {
                "DA": f"18{number // 336 % 90 + 10:02}{number // 28 % 12 + 1:02}{number % 28 + 1:02}",
                "DT": f"17{number // 336 % 90 + 10:02}{number // 28 % 12 + 1:02}{number % 28 + 1:02}101112",
                "TM": f"{number // 3600 % 24:02}{number // 60 % 60:02}{number % 60:02}.771{number % 1000:03}",
                "DS": f"{7_710_000 + number}",
                "IS": f"{7_710_000 + number}",
                "AS": f"{number % 900 + 100}Y",
            }
            value = self._next(where, forms[vr])
        else:
            value = self._next(where, {"UI": "1.2.77.{}.771"}.get(vr, "ZQ{:05d}XK"))
        return DataElement(tag, vr, value, validation_mode=config.IGNORE)

    def fill(self, dataset: Dataset, where: str) -> Dataset:
        """Add every attribute of Table E.1-1, but those of commands and file meta information."""
        for digits in rules():
            tag = int(digits.replace("x", "0"), 16) | (0x00103000 if digits.startswith("50") else 0)
            group = tag >> 16
            if group in (0x0000, 0x0002) or keyword_for_tag(tag) in STRUCTURE:
                continue
            vr = dictionary_VR(tag)[:2] if dictionary_has_tag(tag) else "LO"
            dataset.add(self.element(tag, vr, f"{where} {digits}"))
        return dataset

    def private(self, dataset: Dataset, where: str) -> Dataset:
        """Add a private block of all kinds of values, and an element of a block that nobody has reserved."""
        block = dataset.private_block(0x0011, "ACME 1.1", create=True)
        for offset, vr in enumerate(("LO", "UT", "PN", "ST", "UN", "OB", "SQ", "UI", "DA"), 1):
            dataset.add(self.element(block.get_tag(offset), vr, f"{where} private {vr}"))
        deep = Dataset()
        deep.private_block(0x0013, "ACME 1.2", create=True)
        deep.add(self.element(0x00131001, "LO", f"{where} private deep"))
        deep.add(self.element(0x0008103E, "LO", f"{where} below private"))
        dataset.add(DataElement(block.get_tag(0x20), "SQ", Sequence([deep])))
        dataset.add(self.element(0x00154001, "LO", f"{where} private without creator"))
        return dataset


def unlisted(dataset: Dataset) -> Dataset:
    """Write the patient's name into attributes that the table does not list, one of each text VR."""
    for tag, vr in UNLISTED.items():
        value = f"KNEE OF {NAME} ".encode()
        dataset[tag] = RawDataElement(BaseTag(tag), vr, len(value), value, 0, False, True)  # no number at all, of some
    return dataset


def base(number: int = 0) -> Dataset:
    """Return one slice of a phantom of a patient with a telling name."""
    dataset = deepcopy(phantoms.regular()[number])
    dataset.PatientName, dataset.PatientID = f"{NAME}^Quentin", "QX-447193"
    dataset.PatientBirthDate, dataset.StudyDate, dataset.AccessionNumber = "19610704", "20190318", "ACC7731992"
    dataset.ReferringPhysicianName = "Ölbaumé^Zoë"
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.BurnedInAnnotation = "NO"
    return dataset


def write(dataset: Dataset, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom finds the seeds odd
        dcmwrite(path, dataset, enforce_file_format=True)
    return path
