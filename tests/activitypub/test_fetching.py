"""One document of another server: which answers are believed, which come back later, which never. On both databases."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from fedivoisin.activitypub import breaker, fetching
from fedivoisin.activitypub.fetching import LONGEST_KIND, Fetcher, is_activity, retry_after
from fedivoisin.errors import BadActivity, Unreachable
from fedivoisin.store import blocks, peers
from fedivoisin.store.db import Store
from fedivoisin.world import Response
from tests.activitypub.neighbours import RENNES, Neighbours, note
from tests.fakes import FakeWorld, Request
from tests.makers import ORIGIN, put_neighbourhood

NOTE = f"{RENNES}/users/bob/note-1"
KIND = {"content-type": "application/activity+json"}


def _answer(status: int, body: bytes = b"{}", url: str = NOTE, **headers: str) -> Response:
    return Response(url, status, {**KIND, **headers}, body)


async def _refusal(here: Neighbours, url: str = NOTE) -> tuple[str, int | None]:
    try:
        return (await fetching.get_activity(here.reception.remote.fetcher, url)).id, None
    except (BadActivity, Unreachable) as error:
        return error.code, error.status


async def test_a_document_of_its_own_origin_is_given(here: Neighbours) -> None:
    here.show(note(f"{RENNES}/users/bob"))
    found = await fetching.get_activity(here.reception.remote.fetcher, NOTE)
    assert (found.id, found.document["content"]) == (NOTE, "<p>Bonjour</p>")
    (request,) = here.requests
    assert "Signature" in request.headers


@pytest.mark.parametrize(
    ("status", "refusal"),
    [
        (404, ("gone", 404)),
        (410, ("gone", 410)),
        (403, ("status-403", 403)),
        (408, ("status-408", 408)),
        (429, ("status-429", 429)),
        (503, ("status-503", 503)),
    ],
)
async def test_what_a_status_means(here: Neighbours, status: int, refusal: tuple[str, int]) -> None:
    here.world.pages[NOTE] = _answer(status)
    assert await _refusal(here) == refusal


@pytest.mark.parametrize(
    "document",
    [b'{"type":"Note"}', b'{"id":7}', b'{"id":"https://lyon.example/1"}', b'{"id":"https://RENNES.example/1"}'],
    ids=["no-id", "a-number", "another-host", "another-spelling"],
)
async def test_a_document_that_names_itself_badly_is_not_believed(here: Neighbours, document: bytes) -> None:
    here.world.publish(NOTE, document)
    assert (await _refusal(here))[0] == "foreign-id"


async def test_a_document_served_as_something_else_is_not_believed(here: Neighbours) -> None:
    here.world.publish(NOTE, b"{}", content_type="application/json")
    assert (await _refusal(here))[0] == "not-an-activity-type"


async def test_blocked_hosts_and_ourselves_are_not_asked(here: Neighbours) -> None:
    await here.store.write(blocks.add, "rennes.example", reason="escroquerie", by=None)
    assert await _refusal(here) == ("blocked", 403)
    assert await _refusal(here, f"{ORIGIN}/users/awa") == ("our-own", 403)
    assert here.requests == []


async def test_a_redirection_to_a_blocked_host_is_not_followed(here: Neighbours) -> None:
    await here.store.write(blocks.add, "lyon.example", reason="escroquerie", by=None)
    here.world.pages[NOTE] = _answer(200, url="https://lyon.example/1")
    assert await _refusal(here) == ("blocked", 403)


async def test_in_trial_mode_nobody_is_asked(store: Store, world: FakeWorld) -> None:
    await store.write(put_neighbourhood, origin="")
    with pytest.raises(BadActivity, match="trial-mode"):
        await fetching.get_activity(Fetcher(store, world.doors, 1000), NOTE)


async def test_a_host_that_refuses_one_signature_is_asked_with_the_other_and_remembered(here: Neighbours) -> None:
    def only_rfc(request: Request) -> Response:
        body = b'{"id":"%s","type":"Note"}' % NOTE.encode()
        return _answer(200, body) if "Signature-Input" in request.headers else _answer(401)

    here.world.pages[NOTE] = only_rfc
    for asked in (3, 6):  # after a week it is tried again, and remembered again
        for _ in range(2):
            await fetching.get_activity(here.reception.remote.fetcher, NOTE)
        assert len(here.requests) == asked
        here.world.pass_time(days=8)
    async with here.store.read() as tx:
        known = await peers.by_host(tx, "rennes.example")
    assert known is not None
    assert known.scheme == "rfc9421"


@pytest.mark.parametrize(
    ("first", "second", "refusal"),
    [
        (401, 410, ("gone", 410)),
        (401, 403, ("status-403", 403)),
        (400, 429, ("status-429", 429)),
        (500, 503, ("status-503", 503)),
        (400, 401, ("status-400", 403)),  # it may not understand either
        (401, 500, ("status-401", 403)),
    ],
)
async def test_the_second_answer_counts_unless_it_may_be_a_misunderstanding_too(
    here: Neighbours, first: int, second: int, refusal: tuple[str, int]
) -> None:
    here.world.pages[NOTE] = lambda asked: _answer(second if "Signature-Input" in asked.headers else first)
    assert await _refusal(here) == refusal


async def test_json_of_any_declared_kind_is_read_for_discovery(here: Neighbours) -> None:
    url = f"{RENNES}/.well-known/webfinger"
    here.world.publish(url, b'{"a":1}', content_type="application/jrd+json; charset=utf-8")
    assert await fetching.get_json(here.reception.remote.fetcher, url) == {"a": 1}
    here.world.publish(url, b'{"a":1}', content_type="text/html")
    with pytest.raises(BadActivity, match="not-json"):
        await fetching.get_json(here.reception.remote.fetcher, url)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("", None),
        ("soon", None),
        ("120", 120),
        ("999999999", 3600),
        ("9999999999", None),
        ("Sat, 14 Mar 2026 09:31:00 GMT", 60),
        ("Sat, 14 Mar 2026 09:31:00 -0000", 60),
        ("Sat, 14 Mar 2020 09:31:00 GMT", 0),
        ("Sat, 14 Mar 2099 09:31:00 GMT", 3600),
    ],
)
def test_how_long_a_host_asks_us_to_wait(value: str, seconds: int | None) -> None:
    assert retry_after({"retry-after": value}, datetime(2026, 3, 14, 9, 30, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(
    ("kind", "is_one"),
    [
        ("application/activity+json", True),
        ("application/activity+json; charset=utf-8", True),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', True),
        ('application/ld+json; profile="https://other.example https://www.w3.org/ns/activitystreams"', True),
        ("application/ld+json", False),
        ('application/ld+json; profile="https://other.example"', False),
        ("application/json", False),
        ("", False),
        (f"application/activity+json{';' * LONGEST_KIND}", False),
    ],
)
def test_which_kinds_are_activities(kind: str, is_one: bool) -> None:
    assert is_activity(kind) is is_one


async def test_an_open_breaker_does_not_stop_a_question(here: Neighbours) -> None:
    for _ in range(peers.FAILURES_TO_OPEN):
        await here.store.write(peers.did_not_answer, "rennes.example", error="time-out")
    here.show(note(f"{RENNES}/users/bob"))
    await fetching.get_activity(here.reception.remote.fetcher, NOTE)
    async with here.store.read() as tx:
        known = await peers.by_host(tx, "rennes.example")
    assert known is not None
    assert known.failures == 0


async def test_a_host_that_is_silent_again_and_again_is_left_in_peace_for_a_while(here: Neighbours) -> None:
    for number in range(breaker.OPENS_AFTER):
        assert await _refusal(here, f"{NOTE}-{number}") == ("no-such-page", None)
    asked = len(here.requests)
    here.show(note(f"{RENNES}/users/bob"))
    assert await _refusal(here) == ("breaker", None)
    assert len(here.requests) == asked
    assert here.world.counters.limits["breaker"] == 1
    here.world.publish("https://lyon.example/x", b"{}")
    assert (await _refusal(here, "https://lyon.example/x"))[0] != "breaker"
    here.world.pass_time(seconds=61)
    assert await _refusal(here) == (NOTE, None)


@pytest.mark.parametrize(
    "answer", [_answer(404), _answer(403), _answer(429), _answer(500), _answer(200, b"x" * 2_000_000)]
)
async def test_a_host_that_fails_at_one_address_is_there(here: Neighbours, answer: Response) -> None:
    here.world.pages[NOTE] = answer
    for _ in range(breaker.OPENS_AFTER + 1):
        assert (await _refusal(here))[0] != "breaker"


async def test_a_question_that_is_given_up_says_nothing_of_its_host(here: Neighbours) -> None:
    def give_up(_: Request) -> Response:
        raise asyncio.CancelledError

    for number in range(1, breaker.OPENS_AFTER):
        await _refusal(here, f"{NOTE}-{number}")
    here.world.pages[NOTE] = give_up
    with pytest.raises(asyncio.CancelledError):
        await _refusal(here)
    await _refusal(here, f"{NOTE}-{breaker.OPENS_AFTER}")
    assert await _refusal(here) == ("breaker", None)


async def test_the_question_after_the_pause_may_be_led_elsewhere_on_its_host(here: Neighbours) -> None:
    for number in range(breaker.OPENS_AFTER):
        await _refusal(here, f"{NOTE}-{number}")
    here.world.pass_time(seconds=61)
    here.world.redirections = {f"{NOTE}-old": NOTE}
    here.show(note(f"{RENNES}/users/bob"))
    assert await _refusal(here, f"{NOTE}-old") == (NOTE, None)


async def test_a_host_that_leads_to_a_silent_one_is_there(here: Neighbours) -> None:
    dead, notes = "https://lyon.example/x", [f"{NOTE}-{number}" for number in range(breaker.OPENS_AFTER)]
    for number in range(breaker.OPENS_AFTER):
        assert await _refusal(here, f"{dead}/{number}") == ("no-such-page", None)
    here.world.redirections = dict.fromkeys(notes, dead)
    for one in notes:
        assert await _refusal(here, one) == ("breaker", None)
    assert [request.url for request in here.requests[-2:]] == notes[-2:]
    here.show(note(f"{RENNES}/users/bob"))
    assert await _refusal(here) == (NOTE, None)


async def test_a_host_to_which_others_lead_too_late_is_not_silent(here: Neighbours) -> None:
    there, notes = "https://lyon.example/x", [f"{NOTE}-{number}" for number in range(breaker.OPENS_AFTER)]
    here.world.redirections = dict.fromkeys(notes, there)
    for one in notes:
        assert await _refusal(here, one) == ("no-such-page", None)
    here.show(note(f"{RENNES}/users/bob", id=there))
    assert await _refusal(here, there) == (there, None)
    here.show(note(f"{RENNES}/users/bob"))
    assert await _refusal(here) == (NOTE, None)


@pytest.mark.parametrize(
    ("body", "limit"),
    [
        (b'{"a":' * 40 + b"1" + b"}" * 40, "json-depth"),
        (json.dumps({"@context": {f"t{n}": "as:name" for n in range(1001)}}).encode(), "jsonld-size"),
    ],
)
async def test_a_document_beyond_the_limits_is_counted(here: Neighbours, body: bytes, limit: str) -> None:
    here.world.publish(NOTE, body)
    with pytest.raises(BadActivity):
        await fetching.get_activity(here.reception.remote.fetcher, NOTE)
    assert dict(here.world.counters.limits) == {limit: 1}
