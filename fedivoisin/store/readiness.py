"""Whether the database can be used: asked by /readyz and by the doctor."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from fedivoisin.store import migrate
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.schema.journal import event


class Readiness(StrEnum):
    """What stands between the program and its data."""

    READY = "ready"
    UNREACHABLE = "unreachable"
    BEHIND = "behind"
    """The schema is older than the program: `fedivoisin migrate` raises it."""
    NEWER = "newer"
    """The schema is newer than the program: install that version."""


async def latest_event(tx: Tx) -> datetime | None:
    """When the last thing happened here: a clock behind it went backwards."""
    latest: datetime | None = await tx.conn.scalar(select(func.max(event.c.at)))
    return latest


class _Undone(Exception):
    """Rolls a trial write back."""


async def readiness(store: Store) -> Readiness:
    """Ask the database, and compare its schema with the program's."""
    try:
        async with store.read() as tx:
            is_current = await migrate.is_current(tx)
    except migrate.NewerSchema:
        return Readiness.NEWER
    except (SQLAlchemyError, OSError):
        return Readiness.UNREACHABLE
    return Readiness.READY if is_current else Readiness.BEHIND


async def is_writable(store: Store) -> bool:
    """Whether a table can be made; nothing stays of it."""
    try:
        await store.append(_try_to_write)
    except _Undone:
        return True
    except (SQLAlchemyError, OSError):
        return False
    raise AssertionError("the trial write was kept")


async def _try_to_write(tx: Tx) -> None:
    await tx.conn.execute(text("CREATE TABLE doctor_trial (id INTEGER)"))
    raise _Undone
