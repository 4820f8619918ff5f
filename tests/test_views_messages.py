"""What a view sends to the browser, and what stays in a saved notebook."""

from __future__ import annotations

import json
import re

import ipywidgets
import numpy as np
import phantoms
import pytest
from ipywidgets.embed import dependency_state
from oracles import bundled, jpeg_slices
from wire import asked

import dicomview as dv
from dicomview.objects import Stroke
from dicomview.render import scene_of
from dicomview.space import read_series
from dicomview.views.messages import drawn_message
from dicomview.views.slice_view import SliceView

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def view():
    made = dv.view(phantoms.regular(window=(600, 1200), description="Phantom"))
    yield made
    made.close()


def colour():
    (ds,) = phantoms.without_position(phantoms.regular(phantoms.voxels(1)))
    ds.SamplesPerPixel, ds.PlanarConfiguration, ds.PhotometricInterpretation = 3, 0, "RGB"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    ds.Rows, ds.Columns, ds.PixelData = 2, 4, np.arange(24, dtype=np.uint8).tobytes()
    return [ds]


def drawn_points(path):
    """Take a path apart as SVG says: absolute M and L, relative l; hundredths of a pixel."""
    for part in filter(None, re.split(r"(?=M)", path)):
        numbers, closed = part.rstrip("Z"), part.endswith("Z")
        start, relative, rest = re.fullmatch(r"M([^lL]*)([lL])(.*)", numbers).groups()
        first = np.array(start.split(","), float)
        others = np.array(rest.split(","), float).reshape(-1, 2)
        yield np.vstack([first, first + others.cumsum(axis=0) if relative == "l" else others]) / 100, closed


@pytest.mark.parametrize("far", [1.0, 1e8, 1e18])
def test_strokes_arrive_as_they_are_drawn(far):
    """Lines, dots and words in any order; what lies far off takes nothing else with it."""
    random = np.random.default_rng(1)
    lines = [
        Stroke(random.uniform(-600, 600, (length, 2)), closed) for length, closed in ((2, False), (5, True), (90, True))
    ]
    lines[1].points[2] *= far
    dot, word = Stroke(np.array([[1.5, 2.25]]), False), Stroke(np.array([[3.0, 4.0]]), False, "here")
    told = json.loads(json.dumps(drawn_message([dot, lines[0], word, *lines[1:], dot])))
    assert told["dots"] == [[1.5, 2.25]] * 2
    assert told["written"] == [{"words": "here", "at": [3, 4]}]
    drawn = list(drawn_points(told["lines"]))
    assert [closed for _, closed in drawn] == [one.closed for one in lines]
    for (points, _), one in zip(drawn, lines, strict=True):
        np.testing.assert_allclose(points, one.points, atol=0.005 + 1e-9, rtol=1e-9)
    assert "l" in told["lines"] or far > 1


def test_scene_is_plain(view):
    scene = json.loads(json.dumps(view._scene, allow_nan=False))
    assert scene == view._scene
    assert scene["title"] == "CT · Phantom"
    assert scene["unit"] == "HU"
    assert scene["planes"]["coronal"] == {
        "count": 10, "rows": 12, "columns": 8, "aspect": pytest.approx(2 / 0.7), "letters": ["R", "L", "H", "F"],
        "step": 1, "block": 10, "gaps": [],
    }  # fmt: skip
    assert scene["presets"][0] == {"name": "window 1 (file)", "center": 600.0, "width": 1200.0, "function": "LINEAR"}
    assert [preset["name"] for preset in scene["presets"][1:]] == list(dv.presets())


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
@pytest.mark.parametrize("dtype", [np.int16, np.uint16])
def test_slices_are_little_endian_rows_with_their_place(plane, dtype):
    pile = phantoms.oblique(stored=phantoms.voxels().astype(dtype), slope=2.0, intercept=-100.0)
    view = dv.view(pile, controls=False)
    volume = read_series(pile).volume()
    for sent in asked(view, [[3], [0], [5]], plane=plane):
        message = sent.head
        json.dumps(message, allow_nan=False)
        assert (message["plane"], message["sample"]) == (plane, np.dtype(dtype).name)
        assert (message["slope"], message["intercept"], message["stored"]) == (2.0, -100.0, True)
        values = 2.0 * sent.samples - 100.0
        origin, row, column = (np.array(message[name]) for name in ("origin", "row_step", "column_step"))
        for r, c in ((0, 0), (message["rows"] - 1, 0), (2, message["columns"] - 1), (1, 3)):
            assert volume.value_at(*(origin + r * row + c * column)) == values[r, c]
        assert message["place"]


def test_slices_of_other_kinds():
    (sent,) = asked(dv.view(colour()), [[0]])
    message = sent.head
    np.testing.assert_array_equal(sent.samples, np.arange(24).reshape(2, 4, 3))
    assert (message["origin"], message["row_step"], message["column_step"]) == (None, None, None)
    (sent,) = asked(dv.view(phantoms.dose()), [[0]])
    message = sent.head
    expected = phantoms.voxels(5)[4] * 0.00025
    np.testing.assert_allclose(sent.samples * message["slope"] + message["intercept"], expected, atol=message["slope"])
    assert (message["sample"], message["stored"]) == ("uint16", False)
    inverted = phantoms.regular(tags={"PhotometricInterpretation": "MONOCHROME1"})
    assert asked(dv.view(inverted), [[0]], plane="coronal")[0].head["invert"] is True


def test_a_damaged_slice_is_a_fault_and_the_next_one_follows():
    pile = phantoms.regular()
    pile[4].PixelData = pile[4].PixelData[:50]
    view = dv.view(pile)
    fault, good = asked(view, [[4], [5]])
    assert "InstanceNumber 5" in fault.text
    assert "FICTITIOUS" not in fault.text
    assert good.text == ""


def test_what_must_be_said_of_one_slice_travels_with_it():
    sent = asked(dv.view(jpeg_slices(3, cut=1)), [[0], [1]])
    assert [one.head["notes"] for one in sent] == [[], ["decoded by imagecodecs, not by pillow"]]


@pytest.mark.parametrize(("plane", "index"), [("axial", 99), ("oblique", 0)])
def test_a_want_for_what_does_not_exist_is_a_fault(view, plane, index):
    (sent,) = asked(view, [[index]], plane=plane)
    assert sent.samples is None
    assert sent.text


def colours_of(pile, photometric):
    for ds in pile:
        ds.SamplesPerPixel, ds.PlanarConfiguration, ds.PhotometricInterpretation = 3, 0, photometric
        ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8, 8, 7
        noise = np.random.default_rng(ds.InstanceNumber).integers(0, 256, (ds.Rows, ds.Columns, 3), np.uint8)
        ds.PixelData = noise.tobytes()
    return pile


@pytest.mark.parametrize("kind", ["int16", "uint16", "rgb8"])
def test_packed_slices_are_the_same_slices(kind):
    noise = np.random.default_rng(3).integers(-32768, 32768, (12, 9, 11)).astype(np.int16)
    pile = phantoms.regular(noise.astype(kind) if kind != "rgb8" else noise)
    view = dv.view(colours_of(pile, "RGB") if kind == "rgb8" else pile)
    places = [[k] for k in range(4)]
    for plain, packed in zip(asked(view, places), asked(view, places, pack=True), strict=True):
        assert plain.head["sample"] == kind
        np.testing.assert_array_equal(packed.samples, plain.samples)


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
@pytest.mark.parametrize("step", [2, 3, 5])
@pytest.mark.parametrize("source", ["slices", "volume"])
def test_a_preview_has_some_of_the_samples_in_their_places(plane, step, source):
    pile = phantoms.oblique(slope=2.0, intercept=-100.0)
    view = dv.view(pile if source == "slices" else read_series(pile).volume())
    (whole,), (some,) = (asked(view, [[3]], plane=plane, step=n) for n in (1, step))
    np.testing.assert_array_equal(some.samples, whole.samples[step // 2 :: step, step // 2 :: step])
    assert some.head["place"] == whole.head["place"]
    volume = read_series(pile).volume()
    origin, row, column = (np.array(some.head[name]) for name in ("origin", "row_step", "column_step"))
    values = some.head["slope"] * some.samples.astype(float) + some.head["intercept"]
    for r, c in ((0, 0), (some.samples.shape[0] - 1, 0), (0, some.samples.shape[1] - 1)):
        assert volume.value_at(*(origin + r * row + c * column)) == pytest.approx(values[r, c])


def test_a_preview_has_its_overlay(tmp_path):
    view = dv.view(bundled("examples_overlay.dcm"))
    (whole,), (some,) = (asked(view, [[0]], step=n) for n in (1, 4))
    assert whole.masks.keys() == some.masks.keys()
    for name, mask in whole.masks.items():
        np.testing.assert_array_equal(some.masks[name], mask[2::4, 2::4])


def test_a_plane_says_how_its_previews_come():
    planes = dv.view(np.zeros((20, 512, 300), np.int16))._scene["planes"]
    assert (planes["slice"]["step"], planes["slice"]["block"]) == (4, 13)
    small = dv.view(phantoms.regular())._scene["planes"]["axial"]
    assert (small["step"], small["block"]) == (1, 12)  # whole, all of them at once


def test_what_the_view_shows_is_the_picture(view):
    view.plane, view.index, view.window = "coronal", 3, "bone"
    expected = dv.picture(phantoms.regular(), plane="coronal", index=3, window="bone")
    np.testing.assert_array_equal(view.picture().pixels, expected.pixels)


# What is saved


def test_a_saved_notebook_holds_no_pixels_and_no_patient():
    stored = np.full((3, 40, 40), 12345, np.int16)
    view = dv.view(phantoms.regular(stored, tags={"PatientComments": "Phantom^Fictitious"}), embed=False)
    asked(view, [[0], [1], [2]])
    view.index, view.plane = 1, "coronal"
    saved = json.dumps(dependency_state([view], drop_defaults=False))
    assert view.model_id in saved
    for secret in ("Phantom^Fictitious", "FICTITIOUS-0001", "Fictitious"):
        assert secret not in saved
        assert secret not in repr(view)
    code = sum(len(str(getattr(view, name))) for name in ("_esm", "_css"))
    assert len(saved) < 2 * code + 20_000
    assert [view.get_state()[name] for name in ("_opening", "_near", "_around")] == [[], [], []]
    whole = dv.view(phantoms.regular(stored))
    whole._surround()
    kept = whole.get_state()
    assert len(kept["_opening"] + kept["_around"]) == 3  # where they are not kept out


def test_hostile_text_stays_text():
    view = dv.view(
        phantoms.regular(
            description=HOSTILE, tags={"RescaleType": HOSTILE, "WindowCenter": "1", "WindowWidth": "2",
                                       "WindowCenterWidthExplanation": HOSTILE}
        )
    )  # fmt: skip
    scene = view._scene
    assert scene["title"] == f"CT · {HOSTILE}"
    assert scene["unit"] == HOSTILE
    assert scene["presets"][0]["name"] == f"{HOSTILE} (file)"

    def tree(widget):
        yield widget
        for child in getattr(widget, "children", ()):
            yield from tree(child)

    assert not any(isinstance(one, ipywidgets.HTML | ipywidgets.HTMLMath) for one in tree(view))


def test_closing_lets_the_parts_go():
    view = dv.view(phantoms.regular())
    asked(view, [[0]])
    view.close()
    assert view.comm is None


def test_a_view_of_every_kind_of_source():
    for source in (phantoms.ultrasound(), phantoms.projection(), phantoms.echoes(), phantoms.voxels().astype(float)):
        view = dv.view(source, index=0)
        json.dumps(view._scene, allow_nan=False)
    scene = scene_of(phantoms.regular())
    assert isinstance(SliceView(scene, scene.begin()), ipywidgets.DOMWidget)
