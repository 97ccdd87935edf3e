"""A listing's life as others hear of it (FEDERATION.md §3)."""

from dataclasses import replace
from datetime import datetime

from fedivoisin.activitypub import posting, shown
from fedivoisin.activitypub.documents import activities, contexts
from fedivoisin.activitypub.documents.activities import Announced, Envelope
from fedivoisin.activitypub.documents.contexts import Json
from fedivoisin.activitypub.posting import Post
from fedivoisin.ids import ListingId
from fedivoisin.market.events import ListingLiked, ListingUnliked
from fedivoisin.market.listing import EVERYONE, Listing, State
from fedivoisin.store import actors, announcements, likes, listings, outbox, peers, threads, tombstones
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx
from fedivoisin.store.outbox import Target

OBJECT, WHOLE = "object", "activity"


async def published(tx: Tx, listing_id: ListingId) -> None:
    """`Create` by the author; the Group passes it on whole, and by its address for Mastodon."""
    listing, author, group = await _listing(tx, listing_id)
    if listing is None or author is None or listing.deleted_at is not None or listing.hidden_at is not None:
        return
    said = activities.create(
        posting.envelope(tx, author, listing.url), await shown.listing(tx, listing), contexts.LISTING
    )
    said = await posting.proved(tx, said, author)
    targets = await posting.readers(tx, await posting.with_instance(tx, author))
    await posting.post(tx, Post(said, listing.url), author, targets.values())
    if group is not None:
        await _pass_on(tx, group, listing, author, said, form=WHOLE)
        await _pass_on(tx, group, listing, author, listing.url, form=OBJECT)


async def changed(tx: Tx, listing_id: ListingId, *, updated_at: datetime | None = None) -> None:
    """`Update` of the whole, to all who follow and to all who answered."""
    listing, author, group = await _listing(tx, listing_id)
    if listing is None or author is None or listing.deleted_at is not None:
        return
    listing = replace(listing, updated_at=updated_at or listing.updated_at or tx.now)
    said = activities.update(
        posting.envelope(tx, author, listing.url), await shown.listing(tx, listing), contexts.LISTING
    )
    said = await posting.proved(tx, said, author)
    targets = await _all_readers(tx, listing, author, group)
    await posting.post(tx, Post(said, listing.url), author, targets.values())
    if group is not None:
        await _pass_on(tx, group, listing, author, said, form="")


async def over(tx: Tx, listing_id: ListingId, *, updated_at: datetime | None = None) -> None:
    """`Update`, and the Group takes back what it passed on, else it stays on Mastodon; `Delete` for flohmarkt."""
    await changed(tx, listing_id, updated_at=updated_at)
    listing, author, group = await _listing(tx, listing_id)
    if listing is None or author is None:
        return
    if group is not None:
        await _take_back(tx, listing, author, group)
    flea_markets = await _flohmarkt(tx, await _all_readers(tx, listing, author, group))
    if flea_markets:
        said = activities.delete(posting.envelope(tx, author, listing.url), await shown.listing(tx, listing))
        await posting.post(tx, Post(said, listing.url), author, flea_markets)


async def back(tx: Tx, listing_id: ListingId, *, updated_at: datetime | None = None) -> None:
    """Open again: `Update`, and the Group passes its address on once more."""
    await changed(tx, listing_id, updated_at=updated_at)
    listing, author, group = await _listing(tx, listing_id)
    if listing is None or author is None or group is None:
        return
    if listing.state is State.CLOSED or listing.hidden_at is not None:
        return
    if not await announcements.standing(tx, listing.id):
        await _pass_on(tx, group, listing, author, listing.url, form=OBJECT)


async def deleted(tx: Tx, listing_id: ListingId) -> None:
    """`Delete` with a Tombstone, also passed on by the Group."""
    listing, author, group = await _listing(tx, listing_id)
    if listing is None or author is None:
        return
    await tombstones.put(tx, listing.url, "Note", is_local=True)
    said = activities.delete(posting.envelope(tx, author, listing.url), await shown.listing(tx, listing))
    said = await posting.proved(tx, said, author)
    targets = await _all_readers(tx, listing, author, group)
    await posting.post(tx, Post(said, listing.url), author, targets.values())
    if group is not None:
        await _pass_on(tx, group, listing, author, said, form="")
    for one in await announcements.standing(tx, listing.id):
        await announcements.undone(tx, one.activity_url)


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


async def _liking(tx: Tx, happened: ListingLiked | ListingUnliked) -> tuple[Listing | None, Actor | None, Actor | None]:
    """A listing from elsewhere, its author, and who of ours likes it."""
    listing = await listings.find(tx, happened.listing_id)
    if listing is None or listing.is_local:
        return None, None, None
    known = await actors.by_ids(tx, [listing.author_id, happened.by])
    return listing, known.get(listing.author_id), known.get(happened.by)


async def _listing(tx: Tx, listing_id: ListingId) -> tuple[Listing | None, Actor | None, Actor | None]:
    """The listing (ours, for everyone), its author and its Group."""
    listing = await listings.find(tx, listing_id)
    if listing is None or not listing.is_local or listing.reach < EVERYONE:
        return None, None, None
    known = await actors.by_ids(tx, [one for one in (listing.author_id, listing.group_id) if one])
    return listing, known.get(listing.author_id), known.get(listing.group_id) if listing.group_id else None


async def _pass_on(tx: Tx, group: Actor, listing: Listing, author: Actor, thing: Json | str, *, form: str) -> None:
    """An `Announce` by the Group to its followers; with a `form` it is noted, so that it can be taken back."""
    said = activities.announce(posting.envelope(tx, group), thing, author.url)
    if form:
        await announcements.put(tx, activity_url=str(said["id"]), group_id=group.id, listing_id=listing.id, form=form)
    await posting.post(tx, Post(said, listing.url), group, (await posting.readers(tx, [group])).values())


async def _take_back(tx: Tx, listing: Listing, author: Actor, group: Actor) -> None:
    for one in await announcements.standing(tx, listing.id):
        announced = Announced(listing.url, author.url, one.created_at)
        said = activities.undo_announce(posting.envelope(tx, group), one.activity_url, announced)
        await posting.post(tx, Post(said, one.activity_url), group, (await posting.readers(tx, [group])).values())
        await announcements.undone(tx, one.activity_url)


async def _all_readers(tx: Tx, listing: Listing, author: Actor, group: Actor | None) -> dict[str, Target]:
    """Followers of the author, of the instance and of the Group, and everyone who answered."""
    wrote = await actors.by_ids(tx, await threads.writers_on(tx, listing.id))
    followed = [*await posting.with_instance(tx, author), *([group] if group else [])]
    return await posting.readers(tx, followed, wrote.values())


async def _flohmarkt(tx: Tx, targets: dict[str, Target]) -> list[Target]:
    known = await peers.by_hosts(tx, [target.host for target in targets.values()])
    return [one for one in targets.values() if one.host in known and known[one.host].software == "flohmarkt"]
