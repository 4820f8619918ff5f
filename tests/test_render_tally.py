"""Counts of values, against NumPy's."""

from __future__ import annotations

import numpy as np
import pytest

from dicomview.render.raster import Raster, from_values
from dicomview.render.tally import Tally

RNG = np.random.default_rng(7)


def tallied(*rasters: Raster) -> Tally:
    tally = Tally()
    for one in rasters:
        tally.add(one)
    return tally


@pytest.mark.parametrize("dtype", [np.int16, np.uint16])
@pytest.mark.parametrize("slope", [1.0, 0.25, -2.0])
@pytest.mark.parametrize("most", [1, 7, 256, 1 << 20])
def test_counts_are_numpys(dtype, slope, most):
    info = np.iinfo(dtype)
    stored = [RNG.integers(info.min // k, info.max // k, (40, 50)).astype(dtype) for k in (900, 40, 3)]
    counts, edges = tallied(*(Raster(one, slope, -1024.0) for one in stored)).bins(most)
    values = slope * np.stack(stored).astype(float) - 1024
    np.testing.assert_array_equal(counts, np.histogram(values, edges)[0])
    assert counts.sum() == values.size
    assert len(counts) <= most
    np.testing.assert_allclose(np.diff(edges), edges[1] - edges[0])
    assert (edges[1] - edges[0]) % abs(slope) == 0
    if len(counts) > 1:
        assert counts[0] > 0


def test_slopes_of_their_own_are_counted_to_within_a_step_in_bounded_memory():
    stored = [RNG.integers(0, 32767, (30, 30)).astype(np.uint16) for _ in range(40)]
    slopes = np.linspace(0.5, 900, 40)
    tally = tallied(*(Raster(one, slope) for one, slope in zip(stored, slopes, strict=True)))
    assert len(tally._counts) <= 1 << 16
    counts, edges = tally.bins(100)
    values = np.concatenate([slope * one.ravel() for one, slope in zip(stored, slopes, strict=True)])
    assert counts.sum() == values.size
    cell = (edges[1] - edges[0]) / 100
    for place in (10, 50, 90):
        exact, near = (values < edges[place]).sum(), counts[:place].sum()
        assert abs(exact - near) <= ((values > edges[place] - cell) & (values < edges[place] + cell)).sum()


def test_what_is_no_value_is_not_counted():
    values = np.array([[1.5, np.nan], [np.nan, 4.0]])
    counts, edges = tallied(from_values(values)).bins(10)
    assert counts.sum() == 2
    assert edges[0] <= 1.5
    assert edges[-1] >= 4.0
    counts, edges = tallied(from_values(np.full((2, 2), np.nan))).bins(10)
    assert counts.sum() == 0
    assert tallied(Raster(np.full((3, 3), 7, np.int16), 0.0, 5.0)).bins(10)[0].tolist() == [9]
