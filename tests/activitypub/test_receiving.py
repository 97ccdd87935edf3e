"""A POST to an inbox over HTTP: what is taken, and which word says why not."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from fedivoisin.activitypub.fetching import LONGEST_KIND
from fedivoisin.activitypub.keys import RECEPTION
from fedivoisin.activitypub.wire import signatures, synchronisation
from fedivoisin.activitypub.wire.keys import PrivateKey
from fedivoisin.activitypub.wire.request import SignedRequest
from fedivoisin.activitypub.wire.synchronisation import HEADER, Synchronisation
from fedivoisin.app import create_app, runner_of
from fedivoisin.settings import Limits, Settings
from fedivoisin.store import follower_checks, neighbourhoods
from fedivoisin.world import Response
from tests.activitypub.neighbours import RENNES, Neighbours, private_key, says
from tests.makers import ORIGIN

BOB = f"{RENNES}/users/bob"
LIMITS = Limits(inbox_body=2000, body_time=1, inbox_unknown=3, inbox_strangers=3, queue=3)


def _headers(request: SignedRequest) -> dict[str, str]:
    return {name.title(): value for name, (value,) in request.lines.items()}


@pytest.fixture
def database_kind() -> str:
    """The rows behind are tested on both databases: once is enough here."""
    return "sqlite"


@dataclass(frozen=True, slots=True)
class Door:
    """Doulon's inbox, with small limits."""

    here: Neighbours
    app: web.Application
    url: str
    session: aiohttp.ClientSession

    @property
    def counted(self) -> tuple[dict[str, int], dict[str, int]]:
        """What was answered, and which limits were met."""
        counters = self.app[RECEPTION].counters
        return dict(counters.inbox), dict(counters.limits)

    async def post(self, activity: dict[str, Any], body: Any = None, **headers: str) -> tuple[int, str]:
        """Status, and the word of a refusal."""
        signed = self.here.request(activity)
        sent = {"Content-Type": "application/activity+json", **_headers(signed), **headers}
        async with self.session.post(self.url, data=signed.body if body is None else body, headers=sent) as answer:
            text = await answer.text()
            return answer.status, json.loads(text)["error"] if text else ""


@pytest.fixture
async def door(here: Neighbours) -> AsyncIterator[Door]:
    """Open."""
    app = create_app(Settings(limits=LIMITS), here.store, here.world.doors)
    runner = runner_of(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here.actor("bob")
    async with aiohttp.ClientSession() as session:
        yield Door(here, app, f"http://127.0.0.1:{runner.addresses[0][1]}/inbox", session)
    await runner.cleanup()


def _follow(**changes: Any) -> dict[str, Any]:
    return says("Follow", BOB, f"{ORIGIN}/groups/doulon", **changes)


async def test_what_comes_in_pieces_is_taken_whole(door: Door) -> None:
    follow = _follow()

    async def pieces() -> AsyncIterator[bytes]:
        body = door.here.request(follow).body
        yield body[:100]
        yield body[100:]

    assert await door.post(follow, body=pieces()) == (202, "")


async def test_what_is_signed_well_is_taken(door: Door) -> None:
    assert await door.post(_follow()) == (202, "")
    assert await door.here.carry_out() == "done"
    assert door.counted == ({"accepted": 1}, {})
    assert dict(door.app[RECEPTION].counters.signatures) == {("cavage", "held"): 1}


@pytest.mark.parametrize(
    ("headers", "refusal"),
    [
        ({"Content-Type": "text/plain"}, (400, "not-an-activity-type")),
        ({"Content-Type": f"application/activity+json{';' * LONGEST_KIND}"}, (400, "not-an-activity-type")),
        ({"Content-Encoding": "gzip"}, (415, "encoded")),
    ],
)
async def test_what_is_sent_otherwise_is_refused(door: Door, headers: dict[str, str], refusal: tuple[int, str]) -> None:
    assert await door.post(_follow(), **headers) == refusal


async def test_a_large_body_is_refused_whatever_it_says_of_its_length(door: Door) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"x" * 1000

    assert await door.post(_follow(), b"x" * 2001) == (413, "too-large")
    assert await door.post(_follow(), parts()) == (413, "too-large")
    assert door.counted == ({"too-large": 2}, {"inbox-body": 2})


async def test_a_body_that_does_not_come_is_not_waited_for(door: Door) -> None:
    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    assert await door.post(_follow(), never()) == (408, "too-slow")
    assert door.counted == ({"too-slow": 1}, {"body-time": 1})


async def test_an_origin_has_its_share(door: Door) -> None:
    assert [(await door.post(says("Like", BOB, f"{ORIGIN}/1")))[0] for _ in range(4)] == [202, 202, 202, 429]
    assert door.counted == ({"accepted": 3, "too-many": 1}, {"inbox-unknown": 1})


async def test_an_origin_that_somebody_follows_has_another_share(door: Door) -> None:
    await door.here.followed("bob")
    for _ in range(LIMITS.inbox_known):
        door.app[RECEPTION].allowance.count("rennes.example", door.here.world.now().timestamp())
    assert await door.post(_follow()) == (429, "too-many")
    assert door.counted == ({"too-many": 1}, {"inbox-known": 1})


async def test_new_keys_of_one_network_are_counted(door: Door) -> None:
    for number in range(LIMITS.inbox_strangers + 1):
        door.here.world.pages.clear()
        status, _ = await door.post(says("Like", f"{RENNES}/users/p{number}", f"{ORIGIN}/1"))
        assert status == (503 if number < LIMITS.inbox_strangers else 429)
    assert door.counted == ({"key-unreachable": 3, "too-many": 1}, {"inbox-strangers": 1})


@pytest.mark.parametrize(
    ("body", "code", "limit"),
    [
        (b'{"a":' * 40 + b"1" + b"}" * 40, "json-too-deep", "json-depth"),
        (b'{"a":1,"a":2}', "json-duplicate-key", "json-strict"),
    ],
)
async def test_json_beyond_its_limits_is_counted(door: Door, body: bytes, code: str, limit: str) -> None:
    signed = door.here.sign(f"{BOB}#main-key", body)
    assert await door.post(_follow(), body, **dict(signed)) == (400, code)
    assert door.counted == ({code: 1}, {limit: 1})


async def test_a_forged_signature_is_counted_by_its_scheme(door: Door) -> None:
    signed = _headers(door.here.request(_follow()))
    forged = signed["Signature"].replace('signature="', 'signature="AAAA')
    assert (await door.post(_follow(), b"{}", Signature=forged))[0] == 401
    assert list(door.app[RECEPTION].counters.signatures.values()) == [1]
    assert ("cavage", "held") not in door.app[RECEPTION].counters.signatures


async def test_a_key_that_cannot_be_had_now_may_be_had_later(door: Door) -> None:
    door.here.world.pages.clear()
    assert await door.post(_follow()) == (503, "key-unreachable")


async def test_a_full_queue_asks_to_come_back(door: Door) -> None:
    door.app[RECEPTION].writer.most_waiting = 0
    assert await door.post(_follow()) == (503, "busy")
    assert door.counted == ({"busy": 1}, {"queue": 1})


async def test_in_trial_mode_there_is_no_inbox(door: Door) -> None:
    await door.here.store.write(neighbourhoods.change, origin="")
    assert await door.post(_follow()) == (404, "not-found")


async def test_what_nobody_signed_says_nothing_about_who_follows(door: Door) -> None:
    await door.here.followed("bob", followers=f"{BOB}/followers")
    door.here.world.pass_time(hours=3)
    gone = "https://eve.example/key"
    door.here.world.pages[gone] = Response(gone, 410, {}, b"")
    said = synchronisation.write(Synchronisation(f"{BOB}/followers", f"{BOB}/liked", "0" * 64))
    farewell, key = says("Delete", BOB, BOB), PrivateKey(gone, private_key(2))
    body, now = json.dumps(farewell).encode(), door.here.world.now()
    signed = signatures.sign_post(f"{ORIGIN}/inbox", body, {HEADER: said}, key=key, now=now, scheme="cavage")
    assert await door.post(farewell, body, **signed) == (202, "")
    assert await door.here.store.take(follower_checks.claim, limit=9) == []
