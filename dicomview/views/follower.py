"""Work that follows a hand: begun at once, then at most a few times a second, the last wish always."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Follower"]


class Follower:
    """Does one piece of work whenever it is woken, in a thread of its own.

    Parameters
    ----------
    work : callable
        Looks for itself at what there is to do.
    failed : callable (error: BaseException), optional
        Hears what the work raises.
    pause : float
        Seconds between two beginnings at least; a hand that moves on meanwhile is followed to where it is then.

    Attributes
    ----------
    failure : BaseException or None
        The last thing the work raised.
    """

    def __init__(
        self, work: Callable[[], None], *, failed: Callable[[BaseException], None] = lambda _: None, pause: float = 0.2
    ) -> None:
        self._work, self._failed, self._pause = work, failed, pause
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._woken = self._busy = False
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="dicomview-follower")
        self.failure: BaseException | None = None

    def wake(self) -> None:
        """Do the work, now or when the pause is over."""
        with self._lock:
            self._woken = True
            if self._busy or self._ended.is_set():
                return
            self._busy = True
        self._worker.submit(self._run)

    def rest(self) -> None:
        """Wait until the work is done that was asked for so far."""
        if not self._ended.is_set():
            self._worker.submit(lambda: None).result()

    def close(self) -> None:
        """Do no more work."""
        self._ended.set()
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._woken or self._ended.is_set():
                    self._busy = False
                    return
                self._woken = False
            try:
                self._work()
            except BaseException as error:  # noqa: BLE001  in a thread nobody else would hear of it
                self.failure = error
                self._failed(error)
            self._ended.wait(self._pause)
