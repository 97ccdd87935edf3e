"""A write behaves as if it were alone, a read sees one moment, on both databases."""

import asyncio
import threading
from contextlib import suppress

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from fedivoisin.store.db import MAX_TRIES, CannotOpen, Nested, Store, Tx
from fedivoisin.store.sqlite import READERS, Waited
from tests.fakes import FakeWorld

shelf = MetaData()
counter = Table(
    "test_counter",
    shelf,
    Column("name", String(16), primary_key=True),
    Column("value", Integer, nullable=False),
)
WRITES = 1000
AT_ONCE = 100


@pytest.fixture
async def counting(store: Store) -> Store:
    async def prepare(tx: Tx) -> None:
        await tx.conn.run_sync(shelf.create_all)
        await tx.conn.execute(insert(counter), [{"name": name, "value": 0} for name in ("left", "right")])

    await store.write(prepare)
    return store


async def test_a_thousand_concurrent_increments_lose_nothing(counting: Store) -> None:
    async def some(count: int) -> None:
        for _ in range(count):
            await counting.write(_increment, "left")

    await asyncio.gather(*(some(WRITES // AT_ONCE) for _ in range(AT_ONCE)))
    assert await _value(counting, "left") == WRITES


async def test_writes_of_two_processes_lose_nothing(counting: Store, database_url: str, world: FakeWorld) -> None:
    other = Store.open(database_url, now=world.now, new_id=world.new_id)
    try:
        await asyncio.gather(*(one.write(_increment, "left") for _ in range(100) for one in (counting, other)))
    finally:
        await other.close()
    assert await _value(counting, "left") == 200


async def test_two_writes_cannot_both_act_on_what_neither_sees_of_the_other(counting: Store) -> None:
    # Write skew: each may take the last place only if the other has not; alone on their rows, both would.
    both_have_looked = asyncio.Barrier(2)
    tries: list[str] = []

    async def take_if_free(tx: Tx, mine: str, other: str) -> None:
        tries.append(mine)
        is_free = await tx.conn.scalar(select(counter.c.value).where(counter.c.name == other)) == 0
        if tx.is_postgres and len(tries) <= 2:
            await both_have_looked.wait()
        if is_free:
            await tx.conn.execute(update(counter).where(counter.c.name == mine).values(value=1))

    await asyncio.gather(counting.write(take_if_free, "left", "right"), counting.write(take_if_free, "right", "left"))
    assert await _value(counting, "left") + await _value(counting, "right") == 1
    assert len(tries) == (3 if _is_postgres(counting) else 2)


async def test_what_fails_each_time_is_raised_at_last(counting: Store) -> None:
    if not _is_postgres(counting):
        return
    looked: asyncio.Queue[asyncio.Event] = asyncio.Queue()

    async def rival() -> None:
        while True:
            overtaken = await looked.get()
            await counting.append(_increment, "left")  # a write would wait: the fourth try is alone
            overtaken.set()

    async def always_late(tx: Tx) -> None:
        await tx.conn.scalar(select(counter.c.value).where(counter.c.name == "left"))
        await looked.put(overtaken := asyncio.Event())
        await overtaken.wait()
        await tx.conn.execute(update(counter).where(counter.c.name == "left").values(value=-1))

    faster = asyncio.create_task(rival())
    with pytest.raises(DBAPIError, match="could not serialize"):
        await counting.write(always_late)
    faster.cancel()
    assert await _value(counting, "left") == MAX_TRIES


async def test_a_failure_that_is_no_conflict_is_not_tried_again(counting: Store) -> None:
    tries = 0

    async def insert_twice(tx: Tx) -> None:
        nonlocal tries
        tries += 1
        await tx.conn.execute(insert(counter).values(name="left", value=1))

    with pytest.raises(IntegrityError):
        await counting.write(insert_twice)
    assert tries == 1


async def test_an_error_does_not_say_what_was_asked_with(counting: Store) -> None:
    """It ends in the log: addresses, words, hashes of passwords stay out of it."""
    with pytest.raises(DBAPIError) as failure:
        async with counting.read() as tx:
            await tx.conn.execute(text("SELECT * FROM nowhere WHERE email = :email"), {"email": "awa@example.org"})
    assert "awa@example.org" not in str(failure.value)


@pytest.mark.parametrize("way", ["write", "append", "take"])
async def test_a_write_that_raises_leaves_nothing(counting: Store, way: str) -> None:
    async def fail(tx: Tx) -> None:
        await _increment(tx, "left")
        raise LookupError("no")

    with pytest.raises(LookupError):
        await getattr(counting, way)(fail)
    assert await _value(counting, "left") == 0
    await counting.write(_increment, "left")
    assert await _value(counting, "left") == 1


async def test_a_cancelled_write_leaves_nothing_and_hinders_nobody(counting: Store) -> None:
    if not _is_postgres(counting):
        return
    begun = asyncio.Event()

    async def hang(tx: Tx) -> None:
        await _increment(tx, "left")
        begun.set()
        await asyncio.Event().wait()

    hanging = asyncio.create_task(counting.write(hang))
    await begun.wait()
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging
    await asyncio.wait_for(counting.write(_increment, "left"), 5)
    assert await _value(counting, "left") == 1


async def test_a_write_that_waits_for_the_world_is_refused_where_all_would_wait_with_it(counting: Store) -> None:
    if _is_postgres(counting):
        return

    async def wait(tx: Tx) -> None:
        await _increment(tx, "left")
        await asyncio.sleep(0)

    with pytest.raises(Waited):
        await counting.write(wait)
    await counting.write(_increment, "left")
    assert await _value(counting, "left") == 1


async def test_a_write_on_sqlite_that_nobody_waits_for_any_more_is_whole_all_the_same(counting: Store) -> None:
    if _is_postgres(counting):
        return
    begun, may_end = threading.Event(), threading.Event()
    left = asyncio.create_task(counting.write(_increment_slowly, begun, may_end))
    await asyncio.to_thread(begun.wait, 5)
    left.cancel()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await left
    await counting.write(_increment, "left")
    assert await _value(counting, "left") == 2


async def test_a_read_beside_a_long_write_neither_waits_nor_sees_it(counting: Store) -> None:
    begun, may_end = threading.Event(), threading.Event()
    writing = asyncio.create_task(counting.write(_increment_slowly, begun, may_end))
    await asyncio.to_thread(begun.wait, 5)
    assert await asyncio.wait_for(_value(counting, "left"), 5) == 0
    may_end.set()
    await writing
    assert await _value(counting, "left") == 1


async def test_a_read_that_nobody_waits_for_any_more_hinders_nobody(counting: Store) -> None:
    if _is_postgres(counting):
        return
    begun, may_end = threading.Event(), threading.Event()

    def hang(_connection: object) -> None:
        begun.set()
        may_end.wait(5)

    async def read() -> None:
        async with counting.read() as tx:
            await tx.conn.run_sync(hang)

    reading = [asyncio.create_task(read()) for _ in range(READERS + 2)]
    await asyncio.to_thread(begun.wait, 5)
    for one in reading:
        one.cancel()
    await asyncio.gather(*reading, return_exceptions=True)
    may_end.set()
    values = await asyncio.gather(*(_value(counting, "left") for _ in range(READERS * 3)))
    assert set(values) == {0}


async def test_a_savepoint_that_fails_takes_nothing_else_with_it(counting: Store) -> None:
    async def partly(tx: Tx) -> None:
        await _increment(tx, "left")
        with suppress(LookupError):
            async with tx.savepoint():
                await _increment(tx, "right")
                raise LookupError
        async with tx.savepoint():
            await _increment(tx, "left")

    await counting.write(partly)
    assert (await _value(counting, "left"), await _value(counting, "right")) == (2, 0)


async def test_a_read_sees_one_moment_to_its_end(counting: Store) -> None:
    async with counting.read() as tx:
        before = await tx.conn.scalar(select(counter.c.value).where(counter.c.name == "left"))
        await counting.write(_increment, "left")
        assert await tx.conn.scalar(select(counter.c.value).where(counter.c.name == "left")) == before
    assert await _value(counting, "left") == 1


async def test_a_read_cannot_write(counting: Store) -> None:
    with pytest.raises(DBAPIError):
        async with counting.read() as tx:
            await _increment(tx, "left")
    assert await _value(counting, "left") == 0


@pytest.mark.parametrize("outer", ["write", "append", "take"])
@pytest.mark.parametrize("inner", ["write", "append", "take"])
async def test_a_write_within_a_write_is_an_error_at_once(counting: Store, outer: str, inner: str) -> None:
    async def nest(_tx: Tx) -> None:
        await getattr(counting, inner)(_increment, "left")

    with pytest.raises(Nested):
        await asyncio.wait_for(getattr(counting, outer)(nest), 5)
    await counting.write(_increment, "left")
    assert await _value(counting, "left") == 1


async def test_a_read_within_a_write_is_an_error_too(counting: Store) -> None:
    # It would not see what the write has just written.
    async def nest(_tx: Tx) -> int:
        return await _value(counting, "left")

    with pytest.raises(Nested):
        await counting.write(nest)


async def test_a_read_within_a_read_is_an_error_rather_than_a_wait_for_ever(counting: Store) -> None:
    with pytest.raises(Nested):
        async with counting.read():
            await _value(counting, "left")
    assert await _value(counting, "left") == 0


async def test_a_task_begun_within_a_write_may_not_write_beside_it(counting: Store) -> None:
    if not _is_postgres(counting):
        return  # no task can be begun there: the write has a thread to itself

    async def nest(_tx: Tx) -> None:
        await asyncio.create_task(_behind_its_back(counting))

    with pytest.raises(Nested):
        await asyncio.wait_for(counting.write(nest), 5)


async def test_an_append_works_beside_another_without_conflict(counting: Store) -> None:
    # READ COMMITTED: the second sees what the first committed meanwhile, where SERIALIZABLE would begin anew.
    tries = 0

    async def count_and_add(tx: Tx) -> None:
        nonlocal tries
        tries += 1
        await _increment_in_place(tx)

    await asyncio.gather(*(counting.append(count_and_add) for _ in range(50)))
    assert (await _value(counting, "left"), tries) == (50, 50)


async def test_the_isolation_is_what_each_way_promises(counting: Store) -> None:
    if not _is_postgres(counting):
        return
    assert await counting.write(_isolation) == "serializable"
    assert await counting.append(_isolation) == "read committed"
    assert await counting.take(_isolation) == "read committed"
    assert await counting.write(_isolation) == "serializable"
    async with counting.read() as tx:
        assert await _isolation(tx) == "repeatable read"


async def test_sqlite_keeps_what_was_committed_through_a_power_cut(counting: Store) -> None:
    if _is_postgres(counting):
        return
    full = 2
    assert await counting.write(_pragma, "synchronous") == full
    assert await counting.write(_pragma, "journal_mode") == "wal"
    assert await counting.write(_pragma, "foreign_keys") == 1


async def test_one_transaction_has_one_moment(counting: Store, world: FakeWorld) -> None:
    async def wait(tx: Tx) -> bool:
        world.pass_time(hours=1)
        return tx.now == world.now()

    assert not await counting.write(wait)


async def test_a_database_that_is_not_there_is_said(tmp_path_factory: pytest.TempPathFactory, world: FakeWorld) -> None:
    folder = tmp_path_factory.mktemp("none")
    for url in (f"postgresql://nobody@/none?host={folder}", f"sqlite:///{folder}", "postgresql://[", "sqlite://"):
        with pytest.raises(CannotOpen):
            await _knock(url, world)


async def test_the_folder_of_a_sqlite_file_is_made(tmp_path_factory: pytest.TempPathFactory, world: FakeWorld) -> None:
    path = tmp_path_factory.mktemp("new") / "a" / "b" / "test.db"
    await _knock(f"sqlite:///{path}", world)
    assert path.exists()


async def _knock(url: str, world: FakeWorld) -> None:
    store = Store.open(url, now=world.now, new_id=world.new_id)
    try:
        await store.knock()
    finally:
        await store.close()


async def _increment(tx: Tx, name: str) -> None:
    value: int | None = await tx.conn.scalar(select(counter.c.value).where(counter.c.name == name))
    assert value is not None
    await tx.conn.execute(update(counter).where(counter.c.name == name).values(value=value + 1))


async def _increment_slowly(tx: Tx, begun: threading.Event, may_end: threading.Event) -> None:
    await _increment(tx, "left")
    begun.set()
    if tx.is_postgres:
        await asyncio.to_thread(may_end.wait, 5)
    may_end.wait(5)


async def _increment_in_place(tx: Tx) -> None:
    await tx.conn.execute(update(counter).where(counter.c.name == "left").values(value=counter.c.value + 1))


async def _behind_its_back(store: Store) -> None:
    await store.write(_increment, "left")


async def _value(store: Store, name: str) -> int:
    async with store.read() as tx:
        value: int | None = await tx.conn.scalar(select(counter.c.value).where(counter.c.name == name))
    assert value is not None
    return value


async def _isolation(tx: Tx) -> str:
    return str((await tx.conn.exec_driver_sql("SHOW transaction_isolation")).scalar_one())


async def _pragma(tx: Tx, name: str) -> object:
    return (await tx.conn.exec_driver_sql(f"PRAGMA {name}")).scalar_one()


def _is_postgres(store: Store) -> bool:
    return store.database.name == "postgresql"


async def test_one_statement_is_said_once_for_each_of_several_values(counting: Store) -> None:
    new = insert(counter)

    async def put(tx: Tx) -> None:
        await tx.many(new, [{"name": name, "value": value} for value, name in enumerate(("up", "down"))])
        with pytest.raises(IntegrityError):
            async with tx.savepoint():
                await tx.many(new, [{"name": "new", "value": 2}, {"name": "up", "value": 3}])

    await counting.write(put)
    async with counting.read() as tx:
        found = await tx.conn.execute(select(counter).where(counter.c.name.in_(["up", "down", "new"])))
        assert {row.name: row.value for row in found} == {"up": 0, "down": 1}
