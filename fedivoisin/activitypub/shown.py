"""Our rows as the documents that others see: used to answer a GET and to publish alike."""

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from fedivoisin import addresses
from fedivoisin.activitypub.documents import actor as actor_documents
from fedivoisin.activitypub.documents import listing as listing_documents
from fedivoisin.activitypub.documents import message as message_documents
from fedivoisin.activitypub.documents.actor import Area, Common, Icon, Keys, RetiredKey
from fedivoisin.activitypub.documents.contexts import Json
from fedivoisin.activitypub.documents.listing import Setting
from fedivoisin.activitypub.documents.message import Correspondent
from fedivoisin.activitypub.keyring import multibase
from fedivoisin.errors import BadActivity
from fedivoisin.market.listing import Listing, State
from fedivoisin.store import actors, keys, listings, neighbourhoods, search, threads
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx
from fedivoisin.store.keys import Key
from fedivoisin.store.neighbourhoods import Neighbourhood
from fedivoisin.store.threads import Message

ZONE = ZoneInfo("Europe/Paris")
MOST_OFFERS = 20


async def actor(tx: Tx, shown: Actor) -> Json:
    """A person, a Group or the instance, without `@context`."""
    here = await neighbourhoods.current(tx)
    common = _common(shown, here, await keys.of_actor(tx, shown.id))
    if shown.type == "Group":
        return actor_documents.group(common, area=_area(here) if shown.category is None else None)
    if shown.type == "Application":
        return actor_documents.application(common)
    offers = await search.by_author(tx, shown.id, limit=MOST_OFFERS)
    return actor_documents.person(
        common,
        fields={"Quartier": shown.quartier} if shown.quartier else None,
        offers={one.url: one.title for one in offers},
        discoverable=shown.discoverable,
    )


async def listing(tx: Tx, shown: Listing) -> Json:
    """One of our listings as a Note, without `@context`. One that a moderator hid, or whose author they suspended, is
    over, and has no words left.
    """
    author = await actors.by_id(tx, shown.author_id)
    if shown.hidden_at is not None or (author is not None and author.hidden_at is not None):
        # Every field in which words stand: its author may still change them here.
        shown = replace(shown, title="…", text="", availability="", wanted="", place_name="", pictures=())
        shown = replace(shown, state=State.CLOSED)
    return listing_documents.note(shown, await setting(tx, shown))


async def setting(tx: Tx, shown: Listing) -> Setting:
    """Whose listing, in which Group."""
    here = await neighbourhoods.current(tx)
    known = await actors.by_ids(tx, [one for one in (shown.author_id, shown.group_id) if one])
    group = known.get(shown.group_id) if shown.group_id else None
    return Setting(here.base, known[shown.author_id].url, group.url if group else None, ZONE)


async def message(tx: Tx, shown: Message) -> Json:
    """A message or a question of ours as a Note, without `@context`."""
    about = await listings.find(tx, shown.listing_id)
    thread = await threads.by_id(tx, shown.thread_id) if shown.thread_id else None
    to = await correspondent(tx, shown)
    writer = await actors.by_id(tx, shown.writer_id)
    if about is None or to is None or writer is None:
        raise BadActivity("gone", status=410)
    public_thread = about.context_url or addresses.thread_url(about.url)
    return message_documents.note(
        message_documents.Message(
            url=shown.url,
            author_url=writer.url,
            to=Correspondent(to.url, to.page_url or to.url, to.name, to.host),
            text=shown.text,
            language=about.language,
            published_at=shown.published_at,
            updated_at=shown.updated_at,
            in_reply_to=shown.in_reply_to,
            context=thread.context_url if thread is not None else public_thread,
            cc=(addresses.followers(writer.url),) if shown.is_public else (),
            is_public=shown.is_public,
        )
    )


async def correspondent(tx: Tx, shown: Message) -> Actor | None:
    """Whom it speaks to: the other party, or in public who asked, else the author of the listing."""
    if shown.recipient_id is not None:
        return await actors.by_id(tx, shown.recipient_id)
    asked = await threads.message_by_url(tx, shown.in_reply_to) if shown.in_reply_to else None
    if asked is not None and asked.writer_id != shown.writer_id:
        return await actors.by_id(tx, asked.writer_id)
    about = await listings.find(tx, shown.listing_id)
    return await actors.by_id(tx, about.author_id) if about is not None else None


def _common(shown: Actor, here: Neighbourhood, listed: Sequence[Key]) -> Common:
    return Common(
        url=shown.url,
        username=shown.name,
        host=shown.host,
        origin=here.base,
        name=shown.shown_name,
        summary=shown.summary,
        published_at=shown.published_at or shown.created_at,
        keys=_keys(listed),
        icon=Icon(shown.icon_url) if shown.icon_url else None,
    )


def _keys(listed: Sequence[Key]) -> Keys:
    newest = {key.purpose: key for key in listed if key.retired_at is None}
    of_requests, of_proofs = newest["http"], newest["assertion"]
    retired = tuple(
        RetiredKey(key.id, multibase(key), key.expires_at, key.purpose == "http")
        for key in listed
        if key.retired_at is not None and key.expires_at is not None
    )
    return Keys(of_requests.public, of_proofs.public, of_requests.id, of_proofs.id, retired)


def _area(here: Neighbourhood) -> Area | None:
    if here.latitude is None or here.longitude is None:
        return None
    return Area(", ".join(part for part in (here.name, here.commune) if part), here.latitude, here.longitude)
