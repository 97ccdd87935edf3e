"""Thirty other servers behind one port, some of which are always out of order: what they took, and when."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic

import msgspec
from aiohttp import web

HOSTS = 30
ROUND = 60.0
DOWN = 10.0
"""Seconds of each round that a host is out of order, one host after the other: at times long enough for the breaker."""
HANG = 3.0


@dataclass(slots=True)
class Hosts:
    """`taken[host, activity]` are the moments at which it was answered 202."""

    port: int
    taken: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: int = 0
    is_calm: bool = False
    """Once set, nobody is out of order any more."""

    @property
    def names(self) -> list[str]:
        """With their port."""
        return [f"h{number}.sink.localhost:{self.port}" for number in range(HOSTS)]

    async def take(self, request: web.Request) -> web.StreamResponse:
        """One delivery."""
        body = await request.read()
        number = int(request.host.partition(".")[0][1:])
        if not self.is_calm and (monotonic() + number * ROUND / HOSTS) % ROUND < DOWN:
            self.refused += 1
            return await _out_of_order(request, number)
        self.taken[request.host, msgspec.json.decode(body)["id"]].append(monotonic())
        return web.Response(status=202)


async def _out_of_order(request: web.Request, number: int) -> web.StreamResponse:
    """Each in its own way: busy, broken, gone in the middle, or merely silent for a while."""
    match number % 4:
        case 0:
            return web.Response(status=503, headers={"Retry-After": "5"})
        case 1:
            return web.Response(status=500)
        case 2:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        case _:
            await asyncio.sleep(HANG)
            return web.Response(status=502)


@asynccontextmanager
async def answering(port: int) -> AsyncGenerator[Hosts]:
    """All of them, until the end of the block."""
    hosts = Hosts(port)
    app = web.Application()
    app.router.add_post("/{path:.*}", hosts.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield hosts
    finally:
        await runner.cleanup()
