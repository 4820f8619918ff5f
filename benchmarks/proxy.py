"""A network between browser and server: a TCP proxy on loopback with a round trip, a bandwidth and a log of traffic."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MessageCounter", "Network", "Proxy", "Traffic"]

_CHUNK = 1 << 15
_QUEUE = 1024  # chunks under way in one connection
_BACKLOG = 0.1  # seconds of a limited line that may wait in front of it, as in a router
_CHANNELS = re.compile(rb"GET \S*/api/kernels/[^/ ]+/channels\S* HTTP", re.IGNORECASE)


@dataclass(frozen=True)
class Network:
    """What lies between.

    Parameters
    ----------
    round_trip : float, ms
        Half of it each way. Connecting itself is not delayed.
    bandwidth : float, Mbit/s, or None
        Of each direction, shared by all connections; None for no limit.
    """

    round_trip: float = 0.0
    bandwidth: float | None = None

    def __str__(self) -> str:
        return f"{self.round_trip:g} ms" + (f" + {self.bandwidth:g} Mbit/s" if self.bandwidth else "")


@dataclass(frozen=True)
class Traffic:
    """What went over the line in a time: bytes, and websocket messages from and to a kernel."""

    bytes_up: int = 0
    bytes_down: int = 0
    messages_up: int = 0
    messages_down: int = 0


class MessageCounter:
    """Count the websocket messages in one direction of a connection (RFC 6455, section 5.2).

    Parameters
    ----------
    wanted : callable
        Told the head of the connection, whether it is one whose messages count.
    """

    def __init__(self, wanted: Callable[[bytes], bool]) -> None:
        self._wanted = wanted
        self._counts: bool | None = None  # until the head is complete
        self._buffer = b""
        self._skip = 0  # bytes of a frame still to come

    def feed(self, data: bytes) -> int:
        """Take the next bytes and return how many messages have their last frame begin in them."""
        if self._counts is False:
            return 0
        self._buffer += data
        if self._counts is None:
            head, blank, rest = self._buffer.partition(b"\r\n\r\n")
            if not blank:
                return 0
            self._counts, self._buffer = self._wanted(head), rest
        messages = 0
        while self._counts:
            here = min(self._skip, len(self._buffer))
            self._skip, self._buffer = self._skip - here, self._buffer[here:]
            if self._skip or (frame := _frame(self._buffer)) is None:
                break
            last, self._skip = frame
            messages += last
        return messages


def _frame(data: bytes) -> tuple[bool, int] | None:
    """Return whether a frame ends a message, and its length with the header; None before the header is complete."""
    if len(data) < 2:
        return None
    size, masked = data[1] & 0x7F, bool(data[1] & 0x80)
    longer = {126: 2, 127: 8}.get(size, 0)
    if len(data) < 2 + longer:
        return None
    if longer:
        size = int.from_bytes(data[2 : 2 + longer])
    control = bool(data[0] & 0x08)
    return bool(data[0] & 0x80) and not control, 2 + longer + 4 * masked + size


class _Line:
    """One direction of the network."""

    def __init__(self) -> None:
        self._free = 0.0  # when it can take the next byte

    def due(self, size: int, network: Network) -> float:
        """Put bytes on the line; return when they come out, on the loop's clock."""
        now = asyncio.get_running_loop().time()
        departs = now
        if network.bandwidth:
            departs = self._free = max(self._free, now) + size * 8 / (network.bandwidth * 1e6)
        return departs + network.round_trip / 2000

    async def room(self) -> None:
        """Wait until no more than `_BACKLOG` is before the line."""
        ahead = self._free - asyncio.get_running_loop().time() - _BACKLOG
        if ahead > 0:
            await asyncio.sleep(ahead)


class Proxy:
    """A proxy in a thread of its own, on a free port of 127.0.0.1.

    Parameters
    ----------
    host, port : str, int
        The server behind it.

    Attributes
    ----------
    network : Network
        Can be set at any time; what is on its way arrives as it would have.
    port : int
    """

    def __init__(self, host: str, port: int) -> None:
        self.network = Network()
        self.port = 0
        self._server = host, port
        self._log: list[tuple[float, Traffic]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def between(self, begin: float, end: float) -> Traffic:
        """Return what passed the browser's end of the line in a time, in seconds since the epoch."""
        passed = [traffic for when, traffic in list(self._log) if begin <= when <= end]
        return Traffic(*(sum(getattr(one, field.name) for one in passed) for field in fields(Traffic)))

    async def _listen(self) -> int:
        self._up, self._down = _Line(), _Line()
        self._listener = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        return int(self._listener.sockets[0].getsockname()[1])

    async def _end(self) -> None:
        self._listener.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server_reader, server_writer = await asyncio.open_connection(*self._server)
        except OSError:
            writer.close()
            return
        kernel = asyncio.Event()  # set when this turns out to be a kernel's websocket

        def asks(head: bytes) -> bool:
            if _CHANNELS.match(head):
                kernel.set()
            return kernel.is_set()

        up, down = MessageCounter(asks), MessageCounter(lambda _: kernel.is_set())

        def log_up(data: bytes) -> None:
            self._log.append((time.time(), Traffic(len(data), 0, up.feed(data), 0)))

        def log_down(data: bytes) -> None:
            self._log.append((time.time(), Traffic(0, len(data), 0, down.feed(data))))

        try:
            await asyncio.gather(
                self._pass(reader, server_writer, self._up, log_entry=log_up),
                self._pass(server_reader, writer, self._down, log_exit=log_down),
            )
        except asyncio.CancelledError:
            # The proxy ends. Not raised further: asyncio's callback before Python 3.12 stumbles over a cancelled task.
            for end in (server_writer, writer):
                end.transport.abort()

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        line: _Line,
        log_entry: Callable[[bytes], None] = lambda _: None,
        log_exit: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        """Carry one direction of one connection over its line."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_QUEUE)

        async def take() -> None:
            data = None
            while data != b"":
                try:
                    data = await reader.read(_CHUNK)
                except ConnectionError:
                    data = b""
                log_entry(data)
                await under_way.put((line.due(len(data), self.network), data))
                await line.room()

        async def give() -> None:
            loop = asyncio.get_running_loop()
            while True:
                due, data = await under_way.get()
                if (early := due - loop.time()) > 0:
                    await asyncio.sleep(early)
                if not data:
                    writer.close()
                    return
                log_exit(data)
                writer.write(data)
                await writer.drain()

        taking = asyncio.create_task(take())
        try:
            await give()
        except ConnectionError:
            writer.close()
        finally:
            taking.cancel()
