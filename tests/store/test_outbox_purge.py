"""What was said long ago goes once nobody asks for it any more; what outboxes show stays. On both databases."""

from dataclasses import dataclass

import pytest
from sqlalchemy import select

from fedivoisin.actions import conversations
from fedivoisin.ids import ActivityId, ActorId
from fedivoisin.market.listing import Listing
from fedivoisin.store import listings, outbox, outbox_purge, threads
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.outbox import Activity, Over, Target
from fedivoisin.store.schema.federation import activity, delivery
from fedivoisin.workers import tasks
from tests.fakes import FakeWorld
from tests.makers import ORIGIN, a_listing, put_member, put_neighbourhood

AWA, PAUL = ActorId("actor-awa"), ActorId("actor-paul")
LADDER, LAMP = a_listing(1), a_listing(2)


@dataclass(frozen=True, slots=True)
class Said:
    """One activity of Awa's."""

    name: str
    about: str
    is_public: bool = True
    to: tuple[str, ...] = ()


async def _say(tx: Tx, *several: Said) -> None:
    for one in several:
        url = f"{ORIGIN}/users/awa/activities/{one.name}"
        kept = Activity(ActivityId(one.name), url, AWA, "Create", one.about, "{}", one.is_public, tx.now)
        await outbox.put(tx, kept, [Target(f"https://{host}/inbox", host) for host in one.to], priority=1)


@pytest.fixture
async def founded(store: Store) -> Store:
    """Doulon, where Awa lends a ladder and a lamp, and Paul asked in public about both."""

    async def put(tx: Tx) -> None:
        await put_neighbourhood(tx)
        await put_member(tx, "awa")
        await put_member(tx, "paul")
        for one in (LADDER, LAMP):
            await listings.insert(tx, one)

    await store.write(put)
    return store


async def _question(store: Store, about: Listing) -> str:
    asked = await store.write(conversations.ask_in_public, listing_id=about.id, writer_id=PAUL, text="Libre ?")
    return asked.url


async def _left(store: Store) -> list[str]:
    async with store.read() as tx:
        return sorted((await tx.conn.execute(select(activity.c.id))).scalars())


async def _deliveries(store: Store) -> list[str]:
    async with store.read() as tx:
        return sorted((await tx.conn.execute(select(delivery.c.host))).scalars())


async def _end(tx: Tx, host: str) -> None:
    for one in await outbox.claim(tx, limit=50):
        if one.host == host:
            await outbox.over(tx, [Over(one.id, "sent", 202)])


async def test_a_delivery_is_forgotten_thirty_days_after_its_end(founded: Store, world: FakeWorld) -> None:
    await founded.write(_say, Said("one", LADDER.url, to=("rennes.example", "lyon.example")))
    await founded.write(_end, "rennes.example")
    world.pass_time(days=29)
    await tasks.run_due(founded)
    assert await _deliveries(founded) == ["lyon.example", "rennes.example"]
    world.pass_time(days=2)
    await tasks.run_due(founded)
    assert await _deliveries(founded) == ["lyon.example"]


async def test_private_words_are_kept_ninety_days(founded: Store, world: FakeWorld) -> None:
    await founded.write(_say, Said("private", f"{ORIGIN}/messages/1", is_public=False))
    world.pass_time(days=89)
    await tasks.run_due(founded)
    assert await _left(founded) == ["private"]
    world.pass_time(days=2)
    await tasks.run_due(founded)
    assert await _left(founded) == []


async def test_what_still_waits_for_a_host_is_kept(founded: Store, world: FakeWorld) -> None:
    private = Said("private", f"{ORIGIN}/messages/1", is_public=False, to=("rennes.example",))
    await founded.write(_say, private)
    world.pass_time(days=91)
    await tasks.run_due(founded)
    assert (await _left(founded), await _deliveries(founded)) == (["private"], ["rennes.example"])


async def test_what_is_about_a_listing_stays_while_it_lives(founded: Store, world: FakeWorld) -> None:
    await founded.write(
        _say, Said("ladder", LADDER.url), Said("like", LADDER.url, is_public=False), Said("lamp", LAMP.url)
    )
    await founded.write(listings.mark_deleted, LAMP.id)
    world.pass_time(days=91)
    await _purge(founded)
    assert await _left(founded) == ["ladder", "like"]


async def test_a_question_for_all_to_see_stays_while_it_and_its_listing_do(founded: Store, world: FakeWorld) -> None:
    stands, taken_back = await _question(founded, LADDER), await _question(founded, LADDER)
    elsewhere = await _question(founded, LAMP)
    await founded.write(_say, Said("stands", stands), Said("taken-back", taken_back), Said("lamp", elsewhere))

    async def withdraw(tx: Tx) -> None:
        found = await threads.message_by_url(tx, taken_back)
        assert found is not None
        await conversations.delete(tx, message_id=found.id, writer_id=PAUL)
        await listings.mark_deleted(tx, LAMP.id)

    await founded.write(withdraw)
    world.pass_time(days=91)
    await _purge(founded)
    assert await _left(founded) == ["stands"]


async def test_pages_of_the_outbox_agree_with_its_count_afterwards(founded: Store, world: FakeWorld) -> None:
    profile = f"{ORIGIN}/users/awa"
    await founded.write(_say, Said("profile", profile), Said("ladder", LADDER.url), Said("lamp", LAMP.url))
    world.pass_time(days=91)
    await founded.write(_say, Said("new-profile", profile))
    await _purge(founded)
    async with founded.read() as tx:
        assert await outbox.count_public(tx, AWA) == 3
        pages = [await outbox.public_page(tx, AWA, limit=2, offset=offset) for offset in (0, 2)]
    assert [[one.id for one in page] for page in pages] == [["new-profile", "ladder"], ["lamp"]]


async def test_much_is_forgotten_in_batches(founded: Store, world: FakeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_purge, "BATCH", 2)
    await founded.write(_say, *(Said(str(number), "", is_public=False, to=("lyon.example",)) for number in range(5)))
    await founded.write(_end, "lyon.example")
    world.pass_time(days=91)
    await tasks.run_due(founded)
    assert await _deliveries(founded) == []
    world.pass_time(days=1)
    await tasks.run_due(founded)
    assert await _left(founded) == []


async def _purge(store: Store) -> None:
    # Not by all tasks: they would also close and sweep the listings by then.
    while await store.write(outbox_purge.forget_activities):
        pass
