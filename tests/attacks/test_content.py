"""Content, B36–B39: what others write and draw, on the pages that members open."""

import io
import json
import struct
import zlib
from urllib.parse import urlencode

import pytest
from PIL import Image
from sqlalchemy import select

from fedivoisin.errors import Refused
from fedivoisin.settings import Limits
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.listings import remote_media
from tests.attacks.browser import Browser, assert_harmless, signed_in
from tests.attacks.conftest import Besiege
from tests.attacks.elsewhere import Peer, activity, note, offer
from tests.attacks.siege import Siege

pytestmark = pytest.mark.slow

SCRIPT = "</title></textarea>\"'><script>alert(1)</script><img src=x onerror=alert(1)>"
HOSTILE = (
    f"<p>{SCRIPT}</p><a href='javascript:alert(1)' onclick='x()'>un</a><a href=' java\tscript:x'>deux</a>"
    "<a href='data:text/html,<script>x</script>'>trois</a><svg onload=alert(1)><style>*{display:none}</style>"
    "<iframe src='https://evil.example'></iframe><base href='https://evil.example/'><form action='//evil.example'>"
    "<p style='position:fixed'>x</p><math><a xlink:href='javascript:x'>y</a></math>"
)


async def test_b36_script_by_name_description_tag_and_link(siege: Siege) -> None:
    hostile = {
        "name": SCRIPT,
        "preferredUsername": 'a"><script>alert(1)</script>',
        "summary": HOSTILE,
        "url": "javascript:alert(1)",
        "icon": {"type": "Image", "url": "javascript:alert(1)"},
        "attachment": [{"type": "PropertyValue", "name": SCRIPT, "value": HOSTILE}],
    }
    peer = siege.elsewhere.person("mallory", "mallory", 1, **hostile)
    await siege.follow(peer)
    listing = offer(
        peer.url,
        f"{peer.origin}/items/1",
        content=f"<p><strong>{SCRIPT}</strong></p>{HOSTILE}",
        name=SCRIPT,
        contentMap={'"><script>alert(1)</script>': HOSTILE},
        url=[{"type": "Link", "mediaType": "text/html", "href": "javascript:alert(1)"}],
        tag=[{"type": "Hashtag", "name": f"#{SCRIPT}", "href": "javascript:alert(1)"}],
        location={"type": "Place", "name": SCRIPT, "latitude": 47.2, "longitude": -1.5},
        publishes={"type": "Intent", "name": SCRIPT, "action": "transfer", "resourceConformsTo": "javascript:x"},
        attachment=[{"type": "Image", "mediaType": "image/png", "url": "https://x.example/a.png", "name": SCRIPT}],
        **{"fv:availability": SCRIPT},
    )
    assert await siege.outcome(activity("Create", peer.url, listing), key=peer.key) == "done"
    known = await siege.known(listing["id"])
    assert known is not None
    browser = await signed_in(siege, siege.awa)
    for path in ("/annonces", f"/annonces/{known.id}", "/annonces?q=%3Cscript%3Ealert(1)%3C/script%3E", "/abonnements"):
        assert_harmless(await browser.open(path))
    points = await browser.open("/annonces/carte")
    assert b"<script>alert" not in points.body or "json" in points.headers["Content-Type"]


async def test_b36_script_in_messages_and_questions(siege: Siege, mallory: Peer) -> None:
    about = {"inReplyTo": siege.listing.url, "content": HOSTILE, "summary": SCRIPT, "name": SCRIPT}
    private = note(mallory.url, f"{mallory.origin}/notes/1", **about, to=[siege.awa_url])
    said = activity("Create", mallory.url, private, to=[siege.awa_url])
    assert await siege.outcome(said, key=mallory.key) == "done"
    public = note(mallory.url, f"{mallory.origin}/notes/2", **about)
    assert await siege.outcome(activity("Create", mallory.url, public), key=mallory.key) == "done"
    flag = activity("Flag", mallory.url, [siege.listing.url], content=HOSTILE)
    assert await siege.outcome(flag, key=mallory.key) == "done"
    browser = await signed_in(siege, siege.awa)
    inside = await browser.open("/echanges")
    assert_harmless(inside)
    thread = inside.body.decode().split('href="/echanges/')[1].split('"')[0]
    assert_harmless(await browser.open(f"/echanges/{thread}"))
    assert_harmless(await browser.open(f"/annonces/{siege.listing.id}"))
    staff = await signed_in(siege, siege.town.admin)
    assert_harmless(await staff.open("/moderation"))


async def test_b36_script_by_our_own_members(siege: Siege) -> None:
    published = await siege.town.publish(siege.awa, "x" + SCRIPT[:150], text=HOSTILE, availability=SCRIPT[:100])
    visitor = Browser(siege)
    for path in ("/annonces", f"/annonces/{published.id}", "/@awa"):
        assert_harmless(await visitor.open(path))
    document = await siege.get(published.url.removeprefix(siege.town.origin), {"Accept": "application/activity+json"})
    assert "json" in document.headers["Content-Type"]
    assert document.headers["X-Content-Type-Options"] == "nosniff"
    content = json.loads(document.body)["content"]  # what others will show as HTML; the rest is plain text
    assert "<script" not in content
    assert "<svg" not in content
    for path in ("/annonces?q=", "/connexion?suite=", "/code?code=", "/annonces?dit=", "/signaler?annonce="):
        answer = await visitor.open(f"{path}%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
        assert b"<script>alert" not in answer.body, path


async def test_b37_hostile_images(siege: Siege) -> None:
    good = _picture()
    hostile = {
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        "html": b"<html><script>alert(1)</script>",
        "gif": b"GIF89a/*" + b"\x00" * 100 + b"*/=alert(1)",
        "bomb": _png_of(60_000, 60_000),
        "truncated": good[: len(good) // 2],
        "ffconcat": b"ffconcat version 1.0\nfile file:///etc/passwd",
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) (r) file",
        "empty": b"",
    }
    encode = siege.town.world.encode_image
    for name, body in hostile.items():
        with pytest.raises(Refused):
            await encode(body, max_side=1600, max_pixels=24_000_000)
        assert name
    polyglot = await encode(good + b"<script>alert(1)</script>PK\x03\x04", max_side=1600, max_pixels=24_000_000)
    assert polyglot.body[:4] == b"RIFF"
    assert b"script" not in polyglot.body  # drawn anew: nothing of the file is left but its pixels


async def test_b37_hostile_images_of_other_towns(siege: Siege, mallory: Peer) -> None:
    await siege.follow(mallory)
    urls = [f"{mallory.origin}/pictures/{number}" for number in range(3)]
    siege.elsewhere.serve(urls[0], b"<svg onload='alert(1)'/>", kind="image/svg+xml")
    siege.elsewhere.serve(urls[1], b"<script>alert(1)</script>", kind="image/png")
    siege.elsewhere.serve(urls[2], _png_of(50_000, 50_000), kind="image/webp")
    images = [{"type": "Image", "mediaType": "image/webp", "url": url} for url in urls]
    listing = offer(mallory.url, f"{mallory.origin}/items/1", attachment=images)
    assert await siege.outcome(activity("Create", mallory.url, listing), key=mallory.key) == "done"

    async def failed(tx: Tx) -> list[str]:
        rows = await tx.conn.execute(select(remote_media.c.public_id).where(remote_media.c.state == "failed"))
        found = list(rows.scalars())
        return found if len(found) == len(urls) else []

    for name in await siege.town.eventually(failed, that="the refused pictures"):
        assert (await siege.get(f"/media-distant/{name}")).status == 404
    known = await siege.known(listing["id"])
    assert known is not None
    page = await Browser(siege).open(f"/annonces/{known.id}")
    assert_harmless(page)
    assert mallory.origin.encode() + b"/pictures" not in page.body  # no browser is sent to them either


def _padded(body: bytes, size: int) -> bytes:
    return body + b"\0" * (size - len(body))  # behind its end: the picture is the same


async def test_b37_images_posted_by_members(besiege: Besiege) -> None:
    """On a running instance: what is hostile is refused beside its field; just within the limits is taken."""
    siege = await besiege(limits=Limits(picture=20_000, picture_pixels=64 * 48))
    awa = await signed_in(siege, siege.awa)

    async def sent(body: bytes) -> int:
        return (await awa.upload("/moi/profil", "pictures", body, display_name="Awa")).status

    async def portrait() -> str | None:
        return (await siege.town.actor(siege.awa_url)).icon_url

    within, beyond = _picture(64, 48), _picture(64, 49)
    for body in (b"<svg onload='alert(1)'/>", b"GIF89a", _png_of(60_000, 60_000), within[:60], beyond):
        assert await sent(body) == 422
    assert await sent(_padded(within, 20_001)) == 413
    assert await portrait() is None
    assert await sent(within) == 303
    first = await portrait()
    assert await sent(_padded(within, 20_000)) == 303
    second = await portrait()
    assert None not in (first, second)
    assert first != second
    stranger = Browser(siege)
    await stranger.open("/connexion")
    assert (await stranger.upload("/connexion", "pictures", within)).status == 413  # not even read


async def test_b37_images_of_other_towns_just_within_and_beyond(besiege: Besiege) -> None:
    siege = await besiege(limits=Limits(remote_picture=20_000, remote_picture_pixels=64 * 48))
    mallory = siege.elsewhere.person("mallory", "mallory", 1)
    await siege.follow(mallory)
    within, beyond = _picture(64, 48), _picture(64, 49)
    bodies = {
        "within": within,
        "pixels": beyond,
        "bytes-within": _padded(within, 20_000),
        "bytes": _padded(within, 20_001),
    }
    for name, body in bodies.items():
        siege.elsewhere.serve(f"{mallory.origin}/{name}", body, kind="image/png")
    images = [{"type": "Image", "mediaType": "image/png", "url": f"{mallory.origin}/{name}"} for name in bodies]
    listing = offer(mallory.url, f"{mallory.origin}/items/1", attachment=images)
    assert await siege.outcome(activity("Create", mallory.url, listing), key=mallory.key) == "done"

    async def tried(tx: Tx) -> dict[str, str]:
        rows = await tx.conn.execute(select(remote_media.c.url, remote_media.c.state, remote_media.c.attempts))
        # One that is too long is asked for again, later: it may be another by then.
        over = {row.url.rpartition("/")[2]: row.state for row in rows if row.state != "waiting" or row.attempts}
        return over if len(over) == len(bodies) and "waiting" not in (over["within"], over["bytes-within"]) else {}

    ended = await siege.town.eventually(tried, that="the pictures")
    assert (ended["within"], ended["bytes-within"], ended["pixels"]) == ("kept", "kept", "failed")
    assert ended["bytes"] != "kept"


async def test_b38_path_traversal(siege: Siege) -> None:
    ways = (
        "../nantes.db",
        "..%2fnantes.db",
        "..%252fnantes.db",
        "%2e%2e/%2e%2e/etc/passwd",
        "..\\..\\etc\\passwd",
        "....//....//etc/passwd",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "ab/cd/../../../nantes.db",
        "ab/cd/%00.webp",
        "file:///etc/passwd",
        "..;/nantes.db",
    )
    for root in ("/media/", "/static/", "/media-distant/", "/users/", "/annonces/", "/groups/", "/messages/"):
        for way in ways:
            answer = await siege.get(f"{root}{way}", {"Accept": "text/html"})
            assert answer.status in (303, 400, 403, 404, 405), root + way
            assert b"SQLite" not in answer.body[:20]
            assert b"root:" not in answer.body


async def test_b39_open_redirections(siege: Siege) -> None:
    targets = (
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "/%09/evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "///evil.example",
        "/@evil.example/..//evil.example",
        " //evil.example",
    )
    browser = await signed_in(siege, siege.awa)
    for target in targets:
        for answer in (
            await browser.open(f"/connexion?{_query(suite=target)}"),
            await browser.post("/theme", suite=target, theme="dark", retour=target),
            await browser.post("/langue", suite=target, language="fr", retour=target),
        ):
            place = answer.headers.get("Location", "/")
            assert place.startswith("/"), (target, place)
            assert not place.startswith(("//", "/\\", "/\t", "/\n")), (target, place)


async def test_b39_link_text_that_hides_where_it_leads(siege: Siege, mallory: Peer) -> None:
    """Peers hide parts of a link by classes of theirs: here everything of it is shown, and no class is kept."""
    await siege.follow(mallory)
    content = (
        "<p><strong>Échelle</strong></p><p><a href='https://evil.example/' class='invisible'>"
        "<span class='invisible'>https://evil.example/?</span><span class='ellipsis'>banque.fr</span></a>"
        "<a href='https://evil.example/\u202efr.euqnab'>x\u202ey</a></p>"
    )
    listing = offer(mallory.url, f"{mallory.origin}/items/1", content=content)
    assert await siege.outcome(activity("Create", mallory.url, listing), key=mallory.key) == "done"
    known = await siege.known(listing["id"])
    assert known is not None
    page = (await Browser(siege).open(f"/annonces/{known.id}")).body.decode()
    assert "invisible" not in page
    assert "ellipsis" not in page
    assert "\u202e" not in page
    assert "banque.fr [evil.example]" in page.split("<main")[1]
    assert not [link for link in page.split("<a ")[1:] if "evil.example" in link.split(">")[0]]


def _query(**fields: str) -> str:
    return urlencode(fields)


def _picture(width: int = 64, height: int = 48) -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (width, height), (120, 90, 60)).save(kept, "PNG")
    return kept.getvalue()


def _png_of(width: int, height: int) -> bytes:
    """A PNG that says it is that large, in a few bytes."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"\x00" * 1000)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body
