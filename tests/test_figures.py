"""The picture on paper."""

from __future__ import annotations

import sys

import matplotlib as mpl
import numpy as np
import phantoms
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

import dicomview as dv
from dicomview.errors import UnknownChoice
from dicomview.space import read_series


def texts(fig):
    (ax,) = fig.axes
    return [text.get_text() for text in ax.texts]


def caption(fig):
    return fig.axes[0].get_title(loc="left").replace("\n", " ")


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
@pytest.mark.parametrize("window", ["bone", (300, 500, "SIGMOID"), "auto"])
def test_a_figure_shows_the_pixels_of_the_picture(plane, window):
    pile = phantoms.oblique()
    fig = dv.figure(pile, plane=plane, index=3, window=window)
    shown = dv.picture(pile, plane=plane, index=3, window=window)
    (ax,) = fig.axes
    (image,) = ax.images
    np.testing.assert_array_equal(image.get_array(), shown.pixels)
    assert image.get_clim() == (0, 255)
    assert image.get_cmap().name == "gray"
    assert ax.get_aspect() == pytest.approx(shown.aspect)
    rows, columns = shown.pixels.shape
    assert ax.get_xlim() == (-0.5, columns - 0.5)
    assert ax.get_ylim() == (rows - 0.5, -0.5)
    assert set(shown.letters) <= set(texts(fig))


def test_letters_stand_where_they_belong():
    fig = dv.figure(phantoms.regular(), plane="coronal")
    fig.draw_without_rendering()
    places = {text.get_text(): text.get_position() for text in fig.axes[0].texts if len(text.get_text()) == 1}
    assert places["R"][0] < 0.1
    assert places["L"][0] > 0.9
    assert places["H"][1] > 0.9
    assert places["F"][1] < 0.1


@pytest.mark.parametrize("spacing", [(0.8, 0.7), (2.0, 0.5), (0.1, 0.1), (9.0, 30.0)])
@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
def test_the_scale_bar_is_as_long_as_it_says(spacing, plane):
    pile = phantoms.regular(phantoms.voxels(30, 40, 50), spacing=spacing)
    shown, fig = dv.picture(pile, plane=plane), dv.figure(pile, plane=plane)
    (bar,) = (patch for patch in fig.axes[0].patches if isinstance(patch, Rectangle))
    (said,) = (text for text in texts(fig) if text.endswith(" mm"))
    assert bar.get_width() * shown.spacing[1] == pytest.approx(float(said.removesuffix(" mm")))
    assert bar.get_x() >= 0
    assert bar.get_x() + bar.get_width() <= shown.pixels.shape[1] / 2
    assert bar.get_y() >= 0
    assert bar.get_y() + bar.get_height() <= shown.pixels.shape[0] - 0.5


def test_no_scale_bar_without_millimetres():
    for source in (np.zeros((40, 40)), phantoms.without_position(_without_spacing())):
        fig = dv.figure(source)
        assert not [text for text in texts(fig) if text.endswith(" mm")]
        assert not fig.axes[0].patches


def test_a_projection_says_where_its_millimetres_are():
    (ds,) = phantoms.projection()
    ds.ImagerPixelSpacing = ["2", "2"]
    assert "mm at the detector" in texts(dv.figure(ds))


def test_caption():
    fig = dv.figure(phantoms.regular(description="Thorax"), index=2, window="bone")
    assert caption(fig) == "CT · Thorax · axial 3/12 · z 96.0 mm · C 400 W 1800 HU"
    fig = dv.figure(phantoms.regular(description="Thorax"), window=(1.5, 2.25, "SIGMOID"))
    assert caption(fig).endswith("C 1.5 W 2.25 HU SIGMOID")


def test_the_patient_is_not_on_the_figure():
    pile = phantoms.regular(tags={"PatientComments": "Fictitious", "ProtocolName": "Fictitious"})
    every_word = " ".join([*texts(dv.figure(pile)), caption(dv.figure(pile))])
    for secret in ("Phantom", "Fictitious", "FICTITIOUS"):
        assert secret not in every_word


@pytest.mark.parametrize("description", ["$x_{$", "$x^2$", "100% $ & _ {", "<script>", "$" * 3, "word " * 12, "M" * 64])
def test_descriptions_are_plain_text(tmp_path, description):
    fig = dv.figure(phantoms.regular(description=description))
    # White space is the caption's own: it is broken into lines.
    assert "".join(description.split()) in "".join(caption(fig).split())
    fig.savefig(tmp_path / "figure.png")
    title = fig.axes[0]._left_title
    assert not title.get_parse_math()


def test_a_long_caption_stays_on_the_paper():
    description = "Thorax abdomen pelvis venous phase 1.0 B30f axial after contrast"
    for tags, shape in (({}, (3, 40, 40)), ({}, (3, 60, 20))):
        fig = dv.figure(phantoms.regular(np.zeros(shape, np.int16), description=description, tags=tags))
        fig.draw_without_rendering()
        box = fig.axes[0]._left_title.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= fig.bbox.width
        assert box.y1 <= fig.bbox.height


def test_colour():
    (ds,) = phantoms.without_position(phantoms.regular(phantoms.voxels(1)))
    ds.SamplesPerPixel, ds.PlanarConfiguration, ds.PhotometricInterpretation = 3, 0, "RGB"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    ds.Rows, ds.Columns, ds.PixelData = 2, 4, np.arange(24, dtype=np.uint8).tobytes()
    (image,) = dv.figure(ds).axes[0].images
    np.testing.assert_array_equal(image.get_array(), np.arange(24).reshape(2, 4, 3))
    assert " W " not in caption(dv.figure(ds))


@pytest.mark.parametrize("name", ["figure.png", "figure.pdf", "figure.svg"])
def test_savefig(tmp_path, name):
    path = tmp_path / name
    dv.figure(read_series(phantoms.missing()), index=3).savefig(path)
    assert path.stat().st_size > 1000
    if name.endswith("svg"):
        assert "Fictitious" not in path.read_text(encoding="utf-8")


def test_the_grey_on_paper_is_the_grey_of_the_picture(tmp_path):
    pile = phantoms.regular(spacing=(20.0, 20.0))
    fig = dv.figure(pile, window="bone")
    path = tmp_path / "figure.png"
    fig.savefig(path)
    paper = mpl.image.imread(path)
    shown = dv.picture(pile, window="bone").pixels
    ax = fig.axes[0]
    for row, column in ((3, 2), (4, 5), (6, 3)):
        x, y = ax.transData.transform((column, row))
        found = paper[paper.shape[0] - 1 - round(y), round(x), :3] * 255
        np.testing.assert_allclose(found, shown[row, column], atol=0.5)


def test_pyplot_is_not_touched():
    before = "matplotlib.pyplot" in sys.modules
    settings = mpl.rcParams.copy()
    fig = dv.figure(phantoms.regular())
    assert isinstance(fig, Figure)
    assert ("matplotlib.pyplot" in sys.modules) == before
    assert mpl.rcParams.copy() == settings
    assert getattr(fig, "number", None) is None


def test_errors_are_those_of_the_picture():
    with pytest.raises(UnknownChoice, match="they run from 0 to 11"):
        dv.figure(phantoms.regular(), index=12)
    with pytest.raises(UnknownChoice, match="windw"):
        dv.figure(phantoms.regular(), windw="bone")


def _without_spacing():
    pile = phantoms.regular(phantoms.voxels(1, 40, 40))
    for ds in pile:
        del ds.PixelSpacing
    return pile
