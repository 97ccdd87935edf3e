"""Periodic work is claimed by one process at a time and comes back after its period."""

from datetime import timedelta

import pytest

from fedivoisin.store import tasks
from fedivoisin.store.db import Store
from tests.fakes import FakeWorld

PERIODS = {"expire": timedelta(minutes=5), "purge": timedelta(hours=1)}


@pytest.fixture
async def prepared(store: Store) -> Store:
    """Two tasks, due at once."""
    await store.write(tasks.prepare, PERIODS)
    await store.write(tasks.prepare, PERIODS)
    return store


async def test_each_task_is_claimed_once(prepared: Store) -> None:
    claimed = [await prepared.append(tasks.claim, PERIODS) for _ in range(3)]
    assert claimed == ["expire", "purge", None]


async def test_a_task_comes_back_after_its_period(prepared: Store, world: FakeWorld) -> None:
    for name, every in PERIODS.items():
        await prepared.append(tasks.claim, PERIODS)
        await prepared.append(tasks.done, name, every=every)
    world.pass_time(minutes=4)
    assert await prepared.append(tasks.claim, PERIODS) is None
    world.pass_time(minutes=2)
    assert await prepared.append(tasks.claim, PERIODS) == "expire"
    assert await prepared.append(tasks.claim, PERIODS) is None


async def test_a_task_that_failed_comes_back_soon(prepared: Store, world: FakeWorld) -> None:
    await prepared.append(tasks.claim, {"purge": PERIODS["purge"]})
    await prepared.append(tasks.failed, "purge")
    world.pass_time(minutes=6)
    assert await prepared.append(tasks.claim, {"purge": PERIODS["purge"]}) == "purge"


async def test_a_process_that_died_leaves_its_task_to_another(prepared: Store, world: FakeWorld) -> None:
    await prepared.append(tasks.claim, {"purge": PERIODS["purge"]})
    world.pass_time(minutes=11)
    assert await prepared.append(tasks.claim, {"purge": PERIODS["purge"]}) == "purge"


async def test_a_task_that_the_program_no_longer_has_is_left_alone(prepared: Store) -> None:
    assert await prepared.append(tasks.claim, {}) is None
