"""A load generator: requests made beforehand, over connections that are kept, in a closed or an open loop."""

import asyncio
import re
from collections import Counter, deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import cast

LONGEST = 120.0
"""Seconds after which a measurement is given up."""
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)


@dataclass(slots=True)
class Answers:
    """How long each answer took, and what it was."""

    latencies: list[float] = field(default_factory=list[float])
    statuses: Counter[int] = field(default_factory=Counter[int])

    @property
    def accepted(self) -> int:
        """Requests that were answered 2xx."""
        return sum(times for status, times in self.statuses.items() if 200 <= status < 300)


@dataclass(slots=True)
class Load:
    """What is still to be sent, and over which connections; made by `connected`."""

    answers: Answers = field(default_factory=Answers)
    waiting: deque[tuple[float | None, bytes]] = field(default_factory=deque[tuple[float | None, bytes]])
    idle: "list[Line]" = field(default_factory=list["Line"])
    left: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def push(self, due: float, request: bytes) -> None:
        """Send it as soon as a connection is free; its time counts from `due`."""
        self.waiting.append((due, request))
        if self.idle:
            self.next(self.idle.pop())

    def next(self, line: "Line") -> None:
        """Give a free connection its next request."""
        if self.waiting:
            line.send(*self.waiting.popleft())
        else:
            self.idle.append(line)

    def answered(self, line: "Line", status: int, seconds: float) -> None:
        """Count one answer."""
        self.answers.latencies.append(seconds)
        self.answers.statuses[status] += 1
        self.left -= 1
        if status:
            self.next(line)
        if not self.left:
            self.over.set()

    async def send(self, requests: Sequence[bytes], *, rate: float | None = None) -> Answers:
        """Send them all: as fast as answers come (closed loop), or at `rate` a second whatever comes (open loop)."""
        self.answers, self.left = Answers(), len(requests)
        self.over.clear()
        async with asyncio.timeout(LONGEST):
            if rate is None:
                self.waiting.extend((None, request) for request in requests)
                idle, self.idle = self.idle, []
                for line in idle:
                    self.next(line)
            else:
                await self._push_at(requests, rate)
            await self.over.wait()
        return self.answers

    async def _push_at(self, requests: Sequence[bytes], rate: float) -> None:
        began = perf_counter()
        for number, request in enumerate(requests):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - perf_counter()))
            self.push(due, request)


class Line(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._received = bytearray()
        self._due: float | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready."""
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """A server that hangs up in the middle is counted as 0."""
        if self._due is not None:
            self._load.answered(self, 0, perf_counter() - self._due)

    def send(self, due: float | None, request: bytes) -> None:
        """Put one request on the wire; without `due` its time counts from now."""
        self._due = perf_counter() if due is None else due
        if self._transport is not None:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """An answer is whole when its body is."""
        self._received += data
        head = self._received.find(b"\r\n\r\n")
        if head < 0 or self._due is None:
            return
        found = _LENGTH.search(self._received, 0, head)
        if len(self._received) < head + 4 + (int(found[1]) if found else 0):
            return
        status, due = int(self._received[9:12]), self._due
        self._received.clear()
        self._due = None
        self._load.answered(self, status, perf_counter() - due)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


@asynccontextmanager
async def connected(port: int, *, connections: int) -> AsyncGenerator[Load]:
    """Kept connections, for as many requests as one likes."""
    load = Load()
    loop = asyncio.get_running_loop()
    lines = [(await loop.create_connection(lambda: Line(load), "127.0.0.1", port))[1] for _ in range(connections)]
    load.idle.extend(lines)
    try:
        yield load
    finally:
        for line in lines:
            line.close()


async def run(port: int, requests: Sequence[bytes], *, connections: int) -> Answers:
    """Send them all as fast as answers come, over new connections."""
    async with connected(port, connections=connections) as load:
        return await load.send(requests)
