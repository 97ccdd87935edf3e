"""What programs read: only what is public, in forms they understand."""

from collections.abc import AsyncIterator
from xml.etree import ElementTree as ET

import pytest

from fedivoisin.market.listing import State
from fedivoisin.store import listings
from fedivoisin.store.db import Store, Tx
from tests.browsing import Browser, browsers
from tests.fakes import START, FakeWorld
from tests.makers import a_listing, put_actor, put_member, put_neighbourhood

SITE = "http://doulon.localhost"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def database_kind() -> str:
    """Pages ask the store, which is tested on both databases: once is enough here."""
    return "sqlite"


@pytest.fixture
async def visitor(store: Store, world: FakeWorld) -> AsyncIterator[Browser]:
    """Listings of each sort: two public ones, and four that feeds must not show."""

    async def put(tx: Tx) -> None:
        await put_neighbourhood(tx, origin=SITE)
        await put_member(tx, "awa")
        mael = await put_actor(tx, "mael", host="rennes.example")
        await listings.insert(tx, a_listing(1))
        await listings.insert(
            tx, a_listing(2, title="Table <b>ronde</b> & chaises", category="maison/meubles", state=State.RESERVED)
        )
        await listings.insert(tx, a_listing(3, title="Cachée", hidden_at=START, hidden_reason="x"))
        await listings.insert(tx, a_listing(4, title="Entre amis", reach=2))
        await listings.insert(tx, a_listing(5, title="Effacée", deleted_at=START))
        await listings.insert(
            tx, a_listing(6, title="D’ailleurs", author=mael, is_local=False, url="https://rennes.example/6")
        )

    await store.write(put)
    async with browsers(store, world, 1) as opened:
        yield opened[0]


async def test_the_feed_shows_public_listings_of_ours(visitor: Browser) -> None:
    answer = await visitor.get("/annonces.atom")
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    feed = ET.fromstring(answer.html)
    titles = [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")]
    assert titles == ["Je prête\u00a0: Échelle double, 4 m", "[Réservé] Je prête\u00a0: Table <b>ronde</b> & chaises"]
    assert feed.findtext(f"{ATOM}title") == "Doulon, Nantes"
    first = feed.find(f"{ATOM}entry")
    assert first is not None
    assert first.findtext(f"{ATOM}author/{ATOM}name") == "Awa"
    links = [link.get("href") for link in first.iter(f"{ATOM}link")]
    assert links == ["http://doulon.localhost/annonces/listing-1"]
    assert "Elle monte au premier étage." in ET.tostring(first, encoding="unicode")


async def test_each_category_has_its_feed(visitor: Browser) -> None:
    feed = ET.fromstring((await visitor.get("/annonces/entraide.atom")).html)
    assert [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")] == [
        "Je prête\u00a0: Échelle double, 4 m"
    ]
    assert (await visitor.get("/annonces/cuisine-moleculaire.atom")).status == 404


async def test_an_empty_neighbourhood_has_a_valid_feed(store: Store, world: FakeWorld) -> None:
    async def put(tx: Tx) -> None:
        await put_neighbourhood(tx, origin="")

    await store.write(put)
    async with browsers(store, world, 1) as opened:
        feed = ET.fromstring((await opened[0].get("/annonces.atom")).html)
        robots = (await opened[0].get("/robots.txt")).html
    assert feed.findtext(f"{ATOM}updated")
    assert "Disallow: /\n" in robots


async def test_the_sitemap_names_public_listings(visitor: Browser) -> None:
    answer = await visitor.get("/sitemap.xml")
    found = [node.text for node in ET.fromstring(answer.html).iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert f"{SITE}/annonces/listing-1" in found
    assert f"{SITE}/mentions-legales" in found
    assert not any("listing-3" in (url or "") or "listing-4" in (url or "") for url in found)
    robots = (await visitor.get("/robots.txt")).html
    assert f"Sitemap: {SITE}/sitemap.xml" in robots
    assert "Disallow: /moderation" in robots


async def test_the_manifest_and_the_icon_stand_where_programs_look(visitor: Browser) -> None:
    answer = await visitor.get("/manifest.webmanifest")
    assert answer.headers["Content-Type"].startswith("application/manifest+json")
    assert '"short_name": "Doulon"' in answer.html
    assert (await visitor.get("/favicon.ico")).location.startswith("/static/")
    assert (await visitor.get("/couleurs.css")).html == ""


async def test_the_program_says_that_it_lives(visitor: Browser) -> None:
    assert (await visitor.get("/livez")).html == "ok\n"
