"""What happens by the clock alone."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from fedivoisin.ids import ListingId
from fedivoisin.market.listing import State
from fedivoisin.store import listings
from fedivoisin.store.db import Store, Tx
from fedivoisin.workers import tasks
from fedivoisin.workers.tasks import TABLE, Task
from tests.fakes import FakeWorld
from tests.makers import a_listing, put_member, put_neighbourhood


@pytest.fixture
async def founded(store: Store) -> Store:
    """Doulon, with Awa and one listing that ends in a month."""

    async def put(tx: Tx) -> None:
        await put_neighbourhood(tx)
        await put_member(tx, "awa")
        await listings.insert(tx, a_listing())

    await store.write(put)
    return store


async def _state(store: Store) -> State | None:
    async with store.read() as tx:
        found = await listings.find(tx, ListingId("listing-1"))
    return found.state if found else None


async def test_every_task_runs_on_a_quiet_neighbourhood(founded: Store) -> None:
    assert await tasks.run_due(founded) == len(TABLE)
    assert await tasks.run_due(founded) == 0
    assert await _state(founded) is State.OPEN


async def test_a_listing_closes_when_its_date_has_passed(founded: Store, world: FakeWorld) -> None:
    await tasks.run_due(founded)
    world.pass_time(days=31)
    await tasks.run_due(founded)
    assert await _state(founded) is State.CLOSED


async def test_thirty_days_later_it_is_gone(founded: Store, world: FakeWorld) -> None:
    for days in (31, 31):
        world.pass_time(days=days)
        await tasks.run_due(founded)
    async with founded.read() as tx:
        found = await listings.find(tx, ListingId("listing-1"))
    assert found is not None
    assert found.deleted_at is not None


async def test_a_task_in_batches_is_asked_until_nothing_is_left(
    founded: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [3, 2, 1, 0]

    async def work(_tx: Tx) -> int:
        return left.pop(0)

    _use(monkeypatch, {"work": Task(timedelta(hours=1), work, in_batches=True)})
    assert await tasks.run_due(founded) == 1
    assert left == []


async def test_a_task_that_is_never_through_lets_the_others_work_and_goes_on_soon(
    founded: Store, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = 2 * tasks.MOST_BATCHES + 1
    others: list[str] = []

    async def work(_tx: Tx) -> int:
        nonlocal left
        left -= left > 0
        return left

    async def works(_tx: Tx) -> None:
        others.append("works")

    day = timedelta(days=1)
    _use(monkeypatch, {"long": Task(day, work, in_batches=True), "other": Task(day, works)})
    assert await tasks.run_due(founded) == 2
    assert (left, others) == (tasks.MOST_BATCHES + 1, ["works"])
    for _ in range(3):
        world.pass_time(minutes=1)
        await tasks.run_due(founded)
    assert (left, others) == (0, ["works"])


async def test_a_task_that_fails_is_tried_again_and_leaves_the_others_alone(
    founded: Store, world: FakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    async def fails(_tx: Tx) -> None:
        calls.append("fails")
        raise ArithmeticError

    async def works(_tx: Tx) -> None:
        calls.append("works")

    _use(monkeypatch, {"a": Task(timedelta(hours=1), fails), "b": Task(timedelta(hours=1), works)})
    with pytest.raises(ArithmeticError):
        await tasks.run_due(founded)
    assert await tasks.run_due(founded) == 1
    world.pass_time(minutes=6)
    with pytest.raises(ArithmeticError):
        await tasks.run_due(founded)
    assert calls == ["fails", "works", "fails"]


def _use(monkeypatch: pytest.MonkeyPatch, table: Mapping[str, Task]) -> None:
    monkeypatch.setattr(tasks, "TABLE", table)
    monkeypatch.setattr(tasks, "PERIODS", {name: task.every for name, task in table.items()})
