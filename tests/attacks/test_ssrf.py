"""SSRF, B19–B24: every way out of the program, led towards what is not on the public internet."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from sqlalchemy import select, update

from fedivoisin.actions import following
from fedivoisin.activitypub.routes import reception_for
from fedivoisin.activitypub.wire.keys import PrivateKey
from fedivoisin.adapters.network import Network
from fedivoisin.adapters.tracing import Reached, Tracer
from fedivoisin.errors import BadActivity, Refused, Unreachable
from fedivoisin.store import actors, follows
from fedivoisin.store.actors import RemoteActor
from fedivoisin.store.db import Tx
from fedivoisin.store.lookups import Lookup
from fedivoisin.store.schema.actors import lookup
from fedivoisin.store.schema.federation import delivery, peer
from fedivoisin.store.schema.listings import remote_media
from fedivoisin.workers import hosts
from fedivoisin.world import Response, World
from tests.attacks.conftest import Besiege
from tests.attacks.elsewhere import Peer, activity, offer
from tests.attacks.siege import Siege

pytestmark = pytest.mark.slow

LITERALS = (
    "127.0.0.1",
    "10.0.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "0.0.0.0",
    "100.64.0.1",
    "224.0.0.1",
    "[::]",
    "[::1]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[fe80::1]",
    "[fd00::1]",
)
"""B19 and B21: loopback, private, link-local, shared, multicast, and the ways to write an IPv4 address in IPv6."""
NUMBERS = ("2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1.", "0", "127.0.0.1%00", "①②⑦.0.0.1")
FORBIDDEN = "forbidden-address"


@dataclass(slots=True)
class Canary:
    """A service on loopback that lab mode does not list: nobody may ever connect to it."""

    port: int
    touched: list[str] = field(default_factory=list[str])

    @property
    def origins(self) -> tuple[str, ...]:
        """Ways to say where it is."""
        names = ("127.0.0.1", "localhost", "canary.localhost", "mallory.localhost", "nantes.localhost")
        numbers = ("[::ffff:127.0.0.1]", "0.0.0.0", "0x7f.1", "2130706433")
        return tuple(f"http://{name}:{self.port}" for name in (*names, *numbers))


@pytest.fixture
async def canary() -> AsyncIterator[Canary]:
    found = Canary(0)

    async def touched(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.touched.append("touched")
        writer.close()

    server = await asyncio.start_server(touched, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    server.close()
    assert found.touched == []


async def test_b19_b21_keys_and_actors_at_forbidden_addresses(siege: Siege, mallory: Peer, canary: Canary) -> None:
    said = activity("Follow", mallory.url, siege.group_url)
    origins = (*(f"https://{literal}" for literal in LITERALS), *canary.origins)
    async with siege.unchanged():
        for origin in origins:
            key = PrivateKey(f"{origin}/users/x#main-key", mallory.key.key)
            answer = await siege.deliver(said, key=key)
            assert answer.refusal in ((401, FORBIDDEN), (401, "bad-key-id")), origin
        for number in NUMBERS:
            key = PrivateKey(f"https://{number}/users/x#main-key", mallory.key.key)
            assert (await siege.deliver(said, key=key)).status in (400, 401), number


async def test_b19_b21_documents_at_forbidden_addresses(siege: Siege, mallory: Peer, canary: Canary) -> None:
    origins = (*(f"https://{literal}" for literal in LITERALS), *canary.origins)
    await siege.follow(mallory)
    async with siege.unchanged():
        for origin in origins:
            said = activity("Create", mallory.url, f"{origin}/items/1")
            assert await siege.outcome(said, key=mallory.key) in (FORBIDDEN, "bad-object", "bad-url"), origin


async def test_b19_redirections_to_forbidden_addresses(siege: Siege, mallory: Peer, canary: Canary) -> None:
    others = ("file:///etc/passwd", "gopher://127.0.0.1:1/x", "ftp://127.0.0.1/", "//127.0.0.1/", "https://127.0.0.1/")
    targets = (*(f"{origin}/admin" for origin in canary.origins), *others)
    await siege.follow(mallory)
    async with siege.unchanged():
        for number, target in enumerate(targets):
            url = f"{mallory.origin}/go/{number}"
            siege.elsewhere.redirect(url, target)
            said = activity("Create", mallory.url, url)
            outcome = await siege.outcome(said, key=mallory.key)
            assert outcome in (FORBIDDEN, "redirect-to-other-scheme", "bad-url"), target


@dataclass(slots=True)
class Names(AbstractResolver):
    """A name server in the attacker's hands: every name has the addresses that come next."""

    answers: list[str]
    asked: list[str] = field(default_factory=list[str])

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        self.asked.append(host)
        return [_resolved(host, port, one) for one in self.answers]

    async def close(self) -> None:
        pass


async def test_b19_b20_names_that_lead_to_forbidden_addresses(besiege: Besiege) -> None:
    """The address is checked when the connection is made: what a name meant a moment before plays no part."""
    names = Names([])
    siege = await besiege(doors=lambda world: _with_names(world, names))
    mallory = siege.elsewhere.person("mallory", "mallory")
    await siege.follow(mallory)
    async with siege.unchanged():
        for number, literal in enumerate(LITERALS):
            names.answers = [literal.strip("[]"), "127.0.0.1"]
            said = activity("Create", mallory.url, f"https://rebound-{number}.example/items/1")
            assert await siege.outcome(said, key=mallory.key) == FORBIDDEN, literal
    assert [name for name in names.asked if "rebound" in name] == [
        f"rebound-{number}.example" for number in range(len(LITERALS))
    ]  # once each


@dataclass(slots=True)
class Rebinding(AbstractResolver):
    """A name server in the attacker's hands that says something else at each question, and at last always the same."""

    turns: list[list[str]]
    asked: int = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        answers = self.turns[min(self.asked, len(self.turns) - 1)]
        self.asked += 1
        return [_resolved(host, port, one) for one in answers]

    async def close(self) -> None:
        pass


@pytest.fixture
async def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that somebody tries to connect to: none of them answers, and nothing leaves this machine."""
    found: list[str] = []

    async def connect(_: socket.socket, address: tuple[str, int]) -> None:
        found.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", connect)
    return found


PUBLIC, OTHER_PUBLIC = "93.184.216.34", "1.1.1.1"


@pytest.mark.parametrize("literal", ["127.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("is_post", [False, True], ids=["get", "post"])
async def test_b20_a_name_that_means_something_else_at_the_next_question(
    called: list[str], literal: str, is_post: bool
) -> None:
    """However often it was on the public internet before, what it means now is what counts."""
    names = Rebinding([[PUBLIC], [PUBLIC], [literal]])
    network = Network(resolver=lambda: names)

    async def go() -> Response:
        if is_post:
            return await network.post("https://rebound.example/inbox", body=b"{}", headers={})
        return await network.fetch("https://rebound.example/", accept="*/*", max_bytes=10)

    for number in (1, 2):
        with pytest.raises(Unreachable):
            await go()
        assert (names.asked, called) == (number, [PUBLIC] * number)  # one question for each way out
    for _ in range(3):
        with pytest.raises(BadActivity, match=FORBIDDEN):
            await go()
    assert called == [PUBLIC] * 2
    await network.close()


@pytest.mark.parametrize("literal", ["127.0.0.1", "10.0.0.1", "::1", "64:ff9b::7f00:1"])
async def test_b20_public_addresses_among_which_one_is_not(called: list[str], literal: str) -> None:
    for answers in ([PUBLIC, literal], [literal, PUBLIC], [PUBLIC, literal, OTHER_PUBLIC], [literal, literal]):
        called.clear()
        network = Network(resolver=partial(Names, answers))
        with pytest.raises((Unreachable, BadActivity)):
            await network.fetch("https://mixed.example/", accept="*/*", max_bytes=10)
        assert set(called) == {PUBLIC, OTHER_PUBLIC} & set(answers)
        await network.close()


async def test_b22_the_tracer_of_the_federation_check(called: list[str], canary: Canary) -> None:
    """`federation check` has a client of its own, which goes where the guarded one goes and nowhere else."""
    for literal in (one.strip("[]") for one in LITERALS):
        found = await Tracer(resolver=partial(Names, [literal])).trace("https://x.example/")
        assert found == [Reached(literal, FORBIDDEN)], literal
    for origin in canary.origins:
        with suppress(BadActivity):  # what is no address of a host is not even looked up
            assert {one.fault for one in await Tracer().trace(origin)} == {"forbidden-port"}, origin
    assert called == []
    names = Rebinding([[PUBLIC, "127.0.0.1"], ["127.0.0.1"]])
    tracer = Tracer(resolver=lambda: names)
    first, second = await tracer.trace("https://rebound.example/"), await tracer.trace("https://rebound.example/")
    assert first == [Reached(PUBLIC, "connection-refused"), Reached("127.0.0.1", FORBIDDEN)]
    assert second == [Reached("127.0.0.1", FORBIDDEN)]
    lab = Tracer(lab_hosts=frozenset({"peer.test"}), resolver=lambda: Names(["10.0.0.1"]))
    assert await lab.trace("http://peer.test/") == [Reached("10.0.0.1", FORBIDDEN)]
    assert called == [PUBLIC]


async def test_b22_webfinger(siege: Siege, mallory: Peer, canary: Canary) -> None:
    async with siege.unchanged():
        for origin in canary.origins:
            host = origin.removeprefix("http://")
            assert await _looked_up(siege, f"@x@{host}") in (FORBIDDEN, "bad-url", "address-wrong", "not-typed"), host
            assert await _looked_up(siege, f"{origin}/users/x") in (
                FORBIDDEN,
                "bad-url",
                "address-unreadable",
                "not-typed",
            ), origin
        for number, origin in enumerate((*canary.origins, "https://127.0.0.1", "https://[::1]")):
            link = {"rel": "self", "type": "application/activity+json", "href": f"{origin}/users/x"}
            resource = f"acct%3Ax{number}%40mallory.localhost%3A{siege.elsewhere.port}"
            url = f"{mallory.origin}/.well-known/webfinger?resource={resource}"
            subject = f"acct:x{number}@mallory.localhost:{siege.elsewhere.port}"
            siege.elsewhere.serve(url, {"subject": subject, "links": [link]}, kind="application/jrd+json")
            asked = await _looked_up(siege, f"@x{number}@mallory.localhost:{siege.elsewhere.port}")
            assert asked in (FORBIDDEN, "bad-url", "bad-webfinger"), origin


async def test_b22_nodeinfo(siege: Siege, mallory: Peer, canary: Canary) -> None:
    """Of a host that we met, its links and its redirections."""
    assert await siege.outcome(activity("Like", mallory.url, siege.listing.url), key=mallory.key) == "done"
    well_known = f"{mallory.origin}/.well-known/nodeinfo"
    rel = "http://nodeinfo.diaspora.software/ns/schema/2.0"
    reception = reception_for(siege.town.settings, siege.town.store, siege.town.world)
    for target in (f"{canary.origins[0]}/nodeinfo", "https://127.0.0.1/nodeinfo", "file:///etc/passwd"):
        siege.elsewhere.serve(well_known, {"links": [{"rel": rel, "href": target}]}, kind="application/json")
        await _describe_again(siege)
        assert await hosts.describe_new(reception) == 1
    siege.elsewhere.redirect(well_known, f"{canary.origins[0]}/nodeinfo")
    await _describe_again(siege)
    assert await hosts.describe_new(reception) == 1
    assert siege.elsewhere.gets("nodeinfo").count(well_known) >= 4
    await reception.remote.close()


async def test_b22_an_inbox_elsewhere_than_its_actor(siege: Siege, mallory: Peer, canary: Canary) -> None:
    for number, origin in enumerate((*canary.origins, "https://127.0.0.1", "https://rennes.example")):
        peer_ = siege.elsewhere.person("mallory", f"x{number}", inbox=f"{origin}/inbox")
        said = activity("Follow", peer_.url, siege.group_url)
        async with siege.unchanged():
            assert (await siege.deliver(said, key=peer_.key)).status == 401, origin
        shared = siege.elsewhere.person("mallory", f"y{number}", endpoints={"sharedInbox": f"{origin}/inbox"})
        said = activity("Like", shared.url, siege.listing.url)
        assert await siege.outcome(said, key=shared.key) == "done"
        assert (await siege.town.actor(shared.url)).shared_inbox is None, origin


async def test_b22_deliveries_to_forbidden_inboxes(siege: Siege, canary: Canary) -> None:
    """Even where an inbox came into the database by another way: the door itself is guarded."""
    inboxes = [f"{origin}/inbox" for origin in (*canary.origins[:3], "https://127.0.0.1", "https://[::1]")]
    for number, address in enumerate(inboxes):
        row = RemoteActor(f"https://x{number}.example/users/x", "Person", f"x{number}.example", "x", address)
        await siege.town.store.write(_follower, row, siege.group_url)
    await siege.town.publish(siege.awa, "Une échelle")

    async def over(tx: Tx) -> dict[str, tuple[str, str]]:
        rows = await tx.conn.execute(select(delivery.c.inbox, delivery.c.outcome, delivery.c.error))
        found = {row.inbox: (row.outcome, row.error) for row in rows if row.outcome}
        return found if set(inboxes) <= set(found) else {}

    found = await siege.town.eventually(over, that="the refused deliveries")
    assert {found[address] for address in inboxes} == {("refused", FORBIDDEN)}


async def test_b22_the_outbox_of_a_group(siege: Siege, canary: Canary) -> None:
    for number, origin in enumerate(canary.origins[:4]):
        group = siege.elsewhere.person("mallory", f"g{number}", type="Group", outbox=f"{origin}/outbox")
        await siege.follow(group)
        assert await _ended(siege, f"{origin}/outbox") == FORBIDDEN


async def test_b22_b23_pictures(siege: Siege, mallory: Peer, canary: Canary) -> None:
    """Pictures are fetched by us, so their addresses are guarded; who looks at them cannot name one."""
    await siege.follow(mallory)
    siege.elsewhere.redirect(f"{mallory.origin}/go.webp", f"{canary.origins[0]}/x.webp")
    urls = [*(f"{origin}/x.webp" for origin in canary.origins[:2]), "https://127.0.0.1/x", f"{mallory.origin}/go.webp"]
    images = [{"type": "Image", "mediaType": "image/webp", "url": url} for url in urls]
    listing = offer(mallory.url, f"{mallory.origin}/items/1", attachment=images)
    assert await siege.outcome(activity("Create", mallory.url, listing), key=mallory.key) == "done"

    async def failed(tx: Tx) -> set[str]:
        rows = await tx.conn.execute(select(remote_media.c.url).where(remote_media.c.state == "failed"))
        found = set(rows.scalars())
        return found if len(found) == len(urls) else set()

    assert await siege.town.eventually(failed, that="the refused pictures") == set(urls)
    for parameter in (f"?url={canary.origins[0]}/", "?petite&url=file:///etc/passwd", ""):
        for name in ("http%3A%2F%2F127.0.0.1%2F", "..%2F..%2Fetc%2Fpasswd", "x"):
            assert (await siege.get(f"/media-distant/{name}{parameter}")).status == 404


async def test_b24_line_breaks_in_an_address(siege: Siege, mallory: Peer) -> None:
    """CR, LF, tabs, blanks and NUL in a URL would be headers or another path in the request that we send."""
    breaks = ("\r\nX-Injected: 1", "\n", "\r", "\t", " ", "\x00", "\u2028", "\u0085")
    await siege.follow(mallory)
    async with siege.unchanged():
        for one in breaks:
            said = activity("Create", mallory.url, f"{mallory.origin}/items/1{one}/x")
            answer = await siege.deliver(said, key=mallory.key)
            ended = answer.code if answer.status != 202 else await siege.ended(said["id"])
            assert ended in ("bad-object", "bad-url"), repr(one)
            said = activity("Like", mallory.url, siege.listing.url, id=f"{mallory.origin}/said/x{one}")
            assert (await siege.deliver(said, key=mallory.key)).status in (400, 403), repr(one)
    assert all("/items/" not in asked for asked in siege.elsewhere.gets()), siege.elsewhere.gets()


def _resolved(host: str, port: int, literal: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in literal else socket.AF_INET
    return ResolveResult(hostname=host, host=literal, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)


def _with_names(world: World, names: Names) -> World:
    network = Network(lab_hosts=frozenset({"mallory.localhost"}), resolver=lambda: names)
    return replace(world, fetch=network.fetch, post=network.post)


async def _looked_up(siege: Siege, typed: str) -> str:
    """What becomes of an address that Awa types: why it leads nowhere."""
    try:
        asked = await siege.town.store.write(following.follow_address, member_id=siege.awa, typed=typed)
    except Refused as refused:
        return refused.reason.value
    assert isinstance(asked, Lookup)
    return await _ended(siege, asked.query)


async def _ended(siege: Siege, query: str) -> str:
    async def look(tx: Tx) -> str | None:
        row = select(lookup.c.reason).where(lookup.c.query == query, lookup.c.state == "failed")
        return await tx.conn.scalar(row)

    found = await siege.town.eventually(look, that=f"the end of the look-up of {query}")
    assert found is not None
    return found


async def _describe_again(siege: Siege) -> None:
    async def forget(tx: Tx) -> None:
        await tx.conn.execute(update(peer).values(nodeinfo_at=None))

    await siege.town.store.write(forget)


async def _follower(tx: Tx, row: RemoteActor, followed_url: str) -> None:
    follower, followed = await actors.keep_remote(tx, row), await actors.by_url(tx, followed_url)
    assert followed is not None
    await follows.put(
        tx,
        follow_id=tx.new_id(),
        follower_id=follower.id,
        followed_id=followed.id,
        activity_url=f"{row.url}/said/1",
        state="accepted",
    )
