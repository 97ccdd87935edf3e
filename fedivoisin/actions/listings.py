"""What a member does with a listing of theirs, and what time does to it."""

from collections.abc import Callable
from datetime import timedelta

from fedivoisin import addresses
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ActorId, ListingId
from fedivoisin.market import life
from fedivoisin.market.draft import Draft
from fedivoisin.market.events import ListingEnding
from fedivoisin.market.life import Change, Urls
from fedivoisin.market.listing import Listing
from fedivoisin.store import actors, events, listings, members, neighbourhoods, threads, tombstones
from fedivoisin.store.db import Tx
from fedivoisin.trust.standing import require_member

ASK_BEFORE = timedelta(days=3)
"""« Toujours libre ? » is asked that long before the end."""
SWEEP_AFTER = timedelta(days=30)
"""A closed listing leaves a tombstone after that time (FEDERATION.md §3)."""
BATCH = 100


async def publish(tx: Tx, *, by: ActorId, draft: Draft) -> Listing:
    """A new listing of this member. Raises Refused with the field to mend."""
    author = await actors.by_id(tx, by)
    if author is None:
        raise Refused(Reason.NOT_FOUND)
    require_member(await members.standing(tx, by))
    here = await neighbourhoods.current(tx)
    listing_id = ListingId(tx.new_id())
    url = addresses.listing_url(here.base, author.name, listing_id)
    urls = Urls(url, addresses.listing_page(here.base, listing_id), addresses.thread_url(url))
    change = life.publish(draft, listing_id=listing_id, urls=urls, author_id=by, group_id=here.group_id, at=tx.now)
    await listings.insert(tx, change.listing)
    await _tell(tx, change, by)
    return change.listing


async def edit(tx: Tx, *, listing_id: ListingId, by: ActorId, draft: Draft) -> Listing:
    """Say it otherwise. Raises Refused with the field to mend."""
    return await _change(tx, listing_id, by, lambda listing: life.edit(listing, draft, by=by, at=tx.now))


async def reserve(tx: Tx, *, listing_id: ListingId, by: ActorId, reserved_for: ActorId | None = None) -> Listing:
    """Promise it: to one of those who asked in private, or to nobody named."""
    reserved = await _change(
        tx, listing_id, by, lambda listing: life.reserve(listing, by=by, at=tx.now, reserved_for=reserved_for)
    )
    # Only now: who may not promise it shall not find out either who asked.
    if reserved_for is not None and await threads.of_asker(tx, listing_id, reserved_for) is None:
        raise Refused(Reason.NOT_FOUND)
    return reserved


async def release(tx: Tx, *, listing_id: ListingId, by: ActorId) -> Listing:
    """Free again."""
    return await _change(tx, listing_id, by, lambda listing: life.release(listing, by=by, at=tx.now))


async def close(tx: Tx, *, listing_id: ListingId, by: ActorId) -> Listing:
    """Over."""
    return await _change(tx, listing_id, by, lambda listing: life.close(listing, by=by, at=tx.now))


async def renew(tx: Tx, *, listing_id: ListingId, by: ActorId) -> Listing:
    """Thirty more days."""
    renewed = await _change(tx, listing_id, by, lambda listing: life.renew(listing, by=by, at=tx.now))
    await listings.renewed(tx, listing_id)
    return renewed


async def renew_by_link(tx: Tx, *, token: str) -> Listing:
    """The author pressed the link in the mail « Toujours libre ? »; it serves once."""
    listing = await by_link(tx, token)
    return await renew(tx, listing_id=listing.id, by=listing.author_id)


async def close_by_link(tx: Tx, *, token: str) -> Listing:
    """The same link, the other answer: no longer free."""
    listing = await by_link(tx, token)
    closed = await close(tx, listing_id=listing.id, by=listing.author_id)
    await listings.renewed(tx, listing.id)
    return closed


async def by_link(tx: Tx, token: str) -> Listing:
    """The listing that the link of a reminder means. Raises Refused when it has served."""
    listing = await listings.by_renewal_token(tx, token)
    if listing is None or listing.deleted_at is not None:
        raise Refused(Reason.RENEWAL_SPENT)
    return listing


async def delete(tx: Tx, *, listing_id: ListingId, by: ActorId) -> None:
    """Gone, here and wherever it went."""
    listing = await listings.find(tx, listing_id)
    if listing is None:
        raise Refused(Reason.NOT_FOUND)
    await _delete(tx, life.delete(listing, by=by, at=tx.now), by)


async def expire_due(tx: Tx, *, limit: int = BATCH) -> int:
    """Close what has passed its date; how many were closed."""
    due = await listings.past_their_end(tx, limit=limit)
    for listing in due:
        change = life.expire(listing, at=tx.now)
        await listings.replace(tx, change.listing)
        await _tell(tx, change, None)
    return len(due)


async def ask_if_still_free(tx: Tx, *, limit: int = BATCH) -> int:
    """Ask the authors of what ends within three days, once; how many were asked."""
    due = await listings.ending_within(tx, ASK_BEFORE, limit=limit)
    for listing in due:
        await listings.reminded(tx, listing.id, tx.new_id())
        happened = ListingEnding(listing.id, listing.author_id, listing.author_id)
        await events.record(tx, happened, subject=listing.id, by=None)
    return len(due)


async def sweep_closed(tx: Tx, *, limit: int = BATCH) -> int:
    """Delete what has been over for thirty days; how many were deleted."""
    due = await listings.ended_before(tx, tx.now - SWEEP_AFTER, limit=limit)
    for listing in due:
        await _delete(tx, life.delete(listing, by=listing.author_id, at=tx.now), None)
    return len(due)


async def _change(tx: Tx, listing_id: ListingId, by: ActorId, rule: Callable[[Listing], Change]) -> Listing:
    listing = await listings.find(tx, listing_id)
    if listing is None or not listing.is_local:
        raise Refused(Reason.NOT_FOUND)
    change = rule(listing)
    if change.events:
        await listings.replace(tx, change.listing)
        await _tell(tx, change, by)
    return change.listing


async def _delete(tx: Tx, change: Change, by: ActorId | None) -> None:
    await listings.mark_deleted(tx, change.listing.id)
    await tombstones.put(tx, change.listing.url, "Note", is_local=True)
    await _tell(tx, change, by)


async def _tell(tx: Tx, change: Change, by: ActorId | None) -> None:
    for happened in change.events:
        await events.record(tx, happened, subject=change.listing.id, by=by)
