"""The living matplotlib figure: the pixels of the picture, its sliders, and what one draws on it."""

from __future__ import annotations

import io
import json
from typing import Any

import matplotlib as mpl
import numpy as np
import phantoms
import pytest
import traitlets
from PIL import Image

import dicomview as dv
from dicomview.errors import DamagedPixels, UnknownChoice


@pytest.fixture
def living(monkeypatch):
    """``%matplotlib widget`` has been said."""
    monkeypatch.setattr(mpl, "get_backend", lambda **_: "module://ipympl.backend_nbagg")


@pytest.fixture
def made():
    shown: list[Any] = []

    def make(*arguments: Any, **options: Any) -> Any:
        shown.append(dv.plot(*arguments, **options))
        return shown[-1]

    yield make
    for one in shown:
        one.close()


def assert_shows(plot: Any, source: Any, **wish: Any) -> None:
    """The image has the pixels of the picture, and the caption is that of the figure."""
    wanted = dv.picture(source, **wish)
    np.testing.assert_array_equal(plot.image.get_array(), wanted.pixels)
    np.testing.assert_array_equal(plot.picture().pixels, wanted.pixels)
    assert plot.ax.get_aspect() == pytest.approx(wanted.aspect)
    rows, columns = wanted.pixels.shape[:2]
    assert plot.ax.get_xlim() == (-0.5, columns - 0.5)
    assert plot.ax.get_ylim() == (rows - 0.5, -0.5)
    assert plot.ax.get_title(loc="left") == dv.figure(source, **wish).axes[0].get_title(loc="left")
    letters = {text.get_text() for text in plot.ax.texts if len(text.get_text()) == 1}
    assert letters == set(wanted.letters)


def on_screen(plot: Any) -> np.ndarray:
    """What the canvas would send to the browser, (rows, columns, 3)."""
    return np.array(plot._canvas.buffer_rgba())[..., :3]


def test_it_is_a_plain_figure_without_the_magic(made):
    pile = phantoms.oblique()
    plot = made(pile, index=3, window="bone")
    assert_shows(plot, pile, index=3, window="bone")
    bundle = plot._repr_mimebundle_()
    assert set(bundle) == {"image/png", "text/plain"}
    plot.index, plot.window = 5, (300, 500, "SIGMOID")
    assert_shows(plot, pile, index=5, window=(300, 500, "SIGMOID"))
    plot.plane = "coronal"
    assert_shows(plot, pile, plane="coronal", window=(300, 500, "SIGMOID"))
    content = io.BytesIO()
    plot.figure.savefig(content, format="png")
    assert Image.open(content).size[0] > 100


@pytest.mark.parametrize("options", [{}, {"rotation": 90, "flip": True}, {"colormap": "hot"}, {"invert": True}])
def test_a_step_blits_what_a_whole_drawing_would_show(living, made, options):
    """Bit for bit: the picture, its caption, and what the user drew over it."""
    pile = phantoms.regular(spacing=(20.0, 20.0))
    plot = made(pile, index=3, **options)
    canvas = plot._canvas
    plot.ax.plot([1, 5], [2, 6], "r-", linewidth=3)
    plot.ax.text(2, 3, "mine", color="lime")
    canvas.draw()
    whole = []
    canvas.mpl_connect("draw_event", lambda event: whole.append(event))
    for wish in ({"index": 4}, {"window": (600, 300)}, {"index": 11}):
        for name, value in wish.items():
            setattr(plot, name, value)
        assert whole == []
        blitted = on_screen(plot)
        canvas.draw()
        np.testing.assert_array_equal(blitted, on_screen(plot))
        whole.clear()
    assert_shows(plot, pile, index=11, window=(600, 300), **options)
    x, y = plot.ax.transData.transform((6, 1))
    row, column = on_screen(plot).shape[0] - 1 - round(y), round(x)
    wanted = np.broadcast_to(plot.picture().pixels[1, 6], 3)
    np.testing.assert_allclose(on_screen(plot)[row, column].astype(int), wanted, atol=1)


def test_what_one_draws_stays_when_plane_and_size_change(living, made):
    pile = phantoms.regular()
    plot = made(pile)
    (line,) = plot.ax.plot([1, 5], [2, 6], "r-")
    plot._canvas.draw()
    plot.plane = "sagittal"
    assert line in plot.ax.lines
    assert_shows(plot, pile, plane="sagittal")
    plot.plane, plot.index = "axial", -1
    assert line in plot.ax.lines
    assert_shows(plot, pile, index=11)
    assert len(plot.ax.images) == 1
    plot._canvas.draw()
    plot.figure.savefig(io.BytesIO(), dpi=33, format="png")  # another size must not be blitted on
    plot.index = 2
    before = on_screen(plot)
    plot._canvas.draw()
    np.testing.assert_array_equal(before, on_screen(plot))


def test_a_step_is_not_put_on_what_was_kept_of_another_frame(living, made):
    plot = made(phantoms.regular())
    plot._canvas.draw()
    plot.plane = "sagittal"
    sent = []
    plot._canvas.send = lambda content, buffers=None: sent.append(json.loads(content["data"])["type"])
    plot.index = 2  # before the page has asked for the whole drawing
    assert sent == ["draw"]


def test_sliders_and_traits_say_the_same(living, made):
    pile = phantoms.echoes()
    plot = made(pile, window=(500, 401))
    sliders = plot._sliders
    assert [*sliders] == ["plane", "index", "echo", "window"]
    assert plot._box.children == (plot._canvas, *sliders.values())
    sliders["index"].value = 2
    sliders["echo"].value = 1
    sliders["window"].value = (100, 300)
    assert (plot.index, dict(plot.axes)) == (2, {"echo": 1})
    assert plot.window == dv.Window(200.5, 201)
    assert_shows(plot, pile, index=2, echo=1, window=(200.5, 201))
    sliders["window"].value = (100.3, 299.8)  # what the page makes of it, on steps of its own
    assert plot.window == dv.Window(200.5, 201)
    for window in ((40, 400), (-600, 1500), (5000, 20000)):  # told as they are: the page shows what is on a step
        plot.window = window
        slider = sliders["window"]
        assert [(end - slider.min) % slider.step for end in (*slider.value, slider.max)] == [0, 0, 0]
    plot.window, plot.plane = (5000, 20001), "coronal"
    assert sliders["window"].value == plot.window.ends  # wider than all values, and not cut
    assert plot.window == dv.Window(5000, 20001)
    assert (sliders["plane"].value, sliders["index"].value) == ("coronal", plot.index)
    assert sliders["index"].max == plot.scene.counts["coronal"] - 1
    plot._canvas._handle_message(
        plot._canvas,
        {"type": "scroll", "x": 9, "y": 9, "step": -1, "modifiers": [], "guiEvent": {}, "button": 0, "buttons": 0},
        [],
    )
    assert plot.index == sliders["index"].value == dv.picture(pile, plane="coronal").index + 1
    assert made(pile, controls=False)._box.children != plot._box.children


@pytest.mark.parametrize("pose", [{}, {"rotation": 90, "flip": True}])
def test_beside_the_cursor_stand_modality_values(living, made, pose):
    series = dv.read_series(phantoms.regular(window=(600, 1000)))
    plot = made(series, index=3, plane="coronal", **pose)
    exact = series.volume().array[:, 3, :]  # slices run from the head down, as the rows of a coronal picture

    class Event:
        xdata, ydata = 2.2, 4.9

    turned = np.rot90(exact[:, ::-1], -1) if pose else exact
    assert plot.image.get_cursor_data(Event) == f"{turned[5, 2]:.6g} HU"
    assert plot.image.format_cursor_data("3 HU") == "[3 HU]"
    plot.index = 4
    assert plot.image.get_cursor_data(Event) != f"{turned[5, 2]:.6g} HU"
    Event.xdata = 1e3
    assert plot.image.get_cursor_data(Event) is None
    Event.xdata = 2.2
    plot.index = 5

    def damaged(*_: Any) -> Any:
        raise DamagedPixels("half of it")

    plot.scene.exact = damaged
    assert plot.image.get_cursor_data(Event) is None


def test_it_is_linked_with_a_view_and_refuses_in_words(made):
    pile = phantoms.regular()
    view, plot = dv.view(pile), made(pile)
    links = [traitlets.link((view, name), (plot, name)) for name in ("index", "window")]
    view.index, plot.window = 4, "bone"
    assert plot.index == 4
    assert view.window == dv.Window.preset("bone")
    for link in links:
        link.unlink()
    with pytest.raises(UnknownChoice, match="they run from 0 to 11"):
        plot.index = 12
    with pytest.raises(UnknownChoice, match="None is no window"):
        plot.window = None
    with pytest.raises(UnknownChoice, match="no plane 'tilted'"):
        plot.plane = "tilted"
    with pytest.raises(UnknownChoice, match="windw"):
        dv.plot(pile, windw="bone")
    assert_shows(plot, pile, index=4, window="bone")
    view.close()


def test_masks_and_contours_are_on_the_figure(made):
    pile, mask = phantoms.regular(), np.zeros((12, 10, 8), bool)
    mask[3, 2:4, 5] = True
    plot = made(pile, index=3, masks={"m": mask}, layers={"m": "red"})
    assert_shows(plot, pile, index=3, masks={"m": mask}, layers={"m": "red"})
