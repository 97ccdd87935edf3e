"""The store: two ways in, `read` and `write`, and the transaction that both give."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Generator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, Protocol, TypeVar, cast

from sqlalchemy import URL, Executable, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from fedivoisin.store.sqlite import Here, Sqlite, Undone

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

P = ParamSpec("P")
T = TypeVar("T")
Queue = Literal["effects", "inbox", "delivery", "lookups", "mail", "pictures", "door"]
"""What a worker can wait for. `door` is none: it says that what is remembered of keys and blocks is old."""

SERIALIZATION_FAILURES = frozenset({"40001", "40P01"})
MAX_TRIES = 20
PATIENCE = 2
"""Failed tries after which a write asks to be alone: where many write side by side, some would else fail for ever."""
# LOCK fixes no snapshot, unlike a SELECT of an advisory lock: what follows sees what the one before has committed.
# Any table that is seldom written will do. The first mode goes with itself, the second with neither: it waits for the
# writes that are under way, and those that come wait for it.
BESIDE = "LOCK TABLE neighbourhood IN ROW EXCLUSIVE MODE"
ALONE = "LOCK TABLE neighbourhood IN SHARE ROW EXCLUSIVE MODE"
# Tasks begun within a write inherit it: they too would wait for a writer that waits for them.
_is_writing: ContextVar[bool] = ContextVar("is_writing", default=False)
_is_reading: ContextVar[bool] = ContextVar("is_reading", default=False)


class Nested(RuntimeError):
    """A transaction was opened within a write: on SQLite it would wait for itself, and a read would see the past.

    Or a read within a read: those who hold one and wait for a second could wait for each other for ever.
    """


class CannotOpen(Exception):
    """The database does not answer, or its address means nothing; the message is the driver's."""


@dataclass(frozen=True, slots=True)
class Tx:
    """One transaction: one moment, one snapshot. Everything that happens in it happens at `now`."""

    conn: "AsyncConnection"
    """On SQLite something that does as much of it as is used here (`store.sqlite`)."""
    now: datetime
    new_id: Callable[[], str]
    filled: set[Queue] = field(default_factory=set[Queue])
    """Queues that have something new once this commits: whoever adds a row says so, and only its worker wakes."""
    known: dict[str, Any] = field(default_factory=dict[str, Any])
    """What many ask, and what stays true until the end unless this very transaction changes it."""

    @property
    def is_postgres(self) -> bool:
        """Whether the statement at hand needs PostgreSQL's form."""
        return self.conn.dialect.name == "postgresql"

    async def rows(self, statement: Executable, **values: Any) -> Sequence[Sequence[Any]]:
        """The rows of a statement that a module keeps: on SQLite it is compiled once and said to the driver itself.

        Its values are `bindparam`s, all given, each time under the same names.
        """
        if self.is_postgres:
            result = await self.conn.execute(statement, values)
            return result.all() if result.returns_rows else ()
        found: Sequence[Sequence[Any]] = await cast("Here", self.conn).rows(statement, values)
        return found

    async def many(self, statement: Executable, several: Sequence[Mapping[str, Any]]) -> None:
        """The same once for each of several values, of which there is one at least; no rows come back."""
        if self.is_postgres:
            await self.conn.execute(statement, several)
        else:
            await cast("Here", self.conn).many(statement, several)

    def savepoint(self) -> AbstractAsyncContextManager[object]:
        """A block that is undone alone when it raises."""
        return self.conn.begin_nested()


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


class Database(Protocol):
    """What differs between SQLite and PostgreSQL."""

    name: str

    async def run(self, work: "Callable[[AsyncConnection], Awaitable[T]]", *, isolation: str) -> T:
        """Carry `work` out in one transaction of its own."""
        ...

    def read(self) -> "AbstractAsyncContextManager[AsyncConnection]":
        """A connection that sees one snapshot."""
        ...

    async def knock(self) -> None:
        """Connect, or fail as the driver does."""
        ...

    async def close(self) -> None:
        """Give the connections back."""
        ...


@dataclass(frozen=True, slots=True)
class Store:
    """Reads see one snapshot; writes behave as if each were alone, on SQLite and on PostgreSQL."""

    database: Database
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    bell: Bell

    @classmethod
    def open(cls, url: str, *, now: Callable[[], datetime], new_id: Callable[[], str], holder: str = "") -> "Store":
        """`url` is a SQLAlchemy URL without a driver: `sqlite:///path` or `postgresql://…`. Raises CannotOpen.

        `holder` is this process's own name, by which others know what it had claimed when it died (`store.claims`).
        """
        try:
            parsed = make_url(url)
            database = _database(parsed, holder)
        except (ArgumentError, ValueError, OSError) as error:
            raise CannotOpen(str(error)) from error
        return cls(database, now, new_id, Bell())

    async def knock(self) -> None:
        """Raise CannotOpen unless the database answers."""
        try:
            await self.database.knock()
        except (OSError, DBAPIError) as error:
            raise CannotOpen(str(getattr(error, "orig", error))) from error

    @property
    def is_alone(self) -> bool:
        """Whether one process alone uses this database, as with SQLite."""
        return self.database.name == "sqlite"

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Tx]:
        """One read-only snapshot. Raises Nested within a write or another read: a few at a time are all there are."""
        with _within(_is_reading):
            async with self.database.read() as conn:
                yield Tx(conn, self.now(), self.new_id)

    async def write(self, work: Callable[Concatenate[Tx, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work(tx, …)` in one serialisable transaction. It may run twice: it must not touch the world.

        It may wait for its database alone: raises Waited on SQLite, and Nested within another write, at once.
        """
        for attempt in range(MAX_TRIES):
            try:
                bound = work if self.is_alone else _behind(ALONE if attempt >= PATIENCE else BESIDE, work)
                result, filled = await self._run("SERIALIZABLE", bound, *args, **kwargs)
            except DBAPIError as error:
                await _before_another_try(error, attempt)
            else:
                self.bell.ring(filled)
                return result
        raise AssertionError("unreachable")

    async def append(self, work: Callable[Concatenate[Tx, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Like `write`, READ COMMITTED: for queue claims and rows that a unique key guards (no false conflicts)."""
        for attempt in range(MAX_TRIES):
            try:
                result, filled = await self._run("READ COMMITTED", work, *args, **kwargs)
            except DBAPIError as error:  # two that write the same rows in another order
                await _before_another_try(error, attempt)
            else:
                self.bell.ring(filled)
                return result
        raise AssertionError("unreachable")

    async def take(self, work: Callable[Concatenate[Tx, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Like `append`, for claims: no bell, since nothing is new."""
        result, _ = await self._run("READ COMMITTED", work, *args, **kwargs)
        return result

    async def _run(
        self, isolation: str, work: Callable[Concatenate[Tx, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> tuple[T, set[Queue]]:
        filled: set[Queue] = set()

        async def within(conn: "AsyncConnection") -> T:
            return await work(Tx(conn, self.now(), self.new_id, filled), *args, **kwargs)

        with _within(_is_writing):
            return await self.database.run(within, isolation=isolation), filled

    async def close(self) -> None:
        """Give the connections back."""
        await self.database.close()


@contextmanager
def _within(transaction: ContextVar[bool]) -> Generator[None]:
    if _is_writing.get() or (transaction is _is_reading and _is_reading.get()):
        raise Nested("a transaction within another: do it before, after, or in the same one")
    token = transaction.set(True)
    try:
        yield
    finally:
        transaction.reset(token)


def _behind(lock: str, work: Callable[Concatenate[Tx, P], Awaitable[T]]) -> Callable[Concatenate[Tx, P], Awaitable[T]]:
    async def wait_first(tx: Tx, /, *args: P.args, **kwargs: P.kwargs) -> T:
        await tx.conn.exec_driver_sql(lock)
        return await work(tx, *args, **kwargs)

    return wait_first


async def _before_another_try(error: DBAPIError, attempt: int) -> None:
    """Wait a moment, longer each time. Raises `error` where it is no conflict, or the last try."""
    if not is_conflict(error) or attempt == MAX_TRIES - 1:
        raise error
    await asyncio.sleep(0.002 * attempt)


def is_conflict(error: Exception) -> bool:
    """Whether another transaction was in the way: this one is lost as a whole, and may go well when tried again."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in SERIALIZATION_FAILURES


def is_lost(error: Exception) -> bool:
    """Whether the whole transaction is lost, and not only the savepoint in which this was raised: what went well before
    did not happen, and must not be noted as done.
    """
    return is_conflict(error) or isinstance(error, Undone)


def _database(url: URL, holder: str) -> Database:
    if url.get_backend_name() == "sqlite":
        return Sqlite(url)
    # Its driver and SQLAlchemy's asyncio are 10 MB that an instance on a file does without.
    from fedivoisin.store.postgres import Postgres

    return Postgres(url, holder)
