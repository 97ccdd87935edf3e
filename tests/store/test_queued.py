"""What waits for which host, on both databases."""

from datetime import timedelta

from fedivoisin.store import outbox, peers, queued
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.outbox import Again, Over
from fedivoisin.store.queued import Line
from tests.fakes import START, FakeWorld
from tests.makers import put_activity, put_member


async def _fill(tx: Tx) -> None:
    await put_member(tx, "awa")
    await put_activity(tx, 1, "a.example", "b.example", "new.example")
    await put_activity(tx, 2, "a.example", priority=0)
    await peers.did_not_answer(tx, "b.example", error="timeout")
    await peers.answered(tx, "a.example")
    await peers.answered(tx, "c.example")


async def test_hosts_stand_in_the_order_of_their_troubles(store: Store) -> None:
    await store.write(_fill)
    async with store.read() as tx:
        found = await queued.hosts(tx, limit=10, offset=0)
        unknown = await queued.never_reached(tx, limit=10)
        second = await queued.hosts(tx, limit=1, offset=1)
    assert [(one.host, one.deliveries) for one in found] == [("b.example", 1), ("a.example", 2), ("c.example", 0)]
    assert [(one.host, one.peer, one.oldest) for one in unknown] == [("new.example", None, START)]
    assert found[0].peer is not None
    assert found[0].peer.last_error == "timeout"
    assert [one.host for one in second] == ["a.example"]


async def test_the_line_of_a_host_tells_the_last_failure(store: Store, world: FakeWorld) -> None:
    await store.write(_fill)

    async def try_twice(tx: Tx) -> None:
        (first, second) = await queued.rows(tx, "a.example", limit=9)
        assert (first.speaker, first.attempts, second.type) == ("awa", 0, "Create")
        await outbox.again(tx, [Again(second.id, timedelta(minutes=5), 502, "status-502")])

    await store.write(try_twice)
    async with store.read() as tx:
        line = await queued.line(tx, "a.example")
        assert line == Line(2, START, START, "status-502")
        assert await queued.line(tx, "c.example") is None
        rows = await queued.rows(tx, "a.example", limit=9)
        assert [one.error for one in rows] == [None, "status-502"]
        assert len(await queued.rows(tx, "a.example", limit=1)) == 1


async def test_one_is_dropped_and_the_others_go_on(store: Store) -> None:
    await store.write(_fill)
    async with store.read() as tx:
        first, second = [one.id for one in await queued.rows(tx, "a.example", limit=9)]
    assert not await store.write(queued.drop, "b.example", first)
    assert await store.write(queued.drop, "a.example", first)
    assert not await store.write(queued.drop, "a.example", first)
    async with store.read() as tx:
        assert [one.id for one in await queued.rows(tx, "a.example", limit=9)] == [second]


async def test_the_last_that_was_taken_is_remembered(store: Store, world: FakeWorld) -> None:
    await store.write(_fill)
    async with store.read() as tx:
        assert await queued.last_sent(tx, "a.example") is None
        first, second = [one.id for one in await queued.rows(tx, "a.example", limit=9)]
    world.pass_time(hours=1)
    await store.write(outbox.over, [Over(first, "sent", 202)])
    world.pass_time(hours=1)
    await store.write(outbox.over, [Over(second, "refused", 403)])
    async with store.read() as tx:
        assert await queued.last_sent(tx, "a.example") == START + timedelta(hours=1)
