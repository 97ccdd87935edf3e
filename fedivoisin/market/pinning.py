"""Which listings a moderator may put first."""

from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ActorId
from fedivoisin.market.events import ListingPinned, ListingUnpinned
from fedivoisin.market.listing import EVERYONE, Listing, State

MOST_PINNED = 5
"""What stands first next to many others no longer stands first."""


def pin(listing: Listing, *, by: ActorId, pinned: int) -> ListingPinned:
    """One of ours that everybody may see; `pinned` says how many stand first already. Raises Refused."""
    if listing.deleted_at is not None:
        raise Refused(Reason.LISTING_GONE)
    if not listing.is_local or listing.hidden_at is not None or listing.reach < EVERYONE:
        raise Refused(Reason.NOT_FOUND)
    if listing.state is State.CLOSED:
        raise Refused(Reason.LISTING_CLOSED)
    if pinned >= MOST_PINNED:
        raise Refused(Reason.TOO_MANY_PINS, most=MOST_PINNED)
    return ListingPinned(listing.id, listing.author_id, by)


def unpin(listing: Listing, *, by: ActorId) -> ListingUnpinned:
    """Back among the others, whatever became of it."""
    return ListingUnpinned(listing.id, listing.author_id, by)
