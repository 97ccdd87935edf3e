"""The queue of deliveries and what stands around it: peers, blocks, keys, tombstones, look-ups; on both databases."""

from collections.abc import Collection
from datetime import timedelta

from fedivoisin.store import blocks, keys, lookups, outbox, peers, tombstones
from fedivoisin.store.db import Store
from fedivoisin.store.outbox import Again
from tests.fakes import FakeWorld
from tests.makers import put_activity, put_actor

HOST = "rennes.example"


async def _claim_inboxes(store: Store, *, busy: Collection[str] = ()) -> list[str]:
    return [one.inbox for one in await store.take(outbox.claim, limit=50, busy=busy)]


async def test_each_inbox_gets_an_activity_once_and_a_person_comes_first(store: Store) -> None:
    await store.write(put_actor, "awa")
    await store.write(put_activity, 1, "a.example", "b.example", "a.example")
    await store.write(put_activity, 2, "c.example", priority=outbox.TO_A_PERSON)
    await store.write(put_activity, 1, "d.example")
    assert await _claim_inboxes(store) == [f"https://{host}.example/inbox" for host in "cab"]
    assert await _claim_inboxes(store) == []


async def test_hosts_that_are_busy_or_whose_breaker_is_open_wait(store: Store, world: FakeWorld) -> None:
    await store.write(put_actor, "awa")
    await store.write(put_activity, 1, "a.example", "b.example", "c.example")
    for _ in range(peers.FAILURES_TO_OPEN):
        await store.write(peers.did_not_answer, "a.example", error="time-out")
    assert await _claim_inboxes(store, busy={"b.example"}) == ["https://c.example/inbox"]
    world.pass_time(minutes=31)
    assert "https://a.example/inbox" in await _claim_inboxes(store)


async def test_an_answer_closes_the_breaker_and_is_remembered(store: Store) -> None:
    for _ in range(peers.FAILURES_TO_OPEN):
        await store.write(peers.did_not_answer, HOST, error="time-out")
    await store.write(peers.answered, HOST, scheme="rfc9421")
    async with store.read() as tx:
        known = await peers.by_host(tx, HOST)
        assert known is not None
        assert (known.open_until, known.failures, known.scheme) == (None, 0, "rfc9421")
        assert await peers.undescribed(tx, limit=5) == [HOST]
    await store.write(peers.describe, HOST, software="mastodon", version="4.5", metadata=None)
    async with store.read() as tx:
        assert await peers.undescribed(tx, limit=5) == []


async def _is_silent_for_a_week(store: Store, world: FakeWorld) -> None:
    for _ in range(peers.FAILURES_TO_OPEN):
        assert not await store.write(peers.did_not_answer, HOST, error="time-out")
    world.pass_time(days=8)
    assert await store.write(peers.did_not_answer, HOST, error="time-out")


async def test_a_few_failures_a_week_apart_kill_nobody(store: Store, world: FakeWorld) -> None:
    for _ in range(3):
        for _ in range(peers.FAILURES_TO_OPEN - 1):
            assert not await store.write(peers.did_not_answer, HOST, error="time-out")
        world.pass_time(days=8)
    async with store.read() as tx:
        known = await peers.by_host(tx, HOST)
    assert known is not None
    assert (known.failures, known.dead_at) == (peers.FAILURES_TO_OPEN - 1, None)


async def test_a_host_that_speaks_is_not_silent(store: Store, world: FakeWorld) -> None:
    for _ in range(8):
        for _ in range(peers.FAILURES_TO_OPEN):
            assert not await store.write(peers.did_not_answer, HOST, error="time-out")
        async with store.read() as tx:
            before = await peers.by_host(tx, HOST)
        assert not await store.write(peers.seen, HOST)
        async with store.read() as tx:
            after = await peers.by_host(tx, HOST)
        assert before is not None
        assert after is not None
        assert after.open_until == before.open_until is not None  # what we send does fail
        world.pass_time(days=1)


async def test_a_host_silent_for_a_week_is_dead_until_it_speaks(store: Store, world: FakeWorld) -> None:
    await store.write(put_actor, "awa")
    await _is_silent_for_a_week(store, world)
    await store.write(put_activity, 1, HOST)
    assert await _claim_inboxes(store) == []
    assert await store.write(peers.seen, HOST)
    await store.write(put_activity, 2, HOST)
    assert await _claim_inboxes(store) == [f"https://{HOST}/inbox"]


async def test_of_many_inboxes_those_of_the_dead_get_nothing(store: Store, world: FakeWorld) -> None:
    hosts = [HOST, "b.example", "café.example", "a.example"]
    await store.write(put_actor, "awa")
    await _is_silent_for_a_week(store, world)
    await store.write(put_activity, 1, *hosts, hosts[1])
    due = await store.take(outbox.claim, limit=5)
    assert [(one.inbox, one.host, one.attempts) for one in due] == [
        (f"https://{one}/inbox", one, 0) for one in hosts[1:]
    ]


async def test_deliveries_fail_end_and_can_be_dropped_or_woken(store: Store, world: FakeWorld) -> None:
    await store.write(put_actor, "awa")
    await store.write(put_activity, 1, HOST)
    (one,) = await store.take(outbox.claim, limit=5)
    await store.write(outbox.again, [Again(one.id, timedelta(hours=1), 503, "status-503")])
    assert await _claim_inboxes(store) == []
    async with store.read() as tx:
        (line,) = await outbox.waiting(tx)
    assert (line.host, line.deliveries, line.error) == (HOST, 1, "status-503")
    await store.write(outbox.wake, HOST)
    (again,) = await store.take(outbox.claim, limit=5)
    assert again.attempts == 1
    await store.write(outbox.drop, HOST)
    async with store.read() as tx:
        assert await outbox.waiting(tx) == []
        assert await outbox.ever_delivered(tx)


async def test_what_was_dropped_meanwhile_is_not_tried_again(store: Store) -> None:
    await store.write(put_actor, "awa")
    await store.write(put_activity, 1, HOST)
    (one,) = await store.take(outbox.claim, limit=5)
    await store.write(outbox.drop, HOST)
    await store.write(outbox.again, [Again(one.id, timedelta(0), 503, "status-503")])
    await store.write(outbox.again, [])
    assert await _claim_inboxes(store) == []


async def test_who_gives_back_late_takes_nothing_from_the_next_one(store: Store, world: FakeWorld) -> None:
    await store.write(put_actor, "awa")
    await store.write(put_activity, 1, HOST)
    late = world.now()
    (one,) = await store.take(outbox.claim, limit=5)
    world.pass_time(minutes=3)
    claimed_at = world.now()
    assert await _claim_inboxes(store) == [f"https://{HOST}/inbox"]
    await store.write(outbox.release, [one.id], claimed_at=late)
    assert await _claim_inboxes(store) == []
    await store.write(outbox.release, [one.id], claimed_at=claimed_at)
    assert await _claim_inboxes(store) == [f"https://{HOST}/inbox"]


async def test_many_hosts_that_answered_are_noted_at_once(store: Store) -> None:
    await store.write(peers.did_not_answer, HOST, error="time-out")
    await store.write(peers.answered_all, {HOST: "rfc9421", "new.example": "cavage", "newer.example": "rfc9421"})
    await store.write(peers.answered_all, {})
    async with store.read() as tx:
        known = await peers.by_hosts(tx, [HOST, "new.example", "newer.example"])
    assert {(host, one.failures, one.scheme) for host, one in known.items()} == {
        (HOST, 0, "rfc9421"),
        ("new.example", 0, "cavage"),
        ("newer.example", 0, "rfc9421"),
    }
    assert all(one.last_ok_at == one.scheme_until - peers.SCHEME_MEMORY for one in known.values() if one.scheme_until)


async def test_a_blocked_domain_takes_all_below_it(store: Store) -> None:
    await store.write(put_actor, "awa")
    await store.write(put_activity, 1, "sub.evil.example", "evil.example:8443", "notevil.example")
    block = await store.write(blocks.add, "evil.example", reason="escroquerie", by=None)
    await store.write(blocks.add, "evil.example", reason="escroqueries", by=None)
    async with store.read() as tx:
        for host in ("evil.example", "SUB.evil.example.", "evil.example:8443"):
            assert await blocks.is_blocked(tx, host)
        assert not await blocks.is_blocked(tx, "notevil.example")
        assert [one.reason for one in await blocks.all_of_them(tx)] == ["escroqueries"]
    assert await _claim_inboxes(store) == ["https://notevil.example/inbox"]
    assert await store.write(blocks.remove, block.id) is not None
    assert await store.write(blocks.remove, block.id) is None


async def test_keys_are_kept_renewed_and_forgotten(store: Store) -> None:
    bob = await store.write(put_actor, "bob", host=HOST)
    key_id = f"https://{HOST}/users/bob#main-key"
    for public in ("one", "two"):
        await store.write(keys.keep_remote, bob, keys.Listed(key_id, "rsa", public, "http"), is_shown=public == "one")
    async with store.read() as tx:
        found = await keys.by_id(tx, key_id)
        assert found is not None
        assert (found.public, found.owner, len(await keys.of_actor(tx, bob))) == (
            "two",
            f"https://{HOST}/users/bob",
            1,
        )
        assert await keys.to_sign_with(tx, bob) is None
    await store.write(keys.forget_others, bob, [])
    async with store.read() as tx:
        assert await keys.by_id(tx, key_id) is None


async def test_a_key_is_of_whom_its_own_address_says(store: Store) -> None:
    bob, eve = [await store.write(put_actor, name, host=HOST) for name in ("bob", "eve")]
    key_id = f"https://{HOST}/keys/1"

    async def owner_after(actor_id: str, *, is_shown: bool) -> str | None:
        listed = keys.Listed(key_id, "rsa", f"of {actor_id}", "http")
        await store.write(keys.keep_remote, actor_id, listed, is_shown=is_shown)
        async with store.read() as tx:
            found = await keys.by_id(tx, key_id)
        assert found is None or found.public == f"of {found.actor_id}"
        return found.actor_id if found is not None else None

    assert await owner_after(eve, is_shown=False) is None
    assert await owner_after(bob, is_shown=True) == bob
    assert await owner_after(eve, is_shown=False) == bob
    assert await owner_after(eve, is_shown=True) == eve
    await store.write(keys.forget_others, bob, [])
    assert await owner_after(eve, is_shown=False) == eve


async def test_a_key_that_cannot_be_had_is_left_alone_ever_longer(store: Store, world: FakeWorld) -> None:
    async def until() -> timedelta | None:
        async with store.read() as tx:
            found = await keys.unreachable_until(tx, "https://evil.example/key")
        return found - world.now() if found is not None else None

    for minutes in (1, 2, 4):
        for _ in range(3):  # all who waited for one answer
            await store.write(keys.note_unreachable, "https://evil.example/key")
            assert await until() == timedelta(minutes=minutes)
        world.pass_time(minutes=minutes)
    world.pass_time(days=1)
    await store.write(keys.purge_unreachable)
    assert await until() is None


async def test_a_tombstone_is_set_once(store: Store, world: FakeWorld) -> None:
    await store.write(tombstones.put, "https://x.example/1", "Note", is_local=False)
    first = world.now()
    world.pass_time(days=1)
    await store.write(tombstones.put, "https://x.example/1", "Person", is_local=False)
    async with store.read() as tx:
        found = await tombstones.by_url(tx, "https://x.example/1")
        assert found is not None
        assert (found.former_type, found.deleted_at) == ("Note", first)
        assert await tombstones.by_url(tx, "https://x.example/2") is None


async def test_a_deletion_that_came_early_holds_for_who_said_it(store: Store) -> None:
    eve, mallory = [await store.write(put_actor, name, host=HOST) for name in ("eve", "mallory")]
    for by in (mallory, mallory):
        await store.write(tombstones.put_early, "https://x.example/1", by=by)
    async with store.read() as tx:
        assert await tombstones.is_gone(tx, "https://x.example/1", author_id=mallory)
        assert not await tombstones.is_gone(tx, "https://x.example/1", author_id=eve)
        assert not await tombstones.is_gone(tx, "https://x.example/2", author_id=mallory)
    await store.write(tombstones.put, "https://x.example/1", "Note", is_local=False)
    async with store.read() as tx:
        assert await tombstones.is_gone(tx, "https://x.example/1", author_id=eve)


async def test_a_lookup_is_tried_three_times_by_one_at_a_time_and_shows_its_state(
    store: Store, world: FakeWorld
) -> None:
    awa, asked = await _ask(store)
    for _ in range(lookups.MOST_TRIES):
        assert [one.id for one in await store.take(lookups.claim, limit=5)] == [asked]
        assert await store.take(lookups.claim, limit=5) == []
        await store.write(lookups.later, asked)
        assert await store.take(lookups.claim, limit=5) == []
        world.time += lookups.AGAIN
    assert await store.take(lookups.claim, limit=5) == []
    async with store.read() as tx:
        (line,) = await lookups.of_member(tx, awa)
        assert (line.state, line.reason, line.done_at) == ("failed", "given-up", tx.now)
        assert await lookups.by_id(tx, asked) == line


async def test_a_lookup_that_breaks_whoever_looks_ends(store: Store, world: FakeWorld) -> None:
    _, asked = await _ask(store)
    tries = 0
    for _ in range(5):
        tries += len(await store.take(lookups.claim, limit=5))
        world.time += lookups.CLAIM
        world.pass_time(seconds=1)
    assert tries == 2  # ten minutes are over
    assert await _end(store, asked) == ("failed", "given-up")


async def test_a_late_failure_leaves_what_was_found(store: Store, world: FakeWorld) -> None:
    awa, asked = await _ask(store)
    await store.take(lookups.claim, limit=5)
    await store.write(lookups.found, asked, awa)
    await store.write(lookups.failed, asked, "timeout")
    await store.write(lookups.later, asked)
    world.pass_time(minutes=6)
    assert await store.take(lookups.claim, limit=5) == []
    assert await _end(store, asked) == ("found", None)


async def test_members_come_before_backfills(store: Store) -> None:
    awa = await store.write(put_actor, "awa")
    for purpose in (lookups.BACKFILL, lookups.BACKFILL, "follow", "show"):
        await store.write(lookups.ask, member_id=awa, query="x", purpose=purpose)
    first = await store.take(lookups.claim, limit=1)
    rest = await store.take(lookups.claim, limit=5, may_backfill=False)
    assert [one.purpose for one in (*first, *rest)] == ["follow", "show"]
    assert [one.purpose for one in await store.take(lookups.claim, limit=5)] == [lookups.BACKFILL] * 2


async def test_an_answer_is_forgotten_thirty_days_later(store: Store, world: FakeWorld) -> None:
    awa, answered = await _ask(store)
    await store.write(lookups.failed, answered, "gone")
    world.pass_time(days=29)
    later = [await store.write(lookups.ask, member_id=awa, query="x", purpose="follow") for _ in range(3)]
    assert await store.write(lookups.purge) == 0
    world.pass_time(days=2)
    assert [await store.write(lookups.purge) for _ in range(2)] == [1, 0]
    world.pass_time(days=60)
    assert await store.write(lookups.purge) == 0, "nobody has answered yet"
    await store.take(lookups.claim, limit=5)
    assert await _end(store, later[0].id) == ("failed", "given-up")
    world.pass_time(days=31)
    assert [await store.write(lookups.purge, limit=2) for _ in range(3)] == [2, 1, 0]


async def _ask(store: Store) -> tuple[str, str]:
    awa = await store.write(put_actor, "awa")
    asked = await store.write(lookups.ask, member_id=awa, query="@bob@rennes.example", purpose="follow")
    return awa, asked.id


async def _end(store: Store, asked: str) -> tuple[str, str | None]:
    async with store.read() as tx:
        found = await lookups.by_id(tx, asked)
    assert found is not None
    return found.state, found.reason
