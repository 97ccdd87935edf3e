"""The connection that fetches in the same trip: rows, counts, errors and what is left when a transaction is undone."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fedivoisin.store.sqlite import opener


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[Any]:
    opened: Any = await opener(str(tmp_path / "town.db"))()
    await opened.cursor().execute("CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT UNIQUE)")
    yield opened
    await opened.close()


async def test_a_statement_brings_its_rows_and_counts_at_once(connection: Any) -> None:
    cursor = connection.cursor()
    await cursor.executemany("INSERT INTO word (text) VALUES (?)", [("un",), ("deux",)])
    assert cursor.rowcount == 2
    await cursor.execute("SELECT text FROM word ORDER BY id")
    assert cursor.description[0][0] == "text"
    assert await cursor.fetchall() == [("un",), ("deux",)]
    assert await cursor.fetchall() == ()


async def test_a_returning_statement_counts_the_rows_that_it_changed(connection: Any) -> None:
    cursor = connection.cursor()
    await cursor.execute("INSERT INTO word (text) VALUES ('un'), ('deux')")
    await cursor.execute("UPDATE word SET text = text || 's' RETURNING text")
    assert cursor.rowcount == 2
    assert await cursor.fetchall() == [("uns",), ("deuxs",)]


async def test_the_database_says_no_in_its_own_words(connection: Any) -> None:
    await connection.cursor().execute("INSERT INTO word (text) VALUES ('un')")
    with pytest.raises(sqlite3.IntegrityError):
        await connection.cursor().execute("INSERT INTO word (text) VALUES ('un')")


async def test_what_was_begun_is_undone_and_nothing_is_no_error(connection: Any) -> None:
    connection.isolation_level = None
    await connection.rollback()
    await connection.cursor().execute("BEGIN")
    await connection.cursor().execute("INSERT INTO word (text) VALUES ('un')")
    await connection.rollback()
    cursor = connection.cursor()
    await cursor.execute("SELECT count(*) FROM word")
    assert await cursor.fetchall() == [(0,)]
