"""What moderators put first in the neighbourhood, here and in the `featured` collections of its Groups."""

from fedivoisin.actions.staff import require_moderator
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ListingId, MemberId
from fedivoisin.market import pinning
from fedivoisin.market.listing import Listing
from fedivoisin.store import events, listings, pins
from fedivoisin.store.db import Tx


async def pin(tx: Tx, *, listing_id: ListingId, by: MemberId) -> None:
    """Put a listing first; nothing happens if it is. Raises Refused."""
    await require_moderator(tx, by)
    listing = await _listing(tx, listing_id)
    if await pins.of(tx, listing_id) is not None:
        return
    happened = pinning.pin(listing, by=by, pinned=len(await pins.standing(tx)))
    await pins.put(tx, listing_id, by=by)
    await events.record(tx, happened, subject=listing_id, by=by)


async def unpin(tx: Tx, *, listing_id: ListingId, by: MemberId) -> None:
    """Put it back among the others; nothing happens if it is. Raises Refused."""
    await require_moderator(tx, by)
    listing = await _listing(tx, listing_id)
    if await pins.remove(tx, listing_id):
        await events.record(tx, pinning.unpin(listing, by=by), subject=listing_id, by=by)


async def _listing(tx: Tx, listing_id: ListingId) -> Listing:
    found = await listings.find(tx, listing_id)
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found
