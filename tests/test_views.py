"""The scroller seen from Python: traits, controls, gestures, and what travels to the browser."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace

import ipywidgets
import numpy as np
import phantoms
import pytest
import traitlets

import dicomview as dv
from dicomview.errors import UnknownChoice
from dicomview.render import Look, state_message


@pytest.fixture
def view():
    made = dv.view(phantoms.regular(window=(600, 1200), description="Phantom"))
    yield made
    made.close()


def agrees(view):
    """Traits, state, canvas and controls say the same."""
    state = view.state
    assert (view.plane, view.index, view.window) == (state.plane, state.index, state.window)
    assert view.canvas.state == state_message(state)
    if view.controls is not None:
        assert view.controls.center_field.value == pytest.approx(state.window.center, rel=1e-6)
        assert view.controls.width_field.value == pytest.approx(state.window.width, rel=1e-6)
    return True


def gesture(view, **part):
    """What arrives when the user has moved something in the browser."""
    view.canvas.set_state({"state": json.loads(json.dumps(view.canvas.state | part))})


@pytest.fixture
def masked():
    masks = {name: np.ones((12, 10, 8), bool) for name in ("liver", "lung")}
    made = dv.view(phantoms.regular(), masks=masks, layers={"lung": "#0000ff"})
    yield made
    made.close()


# Traits


def test_a_view_begins_in_the_middle_with_the_window_of_the_file(view):
    assert (view.plane, view.index, view.window) == ("axial", 6, dv.Window(600, 1200))
    assert agrees(view)
    assert repr(view) == "SliceView(axial 7/12, Window(center=600.0, width=1200.0, function='LINEAR'))"


def test_a_view_begins_where_it_is_told():
    view = dv.view(phantoms.regular(), plane="sagittal", index=-1, window="bone", controls=False)
    assert (view.plane, view.index, view.window) == ("sagittal", 7, dv.Window.preset("bone"))
    assert view.controls is None
    assert view.children == (view.canvas,)
    assert view.canvas.scene["home"] == view.canvas.state


@pytest.mark.parametrize(
    ("name", "wish", "becomes"),
    [
        ("index", 3, 3),
        ("index", -1, 11),
        ("index", np.int64(3), 3),
        ("plane", "coronal", "coronal"),
        ("window", "bone", dv.Window(400, 1800)),
        ("window", (1, 2), dv.Window(1, 2)),
        ("window", [1, 2, "SIGMOID"], dv.Window(1, 2, "SIGMOID")),
    ],
)
def test_traits_are_set_and_observed(view, name, wish, becomes):
    seen = []
    view.observe(lambda change: seen.append((change.name, change.new, agrees(view))))
    setattr(view, name, wish)
    assert getattr(view, name) == becomes
    assert (name, becomes, True) in seen
    assert agrees(view)
    seen.clear()
    setattr(view, name, wish)
    assert seen == []


@pytest.mark.parametrize(
    ("name", "wish"),
    [
        ("index", 12),
        ("index", -13),
        ("index", True),
        ("plane", "oblique"),
        ("window", "bon"),
        ("window", (1, 0)),
        ("window", 5),
    ],
)
def test_what_does_not_exist_is_refused_and_changes_nothing(view, name, wish):
    before = view.state
    with pytest.raises(UnknownChoice):
        setattr(view, name, wish)
    assert view.state == before
    assert agrees(view)


@pytest.mark.parametrize(
    ("name", "wish"), [("index", "3"), ("index", None), ("index", 2.5), ("plane", None), ("plane", 3)]
)
def test_what_is_of_another_kind_is_refused_and_changes_nothing(view, name, wish):
    before = view.state
    with pytest.raises((UnknownChoice, traitlets.TraitError)):
        setattr(view, name, wish)
    assert view.state == before
    assert agrees(view)


def test_refused_plane_says_why():
    view = dv.view(phantoms.tilted())
    with pytest.raises(UnknownChoice, match="tilted"):
        view.plane = "coronal"
    assert view.canvas.scene["refused"]["coronal"] == view.scene.refused["coronal"]
    assert agrees(view)


def test_going_back_finds_the_same_slice(view):
    view.index = 11
    view.plane = "sagittal"
    view.index = 7
    view.plane = "axial"
    assert view.index == 11
    view.plane = "sagittal"
    assert view.index == 7
    assert agrees(view)


def test_several_at_once(view):
    with view.hold_trait_notifications():
        view.plane = "sagittal"
        view.index = 1
        view.window = "lung"
    assert (view.plane, view.index, view.window) == ("sagittal", 1, dv.Window.preset("lung"))
    assert agrees(view)


def test_several_at_once_where_the_index_is_for_the_new_plane():
    view = dv.view(phantoms.regular(phantoms.voxels(3)), index=2)
    with view.hold_trait_notifications():
        view.plane = "coronal"
        view.index = 9
    assert (view.plane, view.index) == ("coronal", 9)
    assert agrees(view)


def test_several_at_once_of_which_one_does_not_exist(view):
    with suppress(UnknownChoice), view.hold_trait_notifications():
        view.plane = "coronal"
        view.index = 99
    assert agrees(view)
    view.plane, view.index = "sagittal", 2
    assert (view.plane, view.index) == ("sagittal", 2)
    assert agrees(view)


# Observers that wish themselves


@pytest.mark.parametrize("how", ["python", "browser"])
def test_an_observer_may_set_another_trait(view, how):
    view.observe(lambda _: setattr(view, "index", 2), "plane")
    view.observe(lambda _: setattr(view, "window", "bone"), "plane")
    if how == "python":
        view.plane = "coronal"
    else:
        gesture(view, plane="coronal", positions={"axial": 6, "coronal": 4, "sagittal": 4})
    assert (view.plane, view.index, view.window) == ("coronal", 2, dv.Window.preset("bone"))
    assert agrees(view)


def test_an_observer_may_correct_the_trait_itself(view):
    view.observe(lambda change: setattr(view, "index", min(change.new, 8)), "index")
    view.index = 11
    assert view.index == 8
    gesture(view, positions={"axial": 10, "coronal": 5, "sagittal": 4})
    assert view.index == 8
    assert agrees(view)


def test_an_observer_of_the_index_may_change_the_plane(view):
    view.observe(lambda change: setattr(view, "plane", "sagittal" if change.new == 9 else view.plane), "index")
    view.index = 9
    assert (view.plane, view.index) == ("sagittal", 4)
    view.plane = "axial"
    assert agrees(view)


def test_link_with_another_widget(view):
    slider = ipywidgets.IntSlider(max=11)
    link = traitlets.link((view, "index"), (slider, "value"))
    assert slider.value == 6
    slider.value = 2
    assert view.index == 2
    gesture(view, positions={"axial": 9, "coronal": 5, "sagittal": 4})
    assert slider.value == 9
    view.plane = "coronal"
    assert slider.value == view.index == 5
    link.unlink()
    assert agrees(view)


def test_two_views_scroll_together():
    one, other = (dv.view(phantoms.regular(seed=seed)) for seed in "ab")
    for name in ("index", "plane", "window"):
        traitlets.link((one, name), (other, name))
    for which in (one, other):
        which.index = 3
        assert one.index == other.index == 3
        which.plane = "coronal"
        assert one.plane == other.plane == "coronal"
        which.window = "lung"
        assert one.window == other.window == dv.Window.preset("lung")
        which.plane, which.index, which.window = "axial", 8, "bone"
        assert agrees(one)
        assert agrees(other)
    gesture(one, plane="sagittal")
    assert (other.plane, other.index) == (one.plane, one.index) == ("sagittal", 4)
    gesture(one, positions=one.canvas.state["positions"] | {"sagittal": 3})
    assert other.index == 3
    assert agrees(one)
    assert agrees(other)


def test_linked_views_that_remember_different_places_come_to_rest():
    one, other = (dv.view(phantoms.regular(seed=seed)) for seed in "ab")
    one.plane, one.index, other.plane, other.index = "coronal", 1, "coronal", 8
    one.plane = other.plane = "axial"
    for name in ("index", "plane", "window"):
        traitlets.link((one, name), (other, name))
    one.plane = "coronal"
    assert (one.plane, one.index) == (other.plane, other.index)
    assert agrees(one)
    assert agrees(other)


def test_a_ring_of_links_comes_to_rest():
    views = [dv.view(phantoms.regular(seed=seed)) for seed in "abc"]
    for one, other in zip(views, [*views[1:], views[0]], strict=True):
        traitlets.dlink((one, "index"), (other, "index"))
    changes = []
    for each in views:
        each.observe(changes.append, "index")
    views[1].index = 1
    assert [each.index for each in views] == [1, 1, 1]
    assert len(changes) == 3


# Controls


def test_controls_follow_the_view(view):
    view.window = (-5000, 9000)
    assert agrees(view)
    gesture(view, window={"center": 1e6, "width": 0.001, "function": "LINEAR_EXACT"})
    assert agrees(view)


@pytest.mark.parametrize("kind", ["slider", "field"])
def test_the_view_follows_its_controls(view, kind):
    view.window = (600, 1200, "SIGMOID")
    seen = []
    view.observe(lambda change: seen.append(change.new), "window")
    # The sliders run over steps: 450 is a tenth of five widths below the middle.
    getattr(view.controls, f"center_{kind}").value = 450 if kind == "slider" else 300
    getattr(view.controls, f"width_{kind}").value = 83 if kind == "slider" else 500
    center, width = (300.0, 509.0) if kind == "slider" else (300.0, 500.0)
    assert [(w.center, round(w.width), w.function) for w in seen] == [
        (center, 1200, "SIGMOID"),
        (center, width, "SIGMOID"),
    ]
    assert agrees(view)


@pytest.mark.parametrize("window", [(-88.415, 1523.17), (40.5, 350.7), (40, 0.5), (-5000, 400), (1159.99, 2319.98)])
def test_what_a_slider_makes_of_a_window_never_comes_back(window):
    """A slider in a browser rounds to its steps and reports the result; that is no wish of anybody's."""
    view = dv.view(phantoms.regular(), window=(*window, "LINEAR_EXACT"))
    for slider in (view.controls.center_slider, view.controls.width_slider):
        assert (slider.value - slider.min) % slider.step == 0
        slider.set_state({"value": slider.value})
    assert view.window == dv.Window(*window, "LINEAR_EXACT")


@pytest.mark.parametrize("half_typed", [0, -5])
def test_a_number_half_typed_is_taken_back(view, half_typed):
    view.controls.width_field.value = half_typed
    assert view.window == dv.Window(600, 1200)
    assert agrees(view)


@pytest.mark.parametrize("window", [(0, 1e-12), (1e12, 1e12), (-1e-9, 1), (0.5, 0.001)])
def test_controls_take_any_window(window):
    view = dv.view(phantoms.regular(), window=(*window, "LINEAR_EXACT"))
    assert agrees(view)


def test_colour_has_no_window_to_control():
    view = dv.view(_colour())
    assert view.controls is None
    assert view.canvas.scene["colour"] is True
    assert view.canvas.scene["presets"] == []


# Gestures


def test_a_gesture_is_the_state(view):
    seen = []
    view.observe(lambda change: seen.append((change.name, change.new)))
    positions = {"axial": 6, "coronal": 8, "sagittal": 4}
    gesture(view, plane="coronal", positions=positions, window={"center": 1, "width": 2, "function": "SIGMOID"})
    assert sorted(seen, key=str) == [("index", 8), ("plane", "coronal"), ("window", dv.Window(1, 2, "SIGMOID"))]
    assert agrees(view)


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"plane": "axial"},
        {"plane": "oblique", "positions": {"axial": 1}, "window": {"center": 1, "width": 2, "function": "LINEAR"}},
        {"plane": "axial", "positions": {"axial": 12}, "window": {"center": 1, "width": 2, "function": "LINEAR"}},
        {"plane": "axial", "positions": {"axial": "x"}, "window": {"center": 1, "width": 2, "function": "LINEAR"}},
        {"plane": "axial", "positions": {"axial": None}, "window": {"center": 1, "width": 2, "function": "LINEAR"}},
        {"plane": "axial", "positions": {"oblique": 1}, "window": {"center": 1, "width": 2, "function": "LINEAR"}},
        {"plane": "axial", "positions": [3], "window": {"center": 1, "width": 2, "function": "LINEAR"}},
        {"plane": "axial", "positions": {"axial": 1}, "window": None},
        {"plane": "axial", "positions": {"axial": 1}, "window": {"center": 1, "width": 0, "function": "LINEAR"}},
        {"plane": "axial", "positions": {"axial": 1}, "window": {"center": 1, "width": 2, "function": "CUBIC"}},
        {"plane": "axial", "positions": {"axial": 1}, "window": {"center": 1, "width": 2, "shape": "LINEAR"}},
        {"plane": "axial", "positions": {"axial": 1e400}, "window": {"center": 1, "width": 2, "function": "LINEAR"}},
        {"plane": None, "positions": None, "window": None},
    ],
)
def test_a_malformed_gesture_is_taken_back(view, state):
    before = view.state
    view.canvas.set_state({"state": state})
    assert view.state == before
    assert agrees(view)
    gesture(view, positions={"axial": 2, "coronal": 5, "sagittal": 4})
    assert view.index == 2
    assert agrees(view)


def test_a_gesture_that_knows_one_plane_only_leaves_the_others(view):
    gesture(view, positions={"axial": 2})
    view.plane = "coronal"
    assert view.index == 5
    assert agrees(view)


def _colour():
    (ds,) = phantoms.without_position(phantoms.regular(phantoms.voxels(1)))
    ds.SamplesPerPixel, ds.PlanarConfiguration, ds.PhotometricInterpretation = 3, 0, "RGB"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    ds.Rows, ds.Columns, ds.PixelData = 2, 4, np.arange(24, dtype=np.uint8).tobytes()
    return [ds]


def test_a_gesture_that_crosses_a_wish_of_python_keeps_both(view):
    """The browser scrolls before it has heard of the window that Python set: neither is lost, and both sides agree."""
    before, stamp = dict(view.canvas.state), view.canvas.stamp
    view.window = "lung"
    heard = view.canvas.stamp
    assert heard != stamp
    scrolled = before | {"positions": before["positions"] | {"axial": 9}}
    view.canvas.set_state({"stamp": stamp, "state": json.loads(json.dumps(scrolled))})
    assert (view.index, view.window) == (9, dv.Window.preset("lung"))
    assert view.canvas.state == state_message(view.state)
    assert view.canvas.stamp > heard, "the browser is told"
    # The next gesture was made on the same old state, and goes on from there.
    further = before | {"positions": before["positions"] | {"axial": 10}}
    view.canvas.set_state({"stamp": stamp, "state": json.loads(json.dumps(further))})
    assert (view.index, view.window) == (10, dv.Window.preset("lung"))
    assert agrees(view)


# Layers


def test_layers_are_set_and_observed(masked):
    seen = []
    masked.observe(lambda change: seen.append((change.new, agrees(masked))), "layers")
    assert masked.layers["lung"] == Look(True, "#0000ff", 0.4)
    masked.layers = {"liver": False}
    masked.layers = {"lung": 0.75}
    wanted = {"liver": replace(masked.layers["liver"], shown=False), "lung": Look(True, "#0000ff", 0.75)}
    assert masked.layers == wanted
    assert seen[-1] == (wanted, True)
    assert len(seen) == 2
    with pytest.raises(UnknownChoice, match="the layers here: liver, lung"):
        masked.layers = {"kidney": True}
    assert masked.layers == wanted
    assert agrees(masked)


def test_a_layer_is_switched_in_the_browser(masked):
    looks = masked.canvas.state["layers"]
    gesture(masked, layers=looks | {"lung": {"shown": False, "color": "#00ff00", "opacity": 1}})
    assert masked.layers["lung"] == Look(False, "#00ff00", 1.0)
    assert agrees(masked)
    for wrong in ({"x": looks["lung"]}, {"lung": {"shown": True, "color": "red", "opacity": 1}}, {"lung": 3}, 5):
        gesture(masked, layers=wrong)
        assert masked.layers["lung"] == Look(False, "#00ff00", 1.0)
        assert agrees(masked)


def test_layers_of_two_views_are_linked(masked):
    other = dv.view(phantoms.regular(), masks={name: np.ones((12, 10, 8), bool) for name in ("liver", "lung")})
    link = traitlets.link((masked, "layers"), (other, "layers"))
    other.layers = {"liver": "#123456"}
    assert masked.layers == other.layers
    assert masked.layers["liver"].color == "#123456"
    link.unlink()
    other.close()
