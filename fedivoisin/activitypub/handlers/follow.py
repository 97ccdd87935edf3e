"""`Follow`, `Accept`, `Reject`, `Block`, `Move`: who hears of whom."""

from typing import TypeGuard

from fedivoisin import addresses
from fedivoisin.actions import following
from fedivoisin.activitypub.handlers import people
from fedivoisin.activitypub.handlers.outcome import Outcome
from fedivoisin.activitypub.parse.activities import Accept, Activity, Block, Follow, Move, Reject
from fedivoisin.activitypub.proven import Proven
from fedivoisin.activitypub.wire.origins import same_origin
from fedivoisin.errors import BadActivity
from fedivoisin.store import actors, follows, lookups
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx


async def asked(tx: Tx, proven: Proven[Follow]) -> Outcome:
    """A Group of ours and the instance say yes, from the queue; a person is asked."""
    followed = await people.ours(tx, proven.origin, proven.activity.object)
    if followed is None:
        return Outcome.UNKNOWN_OBJECT
    await following.asked_by_peer(tx, follower=proven.actor, followed=followed, activity_url=proven.activity.id)
    return Outcome.DONE


async def accepted(tx: Tx, proven: Proven[Accept]) -> Outcome:
    """They said yes. What their Group published lately is fetched, so that its new follower sees something."""
    if not _may_be_a_request(proven.activity.object, proven.origin):
        return Outcome.IGNORED
    follower, url = await _request(tx, proven.activity.object, proven.actor)
    changed = await following.answered_by_peer(
        tx, follower=follower, followed=proven.actor, activity_url=url, is_yes=True
    )
    if not changed:
        return Outcome.UNCHANGED
    if proven.actor.type == "Group" and proven.actor.outbox:
        await lookups.ask(tx, member_id=follower.id, query=proven.actor.outbox, purpose=lookups.BACKFILL)
    return Outcome.DONE


async def rejected(tx: Tx, proven: Proven[Reject]) -> Outcome:
    """They said no, or no longer."""
    if not _may_be_a_request(proven.activity.object, proven.origin):
        return Outcome.IGNORED
    follower, url = await _request(tx, proven.activity.object, proven.actor)
    changed = await following.answered_by_peer(
        tx, follower=follower, followed=proven.actor, activity_url=url, is_yes=False
    )
    return Outcome.DONE if changed else Outcome.UNCHANGED


async def blocked(tx: Tx, proven: Proven[Block]) -> Outcome:
    """They want no more to do with somebody of ours."""
    if proven.activity.target is not None:
        return Outcome.IGNORED  # a moderator there shuts somebody out of a Group
    other = await people.ours(tx, proven.origin, proven.activity.object)
    if other is None:
        return Outcome.UNKNOWN_OBJECT
    await following.parted_by_peer(tx, blocker=proven.actor, blocked=other)
    return Outcome.DONE


async def moved(tx: Tx, proven: Proven[Move]) -> Outcome:
    """They live elsewhere now: noted; who follows them is not moved without being asked."""
    if proven.activity.object != proven.actor.url:
        raise BadActivity("move-of-another", status=403)
    await actors.moved(tx, proven.actor.id, proven.activity.target)
    return Outcome.DONE


def _may_be_a_request(thing: Activity | str, origin: str) -> TypeGuard[Follow | str]:
    """Whether a `Follow` of ours may be meant: some say yes to replies (GoToSocial) and to guests (Mobilizon) too."""
    if isinstance(thing, str):
        named = addresses.resolve(origin, thing)
        return same_origin(thing, origin) and (named is None or isinstance(named, addresses.Activity))
    return isinstance(thing, Follow)


async def _request(tx: Tx, thing: Follow | str, followed: Actor) -> tuple[Actor, str]:
    """Who of ours asked, and the address of the request (empty where the peer leaves it out)."""
    if isinstance(thing, str):
        standing = await follows.by_activity(tx, thing)
        follower = await actors.by_id(tx, standing.follower_id) if standing else None
        url = thing
    else:
        follower, url = await actors.by_url(tx, thing.actor), thing.id
        if thing.object != followed.url:
            raise BadActivity("answer-by-another", status=403)
    if follower is None or not follower.is_local:
        raise BadActivity("no-such-follow")
    return follower, url
