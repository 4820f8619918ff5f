"""Repeated positions: which element names the axis, and what never does."""

from __future__ import annotations

import numpy as np
import phantoms
import pytest

from dicomview.space import read_series

PLANE = ("slice", "row", "column")


def one(pile):
    series = read_series(phantoms.shuffled(pile))
    assert len(series.stacks) == 1, [(s.verdict.code, len(s.slices)) for s in series.stacks]
    return series.stacks[0]


def assert_blocks(stack, name, count):
    """Along `name` the blocks follow in the order in which they were built."""
    assert stack.verdict.code == "OK", stack.verdict.reason
    assert stack.dims == (name, *PLANE)
    assert stack.shape == (count, 12, 10, 8)
    assert len(stack.coords[name]) == count
    for b in range(count):
        np.testing.assert_array_equal(stack.volume(**{name: b}).array, phantoms.voxels() + phantoms.BLOCK * b)


@pytest.mark.parametrize(
    ("keyword", "values", "name", "modality"),
    [
        ("EchoTime", ("4.5", "9"), "echo", "MR"),
        ("InversionTime", ("100", "900"), "inversion_time", "MR"),
        ("FlipAngle", ("3", "17"), "flip_angle", "MR"),
        ("RepetitionTime", ("500", "2000"), "repetition_time", "MR"),
        ("TemporalPositionIdentifier", (1, 2), "time", "MR"),
        ("TriggerTime", ("0", "62.5"), "time", "MR"),
        ("FrameReferenceTime", ("1000", "31000"), "time", "MR"),
        ("AcquisitionNumber", ("1", "2"), "acquisition", "CT"),
        ("KVP", ("80", "140"), "kvp", "CT"),
    ],
)
def test_axis_of_one_number(keyword, values, name, modality):
    stack = one(phantoms.repeats(*({keyword: v} for v in values), modality=modality))
    assert_blocks(stack, name, 2)
    assert tuple(stack.coords[name]) == tuple(float(v) for v in values)


def test_axis_of_echo_numbers_alone():
    assert_blocks(one(phantoms.repeats({"EchoNumbers": "1"}, {"EchoNumbers": "2"})), "echo", 2)


def test_numbers_are_ordered_as_numbers():
    """As text 100 would come before 20."""
    stack = one(phantoms.repeats({"EchoTime": "3"}, {"EchoTime": "20"}, {"EchoTime": "100"}))
    assert tuple(stack.coords["echo"]) == (3.0, 20.0, 100.0)
    assert_blocks(stack, "echo", 3)


def test_axis_of_kernels():
    stack = one(phantoms.repeats({"ConvolutionKernel": "B30f"}, {"ConvolutionKernel": "B60f"}, modality="CT"))
    assert_blocks(stack, "kernel", 2)
    assert tuple(stack.coords["kernel"]) == ("B30f", "B60f")


def test_axis_of_acquisition_times():
    pile = phantoms.repeats({"AcquisitionTime": "120000"}, {"AcquisitionTime": "120500"})
    assert_blocks(one(pile), "acquisition", 2)


def test_diffusion_needs_b_value_and_gradient_together():
    stack = one(phantoms.diffusion())
    assert stack.verdict.code == "OK"
    assert stack.dims == ("diffusion", *PLANE)
    assert stack.coords["diffusion"][0] == (0.0, None)
    assert set(stack.coords["diffusion"]) == set(phantoms.DIFFUSION)
    for place, value in enumerate(stack.coords["diffusion"]):
        expected = phantoms.voxels() + phantoms.BLOCK * phantoms.DIFFUSION.index(value)
        np.testing.assert_array_equal(stack.volume(diffusion=place).array, expected)


def test_component_by_image_type():
    """ImageType and rescale differ together: one axis, and every component has its own rescale."""
    stack = one(phantoms.components())
    assert stack.verdict.code == "OK"
    assert stack.dims == ("component", *PLANE)
    assert tuple(stack.coords["component"]) == ("M", "P")
    np.testing.assert_array_equal(stack.volume(component=0).array, phantoms.voxels())
    phase = 2.0 * (phantoms.voxels() + phantoms.BLOCK) - 4096
    np.testing.assert_array_equal(stack.volume(component=1).array, phase)


def test_component_by_complex_image_component():
    pile = phantoms.repeats({"ComplexImageComponent": "MAGNITUDE"}, {"ComplexImageComponent": "PHASE"})
    stack = one(pile)
    assert_blocks(stack, "component", 2)
    assert tuple(stack.coords["component"]) == ("MAGNITUDE", "PHASE")


def test_repetitions_by_instance_number_are_named_and_said():
    stack = one(phantoms.repetitions(3))
    assert_blocks(stack, "repetition", 3)
    assert any(text.startswith("SPLIT_BY_INSTANCE_NUMBER") for text in stack.verdict.notes)


def test_other_axes_are_not_called_low_confidence():
    stack = one(phantoms.echoes())
    assert not any(text.startswith("SPLIT_BY_INSTANCE_NUMBER") for text in stack.verdict.notes)


def test_repetitions_by_striding():
    """InstanceNumber runs through the repetitions of a position first."""
    pile = phantoms.repetitions(2)
    for place, ds in enumerate(pile):
        block, k = divmod(place, phantoms.SLICES)
        ds.InstanceNumber = str(2 * k + block + 1)
    assert_blocks(one(pile), "repetition", 2)


def test_repetitions_with_an_empty_slice_are_whole():
    """The first slice holds nothing but zeros, every time: equal, yet no copy too many."""
    pile = phantoms.repetitions(3)
    for ds in pile[::12]:
        phantoms.with_pixels(ds, np.zeros((10, 8), np.int16))
    stack = one(pile)
    assert stack.verdict.code == "OK"
    assert stack.dims == ("repetition", *PLANE)
    assert stack.shape == (3, 12, 10, 8)


def test_what_always_differs_is_no_axis():
    """Content time, window and largest pixel value differ from slice to slice and name nothing."""
    pile = phantoms.repetitions(2)
    for place, ds in enumerate(pile):
        ds.ContentTime = f"12{place:02d}00"
        ds.InstanceCreationTime = f"12{place:02d}30"
        ds.WindowCenter, ds.WindowWidth = str(100 + place), str(200 + place)
        ds.LargestImagePixelValue = 4000 + place
    assert_blocks(one(pile), "repetition", 2)


def test_two_axes_at_once():
    stack = one(phantoms.echoes_and_components())
    assert stack.verdict.code == "OK"
    assert stack.dims == ("echo", "component", *PLANE)
    assert stack.shape == (2, 2, 12, 10, 8)
    assert tuple(stack.coords["echo"]) == (10.0, 80.0)
    assert tuple(stack.coords["component"]) == ("M", "P")
    for echo in range(2):
        for component in range(2):
            expected = phantoms.voxels() + phantoms.BLOCK * (2 * echo + component)
            np.testing.assert_array_equal(stack.volume(echo=echo, component=component).array, expected)


def test_diffusion_and_repetition():
    """Three repetitions of two b-values, nothing but InstanceNumber between the repetitions."""
    pile = phantoms.repeats(*({"DiffusionBValue": b} for _ in range(3) for b in (0.0, 1000.0)))
    stack = one(pile)
    assert stack.verdict.code == "OK"
    assert stack.dims == ("diffusion", "repetition", *PLANE)
    for b in range(2):
        for repetition in range(3):
            expected = phantoms.voxels() + phantoms.BLOCK * (2 * repetition + b)
            np.testing.assert_array_equal(stack.volume(diffusion=b, repetition=repetition).array, expected)


def test_incomplete_grid_is_ambiguous():
    """The second echo lacks a slice: no axis has the same positions for every value."""
    stack = one(phantoms.echoes()[:-1])
    assert stack.verdict.code == "AMBIGUOUS_POSITIONS"
    assert len(stack.slices) == 23


def test_repeated_and_one_position_missing():
    """Both echoes lack slice 5: the axis is still found, and the gap too."""
    pile = phantoms.echoes()
    stack = one([ds for place, ds in enumerate(pile) if place % 12 != 5])
    assert stack.dims == ("echo", *PLANE)
    assert stack.shape == (2, 11, 10, 8)
    assert stack.verdict.code == "MISSING_SLICES"


def test_verdict_is_about_every_pile_along_the_axis():
    """The second echo is turned by 9e-4 in its plane, which is 0.08 mm at the far corner.

    The residual of the verdict covers each volume that can be taken, not only the first.
    """
    pile = phantoms.repeats(*({"EchoTime": echo, "PixelSpacing": ["8", "7"]} for echo in ("10", "80")))
    turn = phantoms.turned(np.degrees(9e-4), (0, 0, 1))
    for ds in pile[12:]:
        ds.ImageOrientationPatient = phantoms.decimals([*turn[:, 0], *turn[:, 1]])
    stack = one(pile)
    assert stack.dims == ("echo", *PLANE)
    for echo, start in ((0, 0), (1, 12)):
        affine = stack.volume(echo=echo).affine
        for k, ds in enumerate(pile[start : start + 12]):
            along, down = np.array(ds.ImageOrientationPatient, float).reshape(2, 3)
            corner = phantoms.position_of(ds) + 7 * 7.0 * along + 9 * 8.0 * down
            distance = np.linalg.norm((affine @ (k, 9, 7, 1))[:3] - corner)
            assert distance <= stack.verdict.residual_mm + 1e-6, f"echo {echo}, slice {k}"


def test_exact_duplicates_leave_before_the_axes_are_sought():
    pile = phantoms.echoes()
    stack = one([*pile, phantoms.copy_of(pile[3], "double")])
    assert_blocks(stack, "echo", 2)
    assert any(text.startswith("DUPLICATES_DROPPED 1") for text in stack.verdict.notes)


def test_equal_pixels_under_other_echoes_are_no_duplicates():
    pile = phantoms.echoes()
    for first, second in zip(pile[:12], pile[12:], strict=True):
        second.PixelData = first.PixelData
    stack = one(pile)
    assert stack.shape == (2, 12, 10, 8)
    assert not any(text.startswith("DUPLICATES_DROPPED") for text in stack.verdict.notes)


def test_echo_that_varies_without_repeating_is_no_axis():
    """Acquisition times differ from slice to slice in any scan; without repeated positions nothing is split."""
    pile = phantoms.regular()
    for k, ds in enumerate(pile):
        ds.AcquisitionTime, ds.AcquisitionNumber = f"1200{k:02d}", str(k + 1)
    stack = one(pile)
    assert stack.dims == PLANE
    assert stack.verdict.code == "OK"
    assert not stack.coords
