"""The first page of a newly followed Group's outbox, so that its follower sees something at once."""

from collections.abc import Iterator

from fedivoisin.actions import remote_listings
from fedivoisin.activitypub import remote
from fedivoisin.activitypub.handlers import people, thing
from fedivoisin.activitypub.handlers.outcome import Outcome
from fedivoisin.activitypub.inbox import Reception
from fedivoisin.activitypub.parse.activities import Announce, CollectionDocument, Create
from fedivoisin.activitypub.parse.objects import ListingDocument
from fedivoisin.activitypub.proven import address_of
from fedivoisin.errors import BadActivity, Missing, Unreachable
from fedivoisin.store import actors, listings
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx

MOST = 20


async def backfill(reception: Reception, outbox_url: str) -> int:
    """Keep at most 20 listings that the outbox at `outbox_url` names, each read from its own origin."""
    page = await _first_page(reception, outbox_url)
    kept = 0
    for url in list(dict.fromkeys(_named(page)))[:MOST]:
        try:
            kept += await _keep(reception, url, outbox_url)
        except (BadActivity, Unreachable):
            continue  # one that cannot be had must not hide the others
    return kept


async def _first_page(reception: Reception, url: str) -> CollectionDocument:
    found = await remote.fetch_document(reception.remote, url)
    if not isinstance(found, CollectionDocument):
        raise BadActivity("not-a-collection")
    if found.items or found.first is None:
        return found
    if isinstance(found.first, CollectionDocument):
        return found.first
    page = await remote.fetch_document(reception.remote, found.first)
    if not isinstance(page, CollectionDocument):
        raise BadActivity("not-a-collection")
    return page


def _named(page: CollectionDocument) -> Iterator[str]:
    for item in page.items:
        match item:
            case str() as url:
                yield url
            case Announce() | Create():
                yield address_of(item.object)
            case ListingDocument():
                yield item.id
            case _:
                pass


async def _keep(reception: Reception, url: str, outbox_url: str) -> bool:
    said = await remote.fetch_document(reception.remote, url)
    if not isinstance(said, ListingDocument):
        return False
    try:
        return await reception.store.write(_write, said, outbox_url)
    except Missing as missing:
        await remote.fetch_actor(reception.remote, missing.url)
    return await reception.store.write(_write, said, outbox_url)


async def _write(tx: Tx, said: ListingDocument, outbox_url: str) -> bool:
    outcome = await thing.listing(tx, said, await people.author(tx, said.author), is_wanted=True)
    group: Actor | None = await actors.by_outbox(tx, outbox_url)
    known = await listings.find_by_url(tx, said.id)
    if known is not None and group is not None:
        await remote_listings.passed_on(tx, known, group)
    return outcome is Outcome.DONE
