"""What a member began to write: kept at each step, then published or thrown away."""

from collections.abc import Mapping
from typing import Any

from fedivoisin.actions import listings as acting
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ActorId, ListingId
from fedivoisin.market.draft import Draft
from fedivoisin.market.listing import Listing
from fedivoisin.store import drafts, listings, members
from fedivoisin.store.db import Tx
from fedivoisin.store.drafts import KeptDraft
from fedivoisin.trust.standing import require_member


async def keep(tx: Tx, *, by: ActorId, draft_id: str | None, fields: Mapping[str, Any]) -> KeptDraft:
    """Keep these fields, in a new draft when there is none yet."""
    if draft_id is None:
        require_member(await members.standing(tx, by))
        return await drafts.begin(tx, by, fields)
    kept = await _own(tx, draft_id, by)
    await drafts.change(tx, kept.id, fields)
    return kept


async def begin_edit(tx: Tx, *, by: ActorId, listing_id: ListingId, fields: Mapping[str, Any]) -> KeptDraft:
    """Change a listing by the same three screens; what was begun and not finished goes on."""
    listing = await listings.find(tx, listing_id)
    if listing is None or listing.author_id != by:
        raise Refused(Reason.NOT_FOUND)
    if listing.deleted_at is not None:
        raise Refused(Reason.LISTING_GONE)
    known = await drafts.that_edits(tx, listing_id, member_id=by)
    return known or await drafts.begin(tx, by, fields, listing_id=listing_id)


async def publish(tx: Tx, *, by: ActorId, draft_id: str, draft: Draft) -> Listing:
    """The draft becomes a listing, or changes the one it was made from. Raises Refused with the field to mend."""
    kept = await _own(tx, draft_id, by)
    await drafts.remove(tx, kept.id)
    if kept.listing_id is None:
        return await acting.publish(tx, by=by, draft=draft)
    return await acting.edit(tx, listing_id=kept.listing_id, by=by, draft=draft)


async def discard(tx: Tx, *, by: ActorId, draft_id: str) -> None:
    """Thrown away."""
    await drafts.remove(tx, (await _own(tx, draft_id, by)).id)


async def _own(tx: Tx, draft_id: str, by: ActorId) -> KeptDraft:
    kept = await drafts.find(tx, draft_id, member_id=by)
    if kept is None:
        raise Refused(Reason.NOT_FOUND)
    return kept
