"""Addresses that a member typed: a worker resolves them, the page shows how far it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Update, and_, delete, insert, or_, select, true, update

from fedivoisin.ids import ActorId
from fedivoisin.store.claims import found_once, holder
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.actors import lookup

BACKFILL = "backfill"
"""Purpose of a question that no member asked: what a newly followed Group published lately."""
GIVE_UP = timedelta(minutes=10)
CLAIM = timedelta(minutes=5)
AGAIN = timedelta(minutes=1)
"""After which somebody who did not answer is asked once more."""
MOST_TRIES = 3
KEPT = timedelta(days=30)
GIVEN_UP = "given-up"
"""Why it failed, where whoever looked was never heard of again."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """`purpose` is follow, show or backfill; `state` waiting, found or failed; `reason` a short word when it failed."""

    id: str
    member_id: ActorId
    query: str
    purpose: str
    state: str
    reason: str | None
    actor_id: ActorId | None
    attempts: int
    created_at: datetime
    done_at: datetime | None


_LOOKUP = [lookup.c[name] for name in Lookup.__dataclass_fields__]


async def ask(tx: Tx, *, member_id: str, query: str, purpose: str) -> Lookup:
    """A new question for the worker."""
    values = {
        "id": tx.new_id(),
        "member_id": member_id,
        "query": query,
        "purpose": purpose,
        "state": "waiting",
        "created_at": tx.now,
        "next_at": tx.now,
    }
    tx.filled.add("lookups")
    row = await tx.conn.execute(insert(lookup).values(values).returning(*_LOOKUP))
    return Lookup(**row.mappings().one())


async def by_id(tx: Tx, lookup_id: str) -> Lookup | None:
    """One question."""
    row = (await tx.conn.execute(select(*_LOOKUP).where(lookup.c.id == lookup_id))).mappings().first()
    return Lookup(**row) if row is not None else None


async def of_member(tx: Tx, member_id: str, *, limit: int = 10) -> list[Lookup]:
    """What this member asked last, the newest first."""
    rows = await tx.conn.execute(
        select(*_LOOKUP)
        .where(lookup.c.member_id == member_id, lookup.c.purpose != BACKFILL)
        .order_by(lookup.c.created_at.desc())
        .limit(limit)
    )
    return [Lookup(**row) for row in rows.mappings()]


async def claim(tx: Tx, *, limit: int, may_backfill: bool = True) -> list[Lookup]:
    """Waiting questions that nobody else is at, those of members first. One that was tried too often, or waited too
    long, ends here: it may break whoever looks.
    """
    is_due = and_(lookup.c.next_at <= tx.now, or_(lookup.c.claimed_until.is_(None), lookup.c.claimed_until < tx.now))
    is_over = or_(lookup.c.attempts >= MOST_TRIES, lookup.c.created_at <= tx.now - GIVE_UP)
    due = (
        select(lookup.c.id)
        .where(is_due, ~is_over, true() if may_backfill else lookup.c.purpose != BACKFILL)
        .order_by(lookup.c.purpose == BACKFILL, lookup.c.attempts, lookup.c.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = await tx.conn.execute(
        update(lookup)
        .where(lookup.c.id.in_(found_once(due)))
        .values(claimed_until=tx.now + CLAIM, claimed_by=holder(tx), attempts=lookup.c.attempts + 1)
        .returning(*_LOOKUP)
    )
    claimed = [Lookup(**row) for row in rows.mappings()]
    await tx.conn.execute(update(lookup).where(is_due, is_over).values(_ended(tx) | _failed(GIVEN_UP)))
    return claimed


async def found(tx: Tx, lookup_id: str, actor_id: str) -> None:
    """It leads to this actor."""
    await tx.conn.execute(
        update(lookup).where(lookup.c.id == lookup_id).values(_ended(tx) | {"state": "found", "actor_id": actor_id})
    )


async def done(tx: Tx, lookup_id: str) -> None:
    """It was carried out, and leads nowhere."""
    await tx.conn.execute(update(lookup).where(lookup.c.id == lookup_id).values(_ended(tx) | {"state": "found"}))


async def failed(tx: Tx, lookup_id: str, reason: str) -> None:
    """It leads nowhere, and why; unless it was answered meanwhile."""
    await tx.conn.execute(_waiting(lookup_id).values(_ended(tx) | _failed(reason)))


async def later(tx: Tx, lookup_id: str) -> None:
    """Whoever was asked did not answer: somebody asks once more."""
    await tx.conn.execute(_waiting(lookup_id).values(next_at=tx.now + AGAIN, claimed_until=None))


async def purge(tx: Tx, *, limit: int = 1000) -> int:
    """Forget some of what was answered more than 30 days ago; gives how many went."""
    old = select(lookup.c.id).where(lookup.c.next_at.is_(None), lookup.c.done_at < tx.now - KEPT).limit(limit)
    return (await tx.conn.execute(delete(lookup).where(lookup.c.id.in_(old.scalar_subquery())))).rowcount


def _waiting(lookup_id: str) -> Update:
    return update(lookup).where(lookup.c.id == lookup_id, lookup.c.state == "waiting")


def _ended(tx: Tx) -> dict[str, Any]:
    return {"next_at": None, "claimed_until": None, "done_at": tx.now}


def _failed(reason: str) -> dict[str, Any]:
    return {"state": "failed", "reason": reason[:64]}
