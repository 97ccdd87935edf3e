"""One neighbourhood that runs, and ways to attack it over HTTP and to see whether anything changed."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from sqlalchemy import Table, select
from yarl import URL

from fedivoisin.actions import following
from fedivoisin.activitypub.wire import signatures
from fedivoisin.activitypub.wire.keys import PrivateKey
from fedivoisin.activitypub.wire.request import Scheme
from fedivoisin.app import utc_now
from fedivoisin.ids import ActorId
from fedivoisin.market.listing import Listing
from fedivoisin.store import blocks, listings
from fedivoisin.store.db import Tx
from fedivoisin.store.follows import Follow
from fedivoisin.store.schema import metadata
from fedivoisin.store.schema.actors import actor, key
from fedivoisin.store.schema.federation import inbox
from fedivoisin.store.schema.journal import event
from tests.attacks.elsewhere import ACTIVITY, Elsewhere, Json, Peer, activity
from tests.federation.towns import PATIENCE, Town

UNWATCHED = frozenset(
    {"inbox", "peer", "unreachable_key", "task", "session", "attempt", "event", "delivery", "lookup", "actor", "key"}
)
"""What a peer, a visitor or a clock may leave behind without changing anything that people see."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the neighbourhood answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The one word of a refusal."""
        return str(json.loads(self.body)["error"]) if self.body.startswith(b"{") else ""

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and word."""
        return self.status, self.code


@dataclass(slots=True)
class Siege:
    """`awa` is a member of the town with one `listing`; all other hosts live `elsewhere`."""

    town: Town
    elsewhere: Elsewhere
    http: aiohttp.ClientSession
    awa: ActorId
    listing: Listing

    @property
    def awa_url(self) -> str:
        """Her actor."""
        return f"{self.town.origin}/users/awa"

    @property
    def group_url(self) -> str:
        """The neighbourhood's Group."""
        return f"{self.town.origin}/groups/nantes"

    async def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: Any = None
    ) -> Answer:
        """One request, redirections given back as they are."""
        address = f"http://127.0.0.1:{self.town.host.rpartition(':')[2]}{path}"
        sent = {"Host": self.town.host, **(headers or {})}
        # Exactly as it stands: a client must not mend `..` and odd signs on their way.
        async with self.http.request(
            method, URL(address, encoded=True), headers=sent, data=body, allow_redirects=False
        ) as answer:
            return Answer(answer.status, answer.headers.copy(), await answer.read())

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """A page or a document."""
        return await self.request("GET", path, headers=headers)

    def signed(
        self, method: str, path: str, body: bytes | None, key: PrivateKey, scheme: Scheme = "cavage"
    ) -> dict[str, str]:
        """The headers of a well-signed request."""
        return signatures.sign(method, f"{self.town.origin}{path}", body, key=key, now=utc_now(), scheme=scheme)

    async def post(self, body: bytes, headers: Mapping[str, str], path: str = "/inbox") -> Answer:
        """To an inbox, with headers of the attacker's choice."""
        return await self.request("POST", path, headers={"Content-Type": ACTIVITY, **headers}, body=body)

    async def deliver(
        self, said: Json | bytes, *, key: PrivateKey, path: str = "/inbox", scheme: Scheme = "cavage"
    ) -> Answer:
        """To an inbox, signed with `key`."""
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        return await self.post(body, self.signed("POST", path, body, key, scheme), path)

    async def outcome(self, said: Json, *, key: PrivateKey, path: str = "/inbox") -> str:
        """Deliver what is taken at first, and wait until a worker is done with it: how it ended."""
        answer = await self.deliver(said, key=key, path=path)
        assert answer.status == 202, answer.refusal
        return await self.ended(said["id"])

    async def ended(self, activity_url: str) -> str:
        """Wait for the outcome of what was taken."""

        async def look(tx: Tx) -> str | None:
            return await tx.conn.scalar(select(inbox.c.outcome).where(inbox.c.activity_url == activity_url))

        found = await self.town.eventually(look, that=f"the outcome of {activity_url}")
        assert found is not None
        return found

    async def is_kept(self, activity_url: str) -> bool:
        """Whether there is a row for it."""

        async def look(tx: Tx) -> bool:
            return (await tx.conn.scalar(select(inbox.c.id).where(inbox.c.activity_url == activity_url))) is not None

        return await self.town.read(look)

    async def known(self, url: str) -> Listing | None:
        """The listing of that address as it stands here."""

        async def look(tx: Tx) -> Listing | None:
            return await listings.find_by_url(tx, url)

        return await self.town.read(look)

    async def block(self, domain: str) -> None:
        """An admin shuts the domain out."""
        await self.town.store.write(blocks.add, domain, reason="essai", by=None)

    async def ask_to_follow(self, peer: Peer) -> Follow:
        """Awa asks, once the peer is known here."""
        assert await self.outcome(activity("Like", peer.url, self.listing.url), key=peer.key) in ("done", "unchanged")
        known = await self.town.actor(peer.url)
        return await self.town.store.write(following.follow, follower_id=self.awa, followed_id=ActorId(known.id))

    async def follow(self, peer: Peer) -> None:
        """Awa asks, and the peer says yes: from then on what they publish is read here."""
        asked = await self.ask_to_follow(peer)
        assert await self.outcome(activity("Accept", peer.url, asked.activity_url), key=peer.key) == "done"

    @asynccontextmanager
    async def unchanged(self) -> AsyncIterator[None]:
        """Nothing that people see is another after the block than before."""
        before = await self.facts()
        yield
        after = await self.facts()
        for name, rows in after.items():
            assert rows == before[name], name

    async def facts(self) -> dict[str, list[str]]:
        """Every row that matters, once the effects of earlier events are written."""
        await self._calm()
        return await self.town.read(_facts)

    async def _calm(self) -> None:
        async def look(tx: Tx) -> bool:
            return (await tx.conn.scalar(select(event.c.id).where(event.c.done_at.is_(None)).limit(1))) is None

        await self.town.eventually(look, that="calm")


async def _facts(tx: Tx) -> dict[str, list[str]]:
    watched = [table for table in metadata.sorted_tables if table.name not in UNWATCHED]
    found = {table.name: await _rows(tx, table, select(table)) for table in watched}
    found["our actors"] = await _rows(tx, actor, select(actor).where(actor.c.is_local))
    found["our keys"] = await _rows(tx, key, select(key).where(key.c.private.is_not(None)))
    found["events"] = await _rows(tx, event, select(event.c.id))
    return found


async def _rows(tx: Tx, table: Table, query: Any) -> list[str]:
    return sorted(repr(tuple(row)) for row in await tx.conn.execute(query))


async def until(condition: Any, *, that: str) -> None:
    """Wait for something outside the store; AssertionError when it does not come."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, that
        await asyncio.sleep(0.02)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Of CPU time: how long the machine's other work takes plays no part."""
    began = time.process_time()
    yield
    assert time.process_time() - began < seconds
