"""Journey 4: what Léo publishes in Nantes is seen by Maëlle in Rennes, and what they then tell each other."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import ROOT, Keep, OpenContext, each_way
from tests.browser.gestures import PATIENCE, fill, follow, open_page, press, readable_passwords, reads, sign_in
from tests.federation.towns import Town, a_town, free_socket

PICTURE = ROOT / "fedivoisin/web/static/icon-192.png"


@pytest.fixture
async def towns(tmp_path: Path, migrated: Path) -> AsyncIterator[tuple[Town, Town]]:
    """Nantes and Rennes, each with one person, on real HTTP between them."""
    sockets = {name: free_socket() for name in ("nantes", "rennes")}
    hosts = tuple(f"{name}.localhost:{one.getsockname()[1]}" for name, one in sockets.items())
    async with AsyncExitStack() as stack:
        opened: list[Town] = []
        for name, one in sockets.items():
            shutil.copyfile(migrated, tmp_path / f"{name}.db")
            town = a_town(name, one, tmp_path, hosts, doors=readable_passwords)
            opened.append(await stack.enter_async_context(town))
        nantes, rennes = opened
        await nantes.member("leo")
        await rennes.member("maelle", 2)
        yield nantes, rennes


async def _until(page: Page, shown: Callable[[], Awaitable[bool]], *, that: str) -> None:
    """Load the page again until it shows something that is on its way from the other town."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not await shown():
        assert asyncio.get_running_loop().time() < deadline, f"{that}: it never came"
        await page.wait_for_timeout(250)
        await page.reload()


async def _until_reads(page: Page, words: str) -> None:
    async def shown() -> bool:
        return await page.locator("main").get_by_text(words).count() > 0

    await _until(page, shown, that=words)


async def _publish(page: Page, origin: str, keep: Keep) -> str:
    """Three screens; the law of little jobs is read on the third. Gives the address of the listing."""
    await open_page(page, f"{origin}/publier")
    await page.locator("[name=kind][value=service]").check()
    await fill(page, title="Je répare les vélos d’enfant", text="Freins, chaînes, pneus. Le soir.")
    await page.locator("[name=pictures]").set_input_files(PICTURE)
    await fill(page, alt="Une maison bleue")
    await keep(page, "publish-1")
    await press(page, "Continuer")
    await page.locator("[name=category]").select_option("emploi/jobbing")
    await fill(page, price="12,50", place="Nantes", quarter="Doulon")
    await keep(page, "publish-2")
    await press(page, "Relire")
    await reads(page, "CESU")
    await press(page, "Publier")
    await reads(page, "Lisez le rappel de la loi, puis cochez la case.")
    await page.locator("[name=notice]").check()
    await keep(page, "publish-3")
    await press(page, "Publier")
    await reads(page, "C’est publié.")
    return page.url.partition("?")[0]


async def _follow_town(page: Page, rennes: Town, address: str, keep: Keep) -> None:
    await open_page(page, f"{rennes.origin}/quartier")
    await follow(page, "Suivre un autre quartier")
    await fill(page, address=address)
    await press(page, "Suivre")

    async def accepted() -> bool:
        known = await page.get_by_role("button", name="Ne plus suivre").count()
        return known > 0 and await page.get_by_text("Attend son accord").count() == 0

    await _until(page, accepted, that="the accepted follow")
    await keep(page, "following")


async def _edit(page: Page) -> None:
    await press(page, "Modifier")
    await expect(page.locator("[name=title]")).to_have_value("Je répare les vélos d’enfant")
    await fill(page, title="Je répare les vélos, petits et grands")
    await press(page, "Continuer")
    await press(page, "Relire")
    await page.locator("[name=notice]").check()
    await press(page, "Publier les changements")
    await reads(page, "Vos changements sont publiés.")


@each_way
async def test_an_offer_travels_from_nantes_to_rennes(
    towns: tuple[Town, Town], open_context: OpenContext, javascript: bool, keep_screenshot: Keep
) -> None:
    nantes, rennes = towns
    leo, maelle = [await (await open_context(javascript=javascript)).new_page() for _ in range(2)]
    await sign_in(leo, nantes.origin, "leo")
    await sign_in(maelle, rennes.origin, "maelle")
    await _follow_town(maelle, rennes, nantes.address, keep_screenshot)

    at_home = await _publish(leo, nantes.origin, keep_screenshot)
    await keep_screenshot(leo, "listing-of-mine")
    await open_page(maelle, f"{rennes.origin}/annonces?portee=reseau")
    await _until_reads(maelle, "Je répare les vélos d’enfant")
    await reads(maelle.locator("article").first, "Nantes, Nantes")
    await keep_screenshot(maelle, "list-with-other-town")
    await follow(maelle, "Je répare les vélos d’enfant")
    await reads(maelle, "Nantes, Nantes")
    await reads(maelle, "CESU")
    there = maelle.url
    await keep_screenshot(maelle, "listing-from-elsewhere")

    await _edit(leo)
    await _until_reads(maelle, "Je répare les vélos, petits et grands")

    await fill(maelle, text="Bonjour Léo, samedi matin vous irait ?")
    await press(maelle, "Répondre")
    await reads(maelle, "Votre message est parti.")
    await open_page(leo, f"{nantes.origin}/echanges")
    await _until_reads(leo, "samedi matin vous irait ?")
    await keep_screenshot(leo, "conversations")
    await follow(leo, "Maelle")
    await fill(leo, text="Oui, à 10 h devant l’école.")
    await press(leo, "Envoyer")
    await open_page(maelle, f"{rennes.origin}/echanges")
    await _until_reads(maelle, "devant l’école.")
    await follow(maelle, "Leo")
    await keep_screenshot(maelle, "conversation")

    await press(leo, "La réserver à Maelle")
    await open_page(leo, f"{nantes.origin}/echanges")
    await _until_reads(leo, "Rennes, Nantes")
    await open_page(maelle, there)
    await _until_reads(maelle, "Réservé")
    await open_page(leo, at_home)
    await follow(leo, "Supprimer")
    await press(leo, "Supprimer l’annonce")
    await reads(leo, "L’annonce est supprimée, ici et ailleurs.")

    async def gone() -> bool:
        answer = await maelle.goto(there)
        return answer is not None and answer.status in (404, 410)

    await _until(maelle, gone, that="the deletion")
    await keep_screenshot(maelle, "listing-gone")
