"""Periodic work: one row per task, claimed by one process at a time."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import insert, select, update

from fedivoisin.store.claims import found_once, holder
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.journal import task

CLAIM = timedelta(minutes=10)
AFTER_A_FAILURE = timedelta(minutes=5)


async def prepare(tx: Tx, periods: Mapping[str, timedelta]) -> None:
    """Make the rows that are missing: a new task is due at once."""
    known = set((await tx.conn.execute(select(task.c.name))).scalars())
    rows = [{"name": name, "next_at": tx.now} for name in periods if name not in known]
    if rows:
        await tx.conn.execute(insert(task), rows)


async def claim(tx: Tx, periods: Mapping[str, timedelta]) -> str | None:
    """Take the task that has been due for longest and that no other process is at."""
    due = (
        select(task.c.name)
        .where(
            task.c.name.in_(list(periods)),
            task.c.next_at <= tx.now,
            (task.c.claimed_until.is_(None)) | (task.c.claimed_until < tx.now),
        )
        .order_by(task.c.next_at, task.c.name)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    claimed = await tx.conn.execute(
        update(task)
        .where(task.c.name.in_(found_once(due)))
        .values(claimed_until=tx.now + CLAIM, claimed_by=holder(tx))
        .returning(task.c.name)
    )
    name: str | None = claimed.scalar_one_or_none()
    return name


async def done(tx: Tx, name: str, *, every: timedelta) -> None:
    """It ran: due again after its period."""
    await tx.conn.execute(
        update(task).where(task.c.name == name).values(claimed_until=None, last_at=tx.now, next_at=tx.now + every)
    )


async def failed(tx: Tx, name: str) -> None:
    """It did not run to its end: due again soon."""
    await tx.conn.execute(
        update(task).where(task.c.name == name).values(claimed_until=None, next_at=tx.now + AFTER_A_FAILURE)
    )
