"""Servers of this machine and the guarded client that may reach them by a name."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from fedivoisin.adapters.network import Network, Times

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PATIENT = Times()


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server on 127.0.0.1; gives its port."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@asynccontextmanager
async def network_to(*lab_hosts: str, times: Times = PATIENT, ca_file: str = "") -> AsyncIterator[Network]:
    network = Network(user_agent="fedivoisin/test", lab_hosts=frozenset(lab_hosts), times=times, ca_file=ca_file)
    try:
        yield network
    finally:
        await network.close()


@asynccontextmanager
async def lab(handler: Handler, times: Times = PATIENT) -> AsyncIterator[tuple[Network, str]]:
    """A server and a client that may reach it by its name."""
    async with serving(handler) as port, network_to(f"nantes.localhost:{port}", times=times) as network:
        yield network, f"http://nantes.localhost:{port}"


async def get(network: Network, url: str, max_bytes: int = 1000) -> bytes:
    return (await network.fetch(url, accept="application/activity+json", max_bytes=max_bytes)).body


async def hello(_request: web.Request) -> web.StreamResponse:
    return web.Response(body=b"bonjour", headers={"X-Town": "Nantes"})
