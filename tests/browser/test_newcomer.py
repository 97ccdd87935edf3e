"""Journey 2: Léo comes by a flyer, two members sponsor him, and he may answer."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Keep, OpenContext, each_way
from tests.browser.gestures import (
    PASSWORD,
    fill,
    follow,
    open_page,
    press,
    readable_passwords,
    reads,
    reads_nowhere,
    sign_in,
)
from tests.federation.towns import Town, a_town, free_socket


@pytest.fixture
async def nantes(tmp_path: Path, migrated: Path) -> AsyncIterator[Town]:
    """One neighbourhood with Awa and Paul, who founded it."""
    shutil.copyfile(migrated, tmp_path / "nantes.db")
    async with a_town("nantes", free_socket(), tmp_path, (), doors=readable_passwords) as town:
        yield town


async def _flyer(page: Page, keep: Keep) -> str:
    """Awa makes one for her street, and reads its code."""
    await follow(page, "Inviter un voisin")
    await fill(page, street="boulangerie")
    await press(page, "Faire une affiche")
    code = await page.locator(".a5 .code").first.inner_text()
    await keep(page, "flyer")
    return code


async def _ask(page: Page, origin: str, code: str, keep: Keep) -> None:
    """Léo types the code in small letters and asks to come in."""
    await open_page(page, f"{origin}/code")
    await fill(page, code=code.lower().replace("-", " "))
    await press(page, "Continuer")
    await reads(page, "Awa vous invite.")
    await fill(page, display_name="Léo Martin", quartier="rue du Moutier", email="leo@example.org")
    await fill(page, words="Je suis arrivé en mai, je connais Awa et je prête une perceuse.")
    await fill(page, password=PASSWORD, again=PASSWORD)
    await press(page, "Demander à entrer")
    await reads(page, "Une chose est à corriger")
    await expect(page.locator("[name=display_name]")).to_have_value("Léo Martin")
    await page.locator("[name=charter]").check()
    await fill(page, password=PASSWORD, again=PASSWORD)
    await keep(page, "ask")
    await press(page, "Demander à entrer")
    await reads(page, "Votre demande est reçue.")


async def _sponsor(page: Page, origin: str) -> None:
    """From the list of those who ask; the promise must be accepted."""
    await open_page(page, f"{origin}/candidats")
    await reads(page, "Awa l’invite.")
    await follow(page, "Léo Martin")
    await page.locator("[name=charter]").check()
    await press(page, "Parrainer Léo Martin")


@each_way
async def test_a_newcomer_with_a_flyer_needs_two_sponsors(
    nantes: Town, open_context: OpenContext, javascript: bool, keep_screenshot: Keep
) -> None:
    for number, name in enumerate(("awa", "paul"), 1):
        await nantes.member(name, number)
    listing = await nantes.publish((await nantes.actor(f"{nantes.origin}/users/awa")).id)
    awa, paul, leo = [await (await open_context(javascript=javascript)).new_page() for _ in range(3)]
    await sign_in(awa, nantes.origin, "awa")
    await _ask(leo, nantes.origin, await _flyer(awa, keep_screenshot), keep_screenshot)
    await reads(leo, "Il manque 2 parrains ou marraines.")

    await open_page(leo, f"{nantes.origin}/annonces/{listing.id}")
    await reads(leo, "Vous pourrez répondre une fois parrainé.")
    await expect(leo.locator("#repondre, #questions form")).to_have_count(0)
    await keep_screenshot(leo, "listing-as-candidate")

    await _sponsor(awa, nantes.origin)
    await reads(awa, "Merci. Il manque encore un parrain ou une marraine.")
    await keep_screenshot(awa, "candidate-one-sponsor")
    await open_page(leo, f"{nantes.origin}/moi")
    await reads(leo, "Awa a dit oui.")
    await reads(leo, "Il manque un parrain ou une marraine.")
    await keep_screenshot(leo, "waiting")
    await open_page(leo, f"{nantes.origin}/annonces/{listing.id}")
    await expect(leo.locator("#repondre")).to_have_count(0)

    await sign_in(paul, nantes.origin, "paul")
    await _sponsor(paul, nantes.origin)
    await reads(paul, "La porte est ouverte : cette personne est membre.")
    await reads(paul, "Membre adhérent")
    await keep_screenshot(paul, "admitted")
    await open_page(leo, f"{nantes.origin}/moi")
    await reads_nowhere(leo, "Il manque")
    await open_page(leo, f"{nantes.origin}/annonces/{listing.id}")
    await fill(leo, text="Bonjour Awa, le vélo est-il encore là ?")
    await press(leo, "Répondre")
    await reads(leo, "Votre message est parti.")
    await keep_screenshot(leo, "first-answer")
