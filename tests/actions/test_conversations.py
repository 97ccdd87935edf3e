"""Private threads on a listing and visible questions, between people here and elsewhere; on both databases."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from fedivoisin.actions import conversations
from fedivoisin.actions.conversations import Words
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ActorId, ListingId, MessageId, ThreadId
from fedivoisin.market import conversations as rules
from fedivoisin.market.listing import Listing, State
from fedivoisin.store import threads
from fedivoisin.store.db import Store
from fedivoisin.store.threads import Message
from tests.fakes import START, FakeWorld
from tests.makers import a_listing, put_actor, put_candidate, put_listings, put_member, put_neighbourhood

NOTE = Words(url="https://rennes.example/notes/1", text="Libre ?", content_html="<p>Libre ?</p>", published_at=START)
BOB = ActorId("actor-bob@rennes.example")


@dataclass(frozen=True, slots=True)
class Scene:
    """Awa lends a ladder; Paul is a neighbour; Bob lives in Rennes."""

    awa: ActorId
    paul: ActorId
    ladder: Listing


async def _scene(store: Store, **changes: Any) -> Scene:
    await store.write(put_neighbourhood)
    awa, paul = await store.write(put_member, "awa"), await store.write(put_member, "paul")
    await store.write(put_actor, "bob", host="rennes.example")
    ladder = replace(a_listing(), **changes)
    await put_listings(store, ladder)
    return Scene(awa, paul, ladder)


async def _messages(store: Store, thread_id: str) -> list[str]:
    async with store.read() as tx:
        return [one.text for one in await threads.messages_of(tx, thread_id)]


async def _questions(store: Store, scene: Scene) -> list[tuple[Message, str]]:
    async with store.read() as tx:
        return [(message, who.name) for message, who in await threads.questions_of(tx, scene.ladder.id)]


async def test_asking_twice_goes_on_in_the_same_thread(store: Store, world: FakeWorld) -> None:
    scene = await _scene(store)
    first = await store.write(conversations.ask, listing_id=scene.ladder.id, asker_id=scene.paul, text="Libre ?\r\n")
    world.pass_time(minutes=1)
    again = await store.write(conversations.ask, listing_id=scene.ladder.id, asker_id=scene.paul, text="Samedi ?")
    assert again.id == first.id
    assert first.context_url == f"{scene.ladder.url}/fil/{first.id}"
    assert await _messages(store, first.id) == ["Libre ?", "Samedi ?"]


async def test_what_is_new_is_counted_until_it_is_read(store: Store, world: FakeWorld) -> None:
    scene = await _scene(store)
    thread = await store.write(conversations.ask, listing_id=scene.ladder.id, asker_id=scene.paul, text="Libre ?")
    async with store.read() as tx:
        assert (await threads.count_unread(tx, scene.awa), await threads.count_unread(tx, scene.paul)) == (1, 0)
        (line,) = await threads.of_member(tx, scene.awa)
    assert (line.listing_title, line.other.id, line.unread) == (scene.ladder.title, scene.paul, 1)
    assert line.last_message is not None
    assert line.last_message.text == "Libre ?"
    await store.write(conversations.read, thread_id=thread.id, reader_id=scene.awa)
    world.pass_time(minutes=1)
    answer = await store.write(conversations.answer, thread_id=thread.id, writer_id=scene.awa, text="Oui.")
    async with store.read() as tx:
        assert (await threads.count_unread(tx, scene.awa), await threads.count_unread(tx, scene.paul)) == (0, 1)
        asked = await threads.last_of(tx, thread.id, scene.paul)
        assert asked is not None
        assert answer.in_reply_to == asked.url
        assert await threads.writers_on(tx, scene.ladder.id) == {scene.awa, scene.paul}
        assert await threads.correspondents(tx, scene.awa) == {scene.paul}
        assert [one.id for one in await threads.of_listing(tx, scene.ladder.id)] == [thread.id]


@pytest.mark.parametrize(
    ("text", "reason"),
    [("  \n ", Reason.MESSAGE_EMPTY), ("x" * 5001, Reason.MESSAGE_TOO_LONG), ("\x00", Reason.MESSAGE_EMPTY)],
)
async def test_nothing_or_too_much_is_refused(store: Store, text: str, reason: Reason) -> None:
    scene = await _scene(store)
    with pytest.raises(Refused) as refusal:
        await store.write(conversations.ask, listing_id=scene.ladder.id, asker_id=scene.paul, text=text)
    assert (refusal.value.reason, refusal.value.details["field"]) == (reason, "text")
    async with store.read() as tx:
        assert await threads.of_listing(tx, scene.ladder.id) == []


async def _refused(store: Store, listing_id: ListingId, asker: ActorId) -> Reason:
    with pytest.raises(Refused) as refusal:
        await store.write(conversations.ask, listing_id=listing_id, asker_id=asker, text="Libre ?")
    return refusal.value.reason


async def test_who_may_not_ask_is_told_why(store: Store) -> None:
    scene = await _scene(store)
    candidate = await store.write(put_candidate, "leo")
    assert await _refused(store, scene.ladder.id, candidate) is Reason.NOT_YET_MEMBER
    assert await _refused(store, scene.ladder.id, scene.awa) is Reason.OWN_LISTING
    assert await _refused(store, ListingId("nothing"), scene.paul) is Reason.LISTING_GONE


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state": State.CLOSED}, Reason.LISTING_CLOSED),
        ({"deleted_at": START}, Reason.LISTING_GONE),
        ({"hidden_at": START}, Reason.LISTING_GONE),
    ],
)
async def test_a_listing_that_is_over_is_not_asked_about(
    store: Store, changes: dict[str, object], reason: Reason
) -> None:
    scene = await _scene(store, **changes)
    assert await _refused(store, scene.ladder.id, scene.paul) is reason
    with pytest.raises(Refused):
        await store.write(conversations.ask_in_public, listing_id=scene.ladder.id, writer_id=scene.paul, text="?")


async def test_only_its_two_parties_go_on_with_a_thread(store: Store) -> None:
    scene = await _scene(store)
    stranger = await store.write(put_member, "lea")
    thread = await store.write(conversations.ask, listing_id=scene.ladder.id, asker_id=scene.paul, text="Libre ?")
    for thread_id in (thread.id, ThreadId("nothing")):
        with pytest.raises(Refused) as refusal:
            await store.write(conversations.answer, thread_id=thread_id, writer_id=stranger, text="Moi aussi")
        assert refusal.value.reason is Reason.NOT_FOUND


async def test_a_visible_question_is_answered_below_it(store: Store, world: FakeWorld) -> None:
    scene = await _scene(store)
    asked = await store.write(
        conversations.ask_in_public, listing_id=scene.ladder.id, writer_id=scene.paul, text="Quelle hauteur ?"
    )
    world.pass_time(minutes=1)
    answer = await store.write(
        conversations.ask_in_public, listing_id=scene.ladder.id, writer_id=scene.awa, text="4 m.", in_reply_to=asked.id
    )
    assert (asked.in_reply_to, answer.in_reply_to) == (scene.ladder.url, asked.url)
    assert [(one.text, who) for one, who in await _questions(store, scene)] == [
        ("Quelle hauteur ?", "paul"),
        ("4 m.", "awa"),
    ]


async def test_one_takes_back_only_ones_own_words(store: Store) -> None:
    scene = await _scene(store)
    asked = await store.write(conversations.ask_in_public, listing_id=scene.ladder.id, writer_id=scene.paul, text="?")
    with pytest.raises(Refused):
        await store.write(conversations.delete, message_id=asked.id, writer_id=scene.awa)
    for _ in range(2):
        await store.write(conversations.delete, message_id=asked.id, writer_id=scene.paul)
    assert await _questions(store, scene) == []
    with pytest.raises(Refused):
        await store.write(conversations.delete, message_id=MessageId("nothing"), writer_id=scene.paul)


async def test_an_answer_from_elsewhere_opens_a_thread_and_goes_on_in_it(store: Store) -> None:
    scene = await _scene(store)
    facts: dict[str, Any] = {
        "listing": scene.ladder,
        "asker_id": BOB,
        "writer_id": BOB,
        "context": "https://rennes.example/c/1",
    }
    one = await store.write(conversations.receive, **facts, words=NOTE)
    two = await store.write(
        conversations.receive, **facts, words=replace(NOTE, url=f"{NOTE.url}0", published_at=START + timedelta(days=9))
    )
    assert one.thread_id == two.thread_id
    assert (two.recipient_id, two.published_at) == (scene.awa, START)
    async with store.read() as tx:
        thread = await threads.of_asker(tx, scene.ladder.id, BOB)
        assert thread is not None
        assert thread.context_url.startswith(scene.ladder.url)
        assert await threads.by_context(tx, thread.context_url) == thread


async def test_the_author_elsewhere_names_the_thread(store: Store) -> None:
    scene = await _scene(store)
    url = "https://rennes.example/users/bob/items/1"
    remote = a_listing(2, author=BOB, url=url, is_local=False, group_id=None)
    await put_listings(store, remote)
    thread = await store.write(conversations.ask, listing_id=remote.id, asker_id=scene.paul, text="Libre ?")
    await store.write(
        conversations.receive,
        listing=remote,
        asker_id=scene.paul,
        writer_id=BOB,
        words=NOTE,
        context=f"{url}/fil/1",
    )
    async with store.read() as tx:
        known = await threads.by_id(tx, thread.id)
    assert known is not None
    assert thread.context_url != known.context_url
    assert known.context_url == f"{url}/fil/1"


async def test_words_from_elsewhere_are_changed_by_newer_ones_only(store: Store, world: FakeWorld) -> None:
    scene = await _scene(store)
    kept = await store.write(conversations.receive_question, listing=scene.ladder, writer_id=BOB, words=NOTE)
    newer = replace(NOTE, text="Encore libre ?")
    world.pass_time(minutes=5)
    later = world.now()
    for moment in (START - timedelta(days=1), later):
        await store.write(conversations.change_received, message=kept, words=newer, updated_at=moment)
    ((asked, who),) = await _questions(store, scene)
    assert (asked.text, asked.updated_at, who) == ("Encore libre ?", later, "bob")
    await store.write(conversations.delete_received, asked)
    assert await _questions(store, scene) == []
    async with store.read() as tx:
        gone = await threads.message_by_url(tx, NOTE.url)
    assert gone is not None
    assert (gone.text, gone.deleted_at) == ("", world.now())
    await store.write(conversations.delete_received, gone)


async def test_a_change_from_elsewhere_is_held_to_the_bounds_of_what_it_changes(store: Store, world: FakeWorld) -> None:
    scene = await _scene(store)
    endless = replace(NOTE, text="a" * 60_000)
    kept = await store.write(conversations.receive_question, listing=scene.ladder, writer_id=BOB, words=endless)
    world.pass_time(minutes=5)
    ahead = world.now() + timedelta(days=9_000)
    await store.write(conversations.change_received, message=kept, words=endless, updated_at=ahead)
    ((changed, _),) = await _questions(store, scene)
    assert (len(kept.text), changed.text) == (rules.LONGEST, kept.text)
    assert changed.updated_at == world.now()
