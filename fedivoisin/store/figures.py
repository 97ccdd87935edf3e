"""How many we are: the numbers that NodeInfo tells everyone."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from fedivoisin.store.db import Tx
from fedivoisin.store.schema.accounts import session
from fedivoisin.store.schema.actors import actor
from fedivoisin.store.schema.listings import listing
from fedivoisin.store.schema.threads import message
from fedivoisin.store.schema.trust import membership

MONTH = timedelta(days=30)
HALF_YEAR = timedelta(days=182)


@dataclass(frozen=True, slots=True)
class InstanceFigures:
    """Members, those seen lately, what they published; private messages are not counted one by one."""

    members: int
    active_month: int
    active_half_year: int
    listings: int
    messages: int


async def of_instance(tx: Tx) -> InstanceFigures:
    """As of now."""
    return InstanceFigures(
        members=await _count(tx, membership.c.member_id, membership.c.state == "member"),
        active_month=await _count(tx, session.c.member_id.distinct(), session.c.seen_at > tx.now - MONTH),
        active_half_year=await _count(tx, session.c.member_id.distinct(), session.c.seen_at > tx.now - HALF_YEAR),
        listings=await _count(tx, listing.c.id, listing.c.is_local, listing.c.deleted_at.is_(None)),
        messages=await _count(
            tx,
            message.c.id,
            message.c.is_public,
            message.c.writer_id.in_(select(actor.c.id).where(actor.c.is_local)),
        ),
    )


async def _count(tx: Tx, column: Any, *conditions: Any) -> int:
    return await tx.conn.scalar(select(func.count(column)).where(*conditions)) or 0
