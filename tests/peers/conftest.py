"""Other federated servers, started once on free ports of loopback and stopped at the end of all tests."""

import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from fedivoisin.store import peers
from tests.federation.towns import Town, a_town, free_socket

ROOT = Path(__file__).resolve().parents[2]
SERVER = ROOT / "tests/peers/fedify/server.mjs"
SCHEMES = ("rfc9421", "cavage")

Start = Callable[[str], dict[str, str]]
"""The server that tries this scheme first: its origin, its person (`actor`) and its Group (`group`)."""


@dataclass(frozen=True, slots=True)
class Fedify:
    """A neighbour whose server is built with Fedify; the top of its server.mjs tells what it can be asked."""

    origin: str
    actor: str
    """The URL of zoe, the one person there."""
    group: str
    """The URL of rue, the one Group there."""
    knock: str
    """The signature that it tries first."""
    session: aiohttp.ClientSession

    @property
    def host(self) -> str:
        """With its port."""
        return self.origin.removeprefix("http://")

    async def received(self, kind: str | None = None, *, count: int = 1, seconds: int = 20) -> list[dict[str, Any]]:
        """The activities it accepted; of one type, it waits until `count` have come or the time is over."""
        query = {"type": kind, "count": str(count), "seconds": str(seconds)} if kind else {}
        answer: list[dict[str, Any]] = await self._get("received", query)
        return answer

    async def refused(self) -> list[dict[str, Any]]:
        """The activities whose signature did not hold: id, type, reason."""
        answer: list[dict[str, Any]] = await self._get("refused", {})
        return answer

    async def posts(self) -> list[dict[str, Any]]:
        """All that came to its inboxes, as it was sent: scheme, status, activity."""
        answer: list[dict[str, Any]] = await self._get("posts", {})
        return answer

    async def followers(self) -> list[str]:
        """The actors that follow zoe."""
        answer: list[str] = await self._get("followers", {})
        return answer

    async def likes(self) -> list[list[str]]:
        """Who likes what of hers."""
        answer: list[list[str]] = await self._get("likes", {})
        return answer

    async def send(self, kind: str, **order: object) -> dict[str, str]:
        """Zoe follows, writes, likes…: the ids of the activity and of its object. AssertionError if refused."""
        answer: dict[str, str] = await self._post("send", {"type": kind, **order})
        return answer

    async def ask(self, name: str, **order: object) -> Any:
        """One of its other controls. AssertionError if refused."""
        return await self._post(name, order)

    async def fetch(self, url: str) -> dict[str, Any]:
        """What a signed GET of `url` reads. AssertionError if refused."""
        answer: dict[str, Any] = await self._post("fetch", {"url": url})
        return answer

    async def accept_follows(self, is_open: bool) -> None:
        """Whether zoe accepts from now on who asks to follow her."""
        await self._post("shut", {"accept": is_open})

    async def _get(self, name: str, query: dict[str, str]) -> Any:
        async with self.session.get(f"{self.origin}/control/{name}", params=query) as response:
            return await response.json()

    async def _post(self, name: str, order: dict[str, object]) -> Any:
        async with self.session.post(f"{self.origin}/control/{name}", json=order) as response:
            answer = await response.json()
            assert response.status == 200, answer
            return answer


@pytest.fixture(scope="session")
def fedify_servers() -> Iterator[Start]:
    """One process for each scheme, started by the first test that needs it."""
    started: dict[str, dict[str, str]] = {}
    with ExitStack() as stack:

        def start(scheme: str) -> dict[str, str]:
            if scheme not in started:
                started[scheme] = _started(stack, scheme)
            return started[scheme]

        yield start


@pytest.fixture(params=SCHEMES)
def knock(request: pytest.FixtureRequest) -> str:
    """The signature that both sides try first: doubles a test."""
    return str(request.param)


@pytest.fixture
async def fedify(knock: str, fedify_servers: Start) -> AsyncIterator[Fedify]:
    """A Fedify server that knows nothing yet."""
    async with aiohttp.ClientSession() as session:
        yield await _fresh(session, fedify_servers, knock)


@pytest.fixture
async def third(knock: str, fedify_servers: Start) -> AsyncIterator[Fedify]:
    """The other one: a third party."""
    async with aiohttp.ClientSession() as session:
        yield await _fresh(session, fedify_servers, _other(knock))


@pytest.fixture
async def town(fedify: Fedify, fedify_servers: Start, tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """A neighbourhood that may reach both, at a name that Node resolves, and that tries the same scheme first."""
    shutil.copyfile(migrated, tmp_path / "localhost.db")
    hosts = tuple(fedify_servers(scheme)["origin"].removeprefix("http://") for scheme in SCHEMES)
    async with a_town("localhost", free_socket(), tmp_path, hosts, below="") as one:
        await one.store.write(peers.answered, fedify.host, scheme=fedify.knock)
        yield one


@pytest.fixture
async def first_scheme_only(fedify: Fedify, town: Town) -> AsyncIterator[None]:
    """At the end of the test, everything on both sides was taken as it was signed first."""
    yield
    assert {(each["scheme"], each["status"]) for each in await fedify.posts()} <= {(fedify.knock, 202)}
    counters = town.world.counters
    assert set(counters.inbox) <= {"accepted"}
    # For RFC 9421 Fedify signs the fragment of a key's address (…#main-key), which no request carries: such a GET is
    # refused, and comes again in the other scheme.
    again = counters.signatures.pop(("rfc9421", "signature-invalid"), 0)
    assert counters.signatures.pop((_other(fedify.knock), "held"), 0) == again
    assert set(counters.signatures) <= {(fedify.knock, "held")}


def _other(scheme: str) -> str:
    return next(one for one in SCHEMES if one != scheme)


async def _fresh(session: aiohttp.ClientSession, start: Start, scheme: str) -> Fedify:
    ready = start(scheme)
    fresh = Fedify(ready["origin"], ready["actor"], ready["group"], scheme, session)
    await fresh.ask("forget")
    return fresh


def _started(stack: ExitStack, scheme: str) -> dict[str, str]:
    command = [str(ROOT / "tools/node"), str(SERVER), "--knock", scheme]
    process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
    stack.callback(process.terminate)
    assert process.stdout is not None
    line = process.stdout.readline()  # the end of its output, if it does not start
    assert line, "the Fedify server did not start"
    ready: dict[str, str] = json.loads(line)
    return ready
