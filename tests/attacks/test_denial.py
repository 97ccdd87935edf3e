"""Denial, B25–B35: what would keep the program busy, waiting or growing; each bounded in time and count."""

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import func, select, update

from fedivoisin import app
from fedivoisin.activitypub.wire.keys import PrivateKey
from fedivoisin.adapters.network import Network, Times
from fedivoisin.settings import Limits
from fedivoisin.store import strangers
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.actors import actor, key
from fedivoisin.store.schema.federation import peer, unreachable_key
from fedivoisin.world import World
from tests.attacks.conftest import Besiege
from tests.attacks.elsewhere import ACTIVITY, CONTEXT, Elsewhere, Peer, activity, note, offer
from tests.attacks.siege import Siege, at_most

pytestmark = pytest.mark.slow

QUICK = Times(dns=1, connect=1, read=0.5, total=1)


def _hurried(world: World) -> World:
    network = Network(lab_hosts=frozenset({"mallory.localhost", "rennes.localhost"}), times=QUICK)
    return replace(world, fetch=network.fetch, post=network.post)


def _drip(body: bytes) -> Any:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": ACTIVITY, "Content-Length": str(len(body))})
        await response.prepare(request)
        for start in range(len(body)):
            await response.write(body[start : start + 1])
            await asyncio.sleep(0.2)
        return response

    return answer


async def test_b25_a_slow_drip_from_a_host_that_we_ask(besiege: Besiege) -> None:
    siege = await besiege(doors=_hurried)
    mallory = siege.elsewhere.unserved(f"{siege.elsewhere.origin('mallory')}/users/mallory")
    siege.elsewhere.pages[mallory.url] = _drip(json.dumps(mallory.document).encode())
    said = activity("Follow", mallory.url, siege.group_url)
    async with siege.unchanged():
        began = time.monotonic()
        answer = await siege.deliver(said, key=mallory.key)
        assert answer.refusal == (503, "key-unreachable")
        assert int(answer.headers["Retry-After"]) > 0
        assert time.monotonic() - began < 10
        # And again at once: remembered, so that nobody waits twice.
        assert (await siege.deliver(said, key=mallory.key)).refusal == (401, "key-unreachable")
    assert len(siege.elsewhere.gets()) <= 2


async def test_b25_a_slow_drip_into_our_inbox(besiege: Besiege) -> None:
    siege = await besiege(limits=Limits(body_time=0.3))
    reader, writer = await _connected(siege)
    head = (
        f"POST /inbox HTTP/1.1\r\nHost: {siege.town.host}\r\nContent-Type: {ACTIVITY}\r\nContent-Length: 1000\r\n\r\n"
    )
    writer.write(head.encode() + b"{")
    answer = await asyncio.wait_for(reader.readline(), 10)
    assert b" 408 " in answer
    writer.close()
    assert (await siege.get("/.well-known/nodeinfo")).status == 200


@pytest.mark.parametrize("path", ["/connexion", "/demander", "/inscription", "/nowhere"])
async def test_b25_a_form_that_drips(besiege: Besiege, path: str) -> None:
    siege = await besiege(limits=Limits(body_time=0.3))
    reader, writer = await _connected(siege)
    kind = "application/x-www-form-urlencoded"
    writer.write(f"POST {path} HTTP/1.1\r\nHost: {siege.town.host}\r\nContent-Type: {kind}\r\n".encode())
    writer.write(b"Content-Length: 1000\r\n\r\ncsrf=")
    answer = await asyncio.wait_for(reader.readline(), 10)
    assert answer.split()[1] in (b"408", b"404"), answer
    writer.close()


@pytest.mark.parametrize("asked_before", [False, True], ids=["at once", "after an answer"])
async def test_b25_the_head_of_a_request_that_drips(
    besiege: Besiege, monkeypatch: pytest.MonkeyPatch, asked_before: bool
) -> None:
    """The connection is closed, however often another line of the head comes."""
    monkeypatch.setattr(app, "IDLE", 0.5)
    siege = await besiege()
    reader, writer = await _connected(siege)
    head = f"GET /.well-known/nodeinfo HTTP/1.1\r\nHost: {siege.town.host}\r\n".encode()
    if asked_before:
        writer.write(head + b"\r\n")
        assert (await reader.readline()).split()[1] == b"200"
    writer.write(head)
    dripping = asyncio.create_task(_drip_into(writer))
    with suppress(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 10)  # its end is the connection's
    dripping.cancel()
    writer.close()


async def _connected(siege: Siege) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", int(siege.town.host.rpartition(":")[2]))


async def _drip_into(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"X-Again: x\r\n")
        await asyncio.sleep(0.05)


async def test_b26_unbounded_json(besiege: Besiege) -> None:
    """What is fetched is cut off at its size; what fits is refused for its depth, its nodes or its numbers."""
    siege = await besiege(limits=Limits(document=50_000))
    mallory = siege.elsewhere.person("mallory", "mallory")
    documents = {
        "deep": b'{"id": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        "wide": json.dumps({"id": [1] * 12_000}).encode(),
        "number": b'{"id": 1' + b"0" * 40_000 + b"}",
        "keys": b"{" + b'"a":1,' * 5_000 + b'"a":1}',
    }
    await siege.follow(mallory)
    async with siege.unchanged():
        for name, raw in documents.items():
            url = f"{mallory.origin}/items/{name}"
            siege.elsewhere.serve(url, raw)
            said = activity("Create", mallory.url, url)
            with at_most(1):
                assert (await siege.outcome(said, key=mallory.key)).startswith(("json-", "bad-json")), name
        huge = siege.elsewhere.unserved(f"{mallory.origin}/users/huge", 3, summary="x" * 60_000)
        siege.elsewhere.serve(huge.url, huge.document)
        assert (await siege.deliver(activity("Like", huge.url, siege.listing.url), key=huge.key)).status == 503


async def test_b27_a_redirect_loop(siege: Siege, mallory: Peer) -> None:
    one, two = f"{mallory.origin}/one", f"{mallory.origin}/two"
    siege.elsewhere.redirect(one, two)
    siege.elsewhere.redirect(two, one)
    await siege.follow(mallory)
    async with siege.unchanged():
        said = activity("Create", mallory.url, one)
        assert await siege.outcome(said, key=mallory.key) == "too-many-redirects"
    # Four for each of the two signatures that are tried, never more.
    assert len(siege.elsewhere.gets(one)) + len(siege.elsewhere.gets(two)) <= 8


async def test_b28_pages_that_name_each_other_as_alternates(siege: Siege, mallory: Peer) -> None:
    """A page is no document: what it links to is never followed. Nor are ids that point at each other."""
    one, two = f"{mallory.origin}/one", f"{mallory.origin}/two"
    for url, other in ((one, two), (two, one)):
        link = f'<{other}>; rel="alternate"; type="{ACTIVITY}"'
        page = f'<link rel="alternate" type="{ACTIVITY}" href="{other}">'.encode()
        siege.elsewhere.serve(url, page, kind="text/html", headers={"Link": link})
    await siege.follow(mallory)
    async with siege.unchanged():
        said = activity("Create", mallory.url, one)
        assert await siege.outcome(said, key=mallory.key) == "not-an-activity-type"
        assert (siege.elsewhere.gets(one), siege.elsewhere.gets(two)) == ([one], [])
        siege.elsewhere.serve(one, offer(mallory.url, two))
        siege.elsewhere.serve(two, offer(mallory.url, one))
        said = activity("Create", mallory.url, one)
        assert await siege.outcome(said, key=mallory.key) == "foreign-id"
    assert len(siege.elsewhere.gets(one)) + len(siege.elsewhere.gets(two)) == 3


async def test_b29_slow_regular_expressions(siege: Siege, mallory: Peer) -> None:
    body = json.dumps(activity("Like", mallory.url, siege.listing.url)).encode()
    long = 7_000
    signatures = (
        'keyId="' + "a" * long,
        'a="",' * (long // 5),
        'keyId="x"' + " \t" * (long // 2) + "!",
        "a=" + "1" * long + ",",
        "sig=(" + '"a" ' * (long // 4),
    )
    addresses = ("@" + "a." * 250 + "@" + "b." * 120, "http://" + "a-" * 240, "@" * 400, "http://[" + ":" * 400)
    with at_most(2):
        for value in signatures:
            answer = await siege.post(
                body, {"Signature": value, "Signature-Input": value, "Date": "x", "Digest": value}
            )
            assert answer.status in (400, 401), value[:20]
        for value in addresses:
            assert (await siege.get(f"/.well-known/webfinger?resource=acct:{value}")).status in (400, 404)
        for header in ("a/b;" * (long // 4), "text/html;q=" + "0" * long, "," * long):
            assert (await siege.get("/users/awa", {"Accept": header})).status in (200, 303)
        for words in ("a" * long, "é " * (long // 8), "%22" * 1_000, "-" * long):
            assert (await siege.get(f"/annonces?q={words}")).status < 500
        for kind in (f"{ACTIVITY};" + '"' + ";" * long, "a/b;" * (long // 4)):
            answer = await siege.post(body, {**siege.signed("POST", "/inbox", body, mallory.key), "Content-Type": kind})
            assert answer.refusal == (400, "not-an-activity-type"), kind[:30]


@pytest.mark.parametrize(
    "content",
    [
        "<p>" + "#a" * 20_000,
        "<a href='" + "x:" * 20_000 + "'>",
        "&" * 60_000,
        "<" * 60_000,
        " " * 60_000 + "x",
        "<a href='https://x.example/'><span class='" + "invisible " * 6_000 + "'><b>x</b></span></a>",
    ],
    ids=lambda content: content[:12],
)
async def test_b29_slow_regular_expressions_in_a_note(siege: Siege, mallory: Peer, content: str) -> None:
    told = note(mallory.url, f"{mallory.origin}/notes/1", content=content, inReplyTo=siege.listing.url)
    with at_most(2):
        assert await siege.outcome(activity("Create", mallory.url, told), key=mallory.key) == "done"


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"publishes": None, "flohmarkt:data": {"price": " " * 60_000 + "x"}}, "bad-amount"),
        ({"publishes": None, "flohmarkt:data": {"price": "1" + " " * 60_000 + "x"}}, "bad-amount"),
        ({"publishes": {"type": "Intent", "name": "x " * 20_000, "action": "-" * 50_000}}, "done"),
        ({"publishes": {"name": "x", "resourceQuantity": {"hasNumericalValue": "1" * 40_000}}}, "bad-amount"),
        ({"summary": "<a href='" + "x:" * 20_000 + "'>"}, "done"),
        ({"tag": [{"type": "Hashtag", "name": "#" * 600} for _ in range(100)]}, "done"),
        ({"tag": [{"type": ["-" * 500] * 8, "name": "x"} for _ in range(50)]}, "done"),
        ({"location": {"latitude": "1" * 50_000}, "fv:maxDuration": "P" + "1" * 50_000 + "D"}, "done"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_b29_slow_regular_expressions_in_a_listing(
    siege: Siege, mallory: Peer, changes: dict[str, Any], outcome: str
) -> None:
    await siege.follow(mallory)
    listing = offer(mallory.url, f"{mallory.origin}/items/1", **changes)
    with at_most(2):
        assert await siege.outcome(activity("Create", mallory.url, listing), key=mallory.key) == outcome


async def test_b30_pathological_json_ld(siege: Siege, mallory: Peer) -> None:
    """Contexts that define terms by terms, that nest, that scope; many small nodes that must be expanded."""
    chain: dict[str, Any] = {f"t{n}": f"t{n + 1}:x" for n in range(900)}
    scoped: dict[str, Any] = {"t0": "https://x.example/"}
    for number in range(25):
        scoped = {f"t{number}": {"@id": "https://x.example/", "@context": scoped}, "object": "as:object2"}
    many = [{"innocent": {"innocent": 1}} for _ in range(600)]
    renaming = {"object": "as:object2", "innocent": "https://x.example/i"}
    address, scoping = CONTEXT[0], "https://www.w3.org/2018/credentials/v1"
    own = {**renaming, "innocent": {"@id": "https://x.example/i", "@context": [address] * 100}}
    large, contexts, structure = "jsonld-too-large", "context-too-large", "jsonld-restructuring"
    refused: tuple[tuple[str, dict[str, Any]], ...] = (
        ("json-too-deep", {"@context": [*CONTEXT, scoped]}),
        (contexts, {"@context": [*CONTEXT, {**chain, **renaming}]}),
        (contexts, {"@context": [address] * 100 + [renaming]}),
        (contexts, {"@context": [address, renaming], "tag": [{"@context": [address] * 60} for _ in range(30)]}),
        (contexts, {"@context": {"@vocab": "x" * 50_000}}),
        (structure, {"@context": [address, own], "innocent": [{"q": 1} for _ in range(20)]}),
        (structure, {"@context": [address, renaming, {"@base": "https://x.example/" + "a/" * 2_000}]}),
        (large, {"@context": [address, renaming], "extra": many}),
        (large, {"@context": [address, scoping, renaming], "type": ["Block", *["VerifiableCredential"] * 200]}),
    )
    async with siege.unchanged():
        for number, (code, extra) in enumerate(refused):
            said = activity("Block", mallory.url, "https://nobody.example/users/x", **extra)
            with at_most(2):
                answer = await siege.deliver(said, key=mallory.key)
            assert answer.refusal == (400, code), number


async def test_b30_contexts_that_redefine_nothing_are_not_read(siege: Siege, mallory: Peer) -> None:
    """However long they are: the words are ours. One that takes a word away is read, and then it is not there."""
    chain = {f"t{n}": f"t{n + 1}:x" for n in range(900)}
    ends: tuple[tuple[str, Any], ...] = (
        ("unknown-object", [*CONTEXT, chain]),
        ("unknown-object", CONTEXT * 50),
        ("unknown-object", "https://mallory.example/never-fetched"),
        ("bad-object", [*CONTEXT, {"object": "as:object2"}]),
    )
    async with siege.unchanged():
        for end, context in ends:
            said = activity("Block", mallory.url, "https://nobody.example/users/x", **{"@context": context})
            with at_most(2):
                assert await siege.outcome(said, key=mallory.key) == end
    assert siege.elsewhere.gets("never") == []


async def test_b31_unbounded_recursion(siege: Siege, mallory: Peer, elsewhere: Elsewhere) -> None:
    """Authors, owners, replies and boosts that lead on for ever: a few requests, then an end."""

    async def endless(request: web.Request) -> web.StreamResponse:
        url = f"http://{request.host}{request.path}"
        following = f"{url[: url.rindex('/')]}/{int(url.rpartition('/')[2]) + 1}"
        told = note(following, url, inReplyTo=following, context=following, replies=following)
        return web.json_response(told, content_type=ACTIVITY)

    for number in range(60):
        elsewhere.pages[f"{mallory.origin}/endless/{number}"] = endless
    await siege.follow(mallory)
    async with siege.unchanged():
        for kind in ("Create", "Announce", "Update"):
            said = activity(kind, mallory.url, f"{mallory.origin}/endless/1")
            await siege.outcome(said, key=mallory.key)
        nested = activity("Create", mallory.url, f"{mallory.origin}/endless/1")
        for _ in range(8):
            nested = activity("Announce", mallory.url, nested)
        assert await siege.outcome(nested, key=mallory.key) == "nested-too-deep"
    assert len(elsewhere.gets("endless")) <= 6
    for number in range(20):  # keys whose owner is a key whose owner is a key
        url = f"{mallory.origin}/keys/{number}"
        key = {"id": url, "type": "Key", "owner": f"{mallory.origin}/keys/{number + 1}", "publicKeyPem": "x"}
        elsewhere.serve(url, {"@context": CONTEXT, **key})
    forged = PrivateKey(f"{mallory.origin}/keys/0", mallory.key.key)
    assert (await siege.deliver(activity("Like", mallory.url, siege.listing.url), key=forged)).status == 401
    assert len(elsewhere.gets("/keys/")) <= 3


async def test_b32_one_record_per_host_and_port_of_the_attacker(besiege: Besiege) -> None:
    """Names and ports are free: what counts is the address that the requests come from."""
    siege = await besiege(limits=Limits(inbox_strangers=4))
    known = siege.elsewhere.person("rennes", "rozenn", 2)
    assert await siege.outcome(activity("Like", known.url, siege.listing.url), key=known.key) == "done"
    answers = []
    for number in range(12):
        stranger = siege.elsewhere.unserved(f"http://x{number}.mallory.example:{9000 + number}/users/x", 1)
        answers.append(await siege.deliver(activity("Like", stranger.url, siege.listing.url), key=stranger.key))
    assert [one.status for one in answers] == [401] * 3 + [429] * 9
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert await siege.town.read(_records) <= 4
    # Whom we know is heard all the same, wherever the flood comes from.
    assert (await siege.deliver(activity("Like", known.url, siege.listing.url), key=known.key)).status == 202


async def test_b32_actors_of_hosts_that_answer(besiege: Besiege) -> None:
    """Names are free there too: no more are met than one address may introduce, and nothing of them stays for ever."""
    siege = await besiege(limits=Limits(inbox_strangers=4))
    before = await siege.town.read(_actors_and_keys)
    answers = []
    for number in range(8):
        stranger = siege.elsewhere.person("mallory", f"x{number}", 1)
        answers.append((await siege.deliver(b'{"id": NaN}', key=stranger.key)).status)
    assert answers == [400] * 4 + [429] * 4
    met = await siege.town.read(_actors_and_keys)
    assert (met[0] - before[0], met[1] - before[1]) == (4, 4)
    await siege.town.store.write(_a_month_later)
    assert await siege.town.store.write(strangers.forget_actors) == 4
    await siege.town.store.write(strangers.forget_peers)
    assert await siege.town.read(_actors_and_keys) == before
    assert await siege.town.read(_records) == 0


async def _actors_and_keys(tx: Tx) -> tuple[int, int]:
    found = [await tx.conn.scalar(select(func.count()).select_from(table)) for table in (actor, key)]
    return int(found[0] or 0), int(found[1] or 0)


async def _a_month_later(tx: Tx) -> None:
    ago = tx.now - timedelta(days=31)
    await tx.conn.execute(update(actor).where(actor.c.is_local.is_(False)).values(created_at=ago, fetched_at=ago))
    await tx.conn.execute(update(peer).values(created_at=ago, last_seen_at=ago, last_ok_at=ago))


async def _records(tx: Tx) -> int:
    keys = await tx.conn.scalar(select(func.count()).select_from(unreachable_key))
    peers = await tx.conn.scalar(select(func.count()).select_from(peer))
    return int(keys or 0) + int(peers or 0)
