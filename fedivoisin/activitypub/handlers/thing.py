"""`Create`, `Update`, `Delete`: listings, private answers, visible questions, and actors themselves."""

from fedivoisin.actions import conversations, remote_listings
from fedivoisin.activitypub.handlers import note, people, reading
from fedivoisin.activitypub.handlers.outcome import Outcome
from fedivoisin.activitypub.parse.activities import Create, Delete, Update
from fedivoisin.activitypub.parse.objects import ActorDocument, ListingDocument, NoteDocument
from fedivoisin.activitypub.proven import Proven
from fedivoisin.activitypub.wire.origins import same_origin
from fedivoisin.errors import BadActivity
from fedivoisin.market.listing import Listing
from fedivoisin.store import actors, follows, listings, search, threads, tombstones
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx

MOST_LISTINGS = 1000


async def created(tx: Tx, proven: Proven[Create]) -> Outcome:
    """Something new."""
    if not await _may_matter(tx, proven):
        return Outcome.UNSOLICITED
    match proven.document(proven.activity.object):
        case ListingDocument() | NoteDocument() as said if said.author != proven.actor.url:
            return await _for_another(tx, said, proven.actor)
        case ListingDocument() as said:
            return await listing(tx, said, proven.actor)
        case NoteDocument() as said:
            return await note.received(tx, proven.origin, said, proven.actor)
        case _:
            return Outcome.IGNORED


async def updated(tx: Tx, proven: Proven[Update]) -> Outcome:
    """Something as it is now. An actor is read from its own address only, which `process` has done by then."""
    if not await _may_matter(tx, proven):
        return Outcome.UNSOLICITED
    match proven.document(proven.activity.object):
        case ListingDocument() | NoteDocument() as said if said.author != proven.actor.url:
            return await _for_another(tx, said, proven.actor)
        case ListingDocument() as said:
            return await listing(tx, said, proven.actor)
        case NoteDocument() as said:
            return await note.changed(tx, said, proven.actor)
        case ActorDocument() as said if said.id == proven.actor.url:
            return Outcome.DONE
        case ActorDocument():
            raise BadActivity("update-of-another", status=403)
        case _:
            return Outcome.IGNORED


async def deleted(tx: Tx, proven: Proven[Delete]) -> Outcome:
    """Something is gone."""
    url, actor = proven.activity.object, proven.actor
    if url == actor.url:
        return await _actor_gone(tx, actor)
    found = await listings.find_by_url(tx, url)
    if found is not None:
        _check_owner(found.author_id, actor)
        await remote_listings.delete(tx, found)
        return Outcome.DONE
    message = await threads.message_by_url(tx, url)
    if message is not None:
        _check_owner(message.writer_id, actor)
        await conversations.delete_received(tx, message)
        return Outcome.DONE
    if same_origin(url, actor.url) and await follows.anyone_here_follows(tx, actor.id):
        await tombstones.put_early(tx, url, by=actor.id)  # its Create may still be on the way
    return Outcome.UNKNOWN_OBJECT


async def listing(tx: Tx, said: ListingDocument, author: Actor, *, is_wanted: bool = False) -> Outcome:
    """A listing by `author`, kept when somebody here wants to hear of it (or known already)."""
    _check_author(said, author)
    known = await listings.find_by_url(tx, said.id)
    if not reading.may_be_kept(said):
        return await _withdrawn(tx, known, said, author)
    group = await _own_group(tx, said, author)
    if known is None and not is_wanted and not await _is_followed(tx, author, group):
        return Outcome.UNSOLICITED
    kept = await remote_listings.receive(tx, reading.listing_of(tx, said, author))
    if kept is not None and group is not None:
        await remote_listings.passed_on(tx, kept, group)
    return Outcome.UNCHANGED if kept is None else Outcome.DONE


async def _is_known(tx: Tx, url: str) -> bool:
    """Whether a listing or a message of that address was ever kept."""
    return await listings.topic_by_url(tx, url) is not None or await threads.message_by_url(tx, url) is not None


async def _may_matter(tx: Tx, proven: Proven[Create] | Proven[Update]) -> bool:
    """False of a bare address that would have to be fetched though nobody here waits for it."""
    url, said, actor = proven.activity.object, proven.activity, proven.actor
    return (
        not isinstance(url, str)
        or url == actor.url
        or await follows.anyone_here_follows(tx, actor.id)
        or await _is_known(tx, url)
        or bool(await people.ours_among(tx, proven.origin, (*said.to, *said.cc)))
    )


async def _for_another(tx: Tx, said: ListingDocument | NoteDocument, actor: Actor) -> Outcome:
    """Nothing is kept. It is no forgery when people speak for a Group of their own server."""
    if not same_origin(said.id, said.author):
        raise BadActivity("foreign-author", status=403)  # GHSA-rwcw-vq68-g34p
    author = await actors.by_url(tx, said.author)
    if not same_origin(said.id, actor.url) or (author is not None and author.type != "Group"):
        raise BadActivity("not-the-author", status=403)
    return Outcome.ANOTHER_AUTHOR


async def _withdrawn(tx: Tx, known: Listing | None, said: ListingDocument, author: Actor) -> Outcome:
    if known is None:
        return Outcome.UNSOLICITED
    is_news = await remote_listings.withdraw(tx, known, reading.listing_of(tx, said, author))
    return Outcome.DONE if is_news else Outcome.UNCHANGED


async def _own_group(tx: Tx, said: ListingDocument, author: Actor) -> Actor | None:
    # A Group of another server must claim the listing itself, by an Announce: anybody can name any audience.
    if said.group is None or not same_origin(said.group, author.url):
        return None
    found = await actors.by_url(tx, said.group)
    return found if found is not None and found.type == "Group" else None


async def _is_followed(tx: Tx, author: Actor, group: Actor | None) -> bool:
    if await follows.anyone_here_follows(tx, author.id):
        return True
    return group is not None and await follows.anyone_here_follows(tx, group.id)


async def _actor_gone(tx: Tx, actor: Actor) -> Outcome:
    for one in await search.by_author(tx, actor.id, with_closed=True, limit=MOST_LISTINGS):
        await remote_listings.delete(tx, one)
    await follows.forget_actor(tx, actor.id)
    await tombstones.put(tx, actor.url, actor.type, is_local=False)
    await actors.mark_gone(tx, actor.id)
    return Outcome.DONE


def _check_author(said: ListingDocument, actor: Actor) -> None:
    if said.author != actor.url or not same_origin(said.id, actor.url):
        raise BadActivity("not-the-author", status=403)


def _check_owner(owner_id: str, actor: Actor) -> None:
    if owner_id != actor.id:
        raise BadActivity("not-the-author", status=403)
