"""How full the queues are and how the other hosts stand, as whoever watches the program reads it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.exc import SQLAlchemyError

from fedivoisin.store.db import Store, Tx
from fedivoisin.store.schema.accounts import mail
from fedivoisin.store.schema.federation import delivery, domain_block, inbox, peer
from fedivoisin.store.schema.journal import event

WELL, FAILING, PAUSED, DEAD = "well", "failing", "paused", "dead"
HOST_STATES = (WELL, FAILING, PAUSED, DEAD)
"""`paused`: the breaker is open, nothing is sent before the next probe. A host that we never asked is `well`."""


@dataclass(frozen=True, slots=True)
class Line:
    """What waits in one queue, and for how many seconds its oldest row has."""

    waiting: int
    oldest: float
    late: float
    """Seconds for which a row has been due: what waits for another try has an age, and is not late."""


@dataclass(frozen=True, slots=True)
class Gauges:
    """One look at the database."""

    queues: dict[str, Line]
    deliveries: dict[str, Line]
    """Per state of the host."""
    hosts: dict[str, int]
    """How many are in each state."""
    blocked: int


async def look(store: Store) -> Gauges | None:
    """As of now; None when the database does not answer."""
    try:
        async with store.read() as tx:
            return await of(tx)
    except (SQLAlchemyError, OSError):
        return None


async def of(tx: Tx) -> Gauges:
    """As of this transaction."""
    deliveries = await _deliveries(tx)
    queues = {
        "inbox": await _line(tx, inbox.c.received_at, inbox.c.next_at, inbox.c.next_at.is_not(None)),
        "effects": await _line(tx, event.c.at, event.c.next_at, event.c.next_at.is_not(None)),
        "delivery": _all(deliveries.values()),
        "mail": await _line(
            tx, mail.c.created_at, mail.c.next_at, mail.c.sent_at.is_(None), mail.c.dropped_at.is_(None)
        ),
    }
    return Gauges(queues, deliveries, await _hosts(tx), await _count_blocked(tx))


async def _line(tx: Tx, since: Any, due: Any, *waits: ColumnElement[bool]) -> Line:
    row = (await tx.conn.execute(select(func.count(), func.min(since), func.min(due)).where(*waits))).one()
    return Line(row[0], _age(tx, row[1]), _age(tx, row[2]))


def _all(lines: Collection[Line]) -> Line:
    return Line(
        sum(line.waiting for line in lines),
        max((line.oldest for line in lines), default=0.0),
        max((line.late for line in lines), default=0.0),
    )


async def _deliveries(tx: Tx) -> dict[str, Line]:
    # Counted per host first: few hosts are then looked up, however much waits.
    waiting = (
        select(
            delivery.c.host,
            func.count().label("rows"),
            func.min(delivery.c.created_at).label("oldest"),
            func.min(delivery.c.next_at).label("due"),
        )
        .where(delivery.c.next_at.is_not(None))
        .group_by(delivery.c.host)
        .subquery()
    )
    state = _state(tx)
    rows = await tx.conn.execute(
        select(state, func.sum(waiting.c.rows), func.min(waiting.c.oldest), func.min(waiting.c.due))
        .select_from(waiting.outerjoin(peer, peer.c.host == waiting.c.host))
        .group_by(state)
    )
    found = {str(name): Line(int(count), _age(tx, oldest), _age(tx, due)) for name, count, oldest, due in rows}
    return {name: found.get(name, Line(0, 0.0, 0.0)) for name in HOST_STATES}


async def _hosts(tx: Tx) -> dict[str, int]:
    state = _state(tx)
    rows = await tx.conn.execute(select(state, func.count()).select_from(peer).group_by(state))
    found = {str(name): int(count) for name, count in rows}
    return {name: found.get(name, 0) for name in HOST_STATES}


async def _count_blocked(tx: Tx) -> int:
    return (await tx.conn.execute(select(func.count()).select_from(domain_block))).scalar_one()


def _state(tx: Tx) -> Any:
    return case(
        (peer.c.dead_at.is_not(None), DEAD),
        (peer.c.open_until > tx.now, PAUSED),
        (peer.c.failing_since.is_not(None), FAILING),
        else_=WELL,
    )


def _age(tx: Tx, since: datetime | None) -> float:
    return max(0.0, (tx.now - since).total_seconds()) if since is not None else 0.0
