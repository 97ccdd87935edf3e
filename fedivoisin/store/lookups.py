"""Addresses that a member typed: a worker resolves them, the page shows how far it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update

from fedivoisin.ids import ActorId
from fedivoisin.store.claims import found_once
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.actors import lookup

BACKFILL = "backfill"
"""Purpose of a question that no member asked: what a newly followed Group published lately."""
GIVE_UP = timedelta(minutes=10)


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


async def ask(tx: Tx, *, member_id: str, query: str, purpose: str) -> Lookup:
    """A new question for the worker."""
    values = {
        "id": tx.new_id(),
        "member_id": member_id,
        "query": query,
        "purpose": purpose,
        "state": "waiting",
        "created_at": tx.now,
    }
    tx.filled.add("lookups")
    row = await tx.conn.execute(insert(lookup).values(values).returning(*lookup.c))
    return Lookup(**row.mappings().one())


async def by_id(tx: Tx, lookup_id: str) -> Lookup | None:
    """One question."""
    row = (await tx.conn.execute(select(lookup).where(lookup.c.id == lookup_id))).mappings().first()
    return Lookup(**row) if row is not None else None


async def of_member(tx: Tx, member_id: str, *, limit: int = 10) -> list[Lookup]:
    """What this member asked last, the newest first."""
    rows = await tx.conn.execute(
        select(lookup)
        .where(lookup.c.member_id == member_id, lookup.c.purpose != BACKFILL)
        .order_by(lookup.c.created_at.desc())
        .limit(limit)
    )
    return [Lookup(**row) for row in rows.mappings()]


async def claim(tx: Tx, *, limit: int) -> list[Lookup]:
    """Waiting questions, each counted as tried: three workers at most look for the same thing."""
    due = (
        select(lookup.c.id)
        .where(lookup.c.state == "waiting", lookup.c.attempts < 3, lookup.c.created_at > tx.now - GIVE_UP)
        .order_by(lookup.c.attempts, lookup.c.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = await tx.conn.execute(
        update(lookup)
        .where(lookup.c.id.in_(found_once(due)))
        .values(attempts=lookup.c.attempts + 1)
        .returning(*lookup.c)
    )
    return [Lookup(**row) for row in rows.mappings()]


async def found(tx: Tx, lookup_id: str, actor_id: str) -> None:
    """It leads to this actor."""
    await tx.conn.execute(
        update(lookup).where(lookup.c.id == lookup_id).values(state="found", actor_id=actor_id, done_at=tx.now)
    )


async def done(tx: Tx, lookup_id: str) -> None:
    """It was carried out, and leads nowhere."""
    await tx.conn.execute(update(lookup).where(lookup.c.id == lookup_id).values(state="found", done_at=tx.now))


async def failed(tx: Tx, lookup_id: str, reason: str) -> None:
    """It leads nowhere, and why."""
    await tx.conn.execute(
        update(lookup).where(lookup.c.id == lookup_id).values(state="failed", reason=reason[:64], done_at=tx.now)
    )
