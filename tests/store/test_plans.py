"""How SQLite finds what is due: by what waits, never by a look at all that ever was (a journal grows for years)."""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from fedivoisin.store import events, inbox, lookups, mails, outbox
from fedivoisin.store.db import Store
from tests.fakes import FakeWorld


@pytest.fixture
async def town(sqlite_template: Path, tmp_path: Path, world: FakeWorld) -> AsyncIterator[Store]:
    shutil.copyfile(sqlite_template, tmp_path / "town.db")
    opened = Store.open(f"sqlite:///{tmp_path / 'town.db'}", now=world.now, new_id=world.new_id)
    yield opened
    await opened.close()


@contextmanager
def _listening(said: list[tuple[str, Any]]) -> Iterator[None]:
    def hear(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
        said.append((statement, values))

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


async def _plan(town: Store, path: Path, claim: Callable[..., Any]) -> list[str]:
    said: list[tuple[str, Any]] = []
    with _listening(said):
        await town.take(claim, limit=50)
    statement, values = next(one for one in said if one[0].startswith(("UPDATE", "WITH")))
    with closing(sqlite3.connect(path)) as looking:
        return [row[3] for row in looking.execute(f"EXPLAIN QUERY PLAN {statement}", values)]


@pytest.mark.parametrize(
    ("claim", "table"),
    [
        (events.claim, "event"),
        (inbox.claim, "inbox"),
        (outbox.claim, "delivery"),
        (lookups.claim, "lookup"),
        (mails.claim, "mail"),
    ],
)
async def test_what_is_due_is_found_by_what_waits(
    town: Store, tmp_path: Path, claim: Callable[..., Any], table: str
) -> None:
    plan = await _plan(town, tmp_path / "town.db", claim)
    assert any(step.startswith(f"SEARCH {table} USING INDEX ix_{table}_next_at") for step in plan), plan
    assert not any(step.startswith(f"SCAN {table}") for step in plan), plan


async def test_what_came_before_about_one_subject_is_found_by_what_waits(town: Store, tmp_path: Path) -> None:
    plan = await _plan(town, tmp_path / "town.db", events.claim)
    assert any("older USING INDEX ix_event_waiting" in step for step in plan), plan
