"""The store: two ways in, `read` and `write`, and the transaction that both give."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from fedivoisin.store.engine import AsyncConnection, AsyncEngine, create_async_engine
from fedivoisin.store.sqlite import opener

P = ParamSpec("P")
T = TypeVar("T")
Queue = Literal["effects", "inbox", "delivery", "lookups", "mail", "pictures", "door"]
"""What a worker can wait for. `door` is none: it says that what is remembered of keys and blocks is old."""

SERIALIZATION_FAILURES = frozenset({"40001", "40P01"})
MAX_TRIES = 20
PATIENCE = 2
"""Failed tries after which a write asks for its turn: where many write the same row, most would else fail for ever."""
# LOCK fixes no snapshot, unlike a SELECT of an advisory lock: what follows sees what the one before has committed.
# Any table that is seldom written will do.
TURN = "LOCK TABLE neighbourhood IN SHARE ROW EXCLUSIVE MODE"
# Tasks begun within a write inherit it: they too would wait for a writer that waits for them.
_is_writing: ContextVar[bool] = ContextVar("is_writing", default=False)


class Nested(RuntimeError):
    """A transaction was opened within a write: on SQLite it would wait for itself, and a read would see the past."""


class CannotOpen(Exception):
    """The database does not answer, or its address means nothing; the message is the driver's."""


@dataclass(frozen=True, slots=True)
class Tx:
    """One transaction: one moment, one snapshot. Everything that happens in it happens at `now`."""

    conn: AsyncConnection
    now: datetime
    new_id: Callable[[], str]
    filled: set[Queue] = field(default_factory=set[Queue])
    """Queues that have something new once this commits: whoever adds a row says so, and only its worker wakes."""

    @property
    def is_postgres(self) -> bool:
        """Whether the statement at hand needs PostgreSQL's form."""
        return self.conn.dialect.name == "postgresql"


@dataclass(slots=True)
class Bell:
    """Rung after each commit of this process, so that workers need not wait for their next look."""

    changes: int = 0
    """How often what stands at the door was changed by this process."""
    _any: asyncio.Event = field(default_factory=asyncio.Event)
    _by_queue: dict[Queue, asyncio.Event] = field(default_factory=dict[Queue, asyncio.Event])

    def ring(self, filled: Collection[Queue] = ()) -> None:
        """Wake all who wait for anything, and those who wait for one of these queues."""
        self.changes += "door" in filled
        self._any.set()
        self._any = asyncio.Event()
        for queue in filled:
            if (waiting := self._by_queue.pop(queue, None)) is not None:
                waiting.set()

    async def wait(self, seconds: float) -> None:
        """Return at the next ring, or after `seconds`: another process may have written."""
        await self.listen()(seconds)

    def listen(self, queue: Queue | None = None) -> Callable[[float], Awaitable[None]]:
        """A wait that begins now, for one queue or for anything: what rings meanwhile is not missed."""
        rung = self._any if queue is None else self._by_queue.setdefault(queue, asyncio.Event())

        async def wait(seconds: float) -> None:
            # Not `wait_for`: on Python 3.11 it swallows a cancellation that comes with the ring, and a stop is lost.
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await rung.wait()

        return wait


@dataclass(frozen=True, slots=True)
class Store:
    """Reads see one snapshot; writes behave as if each were alone, on SQLite and on PostgreSQL."""

    reader: AsyncEngine
    writer: AsyncEngine
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    bell: Bell

    @classmethod
    def open(cls, url: str, *, now: Callable[[], datetime], new_id: Callable[[], str]) -> "Store":
        """`url` is a SQLAlchemy URL without a driver: `sqlite:///path` or `postgresql://…`. Raises CannotOpen."""
        try:
            parsed = make_url(url)
            reader, writer = _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _postgres(parsed)
        except (ArgumentError, ValueError, OSError) as error:
            raise CannotOpen(str(error)) from error
        return cls(reader, writer, now, new_id, Bell())

    async def knock(self) -> None:
        """Raise CannotOpen unless the database answers."""
        try:
            async with self.writer.connect():
                return
        except (OSError, DBAPIError) as error:
            raise CannotOpen(str(getattr(error, "orig", error))) from error

    @property
    def is_alone(self) -> bool:
        """Whether one process alone uses this database, as with SQLite."""
        return self.writer.dialect.name == "sqlite"

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Tx]:
        """One read-only snapshot. Raises Nested within a write."""
        _refuse_nesting()
        async with self.reader.connect() as conn, conn.begin():
            yield Tx(conn, self.now(), self.new_id)

    async def write(self, work: Callable[Concatenate[Tx, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work(tx, …)` in one serialisable transaction. It may run twice: it must not touch the world.

        Raises Nested within another write, at once.
        """
        for attempt in range(MAX_TRIES):
            try:
                bound = _in_turn(work) if attempt >= PATIENCE else work
                result, filled = await self._run("SERIALIZABLE", bound, *args, **kwargs)
            except DBAPIError as error:
                if not _is_serialization_failure(error) or attempt == MAX_TRIES - 1:
                    raise
                await asyncio.sleep(0.002 * attempt)
            else:
                self.bell.ring(filled)
                return result
        raise AssertionError("unreachable")

    async def append(self, work: Callable[Concatenate[Tx, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Like `write`, READ COMMITTED: for queue claims and rows that a unique key guards (no false conflicts)."""
        result, filled = await self._run("READ COMMITTED", work, *args, **kwargs)
        self.bell.ring(filled)
        return result

    async def take(self, work: Callable[Concatenate[Tx, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Like `append`, for claims: no bell, since nothing is new."""
        result, _ = await self._run("READ COMMITTED", work, *args, **kwargs)
        return result

    async def _run(
        self, isolation: str, work: Callable[Concatenate[Tx, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> tuple[T, set[Queue]]:
        with _writing():
            async with self.writer.connect() as conn:
                if conn.dialect.name == "postgresql":
                    await conn.execution_options(isolation_level=isolation)
                tx = Tx(conn, self.now(), self.new_id)
                async with conn.begin():
                    result = await work(tx, *args, **kwargs)
                return result, tx.filled

    async def close(self) -> None:
        """Give the connections back."""
        await self.reader.dispose()
        await self.writer.dispose()


@contextmanager
def _writing() -> Generator[None]:
    _refuse_nesting()
    token = _is_writing.set(True)
    try:
        yield
    finally:
        _is_writing.reset(token)


def _in_turn(work: Callable[Concatenate[Tx, P], Awaitable[T]]) -> Callable[Concatenate[Tx, P], Awaitable[T]]:
    async def wait_first(tx: Tx, /, *args: P.args, **kwargs: P.kwargs) -> T:
        await tx.conn.exec_driver_sql(TURN)
        return await work(tx, *args, **kwargs)

    return wait_first


def _refuse_nesting() -> None:
    if _is_writing.get():
        raise Nested("a transaction within a write: do it before, after, or in the same one")


def _is_serialization_failure(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) in SERIALIZATION_FAILURES


# An error ends in the log: the values beside it would be people's words, their addresses, the hashes of passwords.
def _postgres(url: URL) -> tuple[AsyncEngine, AsyncEngine]:
    target = url.set(drivername="postgresql+asyncpg")
    # Two pools: writes that wait for their turn must not keep readers out.
    writer = create_async_engine(target, hide_parameters=True, pool_size=5, max_overflow=5)
    reader = create_async_engine(target, hide_parameters=True, pool_size=5, max_overflow=10)
    return reader.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True), writer


def _sqlite(url: URL) -> tuple[AsyncEngine, AsyncEngine]:
    # One writer connection: its pool is the queue, so that `BEGIN IMMEDIATE` never meets itself.
    if not url.database:
        raise ValueError("sqlite:/// needs the path of a file")
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    target = url.set(drivername="sqlite+aiosqlite")
    opened = opener(url.database)
    writer = create_async_engine(
        target, hide_parameters=True, async_creator=opened, pool_size=1, max_overflow=0, pool_timeout=30
    )
    reader = create_async_engine(target, hide_parameters=True, async_creator=opened, pool_size=5, max_overflow=5)
    _prepare(writer, "BEGIN IMMEDIATE", ("PRAGMA synchronous=FULL", "PRAGMA cache_size=-1024"))
    # SQLite's own cache is each connection's, 2 MB by default; the system's cache of the file serves them all.
    _prepare(reader, "BEGIN", ("PRAGMA query_only=ON", "PRAGMA cache_size=-256"))
    return reader, writer


def _prepare(engine: AsyncEngine, begin: str, pragmas: tuple[str, ...]) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in ("PRAGMA busy_timeout=10000", "PRAGMA journal_mode=WAL", "PRAGMA foreign_keys=ON", *pragmas):
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    _ = on_connect, on_begin
