"""A listing's life as others hear of it (FEDERATION.md §3)."""

from dataclasses import dataclass, replace
from datetime import datetime

from fedivoisin.activitypub import posting, shown
from fedivoisin.activitypub.documents import activities, contexts
from fedivoisin.activitypub.documents.activities import Announced, Envelope
from fedivoisin.activitypub.documents.contexts import Json
from fedivoisin.activitypub.posting import Post
from fedivoisin.ids import ListingId
from fedivoisin.market.events import ListingLiked, ListingUnliked
from fedivoisin.market.listing import EVERYONE, Listing, State
from fedivoisin.store import actors, announcements, likes, listings, outbox, peers, search, threads, tombstones
from fedivoisin.store.actors import Actor
from fedivoisin.store.announcements import Announcement
from fedivoisin.store.db import Tx
from fedivoisin.store.outbox import Target

OBJECT, WHOLE = "object", "activity"
MOST_OLD = 50
"""Standing listings that a new Group passes on, so that its outbox shows what it is about."""


@dataclass(frozen=True, slots=True)
class Told:
    """A listing of ours that is for everyone, its author, and the Groups that pass it on."""

    listing: Listing
    author: Actor
    groups: tuple[Actor, ...]

    @property
    def stands(self) -> bool:
        """Whether others may be shown it."""
        is_over = self.listing.state is State.CLOSED or self.listing.deleted_at is not None
        return not is_over and self.listing.hidden_at is None and self.author.hidden_at is None


async def published(tx: Tx, listing_id: ListingId) -> None:
    """`Create` by the author; the Groups pass it on whole, and by its address for Mastodon."""
    told = await find(tx, listing_id)
    if told is None or told.listing.deleted_at or told.listing.hidden_at or told.author.hidden_at:
        return
    listing, author = told.listing, told.author
    said = activities.create(
        posting.envelope(tx, author, listing.url), await shown.listing(tx, listing), contexts.LISTING
    )
    said = await posting.proved(tx, said, author)
    targets = await posting.readers(tx, await posting.with_instance(tx, author))
    await posting.post(tx, Post(said, listing.url), author, targets.values())
    for group in told.groups:
        await _pass_on(tx, group, told, said, form=WHOLE)
        await _pass_on(tx, group, told, listing.url, form=OBJECT)


async def changed(tx: Tx, listing_id: ListingId, *, updated_at: datetime | None = None) -> None:
    """`Update` of the whole, to all who follow and to all who answered. In another category, another Group has it."""
    told = await find(tx, listing_id)
    if told is None or told.listing.deleted_at is not None:
        return
    listing = replace(told.listing, updated_at=updated_at or told.listing.updated_at or tx.now)
    said = activities.update(
        posting.envelope(tx, told.author, listing.url), await shown.listing(tx, listing), contexts.LISTING
    )
    said = await posting.proved(tx, said, told.author)
    await posting.post(tx, Post(said, listing.url), told.author, (await all_readers(tx, told)).values())
    for group in told.groups:
        await _pass_on(tx, group, told, said, form="")
    await _rearrange(tx, told)


async def over(tx: Tx, listing_id: ListingId, *, updated_at: datetime | None = None) -> None:
    """`Update`, and the Groups take back what they passed on, else it stays on Mastodon; `Delete` for flohmarkt."""
    await changed(tx, listing_id, updated_at=updated_at)
    told = await find(tx, listing_id)
    if told is None:
        return
    await _take_back(tx, told, await announcements.standing(tx, told.listing.id))
    flea_markets = await _flohmarkt(tx, await all_readers(tx, told))
    if flea_markets:
        shape = await shown.listing(tx, told.listing)
        said = activities.delete(posting.envelope(tx, told.author, told.listing.url), shape)
        await posting.post(tx, Post(said, told.listing.url), told.author, flea_markets)


async def back(tx: Tx, listing_id: ListingId, *, updated_at: datetime | None = None) -> None:
    """Open again: `Update`, and the Groups pass its address on once more."""
    await changed(tx, listing_id, updated_at=updated_at)
    told = await find(tx, listing_id)
    if told is None or not told.stands:
        return
    standing = {one.group_id for one in await announcements.standing(tx, told.listing.id)}
    for group in told.groups:
        if group.id not in standing:
            await _pass_on(tx, group, told, told.listing.url, form=OBJECT)


async def deleted(tx: Tx, listing_id: ListingId) -> None:
    """The Groups take back what they passed on; `Delete` with a Tombstone, also passed on by the Groups."""
    told = await find(tx, listing_id)
    if told is None:
        return
    listing, author = told.listing, told.author
    await tombstones.put(tx, listing.url, "Note", is_local=True)
    await _take_back(tx, told, await announcements.standing(tx, listing.id))
    said = activities.delete(posting.envelope(tx, author, listing.url), await shown.listing(tx, listing))
    said = await posting.proved(tx, said, author)
    await posting.post(tx, Post(said, listing.url), author, (await all_readers(tx, told)).values())
    for group in told.groups:
        await _pass_on(tx, group, told, said, form="")


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
        told = await find(tx, one.id)
        if told is not None and await announcements.standing(tx, one.id):
            await _rearrange(tx, told)


async def find(tx: Tx, listing_id: ListingId) -> Told | None:
    """The listing, if it is ours and for everyone."""
    listing = await listings.find(tx, listing_id)
    if listing is None or not listing.is_local or listing.reach < EVERYONE:
        return None
    known = await actors.by_ids(tx, [one for one in (listing.author_id, listing.group_id) if one])
    neighbourhood = known.get(listing.group_id) if listing.group_id else None
    if neighbourhood is None:
        return Told(listing, known[listing.author_id], ())
    category = await actors.group_of_category(tx, listing.category.partition("/")[0])
    return Told(listing, known[listing.author_id], (neighbourhood, *([category] if category else [])))


async def all_readers(tx: Tx, told: Told) -> dict[str, Target]:
    """Followers of the author, of the instance and of the Groups, and everyone who answered."""
    wrote = await actors.by_ids(tx, await threads.writers_on(tx, told.listing.id))
    followed = [*await posting.with_instance(tx, told.author), *told.groups]
    return await posting.readers(tx, followed, wrote.values())


async def _liking(tx: Tx, happened: ListingLiked | ListingUnliked) -> tuple[Listing | None, Actor | None, Actor | None]:
    """A listing from elsewhere, its author, and who of ours likes it."""
    listing = await listings.find(tx, happened.listing_id)
    if listing is None or listing.is_local:
        return None, None, None
    known = await actors.by_ids(tx, [listing.author_id, happened.by])
    return listing, known.get(listing.author_id), known.get(happened.by)


async def _pass_on(tx: Tx, group: Actor, told: Told, thing: Json | str, *, form: str) -> None:
    """An `Announce` by the Group to its followers; with a `form` it is noted, so that it can be taken back."""
    said, listing = activities.announce(posting.envelope(tx, group), thing, told.author.url), told.listing
    if form:
        await announcements.put(tx, activity_url=str(said["id"]), group_id=group.id, listing_id=listing.id, form=form)
    await posting.post(tx, Post(said, listing.url), group, (await posting.readers(tx, [group])).values())


async def _take_back(tx: Tx, told: Told, announced: list[Announcement]) -> None:
    speakers = await actors.by_ids(tx, {one.group_id for one in announced})
    for one in announced:
        group, short = speakers[one.group_id], Announced(told.listing.url, told.author.url, one.created_at)
        said = activities.undo_announce(posting.envelope(tx, group), one.activity_url, short)
        await posting.post(tx, Post(said, one.activity_url), group, (await posting.readers(tx, [group])).values())
        await announcements.undone(tx, one.activity_url)


async def _rearrange(tx: Tx, told: Told) -> None:
    """What stands is announced by its Groups and by no other: its category may have changed, or just got a Group."""
    if not told.stands:
        return
    announced = await announcements.standing(tx, told.listing.id)
    ours = {group.id for group in told.groups}
    await _take_back(tx, told, [one for one in announced if one.group_id not in ours])
    for group in told.groups:
        if group.category is not None and group.id not in {one.group_id for one in announced}:
            await _pass_on(tx, group, told, told.listing.url, form=OBJECT)


async def _flohmarkt(tx: Tx, targets: dict[str, Target]) -> list[Target]:
    known = await peers.by_hosts(tx, [target.host for target in targets.values()])
    return [one for one in targets.values() if one.host in known and known[one.host].software == "flohmarkt"]
