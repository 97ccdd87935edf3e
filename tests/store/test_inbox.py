"""What other servers sent us: kept once, written together, claimed by one, forgotten in time; on both databases."""

import asyncio
import json
import tracemalloc
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from fedivoisin.activitypub import fresh
from fedivoisin.activitypub.fresh import Fresh
from fedivoisin.activitypub.wire import signatures
from fedivoisin.proof import Origin, Verified
from fedivoisin.store import claims, inbox
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.inbox import InboxWriter, Incoming, QueueFull
from fedivoisin.store.schema.federation import inbox as inbox_table
from tests.fakes import FakeWorld

HOST = "rennes.example"


def _incoming(number: int = 1, words: str = "", *, by: str = "bob") -> Incoming:
    actor = f"https://{HOST}/users/{by}"
    body = f"{number}{words}".encode()
    verified = Verified(f"{actor}#main-key", actor, Origin(("https", HOST, 443)), body, "cavage")
    return Incoming(verified, f"https://{HOST}/activities/{number}", "Like", weight=inbox.weigh(body))


async def test_the_same_activity_is_kept_once(store: Store) -> None:
    await store.append(inbox.put, [_incoming(), _incoming(2), _incoming()])
    await store.append(inbox.put, [_incoming()])
    assert len(await store.take(inbox.claim, limit=10)) == 2


async def test_one_id_for_several_activities_does_not_hide_any(store: Store) -> None:
    await store.append(inbox.put, [_incoming(words="Follow"), _incoming(words="Undo"), _incoming(words="Follow")])
    await store.append(inbox.put, [_incoming(words="Undo, a day later")])
    assert [one.body for one in await store.take(inbox.claim, limit=10)] == [
        b"1Follow",
        b"1Undo",
        b"1Undo, a day later",
    ]


async def test_the_same_bytes_are_taken_again_once_no_replay_is_possible(store: Store, world: FakeWorld) -> None:
    assert 2 * signatures.MAX_SKEW < inbox.AGAIN_AFTER
    await store.append(inbox.put, [_incoming(words="Follow"), _incoming(words="Undo")])
    follow, undo = await store.take(inbox.claim, limit=10)
    await store.write(inbox.done_all, {undo.id: "done"})
    await store.write(inbox.done_all, {follow.id: "done"})
    for _ in range(2):  # as a captured request could be
        await store.append(inbox.put, [_incoming(words="Follow")])
        assert await store.take(inbox.claim, limit=10) == []
        world.pass_time(hours=1, minutes=20)
    world.pass_time(hours=1)
    await store.append(inbox.put, [_incoming(words="Undo"), _incoming(words="Follow")])
    again = await store.take(inbox.claim, limit=10)
    assert [one.body for one in again] == [b"1Undo", b"1Follow"]  # in the order in which they came this time


async def test_each_that_is_kept_has_its_number(store: Store, world: FakeWorld) -> None:
    first = await store.append(inbox.put, [_incoming(1), _incoming(2), _incoming(1)])
    assert (None in first[:2], first[2]) == (False, None)
    again = await store.append(inbox.put, [_incoming(2), _incoming(3)])
    assert again[0] is None
    taken = await store.take(inbox.claim, limit=10)
    assert [one.id for one in taken] == [first[0], first[1], again[1]]
    await store.write(inbox.done_all, {one.id: "done" for one in taken})
    world.pass_time(hours=4)
    later = await store.append(inbox.put, [_incoming(1), _incoming(4)])
    assert [one.id for one in await store.take(inbox.claim, limit=10)] == sorted(number for number in later if number)


async def test_one_that_comes_again_has_its_number_though_it_takes_the_place_of_the_newest(
    store: Store, world: FakeWorld
) -> None:
    await store.append(inbox.put, [_incoming(1), _incoming(2)])
    await store.write(inbox.done_all, {one.id: "done" for one in await store.take(inbox.claim, limit=10)})
    world.pass_time(hours=4)
    numbers = await store.append(inbox.put, [_incoming(1), _incoming(2), _incoming(1)])
    assert numbers == [*[one.id for one in await store.take(inbox.claim, limit=10)], None]


async def test_how_a_row_ended_stands(store: Store) -> None:
    await store.append(inbox.put, [_incoming()])
    (row,) = await store.take(inbox.claim, limit=10)
    await store.write(inbox.done_all, {row.id: "done"})
    await store.write(inbox.done_all, {row.id: "bad-json"})
    async with store.read() as tx:
        assert await inbox.outcomes(tx) == {"done": 1}


@pytest.mark.parametrize(
    "document",
    [
        {"a": [{"": {}}] * 3000},
        {"a": [[]] * 9000},
        {"a": [f"{number:x}" for number in range(9000)]},
        {"a": list(range(1000, 9900))},
        {f"{number:x}": number for number in range(1000, 9900)},
        {"a": "x" * 100_000 + "😀"},
        {"type": "Create", "actor": "https://a.example/u", "object": {"type": "Note", "content": "<p>bonjour</p>"}},
    ],
)
def test_nothing_costs_more_memory_than_it_weighs(document: Any) -> None:
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    tracemalloc.start()
    try:
        loaded = fresh.load(body)
        assert tracemalloc.get_traced_memory()[0] <= inbox.weigh(body)
    finally:
        tracemalloc.stop()
    assert loaded.document == document


async def test_what_is_kept_as_claimed_is_nobody_elses_for_a_while(store: Store, world: FakeWorld) -> None:
    await store.append(inbox.put, [_incoming()], is_claimed=True)
    assert await store.take(inbox.claim, limit=10) == []
    world.pass_time(minutes=3)
    assert [one.attempts for one in await store.take(inbox.claim, limit=10)] == [2]


async def test_what_people_wrote_is_not_kept_in_the_queue_once_it_is_done(store: Store) -> None:
    await store.append(inbox.put, [_incoming(number) for number in range(3)])
    done, refused, ours = await store.take(inbox.claim, limit=10)
    await store.write(inbox.done_all, {done.id: "done", refused.id: "bad-object", ours.id: inbox.OUR_FAULT})
    async with store.read() as tx:
        rows = await tx.conn.execute(select(inbox_table.c.body).order_by(inbox_table.c.id))
        assert [bytes(body) for body in rows.scalars()] == [b"", b"", ours.body]


async def test_what_still_waits_is_not_taken_twice_however_late_it_comes_again(store: Store, world: FakeWorld) -> None:
    await store.append(inbox.put, [_incoming()])
    world.pass_time(days=2)
    await store.append(inbox.put, [_incoming()])
    assert len(await store.take(inbox.claim, limit=10)) == 1


async def test_requests_that_arrive_together_are_written_together(store: Store) -> None:
    writer = InboxWriter(store, 1000, Fresh(store))
    await asyncio.gather(*(writer.keep(_incoming(number % 30)) for number in range(90)))
    async with store.read() as tx:
        assert await inbox.waiting(tx) == 30


async def test_a_request_that_leaves_keeps_nobody_waiting_and_is_kept_all_the_same(store: Store) -> None:
    writer = InboxWriter(store, 1000, Fresh(store))
    first = asyncio.create_task(writer.keep(_incoming(0)))
    await asyncio.sleep(0)
    second, third = (asyncio.create_task(writer.keep(_incoming(number))) for number in (1, 2))
    await asyncio.sleep(0)
    first.cancel()
    second.cancel()
    ends = await asyncio.gather(first, second, asyncio.wait_for(third, 5), return_exceptions=True)
    assert [type(end) for end in ends] == [asyncio.CancelledError, asyncio.CancelledError, type(None)]
    async with store.read() as tx:
        assert await inbox.waiting(tx) == 3


async def test_what_could_not_be_written_is_said_to_each_and_the_next_ones_are(store: Store) -> None:
    writer = InboxWriter(store, 1000, Fresh(store))
    no_bytes: Any = "no bytes"
    unwritable = Incoming(replace(_incoming(1).verified, body=no_bytes), "https://a.example/1", "Create")
    ends = await asyncio.gather(*(writer.keep(one) for one in (unwritable, unwritable)), return_exceptions=True)
    assert [type(end) for end in ends] == [TypeError, TypeError]
    await writer.keep(_incoming(2))


async def test_who_still_waits_when_the_program_stops_is_asked_to_come_again(store: Store) -> None:
    writer = InboxWriter(store, 1000, Fresh(store))
    waiting = [asyncio.create_task(writer.keep(_incoming(number))) for number in range(3)]
    before = asyncio.all_tasks()
    await asyncio.sleep(0)
    (writing,) = asyncio.all_tasks() - before
    await asyncio.sleep(0)
    writing.cancel()
    ends = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(end) for end in ends} == {QueueFull}


async def test_after_many_those_who_are_on_their_way_share_the_next_flush(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, sizes = InboxWriter(store, 1000, Fresh(store)), list[int]()
    late: list[asyncio.Task[None]] = []
    put = inbox.put

    async def counted(tx: Tx, incoming: Sequence[Incoming], **options: Any) -> list[int | None]:
        sizes.append(len(incoming))
        return await put(tx, incoming, **options)

    async def meanwhile(seconds: float) -> None:
        assert seconds == inbox.LULL
        if not late:
            for number in (100, 101):
                late.append(asyncio.create_task(writer.keep(_incoming(number))))
                await asyncio.sleep(0)

    monkeypatch.setattr(inbox, "put", counted)
    monkeypatch.setattr(inbox, "sleep", meanwhile)
    await asyncio.gather(*(writer.keep(_incoming(number)) for number in range(inbox.MANY)))
    await asyncio.gather(*late)
    assert sizes == [inbox.MANY, 2]


async def test_who_comes_in_that_moment_while_the_program_stops_is_asked_to_come_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = InboxWriter(store, 1000, Fresh(store))
    late: list[asyncio.Task[None]] = []

    async def stopped(_seconds: float) -> None:
        late.append(asyncio.create_task(writer.keep(_incoming(100))))
        await asyncio.sleep(0)
        raise asyncio.CancelledError

    monkeypatch.setattr(inbox, "sleep", stopped)
    await asyncio.gather(*(writer.keep(_incoming(number)) for number in range(inbox.MANY)))
    await asyncio.sleep(0)
    with pytest.raises(QueueFull):
        await late[0]
    monkeypatch.undo()
    await writer.keep(_incoming(101))


async def test_a_full_queue_says_so(store: Store, world: FakeWorld) -> None:
    writer = InboxWriter(store, 2, Fresh(store))
    for number in range(2):
        await writer.keep(_incoming(number))
    world.pass_time(seconds=10)
    await writer.keep(_incoming(3))
    with pytest.raises(QueueFull):
        await writer.keep(_incoming(4))


async def test_what_waits_for_the_disk_is_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = InboxWriter(store, 1000, Fresh(store))
    monkeypatch.setattr(inbox, "HEAVIEST_IN_MEMORY", 2 * _incoming(1).weight)
    for _ in range(2):  # there is room again once they are written
        ends = await asyncio.gather(*(writer.keep(_incoming(number)) for number in (1, 2, 3)), return_exceptions=True)
        assert [type(end) for end in ends] == [type(None), type(None), QueueFull]


async def test_a_queue_that_was_full_takes_again_what_comes_while_it_looks(store: Store, world: FakeWorld) -> None:
    writer = InboxWriter(store, 1, Fresh(store))
    await writer.keep(_incoming(1))
    await store.write(inbox.done_all, {1: "done"})
    world.pass_time(seconds=10)
    is_kept = False
    async with asyncio.timeout(10):
        while not is_kept:
            try:
                # The look at the queue is under way when the first that fits comes: it must not wait for nobody.
                await writer.keep(_incoming(3))
                is_kept = True
            except QueueFull:
                await asyncio.sleep(0)
    async with store.read() as tx:
        assert await inbox.waiting(tx) == 1


async def test_a_claimed_row_is_nobody_elses_until_its_time_is_over(store: Store, world: FakeWorld) -> None:
    await store.append(inbox.put, [_incoming()])
    taken = await store.take(inbox.claim, limit=10)
    assert [one.attempts for one in taken] == [1]
    assert await store.take(inbox.claim, limit=10) == []
    world.pass_time(minutes=5)
    assert len(await store.take(inbox.claim, limit=10)) == 1
    assert await store.write(inbox.still_waiting, [taken[0].id, 99]) == {taken[0].id}
    await store.write(inbox.done_all, {taken[0].id: "done"})
    assert await store.write(inbox.still_waiting, [taken[0].id]) == set()


async def test_what_somebody_says_waits_while_another_is_at_what_they_said_before(
    store: Store, world: FakeWorld
) -> None:
    await store.append(inbox.put, [_incoming(1), _incoming(2), _incoming(3, by="eve"), _incoming(4)])
    (first,) = await store.take(inbox.claim, limit=1)
    assert [one.body for one in await store.take(inbox.claim, limit=10)] == [b"3"]
    assert await store.take(inbox.claim, limit=10) == []
    await store.write(inbox.done_all, {first.id: "done"})
    assert [one.body for one in await store.take(inbox.claim, limit=1)] == [b"2"]
    world.pass_time(minutes=5)  # whoever took it is dead
    assert [one.body for one in await store.take(inbox.claim, limit=10)] == [b"2", b"3", b"4"]


async def test_those_who_claim_at_once_never_share_a_speaker(store: Store) -> None:
    people = ("ada", "bob", "eve")
    await store.append(inbox.put, [_incoming(number, by=people[number % 3]) for number in range(30)])
    claims_made = await asyncio.gather(*[store.take(inbox.claim, limit=4) for _ in range(6)])
    speakers = [speaker for claimed in claims_made for speaker in {one.actor_url for one in claimed}]
    assert len(speakers) == len(set(speakers)) == len(people)


async def test_two_that_keep_the_same_in_another_order_both_succeed(store: Store) -> None:
    several = [_incoming(number) for number in range(200)]
    kept = await asyncio.gather(
        *[store.append(inbox.put, these) for these in (several, several[::-1]) for _ in range(3)]
    )
    assert sum(number is not None for numbers in kept for number in numbers) == len(several)


async def test_a_request_is_answered_before_anything_follows_from_it(store: Store) -> None:
    class Watching:
        """Hears what is kept, and whether its sender has been told by then."""

        def __init__(self) -> None:
            self.heard: list[bool] = []

        def takes(self, several: Sequence[Incoming]) -> bool:
            return several[0].activity_url.endswith("/1")

        def hand_over(self, several: Sequence[tuple[int, Incoming]]) -> None:
            self.heard.append(answered.done())

        def left(self) -> None:
            self.heard.append(answered.done())

    watching = Watching()
    writer = InboxWriter(store, most_waiting=10, carrier=watching)
    for number in (1, 2):
        answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        writer.add(_incoming(number), answered)
        assert await answered
        await asyncio.sleep(0)
    # The second is left to whoever looks, which is said before, too.
    assert watching.heard == [True, False, True]


async def test_what_a_killed_process_had_taken_is_given_back(store: Store) -> None:
    await store.append(inbox.put, [_incoming()])
    await store.take(inbox.claim, limit=10)
    await store.write(claims.forget)
    assert len(await store.take(inbox.claim, limit=10)) == 1


async def test_postponed_rows_come_back_and_old_ones_are_forgotten(store: Store, world: FakeWorld) -> None:
    await store.append(inbox.put, [_incoming(1), _incoming(2)])
    one, two = await store.take(inbox.claim, limit=10)
    await store.write(inbox.later, one.id, timedelta(minutes=10))
    await store.write(inbox.done_all, {two.id: "unsolicited"})
    assert await store.take(inbox.claim, limit=10) == []
    world.pass_time(minutes=11)
    assert [row.id for row in await store.take(inbox.claim, limit=10)] == [one.id]
    async with store.read() as tx:
        assert await inbox.outcomes(tx) == {"unsolicited": 1}
    world.pass_time(days=31)
    assert [await store.write(inbox.purge) for _ in range(2)] == [1, 0]
    async with store.read() as tx:
        assert await inbox.outcomes(tx) == {}


async def test_what_is_old_is_forgotten_in_portions(store: Store, world: FakeWorld) -> None:
    await store.append(inbox.put, [_incoming(number) for number in range(6)])
    await store.write(inbox.done_all, dict.fromkeys(range(1, 6), "done"))
    world.pass_time(days=31)
    assert [await store.write(inbox.purge, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    async with store.read() as tx:
        assert await inbox.waiting(tx) == 1
