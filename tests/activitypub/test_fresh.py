"""What this process has just received is carried out as it was read; nothing is lost, doubled or out of order."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from fedivoisin.activitypub import dispatch, fresh, inbox
from fedivoisin.activitypub.apart import Apart
from fedivoisin.activitypub.handlers.outcome import Outcome
from fedivoisin.store import claims
from fedivoisin.store import inbox as rows
from fedivoisin.store.db import Store
from fedivoisin.store.schema.federation import inbox as table
from fedivoisin.workers import loop
from tests.activitypub.neighbours import NETWORK, RENNES, Neighbours, a_neighbourhood, says
from tests.fakes import FakeWorld
from tests.makers import ORIGIN

BOB = f"{RENNES}/users/bob"
GROUP = f"{ORIGIN}/groups/doulon"


@pytest.fixture
async def here(sqlite_template: Path, tmp_path: Path, world: FakeWorld) -> AsyncIterator[Neighbours]:
    """Doulon, whose one process works alone."""
    shutil.copyfile(sqlite_template, tmp_path / "town.db")
    opened = Store.open(f"sqlite:///{tmp_path / 'town.db'}", now=world.now, new_id=world.new_id)
    yield await a_neighbourhood(opened, world)
    await opened.close()


@pytest.fixture
async def done(here: Neighbours, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A town that carries out, whom Bob may write to: what was carried out, in order."""
    await here.met("bob")
    here.reception.fresh.begin()
    monkeypatch.setattr(fresh, "PACE", 0.0)
    monkeypatch.setattr(fresh, "LOOK_AGAIN", 3600.0)
    heard: list[str] = []

    async def handle(_tx: object, proven: Any) -> Outcome:
        heard.append(proven.activity.id.removeprefix(f"{BOB}/"))
        return Outcome.DONE

    monkeypatch.setattr(dispatch, "handle", handle)
    return heard


async def test_past_one_process_it_is_for_whoever_looks(store: Store) -> None:
    these = fresh.Fresh(store)
    these.begin()
    these.after_look(these.before_look())
    assert these.takes([]) is store.is_alone
    assert these.must_look() is not store.is_alone  # each bell may be another's


async def test_it_is_neither_looked_for_nor_read_again(
    here: Neighbours, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await _nothing_waits(here)
    await _arrived(here, "one", "two")
    _no_more(monkeypatch, rows, "claim")
    assert await loop.carry_out(_alone(here)) == 2
    assert done == ["one", "two"]
    assert await _left(here) == [("one", "done"), ("two", "done")]


async def test_nobody_else_takes_it_meanwhile(here: Neighbours, done: list[str]) -> None:
    await _nothing_waits(here)
    await _arrived(here, "one")
    assert await here.store.take(rows.claim, limit=10) == []
    assert await loop.carry_out(_alone(here)) == 1


async def test_where_nobody_here_carries_out_it_is_for_whoever_looks(here: Neighbours, done: list[str]) -> None:
    await _nothing_waits(here)
    here.reception.fresh.end()
    await _arrived(here, "one")
    assert [row.attempts for row in await here.store.take(rows.claim, limit=10)] == [1]


async def test_what_the_process_did_not_come_to_is_given_back_when_it_is_gone(
    here: Neighbours, done: list[str]
) -> None:
    await _nothing_waits(here)
    await _arrived(here, "one")
    here.reception.fresh.end()
    await here.store.write(claims.forget)
    assert await loop.carry_out(_alone(here)) == 1
    assert done == ["one"]


async def test_what_another_took_over_is_not_done_twice(here: Neighbours, done: list[str]) -> None:
    await _nothing_waits(here)
    await _arrived(here, "one")
    here.world.pass_time(minutes=5)
    (row,) = await here.store.take(rows.claim, limit=10)
    await here.store.write(rows.done_all, {row.id: "done"})
    assert await loop.carry_out(_alone(here)) == 1
    assert done == []


async def test_more_than_it_may_hold_is_for_the_database_and_comes_in_order(
    here: Neighbours, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await _nothing_waits(here)
    monkeypatch.setattr(fresh, "MOST", 2)
    await _arrived(here, "one", "two", "three")
    monkeypatch.setattr(loop, "BATCH", 1)
    assert await loop.carry_out(_alone(here)) == 1
    await _arrived(here, "four")  # there would be room again, but "three" still waits
    await _carry_out_all(here)
    await _arrived(here, "five")
    assert [one.activity_url for one in await here.reception.fresh.take(10)] == [f"{BOB}/five"]
    assert done == ["one", "two", "three", "four"]


async def test_nor_what_is_too_heavy(here: Neighbours, done: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    await _nothing_waits(here)
    monkeypatch.setattr(fresh, "HEAVIEST", 10)
    await _arrived(here, "one")
    assert await here.reception.fresh.take(10) == []
    await _carry_out_all(here)
    assert done == ["one"]


async def test_room_is_there_again_when_some_are_taken(
    here: Neighbours, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await _nothing_waits(here)
    monkeypatch.setattr(fresh, "MOST", 1)
    monkeypatch.setattr(fresh, "HEAVIEST", 20_000)
    _no_more(monkeypatch, rows, "claim")
    for name in ("one", "two", "three"):
        await _arrived(here, name)
        assert await loop.carry_out(_alone(here)) == 1
    assert done == ["one", "two", "three"]


async def test_what_is_left_while_somebody_looks_waits_for_the_next_look(here: Neighbours, done: list[str]) -> None:
    await _nothing_waits(here)
    these = here.reception.fresh
    these.left()
    before = these.before_look()
    these.left()
    these.after_look(before)
    assert (these.must_look(), these.takes([])) == (True, False)


async def test_what_was_put_off_is_looked_for_after_a_while_however_much_comes(
    here: Neighbours, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here.reception.fresh.end()
    await _arrived(here, "one")
    (row,) = await here.store.take(rows.claim, limit=10)
    await here.store.write(rows.later, row.id, timedelta(seconds=10))
    here.reception.fresh.begin()
    await _nothing_waits(here)
    here.world.pass_time(seconds=20)
    await _arrived(here, "two")
    monkeypatch.setattr(fresh, "LOOK_AGAIN", 0.0)
    assert await loop.carry_out(_alone(here)) == 1  # and nothing is taken in any more
    monkeypatch.setattr(fresh, "LOOK_AGAIN", 3600.0)
    await _arrived(here, "three")
    await _carry_out_all(here)
    assert done == ["two", "one", "three"]


async def test_while_a_full_batch_may_not_be_all_nothing_is_taken_in(
    here: Neighbours, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "BATCH", 2)
    here.reception.fresh.end()
    await _arrived(here, "one", "two", "three")
    here.reception.fresh.begin()
    assert await loop.carry_out(_alone(here)) == 2
    await _arrived(here, "four")
    assert [await loop.carry_out(_alone(here)) for _ in range(3)] == [2, 0, 0]
    assert done == ["one", "two", "three", "four"]


async def test_the_same_bytes_are_handed_over_once(here: Neighbours, done: list[str]) -> None:
    await _nothing_waits(here)
    await _arrived(here, "one", "one")
    await _carry_out_all(here)
    assert done == ["one"]


async def test_few_wait_a_moment_for_more(here: Neighbours, done: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    await _nothing_waits(here)
    await _arrived(here, "one")
    await loop.carry_out(_alone(here))
    monkeypatch.setattr(fresh, "PACE", 3600.0)
    slept = _sleeping(monkeypatch, lambda: _arrived(here, "three"))
    await _arrived(here, "two")
    assert await loop.carry_out(_alone(here)) == 2
    assert done == ["one", "two", "three"]
    assert 3500 < slept[0] <= 3600


async def test_many_do_not(here: Neighbours, done: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "BATCH", 2)
    await _nothing_waits(here)
    await _arrived(here, "one")
    await loop.carry_out(_alone(here))
    monkeypatch.setattr(fresh, "PACE", 3600.0)
    slept = _sleeping(monkeypatch, lambda: _arrived(here, "four"))
    await _arrived(here, "two", "three")
    assert await loop.carry_out(_alone(here)) == 2
    assert slept == []


def _alone(here: Neighbours) -> Apart:
    """Nothing here must be fetched."""
    return Apart(here.reception, lambda work: pytest.fail(repr(work)), here.reception.counters.ended)


async def _arrived(here: Neighbours, *names: str) -> None:
    for name in names:
        said = says("Follow", BOB, GROUP, id=f"{BOB}/{name}")
        await inbox.receive(here.reception, here.request(said), network=NETWORK)


async def _nothing_waits(here: Neighbours) -> None:
    """The database has been looked at."""
    assert await loop.carry_out(_alone(here)) == 0


async def _carry_out_all(here: Neighbours) -> None:
    while await loop.carry_out(_alone(here)):
        pass


async def _left(here: Neighbours) -> list[tuple[str, str | None]]:
    async with here.store.read() as tx:
        found = await tx.conn.execute(select(table.c.activity_url, table.c.outcome).order_by(table.c.id))
        return [(row.activity_url.removeprefix(f"{BOB}/"), row.outcome) for row in found]


def _no_more(monkeypatch: pytest.MonkeyPatch, module: object, name: str) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise AssertionError(name)

    monkeypatch.setattr(module, name, fail)


def _sleeping(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], Awaitable[None]]) -> list[float]:
    """Nobody sleeps: how long they would have, and what happens meanwhile."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await meanwhile()

    monkeypatch.setattr(fresh, "sleep", sleep)
    return slept
