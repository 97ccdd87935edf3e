"""Other servers' actors, keys and documents: fetched once for all who wait, checked, kept."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar, cast
from urllib.parse import quote

from msgspec.structs import replace

from fedivoisin.activitypub import fetching, html, parse
from fedivoisin.activitypub.fetching import Fetcher
from fedivoisin.activitypub.keyring import usable
from fedivoisin.activitypub.parse.activities import CollectionDocument
from fedivoisin.activitypub.parse.objects import ActorDocument, Document, KeyDocument
from fedivoisin.activitypub.wire import keys as wire_keys
from fedivoisin.activitypub.wire.keys import AnyPublic, PublicKey
from fedivoisin.activitypub.wire.origins import same_origin
from fedivoisin.errors import BadActivity, Unreachable
from fedivoisin.market.place import blur
from fedivoisin.store import actors, keys, neighbourhoods, peers
from fedivoisin.store.actors import Actor, RemoteActor
from fedivoisin.store.db import Tx
from fedivoisin.store.keys import Listed
from fedivoisin.urls import parse as parse_url

T = TypeVar("T")


@dataclass(slots=True)
class Remote:
    """The way to other servers, with what is being fetched right now."""

    fetcher: Fetcher
    _flights: "dict[str, asyncio.Task[object]]" = field(default_factory=dict[str, "asyncio.Task[object]"])

    async def together(self, name: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do `work` once for all who ask for `name` meanwhile."""
        flight = self._flights.get(name)
        if flight is None:
            flight = asyncio.ensure_future(_run(work))
            self._flights[name] = flight
            flight.add_done_callback(lambda done: self._landed(name, done))
        # Shielded: one who leaves must not take the answer from the others.
        return cast(T, await asyncio.shield(flight))

    def _landed(self, name: str, flight: "asyncio.Task[object]") -> None:
        self._flights.pop(name, None)
        if not flight.cancelled():
            flight.exception()  # asked for, so that a failure that nobody waits for any more stays quiet

    async def close(self) -> None:
        """Call off what is still under way."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)


async def fetch_document(remote: Remote, url: str) -> Document | CollectionDocument:
    """What its own origin says at `url`; an actor is kept as well."""
    return await remote.together(f"document {url}", lambda: _fetch_document(remote, url))


async def fetch_actor(remote: Remote, url: str) -> Actor:
    """The actor at `url`, fetched anew and kept with its keys."""
    found = await fetch_document(remote, url)
    async with remote.fetcher.store.read() as tx:
        actor = await actors.by_url(tx, found.id) if isinstance(found, ActorDocument) else None
    if actor is None:
        raise BadActivity("not-an-actor")
    return actor


async def fetch_key(remote: Remote, key_id: str) -> PublicKey:
    """The key of that id, which its owner lists; both are kept. Failures are remembered by the caller."""
    return await remote.together(f"key {key_id}", lambda: _fetch_key(remote, key_id))


async def find(remote: Remote, name: str, host: str) -> Actor:
    """`@name@host`, through WebFinger (RFC 7033)."""
    scheme = await _scheme(remote)
    resource = quote(f"acct:{name}@{host}", safe="")
    answer = await fetching.get_json(remote.fetcher, f"{scheme}://{host}/.well-known/webfinger?resource={resource}")
    return await fetch_actor(remote, parse.webfinger(answer).actor)


async def describe_host(remote: Remote, base: str) -> None:
    """Ask the server at `base` (`https://host`) what it is, by NodeInfo; who does not say is what it was."""
    host = parse_url(base).authority
    try:
        links = parse.nodeinfo_links(await fetching.get_json(remote.fetcher, f"{base}/.well-known/nodeinfo"))
        if links.schema is None or not same_origin(links.schema, base):
            raise BadActivity("bad-nodeinfo")
        said = parse.nodeinfo(await fetching.get_json(remote.fetcher, links.schema))
    except (BadActivity, Unreachable):
        await remote.fetcher.store.write(leave_as_known, host)
        return
    await remote.fetcher.store.write(
        peers.describe,
        host,
        software=said.software,
        version=said.version,
        metadata={"name": said.name, "understands": dict(said.understands)},
    )


async def leave_as_known(tx: Tx, host: str) -> None:
    """It was asked what it is, and did not say: what it said before holds until it is asked again."""
    known = await peers.by_host(tx, host)
    if known is None:
        return await peers.describe(tx, host, software="", version="", metadata=None)
    software, version = known.software or "", known.software_version or ""
    return await peers.describe(tx, host, software=software, version=version, metadata=known.metadata)


async def keep_actor(tx: Tx, found: ActorDocument, key_id: str = "") -> Actor:
    """Write the actor and the keys it lists; keys that it no longer lists go. The document came from its own origin,
    and `key_id` is a key outside of it whose own address led to it. BadActivity when it is not to be believed, or is of
    somebody who left.
    """
    if not same_origin(found.id, found.inbox):
        raise BadActivity("foreign-inbox")
    known = await actors.by_url(tx, found.id)
    if known is not None and known.gone_at is not None:
        # It said farewell. A copy may still be served, and anybody can make us look at it.
        raise BadActivity(fetching.GONE, status=410)
    actor = await actors.keep_remote(tx, _facts(found))
    listed = _listed(found)
    for one in listed.values():
        await keys.keep_remote(tx, actor.id, one, is_shown=one.id == key_id or _is_inside(one.id, found))
    await keys.forget_others(tx, actor.id, [*listed, *found.named_keys])
    return actor


def _listed(found: ActorDocument) -> dict[str, Listed]:
    """The keys that may be the actor's and name it as their owner; the first of an id counts. BadActivity when it lists
    some for requests and none of them can be used.
    """
    kept: dict[str, Listed] = {}
    own = [one for one in found.public_keys if one.owner == found.id and _may_list(found, one.id)]
    for one in own:
        with suppress(BadActivity):  # one that we cannot use takes no other with it
            public = wire_keys.load_public_pem(one.pem)
            # In our own spelling: around it there may be anything, even what no database can hold.
            kept[one.id] = Listed(one.id, _algorithm(public), wire_keys.public_pem(public), "http")
    for purpose, multikeys in (("assertion", found.assertion_keys), ("http", found.request_keys)):
        for key in multikeys:
            if key.controller == found.id and key.id not in kept and _may_list(found, key.id):
                algorithm = _algorithm_of_multikey(key.multibase)
                kept[key.id] = Listed(key.id, algorithm, key.multibase, purpose, key.expires_at)
    if own and "http" not in {one.purpose for one in kept.values()}:
        raise BadActivity("bad-key", status=401)
    return kept


def _may_list(found: ActorDocument, key_id: str) -> bool:
    """On its own origin; what stands inside a document is for that document alone to list."""
    return same_origin(key_id, found.id) and ("#" not in key_id or _is_inside(key_id, found))


def _is_inside(key_id: str, found: ActorDocument) -> bool:
    return parse_url(key_id).address == parse_url(found.id).address


async def _run(work: Callable[[], Awaitable[object]]) -> object:
    return await work()


async def _fetch_document(remote: Remote, url: str) -> Document | CollectionDocument:
    asked = parse_url(url).address
    fetched = await fetching.get_activity(remote.fetcher, asked)
    if parse_url(fetched.id).address != asked:
        # A page's address or an alias leads here: only the document at its very id is believed (CVE-2024-23832).
        asked = parse_url(fetched.id).address
        fetched = await fetching.get_activity(remote.fetcher, asked)
        if parse_url(fetched.id).address != asked:
            raise BadActivity("foreign-id")
    found = parse.document(fetched.document)
    if isinstance(found, ActorDocument):
        await remote.fetcher.store.write(keep_actor, found)
    return found


async def _fetch_key(remote: Remote, key_id: str) -> PublicKey:
    fetched = await fetching.get_activity(remote.fetcher, parse_url(key_id).address)
    found = parse.document(fetched.document)
    if isinstance(found, KeyDocument):
        owner = await _owner_of(remote, found, key_id)
    elif isinstance(found, ActorDocument) and same_origin(found.id, key_id):
        owner = found if found.id == parse_url(key_id).address else await _actor_document(remote, found.id)
    else:
        raise BadActivity("not-a-key", status=401)
    await remote.fetcher.store.write(keep_actor, owner, key_id)
    async with remote.fetcher.store.read() as tx:
        kept = await keys.by_id(tx, key_id)
    if kept is None or kept.owner != owner.id:
        raise BadActivity("owner-does-not-list-key", status=401)
    return usable(kept)


async def _owner_of(remote: Remote, key: KeyDocument, key_id: str) -> ActorDocument:
    # GoToSocial serves the key at its own address; only its owner can say that it is theirs.
    if key.id != key_id or not same_origin(key.id, key.owner):
        raise BadActivity("foreign-key", status=401)
    owner = await _actor_document(remote, key.owner)
    return replace(owner, public_keys=(*owner.public_keys, key)) if key.id in owner.named_keys else owner


async def _actor_document(remote: Remote, url: str) -> ActorDocument:
    found = await fetch_document(remote, url)
    if not isinstance(found, ActorDocument) or found.id != url:
        raise BadActivity("not-an-actor", status=401)
    return found


async def _scheme(remote: Remote) -> str:
    async with remote.fetcher.store.read() as tx:
        return (await neighbourhoods.current(tx)).base.partition("://")[0]


def _facts(found: ActorDocument) -> RemoteActor:
    latitude, longitude = _blurred(found)
    shared = found.shared_inbox
    return RemoteActor(
        url=found.id,
        type=found.type,
        host=parse_url(found.id).authority,
        name=found.username or found.id.rstrip("/").rpartition("/")[2][:255],
        inbox=found.inbox,
        display_name=found.name,
        summary=html.clean(found.summary),
        icon_url=found.icon.url if found.icon else None,
        page_url=found.page_url,
        # A shared inbox elsewhere would make us send a stranger what is not theirs.
        shared_inbox=shared if shared and same_origin(shared, found.id) else None,
        outbox=found.outbox,
        followers_url=found.followers,
        featured=found.featured,
        approves_followers=found.approves_followers,
        discoverable=found.discoverable,
        also_known_as=list(found.also_known_as) or None,
        moved_to=found.moved_to,
        implements=list(found.implements) or None,
        latitude=latitude,
        longitude=longitude,
        published_at=found.published_at,
    )


def _blurred(found: ActorDocument) -> tuple[float | None, float | None]:
    if found.place is None or found.place.latitude is None or found.place.longitude is None:
        return None, None
    return blur(found.place.latitude, found.place.longitude)


def _algorithm(key: AnyPublic) -> str:
    return "ed25519" if wire_keys.algorithm_of(key) == "ed25519" else "rsa"


def _algorithm_of_multikey(multibase: str) -> str:
    try:
        return _algorithm(wire_keys.load_multikey(multibase))
    except BadActivity:
        return "unknown"  # of a kind that we do not speak: whoever signs with it is refused, the actor is not
