"""Private answers and visible questions that other servers send. On both databases."""

from typing import Any

import pytest

from fedivoisin.actions import conversations
from fedivoisin.market.listing import Listing
from fedivoisin.store import listings, threads
from fedivoisin.store.threads import Conversation
from tests.activitypub.neighbours import PUBLIC, RENNES, Neighbours, bare, note, offer, says
from tests.makers import ORIGIN

BOB = f"{RENNES}/users/bob"
LATER = "2026-03-02T10:00:00Z"


def _private(here: Neighbours, name: str = "note-1", **changes: Any) -> dict[str, Any]:
    """Bob writes to Awa."""
    return bare(note(BOB, name, to=[here.awa_url], **changes))


async def _write(here: Neighbours, said: dict[str, Any], verb: str = "Create") -> str:
    return await here.hear(says(verb, said["attributedTo"], said, to=said["to"]))


async def _conversations(here: Neighbours) -> list[Conversation]:
    async with here.store.read() as tx:
        return await threads.of_member(tx, here.awa)


async def _words(here: Neighbours) -> list[str]:
    """All that stands in Awa's only conversation."""
    (one,) = await _conversations(here)
    async with here.store.read() as tx:
        return [message.text for message in await threads.messages_of(tx, one.thread.id)]


async def _questions(here: Neighbours, listing: Listing) -> list[str]:
    async with here.store.read() as tx:
        return [message.text for message, _ in await threads.questions_of(tx, listing.id)]


async def test_an_answer_opens_a_conversation_once(here: Neighbours) -> None:
    here.actor("bob")
    ladder = await here.publish()
    said = _private(here, inReplyTo=ladder.url)
    assert await _write(here, said) == "done"
    assert await _write(here, said) == "unchanged"
    assert await _words(here) == ["Bonjour"]


async def test_a_conversation_goes_on_by_what_it_replies_to_or_by_its_context(here: Neighbours) -> None:
    here.actor("bob")
    ladder = await here.publish()
    await _write(here, _private(here, inReplyTo=ladder.url))
    (one,) = await _conversations(here)
    here.world.pass_time(minutes=1)
    await here.store.write(conversations.answer, thread_id=one.thread.id, writer_id=here.awa, text="Oui.")
    async with here.store.read() as tx:
        answer = await threads.last_of(tx, one.thread.id, here.awa)
    assert answer is not None
    assert await _write(here, _private(here, "note-2", inReplyTo=answer.url, content="Samedi ?")) == "done"
    assert await _write(here, _private(here, "note-3", context=one.thread.context_url, content="Midi ?")) == "done"
    assert sorted(await _words(here)) == ["Bonjour", "Midi ?", "Oui.", "Samedi ?"]


async def test_the_author_elsewhere_answers_our_question(here: Neighbours) -> None:
    await here.followed("bob")
    await here.hear(says("Create", BOB, bare(offer(BOB))))
    lamp = await here.known(f"{BOB}/item-1")
    assert lamp is not None
    thread = await here.store.write(conversations.ask, listing_id=lamp.id, asker_id=here.awa, text="Libre ?")
    async with here.store.read() as tx:
        asked = await threads.last_of(tx, thread.id, here.awa)
    assert asked is not None
    assert await _write(here, _private(here, inReplyTo=asked.url, content="Oui !")) == "done"
    assert sorted(await _words(here)) == ["Libre ?", "Oui !"]


async def test_who_is_not_part_of_a_conversation_does_not_join_it(here: Neighbours) -> None:
    here.actor("bob")
    here.actor("eve", 2)
    ladder = await here.publish()
    await _write(here, _private(here, inReplyTo=ladder.url))
    (one,) = await _conversations(here)
    eve = f"{RENNES}/users/eve"
    said = bare(note(eve, to=[here.awa_url], context=one.thread.context_url))
    assert await here.hear(says("Create", eve, said, to=said["to"]), 2) == "no-listing"
    assert await _words(here) == ["Bonjour"]


async def test_what_belongs_to_no_listing_is_not_kept(here: Neighbours) -> None:
    here.actor("bob")
    ladder = await here.publish()
    await here.store.write(listings.mark_deleted, ladder.id)
    for changes in ({}, {"inReplyTo": f"{ORIGIN}/nothing"}, {"inReplyTo": ladder.url}):
        assert await _write(here, _private(here, **changes)) == "no-listing"
    assert await _conversations(here) == []


async def test_what_is_private_and_for_nobody_here_is_not_kept(here: Neighbours) -> None:
    here.actor("bob")
    ladder = await here.publish()
    for to in ([f"{ORIGIN}/groups/doulon"], [f"{ORIGIN}/users/nobody"], ["https://lyon.example/users/x"], []):
        said = bare(note(BOB, to=to, inReplyTo=ladder.url))
        assert await _write(here, said) == "unsolicited"


async def test_a_question_for_all_to_see_stands_below_its_listing(here: Neighbours) -> None:
    here.actor("bob")
    ladder = await here.publish()
    asked = bare(note(BOB, inReplyTo=ladder.url, content="<p>Quelle hauteur ?</p>"))
    assert await _write(here, asked) == "done"
    again = bare(note(BOB, "note-2", inReplyTo=f"{BOB}/note-1", content="<p>Et le poids ?</p>", to=[], cc=[PUBLIC]))
    assert await _write(here, again) == "done"
    assert sorted(await _questions(here, ladder)) == ["Et le poids ?", "Quelle hauteur ?"]


async def test_a_public_note_about_nothing_of_ours_is_not_kept(here: Neighbours) -> None:
    here.actor("bob")
    ladder = await here.publish()
    assert await _write(here, bare(note(BOB))) == "unsolicited"
    assert await _write(here, bare(note(BOB, inReplyTo=f"{ORIGIN}/nothing"))) == "unknown-object"
    await _write(here, _private(here, inReplyTo=ladder.url))
    assert await _write(here, bare(note(BOB, "note-2", inReplyTo=f"{BOB}/note-1"))) == "unknown-object"
    await here.store.write(listings.mark_deleted, ladder.id)
    assert await _write(here, bare(note(BOB, "note-3", inReplyTo=ladder.url))) == "unknown-object"


async def test_a_message_is_changed_and_deleted_by_its_writer_alone(here: Neighbours) -> None:
    here.actor("bob")
    here.actor("eve", 2)
    ladder = await here.publish()
    await _write(here, _private(here, inReplyTo=ladder.url))
    changed = _private(here, inReplyTo=ladder.url, content="<p>Bonsoir</p>", updated=LATER)
    assert await _write(here, changed, "Update") == "done"
    assert await _words(here) == ["Bonsoir"]
    assert await here.hear(says("Delete", f"{RENNES}/users/eve", f"{BOB}/note-1"), 2) == "not-the-author"
    assert await here.hear(says("Delete", BOB, f"{BOB}/note-1")) == "done"
    async with here.store.read() as tx:
        gone = await threads.message_by_url(tx, f"{BOB}/note-1")
    assert gone is None or gone.deleted_at is not None


@pytest.mark.parametrize("to", [PUBLIC, f"{ORIGIN}/users/awa"])
async def test_a_deletion_that_overtakes_its_message_holds(here: Neighbours, to: str) -> None:
    await here.followed("bob")
    await here.followed("eve", 2)
    ladder = await here.publish()
    said, other = (bare(note(BOB, name, to=[to], inReplyTo=ladder.url)) for name in ("note-1", "note-2"))
    assert await here.hear(says("Delete", BOB, said["id"])) == "unknown-object"
    assert await here.hear(says("Delete", f"{RENNES}/users/eve", other["id"]), 2) == "unknown-object"
    assert await _write(here, said) == "deleted"
    assert await _write(here, other) == "done"


async def test_a_change_of_what_was_never_here_is_nothing(here: Neighbours) -> None:
    here.actor("bob")
    assert await _write(here, _private(here), "Update") == "unknown-object"


@pytest.mark.parametrize("updated", [{}, {"updated": LATER}])
async def test_a_change_without_a_date_is_of_now(here: Neighbours, updated: dict[str, str]) -> None:
    here.actor("bob")
    ladder = await here.publish()
    await _write(here, _private(here, inReplyTo=ladder.url))
    here.world.pass_time(minutes=1)
    changed = _private(here, inReplyTo=ladder.url, content="<p>Bonsoir</p>", **updated)
    assert await _write(here, changed, "Update") == "done"
    assert await _words(here) == ["Bonsoir"]


async def test_nobody_puts_words_in_place_of_anothers(here: Neighbours) -> None:
    here.actor("bob")
    here.actor("eve", 2)
    eve = f"{RENNES}/users/eve"
    ladder = await here.publish()
    await _write(here, _private(here, inReplyTo=ladder.url))
    forged = _private(here, attributedTo=eve, content="<p>Volé</p>", updated=LATER)
    assert await here.hear(says("Update", eve, forged, to=[here.awa_url]), 2) == "not-the-author"
    assert await _words(here) == ["Bonjour"]


async def test_the_name_of_the_reader_is_left_out_of_the_words(here: Neighbours) -> None:
    here.actor("bob")
    ladder = await here.publish()
    mention = {"type": "Mention", "href": here.awa_url, "name": "@awa@nantes.example"}
    said = _private(here, inReplyTo=ladder.url, content="<p>@awa @awa@nantes.example Bonjour</p>", tag=[mention])
    assert await _write(here, said) == "done"
    assert await _words(here) == ["Bonjour"]
