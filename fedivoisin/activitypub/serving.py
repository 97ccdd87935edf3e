"""What stands at each of our addresses, as a document: found, gone, or for the caller not there at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from fedivoisin import addresses
from fedivoisin.activitypub import posting, shown
from fedivoisin.activitypub.documents import collection, contexts, wording
from fedivoisin.activitypub.documents.contexts import Json
from fedivoisin.activitypub.documents.listing import instant
from fedivoisin.market.listing import EVERYONE, Listing
from fedivoisin.store import (
    accounts,
    actors,
    blocks,
    follows,
    listings,
    neighbourhoods,
    outbox,
    pins,
    search,
    threads,
    tombstones,
)
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx
from fedivoisin.store.tombstones import Tombstone
from fedivoisin.trust.roles import Role
from fedivoisin.urls import parse

MOST_TAGGED = 200


@dataclass(frozen=True, slots=True)
class Found:
    """The document. `is_open`: also served to who does not sign, in strict mode (the instance's own actor)."""

    document: Json
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Gone:
    """It stood here once."""

    document: Json


Answer = Found | Gone | None
"""None: nothing that the caller may know of; unknown and private look the same (B41)."""


async def at(tx: Tx, url: str, *, page: int, reader: str | None) -> Answer:
    """What `url` (without its query) leads to, for `reader`: the URL of the actor who signed, if any did."""
    mark = await tombstones.by_url(tx, url)
    if mark is not None:
        return Gone(_tombstone(mark))
    origin = (await neighbourhoods.current(tx)).origin
    match addresses.resolve(origin, url):
        case addresses.Activity():
            return await _activity(tx, url, reader)
        case addresses.Message(message_id):
            return await _message(tx, message_id, reader)
        case addresses.Box(owner, "followers_synchronization"):
            return await _followers_of_reader(tx, _owner_url(origin, owner), url, reader)
        case addresses.Box(owner, name):
            return await _box(tx, _owner_url(origin, owner), name, url, page)
        case addresses.Tag(name):
            return Found(await _tagged(tx, url, name))
        case place:
            return await _actor_or_listing(tx, origin, place, url)


async def _actor_or_listing(tx: Tx, origin: str, place: addresses.Place | None, url: str) -> Answer:
    match place:
        case addresses.Person() | addresses.Group() | addresses.Instance():
            return await _actor(tx, url)
        case addresses.PersonPage(name):
            return await _actor(tx, addresses.actor_url(origin, name))
        case addresses.GroupPage(slug):
            return await _actor(tx, addresses.group_url(origin, slug))
        case addresses.Listing(_, listing_id) | addresses.ListingPage(listing_id):
            return await _listing(tx, listing_id, url)
        case addresses.Replies(of) | addresses.Thread(of, ""):
            return await _replies(tx, of.id, url)
        case _:  # a private thread, a circle, credits: nobody's to read yet
            return None


async def _actor(tx: Tx, url: str) -> Answer:
    actor = await _standing(tx, url)
    if actor is None:
        return None
    document = contexts.in_context(await shown.actor(tx, actor), contexts.ACTOR)
    return Found(document, is_open=actor.type == "Application")


async def _listing(tx: Tx, listing_id: str, url: str) -> Answer:
    listing = await listings.find(tx, listing_id)
    if listing is None or not listing.is_local or listing.hidden_at is not None or listing.reach < EVERYONE:
        return None
    if url not in (listing.url, listing.page_url):
        return None
    if listing.deleted_at is not None:
        return Gone(_tombstone(Tombstone(listing.url, "Note", listing.deleted_at)))
    if not await _is_by_somebody_shown(tx, listing):
        return None
    return Found(contexts.in_context(await shown.listing(tx, listing), contexts.LISTING))


async def _message(tx: Tx, message_id: str, reader: str | None) -> Answer:
    message = await threads.message_by_id(tx, message_id)
    if message is None or message.deleted_at is not None or message.hidden_at is not None:
        return None
    writer = await actors.by_id(tx, message.writer_id)
    if writer is None or not writer.is_local or writer.hidden_at is not None:
        return None
    if not message.is_public and not await _is_party(tx, reader, (message.writer_id, message.recipient_id)):
        return None
    return Found(contexts.in_context(await shown.message(tx, message), contexts.MESSAGE))


async def _activity(tx: Tx, url: str, reader: str | None) -> Answer:
    said = await outbox.standing_by_url(tx, url)
    if said is None or not await _may_be_quoted(tx, said):
        return None
    document = posting.read(said)
    if not said.is_public and (reader is None or reader not in (*document.get("to", ()), *document.get("cc", ()))):
        return None
    return Found(document)


async def _may_be_quoted(tx: Tx, said: outbox.Activity) -> bool:
    # Of who left or was hidden only the farewell may still be asked for.
    speaker = await actors.by_id(tx, said.actor_id)
    return said.type == "Delete" or (speaker is not None and speaker.gone_at is None and speaker.hidden_at is None)


async def _box(tx: Tx, owner_url: str, name: str, url: str, page: int) -> Answer:
    owner = await _standing(tx, owner_url)
    if owner is None:
        return None
    match name:
        case "outbox":
            return Found(await _outbox(tx, owner, url, page))
        case "followers":  # numbers only: who follows whom is nobody's business
            return Found(collection.collection(url, await follows.count_followers(tx, owner.id), has_pages=False))
        case "following":
            return Found(collection.collection(url, await follows.count_followed(tx, owner.id), has_pages=False))
        case "featured":
            return Found(await _featured(tx, owner, url))
        case "moderators":
            return Found(collection.whole(url, await _moderators(tx)))
        case _:
            return None


async def _followers_of_reader(tx: Tx, owner_url: str, url: str, reader: str | None) -> Answer:
    """Those followers who live where the reader lives: nobody's business but theirs (FEP-8fcf)."""
    owner = await _standing(tx, owner_url)
    if owner is None or reader is None:
        return None
    found = await follows.at_hosts(tx, [owner.id], [parse(reader).authority])
    return Found(collection.whole(url, sorted(follower for _, _, follower in found)))


async def _featured(tx: Tx, group: Actor, url: str) -> Json:
    # Whole: Lemmy reads no addresses there, Mastodon reads both.
    pinned = [await shown.listing(tx, one) for one in await pins.standing(tx, category=group.category or "")]
    return collection.whole(url, pinned, contexts.LISTING)


async def _outbox(tx: Tx, owner: Actor, url: str, page: int) -> Json:
    total = await outbox.count_public(tx, owner.id)
    if not page:
        return collection.collection(url, total)
    offset = (page - 1) * collection.PAGE_SIZE
    said = await outbox.public_page(tx, owner.id, limit=collection.PAGE_SIZE, offset=offset)
    items = [{key: value for key, value in posting.read(one).items() if key != "@context"} for one in said]
    return collection.page(url, page, items, total=total, context=contexts.LISTING)


async def _replies(tx: Tx, listing_id: str, url: str) -> Answer:
    listing = await listings.find(tx, listing_id)
    may_show = listing is not None and listing.is_local and listing.hidden_at is None and listing.reach >= EVERYONE
    if listing is None or not may_show or not url.startswith(listing.url):
        return None
    if not await _is_by_somebody_shown(tx, listing):
        return None
    asked = await threads.questions_of(tx, listing_id)
    return Found(
        collection.whole(url, [message.url for message, who in asked if not await blocks.is_shut_out(tx, who)])
    )


async def _is_by_somebody_shown(tx: Tx, listing: Listing) -> bool:
    author = await actors.by_id(tx, listing.author_id)
    return author is not None and not await blocks.is_shut_out(tx, author)


async def _tagged(tx: Tx, url: str, name: str) -> Json:
    found = await search.newest_public(tx, limit=MOST_TAGGED)
    return collection.whole(url, [one.url for one in found if name.lower() in wording.hashtags(one)])


async def _moderators(tx: Tx) -> list[str]:
    ids = {*await accounts.with_role(tx, Role.MODERATEUR), *await accounts.with_role(tx, Role.ADMIN)}
    return sorted(one.url for one in (await actors.by_ids(tx, ids)).values())


async def _standing(tx: Tx, url: str) -> Actor | None:
    """An actor of ours whom others may know: not a candidate, nor who was hidden or left."""
    actor = await actors.by_url(tx, url)
    if actor is None or not actor.is_local or actor.gone_at is not None or actor.hidden_at is not None:
        return None
    if actor.type == "Person" and not await actors.is_member(tx, actor.id):
        return None
    return actor


async def _is_party(tx: Tx, reader: str | None, parties: Sequence[str | None]) -> bool:
    found = await actors.by_url(tx, reader) if reader is not None else None
    return found is not None and found.id in parties


def _owner_url(origin: str, owner: addresses.Owner) -> str:
    match owner:
        case addresses.Person(name):
            return addresses.actor_url(origin, name)
        case addresses.Group(slug):
            return addresses.group_url(origin, slug)
        case addresses.Instance():
            return addresses.instance_url(origin)
        case _ as never:
            assert_never(never)


def _tombstone(mark: Tombstone) -> Json:
    return {
        "@context": contexts.PLAIN,
        "id": mark.url,
        "type": "Tombstone",
        "formerType": mark.former_type,
        "deleted": instant(mark.deleted_at),
    }
