"""Fifty people of another server who write to ours: their documents, their keys, their signed requests."""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from fedivoisin import app
from fedivoisin.activitypub import parse, remote
from fedivoisin.activitypub.parse.objects import ActorDocument
from fedivoisin.activitypub.wire import keys, signatures
from fedivoisin.activitypub.wire.keys import PrivateKey
from fedivoisin.store.db import Store, Tx

PEOPLE = 50
CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"]
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
JSON = "application/activity+json"


@dataclass(frozen=True, slots=True)
class Sender:
    """One person elsewhere."""

    url: str
    key: PrivateKey

    @property
    def document(self) -> dict[str, object]:
        """The actor as its server shows it."""
        public = keys.public_pem(self.key.key.public_key())
        return {
            "@context": CONTEXT,
            "id": self.url,
            "type": "Person",
            "preferredUsername": self.url.rpartition("/")[2],
            "inbox": f"{self.url}/inbox",
            "publicKey": {"id": self.key.id, "owner": self.url, "publicKeyPem": public},
        }


@dataclass(frozen=True, slots=True)
class Wish:
    """What the notes are for: whose inbox, and the listings that they ask about."""

    origin: str
    listings: Sequence[str] = ()
    inline_alias: bool = False
    """Whether the document renames a word of ActivityStreams, so that it must be expanded."""


def senders(origin: str, count: int = PEOPLE) -> list[Sender]:
    """People with keys of their own."""
    urls = [f"{origin}/users/p{number}" for number in range(count)]
    return [Sender(url, PrivateKey(f"{url}#main-key", keys.new_rsa())) for url in urls]


@asynccontextmanager
async def answering(people: list[Sender], port: int) -> AsyncGenerator[None]:
    """Their server: it shows their documents to whoever asks for a key."""
    documents = {one.url.rpartition("/")[2]: json.dumps(one.document).encode() for one in people}

    async def show(request: web.Request) -> web.Response:
        return web.Response(body=documents[request.match_info["name"]], content_type=JSON)

    site = web.Application()
    site.router.add_get("/users/{name}", show)
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield
    finally:
        await runner.cleanup()


async def introduce(store: Store, people: list[Sender]) -> None:
    """Let our town know them and their keys, as if it had fetched them."""

    async def keep(tx: Tx) -> None:
        for one in people:
            found = parse.document(one.document)
            if isinstance(found, ActorDocument):
                await remote.keep_actor(tx, found)

    await store.write(keep)


def requests(people: Sequence[Sender], wish: Wish, count: int, *, first: int = 0) -> list[bytes]:
    """So many different notes, each in a signed POST, as bytes for the wire."""
    return [_request(people[number % len(people)], wish, number) for number in range(first, first + count)]


def _request(sender: Sender, wish: Wish, number: int) -> bytes:
    body = json.dumps(_create(sender, wish, number)).encode()
    url = f"{wish.origin}/inbox"
    signed = signatures.sign("POST", url, body, key=sender.key, now=app.utc_now(), scheme="cavage")
    headers = {
        "Host": wish.origin.partition("://")[2],
        **signed,
        "Content-Type": JSON,
        "Content-Length": str(len(body)),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /inbox HTTP/1.1\r\n{head}\r\n".encode() + body


def _create(sender: Sender, wish: Wish, number: int) -> dict[str, object]:
    note = {
        "id": f"{sender.url}/notes/{number}",
        "type": "Note",
        "attributedTo": sender.url,
        "to": [PUBLIC],
        "cc": [f"{sender.url}/followers"],
        "inReplyTo": wish.listings[number % len(wish.listings)] if wish.listings else None,
        "published": app.utc_now().isoformat(timespec="seconds").replace("+00:00", "Z"),
        "content": f"<p>Bonjour, est-ce encore libre samedi matin ? Je peux passer vers {number % 24} h.</p>",
    }
    context: list[object] = ["https://www.w3.org/ns/activitystreams"]
    if wish.inline_alias:
        context.append({"words": "https://www.w3.org/ns/activitystreams#content"})
        note["words"] = note.pop("content")
    return {
        "@context": context,
        "id": f"{sender.url}/activities/{number}",
        "type": "Create",
        "actor": sender.url,
        "to": note["to"],
        "cc": note["cc"],
        "published": note["published"],
        "object": note,
    }
