"""Following, profiles and farewells as others hear of them."""

from fedivoisin.activitypub import posting, shown
from fedivoisin.activitypub.documents import activities, contexts
from fedivoisin.activitypub.posting import Post
from fedivoisin.community.following import FollowAccepted, FollowAsked, FollowRejected, FollowWithdrawn
from fedivoisin.ids import ActorId
from fedivoisin.store import actors, follows, threads, tombstones
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx
from fedivoisin.store.follows import Follow


async def follow_asked(tx: Tx, happened: FollowAsked) -> None:
    """`Follow` of somebody elsewhere, under the address that the request already has."""
    standing, follower, followed = await _between(tx, happened.follow_id)
    if standing is None or follower is None or followed is None or followed.is_local:
        return
    said = activities.follow(
        activities.Envelope(standing.activity_url, follower.url, standing.created_at), followed.url
    )
    await posting.post(tx, Post(said, followed.url), follower, posting.to_one(followed))


async def follow_answered(tx: Tx, happened: FollowAccepted | FollowRejected) -> None:
    """`Accept` or `Reject`, from the queue: Takahē loses an answer that comes before its request has returned."""
    standing, follower, followed = await _between(tx, happened.follow_id)
    if standing is None or follower is None or followed is None or follower.is_local or not followed.is_local:
        return
    asked = activities.followed(standing.activity_url, follower.url, followed.url)
    answer = activities.accept if isinstance(happened, FollowAccepted) else activities.reject
    said = answer(posting.envelope(tx, followed), asked, follower.url)
    await posting.post(tx, Post(said, standing.activity_url), followed, posting.to_one(follower))


async def follow_withdrawn(tx: Tx, happened: FollowWithdrawn) -> None:
    """`Undo` of a Follow."""
    known = await actors.by_ids(tx, [happened.follower, happened.followed])
    follower, followed = known.get(happened.follower), known.get(happened.followed)
    if follower is None or followed is None or followed.is_local:
        return
    asked = {
        **activities.followed(happened.activity_url, follower.url, followed.url),
        "to": [followed.url],
    }
    said = activities.undo(posting.envelope(tx, follower), asked)
    await posting.post(tx, Post(said, happened.activity_url), follower, posting.to_one(followed))


async def profile_changed(tx: Tx, member_id: ActorId) -> None:
    """`Update` of the actor to all who follow."""
    member = await actors.by_id(tx, member_id)
    if member is None or member.gone_at is not None or not await actors.is_member(tx, member_id):
        return
    said = activities.update(posting.envelope(tx, member), await shown.actor(tx, member), contexts.ACTOR)
    said = await posting.proved(tx, said, member)
    await posting.post(tx, Post(said, member.url), member, (await posting.readers(tx, [member])).values())


async def account_closed(tx: Tx, member_id: ActorId) -> None:
    """`Delete` of the actor, to all who follow it, a Group or the instance: they may know it by its listings."""
    member = await actors.by_id(tx, member_id)
    if member is None:
        return
    await tombstones.put(tx, member.url, member.type, is_local=True)
    said = activities.delete_actor(posting.envelope(tx, member))
    said = await posting.proved(tx, said, member)
    followed = [*await posting.with_instance(tx, member), *await actors.local_groups(tx)]
    targets = await posting.readers(tx, followed, await _correspondents(tx, member))
    await posting.post(tx, Post(said, member.url), member, targets.values())
    await follows.forget_actor(tx, member.id)


async def _correspondents(tx: Tx, member: Actor) -> list[Actor]:
    return list((await actors.by_ids(tx, await threads.correspondents(tx, member.id))).values())


async def _between(tx: Tx, follow_id: str) -> tuple[Follow | None, Actor | None, Actor | None]:
    standing = await follows.by_id(tx, follow_id)
    if standing is None:
        return None, None, None
    known = await actors.by_ids(tx, [standing.follower_id, standing.followed_id])
    return standing, known.get(standing.follower_id), known.get(standing.followed_id)
