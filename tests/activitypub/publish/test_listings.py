"""What becomes of a listing, told to those who hear of it. On both databases."""

import json
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from fedivoisin.actions import conversations, likes, listings
from fedivoisin.activitypub import shown
from fedivoisin.activitypub.publish import listings as publish
from fedivoisin.activitypub.publish import messages
from fedivoisin.errors import BadActivity
from fedivoisin.ids import ListingId, MessageId
from fedivoisin.market.events import ListingLiked, ListingUnliked
from fedivoisin.store import announcements, peers, threads
from fedivoisin.store import listings as rows
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.federation import activity, delivery
from fedivoisin.store.schema.listings import listing as table
from tests.activitypub.neighbours import RENNES, Neighbours, bare, note, offer, says
from tests.makers import ORIGIN, put_member

BOB = f"{RENNES}/users/bob"


async def _told(here: Neighbours, verb: str) -> list[tuple[dict[str, Any], list[str]]]:
    """The documents of this kind, with the inboxes that they go to."""
    await here.effects()
    async with here.store.read() as tx:
        said = (await tx.conn.execute(select(activity).where(activity.c.type == verb).order_by(activity.c.id))).all()
        targets = (await tx.conn.execute(select(delivery.c.activity_id, delivery.c.inbox))).all()
    return [(json.loads(one.body), [to.inbox for to in targets if to.activity_id == one.id]) for one in said]


async def _bob_follows_the_group(here: Neighbours) -> None:
    here.actor("bob")
    await here.hear(says("Follow", BOB, f"{ORIGIN}/groups/doulon"))


async def test_flohmarkt_is_told_to_delete_what_is_over(here: Neighbours) -> None:
    await _bob_follows_the_group(here)
    await here.store.write(peers.describe, "rennes.example", software="flohmarkt", version="0.9", metadata=None)
    ladder = await here.publish()
    await here.effects()
    await here.store.write(listings.close, listing_id=ladder.id, by=here.awa)
    ((deletion, inboxes),) = await _told(here, "Delete")
    assert (deletion["object"]["id"], inboxes) == (ladder.url, [f"{BOB}/inbox"])
    kept = await here.known(ladder.url)
    assert kept is not None
    assert kept.deleted_at is None


async def test_what_is_open_again_is_announced_again_by_its_address(here: Neighbours) -> None:
    await _bob_follows_the_group(here)
    ladder = await here.publish()
    await here.effects()
    await here.store.write(listings.close, listing_id=ladder.id, by=here.awa)
    await here.effects()
    before = len(await _told(here, "Announce"))
    await here.store.write(listings.renew, listing_id=ladder.id, by=here.awa)
    news = (await _told(here, "Announce"))[before:]
    assert [one["object"] for one, _ in news if isinstance(one["object"], str)] == [ladder.url]
    before = len(await _told(here, "Announce"))
    await here.store.write(publish.back, ladder.id)
    again = (await _told(here, "Announce"))[before:]
    assert [one["object"] for one, _ in again if isinstance(one["object"], str)] == []


async def test_what_closed_again_meanwhile_is_not_announced(here: Neighbours) -> None:
    await _bob_follows_the_group(here)
    ladder = await here.publish()
    await here.effects()
    await here.store.write(listings.close, listing_id=ladder.id, by=here.awa)
    await here.effects()
    before = len(await _told(here, "Announce"))
    await here.store.write(publish.back, ladder.id)
    assert [one for one, _ in (await _told(here, "Announce"))[before:] if isinstance(one["object"], str)] == []


async def test_what_is_gone_before_its_turn_is_not_told(here: Neighbours) -> None:
    ladder = await here.publish()
    await here.store.write(rows.mark_deleted, ladder.id)
    for work in (publish.published, publish.changed):
        await here.store.write(work, ladder.id)
    assert await _told(here, "Create") == []
    assert await _told(here, "Update") == []


async def test_what_is_for_a_circle_or_unknown_or_from_elsewhere_is_not_told(here: Neighbours) -> None:
    await here.followed("bob")
    await here.hear(says("Create", BOB, bare(offer(BOB))))
    theirs, ladder = await here.known(f"{BOB}/item-1"), await here.publish()
    assert theirs is not None

    async def narrow(tx: Tx) -> None:
        await tx.conn.execute(update(table).where(table.c.id == ladder.id).values(reach=2))

    await here.store.write(narrow)
    for one in (ladder.id, theirs.id, ListingId("nothing")):
        for work in (publish.published, publish.changed, publish.over, publish.back, publish.deleted):
            await here.store.write(work, one)
    for verb in ("Create", "Update", "Delete", "Announce"):
        assert await _told(here, verb) == []


async def test_a_listing_without_a_group_is_its_authors_alone(here: Neighbours) -> None:
    ladder = await here.publish()

    async def leave(tx: Tx) -> None:
        await tx.conn.execute(update(table).where(table.c.id == ladder.id).values(group_id=None))

    await here.store.write(leave)
    await here.effects()
    await here.store.write(listings.reserve, listing_id=ladder.id, by=here.awa)
    await here.effects()
    await here.store.write(publish.back, ladder.id)
    await here.store.write(publish.over, ladder.id)
    await here.store.write(listings.delete, listing_id=ladder.id, by=here.awa)
    assert await _told(here, "Announce") == []
    assert len(await _told(here, "Create")) == len(await _told(here, "Delete")) == 1
    assert ORIGIN in (await _told(here, "Create"))[0][0]["id"]


async def test_a_deletion_ends_what_the_group_passed_on(here: Neighbours) -> None:
    await _bob_follows_the_group(here)
    ladder = await here.publish()
    await here.effects()
    await here.store.write(listings.delete, listing_id=ladder.id, by=here.awa)
    await here.effects()
    async with here.store.read() as tx:
        assert await announcements.standing(tx, ladder.id) == []


async def test_a_hidden_listing_is_over_and_has_no_words_left(here: Neighbours) -> None:
    await _bob_follows_the_group(here)
    ladder = await here.publish()
    await here.effects()

    async def hide(tx: Tx) -> None:
        await tx.conn.execute(update(table).where(table.c.id == ladder.id).values(hidden_at=tx.now))

    await here.store.write(hide)
    await here.store.write(publish.over, ladder.id, updated_at=here.world.now())
    ((changed, _),) = await _told(here, "Update")
    assert changed["object"]["fv:state"] == "closed"
    assert ladder.text not in changed["object"]["content"]


async def test_likes_among_ourselves_stay_here(here: Neighbours) -> None:
    paul = await here.store.write(put_member, "paul")
    ladder = await here.publish()
    await here.store.write(likes.like, listing_id=ladder.id, by=paul)
    await here.store.write(likes.unlike, listing_id=ladder.id, by=paul)
    assert await _told(here, "Like") == await _told(here, "Undo") == []


async def test_a_like_that_was_never_told_is_not_taken_back(here: Neighbours) -> None:
    bob = await here.followed("bob")
    await here.hear(says("Create", BOB, bare(offer(BOB))))
    lamp = await here.known(f"{BOB}/item-1")
    assert lamp is not None
    await here.store.write(publish.liked, ListingLiked(lamp.id, bob.id, here.awa))
    await here.store.write(publish.unliked, ListingUnliked(lamp.id, bob.id, here.awa, f"{here.awa_url}/1"))
    assert await _told(here, "Like") == await _told(here, "Undo") == []


async def test_a_question_goes_to_all_who_take_part(here: Neighbours) -> None:
    here.actor("bob")
    ladder = await here.publish()
    asked = bare(note(BOB, inReplyTo=ladder.url))
    await here.hear(says("Create", BOB, asked))
    async with here.store.read() as tx:
        ((question, _),) = await threads.questions_of(tx, ladder.id)
    here.world.pass_time(minutes=1)
    answer = await here.store.write(
        conversations.ask_in_public, listing_id=ladder.id, writer_id=here.awa, text="4 m.", in_reply_to=question.id
    )
    found = [one for one in await _told(here, "Create") if one[0]["object"]["id"] == answer.url]
    ((created, inboxes),) = found
    assert inboxes == [f"{BOB}/inbox"]
    assert "proof" in created
    await here.store.write(conversations.delete, message_id=answer.id, writer_id=here.awa)
    ((deletion, inboxes),) = await _told(here, "Delete")
    assert (deletion["object"]["id"], inboxes) == (answer.url, [f"{BOB}/inbox"])


async def test_words_between_members_stay_here(here: Neighbours) -> None:
    paul = await here.store.write(put_member, "paul")
    ladder = await here.publish()
    thread = await here.store.write(conversations.ask, listing_id=ladder.id, asker_id=paul, text="Libre ?")
    async with here.store.read() as tx:
        asked = await threads.last_of(tx, thread.id, paul)
    assert asked is not None
    await here.effects()
    await here.store.write(conversations.delete, message_id=asked.id, writer_id=paul)
    assert [one for one, _ in await _told(here, "Create") if "Libre" in str(one)] == []
    assert await _told(here, "Delete") == []


async def test_words_that_are_gone_before_their_turn_are_not_told(here: Neighbours) -> None:
    await here.store.write(messages.sent, MessageId("nothing"))
    await here.store.write(messages.deleted, MessageId("nothing"))
    assert await _told(here, "Create") == await _told(here, "Delete") == []


async def test_words_whose_listing_was_erased_meanwhile_are_gone(here: Neighbours) -> None:
    ladder = await here.publish()
    asked = await here.store.write(
        conversations.ask_in_public, listing_id=ladder.id, writer_id=here.awa, text="Rouge ?"
    )

    async def erase(tx: Tx) -> None:
        await tx.conn.execute(delete(table).where(table.c.id == ladder.id))

    await here.store.write(erase)
    async with here.store.read() as tx:
        with pytest.raises(BadActivity, match="gone"):
            await shown.message(tx, asked)
