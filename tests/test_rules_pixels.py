"""Family P of the audit: each check on a series with that fault, and on one without."""

from __future__ import annotations

import phantoms
import pytest
from faults import changed, found, table
from oracles import jpeg_slices, put_raw


def test_a_sound_series_has_no_findings() -> None:
    assert found(phantoms.regular()) == set()
    assert found(phantoms.regular(modality="MR")) == set()


FAULTS = {
    "stored above allocated": ("P01", changed(0, BitsStored=17, HighBit=16)),
    "high bit": ("P01", changed(HighBit=14)),
    "unknown photometric": ("P05", changed(PhotometricInterpretation="GREY")),
    "grey of three samples": ("P05", changed(PhotometricInterpretation="RGB")),
    "no palette": ("P05", changed(PhotometricInterpretation="PALETTE COLOR")),
    "lossy without ratio": (
        "P06",
        changed(LossyImageCompression="01", LossyImageCompressionMethod="ISO_10918_1"),
    ),
    "CT without slope": ("P07", changed(RescaleSlope=None)),
    "slope of 0": ("P07", changed(RescaleSlope="0")),
    "slopes": ("P08", phantoms.slope_per_slice),
    "width of 0.5": ("P10", changed(WindowCenter="40", WindowWidth="0.5")),
    "graphics": ("P11", changed(GraphicAnnotationSequence=[phantoms.item(GraphicLayer="TEXT")])),
    "second width of 0": ("P10", changed(WindowCenter=["40", "40"], WindowWidth=["400", "0"])),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_and_nothing_else(fault: str) -> None:
    check, make = FAULTS[fault]
    assert found(make()) == {check}


def test_p08_names_what_varies() -> None:
    assert table(phantoms.slope_per_slice())["path"].tolist() == ["RescaleSlope"]
    assert table(changed(2, RescaleIntercept="-1000")())["path"].tolist() == ["RescaleIntercept"]


def test_overlay_planes_are_told() -> None:
    pile = phantoms.regular()
    put_raw(pile[3], 0x60000010, "US", b"\x0a\0")
    assert found(pile) == {"P11"}


def test_a_lossy_transfer_syntax_says_so_or_is_found() -> None:
    assert "P06" in found(jpeg_slices(4))
    declared = jpeg_slices(4)
    for one in declared:
        one.LossyImageCompression, one.LossyImageCompressionRatio = "01", "4"
        one.LossyImageCompressionMethod = "ISO_10918_1"
    assert "P06" not in found(declared)


@pytest.mark.parametrize(("width", "function"), [("1", "LINEAR"), ("0.5", "LINEAR_EXACT"), ("0.5", "SIGMOID")])
def test_p10_a_width_that_the_function_allows_is_no_finding(width: str, function: str) -> None:
    assert found(changed(WindowCenter="40", WindowWidth=width, VOILUTFunction=function)()) == set()


@pytest.mark.parametrize("width", ["0.99", "0", "-5"])
def test_p10_a_width_below_one_is_a_finding(width: str) -> None:
    (row,) = table(changed(3, 4, WindowCenter="40", WindowWidth=width)()).itertuples()
    assert (row.check, row.severity, row.path, row.value) == ("P10", "warning", "WindowWidth", width)
    assert (row.expected, row.n, row.files) == ("1 or more", 2, ("dataset 3", "dataset 4"))
    assert row.where == phantoms.regular()[0].SeriesInstanceUID


def test_p10_a_width_in_the_groups_of_a_frame_is_found_once() -> None:
    (one,) = phantoms.enhanced(phantoms.regular())
    for group in one.PerFrameFunctionalGroupsSequence:
        group.FrameVOILUTSequence = [phantoms.item(WindowCenter="40", WindowWidth="0.2")]
    findings = table(one, checks="P")
    assert findings["check"].tolist() == ["P10"]
    assert findings.loc[0, "path"] == "PerFrameFunctionalGroupsSequence.FrameVOILUTSequence.WindowWidth"


MALFORMED: list[tuple[int, bytes, str]] = [
    (0x00281050, b"1.#QNAN ", "WindowCenter"),
    (0x00281051, b"1,5 ", "WindowWidth"),
    (0x00281053, b"1.#INF", "RescaleSlope"),
    (0x00281052, b"none", "RescaleIntercept"),
    (0x00200013, b"7a", "InstanceNumber"),
]


@pytest.mark.parametrize(("tag", "bad", "keyword"), MALFORMED)
def test_p25_a_malformed_number_is_a_finding(tag: int, bad: bytes, keyword: str) -> None:
    pile = changed(WindowCenter="40", WindowWidth="400")()
    put_raw(pile[5], tag, "IS" if keyword == "InstanceNumber" else "DS", bad)
    rows = table(pile).query("check == 'V14'")
    assert rows[["path", "value", "n"]].to_numpy().tolist() == [[keyword, bad.decode().strip(), 1]]
    assert rows["files"].tolist() == [("dataset 5",)]


@pytest.mark.parametrize("sound", [b"", b"1e3 ", b" 40.50", b"-.5", b"+7\\8.", b"0 "])
def test_p25_what_is_a_number_is_no_finding(sound: bytes) -> None:
    pile = phantoms.regular()
    put_raw(pile[5], 0x00281050, "DS", sound)
    assert found(pile) == set()


def test_pixels_are_not_looked_at() -> None:
    """An audit of headers is quick, and a codestream nobody can decode is not its business."""
    pile = jpeg_slices(4)
    for one in pile:
        one.PixelData = b"\xfe\xff\x00\xe0\0\0\0\0" + b"\xfe\xff\x00\xe0\x04\0\0\0abcd"
    assert found(pile) <= {"P06"}
