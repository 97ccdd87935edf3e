"""A SQLite connection whose statements take one trip to its thread each, instead of four: half the CPU of a page."""

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self

import aiosqlite

CHUNK = 64


def opener(path: str) -> Callable[[], Awaitable[aiosqlite.Connection]]:
    """What SQLAlchemy calls for a new connection to the file at `path`."""

    def connect() -> sqlite3.Connection:
        # Made in the connection's thread, closed in it; SQLAlchemy sets its isolation level from outside.
        return sqlite3.connect(path, check_same_thread=False)

    async def open_connection() -> aiosqlite.Connection:
        return await Connection(connect, CHUNK)

    return open_connection


class Connection(aiosqlite.Connection):
    """As aiosqlite's, with cursors that bring everything back at once."""

    def __init__(self, connector: Callable[[], sqlite3.Connection], iter_chunk_size: int) -> None:
        super().__init__(connector, iter_chunk_size)
        self._thread.daemon = True  # a process that ends does not wait for connections that nobody closed

    def cursor(self) -> Any:
        """Nothing is asked of the thread before there is a statement."""
        return Cursor(self)

    async def rollback(self) -> None:
        """Also called when a connection goes back to its pool, mostly with nothing to roll back."""
        if self.in_transaction:
            await super().rollback()

    async def run(self, method: str, sql: str, parameters: Any) -> "Outcome":
        """Execute and fetch, in the thread."""
        return await self._execute(self._run, method, sql, parameters)  # type: ignore[no-any-return, no-untyped-call]

    def _run(self, method: str, sql: str, parameters: Any) -> "Outcome":
        cursor = self._conn.cursor()
        try:
            getattr(cursor, method)(sql, parameters)
            rows = cursor.fetchall() if cursor.description else []
            return cursor.description, rows, cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()


Outcome = tuple[Any, Sequence[Any], int, int | None]
"""Description, rows, row count, last row id."""


class Cursor:
    """What SQLAlchemy asks of an asynchronous cursor."""

    def __init__(self, connection: Connection) -> None:
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1
        self._connection = connection
        self._rows: Sequence[Any] = ()

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Any = ()) -> "Cursor":
        """One statement."""
        return self._keep(await self._connection.run("execute", sql, parameters))

    async def executemany(self, sql: str, parameters: Any) -> "Cursor":
        """One statement with many rows."""
        return self._keep(await self._connection.run("executemany", sql, parameters))

    async def fetchall(self) -> Sequence[Any]:
        """What came back; it came with the statement."""
        rows, self._rows = self._rows, ()
        return rows

    async def close(self) -> None:
        """Nothing is open."""

    def _keep(self, outcome: Outcome) -> "Cursor":
        self.description, self._rows, self.rowcount, self.lastrowid = outcome
        return self
