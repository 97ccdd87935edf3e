"""What our actors said long ago, once nobody asks for it any more: deliveries first, then the activities themselves."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Exists, Select, and_, delete, select

from fedivoisin.store.db import Tx
from fedivoisin.store.schema.federation import activity, delivery
from fedivoisin.store.schema.listings import listing
from fedivoisin.store.schema.threads import message

DELIVERIES_KEPT = timedelta(days=30)
"""As long as an admin may wonder what became of them."""
ACTIVITIES_KEPT = timedelta(days=90)
"""As long as a server that was away may still come and ask for one."""
BATCH = 1000


async def forget_deliveries(tx: Tx) -> int:
    """Deliveries that ended more than 30 days ago; gives how many went."""
    old = (
        select(delivery.c.id)
        .where(delivery.c.next_at.is_(None), delivery.c.done_at < tx.now - DELIVERIES_KEPT)
        .limit(BATCH)
    )
    gone = await tx.conn.execute(delete(delivery).where(delivery.c.id.in_(old.scalar_subquery())))
    return gone.rowcount


async def forget_activities(tx: Tx) -> int:
    """Activities older than 90 days of which no delivery is left, save what outboxes must show; gives how many went."""
    old = (
        select(activity.c.id)
        .where(
            activity.c.published_at < tx.now - ACTIVITIES_KEPT,
            ~select(delivery.c.id).where(delivery.c.activity_id == activity.c.id).exists(),
            ~_is_about_a_listing(),
            ~and_(activity.c.is_public, _is_a_question()),
        )
        .limit(BATCH)
    )
    gone = await tx.conn.execute(delete(activity).where(activity.c.id.in_(old.scalar_subquery())))
    return gone.rowcount


def _is_about_a_listing() -> Exists:
    # Also what is private about it: a Like is needed as long as it may be taken back.
    return _standing(select(listing.c.id).where(listing.c.url == activity.c.object_url)).exists()


def _is_a_question() -> Exists:
    asked = select(message.c.id).join(listing, listing.c.id == message.c.listing_id)
    return _standing(asked.where(message.c.url == activity.c.object_url, message.c.deleted_at.is_(None))).exists()


def _standing(query: Select[Any]) -> Select[Any]:
    return query.where(listing.c.deleted_at.is_(None))
