"""A server that is well in everything but what a test changes."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.adapters.loopback import serving
from tests.fakes import key_pair

ACTIVITY = "application/activity+json"
Page = Mapping[str, Any] | str | int
"""A document, a text that is no JSON, or a status."""


@dataclass(slots=True)
class Odd:
    """Change `pages`, `takes` or `headers` before it is asked."""

    origin: str = ""
    pages: dict[str, Page] = field(default_factory=dict[str, Page])
    takes: Callable[[str], int] = lambda _scheme: 200
    """(`cavage`, `rfc9421` or empty) -> the status of an actor that is asked for so."""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    kind: str = ACTIVITY

    @property
    def host(self) -> str:
        """With its port."""
        return self.origin.removeprefix("http://")

    @property
    def actor_url(self) -> str:
        """Whoever speaks for it."""
        return f"{self.origin}/actor"

    def actor(self, **changes: Any) -> dict[str, Any]:
        """A whole actor."""
        key = {"id": f"{self.actor_url}#main-key", "owner": self.actor_url, "publicKeyPem": key_pair(1).rsa_public}
        return {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": self.actor_url,
            "type": "Application",
            "preferredUsername": "instance",
            "inbox": f"{self.actor_url}/inbox",
            "endpoints": {"sharedInbox": f"{self.origin}/inbox"},
            "publicKey": key,
        } | changes

    def found(self) -> None:
        """Everything as it should be."""
        schema = "http://nodeinfo.diaspora.software/ns/schema/2.1"
        link = {"rel": "self", "type": ACTIVITY, "href": self.actor_url}
        self.pages = {
            "/.well-known/nodeinfo": {"links": [{"rel": schema, "href": f"{self.origin}/nodeinfo/2.1"}]},
            "/nodeinfo/2.1": {"software": {"name": "Odd", "version": "1.2"}, "metadata": {"nodeName": "Chez Odd"}},
            "/.well-known/webfinger": {"subject": "acct:odd@odd", "links": [link]},
            "/actor": self.actor(),
        }

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """From `pages`."""
        page = self.pages.get(request.path, 404)
        status = self.takes(_scheme(request)) if request.path == "/actor" else 200
        if isinstance(page, int) or status != 200:
            return web.Response(status=page if isinstance(page, int) else status, headers=self.headers)
        if isinstance(page, str):
            return web.Response(text=page, headers=self.headers)
        kind = self.kind if request.path == "/actor" else "application/json"
        return web.json_response(page, content_type=kind, headers=self.headers)


def _scheme(request: web.Request) -> str:
    if "Signature-Input" in request.headers:
        return "rfc9421"
    return "cavage" if "Signature" in request.headers else ""


@asynccontextmanager
async def an_odd_server() -> AsyncIterator[Odd]:
    """It answers until the end of the block."""
    odd = Odd()
    async with serving(odd.answer) as port:
        odd.origin = f"http://odd.localhost:{port}"
        odd.found()
        yield odd
