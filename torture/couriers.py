"""People elsewhere who write at a steady rate, and write again what was not taken, as servers do."""

import asyncio
import re
from asyncio import StreamReader, StreamWriter
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from time import perf_counter

from bench.senders import Sender, Wish, requests

AT_ONCE = 32
PATIENCE = 15.0
PAUSE = 0.2
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)


@dataclass(slots=True)
class Couriers:
    """Who writes, to whom, and what came of it."""

    port: int
    people: Sequence[Sender]
    wish: Wish
    taken: set[int] = field(default_factory=set[int])
    """Numbers of the notes that were answered 202."""
    answers: Counter[int] = field(default_factory=Counter[int])
    """By status; 0 is no answer at all."""
    numbers: "count[int]" = field(default_factory=count)

    async def write(self, moments: Iterable[float]) -> None:
        """A note at each of these moments (of `perf_counter`); every one of them is brought in the end."""
        waiting = asyncio.Queue[int | None](maxsize=10 * AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            for _ in range(AT_ONCE):
                tasks.create_task(self._bring(waiting))
            for moment in moments:
                await asyncio.sleep(max(0.0, moment - perf_counter()))
                await waiting.put(next(self.numbers))
            for _ in range(AT_ONCE):
                await waiting.put(None)

    async def _bring(self, waiting: "asyncio.Queue[int | None]") -> None:
        line: tuple[StreamReader, StreamWriter] | None = None
        while (number := await waiting.get()) is not None:
            (request,) = requests(self.people, self.wish, 1, first=number)
            while True:
                try:
                    async with asyncio.timeout(PATIENCE):
                        line = line or await asyncio.open_connection("127.0.0.1", self.port)
                        status = await _post(*line, request)
                except (OSError, EOFError, TimeoutError):
                    status, line = 0, None
                self.answers[status] += 1
                if status == 202:
                    self.taken.add(number)
                    break
                await asyncio.sleep(PAUSE)
        if line is not None:
            line[1].close()


def steadily(rate: float, until: float) -> Iterator[float]:
    """So many moments a second, from now until then."""
    began = perf_counter()
    for number in range(int((until - began) * rate)):
        yield began + number / rate


async def _post(reader: StreamReader, writer: StreamWriter, request: bytes) -> int:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = _LENGTH.search(head)
    await reader.readexactly(int(length[1]) if length else 0)
    return int(head[9:12])
