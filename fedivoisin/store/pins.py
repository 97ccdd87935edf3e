"""What moderators put first. A pin outlives a closing or a hiding: what is open again stands first again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

from fedivoisin.ids import ActorId, ListingId
from fedivoisin.market.listing import EVERYONE, Listing, State
from fedivoisin.store import listings
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.actors import actor
from fedivoisin.store.schema.listings import listing, pin

MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Pin:
    """Who put it first, and when."""

    listing_id: ListingId
    by_id: ActorId | None
    created_at: datetime


async def of(tx: Tx, listing_id: str) -> Pin | None:
    """The pin of this listing."""
    row = (await tx.conn.execute(select(pin).where(pin.c.listing_id == listing_id))).mappings().first()
    return Pin(**row) if row is not None else None


async def put(tx: Tx, listing_id: str, *, by: str) -> None:
    """It stands first from now on."""
    await tx.conn.execute(insert(pin).values(listing_id=listing_id, by_id=by, created_at=tx.now))


async def remove(tx: Tx, listing_id: str) -> bool:
    """It stands among the others; says whether it did not."""
    return (await tx.conn.execute(delete(pin).where(pin.c.listing_id == listing_id))).rowcount > 0


async def standing(tx: Tx, *, category: str = "") -> list[Listing]:
    """What stands first and everybody may see, the last pinned first; of one root category, or of all."""
    found = (
        select(*listings.COLUMNS)
        .join(pin, pin.c.listing_id == listing.c.id)
        .join(actor, actor.c.id == listing.c.author_id)
        .where(
            listing.c.is_local,
            listing.c.state != State.CLOSED,
            listing.c.deleted_at.is_(None),
            listing.c.hidden_at.is_(None),
            listing.c.reach == EVERYONE,
            actor.c.hidden_at.is_(None),
        )
        .order_by(pin.c.created_at.desc(), pin.c.listing_id)
        .limit(MOST_SHOWN)
    )
    if category:
        found = found.where(listing.c.category.startswith(f"{category}/", autoescape=True))
    return await listings.from_rows(tx, (await tx.conn.execute(found)).mappings().all())
