"""Family P of the audit, what is seen in the pixels: only when asked, and each check on a series with that fault."""

from __future__ import annotations

from typing import Any

import numpy as np
import phantoms
import pytest
from faults import changed, found, table, undecided
from oracles import jpeg_slices
from pydicom.encaps import encapsulate


def with_plane(place: int, plane: Any, **elements: Any) -> Any:
    def make() -> Any:
        pile = sound()
        phantoms.with_pixels(pile[place], np.asarray(plane, np.int16))
        for keyword, value in elements.items():
            setattr(pile[place], keyword, value)
        return pile

    return make


def sound() -> Any:
    """Return a CT with air in every picture."""
    stored = phantoms.voxels()
    stored[:, 0, 1:4] = -1000
    return phantoms.regular(stored)


def bordered(**elements: Any) -> Any:
    def make() -> Any:
        stored = phantoms.voxels()
        stored[:, [0, -1]] = stored[:, :, [0, -1]] = -2000
        pile = phantoms.regular(stored)
        for one in pile:
            for keyword, value in elements.items():
                setattr(one, keyword, value)
        return pile

    return make


PLANE = phantoms.voxels()[0] - 500
FAULTS = {
    "outside the announced range": ("P02", with_plane(3, PLANE, LargestImagePixelValue=-450)),
    "a blank slice": ("P03", with_plane(3, np.full_like(PLANE, -1000))),
    "a border": ("P04", bordered()),
    "no air": ("P09", with_plane(3, PLANE + 500)),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_and_nothing_else(fault: str) -> None:
    check, make = FAULTS[fault]
    assert found(make(), pixels=True) == {check}
    assert found(make()) == set()  # nothing is decoded unasked
    assert found(make(), checks=check) == {check}  # a check that is named is asked for
    assert found(make(), checks="P") == set()


@pytest.mark.parametrize(
    "make",
    [sound, bordered(PixelPaddingValue=-2000), lambda: phantoms.regular(modality="MR"),
     with_plane(3, PLANE, SmallestImagePixelValue=-500, LargestImagePixelValue=500)],
)  # fmt: skip
def test_what_is_allowed_is_no_finding(make: Any) -> None:
    assert found(make(), pixels=True) == set()


def test_pixels_that_cannot_be_decoded_cannot_be_judged() -> None:
    pile = jpeg_slices(4)
    pile[2].PixelData = encapsulate([b"\xff\xd8 no picture \xff\xd9"])
    assert undecided(pile, pixels=True) == {"P02", "P03", "P04", "P09"}
    rows = table(pile, checks="P03")
    assert rows["files"].tolist() == [("dataset 2",)]
    assert rows["severity"].tolist() == ["info"]


def test_what_was_not_looked_at_is_said() -> None:
    findings = table(changed()())
    assert any("P03" in one and "pixels=True" in one for one in findings.attrs["not_looked_at"])
    assert not any("pixels" in one for one in table(sound(), pixels=True).attrs["not_looked_at"])
