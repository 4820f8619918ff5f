"""Threads that take turns quickly."""

from __future__ import annotations

import multiprocessing
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

import pytest

from dicomview.turns import quick_turns

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def interval() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.005)
    yield
    sys.setswitchinterval(before)


def test_turns_are_quick_until_the_last_block_ends() -> None:
    inside, leave = threading.Event(), threading.Event()

    def work() -> None:
        with quick_turns():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=work)
    with quick_turns():
        thread.start()
        assert inside.wait(10)
        assert sys.getswitchinterval() == 0.001
    assert sys.getswitchinterval() == 0.001, "the other thread is not done"
    leave.set()
    thread.join()
    assert sys.getswitchinterval() == 0.005


def test_what_others_choose_stays() -> None:
    with quick_turns():
        sys.setswitchinterval(0.02)
    assert sys.getswitchinterval() == 0.02
    sys.setswitchinterval(0.0001)
    quick = sys.getswitchinterval()
    with quick_turns():
        assert sys.getswitchinterval() == quick, "already"
    assert sys.getswitchinterval() == quick
    with pytest.raises(RuntimeError), quick_turns():
        raise RuntimeError
    assert sys.getswitchinterval() == quick


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_process_that_is_forked_meanwhile_takes_turns_as_before() -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        with quick_turns():
            assert pool.submit(sys.getswitchinterval).result() == 0.005
            assert sys.getswitchinterval() == 0.001
        assert pool.submit(sys.getswitchinterval).result() == 0.005


def test_an_odd_interval_comes_back_as_it_was() -> None:
    sys.setswitchinterval(0.0123456)
    odd = sys.getswitchinterval()
    for _ in range(5):
        with quick_turns():
            pass
    assert sys.getswitchinterval() == odd


def test_a_thread_that_waits_often_gets_on_beside_one_that_computes() -> None:
    done = threading.Event()

    def waits() -> None:
        for _ in range(40):
            time.sleep(0)  # lets go of the interpreter, as reading does
        done.set()

    def beside_computing() -> float:
        done.clear()
        start = time.perf_counter()
        thread = threading.Thread(target=waits)
        thread.start()
        while not done.is_set():
            sum(range(1000))
        return time.perf_counter() - start

    slow = min(beside_computing() for _ in range(3))
    with quick_turns():
        quick = min(beside_computing() for _ in range(3))
    assert quick < slow
