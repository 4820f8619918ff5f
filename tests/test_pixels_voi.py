"""VOI lookup tables: levels, ends, names."""

from __future__ import annotations

import numpy as np
import phantoms
from pydicom.dataset import Dataset

import dicomview as dv
from dicomview.pixels import VoiTable


def item(levels: list[int], first: int, explanation: str) -> Dataset:
    made = Dataset()
    made.LUTDescriptor = [len(levels), first, 8]
    made.LUTExplanation = explanation
    made.add_new("LUTData", "US", levels)
    return made


def test_tables_of_one_name_can_be_told_apart():
    """The browser knows a table by its name; two of one name would show one and report the other."""
    tables = [item([0, 50, 255], 0, "NORMAL"), item([255, 50, 0], 0, "NORMAL"), item([7, 7, 7], 0, "")]
    view = dv.view(phantoms.regular(tags={"VOILUTSequence": tables}))
    found = [voi for voi in view.scene.presets() if isinstance(voi, VoiTable)]
    assert [voi.explanation for voi in found] == ["NORMAL", "NORMAL (2)", "table"]
    for voi in found:
        view.window = voi
        assert view._state["window"] == {"table": voi.explanation}
        view.set_state({"_state": view._state | {"positions": view._state["positions"] | {"axial": 2}}})
        assert view.window == voi
        view.index = 6


def test_ends_halves_and_nothing():
    table = VoiTable(-1, bytes([10, 20, 200]))
    values = np.array([-99.0, -1.0, -0.5, 0.4, 0.5, 1.0, 99.0, np.inf, -np.inf, np.nan])
    assert table.apply(values).tolist() == [10, 10, 20, 20, 200, 200, 200, 200, 10, 0]
    assert table.apply(values, invert=True).tolist()[:2] == [245, 245]
    assert table.apply(values, invert=True)[-1] == 0
