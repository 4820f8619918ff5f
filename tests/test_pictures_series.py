"""A series as its user sees it: scrolled through in a view, slice by slice, with what is said beside the picture.

The names are the rows of the table of cases (S1 …). Slice k of the phantoms begins with the value ``100 * k``, so that
the order is visible; what the stacks themselves hold is tested room by room in ``test_space_*.py``.
"""

from __future__ import annotations

import random

import numpy as np
import phantoms
import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, RLELossless
from test_space_mosaic import mosaic, mr
from wire import asked

import dicomview as dv
from dicomview.demo.synthetic import write
from dicomview.errors import DamagedPixels, NotAVolume, SeveralSeries, UnknownChoice

WIDE = (3000, 6400, "LINEAR_EXACT")
ORDER = [100 * k for k in range(12)]
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)


def grey(values):
    """PS3.3 C.11.2.1.3.2, LINEAR_EXACT."""
    levels = ((np.asarray(values, float) - WIDE[0]) / WIDE[1] + 0.5) * 255
    return np.floor(np.clip(levels, 0, 255) + 0.5).astype(np.uint8)


def scroll(source, *, plane=None, **axes):
    """Return the first value of each slice that the view sends, or what it says in its place.

    Each slice is held against the picture that Python gives for the same place.
    """
    if not isinstance(source, dv.Stack):
        source = dv.read_series(source)
    view = dv.view(source, plane=plane, **axes)
    count, at = view.scene.counts[view.plane], list(view.axes.values())
    places = [[index, *at] for index in range(count)]
    sent = asked(view, places)
    assert [(one.head["plane"], one.head["at"]) for one in sent] == [(view.plane, place) for place in places]
    seen = []
    for index, one in enumerate(sent):
        if one.samples is None:
            with pytest.raises(DamagedPixels):
                dv.picture(source, index=index, plane=plane, **axes)
            seen.append(one.text)
            continue
        values = one.head["slope"] * one.samples.astype(float) + one.head["intercept"]
        shown = dv.picture(source, index=index, plane=plane, window=WIDE, **axes)
        np.testing.assert_array_equal(shown.pixels, grey(values))
        assert (shown.count, shown.index) == (count, index)
        seen.append(float(values[0, 0]))
    view.close()
    return seen


def offered(source):
    """Return the planes that the menu of a view offers, and those it refuses with the reason."""
    view = dv.view(source)
    planes, refused = list(view._scene["planes"]), view._scene["refused"]
    assert tuple(view._scene["notes"]) == dv.picture(source).notes
    view.close()
    return planes, refused


def assert_only_axial(source, *words):
    """Only the acquired plane is shown, and the others are refused with `words`."""
    planes, refused = offered(source)
    assert planes == ["axial"]
    assert set(refused) == {"coronal", "sagittal"}
    for word in words:
        assert word in refused["coronal"]
        with pytest.raises(UnknownChoice, match=word):
            dv.picture(source, plane="coronal")


def assert_whole(source):
    """All three planes are shown, nothing has to be said, and the slices come in their order."""
    planes, refused = offered(source)
    assert sorted(planes) == ["axial", "coronal", "sagittal"]
    assert refused == {}
    assert dv.picture(source).notes == ()
    assert scroll(source) == ORDER


@pytest.mark.parametrize(
    ("orientation", "plane", "letters", "other", "across"),
    [
        # Slices run from head to feet, from right to left, from back to front.
        (phantoms.AXIAL, "axial", ("R", "L", "A", "P"), "coronal", phantoms.voxels()[:, 0]),
        (phantoms.SAGITTAL, "sagittal", ("A", "P", "H", "F"), "coronal", phantoms.voxels()[:, :, 0].T),
        (CORONAL, "coronal", ("R", "L", "H", "F"), "axial", phantoms.voxels()[::-1, 0]),
        (phantoms.oblique_orientation(), "axial", ("R", "L", "A", "P"), "coronal", phantoms.voxels()[:, 0]),
    ],
    ids=["axial", "sagittal", "coronal", "oblique"],
)
def test_s01_random_file_names(tmp_path, orientation, plane, letters, other, across):
    names = random.Random(3)
    for ds in phantoms.shuffled(phantoms.regular(orientation=orientation)):
        ds.save_as(tmp_path / f"{names.getrandbits(40):x}", enforce_file_format=True)
    assert_whole(tmp_path)
    shown = dv.picture(tmp_path, index=4, window=WIDE)
    assert (shown.plane, shown.letters) == (plane, letters)
    np.testing.assert_array_equal(shown.pixels, grey(phantoms.voxels()[4]))
    np.testing.assert_array_equal(dv.picture(tmp_path, plane=other, index=0, window=WIDE).pixels, grey(across))


@pytest.mark.parametrize("sheet", [(phantoms.ROWS, phantoms.COLUMNS), (20, 16)])
def test_s02_localizer_inside(tmp_path, sheet):
    pile = phantoms.with_localizer()
    phantoms.with_pixels(pile[0], np.full(sheet, 4321, np.int16))
    write(phantoms.shuffled(pile), tmp_path)
    series = dv.read_series(tmp_path)
    assert scroll(tmp_path) == ORDER
    assert dv.picture(tmp_path).notes == ("stack 1 of 2",)
    assert sorted(offered(tmp_path)[0]) == ["axial", "coronal", "sagittal"]
    scout = series.stacks[1]
    assert scout.localizer
    assert scroll(scout) == [4321]
    assert dv.picture(scout).pixels.shape == sheet
    assert dv.picture(scout).plane == "sagittal"


@pytest.mark.parametrize("seed", ["phantom/second", "another study/second"])
def test_s03_two_series_in_a_folder(tmp_path, seed):
    """In one study or in two, and although both have the same SeriesNumber."""
    first, second = phantoms.regular(), phantoms.regular(phantoms.voxels() + np.int16(7), seed=seed)
    for ds in [*first, *second]:
        ds.SeriesNumber = "3"
    write(phantoms.shuffled([*first, *second]), tmp_path)
    for door in (dv.picture, dv.view, dv.read_series):
        with pytest.raises(SeveralSeries, match="SeriesNumber 3") as refusal:
            door(tmp_path)
        assert all(ds.SeriesInstanceUID in str(refusal.value) for ds in (first[0], second[0]))
    assert scroll(dv.read_series(tmp_path, first[0].SeriesInstanceUID)) == ORDER
    assert scroll(dv.read_series(tmp_path, second[0].SeriesInstanceUID)) == [value + 7 for value in ORDER]
    shown = dv.picture(tmp_path, uid=second[0].SeriesInstanceUID, index=2, window=WIDE)
    np.testing.assert_array_equal(shown.pixels, grey(phantoms.voxels()[2] + 7))


@pytest.mark.parametrize(
    ("pile", "name", "labels"),
    [
        (phantoms.echoes, "echo", ["10 ms", "80 ms"]),
        (lambda: phantoms.echoes(same_numbers=True), "echo", ["10 ms", "80 ms"]),
        (phantoms.time_points, "time", ["1", "2"]),
        (
            lambda: phantoms.repeats({"DiffusionBValue": 0.0}, {"DiffusionBValue": 1000.0}),
            "diffusion",
            ["0 s/mm²", "1000 s/mm²"],
        ),
    ],
)
def test_s04_a_second_slider(tmp_path, pile, name, labels):
    write(phantoms.shuffled(pile()), tmp_path)
    view = dv.view(tmp_path)
    assert view.axes == {name: 0}
    (axis,) = view._scene["axes"]
    assert axis == {"name": name, "labels": labels}
    view.axes = {name: 1}
    assert f"{name} {labels[1]} (2/2)" in view.picture().place
    for place in (0, 1):
        assert scroll(tmp_path, **{name: place}) == [value + place * phantoms.BLOCK for value in ORDER]
        coronal = dv.picture(tmp_path, plane="coronal", index=0, window=WIDE, **{name: place})
        np.testing.assert_array_equal(coronal.pixels, grey(phantoms.voxels()[:, 0] + float(place * phantoms.BLOCK)))
    view.close()


def test_s04_a_gradient_is_named_after_its_b_value():
    (axis,) = dv.view(phantoms.diffusion())._scene["axes"]
    assert axis["labels"][0] == "0 s/mm²"
    assert all(label.startswith(("1000 s/mm²", "2000 s/mm²")) for label in axis["labels"][1:])


def test_s05_a_slice_missing(tmp_path):
    write(phantoms.shuffled(phantoms.missing(5)), tmp_path)
    series = dv.read_series(tmp_path)
    assert scroll(tmp_path) == [value for value in ORDER if value != 500]
    assert dv.picture(tmp_path).notes == ("slices missing",)
    assert series.stack.verdict.code == "MISSING_SLICES"
    assert_only_axial(tmp_path, "4.000 mm after slice 4", "InstanceNumber 5")
    gap = dv.picture(series.volume(on_missing="nan"), plane="coronal", index=3).pixels
    assert (gap[5] == 0).all()
    assert gap[6].any()


@pytest.mark.parametrize(("pile", "end"), [(phantoms.missing(0), 0), (phantoms.reversed_numbers()[:-1], 10)])
def test_s05_an_end_is_hinted_at(pile, end):
    """Without its first number a series may lack a slice at that end; the places themselves are in order."""
    series = dv.read_series(pile)
    assert series.stack.verdict.code == "OK"
    (note,) = series.stack.verdict.notes
    assert note.startswith("END_GAP InstanceNumber begins with 2")
    assert f"slice {end} (InstanceNumber 2)" in note


def test_s05_no_end_is_hinted_at_in_vain():
    pile = phantoms.with_localizer()
    for ds in pile:
        ds.InstanceNumber = str(int(ds.InstanceNumber) + 1)  # the scout is number 1
    renumbered = phantoms.regular()
    for k, ds in enumerate(renumbered):
        ds.InstanceNumber = str(501 + k)
    for source in (phantoms.regular(), pile, renumbered, phantoms.echoes(), phantoms.no_instance_number()):
        assert not any("END_GAP" in note for note in dv.read_series(source).stack.verdict.notes)


def test_s06_an_exact_duplicate_is_dropped(tmp_path):
    write(phantoms.shuffled(phantoms.duplicate_position()), tmp_path)
    assert_whole(tmp_path)
    assert "DUPLICATES_DROPPED 1" in dv.read_series(tmp_path).stack.verdict.notes[0]


def test_s06_two_pictures_at_one_position_are_both_shown(tmp_path):
    write(phantoms.shuffled(phantoms.duplicate_position(other_pixels=True)), tmp_path)
    assert scroll(tmp_path) == [*ORDER[:5], 407, *ORDER[5:]]
    assert dv.picture(tmp_path).notes == ("several images at one position",)
    assert_only_axial(tmp_path, "13 different images at 12 positions", "InstanceNumber 13")


def test_s07_gantry_tilt(tmp_path):
    write(phantoms.shuffled(phantoms.tilted(15)), tmp_path)
    series = dv.read_series(tmp_path)
    assert scroll(tmp_path) == ORDER
    assert dv.picture(tmp_path).notes == ("slices shifted by a tilt",)
    assert_only_axial(tmp_path, "15.00°")
    with pytest.raises(NotAVolume, match=r"15\.00"):
        series.volume()
    for how in ("affine", "resample"):
        assert series.volume(on_shear=how).array.shape[2] == phantoms.COLUMNS
    upright = dv.picture(series.volume(on_shear="resample"), plane="coronal")
    assert upright.letters == ("R", "L", "H", "F")


def test_s08_two_spacings(tmp_path):
    write(phantoms.shuffled(phantoms.two_spacings()), tmp_path)
    assert scroll(tmp_path) == ORDER
    assert dv.picture(tmp_path).notes == ("uneven distances between slices",)
    assert_only_axial(tmp_path, "2.00 mm × 5", "5.00 mm × 6", "after slice 5")
    runs = dv.read_series(tmp_path).split()
    assert sum(len(run) for run in runs) >= 12
    assert sorted(offered(runs[0])[0]) == ["axial", "coronal", "sagittal"]


def test_s09_a_slope_for_each_slice(tmp_path):
    write(phantoms.shuffled(phantoms.slope_per_slice(tags={"Modality": "PT"})), tmp_path)
    expected = [(0.5 + 0.1 * k) * 100 * k - k for k in range(12)]
    np.testing.assert_allclose(scroll(tmp_path), expected, rtol=1e-6)
    series = dv.read_series(tmp_path)
    whole = phantoms.voxels() * (0.5 + 0.1 * np.arange(12))[:, None, None] - np.arange(12)[:, None, None]
    for k, one in enumerate(series):
        assert one.values().dtype == np.float32
        np.testing.assert_allclose(one.values(), whole[k], rtol=1e-6)
    across = dv.picture(tmp_path, plane="sagittal", index=5, window=WIDE).pixels
    np.testing.assert_allclose(across.astype(int), grey(whole[:, :, 5]), atol=1)


@pytest.mark.parametrize(
    ("pile", "sizes"),
    [
        (phantoms.other_pixel_spacing, [6, 6]),
        (phantoms.rows_differ, [8, 4]),
        (phantoms.other_frame_of_reference, [11, 1]),
    ],
)
def test_s10_what_does_not_belong_together_is_split(tmp_path, pile, sizes):
    write(phantoms.shuffled(pile()), tmp_path)
    series = dv.read_series(tmp_path)
    assert [len(stack) for stack in series.stacks] == sizes
    assert "stack 1 of 2" in dv.picture(tmp_path).notes
    parts = [scroll(stack) for stack in series.stacks]
    assert all(part == sorted(part) for part in parts)
    assert sorted(parts[0] + parts[1]) == ORDER


@pytest.mark.parametrize("implicit", [True, False])
def test_s11_files_without_their_usual_marks(tmp_path, implicit):
    for k, ds in enumerate(phantoms.shuffled(phantoms.no_instance_number())):
        del ds.file_meta
        ds.pop("SliceLocation", None)
        ds.preamble = None
        ds.save_as(tmp_path / f"IM{k}", implicit_vr=implicit, little_endian=True, enforce_file_format=False)
        assert (tmp_path / f"IM{k}").read_bytes()[128:132] != b"DICM"
    assert_whole(tmp_path)


@pytest.mark.parametrize("pile", [phantoms.orientation_jitter, phantoms.position_jitter])
def test_s12_jitter_is_tolerated_and_measured(tmp_path, pile):
    write(phantoms.shuffled(pile()), tmp_path)
    assert_whole(tmp_path)
    verdict = dv.read_series(tmp_path).stack.verdict
    assert 0.01 < verdict.residual_mm < 0.1
    assert f"JITTER {verdict.residual_mm:.3f} mm" in verdict.notes


def test_s13_a_mosaic_is_taken_apart():
    ds = mosaic(mr())
    assert_whole(ds)
    np.testing.assert_array_equal(
        dv.picture(ds, plane="coronal", index=2, window=WIDE).pixels, grey(phantoms.voxels()[:, 2])
    )


def test_s13_the_tiles_of_a_compressed_mosaic_are_told_apart():
    ds = mosaic(mr())
    ds.compress(RLELossless)
    assert scroll(ds) == scroll(mosaic(mr()))


def test_s13_a_mosaic_without_its_header_is_shown_as_it_is():
    ds = mosaic(mr())
    del ds[0x0029, 0x1010]
    shown = dv.picture(ds, window=WIDE)
    np.testing.assert_array_equal(shown.pixels, grey(ds.pixel_array))
    assert "mosaic of many slices" in shown.notes
    assert shown.letters is None
    assert dv.read_series(ds).stack.verdict.code == "MOSAIC_WITHOUT_CSA"
    planes, refused = offered(ds)
    assert planes == ["acquired"]
    assert refused
    assert scroll(ds) == [float(ds.pixel_array[0, 0])]


@pytest.mark.parametrize("spacing", [-3.0, 3.0])
def test_s14_nuclear_medicine_runs_the_way_its_spacing_says(spacing):
    """PS3.3 C.8.4.15: the frames follow each other along the normal, or against it where the spacing is negative."""
    (ds,) = phantoms.reconstructed_tomo(spacing)
    seen = scroll(ds)
    places = [dv.picture(ds, index=k).place for k in range(6)]
    z = [phantoms.ORIGIN[2] + spacing * value / 100 for value in seen]
    assert z == sorted(z, reverse=True), "from head to feet"
    assert places == [f"z {height:.1f} mm" for height in z]


@pytest.mark.parametrize(
    ("offsets", "absolute"),
    [(phantoms.DOSE_OFFSETS, False), (phantoms.DOSE_OFFSETS, True), (tuple(-x for x in phantoms.DOSE_OFFSETS), False)],
)
def test_s14_dose_lies_where_its_offsets_say(offsets, absolute):
    (ds,) = phantoms.dose(offsets=offsets, absolute=absolute)
    order = sorted(range(5), key=lambda frame: -offsets[frame])
    for index, frame in enumerate(order):
        shown = dv.picture(ds, index=index, window=(0.1, 0.2, "LINEAR_EXACT"))
        assert shown.place == f"z {phantoms.ORIGIN[2] + offsets[frame]:.1f} mm"
        expected = np.clip(phantoms.voxels(5)[frame] * 0.00025 / 0.2 * 255, 0, 255)
        np.testing.assert_allclose(shown.pixels, expected, atol=1)
    assert dv.picture(ds).unit == "Gy"
    np.testing.assert_allclose(scroll(ds), [100 * frame * 0.00025 for frame in order], atol=1e-6)


def cut_short(path):
    path.write_bytes(path.read_bytes()[:-40])


def spoilt(path):
    """A codestream that breaks off; the header of the file is whole."""
    ds = dcmread(path)
    ds.file_meta.TransferSyntaxUID = JPEG2000Lossless
    ds.PixelData = encapsulate([b"\xff\x4f\xff\x51\0\x2f" + bytes(40)])
    ds["PixelData"].VR = "OB"
    ds.save_as(path, enforce_file_format=True)


@pytest.mark.parametrize("damage", [cut_short, spoilt])
def test_s15_a_corrupt_slice_in_its_place(tmp_path, damage):
    paths = write(phantoms.regular(), tmp_path)
    damage(paths[5])
    seen = scroll(tmp_path)
    assert seen[:5] + seen[6:] == [value for value in ORDER if value != 500]
    assert "cannot be decoded: " in seen[5]
    assert "InstanceNumber 6" in seen[5]
    # The planes across have a dark line, and say so.
    across = dv.picture(tmp_path, plane="coronal", index=3, window=WIDE)
    assert "1 not decodable" in across.place
    expected = grey(phantoms.voxels()[:, 3])
    expected[5] = 0
    np.testing.assert_allclose(across.pixels.astype(int), expected, atol=1)
    with pytest.raises(DamagedPixels, match="InstanceNumber 6"):
        dv.read_series(tmp_path).volume()
