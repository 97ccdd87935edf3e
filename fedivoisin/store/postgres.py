"""PostgreSQL: two pools, so that writes that wait for their turn do not keep readers out."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy import URL

from fedivoisin.store.engine import AsyncConnection, create_async_engine

T = TypeVar("T")


class Postgres:
    """One database, shared with other processes."""

    name = "postgresql"

    def __init__(self, url: URL, holder: str = "") -> None:
        target = url.set(drivername="postgresql+asyncpg")
        # The server shows it to all as long as a connection lives: who holds which claims (`store.claims`).
        named = {"server_settings": {"application_name": f"fedivoisin {holder}".strip()}}
        # An error ends in the log: the values beside it would be people's words, addresses, hashes of passwords.
        shared = {"hide_parameters": True, "connect_args": named, "pool_size": 5}
        # SERIALIZABLE notes what was read, and a table scanned whole is noted whole: then any two writes collide.
        writing = {**shared, "connect_args": {"server_settings": {**named["server_settings"], "enable_seqscan": "off"}}}
        self._writer = create_async_engine(target, **writing, max_overflow=5)
        reader = create_async_engine(target, **shared, max_overflow=10)
        self._reader = reader.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    async def run(self, work: Callable[[AsyncConnection], Awaitable[T]], *, isolation: str) -> T:
        """Carry `work` out in one transaction of its own."""
        async with self._writer.connect() as connection:
            await connection.execution_options(isolation_level=isolation)
            async with connection.begin():
                return await work(connection)

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        """One snapshot, from the first statement on."""
        async with self._reader.connect() as connection, connection.begin():
            yield connection

    async def knock(self) -> None:
        """Connect, or fail as the driver does."""
        async with self._writer.connect():
            return

    async def close(self) -> None:
        """Give the connections back."""
        await self._reader.dispose()
        await self._writer.dispose()
