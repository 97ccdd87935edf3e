"""Whole neighbourhoods on loopback: real HTTP, real signatures, real databases, each with its own workers."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from fedivoisin.actions import founding, listings
from fedivoisin.activitypub.inbox import Reception
from fedivoisin.activitypub.keys import RECEPTION
from fedivoisin.app import create_app, new_id, open_world, prepare, runner_of, utc_now
from fedivoisin.ids import ActorId, MemberId
from fedivoisin.market import categories
from fedivoisin.market.listing import Listing
from fedivoisin.settings import Limits, Network, Settings
from fedivoisin.store import actors
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Store, Tx
from fedivoisin.workers import loop
from fedivoisin.world import World
from tests.fakes import key_pair
from tests.makers import a_draft, an_account

T = TypeVar("T")
USUAL = Limits()
DEFAULTS = Limits()
PATIENCE = 20.0
"""Seconds that a test waits for another town at most."""


@dataclass(frozen=True, slots=True)
class Town:
    """One neighbourhood that runs."""

    origin: str
    host: str
    settings: Settings
    store: Store
    world: World
    admin: MemberId
    address: str
    """Of its Group, `@slug@host`."""

    async def member(self, name: str, number: int = 1) -> ActorId:
        """A founding member of that name."""
        who = an_account(name.capitalize(), name=name, email=f"{name}@example.org")
        return await self.store.write(founding.enter_founder, by=self.admin, who=who, keys=key_pair(number))

    async def publish(self, author: ActorId, title: str = "Vélo 16 pouces", **changes: Any) -> Listing:
        """A listing of this member."""
        draft = a_draft(title=title, **changes)
        return await self.store.write(listings.publish, by=author, draft=draft)

    async def read(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        """One look."""
        async with self.store.read() as tx:
            return await work(tx)

    async def eventually(self, work: Callable[[Tx], Awaitable[T]], *, that: str) -> T:
        """Look until it is there; AssertionError with `that` when it does not come."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while True:
            heard = self.store.bell.listen()
            found = await self.read(work)
            if found:
                return found
            assert asyncio.get_running_loop().time() < deadline, f"{that}: it never came to {self.host}"
            await heard(0.25)

    async def actor(self, url: str) -> Actor:
        """Somebody that this town knows."""

        async def look(tx: Tx) -> Actor | None:
            return await actors.by_url(tx, url)

        found = await self.eventually(look, that=f"the actor {url}")
        assert found is not None
        return found


def free_socket() -> socket.socket:
    """A port of loopback that nobody else has."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", 0))
    return listening


@asynccontextmanager
async def a_town(
    name: str,
    listening: socket.socket,
    folder: Path,
    hosts: tuple[str, ...],
    *,
    below: str = ".localhost",
    limits: Limits = USUAL,
    is_strict: bool = False,
    doors: Callable[[World], World] = lambda world: world,
) -> AsyncGenerator[Town]:
    """Found a neighbourhood called `name`, at `name.localhost`, and let it run until the end of the block.

    Programs that do not know `*.localhost` need `below` to be empty and `name` to be `localhost`. `is_strict`:
    documents are shown to who signs only. `doors` may give the town another world than the real one.
    """
    host = f"{name}{below}:{listening.getsockname()[1]}"
    settings = Settings(
        origin=f"http://{host}",
        database=f"sqlite:///{folder / name}.db",
        media=str(folder / f"{name}-media"),
        network=Network(lab=True, lab_hosts=hosts, require_signed_gets=is_strict),
        limits=limits,
    )
    async with AsyncExitStack() as stack:
        store = Store.open(settings.database, now=utc_now, new_id=new_id)
        stack.push_async_callback(store.close)
        await prepare(settings, store)
        admin = await store.write(found, settings.origin, name, with_categories=True)
        world = doors(await stack.enter_async_context(open_world(settings, store)))
        app = create_app(settings, store, world)
        runner = runner_of(app, shutdown_timeout=0.1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.SockSite(runner, listening).start()
        await stack.enter_async_context(_working(settings, store, world, app[RECEPTION]))
        yield Town(settings.origin, host, settings, store, world, admin, f"@{name}@{host}")


@asynccontextmanager
async def _working(settings: Settings, store: Store, world: World, reception: Reception) -> AsyncGenerator[None]:
    work = asyncio.create_task(loop.run(settings, store, world, reception))
    try:
        yield
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def found(tx: Tx, origin: str, name: str, *, with_categories: bool = False) -> MemberId:
    """Answer the first-run questions. Categories get their Groups at once, before a worker makes keys for them."""
    answers = founding.Answers(
        origin=origin,
        name=name.capitalize(),
        commune="Nantes",
        department="44",
        slug=name,
        latitude=47.23,
        longitude=-1.52,
        language="fr",
        sponsors_needed=2,
        contact_email="bureau@example.org",
        help_name="",
        help_hours="",
        help_telephone="",
        code_prefix="NTE",
        legal={},
        mail={},
    )
    admin = an_account("Admin", name="bureau-un", email="admin@example.org")
    admin = replace(admin, roles=founding.ADMIN_ROLES)
    keys = founding.FirstKeys(instance=key_pair(3), group=key_pair(4), admin=key_pair(5))
    roots = [root.id for root in categories.roots()] if with_categories else []
    return await founding.found(tx, answers, admin, keys, categories=dict.fromkeys(roots, key_pair(4)))
