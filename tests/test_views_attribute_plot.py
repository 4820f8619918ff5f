"""One element over the slices."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import phantoms
import pytest
from PIL import Image

import dicomview as dv
from dicomview.views.attribute_plot import plot_of


def ink(plot):
    """Where the curve is, per column of the picture: (first row of blue, or None)."""
    image = np.asarray(Image.open(io.BytesIO(plot.png)).convert("RGB")).astype(int)
    blue = (image[..., 2] > 140) & (image[..., 0] < 90)
    return [int(np.flatnonzero(column)[0]) if column.any() else None for column in blue.T]


def test_a_number_is_a_line_between_the_places_that_are_told():
    table = dv.tags(phantoms.regular(phantoms.voxels(9)), ["InstanceNumber"])
    plot = plot_of(table["InstanceNumber"], "InstanceNumber")
    heights = ink(plot)
    there = [at for at, height in enumerate(heights) if height is not None]
    width = len(heights)
    assert abs(there[0] - plot.left * width) < 5
    assert abs(there[-1] - plot.right * width) < 5
    assert heights[there[0]] > heights[there[-1]]  # it grows
    assert plot.words == "InstanceNumber"


def test_words_are_steps_and_hostile_ones_are_words():
    nasty = "<script>alert(1)</script> $x^{2$"
    plot = plot_of(pd.Series(["a", "a", nasty, nasty, "a"], dtype="string"), nasty)
    heights = [height for height in ink(plot) if height is not None]
    assert max(heights) - min(heights) > 40
    assert plot.words == f"{nasty}: 2 different values"


def test_several_values_are_several_lines():
    many = plot_of(pd.Series([(1.0, 5.0, None), (2.0, 5.0, None)]), "x")
    assert many.png
    assert many.words == "x"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (pd.Series([None, None], dtype="Int64"), "x has no value in any slice"),
        (pd.Series(["(hidden)", "(hidden)"], dtype="string"), "x is hidden"),
    ],
)
def test_what_cannot_be_drawn_is_said(values, words):
    assert plot_of(values, "x") == (words, b"", 0.0, 1.0)


def test_what_is_missing_and_what_is_constant_is_said():
    assert plot_of(pd.Series([1, None, 3], dtype="Int64"), "x").words == "x, 1 of 3 slices without"
    assert plot_of(pd.Series([2, 2], dtype="Int64"), "x").words == "x: the same in every slice"
    assert plot_of(pd.Series(["b"], dtype="string"), "x").words == "x: the same in every slice"
    dates = pd.Series(pd.to_datetime(["2024-01-02", "2024-01-03"]))
    assert plot_of(dates, "x").words == "x: 2 different values"
