"""SQLite: a write is one trip to the writer's thread, whatever it says there; a read goes out with each statement."""

import asyncio
import contextvars
import sqlite3
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import URL, Connection, Dialect, Engine, Executable, QueuePool, create_engine, event

from fedivoisin.store.prepared import Repertoire, say
from fedivoisin.store.turnstile import Turnstile

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")

READERS = 4
"""Threads, and so reads at a time: each is a fraction of a millisecond at its statements."""
_PRAGMAS = ("PRAGMA busy_timeout=10000", "PRAGMA journal_mode=WAL", "PRAGMA foreign_keys=ON")
_WRITING = ("PRAGMA synchronous=FULL", "PRAGMA cache_size=-1024")
# SQLite's own cache is each connection's, 2 MB by default; the system's cache of the file serves them all.
_READING = ("PRAGMA query_only=ON", "PRAGMA cache_size=-256")


class Waited(RuntimeError):
    """A write waited for something else than its database: everybody else would have waited with it."""


class Undone(RuntimeError):
    """SQLite gave up the whole transaction in the middle, as it does when the disk is full: nothing of it stands."""


class Sqlite:
    """One file: one connection that writes, a few that read."""

    name = "sqlite"

    def __init__(self, url: URL) -> None:
        if not url.database:
            raise ValueError("sqlite:/// needs the path of a file")
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        self._writer = _engine(url.database, _WRITING, sqlite3.Connection, 1)
        self._reader = _engine(url.database, _READING, _Fetching, READERS)
        event.listen(self._reader, "begin", _begin)
        # The one thread is the queue of the writes, so that `BEGIN IMMEDIATE` never meets itself.
        self._writing = ThreadPoolExecutor(1, "sqlite-writer")
        self._reading = ThreadPoolExecutor(READERS, "sqlite-reader")
        self._turnstile = Turnstile(Path(url.database))
        self._places = asyncio.Semaphore(READERS)
        self._repertoire = Repertoire(self._writer.dialect)
        self._here: Here | None = None

    async def run(self, work: "Callable[[AsyncConnection], Awaitable[T]]", *, isolation: str) -> T:
        """Carry `work` out in one transaction of its own, in the writer's thread. Raises Waited."""
        _ = isolation  # whoever is alone needs none
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writing, lambda: context.run(lambda: self._transact(work)))

    def _transact(self, work: "Callable[[AsyncConnection], Awaitable[T]]") -> T:
        here = self._open()
        with self._turnstile.turn(), here.transaction():
            return _finish(cast("Coroutine[Any, Any, T]", work(cast("AsyncConnection", here))))

    def _open(self) -> "Here":
        if self._here is None:
            self._here = Here(self._writer.connect(), self._repertoire)
        return self._here

    @asynccontextmanager
    async def read(self) -> "AsyncGenerator[AsyncConnection]":
        """One snapshot, from the first statement on."""
        async with self._places:
            there = There(self._reader, self._reading, self._repertoire)
            try:
                yield cast("AsyncConnection", there)
            finally:
                there.leave()

    async def knock(self) -> None:
        """Open the file, or fail as it does."""
        await asyncio.get_running_loop().run_in_executor(self._writing, self._open)

    async def close(self) -> None:
        """After what is under way."""
        await asyncio.get_running_loop().run_in_executor(self._reading, self._reader.dispose)
        await asyncio.get_running_loop().run_in_executor(self._writing, self._end)
        for threads in (self._writing, self._reading):
            threads.shutdown(wait=False)

    def _end(self) -> None:
        if self._here is not None:
            self._here.close()
            self._here = None
        self._writer.dispose()
        self._turnstile.close()


class Here:
    """What actions use of an `AsyncConnection`, in the thread that they run in: nothing of it ever waits.

    It is opened once. To SQLAlchemy all that is ever written is one transaction, which it neither begins nor ends.
    """

    def __init__(self, connection: Connection, repertoire: Repertoire) -> None:
        self._connection = connection
        self._driver = cast(sqlite3.Connection, connection.connection.driver_connection)
        self._repertoire = repertoire
        # Says nothing to SQLite. Without it a first statement that fails would have SQLAlchemy roll back what is ours.
        connection.begin()

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All of it, or nothing. Raises DBAPIError where the disk or another process is in the way, and Undone."""
        say(self._driver, "BEGIN IMMEDIATE")
        try:
            yield
            self._check()
            say(self._driver, "COMMIT")
        except BaseException:
            if self._driver.in_transaction:
                say(self._driver, "ROLLBACK")
            raise

    def _check(self) -> None:
        # Whoever swallows the error with which SQLite gave up must not go on: each statement would then stand alone.
        if not self._driver.in_transaction:
            raise Undone

    def close(self) -> None:
        """After the last transaction."""
        self._connection.close()

    @property
    def dialect(self) -> Dialect:
        """Whose SQL this is."""
        return self._connection.dialect

    async def execute(self, statement: Any, parameters: Any = None) -> Any:
        """One statement. Raises Undone, as all of these do, where nothing of the transaction stands any more."""
        self._check()
        return self._connection.execute(statement, parameters)

    async def rows(self, statement: Executable, values: Mapping[str, Any]) -> list[Sequence[Any]]:
        """Of a statement that is kept ready."""
        self._check()
        return self._repertoire.run(self._driver, statement, values)

    async def many(self, statement: Executable, several: Sequence[Mapping[str, Any]]) -> None:
        """The same once for each of several values; what it answers is passed over."""
        self._check()
        self._repertoire.run_many(self._driver, statement, several)

    async def scalar(self, statement: Any, parameters: Any = None) -> Any:
        """The first column of its first row."""
        self._check()
        return self._connection.scalar(statement, parameters)

    async def scalars(self, statement: Any, parameters: Any = None) -> Any:
        """The first column of its rows."""
        self._check()
        return self._connection.scalars(statement, parameters)

    async def exec_driver_sql(self, statement: str) -> Any:
        """SQL as it is."""
        self._check()
        return self._connection.exec_driver_sql(statement)

    async def run_sync(self, work: Callable[..., T], *arguments: Any) -> T:
        """What only knows a connection that does not wait."""
        self._check()
        return work(self._connection, *arguments)

    @asynccontextmanager
    async def begin_nested(self) -> AsyncGenerator[None]:
        """A savepoint: what fails in the block is undone, the rest of the transaction stands. Raises Undone."""
        self._check()
        # Said to the driver itself: an activity of another server gets one, and SQLAlchemy would take longer for it.
        say(self._driver, "SAVEPOINT block")
        try:
            yield
            self._check()
        except BaseException as error:
            if not self._driver.in_transaction:
                raise Undone from error
            say(self._driver, "ROLLBACK TO block")
            say(self._driver, "RELEASE block")
            raise
        say(self._driver, "RELEASE block")


class There:
    """The same for a read: each statement runs in a thread of the readers', and comes back with all its rows."""

    def __init__(self, engine: Engine, threads: ThreadPoolExecutor, repertoire: Repertoire) -> None:
        self._engine = engine
        self._threads = threads
        self._repertoire = repertoire
        self._connection: Connection | None = None
        self._under_way: Future[Any] | None = None

    @property
    def dialect(self) -> Dialect:
        """Whose SQL this is."""
        return self._engine.dialect

    async def execute(self, statement: Any, parameters: Any = None) -> Any:
        """One statement."""
        return await self.run_sync(Connection.execute, statement, parameters)

    async def rows(self, statement: Executable, values: Mapping[str, Any]) -> list[Sequence[Any]]:
        """Of a statement that is kept ready."""
        return await self.run_sync(self._say, statement, values)

    async def scalar(self, statement: Any, parameters: Any = None) -> Any:
        """The first column of its first row."""
        return await self.run_sync(Connection.scalar, statement, parameters)

    async def scalars(self, statement: Any, parameters: Any = None) -> Any:
        """The first column of its rows."""
        return await self.run_sync(Connection.scalars, statement, parameters)

    async def exec_driver_sql(self, statement: str) -> Any:
        """SQL as it is."""
        return await self.run_sync(Connection.exec_driver_sql, statement)

    async def run_sync(self, work: Callable[..., T], *arguments: Any) -> T:
        """In the thread."""
        self._under_way = self._threads.submit(self._run, work, arguments)
        return cast(T, await asyncio.wrap_future(self._under_way))

    def _say(self, connection: Connection, statement: Executable, values: Mapping[str, Any]) -> list[Sequence[Any]]:
        if not connection.in_transaction():
            connection.begin()
        driver = cast(sqlite3.Connection, connection.connection.driver_connection)
        return self._repertoire.run(driver, statement, values)

    def _run(self, work: Callable[..., T], arguments: Sequence[Any]) -> T:
        if self._connection is None:
            self._connection = self._engine.connect()
        return work(self._connection, *arguments)

    def leave(self) -> None:
        """Let go of the snapshot; a statement that nobody waits for any more ends first."""
        if self._under_way is None:
            return
        if self._under_way.done():
            self._close()
        else:
            self._under_way.add_done_callback(lambda _: self._close())

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()


class _Fetched(sqlite3.Cursor):
    """Has its rows as soon as its statement has run: whoever asks for them is in another thread, and must not wait."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._rows: deque[Any] = deque()

    def execute(self, sql: str, parameters: Any = ()) -> "_Fetched":
        super().execute(sql, parameters)
        self._rows = deque(super().fetchall() if self.description else ())
        return self

    def fetchone(self) -> Any:
        return self._rows.popleft() if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        wanted = min(self.arraysize if size is None else size, len(self._rows))
        return [self._rows.popleft() for _ in range(wanted)]

    def fetchall(self) -> list[Any]:
        rows, self._rows = list(self._rows), deque()
        return rows


class _Fetching(sqlite3.Connection):
    def cursor(self, factory: Any = _Fetched) -> Any:
        return super().cursor(factory)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _engine(path: str, pragmas: Iterable[str], kind: type[sqlite3.Connection], size: int) -> Engine:
    def connect() -> sqlite3.Connection:
        # We say BEGIN ourselves; a connection is used by one thread at a time, not always by the same.
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=kind)
        for pragma in (*_PRAGMAS, *pragmas):
            connection.execute(pragma)
        return connection

    # An error ends in the log: the values beside it would be people's words, addresses, hashes of passwords.
    return create_engine(
        "sqlite://", creator=connect, hide_parameters=True, poolclass=QueuePool, pool_size=size, max_overflow=0
    )


def _finish(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end what never has to wait."""
    try:
        work.send(None)
    except StopIteration as end:
        return cast(T, end.value)
    work.close()
    raise Waited
