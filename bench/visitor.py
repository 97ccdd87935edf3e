"""A member's browser without a window: signs in, fills the forms of the real pages."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from fedivoisin.demo.towns import PASSWORD, Town, login, people

_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class Unexpected(Exception):
    """A page did not answer as it should."""


@dataclass(slots=True)
class Visitor:
    """One person on one town's pages."""

    session: aiohttp.ClientSession
    town: Town
    csrf: str = ""

    async def open(self, path: str) -> str:
        """The page, redirections followed."""
        async with self.session.get(self._url(path), headers=self._headers()) as response:
            html = await response.text()
            if response.status != 200:
                raise Unexpected(f"{path}: {response.status}")
            self._learn(html)
            return html

    async def send(self, path: str, **fields: str) -> str:
        """Send a form; where it leads."""
        form = {"csrf": self.csrf, **fields}
        headers = {**self._headers(), "Origin": self.town.origin}
        async with self.session.post(self._url(path), data=form, headers=headers, allow_redirects=False) as response:
            self._learn(await response.text())
            if response.status != 303:
                raise Unexpected(f"{path}: {response.status}")
            return response.headers["Location"].partition("?")[0]

    def _learn(self, html: str) -> None:
        found = _CSRF.search(html)
        self.csrf = found[1] if found else self.csrf

    def _url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.town.port}{path}"

    def _headers(self) -> dict[str, str]:
        return {"Host": self.town.host, "Accept": "text/html"}


@asynccontextmanager
async def signed_in(town: Town, number: int) -> AsyncGenerator[Visitor]:
    """The nth person of the town, at home."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        visitor = Visitor(session, town)
        await visitor.open("/connexion")
        await visitor.send("/connexion", email=login(people(town.slug)[number]), password=PASSWORD)
        yield visitor


async def publish(visitor: Visitor, title: str) -> str:
    """A listing through the three screens up to the last button: the address where that button leads."""
    await visitor.open("/publier")
    second = await visitor.send("/publier", kind="give", title=title, text="En bon état, à prendre sur place.")
    await visitor.open(second)
    place = {"category": "transport/velo", "place": visitor.town.commune, "quantity": "1"}
    latitude, longitude = f"{visitor.town.latitude:.2f}", f"{visitor.town.longitude:.2f}"
    third = await visitor.send(second, latitude=latitude, longitude=longitude, **place)
    await visitor.open(third)
    return third
