"""Whether the database can be used."""

from pathlib import Path

import pytest
from sqlalchemy import text

from fedivoisin.store import migrate
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.readiness import Readiness, is_writable, readiness
from tests.fakes import FakeWorld


async def _at(tx: Tx, version: str) -> None:
    await tx.conn.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
    await tx.conn.execute(text("INSERT INTO alembic_version VALUES (:version)"), {"version": version})


@pytest.mark.parametrize(("version", "found"), [("9999", Readiness.NEWER), ("", Readiness.READY)])
async def test_the_schema_is_compared(store: Store, version: str, found: Readiness) -> None:
    await store.write(_at, version or migrate.versions()[-1])
    assert await readiness(store) is found


async def test_a_database_without_a_version_is_behind(store: Store) -> None:
    assert await readiness(store) is Readiness.BEHIND


async def test_a_writable_database_keeps_nothing_of_the_trial(store: Store) -> None:
    assert await is_writable(store)
    assert await is_writable(store)


async def test_a_database_that_is_not_there_is_said(tmp_path: Path, world: FakeWorld) -> None:
    missing = Store.open(f"sqlite:///{tmp_path}", now=world.now, new_id=world.new_id)
    assert await readiness(missing) is Readiness.UNREACHABLE
    assert not await is_writable(missing)
    await missing.close()
