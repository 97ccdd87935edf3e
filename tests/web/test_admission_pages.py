"""Journey 2 through the pages: flyer, request, two sponsors, « Adhérent »; and what can go wrong on the way."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from fedivoisin.store import accounts, members
from fedivoisin.store.db import Store, Tx
from tests.browsing import Browser, browsers
from tests.fakes import FakeWorld
from tests.makers import put_account, put_candidate, put_member, put_neighbourhood

SITE = "http://doulon.localhost"
PASSWORD = "un âne bleu sous la pluie"
LEO: dict[str, Any] = {
    "display_name": "Léo Martin",
    "email": "leo@example.org",
    "quartier": "rue du Chêne",
    "words": "J’habite au 4, je cherche un vélo pour mon fils.",
    "agreement": "ami",
    "password": PASSWORD,
    "again": PASSWORD,
    "charter": "1",
}


@pytest.fixture
def database_kind() -> str:
    """Pages ask the store, which is tested on both databases: once is enough here."""
    return "sqlite"


@pytest.fixture
async def site(store: Store, world: FakeWorld) -> AsyncIterator[list[Browser]]:
    async def put(tx: Tx) -> None:
        await put_neighbourhood(tx, origin=SITE, code_prefix="NTE", help_name="Awa", help_telephone="02 61 91 00 12")
        await put_account(tx, await put_member(tx, "awa", agreement="amie"))
        await put_account(tx, await put_member(tx, "paul", agreement="ami"), roles=["adherent", "moderateur"])

    await store.write(put)
    async with browsers(store, world, 3) as opened:
        yield opened


async def make_code(awa: Browser) -> str:
    await awa.get("/inviter")
    answer = await awa.post("/inviter", {"kind": "code", "street": "hall du 12"})
    return answer.location.split("/")[2]


async def test_a_newcomer_comes_by_flyer_and_two_sponsors_open_the_door(site: list[Browser]) -> None:
    awa, paul, leo = site
    await awa.sign_in("awa@example.org")
    code = await make_code(awa)
    flyer = await awa.get(f"/inviter/{code}/affiche")
    assert flyer.html.count(code) >= 9
    assert '<svg role="img"' in flyer.html

    await leo.get("/code")
    scanned = await leo.post("/code", {"code": code.lower().replace("-", " ")})
    assert scanned.location == f"/demander?code={code}"
    assert "Awa vous invite" in (await leo.get(scanned.location)).text
    welcomed = await leo.send("/demander", {**LEO, "code": code})
    assert "Il manque 2 parrains ou marraines" in welcomed.text
    assert (await leo.get("/inviter")).status == 403

    page = await awa.get("/candidats")
    assert "Awa l’invite." in page.text
    page = await awa.get("/candidats/leo-martin")
    assert "Ce que vous promettez" in page.text
    refused = await awa.post("/candidats/leo-martin")
    assert (refused.status, "répondre de cette personne" in refused.text) == (422, True)
    noted = await awa.send("/candidats/leo-martin", {"charter": "1"})
    assert "Vous parrainez cette personne" in noted.text
    assert "Awa a dit oui." in (await leo.get("/moi")).text

    await paul.sign_in("paul@example.org")
    await paul.get("/candidats/leo-martin")
    opened = await paul.send("/candidats/leo-martin", {"charter": "1"})
    assert "La porte est ouverte" in opened.text
    assert "Parrainé par Awa et Paul" in opened.text
    assert "Léo Martin, que vous parrainez" in opened.text
    assert (await leo.get("/inviter")).status == 200
    assert "Awa, votre marraine" in (await leo.get("/@awa")).text
    assert "Paul, parrain" not in (await awa.get("/@paul")).text
    assert "Paul, ami de Léo Martin, que vous parrainez" in (await awa.get("/@paul")).text
    assert (await awa.get("/candidats/leo-martin")).location == "/@leo-martin"


async def test_a_visitor_reads_how_many_vouch_but_no_names(site: list[Browser], store: Store) -> None:
    awa, paul, stranger = site
    await store.write(_wait, "leo")
    for browser, email in ((awa, "awa@example.org"), (paul, "paul@example.org")):
        await browser.sign_in(email)
        await browser.get("/candidats/leo")
        await browser.send("/candidats/leo", {"charter": "1"})
    page = await stranger.get("/@leo")
    assert "Parrainages : 2" in page.text
    assert "Awa" not in page.text.replace("Awa vous répond", "")


async def _wait(tx: Tx, name: str) -> None:
    await put_account(tx, await put_candidate(tx, name))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"display_name": ""}, "Remplissez ce champ"),
        ({"display_name": "x" * 81}, "Trop long"),
        ({"words": "court"}, "Trop court"),
        ({"email": "pas une adresse"}, "Écrivez une adresse électronique"),
        ({"email": "awa@example.org"}, "a déjà un compte"),
        ({"again": "autre"}, "ne sont pas les mêmes"),
        ({"charter": ""}, "les règles sont les mêmes"),
        ({"agreement": "roi"}, "Choisissez dans la liste"),
        ({"code": "NTE-482"}, "Il manque un chiffre. Exemple : NTE-4821"),
        ({"code": "NTE-0000"}, "Nous ne connaissons pas ce code"),
    ],
)
async def test_a_request_with_a_fault_says_it_and_keeps_what_was_typed(
    site: list[Browser], store: Store, changes: dict[str, str], words: str
) -> None:
    leo = site[2]
    await leo.get("/demander")
    answer = await leo.post("/demander", {**LEO, **changes})
    assert answer.status == 422
    assert words in answer.text
    assert "rue du Chêne" in answer.html
    assert PASSWORD not in answer.html
    async with store.read() as tx:
        assert await accounts.by_email(tx, "leo@example.org") is None
        assert await members.candidates(tx) == []


async def test_hostile_words_are_shown_as_words(site: list[Browser]) -> None:
    awa, _, leo = site
    await leo.get("/demander")
    await leo.send("/demander", {**LEO, "display_name": "<script>x</script>", "words": "<img src=x onerror=alert(1)>"})
    await awa.sign_in("awa@example.org")
    page = await awa.get("/candidats")
    assert "<script>x" not in page.html
    assert "<img src=x" not in page.html
    assert "&lt;img src=x" in page.html


async def test_a_link_brings_one_person_and_is_closed_by_its_maker(site: list[Browser]) -> None:
    awa, paul, leo = site
    await awa.sign_in("awa@example.org")
    await awa.get("/inviter")
    page = await awa.send("/inviter", {"kind": "link"})
    word = page.html.partition("/i/")[2].partition('"')[0]
    assert "Awa vous invite" in (await leo.get(f"/i/{word}")).text
    await paul.sign_in("paul@example.org")
    assert (await paul.post(f"/inviter/{word}/fermer")).status == 404
    await awa.send(f"/inviter/{word}/fermer")
    assert "n’est plus valable" in (await leo.get(f"/i/{word}")).text
    assert (await paul.get(f"/i/{word}")).location == "/moi"
    assert (await paul.get("/demander")).location == "/moi"


async def test_only_its_ambassador_prints_a_flyer(site: list[Browser]) -> None:
    awa, paul, _ = site
    await awa.sign_in("awa@example.org")
    code = await make_code(awa)
    await paul.sign_in("paul@example.org")
    assert (await paul.get(f"/inviter/{code}/affiche")).status == 404
    assert (await awa.get("/inviter/NTE-0/affiche")).status == 404


async def test_an_invitation_of_no_kind_is_refused(site: list[Browser]) -> None:
    awa = site[0]
    await awa.sign_in("awa@example.org")
    await awa.get("/inviter")
    assert (await awa.post("/inviter", {"kind": "carton", "street": "x" * 81})).status == 422
    for _ in range(20):
        await awa.send("/inviter", {"kind": "link"})
    full = await awa.post("/inviter", {"kind": "link"})
    assert (full.status, "déjà 20 invitations ouvertes" in full.text) == (422, True)


@pytest.mark.parametrize("typed", ["", "NTE-48", "bonjour", "NTE-9999"])
async def test_a_code_that_is_wrong_is_explained_with_an_example(site: list[Browser], typed: str) -> None:
    leo = site[2]
    await leo.get("/code")
    answer = await leo.post("/code", {"code": typed})
    assert (answer.status, "NTE-4821" in answer.text) == (422, True)
    assert f'value="{typed}"' in answer.html


async def test_a_sponsor_withdraws_and_a_moderator_refuses_with_a_reason(site: list[Browser], store: Store) -> None:
    awa, paul, leo = site
    await store.write(_wait, "leo")
    await awa.sign_in("awa@example.org")
    await awa.get("/candidats/leo")
    await awa.send("/candidats/leo", {"charter": "1"})
    assert "Votre parrainage est retiré" in (await awa.send("/candidats/leo/retirer")).text
    assert (await awa.post("/candidats/leo/refuser", {"reason": "Nous ne la connaissons pas."})).status == 403
    await paul.sign_in("paul@example.org")
    await paul.get("/candidats/leo")
    short = await paul.post("/candidats/leo/refuser", {"reason": "Non"})
    assert (short.status, "Trop court" in short.text) == (422, True)
    await paul.send("/candidats/leo/refuser", {"reason": "Cette adresse n’existe pas dans le quartier."})
    page = await leo.sign_in("leo@example.org")
    assert "Votre demande a été refusée" in page.text
    assert "Cette adresse n’existe pas dans le quartier." in page.text


async def test_a_member_who_may_not_sponsor_reads_why_and_from_when(site: list[Browser], store: Store) -> None:
    awa = site[0]
    await store.write(_wait, "leo")
    await store.write(_wait, "zoe")
    await awa.sign_in("awa@example.org")
    await awa.get("/candidats/leo")
    await awa.send("/candidats/leo", {"charter": "1"})
    page = await awa.get("/candidats/zoe")
    assert "Une semaine doit passer entre deux parrainages" in page.text
    assert "Possible à partir du samedi 21 mars 2026" in page.text
    assert (await awa.post("/candidats/zoe", {"charter": "1"})).status == 422


async def test_a_candidate_sees_the_door_from_outside(site: list[Browser], store: Store) -> None:
    leo = site[2]
    await store.write(_wait, "leo")
    await store.write(_wait, "zoe")
    await leo.sign_in("leo@example.org")
    assert "C’est votre demande" in (await leo.get("/candidats/leo")).text
    assert (await leo.get("/candidats/zoe")).status == 200
    assert (await leo.post("/candidats/zoe", {"charter": "1"})).status == 403
    assert (await leo.get("/candidats/personne")).status == 404


async def test_the_directory_is_for_members_and_finds_people(site: list[Browser]) -> None:
    awa, _, stranger = site
    assert (await stranger.get("/membres")).status == 303
    await awa.sign_in("awa@example.org")
    assert "Paul" in (await awa.get("/membres")).text
    assert "Personne de ce nom" in (await awa.get("/membres?q=inconnu")).text
    assert "Personne n’attend à la porte" in (await awa.get("/candidats")).text


async def test_a_long_directory_goes_on_overleaf(site: list[Browser], store: Store) -> None:
    async def put(tx: Tx) -> None:
        for number in range(60):
            await put_member(tx, f"m{number:02d}")

    await store.write(put)
    awa = site[0]
    await awa.sign_in("awa@example.org")
    page = await awa.get("/membres")
    assert "M59" not in page.text
    assert "M59" in (await awa.get("/membres?q=&apres=m48")).text
    assert "apres=m48" in page.html


async def test_a_stranger_does_not_try_codes_through_the_page_of_the_flyer(site: list[Browser]) -> None:
    awa, stranger, _ = site
    await awa.sign_in("awa@example.org")
    code = await make_code(awa)
    answers = [await stranger.get(f"/inviter/{one}/affiche") for one in (code, "NTE-0000")]
    assert [(one.status, one.location[:10]) for one in answers] == [(303, "/connexion")] * 2
