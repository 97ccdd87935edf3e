"""A neighbourhood under siege: it runs as it would in the world, and its attacker serves and signs what it likes."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from fedivoisin.app import new_id, prepare, utc_now
from fedivoisin.settings import Limits, Settings
from fedivoisin.store.db import Store
from fedivoisin.world import World
from tests.attacks.elsewhere import Elsewhere, Peer, an_elsewhere
from tests.attacks.forbidden import Canary
from tests.attacks.siege import Siege
from tests.federation.towns import a_town, free_socket

HOSTS = ("nantes", "mallory", "rennes", "lyon")
"""What lab mode may reach, all on the same two ports; every other host is as forbidden as in the world."""
USUAL = Limits()
Besiege = Callable[..., Awaitable[Siege]]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file as the program itself makes it, to be copied: migrations take seconds."""
    path = tmp_path_factory.mktemp("migrated") / "town.db"
    with asyncio.Runner() as runner:
        runner.run(_prepare(path))
    return path


async def _prepare(path: Path) -> None:
    settings = Settings(database=f"sqlite:///{path}")
    store = Store.open(settings.database, now=utc_now, new_id=new_id)
    await prepare(settings, store)
    await store.close()


@pytest.fixture
async def besiege(tmp_path: Path, migrated: Path) -> AsyncIterator[Besiege]:
    """Found the neighbourhood, with limits and doors of the test's choice."""
    async with AsyncExitStack() as stack:

        async def begin(limits: Limits = USUAL, doors: Callable[[World], World] = lambda world: world) -> Siege:
            shutil.copyfile(migrated, tmp_path / "nantes.db")
            here, there = free_socket(), free_socket()
            elsewhere = await stack.enter_async_context(an_elsewhere(there))
            ports = (here.getsockname()[1], elsewhere.port)
            hosts = tuple(f"{name}.localhost:{port}" for name in HOSTS for port in ports)
            town = await stack.enter_async_context(a_town("nantes", here, tmp_path, hosts, limits=limits, doors=doors))
            http = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
            awa = await town.member("awa")
            return Siege(town, elsewhere, http, awa, await town.publish(awa))

        yield begin


@pytest.fixture
async def siege(besiege: Besiege) -> Siege:
    """The neighbourhood with its usual limits."""
    return await besiege()


@pytest.fixture
def elsewhere(siege: Siege) -> Elsewhere:
    """All other hosts."""
    return siege.elsewhere


@pytest.fixture
def mallory(elsewhere: Elsewhere) -> Peer:
    """The attacker, whose actor and key are in order."""
    return elsewhere.person("mallory", "mallory", 1)


@pytest.fixture
def rozenn(elsewhere: Elsewhere) -> Peer:
    """An honest person of another town, in whose name others try to speak."""
    return elsewhere.person("rennes", "rozenn", 2)


@pytest.fixture
async def canary() -> AsyncIterator[Canary]:
    found = Canary(0)

    async def touched(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.touched.append("touched")
        writer.close()

    server = await asyncio.start_server(touched, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    server.close()
    assert found.touched == []
