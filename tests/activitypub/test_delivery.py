"""Bringing activities to other servers: signed, tried in both ways, tried again, given up; on both databases."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from fedivoisin.activitypub import delivered, delivery, signing
from fedivoisin.activitypub.delivered import Failed, Refused, Result, Sent, Turn
from fedivoisin.activitypub.delivery import Sender
from fedivoisin.errors import BadActivity, Unreachable
from fedivoisin.ids import ActivityId, ActorId
from fedivoisin.store import outbox, peers, residents
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.outbox import Activity, Target
from fedivoisin.store.residents import Newcomer
from fedivoisin.store.schema.federation import delivery as rows
from fedivoisin.world import Response
from tests.fakes import FakeWorld, Request, key_pair
from tests.makers import ORIGIN

HOST = "rennes.example"
INBOX = f"https://{HOST}/inbox"


async def prepare(tx: Tx, number: int = 1, inboxes: int = 1) -> ActorId:
    awa = await residents.add_person(tx, Newcomer(f"awa-{number}", "Awa"), key_pair(1), origin=ORIGIN)
    said = Activity(ActivityId(f"a{number}"), f"{ORIGIN}/a/{number}", awa, "Create", None, '{"a":1}', True, tx.now)
    targets = [Target(INBOX if one == 0 else f"{INBOX}/{one}", HOST) for one in range(inboxes)]
    await outbox.put(tx, said, targets, priority=1)
    return awa


class Tasks(asyncio.TaskGroup):
    """Runs what it is given, until the end of the block."""

    def start(self, work: Coroutine[object, object, None]) -> None:
        """As the worker's loop does."""
        self.create_task(work)


async def deliver(store: Store, world: FakeWorld) -> int:
    return await deliver_as(Sender(store, world.doors))


async def deliver_as(sender: Sender) -> int:
    """One turn of the loop, and all that it starts."""
    running: list[asyncio.Future[object]] = []

    def start(work: Coroutine[object, object, None]) -> None:
        running.append(asyncio.ensure_future(work))

    taken = await delivery.run_once(sender, start)
    for task in running:  # it grows while it is read
        await task
    assert not sender.busy
    assert not sender.at_work
    return taken


async def line(store: Store) -> tuple[str | None, int | None, int]:
    async with store.read() as tx:
        row = (await tx.conn.execute(select(rows.c.outcome, rows.c.status, rows.c.attempts))).first()
    assert row is not None
    return row.outcome, row.status, row.attempts


def answering(status: int, **headers: str) -> Response:
    return Response(INBOX, status, headers, b"")


async def test_an_activity_arrives_signed_and_once(store: Store, world: FakeWorld) -> None:
    await store.write(prepare)
    assert await deliver(store, world) == 1
    assert await deliver(store, world) == 0
    (sent,) = world.sent_to(INBOX)
    assert sent.body == b'{"a":1}'
    assert 'headers="(request-target) host date digest"' in sent.headers["Signature"]
    assert await line(store) == ("sent", 202, 1)


@pytest.mark.parametrize("status", [400, 401, 500])
async def test_a_host_that_does_not_know_cavage_is_asked_in_the_other_way(
    store: Store, world: FakeWorld, status: int
) -> None:
    def answer(request: Request) -> Response:
        return answering(202 if "Signature-Input" in request.headers else status)

    world.inboxes[INBOX] = answer
    await store.write(prepare)
    await deliver(store, world)
    assert await line(store) == ("sent", 202, 1)
    await store.write(prepare, 2)
    await deliver(store, world)
    assert len(world.sent_to(INBOX)) == 3  # the second time it knew


async def test_a_host_that_answers_the_other_way_for_good_is_believed(store: Store, world: FakeWorld) -> None:
    world.inboxes[INBOX] = lambda asked: answering(410 if "Signature-Input" in asked.headers else 401)
    await store.write(prepare)
    await deliver(store, world)
    assert await line(store) == ("refused", 410, 1)


@pytest.mark.parametrize("status", [403, 404, 410, 501, 302])
async def test_a_refusal_is_final(store: Store, world: FakeWorld, status: int) -> None:
    world.inboxes[INBOX] = answering(status)
    await store.write(prepare)
    await deliver(store, world)
    assert await line(store) == ("refused", status, 1)


async def test_a_forbidden_address_is_never_tried_again(store: Store, world: FakeWorld) -> None:
    world.inboxes[INBOX] = BadActivity("forbidden-address")
    await store.write(prepare)
    await deliver(store, world)
    assert await line(store) == ("refused", None, 1)


async def test_what_does_not_arrive_is_tried_again_later_and_at_last_given_up(store: Store, world: FakeWorld) -> None:
    world.inboxes[INBOX] = Unreachable("time-out")
    await store.write(prepare)
    began = world.now()
    for _ in range(40):
        await deliver(store, world)
        if (await line(store))[0] is not None:
            break
        world.pass_time(hours=6)
    assert await line(store) == ("given-up", None, 16)
    assert world.now() - began <= timedelta(days=7)


async def test_retry_after_is_obeyed(store: Store, world: FakeWorld) -> None:
    world.inboxes[INBOX] = answering(429, **{"retry-after": "1800"})
    await store.write(prepare)
    await deliver(store, world)
    world.pass_time(minutes=29)
    assert await deliver(store, world) == 0
    world.inboxes[INBOX] = answering(202)
    world.pass_time(minutes=2)
    assert await deliver(store, world) == 1
    assert await line(store) == ("sent", 202, 2)


async def test_a_failing_host_is_asked_once_and_not_for_each_of_its_inboxes(store: Store, world: FakeWorld) -> None:
    for number in range(5):
        world.inboxes[INBOX if number == 0 else f"{INBOX}/{number}"] = Unreachable("time-out")
    await store.write(prepare, 1, 5)
    await deliver(store, world)
    assert len(world.requests) == 1
    async with store.read() as tx:
        known = await peers.by_host(tx, HOST)
        (waiting,) = await outbox.waiting(tx)
    assert known is not None
    assert (known.failures, waiting.deliveries) == (1, 5)


def test_waits_grow_with_the_fourth_power() -> None:
    assert delivered.backoff(1, 0) == timedelta(seconds=16)
    assert delivered.backoff(5, 1) == timedelta(seconds=640 * 1.5)
    total = sum((delivered.backoff(number, 0.0) for number in range(1, 16)), timedelta())
    assert timedelta(hours=49) < total < timedelta(hours=51)


async def test_our_own_kind_is_spoken_to_in_rfc_9421(store: Store, world: FakeWorld) -> None:
    assert signing.schemes(None, world.now()) == ("cavage", "rfc9421")
    await store.write(peers.describe, HOST, software="fedivoisin", version="1", metadata=None)
    async with store.read() as tx:
        assert signing.schemes(await peers.by_host(tx, HOST), tx.now)[0] == "rfc9421"


def test_what_an_answer_means(world: FakeWorld) -> None:
    def judged(status: int) -> Result:
        return delivery.judge(answering(status), "cavage", world.now())

    assert judged(200) == Sent(200, "cavage")
    assert judged(422) == Refused(422, "status-422")
    assert judged(408) == Failed(408, "status-408", None, is_host=False)
    assert judged(503) == Failed(503, "status-503", None, is_host=True)


async def _say_to(store: Store, number: int, *hosts: str, priority: int = 1) -> None:
    async def put(tx: Tx) -> None:
        awa = await residents.add_person(tx, Newcomer(f"awa-{number}", "Awa"), key_pair(1), origin=ORIGIN)
        url = f"{ORIGIN}/a/{number}"
        said = Activity(ActivityId(f"a{number}"), url, awa, "Create", None, "{}", True, tx.now)
        await outbox.put(tx, said, [Target(f"https://{host}/inbox", host) for host in hosts], priority=priority)

    await store.write(put)


class Door:
    """A network whose answers come when the test opens it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.opened = asyncio.Event()

    async def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> Response:
        """Wait, then 202."""
        self.asked.append(url)
        await self.opened.wait()
        return Response(url, 202, {}, b"")


async def test_so_many_hosts_are_served_at_once_and_no_more(
    store: Store, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MOST_HOSTS", 2)
    await _say_to(store, 1, "a.example", "b.example", "c.example", "d.example")
    door = Door()
    sender = Sender(store, replace(world.doors, post=door.post))
    async with Tasks() as tasks:
        assert await delivery.run_once(sender, tasks.start) == 4
        await asyncio.sleep(0)
        assert door.asked == ["https://a.example/inbox", "https://b.example/inbox"]
        assert await delivery.run_once(sender, tasks.start) == 0
        door.opened.set()
    assert len(door.asked) == 4
    assert (sender.busy, sender.at_work) == (set(), 0)


async def test_an_answer_to_a_person_overtakes_what_waits_for_a_place(
    store: Store, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MOST_HOSTS", 3)
    await _say_to(store, 1, "a.example", "b.example", "c.example", "d.example", "e.example")
    door = Door()
    sender = Sender(store, replace(world.doors, post=door.post))
    async with Tasks() as tasks:
        await delivery.run_once(sender, tasks.start)
        await asyncio.sleep(0)
        await _say_to(store, 2, "z.example", "a.example", priority=outbox.TO_A_PERSON)
        assert await delivery.run_once(sender, tasks.start) == 1  # a.example is being served
        door.opened.set()
    assert door.asked[3] == "https://z.example/inbox"
    assert await deliver_as(sender) == 1


async def test_answers_to_persons_have_places_of_their_own_however_many_hosts_are_slow(
    store: Store, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MOST_HOSTS", 2)
    monkeypatch.setattr(delivery, "MOST_FOR_PERSONS", 1)
    await _say_to(store, 1, "a.example", "b.example", "c.example", "d.example")
    door = Door()
    sender = Sender(store, replace(world.doors, post=door.post))
    async with Tasks() as tasks:
        await delivery.run_once(sender, tasks.start)
        await _say_to(store, 2, "y.example", "z.example", priority=outbox.TO_A_PERSON)
        await _say_to(store, 3, "e.example")
        assert await delivery.run_once(sender, tasks.start) == 2
        assert await delivery.run_once(sender, tasks.start) == 0  # one of them waits: there is no place for more
        await asyncio.sleep(0)
        assert door.asked == [f"https://{host}.example/inbox" for host in "aby"]
        door.opened.set()
    assert door.asked[3] == "https://z.example/inbox"
    assert (len(door.asked), sender.at_work, sender.is_more) == (6, 0, True)
    assert await deliver_as(sender) == 1


async def test_hosts_that_failed_before_leave_places_to_the_others(
    store: Store, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MOST_DOUBTFUL", 1)
    for host in ("a.example", "b.example"):
        await store.write(peers.did_not_answer, host, error="time-out")
    await _say_to(store, 1, "a.example", "b.example", "c.example")
    sender = Sender(store, world.doors)
    assert await deliver_as(sender) == 3
    assert sorted(one.url for one in world.requests) == ["https://a.example/inbox", "https://c.example/inbox"]
    assert await deliver_as(sender) == 0
    world.pass_time(seconds=31)
    assert await deliver_as(sender) == 1
    assert sender.doubtful == 0


async def test_what_waited_too_long_under_its_claim_is_left_to_others(store: Store, world: FakeWorld) -> None:
    await _say_to(store, 1, HOST)
    sender = Sender(store, world.doors)
    works: list[Coroutine[object, object, None]] = []
    await delivery.run_once(sender, works.append)
    world.pass_time(seconds=80)
    for work in works:  # it grows while it is read
        await work
    assert world.requests == []
    assert await deliver_as(sender) == 1


async def test_results_are_written_down_together(
    store: Store, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    record = delivered.record

    async def noted(tx: Tx, turns: Sequence[Turn]) -> None:
        written.append(len(turns))
        await record(tx, turns)

    monkeypatch.setattr(delivery, "MOST_UNRECORDED", 10)
    monkeypatch.setattr(delivered, "record", noted)
    await _say_to(store, 1, *(f"h{number}.example" for number in range(40)))
    assert await deliver_as(Sender(store, world.doors)) == 40
    assert sum(written) == 40
    assert len(written) <= 4


async def test_a_result_waits_for_slow_hosts_a_moment_and_no_longer(
    store: Store, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "LONGEST_UNRECORDED", 0.01)
    await _say_to(store, 1, "fast.example", "slow.example")
    door = Door()

    async def post(url: str, *, body: bytes, headers: Mapping[str, str]) -> Response:
        return await (door.post if "slow" in url else world.post)(url, body=body, headers=headers)

    sender = Sender(store, replace(world.doors, post=post))
    async with Tasks() as tasks:
        await delivery.run_once(sender, tasks.start)
        async with asyncio.timeout(10):
            while "fast.example" in sender.busy:
                await store.bell.wait(0.05)
        assert sender.busy == {"slow.example"}
        door.opened.set()


async def _deliver_to_a_full_disk(sender: Sender, *, are_others_over: bool = False) -> None:
    async def broken(tx: Tx, turns: Sequence[Turn]) -> None:
        if are_others_over:
            sender.over += turns
        raise OSError("the disk is full")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivered, "record", broken)
        with pytest.raises(OSError, match="full"):
            await deliver_as(sender)


async def test_results_that_came_while_writing_failed_are_written_at_the_next_turn(
    store: Store, world: FakeWorld
) -> None:
    await _say_to(store, 1, HOST)
    sender = Sender(store, world.doors)
    await _deliver_to_a_full_disk(sender, are_others_over=True)
    assert await deliver_as(sender) == 0
    assert await line(store) == ("sent", 202, 1)


async def test_results_that_could_not_be_written_do_not_keep_their_hosts(store: Store, world: FakeWorld) -> None:
    await _say_to(store, 1, HOST)
    sender = Sender(store, world.doors)
    await _deliver_to_a_full_disk(sender)
    world.pass_time(minutes=3)
    assert await deliver_as(sender) == 1
    assert await line(store) == ("sent", 202, 1)


async def test_a_slow_host_gives_its_place_to_others(store: Store, world: FakeWorld) -> None:
    def slowly(request: Request) -> Response:
        world.pass_time(seconds=31)
        return Response(request.url, 202, {}, b"")

    world.inboxes |= {INBOX: slowly, f"{INBOX}/1": slowly}
    await store.write(prepare, 1, 2)
    assert await deliver(store, world) == 2
    assert len(world.requests) == 1
    assert await deliver(store, world) == 1
    assert len(world.requests) == 2


async def test_what_a_host_took_is_what_the_next_delivery_is_signed_with(store: Store, world: FakeWorld) -> None:
    def only_rfc(request: Request) -> Response:
        return answering(202 if "Signature-Input" in request.headers else 401)

    world.inboxes |= {INBOX: only_rfc, f"{INBOX}/1": only_rfc}
    await store.write(prepare, 1, 2)
    assert await deliver(store, world) == 2
    assert len(world.requests) == 3
