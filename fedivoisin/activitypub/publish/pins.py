"""What stands first in a Group, as others hear of it: `Add` and `Remove` of its `featured` collection.

Mastodon believes the Group alone about its own collection; Lemmy wants the moderator's word, passed on by the Group.
"""

from fedivoisin.activitypub import posting
from fedivoisin.activitypub.documents import activities
from fedivoisin.activitypub.posting import Post
from fedivoisin.activitypub.publish import passing
from fedivoisin.activitypub.publish.passing import Told
from fedivoisin.ids import ActorId, ListingId
from fedivoisin.store import actors, pins
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx


async def pinned(tx: Tx, listing_id: ListingId) -> None:
    """`Add`, if it is pinned and stands: also when it is open again."""
    told, pin = await passing.find(tx, listing_id), await pins.of(tx, listing_id)
    if told is not None and told.stands and pin is not None:
        await _say(tx, "Add", told, pin.by_id)


async def unpinned(tx: Tx, listing_id: ListingId, by: ActorId) -> None:
    """`Remove`: a moderator put it back among the others."""
    told = await passing.find(tx, listing_id)
    if told is not None:
        await _say(tx, "Remove", told, by)


async def taken_down(tx: Tx, told: Told) -> None:
    """`Remove`, if it was pinned: what is over, hidden or gone stands first nowhere."""
    pin = await pins.of(tx, told.listing.id)
    if pin is not None:
        await _say(tx, "Remove", told, pin.by_id)


async def _say(tx: Tx, verb: str, told: Told, by: ActorId | None) -> None:
    moderator = await actors.by_id(tx, by) if by else None
    for group in told.groups:
        said = activities.about_featured(posting.envelope(tx, group), verb, told.listing.url, group.url)
        await passing.by_group(tx, group, said, told.listing.url)
        if moderator is not None and moderator.gone_at is None:
            await _by_moderator(tx, verb, told, moderator, group)


async def _by_moderator(tx: Tx, verb: str, told: Told, moderator: Actor, group: Actor) -> None:
    said = activities.about_featured(posting.envelope(tx, moderator), verb, told.listing.url, group.url)
    said = await posting.proved(tx, said, moderator)
    await posting.post(tx, Post(said, told.listing.url), moderator, [])  # at its address, for who asks
    await passing.pass_on(tx, group, told, said)
