"""Work that follows a hand: at once, then at most now and then, the last wish always."""

from __future__ import annotations

import threading
import time

from dicomview.views.follower import Follower


def test_a_hundred_wishes_are_two_works_and_the_last_one_counts():
    done = []
    wish = 0
    begun, go = threading.Event(), threading.Event()

    def work():
        done.append(wish)
        begun.set()
        assert go.wait(30)

    follower = Follower(work, pause=0.0)
    for wish in range(1, 101):
        follower.wake()
        if wish == 1:
            assert begun.wait(30)
    go.set()
    follower.rest()
    assert done == [1, 100]
    assert follower.failure is None
    follower.close()


def test_there_is_a_pause_between_two_works():
    begun = []
    follower = Follower(lambda: begun.append(time.perf_counter()), pause=0.05)
    follower.wake()
    while not begun:
        threading.Event().wait(0.001)
    follower.wake()
    follower.rest()
    assert len(begun) == 2
    assert begun[1] - begun[0] >= 0.05
    follower.close()


def test_what_it_raises_is_kept_and_it_goes_on():
    fails = [ValueError("x"), None]

    def work():
        if (error := fails.pop(0)) is not None:
            raise error

    follower = Follower(work, pause=0.0)
    follower.wake()
    follower.rest()
    assert str(follower.failure) == "x"
    follower.wake()
    follower.rest()
    assert fails == []
    follower.close()
    follower.wake()
    follower.rest()
