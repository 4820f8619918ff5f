"""What a view sends to the browser, and what stays in a saved notebook."""

from __future__ import annotations

import json

import ipywidgets
import numpy as np
import phantoms
import pytest
from ipywidgets.embed import dependency_state
from oracles import jpeg_slices

import dicomview as dv
from dicomview.render import scene_of
from dicomview.space import read_series
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


def test_scene_is_plain(view):
    scene = json.loads(json.dumps(view.canvas.scene, allow_nan=False))
    assert scene == view.canvas.scene
    assert scene["title"] == "CT · Phantom"
    assert scene["unit"] == "HU"
    assert scene["planes"]["coronal"] == {
        "count": 10, "rows": 12, "columns": 8, "aspect": pytest.approx(2 / 0.7), "letters": ["R", "L", "H", "F"]
    }  # fmt: skip
    assert scene["presets"][0] == {"name": "window 1 (file)", "center": 600.0, "width": 1200.0, "function": "LINEAR"}
    assert [preset["name"] for preset in scene["presets"][1:]] == list(dv.presets())


def asked(view, plane, *indices):
    """Ask as the browser does and return the (message, buffers) that come back."""
    sent = []
    view.canvas.send = lambda content, buffers=None: sent.append((content, buffers))
    view.canvas._handle_custom_msg({"kind": "want", "plane": plane, "places": [[index] for index in indices]}, [])
    view.canvas._worker.submit(int).result(timeout=10)
    return sent


def read_samples(message, buffers):
    (buffer,) = buffers
    dtype, channels = {"int16": ("<i2", 1), "uint16": ("<u2", 1), "rgb8": ("u1", 3)}[message["sample"]]
    shape = (message["rows"], message["columns"]) + ((3,) if channels == 3 else ())
    assert len(buffer) == int(np.prod(shape)) * np.dtype(dtype).itemsize
    return np.frombuffer(buffer, dtype).reshape(shape)


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
@pytest.mark.parametrize("dtype", [np.int16, np.uint16])
def test_slices_are_little_endian_rows_with_their_place(plane, dtype):
    pile = phantoms.oblique(stored=phantoms.voxels().astype(dtype), slope=2.0, intercept=-100.0)
    view = dv.view(pile, controls=False)
    volume = read_series(pile).volume()
    for message, buffers in asked(view, plane, 3, 0, 5):
        json.dumps(message, allow_nan=False)
        assert (message["kind"], message["plane"], message["sample"]) == ("slice", plane, np.dtype(dtype).name)
        assert (message["slope"], message["intercept"], message["stored"]) == (2.0, -100.0, True)
        values = 2.0 * read_samples(message, buffers) - 100.0
        origin, row, column = (np.array(message[name]) for name in ("origin", "row_step", "column_step"))
        for r, c in ((0, 0), (message["rows"] - 1, 0), (2, message["columns"] - 1), (1, 3)):
            assert volume.value_at(*(origin + r * row + c * column)) == values[r, c]
        assert message["instance"] == (message["at"][0] + 1 if plane == "axial" else None)
        assert message["place"]


def test_slices_of_other_kinds():
    ((message, buffers),) = asked(dv.view(colour()), "acquired", 0)
    np.testing.assert_array_equal(read_samples(message, buffers), np.arange(24).reshape(2, 4, 3))
    assert (message["origin"], message["row_step"], message["column_step"]) == (None, None, None)
    ((message, buffers),) = asked(dv.view(phantoms.dose()), "axial", 0)
    expected = phantoms.voxels(5)[4] * 0.00025
    np.testing.assert_allclose(
        read_samples(message, buffers) * message["slope"] + message["intercept"], expected, atol=message["slope"]
    )
    assert (message["sample"], message["stored"]) == ("uint16", False)
    inverted = phantoms.regular(tags={"PhotometricInterpretation": "MONOCHROME1"})
    assert asked(dv.view(inverted), "coronal", 0)[0][0]["invert"] is True


def test_a_damaged_slice_is_a_fault_and_the_next_one_follows():
    pile = phantoms.regular()
    pile[4].PixelData = pile[4].PixelData[:50]
    view = dv.view(pile)
    fault, good = asked(view, "axial", 4, 5)
    assert fault[0]["kind"] == "fault"
    assert "InstanceNumber 5" in fault[0]["text"]
    assert "FICTITIOUS" not in fault[0]["text"]
    assert good[0]["kind"] == "slice"


def test_what_must_be_said_of_one_slice_travels_with_it():
    messages = asked(dv.view(jpeg_slices(3, cut=1)), "axial", 0, 1)
    assert [message["notes"] for message, _ in messages] == [[], ["decoded by imagecodecs, not by pillow"]]


@pytest.mark.parametrize(("plane", "index"), [("axial", 99), ("oblique", 0)])
def test_a_want_for_what_does_not_exist_is_a_fault(view, plane, index):
    ((message, _),) = asked(view, plane, index)
    assert message["kind"] == "fault"


def test_what_the_view_shows_is_the_picture(view):
    view.plane, view.index, view.window = "coronal", 3, "bone"
    expected = dv.picture(phantoms.regular(), plane="coronal", index=3, window="bone")
    np.testing.assert_array_equal(view.picture().pixels, expected.pixels)


# What is saved


def test_a_saved_notebook_holds_no_pixels_and_no_patient():
    stored = np.full((3, 40, 40), 12345, np.int16)
    view = dv.view(phantoms.regular(stored, tags={"PatientComments": "Phantom^Fictitious"}))
    asked(view, "axial", 0, 1, 2)
    view.index, view.plane = 1, "coronal"
    saved = json.dumps(dependency_state([view], drop_defaults=False))
    assert view.canvas.model_id in saved
    for secret in ("Phantom^Fictitious", "FICTITIOUS-0001", "Fictitious"):
        assert secret not in saved
        assert secret not in repr(view)
    code = sum(len(str(getattr(view.canvas, name))) for name in ("_esm", "_css"))
    assert len(saved) < 2 * code + 20_000
    assert "buffers" not in view.canvas.get_state()


def test_hostile_text_stays_text():
    view = dv.view(
        phantoms.regular(
            description=HOSTILE, tags={"RescaleType": HOSTILE, "WindowCenter": "1", "WindowWidth": "2",
                                       "WindowCenterWidthExplanation": HOSTILE}
        )
    )  # fmt: skip
    scene = view.canvas.scene
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
    asked(view, "axial", 0)
    canvas, controls = view.canvas, view.controls
    (thread,) = canvas._worker._threads
    view.close()
    assert canvas.comm is None
    assert controls.comm is None
    thread.join(5)
    assert not thread.is_alive()


def test_a_view_of_every_kind_of_source():
    for source in (phantoms.ultrasound(), phantoms.projection(), phantoms.echoes(), phantoms.voxels().astype(float)):
        view = dv.view(source, index=0)
        json.dumps(view.canvas.scene, allow_nan=False)
    scene = scene_of(phantoms.regular())
    assert isinstance(SliceView(scene, scene.home), ipywidgets.HBox)
