"""What waits for which host, as an admin reads it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Subquery, func, select, update

from fedivoisin.store.db import Tx
from fedivoisin.store.peers import Peer
from fedivoisin.store.schema.actors import actor
from fedivoisin.store.schema.federation import activity, delivery, peer

_PEER = tuple(Peer.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Line:
    """How much waits for a host, since when, until when, and what was said last."""

    deliveries: int
    oldest: datetime
    next_at: datetime
    error: str | None


@dataclass(frozen=True, slots=True)
class Queued:
    """One delivery that waits: what, from whom, to which inbox, how often it was tried, and why it did not arrive."""

    id: int
    type: str
    is_public: bool
    object_url: str | None
    speaker: str | None
    """The name of who said it; of somebody who left, none."""
    inbox: str
    attempts: int
    status: int | None
    error: str | None
    created_at: datetime
    next_at: datetime


@dataclass(frozen=True, slots=True)
class HostLine:
    """One host: what is known of it (nothing, before it was first reached), and what waits for it."""

    host: str
    peer: Peer | None
    deliveries: int
    oldest: datetime | None


async def hosts(tx: Tx, *, limit: int, offset: int) -> list[HostLine]:
    """Those that fail, then those for whom something waits, then by name."""
    waiting = _by_host()
    rows = await tx.conn.execute(
        select(peer, waiting.c.deliveries, waiting.c.oldest)
        .select_from(peer.outerjoin(waiting, waiting.c.host == peer.c.host))
        .order_by(peer.c.failing_since.is_(None), waiting.c.deliveries.is_(None), peer.c.host)
        .limit(limit)
        .offset(offset)
    )
    return [
        HostLine(row["host"], Peer(**{name: row[name] for name in _PEER}), row["deliveries"] or 0, row["oldest"])
        for row in rows.mappings()
    ]


async def never_reached(tx: Tx, *, limit: int) -> list[HostLine]:
    """Hosts for whom something waits and of whom nothing is known yet."""
    waiting = _by_host()
    known = select(peer.c.host).where(peer.c.host == waiting.c.host).exists()
    rows = await tx.conn.execute(select(waiting).where(~known).order_by(waiting.c.host).limit(limit))
    return [HostLine(row["host"], None, row["deliveries"], row["oldest"]) for row in rows.mappings()]


async def line(tx: Tx, host: str) -> Line | None:
    """The queue of this host; None where nothing waits."""
    query = select(func.count(), func.min(delivery.c.created_at), func.min(delivery.c.next_at))
    count, oldest, next_at = (await tx.conn.execute(query.where(*_waits(host)))).one()
    if not count:
        return None
    last = select(delivery.c.error).where(*_waits(host), delivery.c.error.is_not(None))
    error = await tx.conn.scalar(last.order_by(delivery.c.attempts.desc(), delivery.c.id.desc()).limit(1))
    return Line(count, oldest, next_at, error)


async def rows(tx: Tx, host: str, *, limit: int) -> list[Queued]:
    """The first of what waits, in the order in which it is tried."""
    found = await tx.conn.execute(
        select(
            delivery.c.id,
            activity.c.type,
            activity.c.is_public,
            activity.c.object_url,
            actor.c.name.label("speaker"),
            delivery.c.inbox,
            delivery.c.attempts,
            delivery.c.status,
            delivery.c.error,
            delivery.c.created_at,
            delivery.c.next_at,
        )
        .join(activity, activity.c.id == delivery.c.activity_id)
        .outerjoin(actor, actor.c.id == delivery.c.actor_id)
        .where(*_waits(host))
        .order_by(delivery.c.priority, delivery.c.next_at, delivery.c.id)
        .limit(limit)
    )
    return [Queued(**row) for row in found.mappings()]


async def drop(tx: Tx, host: str, delivery_id: int) -> bool:
    """An admin gives up one delivery to this host. False when it waits no more."""
    dropped = await tx.conn.execute(
        update(delivery)
        .where(delivery.c.id == delivery_id, *_waits(host))
        .values(next_at=None, claimed_until=None, outcome="dropped", done_at=tx.now)
    )
    return dropped.rowcount > 0


async def last_sent(tx: Tx, host: str) -> datetime | None:
    """When this host last took a delivery, as long as that is remembered (30 days)."""
    query = select(func.max(delivery.c.done_at)).where(delivery.c.host == host, delivery.c.outcome == "sent")
    found: datetime | None = await tx.conn.scalar(query)
    return found


def _by_host() -> Subquery:
    return (
        select(delivery.c.host, func.count().label("deliveries"), func.min(delivery.c.created_at).label("oldest"))
        .where(delivery.c.next_at.is_not(None))
        .group_by(delivery.c.host)
        .subquery()
    )


def _waits(host: str) -> tuple[ColumnElement[bool], ...]:
    return delivery.c.host == host, delivery.c.next_at.is_not(None)
