"""The scroller seen from Python: traits, controls, gestures, and what travels to the browser."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from contextlib import suppress
from dataclasses import replace

import ipywidgets
import matplotlib
import numpy as np
import phantoms
import pytest
import traitlets

import dicomview as dv
from dicomview.errors import UnknownChoice
from dicomview.render import Look, resolve, state_message
from dicomview.views.faces import ONE_HAND

FACES = ["plane", "index", "axes", "window", "layers", "invert", "colormap", "rotation", "flip", "zoom", "pan"]


@pytest.fixture
def view():
    made = dv.view(phantoms.regular(window=(600, 1200), description="Phantom"))
    yield made
    made.close()


def agrees(view):
    """Traits, state and canvas say the same."""
    state = view.state
    assert (view.plane, view.index, view.window) == (state.plane, state.index, state.window)
    assert view._state == state_message(state) | {"stamp": view._state["stamp"]}
    return True


def gesture(view, **part):
    """What arrives when the user has moved something in the browser."""
    view.set_state({"_state": json.loads(json.dumps(view._state | part))})


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
    assert view._scene["controls"] is False
    assert view._scene["home"] | {"stamp": 0} == view._state


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
    assert view._scene["refused"]["coronal"] == view.scene.refused["coronal"]
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
    gesture(one, positions=one._state["positions"] | {"sagittal": 3})
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


def test_colour_has_no_window_to_control():
    view = dv.view(_colour())
    assert view._scene["colour"] is True
    assert view._scene["presets"] == []


# How the picture is held


def test_the_picture_is_held_as_python_says(view):
    view.rotation, view.flip, view.invert, view.zoom, view.pan = 450, True, True, 2, (0.25, 0)
    assert (view.rotation, view.zoom, view.pan) == (90, 2.0, (0.25, 0.0))
    assert agrees(view)
    straight = dv.picture(phantoms.regular(window=(600, 1200)))
    shown = view.picture()
    np.testing.assert_array_equal(shown.pixels, np.rot90(255 - straight.pixels[:, ::-1], -1))
    assert straight.letters == ("R", "L", "A", "P")
    assert shown.letters == ("P", "A", "L", "R")
    assert shown.aspect == pytest.approx(1 / straight.aspect)
    assert shown.spacing == straight.spacing[::-1]


def test_a_colour_map_is_that_of_matplotlib(view):
    view.colormap = "inferno"
    grey = dv.picture(phantoms.regular(window=(600, 1200))).pixels
    expected = np.asarray(matplotlib.colormaps["inferno"](grey, bytes=True))[..., :3]
    np.testing.assert_array_equal(view.picture().pixels, expected)
    view.colormap = "PuOr_r"  # none of those in the menu: its colours go to the browser
    assert len(view._colours["PuOr_r"]) == 768
    assert agrees(view)


@pytest.mark.parametrize(
    ("name", "wish"),
    [
        ("rotation", 45), ("rotation", True), ("zoom", 0), ("zoom", float("nan")), ("zoom", 1e9), ("pan", 3),
        ("pan", (1, 2, 3)), ("pan", (float("inf"), 0)), ("pan", (0, float("nan"))),
        ("pan", (0, -1e9)), ("flip", 2), ("invert", "yes"), ("colormap", "infern"),
    ],
)  # fmt: skip
def test_how_a_picture_cannot_be_held_is_said_in_words(view, name, wish):
    with pytest.raises((UnknownChoice, traitlets.TraitError)):
        setattr(view, name, wish)
    with pytest.raises(UnknownChoice):
        resolve(view.scene, view.state, **{name: wish})
    assert agrees(view)


def test_a_gesture_holds_the_picture_otherwise(view):
    seen = []
    view.observe(lambda change: seen.append((change.name, change.new)), FACES)
    gesture(view, zoom=1.25, pan=[0.1, -0.2], rotation=270, flip=True, invert=True, colormap="hot")
    assert dict(seen) == {
        "zoom": 1.25, "pan": (0.1, -0.2), "rotation": 270, "flip": True, "invert": True, "colormap": "hot",
    }  # fmt: skip
    assert agrees(view)


@pytest.mark.parametrize("part", [{"zoom": -1}, {"rotation": 30}, {"pan": [1]}, {"colormap": "<script>"}])
def test_a_gesture_that_cannot_be_is_taken_back(view, part):
    before = view.state
    gesture(view, **part)
    assert view.state == before
    assert agrees(view)


def test_what_an_observer_raises_is_said_on_the_page(view):
    sent = []
    view.send = lambda content, buffers=None: sent.append(content)

    def careless(change):
        raise ValueError("no such organ")

    view.observe(careless, "index")
    with pytest.raises(ValueError, match="no such organ"):
        gesture(view, positions={"axial": 3})
    (told,) = sent
    assert told["kind"] == "trouble"
    assert "ValueError: no such organ" in told["text"]
    assert str(view.failure) == "no such organ"


class Wordless(ValueError):
    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "words"),
    [(SystemExit("stop"), "SystemExit: stop"), (KeyboardInterrupt(), "no words"), (Wordless(), "no words")],
)
def test_whatever_an_observer_raises_is_said_and_ends_no_thread(view, error, words):
    sent = []
    view.send = lambda content, buffers=None: sent.append(content)

    def careless(change):
        raise error

    view.observe(careless, "index")
    with pytest.raises(ValueError) if isinstance(error, Exception) else contextlib.nullcontext():
        gesture(view, positions={"axial": 3})
    (told,) = sent
    assert words in told["text"]
    assert view.index == 3


# Gestures


def test_a_gesture_is_the_state(view):
    seen = []
    view.observe(lambda change: seen.append((change.name, change.new)), FACES)
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
    view.set_state({"_state": state})
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
    before = dict(view._state)
    view.window = "lung"
    heard = view._state["stamp"]
    assert heard != before["stamp"]
    scrolled = before | {"positions": before["positions"] | {"axial": 9}}
    view.set_state({"_state": json.loads(json.dumps(scrolled))})
    assert (view.index, view.window) == (9, dv.Window.preset("lung"))
    assert agrees(view)
    assert view._state["stamp"] > heard, "the browser is told"
    # The next gesture was made on the same old state, and goes on from there.
    further = before | {"positions": before["positions"] | {"axial": 10}}
    view.set_state({"_state": json.loads(json.dumps(further))})
    assert (view.index, view.window) == (10, dv.Window.preset("lung"))
    assert agrees(view)


def test_only_the_last_gesture_crosses_a_wish_of_python(view):
    """What an earlier gesture had set is no wish of the one that crosses, and a browser that agrees is told so."""
    gesture(view, window={"center": 1.0, "width": 77.0, "function": "LINEAR"})
    before = dict(view._state)
    view.window = "lung"
    heard = view._state["stamp"]
    view.set_state({"_state": json.loads(json.dumps(before | {"flip": True}))})
    assert (view.flip, view.window) == (True, dv.Window.preset("lung"))
    assert agrees(view)
    view.set_state({"_state": json.loads(json.dumps(before | {"flip": True, "invert": True}))})
    assert (view.flip, view.invert, view.window) == (True, True, dv.Window.preset("lung"))
    assert view._state["stamp"] > heard
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
    looks = masked._state["layers"]
    gesture(masked, layers=looks | {"lung": {"shown": False, "color": "#00ff00", "opacity": 1}})
    assert masked.layers["lung"] == Look(False, "#00ff00", 1.0)
    assert agrees(masked)
    for wrong in ({"x": looks["lung"]}, {"lung": {"shown": True, "color": "reddish", "opacity": 1}}, {"lung": 3}, 5):
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


def test_a_hand_and_a_running_cell_move_a_view_at_once(view):
    """Gestures are heard in a thread beside the cell: no wish of either side is lost, and all agree in the end."""

    def hand():
        for n in range(300):
            with ONE_HAND:  # the browser has a state of Python's together with its number
                seen = json.loads(json.dumps(view._state))
            seen["positions"]["axial"] = n % 12
            view.set_state({"_state": seen})

    thread = threading.Thread(target=hand)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        thread.start()
        for n in range(300):
            view.window = (n, 100 + n)
            assert view.state.window == dv.Window(n, 100 + n)
        thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert view.window == dv.Window(299, 399)
    assert agrees(view)


def test_two_pages_of_one_kernel_do_not_undo_each_other(view):
    """Each page says all that it shows; of a page that has not heard of the other's window, only the scroll counts."""
    first, second = (json.loads(json.dumps(view._state)) | {"page": page} for page in "ab")
    view.set_state({"_state": first | {"window": {"center": 1.0, "width": 77.0, "function": "LINEAR"}}})
    view.set_state({"_state": second | {"positions": second["positions"] | {"axial": 2}}})
    assert (view.index, view.window) == (2, dv.Window(1, 77))
    assert view._state["window"]["width"] == 77  # both are told
    view.left("a")
    view.left("b")
    assert view._pages == {}


def test_what_shows_a_part_of_the_state_cannot_be_changed_in_place(masked):
    for change in (
        lambda: masked.layers.__setitem__("lung", "blue"),
        lambda: masked.layers.update(lung=False),
        lambda: masked.axes.__setitem__("time", 5),
    ):
        with pytest.raises(UnknownChoice, match="set the whole"):
            change()
    masked.index = 3
    assert agrees(masked)


def test_a_misspelt_name_is_no_new_attribute(view):
    with pytest.raises(AttributeError, match="did you mean index"):
        view.indx = 3
    with pytest.raises(UnknownChoice, match=r"whole number .*3\.7"):
        view.index = 3.7


def test_a_view_can_be_reset(view):
    view.index, view.window, view.zoom, view.flip = 2, "bone", 3, True
    view.reset()
    assert (view.index, view.window, view.zoom, view.flip) == (6, dv.Window(600, 1200), 1.0, False)
    assert agrees(view)


def test_the_page_hears_of_a_change_though_an_observer_fails(view):
    told = []
    view.send_state = lambda key=None: told.append((key, view._state["positions"]["axial"]))
    view.observe(lambda _: 1 / 0, "index")
    with pytest.raises(ZeroDivisionError):
        view.index = 3
    assert told[-1] == ("_state", 3)


def test_the_automatic_window_can_be_chosen_again():
    view = dv.view(phantoms.regular())
    assert view._scene["presets"][-1]["name"] == "automatic"
    assert "automatic" not in [one["name"] for one in dv.view(phantoms.regular(window=(1, 2)))._scene["presets"]]


def test_what_moves_in_time_begins_at_its_beginning():
    view = dv.view(phantoms.ultrasound())
    assert (view.index, view._scene["index_name"]) == (0, "time")
    assert dv.view(phantoms.regular())._scene["index_name"] == "slice"
