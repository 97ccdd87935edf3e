"""« J’aime »: said by a member here, of a listing here or elsewhere."""

from fedivoisin import addresses
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ActorId, ListingId
from fedivoisin.market.events import ListingLiked, ListingUnliked
from fedivoisin.market.listing import Listing
from fedivoisin.store import actors, events, likes, listings, members
from fedivoisin.store.db import Tx
from fedivoisin.trust.standing import require_member


async def like(tx: Tx, *, listing_id: ListingId, by: ActorId) -> None:
    """Saying it twice says it once."""
    listing = await _standing(tx, listing_id)
    member = await actors.by_id(tx, by)
    if member is None:
        raise Refused(Reason.NOT_FOUND)
    require_member(await members.standing(tx, by))
    if await likes.put(tx, by, listing_id, addresses.activity_url(member.url, tx.new_id())):
        await events.record(tx, ListingLiked(listing.id, listing.author_id, by), subject=listing.id, by=by)


async def unlike(tx: Tx, *, listing_id: ListingId, by: ActorId) -> None:
    """Take it back. The event names the `Like`, whose row is gone by the time it is undone elsewhere."""
    listing = await _standing(tx, listing_id)
    url = await likes.activity_of(tx, by, listing_id)
    if url is not None and await likes.remove(tx, by, listing_id):
        happened = ListingUnliked(listing.id, listing.author_id, by, activity_url=url)
        await events.record(tx, happened, subject=listing.id, by=by)


async def _standing(tx: Tx, listing_id: ListingId) -> Listing:
    listing = await listings.find(tx, listing_id)
    if listing is None or listing.hidden_at is not None:
        raise Refused(Reason.NOT_FOUND)
    if listing.deleted_at is not None:
        raise Refused(Reason.LISTING_GONE)
    return listing
