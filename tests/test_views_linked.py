"""Views that show the same point: from Python here, by gestures in ``test_links.py``."""

from __future__ import annotations

import numpy as np
import pandas as pd
import phantoms
import pytest
from test_render_places import itk_of, points_near

import dicomview as dv
from dicomview.errors import UnknownChoice

FRAME = {"FrameOfReferenceUID": "1.2.3"}


@pytest.fixture(scope="module")
def pair():
    """Two series of other spacing and orientation in one frame of reference."""
    first = phantoms.regular(tags=FRAME, window=(600, 1000))
    return dv.read_series(first), dv.read_series(phantoms.oblique(seed="other", spacing=(0.5, 0.6), tags=FRAME))


@pytest.mark.parametrize("source", [phantoms.regular, phantoms.oblique, phantoms.sagittal])
def test_the_planes_of_a_position_are_those_of_simpleitk(source):
    volume = dv.read_series(source()).volume()
    image = itk_of(volume)
    ortho = dv.view(volume, layout="ortho")
    axes = {name: ortho[name].scene.cuts[name].axis for name in ("axial", "coronal", "sagittal")}
    heard = []
    ortho.observe(lambda change: heard.append(change.new), "position")
    for point in points_near(volume, 20).tolist():
        ortho.position = point
        voxel = image.TransformPhysicalPointToIndex(point)[::-1]
        assert {name: ortho[name].index for name in axes} == {name: voxel[axis] for name, axis in axes.items()}
        assert ortho.position == tuple(point) == heard[-1]
    assert len(heard) == 20


def test_moving_one_plane_moves_the_point_along_its_normal():
    ortho = dv.view(phantoms.regular(), layout="ortho", index=4)
    x, y, z = ortho.position
    ortho["axial"].index = 6
    assert ortho.position == pytest.approx((x, y, z - 2 * phantoms.STEP))
    ortho["sagittal"].index += 2
    assert ortho.position == pytest.approx((x + 2 * 0.7, y, z - 4), abs=0.36)
    assert repr(ortho).startswith("Ortho(axial: 6, coronal: 5, sagittal: 6, (")
    ortho["coronal"].reset()  # home is a point of all
    assert (ortho["axial"].index, ortho.position) == (4, (x, y, z))


def test_all_planes_have_one_window_and_one_look():
    mask = np.zeros((12, 10, 8), bool)
    mask[3:5, 3:5, 3:5] = True
    ortho = dv.view(phantoms.regular(), layout="ortho", masks={"spot": mask})
    ortho.window = (500, 300)
    ortho["coronal"].invert = True
    ortho["sagittal"].layers = {"spot": 0.9}
    assert ortho.window == dv.Window(500, 300)
    for view in ortho.views.values():
        assert (view.window, view.invert, view.layers["spot"].opacity) == (dv.Window(500, 300), True, 0.9)
    assert {view.scene for view in ortho.views.values()} == {ortho["axial"].scene}  # a pile is stacked once


def test_planes_of_a_stack_in_time_share_their_time():
    ortho = dv.view(phantoms.echoes(), layout="ortho")
    ortho["axial"].axes = {"echo": 1}
    assert [view.axes for view in ortho.views.values()] == [{"echo": 1}] * 3


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (lambda: phantoms.missing(4), "1 slice is missing"),
        (phantoms.tilted, "gantry"),
        (phantoms.two_spacings, "distances between slices differ"),
        (lambda: phantoms.regular()[:1], "single slice"),
        (lambda: np.zeros((3, 4, 5)), "lie in the patient"),
    ],
)
def test_no_three_planes_across_a_gap_a_shear_or_without_a_place(source, words):
    with pytest.raises(UnknownChoice, match=words):
        dv.view(source(), layout="ortho")


def test_planes_of_what_was_filled_or_skewed_say_so():
    filled = dv.view(dv.read_series(phantoms.missing(4)).volume(on_missing="nan"), layout="ortho")
    skewed = dv.view(dv.read_series(phantoms.tilted()).volume(on_shear="affine"), layout="ortho")
    assert "missing slices left empty" in filled["coronal"].picture().notes
    assert "skewed: the axes are not perpendicular" in skewed["coronal"].picture().notes


def test_what_is_no_attribute_of_all_cannot_be_set_and_places_are_round():
    ortho = dv.view(phantoms.regular(), layout="ortho")
    with pytest.raises(
        AttributeError, match=r"nothing called 'index' to set for all; one of them has: \['axial'\]\.index"
    ):
        ortho.index = 3
    with pytest.raises(AttributeError, match=r"nothing called 'windw' to set for all$"):
        ortho.windw = "lung"
    ortho["axial"].index = 2
    assert ortho.position == tuple(round(part, 6) for part in ortho.position)
    assert "-0.0" not in repr(ortho.position)


def test_measurements_of_three_planes_are_one_table(pair):
    ortho = dv.view(pair[0], layout="ortho")
    assert ortho.measurements.empty
    middle = np.array(ortho.position)
    for plane, step in {"axial": (2, 0, 0), "coronal": (0, 0, 2), "sagittal": (0, 1.2, 1.6)}.items():
        row = ortho.measure("line", [middle, middle + step], plane=plane)
        assert row["plane"] == plane
        assert row["value"] == pytest.approx(2.0)
    ortho.measure("line", [middle, middle + np.array([0, 1.5, 2])])  # no axial slice holds it
    table = ortho.measurements
    assert table["view"].tolist() == ["axial", "coronal", "sagittal", "sagittal"]
    assert len(ortho["sagittal"].measurements) == 2
    ortho.measurements = None
    assert ortho.measurements.empty
    ortho.measurements = table[1:]
    pd.testing.assert_frame_equal(ortho.measurements, table[1:].reset_index(drop=True))
    for wish, words in (
        (table.drop(columns="view"), "whose column view says"),
        (table.assign(view="b"), "there is no view 'b' here"),
        (table.assign(index=[*table["index"][:3], 10**6]), "row 3 of the measurements"),
    ):
        with pytest.raises(UnknownChoice, match=words):
            ortho.measurements = wish
        assert len(ortho.measurements) == 3
    ortho.close()


def test_slabs_in_three_planes():
    ortho = dv.view(phantoms.regular(), layout="ortho", slab=("mip", 4))
    assert [view.picture().notes for view in ortho.views.values()] == [("MIP 4 mm",)] * 2 + [("MIP 4.2 mm",)]


def test_slabs_come_and_go_and_layers_stay():
    source = dv.read_series(phantoms.regular(window=(600, 1000)))
    array = source.volume().array
    ortho = dv.view(source, layout="ortho", index=5)
    mask = array == array[5, 4, 3]
    ortho.add_mask(mask, name="spot")
    assert [[*view.layers] for view in ortho.views.values()] == [["spot"]] * 3
    assert ortho.slab is None
    ortho.slab = ("minip", 6)
    assert ortho.slab == ("minip", 6.0) == ortho["sagittal"].slab
    assert ortho["axial"].picture().notes == ("layers of the middle slice", "MinIP 6 mm")
    assert len({view.scene for view in ortho.views.values()}) == 1
    ((name, shown),) = ortho["axial"].scene.shot("axial", 5).layers
    assert name == "spot" and (shown == mask[5]).all()
    before = ortho.position
    ortho.slab = None
    assert (ortho.position, ortho["axial"].picture().notes) == (before, ())
    ortho.remove_layer("spot")
    np.testing.assert_array_equal(ortho["coronal"].picture().pixels, dv.picture(source, plane="coronal").pixels)
    assert [view.layers for view in ortho.views.values()] == [{}] * 3
    with pytest.raises(UnknownChoice, match="a slab is"):
        ortho.slab = "thick"
    with pytest.raises(UnknownChoice, match="slabs of one place along echo"):
        dv.view(phantoms.echoes()).slab = ("mip", 4)
    single = dv.view(source)
    single.slab = ("mean", 4)
    assert single.picture().notes == ("mean 4 mm",)


def test_series_are_compared_by_the_place_in_the_patient(pair):
    first, second = pair
    comparison = dv.compare(first, second)
    assert (comparison.link, comparison.reason, comparison.offset) == ("position", "one frame of reference", 0)
    image, volume = itk_of(second.volume()), second.volume()
    for index in range(len(first)):
        comparison["a"].index = index
        point = comparison.position
        middle = first.volume().affine @ [index, 4.5, 3.5, 1]
        assert point == pytest.approx(middle[:3])
        k = image.TransformPhysicalPointToContinuousIndex(point)[2]
        if -0.5 < k < 11.5:
            assert abs(comparison["b"].index - k) <= 0.5 + 1e-9
            assert comparison["b"].index == image.TransformPhysicalPointToIndex(point)[2]
        else:
            assert comparison["b"].index == (0 if k < 0 else 11)
    for point in points_near(volume, 10).tolist():
        comparison.position = point
        assert comparison["b"].index == image.TransformPhysicalPointToIndex(point)[2]


def test_series_without_a_common_frame_are_compared_by_index(pair):
    other = phantoms.regular(seed="elsewhere")
    comparison = dv.compare(pair[0], other, offset=2)
    assert comparison.link == "index" and "slices" in comparison.reason
    assert (comparison["a"].index, comparison["b"].index) == (6, 8)
    comparison.offset = None
    assert comparison.reason == "the series have no common frame of reference (FrameOfReferenceUID)"
    comparison["b"].index = 3
    assert (comparison["a"].index, comparison.position) == (3, None)
    with pytest.raises(UnknownChoice, match="set the index of one of them"):
        comparison.position = (1, 2, 3)
    with pytest.raises(UnknownChoice, match=r"no common frame of reference.*link=\"index\".*offset="):
        comparison.link = "position"
    with pytest.raises(UnknownChoice, match="no common frame of reference"):
        dv.compare(pair[0], other, link="position")


def test_beside_a_hidden_series_all_words_are_hidden(pair):
    hidden = pair[0].hidden()
    for layout in ("side", "blend"):
        shown = dv.compare(hidden, pair[1], layout=layout)
        views = shown.views.values() if layout == "side" else [shown]
        assert all(set(view.scene.title.split(" | ")) == {"CT"} for view in views)


def test_windows_are_one_from_when_they_are_linked(pair):
    comparison = dv.compare(*pair, link_window=False)
    comparison["b"].window = (7, 70)
    assert comparison["a"].window != comparison["b"].window
    comparison.link_window = True
    assert comparison["a"].window == comparison["b"].window == dv.view(pair[0]).window
    again = dv.compare(*pair, link_window=True)
    assert again["a"].window == again["b"].window


def test_an_offset_in_mm_stands_for_a_common_frame(pair):
    other = phantoms.regular(seed="elsewhere", origin=(-20.0, -30.0, 500.0))
    comparison = dv.compare(pair[0], other, offset=(0, 0, 400))
    assert comparison.link == "position" and "by hand" in comparison.reason
    for index in (0, 5, 11):
        comparison["a"].index = index
        assert comparison["b"].index == index
    comparison.offset = (0, 0, 396)
    comparison["a"].index = 3
    assert comparison["b"].index == 5
    comparison["b"].index = 6
    assert comparison["a"].index == 4
    with pytest.raises(UnknownChoice, match="an offset in slices goes with"):
        dv.compare(pair[0], other, offset=3, link="position")
    assert comparison.offset == (0.0, 0.0, 396.0)


@pytest.mark.parametrize("name", ["measure", "add_mask", "add_contours", "curve", "write_measurements", "layers"])
def test_what_each_view_has_for_itself_says_so(pair, name):
    linked = dv.compare(*pair)
    call = "" if name == "layers" else r"\(…\)"
    with pytest.raises(
        AttributeError, match=rf"nothing called '{name}'; each view has its own: \['a'\]\.{name}{call}$"
    ):
        getattr(linked, name)
    assert hasattr(linked["a"], name)


def test_what_no_view_has_is_nothing(pair):
    ortho = dv.view(pair[0], layout="ortho")
    with pytest.raises(AttributeError, match=r"Ortho has nothing called 'mesure'$"):
        ortho.mesure  # noqa: B018
    with pytest.raises(AttributeError, match=r"\['axial'\]\.curve\(…\)$"):
        ortho.curve  # noqa: B018
    assert not hasattr(ortho, "_measurer")


def test_a_link_can_be_taken_away(pair):
    comparison = dv.compare(*pair, link="none")
    before = comparison["b"].index
    comparison["a"].index = 1
    assert (comparison["b"].index, comparison.position, comparison.link) == (before, None, "none")
    comparison.link = "position"
    assert comparison.position is not None


def test_one_window_where_units_are_alike_or_as_asked(pair):
    mr = phantoms.regular(modality="MR", tags=FRAME, window=(300, 400))
    alike, apart, asked = dv.compare(*pair), dv.compare(pair[0], mr), dv.compare(pair[0], mr, link_window=True)
    assert (alike.link_window, apart.link_window, asked.link_window) == (True, False, True)
    for comparison in (alike, apart, asked):
        comparison.window = (111, 222)
    assert alike["b"].window == asked["b"].window == dv.Window(111, 222)
    assert apart["b"].window != dv.Window(111, 222)
    alike.link_window = False
    alike.window = (1, 2)
    assert alike["b"].window == dv.Window(111, 222)


def test_volumes_say_no_frame_and_are_taken_at_their_word(pair):
    volumes = [one.volume() for one in pair]
    assert dv.compare(*volumes).reason == "the frame of reference is not known for all of them"
    asked = dv.compare(*volumes, link="position")
    assert asked.link == "position" and "not known" in asked.reason
    arrays = dv.compare(np.zeros((4, 5, 6)), pair[0])
    assert arrays.link == "index"
    with pytest.raises(UnknownChoice, match="nothing says where the slices of a lie"):
        arrays.link = "position"


def test_three_series_have_two_offsets(pair):
    comparison = dv.compare(pair[0], pair[0], pair[0], offset=[2, -1])
    assert [view.index for view in comparison.views.values()] == [6, 8, 5]
    assert comparison.offset == [2, -1]
    for offset in (2, [1], [1, 2, 3], [1, "x"], [1, (1, 2)]):
        with pytest.raises(UnknownChoice, match="offset"):
            comparison.offset = offset
    assert comparison.offset == [2, -1]


def test_words_for_what_cannot_be(pair):
    with pytest.raises(UnknownChoice, match="two or more series"):
        dv.compare(pair[0])
    with pytest.raises(UnknownChoice, match="linked by"):
        dv.compare(*pair, link="time")
    with pytest.raises(UnknownChoice, match="no view 'c' here; choose one of a, b"):
        dv.compare(*pair)["c"]
    with pytest.raises(UnknownChoice, match="layout is"):
        dv.view(pair[0], layout="mpr")
    with pytest.raises(UnknownChoice, match="a point is"):
        dv.view(pair[0], layout="ortho").position = "here"
    with pytest.raises(UnknownChoice, match="not None"):
        dv.view(pair[0], layout="ortho").position = None


def test_a_saved_notebook_shows_what_each_view_shows(pair):
    ortho = dv.view(pair[0], layout="ortho")
    data, _ = ortho._repr_mimebundle_()
    assert data["text/html"].count('<script type="module">') == 3
    assert "application/vnd.jupyter.widget-view+json" in data and data["image/png"]
    data, _ = dv.view(pair[0], layout="ortho", embed=False)._repr_mimebundle_()
    assert "text/html" not in data and "image/png" not in data
