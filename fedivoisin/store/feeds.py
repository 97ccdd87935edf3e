"""What everyone may read of our own listings: for feeds and for search engines."""

from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from fedivoisin.market.listing import EVERYONE, Listing, State
from fedivoisin.store import listings
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.listings import listing

LATEST = 50
MOST = 20_000
"""A sitemap may hold 50,000 addresses; this many fit in memory at ease."""


async def latest(tx: Tx, *, root: str = "", limit: int = LATEST) -> list[Listing]:
    """The newest public listings of ours, of one root category or of all; closed ones stay until they are swept."""
    query = select(*listings.COLUMNS).where(*_public())
    if root:
        query = query.where(listing.c.category.startswith(f"{root}/", autoescape=True))
    newest = func.coalesce(listing.c.updated_at, listing.c.published_at).desc()
    rows = await tx.conn.execute(query.order_by(newest, listing.c.id).limit(limit))
    return await listings.from_rows(tx, rows.mappings().all())


async def pages(tx: Tx, *, limit: int = MOST) -> list[tuple[str, datetime]]:
    """(id, last change) of every public listing of ours that still stands."""
    changed = func.coalesce(listing.c.updated_at, listing.c.published_at)
    rows = await tx.conn.execute(
        select(listing.c.id, listing.c.published_at, listing.c.updated_at)
        .where(*_public(), listing.c.state != State.CLOSED)
        .order_by(changed.desc())
        .limit(limit)
    )
    return [(row.id, row.updated_at or row.published_at) for row in rows]


def _public() -> tuple[ColumnElement[bool], ...]:
    return (
        listing.c.is_local,
        listing.c.reach >= EVERYONE,
        listing.c.deleted_at.is_(None),
        listing.c.hidden_at.is_(None),
    )
