"""Twenty series that viewers and converters get wrong, and the verdict each must get: one test a row."""

from __future__ import annotations

import numpy as np
import phantoms
import pytest

from dicomview.demo.synthetic import write
from dicomview.errors import DicomviewError, NotAVolume
from dicomview.space import read_series

PLANE = ("slice", "row", "column")


def codes(series):
    return [stack.verdict.code for stack in series.stacks]


def sizes(series):
    return [len(stack.slices) for stack in series.stacks]


def note(stack, code):
    """Return the note that starts with `code`; there must be one."""
    found = [text for text in stack.verdict.notes if text.split()[0] == code]
    assert len(found) == 1, f"{code} once in {stack.verdict.notes}"
    return found[0]


def note_codes(stack):
    return [text.split()[0] for text in stack.verdict.notes]


def read(pile, seed=0):
    return read_series(phantoms.shuffled(pile, seed))


def only_stack(series):
    assert len(series.stacks) == 1, [(s.verdict.code, len(s.slices)) for s in series.stacks]
    assert not series.rejected
    return series.stacks[0]


def assert_regular(stack, array=None):
    """The stack is the regular series: verdict, numbers and voxels."""
    assert stack.verdict.code == "OK"
    assert stack.verdict.regular
    assert stack.verdict.residual_mm <= 0.01
    assert stack.dims == PLANE
    assert stack.shape == (12, 10, 8)
    assert stack.spacing == pytest.approx((2.0, 0.8, 0.7), abs=1e-6)
    np.testing.assert_array_equal(stack.volume().array, phantoms.voxels() if array is None else array)


def assert_irregular(stack, code):
    assert stack.verdict.code == code
    assert not stack.verdict.regular
    assert stack.verdict.reason
    with pytest.raises(NotAVolume) as caught:
        stack.volume()
    return str(caught.value)


# Row 1: good / reversed InstanceNumber / oblique


def test_good():
    stack = only_stack(read(phantoms.regular()))
    assert_regular(stack)
    assert not stack.verdict.notes
    assert not stack.verdict.files


@pytest.mark.parametrize("seed", range(5))
def test_good_in_any_order(seed):
    assert_regular(only_stack(read(phantoms.regular(), seed)))


def test_good_from_files(tmp_path):
    write(phantoms.shuffled(phantoms.regular()), tmp_path / "series")
    assert_regular(only_stack(read_series(tmp_path / "series")))


def test_reversed_instance_number():
    stack = only_stack(read(phantoms.reversed_numbers()))
    assert_regular(stack)
    assert [s.instance_number for s in stack.slices] == list(range(12, 0, -1))


def test_oblique():
    assert_regular(only_stack(read(phantoms.oblique())))


# Row 2: one slice missing


def test_one_slice_missing(tmp_path):
    write(phantoms.missing(5), tmp_path)
    stack = only_stack(read_series(tmp_path))
    message = assert_irregular(stack, "MISSING_SLICES")
    assert len(stack.slices) == 11
    assert set(stack.verdict.files) == {"0005.dcm", "0006.dcm"}, "the files on both sides of the gap"
    assert stack.verdict.residual_mm > 0.1
    for text in (message, stack.verdict.reason):
        assert "InstanceNumber 5" in text
        assert " 4.0" in text
        assert " 2.0" in text
        assert " mm" in text
    assert 'on_missing="nan"' in message


def test_one_slice_missing_is_told_by_place():
    """Which slice the gap follows is a matter of position: numbers and names of files may run the other way."""
    pile = phantoms.reversed_numbers()
    del pile[5]
    message = assert_irregular(only_stack(read(pile)), "MISSING_SLICES")
    assert "InstanceNumber 8" in message, "slice 4, before the gap, has number 12 - 4"
    assert "slice 4" in message


def test_two_slices_missing_in_two_places():
    stack = only_stack(read(phantoms.missing(3, 8, slices=20)))
    message = assert_irregular(stack, "MISSING_SLICES")
    assert len(stack.verdict.files) == 4
    assert "InstanceNumber 3)" in message
    assert "InstanceNumber 8)" in message


def test_more_than_one_gap_in_five_is_no_longer_called_missing():
    """Two wide gaps of nine."""
    assert_irregular(only_stack(read(phantoms.missing(3, 8))), "NONUNIFORM_SPACING")


def test_two_neighbours_missing():
    message = assert_irregular(only_stack(read(phantoms.missing(5, 6))), "MISSING_SLICES")
    assert " 6.0" in message


# Row 3: last slice missing


def test_last_slice_missing_cannot_be_seen():
    stack = only_stack(read(phantoms.missing_last()))
    assert stack.verdict.code == "OK"
    assert stack.shape == (11, 10, 8)
    np.testing.assert_array_equal(stack.volume().array, phantoms.voxels()[:11])


# Rows 4 to 6: duplicates


def test_duplicate_position_same_pixels():
    stack = only_stack(read(phantoms.duplicate_position()))
    assert_regular(stack)
    assert note(stack, "DUPLICATES_DROPPED").startswith("DUPLICATES_DROPPED 1")


def test_duplicate_sop_instance_uid():
    series = read(phantoms.duplicate_uid())
    assert_regular(series.stacks[0])
    assert len(series.stacks) == 1
    assert [r.code for r in series.rejected] == ["DUPLICATE_SOP"]
    assert series.rejected[0].reason


def test_duplicate_sop_instance_uid_from_files(tmp_path):
    write(phantoms.duplicate_uid(), tmp_path)
    series = read_series(tmp_path)
    assert_regular(series.stacks[0])
    assert [(r.label, r.code) for r in series.rejected] == [("0013.dcm", "DUPLICATE_SOP")]


def test_duplicate_sop_instance_uid_other_pixels_is_a_conflict():
    """Two files claim one identity and differ: nobody can say which is right, so that no volume comes of a guess."""
    series = read(phantoms.duplicate_uid(other_pixels=True))
    said = {r.code for r in series.rejected} | {text.split()[0] for text in series.stacks[0].verdict.notes}
    assert "SOP_CONFLICT" in said
    with pytest.raises(NotAVolume):
        series.volume()


def test_duplicate_position_other_pixels(tmp_path):
    write(phantoms.duplicate_position(other_pixels=True), tmp_path)
    stack = only_stack(read_series(tmp_path))
    message = assert_irregular(stack, "AMBIGUOUS_POSITIONS")
    assert len(stack.slices) == 13, "nothing is dropped"
    assert set(stack.verdict.files) == {"0005.dcm", "0013.dcm"}
    assert 'on_duplicate="first"' in message
    assert "InstanceNumber 5" in message


# Row 7: gantry tilt


def test_gantry_tilt():
    stack = only_stack(read(phantoms.tilted(15)))
    message = assert_irregular(stack, "SHEAR")
    assert "15.00" in stack.verdict.reason
    assert "15.00" in message
    assert "on_shear=" in message
    assert stack.verdict.residual_mm <= 0.01, "the slices follow a line, only not the normal"


@pytest.mark.parametrize(("degrees", "code"), [(-15, "SHEAR"), (0.2, "SHEAR"), (0.05, "OK")])
def test_gantry_tilt_either_way_and_small(degrees, code):
    assert only_stack(read(phantoms.tilted(degrees))).verdict.code == code


def test_gantry_tilt_and_a_slice_missing_need_both_permissions():
    pile = phantoms.tilted(15)
    del pile[5]
    stack = only_stack(read(pile))
    assert not stack.verdict.regular
    with pytest.raises(NotAVolume, match="on_missing="):
        stack.volume(on_shear="affine")
    with pytest.raises(NotAVolume, match=r"15\.00.*on_shear="):
        stack.volume(on_missing="nan")
    volume = stack.volume(on_missing="nan", on_shear="affine")
    assert np.isnan(volume.array[5]).all()
    np.testing.assert_allclose((volume.affine @ (11, 0, 0, 1))[:3], stack.slices[-1].position, atol=1e-4)


# Rows 8 and 9: jitter


def test_orientation_jitter():
    stack = only_stack(read(phantoms.orientation_jitter()))
    assert stack.verdict.code == "OK"
    assert stack.verdict.residual_mm == pytest.approx(0.017, abs=0.0005)
    assert "0.017 mm" in note(stack, "JITTER")
    note(stack, "ORIENTATION_JITTER")
    assert stack.volume().array.shape == (12, 40, 32)


def test_position_jitter_is_fitted_by_least_squares():
    """First gap and median would say 2.060, last minus first 2.005."""
    stack = only_stack(read(phantoms.position_jitter()))
    assert stack.verdict.code == "OK"
    assert stack.verdict.residual_mm == pytest.approx(0.036, abs=0.0005)
    assert "0.036 mm" in note(stack, "JITTER")
    assert stack.spacing[0] == pytest.approx(2.001, abs=0.0005)
    assert stack.volume().spacing[0] == pytest.approx(2.001, abs=0.0005)


# Rows 10 to 12: what splits


def test_one_slice_other_frame_of_reference():
    series = read(phantoms.other_frame_of_reference())
    assert sizes(series) == [11, 1]
    assert codes(series) == ["MISSING_SLICES", "SINGLE_SLICE"]
    assert series.stacks[1].slices[0].instance_number == 6


def test_half_of_slices_other_pixel_spacing():
    series = read(phantoms.other_pixel_spacing())
    assert sizes(series) == [6, 6]
    assert codes(series) == ["OK", "OK"]
    by_pixel = sorted((stack.spacing for stack in series.stacks), key=lambda spacing: spacing[1])
    assert by_pixel[0] == pytest.approx((2.0, 0.8, 0.7), abs=1e-6)
    assert by_pixel[1] == pytest.approx((2.0, 0.9, 0.9), abs=1e-6)


def test_rows_differ():
    series = read(phantoms.rows_differ())
    assert [stack.shape for stack in series.stacks] == [(8, 10, 8), (4, 12, 8)]
    assert codes(series) == ["OK", "OK"]


# Row 13: no InstanceNumber


def test_no_instance_number():
    stack = only_stack(read(phantoms.no_instance_number()))
    assert_regular(stack)
    assert {s.instance_number for s in stack.slices} == {None}


def test_no_instance_number_and_a_slice_missing():
    """The message still says where, without the number that is not there."""
    pile = phantoms.no_instance_number()
    del pile[5]
    message = assert_irregular(only_stack(read(pile)), "MISSING_SLICES")
    assert "slice 4" in message
    assert "None" not in message


# Row 14: localizer inside


def test_localizer_inside():
    series = read(phantoms.with_localizer())
    assert_regular(series.stacks[0])
    assert sizes(series) == [12, 1], "the localizer is kept apart, not lost, and it costs no slice"
    assert series.stacks[1].slices[0].header.ImageType[2] == "LOCALIZER"


@pytest.mark.parametrize("modality", ["CT", "MR"])
def test_localizer_inside_that_lies_as_the_slices_do(modality):
    """Same plane, same pixels: still no duplicate of slice 4, and slice 4 no duplicate of it."""
    series = read(phantoms.with_localizer(phantoms.AXIAL, modality=modality))
    assert_regular(series.stacks[0])
    assert sizes(series) == [12, 1]
    assert [s.instance_number for s in series.stacks[0].slices] == list(range(1, 13))
    assert series.stacks[1].slices[0].instance_number == 0
    assert not note_codes(series.stacks[0])


# Row 15: slope differs per slice


def test_slope_differs_per_slice():
    k = np.arange(12.0).reshape(12, 1, 1)
    expected = phantoms.voxels() * (0.5 + 0.1 * k) - k
    stack = only_stack(read(phantoms.slope_per_slice()))
    assert stack.verdict.code == "OK"
    array = stack.volume().array
    assert array.dtype == np.float32
    np.testing.assert_allclose(array, expected, rtol=1e-6, atol=1e-4)


# Rows 16 and 17: 4-D


def assert_repeated(stack, name, values):
    assert stack.verdict.code == "OK"
    assert stack.verdict.regular
    assert stack.dims == (name, *PLANE)
    assert stack.shape == (len(values), 12, 10, 8)
    assert tuple(stack.coords) == (name,)
    assert tuple(stack.coords[name]) == tuple(values)
    assert len(stack.slices) == 12 * len(values)
    assert stack.spacing == pytest.approx((2.0, 0.8, 0.7), abs=1e-6)
    for b in range(len(values)):
        np.testing.assert_array_equal(
            stack.volume(**{name: b}).array, phantoms.voxels() + phantoms.BLOCK * b, err_msg=f"{name}={b}"
        )


def test_two_echoes():
    assert_repeated(only_stack(read(phantoms.echoes())), "echo", (10.0, 80.0))


def test_two_echoes_from_files(tmp_path):
    write(phantoms.shuffled(phantoms.echoes()), tmp_path)
    assert_repeated(only_stack(read_series(tmp_path)), "echo", (10.0, 80.0))


def test_two_echoes_with_the_same_instance_numbers():
    assert_repeated(only_stack(read(phantoms.echoes(same_numbers=True))), "echo", (10.0, 80.0))


def test_two_echoes_ask_which():
    stack = only_stack(read(phantoms.echoes()))
    with pytest.raises(DicomviewError, match="echo"):
        stack.volume()


@pytest.mark.parametrize("wish", [{"echo": 2}, {"ecko": 0}, {"time": 0}])
def test_two_echoes_refuse_what_is_not_there(wish):
    stack = only_stack(read(phantoms.echoes()))
    with pytest.raises((DicomviewError, TypeError), match="echo"):
        stack.volume(**wish)


def test_two_time_points():
    assert_repeated(only_stack(read(phantoms.time_points())), "time", (1, 2))


# Row 18: 2 mm then 5 mm


def test_two_mm_then_five_mm():
    stack = only_stack(read(phantoms.two_spacings()))
    message = assert_irregular(stack, "NONUNIFORM_SPACING")
    assert stack.verdict.files
    for text in (message, stack.verdict.reason):
        assert " 2.0" in text
        assert " 5.0" in text
        assert " mm" in text
    assert 'on_nonuniform="resample"' in message


def test_two_mm_then_four_mm_are_two_spacings_not_missing_slices():
    """Whole multiples, but more than one gap in five is a wide one."""
    assert_irregular(only_stack(read(phantoms.two_spacings(2, 4))), "NONUNIFORM_SPACING")


# Row 19: RT Dose


@pytest.mark.parametrize("absolute", [False, True])
def test_rt_dose(absolute):
    stack = only_stack(read_series(phantoms.dose(absolute=absolute)))
    assert stack.verdict.code == "OK"
    assert stack.dims == PLANE
    assert stack.spacing == pytest.approx((3.0, 0.8, 0.7), abs=1e-6)
    volume = stack.volume()
    assert volume.units == "Gy"
    np.testing.assert_allclose(volume.array, phantoms.voxels(5)[::-1] * 0.00025, rtol=1e-6)
    np.testing.assert_allclose(volume.affine[:3, 3], (-20, -30, 112), atol=1e-6)


def test_rt_dose_with_negative_offsets():
    stack = only_stack(read_series(phantoms.dose(offsets=(0, -3, -6, -9, -12))))
    np.testing.assert_allclose(stack.volume().affine[:3, 3], phantoms.ORIGIN, atol=1e-6)
    np.testing.assert_allclose(stack.volume().array, phantoms.voxels(5) * 0.00025, rtol=1e-6)


def test_rt_dose_with_uneven_offsets_is_judged_like_any_stack():
    assert_irregular(only_stack(read_series(phantoms.dose(offsets=(0, 3, 6, 10, 15)))), "NONUNIFORM_SPACING")


# Row 20: ultrasound multi-frame


def test_ultrasound_multiframe_is_time_not_depth():
    stack = only_stack(read_series(phantoms.ultrasound()))
    assert stack.dims == ("time", "row", "column")
    assert stack.shape == (5, 10, 8)
    assert tuple(stack.coords["time"]) == pytest.approx((0, 40, 80, 120, 160))
    assert stack.affine is None
    assert stack.spacing[0] is None
    assert stack.spacing[1:] == pytest.approx((0.5, 0.4))
    assert_irregular(stack, "NO_GEOMETRY")
    np.testing.assert_array_equal(stack.slices[3].stored(), phantoms.voxels(5).astype(np.uint8)[3])
