"""What was deleted, here or elsewhere, so that it does not come back."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from fedivoisin.store.db import Tx
from fedivoisin.store.schema.federation import tombstone


@dataclass(frozen=True, slots=True)
class Tombstone:
    """`former_type` is the type that stood there: Note, Person…"""

    url: str
    former_type: str
    deleted_at: datetime


async def put(tx: Tx, url: str, former_type: str, *, is_local: bool) -> None:
    """Mark `url` as deleted, once."""
    if await by_url(tx, url) is None:
        await tx.conn.execute(
            insert(tombstone).values(url=url, former_type=former_type, deleted_at=tx.now, is_local=is_local)
        )


async def by_url(tx: Tx, url: str) -> Tombstone | None:
    """The mark at this address."""
    row = (
        await tx.conn.execute(
            select(tombstone.c.url, tombstone.c.former_type, tombstone.c.deleted_at).where(tombstone.c.url == url)
        )
    ).first()
    return Tombstone(row.url, row.former_type, row.deleted_at) if row is not None else None
