"""Asking to follow, answering, changing one's mind; on both databases."""

import pytest

from fedivoisin.actions import following
from fedivoisin.community.following import FollowAccepted, FollowAsked, FollowRejected, FollowWithdrawn
from fedivoisin.errors import BadActivity, Reason, Refused
from fedivoisin.ids import ActorId
from fedivoisin.store import actors, events, follows
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.events import Recorded
from fedivoisin.store.follows import Follow
from fedivoisin.store.lookups import Lookup
from tests.makers import GROUP, put_actor, put_candidate, put_member, put_neighbourhood

REQUEST = "https://rennes.example/follows/1"


async def _people(store: Store) -> tuple[ActorId, ActorId]:
    await store.write(put_neighbourhood)
    awa = await store.write(put_member, "awa", approves_followers=True)
    return awa, await store.write(put_actor, "bob", host="rennes.example")


async def _actor(store: Store, actor_id: ActorId) -> Actor:
    async with store.read() as tx:
        found = await actors.by_id(tx, actor_id)
    assert found is not None
    return found


async def _journal(store: Store) -> list[Recorded]:
    kinds: list[type] = [FollowAsked, FollowAccepted, FollowRejected, FollowWithdrawn]
    async with store.read() as tx:
        return list(reversed(await events.of_types(tx, kinds, limit=20)))


async def _between(store: Store, one: ActorId, other: ActorId) -> Follow | None:
    async with store.read() as tx:
        return await follows.between(tx, one, other)


async def _refused(store: Store, follower: ActorId, followed: ActorId) -> Reason:
    with pytest.raises(Refused) as refusal:
        await store.write(following.follow, follower_id=follower, followed_id=followed)
    return refusal.value.reason


async def test_our_group_says_yes_at_once(store: Store) -> None:
    awa, _ = await _people(store)
    asked = await store.write(following.follow, follower_id=awa, followed_id=GROUP)
    assert asked.state == "accepted"
    assert [type(one.event) for one in await _journal(store)] == [FollowAsked, FollowAccepted]
    async with store.read() as tx:
        assert await follows.count_followers(tx, GROUP) == 1
        assert await follows.count_followed(tx, awa) == 1


async def test_somebody_elsewhere_is_asked_and_answers(store: Store) -> None:
    awa, bob = await _people(store)
    asked = await store.write(following.follow, follower_id=awa, followed_id=bob)
    assert asked.state == "asked"
    assert await _refused(store, awa, bob) is Reason.ALREADY_FOLLOWED
    facts = {"follower": await _actor(store, awa), "followed": await _actor(store, bob)}
    assert await store.write(following.answered_by_peer, **facts, activity_url=asked.activity_url, is_yes=True)
    assert not await store.write(following.answered_by_peer, **facts, activity_url="", is_yes=True)
    async with store.read() as tx:
        assert await follows.anyone_here_follows(tx, bob)
        assert await follows.anyone_here_follows_host(tx, "rennes.example")
        assert not await follows.anyone_here_follows_host(tx, "nantes.example")


async def test_an_answer_to_what_was_never_asked_counts_for_nothing(store: Store) -> None:
    awa, bob = await _people(store)
    facts = {"follower": await _actor(store, awa), "followed": await _actor(store, bob)}
    with pytest.raises(BadActivity, match="no-such-follow"):
        await store.write(following.answered_by_peer, **facts, activity_url="", is_yes=True)
    await store.write(following.follow, follower_id=awa, followed_id=bob)
    with pytest.raises(BadActivity, match="no-such-follow"):
        await store.write(following.answered_by_peer, **facts, activity_url="https://other", is_yes=True)


async def test_a_member_approves_or_sends_away(store: Store) -> None:
    awa, bob = await _people(store)
    facts = {"follower": await _actor(store, bob), "followed": await _actor(store, awa)}
    await store.write(following.asked_by_peer, **facts, activity_url=REQUEST)
    async with store.read() as tx:
        ((asked, who),) = await follows.waiting_for(tx, awa)
    assert who.id == bob
    await store.write(following.approve, member_id=awa, follow_id=asked.id)
    async with store.read() as tx:
        assert await follows.remote_inboxes(tx, [awa]) == [who.shared_inbox or who.inbox]
    await store.write(following.reject, member_id=awa, follow_id=asked.id)
    async with store.read() as tx:
        assert await follows.followers_of(tx, awa) == []
    with pytest.raises(Refused):
        await store.write(following.approve, member_id=bob, follow_id=asked.id)
    assert [one.is_local for one in await _journal(store)] == [False, True, True]


async def test_a_peer_that_asks_again_is_answered_again(store: Store) -> None:
    _, bob = await _people(store)
    facts = {"follower": await _actor(store, bob), "followed": await _actor(store, GROUP)}
    for number in (1, 2):
        await store.write(following.asked_by_peer, **facts, activity_url=f"https://rennes.example/follows/{number}")
    assert [type(one.event) for one in await _journal(store)] == [FollowAsked, FollowAccepted, FollowAccepted]
    standing = await _between(store, bob, GROUP)
    assert standing is not None
    assert standing.activity_url == "https://rennes.example/follows/2"


async def test_who_follows_no_more_or_blocks_is_forgotten(store: Store) -> None:
    awa, bob = await _people(store)
    await store.write(following.follow, follower_id=awa, followed_id=bob)
    await store.write(following.unfollow, follower_id=awa, followed_id=bob)
    await store.write(following.unfollow, follower_id=awa, followed_id=bob)
    assert await _between(store, awa, bob) is None
    facts = {"follower": await _actor(store, bob), "followed": await _actor(store, GROUP)}
    await store.write(following.asked_by_peer, **facts, activity_url=REQUEST)
    for _ in range(2):
        await store.write(following.withdrawn_by_peer, **facts)
    assert await _between(store, bob, GROUP) is None
    await store.write(following.follow, follower_id=awa, followed_id=bob)
    await store.write(following.parted_by_peer, blocker=await _actor(store, bob), blocked=await _actor(store, awa))
    assert await _between(store, awa, bob) is None
    withdrawn = [one.event for one in await _journal(store) if isinstance(one.event, FollowWithdrawn)]
    assert len(withdrawn) == 3


async def test_nobody_follows_themselves_or_who_is_gone(store: Store) -> None:
    awa, bob = await _people(store)
    assert await _refused(store, awa, awa) is Reason.FOLLOW_ONESELF
    await store.write(actors.mark_gone, bob)
    assert await _refused(store, awa, bob) is Reason.NOT_FOUND
    assert await _refused(store, awa, ActorId("nobody")) is Reason.NOT_FOUND


async def test_a_candidate_does_not_follow_yet(store: Store) -> None:
    _, bob = await _people(store)
    candidate = await store.write(put_candidate, "leo")
    assert await _refused(store, candidate, bob) is Reason.NOT_YET_MEMBER


async def test_a_typed_address_is_followed_at_once_or_looked_up(store: Store) -> None:
    awa, bob = await _people(store)
    followed = await store.write(following.follow_address, member_id=awa, typed="@Bob@rennes.example ")
    assert isinstance(followed, Follow)
    assert followed.followed_id == bob
    asked = await store.write(following.follow_address, member_id=awa, typed="https://brest.example/@zoe")
    assert isinstance(asked, Lookup)
    assert (asked.state, asked.query) == ("waiting", "https://brest.example/@zoe")


async def test_a_page_is_its_own_hosts_whoever_else_says_that_it_is_theirs(store: Store) -> None:
    awa, _ = await _people(store)
    page = "https://brest.example/@zoe"
    await store.write(put_actor, "mallory", host="evil.example", page_url=page)
    assert isinstance(await store.write(following.follow_address, member_id=awa, typed=page), Lookup)
    zoe = await store.write(put_actor, "zoe", host="brest.example", page_url=page)
    followed = await store.write(following.follow_address, member_id=awa, typed=page)
    assert isinstance(followed, Follow)
    assert followed.followed_id == zoe


@pytest.mark.parametrize(
    "typed", ["", "bob", "bob@", "@@x", "ftp://x.example/", "javascript:alert(1)", "@a@b c", "https://[::1/", "x" * 600]
)
async def test_what_is_no_address_is_refused(store: Store, typed: str) -> None:
    awa, _ = await _people(store)
    with pytest.raises(Refused) as refusal:
        await store.write(following.follow_address, member_id=awa, typed=typed)
    assert (refusal.value.reason, refusal.value.details) == (Reason.ADDRESS_UNREADABLE, {"field": "address"})


async def test_in_trial_mode_nobody_elsewhere_is_followed(store: Store) -> None:
    async def prepare(tx: Tx) -> ActorId:
        await put_neighbourhood(tx, origin="")
        return await put_member(tx, "awa")

    awa = await store.write(prepare)
    with pytest.raises(Refused) as refusal:
        await store.write(following.follow_address, member_id=awa, typed="@zoe@brest.example")
    assert refusal.value.reason is Reason.TRIAL_MODE
