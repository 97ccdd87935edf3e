"""The journal gives each event to one worker at a time, in the order of its subject, until it is done."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, get_args

import pytest
from sqlalchemy import select, update

from fedivoisin.ids import ActorId, ListingId
from fedivoisin.market.events import ListingClosed, ListingDeleted
from fedivoisin.store import events, neighbourhoods
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.events import Recorded
from fedivoisin.store.schema.journal import event
from fedivoisin.store.taxonomy import Event
from fedivoisin.trust.decisions import DomainBlocked
from tests.fakes import START, FakeWorld
from tests.makers import put_neighbourhood

AWA = ActorId("actor-awa")


@pytest.fixture
async def other_store(store: Store, database_url: str, world: FakeWorld) -> AsyncIterator[Store]:
    """Another process on the same database."""
    opened = Store.open(database_url, now=world.now, new_id=world.new_id)
    yield opened
    await opened.close()


async def test_an_event_comes_back_as_it_was_recorded(store: Store, world: FakeWorld) -> None:
    blocked = DomainBlocked("spam.example")
    await _record(store, blocked, "reglages")
    [recorded] = await _claim(store)
    assert recorded == Recorded(1, blocked, "reglages", AWA, is_local=True, at=world.now(), attempts=1)


async def test_what_another_town_told_us_is_known_as_such(store: Store) -> None:
    await store.write(put_neighbourhood, mail={"host": "mail.example"})
    await store.write(_hear)
    [recorded] = await _claim(store)
    assert (recorded.is_local, recorded.by) == (False, None)


async def test_where_no_mail_is_sent_nothing_follows_from_what_another_town_told_us(store: Store) -> None:
    await store.write(put_neighbourhood)
    await store.write(_hear)
    assert await _claim(store) == []
    async with store.read() as tx:
        assert [one.event for one in await events.of_types(tx, [ListingDeleted], limit=2)] == [_deleted(1)]
        assert await tx.conn.scalar(select(event.c.done_at)) == tx.now
    await _record(store, _deleted(1), "one")
    assert [recorded.id for recorded in await _claim(store)] == [2]


async def test_a_mail_server_that_is_set_meanwhile_counts_at_once(store: Store) -> None:
    async def hear_before_and_after(tx: Tx) -> None:
        await _hear(tx)
        await neighbourhoods.change(tx, mail={"host": "mail.example"})
        await _hear(tx)

    await store.write(put_neighbourhood)
    await store.write(hear_before_and_after)
    assert [recorded.id for recorded in await _claim(store)] == [2]


async def test_a_claimed_event_is_given_to_nobody_else(store: Store, other_store: Store) -> None:
    await _record(store, _deleted(1), "one")
    assert len(await _claim(store)) == 1
    assert await _claim(other_store) == []
    assert await _claim(store) == []


async def test_two_processes_share_what_is_due(store: Store, other_store: Store) -> None:
    for number in range(20):
        await _record(store, _deleted(number), f"subject-{number}")
    claimed = await asyncio.gather(*(_claim(one, limit=3) for _ in range(5) for one in (store, other_store)))
    ids = [recorded.id for some in claimed for recorded in some]
    assert len(ids) == len(set(ids))
    assert max(len(some) for some in claimed) <= 3
    rest = await _claim(store, limit=100)
    assert sorted([*ids, *(recorded.id for recorded in rest)]) == list(range(1, 21))


async def test_of_one_subject_only_the_oldest_is_given(store: Store, other_store: Store) -> None:
    await _record(store, _deleted(1), "one")
    await _record(store, _closed(1), "one")
    await _record(store, _deleted(2), "two")
    assert [recorded.id for recorded in await _claim(store)] == [1, 3]
    assert await _claim(other_store) == []
    await store.append(events.done_all, [1])
    assert [recorded.id for recorded in await _claim(other_store)] == [2]


async def test_what_a_crashed_worker_held_is_given_again(store: Store, other_store: Store, world: FakeWorld) -> None:
    await _record(store, _deleted(1), "one")
    await _claim(store)
    world.pass_time(seconds=59)
    assert await _claim(other_store) == []
    world.pass_time(seconds=2)
    [again] = await _claim(other_store)
    assert (again.id, again.attempts) == (1, 2)


async def test_what_is_done_never_comes_back(store: Store, world: FakeWorld) -> None:
    await _record(store, _deleted(1), "one")
    await _claim(store)
    await store.append(events.done_all, [1])
    world.pass_time(days=1)
    assert await _claim(store) == []


async def test_what_failed_waits_and_holds_back_its_subject_alone(store: Store, world: FakeWorld) -> None:
    await _record(store, _deleted(1), "one")
    await _record(store, _closed(1), "one")
    await _claim(store)
    await store.append(events.failed, 1, error="x" * 1000, wait=timedelta(minutes=5))
    await _record(store, _deleted(2), "two")
    assert [recorded.id for recorded in await _claim(store)] == [3]
    world.pass_time(minutes=5)
    assert [(recorded.id, recorded.attempts) for recorded in await _claim(store) if recorded.subject == "one"] == [
        (1, 2)
    ]


async def test_what_is_done_meanwhile_no_longer_fails(store: Store, world: FakeWorld) -> None:
    await _record(store, _deleted(1), "one")
    await _claim(store)
    await store.append(events.done_all, [1])
    await store.append(events.failed, 1, error="late", wait=timedelta(0))
    world.pass_time(days=1)
    assert await _claim(store) == []


@pytest.mark.parametrize("values", [{"type": "Unheard"}, {"fields": {"listing_id": 1}}])
async def test_what_another_version_wrote_waits_and_holds_back_its_subject_alone(
    store: Store, world: FakeWorld, values: dict[str, Any]
) -> None:
    async def distort(tx: Tx) -> None:
        await tx.conn.execute(update(event).where(event.c.id == 1).values(values))

    for number in (1, 2):
        await _record(store, _deleted(number), f"subject-{number}")
    await store.write(distort)
    assert [recorded.id for recorded in await _claim(store)] == [2]
    world.pass_time(minutes=2)
    assert [recorded.id for recorded in await _claim(store)] == [2]
    async with store.read() as tx:
        assert await tx.conn.scalar(select(event.c.next_at).where(event.c.id == 1)) == START + events.UNREADABLE


async def test_what_was_rolled_back_was_never_recorded(store: Store) -> None:
    async def fail(tx: Tx) -> None:
        await events.record(tx, _deleted(1), subject="one", by=AWA)
        raise LookupError("no")

    with pytest.raises(LookupError):
        await store.write(fail)
    assert await _claim(store) == []


async def test_the_oldest_come_first_and_no_more_than_asked(store: Store) -> None:
    for number in range(5):
        await _record(store, _deleted(number), f"subject-{number}")
    assert [recorded.id for recorded in await _claim(store, limit=2)] == [1, 2]


async def test_the_audit_page_reads_back_by_kind_and_page(store: Store) -> None:
    for number in range(4):
        await _record(store, _deleted(number), f"subject-{number}")
        await _record(store, DomainBlocked(f"{number}.example"), "reglages")
    async with store.read() as tx:
        newest = await events.of_types(tx, [DomainBlocked], limit=3)
        older = await events.of_types(tx, [DomainBlocked], limit=3, before=newest[-1].id)
    assert [recorded.event for recorded in newest] == [DomainBlocked(f"{number}.example") for number in (3, 2, 1)]
    assert [recorded.event for recorded in older] == [DomainBlocked("0.example")]


def test_every_event_has_a_name_of_its_own() -> None:
    assert len(events.TYPES) == len(get_args(Event))


async def _hear(tx: Tx) -> None:
    await events.record(tx, _deleted(1), subject="one", by=None, is_local=False)


def _deleted(number: int) -> ListingDeleted:
    return ListingDeleted(ListingId(f"listing-{number}"), AWA, by=AWA)


def _closed(number: int) -> ListingClosed:
    return ListingClosed(ListingId(f"listing-{number}"), AWA, by=AWA)


async def _record(store: Store, happened: Event, subject: str) -> None:
    async def write(tx: Tx) -> None:
        await events.record(tx, happened, subject=subject, by=AWA)

    await store.write(write)


async def _claim(store: Store, *, limit: int = 10) -> list[Recorded]:
    return await store.take(events.claim, limit=limit)
