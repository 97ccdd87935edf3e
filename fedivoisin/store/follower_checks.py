"""Actors elsewhere who count their followers here otherwise than we do: one question each, now and then."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, insert, select, update

from fedivoisin.ids import ActorId
from fedivoisin.store.claims import found_once
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.federation import followers_check

PAUSE = timedelta(hours=1)
"""Between two questions to the same actor: who keeps sending digests that differ does not keep us busy."""
AGAIN = timedelta(minutes=5)
"""After which a question that found nobody is put once more."""
MOST_TRIES = 3


@dataclass(frozen=True, slots=True)
class Check:
    """What the actor said: where the list is, and the digest of it. Without `next_at` nobody looks again."""

    actor_id: ActorId
    url: str
    digest: str
    asked_at: datetime
    next_at: datetime | None
    attempts: int
    outcome: str | None


async def ask(tx: Tx, *, actor_id: str, url: str, digest: str) -> bool:
    """Let a worker look; false when one looked less than an hour ago."""
    found = await of(tx, actor_id)
    if found is not None and found.asked_at > tx.now - PAUSE:
        return False
    tx.filled.add("lookups")
    said = {"url": url, "digest": digest, "asked_at": tx.now, "next_at": tx.now, "attempts": 0, "outcome": None}
    if found is None:
        await tx.conn.execute(insert(followers_check).values(said | {"actor_id": actor_id}))
    else:
        await tx.conn.execute(update(followers_check).where(followers_check.c.actor_id == actor_id).values(said))
    return True


async def of(tx: Tx, actor_id: str) -> Check | None:
    """What was asked of this actor last."""
    query = select(followers_check).where(followers_check.c.actor_id == actor_id)
    row = (await tx.conn.execute(query)).mappings().first()
    return Check(**row) if row is not None else None


async def claim(tx: Tx, *, limit: int) -> list[Check]:
    """Take what is due; what is not done by then is due again, but after the last try: one may break whoever looks."""
    due = (
        select(followers_check.c.actor_id)
        .where(followers_check.c.next_at <= tx.now)
        .order_by(followers_check.c.next_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = await tx.conn.execute(
        update(followers_check)
        .where(followers_check.c.actor_id.in_(found_once(due)))
        .values(
            next_at=case((followers_check.c.attempts + 1 < MOST_TRIES, tx.now + AGAIN)),
            attempts=followers_check.c.attempts + 1,
        )
        .returning(*followers_check.c)
    )
    return [Check(**row) for row in rows.mappings()]


async def done(tx: Tx, actor_id: str, outcome: str) -> None:
    """It came to an end, and how."""
    await tx.conn.execute(
        update(followers_check).where(followers_check.c.actor_id == actor_id).values(next_at=None, outcome=outcome[:64])
    )
