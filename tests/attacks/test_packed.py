"""B33-B35: markup that nests, archives and packed bodies that swell."""

import gzip
import io
import json
import zipfile

import pytest

from fedivoisin.errors import Refused
from tests.attacks.elsewhere import Peer, activity, note
from tests.attacks.siege import Siege, at_most

pytestmark = pytest.mark.slow


async def test_b33_nested_tags_and_what_a_sanitiser_chokes_on(siege: Siege, mallory: Peer) -> None:
    contents = (
        "<b>" * 21_000,
        "<div>" * 13_000 + "x",
        "<table><td>" * 5_000,
        "<svg><p><style><g title='</style><img src=x onerror=alert(1)>'>" * 900,
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
        "\x00\ufffe\ud7ff<p \x00onclick=x>",
        "<a href='javascript&colon;alert(1)'>x</a>" * 1_000,
        "<!--" * 10_000,
        "<![CDATA[" * 7_000,
    )
    for number, content in enumerate(contents):
        told = note(mallory.url, f"{mallory.origin}/notes/{number}", content=content, inReplyTo=siege.listing.url)
        said = activity("Create", mallory.url, told)
        with at_most(3):
            assert await siege.outcome(said, key=mallory.key) == "done", content[:20]
    with at_most(3):
        page = await siege.get(f"/annonces/{siege.listing.id}", {"Accept": "text/html"})
    assert page.status == 200
    for mark in (b"onerror", b"onclick", b"<svg>", b"<math", b"javascript"):
        assert mark not in page.body.split(b"<main")[-1].split(b"</main")[0], mark


async def test_b34_a_zip_bomb(siege: Siege) -> None:
    """There is no import of archives yet: no address takes one, and where pictures are taken it is refused."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("followers.csv", b"0" * 20_000_000)
    async with siege.unchanged():
        for path in ("/import", "/importer", "/moi/import", "/inbox", "/users/awa/outbox", "/media/x.zip"):
            answer = await siege.request(
                "POST", path, headers={"Content-Type": "application/zip"}, body=packed.getvalue()
            )
            assert answer.status in (400, 404, 405), path
        with pytest.raises(Refused):
            await siege.town.world.encode_image(packed.getvalue(), max_side=1600, max_pixels=24_000_000)


async def test_b35_a_gzip_bomb_from_a_host_that_we_ask(siege: Siege, mallory: Peer) -> None:
    bomb = gzip.compress(b"[" + b"0," * 30_000_000)
    url = f"{mallory.origin}/users/bomb"
    forged = siege.elsewhere.unserved(url)
    siege.elsewhere.serve(url, bomb, headers={"Content-Encoding": "gzip"})
    async with siege.unchanged():
        with at_most(2):
            answer = await siege.deliver(activity("Like", url, siege.listing.url), key=forged.key)
        assert answer.refusal == (503, "key-unreachable")


async def test_b35_a_gzip_bomb_into_our_inbox(siege: Siege, mallory: Peer) -> None:
    plain = json.dumps(activity("Like", mallory.url, siege.listing.url)).encode() + b" " * 100_000_000
    bomb = gzip.compress(plain)
    async with siege.unchanged():
        for coding in ("gzip", "deflate", "br", "zstd", "gzip, gzip"):
            headers = siege.signed("POST", "/inbox", bomb, mallory.key)
            with at_most(2):
                answer = await siege.post(bomb, {**headers, "Content-Encoding": coding})
            assert answer.refusal == (415, "encoded"), coding
