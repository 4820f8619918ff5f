"""Where the header keeps what holds for one frame, and what becomes of malformed values."""

from __future__ import annotations

import logging
import threading
from typing import Any

import numpy as np
import pytest
from oracles import header, put_raw, tags
from pydicom.dataset import Dataset

from dicomview.pixels import FrameTags, file_windows, rescale_of


def transformation(slope: object, **more: Any) -> Dataset:
    inner = header(RescaleSlope=slope, **more)
    return header(PixelValueTransformationSequence=[inner])


def test_per_frame_wins_over_shared_wins_over_top_level() -> None:
    dataset = header(RescaleSlope="1", RescaleIntercept="11", RescaleType="TOP")
    dataset.SharedFunctionalGroupsSequence = [transformation("2", RescaleIntercept="22")]
    dataset.PerFrameFunctionalGroupsSequence = [transformation("3"), transformation("4"), Dataset()]
    assert [FrameTags(dataset, k).number("RescaleSlope") for k in range(4)] == [3, 4, 2, 2]
    first = FrameTags(dataset)
    assert (first.number("RescaleIntercept"), first.text("RescaleType")) == (22, "TOP")


def test_shared_groups_alone_are_read_too() -> None:
    dataset = header(SharedFunctionalGroupsSequence=[transformation("2")])
    assert FrameTags(dataset).number("RescaleSlope") == 2
    assert not FrameTags(dataset).multiframe


@pytest.mark.parametrize("empty", [None, ""])
def test_an_empty_per_frame_value_leaves_the_shared_one(empty: object) -> None:
    dataset = header(SharedFunctionalGroupsSequence=[transformation("2")])
    dataset.PerFrameFunctionalGroupsSequence = [transformation(empty)]
    assert FrameTags(dataset).number("RescaleSlope") == 2


def test_nested_sequences_are_looked_into_and_the_shallower_value_wins() -> None:
    deep = header(DiffusionGradientOrientation=[0, 0, 1], RescaleSlope="99")
    diffusion = header(DiffusionBValue=1000, DiffusionGradientDirectionSequence=[deep])
    item = transformation("3")
    item.MRDiffusionSequence = [diffusion]
    one = FrameTags(header(PerFrameFunctionalGroupsSequence=[item]))
    assert one.number("DiffusionBValue") == 1000
    assert one.numbers("DiffusionGradientOrientation") == (0, 0, 1)
    assert one.number("RescaleSlope") == 3


def test_an_older_header_in_a_private_sequence_is_not_taken_for_the_frame() -> None:
    item = transformation("3")
    item.add_new(0x20050010, "LO", "Philips MR Imaging DD 005")
    item.add_new(0x2005100F, "SQ", [header(RescaleSlope="99", WindowCenter="7")])
    one = FrameTags(header(PerFrameFunctionalGroupsSequence=[item], WindowCenter="5"))
    assert (one.number("RescaleSlope"), one.number("WindowCenter")) == (3, 5)


def test_a_damaged_element_does_not_hide_its_neighbours() -> None:
    broken = put_raw(header(WindowWidth="400"), 0x00189074, "FD", b"\1\2\3")  # an FD of three bytes
    item = transformation("3")
    item.FrameVOILUTSequence = [broken]
    one = FrameTags(header(PerFrameFunctionalGroupsSequence=[item], RescaleSlope="1"))
    for _ in range(2):  # asked again, it says the same
        assert one.number("WindowWidth") == 400
        assert one.number("RescaleSlope") == 3
        assert one.get("FrameReferenceDateTime") is None


def test_windows_and_rescale_of_an_enhanced_frame() -> None:
    item = transformation("2", RescaleIntercept="-10", RescaleType="HU")
    item.FrameVOILUTSequence = [header(WindowCenter=["40", "50"], WindowWidth=["400", "80"])]
    one = FrameTags(header(PerFrameFunctionalGroupsSequence=[Dataset(), item], Modality="CT"), 1)
    assert rescale_of(one).apply(np.array([5])).tolist() == [0]
    assert rescale_of(one).unit == "HU"
    assert [w.width for w in file_windows(one)] == [400, 80]


def test_two_threads_may_ask_the_same_frame() -> None:
    item = Dataset()
    item.PixelValueTransformationSequence = [header(RescaleSlope="3")]
    for _ in range(20):
        one = FrameTags(header(PerFrameFunctionalGroupsSequence=[item], RescaleSlope="1"))
        heard: list[float | None] = []

        def ask(one: FrameTags = one, heard: list[float | None] = heard) -> None:
            heard.append(one.number("RescaleSlope"))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert heard == [3] * 4


@pytest.mark.parametrize(
    "value", [b"", b"  ", b"abc", b"1,5", b"1.#QNAN", b"\xff\xfe", b"12345678901234567890x", b"1\\x"]
)
@pytest.mark.parametrize("vr", ["DS", "IS"])
def test_malformed_numbers_read_as_absent_without_a_word(
    value: bytes, vr: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    # Warnings are errors here; what pydicom logs, it would also print.
    with caplog.at_level(logging.DEBUG):
        one = FrameTags(put_raw(Dataset(), 0x00281053 if vr == "DS" else 0x00280008, vr, value))
        keyword = "RescaleSlope" if vr == "DS" else "NumberOfFrames"
        assert one.numbers(keyword) == ()
        assert one.number(keyword) is None
        assert one.number(keyword, 7) == 7
        assert one.integer(keyword, 3) == 3
    assert caplog.text == ""
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("vr", "value"), [("US", b"\1"), ("US", b""), ("FD", b"\0" * 7), ("SQ", b"junk"), ("OW", b"\1")]
)
def test_rows_of_any_kind_never_raise(vr: str, value: bytes) -> None:
    one = FrameTags(put_raw(Dataset(), 0x00280010, vr, value))
    assert one.integer("Rows") == 0
    assert isinstance(one.text("Rows"), str)


@pytest.mark.parametrize("groups", [b"", b"\xfe\xff\x00\xe0", b"junk junk junk"])
def test_damaged_functional_groups_leave_the_top_level(groups: bytes) -> None:
    dataset = put_raw(header(RescaleSlope="5"), 0x52009230, "SQ", groups)
    assert FrameTags(dataset).number("RescaleSlope") in (5, None)
    assert rescale_of(FrameTags(dataset)).slope in (1, 5)


def test_readings_keep_the_places() -> None:
    one = FrameTags(put_raw(Dataset(), 0x00281050, "DS", b"1\\x\\3"))
    assert one.readings("WindowCenter") == (1, None, 3)
    assert one.numbers("WindowCenter") == ()


def test_texts_are_stripped() -> None:
    one = tags(ImageType=["ORIGINAL", " PRIMARY "], PatientSpeciesDescription=None)
    assert one.texts("ImageType") == ("ORIGINAL", "PRIMARY")
    assert one.text("PatientSpeciesDescription", "none") == "none"
    assert tags().texts("ImageType") == ()
    assert tags().text("NoSuchKeyword", "x") == "x"


def test_reading_changes_nothing() -> None:
    dataset = header(RescaleSlope="5", PerFrameFunctionalGroupsSequence=[transformation("3")])
    before = str(dataset)
    rescale_of(FrameTags(dataset))
    assert str(dataset) == before
