"""What a member began to write: the three screens of publishing, kept at each step."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from fedivoisin.ids import ActorId, ListingId
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.listings import draft

MOST_OF_ONE = 20
"""Drafts of one member: an older one makes way."""


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """The fields as they were typed, right or wrong; `listing_id` when it edits a listing."""

    id: str
    member_id: ActorId
    listing_id: ListingId | None
    fields: Mapping[str, Any]
    updated_at: datetime


async def begin(tx: Tx, member_id: str, fields: Mapping[str, Any], *, listing_id: str | None = None) -> KeptDraft:
    """A new draft."""
    for old in (await of_member(tx, member_id))[MOST_OF_ONE - 1 :]:
        await remove(tx, old.id)
    values = {"id": tx.new_id(), "member_id": member_id, "listing_id": listing_id, "fields": dict(fields)}
    row = await tx.conn.execute(insert(draft).values(**values, updated_at=tx.now).returning(draft))
    return KeptDraft(**row.mappings().one())


async def find(tx: Tx, draft_id: str, *, member_id: str) -> KeptDraft | None:
    """The draft, if it is this member's."""
    row = await tx.conn.execute(select(draft).where(draft.c.id == draft_id, draft.c.member_id == member_id))
    found = row.mappings().first()
    return KeptDraft(**found) if found is not None else None


async def that_edits(tx: Tx, listing_id: str, *, member_id: str) -> KeptDraft | None:
    """The draft in which this member is changing the listing."""
    row = await tx.conn.execute(select(draft).where(draft.c.listing_id == listing_id, draft.c.member_id == member_id))
    found = row.mappings().first()
    return KeptDraft(**found) if found is not None else None


async def change(tx: Tx, draft_id: str, fields: Mapping[str, Any]) -> None:
    """Keep these fields instead."""
    await tx.conn.execute(update(draft).where(draft.c.id == draft_id).values(fields=dict(fields), updated_at=tx.now))


async def of_member(tx: Tx, member_id: str) -> list[KeptDraft]:
    """What this member began, the newest first."""
    rows = await tx.conn.execute(
        select(draft).where(draft.c.member_id == member_id).order_by(draft.c.updated_at.desc(), draft.c.id)
    )
    return [KeptDraft(**row) for row in rows.mappings()]


async def remove(tx: Tx, draft_id: str) -> None:
    """Published, or thrown away."""
    await tx.conn.execute(delete(draft).where(draft.c.id == draft_id))
