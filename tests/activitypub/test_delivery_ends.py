"""How deliveries end that bring nothing: refused for good, given up, left for later."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from fedivoisin.activitypub.delivery import Sender
from fedivoisin.errors import BadActivity, Unreachable
from fedivoisin.ids import ActivityId
from fedivoisin.store import blocks, keys, outbox, peers
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.outbox import Activity, Target
from fedivoisin.store.peers import Peer
from fedivoisin.store.schema.actors import key
from fedivoisin.store.schema.federation import delivery as rows
from fedivoisin.world import Response
from tests.activitypub.test_delivery import HOST, INBOX, answering, deliver, deliver_as, line, prepare
from tests.fakes import FakeWorld, key_pair
from tests.makers import ORIGIN, put_actor


async def test_an_inbox_that_may_never_be_asked_is_given_up_at_once(store: Store, world: FakeWorld) -> None:
    world.inboxes[INBOX] = BadActivity("forbidden-address")
    await store.write(prepare)
    await deliver(store, world)
    assert await line(store) == ("refused", None, 1)


async def test_an_actor_without_a_key_says_nothing(store: Store, world: FakeWorld) -> None:
    async def said(tx: Tx) -> None:
        nobody = await put_actor(tx, "nobody")
        one = Activity(ActivityId("n"), f"{ORIGIN}/n", nobody, "Create", None, "{}", True, tx.now)
        await outbox.put(tx, one, [Target(INBOX, HOST)], priority=1)

    await store.write(said)
    await deliver(store, world)
    assert await line(store) == ("refused", None, 1)
    assert world.requests == []


async def test_a_key_that_cannot_be_read_is_our_fault_and_holds_up_no_other(
    store: Store, world: FakeWorld, caplog: pytest.LogCaptureFixture
) -> None:
    async def said(tx: Tx) -> None:
        for name in ("broken", "whole"):
            who = await put_actor(tx, name)
            url = f"{ORIGIN}/users/{name}"
            await keys.add_ours(tx, who, key_pair(1), http_id=f"{url}#main-key", assertion_id=f"{url}#ed25519-key")
            one = Activity(ActivityId(name), f"{ORIGIN}/{name}", who, "Create", None, "{}", True, tx.now)
            await outbox.put(tx, one, [Target(f"https://{name}.example/inbox", f"{name}.example")], priority=1)
        await tx.conn.execute(update(key).where(key.c.id.like("%broken%")).values(private="-----BEGIN"))

    await store.write(said)
    assert await deliver(store, world) == 2
    async with store.read() as tx:
        ends = await tx.conn.execute(select(rows.c.activity_id, rows.c.outcome, rows.c.error).order_by(rows.c.host))
        assert [tuple(end) for end in ends] == [("broken", None, "our-fault"), ("whole", "sent", None)]
    assert "unreadable key" in caplog.text


async def test_what_waits_for_a_host_that_is_dead_is_given_up(store: Store, world: FakeWorld) -> None:
    world.inboxes[INBOX] = Unreachable("time-out")
    for _ in range(peers.FAILURES_TO_OPEN):
        await store.write(peers.did_not_answer, HOST, error="time-out")
    world.pass_time(days=8)
    await store.write(prepare)
    await deliver(store, world)
    assert (await line(store))[0] == "given-up"


async def test_an_inbox_that_refuses_says_nothing_of_its_neighbours(store: Store, world: FakeWorld) -> None:
    world.inboxes[INBOX] = answering(404)
    await store.write(prepare, 1, 2)
    await deliver(store, world)
    assert len(world.requests) == 2
    async with store.read() as tx:
        ends = await tx.conn.execute(select(rows.c.outcome).order_by(rows.c.id))
        assert list(ends.scalars()) == ["refused", "sent"]


async def test_a_host_that_is_busy_is_not_counted_as_failing(store: Store, world: FakeWorld) -> None:
    world.inboxes[INBOX] = answering(503, **{"retry-after": "60"})
    await store.write(prepare)
    await deliver(store, world)
    async with store.read() as tx:
        known = await peers.by_host(tx, HOST)
    assert known is not None
    assert known.open_until is not None


async def test_a_delivery_that_breaks_us_is_a_failed_try_and_holds_up_no_other(
    store: Store, world: FakeWorld, caplog: pytest.LogCaptureFixture
) -> None:
    world.inboxes[INBOX] = ValueError("nobody foresaw this")
    await store.write(prepare, 1, 2)
    assert await deliver(store, world) == 2
    async with store.read() as tx:
        ends = await tx.conn.execute(select(rows.c.outcome, rows.c.error, rows.c.attempts).order_by(rows.c.id))
        assert [tuple(end) for end in ends] == [(None, "our-fault", 1), ("sent", None, 1)]
    assert [record.getMessage() for record in caplog.records] == ["delivery broke"]
    assert await deliver(store, world) == 0  # it waits


async def _after_a_delivery(store: Store, world: FakeWorld) -> Peer:
    """What is known of the host then."""
    await store.write(prepare)
    await deliver(store, world)
    async with store.read() as tx:
        known = await peers.by_host(tx, HOST)
    assert known is not None
    return known


@pytest.mark.parametrize("status", [404, 401])
async def test_a_host_that_says_no_is_there(store: Store, world: FakeWorld, status: int) -> None:
    world.inboxes[INBOX] = answering(status)
    for _ in range(peers.FAILURES_TO_OPEN - 1):
        await store.write(peers.did_not_answer, HOST, error="time-out")
    known = await _after_a_delivery(store, world)
    assert (known.failures, known.failing_since) == (0, None)


@pytest.mark.parametrize("status", [429, 501, 503])
async def test_what_stands_before_a_host_says_nothing_of_it(store: Store, world: FakeWorld, status: int) -> None:
    world.inboxes[INBOX] = answering(status)
    await store.write(peers.did_not_answer, HOST, error="time-out")
    assert (await _after_a_delivery(store, world)).failing_since == world.now()


async def test_a_queue_for_a_host_that_is_always_busy_ends_after_a_week(store: Store, world: FakeWorld) -> None:
    world.inboxes |= {f"{INBOX}/{number}" if number else INBOX: answering(429) for number in range(5)}
    await store.write(prepare, 1, 5)
    for _ in range(7):
        await deliver(store, world)
        world.pass_time(days=1)
    tries = len(world.requests)
    await deliver(store, world)
    async with store.read() as tx:
        assert await outbox.waiting(tx) == []
        ends = await tx.conn.execute(select(rows.c.outcome, rows.c.status))
        assert [tuple(end) for end in ends] == [("given-up", 429)] * 5
    assert len(world.requests) == tries + 1
    assert world.counters.limits["delivery-tries"] == 5


async def test_a_host_that_asks_for_a_pause_gets_it_for_what_is_said_later_too(store: Store, world: FakeWorld) -> None:
    world.inboxes[INBOX] = answering(429, **{"retry-after": "1800"})
    await store.write(prepare)
    await deliver(store, world)
    world.pass_time(minutes=29)
    await store.write(prepare, 2)
    assert await deliver(store, world) == 0
    async with store.read() as tx:
        known = await peers.by_host(tx, HOST)
    assert known is not None
    assert (known.failures, known.failing_since) == (0, None)
    world.pass_time(minutes=2)
    assert await deliver(store, world) == 2


async def test_a_host_that_fails_all_the_time_is_not_asked_as_often_as_it_says(store: Store, world: FakeWorld) -> None:
    world.inboxes[INBOX] = answering(503, **{"retry-after": "1"})
    for number in range(2 * peers.FAILURES_TO_OPEN):
        await store.write(prepare, number)
        await deliver(store, world)
        world.pass_time(minutes=2)
    assert len(world.requests) == peers.FAILURES_TO_OPEN
    async with store.read() as tx:
        known = await peers.by_host(tx, HOST)
    assert known is not None
    assert known.failures == peers.FAILURES_TO_OPEN


@pytest.mark.parametrize("is_blocked", [False, True])
async def test_what_is_dropped_during_a_turn_is_not_sent_any_more(
    store: Store, world: FakeWorld, *, is_blocked: bool
) -> None:
    async def post(url: str, *, body: bytes, headers: Mapping[str, str]) -> Response:
        if is_blocked:
            await store.write(blocks.add, HOST, reason="escroquerie", by=None)
        else:
            await store.write(outbox.drop, HOST)
        world.pass_time(seconds=3)
        return await world.post(url, body=body, headers=headers)

    await store.write(prepare, 1, 3)
    await deliver_as(Sender(store, replace(world.doors, post=post)))
    assert len(world.requests) == 1
    async with store.read() as tx:
        assert list((await tx.conn.execute(select(rows.c.outcome))).scalars()) == ["dropped"] * 3
