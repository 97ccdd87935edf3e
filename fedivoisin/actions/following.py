"""Following and being followed: what a member does here, and what a peer asks or answers."""

from fedivoisin import addresses
from fedivoisin.community import following as rules
from fedivoisin.community.following import FollowAccepted, FollowAsked, FollowRejected, FollowWithdrawn
from fedivoisin.errors import BadActivity, Reason, Refused
from fedivoisin.ids import ActorId
from fedivoisin.store import actors, events, follows, lookups, members, neighbourhoods
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx
from fedivoisin.store.follows import Follow
from fedivoisin.store.lookups import Lookup
from fedivoisin.trust.standing import require_member
from fedivoisin.urls import parse


async def follow_address(tx: Tx, *, member_id: ActorId, typed: str) -> Lookup | Follow:
    """Follow `@name@host` or a pasted address: at once where the actor is known, else through a worker's look-up."""
    found = await _known(tx, rules.read_address(typed))
    if found is not None and found.gone_at is None:
        return await follow(tx, follower_id=member_id, followed_id=found.id)
    if (await neighbourhoods.current(tx)).is_trial:
        raise Refused(Reason.TRIAL_MODE, field="address")
    await _member(tx, member_id)
    return await lookups.ask(tx, member_id=member_id, query=typed.strip(), purpose="follow")


async def follow(tx: Tx, *, follower_id: ActorId, followed_id: ActorId) -> Follow:
    """Ask to hear of what `followed` publishes; a Group of ours says yes at once."""
    follower, followed = await _member(tx, follower_id), await _actor(tx, followed_id)
    earlier = await follows.between(tx, follower_id, followed_id)
    url = addresses.activity_url(follower.url, tx.new_id())
    happened = list(
        rules.ask(
            follow_id=earlier.id if earlier else tx.new_id(),
            follower=follower_id,
            followed=followed_id,
            already=earlier.state if earlier else None,
            answers_itself=followed.is_local and not followed.approves_followers,
            is_gone=followed.gone_at is not None,
        )
    )
    return await _write(tx, happened, activity_url=url, is_local=True)


async def unfollow(tx: Tx, *, follower_id: ActorId, followed_id: ActorId) -> None:
    """Hear no more of it; nothing happens when there was nothing."""
    standing = await follows.between(tx, follower_id, followed_id)
    if standing is not None:
        await _withdraw(tx, standing, is_local=True)


async def approve(tx: Tx, *, member_id: ActorId, follow_id: str) -> None:
    """A member takes a follower in."""
    standing = await _asked_of(tx, member_id, follow_id)
    await follows.answer(tx, standing.id, "accepted")
    happened = FollowAccepted(standing.id, standing.follower_id, member_id)
    await events.record(tx, happened, subject=standing.id, by=member_id)


async def reject(tx: Tx, *, member_id: ActorId, follow_id: str) -> None:
    """A member refuses a request, or sends a follower away."""
    standing = await _asked_of(tx, member_id, follow_id)
    await follows.answer(tx, standing.id, "rejected")
    happened = FollowRejected(standing.id, standing.follower_id, member_id)
    await events.record(tx, happened, subject=standing.id, by=member_id)


async def asked_by_peer(tx: Tx, *, follower: Actor, followed: Actor, activity_url: str) -> None:
    """A `Follow` came. One that stands already is answered again: the peer may have lost our answer."""
    earlier = await follows.between(tx, follower.id, followed.id)
    if earlier is not None and earlier.state == "accepted":
        await follows.put(
            tx,
            follow_id=earlier.id,
            follower_id=follower.id,
            followed_id=followed.id,
            activity_url=activity_url,
            state="accepted",
        )
        answer = FollowAccepted(earlier.id, follower.id, followed.id)
        await events.record(tx, answer, subject=earlier.id, by=followed.id)
        return
    happened = list(
        rules.ask(
            follow_id=earlier.id if earlier else tx.new_id(),
            follower=follower.id,
            followed=followed.id,
            already=None,
            answers_itself=not followed.approves_followers,
            is_gone=followed.gone_at is not None,
        )
    )
    await _write(tx, happened, activity_url=activity_url, is_local=False)


async def answered_by_peer(tx: Tx, *, follower: Actor, followed: Actor, activity_url: str, is_yes: bool) -> bool:
    """An `Accept` or `Reject` came from `followed`. Only what was asked counts (CVE-2025-30741). Says if it changed."""
    standing = await follows.between(tx, follower.id, followed.id)
    if standing is None or (activity_url and standing.activity_url != activity_url):
        raise BadActivity("no-such-follow")
    state = "accepted" if is_yes else "rejected"
    if standing.state == state:
        return False
    await follows.answer(tx, standing.id, state)
    kind = FollowAccepted if is_yes else FollowRejected
    happened = kind(standing.id, follower.id, followed.id)
    await events.record(tx, happened, subject=standing.id, by=followed.id, is_local=False)
    return True


async def withdrawn_by_peer(tx: Tx, *, follower: Actor, followed: Actor) -> None:
    """An `Undo` of a `Follow` came."""
    standing = await follows.between(tx, follower.id, followed.id)
    if standing is not None:
        await _withdraw(tx, standing, is_local=False)


async def disown(tx: Tx, *, follower: Actor, followed: Actor) -> None:
    """Their server counts this follower, who does not follow: an `Undo` goes there, though no `Follow` is known."""
    url = addresses.activity_url(follower.url, tx.new_id())
    happened = FollowWithdrawn(follower.id, followed.id, url)
    await events.record(tx, happened, subject=follower.id, by=follower.id)


async def parted_by_peer(tx: Tx, *, blocker: Actor, blocked: Actor) -> None:
    """A `Block` came: nothing stands between the two any more."""
    for one, other in ((blocker, blocked), (blocked, blocker)):
        standing = await follows.between(tx, one.id, other.id)
        if standing is not None:
            await _withdraw(tx, standing, is_local=False)


async def _write(tx: Tx, happened: list[FollowAsked | FollowAccepted], *, activity_url: str, is_local: bool) -> Follow:
    first = happened[0]
    state = "accepted" if len(happened) > 1 else "asked"
    standing = await follows.put(
        tx,
        follow_id=first.follow_id,
        follower_id=first.follower,
        followed_id=first.followed,
        activity_url=activity_url,
        state=state,
    )
    for event in happened:
        # The answer of a Group of ours is ours, whoever asked.
        by, ours = (first.followed, True) if isinstance(event, FollowAccepted) else (first.follower, is_local)
        await events.record(tx, event, subject=first.follow_id, by=by, is_local=ours)
    return standing


async def _withdraw(tx: Tx, standing: Follow, *, is_local: bool) -> None:
    await follows.remove(tx, standing.id)
    happened = FollowWithdrawn(standing.follower_id, standing.followed_id, standing.activity_url)
    await events.record(tx, happened, subject=standing.id, by=standing.follower_id, is_local=is_local)


async def _asked_of(tx: Tx, member_id: ActorId, follow_id: str) -> Follow:
    standing = await follows.by_id(tx, follow_id)
    if standing is None or standing.followed_id != member_id:
        raise Refused(Reason.NOT_FOUND)
    return standing


async def _known(tx: Tx, address: rules.TypedAddress | str) -> Actor | None:
    if isinstance(address, rules.TypedAddress):
        return await actors.by_address(tx, address.name, address.host)
    try:
        host = parse(address).authority
    except BadActivity:
        raise Refused(Reason.ADDRESS_UNREADABLE, field="address") from None
    return await actors.by_url(tx, address) or await actors.by_page(tx, address, host=host)


async def _member(tx: Tx, member_id: ActorId) -> Actor:
    require_member(await members.standing(tx, member_id))
    return await _actor(tx, member_id)


async def _actor(tx: Tx, actor_id: ActorId) -> Actor:
    found = await actors.by_id(tx, actor_id)
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found
