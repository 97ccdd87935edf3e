"""Who wrote once and left nothing is forgotten; whomever anything refers to stays. On both databases."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import ForeignKey, insert, select

from fedivoisin.ids import ActorId
from fedivoisin.store import blocks, strangers
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.keys import Listed, keep_remote
from fedivoisin.store.schema import metadata
from fedivoisin.store.schema.actors import actor, follow, key
from fedivoisin.store.schema.federation import activity, delivery, peer
from fedivoisin.workers import tasks
from tests.fakes import FakeWorld
from tests.makers import ORIGIN, a_listing, put_actor, put_listings, put_member, put_neighbourhood

LONG_AGO = timedelta(days=31)


@pytest.fixture
async def founded(store: Store) -> Store:
    """Doulon, with Awa."""

    async def put(tx: Tx) -> None:
        await put_neighbourhood(tx)
        await put_member(tx, "awa")

    await store.write(put)
    return store


async def _met(store: Store, name: str, host: str = "mallory.example", **values: Any) -> ActorId:
    async def put(tx: Tx) -> ActorId:
        met = await put_actor(tx, name, host=host, **values)
        await keep_remote(tx, met, Listed(f"https://{host}/users/{name}#main-key", "rsa", "PEM", "http"), is_shown=True)
        if not (await tx.conn.execute(select(peer).where(peer.c.host == host))).first():
            await tx.conn.execute(insert(peer).values(host=host, created_at=tx.now, last_seen_at=tx.now))
        return met

    return await store.write(put)


async def _left(store: Store) -> tuple[set[str], set[str], set[str]]:
    """Names of remote actors, ids of their keys, hosts."""
    async with store.read() as tx:
        names = await tx.conn.execute(select(actor.c.name).where(actor.c.is_local.is_(False)))
        keys = await tx.conn.execute(select(key.c.id))
        hosts = await tx.conn.execute(select(peer.c.host))
        return set(names.scalars()), set(keys.scalars()), set(hosts.scalars())


async def test_a_stranger_is_forgotten_after_thirty_days_with_keys_and_host(founded: Store, world: FakeWorld) -> None:
    await _met(founded, "mallory")
    world.pass_time(days=20)
    await _met(founded, "rozenn", "rennes.example")
    await tasks.run_due(founded)
    assert (await _left(founded))[0] == {"mallory", "rozenn"}
    world.pass_time(days=20)
    await tasks.run_due(founded)
    assert await _left(founded) == ({"rozenn"}, {"https://rennes.example/users/rozenn#main-key"}, {"rennes.example"})


async def test_any_number_of_strangers_goes_in_portions(
    founded: Store, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strangers, "BATCH", 2)
    for number in range(5):
        await _met(founded, f"x{number}", f"x{number}.example")
    world.pass_time(days=31)
    for work in (strangers.forget_actors, strangers.forget_peers):
        assert [await founded.write(work) for _ in range(4)] == [2, 2, 1, 0]


async def test_who_is_followed_or_follows_or_wrote_a_listing_stays(founded: Store, world: FakeWorld) -> None:
    for name in ("followed", "follower", "author", "nobody"):
        await _met(founded, name)

    async def refer(tx: Tx) -> None:
        for who, whom in (("actor-awa", "followed"), ("follower", "actor-awa")):
            one, other = (name if name == "actor-awa" else f"actor-{name}@mallory.example" for name in (who, whom))
            said = {"activity_url": f"{ORIGIN}/{who}", "state": "rejected", "created_at": tx.now}
            await tx.conn.execute(insert(follow).values(id=tx.new_id(), follower_id=one, followed_id=other, **said))

    await founded.write(refer)
    await put_listings(founded, a_listing(author="actor-author@mallory.example", is_local=False, group_id=None))
    world.pass_time(days=31)
    await tasks.run_due(founded)
    names, _, hosts = await _left(founded)
    assert (names, hosts) == ({"followed", "follower", "author"}, {"mallory.example"})


async def test_whom_we_hid_or_met_again_stays_and_an_instance_as_long_as_its_people(
    founded: Store, world: FakeWorld
) -> None:
    await _met(founded, "hidden", hidden_at=world.now())
    await _met(founded, "gone", gone_at=world.now())
    await _met(founded, "met-again", fetched_at=world.now() + timedelta(days=20))
    await _met(founded, "instance", type="Application")
    await _met(founded, "alone", "alone.example", type="Application")
    world.pass_time(days=31)
    await tasks.run_due(founded)
    names, _, hosts = await _left(founded)
    assert (names, hosts) == ({"hidden", "gone", "met-again", "instance"}, {"mallory.example"})


async def test_a_host_to_which_a_delivery_is_noted_or_that_is_heard_of_stays(founded: Store, world: FakeWorld) -> None:
    async def put(tx: Tx) -> None:
        said = {"url": f"{ORIGIN}/1", "actor_id": "actor-awa", "type": "Like", "body": "{}", "is_public": True}
        await tx.conn.execute(insert(activity).values(id="1", published_at=tx.now + LONG_AGO, **said))
        to = {"inbox": "https://a.example/inbox", "host": "a.example", "priority": 0, "created_at": tx.now}
        await tx.conn.execute(insert(delivery).values(activity_id="1", actor_id="actor-awa", next_at=tx.now, **to))
        for host, at in (("a.example", None), ("b.example", tx.now + LONG_AGO), ("c.example", tx.now)):
            await tx.conn.execute(insert(peer).values(host=host, created_at=tx.now, last_seen_at=at, last_ok_at=at))
        await tx.conn.execute(insert(peer).values(host="d.example", created_at=tx.now, level="confiance"))
        await blocks.add(tx, "c.example", reason="essai", by=None)

    await founded.write(put)
    world.pass_time(days=31)
    await tasks.run_due(founded)
    assert (await _left(founded))[2] == {"a.example", "b.example", "d.example"}  # somebody said how far it is trusted
    async with founded.read() as tx:
        assert await blocks.is_blocked(tx, "c.example")


def test_every_column_that_points_at_an_actor_keeps_it_but_for_what_goes_with_it() -> None:
    """A table added later counts at once; one that should go with its actor must be named in both places."""
    pointing = {
        constraint.parent
        for table in metadata.tables.values()
        for constraint in _foreign_keys(table)
        if constraint.column is actor.c.id
    }
    own = {column for column in pointing if column.table.name in ("key", "followers_check")}
    assert set(strangers.references()) == pointing - own
    assert len(pointing - own) > 20


def test_whatever_goes_with_an_actor_is_deleted_by_the_database() -> None:
    for name in ("key", "followers_check"):
        assert {one.ondelete for one in _foreign_keys(metadata.tables[name])} == {"CASCADE"}


def _foreign_keys(table: Any) -> set[ForeignKey]:
    return set(table.foreign_keys)
