"""The legal pages say what the first run was told, in both languages; theme and language are kept."""

from collections.abc import AsyncIterator

import pytest

from fedivoisin.store import accounts
from fedivoisin.store.db import Store, Tx
from tests.browsing import Browser, browsers
from tests.fakes import FakeWorld
from tests.makers import put_account, put_member, put_neighbourhood

LEGAL = {
    "form": "association-1901",
    "name": "Les voisins de Doulon",
    "address": "1 rue du Port",
    "number": "W442000000",
    "publisher": "Awa Diop",
    "host_name": "Un hébergeur",
    "host_address": "2 rue des Serveurs",
    "host_telephone": "03 20 00 00 00",
}
PAGES = ("/mentions-legales", "/cgu", "/confidentialite", "/accessibilite", "/aide")


@pytest.fixture
def database_kind() -> str:
    """Pages ask the store, which is tested on both databases: once is enough here."""
    return "sqlite"


@pytest.fixture
async def site(store: Store, world: FakeWorld) -> AsyncIterator[list[Browser]]:
    """A founded neighbourhood, and Awa."""

    async def put(tx: Tx) -> None:
        await put_neighbourhood(
            tx,
            origin="http://doulon.localhost",
            legal=LEGAL,
            contact_email="bonjour@x.example",
            help_name="Awa",
            help_telephone="02 61 91 00 12",
        )
        await put_account(tx, await put_member(tx, "awa"))

    await store.write(put)
    async with browsers(store, world, 2) as opened:
        yield opened


async def test_the_notice_names_publisher_and_host(site: list[Browser]) -> None:
    page = await site[0].get("/mentions-legales")
    for words in (*(value for key, value in LEGAL.items() if key != "form"), "loi du 1er juillet 1901", "bonjour@"):
        assert words in page.text


@pytest.mark.parametrize("path", PAGES)
async def test_each_page_exists_in_both_languages(site: list[Browser], path: str) -> None:
    french = await site[0].get(path, **{"Accept-Language": "fr"})
    english = await site[0].get(path, **{"Accept-Language": "en"})
    assert french.status == english.status == 200
    assert 'lang="fr"' in french.html
    assert 'lang="en"' in english.html
    assert "Samedi 14 mars 2026" in french.text
    assert "Saturday 14 March 2026" in english.text
    assert "bonjour@x.example" in english.text or path == "/aide"


async def test_the_privacy_page_says_when_a_map_asks_another_site(site: list[Browser]) -> None:
    assert "Aucune page ne demande quoi que ce soit à un autre site." in (await site[0].get("/confidentialite")).text


async def test_an_unset_answer_breaks_no_page(store: Store, world: FakeWorld) -> None:
    async def put(tx: Tx) -> None:
        await put_neighbourhood(tx, origin="", tiles="https://tuiles.example/{z}/{x}/{y}.png")

    await store.write(put)
    async with browsers(store, world, 1) as opened:
        for path in PAGES:
            assert (await opened[0].get(path)).status == 200


async def test_a_visitor_keeps_theme_and_language_in_the_browser(site: list[Browser]) -> None:
    visitor = site[0]
    await visitor.get("/aide")
    dark = await visitor.send("/theme", {"theme": "dark", "suite": "/aide"})
    assert 'data-theme="dark"' in dark.html
    english = await visitor.send("/langue", {"langue": "en", "suite": "/aide"})
    assert 'lang="en"' in english.html
    odd = await visitor.send("/theme", {"theme": "rose", "suite": "/aide"})
    assert "data-theme" not in odd.html


async def test_a_member_keeps_them_with_the_account(site: list[Browser], store: Store) -> None:
    awa = site[1]
    await awa.sign_in("awa")
    await awa.send("/theme", {"theme": "dark", "suite": "/aide"})
    page = await awa.send("/langue", {"langue": "en", "suite": "/aide"})
    assert 'lang="en"' in page.html
    assert 'data-theme="dark"' in page.html
    async with store.read() as tx:
        account = await accounts.by_sign_in_name(tx, "awa")
    assert account is not None
    assert (account.language, account.theme) == ("en", "dark")


async def test_a_preference_never_leads_to_another_site(site: list[Browser]) -> None:
    await site[0].get("/aide")
    answer = await site[0].post("/theme", {"theme": "dark", "suite": "https://mechant.example"})
    assert answer.location == "/"
