"""A browser without a window: follows links and fills forms of the real application, with its cookies and its token."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape

from aiohttp import CookieJar, FormData, web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from fedivoisin.app import create_app
from fedivoisin.settings import Settings
from fedivoisin.store.db import Store
from tests.fakes import FakeWorld

_CSRF = re.compile(r'name="csrf" value="([^"]+)"')
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]+>", re.DOTALL)
DEFAULTS = Settings()
FIREFOX = "Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"


@dataclass(frozen=True, slots=True)
class Page:
    """What came back."""

    status: int
    path: str
    html: str
    headers: Mapping[str, str]

    @property
    def text(self) -> str:
        """What a person reads: no tags, single spaces."""
        return " ".join(unescape(_TAGS.sub(" ", self.html)).split())

    @property
    def location(self) -> str:
        """Where it leads, for a 303."""
        return self.headers.get("Location", "")


@dataclass(slots=True)
class Browser:
    """One person's browser; two of them share nothing but the site."""

    client: TestClient[web.Request, web.Application]
    csrf: str = ""

    async def get(self, path: str, **headers: str) -> Page:
        """Open a page, without following a redirection."""
        async with self.client.get(
            URL(path, encoded=True), allow_redirects=False, headers={"User-Agent": FIREFOX, **headers}
        ) as answer:
            return self._kept(Page(answer.status, path, await answer.text(), answer.headers))

    async def post(self, path: str, fields: Mapping[str, object] | FormData | None = None, **headers: str) -> Page:
        """Send a form with the token of the last page, without following the redirection."""
        form = fields if isinstance(fields, FormData) else FormData()
        for name, value in ({} if isinstance(fields, FormData) or fields is None else fields).items():
            for one in value if isinstance(value, list) else [value]:
                form.add_field(name, str(one))
        form.add_field("csrf", self.csrf)
        async with self.client.post(
            URL(path, encoded=True), data=form, allow_redirects=False, headers={"User-Agent": FIREFOX, **headers}
        ) as answer:
            return self._kept(Page(answer.status, path, await answer.text(), answer.headers))

    async def send(self, path: str, fields: Mapping[str, object] | FormData | None = None) -> Page:
        """Send a form that must succeed, and open the page it leads to."""
        answer = await self.post(path, fields)
        assert answer.status == 303, (answer.status, answer.text)
        return await self.get(answer.location)

    async def sign_in(self, email: str, password: str = "cheval agrafe batterie") -> Page:
        """Through the page, as people do."""
        await self.get("/connexion")
        answer = await self.send("/connexion", {"email": email, "password": password, "suite": "/moi"})
        assert answer.status == 200, answer.text
        return answer

    def _kept(self, page: Page) -> Page:
        found = _CSRF.search(page.html)
        if found:
            self.csrf = unescape(found[1])
        return page


@asynccontextmanager
async def browsers(
    store: Store, world: FakeWorld, number: int = 1, *, settings: Settings = DEFAULTS
) -> AsyncIterator[list[Browser]]:
    """So many browsers on one running site."""
    app = create_app(settings, store, world.doors)
    server = TestServer(app)
    await server.start_server()
    clients = [TestClient(server, cookie_jar=CookieJar(unsafe=True)) for _ in range(number)]
    try:
        yield [Browser(client) for client in clients]
    finally:
        for client in clients:
            await client.close()
        await server.close()
