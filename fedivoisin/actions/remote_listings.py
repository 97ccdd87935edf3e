"""Listings of other towns: kept, changed and taken down as their authors say, and liked."""

from dataclasses import replace

from fedivoisin.errors import BadActivity
from fedivoisin.ids import ActorId, ListingId
from fedivoisin.market.events import (
    ListingChanged,
    ListingClosed,
    ListingDeleted,
    ListingEvent,
    ListingLiked,
    ListingPublished,
    ListingReleased,
    ListingReserved,
    ListingUnliked,
)
from fedivoisin.market.listing import Listing, State
from fedivoisin.store import events, likes, listings, tombstones
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx


async def receive(tx: Tx, said: Listing) -> Listing | None:
    """Keep a listing as its author says it now; None when nothing changed. `said.id` is used if it is new here."""
    known = await listings.find_by_url(tx, said.url)
    if known is not None:
        _check_author(known, said)
    if known is None or known.deleted_at is not None:
        await _check_stands(tx, said)
    return await _add(tx, said) if known is None else await _renew(tx, known, said)


async def withdraw(tx: Tx, known: Listing, said: Listing) -> bool:
    """Its author no longer shows it to everyone; False when that is no news. Shown again later, it comes back."""
    _check_author(known, said)
    if not _is_newer(known, said):
        return False
    await listings.replace(tx, replace(known, updated_at=said.updated_at))
    await _take_down(tx, known)
    return True


async def passed_on(tx: Tx, listing: Listing, group: Actor) -> None:
    """A Group of another town, or of ours, counts it among its own; a boost by anybody else claims nothing."""
    if group.type == "Group" and listing.group_id is None and listing.deleted_at is None and not listing.is_local:
        await listings.replace(tx, replace(listing, group_id=group.id))


async def delete(tx: Tx, listing: Listing) -> None:
    """Its author took it down."""
    if listing.is_local:
        raise BadActivity("not-the-author", status=403)
    await tombstones.put(tx, listing.url, "Note", is_local=False)
    await _take_down(tx, listing)


async def like(tx: Tx, *, actor_id: ActorId, listing: Listing, activity_url: str) -> None:
    """Someone elsewhere likes it."""
    if await likes.put(tx, actor_id, listing.id, activity_url):
        await _record(tx, ListingLiked(listing.id, listing.author_id, actor_id), listing, by=actor_id)


async def unlike(tx: Tx, *, actor_id: ActorId, listing_id: ListingId) -> None:
    """And likes it no more."""
    listing = await listings.find(tx, listing_id)
    url = await likes.activity_of(tx, actor_id, listing_id)
    if listing is not None and url is not None and await likes.remove(tx, actor_id, listing_id):
        await _record(tx, ListingUnliked(listing.id, listing.author_id, actor_id, url), listing, by=actor_id)


def _check_author(known: Listing, said: Listing) -> None:
    if known.is_local or known.author_id != said.author_id:
        raise BadActivity("not-the-author", status=403)


async def _check_stands(tx: Tx, said: Listing) -> None:
    if await tombstones.is_gone(tx, said.url, author_id=said.author_id):
        raise BadActivity("deleted")


async def _take_down(tx: Tx, listing: Listing) -> None:
    await listings.mark_deleted(tx, listing.id)
    if listing.deleted_at is None:
        await _record(tx, ListingDeleted(listing.id, listing.author_id, listing.author_id), listing)


async def _add(tx: Tx, said: Listing) -> Listing:
    await listings.insert(tx, said)
    await _record(tx, ListingPublished(said.id, said.author_id, said.author_id), said)
    return said


async def _renew(tx: Tx, known: Listing, said: Listing) -> Listing | None:
    if not _is_newer(known, said):
        return None
    changed = replace(
        said,
        id=known.id,
        group_id=known.group_id or said.group_id,
        published_at=known.published_at,
        hidden_at=known.hidden_at,
        hidden_reason=known.hidden_reason,
    )
    await listings.replace(tx, changed)
    await _record(tx, _what_happened(known, changed), changed)
    return changed


def _is_newer(known: Listing, said: Listing) -> bool:
    # `updated` rises strictly (FEDERATION.md §3): an older version that comes late, or twice, changes nothing.
    return said.updated_at is not None and said.updated_at > (known.updated_at or known.published_at)


def _what_happened(known: Listing, changed: Listing) -> ListingEvent:
    names = (changed.id, changed.author_id, changed.author_id)
    if known.deleted_at is not None:
        return ListingPublished(*names)
    match known.state, changed.state:
        case ((State.OPEN | State.RESERVED), State.CLOSED):
            return ListingClosed(*names)
        case State.OPEN | State.CLOSED, State.RESERVED:
            return ListingReserved(*names)
        case State.RESERVED, State.OPEN:
            return ListingReleased(*names)
        case _:
            kept = ("title", "text", "price", "place_name", "ends_at", "pictures", "category", "availability")
            return ListingChanged(
                *names, tuple(name for name in kept if getattr(known, name) != getattr(changed, name))
            )


async def _record(tx: Tx, happened: ListingEvent, listing: Listing, *, by: ActorId | None = None) -> None:
    await events.record(tx, happened, subject=listing.id, by=by or listing.author_id, is_local=False)
