"""Processes count together what is worth it. On both databases."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from fedivoisin.settings import Limits, Settings
from fedivoisin.store import tallies
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.schema.accounts import tally as rows
from fedivoisin.store.tallies import Tally
from fedivoisin.workers.sharing import share
from tests.browsing import browsers
from tests.fakes import FakeWorld
from tests.makers import put_neighbourhood

WINDOW = 300
AT = 1_000_000.0


def _two() -> tuple[Tally, Tally]:
    return Tally("pages", WINDOW, 100), Tally("pages", WINDOW, 100)


async def _tell(store: Store, tally: Tally) -> None:
    untold = tally.untold()
    tally.told(untold, await store.append(tallies.add, tally, untold))


async def _rows(tx: Tx) -> int:
    return int(await tx.conn.scalar(select(func.count()).select_from(rows)) or 0)


async def test_what_two_processes_count_adds_up(store: Store) -> None:
    here, there = _two()
    for tally in (here, there):
        for _ in range(10):
            tally.count("192.0.2.7", AT)
    await _tell(store, here)
    await _tell(store, there)
    assert there.count("192.0.2.7", AT) == 21
    assert here.count("192.0.2.7", AT) == 11, "it has not told anything since"
    for _ in range(9):
        here.count("192.0.2.7", AT)
    await _tell(store, here)
    assert here.count("192.0.2.7", AT) == 31


async def test_who_comes_seldom_costs_no_row(store: Store) -> None:
    here, _ = _two()
    for _ in range(9):
        here.count("192.0.2.7", AT)
    assert not here.due.is_set()
    assert here.untold() == []
    here.count("192.0.2.7", AT)
    assert here.due.is_set()
    assert [(one.subject, one.count) for one in here.untold()] == [("192.0.2.7", 10)]


async def test_what_is_counted_while_it_is_told_is_not_lost(store: Store) -> None:
    here, _ = _two()
    for _ in range(10):
        here.count("a", AT)
    untold = here.untold()
    here.count("a", AT)
    here.told(untold, await store.append(tallies.add, here, untold))
    assert here.count("a", AT) == 12


async def test_a_new_window_begins_anew_even_while_the_old_one_is_told(store: Store) -> None:
    here, _ = _two()
    for _ in range(10):
        here.count("a", AT)
    untold = here.untold()
    assert here.count("a", AT + WINDOW) == 1
    here.told(untold, await store.append(tallies.add, here, untold))
    assert here.count("a", AT + WINDOW) == 2
    # One whose count was forgotten meanwhile, because there were too many, has nothing left to be told either.
    fresh = Tally("pages", WINDOW, 100, number=here.number)
    fresh.told([tallies.Untold("b", fresh.number, 3)], [3])
    assert fresh.count("b", AT + WINDOW) == 1


async def test_windows_that_are_over_are_forgotten(store: Store, world: FakeWorld) -> None:
    here, _ = _two()
    for _ in range(10):
        here.count("a", world.now().timestamp())
    await _tell(store, here)
    await store.append(tallies.purge)
    assert await store.append(_rows) == 1
    world.time += timedelta(seconds=WINDOW)
    await store.append(tallies.purge)
    assert await store.append(_rows) == 0


async def test_they_are_told_as_soon_as_it_is_much(store: Store) -> None:
    here, there = _two()
    for tally in (here, there):
        for _ in range(10):
            tally.count("a", AT)
        assert await share(store, tally) == 1
        assert not tally.due.is_set()
    assert there.count("a", AT) == 21


async def test_what_could_not_be_told_is_told_at_the_next_try(store: Store) -> None:
    here = Tally("x" * 100_000, WINDOW, 10)
    here.count("a", AT)

    async def fails(tx: Tx) -> None:
        await tx.conn.execute(text("DROP TABLE tally"))

    await store.append(fails)
    with pytest.raises(DBAPIError):
        await share(store, here)
    assert here.due.is_set()
    assert [one.count for one in here.untold()] == [1]


async def _until(store: Store, told: int) -> None:
    """Wait until so many have been told."""

    async def total(tx: Tx) -> int:
        return int(await tx.conn.scalar(select(func.sum(rows.c.count))) or 0)

    async with asyncio.timeout(20):
        heard = store.bell.listen()
        while await store.take(total) < told:
            await heard(0.05)
            heard = store.bell.listen()


@pytest.mark.parametrize("database_kind", ["postgres"])
async def test_two_web_processes_have_one_limit(store: Store, world: FakeWorld) -> None:
    await store.write(put_neighbourhood)
    settings = Settings(limits=Limits(page_requests=40))

    async with browsers(store, world, settings=settings) as (one,), browsers(store, world, settings=settings) as (two,):
        assert [(await one.get("/connexion")).status for _ in range(40)] == [200] * 40
        await _until(store, 37)
        statuses = [(await two.get("/connexion")).status for _ in range(4)]
        await _until(store, 41)
        assert statuses == [200] * 4
        assert (await two.get("/connexion")).status == 429
