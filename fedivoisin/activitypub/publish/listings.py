"""A listing's life as others hear of it (FEDERATION.md §3)."""

from dataclasses import replace
from datetime import datetime, timedelta

from fedivoisin.activitypub import posting, shown
from fedivoisin.activitypub.documents import activities, contexts
from fedivoisin.activitypub.documents.activities import Envelope
from fedivoisin.activitypub.posting import Post
from fedivoisin.activitypub.publish import passing, pins
from fedivoisin.ids import ActorId, ListingId
from fedivoisin.market.events import ListingLiked, ListingUnliked
from fedivoisin.market.listing import Listing, State
from fedivoisin.store import actors, announcements, likes, listings, outbox, peers, search, tombstones
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx
from fedivoisin.store.outbox import Target

MOST_OF_ONE = 1000
MOST_OLD = 50
"""Standing listings that a new Group passes on, so that its outbox shows what it is about."""


async def published(tx: Tx, listing_id: ListingId) -> None:
    """`Create` by the author; the Groups pass it on whole, and by its address for Mastodon."""
    told = await passing.find(tx, listing_id)
    if told is None or not told.is_shown:
        return
    listing, author = told.listing, told.author
    said = activities.create(
        posting.envelope(tx, author, listing.url), await shown.listing(tx, listing), contexts.LISTING
    )
    said = await posting.proved(tx, said, author)
    targets = await posting.readers(tx, await posting.with_instance(tx, author))
    await posting.post(tx, Post(said, listing.url), author, targets.values())
    for group in told.groups:
        await passing.pass_on(tx, group, told, said, form=passing.WHOLE)
        await passing.pass_on(tx, group, told, listing.url, form=passing.OBJECT)


async def changed(tx: Tx, listing_id: ListingId, *, updated_at: datetime | None = None) -> None:
    """`Update` of the whole, to all who follow and to all who answered. In another category, another Group has it."""
    told = await passing.find(tx, listing_id)
    if told is None or told.listing.deleted_at is not None:
        return
    listing = replace(told.listing, updated_at=updated_at or told.listing.updated_at or tx.now)
    said = activities.update(
        posting.envelope(tx, told.author, listing.url), await shown.listing(tx, listing), contexts.LISTING
    )
    said = await posting.proved(tx, said, told.author)
    await posting.post(tx, Post(said, listing.url), told.author, (await passing.all_readers(tx, told)).values())
    for group in told.groups:
        await passing.pass_on(tx, group, told, said)
    await passing.rearrange(tx, told)


async def over(tx: Tx, listing_id: ListingId, *, updated_at: datetime | None = None) -> None:
    """`Update`, and the Groups take back what they passed on, else it stays on Mastodon; `Delete` for flohmarkt."""
    await changed(tx, listing_id, updated_at=updated_at)
    told = await passing.find(tx, listing_id)
    if told is None:
        return
    await passing.take_back(tx, told, await announcements.standing(tx, told.listing.id))
    await pins.taken_down(tx, told)
    flea_markets = await _flohmarkt(tx, await passing.all_readers(tx, told))
    if flea_markets:
        shape = await shown.listing(tx, told.listing)
        said = activities.delete(posting.envelope(tx, told.author, told.listing.url), shape)
        await posting.post(tx, Post(said, told.listing.url), told.author, flea_markets)


async def back(tx: Tx, listing_id: ListingId, *, updated_at: datetime | None = None) -> None:
    """Open again: `Update`, and the Groups pass its address on once more."""
    was_taken_back = not await announcements.standing(tx, listing_id)
    await changed(tx, listing_id, updated_at=updated_at)
    told = await passing.find(tx, listing_id)
    if told is None or not told.stands:
        return
    standing = {one.group_id for one in await announcements.standing(tx, told.listing.id)}
    for group in told.groups:
        if group.id not in standing:
            await passing.pass_on(tx, group, told, told.listing.url, form=passing.OBJECT)
    if was_taken_back:
        await pins.pinned(tx, listing_id)


async def deleted(tx: Tx, listing_id: ListingId) -> None:
    """The Groups take back what they passed on; `Delete` with a Tombstone, also passed on by the Groups."""
    told = await passing.find(tx, listing_id)
    if told is None:
        return
    listing, author = told.listing, told.author
    await tombstones.put(tx, listing.url, "Note", is_local=True)
    await passing.take_back(tx, told, await announcements.standing(tx, listing.id))
    if listing.state is not State.CLOSED and listing.hidden_at is None:
        await pins.taken_down(tx, told)
    said = activities.delete(posting.envelope(tx, author, listing.url), await shown.listing(tx, listing))
    said = await posting.proved(tx, said, author)
    await posting.post(tx, Post(said, listing.url), author, (await passing.all_readers(tx, told)).values())
    for group in told.groups:
        await passing.pass_on(tx, group, told, said)


async def author_hidden(tx: Tx, author_id: ActorId, *, at: datetime) -> None:
    """Its author was suspended: each listing is over elsewhere too, though nothing is deleted."""
    for one in await search.by_author(tx, author_id, limit=MOST_OF_ONE):
        await over(tx, one.id, updated_at=_later(one, at))


async def author_shown(tx: Tx, author_id: ActorId, *, at: datetime) -> None:
    """The suspension ended: what still stands is there again."""
    for one in await search.by_author(tx, author_id, limit=MOST_OF_ONE):
        await back(tx, one.id, updated_at=_later(one, at))


async def liked(tx: Tx, happened: ListingLiked) -> None:
    """`Like` to an author elsewhere, under the address that the row already has."""
    url = await likes.activity_of(tx, happened.by, happened.listing_id)
    listing, author, member = await _liking(tx, happened)
    if listing is None or author is None or member is None or url is None:
        return
    said = activities.like(Envelope(url, member.url, tx.now), listing.url, author.url)
    await posting.post(tx, Post(said, listing.url), member, posting.to_one(author))


async def unliked(tx: Tx, happened: ListingUnliked) -> None:
    """`Undo` of it."""
    listing, author, member = await _liking(tx, happened)
    if listing is None or author is None or member is None:
        return
    earlier = await outbox.by_url(tx, happened.activity_url)
    if earlier is not None:
        said = activities.undo(posting.envelope(tx, member), posting.read(earlier))
        await posting.post(tx, Post(said, earlier.url), member, posting.to_one(author))


async def catch_up(tx: Tx) -> None:
    """What stands and was never said: the neighbourhood just got its public address."""
    for listing_id in await outbox.unsaid_listings(tx):
        await published(tx, listing_id)


async def group_opened(tx: Tx, category: str) -> None:
    """A category's new Group passes on what stands in it, the oldest first: who comes reads its outbox."""
    for one in reversed(await search.newest_public(tx, category=category, limit=MOST_OLD)):
        told = await passing.find(tx, one.id)
        if told is not None and await announcements.standing(tx, one.id):
            await passing.rearrange(tx, told)


async def _liking(tx: Tx, happened: ListingLiked | ListingUnliked) -> tuple[Listing | None, Actor | None, Actor | None]:
    """A listing from elsewhere, its author, and who of ours likes it."""
    listing = await listings.find(tx, happened.listing_id)
    if listing is None or listing.is_local:
        return None, None, None
    known = await actors.by_ids(tx, [listing.author_id, happened.by])
    return listing, known.get(listing.author_id), known.get(happened.by)


def _later(listing: Listing, at: datetime) -> datetime:
    # Peers drop an `Update` whose `updated` did not rise.
    return max(at, (listing.updated_at or listing.published_at) + timedelta(seconds=1))


async def _flohmarkt(tx: Tx, targets: dict[str, Target]) -> list[Target]:
    known = await peers.by_hosts(tx, [target.host for target in targets.values()])
    return [one for one in targets.values() if one.host in known and known[one.host].software == "flohmarkt"]
