"""The migrations lead to the tables of the code, on both databases, and never past them."""

from collections.abc import AsyncIterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, select, text

from fedivoisin.store import listings, migrate, tombstones
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.migrations.filters import is_ours
from fedivoisin.store.schema import metadata
from fedivoisin.store.schema.federation import inbox, tombstone
from tests.fakes import FakeWorld
from tests.makers import a_listing, put_actor


@pytest.fixture
async def empty(empty_database_url: str, world: FakeWorld) -> AsyncIterator[Store]:
    opened = Store.open(empty_database_url, now=world.now, new_id=world.new_id)
    yield opened
    await opened.close()


async def test_migrations_lead_to_the_tables_of_the_code(empty: Store) -> None:
    assert await migrate.raise_to_newest(empty)
    async with empty.read() as tx:
        assert await tx.conn.run_sync(_differences) == []


async def test_a_database_at_the_newest_version_is_left_alone(empty: Store) -> None:
    await migrate.raise_to_newest(empty)
    assert not await migrate.raise_to_newest(empty)
    async with empty.read() as tx:
        assert await migrate.is_current(tx)


async def test_an_empty_database_is_behind(empty: Store) -> None:
    async with empty.read() as tx:
        assert not await migrate.is_current(tx)


async def test_a_newer_schema_is_refused(empty: Store) -> None:
    await migrate.raise_to_newest(empty)
    await empty.write(_pretend_newer)
    with pytest.raises(migrate.NewerSchema, match="9999"):
        await migrate.raise_to_newest(empty)


async def _pretend_newer(tx: Tx) -> None:
    await tx.conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))


def _differences(connection: Connection) -> list[object]:
    options = {"include_object": is_ours, "compare_type": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def _upgrade(connection: Connection, version: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate.MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, version)


async def test_bodies_of_what_is_done_are_emptied(empty: Store) -> None:
    async def fill(tx: Tx) -> None:
        await tx.conn.run_sync(_upgrade, "0005")
        kept = {"actor_url": "a", "type": "Create", "key_id": "k", "scheme": "cavage", "body": b"{}"}
        ends = (("done", None), (None, tx.now), ("our-fault", None))
        for number, (outcome, next_at) in enumerate(ends):
            told = {"activity_url": outcome or "waits", "digest": bytes([number]), "received_at": tx.now}
            await tx.conn.execute(insert(inbox).values(**kept, **told, outcome=outcome, next_at=next_at))

    await empty.append(fill)
    await migrate.raise_to_newest(empty)
    async with empty.read() as tx:
        rows = await tx.conn.execute(select(inbox.c.activity_url, inbox.c.body))
        assert {url: bytes(body) for url, body in rows} == {"done": b"", "waits": b"{}", "our-fault": b"{}"}


async def test_of_deletions_elsewhere_those_stay_of_which_it_is_known_who_might_delete(empty: Store) -> None:
    bob = "https://rennes.example/users/bob"

    async def fill(tx: Tx) -> None:
        await tx.conn.run_sync(_upgrade, "0006")
        author = await put_actor(tx, "bob", host="rennes.example")
        await listings.insert(tx, a_listing(author=author, url=f"{bob}/1", is_local=False, group_id=None))
        for url, former_type in ((f"{bob}/1", "Note"), (f"{bob}/2", "Note"), (bob, "Person")):
            await tombstones.put(tx, url, former_type, is_local=False)
        await tombstones.put(tx, "https://nantes.example/1", "Note", is_local=True)

    await empty.append(fill)
    await migrate.raise_to_newest(empty)
    async with empty.read() as tx:
        kept = await tx.conn.execute(select(tombstone.c.url))
        assert set(kept.scalars()) == {bob, f"{bob}/1", "https://nantes.example/1"}
