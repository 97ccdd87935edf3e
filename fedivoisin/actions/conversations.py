"""Talking about a listing, in private or below it, with people here and elsewhere."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from fedivoisin import addresses
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ActorId, ListingId, MessageId, ThreadId
from fedivoisin.market import conversations as rules
from fedivoisin.market.conversations import MessageChanged, MessageDeleted, MessageSent
from fedivoisin.market.events import QuestionAsked
from fedivoisin.market.listing import Listing
from fedivoisin.store import events, listings, members, neighbourhoods, threads
from fedivoisin.store.db import Tx
from fedivoisin.store.listings import Topic
from fedivoisin.store.threads import Message, Thread
from fedivoisin.trust.standing import require_member

About: TypeAlias = Listing | Topic
"""Either knows enough of a listing to be talked about."""


@dataclass(frozen=True, slots=True)
class Words:
    """A message from elsewhere: what it is called there, what it says as plain words and as cleaned HTML."""

    url: str
    text: str
    content_html: str
    published_at: datetime
    in_reply_to: str | None = None


async def ask(tx: Tx, *, listing_id: ListingId, asker_id: ActorId, text: str) -> Thread:
    """Write to the author of a listing, for the first time or again."""
    listing = await _listing(tx, listing_id)
    require_member(await members.standing(tx, asker_id))
    standing = await threads.of_asker(tx, listing_id, asker_id)
    rules.may_ask(listing, asker_id, has_thread=standing is not None)
    message_id = MessageId(tx.new_id())
    thread = standing or await _open(tx, listing, asker_id, message_id)
    await _send(tx, thread, listing, message_id, writer_id=asker_id, text=rules.words(text))
    return thread


async def answer(tx: Tx, *, thread_id: ThreadId, writer_id: ActorId, text: str) -> Message:
    """Go on with a conversation, as either of its two parties."""
    thread = await threads.by_id(tx, thread_id)
    if thread is None or not thread.has(writer_id):
        raise Refused(Reason.NOT_FOUND)
    require_member(await members.standing(tx, writer_id))
    listing = await _listing(tx, thread.listing_id)
    return await _send(tx, thread, listing, MessageId(tx.new_id()), writer_id=writer_id, text=rules.words(text))


async def read(tx: Tx, *, thread_id: ThreadId, reader_id: ActorId) -> None:
    """A party has seen all of it."""
    await threads.mark_read(tx, thread_id, reader_id)


async def ask_in_public(
    tx: Tx, *, listing_id: ListingId, writer_id: ActorId, text: str, in_reply_to: MessageId | None = None
) -> Message:
    """A question that everyone sees below the listing, or the answer to one."""
    listing = await _listing(tx, listing_id)
    require_member(await members.standing(tx, writer_id))
    rules.may_ask_in_public(listing)
    asked = await threads.message_by_id(tx, in_reply_to) if in_reply_to else None
    parent = asked.url if asked is not None and asked.listing_id == listing_id and asked.is_public else listing.url
    message_id = MessageId(tx.new_id())
    message = Message(
        id=message_id,
        url=await _url(tx, message_id),
        thread_id=None,
        listing_id=listing_id,
        writer_id=writer_id,
        recipient_id=None,
        is_public=True,
        in_reply_to=parent,
        text=rules.words(text),
        content_html=None,
        published_at=tx.now,
        received_at=tx.now,
        updated_at=None,
        deleted_at=None,
        hidden_at=None,
    )
    await _put_question(tx, message, listing, is_local=True)
    return message


async def delete(tx: Tx, *, message_id: MessageId, writer_id: ActorId) -> None:
    """Take back one's own words."""
    message = await threads.message_by_id(tx, message_id)
    if message is None or message.writer_id != writer_id:
        raise Refused(Reason.NOT_FOUND)
    if message.deleted_at is None:
        await _delete(tx, message, is_local=True)


async def receive(
    tx: Tx, *, listing: About, asker_id: ActorId, writer_id: ActorId, words: Words, context: str | None
) -> Message:
    """A private message came from elsewhere, for the conversation of `asker_id` with the author of the listing."""
    thread = await threads.of_asker(tx, listing.id, asker_id)
    message_id = MessageId(tx.new_id())
    if thread is None:
        thread = await _open(tx, listing, asker_id, message_id)
    if context is not None and writer_id == listing.author_id and not listing.is_local:
        await threads.name(tx, thread.id, context)  # the author's server names the conversation (FEP-7888)
    message = _received(message_id, listing, writer_id, words, at=tx.now, thread=thread)
    await threads.add_message(tx, message)
    happened = MessageSent(message_id, thread.id, listing.id, writer_id, thread.other(writer_id))
    await events.record(tx, happened, subject=thread.id, by=writer_id, is_local=False)
    return message


async def receive_question(tx: Tx, *, listing: About, writer_id: ActorId, words: Words) -> Message:
    """A public reply came from elsewhere: a visible question."""
    message = _received(MessageId(tx.new_id()), listing, writer_id, words, at=tx.now)
    await _put_question(tx, message, listing, is_local=False)
    return message


async def change_received(tx: Tx, *, message: Message, words: Words, updated_at: datetime) -> None:
    """Its writer, elsewhere, said it otherwise; an older version than ours changes nothing."""
    if message.deleted_at is not None or updated_at <= (message.updated_at or message.published_at):
        return
    await threads.change_message(
        tx,
        message.id,
        text=words.text[: rules.LONGEST],
        content_html=words.content_html,
        updated_at=min(updated_at, tx.now),  # nothing comes from the future
    )
    happened = MessageChanged(message.id, message.listing_id, message.writer_id)
    await events.record(tx, happened, subject=message.id, by=message.writer_id, is_local=False)


async def delete_received(tx: Tx, message: Message) -> None:
    """Its writer, elsewhere, took it back."""
    if message.deleted_at is None:
        await _delete(tx, message, is_local=False)


async def _open(tx: Tx, listing: About, asker_id: ActorId, first_message: MessageId) -> Thread:
    thread_id = ThreadId(tx.new_id())
    # Ours is named below the listing; elsewhere the author's server will give it a name, ours stands until then.
    local_name = addresses.thread_url(listing.url, thread_id)
    return await threads.open_between(
        tx,
        listing_id=listing.id,
        asker_id=asker_id,
        author_id=listing.author_id,
        thread_id=thread_id,
        context_url=local_name if listing.is_local else await _url(tx, first_message),
    )


async def _send(
    tx: Tx, thread: Thread, listing: Listing, message_id: MessageId, *, writer_id: ActorId, text: str
) -> Message:
    earlier = await threads.last_of(tx, thread.id, thread.other(writer_id))
    message = Message(
        id=message_id,
        url=await _url(tx, message_id),
        thread_id=thread.id,
        listing_id=listing.id,
        writer_id=writer_id,
        recipient_id=thread.other(writer_id),
        is_public=False,
        in_reply_to=earlier.url if earlier is not None else listing.url,
        text=text,
        content_html=None,
        published_at=tx.now,
        received_at=tx.now,
        updated_at=None,
        deleted_at=None,
        hidden_at=None,
    )
    await threads.add_message(tx, message)
    await threads.mark_read(tx, thread.id, writer_id)
    happened = MessageSent(message_id, thread.id, listing.id, writer_id, thread.other(writer_id))
    await events.record(tx, happened, subject=thread.id, by=writer_id)
    return message


async def _put_question(tx: Tx, message: Message, listing: About, *, is_local: bool) -> None:
    await threads.add_message(tx, message)
    happened = QuestionAsked(listing.id, listing.author_id, message.writer_id, message.id)
    await events.record(tx, happened, subject=listing.id, by=message.writer_id, is_local=is_local)


async def _delete(tx: Tx, message: Message, *, is_local: bool) -> None:
    await threads.delete_message(tx, message.id)
    happened = MessageDeleted(message.id, message.listing_id, message.writer_id)
    await events.record(tx, happened, subject=message.id, by=message.writer_id, is_local=is_local)


def _received(
    message_id: MessageId,
    listing: About,
    writer_id: ActorId,
    words: Words,
    *,
    at: datetime,
    thread: Thread | None = None,
) -> Message:
    """In a thread, or else for all to see."""
    return Message(
        id=message_id,
        url=words.url,
        thread_id=thread.id if thread is not None else None,
        listing_id=listing.id,
        writer_id=writer_id,
        recipient_id=thread.other(writer_id) if thread is not None else None,
        is_public=thread is None,
        in_reply_to=words.in_reply_to,
        text=words.text[: rules.LONGEST],
        content_html=words.content_html,
        published_at=min(words.published_at, at),  # nothing comes from the future
        received_at=at,
        updated_at=None,
        deleted_at=None,
        hidden_at=None,
    )


async def _url(tx: Tx, message_id: MessageId) -> str:
    return addresses.message_url((await neighbourhoods.current(tx)).base, message_id)


async def _listing(tx: Tx, listing_id: ListingId) -> Listing:
    found = await listings.find(tx, listing_id)
    if found is None:
        raise Refused(Reason.LISTING_GONE)
    return found
