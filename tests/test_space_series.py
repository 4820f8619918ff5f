"""What `read_series` takes in, keeps apart and turns away; nothing is lost on the way."""

from __future__ import annotations

import numpy as np
import phantoms
import pytest
from oracles import put_raw
from pydicom import uid as uids

from dicomview.catalog import scan
from dicomview.demo.synthetic import instances, write
from dicomview.errors import DamagedPixels, NotAVolume, SeveralSeries, UnknownSeries
from dicomview.space import read_series


def read(pile):
    return read_series(phantoms.shuffled(pile))


def note_codes(stack):
    return [text.split()[0] for text in stack.verdict.notes]


# The door


def test_series_knows_itself():
    pile = phantoms.regular(description="Abdomen")
    series = read(pile)
    assert series.uid == pile[0].SeriesInstanceUID
    assert series.study_uid == pile[0].StudyInstanceUID
    assert series.modality == "CT"
    assert series.description == "Abdomen"
    assert len(series) == 12
    assert series[0] is series.stacks[0].slices[0]
    assert series[-1].instance_number == 12


def test_slice_knows_itself():
    pile = phantoms.regular(window=(40, 400), slope=2.0, intercept=-1024)
    one = read(pile)[3]
    assert (one.rows, one.columns, one.frame) == (10, 8, 0)
    assert one.spacing == pytest.approx((0.8, 0.7))
    assert one.orientation == pytest.approx(phantoms.AXIAL)
    assert one.sop_instance_uid == pile[3].SOPInstanceUID
    assert (one.rescale.slope, one.rescale.intercept, one.unit) == (2.0, -1024.0, "HU")
    assert (one.windows[0].center, one.windows[0].width) == (40.0, 400.0)
    np.testing.assert_array_equal(one.stored(), phantoms.voxels()[3])
    assert one.stored().dtype.kind in "iu"
    np.testing.assert_array_equal(one.values(), 2.0 * phantoms.voxels()[3] - 1024)


def test_labels_of_files_are_their_paths(tmp_path):
    write(phantoms.regular(), tmp_path / "a")
    assert [one.label for one in read_series(tmp_path).stacks[0].slices][:2] == ["a/0001.dcm", "a/0002.dcm"]


def test_one_data_set_is_a_series():
    (ds,) = phantoms.regular(phantoms.voxels(1))
    assert len(read_series(ds)) == 1


def test_several_series_ask_which():
    first, second = phantoms.regular(seed="one/a"), phantoms.regular(seed="one/b")
    with pytest.raises(SeveralSeries) as caught:
        read([*first, *second])
    assert first[0].SeriesInstanceUID in str(caught.value)
    assert second[0].SeriesInstanceUID in str(caught.value)
    series = read_series([*first, *second], second[0].SeriesInstanceUID)
    assert series.uid == second[0].SeriesInstanceUID
    assert len(series) == 12


def test_unknown_series_lists_what_is_there():
    pile = phantoms.regular()
    with pytest.raises(UnknownSeries, match=pile[0].SeriesInstanceUID.replace(".", r"\.")):
        read_series(pile, "1.2.3")


def test_messages_name_no_patient():
    series = read(phantoms.missing())
    with pytest.raises(NotAVolume) as caught:
        series.volume()
    for text in (str(caught.value), series.stacks[0].verdict.reason, repr(series), str(series)):
        assert "Fictitious" not in text
        assert "FICTITIOUS" not in text


# Without geometry


@pytest.mark.parametrize("count", [1, 12])
def test_slices_without_position_are_stacked_without_geometry(count):
    pile = phantoms.without_position(phantoms.regular(phantoms.voxels(count), modality="MR"))
    series = read(pile)
    (stack,) = series.stacks
    assert stack.verdict.code == "NO_GEOMETRY"
    assert stack.affine is None
    assert [one.instance_number for one in stack.slices] == list(range(1, count + 1))
    assert stack.slices[0].position is None
    with pytest.raises(NotAVolume):
        stack.volume()


def test_one_slice_without_position_costs_the_others_nothing():
    pile = phantoms.regular()
    stray = phantoms.copy_of(pile[4], "stray")
    phantoms.without_position([stray])
    series = read([*pile, stray])
    assert series.stacks[0].verdict.code == "OK"
    assert series.stacks[0].shape == (12, 10, 8)
    kept = {one.sop_instance_uid for stack in series.stacks[1:] for one in stack.slices}
    assert kept == {stray.SOPInstanceUID}


def test_projection_is_no_volume():
    (stack,) = read(phantoms.projection()).stacks
    assert stack.verdict.code == "PROJECTION_ONLY"
    assert stack.affine is None
    with pytest.raises(NotAVolume):
        stack.volume()
    np.testing.assert_array_equal(stack.slices[0].stored(), phantoms.voxels(1)[0])


# Turned away, each with its reason


def rejected(series):
    return [r.code for r in series.rejected]


def test_report_in_the_series_is_no_image():
    series = read([*phantoms.regular(), phantoms.report()])
    assert series.stacks[0].verdict.code == "OK"
    assert len(series.stacks) == 1
    assert rejected(series) == ["NOT_IMAGE"]


def test_a_class_that_is_no_uid_is_no_warning_on_the_screen():
    report = put_raw(phantoms.report(), 0x00080016, "UI", b"1.2.x")
    assert rejected(read([*phantoms.regular(), report])) == ["NOT_IMAGE"]  # a warning is an error


def test_segmentation_is_no_plain_stack():
    pile = phantoms.regular()
    derived = phantoms.copy_of(pile[0], "segmentation")
    derived.SOPClassUID = derived.file_meta.MediaStorageSOPClassUID = uids.SegmentationStorage
    derived.Modality = "SEG"
    series = read([*pile, derived])
    assert rejected(series) == ["DERIVED_OBJECT"]
    assert series.stacks[0].verdict.code == "OK"


BAD = {
    "position of two numbers": {"ImagePositionPatient": ["1", "2"]},
    "orientation of zeros": {"ImageOrientationPatient": ["0"] * 6},
    "orientation too long": {"ImageOrientationPatient": ["1.1", "0", "0", "0", "1", "0"]},
    "orientation not at right angles": {"ImageOrientationPatient": ["1", "0", "0", "0.6", "0.8", "0"]},
    "negative spacing": {"PixelSpacing": ["-0.8", "0.7"]},
    "spacing zero": {"PixelSpacing": ["0", "0"]},
}


@pytest.mark.parametrize("name", BAD)
def test_bad_geometry_is_set_apart_and_still_a_picture(name):
    pile = phantoms.regular()
    for keyword, value in BAD[name].items():
        setattr(pile[11], keyword, value)
    good, bad = read(pile).stacks
    assert good.verdict.code == "OK"
    assert good.shape == (11, 10, 8)
    assert bad.verdict.code == "BAD_GEOMETRY"
    assert bad.shape == (1, 10, 8)
    assert bad.affine is None
    with pytest.raises(NotAVolume):
        bad.volume()


def test_truncated_slice_keeps_its_place_and_is_noted(tmp_path):
    paths = write(phantoms.regular(), tmp_path)
    paths[3].write_bytes(paths[3].read_bytes()[:-60])
    (stack,) = read_series(tmp_path).stacks
    assert stack.shape == (12, 10, 8)
    assert "TRUNCATED" in note_codes(stack)
    cut = next(one for one in stack.slices if one.label == "0004.dcm")
    with pytest.raises(DamagedPixels, match="InstanceNumber 4"):
        cut.stored()
    with pytest.raises(DamagedPixels):
        stack.volume()


PILES = {
    name: getattr(phantoms, name)
    for name in (
        "regular", "missing", "duplicate_uid", "other_frame_of_reference", "other_pixel_spacing", "rows_differ",
        "with_localizer", "tilted", "orientation_jitter", "position_jitter", "two_spacings", "echoes", "time_points",
        "diffusion", "repetitions", "components", "echoes_and_components", "projection", "mixed_kernels",
    )
}  # fmt: skip


@pytest.mark.parametrize("name", PILES)
def test_every_instance_is_in_one_place(name):
    """In a stack or among the rejected, once."""
    pile = PILES[name]()
    series = read(pile)
    kept = [one.sop_instance_uid for stack in series.stacks for one in stack.slices]
    assert len(kept) == len(set(kept))
    assert len(kept) + len(series.rejected) == len(pile)
    assert len(series.stacks[0].slices) == max(len(stack.slices) for stack in series.stacks), "the main one first"


# Notes


@pytest.mark.parametrize("interleaved", [False, True])
def test_mixed_reconstructions_are_noted(interleaved):
    series = read(phantoms.mixed_kernels(interleaved=interleaved))
    assert any("MIXED_ACQUISITIONS" in note_codes(stack) for stack in series.stacks)
    for stack in series.stacks:
        kernels = {one.header.ConvolutionKernel for one in stack.slices}
        assert len(kernels) == 1 or not stack.verdict.regular


def test_overlapping_slices_are_noted():
    (stack,) = read(phantoms.regular(tags={"SliceThickness": "5"})).stacks
    assert stack.verdict.code == "OK"
    assert "OVERLAP" in note_codes(stack)


def test_slice_thickness_is_never_the_step():
    """Nor is SpacingBetweenSlices, where there are two positions."""
    (stack,) = read(phantoms.regular(tags={"SliceThickness": "5", "SpacingBetweenSlices": "3"})).stacks
    assert stack.spacing[0] == pytest.approx(2.0, abs=1e-6)
    assert {"OVERLAP", "GAP"} & set(note_codes(stack))


def test_spacing_between_slices_that_is_not_the_step_is_noted():
    (stack,) = read(phantoms.regular(tags={"SpacingBetweenSlices": "3"})).stacks
    assert stack.verdict.code == "OK"
    assert {"OVERLAP", "GAP"} & set(note_codes(stack))


@pytest.mark.parametrize("tags", [{"SpacingBetweenSlices": "2"}, {"SliceThickness": "2.5"}])
def test_usual_thickness_is_not_noted(tags):
    (stack,) = read(phantoms.regular(tags=tags)).stacks
    assert not stack.verdict.notes


def test_mixed_orientations_are_two_stacks():
    """A three-plane scout series: nothing of one orientation is laid into the other."""
    axial = phantoms.regular()
    sagittal = [phantoms.named(ds, "sagittal") for ds in phantoms.sagittal(stored=phantoms.voxels(5))]
    series = read([*axial, *sagittal])
    assert [len(stack.slices) for stack in series.stacks] == [12, 5]
    assert [stack.verdict.code for stack in series.stacks] == ["OK", "OK"]


@pytest.mark.parametrize("seed", range(4))
def test_grouping_by_orientation_does_not_depend_on_the_order(seed):
    """Three orientations 8e-4 apart, of which the first and the last are too far from each other."""
    pile = phantoms.regular()
    for k, ds in enumerate(pile):
        turn = phantoms.turned(np.degrees(8e-4 * (k % 3)), (0, 0, 1))
        ds.ImageOrientationPatient = phantoms.decimals([*turn[:, 0], *turn[:, 1]])
    expected, found = read_series(pile), read_series(phantoms.shuffled(pile, seed))
    numbers = [
        [[one.instance_number for one in stack.slices] for stack in series.stacks] for series in (expected, found)
    ]
    assert numbers[0] == numbers[1]


@pytest.mark.filterwarnings("ignore:Invalid value for VR")  # pydicom's, about what is made here
def test_a_terminal_obeys_no_text_of_a_file():
    red, other = (instances(np.zeros((2, 4, 4), np.uint8), seed=seed) for seed in ("red", "other"))
    for ds in red:
        ds.Modality = "C\x1b[31mT"
    one = read_series(red)
    with pytest.raises(SeveralSeries) as several:
        read_series([*red, *other])
    red[0].SOPClassUID = "1.2\x1b[31m"
    del red[0].PixelData
    assert read_series(red).rejected[0].reason == "an object of unknown class has no pixel data"
    for text in (repr(one), repr(scan(red)), str(several.value)):
        assert "\x1b" not in text
        assert "\ufffd[31m" in text
