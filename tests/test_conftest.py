"""The databases that tests are given behave as promised."""

from sqlalchemy import text

from fedivoisin.store.db import Store, Tx
from tests.fakes import FakeWorld


async def test_a_store_keeps_what_was_written(store: Store) -> None:
    async def write(tx: Tx) -> None:
        await tx.conn.execute(text("CREATE TABLE probe (word text)"))
        await tx.conn.execute(text("INSERT INTO probe VALUES ('bonjour')"))

    await store.write(write)
    async with store.read() as tx:
        assert (await tx.conn.execute(text("SELECT word FROM probe"))).scalar_one() == "bonjour"


async def test_the_next_test_starts_from_an_empty_database(store: Store) -> None:
    async with store.read() as tx:
        assert (await tx.conn.execute(text("SELECT count(*) FROM actor"))).scalar_one() == 0


async def test_ids_count_up_and_the_clock_stands_still(store: Store, world: FakeWorld) -> None:
    async with store.read() as tx:
        assert tx.now == world.now()
        assert tx.new_id() < tx.new_id()
