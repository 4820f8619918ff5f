"""Masks, contours and drawings that come and go over a view: on the right pixel, and refused in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import phantoms
import pytest
import SimpleITK
from matplotlib.patches import Rectangle
from wire import asked

import dicomview as dv
from dicomview.errors import UnknownChoice
from dicomview.objects import Contour, Outline
from dicomview.render.look import Look

if TYPE_CHECKING:
    from canvas_page import CanvasPage, Show

SHAPE = (5, 24, 32)
SPACING = (0.5, 1.0)  # rows twice as close as columns


def boxed() -> np.ndarray:
    """A mask that no turn or mirror maps on itself."""
    mask = np.zeros(SHAPE, bool)
    mask[1:4, 3:6, 20:30] = mask[2, 3:9, 28:30] = True
    return mask


def stack(**options: Any) -> list[Any]:
    return phantoms.regular(np.zeros(SHAPE, np.int16), spacing=SPACING, **options)


def corners_mm(volume: dv.Volume, k: float) -> np.ndarray:
    """The corners of columns 20 to 29, rows 3 to 5 of slice k: their pixels' outer edges, LPS mm."""
    kji = [(k, 2.5, 19.5), (k, 2.5, 29.5), (k, 5.5, 29.5), (k, 5.5, 19.5)]
    return np.array([(volume.affine @ (*one, 1))[:3] for one in kji])


def sitk_of(volume: dv.Volume) -> SimpleITK.Image:
    """The grid of a volume as SimpleITK has it: indices (i, j, k)."""
    image = SimpleITK.Image(volume.array.shape[::-1], SimpleITK.sitkUInt8)
    steps = volume.affine[:3, 2::-1]
    image.SetOrigin(volume.affine[:3, 3].tolist())
    image.SetSpacing(np.linalg.norm(steps, axis=0).tolist())
    image.SetDirection((steps / np.linalg.norm(steps, axis=0)).ravel().tolist())
    return image


# --- masks


def test_a_mask_that_is_added_is_the_one_that_was_there_from_the_beginning():
    view, mask = dv.view(stack(), index=2), boxed()
    heard: list[Any] = []
    view.observe(lambda change: heard.append(dict(change.new)), "layers")
    view.add_mask(mask, name="part", color="tab:red", opacity=0.5)
    assert heard == [{"part": Look(True, "#d62728", 0.5)}]
    wanted = dv.picture(stack(), index=2, masks={"part": mask}, layers={"part": {"color": "#d62728", "opacity": 0.5}})
    np.testing.assert_array_equal(view.picture().pixels, wanted.pixels)
    (sent,) = asked(view, [(2,)])
    np.testing.assert_array_equal(sent.masks["part"], mask[2])
    view.reset()
    assert view.layers == heard[0]


def test_labels_become_a_layer_each_and_the_same_name_takes_their_place():
    view = dv.view(stack(), masks={"old": boxed()})
    view.layers = {"old": 0.9}
    labels = np.zeros(SHAPE, np.uint8)
    labels[:, 2], labels[:, 4] = 1, 7
    view.add_mask(labels, name="organ")
    assert list(view.layers) == ["old", "organ 1", "organ 7"]
    assert view.layers["old"].opacity == 0.9
    view.add_mask(boxed(), name="organ")
    assert list(view.layers) == ["old", "organ"]
    assert len(view.scene.covers) == 2  # what nobody sees is not kept
    view.add_mask({"a": boxed(), "b": ~boxed()})
    view.remove_layer("organ")
    view.remove_layer("mask")
    assert list(view.layers) == ["old"]
    with pytest.raises(UnknownChoice, match="no layer 'organ' to take away; the layers here: old"):
        view.remove_layer("organ")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (
            {"mask": np.ones((5, 24, 31), bool)},
            r"grid of the pictures, \(5, 24, 32\), and this one has shape \(5, 24, 31\)",
        ),
        ({"mask": np.ones((24, 31), bool)}, r"this one has shape \(24, 31\)"),
        ({"mask": [1, 2]}, r"a mask is a NumPy array .*\(5, 24, 32\), or .* not of type list of int"),
        ({"mask": 5}, "a DICOM Segmentation .* not of type int"),
        ({"mask": np.ones(SHAPE, float)}, "bool or whole numbers"),
        ({"mask": {"good": boxed(), "bad": boxed()[1:]}}, "on the grid of the pictures"),
        ({"mask": boxed(), "color": "reddish"}, "has a name that matplotlib knows.*not 'reddish'"),
        ({"mask": boxed(), "opacity": 2}, "an opacity is a number from 0 to 1"),
    ],
)
def test_a_mask_that_does_not_fit_says_so_and_changes_nothing(wrong, words):
    view = dv.view(stack(), masks={"old": boxed()})
    scene, layers = view.scene, view.layers
    with pytest.raises(UnknownChoice, match=words):
        view.add_mask(wrong.pop("mask"), **wrong)
    assert (view.scene, view.layers) == (scene, layers)


@pytest.mark.parametrize(
    ("wish", "color"), [("#ABCDEF", "#abcdef"), ("red", "#ff0000"), ("C0", "#1f77b4"), ("0.5", "#808080")]
)
def test_colours_have_names(wish, color):
    view = dv.view(stack(), masks={"m": boxed()})
    view.layers = {"m": wish}
    assert view.layers["m"].color == color
    with pytest.raises(UnknownChoice, match="not 'none'"):
        view.layers = {"m": "none"}


def test_a_gesture_on_what_was_shown_before_still_counts():
    view = dv.view(stack(), masks={"old": boxed()})
    before = view._state
    view.add_mask(boxed(), name="new")
    view.set_state(
        {"_state": {**before, "layers": {"old": {"shown": False, "color": "#112233", "opacity": 1}}, "page": "p"}}
    )
    assert view.layers["old"] == Look(False, "#112233", 1.0)
    assert view.layers["new"].shown


# --- contours


@pytest.mark.parametrize(
    "pile", [stack, lambda: stack(orientation=phantoms.oblique_orientation())], ids=["straight", "oblique"]
)
@pytest.mark.parametrize("kind", [dv.read_series, lambda pile: dv.read_series(pile).volume()], ids=["stack", "volume"])
def test_contours_in_mm_lie_where_simpleitk_says(pile, kind):
    source = kind(pile())
    volume = source if isinstance(source, dv.Volume) else source.volume()
    image = sitk_of(volume)
    view = dv.view(source)
    view.add_contours(corners_mm(volume, 2.3), name="box")
    index = np.array([image.TransformPhysicalPointToContinuousIndex(p) for p in corners_mm(volume, 2.3).tolist()])
    np.testing.assert_allclose(index[:, 2], 2.3, atol=1e-6)
    for k in range(SHAPE[0]):
        shot = view.scene.shot(view.plane, k)
        assert [name for name, _ in shot.strokes] == ["box"] * (k == 2)
        for _, (stroke,) in shot.strokes:
            np.testing.assert_allclose(stroke.points, index[:, :2], atol=1e-6)
            assert stroke.closed
    # Across: a line from edge to edge where the slice crosses it.
    across = list(view.scene.views)[1]
    cut = view.scene.cuts[across]
    ((_, (chord,)),) = view.scene.shot(across, {1: 4, 2: 25}[cut.axis]).strokes
    assert not chord.closed
    size = np.ptp(chord.points, axis=0)
    assert sorted(size.round(6)) == [0, {1: 10, 2: 3}[cut.axis]]


def test_columns_and_rows_lie_on_their_slice_alone():
    view = dv.view(np.zeros(SHAPE, np.uint8))  # no place in the patient
    square = [[20, 3], [29, 3], [29, 5]]
    view.add_contours({"a": square, "b": [np.array(square) + 1, [[5, 5]]]}, index=-4, color="cyan", opacity=0.5)
    assert view.layers == {name: Look(True, "#00ffff", 0.5) for name in "ab"}
    found = {k: view.scene.shot("slice", k).strokes for k in range(5)}
    assert [k for k in found if found[k]] == [1]
    (_, (one,)), (_, (other, dot)) = found[1]
    np.testing.assert_array_equal(one.points, square)
    np.testing.assert_array_equal(other.points, np.array(square) + 1)
    (sent,) = asked(view, [(1,)])
    assert sent.head["strokes"]["a"] == {"lines": "M2000,300l900,0,0,200Z", "dots": []}
    assert sent.head["strokes"]["b"]["dots"] == [[5, 5]]
    assert dot.points.shape == (1, 2)


def test_structures_keep_names_and_colours():
    volume = dv.read_series(stack()).volume()
    lung = Outline("lung", (Contour(corners_mm(volume, 1)), Contour(corners_mm(volume, 2))), "#00ff00")
    view = dv.view(stack())
    view.add_contours([lung, Outline("lung", (Contour(corners_mm(volume, 2)),))], name="plan")
    assert list(view.layers) == ["lung", "lung (2)"]
    assert view.layers["lung"] == Look(True, "#00ff00", 1.0)
    assert [len(view.scene.shot("axial", k).strokes) for k in range(4)] == [0, 1, 2, 0]
    view.remove_layer("plan")
    assert view.layers == {}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"contours": [[1, 2], [3, 4]]},
            r"points \(x, y, z\) in LPS mm, not of shape \(2, 2\); with an index they are",
        ),
        ({"contours": [[1, 2, 3]], "index": 1}, r"\(column, row\) on a slice, not of shape \(1, 3\); without an index"),
        ({"contours": [[1, 2]], "index": 5}, "there is no axial picture 5; they run from 0 to 4"),
        ({"contours": [[1, 2]], "index": 1, "plane": "tilted"}, "no plane 'tilted'"),
        ({"contours": [[1, 2, 3]], "plane": "axial"}, "goes with the index of their slice"),
        ({"contours": "heart"}, "contours are arrays of finite points"),
        ({"contours": []}, "contours are arrays of finite points"),
        ({"contours": [[1, 2, np.inf]]}, "finite points"),
        ({"contours": [[1, 2, 3]]}, "a contour of one point is no line; .*view.measure"),
        ({"contours": [[1, 2]], "index": 1}, "a contour of one point is no line"),
        (
            {"contours": [[40, 2], [50, 9]], "index": 1},
            r"outside of the picture: they reach from \(40, 2\) to \(50, 9\), .* from \(0, 0\) to \(31, 23\)",
        ),
        (
            {"contours": np.full((4, 3), 900.0)},
            r"outside of these pictures: they reach from \(900, 900, 900\) to .*LPS",
        ),
        ({"contours": Outline("x", (), None, "1.2.3")}, "another FrameOfReferenceUID than the pictures"),
    ],
)
def test_contours_that_do_not_fit_say_so_and_change_nothing(given, words):
    view = dv.view(stack())
    with pytest.raises(UnknownChoice, match=words):
        view.add_contours(given.pop("contours"), **given)
    assert view.layers == {}


def test_contours_in_mm_need_a_place():
    with pytest.raises(UnknownChoice, match="do not say where they lie; give contours of"):
        dv.view(np.zeros(SHAPE, np.uint8)).add_contours([[1, 2, 3], [4, 5, 6]])


def test_contours_in_the_picture_are_turned_with_it_and_in_the_saved_png():
    view = dv.view(stack(), index=2, rotation=90, flip=True)
    view.add_contours([[20, 3], [29, 3], [29, 5]], index=2, color="#ff0000")
    ((look, stroke),) = view.picture().strokes
    assert look.color == "#ff0000"
    marked = np.zeros(SHAPE[1:], bool)
    for column, row in [(20, 3), (29, 3), (29, 5)]:
        marked[row, column] = True
    turned = np.rot90(marked[:, ::-1], -1)
    assert all(turned[round(row), round(column)] for column, row in stroke.points)
    view.layers = {"contours": False}
    assert view.picture().strokes == ()


# --- drawings


def test_a_function_draws_on_every_slice_and_knows_which():
    volume = dv.read_series(stack()).volume()
    seen: list[Any] = []

    def put(ax: Any, sheet: Any) -> None:
        seen.append((sheet.plane, sheet.index, sheet.values.shape))
        if sheet.plane == "axial" and sheet.index == 2:
            (column, row, off), *_ = sheet.pixels_of(corners_mm(volume, 2))
            assert off == pytest.approx(0, abs=1e-9)
            ax.add_patch(Rectangle((column, row), 10, 3, color="lime", linewidth=0))

    view = dv.view(stack(), index=2)
    view.draw(put, name="mine", opacity=0.5)
    assert view.layers["mine"].opacity == 0.5
    two, three, coronal = [
        asked(view, [at], plane=p)[0] for at, p in (((2,), "axial"), ((3,), "axial"), ((3,), "coronal"))
    ]
    assert {("axial", 2, SHAPE[1:]), ("axial", 3, SHAPE[1:]), ("coronal", 3, (5, 32))} <= set(seen)
    assert two.head["strokes"]["mine"]["image"].startswith("data:image/png;base64,")
    assert three.head["strokes"]["mine"] == coronal.head["strokes"]["mine"] == {"image": ""}
    assert asked(view, [(2,)], step=2)[0].head["strokes"] == {}  # a preview waits for nobody
    assert "mine" in view._scene["colourless"]


def test_artists_lie_on_the_plane_that_is_shown_or_on_one_slice():
    view = dv.view(stack(), index=2)
    view.draw([Rectangle((3, 4), 5, 6)], name="all")
    view.draw(Rectangle((3, 4), 5, 6), name="one", index=1)
    found = {k: set(asked(view, [(k,)])[0].head["strokes"]) for k in (1, 2)}
    assert found == {1: {"all", "one"}, 2: {"all"}}
    assert asked(view, [(3,)], plane="coronal")[0].head["strokes"] == {}
    taken = mpl.figure.Figure().add_subplot().add_patch(Rectangle((0, 0), 1, 1))
    with pytest.raises(UnknownChoice, match="belongs to a figure already"):
        view.draw(taken)
    with pytest.raises(UnknownChoice, match=r"draws with a function of .* or with artists"):
        view.draw("circle")
    with pytest.raises(ZeroDivisionError):
        view.draw(lambda ax, sheet: 1 / 0)
    assert list(view.layers) == ["all", "one"]


def test_a_function_that_fails_later_leaves_the_slice_alone():
    view = dv.view(stack(), index=2)
    view.draw(lambda ax, sheet: 1 / (sheet.index - 4))
    (sent,) = asked(view, [(4,)])
    assert sent.samples is not None
    assert isinstance(view.failure, ZeroDivisionError)


def test_three_planes_have_the_same_layers():
    volume = dv.read_series(stack()).volume()
    ortho: Any = dv.view(stack(), layout="ortho")
    ortho.add_mask(boxed(), name="mask", color="red")
    ortho.add_contours(corners_mm(volume, 2), name="box")
    ortho.draw(lambda ax, sheet: ax.plot([1, 5], [1, 3]), name="line")
    for name in ("axial", "coronal", "sagittal"):
        assert list(ortho[name].layers) == ["mask", "box", "line"]
    ortho["sagittal"].layers = {"mask": 0.7}
    assert ortho["axial"].layers["mask"] == Look(True, "#ff0000", 0.7)
    for refused in (
        lambda: ortho.add_mask(boxed()[1:], name="wrong"),
        lambda: ortho.remove_layer("wrong"),
    ):
        with pytest.raises(UnknownChoice):
            refused()
    ortho.remove_layer("line")
    assert [list(one.layers) for one in ortho.views.values()] == [["mask", "box"]] * 3
    ortho.close()


# --- on the screen


def held(mask: np.ndarray, page: CanvasPage, scale: tuple[int, int]) -> np.ndarray:
    """Where a mask of the picture is on the frame of 512 pixels, as the view is held."""
    view = page.view
    turned = np.rot90(mask[:, ::-1] if view.flip else mask, -(view.rotation // 90))
    tall = scale if view.rotation % 180 == 0 else scale[::-1]
    drawn = np.kron(turned, np.ones([int(view.zoom * part) for part in tall], bool))
    frame = np.zeros((2048, 2048), bool)
    top, left = (1024 - size // 2 + int(512 * moved) for size, moved in zip(drawn.shape, view.pan[::-1], strict=True))
    frame[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn
    return frame[768:1280, 768:1280]


@pytest.mark.browser
def test_layers_added_to_a_view_on_the_screen_land_on_their_pixels(show: Show) -> None:
    """Mask, contour and drawing cover the same pixels, however the picture is held; then they are switched by hand."""
    from playwright.sync_api import expect

    volume, mask = dv.read_series(stack()).volume(), np.zeros(SHAPE, bool)
    mask[2, 3:6, 20:30] = True
    view = dv.view(stack(), index=2, window=(0, 2000))
    page = show(view)
    grey = page.pixels()
    view.add_mask(mask, name="mask", color="red", opacity=1.0)
    view.add_contours(corners_mm(volume, 2), name="line", color="lime")
    view.draw(lambda ax, sheet: ax.add_patch(Rectangle((19.5, 2.5), 10, 3, color="blue", linewidth=0)), name="drawn")
    expect(page.root).to_have_attribute("data-revision", "3")
    for name in view.layers:
        expect(page.root.get_by_role("group", name=name)).to_be_visible()

    def screen() -> np.ndarray:
        return page.settled().screen().astype(int)

    scale = (8, 16)  # pixels of the screen for one of the picture
    for rotation, flip, zoom, pan in [
        (0, False, 1, (0, 0)),
        (90, True, 1, (0, 0)),
        (180, False, 2, (0.125, -0.25)),
        (270, True, 0.5, (0, 0.125)),
    ]:
        view.rotation, view.flip, view.zoom, view.pan = rotation, flip, zoom, pan
        wanted = held(mask[2], page, scale)
        for name, channel in (("mask", 0), ("drawn", 2)):
            view.layers = {other: other == name for other in view.layers}
            seen = screen()
            shown = (seen[..., channel] > 200) & (np.delete(seen, channel, axis=2).max(axis=2) < 60)
            # Words and letters lie over the picture; an edge between two pixels of the screen may be mixed.
            wrong = np.count_nonzero(shown != wanted)
            assert wrong <= 0.02 * wanted.sum(), (name, rotation, flip, zoom, wrong)
        view.layers = {other: other == "line" for other in view.layers}
        seen = screen()
        lime = seen[..., 1] - seen[..., [0, 2]].max(axis=2) > 60  # the line lies between two pixels, half on each
        box, area = np.argwhere(lime), np.argwhere(wanted)
        np.testing.assert_allclose([box.min(0), box.max(0)], [area.min(0), area.max(0)], atol=1.5)
        inner = wanted & ~lime
        assert lime.sum() < 0.5 * wanted.sum() + 400
        assert inner.any()

    view.reset()
    view.layers = {"mask": True, "line": False, "drawn": False}
    page.settled()
    messages = page.link.sent
    page.root.get_by_role("slider", name="mask: opacity").fill("0")
    page.settled()  # two changes at once may travel as one
    page.root.get_by_role("button", name="line: show or hide").click()
    page.settled()
    page.root.get_by_role("slider", name="line: opacity").fill("0.5")
    page.settled()
    page.root.get_by_label("line: colour").fill("#ff00ff")
    np.testing.assert_array_equal(page.settled().pixels(), grey)
    drawn = page.stage.locator(".dicomview-drawing [data-layer=layers] path")
    expect(drawn).to_have_attribute("stroke", "#ff00ff")
    expect(drawn).to_have_attribute("stroke-opacity", "0.5")
    assert view.layers["line"] == Look(True, "#ff00ff", 0.5)
    kinds = page.link.sent - messages
    assert kinds == 4  # the kernel only hears of each change; nothing is fetched
    expect(page.root.get_by_label("drawn: colour")).to_be_hidden()
    view.index = 3
    page.settled()
    expect(drawn).to_have_count(0)
    view.remove_layer("mask")
    expect(page.root.get_by_role("group", name="mask")).to_have_count(0)
    expect(page.root).to_have_attribute("data-revision", "4")


@pytest.mark.browser
def test_a_second_output_and_a_page_have_the_layers_too(show: Show, tmp_path: Any) -> None:
    from playwright.sync_api import expect

    view = dv.view(stack(), index=2, window=(0, 2000))
    page = show(view)
    view.add_mask(boxed(), name="mask", color="red", opacity=1.0)
    view.add_contours([[20, 10], [29, 10], [29, 20]], index=2, name="line", color="lime")
    for output in (page, page.again()):
        expect(output.root).to_have_attribute("data-revision", "2")
        np.testing.assert_array_equal(output.pixels(), view.picture().pixels)
        line = output.stage.locator("[data-layer=layers] path")
        expect(line).to_have_attribute("d", "M2000,1000l900,0,0,1000Z")
        expect(line).to_have_attribute("stroke-width", "1")
    text = view.to_html(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "M2000,1000l900,0,0,1000Z" in text
