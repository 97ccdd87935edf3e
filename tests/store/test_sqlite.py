"""SQLite's two ways: rows that come back whole from another thread, one snapshot, one writer."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from fedivoisin.store.sqlite import Sqlite, Undone

WORDS = text("SELECT text FROM word ORDER BY id")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Sqlite]:
    opened = Sqlite(make_url(f"sqlite:///{tmp_path / 'town.db'}"))
    await opened.run(_create, isolation="SERIALIZABLE")
    yield opened
    await opened.close()


async def test_rows_of_a_read_can_be_had_one_by_one_some_or_all_at_once(database: Sqlite) -> None:
    async with database.read() as connection:
        result = await connection.execute(WORDS)
        assert [result.fetchone(), result.fetchmany(1), result.fetchall()] == [("un",), [("deux",)], [("trois",)]]
        assert (await connection.execute(WORDS)).fetchmany(5) == [("un",), ("deux",), ("trois",)]
        assert await connection.scalar(WORDS) == "un"
        assert (await connection.scalars(WORDS)).all() == ["un", "deux", "trois"]
        assert await connection.scalar(text("SELECT text FROM word WHERE id = 9")) is None
        assert connection.dialect.name == "sqlite"


async def test_a_returning_statement_counts_the_rows_that_it_changed(database: Sqlite) -> None:
    async def change(connection: AsyncConnection) -> tuple[int, list[str]]:
        result = await connection.execute(text("UPDATE word SET text = text || 's' RETURNING text"))
        return result.rowcount, list(result.scalars())

    assert (await database.run(change, isolation="SERIALIZABLE"))[1] == ["uns", "deuxs", "troiss"]


async def test_the_database_says_no_in_its_own_words_and_goes_on(database: Sqlite) -> None:
    async def again(connection: AsyncConnection) -> None:
        await connection.execute(text("INSERT INTO word (text) VALUES ('un')"))

    with pytest.raises(IntegrityError) as failure:
        await database.run(again, isolation="SERIALIZABLE")
    assert isinstance(failure.value.orig, sqlite3.IntegrityError)
    with pytest.raises(OperationalError, match="readonly"):
        async with database.read() as connection:
            await again(connection)
    async with database.read() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM word")) == 3


async def test_a_read_that_asks_nothing_costs_no_connection(database: Sqlite) -> None:
    async with database.read():
        pass
    async with database.read() as connection:
        assert (await connection.exec_driver_sql("PRAGMA query_only")).scalar_one() == 1


async def _create(connection: AsyncConnection) -> None:
    await connection.execute(text("CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT UNIQUE)"))
    words = [{"text": word} for word in ("un", "deux", "trois")]
    await connection.execute(text("INSERT INTO word (text) VALUES (:text)"), words)


async def test_what_sqlite_gives_up_as_a_whole_is_no_failed_block(database: Sqlite) -> None:
    async def fill(connection: AsyncConnection) -> None:
        await connection.execute(text("INSERT INTO word (text) VALUES ('quatre')"))
        with pytest.raises(Undone):
            async with connection.begin_nested():
                await connection.execute(text("INSERT OR ROLLBACK INTO word (text) VALUES ('un')"))

    with pytest.raises(Undone):
        await database.run(fill, isolation="SERIALIZABLE")
    async with database.read() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM word")) == 3


async def test_whoever_swallows_the_end_of_a_transaction_cannot_go_on_in_it(database: Sqlite) -> None:
    async def swallow(connection: AsyncConnection) -> None:
        with suppress(IntegrityError):
            await connection.execute(text("INSERT OR ROLLBACK INTO word (text) VALUES ('un')"))
        for what in (connection.scalar, connection.scalars, connection.execute):
            with pytest.raises(Undone):
                await what(WORDS)
        with pytest.raises(Undone):
            await connection.exec_driver_sql("INSERT INTO word (text) VALUES ('cinq')")
        with pytest.raises(Undone):
            await connection.run_sync(lambda _: None)
        with pytest.raises(Undone):
            async with connection.begin_nested():
                pass

    with pytest.raises(Undone):
        await database.run(swallow, isolation="SERIALIZABLE")
    async with database.read() as connection:
        assert (await connection.scalars(WORDS)).all() == ["un", "deux", "trois"]


async def test_a_first_statement_that_fails_takes_nothing_with_it(tmp_path: Path) -> None:
    first = Sqlite(make_url(f"sqlite:///{tmp_path / 'town.db'}"))
    await first.run(_create, isolation="SERIALIZABLE")
    await first.close()
    again = Sqlite(make_url(f"sqlite:///{tmp_path / 'town.db'}"))

    async def stumble(connection: AsyncConnection) -> None:
        with pytest.raises(DBAPIError):
            await connection.execute(text("INSERT INTO word (text) VALUES (:text)"), {"text": object()})
        await connection.execute(text("INSERT INTO word (text) VALUES ('quatre')"))

    await again.run(stumble, isolation="SERIALIZABLE")
    async with again.read() as connection:
        assert (await connection.scalars(WORDS)).all() == ["un", "deux", "trois", "quatre"]
    await again.close()
