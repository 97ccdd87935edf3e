"""`Like`, and `Undo` of a Like, a Follow or an Announce."""

from dataclasses import replace

from fedivoisin.actions import following, remote_listings
from fedivoisin.activitypub.handlers import people
from fedivoisin.activitypub.handlers.outcome import Outcome
from fedivoisin.activitypub.parse.activities import Announce, Follow, Like, Undo
from fedivoisin.activitypub.proven import Proven, address_of
from fedivoisin.store import actors, follows, inbox, likes, listings
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx
from fedivoisin.store.follows import Follow as StandingFollow


async def liked(tx: Tx, proven: Proven[Like]) -> Outcome:
    """They like a listing."""
    listing = await listings.find_by_url(tx, proven.activity.object)
    if listing is None or listing.deleted_at is not None:
        return Outcome.UNKNOWN_OBJECT
    await remote_listings.like(tx, actor_id=proven.actor.id, listing=listing, activity_url=proven.activity.id)
    return Outcome.DONE


async def undone(tx: Tx, proven: Proven[Undo]) -> Outcome:
    """They take back what they said, also what was put off and waits. `proven` vouches that it was theirs."""
    outcome = await _undone(tx, proven)
    if outcome is Outcome.UNKNOWN_OBJECT:
        url = address_of(proven.activity.object)
        if await inbox.take_back(tx, actor_url=proven.actor.url, activity_url=url):
            return Outcome.DONE
    return outcome


async def _undone(tx: Tx, proven: Proven[Undo]) -> Outcome:
    match proven.activity.object:
        case str() as url:
            return await _undone_by_address(tx, url, proven.actor)
        case Follow() as asked:
            followed = await people.ours(tx, proven.origin, asked.object)
            standing = await follows.between(tx, proven.actor.id, followed.id) if followed else None
            return await _unfollowed(tx, standing, proven.actor)
        case Like() as said:
            listing = await listings.find_by_url(tx, said.object)
            if listing is None:
                return Outcome.UNKNOWN_OBJECT
            await remote_listings.unlike(tx, actor_id=proven.actor.id, listing_id=listing.id)
            return Outcome.DONE
        case Announce() as passed_on:
            return await _no_longer_passed_on(tx, passed_on, proven.actor)
        case _:
            return Outcome.IGNORED


async def _undone_by_address(tx: Tx, url: str, actor: Actor) -> Outcome:
    liked = await likes.by_activity(tx, url)
    if liked is not None and liked[0] == actor.id:
        await remote_listings.unlike(tx, actor_id=actor.id, listing_id=liked[1])
        return Outcome.DONE
    return await _unfollowed(tx, await follows.by_activity(tx, url), actor)


async def _unfollowed(tx: Tx, standing: StandingFollow | None, follower: Actor) -> Outcome:
    followed = await actors.by_id(tx, standing.followed_id) if standing else None
    if standing is None or followed is None or standing.follower_id != follower.id:
        return Outcome.UNKNOWN_OBJECT
    await following.withdrawn_by_peer(tx, follower=follower, followed=followed)
    return Outcome.DONE


async def _no_longer_passed_on(tx: Tx, passed_on: Announce, group: Actor) -> Outcome:
    listing = await listings.find_by_url(tx, address_of(passed_on.object))
    if listing is None or listing.is_local or listing.group_id != group.id:
        return Outcome.UNKNOWN_OBJECT
    await listings.replace(tx, replace(listing, group_id=None))
    return Outcome.DONE
