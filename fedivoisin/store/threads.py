"""Private conversations on a listing, and the visible questions under it."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, insert, or_, select, update

from fedivoisin.ids import ActorId, ListingId, MessageId, ThreadId
from fedivoisin.store import actors
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.actors import actor
from fedivoisin.store.schema.listings import listing
from fedivoisin.store.schema.threads import message, thread


@dataclass(frozen=True, slots=True)
class Thread:
    """One asker and the author of one listing, in private. `context_url` names it on the wire (FEP-7888)."""

    id: ThreadId
    listing_id: ListingId
    asker_id: ActorId
    author_id: ActorId
    context_url: str
    created_at: datetime
    last_at: datetime
    asker_read_at: datetime | None
    author_read_at: datetime | None

    def other(self, member_id: str) -> ActorId:
        """Whom this party talks with."""
        return self.author_id if member_id == self.asker_id else self.asker_id

    def has(self, member_id: str) -> bool:
        """Whether this is one of the two parties."""
        return member_id in (self.asker_id, self.author_id)


@dataclass(frozen=True, slots=True)
class Message:
    """`text` is plain words; `content_html` is cleaned HTML, of a message from elsewhere."""

    id: MessageId
    url: str
    thread_id: ThreadId | None
    listing_id: ListingId
    writer_id: ActorId
    recipient_id: ActorId | None
    is_public: bool
    in_reply_to: str | None
    text: str
    content_html: str | None
    published_at: datetime
    received_at: datetime
    updated_at: datetime | None
    deleted_at: datetime | None
    hidden_at: datetime | None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A line of the list of conversations of one member."""

    thread: Thread
    listing_title: str
    other: Actor
    last_message: Message | None
    unread: int


_MESSAGE_FIELDS = tuple(field.name for field in fields(Message))
_MESSAGE = [message.c[name] for name in _MESSAGE_FIELDS]
_MESSAGE_BY_ID = select(*_MESSAGE).where(message.c.id == bindparam("wanted"))
_MESSAGE_BY_URL = select(*_MESSAGE).where(message.c.url == bindparam("wanted"))
_NEW_MESSAGE = insert(message)


async def open_between(
    tx: Tx, *, listing_id: str, asker_id: str, author_id: str, thread_id: str, context_url: str
) -> Thread:
    """The thread of this asker on this listing, made if there is none yet."""
    known = await of_asker(tx, listing_id, asker_id)
    if known is not None:
        return known
    values = {
        "id": thread_id,
        "listing_id": listing_id,
        "asker_id": asker_id,
        "author_id": author_id,
        "context_url": context_url,
        "created_at": tx.now,
        "last_at": tx.now,
    }
    row = await tx.conn.execute(insert(thread).values(values).returning(*thread.c))
    return Thread(**row.mappings().one())


async def by_id(tx: Tx, thread_id: str) -> Thread | None:
    """One conversation."""
    return await _thread(tx, thread.c.id == thread_id)


async def by_context(tx: Tx, context_url: str) -> Thread | None:
    """The conversation of that name on the wire."""
    return await _thread(tx, thread.c.context_url == context_url)


async def of_asker(tx: Tx, listing_id: str, asker_id: str) -> Thread | None:
    """What this person already has with the author of this listing."""
    return await _thread(tx, (thread.c.listing_id == listing_id) & (thread.c.asker_id == asker_id))


async def latest_between(tx: Tx, member_id: str, others: Collection[str]) -> Thread | None:
    """The liveliest of those that this person has with any of the others, whoever asked."""
    asked = (thread.c.asker_id == member_id) & thread.c.author_id.in_(others)
    answered = (thread.c.author_id == member_id) & thread.c.asker_id.in_(others)
    rows = await tx.conn.execute(
        select(thread).where(asked | answered).order_by(thread.c.last_at.desc(), thread.c.id.desc()).limit(1)
    )
    row = rows.mappings().first()
    return Thread(**row) if row is not None else None


async def of_listing(tx: Tx, listing_id: str) -> list[Thread]:
    """All of them, the liveliest first: for the author."""
    rows = await tx.conn.execute(
        select(thread).where(thread.c.listing_id == listing_id).order_by(thread.c.last_at.desc())
    )
    return [Thread(**row) for row in rows.mappings()]


async def of_member(tx: Tx, member_id: str, *, limit: int = 100) -> list[Conversation]:
    """This member's conversations, the liveliest first."""
    rows = await tx.conn.execute(
        select(*thread.c, listing.c.title.label("listing_title"))
        .join(listing, listing.c.id == thread.c.listing_id)
        .where(_is_party(member_id))
        .order_by(thread.c.last_at.desc(), thread.c.id)
        .limit(limit)
    )
    found = [(Thread(**{c.name: row[c.name] for c in thread.c}), row["listing_title"]) for row in rows.mappings()]
    others = await actors.by_ids(tx, {one.other(member_id) for one, _ in found})
    last = await _last_messages(tx, [one.id for one, _ in found])
    unread = await _unread(tx, member_id, [one.id for one, _ in found])
    return [
        Conversation(one, title, others[one.other(member_id)], last.get(one.id), unread.get(one.id, 0))
        for one, title in found
    ]


async def count_unread(tx: Tx, member_id: str) -> int:
    """Threads in which something waits to be read by this member."""
    unread = _unread_messages(member_id)
    return (await tx.conn.execute(select(func.count(func.distinct(unread.c.thread_id))))).scalar_one()


async def mark_read(tx: Tx, thread_id: str, member_id: str) -> None:
    """This party has seen all of it."""
    await tx.conn.execute(
        update(thread).where(thread.c.id == thread_id, thread.c.asker_id == member_id).values(asker_read_at=tx.now)
    )
    await tx.conn.execute(
        update(thread).where(thread.c.id == thread_id, thread.c.author_id == member_id).values(author_read_at=tx.now)
    )


async def add_message(tx: Tx, new: Message) -> None:
    """Write it, and bring its thread to the top."""
    await tx.rows(_NEW_MESSAGE, **{name: getattr(new, name) for name in _MESSAGE_FIELDS})
    if new.thread_id is not None:
        await tx.conn.execute(update(thread).where(thread.c.id == new.thread_id).values(last_at=tx.now))


async def change_message(tx: Tx, message_id: str, *, text: str, content_html: str | None, updated_at: datetime) -> None:
    """Its writer said it otherwise."""
    await tx.conn.execute(
        update(message)
        .where(message.c.id == message_id)
        .values(text=text, content_html=content_html, updated_at=updated_at)
    )


async def delete_message(tx: Tx, message_id: str) -> None:
    """The words go, the place stays."""
    await tx.conn.execute(
        update(message).where(message.c.id == message_id).values(text="", content_html=None, deleted_at=tx.now)
    )


async def message_by_id(tx: Tx, message_id: str) -> Message | None:
    """One message or question."""
    return await _message(tx, _MESSAGE_BY_ID, message_id)


async def message_by_url(tx: Tx, url: str) -> Message | None:
    """The message of that name on the wire."""
    return await _message(tx, _MESSAGE_BY_URL, url)


async def last_of(tx: Tx, thread_id: str, writer_id: str) -> Message | None:
    """The newest standing message of one party."""
    rows = await tx.conn.execute(
        select(message)
        .where(message.c.thread_id == thread_id, message.c.writer_id == writer_id, message.c.deleted_at.is_(None))
        .order_by(message.c.received_at.desc(), message.c.id.desc())
        .limit(1)
    )
    row = rows.mappings().first()
    return Message(**row) if row is not None else None


async def name(tx: Tx, thread_id: str, context_url: str) -> None:
    """The author's server calls the conversation so."""
    await tx.conn.execute(update(thread).where(thread.c.id == thread_id).values(context_url=context_url))


async def messages_of(tx: Tx, thread_id: str) -> list[Message]:
    """In the order in which they came."""
    rows = await tx.conn.execute(
        select(message).where(message.c.thread_id == thread_id).order_by(message.c.received_at, message.c.id)
    )
    return [Message(**row) for row in rows.mappings()]


async def questions_of(tx: Tx, listing_id: str) -> list[tuple[Message, Actor]]:
    """Visible questions and answers under a listing, in order, with who wrote them; no hidden or deleted ones."""
    columns = [column.label(f"message_{column.name}") for column in message.c]
    rows = await tx.conn.execute(
        select(*actors.COLUMNS, *columns)
        .select_from(message)
        .join(actor, actor.c.id == message.c.writer_id)
        .where(
            message.c.listing_id == listing_id,
            message.c.is_public,
            message.c.deleted_at.is_(None),
            message.c.hidden_at.is_(None),
        )
        .order_by(message.c.received_at, message.c.id)
    )
    return [
        (Message(**{column.name: row[f"message_{column.name}"] for column in message.c}), actors.from_row(row))
        for row in rows.mappings()
    ]


async def writers_on(tx: Tx, listing_id: str) -> set[ActorId]:
    """Everyone who wrote about this listing, in private or not: they hear of its changes."""
    rows = await tx.conn.execute(select(message.c.writer_id).distinct().where(message.c.listing_id == listing_id))
    return set(rows.scalars())


async def correspondents(tx: Tx, member_id: str) -> set[ActorId]:
    """Everyone with whom this member ever talked in private."""
    rows = await tx.conn.execute(select(thread.c.asker_id, thread.c.author_id).where(_is_party(member_id)))
    return {one for row in rows for one in (row.asker_id, row.author_id) if one != member_id}


def _is_party(member_id: str) -> Any:
    return or_(thread.c.asker_id == member_id, thread.c.author_id == member_id)


def _unread_messages(member_id: str, *conditions: Any) -> Any:
    asker_missed = (thread.c.asker_id == member_id) & (
        thread.c.asker_read_at.is_(None) | (thread.c.asker_read_at < message.c.received_at)
    )
    author_missed = (thread.c.author_id == member_id) & (
        thread.c.author_read_at.is_(None) | (thread.c.author_read_at < message.c.received_at)
    )
    return (
        select(message.c.thread_id)
        .join(thread, thread.c.id == message.c.thread_id)
        .where(message.c.writer_id != member_id, message.c.deleted_at.is_(None), or_(asker_missed, author_missed))
        .where(*conditions)
        .subquery("unread")
    )


async def _unread(tx: Tx, member_id: str, thread_ids: list[ThreadId]) -> dict[str, int]:
    unread = _unread_messages(member_id, message.c.thread_id.in_(thread_ids))
    rows = await tx.conn.execute(select(unread.c.thread_id, func.count().label("number")).group_by(unread.c.thread_id))
    return {row.thread_id: row.number for row in rows}


async def _last_messages(tx: Tx, thread_ids: list[ThreadId]) -> dict[str, Message]:
    rank = func.row_number().over(
        partition_by=message.c.thread_id, order_by=(message.c.received_at.desc(), message.c.id.desc())
    )
    ranked = select(*message.c, rank.label("rank")).where(message.c.thread_id.in_(thread_ids)).subquery()
    rows = await tx.conn.execute(select(*(ranked.c[column.name] for column in message.c)).where(ranked.c.rank == 1))
    return {row["thread_id"]: Message(**row) for row in rows.mappings()}


async def _thread(tx: Tx, condition: Any) -> Thread | None:
    row = (await tx.conn.execute(select(thread).where(condition))).mappings().first()
    return Thread(**row) if row is not None else None


async def _message(tx: Tx, statement: Select[Any], wanted: str) -> Message | None:
    rows = await tx.rows(statement, wanted=wanted)
    return Message(*rows[0]) if rows else None
