"""Presentation states as what they do to a picture. highdicom writes them."""

from __future__ import annotations

import warnings

import highdicom as hd
import numpy as np
import phantoms
import pytest
from highdicom import pr

import dicomview as dv
from dicomview.demo.derived import item, presentation_state
from dicomview.demo.synthetic import demo_uid
from dicomview.errors import UnknownChoice
from dicomview.objects import Presentation
from dicomview.render import scene_of

SIZE = (40, 32)


def pile():
    return phantoms.regular(phantoms.voxels(12, *SIZE))


def written(images, **options):
    """Return a presentation state with a circle and a text on the first of `images`, by highdicom."""
    layer = pr.GraphicLayer("FINDINGS", order=1, description="", display_color=hd.color.CIELabColor(53.2, 80.1, 67.2))
    circle = pr.GraphicObject(
        graphic_type="CIRCLE", graphic_data=np.array([[10.5, 20.5], [15.5, 20.5]]), units="PIXEL", is_filled=True
    )
    words = pr.TextObject("mark", units="PIXEL", anchor_point=(20.5, 30.5))
    drawn = pr.GraphicAnnotation(images[:1], layer, graphic_objects=[circle], text_objects=[words])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pr.GrayscaleSoftcopyPresentationState(
            images, demo_uid("pr", "series"), 1, demo_uid("pr", "instance"), 1, "dicomview", "tests", "1", "1", "LOOK",
            graphic_layers=[layer], graphic_annotations=[drawn], **options,
        )  # fmt: skip


def test_p31_window_and_polarity_of_a_presentation_state() -> None:
    images = pile()
    state = written(
        images,
        voi_lut_transformations=[pr.SoftcopyVOILUTTransformation(window_center=300.0, window_width=500.0)],
        presentation_lut_transformation=hd.PresentationLUTTransformation(presentation_lut_shape="INVERSE"),
    )
    view = dv.view(images, objects=state)
    assert view.window == dv.Window(300, 500)
    assert view.window.explanation == "LOOK (presentation)"
    assert view.invert
    bare = dv.picture(images, window=(300, 500), index=5).pixels
    shown = dv.picture(images, objects=state, index=5).pixels
    np.testing.assert_array_equal(shown, 255 - bare)
    view.window = (1, 2)
    view.window = "LOOK (presentation)"
    assert view.window.center == 300
    view.close()
    assert dv.view(images, objects=state, window=(40, 400)).window.center == 40


def test_p31_what_is_drawn_is_a_layer_on_its_image_alone() -> None:
    images = pile()
    scene = scene_of(images, objects=written(images))
    (layer,) = scene.layers
    assert layer.name == "LOOK: FINDINGS"
    red, green, blue = bytes.fromhex(layer.look.color[1:])
    assert (red, green < 60, blue < 60) == (pytest.approx(252, abs=6), True, True)
    shots = [scene.shot("axial", k) for k in range(12)]
    assert [k for k, shot in enumerate(shots) if shot.layers or shot.strokes] == [0]
    ((_, mask),), ((_, (circle, words)),) = shots[0].layers, shots[0].strokes
    j, i = np.indices(SIZE)
    distance = np.hypot(i - 10, j - 20)
    assert mask[distance < 4.9].all()
    assert not mask[distance > 5.1].any()
    np.testing.assert_allclose(np.hypot(*(circle.points - [10, 20]).T), 5)
    assert (words.words, words.points.tolist()) == ("mark", [[20, 30]])
    ((_, small),) = scene.shot("axial", 0, step=2).layers
    np.testing.assert_array_equal(small, mask[1::2, 1::2])
    said = [text for text in dv.figure(images, objects=written(images)).axes[0].texts if text.get_text() == "mark"]
    assert [text.get_position() for text in said] == [(20, 30)]
    across = [scene.shot("coronal", k) for k in range(SIZE[0])]
    assert not any(shot.layers or shot.strokes for shot in across)


def graphic(kind, data, units="PIXEL", filled="N"):
    return item(
        GraphicAnnotationUnits=units, GraphicDimensions=2, NumberOfGraphicPoints=len(data) // 2, GraphicData=data,
        GraphicType=kind, GraphicFilled=filled,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "data", "through"),
    [
        ("POLYLINE", [2.5, 3.5, 20.5, 3.5], [(2, 3), (20, 3)]),
        ("POINT", [10.5, 11.5], [(10, 11)]),
        ("ELLIPSE", [5.5, 10.5, 25.5, 10.5, 15.5, 5.5, 15.5, 15.5], [(5, 10), (25, 10), (15, 5), (15, 15)]),
        ("INTERPOLATED", [5.5, 5.5, 15.5, 9.5, 25.5, 5.5], [(5, 5), (15, 9), (25, 5)]),
    ],
)
@pytest.mark.parametrize("units", ["PIXEL", "DISPLAY"])
def test_p31_graphics_lie_where_their_units_say(kind, data, through, units) -> None:
    images = pile()
    if units == "DISPLAY":  # of the part from column 3 and row 2 to the ends
        data = [(x - 2) / 30 if n % 2 == 0 else (x - 1) / 39 for n, x in enumerate(data)]
    area = item(
        DisplayedAreaTopLeftHandCorner=[3, 2], DisplayedAreaBottomRightHandCorner=[32, 40],
        PresentationSizeMode="SCALE TO FIT",
    )  # fmt: skip
    annotation = item(GraphicLayer="L", GraphicObjectSequence=[graphic(kind, data, units)])
    state = presentation_state(
        images, label="S", window=(1, 2), annotations=[annotation], layers=["L"], seed="s",
        tags={"DisplayedAreaSelectionSequence": [area]},
    )  # fmt: skip
    ((_, (stroke,)),) = scene_of(images, objects=state).shot("axial", 3).strokes
    for point in through:
        assert np.hypot(*(stroke.points - point).T).min() < 1e-4
    low, high = np.min(through, axis=0), np.max(through, axis=0)
    assert ((stroke.points > low - 1e-4) & (stroke.points < high + 1e-4)).all()


def test_graphics_of_a_turned_display_lie_on_the_same_pixels() -> None:
    """Turned by 90 degrees, the upper left of the display is the lower left of the image."""
    images = pile()
    area = item(
        DisplayedAreaTopLeftHandCorner=[1, 40], DisplayedAreaBottomRightHandCorner=[32, 1],
        PresentationSizeMode="SCALE TO FIT",
    )  # fmt: skip
    line = graphic("POLYLINE", [0.25, 0.25, 0.25, 0.75], "DISPLAY")
    state = presentation_state(
        images, label="S", window=(1, 2), annotations=[item(GraphicLayer="L", GraphicObjectSequence=[line])],
        layers=["L"], seed="s", tags={"DisplayedAreaSelectionSequence": [area], "ImageRotation": 90},
    )  # fmt: skip
    scene = scene_of(images, objects=state)
    ((_, (stroke,)),) = scene.shot("axial", 3).strokes
    # A quarter from the left of the screen is a quarter from the bottom of the image; down on it is to the right.
    np.testing.assert_allclose(stroke.points, [[7.5, 29.5], [23.5, 29.5]], atol=1e-5)
    assert dv.view(images, objects=state).rotation == 90


@pytest.mark.parametrize(
    ("turned", "flipped", "rotation"), [(0, "N", 0), (90, "N", 90), (90, "Y", 270), (180, "Y", 180)]
)
def test_p31_a_picture_is_turned_before_it_is_flipped(turned, flipped, rotation) -> None:
    """As numpy turns the pixels and then mirrors them."""
    images = pile()
    state = presentation_state(
        images, label="S", window=(3000, 6000), seed="s", tags={"ImageRotation": turned, "ImageHorizontalFlip": flipped}
    )
    shown = dv.picture(images, objects=state, index=4)
    whole = np.rot90(dv.picture(images, window=(3000, 6000), index=4).pixels, -turned // 90)
    np.testing.assert_array_equal(shown.pixels, whole[:, ::-1] if flipped == "Y" else whole)
    view = dv.view(images, objects=state)
    assert (view.rotation, view.flip) == (rotation, flipped == "Y")
    view.close()


@pytest.mark.parametrize("rotation", [0, 180])
def test_p31_the_displayed_area_fills_the_frame(rotation) -> None:
    images = pile()
    corners = [9, 11], [24, 20]  # columns 9 to 24 of 32, rows 11 to 20 of 40, 0.8 x 0.7 mm
    area = item(
        DisplayedAreaTopLeftHandCorner=corners[rotation // 180], PresentationSizeMode="SCALE TO FIT",
        DisplayedAreaBottomRightHandCorner=corners[1 - rotation // 180],
    )  # fmt: skip
    tags = {"DisplayedAreaSelectionSequence": [area], "ImageRotation": rotation}
    view = dv.view(images, objects=presentation_state(images, label="S", window=(1, 2), seed="s", tags=tags))
    # The picture is 22.4 x 32 mm in a square frame of 32 mm; the area of 11.2 x 8 mm fills it across.
    assert view.zoom == pytest.approx(32 / 11.2)
    right, down = view.pan
    sign = 1 if rotation == 0 else -1
    assert right == pytest.approx(sign * -view.zoom * (16 * 0.7 - 16 * 0.7) / 32)
    assert down == pytest.approx(sign * -view.zoom * (15 * 0.8 - 20 * 0.8) / 32)
    view.close()


def test_a_view_begins_at_the_first_image_that_is_meant() -> None:
    images = pile()
    state = presentation_state(images[7:9], label="S", window=(100, 200), seed="s")
    assert dv.view(images, objects=state).index == 7
    assert dv.view(images, objects=state, index=2).index == 2
    with pytest.raises(UnknownChoice, match="for none of these pictures"):
        dv.view(phantoms.oblique(seed="other/a"), objects=state)


def test_what_is_malformed_is_passed_over() -> None:
    images = pile()
    broken = [
        graphic("CIRCLE", [1.0]),
        graphic("POLYLINE", [1.0, 2.0, 3.0, 4.0], "MATRIX"),
        graphic("WHAT", [1.0, 1.0]),
    ]
    annotation = item(
        GraphicLayer="L", GraphicObjectSequence=broken, TextObjectSequence=[item(UnformattedTextValue="x")]
    )
    state = presentation_state(images, label="S", window=(1, 0), annotations=[annotation], layers=["L"], seed="s")
    state.SoftcopyVOILUTSequence[0].WindowCenter = None
    scene = scene_of(images, objects=state)
    assert not scene.shot("axial", 3).layers
    assert not scene.shot("axial", 3).strokes
    assert scene.presented == ()
    read = Presentation(state)
    assert read.layers == ("L",)
    assert read.covers(images[0].SOPInstanceUID, 0)
    assert not read.covers("1.2.3", 0)
