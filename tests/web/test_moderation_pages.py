"""Reporting, deciding, reading why, and the journal: through the pages."""

import re
from collections.abc import AsyncIterator

import pytest

from fedivoisin.ids import ListingId
from fedivoisin.store import events, listings, reports
from fedivoisin.store.db import Store, Tx
from fedivoisin.trust.decisions import StatementMade
from tests.browsing import Browser, browsers
from tests.fakes import START, FakeWorld
from tests.makers import a_listing, put_account, put_actor, put_candidate, put_member, put_neighbourhood

SITE = "http://doulon.localhost"
REPORT = {"annonce": "listing-1", "personne": "", "reason": "objet-interdit", "words": "C’est du tabac."}
HIDE = {"measure": "masquer", "ground": "objet-interdit", "facts": "L’annonce propose du tabac."}


@pytest.fixture
def database_kind() -> str:
    """Pages ask the store, which is tested on both databases: once is enough here."""
    return "sqlite"


@pytest.fixture
async def site(store: Store, world: FakeWorld) -> AsyncIterator[list[Browser]]:
    """Awa wrote a listing; Paul moderates; a visitor passes."""

    async def put(tx: Tx) -> None:
        await put_neighbourhood(tx, origin=SITE, contact_email="bonjour@x.example")
        await put_account(tx, await put_member(tx, "awa"))
        await put_account(tx, await put_member(tx, "paul"), roles=["adherent", "moderateur"])
        await put_account(tx, await put_member(tx, "yann"))
        await put_actor(tx, "mael", host="rennes.example")
        await listings.insert(tx, a_listing())

    await store.write(put)
    async with browsers(store, world, 3) as opened:
        yield opened


async def _reported(browser: Browser, **changes: str) -> None:
    await browser.get("/signaler?annonce=listing-1")
    answer = await browser.post("/signaler", REPORT | changes)
    assert answer.status == 303, answer.text


async def _first_dossier(browser: Browser) -> str:
    queue = await browser.get("/moderation")
    found = re.search(r"/moderation/dossiers/[0-9a-f-]+", queue.html)
    assert found
    return found[0]


async def test_a_visitor_reports_a_listing(site: list[Browser], store: Store) -> None:
    visitor = site[0]
    page = await visitor.get("/signaler?annonce=listing-1")
    assert "Échelle double, 4 m" in page.text
    answer = await visitor.post("/signaler", REPORT)
    assert answer.location == "/annonces/listing-1?dit=signale"
    async with store.read() as tx:
        waiting = await reports.waiting(tx)
    assert [(one.reporter, one.words) for one in waiting] == [(None, "C’est du tabac.")]


@pytest.mark.parametrize("who", ["yann", "actor-yann", "actor-mael@rennes.example"])
async def test_a_person_is_reported_from_here_or_elsewhere(site: list[Browser], store: Store, who: str) -> None:
    visitor = site[0]
    await visitor.get(f"/signaler?personne={who}")
    answer = await visitor.post("/signaler", {"annonce": "", "personne": who, "reason": "harcelement", "words": ""})
    assert answer.location.startswith("/@")
    async with store.read() as tx:
        assert await reports.count_waiting(tx) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reason": ""}, "Choisissez dans la liste."),
        ({"reason": "crime"}, "Choisissez dans la liste."),
        ({"reason": "autre", "words": ""}, "Dites en quelques mots"),
        ({"words": "x" * 2001}, "Trop long"),
    ],
)
async def test_a_report_that_says_nothing_comes_back(site: list[Browser], changes: dict[str, str], said: str) -> None:
    await site[0].get("/signaler?annonce=listing-1")
    answer = await site[0].post("/signaler", REPORT | changes)
    assert answer.status == 422
    assert said in answer.text


async def test_nothing_can_be_said_of_what_does_not_exist(site: list[Browser]) -> None:
    for path in ("/signaler", "/signaler?annonce=non", "/signaler?personne=non"):
        assert (await site[0].get(path)).status == 404


async def test_the_form_names_nothing_that_the_visitor_may_not_see(site: list[Browser], store: Store) -> None:
    """A hidden listing, a candidate: its title, their name."""
    await store.write(put_account, await store.write(put_candidate, "nolwenn"))
    await store.write(listings.replace, a_listing(hidden_at=START, hidden_reason="objet-interdit"))
    for path in ("/signaler?annonce=listing-1", "/signaler?personne=nolwenn", "/signaler?personne=actor-nolwenn"):
        assert (await site[0].get(path)).status == 404
    await site[1].sign_in("awa@example.org")
    assert (await site[1].get("/signaler?annonce=listing-1")).status == 404
    assert (await site[1].get("/signaler?personne=nolwenn")).status == 200


async def test_a_household_is_throttled(site: list[Browser]) -> None:
    for _ in range(5):
        await _reported(site[0])
    await site[0].get("/signaler?annonce=listing-1")
    answer = await site[0].post("/signaler", REPORT)
    assert answer.status == 422
    assert "Trop d’essais" in answer.text


async def test_the_desk_is_for_moderators(site: list[Browser]) -> None:
    visitor, member, moderator = site
    assert (await visitor.get("/moderation")).location.startswith("/connexion")
    await member.sign_in("yann")
    for path in ("/moderation", "/moderation/journal", "/moderation/dossiers/x", "/reglages", "/reglages/blocages"):
        assert (await member.get(path)).status == 403
    await moderator.sign_in("paul")
    assert "Rien à lire" in (await moderator.get("/moderation")).text
    assert (await moderator.get("/moderation/dossiers/x")).status == 404
    assert (await moderator.get("/reglages")).status == 403


async def test_a_listing_is_hidden_with_reasons_and_put_back(site: list[Browser], store: Store) -> None:
    visitor, author, moderator = site
    await _reported(visitor)
    await moderator.sign_in("paul")
    dossier = await _first_dossier(moderator)
    page = await moderator.get(dossier)
    assert "C’est du tabac." in page.text
    assert "Une personne sans compte" in page.text
    decided = await moderator.post(dossier, HIDE)
    assert decided.location == "/moderation?dit=decide"
    queue = await moderator.get("/moderation")
    assert "Remettre l’annonce" in queue.text
    async with store.read() as tx:
        made = (await events.of_types(tx, [StatementMade], limit=1))[0].event
    assert isinstance(made, StatementMade)
    await author.sign_in("awa")
    reasons = await author.get(f"/decisions/{made.statement}")
    for words in ("L’annonce propose du tabac.", "Une personne, sans automatisme", "Jusqu’au", "bonjour@x.example"):
        assert words in reasons.text
    assert (await visitor.get(f"/decisions/{made.statement}")).location.startswith("/connexion")
    answer = await moderator.post("/moderation/annonces/listing-1/remettre")
    assert answer.location == "/moderation?dit=remise"
    async with store.read() as tx:
        listing = await listings.find(tx, ListingId("listing-1"))
    assert listing is not None
    assert listing.hidden_at is None
    assert "Cette décision est levée." in (await author.get(f"/decisions/{made.statement}")).text


async def test_the_reasons_of_one_are_nobody_elses_business(site: list[Browser]) -> None:
    await site[0].sign_in("yann")
    assert (await site[0].get("/decisions/x")).status == 404


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"measure": ""}, "Choisissez dans la liste."),
        ({"ground": "crime"}, "Choisissez dans la liste."),
        ({"facts": "Non."}, "Trop court"),
        ({"facts": "x" * 1501}, "Trop long"),
    ],
)
async def test_a_decision_needs_its_reasons(site: list[Browser], changes: dict[str, str], said: str) -> None:
    await _reported(site[0])
    await site[2].sign_in("paul")
    dossier = await _first_dossier(site[2])
    await site[2].get(dossier)
    answer = await site[2].post(dossier, HIDE | changes)
    assert answer.status == 422
    assert said in answer.text


async def test_a_decided_report_is_decided(site: list[Browser]) -> None:
    await _reported(site[0])
    await site[2].sign_in("paul")
    dossier = await _first_dossier(site[2])
    await site[2].get(dossier)
    done = await site[2].post(dossier, {"measure": "classer", "ground": "", "facts": ""})
    assert done.location == "/moderation?dit=enregistre"
    again = await site[2].post(dossier, HIDE)
    assert again.status == 422
    assert "déjà décidé" in again.text
    assert "Sans suite" in (await site[2].get("/moderation")).text


async def test_the_journal_says_who_did_what(site: list[Browser]) -> None:
    await _reported(site[0])
    await site[2].sign_in("paul")
    dossier = await _first_dossier(site[2])
    await site[2].get(dossier)
    await site[2].send(dossier, HIDE)
    journal = await site[2].get("/moderation/journal")
    assert "Paul a retiré l’annonce « Échelle double, 4 m » : L’objet ou le service est interdit" in journal.text
    assert "Paul a décidé d’un signalement : ne plus montrer l’annonce (« Échelle double, 4 m »)" in journal.text
    assert "tabac" not in journal.text
    assert "Rien encore" in (await site[2].get("/moderation/journal?quoi=reglages")).text
    assert (await site[2].get("/moderation/journal?quoi=x&avant=x")).status == 200
    assert "Rien encore" in (await site[2].get("/moderation/journal?avant=1")).text


async def test_a_report_of_another_town_is_forwarded_by_its_author_or_by_a_moderator(
    site: list[Browser], store: Store
) -> None:
    visitor, yann, paul = site
    await visitor.get("/connexion")
    page = await visitor.get("/signaler?personne=actor-mael@rennes.example")
    assert "Prévenir aussi" not in page.text
    await yann.sign_in("yann@example.org")
    assert "Prévenir aussi" not in (await yann.get("/signaler?annonce=listing-1")).text
    page = await yann.get("/signaler?personne=actor-mael@rennes.example")
    assert "Prévenir aussi rennes.example Votre texte y part, sans votre nom." in page.text
    fields = {"annonce": "", "personne": "actor-mael@rennes.example", "reason": "faux-compte", "words": ""}
    assert (await yann.post("/signaler", fields)).status == 303
    await paul.sign_in("paul@example.org")
    dossier = await _first_dossier(paul)
    assert "Transmettre à rennes.example" in (await paul.get(dossier)).text
    told = await paul.send(f"{dossier}/transmettre")
    assert "Transmis à rennes.example" in told.text
    assert "a transmis un signalement à rennes.example" in (await paul.get("/moderation/journal")).text
    refused = await paul.post(f"{dossier}/transmettre")
    assert "déjà transmis" in refused.text


async def test_a_report_may_be_forwarded_at_once(site: list[Browser], store: Store) -> None:
    yann = site[1]
    await yann.sign_in("yann@example.org")
    await yann.get("/signaler?personne=actor-mael@rennes.example")
    fields = {"annonce": "", "personne": "actor-mael@rennes.example", "reason": "faux-compte", "words": ""}
    assert (await yann.post("/signaler", fields | {"transmettre": "1"})).status == 303
    async with store.read() as tx:
        (report,) = await reports.waiting(tx)
    assert report.forwarded_at is not None


async def test_a_moderator_puts_a_listing_first_and_back(site: list[Browser]) -> None:
    visitor, yann, paul = site
    await yann.sign_in("yann@example.org")
    assert "Mettre à la une" not in (await yann.get("/annonces/listing-1")).text
    assert (await yann.post("/moderation/annonces/listing-1/epingler")).status == 403
    await paul.sign_in("paul@example.org")
    assert "Mettre à la une" in (await paul.get("/annonces/listing-1")).text
    pinned = await paul.send("/moderation/annonces/listing-1/epingler")
    assert "L’annonce est à la une du quartier." in pinned.text
    assert "À la une" in (await visitor.get("/annonces/listing-1")).text
    assert "À la une" in (await visitor.get("/quartier")).text
    back = await paul.send("/moderation/annonces/listing-1/epingler", {"retirer": "1"})
    assert "Mettre à la une" in back.text
    assert "À la une" not in (await visitor.get("/quartier")).text
    journal = (await paul.get("/moderation/journal?quoi=moderation")).text
    assert "a mis à la une l’annonce « Échelle double, 4 m »" in journal
    assert "n’a plus mis à la une l’annonce « Échelle double, 4 m »" in journal
