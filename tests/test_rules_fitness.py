"""Family D of the audit: sets of series, each with one fault, and a set without."""

from __future__ import annotations

from typing import Any

import phantoms
import pytest
from faults import found, table


def patients(count: int = 12, **elements: Any) -> list[Any]:
    """Return one small series of each of `count` patients; an element may be a function of the patient's number."""
    settings = {
        "PatientSex": lambda n: "MF"[n % 2],
        "PatientAge": lambda n: f"{30 + n // 2:03d}Y",
        "Manufacturer": lambda n: f"maker {n % 3}",
        "ManufacturerModelName": lambda n: f"model {n % 4}",
        "BodyPartExamined": lambda n: ("CHEST", "ABDOMEN")[n % 2],
        "ConvolutionKernel": lambda n: f"B{n % 3}",
    } | elements
    pile = []
    for n in range(count):
        tags = {name: value(n) if callable(value) else value for name, value in settings.items()}
        spacing = tags.pop("spacing", (0.8, 0.7))
        tags |= {"PatientID": f"FICTITIOUS-{n:04d}", "SeriesDescription": f"series {n // 2}"}
        tags = {name: value for name, value in tags.items() if value is not None}
        pile += phantoms.regular(phantoms.voxels(4, 4, 4), seed=f"patient {n}/series", spacing=spacing, tags=tags)
    return pile


FAULTS = {
    "a kernel that some have": ("D01", {"ConvolutionKernel": lambda n: "B0" if n % 3 else None}),
    "one sex": ("D02", {"PatientSex": "F"}),
    "a number for each patient": ("D02", {"DeviceSerialNumber": lambda n: f"17-{n}"}),
    "one maker of most": ("D03", {"Manufacturer": lambda n: "another" if n == 3 else "maker"}),
    "large voxels": ("D05", {"spacing": lambda n: (4.0, 4.0) if n == 3 else (0.8, 0.7)}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_and_nothing_else(fault: str) -> None:
    check, elements = FAULTS[fault]
    assert found(patients(**elements)) == {check}


def test_a_balanced_set_and_a_small_one_have_no_findings() -> None:
    assert found(patients()) == set()
    assert found(patients(5, PatientSex="F", ConvolutionKernel=lambda n: "B0" if n else None)) == set()


def test_proportions_are_told_and_no_words_of_anybody() -> None:
    (row,) = table(patients(PatientSex=lambda n: "O" if n == 3 else "F"), checks="D03").itertuples()
    assert (row.path, row.value, row.level) == ("PatientSex", "92% F", "dataset")
    (row,) = table(patients(Manufacturer=lambda n: "another" if n == 3 else "maker"), checks="D03").itertuples()
    assert row.value == "92%"
    (row,) = table(patients(ConvolutionKernel=lambda n: "B0" if n % 3 else None), checks="D01").itertuples()
    assert row.value == "67% of 12, missing with 1 of 3 manufacturers"
    assert row.n == 4
