"""The journal: each thing that happened, written in the transaction that made it happen."""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, get_args

import msgspec
from sqlalchemy import insert, select, update

from fedivoisin.ids import ActorId
from fedivoisin.store import neighbourhoods
from fedivoisin.store.claims import found_once, holder
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.journal import event
from fedivoisin.store.taxonomy import Event

log = logging.getLogger(__name__)

TYPES: dict[str, type[Event]] = {kind.__name__: kind for kind in get_args(Event)}
CLAIM = timedelta(seconds=60)
UNREADABLE = timedelta(hours=1)
"""Until the next look at a row that this version of the program cannot read; another may, or may have mended it."""
_NEW = insert(event)
_RECORDED = [event.c[name] for name in ("id", "type", "fields", "subject", "by_id", "is_local", "at", "attempts")]
"""As `Recorded` wants them."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event with its place in the journal."""

    id: int
    event: Event
    subject: str
    by: ActorId | None
    is_local: bool
    at: datetime
    attempts: int


async def record(tx: Tx, happened: Event, *, subject: str, by: ActorId | None, is_local: bool = True) -> None:
    """Write what happened to `subject` (a listing, a member, a thread…): effects of one subject keep this order.

    `is_local` is false for what another instance told us: such events are shown, never published again. Only mails
    follow from them: where none are sent, they are done as they are written.
    """
    content = {name: getattr(happened, name) for name in type(happened).__match_args__}
    waits = is_local or await neighbourhoods.sends_mail(tx)
    if waits:
        tx.filled.add("effects")
    await tx.rows(
        _NEW,
        type=type(happened).__name__,
        subject=subject,
        by_id=by,
        is_local=is_local,
        fields=content,
        at=tx.now,
        next_at=tx.now if waits else None,
        done_at=None if waits else tx.now,
    )


async def claim(tx: Tx, *, limit: int) -> list[Recorded]:
    """Take due events whose effects nobody else is making; of one subject only the oldest that is not done.

    Rows commit out of order, so each carries its own mark instead of a high-water mark.
    """
    older = event.alias("older")
    blocked = (
        select(older.c.id)
        .where(older.c.subject == event.c.subject, older.c.id < event.c.id, older.c.next_at.is_not(None))
        .exists()
    )
    due = (
        select(event.c.id)
        .where(
            event.c.next_at <= tx.now, (event.c.claimed_until.is_(None)) | (event.c.claimed_until < tx.now), ~blocked
        )
        # As the index has them: by id alone SQLite would look at all that ever was.
        .order_by(event.c.next_at, event.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = await tx.conn.execute(
        update(event)
        .where(event.c.id.in_(found_once(due)))
        .values(claimed_until=tx.now + CLAIM, claimed_by=holder(tx), attempts=event.c.attempts + 1)
        .returning(*_RECORDED)
    )
    return [recorded for row in sorted(rows, key=lambda row: row.id) if (recorded := await _readable(tx, row))]


async def _readable(tx: Tx, row: Any) -> Recorded | None:
    try:
        return _recorded(row)
    except (KeyError, msgspec.ValidationError) as error:
        log.exception("event unreadable", extra={"event": row.id, "type": row.type})
        await failed(tx, row.id, error=repr(error), wait=UNREADABLE)
        return None


async def still_waiting(tx: Tx, event_ids: Collection[int]) -> set[int]:
    """Those of them whose effects nobody else has written meanwhile; nobody can until this transaction ends."""
    rows = select(event.c.id).where(event.c.id.in_(event_ids), event.c.next_at.is_not(None)).with_for_update()
    return set((await tx.conn.execute(rows)).scalars())


async def done_all(tx: Tx, event_ids: Collection[int]) -> None:
    """Their effects are written by this same transaction."""
    if event_ids:
        await tx.conn.execute(
            update(event)
            .where(event.c.id.in_(event_ids))
            .values(next_at=None, claimed_until=None, done_at=tx.now, error=None)
        )


async def failed(tx: Tx, event_id: int, *, error: str, wait: timedelta) -> None:
    """Its effects could not be made: try again after `wait`."""
    await tx.conn.execute(
        update(event)
        .where(event.c.id == event_id, event.c.next_at.is_not(None))
        .values(next_at=tx.now + wait, claimed_until=None, error=error[:255])
    )


async def of_types(tx: Tx, kinds: list[type[Event]], *, limit: int, before: int | None = None) -> list[Recorded]:
    """The newest events of these kinds: what the audit page shows."""
    query = select(*_RECORDED).where(event.c.type.in_([kind.__name__ for kind in kinds]))
    if before is not None:
        query = query.where(event.c.id < before)
    rows = await tx.conn.execute(query.order_by(event.c.id.desc()).limit(limit))
    return [_recorded(row) for row in rows]


def _recorded(row: Any) -> Recorded:
    number, kind, fields, *about = row
    return Recorded(number, msgspec.convert(fields, TYPES[kind], strict=False), *about)
