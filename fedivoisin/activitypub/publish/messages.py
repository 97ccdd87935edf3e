"""Private answers and visible questions as others receive them."""

from fedivoisin import addresses
from fedivoisin.activitypub import posting, shown
from fedivoisin.activitypub.documents import activities, contexts
from fedivoisin.activitypub.documents.activities import Envelope
from fedivoisin.activitypub.posting import Post
from fedivoisin.ids import MessageId
from fedivoisin.store import actors, threads, tombstones
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx
from fedivoisin.store.outbox import Target
from fedivoisin.store.threads import Message


async def sent(tx: Tx, message_id: MessageId) -> None:
    """`Create` of a Note: in private to the correspondent alone, a question to all who take part."""
    message, writer = await _message(tx, message_id)
    if message is None or writer is None or message.deleted_at is not None:
        return
    targets = await _readers(tx, message, writer)
    if not targets and not message.is_public:
        return
    note = await shown.message(tx, message)
    envelope = Envelope(addresses.message_activity(message.url), writer.url, message.published_at)
    said = activities.create(envelope, note, contexts.MESSAGE)
    if message.is_public:
        said = await posting.proved(tx, said, writer)
    await posting.post(tx, Post(said, message.url), writer, targets)


async def deleted(tx: Tx, message_id: MessageId) -> None:
    """`Delete` to those who received it."""
    message, writer = await _message(tx, message_id)
    if message is None or writer is None:
        return
    await tombstones.put(tx, message.url, "Note", is_local=True)
    targets = await _readers(tx, message, writer)
    if targets:
        said = activities.delete(posting.envelope(tx, writer), await shown.message(tx, message))
        await posting.post(tx, Post(said, message.url), writer, targets)


async def _message(tx: Tx, message_id: MessageId) -> tuple[Message | None, Actor | None]:
    message = await threads.message_by_id(tx, message_id)
    return message, await actors.by_id(tx, message.writer_id) if message is not None else None


async def _readers(tx: Tx, message: Message, writer: Actor) -> list[Target]:
    correspondent = await shown.correspondent(tx, message)
    if not message.is_public:
        return posting.to_one(correspondent) if correspondent is not None else []
    asking = [one for _, one in await threads.questions_of(tx, message.listing_id)]
    others = [*asking, *([correspondent] if correspondent is not None else [])]
    return list((await posting.readers(tx, [writer], others)).values())
