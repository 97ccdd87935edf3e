"""The rest of the internet on one port of loopback: hosts that serve what a test forges, and what they were asked."""

import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from fedivoisin.activitypub.wire import keys as wire_keys
from fedivoisin.activitypub.wire.keys import PrivateKey
from tests.fakes import key_pair

Json = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

ACTIVITY = "application/activity+json"
CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"]
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that arrived here."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Peer:
    """An actor of another server, and the key that it signs with."""

    url: str
    key: PrivateKey
    document: Json

    @property
    def origin(self) -> str:
        """`http://host:port`."""
        return "/".join(self.url.split("/")[:3])


@dataclass(slots=True)
class Elsewhere:
    """Every host under `.localhost` on this port. Addresses that nothing is served at answer 404, inboxes 202."""

    port: int
    pages: dict[str, Handler] = field(default_factory=dict[str, Handler])
    asked: list[Asked] = field(default_factory=list[Asked])

    def origin(self, name: str) -> str:
        """Of the host of that name."""
        return f"http://{name}.localhost:{self.port}"

    def serve(
        self, url: str, body: Json | bytes, *, status: int = 200, kind: str = ACTIVITY, headers: Json | None = None
    ) -> None:
        """Let a GET of `url` answer this."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()

        async def answer(_: web.Request) -> web.StreamResponse:
            return web.Response(body=raw, status=status, headers={"Content-Type": kind, **(headers or {})})

        self.pages[url] = answer

    def redirect(self, url: str, target: str) -> None:
        """Let `url` lead to `target`."""
        self.serve(url, b"", status=302, headers={"Location": target})

    def person(self, host: str, name: str, number: int = 1, /, **changes: Any) -> Peer:
        """An actor that is served, with the key pair of that number."""
        peer = self.unserved(f"{self.origin(host)}/users/{name}", number, **changes)
        self.serve(peer.url, peer.document)
        return peer

    def unserved(self, url: str, number: int = 1, /, **changes: Any) -> Peer:
        """An actor that nobody can ask about yet."""
        pair = key_pair(number)
        document = {
            "@context": CONTEXT,
            "id": url,
            "type": "Person",
            "preferredUsername": url.rpartition("/")[2],
            "inbox": f"{url}/inbox",
            "outbox": f"{url}/outbox",
            "publicKey": {"id": f"{url}#main-key", "owner": url, "publicKeyPem": pair.rsa_public},
        } | changes
        return Peer(url, PrivateKey(f"{url}#main-key", wire_keys.load_private_pem(pair.rsa_private)), document)

    def gets(self, part: str = "") -> list[str]:
        """The addresses that were asked for, those with `part` in them, in order."""
        return [one.url for one in self.asked if one.method == "GET" and part in one.url]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Any request to any host."""
        url = f"http://{request.host}{request.raw_path}"
        self.asked.append(Asked(request.method, url, request.headers.copy(), await request.read()))
        if request.method == "POST":
            return web.Response(status=202)
        page = self.pages.get(url)
        return await page(request) if page is not None else web.Response(status=404)


@asynccontextmanager
async def an_elsewhere(listening: socket.socket) -> AsyncIterator[Elsewhere]:
    """It answers until the end of the block."""
    elsewhere = Elsewhere(listening.getsockname()[1])
    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/{path:.*}", elsewhere.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        yield elsewhere
    finally:
        await runner.cleanup()


def note(author: str, url: str, /, **changes: Any) -> Json:
    """A public Note of theirs."""
    plain = {"id": url, "type": "Note", "attributedTo": author, "to": [PUBLIC], "cc": [], "content": "<p>Bonjour</p>"}
    return plain | {"@context": CONTEXT, "published": "2026-03-01T10:00:00Z"} | changes


def offer(author: str, url: str, /, **changes: Any) -> Json:
    """A listing of theirs: a ladder that they sell."""
    content = "<p><strong>À vendre : échelle</strong></p><p>Elle est solide.</p>"
    intent = {"type": "Intent", "name": "Échelle", "action": "transfer"}
    listing = {"purpose": "offer", "publishes": intent, "fv:kind": "give", "fv:state": "open"}
    return note(author, url, content=content) | listing | changes


def activity(kind: str, actor: str, thing: Any, /, **changes: Any) -> Json:
    """What `actor` says; its id is new each time."""
    _number.append(None)
    told = {"@context": CONTEXT, "id": f"{actor}/said/{len(_number)}", "type": kind, "actor": actor, "object": thing}
    return told | {"to": [PUBLIC]} | changes


_number: list[None] = []
