"""Attempts, counted in the database so that every process counts together."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, insert, select

from fedivoisin.errors import Reason, Refused
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.accounts import attempt


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` attempts within `window`."""

    most: int
    window: timedelta


async def check(tx: Tx, kind: str, subject: str, limit: Limit) -> None:
    """Raises Refused(TOO_MANY_ATTEMPTS) when the next `take` would; counts nothing."""
    if await _recent(tx, _name(kind, subject), limit) >= limit.most:
        raise Refused(Reason.TOO_MANY_ATTEMPTS)


async def take(tx: Tx, kind: str, subject: str, limit: Limit) -> None:
    """Count one attempt of `subject` (an address, a network). Raises Refused(TOO_MANY_ATTEMPTS) past the limit."""
    name = _name(kind, subject)
    if await _recent(tx, name, limit) >= limit.most:
        raise Refused(Reason.TOO_MANY_ATTEMPTS)
    await tx.conn.execute(insert(attempt).values(id=tx.new_id(), subject=name, at=tx.now))


async def forgive(tx: Tx, kind: str, subject: str) -> None:
    """Forget the attempts: the last one was right."""
    await tx.conn.execute(delete(attempt).where(attempt.c.subject == _name(kind, subject)))


async def purge(tx: Tx) -> int:
    """Delete what no window reaches any more."""
    return (await tx.conn.execute(delete(attempt).where(attempt.c.at < tx.now - timedelta(days=2)))).rowcount


async def _recent(tx: Tx, name: str, limit: Limit) -> int:
    query = select(func.count()).select_from(attempt)
    return await tx.conn.scalar(query.where(attempt.c.subject == name, attempt.c.at > tx.now - limit.window)) or 0


def _name(kind: str, subject: str) -> str:
    # Hashed: an address that was only mistyped here is nobody's business.
    return f"{kind}:{hashlib.sha256(subject.encode()).hexdigest()}"
