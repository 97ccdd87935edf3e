"""A server that does as the test says: it shows any document, and signs anything with any of its keys."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import uuid4

import aiohttp
from aiohttp import web
from yarl import URL

from fedivoisin.activitypub.wire import keys, signatures
from fedivoisin.activitypub.wire.keys import AnyPrivate, PrivateKey
from fedivoisin.activitypub.wire.request import Scheme
from fedivoisin.app import utc_now
from tests.fakes import key_pair
from tests.federation.towns import Town, free_socket

ACTIVITY = "application/activity+json"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


@cache
def private_key(number: int) -> AnyPrivate:
    """Of the pair of that number; reading one takes long."""
    return keys.load_private_pem(key_pair(number).rsa_private)


@dataclass(slots=True)
class Stranger:
    """Its actors are all called by a name below `/users/`."""

    origin: str
    session: aiohttp.ClientSession
    pages: dict[str, web.Response | Mapping[str, Any]] = field(
        default_factory=dict[str, web.Response | Mapping[str, Any]]
    )
    """Path -> what is answered there."""
    asked: list[str] = field(default_factory=list[str])
    """Paths that others asked for."""
    received: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """What came to its inboxes."""

    @property
    def host(self) -> str:
        """With its port."""
        return self.origin.removeprefix("http://")

    def actor(self, name: str = "eve", **changes: Any) -> dict[str, Any]:
        """Show an actor of that name."""
        url = f"{self.origin}/users/{name}"
        document = {
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "id": url,
            "type": "Person",
            "preferredUsername": name,
            "inbox": f"{url}/inbox",
            "publicKey": {"id": f"{url}#main-key", "owner": url, "publicKeyPem": key_pair(1).rsa_public},
        } | changes
        self.show(document)
        return document

    def show(self, document: Mapping[str, Any], *, path: str | None = None) -> None:
        """Let a document stand at its own address, or at `path`."""
        self.pages[path or URL(str(document["id"])).path] = document

    def said(self, verb: str, thing: Any, *, name: str = "eve", **changes: Any) -> dict[str, Any]:
        """An activity of that actor."""
        return {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{self.origin}/activities/{uuid4()}",
            "type": verb,
            "actor": f"{self.origin}/users/{name}",
            "object": thing,
        } | changes

    async def post(
        self,
        town: Town,
        activity: Mapping[str, Any] | bytes,
        *,
        key_id: str | None = None,
        key: int = 1,
        to: str = "/inbox",
        scheme: Scheme = "cavage",
        headers: Mapping[str, str] | None = None,
    ) -> int:
        """POST to an inbox of the town, signed; the status that was answered."""
        body = activity if isinstance(activity, bytes) else json.dumps(activity).encode()
        signer = PrivateKey(key_id or f"{self.origin}/users/eve#main-key", private_key(key))
        signed = signatures.sign("POST", f"{town.origin}{to}", body, key=signer, now=utc_now(), scheme=scheme)
        return await self.send(town, body, {"Content-Type": ACTIVITY, **signed, **(headers or {})}, to=to)

    async def send(self, town: Town, body: bytes, headers: Mapping[str, str], *, to: str = "/inbox") -> int:
        """POST exactly this."""
        url = URL(f"http://127.0.0.1:{URL(town.origin).port}{to}")
        async with self.session.post(url, data=body, headers={"Host": town.host, **headers}) as answer:
            return answer.status

    async def get(self, town: Town, path: str, *, sign: bool = False, accept: str = ACTIVITY) -> tuple[int, Any]:
        """GET from the town: status and document."""
        headers = {"Accept": accept, "Host": town.host}
        if sign:
            private = PrivateKey(f"{self.origin}/users/eve#main-key", private_key(1))
            url = f"{town.origin}{path}"
            headers |= signatures.sign("GET", url, None, key=private, now=utc_now(), scheme="cavage")
        where = URL(f"http://127.0.0.1:{URL(town.origin).port}{path}")
        async with self.session.get(where, headers=headers, allow_redirects=False) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if "json" in answer.content_type else text

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """What it does with any request."""
        if request.method == "POST":
            self.received.append(json.loads(await request.read()))
            return web.Response(status=202)
        self.asked.append(request.path)
        page = self.pages.get(request.path)
        if page is None:
            return web.Response(status=404)
        if isinstance(page, web.Response):
            return web.Response(
                status=page.status, headers={name: page.headers[name] for name in page.headers}, body=page.body
            )
        return web.Response(text=json.dumps(page), content_type=ACTIVITY)


@asynccontextmanager
async def a_stranger(name: str = "evil") -> AsyncGenerator[Stranger]:
    """The server, until the end of the block."""
    listening = free_socket()
    async with aiohttp.ClientSession() as session:
        stranger = Stranger(f"http://{name}.localhost:{listening.getsockname()[1]}", session)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", stranger.answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.SockSite(runner, listening).start()
        try:
            yield stranger
        finally:
            await runner.cleanup()
