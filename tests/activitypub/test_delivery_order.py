"""What somebody says about a thing arrives in the order in which it was said; on both databases."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from fedivoisin.activitypub.delivery import Sender
from fedivoisin.errors import Unreachable
from fedivoisin.ids import ActivityId
from fedivoisin.store import outbox, outbox_order, residents
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.outbox import Activity, Target
from fedivoisin.store.residents import Newcomer
from fedivoisin.world import Response
from tests.activitypub.test_delivery import HOST, INBOX, answering, deliver, deliver_as
from tests.fakes import FakeWorld, Request, key_pair
from tests.makers import ORIGIN

LADDER = f"{ORIGIN}/annonces/1"


async def _say(store: Store, name: str, *, about: str = LADDER, by: str = "awa", priority: int = 1) -> None:
    async def put(tx: Tx) -> None:
        known = await outbox.by_url(tx, f"{ORIGIN}/{by}/first")
        newcomer = Newcomer(by, "Awa")
        speaker = known.actor_id if known else await residents.add_person(tx, newcomer, key_pair(1), origin=ORIGIN)
        url = f"{ORIGIN}/{by}/{name if known else 'first'}"
        said = Activity(ActivityId(f"{by}-{name}"), url, speaker, "Create", about, name, True, tx.now)
        await outbox.put(tx, said, [Target(INBOX, HOST)], priority=priority)

    await store.write(put)


def _arrived(world: FakeWorld) -> list[str]:
    return [one.body.decode() for one in world.sent_to(INBOX)]


async def test_what_is_said_later_of_a_thing_waits_until_what_was_said_before_arrived(
    store: Store, world: FakeWorld
) -> None:
    world.inboxes[INBOX] = Unreachable("time-out")
    await _say(store, "Create")
    await deliver(store, world)
    world.inboxes[INBOX] = answering(202)
    world.pass_time(seconds=5)
    await _say(store, "Delete", priority=outbox.TO_A_PERSON)
    await _say(store, "Lamp", about=f"{ORIGIN}/annonces/2")
    await _say(store, "Paul", by="paul")
    await deliver(store, world)
    assert await deliver(store, world) == 0  # it waits as long as what it waits for
    world.pass_time(seconds=20)
    for _ in range(2):
        await deliver(store, world)
        world.pass_time(seconds=6)
    assert _arrived(world) == ["Create", "Lamp", "Paul", "Create", "Delete"]


async def test_an_activity_is_taken_back_after_it_arrived(store: Store, world: FakeWorld) -> None:
    world.inboxes[INBOX] = Unreachable("time-out")
    await _say(store, "Follow")
    await deliver(store, world)
    world.inboxes[INBOX] = answering(202)
    await _say(store, "Undo", about=f"{ORIGIN}/awa/first")
    await deliver(store, world)
    assert _arrived(world) == ["Follow"]


async def test_within_a_turn_what_is_said_later_waits_too(store: Store, world: FakeWorld) -> None:
    def once(request: Request) -> Response:
        return answering(401 if request.body == b"Create" and len(world.requests) <= 2 else 202)

    world.inboxes[INBOX] = once
    for name in ("Create", "Update", "Delete"):
        await _say(store, name)
    assert await deliver(store, world) == 3
    assert _arrived(world) == ["Create"] * 2  # signed in both ways
    assert await deliver(store, world) == 0
    world.pass_time(seconds=30)
    assert await deliver(store, world) == 3
    assert _arrived(world)[2:] == ["Create", "Update", "Delete"]


async def test_what_another_process_brings_is_waited_for(store: Store, world: FakeWorld) -> None:
    async def post(url: str, *, body: bytes, headers: Mapping[str, str]) -> Response:
        await _say(store, "Delete")
        assert await deliver(store, world) == 0
        return await world.post(url, body=body, headers=headers)

    await _say(store, "Create")
    await deliver_as(Sender(store, replace(world.doors, post=post)))
    world.pass_time(seconds=outbox_order.LOOK_AGAIN / timedelta(seconds=1))
    assert await deliver(store, world) == 1
    assert _arrived(world) == ["Create", "Delete"]
