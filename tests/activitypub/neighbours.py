"""Servers that speak to a neighbourhood over a network of the test: their documents served, their requests signed."""

import asyncio
import json
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from fedivoisin.actions import founding, listings
from fedivoisin.activitypub import inbox, remote
from fedivoisin.activitypub.apart import Apart
from fedivoisin.activitypub.fresh import Taken
from fedivoisin.activitypub.inbox import Reception
from fedivoisin.activitypub.routes import reception_for
from fedivoisin.activitypub.wire import keys, proofs, signatures
from fedivoisin.activitypub.wire.keys import AnyPrivate, PrivateKey
from fedivoisin.activitypub.wire.origins import origin_of
from fedivoisin.activitypub.wire.request import SignedRequest, lines_of
from fedivoisin.ids import ActorId
from fedivoisin.market.listing import Listing
from fedivoisin.settings import Settings
from fedivoisin.store import actors, follows, neighbourhoods
from fedivoisin.store import inbox as rows
from fedivoisin.store import listings as listing_rows
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.inbox import Received
from fedivoisin.workers import loop
from tests.fakes import START, FakeWorld, Request, key_pair
from tests.federation.towns import found
from tests.makers import ORIGIN, a_draft, an_account

CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/data-integrity/v1"]
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
RENNES = "https://rennes.example"
NETWORK = "192.0.2.0/24"
Json = dict[str, Any]


@cache
def private_key(number: int, kind: str = "rsa") -> AnyPrivate:
    """Of the pair of that number; reading one takes long."""
    pair = key_pair(number)
    return keys.load_private_pem(pair.rsa_private if kind == "rsa" else pair.ed25519_private)


async def _run(work: Coroutine[object, object, None]) -> None:
    await work


@dataclass(slots=True)
class Neighbours:
    """Doulon of Nantes, with its member Awa, and what others say to it."""

    store: Store
    world: FakeWorld
    reception: Reception
    awa: ActorId
    group: ActorId

    @property
    def awa_url(self) -> str:
        """Awa's actor."""
        return f"{ORIGIN}/users/awa"

    def show(self, document: Json) -> str:
        """Let a document stand at its own address, which is given back."""
        self.world.publish(str(document["id"]), json.dumps(document).encode())
        return str(document["id"])

    def actor(self, name: str = "bob", number: int = 1, /, *, origin: str = RENNES, **changes: Any) -> str:
        """Let an actor be there: its URL. `number` says which keys it lists, for requests and for proofs."""
        url, pair = f"{origin}/users/{name}", key_pair(number)
        multikey = {"id": f"{url}#ed25519", "type": "Multikey", "controller": url}
        document = {
            "@context": CONTEXT,
            "id": url,
            "type": "Person",
            "preferredUsername": name,
            "inbox": f"{url}/inbox",
            "publicKey": {"id": f"{url}#main-key", "owner": url, "publicKeyPem": pair.rsa_public},
            "assertionMethod": [{**multikey, "publicKeyMultibase": pair.ed25519_public}],
        }
        return self.show(document | changes)

    async def met(self, name: str = "bob", number: int = 1, /, **changes: Any) -> Actor:
        """An actor that is known here already."""
        return await remote.fetch_actor(self.reception.remote, self.actor(name, number, **changes))

    async def followed(self, name: str = "bob", number: int = 1, /, **changes: Any) -> Actor:
        """An actor whom Awa follows."""
        met = await self.met(name, number, **changes)
        await self.store.write(
            follows.put,
            follow_id=f"follow-{name}",
            follower_id=self.awa,
            followed_id=met.id,
            activity_url=f"{self.awa_url}/activities/follow-{name}",
            state="accepted",
        )
        return met

    def request(self, activity: Json, number: int = 1, *, key_id: str | None = None) -> SignedRequest:
        """What an actor posts, signed with its key or with that of `key_id`."""
        body = json.dumps(activity).encode()
        signed = self.sign(key_id or f"{activity['actor']}#main-key", body, number)
        return SignedRequest("POST", "/inbox", lines_of(signed.items()), body, origin_of(ORIGIN))

    def sign(self, key_id: str, body: bytes, number: int = 1) -> dict[str, str]:
        """The headers of a POST of this very body."""
        key = PrivateKey(key_id, private_key(number))
        return signatures.sign("POST", f"{ORIGIN}/inbox", body, key=key, now=self.world.now(), scheme="cavage")

    async def hear(self, activity: Json, number: int = 1) -> str:
        """Take it, and carry it out: how it ended."""
        await inbox.receive(self.reception, self.request(activity, number), network=NETWORK)
        return await self.carry_out()

    async def carry_out(self) -> str:
        """Carry out the oldest row that is due: how it ended, or "nothing"."""
        ends = await self.carry_out_all(await self.store.take(rows.claim, limit=1))
        return ends[0] if ends else "nothing"

    async def carry_out_all(self, due: Sequence[Received | Taken]) -> list[str]:
        """Carry these out, whatever must be fetched for it: how each ended."""
        ends: list[str] = []
        under_way: list[asyncio.Task[None]] = []
        apart = Apart(self.reception, lambda work: under_way.append(asyncio.create_task(_run(work))), ends.append)
        await apart.carry_out(due)
        while under_way:
            await under_way.pop()
        return ends

    async def publish(self, **changes: Any) -> Listing:
        """Awa's listing."""
        return await self.store.write(listings.publish, by=self.awa, draft=replace(a_draft(), **changes))

    async def known(self, url: str) -> Listing | None:
        """The listing of that address, as it stands here."""
        async with self.store.read() as tx:
            return await listing_rows.find_by_url(tx, url)

    async def person(self, url: str) -> Actor:
        """An actor that must be known."""
        async with self.store.read() as tx:
            found = await actors.by_url(tx, url)
        assert found is not None
        return found

    async def effects(self) -> None:
        """Let follow what follows."""
        while await loop.make_effects(self.store):
            pass

    def asked(self) -> list[str]:
        """The addresses that were asked for so far."""
        return [request.url for request in self.requests if request.method == "GET"]

    @property
    def requests(self) -> Sequence[Request]:
        """All that went out."""
        return self.world.requests


def says(verb: str, actor: str, thing: Any, **changes: Any) -> Json:
    """An activity; its address is new unless one is given."""
    _number.append(None)
    document = {"@context": CONTEXT, "id": f"{actor}/said/{len(_number)}", "type": verb, "actor": actor}
    return document | {"object": thing, "to": [PUBLIC]} | changes


def proved(document: Json, number: int = 1) -> Json:
    """The same with the proof of its actor."""
    key = PrivateKey(f"{document['actor']}#ed25519", private_key(number, "ed25519"))
    return proofs.make(document, key=key, created=START)


def note(author: str, name: str = "note-1", **changes: Any) -> Json:
    """A public Note."""
    plain = {
        "id": f"{author}/{name}",
        "type": "Note",
        "attributedTo": author,
        "to": [PUBLIC],
        "content": "<p>Bonjour</p>",
    }
    return plain | {"@context": CONTEXT, "published": "2026-03-01T10:00:00Z"} | changes


def offer(author: str, name: str = "item-1", **changes: Any) -> Json:
    """A ladder to give away."""
    intent = {"type": "Intent", "name": "Échelle", "action": "transfer"}
    return note(author, name, content="<p>Elle est solide.</p>") | {"purpose": "offer", "publishes": intent} | changes


def bare(document: Mapping[str, Any]) -> Json:
    """Without its context, as it stands inside another."""
    return {name: value for name, value in document.items() if name != "@context"}


async def a_neighbourhood(store: Store, world: FakeWorld) -> Neighbours:
    """Founded, at its public address."""
    awa, group = await store.write(_found)
    return Neighbours(store, world, reception_for(Settings(origin=ORIGIN), store, world.doors), awa, group)


async def _found(tx: Tx) -> tuple[ActorId, ActorId]:
    await neighbourhoods.prepare(tx, origin=ORIGIN, setup_hash="x")
    admin = await found(tx, ORIGIN, "doulon")
    who = an_account("Awa", name="awa", email="awa@example.org")
    awa = await founding.enter_founder(tx, by=admin, who=who, keys=key_pair(5))
    here = await neighbourhoods.current(tx)
    assert here.group_id is not None
    return awa, here.group_id


_number: list[None] = []
