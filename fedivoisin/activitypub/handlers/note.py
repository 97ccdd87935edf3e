"""A Note that is no listing: a private answer, or a question for all to see."""

from fedivoisin.actions import conversations
from fedivoisin.activitypub.handlers import people, reading
from fedivoisin.activitypub.handlers.outcome import Outcome
from fedivoisin.activitypub.parse.objects import NoteDocument
from fedivoisin.errors import BadActivity
from fedivoisin.ids import ActorId
from fedivoisin.store import listings, threads, tombstones
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx
from fedivoisin.store.listings import Topic
from fedivoisin.store.threads import Message, Thread


async def received(tx: Tx, origin: str, said: NoteDocument, writer: Actor) -> Outcome:
    """Keep it when it belongs to a listing that we know, and in private only when it is for one of ours."""
    if await threads.message_by_url(tx, said.id) is not None:
        return Outcome.UNCHANGED
    if await tombstones.is_gone(tx, said.id, author_id=writer.id):
        raise BadActivity("deleted")
    if reading.is_public(said):
        return await _question(tx, said, writer)
    # Takahē names the readers of a private message in `cc` alone.
    readers = [one for one in await people.ours_among(tx, origin, (*said.to, *said.cc)) if one.type == "Person"]
    return await _private(tx, said, writer, readers) if readers else Outcome.UNSOLICITED


async def changed(tx: Tx, said: NoteDocument, writer: Actor) -> Outcome:
    """Its writer says it otherwise."""
    message = await threads.message_by_url(tx, said.id)
    if message is None:
        return Outcome.UNKNOWN_OBJECT
    if message.writer_id != writer.id:
        raise BadActivity("not-the-author", status=403)
    words = reading.words_of(tx, said)
    await conversations.change_received(tx, message=message, words=words, updated_at=said.updated_at or tx.now)
    return Outcome.DONE


async def _private(tx: Tx, said: NoteDocument, writer: Actor, readers: list[Actor]) -> Outcome:
    found = await _conversation(tx, said, writer, readers)
    if found is None:
        return Outcome.NO_LISTING
    listing, asker_id = found
    words = reading.words_of(tx, said)
    await conversations.receive(
        tx, listing=listing, asker_id=asker_id, writer_id=writer.id, words=words, context=said.context
    )
    return Outcome.DONE


async def _question(tx: Tx, said: NoteDocument, writer: Actor) -> Outcome:
    if said.in_reply_to is None:
        return Outcome.UNSOLICITED
    listing = await listings.topic_by_url(tx, said.in_reply_to)
    if listing is None:
        asked = await threads.message_by_url(tx, said.in_reply_to)
        listing = await listings.topic(tx, asked.listing_id) if asked is not None and asked.is_public else None
    if listing is None or not listing.is_shown:
        return Outcome.UNKNOWN_OBJECT
    await conversations.receive_question(tx, listing=listing, writer_id=writer.id, words=reading.words_of(tx, said))
    return Outcome.DONE


async def _conversation(
    tx: Tx, said: NoteDocument, writer: Actor, readers: list[Actor]
) -> tuple[Topic, ActorId] | None:
    """The listing that it is about and who asks: through what it replies to, else through its `context` (FEP-7888),
    else what the two talked about last: a chat or a new direct message names nothing (Pixelfed, Pleroma, Mastodon).
    """
    named = {one.id for one in readers}
    thread = await _thread_of(tx, said)
    if thread is None or not thread.has(writer.id) or thread.other(writer.id) not in named:
        listing = await listings.topic_by_url(tx, said.in_reply_to) if said.in_reply_to else None
        if listing is not None and listing.is_shown and listing.author_id in named:
            return listing, writer.id
        thread = await threads.latest_between(tx, writer.id, named)
    listing = await listings.topic(tx, thread.listing_id) if thread is not None else None
    return (listing, thread.asker_id) if listing is not None and thread is not None else None


async def _thread_of(tx: Tx, said: NoteDocument) -> Thread | None:
    message: Message | None = None
    if said.in_reply_to:
        message = await threads.message_by_url(tx, said.in_reply_to)
    if message is not None and message.thread_id is not None:
        return await threads.by_id(tx, message.thread_id)
    return await threads.by_context(tx, said.context) if said.context else None
