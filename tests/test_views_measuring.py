"""Measuring on a view from Python: what is measured is what is shown, and one fault keeps nothing else away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import phantoms
import pytest

import dicomview as dv

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dicomview.views.slice_view import SliceView

BOX = [(3, 4), (9, 11)]
INSIDE = np.s_[4:12, 3:10]


@pytest.fixture
def view() -> Iterator[SliceView]:
    stored = np.random.default_rng(5).integers(0, 900, (9, 20, 18)).astype(np.int16)
    view = dv.view(phantoms.regular(stored=stored, window=(450, 900)), index=4, embed=False)
    yield view
    view.close()


def test_what_was_measured_on_slices_is_measured_anew_on_slabs_and_back(view: SliceView) -> None:
    array = view.scene.as_volume().array.astype(np.float64)
    view.measure("rectangle", BOX)
    on_slice = view.measurements
    curve = view.curve(along="index")
    seen: list[Any] = []
    view.observe(lambda change: seen.append(change.new), "measurements")
    view.slab = ("mip", 6)
    slab = array[3:6].max(axis=0)[INSIDE]
    (row,) = view.measurements.to_dict("records")
    assert (row["note"], row["SOPInstanceUID"]) == ("MIP 6 mm", "")
    np.testing.assert_allclose([row["mean"], row["SD"], row["min"]], [slab.mean(), slab.std(), slab.min()])
    assert view.measure("rectangle", BOX)["mean"] == row["mean"]
    assert [len(table) for table in seen] == [1, 2]
    curve.rest()
    assert curve.data["mean"][4] == pytest.approx(slab.mean())
    view.measurements = view.measurements[:1]
    view.slab = None
    assert view.measurements.equals(on_slice)
    curve.rest()
    np.testing.assert_allclose(curve.data["mean"], [plane[INSIDE].mean() for plane in array])
    curve.close()


def test_a_layer_leaves_what_was_measured_alone(view: SliceView) -> None:
    view.measure("rectangle", BOX)
    before = view.measurements
    view.add_mask(np.ones((9, 20, 18), bool))
    assert view.measurements is before


def test_what_cannot_be_measured_keeps_nothing_else_away(view: SliceView) -> None:
    """Of two shapes that a page tells of at once."""
    drawn = {"plane": "axial", "index": 4, "axes": {}, "kind": "rectangle", "points": BOX}
    edits = [["a", drawn | {"points": [(1, 2)]}], ["b", drawn]]
    view._on_message(view, {"kind": "measure", "page": "one", "n": 1, "edits": edits}, [])
    view._measurer.rest()
    view._tables.rest()
    assert view.measurements["kind"].tolist() == ["rectangle"]
    assert view._measures["heard"] == {"one": 1}


def test_a_view_begins_with_an_empty_table_of_its_own() -> None:
    view, other = dv.view(phantoms.regular()), dv.view(phantoms.regular())
    assert isinstance(view.measurements, pd.DataFrame)
    assert view.measurements is not other.measurements
    before = []
    view.observe(lambda change: before.append(change.old), "measurements")
    view.measurements = None
    assert len(view.measurements) == 0
    view.measure("line", [(1, 1), (3, 3)])
    assert [len(one) for one in before] == [0] * len(before)
    assert len(view.measurements) == 1
    view.measurements = None
    assert len(view.measurements) == 0
