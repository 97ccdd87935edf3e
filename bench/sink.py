"""A thousand inboxes on one port: takes every POST, and counts. `python -m bench.sink PORT [CERTIFICATE]`.

GET /count gives `{"posts", "hosts", "handshakes", "first", "last"}` since the last GET /forget; `first` and `last` are
moments, `first` of those since the last look.
"""

import asyncio
import ssl
import sys
from collections import Counter
from dataclasses import dataclass, field
from time import perf_counter

from aiohttp import web


@dataclass(slots=True)
class Counts:
    """What came."""

    posts: int = 0
    hosts: set[str] = field(default_factory=set[str])
    handshakes: Counter[str] = field(default_factory=Counter[str])
    first: float = 0.0
    last: float = 0.0

    def forget(self) -> None:
        """Begin anew."""
        self.posts, self.first, self.last = 0, 0.0, 0.0
        self.hosts.clear()
        self.handshakes.clear()


async def serve(port: int, certificate: str | None) -> None:
    """Answer until ended."""
    counts = Counts()

    async def take(request: web.Request) -> web.Response:
        await request.read()
        counts.last = perf_counter()
        counts.first = counts.first or counts.last
        counts.posts += 1
        counts.hosts.add(request.host)
        return web.Response(status=202)

    async def count(_request: web.Request) -> web.Response:
        said: dict[str, float] = {
            "posts": counts.posts,
            "hosts": len(counts.hosts),
            "handshakes": counts.handshakes.total(),
        }
        said |= {"first": counts.first, "last": counts.last}
        counts.first = 0.0
        return web.json_response(said)

    async def forget(_request: web.Request) -> web.Response:
        counts.forget()
        return web.Response()

    app = web.Application()
    app.router.add_get("/count", count)
    app.router.add_get("/forget", forget)
    app.router.add_post("/{path:.*}", take)
    runner = web.AppRunner(app, access_log=None, keepalive_timeout=600)
    await runner.setup()
    tls = _tls(certificate, counts) if certificate else None
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024, ssl_context=tls).start()
    await asyncio.Event().wait()


def _tls(certificate: str, counts: Counts) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def greeted(_socket: object, name: str | None, _context: object) -> None:
        counts.handshakes[name or ""] += 1

    context.sni_callback = greeted
    return context


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None))
