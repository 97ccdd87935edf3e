"""What a process that died had claimed: given back at once on PostgreSQL, where others work on."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import select

from fedivoisin.store import claims, events
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.schema.federation import activity
from fedivoisin.trust.decisions import DomainBlocked
from fedivoisin.workers import effects
from fedivoisin.workers.orphans import Watch, take_over
from tests.activitypub.neighbours import a_neighbourhood
from tests.fakes import FakeWorld


@pytest.fixture
async def stores(database_url: str, world: FakeWorld) -> AsyncIterator[tuple[Store, Store]]:
    """Two processes on one database."""
    async with AsyncExitStack() as stack:
        opened = []
        for name in ("one", "two"):
            store = Store.open(database_url, now=world.now, new_id=world.new_id, holder=name)
            stack.push_async_callback(store.close)
            opened.append(store)
        yield opened[0], opened[1]


async def _happens(store: Store) -> None:
    async def work(tx: Tx) -> None:
        await events.record(tx, DomainBlocked("x.example"), subject="x.example", by=None)

    await store.write(work)


@pytest.mark.parametrize("database_kind", ["postgres"])
async def test_what_a_dead_process_had_claimed_is_taken_over(stores: tuple[Store, Store]) -> None:
    dying, living = stores
    await _happens(dying)
    assert len(await dying.take(events.claim, limit=5)) == 1
    watch = Watch(living)
    assert await take_over(watch) == 0, "it lives and is at it"
    assert await living.take(events.claim, limit=5) == []
    await dying.close()
    assert await take_over(watch) == 1
    assert await take_over(watch) == 0
    assert len(await living.take(events.claim, limit=5)) == 1


@pytest.mark.parametrize("database_kind", ["postgres"])
async def test_a_process_that_starts_takes_over_what_was_left_before_it(stores: tuple[Store, Store]) -> None:
    dead, started = stores
    await _happens(dead)
    await dead.take(events.claim, limit=5)
    await dead.close()
    assert await take_over(Watch(started)) == 1


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_on_a_file_nobody_else_works(stores: tuple[Store, Store]) -> None:
    one, _ = stores
    await _happens(one)
    await one.take(events.claim, limit=5)
    assert await take_over(Watch(one)) == 0
    await one.write(claims.forget)
    assert len(await one.take(events.claim, limit=5)) == 1


async def test_effects_are_made_once_though_two_had_claimed_the_event(store: Store, world: FakeWorld) -> None:
    here = await a_neighbourhood(store, world)
    await here.effects()
    listing = await here.publish()
    (happened,) = await store.take(events.claim, limit=5)
    for _ in range(2):
        await store.write(effects.make, [happened])
    async with store.read() as tx:
        said = await tx.conn.execute(select(activity.c.type).where(activity.c.object_url == listing.url))
        assert sorted(said.scalars()) == ["Announce", "Announce", "Create"]
