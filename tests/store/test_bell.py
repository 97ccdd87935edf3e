"""The bell: rung by commits alone, heard by those whom they concern, never missed."""

import asyncio

import pytest
from sqlalchemy import select

from fedivoisin.store.db import Bell, Store, Tx
from fedivoisin.store.schema.neighbourhood import neighbourhood


async def test_a_commit_wakes_all_who_wait(store: Store) -> None:
    waiting = [asyncio.create_task(store.bell.wait(60)) for _ in range(3)]
    async with store.read() as tx:
        await _write(tx)
    assert not any(task.done() for task in waiting)
    await store.write(_write)
    await asyncio.wait_for(asyncio.gather(*waiting), 5)


async def test_an_append_rings_and_a_claim_does_not(store: Store) -> None:
    waiting = asyncio.create_task(store.bell.wait(60))
    await store.take(_write)
    assert not waiting.done()
    await store.append(_write)
    await asyncio.wait_for(waiting, 5)


async def test_a_failed_write_wakes_nobody(store: Store) -> None:
    async def fail(_tx: Tx) -> None:
        raise LookupError("no")

    heard = store.bell.listen()
    with pytest.raises(LookupError):
        await store.write(fail)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(heard(60), 0.01)


async def test_a_ring_between_looking_and_waiting_is_heard() -> None:
    bell = Bell()
    heard = bell.listen()
    bell.ring()
    await asyncio.wait_for(heard(60), 5)


async def test_only_who_waits_for_a_filled_queue_or_for_anything_wakes(store: Store) -> None:
    async def fill(tx: Tx) -> None:
        tx.filled.add("mail")

    for_mail, for_anything, for_the_inbox = (store.bell.listen(queue) for queue in ("mail", None, "inbox"))
    await store.write(fill)
    await asyncio.wait_for(asyncio.gather(for_mail(60), for_anything(60)), 5)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(for_the_inbox(60), 0.01)


async def test_who_waits_long_enough_looks_without_a_ring() -> None:
    await asyncio.wait_for(Bell().wait(0.001), 5)


async def _write(tx: Tx) -> None:
    await tx.conn.execute(select(neighbourhood.c.id))
