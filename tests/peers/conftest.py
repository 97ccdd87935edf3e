"""Other federated servers, started for one test on a free port of loopback and stopped by their own process."""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVER = ROOT / "tests/peers/fedify/server.mjs"
START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Fedify:
    """A neighbour whose server is built with Fedify; the top of its server.mjs tells what it can be asked."""

    origin: str
    actor: str
    """The URL of zoe, the one person there."""
    session: aiohttp.ClientSession

    async def received(self, kind: str | None = None, *, count: int = 1, seconds: int = 20) -> list[dict[str, Any]]:
        """The activities it accepted; of one type, it waits until `count` have come or the time is over."""
        query = {"type": kind, "count": str(count), "seconds": str(seconds)} if kind else {}
        answer: list[dict[str, Any]] = await self._get("received", query)
        return answer

    async def refused(self) -> list[dict[str, Any]]:
        """The activities whose signature did not hold: id, type, reason."""
        answer: list[dict[str, Any]] = await self._get("refused", {})
        return answer

    async def followers(self) -> list[str]:
        """The actors that follow zoe."""
        answer: list[str] = await self._get("followers", {})
        return answer

    async def send(self, kind: str, **order: object) -> dict[str, str]:
        """Zoe follows, writes, likes…: the ids of the activity and of its object. AssertionError if refused."""
        answer: dict[str, str] = await self._post("send", {"type": kind, **order})
        return answer

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


@pytest.fixture(params=["rfc9421", "cavage"])
def knock(request: pytest.FixtureRequest) -> str:
    """The signature that the neighbour tries first: doubles a test."""
    return str(request.param)


@pytest.fixture
async def fedify(knock: str) -> AsyncIterator[Fedify]:
    """A fresh Fedify server."""
    process = await asyncio.create_subprocess_exec(ROOT / "tools/node", SERVER, "--knock", knock, stdout=PIPE)
    try:
        async with asyncio.timeout(START_SECONDS):
            ready = json.loads(await _first_line(process))
        async with aiohttp.ClientSession() as session:
            yield Fedify(ready["origin"], ready["actor"], session)
    finally:
        process.terminate()
        await process.wait()


async def _first_line(process: Process) -> bytes:
    assert process.stdout is not None
    line = await process.stdout.readline()
    assert line, "the Fedify server did not start"
    return line
