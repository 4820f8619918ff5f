"""Nuclear medicine: index vectors become axes; dynamic PET: moments become an axis."""

from __future__ import annotations

from itertools import product

import numpy as np
import phantoms
import pytest
from pydicom.tag import Tag

from dicomview.demo.synthetic import write
from dicomview.errors import NotAVolume, UnknownChoice
from dicomview.space import read_series

WINDOW, DETECTOR, PHASE, TIME = "EnergyWindowVector", "DetectorVector", "PhaseVector", "TimeSliceVector"
ROTATION, VIEW, INTERVAL, SLOT, SLICE = (
    "RotationVector",
    "AngularViewVector",
    "RRIntervalVector",
    "TimeSlotVector",
    "SliceVector",
)


def nm(kind, *vectors, order=None, **elements):
    """Return one object of `kind` whose frame f holds ``voxels()[f]``.

    `vectors` are pairs of keyword and length, slowest first, or pairs of keyword and the numbers themselves; `order`
    permutes the frames.
    """
    if isinstance(vectors[0][1], int):
        numbers = list(zip(*product(*(range(1, length + 1) for _, length in vectors)), strict=True))
    else:
        numbers = [values for _, values in vectors]
    count = len(numbers[0])
    order = list(range(count)) if order is None else list(order)
    (ds,) = phantoms.reconstructed_tomo()
    phantoms.with_pixels(ds, phantoms.voxels(count)[order].astype(np.uint16))
    ds.NumberOfFrames, ds.ImageType = count, ["ORIGINAL", "PRIMARY", kind, "EMISSION"]
    del ds.SliceVector, ds.NumberOfSlices
    ds.FrameIncrementPointer = [Tag(keyword) for keyword, _ in vectors]
    for (keyword, _), values in zip(vectors, numbers, strict=True):
        setattr(ds, keyword, [values[frame] for frame in order])
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    return ds


def phase(count, duration, *, delay=0, pause=0):
    item = phantoms.item(ActualFrameDuration=str(duration), NumberOfFramesInPhase=count)
    item.PhaseDelay, item.PauseBetweenFrames = str(delay), str(pause)
    return item


def only_stack(source):
    series = read_series(source)
    assert not series.rejected
    (stack,) = series.stacks
    assert np.prod(stack.shape[:-2]) == len(stack.slices)
    return stack


def frames_of(stack, **axes):
    """The frames of a pile, by the first pixel, which is 100 times the number of the frame."""
    return [int(one.stored()[0, 0]) // 100 for one in stack.pile(**axes)]


# Reconstructions lie in the patient


@pytest.mark.parametrize("spacing", [-3.0, 3.0])
@pytest.mark.parametrize("shuffled", [False, True])
def test_slice_vector_says_which_slice_a_frame_is(spacing, shuffled):
    order = [3, 0, 5, 1, 4, 2] if shuffled else None
    ds = nm("RECON TOMO", (SLICE, 6), order=order, SpacingBetweenSlices=str(spacing))
    theirs = read_series(phantoms.reconstructed_tomo(spacing)).volume()
    stack = only_stack(ds)
    assert stack.dims == ("slice", "row", "column")
    np.testing.assert_array_equal(stack.volume().array, theirs.array)
    np.testing.assert_allclose(stack.volume().affine, theirs.affine, atol=1e-9)


def test_gated_reconstruction_has_a_volume_for_each_time_slot(tmp_path):
    write([nm("RECON GATED TOMO", (INTERVAL, 1), (SLOT, 4), (SLICE, 6), SpacingBetweenSlices="-3")], tmp_path)
    stack = only_stack(tmp_path)
    assert stack.verdict.code == "OK"
    assert stack.dims == ("time_slot", "slice", "row", "column")
    assert stack.shape == (4, 6, 10, 8)
    assert stack.coords == {"time_slot": (1, 2, 3, 4)}
    for slot in range(4):
        volume = stack.volume(time_slot=slot)
        np.testing.assert_array_equal(volume.array, phantoms.voxels(24)[6 * slot : 6 * slot + 6])
        assert volume.spacing == pytest.approx((3.0, 0.8, 0.7))


def test_gated_reconstruction_of_two_intervals():
    ds = nm("RECON GATED TOMO", (INTERVAL, 2), (SLOT, 3), (SLICE, 4), SpacingBetweenSlices="3")
    stack = only_stack(ds)
    assert stack.dims == ("rr_interval", "time_slot", "slice", "row", "column")
    assert stack.coords == {"rr_interval": (1, 2), "time_slot": (1, 2, 3)}
    # A positive spacing leads to the head, and index 0 is there.
    np.testing.assert_array_equal(stack.volume(rr_interval=1, time_slot=2).array, phantoms.voxels(24)[:19:-1])
    with pytest.raises(NotAVolume, match="rr_interval=0 to 1, time_slot=0 to 2"):
        stack.volume()


def test_gated_reconstruction_without_slice_vector_lies_nowhere():
    ds = nm("RECON GATED TOMO", (SLOT, 4), (SLICE, 6))
    del ds.SliceVector
    stack = only_stack(ds)
    assert stack.verdict.code == "NO_GEOMETRY"
    assert stack.affine is None


def test_empty_gated_slices_are_no_copies():
    ds = nm("RECON GATED TOMO", (SLOT, 4), (SLICE, 6))
    ds.PixelData = bytes(len(ds.PixelData))
    assert only_stack(ds).shape == (4, 6, 10, 8)


# Everything else does not


def test_static_scrolls_through_the_detectors():
    stack = only_stack(nm("STATIC", (WINDOW, 2), (DETECTOR, 3)))
    assert stack.verdict.code == "NO_GEOMETRY"
    assert stack.dims == ("energy_window", "detector", "row", "column")
    assert stack.shape == (2, 3, 10, 8)
    assert stack.coords == {"energy_window": (1, 2), "detector": (1, 2, 3)}
    assert frames_of(stack, energy_window=1) == [3, 4, 5]
    with pytest.raises(UnknownChoice, match="energy_window=2 does not exist"):
        stack.pile(energy_window=2)
    with pytest.raises(NotAVolume, match="places in the patient"):
        stack.volume(energy_window=0)
    with pytest.raises(NotAVolume, match="places in the patient"):
        stack.volume()


def test_whole_body_from_the_front_and_the_back():
    stack = only_stack(nm("WHOLE BODY", (WINDOW, 1), (DETECTOR, 2)))
    assert stack.dims == ("detector", "row", "column")
    assert stack.coords == {"detector": (1, 2)}


def test_one_static_frame():
    stack = only_stack(nm("STATIC", (WINDOW, 1), (DETECTOR, 1)))
    assert stack.dims == ("slice", "row", "column")


def test_dynamic_has_its_time_in_ms():
    ds = nm("DYNAMIC", (WINDOW, 1), (DETECTOR, 2), (PHASE, 1), (TIME, 4))
    ds.PhaseInformationSequence = [phase(4, 500, delay=70, pause=20)]
    stack = only_stack(ds)
    assert stack.dims == ("detector", "time", "row", "column")
    assert stack.coords == {"detector": (1, 2), "time": (0.0, 520.0, 1040.0, 1560.0)}
    assert frames_of(stack, detector=1) == [4, 5, 6, 7]
    # Both detectors look at the same moments.
    assert stack.slices[0].frame_times == (0.0, 520.0, 1040.0, 1560.0) * 2


def test_dynamic_in_another_order_of_frames():
    ds = nm("DYNAMIC", (DETECTOR, 2), (PHASE, 1), (TIME, 4), order=[5, 2, 7, 0, 3, 6, 1, 4])
    ds.PhaseInformationSequence = [phase(4, 500)]
    stack = only_stack(ds)
    assert frames_of(stack, detector=0) == [0, 1, 2, 3]
    assert stack.coords["time"] == (0.0, 500.0, 1000.0, 1500.0)


def test_phases_of_equal_length():
    ds = nm("DYNAMIC", (WINDOW, 1), (DETECTOR, 1), (PHASE, 2), (TIME, 3))
    ds.PhaseInformationSequence = [phase(3, 500), phase(3, 500, delay=100)]
    stack = only_stack(ds)
    assert stack.dims == ("phase", "time", "row", "column")
    assert stack.coords == {"phase": (1, 2), "time": (0.0, 500.0, 1000.0)}
    assert stack.slices[0].frame_times == (0.0, 500.0, 1000.0, 1600.0, 2100.0, 2600.0)
    # Times that differ from phase to phase are no coordinate of them all.
    ds.PhaseInformationSequence = [phase(3, 500), phase(3, 2000)]
    assert only_stack(ds).coords == {"phase": (1, 2), "time": (1, 2, 3)}


def test_phases_of_unequal_length_are_one_run():
    """The example of the standard: phases of 5 and 2 frames from each of two detectors."""
    rows = [(1, d, p, t) for d in (1, 2) for p, count in ((1, 5), (2, 2)) for t in range(1, count + 1)]
    vectors = zip((WINDOW, DETECTOR, PHASE, TIME), zip(*rows, strict=True), strict=True)
    ds = nm("DYNAMIC", *vectors)
    ds.PhaseInformationSequence = [phase(5, 1000, pause=10), phase(2, 3000, delay=500)]
    stack = only_stack(ds)
    assert stack.dims == ("detector", "time", "row", "column")
    assert stack.shape == (2, 7, 10, 8)
    assert stack.coords["time"] == (0.0, 1010.0, 2020.0, 3030.0, 4040.0, 5540.0, 8540.0)
    assert frames_of(stack, detector=1) == list(range(7, 14))
    del ds.PhaseInformationSequence
    assert only_stack(ds).coords["time"] == (1, 2, 3, 4, 5, 6, 7)


def test_gated_planar():
    stack = only_stack(nm("GATED", (WINDOW, 1), (DETECTOR, 1), (INTERVAL, 2), (SLOT, 4)))
    assert stack.dims == ("rr_interval", "time_slot", "row", "column")
    assert stack.coords == {"rr_interval": (1, 2), "time_slot": (1, 2, 3, 4)}


@pytest.mark.parametrize(("direction", "sign"), [("CC", 1), ("CW", -1)])
def test_projections_have_their_angles(direction, sign):
    ds = nm("TOMO", (WINDOW, 2), (DETECTOR, 1), (ROTATION, 1), (VIEW, 4))
    turn = phantoms.item(StartAngle="180", AngularStep="22.5", RotationDirection=direction, NumberOfFramesInRotation=4)
    ds.RotationInformationSequence = [turn]
    stack = only_stack(ds)
    assert stack.affine is None
    assert stack.dims == ("energy_window", "angular_view", "row", "column")
    assert stack.coords["angular_view"] == tuple(180 + sign * 22.5 * k for k in range(4))


def test_projections_of_two_detectors_have_numbers():
    ds = nm("TOMO", (WINDOW, 1), (DETECTOR, 2), (ROTATION, 1), (VIEW, 4), NumberOfDetectors=2)
    ds.RotationInformationSequence = [phantoms.item(StartAngle="0", AngularStep="6", RotationDirection="CC")]
    stack = only_stack(ds)
    assert stack.dims == ("detector", "angular_view", "row", "column")
    assert stack.coords["angular_view"] == (1, 2, 3, 4)


def test_gated_projections_have_every_axis():
    lengths = {WINDOW: 2, DETECTOR: 2, ROTATION: 2, INTERVAL: 2, SLOT: 2, VIEW: 2}
    stack = only_stack(nm("GATED TOMO", *lengths.items()))
    names = ("energy_window", "detector", "rotation", "rr_interval", "time_slot", "angular_view")
    assert stack.dims == (*names, "row", "column")
    assert stack.shape == (2,) * 6 + (10, 8)
    assert frames_of(stack, energy_window=1, time_slot=1) == [34, 35]


# Malformed vectors


def test_without_a_pointer_the_vectors_speak():
    ds = nm("STATIC", (WINDOW, 2), (DETECTOR, 3))
    del ds.FrameIncrementPointer
    assert only_stack(ds).dims == ("energy_window", "detector", "row", "column")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda ds: delattr(ds, WINDOW),
        lambda ds: setattr(ds, DETECTOR, [1, 2, 3]),
        lambda ds: setattr(ds, DETECTOR, [1, 1, 1, 1, 1, 1]),
        lambda ds: setattr(ds, DETECTOR, [1, 2, 3, 1, 2, 4]),
    ],
    ids=["missing", "short", "constant", "not full"],
)
def test_vectors_that_make_no_array_leave_the_order_of_frames(spoil):
    ds = nm("STATIC", (WINDOW, 2), (DETECTOR, 3))
    spoil(ds)
    stack = only_stack(ds)
    assert stack.dims == ("frame", "row", "column")
    assert frames_of(stack) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "items", [[], [phase(4, 0)], [phase(4, 500, pause=-1)]], ids=["none", "no duration", "negative pause"]
)
def test_dynamic_without_durations_has_numbers(items):
    ds = nm("DYNAMIC", (PHASE, 1), (TIME, 4), PhaseInformationSequence=items)
    assert only_stack(ds).coords == {"time": (1, 2, 3, 4)}


def test_ultrasound_is_as_before():
    stack = only_stack(phantoms.ultrasound())
    assert stack.dims == ("time", "row", "column")
    assert stack.coords["time"] == (0.0, 40.0, 80.0, 120.0, 160.0)


# Dynamic PET, one image a file


def pet(*settings):
    pile = phantoms.repeats(*settings)
    for ds in pile:
        ds.Modality, ds.Units, ds.DecayCorrection = "PT", "BQML", "START"
        ds.RescaleSlope, ds.RescaleIntercept = "1", "0"
    return phantoms.shuffled(pile)


@pytest.mark.parametrize("same_numbers", [False, True])
@pytest.mark.parametrize(
    ("keyword", "values"),
    [
        ("FrameReferenceTime", (2500.0, 7500.0, 20000.0)),
        ("TriggerTime", (0.0, 125.0, 250.0)),
        ("ActualFrameDuration", (5000.0, 10000.0, 30000.0)),
        ("AcquisitionTime", ("100000", "100005", "100015")),
    ],
)
def test_dynamic_pet(keyword, values, same_numbers):
    numbers = {"InstanceNumber": lambda k: str(k + 1)} if same_numbers else {}
    text = keyword != "ActualFrameDuration"
    stack = only_stack(pet(*({keyword: str(x) if text else int(x)} | numbers for x in values)))
    name = "acquisition" if keyword == "AcquisitionTime" else "time"
    assert stack.verdict.code == "OK"
    assert not stack.verdict.notes
    assert stack.dims == (name, "slice", "row", "column")
    assert stack.coords == {name: values}
    for moment in range(3):
        volume = stack.volume(**{name: moment})
        np.testing.assert_array_equal(volume.array, phantoms.voxels() + phantoms.BLOCK * moment)
        assert volume.units == "Bq/ml"


def test_dynamic_pet_whose_durations_and_reference_times_differ_together():
    """As scanners write it: the reference time is the better name of a moment."""
    settings = [
        {"FrameReferenceTime": str(time), "ActualFrameDuration": duration, "AcquisitionTime": clock}
        for time, duration, clock in (("2500", 5000, "100000"), ("7500", 5000, "100005"), ("20000", 20000, "100010"))
    ]
    assert only_stack(pet(*settings)).coords == {"time": (2500.0, 7500.0, 20000.0)}
