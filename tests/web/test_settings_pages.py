"""« Réglages » through the pages: what was typed is kept or said to be wrong, and only admins come in."""

from collections.abc import AsyncIterator

import pytest

from fedivoisin.errors import Unreachable
from fedivoisin.store import blocks, mails, neighbourhoods, peers
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.mails import NewMail
from tests.browsing import Browser, browsers
from tests.fakes import FakeWorld
from tests.makers import put_account, put_member, put_neighbourhood
from tests.web.test_setup_pages import ASSOCIATION, MAIL, QUARTER

SERVER = {"host": "smtp.example", "port": 587, "security": "starttls", "user": "q", "password": "p", "sender": "q@x.fr"}


@pytest.fixture
def database_kind() -> str:
    """Pages ask the store, which is tested on both databases: once is enough here."""
    return "sqlite"


@pytest.fixture
async def admin(store: Store, world: FakeWorld) -> AsyncIterator[Browser]:
    """Awa, who administers a neighbourhood on trial."""

    async def put(tx: Tx) -> None:
        await put_neighbourhood(tx, origin="", contact_email="bonjour@x.example", code_prefix="NTE")
        await put_account(tx, await put_member(tx, "awa"), roles=["adherent", "admin"])

    await store.write(put)
    async with browsers(store, world, 1) as opened:
        await opened[0].sign_in("awa")
        yield opened[0]


async def _here(store: Store) -> neighbourhoods.Neighbourhood:
    async with store.read() as tx:
        return await neighbourhoods.current(tx)


async def test_every_page_of_the_settings_opens(admin: Browser) -> None:
    for path in ("", "/quartier", "/association", "/courriel", "/adresse", "/apparence", "/equipe", "/voisins-federes",
                 "/blocages"):  # fmt: skip
        page = await admin.get(f"/reglages{path}")
        assert page.status == 200, (path, page.text)


async def test_the_quarter_is_changed(admin: Browser, store: Store) -> None:
    page = await admin.get("/reglages/quartier")
    assert 'value="Doulon"' in page.html
    answer = await admin.post("/reglages/quartier", QUARTER | {"name": "Vieux-Doulon"})
    assert answer.location == "/reglages?dit=enregistre"
    here = await _here(store)
    assert (here.name, here.latitude, here.help_name) == ("Vieux-Doulon", 47.235, "Awa")
    journal = await admin.get("/moderation/journal")
    assert "Awa a changé les réglages : Le quartier" in journal.text
    wrong = await admin.post("/reglages/quartier", QUARTER | {"department": "zz"})
    assert wrong.status == 422
    assert 'value="02 61 91 00 12"' in wrong.html


async def test_the_association_is_changed(admin: Browser, store: Store) -> None:
    await admin.get("/reglages/association")
    await admin.send("/reglages/association", ASSOCIATION | {"sponsors_needed": "3"})
    here = await _here(store)
    assert (here.sponsors_needed, here.legal["publisher"]) == (3, "Awa Diop")
    assert (await admin.post("/reglages/association", ASSOCIATION | {"legal_name": ""})).status == 422


async def test_the_mail_server_is_tried_and_changed(admin: Browser, store: Store, world: FakeWorld) -> None:
    page = await admin.get("/reglages/courriel")
    assert 'value="awa@example.org"' in page.html
    trial = await admin.post("/reglages/courriel", MAIL | {"essayer": "1", "mail_try": "awa@example.org"})
    assert "Le message est parti" in trial.text
    assert (await _here(store)).mail == {}
    await admin.send("/reglages/courriel", MAIL)
    assert (await _here(store)).mail["password"] == " un secret "
    # The password is never shown, and stays when it is left empty for the same account.
    assert "un secret" not in (await admin.get("/reglages/courriel")).html
    await admin.send("/reglages/courriel", MAIL | {"mail_password": "", "mail_port": "465"})
    assert (await _here(store)).mail["password"] == " un secret "
    await admin.send("/reglages/courriel", MAIL | {"mail_password": "", "mail_host": "autre.example"})
    assert (await _here(store)).mail["password"] == ""
    assert (await admin.post("/reglages/courriel", MAIL | {"mail_port": "0"})).status == 422
    world.mail_answer = Unreachable("mail-host")
    failed = await admin.post("/reglages/courriel", MAIL | {"essayer": "1", "mail_try": "awa@example.org"})
    assert "Ce serveur n’existe pas." in failed.text


@pytest.mark.parametrize("section", ["quartier", "association", "courriel", "adresse", "apparence"])
async def test_to_ask_for_the_head_of_a_page_changes_nothing(admin: Browser, store: Store, section: str) -> None:
    """HEAD is safe, and carries no token of a form (RFC 9110 §9.2.1)."""
    await store.write(neighbourhoods.change, mail=SERVER)
    before = await _here(store)
    async with admin.client.head(f"/reglages/{section}", allow_redirects=False) as answer:
        assert answer.status == 200
    assert await _here(store) == before


async def test_mail_that_does_not_leave_is_said_on_the_first_page(admin: Browser, store: Store) -> None:
    async def fail(tx: Tx) -> None:
        await neighbourhoods.change(tx, mail=SERVER)
        await mails.put(tx, [NewMail("lea@x.example", "Bonjour", "…")])
        claimed = await mails.claim(tx, limit=1)
        await mails.again(tx, claimed[0].id, wait=peers.PROBE, error="mail-login")

    await store.write(fail)
    page = await admin.get("/reglages")
    assert "Un message n’est pas parti" in page.text
    assert "refuse ce nom ou ce mot de passe" in page.text


async def test_the_address_is_chosen_once_others_know_it(admin: Browser, store: Store) -> None:
    page = await admin.get("/reglages/adresse")
    assert "elle ne peut plus changer" in page.text
    for wrong in ("http://voisins.example", "https://voisins.example/ici"):
        assert (await admin.post("/reglages/adresse", {"origin": wrong})).status == 422
    await admin.post("/reglages/adresse", {"origin": "voisins.example"})
    assert (await _here(store)).origin == "https://voisins.example"


async def test_a_known_address_cannot_be_typed_again(admin: Browser, store: Store) -> None:
    async def federate(tx: Tx) -> None:
        await neighbourhoods.change(tx, federated_at=tx.now)

    await store.write(federate)
    page = await admin.get("/reglages/adresse")
    assert "Cette adresse ne change plus." in page.text
    answer = await admin.post("/reglages/adresse", {"origin": "https://voisins.example"})
    assert answer.status == 422
    assert "Elle ne peut plus changer." in answer.text


async def test_the_colour_is_readable_or_refused(admin: Browser, store: Store) -> None:
    look = {"colour": "#7A1F5C", "tiles": "", "code_prefix": "nte"}
    await admin.get("/reglages/apparence")
    await admin.send("/reglages/apparence", look)
    assert (await _here(store)).colour == "#7a1f5c"
    sheet = await admin.get("/couleurs.css")
    assert "--email-choisi: #7a1f5c;" in sheet.html
    assert sheet.headers["Content-Type"].startswith("text/css")
    pale = await admin.post("/reglages/apparence", look | {"colour": "#ffcc00"})
    assert pale.status == 422
    assert "Trop clair : le blanc ne s’y lit pas (1,5 pour 1, il faut 4,5)." in pale.text
    assert (await admin.post("/reglages/apparence", look | {"colour": "red;}"})).status == 422
    await admin.send("/reglages/apparence", look | {"house_colour": "1"})
    assert (await _here(store)).colour == ""


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("tiles", "http://tuiles.example/{z}/{x}/{y}.png"),
        ("tiles", "https://tuiles.example/"),
        ("tiles", "javascript:alert(1)"),
        ("tiles", "https://tuiles.example; form-action */{z}/{x}/{y}.png"),
        ("code_prefix", "N1"),
        ("code_prefix", "ÉTÉ"),
    ],
)
async def test_a_wrong_look_is_said(admin: Browser, field: str, typed: str) -> None:
    await admin.get("/reglages/apparence")
    answer = await admin.post("/reglages/apparence", {"colour": "", "tiles": "", "code_prefix": "NTE"} | {field: typed})
    assert answer.status == 422
    assert f'href="#f-{field}"' in answer.html


async def test_a_domain_is_blocked_and_admitted_again(admin: Browser, store: Store) -> None:
    await store.write(neighbourhoods.change, origin="http://doulon.localhost")
    await admin.get("/reglages/blocages")
    await admin.sign_in("awa")
    await admin.send("/reglages/blocages", {"domain": "https://Spam.Example/@x", "reason": "Démarchage répété"})
    async with store.read() as tx:
        found = await blocks.all_of_them(tx)
    assert [block.domain for block in found] == ["spam.example"]
    assert "Awa a bloqué le domaine spam.example" in (await admin.get("/moderation/journal?quoi=voisins")).text
    for wrong in ("", "deux mots", "doulon.localhost", "localhost"):
        answer = await admin.post("/reglages/blocages", {"domain": wrong, "reason": "Parce que"})
        assert answer.status == 422, wrong
    assert (await admin.post("/reglages/blocages", {"domain": "x.example", "reason": ""})).status == 422
    page = await admin.send(f"/reglages/blocages/{found[0].id}/lever")
    assert "de nouveau admis" in page.text
