"""Asking to follow, answers, blocks and moves, as other servers say them. On both databases."""

from typing import Any

import pytest

from fedivoisin.actions import following
from fedivoisin.store import follows, lookups
from fedivoisin.store.actors import Actor
from fedivoisin.store.follows import Follow
from tests.activitypub.neighbours import RENNES, Neighbours, says
from tests.makers import ORIGIN, put_candidate

BOB = f"{RENNES}/users/bob"


async def _between(here: Neighbours, follower: str, followed: str) -> Follow | None:
    async with here.store.read() as tx:
        return await follows.between(tx, follower, followed)


async def _ask(here: Neighbours, **changes: Any) -> tuple[Actor, str]:
    """Awa asks to follow Bob: him, and the address of her request."""
    bob = await here.met("bob", **changes)
    await here.store.write(following.follow, follower_id=here.awa, followed_id=bob.id)
    standing = await _between(here, here.awa, bob.id)
    assert standing is not None
    return bob, standing.activity_url


async def _state(here: Neighbours, follower: str, followed: str) -> str:
    standing = await _between(here, follower, followed)
    return standing.state if standing else "none"


async def test_our_group_is_followed_at_once_and_a_member_is_asked(here: Neighbours) -> None:
    bob = await here.met("bob")
    assert await here.hear(says("Follow", BOB, f"{ORIGIN}/groups/doulon")) == "done"
    assert await here.hear(says("Follow", BOB, here.awa_url)) == "done"
    assert await _state(here, bob.id, here.group) == "accepted"
    assert await _state(here, bob.id, here.awa) == "asked"


async def test_nobody_follows_a_candidate_or_nothing(here: Neighbours) -> None:
    here.actor("bob")
    await here.store.write(put_candidate, "leo")
    for url in (f"{ORIGIN}/users/leo", f"{ORIGIN}/users/nobody", f"{ORIGIN}/annonces"):
        assert await here.hear(says("Follow", BOB, url)) == "unknown-object"


async def test_a_yes_counts_once(here: Neighbours) -> None:
    bob, url = await _ask(here)
    assert await here.hear(says("Accept", BOB, url)) == "done"
    assert await here.hear(says("Accept", BOB, url)) == "unchanged"
    assert await _state(here, here.awa, bob.id) == "accepted"


async def test_a_yes_may_bear_the_whole_request_without_its_address(here: Neighbours) -> None:
    bob, _ = await _ask(here)
    asked = {"type": "Follow", "actor": here.awa_url, "object": BOB}
    assert await here.hear(says("Accept", BOB, asked)) == "done"
    assert await _state(here, here.awa, bob.id) == "accepted"


async def test_a_yes_of_a_group_lets_its_latest_listings_be_fetched(here: Neighbours) -> None:
    _, url = await _ask(here, type="Group", outbox=f"{BOB}/outbox")
    await here.store.take(lookups.claim, limit=5)
    assert await here.hear(says("Accept", BOB, url)) == "done"
    waiting = await here.store.take(lookups.claim, limit=5)
    assert [(one.purpose, one.query) for one in waiting] == [(lookups.BACKFILL, f"{BOB}/outbox")]


async def test_a_no_counts_once(here: Neighbours) -> None:
    bob, url = await _ask(here)
    assert await here.hear(says("Reject", BOB, url)) == "done"
    assert await here.hear(says("Reject", BOB, url)) == "unchanged"
    assert await _state(here, here.awa, bob.id) == "rejected"


async def test_an_answer_is_believed_of_whom_it_was_asked_alone(here: Neighbours) -> None:
    bob, url = await _ask(here)
    here.actor("eve", 2)
    eve = f"{RENNES}/users/eve"
    whole = {"type": "Follow", "id": url, "actor": here.awa_url, "object": BOB}
    assert await here.hear(says("Accept", eve, url), 2) == "no-such-follow"
    assert await here.hear(says("Accept", eve, whole), 2) == "answer-by-another"
    assert await _state(here, here.awa, bob.id) == "asked"


@pytest.mark.parametrize(
    ("thing", "code"),
    [
        (f"{ORIGIN}/users/awa/activities/never", "no-such-follow"),
        ({"type": "Follow", "actor": f"{ORIGIN}/users/nobody", "object": BOB}, "no-such-follow"),
        ({"type": "Like", "actor": f"{ORIGIN}/users/awa", "object": BOB}, "ignored"),
        (f"{ORIGIN}/messages/6f6e1a52-1df0-4c60-9a38-5f8a3c9b7d10", "ignored"),
    ],
)
async def test_an_answer_to_what_was_never_asked_is_refused(here: Neighbours, thing: Any, code: str) -> None:
    here.actor("bob")
    assert await here.hear(says("Accept", BOB, thing)) == code


async def test_who_blocks_a_member_neither_follows_nor_is_followed(here: Neighbours) -> None:
    bob = await here.followed("bob")
    await here.hear(says("Follow", BOB, here.awa_url))
    assert await here.hear(says("Block", BOB, here.awa_url)) == "done"
    assert await _between(here, here.awa, bob.id) is None
    assert await _between(here, bob.id, here.awa) is None
    assert await here.hear(says("Block", BOB, f"{ORIGIN}/users/nobody")) == "unknown-object"


async def test_a_move_is_noted_and_nobody_is_moved(here: Neighbours) -> None:
    bob = await here.followed("bob")
    there = "https://lyon.example/users/bob"
    assert await here.hear(says("Move", BOB, BOB, target=there)) == "done"
    assert (await here.person(BOB)).moved_to == there
    assert await _state(here, here.awa, bob.id) == "accepted"


async def test_nobody_moves_another(here: Neighbours) -> None:
    await here.met("bob")
    here.actor("eve", 2)
    eve = f"{RENNES}/users/eve"
    assert await here.hear(says("Move", eve, BOB, target=eve), 2) == "move-of-another"
    assert (await here.person(BOB)).moved_to is None


@pytest.mark.parametrize("by", ["address", "whole"])
async def test_who_takes_a_follow_back_follows_no_more(here: Neighbours, by: str) -> None:
    bob = await here.met("bob")
    asked = says("Follow", BOB, f"{ORIGIN}/groups/doulon")
    await here.hear(asked)
    thing = asked["id"] if by == "address" else asked
    assert await here.hear(says("Undo", BOB, thing)) == "done"
    assert await _between(here, bob.id, here.group) is None
    assert await here.hear(says("Undo", BOB, thing)) == "unknown-object"


async def test_nobody_takes_back_what_another_asked(here: Neighbours) -> None:
    bob = await here.met("bob")
    asked = says("Follow", BOB, f"{ORIGIN}/groups/doulon")
    await here.hear(asked)
    here.actor("eve", 2)
    eve = f"{RENNES}/users/eve"
    assert await here.hear(says("Undo", eve, asked["id"]), 2) == "unknown-object"
    assert await here.hear(says("Undo", eve, asked), 2) == "undo-by-another"
    assert await _state(here, bob.id, here.group) == "accepted"


async def test_a_follow_of_nobody_here_is_not_there_to_be_taken_back(here: Neighbours) -> None:
    here.actor("bob")
    asked = says("Follow", BOB, "https://lyon.example/users/x")
    assert await here.hear(says("Undo", BOB, asked)) == "unknown-object"


async def test_a_no_to_something_else_and_a_block_from_a_group_concern_nobody_here(here: Neighbours) -> None:
    bob = await here.followed("bob")
    reply = f"{ORIGIN}/messages/6f6e1a52-1df0-4c60-9a38-5f8a3c9b7d10"
    assert await here.hear(says("Reject", BOB, reply)) == "ignored"
    assert await here.hear(says("Block", BOB, here.awa_url, target=f"{RENNES}/c/nantes")) == "ignored"
    assert await _state(here, here.awa, bob.id) == "accepted"
