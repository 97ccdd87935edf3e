"""SSRF, B19–B24: every way out of the program, led towards what is not on the public internet."""

import pytest
from sqlalchemy import select, update

from fedivoisin.actions import following
from fedivoisin.activitypub.routes import reception_for
from fedivoisin.activitypub.wire.keys import PrivateKey
from fedivoisin.errors import Refused
from fedivoisin.store import actors, follows
from fedivoisin.store.actors import RemoteActor
from fedivoisin.store.db import Tx
from fedivoisin.store.lookups import Lookup
from fedivoisin.store.schema.actors import lookup
from fedivoisin.store.schema.federation import delivery, peer
from fedivoisin.store.schema.listings import remote_media
from fedivoisin.workers import hosts
from tests.attacks.elsewhere import Peer, activity, offer
from tests.attacks.forbidden import FORBIDDEN, LITERALS, Canary
from tests.attacks.siege import Siege

pytestmark = pytest.mark.slow

NUMBERS = ("2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1.", "0", "127.0.0.1%00", "①②⑦.0.0.1")


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
