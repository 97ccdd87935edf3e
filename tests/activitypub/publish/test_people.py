"""Profiles, follows and farewells as they leave. On both databases."""

import json
from typing import Any

from sqlalchemy import select

from fedivoisin.actions import accounts, conversations, following, profiles
from fedivoisin.actions.profiles import Profile
from fedivoisin.activitypub.publish import people
from fedivoisin.community.following import FollowAccepted, FollowAsked, FollowWithdrawn
from fedivoisin.ids import ActorId
from fedivoisin.store import actors, follows, threads, tombstones
from fedivoisin.store.schema.federation import activity, delivery
from tests.activitypub.neighbours import RENNES, Neighbours, bare, note, offer, says
from tests.makers import ORIGIN, put_candidate, put_member

BOB = f"{RENNES}/users/bob"
PROFILE = Profile("Awa D.", "Bonjour.", "Doulon", "habitant", "amie", None)


async def _left(here: Neighbours) -> list[tuple[dict[str, Any], list[str]]]:
    """Every document so far, with the inboxes that it goes to."""
    async with here.store.read() as tx:
        said = (await tx.conn.execute(select(activity).order_by(activity.c.published_at, activity.c.id))).all()
        targets = (await tx.conn.execute(select(delivery.c.activity_id, delivery.c.inbox))).all()
    return [(json.loads(one.body), sorted(to.inbox for to in targets if to.activity_id == one.id)) for one in said]


async def _of(here: Neighbours, verb: str) -> list[tuple[dict[str, Any], list[str]]]:
    await here.effects()
    return [(document, inboxes) for document, inboxes in await _left(here) if document["type"] == verb]


async def test_a_changed_profile_goes_to_followers(here: Neighbours) -> None:
    bob = await here.met("bob")
    await here.hear(says("Follow", BOB, here.awa_url))
    async with here.store.read() as tx:
        standing = await follows.between(tx, bob.id, here.awa)
    assert standing is not None
    await here.store.write(following.approve, member_id=here.awa, follow_id=standing.id)
    await here.store.write(profiles.edit, member=here.awa, profile=PROFILE)
    ((update, inboxes),) = await _of(here, "Update")
    assert (update["object"]["name"], inboxes) == ("Awa D.", [f"{BOB}/inbox"])
    assert update["proof"]["verificationMethod"].startswith(here.awa_url)


async def test_of_who_is_not_admitted_or_gone_nothing_is_told(here: Neighbours) -> None:
    leo = await here.store.write(put_candidate, "leo")
    await here.store.write(people.profile_changed, leo)
    await here.store.write(people.profile_changed, ActorId("nobody"))
    await here.store.write(actors.mark_gone, here.awa)
    await here.store.write(people.profile_changed, here.awa)
    assert await _of(here, "Update") == []


async def test_a_closed_account_is_told_to_all_who_may_know_it(here: Neighbours) -> None:
    here.actor("bob")
    here.actor("eve", 2)
    eve = f"{RENNES}/users/eve"
    await here.hear(says("Follow", BOB, f"{ORIGIN}/groups/doulon"))
    ladder = await here.publish()
    said = bare(note(eve, to=[here.awa_url], inReplyTo=ladder.url))
    await here.hear(says("Create", eve, said, to=[here.awa_url]), 2)
    await here.store.write(accounts.close, member=here.awa)
    farewells = [one for one in await _of(here, "Delete") if one[0]["object"] == here.awa_url]
    ((_, inboxes),) = farewells
    assert inboxes == [f"{BOB}/inbox", f"{eve}/inbox"]
    async with here.store.read() as tx:
        assert await tombstones.by_url(tx, here.awa_url) is not None


async def test_nobody_says_farewell_for_nobody(here: Neighbours) -> None:
    await here.store.write(people.account_closed, ActorId("nobody"))
    assert await _of(here, "Delete") == []


async def test_a_refused_follower_is_told(here: Neighbours) -> None:
    bob = await here.met("bob")
    asked = says("Follow", BOB, here.awa_url)
    await here.hear(asked)
    async with here.store.read() as tx:
        standing = await follows.between(tx, bob.id, here.awa)
    assert standing is not None
    await here.store.write(following.reject, member_id=here.awa, follow_id=standing.id)
    ((reject, inboxes),) = await _of(here, "Reject")
    assert (reject["object"]["id"], inboxes) == (asked["id"], [f"{BOB}/inbox"])


async def test_a_request_leaves_under_the_address_that_it_has_here(here: Neighbours) -> None:
    bob = await here.met("bob")
    asked = await here.store.write(following.follow, follower_id=here.awa, followed_id=bob.id)
    ((follow, inboxes),) = await _of(here, "Follow")
    assert (follow["id"], follow["object"], inboxes) == (asked.activity_url, BOB, [f"{BOB}/inbox"])


async def test_between_members_nothing_leaves(here: Neighbours) -> None:
    paul = await here.store.write(put_member, "paul")
    await here.store.write(following.follow, follower_id=here.awa, followed_id=paul)
    await here.store.write(following.unfollow, follower_id=here.awa, followed_id=paul)
    await here.effects()
    assert await _left(here) == []


async def test_a_request_that_was_taken_back_meanwhile_is_not_sent(here: Neighbours) -> None:
    bob = await here.met("bob")
    await here.store.write(people.follow_asked, FollowAsked("gone", here.awa, bob.id))
    await here.store.write(people.follow_answered, FollowAccepted("gone", bob.id, here.awa))
    await here.store.write(people.follow_withdrawn, FollowWithdrawn(here.awa, ActorId("nobody"), f"{BOB}/1"))
    assert await _left(here) == []


async def test_a_private_answer_is_told_to_have_been_taken_back(here: Neighbours) -> None:
    await here.followed("bob")
    await here.hear(says("Create", BOB, bare(offer(BOB))))
    lamp = await here.known(f"{BOB}/item-1")
    assert lamp is not None
    thread = await here.store.write(conversations.ask, listing_id=lamp.id, asker_id=here.awa, text="Libre ?")
    async with here.store.read() as tx:
        asked = await threads.last_of(tx, thread.id, here.awa)
    assert asked is not None
    await here.effects()
    await here.store.write(conversations.delete, message_id=asked.id, writer_id=here.awa)
    ((deletion, inboxes),) = await _of(here, "Delete")
    assert (deletion["object"]["id"], inboxes) == (asked.url, [f"{BOB}/inbox"])
