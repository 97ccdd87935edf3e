"""What our Groups passed on, so that it can be taken back."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from fedivoisin.ids import ActorId, ListingId
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.listings import announcement


@dataclass(frozen=True, slots=True)
class Announcement:
    """`form` is activity (the whole `Create`, FEP-1b12) or object (the listing's address, for Mastodon)."""

    activity_url: str
    group_id: ActorId
    listing_id: ListingId
    form: str
    created_at: datetime


async def put(tx: Tx, *, activity_url: str, group_id: str, listing_id: str, form: str) -> None:
    """The Group passed the listing on."""
    await tx.conn.execute(
        insert(announcement).values(
            activity_url=activity_url, group_id=group_id, listing_id=listing_id, form=form, created_at=tx.now
        )
    )


async def standing(tx: Tx, listing_id: str) -> list[Announcement]:
    """What was said of this listing and not taken back."""
    rows = await tx.conn.execute(
        select(*(announcement.c[name] for name in Announcement.__dataclass_fields__)).where(
            announcement.c.listing_id == listing_id, announcement.c.undone_at.is_(None)
        )
    )
    return [Announcement(**row) for row in rows.mappings()]


async def undone(tx: Tx, activity_url: str) -> None:
    """It was taken back."""
    await tx.conn.execute(
        update(announcement).where(announcement.c.activity_url == activity_url).values(undone_at=tx.now)
    )
