"""Where people elsewhere learn how to follow a neighbourhood, or one of its categories."""

from collections.abc import AsyncIterator

import pytest

from fedivoisin.actions import groups
from fedivoisin.ids import ListingId
from fedivoisin.store import listings, neighbourhoods, pins
from fedivoisin.store.db import Store, Tx
from tests.browsing import Browser, browsers
from tests.fakes import START, FakeWorld, key_pair
from tests.makers import a_listing, put_member, put_neighbourhood

SITE = "http://doulon.localhost"


@pytest.fixture
def database_kind() -> str:
    """Pages ask the store, which is tested on both databases: once is enough here."""
    return "sqlite"


@pytest.fixture
async def site(store: Store, world: FakeWorld) -> AsyncIterator[Browser]:
    """Second-hand things have a Group; one of them stands, one of another category too."""

    async def put(tx: Tx) -> None:
        await put_neighbourhood(tx, origin=SITE, founded_at=START)
        await put_member(tx, "awa")
        await groups.open_category(tx, "vide-grenier", key_pair(3))
        await listings.insert(tx, a_listing(1, category="vide-grenier/sport"))
        await listings.insert(tx, a_listing(2, category="entraide/papiers", title="Déclaration d’impôts"))

    await store.write(put)
    async with browsers(store, world) as (opened,):
        yield opened


async def test_the_page_of_a_category_says_how_to_follow_it(site: Browser) -> None:
    page = await site.get("/quartiers/vide-grenier")
    assert page.status == 200
    assert "@vide-grenier@doulon.localhost" in page.text
    assert "0 abonné" in page.text
    assert "Échelle double, 4 m" in page.text
    assert "Déclaration d’impôts" not in page.text
    assert f'href="{SITE}/groups/vide-grenier"' in page.html
    assert "/annonces/vide-grenier.atom" in page.html


async def test_the_page_of_the_neighbourhood_lists_its_categories(site: Browser) -> None:
    page = await site.get("/quartier")
    assert "Vide-grenier : @vide-grenier@doulon.localhost" in page.text
    assert "/quartiers/vide-grenier" in page.html


async def test_the_group_of_the_neighbourhood_has_a_page_of_its_own(site: Browser) -> None:
    answer = await site.get("/quartiers/doulon")
    assert (answer.status, answer.location) == (303, "/quartier")
    for nothing in ("nothing", "awa"):
        assert (await site.get(f"/quartiers/{nothing}")).status == 404


async def test_the_list_of_a_category_leads_to_its_group(site: Browser) -> None:
    words = "Suivre cette rubrique depuis Mastodon : @vide-grenier@doulon.localhost"
    for category in ("vide-grenier", "vide-grenier/sport"):
        assert words in (await site.get(f"/annonces?categorie={category}&portee=reseau")).text
    assert "Suivre cette rubrique" not in (await site.get("/annonces?categorie=entraide&portee=reseau")).text
    assert "Suivre cette rubrique" not in (await site.get("/annonces?portee=reseau")).text


async def test_without_a_public_address_there_is_nothing_to_follow(site: Browser, store: Store) -> None:
    await store.write(neighbourhoods.change, origin="")
    page = await site.get("/quartiers/vide-grenier")
    assert "Ce quartier n’a pas encore d’adresse publique." in page.text
    assert "Suivre cette rubrique" not in (await site.get("/annonces?categorie=vide-grenier&portee=reseau")).text
    assert "@vide-grenier" not in (await site.get("/quartier")).text


async def test_what_is_first_in_its_category_stands_first_on_its_page(site: Browser, store: Store) -> None:
    await store.write(pins.put, ListingId("listing-1"), by="actor-awa")
    assert "À la une" in (await site.get("/quartiers/vide-grenier")).text
