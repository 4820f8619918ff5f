"""A wish and the old state make a new state, or an error in words."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import FrozenInstanceError
from types import SimpleNamespace

import numpy as np
import pytest

from dicomview.errors import UnknownChoice
from dicomview.pixels import Window
from dicomview.render import Look, ViewState, rebased, resolve, state_from, state_message

AUTOMATIC = Window(7, 70, "LINEAR_EXACT", "automatic")
SCENE = SimpleNamespace(
    counts={"axial": 12, "coronal": 10},
    refused={"sagittal": "the slices are shifted by a tilt"},
    lengths={},
    automatic_window=lambda: AUTOMATIC,
    presets=list,
)
LAYERS = (("overlays", Look()), ("liver", Look(False, "#112233", 0.4)))
START = ViewState("axial", (("axial", 6), ("coronal", 5)), Window(40, 400), layers=LAYERS)


def test_a_wish_for_nothing_changes_nothing():
    assert resolve(SCENE, START) == START


@pytest.mark.parametrize(
    "wish", [{"plane": "coronal"}, {"index": 3}, {"window": "bone"}, {"plane": "coronal", "index": 1, "window": (1, 2)}]
)
def test_pure(wish):
    start, counts = deepcopy(START), deepcopy(SCENE.counts)
    first = resolve(SCENE, START, **wish)
    assert resolve(SCENE, START, **wish) == first
    assert first != START
    assert start == START
    assert counts == SCENE.counts


def test_a_state_is_frozen():
    with pytest.raises(FrozenInstanceError):
        START.plane = "coronal"
    assert hash(START) == hash(deepcopy(START))


@pytest.mark.parametrize(("index", "place"), [(0, 0), (11, 11), (-1, 11), (-12, 0), (np.int64(4), 4), (np.uint8(4), 4)])
def test_index(index, place):
    state = resolve(SCENE, START, index=index)
    assert state.index == place
    assert type(state.index) is int


def test_index_goes_to_the_plane_wished_for():
    state = resolve(SCENE, START, plane="coronal", index=-1)
    assert (state.plane, state.index) == ("coronal", 9)
    assert dict(state.positions) == {"axial": 6, "coronal": 9}


def test_each_plane_remembers_its_place():
    there = resolve(SCENE, resolve(SCENE, START, index=2), plane="coronal", index=9)
    back = resolve(SCENE, there, plane="axial")
    assert back.index == 2
    assert resolve(SCENE, back, plane="coronal").index == 9


@pytest.mark.parametrize("index", [12, -13, 10**12])
def test_index_outside_is_told_with_the_range(index):
    with pytest.raises(UnknownChoice, match=rf"no axial picture {index}; they run from 0 to 11"):
        resolve(SCENE, START, index=index)


@pytest.mark.parametrize("index", [3.0, "3", True, None.__class__, [3], float("nan"), np.float64(3), np.bool_(True)])
def test_index_that_is_no_whole_number(index):
    with pytest.raises(UnknownChoice, match="an index is a whole number from 0 to 11"):
        resolve(SCENE, START, index=index)


def test_refused_plane_gives_its_reason():
    with pytest.raises(UnknownChoice, match="'sagittal' to show: the slices are shifted by a tilt"):
        resolve(SCENE, START, plane="sagittal")


@pytest.mark.parametrize("plane", ["axal", "Axial", ""])
def test_unknown_plane_lists_those_there_are(plane):
    with pytest.raises(UnknownChoice, match="choose one of axial, coronal"):
        resolve(SCENE, START, plane=plane)


@pytest.mark.parametrize("plane", [["axial"], 3, {"axial"}])
def test_plane_that_is_no_name(plane):
    with pytest.raises(UnknownChoice, match="one of axial, coronal"):
        resolve(SCENE, START, plane=plane)


@pytest.mark.parametrize(
    ("wish", "window"),
    [
        ("bone", Window(400, 1800)),
        ("BONE", Window(400, 1800)),
        ("auto", AUTOMATIC),
        ("Auto", AUTOMATIC),
        ((1, 2), Window(1, 2)),
        ([1, 2.5, "SIGMOID"], Window(1, 2.5, "SIGMOID")),
        (Window(3, 4), Window(3, 4)),
    ],
)
def test_window(wish, window):
    assert resolve(SCENE, START, window=wish).window == window


@pytest.mark.parametrize(
    "wish",
    ["bon", "", 40, (40,), (40, 400, "LINEAR", 1), (40, 0), (40, -1), (0, float("nan")), ("a", "b"), {}, (1, 2, "X")],
)
def test_window_that_is_none_is_told_in_words(wish):
    with pytest.raises(UnknownChoice) as caught:
        resolve(SCENE, START, window=wish)
    assert len(str(caught.value)) > 20


def test_misspelt_preset_lists_the_presets():
    with pytest.raises(UnknownChoice, match=r"'bonee'; choose one of .*lung.*bone.*brain"):
        resolve(SCENE, START, window="bonee")


def test_message_is_plain_and_comes_back():
    state = resolve(SCENE, START, plane="coronal", index=2, window=(1.5, 2, "SIGMOID"))
    message = state_message(state)
    assert message == {
        "plane": "coronal",
        "positions": {"axial": 6, "coronal": 2},
        "axes": {},
        "window": {"center": 1.5, "width": 2.0, "function": "SIGMOID"},
        "layers": {
            "overlays": {"shown": True, "color": "#ffd54f", "opacity": 1.0},
            "liver": {"shown": False, "color": "#112233", "opacity": 0.4},
        },
        "invert": False,
        "colormap": "gray",
        "rotation": 0,
        "flip": False,
        "zoom": 1.0,
        "point": None,
        "pan": [0.0, 0.0],
    }
    assert state_from(message) == state


def test_message_from_a_browser_that_knows_no_integers():
    message = state_message(START) | {"positions": {"axial": 3.0, "coronal": 5.0}}
    state = state_from(message)
    assert (state.index, type(state.index)) == (3, int)


@pytest.mark.parametrize(
    ("wish", "look"),
    [
        (True, Look(True, "#112233", 0.4)),
        (np.bool_(True), Look(True, "#112233", 0.4)),
        ("#AABBCC", Look(False, "#aabbcc", 0.4)),
        (1, Look(False, "#112233", 1.0)),
        (0.25, Look(False, "#112233", 0.25)),
        (np.float32(0.5), Look(False, "#112233", 0.5)),
        ({"shown": True, "opacity": 0}, Look(True, "#112233", 0.0)),
        ({}, Look(False, "#112233", 0.4)),
        (Look(True, "#ABCDEF"), Look(True, "#abcdef", 1.0)),
    ],
)
def test_a_layer_is_drawn_as_wished(wish, look):
    state = resolve(SCENE, START, layers={"liver": wish})
    assert state.layers == (LAYERS[0], ("liver", look))
    assert state_from(state_message(state)) == state


@pytest.mark.parametrize(
    "wish", ["reddish", "#12345", "#1234567", 1.5, -0.1, float("nan"), None, [], {"colour": "#112233"}, {"shown": 1},
             {"opacity": True}, {"color": 3}, Look(True, "bluish")],
)  # fmt: skip
def test_a_look_that_is_none_is_told_with_the_layers(wish):
    with pytest.raises(UnknownChoice, match="the layers here: overlays, liver"):
        resolve(SCENE, START, layers={"liver": wish})


def test_a_layer_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(UnknownChoice, match="no layer 'lung' to draw; the layers here: overlays, liver"):
        resolve(SCENE, START, layers={"lung": True})
    with pytest.raises(UnknownChoice, match="the layers here: none"):
        resolve(SCENE, ViewState("axial", START.positions, START.window), layers={"overlays": False})
    with pytest.raises(UnknownChoice, match="a dict of names and wishes"):
        resolve(SCENE, START, layers=True)


def test_wishes_for_two_layers_that_crossed_both_come_true():
    said = resolve(SCENE, START, layers={"liver": True})
    now = resolve(SCENE, START, layers={"overlays": False}, index=1)
    assert rebased(said, START, now) == resolve(SCENE, now, layers={"liver": True})
