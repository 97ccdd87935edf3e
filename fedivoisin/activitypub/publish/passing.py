"""The Groups of a listing of ours: which they are, what they pass on, and what they take back (FEP-1b12)."""

from dataclasses import dataclass

from fedivoisin.activitypub import posting
from fedivoisin.activitypub.documents import activities
from fedivoisin.activitypub.documents.activities import Announced
from fedivoisin.activitypub.documents.contexts import Json
from fedivoisin.activitypub.posting import Post
from fedivoisin.ids import ListingId
from fedivoisin.market.listing import EVERYONE, Listing, State
from fedivoisin.store import actors, announcements, listings, threads
from fedivoisin.store.actors import Actor
from fedivoisin.store.announcements import Announcement
from fedivoisin.store.db import Tx
from fedivoisin.store.outbox import Target

OBJECT, WHOLE = "object", "activity"


@dataclass(frozen=True, slots=True)
class Told:
    """A listing of ours that is for everyone, its author, and the Groups that pass it on."""

    listing: Listing
    author: Actor
    groups: tuple[Actor, ...]

    @property
    def is_shown(self) -> bool:
        """Whether others may read it: nobody deleted it, and no moderator hid it or its author."""
        is_hidden = self.listing.hidden_at is not None or self.author.hidden_at is not None
        return self.listing.deleted_at is None and not is_hidden

    @property
    def stands(self) -> bool:
        """Whether it is shown and not over."""
        return self.is_shown and self.listing.state is not State.CLOSED


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


async def pass_on(tx: Tx, group: Actor, told: Told, thing: Json | str, *, form: str = "") -> None:
    """An `Announce` by the Group to its followers; with a `form` it is noted, so that it can be taken back."""
    said, listing = activities.announce(posting.envelope(tx, group), thing, told.author.url), told.listing
    if form:
        await announcements.put(tx, activity_url=str(said["id"]), group_id=group.id, listing_id=listing.id, form=form)
    await by_group(tx, group, said, listing.url)


async def take_back(tx: Tx, told: Told, announced: list[Announcement]) -> None:
    """`Undo` of each, by the Group that said it: else it stays on Mastodon."""
    speakers = await actors.by_ids(tx, {one.group_id for one in announced})
    for one in announced:
        group, short = speakers[one.group_id], Announced(told.listing.url, told.author.url, one.created_at)
        said = activities.undo_announce(posting.envelope(tx, group), one.activity_url, short)
        await by_group(tx, group, said, one.activity_url)
        await announcements.undone(tx, one.activity_url)


async def rearrange(tx: Tx, told: Told) -> None:
    """What stands is announced by its category's Group and by no other's: the category may have changed."""
    if not told.stands:
        return
    announced = await announcements.standing(tx, told.listing.id)
    ours, speakers = {group.id for group in told.groups}, {one.group_id for one in announced}
    await take_back(tx, told, [one for one in announced if one.group_id not in ours])
    for group in told.groups:
        if group.category is not None and group.id not in speakers:
            await pass_on(tx, group, told, told.listing.url, form=OBJECT)


async def by_group(tx: Tx, group: Actor, said: Json, object_url: str) -> None:
    """What a Group says goes to those who follow it."""
    await posting.post(tx, Post(said, object_url), group, (await posting.readers(tx, [group])).values())
