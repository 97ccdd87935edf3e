"""Who likes what, here and elsewhere."""

from collections.abc import Collection

from sqlalchemy import delete, func, insert, select

from fedivoisin.ids import ActorId, ListingId
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.listings import like


async def put(tx: Tx, actor_id: str, listing_id: str, activity_url: str) -> bool:
    """They like it; False when they already did."""
    if await activity_of(tx, actor_id, listing_id) is not None:
        return False
    await tx.conn.execute(
        insert(like).values(actor_id=actor_id, listing_id=listing_id, activity_url=activity_url, created_at=tx.now)
    )
    return True


async def remove(tx: Tx, actor_id: str, listing_id: str) -> bool:
    """They like it no more; False when they did not."""
    gone = await tx.conn.execute(
        delete(like).where(like.c.actor_id == actor_id, like.c.listing_id == listing_id).returning(like.c.listing_id)
    )
    return gone.first() is not None


async def activity_of(tx: Tx, actor_id: str, listing_id: str) -> str | None:
    """The address of the `Like` itself, when there is one."""
    return await tx.conn.scalar(
        select(like.c.activity_url).where(like.c.actor_id == actor_id, like.c.listing_id == listing_id)
    )


async def by_activity(tx: Tx, activity_url: str) -> tuple[ActorId, ListingId] | None:
    """Who liked what by this activity."""
    row = (
        await tx.conn.execute(select(like.c.actor_id, like.c.listing_id).where(like.c.activity_url == activity_url))
    ).first()
    return (ActorId(row.actor_id), ListingId(row.listing_id)) if row is not None else None


async def count(tx: Tx, listing_id: str) -> int:
    """How many like it."""
    return await tx.conn.scalar(select(func.count()).select_from(like).where(like.c.listing_id == listing_id)) or 0


async def of_actor(tx: Tx, actor_id: str, listing_ids: Collection[str]) -> set[str]:
    """Those of these listings that this person likes."""
    if not listing_ids:
        return set()
    query = select(like.c.listing_id).where(like.c.actor_id == actor_id, like.c.listing_id.in_(set(listing_ids)))
    return set(await tx.conn.scalars(query))
