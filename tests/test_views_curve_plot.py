"""The curve beside a view: it follows the region, and stands where the view stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import phantoms
import pytest

import dicomview as dv
from dicomview.errors import UnknownChoice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomview.views.slice_view import SliceView


@pytest.fixture
def view() -> Iterator[SliceView]:
    view = dv.view(phantoms.echoes(), index=4, embed=False)
    yield view
    view.close()


def test_the_curve_follows_the_region(view: SliceView) -> None:
    view.measure("rectangle", [(2, 3), (6, 8)])
    plot = view.curve()
    pd.testing.assert_frame_equal(plot.data, dv.curve(view.scene.stack, [(2, 3), (6, 8)], kind="rectangle", index=4))
    (line,) = [line for line in plot.ax.lines if len(line.get_xdata()) == 2 and line.get_marker() == "."]
    np.testing.assert_array_equal(line.get_ydata(), plot.data["mean"])
    assert plot.ax.get_xlabel() == "echo, ms"
    view.measurements = view.measurements.assign(points=[((0, 0), (3, 3))], **{"LPS mm": [()]})
    plot.rest()
    assert plot.data["n"].tolist() == [16, 16]
    view.measurements = None
    plot.rest()
    assert plot.data.empty
    assert plot.ax.get_title() == "its measurement is gone"
    view.measure("rectangle", [(0, 0), (1, 1)])
    plot.rest()
    assert plot.data.empty  # that one is another
    with pytest.raises(UnknownChoice, match="no measurement 'last'"):
        view.curve("last")
    assert plot.failure is None
    plot.close()
    view.measure("point", [(1, 1)])  # nobody follows any more


def test_a_curve_does_not_pass_to_the_next_measurement(view: SliceView) -> None:
    view.measure("rectangle", [(2, 3), (6, 8)])
    view.measure("rectangle", [(0, 0), (1, 1)])
    plot = view.curve(np.int64(0))
    gone, kept = view.measured_names
    view._on_message(view, {"kind": "measure", "page": "p", "n": 1, "edits": [[gone, None]]}, [])
    view._measurer.rest()
    view._tables.rest()
    plot.rest()
    assert view.measured_names == [kept]
    assert plot.data.empty
    plot.close()


def test_the_curve_goes_through_series_at_one_place() -> None:
    pile = phantoms.regular()
    series = dv.read_series(pile)
    volume = series.volume()
    later = dv.Volume(volume.array + 50, volume.affine, volume.units)
    view = dv.view(series, index=4, embed=False)
    view.measure("rectangle", [(2, 3), (6, 8)])
    plot = view.curve(series=[later, volume])
    mean = view.measurements["mean"][0]
    np.testing.assert_allclose(plot.data["mean"], [mean, mean + 50, mean])
    assert (plot.ax.get_xlabel(), plot.data.index.name) == ("series", "series")
    view.measurements = view.measurements.assign(points=[((0, 0), (3, 3))], **{"LPS mm": [()]})
    plot.rest()
    assert plot.data["n"].tolist() == [16] * 3
    np.testing.assert_allclose(np.diff(plot.data["mean"]), [50, -50])
    plot.close()
    with pytest.raises(UnknownChoice, match="not both"):
        view.curve(along="index", series=[volume])
    view.close()
    flat = dv.view(np.zeros((3, 9, 9)), embed=False)
    flat.measure("point", [(1, 1)])
    with pytest.raises(UnknownChoice, match="no place in the patient"):
        flat.curve(series=[volume])
    flat.close()


def test_it_marks_where_the_view_is(view: SliceView) -> None:
    view.measure("ellipse", [(0, 0), (7, 9)])
    view.measure("point", [(3, 3)])
    plot = view.curve(0, along="index")
    assert len(plot.data) == 12

    def mark() -> float | None:
        plot.rest()
        marks = [line for line in plot.ax.lines if line.get_color() == "#e65100"]
        return float(marks[0].get_xdata()[0]) if marks else None

    assert mark() == 8.0  # mm
    view.index = 9
    assert mark() == 18.0
    view.plane = "coronal"
    assert mark() is None
    plot.close()


def test_what_has_no_curve_is_refused(view: SliceView) -> None:
    with pytest.raises(UnknownChoice, match="there is no measurement -1 to make a curve of; there are 0"):
        view.curve()
    view.measure("line", [(1, 1), (5, 5)])
    with pytest.raises(UnknownChoice, match="not of a line"):
        view.curve()
    view.measure("point", [(1, 1)])
    with pytest.raises(UnknownChoice, match="no axis 'time'"):
        view.curve(along="time")
    with pytest.raises(UnknownChoice, match="no measurement 7"):
        view.curve(7)
