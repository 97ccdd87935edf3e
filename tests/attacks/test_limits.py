"""The limits of FEDERATION.md §6, at the socket: just within is taken, just beyond is refused."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from fedivoisin.activitypub.wire import signatures
from fedivoisin.activitypub.wire.keys import PrivateKey
from fedivoisin.app import utc_now
from fedivoisin.settings import Limits
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.federation import inbox
from fedivoisin.store.schema.listings import like
from tests.attacks.conftest import Besiege
from tests.attacks.elsewhere import ACTIVITY, Json, Peer, activity, offer
from tests.attacks.siege import Siege

pytestmark = pytest.mark.slow

LARGEST = 256 * 1024


async def test_a_body_of_256_kib_is_taken_and_one_byte_more_is_not(siege: Siege, mallory: Peer) -> None:
    said = activity("Like", mallory.url, siege.listing.url)
    fits = _padded(said, LARGEST)
    async with siege.unchanged():
        assert (await siege.deliver(_padded(said, LARGEST + 1), key=mallory.key)).refusal == (413, "too-large")
        # The same without saying beforehand how long it is.
        body = _padded(said, LARGEST + 1)
        headers = {"Content-Type": ACTIVITY, **siege.signed("POST", "/inbox", body, mallory.key)}
        answer = await siege.request("POST", "/inbox", headers=headers, body=_in_pieces(body))
        assert answer.refusal == (413, "too-large")
    assert (await siege.deliver(fits, key=mallory.key)).status == 202


async def test_a_lie_about_the_length_is_no_way_around(siege: Siege, mallory: Peer) -> None:
    body = b"{}"
    headers = {**siege.signed("POST", "/inbox", body, mallory.key), "Content-Length": str(10**12)}
    async with siege.unchanged():
        answer = await siege.request(
            "POST", "/inbox", headers={"Content-Type": ACTIVITY, **headers}, body=_in_pieces(body)
        )
        assert answer.status in (400, 413)


async def test_depth_32_is_read_and_33_is_not(siege: Siege, mallory: Peer) -> None:
    async with siege.unchanged():
        said = activity("Block", mallory.url, siege.group_url, extra=_nested(32))
        assert (await siege.deliver(said, key=mallory.key)).refusal == (400, "json-too-deep")
        said = activity("Block", mallory.url, siege.group_url, extra=_nested(31))
        assert (await siege.deliver(said, key=mallory.key)).status == 202


async def test_ten_thousand_nodes_are_read_and_more_are_not(siege: Siege, mallory: Peer) -> None:
    plain = activity("Block", mallory.url, siege.group_url)
    rest = 10_000 - _nodes(plain) - 1
    async with siege.unchanged():
        said = {**plain, "extra": [0] * (rest + 1)}
        assert (await siege.deliver(said, key=mallory.key)).refusal == (400, "json-too-many-nodes")
        said = {**plain, "extra": [0] * rest}
        assert (await siege.deliver(said, key=mallory.key)).status == 202


async def test_json_that_two_readers_could_read_two_ways(siege: Siege, mallory: Peer) -> None:
    bodies = (
        b'{"id": NaN}',
        b'{"id": Infinity}',
        b'{"id": 1e999}',
        b'{"id": 9007199254740993}',
        b'{"id": "\\ud800"}',
        b'{"actor": "a", "actor": "b"}',
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\x00}\x00",
        b"[]",
        b"null",
        b"",
        b'{"a": 1} {"b": 2}',
        b"{'a': 1}",
        b'{"a": 1,}',
    )
    async with siege.unchanged():
        for body in bodies:
            answer = await siege.deliver(body, key=mallory.key)
            assert answer.status == 400, (body, answer.refusal)


async def test_an_origin_that_nobody_follows_has_its_share_and_no_more(besiege: Besiege) -> None:
    siege = await besiege(limits=Limits(inbox_unknown=3, window=300))
    one, two = siege.elsewhere.person("mallory", "x", 1), siege.elsewhere.person("mallory", "y", 2)
    other = siege.elsewhere.person("rennes", "rozenn", 3)
    answers = [await _like(siege, peer) for peer in (one, two, one, two, one)]
    assert [answer.status for answer in answers] == [202, 202, 202, 429, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 300
    assert (await _like(siege, other)).status == 202  # each origin its own
    # Counted after verification: what others send in its name costs it nothing.
    forged = PrivateKey(other.key.id, one.key.key)
    for _ in range(4):
        answer = await siege.deliver(activity("Like", other.url, siege.listing.url), key=forged)
        assert answer.status == 401
    assert (await _like(siege, other)).status == 202


async def test_pages_have_their_rate_too(besiege: Besiege) -> None:
    siege = await besiege(limits=Limits(page_requests=5, window=300))
    answers = [await siege.get("/annonces", {"Accept": "text/html"}) for _ in range(7)]
    assert [answer.status for answer in answers] == [200] * 5 + [429] * 2
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 300
    spoofed = await siege.get("/annonces", {"Accept": "text/html", "X-Forwarded-For": "203.0.113.9"})
    assert spoofed.status == 429  # who says so is no trusted proxy


async def test_a_full_queue_answers_503_and_when_to_come_back(besiege: Besiege) -> None:
    siege = await besiege(limits=Limits(queue=0))
    mallory = siege.elsewhere.person("mallory", "mallory")
    async with siege.unchanged():
        answer = await _like(siege, mallory)
        assert answer.refusal == (503, "busy")
        assert int(answer.headers["Retry-After"]) > 0


async def test_the_same_activity_counts_once(siege: Siege, mallory: Peer) -> None:
    said = activity("Like", mallory.url, siege.listing.url)
    assert await siege.outcome(said, key=mallory.key) == "done"
    async with siege.unchanged():
        for path in ("/inbox", "/users/awa/inbox", "/groups/nantes/inbox"):
            assert (await siege.deliver(said, key=mallory.key, path=path)).status == 202

    async def counted(tx: Tx) -> tuple[int, int]:
        rows = await tx.conn.scalar(select(func.count()).select_from(inbox).where(inbox.c.activity_url == said["id"]))
        likes = await tx.conn.scalar(select(func.count()).select_from(like))
        return int(rows or 0), int(likes or 0)

    assert await siege.town.read(counted) == (1, 1)


async def test_three_redirections_are_followed_and_four_are_not(siege: Siege, mallory: Peer) -> None:
    url = f"{mallory.origin}/items/1"
    siege.elsewhere.serve(url, offer(mallory.url, url))
    for number in range(4):
        siege.elsewhere.redirect(
            f"{mallory.origin}/r/{number + 1}", url if not number else f"{mallory.origin}/r/{number}"
        )
    await siege.follow(mallory)
    async with siege.unchanged():
        said = activity("Create", mallory.url, f"{mallory.origin}/r/4")
        assert await siege.outcome(said, key=mallory.key) == "too-many-redirects"
    said = activity("Create", mallory.url, f"{mallory.origin}/r/3")
    assert await siege.outcome(said, key=mallory.key) == "done"


async def test_a_clock_may_be_an_hour_off_and_no_more(siege: Siege, mallory: Peer) -> None:
    body = json.dumps(activity("Like", mallory.url, siege.listing.url)).encode()
    for minutes, status in ((-55, 202), (55, 202), (-65, 401), (65, 401)):
        for scheme in ("cavage", "rfc9421"):
            now = utc_now() + timedelta(minutes=minutes)
            url = f"{siege.town.origin}/inbox"
            headers = signatures.sign("POST", url, body, key=mallory.key, now=now, scheme=scheme)
            assert (await siege.post(body, headers)).status == status, (minutes, scheme)


async def test_key_ids_are_short_and_on_the_web(siege: Siege, mallory: Peer) -> None:
    said = activity("Like", mallory.url, siege.listing.url)
    wrong = (f"{mallory.url}?{'x' * 2048}#main-key", "mallory", "acct:mallory@mallory.localhost", "urn:x", "", "/key")
    async with siege.unchanged():
        for key_id in wrong:
            answer = await siege.deliver(said, key=PrivateKey(key_id, mallory.key.key))
            assert answer.status == 401, key_id[:60]
    assert siege.elsewhere.asked == []


async def test_headers_that_are_there_twice(siege: Siege, mallory: Peer) -> None:
    body = json.dumps(activity("Like", mallory.url, siege.listing.url)).encode()
    signed = siege.signed("POST", "/inbox", body, mallory.key)
    async with siege.unchanged():
        for name in ("Signature", "Date", "Digest"):
            status = await _raw(siege, body, [*signed.items(), (name, signed[name])])
            assert status in (400, 401), name
        assert await _raw(siege, body, [*signed.items(), ("Host", "rennes.localhost")]) in (400, 401)
        assert await _raw(siege, body, [*signed.items(), ("Content-Length", "2")]) in (400, 401)
        assert await _raw(siege, body, [*signed.items(), ("Transfer-Encoding", "chunked")]) in (400, 401)


async def test_without_a_signature_nothing_is_taken(siege: Siege, mallory: Peer) -> None:
    body = json.dumps(activity("Like", mallory.url, siege.listing.url)).encode()
    async with siege.unchanged():
        for headers in ({}, {"Signature": ""}, {"Signature": "x"}, {"Authorization": "Bearer x"}):
            assert (await siege.post(body, headers)).status == 401
        answer = await siege.request("POST", "/inbox", headers={"Content-Type": "text/plain"}, body=body)
        assert answer.refusal == (400, "not-an-activity-type")
    assert siege.elsewhere.asked == []


async def _like(siege: Siege, peer: Peer) -> Any:
    return await siege.deliver(activity("Like", peer.url, siege.listing.url), key=peer.key)


def _padded(said: Json, length: int) -> bytes:
    raw = json.dumps(said).encode()
    return raw + b" " * (length - len(raw))


async def _in_pieces(body: bytes) -> Any:
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]


def _nested(levels: int) -> Any:
    return [_nested(levels - 1)] if levels > 1 else []


def _nodes(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(_nodes, value.values()))
    return 1 + sum(map(_nodes, value)) if isinstance(value, list) else 1


async def _raw(siege: Siege, body: bytes, headers: list[tuple[str, str]]) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(siege.town.host.rpartition(":")[2]))
    basic = [("Host", siege.town.host), ("Content-Type", ACTIVITY), ("Content-Length", str(len(body)))]
    lines = [f"{name}: {value}\r\n" for name, value in (*basic, *headers)]
    writer.write(("POST /inbox HTTP/1.1\r\n" + "".join(lines) + "\r\n").encode() + body)
    answer = await asyncio.wait_for(reader.readline(), 10)
    writer.close()
    return int(answer.split(b" ")[1])
