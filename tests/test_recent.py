from __future__ import annotations

import numpy as np
import phantoms
import pytest
from oracles import jpeg_slices
from wire import asked

import dicomview as dv
from dicomview.recent import Recent
from dicomview.space.slices import Slice


def decoded(value: int):
    return lambda: (np.full(100, value, np.uint8), "")


def test_what_was_not_used_for_longest_goes_first():
    recent = Recent(250)
    for key in "ab":
        recent.get(key, decoded(1))
    recent.get("a", decoded(9))
    recent.get("c", decoded(3))
    assert recent.size == 200
    assert [int(recent.get(key, decoded(7))[0][0]) for key in "acb"] == [1, 3, 7]


def test_one_that_is_larger_than_the_bound_is_kept_alone():
    recent = Recent(50)
    recent.get("a", decoded(1))
    recent.get("b", decoded(2))
    assert recent.size == 100
    recent.clear()
    assert recent.size == 0


def test_what_is_kept_cannot_be_written_to():
    array, _ = Recent(1000).get("a", decoded(1))
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 2


@pytest.mark.parametrize(("pile", "times"), [(lambda: jpeg_slices(3), 1), (phantoms.regular, 2)])
def test_a_compressed_slice_is_decoded_once_for_its_preview_and_for_itself(pile, times, monkeypatch):
    view = dv.view(pile(), index=0, window=(0, 100), embed=False)
    seen = []
    plain = Slice.decoded
    monkeypatch.setattr(Slice, "decoded", lambda one: seen.append(one) or plain(one))
    (small,), (whole,) = asked(view, [[0]], step=2), asked(view, [[0]])
    np.testing.assert_array_equal(small.samples, whole.samples[1::2, 1::2])
    assert len(seen) == times
    view.left("")
    asked(view, [[0]])
    assert len(seen) == times + 1
